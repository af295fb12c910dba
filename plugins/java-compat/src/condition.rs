//! Domains as the Java connector's conditions.
//!
//! Its rules, in its order: a set that is open at both ends and without NULL is `IS NOT NULL`, whatever its holes; then
//! NULL, the ranges, and the single values in one list, joined by OR. Texts of constants are its own, too.

use guest::{
    Bound, Domain, Literal, Mapping, Range, Scalar, Table, Term, TimestreamType, ValueSet, Verdict,
    sql,
};

/// Comparisons of a statement's conditions at most: more may not compile at Timestream, as in the shipped dialect.
const MAX_COMPARISONS: usize = 128;

/// What becomes of each term.
pub(crate) fn verdicts(table: &Table, mapping: &Mapping, terms: &[Term]) -> Vec<Verdict> {
    let mut left = MAX_COMPARISONS;
    let mut verdict = |term: &Term| {
        let Term::Domain(domain) = term else {
            return Err("the Java connector takes no expression".to_owned());
        };
        let Printed {
            verdict,
            comparisons,
        } = of_domain(table, mapping, domain)?;
        left = left.checked_sub(comparisons).ok_or_else(|| {
            format!("its {comparisons} comparisons are too many for one statement")
        })?;
        Ok(verdict)
    };
    let verdicts = terms
        .iter()
        .map(|term| verdict(term).unwrap_or_else(Verdict::Skipped));
    verdicts.collect()
}

/// A condition and how many comparisons it holds; a list is one.
struct Printed {
    verdict: Verdict,
    comparisons: usize,
}

impl Printed {
    fn one(verdict: Verdict) -> Self {
        Self {
            verdict,
            comparisons: 1,
        }
    }
}

fn of_domain(table: &Table, mapping: &Mapping, domain: &Domain) -> Result<Printed, String> {
    let column = mapping
        .fields
        .get(domain.field as usize)
        .and_then(|field| table.columns.get(field.column? as usize));
    let column = column.ok_or("the field shows no column")?;
    let Some(TimestreamType::Scalar(scalar)) = table.types.get(column.type_ as usize) else {
        return Err("the Java connector compares nested columns with nothing".to_owned());
    };
    let name = sql::identifier(&column.name);
    let print = |literal: &Literal| constant(*scalar, literal);

    let (ranges, values) = parts(&domain.values);
    if ranges.is_empty() && values.is_empty() {
        return if domain.null_allowed {
            Ok(Printed::one(Verdict::Exact(format!("{name} IS NULL"))))
        } else {
            Err(
                "for a set without any value the Java connector fails, or prints `IN ()`"
                    .to_owned(),
            )
        };
    }
    let is_open = ranges
        .first()
        .is_some_and(|range| range.low == Bound::Unbounded)
        && ranges
            .last()
            .is_some_and(|range| range.high == Bound::Unbounded);
    if is_open && !domain.null_allowed {
        let condition = format!("{name} IS NOT NULL");
        return Ok(Printed::one(if ranges.len() == 1 {
            Verdict::Exact(condition)
        } else {
            Verdict::Wider(condition)
        }));
    }
    if is_open && ranges.len() == 1 {
        return Err("for all values and NULL the Java connector fails".to_owned());
    }
    if *scalar == Scalar::Double && matches!(domain.values, ValueSet::NoneOf(_)) {
        return Err("ranges around a value leave out NaN, which is another value".to_owned());
    }
    let mut alternatives = Vec::with_capacity(ranges.len() + 2);
    if domain.null_allowed {
        alternatives.push(format!("({name} IS NULL)"));
    }
    for range in &ranges {
        alternatives.push(between(&name, range, print)?);
    }
    let has_zero = values
        .iter()
        .any(|value| matches!(value, Literal::Double(0.0)));
    let values = values.iter().map(print).collect::<Result<Vec<_>, _>>()?;
    match values.as_slice() {
        [] => {}
        [value] => alternatives.push(format!("{name} = {value}")),
        _ if has_zero => {
            return Err("for 0.0 in a list of several the Java connector may lose -0.0".to_owned());
        }
        values => alternatives.push(format!("{name} IN ({})", values.join(","))),
    }
    Ok(Printed {
        verdict: Verdict::Exact(alternatives.join(" OR ")),
        // A range has two ends at most.
        comparisons: alternatives.len() + ranges.len(),
    })
}

/// Ranges in order, and single values.
fn parts(set: &ValueSet) -> (Vec<Range>, Vec<Literal>) {
    match set {
        ValueSet::All => (around(&[]), Vec::new()),
        ValueSet::None => (Vec::new(), Vec::new()),
        ValueSet::AnyOf(values) => (Vec::new(), values.clone()),
        ValueSet::NoneOf(values) => {
            let mut holes = values.clone();
            holes.sort_by(sql::compare);
            (around(&holes), Vec::new())
        }
        ValueSet::Ranges(ranges) => {
            let (mut wide, mut values) = (Vec::new(), Vec::new());
            for range in ranges {
                match (&range.low, &range.high) {
                    (Bound::Inclusive(low), Bound::Inclusive(high)) if low == high => {
                        values.push(low.clone());
                    }
                    _ => wide.push(range.clone()),
                }
            }
            (wide, values)
        }
    }
}

/// Everything but the holes, which are sorted.
fn around(holes: &[Literal]) -> Vec<Range> {
    let edges = || holes.iter().cloned().map(Bound::Exclusive);
    let lows = std::iter::once(Bound::Unbounded).chain(edges());
    let highs = edges().chain(std::iter::once(Bound::Unbounded));
    lows.zip(highs)
        .map(|(low, high)| Range { low, high })
        .collect()
}

fn between(
    name: &str,
    range: &Range,
    print: impl Fn(&Literal) -> Result<String, String>,
) -> Result<String, String> {
    let low = match &range.low {
        Bound::Unbounded => None,
        Bound::Inclusive(low) => Some(format!("{name} >= {}", print(low)?)),
        Bound::Exclusive(low) => Some(format!("{name} > {}", print(low)?)),
    };
    let high = match &range.high {
        Bound::Unbounded => None,
        Bound::Inclusive(high) => Some(format!("{name} <= {}", print(high)?)),
        Bound::Exclusive(high) => Some(format!("{name} < {}", print(high)?)),
    };
    let sides: Vec<String> = low.into_iter().chain(high).collect();
    Ok(format!("({})", sides.join(" AND ")))
}

/// A constant beside a column of this type.
fn constant(column: Scalar, literal: &Literal) -> Result<String, String> {
    match (column, literal) {
        (Scalar::Boolean, Literal::Boolean(value)) => Ok(sql::boolean(*value).to_owned()),
        (Scalar::Bigint | Scalar::Integer, Literal::Integer(i64::MIN)) => Err(
            "the Java connector prints the smallest bigint, which Presto cannot parse".to_owned(),
        ),
        (Scalar::Bigint | Scalar::Integer, Literal::Integer(value)) => Ok(value.to_string()),
        (Scalar::Double, Literal::Double(value)) => double(*value),
        (Scalar::Varchar, Literal::Text(text)) => {
            sql::text(text).ok_or_else(|| "a constant holds U+0000".to_owned())
        }
        (Scalar::Timestamp, Literal::Timestamp(nanos)) => {
            Ok(sql::timestamp(*nanos).replace("TIMESTAMP ", ""))
        }
        (Scalar::Date, Literal::Date(_)) => {
            Err("the Java connector compares dates with integers".to_owned())
        }
        (
            Scalar::Time
            | Scalar::IntervalDayToSecond
            | Scalar::IntervalYearToMonth
            | Scalar::Unknown,
            Literal::Text(_),
        ) => Err(
            "the Java connector compares it as text, and its texts compare differently".to_owned(),
        ),
        _ => Err("a constant has another type than the column".to_owned()),
    }
}

/// As Java's `Double.toString` prints it: plain from 10^-3 to 10^7, else with an exponent.
fn double(value: f64) -> Result<String, String> {
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return Ok(format!("{value:?}"));
    }
    sql::double(value)
        .ok_or_else(|| format!("the Java connector prints `{value}`, which is no SQL"))
}
