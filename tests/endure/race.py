#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Swaps the input directory for a link to somewhere else, over and over, while sandboxes start.

usage: race.py [ROUNDS]     default 100000

A link and a directory take turns at the name that --in has, by renameat2(RENAME_EXCHANGE), as fast
as the kernel does it. Each start must be one of three: the directory was there, and the payload
reads what is in it; the link was there, and what it leads to is read, for a caller may name a link;
or both were seen, and nothing is started. What is behind the name while the payload runs decides
nothing: the payload must never see one in part and the other in part.
"""

import collections
import ctypes
import mmap
import os
import subprocess
import traceback

import common
from common import support

RENAME_EXCHANGE = 2
# Before the mount, by device and inode; and after it, where the path that mountinfo shows changed
# between two looks.
REFUSALS = (b"it was replaced meanwhile", b"mountinfo inside is not what the host sees")
LIBC = ctypes.CDLL(None, use_errno=True)


def exchange(a, b):
    if LIBC.renameat2(-100, os.fsencode(a), -100, os.fsencode(b), RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), "cannot exchange")


class Race:

    def __init__(self, world):
        self.world = world
        self.figures = collections.Counter()
        self.problems = []
        for name, content in (("here", "aaaa"), ("there", "bbbbb")):
            os.mkdir(world.path(name))
            for file in ("one", "two"):
                support.write(world.path(name, file), content)
        os.symlink("there", world.path("link"))
        self.swapper = None
        self.swaps = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")
        world.before = world.state()

    def swap(self):
        """By another process, on another processor if there is one; it ends with this one."""
        parent = os.getpid()
        self.swapper = os.fork()
        if self.swapper == 0:
            try:
                while os.getppid() == parent:
                    for _ in range(1000):
                        exchange(self.world.path("here"), self.world.path("link"))
                        self.swaps[0] += 1
            except BaseException:  # pylint: disable=broad-except
                traceback.print_exc()
            finally:
                os._exit(1)

    def stop(self, starts):
        """A race that nobody ran against shows nothing: there was a swap for each start, and to the
        end."""
        ended, status = os.waitpid(self.swapper, os.WNOHANG)
        if ended != 0:
            self.problems.append(f"the swaps ended before the starts did, with status {status}")
        else:
            os.kill(self.swapper, 9)
            os.waitpid(self.swapper, 0)
        self.figures["swapped"] = self.swaps[0]
        if self.swaps[0] < starts:
            self.problems.append(f"{starts} starts and {self.swaps[0]} swaps")

    def put_back(self):
        """As it was before the swaps, whatever the last one was."""
        if os.path.islink(self.world.path("here")):
            exchange(self.world.path("here"), self.world.path("link"))

    def round(self, number):
        done = subprocess.run([support.DENYBOX, "run", "--in", self.world.path("here"), "--",
                               support.PAYLOAD, "calls", "openat -100 s:/in/one 0 0",
                               "openat -100 s:/in/two 0 0", "read 3 b:8 8", "read 4 b:8 8"],
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        results = [line.rsplit(" ", 1)[-1] for line in done.stdout.decode().splitlines()]
        if done.returncode == 0 and results[2:] in (["4", "4"], ["5", "5"]):
            self.figures[{"4": "read the directory", "5": "read what the link leads to"}[
                results[2]]] += 1
        elif done.returncode == support.EXIT_BLOCKED and not results and \
                any(words in done.stderr for words in REFUSALS):
            self.figures["refused"] += 1
        else:
            self.problems.append(f"round {number}: status {done.returncode}, {results}, "
                                 f"{done.stderr!r}")


def rounds(count):
    """(figures, problems) of so many rounds."""
    world = common.World()
    try:
        race = Race(world)
        race.swap()
        number = 0
        try:
            while number < count and len(race.problems) <= 20:
                race.round(number)
                number += 1
        finally:
            race.stop(number)
            race.put_back()
        return race.figures, race.problems + world.left()
    finally:
        world.close()


if __name__ == "__main__":
    common.report(*rounds(common.number_of(100000)))
