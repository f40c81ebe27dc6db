#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Starts sandboxes, eight at a time, beside three that do their worst; none may fail.

usage: load.py [STARTS]     default 1000

Beside them, each in a sandbox of its own, a fork bomb, a memory hog and a flood of output are
started again whenever they end. Every start has to give the payload's status and output.
"""

import collections
import concurrent.futures
import subprocess
import threading

import common
from common import support

AT_A_TIME = 8

# What goes on beside it: name, options, payload. All end by themselves or by their time limit.
NEIGHBOURS = (
    ("fork bomb", ("--pids-limit", "32"), ("bomb",)),
    ("memory hog", ("--memory", "64m"), ("hog",)),
    ("output flood", (), ("flood",)),
)
LIMIT = ("--timeout", "5", "--kill-after", "1", "--quiet")


class Load:

    def __init__(self):
        self.figures = collections.Counter()
        self.problems = []
        self.lock = threading.Lock()
        self.over = threading.Event()

    def note(self, name, problem=None):
        with self.lock:
            self.figures[name] += 1
            if problem is not None:
                self.problems.append(problem)

    def neighbour(self, name, options, payload):
        while not self.over.is_set():
            words = [support.DENYBOX, "run", *LIMIT, *options, "--", support.PAYLOAD, *payload]
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL)
            while process.stdout.read(1 << 20):
                if self.over.is_set():
                    process.terminate()
            process.stdout.close()
            status = process.wait()
            # Ended by its limit, by us, or as its memory was refused.
            good = status in (0, 124, 137, 143)
            self.note(f"runs of the {name}", None if good else f"{name}: status {status}")

    def start(self, number):
        want = number % 100
        done = subprocess.run([support.DENYBOX, "run", "--", support.PAYLOAD, "print", str(number),
                               str(want)], stdin=subprocess.DEVNULL, capture_output=True,
                              check=False)
        good = done.returncode == want and done.stdout == f"{number}\n".encode()
        self.note("starts", None if good else
                  f"start {number}: status {done.returncode}, {done.stdout!r}, {done.stderr!r}")


def starts(count):
    """(figures, problems) of so many starts."""
    world = common.World()
    try:
        load = Load()
        beside = [threading.Thread(target=load.neighbour, args=row) for row in NEIGHBOURS]
        for thread in beside:
            thread.start()
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            list(pool.map(load.start, range(count)))
        load.over.set()
        for thread in beside:
            thread.join()
        return load.figures, load.problems + world.left()
    finally:
        world.close()


if __name__ == "__main__":
    common.report(*starts(common.number_of(1000)))
