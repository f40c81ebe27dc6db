#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""denybox run --evidence: what is written of a run, and where a payload cannot reach."""

import base64
import fcntl
import os
import resource
import signal
import socket
import subprocess

import bundle
import support
from support import EXIT_BLOCKED, EXIT_DENYBOX, Live, run


class Evidence(Live):

    def bundle_of(self, *options, payload, status=0, **how):
        done = run(*self.io, *options, "--evidence", self.path("bundle.json"), payload=payload,
                   **how)
        self.assert_status(done, status)
        document = self.evidence()
        self.assertEqual(document["integrity"]["sha256"], bundle.integrity(document))
        os.remove(self.path("bundle.json"))
        return document

    def outputs_of(self, *script):
        document = self.bundle_of(payload=("calls", *script))
        return document["result"], {e["path"]: e for e in document["result"]["outputs"]}

    def test_result(self):
        for payload, status, ending, number in ((("exit", "0"), 0, "exited", 0),
                                                (("exit", "3"), 3, "exited", 3),
                                                (("exit", "125"), 125, "exited", 125),
                                                (("signal", "9"), 137, "signalled", 9),
                                                (("signal", "11"), 139, "signalled", 11)):
            result = self.bundle_of(payload=payload, status=status)["result"]
            self.assertEqual((result["ending"], result["number"]), (ending, number))
            for name in ("user_us", "system_us", "max_rss_kib"):
                self.assertGreaterEqual(result["usage"][name], 0)

    def test_not_executable(self):
        """A payload that the kernel refuses: an error, and no bundle that claims a run."""
        path = support.write(self.path("bad"), "", 0o755)
        with open(support.PAYLOAD, "rb") as good, open(path, "wb") as bad:
            data = bytearray(good.read())
            data[16] = 3 if data[16] == 2 else 2  # another e_type: may or may not run
            data[24:32] = b"\xff" * 8             # an entry point that is no address
            bad.write(data)
        done = support.denybox("run", "--evidence", self.path("bundle.json"), "--", path)
        self.assertNotEqual(done.status, 0)
        if os.path.exists(self.path("bundle.json")):
            self.assertIn(self.evidence()["result"]["ending"], ("signalled", "not started"))

    def test_blocked(self):
        done = support.fault("skip:lock-root", "run", *self.io, "--evidence",
                             self.path("bundle.json"), "--", support.PAYLOAD, "started")
        self.assert_status(done, EXIT_BLOCKED)
        document = self.evidence()
        self.assertEqual(document["result"]["ending"], "blocked")
        self.assertIsNone(document["result"]["number"])
        verdicts = {probe["probe_id"]: probe["verdict"] for probe in document["probes"]}
        self.assertEqual(verdicts["PR-MOUNT-1"], "FAIL")
        self.assertEqual(document["integrity"]["sha256"], bundle.integrity(document))

    def test_same_walls_after_the_exec(self):
        """sealed-exec.md: same task, same walls. Fifty times with the shortest payload."""
        for _ in range(50):
            observed = self.bundle_of(payload=("exit", "0"))["observed"]
            self.assertIsNotNone(observed["before_exec"])
            self.assertIsNotNone(observed["after_exec"])
            self.assertEqual(observed["after_exec"], observed["before_exec"])

    def test_same_walls_with_many_descriptors_open(self):
        """What the caller leaves open must not stay open in init: the sentry's pipe above all."""
        reading, writing = os.pipe()
        held = [fcntl.fcntl(reading, fcntl.F_DUPFD, 3) for _ in range(200)]
        for payload, status in ((("exit", "0"), 0), (("calls", "getpid", "kill 2 18"), 0)):
            done = support.denybox("run", *self.io, "--evidence", self.path("bundle.json"), "--",
                                   support.PAYLOAD, *payload, pass_fds=held)
            self.assert_status(done, status)
            observed = self.evidence()["observed"]
            self.assertIsNotNone(observed["after_exec"])
            self.assertEqual(observed["after_exec"], observed["before_exec"])
            os.unlink(self.path("bundle.json"))
        for fd in (reading, writing, *held):
            os.close(fd)

    def test_giant_that_needs_no_space(self):
        """16 TiB of nothing are listed, and neither digested nor waited for."""
        done = support.denybox("run", *self.io, "--evidence", self.path("bundle.json"), "--",
                               support.PAYLOAD, "calls", "openat -100 s:/out/sparse 0xc1 0644",
                               "ftruncate r:0 17000000000000", timeout=30)
        self.assert_status(done, 0)
        (output,) = self.evidence()["result"]["outputs"]
        self.assertEqual(output["size"], 17000000000000)
        self.assertIsNone(output["sha256"])
        self.assertIn("not digested", output["odd"])

    def test_same_walls_after_the_exec_in_a_root(self):
        for _ in range(5):
            done = support.denybox("run", *self.io, "--rootfs", support.rootfs(), "--evidence",
                                   self.path("bundle.json"), "--", "/usr/bin/busybox", "true")
            self.assert_status(done, 0)
            observed = self.evidence()["observed"]
            self.assertIsNotNone(observed["after_exec"])
            self.assertEqual(observed["after_exec"], observed["before_exec"])
            os.remove(self.path("bundle.json"))

    def test_payload_is_not_stopped_afterwards(self):
        """The stop inside the exec does not disturb a payload that stops itself."""
        process = subprocess.Popen(
            [support.DENYBOX, "run", "--evidence", self.path("bundle.json"), "--",
             support.PAYLOAD, "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        out, _ = process.communicate(b"x" * 200000, timeout=support.TIMEOUT)
        self.assertEqual((process.returncode, len(out)), (0, 200000))

    def test_binding(self):
        support.write(self.path("in", "a"), "x")
        document = self.bundle_of("--argv0", "name", "--chdir", "/tmp",
                                  payload=("exit", "0", "\u00e4", "a b"))
        binding = document["binding"]
        with open(support.PAYLOAD, "rb") as payload:
            digest = bundle.sha256(payload.read())
        self.assertEqual(binding["payload_sha256"], digest)
        self.assertEqual(document["image_digest"], digest)
        self.assertEqual(binding["image_digest_kind"], "payload")
        self.assertEqual(binding["plan"]["payload"]["cwd"], "/tmp")
        self.assertEqual(binding["plan"]["payload"]["argv"][:3], ["name", "exit", "0"])
        self.assertEqual(binding["plan_sha256"], bundle.sha256(bundle.canonical(binding["plan"])))
        self.assertRegex(binding["input_sha256"], r"^sha256:[0-9a-f]{64}$")

    def test_outputs(self):
        result, outputs = self.outputs_of(
            "openat -100 s:/out/file 0xc1 0644", "write 3 s:text 4", "mkdirat -100 s:/out/d 0755",
            "openat -100 s:/out/d/below 0xc1 0600")
        self.assertEqual(set(outputs), {"file", "d", "d/below"})
        self.assertEqual(result["outputs_entries"], 3)
        self.assertEqual(result["outputs_odd"], 0)
        self.assertIs(result["outputs_complete"], True)
        self.assertEqual(outputs["file"]["sha256"], bundle.sha256("text"))
        self.assertEqual((outputs["file"]["type"], outputs["file"]["size"]), ("file", 4))
        self.assertEqual(outputs["d"]["type"], "directory")
        self.assertIsNone(outputs["d"]["sha256"])

    def test_odd_outputs(self):
        """Row 35: never followed, never blocked on, each reported."""
        secret = support.write(self.path("secret"), "secret")
        result, outputs = self.outputs_of(
            f"symlinkat s:{secret} -100 s:/out/link", "symlinkat s:/ -100 s:/out/up",
            "mknodat -100 s:/out/fifo 010644 0", "openat -100 s:/out/a 0xc1 0644",
            "linkat -100 s:/out/a -100 s:/out/b 0", "openat -100 s:/out/\x1b[31m 0xc1 0644",
            "openat -100 s:/out/new\nline 0xc1 0644", "openat -100 s:/out/\u202e 0xc1 0644",
            "openat -100 s:/out/sparse 0xc1 0644", "ftruncate r:8 0x40000000",
            "symlinkat s:self -100 s:/out/self")
        kinds = {entry["type"]: entry for entry in outputs.values()}
        self.assertEqual(set(kinds), {"link", "fifo", "file"})
        by_name = {base64.b64decode(e["path_b64"]): e for e in outputs.values()}
        self.assertEqual(set(by_name), {os.fsencode(name)
                                        for name in os.listdir(self.path("out"))})
        for name, odd in ((b"link", "link"), (b"up", "link"), (b"self", "link"),
                          (b"fifo", "special file"), (b"a", "more than one name"),
                          (b"b", "more than one name"),
                          (b"\x1b[31m", "odd name"), (b"new\nline", "odd name"),
                          ("\u202e".encode(), "odd name")):
            self.assertIn(odd, by_name[name]["odd"], name)
        self.assertEqual(by_name[b"sparse"]["odd"], [])
        self.assertEqual(by_name[b"sparse"]["size"], 0x40000000)
        for name in (b"link", b"up", b"fifo"):
            self.assertIsNone(by_name[name]["sha256"])
        for path in outputs:
            self.assertTrue(all(" " <= c < "\x7f" for c in path), path)
        self.assertEqual(result["outputs_odd"], 9)
        # What was there before the run is listed as well: the directory is what the host uses.
        self.assertEqual(support.read(secret), "secret")

    def test_odd_outputs_warn(self):
        done = run(*self.io, "--evidence", self.path("bundle.json"),
                   payload=("calls", "symlinkat s:/etc -100 s:/out/link"))
        self.assertIn("warning: odd entries in /out: 1, the first is 'link' (link); the bundle "
                      "lists them", done.err)

    def test_names_that_are_no_utf8(self):
        done = support.command([support.DENYBOX, "run", *self.io, "--evidence",
                                self.path("bundle.json"), "--", support.PAYLOAD, "calls",
                                os.fsdecode(b"openat -100 s:/out/\xff\xfe 0xc1 0644")])
        self.assert_status(done, 0)
        entry = self.evidence()["result"]["outputs"][0]
        self.assertEqual(base64.b64decode(entry["path_b64"]), b"\xff\xfe")
        self.assertIn("odd name", entry["odd"])

    def test_planted_outputs(self):
        """What the caller left in /out: a socket, a set-id file."""
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(self.path("out", "s"))
        support.write(self.path("out", "setuid"), "x", 0o4755)
        result, outputs = self.outputs_of("getpid")
        self.assertEqual(outputs["s"]["type"], "socket")
        self.assertIn("special file", outputs["s"]["odd"])
        self.assertIn("setuid or setgid", outputs["setuid"]["odd"])
        self.assertEqual(result["outputs_odd"], 2)

    def test_many_outputs(self):
        """More than are listed: the count is true, and it says that the list is cut."""
        for number in range(3000):
            support.write(self.path("out", f"f{number}"))
        result = self.bundle_of(payload=("exit", "0"))["result"]
        self.assertEqual(result["outputs_entries"], 3000)
        self.assertEqual(result["outputs_complete"], len(result["outputs"]) == 3000)
        self.assertLessEqual(len(result["outputs"]), 3000)

    def test_deep_outputs(self):
        """A tree deeper than any path: the audit ends, and says where."""
        script = []
        for _ in range(300):
            script += ["mkdirat -100 s:d 0755", "chdir s:d"]
        done = run(*self.io, "--chdir", "/out", "--evidence", self.path("bundle.json"),
                   payload=("calls", *script))
        self.assert_status(done, 0)
        result = self.evidence()["result"]
        self.assertEqual((result["outputs_entries"], result["outputs_odd"]), (129, 1))
        self.assertIs(result["outputs_complete"], True)
        self.assertEqual(result["outputs"][128]["odd"], ["too deep"])
        subprocess.run(["rm", "-rf", self.path("out")], check=True)

    def test_closed_outputs(self):
        """A directory that even its owner cannot enter, and a file nobody can read: each is said,
        and the others are listed."""
        done = run(*self.io, "--evidence", self.path("bundle.json"),
                   payload=("calls", "openat -100 s:/out/f 0xc1 0", "mkdirat -100 s:/out/d 0",
                            "openat -100 s:/out/z 0xc1 0644", "write r:2 s:text 4"))
        self.assert_status(done, 0)
        result = self.evidence()["result"]
        shut = [] if os.getuid() == 0 else ["unreadable"]  # root reads what its owner may not
        self.assertEqual([(entry["path"], entry["odd"]) for entry in result["outputs"]],
                         [("d", shut), ("f", shut), ("z", [])])
        self.assertEqual(result["outputs"][2]["sha256"], bundle.sha256("text"))
        self.assertEqual(result["outputs"][1]["sha256"] is None, bool(shut))
        self.assertIs(result["outputs_complete"], True)

    def test_output_that_is_shut_as_a_whole(self):
        """The payload can spoil the list of what it left, and says so by that; never the bundle."""
        done = run(*self.io, "--evidence", self.path("bundle.json"),
                   payload=("calls", "openat -100 s:/out/f 0xc1 0644", "fchmodat -100 s:/out 0"))
        self.assert_status(done, 0)
        result = self.evidence()["result"]
        if os.getuid() == 0:
            self.assertEqual(result["outputs_entries"], 1)
            return
        self.assertIn("denybox: warning: the outputs are not known: ", done.err)
        self.assertEqual((result["outputs"], result["outputs_complete"]), ([], False))
        os.chmod(self.path("out"), 0o755)

    def test_giant_does_not_hide_the_small(self):
        done = run(*self.io, "--evidence", self.path("bundle.json"),
                   payload=("calls", "openat -100 s:/out/a 0xc1 0644",
                            "ftruncate r:0 17000000000000", "openat -100 s:/out/b 0xc1 0644",
                            "write r:2 s:text 4"))
        self.assert_status(done, 0)
        outputs = self.evidence()["result"]["outputs"]
        self.assertEqual([entry["odd"] for entry in outputs], [["not digested"], []])
        self.assertEqual(outputs[1]["sha256"], bundle.sha256("text"))
        # It is no fault of the payload's: not a word, and --strict-out lets it pass.
        self.assertEqual(done.err, "")
        os.remove(self.path("bundle.json"))
        self.assert_status(run(*self.io, "--strict-out", "--evidence", self.path("bundle.json")), 0)
        self.assert_status(support.denybox("verify", "--venue", "unspecified",
                                           self.path("bundle.json")), 0)

    def test_file_size_limit_of_the_callers(self):
        """Too small for the bundle: an error with a sentence, and no part of a file is left."""
        done = run("--evidence", self.path("bundle.json"), payload=("exit", "5"),
                   preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
        self.assert_error(done, EXIT_DENYBOX, f"cannot write the bundle '{self.path('bundle.json')}': File too large",
                          "the payload has run, and ended with status 5")
        self.assertEqual(sorted(os.listdir(self.dir)), ["in", "out"])

    def test_place(self):
        """Never inside --out, never over something, never through a link."""
        victim = support.write(self.path("victim"), "mine")
        os.symlink(victim, self.path("link"))
        os.symlink(self.path("nowhere"), self.path("dangling"))
        os.symlink("out", self.path("way"))
        for name, fragment in (("out/b.json", "inside"), ("way/b.json", "inside"),
                               ("link", "it exists"), ("dangling", "it exists"),
                               ("victim", "it exists")):
            done = run(*self.io, "--evidence", self.path(name), payload=("started",))
            self.assert_error(done, EXIT_DENYBOX, fragment)
        self.assertEqual(support.read(victim), "mine")
        self.assertEqual(os.listdir(self.path("out")), [])
        self.assertFalse(os.path.lexists(self.path("nowhere")))

    def test_link_planted_during_the_run(self):
        """Row 36: something appears at the bundle's place while the payload runs."""
        victim = support.write(self.path("victim"), "mine")
        process = subprocess.Popen(
            [support.DENYBOX, "run", "--evidence", self.path("bundle.json"), "--",
             support.PAYLOAD, "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        process.stdin.write(b"x")
        process.stdin.flush()
        self.assertEqual(process.stdout.read(1), b"x")
        os.symlink(victim, self.path("bundle.json"))
        _, err = process.communicate(timeout=support.TIMEOUT)
        self.assertEqual(process.returncode, EXIT_DENYBOX)
        self.assertIn(b"cannot write the bundle", err)
        self.assertEqual(support.read(victim), "mine")
        self.assertTrue(os.path.islink(self.path("bundle.json")))
        self.assertEqual([name for name in os.listdir(self.dir) if name.startswith(".")], [])

    def test_relative_place(self):
        done = run("--evidence", "bundle.json", payload=("exit", "0"), cwd=self.dir)
        self.assert_status(done, 0)
        self.assertEqual(self.evidence()["result"]["ending"], "exited")

    def test_not_readable_while_it_runs(self):
        """A bundle appears whole or not at all; no temporary name is left."""
        process = subprocess.Popen(
            [support.DENYBOX, "run", "--evidence", self.path("bundle.json"), "--",
             support.PAYLOAD, "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(b"x")
        process.stdin.flush()
        process.stdout.read(1)
        self.assertEqual(sorted(os.listdir(self.dir)), ["in", "out"])
        process.communicate(timeout=support.TIMEOUT)
        self.assertEqual(sorted(os.listdir(self.dir)), ["bundle.json", "in", "out"])

    def test_nothing_is_left_of_one_that_is_killed(self):
        """The moment before the bundle gets its name: there is a file, and it has none."""
        words = ("run", "--evidence", self.path("bundle.json"), "--", support.PAYLOAD, "exit", "0")
        dead = support.stopped("linkat", *words)
        dead.kill()
        dead.communicate()
        self.assertEqual(sorted(os.listdir(self.dir)), ["in", "out"])
        live = support.stopped("linkat", *words)
        self.assertEqual(sorted(os.listdir(self.dir)), ["in", "out"])
        os.kill(live.pid, signal.SIGCONT)
        live.communicate(timeout=support.TIMEOUT)
        self.assertEqual(live.returncode, 0)
        self.assertEqual(sorted(os.listdir(self.dir)), ["bundle.json", "in", "out"])

    def test_either_way_of_giving_a_name(self):
        """Whoever may read everything has one way more."""
        done = support.fault("fail:linkat:ENOENT", "run", "--evidence", self.path("bundle.json"), "--",
                             support.PAYLOAD, "exit", "0")
        self.assert_status(done, 0)
        self.assertEqual(sorted(os.listdir(self.dir)), ["bundle.json", "in", "out"])

    def test_run_writes_nothing_into_out(self):
        support.write(self.path("out", "report.md"), "mine")
        support.write(self.path("out", "__probe"), "mine")
        self.bundle_of(payload=("exit", "0"))
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["__probe", "report.md"])
        self.assertEqual(support.read(self.path("out", "report.md")), "mine")

    def test_stacked_filter_is_bound(self):
        source = support.write(self.path("f.json"), '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}')
        document = self.bundle_of("--seccomp", source, payload=("exit", "0"))
        with open(source, "rb") as file:
            self.assertEqual(document["binding"]["filters"]["stacked_sha256"],
                             [bundle.sha256(file.read())])
        self.assertEqual(document["observed"]["before_exec"]["Seccomp_filters"],
                         str(3 + self.own_filters()))

    @staticmethod
    def own_filters():
        return int(bundle.status_value(support.read("/proc/self/status"), "Seccomp_filters"))


if __name__ == "__main__":
    support.main()
