#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""plan, filter, stacked filters, --args and --json-status-fd."""

import hashlib
import json
import os
import re
import shutil
import signal
import struct
import subprocess

import support
from support import EXIT_BLOCKED, EXIT_DENYBOX, Live, calls, denybox, run


class Plan(Live):

    def test_plan(self):
        done = denybox("plan", *self.io, "--memory", "64m", "--", support.PAYLOAD, "started", "x")
        self.assert_status(done, 0)
        plan = support.load_json(done.out)
        self.assertEqual(plan["payload"]["argv"], [support.PAYLOAD, "started", "x"])
        self.assertEqual([mount["at"] for mount in plan["mounts"]], ["/", "/in", "/out", "/tmp"])
        self.assertEqual(plan["limits"]["memory_bytes"], 64 << 20)
        self.assertEqual(plan["environment"], ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp",
                                               "TMPDIR=/tmp", "LANG=C.UTF-8"])
        self.assertEqual(plan["profile"], "strict")

    def test_plan_is_what_run_carries_out(self):
        words = (*self.io, "--hostname", "h", "--evidence", self.path("bundle.json"), "--",
                 support.PAYLOAD, "exit", "0")
        plan = support.load_json(denybox("plan", *words).out)
        self.assert_status(denybox("run", *words), 0)
        self.assertEqual(self.evidence()["binding"]["plan"], plan)

    def test_plan_starts_nothing(self):
        done = denybox("plan", *self.io, "--evidence", self.path("bundle.json"), "--",
                       support.PAYLOAD, "started")
        self.assert_status(done, 0)
        self.assertEqual(os.listdir(self.path("out")), [])
        self.assertEqual(sorted(os.listdir(self.dir)), ["in", "out"])

    def test_plan_makes_no_process(self):
        strace = shutil.which("strace")
        if strace is None:
            self.skipTest("no strace to count system calls with")
        trace = self.path("trace")
        words = [strace, "-f", "-o", trace, "-e",
                 "trace=clone,clone3,fork,vfork,unshare,mount,mkdirat,mkdir,unlinkat,renameat2"]
        done = support.command([*words, support.DENYBOX, "plan", *self.io, "--", support.PAYLOAD])
        if "PTRACE" in done.err or "ptrace" in done.err:
            self.skipTest("strace may not trace here: " + done.err.strip())
        self.assertEqual(support.read(trace).count("("), 0, support.read(trace))
        support.command([*words, support.DENYBOX, "run", *self.io, "--", support.PAYLOAD, "exit",
                         "0"])
        self.assertIn("clone", support.read(trace), "the control: run does")


class Printed(Live):

    def test_document_that_nobody_can_read(self):
        """Is an error like any other, with a word about it."""
        for words in (("plan", "--", support.PAYLOAD), ("check", "--json"), ("filter", "list"),
                      ("filter", "show", "strict"), ("filter", "digest", "strict"), ("--help",),
                      ("--version",), ("run", "--help"), ("pack", "--json", "-o", self.path("root"), support.PAYLOAD)):
            done = support.command(["sh", "-c", '"$@" > /dev/full', "sh", support.DENYBOX, *words])
            self.assert_error(done, EXIT_DENYBOX, "cannot write to standard output: No space left")

    def test_closed_standard_output(self):
        """Nobody can read what is written there, and nobody is told that all went well."""
        for words in (("plan", "--", support.PAYLOAD), ("check", "--json"), ("filter", "list"),
                      ("--help",), ("attest", "--quiet")):
            self.assert_error(denybox(*words, closed=(1,)), EXIT_DENYBOX, "cannot write ")
        self.assertEqual(run(payload=("calls", "write 1 s:x 1"), closed=(1,)).status, 0)


class Filter(Live):

    def test_list(self):
        done = denybox("filter", "list")
        self.assert_status(done, 0)
        for name in ("strict", "targeted", "init"):
            with open(os.path.join(support.SRC, "bpf", name + ".json"), "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            self.assertRegex(done.out, rf"(?m)^{name} +\d+ instructions +sha256:{digest}$")

    def test_show(self):
        for name in ("strict", "targeted", "init"):
            with open(os.path.join(support.SRC, "bpf", name + ".json"), "rb") as file:
                self.assertEqual(denybox("filter", "show", name).raw_out, file.read())

    def test_digest(self):
        source = os.path.join(support.SRC, "bpf", "strict.json")
        done = denybox("filter", "digest", "strict")
        lines = dict(reversed(line.split("  ")) for line in done.out.splitlines())
        with open(source, "rb") as file:
            self.assertEqual(lines["strict.json"], hashlib.sha256(file.read()).hexdigest())
        compiled = denybox("filter", "compile", source)
        self.assert_status(compiled, 0)
        self.assertEqual(len(compiled.raw_out) % 8, 0)
        machine = os.uname().machine
        self.assertEqual(lines[f"strict.{machine}.bpf"],
                         hashlib.sha256(compiled.raw_out).hexdigest())

    def test_help(self):
        for words in (("--help",), ("-h",), ("show", "--help"), ("compile", "-h")):
            self.assertEqual(denybox("filter", *words).out, denybox("filter", "--help").out)
        for command in ("filter", "image", "cache"):
            done = denybox(command, "list", "--help")
            self.assert_status(done, 0)
            self.assertTrue(done.out.startswith(f"usage: denybox {command} "), repr(done))

    def test_compile_bad(self):
        for text in ("", "{", "[]", '{"defaultAction": "SCMP_ACT_NONSENSE"}',
                     '{"defaultAction": "SCMP_ACT_ALLOW", "defaultAction": "SCMP_ACT_ALLOW"}',
                     '{"defaultAction": "SCMP_ACT_ALLOW"} x', '{"defaultAction": 1}',
                     '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["nonsense"]}]}'):
            path = support.write(self.path("f.json"), text)
            done = denybox("filter", "compile", path)
            self.assert_error(done, EXIT_DENYBOX, "cannot use the seccomp profile: ")
            self.assertIn("denybox: hint: ", done.err)

    def test_compile_of_too_many_comparisons(self):
        rules = [{"names": ["ioctl"], "action": "SCMP_ACT_ERRNO",
                  "args": [{"index": 1, "value": ((i + 1) << 33) + i, "op": "SCMP_CMP_EQ"}]}
                 for i in range(2048)]
        path = support.write(self.path("f.json"), json.dumps(
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules}))
        self.assert_error(denybox("filter", "compile", path), EXIT_DENYBOX,
                          "cannot use the seccomp profile: it makes more than 4096 instructions")

    def test_compile_of_too_much(self):
        path = support.write(self.path("f.json"), "{}".ljust((1 << 20) + 1))
        done = denybox("filter", "compile", path)
        self.assert_error(done, EXIT_DENYBOX, "cannot read the filter ", "File too large")
        self.assertIn("denybox: hint: it may have 1048576 bytes\n", done.err)


# return allow; return errno 5 for getppid, else allow
ALLOW = struct.pack("<HBBI", 0x06, 0, 0, 0x7fff0000)


def deny(number, errno):
    return (struct.pack("<HBBI", 0x20, 0, 0, 0) + struct.pack("<HBBI", 0x15, 0, 1, number) +
            struct.pack("<HBBI", 0x06, 0, 0, 0x00050000 | errno) + ALLOW)


# What the C library asks for before main, and how a program ends.
STARTUP = ("arch_prctl", "brk", "exit_group", "fstat", "getrandom", "mmap", "mprotect", "munmap",
           "readlink", "readlinkat", "rseq", "rt_sigaction", "rt_sigprocmask", "set_robust_list",
           "set_tid_address")

OWN = ("denybox: hint: a filter of --seccomp or --seccomp-bpf may deny what the start or a probe "
       "needs: denybox-seccomp(5), STACKING")

GETPPID = {"x86_64": 110, "aarch64": 173}[os.uname().machine]


class Stacked(Live):

    def test_json(self):
        path = support.write(self.path("f.json"), """
            {"defaultAction": "SCMP_ACT_ALLOW",
             "syscalls": [{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}]}""")
        script = ["getppid", "socket 2 1 0", "execve 0 0 0", "getpid"]
        self.assertEqual([got for _, got in calls(("--seccomp", path), script)],
                         ["EIO", "EPERM", "EPERM", "2"])
        self.assertEqual([got for _, got in calls((), script)], ["1", "EPERM", "EPERM", "2"])

    def test_json_cannot_give_back(self):
        """Stacked on the base, never instead of it."""
        path = support.write(self.path("f.json"), """
            {"defaultAction": "SCMP_ACT_ALLOW",
             "syscalls": [{"names": ["socket", "execve", "ptrace", "unshare"],
                           "action": "SCMP_ACT_ALLOW"}]}""")
        done = calls(("--seccomp", path), ["socket 2 1 0", "execve 0 0 0", "ptrace 0 0 0 0",
                                           "unshare 0x10000000"])
        self.assertEqual([got for _, got in done], ["EPERM"] * 4)

    def test_bpf(self):
        with open(self.path("f.bpf"), "wb") as file:
            file.write(deny(GETPPID, 5))
        done = calls(("--seccomp-bpf", self.path("f.bpf")), ["getppid", "getpid", "socket 2 1 0"])
        self.assertEqual([got for _, got in done], ["EIO", "2", "EPERM"])

    def test_both(self):
        path = support.write(self.path("f.json"), """
            {"defaultAction": "SCMP_ACT_ALLOW",
             "syscalls": [{"names": ["setsid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}]}""")
        with open(self.path("f.bpf"), "wb") as file:
            file.write(deny(GETPPID, 5))
        done = calls(("--seccomp", path, "--seccomp-bpf", self.path("f.bpf")),
                     ["getppid", "setsid", "getpid"])
        self.assertEqual([got for _, got in done], ["EIO", "EIO", "2"])

    def test_bad_bpf(self):
        for data in (b"", b"x", b"x" * 12, b"\xff" * 8, struct.pack("<HBBI", 0x05, 0, 0, 99),
                     ALLOW * 5000):
            with open(self.path("f.bpf"), "wb") as file:
                file.write(data)
            done = run(*self.io, "--seccomp-bpf", self.path("f.bpf"), payload=("started",))
            self.assertEqual(done.status, EXIT_DENYBOX, repr(done))
            self.assertEqual(os.listdir(self.path("out")), [])

    def test_filter_that_denies_the_start(self):
        """A stacked filter that breaks the launch: an error or BLOCKED, nothing runs, no hang."""
        number = {"x86_64": 322, "aarch64": 281}[os.uname().machine]  # execveat
        write = {"x86_64": 1, "aarch64": 64}[os.uname().machine]
        for nr in (number, write):
            with open(self.path("f.bpf"), "wb") as file:
                file.write(deny(nr, 5))
            done = run(*self.io, "--seccomp-bpf", self.path("f.bpf"), payload=("started",))
            self.assertIn(done.status, (EXIT_BLOCKED, EXIT_DENYBOX,
                                        support.EXIT_NOT_EXECUTABLE), repr(done))
            self.assertEqual(os.listdir(self.path("out")), [])
            if done.status != EXIT_DENYBOX:
                self.assertIn(OWN, done.err)

    def test_filter_that_denies_a_probe(self):
        """It looks like a missing wall; the hint says whose doing it may be."""
        path = support.write(self.path("f.json"), """
            {"defaultAction": "SCMP_ACT_ALLOW",
             "syscalls": [{"names": ["openat"], "action": "SCMP_ACT_ERRNO"}]}""")
        done = run(*self.io, "--seccomp", path, payload=("started",))
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("a wall is missing", done.err)
        self.assertIn(OWN, done.err)
        self.assertEqual(os.listdir(self.path("out")), [])

    def allowing(self, names):
        path = support.write(self.path("f.json"), json.dumps({
            "defaultAction": "SCMP_ACT_ERRNO",
            "syscalls": [{"names": names, "action": "SCMP_ACT_ALLOW"}]}))
        return run(*self.io, "--seccomp", path, payload=("exit", "0"))

    def test_what_a_filter_has_to_leave(self):
        """The page's list, and what any static program needs, are enough; less of it is not."""
        with open(os.path.join(support.SRC, "man", "denybox-seccomp.5"), encoding="utf-8") as file:
            item = file.read().split("Leave to the base what")[1].split("\n.It\n")[0]
        called = {"stat": ["newfstatat"], "prlimit": ["prlimit64"], "poll": ["poll", "ppoll"],
                  "unlink": ["unlink", "unlinkat"]}
        listed = [name for word in re.findall(r"^\.Xr (\w+) 2", item, re.M)
                  for name in called.get(word, [word])]
        self.assertIn("uname", listed)
        rest = [*STARTUP, "execveat"]
        self.assert_status(self.allowing([*listed, *rest]), 0)
        for name in ("clone3", "getpid", "getsid", "ioctl", "openat", "personality", "uname", "write"):
            with self.subTest(name):
                names = [other for other in (*listed, *rest) if other != name]
                done = self.allowing(names)
                self.assert_status(done, EXIT_BLOCKED)
                self.assertIn(OWN, done.err)

    def test_filter_of_a_pipe(self):
        """As a shell has it: <(...)."""
        reader, writer = os.pipe()
        os.write(writer, ALLOW)
        os.close(writer)
        try:
            done = run("--seccomp-bpf", f"/dev/fd/{reader}", payload=("started",), pass_fds=(reader,))
        finally:
            os.close(reader)
        self.assert_error(done, EXIT_DENYBOX, f"cannot read the filter '/dev/fd/{reader}': a link of /proc "
                          "leads to it, or one to itself; write it to a file")

    def test_fifo_as_a_filter(self):
        """A file that never ends or never comes does not block."""
        os.mkfifo(self.path("f.json"))
        for words in (("--seccomp", self.path("f.json")), ("--seccomp-bpf", self.path("f.json")),
                      ("--seccomp-bpf", "/dev/zero")):
            done = run(*words, payload=("started",), timeout=20)
            self.assertEqual(done.status, EXIT_DENYBOX, repr(done))


class Channels(Live):

    def with_args(self, data, *words):
        reader, writer = os.pipe()
        os.write(writer, data)
        os.close(writer)
        try:
            return run("--args", str(reader), *words, payload=("show",), pass_fds=(reader,))
        finally:
            os.close(reader)

    def test_args(self):
        done = self.with_args(b"--hostname\0from-args\0--setenv\0A\0b c\0")
        values = support.shown(done)
        self.assertEqual(values["hostname"], "from-args")
        self.assertIn("A=b c", values["env"])
        self.assertEqual(values["descriptors"], "0 1 2")

    def test_args_without_the_last_nul(self):
        self.assertEqual(support.shown(self.with_args(b"--hostname\0x"))["hostname"], "x")

    def test_empty_args(self):
        self.assertEqual(support.shown(self.with_args(b""))["hostname"], "denybox")

    def test_bad_args(self):
        for data, fragment in ((b"--nonsense\0", "no such option"), (b"--hostname\0", "want"),
                               (b"/bin/sh\0", "only options"),
                               (b"--args\x003\0", "cannot use --args in --args"),
                               (b"--\0x\0", "only options")):
            self.assert_error(self.with_args(data), EXIT_DENYBOX, fragment)
        done = self.with_args(b"--hostname\0a\0", "--hostname", "b")
        self.assert_error(done, EXIT_DENYBOX, "twice")

    def test_args_more_than_once(self):
        """As bubblewrap has it: from several sources, one behind the other."""
        support.write(self.path("a"), "--hostname\0a\0--setenv\0A\x001\0")
        support.write(self.path("b"), "--setenv\0A\x002\0--chdir\0/tmp")
        done = support.command(["sh", "-c", 'exec "$@" 8<"$0/a" 9<"$0/b"', self.path(),
                                support.DENYBOX, "run", "--args", "8", "--args", "9", "--",
                                support.PAYLOAD, "show"])
        values = support.shown(done)
        self.assertEqual((values["hostname"], values["cwd"]), ("a", "/tmp"))
        self.assertIn("A=2", values["env"])

    def test_args_that_cannot_be_read(self):
        support.write(self.path("large"), "x" * ((1 << 20) + 1))
        for where, reason, hint in (("<{d}", "Is a directory", None),
                                    (">{d}/new", "Bad file descriptor", None),
                                    ("<{d}/large", "File too large", "they may have 1048576 bytes")):
            done = support.command(["sh", "-c", 'exec "$@" 8' + where.format(d=self.path()), "-",
                                    support.DENYBOX, "run", "--args", "8", "--", support.PAYLOAD])
            self.assert_error(done, EXIT_DENYBOX, "cannot read the options from descriptor 8: " + reason,
                              hint)

    def status_lines(self, *words, payload=("exit", "4"), program=support.DENYBOX, env=None):
        reader, writer = os.pipe()
        done = support.command([program, "run", "--json-status-fd", str(writer), *words, "--",
                                support.PAYLOAD, *payload], pass_fds=(writer,), env=env)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as channel:
            text = channel.read()
        self.assertTrue(text.endswith("\n"), text)
        return done, [support.load_json(line) for line in text.splitlines()]

    def test_status(self):
        done, lines = self.status_lines()
        self.assert_status(done, 4)
        self.assertIn("child-pid", lines[0])
        self.assertEqual(lines[-1]["exit-code"], 4)

    def test_status_has_the_namespaces(self):
        """By the names of bubblewrap, and as the bundle has them."""
        _, lines = self.status_lines("--evidence", self.path("bundle.json"))
        seen = self.evidence()["observed"]["before_exec"]["namespaces"]
        self.assertEqual({name: lines[0][name] for name in lines[0] if name != "child-pid"},
                         {f"{name}-namespace": inode for name, inode in seen.items()})
        self.assertEqual(len(seen), 7)

    def test_status_of_an_option_before_it(self):
        """Who listens hears of a bad option wherever it stands; of the command's words, nothing is
        taken for one of ours."""
        for words, told in ((("--nonsense",), True), (("--memory", "x"), True),
                            (("--quiet=1", "--uid", "0"), True), (("--nonsense", "x"), False),
                            (("--nonsense", "--"), False)):
            done = support.command(["sh", "-c", 'exec "$@" 9>"$0"', self.path("status"), support.DENYBOX,
                                    "run", *words, "--json-status-fd", "9", "--", support.PAYLOAD])
            self.assertEqual(done.status, EXIT_DENYBOX, words)
            text = support.read(self.path("status"))
            if told:
                line = support.load_json(text)
                self.assertEqual((line["event"], line["exit-code"]), ("failed", 125))
                self.assertEqual(done.err.splitlines()[0], "denybox: " + line["reason"])
                self.assertIn(words[0].split("=")[0], line["reason"])
            else:
                self.assertEqual(text, "", words)

    def test_status_channel_that_cannot_be_written_to(self):
        for command in ("run", "attest"):
            words = ["--", support.PAYLOAD, "exit", "0"] if command == "run" else []
            done = support.command(["sh", "-c", 'exec "$@" 9</dev/null', "-", support.DENYBOX, command,
                                    "--json-status-fd", "9", *words])
            self.assert_error(done, EXIT_DENYBOX, "it is not open for writing", "3>FILE")

    def test_status_of_a_signal(self):
        _, lines = self.status_lines(payload=("signal", "9"))
        self.assertEqual((lines[-1]["how"], lines[-1]["number"], lines[-1]["exit-code"]),
                         ("signalled", 9, 137))

    def test_status_of_a_failure(self):
        done, lines = self.status_lines("--in", "/nothing/there")
        self.assert_status(done, EXIT_DENYBOX)
        self.assertEqual((lines[-1]["event"], lines[-1]["exit-code"]), ("failed", 125))
        self.assertIn("/nothing/there", lines[-1]["reason"])

    def test_status_of_blocked(self):
        done, lines = self.status_lines(program=support.FAULTY,
                                        env=support.base_env(DENYBOX_FAULT="skip:lock-root"))
        self.assert_status(done, EXIT_BLOCKED)
        self.assertEqual((lines[-1]["event"], lines[-1]["exit-code"]), ("blocked", 3))
        self.assertIn("PR-MOUNT-1", lines[-1]["walls"])

    def test_child_pid_is_told_while_it_runs(self):
        reader, writer = os.pipe()
        process = subprocess.Popen(
            [support.DENYBOX, "run", "--json-status-fd", str(writer), "--", support.PAYLOAD,
             "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(writer,))
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as channel:
            first = support.load_json(channel.readline())
            self.assertIn("65532" if support.AS_ROOT else str(os.getuid()),
                          support.read(f"/proc/{first['child-pid']}/status"))
            process.communicate(timeout=support.TIMEOUT)
            self.assertEqual(support.load_json(channel.readlines()[-1])["exit-code"], 0)

    def test_status_channel_is_not_the_payloads(self):
        _, lines = self.status_lines(payload=("calls", *(f"write {fd} s:forged 6"
                                                         for fd in range(3, 20))))
        self.assertNotIn("forged", str(lines))

    def test_status_channel_that_the_payload_has_too(self):
        """By its number, or by another one of the same pipe or file: it would be believed."""
        words = (support.DENYBOX, "run", "--json-status-fd")
        for number, where in (("0", ""), ("1", ""), ("2", ""), ("7", "7>&1"), ("7", "7>&2"),
                              ("7", "7>{d}/a 2>>{d}/a"), ("7", "7>{d}/b <{d}/b")):
            line = 'exec "$@" ' + where.format(d=self.path())
            done = support.command(["sh", "-c", line, "-", *words, number, "--", support.PAYLOAD,
                                    "exit", "7"])
            said = done.err if "2>>" not in where else support.read(self.path("a"))
            self.assertEqual(done.status, EXIT_DENYBOX, where)
            self.assertIn("could write such lines itself", said)

    def test_status_channel_in_the_output(self):
        """The payload writes to it by its own name for it: refused. The control: elsewhere it is
        taken, and in --out it would be written to."""
        os.mkdir(self.path("out", "below"))
        words = ("--out", self.path("out"), "--", support.PAYLOAD, "calls",
                 "openat -100 s:/out/below/s 1 0", "write 3 s:FORGED 6")
        for name in ("out/below/s", "s"):
            with open(self.path(name), "wb") as file:
                os.chmod(file.fileno(), 0o666)
                done = support.denybox("run", "--json-status-fd", str(file.fileno()), *words,
                                       pass_fds=(file.fileno(),))
            if name == "s":
                self.assertEqual([got for _, got in done.results()], ["3", "6"], repr(done))
                continue
            self.assert_error(done, support.EXIT_DENYBOX, "it is a file in --out",
                              "elsewhere")
            self.assertNotIn("FORGED", support.read(self.path(name)))

    def test_status_channel_on_the_terminal_of_the_payload(self):
        """Whoever reads the one reads the other, by whatever name it was opened."""
        master, slave = os.openpty()
        other = os.open(os.ttyname(slave), os.O_RDWR | os.O_NOCTTY)
        done = subprocess.run([support.DENYBOX, "run", "--json-status-fd", str(other), "--",
                               support.PAYLOAD, "exit", "7"], stdin=subprocess.DEVNULL, stdout=slave,
                              stderr=subprocess.PIPE, pass_fds=(other,), check=False, text=True)
        for fd in (master, slave, other):
            os.close(fd)
        self.assertEqual(done.returncode, EXIT_DENYBOX, done.stderr)
        self.assertIn("the payload's standard output too", done.stderr)

    def test_full_status_channel(self):
        """Nobody reads it at the moment: the run waits, and can be ended all the same."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(writer, b"x" * 4096)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(writer, b"x")
        os.set_blocking(writer, True)
        process = subprocess.Popen([support.DENYBOX, "run", "--json-status-fd", str(writer), "--",
                                    support.PAYLOAD, "exit", "0"], pass_fds=(writer,))
        try:
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(3)  # it has come to the first line
            for _ in range(support.TIMEOUT // 3):
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(1)
                    break
                except subprocess.TimeoutExpired:
                    continue
            self.assertIn(process.poll(), (128 + signal.SIGTERM, -signal.SIGTERM))
        finally:
            process.kill()
            process.wait()
            os.close(reader)
            os.close(writer)

    def test_closed_status_channel(self):
        """Who asked for it may have gone away: the run does not depend on it."""
        reader, writer = os.pipe()
        os.close(reader)
        done = run("--json-status-fd", str(writer), payload=("exit", "4"), pass_fds=(writer,))
        os.close(writer)
        self.assertEqual(done.status, 4, repr(done))


if __name__ == "__main__":
    support.main()
