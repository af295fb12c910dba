//! The environment as [`Settings`], validated once at start; every problem is reported, not the first alone.

mod connection;
mod lookup;

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::http::Headers;

use self::lookup::Lookup;
use crate::error::{Error, Result};
use crate::slot::{self, Choice, Keys};
use crate::timestream::{Place, Throttling};

/// Slices that can be set: more queries at once no account has.
const MOST_SLICES: usize = 1_000;

/// A block is put together in memory, and an array of texts holds 2 GiB at most.
const MOST_BLOCK_BYTES: u64 = 1 << 30;

/// Memory to assume outside of a Lambda function, in megabytes.
const MEGABYTES: usize = 512;

/// Twice as many are sorted at once, and an array of texts holds 2 GiB at most.
const MOST_TOP_N_BYTES: usize = 960 << 20;

/// What a user can set, under the names of the Java SDK where it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `spill_bucket`: where blocks go that do not fit an answer.
    pub spill_bucket: Option<String>,
    /// `spill_prefix`: what their keys begin with.
    pub spill_prefix: String,
    /// `spill_put_request_headers`: a JSON object of headers added to each put.
    pub spill_put_request_headers: BTreeMap<String, String>,
    /// `disable_spill_encryption`: blocks are not encrypted.
    pub disable_spill_encryption: bool,
    /// `kms_key_id`: blocks are encrypted with a data key of this key.
    pub kms_key_id: Option<String>,
    /// `MAX_BLOCK_SIZE_BYTES`: replaces the request's size of a block.
    pub max_block_size_bytes: Option<u64>,
    /// `slices_per_query`: queries that a scan is read by at most, side by side; 1 reads by one alone. None: from the
    /// account's TCU and the number of rows.
    pub slices_per_query: Option<usize>,
    /// `max_bytes_metered`: bytes that Timestream may meter for one read before it is ended; each slice is a read.
    pub max_bytes_metered: Option<u64>,
    /// `throttle_initial_delay_ms`, `throttle_max_delay_ms`, `throttle_decrease_factor`, `throttle_increase_ms`.
    pub throttling: Throttling,
    /// Bytes of rows that a top-N may keep in the function: an eighth of `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, since sorting
    /// needs four times as many.
    pub top_n_bytes: usize,
    /// `enable_query_passthrough`: statements for Timestream are accepted as they are.
    pub enable_query_passthrough: bool,
    /// `disable_glue`: tables and views are not looked up in Glue. Off for no value but `false`, as in the Java SDK.
    pub disable_glue: bool,
    /// `glue_catalog`: the Glue catalog they are looked up in, an account's number.
    pub glue_catalog: Option<String>,
    /// `timestream_role_arn`, `timestream_role_external_id`, `timestream_region`, `timestream_query_endpoint`, `timestream_write_endpoint`.
    pub timestream: Place,
    /// `dialect`: the file of the package's plugin.
    pub dialect: PathBuf,
    /// `plugin_store`: where plugins lie that replace it while the function runs.
    pub plugin_store: Option<slot::Place>,
    /// `plugin_keys`: public keys, one of which must have signed what is taken from the store.
    pub plugin_keys: Keys,
    /// `plugin`: which of them serves, by name and perhaps digest.
    pub plugin: Choice,
    /// `dialect_options`: a JSON object of options for the dialect; a table's own go before.
    pub dialect_options: BTreeMap<String, String>,
    /// `record_requests`: the shape of each request is kept in the spill bucket.
    pub record_requests: bool,
    /// `policies`: which policies judge each query, in order; of the store, or of the dialect's folder without one.
    pub policies: Vec<Choice>,
    /// `policy_options`: a JSON object of options for the policies.
    pub policy_options: BTreeMap<String, String>,
}

impl Settings {
    /// Reads settings through a lookup such as the environment's.
    ///
    /// # Errors
    ///
    /// All that is wrong, in one message.
    pub fn from_lookup(get: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let lookup = Lookup::new(&get);
        let settings = Self::read(&lookup);
        let problems = lookup.problems.into_inner();
        if problems.is_empty() {
            return Ok(settings);
        }
        let problems = problems.join("; ");
        let message = format!("cannot start with these settings: {problems}");
        Err(Error::invalid_input(message))
    }

    fn read(lookup: &Lookup<impl Fn(&str) -> Option<String>>) -> Self {
        let spill_bucket = lookup.text("spill_bucket");
        if spill_bucket.iter().any(|bucket| bucket.contains('/')) {
            let problem = "`spill_bucket` holds a `/`; hint: give the bucket's name alone";
            lookup.problem(problem.to_owned());
        }
        let spill_prefix = lookup.text("spill_prefix");
        let spill_put_request_headers = lookup.texts("spill_put_request_headers");
        for (name, value) in &spill_put_request_headers {
            let (header, value) = (name.clone(), value.clone());
            if Headers::new().try_insert(header, value).is_err() {
                lookup.problem(format!(
                    "`spill_put_request_headers` holds `{name}`, which is not a header of HTTP"
                ));
            }
        }
        let timestream = Place {
            query_endpoint: lookup.url("timestream_query_endpoint"),
            write_endpoint: lookup.url("timestream_write_endpoint"),
            role_arn: lookup.text("timestream_role_arn"),
            role_external_id: lookup.text("timestream_role_external_id"),
            region: lookup.text("timestream_region"),
        };
        if timestream.role_external_id.is_some() && timestream.role_arn.is_none() {
            let problem = "`timestream_role_external_id` needs `timestream_role_arn`";
            lookup.problem(problem.to_owned());
        }
        let is_role = |arn: &String| arn.starts_with("arn:") && arn.contains(":role/");
        if !timestream.role_arn.iter().all(is_role) {
            lookup.problem("`timestream_role_arn` is not the ARN of a role".to_owned());
        }
        let default = Throttling::default();
        let throttling = Throttling {
            initial_delay: lookup.milliseconds("throttle_initial_delay_ms"),
            max_delay: lookup
                .milliseconds("throttle_max_delay_ms")
                .unwrap_or(default.max_delay),
            decrease_factor: lookup
                .number("throttle_decrease_factor", 0.001..=1.0)
                .unwrap_or(default.decrease_factor),
            increase: lookup.milliseconds("throttle_increase_ms"),
            ..default
        };
        let memory = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
        let megabytes = lookup.number(memory, 1..=1 << 20).unwrap_or(MEGABYTES);
        // As in the Java SDK, every value but `false` switches Glue off, even an empty one.
        let disable_glue = (lookup.get)("disable_glue");
        Self {
            spill_bucket,
            spill_prefix: spill_prefix.unwrap_or_else(|| "athena-federation-spill".into()),
            spill_put_request_headers,
            disable_spill_encryption: lookup.switch("disable_spill_encryption", false),
            kms_key_id: lookup.text("kms_key_id"),
            max_block_size_bytes: lookup.number("MAX_BLOCK_SIZE_BYTES", 1..=MOST_BLOCK_BYTES),
            slices_per_query: lookup.number("slices_per_query", 1..=MOST_SLICES),
            max_bytes_metered: lookup.bytes("max_bytes_metered"),
            throttling,
            top_n_bytes: ((megabytes << 20) / 8).min(MOST_TOP_N_BYTES),
            enable_query_passthrough: lookup.switch("enable_query_passthrough", true),
            timestream,
            disable_glue: disable_glue.is_some_and(|value| !value.eq_ignore_ascii_case("false")),
            glue_catalog: lookup.text("glue_catalog"),
            dialect_options: lookup.texts("dialect_options"),
            record_requests: lookup.switch("record_requests", false),
            policies: lookup.parsed("policies", chain).unwrap_or_default(),
            policy_options: lookup.values("policy_options"),
            plugin_store: lookup.parsed("plugin_store", slot::Place::parse),
            plugin_keys: lookup
                .parsed("plugin_keys", Keys::parse)
                .unwrap_or_default(),
            plugin: lookup.parsed("plugin", Choice::parse).unwrap_or_default(),
            dialect: lookup
                .text("dialect")
                .map_or_else(packaged_dialect, PathBuf::from),
        }
    }

    /// Reads settings through a lookup and, where that names a `glue_connection`, from the connection what the lookup
    /// does not have.
    ///
    /// # Errors
    ///
    /// When the connection cannot be read, or as [`Settings::from_lookup`].
    pub async fn load(get: impl Fn(&str) -> Option<String>, config: &SdkConfig) -> Result<Self> {
        match get("glue_connection").filter(|name| !name.trim().is_empty()) {
            Some(name) => {
                let connection = connection::properties(config, &name).await?;
                // Empty is unset, as everywhere.
                let own = |name: &str| get(name).filter(|value| !value.trim().is_empty());
                Self::from_lookup(|name| {
                    own(name)
                        .or_else(|| connection.get(name).cloned())
                        .or_else(|| get(name))
                })
            }
            None => Self::from_lookup(get),
        }
    }

    /// Reads the process's environment.
    ///
    /// # Errors
    ///
    /// As [`Settings::from_lookup`].
    pub fn from_env() -> Result<Self> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }
}

/// Plugins with commas between them.
fn chain(text: &str) -> Result<Vec<Choice>, &'static str> {
    text.split(',')
        .map(|text| Choice::parse(text.trim()))
        .collect()
}

/// The dialect that is deployed beside the executable.
fn packaged_dialect() -> PathBuf {
    let folder = std::env::current_exe()
        .ok()
        .and_then(|path| path.parent().map(PathBuf::from));
    folder.unwrap_or_default().join("timestream.wasm")
}
