//! What stays with the engine, as the engine computes it.

use datafusion::common::{Column, ScalarValue, TableReference};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Between, BinaryExpr, Cast, Expr, Like, Operator as Binary, when};

use super::expression::{Arithmetic, Connective, Expression, Operator};
use crate::athena::opaque::opaque;

/// A predicate for the engine. Casts are wrapped: DataFusion's optimizer would move them to the constant.
pub(super) fn emit(expression: &Expression, table: &TableReference) -> Option<Expr> {
    let emit = |inner: &Expression| emit(inner, table);
    let boxed = |inner: &Expression| emit(inner).map(Box::new);
    Some(match expression {
        Expression::Column { name, .. } => Expr::Column(Column::new(Some(table.clone()), name)),
        Expression::Constant(constant) => Expr::Literal(constant.scalar()?, None),
        Expression::Function { source, .. } => source.clone(),
        Expression::Cast { operand, kind } => {
            opaque(Expr::Cast(Cast::new(boxed(operand)?, kind.data_type())))
        }
        Expression::Compare {
            operator,
            left,
            right,
        } => binary(emit(left)?, comparison(*operator), emit(right)?),
        Expression::Logical { connective, terms } => {
            let operator = match connective {
                Connective::And => Binary::And,
                Connective::Or => Binary::Or,
            };
            let terms: Vec<Expr> = terms.iter().map(emit).collect::<Option<_>>()?;
            let join = |left, right| binary(left, operator, right);
            terms.into_iter().reduce(join)?
        }
        Expression::Not(inner) => Expr::Not(boxed(inner)?),
        Expression::IsNull(inner) => Expr::IsNull(boxed(inner)?),
        Expression::Between { value, low, high } => Expr::Between(Between::new(
            boxed(value)?,
            false,
            boxed(low)?,
            boxed(high)?,
        )),
        Expression::In { value, list } => Expr::InList(InList::new(
            boxed(value)?,
            list.iter().map(emit).collect::<Option<_>>()?,
            false,
        )),
        Expression::Like {
            value,
            pattern,
            escape,
        } => Expr::Like(Like::new(
            false,
            boxed(value)?,
            boxed(pattern)?,
            *escape,
            false,
        )),
        Expression::Arithmetic {
            operator,
            left,
            right,
        } => binary(emit(left)?, arithmetic(*operator), emit(right)?),
        Expression::Negate(inner) => Expr::Negative(boxed(inner)?),
        Expression::NullIf { value, other } => {
            let kind = value.kind().common(&other.kind())?;
            let cast = |side: &Expression| {
                let computed = emit(side)?;
                Some(if side.kind() == kind {
                    computed
                } else {
                    Expr::Cast(Cast::new(Box::new(computed), kind.data_type()))
                })
            };
            // The result has the first value's type, whatever the two are compared in.
            let equal = binary(cast(value)?, Binary::Eq, cast(other)?);
            let null = Expr::Literal(ScalarValue::try_from(&value.kind().data_type()).ok()?, None);
            when(equal, null).otherwise(emit(value)?).ok()?
        }
    })
}

fn binary(left: Expr, operator: Binary, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), operator, Box::new(right)))
}

fn comparison(operator: Operator) -> Binary {
    match operator {
        Operator::Equal => Binary::Eq,
        Operator::NotEqual => Binary::NotEq,
        Operator::Less => Binary::Lt,
        Operator::LessOrEqual => Binary::LtEq,
        Operator::Greater => Binary::Gt,
        Operator::GreaterOrEqual => Binary::GtEq,
        Operator::IsDistinctFrom => Binary::IsDistinctFrom,
    }
}

fn arithmetic(operator: Arithmetic) -> Binary {
    match operator {
        Arithmetic::Add => Binary::Plus,
        Arithmetic::Subtract => Binary::Minus,
        Arithmetic::Multiply => Binary::Multiply,
        Arithmetic::Divide => Binary::Divide,
        Arithmetic::Modulus => Binary::Modulo,
    }
}
