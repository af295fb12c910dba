//! The rows that local Athena gives are those that Trino finds by itself: of random statements, of those recorded, and of
//! some whose filters stay with the engine.

use std::collections::BTreeSet;

use tests::trino::compare::{Judged, judge};
use tests::trino::generate::{Comparison, Statement};
use tests::trino::local::{LocalAthena, normal};
use tests::trino::stage::{Profile, Stage};
use tokio::runtime::Runtime;

use super::{file, random, recorded};

/// What the engine has to know by itself. `ratios` and `computed` have NaN, the infinities and both zeros.
const KEPT: [&str; 58] = [
    "select id from {ratios} where ratio + 0e0 = nan()",
    "select id from {ratios} where ratio = ratio",
    "select id from {ratios} where ratio <> ratio",
    "select id from {ratios} where not (ratio + 0e0 > 1e0)",
    "select id from {ratios} where not (ratio + 0e0 <= e)",
    "select id from {ratios} where ratio + 0e0 > infinity()",
    "select id from {ratios} where ratio * 1e0 >= e",
    "select id from {ratios} where ratio * 1e0 between e and d",
    "select id from {ratios} where ratio * 1e0 not between e and d",
    "select id from {ratios} where ratio is distinct from d / e",
    "select id from {ratios} where ratio is not distinct from d / e",
    "select id from {ratios} where ratio is not distinct from nan()",
    "select id, nullif(ratio, d / e), nullif(e, 0e0) from {ratios}",
    "select id, case ratio when nan() then 1 when 0e0 then 2 when d / e then 3 end from {ratios}",
    "select id, ratio > 0e0, ratio = nan(), e = -0e0, e < 0e0 from {ratios}",
    "select id from {edges} where d * 1e0 not in (0e0, 1e0, 2e0, 3e0)",
    "select id from {edges} where d * 1e0 in (0e0, 1e0, 2e0, 3e0)",
    "select id from {edges} where d * 1e0 in (-0e0, null, 2e0)",
    "select id from {edges} where d * 1e0 not in (-0e0, 5e0, nan(), 1.5e0)",
    "select id from {edges} where e not in (0e0, d, 1e0, 7e0)",
    "select id from {ratios} where ratio not in (nan(), 1e0, 2e0, 3e0)",
    "select ratio, count(*) from {ratios} group by 1",
    "select distinct e from {edges}",
    "select count(distinct ratio), count(distinct e) from {ratios}",
    "select distinct ratio, e from {ratios}",
    "select id, count(*) over (partition by ratio) from {ratios}",
    "select id, rank() over (order by e), rank() over (order by ratio desc) from {ratios}",
    "select id, dense_rank() over (partition by host order by e desc nulls first) from {edges}",
    "select a.id, b.id from {ratios} a join {ratios} b on a.ratio = b.ratio where a.id < 40 and b.id < 40",
    "select a.id, b.id from {edges} a join {small} b on a.e = b.e",
    "select a.id, b.id from {edges} a left join {small} b on a.e = b.d and b.e > a.d",
    "select id from {ratios} where ratio in (select ratio from {ratios} where id < 100)",
    "select id from {ratios} where ratio not in (select ratio from {ratios} where id < 50 and ratio is not null)",
    "select id from {ratios} where ratio not in (select ratio from {ratios} where id < 20)",
    "select id from {edges} where e not in (select e from {small} where e is not null and e <> 0e0)",
    "select e, count(*) from {edges} group by rollup(e)",
    "select e from {edges} intersect select e from {small}",
    "select d from {edges} except select e from {small}",
    "select ratio from {ratios} union select e from {edges}",
    "select id, try_cast(txt as varchar(2)), cast(k as varchar(3)) from {edges}",
    "select id from {edges} where try_cast(n as varchar(2)) = '10'",
    "select id, try_cast(k as varchar(1)) from {edges}",
    "select id from {edges} where try_cast(time as timestamp(0)) = timestamp '2024-01-01 00:00:00'",
    "select id from {edges} where try_cast(txt as varchar(1)) = 'a'",
    "select id from {edges} where txt = (cast('abc' as char(5)))",
    "select id from {edges} where (cast(txt as char(3))) in ('ab', 'abc')",
    "select id from {edges} where cast(txt as char(3)) is not distinct from 'ab'",
    "select id from {edges} where cast(txt as char(3)) is distinct from cast(host as char(2))",
    "select ratio, id from {ratios} order by ratio, id",
    "select ratio, id from {ratios} order by ratio nulls first, id",
    "select ratio, id from {ratios} order by ratio desc, id",
    "select ratio, id from {ratios} order by ratio desc nulls first, id desc",
    "select e, id from {edges} order by e, id limit 90",
    "select e, id from {edges} order by e desc nulls first, id offset 30 limit 90",
    "select id, sum(k) over (order by ratio nulls first, id) from {ratios}",
    "select id from {edges} where lower(txt) like 'a%' and length(host) > 1",
    "select id from {edges} where k % 3 = 1 or (n is null and d > e)",
    "select id from {edges} where b <> (k > 3) or (b and not (d < e))",
];

/// Statements that local Athena answers otherwise, and why: words that they have, and what it does.
const OTHERWISE: [(&str, &str); 1] = [
    // As Athena orders the columns of an answer: tests/src/describing.rs. The expected side's are its own.
    ("select *", "has the columns in another order"),
];

/// What local Athena refuses, and the words with which it does.
const REFUSED: [(&str, &str); 0] = [];

/// The exception that a statement is.
fn reason(sql: &str) -> Option<&'static str> {
    let found = OTHERWISE.iter().find(|(part, _)| sql.contains(part));
    found.map(|(part, _)| *part)
}

/// Whether a statement is one that local Athena refuses, with these words.
pub(super) fn is_refused(sql: &str, error: &anyhow::Error) -> bool {
    let mut words = super::REFUSED.iter().chain(&REFUSED);
    words.any(|(part, words)| sql.contains(part) && error.to_string().contains(words))
}

fn statements(stage: &Stage) -> Vec<Statement> {
    let text = std::fs::read_to_string(file()).unwrap();
    let recorded = recorded(&text).into_iter();
    let recorded = recorded.map(|recorded| recorded.statement);
    // Which rows a limit leaves is open.
    let recorded = recorded.filter(|sql| {
        let mut words = sql.split_whitespace();
        !words.any(|word| word == "limit" || word == "fetch")
    });
    let written = recorded.chain(KEPT.map(str::to_owned));
    let written = written.map(|sql| Statement {
        comparison: comparison(&sql),
        sql,
    });
    random(stage).into_iter().chain(written).collect()
}

/// What is ordered is so by both its columns.
fn comparison(sql: &str) -> Comparison {
    let is_ordered = ["select ratio, id", "select e, id"];
    match sql.split_once(" order by ") {
        Some((whole, _)) if is_ordered.iter().any(|begin| sql.starts_with(begin)) => {
            Comparison::Ordered {
                keys: vec![0, 1],
                whole: whole.to_owned(),
            }
        }
        _ => Comparison::Groups,
    }
}

/// Checks them all in either profile.
pub(super) fn check(stage: &Stage, local: &LocalAthena, runtime: &Runtime) {
    let statements = statements(stage);
    let sources = stage.sources();
    let asked = statements.iter().map(|statement| {
        let sql = match &statement.comparison {
            Comparison::Limited { whole, .. } => whole,
            _ => &statement.sql,
        };
        (sources.render(sql, "rows"), 0)
    });
    let expected = stage.run(&asked.collect::<Vec<_>>()).unwrap();
    let (mut differences, mut compared) = (String::new(), 0);
    let mut otherwise: BTreeSet<&str> = OTHERWISE.iter().map(|(part, _)| *part).collect();
    for (statement, expected) in statements.iter().zip(expected) {
        let sql = &statement.sql;
        if let Some(failed) = expected.failed {
            assert!(!KEPT.contains(&sql.as_str()), "{sql}: {}", failed.message);
            continue;
        }
        let expected = normal(expected);
        // Whoever is sent everything gives Trino's rows already; here they are the engine's.
        let profiles: &[Profile] = match sql.starts_with("select") {
            true => &[Profile::Values],
            false => &[Profile::Values, Profile::Everything],
        };
        for profile in profiles {
            let answer = match runtime.block_on(local.answer(*profile, sql, &expected.types)) {
                Ok(answer) => answer,
                Err(error) if is_refused(sql, &error) => continue,
                Err(error) => {
                    differences.push_str(&format!("{sql}\n  is refused: {error:#}\n"));
                    continue;
                }
            };
            compared += 1;
            let judged = judge(&statement.comparison, &answer, &expected, |whole| {
                let sql = sources.render(whole, "rows");
                Ok(normal(stage.run(&[(sql, 0)])?.remove(0)))
            });
            let Judged::Wrong(wrong) = judged.unwrap() else {
                continue;
            };
            match reason(sql) {
                Some(part) => {
                    otherwise.remove(part);
                }
                None => differences.push_str(&format!("{sql} {profile:?}\n  {wrong}\n")),
            }
        }
    }
    assert!(differences.is_empty(), "{compared} compared\n{differences}");
    assert!(
        otherwise.is_empty(),
        "no exceptions any more: {otherwise:?}"
    );
    assert!(compared > 1_000, "{compared} compared");
}
