"""TLS: the API over it, and certificates that are renewed while the server runs."""

import hashlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

import harness
import machine

REQUEST = b"GET /2016-08-15/services HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"


def make_certificate(directory, name):
    """A new self-signed certificate and key. Returns the certificate's fingerprint."""
    key, certificate = os.path.join(directory, f"{name}.key"), os.path.join(directory, f"{name}.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", f"/CN={name}", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    os.chmod(key, 0o644)
    with open(certificate) as file:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()


class Renewal(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="openfc-tls-")
        os.chmod(self.directory, 0o755)
        self.addCleanup(shutil.rmtree, self.directory)
        self.fingerprints = {name: make_certificate(self.directory, name) for name in ("first", "second")}
        self.install("first", "first")
        self.port = harness.free_port()
        self.server = harness.Server(f"tlsListen: 127.0.0.1:{self.port}\ntlsCertificate: {self.path('live.pem')}\n"
                                     f"tlsPrivateKey: {self.path('live.key')}\n")
        self.addCleanup(self.server.remove)

    def path(self, name):
        return os.path.join(self.directory, name)

    def install(self, certificate, key):
        for source, target in ((f"{certificate}.pem", "live.pem"), (f"{key}.key", "live.key")):
            shutil.copy(self.path(source), self.path("new"))
            os.replace(self.path("new"), self.path(target))

    def connect(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 20))

    def shown(self):
        with self.connect() as connection:
            return hashlib.sha256(connection.getpeercert(binary_form=True)).hexdigest()

    def status(self, connection):
        connection.sendall(REQUEST)
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            self.assertTrue(piece, "the connection ended")
            head += piece
        return head.split(b" ", 2)[1]

    def reload(self, said):
        """SIGHUP, and waits until the server has said so once more."""
        before = self.server.log().count(said)
        self.server.process.send_signal(signal.SIGHUP)
        self.assertTrue(machine.wait_until(lambda: self.server.log().count(said) > before, 20), self.server.log())

    def test_renewed_certificates_are_shown_after_sighup(self):
        with self.server:
            self.assertEqual(self.shown(), self.fingerprints["first"])
            with self.connect() as connection:
                self.assertEqual(self.status(connection), b"400")  # no Date: the API answers
                self.install("second", "second")
                self.assertEqual(self.shown(), self.fingerprints["first"])
                self.reload("certificates were read again")
                self.assertEqual(self.shown(), self.fingerprints["second"])
                self.assertEqual(self.status(connection), b"400")  # the old connection goes on

    def test_bad_files_leave_the_old_certificate(self):
        with self.server:
            for spoil in (lambda: self.install("second", "first"), lambda: os.remove(self.path("live.pem")),
                          lambda: shutil.copy(self.path("first.key"), self.path("live.pem"))):
                spoil()
                self.reload("the old ones stay")
                self.assertEqual(self.shown(), self.fingerprints["first"])
            self.install("second", "second")
            self.reload("certificates were read again")
            self.assertEqual(self.shown(), self.fingerprints["second"])
