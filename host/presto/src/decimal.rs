//! Quotients of decimals: as many digits after the point as the longer operand has, rounded. DataFusion's have four more
//! than the dividend.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, PrimitiveArray};
use arrow::compute::{CastOptions, cast_with_options, try_binary};
use arrow::datatypes::{DataType, Decimal128Type, i256};
use arrow::error::ArrowError;
use datafusion::common::{DataFusionError, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::columnar::columnar;
use crate::types::digits;

/// Digits of a decimal at most.
const MAX_DIGITS: u8 = 38;

/// Whether a quotient of these types is a decimal: one of two exact numbers is. Integers have their own.
pub(crate) fn is_decimal(types: [&DataType; 2]) -> bool {
    types.iter().all(|given| digits(given).is_some())
        && (types.iter()).any(|given| matches!(given, DataType::Decimal128(..)))
}

/// The quotient of two exact numbers.
pub(crate) fn quotient(left: Expr, right: Expr) -> Expr {
    let signature = Signature::user_defined(Volatility::Immutable);
    ScalarUDF::from(Quotient { signature }).call(vec![left, right])
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Quotient {
    signature: Signature,
}

impl ScalarUDFImpl for Quotient {
    fn name(&self) -> &str {
        "divide"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        let decimals = given.iter().map(|given| match digits(given) {
            Some((precision, scale)) => Ok(DataType::Decimal128(precision, scale)),
            None => plan_err!("a quotient of decimals has an operand of type {given}"),
        });
        decimals.collect()
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType, DataFusionError> {
        let [
            DataType::Decimal128(digits, scale),
            DataType::Decimal128(_, other),
        ] = given
        else {
            return plan_err!("a quotient is of two decimals");
        };
        let more = other + (other - scale).max(0);
        let precision = digits.saturating_add_signed(more).min(MAX_DIGITS);
        Ok(DataType::Decimal128(precision, *scale.max(other)))
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let operands = ColumnarValue::values_to_arrays(&arguments.args)?;
        let [left, right] = operands.as_slice() else {
            return exec_err!("a quotient is of two decimals");
        };
        let result = quotients(left, right, arguments.return_field.data_type())?;
        columnar(&arguments.args, result)
    }
}

fn quotients(
    left: &ArrayRef,
    right: &ArrayRef,
    data_type: &DataType,
) -> Result<ArrayRef, ArrowError> {
    let failed = |message: &str| ArrowError::ComputeError(message.to_owned());
    let DataType::Decimal128(_, scale) = data_type else {
        return Err(failed("a quotient of decimals is a decimal"));
    };
    // Of one scale, the quotient of the digits is the quotient.
    let same = DataType::Decimal128(MAX_DIGITS, *scale);
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let same = |operand| cast_with_options(operand, &same, &options);
    let (left, right) = (same(left)?, same(right)?);
    let power = i256::from_i128(10_i128.pow(u32::from(scale.unsigned_abs())));
    let divide = |left: i128, right: i128| {
        if right == 0 {
            return Err(failed("Division by zero"));
        }
        // Of 38 digits each, the product fits.
        let (scaled, divisor) = (
            i256::from_i128(left).wrapping_mul(power),
            i256::from_i128(right),
        );
        let (quotient, rest) = (scaled / divisor, scaled % divisor);
        let rest = rest.to_i128().map_or(u128::MAX, i128::unsigned_abs);
        // The half away from zero.
        let is_up = rest >= right.unsigned_abs() - rest;
        let sign = if (left < 0) == (right < 0) { 1 } else { -1 };
        let more = if is_up { sign } else { 0 };
        let quotient = quotient
            .to_i128()
            .and_then(|quotient| quotient.checked_add(more));
        quotient.ok_or_else(|| failed("Decimal overflow"))
    };
    let (left, right) = (
        left.as_primitive::<Decimal128Type>(),
        right.as_primitive::<Decimal128Type>(),
    );
    let quotients: PrimitiveArray<Decimal128Type> = try_binary(left, right, divide)?;
    let quotients = quotients.with_data_type(data_type.clone());
    quotients.validate_decimal_precision(match data_type {
        DataType::Decimal128(precision, _) => *precision,
        _ => MAX_DIGITS,
    })?;
    Ok(Arc::new(quotients))
}
