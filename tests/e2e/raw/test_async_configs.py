"""Configurations of asynchronous invocations (api-spec 2.9.1 to 2.9.4, wire-contract 2.11 and 3.10)."""

import harness

QUEUE = {"destination": f"acs:mns:{harness.REGION}:{harness.ACCOUNT}:/queues/ok/messages"}
FUNCTION = {"destination": f"acs:fc:{harness.REGION}:{harness.ACCOUNT}:services/s.prod/functions/on-error"}
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"


class AsyncConfigs(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s"})

    def setUp(self):
        self.make_function("s", "f")

    def tearDown(self):
        self.client.delete("/services/s/functions/f")

    @staticmethod
    def path(service="s", function="f"):
        return f"/services/{service}/functions/{function}/async-invoke-config"

    def put(self, body, **names):
        return self.client.put(self.path(**names), body)

    def test_defaults_and_every_member(self):
        answer = self.expect(self.put({}), 200)

        config = answer.json
        for name in ("createdTime", "lastModifiedTime"):
            self.assertRegex(config.pop(name), TIME)
        self.assertEqual(config, {"serviceName": "s", "service": "s", "functionName": "f", "function": "f",
                                  "qualifier": "LATEST", "destinationConfig": {"onSuccess": None, "onFailure": None},
                                  "maxAsyncEventAgeInSeconds": None, "maxAsyncRetryAttempts": 3,
                                  "statefulInvocation": False})
        self.assertEqual(self.expect(self.client.get(self.path()), 200).json, answer.json)
        self.assertEqual(self.expect(self.client.get(self.path("s.LATEST")), 200).json, answer.json)

    def test_merging(self):
        given = {"destinationConfig": {"onSuccess": QUEUE, "onFailure": FUNCTION}, "maxAsyncEventAgeInSeconds": 600,
                 "maxAsyncRetryAttempts": 2, "statefulInvocation": True}
        first = self.expect(self.put(given, service="s.LATEST"), 200).json
        second = self.expect(self.put({"MaxAsyncRetryAttempts": 0, "statefulInvocation": None, "else": 1}), 200).json

        self.assertEqual({name: first[name] for name in given}, given)
        self.assertEqual({name: second[name] for name in given}, {**given, "maxAsyncRetryAttempts": 0})
        self.assertEqual(first["createdTime"], second["createdTime"])
        third = self.put({"destinationConfig": {"onFailure": FUNCTION}}).json
        self.assertEqual(third["destinationConfig"], {"onSuccess": None, "onFailure": FUNCTION})

    def test_bad_values(self):
        for body in ({"maxAsyncEventAgeInSeconds": 0}, {"maxAsyncEventAgeInSeconds": 2592001},
                     {"maxAsyncRetryAttempts": -1}, {"maxAsyncRetryAttempts": 9}, {"maxAsyncRetryAttempts": "many"},
                     {"statefulInvocation": 3}, {"destinationConfig": []},
                     {"destinationConfig": {"onSuccess": {}}},
                     {"destinationConfig": {"onSuccess": {"destination": "nowhere"}}},
                     {"destinationConfig": {"onFailure": {"destination": ""}}}, [], b"{"):
            with self.subTest(body):
                self.expect(self.put(body), 400, "InvalidArgument")
        self.expect(self.client.get(self.path()), 404, "AsyncConfigNotExists")
        for body in ({"maxAsyncEventAgeInSeconds": 1}, {"maxAsyncEventAgeInSeconds": 2592000},
                     {"maxAsyncRetryAttempts": 0}, {"maxAsyncRetryAttempts": 8}):
            with self.subTest(body):
                self.expect(self.put(body), 200)

    def test_what_is_missing(self):
        for method in ("PUT", "GET", "DELETE"):
            with self.subTest(method):
                body = {} if method == "PUT" else None
                self.expect(self.client.call(method, self.path("nowhere"), body), 404, "ServiceNotFound")
                self.expect(self.client.call(method, self.path("s", "nothing"), body), 404, "FunctionNotFound")
                for service in ("s.99", "s.nobody"):
                    code = {"s.99": "VersionNotFound", "s.nobody": "AliasNotFound"}[service]
                    code = "AsyncConfigNotExists" if method == "DELETE" else code
                    self.expect(self.client.call(method, self.path(service), body), 404, code)
        self.expect(self.client.get(self.path()), 404, "AsyncConfigNotExists",
                    "async invoke config of 'f' does not exist")
        self.expect(self.client.delete(self.path()), 404, "AsyncConfigNotExists")

    def test_deletion(self):
        self.put({})
        answer = self.expect(self.client.delete(self.path("s.LATEST")), 204)
        self.assertEqual(answer.body, b"")
        self.expect(self.client.get(self.path()), 404, "AsyncConfigNotExists")

    def test_it_goes_with_the_function(self):
        self.put({"statefulInvocation": True})
        self.expect(self.client.delete("/services/s/functions/f"), 200)
        self.expect(self.client.get(self.path()), 404, "FunctionNotFound")
        self.make_function("s", "f")
        self.expect(self.client.get(self.path()), 404, "AsyncConfigNotExists")
        self.assertEqual(self.client.get("/stateful-async-invocation-functions").json, {"data": []})

    def test_it_goes_with_version_and_alias(self):
        version = self.expect(self.client.post("/services/s/versions", {}), 200).json["versionId"]
        self.expect(self.client.post("/services/s/aliases", {"aliasName": "prod", "versionId": version}), 200)
        for qualifier in (version, "prod", "LATEST"):
            config = self.expect(self.put({"statefulInvocation": True}, service=f"s.{qualifier}"), 200).json
            self.assertEqual(config["qualifier"], qualifier)
        page = self.expect(self.client.get(self.path() + "s"), 200).json
        self.assertEqual([config["qualifier"] for config in page["configs"]], [version, "LATEST", "prod"])
        self.assertEqual(page["nextToken"], "")
        page = self.client.get(self.path() + "s", query={"limit": 1}).json
        self.assertEqual(page["nextToken"], "LATEST")
        page = self.client.get(self.path() + "s", query={"limit": 1, "nextToken": "LATEST"}).json
        self.assertEqual([[config["qualifier"] for config in page["configs"]], page["nextToken"]], [["LATEST"], "prod"])
        data = self.client.get("/stateful-async-invocation-functions").json["data"]
        self.assertEqual([item["qualifier"] for item in data], [version, "LATEST", "prod"])

        self.expect(self.client.delete("/services/s/aliases/prod"), 204)
        self.expect(self.client.post("/services/s/aliases", {"aliasName": "prod", "versionId": version}), 200)
        self.expect(self.client.get(self.path("s.prod")), 404, "AsyncConfigNotExists")
        self.expect(self.client.delete("/services/s/aliases/prod"), 204)
        self.expect(self.client.delete(f"/services/s/versions/{version}"), 204)
        page = self.client.get(self.path() + "s").json
        self.assertEqual([config["qualifier"] for config in page["configs"]], ["LATEST"])

    def test_lists(self):
        empty = {"configs": None, "nextToken": ""}
        self.assertEqual(self.expect(self.client.get(self.path() + "s"), 200).json, empty)
        config = self.put({}).json
        page = self.expect(self.client.get(self.path() + "s", query={"limit": 1, "nextToken": ""}), 200).json
        self.assertEqual(page, {"configs": [config], "nextToken": ""})
        for limit in ("0", "101", "x"):
            self.expect(self.client.get(self.path() + "s", query={"limit": limit}), 400, "InvalidArgument")
        self.expect(self.client.get(self.path("nowhere") + "s"), 404, "ServiceNotFound")
        self.expect(self.client.get(self.path("s", "nothing") + "s"), 404, "FunctionNotFound")

    def test_stateful_functions(self):
        for number in range(3):
            self.make_function("s", f"task{number}")
            self.expect(self.put({"statefulInvocation": True}, function=f"task{number}"), 200)
        self.put({})

        seen, token = [], None
        while True:
            page = self.expect(self.client.get("/stateful-async-invocation-functions",
                                               query={"limit": 2, **({"nextToken": token} if token else {})}), 200).json
            seen += page["data"]
            token = page.get("nextToken")
            if not token:
                break
        self.assertEqual(seen, [{"serviceName": "s", "functionName": f"task{number}", "qualifier": "LATEST"}
                                for number in range(3)])
        self.expect(self.client.get("/stateful-async-invocation-functions", query={"limit": 101}), 400,
                    "InvalidArgument")
        for number in range(3):
            self.client.delete(f"/services/s/functions/task{number}")
