"""Instances: concurrency, initializers, freezing, memory, deaths and disconnects (runtime-contract 1.9, 1.11, 7.1)."""

import contextlib
import json
import os
import re
import signal
import time
import uuid

import harness
import machine
import rawhttp
from fcclient import make_zip

EXITED = r"^Process exited unexpectedly before completing request \(duration: \d+ms, maxMemoryUsage: \d+(\.\d+)?MB\)$"
KILLED = EXITED.removesuffix("$") + r": it was killed at its memory limit \(memorySize 128MB\)$"


class Instances(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s"})

    def instance(self, name, event=None):
        return self.client.invoke("s", name, event or {"do": "echo", "value": 1}).header("x-fc-instance-id")

    def together(self, name, event, count):
        """`count` invocations at once, each on a connection of its own."""
        clients = [self.server.client() for _ in range(count)]
        return harness.in_parallel([lambda client=client: client.invoke("s", name, event) for client in clients])

    def processes_of(self, name):
        """Host pids of the instance that serves `name` now."""
        mark = f"/tmp/mark-{uuid.uuid4()}"
        self.ask("s", name, {"do": "write", "path": mark})
        found = [pid for pid, _ in machine.family(self.server.process.pid) if os.path.exists(f"/proc/{pid}/root{mark}")]
        self.assertTrue(found, "no process of the instance found")
        return found

    def test_one_instance_serves_requests_one_after_another(self):
        self.make_function("s", "reused")

        self.assertEqual(len({self.instance("reused") for _ in range(20)}), 1)

    def test_parallel_requests_get_an_instance_each(self):
        self.make_function("s", "parallel")

        answers = self.together("parallel", {"do": "sleep", "seconds": 0.5}, 4)

        self.assertEqual([answer.body for answer in answers], [b"slept"] * 4)
        self.assertEqual(len({answer.header("x-fc-instance-id") for answer in answers}), 4)

    def test_instance_concurrency_shares_an_instance(self):
        for kind in ("python", "nodejs"):
            name = f"shared_{kind}"
            self.make_function("s", name, kind, instanceConcurrency=4)
            self.instance(name)

            answers = self.together(name, {"do": "meet", "others": 4}, 4)

            with self.subTest(kind):
                self.assertEqual(len({answer.header("x-fc-instance-id") for answer in answers}), 1)
                self.assertEqual({json.loads(answer.body)["inside"] for answer in answers}, {4})

    def test_instance_concurrency_of_custom_runtimes(self):
        self.make_function("s", "shared_custom", "custom", instanceConcurrency=10)
        self.instance("shared_custom")

        started = time.monotonic()
        answers = self.together("shared_custom", {"do": "sleep", "seconds": 1}, 10)

        self.assertEqual(len({answer.header("x-fc-instance-id") for answer in answers}), 1)
        self.assertLess(time.monotonic() - started, 5)

    def test_the_initializer_runs_once_per_instance_in_the_same_process(self):
        for kind in ("python", "nodejs"):
            name = f"initialized_{kind}"
            self.make_function("s", name, kind, initializer="index.initializer")
            states = [self.ask("s", name, {"do": "state"}) for _ in range(3)]
            with self.subTest(kind):
                self.assertEqual([state["initialized"] for state in states], [1, 1, 1])
                self.assertEqual([state["invoked"] for state in states], [1, 2, 3])
                self.assertEqual(len({state["pid"] for state in states}), 1)

    def test_a_failing_initializer_fails_the_request_and_the_next_one_starts_anew(self):
        failing = "def initializer(context):\n    raise RuntimeError('no database')\n\n" \
                  "def handler(event, context):\n    return 'unreachable'\n"
        self.make_function("s", "uninitialized", initializer="index.initializer", zip=make_zip({"index.py": failing}))
        for _ in range(2):
            error = self.failing(self.client.invoke("s", "uninitialized"))
            self.assertEqual((error["errorMessage"], error["errorType"]), ("no database", "RuntimeError"))

        slow = "import time\n\ndef initializer(context):\n    time.sleep(30)\n\ndef handler(event, context):\n    return 1\n"
        self.make_function("s", "slow_start", initializer="index.initializer", initializationTimeout=1,
                           zip=make_zip({"index.py": slow}))
        started = time.monotonic()
        self.failing(self.client.invoke("s", "slow_start"))
        self.assertLess(time.monotonic() - started, 10)

    def test_a_background_counter_stands_still_while_frozen(self):
        for kind in ("python", "nodejs"):
            name = f"frozen_{kind}"
            self.make_function("s", name, kind)
            self.ask("s", name, {"do": "tick"})
            pids = self.processes_of(name) if kind == "python" else self._node_processes(name)
            self.assertTrue(machine.wait_until(lambda: self._still(pids), 20), "the idle instance keeps running")

            before = self.ask("s", name, {"do": "tick"})["ticks"]
            machine.wait_until(lambda: self._still(pids), 20)
            idle_from = time.monotonic()
            machine.wait_until(lambda: time.monotonic() - idle_from > 2, 3)
            after = self.ask("s", name, {"do": "tick"})["ticks"]
            with self.subTest(kind):
                # 2 s of running would be some 400 ticks; the time before freezing is what it may have had.
                self.assertLess(after - before, 250)

    def _node_processes(self, name):
        mark = f"/tmp/mark-{uuid.uuid4()}"
        self.client.invoke("s", name, {"do": "write", "path": mark})
        return [pid for pid, _ in machine.family(self.server.process.pid) if os.path.exists(f"/proc/{pid}/root{mark}")]

    @staticmethod
    def _still(pids):
        """Whether no process of these uses any processor time for a fifth of a second."""
        def used():
            return [machine.read(f"/proc/{pid}/stat").rsplit(")", 1)[-1].split()[11:13] +
                    [machine.read(f"/proc/{pid}/status").split("voluntary_ctxt_switches:")[-1]] for pid in pids]
        before = used()
        deadline = time.monotonic() + 0.2
        return not machine.wait_until(lambda: used() != before, deadline - time.monotonic())

    def test_memory_use_shows_and_small_requests_are_not_charged_for_it(self):
        self.make_function("s", "measured", memorySize=512)
        small = float(self.client.invoke("s", "measured", {"do": "echo", "value": 1}).header("x-fc-max-memory-usage"))

        big = float(self.client.invoke("s", "measured", {"do": "allocate", "megabytes": 100}
                                       ).header("x-fc-max-memory-usage"))
        again = float(self.client.invoke("s", "measured", {"do": "echo", "value": 1}).header("x-fc-max-memory-usage"))

        self.assertGreater(big, small + 95)
        self.assertLess(big, small + 160)
        self.assertLess(again, small + 30)

    def test_memory_beyond_the_limit_kills_only_that_instance(self):
        self.make_function("s", "greedy", memorySize=128)
        self.make_function("s", "neighbour", initializer="index.initializer")
        neighbour = self.instance("neighbour")

        for _ in range(2):
            error = self.failing(self.client.invoke("s", "greedy", {"do": "allocate", "megabytes": 400}))
            self.assertRegex(error["errorMessage"], KILLED)

        self.assertEqual(self.instance("neighbour"), neighbour)
        self.assertEqual(self.ask("s", "neighbour", {"do": "state"})["initialized"], 1)
        self.assertEqual(self.client.invoke("s", "greedy", {"do": "echo", "value": 1}).status, 200)

    def test_memory_of_files_in_tmp_counts(self):
        self.make_function("s", "filler", memorySize=128)

        response = self.client.invoke("s", "filler", {"do": "write", "path": "/tmp/big", "size": 300 << 20})

        self.assertEqual(response.status, 200)
        self.assertEqual(self.client.invoke("s", "filler", {"do": "echo", "value": 1}).status, 200)

    def test_a_killed_instance_is_replaced(self):
        for frozen in (False, True):
            name = f"killed_{frozen}"
            self.make_function("s", name)
            first, pids = self.instance(name), self.processes_of(name)
            if frozen:
                machine.wait_until(lambda pids=pids: self._still(pids), 20)
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):  # the end of one ended the others
                    os.kill(pid, signal.SIGKILL)
            machine.wait_until(lambda pids=pids: not any(os.path.exists(f"/proc/{pid}") for pid in pids))

            answers = [self.client.invoke("s", name, {"do": "echo", "value": 1}) for _ in range(2)]

            with self.subTest(frozen):
                self.assertEqual([answer.body for answer in answers], [b"1", b"1"])
                self.assertNotEqual(answers[0].header("x-fc-instance-id"), first)

    def test_an_instance_killed_within_a_request(self):
        self.make_function("s", "struck")
        pids = self.processes_of("struck")
        client = self.server.client()

        def kill():
            machine.wait_until(lambda: self.server.metric("fc_concurrent_requests") >= 1, 5)
            for pid in pids:
                os.kill(pid, signal.SIGKILL)

        answer, _ = harness.in_parallel([lambda: client.invoke("s", "struck", {"do": "sleep", "seconds": 15}), kill])

        self.assertRegex(self.failing(answer)["errorMessage"], EXITED)
        self.assertEqual(self.client.invoke("s", "struck", {"do": "echo", "value": 1}).body, b"1")

    def test_a_client_that_leaves_ends_its_run(self):
        self.make_function("s", "deserted", timeout=60)
        pids = self.processes_of("deserted")
        path = "/2016-08-15/services/s/functions/deserted/invocations"
        body = json.dumps({"do": "sleep", "seconds": 50}).encode()
        with rawhttp.Connection(self.server.port) as connection:
            connection.request("POST", path, {**self.client.signed("POST", path), "Content-Length": len(body)}, body)
            self.assertTrue(machine.wait_until(lambda: self.server.metric("fc_concurrent_requests") >= 1, 5))

        gone = machine.wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), 10)

        self.assertTrue(gone, "the run goes on after its client left")
        self.assertEqual(self.client.invoke("s", "deserted", {"do": "echo", "value": 1}).body, b"1")

    def test_an_update_moves_requests_to_new_instances(self):
        self.make_function("s", "updated", environmentVariables={"STAGE": "one"})
        first = self.instance("updated")

        self.client.put("/services/s/functions/updated", {"environmentVariables": {"STAGE": "two"}})

        self.assertEqual(self.ask("s", "updated", {"do": "environment"})["STAGE"], "two")
        self.assertNotEqual(self.instance("updated"), first)

    def test_functions_do_not_share_instances(self):
        for name in ("one", "two"):
            self.make_function("s", name)
        self.client.post("/services", {"serviceName": "t"})
        self.make_function("t", "one")

        seen = {self.instance("one"), self.instance("two"),
                self.client.invoke("t", "one", {"do": "echo", "value": 1}).header("x-fc-instance-id")}

        self.assertEqual(len(seen), 3)

    def test_deleting_a_function_ends_its_instances(self):
        self.make_function("s", "deleted")
        pids = self.processes_of("deleted")

        self.client.delete("/services/s/functions/deleted")

        self.assertTrue(machine.wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), 15))


class Limits(harness.ServerTest):
    config = harness.LIMIT_CONFIG

    def test_429_beyond_the_concurrency_limit(self):
        self.make_service("s")
        self.make_function("s", "f")
        clients = [self.server.client() for _ in range(12)]
        event = {"do": "sleep", "seconds": 2}

        answers = harness.in_parallel([lambda client=client: client.invoke("s", "f", event) for client in clients])

        statuses = [answer.status for answer in answers]
        self.assertEqual(sorted(statuses), [200] * harness.LIMIT + [429] * (12 - harness.LIMIT))
        for answer in answers:
            if answer.status == 429:
                self.expect(answer, 429, "ResourceExhausted")
                self.assertTrue(answer.message)
        self.assertEqual(self.client.invoke("s", "f", {"do": "echo", "value": 1}).body, b"1")

    def test_503_when_the_node_has_no_memory_left(self):
        self.make_service("m")
        self.make_function("m", "large", memorySize=3072)

        answer = self.client.invoke("m", "large", {"do": "echo", "value": 1})

        self.expect(answer, 503, "ResourceThrottled")
        self.assertTrue(re.search("memory", answer.message, re.IGNORECASE))
