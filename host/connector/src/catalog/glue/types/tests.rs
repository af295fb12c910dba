//! Glue's names of types, nested ones and malformed ones.

#![expect(clippy::unwrap_used, reason = "a test")]

use super::super::columns::name_of;
use super::*;

fn read(text: &str) -> Result<String, String> {
    timestream_type(text).map(|read| name_of(&read))
}

#[test]
fn types_that_users_write_are_timestreams() {
    for (text, expected) in [
        ("string", "varchar"),
        ("STRING", "varchar"),
        (" varchar ", "varchar"),
        // Unknown to the Java SDK, and there a view is lost.
        ("varchar(64)", "varchar"),
        ("varchar( 64 )", "varchar"),
        ("char(3)", "varchar"),
        ("integer", "integer"),
        ("long", "bigint"),
        ("real", "double"),
        ("timestamp(9)", "timestamp"),
        ("time", "time"),
        ("int", "integer"),
        ("bigint", "bigint"),
        ("double", "double"),
        ("boolean", "boolean"),
        ("timestamp", "timestamp"),
        ("Timestamp(3)", "timestamp"),
        ("date", "date"),
        // Accepted by the Java SDK, and refused when rows are read.
        ("float", "double"),
        ("smallint", "integer"),
        ("tinyint", "integer"),
        ("array<double>", "array(double)"),
        ("set<string>", "array(varchar)"),
        ("array<array<varchar(5)>>", "array(array(varchar))"),
        ("struct<a:int,b:string>", "row(a integer, b varchar)"),
        ("STRUCT<CamelCase:INT>", "row(CamelCase integer)"),
        // A time series as the picture in AWS's page writes it, and without its backslashes.
        (
            r"ARRAY<STRUCT<time: timestamp, measure_value\:\:double: double>>",
            "array(row(time timestamp, measure_value::double double))",
        ),
        (
            "array<struct<time:timestamp,measure_value::double:double>>",
            "array(row(time timestamp, measure_value::double double))",
        ),
        (
            r"array<struct<time:timestamp(9),measure_value\::bigint:bigint>>",
            "array(row(time timestamp, measure_value::bigint bigint))",
        ),
        (
            "array<struct<time:timestamp,measure_value::varchar:varchar(20)>>",
            "array(row(time timestamp, measure_value::varchar varchar))",
        ),
        (
            "array<struct<time:timestamp,value:boolean>>",
            "array(row(time timestamp, value boolean))",
        ),
        // The edge cases of federation-protocol.md 12.4 that are no mistakes.
        ("struct<a b:int>", "row(ab integer)"),
        (r"struct<a\,b:int>", "row(a,b integer)"),
        (r"struct<a\<b\>:int>", "row(a<b> integer)"),
        (
            "struct<a:struct<b:array<int>,c:date>,d:int>",
            "row(a row(b array(integer), c date), d integer)",
        ),
    ] {
        assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn types_that_timestream_has_not_are_refused_with_the_reason() {
    for (text, why) in [
        ("", "it is empty"),
        ("decimal(10,2)", "no decimals; hint: write `double`"),
        ("decimal", "no decimals"),
        ("numeric(5)", "no decimals"),
        ("binary", "no binary values"),
        ("map<string,int>", "no maps"),
        ("array<map<string,int>>", "no maps"),
        ("timestamptz", "no zone; hint: write `timestamp`"),
        ("timestamp with time zone", "no zone"),
        ("timestamp(3) with time zone", "no zone"),
        ("uniontype<int>", "`uniontype` is no type"),
        ("interval", "`interval` is no type"),
        ("varchar(x)", "`varchar(x)` is no type"),
        ("timestamp()", "`timestamp()` is no type"),
        ("int(11)", "`int(11)` is no type"),
        ("json", "`json` is no type"),
        ("array(double)", "`array(double)` is no type"),
        // Tolerated by the Java SDK, whatever was meant.
        ("array<int", "brackets do not match"),
        ("int>", "brackets do not match"),
        ("array<int>x", "something follows"),
        ("array<int>x<int>", "something follows"),
        ("array<varchar(5>)", "brackets do not match"),
        ("array<>", "a type is missing"),
        ("array<int,int>", "`int,int` is no type"),
        ("struct<>", "member `` has no type"),
        ("struct<a>", "member `a` has no type"),
        ("struct<a:>", "member `a`: a type is missing"),
        ("struct<:int>", "a member of type `int` has no name"),
        (
            "array<struct<time:timestamp,measure_value::double>>",
            "member `measure_value::double` has no type",
        ),
        ("struct<a:int,>", "member `` has no type"),
        (
            "struct<a:decimal(5,2)>",
            "member `a`: Timestream has no decimals",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn nesting_ends_where_a_mapping_may_end() {
    let nested = |depth: usize| format!("{}int{}", "array<".repeat(depth), ">".repeat(depth));
    assert!(read(&nested(31)).is_ok());
    assert_eq!(
        read(&nested(32)).unwrap_err(),
        "it is nested deeper than 31"
    );
    // No stack is used up before.
    assert!(read(&nested(100_000)).is_err());
}
