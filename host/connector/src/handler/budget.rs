//! How many bytes Timestream may meter for a read.

use crate::error::{Code, Error, Fault, Result};
use crate::statement::Demand;

/// Bytes that may be metered, and who says so.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    bytes: u64,
    whose: String,
}

impl Budget {
    /// The least of `max_bytes_metered` and of what policies allow.
    pub(super) fn least(setting: Option<u64>, demands: &[Demand]) -> Option<Self> {
        let setting = setting.map(|bytes| Self {
            bytes,
            whose: "`max_bytes_metered`".to_owned(),
        });
        let of_policies = demands.iter().filter_map(|demand| {
            Some(Self {
                bytes: demand.ruling.max_bytes_metered?,
                whose: format!("policy {}", demand.policy),
            })
        });
        let all = setting.into_iter().chain(of_policies);
        all.min_by_key(|budget| budget.bytes)
    }

    /// Ends a read that would go on and cost more. What was metered for a read that is complete is charged anyway.
    ///
    /// # Errors
    ///
    /// When more was metered than is allowed.
    pub(super) fn check(&self, bytes_metered: i64) -> Result<()> {
        let Self { bytes, whose } = self;
        let metered = u64::try_from(bytes_metered).unwrap_or_default();
        if metered <= *bytes {
            return Ok(());
        }
        let message = format!(
            "cannot read on: Timestream has metered {metered} bytes and {whose} allows {bytes}; hint: ask for less time"
        );
        Err(Error::new(
            Code::OperationNotSupported,
            Fault::Caller,
            message,
        ))
    }
}
