#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory that runs out: each allocation fails in turn, ours and those of the libraries.

DENYBOX_FAULT=fail:malloc:ENOMEM:N makes the Nth allocation of each process fail.  Never a crash, never
a failure without a word, and a success only with all that it says without the fault.  Of what makes
thousands of allocations the first are tried one by one, then one of so many.
"""

import concurrent.futures
import json
import os
import subprocess

import support
from support import Live

# So many in a row that end as if nothing were: there is no such allocation any more.
ENOUGH = 40
MOST = 100000


def shape(text):
    """A document without its values, which differ from run to run; any other text as it is."""
    def of(value):
        if isinstance(value, dict):
            return {key: of(child) for key, child in value.items()}
        if isinstance(value, list):
            return [of(child) for child in value]
        return type(value).__name__

    try:
        return of(json.loads(text))
    except (TypeError, ValueError):
        return text


def numbers(dense, step):
    yield from range(1, dense)
    yield from range(dense, MOST, step)


class Starved(Live):

    def setUp(self):
        super().setUp()
        support.not_sanitized("a sanitizer brings allocations of its own")
        self.environment = support.base_env()

    def go(self, words, number):
        """(status, what it says, standard error)"""
        path = None
        words = list(words)
        if "EVIDENCE" in words:
            path = self.path(f"bundle-{number}.json")
            words[words.index("EVIDENCE")] = path
        environment = dict(self.environment)
        if number:
            environment["DENYBOX_FAULT"] = f"fail:malloc:ENOMEM:{number}"
        done = subprocess.run([support.FAULTY, *words], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False, timeout=support.TIMEOUT)
        said = done.stdout
        if path is not None:
            said = None
            if os.path.exists(path):
                with open(path, "rb") as file:
                    said = file.read()
                os.unlink(path)
        return done.returncode, shape(said), done.stdout + done.stderr

    def wrong(self, reference, outcome, refused, whole):
        """What must not come of a failed allocation; None: nothing of that."""
        status, said, printed = outcome
        if status < 0:
            return f"died of signal {-status}"
        if status == reference[0] and not whole:
            return None
        if status == reference[0]:
            return None if said == reference[1] else "as if nothing were, and something is missing"
        if status not in refused:
            return f"status {status}: {printed!r}"
        return None if printed else f"status {status} without a word"

    def sweep(self, *words, refused=(3, 125, 126), dense=400, step=97, whole=True):
        reference = self.go(words, 0)
        unharmed = failed = 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            tries = numbers(dense, step)
            while unharmed < ENOUGH:
                some = [next(tries) for _ in range(ENOUGH)]
                for number, outcome in zip(some, pool.map(lambda n: self.go(words, n), some)):
                    self.assertIsNone(self.wrong(reference, outcome, refused, whole),
                                      f"allocation {number}")
                    same = outcome[:2] == reference[:2]
                    unharmed, failed = unharmed + 1 if same else 0, failed + (not same)
        support.require_nothing_left()
        # The control: there were allocations that it could not do without.
        self.assertGreater(failed, ENOUGH)
        return reference

    def test_plan(self):
        self.assertEqual(self.sweep("plan", "--", support.PAYLOAD)[0], 0)

    def test_scan(self):
        self.assertEqual(self.sweep("scan", "--json", support.PAYLOAD, refused=(2, 3))[0], 0)

    def test_run(self):
        """The evidence is whole, or there is none; and nothing runs without it."""
        found = self.sweep("run", "--quiet", "--evidence", "EVIDENCE", "--", support.PAYLOAD, "exit", "7",
                           dense=120, step=257)
        self.assertEqual(found[0], 7)

    def test_attest(self):
        self.assertEqual(self.sweep("attest", "--quiet", "--evidence", "EVIDENCE", dense=60, step=401)[0], 0)

    def test_verify(self):
        """A bundle that is acceptable is so with all that is said of it; one that is rejected never
        becomes so, and may be rejected for more."""
        done = support.run("--evidence", self.path("good.json"), "--venue", "CI", payload=("exit", "0"))
        self.assert_status(done, 0)
        words = ("verify", "--json", "--venue", "CI")
        found = self.sweep(*words, self.path("good.json"), refused=(1, 2, 3), dense=100, step=97)
        self.assertEqual(found[0], 0)
        text = support.read(self.path("good.json"))
        support.write(self.path("evil.json"), text.replace('"number": 0', '"number": 1'))
        found = self.sweep(*words, self.path("evil.json"), refused=(2, 3), dense=100, step=97,
                           whole=False)
        self.assertEqual(found[0], 1)


if __name__ == "__main__":
    support.main()
