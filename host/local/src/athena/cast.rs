//! Casts that mean something else to DataFusion, as functions: a timestamp with fewer digits is rounded, not cut off; a text
//! is cut to its length, and whatever else has a longer text cannot be cast.
//!
//! A `char(n)` is known by the cast alone that it is written with, so that it can stand in comparisons only.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, StringArray, TimestampMillisecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature,
    Volatility,
};
use datafusion::sql::sqlparser::ast::{
    self, BinaryOperator, CastKind, CharacterLength, Expr, TimezoneInfo,
};

use presto::call;

use super::meaning::{cast_to, number, text};

/// Rewrites a cast that loses digits or characters.
///
/// # Errors
///
/// What Athena has not, and a `char(n)` that [`compare_padded`] has left.
pub(super) fn narrow(expr: &mut Expr) -> Result<(), String> {
    let Expr::Cast {
        kind,
        expr: operand,
        data_type,
        ..
    } = expr
    else {
        return Ok(());
    };
    if *kind == CastKind::DoubleColon {
        return Err("Athena has no operator `::`".to_owned());
    }
    if char_length(data_type).is_some() {
        return Err(
            "local Athena has char(n) as a side of =, <>, IN and IS DISTINCT FROM alone; cast to varchar"
                .to_owned(),
        );
    }
    let narrowed = match data_type {
        ast::DataType::Timestamp(digits, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => {
            let digits = digits.unwrap_or(MILLISECONDS);
            if digits > MILLISECONDS {
                return Ok(());
            }
            let finer = Expr::Cast {
                kind: kind.clone(),
                expr: operand.clone(),
                data_type: ast::DataType::Timestamp(Some(6), TimezoneInfo::None),
                array: false,
                format: None,
            };
            call(ROUND, vec![finer, number(digits)])
        }
        ast::DataType::Varchar(Some(CharacterLength::IntegerLength { length, .. })) => {
            let function = match kind {
                CastKind::TryCast => TRY_TEXT,
                _ => TEXT,
            };
            call(function, vec![(**operand).clone(), number(*length)])
        }
        _ => return Ok(()),
    };
    *expr = narrowed;
    Ok(())
}

/// A text that is compared with a `char(n)` is compared without spaces at its end, as both are.
///
/// # Errors
///
/// When they are compared by their order, where a space counts and stands above control characters.
pub(super) fn compare_padded(expr: &mut Expr) -> Result<(), String> {
    let (operands, is_order): (Vec<&mut Expr>, bool) = match expr {
        Expr::BinaryOp { left, op, right } => match op {
            BinaryOperator::Eq | BinaryOperator::NotEq => (vec![left, right], false),
            BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq => (vec![left, right], true),
            _ => return Ok(()),
        },
        Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
            (vec![left, right], false)
        }
        Expr::Between {
            expr, low, high, ..
        } => (vec![expr, low, high], true),
        Expr::InList { expr, list, .. } => {
            (std::iter::once(&mut **expr).chain(list).collect(), false)
        }
        _ => return Ok(()),
    };
    if !operands
        .iter()
        .any(|operand| cut_to_char(operand).is_some())
    {
        return Ok(());
    }
    if is_order {
        return Err(
            "local Athena does not compare a char(n) by its order; cast to varchar".to_owned(),
        );
    }
    for operand in operands {
        let compared = cut_to_char(operand).unwrap_or_else(|| operand.clone());
        *operand = call("rtrim", vec![compared, text(" ")]);
    }
    Ok(())
}

/// The text of a cast to `char(n)`, without padding; none of another expression.
fn cut_to_char(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Nested(inner) => cut_to_char(inner),
        Expr::Cast {
            kind: CastKind::Cast | CastKind::TryCast,
            expr: operand,
            data_type,
            ..
        } => {
            let length = char_length(data_type)?;
            let whole = cast_to((**operand).clone(), ast::DataType::Varchar(None));
            Some(call("substr", vec![whole, number(1), number(length)]))
        }
        _ => None,
    }
}

fn char_length(data_type: &ast::DataType) -> Option<u64> {
    match data_type {
        ast::DataType::Char(None) | ast::DataType::Character(None) => Some(1),
        ast::DataType::Char(Some(CharacterLength::IntegerLength { length, .. }))
        | ast::DataType::Character(Some(CharacterLength::IntegerLength { length, .. })) => {
            Some(*length)
        }
        _ => None,
    }
}

/// The function that rounds a timestamp to as many digits of a second as its second argument says, three at most.
pub(super) const ROUND: &str = "round_timestamp";

/// The functions that give a value's text of so many characters at most.
const TEXT: &str = "text_of_length";
const TRY_TEXT: &str = "try_text_of_length";

/// The digits of a millisecond, and of Athena's `timestamp` without a number.
const MILLISECONDS: u64 = 3;

/// The functions for a session.
pub(super) fn functions() -> [ScalarUDF; 3] {
    let text = |name| {
        ScalarUDF::from(TextOfLength {
            name,
            signature: Signature::any(2, Volatility::Immutable),
        })
    };
    [round_timestamp(), text(TEXT), text(TRY_TEXT)]
}

/// The cast that a call of one of them was written as; `arguments` are texts.
pub(super) fn readable(name: &str, arguments: &[String]) -> Option<String> {
    let [value, number] = arguments else {
        return None;
    };
    Some(match name {
        ROUND => format!("cast({value} as timestamp({number}))"),
        TEXT => format!("cast({value} as varchar({number}))"),
        TRY_TEXT => format!("try_cast({value} as varchar({number}))"),
        _ => return None,
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct TextOfLength {
    name: &'static str,
    signature: Signature,
}

impl ScalarUDFImpl for TextOfLength {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [
            values,
            ColumnarValue::Scalar(ScalarValue::Int64(Some(length))),
        ] = arguments.args.as_slice()
        else {
            return exec_err!("`{}` takes a value and a length", self.name);
        };
        let length = usize::try_from(*length).unwrap_or_default();
        let is_text = values.data_type().is_string();
        let whole = match values {
            ColumnarValue::Array(values) => values.clone(),
            ColumnarValue::Scalar(value) => value.to_array()?,
        };
        let whole = cast(&whole, &DataType::Utf8)?;
        let whole = whole.as_string::<i32>();
        let mut texts = Vec::with_capacity(whole.len());
        for text in whole {
            let end = text.and_then(|text| text.char_indices().nth(length));
            texts.push(match (text, end) {
                (Some(text), Some((end, _))) if is_text => Some(&text[..end]),
                (Some(_), Some(_)) if self.name == TRY_TEXT => None,
                (Some(_), Some(_)) => {
                    return exec_err!("a value cannot be represented as varchar({length})");
                }
                (text, _) => text,
            });
        }
        presto::columnar(&arguments.args, Arc::new(StringArray::from(texts)))
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct RoundTimestamp {
    signature: Signature,
}

fn round_timestamp() -> ScalarUDF {
    let arguments = vec![
        DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Int64,
    ];
    ScalarUDF::from(RoundTimestamp {
        signature: Signature::new(TypeSignature::Exact(arguments), Volatility::Immutable),
    })
}

impl ScalarUDFImpl for RoundTimestamp {
    fn name(&self) -> &str {
        ROUND
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Millisecond, None))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = arguments.number_rows;
        let [times, digits] = arguments.args.as_slice() else {
            return exec_err!("`{ROUND}` takes two arguments");
        };
        let ColumnarValue::Scalar(ScalarValue::Int64(Some(digits @ 0..=3))) = digits else {
            return exec_err!("`{ROUND}` takes 0 to 3 digits");
        };
        let micros_per_step = match digits {
            0 => 1_000_000,
            1 => 100_000,
            2 => 10_000,
            _ => 1_000,
        };
        let times = times.to_array(rows)?;
        let rounded: TimestampMillisecondArray = times
            .as_primitive::<TimestampMicrosecondType>()
            .unary(|micros| {
                // The half upwards, before 1970 too.
                let steps = micros
                    .saturating_add(micros_per_step / 2)
                    .div_euclid(micros_per_step);
                steps * (micros_per_step / 1_000)
            });
        Ok(ColumnarValue::Array(Arc::new(rounded) as ArrayRef))
    }
}
