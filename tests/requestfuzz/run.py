"""run.py BUILD_DIR [--requests N] [--seed S] [--only INDEX]: generated requests against a (sanitizer) build.

Fails on a crash, a sanitizer report, an answer that is no HTTP or no documented error, a 5xx that is no throttling,
or when fewer than half of the requests pass authentication. Prints the histogram of statuses and codes.
"""

import argparse
import collections
import http.client
import json
import os
import socket
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]
THREADS = 8
# Little memory: what is provisioned cannot take long to start; what finds none is refused soon.
CONFIG = "maxFunctionsPerService: 100000\nmemory: 4096\nadmissionWait: 1\n"
BUDGET_SECONDS = 30 * 60
UNAUTHENTICATED = {"MissingRequiredHeader", "AccessDenied", "SignatureNotMatch", "InvalidAccessKeyID",
                   "RequestTimeTooSkewed", "PathNotSupported"}
REPORTS = ("ERROR: AddressSanitizer", "runtime error:", "ERROR: LeakSanitizer", "terminate called", "Assertion")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20160815)
    parser.add_argument("--only", type=int, help="send the request of this index alone and show it")
    return parser.parse_args()


class Sender:
    """One thread's way of sending: its own connection, opened anew whenever the server closed it."""

    def __init__(self, port):
        self.port, self.connection, self.before = port, None, None

    def send(self, request):
        """(status, headers, body); status 0 = closed without an answer."""
        if request.raw is not None:
            return self._raw(request.raw)
        headers = {name: value.encode("latin-1", "replace") for name, value in request.headers.items()}
        for fresh in (False, True):
            if self.connection is None:
                self.connection, fresh = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60), True
            try:
                return self._exchange(request, headers)
            except (http.client.BadStatusLine, ConnectionError, BrokenPipeError):
                self.connection.close()
                self.connection = None
                if fresh:
                    return 0, {}, b""
        return 0, {}, b""

    def _exchange(self, request, headers):
        connection = self.connection
        body = request.body
        connection.putrequest(request.method, request.target().replace(" ", "%20"), skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if request.chunks:
            connection.putheader("transfer-encoding", "chunked")
            pieces = [body[at:at + request.chunks] for at in range(0, len(body), request.chunks)] + [b""]
            body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        elif body or request.method in ("POST", "PUT"):
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        data = answer.read()
        if answer.will_close:
            connection.close()
            self.connection = None
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, data

    def _raw(self, data):
        with socket.create_connection(("127.0.0.1", self.port), 60) as plain:
            answer = b""
            try:
                plain.sendall(data)
                plain.shutdown(socket.SHUT_WR)
                while len(answer) < 1 << 20 and (piece := plain.recv(65536)):
                    answer += piece
            except (ConnectionError, BrokenPipeError):
                pass
        if not answer.startswith(b"HTTP/1."):
            return 0, {}, answer
        head = answer.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        return int(head[0].split(" ")[1]), headers, b""


def judge(request, status, headers, body):
    """(code of the answer, what is wrong with it or None)."""
    if status == 0:
        return "closed", None if request.raw is not None else "no answer"
    code = ""
    if status >= 400 and request.raw is None and request.method != "HEAD":
        try:
            parsed = json.loads(body)
            code = parsed["ErrorCode"]
            if parsed["errorCode"] != code or parsed["ErrorMessage"] != parsed["errorMessage"]:
                return code, "the error's two spellings differ"
        except (ValueError, KeyError, TypeError):
            return "", "an error without the documented body"
        if not code or not parsed["ErrorMessage"]:
            return code, "an error without code or message"
    if request.raw is None and "x-fc-request-id" not in headers:
        return code, "no request id"
    if status >= 500 and not (status == 503 and code == "ResourceThrottled"):
        return code, "a 5xx"
    if "x-injected" in headers:
        return code, "a header was injected"
    return code, None


class Run:
    def __init__(self, options, server, generate, declared):
        self.options, self.server, self.generate, self.declared = options, server, generate, declared
        self.histogram, self.authenticated, self.problems = collections.Counter(), 0, []
        self.met = collections.Counter()
        self.lock, self.next = threading.Lock(), 0
        self.deadline = time.monotonic() + BUDGET_SECONDS

    def take(self):
        with self.lock:
            index, self.next = self.next, self.next + 1
        late = time.monotonic() > self.deadline or len(self.problems) >= 50
        return None if index >= self.options.requests or late else index

    def work(self):
        sender = Sender(self.server.port)
        while (index := self.take()) is not None:
            self.one(sender, index)

    def one(self, sender, index):
        import harness
        request = self.generate(self.declared, self.options.seed, index, harness.KEY_ID, harness.KEY_SECRET)
        try:
            status, headers, body = sender.send(request)
            code, problem = judge(request, status, headers, body)
        except Exception as error:  # pylint: disable=broad-except
            status, code, problem, body = 0, "", f"{type(error).__name__}: {error}", b""
            sender.connection = None
        with self.lock:
            self.histogram[(status, code)] += 1
            self.met[request.operation] += 200 <= status < 300
            self.authenticated += request.signed and status != 0 and code not in UNAUTHENTICATED
            if problem:
                shown = request.raw or f"{request.method} {request.target()[:200]} {request.body[:300]!r}"
                self.problems.append(f"request {index} (after {sender.before} on its connection): {problem}: {status} "
                                     f"{code} {body[:200]!r} for {shown[:600]}")
        sender.before = index if sender.connection else None

    def report(self):
        count = sum(self.histogram.values())
        print("status code")
        for (status, code), number in sorted(self.histogram.items()):
            print(f"{number:7} {status or 'closed'} {code}")
        for problem in self.problems[:20]:
            print(problem)
        never = sorted(set(self.declared.operations()) - {name for name, times in self.met.items() if times})
        print(f"operations that never succeeded: {', '.join(never) or 'none'}")
        share = self.authenticated / max(1, count)
        print(f"requestfuzz: seed {self.options.seed}, {count} requests, {self.authenticated} authenticated "
              f"({share:.0%}), {len(self.problems)} problems")
        return not self.problems and count == self.options.requests and share >= 0.5


def main():
    options = arguments()
    os.environ["OPENFC_BUILD"] = options.build
    import harness
    from declared import Declared
    from generate import FUNCTIONS, PACKAGE, SERVICES, Request, generate
    from fcclient import zip_field
    server = harness.Server(CONFIG).start(timeout=120)
    client = server.client()
    for service in SERVICES:
        client.post("/services", {"serviceName": service})
        for function in FUNCTIONS:
            client.post(f"/services/{service}/functions", {
                "functionName": function, "runtime": "python3", "handler": "index.handler", "timeout": 5,
                "code": zip_field(PACKAGE)})
    declared = Declared(json.loads(client.send("GET", "/openapi.json", {}).body), Request)
    run = Run(options, server, generate, declared)
    if options.only is not None:
        request = generate(declared, options.seed, options.only, harness.KEY_ID, harness.KEY_SECRET)
        print(request.raw or (request.method, request.target(), request.headers, request.body))
        run.one(Sender(server.port), options.only)
    else:
        threads = [threading.Thread(target=run.work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    alive = server.process.poll() is None and client.get("/services").status == 200
    good = run.report() if options.only is None else not run.problems
    log = server.log()
    reports = [word for word in REPORTS if word in log]
    if not alive or reports:
        print(f"the server {'lives' if alive else 'died'}; {reports}\n{log[-6000:]}")
        server.kill()
        return 1
    server.stop()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
