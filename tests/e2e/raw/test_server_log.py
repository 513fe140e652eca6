"""The server's own log: what happens to functions, its form on a terminal, and its last line."""

import json
import os
import pty
import signal
import subprocess
import tempfile
import threading

import harness

FAILURES = 20
AT_MOST = 5  # lines of a kind and function in ten seconds


class FunctionLines(harness.ServerTest):
    def lines(self, text):
        return [line for line in map(json.loads, self.server.log().splitlines()) if line["msg"].startswith(text)]

    def one(self, text, function):
        """The only line of this kind that tells of the function."""
        found = [line for line in self.lines(text) if line["function"].endswith("/" + function)]
        self.assertEqual(len(found), 1, found)
        return found[0]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s"})

    def test_a_cold_start_is_told(self):
        self.make_function("s", "cold")

        answer = self.client.invoke("s", "cold", {"do": "echo", "value": 1})

        line = self.one("cold start", "cold")
        self.assertEqual((line["level"], line["runtime"]), ("info", "python3"))
        self.assertEqual(line["instanceId"], answer.header("x-fc-instance-id"))
        self.assertIn(line["pool"], ("hit", "miss"))
        self.assertGreater(line["ms"], 0)

    def test_a_failure_is_told_and_many_are_rationed(self):
        self.make_function("s", "failing")

        answers = [self.client.invoke("s", "failing", {"do": "fail", "kind": "ValueError", "message": "oops"})
                   for _ in range(FAILURES)]

        lines = [line for line in self.lines("a function failed") if line["function"].endswith("/failing")]
        self.assertEqual((lines[0]["level"], lines[0]["requestId"]), ("warn", answers[0].header("x-fc-request-id")))
        self.assertIn("oops", lines[0]["error"])
        self.assertLess(len(lines), FAILURES)
        self.assertGreaterEqual(len(lines), AT_MOST)

    def test_a_time_out_is_told(self):
        self.make_function("s", "slow", timeout=1)

        answer = self.client.invoke("s", "slow", {"do": "sleep", "seconds": 30})

        line = self.one("a function timed out", "slow")
        self.assertEqual((line["level"], line["seconds"]), ("warn", 1))
        self.assertEqual(line["requestId"], answer.header("x-fc-request-id"))

    def test_a_kill_at_the_memory_limit_is_told(self):
        self.make_function("s", "greedy", memorySize=128)

        self.client.invoke("s", "greedy", {"do": "allocate", "megabytes": 400})

        line = self.one("an instance was killed at its memory limit", "greedy")
        self.assertEqual((line["level"], line["memorySize"]), ("warn", 128))

    def test_code_that_does_not_load_is_told(self):
        self.make_function("s", "broken", handler="nothing.handler")

        self.client.invoke("s", "broken", b"")

        self.assertEqual(self.one("an instance did not start", "broken")["level"], "warn")


class Form(harness.unittest.TestCase):
    def test_the_last_line_says_that_it_has_stopped(self):
        server = harness.Server().start()
        self.addCleanup(server.stop)

        server.terminate()
        server.process.wait(60)

        self.assertEqual(json.loads(server.log().splitlines()[-1])["msg"], "stopped")

    def test_it_is_text_on_a_terminal(self):
        with tempfile.TemporaryDirectory(prefix="openfc-e2e-") as data:
            os.chmod(data, 0o755)
            master, slave = pty.openpty()
            process = subprocess.Popen(
                [harness.binary(), "serve", "--listen", f"127.0.0.1:{harness.free_port()}", "--admin-listen", "",
                 "--data", os.path.join(data, "store")],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave, text=True,
                env={name: value for name, value in os.environ.items() if not name.startswith("OPENFC_")})
            os.close(slave)
            shown = []
            reader = threading.Thread(target=read_all, args=(master, shown))
            reader.start()
            ready = process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            status = process.wait(60)
            reader.join()
            process.stdout.close()
            self.assertIn("openfc ready", ready, shown)
            self.assertEqual(status, 0, shown)

        lines = "".join(shown).splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT[0-9:.]+Z (info |warn |error) ")


def read_all(terminal, out):
    """What is written to the terminal until its last writer has gone."""
    try:
        while piece := os.read(terminal, 65536):
            out.append(piece.decode())
    except OSError:
        pass
    os.close(terminal)
