"""Instance exec (wire-contract 3.5): programs in running instances over a WebSocket."""

import json
import os
import subprocess

import fcclient
import harness
import instance_exec
from instance_exec import BINARY, PING, PONG, RESIZE, STDERR, STDIN, STDOUT, TEXT, Exec, Refused
from machine import wait_until

HANDLER = b'''
import json, os
def handler(event, context):
    with open("/tmp/seen", "a") as file:
        file.write("x")
    names = sorted(os.listdir("/proc/self/ns"))
    return json.dumps({"pid": os.getpid(), "ns": {name: os.readlink("/proc/self/ns/" + name) for name in names},
                       "status": open("/proc/self/status").read(), "groups": open("/proc/self/cgroup").read(),
                       "limits": open("/proc/self/limits").read(), "score": open("/proc/self/oom_score_adj").read()})
'''
CONFINED = ("Uid", "Gid", "Groups", "NoNewPrivs", "Seccomp", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
LOOK = r'''
import json, os
print(json.dumps({"ns": {name: os.readlink("/proc/self/ns/" + name) for name in sorted(os.listdir("/proc/self/ns"))},
                  "status": open("/proc/self/status").read(), "groups": open("/proc/self/cgroup").read(),
                  "limits": open("/proc/self/limits").read(), "score": open("/proc/self/oom_score_adj").read()}))
'''


def fields(status):
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return {name: lines[name].split() for name in CONFINED if name in lines}


class InstanceExec(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s"})

    def make(self, name, **members):
        """A function with one instance; returns its id."""
        self.make_function("s", name, zip=fcclient.make_zip({"index.py": HANDLER}), **members)
        self.facts = self.ask("s", name, "")
        return instance_exec.instance_of(self.client, "s", name)

    def run_in(self, name, instance, *command, **options):
        return instance_exec.run(self.client, "s", name, instance, command, **options)

    def refused(self, name, instance, *command, client=None, **options):
        with self.assertRaises(Refused) as caught:
            Exec(client or self.client, "s", name, instance, command, **options)
        return caught.exception.response

    def test_a_program_runs_beside_the_function(self):
        instance = self.make("beside", environmentVariables={"STAGE": "dev"})

        self.assertEqual(self.run_in("beside", instance, "pwd"), (b"/code\n", b"", "exit status 0"))
        self.assertEqual(self.run_in("beside", instance, "bash", "-c", "echo out && echo err 1>&2; exit 7"),
                         (b"out\n", b"err\n", "exit status 7"))
        self.assertEqual(self.run_in("beside", instance, "/bin/cat", "/tmp/seen")[0], b"x")
        said = self.run_in("beside", instance, "sh", "-c", "echo $STAGE $FC_FUNCTION_NAME $FC_INSTANCE_ID")[0]
        self.assertEqual(said.decode().split(), ["dev", "beside", instance])
        self.assertEqual(self.run_in("beside", instance, "kill", "-9", "0")[2], "exit status 137")
        out, err, reason = self.run_in("beside", instance, "no-such-program")
        self.assertEqual((out, reason), (b"", "exit status 127"))
        self.assertIn(b"no-such-program", err)
        self.assertEqual(self.ask("s", "beside", "")["pid"], self.facts["pid"])

    def test_much_output_comes_whole(self):
        instance = self.make("much")
        out, _, reason = self.run_in("much", instance, "sh", "-c", "seq 1 200000; seq 1 3 >&2")
        self.assertEqual(out, "".join(f"{number}\n" for number in range(1, 200001)).encode())
        self.assertEqual(reason, "exit status 0")

    def test_it_is_as_confined_as_the_function(self):
        instance = self.make("confined")

        seen = json.loads(self.run_in("confined", instance, "python3", "-c", LOOK)[0])

        self.assertEqual(seen["ns"], self.facts["ns"])
        self.assertEqual(fields(seen["status"]), fields(self.facts["status"]))
        self.assertEqual(seen["groups"], self.facts["groups"])
        self.assertEqual(seen["limits"], self.facts["limits"])
        self.assertEqual(seen["score"], self.facts["score"])

    def test_input_of_every_client(self):
        instance = self.make("input")
        for kind, payload in ((TEXT, bytes([STDIN]) + b"hello\n"), (BINARY, b"hello\n")):
            with self.subTest(kind), Exec(self.client, "s", "input", instance, ["cat"], stdin=True) as session:
                session.send(kind, payload)
                self.assertEqual(session.until(b"hello\n"), b"hello\n")
                session.type(b"")  # the end of the input
                session.rest()
                self.assertEqual(session.reason, "exit status 0")
        with self.subTest("no input"):
            self.assertEqual(self.run_in("input", instance, "cat"), (b"", b"", "exit status 0"))

    def test_frames_as_each_client_reads_them(self):
        instance = self.make("frames")
        for agent, kind in (("aliyun-fc-python-sdk-v2.6.1", TEXT), ("Node.js(v14) OS(linux) SDK(2.6)", BINARY)):
            with self.subTest(agent), Exec(self.client, "s", "frames", instance, ["printf", r"\303\244\377"],
                                           headers={"user-agent": agent}) as session:
                expected = b"\xc3\xa4\xef\xbf\xbd" if kind == TEXT else b"\xc3\xa4\xff"
                self.assertEqual(session.frame(), (kind, bytes([STDOUT]) + expected))

    def test_only_what_is_wanted_comes(self):
        instance = self.make("wanted")
        command = ["sh", "-c", "echo out; echo err >&2"]
        self.assertEqual(self.run_in("wanted", instance, *command, stdout=False)[:2], (b"", b"err\n"))
        self.assertEqual(self.run_in("wanted", instance, *command, stderr=False)[:2], (b"out\n", b""))

    def test_a_terminal(self):
        instance = self.make("terminal")
        with Exec(self.client, "s", "terminal", instance, ["/bin/bash", "--norc", "-i"], stdin=True, tty=True) as session:
            session.type(b"PS1=; tty -s && echo on a $((40 + 2)) terminal\r")
            session.until(b"on a 42 terminal")
            session.send(TEXT, bytes([RESIZE]) + b'{"Width":101,"Height":37}')
            session.type(b"stty size\r")
            session.until(b"37 101")
            session.type(b"sh -c 'echo asleep $((10 + 1)); exec sleep 600'\r")
            session.until(b"asleep 11")
            session.type(b"\x03")  # Ctrl-C ends it, not the shell
            session.type(b"echo go $((1 + 1)) on; exit 5\r")
            session.until(b"go 2 on")
            session.rest()
            self.assertEqual(session.reason, "exit status 5")

    def test_pings_are_answered(self):
        instance = self.make("pings")
        with Exec(self.client, "s", "pings", instance, ["cat"], stdin=True) as session:
            session.send(PING, b"still there?")
            self.assertEqual(session.frame(), (PONG, b"still there?"))

    def test_a_client_that_goes_takes_its_program_along(self):
        instance = self.make("goes")
        with Exec(self.client, "s", "goes", instance, ["sh", "-c", "echo $$; sleep 600 & wait"]) as session:
            session.until(b"\n")
        count = ("sh", "-c", "ls /proc/*/comm | xargs cat 2>/dev/null | grep -c sleep")
        self.assertTrue(wait_until(lambda: self.run_in("goes", instance, *count)[0] == b"0\n", 10))

    def test_nothing_said_for_long_ends_it(self):
        instance = self.make("silent")
        with Exec(self.client, "s", "silent", instance, ["sleep", "600"], idleTimeout="1") as session:
            session.rest()
            self.assertEqual(session.reason, "nothing was said for long")

    def test_an_instance_is_not_frozen_meanwhile(self):
        instance = self.make("awake")
        count = "i=0; while :; do i=$((i + 1)); echo $i; sleep 0.05; done"
        with Exec(self.client, "s", "awake", instance, ["sh", "-c", count]) as session:
            session.until(b"\n40\n")  # 2 s, and an instance is frozen after 100 ms
            self.assertEqual(self.server.metric("fc_instances", state="standby"), 1)
        self.assertTrue(wait_until(lambda: self.server.metric("fc_instances", state="standby") == 0, 10))
        self.assertEqual(self.ask("s", "awake", "")["pid"], self.facts["pid"])

    def test_it_ends_with_its_instance(self):
        instance = self.make("ends")
        with Exec(self.client, "s", "ends", instance, ["sleep", "600"]) as session:
            self.expect(self.client.put("/services/s/functions/ends", {"description": "another"}), 200)
            self.ask("s", "ends", "")
            session.rest()
            self.assertEqual(session.reason, "exit status 137")

    def test_only_so_many_at_a_time(self):
        instance = self.make("many")
        sessions = [Exec(self.client, "s", "many", instance, ["sleep", "600"]) for _ in range(10)]
        try:
            self.expect(self.refused("many", instance, "true"), 429, "ResourceExhausted", ("10",))
        finally:
            for session in sessions:
                session.close()
        self.assertTrue(wait_until(lambda: self.tried("many", instance), 10))

    def tried(self, name, instance):
        try:
            return self.run_in(name, instance, "true")[2] == "exit status 0"
        except Refused:
            return False

    def test_refusals_are_json(self):
        instance = self.make("refusals")
        self.expect(self.refused("refusals", "c-none", "true"), 400, "InvalidArgument",
                    "instance 'c-none' of function 'refusals' does not exist")
        self.expect(self.refused("none", instance, "true"), 404, "FunctionNotFound")
        self.expect(self.refused("refusals", instance), 400, "InvalidArgument", "command is required")
        self.expect(self.refused("refusals", instance, "x" * 20000), 400, "InvalidArgument", ("16384",))
        self.expect(self.refused("refusals", instance, "true", headers={"upgrade": "h2c"}), 400, "InvalidArgument",
                    ("Upgrade: websocket",))
        self.expect(self.client.get(f"/services/s/functions/refusals/instances/{instance}/exec?command=true"), 400,
                    "InvalidArgument")
        stranger = fcclient.Client("127.0.0.1", self.server.port, harness.KEY_ID, "wrong")
        self.expect(self.refused("refusals", instance, "true", client=stranger), 403, "SignatureNotMatch")

    def test_permission_and_audit_line(self):
        instance = self.make("permission")
        arn = f"acs:fc:{harness.REGION}:{harness.ACCOUNT}:services/s/functions/permission/instances/{instance}"
        made = self.client.send("POST", "/openfc/keys", self.client.signed("POST", "/openfc/keys", {
            "content-type": "application/json"}), json.dumps({"policies": {"p": json.dumps({
                "Version": "1", "Statement": [
                    {"Effect": "Allow", "Action": "*", "Resource": "*"},
                    {"Effect": "Deny", "Action": "fc:InstanceExec", "Resource": arn}]})}}).encode()).json
        client = fcclient.Client("127.0.0.1", self.server.port, made["accessKeyId"], made["accessKeySecret"])
        answer = self.refused("permission", instance, "true", client=client)
        self.expect(answer, 403, "AccessDenied",
                    f"the caller is not authorized to perform 'fc:InstanceExec' on resource '{arn}'")
        self.assertEqual(self.server.audit_line(answer.header("X-Fc-Request-Id"))["errorCode"], "AccessDenied")

        with Exec(self.client, "s", "permission", instance, ["cat"], stdin=True) as session:
            line = self.server.audit_line(session.request_id)  # while it goes on
            self.assertEqual((line["operation"], line["resource"], line["status"]), ("InstanceExec", arn, 101))

    def openfc(self, *arguments, status=0, stdin=""):
        environment = {**os.environ, "OPENFC_ENDPOINT": f"http://127.0.0.1:{self.server.port}"}
        done = subprocess.run([harness.binary(), "instance", "exec", *arguments], capture_output=True, text=True,
                              check=False, timeout=60, input=stdin, env=environment)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def test_the_command(self):
        instance = self.make("command")

        done = self.openfc("s/command", instance, "--", "sh", "-c", "cat; echo err >&2", stdin="a\nb\n")
        self.assertEqual((done.stdout, done.stderr), ("a\nb\n", "err\n"))
        done = self.openfc("s/command", instance, "--", "ls", "--no-such-flag", status=1)
        self.assertIn("the program ended with exit status 2", done.stderr)
        done = self.openfc("s/command", instance, "-t", "--", "sh", "-c", "tty -s && echo a terminal")
        self.assertEqual(done.stdout.split(), ["a", "terminal"])
        done = self.openfc("s/command", "c-none", "--", "true", status=3)
        self.assertIn("instance 'c-none' of function 'command' does not exist", done.stderr)
        self.openfc("s/command", instance, status=2)
