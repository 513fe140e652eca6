"""openfc backup and restore: of a server at work, and what is refused."""

import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest

import harness
from fcclient import make_zip, zip_field

PRINTS = "def handler(event, context):\n    import os\n    return os.environ['NAME'] + ' {0}'\n"


def openfc(*arguments):
    done = subprocess.run([harness.binary(), *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


class Backup(unittest.TestCase):
    def setUp(self):
        self.server = harness.Server().start()
        self.addCleanup(self.server.stop)
        self.place = tempfile.mkdtemp(prefix="openfc-backup-")
        self.addCleanup(shutil.rmtree, self.place)
        os.chmod(self.place, 0o755)
        self.client = self.server.client()
        self.assertEqual(self.client.post("/services", {"serviceName": "s"}).status, 200)

    def create(self, number):
        answer = self.client.post("/services/s/functions", {
            "functionName": f"f{number}", "runtime": "python3", "handler": "index.handler",
            "environmentVariables": {"NAME": f"secret-{number}"},
            "code": zip_field(make_zip({"index.py": PRINTS.format(number)}))})
        self.assertEqual(answer.status, 200, answer)

    def backup(self, name="copy", *flags):
        path = os.path.join(self.place, name)
        status, said = openfc("backup", path, "--data", self.server.directory, *flags)
        self.assertEqual(status, 0, said)
        return path

    def restored(self, backup, *flags):
        data = tempfile.mkdtemp(prefix="openfc-restored-", dir=self.place)
        status, said = openfc("restore", backup, "--data", os.path.join(data, "store"), *flags)
        return data, status, said

    def test_a_server_at_work(self):
        """All that was acknowledged before the backup began is there and runs; the server goes on."""
        for number in range(5):
            self.create(number)
        acknowledged = 5
        stop, failures = threading.Event(), []

        def write():
            nonlocal acknowledged
            while not stop.is_set():
                try:
                    self.create(acknowledged)
                except AssertionError as failure:
                    failures.append(failure)
                    return
                acknowledged += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for round_number in range(4):
                before = acknowledged
                path = self.backup(f"copy{round_number}")
        finally:
            stop.set()
            writer.join()
        self.assertEqual(failures, [])

        data, status, said = self.restored(path)
        self.assertEqual(status, 0, said)
        with harness.Server(data=data) as other:
            client = other.client()
            for number in range(before):
                answer = client.invoke("s", f"f{number}", b"")
                self.assertEqual((answer.status, answer.body), (200, f"secret-{number} {number}".encode()))

    def test_without_the_host_key(self):
        self.create(1)
        path = self.backup("bare", "--without-host-key")
        self.assertFalse(os.path.exists(os.path.join(path, "host.key")))

        _, status, said = self.restored(path)
        self.assertNotEqual(status, 0)
        self.assertIn("host key", said)

        link = os.path.join(self.place, "link.key")
        os.symlink(os.path.join(self.server.directory, "host.key"), link)
        _, status, said = self.restored(path, "--host-key", link)
        self.assertNotEqual(status, 0)
        self.assertIn("no regular file", said)

        wrong = os.path.join(self.place, "wrong.key")
        with open(os.path.join(self.server.directory, "host.key"), encoding="ascii") as file:
            text = file.read()
        digit = text.rstrip()[-1]
        with open(wrong, "w", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(text.rstrip()[:-1] + ("0" if digit != "0" else "1") + "\n")
        _, status, said = self.restored(path, "--host-key", wrong)
        self.assertNotEqual(status, 0)
        self.assertIn("the backup was made with", said)

        data, status, said = self.restored(path, "--host-key", os.path.join(self.server.directory, "host.key"))
        self.assertEqual(status, 0, said)
        with harness.Server(data=data) as other:
            self.assertEqual(other.client().invoke("s", "f1", b"").body, b"secret-1 1")

    def test_what_is_private_stays_private(self):
        self.create(1)
        path = self.backup()
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o700)
        for name in ("store.sqlite", "host.key"):
            self.assertEqual(os.stat(os.path.join(path, name)).st_mode & 0o777, 0o600)
        for folder, _, names in os.walk(path):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(b"secret-1", file.read(), name)

    def test_a_damaged_backup_is_refused_and_leaves_no_data_directory(self):
        self.create(1)
        path = self.backup()
        archives = os.path.join(path, "packages", "archives")
        victim = os.path.join(archives, os.listdir(archives)[0])
        with open(victim, "r+b") as file:
            file.seek(10)
            file.write(b"damage")

        data, status, said = self.restored(path)
        self.assertNotEqual(status, 0)
        self.assertIn("is damaged", said)

        started = subprocess.run(harness.Server(data=data).command(), capture_output=True, text=True, timeout=30,
                                 check=False)
        self.assertNotEqual(started.returncode, 0)
        self.assertIn("was not finished", started.stdout + started.stderr)

    def test_what_is_refused(self):
        path = self.backup()
        for arguments, told in (
                (("backup", path, "--data", self.server.directory), "exists"),
                (("backup", os.path.join(self.place, "x"), "--data", self.place), "no data directory"),
                (("backup", os.path.join(self.server.directory, "x"), "--data", self.server.directory),
                 "lies in the data directory"),
                (("restore", path, "--data", self.server.directory), "not empty"),
                (("restore", self.place, "--data", os.path.join(self.place, "y")), "no backup"),
                (("backup", os.path.join(self.place, "no", "parent"), "--data", self.server.directory), "no")):
            status, said = openfc(*arguments)
            self.assertEqual(status, 2, (arguments, said))
            self.assertIn(told, said)
        self.assertFalse(os.path.exists(os.path.join(self.place, "x")))
        self.assertFalse(os.path.exists(os.path.join(self.place, "x.partial")))

    def test_json(self):
        self.create(1)
        status, said = openfc("backup", os.path.join(self.place, "j"), "--data", self.server.directory, "-o", "json",
                              "--quiet")
        self.assertEqual(status, 0, said)
        told = json.loads(said)
        self.assertGreaterEqual(told["documents"], 2)
        self.assertEqual(len(told["hostKeyId"]), 16)
        self.assertTrue(told["hostKey"])


if __name__ == "__main__":
    harness.main()
