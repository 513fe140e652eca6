"""`serve --sandbox plain` by a user without root: the whole API, every kind of runtime, and nothing left behind."""

import glob
import json
import os
import tempfile

import fcclient
import harness
import machine
from fcclient import make_zip

SERVER = """#!/usr/bin/python3
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *arguments):
        pass
    def do_POST(self):
        event = self.rfile.read(int(self.headers.get("content-length") or 0))
        if event == b"wait":
            while not os.path.exists("/" + os.environ["GATE"]):
                import time
                time.sleep(0.01)
        body = os.environ["FC_SERVER_PORT"].encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["FC_SERVER_PORT"])), Handler).serve_forever()
"""
LAYERED = """
import json, os, subprocess
def handler(event, context):
    import shared
    return json.dumps({"who": shared.WHO, "tool": subprocess.check_output("tool", text=True).strip(),
                       "code": sorted(os.listdir(os.environ["FC_FUNC_CODE_PATH"])),
                       "set": open(os.environ["SETTING"]).read()})
"""
LAYERED_NODE = """
exports.handler = (event, context, callback) => callback(null, require('shared').who);
"""
DAEMON = """
import json, os, subprocess
def handler(event, context):
    child = subprocess.Popen(["/bin/sleep", "1000"], start_new_session=True)
    if event == b"hang":
        while True:
            pass
    return str(child.pid)
"""
SCRATCH = """
import json, os, tempfile
def handler(event, context):
    with tempfile.NamedTemporaryFile(delete=False) as file:
        return json.dumps({"file": file.name, "home": os.environ["HOME"], "code": __file__})
"""


def layer(who):
    return fcclient.zip_field(make_zip({
        "python/shared.py": f"WHO = {who!r}\n", "bin/tool": (f"#!/bin/sh\necho {who}\n", 0o100755), "data.txt": who,
        f"only-{who}": "", "nodejs/node_modules/shared/index.js": f"exports.who = {who!r};\n"}))


class Plain(harness.ServerTest):
    config = "freezeAfter: 20\n"

    @classmethod
    def setUpClass(cls):
        cls.before = set(glob.glob(os.path.join(tempfile.gettempdir(), "openfc-plain-*")))
        cls.server = harness.Server(cls.config, sandbox="plain").start()
        cls.client = cls.server.client()
        cls.client.post("/services", {"serviceName": "s"})

    def instances(self):
        return {name for name in os.listdir(os.path.join(self.server.directory, "plain")) if name.startswith("c-")}

    def test_the_server_has_no_privileges(self):
        status = machine.read(f"/proc/{self.server.process.pid}/status")

        self.assertIn(f"Uid:\t{harness.NOBODY}\t{harness.NOBODY}\t{harness.NOBODY}\t{harness.NOBODY}", status)
        self.assertIn("functions are not isolated", self.server.log())

    def test_every_kind_of_runtime_runs(self):
        for kind in ("python", "nodejs", "custom"):
            with self.subTest(kind):
                self.make_function("s", kind, kind, initializer="index.initializer")
                self.assertEqual(self.ask("s", kind, {"do": "echo", "value": 7}), 7)
                self.assertEqual(self.ask("s", kind, {"do": "state"})["initialized"], 1)

    def test_instances_of_a_custom_runtime_have_a_port_each(self):
        gate = os.path.join(self.server.data, "gate")
        self.make_function("s", "ports", "custom", zip=make_zip({"bootstrap": (SERVER, 0o100755)}), caPort=9321,
                           environmentVariables={"GATE": gate.lstrip("/")})
        calls = [lambda: self.client.invoke("s", "ports", b"wait")] * 3 + [lambda: self.open_when(gate, 3)]

        answers = harness.in_parallel(calls)[:3]

        self.assertEqual([answer.status for answer in answers], [200] * 3)
        self.assertEqual(len({answer.body for answer in answers}), 3)
        self.assertIn(b"9321", {answer.body for answer in answers})

    def open_when(self, gate, busy):
        self.assertTrue(machine.wait_until(lambda: self.server.metric("fc_instances", state="busy") >= busy, 30))
        with open(gate, "w"):
            pass

    def test_layers_are_found_by_every_language(self):
        arns = [self.client.post(f"/layers/{name}/versions", {
            "compatibleRuntime": ["python3", "nodejs14"], "code": layer(name)}).json["arn"] for name in ("top", "low")]
        setting = {"SETTING": "/opt/data.txt"}
        for name, kind, file in (("lp", "python", {"index.py": LAYERED}), ("ln", "nodejs", {"index.js": LAYERED_NODE})):
            self.make_function("s", name, kind, zip=make_zip(file), layers=arns, environmentVariables=setting)

        self.assertEqual(self.ask("s", "lp", b""), {"who": "top", "tool": "top", "code": ["index.py"], "set": "top"})
        self.assertEqual(self.client.invoke("s", "ln").body, b"top")

    def test_variables_that_need_a_process_of_its_own(self):
        self.make_function("s", "own", environmentVariables={"PYTHONHASHSEED": "1", "PYTHONPATH": "/code/lib"},
                           zip=make_zip({"index.py": "import inner\nhandler = inner.handler\n",
                                         "lib/inner.py": "def handler(event, context):\n    return 'inner'\n"}))

        self.assertEqual(self.client.invoke("s", "own").body, b"inner")

    def test_a_timeout_kills_what_the_function_started(self):
        self.make_function("s", "daemon", zip=make_zip({"index.py": DAEMON}), timeout=1)
        child = int(self.client.invoke("s", "daemon").body)
        self.assertTrue(machine.read(f"/proc/{child}/cmdline"))

        failure = self.failing(self.client.invoke("s", "daemon", b"hang"))

        self.assertIn("timed out after 1 second", failure["errorMessage"])
        self.assertTrue(machine.wait_until(lambda: not machine.alive_pid(child)))

    def test_logs_and_hooks(self):
        code = ("def handler(event, context):\n    print('in the run')\n    return 'ok'\n"
                "def freeze(context):\n    open('/%s', 'a')\n" % os.path.join(self.server.data, "frozen").lstrip("/"))
        self.make_function("s", "hooks", zip=make_zip({"index.py": code}),
                           instanceLifecycleConfig={"preFreeze": {"handler": "index.freeze", "timeout": 5}})

        self.assertIn("in the run", self.client.invoke("s", "hooks", tail=True).log)
        self.assertTrue(machine.wait_until(lambda: os.path.exists(os.path.join(self.server.data, "frozen"))))

    def test_scratch_files_go_with_the_instance(self):
        self.make_function("s", "scratch", zip=make_zip({"index.py": SCRATCH}))
        seen = self.ask("s", "scratch", b"")
        home = os.path.join(self.server.directory, "plain")

        for name, path in seen.items():
            with self.subTest(name):
                self.assertTrue(path.startswith(home), path)
        self.client.delete("/services/s/functions/scratch")
        self.assertTrue(machine.wait_until(lambda: not os.path.exists(seen["file"])))

    def test_memory_of_an_instance_is_told(self):
        self.make_function("s", "memory")
        self.ask("s", "memory", {"do": "allocate", "megabytes": 40})
        response = self.client.invoke("s", "memory", {"do": "allocate", "megabytes": 40})

        self.assertGreater(float(response.header("x-fc-max-memory-usage")), 40)

    def test_mounts_are_refused_with_the_reason(self):
        self.client.post("/services", {"serviceName": "nas", "nasConfig": {
            "userId": 1, "groupId": 1, "mountPoints": [{"serverAddr": "a.b:/", "mountDir": "/mnt/a"}]}})

        self.assertEqual(self.client.post("/services/nas/functions", {"functionName": "f"}).status, 400)

    def test_nothing_is_made_in_the_machines_tmp(self):
        self.assertEqual(set(glob.glob(os.path.join(tempfile.gettempdir(), "openfc-plain-*"))), self.before)


class Ends(harness.ServerTest):
    """What is left after a stop, and after a crash once the server has started again."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def serve(self, data):
        server = harness.Server(data=data, sandbox="plain").start()
        self.client = server.client()
        return server

    def run_both(self):
        self.client.post("/services", {"serviceName": "s"})
        self.make_function("s", "daemon", zip=make_zip({"index.py": DAEMON}))
        self.make_function("s", "custom", "custom")
        self.ask("s", "custom", {"do": "echo", "value": 1})
        return int(self.client.invoke("s", "daemon").body)

    def test_stop_and_crash(self):
        with tempfile.TemporaryDirectory() as data:
            server = self.serve(data)
            child = self.run_both()
            server.remember()
            members = set(server.members)
            server.process.kill()
            server.process.wait()

            server = self.serve(data)
            self.assertTrue(machine.wait_until(lambda: not any(map(machine.alive, members))), members)
            self.assertFalse(machine.alive_pid(child))
            child = int(self.client.invoke("s", "daemon").body)
            server.stop()

            self.assertFalse(machine.alive_pid(child))
            self.assertFalse(os.path.exists(os.path.join(server.directory, "plain")))
