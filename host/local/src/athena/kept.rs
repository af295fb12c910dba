//! Filters that stay with the engine, as SQL, and what could be written in their place.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::physical_expr::expressions::{CastExpr, Column, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_common::physical_expr::fmt_sql;

use super::opaque::is_wrapping;
use super::{Kept, cast};
use crate::doubles;

/// What to write in place of a function of a timestamp, where Athena pushes nothing.
const RANGE_HINT: &str = "of functions of a timestamp Athena pushes date, date_trunc and year alone, where they are compared with one constant; compare the column itself, as in time >= timestamp '2024-03-01 06:00:00'";

/// A filter above a scan.
pub(super) fn kept(filter: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Result<Kept> {
    let (mut gets_zone, mut in_function) = (false, false);
    filter.apply(|part| {
        gets_zone |= column_with_zone(part, schema).is_some();
        let is_function = part
            .downcast_ref::<ScalarFunctionExpr>()
            .is_some_and(|call| !is_wrapping(call.name()));
        let is_day = part
            .downcast_ref::<CastExpr>()
            .is_some_and(|cast| cast.cast_type() == &DataType::Date32);
        in_function |= (is_function || is_day) && is_of_timestamp(part, schema);
        Ok(TreeNodeRecursion::Continue)
    })?;
    let hint = if gets_zone {
        let plain = filter
            .clone()
            .transform_up(|part| Ok(without_zone(part, schema)))?;
        Some(format!(
            "Athena casts the column to have a zone and pushes nothing; write {}",
            shown(plain.data)?
        ))
    } else {
        in_function.then(|| RANGE_HINT.to_owned())
    };
    Ok(Kept {
        filter: shown(filter.clone())?,
        hint,
    })
}

/// The column that an expression casts from a timestamp to one with a zone.
fn column_with_zone<'a>(
    part: &'a Arc<dyn PhysicalExpr>,
    schema: &Schema,
) -> Option<&'a Arc<dyn PhysicalExpr>> {
    let cast = part.downcast_ref::<CastExpr>()?;
    let is_given = matches!(cast.cast_type(), DataType::Timestamp(_, Some(_)))
        && matches!(
            cast.expr().data_type(schema),
            Ok(DataType::Timestamp(_, None))
        );
    is_given.then(|| cast.expr())
}

/// The same without a zone that was given to a column, and constants without theirs.
fn without_zone(
    part: Arc<dyn PhysicalExpr>,
    schema: &Schema,
) -> Transformed<Arc<dyn PhysicalExpr>> {
    if let Some(column) = column_with_zone(&part, schema) {
        return Transformed::yes(column.clone());
    }
    let zoned = part.downcast_ref::<Literal>().map(Literal::value);
    if let Some(ScalarValue::TimestampMillisecond(millis, Some(_))) = zoned {
        let constant = ScalarValue::TimestampMillisecond(*millis, None);
        return Transformed::yes(Arc::new(Literal::new(constant)));
    }
    Transformed::no(part)
}

/// Whether an expression looks at a timestamp column.
fn is_of_timestamp(part: &Arc<dyn PhysicalExpr>, schema: &Schema) -> bool {
    let is_timestamp = part
        .downcast_ref::<Column>()
        .is_some_and(|column| matches!(column.data_type(schema), Ok(DataType::Timestamp(..))));
    is_timestamp
        || part
            .children()
            .into_iter()
            .any(|child| is_of_timestamp(child, schema))
}

/// A filter as SQL, for a person.
fn shown(filter: Arc<dyn PhysicalExpr>) -> Result<String> {
    let shown = filter.transform_up(|part| {
        Ok(match readable(&part) {
            Some(text) => {
                Transformed::yes(Arc::new(Column::new(&text, 0)) as Arc<dyn PhysicalExpr>)
            }
            None => Transformed::no(part),
        })
    })?;
    Ok(fmt_sql(shown.data.as_ref()).to_string())
}

/// The text of what DataFusion would not print as SQL.
fn readable(part: &Arc<dyn PhysicalExpr>) -> Option<String> {
    if let Some(comparison) = doubles::readable(part) {
        return Some(comparison);
    }
    if let Some(call) = part.downcast_ref::<ScalarFunctionExpr>() {
        let arguments = call.args().iter();
        let arguments = arguments.map(|argument| fmt_sql(argument.as_ref()).to_string());
        let mut arguments: Vec<String> = arguments.collect();
        return match is_wrapping(call.name()) {
            true => arguments.pop(),
            false => cast::readable(call.name(), &arguments)
                .or_else(|| presto::readable(call.fun(), &arguments)),
        };
    }
    if let Some(cast) = part.downcast_ref::<CastExpr>() {
        let to = match cast.cast_type() {
            DataType::Timestamp(unit, zone) => {
                let digits = match unit {
                    TimeUnit::Second => 0,
                    TimeUnit::Millisecond => 3,
                    TimeUnit::Microsecond => 6,
                    TimeUnit::Nanosecond => 9,
                };
                format!(
                    "timestamp({digits}){}",
                    if zone.is_some() {
                        " with time zone"
                    } else {
                        ""
                    }
                )
            }
            other => other.to_string().to_lowercase(),
        };
        return Some(format!("cast({} as {to})", fmt_sql(cast.expr().as_ref())));
    }
    let constant = part.downcast_ref::<Literal>()?.value();
    match constant {
        ScalarValue::TimestampMillisecond(Some(_), zone)
        | ScalarValue::TimestampMicrosecond(Some(_), zone)
        | ScalarValue::TimestampNanosecond(Some(_), zone) => {
            let text = constant
                .cast_to(&DataType::Timestamp(TimeUnit::Nanosecond, None))
                .ok()?;
            let text = text
                .cast_to(&DataType::Utf8)
                .ok()?
                .to_string()
                .replace('T', " ");
            Some(format!(
                "timestamp '{text}{}'",
                if zone.is_some() { " UTC" } else { "" }
            ))
        }
        ScalarValue::Utf8(Some(text)) => Some(format!("'{}'", text.replace('\'', "''"))),
        _ => None,
    }
}
