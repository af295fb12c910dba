//! What must not be in a report, taken out of the texts of services.

use std::collections::BTreeMap;

/// Replaces names, ARNs, places in S3 and accounts in texts.
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

    /// What a service says of a statement of this program's: the text without names, ARNs, places in S3, addresses of
    /// mail, and numbers of accounts. Names are found in any case of their letters.
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

    /// What a service says of something of the user's: as [`Redactor::redact`], and without all that stands in quotes or
    /// brackets, since that may be a name that nobody told of, or a value.
    #[must_use]
    pub fn redact_quoted(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let close = match first {
                '\'' | '"' | '`' => first,
                '[' => ']',
                _ => {
                    shown.push(first);
                    rest = &rest[first.len_utf8()..];
                    continue;
                }
            };
            let behind = &rest[first.len_utf8()..];
            // What is not closed is closed by the end.
            let end = behind.find(close).map_or(behind.len(), |end| end);
            shown.push(first);
            shown.push('…');
            shown.push(close);
            rest = behind[end..].strip_prefix(close).unwrap_or_default();
        }
        self.redact(&shown)
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

/// The text without ARNs, places in S3, addresses of mail, accounts, and ids of requests and queries.
fn words(text: &str) -> String {
    let is_mark = |c: char| c.is_whitespace() || "'\"`()[]{}<>,;".contains(c);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(is_mark).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        // A sentence's end is not a name's.
        let bare = word.trim_end_matches(['.', ':', '!', '?']);
        shown.push_str(&in_place_of(bare));
        shown.push_str(&word[bare.len()..]);
        let mark = behind.chars().next().map_or(0, char::len_utf8);
        shown.push_str(&behind[..mark]);
        rest = &behind[mark..];
    }
    shown
}

/// What is shown of a word without blanks.
fn in_place_of(word: &str) -> String {
    for (beginning, placeholder) in [
        ("arn:", "<arn>"),
        ("s3://", "<place>"),
        ("s3a://", "<place>"),
    ] {
        if let Some(at) = word.to_ascii_lowercase().find(beginning) {
            return format!("{}{placeholder}", in_place_of(&word[..at]));
        }
    }
    let mut runs = word.split(|c: char| !c.is_ascii_alphanumeric());
    match runs.any(is_id) || word.contains('@') {
        true => "<id>".to_owned(),
        false => word.to_owned(),
    }
}

/// Whether letters and digits are an account's number, or the last part of an id. Other numbers are of statements.
fn is_id(run: &str) -> bool {
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    match digits == run.len() {
        true => digits == 12,
        false => run.len() >= 12 && digits > 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        let names = [
            ("plant", "<database>"),
            ("Plant-Meters", "<table>"),
            ("t", "<column>"),
        ];
        Redactor::new(names.map(|(name, shown)| (name.to_owned(), shown.to_owned())))
    }

    #[test]
    fn names_arns_places_and_accounts_are_replaced() {
        for (text, expected) in [
            (
                "User: arn:aws:sts::123456789012:assumed-role/Admin_0a1b/jane.doe@acme-corp.com is not authorized.",
                "User: <arn> is not authorized.",
            ),
            (
                "on PLANT.plant-meters (123456789012), id 6f1ad3cb-64cf-45b2-9cb3-11e50a7a3a6c, line 1:76",
                "on <database>.<table> (<id>), id <id>, line 1:76",
            ),
            (
                "resource=arn:aws:s3:::my.bucket/x: no",
                "resource=<arn>: no",
            ),
            ("see 'ARN:aws:iam::1:role/a.b'", "see '<arn>'"),
            (
                "write to s3://my.bucket/prefix/x.json!",
                "write to <place>!",
            ),
            ("by jane.doe@acme.com", "by <id>"),
            ("of AEDACANMQDLSTQR3CPNXKNR", "of <id>"),
            (
                "'2262-04-11 23:47:16.854775808' and 9223372036854775808 are not valid",
                "'2262-04-11 23:47:16.854775808' and 9223372036854775808 are not valid",
            ),
        ] {
            assert_eq!(redactor().redact(text), expected);
        }
    }

    #[test]
    fn what_stands_in_quotes_is_nobody_s_business() {
        for (text, expected) in [
            (
                "Column 'site' of `secret` is \"x",
                "Column '…' of `…` is \"…\"",
            ),
            (
                "LambdaFunction[acme-timestream] failed: no",
                "LambdaFunction[…] failed: no",
            ),
            ("it's", "it'…'"),
        ] {
            assert_eq!(redactor().redact_quoted(text), expected);
        }
    }

    #[test]
    fn letters_that_change_their_length_with_their_case_do_no_harm() {
        let redactor = Redactor::new([("İstanbul".to_owned(), "<x>".to_owned())]);
        assert_eq!(redactor.redact("in İSTANBUL."), "in <x>.");
        assert_eq!(redactor.redact("İstanbul"), "<x>");
        assert_eq!(redactor.redact("İstanbu"), "İstanbu");
    }
}
