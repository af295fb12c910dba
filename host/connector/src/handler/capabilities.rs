//! GetDataSourceCapabilities: what the dialect wants and the host can check itself (federation-protocol.md, section 5).

use std::collections::BTreeMap;

use crate::plugin::Plugin;
use crate::query::Function;
use crate::wire::{
    Capability, GetDataSourceCapabilitiesRequest, GetDataSourceCapabilitiesResponse,
};

pub(super) fn capabilities(
    plugin: &Plugin,
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
        .filter(|function| function.is_evaluated())
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
    GetDataSourceCapabilitiesResponse {
        catalog_name: request.catalog_name,
        capabilities,
    }
}
