"""Several accounts on one node: what one takes leaves the others their share."""

import threading

import fcclient
import harness

OTHER = "2000000000000002"
KEYS = f"accessKeys:\n  - id: other-key\n    secret: other-secret\n    accountId: \"{OTHER}\"\n"
SLEEP = fcclient.make_zip({"index.py": (
    "import time\n\ndef handler(event, context):\n    time.sleep(float(event))\n    return 'slept'\n")})


class AccountsTest(harness.ServerTest):
    def setUp(self):
        super().setUp()
        self.other = fcclient.Client("127.0.0.1", self.server.port, "other-key", "other-secret")
        self.addCleanup(self.other.close)

    def make(self, client, service, **members):
        """A service with a function that sleeps for as many seconds as its event says."""
        self.expect(client.post("/services", {"serviceName": service}), 200)
        body = {"functionName": "sleep", "runtime": "python3", "handler": "index.handler", "timeout": 60,
                "memorySize": 128, "code": fcclient.zip_field(SLEEP), **members}
        self.expect(client.post(f"/services/{service}/functions", body), 200)

    def hold(self, service, seconds, count):
        """`count` invocations of the first account that run when this returns. Gives what joins them."""
        answers = []

        def call():
            answers.append(self.server.client(timeout=90).invoke(service, "sleep", str(seconds).encode()))

        threads = [threading.Thread(target=call) for _ in range(count)]
        for thread in threads:
            thread.start()
        self.assertTrue(harness.machine.wait_until(
            lambda: self.server.metric("fc_instances", state="busy") >= count, 30))

        def join():
            for thread in threads:
                thread.join()
            self.assertEqual([answer.body for answer in answers], [b"slept"] * count)

        return join


class Memory(AccountsTest):
    config = KEYS + "memory: 6000\nadmissionWait: 1\n"

    def test_one_account_leaves_the_other_its_share(self):
        self.make(self.client, "big", memorySize=2944)
        self.make(self.other, "small")
        join = self.hold("big", 8, 1)

        beyond = self.client.invoke("big", "sleep", b"0")
        others = self.other.invoke("small", "sleep", b"0")

        self.expect(beyond, 503, "ResourceThrottled")
        self.assertIn("set aside for other accounts (accountShare)", beyond.message)
        self.assertEqual((others.status, others.body), (200, b"slept"))
        join()


class WithoutShares(AccountsTest):
    """What the shares defend against."""

    config = KEYS + "memory: 6000\naccountShare: 0\nadmissionWait: 1\n"

    def test_one_account_takes_everything(self):
        self.make(self.client, "big", memorySize=2944)
        self.make(self.other, "small", memorySize=256)
        join = self.hold("big", 8, 2)

        self.expect(self.other.invoke("small", "sleep", b"0"), 503, "ResourceThrottled",
                    "this node has no memory left for an instance of 256 MB (memory)")
        join()


class SingleAccount(AccountsTest):
    config = "memory: 6000\nadmissionWait: 1\n"

    def test_it_may_use_the_whole_node(self):
        self.make(self.client, "big", memorySize=2944)

        self.hold("big", 3, 2)()


class Concurrency(AccountsTest):
    config = KEYS + "maxConcurrency: 2\n"

    def test_each_account_has_a_limit_of_its_own(self):
        self.make(self.client, "mine")
        self.make(self.other, "others")
        join = self.hold("mine", 8, 2)

        beyond = self.client.invoke("mine", "sleep", b"0")
        others = self.other.invoke("others", "sleep", b"0")

        self.expect(beyond, 429, "ResourceExhausted",
                    f"the number of concurrent invocations of account {harness.ACCOUNT} exceeds the limit "
                    "(2, maxConcurrency)")
        self.assertEqual((others.status, others.body), (200, b"slept"))
        join()
