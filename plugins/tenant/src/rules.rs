//! Whose rows a caller sees.

use std::collections::BTreeMap;

use guest::{Caller, Refusal, RefusalKind};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

/// The policy's options.
#[derive(Debug)]
pub(super) struct Rules {
    /// `tenant_column`: the field whose value is a row's tenant.
    pub(super) column: String,
    /// `tenant_shared`: tables and views without tenants, each with its database.
    shared: Vec<(String, String)>,
    /// `tenant_rules`: the first one that holds for a caller decides.
    rules: Vec<Rule>,
}

/// A caller, and what it sees. What is not named holds for any.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Of the caller, twelve digits.
    #[serde(default, deserialize_with = "non_empty")]
    account: Option<String>,
    /// A pattern: `*` stands for any characters but `:` and `/`.
    #[serde(default, deserialize_with = "non_empty")]
    arn: Option<String>,
    /// An IAM group that it is a member of.
    #[serde(default, deserialize_with = "non_empty")]
    group: Option<String>,
    /// Tags that it has, with their values.
    #[serde(default)]
    tags: BTreeMap<String, String>,
    tenants: Tenants,
}

/// What a rule lets a caller see.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tenants {
    /// `"all"`.
    All,
    /// The rows of these.
    Of(Vec<String>),
    /// The rows of the one that the tag of this name has as its value; a caller without it is not meant.
    Tag(String),
}

/// The rows that a caller sees.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rows {
    All,
    Of(Vec<String>),
}

impl Rules {
    /// Reads them; of several options of a name the last counts.
    pub(super) fn read(options: &[(String, String)]) -> Result<Self, Refusal> {
        let option = |name: &str| {
            let mut options = options.iter().rev();
            let found = options.find(|(option, _)| option == name);
            found.map(|(_, value)| value.trim())
        };
        let known = ["tenant_column", "tenant_shared", "tenant_rules"];
        let unknown = options
            .iter()
            .find(|(name, _)| name.starts_with("tenant_") && !known.contains(&name.as_str()));
        if let Some((name, _)) = unknown {
            return Err(Refusal {
                kind: RefusalKind::Invalid,
                message: format!("the policy has no option `{name}`"),
            });
        }
        let column = option("tenant_column").filter(|column| !column.is_empty());
        Ok(Self {
            column: column.unwrap_or("tenant").to_lowercase(),
            shared: parsed("tenant_shared", option("tenant_shared"))?,
            rules: parsed("tenant_rules", option("tenant_rules"))?,
        })
    }

    /// What a caller sees; None: no rule is about it.
    pub(super) fn rows_of(&self, caller: &Caller) -> Option<Rows> {
        self.rules.iter().find_map(|rule| rule.rows_of(caller))
    }

    /// Whether a table or view has no tenants.
    pub(super) fn is_shared(&self, database: &str, table: &str) -> bool {
        let mut shared = self.shared.iter();
        shared.any(|(in_database, name)| in_database == database && name == table)
    }
}

/// A list as JSON; none is empty.
fn parsed<T: DeserializeOwned>(name: &str, json: Option<&str>) -> Result<Vec<T>, Refusal> {
    serde_json::from_str(json.unwrap_or("[]")).map_err(|error| {
        // serde's own words quote the option, which is not for callers.
        let what = match error.classify() {
            Category::Data => "does not have the form that the policy's README gives",
            Category::Io | Category::Syntax | Category::Eof => "is not valid JSON",
        };
        let (line, column) = (error.line(), error.column());
        let place = format!("line {line}, column {column}");
        Refusal {
            kind: RefusalKind::Invalid,
            message: format!("the option `{name}` of the policy {what}, at {place}"),
        }
    })
}

/// A text that is neither null nor empty. A template whose variable is unset leaves one of these, and the rule would hold
/// for everybody, or for callers without an account.
fn non_empty<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match String::deserialize(from)? {
        text if text.is_empty() => Err(D::Error::custom("it is empty")),
        text => Ok(Some(text)),
    }
}

impl Rule {
    fn rows_of(&self, caller: &Caller) -> Option<Rows> {
        let tag = |name: &str| {
            let mut tags = caller.tags.iter();
            let found = tags.find(|(tag, _)| tag == name);
            found.map(|(_, value)| value.as_str())
        };
        let is_meant = self
            .account
            .iter()
            .all(|account| *account == caller.account)
            && self.arn.iter().all(|arn| matches(arn, &caller.arn))
            && self.group.iter().all(|group| caller.groups.contains(group))
            && self
                .tags
                .iter()
                .all(|(name, value)| tag(name) == Some(value));
        if !is_meant {
            return None;
        }
        Some(match &self.tenants {
            Tenants::All => Rows::All,
            Tenants::Of(tenants) => Rows::Of(tenants.clone()),
            Tenants::Tag(name) => {
                let tenant = tag(name).filter(|tenant| !tenant.is_empty())?;
                Rows::Of(vec![tenant.to_owned()])
            }
        })
    }
}

/// Whether a pattern is an ARN's. A star stays between two separators, so that what a caller chooses itself, as the name
/// of its session, stands for nothing before it.
fn matches(pattern: &str, arn: &str) -> bool {
    let is_separator = |letter: char| letter == ':' || letter == '/';
    let parts = |text: &str| -> Vec<String> {
        text.split_inclusive(is_separator)
            .map(str::to_owned)
            .collect()
    };
    let (pattern, arn) = (parts(pattern), parts(arn));
    pattern.len() == arn.len()
        && pattern
            .iter()
            .zip(&arn)
            .all(|(pattern, part)| matches_part(pattern, part))
}

/// The same for a part, where a star stands for any characters.
fn matches_part(pattern: &str, part: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == part;
    };
    let Some(mut left) = part.strip_prefix(first) else {
        return false;
    };
    let mut texts: Vec<&str> = rest.split('*').collect();
    let last = texts.pop().unwrap_or_default();
    for text in texts {
        let Some(at) = left.find(text) else {
            return false;
        };
        left = &left[at + text.len()..];
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stays_between_separators() {
        let role = "arn:aws:sts::111122223333:assumed-role/acme-reader/someone";
        for pattern in [
            role,
            "arn:aws:sts::111122223333:assumed-role/acme-*/*",
            "arn:aws:sts::*:assumed-role/*-reader/*",
            "arn:aws:sts::111122223333:assumed-role/a*e-*d*r/*",
            "arn:aws:sts::111122223333:assumed-role/*/*",
        ] {
            assert!(matches(pattern, role), "{pattern}");
        }
        for pattern in [
            "",
            "*",
            "arn:aws:sts::111122223333:assumed-role/acme-*",
            "arn:aws:sts::111122223333:*",
            "arn:aws:sts::111122223333:assumed-role/*/acme",
            "arn:aws:sts::*:assumed-role/acme-readers/*",
            // What the two ends share is not there twice.
            "arn:aws:sts::111122223333:assumed-role/acme-reader*reader/*",
        ] {
            assert!(!matches(pattern, role), "{pattern}");
        }
        assert!(!matches("a:*", "a:b:c"));
        assert!(!matches("a/*b", "a/b/b"));
    }
}
