//! What runs: a Timestream with the awkward tables, Glue with a view, S3, and a Trino before `bootstrap` processes.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use aws_config::SdkConfig;
use clap::ValueEnum;
use connector::wire::Constraints;
use connector::{Connector, Settings};
use local::s3::S3;
use local::timestream::{Fault as FaultyWay, Options, Server};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use tokio::runtime::Runtime;

use super::fault::Fault;
use super::sources::{RATIOS, STEPS, Sources, steps};
use super::tables::{self, DATABASE, Expected, TABLES};
use crate::jvm::{Jvm, Program};
use crate::processes::{packaged_dialect, program};
use crate::proof::records::store;
use crate::scripted::{Call, Reply, Scripted};
use crate::{plugin, sdk_config, sdk_config_with_glue};

const BUCKET: &str = "spill";

/// The function without a fault, and what its catalogs' names begin with.
const SOUND: &str = "connector";

/// A page of Timestream's, so small that large answers have many.
const PAGE_BYTES: usize = 100_000;

/// `bootstrap` processes: as many statements run at a time as the Java side has processors.
const WORKERS: usize = 2;

/// A version of Trino.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Version {
    /// With which Athena's engine 3 began.
    #[value(name = "393")]
    V393,
    /// The one that decides.
    #[default]
    #[value(name = "435")]
    V435,
}

impl Version {
    const fn program(self) -> Program {
        Program {
            folder: match self {
                Self::V393 => "trino/393",
                Self::V435 => "trino/435",
            },
            main: "athena.Athena",
            options: &[
                "-Xmx2g",
                // Plans and the code made of them are new with each statement: to optimise them costs more than it gives.
                "-XX:TieredStopAtLevel=1",
                "-Duser.timezone=UTC",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
            ],
        }
    }

    /// As it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::V393 => "393",
            Self::V435 => "435",
        }
    }

    /// Why it cannot be run on this machine; None if it can.
    pub fn missing(self) -> Option<&'static str> {
        self.program().missing()
    }

    /// Whether −0.0 and 0.0 are one in ORDER BY. Until release 433 they were two, by Java's `Double.compare`; then no
    /// statement orders by doubles, since 435 is right.
    pub fn ties_zeros(self) -> bool {
        self == Self::V435
    }
}

/// How much of a query is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Domains alone.
    Values,
    /// All that the connector announces: expressions, limit, order with a limit.
    Everything,
}

impl Profile {
    /// The catalog that pushes so much, to the connector as it is or to one with a fault.
    pub fn catalog(self, fault: Option<Fault>) -> String {
        let pushed = match self {
            Self::Values => "values",
            Self::Everything => "everything",
        };
        format!("{}_{pushed}", fault.map_or(SOUND, Fault::name))
    }
}

/// What came of a statement.
#[derive(Debug, Deserialize)]
pub struct Outcome {
    /// Trino's types of the columns.
    #[serde(default)]
    pub types: Vec<String>,
    /// Integers are numbers; doubles, instants and dates are texts, as Java prints them.
    #[serde(default)]
    pub rows: Vec<Vec<Json>>,
    /// Why there are no rows.
    pub failed: Option<Failed>,
    /// For each scan that had a split, in the order of planning.
    pub sent: Vec<Sent>,
}

/// Why a statement fails.
#[derive(Debug, Deserialize)]
pub struct Failed {
    /// Trino's; `FUNCTION` if it was the connector that failed.
    pub code: String,
    /// For a person.
    pub message: String,
}

/// What was sent for a scan of a table.
#[derive(Debug, Deserialize)]
pub struct Sent {
    /// The table's schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Constraints of planning: GetTableLayout and GetSplits.
    pub planned: Constraints,
    /// Constraints of ReadRecords: narrower where a join has told more; None if it was not read.
    pub read: Option<Constraints>,
    /// The planned ones as Trino prints them, a line each.
    pub shown: String,
    /// Blocks that came.
    pub blocks: usize,
    /// Whether they came through S3.
    pub spilled: bool,
}

/// Everything started.
pub struct Stage {
    version: Version,
    trino: Mutex<Jvm>,
    sources: Sources,
    // These serve as long as they live.
    timestream: Server,
    s3: S3,
    glue: Scripted,
    _faulty_ways: Vec<FaultyWay>,
    _folder: tempfile::TempDir,
    _runtime: Runtime,
}

impl Stage {
    /// Starts everything. For each of `faults` there is a function that has it; `more` are further tables of the expected
    /// side.
    ///
    /// # Errors
    ///
    /// When something does not start, or the rows cannot be written.
    pub fn start(
        version: Version,
        faults: &[Fault],
        more: Vec<(String, Expected)>,
    ) -> Result<Self> {
        let runtime = Runtime::new()?;
        let folder = tempfile::tempdir()?;
        let (timestream, s3, glue) = runtime.block_on(async {
            let options = Options {
                page_bytes: PAGE_BYTES,
                ..Options::default()
            };
            let timestream = Server::start(options).await?;
            let s3 = S3::start(0, BUCKET, None).await?;
            load(&timestream, &s3).await?;
            Ok::<_, anyhow::Error>((timestream, s3, Scripted::start(glue).await?))
        })?;
        let environment = json!({
            "AWS_ENDPOINT_URL_TIMESTREAM_QUERY": timestream.url(),
            "AWS_ENDPOINT_URL_TIMESTREAM_WRITE": timestream.url(),
            "AWS_ENDPOINT_URL_GLUE": glue.url(),
            "AWS_ENDPOINT_URL_S3": s3.url(),
            "AWS_ENDPOINT_URL_ATHENA": "http://127.0.0.1:1",
            "AWS_ACCESS_KEY_ID": s3.access_key,
            "AWS_SECRET_ACCESS_KEY": s3.secret_key,
            "AWS_REGION": "us-east-1",
            "spill_bucket": s3.bucket(),
            // A table of 12,000 rows is read by as many queries.
            "slices_per_query": "5",
            "dialect": packaged_dialect()?,
        });
        let function = |environment: Json, low_inclusive: bool| json!({"workers": WORKERS, "environment": environment, "lowInclusive": low_inclusive});
        let mut functions = Map::new();
        functions.insert(SOUND.to_owned(), function(environment.clone(), false));
        let mut faulty_ways = Vec::new();
        for fault in faults {
            let mut environment = environment.clone();
            if let Some(rewrite) = fault.rewrite() {
                let way = runtime.block_on(FaultyWay::start(timestream.url(), rewrite))?;
                environment["AWS_ENDPOINT_URL_TIMESTREAM_QUERY"] = json!(way.url());
                faulty_ways.push(way);
            }
            let described = function(environment, *fault == Fault::Bounds);
            functions.insert(fault.name().to_owned(), described);
        }
        let rows = folder.path().join("rows.json");
        std::fs::write(&rows, Sources::new().json(more).to_string())?;
        let mut trino = version.program().start()?;
        trino
            .ask(&json!({
                "do": "start",
                "bootstrap": program("bootstrap")?,
                "functions": functions,
                "rows": rows,
                "log": folder.path().join("bootstrap.log"),
            }))
            .context("cannot start Trino")?;
        Ok(Self {
            version,
            trino: Mutex::new(trino),
            sources: Sources::new(),
            timestream,
            s3,
            glue,
            _faulty_ways: faulty_ways,
            _folder: folder,
            _runtime: runtime,
        })
    }

    /// Which Trino it is.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What statements can read.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// A connector in this process before the same Timestream, Glue and S3.
    ///
    /// # Errors
    ///
    /// When the dialect was not built.
    pub fn connector(&self) -> Result<Arc<Connector>> {
        let settings = Settings::from_lookup(|name| match name {
            "spill_bucket" => Some(self.s3.bucket().to_owned()),
            // Small tables are not worth a count.
            "slices_per_query" => Some("1".to_owned()),
            _ => None,
        });
        let plugin = plugin("timestream")?;
        let connector = Connector::with_plugin(settings?, &self.config(), plugin);
        Ok(Arc::new(connector))
    }

    /// An SDK configuration that reaches these servers.
    pub fn config(&self) -> SdkConfig {
        sdk_config_with_glue(&self.timestream.url(), &self.s3.url(), self.glue.url())
    }

    /// Runs statements, some at a time, each with its seed for what Athena is free to choose (sizes of blocks).
    ///
    /// # Errors
    ///
    /// When Trino has ended; a statement that fails has its outcome.
    pub fn run(&self, statements: &[(String, u64)]) -> Result<Vec<Outcome>> {
        let statements: Vec<Json> = statements
            .iter()
            .map(|(sql, seed)| json!({"sql": sql, "seed": seed}))
            .collect();
        let outcomes = self.ask(&json!({"do": "run", "statements": statements}))?;
        let outcomes: Vec<Outcome> =
            serde_json::from_value(outcomes).context("cannot read what Trino did")?;
        ensure!(
            outcomes.len() == statements.len(),
            "{} outcomes",
            outcomes.len()
        );
        Ok(outcomes)
    }

    /// What is sent for a statement, whose tables stand in braces (`SELECT id FROM {edges} WHERE …`), and what came.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn sent(&self, profile: Profile, statement: &str) -> Result<Outcome> {
        let sql = self.sources.render(statement, &profile.catalog(None));
        let outcome = self.run(&[(sql, 0)])?.pop();
        outcome.context("no outcome")
    }

    /// What SQL expressions are on each row of a table of the expected side, by its column `id`, which counts from 0.
    ///
    /// # Errors
    ///
    /// When Trino has ended.
    pub fn evaluate(&self, table: &str, expressions: &[String]) -> Result<Vec<Evaluated>> {
        self.evaluate_on(&format!("rows.{DATABASE}.{table}"), expressions)
    }

    /// The same of any relation.
    ///
    /// # Errors
    ///
    /// As [`Self::evaluate`].
    pub fn evaluate_on(&self, from: &str, expressions: &[String]) -> Result<Vec<Evaluated>> {
        let command = json!({"do": "evaluate", "from": from, "expressions": expressions});
        serde_json::from_value(self.ask(&command)?).context("cannot read what Trino evaluated")
    }

    fn ask(&self, command: &Json) -> Result<Json> {
        let mut trino = self.trino.lock().unwrap_or_else(PoisonError::into_inner);
        trino.ask(command)
    }
}

/// What an expression is.
#[derive(Debug, Deserialize)]
pub struct Evaluated {
    /// On each row: its value in an array, or None where it fails.
    #[serde(default)]
    pub values: Vec<Option<(Json,)>>,
    /// Why it has no value on any row.
    pub failed: Option<Failed>,
}

async fn load(timestream: &Server, s3: &S3) -> Result<()> {
    let write = aws_sdk_timestreamwrite::Client::new(&sdk_config(&timestream.url(), &s3.url()));
    tables::load(&write, &TABLES).await?;
    store(&write, (DATABASE, "steps"), &STEPS, &["host"], &steps()).await
}

/// Glue knows a view, and a table that shows nanoseconds.
fn glue(call: &Call) -> Reply {
    let column = |(name, kind): (&str, &str)| json!({"Name": name, "Type": kind});
    let (parameters, columns) = match (call.operation.as_str(), call.body["Name"].as_str()) {
        ("GetTable", Some("ratios")) => (
            json!({"_view_template": RATIOS}),
            vec![
                ("id", "bigint"),
                ("host", "string"),
                ("n", "bigint"),
                ("k", "bigint"),
                ("d", "double"),
                ("e", "double"),
                ("ratio", "double"),
                ("i", "int"),
                ("day", "date"),
                ("early", "timestamp"),
            ],
        ),
        ("GetTable", Some("fine")) => (
            json!({"sourceTable": "edges", "timestream_nanos_columns": "true"}),
            vec![],
        ),
        _ => {
            let message = "Entity Not Found".to_owned();
            return Reply::Error(400, "EntityNotFoundException", message);
        }
    };
    let mut parameters = parameters;
    parameters["timestream-metadata-flag"] = json!("");
    let columns: Vec<Json> = columns.into_iter().map(column).collect();
    let table = json!({
        "Name": call.body["Name"],
        "Parameters": parameters,
        "StorageDescriptor": {"Columns": columns},
    });
    Reply::Json(json!({"Table": table}).to_string())
}
