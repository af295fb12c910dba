//! What Trino 435 pushes into a scan, as a golden file, and local Athena held against it: statement by statement, with
//! value sets alone and with everything announced. With Java, the file is held against what Trino says today.

#![expect(clippy::unwrap_used, reason = "a test")]

mod answers;
mod functions;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arrow::compute::kernels::cast_utils::string_to_timestamp_nanos;
use connector::Connector;
use connector::wire::{Constraints, Expression};
use local::athena::{Engine, describe};
use local::s3::S3;
use local::timestream::Server;
use tests::jvm::HINT;
use tests::trino::generate::{self, Comparison, Statement};
use tests::trino::local::LocalAthena;
use tests::trino::stage::{Profile, Stage, Version};
use tests::trino::tables::load;
use tokio::runtime::Runtime;

/// Statements that local Athena's engine has no words for, and what it says. Nothing of them is read.
const REFUSED: [(&str, &str); 2] = [
    ("txt like region escape '!'", "needs a constant pattern"),
    // DataFusion does not join the two columns of USING into one in WHERE.
    ("using (id) where id > 3", "Ambiguous reference"),
];

/// Statements of which local Athena pushes something else, and why.
const OTHERWISE: [&str; 2] = [
    // Trino infers a domain from the constants of VALUES in a join.
    "join (values (1), (2))",
    // Trino makes an AND of an OR where nothing else stands beside it in WHERE; here it is looked at when the rest has
    // gone to the join's other side.
    "where ((a.host = 'a' and a.n > 3) or a.k = 1) and b.k = 1",
];

fn file() -> PathBuf {
    tests::workspace().join("tests/fixtures/trino/pushed.txt")
}

/// A statement and the lines that stand below it.
#[derive(Debug)]
struct Recorded {
    statement: String,
    pushed: Vec<String>,
}

fn recorded(text: &str) -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.strip_prefix("  ") {
            Some(pushed) => all.last_mut().unwrap().pushed.push(pushed.to_owned()),
            None => all.push(Recorded {
                statement: line.to_owned(),
                pushed: Vec::new(),
            }),
        }
    }
    all
}

/// What is sent for one scan, on a line.
fn line(table: &str, constraints: &[String]) -> String {
    // The statement that a passthrough runs is the source's.
    let said = constraints
        .iter()
        .filter(|line| !line.starts_with("query => "));
    let said: Vec<&str> = said.map(String::as_str).collect();
    match said.as_slice() {
        [] => format!("{table}: no constraint"),
        said => format!("{table}: {}", said.join("; ")),
    }
}

/// The lines below a statement, from what is sent in either profile.
fn pushed(statement: &str, profiles: [Vec<String>; 2]) -> Vec<String> {
    let [values, everything] = profiles.map(|mut scans| {
        // Which table of a join is read first is the engine's.
        scans.sort();
        if scans.is_empty() {
            scans.push("nothing is read".to_owned());
        }
        scans
    });
    let labelled = |label: &str, scans: &[String]| -> Vec<String> {
        let lines = scans.iter().map(|scan| format!("{label:<10}  {scan}"));
        lines.map(|line| without_clock(statement, line)).collect()
    };
    let (values_said, everything_said) = (labelled("both", &values), labelled("both", &everything));
    if values_said == everything_said {
        return values_said;
    }
    let mut lines = labelled("values", &values);
    lines.extend(labelled("everything", &everything));
    lines
}

/// The line with the times in it as distances from now, if the statement looks at the clock.
fn without_clock(statement: &str, line: String) -> String {
    let statement = statement.to_lowercase();
    if !["now()", "current_", "localtimestamp"]
        .iter()
        .any(|clock| statement.contains(clock))
    {
        return line;
    }
    const TIME: &str = "0000-00-00 00:00:00.000";
    let mut shown = String::new();
    let mut rest = line.as_str();
    while let Some(character) = rest.chars().next() {
        let time = rest.get(..TIME.len()).filter(|time| {
            time.chars()
                .zip(TIME.chars())
                .all(|(one, pattern)| one == pattern || pattern == '0' && one.is_ascii_digit())
        });
        let taken = match time {
            Some(time) => {
                shown.push_str(&from_now(time));
                TIME.len()
            }
            None => {
                shown.push(character);
                character.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    shown
}

/// A time by its distance from now: in days where it is a midnight, else in hours.
fn from_now(time: &str) -> String {
    const HOUR: i64 = 3_600_000_000_000;
    let nanos = string_to_timestamp_nanos(time).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_nanos()).unwrap();
    match nanos % (24 * HOUR) {
        0 => format!("<today {:+} days>", (nanos - now).div_euclid(24 * HOUR) + 1),
        _ => format!(
            "<now {:+} hours>",
            (nanos - now + HOUR / 2).div_euclid(HOUR)
        ),
    }
}

/// Local Athena before the connector and a stand-in with the golden file's tables.
struct Local {
    athena: LocalAthena,
    _timestream: Server,
    _s3: S3,
}

impl Local {
    async fn start(engine: Engine) -> Self {
        let timestream = Server::start(Default::default()).await.unwrap();
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let config = tests::sdk_config(&timestream.url(), &s3.url());
        let write = aws_sdk_timestreamwrite::Client::new(&config);
        // Enough for every column to have a value.
        let tables = [("edges", 40), ("small", 40)];
        load(&write, &tables).await.unwrap();
        let connector = Arc::new(Connector::with_plugin(
            tests::settings(s3.bucket()).unwrap(),
            &config,
            tests::plugin("timestream").unwrap(),
        ));
        Self {
            athena: LocalAthena::new(&connector, &config, engine).unwrap(),
            _timestream: timestream,
            _s3: s3,
        }
    }
}

/// What local Athena sends for a statement.
async fn ours(athena: &LocalAthena, statement: &str) -> anyhow::Result<Said> {
    let profiles = [
        athena.pushed(Profile::Values, statement).await?,
        athena.pushed(Profile::Everything, statement).await?,
    ];
    Ok(said(statement, profiles))
}

/// What is sent for the tables of a statement in either profile.
fn said(statement: &str, profiles: [Vec<(String, Constraints)>; 2]) -> Said {
    let all = profiles.iter().flatten();
    let expressions = all.flat_map(|(_, sent)| &sent.expression);
    let mut types: Vec<String> = expressions.map(with_types).collect();
    types.sort();
    let lines = profiles.map(|scans| {
        let lines = scans.iter();
        lines
            .map(|(table, sent)| line(table, &describe(sent)))
            .collect()
    });
    Said {
        lines: pushed(statement, lines),
        types,
    }
}

/// An expression with the type of each of its parts, and without constants.
fn with_types(expression: &Expression) -> String {
    match expression {
        Expression::VariableExpression {
            column_name,
            r#type,
        } => format!("{column_name}: {type:?}"),
        Expression::ConstantExpression { r#type, .. } => format!("{type:?}"),
        Expression::FunctionCallExpression {
            r#type,
            function_name,
            arguments,
        } => {
            let name = &function_name.function_name;
            let mut arguments: Vec<String> = arguments.iter().map(with_types).collect();
            if matches!(name.as_str(), "$and" | "$or") {
                arguments.sort();
            }
            format!("{name}({}): {type:?}", arguments.join(", "))
        }
    }
}

#[tokio::test]
async fn local_athena_pushes_what_trino_pushes() {
    let text = std::fs::read_to_string(file()).unwrap();
    let local = Local::start(Engine::Trino435).await;
    let (mut differences, mut compared) = (String::new(), 0);
    for Recorded { statement, pushed } in recorded(&text) {
        assert!(!pushed.is_empty(), "nothing is recorded for {statement}");
        let is_other = OTHERWISE.iter().any(|part| statement.contains(part));
        if is_other {
            let ours = ours(&local.athena, &statement).await.unwrap();
            assert_ne!(ours.lines, pushed, "{statement} is no exception any more");
            continue;
        }
        let refused = REFUSED
            .iter()
            .find(|(part, _)| statement.contains(part))
            .map(|(_, words)| words);
        compared += 1;
        match (ours(&local.athena, &statement).await, refused) {
            (Ok(ours), None) if ours.lines == pushed => {}
            (Err(error), Some(words)) if error.to_string().contains(words) => {}
            (Ok(ours), _) => {
                differences.push_str(&difference(&statement, &pushed, &ours.lines));
            }
            (Err(error), _) => {
                differences.push_str(&format!("{statement}\n  is refused: {error:#}\n"));
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
    assert!(compared >= 300, "{compared} statements");
}

#[tokio::test]
async fn local_athena_computes_what_trino_computes() {
    let local = Local::start(Engine::Trino435).await;
    functions::check(&local.athena).await;
}

/// What makes a constant with a time zone.
const ZONED: [&str; 6] = [
    "now()",
    "current_timestamp",
    "UTC'",
    "Europe/Paris'",
    "+02:00'",
    "from_",
];

/// The Athena of a plan from 2022 differs in one thing: a column that is compared with a constant with a time zone is cast.
#[tokio::test]
async fn athena_2022_pushes_the_same_but_for_constants_with_a_time_zone() {
    let text = std::fs::read_to_string(file()).unwrap();
    let local = Local::start(Engine::Athena2022).await;
    let mut differing = 0;
    for (number, Recorded { statement, pushed }) in recorded(&text).into_iter().enumerate() {
        let has_zone = ZONED.iter().any(|part| statement.contains(part));
        // Of the others some stand for all, which the test above has asked.
        if !has_zone && number % 4 > 0 {
            continue;
        }
        let is_other = OTHERWISE.iter().any(|part| statement.contains(part));
        let lines = match ours(&local.athena, &statement).await {
            Ok(ours) if ours.lines != pushed && !is_other => ours.lines,
            _ => continue,
        };
        differing += 1;
        assert!(has_zone, "{}", difference(&statement, &pushed, &lines));
        for line in lines {
            assert!(!line.contains("time"), "{statement}: {line}");
        }
    }
    assert!(differing >= 10, "{differing} statements differ");
}

/// Random statements that are compared; those of joins are not, as for [`OTHERWISE`].
const RANDOM: u64 = 150;

/// One test, since a Trino takes long to start.
#[test]
fn trino_still_pushes_what_is_recorded_and_local_athena_the_same_of_random_statements() {
    if let Some(missing) = Version::V435.missing() {
        tests::say_skipped(&format!("what Trino pushes today, since {missing}; {HINT}"));
        return;
    }
    let stage = Stage::start(Version::V435, &[], Vec::new()).unwrap();
    let runtime = Runtime::new().unwrap();
    let local = LocalAthena::new(
        &stage.connector().unwrap(),
        &stage.config(),
        Engine::Trino435,
    );
    let local = local.unwrap();
    functions::check_recording(&stage);
    check_recording(&stage, &local, &runtime);
    check_random(&stage, &local, &runtime);
    answers::check(&stage, &local, &runtime);
    functions::check_random(&stage);
}

/// What is sent for a statement: as it is recorded, and the types in its expressions.
#[derive(Debug, PartialEq)]
struct Said {
    lines: Vec<String>,
    types: Vec<String>,
}

/// What Trino sends for each statement in either profile; none for one that fails before that.
fn sent(stage: &Stage, statements: &[String]) -> Vec<Option<Said>> {
    let sources = stage.sources();
    let catalogs = [Profile::Values, Profile::Everything].map(|profile| profile.catalog(None));
    let rendered = statements.iter().flat_map(|statement| {
        let on = |catalog: &String| (sources.render(statement, catalog), 0);
        catalogs.iter().map(on).collect::<Vec<_>>()
    });
    let outcomes = stage.run(&rendered.collect::<Vec<_>>()).unwrap();
    let scans = outcomes.chunks(2).map(|profiles| {
        let scans = profiles.iter().map(|outcome| {
            // What fails on a row was sent before.
            let is_planned = outcome.failed.is_none() || !outcome.sent.is_empty();
            let sent = outcome.sent.iter().map(|scan| {
                let table = format!("{}.{}", scan.schema, scan.table);
                (table, scan.planned.clone())
            });
            is_planned.then(|| sent.collect::<Vec<_>>())
        });
        scans.collect::<Option<Vec<_>>>()
    });
    let said = statements.iter().zip(scans).map(|(statement, scans)| {
        let profiles = <[Vec<(String, Constraints)>; 2]>::try_from(scans?).unwrap();
        Some(said(statement, profiles))
    });
    said.collect()
}

/// The file is what Trino says today, and local Athena's expressions have the same types.
fn check_recording(stage: &Stage, local: &LocalAthena, runtime: &Runtime) {
    let text = std::fs::read_to_string(file()).unwrap();
    let statements = recorded(&text).into_iter();
    let statements: Vec<String> = statements.map(|recorded| recorded.statement).collect();
    let sent = sent(stage, &statements);
    let mut said = statements.iter().zip(&sent).map(|(statement, said)| {
        let refused = || panic!("Trino refuses {statement}");
        said.as_ref().unwrap_or_else(refused)
    });
    let mut today = String::new();
    for written in text.lines().filter(|line| !line.starts_with("  ")) {
        today.push_str(written);
        today.push('\n');
        if written.is_empty() || written.starts_with('#') {
            continue;
        }
        for line in &said.next().unwrap().lines {
            today.push_str(&format!("  {line}\n"));
        }
    }
    if std::env::var_os("ATHENA_TIMESTREAM_RECORD").is_some() {
        std::fs::write(file(), &today).unwrap();
    }
    let recorded = std::fs::read_to_string(file()).unwrap();
    let differs = recorded
        .lines()
        .zip(today.lines())
        .find(|(recorded, today)| recorded != today);
    assert!(
        differs.is_none() && recorded.len() == today.len(),
        "{differs:?}: the recording is no longer what Trino says; hint: ATHENA_TIMESTREAM_RECORD=1 records it anew"
    );
    let is_other = |sql: &str| OTHERWISE.iter().any(|part| sql.contains(part));
    let played = statements.into_iter().zip(sent);
    let played = played.filter(|(statement, _)| !is_other(statement));
    compare(played, local, runtime);
}

/// Random statements that local Athena is given too.
fn random(stage: &Stage) -> Vec<Statement> {
    let statements = (1..=RANDOM).map(|seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        let bytes: Vec<u8> = (0..160).map(|_| random.u8(..)).collect();
        // A large table is planned like any other.
        let smaller = |sql: &mut String| *sql = sql.replace("{big}", "{edges}");
        let mut statement = generate::statement(stage.sources(), &bytes, true);
        smaller(&mut statement.sql);
        match &mut statement.comparison {
            Comparison::Ordered { whole, .. } | Comparison::Limited { whole, .. } => smaller(whole),
            Comparison::Bag | Comparison::Groups => {}
        }
        statement
    });
    statements.collect()
}

/// Local Athena sends the same of random statements.
fn check_random(stage: &Stage, local: &LocalAthena, runtime: &Runtime) {
    let statements = random(stage).into_iter().map(|statement| statement.sql);
    let statements: Vec<String> = statements.filter(|sql| !sql.contains("JOIN")).collect();
    let sent = sent(stage, &statements);
    compare(statements.into_iter().zip(sent), local, runtime);
}

/// Compares what Trino sends of statements with what local Athena does.
fn compare(
    played: impl Iterator<Item = (String, Option<Said>)>,
    local: &LocalAthena,
    runtime: &Runtime,
) {
    let (mut differences, mut statements, mut compared) = (String::new(), 0, 0);
    for (statement, theirs) in played {
        statements += 1;
        let Some(theirs) = theirs else {
            continue;
        };
        let ours = match runtime.block_on(ours(local, &statement)) {
            Ok(ours) => ours,
            Err(error) if answers::is_refused(&statement, &error) => continue,
            Err(error) => {
                differences.push_str(&format!("{statement}\n  is refused: {error:#}\n"));
                continue;
            }
        };
        compared += 1;
        if ours != theirs {
            let all = |said: &Said| [said.lines.as_slice(), &said.types].concat();
            differences.push_str(&difference(&statement, &all(&theirs), &all(&ours)));
        }
    }
    assert!(differences.is_empty(), "{differences}");
    assert!(2 * compared > statements, "{compared} of {statements}");
}

fn difference(statement: &str, theirs: &[String], ours: &[String]) -> String {
    format!(
        "{statement}\n  Trino\n    {}\n  local Athena\n    {}\n",
        theirs.join("\n    "),
        ours.join("\n    ")
    )
}
