//! The form of a function's result.

use arrow::array::ArrayRef;
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::logical_expr::ColumnarValue;

/// Returns a function's result as what its arguments are: one value if all of them are constant.
///
/// # Errors
///
/// If all arguments are constant and the result has no row.
pub fn columnar(
    arguments: &[ColumnarValue],
    result: ArrayRef,
) -> Result<ColumnarValue, DataFusionError> {
    let constant = |argument: &ColumnarValue| matches!(argument, ColumnarValue::Scalar(_));
    Ok(if arguments.iter().all(constant) {
        ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?)
    } else {
        ColumnarValue::Array(result)
    })
}
