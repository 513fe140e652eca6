"""Starts and stops the real server for a test: free ports, a data directory of its own, and a look for leftovers."""

import atexit
import functools
import glob
import http.client
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from contextlib import closing

import fcclient
import machine

KEY_ID = "openfc-development-key"
KEY_SECRET = "openfc-development-secret"
ACCOUNT = "1234567890123456"
REGION = "cn-hangzhou"
HERE = os.path.dirname(os.path.abspath(__file__))
FUNCTIONS = os.path.join(os.path.dirname(HERE), "functions", "e2e")
BUILD = os.environ.get("OPENFC_BUILD", "")
LONG = os.environ.get("OPENFC_E2E_LONG") == "1"
SERVER_VARIABLES = ("OPENFC_DEFENCES_OFF",)
# "plain": servers run without root, as this user, and without isolation.
SANDBOX = os.environ.get("OPENFC_E2E_SANDBOX", "isolated")
NOBODY = 65534
LIMIT = 4
LIMIT_CONFIG = f"maxConcurrency: {LIMIT}\nmemory: 2048\nadmissionWait: 1\n"
NO_POOL_CONFIG = "poolSize: 0\n"
MANY_FUNCTIONS = "maxFunctionsPerService: 1000\n"


def bucket_config(buckets):
    """Buckets of object storage mapped to directories."""
    return "buckets:\n" + "".join(f"  - name: {name}\n    directory: {path}\n" for name, path in buckets.items())


def binary():
    if not BUILD:
        sys.exit("OPENFC_BUILD must name the build directory (tests/e2e/run.sh sets it)")
    return os.path.join(os.path.abspath(BUILD), "bin", "openfc")


@functools.cache
def binary_for_all():
    """The program where every user may execute it: a copy of the installation when the build is out of others' reach."""
    program = os.path.realpath(binary())
    if subprocess.run([program, "version"], user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", check=False,
                      capture_output=True).returncode == 0:
        return program
    prefix = tempfile.mkdtemp(prefix="openfc-e2e-")
    atexit.register(shutil.rmtree, prefix, ignore_errors=True)
    os.chmod(prefix, 0o755)
    for part in ("bin/openfc", "lib/openfc/runtimes"):
        source, target = os.path.join(os.path.abspath(BUILD), part), os.path.join(prefix, part)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, target)
    subprocess.run(["chmod", "-R", "a+rX", prefix], check=True)
    return os.path.join(prefix, "bin", "openfc")


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server process. `config` is the text of its configuration file, `prefix` a command that executes it."""

    def __init__(self, config=None, data=None, arguments=(), environment=None, prefix=(), sandbox=SANDBOX):
        self.plain = sandbox == "plain"
        self.own_data = data is None
        self.data = data or tempfile.mkdtemp(prefix="openfc-e2e-")
        # The server drops to its own user: it must be able to reach its directory.
        os.chmod(self.data, 0o755)
        self.directory = os.path.join(self.data, "store")
        self.port, self.admin_port = free_port(), free_port()
        self.prefix, self.arguments, self.environment = prefix, list(arguments), environment or {}
        self.log_path = os.path.join(self.data, "server.log")
        self.process, self.members, self.groups = None, set(), set()
        if config is not None:
            self.config_path = os.path.join(self.data, "config.yaml")
            with open(self.config_path, "w") as file:
                file.write(config)
            self.arguments += ["--config", self.config_path]
        if self.plain:
            self.arguments += ["--sandbox", "plain"]
            os.chown(self.data, NOBODY, NOBODY)

    def command(self):
        program = binary_for_all() if self.plain else binary()
        # The tests' own variables are none of the server's, which refuses those that it does not know.
        ours = [name for name in os.environ if name.startswith("OPENFC_") and name not in SERVER_VARIABLES]
        without = [word for name in ours if name not in self.environment for word in ("-u", name)]
        return [*self.prefix, "env", *without, program, "serve", "--listen", f"127.0.0.1:{self.port}", "--admin-listen",
                f"127.0.0.1:{self.admin_port}", "--data", self.directory, *self.arguments]

    def start(self, timeout=60):
        self.snapshot = machine.Snapshot()
        self.alone = not machine.other_servers()
        self.started = time.monotonic()
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": self.data} if self.plain else {}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=log, env={**os.environ, **self.environment}, text=True, **user)
        lines = queue.Queue()
        threading.Thread(target=self._read, args=(self.process.stdout, lines), daemon=True).start()
        deadline = time.monotonic() + timeout
        while True:
            try:
                line = lines.get(timeout=max(0.1, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                self.kill()
                raise AssertionError(f"the server did not become ready:\n{self.log()[-4000:]}")
            if line.startswith("openfc ready http://"):
                self.ready_seconds = time.monotonic() - self.started
                return self

    @staticmethod
    def _read(stream, lines):
        with stream:
            for line in stream:
                lines.put(line)
        lines.put(None)

    def log(self):
        return machine.read(self.log_path)

    def audit(self, kind="calls"):
        """The text of the audit log."""
        paths = glob.glob(os.path.join(self.directory, "audit", f"{kind}-*.jsonl"))
        return "".join(machine.read(path) for path in sorted(paths))

    def audit_line(self, request_id, kind="calls"):
        """The one line of a call; it is there before the answer is."""
        found = [line for line in map(json.loads, self.audit(kind).splitlines()) if line["requestId"] == request_id]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} lines in the audit log of call {request_id}")
        return found[0]

    def client(self, **options):
        return fcclient.Client("127.0.0.1", self.port, KEY_ID, KEY_SECRET, **options)

    def admin(self, path, timeout=10):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=timeout)
        with closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return fcclient.Response(answer.status, answer.getheaders(), answer.read())

    def metrics(self):
        """name{labels} → value of /metrics."""
        lines = self.admin("/metrics").body.decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def metric(self, name, **labels):
        """The sum of a family's series that carry these labels."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(value for series, value in self.metrics().items()
                   if series.split("{")[0] == name and all(label in series for label in wanted))

    def remember(self):
        """Notes the living processes and groups, to be looked for after the end."""
        if self.process and self.process.poll() is None:
            self.members |= machine.family(self.process.pid)
            for pid, _ in list(self.members):
                self.groups |= machine.cgroups(pid)

    def terminate(self):
        self.remember()
        self.process.send_signal(signal.SIGTERM)

    def kill(self):
        self.remember()
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self, timeout=60):
        """SIGTERM, then the exit status must be 0 and nothing may be left."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.terminate()
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {timeout} s of SIGTERM:\n{self.log()[-4000:]}") from None
        self.process = None
        assert status == 0, f"exit status {status} after SIGTERM:\n{self.log()[-4000:]}"
        self.check_leftovers()
        self.remove()

    def leftovers(self):
        found = {"processes": sorted(member for member in self.members if machine.alive(member)),
                 "cgroups": sorted(path for path in self.groups if os.path.isdir(path))}
        found = {name: values for name, values in found.items() if values}
        if self.alone and not machine.other_servers():
            found.update(self.snapshot.extra())
        return found

    def check_leftovers(self):
        if not machine.wait_until(lambda: not self.leftovers(), 15):
            raise AssertionError(f"left behind: {self.leftovers()}")

    def remove(self):
        if self.own_data:
            shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.kill()
            self.remove()


def code(name, **more_files):
    """The ZIP of tests/functions/e2e/<name>, with further files added."""
    files = {}
    root = os.path.join(FUNCTIONS, name)
    for directory, _, names in os.walk(root):
        for file in names:
            path = os.path.join(directory, file)
            with open(path, "rb") as source:
                content = source.read()
            files[os.path.relpath(path, root)] = (content, os.stat(path).st_mode)
    files.update(more_files)
    return fcclient.make_zip(files)


class ServerTest(unittest.TestCase):
    """A test class with a server of its own for all its tests."""

    config = None
    server_environment = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.config, environment=cls.server_environment).start()
        cls.client = cls.server.client()

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.stop()

    def expect(self, response, status, code=None, message=None):
        """Checks status, error code, and that the message is (str) or contains (tuple) what is given."""
        self.assertEqual(response.status, status, response)
        if code is not None:
            self.assertEqual(response.code, code, response)
        if isinstance(message, str):
            self.assertEqual(response.message, message)
        for part in message if isinstance(message, tuple) else ():
            self.assertIn(part, response.message)
        return response

    def make_service(self, name, **members):
        return self.expect(self.client.post("/services", {"serviceName": name, **members}), 200)

    def make_function(self, service, name, kind="python", **members):
        handler = {"python": ("python3", "index.handler"), "nodejs": ("nodejs14", "index.handler"),
                   "custom": ("custom", "index.handler")}[kind]
        zipped = members.pop("zip", None)
        body = {"functionName": name, "runtime": handler[0], "handler": handler[1], "memorySize": 128, "timeout": 20,
                "code": fcclient.zip_field(zipped if zipped is not None else code(kind)), **members}
        return self.expect(self.client.post(f"/services/{service}/functions", body), 200)

    def ask(self, service, function, event, **options):
        """Invokes and returns the parsed JSON result of a successful run."""
        response = self.client.invoke(service, function, event, **options)
        self.assertEqual(response.status, 200, response)
        self.assertIsNone(response.header("x-fc-error-type"), response)
        return json.loads(response.body)

    def failing(self, response, kind="UnhandledInvocationError"):
        """A function error: 200, the type in its header, JSON without API error members. Returns the JSON."""
        self.assertEqual(response.status, 200, response)
        self.assertEqual(response.header("x-fc-error-type"), kind, response)
        self.assertTrue(response.header("content-type").startswith("application/json"), response)
        self.assertNotIn("ErrorCode", response.json)
        self.assertIn("errorMessage", response.json)
        return response.json


def in_parallel(calls):
    """Runs the callables on a thread each; returns their results in order, an exception in place of a result."""
    results = [None] * len(calls)

    def run(index, call):
        try:
            results[index] = call()
        except Exception as error:  # pylint: disable=broad-except
            results[index] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def lacks(test, suite, reason):
    """Ends a test whose means the machine lacks: skipped where OPENFC_MAY_SKIP names the suite, failed elsewhere."""
    if suite in os.environ.get("OPENFC_MAY_SKIP", "").split():
        test.skipTest(reason)
    test.fail(f"{reason} (OPENFC_MAY_SKIP does not name {suite})")


def address(server):
    """What a client in another language finds the server by."""
    return {"OPENFC_ENDPOINT": f"http://127.0.0.1:{server.port}", "OPENFC_KEY_ID": KEY_ID,
            "OPENFC_KEY_SECRET": KEY_SECRET, "OPENFC_ACCOUNT": ACCOUNT, "OPENFC_REGION": REGION,
            "OPENFC_FUNCTIONS": FUNCTIONS}


def main():
    """harness.py COMMAND…: runs the command with OPENFC_ENDPOINT of a fresh server; its status, unless leftovers."""
    with Server() as server:
        status = subprocess.run(sys.argv[1:], env={**os.environ, **address(server)}, check=False).returncode
    sys.exit(status)


if __name__ == "__main__":
    main()
