"""What a function sees: variables, context, file system, user (runtime-contract 1.8, 2) in every way of starting."""

import json
import os
import unittest

import harness
from fcclient import make_zip

NODE_LIKE = {"NODE_OPTIONS": "--max-old-space-size=64"}
PYTHON_LIKE = {"PYTHONHOME": "/usr"}
LOADER = {"LD_LIBRARY_PATH": "/code:/code/lib", "MALLOC_ARENA_MAX": "1"}
PLAIN = {"STAGE": "dev", "TEXT": "a b=c", "TZ": "Asia/Shanghai", "PATH": "/code/bin:/usr/local/bin:/usr/bin:/bin"}


class Environment(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s",
                                      "logConfig": {"project": "p", "logstore": "l"}})
        test = cls("test_variables")
        for kind in ("python", "nodejs", "custom"):
            test.make_function("s", kind, kind, initializer="index.initializer", memorySize=256,
                               environmentVariables=PLAIN)

    def environment(self, name):
        return self.ask("s", name, {"do": "environment"})

    def test_variables(self):
        for name in ("python", "nodejs", "custom"):
            with self.subTest(name):
                variables = self.environment(name)
                expected = {"FC_FUNCTION_NAME": name, "FC_SERVICE_NAME": "s", "FC_FUNCTION_HANDLER": "index.handler",
                            "FC_FUNCTION_MEMORY_SIZE": "256", "FC_QUALIFIER": "LATEST", "FC_REGION": harness.REGION,
                            "FC_ACCOUNT_ID": harness.ACCOUNT, "HOME": "/tmp", "LANG": "C.UTF-8",
                            "FC_FUNC_CODE_PATH": "/code/", **PLAIN}
                self.assertEqual({key: variables.get(key) for key in expected}, expected)
                self.assertRegex(variables["FC_INSTANCE_ID"], "^c-")

    def test_instance_id_is_that_of_the_response(self):
        for name in ("python", "nodejs", "custom"):
            response = self.client.invoke("s", name, {"do": "environment"})
            self.assertEqual(json.loads(response.body)["FC_INSTANCE_ID"], response.header("x-fc-instance-id"))

    def test_ports_of_custom_runtimes(self):
        self.make_function("s", "port", "custom", caPort=8888)
        variables = self.environment("port")

        self.assertEqual((variables["FC_SERVER_PORT"], variables["FC_CUSTOM_LISTEN_PORT"]), ("8888", "8888"))
        self.assertEqual(self.environment("custom")["FC_SERVER_PORT"], "9000")

    def test_nothing_of_the_server_shows(self):
        for name in ("python", "nodejs", "custom"):
            text = json.dumps(self.environment(name))
            for secret in (harness.KEY_SECRET, self.server.data, "OPENFC", "NOTIFY_SOCKET"):
                with self.subTest(f"{name} {secret}"):
                    self.assertNotIn(secret, text)

    def test_python_is_a_copy_of_a_prepared_process(self):
        self.make_function("s", "copy", "python", environmentVariables=PLAIN)
        self.environment("copy")

        for by, program, some in (("copy", "python3", True), ("exec", "python3", False)):
            with self.subTest(f"{by} {program}"):
                count = self.server.metric("fc_generic_processes_total", by=by, program=f"/usr/bin/{program}")
                self.assertEqual(count > 0, some)

    def test_python_context(self):
        response = self.client.invoke("s", "python", {"do": "describe"})

        context = json.loads(response.body)
        self.assertEqual(context, {
            "request_id": response.header("x-fc-request-id"), "region": harness.REGION,
            "account_id": harness.ACCOUNT, "credentials": ["", "", ""],
            "function": {"name": "python", "handler": "index.handler", "memory": 256, "timeout": 20,
                         "initializer": "index.initializer", "initialization_timeout": 3},
            "service": {"name": "s", "log_project": "p", "log_store": "l", "qualifier": "LATEST",
                        "version_id": context["service"]["version_id"]}})

    def test_nodejs_context(self):
        response = self.client.invoke("s", "nodejs", {"do": "describe"})

        context = json.loads(response.body)
        self.assertEqual((context["requestId"], context["region"], context["accountId"]),
                         (response.header("x-fc-request-id"), harness.REGION, harness.ACCOUNT))
        function = {"name": "nodejs", "handler": "index.handler", "memory": 256, "timeout": 20,
                    "initializer": "index.initializer"}
        self.assertEqual({name: context["function"][name] for name in function}, function)
        service = {"name": "s", "logProject": "p", "logStore": "l", "qualifier": "LATEST"}
        self.assertEqual({name: context["service"][name] for name in service}, service)
        self.assertEqual(set(context["credentials"].values()) - {""}, set())

    def test_directory_user_and_clock(self):
        for name in ("python", "nodejs", "custom"):
            with self.subTest(name):
                seen = self.ask("s", name, {"do": "process"})
                self.assertEqual((seen["cwd"], seen["home"]), ("/code", "/tmp"))
                self.assertNotEqual(seen["uid"], 0)

    def test_the_clock_is_utc(self):
        self.make_function("s", "utc")
        self.make_function("s", "utc_node", "nodejs")

        self.assertEqual(self.ask("s", "utc", {"do": "process"})["utc"], "+0000")
        self.assertEqual(self.ask("s", "utc_node", {"do": "process"})["offset"], 0)

    def test_processors_can_be_counted(self):
        """/proc/stat names them, though it tells nothing of their work."""
        count = "import json, os\ndef handler(event, context):\n    return json.dumps(os.cpu_count())\n"
        self.make_function("s", "count", zip=make_zip({"index.py": count}))
        count = "exports.handler = (event, context, callback) => callback(null, String(require('os').cpus().length));"
        self.make_function("s", "count_node", "nodejs", zip=make_zip({"index.js": count}))
        for name in ("count", "count_node"):
            self.assertEqual(self.ask("s", name, {}), os.cpu_count(), name)

    def test_the_process_has_no_privileges(self):
        seen = self.ask("s", "python", {"do": "process"})

        self.assertEqual((seen["no_new_privs"].strip(), int(seen["caps"], 16), seen["seccomp"].strip()), ("1", 0, "2"))
        self.assertEqual(set(seen["groups"]) - {seen["gid"]}, set())
        self.assertLessEqual(len(seen["fds"]), 8, "descriptors of the host leak")
        self.assertLessEqual(len(seen["processes"]), 4, "processes of the host show")

    def test_only_tmp_is_writable(self):
        for path in ("/code/x", "/code/index.py", "/x", "/etc/x", "/usr/x", "/var/x", "/opt/x", "/dev/x", "/proc/x"):
            with self.subTest(path):
                self.assertIn("errno", self.ask("s", "python", {"do": "write", "path": path}))
        self.assertEqual(self.ask("s", "python", {"do": "write", "path": "/tmp/x"}), {"written": 1})

    def test_tmp_is_512_megabytes_and_private(self):
        self.make_function("s", "left_alone")
        self.ask("s", "python", {"do": "write", "path": "/tmp/mine"})

        total = self.ask("s", "python", {"do": "tmp"})["total"]
        self.assertAlmostEqual(total / (512 << 20), 1, delta=0.1)
        self.assertNotIn("mine", self.ask("s", "left_alone", {"do": "tmp"})["files"])

    def test_loopback_only_without_internet_access(self):
        self.client.post("/services", {"serviceName": "closed", "internetAccess": False})
        self.make_function("closed", "f")

        for host, port in (("127.0.0.1", self.server.port), ("127.0.0.1", self.server.admin_port), ("192.0.2.1", 80)):
            with self.subTest(f"{host}:{port}"):
                self.assertNotEqual(self.client.invoke("closed", "f", {"do": "connect", "host": host,
                                                                       "port": port}).body, b"connected")

    def test_the_server_is_out_of_reach(self):
        for host in ("127.0.0.1", "0.0.0.0", "169.254.169.254", "100.100.100.200"):
            for port in (self.server.port, self.server.admin_port):
                with self.subTest(f"{host}:{port}"):
                    event = {"do": "connect", "host": host, "port": port}
                    self.assertNotEqual(self.client.invoke("s", "python", event).body, b"connected")

    def test_node_path_and_library_defaults(self):
        self.assertIn("/usr/local/lib/node_modules", self.environment("nodejs").get("NODE_PATH", ""))
        for name in ("python", "nodejs"):
            self.assertIn("/code", self.environment(name).get("LD_LIBRARY_PATH", ""))


class BothWays(harness.ServerTest):
    """Every environment case, once with the pool's instances and once without a pool: the results are the same."""

    CASES = [(kind, variables) for kind in ("python", "nodejs", "custom")
             for variables in ({}, PLAIN, LOADER, NODE_LIKE if kind == "nodejs" else PYTHON_LIKE,
                               {**PLAIN, **LOADER, "HOME": "/tmp/else", "LANG": "C"})]
    config = None

    def observe(self, number, kind, variables):
        name = f"case{number}"
        self.make_function("s", name, kind, environmentVariables=variables)
        environment = self.ask("s", name, {"do": "environment"})
        environment.pop("FC_INSTANCE_ID", None)
        process = self.ask("s", name, {"do": "process"})
        for changing in ("pid", "processes", "uid", "gid", "fds", "groups"):
            process.pop(changing, None)
        return environment, process, variables

    def everything(self):
        self.expect(self.client.post("/services", {"serviceName": "s"}), 200)
        return [self.observe(number, *case) for number, case in enumerate(self.CASES)]

    def test_pre_warmed_and_direct_starts_see_the_same(self):
        pooled = self.everything()
        with harness.Server(harness.NO_POOL_CONFIG) as server:
            other = type(self)("everything")
            other.client = server.client()
            direct = other.everything()

        for (case, one, two) in zip(self.CASES, pooled, direct):
            with self.subTest(case):
                self.assertEqual(one, two)
                self.assertEqual({name: one[0].get(name) for name in case[1]}, case[1])


if __name__ == "__main__":
    unittest.main()
