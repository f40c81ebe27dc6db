#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""attempts.md, row 39: evil bundles are refused, in bounded memory, and printed escaped.

They are those of fixtures/bundles/generate.py, made of a bundle of a real run.  The memory is
bounded by the kernel, for real; a hang is found by the time limit, and nothing is timed.  The good
bundle is the control: an evil one must be refused for something that the good one has not.
"""

import importlib.util
import json
import os
import re
import resource
import shutil
import subprocess
import tempfile

import pages
import support
from support import DENYBOX, Live, PAYLOAD

MEMORY = 64 << 20
REFUSED = (1, 3)
READ_STRICTLY = 7
PRINTABLE = re.compile(rb"[\n -~]*")
# PR-DYNIMPORT is no probe of the kernel: nobody has run it. The good bundle lacks nothing else.
NOT_RUN_YET = "PR-DYNIMPORT"


def _generator():
    path = os.path.join(support.SRC, "fixtures", "bundles", "generate.py")
    found = importlib.util.spec_from_file_location("generate", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


generate = _generator()


def _limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def verify(directory, *words):
    """(status, all that was printed); the status is None when it does not end."""
    try:
        done = subprocess.run([DENYBOX, "verify", *words], cwd=directory, env=support.base_env(),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=support.TIMEOUT,
                              preexec_fn=_limit)
    except subprocess.TimeoutExpired as end:
        return None, end.stdout or b""
    return done.returncode, done.stdout


def reasons(output):
    """{(code, text)} of everything that --json says is wrong; None when it is no document."""
    try:
        checks = json.loads(output)["checks"]
    except (ValueError, KeyError):
        return None
    return {(reason["code"], reason["text"]) for check in checks for reason in check["reasons"]}


@support.once
class Evil(Live):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        support.not_sanitized("RLIMIT_AS bounds what it reserves for its shadow")
        cls.work = tempfile.mkdtemp(prefix="denybox-evil-")
        for name in ("in", "out", "evil"):
            os.mkdir(os.path.join(cls.work, name))
        cls.evil = os.path.join(cls.work, "evil")
        try:
            cls.good = cls.make_good()
            cls.index = generate.generate(cls.good, cls.evil)
            cls.known = cls.reasons_of_the_good_one()
        except BaseException:
            shutil.rmtree(cls.work)
            raise

    @classmethod
    def tearDownClass(cls):
        if hasattr(cls, "evil"):
            shutil.rmtree(cls.work)
        super().tearDownClass()

    @classmethod
    def make_good(cls):
        path = os.path.join(cls.work, "good.json")
        done = support.run(
            "--in", os.path.join(cls.work, "in"), "--out", os.path.join(cls.work, "out"), "--fsize",
            "1m", "--venue", "CI", "--nonce", "0123456789abcdef", "--evidence", path,
            payload=("calls", "openat -100 s:/out/f 0xc1 0644", "openat -100 s:/out/fg 0xc1 0644"))
        if done.status != 0:
            raise AssertionError(repr(done))
        with open(path, "rb") as file:
            return file.read()

    @classmethod
    def reasons_of_the_good_one(cls):
        status, output = verify(cls.work, "--json", "good.json")
        found = reasons(output)
        if status not in (0, *REFUSED) or found is None:
            raise AssertionError(f"the good bundle: {status}: {output[:2000]!r}")
        return found

    reports = 0

    def problem(self, name):
        """What is wrong with how one is refused, or None."""
        status, output = verify(self.evil, "--json", name)
        new = (reasons(output) or set()) - self.known
        if status not in REFUSED:
            return f"status {status}: {output[-300:]!r}"
        if not new:
            return f"refused for nothing that is evil in it: {output[-300:]!r}"
        if not PRINTABLE.fullmatch(output):
            return f"printed by --json: {output[:300]!r}"
        status, output = verify(self.evil, "--html", "../report.html", name)
        if status not in REFUSED:
            return f"status {status} without --json: {output[-300:]!r}"
        if not PRINTABLE.fullmatch(output):
            return f"printed: {output[:300]!r}"
        return self.problem_of_the_report(os.path.join(self.work, "report.html"),
                                          name.startswith("markup-"))

    def problem_of_the_report(self, path, strictly):
        """Each is there, whole and ASCII; to read one strictly takes longer than to verify it, and is
        done with those that have markup, and with one of a few."""
        with open(path, "rb") as file:
            page = file.read()
        os.remove(path)
        self.reports += 1
        if not pages.PRINTABLE.fullmatch(page) or not page.endswith(b"</html>\n"):
            return f"the report: {page[:300]!r}"
        if strictly or self.reports % READ_STRICTLY == 0:
            try:
                pages.read(page)
            except pages.BadPage as error:
                return f"the report: {error}"
        return None

    def check_group(self, group):
        rows = [row for row in self.index if row["group"] == group]
        self.assertTrue(rows)
        if support.AS_ROOT:
            rows = [row for row in rows if row.get("needs") != "an ordinary user"]
        found = [(row["file"], row["why"], self.problem(row["file"])) for row in rows]
        bad = [f"{name!r} ({why}): {what}" for name, why, what in found if what is not None]
        if bad:
            self.fail(f"{len(bad)} of {len(rows)}:\n" + "\n".join(bad))

    def test_the_good_one_is_good(self):
        """But for what nobody can have run, and with the file as it is."""
        self.assertTrue(all(NOT_RUN_YET in text for _, text in self.known), self.known)
        status, output = verify(self.work, "good.json")
        self.assertIn(status, (0, 3), output)
        self.assertRegex(output, PRINTABLE)

    def test_the_index(self):
        self.assertEqual(json.loads(support.read(os.path.join(self.evil, "index.json"))),
                         self.index)
        for row in self.index:
            self.assertEqual((row["attempts_row"], row["expect"]), (39, "refused"))
            self.assertTrue(row["why"] and row["group"], row)


def _test(group):
    def test(self):
        self.check_group(group)
    test.__name__ = "test_" + group
    return test


for _group in generate.GROUP_NAMES:
    setattr(Evil, "test_" + _group, _test(_group))


if __name__ == "__main__":
    support.main()
