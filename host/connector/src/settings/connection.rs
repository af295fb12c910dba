//! Settings that a Glue connection holds, as Athena's console makes one (federation-protocol.md, section 8.3).

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_glue::Client;

use crate::aws::{Call, short_timeouts};
use crate::error::{Fault, Result};

/// The connection's properties: its own, then those for Athena, whose word for the KMS key is another one.
pub(super) async fn properties(config: &SdkConfig, name: &str) -> Result<HashMap<String, String>> {
    let config = config.to_builder().timeout_config(short_timeouts()).build();
    let answer = Client::new(&config)
        .get_connection()
        .name(name)
        .send()
        .await;
    let answer = answer.map_err(|error| {
        let call = Call {
            what: &format!("read Glue connection `{name}`"),
            service: "Glue",
            action: "glue:GetConnection",
            fault: Fault::Host,
        };
        call.failed(error).with_hint("check `glue_connection`")
    })?;
    let connection = answer.connection.as_ref();
    let own = connection.and_then(|connection| connection.connection_properties());
    let for_athena = connection.and_then(|connection| connection.athena_properties());
    let mut properties = HashMap::new();
    for (key, value) in own.into_iter().flatten() {
        properties.insert(key.as_str().to_owned(), value.clone());
    }
    for (key, value) in for_athena.into_iter().flatten() {
        let key = if key == "spill_kms_key_id" {
            "kms_key_id"
        } else {
            key
        };
        properties.insert(key.to_owned(), value.clone());
    }
    Ok(properties)
}
