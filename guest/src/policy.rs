//! The world `policy-plugin` as a trait: rules about who may read what.

use crate::{PolicyDescription, Refusal, Request, Ruling};

/// Further terms that every row must meet, whatever a dialect makes of them, a budget, or a refusal. Pure: same
/// arguments, same answer.
pub trait Policy {
    /// Says who this is.
    fn describe() -> PolicyDescription;

    /// Judges a query before it is planned: once for all its rows, when it is not yet known which fields are asked for and
    /// the projection is empty, and once more for each read.
    ///
    /// A passthrough statement is judged one time more before its columns are known: the request then has no column,
    /// field or term.
    ///
    /// # Errors
    /// A refusal is shown to the person who asked.
    fn review(request: &Request) -> Result<Ruling, Refusal>;
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
                fn describe() -> $crate::PolicyDescription {
                    $crate::panic::keep_messages();
                    <$policy as $crate::Policy>::describe()
                }

                fn review(request: $crate::Request) -> Result<$crate::Ruling, $crate::Refusal> {
                    $crate::panic::keep_messages();
                    <$policy as $crate::Policy>::review(&request)
                }
            }

    $crate::bindings::policy::export_raw!(Component with_types_in $crate::bindings::policy);
        };
    };
}
