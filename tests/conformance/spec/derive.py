#!/usr/bin/env python3
"""derive.py SPEC_DIR: writes the reduced copies of the specification that the conformance suite works from.

operations.tsv  as it is
openapi.json    openapi.yaml without examples and prose: operations, parameters, schemas, answers
errors.tsv      operation, code, status: from the "Errors:" line of each section of api-spec.md and the tables of 1.8
rules.tsv       one row a settable member: from openapi.yaml, the parameter tables of api-spec.md, and SETTLED

SETTLED holds what the specification says in prose only; each row names its place.
"""

import csv
import json
import pathlib
import re
import shutil
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
NAME = "^[A-Za-z_][A-Za-z0-9_-]{0,127}$"
DROPPED = {"description", "example", "examples", "summary", "tags"}
COLUMNS = ["operation", "in", "field", "type", "required", "minimum", "maximum", "maxLength", "pattern", "enum",
           "maxItems", "accepts", "refuses", "from"]

# (operations, member) → what is known of it beside the tables, and where that is written.
SETTLED = [
    ("*", "serviceName", {"pattern": NAME, "maxLength": 128, "refuses": ["a.b", "1a", "-a", "a b"]}, "1.16"),
    ("*", "functionName", {"pattern": NAME, "maxLength": 128, "refuses": ["a.b", "1a", "-a", "a b"]}, "1.16"),
    ("*", "triggerName", {"pattern": NAME, "maxLength": 128, "refuses": ["a.b", "1a", "-a", "a b"]}, "1.16"),
    ("CreateAlias", "aliasName", {"pattern": NAME, "maxLength": 128, "refuses": ["a.b", "1a", "123", "LATEST"]}, "1.16"),
    ("*", "layerName", {"pattern": NAME, "maxLength": 128, "refuses": ["a.b", "1a", "-a", "a b"]}, "1.16"),
    ("CreateFunction UpdateFunction", "memorySize",
     {"accepts": [128, 192, 3072, 4096, 8192, 16384, 32768, "256"], "refuses": [0, 64, 127, 129, 3073, 3136, 32832, -128]},
     "README memorySize"),
    ("CreateFunction UpdateFunction", "caPort", {"minimum": 1, "maximum": 65535}, "F-23"),
    ("CreateFunction UpdateFunction", "runtime", {"enum": "Runtime", "refuses": ["python9", "nodejs", "PYTHON3"]}, "F-06"),
    ("CreateFunction", "runtime", {"required": "yes"}, "F-06"),
    ("CreateFunction UpdateFunction", "customContainerConfig.command", {"refuses": ["[", "{}", "x"]}, "F-08"),
    ("CreateFunction UpdateFunction", "customContainerConfig.args", {"refuses": ["[", "{}", "x"]}, "F-08"),
    ("CreateFunction UpdateFunction", "code", {"refuses": [{}, {"zipFile": "%%%"}, {"zipFile": "c2FtcGxlY29kZQ=="},
                                                           {"ossBucketName": "b"}]}, "F-04 F-05"),
    ("CreateFunction PublishLayerVersion", "code", {"required": "yes"}, "F-04 F-05"),
    ("CreateFunction UpdateFunction PublishLayerVersion", "code.zipFile", {"required": "yes"}, "F-04 F-05"),
    ("UntagResource", "tagKeys", {"required": "yes"}, "TG-02"),
    ("CreateFunction UpdateFunction", "environmentVariables",
     {"accepts": [{"A": "b"}, {"PATH": "/usr/bin"}], "refuses": [{"1A": "b"}, {"FC_X": "b"}, {"accessKeyID": "b"}, {"A": "\n"},
                                             {"A": "x" * 5000}]}, "README Environment variables"),
    ("CreateFunction UpdateFunction", "X-Fc-Code-Checksum", {"refuses": ["1", "x"]}, "F-20"),
    ("CreateService UpdateService", "nasConfig.userId", {"accepts": [0, -1, "100"]}, "S-01"),
    ("CreateService UpdateService", "nasConfig.groupId", {"accepts": [0, -1, "100"]}, "S-01"),
    ("CreateAlias UpdateAlias", "additionalVersionWeight",
     {"accepts": [{}, {"1": 0}, {"1": 1}], "refuses": [{"1": -0.01}, {"1": 1.01}, {"1": "x"}, []]}, "A-02"),
    ("CreateTrigger", "triggerType", {"refuses": ["rds", "HTTP"]}, "T-08"),
    ("CreateTrigger UpdateTrigger", "triggerConfig", {"accepts": ["json-text"], "refuses": ["[", "x", 1, []]}, "T-01"),
    ("CreateCustomDomain UpdateCustomDomain", "protocol", {"refuses": ["FTP"]}, "D-08"),
    ("PutProvisionConfig", "target", {"minimum": 0}, "2.7.1"),
    ("TagResource", "tags", {"refuses": [{}, {f"k{i}": "v" for i in range(21)}], "accepts": [{"a": ""},
                             {f"k{i}": "v" for i in range(20)}]}, "TG-01"),
    ("TagResource UntagResource GetResourceTags", "resourceArn",
     {"refuses": ["x", "acs:fc:cn-hangzhou:1:services/a/functions/b", "layers/a"]}, "TG-05"),
    ("UntagResource", "tagKeys", {"refuses": [[]]}, "TG-02"),
    ("InvokeFunction", "X-Fc-Invocation-Type", {"accepts": ["sync", "SYNC", "async"], "refuses": ["Later"]},
     "README X-Fc-Invocation-Type"),
    ("InvokeFunction", "X-Fc-Log-Type", {"refuses": ["All"]}, "F-18"),
    ("InvokeFunction", "X-Fc-Stateful-Async-Invocation-Id", {"maxLength": 128, "refuses": ["1a", "a b", "a.b"]}, "F-21"),
    ("ListInstances", "limit", {"minimum": 0, "maximum": 1000}, "I-03"),
    ("DeleteLayerVersion GetLayerVersion", "version", {"minimum": 1, "refuses": ["x"]}, "L-03"),
    ("PublishLayerVersion", "code", {"refuses": [{}, {"zipFile": "%%%"}, {"zipFile": "c2FtcGxlY29kZQ=="}]}, "F-04 F-05"),
    ("PublishLayerVersion", "compatibleRuntime", {"accepts": [["nodejs12", "python3"], ["Any"], []],
                                                  "refuses": [["pascal"]]}, "L-08"),
    ("PutProvisionConfig", "scheduledActions[].scheduleExpression",
     {"accepts": ["cron(0 0 4 * * *)", "at(2099-01-01T08:00:00Z)", "at(2099-01-01T08:00:00)"], "refuses": ["daily", "cron(x)"]},
     "P-03"),
    ("PutProvisionConfig", "targetTrackingPolicies[].metricTarget", {"accepts": [1, 0.6], "refuses": [0, -1, 1.01]}, "3.17"),
    ("PutProvisionConfig", "targetTrackingPolicies[].metricType",
     {"accepts": ["ProvisionedConcurrencyUtilization"], "refuses": ["Sun"]}, "3.17"),
    ("PutProvisionConfig", "scheduledActions", {"maxItems": 100}, "2.7.1"),
]
# Members that the schemas leave open but the structures of chapter 3 require.
REQUIRED_INSIDE = {"scheduledActions[]": ["name", "startTime", "endTime", "target", "scheduleExpression"],
                   "targetTrackingPolicies[]": ["name", "startTime", "endTime", "metricType", "metricTarget",
                                                "minCapacity", "maxCapacity"],
                   "destinationConfig.onSuccess": ["destination"], "destinationConfig.onFailure": ["destination"]}
# Codes that README.md settles beside the lists of api-spec.md.
ALSO = [("*", "RequestTimeTooSkewed", 403)]
COMMON = ["InvalidArgument", "MissingRequiredHeader", "PathNotSupported", "AccessDenied", "SignatureNotMatch",
          "InvalidAccessKeyID", "InternalServerError", "ResourceExhausted", "ResourceThrottled"]


def bare(value):
    """A schema without prose."""
    if isinstance(value, dict):
        # A property may be called "description": only keywords are dropped.
        return {key: ({name: bare(inner) for name, inner in item.items()} if key == "properties" else bare(item))
                for key, item in value.items() if key not in DROPPED}
    return [bare(item) for item in value] if isinstance(value, list) else value


def reduced(document):
    paths = {}
    for path, methods in document["paths"].items():
        if path.startswith("/proxy/"):
            continue
        for method, operation in methods.items():
            kept = {"operationId": operation["operationId"], "parameters": bare(operation.get("parameters", []))}
            if "requestBody" in operation:
                body = operation["requestBody"]
                kept["requestBody"] = {"required": bool(body.get("required")), "content": bare(body["content"])}
            kept["responses"] = {status: {"headers": sorted(answer.get("headers", {})),
                                          "content": bare(answer.get("content", {}))}
                                 for status, answer in operation["responses"].items() if status < "300"}
            paths.setdefault(path, {})[method] = kept
    return {"paths": paths, "components": {"schemas": bare(document["components"]["schemas"])}}


def sections(text):
    """Operation → the text of its section."""
    parts = re.split(r"^#### 2\.\d+\.\d+ (\w+)\n", text, flags=re.MULTILINE)
    return {name: re.split(r"^#{2,3} ", body, flags=re.MULTILINE)[0] for name, body in zip(parts[1::2], parts[2::2])}


def statuses(text):
    """Code → status, of the tables 1.8.1 and 1.8.2."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 4 and re.fullmatch(r"[45]\d\d", cells[1]):
            for code in re.findall(r"`(\w+)`", cells[2]):
                found.setdefault(code, int(cells[1]))
    return found


def error_rows(parts, known):
    for operation, text in parts.items():
        line = re.search(r"^Errors: common(.*)$", text, flags=re.MULTILINE).group(1)
        specific = re.findall(r"`(\w+)†?`", line)
        codes = list(dict.fromkeys(COMMON + specific))
        for code in codes:
            yield operation, code, known[code], "common" if code in COMMON and code not in specific else "specific"
        for which, code, status in ALSO:
            if which in ("*", operation):
                yield operation, code, status, "README"


def resolve(schema, schemas):
    while "$ref" in schema or "allOf" in schema:
        inner = schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema["allOf"][0]
        schema = {**resolve(inner, schemas), **{key: item for key, item in schema.items() if key not in ("$ref", "allOf")}}
    return schema


def kind(schema):
    if "oneOf" in schema:
        return "|".join(kind(item) for item in schema["oneOf"])
    name = schema.get("type", "any")
    if name == "object" and "properties" not in schema:
        return "map"
    return "date-time" if schema.get("format") == "date-time" else name


def walk(prefix, place, schema, required, schemas):
    """The rows of one member and of what it holds."""
    schema = resolve(schema, schemas)
    row = {"in": place, "field": prefix, "type": kind(schema), "required": "yes" if required else "no", "from": "openapi"}
    for key in ("minimum", "maximum", "maxLength", "pattern", "enum", "maxItems"):
        if key in schema:
            row[key] = schema[key]
    yield row
    items, suffix = schema, ""
    if row["type"] == "array":
        items, suffix = resolve(schema["items"], schemas), "[]"
    for name, inner in items.get("properties", {}).items():
        inside = name in items.get("required", []) or name in REQUIRED_INSIDE.get(prefix + suffix, [])
        yield from walk(f"{prefix}{suffix}.{name}", place, inner, inside, schemas)


def table_rules(text):
    """Member → the bounds that its row in the parameter tables names."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        name = re.fullmatch(r"`([\w-]+)`", cells[1]) if len(cells) in (7, 8) else None
        if name:
            rule, bounds = {}, re.search(r"(?<![\d.])(\d+)…(\d+)\b(?! entries)", cells[-3])
            if bounds:
                rule = {"minimum": int(bounds.group(1)), "maximum": int(bounds.group(2))}
            found[name.group(1)] = rule
    return found


def rule_rows(document, parts):
    schemas = document["components"]["schemas"]
    for methods in document["paths"].values():
        for operation in methods.values():
            name = operation["operationId"]
            if name not in parts:
                continue
            rows = []
            for parameter in operation["parameters"]:
                rows += walk(parameter["name"], parameter["in"], parameter["schema"], parameter.get("required"), schemas)
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            if body:
                whole = resolve(body, schemas)
                for member, schema in whole["properties"].items():
                    rows += walk(member, "body", schema, member in whole.get("required", []), schemas)
            tables = table_rules(parts[name])
            for row in rows:
                row["operation"] = name
                bounds = tables.get(row["field"], {}) if row["type"] not in ("map", "array") else {}
                if any(row.get(key) != value for key, value in bounds.items()):
                    row.update(bounds, **{"from": "table"})
                for operations, member, rule, place in SETTLED:
                    if member == row["field"] and (name in operations.split() or
                                                   operations == "*" and row["in"] != "query"):
                        rule = dict(rule)
                        if member == "serviceName" and row["in"] == "path":
                            # What follows a dot is a qualifier.
                            rule["refuses"] = [text for text in rule["refuses"] if "." not in text]
                        if rule.get("enum") == "Runtime":
                            rule["enum"] = schemas["Runtime"]["enum"]
                        row.update(rule, **{"from": place})
                yield row


def cell(value):
    if value is None or value == "":
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def write(name, header, rows):
    with open(HERE / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None)
        writer.writerow(header)
        writer.writerows(rows)


def main():
    source = pathlib.Path(sys.argv[1])
    text = (source / "api-spec.md").read_text(encoding="utf-8")
    document = reduced(yaml.safe_load((source / "openapi.yaml").read_text(encoding="utf-8")))
    shutil.copyfile(source / "operations.tsv", HERE / "operations.tsv")
    (HERE / "operations.tsv").chmod(0o644)
    (HERE / "openapi.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    parts = sections(text)
    write("errors.tsv", ["operation", "code", "status", "from"], error_rows(parts, statuses(text)))
    write("rules.tsv", COLUMNS, ([cell(row.get(column)) for column in COLUMNS] for row in rule_rows(document, parts)))


if __name__ == "__main__":
    main()
