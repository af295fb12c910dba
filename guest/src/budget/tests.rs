//! What gives way where a statement has no room.

use super::*;

const ROOM: usize = 200_000;

fn condition(sql: String, shorter: Option<&str>, prunes: bool) -> Result<Condition, String> {
    Ok(Condition {
        shorter: shorter.map(|shorter| Box::new(Condition::of(shorter.to_owned()))),
        prunes,
        ..Condition::of(sql)
    })
}

#[test]
fn what_fits_stays_in_its_order() {
    let terms = vec![
        condition("a".into(), None, false),
        Err("why".into()),
        condition("b".into(), None, true),
    ];
    let (verdicts, notes) = spend(terms, ROOM);
    assert_eq!(
        verdicts,
        [
            Verdict::Exact("a".into()),
            Verdict::Skipped("why".into()),
            Verdict::Exact("b".into())
        ]
    );
    assert!(notes.is_empty());
}

#[test]
fn the_long_list_gives_way_and_not_the_rest() {
    let long = "x".repeat(ROOM);
    let terms = vec![
        condition(long.clone(), Some("short"), false),
        condition("b".into(), None, false),
        condition(long, None, false),
    ];
    let (verdicts, notes) = spend(terms, ROOM);
    assert_eq!(
        verdicts,
        [
            Verdict::Wider("short".into()),
            Verdict::Exact("b".into()),
            Verdict::Skipped("its 200000 bytes are too many for one statement".into())
        ]
    );
    assert_eq!(
        notes,
        [
            "term 1 is pushed as the range its values lie in: its 200000 bytes are too many for one statement"
        ]
    );
}

#[test]
fn what_prunes_comes_first() {
    let half = "x".repeat(ROOM / 2);
    let terms = vec![
        condition(half.clone(), None, false),
        condition(half.clone() + "longer", None, true),
    ];
    let (verdicts, _) = spend(terms, ROOM);
    assert_eq!(verdicts[1], Verdict::Exact(half + "longer"));
    assert!(matches!(verdicts[0], Verdict::Skipped(_)));
}

#[test]
fn a_wide_condition_stays_wide() {
    let wide = Condition {
        exact: false,
        ..Condition::of("a".into())
    };
    assert_eq!(spend(vec![Ok(wide)], ROOM).0, [Verdict::Wider("a".into())]);
}

#[test]
fn comparisons_are_bounded_over_all_terms() {
    let of = |operations| Condition {
        operations,
        ..Condition::of("x".repeat(operations))
    };
    let (verdicts, notes) = spend(vec![Ok(of(100)), Ok(of(29)), Ok(of(28))], ROOM);
    assert_eq!(
        verdicts,
        [
            Verdict::Skipped("its 100 comparisons are too many for one statement".into()),
            Verdict::Exact("x".repeat(29)),
            Verdict::Exact("x".repeat(28)),
        ]
    );
    assert!(notes.is_empty());
}
