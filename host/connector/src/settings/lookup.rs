//! Reads the texts of settings as what they mean, and collects what is wrong with them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::Value;

/// A lookup such as the environment's. An empty text is an unset one.
pub(super) struct Lookup<F> {
    pub(super) get: F,
    pub(super) problems: RefCell<Vec<String>>,
}

impl<F: Fn(&str) -> Option<String>> Lookup<F> {
    pub(super) fn new(get: F) -> Self {
        Self {
            get,
            problems: RefCell::default(),
        }
    }

    /// Adds what is wrong.
    pub(super) fn problem(&self, problem: String) {
        self.problems.borrow_mut().push(problem);
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        (self.get)(name).filter(|value| !value.trim().is_empty())
    }

    /// A JSON object of texts.
    pub(super) fn texts(&self, name: &str) -> BTreeMap<String, String> {
        let parsed = self.text(name).map(|json| serde_json::from_str(&json));
        parsed.unwrap_or(Ok(BTreeMap::new())).unwrap_or_else(|_| {
            self.problem(format!("`{name}` is not a JSON object of texts"));
            BTreeMap::new()
        })
    }

    /// A JSON object of values of any kind; those that are not texts are given as their JSON.
    pub(super) fn values(&self, name: &str) -> BTreeMap<String, String> {
        let parsed = self.text(name).map(|json| serde_json::from_str(&json));
        let parsed: BTreeMap<String, Value> =
            parsed.unwrap_or(Ok(BTreeMap::new())).unwrap_or_else(|_| {
                self.problem(format!("`{name}` is not a JSON object"));
                BTreeMap::new()
            });
        let text = |value| match value {
            Value::String(text) => text,
            value => value.to_string(),
        };
        let values = parsed.into_iter();
        values.map(|(name, value)| (name, text(value))).collect()
    }

    pub(super) fn switch(&self, name: &str, default: bool) -> bool {
        match self.text(name).map(|text| text.to_lowercase()).as_deref() {
            None => default,
            Some("true") => true,
            Some("false") => false,
            Some(_) => {
                self.problem(format!("`{name}` is neither `true` nor `false`"));
                default
            }
        }
    }

    /// A number in a range.
    pub(super) fn number<T>(&self, name: &str, range: RangeInclusive<T>) -> Option<T>
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display,
    {
        let text = self.text(name)?;
        let number = text.trim().parse().ok();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = range.into_inner();
            self.problem(format!(
                "`{name}` is not a number from {least} to {most}: {text}"
            ));
        }
        number
    }

    /// A positive number of bytes.
    pub(super) fn bytes(&self, name: &str) -> Option<u64> {
        self.number(name, 1..=i64::MAX as u64)
    }

    /// Milliseconds, a minute at most.
    pub(super) fn milliseconds(&self, name: &str) -> Option<Duration> {
        self.number(name, 1..=60_000).map(Duration::from_millis)
    }

    /// What `parse` makes of a text, or says is wrong with it.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let text = self.text(name)?;
        match parse(text.trim()) {
            Ok(parsed) => Some(parsed),
            Err(why) => {
                self.problem(format!("`{name}` {why}"));
                None
            }
        }
    }

    pub(super) fn url(&self, name: &str) -> Option<String> {
        let url = self.text(name)?;
        if !url.starts_with("https://") && !url.starts_with("http://") {
            self.problem(format!(
                "`{name}` is not a URL: it begins neither with `https://` nor with `http://`"
            ));
        }
        Some(url)
    }
}
