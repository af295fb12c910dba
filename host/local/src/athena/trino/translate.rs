//! Predicates to the wire's expressions (Trino's `ConnectorExpressionTranslator`), as far as the connector announced
//! their functions.

use std::collections::BTreeSet;

use connector::wire::{ArrowType, Expression as Wire, FunctionName};
use datafusion::logical_expr::Expr;

use super::constant::{Constant, Datum};
use super::expression::{Arithmetic, Connective, Expression, Operator};
use super::kind::Kind;
use crate::athena::domain::constants;

/// Writes expressions of announced functions.
pub(super) struct Translator<'a> {
    pub(super) announced: &'a BTreeSet<String>,
}

impl Translator<'_> {
    /// The whole expression, or none if any part of it cannot be said.
    pub(super) fn translate(&self, expression: &Expression) -> Option<Wire> {
        match expression {
            Expression::Column { name, kind } => Some(Wire::VariableExpression {
                column_name: name.clone(),
                r#type: wire_type(kind)?,
            }),
            Expression::Constant(value) => constant(value),
            Expression::Compare {
                operator,
                left,
                right,
            } => self.call(comparison(*operator), &[left, right]),
            Expression::Logical { connective, terms } => {
                let name = match connective {
                    Connective::And => "$and",
                    Connective::Or => "$or",
                };
                self.call(name, &terms.iter().collect::<Vec<_>>())
            }
            Expression::Not(inner) => self.call("$not", &[inner]),
            Expression::IsNull(inner) => self.call("$is_null", &[inner]),
            Expression::Between { value, low, high } => {
                let compare = |operator, bound: &Expression| {
                    Expression::compare(operator, (**value).clone(), bound.clone())
                };
                let low = compare(Operator::GreaterOrEqual, low);
                let high = compare(Operator::LessOrEqual, high);
                self.call("$and", &[&low, &high])
            }
            Expression::In { value, list } => {
                let elements = list.iter().map(|element| self.translate(element));
                let array = self.typed(
                    ArrowType::List,
                    "$array",
                    elements.collect::<Option<Vec<_>>>()?,
                )?;
                self.typed(ArrowType::Bool, "$in", vec![self.translate(value)?, array])
            }
            Expression::Like {
                value,
                pattern,
                escape,
            } => {
                let mut arguments = vec![self.translate(value)?, self.translate(pattern)?];
                if let Some(escape) = escape {
                    let text = Datum::Text(escape.to_string());
                    arguments.push(constant(&Constant::new(Kind::Varchar, text))?);
                }
                self.typed(ArrowType::Bool, "$like_pattern", arguments)
            }
            Expression::Arithmetic {
                operator,
                left,
                right,
            } => {
                // It fails for every row: Trino plans a failure in its place, which has no name at the wire.
                if left.constant().is_some() && right.constant().is_some() {
                    return None;
                }
                let arguments = vec![self.translate(left)?, self.translate(right)?];
                self.typed(wire_type(&left.kind())?, arithmetic(*operator), arguments)
            }
            Expression::Negate(inner) => {
                let arguments = vec![self.translate(inner)?];
                self.typed(wire_type(&inner.kind())?, "$negate", arguments)
            }
            Expression::NullIf { value, other } => {
                let arguments = vec![self.translate(value)?, self.translate(other)?];
                self.typed(wire_type(&value.kind())?, "$nullif", arguments)
            }
            Expression::Cast { .. } | Expression::Function { .. } => None,
        }
    }

    fn call(&self, name: &str, arguments: &[&Expression]) -> Option<Wire> {
        let arguments = arguments.iter().map(|argument| self.translate(argument));
        self.typed(ArrowType::Bool, name, arguments.collect::<Option<_>>()?)
    }

    fn typed(&self, r#type: ArrowType, name: &str, arguments: Vec<Wire>) -> Option<Wire> {
        self.announced
            .contains(name)
            .then(|| Wire::FunctionCallExpression {
                r#type,
                function_name: FunctionName {
                    function_name: name.to_owned(),
                },
                arguments,
            })
    }
}

/// Whether Trino has a form for connectors of all that is in an expression, whatever a connector announces.
pub(super) fn can_be_said(expression: &Expression) -> bool {
    match expression {
        Expression::Function { source, .. } => {
            matches!(source, Expr::ScalarFunction(call) if call.name() != "coalesce")
        }
        other => other.parts().into_iter().all(can_be_said),
    }
}

fn comparison(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "$equal",
        Operator::NotEqual => "$not_equal",
        Operator::Less => "$less_than",
        Operator::LessOrEqual => "$less_than_or_equal",
        Operator::Greater => "$greater_than",
        Operator::GreaterOrEqual => "$greater_than_or_equal",
        Operator::IsDistinctFrom => "$is_distinct_from",
    }
}

fn arithmetic(operator: Arithmetic) -> &'static str {
    match operator {
        Arithmetic::Add => "$add",
        Arithmetic::Subtract => "$subtract",
        Arithmetic::Multiply => "$multiply",
        Arithmetic::Divide => "$divide",
        Arithmetic::Modulus => "$modulus",
    }
}

/// The wire's type of a column or constant; decimals and what is finer than a millisecond have none here.
fn wire_type(kind: &Kind) -> Option<ArrowType> {
    data_type(kind).map(|data_type| ArrowType::from(&data_type))
}

fn data_type(kind: &Kind) -> Option<arrow::datatypes::DataType> {
    use arrow::datatypes::{DataType, TimeUnit};
    Some(match kind {
        Kind::Timestamp(0..=3) => DataType::Date64,
        Kind::Zoned(0..=3) => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        Kind::Unknown
        | Kind::Decimal { .. }
        | Kind::Other(_)
        | Kind::Timestamp(_)
        | Kind::Zoned(_) => return None,
        kind => kind.data_type(),
    })
}

fn constant(value: &Constant) -> Option<Wire> {
    let column = data_type(&value.kind)?;
    let datum = value.value();
    // Trino has no literals of these, and plans calls of `nan()` and `infinity()`.
    if matches!(value.datum, Some(Datum::Double(value)) if !value.is_finite()) {
        return None;
    }
    if datum.is_none() && !value.is_null() {
        return None;
    }
    Some(Wire::ConstantExpression {
        value_block: Some(constants(&[datum.as_ref()], &column).ok()?),
        r#type: ArrowType::from(&column),
    })
}
