//! Decimals: their operators and functions, whose results have as many digits as Presto gives them.

use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType, i256};

use crate::function::{Form, Function, form};
use crate::types::{Type, digits};
use crate::value::Value;

use Type::{Bigint, Decimal};

/// Whether an operation on these types is one on decimals: one of two exact numbers is. Integers have their own.
pub(crate) fn is_decimal(types: [&DataType; 2]) -> bool {
    types.iter().all(|given| digits(given).is_some())
        && (types.iter()).any(|given| matches!(given, DataType::Decimal128(..)))
}

pub(crate) const ADD: &str = "add\u{1}";
pub(crate) const SUBTRACT: &str = "subtract\u{1}";
pub(crate) const MULTIPLY: &str = "multiply\u{1}";
pub(crate) const DIVIDE: &str = "divide\u{1}";

/// What the operators mean; `%` is `mod`.
pub(crate) fn operators() -> [Function; 4] {
    let of = |name, call, digits| {
        let form = form(&[Decimal, Decimal], Decimal, call).with_digits(digits);
        Function::new(name, [form])
    };
    [
        of(ADD, |operands| added(operands, 1), of_sum),
        of(SUBTRACT, |operands| added(operands, -1), of_sum),
        of(MULTIPLY, product, |digits| {
            let ((digits, scale), (others, other)) = (digits[0], digits[1]);
            (digits.saturating_add(others), scale + other)
        }),
        of(DIVIDE, quotient, |digits| {
            let ((digits, scale), (_, other)) = (digits[0], digits[1]);
            let more = other + (other - scale).max(0);
            (digits.saturating_add_signed(more), scale.max(other))
        }),
    ]
}

fn of_sum(digits: &[(u8, i8)]) -> (u8, i8) {
    let ((digits, scale), (others, other)) = (digits[0], digits[1]);
    let whole = whole(digits, scale).max(whole(others, other));
    let scale = scale.max(other);
    (whole.saturating_add_signed(scale).saturating_add(1), scale)
}

/// Digits before the point.
fn whole(digits: u8, scale: i8) -> u8 {
    digits.saturating_add_signed(-scale)
}

/// The form of a function of one decimal whose digits stay as they are.
pub(crate) const ABS: Form = form(&[Decimal], Decimal, |arguments| {
    let (value, scale) = arguments[0].decimal();
    Ok(Value::Decimal(value.abs(), scale))
})
.with_digits(|digits| digits[0]);

pub(crate) const SIGN: Form = form(&[Decimal], Decimal, |arguments| {
    Ok(Value::Decimal(arguments[0].decimal().0.signum(), 0))
})
.with_digits(|_| (1, 0));

pub(crate) const MOD: Form = form(&[Decimal, Decimal], Decimal, |arguments| {
    let (left, right, scale) = aligned(arguments)?;
    match left.checked_rem(right) {
        Some(rest) => narrow(rest, scale),
        None => Err("Division by zero".to_owned()),
    }
})
.with_digits(|digits| {
    let ((digits, scale), (others, other)) = (digits[0], digits[1]);
    let whole = whole(digits, scale).min(whole(others, other));
    let scale = scale.max(other);
    (whole.saturating_add_signed(scale), scale)
});

/// A form that rounds a decimal to a whole number.
macro_rules! to_whole {
    ($round:expr) => {
        form(&[Decimal], Decimal, |arguments| {
            let (value, scale) = arguments[0].decimal();
            let round: fn(i256, i256) -> Option<i256> = $round;
            let rounded = round(i256::from_i128(value), power(scale));
            narrow(rounded.ok_or_else(overflow)?, 0)
        })
        .with_digits(|digits| {
            let (digits, scale) = digits[0];
            (whole(digits, scale).saturating_add_signed(scale.min(1)), 0)
        })
    };
}

pub(crate) const FLOOR: Form = to_whole!(|value, power| {
    let less = value.checked_rem(power)? < i256::ZERO;
    let cut = value.checked_div(power)?;
    if less {
        cut.checked_sub(i256::ONE)
    } else {
        Some(cut)
    }
});

pub(crate) const CEIL: Form = to_whole!(|value, power| {
    let more = value.checked_rem(power)? > i256::ZERO;
    let cut = value.checked_div(power)?;
    if more {
        cut.checked_add(i256::ONE)
    } else {
        Some(cut)
    }
});

pub(crate) const ROUND: Form = to_whole!(divided);

pub(crate) const TRUNCATE: Form = form(&[Decimal], Decimal, |arguments| {
    let (value, scale) = arguments[0].decimal();
    narrow(i256::from_i128(value) / power(scale), 0)
})
.with_digits(|digits| (whole(digits[0].0, digits[0].1).max(1), 0));

pub(crate) const ROUND_TO: Form = form(&[Decimal, Bigint], Decimal, |arguments| {
    to_digits(arguments, divided)
})
.with_digits(|digits| (digits[0].0.saturating_add(1), digits[0].1));

pub(crate) const TRUNCATE_TO: Form = form(&[Decimal, Bigint], Decimal, |arguments| {
    to_digits(arguments, i256::checked_div)
})
.with_digits(|digits| digits[0]);

/// Rounded to so many digits after the point, in a decimal of as many as before.
fn to_digits<'a>(
    arguments: &[Value<'a>],
    round: fn(i256, i256) -> Option<i256>,
) -> Result<Value<'a>, String> {
    let (value, scale) = arguments[0].decimal();
    let gone = i64::from(scale).saturating_sub(arguments[1].integer());
    if gone <= 0 {
        return Ok(arguments[0].clone());
    }
    // A decimal has no more digits than that.
    let power =
        power(i8::try_from(gone.min(i64::from(DECIMAL128_MAX_PRECISION) + 1)).unwrap_or(i8::MAX));
    let rounded =
        round(i256::from_i128(value), power).and_then(|rounded| rounded.checked_mul(power));
    narrow(rounded.ok_or_else(overflow)?, scale)
}

/// The sum of decimals of one type.
pub(crate) fn total<'a>(values: &[Value<'a>]) -> Result<Value<'a>, String> {
    let scale = values.first().map_or(0, |value| value.decimal().1);
    let mut sum = i256::ZERO;
    for value in values {
        // Of 38 digits each, no memory holds as many as i256 does not.
        sum = sum.wrapping_add(i256::from_i128(value.decimal().0));
    }
    narrow(sum, scale)
}

/// A decimal divided by a count.
pub(crate) fn shared<'a>(sum: &Value<'a>, count: usize) -> Result<Value<'a>, String> {
    let (sum, scale) = sum.decimal();
    let count = i256::from_i128(i128::try_from(count).unwrap_or(i128::MAX));
    narrow(
        divided(i256::from_i128(sum), count).ok_or_else(overflow)?,
        scale,
    )
}

fn overflow() -> String {
    "Decimal overflow".to_owned()
}

fn narrow<'a>(value: i256, scale: i8) -> Result<Value<'a>, String> {
    let value = value.to_i128().ok_or_else(overflow)?;
    Ok(Value::Decimal(value, scale))
}

/// Ten to so many digits, at most twice those of a decimal.
fn power(digits: i8) -> i256 {
    i256::from_i128(10).wrapping_pow(u32::from(digits.unsigned_abs()))
}

/// A quotient rounded, the half away from zero; none by zero.
fn divided(left: i256, right: i256) -> Option<i256> {
    let (quotient, rest) = (left.checked_div(right)?, left.checked_rem(right)?);
    let is_up = rest.wrapping_abs() >= right.wrapping_abs().wrapping_sub(rest.wrapping_abs());
    let is_negative = (left < i256::ZERO) != (right < i256::ZERO);
    match (is_up, is_negative) {
        (false, _) => Some(quotient),
        (true, false) => quotient.checked_add(i256::ONE),
        (true, true) => quotient.checked_sub(i256::ONE),
    }
}

/// A decimal of another number of digits after the point, rounded; none if it does not fit.
pub(crate) fn rescaled(value: i128, from: i8, to: i8) -> Option<i128> {
    let value = i256::from_i128(value);
    let rescaled = match to >= from {
        true => value.checked_mul(power(to - from)),
        false => divided(value, power(from - to)),
    };
    rescaled?.to_i128()
}

/// Two decimals with as many digits after the point, and how many these are.
fn aligned(operands: &[Value<'_>]) -> Result<(i256, i256, i8), String> {
    let ((left, own), (right, other)) = (operands[0].decimal(), operands[1].decimal());
    let scale = own.max(other);
    let to_scale = |value: i128, own: i8| i256::from_i128(value).checked_mul(power(scale - own));
    let (left, right) = (to_scale(left, own), to_scale(right, other));
    Ok((
        left.ok_or_else(overflow)?,
        right.ok_or_else(overflow)?,
        scale,
    ))
}

fn added<'a>(operands: &[Value<'a>], sign: i128) -> Result<Value<'a>, String> {
    let (left, right, scale) = aligned(operands)?;
    narrow(
        left.wrapping_add(right.wrapping_mul(i256::from_i128(sign))),
        scale,
    )
}

fn product<'a>(operands: &[Value<'a>]) -> Result<Value<'a>, String> {
    let ((left, own), (right, other)) = (operands[0].decimal(), operands[1].decimal());
    let product = i256::from_i128(left).wrapping_mul(i256::from_i128(right));
    narrow(product, own + other)
}

fn quotient<'a>(operands: &[Value<'a>]) -> Result<Value<'a>, String> {
    let (left, right, scale) = aligned(operands)?;
    if right == i256::ZERO {
        return Err("Division by zero".to_owned());
    }
    // Of two numbers with as many digits after the point the quotient of the digits is the quotient.
    let scaled = left.checked_mul(power(scale));
    narrow(
        scaled
            .and_then(|scaled| divided(scaled, right))
            .ok_or_else(overflow)?,
        scale,
    )
}
