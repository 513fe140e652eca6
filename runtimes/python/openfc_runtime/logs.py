"""Gives the root logger Function Compute's line form as soon as user code imports logging, and not before."""

import sys


def set_up(logging, current):
    import time

    from . import context as contexts

    class Formatter(logging.Formatter):
        converter = staticmethod(time.gmtime)

        def formatTime(self, record, datefmt=None):
            seconds = time.strftime("%Y-%m-%dT%H:%M:%S", self.converter(record.created))
            return "%s.%03dZ" % (seconds, record.msecs)

        def format(self, record):
            record.request_id = getattr(current, "request", contexts.last_request)
            return logging.Formatter.format(self, record)

    class Handler(logging.StreamHandler):
        """Follows sys.stdout when user code replaces it."""

        @property
        def stream(self):
            return sys.stdout

        @stream.setter
        def stream(self, value):
            pass

    handler = Handler()
    handler.setFormatter(Formatter("%(asctime)s %(request_id)s [%(levelname)s] %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)


class Finder:
    """Stands first in sys.meta_path until logging is imported."""

    def __init__(self, current):
        self.current = current

    def find_spec(self, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        from importlib.util import find_spec

        spec = find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            set_up(module, self.current)

        spec.loader.exec_module = exec_module
        return spec


def watch_logging(current):
    if "logging" in sys.modules:
        set_up(sys.modules["logging"], current)
    else:
        sys.meta_path.insert(0, Finder(current))
