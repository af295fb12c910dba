//! `time AT TIME ZONE zone`: the same instant, on another clock. A timestamp without a zone is of UTC, the session's.

use std::sync::Arc;

use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use crate::column::time_zone;
use crate::columnar::columnar;

/// The function that stands for the operator.
pub(crate) fn function() -> ScalarUDF {
    ScalarUDF::from(AtTimeZone {
        signature: Signature::any(2, Volatility::Immutable),
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct AtTimeZone {
    signature: Signature,
}

impl ScalarUDFImpl for AtTimeZone {
    fn name(&self) -> &str {
        "at_timezone"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        exec_err!("the zone is in the type")
    }

    fn return_field_from_args(
        &self,
        arguments: ReturnFieldArgs,
    ) -> Result<FieldRef, DataFusionError> {
        let DataType::Timestamp(unit, _) = arguments.arg_fields[0].data_type() else {
            return plan_err!("AT TIME ZONE takes a timestamp");
        };
        let zone = match arguments.scalar_arguments.get(1) {
            Some(Some(ScalarValue::Utf8(Some(zone)))) => zone,
            _ => return plan_err!("a time zone is a constant text here"),
        };
        time_zone(zone)?;
        let data_type = DataType::Timestamp(*unit, Some(zone.as_str().into()));
        Ok(Arc::new(Field::new(self.name(), data_type, true)))
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let data_type = arguments.return_field.data_type();
        let (Some(times), DataType::Timestamp(unit, _)) = (arguments.args.first(), data_type)
        else {
            return exec_err!("AT TIME ZONE takes a timestamp");
        };
        // A cast from no zone to one would take the clock's time for that zone's.
        let utc = DataType::Timestamp(*unit, Some("+00:00".into()));
        let shown = cast(&cast(&times.to_array(1)?, &utc)?, data_type)?;
        columnar(std::slice::from_ref(times), shown)
    }
}
