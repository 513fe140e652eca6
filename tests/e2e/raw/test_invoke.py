"""InvokeFunction: results, headers, errors of all three runtimes, log tails (runtime-contract 1, 3, 4)."""

import json
import os
import re

import harness
from fcclient import crc64, make_zip

EXITED = r"^Process exited unexpectedly before completing request \(duration: \d+ms, maxMemoryUsage: \d+(\.\d+)?MB\)$"
TIMED_OUT = r"^Function timed out after {} seconds \(maxMemoryUsage: \d+(\.\d+)?MB\)$"


class Invocations(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s"})
        test = cls("test_result_headers")
        for kind in ("python", "nodejs", "custom"):
            test.make_function("s", kind, kind)
            test.make_function("s", kind + "_short", kind, timeout=1)

    def test_both_paths_run_the_function(self):
        event = json.dumps({"do": "echo", "value": "hello"}).encode()
        for path in ("/services/s/functions/python", "/services/s/functions/python/invocations",
                     "/services/s.LATEST/functions/python/invocations"):
            with self.subTest(path):
                response = self.client.post(path, event)
                self.assertEqual((response.status, response.body), (200, b"hello"))

    def test_result_headers(self):
        response = self.client.invoke("s", "python", {"do": "echo", "value": "x"})

        self.assertEqual(response.header("content-type"), "application/octet-stream")
        self.assertEqual(response.header("x-fc-code-checksum"), crc64(harness.code("python")))
        self.assertRegex(response.header("x-fc-instance-id"), "^c-[0-9a-f-]+$")
        self.assertRegex(response.header("x-fc-invocation-duration"), r"^\d+(\.\d+)?$")
        self.assertRegex(response.header("x-fc-max-memory-usage"), r"^\d+(\.\d+)?$")
        self.assertGreater(float(response.header("x-fc-max-memory-usage")), 0)
        self.assertEqual(response.header("x-fc-invocation-code-version"), "LATEST")
        self.assertEqual(response.header("x-fc-invocation-service-version"), "LATEST")
        for absent in ("x-fc-error-type", "x-fc-log-result", "etag"):
            self.assertIsNone(response.header(absent))

    def test_results_of_python_handlers(self):
        for value, body in (("text", b"text"), ("ä", "ä".encode()), ("", b""), ({"a": 1}, {"a": 1}), ([1, 2], [1, 2]),
                            (7, 7), (1.5, 1.5), (True, True)):
            with self.subTest(value):
                answer = self.client.invoke("s", "python", {"do": "echo", "value": value}).body
                self.assertEqual(answer if isinstance(body, bytes) else json.loads(answer), body)
        self.assertEqual(self.client.invoke("s", "python", {"do": "raw", "text": "b"}).body, b"b")

    def test_results_of_nodejs_handlers(self):
        for value, body in (("text", b"text"), ("ä", "ä".encode()), (7, b"7"), (True, b"true"), ({"a": 1}, b'{"a":1}'),
                            ([1, 2], b"[1,2]")):
            with self.subTest(value):
                self.assertEqual(self.client.invoke("s", "nodejs", {"do": "echo", "value": value}).body, body)
        self.assertEqual(self.client.invoke("s", "nodejs", {"do": "raw", "text": "b"}).body, b"b")

    def test_events_arrive_as_bytes(self):
        self.make_function("s", "python_type", handler="index.event_type")
        self.make_function("s", "nodejs_type", "nodejs", handler="index.eventType")
        for event in (b"", b"x", b"\0\xff", b"{}"):
            with self.subTest(event):
                self.assertEqual(self.client.invoke("s", "python_type", event).body, b"bytes")
                self.assertEqual(self.client.invoke("s", "nodejs_type", event).body, b"Buffer")
        for name in ("python", "nodejs"):
            self.assertEqual(self.client.invoke("s", name, b"").status, 200)

    def test_any_content_type_of_the_event(self):
        event = b'{"do": "echo", "value": "same"}'
        for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", "x/y; charset=z"):
            with self.subTest(kind):
                response = self.client.invoke("s", "python", event, headers={"content-type": kind})
                self.assertEqual(response.body, b"same")

    def test_python_exceptions(self):
        for kind, name in (("ValueError", "ValueError"), ("custom", "MyError")):
            error = self.failing(self.client.invoke("s", "python", {"do": "fail", "kind": kind, "message": "oops"}))
            self.assertEqual((error["errorMessage"], error["errorType"]), ("oops", name))
            for frame in error["stackTrace"]:
                self.assertEqual(len(frame), 4)
            self.assertRegex(error["stackTrace"][-1][0], '^File ".*/code/index.py"$')
            self.assertRegex(error["stackTrace"][-1][1], r"^line \d+$")
            self.assertEqual(error["stackTrace"][-1][2], "in fail")
            self.assertRegex(error["stackTrace"][0][0], '^File ".*/code/', "frames of the bootstrap are shown")

    def test_python_results_that_have_no_json_form(self):
        error = self.failing(self.client.invoke("s", "python", {"do": "unserializable"}))

        self.assertTrue(error["errorMessage"])

    def test_nodejs_errors(self):
        handled = self.failing(self.client.invoke("s", "nodejs", {"do": "handledError", "message": "oops"}),
                               "HandledInvocationError")
        text = self.failing(self.client.invoke("s", "nodejs", {"do": "handledText", "message": "just text"}),
                            "HandledInvocationError")
        thrown = self.failing(self.client.invoke("s", "nodejs", {"do": "fail", "message": "thrown"}))
        later = self.failing(self.client.invoke("s", "nodejs", {"do": "failLater", "message": "later"}))

        self.assertEqual((handled["errorMessage"], handled["errorType"]), ("oops", "Error"))
        self.assertEqual(handled["stackTrace"][0], "Error: oops")
        self.assertRegex(handled["stackTrace"][1], r"^    at .*/index\.js:\d+:\d+")
        self.assertEqual(text, {"errorMessage": "just text"})
        self.assertEqual((thrown["errorMessage"], thrown["errorType"]), ("thrown", "FunctionUnhandledError: TypeError"))
        self.assertIn("later", later["errorMessage"])

    def test_processes_that_end(self):
        for name, event in (("python", {"do": "leave"}), ("python", {"do": "leave", "status": 0}),
                            ("nodejs", {"do": "leave"}), ("nodejs", {"do": "leave", "status": 0}),
                            ("custom", {"do": "leave"})):
            with self.subTest(f"{name} {event}"):
                error = self.failing(self.client.invoke("s", name, event))
                self.assertRegex(error["errorMessage"], EXITED)
                self.uses_memory(error)
                self.assertEqual(next(iter(error)), "errorMessage")
                self.assertEqual(self.client.invoke("s", name, {"do": "echo", "value": 1}).status, 200)

    def uses_memory(self, error):
        if os.environ.get("OPENFC_E2E_SANDBOX") == "plain":
            return  # nothing is left of a process that has ended, where there are no control groups
        self.assertGreater(float(re.search(r"maxMemoryUsage: ([\d.]+)MB", error["errorMessage"]).group(1)), 0)

    def test_system_exit_in_python_is_an_error(self):
        self.failing(self.client.invoke("s", "python", {"do": "system_exit"}))

    def test_timeouts_kill(self):
        for name, event in (("python_short", {"do": "sleep", "seconds": 20}), ("nodejs_short", {"do": "never"}),
                            ("custom_short", {"do": "sleep", "seconds": 20})):
            with self.subTest(name):
                error = self.failing(self.client.invoke("s", name, event))
                self.assertRegex(error["errorMessage"], TIMED_OUT.format(1))
                self.uses_memory(error)
                answer = self.client.invoke("s", name, {"do": "echo", "value": 5})
                self.assertEqual((answer.status, json.loads(answer.body)), (200, 5))

    def test_a_timed_out_instance_serves_no_more(self):
        before = self.client.invoke("s", "python_short", {"do": "echo", "value": 1}).header("x-fc-instance-id")
        timed = self.client.invoke("s", "python_short", {"do": "sleep", "seconds": 20})
        after = self.client.invoke("s", "python_short", {"do": "echo", "value": 1}).header("x-fc-instance-id")

        self.assertEqual(timed.header("x-fc-instance-id"), before)
        self.assertNotEqual(after, before)

    def test_code_that_does_not_load(self):
        cases = (("python", "index.absent", {}), ("python", "absent.handler", {}), ("python", "nodot", {}),
                 ("nodejs", "index.absent", {}), ("nodejs", "absent.handler", {}),
                 ("python", "broken.handler", {"broken.py": "def handler(:\n"}),
                 ("nodejs", "broken.handler", {"broken.js": "exports.handler = (;\n"}),
                 ("python", "raising.handler", {"raising.py": "raise RuntimeError('at import')\n"}),
                 ("nodejs", "raising.handler", {"raising.js": "throw new Error('at import');\n"}),
                 ("python", "importing.handler", {"importing.py": "import no_such_module\n"}),
                 ("nodejs", "importing.handler", {"importing.js": "require('no-such-module');\n"}))
        for number, (kind, handler, files) in enumerate(cases):
            with self.subTest(f"{kind} {handler}"):
                self.make_function("s", f"unloadable{number}", kind, handler=handler, zip=harness.code(kind, **files))
                for _ in range(2):
                    error = self.failing(self.client.invoke("s", f"unloadable{number}", b"{}"))
                    self.assertTrue(error["errorMessage"])

    def test_custom_runtime_errors_keep_their_body(self):
        response = self.client.invoke("s", "custom", {"do": "error", "text": "not JSON"})
        self.assertEqual((response.status, response.body), (200, b"not JSON"))
        self.assertEqual(response.header("x-fc-error-type"), "UnhandledInvocationError")
        silent = self.client.invoke("s", "custom", {"do": "silent_error"})
        self.assertEqual((silent.status, silent.body), (200, b"no x-fc-status"))

    def test_custom_runtimes_that_do_not_start(self):
        no_file = make_zip({"other": "x"})
        self.make_function("s", "unstartable", "custom", zip=no_file)
        error = self.failing(self.client.invoke("s", "unstartable", b"{}"))
        self.assertIn("/code/bootstrap", error["errorMessage"])
        self.make_function("s", "early", "custom", environmentVariables={"EXIT_EARLY": "1"})
        self.failing(self.client.invoke("s", "early", b"{}"))
        plain = {"bootstrap": ("#!/usr/bin/python3\n", 0o100644)}
        self.make_function("s", "unexecutable", "custom", zip=make_zip(plain))
        self.failing(self.client.invoke("s", "unexecutable", b"{}"))

    def test_custom_runtime_requests(self):
        self.make_function("s", "seen", "custom", caPort=8123, memorySize=256, initializer="index.init")
        answer = self.client.invoke("s", "seen", {"do": "seen"})

        seen = json.loads(answer.body)
        headers = {name.lower(): value for name, value in seen["headers"].items()}
        self.assertEqual((seen["method"], seen["path"]), ("POST", "/invoke"))
        expected = {"x-fc-request-id": answer.header("x-fc-request-id"), "x-fc-function-name": "seen",
                    "x-fc-function-handler": "index.handler", "x-fc-function-memory": "256",
                    "x-fc-function-timeout": "20", "x-fc-function-initializer": "index.init",
                    "x-fc-initialization-timeout": "3", "x-fc-region": harness.REGION,
                    "x-fc-account-id": harness.ACCOUNT, "x-fc-qualifier": "LATEST", "x-fc-version-id": "LATEST",
                    "x-fc-service-name": "s", "x-fc-control-path": "/invoke",
                    "content-type": "application/octet-stream"}
        self.assertEqual({name: headers.get(name) for name in expected}, expected)
        self.assertEqual(self.ask("s", "seen", {"do": "state"}), {"initialized": 1, "invoked": 2})

    def test_custom_initializer_failure(self):
        self.make_function("s", "uninitializable", "custom", initializer="index.init",
                           environmentVariables={"FAIL_INITIALIZE": "1"})

        response = self.client.invoke("s", "uninitializable", b"{}")

        self.assertEqual(response.header("x-fc-error-type"), "UnhandledInvocationError")

    def test_invocation_and_log_types(self):
        event = {"do": "echo", "value": "v"}
        for value in ("Sync", "sync", "SYNC", ""):
            self.assertEqual(self.client.invoke("s", "python", event, headers={"x-fc-invocation-type": value}).status, 200)
        self.expect(self.client.invoke("s", "python", event, headers={"x-fc-invocation-type": "Later"}), 400,
                    "InvalidArgument")
        self.expect(self.client.invoke("s", "python", event, headers={"x-fc-log-type": "Invalid"}), 400,
                    "InvalidArgument", "LogType is set to an invalid value (allowed: Tail | None, actual: 'Invalid')")
        self.expect(self.client.invoke("s", "python", event, headers={"x-fc-log-type": "Tail",
                                                                      "x-fc-invocation-type": "Async"}), 400,
                    "InvalidArgument", "LogType is set to an invalid value (allowed: None, actual: 'Tail')")
        self.assertIsNone(self.client.invoke("s", "python", event,
                                             headers={"x-fc-log-type": "None"}).header("x-fc-log-result"))

    def test_log_tail_frames_the_lines_of_the_run(self):
        for name in ("python", "nodejs"):
            with self.subTest(name):
                event = {"do": "say", "text": "printed line", "stderr": "to stderr"}
                response = self.client.invoke("s", name, event, tail=True)
                request_id, log = response.header("x-fc-request-id"), response.log
                start = log.index(f"FC Invoke Start RequestId: {request_id}")
                end = log.index(f"FC Invoke End RequestId: {request_id}")
                for text in ("printed line", "to stderr"):
                    self.assertTrue(start < log.index(text) < end, log)
                self.assertRegex(log[end:], r"Duration: [\d.]+ ms, Billed Duration: \d+ ms, Memory Size: 128 MB, "
                                            r"Max Memory Used: [\d.]+ MB")

    def test_log_tail_of_custom_runtimes(self):
        response = self.client.invoke("s", "custom", {"do": "say", "text": "from custom"}, tail=True)

        request_id = response.header("x-fc-request-id")
        lines = [line for line in response.log.splitlines() if "runtime inited" not in line]
        self.assertEqual(lines[:3], [f"FC Invoke Start RequestId: {request_id}", "from custom",
                                     f"FC Invoke End RequestId: {request_id}"], response.log)
        self.assertRegex("\n".join(lines[3:]), "^Duration: .* Billed Duration: ")

    def test_log_lines_of_custom_runtimes_are_left_to_their_server(self):
        response = self.client.invoke("s", "custom", {"do": "echo", "value": 1}, tail=True)

        self.assertNotIn("FC Invoke", response.log)

    def test_log_tail_is_the_last_4_kilobytes_of_this_run(self):
        self.client.invoke("s", "python", {"do": "say", "text": "earlier run"})
        response = self.client.invoke("s", "python", {"do": "say", "text": "z" * 50, "lines": 1000}, tail=True)

        self.assertLessEqual(len(response.log.encode()), 4096)
        self.assertIn("z" * 50 + " 999", response.log)
        self.assertNotIn(" 100\n", response.log)
        self.assertNotIn("earlier run", self.client.invoke("s", "python", {"do": "say"}, tail=True).log)

    def test_log_of_a_failed_run(self):
        response = self.client.invoke("s", "python", {"do": "fail"}, tail=True)

        self.assertRegex(response.log, r"FC Invoke End RequestId: [0-9a-f-]{36}, Error: Unhandled function error")

    def framed(self, response):
        """The lines between those that frame the run."""
        request_id = response.header("x-fc-request-id")
        start, end = (response.log.find(f"FC Invoke {what} RequestId: {request_id}") for what in ("Start", "End"))
        self.assertTrue(-1 < start < end, response.log)
        self.assertEqual(response.log.count("FC Invoke Start"), 1, response.log)
        self.assertIn("Error: Unhandled function error", response.log[end:])
        return response.log[start:end]

    def test_the_stack_of_an_exception_is_in_the_log(self):
        cases = (("python", "fail", ["Traceback (most recent call last):", '/code/index.py", line', "ValueError: oops"]),
                 ("nodejs", "fail", ["[error] TypeError: oops\n    at ", "/index.js:"]),
                 ("nodejs", "failLater", ["[error] RangeError: oops\n    at ", "/index.js:"]))
        for name, action, texts in cases:
            with self.subTest(f"{name} {action}"):
                log = self.framed(self.client.invoke("s", name, {"do": action, "message": "oops"}, tail=True))
                for text in texts:
                    self.assertIn(text, log)
                self.assertNotIn("openfc_runtime", log)

    def test_why_code_does_not_load_is_in_the_log(self):
        cases = (("python", {"loads.py": "print('first')\nimport no_such_module\n"},
                  ["first", "line 2, in <module>", "ModuleNotFoundError: No module named 'no_such_module'"]),
                 ("python", {"loads.py": "def handler(:\n"}, ["def handler(:", "SyntaxError: invalid syntax"]),
                 ("nodejs", {"loads.js": "console.log('first');\nrequire('no-such-module');\n"},
                  ["first", "Error: Cannot find module 'no-such-module'", "loads.js:2"]),
                 ("nodejs", {"loads.js": "exports.handler = (;\n"}, ["exports.handler = (;", "SyntaxError: "]))
        for number, (kind, files, texts) in enumerate(cases):
            with self.subTest(f"{kind} {files}"):
                name = f"loads{number}"
                self.make_function("s", name, kind, handler="loads.handler", zip=make_zip(files))
                log = self.framed(self.client.invoke("s", name, b"{}", tail=True))
                for text in texts:
                    self.assertIn(text, log)

    def test_exceptions_of_old_nodejs_end_the_process(self):
        for runtime, ends in (("nodejs6", True), ("nodejs8", True), ("nodejs10", False)):
            with self.subTest(runtime):
                self.make_function("s", runtime, "nodejs", runtime=runtime)
                before = self.ask("s", runtime, {"do": "state"})["pid"]
                response = self.client.invoke("s", runtime, {"do": "fail", "message": "oops"}, tail=True)
                error = self.failing(response)
                if ends:
                    self.assertRegex(error["errorMessage"], EXITED)
                    self.assertNotIn("errorType", error)
                else:
                    self.assertEqual(error["errorType"], "FunctionUnhandledError: TypeError")
                self.assertIn("TypeError: oops", self.framed(response))
                invoked = self.ask("s", runtime, {"do": "state"})
                self.assertEqual(invoked["invoked"] == 1, ends, (before, invoked))

    def test_a_promise_that_is_ignored_is_told_once(self):
        code = ("let calls = 0;\nexports.handler = async (event, context, callback) => {\n  calls += 1;\n"
                "  if (event.length) { callback(null, String(calls)); return; }\n"
                "  setTimeout(() => callback(null, String(calls)), 1);\n};\n")
        told = "nodejs14 ignores a returned promise"
        self.make_function("s", "promising", "nodejs", zip=make_zip({"index.js": code}))
        logs = [self.client.invoke("s", "promising", event, tail=True).log for event in (b"x", b"", b"")]

        self.assertEqual([told in log for log in logs], [False, True, False])

    def test_log_of_the_initializer(self):
        self.make_function("s", "logged_init", initializer="index.initializer")
        first = self.client.invoke("s", "logged_init", {"do": "echo", "value": 1}, tail=True)

        request_id = first.header("x-fc-request-id")
        order = [f"FC Initialize Start RequestId: {request_id}", "initializer ran for", "FC Initialize End RequestId",
                 f"FC Invoke Start RequestId: {request_id}"]
        positions = [first.log.find(text) for text in order]
        self.assertEqual((positions, -1 in positions), (sorted(positions), False), first.log)

    def test_context_logger_lines(self):
        response = self.client.invoke("s", "python", {"do": "log"}, tail=True)

        pattern = (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z " + re.escape(response.header("x-fc-request-id")) +
                   r" \[INFO\] through the logger")
        self.assertRegex(response.log, pattern)

    def test_lines_over_32_kilobytes_are_cut(self):
        response = self.client.invoke("s", "python", {"do": "say", "text": "w" * 100_000}, tail=True)

        self.assertEqual(response.status, 200)
        self.assertLessEqual(len(response.log), 4096)

    def test_a_second_callback_is_ignored(self):
        self.assertEqual(self.client.invoke("s", "nodejs", {"do": "twice"}).body, b"first")
        self.assertEqual(self.client.invoke("s", "nodejs", {"do": "echo", "value": "next"}).body, b"next")

    def test_async_is_answered_without_running_synchronously(self):
        response = self.client.invoke("s", "python", {"do": "echo", "value": 1},
                                      headers={"x-fc-invocation-type": "Async"})

        self.assertIn(response.status, (202, 400), response)
        self.assertNotEqual(response.body, b"1")
