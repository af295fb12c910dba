//! What can be set.

use guest::{Refusal, RefusalKind};

use super::refusal;

/// The policy's options.
#[derive(Debug)]
pub(super) struct Options {
    /// `guard_time`.
    pub(super) time: Time,
    /// `guard_max_bytes`: bytes that may be metered for a read.
    pub(super) max_bytes: Option<u64>,
}

/// What becomes of a query that does not say from when on it reads.
#[derive(Debug)]
pub(super) enum Time {
    /// It is refused.
    Required,
    /// It reads everything.
    Optional,
    /// It reads the last of time alone.
    Window { nanos: i64, text: String },
}

impl Options {
    /// Reads them; of several of a name the last counts.
    pub(super) fn read(options: &[(String, String)]) -> Result<Self, Refusal> {
        let option = |name: &str| {
            let mut options = options.iter().rev();
            let found = options.find(|(option, _)| option == name);
            found.map(|(_, value)| value.trim())
        };
        let unknown = options.iter().find(|(name, _)| {
            name.starts_with("guard_")
                && !["guard_time", "guard_max_bytes"].contains(&name.as_str())
        });
        if let Some((name, _)) = unknown {
            let message = format!("the policy has no option `{name}`");
            return Err(refusal(RefusalKind::Invalid, &message));
        }
        let wrong = |name: &str, what: &str| {
            let message = format!("the option `{name}` of the policy is not {what}");
            refusal(RefusalKind::Invalid, &message)
        };
        let time = match option("guard_time") {
            None | Some("required") => Time::Required,
            Some("optional") => Time::Optional,
            Some(text) => Time::Window {
                nanos: nanos(text).ok_or_else(|| {
                    let what = "`required`, `optional` or a window such as `15m`, `24h` or `7d`";
                    wrong("guard_time", what)
                })?,
                text: text.to_owned(),
            },
        };
        let max_bytes = option("guard_max_bytes").map(|text| {
            let bytes = text.parse().ok().filter(|bytes| *bytes > 0);
            bytes.ok_or_else(|| wrong("guard_max_bytes", "a positive number of bytes"))
        });
        Ok(Self {
            time,
            max_bytes: max_bytes.transpose()?,
        })
    }
}

/// A whole number of minutes, hours or days, in nanoseconds.
fn nanos(text: &str) -> Option<i64> {
    const MINUTE: i64 = 60_000_000_000;
    let unit = match text.chars().next_back()? {
        'm' => MINUTE,
        'h' => 60 * MINUTE,
        'd' => 24 * 60 * MINUTE,
        _ => return None,
    };
    let count: i64 = text.get(..text.len() - 1)?.parse().ok()?;
    count.checked_mul(unit).filter(|nanos| *nanos > 0)
}
