"""Runs the end-to-end suites one after another and closes with the counts. Arguments: names of suites or tests."""

import os
import re
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, *(os.path.join(HERE, name) for name in ("raw", "python_sdk", "go_sdk", "fun"))]
TOOLS = os.environ["OPENFC_E2E_TOOLS"]
MODULES = ["test_python_sdk", "test_go_sdk", "test_fun",
           "test_auth", "test_services", "test_functions", "test_code", "test_oss", "test_http",
           "test_invoke", "test_nas", "test_vpc", "test_tracing", "test_hooks", "test_tls", "test_hosts", "test_slowloris",
           "test_stateful", "test_environment", "test_tags", "test_triggers", "test_domains", "test_layers",
           "test_versions", "test_async_configs", "test_instances", "test_instance_exec",
           "test_provision", "test_permissions", "test_inside", "test_server", "test_cli", "test_backup", "test_plain", "test_runtime_modules", "test_zero_drop"]
# Run once more against servers without root and without isolation: what does not ask for isolation.
PLAIN = ["test_invoke", "test_hooks", "test_versions"]


class Result(unittest.TextTestResult):
    """One line a test, with its time; a failing subtest counts once for its test."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.bad = set()

    def startTest(self, test):
        self.started = time.monotonic()
        unittest.TestResult.startTest(self, test)

    def stopTest(self, test):
        super().stopTest(test)
        outcome = "FAILED" if test.id() in self.bad else "ok"
        print(f"{outcome:6} {test.id()} ({time.monotonic() - self.started:.2f} s)", flush=True)

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)

    def addFailure(self, test, error):
        self.bad.add(test.id())
        unittest.TestResult.addFailure(self, test, error)

    def addError(self, test, error):
        self.bad.add(test.id())
        unittest.TestResult.addError(self, test, error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.bad.add(test.id())
        unittest.TestResult.addSubTest(self, test, subtest, error)

    def addSkip(self, test, reason):
        unittest.TestResult.addSkip(self, test, reason)
        print(f"skipped {test.id()}: {reason}", flush=True)


def run_python(names):
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    ids = test_ids(suite)
    result = unittest.TextTestRunner(stream=sys.stdout, resultclass=Result, verbosity=0).run(suite)
    # Failures of setUpClass and tearDownClass carry no test of their own and count beside the tests.
    return result.testsRun - len(result.bad & ids) - len(result.skipped), len(result.bad), len(result.skipped)


def test_ids(suite):
    """Asked before the run: a suite forgets its tests as they run."""
    ids = set()
    for test in suite:
        ids |= test_ids(test) if isinstance(test, unittest.TestSuite) else {test.id()}
    return ids


def run_node():
    """The Node clients' suites; never skipped: a skipped or missing test counts as a failure."""
    command = [sys.executable, os.path.join(HERE, "harness.py"), "node", "--test", "--test-reporter=tap",
               os.path.join(HERE, "node_sdk", "sdk.test.js"), os.path.join(HERE, "node_sdk", "oss.test.js")]
    environment = {**os.environ, "NODE_PATH": os.path.join(TOOLS, "node_modules")}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end="", flush=True)
    counts = {name: int(number) for name, number in re.findall(r"^# (pass|fail|skipped|todo|cancelled) (\d+)$",
                                                              done.stdout, re.MULTILINE)}
    passed = counts.get("pass", 0)
    failed = sum(counts.get(name, 0) for name in ("fail", "skipped", "todo", "cancelled"))
    if not failed and (done.returncode != 0 or passed == 0):
        failed = 1
    return passed, failed, 0


def run_plain():
    """A process of its own, because the harness asks the environment once."""
    command = [sys.executable, os.path.abspath(__file__), *PLAIN]
    done = subprocess.run(command, env={**os.environ, "OPENFC_E2E_SANDBOX": "plain"}, stdout=subprocess.PIPE, text=True,
                          check=False)
    *lines, last = done.stdout.splitlines() or [""]
    print("\n".join(lines), flush=True)
    counts = re.fullmatch(r"e2e: (\d+) passed, (\d+) failed, (\d+) skipped", last)
    return tuple(map(int, counts.groups())) if counts else (0, 1, 0)


def main(names):
    passed = failed = skipped = 0
    known = names or ["node"] + MODULES + ["plain"]
    special = {"node": run_node, "plain": run_plain}
    for name in known:
        print(f"== {name}", flush=True)
        counts = special[name]() if name in special else run_python([name])
        passed, failed, skipped = (total + more for total, more in zip((passed, failed, skipped), counts))
    print(f"e2e: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
