//! Reads of one scan by more and more processes, each page of which takes a while: how much sooner the last row comes.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use connector::wire::{Response, write_request};
use serde_json::{Map, Value};

use crate::athena::{answered, plan};
use crate::function::{Function, packaged_dialect};
use crate::pages::Pages;
use crate::rounded;
use crate::service::{Delays, Service};
use crate::table::Table;

const ROWS: u64 = 2_000_000;
const PAGE_DELAY: Duration = Duration::from_millis(50);

pub(crate) fn run() -> Result<Vec<Map<String, Value>>> {
    let runtime = crate::runtime()?;
    let mut rows = Vec::new();
    for (name, table) in [("even", Table::even(ROWS)), ("skewed", Table::skewed(ROWS))] {
        let mut alone = None;
        for slices in [1, 2, 4, 8, 16] {
            let read = runtime.block_on(read(&table, slices))?;
            let alone: &Read = alone.get_or_insert(read);
            let gain = alone.all().as_secs_f64() / read.all().as_secs_f64();
            rows.push(Map::from_iter([
                ("rows over time".to_owned(), name.into()),
                ("slices".to_owned(), read.slices.into()),
                ("pages".to_owned(), read.pages.into()),
                (
                    "planned after s".to_owned(),
                    rounded(read.planned.as_secs_f64()),
                ),
                ("read in s".to_owned(), rounded(read.wall.as_secs_f64())),
                ("of alone".to_owned(), rounded(gain)),
                ("per slice".to_owned(), rounded(gain / slices as f64)),
            ]));
        }
    }
    Ok(rows)
}

#[derive(Clone, Copy)]
struct Read {
    slices: usize,
    pages: usize,
    /// How long it took to cut the scan.
    planned: Duration,
    wall: Duration,
}

impl Read {
    fn all(&self) -> Duration {
        self.planned + self.wall
    }
}

async fn read(table: &Table, slices: usize) -> Result<Read> {
    let delays = Delays {
        page: PAGE_DELAY,
        ..Delays::default()
    };
    let mut service = Service::of_table(Pages::usual(), table.clone(), delays).await?;
    let dialect = packaged_dialect()?;
    let functions: Result<Vec<Function>> = (0..slices)
        .map(|_| Function::start(&service.address, &dialect, slices))
        .collect();
    let functions = functions?;
    let started = Instant::now();
    let requests = plan(&mut service).await?;
    let planned = started.elapsed();
    ensure!(
        requests.len() == slices,
        "{} slices were to be {slices}",
        requests.len()
    );
    service.idle(slices).await;
    let started = Instant::now();
    for request in &requests {
        service.send(write_request(request)?)?;
    }
    for _ in &requests {
        match answered(&service.receive().await?)? {
            Response::RemoteReadRecordsResponse(_) => {}
            _ => bail!("spilled blocks were asked for"),
        }
    }
    let wall = started.elapsed();
    let pages = service.pages();
    // The last page of each slice is sent whole.
    let pages_of_all = ROWS.div_ceil(service.rows_of_a_page() as u64) as usize;
    ensure!(pages >= pages_of_all, "rows are missing");
    ensure!(pages < pages_of_all + slices, "rows are doubled");
    drop(functions);
    Ok(Read {
        slices,
        pages,
        planned,
        wall,
    })
}
