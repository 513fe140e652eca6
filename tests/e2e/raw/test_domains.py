"""Custom domains (api-spec 2.6, wire-contract 2.8, runtime-contract 5.7)."""

import glob
import os
import subprocess
import tempfile

import harness

ROUTES = [{"path": "/a/*", "serviceName": "s1", "functionName": "f1", "qualifier": "prod", "methods": ["GET", "POST"]},
          {"path": "/*", "serviceName": "s1", "functionName": "f2", "qualifier": None, "methods": None}]
NOTHING = {"certName": None, "certificate": None, "privateKey": None}


RSA, CURVE = ("-newkey", "rsa:2048"), ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def identity(*options):
    """PEM texts of a certificate and its key, made by the openssl program."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=a.example.com", "-keyout", key,
                        "-out", certificate, *options], check=True, capture_output=True)
        with open(certificate, encoding="ascii") as first, open(key, encoding="ascii") as second:
            return first.read(), second.read()


def expired():
    """The same of a certificate that ended yesterday."""
    with tempfile.TemporaryDirectory() as folder:
        key, request = os.path.join(folder, "key.pem"), os.path.join(folder, "request.pem")
        subprocess.run(["openssl", "req", "-new", "-nodes", "-subj", "/CN=a.example.com", "-keyout", key,
                        "-out", request, *RSA], check=True, capture_output=True)
        made = subprocess.run(["openssl", "x509", "-req", "-in", request, "-signkey", key, "-days", "-1"], check=True,
                              capture_output=True)
        with open(key, encoding="ascii") as file:
            return made.stdout.decode(), file.read()


class Domains(harness.ServerTest):
    def tearDown(self):
        for domain in self.client.get("/custom-domains").json["customDomains"]:
            self.client.delete("/custom-domains/" + domain["domainName"])

    def create(self, name="a.example.com", **members):
        return self.client.post("/custom-domains", {"domainName": name, **members})

    def update(self, name="a.example.com", **members):
        return self.client.put("/custom-domains/" + name, members)

    @staticmethod
    def cert(pair, name="n"):
        return {"certName": name, "certificate": pair[0], "privateKey": pair[1]}

    def test_a_life(self):
        made = self.expect(self.create(routeConfig={"routes": ROUTES}), 200)
        self.assertRegex(made.header("Etag"), "^[0-9a-f]{32}$")
        domain = made.json
        self.assertEqual((domain["domainName"], domain["accountId"], domain["protocol"], domain["apiVersion"]),
                         ("a.example.com", harness.ACCOUNT, "HTTP", "2016-08-15"))
        self.assertEqual(domain["routeConfig"], {"routes": ROUTES})
        self.assertEqual(domain["certConfig"], NOTHING)
        self.assertEqual(self.expect(self.client.get("/custom-domains/a.example.com"), 200).json, domain)
        self.expect(self.create(), 409, "DomainNameAlreadyExists", "domain name 'a.example.com' already exists")
        changed = self.expect(self.update(routeConfig={"routes": ROUTES[:1]}, domainName="a.example.com"), 200)
        self.assertEqual(changed.json["routeConfig"]["routes"], ROUTES[:1])
        self.assertNotEqual(changed.header("Etag"), made.header("Etag"))
        gone = self.expect(self.client.delete("/custom-domains/a.example.com"), 204)
        self.assertEqual(gone.body, b"")
        for answer in (self.client.get("/custom-domains/a.example.com"), self.update(protocol="HTTP"),
                       self.client.delete("/custom-domains/a.example.com")):
            self.expect(answer, 404, "DomainNameNotFound", "domain name 'a.example.com' does not exist")

    def test_certificates(self):
        for name, options in (("rsa", RSA), ("curve", CURVE)):
            with self.subTest(name):
                pair = identity(*options)
                domain = self.expect(self.create(f"{name}.example.com", protocol="HTTP,HTTPS",
                                                 certConfig=self.cert(pair)), 200).json
                self.assertRegex(domain["certConfig"].pop("expiryTime"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
                self.assertEqual(domain["certConfig"], {"certName": "n", "certificate": pair[0], "privateKey": None})

    def test_refused_certificates(self):
        mine, other = identity(*RSA), identity(*RSA)
        for name, config, text in (
                ("another key", self.cert((mine[0], other[1])),
                 "certConfig.privateKey does not belong to the certificate"),
                ("no key", {"certificate": mine[0]}, "certConfig.privateKey is required"),
                ("no certificate", {"privateKey": mine[1]}, "certConfig.certificate is required"),
                ("no PEM", self.cert(("x", mine[1])), "certConfig.certificate: no PEM certificate in it"),
                ("damaged", self.cert((mine[0].replace("M", "!", 3), mine[1])),
                 "certConfig.certificate: the certificate at place 1 cannot be read"),
                ("a stranger behind it", self.cert((mine[0] + identity("-subj", "/CN=x", *RSA)[0], mine[1])),
                 "certConfig.certificate: the certificate at place 2 has not issued the one before"),
                ("weak", self.cert(identity("-newkey", "rsa:1024")),
                 "certConfig.privateKey: RSA keys need at least 2048 bits (actual: 1024)")):
            with self.subTest(name):
                self.expect(self.create(protocol="HTTPS", certConfig=config), 400, "InvalidArgument", text)
        late = self.expect(self.create(certConfig=self.cert(expired())), 400, "InvalidArgument")
        self.assertIn("it has expired", late.message)
        self.expect(self.create(protocol="HTTPS"), 400, "InvalidArgument")
        self.expect(self.client.get("/custom-domains/a.example.com"), 404, "DomainNameNotFound")

    def test_the_key_stays_here(self):
        pair = identity(*CURVE)
        secret = pair[1].splitlines()[1].encode()
        answers = [self.create(protocol="HTTPS", certConfig=self.cert(pair)), self.update(protocol="HTTP,HTTPS"),
                   self.client.get("/custom-domains/a.example.com"), self.client.get("/custom-domains"),
                   self.create("b.example.com", certConfig={"privateKey": pair[1]})]
        for answer in answers:
            self.assertNotIn(secret, answer.body)
        self.assertNotIn(secret.decode(), self.server.log())
        paths = glob.glob(os.path.join(self.server.data, "**"), recursive=True)
        files = [path for path in paths if os.path.isfile(path)]
        self.assertTrue(files)
        for path in files:
            with open(path, "rb") as file:
                self.assertNotIn(secret, file.read(), path)

    def test_bad_values(self):
        for members in ({"protocol": "FTP"}, {"routeConfig": []}, {"certConfig": {"certName": "n" * 129}},
                        {"routeConfig": {"routes": [{**ROUTES[0], "path": "a"}]}},
                        {"routeConfig": {"routes": [{**ROUTES[0], "path": "/*/a"}]}},
                        {"routeConfig": {"routes": [{**ROUTES[0], "methods": ["TRACE"]}]}},
                        {"routeConfig": {"routes": [{**ROUTES[0], "qualifier": "a b"}]}},
                        {"routeConfig": {"routes": [{"path": "/"}]}}):
            with self.subTest(members):
                self.expect(self.create(**members), 400, "InvalidArgument")
        for name in ("", "localhost", "a..b", "127.0.0.1", "a b.com", "*.*.com", "a.com:80", "x" * 64 + ".com"):
            with self.subTest(name):
                self.expect(self.create(name), 400, "InvalidArgument")
        self.expect(self.create(), 200)
        self.expect(self.update(domainName="b.example.com"), 400, "InvalidArgument")
        self.expect(self.update(protocol="HTTPS"), 400, "InvalidArgument")
        wrapped = self.expect(self.update(body={"routeConfig": {"routes": ROUTES}}), 200).json
        self.assertEqual(wrapped["routeConfig"]["routes"], ROUTES)

    def test_pages(self):
        names = [f"{letter}.example.com" for letter in "abcde"]
        for name in reversed(names):
            self.expect(self.create(name), 200)
        seen, token = [], ""
        while token is not None:
            page = self.expect(self.client.get(f"/custom-domains?limit=2&nextToken={token}"), 200).json
            seen += [one["domainName"] for one in page["customDomains"]]
            token = page.get("nextToken")
        self.assertEqual(seen, names)
        page = self.client.get("/custom-domains?prefix=d&startKey=a").json
        self.assertEqual([one["domainName"] for one in page["customDomains"]], ["d.example.com"])
