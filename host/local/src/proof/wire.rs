//! The proof's tables and terms in others' words: Arrow's, and those of Athena's requests.

use std::sync::Arc;

use anyhow::{Result, bail};
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Date64Array, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampNanosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use connector::wire::{
    ArrowType, Block, Constraints, Expression, FunctionName, Marker, MarkerBound, Range, ValueSet,
};

use super::model::{Column, Kind, Row, Value, seen};
use super::oracle::{Bound, Expr, Op, Set, Term};

/// Athena's names of the functions.
const NAMES: [(Op, &str); 20] = [
    (Op::And, "$and"),
    (Op::Or, "$or"),
    (Op::Not, "$not"),
    (Op::Equal, "$equal"),
    (Op::NotEqual, "$not_equal"),
    (Op::Less, "$less_than"),
    (Op::LessOrEqual, "$less_than_or_equal"),
    (Op::Greater, "$greater_than"),
    (Op::GreaterOrEqual, "$greater_than_or_equal"),
    (Op::Distinct, "$is_distinct_from"),
    (Op::IsNull, "$is_null"),
    (Op::In, "$in"),
    (Op::Like, "$like_pattern"),
    (Op::NullIf, "$nullif"),
    (Op::Add, "$add"),
    (Op::Subtract, "$subtract"),
    (Op::Multiply, "$multiply"),
    (Op::Divide, "$divide"),
    (Op::Modulus, "$modulus"),
    (Op::Negate, "$negate"),
];

/// Athena's name of a function.
pub fn name_of(op: Op) -> &'static str {
    let known = NAMES.iter().find(|(known, _)| *known == op);
    known.map_or("", |(_, name)| name)
}

/// How Timestream's values look to its queries.
pub fn stored_type(kind: Kind) -> DataType {
    match kind {
        Kind::Timestamp => DataType::Timestamp(TimeUnit::Nanosecond, None),
        other => seen_type(other),
    }
}

/// How Athena sees them.
pub fn seen_type(kind: Kind) -> DataType {
    match kind {
        Kind::Boolean => DataType::Boolean,
        Kind::Bigint => DataType::Int64,
        Kind::Integer => DataType::Int32,
        Kind::Double => DataType::Float64,
        Kind::Varchar => DataType::Utf8,
        Kind::Timestamp => DataType::Date64,
        Kind::Date => DataType::Date32,
    }
}

/// Rows as Timestream has them.
///
/// # Errors
///
/// When a value has not its column's type.
pub fn stored_batch(columns: &[Column], rows: &[Row]) -> Result<RecordBatch> {
    batch(columns, rows, stored_type)
}

/// Rows as Athena sees them.
///
/// # Errors
///
/// As [`stored_batch`].
pub fn seen_batch(columns: &[Column], rows: &[Row]) -> Result<RecordBatch> {
    batch(columns, &seen_rows(rows), seen_type)
}

/// Rows as Athena sees them.
pub fn seen_rows(rows: &[Row]) -> Vec<Row> {
    let seen_cell = |cell: &Option<Value>| cell.as_ref().map(seen);
    rows.iter()
        .map(|row| row.iter().map(seen_cell).collect())
        .collect()
}

fn batch(
    columns: &[Column],
    rows: &[Row],
    data_type: impl Fn(Kind) -> DataType,
) -> Result<RecordBatch> {
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let data_type = data_type(column.kind);
        let values: Vec<Option<&Value>> = rows.iter().map(|row| row[place].as_ref()).collect();
        arrays.push(array(&data_type, &values)?);
        fields.push(Field::new(column.name, data_type, true));
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

/// Values as an array.
fn array(data_type: &DataType, values: &[Option<&Value>]) -> Result<ArrayRef> {
    macro_rules! collect {
        ($array:ty, $pattern:pat => $value:expr) => {{
            let mut collected = Vec::with_capacity(values.len());
            for value in values {
                collected.push(match value {
                    None => None,
                    Some($pattern) => Some($value),
                    Some(other) => bail!("{other:?} in an array of {data_type}"),
                });
            }
            Arc::new(<$array>::from(collected))
        }};
    }
    Ok(match data_type {
        DataType::Boolean => collect!(BooleanArray, Value::Boolean(value) => *value),
        DataType::Int64 => collect!(Int64Array, Value::Integer(value) => *value),
        DataType::Int32 => collect!(Int32Array, Value::Integer(value) => i32::try_from(*value)?),
        DataType::Float64 => collect!(Float64Array, Value::Double(value) => *value),
        DataType::Utf8 => collect!(StringArray, Value::Text(value) => value.as_str()),
        DataType::Date32 => collect!(Date32Array, Value::Date(value) => *value),
        DataType::Date64 => collect!(Date64Array, Value::Millis(value) => *value),
        DataType::Timestamp(..) => {
            collect!(TimestampNanosecondArray, Value::Nanos(value) => *value)
        }
        other => bail!("no array of {other}"),
    })
}

/// A term as Athena's constraints.
///
/// # Errors
///
/// When a constant has not its column's type.
pub fn constraints(fields: &[(String, Kind)], terms: &[&Term]) -> Result<Constraints> {
    let mut constraints = Constraints::default();
    for term in terms {
        match term {
            Term::Domain { column, set, null } => {
                let (name, kind) = &fields[*column];
                let set = value_set(&seen_type(*kind), set, *null)?;
                constraints.summary.insert(name.clone(), set);
            }
            Term::Expression(expr) => constraints.expression.push(expression(fields, expr)?),
        }
    }
    Ok(constraints)
}

fn block(data_type: &DataType, values: &[Option<&Value>]) -> Result<Block> {
    let schema = Schema::new(vec![Field::new("col1", data_type.clone(), true)]);
    let array = array(data_type, values)?;
    Ok(Block(RecordBatch::try_new(Arc::new(schema), vec![array])?))
}

fn value_set(data_type: &DataType, set: &Set, null_allowed: bool) -> Result<ValueSet> {
    let listed = |values: &[Value], white_list| {
        let values: Vec<Option<&Value>> = values.iter().map(Some).collect();
        Ok(ValueSet::EquatableValueSet {
            value_block: block(data_type, &values)?,
            white_list,
            null_allowed,
        })
    };
    match set {
        Set::All => Ok(ValueSet::AllOrNoneValueSet {
            r#type: data_type.into(),
            all: true,
            null_allowed,
        }),
        Set::AnyOf(values) => listed(values, true),
        Set::NoneOf(values) => listed(values, false),
        Set::Ranges(ranges) => Ok(ValueSet::SortedRangeSet {
            r#type: data_type.into(),
            ranges: ranges
                .iter()
                .map(|(low, high)| {
                    Ok(Range {
                        low: marker(data_type, low, MarkerBound::Above)?,
                        high: marker(data_type, high, MarkerBound::Below)?,
                    })
                })
                .collect::<Result<_>>()?,
            null_allowed,
        }),
    }
}

/// An end of a range; `inside` is the side of it on which the range lies.
fn marker(data_type: &DataType, bound: &Bound, inside: MarkerBound) -> Result<Marker> {
    let (values, bound, null_value) = match bound {
        Bound::Unbounded => (vec![], inside, true),
        Bound::With(value) => (vec![Some(value)], MarkerBound::Exactly, false),
        Bound::Without(value) => (vec![Some(value)], inside, false),
    };
    Ok(Marker {
        value_block: block(data_type, &values)?,
        bound,
        null_value,
    })
}

fn expression(fields: &[(String, Kind)], expr: &Expr) -> Result<Expression> {
    let call = |name: &str, arguments| Expression::FunctionCallExpression {
        r#type: ArrowType::Bool,
        function_name: FunctionName {
            function_name: name.into(),
        },
        arguments,
    };
    Ok(match expr {
        Expr::Column(column) => {
            let (name, kind) = &fields[*column];
            Expression::VariableExpression {
                column_name: name.clone(),
                r#type: (&seen_type(*kind)).into(),
            }
        }
        Expr::Constant(value) => {
            let data_type = match value {
                Value::Boolean(_) => DataType::Boolean,
                Value::Integer(_) => DataType::Int64,
                Value::Double(_) => DataType::Float64,
                Value::Text(_) => DataType::Utf8,
                Value::Date(_) => DataType::Date32,
                Value::Nanos(_) | Value::Millis(_) => DataType::Date64,
            };
            Expression::ConstantExpression {
                value_block: Some(block(&data_type, &[Some(value)])?),
                r#type: (&data_type).into(),
            }
        }
        Expr::Null => Expression::ConstantExpression {
            value_block: Some(block(&DataType::Boolean, &[None])?),
            r#type: ArrowType::Bool,
        },
        Expr::Call(op, arguments) => {
            let mut arguments = arguments
                .iter()
                .map(|argument| expression(fields, argument))
                .collect::<Result<Vec<_>>>()?;
            if *op == Op::In {
                let list = arguments.split_off(1);
                arguments.push(call("$array", list));
            }
            call(name_of(*op), arguments)
        }
    })
}
