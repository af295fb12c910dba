//! What the demo asks: one question for each way to go wrong.

/// A query and what it is there for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    /// What it tries, for a person.
    pub(super) title: &'static str,
    /// As a user writes it in Athena.
    pub(super) sql: &'static str,
    /// Whether it fixes the order of rows.
    pub(super) is_ordered: bool,
    /// Whether its rows are too many for an answer, so that they must come through S3.
    pub(super) must_spill: bool,
}

impl Question {
    const fn new(title: &'static str, sql: &'static str) -> Question {
        Question {
            title,
            sql,
            is_ordered: false,
            must_spill: false,
        }
    }
}

/// What is put in place of what.
pub(super) struct Replacement {
    pub(super) right: &'static str,
    pub(super) wrong: &'static str,
}

/// What `--break nanoseconds` does to the third question: its upper bound, as the connector asks Timestream for it (the
/// whole last millisecond), becomes the bound of Athena's text, which loses what lies within that millisecond.
pub(super) const FAULT: Replacement = Replacement {
    right: "< TIMESTAMP '2024-03-01 00:20:00.001000000'",
    wrong: "<= TIMESTAMP '2024-03-01 00:20:00.000000000'",
};

/// The questions, in order. Their times are those of [`crate::data::generate`]: `RANGE_FROM`, `RANGE_TO`, `LAST`.
pub(super) const QUESTIONS: [Question; 7] = [
    Question::new(
        "projection: some columns of a single-measure table",
        r#"SELECT time, deviceid, measure_name, "measure_value::double", "measure_value::bigint"
FROM "fleet-metrics".signals"#,
    ),
    Question::new(
        "time range, with rows one nanosecond inside and outside of both ends",
        r#"SELECT deviceid, time, humidity, battery
FROM "fleet-metrics".readings
WHERE time >= timestamp '2024-03-01 06:00:00' AND time < timestamp '2024-03-01 07:00:00'"#,
    ),
    Question {
        is_ordered: true,
        ..Question::new(
            "time <= X, with a row 999999 ns after X: for Athena, which sees milliseconds, it is at X",
            r#"SELECT deviceid, time, online
FROM "fleet-metrics".readings
WHERE time <= timestamp '2024-03-01 00:20:00'
ORDER BY time DESC, deviceid"#,
        )
    },
    Question::new(
        "dimensions: equality and IN, with a quote and an emoji",
        r#"SELECT deviceid, owner, time, battery
FROM "fleet-metrics".readings
WHERE region = 'eu-west-1' AND owner IN ('O''Brien', 'Zoë 🚚')"#,
    ),
    Question::new(
        "<> on a dimension that some devices lack",
        r#"SELECT region, count(*) AS rows, min(time) AS first, max(serviced) AS serviced
FROM "fleet-metrics".readings
WHERE region <> 'eu-west-1'
GROUP BY region"#,
    ),
    Question::new(
        "a measure that some records lack: null or in a range",
        r#"SELECT deviceid, time, temperature
FROM "fleet-metrics".readings
WHERE temperature IS NULL OR temperature > 44.5"#,
    ),
    Question {
        must_spill: true,
        ..Question::new(
            "everything, too much for an answer: through S3, encrypted",
            r#"SELECT deviceid, region, owner, measure_name, time, temperature, humidity, battery, online, firmware, serviced
FROM "fleet-metrics".readings"#,
        )
    },
];

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use jiff::Timestamp;

    use super::*;
    use crate::data::generate::{LAST, MILLISECOND, RANGE_FROM, RANGE_TO};

    fn text(nanoseconds: i64) -> String {
        let time = Timestamp::from_nanosecond(nanoseconds.into()).unwrap();
        time.strftime("%Y-%m-%d %H:%M:%S%.9f").to_string()
    }

    #[test]
    fn questions_ask_for_the_ranges_whose_edges_are_in_the_data() {
        for (question, bound) in [(1, RANGE_FROM), (1, RANGE_TO), (2, LAST)] {
            let seconds = text(bound).replace(".000000000", "");
            assert!(QUESTIONS[question].sql.contains(&format!("'{seconds}'")));
        }
    }

    #[test]
    fn the_fault_is_the_third_question_s_bound() {
        let right = format!("< TIMESTAMP '{}'", text(LAST + MILLISECOND));
        let wrong = format!("<= TIMESTAMP '{}'", text(LAST));
        assert_eq!((FAULT.right, FAULT.wrong), (right.as_str(), wrong.as_str()));
    }
}
