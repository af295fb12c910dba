//! What Athena sends, for a person: a request's constraints as lines.
//!
//! They are printed from the wire's own form, so that the same printer shows what local Athena sends and what a recorded
//! Trino sent. What has no order is sorted: columns, expressions, and the sides of AND and OR.

use arrow::array::{Array as _, ArrayRef, AsArray as _};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMillisecondType,
};
use connector::wire::{
    Block, Constraints, Expression, MarkerBound, OrderByField, OrderDirection, Range, ValueSet,
    unpack_utc_millis,
};

use super::passthrough;

/// One line for each argument of a call, column, expression and key, and for the limit.
pub fn describe(constraints: &Constraints) -> Vec<String> {
    let mut lines: Vec<String> =
        passthrough::describe(&constraints.query_passthrough_arguments).collect();
    let domains = constraints.summary.iter();
    lines.extend(domains.map(|(column, set)| format!("{column} {}", value_set(set))));
    let mut expressions: Vec<String> = constraints.expression.iter().map(expression).collect();
    expressions.sort();
    lines.extend(expressions);
    lines.extend(constraints.order_by_clause.iter().map(key));
    if constraints.limit >= 0 {
        lines.push(format!("limit {}", constraints.limit));
    }
    lines
}

fn key(
    OrderByField {
        column_name,
        direction,
    }: &OrderByField,
) -> String {
    let direction = match direction {
        OrderDirection::AscNullsFirst => "asc nulls first",
        OrderDirection::AscNullsLast => "asc nulls last",
        OrderDirection::DescNullsFirst => "desc nulls first",
        OrderDirection::DescNullsLast => "desc nulls last",
    };
    format!("order by {column_name} {direction}")
}

/// `in {1, 2}`, `not in {1}`, `in (3, ∞)`, `is null`, and so on.
fn value_set(set: &ValueSet) -> String {
    let (admitted, null) = match set {
        ValueSet::AllOrNoneValueSet {
            all, null_allowed, ..
        } => (
            if *all { None } else { Some("in {}".to_owned()) },
            *null_allowed,
        ),
        ValueSet::EquatableValueSet {
            value_block,
            white_list,
            null_allowed,
        } => {
            let not = if *white_list { "" } else { "not " };
            let values = values(value_block).join(", ");
            (Some(format!("{not}in {{{values}}}")), *null_allowed)
        }
        ValueSet::SortedRangeSet {
            ranges,
            null_allowed,
            ..
        } => (sorted(ranges), *null_allowed),
    };
    match (admitted.as_deref(), null) {
        (None, true) => "is anything".to_owned(),
        (None, false) => "is not null".to_owned(),
        (Some("in {}"), true) => "is null".to_owned(),
        (Some(admitted), true) => format!("{admitted} or null"),
        (Some(admitted), false) => admitted.to_owned(),
    }
}

/// Nothing if every value lies in the ranges.
fn sorted(ranges: &[Range]) -> Option<String> {
    let ends: Vec<(Option<String>, Option<String>)> = ranges
        .iter()
        .map(|Range { low, high }| (end(&low.value_block), end(&high.value_block)))
        .collect();
    if matches!(ends.as_slice(), [(None, None)]) {
        return None;
    }
    let singles: Option<Vec<&str>> = ranges
        .iter()
        .zip(&ends)
        .map(|(range, ends)| single(range, ends))
        .collect();
    if let Some(singles) = singles {
        return Some(format!("in {{{}}}", singles.join(", ")));
    }
    if let Some(holes) = holes(ranges, &ends) {
        return Some(format!("not in {{{}}}", holes.join(", ")));
    }
    let intervals: Vec<String> = ranges
        .iter()
        .zip(&ends)
        .map(|(range, ends)| interval(range, ends))
        .collect();
    Some(format!("in {}", intervals.join(" ∪ ")))
}

fn end(block: &Block) -> Option<String> {
    values(block).into_iter().next()
}

/// The one value of a range, if it is one.
fn single<'e>(range: &Range, (low, high): &'e (Option<String>, Option<String>)) -> Option<&'e str> {
    let exactly =
        range.low.bound == MarkerBound::Exactly && range.high.bound == MarkerBound::Exactly;
    (exactly && low == high).then_some(low.as_deref()?)
}

/// The values that are left out, if everything else is admitted.
fn holes<'e>(
    ranges: &[Range],
    ends: &'e [(Option<String>, Option<String>)],
) -> Option<Vec<&'e str>> {
    let (first, last) = (ends.first()?, ends.last()?);
    if first.0.is_some() || last.1.is_some() {
        return None;
    }
    let gaps = ranges.windows(2).zip(ends.windows(2));
    gaps.map(|(ranges, ends)| match (ranges, ends) {
        ([left, right], [(_, Some(high)), (Some(low), _)])
            if high == low
                && left.high.bound == MarkerBound::Below
                && right.low.bound == MarkerBound::Above =>
        {
            Some(high.as_str())
        }
        _ => None,
    })
    .collect()
}

/// A range as mathematics writes it.
fn interval(range: &Range, ends: &(Option<String>, Option<String>)) -> String {
    if let Some(value) = single(range, ends) {
        return format!("{{{value}}}");
    }
    let low = match (&ends.0, range.low.bound) {
        (None, _) => "(-∞".to_owned(),
        (Some(low), MarkerBound::Exactly) => format!("[{low}"),
        (Some(low), _) => format!("({low}"),
    };
    match (&ends.1, range.high.bound) {
        (None, _) => format!("{low}, ∞)"),
        (Some(high), MarkerBound::Exactly) => format!("{low}, {high}]"),
        (Some(high), _) => format!("{low}, {high})"),
    }
}

/// An expression as Athena says it: `$greater_than(n, 3)`.
fn expression(expression: &Expression) -> String {
    match expression {
        Expression::VariableExpression { column_name, .. } => column_name.clone(),
        Expression::ConstantExpression { value_block, .. } => match value_block {
            Some(block) if block.0.num_rows() > 0 => typed(block).join(", "),
            _ => "null".to_owned(),
        },
        Expression::FunctionCallExpression {
            function_name,
            arguments,
            ..
        } => {
            let name = &function_name.function_name;
            let mut arguments: Vec<String> = arguments.iter().map(self::expression).collect();
            if matches!(name.as_str(), "$and" | "$or") {
                arguments.sort();
            }
            format!("{name}({})", arguments.join(", "))
        }
    }
}

/// A constant in an expression has the type before it, where another is the usual one for such a value.
fn typed(Block(batch): &Block) -> Vec<String> {
    let prefix = match batch.columns().first().map(|column| column.data_type()) {
        Some(DataType::Int8) => "tinyint ",
        Some(DataType::Int16) => "smallint ",
        Some(DataType::Int32) => "integer ",
        Some(DataType::Float32) => "real ",
        _ => "",
    };
    let values = values(&Block(batch.clone())).into_iter();
    values.map(|value| format!("{prefix}{value}")).collect()
}

/// A block's rows.
fn values(Block(batch): &Block) -> Vec<String> {
    let Some(column) = batch.columns().first() else {
        return Vec::new();
    };
    (0..column.len()).map(|row| value(column, row)).collect()
}

fn value(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return "null".to_owned();
    }
    match column.data_type() {
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Int8 => column.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => column.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float32 => format!("{:?}", column.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => format!("{:?}", column.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => {
            let text = column.as_string::<i32>().value(row);
            format!("'{}'", text.replace('\'', "''"))
        }
        DataType::Date32 => day(column.as_primitive::<Date32Type>().value(row)),
        DataType::Date64 => time(column.as_primitive::<Date64Type>().value(row)),
        DataType::Timestamp(..) => {
            let packed = column.as_primitive::<TimestampMillisecondType>();
            format!("{} UTC", time(unpack_utc_millis(packed.value(row))))
        }
        other => format!("a value of {other}"),
    }
}

fn day(days: i32) -> String {
    let span = jiff::Span::new().try_days(days);
    let day = span.and_then(|span| jiff::civil::date(1970, 1, 1).checked_add(span));
    match day {
        Ok(day) => day.to_string(),
        Err(_) => format!("day {days}"),
    }
}

fn time(millis: i64) -> String {
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(instant) => {
            let time = jiff::tz::Offset::UTC.to_datetime(instant);
            format!("{} {:.3}", time.date(), time.time())
        }
        Err(_) => format!("{millis} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_beyond_the_calendar_are_counted() {
        assert_eq!(day(19_782), "2024-02-29");
        assert_eq!(day(10_227_000), "day 10227000");
        assert_eq!(day(i32::MIN), "day -2147483648");
    }
}
