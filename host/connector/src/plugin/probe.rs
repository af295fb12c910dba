//! Requests that every plugin is asked before it may serve: a table with each type, a view, a passthrough statement, each
//! kind of term, orders and limits.
//!
//! It may refuse what it does not want. It must not fail, and not burn much fuel; a dialect must plan some.

use arrow::datatypes::DataType;

use super::call::CALL_FUEL;
use super::{Caller, Dialect, PlanRequest, Policy};
use crate::error::Result;
use crate::query::{
    Bound, Column, ColumnKind, Domain, Expression, Field, Function, Literal, Mapping, Range,
    Scalar, SortKey, Source, Table, Term, TimestreamType, ValueSet,
};

/// A day in 2024, in nanoseconds: the query's instant, and a literal.
const DAY: i64 = 1_709_251_200_000_000_000;

/// Fields of a mapping that are asked about at most.
const MOST_FIELDS: usize = 16;

/// Fuel for all of it, as much as one call has: not time, which a frozen or busy process spends without the plugin. The
/// shipped dialect burns some ten million.
const MOST_FUEL: u64 = CALL_FUEL;

/// Nanoseconds of an hour, the width of the bins that are asked for.
const HOUR: i64 = 3_600_000_000_000;

/// Asks a dialect everything.
pub(super) fn dialect(plugin: &Dialect) -> Result<()> {
    let before = plugin.fuel();
    let mut plans = 0;
    for table in tables() {
        let Some(mapping) = unless_refused(plugin.map_table(&table))? else {
            continue;
        };
        unless_refused(plugin.bins_of(&table, HOUR))?;
        let all: Vec<usize> = (0..mapping.fields.len()).collect();
        let first = SortKey {
            field: 0,
            descending: true,
            nulls_first: false,
        };
        let ordered: &[SortKey] = if all.is_empty() {
            &[]
        } else {
            std::slice::from_ref(&first)
        };
        let mut requests = vec![
            (all.clone(), Vec::new(), &[][..], None),
            (Vec::new(), Vec::new(), &[][..], Some(1)),
            (all.clone(), Vec::new(), ordered, Some(10)),
        ];
        let terms = terms(&mapping, &plugin.description().functions);
        requests.extend(
            terms
                .into_iter()
                .map(|term| (Vec::new(), vec![term], &[][..], None)),
        );
        for (projection, terms, order, limit) in requests {
            let plan = plugin.plan(&PlanRequest {
                table: &table,
                mapping: &mapping,
                projection,
                terms,
                order,
                limit,
                now: DAY,
                caller: &Caller::default(),
            });
            plans += usize::from(unless_refused(plan)?.is_some());
            if plugin.fuel() - before > MOST_FUEL {
                let why = format!("the probes take more than {MOST_FUEL} units of fuel");
                return Err(plugin.wrong("plan", &why));
            }
        }
    }
    if plans == 0 {
        return Err(plugin.wrong("plan", "it refuses every probe"));
    }
    Ok(())
}

/// Asks a policy everything, in the name of a caller without account, ARN, tags or groups, whom its rules may refuse.
pub(super) fn policy(plugin: &Policy) -> Result<()> {
    let before = plugin.fuel();
    // As a statement is, before its columns are known.
    let unknown = Table {
        source: Source::Passthrough("SELECT 'a' AS name".to_owned()),
        columns: Vec::new(),
        options: Vec::new(),
    };
    for table in tables().into_iter().chain([unknown]) {
        let mapping = plain(&table);
        let of_all = terms(&mapping, &Function::NAMES.map(|(function, _)| function));
        for terms in [Vec::new(), of_all] {
            let ruling = plugin.review(&PlanRequest {
                table: &table,
                mapping: &mapping,
                projection: (0..mapping.fields.len()).collect(),
                terms,
                order: &[],
                limit: None,
                now: DAY,
                caller: &Caller::default(),
            });
            unless_refused(ruling)?;
            if plugin.fuel() - before > MOST_FUEL {
                let why = format!("the probes take more than {MOST_FUEL} units of fuel");
                return Err(plugin.wrong("review", &why));
            }
        }
    }
    Ok(())
}

/// The scalar columns of a table as fields.
fn plain(table: &Table) -> Mapping {
    let columns = table.columns.iter().enumerate();
    let fields = columns.filter_map(|(place, column)| {
        let TimestreamType::Scalar(scalar) = column.r#type else {
            return None;
        };
        Some(Field {
            name: column.name.to_lowercase(),
            data_type: match scalar {
                Scalar::Bigint => DataType::Int64,
                Scalar::Double => DataType::Float64,
                Scalar::Boolean => DataType::Boolean,
                Scalar::Date => DataType::Date32,
                Scalar::Timestamp => DataType::Date64,
                _ => DataType::Utf8,
            },
            column: Some(place),
            comment: None,
        })
    });
    Mapping {
        fields: fields.collect(),
    }
}

/// An answer; None where it is a refusal, which is meant for the one who asks.
fn unless_refused<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Err(error) if error.is_refusal() => Ok(None),
        answer => answer.map(Some),
    }
}

fn tables() -> Vec<Table> {
    let column = |name: &str, r#type, kind| Column {
        name: name.to_owned(),
        r#type,
        kind,
        partition_key: false,
        as_double: false,
    };
    let scalar = |name: &str, scalar, kind| column(name, TimestreamType::Scalar(scalar), kind);
    let stored = vec![
        scalar("Host \"a\"", Scalar::Varchar, ColumnKind::Dimension),
        scalar("time", Scalar::Timestamp, ColumnKind::Time),
        scalar("measure_name", Scalar::Varchar, ColumnKind::MeasureName),
        scalar(
            "measure_value::double",
            Scalar::Double,
            ColumnKind::MeasureValue,
        ),
        scalar(
            "measure_value::bigint",
            Scalar::Bigint,
            ColumnKind::MeasureValue,
        ),
        scalar("on", Scalar::Boolean, ColumnKind::MeasureValue),
        scalar("day", Scalar::Date, ColumnKind::MeasureValue),
    ];
    let double = || Box::new(TimestreamType::Scalar(Scalar::Double));
    let computed = vec![
        scalar("name", Scalar::Varchar, ColumnKind::Computed),
        column("list", TimestreamType::List(double()), ColumnKind::Computed),
        column(
            "series",
            TimestreamType::Series(double()),
            ColumnKind::Computed,
        ),
    ];
    let table = |source, columns| Table {
        source,
        columns,
        options: Vec::new(),
    };
    let text = "SELECT 'a' AS name".to_owned();
    vec![
        table(
            Source::Table {
                database: "d".to_owned(),
                table: "t".to_owned(),
            },
            stored,
        ),
        table(
            Source::View {
                name: "d.v".to_owned(),
                text: text.clone(),
            },
            computed.clone(),
        ),
        table(Source::Passthrough(text), computed),
    ]
}

/// Terms of each kind on each field whose values can be written.
fn terms(mapping: &Mapping, functions: &[Function]) -> Vec<Term> {
    let mut terms = Vec::new();
    for (field, mapped) in mapping.fields.iter().enumerate().take(MOST_FIELDS) {
        let null = |null_allowed, values| {
            Term::Domain(Domain {
                field,
                values,
                null_allowed,
            })
        };
        terms.extend([null(true, ValueSet::None), null(false, ValueSet::All)]);
        let Some(literal) = literal(&mapped.data_type) else {
            continue;
        };
        let range = |low, high| ValueSet::Ranges(vec![Range { low, high }]);
        let (inclusive, exclusive) = (
            Bound::Inclusive(literal.clone()),
            Bound::Exclusive(literal.clone()),
        );
        let sets = [
            ValueSet::None,
            ValueSet::AnyOf(vec![literal.clone()]),
            ValueSet::NoneOf(vec![literal.clone()]),
            range(inclusive, Bound::Unbounded),
            range(Bound::Unbounded, exclusive),
        ];
        for values in sets {
            terms.extend([null(false, values.clone()), null(true, values)]);
        }
        if functions.contains(&Function::Equal) {
            let sides = vec![Expression::Field(field), Expression::Constant(literal)];
            terms.push(Term::Expression(Expression::Call(Function::Equal, sides)));
        }
    }
    terms
}

fn literal(of: &DataType) -> Option<Literal> {
    Some(match of {
        DataType::Utf8 => Literal::Text("it's \"one\" \\ ø".to_owned()),
        DataType::Float64 => Literal::Double(-0.0),
        DataType::Int32 | DataType::Int64 => Literal::Integer(-1),
        DataType::Boolean => Literal::Boolean(true),
        DataType::Date32 => Literal::Date(19_783),
        DataType::Date64 => Literal::Nanos(DAY),
        _ => return None,
    })
}
