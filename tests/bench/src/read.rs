//! `bootstrap` as Lambda runs it: CPU time, wall time and peak memory of reads of more and more rows.
//!
//! Timestream, S3 and the runtime API are this process; the function is another, one for each read.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use connector::wire::{
    Constraints, GetSplitsRequest, GetTableLayoutRequest, GetTableRequest, Identity,
    ReadRecordsRequest, Request, Response, TableName, read_response, write_request,
};
use serde_json::{Map, Value};

use crate::pages::Pages;
use crate::rounded;
use crate::service::{Delays, Service};

#[derive(Debug)]
pub(crate) struct Options {
    rows: Vec<usize>,
    delays: Delays,
}

impl Options {
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self> {
        let mut options = Self {
            rows: vec![10_000, 100_000, 1_000_000, 10_000_000],
            delays: Delays::default(),
        };
        let (pairs, rest) = arguments.as_chunks();
        ensure!(rest.is_empty(), "{} has no value", rest[0]);
        for [name, value] in pairs {
            match *name {
                "--rows" => {
                    let rows = value.split(',').map(str::parse);
                    options.rows = rows.collect::<Result<_, _>>()?;
                }
                "--slow-s3" => {
                    options.delays.s3_per_megabyte = Duration::from_millis(value.parse()?);
                }
                "--slow-pages" => options.delays.page = Duration::from_millis(value.parse()?),
                _ => bail!("{name} is not known"),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run(options: &Options) -> Result<Vec<Map<String, Value>>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let mut first = None;
    let mut rows = Vec::new();
    for count in &options.rows {
        let figures = runtime.block_on(read(*count, options.delays))?;
        let first = first.get_or_insert(figures);
        rows.push(Map::from_iter([
            ("rows".to_owned(), figures.rows.into()),
            ("MB of pages".to_owned(), rounded(figures.page_bytes / 1e6)),
            ("blocks".to_owned(), figures.blocks.into()),
            ("CPU s".to_owned(), rounded(figures.cpu)),
            (
                "CPU s per million".to_owned(),
                rounded(figures.cpu_per_million()),
            ),
            ("wall s".to_owned(), rounded(figures.wall)),
            ("peak MiB".to_owned(), rounded(figures.peak)),
            (
                "CPU per row, of the first".to_owned(),
                rounded(figures.cpu_per_million() / first.cpu_per_million()),
            ),
            (
                "peak, of the first".to_owned(),
                rounded(figures.peak / first.peak),
            ),
        ]));
    }
    Ok(rows)
}

#[derive(Clone, Copy)]
struct Figures {
    rows: usize,
    page_bytes: f64,
    blocks: usize,
    cpu: f64,
    wall: f64,
    peak: f64,
}

impl Figures {
    fn cpu_per_million(&self) -> f64 {
        self.cpu * 1e6 / self.rows as f64
    }
}

async fn read(rows: usize, delays: Delays) -> Result<Figures> {
    let pages = Pages::usual();
    let page_count = rows.div_ceil(pages.rows);
    let (rows, page_bytes) = (page_count * pages.rows, page_count * pages.page(None).len());
    let mut service = Service::start(pages, page_count, delays).await?;
    let function = Function::start(&service.address)?;
    let request = planned(&mut service).await?;

    let (started, before) = (Instant::now(), function.cpu()?);
    let answer = service.invoke(write_request(&request)?).await?;
    let (wall, cpu) = (started.elapsed(), function.cpu()? - before);
    let blocks = match answered(&answer)? {
        Response::RemoteReadRecordsResponse(answer) => {
            ensure!(answer.encryption_key.is_some(), "blocks are not encrypted");
            answer.remote_blocks.len()
        }
        Response::ReadRecordsResponse(answer) => {
            ensure!(answer.records.0.num_rows() == rows, "rows are missing");
            0
        }
        _ => bail!("rows were asked for"),
    };
    // A row has some ninety bytes in its block.
    ensure!(
        blocks == 0 || service.uploaded_bytes() > 50 * rows,
        "rows are missing"
    );
    Ok(Figures {
        rows,
        page_bytes: page_bytes as f64,
        blocks,
        cpu: cpu.as_secs_f64(),
        wall: wall.as_secs_f64(),
        peak: function.peak_mebibytes()?,
    })
}

/// Athena's calls before a read, and the read's.
async fn planned(service: &mut Service) -> Result<Request> {
    let (identity, query_id) = (Some(Identity::default()), "query".to_owned());
    let (catalog_name, constraints) = ("catalog".to_owned(), Constraints::default());
    let table_name = TableName {
        schema_name: "plant".into(),
        table_name: "machines".into(),
    };
    let request = Request::GetTableRequest(GetTableRequest {
        identity: identity.clone(),
        query_id: Some(query_id.clone()),
        catalog_name: catalog_name.clone(),
        table_name: table_name.clone(),
        query_passthrough_arguments: Default::default(),
    });
    let Response::GetTableResponse(table) = ask(service, &request).await? else {
        bail!("a table was asked for");
    };
    let request = Request::GetTableLayoutRequest(GetTableLayoutRequest {
        identity: identity.clone(),
        query_id: Some(query_id.clone()),
        catalog_name: catalog_name.clone(),
        table_name: table_name.clone(),
        constraints: constraints.clone(),
        schema: table.schema.clone(),
        partition_columns: Vec::new(),
    });
    let Response::GetTableLayoutResponse(layout) = ask(service, &request).await? else {
        bail!("a layout was asked for");
    };
    let request = Request::GetSplitsRequest(GetSplitsRequest {
        identity: identity.clone(),
        query_id: Some(query_id.clone()),
        catalog_name: catalog_name.clone(),
        table_name: table_name.clone(),
        partitions: layout.partitions,
        partition_columns: Vec::new(),
        constraints: constraints.clone(),
        continuation_token: None,
    });
    let Response::GetSplitsResponse(splits) = ask(service, &request).await? else {
        bail!("splits were asked for");
    };
    let split = splits.splits.into_iter().next();
    Ok(Request::ReadRecordsRequest(ReadRecordsRequest {
        identity,
        query_id,
        catalog_name,
        table_name,
        schema: table.schema,
        split: split.context("there is no split")?,
        constraints,
        max_block_size: 16_000_000,
        max_inline_block_size: 5_242_880,
    }))
}

async fn ask(service: &mut Service, request: &Request) -> Result<Response> {
    answered(&service.invoke(write_request(request)?).await?)
}

fn answered(answer: &[u8]) -> Result<Response> {
    let said = || String::from_utf8_lossy(&answer[..answer.len().min(1_000)]).into_owned();
    read_response(answer).with_context(said)
}

/// A running `bootstrap`, ended when dropped.
struct Function(Child);

impl Function {
    fn start(address: &str) -> Result<Self> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let program = root.join("target/release/bootstrap");
        let endpoint = format!("http://{address}");
        let child = Command::new(&program)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "timestream")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "log")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "log")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local-secret")
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("dialect", root.join("target/components/timestream.wasm"))
            .env("disable_glue", "true")
            .env("spill_bucket", "spill")
            // The pages of one query are replayed.
            .env("slices_per_query", "1")
            .env("AWS_ENDPOINT_URL_ATHENA", "http://127.0.0.1:1")
            .env("RUST_LOG", "error")
            // Its records of metrics are not the benchmark's.
            .stdout(std::process::Stdio::null())
            .spawn();
        let child = child.with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self(child))
    }

    /// Time of all its threads on a processor.
    fn cpu(&self) -> Result<Duration> {
        let mut nanos = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            let first = text.split(' ').next().context("a thread tells no time")?;
            nanos += first.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }

    fn peak_mebibytes(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|line| line.trim().strip_suffix(" kB"));
        let kibibytes: f64 = peak.context("the process tells no peak")?.parse()?;
        Ok(kibibytes / 1_024.0)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
