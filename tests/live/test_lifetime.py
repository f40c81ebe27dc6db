#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes: nothing outlives a run, pid 1 tells the truth and reveals nothing."""

import os
import re
import shutil
import signal
import subprocess
import time

import support
from support import Live, descendants, run


class Lifetime(Live):

    def start(self, *payload, options=(), env=None, program=support.DENYBOX):
        process = subprocess.Popen([program, "run", *options, "--", support.PAYLOAD, *payload],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env=env)
        self.addCleanup(process.stdout.close)
        process.first = process.stdout.readline()
        return process

    def test_daemon_is_gone(self):
        """Row 31: double-forked, in a session of its own, deaf to signals."""
        mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
        done = run(payload=("daemon", mark))
        self.assertEqual((done.status, done.out), (0, "left one behind\n"))
        self.assertEqual(self.having(mark), [])

    def test_daemon_control(self):
        """Outside, the same payload leaves a process behind: the search finds it."""
        mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
        control = subprocess.run([support.PAYLOAD, "daemon", mark], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, check=False,
                                 user=support.ordinary_user() and support.ordinary_user().pw_uid)
        found = self.having(mark)
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        support.require_nothing_left()
        self.assertEqual((control.returncode, len(found)), (0, 1))

    @staticmethod
    def having(mark):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as words:
                    if mark.encode() in words.read() and int(pid) != os.getpid():
                        found.append(int(pid))
            except OSError:
                continue
        return found

    def test_killed_launcher(self):
        """Row 30: SIGKILL at any moment of set-up and run leaves no process."""
        def mounts():
            with open("/proc/self/mountinfo", encoding="utf-8") as rows:
                return rows.read()
        before = mounts()
        for step in range(60):
            process = subprocess.Popen(
                [support.DENYBOX, "run", *self.io, "--evidence", self.path("bundle.json"), "--",
                 support.PAYLOAD, "sleep", "60"], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(step * 0.0005)
            process.kill()
            process.wait()
            support.require_nothing_left()
        self.assertEqual(sorted(os.listdir(self.dir)), ["in", "out"])
        self.assertEqual(mounts(), before)

    def test_killed_while_it_runs(self):
        process = self.start("daemon", "x")
        process.wait()
        process = self.start("sleep", "60")
        self.assertGreaterEqual(len(descendants(process.pid)), 2)
        process.kill()
        process.wait()
        support.require_nothing_left()

    def test_killed_init(self):
        """init killed from outside: an error, and not a success that nobody saw."""
        process = self.start("sleep", "60")
        init = descendants(process.pid)[0]
        os.kill(init, signal.SIGKILL)
        self.assertEqual(process.wait(timeout=support.TIMEOUT), support.EXIT_DENYBOX)
        support.require_nothing_left()

    def test_init_cannot_be_made_to_lie(self):
        """Rows 27 and 28: whatever is tried on pid 1, the true status is reported."""
        for status in ("0", "1", "77"):
            done = run(payload=("init", status))
            self.assertEqual(done.status, int(status), repr(done))
            self.assertEqual(done.out.splitlines(),
                             ["ptrace-attach EPERM", "ptrace-seize EPERM",
                              "process_vm_readv EPERM", "process_vm_writev EPERM",
                              "pidfd_getfd EPERM", "still here"])

    def test_kill_everything(self):
        done = run(payload=("calls", "kill -1 9", "kill 1 9", "kill 1 19", "kill 0 0", "getpid"))
        # kill(-1) signals everything but the caller and pid 1: there is nobody.
        self.assertEqual([got for _, got in done.results()][:1], ["ESRCH"])
        self.assert_status(done, 0)

    def test_stopped_payload(self):
        """A payload that stops itself is not stuck for ever: signals still reach it."""
        process = subprocess.Popen([support.DENYBOX, "run", "--", support.PAYLOAD, "calls",
                                    "getpid", "kill 2 19", "getpid"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), b"getpid 2\n")
        os.kill(support.wait_state(descendants(process.pid)[-1], "T"), signal.SIGCONT)
        self.assertEqual(process.wait(timeout=support.TIMEOUT), 0)

    def test_terminated_while_stopped(self):
        process = subprocess.Popen([support.DENYBOX, "run", "--", support.PAYLOAD, "calls",
                                    "getpid", "kill 2 19", "getpid"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), b"getpid 2\n")
        support.wait_state(descendants(process.pid)[-1], "T")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=support.TIMEOUT), 128 + signal.SIGKILL)
        support.require_nothing_left()

    def test_init_reveals_nothing(self):
        """Row 26, from inside with --proc: no command line, no environment, no memory."""
        env = support.base_env(CALLER_SECRET="hunter2")
        words = ["openat -100 s:/proc/1/cmdline 0 0", "read 3 b:64 64",
                 "openat -100 s:/proc/1/environ 0 0", "openat -100 s:/proc/1/mem 0 0",
                 "openat -100 s:/proc/1/maps 0 0", "readlinkat -100 s:/proc/1/exe b:64 64",
                 "readlinkat -100 s:/proc/1/cwd b:64 64", "readlinkat -100 s:/proc/1/root b:64 64",
                 f"openat -100 s:/proc/1/fd {support.DIRECTORY} 0", "openat -100 s:/proc/1/mountinfo 0 0"]
        done = run("--proc", payload=("calls", *words), env=env)
        self.assert_status(done, 0)
        results = [got for _, got in done.results()]
        self.assertEqual(results[0], "3")
        # The line is there, and empty or of zero bytes only: see the test with a root.
        self.assertTrue(results[1].isdigit())
        self.assertEqual(results[2:9], ["EACCES"] * 7)

    def test_init_command_line(self):
        env = support.base_env(CALLER_SECRET="hunter2")
        done = support.denybox("run", "--proc", "--rootfs", support.rootfs(), "--",
                               "/usr/bin/python3", "-c",
                               "import sys\n"
                               "sys.stdout.buffer.write(open('/proc/1/cmdline','rb').read())\n"
                               "print(open('/proc/1/comm').read())", env=env)
        self.assert_status(done, 0)
        self.assertEqual(done.raw_out.strip(b"\0\n"), b"denybox-init")

    def test_init_from_outside(self):
        """The caller's command line and environment are gone from pid 1 for other users, too."""
        env = support.base_env(CALLER_SECRET="hunter2")
        process = self.start("sleep", "60", env=env)
        init = descendants(process.pid)[0]
        try:
            with open(f"/proc/{init}/cmdline", "rb") as words:
                self.assertEqual(words.read().strip(b"\0"), b"")
            if support.AS_ROOT:
                with open(f"/proc/{init}/environ", "rb") as environ:
                    self.assertEqual(environ.read().strip(b"\0"), b"")
                # Of the caller's descriptors it keeps none: sockets, a signalfd, and the root of
                # a procfs of the sandbox's own.
                links = {os.readlink(f"/proc/{init}/fd/{fd}")
                         for fd in os.listdir(f"/proc/{init}/fd")}
                self.assertEqual([link for link in links if not link.startswith(
                    ("socket:", "anon_inode:")) and link != "/"], [])
            else:
                with self.assertRaises(PermissionError):
                    open(f"/proc/{init}/environ", "rb")
                with self.assertRaises(PermissionError):
                    os.listdir(f"/proc/{init}/fd")
            with open(f"/proc/{process.pid}/environ", "rb") as environ:
                self.assertIn(b"hunter2", environ.read(), "the control: the launcher has it")
        finally:
            process.kill()
            process.wait()
        support.require_nothing_left()

    def test_proc_shows_only_the_sandbox(self):
        done = support.denybox("run", "--proc", "--rootfs", support.rootfs(), "--",
                               "/usr/bin/busybox", "ls", "/proc")
        names = set(done.out.split())
        self.assertEqual({name for name in names if name.isdigit()}, {"1", "2"})
        self.assertLessEqual(names, {"1", "2", "self", "thread-self"})

    def test_launcher_memory_of_the_seal(self):
        """The token is nowhere in a process that outlives the exec: init has a filter and no
        seal, and the launcher none."""
        process = self.start("sleep", "60")
        try:
            filters = {}
            for pid in [process.pid, *descendants(process.pid)]:
                text = support.read(f"/proc/{pid}/status")
                name = re.search(r"Name:\s+(\S+)", text).group(1)
                filters[name] = int(re.search(r"Seccomp_filters:\s+(\d+)", text).group(1))
            own = int(re.search(r"Seccomp_filters:\s+(\d+)",
                                support.read("/proc/self/status")).group(1))
            self.assertEqual(filters["denybox"], own)
            self.assertEqual(filters["denybox-init"], own + 1)
            # Opened by descriptor: the kernel names the process after the number.
            self.assertEqual(sorted(filters.values()), [own, own + 1, own + 2])
        finally:
            process.kill()
            process.wait()
        support.require_nothing_left()

    def test_root_of_a_user_namespace(self):
        """A root that is alone in its user namespace, as in unshare -r, is an ordinary user, unless
        it is that of the host."""
        unshare = shutil.which("unshare")
        if unshare is None:
            self.skipTest("no unshare(1)")
        done = support.command([unshare, "--user", "--map-root-user", support.DENYBOX, "run",
                                *self.io, "--", support.PAYLOAD, "started"],
                               user=None)
        if "unshare:" in done.err:
            self.skipTest("no user namespace to nest in: " + done.err.strip())
        self.assert_status(done, support.EXIT_BLOCKED if support.AS_ROOT else 7)
        self.assertEqual(os.listdir(self.path("out")), [] if support.AS_ROOT else ["started"])

    def test_nested(self):
        """denybox in denybox is refused: the outer one allows no namespaces."""
        support.not_sanitized("the launcher is dynamic, and the root has no libraries for it")
        root = self.path("root")
        os.mkdir(root)
        for source, name in ((support.DENYBOX, "denybox"), (support.PAYLOAD, "payload")):
            shutil.copy(source, os.path.join(root, name))
        done = support.denybox("run", "--rootfs", root, "--proc", "--", "/denybox", "run", "--",
                               "/payload", "started")
        self.assert_status(done, support.EXIT_BLOCKED)
        self.assertTrue(done.err.startswith("denybox: cannot "), repr(done))
        self.assertIn("a seccomp filter around denybox denies ", done.err)
        self.assertNotIn("started", done.out)


if __name__ == "__main__":
    support.main()
