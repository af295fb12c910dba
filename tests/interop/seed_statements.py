"""Runs the statements that users' documents show against a Timestream, and the same questions in DuckDB.

    python seed_statements.py http://127.0.0.1:PORT [PATH/athena-timestream]

With a program, the statements go through the connector as passthrough queries of Athena's.

Writes a table as the documents describe it: hosts with irregular gaps, one that begins late and ends early, one with a
single point, one that fell silent. Prints "ok", or fails with the assertion that does not hold.
"""

import datetime
import json
import math
import random
import subprocess
import sys
import time

import boto3
import duckdb
from botocore.config import Config

OPTIONS = dict(
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="any",
    aws_secret_access_key="any",
    config=Config(retries={"total_max_attempts": 1}, ignore_configured_endpoint_urls=True),
)
WRITE = boto3.client("timestream-write", **OPTIONS)
QUERY = boto3.client("timestream-query", **OPTIONS)
THROUGH = sys.argv[2] if len(sys.argv) > 2 else None
DUCK = duckdb.connect()
DUCK.execute("SET TimeZone = 'UTC'")
# No row is as old as an `ago(..)` below plus the time that this may take, so both engines see the same rows.
NOW = int(time.time() * 1000)
SECOND, MINUTE = 1_000, 60_000
NEVER = [(3_480 * SECOND, 3_600 * SECOND), (780 * SECOND, 900 * SECOND)]
FROM = "FROM monitoring.server_metrics WHERE measure_name = 'cpu_usage' AND time >"


def ages(chance, oldest, newest):
    """Milliseconds before NOW, at gaps of 5 s to 4 min."""
    age = oldest
    while age >= newest:
        if not any(low < age <= high for low, high in NEVER):
            yield age
        age -= chance.randint(5 * SECOND, 4 * MINUTE)


def server_metrics():
    chance = random.Random(20_240_229)
    hosts = {
        "web-server-01": list(ages(chance, 90 * MINUTE, 0)),
        "web-server-02": list(ages(chance, 40 * MINUTE, 20 * MINUTE)),
        "web-server-03": [31 * MINUTE],
        "web-server-04": list(ages(chance, 180 * MINUTE, 61 * MINUTE)),
        # Exactly an hour old is not younger than an hour.
        "web-server-05": [60 * MINUTE] + list(ages(chance, 55 * MINUTE, 1 * MINUTE)),
    }
    records, rows = [], []
    for host, times in hosts.items():
        dimensions = [{"Name": "hostname", "Value": host}, {"Name": "region", "Value": "us-east-1"},
                      {"Name": "service", "Value": "api"}]
        for age in times:
            at = NOW - age
            # The last is the only busy host, but for the silent one, which is too old.
            cpu = round(chance.uniform(0, 80), 3) + (20 if host > "web-server-03" and chance.random() < 0.8 else 0)
            common = {"Dimensions": dimensions, "Time": str(at), "TimeUnit": "MILLISECONDS"}
            memory = str(chance.randint(1_000, 4_000))
            records += [
                {**common, "MeasureName": "cpu_usage", "MeasureValue": repr(cpu), "MeasureValueType": "DOUBLE"},
                {**common, "MeasureName": "memory_usage_mb", "MeasureValue": memory, "MeasureValueType": "BIGINT"},
                {**common, "MeasureName": "server_health", "MeasureValueType": "MULTI", "MeasureValues": [
                    {"Name": "cpu_usage", "Value": "99.9", "Type": "DOUBLE"},
                    {"Name": "memory_usage_mb", "Value": memory, "Type": "BIGINT"},
                ]},
            ]
            rows.append((host, at, cpu))
    chance.shuffle(records)
    write("monitoring", "server_metrics", records)
    DUCK.execute("CREATE TABLE raw (hostname VARCHAR, ms BIGINT, cpu DOUBLE)")
    DUCK.executemany("INSERT INTO raw VALUES (?, ?, ?)", rows)
    DUCK.execute("CREATE VIEW cpu AS SELECT hostname, make_timestamp_ms(ms) AS time, cpu FROM raw")


def write(database, table, records):
    WRITE.create_database(DatabaseName=database)
    retention = {"MemoryStoreRetentionPeriodInHours": 24, "MagneticStoreRetentionPeriodInDays": 365}
    WRITE.create_table(DatabaseName=database, TableName=table, RetentionProperties=retention)
    for start in range(0, len(records), 100):
        WRITE.write_records(DatabaseName=database, TableName=table, Records=records[start : start + 100])


def value(datum, kind):
    if datum.get("NullValue"):
        return None
    if "TimeSeriesMeasureValueColumnInfo" in kind:
        inner = kind["TimeSeriesMeasureValueColumnInfo"]["Type"]
        return [(instant(point["Time"]), value(point["Value"], inner)) for point in datum["TimeSeriesValue"]]
    convert = {"DOUBLE": float, "TIMESTAMP": instant, "VARCHAR": str}[kind["ScalarType"]]
    return convert(datum["ScalarValue"])


def instant(text):
    assert len(text) == len("2020-08-08 01:00:00.000000000") and text.endswith("000000"), text
    return datetime.datetime.fromisoformat(text[:-3])


def passed_through(sql, types):
    """The rows that Athena gets; it makes no promise about their order."""
    query = "select * from table(system.query(query => '" + sql.replace("'", "''") + "'))"
    run = subprocess.run([THROUGH, "query", query, "--format", "json", "-q"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    moment = datetime.datetime.fromisoformat

    def cell(shown, kind):
        if kind == SERIES:
            return [(moment(point["time"]), point.get("measure_value")) for point in shown]
        return moment(shown) if kind == TIME and shown is not None else shown

    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return [tuple(cell(line.get(name), kind) for name, kind in types) for line in lines]


def pages(sql, types):
    """The pages of a statement, whose types are known beforehand and also told by PrepareQuery."""
    if THROUGH:
        return [passed_through(sql, types)]
    prepared = QUERY.prepare_query(QueryString=sql, ValidateOnly=True)["Columns"]
    assert [(column["Name"], column["Type"]) for column in prepared] == types, prepared
    found, arguments = [], {}
    while True:
        page = QUERY.query(QueryString=sql, **arguments)
        assert [(column["Name"], column["Type"]) for column in page["ColumnInfo"]] == types, page["ColumnInfo"]
        kinds = [kind for _, kind in types]
        found.append([tuple(map(value, row["Data"], kinds)) for row in page["Rows"]])
        if "NextToken" not in page:
            return found
        arguments["NextToken"] = page["NextToken"]


def rows(sql, types):
    return [row for page in pages(sql, types) for row in page]


def duck(sql, *arguments):
    return DUCK.execute(sql, arguments).fetchall()


def same(ours, theirs):
    """Equal rows; doubles up to the order of a sum."""
    assert len(ours) == len(theirs) > 0, (len(ours), len(theirs))
    for left, right in zip(ours, theirs):
        for ours_cell, theirs_cell in zip(left, right, strict=True):
            close = (isinstance(ours_cell, float) and isinstance(theirs_cell, float)
                     and math.isclose(ours_cell, theirs_cell, rel_tol=1e-12, abs_tol=1e-12))
            assert close or ours_cell == theirs_cell, (left, right)


def descending(times):
    assert THROUGH or times == sorted(times, reverse=True)


TEXT, DOUBLE, TIME = ({"ScalarType": name} for name in ("VARCHAR", "DOUBLE", "TIMESTAMP"))
SERIES = {"TimeSeriesMeasureValueColumnInfo": {"Type": DOUBLE}}
HOUR_AGO = "time > make_timestamp_ms(? - 3600000)"


def latest():
    found = rows(f"SELECT hostname, measure_value::double AS cpu_usage, time {FROM} ago(1h) ORDER BY time DESC",
                 [("hostname", TEXT), ("cpu_usage", DOUBLE), ("time", TIME)])
    descending([row[2] for row in found])
    same(sorted(found), duck(f"SELECT hostname, cpu, time FROM cpu WHERE {HOUR_AGO} ORDER BY ALL", NOW))
    assert {row[0] for row in found} == {f"web-server-0{number}" for number in (1, 2, 3, 5)}


def buckets():
    found = rows(
        "SELECT hostname, bin(time, 5m) AS five_min_bucket, AVG(measure_value::double) AS avg_cpu, "
        f"MAX(measure_value::double) AS max_cpu {FROM} ago(1h) GROUP BY hostname, bin(time, 5m) "
        "ORDER BY five_min_bucket DESC",
        [("hostname", TEXT), ("five_min_bucket", TIME), ("avg_cpu", DOUBLE), ("max_cpu", DOUBLE)])
    descending([row[1] for row in found])
    expected = duck("SELECT hostname, make_timestamp_ms(ms // 300000 * 300000), avg(cpu), max(cpu) FROM raw "
                    "WHERE ms > ? - 3600000 GROUP BY ALL ORDER BY ALL", NOW)
    same(sorted(found), expected)


def busy():
    found = rows(f"SELECT DISTINCT hostname {FROM.replace('AND time', 'AND measure_value::double > 90.0 AND time')} ago(15m)",
                 [("hostname", TEXT)])
    expected = duck("SELECT DISTINCT hostname FROM cpu WHERE cpu > 90 AND time > make_timestamp_ms(? - 900000)", NOW)
    same(found, expected)
    assert found == [("web-server-05",)]


def interpolated():
    before = int(time.time() * 1000)
    found = rows("SELECT hostname, INTERPOLATE_LINEAR(CREATE_TIME_SERIES(time, measure_value::double), "
                 f"SEQUENCE(ago(1h), now(), 1m)) AS interpolated_cpu {FROM} ago(1h) GROUP BY hostname",
                 [("hostname", TEXT), ("interpolated_cpu", SERIES)])
    after = int(time.time() * 1000)
    assert sorted(host for host, _ in found) == [f"web-server-0{number}" for number in (1, 2, 3, 5)]
    # The last time asked for is the statement's `now()`.
    end = found[0][1][-1][0]
    at = round(end.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)
    assert before <= at <= after, (before, at, after)
    grid = [end - datetime.timedelta(minutes=60 - minute) for minute in range(61)]
    for host, series in found:
        assert [moment for moment, _ in series] == grid, host
    expected = duck(
        """
        WITH own AS (SELECT * FROM raw WHERE ms > ? - 3600000),
        asked AS (SELECT hostname, ? - 60000 * unnest(range(61)) AS ms FROM (SELECT DISTINCT hostname FROM own)),
        around AS (
            SELECT a.hostname, a.ms, b.ms AS from_ms, b.cpu AS low, c.ms AS to_ms, c.cpu AS high FROM asked a
            ASOF LEFT JOIN own b ON a.hostname = b.hostname AND a.ms >= b.ms
            ASOF LEFT JOIN own c ON a.hostname = c.hostname AND a.ms <= c.ms)
        SELECT hostname, make_timestamp_ms(ms),
               CASE WHEN from_ms = to_ms THEN low ELSE low + (high - low) * (ms - from_ms) / (to_ms - from_ms) END
        FROM around ORDER BY hostname, ms
        """, NOW, at)
    flat = [(host, moment, cpu) for host, series in sorted(found) for moment, cpu in series]
    same(flat, expected)
    # Nothing is known before the first and after the last point of the second host, nor around the only one of the third.
    known = {host: [cpu is not None for _, cpu in series] for host, series in found}
    second = known["web-server-02"]
    assert not second[0] and not second[60] and any(second), second
    assert sum(second) == second[second.index(True):].index(False), second
    assert sum(known["web-server-03"]) <= 1


def changes():
    sql = ("SELECT hostname, time, measure_value::double AS current_value, measure_value::double - "
           "LAG(measure_value::double) OVER (PARTITION BY hostname ORDER BY time) AS change_from_previous "
           f"{FROM} ago(1h) ORDER BY hostname, time")
    types = [("hostname", TEXT), ("time", TIME), ("current_value", DOUBLE), ("change_from_previous", DOUBLE)]
    split = pages(sql, types)
    found = [row for page in split for row in page]
    if THROUGH:
        found.sort(key=lambda row: row[:2])
    same(found, duck("SELECT hostname, time, cpu, cpu - lag(cpu) OVER (PARTITION BY hostname ORDER BY time) FROM cpu "
                     f"WHERE {HOUR_AGO} ORDER BY hostname, time", NOW))
    first = [row[3] is None for row in found]
    assert first == [n == 0 or found[n - 1][0] != row[0] for n, row in enumerate(found)]
    full = [page for page in split if page]
    inside = [left[-1][0] == right[0][0] for left, right in zip(full, full[1:])]
    assert THROUGH or any(inside), "no page ends inside a group"


def rollup():
    # What the service puts in place of the parameter is the time of the run.
    run = datetime.datetime.fromtimestamp(NOW // 1000, datetime.timezone.utc)
    scheduled = f"TIMESTAMP '{run:%Y-%m-%d %H:%M:%S}.{NOW % 1000:03}'"
    found = rows(
        "SELECT hostname, bin(time, 1h) AS hour, AVG(measure_value::double) AS avg_cpu, "
        f"MAX(measure_value::double) AS max_cpu {FROM} {scheduled} - 1h GROUP BY hostname, bin(time, 1h)",
        [("hostname", TEXT), ("hour", TIME), ("avg_cpu", DOUBLE), ("max_cpu", DOUBLE)])
    expected = duck("SELECT hostname, make_timestamp_ms(ms // 3600000 * 3600000), avg(cpu), max(cpu) FROM raw "
                    "WHERE ms > ? - 3600000 GROUP BY ALL ORDER BY ALL", NOW)
    same(sorted(found), expected)


def view():
    chance = random.Random(7)
    places = [("az-1", "a", "eu"), ("az-2", "a", "eu"), ("az-2", "b", "us")]
    records, kept = [], []
    for az, host, region in places:
        for age in ages(chance, 30 * MINUTE, 0):
            cpu = chance.uniform(0, 100)
            dimensions = [{"Name": "az", "Value": az}, {"Name": "hostname", "Value": host}, {"Name": "region", "Value": region}]
            for measure in ("cpu_utilization", "cpu_steal"):
                records.append({"Dimensions": dimensions, "MeasureName": measure, "MeasureValue": repr(cpu),
                                "MeasureValueType": "DOUBLE", "Time": str(NOW - age)})
            kept.append((az, host, region, NOW - age, cpu))
    chance.shuffle(records)
    write("virtuoso", "virtuoso", records)
    found = rows(
        "select az, hostname, region, CREATE_TIME_SERIES(time, measure_value::double) as cpu_utilization "
        "from virtuoso.virtuoso WHERE measure_name='cpu_utilization' GROUP BY measure_name, az, hostname, region",
        [("az", TEXT), ("hostname", TEXT), ("region", TEXT), ("cpu_utilization", SERIES)])
    DUCK.execute("CREATE TABLE virtuoso (az VARCHAR, hostname VARCHAR, region VARCHAR, ms BIGINT, cpu DOUBLE)")
    DUCK.executemany("INSERT INTO virtuoso VALUES (?, ?, ?, ?, ?)", kept)
    assert sorted(row[:3] for row in found) == places
    flat = [(*row[:3], moment, cpu) for row in sorted(found) for moment, cpu in row[3]]
    same(flat, duck("SELECT az, hostname, region, make_timestamp_ms(ms), cpu FROM virtuoso ORDER BY ALL"))


server_metrics()
for question in (latest, buckets, busy, interpolated, changes, rollup, view):
    question()
print("ok")
