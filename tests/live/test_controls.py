#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""denybox attest --controls: each wall is taken away, exactly its probes flip, and nothing else
ever happens in a weakened sandbox."""

import ctypes
import json
import os
import platform
import pty
import re
import shutil
import subprocess
import tempfile

import bundle
import support
from support import EXIT_BLOCKED, EXIT_DENYBOX, Live, denybox, fault

FILTER = {"PR-SOCK-1", "PR-EXEC-1", "PR-PTRACE-1", "DX-CLONE-NS", "DX-CLONE3", "DX-ABI",
          "DX-IOURING", "DX-KERNEL", "DX-KEYRING", "DX-PERSONALITY", "DX-INJECT", "DX-SECCOMP"}
# evidence.md, Controls; for the rest boundary.md and what each wall is. Does the launcher notice?
GOLDEN = {
    "nothing": (set(), False),
    "landlock": (set(), False),
    "network": ({"PR-NET-2"}, True),
    "filter": (FILTER, True),
    "seal": ({"DX-SEAL", "DX-SECCOMP"}, True),
    "capabilities": ({"DX-CAPS"}, False),
    "securebits": ({"DX-CAPS"}, False),
    "in-ro": ({"PR-FS-RO-IN", "PR-MOUNT-1"}, False),
    "root-ro": ({"PR-FS-ESC-1", "PR-FS-ESC-2", "PR-MOUNT-1"}, False),
    "out-rw": ({"PR-FS-OUT-OK", "PR-MOUNT-1"}, False),
    "tmp-noexec": ({"PR-MOUNT-1"}, False),
    "four-mounts": ({"PR-MOUNT-1"}, False),
    "old-root": ({"PR-MOUNT-1", "DX-HOSTPATH"}, None),
    "docker-sock": ({"PR-SOCK-DOCKER"}, False),
    "environment": ({"PR-ENV-1"}, False),
    "descriptors": ({"DX-FDS"}, False),
    "relay": ({"DX-TTY"}, False),
    "session": ({"DX-SESSION"}, False),
    "signals": ({"DX-SIGNALS"}, False),
    "ids": ({"DX-IDS"}, True),
    "ipc": (set(), True),
    "cgroup": (set(), True),
    "limits": (set(), True),
    "everything": (FILTER | {"PR-NET-1", "PR-NET-2", "PR-ENV-1", "PR-FS-RO-IN", "PR-FS-ESC-1",
                             "PR-FS-ESC-2", "PR-MOUNT-1", "PR-SOCK-DOCKER", "DX-SEAL", "DX-TTY",
                             "DX-HOSTPATH", "DX-FDS", "DX-CAPS", "DX-SIGNALS", "DX-IDS",
                             "DX-SESSION"}, True),
}
REMOVALS = len(GOLDEN) - 1
CONTROL_FIELDS = {"matrix_sha256", "golden_sha256", "run_at", "removals", "faults"}


def _invisible():
    """What cannot be seen missing on this host, as the manual says."""
    hidden = set()
    names = [line.split(":")[0].strip() for line in support.read("/proc/self/net/dev").splitlines()]
    if names[2:] == ["lo"]:
        hidden |= {"PR-NET-1", "PR-NET-2"}
    if platform.machine() != "x86_64":
        hidden.add("DX-ABI")
    return hidden


def _filtered():
    return re.search(r"Seccomp_filters:\s[1-9]", support.read("/proc/self/status")) is not None


class Controls(Live):

    def controls(self, *words, status=0, **how):
        """Runs them; (run, the matrix, the bundle)."""
        done = denybox("attest", "--controls", *self.io, *words, **how)
        self.assert_status(done, status)
        matrix = support.load_json(support.read(self.path("out", "controls.json")))
        return done, matrix, support.load_json(done.out)

    def check_matrix(self, matrix):
        if _filtered():
            self.skipTest("the tests run under a filter, which may answer first")
        self.assertEqual([row["removal"] for row in matrix["matrix"]], list(GOLDEN))
        for row in matrix["matrix"]:
            flips, seen = GOLDEN[row["removal"]]
            with self.subTest(row["removal"]):
                self.assertTrue(row["ran"], row["reason"])
                self.assertEqual(set(row["expected"]), flips)
                # What cannot be seen for sure may be all the same: PR-NET-1, where lo is up.
                self.assertEqual(set(row["flipped"]) - _invisible(), flips - _invisible())
                self.assertLessEqual(set(row["flipped"]), flips)
                self.assertEqual(row["faults"], [])
                self.assertEqual(row["launcher"]["expected"], seen)
                if seen is not None:
                    self.assertEqual(bool(row["launcher"]["found"]), seen, row["launcher"])

    def test_the_golden_table(self):
        """Issue: each removal flips its set, no more and no less."""
        done, matrix, document = self.controls()
        self.check_matrix(matrix)
        self.assertEqual(matrix["profile"], "weakened")
        self.assertEqual((matrix["removals"], matrix["faults"]), (REMOVALS, 0))
        flips = sum(len(row["flipped"]) for row in matrix["matrix"])
        self.assertEqual(done.err.splitlines()[-1].strip(),
                         f"{REMOVALS} removals, {flips} flips as expected, 0 faults")
        self.assertEqual(document["profile"], "strict")

    def test_the_targeted_profile(self):
        _, matrix, _ = self.controls("--seccomp", "targeted")
        self.assertEqual(matrix["seccomp"], "targeted")
        self.check_matrix(matrix)

    def test_every_probe_flips_or_says_why_not(self):
        _, matrix, document = self.controls()
        flipped = set().union(*(row["expected"] for row in matrix["matrix"]))
        never = matrix["never_flips"]
        self.assertEqual(flipped & set(never), set())
        self.assertEqual(flipped | set(never), {p["probe_id"] for p in document["probes"]})
        self.assertEqual(set(never), {"PR-DYNIMPORT"})

    def test_digests(self):
        """The bundle has the matrix by digest: of the file, and of the table."""
        _, matrix, document = self.controls()
        controls = document["controls"]
        self.assertEqual(set(controls), CONTROL_FIELDS)
        with open(self.path("out", "controls.json"), "rb") as file:
            self.assertEqual(controls["matrix_sha256"], bundle.sha256(file.read()))
        golden = "".join(
            name + ":" + "".join(" " + p for p in [x["probe_id"] for x in document["probes"]]
                                 if p in flips) +
            {True: " launcher", False: "", None: " launcher?"}[seen] + "\n"
            for name, (flips, seen) in GOLDEN.items())
        self.assertEqual(controls["golden_sha256"], bundle.sha256(golden))
        self.assertEqual(matrix["golden"], golden.splitlines())
        self.assertEqual(matrix["golden_sha256"], controls["golden_sha256"])
        self.assertEqual((controls["removals"], controls["faults"]), (REMOVALS, 0))
        self.assertRegex(controls["run_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(document["integrity"]["sha256"], bundle.integrity(document))
        outputs = {o["path"]: o["sha256"] for o in document["result"]["outputs"]}
        self.assertEqual(outputs["controls.json"], controls["matrix_sha256"])

    def test_without_the_option(self):
        done = denybox("attest", *self.io)
        self.assert_status(done, 0)
        self.assertIsNone(support.load_json(done.out)["controls"])
        self.assertNotIn("removals", done.err)
        self.assertNotIn("controls.json", os.listdir(self.path("out")))

    def test_without_an_output_directory(self):
        done = denybox("attest", "--controls")
        self.assert_status(done, 0)
        self.assertEqual(support.load_json(done.out)["controls"]["faults"], 0)

    def test_nothing_of_the_callers_is_in_a_control(self):
        """Own directories and variables: not touched, and in no file."""
        support.write(self.path("in", "kept"), "x")
        before = os.stat(self.path("in")).st_mtime_ns
        secret = "s3cr3t-0f-the-caller"
        done, _, _ = self.controls("--proc", env=support.base_env(MY_API_TOKEN=secret))
        self.assertEqual(os.stat(self.path("in")).st_mtime_ns, before)
        self.assertEqual(os.listdir(self.path("in")), ["kept"])
        self.assertEqual(sorted(os.listdir(self.path("out"))),
                         ["attest.jsonl", "controls.json", "report.md",
                          "sandbox-attestation-inside.json"])
        texts = [done.out, done.err] + [support.read(self.path("out", name))
                                        for name in os.listdir(self.path("out"))]
        for text in texts:
            self.assertFalse(secret in text or "MY_API_TOKEN" in text)
        # The bundle has the plan, and where the directories of that lie.
        self.assertFalse(self.dir in support.read(self.path("out", "controls.json")))

    def test_nothing_is_left_behind(self):
        """Processes are looked for after each run: support.command."""
        mounts = support.read("/proc/self/mountinfo")
        before = set(os.listdir(tempfile.gettempdir()))
        self.controls()
        self.assertEqual(support.read("/proc/self/mountinfo"), mounts)
        new = set(os.listdir(tempfile.gettempdir())) - before
        self.assertEqual([name for name in new if "probe" in name], [])
        self.assertFalse(os.path.lexists("/etc/__probe"))
        self.assertFalse(os.path.lexists("/extra"))

    def traced(self):
        strace = shutil.which("strace")
        if strace is None:
            self.skipTest("no strace to see the system calls with")
        trace = self.path("trace")
        done = support.command([strace, "-f", "-o", trace, "-e",
                                "trace=connect,execve,execveat,sendto,bind", support.DENYBOX,
                                "attest", "--controls"])
        if "ptrace" in done.err or not os.path.exists(trace):
            self.skipTest("strace may not trace here: " + done.err.strip())
        self.assert_status(done, 0)
        return support.read(trace)

    def test_no_payload_and_no_packet(self):
        """The only program that is ever executed is denybox; no address but 127.0.0.1 in a control,
        and the one of the packet where a filter and a namespace stand before it."""
        trace = self.traced()
        executed = re.findall(r"exec(?:ve|veat)\(.*\) = 0", trace)
        self.assertEqual(len(executed), 1, executed)
        addresses = re.findall(r'connect\(.*?sin_addr=inet_addr\("([0-9.]+)"\)\}.*?= (.*)', trace)
        outside = [result for address, result in addresses if address != "127.0.0.1"]
        # The attestation itself, under all walls: both forms of PR-NET-1.
        self.assertLessEqual(len(outside), 2)
        for result in outside:
            self.assertRegex(result, r"^-1 (EPERM|ENETUNREACH|EAFNOSUPPORT)")
        inside = [result for address, result in addresses if address == "127.0.0.1"]
        # Without the filter a datagram and a stream, without everything the datagram alone.
        self.assertEqual(len(inside), 3, addresses)
        self.assertEqual(inside[2], "0")
        self.assertNotIn("bind(", trace)
        self.assertNotIn("sendto(", trace)

    def test_a_removal_that_flips_less(self):
        """The test build: nothing is taken away, and each row says what did not flip."""
        done = fault("skip:control-removal", "attest", "--controls", *self.io)
        self.assert_status(done, EXIT_BLOCKED)
        for name, (flips, seen) in GOLDEN.items():
            for probe in flips - _invisible():
                self.assertIn(f"BLOCKED: without {name}: {probe} must flip and did not", done.err)
            if seen:
                self.assertIn(f"without {name}: the launcher must notice and did not", done.err)
        controls = support.load_json(done.out)["controls"]
        expected = sum(len(flips - _invisible()) + (seen is True)
                       for flips, seen in GOLDEN.values())
        self.assertEqual((controls["removals"], controls["faults"]), (REMOVALS, expected))
        self.assertIn(f"0 flips as expected, {expected} faults", done.err)
        self.assertEqual(done.err.count("BLOCKED: without"), expected)

    def test_a_wall_that_does_not_come_back(self):
        """The test build: what a row takes away stays away in all that follow."""
        done = fault("skip:control-restoration", "attest", "--controls", *self.io)
        self.assert_status(done, EXIT_BLOCKED)
        matrix = support.load_json(support.read(self.path("out", "controls.json")))
        away, cumulated = set(), []
        for row in matrix["matrix"]:
            away |= GOLDEN[row["removal"]][0] - _invisible()
            # PR-NET-1 has two walls, and flips when both are away.
            names = [r["removal"] for r in matrix["matrix"][:matrix["matrix"].index(row) + 1]]
            both = {"PR-NET-1"} if {"network", "filter"} <= set(names) else set()
            self.assertEqual(set(row["flipped"]), away | both, row["removal"])
            cumulated += row["faults"]
        self.assertGreater(len(cumulated), 100)
        for text in ("without filter: PR-NET-2 must not flip and did",
                     "without everything: PR-FS-OUT-OK must not flip and did"):
            self.assertTrue("PR-NET-2" in text and _invisible() & {"PR-NET-2"} or
                            f"BLOCKED: {text}" in done.err, text)
        self.assertEqual(support.load_json(done.out)["controls"]["faults"], matrix["faults"])

    def test_what_could_not_run(self):
        """NOT_RUN is no detection, and says why. The first clone is the attestation's own.

        Without the row in which nothing is removed there is nothing to compare with."""
        for number, name in ((2, "nothing"), (4, "network")):
            os.mkdir(self.path("out%d" % number))
            done = fault(f"fail:clone3:ENOSPC:{number}", "attest", "--controls",
                         "--out", self.path("out%d" % number)) if not support.AS_ROOT else \
                fault(f"fail:clone3:ENOSPC:{number}", "attest", "--controls")
            self.assert_status(done, 0 if name != "nothing" else EXIT_BLOCKED)
            self.assertRegex(done.err, rf"(?m)^  {name} +NOT_RUN: cannot make the namespaces")
            ran = REMOVALS - (name != "nothing")
            self.assertRegex(done.err, rf"{ran} removals, \d+ flips as expected, 0 faults, 1 not run")
            self.assertEqual(support.load_json(done.out)["controls"]["removals"], ran)

    def test_what_ended_early(self):
        """The test build: each control ends where its probes would begin. That is no refusal."""
        done = fault("skip:control-end", "attest", "--controls", *self.io)
        self.assert_status(done, EXIT_BLOCKED)
        matrix = support.load_json(support.read(self.path("out", "controls.json")))
        self.assertEqual((matrix["removals"], matrix["faults"]), (0, REMOVALS + 1))
        for row in matrix["matrix"]:
            self.assertFalse(row["ran"])
            self.assertEqual(row["faults"], [f"without {row['removal']}: nothing was found: "
                                             f"{row['reason']}"])
            self.assertRegex(done.err, rf"(?m)^  {row['removal']} +FAULT: ")

    def test_under_the_filter_of_a_container(self):
        """It counts as one of the two, so a seal that is missing cannot be counted."""
        def load_a_filter():
            libc = ctypes.CDLL(None, use_errno=True)
            allow = (ctypes.c_uint64 * 1)(0x7fff0000 << 32 | 0x06)  # BPF_RET, SECCOMP_RET_ALLOW

            class Program(ctypes.Structure):
                _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
            program = Program(1, ctypes.addressof(allow))
            if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, ctypes.byref(program)) != 0:
                os._exit(99)
        done, matrix, _ = self.controls(preexec=load_a_filter)
        self.assertIn(", 0 faults", done.err)
        rows = {row["removal"]: set(row["flipped"]) for row in matrix["matrix"]}
        self.assertEqual(rows["seal"], {"DX-SEAL"})
        if not _filtered():
            self.assertEqual(rows["filter"], FILTER - {"DX-SECCOMP"} - _invisible())

    def test_on_a_host_without_a_network(self):
        """A namespace of its own, with lo alone and that down: nothing would be seen missing."""
        words = ["unshare", "--net", *([] if support.AS_ROOT else ["--map-root-user"])]
        if shutil.which("unshare") is None or support.command([*words, "true"]).status != 0:
            self.skipTest("no unshare here")
        done = support.command([*words, support.DENYBOX, "attest", "--controls"])
        self.assert_status(done, 0)
        self.assertRegex(done.err, r"(?m)^  network +\. - .* x$")
        self.assertRegex(done.err, r"(?m)^  everything +- - x x")

    def test_not_without_the_attestation(self):
        """Where a wall is missing already there is nothing to be shown."""
        done = fault("skip:filter", "attest", "--controls", *self.io)
        self.assert_status(done, EXIT_BLOCKED)
        self.assertNotIn("removals", done.err)
        self.assertIsNone(support.load_json(done.out)["controls"])
        self.assertNotIn("controls.json", os.listdir(self.path("out")))

    def test_refuses_to_overwrite(self):
        support.write(self.path("out", "controls.json"), "mine")
        self.assert_error(denybox("attest", "--controls", *self.io), EXIT_DENYBOX, "exists")
        self.assertEqual(support.read(self.path("out", "controls.json")), "mine")

    def test_status_lines(self):
        read_end, write_end = os.pipe()
        done = denybox("attest", "--controls", "--quiet", "--json-status-fd", str(write_end),
                       pass_fds=[write_end])
        os.close(write_end)
        with os.fdopen(read_end) as file:
            lines = [json.loads(line) for line in file]
        self.assert_status(done, 0)
        self.assertEqual(done.err, "")
        self.assertEqual([x["removal"] for x in lines if x.get("event") == "control"], list(GOLDEN))
        self.assertEqual({x["faults"] for x in lines if x.get("event") == "control"}, {0})
        self.assertEqual(lines[-1]["event"], "controls")
        self.assertEqual((lines[-1]["removals"], lines[-1]["faults"], lines[-1]["not-run"]),
                         (REMOVALS, 0, 0))

    def on_terminal(self, **env):
        master, slave = pty.openpty()
        with subprocess.Popen([support.DENYBOX, "attest", "--controls"], stderr=slave,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              env=support.base_env(**env)) as process:
            os.close(slave)
            text = b""
            while True:
                try:
                    data = os.read(master, 65536)
                except OSError:
                    break
                if not data:
                    break
                text += data
        os.close(master)
        self.assertEqual(process.returncode, 0, text)
        return text.decode()

    def test_colours(self):
        self.assertIn("\033[32mx\033[0m", self.on_terminal())
        self.assertNotIn("\033[3", self.on_terminal(NO_COLOR="1"))
        self.assertNotIn("\033", denybox("attest", "--controls").err)

    def test_the_matrix_at_a_glance(self):
        """A row a removal, a column a probe and one for the launcher, in 80 columns."""
        done, matrix, document = self.controls()
        rows = {line.split()[0]: line[14:].split() for line in done.err.splitlines()
                if len(line.split()) == len(document["probes"]) + 2}
        self.assertEqual(list(rows), list(GOLDEN))
        ids = [probe["probe_id"] for probe in document["probes"]]
        for row in matrix["matrix"]:
            marks = rows[row["removal"]]
            self.assertEqual({p for p, mark in zip(ids, marks) if mark == "x"}, set(row["flipped"]))
            self.assertEqual(marks[-1] == "x", bool(row["launcher"]["found"]))
        for line in done.err[done.err.index("  29 passed, 1 not run\n"):].splitlines():
            self.assertLessEqual(len(line), 80, line)


class Unreachable(Live):
    """No way of run's leads into a weakened sandbox."""

    def run_with(self, *options, **how):
        return support.run(*self.io, *options, payload=("started",), **how)

    def test_no_option(self):
        for command in ("run", "plan"):
            for word in ("--controls", "--controls=yes", "--controls=network"):
                done = denybox(command, *self.io, word, "--", support.PAYLOAD, "started")
                self.assert_error(done, EXIT_DENYBOX, "there is no such option here")
                self.assertEqual(os.listdir(self.path("out")), [])

    def test_no_args(self):
        read_end, write_end = os.pipe()
        os.write(write_end, b"--controls\0")
        os.close(write_end)
        done = self.run_with("--args", str(read_end), pass_fds=[read_end])
        os.close(read_end)
        self.assert_error(done, EXIT_DENYBOX, "there is no such option here")
        self.assertEqual(os.listdir(self.path("out")), [])

    def test_no_variable(self):
        names = ("DENYBOX_CONTROLS", "DENYBOX_CONTROL", "DENYBOX_CONTROL_TOKEN", "CONTROLS")
        environment = support.base_env(DENYBOX_FAULT="skip:filter", **{n: "filter" for n in names})
        done = support.calls(self.io, ["socket 2 1 0", "execve s:/bin/ls 0 0"], env=environment)
        self.assertEqual([result for _, result in done], ["EPERM", "EPERM"])

    def test_no_payload_with_the_option(self):
        done = denybox("attest", "--controls", *self.io, "--", support.PAYLOAD, "started")
        self.assert_error(done, EXIT_DENYBOX, "attest runs no payload")
        self.assertEqual(os.listdir(self.path("out")), [])

    def test_the_faults_of_controls_do_nothing_to_run(self):
        """The test build as well: what weakens a control is not asked for in run."""
        for name in ("control-removal", "control-restoration"):
            done = fault(f"skip:{name}", "run", "--", support.PAYLOAD, "calls", "socket 2 1 0")
            self.assert_results(done, [("socket", "EPERM")])


if __name__ == "__main__":
    support.main()
