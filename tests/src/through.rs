//! Statements for Timestream that the user wrote, run by Athena through `system.query`.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::process::{Command, Stdio};

use serde_json::Value;
use tests::component;
use tests::processes::{Emulator, Serve, output};

/// Rooms, instants of 2024-01-01 (UTC) as milliseconds, and degrees.
const CSV: &str = "\
room,time,degrees,measure_name
kitchen,1704067200000,20,climate
kitchen,1704069000000,22,climate
kitchen,1704070799999,24,climate
kitchen,1704070800000,30,climate
o'neill's,1704068100000,10,climate
o'neill's,1704074400000,15.5,climate
";

const MODEL: &str = r#"{
    "TimeUnit": "MILLISECONDS", "TimeColumn": "time", "MeasureNameColumn": "measure_name",
    "DimensionMappings": [{"SourceColumn": "room", "DestinationColumn": "room"}],
    "MultiMeasureMappings": {"MultiMeasureAttributeMappings": [
        {"SourceColumn": "degrees", "TargetMultiMeasureAttributeName": "degrees", "MeasureValueType": "DOUBLE"}]}
}"#;

/// For Timestream: by room and hour. 00:00 to 00:59:59.999 is the first hour, 01:00 begins the second.
const BY_HOUR: &str = r#"SELECT room, bin(time, 1h) AS "Hour", avg(degrees) AS mean, count(*) AS n FROM "Home"."Climate" GROUP BY room, bin(time, 1h)"#;

#[test]
fn a_users_statement_is_a_table_of_athena_in_process_and_under_lambda() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start().unwrap();
    serve
        .load(folder.path(), (CSV, MODEL), ["Home", "Climate"])
        .unwrap();
    let emulator = Emulator::start(&serve.environment).unwrap();

    // The means by hand: (20 + 22 + 24) / 3, 30, 10, 15.5.
    let all = "\
        kitchen,2024-01-01 00:00:00.000,22.0,3\n\
        kitchen,2024-01-01 01:00:00.000,30.0,1\n\
        o'neill's,2024-01-01 00:00:00.000,10.0,1\n\
        o'neill's,2024-01-01 02:00:00.000,15.5,1\n";
    let questions = [
        (
            format!("select * from table(system.query(query => '{BY_HOUR}')) order by room, hour"),
            format!("room,hour,mean,n\n{all}"),
        ),
        // Projection, a range, a term on a computed column, and the catalog in front.
        (
            format!(
                "SELECT Mean FROM TABLE(Timestream.System.Query(QUERY => '{BY_HOUR}')) T \
                 WHERE t.hour < timestamp '2024-01-01 01:00:00' AND mean > 15"
            ),
            "mean\n22.0\n".to_owned(),
        ),
        // A quote in the text of a text: the statement is `… WHERE room = 'o''neill''s'`.
        (
            "select max(degrees) m from table(system.query(query => \
             'SELECT degrees FROM \"Home\".\"Climate\" WHERE room = ''o''''neill''''s'''))"
                .to_owned(),
            "m\n15.5\n".to_owned(),
        ),
        // Each hour's mean beside its readings, and the highest of another statement.
        (
            format!(
                "select c.room, c.time, h.mean, peak.m from home.climate c \
                 join table(system.query(query => '{BY_HOUR}')) h \
                   on h.room = c.room and h.hour = date_trunc('hour', c.time) \
                 cross join table(system.query(query => 'SELECT max(degrees) AS m FROM \"Home\".\"Climate\"')) peak \
                 where c.degrees > h.mean order by c.time"
            ),
            "room,time,mean,m\nkitchen,2024-01-01 00:59:59.999,22.0,30.0\n".to_owned(),
        ),
    ];
    for (sql, expected) in questions {
        for extra in [&[][..], &["--lambda", &emulator.url]] {
            let mut command = serve.command().unwrap();
            command
                .args(["query", &sql, "--format", "csv", "-q"])
                .args(extra);
            assert_eq!(output(&mut command).unwrap(), expected, "{sql} {extra:?}");
        }
    }

    // What Timestream says of the value reaches the person who asked, and no log.
    let mut command = serve.command().unwrap();
    let sql =
        "select * from table(system.query(query => 'SELECT CAST(''hunter2'' AS bigint) AS n'))";
    let told = output(command.args(["query", sql, "--lambda", &emulator.url]));
    let told = told.unwrap_err().to_string();
    assert!(told.contains("hunter2"), "{told}");
    let log = emulator.log().unwrap();
    assert!(log.contains(r#""message":"request failed""#), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
    let is_line = |line: &Value| {
        line["fields"]["message"] == "request answered"
            && line["span"]["kind"] == "ReadRecordsRequest"
    };
    let span = [
        "/span/query_id",
        "/span/timestream_query_id",
        "/spans/0/request_id",
    ];
    let is_record =
        |record: &Value| record["Kind"] == "ReadRecordsRequest" && record["Errors"] == 0;
    let members = ["/QueryId", "/TimestreamQueryId", "/RequestId"];
    let lines = ids_of_reads(&log, is_line, span);
    assert_eq!(lines.len(), 6, "{log}");
    assert_eq!(lines, ids_of_reads(&log, is_record, members), "{log}");

    let mut command = serve.command().unwrap();
    let sql = "select n from table(system.query(query => 'SELECT 1 AS n')) where n > 0";
    let explained = output(command.args(["explain", sql])).unwrap();
    assert!(
        explained.starts_with("system.query\n  sent       query => 'SELECT 1 AS n'\n"),
        "{explained}"
    );
    assert!(explained.contains("FROM ("), "{explained}");
}

/// Of each read that was answered: Athena's id of the query, Timestream's, and Lambda's of the request.
fn ids_of_reads(log: &str, is_read: fn(&Value) -> bool, ids: [&str; 3]) -> Vec<[String; 3]> {
    let lines = log.lines();
    let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let reads = lines.filter(is_read);
    let id = |read: &Value, id| match read.pointer(id) {
        Some(Value::String(id)) => id.clone(),
        _ => panic!("no `{id}`: {read}"),
    };
    reads.map(|read| ids.map(|name| id(&read, name))).collect()
}

/// What a command gives when its standard output is closed before it is written.
fn with_closed_output(command: &mut Command) -> std::process::Output {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.wait_with_output().unwrap()
}

#[test]
fn commands_read_sql_from_files_and_end_well_when_nobody_reads_on() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start().unwrap();
    serve
        .load(folder.path(), (CSV, MODEL), ["Home", "Climate"])
        .unwrap();
    let sql = "select max(degrees) as m from home.climate";
    let file = folder.path().join("query.sql");
    std::fs::write(&file, sql).unwrap();
    let file = file.to_str().unwrap();
    for arguments in [&["-f", file][..], &["-f", "-"], &["-"], &[sql]] {
        let mut command = serve.command().unwrap();
        command.args(["query", "--format", "csv", "-q"]);
        command.args(arguments);
        command.stdin(std::fs::File::open(file).unwrap());
        assert_eq!(output(&mut command).unwrap(), "m\n30.0\n", "{arguments:?}");
    }
    let mut command = serve.command().unwrap();
    let refused = output(command.args(["query", "-f", "no/such.sql"])).unwrap_err();
    assert!(refused.to_string().contains("no/such.sql"), "{refused}");
    let mut command = serve.command().unwrap();
    assert!(
        output(command.arg("--version"))
            .unwrap()
            .starts_with("athena-timestream ")
    );

    for arguments in [
        &["query", sql][..],
        &["query", sql, "--format", "csv"],
        &["query", sql, "--format", "json"],
        &["explain", sql],
    ] {
        let mut command = serve.command().unwrap();
        let ended = with_closed_output(command.args(arguments));
        let told = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{arguments:?}: {told}");
        assert!(!told.contains("error"), "{arguments:?}: {told}");
    }
}

/// Athena folds no clock into a constant, and so sends nothing of this.
#[test]
fn a_clock_in_a_condition_is_explained_with_the_form_that_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start().unwrap();
    serve
        .load(folder.path(), (CSV, MODEL), ["Home", "Climate"])
        .unwrap();
    let mut command = serve.command().unwrap();
    let sql = "select room from home.climate where time > now() - interval '1' day";
    let explained = output(command.args(["explain", sql])).unwrap();
    assert!(
        explained.contains("sent       no constraint"),
        "{explained}"
    );
    assert!(
        explained.contains("write time > timestamp '"),
        "{explained}"
    );
}

#[test]
fn plugins_are_compared_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start().unwrap();
    serve
        .load(folder.path(), (CSV, MODEL), ["Home", "Climate"])
        .unwrap();
    let file = |name: &str| component(name).unwrap().display().to_string();
    let (ours, java) = (file("timestream"), file("java-compat"));
    let sql = "select room from home.climate where room <> 'attic'";
    let explain = |more: &[&str]| {
        let mut command = serve.command().unwrap();
        command.args(["explain", sql, "--plugin", &ours, "--plugin", &java]);
        output(command.args(more)).unwrap()
    };
    let compared = explain(&[]);
    let head = compared.lines().nth(1).unwrap();
    assert!(head.contains("home.climate"), "{compared}");
    assert!(head.contains(&ours) && head.contains(&java), "{compared}");
    let line = |label: &str| {
        let mut lines = compared.lines();
        let line = lines.find(|line| line.starts_with(&format!("| {label} ")));
        line.unwrap().to_owned()
    };
    let sent = line("sent");
    assert_eq!(sent.matches("room not in {'attic'}").count(), 2, "{sent}");
    assert!(
        line("room").contains("exact: \"room\" <> 'attic'"),
        "{compared}"
    );
    assert_eq!(line("statement").matches("SELECT \"room\"").count(), 2);
    assert!(!compared.contains("| read "), "{compared}");
    assert!(explain(&["--read"]).contains(" rows fetched, "));
}

#[test]
fn passthrough_that_is_switched_off_is_told() {
    let serve = Serve::start().unwrap();
    let mut command = serve.command().unwrap();
    let sql = "select * from table(system.query(query => 'SELECT 1'))";
    command
        .args(["query", sql])
        .env("enable_query_passthrough", "false");
    let error = output(&mut command).unwrap_err().to_string();
    assert!(error.contains("`SYSTEM.QUERY`"), "{error}");
    assert!(error.contains("`enable_query_passthrough`"), "{error}");
}

#[test]
fn schemas_and_tables_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start().unwrap();
    serve
        .load(folder.path(), (CSV, MODEL), ["Home", "Climate"])
        .unwrap();
    let ask = |sql: &str| {
        let mut command = serve.command().unwrap();
        output(command.args(["query", sql, "--format", "csv", "-q"]))
            .unwrap()
            .to_lowercase()
    };
    assert_eq!(ask("show schemas"), "database_name\nhome\n");
    assert_eq!(ask("show tables from Home"), "tab_name\nclimate\n");
}
