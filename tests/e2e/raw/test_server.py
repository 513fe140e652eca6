"""The server as a process: health, metrics, configuration, drain, crash and restart (issue: what it must show)."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

import fcclient
import harness
import machine
from fcclient import crc64, zip_field

CODE = harness.code("python")


def refused(arguments, config=None, environment=None, timeout=20):
    """Runs a server that must refuse to start; (exit status, what it said)."""
    server = harness.Server(config, arguments=arguments, environment=environment)
    try:
        done = subprocess.run(server.command(), capture_output=True, text=True, timeout=timeout, check=False,
                              env={**os.environ, **server.environment})
        return done.returncode, done.stdout + done.stderr
    finally:
        server.remove()


def deploy(client, service="s", function="f", **members):
    client.post("/services", {"serviceName": service})
    return client.post(f"/services/{service}/functions", {
        "functionName": function, "runtime": "python3", "handler": "index.handler", "timeout": 30,
        "code": zip_field(CODE), **members})


class Admin(harness.ServerTest):
    def test_health(self):
        for path in ("/healthz", "/readyz"):
            self.assertEqual(self.server.admin(path).status, 200)
        self.assertIn(self.server.admin("/nope").status, (400, 404))

    def test_the_api_port_has_no_admin_paths(self):
        for path in ("/healthz", "/readyz", "/metrics"):
            self.assertNotEqual(self.client.send("GET", path, {}).status, 200)

    def test_metrics_count_what_happens(self):
        deploy(self.client, "m", "f")
        before = self.server.metric("fc_invocations_total", result="ok")
        for _ in range(3):
            self.client.invoke("m", "f", {"do": "echo", "value": 1})
        self.client.invoke("m", "f", {"do": "fail"})

        self.assertEqual(self.server.metric("fc_invocations_total", result="ok") - before, 3)
        self.assertGreaterEqual(self.server.metric("fc_invocations_total", result="function_error"), 1)
        self.assertGreaterEqual(self.server.metric("fc_cold_starts_total"), 1)
        self.assertGreaterEqual(self.server.metric("fc_invocation_duration_seconds_count"), 4)
        self.assertEqual(self.server.metric("fc_build_info"), 1)

    def test_metrics_are_well_formed(self):
        text = self.server.admin("/metrics").body.decode()
        helped = {line.split(" ")[2] for line in text.splitlines() if line.startswith("# HELP ")}
        for line in text.splitlines():
            if not line.startswith("#"):
                name = line.split("{")[0].split(" ")[0]
                base = [name.removesuffix(end) for end in ("", "_bucket", "_sum", "_count")]
                self.assertTrue(helped & set(base), line)

    def test_capabilities(self):
        capabilities = self.expect(self.client.send("GET", "/openfc/capabilities",
                                                    self.client.signed("GET", "/openfc/capabilities")), 200).json

        self.assertTrue(capabilities)
        text = json.dumps(capabilities)
        for word in ("enforced", "recorded"):
            self.assertIn(word, text)

    def test_secrets_stay_out_of_log_and_metrics(self):
        canary = "canary-8f2c61"
        deploy(self.client, "secret", "f", environmentVariables={"TOKEN": canary})
        self.client.invoke("secret", "f", {"do": "echo", "value": 1})

        self.assertNotIn(canary, self.server.log())
        self.assertNotIn(harness.KEY_SECRET, self.server.log())
        self.assertNotIn(canary, self.server.admin("/metrics").body.decode())
        for directory, _, names in os.walk(self.server.directory):
            for name in names:
                path = os.path.join(directory, name)
                self.assertNotIn(canary.encode(), machine_bytes(path), f"{path} holds an environment variable unsealed")

    def test_the_server_does_not_run_as_root(self):
        status = machine.read(f"/proc/{self.server.process.pid}/status")
        uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
        caps = next(line for line in status.splitlines() if line.startswith("CapEff:")).split()[1]

        self.assertNotIn("0", uids)
        self.assertEqual(int(caps, 16), 0)

    def test_log_lines_are_json(self):
        self.client.get("/services/absent")
        for line in self.server.log().splitlines():
            self.assertIsInstance(json.loads(line), dict, line)


def machine_bytes(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


class Start(unittest.TestCase):
    def test_unknown_keys_are_refused_with_their_line(self):
        status, text = refused([], config="# a comment\nnoSuchKey: 1\n")

        self.assertNotEqual(status, 0)
        self.assertIn("noSuchKey", text)
        self.assertRegex(text, r"(line |:)2\b")

    def test_broken_files_and_wrong_types_are_refused(self):
        for config in ("listen: [\n", "listen: {a: b}\n", "- a\n- b\n"):
            with self.subTest(config):
                self.assertNotEqual(refused([], config=config)[0], 0)

    def test_unknown_flags_and_bad_addresses_are_refused(self):
        for arguments in (["--no-such-flag"], ["--listen", "nonsense"], ["--listen", "127.0.0.1:99999"]):
            with self.subTest(arguments):
                self.assertNotEqual(refused(arguments)[0], 0)

    def test_check_config_refuses_what_serve_refuses(self):
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o755)
            path = os.path.join(directory, "file")
            open(path, "w").close()
            cases = {
                "127.0.0.1:99999": (["--listen", "127.0.0.1:99999"], "", {}),
                "nonsense": (["--listen", "nonsense"], "", {}),
                "192.0.2.7": (["--admin-listen", "192.0.2.7:8017"], "", {}),
                f"{path}.pem": (["--tls-listen", "127.0.0.1:0", "--tls-certificate", f"{path}.pem",
                                 "--tls-private-key", path], "", {}),
                f"{directory}/absent does not exist": ([], harness.bucket_config({"b": f"{directory}/absent"}), {}),
                f"{path} is not a directory": ([], f"nas: [{{serverAddr: 'n:/', directory: {path}}}]\n", {}),
                "sandboxRange": (["--sandbox-range", "198.18.0.0/30"], "", {}),
                "sandboxAllowed": (["--sandbox-allowed", "10.0.0.1/8"], "", {}),
                "outboundAllowed": (["--outbound-allowed", "10.0.0.0/99"], "", {}),
                "did you mean 'python3'": (["--pool-runtimes", "pyhton3"], "", {}),
                "'pool-size'": ([], "pool-size: 1\n", {}),
                "stands in line 1 already": ([], "poolSize: 1\npoolSize: 2\n", {}),
                "OPENFC_LISEN": ([], "", {"OPENFC_LISEN": "127.0.0.1:1"}),
                f"data directory {path}": (["--data", path], "", {}),
                "oolSize": (["--pool-size", "101"], "", {}),
            }
            for told, (arguments, config, environment) in cases.items():
                with self.subTest(told):
                    for more in ([], ["--check-config"]):
                        status, text = refused([*more, *arguments], config=config, environment=environment)
                        self.assertEqual(status, 2, text)
                        self.assertIn(told, text)

    def test_check_config_accepts_what_serve_accepts(self):
        self.assertEqual(refused(["--check-config"], config="poolSize: 1\n"), (0, "the configuration is valid\n"))

    def test_a_data_directory_that_the_servers_user_cannot_reach_is_refused(self):
        with tempfile.TemporaryDirectory() as directory:  # of root alone
            status, text = refused(["--data", f"{directory}/data", "--user", "nobody"])

        self.assertEqual(status, 2)
        self.assertIn("user nobody", text)
        self.assertIn(f"may not enter {directory} ", text)

    def test_a_relative_data_directory_serves(self):
        server = harness.Server()
        command = server.command()
        command[command.index("--data") + 1] = os.path.relpath(server.directory)
        server.command = lambda: command
        with server:
            deploy(server.client())

            self.assertEqual(server.client().invoke("s", "f", {"do": "echo", "value": 7}).body, b"7")

    def test_the_development_key_is_refused_beyond_loopback(self):
        for arguments in (["--listen", f"0.0.0.0:{harness.free_port()}"],
                          ["--admin-listen", f"0.0.0.0:{harness.free_port()}"]):
            status, text = refused(arguments)
            with self.subTest(arguments):
                self.assertNotEqual(status, 0)
                self.assertRegex(text.lower(), "loopback|development")

    def test_a_taken_port_is_said(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            status, text = refused(["--listen", f"127.0.0.1:{taken.getsockname()[1]}"])

        self.assertNotEqual(status, 0)
        self.assertIn(str(taken.getsockname()[1]) if taken.fileno() != -1 else "127.0.0.1", text)

    def test_a_second_server_on_the_same_data_is_refused(self):
        with harness.Server() as first:
            second = harness.Server(data=first.data)
            done = subprocess.run(second.command(), capture_output=True, text=True, timeout=20, check=False)

            self.assertNotEqual(done.returncode, 0)
            self.assertIn(first.directory, done.stdout + done.stderr)
            self.assertEqual(first.client().get("/services").status, 200)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_root_writes_through_no_link_of_the_servers_user(self):
        with tempfile.TemporaryDirectory() as data, harness.Server(data=data) as server:
            deploy(server.client())
            server.stop()
            victim = os.path.join(server.data, "victim")
            with open(victim, "w") as file:
                file.write("precious")
            for name in ("lock", "packages/unpacked"):
                path = os.path.join(server.directory, name)
                os.rename(path, path + ".away")
                os.symlink(victim if name == "lock" else "/etc", path)

                done = subprocess.run(server.command(), capture_output=True, text=True, timeout=20, check=False)

                self.assertNotEqual(done.returncode, 0, name)
                self.assertIn(path, done.stderr)
                self.assertEqual(pathlib.Path(victim).read_text(), "precious")
                os.remove(path)
                os.rename(path + ".away", path)
            server.start()

    def test_an_older_servers_directory_is_closed_to_others_and_serves(self):
        with tempfile.TemporaryDirectory() as data, harness.Server(data=data) as server:
            deploy(server.client())
            server.stop()
            os.chmod(server.directory, 0o755)

            server.start()

            self.assertEqual(os.stat(server.directory).st_mode & 0o7777, 0o700)
            deploy(server.client(), "again")
            self.assertEqual(server.client().invoke("again", "f", "{}").status, 200)

    def test_private_files_are_not_readable_by_others(self):
        with harness.Server() as server:
            deploy(server.client())
            for directory, _, names in os.walk(server.directory):
                for name in names:
                    path = os.path.join(directory, name)
                    if "unpacked" not in path and os.path.isfile(path):
                        self.assertEqual(os.stat(path).st_mode & 0o007, 0, path)


class Filters(unittest.TestCase):
    def filter_of(self, pid):
        return re.search(r"^Seccomp:\s*(\d)$", machine.read(f"/proc/{pid}/status"), re.MULTILINE).group(1)

    def test_the_server_and_its_programs_have_given_up_calls(self):
        with harness.Server() as server:
            deploy(server.client())
            family = [pid for pid, _ in machine.family(server.process.pid)]
            named = {pid: machine.read(f"/proc/{pid}/comm").strip() for pid in family}

            self.assertIn("openfc-resolver", named.values())
            self.assertIn("openfc-sandbox", named.values())
            for pid, name in named.items():
                self.assertEqual(self.filter_of(pid), "2", name)


class Capabilities(unittest.TestCase):
    """Root with few capabilities, as in the packaged unit and in most containers."""

    def works(self, names):
        bounding = ",".join(["-all", *(f"+{name}" for name in sorted(names))])
        server = harness.Server(prefix=["setpriv", "--bounding-set", bounding]).start()
        try:
            client = server.client()
            self.assertEqual(deploy(client).status, 200)
            self.assertEqual(client.invoke("s", "f", b"").status, 200, server.log()[-2000:])
            client.close()
        finally:
            server.stop()

    def of_the_unit(self):
        unit = os.path.join(harness.HERE, "..", "..", "packaging", "openfc.service")
        found = re.findall(r"^CapabilityBoundingSet=(.+)$", machine.read(unit), re.MULTILINE)
        return {name.removeprefix("CAP_").lower() for line in found for name in line.split()}

    def test_those_of_the_unit_are_enough(self):
        self.works(self.of_the_unit())

    def test_copies_start_without_the_right_to_move_processes(self):
        self.works(self.of_the_unit() - {"sys_nice"})


class Restart(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="openfc-e2e-")
        self.addCleanup(self.directory.cleanup)

    def start(self):
        return harness.Server(data=self.directory.name).start()

    def test_everything_is_there_after_an_orderly_restart(self):
        server = self.start()
        deploy(server.client(), environmentVariables={"STAGE": "kept"})
        before = server.client().get("/services/s/functions/f")
        server.stop()

        server = self.start()
        after = server.client().get("/services/s/functions/f")

        self.assertEqual((after.json, after.header("etag")), (before.json, before.header("etag")))
        self.assertEqual(json.loads(server.client().invoke("s", "f", {"do": "environment"}).body)["STAGE"], "kept")
        server.stop()

    def test_sigterm_lets_running_requests_end(self):
        server = self.start()
        deploy(server.client())
        server.client().invoke("s", "f", {"do": "echo", "value": 1})
        client, answers = server.client(), []
        thread = threading.Thread(target=lambda: answers.append(client.invoke("s", "f", {"do": "sleep", "seconds": 3})))
        thread.start()
        self.assertTrue(machine.wait_until(lambda: server.metric("fc_concurrent_requests") >= 1))

        server.terminate()
        machine.wait_until(lambda: self.turned_away(server), 3)
        self.assertTrue(self.turned_away(server), "new connections are accepted while draining")
        thread.join()

        self.assertEqual(answers[0].body, b"slept")
        server.stop()

    def test_sigterm_before_it_is_ready_is_no_failure(self):
        server = harness.Server("")
        process = subprocess.Popen(server.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.assertTrue(machine.wait_until(lambda: self.listens(server.port), 30, 0.001))
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[1]

        self.assertEqual(process.returncode, 0, said)
        self.assertNotIn("not ready", said)
        server.remove()

    @staticmethod
    def listens(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    @staticmethod
    def turned_away(server):
        try:
            return server.client(timeout=3).get("/services").status == 503
        except OSError:
            return True

    def test_a_crash_with_200_requests_in_flight_loses_no_acknowledged_write(self):
        server = self.start()
        deploy(server.client())
        acknowledged, lock = {}, threading.Lock()
        stopping = threading.Event()

        def write(number):
            client = server.client(timeout=20)
            turn = 0
            while not stopping.is_set():
                name = f"w{number}_{turn}"
                turn += 1
                try:
                    answer = client.post("/services", {"serviceName": name, "description": name})
                except (OSError, fcclient.http.client.HTTPException):
                    return
                if answer.status == 200:
                    with lock:
                        acknowledged[name] = answer.header("etag")

        def run():
            client = server.client(timeout=60)
            while not stopping.is_set():
                try:
                    client.invoke("s", "f", {"do": "sleep", "seconds": 5})
                except (OSError, fcclient.http.client.HTTPException):
                    return

        threads = [threading.Thread(target=write, args=(number,)) for number in range(100)]
        threads += [threading.Thread(target=run) for _ in range(100)]
        for thread in threads:
            thread.start()
        enough = machine.wait_until(lambda: len(acknowledged) > 500 and
                                    server.metric("fc_concurrent_requests") >= 20, 60)
        server.kill()
        stopping.set()
        for thread in threads:
            thread.join()
        self.assertTrue(enough, f"only {len(acknowledged)} writes were acknowledged")
        members, groups = server.members, server.groups
        self.assertGreater(len(members), 20)

        again = self.start()
        client = again.client()
        self.assertTrue(machine.wait_until(lambda: not [member for member in members if machine.alive(member)]),
                        "processes of the old run live on")
        self.assertTrue(machine.wait_until(lambda: not [path for path in groups if os.path.isdir(path)]),
                        f"groups of the old run remain: {[path for path in groups if os.path.isdir(path)]}")
        lost = [name for name, etag in acknowledged.items() if client.get(f"/services/{name}").header("etag") != etag]
        self.assertEqual(lost, [])
        self.assertEqual(client.invoke("s", "f", {"do": "echo", "value": 1}).body, b"1")
        again.snapshot = server.snapshot
        again.stop()

    def test_no_half_written_function_after_a_crash_within_updates(self):
        server = self.start()
        deploy(server.client())
        packages = [harness.code("python", **{"version.py": f"N = {number}\n"}) for number in range(4)]
        sums, stopping, done = {crc64(CODE)} | {crc64(package) for package in packages}, threading.Event(), []

        def update():
            client = server.client(timeout=20)
            while not stopping.is_set():
                try:
                    for package in packages:
                        done.append(client.put("/services/s/functions/f", {"code": zip_field(package)}).status)
                except (OSError, fcclient.http.client.HTTPException):
                    return

        thread = threading.Thread(target=update)
        thread.start()
        machine.wait_until(lambda: len(done) > 5, 30)
        server.kill()
        stopping.set()
        thread.join()

        again = self.start()
        function = again.client().get("/services/s/functions/f").json
        self.assertIn(function["codeChecksum"], sums)
        answer = again.client().invoke("s", "f", {"do": "echo", "value": 1})
        self.assertEqual((answer.body, answer.header("x-fc-code-checksum")), (b"1", function["codeChecksum"]))
        again.stop()

    def test_an_unused_signal_does_no_harm(self):
        server = self.start()
        os.kill(server.process.pid, signal.SIGPIPE)

        self.assertEqual(server.client().get("/services").status, 200)
        server.stop()
