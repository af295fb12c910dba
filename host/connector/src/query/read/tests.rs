//! Constraints as the wire has them, and the terms they become.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Date32Array, Date64Array, Decimal128Array, Float32Array, Float64Array,
    Int8Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::DataType;

use super::terms;
use crate::error::Result;
use crate::query::{
    Bound, Domain, Expression, Field, Function, Literal, Mapping, Range, Term, ValueSet,
};
use crate::wire::{self, ArrowType, Block, FunctionName, MarkerBound};

/// 9999-12-31T23:59:59.999Z.
const LAST: i64 = 253_402_300_799_999;

fn block(values: ArrayRef) -> Block {
    Block(RecordBatch::try_from_iter_with_nullable([("col1", values, true)]).unwrap())
}

/// The column `x` of that type with a value set.
fn read(data_type: &DataType, set: wire::ValueSet) -> Result<Vec<Term>> {
    let constraints = wire::Constraints {
        summary: BTreeMap::from([("x".to_owned(), set)]),
        ..wire::Constraints::default()
    };
    terms(&constraints, &mapping(data_type))
}

fn mapping(data_type: &DataType) -> Mapping {
    Mapping {
        fields: vec![Field {
            name: "x".into(),
            data_type: data_type.clone(),
            column: Some(0),
            comment: None,
        }],
    }
}

fn domain(values: ValueSet, null_allowed: bool) -> Vec<Term> {
    vec![Term::Domain(Domain {
        field: 0,
        values,
        null_allowed,
    })]
}

fn equatable(values: ArrayRef, white_list: bool, null_allowed: bool) -> wire::ValueSet {
    wire::ValueSet::EquatableValueSet {
        value_block: block(values),
        white_list,
        null_allowed,
    }
}

fn marker(values: &ArrayRef, row: Option<usize>, bound: MarkerBound) -> wire::Marker {
    wire::Marker {
        value_block: block(values.slice(row.unwrap_or(0), usize::from(row.is_some()))),
        bound,
        null_value: row.is_none(),
    }
}

/// Ranges between rows of an array, closed below and open above; None is no end.
fn half_open(values: &ArrayRef, ends: &[(Option<usize>, Option<usize>)]) -> wire::ValueSet {
    let ranges = ends.iter().map(|(low, high)| wire::Range {
        low: marker(
            values,
            *low,
            low.map_or(MarkerBound::Above, |_| MarkerBound::Exactly),
        ),
        high: marker(values, *high, MarkerBound::Below),
    });
    wire::ValueSet::SortedRangeSet {
        r#type: ArrowType::from(values.data_type()),
        ranges: ranges.collect(),
        null_allowed: false,
    }
}

/// `function(x, constant)`.
fn call(function: &str, constant: ArrayRef) -> wire::Constraints {
    let call = |name: &str, arguments| wire::Expression::FunctionCallExpression {
        r#type: ArrowType::Bool,
        function_name: FunctionName {
            function_name: name.into(),
        },
        arguments,
    };
    let r#type = ArrowType::from(constant.data_type());
    let constant = wire::Expression::ConstantExpression {
        value_block: Some(block(constant)),
        r#type: r#type.clone(),
    };
    let column = wire::Expression::VariableExpression {
        column_name: "x".into(),
        r#type,
    };
    let second = match function {
        "$in" => call("$array", vec![constant]),
        _ => constant,
    };
    wire::Constraints {
        expression: vec![call(function, vec![column, second])],
        ..wire::Constraints::default()
    }
}

#[test]
fn a_null_among_listed_values_says_nothing() {
    // federation-protocol.md 4.3: NULL is a member if, and only if, `nullAllowed`.
    let listed = || Arc::new(StringArray::from(vec![Some("a"), None, Some("a")])) as ArrayRef;
    let a = || vec![Literal::Text("a".into()), Literal::Text("a".into())];
    let nothing = || Arc::new(StringArray::from(vec![None::<&str>])) as ArrayRef;
    let text = DataType::Utf8;
    for nulls in [false, true] {
        assert_eq!(
            read(&text, equatable(listed(), true, nulls)).unwrap(),
            domain(ValueSet::AnyOf(a()), nulls)
        );
        assert_eq!(
            read(&text, equatable(listed(), false, nulls)).unwrap(),
            domain(ValueSet::NoneOf(a()), nulls)
        );
        assert_eq!(
            read(&text, equatable(nothing(), true, nulls)).unwrap(),
            domain(ValueSet::None, nulls)
        );
    }
    assert_eq!(
        read(&text, equatable(nothing(), false, false)).unwrap(),
        domain(ValueSet::All, false)
    );
    // All values and NULL: no term.
    assert_eq!(read(&text, equatable(nothing(), false, true)).unwrap(), []);
}

#[test]
fn all_or_none_reads_the_java_writers_lost_case_as_not_null() {
    let read = |all, null_allowed| {
        let set = wire::ValueSet::AllOrNoneValueSet {
            r#type: ArrowType::Utf8,
            all,
            null_allowed,
        };
        read(&DataType::Utf8, set).unwrap()
    };
    assert_eq!(read(true, true), []);
    assert_eq!(read(false, true), domain(ValueSet::None, true));
    assert_eq!(read(true, false), domain(ValueSet::All, false));
    assert_eq!(read(false, false), domain(ValueSet::All, false));
}

#[test]
fn ranges_in_any_order_are_joined_where_they_touch() {
    let values = Arc::new(Int64Array::from(vec![1, 2, 3, 5])) as ArrayRef;
    let set = half_open(
        &values,
        &[
            (Some(2), Some(3)),
            (Some(0), Some(1)),
            (Some(1), Some(2)),
            (Some(0), Some(1)),
        ],
    );
    assert_eq!(
        read(&DataType::Int64, set).unwrap(),
        domain(
            ValueSet::Ranges(vec![Range {
                low: Bound::Inclusive(Literal::Integer(1)),
                high: Bound::Exclusive(Literal::Integer(5)),
            }]),
            false
        )
    );
    assert_eq!(
        read(&DataType::Int64, half_open(&values, &[])).unwrap(),
        domain(ValueSet::None, false)
    );
}

#[test]
fn a_range_from_nan_or_to_it_is_refused() {
    let values = Arc::new(Float64Array::from(vec![f64::NAN, -0.0, 0.0])) as ArrayRef;
    for ends in [(Some(1), Some(0)), (None, Some(0)), (Some(0), None)] {
        let error = read(&DataType::Float64, half_open(&values, &[ends])).unwrap_err();
        assert_eq!(
            error.message(),
            "cannot read the constraint on column `x`: a range begins or ends at NaN"
        );
    }
    // The two zeros are one value: nothing lies between them.
    let error = read(
        &DataType::Float64,
        half_open(&values, &[(Some(1), Some(2))]),
    )
    .unwrap_err();
    assert!(error.message().contains("column `x`"), "{error}");
}

/// A range has an end, or a value beside which it ends (federation-protocol.md, section 4.4); NULL is in no range.
#[test]
fn markers_that_bound_nothing_are_refused() {
    let values = Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef;
    let range = |low, high| {
        let set = wire::ValueSet::SortedRangeSet {
            r#type: ArrowType::from(values.data_type()),
            ranges: vec![wire::Range { low, high }],
            null_allowed: true,
        };
        read(values.data_type(), set).unwrap_err().to_string()
    };
    let at = |row, bound| marker(&values, row, bound);
    let (below, above) = (at(None, MarkerBound::Below), at(None, MarkerBound::Above));
    for low in [
        at(None, MarkerBound::Exactly),
        below.clone(),
        at(Some(0), MarkerBound::Below),
    ] {
        let error = range(low, below.clone());
        assert!(
            error.contains("column `x`") && error.contains("low marker"),
            "{error}"
        );
    }
    for high in [
        at(None, MarkerBound::Exactly),
        above.clone(),
        at(Some(1), MarkerBound::Above),
    ] {
        let error = range(above.clone(), high);
        assert!(
            error.contains("column `x`") && error.contains("high marker"),
            "{error}"
        );
    }
}

/// Athena sent microseconds as milliseconds until March 2023 (issue 831 of the Java connectors).
#[test]
fn a_timestamp_after_the_year_9999_is_what_it_says() {
    for millis in [LAST, LAST + 1, 1_668_470_400_000_000, i64::MAX, i64::MIN] {
        let values = Arc::new(Date64Array::from(vec![millis])) as ArrayRef;
        let one = ValueSet::AnyOf(vec![Literal::Millis(millis)]);
        assert_eq!(
            read(&DataType::Date64, equatable(values.clone(), true, false)).unwrap(),
            domain(one, false)
        );
        let equal = Expression::Call(
            Function::Equal,
            vec![
                Expression::Field(0),
                Expression::Constant(Literal::Millis(millis)),
            ],
        );
        assert_eq!(
            terms(&call("$equal", values), &mapping(&DataType::Date64)).unwrap(),
            [Term::Expression(equal)]
        );
    }
}

#[test]
fn later_names_mean_what_trino_means_by_them() {
    let text = || Arc::new(arrow::array::StringArray::from(vec!["a"])) as ArrayRef;
    let read = |name| terms(&call(name, text()), &mapping(&DataType::Utf8)).unwrap();
    assert_eq!(read("$like"), read("$like_pattern"));
    let Some(Term::Expression(distinct)) = read("$is_distinct_from").pop() else {
        panic!("no expression");
    };
    let identical = Expression::Call(Function::Not, vec![distinct]);
    assert_eq!(read("$identical"), [Term::Expression(identical)]);
}

#[test]
fn a_plan_is_read_past_beside_constraints_and_refused_alone() {
    let plan = wire::QueryPlan {
        substrait_version: None,
        substrait_plan: "CgA=".to_owned(),
    };
    let mut constraints = wire::Constraints {
        query_plan: Some(Some(plan)),
        ..wire::Constraints::default()
    };
    let error = terms(&constraints, &mapping(&DataType::Utf8)).unwrap_err();
    assert!(error.message().contains("as a plan alone"), "{error}");
    constraints.limit = 3;
    assert_eq!(terms(&constraints, &mapping(&DataType::Utf8)).unwrap(), []);
    constraints.limit = -1;
    constraints.query_plan = Some(None);
    assert_eq!(terms(&constraints, &mapping(&DataType::Utf8)).unwrap(), []);
}

#[test]
fn constants_of_other_widths_keep_their_value() {
    let literal = |values: ArrayRef| {
        let read = terms(&call("$equal", values), &mapping(&DataType::Float64))?;
        let [Term::Expression(Expression::Call(Function::Equal, arguments))] = read.as_slice()
        else {
            panic!("{read:?}");
        };
        Ok::<_, crate::Error>(arguments[1].clone())
    };
    let decimal = |value: i128, precision, scale| {
        let values = Decimal128Array::from(vec![value]).with_precision_and_scale(precision, scale);
        literal(Arc::new(values.unwrap()))
    };
    let constant = Expression::Constant;
    assert_eq!(
        literal(Arc::new(Int8Array::from(vec![-7]))).unwrap(),
        constant(Literal::Integer(-7))
    );
    // 0.1 as a real is not 0.1 as a double.
    assert_eq!(
        literal(Arc::new(Float32Array::from(vec![0.1]))).unwrap(),
        constant(Literal::Double(0.100_000_001_490_116_12))
    );
    assert_eq!(decimal(250, 5, 2).unwrap(), constant(Literal::Double(2.5)));
    assert_eq!(decimal(1, 5, 1).unwrap(), constant(Literal::Double(0.1)));
    assert_eq!(decimal(-300, 5, 2).unwrap(), constant(Literal::Integer(-3)));
    assert_eq!(
        decimal(9_007_199_254_740_993, 19, 0).unwrap(),
        constant(Literal::Integer(9_007_199_254_740_993))
    );
    // 0.99999999999999999999 is not 1, though its nearest double is; and 2^63 is no bigint.
    for (value, scale) in [(99_999_999_999_999_999_999, 20), (1_i128 << 63, 0)] {
        let error = decimal(value, 38, scale).unwrap_err();
        assert!(error.message().contains("decimal"), "{error}");
    }
    // What the mapping has no type for.
    let error = literal(Arc::new(BinaryArray::from(vec![&b"a"[..]]))).unwrap_err();
    assert!(error.message().contains("Binary"), "{error}");
}

/// 5 divided by the decimal 2.0 is 2.5, and by the integer 2 it is 2: neither integers nor doubles compute as SQL does.
#[test]
fn arithmetic_with_a_decimal_is_refused() {
    let values = Decimal128Array::from(vec![20]).with_precision_and_scale(5, 1);
    let values: ArrayRef = Arc::new(values.unwrap());
    for function in ["$add", "$subtract", "$multiply", "$divide", "$modulus"] {
        let error = terms(
            &call(function, values.clone()),
            &mapping(&DataType::Float64),
        )
        .unwrap_err();
        assert!(
            error
                .message()
                .contains(&format!("`{function}` computes with a decimal")),
            "{error}"
        );
    }
}

#[test]
fn a_constant_of_type_null_is_null() {
    let nulls: ArrayRef = Arc::new(arrow::array::NullArray::new(1));
    assert_eq!(Literal::from_array(&nulls, 0).unwrap(), None);
}

#[test]
fn a_value_set_of_another_type_than_its_column_is_refused() {
    let whole = Decimal128Array::from(vec![30]).with_precision_and_scale(5, 1);
    let whole = Arc::new(whole.unwrap()) as ArrayRef;
    assert_eq!(
        read(&DataType::Float64, equatable(whole, true, false)).unwrap(),
        domain(ValueSet::AnyOf(vec![Literal::Double(3.0)]), false)
    );
    // A day: its midnight, or all of it? That cannot be known.
    let day = Arc::new(Date32Array::from(vec![1])) as ArrayRef;
    let error = read(&DataType::Date64, equatable(day, true, false)).unwrap_err();
    assert_eq!(
        error.message(),
        "cannot read the constraint on column `x`: a constant is date, the column is Date64"
    );
    let instant = Arc::new(Date64Array::from(vec![1])) as ArrayRef;
    assert!(read(&DataType::Date32, equatable(instant, true, false)).is_err());
}
