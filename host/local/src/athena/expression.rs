//! Filters to expressions in Athena's vocabulary, as far as the connector announced its functions.

use std::collections::BTreeSet;

use arrow::datatypes::{DataType, Schema};
use connector::wire::{ArrowType, Expression, FunctionName};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{BinaryExpr, Expr, Like, Operator};

use super::domain::constants;
use super::filter::Column;
use super::opaque::unwrapped;
use super::value::Value;

/// Writes filters as expressions.
pub(super) struct Writer<'a> {
    /// The table's, with the wire's types.
    pub(super) schema: &'a Schema,
    /// Names as the connector announced them.
    pub(super) announced: &'a BTreeSet<String>,
}

impl Writer<'_> {
    /// The whole filter as an expression, or none if any part of it cannot be said.
    pub(super) fn write(&self, filter: &Expr) -> Option<Expression> {
        match filter {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
                Operator::And => self.call("$and", vec![self.write(left)?, self.write(right)?]),
                Operator::Or => self.call("$or", vec![self.write(left)?, self.write(right)?]),
                Operator::IsNotDistinctFrom => {
                    self.not(self.compare(left, Operator::IsDistinctFrom, right)?)
                }
                operator => self.compare(left, *operator, right),
            },
            Expr::Column(_) => {
                let column = Column::of(filter, self.schema)?;
                (column.data_type == &DataType::Boolean).then(|| variable(&column))
            }
            Expr::Not(inner) => self.not(self.write(inner)?),
            Expr::IsNull(operand) => self.is_null(operand),
            Expr::IsNotNull(operand) => self.not(self.is_null(operand)?),
            Expr::Between(between) => {
                let low = self.compare(&between.expr, Operator::GtEq, &between.low)?;
                let high = self.compare(&between.expr, Operator::LtEq, &between.high)?;
                let both = self.call("$and", vec![low, high])?;
                if between.negated {
                    self.not(both)
                } else {
                    Some(both)
                }
            }
            Expr::InList(list) => self.in_list(list),
            Expr::Like(like) => self.like(like),
            other => self.write(unwrapped(other)?),
        }
    }

    fn compare(&self, left: &Expr, operator: Operator, right: &Expr) -> Option<Expression> {
        let name = match operator {
            Operator::Eq => "$equal",
            Operator::NotEq => "$not_equal",
            Operator::Lt => "$less_than",
            Operator::LtEq => "$less_than_or_equal",
            Operator::Gt => "$greater_than",
            Operator::GtEq => "$greater_than_or_equal",
            Operator::IsDistinctFrom => "$is_distinct_from",
            _ => return None,
        };
        let (left, right, _) = self.operands(left, right)?;
        self.call(name, vec![left, right])
    }

    /// Two values of one type; a constant takes the type of the other.
    fn operands(&self, left: &Expr, right: &Expr) -> Option<(Expression, Expression, DataType)> {
        match (left, right) {
            (left, Expr::Literal(..)) => {
                let (left, data_type) = self.operand(left)?;
                Some((left, constant(&[right], &data_type)?, data_type))
            }
            (Expr::Literal(..), right) => {
                let (right, data_type) = self.operand(right)?;
                Some((constant(&[left], &data_type)?, right, data_type))
            }
            (left, right) => {
                let ((left, data_type), (right, other)) =
                    (self.operand(left)?, self.operand(right)?);
                (data_type == other).then_some((left, right, data_type))
            }
        }
    }

    /// A value that is computed from columns, and its type at the wire.
    fn operand(&self, expr: &Expr) -> Option<(Expression, DataType)> {
        let (name, arguments, data_type) = match expr {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                let name = match op {
                    Operator::Plus => "$add",
                    Operator::Minus => "$subtract",
                    Operator::Multiply => "$multiply",
                    Operator::Divide => "$divide",
                    Operator::Modulo => "$modulus",
                    _ => return None,
                };
                let (left, right, data_type) = self.operands(left, right)?;
                (
                    name,
                    vec![left, right],
                    Some(data_type).filter(DataType::is_numeric)?,
                )
            }
            Expr::Negative(inner) => {
                let (inner, data_type) = self.operand(inner)?;
                (
                    "$negate",
                    vec![inner],
                    Some(data_type).filter(DataType::is_numeric)?,
                )
            }
            Expr::ScalarFunction(call) if call.name() == "nullif" => {
                let [left, right] = call.args.as_slice() else {
                    return None;
                };
                let (left, right, data_type) = self.operands(left, right)?;
                ("$nullif", vec![left, right], data_type)
            }
            expr => {
                let column = self.scalar(expr)?;
                return Some((variable(&column), column.data_type.clone()));
            }
        };
        let r#type = ArrowType::from(&data_type);
        Some((self.typed(r#type, name, arguments)?, data_type))
    }

    fn in_list(
        &self,
        InList {
            expr,
            list,
            negated,
        }: &InList,
    ) -> Option<Expression> {
        let (operand, data_type) = self.operand(expr)?;
        let elements: Vec<&Expr> = list.iter().collect();
        let array = self.typed(
            ArrowType::List,
            "$array",
            vec![constant(&elements, &data_type)?],
        )?;
        let membership = self.call("$in", vec![operand, array])?;
        if *negated {
            self.not(membership)
        } else {
            Some(membership)
        }
    }

    fn like(&self, like: &Like) -> Option<Expression> {
        if like.case_insensitive {
            return None;
        }
        let column = self.scalar(&like.expr)?;
        let Expr::Literal(pattern, _) = like.pattern.as_ref() else {
            return None;
        };
        let pattern = plain_pattern(pattern.try_as_str().flatten()?)?;
        let pattern = constant_of(&[&Value::Text(pattern)], &DataType::Utf8)?;
        let matches = self.call("$like_pattern", vec![variable(&column), pattern])?;
        if like.negated {
            self.not(matches)
        } else {
            Some(matches)
        }
    }

    fn is_null(&self, operand: &Expr) -> Option<Expression> {
        let (operand, _) = self.operand(operand)?;
        self.call("$is_null", vec![operand])
    }

    fn not(&self, inner: Expression) -> Option<Expression> {
        self.call("$not", vec![inner])
    }

    /// A column of a type that has constants.
    fn scalar<'a>(&'a self, expr: &'a Expr) -> Option<Column<'a>> {
        Column::of(expr, self.schema).filter(|column| !column.data_type.is_nested())
    }

    fn call(&self, name: &str, arguments: Vec<Expression>) -> Option<Expression> {
        self.typed(ArrowType::Bool, name, arguments)
    }

    fn typed(
        &self,
        r#type: ArrowType,
        name: &str,
        arguments: Vec<Expression>,
    ) -> Option<Expression> {
        self.announced
            .contains(name)
            .then(|| Expression::FunctionCallExpression {
                r#type,
                function_name: FunctionName {
                    function_name: name.to_owned(),
                },
                arguments,
            })
    }
}

fn variable(column: &Column<'_>) -> Expression {
    Expression::VariableExpression {
        column_name: column.name.to_owned(),
        r#type: ArrowType::from(column.data_type),
    }
}

/// Literals of one column's type, a row each.
fn constant(literals: &[&Expr], column: &DataType) -> Option<Expression> {
    let values = literals.iter().map(|literal| match literal {
        Expr::Literal(value, _) => Value::exactly(value, column),
        _ => None,
    });
    let values = values.collect::<Option<Vec<_>>>()?;
    constant_of(&values.iter().collect::<Vec<_>>(), column)
}

fn constant_of(values: &[&Value], column: &DataType) -> Option<Expression> {
    let block = constants(values, column).ok()?;
    Some(Expression::ConstantExpression {
        value_block: Some(block),
        r#type: ArrowType::from(column),
    })
}

/// A pattern of DataFusion's, where a backslash escapes, as one without an escape character; none if it needs one.
fn plain_pattern(pattern: &str) -> Option<String> {
    let mut plain = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => characters
                .next()
                .filter(|escaped| !matches!(escaped, '%' | '_'))?,
            other => other,
        });
    }
    Some(plain)
}
