//! What queries fetch: never more than the Java connector, and never a wrong row.

#![expect(clippy::unwrap_used, reason = "a test")]

use local::athena::Profile;
use tests::suite::Suite;
use tests::suite::queries::QUERIES;

#[tokio::test(flavor = "multi_thread")]
async fn no_query_fetches_more_than_with_the_java_connector_and_all_answers_are_right() {
    let suite = Suite::start().await.unwrap();
    let mut failed = Vec::new();
    for query in QUERIES {
        let outcomes = match suite.run(query).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                failed.push(format!("{error:#}"));
                continue;
            }
        };
        for outcome in outcomes {
            let (ours, java) = (outcome.ours.cost, outcome.java.cost);
            let what = format!("`{}` with {:?}", query.id, outcome.profile);
            if ours.rows > java.rows || ours.bytes > java.bytes {
                failed.push(format!("{what}: {ours:?}, {java:?}"));
            }
            // Its own statement may fetch fewer rows, but then it loses those.
            let own: u64 = outcome
                .own
                .iter()
                .map(|own| {
                    own.cost
                        .as_ref()
                        .map_or(ours.rows, |cost| cost.rows + own.lost)
                })
                .sum();
            if !outcome.own.is_empty() && ours.rows > own {
                failed.push(format!(
                    "{what}: {ours:?}, the Java connector's own: {:?}",
                    outcome.own
                ));
            }
            if query.tenfold && outcome.profile == Profile::Everything && ours.rows * 10 > java.rows
            {
                failed.push(format!("{what}: {ours:?} is no tenth of {java:?}"));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
