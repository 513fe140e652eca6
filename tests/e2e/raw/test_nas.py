"""nasConfig: directories of the machine inside instances."""

import ctypes
import errno
import os
import select
import shutil
import struct
import tempfile
import threading
import time
import unittest

import fcclient
import harness

OWNER = 10003
HANDLER = b'''
import subprocess
def handler(event, context):
    done = subprocess.run(["/bin/sh", "-c", event.decode()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode()
'''


def owned(*paths):
    for path in paths:
        os.makedirs(path, exist_ok=True)
        os.chown(path, OWNER, OWNER)


class SharedServer(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="openfc-nas-")
        cls.share, cls.other = os.path.join(cls.root, "share"), os.path.join(cls.root, "other")
        owned(cls.share, os.path.join(cls.share, "team"), cls.other)
        cls.config = (f"nas:\n  - serverAddr: nas.example:/\n    directory: {cls.share}\n"
                      f"  - serverAddr: other.example:/data\n    directory: {cls.other}\n")
        cls.prepare()
        super().setUpClass()

    @classmethod
    def prepare(cls):
        """Before the server starts."""

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        shutil.rmtree(cls.root)

    def mount(self, name, *points, user=OWNER, group=OWNER, **members):
        return self.client.post("/services", {"serviceName": name, "nasConfig": {
            "userId": user, "groupId": group,
            "mountPoints": [{"serverAddr": address, "mountDir": place} for address, place in points]}, **members})

    def function(self, service, name="f", **members):
        self.make_function(service, name, zip=fcclient.make_zip({"index.py": HANDLER}), **members)

    def run_in(self, service, text, name="f"):
        response = self.client.invoke(service, name, text)
        self.assertIsNone(response.header("x-fc-error-type"), response)
        return response.body.decode()


class NasTest(SharedServer):
    def test_instances_share_the_directory(self):
        self.expect(self.mount("shared", ("nas.example:/", "/mnt/x")), 200)
        self.function("shared", "writer")
        self.function("shared", "reader")

        self.run_in("shared", "echo written > /mnt/x/file", "writer")

        self.assertEqual(self.run_in("shared", "cat /mnt/x/file; echo more >> /mnt/x/file", "reader"), "written\n")
        self.assertEqual(self.run_in("shared", "cat /mnt/x/file", "writer"), "written\nmore\n")
        status = os.stat(os.path.join(self.share, "file"))
        self.assertEqual((status.st_uid, status.st_gid), (OWNER, OWNER))

    def test_several_mounts_and_directories_below(self):
        self.expect(self.mount("several", ("nas.example:/team", "/home/team"), ("other.example:/data", "/mnt/auto/o")), 200)
        self.function("several")

        self.run_in("several", "echo a > /home/team/a; echo b > /mnt/auto/o/b; touch /mnt/auto/c")

        self.assertEqual(os.listdir(os.path.join(self.share, "team")), ["a"])
        self.assertEqual(os.listdir(self.other), ["b"])
        self.assertEqual(self.run_in("several", "ls /mnt/auto"), "o\n")

    def test_code_runs_from_a_mount(self):
        self.expect(self.mount("code", ("nas.example:/", "/mnt/x")), 200)
        with open(os.path.join(self.share, "module.py"), "w") as file:
            file.write("VALUE = 'from the share'\n")
        source = b"import sys; sys.path.append('/mnt/x')\nimport module\ndef handler(e, c): return module.VALUE\n"
        self.make_function("code", "f", zip=fcclient.make_zip({"index.py": source}))

        self.assertEqual(self.client.invoke("code", "f", "").body, b"from the share")

    def test_unknown_servers_are_refused(self):
        refused = ("nasConfig.mountPoints[0].serverAddr", "there is no NAS server 'elsewhere:/'")
        self.expect(self.mount("unknown", ("elsewhere:/", "/mnt/x")), 400, "InvalidArgument", refused)
        self.expect(self.client.get("/services/unknown"), 404)
        self.expect(self.mount("known", ("nas.example:/", "/mnt/x")), 200)
        self.expect(self.client.put("/services/known", {"nasConfig": {"mountPoints": [
            {"serverAddr": "elsewhere:/", "mountDir": "/mnt/x"}]}}), 400, "InvalidArgument", refused)

    def test_places_outside_of_the_directories_for_mounts_are_refused(self):
        for place in ("/usr/x", "/code", "/mnt/../etc", "mnt/x"):
            self.expect(self.mount("places", ("nas.example:/", place)), 400, "InvalidArgument", ("mountDir",))

    def test_a_missing_directory_is_told_to_the_caller(self):
        self.expect(self.mount("missing", ("nas.example:/gone", "/mnt/x")), 200)
        self.function("missing")

        error = self.failing(self.client.invoke("missing", "f", "true"))

        self.assertEqual(error["errorMessage"], "The function cannot be started. mount at /mnt/x: open gone: "
                                                "No such file or directory")
        owned(os.path.join(self.share, "gone"))
        self.assertEqual(self.run_in("missing", "ls -d /mnt/x"), "/mnt/x\n")

    def test_a_link_on_the_share_leads_nowhere(self):
        self.expect(self.mount("planter", ("nas.example:/", "/mnt/x")), 200)
        self.function("planter")
        self.run_in("planter", "ln -s / /mnt/x/planted")
        self.expect(self.mount("victim", ("nas.example:/planted", "/mnt/x")), 200)
        self.function("victim")

        self.assertIn("open planted", self.failing(self.client.invoke("victim", "f", "true"))["errorMessage"])

    def test_a_changed_mount_reaches_new_instances(self):
        self.expect(self.mount("changed", ("nas.example:/", "/mnt/x")), 200)
        self.function("changed")
        self.assertIn("team", self.run_in("changed", "ls /mnt/x"))

        self.expect(self.client.put("/services/changed", {"nasConfig": {"userId": -1, "groupId": -1,
                                                                        "mountPoints": []}}), 200)

        self.assertEqual(self.run_in("changed", "ls /mnt"), "")

    def test_nobody_becomes_root_on_the_share(self):
        open_to_all = os.path.join(self.share, "open")
        os.makedirs(open_to_all)
        os.chmod(open_to_all, 0o777)
        self.expect(self.mount("root", ("nas.example:/open", "/mnt/x"), user=0, group=0), 200)
        self.function("root")

        self.run_in("root", "cp /bin/echo /mnt/x/evil; chmod 6755 /mnt/x/evil")

        status = os.stat(os.path.join(open_to_all, "evil"))
        self.assertEqual((status.st_uid, status.st_gid), (65534, 65534))


class UnconfiguredTest(harness.ServerTest):
    def test_without_a_table_the_configuration_is_recorded(self):
        nas = {"userId": 1, "groupId": 2, "mountPoints": [{"serverAddr": "any:/", "mountDir": "/mnt/x"}]}
        self.make_service("s", nasConfig=nas, vpcConfig={"vpcId": "v", "vSwitchIds": ["vsw"], "securityGroupId": "g"})
        self.make_function("s", "f")

        self.assertEqual(self.client.get("/services/s").json["nasConfig"], nas)
        self.assertEqual(self.ask("s", "f", {"do": "echo", "value": 1}), 1)


class SilentFileSystem(threading.Thread):
    """A FUSE mount whose program answers what it is until it falls silent."""

    silent = False

    def __init__(self, place):
        super().__init__(daemon=True)
        self.place, self.device = place, os.open("/dev/fuse", os.O_RDWR)
        self.end, self.other_end = os.pipe()
        options = f"fd={self.device},rootmode=40000,user_id=0,group_id=0".encode()
        self.libc = ctypes.CDLL(None, use_errno=True)
        if self.libc.mount(b"silent", place.encode(), b"fuse", ctypes.c_ulong(0), options) != 0:
            error = ctypes.get_errno()
            os.close(self.device)
            raise OSError(error, os.strerror(error))
        self.start()

    def run(self):
        while self.end not in select.select([self.device, self.end], [], [])[0]:
            _, operation, unique = struct.unpack_from("<IIQ", os.read(self.device, 65536))
            if not self.silent:
                body = self.answer(operation)
                os.write(self.device, struct.pack("<IiQ", 16 + len(body), 0 if body else -errno.ENOSYS, unique) + body)

    @staticmethod
    def answer(operation):
        if operation == 26:  # FUSE_INIT
            return struct.pack("<IIIIHHII", 7, 31, 0, 0, 0, 0, 4096, 1).ljust(64, b"\0")
        if operation == 3:  # FUSE_GETATTR, to be asked each time
            return struct.pack("<QII6Q10I", 0, 0, 0, 1, *[0] * 5, *[0] * 3, 0o40755, 2, OWNER, OWNER, 0, 4096, 0)
        return b""

    def close(self):
        self.libc.umount2(self.place.encode(), 2)
        os.write(self.other_end, b"x")
        self.join()
        for descriptor in (self.device, self.end, self.other_end):
            os.close(descriptor)


class HangingShareTest(SharedServer):
    """A share that does not answer costs its own users their mount, and nobody else anything."""

    silent = None

    @classmethod
    def prepare(cls):
        try:
            cls.silent = SilentFileSystem(cls.other)
        except OSError as error:
            shutil.rmtree(cls.root)
            raise unittest.SkipTest(f"no file system can be mounted from /dev/fuse: {error}")

    @classmethod
    def tearDownClass(cls):
        cls.silent.close()
        super().tearDownClass()

    def test_another_services_cold_start_works_meanwhile(self):
        self.expect(self.mount("hanging", ("other.example:/data", "/mnt/x")), 200)
        self.function("hanging")
        self.expect(self.mount("lively", ("nas.example:/", "/mnt/x")), 200)
        self.function("lively")
        begun = time.monotonic()
        said = []
        client = self.server.client()
        self.silent.silent = True
        caller = threading.Thread(target=lambda: said.append(client.invoke("hanging", "f", "true")))
        caller.start()

        self.assertEqual(self.run_in("lively", "ls -d /mnt/x/team"), "/mnt/x/team\n")
        self.assertLess(time.monotonic() - begun, 4)
        caller.join()
        client.close()
        self.assertEqual(self.failing(said[0])["errorMessage"], "The function cannot be started. mount at /mnt/x: the "
                         "share's file system does not answer within 5000 ms")
