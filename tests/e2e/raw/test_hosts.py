"""DNS rebinding: while the published development key is accepted, no web page whose own name leads here is answered."""

import http.client
import json
from contextlib import closing

import fcclient
import harness

SERVICES = "/2016-08-15/services"
OWN = "hostNames: [openfc.test]\npublicUrl: http://public.test:8016\n"
OWN_KEY = "developmentKey: false\naccessKeys: [{id: own-key, secret: own-secret}]\n"


def ask(port, path, headers):
    """GET; (status, body)."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


class Rebinding(harness.ServerTest):
    config = OWN

    def api(self, client=None, **headers):
        return ask(self.server.port, SERVICES, {**(client or self.client).signed("GET", SERVICES), **headers})

    def test_a_page_that_rebinds_its_name_is_refused(self):
        for headers in ({"Host": "evil.example:8016"}, {"Host": "127.0.0.1.evil.example"},
                        {"Origin": "http://evil.example"}, {"Origin": "null"},
                        {"Host": "localhost", "Origin": "http://evil.example:8016"}):
            with self.subTest(headers):
                status, body = self.api(**headers)
                self.assertEqual(status, 403, body)
                told = json.loads(body)
                self.assertEqual(told["ErrorCode"], "AccessDenied")
                self.assertIn("hostNames", told["ErrorMessage"])
                header, value = list(headers.items())[-1]
                self.assertIn(f"{header} '{value}'", told["ErrorMessage"])

    def test_names_that_lead_here_by_right_are_answered(self):
        for host in ("localhost:1", "data.localhost", "[::1]", f"{harness.ACCOUNT}.cn-hangzhou.fc.aliyuncs.com",
                     "openfc.test:8016", "below.openfc.test", "public.test"):
            with self.subTest(host):
                self.assertEqual(self.api(Host=host)[0], 200)
        self.assertEqual(self.api(Origin="http://localhost:3000")[0], 200)

    def test_object_storage_is_behind_the_same_door(self):
        status, body = ask(self.server.port, "/", {"Host": "evil.example", "Authorization": "OSS a:b"})

        self.assertEqual(status, 403)
        self.assertIn("hostNames", body)

    def test_the_admin_port_is_not_for_pages_either(self):
        for path in ("/metrics", "/healthz", "/readyz"):
            status, body = ask(self.server.admin_port, path, {"Host": "evil.example"})
            self.assertEqual(status, 403, path)
            self.assertIn("evil.example", body)
        self.assertEqual(ask(self.server.admin_port, "/metrics", {"Origin": "http://evil.example"})[0], 403)
        for host in ("localhost", "openfc.test", "192.168.1.10:8017"):  # no name leads to an address
            self.assertEqual(ask(self.server.admin_port, "/healthz", {"Host": host})[0], 200, host)


class WithoutTheDevelopmentKey(harness.ServerTest):
    config = OWN_KEY

    def test_any_name_may_lead_to_a_server_whose_keys_are_secret(self):
        client = fcclient.Client("127.0.0.1", self.server.port, "own-key", "own-secret")
        headers = {**client.signed("GET", SERVICES), "Host": "any.example", "Origin": "http://any.example"}

        self.assertEqual(ask(self.server.port, SERVICES, headers)[0], 200)
        self.assertEqual(ask(self.server.admin_port, "/metrics", {"Host": "any.example"})[0], 403)
