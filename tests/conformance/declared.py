"""Compares the document that the server prints of itself (GET /openapi.json) with the specification: names, paths,
statuses, fields, required, types, limits, members and headers of answers.

document_differences.tsv names the differences that are meant, with the reason; `*` stands for any text. One that is not
named there fails, so does a name there that fits no difference.
"""

import csv
import fnmatch
import pathlib
import re

import rows

HERE = pathlib.Path(__file__).resolve().parent
LIMITS = ("minimum", "maximum", "maxLength", "maxItems")
# How the specification names types, and the forms that OpenAPI has for them.
FORMS = {"map": {"object"}, "date-time": {"string"}, "integer|string": {"integer"}, "map|string": {"object", "any"},
         "object": {"object", "any"}, "number": {"number", "integer"}}


class Document:
    """An OpenAPI document, with its references followed."""

    def __init__(self, text):
        self.text = text
        self.operations = {}  # id → method, path, description of it
        for path, methods in text["paths"].items():
            for method, operation in methods.items():
                self.operations[operation["operationId"]] = (method.upper(), path, operation)

    def followed(self, schema):
        while True:
            if "$ref" in schema:
                schema = self.text["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            elif len(schema.get("allOf", ())) == 1:
                schema = {**schema["allOf"][0], **{name: value for name, value in schema.items() if name != "allOf"}}
            else:
                return schema

    def members(self, schema, before="", required=True):
        """Dotted name → (schema, whether it must be there), as rules.tsv names members."""
        found, schema = {}, self.followed(schema)
        for name, member in schema.get("properties", {}).items():
            member, needed = self.followed(member), required and name in schema.get("required", ())
            found[before + name] = (member, needed)
            inner = self.followed(member.get("items", {})) if member.get("type") == "array" else member
            step = "[]." if member.get("type") == "array" else "."
            found.update(self.members(inner, before + name + step, True))
        return found

    def body(self, operation):
        content = self.operations[operation][2].get("requestBody", {}).get("content", {})
        return self.members(content.get("application/json", {}).get("schema", {}))

    def parameters(self, operation):
        """(place, name) → (schema, whether it must be there)."""
        return {(one["in"], one["name"]): (self.followed(one.get("schema", {})), one.get("required", False))
                for one in self.operations[operation][2].get("parameters", ())}

    def answer(self, operation, status):
        """Names of the members and of the headers of an answer."""
        answer = self.operations[operation][2]["responses"].get(str(status), {})
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        return set(self.members(schema)), {name.lower() for name in answer.get("headers", ())}


def rule_differences(served, rule):
    """What the server's document says otherwise of one settable member."""
    operation, place, name = rule["operation"], rule["in"], rule["field"]
    there = served.body(operation) if place == "body" else served.parameters(operation)
    found = there.get(name if place == "body" else (place, name))
    if found is None:
        return {"": "is not there"}
    schema, required = found
    out = {}
    form = schema.get("type", "any")
    if form not in FORMS.get(rule["type"], {rule["type"]}):
        out["/type"] = f"is {form}, not {rule['type']}"
    if required != (rule["required"] == "yes"):
        out["/required"] = f"is {'' if required else 'not '}required"
    for limit in LIMITS:
        if rule[limit] is not None and schema.get(limit) != rule[limit]:
            out["/" + limit] = f"has the {limit} {schema.get(limit)}, not {rule[limit]}"
    if rule["enum"] and set(schema.get("enum", ())) - {None} != set(rule["enum"]):
        out["/enum"] = f"is one of {schema.get('enum')}, not {rule['enum']}"
    return out


def differences(text):
    """Id → what is different."""
    served, wanted, out = Document(text), Document(rows.document()), {}
    for name, row in rows.operations().items():
        if name not in served.operations:
            out[name] = "is not there"
            continue
        method, path, operation = served.operations[name]
        if (method, path) != (row["method"], row["path"]):
            out[f"{name}/path"] = f"is {method} {path}, not {row['method']} {row['path']}"
        statuses = re.findall(r"\b2\d\d\b", row["success_status"])
        if not set(statuses) <= set(operation["responses"]):
            out[f"{name}/status"] = f"answers {sorted(operation['responses'])}, not {row['success_status']}"
        if ("security" in operation) != (row["auth"] == "yes"):
            out[f"{name}/auth"] = "asks for another proof of who calls"
        if name not in wanted.operations:
            continue
        members, headers = served.answer(name, statuses[0])
        there, named = wanted.answer(name, statuses[0])
        out.update({f"{name}/answer/{member}": "is not there" for member in there - members})
        out.update({f"{name}/answer header/{header}": "is not there" for header in named - headers})
    for rule in rows.rules():
        if rule["operation"] in served.operations:
            out.update({f"{rule['operation']}/{rule['in']}/{rule['field']}{what}": text
                        for what, text in rule_differences(served, rule).items()})
    return out


def problems(text):
    """What is wrong with the server's document, or with the list of what is meant to be different."""
    with open(HERE / "document_differences.tsv", encoding="utf-8", newline="") as file:
        meant = [row["difference"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    found = differences(text)
    fits = {name: fnmatch.filter(found, name.replace("[", "[[]")) for name in meant}
    named = {one for all_of_it in fits.values() for one in all_of_it}
    return ([f"the server's document: {one} {what}" for one, what in sorted(found.items()) if one not in named] +
            [f"document_differences.tsv: {name} is not different" for name, all_of_it in fits.items() if not all_of_it])
