"""Code packages: both forms, checksums, hostile archives, download (api-spec 1.14, 3.3, F-04, F-05, F-20, F-25)."""

import base64
import http.client
import io
import os
import struct
import tarfile
import tempfile
import urllib.parse
import zipfile

import fcclient
import harness
from fcclient import crc64, make_zip, zip_field

GOOD = harness.code("python")
LINK = 0o120777


def with_raw_name(name):
    """An archive whose only entry has this name, whatever zipfile thinks of it."""
    placeholder = "p" * len(name)
    return make_zip({placeholder: "x"}, zipfile.ZIP_STORED).replace(placeholder.encode(), name.encode("latin-1"))


def overlapping():
    """Two directory entries that share one local file."""
    one = make_zip({"a": "x" * 1000}, zipfile.ZIP_STORED)
    end = one.rfind(b"PK\5\6")
    start = one.find(b"PK\1\2")
    entry = one[start:end]
    second = entry.replace(b"a", b"b", 1) if entry.count(b"a") else entry
    body = one[:start] + entry + second
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, 2 * len(entry), start, 0)
    return body + tail


def bomb():
    """100 MB of zeros in about 100 KB."""
    return make_zip({"zeros": b"\0" * (100 << 20)})


def many_entries(count):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number:x}", b"")
    return buffer.getvalue()


def damaged():
    """The content of an entry differs from its checksum."""
    data = bytearray(make_zip({"index.py": "def handler(e, c):\n    return 'x'\n" * 20}, zipfile.ZIP_STORED))
    data[60] ^= 0xFF
    return bytes(data)


class Code(harness.ServerTest):
    count = 0

    @classmethod
    def setUpClass(cls):
        cls.buckets = tempfile.TemporaryDirectory(prefix="openfc-buckets-")
        os.chmod(cls.buckets.name, 0o755)
        bucket = os.path.join(cls.buckets.name, "code-bucket")
        os.makedirs(os.path.join(bucket, "deep/er"))
        for path, content in (("index.zip", GOOD), ("deep/er/x.zip", GOOD), ("bad.zip", b"not a zip")):
            with open(os.path.join(bucket, path), "wb") as file:
                file.write(content)
        with open(os.path.join(cls.buckets.name, "outside.zip"), "wb") as file:
            file.write(GOOD)
        os.symlink("../outside.zip", os.path.join(bucket, "link.zip"))
        cls.config = harness.MANY_FUNCTIONS + harness.bucket_config({"code-bucket": bucket})
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s"})

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.buckets.cleanup()

    def create(self, code, name=None, **options):
        Code.count += 1
        return self.client.post("/services/s/functions", {
            "functionName": name or f"auto{Code.count}", "runtime": "python3", "handler": "index.handler",
            "code": code}, **options)

    def test_exactly_one_complete_form(self):
        oss = {"ossBucketName": "code-bucket", "ossObjectName": "index.zip"}
        for code in ({}, {"ossBucketName": "code-bucket"}, {"ossObjectName": "index.zip"}, {"zipFile": ""},
                     {**oss, **zip_field(GOOD)}, "text", 5, [], {"zipFile": 5}, {"zipFile": None}):
            with self.subTest(str(code)[:60]):
                self.expect(self.create(code), 400, "InvalidArgument", ("code",))

    def test_base64(self):
        text = base64.b64encode(GOOD).decode()
        for value in (text[:-3] + "%%=", "*" + text[1:], text.replace("=", "") + "?", text + "AAAA===="):
            with self.subTest(value[-8:]):
                self.expect(self.create({"zipFile": value}), 400, "InvalidArgument")

    def test_not_a_zip(self):
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as archive:
            archive.addfile(tarfile.TarInfo("index.py"))
        for data in (b"plain text", b"PK\3\4", GOOD[:-30], GOOD[:100], tar.getvalue(), b"\0" * 5000, damaged()):
            with self.subTest(data[:8]):
                self.expect(self.create(zip_field(data)), 400, "InvalidArgument")

    def test_names_that_leave_the_directory(self):
        for name in ("../x", "a/../../x", "/etc/x", "..\\x", "a/./../..//x", ".."):
            with self.subTest(name):
                response = self.create(zip_field(with_raw_name(name)))
                self.expect(response, 400, "InvalidArgument")

    def test_links_that_leave_the_directory(self):
        cases = ({"l": ("/etc/passwd", LINK)}, {"l": ("../../x", LINK)}, {"d": ("..", LINK), "d/x": "content"},
                 {"d": ("/tmp", LINK), "d/x": "content"})
        for files in cases:
            with self.subTest(files):
                self.expect(self.create(zip_field(make_zip(files))), 400, "InvalidArgument")

    def test_devices_and_set_id_bits(self):
        for mode in (0o020666, 0o060666, 0o010666, 0o140777):
            with self.subTest(oct(mode)):
                self.expect(self.create(zip_field(make_zip({"x": ("", mode)}))), 400, "InvalidArgument")

    def test_bombs(self):
        for data in (bomb(), many_entries(100_001)):
            with self.subTest(len(data)):
                self.expect(self.create(zip_field(data)), 400, "InvalidArgument")
        self.assertIn(self.create(zip_field(overlapping())).status, (200, 400))

    def test_a_refused_package_leaves_no_file(self):
        def files():
            return {os.path.join(directory, name) for directory, _, names in os.walk(self.server.directory)
                    for name in names if "incoming" in directory or name.endswith(".zip")}
        before = files()
        for data in (make_zip({"l": ("/etc/passwd", LINK)}), with_raw_name("../x"), damaged(), bomb()):
            self.expect(self.create(zip_field(data)), 400)

        self.assertEqual(files(), before)

    def test_checksum_header(self):
        for value in (crc64(GOOD), ""):
            self.expect(self.create(zip_field(GOOD), headers={"x-fc-code-checksum": value}), 200)
        for value in ("1", "x", crc64(GOOD) + "0", "-1", "0x12"):
            with self.subTest(value):
                self.expect(self.create(zip_field(GOOD), headers={"x-fc-code-checksum": value}), 400,
                            "InvalidArgument", ("hecksum",))

    def test_checksum_header_on_update_and_for_objects(self):
        self.expect(self.create(zip_field(GOOD), "summed"), 200)
        other = harness.code("python", **{"other.py": "y = 2\n"})
        path, wrong = "/services/s/functions/summed", {"x-fc-code-checksum": crc64(GOOD)}

        self.expect(self.client.put(path, {"code": zip_field(other)}, headers=wrong), 400, "InvalidArgument")
        self.assertEqual(self.client.get(path).json["codeChecksum"], crc64(GOOD))
        right = {"x-fc-code-checksum": crc64(other)}
        self.assertEqual(self.expect(self.client.put(path, {"code": zip_field(other)}, headers=right),
                                     200).json["codeChecksum"], crc64(other))
        oss = {"ossBucketName": "code-bucket", "ossObjectName": "index.zip"}
        self.expect(self.create(oss, headers=right), 400, "InvalidArgument")
        self.expect(self.create(oss, headers=wrong), 200)

    def test_code_from_a_mapped_bucket(self):
        for number, name in enumerate(("index.zip", "deep/er/x.zip")):
            function = self.expect(self.create({"ossBucketName": "code-bucket", "ossObjectName": name},
                                               f"oss{number}"), 200).json
            self.assertEqual((function["codeChecksum"], function["codeSize"]), (crc64(GOOD), len(GOOD)))
            self.assertEqual(self.ask("s", f"oss{number}", {"do": "echo", "value": number}), number)

    def test_objects_that_cannot_be_had(self):
        for bucket, name in (("code-bucket", "absent.zip"), ("other", "index.zip"), ("code-bucket", "../outside.zip"),
                             ("code-bucket", "/index.zip/../../outside.zip"), ("..", "outside.zip"),
                             ("code-bucket", "bad.zip"), ("code-bucket", "deep"), ("code-bucket", "link.zip"),
                             ("code-bucket", "a\0b")):
            with self.subTest(f"{bucket}/{name}"):
                self.expect(self.create({"ossBucketName": bucket, "ossObjectName": name}), 400, "InvalidArgument")

    def test_download(self):
        self.expect(self.create(zip_field(GOOD), "loaded"), 200)

        answer = self.expect(self.client.get("/services/s/functions/loaded/code"), 200).json
        self.assertEqual(answer["checksum"], crc64(GOOD))
        status, headers, body = self.fetch(answer["url"])

        self.assertEqual((status, body), (200, GOOD))
        self.assertEqual(headers.get("X-Oss-Hash-Crc64ecma"), crc64(GOOD))

    def test_download_addresses_cannot_be_forged(self):
        self.expect(self.create(zip_field(GOOD), "forged"), 200)
        url = self.client.get("/services/s/functions/forged/code").json["url"]
        parts = urllib.parse.urlsplit(url)
        pairs = urllib.parse.parse_qsl(parts.query)

        self.assertTrue(pairs)
        for index, (name, value) in enumerate(pairs):
            for changed in (value[:-1] + ("0" if value[-1] != "0" else "1"), ""):
                query = urllib.parse.urlencode(pairs[:index] + [(name, changed)] + pairs[index + 1:])
                with self.subTest(f"{name}={changed}"):
                    status, _, body = self.fetch(parts._replace(query=query).geturl())
                    self.assertIn(status, (400, 403))
                    self.assertNotEqual(body, GOOD)
        self.assertIn(self.fetch(parts._replace(query="").geturl())[0], (400, 403))

    def test_code_of_an_absent_function(self):
        self.expect(self.client.get("/services/s/functions/absent/code"), 404, "FunctionNotFound")

    @staticmethod
    def fetch(url):
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        result = answer.status, dict(answer.getheaders()), answer.read()
        connection.close()
        return result

    def test_code_shows_only_what_was_packed(self):
        """Compiled files lie beside the package, and imports find them there."""
        source = ("import json, os, sys\nimport lib.inner\ndef handler(event, context):\n"
                  "    tree = [os.path.join(d, n) for d, _, names in os.walk('/code') for n in names]\n"
                  "    files = [__cached__, lib.inner.__cached__]\n"
                  "    return json.dumps([sorted(tree), files, [os.path.exists(f) for f in files],"
                  " os.access(files[0], os.W_OK)])\n")
        files = {"index.py": source, "lib/__init__.py": "", "lib/inner.py": "x = 1\n", "lib/__pycache__/mine": "packed"}
        for name, variables in (("clean", {}), ("clean-own", {"PYTHONHASHSEED": "1"})):
            with self.subTest(name):
                self.make_function("s", name, zip=make_zip(files), environmentVariables=variables)
                tree, compiled, there, writable = self.ask("s", name, b"")
                self.assertEqual(tree, sorted(f"/code/{file}" for file in files))
                self.assertEqual((there, writable), ([True, True], False), compiled)
                for file in compiled:
                    self.assertTrue(file.startswith("/var/fc/compiled/code/"), file)

    def test_update_switches_code(self):
        first = make_zip({"index.py": "def handler(event, context):\n    return 'one'\n"})
        second = make_zip({"index.py": "def handler(event, context):\n    return 'two'\n"})
        self.expect(self.create(zip_field(first), "switched"), 200)
        self.assertEqual(self.client.invoke("s", "switched").body, b"one")

        self.expect(self.client.put("/services/s/functions/switched", {"code": zip_field(second)}), 200)

        answer = self.client.invoke("s", "switched")
        self.assertEqual((answer.body, answer.header("x-fc-code-checksum")), (b"two", crc64(second)))

    def test_crc64_is_that_of_the_specification(self):
        self.assertEqual(fcclient.crc64(b"123456789"), "11051210869376104954")
        self.assertEqual(fcclient.crc64(b""), "0")
