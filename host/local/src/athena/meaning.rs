//! Athena's literals, casts and functions as DataFusion has them.
//!
//! * A timestamp constant has as many digits as are written, at least three, and a zone if one is written.
//! * `now()` has a zone and milliseconds, `localtimestamp` milliseconds and no zone.
//! * A number with an exponent is a double.
//! * Casts that lose something are [`cast`]'s.
//! * `nan()` and `infinity()` are constants.

use datafusion::sql::sqlparser::ast::{
    self, BinaryOperator, CastKind, DataType, ExactNumberInfo, Expr, Function, FunctionArg,
    FunctionArgExpr, FunctionArguments, TimezoneInfo, TypedString, Value,
};

use super::cast;

/// Rewrites an expression whose operands are rewritten.
///
/// # Errors
///
/// What Athena has not.
pub(super) fn rewrite(expr: &mut Expr) -> Result<(), String> {
    match expr {
        Expr::TypedString(constant) => rewrite_timestamp(constant),
        Expr::Value(value) => {
            if let Value::Number(digits, _) = &value.value
                && digits.contains(['e', 'E'])
            {
                *expr = double(digits.clone());
            }
        }
        Expr::Cast { .. } => cast::narrow(expr)?,
        Expr::Function(function) => {
            if let Some(data_type) = clock(function) {
                *expr = cast_to(expr.clone(), data_type);
            } else if let Some(renamed) = renamed(function) {
                *expr = renamed;
            }
        }
        Expr::ILike { .. } => return Err("Athena has no ILIKE".to_owned()),
        _ => {}
    }
    Ok(())
}

/// Rewrites an expression whose operands are as they were written.
///
/// # Errors
///
/// What cannot be done as Athena does it.
pub(super) fn prepare(expr: &mut Expr) -> Result<(), String> {
    if let Expr::BinaryOp { left, op, right } = expr {
        // What stands for them while they are parsed.
        match op {
            BinaryOperator::PGNotLikeMatch => {
                *expr = Expr::IsDistinctFrom(left.clone(), right.clone());
            }
            BinaryOperator::Spaceship => {
                *expr = Expr::IsNotDistinctFrom(left.clone(), right.clone());
            }
            _ => {}
        }
    }
    cast::compare_padded(expr)
}

/// Gives a timestamp constant its precision and zone (Trino: the constant's text decides both).
fn rewrite_timestamp(constant: &mut TypedString) {
    let DataType::Timestamp(None, TimezoneInfo::None) = constant.data_type else {
        return;
    };
    let Value::SingleQuotedString(text) = &mut constant.value.value else {
        return;
    };
    let time = text
        .find([' ', 'T'])
        .map_or("", |end| &text[end + 1..])
        .trim();
    let digits = time.split_once('.').map_or("", |(_, rest)| rest);
    let digits = digits
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(digits.len());
    let precision = match digits {
        0..=3 => 3,
        4..=6 => 6,
        _ => 9,
    };
    // Hours and minutes alone.
    let clock = time
        .find(|character: char| !character.is_ascii_digit() && character != ':')
        .unwrap_or(time.len());
    let has_no_seconds = time[..clock].matches(':').count() == 1;
    let zoned = time.contains(|character: char| {
        character.is_ascii_alphabetic() || matches!(character, '+' | '-')
    });
    if zoned {
        // The only names that DataFusion's parser does not know of those that mean UTC.
        for utc in [" UTC", " GMT", " Z"] {
            if let Some(instant) = text.strip_suffix(utc) {
                *text = format!("{instant}Z");
                break;
            }
        }
    }
    if has_no_seconds && let Some(colon) = text.find(':') {
        let minutes = text[colon + 1..]
            .find(|character: char| !character.is_ascii_digit())
            .map_or(text.len(), |length| colon + 1 + length);
        text.insert_str(minutes, ":00");
    }
    let zone = if zoned {
        TimezoneInfo::WithTimeZone
    } else {
        TimezoneInfo::None
    };
    constant.data_type = DataType::Timestamp(Some(precision), zone);
}

/// The type of a clock's time.
fn clock(function: &mut Function) -> Option<DataType> {
    let zone = match name(function)?.as_str() {
        "now" | "current_timestamp" => TimezoneInfo::WithTimeZone,
        "localtimestamp" => TimezoneInfo::None,
        _ => return None,
    };
    if matches!(&function.args, FunctionArguments::List(list) if !list.args.is_empty()) {
        return None;
    }
    function.name = ast::ObjectName::from(vec![ast::Ident::new("now")]);
    function.args = FunctionArguments::List(ast::FunctionArgumentList {
        duplicate_treatment: None,
        args: Vec::new(),
        clauses: Vec::new(),
    });
    Some(DataType::Timestamp(Some(3), zone))
}

/// What DataFusion says with other words.
fn renamed(function: &Function) -> Option<Expr> {
    let FunctionArguments::List(list) = &function.args else {
        return None;
    };
    let arguments = list.args.iter().map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) => Some(argument.clone()),
        _ => None,
    });
    let arguments = arguments.collect::<Option<Vec<_>>>()?;
    Some(match (name(function)?.as_str(), arguments.as_slice()) {
        ("nan", []) => double("NaN".to_owned()),
        ("infinity", []) => double("Infinity".to_owned()),
        _ => return None,
    })
}

fn name(function: &Function) -> Option<String> {
    let [name] = function.name.0.as_slice() else {
        return None;
    };
    Some(name.as_ident()?.value.to_lowercase())
}

pub(super) fn number(value: u64) -> Expr {
    Expr::value(Value::Number(value.to_string(), false))
}

pub(super) fn text(value: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(value.to_owned()))
}

fn double(digits: String) -> Expr {
    cast_to(text(&digits), DataType::Double(ExactNumberInfo::None))
}

pub(super) fn cast_to(expr: Expr, data_type: DataType) -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(expr),
        data_type,
        array: false,
        format: None,
    }
}
