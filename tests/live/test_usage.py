#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad command lines: one line that says what is wrong, exit 125, nothing created or started."""

import os
import shutil
import socket
import tempfile

import support
from support import EXIT_DENYBOX, EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND, Live, denybox

# {d} is the work directory, with in/, out/, file and in/below/ in it; (words, fragment).
OPTIONS = [
    (("--nonsense",), "there is no such option"),
    (("--i", "x"), "there is no such option"),
    (("-x",), "options have two dashes"),
    (("--in", ""), "want a path"),
    (("--in=",), "want a path"),
    (("--in", "{d}/nothing"), "no such directory"),
    (("--in", "{d}/file"), "not a directory"),
    (("--in", "{d}/file/x"), "cannot use --in"),
    (("--out", "{d}/nothing"), "no such directory"),
    (("--out", "{d}/file"), "not a directory"),
    (("--rootfs", "{d}/nothing"), "no such directory"),
    (("--rootfs", "{d}/file"), "not a directory"),
    (("--in", "{d}/in", "--in", "{d}/in"), "twice"),
    (("--quiet", "--quiet"), "twice"),
    (("--quiet", "--verbose"), "--quiet with --verbose"),
    (("--quiet=yes",), "takes no value"),
    (("--in", "{d}/in", "--out", "{d}/in"), "inside"),
    (("--in", "{d}/in", "--out", "{d}/in/below"), "inside"),
    (("--in", "{d}/in/below", "--out", "{d}/in"), "inside"),
    (("--in", "{d}/link/below", "--out", "{d}/in"), "inside"),
    (("--rootfs", "{d}/in", "--out", "{d}/in/below"), "inside"),
    (("--rootfs", "{d}/in/below", "--out", "{d}/in"), "inside"),
    (("--ro-bind", "{d}/in", "/data", "--out", "{d}/in/below"), "inside"),
    (("--ro-bind", "{d}/nothing", "/data"), "cannot use --ro-bind"),
    (("--ro-bind", "{d}/in", "data"), "absolute path"),
    (("--ro-bind", "{d}/in", "/a/../b"), "absolute path"),
    (("--ro-bind", "{d}/in", "/"), "absolute path"),
    (("--ro-bind", "{d}/in", "/in/x"), "belongs to the sandbox"),
    (("--ro-bind", "{d}/in", "/out"), "belongs to the sandbox"),
    (("--ro-bind", "{d}/in", "/tmp/x"), "belongs to the sandbox"),
    (("--ro-bind", "{d}/in", "/proc"), "belongs to the sandbox"),
    (("--ro-bind", "{d}/in", "/dev/x"), "belongs to the sandbox"),
    (("--ro-bind", "{d}/in", "/a", "--ro-bind", "{d}/in", "/a"), "twice"),
    (("--setenv", "API_TOKEN", "x"), "looks like a secret"),
    (("--setenv=A", "b", "--setenv", "=", "x"), "want a name"),
    (("--chdir", "tmp"), "absolute path"),
    (("--chdir", "/tmp/.."), "absolute path"),
    (("--hostname", ""), "characters"),
    (("--hostname", "a" * 65), "characters"),
    (("--hostname", "a b"), "letters, digits"),
    (("--argv0", ""), "characters"),
    (("--uid", "0"), "want a number from 1"),
    (("--uid", "4294967295"), "want a number from 1"),
    (("--uid", "-1"), "want a number"),
    (("--uid", "1x"), "want a number"),
    (("--uid", " 1"), "want a number"),
    (("--uid", "0x10"), "want a number"),
    (("--gid", "0"), "want a number from 1"),
    (("--gid", ""), "want a number"),
    (("--tmp-size", "0"), "want a size from 4k"),
    (("--tmp-size", "1"), "want a size from 4k to 1t"),
    (("--tmp-size", "16x"), "want a number of bytes"),
    (("--tmp-size", "k"), "want a number of bytes"),
    (("--tmp-size", "99999999999999999999"), "want a number"),
    (("--tmp-size", "18446744073709551615k"), "want a number"),
    (("--memory", "1"), "want a size from 1m to 1024t"),
    (("--memory", "1.5g"), "want a number of bytes"),
    (("--pids-limit", "0"), "want a number from 1"),
    (("--cpus", "0"), "want a number from 1"),
    (("--nofile", "63"), "want a number from 64"),
    (("--nofile", "9999999"), "want a number"),
    (("--fsize", "-1"), "want a number of bytes"),
    (("--seccomp", "none"), "no such profile"),
    (("--seccomp", "{d}/nothing.json"), "cannot read the filter"),
    (("--seccomp-bpf", "{d}/nothing"), "cannot read the filter"),
    (("--seccomp-bpf", "{d}/file"), "cannot use the BPF program"),
    (("--seccomp", "{d}/bad.json"), "cannot use the seccomp profile"),
    (("--scan", "{d}/nothing"), "cannot read the scan policy"),
    (("--scan", "{d}/bad.json"), "cannot use the scan policy"),
    (("--evidence", "{d}/file"), "it exists"),
    (("--evidence", "{d}/dangling"), "it exists"),
    (("--evidence", "{d}/nothing/x"), "cannot use --evidence"),
    (("--evidence", "{d}/in/"), "name of a file"),
    (("--evidence", "{d}/."), "name of a file"),
    (("--evidence", "{d}/.."), "name of a file"),
    (("--out", "{d}/out", "--evidence", "{d}/out/b.json"), "inside"),
    (("--out", "{d}/in", "--evidence", "{d}/in/below/b.json"), "inside"),
    (("--venue", "my laptop"), "letters, digits"),
    (("--venue", ""), "characters"),
    (("--run-date", "2026-6-9"), "YYYY-MM-DD"),
    (("--run-date", "2026-13-01"), "no such day"),
    (("--run-date", "2026-02-30"), "no such day"),
    (("--run-date", "2025-02-29"), "no such day"),
    (("--run-date", "tomorrow"), "YYYY-MM-DD"),
    (("--nonce", "1234567"), "8 to 88"),
    (("--nonce", "x" * 89), "8 to 88"),
    (("--nonce", "12345678\n"), "printable"),
    (("--run-id", "a/b"), "letters, digits"),
    (("--args", "77"), "no such descriptor"),
    (("--args", "x"), "want a number"),
    (("--json-status-fd", "77"), "no such descriptor"),
]

COMMANDS = [
    ((), EXIT_DENYBOX, "no command given"),
    (("nonsense",), EXIT_DENYBOX, "is not a command"),
    (("help", "nonsense"), EXIT_DENYBOX, "is not a command"),
    (("run",), EXIT_DENYBOX, "no command given"),
    (("run", "--"), EXIT_DENYBOX, "no command given"),
    (("run", "--", ""), EXIT_NOT_FOUND, "the command is empty"),
    (("run", "--", "/nothing/at/all"), EXIT_NOT_FOUND, "no such file"),
    (("run", "--", "no-such-program-here"), EXIT_NOT_FOUND, "not found"),
    (("run", "--", "{d}/in"), EXIT_NOT_EXECUTABLE, "not a regular file"),
    (("run", "--", "{d}/file"), EXIT_NOT_EXECUTABLE, "not executable"),
    (("run", "--", "{d}/file/x"), EXIT_NOT_FOUND, "no such file"),
    (("run", "--", "{d}/loop"), EXIT_NOT_EXECUTABLE, "cannot run"),
    (("run", "--", "{d}/fifo"), EXIT_NOT_EXECUTABLE, "not a regular file"),
    (("run", "--", "{d}/socket"), EXIT_NOT_EXECUTABLE, "cannot run"),
    (("run", "--", "/dev/null"), EXIT_NOT_EXECUTABLE, "not a regular file"),
    (("run", "--", "{d}/empty"), EXIT_NOT_EXECUTABLE, "cannot run"),
    (("run", "--in"), EXIT_DENYBOX, "want --in DIR"),
    (("run", "--ro-bind", "{d}/in"), EXIT_DENYBOX, "want --ro-bind SRC DEST"),
    (("run", "--setenv", "A"), EXIT_DENYBOX, "want --setenv NAME VALUE"),
    (("attest", "x"), EXIT_DENYBOX, "attest runs no payload"),
    (("attest", "--allow-exec"), EXIT_DENYBOX, "no such option"),
    (("attest", "--chdir", "/tmp"), EXIT_DENYBOX, "no such option"),
    (("plan",), EXIT_DENYBOX, "no command given"),
    (("filter",), EXIT_DENYBOX, "want a verb"),
    (("filter", "show", "nonsense"), EXIT_DENYBOX, "cannot find the profile"),
    (("filter", "compile", "{d}/nothing"), EXIT_DENYBOX, "cannot read"),
    (("filter", "compile", "{d}/file"), EXIT_DENYBOX, "cannot "),
]

# What is wrong, and what the second line says to do about it.
HINTS = [
    (("rnu",), EXIT_DENYBOX, "is not a command", "hint: did you mean run?"),
    (("./program",), EXIT_DENYBOX, "is not a command",
     "hint: a program is started by denybox run -- ./program"),
    (("run", "--in", "{d}/file", "--", "true"), EXIT_DENYBOX, "not a directory",
     "hint: give the directory that the file is in: the payload sees it as /in/NAME"),
    (("run", "--in", "{d}/nothing", "--", "true"), EXIT_DENYBOX, "no such directory",
     "hint: give the directory that the payload is to read"),
    (("run", "--in", "--", "true"), EXIT_DENYBOX, "cannot use --in: want --in DIR",
     "hint: '--' comes next: is a variable empty? --in=DIR takes any word"),
    (("run", "--in=-x", "--", "true"), EXIT_DENYBOX, "no such directory",
     "hint: the value of --in is missing; a name that begins with a dash is written ./-NAME"),
    (("run", "--nonce", "--evidence", "{d}/new.json", "--", "true"), EXIT_DENYBOX,
     "cannot use --nonce: want --nonce TEXT",
     "hint: '--evidence' comes next: is a variable empty? --nonce=TEXT takes any word"),
    (("run", "--in", "/", "--", "true"), EXIT_DENYBOX, "it is the host's own root",
     "hint: give the directory that holds"),
    (("run", "--out", "{d}/file", "--", "true"), EXIT_DENYBOX, "not a directory",
     "hint: give a directory, in which the payload writes files as /out/NAME"),
    (("run", "--out", "{d}/nothing", "--", "true"), EXIT_DENYBOX, "no such directory",
     "hint: make it first: mkdir -p {d}/nothing"),
    (("run", "--rootfs", "{d}/file", "--", "true"), EXIT_DENYBOX, "not a directory",
     "hint: unpack it, or give --image FILE"),
    (("run", "--rootfs", "{d}/nothing", "--", "true"), EXIT_DENYBOX, "no such directory",
     "hint: denybox pack -o DIR COMMAND"),
    (("run", "--memory", "10", "--", "true"), EXIT_DENYBOX, "want a size from 1m to 1024t",
     "hint: without a letter it is bytes: 10m is 10 MiB"),
    (("run", "--fsize", "5", "--", "true"), EXIT_DENYBOX, "want a size from 4k to 1024t",
     "hint: without a letter it is bytes: 5m is 5 MiB"),
    (("run", "--memory", "1048575", "--", "true"), EXIT_DENYBOX, "want a size from 1m to 1024t", ""),
    (("run", "--evidence", "{d}/nothing/b.json", "--", "true"), EXIT_DENYBOX,
     "--evidence '{d}/nothing/': no such directory", "hint: make it first: mkdir -p {d}/nothing/"),
    (("run", "--evidence", "{d}/file/b.json", "--", "true"), EXIT_DENYBOX, "Not a directory", ""),
    (("run", "--setenv", "A=b", "--", "true"), EXIT_DENYBOX, "want --setenv NAME VALUE",
     "hint: these are two words, with a blank between them instead of '='"),
    (("run", "--setenv", "A=b", "true"), EXIT_DENYBOX, "want a name of letters",
     "hint: name and value are two words"),
    (("run", "--ro-bind", "{d}/in:/data", "--", "true"), EXIT_DENYBOX, "want --ro-bind SRC DEST",
     "instead of ':'"),
    (("run", "--setenv", "AUTHOR", "x", "--", "true"), EXIT_DENYBOX, "looks like a secret (auth)",
     "hint: a payload gets no secret; what is none can have a name without 'auth'"),
    (("run", "--chdir", "/in/", "--", "true"), EXIT_DENYBOX, "none at the end",
     "hint: it is looked up in the sandbox"),
    (("run", "{d}/s.py"), EXIT_NOT_EXECUTABLE, "it is not executable",
     "hint: name its interpreter: denybox run --in {d} -- python3 /in/s.py"),
    (("run", "{d}/x.py"), EXIT_NOT_EXECUTABLE, "neither an ELF program nor a #! script",
     "hint: name its interpreter: denybox run --in {d} -- python3 /in/x.py"),
    (("run", "{d}/text"), EXIT_NOT_EXECUTABLE, "neither an ELF program nor a #! script",
     "hint: a script's first line is #!"),
    (("run", "{d}/file"), EXIT_NOT_EXECUTABLE, "it is not executable", "hint: chmod +x it"),
    (("run", "--in", "{d}/in", "/in/s.py"), EXIT_NOT_FOUND, "no such file",
     "hint: name its interpreter: denybox run --in DIR -- python3 /in/s.py"),
    (("run", "--in", "{d}/in", "/in/x"), EXIT_NOT_FOUND, "no such file",
     "hint: what --in DIR brings to /in is data"),
    (("run", "/nothing/at/all"), EXIT_NOT_FOUND, "no such file", "hint: look at the spelling"),
    (("run", "no-such-program-here"), EXIT_NOT_FOUND, "not found", "hint: look at the spelling"),
]

# Of names in the working directory, which is {d}.
HERE = [
    (("run", "s.py"), EXIT_NOT_FOUND, "not found",
     "hint: name its interpreter: denybox run --in . -- python3 /in/s.py"),
    (("run", "x.py"), EXIT_NOT_FOUND, "not found",
     "hint: there is one here: denybox run -- ./x.py"),
    (("run", "some-data"), EXIT_NOT_FOUND, "not found", "but it is not executable"),
    (("run", "--evidence", "nothing/b.json", "--", "true"), EXIT_DENYBOX, "'nothing/'",
     "hint: make it first: mkdir -p nothing/"),
]


class Usage(Live):

    def setUp(self):
        super().setUp()
        support.write(self.path("file"), "text")
        support.write(self.path("empty"), "", 0o755)
        support.write(self.path("some-data"), "text")
        support.write(self.path("bad.json"), "{}x")
        support.write(self.path("s.py"), "print(1)\n")
        for name in ("x.py", "text"):
            support.write(self.path(name), "print(1)\n", 0o755)
        os.mkdir(self.path("in", "below"))
        os.symlink("in", self.path("link"))
        os.symlink("nowhere", self.path("dangling"))
        os.symlink("loop", self.path("loop"))
        os.mkfifo(self.path("fifo"), 0o777)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(self.path("socket"))
        self.before = self.listing()

    def listing(self):
        return sorted((directory, sorted(names), sorted(files))
                      for directory, names, files in os.walk(self.dir))

    def words(self, words):
        return [word.replace("{d}", self.dir) for word in words]

    def check(self, words, status, fragment, hint=None, **how):
        fragment, hint = self.words((fragment, hint or ""))
        with self.subTest(" ".join(words)):
            done = denybox(*self.words(words), **how)
            self.assert_error(done, status, fragment, hint)
            self.assertEqual(self.listing(), self.before)

    def test_options(self):
        for words, fragment in OPTIONS:
            self.check(("run", *words, "--", support.PAYLOAD, "started"), EXIT_DENYBOX, fragment)

    def test_options_of_plan(self):
        """plan refuses what run would refuse before it starts anything."""
        for words, fragment in OPTIONS:
            self.check(("plan", *words, "--", support.PAYLOAD), EXIT_DENYBOX, fragment)

    def test_commands(self):
        for words, status, fragment in COMMANDS:
            self.check(words, status, fragment)

    def test_hints(self):
        for words, status, fragment, hint in HINTS:
            self.check(words, status, fragment, hint)
        for words, status, fragment, hint in HERE:
            self.check(words, status, fragment, hint, cwd=self.dir)

    def failed(self, *words, program=support.PAYLOAD):
        """The words of denybox after a payload that fails by itself."""
        done = denybox("run", *words[:-1], "--", program, *words[-1], cwd=self.dir)
        self.assertGreater(done.status, 0, repr(done))
        return [line for line in done.err.splitlines() if line.startswith("denybox: ")]

    def test_hint_after_a_failure(self):
        """What was named as if the payload saw it; nothing where it does, or where all went well."""
        lost = "denybox: hint: the payload sees no '%s': --in DIR, and /in/%s, show it that file"
        self.assertEqual(self.failed(("exit", "3", "s.py")), [lost % ("s.py", "s.py")])
        self.assertEqual(self.failed(("exit", "3", "./s.py")), [lost % ("./s.py", "s.py")])
        self.assertEqual(self.failed(("exit", "3", "/in/s.py")),
                         ["denybox: hint: nothing is in /in: --in DIR brings what the payload is "
                          "to read"])
        for words in (("--quiet", ("exit", "3", "s.py")), (("exit", "3", "nothing"),),
                      (("exit", "3", "in"),), ("--in", "in", ("exit", "3", "/in/s.py")),
                      ("--chdir", "/tmp", ("exit", "3", "s.py")),
                      ("--rootfs", ".", ("exit", "3", "s.py"))):
            program = support.PAYLOAD
            if "--rootfs" in words:
                program = "/payload"
                shutil.copy(support.PAYLOAD, self.path("payload"))
            self.assertEqual(self.failed(*words, program=program), [], words)
        self.assertEqual(denybox("run", "--", support.PAYLOAD, "exit", "0", "s.py",
                                 cwd=self.dir).err, "")

    def test_hint_where_the_input_is_taken(self):
        """--in would be no answer then: --with is, where it can be."""
        here = tempfile.mkdtemp(prefix="denybox-host-", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, here)
        os.chmod(here, 0o755)
        path = support.write(os.path.join(here, "s.py"))
        os.mkdir(self.path("root"))
        shutil.copy(support.PAYLOAD, self.path("root", "payload"))
        beside = "beside its input it is there as /in/s.py"
        for cwd, words, program, said in (
                (here, (), support.PAYLOAD, f"--with s.py, and {path}, show it that file"),
                (here, ("--with", "s.py"), support.PAYLOAD, f"it is there as {path}"),
                (here, ("--rootfs", self.path("root")), "/payload", beside),
                (self.dir, (), support.PAYLOAD, beside)):
            done = denybox("run", "--in", self.path("in"), *words, "--", program, "exit", "3", "s.py",
                           cwd=cwd)
            self.assertEqual(done.err, f"denybox: hint: the payload sees no 's.py': {said}\n")

    def test_hint_of_a_device(self):
        """Programs that are known to open /dev/null, by their names."""
        for name in ("git", "perl", "perl5.36", "other"):
            shutil.copy(support.PAYLOAD, self.path(name))
        hint = "denybox: hint: %s opens /dev/null, which is not there: --dev brings it, as a deviation"
        perl = hint % "perl -e" + "; a program in a file needs none"
        for name, words, said in (("git", ("exit", "3"), [hint % "git"]),
                                  ("perl", ("-e", "1"), [perl]), ("perl", ("-lne", "1"), [perl]),
                                  ("perl5.36", ("-w", "-E1",), [perl]),
                                  ("perl", ("exit", "3"), []), ("perl", ("exit", "3", "-e"), []),
                                  ("perl", ("-Me", "3"), []), ("other", ("-e", "1"), [])):
            self.assertEqual(self.failed(words, program="./" + name), said, (name, words))
        self.assertEqual(self.failed("--dev", ("exit", "3"), program="./git"), [])

    def test_hint_of_a_shell(self):
        """By its name, and by how shells say that a program is not there or cannot be started."""
        here = tempfile.mkdtemp(prefix="denybox-host-", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, here)
        os.chmod(here, 0o755)
        script = support.write(os.path.join(here, "s"), "#!/bin/sh\nexit 127\n", 0o755)
        alone = ("denybox: hint: a shell starts no other program here: --allow-exec lets it, as a "
                 "deviation, and --with PATH brings each along; busybox sh has many within itself\n")
        brought = ("denybox: hint: what a shell starts has to be in the root: --with PATH brings a "
                   "program along\n")
        for words, status, said in ((("--", "sh", "-c", "exit 127"), 127, alone),
                                    (("--", "sh", "-c", "exit 126"), 126, alone),
                                    (("--", script), 127, alone),
                                    (("--allow-exec", "--", script), 127, brought),
                                    (("--quiet", "--", script), 127, ""),
                                    (("--", "sh", "-c", "exit 1"), 1, ""),
                                    (("--", "busybox", "sh", "-c", "exit 127"), 127, "")):
            done = denybox("run", *words)
            self.assertEqual((done.status, done.err), (status, said), words)
        # Nothing is added to a root that was given.
        os.makedirs(self.path("root", "bin"))
        shutil.copy(shutil.which("busybox"), self.path("root", "bin", "sh"))
        for words, said in (((), alone.replace(", and --with PATH brings each along", "")),
                            (("--allow-exec",), brought.partition(": --with")[0] + "\n")):
            done = denybox("run", "--rootfs", self.path("root"), *words, "--", "/bin/sh", "-c", "exit 127")
            self.assertEqual((done.status, done.err), (127, said), words)
        # bash says by it, too, that there is no such script.
        done = denybox("run", "--", "bash", "./nothing")
        self.assertEqual((done.status, "hint" in done.err), (127, False), done.err)

    def test_unreadable(self):
        if support.AS_ROOT:
            self.skipTest("nothing is closed to root")
        os.mkdir(self.path("closed"), 0)
        os.mkdir(self.path("unwritable"), 0o555)
        shutil.copy(support.PAYLOAD, self.path("unreadable"))
        os.chmod(self.path("unreadable"), 0o111)
        self.before = self.listing()
        payload = ("--", support.PAYLOAD, "started")
        self.check(("run", "--in", "{d}/closed", *payload), EXIT_DENYBOX, "closed")
        self.check(("run", "--out", "{d}/unwritable", *payload), EXIT_DENYBOX, "unwritable")
        self.check(("run", "--evidence", "{d}/unwritable/b", *payload), EXIT_DENYBOX,
                   "cannot write --evidence")
        self.check(("run", "--evidence", "{d}/closed/b", *payload), EXIT_DENYBOX, "--evidence")
        self.check(("run", "--", "{d}/unreadable", "started"), EXIT_NOT_EXECUTABLE, "cannot run")
        support.write(self.path("in", "shut"), mode=0)
        done = denybox("run", "--in", self.path("in"), "--evidence", self.path("b.json"), "--",
                       support.PAYLOAD, "started")
        self.assert_error(done, EXIT_DENYBOX, "cannot read 'shut' for the digest: Permission denied")
        self.assertIn(f"hint: it is in '{self.path('in')}', all of which the evidence covers", done.err)

    def test_removed_working_directory(self):
        """Found before the start, and not by a payload that has run without evidence."""
        os.mkdir(self.path("gone"))
        for words in (("--in", "."), ("--out", "."), ("--rootfs", "."), ("--evidence", "b.json")):
            line = 'cd "$0" && mkdir x && cd x && rmdir ../x && exec "$@"'
            done = support.command(["sh", "-c", line, self.path("gone"), support.DENYBOX, "run", *words,
                                    "--", support.PAYLOAD, "started"])
            self.assert_error(done, EXIT_DENYBOX, "the directory was removed",
                              "go to one that is there")

    def test_option_in_both_forms(self):
        for words in (("--hostname", "a"), ("--hostname=a",)):
            done = denybox("run", *words, "--", support.PAYLOAD, "show")
            self.assertEqual(support.shown(done)["hostname"], "a")

    def test_first_word_ends_the_options(self):
        done = denybox("run", support.PAYLOAD, "echo", "--in", "--", "x")
        self.assertEqual(done.out, "--in\n--\nx\n")

    def test_help_and_version(self):
        for words in (("--help",), ("run", "--help"), ("attest", "--help"), ("plan", "--help"),
                      ("filter", "--help"), ("--version",), ("run", "--version")):
            done = denybox(*words)
            self.assertEqual((done.status, done.err), (0, ""), repr(done))
            self.assertGreater(len(done.out), 5)

    def test_help_of_each_command(self):
        """The same by each way to ask for it, and another text for each command."""
        general = denybox("--help").out
        for words in (("-h",), ("help",), ("help", "help")):
            self.assertEqual(denybox(*words).out, general, words)
        seen = {general}
        for command in ("run", "attest", "check", "plan", "pack", "verify", "scan", "filter",
                        "image", "batch", "cache"):
            done = denybox(command, "--help")
            self.assertEqual((done.status, done.err), (0, ""), repr(done))
            self.assertTrue(done.out.startswith(f"usage: denybox {command} "), done.out)
            for words in ((command, "-h"), ("help", command)):
                self.assertEqual(denybox(*words).out, done.out, words)
            self.assertNotIn(done.out, seen)
            seen.add(done.out)

    def test_nonexistent_with_odd_names(self):
        for name in ("a\nb", "a\x1b[0m", "\u202e", "x" * 5000, "\udcff"):
            done = denybox("run", "--in", os.fsencode(self.path("")) + os.fsencode(name), "--",
                           support.PAYLOAD)
            self.assertEqual(done.status, EXIT_DENYBOX)
            self.assertLessEqual(len(done.err.splitlines()), 2)
            self.assertTrue(all(32 <= byte < 127 or byte == 10 for byte in done.raw_err), done)


if __name__ == "__main__":
    support.main()
