"""Records of asynchronous invocations, as far as they can be asked for without one (api-spec 2.9): what is not there,
what is refused, and pages of nothing. Records themselves are made by asynchronous invocations."""

import fcclient
import harness

PATH = "/services/{}/functions/{}/stateful-async-invocations"


class Stateful(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s"})
        cls.client.post("/services/s/functions", {
            "functionName": "f", "runtime": "python3", "handler": "index.handler",
            "code": fcclient.zip_field(harness.code("python"))})
        cls.client.post("/services/s/versions", {})
        cls.client.post("/services/s/aliases", {"aliasName": "prod", "versionId": "1"})

    def named(self, method, invocation, service="s", function="f"):
        return self.client.call(method, f"{PATH.format(service, function)}/{invocation}")

    def page(self, service="s", function="f", **query):
        return self.client.get(PATH.format(service, function), query=query)

    def test_what_is_not_there(self):
        for method in ("GET", "PUT"):
            for service in ("s", "s.LATEST", "s.1", "s.prod"):
                with self.subTest(method, service=service):
                    self.expect(self.named(method, "absent", service), 404, "StatefulAsyncInvocationNotFound",
                                "stateful async invocation 'absent' does not exist")

    def test_whose_records(self):
        for call in (lambda *names: self.named("GET", "i", *names), lambda *names: self.named("PUT", "i", *names),
                     self.page):
            self.expect(call("nowhere"), 404, "ServiceNotFound")
            self.expect(call("s", "nothing"), 404, "FunctionNotFound")
            self.expect(call("s.7"), 404, "VersionNotFound")
            self.expect(call("s.absent"), 404, "AliasNotFound")

    def test_pages_of_nothing(self):
        for service in ("s", "s.LATEST", "s.1", "s.prod"):
            for query in ({}, {"limit": 1}, {"limit": 100}, {"status": "Running"}, {"sortOrderByTime": "asc"},
                          {"sortOrderByTime": "desc", "includePayload": "true"}, {"invocationIdPrefix": "a"},
                          {"startedTimeBegin": 1, "startedTimeEnd": 2}, {"limit": ""}, {"nextToken": ""}):
                with self.subTest(service, **query):
                    self.assertEqual(self.expect(self.page(service, **query), 200).json, {"invocations": []})

    def test_refused_queries(self):
        for name, values in (("limit", (0, 101, -1, "x")), ("status", ("Gone", "running")),
                             ("sortOrderByTime", ("up", "ASC")), ("startedTimeBegin", (-1, "x")),
                             ("startedTimeEnd", (-1, "x")), ("includePayload", ("perhaps",)),
                             ("nextToken", ("not a token",))):
            for value in values:
                with self.subTest(name, value=value):
                    self.expect(self.page(**{name: value}), 400, "InvalidArgument", (name[1:],))  # some begin with a capital

    def test_refused_ids(self):
        for method in ("GET", "PUT"):
            self.expect(self.named(method, "a" * 129), 400, "InvalidArgument", ("statefulAsyncInvocationId",))

    def test_other_accounts_see_nothing(self):
        path = "/2016-08-15" + PATH.format("s", "f")
        self.expect(self.client.send("GET", path, {"date": self.client.signed("GET", path)["date"]}), 403, "AccessDenied")
