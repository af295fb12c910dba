//! A cold start: from the start of the process to the rows of a first page.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use connector::wire::{Response, write_request};
use serde_json::{Map, Value};

use crate::athena::{answered, plan};
use crate::function::{Function, dialect, packaged_dialect};
use crate::pages::Pages;
use crate::rounded;
use crate::service::{Delays, Service};

/// The best of so many is told.
const TIMES: usize = 20;

pub(crate) fn run() -> Result<Vec<Map<String, Value>>> {
    let runtime = crate::runtime()?;
    let dialects = [
        ("precompiled", packaged_dialect()?),
        ("compiled at the start", dialect()),
    ];
    dialects
        .into_iter()
        .map(|(name, dialect)| {
            let mut best: Option<Start> = None;
            for _ in 0..TIMES {
                let start = runtime.block_on(start(&dialect))?;
                best = best
                    .filter(|best| best.first_rows <= start.first_rows)
                    .or(Some(start));
            }
            let Some(start) = best else {
                bail!("nothing was started");
            };
            let millis = |of: Duration| rounded(of.as_secs_f64() * 1_000.0);
            Ok(Map::from_iter([
                ("dialect".to_owned(), name.into()),
                ("ready ms".to_owned(), millis(start.ready)),
                ("first query ms".to_owned(), millis(start.first_query)),
                ("first rows ms".to_owned(), millis(start.first_rows)),
                ("peak MiB".to_owned(), rounded(start.peak)),
            ]))
        })
        .collect()
}

struct Start {
    /// Until the function asked for work.
    ready: Duration,
    /// Until it asked Timestream for rows.
    first_query: Duration,
    /// Until it answered them.
    first_rows: Duration,
    peak: f64,
}

async fn start(dialect: &Path) -> Result<Start> {
    let service = async || Service::start(Pages::usual(), 1, Delays::default()).await;
    let request = {
        // What Athena asked of another process before.
        let mut service = service().await?;
        let _function = Function::start(&service.address, dialect, 1)?;
        write_request(&plan(&mut service).await?.remove(0))?
    };
    let mut service = service().await?;
    let started = Instant::now();
    let function = Function::start(&service.address, dialect, 1)?;
    let answer = service.invoke(request).await?;
    let first_rows = started.elapsed();
    let Response::ReadRecordsResponse(answer) = answered(&answer)? else {
        bail!("the rows are not inline");
    };
    let rows = answer.records.0.num_rows();
    ensure!(rows == service.rows_of_a_page(), "rows are missing");
    Ok(Start {
        ready: service.ready()? - started,
        first_query: service.first_query()? - started,
        first_rows,
        peak: function.peak_mebibytes()?,
    })
}
