"""Small functions that workers import by name."""

import os
import time

from gexp_core.errors import InputError

_kept: list[bytearray] = []


def add(a, b, *, progress):
    return a + b


def nap(seconds, *, progress, steps=20):
    for step in range(steps):
        progress(step, steps)
        time.sleep(seconds / steps)
    return os.getpid()


def load_and_nap(loading, seconds, *, progress, steps=20):
    """Take a while before the first step, as who loads a model does."""
    time.sleep(loading)
    for step in range(steps):
        time.sleep(seconds / steps)
        progress(step + 1, steps)
    return os.getpid()


def stamp(path, seconds, *, progress):
    """Leave one line for each time the work is really done."""
    with open(path, "a") as file:
        file.write("done\n")
    time.sleep(seconds)
    return os.getpid()


def tick(path, *, progress):
    """Write for ever; stops only when the process does."""
    while True:
        with open(path, "a") as file:
            file.write(".")
        time.sleep(0.02)


def refuse(*, progress):
    raise InputError("sequence 'a' has 'Z' at position 3 (1-based)")


class Unpicklable(Exception):
    def __init__(self, one, two):
        super().__init__("cannot be rebuilt from its args")


def crash(*, progress):
    raise Unpicklable(1, 2)


def die(*, progress):
    os._exit(7)


def about(*, progress):
    import sys

    torch = sys.modules.get("torch")
    return {
        "threads": torch.get_num_threads() if torch else None,
        "main": getattr(sys.modules["__main__"], "__file__", None),
        "modules": sorted(m for m in sys.modules if m.startswith(("streamlit", "tests.jobs"))),
    }


def standing(*, progress):
    """Return how this process stands among others, and how many threads it has."""
    return os.sched_getscheduler(0), os.nice(0), len(os.listdir("/proc/self/task"))


def hog(megabytes, how, *, progress):
    """Ask for memory, touched or not, through numpy, torch or Python."""
    if how == "numpy":
        import numpy as np

        return np.ones(megabytes * 2**17).nbytes
    if how == "torch":
        import torch

        return torch.ones(megabytes * 2**18).nbytes
    kept = [bytearray(2**20) for _ in range(megabytes)]
    return len(kept)


def keep(megabytes, *, progress):
    """Leave memory behind in this process, as a model or a compiler does."""
    _kept.append(bytearray(megabytes * 2**20))
    return sum(map(len, _kept)) // 2**20


def fill(turn, *, progress):
    """Take small blocks until there are no more, leave the last; return how many MiB they were."""
    blocks = []
    try:
        while len(blocks) < 20_000:
            blocks.append(bytearray(100_000))
    except MemoryError:
        pass
    many = len(blocks)
    _kept.append(blocks.pop())
    blocks.clear()
    return many * 100_000 // 2**20


def leak(*, progress):
    """Fail with a visitor's text in the message."""
    raise ValueError("the secret is GATTACAGATTACA")


def stranger(*, progress):
    """Return what no file of results may hold."""
    return {1, 2}
