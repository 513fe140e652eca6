"""The official Go SDK, unmodified, against a fresh server: the tests of main_test.go, run by `go test`."""

import json
import os
import re
import shutil
import subprocess

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.environ["OPENFC_E2E_TOOLS"]


def go(project, environment, *arguments, timeout):
    """A module cache that can be removed, below the build; never another toolchain than the one that is installed,
    nor a C compiler."""
    home = os.path.join(TOOLS, "go")
    settings = {"GOPATH": home, "GOCACHE": os.path.join(home, "cache"), "GOFLAGS": "-mod=readonly -modcacherw",
                "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}
    return subprocess.run(["go", *arguments], cwd=project, env={**os.environ, **settings, **environment}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False)


class GoSdk(harness.ServerTest):
    def test_life_cycles(self):
        project = self.project()
        self.fetch(project)
        results = self.run_go(project)
        with open(os.path.join(HERE, "main_test.go")) as file:
            names = re.findall(r"^func (Test\w+)\(", file.read(), re.MULTILINE)
        self.assertGreaterEqual(len(names), 13)
        for name in names:
            with self.subTest(name):
                self.assertEqual(results.get(name), "pass")

    def project(self):
        """A copy, so that go writes nothing into the repository."""
        project = os.path.join(self.server.data, "go_sdk")
        os.makedirs(project)
        for name in ("go.mod", "go.sum", "main_test.go"):
            shutil.copy(os.path.join(HERE, name), project)
        with open(os.path.join(project, "code.zip"), "wb") as file:
            file.write(harness.code("python"))
        return project

    def fetch(self, project):
        """Only what is missing is a reason to skip: what was fetched must build and pass."""
        if shutil.which("go") is None:
            harness.lacks(self, "test_go_sdk", "go is not installed")
        done = go(project, {}, "mod", "download", timeout=300)
        if done.returncode != 0:
            harness.lacks(self, "test_go_sdk", f"the client cannot be fetched: {done.stdout.strip()}")

    def run_go(self, project):
        """The outcome of each Go test; its output is shown."""
        environment = {**harness.address(self.server), "OPENFC_ZIP": os.path.join(project, "code.zip")}
        done = go(project, environment, "test", "-json", "-count=1", "./...", timeout=600)
        results = {}
        for line in done.stdout.splitlines():
            event = json.loads(line) if line.startswith("{") else {"Output": line + "\n"}
            print(event.get("Output", ""), end="", flush=True)
            if "Test" in event and event["Action"] in ("pass", "fail", "skip"):
                results[event["Test"]] = event["Action"]
        if done.returncode != 0 and "fail" not in results.values():
            self.fail(f"go test ended with {done.returncode}")
        return results
