//! Where the stand-in answers otherwise than the service.

use super::{Answered, Outcome};

/// An ask whose outcomes differ.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    /// As the service answers.
    pub service: &'a Answered,
    /// As the stand-in does.
    pub stand_in: &'a Answered,
}

impl Comparison<'_> {
    /// Whether both fail, and only the words differ.
    #[must_use]
    pub fn is_words_alone(&self) -> bool {
        matches!(
            (&self.service.outcome, &self.stand_in.outcome),
            (Outcome::Failed { code, .. }, Outcome::Failed { code: other, .. }) if code == other
        )
    }
}

/// The asks that the stand-in answers otherwise; both sides were asked the same in the same order. What is about the user's
/// table, its account or its network is not compared: the stand-in has none of these.
#[must_use]
pub fn compare<'a>(service: &'a [Answered], stand_in: &'a [Answered]) -> Vec<Comparison<'a>> {
    service
        .iter()
        .zip(stand_in)
        .filter(|(service, _)| {
            !matches!(
                service.id.as_str(),
                "endpoints" | "account" | "pages" | "P7"
            )
        })
        .filter(|(service, stand_in)| service.outcome != stand_in.outcome)
        .map(|(service, stand_in)| Comparison { service, stand_in })
        .collect()
}
