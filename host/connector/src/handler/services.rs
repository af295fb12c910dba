//! The services besides Timestream, used in the function's name or in the caller's.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::Connector;
use crate::aws::short_timeouts;
use crate::catalog::{Glue, GlueCatalog, Owner};
use crate::delegation::Sealed;
use crate::error::Result;
use crate::settings::Settings;
use crate::spill::SpillStore;
use crate::wire::Identity;

/// Clients with the same credentials.
pub(super) struct Services {
    /// None: switched off.
    glue: Option<Glue>,
    pub(super) kms: aws_sdk_kms::Client,
    pub(super) spill: Arc<SpillStore>,
}

impl Services {
    pub(super) fn new(config: &SdkConfig, settings: &Settings) -> Self {
        let spill = SpillStore::new(config, settings.spill_put_request_headers.clone());
        let kms = config.to_builder().timeout_config(short_timeouts()).build();
        Self {
            glue: (!settings.disable_glue)
                .then(|| Glue::new(config, settings.glue_catalog.clone())),
            kms: aws_sdk_kms::Client::new(&kms),
            spill: Arc::new(spill),
        }
    }
}

impl Connector {
    /// The services as a request may use them.
    pub(super) async fn services(&self, identity: Option<&Identity>) -> Result<Arc<Services>> {
        let Some(sealed) = Sealed::of(identity) else {
            return Ok(self.own.clone());
        };
        let open = async {
            let credentials = sealed.open(&self.own.kms).await?;
            let config = self
                .config
                .to_builder()
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .build();
            Ok(Arc::new(Services::new(&config, &self.settings)))
        };
        self.delegated
            .get_or_find(Owner::of(identity), sealed.clone(), open)
            .await
    }

    /// Glue's catalog as a request sees it; None where Glue is switched off.
    pub(super) fn glue_catalog<'a>(
        &self,
        services: &'a Services,
        identity: Option<&Identity>,
    ) -> Option<GlueCatalog<'a>> {
        let function_arn = self.function_arn.get().map(String::as_str);
        let caller = identity.and_then(|identity| identity.account.as_deref());
        let glue = services.glue.as_ref()?;
        Some(glue.catalog(function_arn, caller))
    }
}
