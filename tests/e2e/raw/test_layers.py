"""Layers: versions, access from other accounts, and what functions see at /opt (api-spec 2.10, runtime-contract 2.3)."""

import http.client
import json
import urllib.parse

import fcclient
import harness
from fcclient import crc64, make_zip, zip_field

OTHER_ACCOUNT = "2234567890123456"
PYTHON = """
import json, os, sys
def handler(event, context):
    import shared
    return json.dumps({"who": shared.WHO, "here": shared.__file__, "tool": os.popen("tool").read().strip(),
                       "files": sorted(os.listdir("/opt"))})
"""
PYTHON_LOOK = """
import json, os
def handler(event, context):
    out = {}
    for line in open("/proc/self/mountinfo"):
        fields = line.split()
        if fields[4] == "/opt":
            out["options"] = fields[5].split(",")
    try:
        open("/opt/new", "w")
        out["written"] = True
    except OSError as error:
        out["written"] = error.errno
    for directory, _, names in os.walk("/opt"):
        for name in names:
            path = os.path.join(directory, name)
            if name.endswith(".txt"):
                out[path] = open(path).read()
    return json.dumps(out)
"""
NODEJS = """
exports.handler = (event, context, callback) => {
  const shared = require('shared');
  callback(null, JSON.stringify({ who: shared.who, versioned: require('versioned') }));
};
"""
CUSTOM = """#!/usr/bin/env python3
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *arguments):
        pass
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = (open("/opt/data.txt").read() + "|" + os.environ.get("PATH", "")).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["FC_SERVER_PORT"])), Handler).serve_forever()
"""


def library(who):
    return make_zip({"python/shared.py": f"WHO = {who!r}\n", "bin/tool": (f"#!/bin/sh\necho {who}\n", 0o100755),
                     f"only-{who}": "", "data.txt": who, "dir/data.txt": who, f"dir/{who}.txt": who,
                     "nodejs/node_modules/shared/index.js": f"exports.who = {who!r};\n",
                     "nodejs/node14/node_modules/versioned.js": f"module.exports = {who!r};\n"})


class Layers(harness.ServerTest):
    config = harness.MANY_FUNCTIONS + (
        "accessKeys:\n  - id: other-key\n    secret: other-secret\n"
        f"    accountId: '{OTHER_ACCOUNT}'\n")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = fcclient.Client("127.0.0.1", cls.server.port, "other-key", "other-secret")
        cls.client.post("/services", {"serviceName": "s"})
        cls.other.post("/services", {"serviceName": "s"})

    @classmethod
    def tearDownClass(cls):
        cls.other.close()
        super().tearDownClass()

    def publish(self, name, data=None, client=None, **members):
        body = {"code": zip_field(library(name) if data is None else data), **members}
        return self.expect((client or self.client).post(f"/layers/{name}/versions", body), 200).json

    def make(self, name, source, layers, runtime="python3", **members):
        file = {"python3": "index.py", "nodejs14": "index.js", "custom": "bootstrap"}[runtime]
        data = make_zip({file: (source, 0o100755)})
        body = {"functionName": name, "runtime": runtime, "handler": "index.handler", "timeout": 20,
                "code": zip_field(data), "layers": layers, **members}
        return self.client.post("/services/s/functions", body)

    def run_function(self, name):
        response = self.client.invoke("s", name)
        self.assertEqual(response.status, 200, response)
        self.assertIsNone(response.header("x-fc-error-type"), response)
        return response

    def test_life_of_a_layer(self):
        data = library("life")
        made = self.client.post("/layers/life/versions/", {"code": zip_field(data), "description": "d",
                                                          "compatibleRuntime": ["python3", "nodejs12"]},
                                headers={"x-fc-code-checksum": crc64(data)})
        layer = self.expect(made, 200).json
        read = self.expect(self.client.get("/layers/life/versions/1"), 200)

        self.assertEqual((layer["version"], layer["acl"], layer["codeSize"], layer["codeChecksum"]),
                         (1, 0, len(data), crc64(data)))
        self.assertRegex(layer["arn"], r"^[0-9a-f]{32}#life#1$")
        self.assertEqual(layer["arnV2"], f"acs:fc:{harness.REGION}:{harness.ACCOUNT}:layers/life/versions/1")
        self.assertRegex(made.header("Etag"), r"^[0-9a-f]{32}$")
        self.assertEqual((read.json, read.header("Etag")), (layer, made.header("Etag")))
        self.expect(self.client.post("/layers/life/versions", {"code": zip_field(data)},
                                     headers={"x-fc-code-checksum": "1"}), 400, "InvalidArgument", ("hecksum",))
        self.expect(self.client.delete("/layers/life/versions/1"), 200)
        self.expect(self.client.delete("/layers/life/versions/1"), 404, "LayerVersionNotFound")
        self.expect(self.client.get("/layers/life/versions"), 404, "LayerNotFound")
        self.assertEqual(self.publish("life")["version"], 2)

    def test_download(self):
        data = library("loaded")
        url = urllib.parse.urlsplit(self.publish("loaded", data)["code"]["location"])
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
        connection.request("GET", f"{url.path}?{url.query}")
        answer = connection.getresponse()

        self.assertEqual((answer.status, answer.read()), (200, data))
        self.assertEqual(answer.getheader("X-Oss-Hash-Crc64ecma"), crc64(data))
        connection.close()

    def test_pages(self):
        for number in range(3):
            self.publish(f"page{number}", make_zip({"x": "1"}))
            self.publish("pages", make_zip({"x": str(number)}))
        first = self.client.get("/layers", query={"prefix": "page", "limit": 2}).json
        second = self.client.get("/layers", query={"prefix": "page", "limit": 2, "nextToken": first["nextToken"]}).json

        self.assertEqual([layer["layerName"] for layer in first["layers"] + second["layers"]],
                         ["page0", "page1", "page2", "pages"])
        self.assertEqual(second["layers"][1]["version"], 3)
        self.assertNotIn("nextToken", second)
        versions = self.client.get("/layers/pages/versions", query={"startVersion": 2, "limit": 1}).json
        self.assertEqual(([layer["version"] for layer in versions["layers"]], versions["nextVersion"]), ([2], 3))
        for query in ({"limit": 0}, {"limit": 101}, {"limit": "x"}):
            self.expect(self.client.get("/layers", query=query), 400, "InvalidArgument", ("limit",))

    def test_refusals(self):
        code = zip_field(make_zip({"x": "1"}))
        for body in ({}, {"code": {}}, {"code": {"zipFile": "!"}}, {"code": zip_field(b"no zip")},
                     {"code": zip_field(make_zip({"../x": "1"}))}, {"code": code, "description": "d" * 257},
                     {"code": code, "compatibleRuntime": ["cobol"]}, {"code": code, "compatibleRuntime": "python3"},
                     {"code": {"ossBucketName": "none", "ossObjectName": "x"}}):
            with self.subTest(str(body)[:80]):
                self.expect(self.client.post("/layers/refused/versions", body), 400, "InvalidArgument")
        self.expect(self.client.post("/layers/a.b/versions", {"code": code}), 400, "InvalidArgument")
        for version in ("0", "-1", "x"):
            self.expect(self.client.get(f"/layers/refused/versions/{version}"), 400, "InvalidArgument", ("version",))
        self.expect(self.client.get("/layers/refused/versions/1"), 404, "LayerVersionNotFound",
                    "version '1' of layer 'refused' does not exist")
        self.expect(self.client.get("/layers/refused/versions"), 404, "LayerNotFound",
                    "layer 'refused' does not exist")

    def test_python_and_priority(self):
        low, high = self.publish("low")["arn"], self.publish("high")["arn"]
        for name, layers, who in (("first", [high, low], "high"), ("second", [low, high], "low")):
            self.expect(self.make(name, PYTHON, layers), 200)
            answer = self.run_function(name).json

            self.assertEqual((answer["who"], answer["tool"]), (who, who))
            self.assertEqual(answer["here"], "/opt/python/shared.py")
            self.assertIn("only-low", answer["files"])
            self.assertIn("only-high", answer["files"])

    def test_an_instance_of_its_own_sees_the_same(self):
        arns = [self.publish("own1")["arn"], self.publish("own2")["arn"]]
        self.expect(self.make("own", PYTHON, arns, environmentVariables={"LD_BIND_NOW": "1"}), 200)

        self.assertEqual(self.run_function("own").json["who"], "own1")

    def test_merged_read_only(self):
        arns = [self.publish(name)["arnV2"] for name in ("m1", "m2", "m3")]
        self.expect(self.make("merged", PYTHON_LOOK, arns), 200)
        self.expect(self.make("single", PYTHON_LOOK, arns[:1]), 200)
        merged, single = self.run_function("merged").json, self.run_function("single").json

        for answer in (merged, single):
            self.assertEqual(answer["written"], 30)
            for option in ("ro", "nosuid", "nodev"):
                self.assertIn(option, answer["options"])
        self.assertEqual(merged["/opt/dir/data.txt"], "m1")
        self.assertEqual([merged[f"/opt/dir/m{number}.txt"] for number in (1, 2, 3)], ["m1", "m2", "m3"])
        self.assertNotIn("/opt/dir/m2.txt", single)

    def test_nodejs(self):
        self.expect(self.make("node", NODEJS, [self.publish("js")["arn"]], "nodejs14"), 200)

        self.assertEqual(self.run_function("node").json, {"who": "js", "versioned": "js"})

    def test_custom_runtime(self):
        self.expect(self.make("custom", CUSTOM, [self.publish("cust")["arn"]], "custom"), 200)
        data, path = self.run_function("custom").body.decode().split("|")

        self.assertEqual(data, "cust")
        self.assertNotIn("/opt/bin", path)

    def test_layers_of_a_function_change(self):
        one, two = self.publish("change1")["arn"], self.publish("change2")["arn"]
        self.expect(self.make("changing", PYTHON, [one]), 200)
        self.assertEqual(self.run_function("changing").json["who"], "change1")
        self.assertEqual(self.expect(self.client.put("/services/s/functions/changing", {"layers": [two]}),
                                     200).json["layers"], [two])

        self.assertEqual(self.run_function("changing").json["who"], "change2")

    def test_a_deleted_version_goes_on_working(self):
        arn = self.publish("doomed")["arn"]
        self.expect(self.make("keeps", PYTHON, [arn]), 200)
        self.expect(self.client.delete("/layers/doomed/versions/1"), 200)

        self.assertEqual(self.run_function("keeps").json["who"], "doomed")
        self.expect(self.client.put("/services/s/functions/keeps", {"timeout": 10, "layers": [arn]}), 200)
        self.assertEqual(self.run_function("keeps").json["who"], "doomed")
        self.expect(self.make("late", PYTHON, [arn]), 404, "LayerVersionNotFound")

    def test_what_cannot_be_attached(self):
        node = self.publish("nodeonly", compatibleRuntime=["nodejs14"])["arn"]
        any_runtime = self.publish("anyone", compatibleRuntime=["Any"])["arn"]
        self.expect(self.make("bad", PYTHON, [any_runtime, node]), 400, "InvalidArgument", ("layers[1]", "python3"))
        self.expect(self.make("bad", PYTHON, ["nonsense"]), 400, "InvalidArgument", ("layers[0]",))
        self.expect(self.make("bad", PYTHON, [any_runtime.replace("#1", "#9")]), 404, "LayerVersionNotFound")
        self.expect(self.make("bad", PYTHON, [any_runtime] * 6), 400, "InvalidArgument", ("layers",))
        self.expect(self.client.get("/services/s/functions/bad"), 404, "FunctionNotFound")
        self.expect(self.make("good", PYTHON, [any_runtime]), 200)
        self.expect(self.client.put("/services/s/functions/good", {"layers": [node]}), 400, "InvalidArgument",
                    ("layers[0]",))

    def test_access_from_another_account(self):
        arn = self.publish("foreign", client=self.other)["arn"]
        escaped = urllib.parse.quote(arn, safe="")
        self.expect(self.client.get(f"/layerarn/{escaped}"), 404, "LayerVersionNotFound")
        self.expect(self.make("uses", PYTHON, [arn]), 404, "LayerVersionNotFound")
        self.expect(self.client.put("/layers/foreign/acl", query={"public": "true"}), 404, "LayerNotFound")
        self.expect(self.other.put("/layers/foreign/acl", query={"public": "true"}), 200)

        self.assertEqual(self.expect(self.client.get(f"/layerarn/{escaped}"), 200).json["acl"], 1)
        self.assertIn(arn, [layer["arn"] for layer in self.client.get(
            "/layers", query={"public": "true", "official": "true"}).json["layers"]])
        self.expect(self.make("uses", PYTHON, [arn]), 200)
        self.assertEqual(self.run_function("uses").json["who"], "foreign")
        self.expect(self.client.delete("/layers/foreign/versions/1"), 404, "LayerVersionNotFound")
        self.expect(self.other.put("/layers/foreign/acl", query={"public": "false"}), 200)
        self.expect(self.client.get(f"/layerarn/{escaped}"), 404, "LayerVersionNotFound")
        self.assertEqual(self.run_function("uses").json["who"], "foreign")

    def test_publishing_in_parallel_gives_each_its_number(self):
        code = zip_field(make_zip({"x": "1"}))
        results = harness.in_parallel([lambda: self.server.client().post("/layers/many/versions", {"code": code})] * 8)

        self.assertEqual(sorted(json.loads(result.body)["version"] for result in results), list(range(1, 9)))
