#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A little of what tests/endure does at length: see make check-kill, -load, -race, -inject, -batch."""

import os
import shutil
import sys
import unittest

import support
from support import Live

sys.path.append(os.path.join(support.SRC, "tests", "endure"))

import batch   # noqa: E402  (found by the line above)
import inject  # noqa: E402
import kill    # noqa: E402
import load    # noqa: E402
import race    # noqa: E402


class Endure(Live):

    def test_killed_at_random_moments(self):
        figures, problems = kill.rounds(60)
        self.assertEqual(problems, [])
        self.assertEqual(figures["killed"], 60)

    def test_beside_bad_neighbours(self):
        figures, problems = load.starts(40)
        self.assertEqual(problems, [])
        self.assertEqual(figures["starts"], 40)
        for name, _, _ in load.NEIGHBOURS:
            self.assertGreater(figures[f"runs of the {name}"], 0)

    def test_input_swapped_for_a_link(self):
        """Row 37."""
        figures, problems = race.rounds(60)
        self.assertEqual(problems, [])
        self.assertGreaterEqual(figures.pop("swapped"), 60)
        self.assertEqual(sum(figures.values()), 60)

    def test_a_batch_is_resumed_twice(self):
        figures, problems = batch.resumed(90)
        self.assertEqual(problems, [])
        self.assertEqual((figures["inputs"], figures["results"]), (90, 90))

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_faults_from_outside(self):
        figures, problems = inject.faults(("clone3", "pivot_root", "seccomp", "setns"))
        self.assertEqual(problems, [])
        self.assertGreater(figures["faults"], 8)


if __name__ == "__main__":
    support.main()
