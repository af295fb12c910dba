"""Checks `athena-timestream serve` with boto3: an SDK that nobody here wrote, with its models of both services.

    python serve_with_boto3.py http://127.0.0.1:PORT

Makes databases of its own and deletes them. Prints "ok", or fails with the assertion that does not hold.
"""

import os
import sys
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

URL = sys.argv[1]
OPTIONS = dict(
    endpoint_url=URL,
    region_name="us-east-1",
    aws_access_key_id="any",
    aws_secret_access_key="any",
    config=Config(retries={"total_max_attempts": 1}, ignore_configured_endpoint_urls=True),
)
WRITE = boto3.client("timestream-write", **OPTIONS)
QUERY = boto3.client("timestream-query", **OPTIONS)
NAME = "boto3_" + uuid.uuid4().hex[:12]
BASE = 1_704_103_200_000  # 2024-01-01 10:00:00 in milliseconds


def fails(code, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error
        return error
    raise AssertionError(f"{code} expected")


def listed(call, member, **arguments):
    found, pages = [], 0
    while True:
        answer = call(**arguments)
        assert len(answer[member]) <= 20
        found += answer[member]
        pages += 1
        if "NextToken" not in answer:
            return found, pages
        arguments["NextToken"] = answer["NextToken"]


def pages(sql, **arguments):
    while True:
        page = QUERY.query(QueryString=sql, **arguments)
        yield page
        if "NextToken" not in page:
            return
        arguments["NextToken"] = page["NextToken"]


def rows(sql, **arguments):
    def value(datum):
        return None if datum.get("NullValue") else datum["ScalarValue"]

    return [[value(datum) for datum in row["Data"]] for page in pages(sql, **arguments) for row in page["Rows"]]


def definitions():
    database = WRITE.create_database(DatabaseName=NAME)["Database"]
    assert (database["DatabaseName"], database["TableCount"]) == (NAME, 0)
    fails("ConflictException", 409, WRITE.create_database, DatabaseName=NAME)
    fails("ResourceNotFoundException", 404, WRITE.describe_database, DatabaseName=NAME + "x")
    for number in range(25):
        WRITE.create_database(DatabaseName=f"{NAME}_{number:02}")
        WRITE.create_table(DatabaseName=NAME, TableName=f"t{number:02}")
    databases, asked = listed(WRITE.list_databases, "Databases")
    assert {f"{NAME}_{number:02}" for number in range(25)} <= {entry["DatabaseName"] for entry in databases}
    assert asked >= 2
    tables, asked = listed(WRITE.list_tables, "Tables", DatabaseName=NAME, MaxResults=10)
    assert ([entry["TableName"] for entry in tables], asked) == ([f"t{number:02}" for number in range(25)], 3)
    tables, _ = listed(WRITE.list_tables, "Tables")
    assert sum(entry["DatabaseName"] == NAME for entry in tables) == 25
    table = WRITE.describe_table(DatabaseName=NAME, TableName="t00")["Table"]
    assert table["TableStatus"] == "ACTIVE"
    assert table["Schema"]["CompositePartitionKey"] == [{"Type": "MEASURE"}]
    assert table["CreationTime"].year >= 2024


def records():
    def record(number, **more):
        values = [
            {"Name": "n", "Value": str(number), "Type": "BIGINT"},
            {"Name": "half", "Value": str(number / 2), "Type": "DOUBLE"},
            {"Name": "text", "Value": f"it's {number} \u20ac", "Type": "VARCHAR"},
            {"Name": "even", "Value": str(number % 2 == 0).lower(), "Type": "BOOLEAN"},
            {"Name": "at", "Value": str(BASE + number), "Type": "TIMESTAMP"},
        ]
        return {"MeasureValues": values, "Time": str(BASE + number), **more}

    common = {
        "Dimensions": [{"Name": "host", "Value": "a"}],
        "MeasureName": "metrics",
        "MeasureValueType": "MULTI",
        "TimeUnit": "MILLISECONDS",
    }

    def write(records):
        return WRITE.write_records(DatabaseName=NAME, TableName="t00", CommonAttributes=common, Records=records)

    for start in range(0, 5_000, 100):
        answer = write([record(number) for number in range(start, start + 100)])
        assert answer["RecordsIngested"]["Total"] == 100
    changed = record(0)
    changed["MeasureValues"][0]["Value"] = "-1"
    error = fails("RejectedRecordsException", 419, write, records=[changed, record(5_000), record(5_001, Time="-1")])
    rejected = [(entry["RecordIndex"], entry.get("ExistingVersion")) for entry in error.response["RejectedRecords"]]
    assert rejected == [(0, 1), (2, None)], rejected
    assert rows(f'SELECT count(*), min("n"), max("n") FROM "{NAME}"."t00"') == [["5001", "0", "5000"]]
    write([{**changed, "Version": 2}])
    assert rows(f'SELECT min("n") FROM "{NAME}"."t00"') == [["-1"]]


def queries():
    sql = f'SELECT * FROM "{NAME}"."t00" WHERE "n" > 0 ORDER BY "n"'
    all_pages = list(pages(sql))
    assert len(all_pages) > 1
    columns = [(column["Name"], column["Type"]["ScalarType"]) for column in all_pages[0]["ColumnInfo"]]
    expected = {
        "host": "VARCHAR", "measure_name": "VARCHAR", "time": "TIMESTAMP",
        "n": "BIGINT", "half": "DOUBLE", "text": "VARCHAR", "even": "BOOLEAN", "at": "TIMESTAMP",
    }
    assert columns == list(expected.items()), columns
    assert all(page["ColumnInfo"] == all_pages[0]["ColumnInfo"] for page in all_pages)
    assert all_pages[-1]["QueryStatus"]["ProgressPercentage"] == 100
    found = rows(sql)
    assert len(found) == 5_000
    moment = "2024-01-01 10:00:00.003000000"
    assert found[2] == ["a", "metrics", moment, "3", "1.5", "it's 3 \u20ac", "false", moment], found[2]
    assert rows(sql, MaxRows=1000) == found
    first = QUERY.query(QueryString=sql, MaxRows=10)
    assert first["Rows"] == [] and first["NextToken"]
    described = rows(f'DESCRIBE "{NAME}"."t00"')
    assert described[:3] == [
        ["host", "varchar", "DIMENSION"], ["measure_name", "varchar", "MEASURE_NAME"], ["time", "timestamp", "TIMESTAMP"],
    ]
    assert described[3:] == [[name, kind.lower(), "MULTI"] for name, kind in list(expected.items())[3:]]
    assert len(rows(f'SHOW TABLES FROM "{NAME}" LIKE \'t%\'')) == 25
    binned = f"SELECT bin(time, 1s), count(*) FROM \"{NAME}\".\"t00\" WHERE time > ago(36500d) GROUP BY 1 ORDER BY 1"
    assert rows(binned)[0] == ["2024-01-01 10:00:00.000000000", "1000"]
    assert rows("SELECT ARRAY[1, 2] IS NULL, NULL, 1e10, 'x'") == [["false", None, "1.0E10", "x"]]
    nested = QUERY.query(QueryString="SELECT ARRAY[7]")
    assert nested["Rows"] == [{"Data": [{"ArrayValue": [{"ScalarValue": "7"}]}]}]
    assert "ArrayColumnInfo" in nested["ColumnInfo"][0]["Type"]
    prepared = QUERY.prepare_query(QueryString=sql, ValidateOnly=True)
    assert [column["Name"] for column in prepared["Columns"]] == list(expected)


def variables():
    """A client that is told of the server by variables only; botocore then discovers the endpoint, too."""
    os.environ.update({
        "AWS_ENDPOINT_URL_TIMESTREAM_QUERY": URL,
        "AWS_ENDPOINT_URL_TIMESTREAM_WRITE": URL,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
    })
    session = boto3.Session()
    answer = session.client("timestream-query").query(QueryString="SELECT 1")
    assert answer["Rows"] == [{"Data": [{"ScalarValue": "1"}]}]
    assert session.client("timestream-write").describe_database(DatabaseName=NAME)["Database"]["TableCount"] == 25


def failures():
    sql = f'SELECT "n" FROM "{NAME}"."t00", (VALUES (1), (2), (3), (4), (5), (6), (7), (8)) AS x(y)'
    first = QUERY.query(QueryString=sql)
    fails("ValidationException", 400, QUERY.query, QueryString=sql + " ", NextToken=first["NextToken"])
    QUERY.cancel_query(QueryId=first["QueryId"])
    fails("ConflictException", 409, QUERY.query, QueryString=sql, NextToken=first["NextToken"])
    fails("ValidationException", 400, QUERY.cancel_query, QueryId="UNKNOWN")
    for wrong in ["SELEC 1", f'SELECT "N" FROM "{NAME}"."t00"', "SELECT 1 FROM no.where", "SELECT 1 OFFSET 1"]:
        fails("ValidationException", 400, QUERY.query, QueryString=wrong)
    fails("QueryExecutionException", 400, QUERY.query, QueryString="SELECT 1 / 0")


def cleaning():
    fails("ValidationException", 400, WRITE.delete_database, DatabaseName=NAME)
    for number in range(25):
        WRITE.delete_table(DatabaseName=NAME, TableName=f"t{number:02}")
        WRITE.delete_database(DatabaseName=f"{NAME}_{number:02}")
    WRITE.delete_database(DatabaseName=NAME)
    fails("ResourceNotFoundException", 404, WRITE.describe_database, DatabaseName=NAME)


for step in (definitions, records, queries, variables, failures, cleaning):
    step()
print("ok")
