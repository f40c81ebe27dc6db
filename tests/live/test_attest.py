#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""denybox attest: the table, the files and the bundle, recomputed from their bytes."""

import calendar
import json
import os
import platform
import re
import signal
import time

import bundle
import support
from support import EXIT_DENYBOX, Live, denybox

# boundary.md, the twelve of the operator packet and the one that is no probe of the kernel.
TWELVE = ("PR-NET-1", "PR-NET-2", "PR-SOCK-1", "PR-ENV-1", "PR-FS-RO-IN", "PR-FS-ESC-1",
          "PR-FS-ESC-2", "PR-FS-OUT-OK", "PR-EXEC-1", "PR-MOUNT-1", "PR-SOCK-DOCKER",
          "PR-PTRACE-1")
PACKET_FIELDS = ("venue", "venue_identity", "image_digest", "seccomp_sha256", "runtime",
                 "run_date", "probes", "raw")
ADDED_FIELDS = ("schema_version", "profile", "run_id", "freshness", "binding", "observed",
                "limits", "layers", "host", "result", "controls", "integrity")
PROBE_FIELDS = ("probe_id", "operation", "expected", "actual_stderr_or_value", "errno_or_exit",
                "verdict", "artifact_path", "tests", "boundary", "control", "raw_ref")
# The errno that proves each denial, from the table of probes.
ERRNO = {"PR-NET-1": (1, 97, 101), "PR-SOCK-1": (1,), "PR-FS-RO-IN": (30,), "PR-FS-ESC-1": (30,),
         "PR-FS-ESC-2": (30, 13), "PR-EXEC-1": (1,), "PR-PTRACE-1": (1,)}


class Attest(Live):

    def attest(self, *words, status=0):
        done = denybox("attest", *words)
        self.assert_status(done, status)
        return done, support.load_json(done.out)

    def test_no_options(self):
        """Issue: twelve PASS, exactly four mount rows, exit 0."""
        done, document = self.attest()
        verdicts = {probe["probe_id"]: probe["verdict"] for probe in document["probes"]}
        for probe in TWELVE:
            self.assertEqual(verdicts[probe], "PASS", probe)
            self.assertRegex(done.err, rf"(?m)^ +{probe} +PASS ")
        self.assertEqual(verdicts["PR-DYNIMPORT"], "NOT_RUN")
        self.assertEqual(len(verdicts), len(document["probes"]), "a probe twice")
        own = {name: v for name, v in verdicts.items() if not name.startswith("PR-")}
        self.assertGreater(len(own), 5)
        self.assertEqual(set(own.values()), {"PASS"})
        self.check_mounts(document)

    def check_mounts(self, document):
        rows = bundle.mounts(document["raw"]["mountinfo"])
        self.assertEqual(set(rows), {"/", "/in", "/out", "/tmp"})
        for point, want in {"/": {"ro", "nosuid", "nodev"},
                            "/in": {"ro", "nosuid", "nodev", "noexec"},
                            "/out": {"rw", "nosuid", "nodev", "noexec"},
                            "/tmp": {"rw", "nosuid", "nodev", "noexec"}}.items():
            options, optional, kind = rows[point]
            self.assertLessEqual(want, options, point)
            self.assertEqual(optional, [], f"{point} still propagates")
            if point == "/tmp":
                self.assertEqual(kind, "tmpfs")

    def test_four_rows_with_directories_and_a_root(self):
        _, document = self.attest(*self.io, "--rootfs", support.rootfs())
        self.check_mounts(document)

    def test_probe_rows(self):
        _, document = self.attest()
        for probe in document["probes"]:
            for field in PROBE_FIELDS:
                self.assertIn(field, probe)
            self.assertEqual(probe["artifact_path"], "/out/attest.jsonl#" + probe["probe_id"])
            if probe["probe_id"] in ERRNO:
                self.assertIn(probe["errno_or_exit"], ERRNO[probe["probe_id"]])
            if probe["raw_ref"] is not None:
                self.assertRegex(probe["raw_ref"], r"^/raw/\w+$")
                self.assertIn(probe["raw_ref"][5:], document["raw"])
            self.assertNotIn(probe["control"]["result"], ("", "EPERM"))

    def test_fields(self):
        before = int(time.time())
        _, document = self.attest("--venue", "CI", "--run-date", "2026-06-09", "--run-id", "r.1",
                                  "--nonce", "12345678")
        after = int(time.time())
        for field in PACKET_FIELDS + ADDED_FIELDS:
            self.assertIn(field, document)
        self.assertEqual(document["schema_version"], 1)
        self.assertEqual(document["venue"], "CI")
        self.assertEqual(document["run_date"], "2026-06-09")
        self.assertEqual(document["run_id"], "r.1")
        self.assertEqual(document["profile"], "strict")
        self.assertEqual(document["deviations"], [])
        self.assertRegex(document["runtime"], r"^denybox \d+\.\d+\.\d+$")
        uname = platform.uname()
        self.assertEqual(document["venue_identity"]["hostname"], uname.node)
        self.assertEqual(document["venue_identity"]["release"], uname.release)
        self.assertEqual(document["host"]["machine"], uname.machine)
        fresh = document["freshness"]
        self.assertEqual(fresh["nonce"], "12345678")
        times = [calendar.timegm(time.strptime(fresh[name], "%Y-%m-%dT%H:%M:%SZ"))
                 for name in ("started_at", "finished_at")]
        self.assertEqual(sorted([before, *times, after]), [before, *times, after])
        boot = support.read("/proc/sys/kernel/random/boot_id").strip()
        self.assertEqual(fresh["boot_id_sha256"], bundle.sha256(boot))

    def test_defaults_of_the_identity(self):
        _, document = self.attest()
        _, second = self.attest()
        self.assertEqual(document["freshness"]["nonce"], "self")
        self.assertEqual(document["run_date"], document["freshness"]["started_at"][:10])
        self.assertNotEqual(document["run_id"], second["run_id"])

    def test_integrity(self):
        _, document = self.attest(*self.io)
        self.assertEqual(document["integrity"]["sha256"], bundle.integrity(document))
        document["venue"] += "x"
        self.assertNotEqual(document["integrity"]["sha256"], bundle.integrity(document))

    def test_digests(self):
        _, document = self.attest(*self.io, "--rootfs", support.rootfs())
        raw, binding = document["raw"], document["binding"]
        for name in ("mountinfo", "proc_net_dev", "status"):
            data = bundle.from_base64(raw[name + "_b64"])
            self.assertEqual(raw[name + "_sha256"], bundle.sha256(data))
            self.assertEqual(raw[name].encode(), data)
        self.assertEqual(binding["plan_sha256"],
                         bundle.sha256(bundle.canonical(binding["plan"])))
        with open(support.DENYBOX, "rb") as launcher:
            self.assertEqual(binding["launcher_sha256"], bundle.sha256(launcher.read()))
        with open(os.path.join(support.SRC, "bpf", "strict.json"), "rb") as profile:
            self.assertEqual(document["seccomp_sha256"], bundle.sha256(profile.read()))
        filters = binding["filters"]
        code = bundle.from_base64(filters["bpf_b64"])
        self.assertEqual(filters["bpf_sha256"], bundle.sha256(code))
        self.assertEqual(len(code), 8 * filters["instructions"])
        self.assertEqual(filters["architectures"], [platform.machine()])
        self.assertRegex(filters["seal_template_sha256"], r"^sha256:[0-9a-f]{64}$")
        before = document["observed"]["before_exec"]
        self.assertEqual(before["mountinfo_sha256"], raw["mountinfo_sha256"])

    def test_status_and_outside_agree(self):
        _, document = self.attest()
        status, seen = document["raw"]["status"], document["observed"]["before_exec"]
        for name in ("Seccomp", "Seccomp_filters", "NoNewPrivs", "CapInh", "CapPrm", "CapEff",
                     "CapBnd", "CapAmb"):
            self.assertEqual(seen[name], bundle.status_value(status, name))
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(seen[name], 16), 0)
        self.assertEqual((seen["Seccomp"], seen["NoNewPrivs"]), ("2", "1"))
        self.assertEqual(bundle.status_value(status, "Uid").split(), ["65532"] * 4)
        host = 65532 if support.AS_ROOT else os.getuid()
        self.assertEqual(seen["uid_map"], f"65532 {host} 1")

    def test_namespaces_are_not_the_hosts(self):
        _, document = self.attest()
        seen = document["observed"]["before_exec"]["namespaces"]
        self.assertEqual(set(seen), {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"})
        for name, inode in seen.items():
            own = int(re.search(r"\[(\d+)\]", os.readlink(f"/proc/self/ns/{name}")).group(1))
            self.assertNotEqual(inode, own, name)

    def test_environment_keys(self):
        _, document = self.attest("--setenv", "A1", "x", "--setenv", "A", "y")
        self.assertEqual(document["raw"]["env_keyset"],
                         ["A", "A1", "HOME", "LANG", "PATH", "TMPDIR"])

    def test_interfaces(self):
        _, document = self.attest()
        lines = document["raw"]["proc_net_dev"].splitlines()
        self.assertEqual([line.split(":")[0].strip() for line in lines[2:]], ["lo"])

    def test_limits_say_what_holds_them(self):
        _, document = self.attest("--pids-limit", "20", "--memory", "64m")
        limits = document["limits"]
        for name, value in (("pids", 20), ("memory", 64 << 20)):
            self.assertEqual((limits[name]["value"], limits[name]["held_by"]), (value, "rlimit"))
        for limit in limits.values():
            self.assertIn(limit["held_by"], ("cgroup", "rlimit", "affinity", "none"))

    def test_files(self):
        _, document = self.attest(*self.io)
        self.assertEqual(sorted(os.listdir(self.path("out"))),
                         ["attest.jsonl", "report.md", "sandbox-attestation-inside.json"])
        self.assertEqual(support.read(self.path("out", "report.md")).strip(), "ok")
        lines = support.read(self.path("out", "attest.jsonl")).splitlines()
        self.assertEqual([json.loads(line) for line in lines], document["probes"])
        inside = support.load_json(
            support.read(self.path("out", "sandbox-attestation-inside.json")))
        self.assertEqual(inside["probes"], document["probes"])
        self.assertEqual(inside["raw"], document["raw"])

    def test_files_belong_to_the_caller(self):
        self.attest(*self.io)
        for name in os.listdir(self.path("out")):
            status = os.stat(self.path("out", name))
            self.assertEqual((status.st_uid, status.st_gid), (os.getuid(), os.getgid()))

    def test_refuses_to_overwrite(self):
        for name in ("attest.jsonl", "report.md", "sandbox-attestation-inside.json"):
            support.write(self.path("out", name), "mine")
            done = denybox("attest", *self.io)
            self.assert_error(done, EXIT_DENYBOX, "exists", "empty directory")
            self.assertEqual(support.read(self.path("out", name)), "mine")
            self.assertEqual(os.listdir(self.path("out")), [name])
            os.remove(self.path("out", name))

    def test_refuses_planted_links(self):
        victim = support.write(self.path("victim"), "mine")
        os.symlink(victim, self.path("out", "attest.jsonl"))
        self.assert_error(denybox("attest", *self.io), EXIT_DENYBOX, "exists")
        self.assertEqual(support.read(victim), "mine")

    def test_too_little_for_its_files(self):
        """Each limit that can be in the way is named, and a disk that is full."""
        os.mkdir(self.path("few"))
        for options, reason, option in (
                (("--memory", "1m"), ": Cannot allocate memory", "--memory"),
                (("--fsize", "8k"), f": ended by signal {signal.SIGXFSZ}", "--fsize"),
                (("--tmp-size", "16k"), ": No space left on device", "--tmp-size"),
                (("--out", self.path("few"), "--out-size", "16k"), ": No space left on device",
                 "--out-size")):
            with self.subTest(options=options):
                done = denybox("attest", "--quiet", *options)
                self.assert_status(done, EXIT_DENYBOX)
                self.assertIn("denybox: cannot write the files of the attestation into /out" + reason +
                              f"\ndenybox: hint: {option} SIZE gives more\n", done.err)

    def test_evidence_file(self):
        done = denybox("attest", *self.io, "--evidence", self.path("bundle.json"))
        self.assert_status(done, 0)
        self.assertEqual(done.out, "")
        document = self.evidence()
        self.assertEqual(document["integrity"]["sha256"], bundle.integrity(document))
        self.assertIsNone(document["observed"]["after_exec"])

    def test_leaves_the_input_alone(self):
        support.write(self.path("in", "a"), "x")
        self.attest(*self.io)
        self.assertEqual(os.listdir(self.path("in")), ["a"])

    def test_input_digest_follows_the_input(self):
        digests = []
        for text in ("x", "y", "x"):
            support.write(self.path("in", "a"), text)
            digests.append(self.attest("--in", self.path("in"))[1]["binding"]["input_sha256"])
        self.assertEqual(digests[0], digests[2])
        self.assertNotEqual(digests[0], digests[1])

    def test_targeted_profile(self):
        _, document = self.attest("--seccomp", "targeted")
        with open(os.path.join(support.SRC, "bpf", "targeted.json"), "rb") as profile:
            self.assertEqual(document["seccomp_sha256"], bundle.sha256(profile.read()))
        verdicts = {probe["probe_id"]: probe["verdict"] for probe in document["probes"]}
        self.assertEqual([verdicts[probe] for probe in TWELVE], ["PASS"] * 12)

    def test_a_failing_probe_is_seen(self):
        """The control of all the PASS above: without the filter the verdicts flip."""
        done = support.fault("skip:filter", "attest")
        self.assert_status(done, support.EXIT_BLOCKED)
        document = support.load_json(done.out)
        verdicts = {probe["probe_id"]: probe["verdict"] for probe in document["probes"]}
        for probe in ("PR-SOCK-1", "PR-PTRACE-1"):
            self.assertEqual(verdicts[probe], "FAIL")
        # There is no /bin/ls in the skeleton: nothing was asked, and that does not pass either.
        self.assertEqual(verdicts["PR-EXEC-1"], "ABSENT")
        self.assertEqual(document["result"]["ending"], "blocked")

    def test_runs_no_payload(self):
        done = denybox("attest", "--", support.PAYLOAD, "started")
        self.assert_error(done, EXIT_DENYBOX, "attest runs no payload")


if __name__ == "__main__":
    support.main()
