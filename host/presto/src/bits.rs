//! The bits of an integer.

use crate::function::{Function, form};
use crate::types::Type;
use crate::value::Value;

use Type::Bigint;

macro_rules! bits {
    ($compute:expr) => {
        form(&[Bigint, Bigint], Bigint, |arguments| {
            let compute: fn(i64, i64) -> i64 = $compute;
            let value = compute(arguments[0].integer(), arguments[1].integer());
            Ok(Value::Integer(value))
        })
    };
}

pub(crate) fn all() -> Vec<Function> {
    let of = |name, form| Function::new(name, [form]);
    vec![
        of("bitwise_and", bits!(|left, right| left & right)),
        of("bitwise_or", bits!(|left, right| left | right)),
        of("bitwise_xor", bits!(|left, right| left ^ right)),
        of(
            "bitwise_not",
            form(&[Bigint], Bigint, |arguments| {
                Ok(Value::Integer(!arguments[0].integer()))
            }),
        ),
        of(
            "bitwise_left_shift",
            bits!(|value, shift| shifted(shift, |shift| value << shift, 0)),
        ),
        of(
            "bitwise_right_shift",
            bits!(|value, shift| { shifted(shift, |shift| ((value as u64) >> shift) as i64, 0) }),
        ),
        of(
            "bitwise_right_shift_arithmetic",
            bits!(|value, shift| shifted(shift, |shift| value >> shift, value >> 63)),
        ),
        of("bit_count", form(&[Bigint, Bigint], Bigint, count)),
    ]
}

/// A value shifted by fewer bits than it has, or what is left of it otherwise.
fn shifted(shift: i64, by: impl Fn(u32) -> i64, otherwise: i64) -> i64 {
    match u32::try_from(shift) {
        Ok(shift @ 0..64) => by(shift),
        _ => otherwise,
    }
}

/// The bits of a two's complement of so many bits.
fn count<'a>(arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
    let (value, bits) = (arguments[0].integer(), arguments[1].integer());
    let bits = match u32::try_from(bits) {
        Ok(bits @ 2..=64) => bits,
        _ => {
            return Err(format!(
                "Bits specified in bit_count must be between 2 and 64, got {bits}"
            ));
        }
    };
    let unused = 64 - bits;
    if (value << unused) >> unused != value {
        return Err(format!(
            "Number must be representable with the bits specified. {value} cannot be represented with {bits} bits"
        ));
    }
    Ok(Value::Integer(i64::from((value << unused).count_ones())))
}
