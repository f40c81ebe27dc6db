#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A terminal is never passed in: denybox relays, and what is typed and printed still arrives."""

import os
import pty
import select
import signal
import subprocess
import termios
import time

import support
from support import Live


class Terminal(Live):

    def start(self, *payload, options=(), redirect=()):
        """denybox with a new terminal as its controlling terminal; (pid, master)."""
        pid, master = pty.fork()
        if pid == 0:
            try:
                for fd in redirect:
                    null = os.open("/dev/null", os.O_RDWR)
                    os.dup2(null, fd)
                    os.close(null)
                os.execve(support.DENYBOX, ["denybox", "run", *options, "--", support.PAYLOAD,
                                            *payload], support.base_env())
            finally:
                os._exit(99)
        self.addCleanup(os.close, master)
        return pid, master

    def read_until(self, master, wanted, seen=b""):
        """What the terminal shows, up to `wanted`; None for the end of everything."""
        end = time.monotonic() + support.TIMEOUT
        while wanted is None or wanted not in seen:
            self.assertLess(time.monotonic(), end, f"waiting for {wanted}, have {seen}")
            if not select.select([master], [], [], 1)[0]:
                continue
            try:
                data = os.read(master, 65536)
            except OSError:  # EIO: the last descriptor of the other side is closed
                break
            if not data:
                break
            seen += data
        return seen

    def finish(self, pid):
        status = os.waitpid(pid, 0)[1]
        support.require_nothing_left()
        return os.waitstatus_to_exitcode(status)

    def test_none_of_the_three(self):
        for redirect in ((), (0,), (1,), (2,), (0, 1), (1, 2)):
            if 1 in redirect:
                continue
            pid, master = self.start("show", redirect=redirect)
            text = self.read_until(master, None).decode()
            self.assertEqual(self.finish(pid), 0)
            self.assertIn("terminals 000\r\n", text, redirect)
            self.assertIn("session-leader 1\r\n", text)

    def test_control(self):
        """Without a sandbox all three are terminals."""
        pid, master = pty.fork()
        if pid == 0:
            os.execv(support.PAYLOAD, ["payload", "show"])
        self.addCleanup(os.close, master)
        self.assertIn(b"terminals 111", self.read_until(master, b"env "))
        self.read_until(master, None)
        self.finish(pid)

    def test_what_is_typed_arrives(self):
        pid, master = self.start("cat")
        os.write(master, b"typed\n")
        # Once by the echo of the terminal, once by the payload.
        text = self.read_until(master, b"typed\r\ntyped\r\n")
        self.assertIn(b"typed\r\ntyped\r\n", text)
        os.write(master, b"\x04")
        self.read_until(master, None)
        self.assertEqual(self.finish(pid), 0)

    def test_much_output_arrives_whole(self):
        pid, master = self.start("calls", *["getpid"] * 5000)
        text = self.read_until(master, None)
        self.assertEqual(self.finish(pid), 0)
        self.assertEqual(text.count(b"getpid 2\r\n"), 5000)

    def test_interrupt(self):
        """Ctrl-C ends a payload that does not handle it, and denybox in the same way."""
        pid, master = self.start("sleep", "60")
        self.read_until(master, b"sleeping")
        os.write(master, b"\x03")
        self.assertEqual(self.finish(pid), -signal.SIGINT)

    def test_interrupt_ends_a_loop(self):
        """A shell goes on after a program that made something else of Ctrl-C, and not after this."""
        pid, master = pty.fork()
        if pid == 0:
            loop = 'for i in 1 2 3; do "$@"; echo "ended $?"; done'
            os.execve("/bin/bash", ["bash", "-c", loop, "bash", support.DENYBOX, "run", "--",
                                    support.PAYLOAD, "sleep", "60"], support.base_env())
        self.addCleanup(os.close, master)
        self.read_until(master, b"sleeping")
        os.write(master, b"\x03")
        text = self.read_until(master, None)
        self.assertEqual(self.finish(pid), -signal.SIGINT, text)
        self.assertNotIn(b"ended", text)

    def test_interrupt_is_the_payloads(self):
        pid, master = self.start("handle", "2")
        self.read_until(master, b"waiting")
        os.write(master, b"\x03")
        self.assertEqual(self.finish(pid), 2)

    def test_hangup(self):
        """The terminal goes away: nothing is left."""
        pid, master = pty.fork()
        if pid == 0:
            os.execve(support.DENYBOX, ["denybox", "run", "--", support.PAYLOAD, "sleep", "60"],
                      support.base_env())
        self.read_until(master, b"sleeping")
        os.close(master)
        self.assertEqual(self.finish(pid), 128 + signal.SIGHUP)

    def test_a_terminal_that_was_hung_up(self):
        """A job that has outlived its session finds the end of its input, and starts."""
        master, terminal = pty.openpty()
        os.close(master)
        self.addCleanup(os.close, terminal)
        done = subprocess.run([support.DENYBOX, "run", "--", support.PAYLOAD, "calls",
                               "read 0 b:1 1"], env=support.base_env(), stdin=terminal,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"read 0\n", b""))

    def test_nothing_reaches_the_terminal(self):
        """Row 23: no byte is pushed into the terminal's input, its settings stay."""
        pid, master = self.start(
            "calls", *[f"ioctl {fd} {request} s:X"
                       for fd in (0, 1, 2) for request in ("0x5412", "0x100005412", "0x541c")],
            *[f"ioctl {fd} 0x5402 b:64" for fd in (0, 1, 2)], "openat -100 s:/dev/tty 2 0")
        before = termios.tcgetattr(master)
        text = self.read_until(master, None).decode()
        self.assertEqual(self.finish(pid), 0)
        self.assertEqual(text.split("\r\n"), [*["ioctl EPERM"] * 12, "openat ENOENT", ""])
        self.assertEqual(termios.tcgetattr(master), before)

    def test_control_bytes_of_paths(self):
        """What denybox itself prints of a name is escaped."""
        done = support.denybox("run", "--in", self.path("a\x1b[31mb"), "--", support.PAYLOAD,
                               "exit", "0")
        self.assert_error(done, support.EXIT_DENYBOX, "no such directory")
        self.assertNotIn("\x1b", done.err)

    def test_control_bytes_of_the_payload(self):
        """What a payload prints to a terminal cannot drive it."""
        pid, master = self.start("echo", "before\x1b]0;title\x07\x1b[2Jafter")
        text = self.read_until(master, None)
        self.assertEqual(self.finish(pid), 0)
        self.assertIn(b"before", text)
        self.assertIn(b"after", text)
        self.assertNotIn(b"\x1b", text)
        self.assertNotIn(b"\x07", text)

    def test_what_takes_long_counts(self):
        """The digests of a large input, which nobody waits for here: a line is seen, on a terminal
        alone, and without --quiet."""
        with open(self.path("in", "large"), "wb") as file:
            file.truncate(1 << 40)
        words = [support.DENYBOX, "run", "--in", self.path("in"), "--evidence", self.path("b.json")]
        (other, quiet), (master, loud) = pty.openpty(), pty.openpty()
        processes = [subprocess.Popen([*words, *more, "--", support.PAYLOAD, "exit", "0"],
                                      stdin=subprocess.DEVNULL, stderr=where)
                     for more, where in (([], subprocess.PIPE), (["--quiet"], quiet), ([], loud))]
        self.assertRegex(self.read_until(master, b"MiB"), rb"\A\rdenybox: taking digests: \d+ MiB")
        self.assertEqual(select.select([other], [], [], 0)[0], [])
        for process in processes:
            process.kill()
        self.assertEqual(processes[0].communicate()[1], b"")
        for process in processes[1:]:
            process.wait()
        for fd in (other, quiet, master, loud):
            os.close(fd)

    def test_a_line_that_counts_keeps_nobody(self):
        """Ctrl-S while it counts: the run comes to its end without a terminal. The input gets an end
        when the line is there."""
        with open(self.path("in", "large"), "wb") as file:
            file.truncate(1 << 40)
            master, terminal = pty.openpty()
            self.addCleanup(os.close, master)
            self.addCleanup(os.close, terminal)
            process = subprocess.Popen(
                [support.DENYBOX, "run", "--in", self.path("in"), "--evidence", self.path("b.json"),
                 "--", support.PAYLOAD, "exit", "7"], stdin=subprocess.DEVNULL, stderr=terminal)
            self.read_until(master, b"MiB")
            termios.tcflow(terminal, termios.TCOOFF)
            file.truncate(0)
        self.assertEqual(support.wait_exit(process.pid), 7)
        process.returncode = 7


if __name__ == "__main__":
    support.main()
