//! The functions that comparisons of doubles become, and keys that tell doubles apart.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::{DataFusionError, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, Operator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use datafusion::physical_expr::expressions::BinaryExpr;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_common::physical_expr::fmt_sql;

use super::Zeros;

/// A comparison of two doubles.
pub(super) fn compare(left: Expr, operator: Operator, right: Expr) -> Expr {
    ScalarUDF::from(Comparison {
        operator,
        signature: Signature::exact(vec![DataType::Float64; 2], Volatility::Immutable),
    })
    .call(vec![left, right])
}

/// What an operator says of two doubles that are not NULL, if it compares.
pub(super) fn comparison(operator: Operator) -> Option<fn(f64, f64) -> bool> {
    Some(match operator {
        Operator::Eq => |left, right| left == right,
        Operator::NotEq => |left, right| left != right,
        Operator::Lt => |left, right| left < right,
        Operator::LtEq => |left, right| left <= right,
        Operator::Gt => |left, right| left > right,
        Operator::GtEq => |left, right| left >= right,
        Operator::IsDistinctFrom => |left, right| !is_same(left, right),
        Operator::IsNotDistinctFrom => is_same,
        _ => return None,
    })
}

/// Whether two doubles are not distinct: all NaN are one value here.
fn is_same(left: f64, right: f64) -> bool {
    left == right || (left.is_nan() && right.is_nan())
}

/// A comparison of two doubles.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Comparison {
    operator: Operator,
    signature: Signature,
}

impl ScalarUDFImpl for Comparison {
    fn name(&self) -> &str {
        "compare_doubles"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let (Some(holds), [left, right]) = (comparison(self.operator), arguments.args.as_slice())
        else {
            return exec_err!("a comparison has two sides");
        };
        let rows = rows(&arguments.args);
        let (left, right) = (Doubled::new(left)?, Doubled::new(right)?);
        let one_null = match self.operator {
            Operator::IsDistinctFrom => Some(true),
            Operator::IsNotDistinctFrom => Some(false),
            _ => None,
        };
        let truth = |row| match (left.get(row), right.get(row)) {
            (Some(left), Some(right)) => Some(holds(left, right)),
            (None, None) => one_null.map(|truth| !truth),
            _ => one_null,
        };
        let truths: BooleanArray = (0..rows).map(truth).collect();
        presto::columnar(&arguments.args, Arc::new(truths))
    }
}

/// Whether the first argument equals one of the others.
pub(super) fn is_in(zeros: Zeros, arguments: Vec<Expr>) -> Expr {
    let signature = Signature::variadic(vec![DataType::Float64], Volatility::Immutable);
    ScalarUDF::from(In { zeros, signature }).call(arguments)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct In {
    zeros: Zeros,
    signature: Signature,
}

impl ScalarUDFImpl for In {
    fn name(&self) -> &str {
        "double_in"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let values = arguments.args.iter().map(Doubled::new);
        let values: Vec<Doubled> = values.collect::<Result<_, _>>()?;
        let Some((value, list)) = values.split_first() else {
            return exec_err!("IN has a left side");
        };
        let rows = rows(&arguments.args);
        let truths: BooleanArray = match Constants::new(value, list, self.zeros) {
            Some(constants) => (0..rows)
                .map(|row| constants.hold(value.get(row)?))
                .collect(),
            None => (0..rows)
                .map(|row| is_among(value.get(row)?, list.iter().map(|item| item.get(row))))
                .collect(),
        };
        presto::columnar(&arguments.args, Arc::new(truths))
    }
}

/// Whether a value equals an item; NULL if it might.
fn is_among(value: f64, items: impl Iterator<Item = Option<f64>> + Clone) -> Option<bool> {
    let mut others = items.clone();
    if items.into_iter().any(|item| item == Some(value)) {
        return Some(true);
    }
    others.all(|item| item.is_some()).then_some(false)
}

/// A list of several constants beside a column.
struct Constants {
    zeros: Zeros,
    bits: HashSet<u64>,
    has_null: bool,
}

impl Constants {
    fn new(value: &Doubled, list: &[Doubled], zeros: Zeros) -> Option<Self> {
        if value.is_one || list.len() < 2 || !list.iter().all(|item| item.is_one) {
            return None;
        }
        let items = list.iter().map(|item| item.get(0));
        // NaN equals nothing.
        let numbers = items.clone().flatten().filter(|item| !item.is_nan());
        Some(Self {
            zeros,
            bits: numbers.map(|number| bits(number, zeros)).collect(),
            has_null: items.into_iter().any(|item| item.is_none()),
        })
    }

    fn hold(&self, value: f64) -> Option<bool> {
        if !value.is_nan() && self.bits.contains(&bits(value, self.zeros)) {
            return Some(true);
        }
        (!self.has_null).then_some(false)
    }
}

/// The bits by which a number is found.
fn bits(number: f64, zeros: Zeros) -> u64 {
    match zeros {
        Zeros::Two => number.to_bits(),
        // Minus zero becomes zero, and no other number changes.
        Zeros::One => (number + 0.0).to_bits(),
    }
}

/// A double as a key that DataFusion sorts, groups or joins by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// All NaN are one, above all numbers.
    OneNan,
    /// So are the zeros.
    OneOfEach,
    /// As [`Key::OneOfEach`], with NaN below all numbers.
    LowestNan,
    /// As [`Key::OneOfEach`], with another NaN: for a side of a join, since NaN equals no NaN.
    OtherNan,
}

impl Key {
    /// The key of an expression.
    pub(super) fn of(self, expr: Expr) -> Expr {
        ScalarUDF::from(KeyOf {
            key: self,
            signature: Signature::exact(vec![DataType::Float64], Volatility::Immutable),
        })
        .call(vec![expr])
    }

    fn of_number(self, number: f64) -> f64 {
        match self {
            Self::OtherNan if number.is_nan() => f64::from_bits(f64::NAN.to_bits() + 1),
            // Arrow orders by the total order of IEEE 754, sign first.
            Self::LowestNan if number.is_nan() => -f64::NAN.abs(),
            _ if number.is_nan() => f64::NAN,
            Self::OneNan => number,
            Self::OneOfEach | Self::LowestNan | Self::OtherNan => number + 0.0,
        }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct KeyOf {
    key: Key,
    signature: Signature,
}

impl ScalarUDFImpl for KeyOf {
    fn name(&self) -> &str {
        match self.key {
            Key::OneNan | Key::OneOfEach => "double_key",
            Key::LowestNan => "double_key_with_lowest_nan",
            Key::OtherNan => "double_key_of_other_side",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let [numbers] = arrays.as_slice() else {
            return exec_err!("a key is of one double");
        };
        let keys: Float64Array = numbers
            .as_primitive::<Float64Type>()
            .unary(|number| self.key.of_number(number));
        presto::columnar(&arguments.args, Arc::new(keys))
    }
}

/// A comparison as it was written, for a person; none of another expression.
pub(crate) fn readable(expr: &Arc<dyn PhysicalExpr>) -> Option<String> {
    let call = expr.downcast_ref::<ScalarFunctionExpr>()?;
    let shown = |expr: &Arc<dyn PhysicalExpr>| fmt_sql(expr.as_ref()).to_string();
    match call.args() {
        [left, right] if let Some(comparison) = call.fun().inner().downcast_ref::<Comparison>() => {
            let (left, right) = (left.clone(), right.clone());
            Some(fmt_sql(&BinaryExpr::new(left, comparison.operator, right)).to_string())
        }
        [value, list @ ..] if call.fun().inner().downcast_ref::<In>().is_some() => {
            let list: Vec<String> = list.iter().map(shown).collect();
            Some(format!("{} IN ({})", shown(value), list.join(", ")))
        }
        _ => None,
    }
}

/// An argument: a double for every row, or one for all.
struct Doubled {
    values: ArrayRef,
    is_one: bool,
}

impl Doubled {
    fn new(argument: &ColumnarValue) -> Result<Self, DataFusionError> {
        Ok(Self {
            values: argument.to_array(1)?,
            is_one: matches!(argument, ColumnarValue::Scalar(_)),
        })
    }

    fn get(&self, row: usize) -> Option<f64> {
        let values = self.values.as_primitive::<Float64Type>();
        let row = if self.is_one { 0 } else { row };
        values.is_valid(row).then(|| values.value(row))
    }
}

/// How many rows a call is for: one, if all its arguments are constant.
fn rows(arguments: &[ColumnarValue]) -> usize {
    let rows = |argument: &ColumnarValue| match argument {
        ColumnarValue::Array(array) => Some(array.len()),
        ColumnarValue::Scalar(_) => None,
    };
    arguments.iter().find_map(rows).unwrap_or(1)
}
