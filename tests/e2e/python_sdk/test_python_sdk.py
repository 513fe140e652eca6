"""The official Python SDK, unmodified, against a fresh server."""

import base64
import json
import logging
import os
import re
import unittest
import urllib.request
import zipfile

import fc2
import harness
import machine
from fc2.fc_exceptions import FcError

# The methods that succeeded, noted for the last test of this file.
SUCCEEDED = set()
METHODS = {name for name, method in vars(fc2.Client).items() if callable(method) and not name.startswith("_")}
# What openfc cannot answer, and why. A method that succeeds all the same must leave this list.
EXEMPT = {
    "do_http_request": "calls HTTP triggers, which are kept but do not fire",
    "instance_exec": "instance exec over WebSocket waits",
    "websocket": "the connection of instance_exec",
}


class Client(fc2.Client):
    """The client, noting what it is used for; its own code is what runs."""

    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if name not in METHODS:
            return found

        def noted(*arguments, **options):
            answer = found(*arguments, **options)
            SUCCEEDED.add(name)
            return answer
        return noted


PYTHON = os.path.join(harness.FUNCTIONS, "python")
KINDS = {"python": "python3", "nodejs": "nodejs12", "custom": "custom"}


class PythonSdk(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        logging.disable()  # the SDK logs every refusal that it also raises
        cls.fc = Client(endpoint=f"http://127.0.0.1:{cls.server.port}", accessKeyID=harness.KEY_ID,
                            accessKeySecret=harness.KEY_SECRET)
        cls.fc.create_service("s", description="of the SDK")
        for kind, runtime in KINDS.items():
            cls.fc.create_function("s", kind, runtime, "index.handler", codeZipFile=cls.package(kind), memorySize=128,
                                   timeout=10)

    @classmethod
    def package(cls, kind):
        path = os.path.join(cls.server.data, kind + ".zip")
        with open(path, "wb") as file:
            file.write(harness.code(kind))
        return path

    def refused(self, code, status, call, *arguments, text="", **options):
        with self.assertRaises(FcError) as caught:
            call(*arguments, **options)
        error = caught.exception
        self.assertEqual((error.err_code, error.status_code), (code, status))
        self.assertIn(text, error.message)
        self.assertRegex(error.request_id, "^.{36}$")
        return error

    def ask(self, name, event, **headers):
        return self.fc.invoke_function("s", name, payload=json.dumps(event),
                                       headers={key.replace("_", "-"): value for key, value in headers.items()})

    def test_services(self):
        created = self.fc.create_service("crud", description="one")
        read = self.fc.get_service("crud")
        self.assertEqual(read.data, created.data)
        self.assertEqual(read.headers["etag"], created.headers["etag"])
        self.assertIn("logConfig", read.data)

        updated = self.fc.update_service("crud", description="two", internetAccess=False)
        self.assertEqual((updated.data["description"], updated.data["internetAccess"]), ("two", False))
        self.fc.delete_service("crud")
        self.refused("ServiceNotFound", 404, self.fc.get_service, "crud", text="service 'crud' does not exist")

    def test_service_rules(self):
        self.refused("InvalidArgument", 400, self.fc.create_service, "9bad", text="ServiceName")
        self.refused("ServiceAlreadyExists", 409, self.fc.create_service, "s")
        self.refused("ServiceNotEmpty", 409, self.fc.delete_service, "s", text="service 's' has active 'functions'.")

    def test_if_match(self):
        etag = self.fc.create_service("matched").headers["etag"]
        self.fc.update_service("matched", description="x", headers={"if-match": etag})
        for call, options in ((self.fc.update_service, {"description": "y"}), (self.fc.delete_service, {})):
            self.refused("PreconditionFailed", 412, call, "matched", headers={"if-match": etag},
                         text="the resource being modified has been changed", **options)
        etag = self.fc.get_service("matched").headers["etag"]
        self.fc.delete_service("matched", headers={"if-match": etag})

    def test_pagination(self):
        names = [f"page_{letter}" for letter in "abcde"]
        for name in names:
            self.fc.create_service(name)
        seen, token = [], None
        while True:
            page = self.fc.list_services(limit=2, prefix="page_", nextToken=token).data
            seen += [service["serviceName"] for service in page["services"]]
            token = page.get("nextToken")
            if not token:
                break
        self.assertEqual(seen, names)
        listed = self.fc.list_services(prefix="page_", startKey="page_d").data["services"]
        self.assertEqual([service["serviceName"] for service in listed], names[3:])

    def test_functions(self):
        created = self.fc.create_function("s", "crud", "python3", "index.handler", codeDir=PYTHON,
                                          environmentVariables={"STAGE": "dev"}, initializer="index.initializer",
                                          instanceConcurrency=10)
        self.assertEqual((created.data["memorySize"], created.data["timeout"]), (256, 60))
        self.assertEqual(created.data["instanceConcurrency"], 10)
        self.assertEqual(self.fc.get_function("s", "crud").data, created.data)
        self.assertEqual(self.fc.get_function("s", "crud", qualifier="LATEST").data, created.data)

        updated = self.fc.update_function("s", "crud", memorySize=512, timeout=30, environmentVariables={})
        self.assertEqual((updated.data["memorySize"], updated.data["timeout"]), (512, 30))
        self.assertEqual(updated.data["environmentVariables"], {})
        self.assertNotEqual(updated.headers["etag"], created.headers["etag"])
        names = [function["functionName"] for function in self.fc.list_functions("s").data["functions"]]
        self.assertEqual(names, sorted(names))
        self.assertIn("crud", names)
        self.fc.delete_function("s", "crud")
        self.refused("FunctionNotFound", 404, self.fc.get_function, "s", "crud")

    def test_function_rules(self):
        def create(name="bad", runtime="python3", **options):
            return self.fc.create_function("s", name, runtime, "index.handler", codeDir=PYTHON, **options)
        self.refused("InvalidArgument", 400, create, runtime="10", text="Runtime is set to an invalid value")
        self.refused("InvalidArgument", 400, create, memorySize=100, text="64")
        self.refused("InvalidArgument", 400, create, environmentVariables={"A": ""}, text="Environment variable value")
        self.refused("FunctionAlreadyExists", 409, create, "python")
        self.refused("ServiceNotFound", 404, self.fc.list_functions, "absent")

    def test_code_updates_show_at_once(self):
        path = os.path.join(self.server.data, "update.zip")
        for number in range(3):
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("index.py", f"def handler(event, context):\n    return 'v{number}'\n")
            if number:
                self.fc.update_function("s", "versions", codeZipFile=path)
            else:
                self.fc.create_function("s", "versions", "python3", "index.handler", codeZipFile=path)
            self.assertEqual(self.fc.invoke_function("s", "versions").data, f"v{number}".encode())

    def test_code_download(self):
        answer = self.fc.get_function_code("s", "python").data
        self.assertEqual(answer["checksum"], self.fc.get_function("s", "python").data["codeChecksum"])
        with urllib.request.urlopen(answer["url"], timeout=20) as response:
            self.assertEqual(response.read(), harness.code("python"))
            self.assertEqual(response.headers["X-Oss-Hash-Crc64ecma"], answer["checksum"])

    def test_versions_and_aliases(self):
        self.fc.create_service("frozen", description="current")
        self.fc.create_function("frozen", "f", "python3", "index.handler", codeZipFile=self.package("python"),
                                timeout=10)
        self.assertEqual(self.fc.publish_version("frozen", "the first").data["versionId"], "1")
        self.refused("VersionPublishError", 409, self.fc.publish_version, "frozen", "again")
        self.fc.update_function("frozen", "f", timeout=11)
        self.assertEqual(self.fc.publish_version("frozen").data["description"], "current")
        self.assertEqual(self.fc.get_service("frozen", qualifier="1").data["description"], "the first")
        self.assertEqual([self.fc.get_function("frozen", "f", qualifier=qualifier).data["timeout"]
                          for qualifier in ("1", "2", None)], [10, 11, 11])
        page = self.fc.list_versions("frozen", limit=1, direction="FORWARD").data
        self.assertEqual(([version["versionId"] for version in page["versions"]], page["nextToken"]), (["1"], "2"))
        self.assertNotIn("nextToken", self.fc.list_versions("frozen", nextToken="2", direction="FORWARD").data)

        made = self.fc.create_alias("frozen", "prod", "1", "live", {"2": 1.0})
        self.assertEqual(self.fc.get_alias("frozen", "prod").data, made.data)
        event = json.dumps({"do": "echo", "value": 1})
        answer = self.fc.invoke_function("frozen", "f", payload=event, qualifier="prod")
        self.assertEqual(answer.headers["x-fc-invocation-service-version"], "2")
        updated = self.fc.update_alias("frozen", "prod", "1", additionalVersionWeight={}).data
        self.assertIsNone(updated["additionalVersionWeight"])
        self.assertEqual([alias["aliasName"] for alias in self.fc.list_aliases("frozen").data["aliases"]], ["prod"])
        self.refused("AliasAlreadyExists", 409, self.fc.create_alias, "frozen", "prod", "1")
        self.refused("VersionNotFound", 404, self.fc.create_alias, "frozen", "other", "9")

        self.fc.delete_function("frozen", "f")
        for version in ("1", "2"):
            self.fc.delete_version("frozen", version)
        self.refused("VersionNotFound", 404, self.fc.invoke_function, "frozen", "f", payload="", qualifier="prod")
        self.refused("ServiceNotEmpty", 409, self.fc.delete_service, "frozen", text="'aliases'")
        self.fc.delete_alias("frozen", "prod")
        self.fc.delete_service("frozen")

    def test_triggers(self):
        self.fc.create_function("s", "triggered", "python3", "index.handler", codeDir=PYTHON)
        config = {"cronExpression": "0 0 4 * * *", "payload": "p", "enable": False}
        made = self.fc.create_trigger("s", "triggered", "t", "timer", config, None, None, description="d").data
        self.assertEqual((made["triggerType"], made["triggerConfig"], made["description"]), ("timer", config, "d"))
        self.assertEqual(self.fc.get_trigger("s", "triggered", "t").data, made)
        self.refused("TriggerAlreadyExists", 409, self.fc.create_trigger, "s", "triggered", "t", "timer", config, None,
                     None)
        changed = {**config, "cronExpression": "@every 5m"}
        self.assertEqual(self.fc.update_trigger("s", "triggered", "t", changed).data["triggerConfig"], changed)
        web = {"authType": "anonymous", "methods": ["GET"]}
        self.refused("InvalidArgument", 400, self.fc.create_trigger, "s", "triggered", "h", "http", web, None, None,
                     text="either HTTP triggers or triggers of other types")
        self.fc.create_trigger("s", "triggered", "a", "timer", config, None, None)
        page = self.fc.list_triggers("s", "triggered", limit=1).data
        self.assertEqual(([one["triggerName"] for one in page["triggers"]], page["nextToken"]), (["a"], "t"))
        self.refused("FunctionNotEmpty", 409, self.fc.delete_function, "s", "triggered", text="'triggers'")
        for name in ("a", "t"):
            self.fc.delete_trigger("s", "triggered", name)
        self.refused("TriggerNotFound", 404, self.fc.get_trigger, "s", "triggered", "t")
        made = self.fc.create_trigger("s", "triggered", "h", "http", web, None, None).data
        self.assertTrue(made["urlInternet"].endswith("/2016-08-15/proxy/s/triggered/"), made)
        self.fc.delete_trigger("s", "triggered", "h")
        self.fc.delete_function("s", "triggered")

    def test_custom_domains(self):
        name = f"py.{harness.ACCOUNT}.{harness.REGION}.functioncompute.com"
        routes = [{"path": "/a/*", "serviceName": "s", "functionName": "python", "qualifier": None, "methods": ["GET"]}]
        made = self.fc.create_custom_domain(name, protocol="HTTP", routeConfig={"routes": routes}).data
        self.assertEqual((made["protocol"], made["routeConfig"]), ("HTTP", {"routes": routes}))
        self.assertEqual(self.fc.get_custom_domain(name).data, made)
        self.refused("DomainNameAlreadyExists", 409, self.fc.create_custom_domain, name, protocol="HTTP")
        routes[0]["path"] = "/b/*"
        updated = self.fc.update_custom_domain(name, protocol="HTTP", routeConfig={"routes": routes}).data
        self.assertEqual(updated["routeConfig"], {"routes": routes})
        listed = self.fc.list_custom_domains(prefix="py.").data["customDomains"]
        self.assertEqual([one["domainName"] for one in listed], [name])
        self.fc.delete_custom_domain(name)
        self.refused("DomainNameNotFound", 404, self.fc.get_custom_domain, name)

    def test_tags(self):
        self.fc.create_service("tagged")
        arn = f"acs:fc:{harness.REGION}:{harness.ACCOUNT}:services/tagged"
        self.fc.tag_resource(arn, {"team": "media", "stage": "prod"})
        self.assertEqual(self.fc.get_resource_tags(arn).data["tags"], {"team": "media", "stage": "prod"})
        listed = self.fc.list_services(tags={"team": "media"}).data["services"]
        self.assertEqual([service["serviceName"] for service in listed], ["tagged"])
        self.fc.untag_resource(arn, ["stage"])
        self.assertEqual(self.fc.get_resource_tags(arn).data["tags"], {"team": "media"})
        self.fc.untag_resource(arn, [], deleteAll=True)
        self.assertEqual(self.fc.get_resource_tags(arn).data["tags"], {})
        self.fc.delete_service("tagged")

    def test_asynchronous_configurations(self):
        place = ("s", "LATEST", "python")
        self.refused("AsyncConfigNotExists", 404, self.fc.get_function_async_invoke_config, *place)
        put = self.fc.put_function_async_invoke_config(*place, {"maxAsyncRetryAttempts": 2}).data
        self.assertEqual(put["maxAsyncRetryAttempts"], 2)
        self.assertEqual(self.fc.get_function_async_invoke_config(*place).data, put)
        self.assertEqual(self.fc.list_function_async_invoke_configs("s", "python").data["configs"], [put])
        self.fc.delete_function_async_invoke_config(*place)
        self.refused("AsyncConfigNotExists", 404, self.fc.get_function_async_invoke_config, *place)

    def test_instances(self):
        self.fc.create_service("kept")
        self.fc.create_function("kept", "f", "python3", "index.handler", codeDir=PYTHON, memorySize=128)
        self.fc.publish_version("kept")
        self.fc.create_alias("kept", "prod", "1")
        place = ("kept", "prod", "f")
        self.assertEqual(self.fc.put_provision_config(*place, 1).data["target"], 1)
        self.assertTrue(machine.wait_until(lambda: self.fc.get_provision_config(*place).data["current"] == 1, 30))
        self.assertEqual([one["versionId"] for one in self.fc.list_instances(*place).data["instances"]], [1])
        self.assertEqual(len(self.fc.list_provision_configs("kept", "prod").data["provisionConfigs"]), 1)
        self.fc.put_provision_config(*place, 0)
        self.assertTrue(machine.wait_until(lambda: self.fc.get_provision_config(*place).data["current"] == 0, 30))

        self.assertEqual(self.fc.put_on_demand_config(*place, 0).data["maximumInstanceCount"], 0)
        self.refused("ResourceExhausted", 429, self.fc.invoke_function, "kept", "f", qualifier="prod")
        read = self.fc.get_on_demand_config(*place).data
        self.assertEqual(self.fc.list_on_demand_config(prefix="services/kept.").data["configs"], [read])
        self.fc.delete_on_demand_config(*place)
        self.refused("OnDemandConfigNotFound", 404, self.fc.get_on_demand_config, *place)

    def test_account(self):
        self.assertEqual(self.fc.get_account_settings().data["availableAZs"], [f"{harness.REGION}-a"])
        self.assertEqual(self.fc.list_reserved_capacities().data["reservedCapacities"], [])

    def test_results(self):
        for kind in KINDS:
            self.assertEqual(json.loads(self.ask(kind, {"do": "echo", "value": {"a": ["ä"]}}).data), {"a": ["ä"]})
        self.assertEqual(self.fc.invoke_function("s", "python").data, b"")
        self.assertEqual(self.fc.invoke_function("s", "python", payload=b'{"do":"raw","text":"b"}',
                                                 qualifier="LATEST").data, b"b")

    def test_initializer_counts_in_the_same_process(self):
        self.fc.create_function("s", "counted", "python3", "index.handler", codeDir=PYTHON,
                                initializer="index.initializer")
        state = json.loads(self.ask("counted", {"do": "state"}).data)
        self.assertEqual(state["initialized"] + state["invoked"], 2)

    def test_function_errors(self):
        exited = "Process exited unexpectedly before completing request"
        for name, event, text in (("python", {"do": "fail", "message": "raised"}, "raised"),
                                  ("python", {"do": "leave"}, exited), ("nodejs", {"do": "leave"}, exited),
                                  ("nodejs", {"do": "fail", "message": "thrown"}, "thrown"),
                                  ("nodejs", {"do": "handledError", "message": "handed"}, "handed"),
                                  ("python", {"do": "allocate", "megabytes": 400}, exited),
                                  ("custom", {"do": "leave"}, exited)):
            with self.subTest(f"{name} {event}"):
                error = self.refused("", 200, self.ask, name, event, text=text)
                self.assertIn(text, json.loads(error.message)["errorMessage"])

    def test_non_json_errors_of_custom_runtimes_survive(self):
        error = self.refused("", 200, self.ask, "custom", {"do": "error", "text": "not JSON"})
        self.assertEqual(json.loads(error.message)["ErrorMessage"], "not JSON")

    def test_time_out(self):
        self.fc.create_function("s", "short", "python3", "index.handler", codeDir=PYTHON, timeout=1, memorySize=128)
        self.refused("", 200, self.ask, "short", {"do": "sleep", "seconds": 10}, text="Function timed out after 1 seconds")

    def test_log_tail(self):
        answer = self.ask("python", {"do": "say", "text": "printed"}, x_fc_log_type="Tail")
        log = base64.b64decode(answer.headers["x-fc-log-result"]).decode()
        for text in (f"FC Invoke Start RequestId: {answer.headers['x-fc-request-id']}", "printed", "FC Invoke End"):
            self.assertIn(text, log)
        self.assertTrue(re.search(r"Duration: [\d.]+ ms, Billed Duration: \d+ ms", log))
        self.assertNotIn("x-fc-log-result", self.ask("python", {"do": "say"}).headers)

    def test_bad_invocations(self):
        self.refused("InvalidArgument", 400, self.ask, "python", {}, x_fc_log_type="Invalid",
                     text="LogType is set to an invalid value")
        self.refused("FunctionNotFound", 404, self.ask, "absent", {})
        self.refused("VersionNotFound", 404, self.fc.invoke_function, "s", "python", qualifier="9")
        self.refused("AliasNotFound", 404, self.fc.invoke_function, "s", "python", qualifier="prod")

    def test_wrong_keys(self):
        endpoint = f"http://127.0.0.1:{self.server.port}"
        wrong = fc2.Client(endpoint=endpoint, accessKeyID=harness.KEY_ID, accessKeySecret="wrong")
        self.refused("SignatureNotMatch", 403, wrong.list_services)
        unknown = fc2.Client(endpoint=endpoint, accessKeyID="nobody", accessKeySecret="wrong")
        self.refused("InvalidAccessKeyID", 403, unknown.list_services, text="invalid access key ID 'nobody'")


class TheWholeClient(unittest.TestCase):
    """Runs after the class above: a module's classes run in the order of their names."""

    def test_every_method_of_the_client_was_used(self):
        self.assertGreaterEqual(len(METHODS), 50)
        self.assertEqual(METHODS - SUCCEEDED, set(EXEMPT))
