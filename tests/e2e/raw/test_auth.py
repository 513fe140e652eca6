"""Signature authentication and the order of the checks before it (api-spec 1.3, 1.5, 1.6, 1.8.3)."""

import re
import time
import uuid
from email.utils import formatdate

import harness
import signing

MISMATCH = ("The request signature we calculated does not match the signature you provided. "
            "Check your access key and signing method")
SERVICES = "/2016-08-15/services"


class Authentication(harness.ServerTest):
    def send(self, method="GET", path=SERVICES, headers=None, body=None):
        return self.client.send(method, path, headers or {}, body)

    def test_missing_date_is_400_before_authorization_is_looked_at(self):
        for headers in ({}, {"authorization": "FC nobody:abc"}):
            self.expect(self.send(headers=headers), 400, "MissingRequiredHeader",
                        "required HTTP header Date was not specified")

    def test_missing_authorization_is_403(self):
        self.expect(self.send(headers={"date": formatdate(usegmt=True)}), 403, "AccessDenied",
                    "required HTTP header Authorization was not specified")

    def test_x_fc_date_stands_in_for_date(self):
        headers = self.client.signed("GET", SERVICES, {"x-fc-date": formatdate(usegmt=True)})
        self.assertNotIn("date", headers)

        self.expect(self.send(headers=headers), 200)

    def test_malformed_authorization_is_signature_not_match(self):
        for value in ("FC", "FC ", "Bearer abc", f"FC{harness.KEY_ID}:abc", f"FC {harness.KEY_ID}", "nonsense"):
            with self.subTest(value):
                headers = {"date": formatdate(usegmt=True), "authorization": value}
                self.expect(self.send(headers=headers), 403, "SignatureNotMatch", MISMATCH)

    def test_extra_blanks_after_the_scheme_are_tolerated(self):
        headers = self.client.signed("GET", SERVICES)
        headers["authorization"] = headers["authorization"].replace("FC ", "FC   ")

        self.expect(self.send(headers=headers), 200)

    def test_unknown_key_is_named_even_when_the_date_is_old(self):
        for date in (formatdate(usegmt=True), formatdate(time.time() - 7200, usegmt=True)):
            headers = signing.signed("GET", SERVICES, {}, "nobody", "secret", date)
            self.expect(self.send(headers=headers), 403, "InvalidAccessKeyID", "invalid access key ID 'nobody'")

    def test_wrong_secret_is_signature_not_match(self):
        headers = signing.signed("GET", SERVICES, {}, harness.KEY_ID, "other secret")

        self.expect(self.send(headers=headers), 403, "SignatureNotMatch", MISMATCH)

    def test_every_signed_part_is_covered(self):
        base = {"content-type": "application/json", "content-md5": "opaque", "x-fc-trace-id": "one"}
        for name, value in (("content-type", "text/plain"), ("content-md5", "other"), ("x-fc-trace-id", "two"),
                            ("x-fc-more", "3")):
            headers = self.client.signed("GET", SERVICES, base)
            headers[name] = value
            with self.subTest(name):
                self.expect(self.send(headers=headers), 403, "SignatureNotMatch")
        headers = self.client.signed("GET", SERVICES, base)
        self.expect(self.send("GET", SERVICES + "/other", headers), 403, "SignatureNotMatch")
        self.expect(self.send("DELETE", SERVICES + "/x", self.client.signed("GET", SERVICES + "/x")), 403,
                    "SignatureNotMatch")

    def test_content_md5_is_opaque(self):
        headers = self.client.signed("GET", SERVICES, {"content-md5": "not the digest of anything"})

        self.expect(self.send(headers=headers), 200)

    def test_query_is_not_signed(self):
        headers = self.client.signed("GET", SERVICES)

        self.expect(self.send(path=SERVICES + "?limit=3&prefix=a", headers=headers), 200)

    def test_empty_x_fc_header_still_contributes_its_line(self):
        headers = self.client.signed("GET", SERVICES, {"x-fc-account-id": ""})

        self.expect(self.send(headers=headers), 200)

    def test_skew_up_to_fifteen_minutes_passes_and_more_does_not(self):
        for minutes, status in ((-14, 200), (14, 200), (-16, 403), (16, 403)):
            date = formatdate(time.time() + 60 * minutes, usegmt=True)
            with self.subTest(minutes):
                response = self.client.call("GET", "/services", date=date)
                self.assertEqual(response.status, status, response)
                if status == 403:
                    self.assertEqual(response.code, "RequestTimeTooSkewed")
                    self.assertRegex(response.message, "^the difference between the request time '.+' and the "
                                     "current time '.+' is too large$")
                    self.assertIn(date, response.message)

    def test_skew_is_told_before_the_signature_is_compared(self):
        date = formatdate(time.time() - 3600, usegmt=True)
        headers = signing.signed("GET", SERVICES, {}, harness.KEY_ID, "wrong", date)

        self.expect(self.send(headers=headers), 403, "RequestTimeTooSkewed")

    def test_unreadable_date_is_refused(self):
        for date in ("yesterday", "2022-03-01T08:00:00Z", "Tue, 01 Mar 2022 08:00:00 CET", "0"):
            with self.subTest(date):
                self.assertIn(self.client.call("GET", "/services", date=date).status, (400, 403))

    def test_the_same_signature_may_be_used_again(self):
        headers = self.client.signed("GET", SERVICES)

        for _ in range(3):
            self.expect(self.send(headers=headers), 200)

    def test_host_that_names_another_account_is_refused(self):
        headers = self.client.signed("GET", SERVICES)
        foreign = {**headers, "host": "1999999999999999.cn-hangzhou.fc.aliyuncs.com"}

        self.expect(self.send(headers=foreign), 403, "AccessDenied",
                    "The service or function doesn't belong to you.")

    def test_other_hosts_are_ignored(self):
        headers = self.client.signed("GET", SERVICES)
        for host in (f"{harness.ACCOUNT}.cn-hangzhou.fc.aliyuncs.com", "fc-ram.aliyuncs.com", "localhost:1", "[::1]",
                     f"{harness.ACCOUNT}.cn-shanghai-internal.fc.aliyuncs.com:80"):
            with self.subTest(host):
                self.expect(self.send(headers={**headers, "host": host}), 200)

    def test_path_may_be_signed_decoded_or_as_sent(self):
        decoded, raw = SERVICES + "/no~such", SERVICES + "/no%7Esuch"
        for signed_path in (decoded, raw.replace("%", "%25")):
            headers = self.client.signed("GET", signed_path)
            with self.subTest(signed_path):
                response = self.send(path=raw, headers=headers)
                self.assertIn(response.status, (400, 404), response)
                self.assertNotEqual(response.code, "SignatureNotMatch")

    def test_invalid_escapes_in_the_path_are_refused(self):
        for path in (SERVICES + "/%zz", SERVICES + "/%4", SERVICES + "/%"):
            with self.subTest(path):
                headers = self.client.signed("GET", path)
                self.expect(self.send(path=path, headers=headers), 400, "InvalidArgument")


class Routing(harness.ServerTest):
    def test_unknown_paths_are_400_before_authentication(self):
        for method, path in (("GET", "/2016-08-15/nope"), ("PATCH", SERVICES), ("GET", "/services"), ("GET", "/"),
                             ("DELETE", SERVICES), ("POST", SERVICES + "/x"), ("GET", "/2021-04-06/services"),
                             ("PUT", SERVICES + "/s/functions")):
            with self.subTest(f"{method} {path}"):
                self.expect(self.client.send(method, path, {}), 400, "PathNotSupported",
                            f"'{method}' against '{path}' is not supported")

    def test_one_trailing_slash_is_accepted(self):
        self.expect(self.client.call("GET", "/services/"), 200)

    def test_errors_carry_both_spellings_and_a_request_id(self):
        response = self.client.get("/services/absent")

        self.expect(response, 404, "ServiceNotFound", "service 'absent' does not exist")
        self.assertEqual(set(response.json), {"ErrorCode", "ErrorMessage", "errorCode", "errorMessage"})
        self.assertEqual(response.json["ErrorCode"], response.json["errorCode"])
        self.assertEqual(response.json["ErrorMessage"], response.json["errorMessage"])
        self.assertEqual(response.header("content-type"), "application/json; charset=utf-8")

    def test_every_answer_has_its_own_request_id_and_a_date(self):
        answers = [self.client.get("/services"), self.client.get("/services/absent"),
                   self.client.send("GET", "/nope", {})]

        names = [name for answer in answers for name, _ in answer.headers if name.lower() == "x-fc-request-id"]
        ids = {answer.header("x-fc-request-id") for answer in answers}
        self.assertEqual(names, ["X-Fc-Request-Id"] * 3)
        self.assertEqual(len(ids), 3)
        for request_id in ids:
            self.assertEqual(str(uuid.UUID(request_id)), request_id)
        for answer in answers:
            self.assertTrue(re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", answer.header("date")))

    def test_authentication_comes_before_the_body_and_the_resource(self):
        headers = signing.signed("POST", SERVICES, {"content-type": "application/json"}, harness.KEY_ID, "wrong")

        self.expect(self.client.send("POST", SERVICES, headers, b"{broken"), 403, "SignatureNotMatch")

    def test_header_values_come_before_the_resource(self):
        response = self.client.invoke("absent", "absent", headers={"x-fc-invocation-type": "Later"})

        self.expect(response, 400, "InvalidArgument")

    def test_body_syntax_and_values_come_before_the_resource(self):
        self.expect(self.client.put("/services/absent", b"{broken"), 400, "InvalidArgument")
        self.expect(self.client.put("/services/absent/functions/f", {"timeout": -1}), 400, "InvalidArgument")
        self.expect(self.client.put("/services/absent/functions/f", {"timeout": 1}), 404, "ServiceNotFound")

    def test_the_service_comes_before_the_function(self):
        self.expect(self.client.get("/services/absent/functions/f"), 404, "ServiceNotFound",
                    "service 'absent' does not exist")
        self.make_service("parent")

        self.expect(self.client.get("/services/parent/functions/f"), 404, "FunctionNotFound", ("'f'", "'parent'"))

    def test_qualifiers(self):
        self.make_service("qualified")
        self.expect(self.client.get("/services/qualified.LATEST"), 200)
        self.expect(self.client.get("/services/qualified."), 200)
        self.expect(self.client.get("/services/qualified.7"), 404, "VersionNotFound",
                    "version '7' of service 'qualified' does not exist")
        self.expect(self.client.get("/services/qualified.prod"), 404, "AliasNotFound",
                    "alias 'prod' of service 'qualified' does not exist")
        self.expect(self.client.put("/services/qualified.prod", {"description": "x"}), 400, "InvalidArgument")
