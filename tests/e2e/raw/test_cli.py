"""The program's commands against a real server: what they deploy runs, and their words do what they say."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

import harness

PYTHON = "import logging\n\n\ndef handler(event, context):\n    print('printed')\n    logging.getLogger().info('logged')\n    return event\n"
ASYNC = "exports.handler = async (event) => `async ${event}`;\n"


class Commands(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="openfc-cli-")
        os.chmod(cls.directory, 0o777)
        cls.bucket = os.path.join(cls.directory, "bucket")
        os.mkdir(cls.bucket)
        os.chmod(cls.bucket, 0o777)
        cls.config = harness.bucket_config({"code": cls.bucket}) + "maxCodeBytes: 1200000\n"
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        shutil.rmtree(cls.directory)

    def openfc(self, *arguments, status=0, stdin=""):
        environment = {**os.environ, "OPENFC_ENDPOINT": f"http://127.0.0.1:{self.server.port}"}
        done = subprocess.run([harness.binary(), *arguments], capture_output=True, text=True, check=False, timeout=60,
                              input=stdin, env=environment)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def code(self, name, **files):
        path = os.path.join(self.directory, name)
        os.makedirs(path, exist_ok=True)
        for file, content in files.items():
            with open(os.path.join(path, file.replace("_", ".")), "wb") as out:
                out.write(content if isinstance(content, bytes) else content.encode())
        return path

    def json(self, *arguments):
        return json.loads(self.openfc(*arguments, "-o", "json").stdout)

    def test_an_async_handler_gets_a_runtime_in_which_it_works(self):
        self.openfc("deploy", self.code("promised", index_js=ASYNC))

        self.assertEqual(self.json("function", "get", "default/promised")["runtime"], "nodejs20")
        self.assertEqual(self.openfc("invoke", "promised", "-e", "answer", "-q").stdout, "async answer")

    def test_a_large_package_goes_by_a_bucket(self):
        path = self.code("large", index_py=PYTHON, noise_bin=os.urandom(1_500_000))

        refused = self.openfc("deploy", path, status=2).stderr
        self.openfc("deploy", path, "--bucket", "code")

        self.assertIn("1.4 MB; the limit is 1.1 MB; use --bucket", refused)
        self.assertTrue(os.path.getsize(os.path.join(self.bucket, "default", "large.zip")) > 1_500_000)
        self.assertEqual(self.openfc("invoke", "large", "-e", "7", "-q").stdout, "7")

    def test_an_environment_stays_at_home(self):
        self.openfc("deploy", self.code("secret", index_py="import os\ndef handler(e, c): return sorted(os.listdir())\n",
                                        _env="TOKEN=1"), "-q")

        files = json.loads(self.openfc("invoke", "secret", "-q").stdout)
        self.assertIn("index.py", files)
        self.assertNotIn(".env", files)

    def test_logs_show_one_time_a_line_and_the_summary(self):
        self.openfc("deploy", self.code("logged", index_py=PYTHON), "-q")
        self.openfc("invoke", "logged", "-e", "1", "-q")

        lines = self.openfc("logs", "logged").stdout.splitlines()
        last = self.openfc("logs", "logged", "-n", "1").stdout.splitlines()

        for line in lines:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
            self.assertNotRegex(line[19:], r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
        self.assertTrue(any("printed" in line for line in lines), lines)
        self.assertTrue(any("logged" in line for line in lines), lines)
        self.assertEqual(last, lines[-1:])
        self.assertRegex(last[0], r"RequestId: [0-9a-f-]{36} Duration: [\d.]+ ms, Billed Duration: \d+ ms, "
                                  r"Memory Size: \d+ MB, Max Memory Used: [\d.]+ MB$")

    def test_words_reach_their_operations(self):
        self.openfc("deploy", self.code("f", index_py=PYTHON), "-s", "words", "-q")
        first = self.json("version", "publish", "words")["versionId"]
        self.openfc("service", "update", "words", "--description", "another", "--internetAccess")
        second = self.json("version", "publish", "words", "--description", "again")["versionId"]
        self.openfc("alias", "set", "words", "prod", first)
        alias = self.json("alias", "set", "words", "prod", second, "--canary", f"{first}=20%")
        self.openfc("provision", "set", "words.prod/f", "1")
        self.openfc("trigger", "create", "words/f", "http", "--triggerType", "http", "--triggerConfig", "@-",
                    stdin='{"authType": "anonymous", "methods": ["GET"]}')
        self.openfc("domain", "create", "words.example.com", "--protocol", "HTTP")
        self.openfc("tag", "add", "words", "team=shop", "stage=test")
        layer = self.json("layer", "publish", "tools", self.code("layer", tool_py="x = 1\n"),
                          "--compatibleRuntime", "python3")
        self.openfc("function", "update", "words/f", "-m", "256", "-e", "A=1", "--layers", layer["arn"])

        self.assertEqual(alias["additionalVersionWeight"], {first: 0.2})
        self.assertIn("again", self.openfc("version", "list", "words").stdout)
        self.assertEqual(self.json("provision", "get", "words.prod/f")["target"], 1)
        self.assertIn("http", self.openfc("trigger", "list", "words/f").stdout)
        self.assertIn("words.example.com", self.openfc("domain", "list").stdout)
        self.assertEqual(self.json("tag", "list", "words")["tags"], {"team": "shop", "stage": "test"})
        self.openfc("tag", "remove", "words", "team")
        self.assertEqual(self.json("tag", "list", "words")["tags"], {"stage": "test"})
        self.assertIn("tools", self.openfc("layer", "list").stdout)
        self.assertIn("instances", self.json("instance", "list", "words/f"))
        changed = self.json("function", "get", "words/f")
        self.assertEqual((changed["memorySize"], changed["environmentVariables"]), (256, {"A": "1"}))
        for words in (("provision", "set", "words.prod/f", "0"), ("trigger", "delete", "words/f", "http"),
                      ("alias", "delete", "words", "prod"), ("version", "delete", "words", first),
                      ("domain", "delete", "words.example.com"), ("layer", "delete", "tools", "1")):
            self.openfc(*words)

    def test_errors_are_json_for_programs(self):
        said = json.loads(self.openfc("service", "get", "absent", "-o", "json", status=3).stderr)

        self.assertEqual((said["code"], said["status"]), ("ServiceNotFound", 404))


class Tls(unittest.TestCase):
    def test_the_reason_is_told_and_an_authority_can_be_named(self):
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o755)
            key, certificate = os.path.join(directory, "key.pem"), os.path.join(directory, "cert.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
                            "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
            port = harness.free_port()
            server = harness.Server(arguments=["--tls-listen", f"127.0.0.1:{port}", "--tls-certificate", certificate,
                                               "--tls-private-key", key])

            def listed(*arguments, **environment):
                return subprocess.run([harness.binary(), "service", "list", "--endpoint", f"https://127.0.0.1:{port}",
                                       *arguments], capture_output=True, text=True, check=False, timeout=30,
                                      env={**os.environ, **environment})

            with server:
                unknown = listed()
                self.assertEqual(unknown.returncode, 4)
                self.assertIn("self-signed certificate", unknown.stderr)
                self.assertIn("--ca", unknown.stderr)
                self.assertEqual(listed("--ca", certificate).returncode, 0)
                self.assertEqual(listed(SSL_CERT_FILE=certificate).returncode, 0)
