"""Provisioned instances and limits on demand (api-spec 2.7, wire-contract 2.9 and 3.3, runtime-contract 7.2)."""

import datetime
import tempfile
import time

import harness
import machine
from fcclient import make_zip

OPEN = {"startTime": "2020-01-01T00:00:00Z", "endTime": "2039-01-01T00:00:00Z"}
SLEEPY = {"do": "sleep", "seconds": 1.5}


def moment(seconds):
    """Seconds from now as the API writes times."""
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


class Provisioned(harness.ServerTest):
    """Each test has a service of its own."""

    def setUp(self):
        self.service = self.id().rsplit(".", 1)[1][-60:]
        self.make_service(self.service)
        self.addCleanup(self.release)
        self.configured = []

    def release(self):
        for qualifier, name in set(self.configured):
            self.put(0, qualifier, name)

    def path(self, qualifier="LATEST", name="f", what="provision-config"):
        return f"/services/{self.service}.{qualifier}/functions/{name}/{what}"

    def put(self, target, qualifier="LATEST", name="f", **members):
        self.configured.append((qualifier, name))
        return self.expect(self.client.put(self.path(qualifier, name), {"target": target, **members}), 200).json

    def state(self, qualifier="LATEST", name="f"):
        return self.expect(self.client.get(self.path(qualifier, name)), 200).json

    def until(self, current, qualifier="LATEST", name="f", seconds=30):
        reached = machine.wait_until(lambda: self.state(qualifier, name)["current"] == current, seconds)
        self.assertTrue(reached, self.state(qualifier, name))

    def invoke(self, qualifier="LATEST", name="f", event=None):
        return self.client.invoke(f"{self.service}.{qualifier}", name, event or {"do": "state"})

    def seen(self, event, count, qualifier="LATEST"):
        """Instances that serve so many invocations at once."""
        clients = [self.server.client() for _ in range(count)]
        answers = harness.in_parallel([lambda client=client: client.invoke(f"{self.service}.{qualifier}", "f", event)
                                       for client in clients])
        self.assertEqual([answer.status for answer in answers], [200] * count)
        return {answer.header("x-fc-instance-id") for answer in answers}

    def publish(self):
        return self.expect(self.client.post(f"/services/{self.service}/versions", {}), 200).json["versionId"]

    def test_instances_are_there_before_the_first_invocation(self):
        self.make_function(self.service, "f", initializer="index.initializer")

        told = self.put(2)

        self.assertEqual((told["target"], told["resource"]),
                         (2, f"{harness.ACCOUNT}#{self.service}#LATEST#f"))
        self.until(2)
        cold = self.server.metric("fc_cold_starts_total")
        self.assertEqual(len(self.seen(SLEEPY, 2)), 2)
        self.assertEqual(self.server.metric("fc_cold_starts_total"), cold)
        self.assertEqual(self.invoke().json["initialized"], 1)
        self.assertGreaterEqual(self.server.metric("fc_provisioned_target"), 2)
        self.assertGreaterEqual(self.server.metric("fc_provisioned_current"), 2)

    def test_what_exceeds_them_is_started_on_demand(self):
        self.make_function(self.service, "f")
        self.put(1)
        self.until(1)

        self.assertEqual(len(self.seen(SLEEPY, 3)), 3)

        self.assertEqual(self.state()["current"], 1)

    def test_a_dead_instance_is_replaced(self):
        self.make_function(self.service, "f")
        self.put(1)
        self.until(1)
        before = self.invoke().header("x-fc-instance-id")

        self.invoke(event={"do": "leave"})

        self.until(1)
        self.assertNotEqual(self.invoke().header("x-fc-instance-id"), before)

    def test_new_code_replaces_them(self):
        self.make_function(self.service, "f", environmentVariables={"STAGE": "one"})
        self.put(1)
        self.until(1)
        cold = self.server.metric("fc_cold_starts_total")

        self.client.put(f"/services/{self.service}/functions/f", {"environmentVariables": {"STAGE": "two"}})

        # Without an invocation: the new one is started for the configuration's sake.
        self.assertTrue(machine.wait_until(lambda: self.server.metric("fc_cold_starts_total") == cold + 1, 15))
        self.until(1)
        answer = self.invoke(event={"do": "environment"})
        self.assertEqual(answer.json["STAGE"], "two")
        self.assertEqual(self.server.metric("fc_cold_starts_total"), cold + 1)

    def test_zero_ends_them_and_the_function_can_be_deleted(self):
        self.make_function(self.service, "f")
        self.put(2)
        self.until(2)
        path = f"/services/{self.service}/functions/f"
        self.expect(self.client.delete(path), 409, "ProvisionConfigExist")

        self.put(0)

        self.until(0)
        self.expect(self.client.delete(path), 200)
        self.configured = []

    def test_an_action_that_fired_before_counts_at_once(self):
        self.make_function(self.service, "f")
        for expression in ("at(2020-10-20T10:10:10Z)", "cron(0 */30 * * * *)"):
            with self.subTest(expression):
                actions = [{"name": "a", **OPEN, "target": 2, "scheduleExpression": expression}]

                self.assertEqual(self.put(1, scheduledActions=actions)["target"], 1)

                self.until(2)
                self.assertEqual(self.state()["target"], 2)
                self.put(0)
                self.until(0)

    def test_an_action_fires_within_seconds_of_its_time(self):
        self.make_function(self.service, "f")
        due = time.time() + 4
        actions = [{"name": "a", **OPEN, "target": 2, "scheduleExpression": f"at({moment(4)})"}]
        self.put(0, scheduledActions=actions)
        self.assertEqual(self.state()["target"], 0)

        self.until(2)

        self.assertGreater(time.time(), due - 1)
        self.assertLess(time.time(), due + 8)

    def test_a_policy_keeps_its_bounds(self):
        self.make_function(self.service, "f")
        policies = [{"name": "p", **OPEN, "metricType": "ProvisionedConcurrencyUtilization", "metricTarget": 0.6,
                     "minCapacity": 2, "maxCapacity": 3}]

        self.put(1, targetTrackingPolicies=policies)

        self.until(2)
        self.assertEqual(self.state()["targetTrackingPolicies"], policies)

    def test_a_broken_function_tells_why_and_comes_up_once_it_is_mended(self):
        self.make_function(self.service, "f", zip=make_zip({"index.py": "raise RuntimeError('broken')\n"}))
        self.put(1)

        self.assertTrue(machine.wait_until(lambda: "broken" in self.state().get("currentError", ""), 15), self.state())
        self.assertEqual(self.state()["current"], 0)
        mended = make_zip({"index.py": "def handler(event, context):\n    return 'ok'\n"})
        self.client.put(f"/services/{self.service}/functions/f", {"code": harness.fcclient.zip_field(mended)})

        self.until(1)
        self.assertNotIn("currentError", self.state())

    def test_an_alias_has_instances_of_its_own(self):
        self.make_function(self.service, "f", environmentVariables={"STAGE": "one"})
        first = self.publish()
        self.client.put(f"/services/{self.service}/functions/f", {"environmentVariables": {"STAGE": "two"}})
        second = self.publish()
        self.expect(self.client.post(f"/services/{self.service}/aliases", {"aliasName": "prod", "versionId": first}),
                    200)
        self.put(1, "prod")
        self.until(1, "prod")
        told = self.invoke("prod", event={"do": "environment"})
        self.assertEqual(told.json["STAGE"], "one")
        self.assertNotEqual(self.invoke(first).header("x-fc-instance-id"), told.header("x-fc-instance-id"))

        self.client.put(f"/services/{self.service}/aliases/prod", {"versionId": second})

        self.until(1, "prod")
        self.assertTrue(machine.wait_until(
            lambda: self.invoke("prod", event={"do": "environment"}).json["STAGE"] == "two", 15))

    def test_a_version_has_instances_of_its_own(self):
        self.make_function(self.service, "f")
        version = self.publish()

        self.put(1, version)

        self.until(1, version)
        self.assertEqual(len(self.seen({"do": "state"}, 1, version)), 1)

    def test_idle_ones_are_frozen_unless_they_are_to_keep_their_cpu(self):
        self.make_function(self.service, "f")
        self.put(1)
        self.until(1)

        def ticks_of_two_seconds():
            before = self.invoke(event={"do": "tick"}).json["ticks"]
            idle_from = time.monotonic()
            machine.wait_until(lambda: time.monotonic() - idle_from > 2, 3)
            return self.invoke(event={"do": "tick"}).json["ticks"] - before
        frozen = ticks_of_two_seconds()
        self.put(1, alwaysAllocateCPU=True)
        awake = ticks_of_two_seconds()

        # Some 400 are due; the time before freezing is what the frozen one may have had.
        self.assertLess(frozen, awake / 2)


class OnDemand(harness.ServerTest):
    def setUp(self):
        self.service = self.id().rsplit(".", 1)[1][-60:]
        self.make_service(self.service)
        self.make_function(self.service, "f")
        self.path = f"/services/{self.service}/functions/f/on-demand-config"

    def statuses(self, count):
        clients = [self.server.client() for _ in range(count)]
        answers = harness.in_parallel([lambda client=client: client.invoke(self.service, "f", SLEEPY)
                                       for client in clients])
        for answer in answers:
            if answer.status != 200:
                self.expect(answer, 429, "ResourceExhausted", ("on-demand instances exceeds the limit",))
        return sorted(answer.status for answer in answers)

    def test_no_more_instances_than_allowed(self):
        self.expect(self.client.put(self.path, {"maximumInstanceCount": 2}), 200)

        self.assertEqual(self.statuses(4), [200, 200, 429, 429])

        self.client.delete(self.path)
        self.assertEqual(self.statuses(4), [200] * 4)

    def test_none_at_all_but_provisioned_ones(self):
        self.expect(self.client.put(self.path, {"maximumInstanceCount": 0}), 200)
        self.expect(self.client.invoke(self.service, "f", {"do": "state"}), 429, "ResourceExhausted")
        provision = f"/services/{self.service}.LATEST/functions/f/provision-config"
        self.client.put(provision, {"target": 1})
        self.assertTrue(machine.wait_until(lambda: self.client.get(provision).json["current"] == 1, 30))

        self.assertEqual(self.client.invoke(self.service, "f", {"do": "state"}).status, 200)
        self.client.put(provision, {"target": 0})


class Restart(harness.ServerTest):
    """What is configured holds for the next server on the same data."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def test_instances_and_limits_are_back(self):
        with tempfile.TemporaryDirectory(prefix="openfc-e2e-") as data:
            provision = "/services/s.LATEST/functions/ready/provision-config"
            limit = "/services/s/functions/limited/on-demand-config"
            with harness.Server(data=data) as server:
                self.client = server.client()
                self.make_service("s")
                self.make_function("s", "ready")
                self.make_function("s", "limited")
                self.expect(self.client.put(provision, {"target": 1}), 200)
                self.expect(self.client.put(limit, {"maximumInstanceCount": 0}), 200)

            with harness.Server(data=data) as server:
                client = server.client()
                self.assertTrue(machine.wait_until(lambda: client.get(provision).json["current"] == 1, 30))
                self.expect(client.invoke("s", "limited", {"do": "state"}), 429, "ResourceExhausted")


class Memory(harness.ServerTest):
    config = harness.LIMIT_CONFIG

    def test_memory_admits_no_more(self):
        self.make_service("s")
        self.make_function("s", "f", memorySize=1024)
        path = "/services/s.LATEST/functions/f/provision-config"

        self.client.put(path, {"target": 4})

        def told():
            state = self.client.get(path).json
            return state["current"] >= 1 and "no memory left for an instance of 1024 MB" in state.get("currentError", "")
        self.assertTrue(machine.wait_until(told, 30), self.client.get(path).json)
        self.assertLess(self.client.get(path).json["current"], 4)
        self.client.put(path, {"target": 0})
        self.assertTrue(machine.wait_until(lambda: self.client.get(path).json["current"] == 0, 30))


class Listed(harness.ServerTest):
    def test_instances_are_those_that_run(self):
        self.make_service("s")
        self.make_function("s", "f")
        path = "/services/s{}/functions/f/instances"
        self.assertEqual(self.client.get(path.format("")).json, {"instances": []})
        instance = self.client.invoke("s", "f", {"do": "state"}).header("x-fc-instance-id")

        self.assertEqual(self.client.get(path.format(".LATEST")).json,
                         {"instances": [{"instanceId": instance, "versionId": 0}]})

        version = self.expect(self.client.post("/services/s/versions", {}), 200).json["versionId"]
        self.client.post("/services/s/aliases", {"aliasName": "prod", "versionId": version})
        config = "/services/s.prod/functions/f/provision-config"
        self.client.put(config, {"target": 1})
        self.assertTrue(machine.wait_until(lambda: self.client.get(config).json["current"] == 1, 30))
        self.assertEqual([item["versionId"] for item in self.client.get(path.format(".prod")).json["instances"]],
                         [int(version)])
        # What is provisioned for an alias is not seen through the version.
        self.assertEqual(self.client.get(path.format(f".{version}")).json, {"instances": []})
        self.client.put(config, {"target": 0})
        self.assertTrue(machine.wait_until(lambda: not self.client.get(path.format(".prod")).json["instances"], 30))
