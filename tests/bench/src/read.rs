//! `bootstrap` as Lambda runs it: CPU time, wall time and peak memory of reads of more and more rows.
//!
//! Timestream, S3 and the runtime API are this process; the function is another, one for each read.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use connector::wire::{Response, write_request};
use serde_json::{Map, Value};

use crate::athena::{answered, plan};
use crate::function::{Function, packaged_dialect};
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
    let runtime = crate::runtime()?;
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
    let function = Function::start(&service.address, &packaged_dialect()?, 1)?;
    let request = plan(&mut service).await?.remove(0);

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
