//! `greatest` and `least`: NULL where one argument is, and NaN only where all are.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Float64Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{DataFusionError, ScalarValue, exec_err};
use datafusion::functions::core::{greatest, least};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

pub(crate) fn all() -> Vec<ScalarUDF> {
    let extremes = [(greatest(), true), (least(), false)];
    extremes
        .map(|(inner, is_greatest)| ScalarUDF::from(Extreme { inner, is_greatest }))
        .into()
}

/// DataFusion's of any type, which leaves NULL out.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Extreme {
    inner: Arc<ScalarUDF>,
    is_greatest: bool,
}

impl ScalarUDFImpl for Extreme {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        self.inner.coerce_types(given)
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType, DataFusionError> {
        self.inner.return_type(given)
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let is_one =
            (arguments.args.iter()).all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_one { 1 } else { arguments.number_rows };
        let arrays = arguments
            .args
            .iter()
            .map(|argument| argument.to_array(rows));
        let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
        let nulls = arrays.iter().map(|array| array.logical_nulls());
        let nulls = nulls.fold(None, |all, nulls| {
            NullBuffer::union(all.as_ref(), nulls.as_ref())
        });
        let found = match arguments.return_field.data_type() {
            DataType::Float64 => {
                let doubles: Vec<&Float64Array> = arrays
                    .iter()
                    .map(|array| array.as_primitive::<Float64Type>())
                    .collect();
                let of = |row| {
                    let values = doubles.iter().map(|doubles| doubles.value(row));
                    values.reduce(|best, value| match self.is_greatest {
                        true if value > best || best.is_nan() => value,
                        false if value < best || best.is_nan() => value,
                        _ => best,
                    })
                };
                Arc::new((0..rows).map(of).collect::<Float64Array>())
            }
            _ => self.inner.invoke_with_args(arguments)?.to_array(rows)?,
        };
        let Some(first) = arrays.first() else {
            return exec_err!("{} takes at least one argument", self.name());
        };
        if *found.data_type() == DataType::Null {
            return Ok(ColumnarValue::Array(found));
        }
        let data = found
            .to_data()
            .into_builder()
            .nulls(nulls.filter(|_| first.len() == rows));
        let found = arrow::array::make_array(data.build()?);
        Ok(match is_one {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&found, 0)?),
            false => ColumnarValue::Array(found),
        })
    }
}
