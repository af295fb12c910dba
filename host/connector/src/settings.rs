//! The environment as [`Settings`], validated once at start; every problem is reported, not the first alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::{Error, Result};

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
    /// `enable_query_passthrough`: statements for Timestream are accepted as they are.
    pub enable_query_passthrough: bool,
    /// `dialect`: the plugin's file.
    pub dialect: PathBuf,
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
        let spill_put_request_headers =
            text("spill_put_request_headers").map(|json| serde_json::from_str(&json));
        let spill_put_request_headers = spill_put_request_headers
            .unwrap_or(Ok(BTreeMap::new()))
            .unwrap_or_else(|_| {
                problems.push("`spill_put_request_headers` is no JSON object of texts".to_owned());
                BTreeMap::new()
            });
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
        let spill_bucket = text("spill_bucket");
        if spill_bucket
            .as_deref()
            .is_some_and(|bucket| bucket.contains('/'))
        {
            problems
                .push("`spill_bucket` holds a `/`; hint: give the bucket's name alone".to_owned());
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
            enable_query_passthrough,
            dialect: text("dialect").map_or_else(packaged_dialect, PathBuf::from),
        })
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
