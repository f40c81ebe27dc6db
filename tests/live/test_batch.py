#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""denybox batch: one payload over many inputs, a sandbox and a bundle each."""

import contextlib
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import termios
import threading
import time

import support
from support import DENYBOX, EXIT_DENYBOX, Live, PAYLOAD

BUSYBOX = shutil.which("busybox")


def names(top):
    return sorted(os.listdir(top))


class Batch(Live):

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("results"))
        os.mkdir(self.path("inputs"))

    def inputs(self, n, text="0\n"):
        for i in range(n):
            os.mkdir(self.path(f"inputs/i{i:03}"))
            support.write(self.path(f"inputs/i{i:03}/value"), text if text else f"{i}\n")

    def words(self, *words, command=(BUSYBOX, "cp", "/in/value", "/out/copy"), program=DENYBOX):
        return [program, "batch", "--in-each", self.path("inputs"), "--out-each",
                self.path("results"), *words, "--", *command]

    def batch(self, *words, status=0, **how):
        """Runs a batch; returns the objects of --json, and how it ended."""
        how, more = {k: v for k, v in how.items() if k in ("command", "program")}, \
            {k: v for k, v in how.items() if k not in ("command", "program")}
        done = support.command(self.words("--json", *words, **how), **more)
        self.assertEqual(done.status, status, repr(done))
        return [json.loads(line) for line in done.out.splitlines()], done

    def summary(self, objects):
        self.assertEqual(objects[-1]["event"], "summary")
        return {k: v for k, v in objects[-1].items() if k not in ("event", "microseconds")}

    def bundle(self, name):
        return json.loads(support.read(self.path(f"results/{name}/bundle.json")))

    def test_each_input_has_its_result(self):
        self.inputs(5, text=None)
        objects, _ = self.batch("--venue", "VPS", "--jobs", "2")
        self.assertEqual(names(self.path("results")), [f"i{i:03}" for i in range(5)])
        for i in range(5):
            top = self.path(f"results/i{i:03}")
            self.assertEqual(names(top), ["bundle.json", "out", "stderr", "stdout"])
            self.assertEqual(support.read(top + "/out/copy"), f"{i}\n")
        self.assertEqual(sorted(o["input"] for o in objects[:-1]), names(self.path("inputs")))
        self.assertEqual({o["outcome"] for o in objects[:-1]}, {"done"})
        self.assertEqual(self.summary(objects), {
            "inputs": 5, "done": 5, "failed": 0, "no-result": 0, "had-result": 0, "not-started": 0,
            "interrupted": False})

    def test_every_bundle_is_accepted_and_is_of_its_own_run(self):
        self.inputs(4, text=None)
        self.batch("--venue", "VPS")
        paths = [self.path(f"results/i{i:03}/bundle.json") for i in range(4)]
        done = support.denybox("verify", *paths)
        self.assertEqual(done.status, 0, repr(done))
        bundles = [self.bundle(f"i{i:03}") for i in range(4)]
        for field in ("run_id",):
            self.assertEqual(len({b[field] for b in bundles}), 4, field)
        self.assertEqual(len({b["binding"]["input_sha256"] for b in bundles}), 4)
        for shared in ("launcher_sha256", "payload_sha256"):
            self.assertEqual(len({b["binding"][shared] for b in bundles}), 1)

    def test_the_digests_are_those_of_a_single_run(self):
        self.inputs(1)
        self.batch()
        done = support.denybox("run", "--in", self.path("inputs/i000"), "--evidence",
                               self.path("single.json"), "--", BUSYBOX, "true")
        self.assertEqual(done.status, 0, repr(done))
        single, batch = json.loads(support.read(self.path("single.json"))), self.bundle("i000")
        for field in ("launcher_sha256", "payload_sha256", "input_sha256", "root_sha256"):
            self.assertEqual(batch["binding"][field], single["binding"][field], field)
        self.assertNotIn("batch", single["binding"])
        self.assertEqual(batch["binding"]["batch"]["shared"], ["launcher_sha256", "payload_sha256"])

    def test_a_root_of_the_user_is_digested_each_time(self):
        self.inputs(1)
        os.mkdir(self.path("root"))
        shutil.copy(BUSYBOX, self.path("root/busybox"))
        self.batch("--rootfs", self.path("root"), command=("/busybox", "true"))
        binding = self.bundle("i000")["binding"]
        self.assertRegex(binding["root_sha256"], "^sha256:")
        self.assertEqual(binding["batch"]["shared"], ["launcher_sha256", "payload_sha256"])

    def test_no_namespace_is_shared(self):
        """Of runs that are there at the same time: a number that is free is given out again."""
        self.inputs(3)
        self.batch("--jobs", "3", command=(PAYLOAD, "sleep", "2"))
        seen = [self.bundle(f"i{i:03}")["observed"]["before_exec"]["namespaces"] for i in range(3)]
        for name in seen[0]:
            self.assertEqual(len({json.dumps(s[name]) for s in seen}), 3, name)

    def test_a_payload_that_fails_has_a_result(self):
        self.inputs(3, text=None)
        objects, done = self.batch(
            status=1, command=(BUSYBOX, "sh", "-c", "read x < /in/value; echo $x; exit $x"))
        outcome = {o["input"]: (o["outcome"], o["exit-code"], o["reason"]) for o in objects[:-1]}
        self.assertEqual(outcome, {"i000": ("done", 0, None),
                                   "i001": ("failed", 1, "the payload ended with status 1"),
                                   "i002": ("failed", 2, "the payload ended with status 2")})
        self.assertIn("denybox: i002: the payload ended with status 2\n", done.err)
        self.assertEqual(support.read(self.path("results/i002/stdout")), "2\n")
        self.assertEqual(self.bundle("i002")["result"]["number"], 2)
        objects, _ = self.batch(command=(BUSYBOX, "true"))
        self.assertEqual(self.summary(objects)["had-result"], 3)

    def test_a_payload_that_is_killed_has_a_result(self):
        self.inputs(1)
        objects, _ = self.batch(status=1, command=(PAYLOAD, "signal", "9"))
        self.assertEqual(objects[0]["reason"], "the payload was ended by signal 9")
        self.assertEqual(objects[0]["exit-code"], 137)

    def test_a_limit_of_time(self):
        self.inputs(1)
        objects, _ = self.batch("--timeout", "1", status=1, command=(PAYLOAD, "sleep"))
        self.assertEqual(objects[0]["reason"], "the payload was ended: its --timeout was over")
        self.assertEqual(objects[0]["exit-code"], 124)

    def test_outputs_that_are_refused_are_no_result(self):
        """One that is done before is no reason to end at the first of these."""
        self.inputs(1)
        self.batch()
        for name in ("j1", "j2"):
            os.mkdir(self.path("inputs", name))
        for words in (("--strict-out",), ("--strict-out", "--out-size", "1m")):
            objects, _ = self.batch(*words, status=EXIT_DENYBOX,
                                    command=(BUSYBOX, "ln", "-s", "x", "/out/link"))
            self.assertEqual([o["outcome"] for o in objects[:-1]], ["no-result"] * 2)
            self.assertIn("cannot accept the outputs", objects[0]["reason"])
            self.assertEqual(names(self.path("results")), ["i000"])

    def test_an_input_that_was_replaced(self):
        """By a link to what only the caller can read, say, in a directory of somebody else's."""
        self.inputs(2)
        os.mkdir(self.path("secret"))
        support.write(self.path("secret/value"), "secret\n")
        process = self.start("--json", "--jobs", "1",
                             command=(BUSYBOX, "sh", "-c", "read x < /in/value; echo $x; "
                                      "while [ ! -e /in/go ]; do :; done"))
        self.wait_for(lambda: os.path.exists(self.path("results/.denybox-batch/i000/stdout")))
        shutil.rmtree(self.path("inputs/i001"))
        os.symlink(self.path("secret"), self.path("inputs/i001"))
        support.write(self.path("inputs/i000/go"))
        out, err = process.communicate(timeout=support.TIMEOUT)
        objects = {o["input"]: o for o in map(json.loads, out.splitlines()) if o["event"] == "input"}
        self.assertEqual({name: o["outcome"] for name, o in objects.items()},
                         {"i000": "done", "i001": "no-result"})
        self.assertIn("it was replaced meanwhile", objects["i001"]["reason"])
        # The other one was whole, if not yet published: no reason to end the batch.
        self.assertNotIn(b"cannot go on", err)
        self.assertEqual(names(self.path("results")), ["i000"])

    def test_a_summary_that_cannot_be_written(self):
        self.inputs(1)
        for words in ((), ("--json",)):
            done = support.command(["sh", "-c", '"$@" > /dev/full', "sh", *self.words(*words)])
            self.assert_error(done, EXIT_DENYBOX, "cannot write to standard output")

    def test_each_run_scans_for_itself(self):
        """What is scanned lies in the input."""
        self.inputs(2)
        support.write(self.path("inputs/i000/tool.py"), "import math\n")
        support.write(self.path("inputs/i001/tool.py"), "import ctypes\n")
        objects, _ = self.batch("--scan", "default", "--jobs", "1", status=EXIT_DENYBOX,
                                command=("/usr/bin/python3", "/in/tool.py"))
        outcomes = {o["input"]: (o["outcome"], o["reason"]) for o in objects[:-1]}
        self.assertEqual(outcomes, {
            "i000": ("done", None),
            "i001": ("no-result",
                     "cannot start the payload: the scan does not allow it")})
        verdicts = {p["probe_id"]: p["verdict"] for p in self.bundle("i000")["probes"]}
        self.assertEqual(verdicts["PR-DYNIMPORT"], "PASS")

    def test_the_payload_has_what_a_single_run_has(self):
        self.inputs(1)
        self.batch("--jobs", "1", command=(PAYLOAD, "descriptors"))
        batch = support.read(self.path("results/i000/stdout"))
        single = support.run(payload=("descriptors",))
        self.assertEqual(batch, single.out)

    def test_it_is_resumed(self):
        self.inputs(4)
        self.batch()
        shutil.rmtree(self.path("results/i002"))
        before = {n: os.stat(self.path(f"results/{n}/bundle.json")) for n in ("i000", "i001", "i003")}
        objects, _ = self.batch()
        self.assertEqual([o["input"] for o in objects[:-1]], ["i002"])
        self.assertEqual(self.summary(objects)["had-result"], 3)
        for name, then in before.items():
            now = os.stat(self.path(f"results/{name}/bundle.json"))
            self.assertEqual((now.st_ino, now.st_mtime_ns), (then.st_ino, then.st_mtime_ns))

    def start(self, *words, **how):
        process = subprocess.Popen(self.words(*words, **how), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                   env=support.base_env())
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def wait_for(self, condition):
        end = time.monotonic() + support.TIMEOUT
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.005)

    def wait_for_results(self, n):
        self.wait_for(lambda: len([x for x in names(self.path("results")) if x[0] != "."]) >= n)

    def check_whole(self):
        """Each result that has a name has all of it."""
        whole = [n for n in names(self.path("results")) if n[0] != "."]
        for name in whole:
            self.assertEqual(self.bundle(name)["result"]["ending"], "exited")
            self.assertEqual(support.read(self.path(f"results/{name}/out/copy")), "0\n")
        return whole

    def test_killed_in_the_middle_nothing_is_lost_or_done_twice(self):
        self.inputs(60)
        process = self.start("--quiet", "--jobs", "4")
        self.wait_for_results(5)
        process.kill()
        process.wait()
        support.require_nothing_left()
        first = self.check_whole()
        self.assertLess(len(first), 60)
        ids = {name: self.bundle(name)["run_id"] for name in first}
        objects, _ = self.batch()
        self.assertEqual(self.summary(objects)["had-result"], len(first))
        self.assertEqual(self.check_whole(), names(self.path("inputs")))
        for name, run_id in ids.items():
            self.assertEqual(self.bundle(name)["run_id"], run_id)

    def test_what_the_disk_has_not_taken_is_no_result(self):
        self.inputs(1)
        _, done = self.batch(status=EXIT_DENYBOX, program=support.FAULTY,
                             env=support.base_env(DENYBOX_FAULT="fail:syncfs:EIO"))
        self.assertIn("cannot keep", done.err)
        self.assertIn("Input/output error", done.err)
        self.assertEqual(names(self.path("results")), [])
        objects, _ = self.batch()
        self.assertEqual(self.summary(objects)["done"], 1)

    def test_a_signal_waits_for_what_runs(self):
        self.inputs(60)
        process = self.start("--json", "--jobs", "2")
        self.wait_for_results(3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=support.TIMEOUT)
        self.assertEqual(process.returncode, 128 + signal.SIGINT)
        self.assertIn(b"denybox: stopping; waiting for those that are running", err)
        self.assertNotIn(".denybox-batch", names(self.path("results")))
        whole = self.check_whole()
        summary = json.loads(out.splitlines()[-1])
        self.assertEqual((summary["done"], summary["interrupted"]), (len(whole), True))
        self.assertEqual(summary["not-started"], 60 - len(whole))

    def test_a_second_signal_kills(self):
        self.inputs(3)
        process = self.start("--json", "--jobs", "2", command=(PAYLOAD, "sleep"))
        work = self.path("results/.denybox-batch")
        self.wait_for(lambda: os.path.exists(work) and len(names(work)) == 2)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=support.TIMEOUT)
        self.assertEqual(process.returncode, 128 + signal.SIGTERM)
        support.require_nothing_left()
        self.assertEqual(names(self.path("results")), [])
        self.assertEqual(json.loads(out.splitlines()[-1])["done"], 0)

    def test_one_batch_at_a_time(self):
        self.inputs(1)
        first = self.start("--quiet", "--jobs", "1", command=(PAYLOAD, "sleep"))
        self.wait_for(lambda: os.path.exists(self.path("results/.denybox-batch/i000")))
        done = subprocess.run(self.words(), env=support.base_env(), capture_output=True, text=True,
                              timeout=support.TIMEOUT, check=False)
        self.assertEqual(done.returncode, EXIT_DENYBOX)
        self.assertIn("another batch is at work there", done.stderr)
        first.kill()
        first.wait()
        support.require_nothing_left()

    def test_a_payload_that_was_changed_is_not_started(self):
        self.inputs(60)
        program = self.path("program")
        shutil.copy(BUSYBOX, program)
        process = self.start("--json", "--jobs", "1", "--argv0", "busybox",
                             command=(program, "cp", "/in/value", "/out/copy"))
        self.wait_for_results(2)
        os.utime(program)
        out, _ = process.communicate(timeout=support.TIMEOUT)
        self.assertEqual(process.returncode, EXIT_DENYBOX)
        objects = [json.loads(line) for line in out.splitlines()]
        self.assertEqual({o.get("reason") for o in objects if o.get("outcome") == "no-result"},
                         {"cannot start the payload: it was changed during the batch"})
        self.assertEqual(len(self.check_whole()), objects[-1]["done"])

    def test_when_nothing_can_start_it_ends_at_once(self):
        self.inputs(20)
        objects, done = self.batch("--jobs", "1", status=EXIT_DENYBOX, program=support.FAULTY,
                                   env=support.base_env(DENYBOX_FAULT="fail:pivot_root:EPERM"))
        self.assertIn("cannot go on: the first input came to no result", done.err)
        self.assertIn("denybox: hint: denybox check says what is missing on this host", done.err)
        self.assertEqual(self.summary(objects)["no-result"], 1)
        self.assertEqual(names(self.path("results")), [])

    def test_what_is_refused(self):
        self.inputs(1)
        for words, message in (
                (("--evidence", "x"), "--evidence"),
                (("--in", "x"), "--in"),
                (("--jobs", "0"), "--jobs"),
                (("--jobs", "65"), "--jobs"),
                (("--keep-failed",), "--keep-failed without --out-size"),
                (("--seccomp", "nothing.json"), "cannot read the filter"),
                (("--scan", "nothing.json"), "cannot read the scan policy"),
                (("--run-id", "x"), "--run-id")):
            with self.subTest(words):
                objects, done = self.batch(*words, status=EXIT_DENYBOX)
                self.assertEqual(objects, [])
                self.assertIn(message, done.err)
                self.assertLessEqual(len(done.err.splitlines()), 2, done.err)
                self.assertEqual(names(self.path("results")), [])
        done = support.denybox("batch", "--in-each", self.path("inputs"), "--", "true")
        self.assertEqual(done.status, EXIT_DENYBOX)
        self.assertIn("no --out-each given", done.err)

    def test_names_of_any_bytes(self):
        odd = os.fsdecode(b"\xff\n\x1b[31m")
        os.mkdir(self.path(os.path.join("inputs", odd)))
        support.write(self.path(os.path.join("inputs", odd, "value")), "0\n")
        objects, _ = self.batch()
        self.assertEqual(objects[0]["input"], "\\xff\\x0a\\x1b[31m")
        self.assertEqual(names(self.path("results")), [odd])

    def test_out_size_publishes(self):
        self.inputs(2)
        self.batch("--out-size", "1m")
        self.assertEqual(support.read(self.path("results/i001/out/copy")), "0\n")

    def test_the_bar(self):
        self.inputs(20)
        parent, terminal = pty.openpty()
        process = subprocess.Popen(self.words("--jobs", "1"), stdin=terminal,
                                   stdout=subprocess.PIPE, stderr=terminal, env=support.base_env())
        os.close(terminal)
        drawn = bytearray()

        def read():
            """All of it, as it comes: a terminal that nobody reads takes no more, and stops what
            writes to it."""
            with contextlib.suppress(OSError):
                while True:
                    drawn.extend(os.read(parent, 65536))

        reader = threading.Thread(target=read)
        reader.start()
        try:
            out, _ = process.communicate(timeout=support.TIMEOUT)
        finally:
            process.kill()
            reader.join()
            os.close(parent)
        self.assertEqual(process.returncode, 0)
        self.assertRegex(drawn, rb"\r\[#+\.*\] \d+/20  failed 0  no result 0  \d+/s  ")
        self.assertTrue(drawn.endswith(b"\r\x1b[K"), drawn[-80:])
        self.assertRegex(out, rb"^20 inputs: 20 done, 0 failed")

    def on_stopped_terminal(self, *words, **how):
        """Starts a batch, its standard error a terminal that takes nothing, as after Ctrl-S."""
        self.parent, self.terminal = pty.openpty()
        self.addCleanup(os.close, self.parent)
        self.addCleanup(os.close, self.terminal)
        termios.tcflow(self.terminal, termios.TCOOFF)
        process = subprocess.Popen(
            self.words(*words, **how), stdin=self.terminal, stdout=subprocess.PIPE, bufsize=0,
            stderr=self.terminal, env=support.base_env(), start_new_session=True)
        self.addCleanup(process.kill)
        return process

    def test_a_terminal_that_takes_nothing(self):
        self.inputs(5)
        process = self.on_stopped_terminal("--jobs", "1")
        out, _ = process.communicate(timeout=support.TIMEOUT)
        self.assertEqual(process.returncode, 0)
        self.assertRegex(out, rb"^5 inputs: 5 done, 0 failed")

    def test_failures_wait_for_such_a_terminal_and_the_work_does_not(self):
        self.inputs(3)
        process = self.on_stopped_terminal("--jobs", "1", "--json", command=(PAYLOAD, "exit", "4"))
        for _ in range(3):
            self.assertTrue(select.select([process.stdout], [], [], support.TIMEOUT)[0])
            self.assertEqual(json.loads(process.stdout.readline())["exit-code"], 4)
        termios.tcflow(self.terminal, termios.TCOON)
        process.communicate(timeout=support.TIMEOUT)
        shown = os.read(self.parent, 65536)
        self.assertEqual(shown.count(b"denybox: i00"), 3, shown)

    def test_a_signal_beside_such_a_terminal(self):
        self.inputs(200)
        process = self.on_stopped_terminal("--jobs", "1", "--json")
        self.assertTrue(select.select([process.stdout], [], [], support.TIMEOUT)[0])
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=support.TIMEOUT)
        self.assertEqual(process.returncode, 130)
        self.assertLess(len(out.splitlines()), 200)


if __name__ == "__main__":
    support.main()
