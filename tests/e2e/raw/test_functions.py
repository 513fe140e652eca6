"""Functions: fields, rules, defaults, merging, ETags, lists (api-spec 2.2, wire-contract 2.2 and 4.1)."""

import harness
from fcclient import crc64, zip_field

ZIP = harness.code("python")
CODE = zip_field(ZIP)
RUNTIMES = ("nodejs4.4 nodejs6 nodejs8 nodejs10 nodejs12 nodejs14 nodejs16 nodejs18 nodejs20 python2.7 python3 "
            "python3.9 python3.10 java8 java11 go1 php7.2 dotnetcore2.1 dotnetcore3.1 custom custom.debian10").split()


class Functions(harness.ServerTest):
    config = harness.MANY_FUNCTIONS
    count = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s"})

    def create(self, **members):
        Functions.count += 1
        body = {"functionName": f"auto{Functions.count}", "runtime": "python3", "handler": "index.handler",
                "code": CODE, **members}
        return self.client.post("/services/s/functions", {name: value for name, value in body.items()
                                                          if value is not ...})

    def test_defaults_and_every_documented_field(self):
        response = self.expect(self.create(functionName="bare"), 200)

        function = response.json
        expected = {"functionName": "bare", "description": "", "runtime": "python3", "handler": "index.handler",
                    "timeout": 60, "initializationTimeout": 3, "memorySize": 128, "codeSize": len(ZIP),
                    "codeChecksum": crc64(ZIP), "environmentVariables": {}, "caPort": None,
                    "customContainerConfig": None, "layers": None, "instanceConcurrency": 1, "instanceType": "e1"}
        self.assertEqual({name: function[name] for name in expected}, expected)
        self.assertIn(function["initializer"], ("", None))
        self.assertRegex(function["functionId"], "^[0-9a-f-]{36}$")
        self.assertRegex(function["lastModifiedTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertRegex(response.header("etag"), "^[0-9a-f]{32}$")
        self.assertEqual(self.client.get("/services/s/functions/bare").json, function)

    def test_everything_given_comes_back(self):
        given = {"description": "d", "handler": "index.other", "initializer": "index.initializer",
                 "initializationTimeout": 30, "memorySize": 256, "timeout": 86400, "caPort": 8080,
                 "environmentVariables": {"STAGE": "dev", "PATH": "/code/bin:/usr/bin"}, "instanceConcurrency": 20,
                 "layers": [], "instanceLifecycleConfig": {"preFreeze": {"handler": "", "timeout": 3},
                                                           "preStop": {"handler": "", "timeout": 3}}}

        function = self.expect(self.create(functionName="full", **given), 200).json

        for name in given.keys() - {"instanceLifecycleConfig"}:
            self.assertEqual(function[name], given[name], name)
        self.assertIn("instanceLifecycleConfig", function)

    def test_names(self):
        for name in ("a", "_", "A-b_9", "x" * 128):
            with self.subTest(name):
                self.expect(self.create(functionName=name), 200)
        for name in ("9a", "-a", "a.b", "a b", "ä", "x" * 129, ""):
            with self.subTest(name):
                self.expect(self.create(functionName=name), 400, "InvalidArgument", ("unctionName",))
        self.assertIn("FunctionName doesn't match expected format (allowed: ^[_a-zA-Z][-_a-zA-Z0-9]*$, "
                      "actual: 'a.b')", self.create(functionName="a.b").message)

    def test_required_members(self):
        for name in ("functionName", "runtime", "handler", "code"):
            with self.subTest(name):
                self.expect(self.create(**{name: ...}), 400, "InvalidArgument", (name,))
                self.expect(self.create(**{name: None}), 400, "InvalidArgument", (name,))

    def test_runtimes(self):
        for runtime in RUNTIMES:
            with self.subTest(runtime):
                self.expect(self.create(runtime=runtime), 200)
        for runtime in ("10", "python4", "", "Python3", 10):
            with self.subTest(runtime):
                self.expect(self.create(runtime=runtime), 400, "InvalidArgument")
        self.assertIn("Runtime is set to an invalid value", self.create(runtime="10").message)

    def test_number_boundaries(self):
        cases = [("timeout", 1, 200), ("timeout", 86400, 200), ("timeout", 0, 400), ("timeout", 86401, 400),
                 ("timeout", -1, 400), ("timeout", "20", 200), ("timeout", "x", 400), ("timeout", 1.5, 400),
                 ("timeout", True, 400), ("timeout", [], 400), ("timeout", 2**40, 400),
                 ("initializationTimeout", 1, 200), ("initializationTimeout", 300, 200),
                 ("initializationTimeout", 0, 400), ("initializationTimeout", 301, 400),
                 ("initializationTimeout", "20", 200), ("caPort", 1, 200), ("caPort", 65535, 200), ("caPort", 0, 400),
                 ("caPort", 65536, 400), ("instanceConcurrency", 1, 200), ("instanceConcurrency", 100, 200),
                 ("instanceConcurrency", 0, 400), ("instanceConcurrency", 101, 400)]
        for field, value, status in cases:
            with self.subTest(f"{field}={value!r}"):
                response = self.create(**{field: value})
                self.assertEqual(response.status, status, response)
                if status == 400:
                    self.assertEqual(response.code, "InvalidArgument")
                    self.assertIn(field.lower(), response.message.lower())
                else:
                    self.assertEqual(response.json[field], int(value))

    def test_memory_sizes(self):
        for size in (128, 192, 1024, 3072, 4096, 8192, 16384, 32768):
            with self.subTest(size):
                self.expect(self.create(memorySize=size), 200)
        for size, text in ((129, "The value must be a multiple of 64 MB"), (100, "multiple of 64"),
                           (64, "emory"), (0, "emory"), (-64, "emory"), (3136, "Memory is set to an invalid value"),
                           (5120, "Memory is set to an invalid value (allowed: 4096 | 8192 | 16384 | 32768, "
                                  "actual: '5120')")):
            with self.subTest(size):
                self.expect(self.create(memorySize=size), 400, "InvalidArgument", (text,))

    def test_environment_variables(self):
        good = ({"A": "b"}, {"a1_": "x y=z"}, {}, {"PATH": "/code/.fun/bin", "LD_LIBRARY_PATH": "/code/lib",
                                                  "NODE_PATH": "/code/n", "PYTHONUSERBASE": "/code/p"})
        for variables in good:
            with self.subTest(variables):
                self.assertEqual(self.expect(self.create(environmentVariables=variables), 200)
                                 .json["environmentVariables"], variables)
        bad = ({"1A": "b"}, {"_A": "b"}, {"A-B": "c"}, {"": "b"}, {"FC_X": "b"}, {"accessKeyID": "b"},
               {"accessKeySecret": "b"}, {"securityToken": "b"}, {"topic": "b"}, {"A": ""}, {"A": "ä"}, {"A": "x\ny"},
               {"A": "x" * 4097}, {"A": 7}, {"A": {}}, ["A=b"], "A=b")
        for variables in bad:
            with self.subTest(str(variables)[:60]):
                self.expect(self.create(environmentVariables=variables), 400, "InvalidArgument")
        self.assertIn("Environment variable value doesn't match expected format (allowed: ^[[:print:]]+$, "
                      "actual: '')", self.create(environmentVariables={"A": ""}).message)

    def test_all_problems_of_a_body_come_at_once(self):
        response = self.create(functionName="9", timeout=0, memorySize=100, initializationTimeout=999)

        self.expect(response, 400, "InvalidArgument", ("unctionName", "timeout", "emory", "initializationTimeout"))

    def test_a_refused_create_leaves_nothing(self):
        self.expect(self.create(functionName="halfway", timeout=0), 400)
        self.expect(self.create(functionName="halfway", code={"zipFile": "bm90IGEgemlw"}), 400)

        self.expect(self.client.get("/services/s/functions/halfway"), 404, "FunctionNotFound")

    def test_a_repeat_is_409(self):
        self.expect(self.create(functionName="twice"), 200)

        self.expect(self.create(functionName="twice"), 409, "FunctionAlreadyExists", ("'twice'",))

    def test_containers(self):
        config = {"image": "registry.example/a:1", "command": '["/code/x"]', "args": '["-v"]',
                  "accelerationType": "Default"}
        function = self.expect(self.create(runtime="custom-container", code=..., customContainerConfig=config),
                               200).json
        for name, value in config.items():
            self.assertEqual(function["customContainerConfig"][name], value)
        self.assertIn(function["customContainerConfig"]["accelerationInfo"]["status"], ("Preparing", "Ready"))
        for change in ({"command": "not json"}, {"args": "{}"}, {"image": ""}, {"accelerationType": "Fast"}):
            with self.subTest(change):
                self.expect(self.create(runtime="custom-container", code=...,
                                        customContainerConfig={**config, **change}), 400, "InvalidArgument")

    def test_members_in_any_case_null_and_unknown(self):
        response = self.create(functionName=..., FUNCTIONNAME="cased", runtime=..., Runtime="python3", CAPort=8081,
                               description=None, timeout=None, unknown={"a": 1}, name="ignored", service="ignored")

        function = self.expect(response, 200).json
        self.assertEqual((function["functionName"], function["caPort"], function["timeout"]), ("cased", 8081, 60))

    def test_update_merges(self):
        self.create(functionName="merge", description="one", environmentVariables={"A": "1", "B": "2"},
                    initializer="index.initializer", timeout=30)
        path = "/services/s/functions/merge"

        one = self.expect(self.client.put(path, {"memorySize": 256, "timeout": "40", "description": None}), 200).json
        two = self.expect(self.client.put(path, {"environmentVariables": {"C": "3"}}), 200).json
        three = self.expect(self.client.put(path, {"environmentVariables": {}, "description": "",
                                                   "initializer": ""}), 200).json

        self.assertEqual((one["memorySize"], one["timeout"], one["description"]), (256, 40, "one"))
        self.assertEqual(one["environmentVariables"], {"A": "1", "B": "2"})
        self.assertEqual((two["environmentVariables"], two["timeout"]), ({"C": "3"}, 40))
        self.assertEqual((three["environmentVariables"], three["description"]), ({}, ""))
        self.assertIn(three["initializer"], ("", None))
        self.assertEqual(three["codeChecksum"], one["codeChecksum"])

    def test_update_rules_are_those_of_create(self):
        self.create(functionName="ruled")
        for change in ({"timeout": 0}, {"memorySize": 100}, {"runtime": "x"}, {"initializationTimeout": 301},
                       {"environmentVariables": {"FC_A": "b"}}, {"instanceConcurrency": 0}, {"caPort": 0},
                       {"handler": 3}, {"code": {}}, {"code": {"zipFile": "%%%"}}):
            with self.subTest(change):
                self.expect(self.client.put("/services/s/functions/ruled", change), 400, "InvalidArgument")

    def test_update_of_an_absent_function(self):
        self.expect(self.client.put("/services/s/functions/absent", {"timeout": 3}), 404, "FunctionNotFound",
                    ("'absent'",))

    def test_the_body_cannot_rename(self):
        self.create(functionName="fixed")

        self.expect(self.client.put("/services/s/functions/fixed", {"functionName": "renamed", "timeout": 9}), 200)

        self.assertEqual(self.client.get("/services/s/functions/fixed").json["functionName"], "fixed")
        self.expect(self.client.get("/services/s/functions/renamed"), 404)

    def test_update_with_a_qualifier_is_refused(self):
        self.create(functionName="unqualified")

        self.expect(self.client.put("/services/s.1/functions/unqualified", {"timeout": 3}), 400, "InvalidArgument")

    def test_etag_and_if_match(self):
        path = "/services/s/functions/tagged"
        first = self.create(functionName="tagged").header("etag")
        second = self.client.put(path, {"description": "x"}, headers={"if-match": first})
        self.expect(second, 200)
        self.assertNotEqual(second.header("etag"), first)
        self.assertEqual(self.client.get(path).header("etag"), second.header("etag"))

        self.expect(self.client.put(path, {"description": "y"}, headers={"if-match": first}), 412,
                    "PreconditionFailed", "the resource being modified has been changed")
        self.expect(self.client.delete(path, headers={"if-match": first}), 412, "PreconditionFailed")
        third = self.client.put(path, {"code": zip_field(harness.code("python", **{"more.py": "x = 1\n"}))},
                                headers={"if-match": "*"})
        self.expect(third, 200)
        self.assertNotEqual(third.header("etag"), second.header("etag"))
        self.expect(self.client.delete(path, query={"If-Match": first}), 200)

    def test_delete_has_no_body_and_a_second_one_is_404(self):
        self.create(functionName="gone")

        response = self.expect(self.client.delete("/services/s/functions/gone"), 200)

        self.assertEqual((response.body, response.header("content-type")), (b"", None))
        self.expect(self.client.delete("/services/s/functions/gone"), 404, "FunctionNotFound")
        self.expect(self.client.invoke("s", "gone"), 404, "FunctionNotFound")

    def test_a_function_made_again_is_another_one(self):
        old = self.expect(self.create(functionName="again"), 200).json["functionId"]
        self.client.delete("/services/s/functions/again")

        self.assertNotEqual(self.expect(self.create(functionName="again"), 200).json["functionId"], old)

    def test_concurrent_updates_never_lose_one_silently(self):
        self.create(functionName="raced")
        clients = [self.server.client() for _ in range(8)]

        answers = harness.in_parallel([
            lambda client=client, number=number: [
                client.put("/services/s/functions/raced", {"description": f"{number}.{turn}"}) for turn in range(25)]
            for number, client in enumerate(clients)])

        answers = [answer for group in answers for answer in group]
        self.assertEqual({answer.status for answer in answers} - {409}, {200})
        self.assertEqual({answer.code for answer in answers if answer.status == 409} - {"ConcurrentUpdateError"},
                         set())
        etags = [answer.header("etag") for answer in answers if answer.status == 200]
        self.assertEqual(len(set(etags)), len(etags))


class FunctionLists(harness.ServerTest):
    NAMES = sorted(["alpha", "beta-1", "beta-2", "beta_3", "Zulu", "_under"])

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for service in ("a", "s", "s2"):
            cls.client.post("/services", {"serviceName": service})
        for name in cls.NAMES:
            cls.client.post("/services/s/functions", {"functionName": name, "runtime": "python3",
                                                      "handler": "index.handler", "code": CODE})
        cls.client.post("/services/s2/functions", {"functionName": "other", "runtime": "python3",
                                                   "handler": "index.handler", "code": CODE})

    def names(self, service="s", **query):
        response = self.expect(self.client.get(f"/services/{service}/functions", query=query), 200)
        return [function["functionName"] for function in response.json["functions"]], response.json.get("nextToken")

    def test_only_the_functions_of_the_service_in_byte_order(self):
        self.assertEqual(self.names(), (self.NAMES, None))
        self.assertEqual(self.names("a"), ([], None))
        self.assertEqual(self.names("s.LATEST"), (self.NAMES, None))

    def test_pages_meet_without_gap_or_repeat(self):
        for limit in (1, 2, 4, len(self.NAMES)):
            seen, token = [], None
            while True:
                page, token = self.names(limit=limit, **({"nextToken": token} if token else {}))
                seen += page
                if not token:
                    break
            self.assertEqual(seen, self.NAMES, limit)

    def test_prefix_start_key_and_token(self):
        self.assertEqual(self.names(prefix="beta", startKey="beta-2")[0], ["beta-2", "beta_3"])
        _, token = self.names(prefix="beta", limit=1)
        self.assertEqual(self.names(prefix="beta", nextToken=token, startKey="zz")[0], ["beta-2", "beta_3"])

    def test_bad_queries(self):
        for limit in ("0", "101", "x"):
            self.expect(self.client.get("/services/s/functions", query={"limit": limit}), 400, "InvalidArgument")
        self.expect(self.client.get("/services/s.9/functions"), 404, "VersionNotFound")
        self.expect(self.client.get("/services/s.prod/functions"), 404, "AliasNotFound")

    def test_a_service_holds_50_functions(self):
        self.client.post("/services", {"serviceName": "full"})
        body = {"runtime": "python3", "handler": "index.handler", "code": CODE}
        answers = [self.client.post("/services/full/functions", {**body, "functionName": f"f{number}"})
                   for number in range(51)]

        self.assertEqual([answer.status for answer in answers], [200] * 50 + [400])
        self.expect(answers[-1], 400, "LimitExceededError", ("50",))

    def test_more_than_a_page(self):
        for number in range(25):
            self.client.post("/services/a/functions", {"functionName": f"f{number:02}", "runtime": "python3",
                                                       "handler": "index.handler", "code": CODE})
        page, token = self.names("a")
        self.assertEqual((len(page), bool(token)), (20, True))
        rest, token = self.names("a", nextToken=token)
        self.assertEqual((page + rest, token), ([f"f{number:02}" for number in range(25)], None))
        for number in range(25):
            self.client.delete(f"/services/a/functions/f{number:02}")


class UnavailableRuntimes(harness.ServerTest):
    """Functions of runtimes that cannot run here are taken, and everybody is told."""

    REASON = ("runtime 'python2.7' is not available on this machine: there is no bootstrap for Python 2; this version of "
              "openfc cannot run it; a program that serves HTTP runs under runtime 'custom'")

    def make(self, client, runtime, service="s"):
        return client.post(f"/services/{service}/functions", {
            "functionName": runtime.replace(".", "_"), "runtime": runtime, "handler": "index.handler",
            "code": CODE})

    def test_everybody_is_told(self):
        self.make_service("s")
        made = self.expect(self.make(self.client, "python2.7"), 200)
        changed = self.expect(self.client.put("/services/s/functions/python2_7", {"description": "d"}), 200)
        fine = self.expect(self.make(self.client, "python3"), 200)

        self.assertEqual([answer.header("X-Openfc-Warning") for answer in (made, changed, fine)],
                         [self.REASON, self.REASON, None])
        self.expect(self.client.invoke("s", "python2_7", ""), 400, "InvalidArgument", self.REASON)
        self.assertEqual(self.server.log().count("a function has a runtime that cannot run here"), 1)
        answer = self.client.send("GET", "/openfc/capabilities", self.client.signed("GET", "/openfc/capabilities"))
        runtimes = {one["runtime"]: one for one in answer.json["runtimes"]}
        self.assertEqual(runtimes["python2.7"], {"runtime": "python2.7", "available": False, "note": self.REASON})
        self.assertEqual(runtimes["python3"], {"runtime": "python3", "available": True, "note": ""})
        self.assertLessEqual({*RUNTIMES, "custom-container"}, set(runtimes))

    def test_a_setting_refuses_them(self):
        with harness.Server("refuseUnavailableRuntimes: true\n") as server:
            client = server.client()
            self.expect(client.post("/services", {"serviceName": "s"}), 200)
            self.expect(self.make(client, "python2.7"), 400, "InvalidArgument", self.REASON)
            self.expect(self.make(client, "python3"), 200)
            client.close()
