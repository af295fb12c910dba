//! Which plugin is asked for.

use std::fmt;

use crate::plugin::Digest;

/// A plugin by name, perhaps of one digest alone: `name` or `name@sha256`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Choice {
    /// The name, under which it lies in the store.
    pub name: String,
    /// The only digest that is allowed.
    pub pinned: Option<Digest>,
}

impl Choice {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// A phrase that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (name, pinned) = match text.split_once('@') {
            None => (text, None),
            Some((name, digest)) => {
                let digest = Digest::parse(digest);
                let digest =
                    digest.ok_or("names no SHA-256 in lower-case hexadecimal behind its `@`")?;
                (name, Some(digest))
            }
        };
        // It becomes part of a path.
        let is_known =
            |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
        if name.is_empty() || name.len() > 100 || !name.bytes().all(is_known) {
            return Err("is not a name of lower-case letters, digits and `-`");
        }
        Ok(Self {
            name: name.to_owned(),
            pinned,
        })
    }
}

/// The package's own dialect.
impl Default for Choice {
    fn default() -> Self {
        Self {
            name: "timestream".to_owned(),
            pinned: None,
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pinned {
            None => formatter.write_str(&self.name),
            Some(digest) => write!(formatter, "{}@{digest}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_a_name_and_perhaps_a_digest() {
        let digest = Digest::of(b"");
        let pinned = format!("wide@{digest}");
        assert_eq!(
            Choice::parse(&pinned),
            Ok(Choice {
                name: "wide".to_owned(),
                pinned: Some(digest)
            })
        );
        assert_eq!(
            Choice::parse("java-compat"),
            Ok(Choice {
                name: "java-compat".to_owned(),
                pinned: None
            })
        );
        for wrong in [
            "",
            ".",
            "../a",
            "a/b",
            "A",
            "a b",
            "wide@",
            "wide@abc",
            "@",
            &"x".repeat(101),
        ] {
            assert!(Choice::parse(wrong).is_err(), "{wrong}");
        }
    }
}
