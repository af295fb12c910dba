//! `sequence(start, stop[, step])`: both ends included.

use jiff::Span;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::array::MAX_MADE;
use crate::function::{Function, form};
use crate::time::civil;
use crate::types::Type;
use crate::value::{NANOS_PER_DAY, Value};

use Type::{Array, Bigint, Date, Interval, Timestamp};

const ORDER: &str = "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start";

pub(crate) fn function() -> Function {
    Function::new(
        "sequence",
        [
            form(&[Bigint, Bigint], Array(&Bigint), |arguments| {
                let (start, stop) = (arguments[0].integer(), arguments[1].integer());
                numbers(start, stop, if start <= stop { 1 } else { -1 })
            }),
            form(&[Bigint, Bigint, Bigint], Array(&Bigint), |arguments| {
                let [start, stop, step] = [0, 1, 2].map(|place: usize| arguments[place].integer());
                numbers(start, stop, step)
            }),
            form(&[Date, Date], Array(&Date), |arguments| {
                let is_rising = civil(&arguments[0]) <= civil(&arguments[1]);
                let day = if is_rising {
                    NANOS_PER_DAY
                } else {
                    -NANOS_PER_DAY
                };
                times(arguments, (0, day))
            }),
            form(&[Date, Date, Interval], Array(&Date), |arguments| {
                times(arguments, interval(&arguments[2]))
            }),
            form(
                &[Timestamp, Timestamp, Interval],
                Array(&Timestamp),
                |arguments| times(arguments, interval(&arguments[2])),
            ),
        ],
    )
}

fn numbers(start: i64, stop: i64, step: i64) -> Result<Value<'static>, String> {
    let (start, stop, step) = (i128::from(start), i128::from(stop), i128::from(step));
    if step == 0 || (stop - start).signum() * step.signum() < 0 {
        return Err(ORDER.to_owned());
    }
    let count = usize::try_from((stop - start) / step + 1).unwrap_or(usize::MAX);
    check(count)?;
    let numbers = (0_i128..).take(count).map(|place| start + place * step);
    // Between two bigints.
    let numbers = numbers.map(|number| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)));
    Ok(Value::List(numbers.collect()))
}

fn check(count: usize) -> Result<(), String> {
    match count > MAX_MADE {
        true => Err(format!(
            "result of sequence function must not have more than {MAX_MADE} entries"
        )),
        false => Ok(()),
    }
}

/// Months and nanoseconds.
fn interval(value: &Value<'_>) -> (i32, i128) {
    match value {
        Value::Interval(months, nanos) => (*months, *nanos),
        _ => (0, 0),
    }
}

fn times<'a>(arguments: &[Value<'a>], step: (i32, i128)) -> Result<Value<'a>, String> {
    let (start, stop) = (civil(&arguments[0]), civil(&arguments[1]));
    let is_date = matches!(arguments[0], Value::Date(_));
    if is_date && step.1 % NANOS_PER_DAY != 0 {
        return Err(
            "sequence step must be a day interval if start and end values are dates".to_owned(),
        );
    }
    let is_rising = step.0 > 0 || step.1 > 0;
    if step == (0, 0) || (is_rising && stop < start) || (!is_rising && stop > start) {
        return Err(ORDER.to_owned());
    }
    let mut found = Vec::new();
    for place in 0.. {
        let Some(time) = stepped(start, step, place) else {
            break;
        };
        if (is_rising && time > stop) || (!is_rising && time < stop) {
            break;
        }
        found.push(time);
        check(found.len())?;
    }
    let found = found.into_iter().map(|time| match &arguments[0] {
        Value::Date(_) => Value::Date(time.date()),
        Value::Zoned(start) => {
            let zoned = time.to_zoned(start.time_zone().clone());
            zoned.map_or(Value::Null, Value::Zoned)
        }
        _ => Value::Time(time),
    });
    Ok(Value::List(found.collect()))
}

fn stepped(start: DateTime, (months, nanos): (i32, i128), place: i32) -> Option<DateTime> {
    let months = Span::new().try_months(months.checked_mul(place)?).ok()?;
    let time = start.checked_add(months).ok()?;
    let instant = Offset::UTC.to_timestamp(time).ok()?.as_nanosecond();
    let instant = instant.checked_add(nanos.checked_mul(i128::from(place))?)?;
    Some(Offset::UTC.to_datetime(jiff::Timestamp::from_nanosecond(instant).ok()?))
}
