//! A plan by the WebAssembly component, with its instance and the host's checks, beside the same rules compiled natively.

use std::hint::black_box;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use connector::plugin::{Caller, Dialect, Engine, PlanRequest};
use connector::query;
use guest::{Dialect as _, Timestream};
use serde_json::{Map, Value};

use crate::pages::{Column, Pages};
use crate::rounded;

/// The best of so many is told.
const TIMES: usize = 400;

/// 2024-03-01.
const DAY: i64 = 1_709_251_200_000_000_000;

/// A device, and rows since an instant.
const DEVICE: &str = "device-000001";

pub(crate) fn run(dialect: &Path) -> Result<Vec<Map<String, Value>>> {
    let engine = Engine::new()?;
    let plugin = Dialect::from_file(&engine, dialect)?;
    let usual = Pages::usual().columns;
    [10, 100, 1_000]
        .into_iter()
        .map(|count| compare(&plugin, &columns(&usual, count)))
        .collect()
}

/// The usual columns, and as many more measures as there are to be.
fn columns(usual: &[Column], count: usize) -> Vec<Column> {
    let more = (usual.len()..count)
        .map(|number| Column::new(format!("measure_{number}"), "DOUBLE", "MULTI"));
    usual.iter().cloned().chain(more).collect()
}

fn compare(plugin: &Dialect, columns: &[Column]) -> Result<Map<String, Value>> {
    let (hosted, hosted_conditions) = hosted(plugin, columns)?;
    let (native, native_conditions) = native(columns)?;
    ensure!(
        hosted_conditions == native_conditions,
        "{hosted_conditions:?} and {native_conditions:?} are not the same plan"
    );
    let micros = |of: Duration| rounded(of.as_secs_f64() * 1e6);
    Ok(Map::from_iter([
        ("columns".to_owned(), columns.len().into()),
        ("component µs".to_owned(), micros(hosted)),
        ("native µs".to_owned(), micros(native)),
        (
            "of native".to_owned(),
            rounded(hosted.as_secs_f64() / native.as_secs_f64()),
        ),
    ]))
}

/// The time of a plan, and its conditions.
type Planned = (Duration, Vec<String>);

fn hosted(plugin: &Dialect, columns: &[Column]) -> Result<Planned> {
    let table = table(columns);
    let mapping = plugin.map_table(&table)?;
    let request = request(&table, &mapping)?;
    let plan = plugin.plan(&request)?;
    let conditions = plan.verdicts.iter().map(|verdict| match verdict {
        connector::plugin::Verdict::Exact(condition)
        | connector::plugin::Verdict::Wider(condition)
        | connector::plugin::Verdict::Skipped(condition) => condition.clone(),
    });
    let best = best(|| plugin.plan(&request).map_err(|error| anyhow!("{error}")))?;
    Ok((best, conditions.collect()))
}

/// A table of the columns.
pub(crate) fn table(columns: &[Column]) -> query::Table {
    use query::{ColumnKind, Scalar, Source};
    query::Table {
        source: Source::Table {
            database: "plant".to_owned(),
            table: "machines".to_owned(),
        },
        columns: columns
            .iter()
            .map(|column| query::Column {
                name: column.name.clone(),
                r#type: query::TimestreamType::Scalar(Scalar::from_any_name(column.scalar)),
                kind: match column.kind {
                    "DIMENSION" => ColumnKind::Dimension,
                    "MEASURE_NAME" => ColumnKind::MeasureName,
                    "TIMESTAMP" => ColumnKind::Time,
                    _ => ColumnKind::MeasureValue,
                },
                partition_key: false,
                as_double: false,
            })
            .collect(),
        options: Vec::new(),
    }
}

/// All columns of a device since an instant.
pub(crate) fn request<'a>(
    table: &'a query::Table,
    mapping: &'a query::Mapping,
) -> Result<PlanRequest<'a>> {
    use query::{Bound, Domain, Literal, Range, Term, ValueSet};
    static NOBODY: LazyLock<Caller> = LazyLock::new(Caller::default);
    let field = |name: &str| mapping.position(name).context("a field is missing");
    let domain = |field, values| {
        Term::Domain(Domain {
            field,
            values,
            null_allowed: false,
        })
    };
    let since = Range {
        low: Bound::Inclusive(Literal::Nanos(DAY)),
        high: Bound::Unbounded,
    };
    Ok(PlanRequest {
        table,
        mapping,
        projection: (0..table.columns.len()).collect(),
        terms: vec![
            domain(field("time")?, ValueSet::Ranges(vec![since])),
            domain(
                field("device")?,
                ValueSet::AnyOf(vec![Literal::Text(DEVICE.to_owned())]),
            ),
        ],
        order: &[],
        limit: None,
        now: DAY,
        caller: &NOBODY,
    })
}

fn native(columns: &[Column]) -> Result<Planned> {
    use guest::{Bound, ColumnKind, Domain, Literal, Range, Scalar, Source, Term, ValueSet};
    let refused = |refusal: guest::Refusal| anyhow!("{}", refusal.message);
    let table = guest::Table {
        source: Source::Table(("plant".to_owned(), "machines".to_owned())),
        types: columns
            .iter()
            .map(|column| {
                guest::TimestreamType::Scalar(match column.scalar {
                    "DOUBLE" => Scalar::Double,
                    "BIGINT" => Scalar::Bigint,
                    "BOOLEAN" => Scalar::Boolean,
                    "TIMESTAMP" => Scalar::Timestamp,
                    _ => Scalar::Varchar,
                })
            })
            .collect(),
        columns: (0..)
            .zip(columns)
            .map(|(place, column)| guest::Column {
                name: column.name.clone(),
                type_: place,
                kind: match column.kind {
                    "DIMENSION" => ColumnKind::Dimension,
                    "MEASURE_NAME" => ColumnKind::MeasureName,
                    "TIMESTAMP" => ColumnKind::Time,
                    _ => ColumnKind::MeasureValue,
                },
                partition_key: false,
            })
            .collect(),
        options: Vec::new(),
    };
    let mapping = Timestream::map_table(&table).map_err(refused)?;
    let field = |name: &str| {
        let place = mapping.fields.iter().position(|field| field.name == name);
        place
            .and_then(|place| u32::try_from(place).ok())
            .context("a field is missing")
    };
    let domain = |field, values| {
        Term::Domain(Domain {
            field,
            values,
            null_allowed: false,
        })
    };
    let since = Range {
        low: Bound::Inclusive(Literal::Timestamp(DAY)),
        high: Bound::Unbounded,
    };
    let terms = vec![
        domain(field("time")?, ValueSet::Ranges(vec![since])),
        domain(
            field("device")?,
            ValueSet::AnyOf(vec![Literal::Text(DEVICE.to_owned())]),
        ),
    ];
    let request = guest::Request {
        projection: (0..).take(columns.len()).collect(),
        table,
        mapping,
        terms,
        order: Vec::new(),
        limit: None,
        now: DAY,
        caller: guest::Caller {
            account: String::new(),
            arn: String::new(),
            tags: Vec::new(),
            groups: Vec::new(),
        },
    };
    let plan = Timestream::plan(&request).map_err(refused)?;
    let conditions = plan.verdicts.into_iter().map(|verdict| match verdict {
        guest::Verdict::Exact(condition)
        | guest::Verdict::Wider(condition)
        | guest::Verdict::Skipped(condition) => condition,
    });
    let conditions = conditions.collect();
    let best = best(|| Timestream::plan(&request).map_err(refused))?;
    Ok((best, conditions))
}

fn best<T>(mut once: impl FnMut() -> Result<T>) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..TIMES {
        let started = Instant::now();
        black_box(once()?);
        best = best.min(started.elapsed());
    }
    Ok(best)
}
