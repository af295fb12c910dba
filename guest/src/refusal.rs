//! Refusals: what the person who asked is told, as it is.

use crate::{Refusal, RefusalKind};

/// What was sent cannot be right.
pub(crate) fn invalid(message: String) -> Refusal {
    Refusal {
        kind: RefusalKind::Invalid,
        message,
    }
}

/// It can be right, and this dialect does not do it.
pub(crate) fn unsupported(message: String) -> Refusal {
    Refusal {
        kind: RefusalKind::Unsupported,
        message,
    }
}
