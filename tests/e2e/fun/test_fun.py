"""`fun deploy`, unmodified and with the settings that README.md gives, of a template that needs nothing but openfc."""

import os
import re
import shutil
import subprocess

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
README = os.path.join(HERE, "..", "..", "..", "README.md")
FUN = os.path.join(os.environ["OPENFC_E2E_TOOLS"], "node_modules", ".bin", "fun")


class Fun(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The role that the template names: functions get credentials of it.
        made = cls.client.send("POST", "/openfc/roles", cls.client.signed("POST", "/openfc/roles"), b'{"roleName":"fun"}')
        assert made.status == 200, made
        cls.project = os.path.join(cls.server.data, "project")
        cls.home = os.path.join(cls.server.data, "home")
        shutil.copytree(os.path.join(HERE, "project"), cls.project)
        os.makedirs(os.path.join(cls.home, ".fcli"))
        # Without this file fun reports its runs to its makers.
        with open(os.path.join(cls.home, ".fcli", "config.yaml"), "w") as file:
            file.write("report: false\n")
        with open(os.path.join(cls.project, ".env"), "w") as file:
            file.write(cls.settings())

    @classmethod
    def settings(cls):
        """The block of README.md that is said to go into .env, with this server's address."""
        with open(README) as file:
            block = re.search(r"\*\*fun\*\*.*?```sh\n(.*?)```", file.read(), re.DOTALL).group(1)
        settings, count = re.subn(r"(?m)^(FC_ENDPOINT=).*$", rf"\g<1>http://127.0.0.1:{cls.server.port}", block)
        assert count == 1, block
        return settings

    def deploy(self):
        environment = {"PATH": os.environ["PATH"], "HOME": self.home, "FUN_DISABLE_VERSION_CHECK": "true",
                       "NODE_OPTIONS": f"--require {os.path.join(HERE, 'loopback_only.js')}"}
        done = subprocess.run([FUN, "deploy", "--assume-yes"], cwd=self.project, env=environment, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("service funned deploy success", done.stdout)
        self.assertNotIn("retry", done.stdout)
        return done.stdout

    def edit(self, name, *changes):
        path = os.path.join(self.project, name)
        with open(path) as file:
            text = file.read()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        with open(path, "w") as file:
            file.write(text)

    def get(self, path=""):
        return self.expect(self.client.get("/services/funned" + path), 200).json

    def names(self, path, kind):
        return [one[kind[:-1] + "Name"] for one in self.get(path)[kind]]

    def run_tick(self):
        answer = self.expect(self.client.invoke("funned", "tick", b"tock"), 200)
        self.assertIsNone(answer.header("x-fc-error-type"), answer)
        return answer.body

    def test_a_second_deployment_updates_the_first(self):
        self.deploy()
        self.assertEqual(self.names("/functions", "functions"), ["tick", "web"])
        self.check_service("deployed by fun")
        self.check_domain("/first/*")
        self.check_web(256, "hello", ["GET", "POST"])
        self.check_tick(10, "@every 1m", True, retries=2)
        self.assertEqual(self.run_tick(), b"version 1 got tock")

        before = {name: self.get(f"/functions/{name}") for name in ("web", "tick")}
        self.edit("template.yml", ("deployed by fun", "deployed twice"), ("256", "512"), ("hello", "welcome"),
                  ("['GET', 'POST']", "['GET']"), ("Timeout: 10", "Timeout: 20"), ("@every 1m", "0 0 4 * * *"),
                  ("Enable: true", "Enable: false"), ("RetryAttempts: 2", "RetryAttempts: 1"),
                  ("/first/*", "/second/*"))
        for name in ("web/index.js", "tick/index.py"):
            self.edit(name, ("version 1", "version 2"))
        self.deploy()
        self.assertEqual(self.names("/functions", "functions"), ["tick", "web"])
        self.check_service("deployed twice")
        self.check_domain("/second/*")
        self.check_web(512, "welcome", ["GET"])
        self.check_tick(20, "0 0 4 * * *", False, retries=1)
        self.assertEqual(self.run_tick(), b"version 2 got tock")
        for name, old in before.items():
            new = self.get(f"/functions/{name}")
            self.assertEqual((new["functionId"], new["createdTime"]), (old["functionId"], old["createdTime"]))
            self.assertNotEqual(new["codeChecksum"], old["codeChecksum"])

    def check_service(self, description):
        service = self.get()
        self.assertEqual((service["description"], service["internetAccess"]), (description, True))
        self.assertEqual(service["role"], f"acs:ram::{harness.ACCOUNT}:role/fun")
        self.assertEqual((service["logConfig"]["project"], service["logConfig"]["logstore"]), ("funlogs", "runs"))

    def check_domain(self, path):
        name = f"fun.{harness.ACCOUNT}.{harness.REGION}.functioncompute.com"
        domain = self.expect(self.client.get(f"/custom-domains/{name}"), 200).json
        self.assertEqual(domain["protocol"], "HTTP")
        self.assertEqual([(route["path"], route["serviceName"], route["functionName"])
                          for route in domain["routeConfig"]["routes"]], [(path, "funned", "web")])

    def check_web(self, memory, greeting, methods):
        web = self.get("/functions/web")
        self.assertEqual((web["runtime"], web["handler"], web["memorySize"]), ("nodejs12", "index.handler", memory))
        self.assertEqual(web["environmentVariables"]["GREETING"], greeting)
        self.assertEqual(self.names("/functions/web/triggers", "triggers"), ["http"])
        trigger = self.get("/functions/web/triggers/http")
        self.assertEqual((trigger["triggerType"], trigger["triggerConfig"]["authType"]), ("http", "anonymous"))
        self.assertEqual(trigger["triggerConfig"]["methods"], methods)

    def check_tick(self, timeout, cron, enabled, retries):
        tick = self.get("/functions/tick")
        self.assertEqual((tick["runtime"], tick["memorySize"], tick["timeout"]), ("python3", 128, timeout))
        self.assertEqual(self.names("/functions/tick/triggers", "triggers"), ["every"])
        trigger = self.get("/functions/tick/triggers/every")
        self.assertEqual(trigger["triggerType"], "timer")
        self.assertEqual(trigger["triggerConfig"], {"cronExpression": cron, "payload": "tock", "enable": enabled})
        config = self.get("/functions/tick/async-invoke-config")
        self.assertEqual((config["maxAsyncRetryAttempts"], config["maxAsyncEventAgeInSeconds"]), (retries, 600))
        self.assertEqual(config["destinationConfig"]["onFailure"]["destination"],
                         f"acs:fc:{harness.REGION}:{harness.ACCOUNT}:services/funned/functions/web")
