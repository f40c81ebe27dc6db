#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is carried: every byte, at the reader's pace, in bounded memory, by pipe and by terminal."""

import hashlib
import os
import pty
import re
import select
import signal
import subprocess
import threading
import time
import tty

import support
from support import Live, descendants


def text(size):
    """What the applet text writes: lines of 63 characters, each known by its number."""
    lines = []
    for number in range(size // 64):
        line = f"{number} "
        line += "".join(chr(ord("!") + (number + at) % 94) for at in range(len(line), 63))
        lines.append(line + "\n")
    return "".join(lines).encode()


class Pipes(Live):

    def test_every_byte(self):
        """64 MiB of any bytes, in and out: the digests agree."""
        size = 64 << 20
        want, got = hashlib.sha256(), hashlib.sha256()
        process = subprocess.Popen([support.DENYBOX, "run", "--", support.PAYLOAD, "cat"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)

        def give():
            for _ in range(size >> 20):
                piece = os.urandom(1 << 20)
                want.update(piece)
                process.stdin.write(piece)
            process.stdin.close()
        giver = threading.Thread(target=give)
        giver.start()
        taken = 0
        while piece := process.stdout.read(1 << 20):
            taken += len(piece)
            got.update(piece)
        giver.join()
        process.stdout.close()
        self.assertEqual(process.wait(timeout=support.TIMEOUT), 0)
        self.assertEqual((taken, got.digest()), (size, want.digest()))

    def test_what_is_left_at_the_end(self):
        """The payload is gone, and what it wrote is still in the pipe."""
        reader, writer = os.pipe()
        done = subprocess.run([support.DENYBOX, "run", "--", support.PAYLOAD, "text", "61440"],
                              stdin=subprocess.DEVNULL, stdout=writer, check=False,
                              timeout=support.TIMEOUT)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            self.assertEqual(pipe.read(), text(61440))
        self.assertEqual(done.returncode, 0)

    def test_reader_is_gone(self):
        """The payload's write gets SIGPIPE, as outside, whatever the caller ignores."""
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([support.DENYBOX, "run", "--", support.PAYLOAD, "flood"],
                              stdin=subprocess.DEVNULL, stdout=writer, check=False,
                              stderr=subprocess.PIPE, timeout=support.TIMEOUT)
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (128 + signal.SIGPIPE, b""))


class Terminals(Live):

    def start(self, *payload):
        """denybox at a terminal that changes no byte; (pid, master). Its own messages go elsewhere:
        they would wait for the terminal, as anybody's do."""
        pid, master = pty.fork()
        if pid == 0:
            tty.setraw(0)
            os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
            os.execve(support.DENYBOX, ["denybox", "run", "--", support.PAYLOAD, *payload],
                      support.base_env())
        self.addCleanup(os.close, master)
        return pid, master

    def memory(self, pid):
        """The most anonymous memory that the launcher has had, in KiB, as far as can be told."""
        status = support.read(f"/proc/{pid}/status")
        return int(re.search(r"RssAnon:\s+(\d+)", status).group(1))

    def until_it_waits(self, pid):
        """Until the payload is there and sleeps in its write: nobody takes any more."""
        end = time.monotonic() + support.TIMEOUT
        while len(descendants(pid)) < 2 or \
                b"flood" not in support.read(f"/proc/{descendants(pid)[-1]}/cmdline").encode():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        payload, before = descendants(pid)[-1], None
        while True:
            counts = support.read(f"/proc/{payload}/status")
            now = re.search(r"nonvoluntary_ctxt_switches:\s+(\d+)", counts).group(1), \
                re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", counts).group(1)
            if now == before and "State:\tS" in counts:
                return
            self.assertLess(time.monotonic(), end)
            before = now
            time.sleep(0.2)

    def test_slow_reader(self):
        """Taken in small pieces, everything comes, in its order."""
        size = 1 << 20
        pid, master = self.start("text", str(size))
        got = b""
        while True:
            try:
                piece = os.read(master, 251)
            except OSError:  # EIO: the other side is closed
                break
            got += piece
        self.assertEqual(support.wait_exit(pid), 0)
        self.assertEqual(len(got), size)
        self.assertEqual(hashlib.sha256(got).digest(), hashlib.sha256(text(size)).digest())

    def test_flood_without_a_reader(self):
        """Nobody takes it: the payload waits, memory does not grow, and signals arrive."""
        pid, master = self.start("flood")
        self.until_it_waits(pid)
        first = self.memory(pid)
        taken = 0
        while taken < 8 << 20:
            taken += len(os.read(master, 65536))
        self.until_it_waits(pid)
        # One buffer a stream, whatever has been carried.
        self.assertLess(self.memory(pid) - first, 256)
        os.kill(pid, signal.SIGTERM)
        self.until_it_is_gone(pid, master)
        # What it wrote is still there, until somebody says that he does not want it.
        self.assertEqual(os.waitpid(pid, os.WNOHANG), (0, 0))
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(support.wait_exit(pid), 128 + signal.SIGTERM)

    def until_it_is_gone(self, pid, master):
        """It has written something, and has ended; the launcher has not waited for init yet."""
        self.assertTrue(select.select([master], [], [], support.TIMEOUT)[0])
        for child in descendants(pid):
            try:
                support.wait_state(child, "Z")
            except (FileNotFoundError, ProcessLookupError):  # init has waited for it
                pass

    def test_the_rest_can_be_interrupted(self):
        """The payload has ended, the terminal stands still: who waits can stop waiting."""
        pid, master = self.start("text", str(60 << 10))
        self.until_it_is_gone(pid, master)
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(support.wait_exit(pid), 128 + signal.SIGTERM)

    def test_input_that_nobody_reads(self):
        """A payload that does not read stops nobody from watching over it."""
        pid, master = self.start("handle", "15")
        seen = b""
        while b"waiting" not in seen:
            seen += os.read(master, 1000)
        os.set_blocking(master, False)
        given = 0
        end = time.monotonic() + support.TIMEOUT
        while select.select([], [master], [], 0.5)[1] and given < 1 << 20:
            self.assertLess(time.monotonic(), end)
            try:
                given += os.write(master, b"x" * 4096)
            except BlockingIOError:
                break
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(support.wait_exit(pid), 15)


if __name__ == "__main__":
    support.main()
