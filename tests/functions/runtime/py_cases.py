import json
import logging
import os
import subprocess
import sys
import threading
import time

counter = 0
barrier = threading.Barrier(2, timeout=20)


class MyError(Exception):
    pass


def initialize(context):
    global counter
    counter += 1


def fail_to_initialize(context):
    raise MyError("cannot begin")


def count(event, context):
    global counter
    counter += 1
    return str(counter)


def echo(event, context):
    return event


def type_of_event(event, context):
    return type(event).__name__


def text(event, context):
    return "h\u00e9llo \u4e2d\u6587"


def value(event, context):
    return json.loads(event)


def nothing(event, context):
    return None


def not_json(event, context):
    return object()


def big(event, context):
    return b"x" * int(event)


def throw(event, context):
    raise MyError("something is wrong")


def describe(event, context):
    return {
        "context": json.loads(context.to_json()),
        "aliases": context.requestId == context.request_id and context.credentials.accessKeyId == "key",
        "environment": dict(os.environ),
        "cwd": os.getcwd(),
        "path": sys.path,
        "zone": time.tzname[0],
    }


def say(event, context):
    print("printed")
    logging.getLogger().info("logged %d", 1)
    logging.getLogger().debug("hidden")
    sys.stdout.write("no line end")
    return ""


def sys_exit(event, context):
    print("goes")
    sys.exit(3)


def os_exit(event, context):
    os._exit(4)


def meet(event, context):
    """Answers only when two calls run at the same time."""
    barrier.wait()
    logging.info("met")
    return context.request_id


def fork(event, context):
    """Both sides of the fork return."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    return "parent" if child else "child"


def descriptors_of_a_child(event, context):
    return subprocess.run(["ls", "/proc/self/fd"], stdout=subprocess.PIPE).stdout


def environment_of_a_child(event, context):
    return subprocess.run(["env"], stdout=subprocess.PIPE).stdout


def speak_out_of_turn(event, context):
    os.write(3, b"\x00" * 4 + b"\xc8" + b"\x00" * 7)
    return "never"


def optimized(event, context):
    return str(sys.flags.optimize)


def hash_of_a(event, context):
    return str(hash("a"))
