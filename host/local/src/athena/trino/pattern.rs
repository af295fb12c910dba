//! LIKE's patterns: what they begin with, and the range of texts that begin so (Trino's `LikeFunctions` and
//! `DomainTranslator.createRangeDomain`).

/// A pattern, read with its escape character.
pub(super) struct Pattern {
    /// The text before the first placeholder.
    prefix: String,
    /// Whether there is one.
    has_placeholder: bool,
}

impl Pattern {
    /// None if an escape character stands before anything but `%`, `_` or itself, which fails when the query runs.
    pub(super) fn read(pattern: &str, escape: Option<char>) -> Option<Self> {
        let (mut prefix, mut has_placeholder) = (String::new(), false);
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            let literal = if Some(character) == escape {
                let escaped = characters.next()?;
                (matches!(escaped, '%' | '_') || Some(escaped) == escape).then_some(escaped)?
            } else if matches!(character, '%' | '_') {
                has_placeholder = true;
                continue;
            } else {
                character
            };
            if !has_placeholder {
                prefix.push(literal);
            }
        }
        Some(Self {
            prefix,
            has_placeholder,
        })
    }

    /// Whether it matches more than one text.
    pub(super) fn has_placeholder(&self) -> bool {
        self.has_placeholder
    }

    /// The text before the first placeholder; without one, the text that matches.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// The first text after all that begin with a prefix: the last character below `\u{7f}` is made one greater, and the
/// rest is cut off. None if the text does not hold such a character.
pub(super) fn after_prefix(prefix: &str) -> Option<String> {
    let (position, last) = prefix
        .char_indices()
        .rfind(|(_, character)| *character < '\u{7f}')?;
    let next = char::from_u32(u32::from(last) + 1)?;
    Some(format!("{}{next}", &prefix[..position]))
}
