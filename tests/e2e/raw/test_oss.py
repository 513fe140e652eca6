"""Object storage: the official Python client, unmodified, and requests that no client sends (wire-contract 3.7)."""

import base64
import hashlib
import hmac
import http.client
import os
import subprocess
import tempfile
import threading
import time
import xml.etree.ElementTree
from email.utils import formatdate
from urllib.parse import quote

import fcclient
import harness
import oss2

OTHER = "2000000000000002"
TOKEN_SECONDS = 2
MAX_OBJECT = 3 << 20
TEMPORARY = f"openfc-code-{harness.ACCOUNT}"


def policy(action, resource, effect="Allow"):
    return {"Effect": effect, "Action": action, "Resource": resource}


class Oss(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.TemporaryDirectory(prefix="openfc-oss-")
        os.chmod(cls.root.name, 0o755)
        cls.paths = {name: os.path.join(cls.root.name, name) for name in ("data", "fixed", "theirs", "both", "small")}
        for path in cls.paths.values():
            os.mkdir(path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "openfc-test", cls.paths["small"]], check=True)
        cls.addClassCleanup(cls.root.cleanup)
        cls.addClassCleanup(subprocess.run, ["umount", cls.paths["small"]], check=True)
        for path in cls.paths.values():
            os.chmod(path, 0o777)
        for name in ("fixed", "theirs"):
            with open(os.path.join(cls.paths[name], "given.txt"), "w") as file:
                file.write("given")
        cls.config = (
            f"maxObjectBytes: {MAX_OBJECT}\nbucketTokenExpiry: {TOKEN_SECONDS}\n"
            f"accessKeys:\n  - {{id: other-key, secret: other-secret, accountId: '{OTHER}'}}\n"
            "buckets:\n"
            f"  - {{name: data, directory: {cls.paths['data']}}}\n"
            f"  - {{name: fixed, directory: {cls.paths['fixed']}, readOnly: true}}\n"
            f"  - {{name: theirs, directory: {cls.paths['theirs']}, accounts: ['{OTHER}']}}\n"
            f"  - {{name: both, directory: {cls.paths['both']}, accounts: ['{OTHER}', '{harness.ACCOUNT}']}}\n"
            f"  - {{name: small, directory: {cls.paths['small']}}}\n"
            "  - {name: remote, endpoint: 'http://127.0.0.1:1', accessKeyId: a, accessKeySecret: b}\n")
        super().setUpClass()
        cls.endpoint = f"http://127.0.0.1:{cls.server.port}"

    def bucket(self, name="data", key=(harness.KEY_ID, harness.KEY_SECRET)):
        return oss2.Bucket(oss2.Auth(*key), self.endpoint, name)

    def token_bucket(self, answer):
        credentials = answer["credentials"]
        auth = oss2.StsAuth(credentials["AccessKeyId"], credentials["AccessKeySecret"], credentials["SecurityToken"])
        return oss2.Bucket(auth, self.endpoint, answer["ossBucket"])

    def key_with(self, *statements):
        document = fcclient.json.dumps({"Version": "1", "Statement": list(statements)})
        path = "/openfc/keys"
        body = fcclient.json.dumps({"policies": {"p": document}}).encode()
        headers = self.client.signed("POST", path, {"content-type": "application/json"})
        made = self.expect(self.client.send("POST", path, headers, body), 200).json
        return made["accessKeyId"], made["accessKeySecret"]

    def fails(self, status, code, call, *arguments, **options):
        with self.assertRaises(oss2.exceptions.OssError) as caught:
            call(*arguments, **options)
        self.assertEqual((caught.exception.status, caught.exception.code), (status, code))
        self.assertTrue(caught.exception.request_id)
        return caught.exception

    def raw(self, method, target, resource, headers=None, body=None, host=None, date=None, secret=harness.KEY_SECRET):
        """A request signed for `resource`, whatever its target is."""
        headers = {name.lower(): value for name, value in (headers or {}).items()}
        headers["date"] = date or formatdate(usegmt=True)
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-oss-"))
        text = "\n".join((method, headers.get("content-md5", ""), headers.get("content-type", ""), headers["date"],
                          lines + resource))
        signature = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
        headers["authorization"] = f"OSS {harness.KEY_ID}:{signature}"
        if host:
            headers["host"] = host
        return self.client.send(method, target, headers, body)

    def oss_code(self, response):
        return xml.etree.ElementTree.fromstring(response.body).findtext("Code")

    def files_of(self, name):
        return sorted(os.path.relpath(os.path.join(directory, file), self.paths[name])
                      for directory, _, files in os.walk(self.paths[name]) for file in files)

    # --- the client

    def test_life_of_an_object(self):
        bucket, name = self.bucket(), "life/a b+%/你好"
        put = bucket.put_object(name, b"hello", headers={"x-oss-meta-color": "blue", "Content-Type": "text/plain",
                                                         "Cache-Control": "no-cache"})
        self.assertEqual((put.etag, put.crc), ("5D41402ABC4B2A76B9719D911017C592", int(fcclient.crc64(b"hello"))))

        got = bucket.get_object(name)
        self.assertEqual((got.read(), got.server_crc), (b"hello", int(fcclient.crc64(b"hello"))))
        head = bucket.head_object(name)
        self.assertEqual((head.content_length, head.content_type, head.etag), (5, "text/plain", put.etag))
        self.assertEqual((head.headers["x-oss-meta-color"], head.headers["cache-control"]), ("blue", "no-cache"))
        self.assertTrue(bucket.object_exists(name))
        self.assertEqual(bucket.get_object_meta(name).content_length, 5)

        bucket.put_object(name, b"other")
        self.assertEqual(bucket.get_object(name).read(), b"other")
        self.assertNotIn("x-oss-meta-color", bucket.head_object(name).headers)
        self.assertEqual(bucket.delete_object(name).status, 204)
        self.assertFalse(bucket.object_exists(name))
        self.assertEqual(bucket.delete_object(name).status, 204)
        self.fails(404, "NoSuchKey", bucket.get_object, name)
        self.assertFalse(os.path.exists(os.path.join(self.paths["data"], "life")))

    def test_large_objects_whole_and_in_parts(self):
        bucket, data = self.bucket(), os.urandom(MAX_OBJECT)
        bucket.put_object("large", data)
        self.assertEqual(bucket.get_object("large").read(), data)
        part = bucket.get_object("large", byte_range=(1_000_000, 2_000_000))
        self.assertEqual((part.status, part.read()), (206, data[1_000_000:2_000_001]))
        self.assertEqual(bucket.get_object("large", byte_range=(None, 7)).read(), data[-7:])
        self.assertEqual(len(bucket.get_object("large", byte_range=(MAX_OBJECT, None)).read()), MAX_OBJECT)
        self.fails(416, "InvalidRange", bucket.get_object, "large", byte_range=(MAX_OBJECT, None),
                   headers={"x-oss-range-behavior": "standard"})

        self.fails(400, "EntityTooLarge", bucket.put_object, "large", data + b"x")
        self.fails(400, "EntityTooLarge", bucket.put_object, "large", iter([data, b"x"]))
        self.assertEqual(bucket.head_object("large").content_length, MAX_OBJECT)
        bucket.delete_object("large")

    def test_conditions(self):
        bucket = self.bucket()
        etag = bucket.put_object("condition", b"x").etag
        self.assertEqual(bucket.get_object("condition", headers={"If-Match": f'"{etag}"'}).read(), b"x")
        self.fails(412, "PreconditionFailed", bucket.get_object, "condition", headers={"If-Match": '"y"'})
        with self.assertRaises(oss2.exceptions.NotModified):
            bucket.get_object("condition", headers={"If-None-Match": f'"{etag}"'})
        with self.assertRaises(oss2.exceptions.NotModified):
            bucket.get_object("condition", headers={"If-Modified-Since": formatdate(time.time() + 60, usegmt=True)})
        self.fails(409, "FileAlreadyExists", bucket.put_object, "condition", b"y",
                   headers={"x-oss-forbid-overwrite": "true"})
        self.assertEqual(bucket.get_object("condition").read(), b"x")
        bucket.delete_object("condition")

    def test_listing(self):
        bucket = self.bucket("both")
        names = sorted(f"{folder}{number:02d}" for folder in ("a/", "b<&>/", "c") for number in range(30))
        for name in names:
            bucket.put_object(name, b"x")
        self.assertEqual([found.key for found in oss2.ObjectIterator(bucket, max_keys=7)], names)
        self.assertEqual([found.key for found in oss2.ObjectIteratorV2(bucket, max_keys=7)], names)
        page = bucket.list_objects(prefix="", delimiter="/", max_keys=3)
        self.assertEqual((page.prefix_list, [found.key for found in page.object_list], page.is_truncated),
                         (["a/", "b<&>/"], ["c00"], True))
        self.assertEqual([found.key for found in bucket.list_objects_v2(start_after="c27").object_list], ["c28", "c29"])
        one = bucket.list_objects(prefix="c00").object_list[0]
        self.assertEqual((one.size, one.etag, one.owner.id), (1, "9DD4E461268C8034F5C8564E155C67A6", harness.ACCOUNT))
        self.fails(400, "InvalidArgument", bucket.list_objects, max_keys=1001)

    def test_buckets(self):
        service = oss2.Service(oss2.Auth(harness.KEY_ID, harness.KEY_SECRET), self.endpoint)
        self.assertEqual([found.name for found in service.list_buckets().buckets],
                         ["both", "data", "fixed", TEMPORARY, "remote", "small"])
        self.assertEqual(self.bucket().get_bucket_location().location, f"oss-{harness.REGION}")
        self.assertEqual(self.bucket().get_bucket_info().name, "data")
        self.assertEqual(self.bucket().get_bucket_acl().acl, "private")

    def test_signed_urls(self):
        bucket = self.bucket()
        bucket.put_object("url", b"content")
        url = bucket.sign_url("GET", "url", 60, params={"response-content-type": "a/b"})
        answer = bucket.get_object_with_url(url)
        self.assertEqual((answer.read(), answer.content_type), (b"content", "a/b"))
        self.fails(403, "SignatureDoesNotMatch", bucket.get_object_with_url, url.replace("a%2Fb", "c%2Fd"))
        self.fails(403, "SignatureDoesNotMatch", bucket.put_object_with_url, url, b"x")
        self.fails(403, "AccessDenied", bucket.get_object_with_url, bucket.sign_url("GET", "url", -5))
        bucket.put_object_with_url(bucket.sign_url("PUT", "url", 60), b"new")
        self.assertEqual(bucket.get_object("url").read(), b"new")

    # --- who may do what

    def test_wrong_credentials(self):
        self.fails(403, "InvalidAccessKeyId", self.bucket(key=("unknown", "secret")).list_objects)
        self.fails(403, "SignatureDoesNotMatch", self.bucket(key=(harness.KEY_ID, "wrong")).list_objects)
        for seconds in (-1000, 1000):
            answer = self.raw("GET", "/data/", "/data/", date=formatdate(time.time() + seconds, usegmt=True))
            self.assertEqual((answer.status, self.oss_code(answer)), (403, "RequestTimeTooSkewed"))
        answer = self.client.send("GET", "/data/", {"authorization": f"OSS {harness.KEY_ID}:x"})
        self.assertEqual((answer.status, self.oss_code(answer)), (403, "AccessDenied"))
        answer = self.client.send("GET", "/data/", {"authorization": "OSS4-HMAC-SHA256 Credential=x"})
        self.assertEqual((answer.status, self.oss_code(answer)), (501, "NotImplemented"))
        self.assertIn(self.client.send("GET", "/fixed/given.txt", {}).status, (400, 403, 404))

    def test_buckets_belong_to_accounts(self):
        other = ("other-key", "other-secret")
        self.assertEqual(self.bucket("theirs", other).get_object("given.txt").read(), b"given")
        self.fails(404, "NoSuchBucket", self.bucket("theirs").get_object, "given.txt")
        self.fails(404, "NoSuchBucket", self.bucket("data", other).get_object, "x")
        self.fails(404, "NoSuchBucket", self.bucket(TEMPORARY, other).list_objects)
        self.bucket("both", other).put_object("shared", b"x")
        self.assertEqual(self.bucket("both").get_object("shared").read(), b"x")
        self.bucket("both").delete_object("shared")
        self.assertEqual([found.key for found in self.bucket(f"openfc-code-{OTHER}", other).list_objects().object_list], [])

        self.client.post("/services", {"serviceName": "owners"})
        function = {"functionName": "f", "runtime": "python3", "handler": "index.handler",
                    "code": {"ossBucketName": "theirs", "ossObjectName": "given.txt"}}
        self.expect(self.client.post("/services/owners/functions", function), 400, "InvalidArgument",
                    "ossBucketName 'theirs' is not a bucket of this account")

    def test_read_only_and_remote_buckets(self):
        fixed = self.bucket("fixed")
        self.assertEqual(fixed.get_object("given.txt").read(), b"given")
        self.assertNotIn("x-oss-hash-crc64ecma", fixed.head_object("given.txt").headers)
        self.fails(403, "AccessDenied", fixed.put_object, "given.txt", b"x")
        self.fails(403, "AccessDenied", fixed.delete_object, "given.txt")
        self.fails(501, "NotImplemented", self.bucket("remote").get_object, "x")
        self.assertEqual(self.files_of("fixed"), ["given.txt"])

    def test_policies(self):
        admin = self.bucket()
        for name in ("in/a", "in/secret", "out/b"):
            admin.put_object(name, b"x")
        key = self.key_with(policy("oss:GetObject", [f"acs:oss:*:{harness.ACCOUNT}:data/in/*"]),
                            policy("oss:PutObject", [f"acs:oss:*:{harness.ACCOUNT}:data/in/new"]),
                            policy("oss:*", ["acs:oss:*:*:data/in/secret"], "Deny"))
        bucket = self.bucket(key=key)
        self.assertEqual(bucket.get_object("in/a").read(), b"x")
        bucket.put_object("in/new", b"x")
        self.fails(403, "AccessDenied", bucket.get_object, "in/secret")
        self.fails(403, "AccessDenied", bucket.get_object, "out/b")
        self.fails(403, "AccessDenied", bucket.get_object, "out/absent")
        self.fails(403, "AccessDenied", bucket.put_object, "in/a", b"y")
        self.fails(403, "AccessDenied", bucket.delete_object, "in/a")
        self.fails(403, "AccessDenied", bucket.list_objects)
        self.fails(403, "AccessDenied", self.bucket("absent", key).list_objects)
        for target in ("/data/in//secret", "/data/in/./secret", "/data/out/../in/secret"):
            with self.subTest(target):
                answer = self.raw("GET", target, target)
                self.assertEqual((answer.status, self.oss_code(answer)), (400, "InvalidObjectName"))
        self.fails(403, "AccessDenied",
                   oss2.Service(oss2.Auth(*key), self.endpoint).list_buckets)

    def test_code_of_an_object_needs_the_right_to_read_it(self):
        self.bucket().put_object("code.zip", harness.code("python"))
        self.client.post("/services", {"serviceName": "limited"})
        function = {"functionName": "f", "runtime": "python3", "handler": "index.handler",
                    "code": {"ossBucketName": "data", "ossObjectName": "code.zip"}}
        limited = self.key_with(policy("fc:*", ["*"]))
        client = fcclient.Client("127.0.0.1", self.server.port, *limited)
        self.expect(client.post("/services/limited/functions", function), 403, "AccessDenied", ("oss:GetObject",))
        reader = self.key_with(policy("fc:*", ["*"]), policy("oss:GetObject", ["acs:oss:*:*:data/code.zip"]))
        self.expect(fcclient.Client("127.0.0.1", self.server.port, *reader)
                    .post("/services/limited/functions", function), 200)

    def test_a_functions_role_opens_what_it_allows(self):
        """The credentials that a function gets of its service's role are those of a client of OSS, too."""
        self.bucket().put_object("role/in", b"for the role")
        document = {"Version": "1", "Statement": [policy("oss:GetObject", ["acs:oss:*:*:data/role/*"]),
                                                  policy("oss:PutObject", ["acs:oss:*:*:data/role/out"])]}
        body = fcclient.json.dumps({"roleName": "storage", "policies": {"p": fcclient.json.dumps(document)}}).encode()
        headers = self.client.signed("POST", "/openfc/roles", {"content-type": "application/json"})
        self.expect(self.client.send("POST", "/openfc/roles", headers, body), 200)
        role = f"acs:ram::{harness.ACCOUNT}:role/storage"
        self.make_service("storing", role=role)
        self.make_function("storing", "f")
        seen = self.ask("storing", "f", {"do": "describe"})["credentials"]

        bucket = oss2.Bucket(oss2.StsAuth(*seen), self.endpoint, "data")
        self.assertEqual(bucket.get_object("role/in").read(), b"for the role")
        line = self.server.audit_line(bucket.put_object("role/out", b"x").request_id)
        self.assertEqual((line["accessKeyId"], line["role"], line["session"]), (seen[0], role, "storing/f"))
        for call, arguments in ((bucket.put_object, ("role/in", b"x")), (bucket.delete_object, ("role/out",)),
                                (bucket.get_object, ("life",)), (bucket.list_objects, ())):
            with self.subTest(call.__name__):
                self.fails(403, "AccessDenied", call, *arguments)
        self.fails(403, "AccessDenied", oss2.Bucket(oss2.StsAuth(*seen[:2], seen[2][:-2] + "xx"), self.endpoint,
                                                    "data").get_object, "role/in")

    # --- code with a token

    def test_code_upload_with_a_token(self):
        self.client.post("/services", {"serviceName": "upload"})
        answer = self.expect(self.client.get("/services/upload/tempCodeBucketToken",
                                             query={"functionName": "f", "instanceType": "e1"}), 200).json
        self.assertEqual((answer["ossBucket"], answer["ossRegion"], answer["codeSizeLimit"]),
                         (TEMPORARY, f"oss-{harness.REGION}", 500 << 20))
        name = f"{harness.ACCOUNT}/upload/{answer['objectName']}"
        bucket, zipped = self.token_bucket(answer), harness.code("python")
        bucket.put_object(name, zipped)
        for call, arguments in ((bucket.get_object, (name,)), (bucket.delete_object, (name,)),
                                (bucket.put_object, (name + "x", b"")), (bucket.list_objects, ()),
                                (bucket.put_object, (f"{harness.ACCOUNT}/other/{answer['objectName']}", b""))):
            self.fails(403, "AccessDenied", call, *arguments)
        elsewhere = oss2.Bucket(bucket.auth, self.endpoint, "data")
        self.fails(403, "AccessDenied", elsewhere.put_object, name, b"")
        function = {"functionName": "f", "runtime": "python3", "handler": "index.handler",
                    "code": {"ossBucketName": TEMPORARY, "ossObjectName": name}}
        made = self.expect(self.client.post("/services/upload/functions", function), 200).json
        self.assertEqual((made["codeChecksum"], made["codeSize"]), (fcclient.crc64(zipped), len(zipped)))
        self.assertEqual(self.ask("upload", "f", {"do": "echo", "value": 7}), 7)

        other = harness.code("python", **{"more.py": "x = 1\n"})
        self.bucket(TEMPORARY).put_object(name, other)
        changed = self.client.put("/services/upload/functions/f", {"code": function["code"]})
        self.assertEqual(self.expect(changed, 200).json["codeChecksum"], fcclient.crc64(other))

    def test_a_token_is_for_nothing_but_its_object(self):
        answer = self.expect(self.client.get("/tempBucketToken"), 200).json
        credentials = answer["credentials"]
        client = fcclient.Client("127.0.0.1", self.server.port, credentials["AccessKeyId"],
                                 credentials["AccessKeySecret"])
        token = {"x-fc-security-token": credentials["SecurityToken"]}
        self.expect(client.get("/services", headers=token), 403, "AccessDenied")
        self.expect(client.get("/tempBucketToken", headers=token), 403, "AccessDenied")
        name = f"{harness.ACCOUNT}/{answer['objectName']}"
        wrong = {**answer, "credentials": {**credentials, "AccessKeySecret": "x"}}
        self.fails(403, "SignatureDoesNotMatch", self.token_bucket(wrong).put_object, name, b"")
        forged = {**answer, "credentials": {**credentials, "SecurityToken": credentials["SecurityToken"][:-2] + "xx"}}
        self.fails(403, "AccessDenied", self.token_bucket(forged).put_object, name, b"")

    def test_a_token_ends(self):
        answer = self.expect(self.client.get("/tempBucketToken"), 200).json
        bucket, name = self.token_bucket(answer), f"{harness.ACCOUNT}/{answer['objectName']}"
        bucket.put_object(name, b"in time")

        def late():
            try:
                bucket.put_object(name, b"late")
            except oss2.exceptions.AccessDenied as refused:
                return "expired" in refused.message
            return False
        self.assertTrue(harness.machine.wait_until(late, TOKEN_SECONDS + 10))

    def test_a_token_needs_permission_and_a_good_name(self):
        key = self.key_with(policy("fc:GetTempCodeBucketToken", [f"acs:fc:*:{harness.ACCOUNT}:services/mine"]))
        client = fcclient.Client("127.0.0.1", self.server.port, *key)
        self.expect(client.get("/services/mine/tempCodeBucketToken"), 200)
        self.expect(client.get("/services/other/tempCodeBucketToken"), 403, "AccessDenied")
        self.expect(client.get("/tempBucketToken"), 403, "AccessDenied")
        self.expect(self.client.get("/services/%2A/tempCodeBucketToken"), 400, "InvalidArgument")

    # --- what no client sends

    def test_the_bucket_in_the_host(self):
        self.bucket().put_object("hosted/x", b"here")
        answer = self.raw("GET", "/hosted/x", "/data/hosted/x", host="data.oss-cn-hangzhou.aliyuncs.com")
        self.assertEqual((answer.status, answer.body), (200, b"here"))
        answer = self.raw("GET", "/hosted/x", "/data/hosted/x", host="both.oss-cn-hangzhou.aliyuncs.com")
        self.assertEqual((answer.status, self.oss_code(answer)), (403, "SignatureDoesNotMatch"))
        answer = self.raw("GET", "/?prefix=hosted/", "/data/", host="data.localhost:1")
        self.assertIn(b"<Key>hosted/x</Key>", answer.body)

    def test_names_that_are_no_files(self):
        before = self.files_of("data")
        for name in ("../x", "a/../../x", "a/../b", "./x", "x/.", "..", "/etc/passwd", "a//b", "x/", "a\0b", "a\nb",
                     "\x7f\xff", "n" * 256, "n/" * 600 + "n", ".openfc-incoming-x", "\\x"):
            with self.subTest(name[:40]):
                target = "/data/" + quote(name.encode("latin-1"), safe="/")
                text = ("/data/" + name).encode("latin-1").decode("utf-8", "surrogateescape")
                for method in ("PUT", "GET", "DELETE", "HEAD"):
                    answer = self.raw_bytes(method, target, text)
                    self.assertEqual(answer.status, 400, (method, answer.body))
        self.assertEqual(self.files_of("data"), before)

    def raw_bytes(self, method, target, resource):
        date = formatdate(usegmt=True)
        text = f"{method}\n\n\n{date}\n".encode() + resource.encode("utf-8", "surrogateescape")
        signature = base64.b64encode(hmac.new(harness.KEY_SECRET.encode(), text, hashlib.sha1).digest()).decode()
        return self.client.send(method, target, {"date": date, "authorization": f"OSS {harness.KEY_ID}:{signature}"})

    def test_objects_in_each_others_way(self):
        bucket = self.bucket()
        bucket.put_object("way", b"x")
        self.fails(409, "FileAlreadyExists", bucket.put_object, "way/below", b"y")
        bucket.put_object("path/below", b"x")
        self.fails(409, "FileAlreadyExists", bucket.put_object, "path", b"y")
        self.fails(404, "NoSuchKey", bucket.get_object, "way/below")
        self.fails(404, "NoSuchKey", bucket.get_object, "path")
        self.assertEqual(bucket.get_object("way").read(), b"x")

    def test_links_are_not_followed(self):
        outside = os.path.join(self.root.name, "outside")
        os.mkdir(outside)
        os.chmod(outside, 0o777)
        with open(os.path.join(outside, "secret"), "w") as file:
            file.write("secret")
        os.symlink(outside, os.path.join(self.paths["data"], "linked"))
        os.symlink(os.path.join(outside, "secret"), os.path.join(self.paths["data"], "link"))
        bucket = self.bucket()
        for name in ("linked/secret", "link"):
            self.fails(404, "NoSuchKey", bucket.get_object, name)
        self.fails(409, "FileAlreadyExists", bucket.put_object, "linked/new", b"x")
        bucket.delete_object("linked/secret")
        self.assertEqual(os.listdir(outside), ["secret"])
        for name in ("linked", "link"):
            os.unlink(os.path.join(self.paths["data"], name))

    def test_content_md5(self):
        bucket, right = self.bucket(), base64.b64encode(hashlib.md5(b"body").digest()).decode()
        bucket.put_object("md5", b"body", headers={"Content-MD5": right})
        for value in (base64.b64encode(hashlib.md5(b"other").digest()).decode(), "x", right[:-4]):
            self.fails(400, "InvalidDigest", bucket.put_object, "md5", b"changed"[:4] + b"x", headers={"Content-MD5": value})
        self.assertEqual(bucket.get_object("md5").read(), b"body")

    def test_what_is_not_there_is_said(self):
        bucket = self.bucket()
        bucket.put_object("source", b"x")
        for call, arguments in ((bucket.copy_object, ("data", "source", "copy")), (bucket.init_multipart_upload, ("x",)),
                                (bucket.append_object, ("x", 0, b"x")), (bucket.put_symlink, ("source", "x")),
                                (bucket.put_object_acl, ("source", "public-read")), (bucket.create_bucket, ()),
                                (bucket.get_object_tagging, ("source",)), (bucket.batch_delete_objects, (["source"],))):
            with self.subTest(call.__name__):
                self.fails(501, "NotImplemented", call, *arguments)
        self.assertEqual(bucket.get_object("source").read(), b"x")

    def test_an_upload_that_breaks_off_leaves_nothing(self):
        before = self.files_of("data")
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port)
        request = oss2.http.Request("PUT", f"{self.endpoint}/data/half")
        oss2.Auth(harness.KEY_ID, harness.KEY_SECRET)._sign_request(request, "data", "half")
        connection.putrequest("PUT", "/data/half")
        for name in ("date", "authorization"):
            connection.putheader(name, request.headers[name])
        connection.putheader("Content-Length", "1000000")
        connection.endheaders(b"x" * 1000)
        self.assertTrue(harness.machine.wait_until(lambda: self.files_of("data") != before, 10))
        connection.close()

        self.assertTrue(harness.machine.wait_until(lambda: self.files_of("data") == before, 10))
        self.assertFalse(self.bucket().object_exists("half"))

    def test_a_full_disk_fails_that_upload_only(self):
        bucket = self.bucket("small")
        bucket.put_object("old", b"old")
        for name in ("new", "old"):
            refused = self.fails(500, "InternalError", bucket.put_object, name, b"x" * (2 << 20))
            self.assertIn("space", refused.message)
        self.assertEqual(self.files_of("small"), ["old"])
        self.assertEqual(bucket.get_object("old").read(), b"old")
        bucket.put_object("old", b"new")
        self.assertEqual(bucket.get_object("old").read(), b"new")

    def test_readers_see_one_object_whole(self):
        bucket, bodies, seen = self.bucket(), [bytes([65 + number]) * 200_000 for number in range(4)], set()
        bucket.put_object("swapped", bodies[0])
        writers = [threading.Thread(target=lambda body=body: [self.bucket().put_object("swapped", body)
                                                              for _ in range(10)]) for body in bodies]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            seen.add(bucket.get_object("swapped").read())
        for writer in writers:
            writer.join()
        self.assertTrue(seen <= set(bodies))

    # --- the audit log

    OBJECTS = f"acs:oss:{harness.REGION}:{harness.ACCOUNT}:data/"

    def test_writing_is_audited(self):
        bucket = self.bucket()
        first, second = bucket.put_object("log/a b", b"one"), bucket.put_object("log/a b", b"two")
        gone, nothing = bucket.delete_object("log/a b"), bucket.delete_object("log/a b")
        read = bucket.list_objects()

        common = {"resource": self.OBJECTS + "log/a b", "accountId": harness.ACCOUNT, "accessKeyId": harness.KEY_ID,
                  "sourceIp": "127.0.0.1"}
        written = {"document": "data/log/a b"}
        for answer, rest in ((first, {**written, "operation": "oss:PutObject", "status": 200, "newEtag": first.etag}),
                             (second, {**written, "operation": "oss:PutObject", "status": 200, "oldEtag": first.etag,
                                       "newEtag": second.etag}),
                             (gone, {**written, "operation": "oss:DeleteObject", "status": 204,
                                     "oldEtag": second.etag}),
                             (nothing, {"operation": "oss:DeleteObject", "status": 204})):
            line = self.server.audit_line(answer.request_id)
            del line["time"], line["requestId"]
            self.assertEqual(line, {**common, **rest})
        self.assertNotIn(read.request_id, self.server.audit())

    def test_refused_writing_is_audited_and_who_was_refused(self):
        key = self.key_with(policy("oss:GetObject", ["*"]))
        refused = self.fails(403, "AccessDenied", self.bucket(key=key).put_object, "log/no", b"x")
        line = self.server.audit_line(refused.request_id)
        self.assertEqual((line["operation"], line["resource"], line["accessKeyId"], line["status"], line["errorCode"]),
                         ("oss:PutObject", self.OBJECTS + "log/no", key[0], 403, "AccessDenied"))
        self.assertNotIn("document", line)

        unknown = self.fails(501, "NotImplemented", self.bucket().append_object, "log/no", 0, b"x")
        line = self.server.audit_line(unknown.request_id)
        self.assertEqual((line["operation"], line["errorCode"]), ("POST", "NotImplemented"))

    def test_temporary_credentials_are_named_in_the_audit_log(self):
        answer = self.expect(self.client.get("/tempBucketToken"), 200).json
        name = f"{harness.ACCOUNT}/{answer['objectName']}"
        put = self.token_bucket(answer).put_object(name, b"x")

        line = self.server.audit_line(put.request_id)
        self.assertEqual((line["accessKeyId"], line["document"]),
                         (answer["credentials"]["AccessKeyId"], f"{TEMPORARY}/{name}"))
        self.assertTrue(line["session"])

    def test_strangers_have_an_audit_log_of_their_own(self):
        wrong = self.fails(403, "SignatureDoesNotMatch",
                           self.bucket(key=(harness.KEY_ID, "guess")).put_object, "log/no", b"x")
        nobody = self.fails(403, "InvalidAccessKeyId", self.bucket(key=("a secret?", "x")).delete_object, "log/no")

        line = self.server.audit_line(wrong.request_id, "strangers")
        self.assertEqual((line["operation"], line["resource"], line["claimedAccessKeyId"], line["errorCode"]),
                         ("PUT", "/data/log%2Fno", harness.KEY_ID, "SignatureDoesNotMatch"))
        self.assertNotIn("accountId", line)
        self.assertNotIn("claimedAccessKeyId", self.server.audit_line(nobody.request_id, "strangers"))
        self.assertNotIn(wrong.request_id, self.server.audit())

    def test_requests_are_counted(self):
        before = self.server.metric("fc_oss_requests_total", action="oss:ListObjects", status="200")
        self.bucket().list_objects()
        self.assertEqual(self.server.metric("fc_oss_requests_total", action="oss:ListObjects", status="200"), before + 1)
