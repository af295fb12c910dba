//! `row(…)` and `typeof`, which take values of any types.

use std::sync::Arc;

use arrow::array::{ArrayRef, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::columnar::columnar;
use crate::types::{type_name, unnamed};

pub(crate) fn all() -> Vec<ScalarUDF> {
    vec![
        row(),
        ScalarUDF::from(TypeOf(Signature::any(1, Volatility::Immutable))),
    ]
}

/// The constructor of rows, whose members have no names.
pub(crate) fn row() -> ScalarUDF {
    ScalarUDF::from(Row(Signature::variadic_any(Volatility::Immutable)))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Row(Signature);

impl ScalarUDFImpl for Row {
    fn name(&self) -> &str {
        "row"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType, DataFusionError> {
        let members = given.iter().enumerate();
        Ok(DataType::Struct(
            members
                .map(|(place, given)| Field::new(unnamed(place), given.clone(), true))
                .collect(),
        ))
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let members = ColumnarValue::values_to_arrays(&arguments.args)?;
        let fields = members.iter().enumerate();
        let fields: Fields = fields
            .map(|(place, values)| Field::new(unnamed(place), values.data_type().clone(), true))
            .collect();
        let rows: ArrayRef = Arc::new(StructArray::try_new(fields, members, None)?);
        columnar(&arguments.args, rows)
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct TypeOf(Signature);

impl ScalarUDFImpl for TypeOf {
    fn name(&self) -> &str {
        "typeof"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let name = arguments
            .args
            .first()
            .map(|argument| type_name(&argument.data_type()));
        Ok(ColumnarValue::Scalar(ScalarValue::Utf8(name)))
    }
}
