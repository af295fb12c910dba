//! What must not be in a report, taken out of the texts of services.

use std::collections::BTreeMap;

/// Replaces names, ARNs and accounts in texts.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    /// Names, longest first, and what is shown in place of them.
    names: Vec<(String, String)>,
}

impl Redactor {
    /// Takes names, each with what is shown in its place. A name of fewer than two letters is left out: it would be found in
    /// every word.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = (String, String)>) -> Self {
        let names: BTreeMap<String, String> = names
            .into_iter()
            .filter(|(name, _)| name.chars().count() > 1)
            .map(|(name, shown)| (name.to_lowercase(), shown))
            .collect();
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self { names }
    }

    /// The text without names, ARNs, and numbers of accounts; names are found in any case of their letters.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let text = words(text);
        let mut shown = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let found = self.names.iter().find_map(|(name, placeholder)| {
                beginning(rest, name).map(|end| (placeholder.as_str(), end))
            });
            match found {
                Some((placeholder, end)) => {
                    shown.push_str(placeholder);
                    rest = &rest[end..];
                }
                None => {
                    shown.push(first);
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        shown
    }
}

/// Where a name in lower case ends that a text begins with, whatever the text's case. A letter may have more in lower case.
fn beginning(text: &str, name: &str) -> Option<usize> {
    let mut left = name.chars();
    for (at, letter) in text.char_indices() {
        if left.as_str().is_empty() {
            return Some(at);
        }
        for lower in letter.to_lowercase() {
            if left.next() != Some(lower) {
                return None;
            }
        }
    }
    left.as_str().is_empty().then_some(text.len())
}

/// The text without ARNs, accounts and ids of requests and queries.
fn words(text: &str) -> String {
    let is_of_word =
        |c: char| c.is_alphanumeric() || matches!(c, ':' | '/' | '-' | '_' | '+' | '=' | '@');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        if word.starts_with("arn:") {
            shown.push_str("<arn>");
        } else if digits >= 12 {
            // An account's number, or an id.
            shown.push_str("<id>");
        } else {
            shown.push_str(word);
        }
        let mark = behind.chars().next().map_or(0, char::len_utf8);
        shown.push_str(&behind[..mark]);
        rest = &behind[mark..];
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_arns_and_accounts_are_replaced() {
        let names = [
            ("plant", "<database>"),
            ("Plant-Meters", "<table>"),
            ("t", "<column>"),
        ];
        let redactor =
            Redactor::new(names.map(|(name, shown)| (name.to_owned(), shown.to_owned())));
        assert_eq!(
            redactor.redact(
                "User: arn:aws:sts::123456789012:assumed-role/eve is not authorized on PLANT.plant-meters (123456789012), \
                 id 6f1ad3cb-64cf-45b2-9cb3-11e50a7a3a6c, line 1:76"
            ),
            "User: <arn> is not authorized on <database>.<table> (<id>), id <id>, line 1:76"
        );
    }

    #[test]
    fn letters_that_change_their_length_with_their_case_do_no_harm() {
        let redactor = Redactor::new([("İstanbul".to_owned(), "<x>".to_owned())]);
        assert_eq!(redactor.redact("in İSTANBUL."), "in <x>.");
        assert_eq!(redactor.redact("İstanbul"), "<x>");
        assert_eq!(redactor.redact("İstanbu"), "İstanbu");
    }
}
