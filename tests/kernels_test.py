#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How scripts/kernels reads a report: whatever is not said, said twice or not understood has failed.
Boots nothing."""

import importlib.machinery
import importlib.util
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def load(name, path):
    loader = importlib.machinery.SourceFileLoader(name, os.path.join(TOP, path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


kernels = load("kernels", "scripts/kernels")
import foreign  # noqa: E402 (kernels has said where)


table, machine = kernels.table, kernels.machine
ROWS = (("one", table.BOTH, "what"), ("two", (table.ROOT,), "what"))
WHOLE = ("begin n", "kernel x86_64 6.1 6.1.2-3 2 yama", "result one user pass a", "result one root pass b",
         "result two root none c", "end n")


class Start:
    """What a start of a machine has left behind."""

    def __init__(self, lines, why=None):
        self.nonce, self.why = "n", why
        self.lines = [line + "\r" for line in lines] + [""]


ALL = table.SUITES + table.DELEGATED


def counts(lines, suites=(), **how):
    return kernels.Report("full", ROWS, suites, Start(lines, **how)).counts()


class Reports(unittest.TestCase):

    def test_a_whole_one(self):
        self.assertEqual(counts(WHOLE), [2, 0, 1])

    def test_nothing(self):
        self.assertEqual(counts(()), [0, 4, 0])

    def test_a_row_that_does_not_report(self):
        self.assertEqual(counts(WHOLE[:3] + WHOLE[4:]), [1, 1, 1])

    def test_what_failed(self):
        self.assertEqual(counts(WHOLE[:2] + ("result one user fail x",) + WHOLE[3:]), [1, 1, 1])

    def test_no_end(self):
        self.assertEqual(counts(WHOLE[:-1]), [2, 1, 1])

    def test_a_panic(self):
        self.assertEqual(counts(WHOLE, why="the kernel panicked"), [2, 1, 1])

    def test_what_is_no_line(self):
        for line in ("x", "result one", "result three root pass x", WHOLE[2], "resultone", "\x1b[m",
                     "end n", "suite walls user 1 0 0"):
            with self.subTest(line):
                passed, failed, _ = counts(WHOLE[:4] + (line,) + WHOLE[4:])
                self.assertEqual(passed, 2)
                self.assertGreater(failed, 0)

    def test_a_kernel_that_is_none(self):
        self.assertEqual(counts((WHOLE[0], "kernel x86_64 6.1 2") + WHOLE[2:]), [2, 1, 1])

    def test_another_start(self):
        self.assertGreater(counts(("begin m",) + WHOLE[1:])[1], 0)

    def test_suites(self):
        all_of_them = tuple(f"suite {name} {who} 5 0 1" for name in table.SUITES
                            for who in table.BOTH)
        n = len(all_of_them)
        delegated = tuple(f"suite {name} {who} 5 0 0" for name in table.DELEGATED
                          for who in table.BOTH)
        # One that has skipped what it is there for has failed.
        skipped = tuple(text.replace("5 0 0", "5 0 1") for text in delegated)
        lines = WHOLE[:5] + all_of_them + skipped + WHOLE[5:]
        self.assertEqual(counts(lines, ALL)[1], len(skipped))
        lines = WHOLE[:5] + all_of_them + delegated + WHOLE[5:]
        n += len(delegated)
        self.assertEqual(counts(lines, ALL), [2 + 5 * n, 0, 1 + n - len(delegated)])
        self.assertEqual(counts(lines[:5] + lines[6:], ALL)[1], 1)
        # One that has run nothing shows nothing.
        empty = all_of_them[0].replace("5 0 1", "0 0 6")
        self.assertEqual(counts(lines[:5] + (empty,) + lines[6:], ALL)[1], 1)
        # One that was not asked for is no part of it.
        self.assertEqual(counts(lines, ALL[1:])[1], 2)

    def test_the_parts_are_the_whole(self):
        """Every row and every suite; without the live tests; and a suite alone, on one start."""
        whole, quick = kernels.plan(False, None), kernels.plan(True, None)
        self.assertEqual([rows for _, _, rows, _ in whole], [table.FULL, table.BARE])
        self.assertEqual([suites for _, _, _, suites in whole], [ALL, ()])
        self.assertIn("kernels.live=" + ",".join(ALL), whole[0][1].split())
        self.assertEqual([row[:3:2] + row[3:] for row in quick],
                         [("full", table.FULL, ()), ("bare", table.BARE, ())])
        self.assertNotIn("kernels.live", quick[0][1])
        for name in ALL:
            (boot, words, rows, suites), = kernels.plan(False, [name])
            self.assertEqual((boot, rows, suites), ("full", (), [name]))
            self.assertEqual(words.split()[-2:], ["kernels.live=" + name, "kernels.rows=no"])

    def test_the_live_tests_are_understood(self):
        live = load("live", "tests/live/run")
        found = table.SUMMARY.match(live.summary("walls", "user", [12, 1, 3], 99.6) + "\n")
        self.assertEqual(found.groups(), ("walls", "user", "12", "1", "3"))

    def test_what_the_guest_says_is_a_line(self):
        for text in ("plain", "two\nlines", "\x1b[31m\u202e", "x" * 1000, ""):
            line = table.line("result", text)
            self.assertTrue(line.endswith("\n"))
            self.assertIsNotNone(table.LINE.fullmatch(line[:-1]), line)

    def test_the_newest_package(self):
        names = ("linux-image-6.1.0-9-amd64", "linux-image-6.1.0-10-amd64",
                 "linux-image-6.1.0-11-cloud-amd64", "linux-image-6.1.0-12-amd64-dbg",
                 "linux-image-6.12.9+deb12-amd64", "linux-image-6.1.0-13-arm64",
                 "linux-image-6.1.0-14-rt-arm64")
        asked = machine.run
        machine.run = lambda *words, **how: "\n".join(names)
        try:
            host = machine.Host(machine.MACHINES["x86_64"], "build")
            self.assertEqual(machine.newest_package("6.1", host), names[1])
            self.assertEqual(machine.newest_package("6.12", host), names[4])
            self.assertRaises(machine.Unavailable, machine.newest_package, "6.2", host)
            foreign = machine.Foreign(machine.MACHINES["aarch64"], "build", "top")
            self.assertEqual(machine.newest_package("6.1", foreign), names[5])
            self.assertRaises(machine.Unavailable, machine.newest_package, "6.12", foreign)
        finally:
            machine.run = asked


class Packages(unittest.TestCase):
    """Of another architecture."""

    def test_a_link_leads_inside(self):
        with tempfile.TemporaryDirectory() as top:
            os.makedirs(os.path.join(top, "usr/lib/deep"))
            os.symlink("usr/lib", os.path.join(top, "lib"))
            for name in ("one", "usr/lib/deep/absolute"):
                os.symlink("/lib/file", os.path.join(top, name))
            os.symlink("../file", os.path.join(top, "usr/lib/deep/relative"))
            with open(os.path.join(top, "usr/lib/file"), "w", encoding="ascii") as file:
                file.write("inside")
            foreign.lead_inside(top)
            for name in ("one", "usr/lib/deep/absolute", "usr/lib/deep/relative"):
                path = os.path.join(top, name)
                self.assertFalse(os.readlink(path).startswith("/"), name)
                with open(path, encoding="ascii") as file:
                    self.assertEqual(file.read(), "inside", name)

    def test_lists_that_are_not_to_be_had(self):
        """They are those of before, or there is nothing to boot."""
        with tempfile.TemporaryDirectory() as top:
            source = foreign.Foreign(machine.MACHINES["aarch64"], "build", top)
            asked = foreign.run
            foreign.run = refuse
            try:
                self.assertRaises(machine.Unavailable, source.renew)
                with open(os.path.join(top, "apt/lists/a_Packages.lz4"), "wb"):
                    pass
                source.renew()
            finally:
                foreign.run = asked

    def test_a_package_that_is_none(self):
        with tempfile.TemporaryDirectory() as top:
            path = os.path.join(top, "some.deb")
            with open(path, "wb") as file:
                file.write(b"no package")
            self.assertRaises(machine.Failed, foreign.unpack, path, top)


def refuse(*words, **how):
    raise machine.Failed("no network")


if __name__ == "__main__":
    found = unittest.main(exit=False, verbosity=0).result
    bad = len(found.failures) + len(found.errors)
    print(f"{found.testsRun - bad} passed, {bad} failed, 0 skipped")
    sys.exit(1 if bad else 0)
