//! The identity of a plugin: the SHA-256 of its component.

use std::fmt;

use sha2::Digest as _;

/// A SHA-256 in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digest(String);

impl Digest {
    /// That of a component's bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(format!("{:x}", sha2::Sha256::digest(bytes)))
    }

    /// Reads one; None where the text is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 64 && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// All 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits that a person reads.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn a_digest_is_64_digits_in_lower_case_and_nothing_else() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").as_str(), empty);
        assert_eq!(Digest::parse(empty).unwrap().short(), "e3b0c44298fc");
        for other in [
            "",
            "..",
            &empty[1..],
            &empty.to_uppercase(),
            &format!("{empty}0"),
        ] {
            assert_eq!(Digest::parse(other), None, "{other}");
        }
    }
}
