"""Triggers (api-spec 2.3, wire-contract 2.5, runtime-contract 5)."""

import harness

TIMER = {"triggerType": "timer", "triggerConfig": {"cronExpression": "0 0 4 * * *", "payload": "p", "enable": False}}
HTTP = {"triggerType": "http", "triggerConfig": {"authType": "anonymous", "methods": ["GET", "POST"]}}
ROLE = f"acs:ram::{harness.ACCOUNT}:role/source"


def arn(product, resource, region=harness.REGION):
    return f"acs:{product}:{region}:{harness.ACCOUNT}" + (f":{resource}" if resource else "")


def from_source(kind, product, resource, config, **places):
    return {"triggerType": kind, "sourceArn": arn(product, resource, **places), "invocationRole": ROLE,
            "triggerConfig": config}


SOURCES = {
    "oss": from_source("oss", "oss", "photos", {
        "events": ["oss:ObjectCreated:PutObject", "oss:ObjectRemoved:DeleteObject"],
        "filter": {"key": {"prefix": "in/", "suffix": ".png"}}}),
    "log": from_source("log", "log", "project/p", {
        "sourceConfig": {"logstore": "src"}, "jobConfig": {"maxRetryTime": 3, "triggerInterval": 60},
        "functionParameter": {"a": {"b": [1, None, "c"]}}, "logConfig": {"project": "p", "logstore": "run"},
        "enable": True}),
    "tablestore": from_source("tablestore", "ots", "instance/i/table/t", {}),
    "cdn_events": from_source("cdn_events", "cdn", "", {
        "eventName": "LogFileCreated", "eventVersion": "1.0.0", "notes": "n",
        "filter": {"domain": ["www.example.com"]}},
        region="*"),
    "mns_topic": from_source("mns_topic", "mns", "/topics/t", {
        "notifyContentFormat": "JSON", "notifyStrategy": "EXPONENTIAL_DECAY_RETRY", "filterTag": "tag"}),
}


class Triggers(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s"})

    def setUp(self):
        self.make_function("s", "f")

    def tearDown(self):
        while True:
            names = [one["triggerName"] for one in self.client.get(self.path()).json["triggers"]]
            if not names:
                break
            for name in names:
                self.client.delete(self.path(name))
        self.expect(self.client.delete("/services/s/functions/f"), 200)

    @staticmethod
    def path(name="", service="s", function="f"):
        return f"/services/{service}/functions/{function}/triggers" + (f"/{name}" if name else "")

    def create(self, name, body, **places):
        return self.client.post(self.path(**places), {"triggerName": name, **body})

    def test_every_type_comes_back_as_sent(self):
        for kind, body in {**SOURCES, "timer": TIMER}.items():
            with self.subTest(kind):
                made = self.expect(self.create(kind, body), 200)
                self.assertEqual({name: made.json[name] for name in body}, body)
                self.assertEqual([made.json[name] for name in ("triggerName", "description", "qualifier")],
                                 [kind, "", None])
                self.assertRegex(made.json["triggerId"], "^[0-9a-f-]{36}$")
                self.assertNotIn("urlInternet", made.json)
                read = self.expect(self.client.get(self.path(kind)), 200)
                self.assertEqual(read.json, made.json)
                self.assertEqual(read.header("Etag"), made.header("Etag"))

    def test_http_and_eventbridge(self):
        made = self.expect(self.create("h", {**HTTP, "sourceArn": "dummy_arn", "invocationRole": "dummy"}), 200).json
        self.assertEqual((made["sourceArn"], made["invocationRole"]), (None, ""))
        self.assertTrue(made["urlInternet"].endswith("/2016-08-15/proxy/s/f/"), made)
        self.assertIn(made["domainName"], made["urlIntranet"])
        self.client.delete(self.path("h"))
        made = self.expect(self.create("e", {"triggerType": "eventbridge", "triggerConfig": {
            "triggerEnable": True, "asyncInvocationType": False, "eventRuleFilterPattern": "{\"source\":[\"a\"]}",
            "eventSourceConfig": {"eventSourceType": "Default"}}}), 200).json
        self.assertEqual(made["sourceArn"], arn("eventbridge", "eventbus/default/rule/s-f-e"))

    def test_a_string_with_an_object(self):
        made = self.expect(self.create("t", {**TIMER, "triggerConfig": "{\"cronExpression\": \"@every 5m\"}"}), 200)
        self.assertEqual(made.json["triggerConfig"], {"cronExpression": "@every 5m"})

    def test_bad_values(self):
        oss = SOURCES["oss"]
        for body in ({}, {"triggerType": "timer"}, {"triggerConfig": {}}, {**TIMER, "triggerType": "rds"},
                     {**TIMER, "triggerConfig": []}, {**TIMER, "triggerConfig": "[]"}, {**TIMER, "triggerConfig": "{"},
                     {**TIMER, "triggerConfig": {"cronExpression": "0 60 * * * *"}},
                     {**TIMER, "triggerConfig": {"cronExpression": "* * * * *"}},
                     {**TIMER, "qualifier": "a b"}, {**TIMER, "description": "d" * 4097},
                     {**HTTP, "triggerConfig": {"authType": "anonymous", "methods": ["TRACE"]}},
                     {**oss, "sourceArn": None}, {**oss, "invocationRole": None}, {**oss, "sourceArn": "photos"},
                     {**oss, "sourceArn": f"acs:oss:{harness.REGION}:1:photos"},
                     {**oss, "triggerConfig": {"events": ["oss:ObjectEaten"]}}, [], b"{"):
            with self.subTest(body):
                sent = {"triggerName": "t", **body} if isinstance(body, dict) else body
                self.expect(self.client.post(self.path(), sent), 400, "InvalidArgument")
        self.expect(self.create("1", TIMER), 400, "InvalidArgument")
        self.expect(self.client.get(self.path("t")), 404, "TriggerNotFound")

    def test_what_is_missing(self):
        self.expect(self.create("t", TIMER, service="nowhere"), 404, "ServiceNotFound")
        self.expect(self.create("t", TIMER, function="nothing"), 404, "FunctionNotFound")
        self.expect(self.create("t", {**TIMER, "qualifier": "99"}), 404, "VersionNotFound")
        self.expect(self.create("t", {**TIMER, "qualifier": "nobody"}), 404, "AliasNotFound")
        for method in ("GET", "PUT", "DELETE"):
            with self.subTest(method):
                body = {} if method == "PUT" else None
                self.expect(self.client.call(method, self.path("t", "nowhere"), body), 404, "ServiceNotFound")
                self.expect(self.client.call(method, self.path("t", "s", "nothing"), body), 404, "FunctionNotFound")
                self.expect(self.client.call(method, self.path("t"), body), 404, "TriggerNotFound",
                            "trigger 't' does not exist in function 'f' of service 's'")
        self.expect(self.client.get(self.path("t", "s.LATEST")), 404, "TriggerNotFound")
        self.expect(self.client.get(self.path("t", "s.1")), 400, "InvalidArgument")

    def test_what_excludes_what(self):
        self.expect(self.create("h", HTTP), 200)
        self.expect(self.create("h", HTTP), 409, "TriggerAlreadyExists")
        self.expect(self.create("i", {**HTTP, "qualifier": "LATEST"}), 400, "InvalidArgument")
        self.expect(self.create("t", TIMER), 400, "InvalidArgument")
        version = self.client.post("/services/s/versions", {}).json["versionId"]
        self.client.post("/services/s/aliases", {"aliasName": "prod", "versionId": version})
        self.expect(self.create("v", {**HTTP, "qualifier": version}), 200)
        alias = self.expect(self.create("a", {**HTTP, "qualifier": "prod"}), 200).json
        self.assertTrue(alias["urlInternet"].endswith("/proxy/s.prod/f/"), alias)
        self.expect(self.client.put(self.path("a"), {"qualifier": version}), 400, "InvalidArgument")
        self.assertEqual(self.client.get(self.path("a")).json["qualifier"], "prod")
        # What a qualifier names may go; its triggers stay.
        self.expect(self.client.delete("/services/s/aliases/prod"), 204)
        self.expect(self.client.delete(f"/services/s/versions/{version}"), 204)
        self.assertEqual(self.client.get(self.path("a")).json["qualifier"], "prod")
        self.expect(self.client.put(self.path("a"), {"description": "still"}), 200)
        self.expect(self.client.delete("/services/s/functions/f"), 409, "FunctionNotEmpty",
                    "function 'f' has active 'triggers'.")

    def test_updates_merge(self):
        made = self.create("l", SOURCES["log"]).json
        config = {**SOURCES["log"]["triggerConfig"], "jobConfig": {"maxRetryTime": 9}}
        changed = self.expect(self.client.put(self.path("l"), {
            "triggerConfig": {"jobConfig": {"maxRetryTime": 9}, "enable": None}, "description": "d", "else": 1,
            "triggerName": "l", "triggerType": "log", "sourceArn": made["sourceArn"]}), 200).json
        self.assertEqual(changed["triggerConfig"], config)
        self.assertEqual({**made, "triggerConfig": config, "description": "d",
                          "lastModifiedTime": changed["lastModifiedTime"]}, changed)
        for body in ({"triggerName": "m"}, {"triggerType": "oss"}, {"sourceArn": arn("log", "project/q")},
                     {"triggerConfig": {"jobConfig": {"maxRetryTime": 101}}}, {"triggerConfig": 3}):
            with self.subTest(body):
                self.expect(self.client.put(self.path("l"), body), 400, "InvalidArgument")
        self.assertEqual(self.client.get(self.path("l")).json, changed)
        for kind in ("tablestore", "mns_topic"):
            self.create(kind, SOURCES[kind])
            self.expect(self.client.put(self.path(kind), {"description": "d"}), 400, "InvalidArgument",
                        "Updating trigger is not supported yet.")

    def test_if_match(self):
        old = self.create("t", TIMER).header("Etag")
        changed = self.client.put(self.path("t"), {"description": "d"}, headers={"If-Match": old})
        new = self.expect(changed, 200).header("Etag")
        self.assertNotEqual(old, new)
        self.expect(self.client.put(self.path("t"), {}, headers={"If-Match": old}), 412, "PreconditionFailed")
        self.expect(self.client.delete(self.path("t"), headers={"If-Match": old}), 412, "PreconditionFailed")
        self.expect(self.client.delete(self.path("t"), headers={"If-Match": new}), 200)
        self.expect(self.client.delete(self.path("t")), 404, "TriggerNotFound")

    def test_pages_and_the_limit(self):
        names = [f"t{number}" for number in range(10)]
        for name in names:
            self.expect(self.create(name, TIMER), 200)
        self.expect(self.create("more", TIMER), 400, "LimitExceededError")
        seen, token = [], ""
        while token is not None:
            page = self.expect(self.client.get(self.path() + f"?limit=4&nextToken={token}"), 200).json
            seen += [one["triggerName"] for one in page["triggers"]]
            token = page.get("nextToken")
        self.assertEqual(seen, names)
        page = self.client.get(self.path() + "?prefix=t&startKey=t8").json
        self.assertEqual([one["triggerName"] for one in page["triggers"]], ["t8", "t9"])
