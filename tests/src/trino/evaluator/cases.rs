//! Calls of the evaluator's functions, nested two deep, and the same as SQL.

use anyhow::{Context, Result};
use arrow::array::{Array, Date32Array, TimestampMillisecondArray};
use arrow::util::display::array_value_to_string;

use crate::proof::generate::{Draw, constant};
use crate::proof::model::{COMPUTED, Kind, Value};
use crate::proof::oracle::{Expr, Op};

/// How deep calls nest.
const DEPTH: usize = 2;

/// A call, and the type of its value; `integer` is called `bigint`, since the widths of integers compare as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The call.
    pub expr: Expr,
    /// Of what it gives.
    pub kind: Kind,
}

const KINDS: [Kind; 7] = [
    Kind::Bigint,
    Kind::Double,
    Kind::Varchar,
    Kind::Boolean,
    Kind::Timestamp,
    Kind::Date,
    Kind::Integer,
];

const NUMBERS: [Kind; 3] = [Kind::Bigint, Kind::Double, Kind::Integer];

/// Every function, and how SQL writes it between two operands where it does.
const OPERATORS: [(Op, &str); 20] = [
    (Op::Equal, "="),
    (Op::NotEqual, "<>"),
    (Op::Less, "<"),
    (Op::LessOrEqual, "<="),
    (Op::Greater, ">"),
    (Op::GreaterOrEqual, ">="),
    (Op::Distinct, "IS DISTINCT FROM"),
    (Op::Add, "+"),
    (Op::Subtract, "-"),
    (Op::Multiply, "*"),
    (Op::Divide, "/"),
    (Op::Modulus, "%"),
    (Op::And, "AND"),
    (Op::Or, "OR"),
    (Op::Not, ""),
    (Op::IsNull, ""),
    (Op::In, ""),
    (Op::Like, ""),
    (Op::NullIf, ""),
    (Op::Negate, ""),
];

/// Functions with a boolean value.
const PREDICATES: [Op; 13] = [
    Op::Equal,
    Op::NotEqual,
    Op::Less,
    Op::LessOrEqual,
    Op::Greater,
    Op::GreaterOrEqual,
    Op::Distinct,
    Op::IsNull,
    Op::In,
    Op::Like,
    Op::And,
    Op::Or,
    Op::Not,
];

const ARITHMETIC: [Op; 6] = [
    Op::Add,
    Op::Subtract,
    Op::Multiply,
    Op::Divide,
    Op::Modulus,
    Op::Negate,
];

/// The case that the bytes decide.
pub fn case(draw: &mut Draw<'_>) -> Case {
    let (op, _) = draw.pick(&OPERATORS);
    call(draw, op, DEPTH)
}

fn call(draw: &mut Draw<'_>, op: Op, depth: usize) -> Case {
    let boolean = |expr| Case {
        expr,
        kind: Kind::Boolean,
    };
    match op {
        Op::And | Op::Or => {
            let count = 2 + draw.below(2);
            let operands = (0..count).map(|_| operand(draw, Kind::Boolean, depth));
            boolean(Expr::Call(op, operands.collect()))
        }
        Op::Not => boolean(Expr::Call(op, vec![operand(draw, Kind::Boolean, depth)])),
        Op::IsNull => {
            let kind = draw.pick(&KINDS);
            boolean(Expr::Call(op, vec![operand(draw, kind, depth)]))
        }
        Op::In => {
            let kind = draw.pick(&KINDS);
            // Trino folds a constant on the left, and then loses a NULL of the list (`0 IN (NULL, id)` is false for an id
            // of 1, in both versions): no such call reaches a connector. A boolean call may be one of constants alone.
            let left = match kind {
                Kind::Boolean => Expr::Column(column(draw, kind)),
                _ => computed(draw, kind, depth),
            };
            let mut operands = vec![left];
            let count = 1 + draw.below(4);
            operands.extend((0..count).map(|_| operand(draw, kind, depth)));
            boolean(Expr::Call(op, operands))
        }
        Op::Like => boolean(like(draw, depth)),
        Op::NullIf => {
            let kind = draw.pick(&KINDS);
            nullif(draw, kind, depth)
        }
        Op::Negate => {
            let kind = draw.pick(&NUMBERS);
            Case {
                expr: negated(draw, kind, depth),
                kind: widest(kind, kind),
            }
        }
        Op::Add | Op::Subtract | Op::Multiply | Op::Divide | Op::Modulus => {
            let kind = draw.pick(&NUMBERS);
            arithmetic(draw, op, kind, depth)
        }
        _ => {
            let kind = draw.pick(&KINDS);
            let other = alike(draw, kind);
            // Trino makes `true` of `(i + i) IS DISTINCT FROM 1.5` before anything is pushed, and so loses an overflow: no
            // constant stands beside another type there.
            let side = match op == Op::Distinct && kind != other {
                true => computed,
                false => operand,
            };
            boolean(Expr::Call(
                op,
                vec![side(draw, kind, depth), side(draw, other, depth)],
            ))
        }
    }
}

/// The same type, now and then one that is brought together with it.
fn alike(draw: &mut Draw<'_>, kind: Kind) -> Kind {
    match kind {
        Kind::Bigint | Kind::Double | Kind::Integer if draw.one_in(4) => draw.pick(&NUMBERS),
        Kind::Timestamp | Kind::Date if draw.one_in(4) => draw.pick(&[Kind::Timestamp, Kind::Date]),
        kind => kind,
    }
}

fn widest(left: Kind, right: Kind) -> Kind {
    match (left, right) {
        (Kind::Double, _) | (_, Kind::Double) => Kind::Double,
        (Kind::Bigint | Kind::Integer, _) => Kind::Bigint,
        (kind, _) => kind,
    }
}

/// A constant has no width of its own, and Trino folds calls of constants: an operand is always computed.
fn arithmetic(draw: &mut Draw<'_>, op: Op, kind: Kind, depth: usize) -> Case {
    let other = match draw.one_in(6) {
        true => draw.pick(&NUMBERS),
        false => kind,
    };
    Case {
        expr: Expr::Call(op, sides(draw, op, (kind, other), depth)),
        kind: widest(kind, other),
    }
}

fn sides(draw: &mut Draw<'_>, op: Op, kinds: (Kind, Kind), depth: usize) -> Vec<Expr> {
    let left = computed(draw, kinds.0, depth);
    if (op, kinds) == (Op::Divide, (Kind::Integer, Kind::Integer)) {
        // Trino, in both versions, does not see that the least integer of 32 bits has no quotient by -1: it compares some
        // number with others and fails when it shows it. Here that is an overflow like any other.
        let divisor = Value::Integer(draw.pick(&[2, 0, -2, 7, i64::from(i32::MAX)]));
        return vec![left, Expr::Constant(divisor)];
    }
    let mut sides = vec![left, operand(draw, kinds.1, depth)];
    if draw.one_in(3) {
        sides.reverse();
    }
    sides
}

/// Trino makes `x` of `-(-x)` before anything is pushed, and so loses the overflow of the least integer.
fn negated(draw: &mut Draw<'_>, kind: Kind, depth: usize) -> Expr {
    match computed(draw, kind, depth) {
        negated @ Expr::Call(Op::Negate, _) => negated,
        operand => Expr::Call(Op::Negate, vec![operand]),
    }
}

fn nullif(draw: &mut Draw<'_>, kind: Kind, depth: usize) -> Case {
    let other = alike(draw, kind);
    let sides = vec![computed(draw, kind, depth), operand(draw, other, depth)];
    Case {
        expr: Expr::Call(Op::NullIf, sides),
        kind: widest(kind, kind),
    }
}

fn like(draw: &mut Draw<'_>, depth: usize) -> Expr {
    let text = |text: String| Expr::Constant(Value::Text(text));
    let mut operands = vec![operand(draw, Kind::Varchar, depth)];
    let mut pattern = String::new();
    for _ in 0..1 + draw.below(4) {
        pattern.push_str(draw.pick(&[
            "%",
            "a",
            "_",
            "!",
            "b",
            "!%",
            "!_",
            "!!",
            "\\",
            "\u{1f600}",
            "é",
            " ",
        ]));
    }
    operands.push(match draw.below(6) {
        5 => Expr::Column(column(draw, Kind::Varchar)),
        _ => text(pattern),
    });
    match draw.below(8) {
        4 | 5 => operands.push(text("!".to_owned())),
        6 => operands.push(text(draw.pick(&["\\", "%", "a", "_", "\u{e9}"]).to_owned())),
        7 => operands.push(text(draw.pick(&["", "ab"]).to_owned())),
        _ => {}
    }
    Expr::Call(Op::Like, operands)
}

/// Something of this type.
fn operand(draw: &mut Draw<'_>, kind: Kind, depth: usize) -> Expr {
    match draw.below(7) {
        3 | 4 => {
            let column = COMPUTED[column(draw, kind)];
            Expr::Constant(constant(draw, column))
        }
        5 if draw.below(2) == 1 => Expr::Null,
        6 if depth > 1 => nested(draw, kind, depth - 1),
        _ => Expr::Column(column(draw, kind)),
    }
}

/// Something of this type that depends on the row.
fn computed(draw: &mut Draw<'_>, kind: Kind, depth: usize) -> Expr {
    match draw.below(3) {
        2 if depth > 1 => nested(draw, kind, depth - 1),
        _ => Expr::Column(column(draw, kind)),
    }
}

fn nested(draw: &mut Draw<'_>, kind: Kind, depth: usize) -> Expr {
    match kind {
        Kind::Boolean => {
            let op = draw.pick(&PREDICATES);
            call(draw, op, depth).expr
        }
        Kind::Bigint | Kind::Integer | Kind::Double if draw.below(4) != 3 => {
            match draw.pick(&ARITHMETIC) {
                Op::Negate => negated(draw, kind, depth),
                op => Expr::Call(op, sides(draw, op, (kind, kind), depth)),
            }
        }
        kind => nullif(draw, kind, depth).expr,
    }
}

fn column(draw: &mut Draw<'_>, kind: Kind) -> usize {
    let of_kind = (0..COMPUTED.len()).filter(|column| COMPUTED[*column].kind == kind);
    draw.pick(&of_kind.collect::<Vec<_>>())
}

/// The case as SQL that gives its value as one of JSON's: an instant in milliseconds, a date in days since 1970.
///
/// # Errors
///
/// When a constant cannot be written.
pub fn sql(case: &Case) -> Result<String> {
    let text = expression(&case.expr)?;
    Ok(match case.kind {
        Kind::Timestamp => format!("CAST(round(to_unixtime({text}) * 1000) AS bigint)"),
        Kind::Date => format!("date_diff('day', DATE '1970-01-01', {text})"),
        _ => text,
    })
}

fn expression(expr: &Expr) -> Result<String> {
    let (op, arguments) = match expr {
        Expr::Column(column) => return Ok(format!("\"{}\"", COMPUTED[*column].name)),
        Expr::Constant(value) => return literal(value),
        Expr::Null => return Ok("NULL".to_owned()),
        Expr::Call(op, arguments) => (*op, arguments),
    };
    let arguments = arguments.iter().map(expression);
    let arguments = arguments.collect::<Result<Vec<_>>>()?;
    Ok(match op {
        Op::Not => format!("(NOT {})", arguments[0]),
        Op::IsNull => format!("({} IS NULL)", arguments[0]),
        Op::Negate => format!("(-({}))", arguments[0]),
        Op::NullIf => format!("nullif({})", arguments.join(", ")),
        Op::In => format!("({} IN ({}))", arguments[0], arguments[1..].join(", ")),
        Op::Like => {
            let escape = arguments.get(2).map(|escape| format!(" ESCAPE {escape}"));
            let escape = escape.unwrap_or_default();
            format!("({} LIKE {}{escape})", arguments[0], arguments[1])
        }
        op => {
            let known = OPERATORS.iter().find(|(known, _)| *known == op);
            let (_, word) = known.context("no such operator")?;
            format!("({})", arguments.join(&format!(" {word} ")))
        }
    })
}

/// A constant as SQL has it: a number without a fraction is an integer if it fits, else a bigint.
fn literal(value: &Value) -> Result<String> {
    Ok(match value {
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => match i32::try_from(*value) {
            Ok(value) => format!("INTEGER '{value}'"),
            Err(_) => format!("BIGINT '{value}'"),
        },
        Value::Double(value) if value.is_nan() => "nan()".to_owned(),
        Value::Double(f64::INFINITY) => "infinity()".to_owned(),
        Value::Double(f64::NEG_INFINITY) => "-infinity()".to_owned(),
        Value::Double(value) => format!("DOUBLE '{value:?}'"),
        Value::Text(value) => format!("'{}'", value.replace('\'', "''")),
        Value::Date(value) => format!("DATE '{}'", shown(&Date32Array::from(vec![*value]))?),
        Value::Millis(value) | Value::Nanos(value) => {
            let text = shown(&TimestampMillisecondArray::from(vec![*value]))?;
            format!("TIMESTAMP '{}'", text.replace('T', " "))
        }
    })
}

fn shown(array: &dyn Array) -> Result<String> {
    Ok(array_value_to_string(array, 0)?)
}
