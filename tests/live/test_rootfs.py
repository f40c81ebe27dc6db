#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""--rootfs: real programs on real input, and roots that mean ill."""

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess

import bundle
import support
from support import (EXIT_DENYBOX, EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND, Live, denybox)

PYTHON = "/usr/bin/python3"
PACKETS = os.path.join(support.SRC, "fixtures", "packets")
INSPECTOR = os.path.join(support.SRC, "fixtures", "inspector", "inspect_packet.py")


def digest(top):
    """Everything of a tree that a run could change: names, types, modes, contents, times."""
    lines = []
    for directory, names, files in os.walk(top):
        for name in sorted(names + files) + ["."]:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            content = b""
            if os.path.islink(path):
                content = os.readlink(path).encode()
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    content = file.read()
            lines.append(f"{path} {status.st_mode} {status.st_uid} {status.st_nlink} "
                         f"{status.st_mtime_ns} {hashlib.sha256(content).hexdigest()}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


class Programs(Live):

    def run_in(self, *command, options=(), **how):
        return denybox("run", *self.io, "--rootfs", support.rootfs(), *options, "--", *command,
                       **how)

    def test_root_is_untouched(self):
        before = digest(support.rootfs())
        self.assert_status(self.run_in(PYTHON, "-c", "open('/out/x','w').write('y')"), 0)
        self.assert_status(self.run_in(PYTHON, "-c", "open('/usr/x','w')"), 1)
        self.assertEqual(digest(support.rootfs()), before)

    def test_inspector(self):
        """The inspector on every packet that is checked in."""
        expected = json.loads(support.read(os.path.join(PACKETS, "expected.json")))
        shutil.copy(INSPECTOR, self.path("inspect_packet.py"))
        packets = [name for name in sorted(expected) if os.path.isdir(os.path.join(PACKETS, name))]
        self.assertGreater(len(packets), 8)
        for name in packets:
            with self.subTest(packet=name):
                self.inspect(name, expected[name])

    def inspect(self, name, expected):
        out = self.path("out-" + name)
        os.mkdir(out)
        source = os.path.join(PACKETS, name)
        before = digest(source)
        done = denybox("run", "--in", source, "--out", out, "--rootfs", support.rootfs(),
                       "--ro-bind", INSPECTOR, "/app/inspect.py", "--", PYTHON, "-I", "-B",
                       "/app/inspect.py")
        self.assertEqual(done.status, expected["exit"], repr(done))
        self.assertEqual(sorted(os.listdir(out)), ["report.json", "report.md"])
        report = json.loads(support.read(os.path.join(out, "report.json")))
        self.assertEqual(report["verdict"], expected["verdict"])
        self.assertEqual(digest(source), before)

    def test_inspector_in_the_root(self):
        """Strict: the inspector is part of the root, nothing is declared."""
        root = self.path("root")
        subprocess.run(["cp", "-a", support.rootfs(), root], check=True)
        shutil.copy(INSPECTOR, os.path.join(root, "usr", "lib", "inspect_packet.py"))
        done = denybox("run", "--in", os.path.join(PACKETS, "good"), "--out", self.path("out"),
                       "--rootfs", root, "--evidence", self.path("bundle.json"), "--", PYTHON,
                       "-I", "-B", "/usr/lib/inspect_packet.py")
        self.assert_status(done, 0)
        self.assertIn("needs-review", support.read(self.path("out", "report.md")))
        document = self.evidence()
        self.assertEqual(document["profile"], "strict")
        self.assertEqual(document["result"]["ending"], "exited")
        self.assertEqual(document["binding"]["image_digest_kind"], "root")
        self.assertEqual([entry["path"] for entry in document["result"]["outputs"]],
                         ["report.json", "report.md"])
        for entry in document["result"]["outputs"]:
            with open(self.path("out", entry["path"]), "rb") as file:
                self.assertEqual(entry["sha256"], bundle.sha256(file.read()))

    def test_jq(self):
        support.write(self.path("in", "a.json"), '{"a": [1, 2, 3]}')
        done = self.run_in("jq", "-c", ".a | map(. * 2)", "/in/a.json")
        self.assertEqual((done.status, done.out), (0, "[2,4,6]\n"), repr(done))

    def test_jq_from_standard_input(self):
        done = self.run_in("jq", ".a", stdin=b'{"a": 7}')
        self.assertEqual((done.status, done.out), (0, "7\n"), repr(done))

    def test_sqlite(self):
        done = self.run_in("sqlite3", "/out/data.db",
                           "create table t(a); insert into t values (41), (42); "
                           "pragma journal_mode=wal; insert into t values (43);")
        self.assert_status(done, 0)
        with sqlite3.connect(self.path("out", "data.db")) as database:
            rows = database.execute("select a from t order by a").fetchall()
        self.assertEqual(rows, [(41,), (42,), (43,)])

    def test_busybox(self):
        support.write(self.path("in", "text"), "b\na\n")
        done = self.run_in("/usr/bin/busybox", "sort", "/in/text")
        self.assertEqual((done.status, done.out), (0, "a\nb\n"), repr(done))

    def test_busybox_by_the_name_of_an_applet(self):
        done = self.run_in("/usr/bin/busybox", "hello", options=("--argv0", "echo"))
        self.assertEqual((done.status, done.out), (0, "hello\n"), repr(done))

    def test_python_threads_and_children(self):
        program = ("import os, concurrent.futures as c\n"
                   "print(sum(c.ThreadPoolExecutor(8).map(lambda n: n * n, range(100))))\n"
                   "pid = os.fork()\n"
                   "if pid == 0: os._exit(9)\n"
                   "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n")
        done = self.run_in(PYTHON, "-c", program)
        self.assertEqual((done.status, done.out), (0, "328350\n9\n"), repr(done))

    def test_python_standard_library(self):
        program = ("import ssl, sqlite3, ctypes, lzma, bz2, zlib, hashlib, decimal, tempfile\n"
                   "with tempfile.NamedTemporaryFile() as f: f.write(b'x'); print(f.name[:5])\n"
                   "import socket\n"
                   "try: socket.socket()\n"
                   "except PermissionError as e: print(e.errno)\n")
        done = self.run_in(PYTHON, "-c", program)
        self.assertEqual((done.status, done.out), (0, "/tmp/\n1\n"), repr(done))

    def test_python_writes_only_to_out(self):
        for path, errno in (("/in/x", 30), ("/etc/x", 30), ("/usr/x", 30), ("/x", 30)):
            done = self.run_in(PYTHON, "-c", f"try: open('{path}', 'w')\n"
                                             "except OSError as e: print(e.errno)")
            self.assertEqual(done.out, f"{errno}\n", path)

    def test_static_payload_in_a_root(self):
        """Everything once in a root: the same identity as without one."""
        root = self.path("root")
        os.mkdir(root)
        shutil.copy(support.PAYLOAD, os.path.join(root, "payload"))
        done = denybox("run", *self.io, "--rootfs", root, "--", "/payload", "show")
        alone = support.run(*self.io, payload=("show",))
        with_root, without = support.shown(done), support.shown(alone)
        for values in (with_root, without):
            del values["argv"]
        self.assertEqual(with_root, without)

    def test_relative_command(self):
        done = self.run_in("./busybox", "true", options=("--chdir", "/usr/bin"))
        self.assert_status(done, 0)
        done = self.run_in("busybox", "pwd", options=("--chdir", "/tmp"))
        self.assertEqual(done.out, "/tmp\n")


class Scripts(Live):

    def setUp(self):
        super().setUp()
        self.root = self.path("root")
        subprocess.run(["cp", "-a", support.rootfs(), self.root], check=True)

    def script(self, text, mode=0o755, name="script"):
        path = os.path.join(self.root, "usr", "bin", name)
        if isinstance(text, bytes):
            with open(path, "wb") as file:
                file.write(text)
            os.chmod(path, mode)
        else:
            support.write(path, text, mode)

    def start(self, *arguments, options=()):
        return denybox("run", "--rootfs", self.root, *options, "--", "script", *arguments)

    def test_interpreter(self):
        self.script(f"#!{PYTHON}\nimport sys\nprint(sys.argv)\n")
        done = self.start("a", "b")
        self.assertEqual((done.status, done.out), (0, "['/usr/bin/script', 'a', 'b']\n"),
                         repr(done))

    def test_one_argument(self):
        self.script(f"#! {PYTHON}  -I -B \nprint(1)\n")
        done = self.start()
        # execve(2): all of it is one argument.
        self.assertNotEqual(done.status, 125, repr(done))
        self.assertIn("-I -B", done.err + "-I -B")
        self.script(f"#! {PYTHON}  -I \nimport sys\nprint(sys.flags.isolated)\n")
        self.assertEqual(self.start().out, "1\n")

    def test_missing_interpreter(self):
        self.script("#!/usr/bin/perl\n")
        self.assert_error(self.start(), EXIT_NOT_FOUND, "/usr/bin/perl", "interpreter")

    def test_interpreter_that_is_a_script(self):
        """As many links as the kernel follows, and with the words that it passes: the same scripts
        on the host are the control."""
        self.assertTrue(os.path.exists("/usr/bin/busybox"), "the control needs it there")
        for top, prefix in ((self.dir, self.dir), (self.root, "")):
            os.mkdir(os.path.join(top, "scripts"))
            interpreter = "/usr/bin/busybox echo"
            for n in range(1, 7):
                support.write(os.path.join(top, "scripts", f"s{n}"), f"#!{interpreter}\n", 0o755)
                interpreter = f"{prefix}/scripts/s{n} of {n + 1}"
        for n in range(1, 7):
            words = ["one", "two  words"]
            done = denybox("run", "--rootfs", self.root, "--", f"/scripts/s{n}", *words)
            if n == 6:
                with self.assertRaises(OSError) as caught:
                    subprocess.run([f"{self.dir}/scripts/s{n}", *words], check=False)
                self.assertEqual(caught.exception.errno, errno.ELOOP)
                self.assert_error(done, EXIT_NOT_EXECUTABLE, "more than 5 scripts")
            else:
                control = subprocess.run([f"{self.dir}/scripts/s{n}", *words], check=True,
                                         capture_output=True, text=True).stdout
                self.assertIn("one two  words", control)
                self.assertEqual((done.status, done.out), (0, control.replace(self.dir, "")),
                                 repr(done))

    def test_interpreter_found_by_env(self):
        self.script("#!/usr/bin/env python3\nimport sys\nprint(sys.argv)\n")
        self.assertEqual(self.start("a").out, "['/usr/bin/script', 'a']\n")
        self.script("#!/usr/bin/env -S python3 -I -B\nimport sys\nprint(sys.flags.isolated)\n")
        self.assertEqual(self.start().out, "1\n")
        self.script("#!/usr/bin/env -S X=1 python3\n")
        self.assert_error(self.start(), EXIT_NOT_EXECUTABLE, "asks env for more")

    def test_hostile_lines(self):
        for text, fragment in ((b"#!" + b"/" * 65536 + b"\n", "longer than"),
                               (b"#!\n", "no absolute interpreter"),
                               (b"#!relative\n", "no absolute interpreter"),
                               (b"#!/usr/bin/b\0usybox\n", "NUL")):
            self.script(text)
            self.assert_error(self.start(), EXIT_NOT_EXECUTABLE, fragment)

    def test_script_without_a_root(self):
        path = support.write(self.path("script"), "#!/bin/sh\necho started\n", 0o755)
        done = denybox("run", "--", path)
        self.assert_error(done, EXIT_DENYBOX, "the sandbox has its own /tmp", "--in DIR")

    def test_not_executable(self):
        self.script("#!/usr/bin/busybox\n", 0o644)
        self.assert_error(self.start(), EXIT_NOT_EXECUTABLE, "not executable", "chmod")

    def test_unknown_format(self):
        self.script("just text\n")
        done = self.start()
        self.assert_error(done, EXIT_NOT_EXECUTABLE, "cannot run '/usr/bin/script'")

    def test_32_bit(self):
        """An ELF header of class 32."""
        self.script(b"\x7fELF\x01\x01\x01" + b"\0" * 9 + b"\x02\0\x03\0\x01\0\0\0" + b"\0" * 40)
        self.assert_error(self.start(), EXIT_NOT_EXECUTABLE, "32-bit")

    def test_other_machine(self):
        machine = 183 if os.uname().machine == "x86_64" else 62
        self.script(b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\0" +
                    machine.to_bytes(2, "little") + b"\x01\0\0\0" + b"\0" * 40)
        self.assert_error(self.start(), EXIT_NOT_EXECUTABLE, "cannot run '/usr/bin/script'")

    def test_hostile_elf(self):
        """Headers that point outside the file."""
        with open(os.path.join(self.root, "usr", "bin", "jq"), "rb") as file:
            good = bytearray(file.read())
        for offset in (32, 54, 56):  # e_phoff, e_phentsize, e_phnum
            bad = bytearray(good)
            bad[offset:offset + 2] = b"\xff\xff"
            if offset == 32:
                bad[offset:offset + 8] = b"\xff" * 8
            self.script(bytes(bad))
            self.assert_error(self.start(), EXIT_NOT_EXECUTABLE, "cannot run '/usr/bin/script'")
        for length in (0, 1, 16, 63, 100):
            self.script(bytes(good[:length]))
            self.assert_error(self.start(), EXIT_NOT_EXECUTABLE, "cannot run '/usr/bin/script'")

    def test_loader_that_is_not_there(self):
        loaders = [os.path.join(directory, name)
                   for directory, _, names in os.walk(self.root)
                   for name in names if name.startswith("ld-linux")]
        self.assertTrue(loaders)
        for loader in loaders:
            os.remove(loader)
        done = denybox("run", "--rootfs", self.root, "--", "jq", ".")
        self.assert_error(done, EXIT_NOT_EXECUTABLE, "ld-linux", "loader")

    def test_hostile_interpreter_of_elf(self):
        """PT_INTERP that names a place of data, or one outside."""
        with open(os.path.join(self.root, "usr", "bin", "jq"), "rb") as file:
            good = file.read()
        at = good.index(b"/lib")
        end = good.index(b"\0", at)
        for name in (b"/out/ld.so", b"/in/ld", b"/../../x", b"relative"):
            self.script(good[:at] + name.ljust(end - at, b"\0") + good[end:])
            done = self.start()
            self.assertEqual(done.status, EXIT_NOT_EXECUTABLE, repr(done))
            self.assertLessEqual(len(done.err.splitlines()), 2)


class Evil(Live):
    """Roots with something else where the sandbox has its own."""

    def setUp(self):
        super().setUp()
        self.root = self.path("root")
        os.mkdir(self.root)
        shutil.copy(support.PAYLOAD, os.path.join(self.root, "payload"))
        self.secret = self.path("secret")
        os.mkdir(self.secret)
        os.chmod(self.secret, 0o777)
        support.write(os.path.join(self.secret, "file"), "secret", 0o666)

    PLACES = ("in", "out", "tmp", "etc", "root", "app")

    def check(self):
        """The sandbox is the same as with an empty root, and neither the root nor what its links
        lead to has changed."""
        support.write(self.path("in", "data"), "data")
        before = digest(self.root), digest(self.secret)
        script = ["openat -100 s:/in/data 0 0"]
        for place in self.PLACES:
            script += [f"openat -100 s:/{place}/file 0 0",
                       f"openat -100 s:/{place}/passwd 0 0",
                       f"openat -100 s:/{place}/new 0xc1 0644"]
        done = denybox("run", *self.io, "--rootfs", self.root, "--evidence",
                       self.path("bundle.json"), "--", "/payload", "calls", *script)
        self.assert_status(done, 0)
        got = [result for _, result in done.results()]
        self.assertEqual(got[0], "3")
        for place, results in zip(self.PLACES, zip(got[1::3], got[2::3], got[3::3])):
            self.assertEqual(results[:2], ("ENOENT", "ENOENT"), place)
            if place in ("out", "tmp"):
                self.assertTrue(results[2].isdigit(), place)
            else:
                self.assertEqual(results[2], "EROFS", place)
        self.assertEqual(os.listdir(self.path("out")), ["new"])
        self.assertEqual((digest(self.root), digest(self.secret)), before)
        rows = bundle.mounts(self.evidence()["raw"]["mountinfo"])
        self.assertEqual(set(rows), {"/", "/in", "/out", "/tmp"})
        os.remove(self.path("bundle.json"))
        os.remove(self.path("out", "new"))

    def test_nothing_there(self):
        """No mount points are needed."""
        self.check()

    def test_links_outward(self):
        for target in (self.secret, "/", "/etc", "../secret", "../../../../../../../etc", "/proc",
                       "nowhere", "."):
            for place in self.PLACES:
                os.symlink(target, os.path.join(self.root, place))
            with self.subTest(target=target):
                self.check()
            for place in self.PLACES:
                os.remove(os.path.join(self.root, place))

    def test_links_to_each_other(self):
        for place, target in (("in", "out"), ("out", "in"), ("tmp", "etc"), ("etc", "etc")):
            os.symlink(target, os.path.join(self.root, place))
        self.check()

    def test_files_and_fifos(self):
        for place in ("in", "out", "etc"):
            support.write(os.path.join(self.root, place), "not a directory")
        os.mkfifo(os.path.join(self.root, "tmp"))
        self.check()

    def test_directories_with_something_in_them(self):
        """/in, /out and /tmp hide what the root has there; /etc does not: it is the root's."""
        for place in ("in", "out", "tmp"):
            os.mkdir(os.path.join(self.root, place))
            support.write(os.path.join(self.root, place, "file"), "hidden")
        self.check()

    def test_closed_directories(self):
        for place in ("in", "out", "tmp"):
            os.mkdir(os.path.join(self.root, place), 0)
        if support.AS_ROOT:
            self.skipTest("nothing is closed to root")
        done = denybox("run", *self.io, "--rootfs", self.root, "--", "/payload", "started")
        self.assertIn(done.status, (7, EXIT_DENYBOX), repr(done))

    def test_payload_that_is_a_link_outward(self):
        os.symlink(support.PAYLOAD, os.path.join(self.root, "link"))
        os.symlink("../" * 20 + support.PAYLOAD[1:], os.path.join(self.root, "up"))
        for name in ("/link", "/up", "/../.." + support.PAYLOAD):
            done = denybox("run", "--rootfs", self.root, "--", name, "started")
            self.assert_error(done, EXIT_NOT_FOUND, "no such file in the root")
        os.symlink("/payload", os.path.join(self.root, "inner"))
        self.assert_status(denybox("run", "--rootfs", self.root, "--", "/inner", "exit", "4"), 4)

    def test_payload_in_a_place_of_data(self):
        shutil.copy(support.PAYLOAD, self.path("in", "payload"))
        os.mkdir(os.path.join(self.root, "tmp"))
        shutil.copy(support.PAYLOAD, os.path.join(self.root, "tmp", "payload"))
        for name in ("/in/payload", "/tmp/payload", "/out/payload"):
            done = denybox("run", *self.io, "--rootfs", self.root, "--", name, "started")
            self.assert_error(done, EXIT_NOT_EXECUTABLE, "nothing in /", "program of the root")

    def test_payload_by_another_way_into_the_data(self):
        os.symlink("in/payload", os.path.join(self.root, "link"))
        os.mkdir(os.path.join(self.root, "in"))
        shutil.copy(support.PAYLOAD, os.path.join(self.root, "in", "payload"))
        done = denybox("run", *self.io, "--rootfs", self.root, "--", "/link", "started")
        # What the root has at /in is not what the sandbox has: either is a refusal.
        self.assertIn(done.status, (EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND, 7), repr(done))

    def test_special_payloads(self):
        os.mkfifo(os.path.join(self.root, "fifo"), 0o777)
        os.mkdir(os.path.join(self.root, "directory"))
        for name in ("/fifo", "/directory"):
            done = denybox("run", "--rootfs", self.root, "--", name)
            self.assert_error(done, EXIT_NOT_EXECUTABLE, "not a regular file")

    def test_root_swapped_for_a_link(self):
        """Row 37 where it is simple: --rootfs itself a link is resolved once and named as given."""
        link = self.path("link")
        os.symlink(self.root, link)
        self.assert_status(denybox("run", "--rootfs", link, "--", "/payload", "exit", "6"), 6)


if __name__ == "__main__":
    support.main()
