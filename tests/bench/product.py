"""What the benchmarks deploy and how they call it."""

import json
import multiprocessing
import os
import socket
import threading
import time

import harness
import machine
from fcclient import make_zip, zip_field
from world import HERE

ECHO = {"python": ("python3", {"index.py": "def handler(event, context):\n    return event\n"}),
        "node": ("nodejs14", {"index.js": "exports.handler = (event, context, callback) => callback(null, event);\n"})}
CUSTOM_ECHO = """'use strict';
require('http').createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => response.end(Buffer.concat(pieces)));
}).listen(Number(process.env.FC_SERVER_PORT), '0.0.0.0');
"""
CUSTOM_TELL = """'use strict';
require('http').createServer((request, response) => {
  request.resume().on('end', () => response.end(JSON.stringify(request.headers)));
}).listen(Number(process.env.FC_SERVER_PORT), '0.0.0.0');
"""
OF_THE_CONNECTION = ("host", "connection", "content-length")
FIRST_LINE = {
    "python": ("python3", "index.py", "# {0}\nimport time\n\ndef handler(event, context):\n"
                                      "    return str(time.monotonic_ns())\n"),
    "node": ("nodejs14", "index.js", "// {0}\nexports.handler = (event, context, callback) =>\n"
                                     "  callback(null, String(process.hrtime.bigint()));\n")}
IDLE = ("import os\n\ndef handler(event, context):\n"
        "    open('/tmp/' + os.environ['FC_FUNCTION_NAME'], 'w').close()\n    return 'x'\n")
# The common modules of performance.md 1: about 1,560 page faults beyond those of a lean interpreter.
COMMON = "import base64, collections, datetime, http.client, json, logging, re\n" + IDLE
IDLE_NODE = ("const fs = require('fs');\nexports.handler = (event, context, callback) => {\n"
             "  fs.writeFileSync('/tmp/' + process.env.FC_FUNCTION_NAME, '');\n  callback(null, 'x');\n};\n")


def check(response, status=200):
    if response.status != status:
        raise RuntimeError(f"expected {status}: {response}")
    return response


def deploy(client, service, name, runtime, files, **members):
    body = {"functionName": name, "runtime": runtime, "handler": "index.handler", "memorySize": 128, "timeout": 60,
            "code": zip_field(make_zip(files)), **members}
    return check(client.post(f"/services/{service}/functions", body))


def service(client, name, **members):
    check(client.post("/services", {"serviceName": name, **members}))


def deploy_echo(client, service_name, name, kind, **members):
    if kind == "custom":
        deploy_custom(client, service_name, name, CUSTOM_ECHO, **members)
    else:
        deploy(client, service_name, name, *ECHO[kind], **members)
    answer = check(client.invoke(service_name, name, b"hello"))
    if answer.body != b"hello":
        raise RuntimeError(f"{name} does not echo: {answer}")


def deploy_custom(client, service_name, name, source, **members):
    """A custom runtime that is a Node.js server of this source."""
    files = {"bootstrap": ("#!/bin/sh\nexec /usr/bin/env node /code/server.js\n", 0o100755), "server.js": source}
    deploy(client, service_name, name, "custom", files, **members)


def custom_headers(client, service_name):
    """What a custom runtime gets with an invocation beside the headers of its connection."""
    deploy_custom(client, service_name, "tell", CUSTOM_TELL)
    told = json.loads(check(client.invoke(service_name, "tell", b"x")).body)
    return {name: value for name, value in told.items() if name not in OF_THE_CONNECTION}


def invoke_headers(client, service_name, name):
    """(path, headers) of a signed invocation, valid for fifteen minutes."""
    path = f"/2016-08-15/services/{service_name}/functions/{name}/invocations"
    return path, client.signed("POST", path, {"content-type": "application/octet-stream"})


class Caller:
    """Invocations on one connection, timed on a bare socket."""

    def __init__(self, server, service_name, name, event=b"x", client=None):
        path, headers = invoke_headers(client or server.client(), service_name, name)
        lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(event)}"]
        lines += [f"{key}: {value}" for key, value in headers.items()]
        self.message = "\r\n".join(lines).encode() + b"\r\n\r\n" + event
        self.socket = socket.create_connection(("127.0.0.1", server.port), 90)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(self):
        """(moment of sending, moment of the answer, body), moments in ns of the monotonic clock."""
        sent = time.monotonic_ns()
        self.socket.sendall(self.message)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, body = data.split(b"\r\n\r\n", 1)
        lines = head.lower().split(b"\r\n")
        length = next(int(line[16:]) for line in lines if line.startswith(b"content-length: "))
        while len(body) < length:
            body += self._receive()
        if not head.startswith(b"HTTP/1.1 200") or any(line.startswith(b"x-fc-error-type") for line in lines):
            raise RuntimeError(f"{head!r} {body[:300]!r}")
        return sent, time.monotonic_ns(), body

    def _receive(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("closed")
        return piece

    def close(self):
        self.socket.close()


class Pace:
    """Calls every 20 ms in a process of its own, so that no thread of the benchmark's delays what it measures: `most`
    calls, or until finish()."""

    def __init__(self, caller, most=None):
        context = multiprocessing.get_context("fork")
        self._stop = context.Event()
        self._results, far = context.Pipe(duplex=False)
        self._process = context.Process(target=self._run, args=(caller, most, far))
        self._most = most
        self._process.start()
        far.close()

    def _run(self, caller, most, far):
        calls = []
        due = time.monotonic()
        while len(calls) != most and not self._stop.is_set():
            sent, answered, _ = caller.call()
            calls.append((sent, (answered - sent) / 1e6))
            due += 0.02
            time.sleep(max(0, due - time.monotonic()))
        far.send(calls)

    def finish(self):
        """The calls: (moment of sending in ns of the monotonic clock, round trip in ms)."""
        if self._most is None:
            self._stop.set()
        calls = self._results.recv()
        self._process.join()
        return calls


def cold_start_ms(server, service_name, name):
    """From sending the last byte of the request to the handler's first line, which reads the same clock."""
    caller = Caller(server, service_name, name)
    try:
        sent, _, body = caller.call()
        return (int(body) - sent) / 1e6
    finally:
        caller.close()


def deploy_first_lines(client, service_name, kind, count, prefix="cold"):
    """`count` functions with different code that answer the moment of their first line."""
    runtime, file, text = FIRST_LINE[kind]
    names = [f"{prefix}_{kind}_{number}" for number in range(count)]
    for name in names:
        deploy(client, service_name, name, runtime, {file: text.format(name)})
    return names


def in_threads(count, work):
    """Runs work(number) on `count` threads; returns results and errors."""
    results, errors = [], []

    def run(number):
        try:
            results.append(work(number))
        except Exception as error:  # pylint: disable=broad-except
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results, errors


def pool_full(server, size, kinds=3, seconds=10):
    return machine.wait_until(lambda: server.metric("fc_instances", state="warm") >= size * kinds, seconds)


def floor_source(name):
    return os.path.join(HERE, "floor", name)


def functions_root():
    return harness.FUNCTIONS


def dumps(value):
    return json.dumps(value).encode()
