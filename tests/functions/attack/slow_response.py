"""Sends the server a result that takes longer than the function may run, a byte at a time."""

import json
import os
import time

import control

SECONDS = 4


def attack(world):
    frame = control.result(json.dumps({"succeeded": True, "detail": f"the result took {SECONDS} s"}).encode())
    for byte in frame:
        control.send(bytes((byte,)))
        time.sleep(SECONDS / len(frame))
    os._exit(0)
