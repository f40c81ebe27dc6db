#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""denybox-attest, the stand-alone program: in other sandboxes, in none, and in what is hostile to
it. What it runs in that is no sandbox, it runs in as an ordinary user."""

import json
import os
import re
import resource
import shutil
import signal
import stat
import subprocess
import unittest

import bundle
import support
from support import Live, command, denybox

ATTESTER = support.ATTESTER
TWELVE = ("PR-NET-1", "PR-NET-2", "PR-SOCK-1", "PR-ENV-1", "PR-FS-RO-IN", "PR-FS-ESC-1",
          "PR-FS-ESC-2", "PR-FS-OUT-OK", "PR-EXEC-1", "PR-MOUNT-1", "PR-SOCK-DOCKER",
          "PR-PTRACE-1")
# The names of boundary.md and of evidence.md that can be known inside, and no others.
FIELDS = {"schema_version", "venue", "venue_identity", "image_digest", "seccomp_sha256", "runtime",
          "run_date", "run_id", "profile", "deviations", "freshness", "host", "probes", "raw",
          "integrity"}
FILES = ["attest.jsonl", "report.md", "sandbox-attestation-inside.json"]
NO_PROC = "could not be read: /proc is not mounted"
OF_PROC = {"PR-NET-2", "PR-MOUNT-1", "DX-CAPS", "DX-SECCOMP", "DX-SIGNALS", "DX-IDS"}
CONTAINER = os.path.join(support.SRC, "fixtures", "container")
# crun 1.8 refuses a host that has both kinds of cgroups, also where it is to use none.
HIDE_CGROUPS = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                'mount -t tmpfs none /sys/fs/cgroup && exec "$@"', "sh")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def program(name):
    found = shutil.which(name, path=SYSTEM_PATH)
    if found is None:
        raise unittest.SkipTest(f"{name} is not installed")
    return found


@unittest.skipIf(ATTESTER is None, "denybox-attest was not built: static libraries are missing")
class Attester(Live):

    def setUp(self):
        super().setUp()
        # What denybox is given is the caller's, also where that is root; the rest is the user's.
        for name in ("tmp", "own-in", "own-out"):
            os.mkdir(self.path(name))
        self.io = ("--in", self.path("own-in"), "--out", self.path("own-out"))
        self.user = support.ordinary_user()
        if self.user is not None:
            for name in ("in", "out", "tmp", "."):
                os.chown(self.path(name), self.user.pw_uid, self.user.pw_gid)

    def bare(self, *words, before=(), **how):
        """On the host itself, as an ordinary user."""
        return command([*before, ATTESTER, "--target", "127.0.0.1", "--in", self.path("in"),
                        "--out", self.path("out"), "--tmp", self.path("tmp"), *words],
                       user=self.user, **how)

    def bwrap(self, *words, before=(), programs=True, **how):
        """bubblewrap's plain flags, as in scripts/scoreboard."""
        usr = ("--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib",
               "/lib", "--symlink", "usr/lib64", "/lib64") if programs else ()
        return command([program("bwrap"), "--unshare-all", *usr, "--dir", "/etc", "--dir", "/root",
                        "--dir", "/app", "--ro-bind", self.path("in"), "/in",
                        "--bind", self.path("out"), "/out", "--tmpfs", "/tmp",
                        "--ro-bind", ATTESTER, "/denybox-attest", *before, "/denybox-attest",
                        *words], user=self.user, **how)

    def found(self, done, status):
        """{probe: (verdict, what was found)} of the bundle on standard output."""
        self.assert_status(done, status)
        document = support.load_json(done.out)
        self.assertEqual(set(document), FIELDS)
        self.assertEqual(document["integrity"]["sha256"], bundle.integrity(document))
        return {probe["probe_id"]: (probe["verdict"], probe["actual_stderr_or_value"])
                for probe in document["probes"]}

    def with_verdict(self, found, verdict):
        return {probe for probe in TWELVE if found[probe][0] == verdict}

    # ------------------------------------------------------------ in sandboxes

    def test_inside_denybox(self):
        """No /proc there: ten of the twelve, and the reason for the other two."""
        done = denybox("run", *self.io, "--", ATTESTER, "--runtime", "denybox 0")
        found = self.found(done, 1)
        self.assertEqual(self.with_verdict(found, "PASS"), set(TWELVE) - OF_PROC)
        for probe in OF_PROC:
            self.assertEqual(found[probe], ("NOT_RUN", NO_PROC))
        own = {probe for probe in found if probe.startswith("DX-")} - OF_PROC
        self.assertEqual({found[probe][0] for probe in own}, {"PASS"})
        self.assertEqual(sorted(os.listdir(self.path("own-out"))), FILES)
        self.assertRegex(done.err, r"(?m)^ +PR-SOCK-1 +PASS +EPERM$")

    def test_inside_denybox_with_proc(self):
        found = self.found(denybox("run", "--proc", *self.io, "--", ATTESTER), 1)
        self.assertEqual(self.with_verdict(found, "PASS"), set(TWELVE) - {"PR-MOUNT-1"})
        self.assertEqual(found["PR-MOUNT-1"][0], "FAIL")
        self.assertIn("/proc", found["PR-MOUNT-1"][1])

    def test_files_are_those_of_the_bundle(self):
        done = denybox("run", *self.io, "--", ATTESTER)
        document = support.load_json(done.out)
        lines = support.read(self.path("own-out", "attest.jsonl")).splitlines()
        self.assertEqual([json.loads(line) for line in lines], document["probes"])
        inside = support.load_json(support.read(self.path("own-out", FILES[2])))
        self.assertEqual((inside["probes"], inside["raw"]), (document["probes"], document["raw"]))
        self.assertEqual(support.read(self.path("own-out", "report.md")), "ok\n")
        self.assertEqual(document["probes"][0]["artifact_path"], "/out/attest.jsonl#PR-NET-1")

    def test_plain_bubblewrap_fails_five(self):
        found = self.found(self.bwrap(), 1)
        self.assertEqual(self.with_verdict(found, "FAIL"), {
            "PR-SOCK-1", "PR-FS-ESC-1", "PR-FS-ESC-2", "PR-EXEC-1", "PR-PTRACE-1"})
        self.assertEqual(self.with_verdict(found, "NOT_RUN"), {"PR-NET-2", "PR-MOUNT-1"})
        self.assertEqual(os.listdir(self.path("in")), [])

    def test_bubblewrap_with_proc_and_a_read_only_root(self):
        found = self.found(self.bwrap(before=("--proc", "/proc", "--remount-ro", "/")), 1)
        self.assertEqual(self.with_verdict(found, "FAIL"),
                         {"PR-SOCK-1", "PR-EXEC-1", "PR-MOUNT-1", "PR-PTRACE-1"})
        self.assertEqual(found["PR-NET-2"], ("PASS", "lo"))

    def test_what_only_looks_like_proc_is_not_believed(self):
        os.makedirs(self.path("fake", "self", "net"))
        support.write(self.path("fake", "self", "mountinfo"),
                      "1 0 0:1 / / ro,nosuid,nodev - tmpfs none rw\n")
        found = self.found(self.bwrap(before=("--ro-bind", self.path("fake"), "/proc")), 1)
        for probe in OF_PROC:
            self.assertEqual(found[probe], ("NOT_RUN", NO_PROC))

    def test_any_uid(self):
        for uid in ("0", "1", "65532", "2147483647"):
            found = self.found(self.bwrap(before=("--uid", uid, "--proc", "/proc")), 1)
            self.assertEqual(found["DX-IDS"][0], "FAIL" if uid == "0" else "PASS", uid)
            self.assertEqual(found["PR-NET-2"], ("PASS", "lo"))
            for name in FILES:
                os.remove(self.path("out", name))

    def test_no_program_passes_only_where_denybox_did_not_make_it(self):
        found = self.found(self.bwrap(programs=False), 1)
        self.assertEqual(found["PR-EXEC-1"], ("PASS", "ENOENT"))
        found = self.found(self.bwrap("--runtime", "denybox 9", programs=False), 1)
        self.assertEqual(found["PR-EXEC-1"][0], "ABSENT")
        shell = ("--ro-bind", support.PAYLOAD, "/bin/sh")
        found = self.found(self.bwrap(before=shell, programs=False), 1)
        self.assertEqual(found["PR-EXEC-1"], ("FAIL", "EFAULT"))

    # ------------------------------------------------------------ in a container

    def start_container(self, words, ids, before=()):
        """crun as an ordinary user, on a config.json of oci-config; `before` comes in front."""
        made = command([os.path.join(CONTAINER, "oci-config"), "--root", self.path("rootfs"),
                        "--in", self.path("in"), "--out", self.path("out"), "--user", ids, *words,
                        "--", "/denybox-attest"])
        self.assert_status(made, 0)
        support.write(self.path("container", "config.json"), made.out)
        return command([*before, program("crun"), "--cgroup-manager=disabled", "--root",
                        self.path("state"), "run", "--bundle", self.path("container"), "t"],
                       user=self.user, env={"PATH": SYSTEM_PATH, "XDG_RUNTIME_DIR": self.dir})

    def container(self, *words):
        """The container form, without an engine."""
        for name in ("in", "out", "tmp", "etc", "root", "app", "proc", "dev"):
            os.makedirs(self.path("rootfs", name), exist_ok=True)
        shutil.copy(ATTESTER, self.path("rootfs", "denybox-attest"))
        for name in ("state", "container"):
            os.makedirs(self.path(name))
        uid, gid = (self.user.pw_uid, self.user.pw_gid) if self.user else \
            (os.getuid(), os.getgid())
        subprocess.run(["chown", "-R", f"{uid}:{gid}", self.dir], check=True)
        done = self.start_container(words, f"{uid}:{gid}")
        if "hybrid" in done.err:
            done = self.start_container(words, "0:0", HIDE_CGROUPS)
        return done

    def test_container_form(self):
        found = self.found(self.container(), 1)
        self.assertEqual(self.with_verdict(found, "PASS"), set(TWELVE) - {"PR-MOUNT-1"})
        self.assertEqual(self.with_verdict(found, "FAIL"), {"PR-MOUNT-1"})
        self.assertEqual(sorted(os.listdir(self.path("out"))), FILES)

    def test_a_profile_that_denies_execve_starts_nothing_in_a_container(self):
        done = self.container("--seccomp", os.path.join(support.SRC, "bpf", "strict.json"))
        self.assertNotEqual(done.status, 0)
        self.assertIn("operation not permitted", done.err.lower())
        self.assertEqual((done.out, os.listdir(self.path("out"))), ("", []))

    def test_a_container_with_a_shell_fails(self):
        os.makedirs(self.path("rootfs", "bin"))
        shutil.copy(support.PAYLOAD, self.path("rootfs", "bin", "sh"))
        found = self.found(self.container(), 1)
        self.assertEqual(found["PR-EXEC-1"][0], "FAIL")

    def test_the_workflows_are_read_and_verify_in_a_second_job(self):
        try:
            import yaml
        except ImportError:
            raise unittest.SkipTest("yaml for python is not installed") from None
        place = os.path.join(support.SRC, "fixtures", "ci")
        jobs = yaml.safe_load(support.read(os.path.join(place, "github-attest.yml")))["jobs"]
        self.assertEqual(jobs["verify"]["needs"], "attest")
        pipeline = yaml.safe_load(support.read(os.path.join(place, "gitlab-ci.yml")))
        self.assertEqual(pipeline["verify"]["needs"], ["attest"])
        self.assertLess(pipeline["stages"].index("attest"), pipeline["stages"].index("verify"))
        for first, second in (
                [str(jobs[name]["steps"]) for name in ("attest", "verify")],
                [str(pipeline[name]["script"]) for name in ("attest", "verify")]):
            self.assertIn("denybox attest", first)
            self.assertNotIn("denybox verify", first)
            self.assertIn("denybox verify", second)
            self.assertNotIn("denybox attest", second)

    def test_the_shipped_profile_is_made_of_strict(self):
        self.assert_status(command([os.path.join(CONTAINER, "make-profile"), "--check"]), 0)

    def test_the_run_command_is_the_packets(self):
        """boundary.md, the run profile, word for word; and none without an engine."""
        script = os.path.join(CONTAINER, "attest")
        done = command([script, "--print", self.path("in"), self.path("out")])
        self.assert_status(done, 0)
        words = done.out.splitlines()
        for wanted in (["--network", "none"], ["--user", "65532:65532"], ["--read-only"],
                       ["--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=16m"], ["--cap-drop", "ALL"],
                       ["--security-opt", "no-new-privileges"], ["--pids-limit", "64"],
                       ["--memory", "256m", "--memory-swap", "256m"], ["--cpus", "1"],
                       ["--security-opt", "seccomp=" + os.path.join(CONTAINER, "seccomp.json")],
                       ["--mount", f"type=bind,source={self.path('in')},target=/in,readonly"],
                       ["--mount", f"type=bind,source={self.path('out')},target=/out"]):
            at = [i for i in range(len(words)) if words[i:i + len(wanted)] == wanted]
            self.assertEqual(len(at), 1, wanted)
        with open(os.path.join(CONTAINER, "seccomp.json"), "rb") as profile:
            self.assertIn(bundle.sha256(profile.read()), words)
        none = command([script, "--engine", "/nonexistent", self.path("in"), self.path("out")])
        self.assert_status(none, 125)
        self.assertIn("neither docker nor podman", none.err)
        self.assertEqual(none.out, "")
        self.assert_status(command([script, "--help"]), 0)
        self.assert_status(command([script, self.path("in")]), 2)

    # ------------------------------------------------------------ bare

    def test_the_bare_host_fails_most(self):
        """The control of every PASS above."""
        found = self.found(self.bare(), 1)
        self.assertLessEqual(len(self.with_verdict(found, "PASS")), 4)
        for probe in ("PR-NET-1", "PR-SOCK-1", "PR-FS-RO-IN", "PR-EXEC-1", "PR-MOUNT-1"):
            self.assertEqual(found[probe][0], "FAIL", probe)
        self.assertEqual(found["PR-FS-OUT-OK"][0], "PASS")

    def test_leaves_nothing_but_its_files(self):
        before = set(os.listdir("/etc")) | set(os.listdir("/tmp"))
        self.bare()
        self.assertEqual(os.listdir(self.path("in")), [])
        self.assertEqual(os.listdir(self.path("tmp")), [])
        self.assertEqual(sorted(os.listdir(self.path("out"))), FILES)
        new = (set(os.listdir("/etc")) | set(os.listdir("/tmp"))) - before
        self.assertEqual([name for name in new if "__probe" in name], [])

    def test_sends_no_packet(self):
        """Bare, where every call would work: a way is asked for, and nothing else."""
        done = self.bare("--evidence", self.path("bundle.json"), before=(
            program("strace"), "-f", "-qq", "-e", "trace=network", "-o", self.path("trace")))
        if not os.path.exists(self.path("bundle.json")):
            raise unittest.SkipTest("strace cannot be used here: " + done.err.strip()[:200])
        calls = re.findall(r"(?m)^\d+ +(\w+)\((.*)$", support.read(self.path("trace")))
        self.assertEqual({name for name, _ in calls}, {"socket", "connect"})
        for name, arguments in calls:
            self.assertIn("AF_INET", arguments)
            if name == "connect":
                self.assertIn('inet_addr("127.0.0.1")', arguments)
        # The datagram form has succeeded, so the stream form, which would send, was not tried.
        self.assertEqual(len([name for name, _ in calls if name == "connect"]), 1)

    def test_a_secret_is_seen(self):
        found = self.found(self.bare(env=support.base_env(API_TOKEN="x")), 1)
        self.assertEqual(found["PR-ENV-1"], ("FAIL", "API_TOKEN looks like a secret (token)"))

    def test_scoreboard(self):
        """Whatever else is installed: no sandbox, and denybox from inside and as a payload."""
        done = command([os.path.join(support.SRC, "scripts", "scoreboard"),
                        os.path.dirname(support.DENYBOX)])
        self.assert_status(done, 0)
        rows = {line.split()[0]: line.split()[1:] for line in done.out.splitlines() if line.strip()}
        self.assertEqual(rows["probe"][:3], ["host", "attest", "run"])
        sums = [int(number) for number in rows["of"][2:]]
        self.assertLessEqual(sums[0], 4)
        self.assertEqual(sums[1:3], [12, 10])
        self.assertEqual(rows["PR-EXEC-1"][:3], ["FAIL", "PASS", "PASS"])
        for probe in TWELVE:
            self.assertEqual(len(rows[probe]), len(rows["probe"]), probe)

    # ------------------------------------------------------------ where it is not welcome

    def filter_file(self, *rules):
        """A compiled filter that allows everything but these."""
        path = support.write(self.path("filter.json"), json.dumps(
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": list(rules)}))
        done = denybox("filter", "compile", path)
        self.assert_status(done, 0)
        with open(self.path("filter.bpf"), "wb") as file:
            file.write(done.raw_out)
        return self.path("filter.bpf")

    def under_filter(self, *rules):
        with open(self.filter_file(*rules), "rb") as bpf:
            return self.bwrap(before=("--seccomp", str(bpf.fileno())), pass_fds=[bpf.fileno()])

    def test_a_filter_that_kills(self):
        kill = {"names": ["ptrace", "keyctl", "perf_event_open", "socket"],
                "action": "SCMP_ACT_KILL_PROCESS"}
        found = self.found(self.under_filter(kill), 1)
        for probe in ("PR-PTRACE-1", "PR-SOCK-1", "PR-NET-1", "DX-KEYRING", "DX-KERNEL"):
            self.assertEqual(found[probe], ("NOT_RUN", "not tried: killed by SIGSYS"), probe)
        for probe in ("PR-FS-RO-IN", "PR-FS-OUT-OK", "PR-ENV-1"):
            self.assertEqual(found[probe][0], "PASS", probe)
        self.assertEqual(sorted(os.listdir(self.path("out"))), FILES)

    def test_a_filter_that_denies(self):
        """The same filter with EPERM instead is a wall."""
        deny = {"names": ["ptrace", "socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}
        found = self.found(self.under_filter(deny), 1)
        for probe in ("PR-PTRACE-1", "PR-SOCK-1", "PR-NET-1"):
            self.assertEqual(found[probe][0], "PASS", probe)

    def test_no_fork(self):
        def no_processes():
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))

        done = self.bare(preexec=no_processes)
        found = self.found(done, 1)
        self.assertIn("warning: the probes run in this process, which can have no child (EAGAIN)",
                      done.err)
        self.assertEqual(found["DX-ABI"], ("NOT_RUN", "not tried: it needs a child"))
        self.assertEqual(found["PR-FS-OUT-OK"][0], "PASS")
        self.assertEqual(found["PR-EXEC-1"][0], "FAIL")
        self.assertEqual(sorted(os.listdir(self.path("out"))), FILES)

    def test_a_caller_who_ignores_its_children(self):
        """That is found, and hides nothing of the others."""
        found = []
        for how in (signal.SIG_DFL, signal.SIG_IGN):
            done = self.bare(preexec=lambda how=how: signal.signal(signal.SIGCHLD, how))
            found.append(self.found(done, 1))
            for name in os.listdir(self.path("out")):
                os.remove(self.path("out", name))
        self.assertEqual([rows.pop("DX-SIGNALS")[0] for rows in found], ["PASS", "FAIL"])
        self.assertEqual(found[0], found[1])

    def test_no_random_numbers(self):
        deny = {"names": ["getrandom"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}
        document = support.load_json(self.under_filter(deny).out)
        self.assertRegex(document["run_id"], r"^t[0-9]+-[0-9]+$")

    # ------------------------------------------------------------ files

    def test_existing_files_are_left_alone(self):
        for name in FILES:
            support.write(self.path("out", name), "mine")
            done = self.bare()
            found = self.found(done, 1)
            self.assertIn(f"{name} exists there", done.err)
            self.assertEqual(found["PR-FS-OUT-OK"][0], "PASS")
            self.assertEqual(os.listdir(self.path("out")), [name])
            self.assertEqual(support.read(self.path("out", name)), "mine")
            self.assertIsNone(support.load_json(done.out)["probes"][0]["artifact_path"])
            os.remove(self.path("out", name))

    def test_planted_links_are_not_followed(self):
        victim = support.write(self.path("victim"), "mine", 0o666)
        for name in FILES:
            os.symlink(victim, self.path("out", name))
        self.assertIn("exists there", self.bare().err)
        self.assertEqual(support.read(victim), "mine")

    def test_an_output_that_cannot_be_written(self):
        done = self.bwrap(before=("--remount-ro", "/out"))
        found = self.found(done, 1)
        self.assertEqual(found["PR-FS-OUT-OK"], ("FAIL", "EROFS"))
        self.assertIn("warning: no files were written into '/out': Read-only file system", done.err)

    def test_directories_that_are_not_there(self):
        """Nothing to be asked about is ABSENT, and no end of it."""
        done = command([program("bwrap"), "--unshare-all", "--ro-bind", ATTESTER,
                        "/denybox-attest", "/denybox-attest"], user=self.user)
        found = self.found(done, 1)
        for probe in ("PR-FS-RO-IN", "PR-FS-ESC-1", "PR-FS-ESC-2"):
            self.assertEqual(found[probe][0], "ABSENT", probe)
        self.assertEqual(found["PR-FS-OUT-OK"], ("FAIL", "ENOENT"))

    def test_evidence_file(self):
        done = self.bare("--evidence", self.path("bundle.json"), "--quiet")
        self.assert_status(done, 1)
        self.assertEqual((done.out, done.err), ("", ""))
        document = self.evidence()
        self.assertEqual(set(document), FIELDS)
        mode = os.stat(self.path("bundle.json")).st_mode
        self.assertTrue(stat.S_ISREG(mode))
        again = self.bare("--evidence", self.path("bundle.json"))
        self.assert_status(again, 2)
        self.assertIn("it exists", again.err)
        self.assertEqual(self.evidence(), document)

    def test_what_was_said_is_in_the_bundle(self):
        profile = support.write(self.path("profile.json"), "{}")
        done = self.bare("--venue", "CI", "--nonce", "12345678", "--run-id", "r-1",
                         "--run-date", "2026-02-28", "--runtime", "docker 28.2.2",
                         "--image-digest", "sha256:" + "0" * 64, "--seccomp", profile)
        document = support.load_json(done.out)
        self.assertEqual([document[name] for name in
                          ("venue", "run_id", "run_date", "runtime", "image_digest", "profile",
                           "seccomp_sha256", "schema_version", "deviations")],
                         ["CI", "r-1", "2026-02-28", "docker 28.2.2", "sha256:" + "0" * 64,
                          "foreign", bundle.sha256(b"{}"), 1, []])
        self.assertEqual(document["freshness"]["nonce"], "12345678")

    # ------------------------------------------------------------ usage

    def test_usage(self):
        for words in (["--nothing"], ["ls"], ["--in"], ["--nonce", "x"], ["--seccomp", "/none"]):
            done = command([ATTESTER, *words], user=self.user)
            self.assert_status(done, 2)
            self.assertEqual(done.out, "")
            self.assertRegex(done.err, r"\Adenybox-attest: cannot .*\n(denybox-attest: hint: .*\n)?\Z")
        self.assertEqual(command([ATTESTER, "--version"]).out.split()[0], "denybox-attest")
        self.assertIn("--runtime", command([ATTESTER, "--help"]).out)

    def test_closed_standard_output(self):
        done = self.bare(closed=(1,))
        self.assert_status(done, 125)
        self.assertIn("cannot write the bundle", done.err)
        self.assertEqual(sorted(os.listdir(self.path("out"))), FILES)

    def test_what_it_is_made_of(self):
        """It asks the kernel, never the launcher: no libseccomp, no libcap-ng, no plan, no launch."""
        listed = command([program("nm"), ATTESTER])
        if not listed.out:
            raise unittest.SkipTest("the program is stripped")
        names = {line.split()[-1] for line in listed.out.splitlines() if line.strip()}
        self.assertIn("probes_run", names)
        for name in ("seccomp_init", "capng_clear", "launch", "plan_derive", "option_parse",
                     "bundle_json", "inside_main", "filter_builtin"):
            self.assertNotIn(name, names)


if __name__ == "__main__":
    support.main()
