"""instanceLifecycleConfig: preFreeze and preStop in every runtime (runtime-contract 1.10)."""

import base64
import json
import pathlib
import re

import harness
import machine
from fcclient import make_zip

PYTHON = """
import json, os
CALLS = []
def initializer(context):
    CALLS.append("initialize")
def handler(event, context):
    CALLS.append("invoke")
    return json.dumps(CALLS)
def pre_freeze(context):
    CALLS.append("freeze " + context.function.name)
    print("freezing", context.request_id)
def pre_stop(context):
    CALLS.append("stop")
    print("stopping", json.dumps(CALLS))
def failing(context):
    CALLS.append("failing")
    raise ValueError("the hook fails")
def leaving(context):
    os._exit(3)
def sleeping(context):
    import time
    print("sleeps")
    time.sleep(60)
"""
NODEJS = """
const calls = [];
exports.handler = (event, context, callback) => { calls.push('invoke'); callback(null, JSON.stringify(calls)); };
exports.preFreeze = (context, callback) => {
  calls.push('freeze ' + context.function.name);
  setTimeout(() => { calls.push('frozen'); callback(null); }, 1);
};
exports.preStop = (context, callback) => { console.log('stopping', JSON.stringify(calls)); callback(null); };
"""
CUSTOM = """#!/usr/bin/python3
import http.server, json, os
CALLS = []
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *arguments):
        pass
    def take(self):
        size = int(self.headers.get("content-length") or 0)
        self.rfile.read(size)
        CALLS.append([self.command, self.path, size, self.headers["x-fc-control-path"],
                      self.headers["x-fc-instance-lifecycle-pre-freeze-handler"]])
        print("calls", json.dumps([call[1] for call in CALLS]), flush=True)
        body = json.dumps(CALLS).encode() if self.path == "/invoke" else b""
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = take
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["FC_SERVER_PORT"])), Handler).serve_forever()
"""


class Hooks(harness.ServerTest):
    config = "freezeAfter: 20\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s"})

    def setUp(self):
        """No instance of an earlier test is awake or in a hook, so that counters show this test's hooks alone."""
        self.assertTrue(machine.wait_until(lambda: self.server.metric("fc_instances", state="busy") +
                                           self.server.metric("fc_instances", state="idle") == 0, 20))

    def make(self, name, source=PYTHON, freeze="index.pre_freeze", stop="index.pre_stop", kind="python", timeout=30,
             **members):
        file = {"python": "index.py", "nodejs": "index.js", "custom": "bootstrap"}[kind]
        self.make_function("s", name, kind, zip=make_zip({file: (source, 0o100755)}), instanceLifecycleConfig={
            "preFreeze": {"handler": freeze, "timeout": timeout},
            "preStop": {"handler": stop, "timeout": timeout}}, **members)

    def log(self, name):
        path = f"/openfc/logs/s/{name}?limit=1000"
        answer = self.expect(self.client.send("GET", path, self.client.signed("GET", path)), 200)
        return [record["text"] for record in answer.json["records"]]

    def wait_for_line(self, name, pattern):
        """The first line of the function's log that fits."""
        def find():
            return next((line for line in self.log(name) if re.fullmatch(pattern, line)), None)
        self.assertTrue(machine.wait_until(find, 20), f"{pattern} is not in {self.log(name)}")
        return find()

    def count(self, hook, result="ok"):
        return self.server.metric("fc_hooks_total", hook=hook, result=result)

    def wait_for_count(self, hook, count, result="ok"):
        self.assertTrue(machine.wait_until(lambda: self.count(hook, result) >= count, 20), self.server.metrics())

    def test_python(self):
        self.make("python", initializer="index.initializer")
        before = self.count("PreFreeze")
        answer = self.client.invoke("s", "python", {}, headers={"X-Fc-Log-Type": "Tail"})
        self.assertEqual(answer.json, ["initialize", "invoke"])
        self.wait_for_count("PreFreeze", before + 1)
        again = self.client.invoke("s", "python", {}, headers={"X-Fc-Log-Type": "Tail"})
        self.assertEqual(again.json, ["initialize", "invoke", "freeze python", "invoke"])
        for response in (answer, again):
            self.assertNotIn("freezing", base64.b64decode(response.header("x-fc-log-result")).decode())
        start = self.wait_for_line("python", "FC PreFreeze Start RequestId: .*")
        request_id = start.rsplit(" ", 1)[1]
        self.assertNotIn(request_id, (answer.header("x-fc-request-id"), again.header("x-fc-request-id")))
        lines = self.log("python")
        begin = lines.index(start)
        self.assertEqual(lines[begin + 1:begin + 3],
                         [f"freezing {request_id}", f"FC PreFreeze End RequestId: {request_id}"])
        self.wait_for_count("PreFreeze", before + 2)
        self.expect(self.client.put("/services/s/functions/python", {"description": "new"}), 200)
        self.ask("s", "python", {})
        told = self.wait_for_line("python", "stopping .*")
        self.assertEqual(json.loads(told.split(" ", 1)[1]),
                         ["initialize", "invoke", "freeze python", "invoke", "freeze python", "stop"])
        self.wait_for_line("python", "FC PreStop End RequestId: [-0-9a-f]+")

    def test_nodejs(self):
        self.make("nodejs", NODEJS, "index.preFreeze", "index.preStop", "nodejs")
        before = self.count("PreFreeze")
        self.assertEqual(self.ask("s", "nodejs", {}), ["invoke"])
        self.wait_for_count("PreFreeze", before + 1)
        self.assertEqual(self.ask("s", "nodejs", {}), ["invoke", "freeze nodejs", "frozen", "invoke"])
        self.wait_for_count("PreFreeze", before + 2)
        stops = self.count("PreStop")
        self.expect(self.client.delete("/services/s/functions/nodejs"), 200)
        self.wait_for_count("PreStop", stops + 1)

    def test_custom(self):
        self.make("custom", CUSTOM, "go", "go", "custom")
        before = self.count("PreFreeze")
        self.assertEqual(self.ask("s", "custom", {}), [["POST", "/invoke", 2, "/invoke", "go"]])
        self.wait_for_count("PreFreeze", before + 1)
        self.assertEqual(self.ask("s", "custom", {}), [
            ["POST", "/invoke", 2, "/invoke", "go"], ["GET", "/pre-freeze", 0, "/pre-freeze", "go"],
            ["POST", "/invoke", 2, "/invoke", "go"]])
        self.wait_for_count("PreFreeze", before + 2)
        self.expect(self.client.put("/services/s/functions/custom", {"description": "new"}), 200)
        self.ask("s", "custom", {})
        self.wait_for_line("custom", re.escape('calls ["/invoke", "/pre-freeze", "/invoke", "/pre-freeze", "/pre-stop"]'))

    def test_a_hook_that_fails_changes_nothing_else(self):
        self.make("failing", freeze="index.failing", stop="")
        before = self.count("PreFreeze", "failed")
        self.assertEqual(self.ask("s", "failing", {}), ["invoke"])
        self.wait_for_count("PreFreeze", before + 1, "failed")
        self.assertEqual(self.ask("s", "failing", {}), ["invoke", "failing", "invoke"])
        self.wait_for_line("failing", "FC PreFreeze End RequestId: .*, Error: Unhandled function error")

    def test_a_hook_that_ends_the_process_costs_the_instance(self):
        self.make("leaving", freeze="index.leaving")
        before = self.count("PreFreeze", "failed")
        self.assertEqual(self.ask("s", "leaving", {}), ["invoke"])
        self.wait_for_count("PreFreeze", before + 1, "failed")
        self.assertEqual(self.ask("s", "leaving", {}), ["invoke"])

    def test_a_hook_that_hangs_is_ended_and_delays_nobody(self):
        self.make("sleeping", freeze="index.sleeping", timeout=1)
        before = self.count("PreFreeze", "timeout")
        first = self.client.invoke("s", "sleeping", {})
        self.wait_for_line("sleeping", "sleeps")
        second = self.client.invoke("s", "sleeping", {})  # a new instance: the other is in its hook
        self.assertEqual(second.json, ["invoke"])
        self.assertNotEqual(first.header("x-fc-instance-id"), second.header("x-fc-instance-id"))
        self.wait_for_count("PreFreeze", before + 1, "timeout")

    def test_a_hook_that_is_not_there_fails_the_start(self):
        self.make("missing", freeze="index.nothing")
        error = self.failing(self.client.invoke("s", "missing", {}))
        self.assertEqual(error["errorMessage"], "Handler 'nothing' missing on module 'index'")

    def test_stored_and_returned(self):
        self.make("stored")
        config = self.client.get("/services/s/functions/stored").json["instanceLifecycleConfig"]
        self.assertEqual(config, {"preFreeze": {"handler": "index.pre_freeze", "timeout": 30},
                                  "preStop": {"handler": "index.pre_stop", "timeout": 30}})

    def test_instances_are_stopped_when_the_server_ends(self):
        with harness.Server("freezeAfter: 20\n") as server:
            client = server.client()
            client.post("/services", {"serviceName": "s"})
            self.client, shared = client, self.client
            try:
                self.make("last")
                self.assertEqual(self.ask("s", "last", {}), ["invoke"])
            finally:
                self.client = shared
            client.close()
            server.terminate()
            self.assertEqual(server.process.wait(60), 0)
            segments = pathlib.Path(server.directory, "logs").rglob("*.log")
            self.assertIn("stopping", "".join(machine.read(str(path)) for path in segments))
