#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a user may name to get less: it works, it is listed, and the strict verdict fails."""

import os
import shutil
import signal

import bundle
import support
from support import Live, denybox, run

FOUR = {"/", "/in", "/out", "/tmp"}
DEVICES = {"/dev", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}


class Deviations(Live):

    def bundle_of(self, *options, payload=("exit", "0")):
        done = run(*options, "--evidence", self.path("bundle.json"), payload=payload)
        self.assert_status(done, 0)
        document = self.evidence()
        os.remove(self.path("bundle.json"))
        return document, done

    def check(self, document, names, failing, rows):
        self.assertEqual(document["profile"], "declared-deviations")
        self.assertEqual(sorted(document["deviations"]), sorted(names))
        self.assertEqual(sorted(document["binding"]["plan"]["deviations"]), sorted(names))
        verdicts = {probe["probe_id"]: probe["verdict"] for probe in document["probes"]}
        not_passing = {name for name, verdict in verdicts.items()
                       if verdict != "PASS" and name not in ("PR-DYNIMPORT", "DX-ABI")}
        self.assertEqual(not_passing, set(failing))
        for name in failing:
            # A root without /bin/ls cannot say what execve would do.
            self.assertIn(verdicts[name], ("FAIL", "ABSENT") if name == "PR-EXEC-1" else ("FAIL",))
        self.assertEqual(set(bundle.mounts(document["raw"]["mountinfo"])), rows)
        for probe in document["probes"]:
            if probe["probe_id"] == "PR-MOUNT-1" and probe["verdict"] == "FAIL":
                self.assertRegex(probe["actual_stderr_or_value"], r"^/(proc|dev|data)")

    def test_none(self):
        document, _ = self.bundle_of()
        self.assertEqual((document["profile"], document["deviations"]), ("strict", []))
        verdicts = {probe["probe_id"]: probe["verdict"] for probe in document["probes"]}
        self.assertEqual({name for name, verdict in verdicts.items() if verdict != "PASS"}
                         - {"DX-ABI"}, {"PR-DYNIMPORT"})

    def test_proc(self):
        document, done = self.bundle_of("--proc", payload=(
            "calls", "openat -100 s:/proc/self/status 0 0", "openat -100 s:/proc/sys 0 0",
            "openat -100 s:/proc/kmsg 0 0", "openat -100 s:/proc/self/oom_score_adj 1 0"))
        self.check(document, ["proc"], {"PR-MOUNT-1", "DX-HOSTPATH"}, FOUR | {"/proc"})
        self.assertEqual([got for _, got in done.results()], ["3", "ENOENT", "ENOENT", "EROFS"])

    def test_own_program(self):
        """By /proc/self/exe a payload comes to its program, a file of the host: it changes neither
        its mode nor its times there, in a root or without one. The control: without the step."""
        os.mkdir(self.path("root"))
        program = self.path("root", "payload")
        shutil.copy(support.PAYLOAD, program)
        os.chmod(program, 0o755)
        if support.AS_ROOT:
            os.chown(program, 65532, 65532)
        call = ("calls", "fchmodat -100 s:/proc/self/exe 0705", "utimensat -100 s:/proc/self/exe 0 0",
                "truncate s:/proc/self/exe 0")
        for words in (("--", program), ("--rootfs", self.path("root"), "--", "/payload")):
            before = os.stat(program)
            done = denybox("run", "--proc", *words, *call)
            self.assertEqual([got for _, got in done.results()], ["EROFS"] * 3, repr(done))
            self.assertEqual(os.stat(program), before)
            done = support.fault("skip:own-program", "run", "--proc", *words, *call)
            self.assertEqual([got for _, got in done.results()][:2], ["0", "0"], repr(done))
            self.assertEqual(os.stat(program).st_mode & 0o777, 0o705)
            os.chmod(program, 0o755)

    def test_own_program_that_is_replaced(self):
        """What the launcher has checked, or nothing; root's takes it before there is a sandbox."""
        program = self.path("payload")
        shutil.copy(support.PAYLOAD, program)
        os.chmod(program, 0o755)
        process = support.stopped("open_tree" if support.AS_ROOT else "clone3", "run", "--proc",
                                  *self.io, "--", program, "started")
        os.rename(program, self.path("checked"))
        shutil.copy(self.path("checked"), program)
        os.kill(process.pid, signal.SIGCONT)
        _, err = process.communicate()
        self.assertEqual(process.returncode, support.EXIT_BLOCKED, err)
        self.assertIn("was replaced meanwhile", str(err))
        self.assertEqual(os.listdir(self.path("out")), [])

    def test_dev(self):
        document, done = self.bundle_of("--dev", payload=(
            "calls", "openat -100 s:/dev/null 1 0", "write 3 s:x 1",
            "openat -100 s:/dev/urandom 0 0", "read 4 b:8 8", "openat -100 s:/dev/full 1 0",
            "write 5 s:x 1", "openat -100 s:/dev/new 0xc1 0644", "openat -100 s:/dev/tty 0 0",
            "openat -100 s:/dev/kmsg 0 0", "unlinkat -100 s:/dev/null 0",
            "fchmodat -100 s:/dev/null 0600"))
        self.check(document, ["dev"], {"PR-MOUNT-1"}, FOUR | DEVICES)
        results = [got for _, got in done.results()]
        self.assertEqual(results[:6], ["3", "1", "4", "8", "5", "ENOSPC"])
        self.assertEqual(results[6:10], ["EROFS", "ENOENT", "ENOENT", "EROFS"])
        self.assertIn(results[10], ("EPERM", "EROFS"))

    def test_ro_bind_of_a_directory(self):
        os.mkdir(self.path("data"))
        # Open to all: only the mount is in the way, also where root's files are not mapped.
        os.chmod(self.path("data"), 0o777)
        support.write(self.path("data", "file"), "content", 0o666)
        document, done = self.bundle_of("--ro-bind", self.path("data"), "/data/deep", payload=(
            "calls", "openat -100 s:/data/deep/file 0 0", "read 3 b:16 16",
            "openat -100 s:/data/deep/file 1 0", "openat -100 s:/data/deep/new 0xc1 0644",
            "unlinkat -100 s:/data/deep/file 0", "openat -100 s:/data/new 0xc1 0644"))
        self.check(document, ["ro-bind"], {"PR-MOUNT-1"}, FOUR | {"/data/deep"})
        self.assertEqual([got for _, got in done.results()],
                         ["3", "7", "EROFS", "EROFS", "EROFS", "EROFS"])

    def test_ro_bind_of_a_file(self):
        support.write(self.path("file"), "content", 0o666)
        document, done = self.bundle_of(
            "--ro-bind", self.path("file"), "/data.txt",
            payload=("calls", "openat -100 s:/data.txt 0 0", "read 3 b:16 16",
                     "openat -100 s:/data.txt 1 0"))
        self.check(document, ["ro-bind"], {"PR-MOUNT-1"}, FOUR | {"/data.txt"})
        self.assertEqual([got for _, got in done.results()], ["3", "7", "EROFS"])

    def test_allow_exec(self):
        document, _ = self.bundle_of("--allow-exec")
        self.check(document, ["allow-exec"], {"PR-EXEC-1", "DX-SEAL", "DX-SECCOMP"}, FOUR)
        self.assertIsNone(document["binding"]["filters"]["seal_template_sha256"])

    def test_all_together(self):
        document, _ = self.bundle_of("--proc", "--dev", "--allow-exec", "--ro-bind",
                                     self.path("in"), "/data")
        self.check(document, ["proc", "dev", "allow-exec", "ro-bind"],
                   {"PR-MOUNT-1", "DX-HOSTPATH", "PR-EXEC-1", "DX-SEAL", "DX-SECCOMP"},
                   FOUR | DEVICES | {"/proc", "/data"})

    def test_with_a_root(self):
        done = denybox("run", "--rootfs", support.rootfs(), "--proc", "--dev", "--ro-bind",
                       self.path("in"), "/data", "--evidence", self.path("bundle.json"), "--",
                       "/usr/bin/busybox", "ls", "/data", "/dev")
        self.assert_status(done, 0)
        self.check(self.evidence(), ["proc", "dev", "ro-bind"], {"PR-MOUNT-1", "DX-HOSTPATH"},
                   FOUR | DEVICES | {"/proc", "/data"})

    def test_attest(self):
        done = denybox("attest", "--proc")
        self.assert_status(done, 0)
        self.check(support.load_json(done.out), ["proc"], {"PR-MOUNT-1", "DX-HOSTPATH"},
                   FOUR | {"/proc"})

    def test_a_deviation_excuses_nothing_else(self):
        """With every deviation declared, each other missing wall still blocks."""
        for step in ("filter", "lock-root", "in", "out", "tmp", "ns-ipc", "limits", "session"):
            done = support.fault(f"skip:{step}", "run", *self.io, "--proc", "--dev",
                                 "--allow-exec", "--ro-bind", self.path("in"), "/data", "--",
                                 support.PAYLOAD, "started")
            self.assertEqual(done.status, support.EXIT_BLOCKED, repr(done))
            self.assertEqual(os.listdir(self.path("out")), [], step)


if __name__ == "__main__":
    support.main()
