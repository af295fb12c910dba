//! What is deliberately lazier than Trino: a call that fails does not fail the query where its value is of no account.
//!
//! | on a row | Trino | the evaluator |
//! |---|---|---|
//! | `1 / 0 = 1 AND false`, `1 / 0 = 1 OR true` | fails, with the operands in this order | false, true |
//! | `(1 / 0) + NULL`, `(1 / 0) < NULL` | fails, with the operands in this order | NULL |
//! | `x IN (x, 1 / 0)` | fails | true |
//! | `x LIKE y ESCAPE '😀'` | fails: the escape is one character of UTF-16 | takes it; not among the cases, since no plan with it is made |
//!
//! Trino promises no order, so that the evaluator fails only where every order would. Whether that is so is asked of
//! Trino: the failed calls are replaced by constants, and the value must be the same for each.

use anyhow::Result;

use super::Bench;
use super::cases::Case;
use crate::proof::model::{COMPUTED, Kind, Value};
use crate::proof::oracle::{Expr, Op};

/// A row of a case's on which Trino fails and the evaluator does not.
type Row = (usize, usize);

impl Bench<'_> {
    /// Those of the rows on which the evaluator's value depends on a call that failed, and why.
    pub(super) fn unneeded(
        &self,
        table: usize,
        cases: &[Case],
        rows: Vec<Row>,
    ) -> Result<Vec<(usize, usize, String)>> {
        let mut wrong = Vec::new();
        for (place, row) in rows {
            let case = &cases[place];
            let mut conclusive = 0;
            for stand_in in 0..STAND_INS {
                let replaced = self.without_failures(table, case, row, stand_in)?;
                let Some(Some(values)) = self.ask(table, &[replaced])?.pop() else {
                    continue;
                };
                if values[row].is_none() {
                    continue;
                }
                conclusive += 1;
                if !self.agrees(table, case, &[row], &values)? {
                    let why = format!(
                        "Trino fails, and has {:?} with a constant for what fails; the evaluator has another value",
                        values[row]
                    );
                    wrong.push((place, row, why));
                    break;
                }
            }
            if conclusive < 2 {
                let why = "Trino fails, the evaluator does not".to_owned();
                wrong.push((place, row, why));
            }
        }
        Ok(wrong)
    }

    /// The case with a constant for each innermost call that fails on the row.
    fn without_failures(
        &self,
        table: usize,
        case: &Case,
        row: usize,
        stand_in: usize,
    ) -> Result<Case> {
        let mut calls = Vec::new();
        collect(&case.expr, &mut calls);
        let asked: Vec<Case> = calls.iter().map(fallible).collect();
        let values = self.ask(table, &asked)?;
        let failing: Vec<&Case> = asked
            .iter()
            .zip(&values)
            .filter(|(_, values)| values.as_ref().is_some_and(|values| values[row].is_none()))
            .map(|(case, _)| case)
            .collect();
        Ok(Case {
            expr: replace(&case.expr, &failing, stand_in),
            kind: case.kind,
        })
    }
}

/// Constants that stand for a failed call.
const STAND_INS: usize = 4;

/// One of the constants; they are of every size, and NULL.
fn constant(kind: Kind, stand_in: usize) -> Expr {
    let value = match (kind, stand_in) {
        (_, 0) => return Expr::Null,
        (Kind::Boolean, number) => Value::Boolean(number == 1),
        (Kind::Double, number) => Value::Double([0.0, -7.5, 1e300][number - 1]),
        (_, number) => Value::Integer([0, -7, 3_000_000][number - 1]),
    };
    Expr::Constant(value)
}

/// Calls that may fail, those inside others first.
fn collect(expr: &Expr, calls: &mut Vec<Expr>) {
    let Expr::Call(op, arguments) = expr else {
        return;
    };
    arguments
        .iter()
        .for_each(|argument| collect(argument, calls));
    let may_fail = matches!(
        op,
        Op::Add | Op::Subtract | Op::Multiply | Op::Divide | Op::Modulus | Op::Negate | Op::Like
    );
    if may_fail {
        calls.push(expr.clone());
    }
}

/// A call that may fail, as a case.
fn fallible(expr: &Expr) -> Case {
    let kind = match expr {
        Expr::Call(Op::Like, _) => Kind::Boolean,
        _ if is_double(expr) => Kind::Double,
        _ => Kind::Bigint,
    };
    Case {
        expr: expr.clone(),
        kind,
    }
}

fn is_double(expr: &Expr) -> bool {
    match expr {
        Expr::Column(column) => COMPUTED[*column].kind == Kind::Double,
        Expr::Constant(value) => matches!(value, Value::Double(_)),
        Expr::Null => false,
        Expr::Call(Op::NullIf, arguments) => is_double(&arguments[0]),
        Expr::Call(_, arguments) => arguments.iter().any(is_double),
    }
}

/// With constants for the innermost of the failing calls.
fn replace(expr: &Expr, failing: &[&Case], stand_in: usize) -> Expr {
    let Expr::Call(op, arguments) = expr else {
        return expr.clone();
    };
    let replaced: Vec<Expr> = arguments
        .iter()
        .map(|argument| replace(argument, failing, stand_in))
        .collect();
    let own = failing.iter().find(|case| case.expr == *expr);
    match own {
        Some(case) if replaced == *arguments => constant(case.kind, stand_in),
        _ => Expr::Call(*op, replaced),
    }
}
