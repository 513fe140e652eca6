"""Functions reach the node's own services by the cloud's names: the official clients inside functions, HTTP and HTTPS."""

import importlib.metadata
import json
import os
import shutil
import tempfile

import harness
import machine
from fcclient import make_zip

OTHER_ACCOUNT = "2000000000000002"
TOOLS = os.environ.get("OPENFC_E2E_TOOLS", "")
ROLE = f"acs:ram::{harness.ACCOUNT}:role/inside"
EVERYTHING = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
WAYS = [(scheme, network) for scheme in ("http", "https") for network in ("", "-internal")]
PYTHON_DISTRIBUTIONS = ("aliyun-fc2", "aliyun-python-sdk-core", "aliyun-python-sdk-kms", "certifi", "cffi",
                        "charset-normalizer", "crcmod", "cryptography", "idna", "jmespath", "oss2", "pycparser",
                        "pycryptodome", "requests", "six", "urllib3", "websocket-client")

PYTHON = """
import json, os, socket, urllib.error, urllib.request

def handler(event, context):
    event = json.loads(event)
    return json.dumps(globals()[event["do"]](context=context, **event["with"]))

def keys(context, key):
    if key:
        return key["id"], key["secret"], ""
    given = context.credentials
    return given.access_key_id, given.access_key_secret, given.security_token

def oss(context, endpoint, key=None):
    import oss2
    key_id, secret, token = keys(context, key)
    bucket = oss2.Bucket(oss2.StsAuth(key_id, secret, token) if token else oss2.Auth(key_id, secret), endpoint, "data")
    try:
        bucket.put_object("from/python", endpoint.encode())
        return bucket.get_object("from/python").read().decode()
    except oss2.exceptions.OssError as error:
        return [error.status, error.message]

def fc(context, endpoint, key=None):
    import fc2
    key_id, secret, token = keys(context, key)
    client = fc2.Client(endpoint=endpoint, accessKeyID=key_id, accessKeySecret=secret, securityToken=token)
    try:
        return client.invoke_function("s", "target", endpoint.encode()).data.decode()
    except fc2.FcError as error:
        return str(error)

def fetch(context, url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
            return [answer.status, answer.read().decode()]
    except urllib.error.HTTPError as error:
        return [error.code, error.read().decode()]
    except OSError as error:
        return [0, str(error)]

def resolve(context, name):
    try:
        return sorted({row[4][0] for row in socket.getaddrinfo(name, 80)})
    except OSError as error:
        return []

def gateway(context):
    with open("/etc/resolv.conf") as file:
        return next(line.split()[1] for line in file if line.startswith("nameserver"))

def variables(context):
    return dict(os.environ)
"""

NODE = """
exports.handler = (event, context, callback) => {
  const asked = JSON.parse(event);
  exports[asked.do](context, asked.with).then((answer) => callback(null, JSON.stringify(answer)), callback);
};
exports.oss = async (context, { secure, internal }) => {
  const OSS = require('ali-oss');
  const { accessKeyId, accessKeySecret, securityToken } = context.credentials;
  const client = new OSS({ region: `oss-${context.region}`, bucket: 'data', accessKeyId, accessKeySecret,
    stsToken: securityToken, secure, internal });
  await client.put('from/node', Buffer.from('hello'));
  return (await client.get('from/node')).content.toString();
};
exports.fc = async (context, { secure, internal }) => {
  const FC = require('@alicloud/fc2');
  const { accessKeyId, accessKeySecret, securityToken } = context.credentials;
  const client = new FC(context.accountId, { accessKeyID: accessKeyId, accessKeySecret, securityToken,
    region: context.region, secure, internal });
  return (await client.invokeFunction('s', 'target', 'hello')).data;
};
"""


def python_client_files():
    """The clients of this test environment with what they need, as a user uploads them beside the code."""
    files = {}
    for name in PYTHON_DISTRIBUTIONS:
        for file in importlib.metadata.files(name):
            path = str(file)
            if path.startswith("..") or path.endswith(".pyc") or "SelfTest" in path:
                continue
            files[path] = file.locate().read_bytes()
    # The host's, should it be on the function's path, is one for another cryptography.
    return {**files, "OpenSSL.py": "raise ImportError('not uploaded')\n"}


def node_client_files(*wanted):
    """Packages of node_modules and all that they depend on."""
    files, queue, seen = {}, list(wanted), set()
    while queue:
        name = queue.pop()
        top = os.path.join(TOOLS, "node_modules", name)
        if name in seen or not os.path.isdir(top):
            continue
        seen.add(name)
        for directory, _, names in os.walk(top):
            for file in names:
                path = os.path.join(directory, file)
                if file.endswith((".md", ".map", ".ts")) or "/dist/" in path and name == "ali-oss":
                    continue
                with open(path, "rb") as content:
                    files[os.path.relpath(path, TOOLS)] = content.read()
                if file == "package.json":
                    queue += json.loads(files[os.path.relpath(path, TOOLS)] or "{}").get("dependencies", {})
    return files


class InsideTest(harness.ServerTest):
    config_more = ""

    @classmethod
    def setUpClass(cls):
        cls.bucket = tempfile.mkdtemp(prefix="openfc-bucket-")
        os.chmod(cls.bucket, 0o777)
        cls.config = (harness.bucket_config({"data": cls.bucket}) + cls.config_more +
                      "accessKeys:\n  - {id: own-key, secret: own-secret}\n"
                      f"  - {{id: other-key, secret: other-secret, accountId: \"{OTHER_ACCOUNT}\"}}\n")
        super().setUpClass()
        test = cls("id")
        role = json.dumps({"roleName": "inside", "policies": {"p": EVERYTHING}}).encode()
        headers = cls.client.signed("POST", "/openfc/roles", {"content-type": "application/json"})
        test.expect(cls.client.send("POST", "/openfc/roles", headers, role), 200)
        test.make_service("s", role=ROLE, internetAccess=True)
        test.make_function("s", "target", zip=make_zip({"index.py": "def handler(event, context):\n    return event\n"}))

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        shutil.rmtree(cls.bucket, ignore_errors=True)

    def do(self, what, function="python", service="s", **values):
        return self.ask(service, function, {"do": what, "with": values})

    @staticmethod
    def fc_endpoint(scheme, network, account=harness.ACCOUNT):
        return f"{scheme}://{account}.{harness.REGION}{network}.fc.aliyuncs.com"

    @staticmethod
    def oss_endpoint(scheme, network):
        return f"{scheme}://oss-{harness.REGION}{network}.aliyuncs.com"


class OfficialClients(InsideTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls("id")
        for kind, main, files in (("python", {"index.py": PYTHON}, python_client_files()),
                                  ("nodejs", {"index.js": NODE}, node_client_files("ali-oss", "@alicloud/fc2"))):
            test.make_function("s", kind, kind, zip=make_zip({**main, **files}), memorySize=512, timeout=60)

    def test_oss2_by_the_clouds_names(self):
        for way in WAYS:
            with self.subTest(way):
                endpoint = self.oss_endpoint(*way)
                self.assertEqual(self.do("oss", endpoint=endpoint), endpoint)
                self.assertEqual(machine.read(os.path.join(self.bucket, "from", "python")), endpoint)

    def test_fc2_of_python_by_the_clouds_names(self):
        for way in WAYS:
            with self.subTest(way):
                endpoint = self.fc_endpoint(*way)
                self.assertEqual(self.do("fc", endpoint=endpoint), endpoint)

    def test_ali_oss_by_the_clouds_names(self):
        for scheme, network in WAYS:
            with self.subTest((scheme, network)):
                values = {"secure": scheme == "https", "internal": network != ""}
                self.assertEqual(self.do("oss", "nodejs", **values), "hello")

    def test_fc2_of_nodejs_by_the_clouds_names(self):
        for scheme, network in WAYS:
            with self.subTest((scheme, network)):
                values = {"secure": scheme == "https", "internal": network != ""}
                self.assertEqual(self.do("fc", "nodejs", **values), "hello")

    def test_the_published_key_opens_nothing_from_inside(self):
        key = {"id": harness.KEY_ID, "secret": harness.KEY_SECRET}
        for way in WAYS:
            with self.subTest(way):
                told = self.do("fc", endpoint=self.fc_endpoint(*way), key=key)
                self.assertIn("the development key is not accepted from inside functions", told)
                status, message = self.do("oss", endpoint=self.oss_endpoint(*way), key=key)
                self.assertEqual(status, 403)
                self.assertIn("the development key is not accepted from inside functions", message)

    def test_a_key_of_ones_own_does(self):
        endpoint = self.fc_endpoint("http", "")
        self.assertEqual(self.do("fc", endpoint=endpoint, key={"id": "own-key", "secret": "own-secret"}), endpoint)

    def test_another_accounts_name_is_refused(self):
        told = self.do("fc", endpoint=self.fc_endpoint("http", "", OTHER_ACCOUNT))
        self.assertIn("The service or function doesn", told)
        self.assertIn("belong to you", told)

    def test_the_audit_log_says_who_called(self):
        endpoint = self.fc_endpoint("http", "")
        before = len(self.server.audit().splitlines())
        self.do("oss", endpoint=self.oss_endpoint("http", ""))
        line = [json.loads(line) for line in self.server.audit().splitlines()[before:]
                if "oss:PutObject" in line][-1]
        self.assertEqual((line["role"], line["session"]), (ROLE, "s/python"), endpoint)
        self.assertTrue(line["sourceIp"].startswith("198.1"), line)


class Names(InsideTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls("id")
        test.make_function("s", "python", zip=make_zip({"index.py": PYTHON}))
        test.make_service("closed", internetAccess=False)
        test.make_function("closed", "python", zip=make_zip({"index.py": PYTHON}))

    def test_host_openfc_internal_is_this_server(self):
        for scheme in ("http", "https"):
            status, body = self.do("fetch", url=f"{scheme}://host.openfc.internal/openfc/capabilities")
            self.assertEqual(status, 200, body)
            self.assertIn("fields", json.loads(body))

    def test_a_certificate_is_good_for_its_names_alone(self):
        address = self.do("resolve", name="host.openfc.internal")[0]
        status, reason = self.do("fetch", url=f"https://{address}/")
        self.assertEqual(status, 0)
        self.assertIn("CERTIFICATE_VERIFY_FAILED", reason)

    def test_names_lead_to_one_address(self):
        own = self.do("resolve", name="host.openfc.internal")
        self.assertEqual(len(own), 1)
        for name in (f"x.oss-{harness.REGION}.aliyuncs.com", f"1.{harness.REGION}-internal.fc.aliyuncs.com"):
            self.assertEqual(self.do("resolve", name=name), own)

    def test_a_service_without_internet_access_has_loopback_only(self):
        self.assertEqual(self.do("resolve", service="closed", name="host.openfc.internal"), [])

    def test_users_own_trust_wins(self):
        self.make_function("s", "own_trust", zip=make_zip({"index.py": PYTHON}),
                           environmentVariables={"REQUESTS_CA_BUNDLE": "/code/own.pem"})
        self.assertEqual(self.do("variables", "own_trust")["REQUESTS_CA_BUNDLE"], "/code/own.pem")


class SwitchedOff(InsideTest):
    config_more = "cloudNames: false\n"

    def test_nothing_leads_to_the_server(self):
        self.make_function("s", "python", zip=make_zip({"index.py": PYTHON}))
        variables = self.do("variables")
        for name in ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            self.assertNotIn(name, variables)
        gateway = self.do("gateway")
        for port in (80, 443):
            status, reason = self.do("fetch", url=f"http://{gateway}:{port}/")
            self.assertEqual((status, "No route to host" in reason), (0, True), reason)
