#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Take each wall away once and see it found: exit 3, named, and the payload never ran.

The steps are read from the tables in src/launch: one without a row here is a failure, and so is a
row without a step.
"""

import ctypes
import glob
import os
import re
import subprocess

import support
from support import EXIT_BLOCKED, EXIT_DENYBOX, Live, fault


class Blocked:
    """The gate finds it: exit 3, and each of these is among the reasons."""

    def __init__(self, *reasons):
        self.reasons = reasons


class Refused:
    """The kernel refuses a later step that stands on this one: exit 3, with this message."""

    def __init__(self, message):
        self.reasons = (message,)


class Stands:
    """The boundary stands without this step, for the reason given; a method of Walls shows it."""

    def __init__(self, reason, check="check_identity"):
        self.reason, self.check = reason, check


class Unanswered:
    """One process waits for another: nothing runs, and the launcher gives up."""

    reasons = ("no answer in",)


# What the specification demands. Where root differs from an ordinary user: a pair.
STEPS = {
    # -- init.c
    "die-with-launcher": Stands("the lifeline ends init as well: its socket is at its end",
                                "check_killed"),
    "keyring": Stands("the filters deny every call on keys", "check_keys"),
    "fork-payload": Refused("cannot "),
    "ns-net": Refused("cannot join the network namespace"),
    "tell-network": Refused("it ended before it was ready"),
    # Who is first to find out differs from run to run.
    "wait-for-ids": Refused("cannot "),
    "host-name": Blocked("host name"),
    "wait-for-root": Stands("the pivot takes init along from the old root", "check_order"),
    "init-directory": Stands("nobody can reach init's directory", "check_unreachable"),
    "init-take-ids": (Stands("an ordinary caller's id is mapped; there is none to take"),
                      Blocked("init")),
    "init-securebits": Stands("init has no capability and cannot get one", "check_init"),
    "init-bounding-set": Blocked("init holds capabilities: CapBnd"),
    "init-capabilities": Blocked("init holds capabilities"),
    "init-no-new-privs": Refused("no_new_privs is not set in init"),
    "not-dumpable": (Blocked("init is dumpable"),
                     Stands("the kernel clears it when root's ids are changed")),
    "forget-caller": Blocked("init still shows the caller's command line"),
    "keep-sockets": Stands("nobody can reach what init has open", "check_unreachable"),
    "look-at-self": Blocked("init is dumpable"),
    "init-filter": Blocked("init has no filter"),
    "tell-ready": Unanswered(),
    # -- inside.c: the root
    "die-with-init": Stands("the kernel kills a pid namespace with its pid 1", "check_killed"),
    "session": Blocked("DX-SESSION"),
    "signals": Blocked("DX-SIGNALS"),
    "defaults": Blocked("personality"),
    "open-proc": Blocked("PR-NET-2 NOT_RUN", "PR-MOUNT-1 NOT_RUN"),
    "private-mounts": Stands("every tree is made private again when it is taken, and the old root "
                             "is detached"),
    "open-trees": Blocked("/in", "/out"),
    "take-ids": (Stands("an ordinary caller's id is mapped; there is none to take"),
                 Refused("cannot make the skeleton of the root")),
    "make-root": Refused("cannot mount in the new root"),
    "own-program": Stands("without --proc nothing leads to it"),
    "mount-in": Blocked("PR-MOUNT-1", "/in is not mounted"),
    "mount-out": Blocked("PR-MOUNT-1", "/out is not mounted", "PR-FS-OUT-OK"),
    "mount-tmp": Blocked("PR-MOUNT-1", "/tmp is not mounted"),
    "mount-deviations": Stands("nothing was declared, so nothing is to be mounted"),
    # PR-FS-ESC-2 flips as well where Landlock is not there to answer EACCES, which it accepts.
    "lock-root": Blocked("PR-FS-ESC-1", "PR-MOUNT-1", "not ro"),
    "enter-root": Refused("cannot leave the old root"),
    "wait-for-network": Refused("cannot join the network namespace"),
    "join-network": Blocked("PR-NET-2", "the namespace net is the host's"),
    "tell-root": Unanswered(),
    "leave-old-root": Blocked("PR-MOUNT-1", "DX-HOSTPATH", "/.. success"),
    # -- inside.c: the process
    "securebits": Blocked("DX-CAPS", "securebits"),
    "bounding-set": Blocked("DX-CAPS", "CapBnd is not empty"),
    "capabilities": Blocked("DX-CAPS", "CapPrm is not empty"),
    "no-new-privs": Refused("no_new_privs is not set"),
    "dumpable": Stands("it was not undumpable, or root looks at it all the same"),
    "descriptors": Refused("Bad file descriptor"),
    "limits": Blocked("the limit pids is not in force", "the limit memory is not in force",
                      "the limit core is not in force"),
    "affinity": Blocked("the limit cpus is not in force"),
    "real-time": (Stands("an ordinary caller has no real-time policy"),
                  Blocked("the payload is not kept from higher priorities")),
    "working-directory": Stands("it is / already"),
    "landlock": Stands("an additional layer: its absence is recorded, never claimed",
                       "check_landlock"),
    "filter": Blocked("PR-SOCK-1", "PR-EXEC-1", "PR-PTRACE-1", "the seccomp filters"),
    "seal": Blocked("DX-SEAL", "absolute path", "the seccomp filters"),
    "stacked": Blocked("the seccomp filters are not all loaded"),
    "wait-for-ready": Stands("the launcher waits for init as well, and looks at the mounts",
                             "check_order"),
    # -- launch.c
    "cgroup": Stands("there is no cgroup here: test_cgroup has one"),
    "gate": Stands("it only looks, and all the walls are there"),
    "proof": Stands("it only looks, and all the walls are there"),
    "ns-user": (Refused("cannot make the namespaces"), Refused("cannot ")),
    "ns-mnt": Refused("cannot "),
    "ns-pid": Refused("cannot "),
    "ns-ipc": Blocked("the namespace ipc is the host's"),
    "ns-uts": Refused("cannot set the host name"),
    "ns-cgroup": Blocked("the namespace cgroup is the host's"),
    # -- root.c: the restrictions of the data mounts
    "in": Blocked("PR-FS-RO-IN", "PR-MOUNT-1", "/in", "not ro"),
    "out": Blocked("PR-MOUNT-1", "/out", "not nosuid"),
    "tmp": Blocked("PR-MOUNT-1", "/tmp", "not nosuid"),
    # -- and the size of the one of --out-size
    "out-size": Blocked("the limit out is not in force"),
}

ADDR_NO_RANDOMIZE = 0x0040000

PATTERNS = (
    r'\{"([a-z-]+)", \w+\}',
    r'fault_skips\("([a-z-]+)"\)',
    r'mount_data\(s, [^,]+, "([a-z]+)"',
)


def steps_of_the_sources():
    found = set()
    for path in sorted(glob.glob(os.path.join(support.SRC, "src", "launch", "*.c"))):
        text = support.read(path)
        for pattern in PATTERNS:
            found.update(re.findall(pattern, text))
    return found


def row_of(step):
    row = STEPS[step]
    return row[support.AS_ROOT] if isinstance(row, tuple) else row


class Walls(Live):

    def launch(self, skip, *options, payload=("started",), **how):
        return fault(f"skip:{skip}", "run", *self.io, *options, "--", support.PAYLOAD, *payload,
                     **how)

    def check_removed(self, step):
        row = row_of(step)
        if isinstance(row, Stands):
            getattr(self, row.check)(step)
            return
        if step == "affinity" and len(os.sched_getaffinity(0)) < 2:
            self.skipTest("this machine has one processor: there is nothing to take away")
        options, how = (), {}
        if step == "stacked":  # nothing is taken away where nothing was given
            options = ("--seccomp", support.write(
                self.path("f.json"), '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}'))
        if step == "out-size":
            options = ("--out-size", "1m")
        if step == "defaults":
            libc = ctypes.CDLL(None)
            how["preexec"] = lambda: libc.personality(ADDR_NO_RANDOMIZE)
        if step == "real-time":
            if not support.may_be_real_time():
                self.skipTest("this user may not have a real-time policy: nothing is left")
            how["preexec"] = support.be_real_time
        self.check_not_run(row, self.launch(step, *options, **how))

    def check_not_run(self, row, done):
        # Above all else: not one instruction of the payload.
        self.assertEqual(os.listdir(self.path("out")), [], repr(done))
        self.assertNotIn("started", done.out)
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("BLOCKED", done.err)
        for reason in row.reasons:
            self.assertIn(reason, done.err)

    def check_identity(self, step):
        """Where it may run at all, it runs as the specification says; a payload that has run
        shows in the status."""
        for _ in range(5):
            done = self.launch(step)
            ran = os.listdir(self.path("out")) == ["started"] or "started" in done.out
            self.assertEqual(done.status == 7, ran, "the payload ran unproven: " + repr(done))
            self.assertIn(done.status, (7, EXIT_BLOCKED, EXIT_DENYBOX))
            if ran:
                os.remove(self.path("out", "started"))
                self.check_shown(step)

    def check_shown(self, step):
        done = self.launch(step, payload=("show",))
        if done.status != 0:
            return
        values = support.shown(done)
        self.assertEqual(values["uid"], "65532 65532 65532")
        self.assertEqual(values["gid"], "65532 65532 65532")
        self.assertEqual(values["cwd"], "/")
        self.assertEqual(values["seccomp"], "2")
        self.assertEqual(values["descriptors"], "0 1 2")

    def check_order(self, step):
        """Blocked, or all the walls were there when they were proved: never anything between."""
        self.check_identity(step)

    def started(self, step):
        """A payload that stays, with a step left out; the pid of its init. Ended by cleanups."""
        process = subprocess.Popen(
            [support.FAULTY, "run", "--", support.PAYLOAD, "sleep", "120"],
            env=support.base_env(DENYBOX_FAULT=f"skip:{step}"), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE)
        self.addCleanup(support.require_nothing_left)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), b"sleeping\n")
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as pids:
            return process, int(pids.read().split()[0])

    def check_killed(self, step):
        """The launcher is killed with SIGKILL; nothing of the sandbox may outlive it."""
        process, _ = self.started(step)
        process.kill()
        process.wait()
        support.require_nothing_left()

    def check_init(self, step):
        _, init = self.started(step)
        status = support.read(f"/proc/{init}/status")
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertRegex(status, rf"{name}:\s0+\n")
        self.assertRegex(status, r"NoNewPrivs:\s1\n")
        self.assertRegex(status, r"Seccomp:\s2\n")

    def check_unreachable(self, step):
        done = self.launch(step, "--proc", payload=(
            "calls", f"openat -100 s:/proc/1/fd {support.DIRECTORY} 0", "pidfd_open 1 0",
            "pidfd_getfd r:1 0 0", "readlinkat -100 s:/proc/1/fd/0 b:64 64",
            "readlinkat -100 s:/proc/1/cwd b:64 64", f"openat -100 s:/proc/1/cwd/. {support.DIRECTORY} 0"))
        self.assert_status(done, 0)
        self.assertEqual([got for _, got in done.results()],
                         ["EACCES", "3", "EPERM", "EACCES", "EACCES", "EACCES"])

    def check_keys(self, step):
        done = self.launch(step, payload=("calls", "keyctl 0 -3 0 0 0", "keyctl 6 -3 0 0 0",
                                          "add_key s:user s:x s:y 1 -3", "request_key 0 0 0 0"))
        self.assert_status(done, 0)
        self.assertEqual([got for _, got in done.results()], ["EPERM"] * 4)

    def check_landlock(self, step):
        done = self.launch(step, "--evidence", self.path("bundle.json"))
        self.assert_status(done, 7)
        self.assertEqual(self.evidence()["layers"]["landlock"], {"in_force": False, "abi": 0})

    def test_steps_that_are_waited_for(self):
        """Steps without which one process waits for ever for the other: all at once, because the
        launcher takes its time to give up."""
        steps = [step for step in STEPS if isinstance(row_of(step), Unanswered)]
        runs = {}
        for step in steps:
            os.mkdir(self.path("out-" + step))
            runs[step] = subprocess.Popen(
                [support.FAULTY, "run", "--out", self.path("out-" + step), "--", support.PAYLOAD,
                 "started"], env=support.base_env(DENYBOX_FAULT=f"skip:{step}"),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for step, process in runs.items():
            out, err = process.communicate(timeout=150 * support.SLOWNESS)
            with self.subTest(step):
                done = support.Run([step], process.returncode, out, err)
                self.assertEqual(os.listdir(self.path("out-" + step)), [])
                self.check_not_run(row_of(step), done)
        support.require_nothing_left()

    def test_every_step_has_a_row(self):
        found = steps_of_the_sources()
        self.assertGreater(len(found), 30)
        self.assertEqual(found - set(STEPS), set(), "steps that no test takes away")
        self.assertEqual(set(STEPS) - found, set(), "rows of steps that are not there")

    def test_nothing_removed(self):
        """The control: the same program with no step left out runs the payload."""
        done = self.launch("no-such-step")
        self.assert_status(done, 7)
        self.assertEqual(os.listdir(self.path("out")), ["started"])

    def test_nothing_is_proved(self):
        """What the bench takes for the start without probes and gate is one: a wall is missing, and
        nobody sees it."""
        self.check_not_run(row_of("ns-ipc"), self.launch("ns-ipc"))
        done = self.launch("ns-ipc,skip:proof")
        self.assert_status(done, 7)
        self.assertEqual(os.listdir(self.path("out")), ["started"])

    def test_landlock_is_claimed_where_it_is_in_force(self):
        """The control of the row landlock."""
        self.assert_status(self.launch("no-such-step", "--evidence", self.path("bundle.json")), 7)
        abi = support.calls((), ["444 0 0 1"])  # denied inside, asked outside
        self.assertEqual(abi, [("444", "EPERM")])
        has = support.outside("calls", "444 0 0 1").results()[0][1]
        layer = self.evidence()["layers"]["landlock"]
        if has.isdigit() and int(has) >= 2:
            self.assertEqual(layer, {"in_force": True, "abi": int(has)})
        else:
            self.assertEqual(layer, {"in_force": False, "abi": 0})

    def test_declared_mount_left_out(self):
        """A declared /proc that is not there leaves the payload with less, never with more."""
        done = self.launch("mount-deviations", "--proc",
                           payload=("calls", "openat -100 s:/proc/self 0 0"))
        if done.status == 0:
            self.assertEqual(done.results(), [("openat", "ENOENT")])
        else:
            self.assert_status(done, EXIT_BLOCKED)


def _add_tests():
    for step in STEPS:
        if isinstance(row_of(step), Unanswered):
            continue
        def test(self, step=step):
            self.check_removed(step)
        test.__doc__ = f"without {step}"
        setattr(Walls, "test_without_" + step.replace("-", "_"), test)


_add_tests()

if __name__ == "__main__":
    support.main()
