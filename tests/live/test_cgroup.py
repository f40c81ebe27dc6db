#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""--cgroup: limits that hold for the whole sandbox, and a cgroup of which nothing is left.

Most of it needs a place for cgroups: DENYBOX_TEST_CGROUP names a cgroup of version 2 that is the
caller's, empty, with the controllers memory, pids and cpu enabled for those beneath it; the tests run
in one of them. tests/live/run makes it when root starts it, where the host has one to give: see
cgroups.py. make check-kernels always has it.
"""

import fcntl
import os
import random
import re
import signal
import subprocess
import time
import unittest

import support
from support import DENYBOX, EXIT_BLOCKED, EXIT_DENYBOX, EXIT_NOT_EXECUTABLE, Live, run

PLACE = os.environ.get("DENYBOX_TEST_CGROUP")
NAME = re.compile(r"denybox-[0-9a-f]{32}")
CONTROLLERS = "+memory +pids +cpu"
BIG = ("--memory", "32m", "--tmp-size", "64m")


def cgroups(place):
    return sorted(entry.name for entry in os.scandir(place)
                  if entry.is_dir() and NAME.fullmatch(entry.name))


def put(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def beside(*words, preexec=None, command="run"):
    """denybox run, while other processes of the test run."""
    argv = [DENYBOX, command, *words]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          env=support.base_env(), preexec_fn=preexec, timeout=support.TIMEOUT)
    return support.Run(argv, done.returncode, done.stdout, done.stderr)


def ended(process):
    process.kill()
    process.wait()


class Refused(Live):

    def test_what_is_no_cgroup(self):
        for path in (self.dir, "/dev/null"):
            done = run("--cgroup", path, payload=("started",))
            self.assert_error(done, EXIT_DENYBOX, "it is no cgroup of version 2", "findmnt")
        done = run("--cgroup", self.path("none"), payload=("started",))
        self.assert_error(done, EXIT_DENYBOX, "No such file or directory", "findmnt")

    def test_off(self):
        done = run("--cgroup", "off", "--evidence", self.path("bundle.json"), payload=("exit", "7"))
        self.assert_status(done, 7)
        bundle = self.evidence()
        self.assertEqual(bundle["binding"]["plan"]["limits"]["cgroup"], "off")
        self.assertEqual({name: limit["held_by"] for name, limit in bundle["limits"].items()},
                         {"pids": "rlimit", "memory": "rlimit", "core": "rlimit",
                          "nofile": "rlimit", "cpus": "affinity"})


class Delegated(Live):
    """Each test with a place of its own in the one that was named."""

    @classmethod
    def setUpClass(cls):
        if PLACE is None:
            raise unittest.SkipTest("no place for cgroups: DENYBOX_TEST_CGROUP names none")
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.place = self.make(PLACE, f"test-{os.getpid()}-{id(self)}", CONTROLLERS)
        self.inner = self.make(self.place, "tests")
        self.here = support.read("/proc/self/cgroup").split("0::")[1].strip()
        put(f"{self.inner}/cgroup.procs", str(os.getpid()))
        self.addCleanup(self.leave)

    def make(self, place, name, controllers=""):
        path = os.path.join(place, name)
        os.mkdir(path)
        self.addCleanup(os.rmdir, path)
        if controllers:
            put(f"{path}/cgroup.subtree_control", controllers)
        return path

    def leave(self):
        put(f"/sys/fs/cgroup{self.here}/cgroup.procs", str(os.getpid()))

    def box(self, *options, **how):
        return run("--cgroup", self.place, *options, **how)

    def sleeper(self, *options, place=None, preexec=None):
        """A sandbox whose payload sleeps, and its cgroup."""
        place = place or self.place
        before = cgroups(place)
        process = subprocess.Popen([DENYBOX, "run", "--cgroup", place, *options, "--",
                                    support.PAYLOAD, "sleep", "600"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=preexec)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), b"sleeping\n")
        (box,) = [path for path in (os.path.join(place, name)
                                    for name in set(cgroups(place)) - set(before))
                  if support.read(f"{path}/cgroup.procs").split() != [str(process.pid)]]
        return process, box

    def scope(self):
        """A cgroup as systemd makes one for a command, and what a process does to enter it."""
        slices = self.make(self.place, "box.slice", CONTROLLERS)
        scope = self.make(slices, "box.scope")
        os.setxattr(scope, "user.delegate", b"1")
        return scope, lambda: put(f"{scope}/cgroup.procs", str(os.getpid()))

    def assert_as_before(self, scope):
        self.assertEqual(cgroups(scope), [])
        self.assertEqual(support.read(f"{scope}/cgroup.subtree_control").split(), [])

    def assert_nothing_left(self):
        self.assertEqual(cgroups(self.place), [])

    def limits(self, *options, status=7, **how):
        """The limits of a bundle that verify accepts."""
        path = self.path("bundle.json")
        done = run("--venue", "CI", "--evidence", path, *options, payload=("exit", "7"), **how)
        self.assert_status(done, status)
        bundle = self.evidence()
        done = support.denybox("verify", path)
        self.assertTrue(done.out.splitlines()[-1].startswith("ACCEPTABLE "), repr(done))
        os.remove(path)
        self.assert_nothing_left()
        return bundle["limits"]

    EXACT = {"memory": {"value": 33554432, "held_by": "cgroup", "scope": "the sandbox"},
             "pids": {"value": 16, "held_by": "cgroup", "scope": "the sandbox"},
             "cpus": {"value": 2, "held_by": "cgroup", "scope": "the sandbox"}}
    WANTED = ("--memory", "32m", "--pids-limit", "16", "--cpus", "2")


class Held(Delegated):

    def test_named(self):
        limits = self.limits("--cgroup", self.place, *self.WANTED)
        self.assertEqual({name: limits[name] for name in self.EXACT}, self.EXACT)
        self.assertEqual(limits["nofile"]["held_by"], "rlimit")

    def test_found_above(self):
        """The cgroup above the caller's own. All are root's: it takes what is marked."""
        if support.AS_ROOT:
            self.assertEqual(self.limits(*self.WANTED)["memory"]["held_by"], "rlimit")
            os.setxattr(self.place, "user.delegate", b"1")
        limits = self.limits(*self.WANTED)
        self.assertEqual({name: limits[name] for name in self.EXACT}, self.EXACT)

    def test_found_where_systemd_is_in_charge(self):
        """A unit's cgroup is taken when it is marked; denybox is alone in it, and moves out of the
        way. Afterwards it is as it was."""
        slices = self.make(self.place, "box.slice", CONTROLLERS)
        scope = self.make(slices, "box.scope")

        def enter():
            put(f"{scope}/cgroup.procs", str(os.getpid()))
        self.assertEqual(self.limits(preexec=enter)["memory"]["held_by"], "rlimit")
        os.setxattr(scope, "user.delegate", b"0")
        self.assertEqual(self.limits(preexec=enter)["memory"]["held_by"], "rlimit")
        os.setxattr(scope, "user.delegate", b"1")
        limits = self.limits(*self.WANTED, preexec=enter)
        self.assertEqual({name: limits[name] for name in self.EXACT}, self.EXACT)
        self.assertEqual(cgroups(scope), [])
        self.assertEqual(support.read(f"{scope}/cgroup.subtree_control").split(), [])
        # Not alone: nothing is taken.
        other = subprocess.Popen(["sleep", "600"], preexec_fn=enter, stdin=subprocess.DEVNULL)
        try:
            done = beside("--evidence", self.path("bundle.json"), "--", support.PAYLOAD, "exit", "7",
                          preexec=enter)
            self.assert_status(done, 7)
            self.assertEqual(self.evidence()["limits"]["memory"]["held_by"], "rlimit")
        finally:
            ended(other)

    def test_what_the_kernel_was_told(self):
        process, box = self.sleeper(*self.WANTED)
        self.assertEqual({name: support.read(f"{box}/{name}") for name in (
            "memory.max", "memory.swap.max", "pids.max", "cpu.max")},
                         {"memory.max": "33554432\n", "memory.swap.max": "0\n",
                          "pids.max": "17\n", "cpu.max": "200000 100000\n"})
        # init and the payload, and not denybox.
        inside = support.read(f"{box}/cgroup.procs").split()
        self.assertEqual(len(inside), 2)
        self.assertNotIn(str(process.pid), inside)
        self.assertEqual(os.stat(box).st_mode & 0o777, 0o700)
        # The payload goes first, and init stays to tell.
        scores = sorted(support.read(f"/proc/{pid}/oom_score_adj").strip() for pid in inside)
        self.assertEqual(scores[1], "1000")
        self.assertNotEqual(scores[0], "1000")
        process.terminate()
        process.wait()
        self.assert_nothing_left()

    def test_memory_of_the_whole_sandbox(self):
        """What fills a tmpfs is no process's private memory. Without a cgroup there is room."""
        status = self.path("status")
        with open(status, "w", encoding="ascii") as file:
            done = self.box(*BIG, "--evidence", self.path("bundle.json"), "--venue", "CI",
                            "--json-status-fd", str(file.fileno()), payload=("fill", "/tmp"),
                            pass_fds=(file.fileno(),))
        self.assert_status(done, 128 + signal.SIGKILL)
        self.assertIn("ended by its limit: --memory SIZE gives more", done.err)
        line = support.load_json(support.read(status).splitlines()[-1])
        result = self.evidence()["result"]
        used = {"elapsed-ms": result["elapsed_ms"],
                **{name.replace("_", "-"): value for name, value in result["usage"].items()}}
        self.assertEqual(line, {"event": "ended", "how": "signalled", "number": 9, "exit-code": 137,
                                "limit": "memory", **used})
        self.assertEqual((result["limit"], result["events"]["pids_refused"]), ("memory", 0))
        self.assertGreater(result["events"]["oom_kills"], 0)
        done = support.denybox("verify", self.path("bundle.json"))
        self.assertTrue(done.out.splitlines()[-1].startswith("ACCEPTABLE "), repr(done))
        self.assert_nothing_left()
        done = run("--cgroup", "off", *BIG, payload=("fill", "/tmp"))
        self.assertEqual(int(dict(done.results())["bytes"]), 64 << 20, repr(done))

    def test_smallest_values(self):
        for options in (("--memory", "1m"), ("--pids-limit", "1"), ("--memory", "1048577")):
            self.assert_status(self.box(*options, payload=("exit", "5")), 5)

    def test_largest_values(self):
        done = self.box("--memory", "1024t", "--cpus", "1024", payload=("exit", "5"))
        self.assert_status(done, 5)

    def test_pids(self):
        done = self.box("--pids-limit", "8", payload=("forks", "100"))
        self.assert_results(done, [("children", "7"), ("last", "EAGAIN")])

    def test_pids_by_the_cgroup_alone(self):
        """Without the rlimits, and without the gate, which would not have it."""
        done = support.fault("skip:limits,skip:gate", "run", "--cgroup", self.place, "--pids-limit",
                             "8", "--", support.PAYLOAD, "forks", "100")
        self.assert_results(done, [("children", "7"), ("last", "EAGAIN")])
        # The cgroup counts what it refuses; the rlimit, where it is there, is asked first.
        path = self.path("bundle.json")
        support.fault("skip:limits,skip:gate", "run", "--cgroup", self.place, "--pids-limit", "8",
                      "--evidence", path, "--", support.PAYLOAD, "forks", "100")
        self.assertEqual(self.evidence()["result"]["events"], {"oom_kills": 0, "pids_refused": 1})

    def test_too_little_for_the_sandbox(self):
        """The copies of the caller's words, which init wipes, are more than there is."""
        words = [word for i in range(16) for word in ("--setenv", f"A{i}", "x" * 100000)]
        done = self.box("--memory", "1m", *words, payload=("started",))
        self.assertIn(done.status, (EXIT_BLOCKED, EXIT_DENYBOX), repr(done))
        self.assertIn("the memory of the sandbox was used up (--memory 1048576)", done.err)
        self.assertIn("--memory SIZE gives more", done.err)
        self.assert_nothing_left()

    def test_nothing_of_it_in_sight(self):
        words = ("run", "--cgroup", self.place, "--proc", "--rootfs", support.rootfs(), "--",
                 "/usr/bin/busybox", "cat", "/proc/self/cgroup")
        done = support.denybox(*words)
        self.assertEqual(done.out.splitlines()[-1:], ["0::/"], repr(done))
        # What it shows without a namespace of its own.
        done = support.fault("skip:ns-cgroup,skip:gate", *words)
        self.assertRegex(done.out, "0::/.+/denybox-")
        results = support.calls(("--cgroup", self.place),
                                [f"openat -100 s:/sys/fs/cgroup {support.DIRECTORY} 0"])
        self.assertEqual(results[0][1], "ENOENT")
        self.assert_nothing_left()

    def test_attest(self):
        done = support.denybox("attest", "--quiet", "--cgroup", self.place, *self.io)
        self.assert_status(done, 0)
        self.assertEqual(support.load_json(done.out)["limits"]["memory"]["held_by"], "cgroup")
        self.assert_nothing_left()


class Walls(Delegated):
    """Each limit taken away: nothing is started."""

    def test_a_limit_that_is_missing(self):
        for name, says in (("memory.max", "the limit memory of the cgroup is not in force"),
                           ("memory.swap.max", "the limit memory of the cgroup is not in force"),
                           ("pids.max", "the limit pids of the cgroup is not in force"),
                           ("cpu.max", "the limit cpus of the cgroup is not in force"),
                           ("cgroup", "the payload is not in its cgroup")):
            with self.subTest(name=name):
                done = support.fault(f"skip:{name}", "run", *self.io, "--cgroup", self.place, "--",
                                     support.PAYLOAD, "started")
                self.assert_status(done, EXIT_BLOCKED)
                self.assertIn(f"denybox: BLOCKED: {says}\n", done.err)
                self.assertEqual(os.listdir(self.path("out")), [])
                self.assert_nothing_left()

    def test_controllers_that_are_missing(self):
        place = self.make(self.place, "less", "+memory")
        less = self.make(place, "inner")
        done = run("--cgroup", less, payload=("started",))
        self.assert_error(done, EXIT_DENYBOX, "it has not the controllers pids cpu", "+pids +cpu")

    def test_a_place_with_processes(self):
        place = self.make(self.place, "busy")
        other = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL)
        try:
            put(f"{place}/cgroup.procs", str(other.pid))
            done = beside("--cgroup", place, "--", support.PAYLOAD, "started")
            self.assert_error(done, EXIT_DENYBOX, "cannot enable the controllers memory pids cpu",
                              "other processes are in it")
            self.assertEqual(cgroups(place), [])
        finally:
            ended(other)

    def test_shown_to_the_payload(self):
        done = run("--cgroup", self.place, "--in", self.inner, payload=("started",))
        self.assert_error(done, EXIT_DENYBOX, "--in shows cgroups to the payload")
        done = run("--cgroup", self.place, "--ro-bind", "/sys/fs/cgroup", "/data",
                   payload=("started",))
        self.assert_error(done, EXIT_DENYBOX, "--ro-bind shows cgroups to the payload")


class Together(Delegated):
    """Several launchers in one place, and others who may write there."""

    def test_one_that_leaves_before_another(self):
        """The first has moved out of the way, and would take the controllers back: with them the
        limits of the second were gone."""
        scope, enter = self.scope()
        beneath = self.make(scope, "beneath")
        first, _ = self.sleeper(place=scope, preexec=enter)
        second, box = self.sleeper(
            *self.WANTED, place=scope,
            preexec=lambda: put(f"{beneath}/cgroup.procs", str(os.getpid())))
        first.terminate()
        self.assertEqual(first.wait(), 128 + signal.SIGTERM, first.stderr.read())
        self.assertEqual(support.read(f"{box}/memory.max"), "33554432\n")
        self.assertEqual(support.read(f"{box}/pids.max"), "17\n")
        second.terminate()
        self.assertEqual(second.wait(), 128 + signal.SIGTERM, second.stderr.read())
        # The first one's home is the next one's to remove.
        self.assertLessEqual(len(cgroups(scope)), 1)
        put(f"{scope}/cgroup.subtree_control", "-memory -pids -cpu")
        self.assert_status(run("--cgroup", scope, payload=("exit", "5"), preexec=enter), 5)
        self.assert_as_before(scope)

    def test_a_lock_that_somebody_keeps(self):
        """Whoever may read the place could; nothing is started without the lock."""
        place = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.flock(place, fcntl.LOCK_EX)
            done = self.box(payload=("started",))
            self.assert_error(done, EXIT_DENYBOX, "cannot take the lock", "lslocks shows which")
            fcntl.flock(place, fcntl.LOCK_SH)
            self.assert_status(self.box(payload=("exit", "5")), 5)
        finally:
            os.close(place)
        self.assert_nothing_left()

    def test_a_limit_that_vanishes(self):
        """Of a run that went on without one there is neither a result nor evidence."""
        for file, text, controller in (("memory.max", "max", "memory"), ("pids.max", "18", "pids"),
                                       ("memory.swap.max", "max", "memory"),
                                       ("cpu.max", "max", "cpu")):
            with self.subTest(file=file):
                path = self.path(f"{file}.json")
                process, box = self.sleeper(*self.WANTED, "--evidence", path)
                put(f"{box}/{file}", text)
                process.terminate()
                self.assertEqual(process.wait(), EXIT_DENYBOX)
                self.assertIn(f"denybox: cannot vouch for the run: the limit of its cgroup by the "
                              f"controller {controller} was not in force to the end\n",
                              process.stderr.read().decode())
                self.assertFalse(os.path.exists(path))
                self.assert_nothing_left()

    def test_what_fails_beside_a_want_of_memory(self):
        """It keeps its own message once the payload has started."""
        process, box = self.sleeper("--memory", "32m")
        init = min(int(pid) for pid in support.read(f"{box}/cgroup.procs").split())
        os.kill(init, signal.SIGSTOP)  # it cannot tell how the payload ended
        put(f"{box}/memory.max", "0")  # the kernel ends somebody before this returns
        try:
            os.kill(init, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.assertEqual(process.wait(), EXIT_DENYBOX)
        said = process.stderr.read().decode()
        self.assertIn("denybox: cannot tell how the payload ended", said)
        self.assertIn("hint: the kernel has ended processes of the sandbox for want of memory", said)

    def test_one_that_cannot_be_removed(self):
        process, box = self.sleeper()
        inner = os.path.join(box, "inner")
        os.mkdir(inner)
        process.terminate()
        self.assertEqual(process.wait(), 128 + signal.SIGTERM)
        self.assertEqual(process.stderr.read().decode(),
                         f"denybox: warning: the cgroup {os.path.basename(box)} could not be "
                         "removed; the next start in the same place tries again\n")
        self.assert_status(self.box(payload=("exit", "5")), 5)  # it does not fail for that
        self.assertEqual(cgroups(self.place), [os.path.basename(box)])
        os.rmdir(inner)
        self.assert_status(self.box(payload=("exit", "5")), 5)
        self.assert_nothing_left()


class Batch(Delegated):
    """denybox batch moves out of the way itself; its runs have their cgroups beside."""

    def batch(self, *options, preexec=None):
        for i in range(4):
            os.makedirs(self.path("inputs", f"i{i}"))
        os.mkdir(self.path("results"))
        done = support.command([DENYBOX, "batch", "--in-each", self.path("inputs"), "--out-each",
                                self.path("results"), "--quiet", "--jobs", "2", *self.WANTED,
                                *options, "--", support.PAYLOAD, "exit", "0"], preexec=preexec)
        self.assert_status(done, 0)

    def assert_exact(self):
        for i in range(4):
            limits = support.load_json(support.read(self.path("results", f"i{i}", "bundle.json")))[
                "limits"]
            self.assertEqual({name: limits[name] for name in self.EXACT}, self.EXACT)

    def test_found(self):
        scope, enter = self.scope()
        self.batch(preexec=enter)
        self.assert_exact()
        self.assert_as_before(scope)

    def test_named(self):
        scope, enter = self.scope()
        self.batch("--cgroup", scope, preexec=enter)
        self.assert_exact()
        self.assert_as_before(scope)

    def test_where_nothing_is_in_the_way(self):
        self.batch("--cgroup", self.place)
        self.assert_exact()
        self.assert_nothing_left()

    def test_a_place_with_processes(self):
        """It says so once, before anything is started."""
        scope, enter = self.scope()
        other = subprocess.Popen(["sleep", "600"], preexec_fn=enter, stdin=subprocess.DEVNULL)
        try:
            os.mkdir(self.path("inputs"))
            os.mkdir(self.path("inputs", "i"))
            os.mkdir(self.path("results"))
            done = beside("--in-each", self.path("inputs"), "--out-each", self.path("results"),
                          "--cgroup", scope, "--", support.PAYLOAD, "started", preexec=enter,
                          command="batch")
            self.assert_status(done, EXIT_DENYBOX)
            self.assertIn("other processes are in it", done.err)
            self.assertEqual(os.listdir(self.path("results")), [])
        finally:
            ended(other)


class Swept(Delegated):

    def test_after_a_kill(self):
        process, box = self.sleeper()
        ended(process)
        self.assertEqual([os.path.join(self.place, name) for name in cgroups(self.place)], [box])
        support.require_nothing_left()  # what is not yet empty stays until the next start
        self.assert_status(self.box(payload=("exit", "5")), 5)
        self.assert_nothing_left()

    def test_kills_at_any_moment(self):
        for _ in range(40):
            process = subprocess.Popen([DENYBOX, "run", "--cgroup", self.place, "--",
                                        support.PAYLOAD, "sleep", "600"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL)
            time.sleep(random.uniform(0, 0.3))
            ended(process)
            # What is not yet gone may hold the lock still.
            support.require_nothing_left()
            self.assertLessEqual(len(cgroups(self.place)), 1)
        self.assert_status(self.box(payload=("exit", "5")), 5)
        self.assert_nothing_left()

    def test_the_living_are_left_alone(self):
        first, box = self.sleeper()
        second, other = self.sleeper()
        ended(second)
        self.assertTrue(os.path.isdir(other))
        support.require_nothing_left([first.pid])
        self.assert_status(beside("--cgroup", self.place, "--", support.PAYLOAD, "exit", "5"), 5)
        self.assertTrue(os.path.isdir(box))
        self.assertFalse(os.path.exists(other))
        self.assertIsNone(first.poll())
        first.terminate()
        first.wait()
        self.assert_nothing_left()

    def test_what_has_another_name_is_left_alone(self):
        names = ("denybox-", "denybox-" + "0" * 31, "denybox-" + "G" * 32, "denybox-" + "0" * 33)
        made = [self.make(self.place, name) for name in names]
        self.assert_status(self.box(payload=("exit", "5")), 5)
        for path in made:
            self.assertTrue(os.path.isdir(path), path)

    def test_processes_that_are_left(self):
        """A process that somebody has moved into the cgroup goes with it; it is not waited for."""
        process, box = self.sleeper()
        other = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL)
        put(f"{box}/cgroup.procs", str(other.pid))
        ended(process)
        self.assertIsNone(other.poll())
        for _ in range(2):
            self.assert_status(beside("--cgroup", self.place, "--", support.PAYLOAD, "exit", "5"), 5)
            self.assertEqual(other.wait(), -signal.SIGKILL)
        self.assert_nothing_left()

    def test_faults(self):
        """Whatever call fails: no payload without its limits, and nothing is left after the next
        start."""
        hits = 0
        for wrapper in ("flock", "fstatfs", "unlinkat", "mkdirat", "getrandom", "write", "openat",
                        "unshare", "clone3"):
            number = passed = 0
            while passed < 3:
                number += 1
                self.assertLess(number, 200)
                done = support.fault(f"fail:{wrapper}:EPERM:{number}", "run", *self.io, "--cgroup",
                                     self.place, "--", support.PAYLOAD, "started")
                started = os.path.exists(self.path("out", "started"))
                if started:
                    os.remove(self.path("out", "started"))
                ran = started and done.status == 7
                passed = passed + 1 if ran else 0
                hits += not ran
                if not ran:
                    self.assertIn(done.status, (EXIT_BLOCKED, EXIT_DENYBOX, EXIT_NOT_EXECUTABLE),
                                  repr(done))
                    self.assertTrue(done.err.startswith("denybox: "), repr(done))
        self.assertGreater(hits, 40)
        self.assert_status(self.box(payload=("exit", "5")), 5)
        self.assert_nothing_left()


if __name__ == "__main__":
    support.main()
