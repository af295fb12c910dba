//! What serde_json says of malformed JSON, without the values it quotes.

use std::fmt::Display;

/// The error's text; where it quotes the value that it found, only what was expected.
pub(crate) fn without_values(error: impl Display) -> String {
    let text = error.to_string();
    match text.rsplit_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid ") => format!("expected {expected}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use super::without_values;

    #[test]
    fn a_value_that_was_found_is_left_out_and_what_is_missing_is_told() {
        let error = serde_json::from_str::<u8>("\"secret, expected\"").unwrap_err();
        assert!(
            !without_values(&error).contains("secret"),
            "{}",
            without_values(&error)
        );
        assert!(without_values(&error).starts_with("expected "));
        let error = serde_json::from_str::<Vec<u8>>("[1").unwrap_err();
        assert!(without_values(&error).contains("EOF"));
    }
}
