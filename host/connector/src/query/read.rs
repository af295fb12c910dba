//! Athena's constraints to terms and order.

#[cfg(test)]
mod tests;

use arrow::datatypes::DataType;

use super::{
    Bound, Domain, Expression, Function, Literal, Mapping, Range, SortKey, Term, ValueSet,
};
use crate::error::{Code, Error, Fault, Result};
use crate::wire::{self, MarkerBound, OrderDirection};

/// The terms of a request: its value sets in the mapping's order, then its expressions, top-level `$and` split.
///
/// # Errors
///
/// When a column is not the table's, a marker or constant is malformed, or a function is unknown or was never
/// announced: leaving a term out in silence could give wrong rows, since nobody may check after us. When there is a
/// query plan and nothing else: its conditions are not read.
pub fn terms(constraints: &wire::Constraints, mapping: &Mapping) -> Result<Vec<Term>> {
    refuse_lone_plan(constraints)?;
    let mut domains = Vec::new();
    for (name, set) in &constraints.summary {
        let field = field(mapping, name)?;
        let domain = domain(field, set, mapping).map_err(|error| {
            error.context(format_args!(
                "cannot read the constraint on column `{name}`"
            ))
        })?;
        if !domain.is_full() {
            domains.push(domain);
        }
    }
    domains.sort_by_key(|domain| domain.field);

    let mut terms: Vec<Term> = domains.into_iter().map(Term::Domain).collect();
    for tree in &constraints.expression {
        split_and(expression(tree, mapping)?, &mut terms);
    }
    Ok(terms)
}

/// Refuses a query plan without any condition beside it: it may hold some. A connector that passes over such a plan
/// returns rows that the query does not ask for (pull request 3614 of awslabs/aws-athena-query-federation).
fn refuse_lone_plan(constraints: &wire::Constraints) -> Result<()> {
    let has_conditions = !constraints.summary.is_empty()
        || !constraints.expression.is_empty()
        || !constraints.query_passthrough_arguments.is_empty();
    if has_conditions || !matches!(constraints.query_plan, Some(Some(_))) {
        return Ok(());
    }
    Err(Error::new(
        Code::OperationNotSupported,
        Fault::Caller,
        "cannot read the constraints: the query is sent as a plan, which this connector does not read; hint: it announces \
         version 5 of the protocol, which has no plans",
    ))
}

/// The order of a request, most significant key first.
///
/// # Errors
///
/// When a column is not the table's.
pub fn order(constraints: &wire::Constraints, mapping: &Mapping) -> Result<Vec<SortKey>> {
    constraints
        .order_by_clause
        .iter()
        .map(|key| {
            let (descending, nulls_first) = match key.direction {
                OrderDirection::AscNullsFirst => (false, true),
                OrderDirection::AscNullsLast => (false, false),
                OrderDirection::DescNullsFirst => (true, true),
                OrderDirection::DescNullsLast => (true, false),
            };
            Ok(SortKey {
                field: field(mapping, &key.column_name)?,
                descending,
                nulls_first,
            })
        })
        .collect()
}

fn field(mapping: &Mapping, name: &str) -> Result<usize> {
    mapping.position(name).ok_or_else(|| {
        Error::new(
            Code::EntityNotFound,
            Fault::Caller,
            format!("cannot find column `{name}` in the table"),
        )
    })
}

fn domain(field: usize, set: &wire::ValueSet, mapping: &Mapping) -> Result<Domain> {
    let data_type = &mapping.fields[field].data_type;
    let checked = |literal: Literal| match (literal, data_type) {
        // A whole decimal.
        (Literal::Integer(value), DataType::Float64) if is_exact(value) => {
            Ok(Literal::Double(value as f64))
        }
        (literal, data_type) if literal.fits(data_type) => Ok(literal),
        (literal, data_type) => Err(Error::invalid_input(format!(
            "a constant is {}, the column is {data_type}",
            literal.kind()
        ))),
    };
    let (values, null_allowed) = match set {
        wire::ValueSet::EquatableValueSet {
            value_block,
            white_list,
            null_allowed,
        } => {
            let values = column_values(&value_block.0)?;
            // NULL is said by `nullAllowed` alone (section 4.3).
            let values = values
                .into_iter()
                .flatten()
                .map(checked)
                .collect::<Result<Vec<_>>>()?;
            let set = match (white_list, values.is_empty()) {
                (true, true) => ValueSet::None,
                (true, false) => ValueSet::AnyOf(values),
                (false, true) => ValueSet::All,
                (false, false) => ValueSet::NoneOf(values),
            };
            (set, *null_allowed)
        }
        wire::ValueSet::SortedRangeSet {
            ranges,
            null_allowed,
            ..
        } => {
            let ranges = ranges
                .iter()
                .map(|range| {
                    let range = Range {
                        low: low(&range.low, &checked)?,
                        high: high(&range.high, &checked)?,
                    };
                    // The Java SDK orders NaN above all, SQL orders it nowhere: only equality means the same.
                    if range.is_open_at_nan() {
                        return Err(Error::invalid_input("a range begins or ends at NaN"));
                    }
                    // The Java SDK orders text by UTF-16 units, where such a range can hold values; to take it for
                    // empty would lose them in silence.
                    if range.is_empty() {
                        return Err(Error::invalid_input("a range ends before it begins"));
                    }
                    Ok(range)
                })
                .collect::<Result<Vec<_>>>()?;
            (ValueSet::from_ranges(ranges), *null_allowed)
        }
        wire::ValueSet::AllOrNoneValueSet {
            all, null_allowed, ..
        } => match (all, null_allowed) {
            (true, null_allowed) => (ValueSet::All, *null_allowed),
            (false, true) => (ValueSet::None, true),
            // The Java writer says this for NOT NULL too; an empty domain is eliminated in planning (section 4.3).
            (false, false) => (ValueSet::All, false),
        },
    };
    Ok(Domain {
        field,
        values,
        null_allowed,
    })
}

fn low(marker: &wire::Marker, checked: &impl Fn(Literal) -> Result<Literal>) -> Result<Bound> {
    match (marker_value(marker)?, marker.bound) {
        (None, MarkerBound::Above) => Ok(Bound::Unbounded),
        (Some(value), MarkerBound::Above) => Ok(Bound::Exclusive(checked(value)?)),
        (Some(value), MarkerBound::Exactly) => Ok(Bound::Inclusive(checked(value)?)),
        (value, bound) => Err(impossible("low", bound, value.is_some())),
    }
}

fn high(marker: &wire::Marker, checked: &impl Fn(Literal) -> Result<Literal>) -> Result<Bound> {
    match (marker_value(marker)?, marker.bound) {
        (None, MarkerBound::Below) => Ok(Bound::Unbounded),
        (Some(value), MarkerBound::Below) => Ok(Bound::Exclusive(checked(value)?)),
        (Some(value), MarkerBound::Exactly) => Ok(Bound::Inclusive(checked(value)?)),
        (value, bound) => Err(impossible("high", bound, value.is_some())),
    }
}

fn impossible(end: &str, bound: MarkerBound, has_value: bool) -> Error {
    let value = if has_value { "a value" } else { "no value" };
    Error::invalid_input(format!(
        "the {end} marker of a range has bound `{bound:?}` and {value}"
    ))
}

fn marker_value(marker: &wire::Marker) -> Result<Option<Literal>> {
    if marker.null_value {
        return Ok(None);
    }
    let mut values = column_values(&marker.value_block.0)?;
    match (values.pop(), values.is_empty()) {
        (Some(Some(value)), true) => Ok(Some(value)),
        _ => Err(Error::invalid_input(
            "a marker with a value does not hold exactly one",
        )),
    }
}

/// The rows of a block of one column.
fn column_values(batch: &arrow::array::RecordBatch) -> Result<Vec<Option<Literal>>> {
    let [column] = batch.columns() else {
        return Err(Error::invalid_input(format!(
            "a block of constants has {} columns",
            batch.num_columns()
        )));
    };
    (0..column.len())
        .map(|row| Literal::from_array(column, row))
        .collect()
}

fn expression(tree: &wire::Expression, mapping: &Mapping) -> Result<Expression> {
    match tree {
        wire::Expression::VariableExpression { column_name, .. } => {
            Ok(Expression::Field(field(mapping, column_name)?))
        }
        wire::Expression::ConstantExpression { .. } => {
            let mut values = constants(tree)?;
            match (values.pop(), values.is_empty()) {
                (Some(value), true) => Ok(value),
                _ => Err(Error::invalid_input(
                    "cannot read expression: a list of constants stands alone",
                )),
            }
        }
        wire::Expression::FunctionCallExpression {
            function_name,
            arguments,
            ..
        } => {
            let name = function_name.function_name.as_str();
            let (function, is_negated) = named(name).ok_or_else(|| {
                let message = format!(
                    "cannot read expression: function `{name}` is not one that was announced"
                );
                Error::new(Code::OperationNotSupported, Fault::Caller, message)
            })?;
            let mut converted = Vec::with_capacity(arguments.len());
            for argument in arguments {
                match argument {
                    // Several values at once stand for as many constants (section 4.5).
                    wire::Expression::ConstantExpression { .. } if function == Function::Array => {
                        converted.extend(constants(argument)?);
                    }
                    argument => converted.push(expression(argument, mapping)?),
                }
            }
            if !function.takes(converted.len()) {
                return Err(Error::invalid_input(format!(
                    "cannot read expression: `{name}` has {} arguments",
                    converted.len()
                )));
            }
            if is_arithmetic(function) && arguments.iter().any(is_decimal) {
                // Exact to the last digit in SQL, which neither bigint nor double are.
                return Err(Error::new(
                    Code::OperationNotSupported,
                    Fault::Caller,
                    format!("cannot read expression: `{name}` computes with a decimal"),
                ));
            }
            let call = Expression::Call(function, converted);
            Ok(if is_negated {
                Expression::Call(Function::Not, vec![call])
            } else {
                call
            })
        }
    }
}

/// The function that a name means, and whether its negation is meant.
///
/// Trino renamed two functions of the vocabulary that the SDK took from it: `$like_pattern` is `$like` there since
/// release 398, and `$is_distinct_from` gave way to its negation `$identical` in release 449. Which names Athena sends
/// is not documented.
fn named(name: &str) -> Option<(Function, bool)> {
    match name {
        "$like" => Some((Function::Like, false)),
        "$identical" => Some((Function::IsDistinctFrom, true)),
        name => Function::from_name(name).map(|function| (function, false)),
    }
}

fn is_arithmetic(function: Function) -> bool {
    use Function::{Add, Divide, Modulus, Multiply, Negate, Subtract};
    matches!(
        function,
        Add | Subtract | Multiply | Divide | Modulus | Negate
    )
}

fn is_decimal(argument: &wire::Expression) -> bool {
    matches!(
        argument,
        wire::Expression::ConstantExpression {
            r#type: wire::ArrowType::Decimal { .. },
            ..
        }
    )
}

/// The values of a constant; no block, no row and a null row are all NULL (section 4.5).
fn constants(constant: &wire::Expression) -> Result<Vec<Expression>> {
    let wire::Expression::ConstantExpression { value_block, .. } = constant else {
        return Ok(Vec::new());
    };
    let values = match value_block {
        Some(block) => column_values(&block.0)?,
        None => Vec::new(),
    };
    if values.is_empty() {
        return Ok(vec![Expression::Null]);
    }
    Ok(values
        .into_iter()
        .map(|value| value.map_or(Expression::Null, Expression::Constant))
        .collect())
}

fn split_and(expression: Expression, terms: &mut Vec<Term>) {
    match expression {
        Expression::Call(Function::And, arguments) => {
            arguments
                .into_iter()
                .for_each(|argument| split_and(argument, terms));
        }
        expression => terms.push(Term::Expression(expression)),
    }
}

/// Whether a double holds the integer.
fn is_exact(value: i64) -> bool {
    (value as f64) as i128 == i128::from(value)
}
