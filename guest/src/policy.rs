//! The world `policy-plugin` as a trait: rules about who may read what.

use crate::{Refusal, Request, Term};

/// Further terms that every row must meet, whatever a dialect makes of them, or a refusal.
///
/// The host serves no policies: it refuses to load such a plugin.
pub trait Policy {
    /// Judges a request before it is planned.
    ///
    /// # Errors
    /// A refusal is shown to the person who asked.
    fn review(request: &Request) -> Result<Vec<Term>, Refusal>;
}

/// Makes this crate a plugin: exports the given [`Policy`](crate::Policy) as the world `policy-plugin`.
///
/// Does nothing in a native build, where the exported names cannot be linked; tests of the plugin run there.
#[macro_export]
macro_rules! export_policy {
    ($policy:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::bindings::policy::exports::timestream::dialect::policy::Guest;

            struct Component;

            impl Guest for Component {
                fn review(request: $crate::Request) -> Result<Vec<$crate::Term>, $crate::Refusal> {
                    <$policy as $crate::Policy>::review(&request)
                }
            }

    $crate::bindings::policy::export_raw!(Component with_types_in $crate::bindings::policy);
        };
    };
}
