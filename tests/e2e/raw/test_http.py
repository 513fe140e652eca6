"""The HTTP front: chunked bodies, 100-continue, keep-alive, limits, malformed messages (api-spec 1.1, 1.3, 1.7)."""

import json
import select
import socket

import harness
import rawhttp
from fcclient import zip_field

API = "/2016-08-15"


class Http(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s"})
        cls.client.post("/services/s/functions", {
            "functionName": "f", "runtime": "python3", "handler": "index.handler", "timeout": 20,
            "code": zip_field(harness.code("python"))})

    def connect(self):
        return rawhttp.Connection(self.server.port)

    def signed(self, method, path, headers=None):
        return self.client.signed(method, path, headers)

    def test_json_in_a_chunked_octet_stream(self):
        body = json.dumps({"serviceName": "chunky", "description": "x" * 3000}).encode()
        headers = self.signed("POST", API + "/services", {"content-type": "application/octet-stream"})
        with self.connect() as connection:
            connection.request("POST", API + "/services", {**headers, "Transfer-Encoding": "chunked"},
                               rawhttp.chunked(body, 700))
            answer = connection.response()

        self.expect(answer, 200)
        self.assertEqual(answer.json["serviceName"], "chunky")

    def test_chunked_function_code_and_event(self):
        body = json.dumps({"functionName": "chunked", "runtime": "python3", "handler": "index.handler",
                           "code": zip_field(harness.code("python"))}).encode()
        path = API + "/services/s/functions"
        event = json.dumps({"do": "echo", "value": "y" * 5000}).encode()
        with self.connect() as connection:
            connection.request("POST", path, {**self.signed("POST", path), "Transfer-Encoding": "chunked"},
                               rawhttp.chunked(body, 100))
            self.expect(connection.response(), 200)
            path += "/chunked/invocations"
            connection.request("POST", path, {**self.signed("POST", path), "Transfer-Encoding": "chunked"},
                               rawhttp.chunked(event, 1))
            answer = connection.response()

        self.assertEqual((answer.status, answer.body), (200, b"y" * 5000))

    def test_chunk_extensions_and_trailers_are_skipped(self):
        path = API + "/services/s/functions/f/invocations"
        event = json.dumps({"do": "echo", "value": "ok"}).encode()
        body = b"%x;name=value\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n" % (len(event), event)
        with self.connect() as connection:
            connection.request("POST", path, {**self.signed("POST", path), "Transfer-Encoding": "chunked"}, body)

            self.assertEqual(connection.response().body, b"ok")

    def test_expect_100_continue(self):
        body = json.dumps({"serviceName": "waited"}).encode()
        headers = self.signed("POST", API + "/services")
        with self.connect() as connection:
            connection.request("POST", API + "/services", {**headers, "Content-Length": len(body),
                                                           "Expect": "100-continue"})
            self.assertEqual(connection.response().status, 100)
            connection.send(body)

            self.expect(connection.response(), 200)

    def test_expect_is_not_continued_for_a_refused_request(self):
        with self.connect() as connection:
            connection.request("POST", API + "/services", {"Content-Length": 1000, "Expect": "100-continue"})
            first = connection.response()

        self.assertIn(first.status, (100, 400))

    def test_keep_alive_serves_many_and_mixed_requests(self):
        with self.connect() as connection:
            for number in range(200):
                path = API + ("/services" if number % 3 else "/services/absent")
                connection.request("GET", path, self.signed("GET", path))
                self.assertEqual(connection.response().status, 200 if number % 3 else 404)

    def test_pipelined_requests_answer_in_order(self):
        paths = [API + "/services/s", API + "/services/absent", API + "/services/s/functions/f"] * 5
        with self.connect() as connection:
            for path in paths:
                connection.request("GET", path, self.signed("GET", path))
            statuses = [connection.response().status for _ in paths]

        self.assertEqual(statuses, [200, 404, 200] * 5)

    def test_connection_close_is_obeyed(self):
        path = API + "/services"
        with self.connect() as connection:
            connection.request("GET", path, {**self.signed("GET", path), "Connection": "close"})
            self.assertEqual(connection.response().status, 200)

            self.assertTrue(connection.closed())

    def test_idle_connections_stay_open(self):
        path = API + "/services"
        with self.connect() as connection:
            connection.request("GET", path, self.signed("GET", path))
            connection.response()
            seconds = 91 if harness.LONG else 8

            closed, _, _ = select.select([connection.socket], [], [], seconds)

            self.assertFalse(closed, f"closed within {seconds} s")
            connection.request("GET", path, self.signed("GET", path))
            self.assertEqual(connection.response().status, 200)

    def test_header_names_in_any_case(self):
        path = API + "/services"
        headers = {name.upper(): value for name, value in self.signed("GET", path, {"x-fc-trace-id": "T"}).items()}
        with self.connect() as connection:
            connection.request("GET", path, headers)

            self.assertEqual(connection.response().status, 200)

    def test_one_big_header_and_many_headers_are_refused_cleanly(self):
        path = API + "/services"
        for extra in ({"X-Big": "x" * (1 << 20)}, {f"X-{number}": "y" * 100 for number in range(10_000)}):
            with self.connect() as connection:
                try:
                    connection.request("GET", path, {**self.signed("GET", path), **extra})
                    answer = connection.response()
                except (ConnectionError, BrokenPipeError):
                    continue
                self.assertIn(answer.status, (400, 431), answer)
        self.assertEqual(self.client.get("/services").status, 200)

    def test_ordinary_header_sizes_pass(self):
        self.assertEqual(self.client.get("/services", headers={"x-other": "x" * 4000}).status, 200)

    def test_long_targets(self):
        path = API + "/services/" + "x" * 100_000
        with self.connect() as connection:
            try:
                connection.request("GET", path, self.signed("GET", path))
                self.assertIn(connection.response().status, (400, 404, 414, 431))
            except (ConnectionError, BrokenPipeError):
                pass
        self.assertEqual(self.client.get("/services").status, 200)

    def test_malformed_messages_get_400_or_a_closed_connection(self):
        messages = (b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"G\0T / HTTP/1.1\r\n\r\n",
                    b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Header: x\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n",
                    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
                    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
                    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
                    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
                    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: \x01\x02\r\n\r\n", b"\xff" * 5000)
        for message in messages:
            with self.subTest(message[:50]), self.connect() as connection:
                connection.send(message)
                connection.socket.shutdown(socket.SHUT_WR)
                data = b""
                try:
                    while piece := connection.socket.recv(65536):
                        data += piece
                except ConnectionResetError:
                    pass
                if data:
                    self.assertRegex(data, rb"^HTTP/1\.[01] (4\d\d|501|505) ")
        self.assertEqual(self.client.get("/services").status, 200)

    def test_an_answer_before_the_body_leaves_the_connection_usable_or_closed(self):
        def work():
            client, statuses = self.server.client(timeout=5), set()
            for _ in range(40):
                statuses.add(client.send("POST", API + "/nothing", {}, b"x" * 100_000).status)
                statuses.add(client.get("/services").status)
            return statuses

        self.assertEqual(harness.in_parallel([work] * 8), [{200, 400}] * 8)

    def test_length_and_chunks_together_do_not_smuggle(self):
        path = API + "/services/s/functions/f/invocations"
        inner = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
        event = b'{"do":"echo","value":"one"}'
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(event), event)
        headers = {**self.signed("POST", path), "Content-Length": len(body) + len(inner),
                   "Transfer-Encoding": "chunked"}
        with self.connect() as connection:
            connection.request("POST", path, headers, body + inner)
            first = connection.response()
            if first.status == 400:
                self.assertTrue(connection.closed())
            else:
                self.assertTrue(connection.closed(5), "the connection went on after an ambiguous length")

    def test_bodies_over_the_limit_are_refused_with_the_limit(self):
        limit = 32 << 20
        path = API + "/services/s/functions/f/invocations"
        text = f"payload size exceeds maximum allowed size ({limit} bytes)"
        with self.connect() as connection:
            connection.request("POST", path, {**self.signed("POST", path), "Content-Length": limit + 1})
            self.expect(connection.response(), 400, "EntityTooLarge", text)
        with self.connect() as connection:
            connection.request("POST", path, {**self.signed("POST", path), "Transfer-Encoding": "chunked"})
            piece = b"100000\r\n" + b"z" * (1 << 20) + b"\r\n"
            try:
                for _ in range(34):
                    connection.send(piece)
                connection.send(b"0\r\n\r\n")
            except (ConnectionError, BrokenPipeError):
                pass
            self.expect(connection.response(), 400, "EntityTooLarge", text)

    def test_a_large_event_and_result_within_the_limit(self):
        size = 8 << 20
        response = self.client.invoke("s", "f", {"do": "large", "size": size})
        self.assertEqual((response.status, len(response.body)), (200, size))
        event = json.dumps({"do": "echo", "value": "v" * size}).encode()
        self.assertEqual(len(self.client.invoke("s", "f", event).body), size)

    def test_head_and_options_are_answered(self):
        for method in ("HEAD", "OPTIONS", "TRACE", "CONNECT", "BREW"):
            with self.subTest(method), self.connect() as connection:
                connection.send(f"{method} {API}/services HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                self.assertRegex(connection.socket.recv(65536), rb"^HTTP/1\.1 (400|405|501) ")

    def test_half_a_request_then_nothing_does_not_hold_up_others(self):
        with self.connect() as slow:
            slow.send("POST /2016-08-15/services HTTP/1.1\r\nHost: localhost\r\nContent-Le")

            for _ in range(20):
                self.assertEqual(self.client.get("/services").status, 200)

    def test_a_thousand_idle_connections_do_not_hold_up_others(self):
        connections = [self.connect() for _ in range(1000)]
        try:
            self.assertEqual(self.client.get("/services").status, 200)
        finally:
            for connection in connections:
                connection.socket.close()

    def test_http_1_0_is_answered_and_closed(self):
        headers = self.signed("GET", API + "/services")
        with self.connect() as connection:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            connection.send(f"GET {API}/services HTTP/1.0\r\n{lines}\r\n")
            self.assertEqual(connection.response().status, 200)

            self.assertTrue(connection.closed())
