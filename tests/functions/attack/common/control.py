"""The control socket of docs/runtime-protocol.md, for functions that speak on it themselves."""

import os
import sys

CONTROL, RESULT = 3, 17


def result(payload):
    """The frame that answers the call under way."""
    frame = sys._getframe()
    while "stream" not in frame.f_locals:  # the bootstrap's number for the call stands in a frame that called us
        frame = frame.f_back
    stream = frame.f_locals["stream"]
    return len(payload).to_bytes(4, "little") + bytes((RESULT, 0, 0, 0)) + stream.to_bytes(4, "little") + payload


def send(data):
    view = memoryview(data)
    while view:
        view = view[os.write(CONTROL, view):]
