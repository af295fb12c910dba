//! Parts of an expression that are no conditions: columns, and what is computed from them.
//!
//! Each is printed only where SQL gives the asked value on every row, NULL included, and where no row can raise an
//! error: one that Athena would never have looked at must not make the query fail.

use super::not_translated;
use super::tree::Tree;
use crate::operand::{Kind, Place};
use crate::{Function, Literal, sql};

/// A value in SQL, in a form that binds closer than any operator between two.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) sql: String,
    pub(super) kind: Kind,
    /// How many computations it holds.
    pub(super) operations: usize,
}

/// Two values that compare with each other, in SQL, and their kind.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) left: String,
    pub(super) right: String,
    pub(super) kind: Kind,
    /// How many computations both hold.
    pub(super) operations: usize,
}

/// A column, or what is computed from columns.
///
/// # Errors
/// Says why it has no form in SQL.
pub(super) fn value(tree: &Tree<'_>) -> Result<Value, String> {
    let (function, arguments) = match tree {
        Tree::Field(operand) => {
            let sql = operand.sql.clone();
            return match &operand.kind {
                // Two that are equal in milliseconds need not be in nanoseconds.
                Ok(Kind::Timestamp { .. } | Kind::Nanos { .. }) => {
                    Err("timestamps are compared with constants only".to_owned())
                }
                Ok(kind) => Ok(Value {
                    sql,
                    kind: *kind,
                    operations: 0,
                }),
                Err(opaque) => Err(opaque.reason.clone()),
            };
        }
        Tree::Constant(_) | Tree::Null => return Err("it computes with constants only".to_owned()),
        Tree::Call(function, arguments) => (*function, arguments.as_slice()),
    };
    match (function, arguments) {
        (Function::Add, [left, right]) => of_doubles(left, "+", right),
        (Function::Subtract, [left, right]) => of_doubles(left, "-", right),
        (Function::Multiply, [left, right]) => of_doubles(left, "*", right),
        (Function::Divide, [left, Tree::Constant(right)]) => divided(left, "/", right),
        (Function::Modulus, [left, Tree::Constant(right)]) => divided(left, "%", right),
        (Function::Divide | Function::Modulus, [_, _]) => Err("its divisor may be 0".to_owned()),
        (Function::Negate, [argument]) => {
            let Value {
                sql,
                kind,
                operations,
            } = value(argument)?;
            only_doubles(kind)?;
            Ok(Value {
                sql: format!("-({sql})"),
                kind,
                operations: operations + 1,
            })
        }
        (Function::Nullif, [left, right]) => {
            let pair = pair(left, right)?;
            if pair.kind == Kind::Double {
                return Err("NULLIF may take NaN for equal to itself".to_owned());
            }
            Ok(Value {
                sql: format!("NULLIF({}, {})", pair.left, pair.right),
                kind: pair.kind,
                operations: pair.operations + 1,
            })
        }
        _ => Err(not_translated(function)),
    }
}

/// Two values that compare with each other. One of them may be a constant.
///
/// # Errors
/// Says why one has no form in SQL, or that they are of different kinds.
pub(super) fn pair(left: &Tree<'_>, right: &Tree<'_>) -> Result<Pair, String> {
    match (left, right) {
        (Tree::Constant(left), right) => {
            let right = value(right)?;
            Ok(Pair {
                left: constant(right.kind, left)?,
                right: right.sql,
                kind: right.kind,
                operations: right.operations,
            })
        }
        (left, Tree::Constant(right)) => {
            let left = value(left)?;
            Ok(Pair {
                right: constant(left.kind, right)?,
                left: left.sql,
                kind: left.kind,
                operations: left.operations,
            })
        }
        (left, right) => {
            let (left, right) = (value(left)?, value(right)?);
            if left.kind != right.kind {
                let (left, right) = (left.kind.name(), right.kind.name());
                return Err(format!("{left} is compared with {right}"));
            }
            Ok(Pair {
                left: left.sql,
                right: right.sql,
                kind: left.kind,
                operations: left.operations + right.operations,
            })
        }
    }
}

/// A constant beside a value of this kind.
///
/// # Errors
/// Says why it has no form in SQL.
fn constant(kind: Kind, literal: &Literal) -> Result<String, String> {
    sql::literal(&printable(kind, literal)?).ok_or_else(no_form)
}

/// A constant as one of this kind.
///
/// # Errors
/// Says why it has no form in SQL.
pub(super) fn printable(kind: Kind, literal: &Literal) -> Result<Literal, String> {
    let literal = kind.convert(literal)?;
    match kind.place(&literal) {
        Place::Inside => Ok(literal),
        Place::Below | Place::Above | Place::Nowhere | Place::Unprintable => Err(no_form()),
    }
}

/// What is said of a constant without a form in SQL.
pub(super) fn no_form() -> String {
    "it holds a constant that SQL has no form for".to_owned()
}

/// Sums and products: of doubles, whose overflow is an infinity.
fn of_doubles(left: &Tree<'_>, operator: &str, right: &Tree<'_>) -> Result<Value, String> {
    let pair = pair(left, right)?;
    only_doubles(pair.kind)?;
    Ok(Value {
        sql: format!("({} {operator} {})", pair.left, pair.right),
        kind: pair.kind,
        operations: pair.operations + 1,
    })
}

fn only_doubles(kind: Kind) -> Result<(), String> {
    match kind {
        Kind::Double => Ok(()),
        Kind::Integer => Err(
            "arithmetic on integers may overflow on rows that Athena does not look at".to_owned(),
        ),
        _ => Err(format!("it computes with {}", kind.name())),
    }
}

/// A quotient or remainder, by a constant that no row can overflow with: not zero and, for integers, not −1, since
/// the smallest integer has no opposite.
fn divided(left: &Tree<'_>, operator: &str, divisor: &Literal) -> Result<Value, String> {
    let Value {
        sql,
        kind,
        operations,
    } = value(left)?;
    match kind.convert(divisor)? {
        Literal::Integer(0 | -1) => return Err("its divisor is 0 or -1".to_owned()),
        Literal::Double(0.0) => return Err("its divisor is 0".to_owned()),
        Literal::Integer(_) | Literal::Double(_) => {}
        _ => return Err(format!("it computes with {}", kind.name())),
    }
    Ok(Value {
        sql: format!("({sql} {operator} {})", constant(kind, divisor)?),
        kind,
        operations: operations + 1,
    })
}
