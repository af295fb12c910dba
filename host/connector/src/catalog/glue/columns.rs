//! The columns that Glue defines, found among those that Timestream has.

use super::DefinedColumn;
use crate::error::{Code, Error, Fault, Result};
use crate::query::{Column, Scalar, TimestreamType};

/// Timestream's columns as Glue defines them, in Glue's order: with Timestream's names and kinds, and types that are
/// shown as Glue's. All of Timestream's if Glue defines none.
///
/// # Errors
///
/// When Timestream has no such column, several that differ in case alone, or one whose values cannot be shown so.
pub(in crate::catalog) fn fit(
    defined: &[DefinedColumn],
    actual: Vec<Column>,
) -> Result<Vec<Column>> {
    if defined.is_empty() {
        return Ok(actual);
    }
    let fitted = defined.iter().map(|defined| {
        let mut column = find(&defined.name, &actual)?.clone();
        if let (
            TimestreamType::Scalar(Scalar::Bigint | Scalar::Integer),
            TimestreamType::Scalar(Scalar::Double),
        ) = (&column.r#type, &defined.r#type)
        {
            column.as_double = true;
            return Ok(column);
        }
        column.r#type = shown_as(&column.r#type, &defined.r#type).ok_or_else(|| {
            let message = format!(
                "column `{}` has type `{}` in Glue and `{}` in Timestream; hint: change the type in Glue",
                column.name,
                defined.text,
                name_of(&column.r#type)
            );
            Error::new(Code::OperationNotSupported, Fault::Caller, message)
        })?;
        Ok(column)
    });
    fitted.collect()
}

/// The column of exactly that name, else the only one that is equal but for case.
fn find<'a>(name: &str, columns: &'a [Column]) -> Result<&'a Column> {
    let exact: Vec<&Column> = columns
        .iter()
        .filter(|column| column.name == name)
        .collect();
    let found = if exact.is_empty() {
        let lower = name.to_lowercase();
        let equal = |column: &&Column| column.name.to_lowercase() == lower;
        columns.iter().filter(equal).collect()
    } else {
        exact
    };
    let why = match found.as_slice() {
        [column] => return Ok(column),
        [] => format!(
            "Timestream has no column `{name}` of it; hint: correct the name in Glue, or add `columnMapping`"
        ),
        [first, second, ..] if first.name == second.name => {
            format!("Timestream has two columns `{name}` of it; hint: name one of them with AS")
        }
        [first, second, ..] => format!(
            "column `{name}` may be `{}` or `{}`, which differ in case alone; hint: add `columnMapping`",
            first.name, second.name
        ),
    };
    Err(Error::new(Code::EntityNotFound, Fault::Caller, why))
}

/// The type to read values of `actual` with, so that they are shown as `wanted`; None: they cannot be.
fn shown_as(actual: &TimestreamType, wanted: &TimestreamType) -> Option<TimestreamType> {
    use TimestreamType::{List, Row, Scalar as Plain, Series};
    Some(match (actual, wanted) {
        // A bare NULL is of any type; what is of no known type is not.
        (Plain(Scalar::Unknown), wanted) => wanted.clone(),
        (Plain(actual), Plain(wanted)) => Plain(scalar_shown_as(*actual, *wanted)?),
        (List(actual), List(wanted)) => List(Box::new(shown_as(actual, wanted)?)),
        (Row(actual), Row(wanted)) if actual.len() == wanted.len() => {
            let members = actual.iter().zip(wanted);
            // Members are told by their places; Glue's names are what is shown.
            let members = members.map(|((_, actual), (name, wanted))| {
                Some((name.clone(), shown_as(actual, wanted)?))
            });
            Row(members.collect::<Option<_>>()?)
        }
        // A time series is a list of points; Glue's names of time and value are kept.
        (Series(value), List(point)) => {
            let time = (String::new(), Plain(Scalar::Timestamp));
            let actual = Row(vec![time, (String::new(), value.as_ref().clone())]);
            List(Box::new(shown_as(&actual, point)?))
        }
        _ => return None,
    })
}

fn scalar_shown_as(actual: Scalar, wanted: Scalar) -> Option<Scalar> {
    match (actual, wanted) {
        (actual, wanted) if actual == wanted => Some(actual),
        (Scalar::Integer, Scalar::Bigint) | (Scalar::Integer | Scalar::Bigint, Scalar::Double) => {
            Some(wanted)
        }
        // Shown as text anyway.
        (
            Scalar::Time | Scalar::IntervalDayToSecond | Scalar::IntervalYearToMonth,
            Scalar::Varchar,
        ) => Some(actual),
        // Every scalar arrives as text; as one of no known type it is shown so and compared with nothing.
        (_, Scalar::Varchar) => Some(Scalar::Other),
        _ => None,
    }
}

/// As Timestream writes it.
pub(super) fn name_of(r#type: &TimestreamType) -> String {
    match r#type {
        TimestreamType::Scalar(scalar) => match scalar {
            Scalar::Boolean => "boolean",
            Scalar::Bigint => "bigint",
            Scalar::Integer => "integer",
            Scalar::Double => "double",
            Scalar::Varchar => "varchar",
            Scalar::Timestamp => "timestamp",
            Scalar::Date => "date",
            Scalar::Time => "time",
            Scalar::IntervalDayToSecond => "interval day to second",
            Scalar::IntervalYearToMonth => "interval year to month",
            Scalar::Unknown => "unknown",
            Scalar::Other => "other",
        }
        .to_owned(),
        TimestreamType::List(element) => format!("array({})", name_of(element)),
        TimestreamType::Row(members) => {
            let members = members.iter().map(|(name, member)| {
                let member = name_of(member);
                format!("{name} {member}").trim_start().to_owned()
            });
            format!("row({})", members.collect::<Vec<_>>().join(", "))
        }
        TimestreamType::Series(value) => format!("timeseries({})", name_of(value)),
    }
}

#[cfg(test)]
mod tests;
