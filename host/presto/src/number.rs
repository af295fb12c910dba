//! Numbers. Doubles are computed as Java computes them: a logarithm of a negative number is NaN, not an error.

use crate::decimal;
use crate::function::{Form, Function, form};
use crate::types::Type;
use crate::value::Value;

use Type::{Array, Bigint, Boolean, Double, Varchar, Whole};

/// A form of one double.
macro_rules! double {
    ($compute:expr) => {
        form(&[Double], Double, |arguments| {
            Ok(Value::Double($compute(arguments[0].double())))
        })
    };
}

/// A form of two doubles.
macro_rules! doubles {
    ($compute:expr) => {
        form(&[Double, Double], Double, |arguments| {
            Ok(Value::Double($compute(
                arguments[0].double(),
                arguments[1].double(),
            )))
        })
    };
}

/// A question about a double.
macro_rules! asked {
    ($ask:expr) => {
        form(&[Double], Boolean, |arguments| {
            Ok(Value::Boolean($ask(arguments[0].double())))
        })
    };
}

/// A form without arguments.
macro_rules! constant {
    ($value:expr) => {
        form(&[], Double, |_| Ok(Value::Double($value)))
    };
}

/// An integer as it is.
const WHOLE: Form = form(&[Whole], Whole, |arguments| Ok(arguments[0].clone()));

pub(crate) fn all() -> Vec<Function> {
    let of = |name, form| Function::new(name, [form]);
    let mut functions = vec![
        of("acos", double!(f64::acos)),
        of("asin", double!(f64::asin)),
        of("atan", double!(f64::atan)),
        of("cbrt", double!(f64::cbrt)),
        of("cos", double!(f64::cos)),
        of("cosh", double!(f64::cosh)),
        of("degrees", double!(f64::to_degrees)),
        of("exp", double!(f64::exp)),
        of("ln", double!(f64::ln)),
        of("log2", double!(f64::log2)),
        of("log10", double!(f64::log10)),
        of("radians", double!(f64::to_radians)),
        of("sin", double!(f64::sin)),
        of("sinh", double!(f64::sinh)),
        of("sqrt", double!(f64::sqrt)),
        of("tan", double!(f64::tan)),
        of("tanh", double!(f64::tanh)),
        of("atan2", doubles!(f64::atan2)),
        of(
            "log",
            doubles!(|base: f64, value: f64| value.ln() / base.ln()),
        ),
        of("pow", doubles!(power)),
        of("power", doubles!(power)),
        of("e", constant!(std::f64::consts::E)),
        of("infinity", constant!(f64::INFINITY)),
        of("nan", constant!(f64::NAN)),
        of("pi", constant!(std::f64::consts::PI)),
        of("is_finite", asked!(f64::is_finite)),
        of("is_infinite", asked!(f64::is_infinite)),
        of("is_nan", asked!(f64::is_nan)),
        of(
            "from_base",
            form(&[Varchar, Bigint], Bigint, |arguments| {
                let (text, radix) = (arguments[0].text(), radix(arguments[1].integer())?);
                let invalid = |_| format!("Not a valid base-{radix} number: {text}");
                i64::from_str_radix(text, radix)
                    .map(Value::Integer)
                    .map_err(invalid)
            }),
        ),
        of(
            "to_base",
            form(&[Bigint, Bigint], Varchar, |arguments| {
                let radix = radix(arguments[1].integer())?;
                Ok(Value::Owned(in_base(arguments[0].integer(), radix)))
            }),
        ),
        Function::new(
            "mod",
            [
                form(&[Whole, Whole], Whole, modulus),
                decimal::MOD,
                doubles!(|left: f64, right: f64| left % right),
            ],
        ),
        Function::new(
            "abs",
            [
                form(&[Whole], Whole, |arguments| {
                    let value = arguments[0].integer();
                    let outside = || format!("Value {value} is out of range for abs(bigint)");
                    value.checked_abs().map(Value::Integer).ok_or_else(outside)
                }),
                decimal::ABS,
                double!(f64::abs),
            ],
        ),
        Function::new(
            "sign",
            [
                form(&[Whole], Whole, |arguments| {
                    Ok(Value::Integer(arguments[0].integer().signum()))
                }),
                decimal::SIGN,
                // Of zero and of NaN as they are.
                double!(|value: f64| match value == 0.0 || value.is_nan() {
                    true => value,
                    false => value.signum(),
                }),
            ],
        ),
        Function::new(
            "round",
            [
                WHOLE,
                form(&[Whole, Bigint], Whole, rounded_integer),
                decimal::ROUND,
                decimal::ROUND_TO,
                double!(|value: f64| rounded(value, 0)),
                form(&[Double, Bigint], Double, |arguments| {
                    let digits = i32::try_from(arguments[1].integer());
                    let digits = digits.map_err(|_| "the number of digits is out of range")?;
                    Ok(Value::Double(rounded(arguments[0].double(), digits)))
                }),
            ],
        ),
        Function::new(
            "truncate",
            [decimal::TRUNCATE, decimal::TRUNCATE_TO, double!(f64::trunc)],
        ),
        Function::new(
            "width_bucket",
            [
                form(&[Double, Double, Double, Bigint], Bigint, equal_bucket),
                form(&[Double, Array(&Double)], Bigint, bucket),
            ],
        ),
    ];
    for (name, of_decimals, form) in [
        ("ceil", decimal::CEIL, double!(f64::ceil)),
        ("ceiling", decimal::CEIL, double!(f64::ceil)),
        ("floor", decimal::FLOOR, double!(f64::floor)),
    ] {
        functions.push(Function::new(name, [WHOLE, of_decimals, form]));
    }
    for name in ["rand", "random"] {
        let forms = [
            form(&[], Double, |_| Ok(Value::Double(fastrand::f64()))),
            form(&[Bigint], Bigint, |arguments| {
                match arguments[0].integer() {
                    end @ 1.. => Ok(Value::Integer(fastrand::i64(0..end))),
                    _ => Err("bound must be positive".to_owned()),
                }
            }),
            form(&[Bigint, Bigint], Bigint, |arguments| {
                let (begin, end) = (arguments[0].integer(), arguments[1].integer());
                match begin < end {
                    true => Ok(Value::Integer(fastrand::i64(begin..end))),
                    false => Err("start value must be less than stop value".to_owned()),
                }
            }),
        ];
        functions.push(Function::new(name, forms).volatile());
    }
    functions
}

fn radix(radix: i64) -> Result<u32, String> {
    match u32::try_from(radix) {
        Ok(radix @ 2..=36) => Ok(radix),
        _ => Err("Radix must be between 2 and 36".to_owned()),
    }
}

fn in_base(value: i64, radix: u32) -> String {
    let mut digits = Vec::new();
    let mut rest = value.unsigned_abs();
    loop {
        let digit = u32::try_from(rest % u64::from(radix)).unwrap_or_default();
        digits.extend(char::from_digit(digit, radix));
        rest /= u64::from(radix);
        if rest == 0 {
            break;
        }
    }
    digits.extend((value < 0).then_some('-'));
    digits.iter().rev().collect()
}

fn modulus<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    match arguments[1].integer() {
        0 => Err("Division by zero".to_owned()),
        divisor => Ok(Value::Integer(arguments[0].integer().wrapping_rem(divisor))),
    }
}

/// As Java has it: NaN where an operand is, but to the power of 0, and where a one is raised to infinity.
fn power(base: f64, exponent: f64) -> f64 {
    let is_open = exponent.is_nan() || base.abs() == 1.0 && exponent.is_infinite();
    if is_open {
        f64::NAN
    } else {
        base.powf(exponent)
    }
}

/// A double to so many digits after the point, the half away from zero. As Trino: scaled, rounded and scaled back where
/// that fits a bigint, and as a decimal where it does not.
fn rounded(value: f64, digits: i32) -> f64 {
    if !value.is_finite() || value == 0.0 {
        return value;
    }
    let factor = 10_f64.powi(digits);
    let scaled = (value.abs() * factor + 0.5).floor();
    match scaled < 9_223_372_036_854_775_807.0 && factor.is_finite() && factor != 0.0 {
        true => (scaled / factor).copysign(value),
        false => value,
    }
}

fn rounded_integer<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let (value, digits) = (arguments[0].integer(), arguments[1].integer());
    if digits >= 0 {
        return Ok(Value::Integer(value));
    }
    // Of as many digits as an integer of 32 bits can say.
    let cut = i32::try_from(digits).ok().and_then(i32::checked_neg);
    let cut = cut.ok_or_else(|| format!("numeric overflow: {value}"))?;
    let Some(factor) = 10_i128.checked_pow(cut.unsigned_abs()) else {
        return Ok(Value::Integer(0));
    };
    let value = i128::from(value);
    let half = factor / 2 * value.signum();
    let rounded = (value + half) / factor * factor;
    let outside = |_| format!("numeric overflow: {value}");
    i64::try_from(rounded).map(Value::Integer).map_err(outside)
}

fn equal_bucket<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let [value, first, last] = [0, 1, 2].map(|place: usize| arguments[place].double());
    let count = arguments[3].integer();
    if count <= 0 {
        return Err("bucketCount must be greater than 0".to_owned());
    }
    if value.is_nan() {
        return Err("operand must not be NaN".to_owned());
    }
    if !first.is_finite() || !last.is_finite() {
        return Err("bounds must be finite".to_owned());
    }
    if first == last {
        return Err("bounds cannot equal each other".to_owned());
    }
    let (lower, upper) = (first.min(last), first.max(last));
    let mut bucket = if value < lower {
        0
    } else if value >= upper {
        count
            .checked_add(1)
            .ok_or_else(|| format!("Bucket for value {value} is out of range"))?
    } else {
        // Within the bounds, so at most the count.
        ((value - lower) / (upper - lower) * count as f64 + 1.0) as i64
    };
    if first > last {
        // Trino's wraps too.
        bucket = count.wrapping_sub(bucket).wrapping_add(1);
    }
    Ok(Value::Integer(bucket))
}

fn bucket<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let (value, bins) = (arguments[0].double(), arguments[1].elements());
    if bins.is_empty() {
        return Err("Bins cannot be an empty array".to_owned());
    }
    if value.is_nan() {
        return Err("Operand cannot be NaN".to_owned());
    }
    let bins: Vec<f64> = bins.iter().map(Value::double).collect();
    if bins.iter().any(|bin| !bin.is_finite()) {
        return Err("Bin values must be finite".to_owned());
    }
    if bins.windows(2).any(|pair| pair.first() >= pair.last()) {
        return Err("Bin values are not sorted in ascending order".to_owned());
    }
    let below = bins.iter().filter(|bin| **bin <= value).count();
    Ok(Value::Integer(i64::try_from(below).unwrap_or(i64::MAX)))
}
