//! What queries fetch: never more than with the Java connector's statements, and never a wrong row.

#![expect(clippy::unwrap_used, reason = "a test")]

use local::athena::Profile;
use tests::suite::Suite;
use tests::suite::queries::QUERIES;

#[tokio::test(flavor = "multi_thread")]
async fn no_query_fetches_more_than_with_the_java_connector_and_every_answer_is_right() {
    let suite = Suite::start().await.unwrap();
    let mut faults = Vec::new();
    for query in QUERIES {
        match suite.run(query).await {
            Ok(outcomes) => faults.extend(outcomes.iter().flat_map(|outcome| outcome.faults())),
            Err(error) => faults.push(format!("{error:#}")),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The commonest top-N of all: instants of one millisecond are one to Athena, so that the device decides among them.
#[tokio::test(flavor = "multi_thread")]
async fn the_latest_rows_with_a_tie_breaker_are_read_and_no_others() {
    let suite = Suite::start().await.unwrap();
    let mut queries = QUERIES.iter();
    let query = queries.find(|query| query.id == "latest ten, then by device");
    let outcomes = suite.run(query.unwrap()).await.unwrap();
    let everything = outcomes
        .iter()
        .find(|outcome| outcome.profile == Profile::Everything);
    assert_eq!(everything.unwrap().ours.cost.rows, 10);
}
