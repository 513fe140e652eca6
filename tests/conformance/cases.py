"""How each kind of row is exercised: raises AssertionError when the server does not do what the row says."""

import base64
import copy
import re
import time
from email.utils import formatdate

import fcclient
import harness
from recipes import RECIPES, SAMPLES
from rows import DELETES_WITH_A_SWITCH
from world import CODE, FUNCTION_LIMIT, MEGABYTE, TRIGGER_LIMIT, Call, action

ERROR_KEYS = {"ErrorCode", "ErrorMessage", "errorCode", "errorMessage"}


class NotExercised(Exception):
    """There is no way to show this row here."""


def expect_error(answer, status, code):
    assert answer.status == status, f"expected {status} {code}, got {answer}"
    assert (answer.header("content-type") or "").startswith("application/json"), answer.headers
    body = answer.json
    assert set(body) == ERROR_KEYS, f"the error's keys: {sorted(body)}"
    assert body["ErrorCode"] == body["errorCode"] and body["ErrorMessage"] == body["errorMessage"] != "", body
    assert body["ErrorCode"] == code, f"expected {code}, got {answer}"
    check_headers(answer)


def check_headers(answer):
    assert re.fullmatch(r".{36}", answer.header("X-Fc-Request-Id") or ""), answer.headers
    assert answer.header("Date"), answer.headers


def resolve(schema, schemas):
    while "$ref" in schema or "allOf" in schema:
        schema = {**(schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema["allOf"][0]),
                  **{key: item for key, item in schema.items() if key not in ("$ref", "allOf")}}
    return schema


TYPES = {"string": str, "integer": int, "boolean": bool, "number": (int, float), "array": list, "object": dict}
SOMETIMES = {"nextToken", "nextVersion", "startedTime", "endTime", "InvocationPayload", "invocationPayload",
             "destinationStatus", "invocationErrorMessage", "triggerId", "logBeginRule"}
# Real clients assert that an empty list of these is null.
NULL_WHEN_EMPTY = {"configs"}


def check_body(value, schema, schemas, path="the answer"):
    """Every documented member is there and has its type (api-spec 1.7)."""
    schema = resolve(schema, schemas)
    if "oneOf" in schema:
        # An object, or the number that a numeric text stands for.
        schema = next(item for item in schema["oneOf"] if item.get("type") in ("object", "integer"))
    if value is None:
        # Unset configurations are objects of empty or null members.
        return
    kind = TYPES.get(schema.get("type"))
    if kind:
        assert isinstance(value, kind) and not (kind is int and isinstance(value, bool)), f"{path}: {value!r} is no {kind}"
    if "enum" in schema and value not in schema["enum"]:
        raise AssertionError(f"{path}: {value!r} is none of {schema['enum']}")
    if schema.get("format") == "date-time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value), f"{path}: {value!r}"
    for name, inner in schema.get("properties", {}).items():
        if name not in value:
            assert name in SOMETIMES, f"{path}: {name} is missing"
            continue
        if value[name] is None and name in schema.get("required", []) and name not in NULL_WHEN_EMPTY:
            raise AssertionError(f"{path}: {name} is null")
        check_body(value[name], inner, schemas, f"{path}.{name}")
    for item in value if isinstance(value, list) else []:
        check_body(item, schema.get("items", {}), schemas, path + "[]")


class Cases:
    def __init__(self, world, operations, document, errors):
        self.w, self.operations, self.document = world, operations, document
        self.statuses = {(row["operation"], row["code"]): int(row["status"]) for row in errors}
        self.described = {operation["operationId"]: operation for methods in document["paths"].values()
                          for operation in methods.values()}

    def run(self, row):
        call = RECIPES[row.operation](self.w)
        getattr(self, row.kind.replace("-", "_"))(row, call)

    def status(self, operation):
        if self.w.mode == 204 and operation in DELETES_WITH_A_SWITCH:
            return 204
        return int(self.operations[operation]["success_status"][:3])

    def good(self, answer, operation):
        assert answer.status == self.status(operation), f"expected {self.status(operation)}, got {answer}"
        check_headers(answer)
        return answer

    def bad(self, answer, code="InvalidArgument", status=400):
        expect_error(answer, status, code)

    # Success.

    def success(self, row, call):
        if row.what:
            self.w.do(call)
            again = self.w.send(call)
            status = int(row.what[-3:])
            assert again.status == status, f"expected {status}, got {again}"
            expect_error(again, status, again.code)
            return
        answer = self.good(self.w.send(call), row.operation)
        success = self.described[row.operation]["responses"][self.operations[row.operation]["success_status"][:3]]
        for name in success["headers"]:
            if name in ("X-Fc-Request-Id", "Etag"):
                assert any(header == name for header, _ in answer.headers), f"{name} is missing: {answer.headers}"
        if row.operation == "InvokeFunction":
            assert answer.body == b"event" and answer.header("content-type") == "application/octet-stream", answer
        elif success["content"]:
            assert answer.header("content-type") == "application/json; charset=utf-8", answer.headers
            check_body(answer.json, success["content"]["application/json"]["schema"], self.document["components"]["schemas"])
        else:
            assert answer.body == b"" and answer.header("content-type") is None, (answer, answer.headers)

    # Errors.

    def error(self, row, call):
        provoke = getattr(self, "provoke_" + row.what, None)
        if provoke is None:
            raise NotExercised
        answer = provoke(call)
        self.bad(answer, row.what, self.statuses[(row.operation, row.what)])

    def provoke_InvalidArgument(self, call):
        if call.operation == "StopStatefulAsyncInvocation":
            call = Call(call.operation, RECIPES["GetStatefulAsyncInvocation"](self.w).path)
        elif "limit" in {parameter["name"] for parameter in self.described[call.operation]["parameters"]}:
            call.query["limit"] = "-1"
        elif isinstance(call.body, dict):
            return self.w.send(call, raw=b"{")
        elif "resourceArn" in call.query:
            call.query["resourceArn"] = "x"
        elif "serviceName" in call.path:
            call.path["serviceName"] = "1a"
        elif "layerName" in call.path:
            call.path["layerName"] = "1a"
        else:
            call.path["domainName"] = "a b"
        return self.w.send(call)

    def provoke_MissingRequiredHeader(self, call):
        return self.w.send(call, unsigned={"authorization": "FC a:b"})

    def provoke_PathNotSupported(self, call):
        return self.w.send(call, method="PATCH")

    def provoke_AccessDenied(self, call):
        return self.w.send(call, unsigned={"date": formatdate(usegmt=True)})

    def provoke_SignatureNotMatch(self, call):
        return self.w.send(call, key=(harness.KEY_ID, "wrong"))

    def provoke_InvalidAccessKeyID(self, call):
        return self.w.send(call, key=("nobody", "wrong"))

    def provoke_RequestTimeTooSkewed(self, call):
        return self.w.send(call, date=formatdate(time.time() - 16 * 60, usegmt=True))

    def provoke_ServiceNotFound(self, call):
        if "serviceName" in call.path:
            call.path["serviceName"] = "absent" + (".LATEST" if "." in call.path["serviceName"] else "")
        elif call.operation == "GetResourceTags":
            call.query["resourceArn"] = "services/absent"
        elif call.operation == "ListProvisionConfigs":
            call.query["serviceName"] = "absent"
        else:
            call.body["resourceArn"] = "services/absent"
        return self.w.send(call)

    def provoke_FunctionNotFound(self, call):
        call.path["functionName"] = "absent"
        return self.w.send(call)

    def provoke_VersionNotFound(self, call):
        return self.qualified(call, "999", "versionId")

    def provoke_AliasNotFound(self, call):
        if "aliasName" in call.path:
            call.path["aliasName"] = "absent"
            return self.w.send(call)
        return self.qualified(call, "absent", "")

    def qualified(self, call, qualifier, member):
        if "versionId" in call.path:
            call.path["versionId"] = qualifier
        elif call.operation in ("CreateAlias", "UpdateAlias"):
            call.body[member] = qualifier
        elif call.operation in ("CreateTrigger", "UpdateTrigger"):
            call.body["qualifier"] = qualifier
        else:
            call.path["serviceName"] = call.path["serviceName"].split(".")[0] + "." + qualifier
        return self.w.send(call)

    def provoke_TriggerNotFound(self, call):
        call.path["triggerName"] = "absent"
        return self.w.send(call)

    def provoke_DomainNameNotFound(self, call):
        call.path["domainName"] = "absent.example.com"
        return self.w.send(call)

    def provoke_LayerNotFound(self, call):
        call.path["layerName"] = "absent"
        return self.w.send(call)

    def provoke_LayerVersionNotFound(self, call):
        if "version" in call.path:
            call.path["version"] = 999
        else:
            call.body["layers"] = [f"{'0' * 32}#absent#1"]
        return self.w.send(call)

    def provoke_AsyncConfigNotExists(self, call):
        self.w.do(Call("DeleteFunctionAsyncInvokeConfig", call.path))
        return self.w.send(call)

    def provoke_StatefulAsyncInvocationNotFound(self, call):
        call.path["statefulAsyncInvocationId"] = "absent"
        return self.w.send(call)

    def twice(self, call):
        self.w.do(call)
        return self.w.send(call)

    provoke_ServiceAlreadyExists = provoke_FunctionAlreadyExists = provoke_TriggerAlreadyExists = twice
    provoke_AliasAlreadyExists = provoke_DomainNameAlreadyExists = provoke_VersionPublishError = twice

    def provoke_StatefulAsyncInvocationAlreadyExists(self, call):
        service, function, ident = self.w.once("done invocation", self.w.invocation)
        return self.w.send(Call(call.operation, {"serviceName": service, "functionName": function}, headers={
            "x-fc-invocation-type": "Async", "x-fc-stateful-async-invocation-id": ident}, body=b"x"))

    def provoke_ServiceNotEmpty(self, call):
        self.w.function(call.path["serviceName"])
        return self.w.send(call)

    def provoke_FunctionNotEmpty(self, call):
        self.w.trigger(call.path["serviceName"], call.path["functionName"])
        return self.w.send(call)

    def provoke_ProvisionConfigExist(self, call):
        put = Call("PutProvisionConfig", dict(call.path, serviceName=call.path["serviceName"] + ".LATEST"), body={"target": 1})
        self.w.do(put)
        try:
            return self.w.send(call)
        finally:
            put.body["target"] = 0
            self.w.do(put)

    def provoke_PreconditionFailed(self, call):
        call.headers["if-match"] = "0" * 32
        return self.w.send(call)

    def provoke_EntityTooLarge(self, call):
        if call.operation == "InvokeFunction":
            call.body = b"x" * (MEGABYTE + 1)
        else:
            import os
            data = fcclient.make_zip({"index.py": os.urandom(MEGABYTE + 4096)})
            call.body["code"] = {"zipFile": base64.b64encode(data).decode()}
        return self.w.send(call)

    def provoke_LimitExceededError(self, call):
        if call.operation == "CreateFunction":
            for _ in range(FUNCTION_LIMIT):
                self.w.function(call.path["serviceName"])
        elif call.operation == "CreateTrigger":
            for _ in range(TRIGGER_LIMIT):
                self.w.trigger(call.path["serviceName"], call.path["functionName"])
        else:
            raise NotExercised
        return self.w.send(call)

    # If-Match.

    def if_match(self, row, call):
        if row.what == "ignored":
            call.headers["if-match"] = "0" * 32
            self.good(self.w.send(call), row.operation)
            return
        if row.what == "miss":
            call.headers["if-match"] = "0" * 32
            self.bad(self.w.send(call), "PreconditionFailed", 412)
            return
        read = {"Service": "GetService", "Function": "GetFunction", "Trigger": "GetTrigger", "Alias": "GetAlias",
                "ServiceVersion": "GetService", "ProvisionConfig": "GetProvisionConfig"}
        kind = re.sub("^(Update|Delete|Publish|Put)", "", row.operation)
        if kind == "ProvisionConfig":
            self.w.do(call)
        etag = self.w.do(Call(read[kind], call.path)).header("etag")
        assert etag and not etag.startswith('"'), f"an ETag without quotes: {etag!r}"
        call.headers["if-match"] = {"hit": etag, "quoted": f'"{etag}"', "star": "*"}[row.what]
        self.good(self.w.send(call), row.operation)

    # Rules and members.

    def put(self, call, row, value):
        """Sets one member, making what it lies in."""
        if row.place == "path":
            suffix = "." + call.path[row.member].split(".")[1] if "." in str(call.path[row.member]) else ""
            call.path[row.member] = str(value) + (suffix if row.member == "serviceName" else "")
        elif row.place == "query":
            call.query[row.member] = value
        elif row.place == "header":
            call.headers[row.member.lower()] = value
        else:
            self.put_in_body(call, row.member, value)

    @staticmethod
    def put_in_body(call, member, value, rename=None):
        place, path = call.body, ""
        *outer, last = member.split(".")
        for part in outer:
            path += ("." if path else "") + part
            name = part.removesuffix("[]")
            sample = copy.deepcopy(SAMPLES.get(path, {}))
            if name not in place or place[name] is None:
                place[name] = [sample] if part.endswith("[]") else sample
            place = place[name][0] if part.endswith("[]") else place[name]
        if rename:
            place[rename] = place.pop(last, value)
        else:
            place[last] = value

    def fit(self, call, row):
        """What other members must say so that this one may be."""
        value, body = row.value, call.body if isinstance(call.body, dict) else {}
        if row.member == "runtime" and value == "custom-container":
            body["customContainerConfig"] = {"image": "i"}
        if row.member == "protocol" and "HTTPS" in str(value):
            body["certConfig"] = {"certName": "c", "certificate": self.w.certificate, "privateKey": self.w.key}
        if row.member.startswith("code.oss"):
            body["code"] = None
        if row.member == "triggerType" and isinstance(value, str):
            body["triggerConfig"], body["sourceArn"], body["invocationRole"] = TRIGGERS.get(value, ({}, None, None))
        if isinstance(value, list) and value[:1] == ["items"]:
            value = [action(number) for number in range(value[1])]
        if value == "json-text":
            value = '{"payload":"p","cronExpression":"0 0 5 * * *","enable":false}'
        if isinstance(value, dict) and row.member == "additionalVersionWeight" and value:
            service = call.path["serviceName"]
            version = self.w.version(service)[1] if not self.w.send(Call("ListServiceVersions", {"serviceName": service})
                                                                     ).json["versions"] else "1"
            value = {version: weight for weight in value.values()}
        if row.member == "X-Fc-Code-Checksum" and row.kind == "refuses":
            body["code"] = CODE
        if row.operation == "UpdateFunction" and row.member.startswith("code.") and row.kind == "refuses":
            body.setdefault("code", dict(CODE))
        return value

    def accepts(self, row, call):
        value = self.fit(call, row)
        if row.place == "path":
            # Another name than that of the resource: accepted means that it is looked for.
            self.put(call, row, value)
            answer = self.w.send(call)
            assert answer.status in (self.status(row.operation), 404), answer
            return
        if row.operation == "InvokeFunction" and str(value).lower() == "async":
            self.put(call, row, value)
            answer = self.w.send(call)
            assert answer.status == 202 and answer.body == b"" and answer.header("content-type") is None, answer
            return
        if value is None and "." in row.member and row.member.split(".")[0] in ("code", "certConfig"):
            self.put_in_body(call, row.member, value)
            self.good(self.w.send(call), row.operation)
            return
        self.put(call, row, value)
        self.good(self.w.send(call), row.operation)

    def refuses(self, row, call):
        if row.what == "absent":
            if row.place == "query":
                call.query.pop(row.member)
            else:
                self.put_in_body(call, row.member, None)
                place = call.body
                *outer, last = row.member.split(".")
                for part in outer:
                    place = place[part.removesuffix("[]")]
                    place = place[0] if part.endswith("[]") else place
                del place[last]
        else:
            self.put(call, row, self.fit(call, row))
        self.bad(self.w.send(call))

    def members(self, row, call):
        if row.what == "unknown":
            call.body["noSuchMember"] = {"a": [1]}
            self.good(self.w.send(call), row.operation)
        elif row.what == "not-json":
            self.bad(self.w.send(call, raw=b"{"))
        elif row.what == "not-an-object":
            self.bad(self.w.send(call, raw=b"[]"))
        elif row.what == "empty-body":
            self.bad(self.w.send(call, raw=b""))
        else:
            self.wrong_case(row, call)

    def wrong_case(self, row, call):
        """A member is found whatever its case: a value of the wrong type is then refused by name."""
        last = row.member.rsplit(".", 1)[-1]
        self.put_in_body(call, row.member, [[]])
        self.put_in_body(call, row.member, [[]], rename=last[0].upper() + last[1:])
        self.bad(self.w.send(call))

    # Pages.

    def page(self, row, call):
        stock = PAGES[row.operation](self.w, self)
        call, names, key, member = stock
        size = len(names)
        if row.what == "capitals":
            call.query = {name[0].upper() + name[1:]: value for name, value in {**call.query, "limit": 1}.items()}
            listed = self.good(self.w.send(call), row.operation).json[member]
            assert len(listed) == 1, listed
            return
        if row.what == "empty-token":
            call.query["nextToken"] = ""
        if row.what == "start-key":
            call.query["startKey"] = names[1]
            listed = [item[key] for item in self.w.do(call).json[member]]
            assert listed[0] == names[1], f"{listed} from {names[1]}"
            return
        if row.what == "prefix":
            call.query["prefix"] = names[1]
            listed = [item[key] for item in self.w.do(call).json[member]]
            assert listed == [names[1]], listed
            return
        call.query["limit"] = {"limit-1": 1, "all-pages": 1, "full-page": size, "empty-token": size}[row.what]
        answer = self.good(self.w.send(call), row.operation).json
        token = "nextVersion" if row.operation == "ListLayerVersions" else "nextToken"
        if row.what == "limit-1":
            assert len(answer[member]) == 1 and answer.get(token), answer
        elif row.what in ("full-page", "empty-token"):
            assert [item[key] for item in answer[member]] == names, answer
            assert not answer.get(token), f"a token although nothing follows: {answer.get(token)!r}"
        else:
            self.all_pages(call, answer, stock, token)

    def all_pages(self, call, answer, stock, token):
        _, names, key, member = stock
        listed = [item[key] for item in answer[member]]
        while answer.get(token):
            assert len(listed) <= len(names), listed
            call.query["startVersion" if token == "nextVersion" else token] = answer[token]
            answer = self.w.do(call).json
            listed += [item[key] for item in answer[member]]
        assert listed == names, f"{listed} in place of {names}"


TRIGGERS = {
    "timer": ({"payload": "p", "cronExpression": "0 0 4 * * *", "enable": False}, None, None),
    "http": ({"authType": "anonymous", "methods": ["GET"]}, None, None),
    "oss": ({"events": ["oss:ObjectCreated:PutObject"], "filter": {"key": {"prefix": "a", "suffix": ".b"}}},
            f"acs:oss:cn-hangzhou:{harness.ACCOUNT}:bucket", f"acs:ram::{harness.ACCOUNT}:role/r"),
    "log": ({"sourceConfig": {"logstore": "src"}, "jobConfig": {"maxRetryTime": 3, "triggerInterval": 60},
             "functionParameter": {}, "logConfig": {"project": "p", "logstore": "l"}, "enable": True},
            f"acs:log:cn-hangzhou:{harness.ACCOUNT}:project/p", f"acs:ram::{harness.ACCOUNT}:role/r"),
    "cdn_events": ({"eventName": "LogFileCreated", "eventVersion": "1.0.0", "notes": "n", "filter": {"domain": ["a.b"]}},
                   f"acs:cdn:*:{harness.ACCOUNT}", f"acs:ram::{harness.ACCOUNT}:role/r"),
    "mns_topic": ({"notifyContentFormat": "STREAM", "notifyStrategy": "BACKOFF_RETRY", "filterTag": "t"},
                  f"acs:mns:cn-hangzhou:{harness.ACCOUNT}:/topics/t", f"acs:ram::{harness.ACCOUNT}:role/r"),
    "tablestore": ({}, f"acs:ots:cn-hangzhou:{harness.ACCOUNT}:instance/i/table/t", f"acs:ram::{harness.ACCOUNT}:role/r"),
}


def services(w, _):
    prefix = w.name("page")
    names = [f"{prefix}_{letter}" for letter in "abc"]
    for name in names:
        w.do(Call("CreateService", body={"serviceName": name}))
    return Call("ListServices", query={"prefix": prefix + "_"}), names, "serviceName", "services"


def functions(w, _):
    service = w.service()
    names = [w.function(service, name)[1] for name in ("a", "b", "c")]
    return Call("ListFunctions", {"serviceName": service}), names, "functionName", "functions"


def triggers(w, _):
    service, function = w.function()
    names = [w.trigger(service, function, name)[2] for name in ("a", "b", "c")]
    return Call("ListTriggers", {"serviceName": service, "functionName": function}), names, "triggerName", "triggers"


def versions(w, _):
    service = w.service()
    names = []
    for number in range(3):
        w.do(Call("UpdateService", {"serviceName": service}, body={"description": str(number)}))
        names.append(w.version(service)[1])
    return Call("ListServiceVersions", {"serviceName": service}), names[::-1], "versionId", "versions"


def aliases(w, _):
    service, version = w.version()
    for name in ("a", "b", "c"):
        w.do(Call("CreateAlias", {"serviceName": service}, body={"aliasName": name, "versionId": version}))
    return Call("ListAliases", {"serviceName": service}), ["a", "b", "c"], "aliasName", "aliases"


def domains(w, _):
    prefix = w.name("page")
    names = [w.domain(f"{prefix}-{letter}.example.com") for letter in "abc"]
    return Call("ListCustomDomains", query={"prefix": prefix + "-"}), names, "domainName", "customDomains"


def provisions(w, _):
    service, function = w.function()
    names = []
    for letter in "abc":
        name = w.function(service, letter)[1]
        w.do(Call("PutProvisionConfig", {"serviceName": service + ".LATEST", "functionName": name}, body={"target": 0,
             "scheduledActions": [action()]}))
        names.append(f"{harness.ACCOUNT}#{service}#LATEST#{name}")
    assert function
    return Call("ListProvisionConfigs", query={"serviceName": service}), names, "resource", "provisionConfigs"


def async_configs(w, _):
    service, function = w.function()
    names = []
    for letter in "abc":
        alias = w.alias(service, letter)[1] if letter == "a" else letter
        if letter != "a":
            version = w.do(Call("ListServiceVersions", {"serviceName": service})).json["versions"][0]["versionId"]
            w.do(Call("CreateAlias", {"serviceName": service}, body={"aliasName": alias, "versionId": version}))
        w.do(Call("PutFunctionAsyncInvokeConfig", {"serviceName": f"{service}.{alias}", "functionName": function},
                  body={"maxAsyncRetryAttempts": 1}))
        names.append(alias)
    return (Call("ListFunctionAsyncInvokeConfigs", {"serviceName": service, "functionName": function}), names,
            "qualifier", "configs")


def invocations(w, _):
    service, function = w.stateful()
    prefix = w.name("page")
    names = [f"{prefix}_{letter}" for letter in "abc"]
    for name in names:
        w.do(Call("InvokeFunction", {"serviceName": service, "functionName": function}, headers={
            "x-fc-invocation-type": "Async", "x-fc-stateful-async-invocation-id": name}, body=b"x"))
        time.sleep(0.002)  # another millisecond, which orders them
    call = Call("ListStatefulAsyncInvocations", {"serviceName": service, "functionName": function},
                query={"invocationIdPrefix": prefix + "_", "sortOrderByTime": "asc"})
    return call, names, "invocationId", "invocations"


def layer_versions(w, _):
    name = w.name("l")
    numbers = [w.layer(name)[1] for _ in range(3)]
    return Call("ListLayerVersions", {"layerName": name}), numbers, "version", "layers"


def layers(w, _):
    prefix = w.name("page")
    names = [w.layer(f"{prefix}_{letter}")[0] for letter in "abc"]
    return Call("ListLayers", query={"prefix": prefix + "_"}), names, "layerName", "layers"


PAGES = {"ListServices": services, "ListFunctions": functions, "ListTriggers": triggers, "ListServiceVersions": versions,
         "ListAliases": aliases, "ListCustomDomains": domains, "ListProvisionConfigs": provisions,
         "ListFunctionAsyncInvokeConfigs": async_configs, "ListStatefulAsyncInvocations": invocations,
         "ListLayerVersions": layer_versions, "ListLayers": layers}
