//! What Trino 435 pushes into a scan, as a golden file, and local Athena held against it: statement by statement, with
//! value sets alone and with everything announced. With Java, the file is held against what Trino says today.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;
use std::sync::Arc;

use connector::Connector;
use local::athena::{Athena, Engine, Function, Options, Profile, describe};
use local::s3::S3;
use local::timestream::Server;
use tests::jvm::HINT;
use tests::proof::records::store;
use tests::trino::generate;
use tests::trino::sources::Sources;
use tests::trino::stage::{self, Stage, Version};
use tests::trino::tables::{COLUMNS, DATABASE, DIMENSIONS, rows};
use tokio::runtime::Runtime;

/// Statements that local Athena's engine has no words for, and what it says. Nothing of them is read.
const REFUSED: [(&str, &str); 3] = [
    ("txt like region escape '!'", "needs a constant pattern"),
    ("mod(k, 2) = 1", "Invalid function 'mod'"),
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

/// The line without the times in it, if the statement looks at the clock.
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
        let is_time = rest.len() >= TIME.len()
            && rest.is_char_boundary(TIME.len())
            && rest
                .chars()
                .zip(TIME.chars())
                .all(|(one, pattern)| one == pattern || pattern == '0' && one.is_ascii_digit());
        let taken = if is_time {
            shown.push_str("<clock>");
            TIME.len()
        } else {
            shown.push(character);
            character.len_utf8()
        };
        rest = &rest[taken..];
    }
    shown
}

/// Local Athena before the connector and a stand-in with the golden file's tables.
struct Local {
    athenas: [Athena; 2],
    sources: Sources,
    _timestream: Server,
    _s3: S3,
}

impl Local {
    async fn start() -> Self {
        let timestream = Server::start(Default::default()).await.unwrap();
        let s3 = S3::start(0, "spill", None).await.unwrap();
        let config = tests::sdk_config(&timestream.url(), &s3.url());
        let write = aws_sdk_timestreamwrite::Client::new(&config);
        let create = write.create_database().database_name(DATABASE);
        create.send().await.unwrap();
        for table in ["edges", "small"] {
            // Enough for every column to have a value.
            let rows = rows(table, 40);
            store(&write, (DATABASE, table), &COLUMNS, &DIMENSIONS, &rows)
                .await
                .unwrap();
        }
        let connector = Arc::new(Connector::with_plugin(
            tests::settings(s3.bucket()).unwrap(),
            &config,
            tests::plugin("timestream").unwrap(),
        ));
        let athenas = [Profile::ValueSets, Profile::Everything].map(|profile| {
            let options = Options {
                profile,
                engine: Engine::Trino435,
                ..Options::new(aws_sdk_s3::Client::new(&config))
            };
            Athena::open(Function::InProcess(connector.clone()), options).unwrap()
        });
        Self {
            athenas,
            sources: Sources::new(),
            _timestream: timestream,
            _s3: s3,
        }
    }

    async fn pushed(&self, statement: &str) -> anyhow::Result<Vec<String>> {
        let sql = self.sources.render(statement, local::athena::CATALOG);
        let mut profiles = [Vec::new(), Vec::new()];
        for (athena, profile) in self.athenas.iter().zip(&mut profiles) {
            let scans = athena.pushed(&sql).await?;
            *profile = scans
                .iter()
                .map(|(table, sent)| line(table, &describe(sent)))
                .collect();
        }
        Ok(pushed(statement, profiles))
    }
}

#[tokio::test]
async fn local_athena_pushes_what_trino_pushes() {
    let text = std::fs::read_to_string(file()).unwrap();
    let local = Local::start().await;
    let (mut differences, mut compared) = (String::new(), 0);
    for Recorded { statement, pushed } in recorded(&text) {
        assert!(!pushed.is_empty(), "nothing is recorded for {statement}");
        let is_other = OTHERWISE.iter().any(|part| statement.contains(part));
        if is_other {
            let ours = local.pushed(&statement).await.unwrap();
            assert_ne!(ours, pushed, "{statement} is no exception any more");
            continue;
        }
        let refused = REFUSED
            .iter()
            .find(|(part, _)| statement.contains(part))
            .map(|(_, words)| words);
        compared += 1;
        match (local.pushed(&statement).await, refused) {
            (Ok(ours), None) if ours == pushed => {}
            (Err(error), Some(words)) if error.to_string().contains(words) => {}
            (Ok(ours), _) => {
                differences.push_str(&difference(&statement, &pushed, &ours));
            }
            (Err(error), _) => {
                differences.push_str(&format!("{statement}\n  is refused: {error:#}\n"));
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
    assert!(compared >= 300, "{compared} statements");
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
    check_recording(&stage);
    check_random(&stage);
}

/// What Trino sends for each statement in either profile; none for one that fails before that.
fn sent(stage: &Stage, statements: &[String]) -> Vec<Option<Vec<String>>> {
    let sources = stage.sources();
    let catalogs =
        [stage::Profile::Values, stage::Profile::Everything].map(|profile| profile.catalog(None));
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
                line(&table, &describe(&scan.planned))
            });
            is_planned.then(|| sent.collect::<Vec<_>>())
        });
        scans.collect::<Option<Vec<_>>>()
    });
    let pushed = statements.iter().zip(scans).map(|(statement, scans)| {
        let profiles = <[Vec<String>; 2]>::try_from(scans?).unwrap();
        Some(pushed(statement, profiles))
    });
    pushed.collect()
}

fn check_recording(stage: &Stage) {
    let text = std::fs::read_to_string(file()).unwrap();
    let statements = recorded(&text)
        .into_iter()
        .map(|recorded| recorded.statement);
    let mut sent = sent(stage, &statements.collect::<Vec<_>>()).into_iter();
    let mut today = String::new();
    for written in text.lines().filter(|line| !line.starts_with("  ")) {
        today.push_str(written);
        today.push('\n');
        if written.is_empty() || written.starts_with('#') {
            continue;
        }
        let pushed = sent.next().unwrap();
        let pushed = pushed.unwrap_or_else(|| panic!("Trino refuses {written}"));
        for line in pushed {
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
}

fn check_random(stage: &Stage) {
    let runtime = Runtime::new().unwrap();
    let local = runtime.block_on(Local::start());
    let statements = (1..=RANDOM).map(|seed| {
        let mut random = fastrand::Rng::with_seed(seed);
        let bytes: Vec<u8> = (0..160).map(|_| random.u8(..)).collect();
        let statement = generate::statement(stage.sources(), &bytes, true).sql;
        // A large table is planned like any other.
        statement.replace("{big}", "{edges}")
    });
    // Glue's tables are not there.
    let is_other = |statement: &String| {
        let others = ["{fine}", "{ratios}", "JOIN"];
        others.iter().any(|part| statement.contains(part))
    };
    let statements: Vec<String> = statements.filter(|one| !is_other(one)).collect();
    let (mut differences, mut compared) = (String::new(), 0);
    for (statement, theirs) in statements.iter().zip(sent(stage, &statements)) {
        // Functions and names that the engine has not are refused, and nothing is read.
        let (Some(theirs), Ok(ours)) = (theirs, runtime.block_on(local.pushed(statement))) else {
            continue;
        };
        compared += 1;
        if ours != theirs {
            differences.push_str(&difference(statement, &theirs, &ours));
        }
    }
    assert!(differences.is_empty(), "{differences}");
    assert!(compared > RANDOM / 2, "{compared} statements");
}

fn difference(statement: &str, theirs: &[String], ours: &[String]) -> String {
    format!(
        "{statement}\n  Trino\n    {}\n  local Athena\n    {}\n",
        theirs.join("\n    "),
        ours.join("\n    ")
    )
}
