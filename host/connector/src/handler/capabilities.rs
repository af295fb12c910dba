//! GetDataSourceCapabilities: what the dialect wants, since the host can check all of it itself (federation-protocol.md,
//! section 5).

use std::collections::BTreeMap;

use crate::catalog::SIGNATURE;
use crate::plugin::Dialect;
use crate::query::Function;
use crate::settings::Settings;
use crate::wire::{
    Capability, GetDataSourceCapabilitiesRequest, GetDataSourceCapabilitiesResponse,
};

pub(super) fn capabilities(
    plugin: &Dialect,
    settings: &Settings,
    request: GetDataSourceCapabilitiesRequest,
) -> GetDataSourceCapabilitiesResponse {
    let capability = |sub_type: &str| Capability {
        sub_type: sub_type.into(),
        properties: Vec::new(),
    };
    let described = plugin.description();
    let mut capabilities = BTreeMap::from([(
        "supports_filter_pushdown".to_owned(),
        // The second name's odd spelling is the SDK's.
        [
            "sorted_range_set",
            "equatable_range_set",
            "all_or_none_value_set",
            "nullable_comparison",
        ]
        .map(capability)
        .into(),
    )]);
    let functions: Vec<String> = described
        .functions
        .iter()
        .map(|function| Function::name(*function).to_owned())
        .collect();
    if !functions.is_empty() {
        let supported = Capability {
            sub_type: "supported_function_expression_types".into(),
            properties: functions,
        };
        capabilities.insert(
            "supports_complex_expression_pushdown".into(),
            vec![supported],
        );
    }
    if described.limit {
        capabilities.insert(
            "supports_limit_pushdown".into(),
            vec![capability("integer_constant")],
        );
    }
    if described.top_n {
        capabilities.insert(
            "supports_top_n_pushdown".into(),
            vec![capability("SUPPORTS_ORDER_BY")],
        );
    }
    if settings.enable_query_passthrough {
        let named = |sub_type: &str, property: &str| Capability {
            sub_type: sub_type.into(),
            properties: vec![property.into()],
        };
        let signature = [
            named("query_passthrough_schema", "system"),
            named("query_passthrough_name", "query"),
            named("query_passthrough_arguments", "QUERY"),
        ];
        capabilities.insert(SIGNATURE.into(), signature.into());
    }
    GetDataSourceCapabilitiesResponse {
        catalog_name: request.catalog_name,
        capabilities,
    }
}
