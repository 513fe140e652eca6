"""Requests for the fuzz run: each from (seed, index) alone, so that any one of them can be made again."""

import base64
import json
import os
import random
import sys
from urllib.parse import quote

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import signing  # noqa: E402
from fcclient import make_zip  # noqa: E402

API = "/2016-08-15"
SERVICES = ["fuzz_a", "fuzz_b", "fuzz_c"]
FUNCTIONS = ["f", "g", "h"]
PACKAGE = make_zip({"index.py": "def handler(event, context):\n    return event\n"})
LONG = "x" * 20_000
MOST = 4 << 20  # bytes of a body of JSON

TEXTS = ["", " ", "a", "9", "_", "-", "LATEST", "null", "true", "0", "../..", "..%2f..", "a/b", "a.b", "a b", "%00",
         "\0", "\r\nX-Injected: 1", "ä", "中文", "😀", "\ud800", "\u202e", "'\"<>&", "{}", "[]", "%", "%zz", "$(id)",
         "${a}", "a\\b", "x" * 129, LONG, "1e309", "NaN", "-0", "\x7f", "\ufeff", "index.handler", "a:b#c", "#", "?"]
NUMBERS = [0, -1, 1, 2, 63, 64, 127, 128, 129, 3072, 3136, 32768, 65535, 65536, 86400, 86401, 2**31 - 1, 2**31, 2**32,
           2**53, 2**63 - 1, 2**63, -2**63, 2**64, 10**30, 0.5, -0.0, 1e-300, 1e300, 128.0]

SERVICE_FIELDS = {
    "serviceName": "fuzz_a", "description": "d", "internetAccess": True,
    "role": "acs:ram::1234567890123456:role/r", "logConfig": {"project": "p", "logstore": "l",
                                                              "enableRequestMetrics": True,
                                                              "enableInstanceMetrics": False, "logBeginRule": "None"},
    "vpcConfig": {"vpcId": "v", "vSwitchIds": ["w"], "securityGroupId": "s"},
    "nasConfig": {"userId": 1, "groupId": 2, "mountPoints": [{"serverAddr": "a:/b", "mountDir": "/mnt/c"}]},
    "tracingConfig": {"type": "Jaeger", "params": {"endpoint": "http://127.0.0.1:1/x"}}}
FUNCTION_FIELDS = {
    "functionName": "f", "runtime": "python3", "handler": "index.handler", "description": "d", "timeout": 5,
    "memorySize": 128, "initializer": "", "initializationTimeout": 3, "environmentVariables": {"A": "b"},
    "caPort": 9000, "instanceConcurrency": 1, "layers": [],
    "code": {"zipFile": base64.b64encode(PACKAGE).decode()},
    "customContainerConfig": {"image": "i", "command": "[]", "args": "[]", "accelerationType": "Default"},
    "instanceLifecycleConfig": {"preFreeze": {"handler": "", "timeout": 1}, "preStop": {"handler": "", "timeout": 1}},
    "customDNS": {"nameServers": None, "searches": None, "dnsOptions": None}}


class Request:
    def __init__(self, method, path, headers=None, body=b"", query=""):
        self.method, self.path, self.query = method, path, query
        self.headers, self.body = dict(headers or {}), body
        self.raw = None  # bytes for a bare socket in place of everything else
        self.signed = False
        self.careful = False  # stays as it is
        self.operation = ""  # that it was made for, before changes
        self.chunks = 0  # size of the chunks when the body travels chunked

    def target(self):
        return self.path + ("?" + self.query if self.query else "")


def templates(rng):
    """A valid request, picked over all routes."""
    service, function = rng.choice(SERVICES), rng.choice(FUNCTIONS)
    base = f"{API}/services/{service}"
    one = f"{base}/functions/{function}"
    reads = [f"{API}/services", base, base + "/functions", one, one + "/code", base + ".LATEST", base + ".1",
             base + ".prod/functions/" + function, "/openfc/capabilities", "/openfc/logs", one + "/triggers",
             base + "/versions", base + "/aliases", f"{API}/custom-domains", f"{API}/provision-configs", f"{API}/tag",
             f"{API}/layers", one + "/instances", one + "/async-invoke-config", f"{API}/account-settings",
             one + "/provision-config", one + "/stateful-async-invocations", f"{API}/reservedCapacities"]
    kind = rng.randrange(12)
    if kind <= 2:
        return Request("GET", rng.choice(reads), query=rng.choice(["", "", "limit=5", "prefix=f&limit=2", "startKey=g"]))
    if kind <= 4:
        return with_json("POST", f"{API}/services", {**some(rng, SERVICE_FIELDS), "serviceName": service})
    if kind == 5:
        return with_json("PUT", base, some(rng, SERVICE_FIELDS))
    if kind <= 7:
        fields = {**some(rng, FUNCTION_FIELDS), "functionName": function, "runtime": "python3",
                  "handler": "index.handler", "code": FUNCTION_FIELDS["code"]}
        return with_json("POST", base + "/functions", fields)
    if kind == 8:
        return with_json("PUT", one, some(rng, FUNCTION_FIELDS))
    if kind == 9:
        return Request("DELETE", one if rng.random() < 0.7 else base)
    headers = {"content-type": "application/octet-stream", "x-fc-invocation-type": rng.choice(["Sync", "sync"]),
               "x-fc-log-type": rng.choice(["None", "Tail"])}
    body = rng.randbytes(rng.choice([0, 1, 10, 1000, 100_000]))
    return Request("POST", one + rng.choice(["", "/invocations"]), headers, body)


def some(rng, fields):
    return {name: value for name, value in fields.items() if rng.random() < 0.4}


def with_json(method, path, fields):
    return Request(method, path, {"content-type": "application/json"}, json.dumps(fields).encode())


def anything(rng, depth=0):
    """A JSON value of any kind."""
    kind = rng.randrange(8 if depth < 3 else 6)
    if kind <= 1:
        return rng.choice(TEXTS)
    if kind <= 3:
        return rng.choice(NUMBERS)
    if kind == 4:
        return rng.choice([True, False, None])
    if kind == 5:
        return rng.choice([{}, [], [[]], {"": {}}])
    if kind == 6:
        return [anything(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(TEXTS): anything(rng, depth + 1) for _ in range(rng.randrange(4))}


def mutate_value(rng, value):
    """Changes one place inside a JSON value."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        name = rng.choice(sorted(value))
        change = rng.randrange(6)
        changed = dict(value)
        if change == 0:
            del changed[name]
        elif change == 1:
            changed[rng.choice([name.upper(), name.lower(), name + "X"])] = changed.pop(name)
        elif change == 2:
            changed[name] = anything(rng)
        else:
            changed[name] = mutate_value(rng, value[name])
        if rng.random() < 0.1:
            changed[rng.choice(TEXTS)] = anything(rng)
        return changed
    if isinstance(value, list) and value and rng.random() < 0.7:
        return [mutate_value(rng, item) for item in value] * rng.choice([1, 1, 2, 50])
    return anything(rng)


def mutate_json(rng, body):
    fields = json.loads(body)
    for _ in range(rng.choice([1, 1, 2, 5])):
        changed = mutate_value(rng, fields)
        if len(json.dumps(changed)) > MOST:  # repeated lists grow by powers
            break
        fields = changed
    return json.dumps(fields, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def mutate_code(rng, body):
    """Damages the archive inside a function's body."""
    fields = json.loads(body)
    data = bytearray(PACKAGE)
    for _ in range(rng.choice([1, 3, 20])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    if rng.random() < 0.3:
        data = data[:rng.randrange(len(data))]
    fields["code"] = {"zipFile": base64.b64encode(bytes(data)).decode()}
    return json.dumps(fields).encode()


def mutate_bytes(rng, body):
    data = bytearray(body or b"{}")
    change = rng.randrange(7)
    if change == 0:
        return bytes(data[:rng.randrange(len(data) + 1)])
    if change == 1:
        data[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(data)
    if change == 2:
        return b"\xef\xbb\xbf" + bytes(data)
    if change == 3:
        return bytes(data) + rng.choice([b"{}", b"\0", b"garbage"])
    if change == 4:
        return rng.choice([b"[", b"{\"a\":", b"[[{\"b\":"]) * rng.choice([10, 1000, 100_000])
    if change == 5:
        return rng.choice([b"", b"null", b"[]", b"1", b"\"x\"", b"{\"a\":1,\"a\":2}", b"\xff\xfe{\0}\0", b"{\"a\":01}",
                           b"{\"a\":1e999999}", b"{\"\\ud800\":\"\\udfff\"}", b"nul", b"{'a':1}", b"{a:1}"])
    return rng.randbytes(rng.choice([1, 100, 10_000]))


def mutate_path(rng, path):
    parts = path.split("/")
    place = rng.randrange(1, len(parts))
    change = rng.randrange(6)
    if change == 0:
        parts[place] = quote(rng.choice(TEXTS).encode("utf-8", "surrogatepass"), safe=rng.choice(["", "%", "./%"]))
    elif change == 1:
        parts[place] += rng.choice([".LATEST", ".", "..", ".1", ".prod", "%2F", ";a=b", "%2e%2e", "%", "%f0%28"])
    elif change == 2:
        parts.insert(place, rng.choice(["", ".", "..", "%2e%2e", "x"]))
    elif change == 3:
        del parts[place]
    elif change == 4:
        parts[place] = parts[place].upper()
    else:
        parts.append("")
    return "/".join(parts) or "/"


def mutate_query(rng):
    names = ["limit", "nextToken", "prefix", "startKey", "LIMIT", "tag_a", "qualifier", "If-Match", "x", "",
             "instanceIds", "requestId", "since", "wait"]
    pairs = []
    for _ in range(rng.choice([1, 2, 5, 200])):
        value = quote(rng.choice(TEXTS).encode("utf-8", "surrogatepass"), safe=rng.choice(["", "%/?"]))
        pairs.append(rng.choice(names) + rng.choice(["=", "=", "", "=="]) + value)
    return "&".join(pairs)[:6000]


def mutate_headers(rng, headers):
    changed = dict(headers)
    for _ in range(rng.choice([1, 2, 5])):
        name = rng.choice(["if-match", "x-fc-code-checksum", "x-fc-invocation-type", "x-fc-log-type", "content-md5",
                           "x-fc-account-id", "x-fc-trace-id", "x-fc-security-token", "content-type", "accept",
                           "x-fc-stateful-async-invocation-id", "user-agent", "x-fc-" + "n" * rng.randrange(1, 60),
                           "x-fc-tracing-opentracing-span-context", "accept-encoding", "x-fc-invoker-identity"])
        value = rng.choice(TEXTS + ["*", "\"etag\"", "18446744073709551615", "Async", "Tail", "0" * 40, "a,b"])
        changed[name] = "".join(letter for letter in value[:2000] if " " < letter < "\x7f" or letter == " ").strip()
    return changed


RAW = [b"", b"\r\n", b"\0" * 100, b"GET / HTTP/1.1\r\n\r\n", b"GET  / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\n\n",
       b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
       b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
       b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 100 + b"\r\n",
       b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"e" * 20_000 + b"\r\nabcde\r\n0\r\n\r\n",
       b"POST / HTTP/1.1\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
       b"GET http://other/ HTTP/1.1\r\nHost: localhost\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
       b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\n folded: x\r\n\r\n",
       b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n\r\n", b"GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
       b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/0.9\r\n\r\n", b"GET /\r\n", b"\x16\x03\x01\x00\xff" + b"a" * 255,
       b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n", b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
       b"POST / HTTP/1.1\r\nExpect: 200-maybe\r\nContent-Length: 1\r\n\r\nx",
       b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nshort", b"GET / HTTP/1.1\r\nX: " + b"y" * 300_000 + b"\r\n\r\n"]


def make_raw(rng, request, key_id, secret):
    """Either a known malformation or a damaged copy of a signed request's bytes."""
    if rng.random() < 0.5:
        request.raw = rng.choice(RAW)
        return request
    headers = signing.signed(request.method, request.path, request.headers, key_id, secret)
    lines = [f"{request.method} {request.target()} HTTP/1.1", "host: localhost", f"content-length: {len(request.body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    data = bytearray("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + request.body)
    for _ in range(rng.choice([1, 2, 10])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    request.raw = bytes(data)
    return request


def generate(declared, seed, index, key_id, secret):
    """The request of this index. About four fifths are signed after the last change: their signature is right."""
    rng = random.Random(f"{seed}:{index}")
    request = templates(rng) if rng.random() < 0.4 else declared.request(rng)
    if request.careful:
        request.headers = signing.signed(request.method, request.path, request.headers, key_id, secret)
        request.signed = True
        return request
    roll = rng.random()
    if roll < 0.08:
        return make_raw(rng, request, key_id, secret)
    has_json = request.headers.get("content-type") == "application/json"
    if has_json and request.body and rng.random() < 0.6:
        change = mutate_code if b'"code"' in request.body and rng.random() < 0.2 else mutate_json
        request.body = change(rng, request.body)
    elif rng.random() < 0.1:
        request.body = mutate_bytes(rng, request.body)
    if has_json and rng.random() < 0.1:
        request.body = mutate_bytes(rng, request.body)
    if rng.random() < 0.12:
        request.path = mutate_path(rng, request.path)
    if rng.random() < 0.15:
        request.query = mutate_query(rng)
    if rng.random() < 0.25:
        request.headers = mutate_headers(rng, request.headers)
    if rng.random() < 0.03:
        request.method = rng.choice(["HEAD", "PATCH", "OPTIONS", "TRACE", "get", "PROPFIND"])
    if rng.random() < 0.1:
        request.chunks = rng.choice([1, 7, 1000])
        request.body = request.body[:20_000]
    if roll < 0.85:
        request.headers = signing.signed(request.method, request.path, request.headers, key_id, secret)
        request.signed = True
    elif roll < 0.95:
        request.headers = signing.signed(request.method, request.path, request.headers,
                                         rng.choice([key_id, "nobody", ""]), rng.choice(["wrong", ""]))
    return request
