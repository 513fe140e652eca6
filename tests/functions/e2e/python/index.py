"""The Python function of the end-to-end tests: does what the event's "do" member names."""

import json
import os
import socket
import sys
import threading
import time

STATE = {"initialized": 0, "invoked": 0, "ticks": 0}


def initializer(context):
    STATE["initialized"] += 1
    print("initializer ran for", context.request_id)


def _tick():
    while True:
        STATE["ticks"] += 1
        time.sleep(0.005)


def echo(event, _context):
    return event.get("value")


def raw(event, _context):
    return event["text"].encode()


def environment(_event, _context):
    return dict(os.environ)


def state(_event, _context):
    return dict(STATE, pid=os.getpid())


def describe(_event, context):
    credentials = context.credentials
    return {
        "request_id": context.request_id,
        "region": context.region,
        "account_id": context.account_id,
        "function": {name: getattr(context.function, name) for name in
                     ("name", "handler", "memory", "timeout", "initializer", "initialization_timeout")},
        "service": {"name": context.service.name, "log_project": context.service.log_project,
                    "log_store": context.service.log_store, "qualifier": context.service.qualifier,
                    "version_id": context.service.version_id},
        "credentials": [credentials.access_key_id, credentials.access_key_secret, credentials.security_token],
    }


def process(_event, _context):
    with open("/proc/self/status") as status:
        fields = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
    return {"cwd": os.getcwd(), "uid": os.getuid(), "gid": os.getgid(), "pid": os.getpid(), "groups": os.getgroups(),
            "home": os.path.expanduser("~"), "no_new_privs": fields.get("NoNewPrivs"), "caps": fields.get("CapEff"),
            "seccomp": fields.get("Seccomp"), "fds": sorted(os.listdir("/proc/self/fd"), key=int),
            "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
            "utc": time.strftime("%z"), "version": sys.version_info[:2]}


def write(event, _context):
    try:
        with open(event["path"], "wb") as file:
            file.write(b"x" * event.get("size", 1))
        return {"written": os.path.getsize(event["path"])}
    except OSError as error:
        return {"errno": error.errno, "error": str(error)}


def tmp(_event, _context):
    space = os.statvfs("/tmp")
    return {"total": space.f_frsize * space.f_blocks, "files": sorted(os.listdir("/tmp"))}


def fail(event, _context):
    kinds = {"ValueError": ValueError, "KeyError": KeyError, "custom": type("MyError", (Exception,), {})}
    raise kinds[event.get("kind", "ValueError")](event.get("message", "something is wrong"))


def leave(event, _context):
    os._exit(event.get("status", 1))


def system_exit(_event, _context):
    sys.exit(3)


def sleep(event, _context):
    time.sleep(event["seconds"])
    return "slept"


def allocate(event, _context):
    size = event["megabytes"] << 20
    block = bytearray(size)
    for offset in range(0, size, 4096):
        block[offset] = 1
    return len(block) >> 20


def say(event, _context):
    for number in range(event.get("lines", 1)):
        print(event.get("text", "line"), number)
    if event.get("stderr"):
        print(event["stderr"], file=sys.stderr)
    return "said"


def log(_event, _context):
    import logging
    logging.getLogger().info("through the logger")
    return "logged"


def large(event, _context):
    return "x" * event["size"]


def tick(_event, _context):
    if STATE["ticks"] == 0:
        threading.Thread(target=_tick, daemon=True).start()
    return {"ticks": STATE["ticks"], "time": time.monotonic()}


def meet(event, _context):
    """Returns once `others` further invocations are inside this instance: only concurrency lets it end."""
    STATE["inside"] = STATE.get("inside", 0) + 1
    deadline = time.monotonic() + event.get("patience", 5)
    while STATE["inside"] < event["others"] and time.monotonic() < deadline:
        time.sleep(0.002)
    return {"inside": STATE["inside"]}


def connect(event, _context):
    try:
        socket.create_connection((event["host"], event["port"]), 2).close()
        return "connected"
    except OSError as error:
        return type(error).__name__


def unserializable(_event, _context):
    return object()


ACTIONS = {action.__name__: action for action in (
    echo, raw, environment, state, describe, process, write, tmp, fail, leave, system_exit, sleep, allocate, say, log,
    large, tick, meet, connect, unserializable)}


def handler(event, context):
    STATE["invoked"] += 1
    if not event:
        return b""
    request = json.loads(event)
    return ACTIONS[request["do"]](request, context)


def event_type(event, _context):
    return type(event).__name__
