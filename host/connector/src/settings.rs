//! The environment as [`Settings`], validated once at start; every problem is reported, not the first alone.

mod connection;

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::http::Headers;

use crate::error::{Error, Result};
use crate::timestream::Place;

/// Slices that can be set: more queries at once no account has.
const MOST_SLICES: usize = 1_000;

/// What a user can set, under the names of the Java SDK where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// `slices_per_query`: queries that a scan is read by at most, side by side; 1 reads by one alone.
    pub slices_per_query: Option<usize>,
    /// `enable_query_passthrough`: statements for Timestream are accepted as they are.
    pub enable_query_passthrough: bool,
    /// `disable_glue`: tables and views are not looked up in Glue. Off for no value but `false`, as in the Java SDK.
    pub disable_glue: bool,
    /// `glue_catalog`: the Glue catalog they are looked up in, an account's number.
    pub glue_catalog: Option<String>,
    /// `timestream_role_arn`, `timestream_region`, `timestream_query_endpoint`, `timestream_write_endpoint`.
    pub timestream: Place,
    /// `dialect`: the plugin's file.
    pub dialect: PathBuf,
    /// `dialect_options`: a JSON object of options for the dialect; a table's own go before.
    pub dialect_options: BTreeMap<String, String>,
}

impl Settings {
    /// Reads settings through a lookup such as the environment's.
    ///
    /// # Errors
    ///
    /// All that is wrong, in one message.
    pub fn from_lookup(get: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut problems = Vec::new();
        let text = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        let mut texts = |name: &str| {
            let json = text(name)?;
            serde_json::from_str::<BTreeMap<String, String>>(&json)
                .map_err(|_| problems.push(format!("`{name}` is no JSON object of texts")))
                .ok()
        };
        let spill_put_request_headers = texts("spill_put_request_headers").unwrap_or_default();
        let dialect_options = texts("dialect_options").unwrap_or_default();
        for (name, value) in &spill_put_request_headers {
            if Headers::new()
                .try_insert(name.clone(), value.clone())
                .is_err()
            {
                problems.push(format!(
                    "`spill_put_request_headers` holds `{name}`, which is no header of HTTP"
                ));
            }
        }
        let mut switch = |name: &str, default: bool| match text(name)
            .as_deref()
            .map(str::to_lowercase)
            .as_deref()
        {
            None => default,
            Some("true") => true,
            Some("false") => false,
            Some(_) => {
                problems.push(format!("`{name}` is neither `true` nor `false`"));
                default
            }
        };
        let disable_spill_encryption = switch("disable_spill_encryption", false);
        let enable_query_passthrough = switch("enable_query_passthrough", true);
        let max_block_size_bytes =
            text("MAX_BLOCK_SIZE_BYTES").and_then(|value| match value.parse() {
                Ok(bytes) if bytes > 0 => Some(bytes),
                _ => {
                    problems.push(format!(
                        "`MAX_BLOCK_SIZE_BYTES` is no positive number: {value}"
                    ));
                    None
                }
            });
        let slices_per_query = text("slices_per_query").and_then(|value| match value.parse() {
            Ok(slices @ 1..=MOST_SLICES) => Some(slices),
            _ => {
                problems.push(format!(
                    "`slices_per_query` is not a number from 1 to {MOST_SLICES}: {value}"
                ));
                None
            }
        });
        let spill_bucket = text("spill_bucket");
        if spill_bucket
            .as_deref()
            .is_some_and(|bucket| bucket.contains('/'))
        {
            problems
                .push("`spill_bucket` holds a `/`; hint: give the bucket's name alone".to_owned());
        }
        let mut endpoint = |name: &str| {
            let url = text(name)?;
            if !url.starts_with("https://") && !url.starts_with("http://") {
                problems.push(format!(
                    "`{name}` is no URL: it begins neither with `https://` nor with `http://`"
                ));
            }
            Some(url)
        };
        let timestream = Place {
            query_endpoint: endpoint("timestream_query_endpoint"),
            write_endpoint: endpoint("timestream_write_endpoint"),
            role_arn: text("timestream_role_arn"),
            region: text("timestream_region"),
        };
        if timestream
            .role_arn
            .as_deref()
            .is_some_and(|arn| !arn.starts_with("arn:") || !arn.contains(":role/"))
        {
            problems.push("`timestream_role_arn` is no ARN of a role".to_owned());
        }
        if !problems.is_empty() {
            return Err(Error::invalid_input(format!(
                "cannot start with these settings: {}",
                problems.join("; ")
            )));
        }
        Ok(Self {
            spill_bucket,
            spill_prefix: text("spill_prefix").unwrap_or_else(|| "athena-federation-spill".into()),
            spill_put_request_headers,
            disable_spill_encryption,
            kms_key_id: text("kms_key_id"),
            max_block_size_bytes,
            slices_per_query,
            enable_query_passthrough,
            timestream,
            disable_glue: get("disable_glue")
                .is_some_and(|value| !value.eq_ignore_ascii_case("false")),
            glue_catalog: text("glue_catalog"),
            dialect_options,
            dialect: text("dialect").map_or_else(packaged_dialect, PathBuf::from),
        })
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

/// The dialect that is deployed beside the executable.
fn packaged_dialect() -> PathBuf {
    let folder = std::env::current_exe()
        .ok()
        .and_then(|path| path.parent().map(PathBuf::from));
    folder.unwrap_or_default().join("timestream.wasm")
}
