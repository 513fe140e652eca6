"""What must be shown, derived from spec/ alone: one row for each operation × (success, error, rule, If-Match, page, member)."""

import csv
import json
import pathlib
from dataclasses import dataclass, field

SPEC = pathlib.Path(__file__).resolve().parent / "spec"
DELETES_WITH_A_SWITCH = {"DeleteService", "DeleteFunction", "DeleteTrigger", "DeleteLayerVersion"}
JSON_TYPES = {"integer", "number", "boolean", "string", "array", "object", "map", "date-time", "integer|string",
              "map|string"}
# What is no value of a type, in a body.
WRONG = {"integer": ["x", [], 1.5], "number": ["x", []], "boolean": ["maybe", []], "string": [5, {}, []],
         "array": [5, {}], "object": [[], "x", 5], "map": [[], "x", 5], "date-time": ["yesterday", 5],
         "integer|string": ["x", [], 1.5]}


@dataclass(frozen=True)
class Row:
    operation: str
    kind: str  # success, error, accepts, refuses, if-match, page, members
    what: str
    place: str = ""
    member: str = ""
    value: object = field(default=None, compare=False)

    @property
    def id(self):
        return "/".join(part for part in (self.operation, self.kind, self.member, self.what) if part)


def table(name):
    with open(SPEC / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def operations():
    return {row["operation"]: row for row in table("operations.tsv")}


def document():
    return json.loads((SPEC / "openapi.json").read_text(encoding="utf-8"))


def rules():
    found = table("rules.tsv")
    for row in found:
        for key in ("enum", "accepts", "refuses"):
            row[key] = json.loads(row[key]) if row[key] else []
        for key in ("minimum", "maximum", "maxLength", "maxItems"):
            row[key] = json.loads(row[key]) if row[key] else None
        row["enum"] = [value for value in row["enum"] if value is not None]
    return found


def shown(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:40]}…{len(text)}"


def rule_rows(rule):
    """The boundaries of one member."""
    operation, place, name = rule["operation"], rule["in"], rule["field"]

    def row(kind, what, value):
        return Row(operation, kind, what, place, name, value)

    if rule["minimum"] is not None:
        yield row("accepts", "minimum", rule["minimum"])
        yield row("refuses", "minimum-1", rule["minimum"] - 1)
    if rule["maximum"] is not None:
        yield row("accepts", "maximum", rule["maximum"])
        yield row("refuses", "maximum+1", rule["maximum"] + 1)
    if rule["maxLength"] is not None:
        yield row("accepts", "maxLength", "n" * rule["maxLength"])
        yield row("refuses", "maxLength+1", "n" * (rule["maxLength"] + 1))
    if rule["maxItems"] is not None:
        yield row("accepts", "maxItems", ["items", rule["maxItems"]])
        yield row("refuses", "maxItems+1", ["items", rule["maxItems"] + 1])
    for value in rule["enum"]:
        yield row("accepts", f"enum {value}", value)
    if rule["enum"]:
        yield row("refuses", "enum", "no-such-value")
    for value in rule["accepts"]:
        yield row("accepts", shown(value), value)
    for value in rule["refuses"]:
        yield row("refuses", shown(value), value)
    if place in ("body", "query") and rule["required"] == "yes":
        yield row("refuses", "absent", None)
    if place == "body":
        yield from body_rows(rule, row)
    if place == "query" and rule["type"] == "integer":
        yield row("refuses", "type", "x")
        yield row("accepts", "empty", "")


def body_rows(rule, row):
    for value in WRONG.get(rule["type"], []):
        yield row("refuses", f"type {shown(value)}", value)
    yield row("refuses" if rule["required"] == "yes" else "accepts", "null", None)
    yield row("members", "case", None)


def page_rows(operation, names):
    for what in ("limit-1", "all-pages", "full-page", "capitals"):
        yield Row(operation, "page", what)
    if "nextToken" in names:
        yield Row(operation, "page", "empty-token")
    if "prefix" in names:
        yield Row(operation, "page", "prefix")
    if "startKey" in names:
        yield Row(operation, "page", "start-key")


def operation_rows(name, row, members, codes):
    yield Row(name, "success", "")
    for code in codes:
        yield Row(name, "error", code["code"])
    if row["if_match_supported"] != "no":
        for what in ("hit", "quoted", "star", "miss"):
            yield Row(name, "if-match", what)
    elif row["method"] in ("PUT", "DELETE"):
        yield Row(name, "if-match", "ignored")
    for member in members:
        yield from rule_rows(member)
    names = {member["field"] for member in members if member["in"] == "query"}
    if name.startswith("List") and "limit" in names and name != "ListInstances":
        yield from page_rows(name, names)
    if any(member["in"] == "body" for member in members):
        yield Row(name, "members", "unknown")
        for what in ("not-json", "not-an-object"):
            yield Row(name, "members", what)
        if any(member["in"] == "body" and member["required"] == "yes" and "." not in member["field"]
               for member in members):
            yield Row(name, "members", "empty-body")
    if row["idempotency"].startswith("no (a repeat"):
        yield Row(name, "success", "repeat answers 409")
    if row["idempotency"].startswith("yes (second call 404"):
        yield Row(name, "success", "repeat answers 404")


def all_rows():
    every_rule, every_error = rules(), table("errors.tsv")
    rows = []
    for name, row in operations().items():
        rows += operation_rows(name, row, [rule for rule in every_rule if rule["operation"] == name],
                               [code for code in every_error if code["operation"] == name])
    ids = [row.id for row in rows]
    assert len(ids) == len(set(ids)), sorted(row for row in ids if ids.count(row) > 1)[:5]
    return rows


if __name__ == "__main__":
    for each in all_rows():
        print(each.id)
