#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kills denybox by SIGKILL at random moments of set-up and run: nothing may be left.

usage: kill.py [ROUNDS]     default 1000

The moments are drawn between the start and twice as long as a start takes on this machine, so that
they fall before, in and after it. How far each got is told by its status lines.
"""

import collections
import os
import random
import subprocess
import time

import common
from common import support


class Killer:

    def __init__(self, world):
        self.world = world
        self.figures = collections.Counter()
        self.problems = []
        self.longest = self.usual_start() * 2

    def words(self, status):
        return [support.DENYBOX, "run", "--in", self.world.path("in"), "--out",
                self.world.path("out"), "--out-size", "64k", "--evidence",
                self.world.path("bundle.json"), "--json-status-fd", str(status), "--",
                support.PAYLOAD, "sleep", "60"]

    def start(self):
        reader, writer = os.pipe()
        process = subprocess.Popen(self.words(writer), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   pass_fds=(writer,), cwd=self.world.path("cwd"))
        os.close(writer)
        return process, reader

    def usual_start(self):
        """Seconds until the payload is there: the median of nine."""
        took = []
        for _ in range(9):
            begin = time.monotonic()
            process, reader = self.start()
            os.read(reader, 100)
            took.append(time.monotonic() - begin)
            self.end(process, reader)
        return sorted(took)[4]

    def end(self, process, reader):
        """Kills it; what it had said on the status descriptor."""
        process.kill()
        process.wait()
        process.stderr.close()
        # End-of-file: every copy of the other end is closed, in the sandbox too.
        said = b""
        while piece := os.read(reader, 4096):
            said += piece
        os.close(reader)
        return said

    def round(self, number):
        process, reader = self.start()
        time.sleep(random.uniform(0, self.longest))
        ended = process.poll()
        said = self.end(process, reader)
        self.figures["killed"] += 1
        self.figures["of them while the payload ran" if b"child-pid" in said
                     else "of them during set-up"] += 1
        if ended is not None:
            self.problems.append(f"round {number}: it had ended by itself, status {ended}")
        self.problems += [f"round {number}: {what}" for what in self.world.left(orphans=True)]


def rounds(count):
    """(figures, problems) of so many rounds."""
    world = common.World()
    try:
        killer = Killer(world)
        for number in range(count):
            killer.round(number)
            if len(killer.problems) > 20:
                break
        return killer.figures, killer.problems
    finally:
        world.close()


if __name__ == "__main__":
    common.report(*rounds(common.number_of(1000)))
