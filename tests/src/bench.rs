//! `bench pushdown`: what each query of the suite fetches from Timestream, beside what it fetches with `java-compat`.
//!
//! First every query with its statements, then one table. `cargo xtask bench pushdown` builds what it needs.

use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::util::pretty::pretty_format_batches;
use local::athena::Profile;
use tests::suite::queries::QUERIES;
use tests::suite::{Outcome, Suite};

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments != ["pushdown"] {
        bail!("usage: bench pushdown");
    }
    let suite = Suite::start().await?;
    let (mut outcomes, mut faults) = (Vec::new(), Vec::new());
    for query in QUERIES {
        match suite.run(query).await {
            Ok(found) => {
                describe(&found);
                faults.extend(found.iter().flat_map(Outcome::faults));
                outcomes.extend(found);
            }
            Err(error) => faults.push(format!("{error:#}")),
        }
    }
    say(&format!("\n{}", table(&outcomes)?));
    say("rows and bytes of rows as the stand-in counts them; `java`: java-compat");
    ensure!(
        faults.is_empty(),
        "not as promised:
{}",
        faults.join(
            "
"
        )
    );
    Ok(())
}

/// A query and its statements.
fn describe(outcomes: &[Outcome]) {
    let Some(first) = outcomes.first() else {
        return;
    };
    say(&format!("\n{}\n  {}", first.query.id, first.query.sql));
    for outcome in outcomes {
        for sql in &outcome.ours.sql {
            tell(&format!("{:?}", outcome.profile), sql);
        }
    }
    for sql in &first.java.sql {
        tell("java-compat", sql);
    }
    for own in &first.own {
        tell("Java", &own.sql);
        match &own.cost {
            Ok(cost) => tell(
                "",
                &format!("fetches {} rows; loses {}", cost.rows, own.lost),
            ),
            Err(error) => tell("", &format!("fails: {error}")),
        }
    }
}

fn tell(label: &str, text: &str) {
    for (number, line) in text.lines().enumerate() {
        let label = if number == 0 { label } else { "" };
        say(&format!("  {label:<11}  {line}"));
    }
}

fn table(outcomes: &[Outcome]) -> Result<String> {
    let column = |of: fn(&Outcome) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(outcomes.iter().map(of)))
    };
    let columns = [
        ("query", column(|outcome| outcome.query.id.to_owned())),
        (
            "Athena sends",
            column(|outcome| sent(outcome.profile).to_owned()),
        ),
        ("rows", column(|outcome| outcome.ours.cost.rows.to_string())),
        (
            "rows java",
            column(|outcome| outcome.java.cost.rows.to_string()),
        ),
        (
            "times fewer",
            column(|outcome| ratio(outcome.ours.cost.rows, outcome.java.cost.rows)),
        ),
        (
            "bytes",
            column(|outcome| outcome.ours.cost.bytes.to_string()),
        ),
        (
            "bytes java",
            column(|outcome| outcome.java.cost.bytes.to_string()),
        ),
        (
            "times fewer ",
            column(|outcome| ratio(outcome.ours.cost.bytes, outcome.java.cost.bytes)),
        ),
        ("the Java connector's own statement", column(own)),
    ];
    let batch = RecordBatch::try_from_iter(columns)?;
    Ok(pretty_format_batches(&[batch])?.to_string())
}

fn sent(profile: Profile) -> &'static str {
    match profile {
        Profile::ValueSets => "value sets",
        Profile::Everything => "everything",
    }
}

/// How many times fewer ours is than theirs.
fn ratio(ours: u64, theirs: u64) -> String {
    match (ours, theirs) {
        (0, 0) => "1.0".to_owned(),
        (0, _) => "all".to_owned(),
        (ours, theirs) => format!("{:.1}", theirs as f64 / ours as f64),
    }
}

/// Where the Java connector's statement is another one: what it would fetch, and why it is not sound.
fn own(outcome: &Outcome) -> String {
    let told = outcome.own.iter().map(|own| match &own.cost {
        Ok(cost) if own.lost > 0 => format!("{} rows, WRONG: loses {}", cost.rows, own.lost),
        Ok(cost) => format!("{} rows", cost.rows),
        Err(_) => "FAILS".to_owned(),
    });
    let skipped = outcome
        .skipped
        .iter()
        .map(|reason| format!("unsound: {reason}"));
    told.chain(skipped).collect::<Vec<_>>().join("; ")
}

#[expect(
    clippy::print_stdout,
    reason = "the figures are what a benchmark is for"
)]
fn say(line: &str) {
    println!("{line}");
}
