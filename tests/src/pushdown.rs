//! What queries fetch: never more than with the Java connector's statements, and never a wrong row.

#![expect(clippy::unwrap_used, reason = "a test")]

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
