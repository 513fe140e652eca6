"""Services: fields, defaults, merging, ETags, lists (api-spec 2.1, wire-contract 2.1 and 2.12)."""

import json
import re

import harness

LOG = {"project": "fc-logs", "logstore": "orders"}
ROLE = "acs:ram::1234567890123456:role/fc-orders"
VPC = {"vpcId": "vpc-1", "vSwitchIds": ["vsw-1"], "securityGroupId": "sg-1"}
NAS = {"userId": 100, "groupId": 101, "mountPoints": [{"serverAddr": "nas.example:/a", "mountDir": "/mnt/a"}]}
TRACING = {"type": "Jaeger", "params": {"endpoint": "http://127.0.0.1:14268/api/traces"}}


class Services(harness.ServerTest):
    def test_a_bare_service_answers_every_documented_field(self):
        response = self.make_service("bare")

        service = response.json
        expected = {"serviceName": "bare", "description": "", "role": "", "internetAccess": True,
                    "tracingConfig": {"type": None, "params": None}}
        self.assertEqual({name: service[name] for name in expected}, expected)
        self.assertEqual({name: service["logConfig"][name] for name in ("project", "logstore", "enableRequestMetrics",
                                                                        "enableInstanceMetrics")},
                         {"project": "", "logstore": "", "enableRequestMetrics": False,
                          "enableInstanceMetrics": False})
        self.assertNotIn("logBeginRule", service["logConfig"])
        self.assertEqual({name: service["vpcConfig"][name] for name in ("vpcId", "vSwitchIds", "securityGroupId")},
                         {"vpcId": "", "vSwitchIds": [], "securityGroupId": ""})
        self.assertEqual(service["nasConfig"], {"userId": -1, "groupId": -1, "mountPoints": []})
        self.assertRegex(service["serviceId"], "^[0-9a-f-]{36}$")
        for name in ("createdTime", "lastModifiedTime"):
            self.assertRegex(service[name], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(response.header("content-type"), "application/json; charset=utf-8")
        self.assertRegex(response.header("etag"), "^[0-9a-f]{32}$")
        self.assertIn("Etag", [name for name, _ in response.headers])
        self.assertNotIn("etag", {name.lower() for name in service})

    def test_everything_given_comes_back(self):
        given = {"description": "order pipeline", "internetAccess": False, "role": ROLE,
                 "logConfig": {**LOG, "enableInstanceMetrics": True, "logBeginRule": "DefaultRegex"},
                 "vpcConfig": VPC, "nasConfig": NAS, "tracingConfig": TRACING}

        created = self.make_service("full", **given).json
        read = self.expect(self.client.get("/services/full"), 200).json

        self.assertEqual(created, read)
        for name in ("description", "internetAccess", "role", "tracingConfig"):
            self.assertEqual(read[name], given[name])
        self.assertEqual(read["logConfig"], {**given["logConfig"], "enableRequestMetrics": True})
        self.assertEqual({name: read["vpcConfig"][name] for name in VPC}, VPC)
        self.assertEqual((read["nasConfig"]["userId"], read["nasConfig"]["groupId"]), (100, 101))
        point = read["nasConfig"]["mountPoints"][0]
        self.assertEqual({name: point[name] for name in ("serverAddr", "mountDir")}, NAS["mountPoints"][0])

    def test_names(self):
        for name in ("a", "_", "A-b_9", "x" * 128):
            with self.subTest(name):
                self.make_service(name)
        for name in ("9a", "-a", "a.b", "a b", "ä", "x" * 129, "a/b"):
            with self.subTest(name):
                response = self.client.post("/services", {"serviceName": name})
                self.expect(response, 400, "InvalidArgument", ("erviceName",))
        response = self.client.post("/services", {"serviceName": "9a"})
        self.assertIn("ServiceName doesn't match expected format (allowed: ^[_a-zA-Z][-_a-zA-Z0-9]*$, actual: '9a')",
                      response.message)

    def test_names_are_case_sensitive(self):
        self.make_service("Mixed")

        self.expect(self.client.get("/services/mixed"), 404, "ServiceNotFound")

    def test_a_repeat_is_409(self):
        self.make_service("twice")

        response = self.client.post("/services", {"serviceName": "twice"})

        self.expect(response, 409, "ServiceAlreadyExists", "service 'twice' already exists")

    def test_bad_bodies(self):
        for body in (b"", b"{", b"[]", b"null", b'"text"', b"{} {}", b'{"serviceName":"a"', b"\xff\xfe", b"1e309",
                     b'{"serviceName":"\xff"}', b"[" * 10000):
            with self.subTest(body[:20]):
                response = self.client.post("/services", body, headers={"content-type": "application/json"})
                self.expect(response, 400, "InvalidArgument")

    def test_wrong_types_name_the_field(self):
        cases = (("description", 7), ("internetAccess", "maybe"), ("internetAccess", 3), ("logConfig", "text"),
                 ("role", {}), ("vpcConfig", []), ("nasConfig", 5), ("tracingConfig", True))
        for number, (field, value) in enumerate(cases):
            with self.subTest(f"{field}={value!r}"):
                response = self.client.post("/services", {"serviceName": f"typed{number}", field: value})
                self.expect(response, 400, "InvalidArgument", (field,))
                self.expect(self.client.get(f"/services/typed{number}"), 404)

    def test_all_problems_of_a_body_come_at_once(self):
        response = self.client.post("/services", {"serviceName": "9", "description": 5, "internetAccess": "maybe"})

        self.expect(response, 400, "InvalidArgument", ("ServiceName", "description", "internetAccess"))

    def test_boundaries(self):
        cases = (("nasConfig", {"userId": -2, "groupId": 0}, 400), ("nasConfig", {"userId": 65535, "groupId": 0}, 400),
                 ("nasConfig", {"userId": 65534, "groupId": 65534, "mountPoints": []}, 200),
                 ("nasConfig", {"userId": "100", "groupId": "101", "mountPoints": []}, 200),
                 ("logConfig", {**LOG, "logBeginRule": "Sometimes"}, 400),
                 ("description", "x" * 4096, 200))
        for number, (field, value, status) in enumerate(cases):
            with self.subTest(f"{field}={str(value)[:60]}"):
                members = {"serviceName": f"bound{number}", "role": ROLE, field: value}
                self.assertEqual(self.client.post("/services", members).status, status)

    def test_request_metrics_need_a_log_store(self):
        response = self.client.post("/services", {"serviceName": "metered", "logConfig": {"enableRequestMetrics": True}})

        self.expect(response, 400, "InvalidArgument",
                    ("Both project and logstore are required for enabling request metrics.",))

    def test_null_is_absent_and_members_match_in_any_case(self):
        body = {"SERVICENAME": "cased", "Description": "d", "internetaccess": None, "logConfig": None,
                "NasConfig": {"UserId": 5, "GROUPID": 6, "MountPoints": []}, "unknown": {"deep": [1]},
                "headers": {"Authorization": "x"}}

        service = self.expect(self.client.post("/services", body), 200).json

        self.assertEqual((service["serviceName"], service["description"], service["internetAccess"]),
                         ("cased", "d", True))
        self.assertEqual((service["nasConfig"]["userId"], service["nasConfig"]["groupId"]), (5, 6))

    def test_exact_member_name_wins(self):
        body = b'{"SERVICENAME":"wrong","serviceName":"exact","servicename":"wrong2"}'

        self.assertEqual(self.expect(self.client.post("/services", body), 200).json["serviceName"], "exact")

    def test_booleans_may_be_text(self):
        service = self.make_service("texted", internetAccess="false").json

        self.assertIs(service["internetAccess"], False)

    def test_any_content_type_is_parsed_as_json(self):
        for number, kind in enumerate(("text/plain", "application/octet-stream", "application/json; charset=utf-8")):
            body = json.dumps({"serviceName": f"kind{number}"}).encode()
            self.expect(self.client.post("/services", body, headers={"content-type": kind}), 200)
        self.expect(self.client.post("/services", b'{"serviceName":"kindless"}'), 200)

    def test_update_merges(self):
        self.make_service("merge", description="one", role=ROLE, logConfig=LOG, vpcConfig=VPC)

        updated = self.expect(self.client.put("/services/merge", {"description": "two", "role": None}), 200).json

        self.assertEqual((updated["description"], updated["role"]), ("two", ROLE))
        self.assertEqual(updated["logConfig"]["project"], "fc-logs")
        self.assertEqual(updated["vpcConfig"]["vpcId"], "vpc-1")
        self.assertEqual(self.client.get("/services/merge").json, updated)

    def test_nested_objects_are_replaced_and_empty_ones_clear(self):
        self.make_service("clear", role=ROLE, description="d", tracingConfig=TRACING, logConfig=LOG, vpcConfig=VPC,
                          nasConfig=NAS)
        empty = {"tracingConfig": {}, "vpcConfig": {}, "nasConfig": {}, "logConfig": {"project": "", "logstore": ""},
                 "description": ""}

        service = self.expect(self.client.put("/services/clear", empty), 200).json

        self.assertEqual(service["tracingConfig"], {"type": None, "params": None})
        self.assertEqual(service["vpcConfig"]["vpcId"], "")
        self.assertEqual(service["nasConfig"], {"userId": -1, "groupId": -1, "mountPoints": []})
        self.assertEqual((service["logConfig"]["project"], service["description"]), ("", ""))

    def test_the_body_cannot_rename(self):
        self.make_service("fixed")

        self.expect(self.client.put("/services/fixed", {"serviceName": "renamed", "serviceId": "x"}), 200)

        self.assertEqual(self.client.get("/services/fixed").json["serviceName"], "fixed")
        self.expect(self.client.get("/services/renamed"), 404)

    def test_etag_changes_with_content_and_if_match_guards(self):
        first = self.make_service("tagged").header("etag")
        self.assertEqual(self.client.get("/services/tagged").header("etag"), first)
        second = self.client.put("/services/tagged", {"description": "x"}, headers={"if-match": first})
        self.expect(second, 200)
        self.assertNotEqual(second.header("etag"), first)

        for call in (self.client.put, self.client.delete):
            options = {"body": {"description": "y"}} if call == self.client.put else {}
            stale = call("/services/tagged", headers={"if-match": first}, **options)
            self.expect(stale, 412, "PreconditionFailed", "the resource being modified has been changed")
        self.assertEqual(self.client.get("/services/tagged").json["description"], "x")
        quoted = {"if-match": f'"{second.header("etag")}"'}
        self.expect(self.client.put("/services/tagged", {"description": "z"}, headers=quoted), 200)
        self.expect(self.client.delete("/services/tagged", headers={"if-match": "*"}), 200)

    def test_delete_has_no_body_and_a_second_one_is_404(self):
        self.make_service("gone")

        response = self.expect(self.client.delete("/services/gone"), 200)

        self.assertEqual((response.body, response.header("content-type")), (b"", None))
        self.expect(self.client.delete("/services/gone"), 404, "ServiceNotFound", "service 'gone' does not exist")

    def test_a_service_with_functions_stays(self):
        self.make_service("filled")
        self.make_function("filled", "f")

        self.expect(self.client.delete("/services/filled"), 409, "ServiceNotEmpty",
                    "service 'filled' has active 'functions'.")
        self.expect(self.client.delete("/services/filled/functions/f"), 200)
        self.expect(self.client.delete("/services/filled"), 200)

    def test_operations_on_an_absent_service(self):
        for method, path, body in (("GET", "", None), ("PUT", "", {"description": "x"}), ("DELETE", "", None),
                                   ("GET", "/functions", None), ("GET", "/functions/f/code", None),
                                   ("DELETE", "/functions/f", None), ("POST", "/functions/f/invocations", None)):
            with self.subTest(method + path):
                response = self.client.call(method, "/services/nowhere" + path, body)
                self.expect(response, 404, "ServiceNotFound", "service 'nowhere' does not exist")

    def test_bodies_on_get_and_delete_are_ignored(self):
        self.make_service("bodied")

        self.expect(self.client.call("GET", "/services/bodied", b"{not json"), 200)
        self.expect(self.client.call("DELETE", "/services/bodied", b"{not json"), 200)

    def test_concurrent_updates_never_lose_one_silently(self):
        self.make_service("raced")
        clients = [self.server.client() for _ in range(8)]

        answers = harness.in_parallel([
            lambda client=client, number=number: [
                client.put("/services/raced", {"description": f"{number}.{turn}"}) for turn in range(25)]
            for number, client in enumerate(clients)])

        answers = [answer for group in answers for answer in group]
        self.assertEqual({answer.status for answer in answers} - {409}, {200})
        for answer in answers:
            if answer.status == 409:
                self.assertEqual(answer.code, "ConcurrentUpdateError")
                self.assertTrue(answer.message)
        etags = [answer.header("etag") for answer in answers if answer.status == 200]
        self.assertEqual(len(set(etags)), len(etags))

    def test_one_of_many_guarded_updates_wins(self):
        etag = self.make_service("guarded").header("etag")
        clients = [self.server.client() for _ in range(16)]

        answers = harness.in_parallel([
            lambda client=client, number=number: client.put(
                "/services/guarded", {"description": str(number)}, headers={"if-match": etag})
            for number, client in enumerate(clients)])

        self.assertEqual(sorted(answer.status for answer in answers), [200] + [412] * 15)


class Lists(harness.ServerTest):
    NAMES = sorted(["alpha", "beta-1", "beta-2", "beta_3", "Zulu", "_under", "gamma"])

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in cls.NAMES:
            cls.client.post("/services", {"serviceName": name})

    def names(self, **query):
        response = self.expect(self.client.get("/services", query=query), 200)
        return [service["serviceName"] for service in response.json["services"]], response.json.get("nextToken")

    def test_byte_order_and_no_token_at_the_end(self):
        response = self.expect(self.client.get("/services"), 200)

        self.assertEqual([service["serviceName"] for service in response.json["services"]], self.NAMES)
        self.assertNotIn("nextToken", response.json)

    def test_pages_meet_without_gap_or_repeat(self):
        for limit in (1, 2, 3, len(self.NAMES) - 1, len(self.NAMES), 100):
            seen, token = [], None
            while True:
                page, token = self.names(limit=limit, **({"nextToken": token} if token else {}))
                self.assertLessEqual(len(page), limit)
                seen += page
                if not token:
                    break
            self.assertEqual(seen, self.NAMES, limit)

    def test_a_full_last_page_has_no_token(self):
        self.assertEqual(self.names(limit=len(self.NAMES)), (self.NAMES, None))

    def test_prefix_and_start_key(self):
        self.assertEqual(self.names(prefix="beta")[0], ["beta-1", "beta-2", "beta_3"])
        self.assertEqual(self.names(prefix="Beta")[0], [])
        self.assertEqual(self.names(startKey="beta-2")[0], ["beta-2", "beta_3", "gamma"])
        self.assertEqual(self.names(prefix="beta", startKey="beta-2")[0], ["beta-2", "beta_3"])
        self.assertEqual(self.names(startKey="b")[0][0], "beta-1")

    def test_next_token_overrides_start_key_and_keeps_prefix(self):
        _, token = self.names(prefix="beta", limit=1)

        self.assertEqual(self.names(prefix="beta", nextToken=token, startKey="zzz")[0], ["beta-2", "beta_3"])

    def test_limits_outside_the_range_are_refused(self):
        for limit in ("0", "101", "-1", "x", "1.5", "99999999999999999999"):
            with self.subTest(limit):
                self.expect(self.client.get("/services", query={"limit": limit}), 400, "InvalidArgument", ("limit",))

    def test_empty_values_count_as_absent(self):
        self.assertEqual(self.names(limit="", nextToken="", prefix="", startKey="")[0], self.NAMES)

    def test_query_names_in_any_case(self):
        page, token = self.names(Limit="1")
        self.assertEqual((page, bool(token)), (self.NAMES[:1], True))
        self.assertEqual(self.names(NextToken=token)[0], self.NAMES[1:])

    def test_items_look_like_the_resource(self):
        item = self.client.get("/services", query={"prefix": "alpha"}).json["services"][0]
        read = self.client.get("/services/alpha").json

        self.assertEqual({name: item[name] for name in read if name in item}, {name: read[name] for name in item
                                                                               if name in read})
        self.assertTrue(re.fullmatch("[0-9a-f-]{36}", item["serviceId"]))
