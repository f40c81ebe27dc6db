#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""--timeout: SIGTERM, then SIGKILL; the status, the line, the bundle say so."""

import os
import pty
import signal
import subprocess
import tempfile

import support
from support import Live, descendants, run

TIMED_OUT = 124
KILLED = 128 + signal.SIGKILL
SHORT = ("--timeout", "1", "--kill-after", "1s")


class Timeout(Live):

    def ended(self, *options, payload, **how):
        """(run, the last status line)"""
        with tempfile.TemporaryFile() as status:
            done = run(*options, "--json-status-fd", str(status.fileno()), payload=payload,
                       pass_fds=[status.fileno()], **how)
            status.seek(0)
            line = support.load_json(status.readlines()[-1].decode("ascii"))
        for name in ("user-us", "system-us", "max-rss-kib"):
            self.assertGreaterEqual(line.pop(name), 0)
        return done, line

    def test_ended(self):
        done, line = self.ended(*SHORT, payload=("sleep", "60"))
        self.assert_status(done, TIMED_OUT)
        self.assertEqual(done.out, "sleeping\n")
        self.assertEqual(done.err, "denybox: warning: the payload was ended: --timeout 1 s is "
                                   "over\n")
        self.assertGreaterEqual(line.pop("elapsed-ms"), 1000)
        self.assertEqual(line, {"event": "ended", "exit-code": TIMED_OUT, "how": "signalled",
                                "number": signal.SIGTERM, "time-limit": "terminated"})

    def test_whatever_it_makes_of_it(self):
        """A payload that handles SIGTERM and says that all is well has still run out of time."""
        done, line = self.ended(*SHORT, payload=("handle", "15"))
        self.assert_status(done, TIMED_OUT)
        self.assertEqual((line["how"], line["number"]), ("exited", 15))

    def test_killed(self):
        done, line = self.ended(*SHORT, payload=("stubborn",))
        self.assert_status(done, KILLED)
        self.assertEqual(done.out, "waiting\nno\n")
        self.assertIn("the payload was killed: --timeout 1 s is over, and it did not end in 1 s "
                      "more", done.err)
        self.assertGreaterEqual(line.pop("elapsed-ms"), 2000)
        self.assertEqual(line, {"event": "ended", "exit-code": KILLED, "how": "signalled",
                                "number": signal.SIGKILL, "time-limit": "killed"})

    def test_in_time(self):
        done, line = self.ended("--timeout", "1h", payload=("exit", "7"))
        self.assert_status(done, 7)
        self.assertEqual(done.err, "")
        self.assertGreaterEqual(line.pop("elapsed-ms"), 0)
        self.assertEqual(line, {"event": "ended", "exit-code": 7, "how": "exited", "number": 7})

    def test_quiet(self):
        done = run(*SHORT, "--quiet", payload=("sleep", "60"))
        self.assert_status(done, TIMED_OUT)
        self.assertEqual(done.err, "")

    def test_stopped_payload(self):
        """It would sleep through SIGTERM, and need to be killed."""
        done, line = self.ended(*SHORT, payload=("calls", "kill 2 19", "getpid"))
        self.assert_status(done, TIMED_OUT)
        self.assertEqual(line["number"], signal.SIGTERM)
        self.assertNotIn("getpid", done.out)

    def test_its_children(self):
        """The whole process group is asked, as by timeout(1)."""
        release = tuple(int(n) for n in os.uname().release.split(".")[:2])
        if release < (6, 9):
            self.skipTest("before Linux 6.9 the payload alone is asked")
        done, line = self.ended(*SHORT, payload=("family", "15"))
        self.assert_status(done, TIMED_OUT)
        self.assertEqual((line["how"], line["number"]), ("exited", 0))

    def test_init_is_stopped(self):
        """Nobody says how the payload ended: the end comes all the same."""
        process = subprocess.Popen([support.DENYBOX, "run", *SHORT, "--", support.PAYLOAD, "sleep",
                                    "60"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), b"sleeping\n")
        os.kill(descendants(process.pid)[0], signal.SIGSTOP)
        self.assertEqual(process.wait(timeout=support.TIMEOUT), KILLED)
        support.require_nothing_left()

    def test_nobody_reads(self):
        """A pipe that is full holds the payload up, and not its end."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        done = subprocess.run([support.DENYBOX, "run", *SHORT, "--", support.PAYLOAD, "flood"],
                              stdin=subprocess.DEVNULL, stdout=writer, check=False,
                              stderr=subprocess.DEVNULL, timeout=support.TIMEOUT)
        os.close(writer)
        self.assertEqual(done.returncode, TIMED_OUT)
        support.require_nothing_left()

    def at_a_terminal(self, *payload, errors=2):
        """The exit status of a run at a terminal that nobody reads."""
        pid, master = pty.fork()
        if pid == 0:
            os.dup2(errors, 2)
            os.execve(support.DENYBOX, ["denybox", "run", *SHORT, "--", support.PAYLOAD, *payload],
                      support.base_env())
        self.addCleanup(os.close, master)
        return support.wait_exit(pid)

    def test_nobody_reads_the_terminal(self):
        self.assertEqual(self.at_a_terminal("flood"), TIMED_OUT)

    def test_the_rest_of_the_output(self):
        """The payload has ended, and what it wrote is not taken: that is a part of its run."""
        with open(self.path("errors"), "w+", encoding="utf-8") as errors:
            status = self.at_a_terminal("text", str(60 << 10), errors=errors.fileno())
            errors.seek(0)
            self.assertEqual(errors.read(), "denybox: warning: the terminal did not take all that "
                                            "the payload wrote: --timeout 1 s is over\n")
        self.assertEqual(status, TIMED_OUT)

    def test_outputs_are_withheld(self):
        with open(self.path("status"), "w+", encoding="ascii") as status:
            done = run(*SHORT, "--out", self.path("out"), "--out-size", "64k", "--json-status-fd",
                       str(status.fileno()), payload=("handle", "15"), pass_fds=(status.fileno(),))
        self.assert_status(done, TIMED_OUT)
        self.assertIn('"state":"withheld"', support.read(self.path("status")))

    def test_bundle(self):
        for payload, status, met in ((("sleep", "60"), TIMED_OUT, "terminated"),
                                     (("stubborn",), KILLED, "killed"), (("exit", "0"), 0, None)):
            path = self.path(f"{status}.json")
            done = run(*SHORT, "--venue", "VPS", "--evidence", path, payload=payload)
            self.assert_status(done, status)
            bundle = support.load_json(support.read(path))
            self.assertEqual(bundle["result"]["time_limit"], met)
            self.assertEqual(bundle["limits"]["time"],
                             {"value": 1, "held_by": "timer", "scope": "the payload"})
            limits = bundle["binding"]["plan"]["limits"]
            self.assertEqual((limits["timeout_seconds"], limits["kill_after_seconds"]), (1, 1))
            if met is not None:
                self.assertGreaterEqual(bundle["result"]["elapsed_ms"], 1000)
            done = support.denybox("verify", path)
            self.assert_status(done, 0)

    def test_default_grace(self):
        done = support.denybox("plan", "--timeout", "2m", "--", support.PAYLOAD)
        limits = support.load_json(done.out)["limits"]
        self.assertEqual((limits["timeout_seconds"], limits["kill_after_seconds"]), (120, 5))
        done = support.denybox("plan", "--", support.PAYLOAD)
        limits = support.load_json(done.out)["limits"]
        self.assertEqual((limits["timeout_seconds"], limits["kill_after_seconds"]), (None, None))

    def test_misused(self):
        done = run("--kill-after", "1", payload=("started",))
        self.assert_error(done, support.EXIT_DENYBOX, "without --timeout", "--timeout DURATION")
        for value, want in (("-1", "whole number with s, m, h or d"), ("1.5", "whole number with"),
                            ("", "whole number with"), ("s", "whole number with"),
                            ("99999999999999999999", "whole number with"),
                            ("0", "time from 1s to 36525d"), ("3155760001", "time from 1s to 36525d")):
            done = run("--timeout", value, payload=("started",))
            self.assert_error(done, support.EXIT_DENYBOX, "want a " + want)
        done = support.denybox("attest", "--timeout", "1")
        self.assert_error(done, support.EXIT_DENYBOX, "--timeout")


if __name__ == "__main__":
    support.main()
