//! The engine's predicates in Trino's form: literals get Trino's types, and operands are converted as Trino converts them.
//!
//! The engine's own conversions are looked through; a cast that the user wrote is known by its wrapping
//! ([`crate::athena::opaque`]).

use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{BinaryExpr, Case, Expr, ExprSchemable as _, Operator as Binary};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;

use super::constant::{Constant, Datum};
use super::expression::{Arithmetic, Connective, Expression, Known, Operator};
use super::fold::{self, fold};
use super::kind::Kind;
use crate::athena::opaque::{looked_through, written};
use crate::athena::{cast, patterns};

/// Reads predicates over one schema.
pub(super) struct Analyzer<'a> {
    pub(super) schema: &'a DFSchema,
    /// Computes what is constant and has no rule of Trino's here.
    pub(super) context: &'a SimplifyContext,
}

impl Analyzer<'_> {
    /// The predicate in Trino's form.
    pub(super) fn read(&self, expr: &Expr) -> Expression {
        let read = self
            .known(expr)
            .unwrap_or_else(|| self.function(expr, None));
        // What has no column is computed here, by Trino's rules where they are known, and else by the engine.
        if expr.any_column_refs() || matches!(read, Expression::Constant(_)) {
            return read;
        }
        match fold(read) {
            // An operator that fails on constants fails on every row, not here.
            folded @ (Expression::Constant(_) | Expression::Arithmetic { .. }) => folded,
            folded => match (self.computed(expr), &folded) {
                (Some(constant), Expression::Function { .. }) => Expression::Constant(constant),
                (Some(constant), _) => constant
                    .cast(&folded.kind())
                    .map_or(folded, Expression::Constant),
                (None, _) => folded,
            },
        }
    }

    fn known(&self, expr: &Expr) -> Option<Expression> {
        if let Some(inner) = written(expr) {
            let Expr::Cast(cast) = inner else {
                return None;
            };
            return self.cast(&cast.expr, Kind::of(cast.field.data_type()));
        }
        if let Some(inner) = looked_through(expr) {
            return Some(self.read(inner));
        }
        Some(match expr {
            Expr::Alias(alias) => self.read(&alias.expr),
            Expr::Column(column) => Expression::Column {
                name: column.name.clone(),
                kind: Kind::of(&expr.get_type(self.schema).ok()?),
            },
            Expr::Literal(scalar, _) => Expression::Constant(literal(scalar)?),
            Expr::Cast(cast) => self.read(&cast.expr),
            Expr::Not(inner) => Expression::not(self.read(inner)),
            Expr::IsNull(inner) => Expression::is_null(self.read(inner)),
            Expr::IsNotNull(inner) => Expression::not(Expression::is_null(self.read(inner))),
            Expr::Negative(inner) => {
                let inner = self.read(inner);
                inner.kind().is_numeric().then_some(())?;
                fold(Expression::Negate(Box::new(inner)))
            }
            Expr::BinaryExpr(binary) => return self.binary(binary),
            Expr::Between(between) => {
                let operands = [&between.expr, &between.low, &between.high];
                let operands = self.alike(operands.into_iter().map(|one| &**one))?;
                let [value, low, high] = <[Expression; 3]>::try_from(operands).ok()?;
                negated(
                    Expression::Between {
                        value: Box::new(value),
                        low: Box::new(low),
                        high: Box::new(high),
                    },
                    between.negated,
                )
            }
            Expr::InList(list) => {
                let operands = std::iter::once(&*list.expr).chain(&list.list);
                let mut operands = self.alike(operands)?.into_iter();
                let value = Box::new(operands.next()?);
                let list_of = Expression::In {
                    value,
                    list: operands.collect(),
                };
                negated(list_of, list.negated)
            }
            Expr::Like(like) if !like.case_insensitive => {
                let value = self.read(&like.expr);
                let pattern = self.read(&like.pattern);
                (value.kind().becomes(&Kind::Varchar)).then_some(())?;
                if value.constant().is_some() && pattern.constant().is_some() {
                    let escaped = patterns::with_backslash(expr.clone()).ok()?;
                    return self.computed(&escaped).map(Expression::Constant);
                }
                negated(
                    Expression::Like {
                        value: Box::new(value),
                        pattern: Box::new(pattern),
                        escape: like.escape_char,
                    },
                    like.negated,
                )
            }
            Expr::Case(case) => return self.case(case),
            Expr::ScalarFunction(call) => {
                let arguments: Vec<&Expr> = call.args.iter().collect();
                return self.call(expr, call.name(), &arguments);
            }
            _ => return None,
        })
    }

    fn binary(&self, binary: &BinaryExpr) -> Option<Expression> {
        let BinaryExpr { left, op, right } = binary;
        let connective = match op {
            Binary::And => Some(Connective::And),
            Binary::Or => Some(Connective::Or),
            _ => None,
        };
        if let Some(connective) = connective {
            // Not joined yet: what is constant counts only when constants are computed.
            let terms = chain(binary).into_iter().map(|term| self.read(term));
            let terms = terms.flat_map(|term| term.terms(connective)).collect();
            return Some(Expression::Logical { connective, terms });
        }
        let operator = match op {
            Binary::Eq => Some(Operator::Equal),
            Binary::NotEq => Some(Operator::NotEqual),
            Binary::Lt => Some(Operator::Less),
            Binary::LtEq => Some(Operator::LessOrEqual),
            Binary::Gt => Some(Operator::Greater),
            Binary::GtEq => Some(Operator::GreaterOrEqual),
            Binary::IsDistinctFrom | Binary::IsNotDistinctFrom => Some(Operator::IsDistinctFrom),
            _ => None,
        };
        let operands = self.alike([&**left, &**right])?;
        let [left, right] = <[Expression; 2]>::try_from(operands).ok()?;
        if let Some(operator) = operator {
            let compared = Expression::compare(operator, left, right);
            return Some(negated(compared, *op == Binary::IsNotDistinctFrom));
        }
        let operator = match op {
            Binary::Plus => Arithmetic::Add,
            Binary::Minus => Arithmetic::Subtract,
            Binary::Multiply => Arithmetic::Multiply,
            Binary::Divide => Arithmetic::Divide,
            Binary::Modulo => Arithmetic::Modulus,
            _ => return None,
        };
        // Decimals get another type from every operator.
        let kind = left.kind();
        (kind.is_numeric() && !matches!(kind, Kind::Decimal { .. })).then_some(())?;
        Some(Expression::Arithmetic {
            operator,
            left: Box::new(left),
            right: Box::new(right),
        })
    }

    /// Operands, converted to the one type that they have in common.
    fn alike<'e>(&self, operands: impl IntoIterator<Item = &'e Expr>) -> Option<Vec<Expression>> {
        let operands: Vec<Expression> = operands.into_iter().map(|one| self.read(one)).collect();
        let mut kinds = operands.iter().map(Expression::kind);
        let first = kinds.next()?;
        let kind = kinds.try_fold(first, |common, kind| common.common(&kind))?;
        Some(
            operands
                .into_iter()
                .map(|operand| fold::cast(operand, kind.clone()))
                .collect(),
        )
    }

    fn call(&self, expr: &Expr, name: &str, arguments: &[&Expr]) -> Option<Expression> {
        let known = match (name, arguments) {
            (cast::ROUND, [operand, Expr::Literal(digits, _)]) => {
                let (Expr::Cast(cast), Some(Datum::Whole(digits))) =
                    (written(operand)?, Constant::of(digits)?.datum)
                else {
                    return None;
                };
                let digits = u8::try_from(digits).ok()?;
                let kind = Kind::Timestamp(digits);
                return match self.read(&cast.expr).kind() {
                    Kind::Timestamp(from) | Kind::Zoned(from) if from > digits => {
                        Some(Expression::Function {
                            known: None,
                            kind,
                            source: expr.clone(),
                        })
                    }
                    _ => self.cast(&cast.expr, kind),
                };
            }
            ("nullif", [value, other]) => {
                let (value, other) = (self.read(value), self.read(other));
                value.kind().common(&other.kind())?;
                return Some(Expression::NullIf {
                    value: Box::new(value),
                    other: Box::new(other),
                });
            }
            ("coalesce", arguments) => {
                let is_null =
                    |argument: &Expression| argument.constant().is_some_and(Constant::is_null);
                let arguments = arguments.iter().map(|argument| self.read(argument));
                let mut left = arguments.filter(|argument| !is_null(argument));
                let only = left.next()?;
                left.next().is_none().then_some(())?;
                return Some(only);
            }
            ("date_trunc", [unit, operand]) => {
                let Some(Datum::Text(unit)) = self.read(unit).constant()?.datum.clone() else {
                    return None;
                };
                let operand = self.read(operand);
                let kind = operand.kind();
                matches!(kind, Kind::Timestamp(_) | Kind::Date).then_some(())?;
                let known = Known::DateTrunc {
                    unit,
                    operand: Box::new(operand),
                };
                return Some(Expression::Function {
                    known: Some(known),
                    kind,
                    source: expr.clone(),
                });
            }
            (part, [operand]) if presto::PARTS.contains(&part) => {
                let operand = self.read(operand);
                let known = (part == "year"
                    && matches!(operand.kind(), Kind::Timestamp(_) | Kind::Date))
                .then(|| Known::Year(Box::new(operand)));
                // Trino's functions of a timestamp's parts give bigints.
                return Some(Expression::Function {
                    known,
                    kind: Kind::Bigint,
                    source: expr.clone(),
                });
            }
            ("starts_with", [value, prefix]) => Known::StartsWith {
                value: Box::new(self.read(value)),
                prefix: Box::new(self.read(prefix)),
            },
            _ => return None,
        };
        Some(self.function(expr, Some(known)))
    }

    /// A cast that was written: of a constant it is made at once.
    fn cast(&self, operand: &Expr, kind: Kind) -> Option<Expression> {
        (!matches!(kind, Kind::Other(_))).then_some(())?;
        let operand = self.read(operand);
        (!matches!(operand.kind(), Kind::Other(_))).then_some(())?;
        Some(fold::cast(operand, kind))
    }

    /// A CASE that is decided by its first condition.
    fn case(&self, case: &Case) -> Option<Expression> {
        let (None, [(when, then), ..]) = (&case.expr, case.when_then_expr.as_slice()) else {
            return None;
        };
        self.read(when).is_true().then(|| self.read(then))
    }

    fn function(&self, expr: &Expr, known: Option<Known>) -> Expression {
        let data_type = expr.get_type(self.schema).unwrap_or(DataType::Null);
        Expression::Function {
            known,
            kind: Kind::of(&data_type),
            source: expr.clone(),
        }
    }

    /// The constant that the engine computes.
    fn computed(&self, expr: &Expr) -> Option<Constant> {
        let simplifier = ExprSimplifier::new(self.context.clone());
        match simplifier.simplify(expr.clone()).ok()? {
            Expr::Literal(scalar, _) => Constant::of(&scalar),
            _ => None,
        }
    }
}

/// The operands of one operator however they are nested, which may be deeply.
fn chain(BinaryExpr { left, op, right }: &BinaryExpr) -> Vec<&Expr> {
    let (mut waiting, mut operands) = (vec![&**right, &**left], Vec::new());
    while let Some(next) = waiting.pop() {
        match next {
            Expr::BinaryExpr(nested) if nested.op == *op => {
                waiting.extend([&*nested.right, &*nested.left]);
            }
            operand => operands.push(operand),
        }
    }
    operands
}

/// A literal has the smallest of `integer` and `bigint` that it fits.
fn literal(scalar: &ScalarValue) -> Option<Constant> {
    let constant = Constant::of(scalar)?;
    match (&constant.kind, &constant.datum) {
        (Kind::Bigint, Some(Datum::Whole(value))) if i32::try_from(*value).is_ok() => {
            Some(Constant::new(Kind::Integer, Datum::Whole(*value)))
        }
        _ => Some(constant),
    }
}

fn negated(expression: Expression, negated: bool) -> Expression {
    if negated {
        Expression::not(expression)
    } else {
        expression
    }
}
