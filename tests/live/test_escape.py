#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The escape suite: every attempt of tests/escape in the sandbox, and each without one.

An attempt that works in the sandbox is an escape, and so is one after which the host is not as it
was. One that does not work without a sandbox either shows nothing: it is skipped, as INCONCLUSIVE,
where attempt.def says why that may be, and has failed elsewhere. One of another machine than this
cannot be made: it is skipped, as NOT APPLICABLE.
"""

import os
import signal
import socket
import subprocess
import tempfile
import unittest

import escape
import support
from escape import TRACES, WORKS, Host

# As many must be conclusive.
ENOUGH = 80

# Rows of the list that are no single attempt of a payload; where they are tested.
ELSEWHERE = {
    2: ("test_boundary", "test_mount_below_the_input"),
    30: ("test_lifetime", "test_killed_launcher"),
    35: ("test_outputs", None),
    36: ("test_outputs", None),
    37: ("test_rootfs", None),
    38: ("test_boundary", "test_propagation"),
    39: ("test_evil_bundles", None),
    40: ("test_outputs", None),
}

# Without which steps which attempts must get out: the suite can fail. The gate is left out in each,
# because it finds every one of them (test_walls.py) and would start nothing. "filter" alone is what
# only the filter holds; what needs more than one step to be left out is held twice.
FILTER = (
    "lease_input", "name_to_handle", "whiteout", "setuid_create", "setuid_mknod",
    "setuid_tmpfile", "setuid_chmod", "setgid_fchmod", "setuid_fchmodat2", "exec_program", "exec_after_fork",
    "read_implies_exec", "no_randomize", "unshare_user", "unshare_user_mount", "unshare_files",
    "clone_user", "clone_user_high", "clone3_user", "clone3_plain", "pidfd_namespace",
    "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "fanotify", "perf",
    "kcmp", "vmsplice", "process_madvise", "memfd_secret", "session_keyring", "join_keyring",
    "add_key", "request_key", "seccomp_listener", "seccomp_log", "landlock_ruleset", "modify_ldt",
    "aio", "quotactl", "read_clock_state", "sync_everything", "memory_policy", "move_pages",
    "robust_list", "list_modules", "cachestat", "remap_pages", "prctl_subreaper", "prctl_dispatch",
    "prctl_tsc", "prctl_perf", "trace_me", "trace_child", "owner_signal", "scheduler", "io_priority",
    "more_processors", "connect_in_input", "socket_unix", "socket_tcp6", "socket_mptcp",
    "socket_netlink", "socket_vsock", "pass_descriptor", "interface_name", "message_queue",
    "semaphore")
READ_ONLY = (
    "create_in_input", "write_input", "truncate_input", "chmod_input", "chown_input",
    "touch_input", "rename_input", "unlink_input", "rmdir_input", "mkdir_input", "symlink_input",
    "fifo_input", "link_input", "tmpfile_input", "map_input_shared")
NETWORK = ("ns-net", "tell-network", "wait-for-network", "join-network")

# (name, the steps, with a root directory, further options, the attempts)
STEPS = (
    ("filter", ("filter",), True, (), FILTER),
    ("seal", ("seal",), True, (), (
        "execveat_descriptor", "execveat_sealed_path", "execveat_sealed_high", "execveat_memfd")),
    # Each filter looks at the architecture for itself.
    ("filters", ("filter", "seal"), True, (), ("int80",)),
    ("input", ("in", "landlock"), True, (), (
        *READ_ONLY, "map_exec_input", "protect_exec_input")),
    ("input_and_filter", ("in", "landlock", "filter"), True, (), (
        "chattr_input", "setxattr_input", "setxattrat_input", "file_setattr_input", "exec_input")),
    ("output", ("out",), True, (), ("map_exec_output", "protect_exec_output")),
    ("output_and_filter", ("out", "filter", "landlock"), True, (), (
        "exec_output", "socket_file", "posix_queue", "listen_tcp")),
    ("tmp", ("tmp",), True, (), ("map_exec_tmp", "protect_exec_tmp")),
    ("tmp_and_filter", ("tmp", "filter", "landlock"), True, (), ("exec_tmp",)),
    ("root", ("lock-root", "landlock"), False, (), ("create_in_root", "mkdir_in_root")),
    ("old_root", ("leave-old-root", "landlock"), False, (), (
        "up_from_root", "up_from_input", "up_by_chdir")),
    ("network", (*NETWORK, "filter", "landlock"), True, (), (
        "connect_tcp", "send_udp", "connect_abstract", "send_by_pair")),
    ("ipc", ("ns-ipc", "filter"), True, (), ("shared_memory",)),
    ("keyring", ("keyring", "filter"), True, (), ("find_key",)),
    ("limits", ("limits",), True, (), (
        "fork_bomb", "thread_bomb", "hog_memory", "hog_heap", "hog_stack", "raise_memory",
        "large_file", "raise_core", "core_dump")),
    ("signals", ("signals",), True, (), ("ignored_signal",)),
    ("command_line", ("forget-caller",), True, ("--proc",), ("init_words",)),
    # For root the kernel does it again, when the ids are changed.
    ("dumpable", ("not-dumpable", "filter", "landlock", "keep-sockets"), True, (),
     () if support.AS_ROOT else ("trace_init", "seize_init", "take_descriptor")),
)


class Field(support.Live):
    """With a host to attack, the same for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.host = Host()
        cls.attempts = {attempt.name: attempt for attempt in escape.table()}

    @classmethod
    def tearDownClass(cls):
        cls.host.close()

    def setUp(self):  # no work directory: there is the host's
        pass


class Attempts(Field):
    """Each attempt in the sandbox, then its control; added below."""

    conclusive, made = 0, 0

    def make(self, attempt):
        if not attempt.applies():
            self.skipTest(f"NOT APPLICABLE: {attempt.what}: of {attempt.machine} alone")
        outcome, changed = self.host.in_denybox(attempt)
        self.assertIn(outcome, attempt.expected, attempt.what)
        self.assertEqual(changed, [], "the host is not as it was: " + attempt.what)
        control, traces = self.host.in_control(attempt)
        Attempts.made += 1
        if not escape.worked(attempt, control, traces):
            self.assertNotEqual(attempt.inconclusive, "",
                                f"the control of {attempt.name} does not work: {control}")
            self.skipTest(f"INCONCLUSIVE: {control} without a sandbox as well: "
                          + attempt.inconclusive)
        if attempt.kind != "KNOWN":
            Attempts.conclusive += 1

    def test_zz_enough_are_conclusive(self):
        if Attempts.made < sum(attempt.applies() for attempt in self.attempts.values()):
            self.skipTest("only after all of the attempts")
        self.assertGreaterEqual(Attempts.conclusive, ENOUGH)


class Steps(Field):
    """The suite can fail: without a step, what the step holds gets out; added below."""

    def here(self, names):
        return [name for name in names if self.attempts[name].applies()]

    def leave_out(self, steps, rootfs, options, names):
        if not self.here(names):
            self.skipTest(f"NOT APPLICABLE: nothing is made without {', '.join(steps)} as this user "
                          "on this machine")
        fault = ",".join("skip:" + step for step in ("gate", *steps))
        env = support.base_env(ESCAPE_MARK=self.host.mark, DENYBOX_FAULT=fault)
        held = {}
        for name in self.here(names):
            attempt = self.attempts[name]
            outcome, changed = self.host.in_denybox(attempt, *options, program=support.FAULTY,
                                                    env=env, rootfs=rootfs)
            if escape.worked(attempt, outcome, changed):
                continue
            control, traces = self.host.in_control(attempt)
            if escape.worked(attempt, control, traces):
                held[name] = outcome
        self.assertEqual(held, {}, "held without " + ", ".join(steps))

    def test_nothing_left_out(self):
        """But the gate: one attempt of each row of the table is held as ever."""
        env = support.base_env(ESCAPE_MARK=self.host.mark, DENYBOX_FAULT="skip:gate")
        for _, _, rootfs, options, names in STEPS:
            for name in self.here(names)[:1]:
                if "--proc" in options:
                    continue
                attempt = self.attempts[name]
                outcome, changed = self.host.in_denybox(attempt, program=support.FAULTY, env=env,
                                                        rootfs=rootfs)
                self.assertIn(outcome, attempt.expected, name)
                self.assertEqual(changed, [], name)


class Notices(Field):
    """What state() looks at, it sees change: each part is changed once."""

    def changed(self, change):
        before = self.host.state(self.host.inside)
        change()
        after = self.host.state(self.host.inside)
        found = [part for part in before if before[part] != after[part]]
        self.host.clean(found, "inside")
        return found

    def inside(self, *parts):
        return os.path.join(self.host.inside, *parts)

    def test_nothing(self):
        self.assertEqual(self.changed(lambda: None), [])

    def test_input(self):
        # As whoever reads it does not: the mode, and what was there, are put back.
        def change():
            os.chmod(self.inside("in", "file"), 0o600)
            os.chmod(self.inside("in", "file"), 0o644)
        self.assertEqual(self.changed(change), ["input"])

    def test_output(self):
        self.assertEqual(self.changed(lambda: os.chmod(self.inside("out", "file"), 0o4755)),
                         ["output"])

    def test_secret(self):
        self.assertEqual(self.changed(lambda: os.utime(self.host.secret)), ["secret"])

    def test_open_file(self):
        self.assertEqual(self.changed(lambda: os.pwrite(self.host.file, b"x", 0)), ["file"])

    def test_callers(self):
        def change():
            with socket.create_connection(("127.0.0.1", self.host.port)):
                pass
        self.assertEqual(self.changed(change), ["callers"])

    def test_terminal(self):
        self.assertEqual(self.changed(lambda: os.write(self.host.slave, b"x")), ["terminal"])

    def test_canary_stopped(self):
        def change():
            os.kill(self.host.canary.pid, signal.SIGSTOP)
            os.waitid(os.P_PID, self.host.canary.pid, os.WSTOPPED)
        self.assertEqual(self.changed(change), ["canary"])

    def test_processes(self):
        with subprocess.Popen(["sleep", "60"]) as left:
            found = self.changed(lambda: None)
            self.assertEqual(found, [])  # it was there before
            left.kill()
        def change():
            subprocess.run(["sh", "-c", "sleep 60 &"], check=True)
        self.assertEqual(self.changed(change), ["processes"])


class Script(support.Live):
    """scripts/escape, which prints the table."""

    def escape(self, *names, **env):
        return support.command(
            [os.path.join(support.SRC, "scripts", "escape"), os.path.dirname(support.DENYBOX),
             *names], env=support.base_env(
                 DENYBOX_SRC=support.SRC, DENYBOX_TEST_USER=os.environ.get(
                     "DENYBOX_TEST_USER", "nobody"), DENYBOX_ESCAPE=escape.PROGRAM,
                 # Where the other tests have their host: /tmp may be a tmpfs, which has no idmapped
                 # mounts before Linux 6.3.
                 TMPDIR=tempfile.gettempdir(), **env))

    def rows(self, done):
        return {line.split()[0]: line.split()[1:] for line in done.out.splitlines()
                if line.split()[1:]}

    def test_table(self):
        done = self.escape("trace_me", "unshare_user", "unknown_number")
        self.assert_status(done, 0)
        rows = self.rows(done)
        self.assertEqual(rows["trace_me"][:2], ["EPERM", "works"])
        self.assertEqual(rows["unshare_user"][:2], ["EPERM", "works"])
        self.assertEqual(rows["unknown_number"][:2], ["ENOSYS", "INCONCLUSIVE"])
        for name in ("trace_me", "unshare_user", "unknown_number"):
            self.assertEqual(len(rows[name]), len(rows["attempt"]), name)
        self.assertIn("3 attempts, 0 escapes; 2 conclusive, 1 inconclusive", done.out)

    def test_an_escape(self):
        """Of a denybox without its filter, which is what the script finds here."""
        weak = support.write(self.path("weak"), "#!/bin/sh\nDENYBOX_FAULT=skip:gate,skip:filter "
                             f'exec {support.FAULTY} "$@"\n', 0o755)
        done = self.escape("trace_me", DENYBOX=weak, DENYBOX_FAULTY=support.FAULTY,
                           DENYBOX_PAYLOAD=support.PAYLOAD)
        self.assert_status(done, 1)
        self.assertEqual(self.rows(done)["trace_me"][:2], ["ESCAPE", "works"])
        self.assertIn("ESCAPE: trace_me: works, expected EPERM", done.out)
        self.assertIn("1 attempts, 1 escapes", done.out)

    def test_no_such_attempt(self):
        self.assertIn("cannot find an attempt", self.escape("trace_you").err)


class Table(support.Live):
    """attempt.def itself."""

    def setUp(self):
        self.rows = escape.table()

    def test_names(self):
        names = [row.name for row in self.rows]
        self.assertEqual(len(set(names)), len(names))
        self.assertGreaterEqual(sum(row.kind != "KNOWN" for row in self.rows), ENOUGH)
        self.assertEqual({row.control for row in self.rows}, {"PLAIN", "CAPABLE", "TERMINAL"})

    def test_only_the_known_may_work(self):
        for row in self.rows:
            self.assertEqual(WORKS in row.expected, row.kind == "KNOWN", row.name)

    def test_of_another_machine(self):
        """There it is not made, and it is not counted as made."""
        other = {"x86_64": "aarch64", "aarch64": "x86_64"}[os.uname().machine]
        row = 'ATTEMPT({}, 1, PLAIN, "EPERM", "", "what")\n'
        there, here = escape.table(f"#if defined(__{other}__)\n" + row.format("there") + "#endif\n"
                                   + row.format("here"))
        self.assertEqual((there.applies(), here.applies()), (False, True))
        made = Attempts.made
        with self.assertRaisesRegex(unittest.SkipTest, f"NOT APPLICABLE: what: of {other} alone"):
            Attempts("make").make(there)
        self.assertEqual(Attempts.made, made)
        for text in ("#ifdef __x86_64__\n", "#if defined(__other__)\n", "ATTEMPT(name)\n"):
            self.assertRaises(AssertionError, escape.table, text)

    def test_the_program_knows_what_applies(self):
        """And nothing that does not: it ends with 98 then."""
        for attempt in self.rows:
            if not attempt.applies():
                self.assertEqual(support.command([escape.PROGRAM, "try", attempt.name]).status, 98)
        self.assertEqual({row.name: row.machine for row in self.rows if row.machine},
                         dict.fromkeys(("int80", "x32", "modify_ldt", "ioperm"), "x86_64"))

    def test_every_row_of_the_list(self):
        covered = {row.row for row in self.rows} | set(ELSEWHERE)
        self.assertEqual(covered - {0}, set(range(1, 41)))
        for topic, name in ELSEWHERE.values():
            text = support.read(os.path.join(support.SRC, "tests", "live", topic + ".py"))
            self.assertIn("def " + (name or "test_"), text)

    def test_steps_name_attempts(self):
        names = {row.name for row in self.rows}
        for what, _, _, _, attempts in STEPS:
            self.assertEqual(set(attempts) - names, set(), what)
        self.assertEqual(set(TRACES) - names, set())


def _add_tests():
    for attempt in escape.table():
        def make(self, attempt=attempt):
            self.make(attempt)
        make.__doc__ = attempt.what
        setattr(Attempts, "test_" + attempt.name, make)
    for name, *row in STEPS:
        def leave_out(self, row=tuple(row)):
            self.leave_out(*row)
        leave_out.__doc__ = "without " + ", ".join(row[0])
        setattr(Steps, "test_without_" + name, leave_out)


_add_tests()

if __name__ == "__main__":
    support.main()
