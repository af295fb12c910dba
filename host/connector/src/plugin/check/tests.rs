//! Arenas of types as a plugin may answer them: all small ones, and those at their limits.

#![expect(clippy::unwrap_used, reason = "a test")]

use super::*;

/// What an entry may be, pointing at up to three others.
fn entries() -> Vec<fn() -> TypeAnswer> {
    fn named(members: &[u32]) -> TypeAnswer {
        let name = |at: &u32| ("m".to_owned(), *at);
        TypeAnswer::Struct(members.iter().map(name).collect())
    }
    vec![
        || TypeAnswer::Plain(DataType::Utf8),
        || TypeAnswer::Plain(DataType::Float64),
        || TypeAnswer::List(0),
        || TypeAnswer::List(1),
        || TypeAnswer::List(2),
        || TypeAnswer::List(u32::MAX),
        || named(&[]),
        || named(&[0]),
        || named(&[0, 0]),
        || named(&[0, 1]),
        || named(&[1, 2]),
        || named(&[u32::MAX]),
    ]
}

/// Whether the entry points only before itself, and says which rows it has.
fn stands(index: usize, entry: &TypeAnswer) -> bool {
    match entry {
        TypeAnswer::Plain(_) => true,
        TypeAnswer::List(at) => (*at as usize) < index,
        TypeAnswer::Struct(members) => {
            !members.is_empty() && members.iter().all(|(_, at)| (*at as usize) < index)
        }
    }
}

#[test]
fn every_small_arena_is_built_or_refused() {
    let (mut built, mut refused) = (0, 0);
    for first in entries() {
        for second in entries() {
            for third in entries() {
                let arena = [first(), second(), third()];
                let stands = arena
                    .iter()
                    .enumerate()
                    .all(|(at, entry)| stands(at, entry));
                match types(&arena) {
                    Ok(types) => {
                        assert!(stands && types.len() == 3);
                        built += 1;
                    }
                    Err(why) => {
                        assert!(why.contains("type "), "{why}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(built > 20 && refused > 1_000, "{built}, {refused}");
}

#[test]
fn a_nested_type_in_two_places_is_refused() {
    let twice = vec![("a".to_owned(), 1), ("b".to_owned(), 1)];
    let arena = [
        TypeAnswer::Plain(DataType::Utf8),
        TypeAnswer::List(0),
        TypeAnswer::Struct(twice),
    ];
    assert_eq!(types(&arena), Err("type 1 is part of two types".into()));
}

#[test]
fn deep_and_large_arenas_are_refused() {
    let chain = |length: u32| {
        let lists = (0..length).map(TypeAnswer::List);
        let first = TypeAnswer::Plain(DataType::Boolean);
        std::iter::once(first).chain(lists).collect::<Vec<_>>()
    };
    assert!(types(&chain(31)).is_ok());
    let why = types(&chain(32)).map(|types| types.len());
    assert_eq!(why, Err("type 32 is nested deeper than 32".into()));
    let flat = |length| {
        let plain = || TypeAnswer::Plain(DataType::Boolean);
        std::iter::repeat_with(plain)
            .take(length)
            .collect::<Vec<_>>()
    };
    assert!(types(&flat(4_096)).is_ok());
    assert!(types(&flat(4_097)).is_err());
}

#[test]
fn a_part_longer_than_a_statement_is_refused_before_it_is_cut_into_tokens() {
    let long = format!("1{}", "+1".repeat(MAX_STATEMENT_BYTES / 2 - 1));
    assert_eq!(check_part(&long, false), Ok(()));
    assert_eq!(
        check_part(&format!("{long}+1"), false).unwrap_err(),
        "has 262145 bytes, and a statement 262144 at most"
    );
    // Not even SQL: it is not looked at.
    let why = check_part(&"'".repeat(MAX_STATEMENT_BYTES + 1), false).unwrap_err();
    assert!(why.starts_with("has 262145 bytes"), "{why}");
}

#[test]
fn names_that_would_fill_a_log_line_are_refused() {
    let of = |name: &str, version: &str| description(name, version);
    assert_eq!(of("timestream", "0.1.0+a"), Ok(()));
    let long = "x".repeat(101);
    for name in ["", "two words", "line\nbreak", "größe", &long] {
        assert!(of(name, "1").unwrap_err().starts_with("its name is not"));
        assert!(of("n", name).unwrap_err().starts_with("its version is not"));
    }
}
