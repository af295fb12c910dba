//! An SDK configuration for servers on this machine.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// An SDK configuration that reaches these servers, and AWS never.
pub fn sdk_config(timestream: &str, s3: &str) -> SdkConfig {
    sdk_config_with_glue(timestream, s3, "http://127.0.0.1:1")
}

/// The same with a Glue, where KMS is too.
pub fn sdk_config_with_glue(timestream: &str, s3: &str, glue: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "local",
            "local-secret",
            None,
            None,
            "tests",
        )))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .service_config(Endpoints {
            s3: s3.to_owned(),
            glue: glue.to_owned(),
            timestream: timestream.to_owned(),
        })
        .build()
}

#[derive(Debug)]
struct Endpoints {
    s3: String,
    glue: String,
    timestream: String,
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let url = match key.service_id().to_lowercase().as_str() {
            "s3" => &self.s3,
            // All are moto's.
            "athena" | "glue" | "kms" => &self.glue,
            _ => &self.timestream,
        };
        (key.env() == "AWS_ENDPOINT_URL").then(|| url.clone())
    }
}
