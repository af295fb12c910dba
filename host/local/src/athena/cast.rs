//! Casts that mean something else to DataFusion, as functions: a timestamp with fewer digits is rounded, not cut off.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, TimestampMillisecondArray};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature,
    Volatility,
};

/// The function that rounds a timestamp to as many digits of a second as its second argument says, three at most.
pub(super) const ROUND: &str = "round_timestamp";

/// The digits of a millisecond, and of Athena's `timestamp` without a number.
pub(super) const MILLISECONDS: u64 = 3;

#[derive(Debug, PartialEq, Eq, Hash)]
struct RoundTimestamp {
    signature: Signature,
}

/// The function for a session.
pub(super) fn round_timestamp() -> ScalarUDF {
    let arguments = vec![
        DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Int64,
    ];
    ScalarUDF::from(RoundTimestamp {
        signature: Signature::new(TypeSignature::Exact(arguments), Volatility::Immutable),
    })
}

impl ScalarUDFImpl for RoundTimestamp {
    fn name(&self) -> &str {
        ROUND
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Millisecond, None))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = arguments.number_rows;
        let [times, digits] = arguments.args.as_slice() else {
            return exec_err!("`{ROUND}` takes two arguments");
        };
        let ColumnarValue::Scalar(ScalarValue::Int64(Some(digits @ 0..=3))) = digits else {
            return exec_err!("`{ROUND}` takes 0 to 3 digits");
        };
        let micros_per_step = match digits {
            0 => 1_000_000,
            1 => 100_000,
            2 => 10_000,
            _ => 1_000,
        };
        let times = times.to_array(rows)?;
        let rounded: TimestampMillisecondArray = times
            .as_primitive::<TimestampMicrosecondType>()
            .unary(|micros| {
                // The half upwards, before 1970 too.
                let steps = micros
                    .saturating_add(micros_per_step / 2)
                    .div_euclid(micros_per_step);
                steps * (micros_per_step / 1_000)
            });
        Ok(ColumnarValue::Array(Arc::new(rounded) as ArrayRef))
    }
}
