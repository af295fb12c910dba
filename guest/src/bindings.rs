//! What `wit-bindgen` makes of `wit/v0.1`: the types both worlds share, and what each world exports.
//!
//! Hidden: plugins use the types that the crate re-exports by name and the two export macros.

/// The world `dialect-plugin`, and the types.
pub mod dialect {
    #![allow(
        unsafe_code,
        unreachable_pub,
        missing_docs,
        clippy::all,
        clippy::allow_attributes_without_reason,
        reason = "generated: the canonical ABI is raw pointers, and the documentation is the contract's"
    )]
    wit_bindgen::generate!({
        path: "../wit/v0.1",
        world: "dialect-plugin",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_raw",
        default_bindings_module: "guest::bindings::dialect",
        additional_derives: [PartialEq],
    });
}

/// The world `policy-plugin`, over the same types.
pub mod policy {
    #![allow(
        unsafe_code,
        unreachable_pub,
        missing_docs,
        clippy::all,
        clippy::allow_attributes_without_reason,
        reason = "generated: the canonical ABI is raw pointers, and the documentation is the contract's"
    )]
    wit_bindgen::generate!({
        path: "../wit/v0.1",
        world: "policy-plugin",
        with: { "timestream:dialect/types@0.1.0": crate::bindings::dialect::timestream::dialect::types },
        pub_export_macro: true,
        export_macro_name: "export_raw",
        default_bindings_module: "guest::bindings::policy",
    });
}
