#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""denybox verify: good bundles are accepted, and nothing else is."""

import base64
import contextlib
import copy
import itertools
import json
import os
import re
import shutil
import subprocess
import time
import unittest

import bundle
import images
import mutation
import schemas
import support
from support import Live, command, denybox, run

ACCEPTABLE, REJECTED, USAGE, BLOCKED = 0, 1, 2, 3
WORDS = {0: "ACCEPTABLE", 1: "REJECTED", 3: "BLOCKED"}
FOREIGN = ("venue", "venue_identity", "image_digest", "seccomp_sha256", "runtime", "run_date",
           "probes", "raw", "schema_version", "freshness", "host", "integrity")
# Files that one process verifies.
MANY = 400


def unprotected():
    """The fields which the manual says that nothing but a signature could protect."""
    text = support.read(os.path.join(support.SRC, "man", "denybox-verify.1"))
    section = re.search(r"^\.Sh UNPROTECTED FIELDS$(.*?)^\.Sh ", text, re.M | re.S).group(1)
    return set(re.findall(r"^\.It Va (\S+)$", section, re.M))


class Verify(Live):

    def make(self, *options, payload=("exit", "0")):
        """A bundle of run at VPS."""
        path = self.path("made.json")
        done = run("--venue", "VPS", "--evidence", path, *options, payload=payload)
        self.assert_status(done, 0)
        document = self.evidence("made.json")
        os.remove(path)
        return document

    def attest(self, *options):
        done = denybox("attest", "--quiet", "--venue", "VPS", *options)
        self.assert_status(done, 0)
        return support.load_json(done.out)

    def rich(self):
        """A bundle with most of what a bundle can have."""
        support.write(self.path("in", "file"), "content")
        support.write(self.path("filter.json"),
                      '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}')
        support.write(self.path("out", "plain"), "x")
        os.symlink("/etc", self.path("out", "link"))
        os.mkfifo(self.path("out", "fifo"))
        os.mkdir(self.path("out", "plain-"))
        support.write(self.path("out", "plain-", "a\\x41"), "", 0o644)
        support.write(self.path("out", "plain-", "\u202e\x1b"), "", 0o4755)
        os.link(self.path("out", "plain-", "\u202e\x1b"), self.path("out", "plain-", "twice"))
        return self.make(*self.io, "--fsize", "1m", "--timeout", "1h", "--setenv", "ANSWER", "42",
                         "--nonce", "a-challenge", "--seccomp", self.path("filter.json"), "--scan", "default")

    def imaged(self):
        """A bundle of an image: its id is not the digest of its root."""
        images.busybox(self.path("layout"))
        cache = support.base_env(XDG_CACHE_HOME=self.path("cache"))
        done = denybox("run", "--venue", "VPS", "--image", self.path("layout"), "--evidence",
                       self.path("imaged.json"), "--", "/bin/busybox", "true", env=cache)
        self.assert_status(done, 0)
        return self.evidence("imaged.json")

    def cgrouped(self):
        """What a bundle says where a cgroup holds the three limits that one can hold. By hand, for
        few hosts have one to give away; test_cgroup.py holds real ones against the same words."""
        document = self.make("--memory", str((1 << 28) + 1), "--pids-limit", "16", "--cpus", "1")
        document["binding"]["plan"]["limits"]["cgroup"] = "/sys/fs/cgroup/box"
        for name in ("memory", "pids", "cpus"):
            document["limits"][name].update(held_by="cgroup", scope="the sandbox")
        document["limits"]["memory"]["value"] = 1 << 28
        document["result"]["events"] = {"oom_kills": 2, "pids_refused": 3}
        self.replan(document)
        return document

    def timed(self):
        """A bundle of a payload that its time limit has ended."""
        done = run("--venue", "VPS", "--timeout", "1", "--evidence", self.path("timed.json"),
                   payload=("sleep", "60"))
        self.assert_status(done, 124)
        return self.evidence("timed.json")

    def scripted(self):
        """A bundle of a script and of a module beside it, both scanned by a policy of their own."""
        os.mkdir(self.path("scripts"))
        support.write(self.path("scripts", "x.py"), "import json\nimport beside")
        support.write(self.path("scripts", "beside.py"), "import re")
        support.write(self.path("policy.json"), json.dumps({
            "schema_version": 1, "description": "", "elf": {"interpreters": ["/usr/bin/python3"]},
            "python": {"imports": ["beside", "json", "re"], "allow": ["local-module"]}}))
        done = denybox("run", "--in", self.path("scripts"), "--rootfs", support.rootfs(), "--venue",
                       "VPS", "--scan", self.path("policy.json"), "--evidence",
                       self.path("scripted.json"), "--", "python3", "/in/x.py")
        self.assert_status(done, 0)
        return self.evidence("scripted.json")

    def replan(self, document):
        document["binding"]["plan_sha256"] = bundle.sha256(
            mutation.canonical(document["binding"]["plan"]))
        mutation.seal(document)

    def foreign(self, *options):
        """As if the stand-alone attester had run in Docker, under the strict profile."""
        document = {key: value for key, value in self.attest(*options).items()
                    if key in FOREIGN}
        document["runtime"] = "docker 24.0.7"
        document["image_digest"] = mutation.A_DIGEST
        mutation.seal(document)
        return document

    def save(self, document, name="bundle.json"):
        text = document if isinstance(document, str) else json.dumps(document, indent=1)
        return support.write(self.path(name), text)

    def verify(self, document, *options):
        return denybox("verify", *options, self.save(document))

    def codes(self, document, *options):
        """(exit status, reason codes) of a document."""
        done = self.verify(document, "--json", *options)
        report = support.load_json(done.out)
        self.assertEqual(WORDS[done.status], report["verdict"], repr(done))
        return done.status, {reason["code"] for check in report["checks"]
                             for reason in check["reasons"]}

    def assert_codes(self, document, status, *codes, options=(), sealed=True):
        if sealed:
            mutation.seal(document)
        found = self.codes(document, *options)
        self.assertEqual(found, (status, set(codes)))


class Good(Verify):

    def test_attest_without_options(self):
        done = self.verify(self.attest())
        self.assert_status(done, ACCEPTABLE)
        lines = done.out.splitlines()
        self.assertEqual(lines[-1], f"ACCEPTABLE {self.path('bundle.json')}")
        rows = [line for line in lines if re.match(r"  #\d+ ", line)]
        self.assertEqual([int(row[3:].split()[0]) for row in rows], list(range(24, 38)))
        for row in rows:
            number = int(row[3:].split()[0])
            self.assertEqual("(inferred)" in row, number in (24, 26, 28, 30, 31, 32), row)
        self.assertIn("not run", rows[35 - 24])
        self.assertIn("no probe", rows[26 - 24])

    def test_run(self):
        self.assert_status(self.verify(self.make()), ACCEPTABLE)
        self.assert_status(self.verify(self.rich()), ACCEPTABLE)

    def test_attest_into_a_directory(self):
        document = self.attest(*self.io)
        self.assert_status(self.verify(document), ACCEPTABLE)

    def test_both_profiles(self):
        self.assert_status(self.verify(self.attest("--seccomp", "targeted")), ACCEPTABLE)

    def test_a_payload_that_fails_or_is_killed(self):
        for payload, status in ((("exit", "3"), 3), (("signal", "9"), 137)):
            done = run("--venue", "CI", "--evidence", self.path("b.json"), payload=payload)
            self.assert_status(done, status)
            self.assert_status(denybox("verify", self.path("b.json")), ACCEPTABLE)
            os.remove(self.path("b.json"))

    def test_with_a_root(self):
        path = self.path("root.json")
        done = denybox("run", "--venue", "VPS", "--rootfs", support.rootfs(), "--evidence", path,
                       "--", "/usr/bin/busybox", "true")
        self.assert_status(done, 0)
        self.assert_status(denybox("verify", path), ACCEPTABLE)

    def test_with_an_image(self):
        document = self.imaged()
        self.assertEqual(document["binding"]["image_digest_kind"], "image")
        self.assert_codes(document, ACCEPTABLE)

    def test_an_image_that_is_not_the_planned_one(self):
        """Each of the places that name it, with every digest computed anew."""
        for change in (lambda d: d.update(image_digest=mutation.A_DIGEST),
                       lambda d: d["binding"]["plan"].update(image=mutation.A_DIGEST),
                       lambda d: d["binding"]["plan"].update(image=None),
                       lambda d: d["binding"].update(image_digest_kind="root"),
                       lambda d: d["binding"].update(root_sha256=None),
                       lambda d: d["binding"]["plan"]["mounts"][0].update(source=None)):
            document = self.imaged()
            shutil.rmtree(self.path("layout"))
            os.remove(self.path("imaged.json"))
            change(document)
            document["binding"]["plan_sha256"] = bundle.sha256(
                mutation.canonical(document["binding"]["plan"]))
            mutation.seal(document)
            status, codes = self.codes(document)
            self.assertEqual(status, REJECTED)
            self.assertIn("image-differs", codes)

    def test_canonical_by_two_writers(self):
        document = self.rich()
        self.assertEqual(mutation.canonical(document), bundle.canonical(document))


class Deviations(Verify):

    OPTIONS = {"proc": ("--proc",), "dev": ("--dev",), "allow-exec": ("--allow-exec",)}

    def test_each_is_allowed_by_its_name_alone(self):
        for name, options in self.OPTIONS.items():
            document = self.make(*options)
            status, codes = self.codes(document)
            self.assertEqual(status, REJECTED)
            self.assertLessEqual({"deviation", "probe-failed"}, codes)
            others = [word for other in self.OPTIONS if other != name
                      for word in ("--allow-deviation", other)]
            self.assertIn("deviation", self.codes(document, *others)[1])
            self.assert_codes(document, ACCEPTABLE, options=("--allow-deviation", name))

    def test_a_bind(self):
        document = self.make("--ro-bind", self.path("in"), "/data")
        self.assert_codes(document, ACCEPTABLE, options=("--allow-deviation", "ro-bind"))
        self.assertIn("deviation", self.codes(document, "--allow-deviation", "proc")[1])

    def test_there_is_no_name_for_all(self):
        for name in ("all", "", "proc,dev"):
            done = self.verify(self.attest(), "--allow-deviation", name)
            self.assert_error(done, USAGE, "--allow-deviation")

    def test_a_mount_that_was_not_declared(self):
        """A deviation excuses the row that it declares, and no other."""
        document = self.make("--ro-bind", self.path("in"), "/data")
        for mount in document["binding"]["plan"]["mounts"]:
            if mount["at"] == "/data":
                mount["at"] = "/date"
        document["binding"]["plan_sha256"] = bundle.sha256(
            mutation.canonical(document["binding"]["plan"]))
        self.assert_codes(document, REJECTED, "mounts", "deviation-mount",
                          options=("--allow-deviation", "ro-bind"))

    def test_under_the_name_of_another(self):
        """Who allows /proc has not allowed a /dev that goes by its name."""
        document = self.make("--dev")
        document["deviations"] = document["binding"]["plan"]["deviations"] = ["proc"]
        self.replan(document)
        status, codes = self.codes(document, "--allow-deviation", "proc")
        self.assertEqual(status, REJECTED)
        self.assertIn("profile-differs", codes)

    def test_more_devices_than_a_plan_has_rows(self):
        """Each row for /dev declares its devices too, and there is an end to them."""
        document = self.make("--dev")
        mounts = document["binding"]["plan"]["mounts"]
        row = next(mount for mount in mounts if mount["at"] == "/dev")
        for count in (200, 2000):
            mounts.extend(dict(row) for _ in range(count))
            self.replan(document)
            status, codes = self.codes(document, "--allow-deviation", "dev")
            self.assertEqual(status, REJECTED)
            self.assertTrue(codes)

    def test_the_namespaces_of_the_boot(self):
        for number in (4026531840, 4026531841, 1, 1 << 32):
            document = self.make()
            document["observed"]["before_exec"]["namespaces"]["net"] = number
            mutation.seal(document)
            status, codes = self.codes(document)
            self.assertEqual(status, REJECTED)
            self.assertIn("namespaces", codes)


    def test_a_bind_that_is_not_named(self):
        """Who allows /dev has not allowed what lies beside it in the plan."""
        document = self.make("--dev", "--ro-bind", self.path("in"), "/data")
        document["deviations"] = document["binding"]["plan"]["deviations"] = ["dev"]
        self.replan(document)
        self.assert_codes(document, REJECTED, "profile-differs",
                          options=("--allow-deviation", "dev"))

    def test_what_proc_does_not_excuse(self):
        """That /proc/self is there, and nothing else."""
        document = self.make("--proc")
        options = ("--allow-deviation", "proc")
        self.assert_codes(document, ACCEPTABLE, options=options)
        probe = next(p for p in document["probes"] if p["probe_id"] == "DX-HOSTPATH")
        old = probe["observed"][1]
        probe["actual_stderr_or_value"] = probe["actual_stderr_or_value"].replace(
            "/sys/kernel ENOENT", "/sys/kernel success")
        self.assertEqual((old, "success" in probe["actual_stderr_or_value"].split(", ")[1]),
                         ({"what": "/sys/kernel", "value": 2}, True))
        old["value"] = 0
        self.assert_codes(document, REJECTED, "probe-failed", options=options)

    def test_what_allow_exec_does_not_excuse(self):
        """It is a filter less, and not none."""
        good = self.make("--allow-exec")
        for seccomp, filters in (("1", "1"), ("2", "0")):
            document = copy.deepcopy(good)
            status = base64.b64decode(document["raw"]["status_b64"])
            status = re.sub(rb"Seccomp:\t.*\nSeccomp_filters:\t.*\n",
                            f"Seccomp:\t{seccomp}\nSeccomp_filters:\t{filters}\n".encode(), status)
            mutation.set_raw(document, "status", status)
            for look in document["observed"].values():
                look.update(Seccomp=seccomp, Seccomp_filters=filters)
            probe = next(p for p in document["probes"] if p["probe_id"] == "DX-SECCOMP")
            self.assertEqual(probe["verdict"], "FAIL")
            probe["actual_stderr_or_value"] = f"mode {seccomp}, filters {filters}"
            self.assert_codes(document, REJECTED, "filters",
                              options=("--allow-deviation", "allow-exec"))

    def test_a_deviation_twice(self):
        document = self.make("--proc")
        document["deviations"] = document["binding"]["plan"]["deviations"] = ["proc", "proc"]
        self.replan(document)
        self.assert_codes(document, REJECTED, "profile-differs",
                          options=("--allow-deviation", "proc"))

    def test_limits_that_no_plan_can_have(self):
        for name, held, value in (("pids", "pids", 0), ("nofile", "nofile", 1),
                                  ("memory_bytes", "memory", 1 << 60)):
            document = self.make()
            document["binding"]["plan"]["limits"][name] = value
            document["limits"][held]["value"] = value
            self.replan(document)
            self.assert_codes(document, REJECTED, "schema-value")

    def test_attest_wrote_its_line(self):
        document = self.attest("--out", self.path("out"))
        self.assert_codes(document, ACCEPTABLE)
        outputs = document["result"]["outputs"]
        document["result"]["outputs"] = [o for o in outputs if o["path"] != "attest.jsonl"]
        self.assertEqual(len(document["result"]["outputs"]), len(outputs) - 1)
        document["result"]["outputs_entries"] -= 1
        self.assert_codes(document, REJECTED, "result")


class Asked(Verify):
    """What the command line asks for."""

    def test_nonce(self):
        document = self.attest("--nonce", "challenge-1")
        self.assert_codes(document, ACCEPTABLE, options=("--nonce", "challenge-1"))
        self.assert_codes(document, REJECTED, "nonce-differs", options=("--nonce", "challenge-2"))
        self.assert_codes(self.attest(), REJECTED, "nonce-differs",
                          options=("--nonce", "challenge-1"))

    def test_age(self):
        document = self.attest()
        old = time.time() - 7200
        for key in ("started_at", "finished_at"):
            document["freshness"][key] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(old))
        document["run_date"] = document["freshness"]["started_at"][:10]
        self.assert_codes(document, ACCEPTABLE)
        self.assert_codes(document, ACCEPTABLE, options=("--max-age", "3h"))
        self.assert_codes(document, REJECTED, "too-old", options=("--max-age", "1h"))
        self.assert_codes(document, REJECTED, "too-old", options=("--max-age=119m",))
        self.assert_codes(document, ACCEPTABLE, options=("--max-age", "1d"))

    def test_dates(self):
        document = self.attest()
        document["freshness"]["finished_at"] = "2026-01-01T00:00:00Z"
        self.assert_codes(document, REJECTED, "dates")
        document = self.attest()
        document["freshness"]["started_at"] = document["freshness"]["finished_at"] = \
            "2099-01-01T00:00:00Z"
        document["run_date"] = "2099-01-01"
        self.assert_codes(document, REJECTED, "from-future")
        document = self.attest()
        document["run_date"] = "2026-01-01"
        self.assert_codes(document, REJECTED, "dates")
        document = self.attest()
        for bad in ("2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01 00:00:00"):
            document["freshness"]["started_at"] = bad
            self.assert_codes(document, REJECTED, "schema-value")

    def test_venue(self):
        document = self.attest()
        document["venue"] = "laptop"
        self.assert_codes(document, REJECTED, "venue-refused")
        self.assert_codes(document, ACCEPTABLE, options=("--venue", "laptop"))
        document["venue"] = "CI"
        self.assert_codes(document, ACCEPTABLE)
        self.assert_codes(document, REJECTED, "venue-refused", options=("--venue", "VPS"))
        self.assert_codes(document, ACCEPTABLE, options=("--venue", "VPS", "--venue", "CI"))

    def test_desktops(self):
        for key, value in (("release", "6.6.16-linuxkit"), ("hostname", "docker-desktop"),
                           ("release", "5.15.153.1-microsoft-standard-WSL2"),
                           ("version", "#1 SMP OrbStack"), ("hostname", "lima-default"),
                           ("hostname", "colima"), ("hostname", "podman-machine-default"),
                           ("hostname", "DESKTOP-A1B2C3D"), ("hostname", "Johns-MacBook-Pro")):
            document = self.attest()
            document["venue_identity"][key] = value
            if key == "release":
                document["host"]["kernel"] = value
            self.assert_codes(document, REJECTED, "venue-desktop")
        document["venue_identity"]["hostname"] = "climate-vps"  # "lima" is within a word
        self.assert_codes(document, ACCEPTABLE)

    def test_kernel(self):
        for release, status in (("5.13.19", REJECTED), ("4.18.0-553", REJECTED),
                                ("+6.1.0", REJECTED), ("6", REJECTED), ("6.x", REJECTED),
                                ("5.14.0-427", ACCEPTABLE), ("6.1.0-18-amd64", ACCEPTABLE)):
            document = self.attest()
            document["venue_identity"]["release"] = document["host"]["kernel"] = release
            self.assert_codes(document, status, *(["venue-system"] if status else []))

    def test_profile(self):
        """A profile that is not of this release is accepted when it is named, with its code."""
        document = self.attest()
        profile = json.loads(support.read(os.path.join(support.SRC, "bpf", "strict.json")))
        profile["defaultErrnoRet"] = 38
        path = self.save(profile, "mine.json")
        with open(path, "rb") as file:
            document["seccomp_sha256"] = bundle.sha256(file.read())
        done = denybox("filter", "compile", path)
        self.assert_status(done, 0)
        code = done.raw_out
        filters = document["binding"]["filters"]
        filters["bpf_b64"] = base64.b64encode(code).decode()
        filters["bpf_sha256"] = bundle.sha256(code)
        filters["instructions"] = len(code) // 8
        self.assert_codes(document, REJECTED, "profile-unknown", "bpf-unknown")
        self.assert_codes(document, ACCEPTABLE, options=("--profile", path))
        filters["bpf_sha256"] = bundle.sha256(code[:-8])
        filters["bpf_b64"] = base64.b64encode(code[:-8]).decode()
        filters["instructions"] -= 1
        self.assert_codes(document, REJECTED, "bpf-unknown", options=("--profile", path))

    def test_matrix(self):
        path = self.save({"schema_version": 1, "rows": [
            {"row": 24, "requirement": "mine\x1b[31m", "source": "operator",
             "probes": ["PR-ENV-1"]},
            {"row": 25, "requirement": "nobody's", "source": "unknown", "probes": []}]}, "m.json")
        done = self.verify(self.attest(), "--matrix", path)
        self.assert_status(done, ACCEPTABLE)
        self.assertIn("\\x1b", done.out)
        self.assertNotIn("\x1b", done.out)
        self.assertIn("(unknown)", done.out)
        path = self.save({"schema_version": 1, "rows": [
            {"row": 24, "requirement": "mine", "source": "operator", "probes": []}]}, "m.json")
        self.assert_codes(self.attest(), BLOCKED, "matrix-uncovered", options=("--matrix", path))

    def test_bad_matrices(self):
        row = {"row": 1, "requirement": "r", "source": "operator", "probes": ["PR-ENV-1"]}
        bad = ["", "[]", "{}", '{"schema_version": 1, "rows": []}']
        for change in ({"row": 0}, {"row": "1"}, {"probes": ["PR-NO-1"]}, {"probes": "PR-ENV-1"},
                       {"probes": ["PR-ENV-1", "PR-ENV-1"]}, {"source": "me"}, {"bar": 14},
                       {"requirement": None}, {"colour": 1}):
            bad.append(json.dumps({"schema_version": 1, "rows": [{**row, **change}]}))
        bad.append(json.dumps({"schema_version": 1, "rows": [row, row]}))
        document = self.attest()
        for text in bad:
            done = self.verify(document, "--matrix", self.save(text, "m.json"))
            self.assert_status(done, USAGE)
            self.assertEqual(done.out, "")

    def test_usage(self):
        for words in ((), ("--nonsense", "x"), ("--nonce",), ("--nonce", "short", "x"),
                      ("--max-age", "-1", "x"), ("--max-age", "0", "x"), ("--max-age", "1y", "x"),
                      ("--max-age", "99999999999999999999d", "x"), ("--json=1", "x"),
                      ("--json", "--json", "x"), ("--profile", "/nonexistent", "x"),
                      ("--profile", "/dev/null", "x"), ("--matrix", "/dev/zero", "x"), ("-q", "x"),
                      ("--venue", "\x1b[31m", "x"), ("--controls", "/nonexistent", "x"),
                      ("--controls", "/dev/null", "x"), ("--controls", "x", "y", "z")):
            self.assert_error(denybox("verify", *words), USAGE, "cannot")
        self.assert_status(denybox("verify", "--help"), 0)
        self.assert_status(denybox("verify", "--version"), 0)

    def test_help_names_the_exit_statuses(self):
        text = denybox("verify", "--help").out
        for status, word in WORDS.items():
            self.assertRegex(text, rf"(?m)^ +{status}  {word}: ")


class Batches(Verify):
    """What the runs of a batch share, and what they cannot."""

    def forge(self, document, change, *codes):
        forged = copy.deepcopy(document)
        change(forged, forged["binding"], forged["binding"]["plan"])
        self.replan(forged)
        self.assertEqual(self.codes(forged), (REJECTED, set(codes)))

    def test_good_ones(self):
        plain, root = self.batched(), self.batched("--rootfs", support.rootfs(), command=(
            "/usr/bin/busybox", "true"))
        host = self.batched(command=("/usr/bin/jq", "-n", "1"))
        for document, shared in ((plain, 2), (root, 2), (host, 3)):
            self.assertEqual(document["binding"]["batch"]["shared"],
                             ["launcher_sha256", "payload_sha256", "root_sha256"][:shared])
            self.assert_codes(document, ACCEPTABLE)

    def test_what_is_shared(self):
        always = ["launcher_sha256", "payload_sha256"]
        plain = self.batched()
        for words in ([], always[:1], always[::-1], [*always, *always], [*always, "root_sha256"],
                      ["payload_sha256"], [always[0], always[0]]):
            self.forge(plain, lambda d, b, p, words=words: b["batch"].update(shared=words), "batch")
        host = self.batched(command=("/usr/bin/jq", "-n", "1"))
        for words in (always, ["root_sha256", *always], [*always, "root_sha256", "root_sha256"],
                      [*always, "launcher_sha256"]):
            self.forge(host, lambda d, b, p, words=words: b["batch"].update(shared=words), "batch")
        rooted = self.batched("--rootfs", support.rootfs(), command=("/usr/bin/busybox", "true"))
        self.forge(rooted, lambda d, b, p: b["batch"]["shared"].append("root_sha256"), "batch")

    def test_only_a_batch_has_one(self):
        batch = self.batched()["binding"]["batch"]
        taken = {"shared": batch["shared"], "taken_at": "2026-01-01T00:00:00Z"}
        for document in (self.attest(), self.attest(*self.io), self.make(), self.make(*self.io)):
            self.forge(document, lambda d, b, p: b.update(batch=taken), "batch")

    def test_a_batch_says_so(self):
        self.forge(self.batched(), lambda d, b, p: b.pop("batch"), "batch")

    def test_where_it_was_made(self):
        document = self.batched()
        work = os.path.dirname(document["binding"]["plan"]["evidence"])
        self.assertEqual(work, self.path("results", ".denybox-batch", "one"))
        for place in (work + "/other.json", work + "/../one/bundle.json",
                      work + "/.one/bundle.json", "/.denybox-batch/one/bundle.json",
                      work.replace("denybox-batch", "denybox") + "/bundle.json",
                      work + "x/bundle.json", self.path("bundle.json")):
            self.forge(document, lambda d, b, p, place=place: p.update(evidence=place), "batch")

        def other_output(d, b, p):
            p["output"]["directory"] = p["mounts"][2]["source"] = self.path("out")
        self.forge(document, other_output, "batch")
        self.forge(document, lambda d, b, p: p["mounts"][1].update(source=self.path("in")), "batch")

    def test_how_old_it_is(self):
        document = self.batched()
        hour_ago = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
        document["binding"]["batch"]["taken_at"] = hour_ago
        self.assert_codes(document, ACCEPTABLE)
        self.assert_codes(document, ACCEPTABLE, options=("--max-age", "2h"))
        self.assert_codes(document, REJECTED, "too-old", options=("--max-age", "30m"))
        self.forge(document, lambda d, b, p: b["batch"].update(taken_at="2099-01-01T00:00:00Z"),
                   "dates")
        self.forge(document, lambda d, b, p: b["batch"].update(shared=["input_sha256"]),
                   "schema-value")


class Times(Verify):
    """How long the payload took, against its limit and against the clock."""

    def timed(self, elapsed, wall=3600, **result):
        document = copy.deepcopy(self.good)
        document["result"].update(elapsed_ms=elapsed, **result)
        until = time.time() - 60
        for key, moment in (("started_at", until - wall), ("finished_at", until)):
            document["freshness"][key] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
        document["run_date"] = document["freshness"]["finished_at"][:10]
        return document

    def test_the_limit(self):
        self.good = self.make("--timeout", "60", "--kill-after", "20")
        killed = {"ending": "signalled", "number": 9, "time_limit": "killed"}
        for elapsed, result, ok in ((60000, {}, True), (70000, {}, True), (70001, {}, False),
                                    (3600000, {}, False),
                                    (60000, {"time_limit": "terminated"}, True),
                                    (59999, {"time_limit": "terminated"}, False),
                                    (1800000, {"time_limit": "terminated"}, True),
                                    (80000, killed, True), (79999, killed, False),
                                    (80000, {**killed, "number": 15}, False),
                                    (1800000, killed, True)):
            self.assert_codes(self.timed(elapsed, **result), *(
                (ACCEPTABLE,) if ok else (REJECTED, "result")))

    def test_the_clock(self):
        self.good = self.make()
        for elapsed, wall, ok in ((0, 0, True), (3000, 0, True), (3001, 0, False),
                                  (13000, 10, True), (13001, 10, False), (1, 86000, True)):
            self.assert_codes(self.timed(elapsed, wall), *(
                (ACCEPTABLE,) if ok else (REJECTED, "result")))


class Endings(Verify):
    """How it ended, against what may end it."""

    def test_a_signal_that_there_is_not(self):
        document = self.make()
        for number, ok in ((1, True), (64, True), (0, False), (65, False)):
            document["result"].update(ending="signalled", number=number)
            self.assert_codes(document, *((ACCEPTABLE,) if ok else (REJECTED, "result")))

    def test_attest_ends_with_nothing_but_0(self):
        good = self.attest()
        for ending, number in (("exited", 1), ("signalled", 9)):
            document = copy.deepcopy(good)
            document["result"].update(ending=ending, number=number)
            self.assert_codes(document, REJECTED, "result")

    def test_the_limit_that_ended_it(self):
        """A signal that only a limit sends is that limit's, and no other is."""
        for document, number, limit in ((self.make("--fsize", "1m"), 25, "fsize"),
                                        (self.make(), 25, None), (self.cgrouped(), 9, "memory"),
                                        (self.cgrouped(), 15, None)):
            for said in ("fsize", "memory", None):
                document["result"].update(ending="signalled", number=number, limit=said)
                self.assert_codes(document, *((ACCEPTABLE,) if said == limit
                                              else (REJECTED, "result")))


class Commands(Verify):
    """What one command takes and the other does not, and what no plan of either can be."""

    def refused(self, document, change, *codes):
        forged = copy.deepcopy(document)
        change(forged, forged["binding"]["plan"])
        self.replan(forged)
        self.assertEqual(self.codes(forged), (REJECTED, set(codes)))

    def test_attest(self):
        document = self.attest(*self.io)

        def limit(d, plan):
            plan["limits"].update(timeout_seconds=60, kill_after_seconds=5)
            d["limits"]["time"] = {"value": 60, "held_by": "timer", "scope": "the payload"}
        self.refused(document, limit, "command")
        self.refused(document, lambda d, plan: plan["output"].update(strict=True), "command")
        collected = self.attest("--out", self.path("new"), "--out-size", "1m")
        self.refused(collected, lambda d, plan: plan["output"].update(keep_failed=True), "command")
        self.refused(document, lambda d, plan: plan.update({"with": ["/etc/passwd"]}), "command")

    def test_run(self):
        document = self.make(*self.io)
        controls = self.attest("--controls")["controls"]
        for change in (lambda d, plan: plan.update(evidence=None),
                       lambda d, plan: plan["payload"].update(argv=[]),
                       lambda d, plan: plan.update({"with": ["/etc/passwd"]}),
                       lambda d, plan: d.update(controls=controls)):
            self.refused(document, change, "command")

    def test_a_script(self):
        """Its path is a word of its interpreter's, whose name comes first."""
        path = self.path("script.json")
        self.assert_status(denybox("run", "--venue", "VPS", "--evidence", path, "--", "/usr/bin/jq",
                                   "-n", "1"), 0)
        good = self.evidence("script.json")
        payload = good["binding"]["plan"]["payload"]
        for first in ("/usr/bin/jq", "jq"):  # by its path, and by env(1)
            payload.update(script="/opt/script", argv=[first, "-nf", "/opt/script", "--arg", "a", "b"])
            self.replan(good)
            self.assert_codes(good, ACCEPTABLE)
        for change in ({"script": "/in/another"}, {"argv": ["/usr/bin/jq", "-nf", "/in/another"]},
                       {"argv": ["/opt/script"]}, {"argv": ["/usr/bin/python3", *payload["argv"][1:]]},
                       {"argv": ["q", *payload["argv"][1:]]}):
            self.refused(good, lambda d, plan, change=change: plan["payload"].update(change),
                         "command")

    def test_words_that_nobody_writes(self):
        good = self.make("--setenv", "ANSWER", "a\\b\u00e4")
        self.assert_codes(good, ACCEPTABLE)
        for words in ("\\x2dc", "\\q", "\\", "\\x00", "\\xC3"):
            self.refused(good, lambda d, plan, words=words: plan["payload"]["argv"].append(words),
                         "schema-value")
            self.refused(good, lambda d, plan, words=words: plan["environment"].append(
                "A=" + words), "schema-value")

    def test_what_attest_has_no_option_for(self):
        """There is no payload that it could let start programs."""
        document, ran = self.attest(), self.make("--allow-exec")
        document["binding"]["filters"] = ran["binding"]["filters"]
        for place in (document, document["binding"]["plan"]):
            place.update(profile="declared-deviations", deviations=["allow-exec"])
        self.replan(document)
        self.assert_codes(document, REJECTED, "command",
                          options=("--allow-deviation", "allow-exec"))

    def test_a_version_that_is_none(self):
        """It stands in two places, and they agree."""
        good = self.make()
        for version in ("", "0.1.0 (mine)", "0.1.0\\x0a"):
            def change(d, plan, version=version):
                d["runtime"] = "denybox " + version
                d["binding"]["launcher_version"] = version
            self.refused(good, change, "schema-value")

    def test_a_variable_without_a_value(self):
        good = self.make("--setenv", "AB", "1")
        self.refused(good, lambda d, plan: plan["environment"].__setitem__(-1, "AB"), "environment")

    def test_a_plan_that_contradicts_itself(self):
        plain, kept = self.make(), self.make(*self.io)
        for good, change in (
                (plain, lambda d, plan: plan["output"].update(strict=True)),
                (kept, lambda d, plan: plan["output"].update(keep_failed=True)),
                (plain, lambda d, plan: plan["mounts"][2].update(source="elsewhere")),
                (plain, lambda d, plan: plan["mounts"][3].update(source="/tmp")),
                (plain, lambda d, plan: plan["mounts"].insert(2, plan["mounts"].pop()))):
            self.refused(good, change, "mounts")

    def test_a_layer_that_the_kernel_has_not(self):
        good = self.make()

        def change(modules, in_force=True):
            def edit(document, _):
                document["layers"]["landlock"] = {"in_force": in_force, "abi": int(in_force)}
                document["host"]["security_modules"] = modules
            return edit
        for modules in ("capability,yama", "", "capability,landlocked", "xlandlock"):
            self.refused(good, change(modules), "layers")
        for modules, in_force in (("capability,landlock", True), ("landlock,yama", True),
                                  (None, True), ("capability,yama", False)):
            document = copy.deepcopy(good)
            change(modules, in_force)(document, None)
            self.assert_codes(document, ACCEPTABLE)

    def test_a_probe_that_only_attest_makes(self):
        probe = next(p for p in self.attest()["probes"] if p["probe_id"] == "DX-ABI")
        probe["artifact_path"] = None

        def change(d, _):
            next(p for p in d["probes"] if p["probe_id"] == "DX-ABI").update(probe)
        self.refused(self.make(), change, "probe-observed")

    def test_the_flags_of_mounts(self):
        document = self.make("--proc", "--dev", "--ro-bind", self.path("in"), "/data")
        allowed = ("--allow-deviation", "proc", "--allow-deviation", "dev", "--allow-deviation",
                   "ro-bind")
        self.assert_codes(document, ACCEPTABLE, options=allowed)
        for number, mount in enumerate(document["binding"]["plan"]["mounts"]):
            words = mount["flags"].split(",")
            for flags in ("", words[0], ",".join(words[:-1]), ",".join(words[::-1]),
                          mount["flags"] + ","):
                changed = copy.deepcopy(document)
                changed["binding"]["plan"]["mounts"][number]["flags"] = flags
                self.replan(changed)
                self.assertEqual(self.codes(changed, *allowed), (REJECTED, {"mounts"}), mount["at"])

    def test_processors(self):
        """As many as the process says that it had."""
        document = self.make("--cpus", "2")
        have = document["limits"]["cpus"]["value"]
        if have != 2:
            self.skipTest("this host has one processor")
        self.refused(document, lambda d, plan: d["limits"]["cpus"].update(value=1), "limits")

    def test_lines_of_status(self):
        """What stands beside its lines is not read, and so may not be there."""
        good = self.make()
        status = base64.b64decode(good["raw"]["status_b64"])
        for forged in (status[:-1], status + b"CapEff:\tffff", status + b"\n", status + b"x\n",
                       status + b":\n", status + b"A:\rCapEff:\t0\n", status + b"A:\x1b[2K\n"):
            document = copy.deepcopy(good)
            mutation.set_raw(document, "status", forged)
            self.assert_codes(document, REJECTED, "raw-text")

    def test_the_lines_of_attest(self):
        """attest.jsonl is known from the bundle."""
        document = self.attest(*self.io)
        number = [o["path"] for o in document["result"]["outputs"]].index("attest.jsonl")
        output = document["result"]["outputs"][number]
        with open(self.path("out", "attest.jsonl"), "rb") as file:
            self.assertEqual(output["sha256"], bundle.sha256(file.read()))
        for change in ({"sha256": mutation.A_DIGEST}, {"size": output["size"] + 1}):
            self.refused(document, lambda d, plan, change=change:
                         d["result"]["outputs"][number].update(change), "result")

    def test_outputs_that_did_not_fit(self):
        support.write(self.path("in", "file"), "content")
        document = self.make("--out", self.path("out"), "--out-size", "64k", payload=(
            "calls", "openat -100 s:/out/a 0xc1 0644", "openat -100 s:/out/b 0xc1 0644"))
        outputs = document["result"]["outputs"]
        self.assertEqual(len(outputs), 2)
        for output in outputs:
            output.update(size=1 << 15, sha256=mutation.A_DIGEST)
        self.assert_codes(document, ACCEPTABLE)
        outputs[1].update(size=(1 << 15) + 1, sha256="sha256:" + "6" * 64)
        self.assert_codes(document, REJECTED, "result")


class Mounts(Verify):
    """Rows of mountinfo that each have the right flags, and are not the sandbox of the plan."""

    ALL = ("--allow-deviation", "proc", "--allow-deviation", "dev", "--allow-deviation", "ro-bind")

    def refused(self, good, *edits, options=()):
        forged = copy.deepcopy(good)
        for old, new in edits:
            mutation.edit_raw(forged, "mountinfo", old, new)
        mutation.seal(forged)
        self.assertEqual(self.codes(forged, *options), (REJECTED, {"mounts"}), edits)

    def test_an_input_that_can_be_written_to(self):
        """The file system and directory of --out at another place, too: whole, beneath, above."""
        good = self.make(*self.io)
        self.assert_codes(good, ACCEPTABLE)
        at = good["raw"]["mountinfo"].split(" /in ")[0].split(" ")[-1].encode()
        self.assertTrue(at.endswith(b"/in"), at)
        place = at[:-len(b"/in")] + b"/out"
        for root in (place, place + b"/beneath", place[:place.rindex(b"/")] or b"/", b"/"):
            self.refused(good, (at + b" /in ", root + b" /in "))

    def test_a_root_that_is_not_the_planned_one(self):
        path = self.path("root.json")
        self.assert_status(denybox("run", "--venue", "VPS", "--rootfs", support.rootfs(),
                                   "--evidence", path, "--", "/usr/bin/busybox", "true"), 0)
        good = self.evidence("root.json")
        self.assert_codes(good, ACCEPTABLE)
        layers = b" - overlay denybox ro,lowerdir=skeleton:root"
        for new in (b" - ext4 /dev/sda rw", b" - tmpfs none rw", b" - overlay denybox ro",
                    b" - overlay denybox rw,lowerdir=skeleton:root",
                    b" - overlay denybox ro,lowerdir=root",
                    b" - overlay denybox ro,lowerdir=evil,lowerdir=skeleton:root",
                    layers + b",upperdir=u,workdir=w"):
            self.refused(good, (layers, new))
        self.refused(good, (b" / / ro", b" /x / ro"))

    def test_the_size_of_a_tmpfs(self):
        good = self.make("--out", self.path("new"), "--out-size", "1m", "--tmp-size", "2m")
        self.assert_codes(good, ACCEPTABLE)
        for size in (b"size=1024k", b"size=2048k"):
            for new in (b"size=1020k", b"size=4096k", size + b"," + size, b"size=0" + size[5:],
                        size[:-1], size[:-1] + b"m", b"xsize=4k", size[:-1] + b"xk"):
                self.refused(good, (size, new))
        self.refused(good, (b"none rw,size=1024k", b"none ro,size=1024k"))
        limits = good["binding"]["plan"]["limits"]
        limits["tmp_bytes"] -= 1
        self.replan(good)
        self.assert_codes(good, ACCEPTABLE)  # in whole pages
        limits["tmp_bytes"] -= 1 << 16
        self.replan(good)
        self.assert_codes(good, REJECTED, "mounts")

    def test_a_file_system_for_two(self):
        good = self.make()
        rows = [row.split(" ") for row in good["raw"]["mountinfo"].splitlines()]
        device = {row[4]: row[2].encode() for row in rows}
        for one, other in (("/", "/tmp"), ("/in", "/out"), ("/out", "/tmp")):
            self.refused(good, (device[one] + b" / ", device[other] + b" / "))

    def test_mounts_that_are_not_on_each_other(self):
        good = self.make()
        number = {row.split(" ")[4]: row.split(" ")[0].encode() + b" "
                  for row in good["raw"]["mountinfo"].splitlines()}
        self.refused(good, (number["/tmp"] + number["/"], number["/tmp"] + b"2147483647 "))
        self.refused(good, (number["/tmp"] + number["/"], number["/tmp"] + number["/out"]))
        self.refused(good, (number["/tmp"] + number["/"], number["/out"] + number["/"]))

    def test_devices(self):
        good = self.make("--dev")
        options = ("--allow-deviation", "dev")
        self.assert_codes(good, ACCEPTABLE, options=options)
        self.refused(good, (b"/null /dev/null", b"/sda /dev/null"), options=options)
        self.refused(good, (b"/zero /dev/zero", b"/null /dev/null"), options=options)
        self.refused(good, (b"/null /dev/null", b"/srv/null /dev/null"), options=options)
        rows = base64.b64decode(good["raw"]["mountinfo_b64"]).splitlines(keepends=True)
        without, = (row for row in rows if b" /dev/full " in row)
        self.refused(good, (without, b""), options=options)
        # Of a host whose /dev is no file system of its own.
        mutation.edit_raw(good, "mountinfo", b"/null /dev/null", b"/srv/dev/null /dev/null")
        mutation.seal(good)
        self.assert_codes(good, ACCEPTABLE, options=options)

    def test_a_place_with_other_than_plain_characters(self):
        place = "/d\u00e4 \\x41"
        good = self.make("--ro-bind", self.path("in"), place)
        options = ("--allow-deviation", "ro-bind")
        self.assert_codes(good, ACCEPTABLE, options=options)
        good["binding"]["plan"]["mounts"][4]["at"] = "/d\\xc3\\xa4 A"
        self.replan(good)
        self.assert_codes(good, REJECTED, "mounts", "deviation-mount", options=options)


class Texts(Verify):
    """Texts that no kernel has written, and what they contradict."""

    def refused(self, good, edit, *codes):
        forged = copy.deepcopy(good)
        edit(forged)
        mutation.seal(forged)
        status, found = self.codes(forged)
        self.assertEqual(status, REJECTED)
        self.assertLessEqual(set(codes), found)

    def edited(self, good, name, old, new, *codes):
        self.refused(good, lambda d: mutation.edit_raw(d, name, old, new), *codes)

    def test_an_interface_that_was_used(self):
        """As that of a host with no other would have been."""
        good = self.make()
        self.edited(good, "proc_net_dev", b"lo:       0 ", b"lo:  409600 ", "namespaces")

    def test_a_status_without_end(self):
        """Nobody waits for its hundred thousand names to be held against each other."""
        forged = self.make()
        letters = itertools.product("abcdefghijklmnopqrstuvwxyz0123456789_", repeat=4)
        names = ("".join(name) for name in itertools.islice(letters, 110000))
        mutation.set_raw(forged, "status", "".join(f"{name}:\t\n" for name in names).encode())
        mutation.seal(forged)
        done = denybox("verify", self.save(forged), timeout=20)
        self.assert_status(done, REJECTED)
        self.assertIn("raw-text: raw.status_b64 is longer than what is read", done.out)

    def test_a_heading_that_is_none(self):
        good = self.make()
        lo = good["raw"]["proc_net_dev"].splitlines()[2].encode()
        self.refused(good, lambda d: mutation.set_raw(
            d, "proc_net_dev", lo.replace(b"lo:", b"|eth0:") + b"\n|\n" + lo + b"\n"), "probe-failed")
        self.edited(good, "proc_net_dev", lo, b"lo:", "probe-failed")

    def test_processors_that_nobody_sees(self):
        good = self.make()
        mask = re.search(r"Cpus_allowed:\t(.*)\n", good["raw"]["status"]).group(1).encode()
        line = b"Cpus_allowed:\t" + mask
        for new in (b"Cpus_allow:\t" + mask, b"Cpus_allowed:\tx", b"Cpus_allowed:\t",
                    line + b",", line + b",0", line + b"x", b"Cpus_allowed:\t000000000" + mask,
                    line + b"\n" + line):
            self.edited(good, "status", line + b"\n", new + b"\n", "limits")

    def test_a_session_of_another(self):
        good = self.make()
        self.edited(good, "status", b"NSsid:\t", b"NSsid:\t1", "probe-observed")
        for name in (b"NSsid", b"NSpid"):
            self.edited(good, "status", name + b":", b"Other:", "probe-observed")

    def test_a_text_that_nobody_could_read(self):
        """All of it is missing, and what is judged by it with it."""
        good = self.make()
        for name in ("mountinfo", "proc_net_dev", "status", "env_keyset"):
            document = copy.deepcopy(good)
            raw = document["raw"]
            raw.update({key: None for key in raw if key in (name, name + "_b64")})
            raw.pop(name + "_sha256", None)
            for probe in document["probes"]:
                if probe["raw_ref"] == "/raw/" + name:
                    probe.update(verdict="NOT_RUN", errno_or_exit=0,
                                 actual_stderr_or_value="could not be read")
            mutation.seal(document)
            status, codes = self.codes(document)
            # The launcher has digests of the first two, and PATH cannot have been found in none.
            self.assertEqual(status, BLOCKED if name == "status" else REJECTED)
            self.assertIn("probe-not-run", codes)

    def test_a_second_spelling(self):
        good = self.make()
        for name, old, new, *codes in (
                ("SigBlk", b":\t0000000000000000", b":\t", "probe-failed"),
                ("CapEff", b":\t0000000000000000", b":\t0", "probe-failed"),
                ("CapEff", b":\t", b":", "raw-text"),
                ("CapEff", b":\t", b" :\tff\nCapEff:\t", "raw-text"),
                ("Seccomp_filters", b":\t", b":\t0", "filters", "probe-not-run")):
            line = name.encode() + old
            self.edited(good, "status", line, line.replace(old, new), *codes)

    def test_a_text_that_is_too_long(self):
        """More than is read of one; and a line that is there twice."""
        good = self.make()
        status = good["raw"]["status"].encode()
        self.refused(good, lambda d: mutation.set_raw(d, "status", status + b"".join(
            b"A%d:\t1\n" % n for n in range(6000))), "raw-text")
        self.refused(good, lambda d: mutation.set_raw(d, "status", status + b"Umask:\t0022\n"),
                     "raw-text")

    def test_names_of_variables(self):
        good = self.make("--setenv", "AB", "1")
        for name, code in (("A\\x00B", "schema-value"), ("A=B", "raw-text")):
            def edit(document, name=name):
                keys = document["raw"]["env_keyset"]
                keys[keys.index("AB")] = name
                document["binding"]["plan"]["environment"][-1] = name + "=1"
                self.replan(document)
            self.refused(good, edit, code)

    def test_a_convention_of_another_machine(self):
        good = self.attest()
        if good["host"]["machine"] != "x86_64":
            self.skipTest("this machine has no foreign convention")

        def edit(document, observed, actual):
            probe = next(p for p in document["probes"] if p["probe_id"] == "DX-ABI")
            probe.update(observed=observed, actual_stderr_or_value=actual, errno_or_exit=11)
        self.refused(good, lambda d: edit(d, [{"what": "no such entry", "value": 11}],
                                          "no such entry SEGV"), "probe-observed")
        self.refused(good, lambda d: edit(d, [{"what": "int 0x80", "value": 31},
                                              {"what": "x32", "value": 11}],
                                          "int 0x80 SYS, x32 SEGV"), "probe-failed")


class Left(Verify):
    """Outputs that no payload can have left, or no audit have listed."""

    A_FILE = {"type": "file", "size": 1, "sha256": mutation.A_DIGEST, "odd": []}
    A_DIRECTORY = {"type": "directory", "size": 0, "sha256": None, "odd": []}
    EMPTY = bundle.sha256("")

    def listed(self, good, *outputs, **result):
        document = copy.deepcopy(good)
        document["result"]["outputs"] = [
            {"path": path, "path_b64": base64.b64encode(path.encode()).decode(), **fields}
            for path, fields in outputs]
        document["result"].update({
            "outputs_entries": len(outputs), "outputs_complete": True,
            "outputs_odd": sum(bool(fields["odd"]) for _, fields in outputs), **result})
        return document

    def refused(self, good, *outputs, **result):
        self.assert_codes(self.listed(good, *outputs, **result), REJECTED, "result")

    def accepted(self, good, *outputs, **result):
        self.assert_codes(self.listed(good, *outputs, **result), ACCEPTABLE)

    def test_their_tree(self):
        good = self.make(*self.io)
        file, directory = self.A_FILE, self.A_DIRECTORY
        shut = {**directory, "odd": ["unreadable"]}
        link = {"type": "link", "size": 0, "sha256": None, "odd": ["link"]}
        self.accepted(good, ("a", directory), ("a/b", directory), ("a/b/c", file), ("a/d", file),
                      ("e", directory), ("f", shut))
        for outputs in ((("a/b", file),), (("a", file), ("a/b", file)), (("a", link), ("a/b", file)),
                        (("a", shut), ("a/b", file)), (("a", directory), ("ab/c", file)),
                        (("a", directory), ("a/b", file), ("a/b/c", file)),
                        (("a", directory), ("a/b/c", file)), (("a" * 256, file),)):
            self.refused(good, *outputs)
        self.accepted(good, ("a" * 255, file))

    def test_how_deep(self):
        good = self.make(*self.io)
        deep = {**self.A_DIRECTORY, "odd": ["too deep"]}
        tree = [("/".join("d" * n), self.A_DIRECTORY) for n in range(1, 129)]
        last = tree[-1][0] + "/d"
        self.accepted(good, *tree, (last, self.A_FILE))
        self.accepted(good, *tree, (last, deep))
        self.refused(good, *tree, (last, self.A_DIRECTORY))
        self.refused(good, *tree[:-1], (tree[-1][0], deep))
        self.refused(good, *tree, (last, deep), (last + "/d", self.A_FILE))

    def test_their_digests(self):
        good = self.make(*self.io)
        file = self.A_FILE
        self.accepted(good, ("a", {**file, "size": 0, "sha256": self.EMPTY}), ("b", file), ("c", file))
        self.refused(good, ("a", {**file, "size": 0}))
        self.refused(good, ("a", {**file, "sha256": self.EMPTY}))
        self.refused(good, ("a", file), ("b", {**file, "size": 2}))
        untaken = {**file, "sha256": None, "odd": ["not digested"]}
        self.refused(good, ("a", untaken))
        self.accepted(good, ("a", {**untaken, "size": (4 << 30) + 1}))

    def test_their_words(self):
        """Those that there are, each once and in their order."""
        good = self.make(*self.io)
        odd = {**self.A_FILE, "odd": ["setuid or setgid", "more than one name"]}
        self.accepted(good, ("a", odd))
        for words in (odd["odd"][::-1], [*odd["odd"], odd["odd"][-1]], [*odd["odd"], "strange"],
                      ["strange", *odd["odd"]]):
            self.refused(good, ("a", {**odd, "odd": words}))

    def test_what_did_not_fit(self):
        good = self.make("--out", self.path("new"), "--out-size", "64k", "--fsize", "64k")
        half = {**self.A_FILE, "size": 1 << 15}
        large = {**half, "size": (1 << 15) + 1, "sha256": None, "odd": ["too large"]}
        self.accepted(good, ("a", half), ("b", large), ("c", half))
        self.refused(good, ("a", half), ("b", {**large, "size": 1 << 15}))
        self.refused(good, ("a", {**large, "size": (1 << 16) + 1}))  # of --fsize
        self.refused(good, ("a", half), ("b", {**large, "odd": [], "sha256": "sha256:" + "6" * 64}))

    def test_one_that_did_not_fit_in_fact(self):
        good = self.make("--out", self.path("new"), "--out-size", "64k", payload=(
            "calls", "openat -100 s:/out/a 0x42 0644", "ftruncate 3 1048576"))
        output, = good["result"]["outputs"]
        self.assertEqual((output["size"], output["odd"]), (1 << 20, ["too large"]))
        self.assertEqual(good["result"]["outputs_state"], "published")
        self.assert_codes(good, ACCEPTABLE)

    def test_how_many(self):
        good = self.make(*self.io)
        few = [("a", self.A_FILE)]
        many = [(f"{n:04}", self.A_FILE) for n in range(1001)]
        self.accepted(good, *many[:1000])
        self.accepted(good, *many[:1000], outputs_entries=1001, outputs_complete=False)
        self.accepted(good, *many[:1000], outputs_entries=1001, outputs_complete=False, outputs_odd=1)
        self.refused(good, *many[:1000], outputs_entries=1001, outputs_complete=False, outputs_odd=2)
        self.refused(good, *many[:1000], outputs_entries=1000, outputs_complete=False)
        one = [(many[0][0], {**self.A_FILE, "odd": ["more than one name"]}), *many[1:1000]]
        self.accepted(good, *one, outputs_entries=1001, outputs_complete=False, outputs_odd=1)
        self.refused(good, *one, outputs_entries=1001, outputs_complete=False, outputs_odd=0)
        self.assert_codes(self.listed(good, outputs_complete=False), BLOCKED, "outputs-unknown")
        self.refused(good, *many)
        self.refused(good, *few, outputs_entries=2, outputs_complete=False)
        self.refused(self.make(), outputs_entries=1, outputs_complete=False)

    def test_how_long_their_paths_are(self):
        """524288 bytes together; a list that ends before that ends where the next did not fit."""
        good = self.make(*self.io)
        deep = ["/".join(["d" * 250] * depth) for depth in range(1, 21)]
        names = [f"{deep[-1]}/{n:04}" for n in range(200)]
        room = (524288 - sum(map(len, deep))) // len(names[0])
        many = [(path, self.A_DIRECTORY) for path in deep] + [(path, self.A_FILE) for path in names]
        many, one_more = many[:20 + room], many[:21 + room]
        self.accepted(good, *many)
        self.refused(good, *one_more)
        self.accepted(good, *many, outputs_entries=1001, outputs_complete=False)
        self.refused(good, *one_more, outputs_entries=1001, outputs_complete=False)
        self.refused(good, *many[:-7], outputs_entries=1001, outputs_complete=False)

    def test_what_attest_leaves(self):
        good = self.attest("--controls", "--out", self.path("out"))
        self.assert_codes(good, ACCEPTABLE)
        names = ["attest.jsonl", "controls.json", "report.md", "sandbox-attestation-inside.json"]
        self.assertEqual([output["path"] for output in good["result"]["outputs"]], names)
        for number in range(4):
            document = copy.deepcopy(good)
            del document["result"]["outputs"][number]
            document["result"]["outputs_entries"] -= 1
            self.assert_codes(document, REJECTED, "result")
        for number in range(4):
            document = copy.deepcopy(good)
            document["result"]["outputs"][number]["sha256"] = mutation.A_DIGEST
            self.assert_codes(document, REJECTED, "result")
        for number in (0, 2, 3):
            document = copy.deepcopy(good)
            document["result"]["outputs"][number]["size"] += 1
            self.assert_codes(document, REJECTED, "result")

    def test_what_attest_leaves_among_many(self):
        """Not all of the outputs are listed then: what is, is held all the same."""
        for n in range(1000):
            support.write(self.path("out", f"there{n:03}"))
        good = self.attest("--controls", "--out", self.path("out"))
        self.assertFalse(good["result"]["outputs_complete"])
        self.assert_codes(good, ACCEPTABLE)
        for name in ("attest.jsonl", "controls.json", "report.md", "sandbox-attestation-inside.json"):
            document = copy.deepcopy(good)
            output = next(o for o in document["result"]["outputs"] if o["path"] == name)
            output["sha256"] = mutation.A_DIGEST
            self.assert_codes(document, REJECTED, "result")

    def test_the_document_of_another_sandbox(self):
        """What was written inside is what the bundle says, by whatever hand that is written anew."""
        good = self.attest("--out", self.path("out"))
        os.mkdir(self.path("other"))
        other = self.attest("--out", self.path("other"), "--hostname", "other")
        name = "sandbox-attestation-inside.json"
        document, theirs = (next(o for o in d["result"]["outputs"] if o["path"] == name)
                            for d in (good, other))
        with open(self.path("out", name), "rb") as file:
            self.assertEqual(document["sha256"], bundle.sha256(file.read()))
        self.assertNotEqual(document["sha256"], theirs["sha256"])
        self.assert_status(self.verify(json.dumps(good, sort_keys=True)), ACCEPTABLE)
        for change in (theirs, {"sha256": theirs["sha256"]}, {"size": document["size"] + 1}):
            forged = copy.deepcopy(good)
            next(o for o in forged["result"]["outputs"] if o["path"] == name).update(change)
            self.assert_codes(forged, REJECTED, "result")
        # That nobody could read it, to take its digest, says nothing of its size.
        document.update(sha256=None, odd=["unreadable"])
        good["result"]["outputs_odd"] = 1
        self.assert_codes(good, ACCEPTABLE)
        document["size"] += 1
        self.assert_codes(good, REJECTED, "result")


class Controls(Verify):
    """Controls that are of another run, or showed nothing."""

    def setUp(self):
        super().setUp()
        self.good = self.attest("--controls", "--out", self.path("out"))
        self.file = support.load_json(support.read(self.path("out", "controls.json")))

    def refused(self, change, *codes):
        matrix, document = copy.deepcopy(self.file), copy.deepcopy(self.good)
        change(matrix)
        path = self.save(matrix, "controls.json")
        mutation.vouch(document, support.read(path), matrix["run_at"])
        self.assert_codes(document, *((REJECTED, *codes) if codes else (ACCEPTABLE,)),
                          options=("--controls", path))

    def unflipped(self, removal, *names):
        def change(matrix):
            row = next(row for row in matrix["matrix"] if row["removal"] == removal)
            row["flipped"] = [name for name in row["flipped"] if name not in names]
            for probe in row["probes"]:
                if probe["probe_id"] in names:
                    probe["verdict"] = "PASS"
        return change

    def test_when(self):
        self.refused(lambda matrix: None)
        ended = time.time()
        for late, code in ((-86400, "dates"), (86400, "from-future")):
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ended + late))
            self.refused(lambda m, moment=moment: m.update(run_at=moment), code)

    def test_long_after(self):
        for key in ("started_at", "finished_at"):
            self.good["freshness"][key] = "2026-01-01T00:00:00Z"
        self.good["run_date"] = "2026-01-01"
        self.file["run_at"] = "2026-01-01T01:00:00Z"
        self.refused(lambda matrix: None)
        self.file["run_at"] = "2026-01-01T01:00:01Z"
        self.refused(lambda matrix: None, "dates")

    def test_its_own_counts(self):
        for change in ({"faults": 5}, {"removals": self.file["removals"] - 1}, {"removals": 99}):
            self.refused(lambda matrix, change=change: matrix.update(change), "controls")

    def test_nothing_was_not_tried(self):
        """The row that takes nothing away is the control of the others."""
        row = self.file["matrix"][0]
        self.assertEqual(row["removal"], "nothing")
        row.update(ran=False, reason="no memory", flipped=[], probes=[])
        row["launcher"]["found"] = []
        path = self.save(self.file, "controls.json")
        mutation.vouch(self.good, support.read(path))
        self.assert_codes(self.good, BLOCKED, "controls-not-run", options=("--controls", path))

    def test_what_no_host_explains(self):
        """The bundle has no filter but denybox's own: no other can have answered first."""
        if "Seccomp_filters:\t2\n" not in self.good["raw"]["status"]:
            self.skipTest("there are filters around this test")
        for name in ("PR-EXEC-1", "PR-SOCK-1", "DX-CLONE3", "DX-SECCOMP"):
            self.refused(self.unflipped("filter", name), "controls")
        self.refused(self.unflipped("everything", "PR-NET-1"), "controls")
        self.refused(self.unflipped("old-root", "PR-MOUNT-1"), "controls")

    def test_of_another(self):
        self.refused(lambda matrix: matrix.update(seccomp="targeted"), "controls")
        for name, actual in (("DX-ABI", "no such entry SEGV"), ("DX-IDS", "uid 1, gid 1"),
                             ("DX-SECCOMP", "mode 2, filters 9")):
            def change(matrix, name=name, actual=actual):
                probe = next(p for p in matrix["matrix"][0]["probes"] if p["probe_id"] == name)
                probe["actual_stderr_or_value"] = actual
            self.refused(change, "controls")


class Foreign(Verify):
    """Bundles of the stand-alone attester, of another sandbox."""

    def test_needs_base(self):
        document = self.foreign()
        self.assert_codes(document, BLOCKED, "denybox-only")
        text = self.verify(document).out
        for name in ("binding", "observed", "limits", "layers", "result"):
            self.assertIn(f"denybox-only: {name} is missing", text)
        self.assert_codes(document, ACCEPTABLE, options=("--base",))

    def test_a_bundle_of_denybox_is_never_one(self):
        document = self.foreign()
        document["runtime"] = "denybox 0.1.0"
        self.assertEqual(self.codes(document, "--base")[0], REJECTED)

    def test_no_shell(self):
        document = self.foreign()
        probe = next(p for p in document["probes"] if p["probe_id"] == "PR-EXEC-1")
        probe["observed"][0]["value"] = probe["errno_or_exit"] = 2
        probe["actual_stderr_or_value"] = "ENOENT"
        probe["verdict"] = "PASS"
        self.assert_codes(document, ACCEPTABLE, options=("--base",))
        self.assertEqual(self.codes(document)[0], BLOCKED)
        probe["verdict"] = "ABSENT"
        self.assert_codes(document, REJECTED, "verdict-forged", options=("--base",))
        own = self.attest()
        probe = next(p for p in own["probes"] if p["probe_id"] == "PR-EXEC-1")
        probe.update(errno_or_exit=2, actual_stderr_or_value="ENOENT", verdict="ABSENT")
        probe["observed"][0]["value"] = 2
        self.assert_codes(own, REJECTED, "probe-failed", options=("--base",))

    def test_what_is_not_known(self):
        document = self.foreign()
        document["image_digest"] = None
        self.assert_codes(document, BLOCKED, "image-missing", options=("--base",))
        document["seccomp_sha256"] = None
        self.assert_codes(document, BLOCKED, "image-missing", "profile-missing",
                          options=("--base",))
        document["seccomp_sha256"] = mutation.A_DIGEST
        self.assert_codes(document, REJECTED, "image-missing", "profile-unknown",
                          options=("--base",))

    def test_its_own_probes_are_not_needed(self):
        document = self.foreign()
        probe = next(p for p in document["probes"] if p["probe_id"] == "DX-SESSION")
        probe["observed"][0]["value"] = probe["errno_or_exit"] = 1
        probe.update(actual_stderr_or_value="EPERM", verdict="FAIL")
        self.assert_codes(document, ACCEPTABLE, options=("--base",))
        document["probes"].remove(probe)
        self.assert_codes(document, ACCEPTABLE, options=("--base",))
        self.assert_codes(document, REJECTED, "denybox-only", "probe-missing")
        document["probes"] = [p for p in document["probes"] if p["probe_id"] != "PR-DYNIMPORT"]
        # Row 35 is bound to nothing else.
        self.assert_codes(document, REJECTED, "probe-missing", "matrix-uncovered",
                          options=("--base",))

    def test_a_bundle_of_denybox_is_held_to_all_probes(self):
        """Its gate stays shut where one of them fails: --base lets it off nothing."""
        good = self.make()
        self.assert_codes(good, ACCEPTABLE, options=("--base",))
        number = [probe["probe_id"] for probe in good["probes"]].index("DX-SESSION")
        document = copy.deepcopy(good)
        probe = document["probes"][number]
        probe["observed"][0]["value"] = probe["errno_or_exit"] = 1
        probe.update(actual_stderr_or_value="EPERM", verdict="FAIL")
        self.assert_codes(document, REJECTED, "probe-failed", options=("--base",))
        document = copy.deepcopy(good)
        document["probes"][number]["control"]["result"] = "not run"
        self.assert_codes(document, BLOCKED, "probe-not-run", options=("--base",))

    def test_a_wall_of_the_twelve(self):
        document = self.foreign()
        probe = next(p for p in document["probes"] if p["probe_id"] == "PR-NET-1")
        probe["observed"] = [{"what": "datagram", "value": 0}]
        probe.update(actual_stderr_or_value="success", errno_or_exit=0, verdict="FAIL")
        self.assert_codes(document, REJECTED, "probe-failed", options=("--base",))

    def test_what_denybox_alone_has_is_refused(self):
        document = self.foreign()
        document["layers"] = {"landlock": {"in_force": True, "abi": 7}}
        self.assert_codes(document, REJECTED, "schema-unknown", options=("--base",))


class Forged(Verify):
    """Things that hang together, changed together."""

    def test_verdicts(self):
        document = self.attest()
        for probe in document["probes"]:
            if probe["probe_id"] == "PR-DYNIMPORT":
                probe["verdict"] = "PASS"
        self.assert_codes(document, REJECTED, "verdict-forged")
        for probe in document["probes"]:
            if probe["probe_id"] == "PR-DYNIMPORT":
                probe["verdict"] = "FAIL"
        self.assert_codes(document, REJECTED, "verdict-forged")

    def test_controls(self):
        document = self.attest("--controls")
        self.assert_codes(document, ACCEPTABLE)
        count = document["controls"]["removals"]
        for name, value, status, code in (
                ("faults", 1, REJECTED, "controls"),
                ("removals", count + 1, REJECTED, "controls"),
                ("golden_sha256", mutation.A_DIGEST, REJECTED, "controls"),
                ("removals", 0, BLOCKED, "controls-not-run"),
                ("removals", count - 1, BLOCKED, "controls-not-run")):
            changed = copy.deepcopy(document)
            changed["controls"][name] = value
            self.assert_codes(changed, status, code)

    def test_a_raw_text_and_its_digests(self):
        """Interfaces added in text, bytes and digest: the verdict and the outside say otherwise."""
        document = self.attest()
        raw = document["raw"]
        raw["proc_net_dev"] += "  eth0:       0       0\n"
        raw["proc_net_dev_b64"] = base64.b64encode(raw["proc_net_dev"].encode()).decode()
        raw["proc_net_dev_sha256"] = bundle.sha256(raw["proc_net_dev"])
        self.assert_codes(document, REJECTED, "observed-digest", "verdict-forged", "probe-forged",
                          "probe-failed")

    def test_keys_with_dots(self):
        document = self.attest()
        document["venue_identity.hostname"] = "x"
        self.assert_codes(document, REJECTED, "schema-unknown")
        document = self.attest()
        document["probes[]"] = {}
        self.assert_codes(document, REJECTED, "schema-unknown")

    def test_blocked(self):
        done = support.fault("skip:limits", "run", "--venue", "VPS", "--evidence",
                             self.path("b.json"), "--", support.PAYLOAD, "exit", "0")
        self.assert_status(done, support.EXIT_BLOCKED)
        done = denybox("verify", self.path("b.json"))
        self.assertIn(done.status, (REJECTED, BLOCKED))
        self.assertIn("result-blocked", done.out)

    def test_walls_that_are_missing(self):
        """A bundle of a sandbox without a wall is never acceptable, whatever was allowed."""
        allowed = [word for name in Deviations.OPTIONS for word in ("--allow-deviation", name)]
        for step, code in (("filter", "filters"), ("in", "mounts"), ("ns-ipc", "namespaces"),
                           ("session", "probe-failed")):
            path = self.path(step + ".json")
            done = support.fault(f"skip:{step}", "run", "--venue", "VPS", "--evidence", path, "--",
                                 support.PAYLOAD, "exit", "0")
            self.assert_status(done, support.EXIT_BLOCKED)
            status, codes = self.codes(support.load_json(support.read(path)), *allowed)
            self.assertEqual(status, REJECTED, step)
            self.assertIn(code, codes, step)


class Scanned(Verify):
    """A scan that is not what it says, or not of what ran."""

    def scanned(self, *words, options=()):
        support.write(self.path("in", "x.py"), "import json")
        done = denybox("run", "--in", self.path("in"), "--rootfs", support.rootfs(), "--venue",
                       "VPS", "--scan", "default", "--evidence", self.path("made.json"), *options,
                       "--", "python3", *words)
        self.assert_status(done, 0)
        document = self.evidence("made.json")
        os.remove(self.path("made.json"))
        return document

    def forge(self, document, change, *codes):
        forged = copy.deepcopy(document)
        change(forged, forged["scan"], forged["scan"]["files"])
        forged["binding"]["plan_sha256"] = bundle.sha256(
            mutation.canonical(forged["binding"]["plan"]))
        mutation.seal(forged)
        status, found = self.codes(forged)
        self.assertEqual((status, found), (REJECTED, set(codes)))

    def test_findings_and_verdicts(self):
        document = self.scanned("/in/x.py")
        self.assert_codes(document, ACCEPTABLE)
        evil = {"rule": "ctypes", "detail": "ctypes", "line": 1, "allowed": True}
        for change in (
                lambda d, scan, files: files[1]["findings"].append(evil),
                lambda d, scan, files: files[1]["findings"].append({**evil, "rule": "none"}),
                lambda d, scan, files: files[1]["findings"].append(
                    {**evil, "rule": "dlopen", "detail": "dlopen"}),
                lambda d, scan, files: scan.update(verdict="FAIL"),
                lambda d, scan, files: scan.update(verdict="NOT_RUN"),
                lambda d, scan, files: files[1].update(verdict="FAIL")):
            self.forge(document, change, "scan-forged")

    def test_the_probe_and_the_scan(self):
        document = self.scanned("/in/x.py")

        def not_run(d, scan, files):
            for probe in d["probes"]:
                if probe["probe_id"] == "PR-DYNIMPORT":
                    probe.update(verdict="NOT_RUN", observed=[], actual_stderr_or_value=
                                 "no check of the payload was asked for")
        self.forge(document, not_run, "scan-forged")
        self.forge(document, lambda d, scan, files: d.update(scan=None), "scan-forged",
                   "scan-differs")

        def none(d, scan, files):
            d["scan"] = d["binding"]["plan"]["scan"] = None
        self.forge(document, none, "scan-forged")
        plain = self.make()
        for probe in plain["probes"]:
            if probe["probe_id"] == "PR-DYNIMPORT":
                probe.update(verdict="PASS", observed=[{"what": "denied", "value": 0}],
                             actual_stderr_or_value="the policy allows all that the scan found")
        self.assert_codes(plain, REJECTED, "scan-forged")

    def test_of_what_ran(self):
        document = self.scanned("/in/x.py", options=("--setenv", "PYTHONUTF8", "1"))
        self.assert_codes(document, ACCEPTABLE)

        def without(rule):
            def change(d, scan, files):
                for file in files:
                    file["findings"] = [f for f in file["findings"] if f["rule"] != rule]
            return change
        for change in (
                lambda d, scan, files: files.pop(),
                lambda d, scan, files: files.pop(0),
                lambda d, scan, files: files[0].update(sha256=mutation.A_DIGEST),
                lambda d, scan, files: files[1].update(path="/in/y.py"),
                lambda d, scan, files: scan.update(policy="other.json"),
                without("interpreter"), without("environment")):
            self.forge(document, change, "scan-differs")

    def test_code(self):
        document = self.scanned("-I", "-c", "import json")
        self.assert_codes(document, ACCEPTABLE)
        self.forge(document, lambda d, scan, files: files[1].update(sha256=mutation.A_DIGEST),
                   "scan-differs")
        # Without -I it would have looked for json wherever it was.
        self.forge(document, lambda d, scan, files:
                   d["binding"]["plan"]["payload"]["argv"].remove("-I"), "scan-differs")

    def test_what_has_no_findings(self):
        """Only the payload says what was scanned then."""
        document = self.scanned("-I", "-c", "pass")
        self.assertEqual(document["scan"]["files"][1]["findings"], [])
        self.assert_codes(document, ACCEPTABLE)
        self.forge(document, lambda d, scan, files: files[1].update(kind="elf"), "scan-differs")
        self.forge(document, lambda d, scan, files: files[1].update(path="/in/x.py"), "scan-differs")
        plain = self.make("--scan", "default")
        plain["scan"]["files"][0]["findings"] = []
        self.assert_codes(plain, ACCEPTABLE)
        for change in (lambda d, scan, files: files[0].update(kind="python"),
                       lambda d, scan, files: files[0].update(path="/other"),
                       lambda d, scan, files: files.append(document["scan"]["files"][1])):
            self.forge(plain, change, "scan-differs")

    def test_a_script_by_a_path_that_is_not_absolute(self):
        document = self.scanned("x.py", options=("--chdir", "/in"))
        self.assert_codes(document, ACCEPTABLE)
        for cwd in ("/", "/it", "/in/x"):
            self.forge(document, lambda d, scan, files, cwd=cwd:
                       d["binding"]["plan"]["payload"].update(cwd=cwd), "scan-differs")

    def test_one_that_did_not_come_to_its_end(self):
        """It is blocked, whatever was found by then."""
        document = self.scanned("/in/x.py")
        probe = next(p for p in document["probes"] if p["probe_id"] == "PR-DYNIMPORT")
        document["scan"].update(verdict="NOT_RUN", incomplete="the source is too long")
        self.assert_codes(document, REJECTED, "scan-forged")
        probe.update(verdict="NOT_RUN", observed=[{"what": "denied", "value": -1}],
                     actual_stderr_or_value="the payload could not be scanned to its end")
        self.assert_codes(document, BLOCKED, "probe-not-run")

    def test_the_policy(self):
        document = self.scanned("/in/x.py")
        self.forge(document, lambda d, scan, files: scan.update(policy_sha256=mutation.A_DIGEST),
                   "scan-policy")

    def test_of_another_sandbox(self):
        document = self.foreign()
        for probe in document["probes"]:
            if probe["probe_id"] == "PR-DYNIMPORT":
                probe.update(verdict="PASS", observed=[{"what": "denied", "value": 0}],
                             actual_stderr_or_value="the policy allows all that the scan found")
        self.assert_codes(document, REJECTED, "scan-forged", options=("--base",))


class Container(Verify):
    """What the workflow asks of the report on a container's bundle."""

    QUESTION = os.path.join(support.SRC, "fixtures", "container", "only-mount.jq")

    def answer(self, document):
        mutation.seal(document)
        done = self.verify(document, "--json", "--base", "--nonce", "a-challenge")
        report = support.write(self.path("report.json"), done.out)
        return done.status, command(["jq", "-e", "-f", self.QUESTION, report]).out.strip()

    @unittest.skipUnless(shutil.which("jq"), "jq is not installed")
    def test_that_only_the_mounts_are_wrong(self):
        good = self.foreign("--nonce", "a-challenge")
        self.assertEqual(self.answer(good), (ACCEPTABLE, "false"))
        document = self.foreign("--nonce", "a-challenge", "--proc")
        self.assertEqual(self.answer(document), (REJECTED, "true"))
        for name, value in (("verdict", "PASS"), ("verdict", "NOT_RUN"), ("operation", "nothing")):
            for probe in range(13):
                changed = copy.deepcopy(document)
                if changed["probes"][probe][name] != value:
                    changed["probes"][probe][name] = value
                    self.assertEqual(self.answer(changed), (REJECTED, "false"), (name, probe))
        document["freshness"]["nonce"] = "another-challenge"
        self.assertEqual(self.answer(document), (REJECTED, "false"))


class Named(Verify):
    """The reason names the check: one field changed, and the code that must be among those said."""

    BEFORE = ("observed", "before_exec")
    FILTERS = ("binding", "filters")
    ROWS = (
        (("run_date",), "2020-01-01", "dates"),
        (("venue_identity", "sysname"), "Darwin", "venue-system"),
        (("venue_identity", "machine"), "riscv64", "host-differs"),
        (("host", "kernel"), "6.0.0", "host-differs"),
        (("host", "machine"), "riscv64", "host-differs"),
        (("seccomp_sha256",), mutation.A_DIGEST, "profile-unknown"),
        (("image_digest",), mutation.A_DIGEST, "image-differs"),
        (("binding", "image_digest_kind"), "root", "image-differs"),
        (("binding", "root_sha256"), mutation.A_DIGEST, "image-differs"),
        (("binding", "payload_sha256"), None, "image-differs"),
        (("binding", "input_sha256"), None, "image-differs"),
        (("runtime",), "denybox 99", "version-differs"),
        (("binding", "launcher_version"), "99", "version-differs"),
        (("profile",), "declared-deviations", "profile-differs"),
        (("deviations",), ["proc"], "profile-differs"),
        (("binding", "plan_sha256"), mutation.A_DIGEST, "plan-digest"),
        (("binding", "plan", "hostname"), "other", "plan-digest"),
        (("binding", "probe_rules_sha256"), mutation.A_DIGEST, "rules-digest"),
        ((*FILTERS, "bpf_sha256"), mutation.A_DIGEST, "bpf-digest"),
        ((*FILTERS, "bpf_b64"), "IAAAAAQAAAA=", "bpf-digest"),
        ((*FILTERS, "instructions"), 1, "bpf-digest"),
        ((*FILTERS, "profile"), "targeted", "bpf-unknown"),
        ((*FILTERS, "profile"), "targeted", "filters"),
        ((*FILTERS, "architectures"), [], "bpf-unknown"),
        ((*FILTERS, "seal_template_sha256"), mutation.A_DIGEST, "seal-digest"),
        ((*FILTERS, "seal_template_sha256"), None, "filters"),
        ((*FILTERS, "stacked_sha256"), [], "filters"),
        (("raw", "mountinfo"), "x", "raw-text"),
        (("raw", "mountinfo_b64"), None, "raw-text"),
        (("raw", "status_b64"), "eA==", "raw-digest"),
        (("raw", "proc_net_dev_sha256"), mutation.A_DIGEST, "raw-digest"),
        (("raw", "env_keyset"), ["HOME"], "environment"),
        (("raw", "env_keyset"), ["PATH", "HOME"], "raw-text"),
        ((*BEFORE, "mountinfo_sha256"), mutation.A_DIGEST, "observed-digest"),
        ((*BEFORE, "net_dev_sha256"), mutation.A_DIGEST, "observed-digest"),
        ((*BEFORE, "CapEff"), "0000000000000001", "status-differs"),
        ((*BEFORE, "Seccomp_filters"), "1", "status-differs"),
        ((*BEFORE, "namespaces", "net"), 0, "namespaces"),
        ((*BEFORE, "namespaces", "user"), 0xeffffffd, "namespaces"),
        ((*BEFORE, "uid_map"), "0 65532 1", "id-map"),
        ((*BEFORE, "gid_map"), "65532 65532 2", "id-map"),
        (BEFORE, None, "observed-missing"),
        (("observed", "after_exec"), None, "observed-missing"),
        (("observed", "after_exec", "namespaces", "mnt"), 4026532999, "exec-changed"),
        (("limits", "pids", "value"), 65, "limits"),
        (("limits", "memory", "value"), 1 << 27, "limits"),
        (("limits", "memory", "value"), 1, "schema-value"),
        (("limits", "cpus", "value"), 1000, "limits"),
        (("limits", "pids", "held_by"), "cgroup", "result"),
        (("limits", "memory", "held_by"), "cgroup", "limits"),
        (("limits", "memory", "scope"), "the sandbox", "limits"),
        (("limits", "cpus", "held_by"), "cgroup", "limits"),
        (("limits", "cpus", "held_by"), "rlimit", "schema-value"),
        (("binding", "plan", "limits", "cgroup"), "", "schema-value"),
        (("binding", "plan", "limits", "cgroup"), "a\\b", "schema-value"),
        (("binding", "plan", "limits", "cgroup"), "/\\x41", "schema-value"),
        (("binding", "plan", "limits", "cgroup"), "/" + "a" * 4095, "schema-value"),
        (("binding", "plan", "mounts", 0, "at"), "", "schema-value"),
        (("binding", "plan", "mounts", 1, "at"), "/in/", "schema-value"),
        (("binding", "plan", "payload", "cwd"), "in/..", "schema-value"),
        (("binding", "plan", "hostname"), "a b", "schema-value"),
        (("binding", "plan", "evidence"), "", "schema-value"),
        (("result", "events", "oom_kills"), 0, "result"),
        (("result", "events", "pids_refused"), 0, "result"),
        (("result", "limit"), "memory", "result"),
        (("result", "limit"), "fsize", "result"),
        (("result", "limit"), "pids", "schema-value"),
        (("layers", "landlock", "in_force"), None, "schema-type"),
        (("result", "ending"), "blocked", "result-blocked"),
        (("result", "number"), None, "result"),
        (("result", "elapsed_ms"), None, "result"),
        (("result", "time_limit"), "terminated", "result"),
        (("result", "time_limit"), "killed", "result"),
        (("result", "time_limit"), "kept", "schema-value"),
        (("limits", "time", "value"), 1, "limits"),
        (("limits", "time", "held_by"), "rlimit", "schema-value"),
        (("result", "outputs_entries"), 99, "result"),
        (("result", "outputs", 0, "path"), "another", "output-path"),
        (("probes", 0, "verdict"), "FAIL", "verdict-forged"),
        (("probes", 0, "errno_or_exit"), 2, "probe-forged"),
        (("probes", 0, "actual_stderr_or_value"), "EPERM", "probe-forged"),
        (("probes", 0, "operation"), "nothing", "probe-table"),
        (("probes", 0, "tests"), [], "probe-table"),
        (("probes", 0, "artifact_path"), "/out/attest.jsonl#PR-NET-1", "probe-table"),
        (("probes", 2, "observed", 0, "what"), "other", "probe-observed"),
        (("probes", 0, "observed", 0, "value"), 0, "probe-failed"),
        (("probes", 0, "observed", 0, "value"), -1, "probe-not-run"),
        (("probes", 0, "control", "result"), "not run", "probe-not-run"),
        (("probes", 0, "control", "result"), "EPERM", "probe-not-run"),
        (("probes", 0, "probe_id"), "PR-NET-2", "probe-twice"),
        (("probes", 0, "probe_id"), "PR-NET-9", "probe-unknown"),
        (("freshness", "nonce"), "short", "schema-value"),
    )

    def test_codes(self):
        good = self.rich()
        for path, value, code in self.ROWS:
            document = copy.deepcopy(good)
            place = document
            for step in path[:-1]:
                place = place[step]
            self.assertNotEqual(place[path[-1]], value, path)
            place[path[-1]] = value
            mutation.seal(document)
            status, codes = self.codes(document)
            self.assertIn(code, codes, path)
            self.assertIn(status, (REJECTED, BLOCKED), path)

    def test_the_plan_and_its_digest(self):
        """Who computes the plan's digest as well is still held to what was seen."""
        good = self.rich()
        for change, code in (
                (lambda plan: plan["mounts"][1].update(flags="rw,nosuid,nodev,noexec"), "mounts"),
                (lambda plan: plan["mounts"].pop(), "mounts"),
                (lambda plan: plan["environment"].pop(), "environment"),
                (lambda plan: plan["limits"].update(pids=1), "limits"),
                (lambda plan: plan["limits"].update(fsize_bytes=None), "limits"),
                (lambda plan: plan["limits"].update(timeout_seconds=None), "limits"),
                (lambda plan: plan["limits"].update(kill_after_seconds=None), "limits"),
                (lambda plan: plan["limits"].update(cgroup="/sys/fs/cgroup/box"), "limits"),
                (lambda plan: plan["limits"].update(cgroup="Auto"), "limits"),
                (lambda plan: plan.update(uid=1000), "id-map"),
                (lambda plan: plan.update(gid=1000), "id-map"),
                (lambda plan: plan.update(deviations=["proc"]), "profile-differs"),
                (lambda plan: plan["seccomp"].update(profile="targeted"), "filters"),
                (lambda plan: plan["seccomp"].update(stacked_json=None), "filters"),
                (lambda plan: plan["mounts"][0].update(source="/srv/root"), "image-differs"),
                (lambda plan: plan.update(payload=None), "image-differs")):
            document = copy.deepcopy(good)
            change(document["binding"]["plan"])
            document["binding"]["plan_sha256"] = bundle.sha256(
                mutation.canonical(document["binding"]["plan"]))
            mutation.seal(document)
            status, codes = self.codes(document)
            self.assertEqual(status, REJECTED)
            self.assertIn(code, codes)


@support.once
class Mutations(Verify):
    """One thing changed at a time, in every field of every record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        jsonschema = schemas.import_jsonschema()
        if jsonschema is None and os.environ.get("CI") == "true":
            raise AssertionError("python3-jsonschema is not installed")
        cls.schemas = None if jsonschema is None else schemas.Schemas(
            jsonschema, os.path.join(support.SRC, "fixtures", "schema"))

    def assert_valid(self, document, what):
        """Another judge, who knows the form of a bundle and what goes together in it."""
        if self.schemas is not None:
            name = "bundle" if document["runtime"].startswith("denybox ") else "bundle-base"
            self.assertEqual(self.schemas.faults(name + ".schema.json", document), [], what)

    def accepted(self, cases, options=()):
        """[(pattern, what)] of those (pattern, what, text) that verify calls acceptable."""
        found, batch = [], []
        work = self.path("cases")
        os.mkdir(work)

        def flush():
            done = denybox("verify", *options, *(path for path, _, _ in batch))
            self.assertIn(done.status, WORDS, repr(done)[-400:])
            lines = done.out.splitlines()
            self.assertEqual(len(lines), len(batch) + 1 if len(batch) > 1 else len(lines))
            for line, (path, name, what) in zip(lines, batch):
                self.assertIn(path, line)
                if line.startswith("ACCEPTABLE"):
                    found.append((name, what))
                    self.assert_valid(support.load_json(support.read(path)), what)
            batch.clear()

        for name, what, text in cases:
            # The files are written over: ext4 looks for long for an inode that was not in use a
            # moment ago, a third of the time of these tests.
            path = os.path.join(work, f"{len(batch)}.json")
            support.write(path, text)
            batch.append((path, name, what))
            if len(batch) == MANY:
                flush()
        if len(batch) == 1:
            batch.append(batch[0][:1] + batch[0][1:])
        if batch:
            shutil.copy(batch[-1][0], batch[-1][0] + ".last")
            batch.append((batch[-1][0] + ".last", *batch[-1][1:]))
            flush()
        shutil.rmtree(work)
        return found

    def alternatives(self, *documents):
        """{pattern: the values that strings have there in any of the documents}"""
        known = {"venue": {"CI"}, "profile": {"declared-deviations"},
                 "result.ending": {"exited", "signalled", "blocked"},
                 "result.outputs[].type": {"socket", "device"},
                 "host.security_modules": {"capability,landlock"}}
        for document in documents:
            for path, value in mutation.leaves(document):
                if isinstance(value, str) and len(value) < 64:
                    known.setdefault(mutation.pattern(path), set()).add(value)
        return {name: sorted(values)[:6] for name, values in known.items()}

    def sealed(self, document, known, part=""):
        """The mutations of those fields that match `part`, each with a new integrity digest."""
        for name, what in mutation.mutations(document, known):
            if not re.match(part, name):
                continue
            if not isinstance(document.get("integrity"), dict) or name.startswith("integrity"):
                yield name, what, mutation.canonical(document)
                continue
            kept = document["integrity"]["sha256"]
            mutation.seal(document)
            text = mutation.canonical(document)
            document["integrity"]["sha256"] = kept
            yield name, what, text

    def test_one_change(self):
        document = self.rich()
        known = self.alternatives(document, self.attest())
        cases = ((name, what, mutation.canonical(document))
                 for name, what in mutation.mutations(document, known))
        self.assertEqual(self.accepted(cases), [])

    def test_one_change_and_a_new_digest(self):
        """What then passes is what the manual says, and all of it does."""
        attest, rich = self.attest(), self.rich()
        rooted = self.path("rooted.json")
        done = denybox("run", "--venue", "VPS", "--rootfs", support.rootfs(), *self.io,
                       "--evidence", rooted, "--", "/usr/bin/busybox", "true")
        self.assert_status(done, 0)
        rooted = self.evidence("rooted.json")
        deviant = self.make("--proc", "--dev")
        imaged, batched, cgrouped = self.imaged(), self.batched(), self.cgrouped()
        for document in (batched, cgrouped):
            self.assert_codes(document, ACCEPTABLE)
        scripted = self.scripted()
        known = self.alternatives(attest, rich, rooted, deviant, imaged, batched, cgrouped,
                                  scripted)
        controlled = self.attest("--controls")
        found = {}
        # Of the others only that in which they differ from the first two.
        for document, part, options in (
                (attest, "", ()), (rich, "", ()), (controlled, "controls", ()),
                (rooted, "binding|image_digest|result", ()),
                (batched, "binding|freshness", ()), (cgrouped, r"limits|result|binding\.plan", ()),
                (imaged, r"image_digest|binding\.(image|root|plan\.(image|mounts))", ()),
                (self.timed(), "result", ()),
                (scripted, "scan", ("--scan-policy", self.path("policy.json"))),
                (deviant, "probes|profile|deviations|binding.plan",
                 ("--allow-deviation", "proc", "--allow-deviation", "dev"))):
            cases = self.sealed(document, known, part)
            for name, what in self.accepted(cases, options):
                found.setdefault(name, []).append(what)
        listed = unprotected()
        self.assertEqual({name: whats[:3] for name, whats in found.items() if name not in listed},
                         {})
        self.assertEqual(listed - set(found), set())

    # What another sandbox says of itself, and what --base does not ask for.
    FOREIGN_UNPROTECTED = {
        "venue", "venue_identity.hostname", "venue_identity.version", "image_digest", "runtime",
        "freshness.nonce", "freshness.started_at", "freshness.finished_at",
        "freshness.boot_id_sha256", "host.security_modules",
        "host.user_namespaces.kernel.unprivileged_userns_clone",
        "host.user_namespaces.user.max_user_namespaces",
        "host.user_namespaces.kernel.apparmor_restrict_unprivileged_userns",
        "probes[].artifact_path", "probes[]", "probes[].control.result"}

    def test_one_change_of_a_foreign_bundle(self):
        document = self.foreign()
        self.assert_codes(document, ACCEPTABLE, options=("--base",))
        known = self.alternatives(document, self.attest("--nonce", "a-challenge"))
        cases = ((name, what, mutation.canonical(document))
                 for name, what in mutation.mutations(document, known))
        self.assertEqual(self.accepted(cases, ("--base",)), [])
        cases = self.sealed(document, known)
        found = self.accepted(cases, ("--base",))
        self.assertEqual({name for name, _ in found}, self.FOREIGN_UNPROTECTED, found)
        operators = sum(probe["probe_id"].startswith("PR-") for probe in document["probes"])
        for name, what in found:
            if name in ("probes[]", "probes[].control.result"):
                self.assertGreaterEqual(int(re.search(r"\d+", what).group()), operators, what)

    def test_bytes(self):
        """One byte changed in the file itself, at places all over it."""
        text = json.dumps(self.attest(), indent=2)
        step = 37

        def cases():
            for at in range(0, len(text), step):
                if text[at] not in " \n":
                    changed = text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1:]
                    yield "byte", f"byte {at}", changed
        self.assertEqual(self.accepted(cases()), [])

    def test_truncated(self):
        text = json.dumps(self.attest(), indent=2)
        cases = (("prefix", f"{n} bytes", text[:n]) for n in [*range(0, 200), *range(
            200, len(text) - 50, 61), *range(len(text) - 50, len(text))])
        self.assertEqual(self.accepted(cases), [])

    def test_spliced(self):
        """Each member of one good bundle in another one: that passes which neither the plan nor a
        probe says anything of."""
        first, second = self.rich(), self.attest("--hostname", "other", "--uid", "1000")

        def cases():
            for key in first:
                spliced = copy.deepcopy(first)
                spliced[key] = second[key]
                if key != "integrity":
                    mutation.seal(spliced)
                if spliced[key] != first[key]:
                    yield key, f"{key} of another bundle", mutation.canonical(spliced)
        self.assertEqual([name for name, _ in self.accepted(cases())],
                         ["run_id", "freshness"])


class Files(Verify):
    """What is no bundle, and what is no file."""

    def refused(self, path, code, status=REJECTED, says=""):
        done = denybox("verify", path, timeout=20)
        self.assert_status(done, status)
        self.assertIn(f"    {code}: {says}", done.out)
        for c in done.raw_out + done.raw_err:
            self.assertTrue(c == 10 or 32 <= c < 127, repr(done))

    def test_kinds(self):
        good = self.save(self.attest(), "good.json")
        os.symlink(good, self.path("link"))
        os.mkfifo(self.path("fifo"))
        os.mkdir(self.path("directory"))
        self.refused(self.path("link"), "file-link", says="a symbolic link: name what it points to")
        self.refused(self.path("fifo"), "file-kind", says="not a regular file")
        self.refused(self.path("directory"), "file-kind", says="a directory: name the bundles in it")
        self.refused("/dev/null", "file-kind")
        self.refused(self.save({"profile": "weakened"}, "controls.json"), "file-kind",
                     says="the matrix of attest --controls")
        self.refused(self.path("nothing"), "file-unreadable", BLOCKED)
        self.refused(self.save("", "empty"), "file-size")
        with open(self.path("giant"), "wb") as file:
            file.truncate(1 << 30)
        self.refused(self.path("giant"), "file-size")

    def test_documents(self):
        good = json.dumps(self.attest())
        for name, text, code in (
                ("deep", "[" * 100000 + "]" * 100000, "file-depth"),
                ("deep-objects", '{"a":' * 100000 + "1" + "}" * 100000, "file-depth"),
                ("wide", "[" + "1," * 1000000 + "1]", "file-depth"),
                ("long", '["' + "x" * (2 << 20) + '"]', "file-depth"),
                ("open", '["' + "x" * 1000, "file-json"),
                ("escaped-end", '["\\', "file-json"),
                ("twice", '{"venue": "VPS", ' + good[1:], "file-json"),
                ("behind", good + "x", "file-json"),
                ("two", good + good, "file-json"),
                ("nul", good.replace('"VPS"', '"VPS\\u0000"', 1), "file-json"),
                ("raw-nul", good.replace('"VPS"', '"VPS\0"', 1), "file-json"),
                ("bom", "\ufeff" + good, "file-json"),
                ("array", "[]", "file-json"),
                ("number", "1", "file-json"),
                ("surrogate", good.replace('"VPS"', '"\\ud800"', 1), "file-json"),
                ("escape", good.replace('"VPS"', '"\\u001b[31mVPS"', 1), "schema-value"),
                ("bidi", good.replace('"VPS"', '"\u202eSPV"', 1), "schema-value"),
                ("key", good.replace('"venue"', '"\\u001b[31m"', 1), "schema-unknown"),
                ("real", good.replace('"schema_version": 1', '"schema_version": 1.0', 1),
                 "schema-type"),
                ("huge", good.replace('"schema_version": 1',
                                      '"schema_version": 99999999999999999999', 1), "file-json")):
            self.refused(self.save(text, name + ".json"), code)
        with open(self.path("latin.json"), "wb") as file:
            file.write(good.replace('"VPS"', '"VPS\xe9"', 1).encode("latin-1"))
        self.refused(self.path("latin.json"), "file-json")

    def test_a_name_that_is_an_escape_sequence(self):
        self.refused(self.save("x", "\x1b[31m\u202e.json"), "file-json")


class Many(Verify):

    def test_lines_summary_and_the_worst_status(self):
        good = self.save(self.attest(), "good.json")
        bad = self.save("{}", "bad.json")
        missing = self.path("missing.json")
        other = self.save(self.attest(), "other.json")
        done = denybox("verify", good, other)
        self.assertEqual((done.status, done.out.splitlines()[-1]),
                         (ACCEPTABLE, "2 files: 2 acceptable, 0 rejected, 0 blocked"))
        done = denybox("verify", good, missing)
        self.assert_status(done, BLOCKED)
        done = denybox("verify", good, bad, missing)
        self.assert_status(done, REJECTED)
        lines = done.out.splitlines()
        self.assertEqual(lines[0], f"ACCEPTABLE {good}")
        self.assertTrue(lines[1].startswith(f"REJECTED   {bad}: schema-missing"), lines)
        self.assertEqual(lines[2],
                         f"BLOCKED    {missing}: file-unreadable (No such file or directory)")
        self.assertEqual(lines[3], "3 files: 1 acceptable, 1 rejected, 1 blocked")
        done = denybox("verify", "--quiet", good, bad)
        self.assertEqual(len(done.out.splitlines()), 2)

    def test_a_line_has_each_code_once(self):
        document = self.attest()
        for probe in document["probes"][:2]:
            probe["verdict"] = "FAIL"
        document["deviations"] = ["dev"]
        mutation.seal(document)
        forged = self.save(document, "forged.json")
        self.assertEqual(self.codes(document)[1], {"verdict-forged", "profile-differs", "deviation"})
        line = denybox("verify", forged, forged).out.splitlines()[0]
        self.assertTrue(line.startswith(
            f"REJECTED   {forged}: verdict-forged, profile-differs, deviation (PR-NET-1: "), line)

    def test_a_line_says_what_is_wrong(self):
        """The codes, and the first of them in words."""
        other = self.save(self.attest("--nonce", "an-older-challenge"), "other.json")
        done = denybox("verify", "--nonce", "a-challenge", "--venue", "CI", other, self.dir)
        self.assertEqual(done.out.splitlines()[:2], [
            f"REJECTED   {other}: nonce-differs, venue-refused (the nonce is 'an-older-challenge')",
            f"REJECTED   {self.dir}: file-kind (a directory: name the bundles in it, each for itself)"])

    def test_a_copy_is_counted(self):
        """One document under several names, written with other blanks, is still of one run."""
        one = self.save(self.attest(), "one.json")
        two = self.save(json.dumps(support.load_json(support.read(one)), indent=7), "two.json")
        other = self.save(self.attest(), "other.json")
        bad = self.save(support.read(one).replace('"VPS"', '"CI"', 1), "bad.json")
        page = self.path("page.html")
        done = denybox("verify", "--html", page, one, other, two, bad, one)
        lines = done.out.splitlines()
        self.assertEqual(lines[-1], "5 files: 4 acceptable, 1 rejected, 0 blocked; "
                         "of the acceptable, copies of others: 2")
        self.assertEqual(lines[1:3], [f"ACCEPTABLE {other}", f"ACCEPTABLE {two}: a copy of {one}"])
        self.assertEqual(lines[4], f"ACCEPTABLE {one}: a copy of {one}")
        self.assertIn("Of the acceptable, copies of others: 2.", support.read(page))

    def test_another_run_id_is_no_other_run(self):
        document = self.attest()
        one = self.save(document, "one.json")
        document["run_id"] = "another"
        mutation.seal(document)
        two = self.save(document, "two.json")
        done = denybox("verify", one, two)
        self.assertEqual(done.out.splitlines()[1], f"ACCEPTABLE {two}: a copy of {one}")
        document["freshness"]["boot_id_sha256"] = mutation.A_DIGEST
        mutation.seal(document)
        done = denybox("verify", one, self.save(document, "two.json"))
        self.assertEqual(done.out.splitlines()[1], f"ACCEPTABLE {two}")

    def test_json(self):
        good = self.save(self.attest("--nonce", "challenge"), "good.json")
        with open(good, "rb") as file:
            data = file.read()
        report = support.load_json(denybox("verify", "--json", "--nonce", "challenge", good).out)
        self.assertEqual(report["bundle"], {"path": good, "sha256": bundle.sha256(data),
                                            "size": len(data)})
        self.assertEqual(report["verdict"], "ACCEPTABLE")
        self.assertEqual(report["policy"]["nonce"], "challenge")
        self.assertEqual(report["policy"]["venue"], ["VPS", "CI"])
        matrix = os.path.join(support.SRC, "fixtures", "acceptance-matrix.json")
        with open(matrix, "rb") as file:
            self.assertEqual(report["policy"]["matrix"],
                             {"file": None, "sha256": bundle.sha256(file.read())})
        self.assertEqual([check["check"] for check in report["checks"]],
                         ["file", "schema", "freshness", "venue", "digests", "probes",
                          "agreement", "deviations", "matrix"])
        self.assertEqual([row["row"] for row in report["matrix"]], list(range(24, 38)))
        self.assertEqual({probe["probe_id"] for probe in report["probes"]
                          if probe["recomputed"] != "PASS"}, {"PR-DYNIMPORT"})
        lines = denybox("verify", "--json", good, good).out.splitlines()
        self.assertEqual(support.load_json(lines[2]),
                         {"summary": {"acceptable": 2, "blocked": 0, "copies": 1, "rejected": 0}})
        self.assertEqual([(row["verdict"], row["copy_of"]) for row in map(support.load_json, lines[:2])],
                         [("ACCEPTABLE", None), ("ACCEPTABLE", good)])

    def test_quiet(self):
        done = self.verify(self.attest(), "--quiet")
        self.assertEqual(done.out, f"ACCEPTABLE {self.path('bundle.json')}\n")

    def test_progress_at_a_terminal_alone(self):
        path = self.save(self.attest())
        paths = []
        for n in range(200):
            paths.append(self.path(f"{n}.json"))
            os.link(path, paths[-1])
        done = denybox("verify", *paths)
        self.assertEqual((done.status, done.err), (ACCEPTABLE, ""))
        ours, theirs = os.openpty()
        with os.fdopen(theirs, "wb") as terminal:
            status = subprocess.run([support.DENYBOX, "verify", *paths], stderr=terminal,
                                    stdout=subprocess.DEVNULL, check=False).returncode
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            shown = b""
            # What was written comes in parts, and at the end EIO: tty_ioctl(4), pty(7).
            with contextlib.suppress(OSError):
                while part := terminal.read(4096):
                    shown += part
        shown = shown.decode()
        self.assertEqual(status, ACCEPTABLE)
        self.assertIn("denybox: 128 of 200 verified", shown)
        self.assertTrue(shown.endswith("\r\033[K"), repr(shown))

    def test_a_verdict_that_cannot_be_written(self):
        path = self.save(self.attest())
        with open("/dev/full", "wb") as full:
            done = subprocess.run([support.DENYBOX, "verify", path], stdout=full,
                                  stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, USAGE)
        for options in ((), ("--json",), ("--json", path)):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([support.DENYBOX, "verify", *options, path], stdout=full,
                                      stderr=subprocess.PIPE, check=False)
            self.assertEqual((done.returncode, done.stderr.decode()), (
                USAGE, "denybox: cannot write the verdict: cannot write to standard output: "
                "No space left on device\n"))

    def test_where_to_look_next(self):
        """Before the verdict, where that is not good."""
        good = self.verify(self.attest())
        self.assertNotIn("denybox-operator(7)", good.out)
        for document in ({}, self.foreign()):
            line = self.verify(document).out.splitlines()[-2]
            self.assertRegex(line, r"\A  next        denybox-verify\(1\) .* denybox-operator\(7\) ")


class Calls(Verify):
    """Read-only: seen by strace, which is no part of denybox."""

    def test_as_it_is(self):
        self.watch()

    def test_with_files_of_the_operator(self):
        """The compiler of profiles writes into a file that has no name, and is gone with it."""
        self.watch("--profile", os.path.join(support.SRC, "bpf", "targeted.json"), "--matrix",
                   os.path.join(support.SRC, "fixtures", "acceptance-matrix.json"))

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def watch(self, *options):
        support.not_sanitized("a sanitizer opens the file of its reports")
        path = self.save(self.attest())
        trace = self.path("trace")
        done = command(["strace", "-f", "-o", trace, support.DENYBOX, "verify", *options, path])
        if done.status != ACCEPTABLE and "ptrace" in done.err:
            self.skipTest("strace may not trace here")
        self.assert_status(done, ACCEPTABLE)
        lines = support.read(trace).splitlines()
        calls = [re.match(r"\d+ +(\w+)\(", line).group(1) for line in lines
                 if re.match(r"\d+ +\w+\(", line)]
        self.assertIn("openat", calls)
        self.assertEqual(calls.count("execve"), 1)
        for call in ("fork", "vfork", "clone", "clone3", "socket", "connect", "bind", "unlink",
                     "unlinkat", "link", "linkat", "symlink", "symlinkat", "mknod", "mknodat", "sendto",
                     "sendmsg", "pwrite64", "truncate", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "ftruncate", "chmod",
                     "fchmod", "utimensat", "ptrace", "mount", "unshare", "setns", "kill"):
            self.assertNotIn(call, calls)
        opened = [line for line in lines if re.search(r" (open(at2?)?|creat)\(", line)]
        self.assertTrue(any(path in line for line in opened))
        for line in opened:
            self.assertIn("O_RDONLY", line)
            self.assertNotRegex(line, r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")
        unnamed = {match.group(1) for match in (re.search(r" memfd_create\(.* = (\d+)$", line)
                                                for line in lines) if match}
        self.assertEqual(bool(unnamed), "--profile" in options)
        for line in lines:
            match = re.search(r" write\((\d+),", line)
            if match:
                self.assertIn(match.group(1), {"1", "2"} | unnamed)


if __name__ == "__main__":
    support.main()
