#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Break every system call wrapper, one call at a time: never a payload in a half-built sandbox.

DENYBOX_FAULT=fail:WRAPPER:EPERM:N makes the Nth call of a wrapper fail in each process. N goes up
from 1 until the runs succeed several times in a row: there is no such call any more. A success
with a failure after it is a call whose failure was ignored, and must have a row in IGNORED.
"""

import concurrent.futures
import os
import re
import subprocess
import tempfile

import support
from support import Live

# So many successes in a row mean that the calls are used up.
ENOUGH = 3
HANG = 12

# Calls that may fail without harm, with the reason.
_PROC = "where a container forbids a new procfs, the host's serves the probes"
IGNORED = {
    "pidfd_send_signal": "the last of them kills an init that is already on its way out",
    "fsopen": _PROC,
    "fsconfig": _PROC,
    "fsmount": _PROC,
}
if support.AS_ROOT:
    IGNORED["waitid"] = "the helper that held a namespace open is dead already"


def wrappers():
    sys_c = support.read(os.path.join(support.SRC, "src", "base", "sys.c"))
    names = re.findall(r'FAULT_POINT\("(\w+)"\)', sys_c)
    capabilities = support.read(os.path.join(support.SRC, "src", "launch", "capabilities.c"))
    return sorted(set(names + re.findall(r'fault_fails\("(\w+)"\)', capabilities)))


class Outcome:
    """One faulted run, judged: `ran` when the payload ran to its end as if nothing were."""

    def __init__(self, number, status, started, err, left=()):
        self.number, self.status, self.started, self.err = number, status, started, err
        self.left = left  # what should not be there
        self.ran = started and status == 7

    def wrong(self):
        if self.status is None:
            return f"call {self.number}: no end within {HANG} s"
        if self.status == 0:
            return f"call {self.number}: exit 0"
        if self.status < 0:
            return f"call {self.number}: denybox died of signal {-self.status}"
        # After the payload's start a fault must at least show in the status.
        if self.started and self.status not in (7, 125, 3):
            return f"call {self.number}: the payload ran, status {self.status}: {self.err}"
        if not self.started and self.status not in (125, 126, 3):
            return f"call {self.number}: nothing ran, status {self.status}: {self.err}"
        if self.left:
            return f"call {self.number}: left behind: {self.left}"
        if self.status != 7 and not self.err.startswith("denybox: "):
            return f"call {self.number}: no message: {self.err!r}"
        return None


class Faults(Live):

    def words(self, scenario, where):
        for name in ("in", "out", "bundle"):
            os.mkdir(os.path.join(where, name))
        # To look for a place for cgroups and see none is no failure; test_cgroup breaks the calls of
        # one that is there.
        io = ["--in", os.path.join(where, "in"), "--out", os.path.join(where, "out"), "--cgroup",
              "off"]
        started = ["--", support.PAYLOAD, "started"]
        if scenario == "plain":
            return ["run", *io, *started]
        if scenario == "collected":
            return ["run", *io, "--out-size", "64k", "--keep-failed", *started]
        if scenario == "evidence":
            return ["run", *io, "--evidence", os.path.join(where, "bundle", "b.json"), *started]
        # The payload has to be in the root: a directory with it alone.
        os.mkdir(os.path.join(where, "root"))
        os.link(self.program, os.path.join(where, "root", "payload"))
        return ["run", *io, "--rootfs", os.path.join(where, "root"), "--proc", "--dev", "--ro-bind",
                self.path("in"), "/data", "--", "/payload", "started"]

    def setUp(self):
        super().setUp()
        self.program = self.path("payload")
        with open(support.PAYLOAD, "rb") as source, open(self.program, "wb") as copy:
            copy.write(source.read())
        os.chmod(self.program, 0o755)

    def one(self, scenario, wrapper, number):
        where = tempfile.mkdtemp(dir=self.dir)
        words = self.words(scenario, where)
        environment = support.base_env(DENYBOX_FAULT=f"fail:{wrapper}:EPERM:{number}")
        try:
            done = subprocess.run([support.FAULTY, *words], env=environment, check=False,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=HANG)
            status, err = done.returncode, done.stderr.decode("utf-8", "replace")
            started = b"started" in done.stdout
        except subprocess.TimeoutExpired as error:
            status, err, started = None, str(error), False
        started = started or os.path.exists(os.path.join(where, "out", "started"))
        left = [name for name in os.listdir(where) if name.startswith(".")]
        # All or nothing: a run that failed has published nothing.
        if scenario == "collected" and status != 7:
            left += os.listdir(os.path.join(where, "out"))
        return Outcome(number, status, started, err, left)

    def sweep(self, scenario, wrapper):
        outcomes = []
        while len(outcomes) < ENOUGH or not all(o.ran for o in outcomes[-ENOUGH:]):
            outcomes.append(self.one(scenario, wrapper, len(outcomes) + 1))
            self.assertLess(len(outcomes), 400, "the faults do not come to an end")
        return outcomes

    def check(self, scenario):
        def problems_of(wrapper):
            outcomes = self.sweep(scenario, wrapper)
            found = [o.wrong() for o in outcomes if o.wrong()]
            last = max((o.number for o in outcomes if not o.ran), default=0)
            # How often init looks for its children is the scheduler's choice: a call that one run
            # did not come to is not one whose failure is ignored.
            ignored = [o.number for o in outcomes if o.ran and o.number < last and
                       all(self.one(scenario, wrapper, o.number).ran for _ in range(4))]
            if ignored and not (wrapper in IGNORED and len(ignored) == 1):
                found.append(f"a failure of call {ignored} (of {last}) is ignored")
            return last, [f"{wrapper}: {text}" for text in found]

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = list(pool.map(problems_of, wrappers()))
        support.require_nothing_left()
        problems = [text for _, found in results for text in found]
        self.assertEqual(problems, [], "\n".join(problems))
        # The control: the faults do hit.
        self.assertGreater(sum(last for last, _ in results), 40)

    def test_plain(self):
        self.check("plain")

    def test_evidence(self):
        self.check("evidence")

    def test_collected(self):
        self.check("collected")

    def test_rootfs_and_deviations(self):
        self.check("rootfs")


if __name__ == "__main__":
    support.main()
