#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Job control: a shell with a terminal of its own stops, continues and ends a sandbox."""

import os
import pty
import select
import signal
import subprocess
import termios
import time

import support
from support import Live, descendants


def group_signals():
    """Does the kernel send a signal by a pidfd to a process group? Since 6.9."""
    return tuple(int(n) for n in os.uname().release.split(".")[:2]) >= (6, 9)


def serve(orders, answers, argv, front):
    """The shell: starts one job and does as it is told, an order a line, an answer a line."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # it takes the terminal from the background
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        if front:
            os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execve(argv[0], argv, support.base_env())
    try:
        os.setpgid(job, job)
    except PermissionError:  # it is beyond its exec, and has done so itself
        pass
    if front:
        os.tcsetpgrp(0, job)
    answers.write(f"{job}\n".encode())
    for order in orders:
        answer = "done"
        if order in (b"wait\n", b"look\n"):
            pid, status = os.waitpid(job, os.WUNTRACED | (os.WNOHANG if order == b"look\n" else 0))
            answer = ("running" if pid == 0 else
                      f"stopped {os.WSTOPSIG(status)}" if os.WIFSTOPPED(status) else
                      f"exited {os.waitstatus_to_exitcode(status)}")
            if pid != 0:
                os.tcsetpgrp(0, os.getpgrp())
        elif order == b"read\n":
            answer = repr(os.read(0, 1000))
        elif order == b"take\n":
            os.tcsetpgrp(0, os.getpgrp())
        if order in (b"fg\n", b"give\n"):
            os.tcsetpgrp(0, job)
        if order in (b"fg\n", b"bg\n"):
            os.killpg(job, signal.SIGCONT)
        answers.write(answer.encode() + b"\n")


class Shell:
    """The other side of the terminal, and who gives the orders."""

    def __init__(self, test, *payload, options=(), front=True):
        argv = [support.DENYBOX, "run", *options, "--", support.PAYLOAD, *payload]
        order_out, order_in = os.pipe()
        answer_out, answer_in = os.pipe()
        self.test, self.seen = test, b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                os.close(order_in)
                os.close(answer_out)
                serve(os.fdopen(order_out, "rb", 0), os.fdopen(answer_in, "wb", 0), argv, front)
            finally:
                os._exit(0)
        os.close(order_out)
        os.close(answer_in)
        self.orders = os.fdopen(order_in, "wb", 0)
        self.answers = os.fdopen(answer_out, "rb")
        test.addCleanup(self.end)
        self.job = int(self.answer())

    def answer(self):
        end = time.monotonic() + support.TIMEOUT
        while not select.select([self.answers], [], [], 0.1)[0]:
            self.drain()
            self.test.assertLess(time.monotonic(), end, f"no answer; the terminal has {self.seen}")
        return self.answers.readline().decode().strip()

    def order(self, word):
        self.orders.write(word.encode() + b"\n")
        return self.answer()

    def drain(self):
        """What the terminal shows is taken, so that nobody waits for it to be."""
        while select.select([self.master], [], [], 0)[0]:
            try:
                self.seen += os.read(self.master, 65536)
            except OSError:
                return

    def until(self, wanted):
        end = time.monotonic() + support.TIMEOUT
        while wanted not in self.seen:
            self.test.assertLess(time.monotonic(), end, f"want {wanted}, have {self.seen}")
            select.select([self.master], [], [], 0.1)
            self.drain()
        self.seen = self.seen[self.seen.index(wanted) + len(wanted):]

    def type(self, text):
        os.write(self.master, text)

    def payload(self):
        return descendants(self.job)[-1]

    def end(self):
        for file in (self.orders, self.answers):
            file.close()
        try:
            os.kill(self.job, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.master)
        support.require_nothing_left()


STOPPED = f"stopped {int(signal.SIGTSTP)}"
KILLED = f"exited {128 + signal.SIGKILL}"
INTERRUPTED = f"exited {-signal.SIGINT}"


class Jobs(Live):

    def stopped(self, shell):
        """Ctrl-Z: the shell sees it, and the payload stands still."""
        shell.type(b"\x1a")
        self.assertEqual(shell.order("wait"), STOPPED)
        return support.wait_state(shell.payload(), "T")

    def test_stop_and_continue(self):
        shell = Shell(self, "sleep", "60")
        shell.until(b"sleeping")
        payload = self.stopped(shell)
        shell.order("fg")
        support.wait_state(payload, "S")
        shell.type(b"\x03")
        self.assertEqual(shell.order("wait"), INTERRUPTED)

    def test_twice(self):
        shell = Shell(self, "cat")
        for line in (b"one", b"two"):
            shell.type(line + b"\n")
            shell.until(line + b"\r\n" + line + b"\r\n")
            payload = self.stopped(shell)
            shell.order("fg")
            support.wait_state(payload, "SR")
        shell.type(b"three\n")
        shell.until(b"three\r\nthree\r\n")
        shell.type(b"\x04")
        self.assertEqual(shell.order("wait"), "exited 0")

    def test_with_evidence(self):
        """The payload is stopped in its exec as well; that stop is another."""
        shell = Shell(self, "handle", "2", options=("--evidence", self.path("bundle.json")))
        shell.until(b"waiting")
        payload = self.stopped(shell)
        shell.order("fg")
        support.wait_state(payload, "S")
        shell.type(b"\x03")
        self.assertEqual(shell.order("wait"), "exited 2")
        result = self.evidence()["result"]
        self.assertEqual((result["ending"], result["number"]), ("exited", 2))

    def test_the_whole_family_stops(self):
        if not group_signals():
            self.skipTest("before Linux 6.9 the payload alone is stopped")
        shell = Shell(self, "family", "2")
        shell.until(b"waiting")
        self.stopped(shell)
        for pid in descendants(shell.job)[1:]:
            support.wait_state(pid, "T")
        shell.order("fg")
        for pid in descendants(shell.job)[1:]:
            support.wait_state(pid, "S")
        # And Ctrl-C reaches it, as in a terminal.
        shell.type(b"\x03")
        self.assertEqual(shell.order("wait"), "exited 0")

    def test_continued_in_the_background(self):
        shell = Shell(self, "handle", str(int(signal.SIGTERM)))
        shell.until(b"waiting")
        payload = self.stopped(shell)
        shell.order("bg")
        support.wait_state(payload, "S")
        # The terminal's signals are the shell's now.
        os.kill(shell.job, signal.SIGTERM)
        self.assertEqual(shell.order("wait"), f"exited {int(signal.SIGTERM)}")

    def test_ended_while_stopped(self):
        """kill(1) and fg: the signal waits for the job, and then ends it."""
        shell = Shell(self, "sleep", "60")
        shell.until(b"sleeping")
        self.stopped(shell)
        os.kill(shell.job, signal.SIGTERM)
        shell.order("fg")
        self.assertEqual(shell.order("wait"), f"exited {128 + signal.SIGTERM}")

    def test_background_is_not_stopped_for_input(self):
        """Whether the payload wants to read or not: what is typed is not for it."""
        shell = Shell(self, "stubborn", str(int(signal.SIGUSR1)), front=False)
        shell.until(b"waiting\r\n")
        shell.type(b"typed\n")
        shell.until(b"typed\r\n")  # by the echo: it is there to be read
        os.kill(shell.job, signal.SIGUSR1)
        shell.until(b"no\r\n")  # so much later the job still runs
        self.assertEqual(shell.order("look"), "running")
        self.assertEqual(shell.order("read"), repr(b"typed\n"))

    def test_background_takes_no_input(self):
        """What is typed is the shell's, and the job is not stopped for it: later it is read."""
        shell = Shell(self, "cat", front=False)
        payload = support.wait_state(self.started(shell), "S")
        shell.type(b"for the shell\n")
        self.assertEqual(shell.order("read"), repr(b"for the shell\n"))
        self.assertEqual(shell.order("look"), "running")
        # As fg does with a job that runs: no signal tells it.
        shell.order("give")
        shell.seen = b""
        shell.type(b"for the job\n")
        shell.until(b"for the job\r\nfor the job\r\n")
        self.assertNotIn(b"for the shell", shell.seen)
        support.wait_state(payload, "S")
        shell.type(b"\x04")
        self.assertEqual(shell.order("wait"), "exited 0")

    def started(self, shell):
        """The payload of a job that prints nothing: the exec gives it its name."""
        end = time.monotonic() + support.TIMEOUT
        while True:
            for pid in descendants(shell.job):
                try:
                    if b"cat" in support.read(f"/proc/{pid}/cmdline").encode().split(b"\0") and \
                            pid != shell.job:
                        return pid
                except (OSError, UnicodeDecodeError):
                    pass
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_background_output(self):
        """Where the terminal asks for it (tostop), writing from behind stops the job; then all of
        it comes."""
        shell = Shell(self, "stubborn", str(int(signal.SIGUSR1)))
        shell.until(b"waiting\r\n")
        settings = termios.tcgetattr(shell.master)
        settings[3] |= termios.TOSTOP
        termios.tcsetattr(shell.master, termios.TCSANOW, settings)
        shell.order("take")
        os.kill(shell.job, signal.SIGUSR1)
        self.assertEqual(shell.order("wait"), f"stopped {int(signal.SIGTTOU)}")
        shell.order("fg")
        shell.until(b"no\r\n")
        shell.type(b"\x03")
        self.assertEqual(shell.order("wait"), INTERRUPTED)

    def test_second_interrupt(self):
        shell = Shell(self, "stubborn", "2")
        shell.until(b"waiting")
        shell.type(b"\x03")
        shell.until(b"no\r\n")
        shell.type(b"\x03")
        self.assertEqual(shell.order("wait"), KILLED)

    def test_quit(self):
        shell = Shell(self, "sleep", "60")
        shell.until(b"sleeping")
        shell.type(b"\x1c")
        self.assertEqual(shell.order("wait"), f"exited {128 + signal.SIGQUIT}")

    def test_no_shell(self):
        """A group that is orphaned is not stopped (setpgid(2)); neither is the payload."""
        pid, master = pty.fork()
        if pid == 0:
            os.execve(support.DENYBOX, ["denybox", "run", "--", support.PAYLOAD, "handle", "2"],
                      support.base_env())
        self.addCleanup(os.close, master)
        seen = b""
        while b"waiting" not in seen:
            seen += os.read(master, 1000)
        os.write(master, b"\x1a")
        os.write(master, b"\x03")
        self.assertEqual(support.wait_exit(pid), 2)


class Forwarded(Live):

    def start(self, *payload, preexec=None, options=()):
        process = subprocess.Popen([support.DENYBOX, "run", *options, "--", support.PAYLOAD,
                                    *payload], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   preexec_fn=preexec)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), b"waiting\n")
        return process

    def test_window_size(self):
        """Its default is to be ignored: the payload that asks for it gets it."""
        process = self.start("handle", str(int(signal.SIGWINCH)))
        process.send_signal(signal.SIGWINCH)
        self.assertEqual(process.wait(timeout=support.TIMEOUT), signal.SIGWINCH)
        support.require_nothing_left()

    def test_continue(self):
        process = self.start("handle", str(int(signal.SIGCONT)))
        process.send_signal(signal.SIGCONT)
        self.assertEqual(process.wait(timeout=support.TIMEOUT), signal.SIGCONT)
        support.require_nothing_left()

    def test_ignored_by_the_caller(self):
        """nohup(1): it stays ignored, though the payload's own disposition is the default."""
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            process = self.start("handle", str(int(number)), "15", preexec=lambda n=number:
                                 signal.signal(n, signal.SIG_IGN))
            process.send_signal(number)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=support.TIMEOUT), signal.SIGTERM)
        support.require_nothing_left()

    def test_to_the_payload_alone(self):
        """kill(1) means one process; its child hears nothing of it."""
        process = self.start("family", "15")
        process.send_signal(signal.SIGTERM)
        payload = descendants(process.pid)[1]
        # It has had the signal, and waits for its child.
        self.assertEqual(support.wait_state(payload, "S"), payload)
        self.assertIsNone(process.poll())
        process.kill()
        process.wait()
        support.require_nothing_left()

    def test_stopped_before_the_payload(self):
        """Somebody stops the launcher for longer than the probes may take, ten seconds in this
        build: the answer is there when it goes on."""
        process = support.stopped("pidfd_open", "run", "--", support.PAYLOAD, "exit", "7")
        self.addCleanup(process.stderr.close)
        time.sleep(12)
        process.send_signal(signal.SIGCONT)
        self.assertEqual((process.stderr.read(), process.wait(support.TIMEOUT)), (b"", 7))
        support.require_nothing_left()


if __name__ == "__main__":
    support.main()
