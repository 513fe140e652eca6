"""One server and what the rows need in it: calls, and recipes for resources of their own."""

import copy
import itertools
import os
import subprocess
import sys
import tempfile
import threading
from urllib.parse import quote, urlencode

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]

import fcclient  # noqa: E402
import harness  # noqa: E402
import signing  # noqa: E402

FUNCTION_LIMIT = 5
TRIGGER_LIMIT = 10
MEGABYTE = 1 << 20
CONFIG = (f"maxFunctionsPerService: {FUNCTION_LIMIT}\nmaxEventBytes: {MEGABYTE}\nmaxCodeBytes: {MEGABYTE}\n"
          "maxConcurrency: 50\nadmissionWait: 30\n")
SOURCE = {"index.py": "import time\n\n\ndef handler(event, context):\n    if event == b'slow':\n        time.sleep(60)\n"
                      "    return event\n"}
ZIP = fcclient.make_zip(SOURCE)
CODE = fcclient.zip_field(ZIP)
ROLE = f"acs:ram::{harness.ACCOUNT}:role/conformance"
LATER = "2099-01-01T00:00:00Z"
SOON = "2098-01-01T00:00:00Z"


class Call:
    """One request, whose parts rows may change before it is sent."""

    def __init__(self, operation, path=None, query=None, headers=None, body=None):
        self.operation, self.path, self.query = operation, dict(path or {}), dict(query or {})
        self.headers, self.body = dict(headers or {}), copy.deepcopy(body)

    def target(self, template):
        path = template
        for name, value in self.path.items():
            path = path.replace("{" + name + "}", quote(str(value), safe="._-"))
        return path + ("?" + urlencode(self.query, doseq=True) if self.query else "")


class World:
    def __init__(self, operations, mode):
        self.operations, self.mode = operations, mode
        self.numbers, self.lock, self.shared = itertools.count(1), threading.Lock(), {}
        with tempfile.TemporaryDirectory() as folder:
            self.certificate, self.key = certificate(folder, "rsa.example.com")
        self.server = harness.Server(CONFIG + f"deleteWith204: {'true' if mode == 204 else 'false'}\n").start()
        self.client = self.server.client()

    # Sending.

    def send(self, call, method=None, date=None, key=None, unsigned=None, raw=None):
        row = self.operations[call.operation]
        method = method or row["method"]
        target = call.target(row["path"])
        headers = {name.lower(): value for name, value in call.headers.items()}
        body = raw if raw is not None else call.body
        if isinstance(body, (dict, list)):
            import json
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("content-type", "application/octet-stream" if call.operation == "InvokeFunction"
                               else "application/json")
        key_id, secret = key or (harness.KEY_ID, harness.KEY_SECRET)
        if "host" not in headers:
            headers["host"] = f"127.0.0.1:{self.server.port}"
        if unsigned:
            headers.update(unsigned)
        else:
            headers = signing.signed(method, target, headers, key_id, secret, date)
        return self.client.send(method, target, headers, body)

    def do(self, call):
        answer = self.send(call)
        assert answer.status < 300, f"setting up: {call.operation} {call.path}: {answer}"
        return answer

    # Names and resources.

    def name(self, prefix="n"):
        with self.lock:
            return f"{prefix}{next(self.numbers)}"

    def once(self, what, make):
        """Something that all rows share and none changes."""
        with self.lock:
            entry = self.shared.setdefault(what, {"lock": threading.Lock()})
        with entry["lock"]:
            if "value" not in entry:
                entry["value"] = make()
            return entry["value"]

    def service(self, **members):
        name = self.name("s")
        self.do(Call("CreateService", body={"serviceName": name, **members}))
        return name

    def function(self, service=None, name=None, **members):
        service = service or self.service()
        name = name or self.name("f")
        self.do(Call("CreateFunction", {"serviceName": service}, body={
            "functionName": name, "runtime": "python3", "handler": "index.handler", "timeout": 20, "code": CODE, **members}))
        return service, name

    def version(self, service=None):
        service = service or self.service()
        answer = self.do(Call("PublishServiceVersion", {"serviceName": service}, body={"description": self.name()}))
        return service, answer.json["versionId"]

    def alias(self, service=None, name=None):
        service = service or self.service()
        version = self.version(service)[1]
        name = name or self.name("a")
        self.do(Call("CreateAlias", {"serviceName": service}, body={"aliasName": name, "versionId": version}))
        return service, name

    def trigger(self, service=None, function=None, name=None):
        if function is None:
            service, function = self.function(service)
        name = name or self.name("t")
        self.do(Call("CreateTrigger", {"serviceName": service, "functionName": function},
                     body={"triggerName": name, **timer()}))
        return service, function, name

    def domain(self, name=None):
        name = name or f"{self.name('d')}.example.com"
        self.do(Call("CreateCustomDomain", body={"domainName": name, "protocol": "HTTP", "routeConfig": {
            "routes": [route()]}}))
        return name

    def layer(self, name=None):
        name = name or self.name("l")
        answer = self.do(Call("PublishLayerVersion", {"layerName": name}, body={"code": CODE}))
        return name, answer.json["version"]

    def standing(self):
        """A shared function that nobody changes."""
        return self.once("standing", self.function)

    def stateful(self):
        """A shared function whose asynchronous invocations are kept."""
        def make():
            service, function = self.function(timeout=70)
            self.do(Call("PutFunctionAsyncInvokeConfig", {"serviceName": service, "functionName": function},
                         body={"statefulInvocation": True}))
            return service, function
        return self.once("stateful", make)

    def invocation(self, event=b"x", wait=("Succeeded",)):
        """A stateful invocation that has come to one of these states."""
        import machine
        service, function = self.stateful()
        ident = self.name("i")
        self.do(Call("InvokeFunction", {"serviceName": service, "functionName": function}, headers={
            "x-fc-invocation-type": "Async", "x-fc-stateful-async-invocation-id": ident}, body=event))
        get = Call("GetStatefulAsyncInvocation", {"serviceName": service, "functionName": function,
                                                  "statefulAsyncInvocationId": ident})
        assert machine.wait_until(lambda: self.send(get).status == 200 and self.send(get).json["status"] in wait, 60), \
            f"the invocation {ident} did not become one of {wait}: {self.send(get)}"
        return service, function, ident


def timer():
    return {"triggerType": "timer", "triggerConfig": {"payload": "p", "cronExpression": "0 0 4 * * *", "enable": False}}


def route():
    return {"path": "/a/*", "serviceName": "s1", "functionName": "f1", "methods": ["GET"]}


def action(number=0):
    return {"name": f"action{number}", "startTime": SOON, "endTime": LATER, "target": 1,
            "scheduleExpression": "cron(0 0 4 * * *)"}


def policy(number=0):
    return {"name": f"policy{number}", "startTime": SOON, "endTime": LATER,
            "metricType": "ProvisionedConcurrencyUtilization", "metricTarget": 0.6, "minCapacity": 1, "maxCapacity": 2}


def certificate(folder, name):
    """PEM texts of a certificate of its own and its key."""
    key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name},DNS:*.example.com", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    with open(cert, encoding="ascii") as first, open(key, encoding="ascii") as second:
        return first.read(), second.read()
