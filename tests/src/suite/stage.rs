//! What the queries run against, all in this process: the stand-in with a fleet in it, S3, Glue with a view, the
//! connector with each of the two dialects, and the engine that knows the right answers.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use connector::{Connector, Settings};
use local::athena::{self, Athena, Function, Profile};
use local::check::Reference;
use local::data::generate::{
    DATABASE, Fleet, LAST, RANGE_FROM, RANGE_TO, READINGS, SECOND, SIGNALS,
};
use local::data::write::{Numbered, Target};
use local::s3::S3;
use local::timestream::{Options, Server};
use serde_json::json;

use crate::scripted::{Call, Reply, Scripted};
use crate::{plugin, sdk_config_with_glue};

const BUCKET: &str = "spill";

/// Of this many rows one is kept: enough for every query to tell, few enough for many queries.
const ROWS_PER_KEPT: usize = 10;

/// A view, for Timestream.
const VIEW: &str = "SELECT region, bin(time, 1h) AS hour, max(temperature) AS peak, count(*) AS n, \
    CAST(bin(time, 1d) AS date) AS day FROM \"Fleet-Metrics\".\"Readings\" GROUP BY region, bin(time, 1h), bin(time, 1d)";

/// The same for the engine that never sees the connector.
const VIEW_DEFINED: &str = "CREATE VIEW \"fleet-metrics\".hourly AS SELECT region, date_trunc('hour', time) AS hour, \
    max(temperature) AS peak, count(*) AS n, CAST(date_trunc('day', time) AS date) AS day FROM \"fleet-metrics\".readings \
    GROUP BY region, date_trunc('hour', time), date_trunc('day', time)";

/// A dialect, as its component is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Ours,
    Java,
}

pub(super) struct Stage {
    pub(super) timestream: Server,
    _glue: Scripted,
    spill: aws_sdk_s3::Client,
    _s3: S3,
    ours: Arc<Connector>,
    java: Arc<Connector>,
    pub(super) reference: Reference,
}

impl Stage {
    pub(super) async fn start() -> Result<Self> {
        let timestream = Server::start(Options::default()).await?;
        let s3 = S3::start(0, BUCKET, None).await?;
        let glue = Scripted::start(glue).await?;
        let config = sdk_config_with_glue(&timestream.url(), &s3.url(), glue.url());
        let fleet = fleet();
        let write = aws_sdk_timestreamwrite::Client::new(&config);
        load(&write, READINGS, fleet.reading_records()).await?;
        load(&write, SIGNALS, fleet.signal_records()).await?;
        let reference = Reference::new(&fleet)?;
        reference.query(VIEW_DEFINED).await?;
        let connector = |dialect: &str| -> Result<Arc<Connector>> {
            let settings = Settings::from_lookup(|name| match name {
                "spill_bucket" => Some(BUCKET.to_owned()),
                // What conditions fetch is compared, not what it costs to count.
                "slices_per_query" => Some("1".to_owned()),
                _ => None,
            })?;
            Ok(Arc::new(Connector::with_plugin(
                settings,
                &config,
                plugin(dialect)?,
            )))
        };
        Ok(Self {
            spill: aws_sdk_s3::Client::new(&config),
            ours: connector("timestream")?,
            java: connector("java-compat")?,
            timestream,
            _glue: glue,
            _s3: s3,
            reference,
        })
    }

    /// Athena before the connector with a dialect.
    pub(super) fn athena(&self, dialect: Dialect, profile: Profile) -> Result<Athena> {
        let connector = match dialect {
            Dialect::Ours => &self.ours,
            Dialect::Java => &self.java,
        };
        let mut options = athena::Options::new(self.spill.clone());
        options.profile = profile;
        Athena::open(Function::InProcess(Arc::clone(connector)), options)
    }
}

/// The demo's fleet, with every so many rows, and the readings at the edges of its ranges.
fn fleet() -> Fleet {
    let mut fleet = Fleet::generate();
    let is_edge = |time: i64| {
        [RANGE_FROM, RANGE_TO, LAST]
            .iter()
            .any(|edge| (time - edge).abs() < SECOND)
    };
    let mut number = 0;
    fleet.readings.retain(|reading| {
        number += 1;
        number % ROWS_PER_KEPT == 0 || is_edge(reading.time)
    });
    let mut number = 0;
    // Measures take turns, four of them: an odd step keeps them all.
    fleet.signals.retain(|_| {
        number += 1;
        number % (ROWS_PER_KEPT + 1) == 0
    });
    fleet
}

async fn load<E: std::error::Error + Send + Sync + 'static>(
    client: &aws_sdk_timestreamwrite::Client,
    table: &str,
    records: impl Iterator<Item = Result<aws_sdk_timestreamwrite::types::Record, E>>,
) -> Result<()> {
    let target = Target {
        client,
        database: DATABASE,
        table,
    };
    target.create().await?;
    let numbered = (1..).zip(records).map(|(line, record)| {
        let record = Ok(record?);
        Ok(Numbered { line, record })
    });
    let written = target
        .write(numbered)
        .await
        .context("cannot load the fleet")?;
    ensure!(
        written.rejected.is_empty(),
        "{table} rejects {:?}",
        written.rejected.first()
    );
    Ok(())
}

/// Glue knows the view and nothing else.
fn glue(call: &Call) -> Reply {
    if call.operation != "GetTable" || call.body["Name"] != "hourly" {
        return Reply::Error(
            400,
            "EntityNotFoundException",
            "Entity Not Found".to_owned(),
        );
    }
    let column = |name: &str, kind: &str| json!({"Name": name, "Type": kind});
    let columns = [
        column("region", "string"),
        column("hour", "timestamp"),
        column("peak", "double"),
        column("n", "bigint"),
        column("day", "date"),
    ];
    let parameters = json!({"timestream-metadata-flag": "x", "_view_template": VIEW});
    let table = json!({"Name": "hourly", "Parameters": parameters, "StorageDescriptor": {"Columns": columns}});
    Reply::Json(json!({"Table": table}).to_string())
}
