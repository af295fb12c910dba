//! A page's JSON to Arrow, beside the tape of simd-json, which keeps no value, and the SDK's own deserializer.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use aws_sdk_timestreamquery::operation::query::Query;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin as _;
use aws_smithy_runtime_api::client::ser_de::{
    DeserializeResponse as _, SharedResponseDeserializer,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use connector::timestream::{Decoder, Page, schema_of};
use serde_json::{Map, Value};

use crate::pages::Pages;
use crate::rounded;

/// The best of so many is told: the machine has other things to do.
const TIMES: usize = 60;

pub(crate) fn run() -> Result<Vec<Map<String, Value>>> {
    [("usual", Pages::usual()), ("wide", Pages::wide())]
        .into_iter()
        .map(|(name, pages)| compare(name, &pages))
        .collect()
}

fn compare(name: &str, pages: &Pages) -> Result<Map<String, Value>> {
    let text = pages.page(Some("token"));
    let body = Bytes::from(text.clone());
    let mut decoder = Decoder::new(schema_of(pages.fields()));
    let ours = best(|| {
        let started = Instant::now();
        let mut page = Page::parse(body.clone()).map_err(|error| anyhow!("{error}"))?;
        let batch = decoder.decode(&mut page);
        let batch = batch.map_err(|error| anyhow!("{error}"))?;
        let taken = started.elapsed();
        anyhow::ensure!(batch.num_rows() == pages.rows, "rows are missing");
        Ok(taken)
    })?;
    let simd = best(|| {
        // It unescapes in place.
        let mut bytes = text.clone().into_bytes();
        let started = Instant::now();
        black_box(simd_json::to_tape(&mut bytes)?);
        Ok(started.elapsed())
    })?;
    let layer = Query::new().config().context("the SDK has no Query")?;
    let sdk = layer.load::<SharedResponseDeserializer>();
    let sdk = sdk.context("the SDK has no deserializer")?;
    let answer = HttpResponse::new(200.try_into()?, SdkBody::from(text.as_str()));
    let sdk = best(|| {
        let started = Instant::now();
        #[expect(deprecated, reason = "the form with a configuration calls this one")]
        let output = sdk.deserialize_nonstreaming(&answer);
        black_box(output.map_err(|error| anyhow!("{error:?}"))?);
        Ok(started.elapsed())
    })?;
    let ratio = |of: Duration| rounded(ours.as_secs_f64() / of.as_secs_f64());
    let millis = |of: Duration| rounded(of.as_secs_f64() * 1_000.0);
    Ok(Map::from_iter([
        ("page".to_owned(), name.into()),
        ("columns".to_owned(), pages.columns.len().into()),
        ("rows".to_owned(), pages.rows.into()),
        ("bytes".to_owned(), text.len().into()),
        ("ours ms".to_owned(), millis(ours)),
        ("simd-json ms".to_owned(), millis(simd)),
        ("SDK ms".to_owned(), millis(sdk)),
        ("of simd-json".to_owned(), ratio(simd)),
        ("of SDK".to_owned(), ratio(sdk)),
    ]))
}

fn best(mut once: impl FnMut() -> Result<Duration>) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..TIMES {
        best = best.min(once()?);
    }
    Ok(best)
}
