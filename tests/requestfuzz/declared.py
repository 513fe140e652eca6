"""Requests made from the server's own declarations (GET /openapi.json): an operation that is added is met by itself."""

import base64
import json
from urllib.parse import quote, urlencode

from fcclient import make_zip

PACKAGE = make_zip({"index.py": "def handler(event, context):\n    return event\n"})
CODE = {"zipFile": base64.b64encode(PACKAGE).decode()}
POLICY = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "fc:*", "Resource": "*"}]}

TRIGGERS = {"http": {"authType": "anonymous", "methods": ["GET"]},
            "timer": {"cronExpression": "@every 5m", "enable": False, "payload": "p"}}

# Where the world's names are better guesses than what a schema says. Few values each, so that requests meet.
SAMPLES = {
    "serviceName": ["fuzz_a", "fuzz_b", "fuzz_c"], "functionName": ["f", "g", "h"], "qualifier": ["LATEST", "1", "prod"],
    "aliasName": ["prod", "beta"], "versionId": ["1", "2"], "version": ["1", "2"], "layerName": ["lib", "more"],
    "triggerName": ["t", "u"], "triggerType": ["http", "timer", "oss", "log", "mns_topic", "cdn_events", "tablestore",
                                               "eventbridge"],
    "domainName": ["a.example.com", "b.example.com"], "accountId": ["1234567890123456", "1"],
    "arn": ["acs:fc:cn-hangzhou:1234567890123456:layers/lib/versions/1"], "roleName": ["r", "q"],
    "resourceArn": ["acs:fc:cn-hangzhou:1234567890123456:services/fuzz_a"], "accessKeyId": ["LTAIx", "nobody"],
    "runtime": ["python3", "nodejs14", "custom"], "handler": ["index.handler"], "code": [CODE], "target": [0, 1],
    "maximumInstanceCount": [0, 1, 5], "scheduleExpression": ["cron(0 0 4 * * *)", "at(2030-01-01T00:00:00Z)"],
    "triggerConfig": [*TRIGGERS.values(), {"events": ["oss:ObjectCreated:*"],
                                           "filter": {"key": {"prefix": "p", "suffix": ""}}}],
    "routeConfig": [{"routes": [{"path": "/*", "serviceName": "fuzz_a", "functionName": "f"}]}],
    "additionalVersionWeight": [{"2": 0.5}, {}], "policies": [{"p": POLICY}, {}], "compatibleRuntime": [["python3"]],
    "expiration": [900], "If-Match": [""], "X-Fc-Code-Checksum": [""], "limit": [1, 5, 100], "tags": [{"a": "b"}],
    "tagKeys": [["a"]], "memorySize": [128], "timeout": [5], "caPort": [9000], "role": ["", "acs:ram::1234567890123456:role/r"],
    "prefix": ["", "f"], "direction": ["FORWARD", "BACKWARD"]}


class Declared:
    """Makes requests of an OpenAPI document; `make(method, path, headers, body, query)` builds one."""

    def __init__(self, document, make):
        self.schemas, self.make = document["components"]["schemas"], make
        self.rows = [(method.upper(), path, operation) for path, methods in sorted(document["paths"].items())
                     for method, operation in sorted(methods.items())]

    def request(self, rng):
        """Two of five keep to the samples and the rules, so that there is something for the others to meet."""
        careful = rng.random() < 0.4
        method, template, operation = rng.choice(self.rows)
        path, query, headers = template, {}, {}
        for parameter in operation.get("parameters", []):
            name, place = parameter["name"], parameter["in"]
            if not parameter.get("required") and rng.random() < 0.6:
                continue
            value = self.value(rng, name, parameter["schema"], careful)
            text = value if isinstance(value, str) else json.dumps(value)
            if place == "path":
                path = path.replace("{" + name + "}", quote(text, safe=""))
            elif place == "query":
                query[name] = text
            elif text:
                headers[name.lower()] = text
        if "{serviceName}/functions" in template and rng.random() < 0.4:
            qualifier = ".LATEST" if careful else rng.choice([".LATEST", ".1", ".prod"])
            path = path.replace("/functions", qualifier + "/functions", 1)
        body = b""
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            headers["content-type"] = "application/json"
            body = json.dumps(self.value(rng, "", content["application/json"]["schema"], careful)).encode()
        elif content:
            headers["content-type"] = "application/octet-stream"
            body = rng.randbytes(rng.choice([0, 1, 100, 10_000]))
        request = self.make(method, path, headers, body, urlencode(query))
        request.operation, request.careful = operation["operationId"], careful
        return request

    def operations(self):
        return [operation["operationId"] for _, _, operation in self.rows]

    def value(self, rng, name, schema, careful, depth=0):
        """A value that keeps the schema's rules, or is on their boundary."""
        if name in SAMPLES and (careful or rng.random() < 0.9):
            return rng.choice(SAMPLES[name])
        schema = self.resolved(schema)
        if "enum" in schema:
            return rng.choice(schema["enum"])
        kind = schema.get("type")
        if kind == "object":
            return self.members(rng, schema, careful, depth)
        if kind == "array":
            return [self.value(rng, name, schema.get("items", {}), careful, depth + 1) for _ in range(rng.randrange(3))]
        if kind in ("integer", "number"):
            low, high = schema.get("minimum", 0), schema.get("maximum", 1000)
            return low if careful else rng.choice([low, high, low - 1, high + 1, rng.randint(int(low), max(int(low), int(high)))])
        if kind == "boolean":
            return rng.random() < 0.5
        if careful:
            return "a"
        longest = schema.get("maxLength", 64)
        return rng.choice(["a", "b", "", "x" * longest, "y" * (longest + 1)]) if longest < 100_000 else "a"

    def resolved(self, schema):
        while "$ref" in schema or "allOf" in schema:
            schema = schema["allOf"][0] if "allOf" in schema else self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def members(self, rng, schema, careful, depth):
        if depth > 5:
            return {}
        required = {"code", *schema.get("required", [])}
        made = {name: self.value(rng, name, member, careful, depth + 1)
                for name, member in schema.get("properties", {}).items()
                if name in required or (rng.random() < 0.4 and (name in SAMPLES or not careful))}
        if careful and "triggerType" in made:
            made["triggerType"] = rng.choice(sorted(TRIGGERS))
            made["triggerConfig"] = TRIGGERS[made["triggerType"]]
        more = schema.get("additionalProperties")
        if isinstance(more, dict) and not careful:
            made.update({key: self.value(rng, "", more, careful, depth + 1) for key in rng.sample(["A", "b", "1"], rng.randrange(3))})
        return made
