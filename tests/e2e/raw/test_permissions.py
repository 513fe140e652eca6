"""Access keys, roles, temporary credentials, every route without permission, the audit log, and their commands."""

import glob
import json
import os
import re
import shutil
import stat
import subprocess
import tempfile

import fcclient
import harness
import machine
import signing

OTHER_ACCOUNT = "2000000000000002"
KEYS_CONFIG = (f"accessKeys:\n  - id: other-key\n    secret: other-secret\n    accountId: \"{OTHER_ACCOUNT}\"\n")
ARN = f"acs:fc:{harness.REGION}:{harness.ACCOUNT}:"
METHODS = {"get", "put", "post", "delete"}


def policy(*statements):
    return json.dumps({"Version": "1", "Statement": list(statements)})


def allow(action, resource="*", effect="Allow"):
    return {"Effect": effect, "Action": action, "Resource": resource}


def role_arn(name, account=harness.ACCOUNT):
    return f"acs:ram::{account}:role/{name}"


class PermissionTest(harness.ServerTest):
    config = KEYS_CONFIG

    def own(self, method, path, body=None, client=None):
        """A signed call of one of openfc's own operations."""
        client = client or self.client
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if data else {}
        return client.send(method, path, client.signed(method, path, headers), data)

    def by(self, key_id, secret):
        client = fcclient.Client("127.0.0.1", self.server.port, key_id, secret)
        self.addCleanup(client.close)
        return client

    def make_key(self, **members):
        """A client with a new key, and the key's id."""
        made = self.expect(self.own("POST", "/openfc/keys", members), 200).json
        return self.by(made["accessKeyId"], made["accessKeySecret"]), made["accessKeyId"]

    def make_role(self, name, *statements):
        body = {"roleName": name, "policies": {"p": policy(*statements)}}
        self.expect(self.own("POST", "/openfc/roles", body), 200)

    def refused(self, response, action, resource):
        self.expect(response, 403, "AccessDenied",
                    f"the caller is not authorized to perform '{action}' on resource '{resource}'")

    def credentials(self, service, kind):
        """[id, secret, token] that a function of this kind sees."""
        if kind == "python":
            return self.ask(service, kind, {"do": "describe"})["credentials"]
        if kind == "nodejs":
            seen = self.ask(service, kind, {"do": "describe"})["credentials"]
            return [seen["accessKeyId"], seen["accessKeySecret"], seen["securityToken"]]
        headers = {name.lower(): value for name, value in self.ask(service, kind, {"do": "seen"})["headers"].items()}
        return [headers["x-fc-access-key-id"], headers["x-fc-access-key-secret"], headers["x-fc-security-token"]]

    def with_token(self, credentials, method, path, body=None):
        key_id, secret, token = credentials
        return self.by(key_id, secret).call(method, path, body, headers={"x-fc-security-token": token})


class Keys(PermissionTest):
    def test_a_key_may_what_its_policies_allow(self):
        self.make_service("open-a")
        self.make_service("closed")
        client, _ = self.make_key(policies={"p": policy(allow(["fc:Get*", "fc:DeleteService"], ARN + "services/open-*"),
                                                        allow("fc:DeleteService", effect="Deny"))})

        self.expect(client.get("/services/open-a"), 200)
        self.refused(client.get("/services/closed"), "fc:GetService", ARN + "services/closed")
        self.refused(client.delete("/services/open-a"), "fc:DeleteService", ARN + "services/open-a")
        self.refused(client.get("/services"), "fc:ListServices", ARN + "services/*")
        self.refused(self.own("GET", "/openfc/keys", client=client), "openfc:ListAccessKeys",
                     f"acs:openfc:{harness.REGION}:{harness.ACCOUNT}:keys/*")

    def test_names_are_compared_as_the_resource_is_found(self):
        """No spelling of a service that is denied gets past the denial."""
        self.make_service("secret")
        client, _ = self.make_key(policies={"p": policy(allow("*"), allow("*", ARN + "services/secret", "Deny"),
                                                        allow("*", ARN + "services/secret/*", "Deny"))})

        for name in ("secret", "%73ecret", "secret.", "secret.LATEST", "secret%2ELATEST", "secret%2e"):
            with self.subTest(name):
                self.assertEqual(client.get(f"/services/{name}").status, 403)
                self.assertEqual(client.get(f"/services/{name}/functions").status, 403)
        for name in ("SECRET", "secret%2F", "secret%00", "./secret", "x%2F..%2Fsecret", "secret%20", "secret.latest",
                     "secret..LATEST", "secret.LATEST.LATEST"):
            with self.subTest(name):
                self.assertNotEqual(client.get(f"/services/{name}").status, 200)

    def test_a_disabled_key_ends_at_once_and_a_rotated_secret_too(self):
        client, key_id = self.make_key(fullAccess=True)
        self.expect(client.get("/services"), 200)

        self.expect(self.own("PUT", f"/openfc/keys/{key_id}", {"enabled": False}), 200)
        self.expect(client.get("/services"), 403, "InvalidAccessKeyID")
        self.expect(self.own("PUT", f"/openfc/keys/{key_id}", {"enabled": True}), 200)
        self.expect(client.get("/services"), 200)
        self.expect(self.own("POST", f"/openfc/keys/{key_id}/secret"), 200)
        self.expect(client.get("/services"), 403, "SignatureNotMatch")

    def test_keys_are_there_after_a_crash(self):
        with harness.Server(KEYS_CONFIG) as server:
            first = server.client()
            made = first.send("POST", "/openfc/keys", first.signed("POST", "/openfc/keys"), None).json
            first.close()
            server.kill()
            server.start()
            again = fcclient.Client("127.0.0.1", server.port, made["accessKeyId"], made["accessKeySecret"])
            self.expect(again.get("/services"), 403, "AccessDenied", ("is not authorized",))
            again.close()


NAS_AND_VPC = """
nas:
  - {{serverAddr: "nas.example:/", directory: {own}}}
  - {{serverAddr: "nas.example:/", directory: {other}, accounts: ["{account}"], userId: 10005, groupId: 10006}}
vswitches:
  - {{id: vsw-own, cidrs: [10.1.0.0/16]}}
  - {{id: vsw-other, cidrs: [10.2.0.0/16], accounts: ["{account}"]}}
"""
WRITE = b"def handler(event, context):\n    open('/mnt/x/file', 'wb').write(event)\n    return b'written'\n"


class TwoAccountsWithMountsAndNetworks(harness.ServerTest):
    """Rows of `nas` and `vswitches` are for their accounts alone, whatever userId somebody chooses."""

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="openfc-accounts-")
        os.chmod(cls.root, 0o755)
        cls.directories = {name: os.path.join(cls.root, name) for name in ("own", "other")}
        for directory in cls.directories.values():
            os.mkdir(directory)
            os.chmod(directory, 0o777)
        cls.config = KEYS_CONFIG + NAS_AND_VPC.format(**cls.directories, account=OTHER_ACCOUNT)
        super().setUpClass()
        cls.other = cls.others_client(cls.server)

    @classmethod
    def tearDownClass(cls):
        cls.other.close()
        super().tearDownClass()
        shutil.rmtree(cls.root)

    @staticmethod
    def others_client(server):
        return fcclient.Client("127.0.0.1", server.port, "other-key", "other-secret")

    @staticmethod
    def mounting(address="nas.example:/", user=10003):
        points = [{"serverAddr": address, "mountDir": "/mnt/x"}]
        return {"nasConfig": {"userId": user, "groupId": user, "mountPoints": points}}

    @staticmethod
    def reaching(switch):
        return {"vpcConfig": {"vpcId": "", "vSwitchIds": [switch], "securityGroupId": ""}}

    def make(self, client, service, **members):
        self.expect(client.post("/services", {"serviceName": service, **members}), 200)
        self.expect(client.post(f"/services/{service}/functions", {
            "functionName": "f", "runtime": "python3", "handler": "index.handler", "memorySize": 128, "timeout": 20,
            "code": fcclient.zip_field(fcclient.make_zip({"index.py": WRITE}))}), 200)

    def test_one_address_is_each_accounts_own_directory(self):
        for name, client, owner in (("own", self.client, (10003, 10003)), ("other", self.other, (10005, 10006))):
            self.make(client, "mounts", **self.mounting())
            self.assertEqual(client.invoke("mounts", "f", name).body, b"written")

            path = os.path.join(self.directories[name], "file")
            with open(path) as file:
                self.assertEqual(file.read(), name)
            status = os.stat(path)
            self.assertEqual((status.st_uid, status.st_gid), owner)

    def test_another_accounts_vswitch_does_not_exist(self):
        refused = (400, "InvalidArgument", ("vpcConfig.vSwitchIds", "there is no vSwitch"))
        self.expect(self.client.post("/services", {"serviceName": "net", **self.reaching("vsw-other")}), *refused)
        self.expect(self.other.post("/services", {"serviceName": "net", **self.reaching("vsw-own")}), *refused)

        self.expect(self.client.post("/services", {"serviceName": "net"}), 200)
        self.expect(self.other.post("/services", {"serviceName": "net"}), 200)
        self.expect(self.client.put("/services/net", self.reaching("vsw-other")), *refused)
        self.expect(self.other.put("/services/net", self.reaching("vsw-own")), *refused)
        self.expect(self.client.put("/services/net", self.reaching("vsw-own")), 200)
        self.expect(self.other.put("/services/net", self.reaching("vsw-other")), 200)

    def test_a_row_that_was_taken_away_is_refused_when_an_instance_attaches(self):
        with harness.Server(self.config) as server:
            client = self.others_client(server)
            self.make(client, "mounts", **self.mounting())
            self.make(client, "net", **self.reaching("vsw-other"))
            self.assertEqual(client.invoke("mounts", "f", "").body, b"written")
            client.close()
            server.kill()
            with open(server.config_path, "w") as file:
                file.write(self.config.replace(f'accounts: ["{OTHER_ACCOUNT}"]', 'accounts: ["3"]'))
            server.start()
            client = self.others_client(server)
            self.expect(client.invoke("mounts", "f", ""), 400, "InvalidArgument",
                        "nasConfig.mountPoints[0].serverAddr: there is no NAS server 'nas.example:/'")
            self.expect(client.invoke("net", "f", ""), 400, "InvalidArgument",
                        "vpcConfig.vSwitchIds: there is no vSwitch 'vsw-other'")
            client.close()


class Roles(PermissionTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls("test_every_runtime_gets_credentials_of_the_role")
        test.make_role("reader", allow("fc:GetService", ARN + "services/s"))
        test.make_service("s", role=role_arn("reader"))
        for kind in ("python", "nodejs", "custom"):
            test.make_function("s", kind, kind)

    def test_every_runtime_gets_credentials_of_the_role(self):
        for kind in ("python", "nodejs", "custom"):
            with self.subTest(kind):
                credentials = self.credentials("s", kind)
                self.assertRegex(credentials[0], r"^STS\.")

                self.expect(self.with_token(credentials, "GET", "/services/s"), 200)
                self.refused(self.with_token(credentials, "DELETE", "/services/s"), "fc:DeleteService",
                             ARN + "services/s")
                self.refused(self.with_token(credentials, "GET", "/services/other"), "fc:GetService",
                             ARN + "services/other")

    def test_forged_credentials_are_refused(self):
        key_id, secret, token = self.credentials("s", "python")
        other_id, other_secret, _ = self.credentials("s", "python")
        self.assertNotEqual(key_id, other_id)
        changed = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]

        for forged, code in (([key_id, secret, changed], "AccessDenied"), ([key_id, secret, token[:-4]], "AccessDenied"),
                             ([key_id, secret, "x"], "AccessDenied"), ([key_id, secret, "A" * 9000], "AccessDenied"),
                             ([key_id, "guess", token], "SignatureNotMatch"),
                             ([other_id, other_secret, token], "InvalidAccessKeyID"),
                             ([harness.KEY_ID, harness.KEY_SECRET, token], "InvalidAccessKeyID")):
            with self.subTest(code=code, size=len(forged[2])):
                self.expect(self.with_token(forged, "GET", "/services/s"), 403, code)
        self.expect(self.by(key_id, secret).get("/services/s"), 403, "InvalidAccessKeyID")

    def test_credentials_end_with_their_role(self):
        self.make_role("passing", allow("fc:*"))
        self.make_service("p", role=role_arn("passing"))
        self.make_function("p", "python")
        credentials = self.credentials("p", "python")
        self.expect(self.with_token(credentials, "GET", "/services/p"), 200)

        self.expect(self.own("PUT", "/openfc/roles/passing", {"policies": {"p": policy(allow("fc:ListServices"))}}), 200)
        self.expect(self.with_token(credentials, "GET", "/services/p"), 403, "AccessDenied")
        self.expect(self.with_token(credentials, "GET", "/services"), 200)
        self.expect(self.own("DELETE", "/openfc/roles/passing"), 200)

        message = f"No permission to assume the role '{role_arn('passing')}' for you"
        self.expect(self.with_token(credentials, "GET", "/services"), 403, "AccessDenied", message)
        self.expect(self.client.invoke("p", "python", {"do": "state"}), 403, "AccessDenied", message)

    def test_roles_that_are_not_there_and_others_are_not_taken_on(self):
        for number, arn in enumerate((role_arn("absent"), role_arn("reader", OTHER_ACCOUNT), "reader",
                                      role_arn("reader") + "/x", role_arn(""))):
            with self.subTest(arn):
                self.make_service(f"none{number}", role=arn)
                self.make_function(f"none{number}", "python")
                self.expect(self.client.invoke(f"none{number}", "python", {"do": "state"}), 403, "AccessDenied",
                            f"No permission to assume the role '{arn}' for you")

    def test_a_role_is_passed_on_by_those_who_may(self):
        client, _ = self.make_key(policies={"p": policy(allow("fc:*"), allow("ram:PassRole", role_arn("weak")))})
        made = client.post("/services", {"serviceName": "strong", "role": role_arn("reader")})
        self.refused(made, "ram:PassRole", role_arn("reader"))
        self.expect(client.post("/services", {"serviceName": "strong", "role": role_arn("weak")}), 200)
        self.refused(client.put("/services/strong", {"ROLE": role_arn("reader")}), "ram:PassRole", role_arn("reader"))


class Expiry(PermissionTest):
    config = KEYS_CONFIG + "roleCredentialExpiry: 2\n"

    def test_credentials_end_and_a_living_instance_gets_new_ones(self):
        self.make_role("reader", allow("fc:GetService"))
        self.make_service("s", role=role_arn("reader"))
        self.make_function("s", "python")
        before = self.ask("s", "python", {"do": "state"})["pid"], self.credentials("s", "python")
        self.expect(self.with_token(before[1], "GET", "/services/s"), 200)

        def ended():
            return self.with_token(before[1], "GET", "/services/s").status == 403
        self.assertTrue(machine.wait_until(ended, 20))
        self.expect(self.with_token(before[1], "GET", "/services/s"), 403, "AccessDenied",
                    "the security token has expired")

        after = self.ask("s", "python", {"do": "state"})["pid"], self.credentials("s", "python")
        self.assertEqual(before[0], after[0])
        self.expect(self.with_token(after[1], "GET", "/services/s"), 200)


class Routes(PermissionTest):
    """Every operation of the server's own document: a new one is covered when it is there."""

    # What does not need the resource that its path names: no invocation has to have been, and code may be uploaded
    # before its service is made.
    NEEDS_NOTHING = ("stateful", "tempCodeBucketToken")
    NAMES = {"serviceName": "target", "functionName": "python", "layerName": "l", "version": "1", "versionId": "1",
             "aliasName": "a", "accountId": harness.ACCOUNT, "roleName": "reader", "arn": ARN + "layers/l/versions/1"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        document = cls.client.send("GET", "/openapi.json", {}).json
        cls.routes = [(method.upper(), path, operation) for path, methods in sorted(document["paths"].items())
                      for method, operation in methods.items() if method in METHODS]
        cls.guarded = [route for route in cls.routes if "security" in route[2]]
        test = cls("test_the_document_names_all_routes")
        test.make_role("reader", allow("fc:GetService"))
        test.make_service("target", description="marker-of-account-a")
        test.make_function("target", "python", description="marker-of-account-a")
        # What is open to everybody of a function opens nothing else of it.
        test.expect(cls.client.post("/services/target/functions/python/triggers", {
            "triggerName": "open", "triggerType": "http",
            "triggerConfig": {"authType": "anonymous", "methods": ["GET", "POST", "PUT", "DELETE"]}}), 200)
        cls.none, cls.none_id = test.make_key()
        test.doCleanups()

    def filled(self, path):
        return re.sub(r"\{(\w+)\}", lambda name: self.NAMES.get(name[1], "n1").replace("/", "%2F").replace(":", "%3A"),
                      path)

    def send(self, client, method, path, extra=None):
        body = b"" if method in ("POST", "PUT", "DELETE") else None
        return client.send(method, path, client.signed(method, path, dict(extra or {})), body)

    def test_the_document_names_all_routes(self):
        self.assertGreater(len(self.guarded), 60)
        self.assertEqual({path for _, path, operation in self.routes if "security" not in operation},
                         {"/openapi.json", "/openfc/capabilities", "/openfc/code/{digest}"})
        own = {path for _, path, _ in self.guarded if path.startswith("/openfc/")}
        self.assertIn("/openfc/keys/{accessKeyId}/secret", own)

    def test_without_credentials(self):
        for method, template, _ in self.guarded:
            path = self.filled(template)
            with self.subTest(f"{method} {template}"):
                self.expect(self.client.send(method, path, {}, b"" if method != "GET" else None), 400,
                            "MissingRequiredHeader")
                dated = {"date": signing.signed(method, path, {}, "", "")["date"]}
                self.expect(self.client.send(method, path, dated, b"" if method != "GET" else None), 403, "AccessDenied",
                            "required HTTP header Authorization was not specified")
                self.expect(self.send(self.by(harness.KEY_ID, "guess"), method, path), 403, "SignatureNotMatch")

    def test_the_path_of_an_anonymous_trigger_is_no_route(self):
        """Nothing is behind it as long as HTTP triggers are only kept: whoever serves it adds it to these tests."""
        self.assertFalse([path for _, path, _ in self.routes if "/proxy/" in path])
        for method in sorted(METHODS):
            answer = self.client.send(method.upper(), "/2016-08-15/proxy/target/python/x", {}, None)
            self.expect(answer, 400, "PathNotSupported")

    def test_with_a_key_without_permission(self):
        client = self.by(self.none.key_id, self.none.secret)
        for method, template, operation in self.guarded:
            with self.subTest(f"{method} {template}"):
                answer = self.expect(self.send(client, method, self.filled(template)), 403, "AccessDenied")
                told = re.match(r"the caller is not authorized to perform '(?:fc|openfc):(\w+)' on resource "
                                r"'acs:(?:fc|openfc):", answer.message)
                self.assertIsNotNone(told, answer)
                # A second path of one operation has its end in the name that the document gives it.
                self.assertTrue(operation["operationId"].startswith(told[1]), answer)

    def test_from_another_account(self):
        before = [self.client.get(path).header("etag") for path in
                  ("/services/target", "/services/target/functions/python")]
        client = self.by("other-key", "other-secret")
        for method, template, _ in self.guarded:
            path = self.filled(template)
            with self.subTest(f"{method} {template}"):
                named = self.send(client, method, path, {"host": f"{harness.ACCOUNT}.{harness.REGION}.fc.aliyuncs.com"})
                self.expect(named, 403, "AccessDenied", "The service or function doesn't belong to you.")
                answer = self.send(client, method, path)
                self.assertNotIn(b"marker-of-account-a", answer.body)
                if method == "GET" and "serviceName" in template and not any(
                        word in template for word in self.NEEDS_NOTHING):
                    self.assertGreaterEqual(answer.status, 400, answer)
        after = [self.client.get(path).header("etag") for path in
                 ("/services/target", "/services/target/functions/python")]
        self.assertEqual(before, after)
        self.expect(self.own("GET", "/openfc/roles/reader"), 200)


class AuditLog(PermissionTest):
    def line_of(self, response, kind="calls"):
        return self.server.audit_line(response.header("x-fc-request-id"), kind)

    def test_says_who_changed_what_and_from_which_state(self):
        made = self.make_service("audited")
        changed = self.expect(self.client.put("/services/audited", {"description": "x"}), 200)
        gone = self.expect(self.client.delete("/services/audited"), 200)

        line = self.line_of(made)
        self.assertEqual((line["operation"], line["accountId"], line["accessKeyId"], line["sourceIp"], line["status"]),
                         ("CreateService", harness.ACCOUNT, harness.KEY_ID, "127.0.0.1", 200))
        self.assertEqual(line["newEtag"], made.header("etag"))
        self.assertNotIn("oldEtag", line)
        line = self.line_of(changed)
        self.assertEqual((line["resource"], line["oldEtag"], line["newEtag"]),
                         (ARN + "services/audited", made.header("etag"), changed.header("etag")))
        line = self.line_of(gone)
        self.assertEqual(line["oldEtag"], changed.header("etag"))
        self.assertNotIn("newEtag", line)

    def test_keeps_refusals_and_strangers(self):
        client, key_id = self.make_key()
        refused = self.expect(client.post("/services", {"serviceName": "x"}), 403)
        stranger = self.expect(self.by("nobody", "x").post("/services", {"serviceName": "x"}), 403)
        read = self.client.get("/services")

        line = self.line_of(refused)
        self.assertEqual((line["accessKeyId"], line["status"], line["errorCode"]), (key_id, 403, "AccessDenied"))
        line = self.line_of(stranger, "strangers")
        self.assertEqual((line["claimedAccessKeyId"], line["errorCode"]), ("nobody", "InvalidAccessKeyID"))
        self.assertNotIn(read.header("x-fc-request-id"), self.server.audit())

    def test_holds_no_secret_and_belongs_to_the_servers_user(self):
        made = self.own("POST", "/openfc/keys", {"fullAccess": True}).json
        rotated = self.own("POST", f"/openfc/keys/{made['accessKeyId']}/secret").json
        text = self.server.audit()

        self.assertIn(made["accessKeyId"], text)
        for secret in (made["accessKeySecret"], rotated["accessKeySecret"], harness.KEY_SECRET):
            self.assertNotIn(secret, text)
        directory = os.path.join(self.server.directory, "audit")
        self.assertEqual(stat.S_IMODE(os.stat(directory).st_mode), 0o700)
        for path in glob.glob(os.path.join(directory, "*")):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600, path)

    def test_lines_of_answered_calls_survive_a_crash(self):
        with harness.Server() as server:
            client = server.client()
            made = [self.expect(client.post("/services", {"serviceName": f"s{number}"}), 200) for number in range(20)]
            client.close()
            server.kill()
            ids = {json.loads(line)["requestId"] for line in server.audit().splitlines()}
            self.assertEqual({answer.header("x-fc-request-id") for answer in made} - ids, set())
            server.start()
            client = server.client()
            more = self.expect(client.post("/services", {"serviceName": "more"}), 200)
            client.close()
            self.assertIn(more.header("x-fc-request-id"), server.audit())


class Commands(PermissionTest):
    def openfc(self, *words, status=0, key=None, stdin=""):
        environment = {**os.environ, "OPENFC_ENDPOINT": f"http://127.0.0.1:{self.server.port}"}
        if key:
            environment.update(ACCESS_KEY_ID=key[0], ACCESS_KEY_SECRET=key[1])
        done = subprocess.run([harness.binary(), *words], env=environment, input=stdin, capture_output=True, text=True,
                              timeout=30, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def json(self, *words, **options):
        return json.loads(self.openfc(*words, "-o", "json", **options).stdout)

    def test_a_life_of_a_key(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(policy(allow("fc:ListServices")))
            file.flush()
            made = self.json("key", "create", "--description", "ci", "--policy", f"list=@{file.name}")
        key_id, key = made["accessKeyId"], (made["accessKeyId"], made["accessKeySecret"])

        self.openfc("service", "list", key=key)
        self.assertIn("fc:CreateService", self.openfc("service", "create", "x", key=key, status=3).stderr)
        self.assertIn(key_id, self.openfc("key", "list").stdout)
        self.openfc("key", "disable", key_id)
        self.openfc("service", "list", key=key, status=3)
        self.openfc("key", "enable", key_id)
        rotated = self.json("key", "rotate", key_id)
        self.openfc("service", "list", key=key, status=3)
        key = (key_id, rotated["accessKeySecret"])
        self.openfc("service", "list", key=key)
        self.assertNotIn(key[1], self.openfc("key", "get", key_id).stdout)
        self.openfc("key", "update", key_id, "--full-access", "true")
        self.openfc("service", "create", "x", key=key)
        self.openfc("key", "delete", key_id, "--if-match", "stale", status=3)
        self.openfc("key", "delete", key_id)
        self.openfc("service", "list", key=key, status=3)

    def test_a_life_of_a_role(self):
        self.openfc("role", "create", "r", "--policy", "p=@-", stdin=policy(allow("fc:ListServices")))
        self.assertIn("fc:ListServices", self.json("role", "get", "r")["policies"]["p"])
        self.openfc("role", "update", "r", "--description", "reads")
        self.assertEqual([role["description"] for role in self.json("role", "list")["roles"]], ["reads"])
        self.assertIn("fc:ListServices", self.json("role", "get", "r")["policies"]["p"])
        self.openfc("role", "update", "r", "--policy", "p=@-", stdin="{}", status=3)
        self.openfc("role", "delete", "r")
        self.openfc("role", "get", "r", status=3)

    def test_help_and_wrong_usage(self):
        for words in (("key", "--help"), ("key", "create", "--help"), ("role", "update", "--help")):
            self.assertIn("Usage: openfc", self.openfc(*words).stdout)
        self.openfc("key", "rotate", status=2)
        self.openfc("key", "create", "--policy", "nofile", status=2)
