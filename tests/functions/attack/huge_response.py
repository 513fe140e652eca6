"""Sends the server a result of 48 MB, past the bootstrap, which would not."""

import json
import os

import control


def attack(world):
    answer = {"succeeded": True, "detail": "48 MB came through", "more": "x" * (48 << 20)}
    control.send(control.result(json.dumps(answer).encode()))
    os._exit(0)
