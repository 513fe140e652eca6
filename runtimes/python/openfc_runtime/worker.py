"""The Python side of docs/runtime-protocol.md: reads frames from a Unix socket and runs the user's handler.

Every page that this file touches is paid for by each pre-warmed instance, so modules are imported when they are
needed (json, traceback, logging and threading are the dear ones) and the first calls are rehearsed.
"""

import os
import sys
from _frozen_importlib_external import cache_from_source
from _thread import _local, allocate_lock
from time import tzset

from . import context as contexts

CONFIGURE, INITIALIZE, INVOKE, PRE_FREEZE, PRE_STOP, READY, RESULT, FAILURE = 1, 2, 3, 7, 8, 16, 17, 18
HOOKS = ((INITIALIZE, "initializer"), (PRE_FREEZE, "preFreeze"), (PRE_STOP, "preStop"))
HEADER = 12
CHUNK = 65536
REHEARSAL = (
    b'{"runtime":"python3","accountId":"","region":"","serviceName":"","functionName":"","handler":"rehearsal.handler","initializer":"",'
    b'"preFreeze":"","preStop":"","qualifier":"LATEST","versionId":"LATEST","logProject":"","logStore":"",'
    b'"jaegerEndpoint":"","memorySize":128,"timeout":60,"initializationTimeout":3,"instanceConcurrency":1,'
    b'"resultLimit":1048576,"codePath":"/","layersPath":"/opt","compiledPath":"/","environment":{"HOME":"/tmp","LANG":"C.UTF-8"}}'
)

try:
    from _json import make_scanner
except ImportError:
    make_scanner = None


class _Scanner:
    """What _json's scanner wants to know; using it spares importing json and re."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
    memo = {}


def _parser():
    if make_scanner is not None:
        try:
            scan = make_scanner(_Scanner())
            if scan('{"a":[1,"\\u00e9"]}', 0)[0] == {"a": [1, "\u00e9"]}:
                return lambda text: scan(text, 0)[0]
        except (AttributeError, TypeError):
            pass
    import json

    return json.loads


parse = _parser()
current = _local()  # .request: the id of the call that this thread serves


class Port:
    """The control socket: whole frames in and out."""

    def __init__(self, fd):
        self.fd = fd
        self.lock = allocate_lock()
        self.buffer = b""

    def read(self):
        """Type, stream and payload of the next frame; None at the end of the stream."""
        buffer = self.buffer
        while len(buffer) < HEADER:
            piece = os.read(self.fd, CHUNK)
            if not piece:
                return None
            buffer = buffer + piece if buffer else piece
        length = int.from_bytes(buffer[0:4], "little")
        end = HEADER + length
        if len(buffer) < end:
            buffer = self._rest(buffer, end)
            if buffer is None:
                return None
        self.buffer = buffer[end:]
        payload = buffer[HEADER:end] if length <= CHUNK else memoryview(buffer)[HEADER:end]
        return buffer[4], int.from_bytes(buffer[8:12], "little"), payload

    def _rest(self, start, end):
        whole = bytearray(end)
        whole[0 : len(start)] = start
        view = memoryview(whole)
        at = len(start)
        while at < end:
            count = os.readv(self.fd, [view[at:]])
            if count == 0:
                return None
            at += count
        return whole

    def write(self, kind, stream, payload, flags=0):
        header = b"%b%c%c\0\0%b" % (len(payload).to_bytes(4, "little"), kind, flags, stream.to_bytes(4, "little"))
        with self.lock:
            if len(payload) < CHUNK:
                frame = header + payload
                sent = os.write(self.fd, frame)
                if sent < len(frame):
                    self._write(memoryview(frame)[sent:])
            else:
                self._write(memoryview(header))
                self._write(memoryview(payload))

    def _write(self, view):
        while view:
            view = view[os.write(self.fd, view) :]


def flush():
    """What the function printed must be in the log pipe before its result is on the way."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # the user may have put anything there
            pass


def to_bytes(result):
    if isinstance(result, bytes):
        return result
    if isinstance(result, str):
        return result.encode("utf-8", "surrogateescape")
    if isinstance(result, (bytearray, memoryview)):
        return bytes(result)
    import json

    return json.dumps(result).encode()


def describe(error):
    """The error JSON of runtime-contract 1.3, without the frames of this folder."""
    import json
    from traceback import extract_tb

    own = os.path.dirname(__file__)
    stack = [
        ['File "%s"' % frame.filename, "line %d" % (frame.lineno or 0), "in %s" % frame.name, frame.line or ""]
        for frame in extract_tb(error.__traceback__)
        if not (frame.filename.startswith(own) or frame.filename.startswith("<frozen importlib"))
    ]
    try:
        message = str(error)
    except Exception:
        message = "<the error's text cannot be had>"
    name = getattr(error, "error_type", None) if isinstance(error, RuntimeFailure) else None
    text = json.dumps({"errorMessage": message, "errorType": name or type(error).__name__, "stackTrace": stack}, indent=4)
    return text.encode("utf-8", "backslashreplace")


def tell(error):
    """The traceback goes to the function's log, behind what the function printed."""
    from traceback import format_exception

    own = os.path.dirname(__file__)
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith((own, "<frozen importlib")):
        frames = frames.tb_next
    if isinstance(error, RuntimeFailure):
        text = "%s: %s\n" % (error.error_type, error)
    else:
        try:
            text = "".join(format_exception(type(error), error, frames))
        except Exception:  # of the error's own __str__
            text = "%s: <the error's text cannot be had>\n" % type(error).__name__
    view = memoryview(text.encode("utf-8", "backslashreplace"))
    try:
        while view:
            view = view[os.write(2, view) :]
    except OSError:  # the function closed it
        pass


class RuntimeFailure(Exception):
    """An error that the runtime itself found in the function."""

    def __init__(self, error_type, message):
        Exception.__init__(self, message)
        self.error_type = error_type


def find_handler(name):
    """The function that "dir/file.method" names."""
    path, dot, method = name.rpartition(".")
    if not dot or not path or not method:
        raise RuntimeFailure("HandlerNotFound", "Bad handler '%s'" % name)
    name = path.replace("/", ".")
    __import__(name)  # unlike importlib.import_module, it leaves no frames in the traceback of a module that fails
    module = sys.modules[name]
    try:
        return getattr(module, method)
    except AttributeError:
        raise RuntimeFailure("HandlerNotFound", "Handler '%s' missing on module '%s'" % (method, path)) from None


class Guest:
    """One instance: its configuration, its handler, and the calls it serves."""

    def __init__(self, port):
        self.port = port
        self.configuration = None
        self.handler = None
        self.hooks = {}
        self.pool = None
        self.result_limit = 32 << 20
        self.forked = False

    def configure(self, stream, payload):
        try:
            self.configuration = configuration = parse(bytes(payload).decode())
            self.result_limit = configuration["resultLimit"]
            contexts.configure(configuration)
            enter(configuration)
            self.handler = find_handler(configuration["handler"])
            for kind, name in HOOKS:
                if configuration[name]:
                    self.hooks[kind] = find_handler(configuration[name])
            if configuration["instanceConcurrency"] > 1:
                from .threads import Pool

                self.pool = Pool(self.serve, configuration["instanceConcurrency"])
        except Exception as error:
            flush()
            tell(error)
            self.port.write(FAILURE, stream, describe(error))
        else:
            flush()
            self.port.write(RESULT, stream, b"")

    def serve(self, kind, stream, payload):
        """Runs one call to its end, whatever the user's code does."""
        try:
            start = 4 + int.from_bytes(payload[0:4], "little")
            call = parse(str(payload[4:start], "utf-8"))
            current.request = contexts.last_request = call["requestId"]
            context = contexts.Context(call)
            if kind == INVOKE:
                answer = to_bytes(self.handler(bytes(payload[start:]), context))
            else:
                self.hooks[kind](context)
                answer = b""
            if len(answer) > self.result_limit:
                raise RuntimeFailure(
                    "ResultTooLarge", "response payload size exceeds maximum allowed size (%d bytes)" % self.result_limit
                )
        except SystemExit as end:
            if self.pool is None:
                raise
            leave(end)
        except BaseException as error:
            if not self.forked:
                flush()
                tell(error)
                self.port.write(FAILURE, stream, describe(error))
        else:
            if not self.forked:
                flush()
                self.port.write(RESULT, stream, answer)
        if self.forked:  # the function forked and both sides came back: only the parent answers
            leave(SystemExit(0))

    def run(self):
        while True:
            frame = self.port.read()
            if frame is None:
                return
            kind, stream, payload = frame
            if kind == CONFIGURE:
                self.configure(stream, payload)
            elif self.pool is not None and kind == INVOKE:
                self.pool.submit(kind, stream, payload)
            else:
                self.serve(kind, stream, payload)

    def after_fork(self):
        """A child must neither answer nor keep the control socket open."""
        self.forked = True
        try:
            os.close(self.port.fd)
        except OSError:
            pass


def leave(end):
    """Ends the process at once, as sys.exit on the main thread would, without waiting for other threads."""
    flush()
    code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    os._exit(code & 0xFF)


def enter(configuration):
    """Makes the process the function's: environment, time zone, working directory and search path."""
    environment = configuration["environment"]
    os.environ.clear()
    os.environ.update(environment)
    tzset()
    os.chdir(configuration["codePath"])
    paths = [configuration["codePath"]]
    paths += [path for path in environment.get("PYTHONPATH", "").split(":") if path]
    paths.append(configuration["layersPath"] + "/python")
    sys.path[:] = paths + sys.path
    find_byte_code(configuration)
    if environment.get("PYTHONUSERBASE"):
        user = site_packages(environment["PYTHONUSERBASE"])
        if os.path.isdir(user):
            from site import addsitedir

            addsitedir(user)
    home = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    sys.path.append(site_packages("%s/modules/%s" % (home, configuration["runtime"])))


def find_byte_code(configuration):
    """Makes imports look for compiled files of the code and the layers where the server put them: beside, not within.

    sys.pycache_prefix would move those of the standard library as well.
    """
    compiled = configuration["compiledPath"]
    places = ((configuration["codePath"] + "/", compiled + "/code/"), (configuration["layersPath"] + "/", compiled + "/opt/"))
    ending = ".%s.pyc" % sys.implementation.cache_tag

    def find(path, debug_override=None, *, optimization=None):
        if not sys.flags.optimize and getattr(sys, "pycache_prefix", None) is None:
            for place, beside in places:
                if path.startswith(place) and path.endswith(".py"):
                    return beside + path[len(place) : -3] + ending
        return cache_from_source(path, debug_override, optimization=optimization)

    sys.modules["_frozen_importlib_external"].cache_from_source = find


def site_packages(prefix):
    return "%s/lib/python%d.%d/site-packages" % ((prefix,) + sys.version_info[:2])


def set_up_process():
    """What an ordinary interpreter has and -S leaves out, and how output reaches the log."""
    import site

    site.setquit()
    site.setcopyright()
    site.sethelper()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True)
    from .logs import watch_logging

    watch_logging(current)


def rehearse():
    """Runs the ways of a real first call on a port that leads nowhere, so that their pages are there already."""
    end, far = os.pipe()
    guest = Guest(Port(far))
    call = b'{"requestId":"","qualifier":"LATEST","retryCount":0}'
    payload = len(call).to_bytes(4, "little") + call + b"{}"
    rehearse_configuring(guest, end)
    for handler in (lambda event, context: event, lambda event, context: "text"):
        guest.handler = handler
        guest.serve(INVOKE, 1, payload)
        os.read(end, CHUNK)
    frame = len(payload).to_bytes(4, "little") + bytes((INVOKE, 0, 0, 0, 1, 0, 0, 0)) + payload
    os.write(far, frame)
    Port(end).read()
    os.close(end)
    os.close(far)


def rehearse_configuring(guest, end):
    """Becomes a function of this folder, and itself again."""
    environment, path, folder = dict(os.environ), sys.path[:], os.getcwd()
    sys.path.insert(0, os.path.dirname(__file__))
    guest.configure(1, REHEARSAL)
    answer = os.read(end, CHUNK)
    if answer[4] != RESULT:  # it would warm the wrong ways
        raise RuntimeError("rehearsal: %r" % answer)
    os.environ.clear()
    os.environ.update(environment)
    tzset()
    sys.path[:] = path
    os.chdir(folder)
    del sys.modules["rehearsal"]
    sys.path_importer_cache.clear()


def settle():
    """What is there now lives as long as the process: no collection shall look at it, or touch its pages."""
    import gc

    if hasattr(gc, "freeze"):
        gc.freeze()


def become_copy():
    """In a zygote (docs/launcher-protocol.md) fork comes back in copies only, each in a sandbox of its own."""
    import gc

    gc.collect()
    settle()
    if os.fork() != 0:
        os._exit(1)
    rehearse()  # the pages that a call writes to are this process's own from here on


def main(fd):
    set_up_process()
    rehearse()
    if os.environ.pop("OPENFC_ZYGOTE", None):
        become_copy()
    else:
        settle()
    os.set_inheritable(fd, False)
    os.set_blocking(fd, True)
    port = Port(fd)
    guest = Guest(port)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=guest.after_fork)
    port.write(READY, 0, b"")
    guest.run()
