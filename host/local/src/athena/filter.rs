//! Filters to domains, as Trino's `DomainTranslator` does it.
//!
//! A filter is translated whole (`exact`), in part (domains that admit more rows than it), or not at all. What is not
//! translated whole stays with the engine.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, Schema, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{BinaryExpr, Cast, Expr, Operator};

use super::domain::{Cut, Domain};
use super::opaque::unwrapped;
use super::value::Value;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// What a filter says of single columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Translation {
    /// Columns with the values that the filter admits at most; columns that are not here may have any.
    pub(super) domains: BTreeMap<String, Domain>,
    /// Whether the domains together admit no row that the filter does not.
    pub(super) exact: bool,
}

impl Translation {
    fn nothing() -> Self {
        Self {
            domains: BTreeMap::new(),
            exact: false,
        }
    }

    fn of(column: &Column<'_>, domain: Domain) -> Self {
        Self {
            domains: BTreeMap::from([(column.name.to_owned(), domain)]),
            exact: true,
        }
    }

    /// Both hold.
    pub(super) fn and(mut self, other: Self) -> Self {
        for (column, domain) in other.domains {
            let domain = self
                .domains
                .get(&column)
                .map_or_else(|| domain.clone(), |known| known.intersect(&domain));
            self.domains.insert(column, domain);
        }
        Self {
            exact: self.exact && other.exact,
            ..self
        }
    }

    /// One of them holds: the union of each column's domains. That is the filter itself if both speak of one and the
    /// same column, or one admits all that the other does.
    fn or(self, other: Self) -> Self {
        let domains: BTreeMap<String, Domain> = self
            .domains
            .iter()
            .filter_map(|(column, domain)| {
                Some((column.clone(), domain.union(other.domains.get(column)?)))
            })
            .collect();
        let one_column = self.domains.len() == 1 && self.domains.keys().eq(other.domains.keys());
        let exact =
            self.exact && other.exact && (one_column || self.admits(&other) || other.admits(&self));
        Self { domains, exact }
    }

    /// Whether every row of the other's is one of its own.
    fn admits(&self, other: &Self) -> bool {
        self.domains.iter().all(|(column, domain)| {
            other
                .domains
                .get(column)
                .is_some_and(|narrower| domain.contains(narrower))
        })
    }
}

/// A column of the table, with its type at the wire.
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    pub(super) data_type: &'a DataType,
}

impl<'a> Column<'a> {
    /// The column that an expression is.
    pub(super) fn of(expr: &'a Expr, schema: &'a Schema) -> Option<Self> {
        let Expr::Column(column) = expr else {
            return None;
        };
        let field = schema.field_with_name(&column.name).ok()?;
        Some(Self {
            name: field.name(),
            data_type: field.data_type(),
        })
    }
}

/// Translates a filter over a table with this schema (the wire's).
pub(super) fn translate(filter: &Expr, schema: &Schema) -> Translation {
    translated(filter, schema).unwrap_or_else(Translation::nothing)
}

fn translated(filter: &Expr, schema: &Schema) -> Option<Translation> {
    match filter {
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::And,
            right,
        }) => Some(translate(left, schema).and(translate(right, schema))),
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Or,
            right,
        }) => {
            let union = translate(left, schema).or(translate(right, schema));
            // Ranges that together leave nothing out still leave out NaN.
            let full_double = union.domains.iter().any(|(column, domain)| {
                domain.admits_all_values()
                    && schema
                        .field_with_name(column)
                        .is_ok_and(|field| field.data_type() == &DataType::Float64)
            });
            Some(Translation {
                exact: union.exact && !full_double,
                ..union
            })
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => comparison(left, *op, right, schema),
        Expr::Column(_) => boolean(filter, true, schema),
        Expr::Not(column) => boolean(column, false, schema),
        Expr::IsNull(column) => nullness(column, Domain::only_null(), schema),
        Expr::IsNotNull(column) => nullness(column, Domain::not_null(), schema),
        Expr::InList(list) => in_list(list, schema),
        Expr::Between(between) if !between.negated => {
            let low = comparison(&between.expr, Operator::GtEq, &between.low, schema)?;
            Some(low.and(comparison(
                &between.expr,
                Operator::LtEq,
                &between.high,
                schema,
            )?))
        }
        _ => None,
    }
}

fn boolean(column: &Expr, value: bool, schema: &Schema) -> Option<Translation> {
    let column =
        Column::of(column, schema).filter(|column| column.data_type == &DataType::Boolean)?;
    let domain = Place::at(Value::Boolean(value)).domain(Operator::Eq)?;
    Some(Translation::of(&column, domain))
}

fn nullness(column: &Expr, domain: Domain, schema: &Schema) -> Option<Translation> {
    // Nested types have no constraints (federation-protocol.md, section 3.6).
    let column = Column::of(column, schema).filter(|column| !column.data_type.is_nested())?;
    Some(Translation::of(&column, domain))
}

fn comparison(
    left: &Expr,
    operator: Operator,
    right: &Expr,
    schema: &Schema,
) -> Option<Translation> {
    let (side, operator, constant) = match (left, right) {
        (side, Expr::Literal(constant, _)) => (side, operator, constant),
        (Expr::Literal(constant, _), side) => (side, operator.swap()?, constant),
        _ => return None,
    };
    let (column, place) = place(side, constant, schema)?;
    // "All but this value" would have to hold NaN, and no range does.
    if column.data_type == &DataType::Float64
        && matches!(operator, Operator::NotEq | Operator::IsDistinctFrom)
    {
        return None;
    }
    Some(Translation::of(&column, place.domain(operator)?))
}

fn in_list(
    InList {
        expr,
        list,
        negated,
    }: &InList,
    schema: &Schema,
) -> Option<Translation> {
    let mut domain: Option<Domain> = None;
    let mut listed = None;
    for element in list {
        let Expr::Literal(constant, _) = element else {
            return None;
        };
        let (column, place) = place(expr, constant, schema)?;
        if *negated && column.data_type == &DataType::Float64 {
            return None;
        }
        let next = place.domain(if *negated {
            Operator::NotEq
        } else {
            Operator::Eq
        })?;
        domain = Some(match domain {
            None => next,
            Some(domain) if *negated => domain.intersect(&next),
            Some(domain) => domain.union(&next),
        });
        listed = Some(column);
    }
    Some(Translation::of(&listed?, domain?))
}

/// Where a constant lies among a column's values: at one of them, or between two.
struct Place {
    below: Cut,
    above: Cut,
}

impl Place {
    fn at(value: Value) -> Self {
        Self {
            below: Cut::below(value.clone()),
            above: Cut::above(value),
        }
    }

    fn after(value: Value) -> Self {
        Self {
            below: Cut::above(value.clone()),
            above: Cut::above(value),
        }
    }

    /// The values that compare so with the constant.
    fn domain(self, operator: Operator) -> Option<Domain> {
        let Self { below, above } = self;
        Some(match operator {
            Operator::Eq | Operator::IsNotDistinctFrom => Domain::new([(below, above)], false),
            Operator::NotEq => Domain::new([(Cut::First, below), (above, Cut::Last)], false),
            Operator::IsDistinctFrom => {
                Domain::new([(Cut::First, below), (above, Cut::Last)], true)
            }
            Operator::Lt => Domain::new([(Cut::First, below)], false),
            Operator::LtEq => Domain::new([(Cut::First, above)], false),
            Operator::Gt => Domain::new([(above, Cut::Last)], false),
            Operator::GtEq => Domain::new([(below, Cut::Last)], false),
            _ => return None,
        })
    }
}

/// A timestamp column that was cast to be a date, and a day's place on its line, which is a range there (Trino's
/// `UnwrapCastInComparison`).
fn day_of<'a>(cast: &'a Cast, day: i32, schema: &'a Schema) -> Option<(Column<'a>, Place)> {
    let column = Column::of(&cast.expr, schema)?;
    if cast.field.data_type() != &DataType::Date32 || column.data_type != &DataType::Date64 {
        return None;
    }
    let begin = i64::from(day) * MILLIS_PER_DAY;
    let place = Place {
        below: Cut::below(Value::Millisecond(begin)),
        above: Cut::below(Value::Millisecond(begin + MILLIS_PER_DAY)),
    };
    Some((column, place))
}

/// The column that is compared, and the constant's place on its line.
///
/// A column that was cast to a finer unit is looked through, exactly (Trino's `UnwrapCastInComparison`): between two
/// milliseconds there is no value of the column. One that was cast to have a zone is not, as Athena does not.
fn place<'a>(
    side: &'a Expr,
    constant: &ScalarValue,
    schema: &'a Schema,
) -> Option<(Column<'a>, Place)> {
    if let Some(column) = Column::of(side, schema) {
        let value = Value::exactly(constant, column.data_type)?;
        return Some((column, Place::at(value)));
    }
    if let (Expr::Cast(cast), ScalarValue::Date32(Some(day))) = (side, constant) {
        return day_of(cast, *day, schema);
    }
    let Expr::Cast(cast) = unwrapped(side)? else {
        return None;
    };
    let column = Column::of(&cast.expr, schema)?;
    let DataType::Timestamp(unit, zone) = cast.field.data_type() else {
        return None;
    };
    let zoned = match column.data_type {
        DataType::Date64 => false,
        DataType::Timestamp(..) => true,
        _ => return None,
    };
    if zone.is_some() != zoned {
        return None;
    }
    let (constant, per_millisecond) = match (unit, constant) {
        (TimeUnit::Microsecond, ScalarValue::TimestampMicrosecond(Some(value), _)) => {
            (*value, 1_000)
        }
        (TimeUnit::Nanosecond, ScalarValue::TimestampNanosecond(Some(value), _)) => {
            (*value, 1_000_000)
        }
        _ => return None,
    };
    let millis =
        ScalarValue::TimestampMillisecond(Some(constant.div_euclid(per_millisecond)), zone.clone());
    let value = Value::exactly(&millis, column.data_type)?;
    let place = if constant.rem_euclid(per_millisecond) == 0 {
        Place::at(value)
    } else {
        Place::after(value)
    };
    Some((column, place))
}
