"""tracingConfig: spans at the collector, the context in the function, and collectors that are slow, dead or refused
(wire-contract 2.3, runtime-contract 1.8, docs/tracing.md)."""

import http.server
import json
import struct
import threading
import time
import unittest

import harness
import machine
from fcclient import make_zip, zip_field

SPAN_HEADER = "X-Fc-Tracing-Opentracing-Span-Context"
PYTHON = """
import json
def initializer(context):
    pass
def handler(event, context):
    if json.loads(event or b"{}").get("fail"):
        raise ValueError("no")
    tracing = context.tracing
    return json.dumps([tracing.span_context, tracing.span_baggages, tracing.jaeger_endpoint])
"""
BROKEN = """
def initializer(context):
    raise ValueError("never")
def handler(event, context):
    pass
"""
NODEJS = """
exports.handler = (event, context, callback) => {
  const { openTracingSpanContext, openTracingSpanBaggages, jaegerEndpoint } = context.tracing;
  callback(null, JSON.stringify([openTracingSpanContext, openTracingSpanBaggages, jaegerEndpoint]));
};
"""


class Thrift:
    """Reads Thrift's binary protocol into dictionaries by member number."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, form):
        value = struct.unpack_from(">" + form, self.data, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def value(self, kind):
        if kind == 12:
            members = {}
            while (member := self.number("b")) != 0:
                number = self.number("h")
                members[number] = self.value(member)
            return members
        if kind == 15:
            element, count = self.number("b"), self.number("i")
            return [self.value(element) for _ in range(count)]
        if kind == 11:
            size = self.number("i")
            self.at += size
            return self.data[self.at - size:self.at].decode()
        return self.number({2: "?", 8: "i", 10: "q"}[kind])


def jaeger_spans(body):
    reader = Thrift(body)
    batch = reader.value(12)
    assert reader.at == len(body), "bytes after the batch"
    mask = (1 << 64) - 1
    return [{"service": batch[1][1], "name": span[5], "trace": f"{span[2] & mask:016x}{span[1] & mask:016x}",
             "span": f"{span[3] & mask:016x}", "parent": f"{span[4] & mask:016x}", "begin": span[8],
             "end": span[8] + span[9],
             "tags": {tag[1]: next(tag[member] for member in (3, 5, 6) if member in tag) for tag in span[10]}}
            for span in batch[2]]


def otlp_spans(body):
    found = []
    for resource in json.loads(body)["resourceSpans"]:
        service = resource["resource"]["attributes"][0]["value"]["stringValue"]
        for span in resource["scopeSpans"][0]["spans"]:
            tags = {item["key"]: next(iter(item["value"].values())) for item in span["attributes"]}
            found.append({"service": service, "name": span["name"], "trace": span["traceId"], "span": span["spanId"],
                          "parent": span.get("parentSpanId", "0" * 16), "tags": tags, "kind": span["kind"],
                          "failed": span.get("status") == {"code": 2}})
    return found


class Collector:
    """Records the spans that it is sent. With `holding` it takes requests and does not answer until release()."""

    def __init__(self, holding=False):
        collector = self
        self.spans, self.lock, self.status = [], threading.Lock(), 202
        self.held = threading.Semaphore(0)
        self.free = threading.Event()
        if not holding:
            self.free.set()

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if not collector.free.is_set():
                    collector.held.release()
                    collector.free.wait()
                    return
                kind = self.headers["content-type"]
                read = {"application/json": otlp_spans, "application/vnd.apache.thrift.binary": jaeger_spans}[kind]
                with collector.lock:
                    collector.spans += read(body)
                self.send_response(collector.status)
                self.send_header("content-length", "0")
                self.end_headers()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def of(self, service):
        with self.lock:
            return [span for span in self.spans if span["service"] == service]

    def wait_for(self, service, count):
        """The spans of a service, once there are so many; an assertion when more come."""
        if not machine.wait_until(lambda: len(self.of(service)) >= count, 20):
            raise AssertionError(f"{len(self.of(service))} of {count} spans of {service} came")
        found = self.of(service)
        assert len(found) == count, found
        return found

    def close(self):
        self.free.set()
        self.server.shutdown()
        self.server.server_close()


def tracing(endpoint):
    return {"type": "Jaeger", "params": {"endpoint": endpoint}}


class Traced(harness.ServerTest):
    """Spans at a collector that works."""

    @classmethod
    def setUpClass(cls):
        cls.collector = Collector()
        cls.jaeger = cls.collector.url("/api/traces")
        cls.config = f"outboundAllowed: ['127.0.0.1:{cls.collector.port}']\n"
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            cls.collector.close()

    def make(self, service, endpoint=None, source=PYTHON, **members):
        self.make_service(service, **({"tracingConfig": tracing(endpoint)} if endpoint else {}))
        self.make_function(service, "f", zip=make_zip({"index.py": source}), **members)

    def invoke(self, service, **options):
        answer = self.client.invoke(service, "f", {}, **options)
        self.assertEqual(answer.status, 200, answer)
        return answer.json, answer.header("x-fc-request-id")

    def test_spans_of_a_cold_and_a_warm_invocation(self):
        self.make("shop", self.jaeger, initializer="index.initializer")
        before = time.time()
        (context, baggage, endpoint), first = self.invoke("shop")
        (warm, _, _), second = self.invoke("shop")
        after = time.time()
        spans = {(span["name"], span["tags"]["faas.invocation_id"]): span
                 for span in self.collector.wait_for("shop", 4)}
        self.assertEqual(set(spans), {("InvokeFunction", first), ("ColdStart", first), ("Initializer", first),
                                      ("InvokeFunction", second)})
        root, start = spans["InvokeFunction", first], spans["ColdStart", first]
        initializer, next_root = spans["Initializer", first], spans["InvokeFunction", second]
        self.assertEqual(context, f"{root['trace']}:{root['span']}:0:1")
        self.assertEqual((baggage, endpoint), ({}, self.jaeger))
        self.assertEqual(warm, f"{next_root['trace']}:{next_root['span']}:0:1")
        self.assertNotEqual(root["trace"], next_root["trace"])
        self.assertEqual((root["parent"], start["parent"], initializer["parent"]),
                         ("0" * 16, root["span"], start["span"]))
        self.assertEqual({span["trace"] for span in (root, start, initializer)}, {root["trace"]})
        self.assertEqual(len({span["span"] for span in spans.values()}), 4)
        order = [before * 1e6 - 1, root["begin"], start["begin"], initializer["begin"], initializer["end"],
                 start["end"] + 1, root["end"] + 2, after * 1e6 + 3]  # each is rounded down for itself
        self.assertEqual(order, sorted(order))
        self.assertEqual(root["tags"], {
            "faas.name": "f", "faas.version": "LATEST", "faas.invocation_id": first, "faas.coldstart": True,
            "faas.instance": root["tags"]["faas.instance"], "span.kind": "server"})
        self.assertFalse(next_root["tags"]["faas.coldstart"])

    def test_a_callers_trace_is_continued(self):
        self.make("caller", self.jaeger)
        caller = "5f22f355044a957a:5708b9ec73f9f1f3:0:1"
        (context, baggage, _), _ = self.invoke("caller", headers={
            SPAN_HEADER: caller, SPAN_HEADER + "-Baggage-Key": "value"})
        spans = {span["name"]: span for span in self.collector.wait_for("caller", 2)}
        root = spans["InvokeFunction"]
        self.assertEqual(context, f"5f22f355044a957a:{root['span']}:5708b9ec73f9f1f3:1")
        self.assertEqual(baggage, {"key": "value"})
        self.assertEqual((root["trace"], root["parent"]), ("0" * 16 + "5f22f355044a957a", "5708b9ec73f9f1f3"))
        (context, _, _), _ = self.invoke("caller", headers={"uber-trace-id": "a%3A7%3A0%3A1"})
        root = self.collector.wait_for("caller", 3)[2]
        self.assertEqual((root["trace"], root["parent"]), (f"{10:032x}", f"{7:016x}"))

    def test_what_is_no_trace_begins_a_new_one(self):
        self.make("garbage", self.jaeger)
        (context, _, _), _ = self.invoke("garbage", headers={SPAN_HEADER: "not:a:trace"})
        root = next(span for span in self.collector.wait_for("garbage", 2) if span["name"] == "InvokeFunction")
        self.assertEqual(context, f"{root['trace']}:{root['span']}:0:1")

    def test_an_unsampled_trace_is_handed_on_and_not_sent(self):
        self.make("unsampled", self.jaeger)
        (context, _, _), _ = self.invoke("unsampled", headers={SPAN_HEADER: "a:b:0:0"})
        self.assertRegex(context, "^000000000000000a:[0-9a-f]{16}:000000000000000b:0$")
        self.invoke("unsampled")  # warm, and the first to be sent
        self.collector.wait_for("unsampled", 1)

    def test_functions_of_an_untraced_service_see_nothing(self):
        self.make("untraced")
        seen, _ = self.invoke("untraced", headers={SPAN_HEADER: "a:b:0:1", SPAN_HEADER + "-Baggage-K": "v"})
        self.assertEqual(seen, ["", {}, ""])
        self.make("until", self.jaeger)
        self.invoke("until")
        self.collector.wait_for("until", 2)
        self.expect(self.client.put("/services/until", {"tracingConfig": {}}), 200)
        seen, _ = self.invoke("until")
        self.assertEqual(seen, ["", {}, ""])
        self.assertEqual(self.collector.of("untraced"), [])

    def test_failures(self):
        self.make("failing", self.jaeger)
        self.failing(self.client.invoke("failing", "f", {"fail": True}))
        root = next(span for span in self.collector.wait_for("failing", 2) if span["name"] == "InvokeFunction")
        self.assertEqual((root["tags"]["error"], root["tags"]["error.type"]), (True, "UnhandledInvocationError"))
        self.make("broken", self.jaeger, BROKEN, initializer="index.initializer")
        self.failing(self.client.invoke("broken", "f", {}))
        spans = self.collector.wait_for("broken", 3)
        self.assertEqual(sorted(span["name"] for span in spans if span["tags"]["error"]),
                         ["ColdStart", "Initializer", "InvokeFunction"])

    def test_otlp(self):
        self.make("otlp", self.collector.url("/v1/traces"))
        self.failing(self.client.invoke("otlp", "f", {"fail": True}))
        (context, _, _), request_id = self.invoke("otlp", headers={SPAN_HEADER: "a:b:0:1"})
        spans = {span["tags"]["faas.invocation_id"]: span for span in self.collector.wait_for("otlp", 3)
                 if span["name"] == "InvokeFunction"}
        span = spans.pop(request_id)
        self.assertEqual((context, span["parent"], span["kind"], span["failed"]),
                         (f"000000000000000a:{span['span']}:000000000000000b:1", f"{11:016x}", 2, False))
        self.assertTrue(spans.popitem()[1]["failed"])

    def test_other_runtimes(self):
        self.make_service("nodejs", tracingConfig=tracing(self.jaeger))
        self.make_function("nodejs", "f", "nodejs", zip=make_zip({"index.js": NODEJS}))
        (context, baggage, endpoint), _ = self.invoke("nodejs", headers={
            SPAN_HEADER: "a:b:0:1", SPAN_HEADER + "-Baggage-Key": "value"})
        self.assertRegex(context, "^000000000000000a:[0-9a-f]{16}:000000000000000b:1$")
        self.assertEqual((baggage, endpoint), ({"key": "value"}, self.jaeger))
        self.make_service("custom", tracingConfig=tracing(self.jaeger))
        self.make_function("custom", "f", "custom")
        headers = {name.lower(): value for name, value in self.ask("custom", "f", {"do": "seen"})["headers"].items()}
        root = next(span for span in self.collector.wait_for("custom", 2) if span["name"] == "InvokeFunction")
        self.assertEqual(headers["x-fc-tracing-opentracing-span-context"], f"{root['trace']}:{root['span']}:0:1")
        self.assertEqual(headers["x-fc-tracing-jaeger-endpoint"], self.jaeger)

    def test_rules(self):
        for config, message in (
                ({"type": "Zipkin"}, "tracingConfig.type"),
                ({"type": "Jaeger"}, "tracingConfig.params.endpoint is required"),
                ({"type": "Jaeger", "params": {"endpoint": ""}}, "tracingConfig.params.endpoint is required"),
                (tracing("ftp://host/"), "must be a URL of http or https"),
                (tracing("http:///path"), "must be a URL of http or https"),
                (tracing("http://host/a b"), "must be a URL of http or https")):
            answer = self.client.post("/services", {"serviceName": "refused", "tracingConfig": config})
            self.expect(answer, 400, "InvalidArgument", (message,))
        self.expect(self.client.get("/services/refused"), 404)


class Unwell(unittest.TestCase):
    """Collectors that are dead, slow or not allowed cost their spans and nothing else."""

    def serve(self, config):
        server = harness.Server(config)
        self.addCleanup(server.remove)
        return server

    @staticmethod
    def deploy(client, endpoint):
        for path, body in (("/services", {"serviceName": "s", "tracingConfig": tracing(endpoint)}),
                           ("/services/s/functions", {
                               "functionName": "f", "runtime": "python3", "handler": "index.handler",
                               "code": zip_field(make_zip({"index.py": PYTHON}))})):
            answer = client.post(path, body)
            assert answer.status == 200, answer

    def invoke(self, client, times):
        for _ in range(times):
            answer = client.invoke("s", "f", {})
            self.assertEqual((answer.status, answer.header("x-fc-error-type")), (200, None), answer)

    def test_a_dead_collector(self):
        port = harness.free_port()
        with self.serve(f"outboundAllowed: ['127.0.0.1:{port}']\n") as server:
            client = server.client()
            self.deploy(client, f"http://127.0.0.1:{port}/token-in-path/api/traces")
            self.invoke(client, 3)
            self.assertTrue(machine.wait_until(lambda: server.metric("fc_trace_spans_total", result="failed") >= 4, 20))
            self.invoke(client, 20)
            self.assertEqual(server.metric("fc_trace_spans_total", result="sent"), 0)
            self.assertIn(f"http://127.0.0.1:{port}", server.log())
            self.assertNotIn("token-in-path", server.log())
            client.close()

    def test_a_collector_that_never_answers(self):
        collector = Collector(holding=True)
        self.addCleanup(collector.close)
        with self.serve(f"outboundAllowed: ['127.0.0.1:{collector.port}']\n") as server:
            client = server.client()
            self.deploy(client, collector.url("/api/traces"))
            self.invoke(client, 1)
            # From here on a request to the collector is under way; the server gives it up after two seconds.
            self.assertTrue(collector.held.acquire(timeout=20))
            self.invoke(client, 1)
            self.assertEqual(server.metric("fc_trace_spans_total", result="failed"), 0,
                             "the invocation waited for the collector")
            self.assertTrue(machine.wait_until(lambda: server.metric("fc_trace_spans_total", result="failed") >= 2, 20))
            self.invoke(client, 20)
            client.close()
            # Leaving the block stops the server, which must not wait for the collector either.

    def test_a_collector_at_an_address_that_is_not_allowed(self):
        collector = Collector()
        self.addCleanup(collector.close)
        with self.serve("") as server:
            client = server.client()
            self.deploy(client, collector.url("/api/traces"))
            self.invoke(client, 1)
            self.assertTrue(machine.wait_until(lambda: server.metric("fc_trace_spans_total", result="failed") == 2, 20))
            self.assertIn("an address that is not allowed", server.log())
            self.assertEqual(collector.spans, [])
            client.close()

    def test_what_waits_is_sent_at_the_end(self):
        collector = Collector()
        self.addCleanup(collector.close)
        with self.serve(f"outboundAllowed: ['127.0.0.1:{collector.port}']\n") as server:
            client = server.client()
            self.deploy(client, collector.url("/api/traces"))
            self.invoke(client, 2)
            client.close()
        self.assertEqual(len(collector.of("s")), 3)
