"""Versions and aliases: what they freeze, what runs through them, and what ends with them (api-spec 2.4, 2.5)."""

import collections
import json
import tempfile
import threading
import unittest

import fcclient
import harness
import machine
from fcclient import make_zip, zip_field

PYTHON = """
import json, os
def handler(event, context):
    return json.dumps({"release": RELEASE, "qualifier": context.service.qualifier,
                       "version": context.service.version_id, "variable": os.environ["FC_QUALIFIER"],
                       "timeout": context.function.timeout})
"""
NODEJS = """
exports.handler = (event, context, callback) => {
  const { qualifier, versionId } = context.service;
  callback(null, JSON.stringify({ release: RELEASE, qualifier, version: versionId, variable: process.env.FC_QUALIFIER,
    timeout: context.function.timeout }));
};
"""
CUSTOM = """#!/usr/bin/env python3
import http.server, json, os
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *arguments):
        pass
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = json.dumps({"release": RELEASE, "qualifier": self.headers["x-fc-qualifier"],
                           "version": self.headers["x-fc-version-id"], "variable": os.environ["FC_QUALIFIER"],
                           "timeout": int(self.headers["x-fc-function-timeout"])}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["FC_SERVER_PORT"])), Handler).serve_forever()
"""
SOURCES = {"python": ("index.py", PYTHON), "nodejs": ("index.js", NODEJS), "custom": ("bootstrap", CUSTOM)}


def release(number, kind="python"):
    """The code of one release."""
    name, source = SOURCES[kind]
    return make_zip({name: (source.replace("RELEASE", str(number), 1), 0o100755)})


class Versions(harness.ServerTest):
    """Each test has a service of its own."""

    def setUp(self):
        self.service = self.id().rsplit(".", 1)[1][-60:]
        self.make_service(self.service)

    def publish(self, description="", service=None):
        answer = self.client.post(f"/services/{service or self.service}/versions", {"description": description})
        return self.expect(answer, 200).json["versionId"]

    def alias(self, name, version, weights=None):
        body = {"aliasName": name, "versionId": version, "additionalVersionWeight": weights}
        return self.expect(self.client.post(f"/services/{self.service}/aliases", body), 200)

    def update_alias(self, name, **members):
        return self.expect(self.client.put(f"/services/{self.service}/aliases/{name}", members), 200)

    def releases(self, count, kind="python"):
        """A function f with as many releases, each of them published and with its number as the time-out."""
        self.make_function(self.service, "f", kind, zip=release(1, kind), timeout=11)
        self.publish()
        for number in range(2, count + 1):
            body = {"code": zip_field(release(number, kind)), "timeout": 10 + number}
            self.expect(self.client.put(f"/services/{self.service}/functions/f", body), 200)
            self.publish()

    def run_plainly(self, qualifier):
        service = f"{self.service}.{qualifier}" if qualifier else self.service
        answer = self.expect(self.client.invoke(service, "f"), 200)
        self.assertIsNone(answer.header("x-fc-error-type"), answer)
        return answer

    def run_through(self, qualifier):
        """The answer of the function and its headers."""
        answer = self.run_plainly(qualifier)
        return answer.json, answer

    def test_every_runtime_runs_the_release_that_the_qualifier_names(self):
        for kind in SOURCES:
            with self.subTest(kind):
                self.service = f"runs-{kind}"
                self.make_service(self.service)
                self.releases(2, kind)
                self.client.put(f"/services/{self.service}/functions/f", {"code": zip_field(release(3, kind))})
                self.alias("prod", "1")

                for qualifier, number, version in (("", 3, "LATEST"), ("LATEST", 3, "LATEST"), ("1", 1, "1"),
                                                   ("2", 2, "2"), ("prod", 1, "1")):
                    told, answer = self.run_through(qualifier)
                    self.assertEqual(told, {"release": number, "qualifier": qualifier or "LATEST", "version": version,
                                            "variable": version, "timeout": {1: 11, 2: 12, 3: 12}[number]})
                    self.assertEqual(answer.header("X-Fc-Invocation-Code-Version"), version)
                    self.assertEqual(answer.header("X-Fc-Invocation-Service-Version"), version)
                    self.assertEqual(answer.header("X-Fc-Code-Checksum"), fcclient.crc64(release(number, kind)))

    def test_an_instance_serves_one_version(self):
        self.releases(2)
        self.alias("prod", "1", {"2": 0.5})

        seen = collections.defaultdict(set)
        for qualifier in ("1", "2", "") + ("prod",) * 30:
            told, answer = self.run_through(qualifier)
            seen[answer.header("X-Fc-Instance-Id")].add((told["version"], told["release"]))

        self.assertTrue(all(len(versions) == 1 for versions in seen.values()), seen)
        self.assertEqual(set.union(*seen.values()), {("1", 1), ("2", 2), ("LATEST", 2)})

    def test_a_version_is_the_state_of_one_moment(self):
        # g always follows f: at every moment g has the number of f or the one before.
        for name in ("f", "g"):
            self.make_function(self.service, name, environmentVariables={"N": "0"})
        stop, failures = threading.Event(), []

        def change():
            client = self.server.client()
            for number in range(1, 100000):
                if stop.is_set():
                    return
                for name in ("f", "g"):
                    answer = client.put(f"/services/{self.service}/functions/{name}",
                                        {"environmentVariables": {"N": str(number)}})
                    if answer.status != 200:
                        failures.append(answer)
        thread = threading.Thread(target=change)
        thread.start()
        try:
            versions = []
            def published():
                answer = self.client.post(f"/services/{self.service}/versions")
                if answer.status == 200:
                    versions.append(answer.json["versionId"])
                elif answer.code not in ("ConcurrentUpdateError", "VersionPublishError"):
                    failures.append(answer)
                return len(versions) == 20 or failures
            machine.wait_until(published, 30, 0)
        finally:
            stop.set()
            thread.join()

        self.assertEqual(failures, [])
        self.assertEqual(versions, [str(number) for number in range(1, 21)])
        for version in versions:
            functions = self.client.get(f"/services/{self.service}.{version}/functions").json["functions"]
            f, g = (int(function["environmentVariables"]["N"]) for function in functions)
            self.assertIn(f - g, (0, 1), version)

    def test_an_alias_shares_invocations_by_weight(self):
        self.releases(3)
        self.alias("prod", "1", {"2": 0.5})

        def shares(calls):
            return collections.Counter(self.run_through("prod")[0]["version"] for _ in range(calls))

        counted = shares(200)
        self.assertEqual(set(counted), {"1", "2"})
        # Evenly spread, fewer than 60 of 200 come about once in a hundred million runs.
        self.assertGreaterEqual(min(counted.values()), 60, counted)
        for weights, expected in (({"2": 1}, {"2"}), ({"2": 0}, {"1"}), ({"1": 1}, {"1"}), ({}, {"1"}),
                                  ({"2": 0.5, "3": 0.5}, {"2", "3"})):
            self.update_alias("prod", additionalVersionWeight=weights)
            self.assertEqual(set(shares(40)), expected, weights)

    def test_reads_through_an_alias_show_the_main_version(self):
        self.releases(2)
        self.alias("prod", "1", {"2": 1.0})

        path = f"/services/{self.service}.prod/functions/f"
        self.assertEqual(self.client.get(path).json["timeout"], 11)
        self.assertEqual(self.client.get(path + "/code").json["checksum"], fcclient.crc64(release(1)))
        self.assertEqual(self.run_through("prod")[0]["version"], "2")

    def test_what_begins_behind_an_update_follows_it(self):
        self.releases(2)
        self.alias("prod", "1")

        for number in range(30):
            version = str(number % 2 + 1)
            self.update_alias("prod", versionId=version)
            self.assertEqual(self.run_through("prod")[0]["version"], version)

    def test_a_deleted_version_is_gone_for_its_aliases(self):
        self.releases(2)
        self.alias("prod", "1")
        self.run_through("prod")
        self.expect(self.client.delete(f"/services/{self.service}/versions/1"), 204)

        for qualifier in ("1", "prod"):
            self.expect(self.client.invoke(f"{self.service}.{qualifier}", "f"), 404, "VersionNotFound",
                        f"version '1' of service '{self.service}' does not exist")
        self.update_alias("prod", versionId="2")
        self.assertEqual(self.run_through("prod")[0]["version"], "2")
        self.expect(self.client.delete(f"/services/{self.service}/aliases/prod"), 204)
        self.expect(self.client.invoke(f"{self.service}.prod", "f"), 404, "AliasNotFound",
                    f"alias 'prod' of service '{self.service}' does not exist")
        self.assertEqual(self.run_through("2")[0]["version"], "2")

    def test_each_version_shows_its_logs(self):
        source = "def handler(event, context):\n    print('said by', context.service.version_id)\n"
        self.make_function(self.service, "f", zip=make_zip({"index.py": source}))
        self.publish()
        self.alias("prod", "1")
        for qualifier in ("1", ""):
            self.run_plainly(qualifier)

        def said(qualifier):
            service = self.service + (f".{qualifier}" if qualifier else "")
            path = f"/openfc/logs/{service}/f?contains=said"
            answer = self.client.send("GET", path, self.client.signed("GET", path))
            return {(record["versionId"], record["text"]) for record in self.expect(answer, 200).json["records"]}
        first, current = ("1", "said by 1"), ("LATEST", "said by LATEST")
        self.assertEqual([said(qualifier) for qualifier in ("", "1", "prod", "LATEST")],
                         [{first, current}, {first}, {first}, {current}])

    def test_a_function_outlives_its_deletion_in_versions(self):
        self.releases(1)
        self.expect(self.client.delete(f"/services/{self.service}/functions/f"), 200)

        self.assertEqual(self.run_through("1")[0]["release"], 1)
        self.expect(self.client.invoke(self.service, "f"), 404, "FunctionNotFound")
        self.make_function(self.service, "g")
        self.expect(self.client.invoke(f"{self.service}.1", "g"), 404, "FunctionNotFound",
                    f"function 'g' does not exist in service '{self.service}'")

    def test_versions_and_aliases_keep_their_service(self):
        version = self.publish()
        self.alias("prod", version)
        path = f"/services/{self.service}"

        message = f"service '{self.service}' has active '%s'."
        self.expect(self.client.delete(path), 409, "ServiceNotEmpty", message % "versions")
        self.expect(self.client.delete(f"{path}/versions/{version}"), 204)
        self.expect(self.client.delete(path), 409, "ServiceNotEmpty", message % "aliases")
        self.expect(self.client.delete(f"{path}/aliases/prod"), 204)
        self.expect(self.client.delete(path), 200)
        self.make_service(self.service)
        self.assertEqual(self.publish(), "1")

    def test_only_reads_and_runs_take_a_qualifier(self):
        self.releases(1)
        path = f"/services/{self.service}.1"

        for answer in (self.client.put(path, {}), self.client.delete(path), self.client.put(f"{path}/functions/f", {}),
                       self.client.delete(f"{path}/functions/f"), self.client.post(f"{path}/versions"),
                       self.client.get(f"{path}/versions"), self.client.get(f"{path}/aliases")):
            self.expect(answer, 400, "InvalidArgument", ("takes no qualifier",))


class Ends(harness.ServerTest):
    def test_instances_of_a_deleted_version_end(self):
        self.make_service("s")
        self.make_function("s", "f", zip=release(1))
        self.client.post("/services/s/versions")
        self.client.invoke("s", "f")
        self.client.invoke("s.1", "f")

        def instances():
            return sum(self.server.metric("fc_instances", state=state) for state in ("busy", "idle", "frozen"))
        before = instances()
        self.expect(self.client.delete("/services/s/versions/1"), 204)

        self.assertTrue(machine.wait_until(lambda: instances() == before - 1), self.server.metrics())
        self.assertEqual(self.ask("s", "f", b"")["version"], "LATEST")


class Restart(unittest.TestCase):
    def test_versions_and_their_numbers_outlive_the_server(self):
        directory = tempfile.TemporaryDirectory(prefix="openfc-e2e-")
        self.addCleanup(directory.cleanup)
        server = harness.Server(data=directory.name).start()
        client = server.client()
        client.post("/services", {"serviceName": "s"})
        client.post("/services/s/functions", {"functionName": "f", "runtime": "python3", "handler": "index.handler",
                                              "timeout": 20, "code": zip_field(release(1))})
        for number in (1, 2):
            client.put("/services/s", {"description": str(number)})
            self.assertEqual(client.post("/services/s/versions").json["versionId"], str(number))
        client.post("/services/s/aliases", {"aliasName": "prod", "versionId": "1"})
        client.delete("/services/s/versions/2")
        client.delete("/services/s/functions/f")
        before = client.get("/services/s.prod")
        server.kill()

        server = harness.Server(data=directory.name).start()
        client = server.client()
        after = client.get("/services/s.prod")
        self.assertEqual((after.json, after.header("etag")), (before.json, before.header("etag")))
        self.assertEqual(json.loads(client.invoke("s.prod", "f").body)["release"], 1)
        self.assertEqual(client.post("/services/s/versions").json["versionId"], "3")
        server.stop()
