"""nasConfig: directories of the machine inside instances."""

import os
import shutil
import tempfile

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


class NasTest(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="openfc-nas-")
        cls.share, cls.other = os.path.join(cls.root, "share"), os.path.join(cls.root, "other")
        owned(cls.share, os.path.join(cls.share, "team"), cls.other)
        cls.config = (f"nas:\n  - serverAddr: nas.example:/\n    directory: {cls.share}\n"
                      f"  - serverAddr: other.example:/data\n    directory: {cls.other}\n")
        super().setUpClass()

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
