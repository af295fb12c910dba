"""Does what a document about Timestream shows, block by block, as a reader would: its shell commands, its Python, its SQL.

    python run_document.py DOCUMENT

Where Timestream is, only the environment says. The commands of the AWS CLI go through boto3, which has the same model.
Prints "ok", or fails with what the document's code raises or with the assertion that does not hold.
"""

import json
import re
import shlex
import sys
import time

import boto3
from botocore import xform_name

with open(sys.argv[1], encoding="utf-8") as document:
    BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", document.read(), re.MULTILINE | re.DOTALL)
# What the document's Python defines, block after block.
NAMES = {}
SCHEDULED = []


def commands(text):
    found = []
    for word in shlex.split(text.replace("\\\n", " "), comments=True):
        if word == "aws":
            found.append([])
        else:
            found[-1].append(word)
    return found


def run_command(service, operation, *options):
    client = boto3.client(service)
    name = client.meta.method_to_api_mapping[operation.replace("-", "_")]
    members = client.meta.service_model.operation_model(name).input_shape.members
    members = {"--" + xform_name(member, "-"): (member, shape) for member, shape in members.items()}
    arguments = {}
    for option, text in zip(options[::2], options[1::2], strict=True):
        member, shape = members[option]
        arguments[member] = json.loads(text) if shape.type_name in ("structure", "list") else text
    if operation == "create-scheduled-query":
        # A schedule is not played here, and the command lacks a member that the service requires; its query is run.
        SCHEDULED.append(arguments["QueryString"])
    else:
        getattr(client, operation.replace("-", "_"))(**arguments)


def batches():
    """The document's writer takes two full batches and what is left over after a while."""
    writer = NAMES["TimestreamBatchWriter"](NAMES["client"], "monitoring", "server_metrics", flush_interval=0.1)
    now = int(time.time() * 1000)
    for number in range(250):
        writer.add_record({
            "Dimensions": [{"Name": "hostname", "Value": "batched"}],
            "MeasureName": "cpu_usage", "MeasureValue": "95.5", "MeasureValueType": "DOUBLE",
            "Time": str(now - 1_000 * number), "TimeUnit": "MILLISECONDS",
        })
    until = time.monotonic() + 30
    count = "SELECT count(*) FROM monitoring.server_metrics WHERE hostname = 'batched'"
    while NAMES["run_query"](count) != [["250"]]:
        assert time.monotonic() < until, NAMES["run_query"](count)
        time.sleep(0.05)


queries = []
for language, text in BLOCKS:
    if language == "bash":
        for command in commands(text):
            run_command(*command)
    elif language == "python":
        exec(compile(text, sys.argv[1], "exec"), NAMES)
    elif language == "sql":
        queries.append(text)

run_query = NAMES["run_query"]
tables = boto3.client("timestream-write")
for table, memory, magnetic in [("server_metrics", 24, 365), ("metrics_hourly", 168, 730)]:
    retention = tables.describe_table(DatabaseName="monitoring", TableName=table)["Table"]["RetentionProperties"]
    assert retention == {"MemoryStoreRetentionPeriodInHours": memory, "MagneticStoreRetentionPeriodInDays": magnetic}
health = 'SELECT "disk_usage_percent", "network_in_bytes" FROM monitoring.server_metrics WHERE measure_name = \'server_health\''
assert run_query(health) == [["45.2", "1048576"]]

latest, buckets, busy, interpolated, changes = (run_query(text) for text in queries)
assert [row[:2] for row in latest] == [["web-server-01", "72.5"]], latest
assert [[row[0], *row[2:]] for row in buckets] == [["web-server-01", "72.5", "72.5"]], buckets
assert busy == [], busy
# The document's client reads scalars only.
assert interpolated == [["web-server-01", "NULL"]], interpolated
assert [[row[0], *row[2:]] for row in changes] == [["web-server-01", "72.5", "NULL"]], changes
for text in SCHEDULED:
    hourly = run_query(text.replace("@scheduled_runtime", "now()"))
    assert [[row[0], *row[2:]] for row in hourly] == [["web-server-01", "72.5", "72.5"]], hourly
assert len(SCHEDULED) == 1

batches()
assert run_query(queries[2]) == [["batched"]]
print("ok")
