#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a payload leaves: the audit of --out, --strict-out, the collection of --out-size, and the
rows 10, 35, 36 and 40 of the attempts that are about files and outputs.
"""

import copy
import os
import resource
import shutil
import signal
import socket
import stat
import struct
import subprocess

import bundle
import mutation
import support
from support import EXIT_DENYBOX, EXIT_NOT_EXECUTABLE, Live, denybox, outside, run

SECRET = "secret"

# Row 35, as calls of the payload beneath {out}, and what is said of each; None: the kernel or the
# filter refuses it inside, and nothing is left.
ATTEMPTS = [
    ("link", "symlinkat s:{secret} -100 s:{out}/link", "link"),
    ("up", "symlinkat s:../../.. -100 s:{out}/up", "link"),
    ("self", "symlinkat s:self -100 s:{out}/self", "link"),
    ("fifo", "mknodat -100 s:{out}/fifo 010644 0", "special file"),
    ("socket", "mknodat -100 s:{out}/socket 0140644 0", None),
    ("device", "mknodat -100 s:{out}/device 020644 0x103", None),
    ("-rf", "openat -100 s:{out}/-rf 0xc1 0644", "odd name"),
    ("new\nline", "openat -100 s:{out}/new\nline 0xc1 0644", "odd name"),
    ("\x1b[2J", "openat -100 s:{out}/\x1b[2J 0xc1 0644", "odd name"),
    ("\u202etxt", "openat -100 s:{out}/\u202etxt 0xc1 0644", "odd name"),
    (os.fsdecode(b"\xff"), os.fsdecode(b"openat -100 s:{out}/\xff 0xc1 0644"), "odd name"),
]


def names(top):
    return sorted(os.listdir(top))


class Outputs(Live):

    def setUp(self):
        super().setUp()
        self.secret = support.write(self.path(SECRET), SECRET)

    def script(self, *calls, out="/out"):
        return ("calls", *(call.format(out=out, secret=self.secret) for call in calls))

    def assert_host_untouched(self):
        self.assertEqual(support.read(self.secret), SECRET)
        self.assertEqual(os.stat(self.secret).st_mode & 0o7777, 0o644)

    def tree(self, name="out"):
        """{path: (type, mode, size)} of what is there."""
        found = {}
        top = self.path(name)
        for folder, folders, files in os.walk(top):
            for entry in folders + files:
                path = os.path.join(folder, entry)
                status = os.lstat(path)
                found[os.path.relpath(path, top)] = (
                    stat.S_IFMT(status.st_mode), status.st_mode & 0o7777)
        return found

    def status_lines(self, *words, **how):
        """(how it ended, the objects of --json-status-fd)"""
        reading, writing = os.pipe()
        with os.fdopen(reading, encoding="ascii") as lines:
            done = denybox(words[0], "--json-status-fd", str(writing), *words[1:],
                           pass_fds=(writing,), **how)
            os.close(writing)
            return done, [support.load_json(line) for line in lines]


class Left(Outputs):
    """A plain --out: it is looked at, and told."""

    def test_each_attempt_is_said(self):
        """Row 35: one line on standard error, without evidence too, and nothing else."""
        for name, call, said in ATTEMPTS:
            with self.subTest(name):
                done = run(*self.io, payload=self.script(call))
                self.assert_status(done, 0)
                if said is None:
                    self.assertEqual((done.err, names(self.path("out"))), ("", []))
                    continue
                self.assertRegex(done.err, r"\Adenybox: warning: odd entries in /out: 1, the first "
                                           rf"is '[ -~]*' \({said}\)\n\Z")
                self.assertEqual(names(self.path("out")), [name])
                done = run(*self.io, "--strict-out", payload=("exit", "0"))
                self.assert_error(done, EXIT_DENYBOX, f"({said})", "look at them")
                done = run(*self.io, "--quiet", payload=("exit", "0"))
                self.assertEqual((done.status, done.err), (0, ""))
                os.unlink(self.path("out", name))
        self.assert_host_untouched()

    def test_control(self):
        """Outside each of them can be made, but for what nobody but root may."""
        top = self.path("control")
        os.mkdir(top)
        os.chmod(top, 0o777)
        for name, call, _ in ATTEMPTS:
            if name != "device":
                done = outside(*self.script(call, out=top))
                self.assertTrue(done.results()[0][1].isdigit(), repr(done))
                self.assertIn(name, os.listdir(top))

    def test_nothing_odd_says_nothing(self):
        done = run(*self.io, "--strict-out", payload=self.script(
            "openat -100 s:{out}/\u00fcbersicht.csv 0xc1 0644", "mkdirat -100 s:{out}/d 0755"))
        self.assertEqual((done.status, done.err), (0, ""), repr(done))

    def test_what_was_there_before_counts(self):
        """The directory is what the host uses."""
        os.symlink("/etc", self.path("out", "mine"))
        self.assert_error(run(*self.io, "--strict-out", payload=("exit", "0")), EXIT_DENYBOX,
                          "the first is 'mine' (link)")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(self.path("out", "a"))
        self.assertIn("2, the first is 'a' (special file)", run(*self.io).err)

    def test_hundred_thousand_files(self):
        """Row 35: it ends, counts all of them, and takes no descriptor for each."""
        for number in range(100000):
            os.close(os.open(self.path("out", f"{number:05}"), os.O_CREAT | os.O_WRONLY, 0o644))
        done = run(*self.io, "--evidence", self.path("bundle.json"), payload=self.script(
            "symlinkat s:/etc -100 s:{out}/z"), preexec=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (64, 2048)), timeout=10 * support.TIMEOUT)
        self.assert_status(done, 0)
        self.assertIn("odd entries in /out: 1, the first is 'z' (link)", done.err)
        result = self.evidence()["result"]
        self.assertEqual((result["outputs_entries"], result["outputs_odd"]), (100001, 1))

    def test_deep_tree(self):
        script = []
        for _ in range(200):
            script += ["mkdirat -100 s:d 0755", "chdir s:d"]
        done = run(*self.io, "--chdir", "/out", payload=("calls", *script))
        self.assert_status(done, 0)
        self.assertIn("(too deep)", done.err)
        subprocess.run(["rm", "-rf", self.path("out", "d")], check=True)

    def test_the_payloads_own_status_is_told_too(self):
        done, lines = self.status_lines("run", *self.io, "--strict-out", "--", support.PAYLOAD,
                                        *self.script("symlinkat s:/etc -100 s:{out}/l"))
        self.assert_status(done, EXIT_DENYBOX)
        self.assertEqual([line.get("event") for line in lines], [None, "ended", "failed"])
        self.assertEqual((lines[1]["exit-code"], lines[2]["exit-code"]), (0, EXIT_DENYBOX))
        self.assertIn("cannot accept the outputs", lines[2]["reason"])

    def test_strict_bundle(self):
        """The bundle is written, says so, and is not accepted."""
        done = run(*self.io, "--strict-out", "--venue", "VPS", "--evidence",
                   self.path("bundle.json"),
                   payload=self.script("symlinkat s:/etc -100 s:{out}/l"))
        self.assert_status(done, EXIT_DENYBOX)
        verified = denybox("verify", self.path("bundle.json"))
        self.assertEqual(verified.status, 1, repr(verified))
        self.assertIn("outputs-refused", verified.out)

    def test_a_directory_that_is_called_tmpfs(self):
        """It is no tmpfs, and verify knows."""
        os.mkdir(self.path("tmpfs"))
        done = denybox("run", "--out", "tmpfs", "--venue", "VPS", "--evidence", "bundle.json",
                       "--", support.PAYLOAD, "exit", "0", cwd=self.dir)
        self.assert_status(done, 0)
        self.assert_status(denybox("verify", self.path("bundle.json")), 0)


class Collected(Outputs):
    """--out-size."""

    def setUp(self):
        super().setUp()
        self.out = ("--out", self.path("out"), "--out-size", "1m")

    def collect(self, *calls, options=(), status=0):
        done = run(*self.out, *options, payload=self.script(*calls))
        self.assert_status(done, status)
        return done

    def assert_nothing_left(self, *more):
        """No part of a tree, nor a staging directory."""
        self.assertEqual(names(self.dir), sorted(["in", "out", SECRET, *more]))
        self.assertEqual(names(self.path("out")), [])
        self.assert_host_untouched()

    WORK = ("mkdirat -100 s:{out}/d 0700", "openat -100 s:{out}/d/f 0xc1 0600",
            "write r:1 s:text 4", "openat -100 s:{out}/x 0xc1 0700",
            "openat -100 s:{out}/shut 0xc1 0", "mkdirat -100 s:{out}/none 0")

    def test_published(self):
        os.chmod(self.path("out"), 0o2750)
        before = os.stat(self.path("out"))
        done = self.collect(*self.WORK)
        self.assertEqual(done.err, "")
        self.assertEqual(self.tree(), {
            "d": (stat.S_IFDIR, 0o755), "d/f": (stat.S_IFREG, 0o644),
            "x": (stat.S_IFREG, 0o755), "shut": (stat.S_IFREG, 0o644),
            "none": (stat.S_IFDIR, 0o755)})
        self.assertEqual(support.read(self.path("out", "d", "f")), "text")
        after = os.stat(self.path("out"))
        self.assertEqual((after.st_mode, after.st_uid, after.st_gid),
                         (before.st_mode, before.st_uid, before.st_gid))
        # As root too they are the caller's, and not the sandbox user's.
        for path in self.tree():
            status = os.lstat(self.path("out", path))
            self.assertEqual((status.st_uid, status.st_gid), (os.getuid(), after.st_gid)
                             if stat.S_ISDIR(status.st_mode) and after.st_mode & stat.S_ISGID
                             else (os.getuid(), status.st_gid))

    def test_a_name_that_is_free(self):
        done = run("--out", self.path("new") + "/", "--out-size", "64k",
                   payload=self.script("openat -100 s:{out}/f 0xc1 0644"),
                   preexec=lambda: os.umask(0o027))
        self.assert_status(done, 0)
        self.assertEqual(names(self.path("new")), ["f"])
        self.assertEqual(os.stat(self.path("new")).st_mode & 0o7777, 0o750)

    def test_a_mask_that_shuts_out_the_caller(self):
        """What has run for hours is published, and the caller can read it."""
        done = run("--out", self.path("new"), "--out-size", "64k",
                   payload=self.script("mkdirat -100 s:{out}/d 0755", "openat -100 s:{out}/d/f 0xc1 0644"),
                   preexec=lambda: os.umask(0o777))
        self.assert_status(done, 0)
        self.assertEqual(names(self.path("new", "d")), ["f"])
        self.assertEqual(os.stat(self.path("new")).st_mode & 0o7777, 0o700)

    def test_owner_is_kept(self):
        if not support.AS_ROOT:
            self.skipTest("only root has directories of others")
        user = support.ordinary_user()
        os.chown(self.path("out"), user.pw_uid, user.pw_gid)
        self.collect(*self.WORK)
        status = os.stat(self.path("out"))
        self.assertEqual((status.st_uid, status.st_gid), (user.pw_uid, user.pw_gid))
        self.assertEqual(os.stat(self.path("out", "x")).st_uid, 0)

    def test_directory_of_somebody_else(self):
        """In a directory that everybody may write to."""
        if not support.AS_ROOT:
            self.skipTest("only root can make a directory of somebody else's")
        os.chmod(self.dir, 0o777)
        done = support.command([support.DENYBOX, "run", *self.out, "--", support.PAYLOAD,
                                "started"], user=support.ordinary_user())
        self.assert_error(done, EXIT_DENYBOX, "it belongs to somebody else", "of your own")
        self.assert_nothing_left()

    def test_directory_of_another_group(self):
        """Refused before anything has run, not when there are outputs that it cannot get."""
        if not support.AS_ROOT:
            self.skipTest("only root can give a directory to another group")
        user = support.ordinary_user()
        start = [support.DENYBOX, "run", *self.out, "--", support.PAYLOAD,
                 *self.script("openat -100 s:{out}/x 0xc1 0700")]
        os.chown(self.dir, user.pw_uid, 0)
        os.chown(self.path("out"), user.pw_uid, 0)
        self.assert_error(support.command(start, user=user), EXIT_DENYBOX,
                          "its group is none of yours", "by chgrp")
        self.assert_nothing_left()
        # The one that replaces it inherits this group.
        os.chmod(self.dir, 0o2755)
        self.assert_status(support.command(start, user=user), 0)
        self.assertEqual((names(self.path("out")), os.stat(self.path("out")).st_gid), (["x"], 0))

    def test_each_attempt_is_refused_or_renamed_nowhere(self):
        """Row 35: what is neither a file nor a directory is not published, and said."""
        for name, call, said in ATTEMPTS:
            with self.subTest(name):
                done = self.collect(call, "openat -100 s:{out}/good 0xc1 0644")
                if said == "odd name":  # a name is bytes, and is kept
                    self.assertEqual(names(self.path("out")), sorted([name, "good"]))
                    self.assertIn("the first is '", done.err)
                else:
                    self.assertEqual(names(self.path("out")), ["good"])
                    self.assertEqual(done.err, "" if said is None else
                                     f"denybox: warning: not published: '{name}' ({said})\n")
                self.assertTrue(all(" " <= c < "\x7f" or c == "\n" for c in done.err), done.err)
                shutil.rmtree(self.path("out"))
                os.mkdir(self.path("out"))
                done = self.collect(call, "openat -100 s:{out}/good 0xc1 0644",
                                    options=("--strict-out",),
                                    status=EXIT_DENYBOX if said else 0)
                if said:
                    self.assertIn("cannot accept the outputs", done.err)
                    self.assert_nothing_left()
                else:
                    self.assertEqual(names(self.path("out")), ["good"])
                    os.unlink(self.path("out", "good"))
        self.assert_host_untouched()

    def test_many_refusals_are_counted(self):
        done = self.collect(*(f"symlinkat s:/etc -100 s:{{out}}/l{n:02}" for n in range(25)))
        lines = done.err.splitlines()
        self.assertEqual(len(lines), 11)
        self.assertEqual(lines[0], "denybox: warning: not published: 'l00' (link)")
        self.assertEqual(lines[10], "denybox: warning: not published either: 15 more")
        self.assertEqual(names(self.path("out")), [])

    def test_several_names_and_giants(self):
        done = self.collect("openat -100 s:{out}/a 0xc1 0644", "write r:0 s:text 4",
                            "linkat -100 s:{out}/a -100 s:{out}/b 0",
                            "openat -100 s:{out}/giant 0xc1 0644", "ftruncate r:3 0x10000000000",
                            "openat -100 s:{out}/sparse 0xc1 0644", "ftruncate r:5 0x80000")
        self.assertIn("not published: 'giant' (too large)", done.err)
        self.assertEqual(names(self.path("out")), ["a", "b", "sparse"])
        self.assertEqual(os.stat(self.path("out", "a")).st_nlink, 1)
        self.assertEqual(support.read(self.path("out", "b")), "text")
        sparse = os.stat(self.path("out", "sparse"))
        self.assertEqual((sparse.st_size, sparse.st_blocks), (0x80000, 0))

    def test_deep_tree(self):
        script = []
        for _ in range(200):
            script += ["mkdirat -100 s:d 0755", "chdir s:d"]
        done = run(*self.out, "--chdir", "/out", payload=("calls", *script))
        self.assert_status(done, 0)
        self.assertIn("(too deep)", done.err)
        self.assertTrue(os.path.isdir(self.path("out", *["d"] * 128)))
        self.assertFalse(os.path.exists(self.path("out", *["d"] * 129)))

    def test_full(self):
        """Row 10: neither bytes nor inodes beyond the size, and the host has none of it."""
        done = run("--out", self.path("out"), "--out-size", "256k", payload=("fill", "/out"))
        self.assert_status(done, 0)
        results = dict(done.results())
        self.assertEqual((results["bytes-last"], results["inodes-last"]), ("ENOSPC", "ENOSPC"))
        self.assertEqual(int(results["bytes"]), 256 << 10)
        self.assertEqual(int(results["inodes"]), 64 + 2 - 1)
        self.assertEqual(len(names(self.path("out"))), int(results["inodes"]))

    def test_hundred_thousand_files(self):
        done = run("--out", self.path("out"), "--out-size", "400m", "--memory", "1g",
                   payload=("fill", "/out"), timeout=10 * support.TIMEOUT)
        self.assert_status(done, 0)
        files = int(dict(done.results())["inodes"])
        self.assertEqual(files, (400 << 20) // 4096 + 1)
        self.assertEqual(len(os.listdir(self.path("out"))), files)

    def test_failed_payload(self):
        for payload, status in ((("exit", "3"), 3), (("signal", "9"), 137), (("started",), 7)):
            done = run(*self.out, payload=payload)
            self.assert_status(done, status)
            self.assert_nothing_left()
        self.assertIn("nothing was published", done.err)
        done = run(*self.out, "--keep-failed", payload=("started",))
        self.assertEqual((done.status, names(self.path("out"))), (7, ["started"]))

    def test_nothing_is_seen_before_the_end(self):
        """While the payload runs and has written, there is neither an output nor a part of one."""
        process = subprocess.Popen(
            [support.DENYBOX, "run", "--out", self.path("out"), "--out-size", "1m", "--keep-failed",
             "--", support.PAYLOAD, "sleep", "120"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), b"sleeping\n")
        self.assert_nothing_left()
        process.kill()  # and with the launcher killed, never
        process.wait()
        support.require_nothing_left()
        self.assert_nothing_left()

    def test_place_that_is_taken_meanwhile(self):
        """Who was there first stays."""
        process = subprocess.Popen(
            [support.DENYBOX, "run", *self.out, "--", support.PAYLOAD, "cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(b"x")
        process.stdin.flush()
        self.assertEqual(process.stdout.read(1), b"x")
        support.write(self.path("out", "mine"), "mine")
        _, err = process.communicate(timeout=support.TIMEOUT)
        self.assertEqual(process.returncode, EXIT_DENYBOX)
        self.assertIn(b"cannot publish the outputs in 'out': Directory not empty", err)
        self.assertEqual(names(self.path("out")), ["mine"])
        self.assertEqual(names(self.dir), ["in", "out", SECRET])

    def test_two_at_once(self):
        """One of two wins, and has all of its own."""
        runs = [subprocess.Popen(
            [support.DENYBOX, "run", "--out", self.path("new"), "--out-size", "1m", "--",
             support.PAYLOAD, *self.script(f"openat -100 s:{{out}}/a{n} 0xc1 0644",
                                           f"openat -100 s:{{out}}/b{n} 0xc1 0644")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                for n in range(4)]
        ended = [(process.communicate()[1], process.returncode) for process in runs]
        winners = [n for n, (_, status) in enumerate(ended) if status == 0]
        self.assertEqual(len(winners), 1, ended)
        self.assertEqual(names(self.path("new")), [f"a{winners[0]}", f"b{winners[0]}"])
        for err, status in ended:
            self.assertIn(status, (0, EXIT_DENYBOX))
            self.assertEqual(err.count(b"denybox: cannot "), status != 0)
        self.assertEqual(names(self.dir), ["in", "new", "out", SECRET])

    def test_what_a_killed_one_left(self):
        """The next one to the same place sweeps it, and nothing that somebody still works in."""
        words = ("run", *self.out, "--", support.PAYLOAD,
                 *self.script("openat -100 s:{out}/a 0xc1 0644"))
        dead = support.stopped("renameat2", *words)
        dead.kill()
        dead.communicate()
        left, = [name for name in names(self.dir) if name.startswith(".denybox-")]
        self.assertEqual(names(self.path(left)), ["a"])
        # Of these names, and not made by denybox.
        kept = [".denybox-" + "g" * 32, ".denybox-" + "0" * 31, ".denybox-" + "1" * 32]
        for name in kept[:2]:
            os.mkdir(self.path(name))
        support.write(self.path(kept[2]))
        live = support.stopped("renameat2", "run", "--out", self.path("new"), *words[3:])
        during = set(names(self.dir))
        self.assertNotIn(left, during)
        working, = during - {"in", "out", SECRET, *kept}
        os.mkdir(self.path("other"))
        done = subprocess.run([support.DENYBOX, "run", "--out", self.path("other"), *words[3:]],
                              stdin=subprocess.DEVNULL, check=False, capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""), done)
        self.assertEqual(names(self.path(working)), ["a"])
        os.kill(live.pid, signal.SIGCONT)
        _, err = live.communicate(timeout=support.TIMEOUT)
        self.assertEqual((live.returncode, err), (0, b""))
        self.assertEqual(names(self.path("new")), ["a"])
        self.assertEqual(names(self.dir), sorted(["in", "new", "other", "out", SECRET, *kept]))

    def test_full_disk(self):
        """In a mount namespace around denybox, whose disk is a tmpfs of 64k."""
        words = [shutil.which("unshare"), "--mount", "--propagation", "private"]
        if not support.AS_ROOT:
            words += ["--user", "--map-root-user"]
        disk = self.path("in")
        start = (f"{support.DENYBOX} run --out {disk}/out --out-size 1m -- {support.PAYLOAD} calls "
                 "'openat -100 s:/out/f 0xc1 0644'")
        much = " 'write r:0 b:65536 65536' 'write r:0 b:65536 65536'"
        script = (f"mount -t tmpfs -o size=64k none {disk} && mkdir {disk}/out && {start}{much} "
                  f">/dev/null; echo $?; ls -A {disk} {disk}/out; {start} >/dev/null; echo $?; "
                  f"ls -A {disk}/out")
        done = support.command([*words, "sh", "-c", script])
        if "unshare:" in done.err:
            self.skipTest("no mount namespace to make the disk in: " + done.err.strip())
        self.assertEqual(done.out, f"125\n{disk}:\nout\n\n{disk}/out:\n0\nf\n", repr(done))
        self.assertIn("No space left on device", done.err)
        self.assertEqual(done.err.count("denybox: cannot publish the output"), 1)

    def test_status_lines(self):
        done, lines = self.status_lines(
            "run", *self.out, "--", support.PAYLOAD,
            *self.script("symlinkat s:/etc -100 s:{out}/l", "openat -100 s:{out}/f 0xc1 0644"))
        self.assert_status(done, 0)
        self.assertEqual(lines[2], {"event": "outputs", "state": "published", "entries": 2,
                                    "odd": 1, "refused": 1})
        done, lines = self.status_lines("run", "--out", self.path("other"), "--out-size", "1m",
                                        "--", support.PAYLOAD, "started")
        self.assertEqual(lines[2]["state"], "withheld")


class Evidence(Outputs):
    """What the bundle says of it, and what verify makes of that."""

    def bundle_of(self, *options, status=0, calls=("openat -100 s:{out}/f 0xc1 0644",
                                                   "write r:0 s:text 4",
                                                   "symlinkat s:/etc -100 s:{out}/l")):
        done = run("--out", self.path("out"), "--out-size", "1m", "--venue", "VPS", "--evidence",
                   self.path("b.json"), *options, payload=self.script(*calls))
        self.assert_status(done, status)
        document = self.evidence("b.json")
        self.assert_status(denybox("verify", self.path("b.json")),
                           1 if "--strict-out" in options and status != 0 else 0)
        os.remove(self.path("b.json"))
        return document

    def test_bundle(self):
        document = self.bundle_of()
        self.assertEqual(document["limits"]["out"],
                         {"value": 1 << 20, "held_by": "tmpfs", "scope": "/out"})
        plan, result = document["binding"]["plan"], document["result"]
        self.assertEqual(plan["mounts"][2], {"at": "/out", "source": "tmpfs",
                                             "flags": "rw,nosuid,nodev,noexec"})
        self.assertEqual(plan["output"], {"directory": self.path("out"), "keep_failed": False,
                                          "strict": False})
        rows = bundle.mounts(document["raw"]["mountinfo"])
        self.assertEqual(set(rows), {"/", "/in", "/out", "/tmp"})
        verdicts = {probe["probe_id"]: probe["verdict"] for probe in document["probes"]}
        self.assertEqual((verdicts["PR-MOUNT-1"], verdicts["PR-FS-OUT-OK"]), ("PASS", "PASS"))
        self.assertEqual(result["outputs_state"], "published")
        self.assertEqual([(o["path"], o["odd"]) for o in result["outputs"]],
                         [("f", []), ("l", ["link"])])
        self.assertEqual(result["outputs"][0]["sha256"], bundle.sha256("text"))

    def test_states(self):
        self.assertEqual(self.bundle_of("--strict-out", status=EXIT_DENYBOX)["result"][
            "outputs_state"], "withheld")
        done = run("--out", self.path("out"), "--out-size", "1m", "--venue", "VPS", "--evidence",
                   self.path("b.json"), payload=("started",))
        self.assert_status(done, 7)
        result = self.evidence("b.json")["result"]
        # What would have been published is told.
        self.assertEqual((result["outputs_state"], result["outputs"][0]["path"]),
                         ("withheld", "started"))
        self.assert_status(denybox("verify", self.path("b.json")), 0)

    def test_forged(self):
        """Each only where it is one thing that is changed, with all digests made anew."""
        good = self.bundle_of()

        def plan(change):
            return lambda d: change(d["binding"]["plan"])
        for what, change in (
                ("mounts", plan(lambda p: p["limits"].update(out_bytes=None))),
                ("limits", plan(lambda p: p["limits"].update(out_bytes=2 << 20))),
                ("mounts", plan(lambda p: p["output"].update(directory=None))),
                ("mounts", plan(lambda p: p["mounts"][2].update(source=self.path("out")))),
                ("outputs-refused", plan(lambda p: p["output"].update(strict=True))),
                ("limits", lambda d: d["limits"].pop("out")),
                ("result", lambda d: d["result"].update(outputs_state="left")),
                ("result", lambda d: d["result"].update(outputs_state="discarded")),
                ("result", lambda d: d["result"].update(number=1)),
                ("result", lambda d: d["result"]["outputs"][1].update(odd=["link", "too large"])),
                ("result", lambda d: d["result"]["outputs"][0].update(odd=["too deep"])),
                ("result", lambda d: d["result"]["outputs"][0].update(odd=["unreadable"])),
                ("schema-value", lambda d: d["result"].update(outputs_state="kept"))):
            document = copy.deepcopy(good)
            change(document)
            document["binding"]["plan_sha256"] = bundle.sha256(
                mutation.canonical(document["binding"]["plan"]))
            mutation.seal(document)
            support.write(self.path("forged.json"), mutation.canonical(document))
            done = denybox("verify", self.path("forged.json"))
            self.assertEqual(done.status, 1, repr(done))
            self.assertIn(what, done.out)

    def test_attest(self):
        """Its files are published like any other, the matrix of the controls among them."""
        done = denybox("attest", "--quiet", "--venue", "VPS", "--out", self.path("out"),
                       "--out-size", "1m", "--controls")
        self.assert_status(done, 0)
        document = support.load_json(done.out)
        listed = {o["path"]: o["sha256"] for o in document["result"]["outputs"]}
        self.assertEqual(sorted(listed), names(self.path("out")))
        self.assertEqual(sorted(listed), ["attest.jsonl", "controls.json", "report.md",
                                          "sandbox-attestation-inside.json"])
        self.assertEqual(listed["controls.json"], document["controls"]["matrix_sha256"])
        support.write(self.path("b.json"), done.out)
        self.assert_status(denybox("verify", self.path("b.json")), 0)


class Planted(Outputs):
    """Row 36: whatever lies where evidence goes, or is called like it."""

    def test_payload_plants(self):
        """Nothing that a payload leaves in /out is the evidence, whatever its name."""
        done = run(*self.io, "--evidence", self.path("bundle.json"), payload=self.script(
            "openat -100 s:{out}/attest.jsonl 0xc1 0644", "write r:0 s:forged 6",
            "openat -100 s:{out}/bundle.json 0xc1 0644", "write r:2 s:forged 6",
            "symlinkat s:{secret} -100 s:{out}/report.md",
            "openat -100 s:{out}/../bundle.json 0xc1 0644"))
        self.assert_status(done, 0)
        self.assertEqual(done.results()[-1][1], "EROFS")
        document = self.evidence()
        self.assertEqual({o["path"] for o in document["result"]["outputs"]},
                         {"attest.jsonl", "bundle.json", "report.md"})
        self.assert_host_untouched()
        # attest would have to write over it, and refuses.
        done = denybox("attest", "--out", self.path("out"))
        self.assert_error(done, EXIT_DENYBOX, "exists there")
        self.assert_host_untouched()

    def test_links_at_the_place(self):
        for target in (self.secret, self.path("nowhere"), "/proc/self/fd/1"):
            os.symlink(target, self.path("bundle.json"))
            done = run(*self.io, "--evidence", self.path("bundle.json"), payload=("started",))
            self.assert_error(done, EXIT_DENYBOX, "it exists")
            self.assertEqual(names(self.path("out")), [])
            os.unlink(self.path("bundle.json"))
        self.assert_host_untouched()
        self.assertFalse(os.path.exists(self.path("nowhere")))

    def test_planted_while_it_runs(self):
        """By somebody on the host: the link is not followed, and nothing is replaced."""
        for plant in (lambda path: os.symlink(self.secret, path),
                      lambda path: os.symlink(self.path("nowhere"), path),
                      lambda path: support.write(path, "mine")):
            process = subprocess.Popen(
                [support.DENYBOX, "run", "--evidence", self.path("bundle.json"), "--",
                 support.PAYLOAD, "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
            process.stdin.write(b"x")
            process.stdin.flush()
            self.assertEqual(process.stdout.read(1), b"x")
            plant(self.path("bundle.json"))
            _, err = process.communicate(timeout=support.TIMEOUT)
            self.assertEqual(process.returncode, EXIT_DENYBOX, err)
            self.assertIn(b"bundle.json': File exists", err)
            self.assertFalse(os.path.exists(self.path("nowhere")))
            os.unlink(self.path("bundle.json"))
            self.assertEqual(names(self.dir), ["in", "out", SECRET])
        self.assert_host_untouched()

    def test_control(self):
        """Without O_EXCL and O_NOFOLLOW the planted link is written through."""
        os.chmod(self.secret, 0o666)
        os.symlink(self.secret, self.path("link"))
        done = outside("calls", f"openat -100 s:{self.path('link')} 1 0", "write 3 s:forged 6")
        self.assertEqual([got for _, got in done.results()], ["3", "6"])
        self.assertEqual(support.read(self.secret), "forged")


def elf(interpreter, size=None, offset=None):
    """A program with a PT_INTERP of these bytes, at that place and of that length."""
    at = 64 + 2 * 56
    machine = {"x86_64": 62, "aarch64": 183}[os.uname().machine]
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 2, machine, 1, 0x400000 + 0x1000, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    interp = struct.pack("<IIQQQQQQ", 3, 4, at if offset is None else offset, 0, 0,
                         len(interpreter) if size is None else size, 0, 1)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 0x2000, 0x2000, 0x1000)
    return (head + interp + load + interpreter).ljust(0x2000, b"\0")


class Evil(Outputs):
    """Row 40: refused with one line, in the root and on the host. Evil root directories are in
    test_rootfs.py."""

    def refused(self, content, fragment=""):
        root = self.path("root")
        os.makedirs(root, exist_ok=True)
        program = os.path.join(root, "evil")
        with open(program, "wb") as file:
            file.write(content)
        os.chmod(program, 0o755)
        for words in (("--rootfs", root, "--", "/evil"), ("--", program)):
            done = denybox("run", *self.io, *words, timeout=30)
            self.assertIn(done.status, (EXIT_NOT_EXECUTABLE, EXIT_DENYBOX, 127), repr(done))
            self.assert_error(done, done.status, fragment)
            self.assertTrue(all(" " <= c < "\x7f" or c == "\n" for c in done.err), done.err)
        self.assertEqual(names(self.path("out")), [])
        self.assert_host_untouched()

    def test_hostile_interpreters(self):
        for interpreter, how in (
                (b"\0", {}), (b"relative\0", {}), (b"../../../../evil\0", {}),
                (b"/\x1b[31m/ld.so\0", {}), (b"/in/ld.so\0", {}), (b"/out/ld.so\0", {}),
                (b"/proc/self/exe\0", {}), (b"/proc/self/fd/0\0", {}), (b"/\0", {}),
                (b"/evil/x\0", {}), (b"/no-nul", {"size": 7}), (b"/ld\0.so\0", {}),
                (b"/" + b"a" * 5000 + b"\0", {}), (b"/ld.so\0", {"size": 1 << 62}),
                (b"/ld.so\0", {"size": 0}), (b"/ld.so\0", {"offset": 1 << 40}),
                (b"/ld.so\0", {"offset": (1 << 64) - 4})):
            with self.subTest(interpreter=interpreter[:20], **how):
                self.refused(elf(interpreter, **how), "cannot ")

    def test_control_of_interpreters(self):
        """The same file with a loader that is there is started: it is the interpreter alone that
        is refused. (What is then run is no program of ours, and ends as it likes.)"""
        root = self.path("root")
        os.mkdir(root)
        with open(os.path.join(root, "evil"), "wb") as file:
            file.write(elf(b"/ld.so\0"))
        os.chmod(os.path.join(root, "evil"), 0o755)
        shutil.copy(support.PAYLOAD, os.path.join(root, "ld.so"))
        done = denybox("run", "--rootfs", root, "--", "/evil", "exit", "9")
        self.assertEqual(done.err, "")
        self.assertNotIn(done.status, (3, 125, 126, 127), repr(done))

    def test_giant_shebang(self):
        for line in (b"#!" + b"/" + b"a" * 65536 + b"\n", b"#!" + b" " * 65536 + b"/evil\n",
                     b"#!/evil " + b"x" * 65536, b"#!\n", b"#!", b"#!relative\n", b"#!/evil\0x\n",
                     b"#!/evil\n", b"#!/in/python\n", b"#!/\x1b[31m\n"):
            with self.subTest(line=line[:20]):
                self.refused(line, "cannot ")

    def test_evil_profiles(self):
        deep = '{"a":' * 100000
        profile = '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": %s}'
        os.mkfifo(self.path("fifo.json"))
        os.mkdir(self.path("directory.json"))
        for content in (
                "", "{", "[]", deep, "{}\0", profile % "[]" + "x", '{"defaultAction": "\x1b[31m"}',
                '{"defaultAction": "SCMP_ACT_ALLOW", "defaultAction": "SCMP_ACT_KILL"}',
                profile % '[{"names": ["no_such_call\\u001b[31m"], "action": "SCMP_ACT_NOTIFY"}]',
                profile % ('[' + '{"names": ["read"], "action": "SCMP_ACT_TRACE"},' * 99999 + ']'),
                " " * (64 << 20)):
            with self.subTest(content=content[:40]):
                path = support.write(self.path("evil.json"), content)
                self.profile_refused(path)
        for name in ("fifo.json", "directory.json", "nothing.json"):
            self.profile_refused(self.path(name))

    def profile_refused(self, path):
        done = run(*self.io, "--seccomp", path, payload=("started",), timeout=30)
        self.assert_error(done, EXIT_DENYBOX, "cannot ")
        self.assertTrue(all(" " <= c < "\x7f" or c == "\n" for c in done.err), done.err)
        self.assertEqual(names(self.path("out")), [])

    def test_control_of_profiles(self):
        path = support.write(self.path("good.json"),
                             '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}')
        self.assert_status(run(*self.io, "--seccomp", path, payload=("started",)), 7)


if __name__ == "__main__":
    support.main()
