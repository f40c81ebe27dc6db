#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A batch that is killed, resumed, stopped by a signal, and resumed: nothing lost, nothing done twice.

usage: batch.py [INPUTS]     default 10000

SIGKILL comes when a third of the results is there, SIGINT at two thirds. After each what has a name
must be whole; a result must stay the file that it was; and at the end each input must have one, made
of this input. The payload prints how many bytes it has read, and the inputs are of different sizes.
"""

import collections
import json
import os
import signal
import subprocess
import time

import common
from common import support

SIZES = 97
WHOLE = ["bundle.json", "out", "stderr", "stdout"]


def size_of(name):
    return 1 + int(name) % SIZES


class Resumed:

    def __init__(self, world, inputs):
        self.world = world
        self.inputs = [f"{number:07}" for number in range(inputs)]
        self.figures = collections.Counter(inputs=inputs)
        self.problems = []
        self.seen = {}
        for name in self.inputs:
            os.mkdir(world.path("in", name))
            support.write(world.path("in", name, "packet"), "x" * size_of(name))

    def start(self):
        words = [support.DENYBOX, "batch", "--quiet", "--json", "--in-each", self.world.path("in"),
                 "--out-each", self.world.path("out"), "--", support.PAYLOAD, "calls",
                 "openat -100 s:/in/packet 0 0", "read 3 b:128 128"]
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def results(self):
        return [name for name in os.listdir(self.world.path("out")) if name[0] != "."]

    def stop_at(self, share, number):
        """Sends that signal when so many have a result; how it ended, what it had said."""
        begin = time.monotonic()
        process, lines = self.start(), []
        while len(lines) + len(self.seen) < share and (line := process.stdout.readline()):
            lines.append(line)
        took = time.monotonic() - begin
        process.send_signal(number)
        lines += process.communicate()[0].splitlines()
        return process.returncode, lines, len(lines) / took

    def problem(self, words):
        self.problems.append(words)

    def look(self, name):
        """At a result; an empty one has no name."""
        place = self.world.path("out", name)
        if sorted(os.listdir(place)) != WHOLE:
            self.problem(f"{name}: it has {sorted(os.listdir(place))}")
            return
        state = os.stat(os.path.join(place, "bundle.json"))
        now = state.st_ino, state.st_mtime_ns, state.st_size
        if self.seen.setdefault(name, now) != now:
            self.problem(f"{name}: it was done twice")
        read = support.read(os.path.join(place, "stdout")).split()[-1:]
        if read != [str(size_of(name))]:
            self.problem(f"{name}: the payload read {read}")

    def check(self):
        for name in self.seen.keys() - set(self.results()):
            self.problem(f"{name}: its result is lost")
        for name in self.results():
            self.look(name)
        self.figures["results"] = len(self.seen)
        try:
            support.require_nothing_left(())
        except support.LeftBehind as error:
            self.problem(str(error))

    def interrupted(self):
        third = len(self.inputs) // 3
        status, _, _ = self.stop_at(third, signal.SIGKILL)
        if status != -signal.SIGKILL:
            self.problem(f"it had ended before it was killed, status {status}")
        self.check()
        self.figures["of them before it was killed"] = len(self.seen)
        status, lines, rate = self.stop_at(2 * third, signal.SIGINT)
        if status != 128 + signal.SIGINT or not json.loads(lines[-1])["interrupted"]:
            self.problem(f"SIGINT: status {status}, {lines[-1:]}")
        self.figures["a second, until SIGINT"] = round(rate)
        self.check()
        self.figures["of them before SIGINT"] = len(self.seen)

    def finished(self):
        had = len(self.seen)
        process = self.start()
        out, err = process.communicate()
        summary = json.loads(out.splitlines()[-1]) if process.returncode == 0 else {}
        want = {"had-result": had, "done": len(self.inputs) - had, "failed": 0, "no-result": 0}
        if {key: summary.get(key) for key in want} != want:
            self.problem(f"the last one: status {process.returncode}, {summary}, {err!r}")
        else:
            self.figures["a second, after it"] = round(want["done"] / summary["microseconds"] * 1e6)
        self.check()
        if sorted(self.seen) != self.inputs:
            self.problem(f"{len(self.inputs)} inputs have {len(self.seen)} results")
        if os.path.exists(self.world.path("out", ".denybox-batch")):
            left = os.listdir(self.world.path("out", ".denybox-batch"))
            self.problems += [f"left in .denybox-batch: {name}" for name in left]


def resumed(inputs):
    """(figures, problems) of a batch over so many inputs."""
    world = common.World()
    try:
        batch = Resumed(world, inputs)
        batch.interrupted()
        batch.finished()
        return batch.figures, batch.problems
    finally:
        world.close()


if __name__ == "__main__":
    common.report(*resumed(common.number_of(10000)))
