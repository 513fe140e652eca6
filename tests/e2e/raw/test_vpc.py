"""vpcConfig: private networks of the machine that single services reach. The machine is a network namespace of the
test's own, and behind its link is another one that holds public, private and metadata addresses."""

import ctypes
import os
import shutil
import sys
import tempfile

import fcclient
import harness

sys.path.append(os.path.join(os.path.dirname(harness.HERE), "attack"))
import world  # noqa: E402

CONFIG = """
vswitches:
  - id: vsw-ten
    vpcId: vpc-1
    cidrs: [10.1.0.0/16]
  - id: vsw-link
    interface: up0
sandboxAllowed: [172.16.9.9]
"""
TEN, MORE, METADATA = "10.1.2.3", "192.168.5.5", "169.254.169.254"
HANDLER = b'''
import json, socket
def handler(event, context):
    answers = {}
    for address in json.loads(event):
        try:
            with socket.create_connection((address, %d), 3) as connection:
                answers[address] = "reached"
        except OSError as error:
            answers[address] = error.strerror or str(error)
    return answers
''' % world.PORT
REFUSED = "No route to host"


class VpcTest(harness.ServerTest):
    config = CONFIG

    @classmethod
    def setUpClass(cls):
        cls.home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        cls.directory = tempfile.mkdtemp(prefix="openfc-vpc-")
        cls.world = world.World(cls.directory)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            cls.world.close()
            ctypes.CDLL(None).setns(cls.home, world.NEWNET)
            os.close(cls.home)
            shutil.rmtree(cls.directory)

    def service(self, name, switches, vpc="vpc-1", **members):
        self.make_service(name, vpcConfig={"vpcId": vpc, "vSwitchIds": switches, "securityGroupId": "sg"}, **members)
        self.make_function(name, "f", zip=fcclient.make_zip({"index.py": HANDLER}))

    def reach(self, name, *addresses):
        return self.ask(name, "f", list(addresses))

    def test_a_vswitch_opens_its_network_to_its_service_alone(self):
        self.service("ten", ["vsw-ten"])
        self.make_service("without")
        self.make_function("without", "f", zip=fcclient.make_zip({"index.py": HANDLER}))

        self.assertEqual(self.reach("ten", TEN, MORE, METADATA, world.PUBLIC),
                         {TEN: "reached", MORE: REFUSED, METADATA: REFUSED, world.PUBLIC: "reached"})
        self.assertEqual(self.reach("without", TEN, world.PUBLIC), {TEN: REFUSED, world.PUBLIC: "reached"})

    def test_without_internet_access_only_the_vswitches_are_reached(self):
        self.service("only", ["vsw-ten"], internetAccess=False)

        self.assertEqual(self.reach("only", TEN, world.PUBLIC, "172.16.9.9", world.HOST),
                         {TEN: "reached", world.PUBLIC: REFUSED, "172.16.9.9": REFUSED, world.HOST: REFUSED})

    def test_a_vswitch_may_be_a_link_of_the_machine(self):
        self.service("link", ["vsw-link"], vpc="", internetAccess=False)

        self.assertEqual(self.reach("link", TEN, MORE, world.HOST),
                         {TEN: "reached", MORE: "reached", world.HOST: REFUSED})

    def test_several_vswitches(self):
        self.service("several", ["vsw-link", "vsw-ten"], internetAccess=False)

        self.assertEqual(self.reach("several", TEN, MORE), {TEN: "reached", MORE: "reached"})

    def test_a_changed_configuration_reaches_new_instances(self):
        self.service("changed", ["vsw-ten"])
        self.assertEqual(self.reach("changed", TEN), {TEN: "reached"})

        self.expect(self.client.put("/services/changed", {"vpcConfig": {"vpcId": "", "vSwitchIds": [],
                                                                        "securityGroupId": ""}}), 200)

        self.assertEqual(self.reach("changed", TEN), {TEN: REFUSED})

    def test_unknown_vswitches_are_refused(self):
        def create(vpc, switch):
            return self.client.post("/services", {"serviceName": "unknown", "vpcConfig": {
                "vpcId": vpc, "vSwitchIds": [switch], "securityGroupId": "sg"}})

        self.expect(create("vpc-1", "vsw-9"), 400, "InvalidArgument", ("there is no vSwitch 'vsw-9'",))
        self.expect(create("vpc-2", "vsw-ten"), 400, "InvalidArgument", ("vSwitch 'vsw-ten' is not in VPC 'vpc-2'",))
        self.expect(self.client.get("/services/unknown"), 404)
