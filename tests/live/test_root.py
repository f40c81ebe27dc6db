#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs of the host with no --rootfs: the closure, the cached roots, --with."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile

import support
from support import (EXIT_DENYBOX, EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND, Live, denybox)

PYTHON = "/usr/bin/python3"


class Host(Live):
    """A test with a cache of its own, and a directory that the sandbox does not hide."""

    def setUp(self):
        super().setUp()
        self.host = tempfile.mkdtemp(prefix="denybox-host-", dir="/var/tmp")
        os.chmod(self.host, 0o755)
        self.addCleanup(shutil.rmtree, self.host, ignore_errors=True)
        self.env = support.base_env(XDG_CACHE_HOME=self.path("cache"))

    def start(self, *words, **how):
        return denybox("run", *words, env=how.pop("env", self.env), **how)

    def roots(self):
        """The entries of the cache, complete ones and others."""
        place = self.path("cache", "denybox", "roots")
        return sorted(os.listdir(place)) if os.path.isdir(place) else []

    def tree(self):
        """The tree of the only entry."""
        entry, = self.roots()
        return self.path("cache", "denybox", "roots", entry, "root")


class Examples(Host):
    """As a new user types them."""

    def test_jq(self):
        support.write(self.path("in", "x.json"), '{"a": [1, 2]}')
        for _ in range(2):
            done = self.start(*self.io, "--", "/usr/bin/jq", "-c", ".", "/in/x.json")
            self.assertEqual((done.status, done.out, done.err), (0, '{"a":[1,2]}\n', ""))
        self.assertEqual(len(self.roots()), 1)

    def test_python(self):
        done = self.start("--", "python3", "-c", "print(1)")
        self.assertEqual((done.status, done.out, done.err), (0, "1\n", ""))
        done = self.start("--", "python3", "-c",
                          "import json, hashlib, sqlite3, ssl, ctypes, lzma, asyncio, zoneinfo;"
                          "print(hashlib.sha256(b'').hexdigest()[:8],"
                          " sqlite3.connect(':memory:').execute('select 7').fetchone()[0])")
        self.assertEqual((done.status, done.out, done.err), (0, "e3b0c442 7\n", ""))
        self.assertEqual(len(self.roots()), 1)

    def test_compiled_python_is_used(self):
        """What lies beside the source is what python takes: it need not compile."""
        if not os.path.isdir(os.path.join(os.path.dirname(json.__file__), "__pycache__")):
            self.skipTest("no compiled library on this host")
        done = self.start("--", "python3", "-v", "-c", "import json")
        for name in ("json/__pycache__/decoder", "encodings/__pycache__/utf_8"):
            self.assertRegex(done.err, f"{name}\\.[a-z0-9-]+\\.pyc matches ")

    def test_a_mask_that_shuts_out_the_caller(self):
        """The cache that is made then can be opened, by the next run as well."""
        for mask in (0o777, 0o022):
            done = self.start("--", "python3", "-c", "print(1)", preexec=lambda mask=mask: os.umask(mask))
            self.assertEqual((done.status, done.out, done.err), (0, "1\n", ""))
        self.assertEqual(len(self.roots()), 1)

    def test_perl_script(self):
        script = support.write(os.path.join(self.host, "p.pl"),
                               "#!/usr/bin/perl\nuse strict; use POSIX;\nprint floor(7.9), \"\\n\";\n",
                               0o755)
        done = self.start("--", script)
        self.assertEqual((done.status, done.out, done.err), (0, "7\n", ""))

    def test_perl_program_in_a_word(self):
        """perl opens /dev/null for it, as is said; and that is all that it lacks."""
        done = self.start("--", "perl", "-e", "print 1")
        self.assertNotEqual(done.status, 0, repr(done))
        self.assertIn("hint: perl -e opens /dev/null, which is not there: --dev", done.err)
        done = self.start("--dev", "--", "perl", "-e", "print 1")
        self.assertEqual((done.status, done.out, done.err), (0, "1", ""))

    def test_script_by_env(self):
        script = support.write(os.path.join(self.host, "s"),
                               "#!/usr/bin/env python3\nimport sys\nprint(sys.argv)\n", 0o755)
        done = self.start("--", script, "a b")
        self.assertEqual((done.status, done.out), (0, f"['{script}', 'a b']\n"), repr(done))

    def test_strict_verdict(self):
        """Four rows, no deviation, every probe passes, and the bundle is accepted."""
        done = self.start(*self.io, "--evidence", self.path("bundle.json"), "--venue", "CI", "--",
                          "python3", "-c", "open('/out/x', 'w').write('y')")
        self.assert_status(done, 0)
        bundle = self.evidence()
        self.assertEqual((bundle["profile"], bundle["deviations"]), ("strict", []))
        verdicts = {probe["probe_id"]: probe["verdict"] for probe in bundle["probes"]}
        self.assertEqual([name for name, verdict in verdicts.items()
                          if name.startswith("PR-") and verdict != "PASS"], ["PR-DYNIMPORT"])
        self.assertEqual(bundle["binding"]["image_digest_kind"], "root")
        self.assertEqual(bundle["binding"]["plan"]["mounts"][0]["source"], "denybox:host")
        verdict = denybox("verify", self.path("bundle.json"))
        self.assertEqual(verdict.status, 0, repr(verdict))


class Compiler(Host):
    """Programs and libraries made for a test."""

    def build(self, name, source, *flags):
        """Compiles into the host's directory; returns the path."""
        path = os.path.join(self.host, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if shutil.which("cc") is None:
            self.skipTest("there is no C compiler")
        subprocess.run(["cc", "-o", path, "-x", "c", "-", "-x", "none", *flags],
                       input=source.encode(), check=True)
        return path

    def make_library(self, name, text, *flags):
        return self.build(name, f'const char *text(void) {{ return "{text}"; }}', "-shared",
                          "-fPIC", "-Wl,-soname," + os.path.basename(name), *flags)

    MAIN = ("#include <stdio.h>\nconst char *text(void);\n"
            "int main(void) { puts(text()); return 0; }")


class Closure(Compiler):
    """What is in the root, against what the loader itself says."""

    PROGRAMS = ("jq", "sqlite3", "python3", "perl", "env", "tar", "grep", "awk", "bash", "openssl",
                "gpg", "git", "ssh", "curl")

    @staticmethod
    def by_the_loader(path):
        """The files that the loader would load; a test may run it, denybox may not."""
        done = subprocess.run([path], capture_output=True, check=False, text=True,
                              env={"LD_TRACE_LOADED_OBJECTS": "1"})
        words = [line.split() for line in done.stdout.splitlines()]
        return {os.path.realpath(word) for line in words for word in line if word[0] == "/"}

    def test_as_the_loader_says(self):
        compared = 0
        for name in self.PROGRAMS:
            path = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin")
            with open(path or "/dev/null", "rb") as file:
                if file.read(4) != b"\x7fELF":
                    continue
            with self.subTest(program=name):
                root = self.path("root-" + name)
                done = denybox("pack", "--quiet", "-o", root, path)
                self.assert_status(done, 0)
                wanted = self.by_the_loader(path) | {os.path.realpath(path)}
                self.assertGreater(len(wanted), 2)
                missing = [each for each in wanted if not os.path.isfile(root + each)]
                self.assertEqual(missing, [])
                # Nothing but libraries beside it, where there is no interpreter.
                if name not in ("python3", "perl"):
                    found = {os.path.join(top, each)[len(root):]
                             for top, _, names in os.walk(root) for each in names}
                    more = {each for each in found - wanted
                            if not os.path.islink(root + each) and "/locale/" not in each and
                            "libgcc_s" not in each}
                    self.assertEqual(more, set())
                compared += 1
        self.assertGreaterEqual(compared, 8)

    def test_runpath_and_origin(self):
        library = self.make_library("lib/libt.so.1", "by origin")
        program = self.build("bin/p", self.MAIN, library, "-Wl,--enable-new-dtags",
                             "-Wl,-rpath,$ORIGIN/../lib")
        done = self.start("--", program)
        self.assertEqual((done.status, done.out, done.err), (0, "by origin\n", ""))
        plan = support.load_json(denybox("plan", "--", program, env=self.env).out)
        self.assertIn("LD_ORIGIN_PATH=" + os.path.dirname(program), plan["environment"])

    def test_relative_command(self):
        library = self.make_library("lib/libt.so.1", "by origin")
        self.build("bin/p", self.MAIN, library, "-Wl,-rpath,$ORIGIN/../lib")
        done = self.start("--", "bin/p", cwd=self.host)
        self.assertEqual((done.status, done.out), (0, "by origin\n"), repr(done))

    def test_inherited_rpath(self):
        """DT_RPATH is for what the libraries need too, DT_RUNPATH is not."""
        inner = self.make_library("lib/libinner.so", "inner")
        outer = self.build("lib/libouter.so", "const char *text(void);\n"
                           "const char *outer(void) { return text(); }", "-shared", "-fPIC", inner,
                           "-Wl,-soname,libouter.so")
        source = self.MAIN.replace("text", "outer")
        where = "-Wl,-rpath," + os.path.dirname(outer)
        link = (outer, where, "-Wl,--no-as-needed", "-Wl,-rpath-link," + os.path.dirname(outer))
        old = self.build("old", source, *link, "-Wl,--disable-new-dtags")
        new = self.build("new", source, *link, "-Wl,--enable-new-dtags")
        self.assertEqual(self.start("--", old).out, "inner\n")
        self.assert_error(self.start("--", new), EXIT_NOT_EXECUTABLE,
                          f"'libinner.so', which '{outer}' needs", "install the package")

    def test_missing_library(self):
        library = self.make_library("lib/libt.so.1", "x")
        program = self.build("p", self.MAIN, library, "-Wl,-rpath," + os.path.dirname(library))
        os.remove(library)
        for words in (("run", "--"), ("plan", "--"), ("pack", "-o", self.path("root"))):
            done = denybox(*words, program, env=self.env)
            self.assert_error(done, EXIT_NOT_EXECUTABLE, f"'libt.so.1', which '{program}' needs")
        self.assertEqual(self.roots(), [])
        self.assertEqual(sorted(os.listdir(self.dir)), ["cache", "in", "out"])

    def test_circle(self):
        """Two libraries that need each other, and themselves."""
        first = self.make_library("lib/liba.so", "a")
        self.build("lib/libb.so", "const char *text(void); const char *b(void) { return text(); }",
                   "-shared", "-fPIC", "-Wl,-soname,libb.so", first, "-Wl,--no-as-needed")
        self.make_library("lib/liba.so", "a", "-L" + os.path.dirname(first), "-Wl,--no-as-needed",
                     "-l:libb.so", "-Wl,-rpath," + os.path.dirname(first))
        program = self.build("p", self.MAIN, first, "-Wl,--disable-new-dtags",
                             "-Wl,-rpath," + os.path.dirname(first))
        done = self.start("--", program)
        self.assertEqual((done.status, done.out), (0, "a\n"), repr(done))

    def patched(self, change):
        program = self.build("p", self.MAIN.replace("text()", '"x"'))
        with open(program, "rb") as file:
            bytes_ = bytearray(file.read())
        change(bytes_)
        with open(program, "wb") as file:
            file.write(bytes_)
        return program

    def test_hostile_loader(self):
        for name in (b"/out/ld.so", b"/nowhere/ld", b"/etc/passwd", b"/usr/bin", b"relative",
                     b"/dev/zero", b"/\x1b[2Jx"):
            def change(bytes_, name=name):
                at = bytes_.index(b"/lib64/ld") if b"/lib64/ld" in bytes_ else \
                    bytes_.index(b"/lib/ld-")
                end = bytes_.index(b"\0", at)
                bytes_[at:end] = (b"/" * 40)[:end - at - len(name)] + name \
                    if name[:1] == b"/" else name + b"\0" * (end - at - len(name))
            with self.subTest(loader=name):
                done = self.start("--", self.patched(change))
                self.assert_error(done, EXIT_NOT_EXECUTABLE, "cannot ")
                self.assertNotIn("\x1b", done.err)
        self.assertEqual(self.roots(), [])

    def test_other_machine(self):
        machine = 183 if os.uname().machine == "x86_64" else 62

        def change(bytes_):
            bytes_[18:20] = machine.to_bytes(2, "little")
        done = self.start("--", self.patched(change))
        self.assert_error(done, EXIT_NOT_EXECUTABLE, "for another machine")

    def test_library_of_another_machine_is_passed_over(self):
        """As the loader does: the next directory has the right one."""
        good = self.make_library("good/libt.so.1", "good")
        bad = self.make_library("bad/libt.so.1", "bad")
        with open(bad, "r+b") as file:
            file.seek(18)
            file.write((183 if os.uname().machine == "x86_64" else 62).to_bytes(2, "little"))
        path = os.path.dirname(bad) + ":" + os.path.dirname(good)
        program = self.build("p", self.MAIN, good, "-Wl,-rpath," + path)
        self.assertEqual(self.start("--", program).out, "good\n")

    def test_musl(self):
        """Its loader has other rules: it is the C library, and has no cache."""
        if shutil.which("musl-gcc") is None:
            self.skipTest("there is no musl-gcc")
        program = os.path.join(self.host, "m")
        subprocess.run(["musl-gcc", "-o", program, "-x", "c", "-"], check=True,
                       input=self.MAIN.replace("text()", '"musl"').encode())
        done = self.start("--", program)
        self.assertEqual((done.status, done.out, done.err), (0, "musl\n", ""))

    def test_program_in_tmp(self):
        """It is executed by descriptor; what it needs beside it cannot be there."""
        shutil.copy("/usr/bin/jq", self.path("jq"))
        self.assertEqual(self.start("--", self.path("jq"), "-n", "1").out, "1\n")
        os.mkdir(self.path("lib"))
        library = shutil.move(self.make_library("libt.so.1", "x"), self.path("lib", "libt.so.1"))
        program = self.build("p", self.MAIN, library, "-Wl,-rpath," + self.path("lib"))
        self.assert_error(self.start("--", program), EXIT_DENYBOX, "the sandbox has its own /tmp",
                          "--in DIR")


class Changes(Compiler):
    """A root is used again as long as nothing that led to it has changed."""

    def setUp(self):
        super().setUp()
        self.first = os.path.join(self.host, "first")
        os.mkdir(self.first)
        self.lib = self.make_library("second/libt.so.1", "old")
        self.program = self.build("p", self.MAIN, self.lib, "-Wl,-rpath," + self.first + ":" +
                                  os.path.dirname(self.lib))
        self.settle()
        self.assertEqual(self.start("--", self.program).out, "old\n")
        self.entry = self.roots()

    @staticmethod
    def settle():
        """A file of this very tick is not trusted for longer than one run: let the clock move."""
        stamp = tempfile.NamedTemporaryFile(dir="/var/tmp")
        begun = os.stat(stamp.name).st_ctime_ns
        while True:
            os.utime(stamp.name)
            if os.stat(stamp.name).st_ctime_ns > begun + 10_000_000:
                return

    def test_unchanged(self):
        self.assertEqual(self.start("--", self.program).out, "old\n")
        self.assertEqual(self.roots(), self.entry)

    def test_changed_library(self):
        self.make_library("second/libt.so.1", "new")
        self.settle()
        self.assertEqual(self.start("--", self.program).out, "new\n")
        self.assertEqual(len(self.roots()), 1)
        self.assertNotEqual(self.roots(), self.entry)

    def test_changed_in_place_with_the_old_time(self):
        """Same inode, size and mtime: only ctime tells."""
        with open(self.lib, "r+b") as file:
            before = os.fstat(file.fileno())
            bytes_ = file.read().replace(b"old\0", b"NEW\0")
            file.seek(0)
            file.write(bytes_)
        os.utime(self.lib, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.assertEqual(self.start("--", self.program).out, "NEW\n")

    def test_earlier_library_appears(self):
        self.make_library("first/libt.so.1", "earlier")
        self.assertEqual(self.start("--", self.program).out, "earlier\n")

    def test_library_is_gone(self):
        os.remove(self.lib)
        self.assert_error(self.start("--", self.program), EXIT_NOT_EXECUTABLE, "libt.so.1")

    def test_damaged_trace(self):
        """It is the cache's own file; damaged, the root is made anew."""
        trace = self.path("cache", "denybox", "roots", self.entry[0], "trace")
        with open(trace, "rb") as file:
            good = file.read()
        for bytes_ in (b"", good[:-1], good + b"x", good.replace(b"dnytrc1", b"dnytrc0")):
            with open(trace, "wb") as file:
                file.write(bytes_)
            done = self.start("--", self.program)
            self.assertEqual((done.status, done.out), (0, "old\n"), repr(done))
            trace = self.path("cache", "denybox", "roots", self.roots()[0], "trace")


class With(Host):

    def test_file_and_tree(self):
        tree = os.path.join(self.host, "data")
        os.makedirs(os.path.join(tree, "sub", "empty"))
        support.write(os.path.join(tree, "sub", "a"), "content", 0o600)
        os.symlink("sub/a", os.path.join(tree, "link"))
        os.symlink("/etc/shadow", os.path.join(tree, "outward"))
        done = self.start("--with", tree, "--", "python3", "-c",
                          "import os; os.chdir(%r);"
                          "print(open('link').read(), os.listdir('sub/empty'),"
                          " oct(os.stat('sub/a').st_mode), os.path.exists('outward'))" % tree)
        self.assertEqual((done.status, done.out), (0, "content [] 0o100644 False\n"), repr(done))

    def test_static_program(self):
        data = support.write(os.path.join(self.host, "a"), "content")
        done = self.start("--with", data, "--", "busybox", "cat", data)
        self.assertEqual((done.status, done.out), (0, "content"), repr(done))

    def test_nothing_is_made_for_a_static_program(self):
        self.assert_status(self.start("--", support.PAYLOAD, "exit", "0"), 0)
        self.assertFalse(os.path.exists(self.path("cache")))

    def test_plan_writes_nothing(self):
        done = denybox("plan", "--with", "/etc/passwd", "--", "jq", ".", env=self.env)
        self.assert_status(done, 0)
        plan = support.load_json(done.out)
        self.assertEqual((plan["with"], plan["mounts"][0]["source"]),
                         (["/etc/passwd"], "denybox:host"))
        self.assertFalse(os.path.exists(self.path("cache")))

    def test_refused(self):
        os.mkfifo(os.path.join(self.host, "fifo"))
        os.mkdir(self.path("d"))
        cases = ((self.path("d"), "the sandbox has its own /tmp"),
                 (os.path.join(self.host, "fifo"), "neither a file nor a directory"),
                 (self.host, "neither a file, nor a directory, nor a link"),
                 ("/", "the host's own root"), ("/proc", "the sandbox has no /proc"),
                 ("/proc/self/exe", "the sandbox has no /proc"),
                 ("/sys/kernel", "the sandbox has no /sys"),
                 ("/nowhere", "No such file"), ("/dev/null", "neither a file nor a directory"))
        for path, fragment in cases:
            with self.subTest(path=path):
                self.assert_error(self.start("--with", path, "--", "busybox", "true"),
                                  EXIT_DENYBOX, fragment)
        self.assertEqual(self.roots(), [])
        self.assert_error(self.start("--with", "/etc", "--rootfs", self.dir, "--", "/x"),
                          EXIT_DENYBOX, "together with --rootfs")

    def mounted(self, *mounts):
        """A start with --with of a directory in which these mounts were made."""
        data = os.path.join(self.host, "data")
        start = shlex.join(["env", *map("=".join, self.env.items()), support.DENYBOX, "run", "--with",
                            data, "--", "busybox", "cat", f"{data}/own", f"{data}/other"])
        return self.in_mount_namespace(" && ".join([*mounts, f"exec {start}"]))

    def test_mount(self):
        os.makedirs(os.path.join(self.host, "data", "sub"))
        done = self.mounted(f"mount -t tmpfs none {self.host}/data/sub")
        self.assert_error(done, EXIT_DENYBOX, "something is mounted there")

    def test_file_system_of_the_kernel(self):
        """Also where it has another name than /proc."""
        os.mkdir(os.path.join(self.host, "data"))
        self.assert_error(self.mounted(f"mount --rbind /proc {self.host}/data"), EXIT_DENYBOX,
                          "it is a file system of the kernel's")

    def test_program_in_shared_memory(self):
        place = tempfile.mkdtemp(prefix="denybox-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, place)
        os.chmod(place, 0o755)
        program = shutil.copy("/usr/bin/jq", place)
        done = self.start("--", program, "-n", "1")
        self.assertEqual((done.status, done.out), (0, "1\n"), repr(done))

    def test_overlay(self):
        """Each of its files has the device number of the layer that it lies in, and is no mount."""
        for name in ("data", "upper", "lower"):
            os.mkdir(os.path.join(self.host, name))
        support.write(os.path.join(self.host, "upper", "own"), "own ")
        done = self.mounted(f"mount -t tmpfs none {self.host}/lower",
                            f"echo other >{self.host}/lower/other",
                            f"mount -t overlay -o lowerdir={self.host}/upper:{self.host}/lower,xino=off"
                            f" none {self.host}/data")
        self.assertEqual((done.status, done.out), (0, "own other\n"), repr(done))

    def test_unreadable(self):
        if support.AS_ROOT:
            self.skipTest("nothing is closed to root")
        secret = support.write(os.path.join(self.host, "secret"), "x", 0o200)
        for path in (secret, self.host):
            self.assert_error(self.start("--with", path, "--", "busybox", "true"), EXIT_DENYBOX,
                              "Permission denied")

    def test_links_out_of_an_environment(self):
        """Who made it would choose which of the caller's files come along."""
        os.mkdir(os.path.join(self.host, "secret"))
        support.write(os.path.join(self.host, "secret", "id"), "TOPSECRET")
        for link, target in (("pyvenv.cfg", os.path.join(self.host, "secret", "id")),
                             ("lib/python%d.%d" % self.version(),
                              os.path.join(self.host, "secret"))):
            with self.subTest(link=link):
                venv = os.path.join(self.host, os.path.basename(link))
                os.makedirs(os.path.join(venv, "bin"))
                os.makedirs(os.path.join(venv, "lib"))
                os.symlink("/usr/bin/python3", os.path.join(venv, "bin", "python3"))
                support.write(os.path.join(venv, "pyvenv.cfg"))
                if link == "pyvenv.cfg":
                    os.remove(os.path.join(venv, link))
                os.symlink(target, os.path.join(venv, link))
                done = self.start("--", os.path.join(venv, "bin", "python3"), "-c", "print(1)")
                self.assert_error(done, EXIT_DENYBOX, "a link in", "leads there")

    @staticmethod
    def version():
        answer = subprocess.run(["/usr/bin/python3", "-c",
                                 "import sys; print(*sys.version_info[:2])"], check=True,
                                stdout=subprocess.PIPE, text=True).stdout
        return tuple(int(word) for word in answer.split())

    def test_virtual_environment(self):
        venv = os.path.join(self.host, "venv")
        made = subprocess.run([PYTHON, "-m", "venv", "--without-pip", venv], check=False,
                              capture_output=True)
        if made.returncode != 0:
            self.skipTest("there is no venv module")
        site, = [os.path.join(top, "site-packages") for top, names, _ in os.walk(venv)
                 if "site-packages" in names and "lib64" not in top]
        support.write(os.path.join(site, "mine.py"), "x = 42\n")
        script = support.write(os.path.join(venv, "bin", "tool"),
                               f"#!{venv}/bin/python\nimport mine\nprint(mine.x)\n", 0o755)
        for words in ((os.path.join(venv, "bin", "python"), "-c", "import mine; print(mine.x)"),
                      (script,)):
            done = self.start("--", *words)
            self.assertEqual((done.status, done.out, done.err), (0, "42\n", ""), repr(done))


class Cache(Host):

    def test_started_at_once(self):
        """First starts that meet: all are right, one root stays."""
        words = [support.DENYBOX, "run", "--", "python3", "-c", "import json; print(json.dumps(1))"]
        started = [subprocess.Popen(words, env=self.env, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                   for _ in range(6)]
        for process in started:
            out, err = process.communicate(timeout=support.TIMEOUT)
            self.assertEqual((process.returncode, out, err), (0, b"1\n", b""))
        self.assertEqual(len(self.roots()), 1)
        support.require_nothing_left()

    def test_no_cache_directory(self):
        env = {name: value for name, value in self.env.items()
               if name not in ("HOME", "XDG_CACHE_HOME")}
        self.assert_error(self.start("--", "jq", ".", env=env), EXIT_DENYBOX,
                          "cannot find a cache directory", "--rootfs")

    def test_cache_that_others_can_write(self):
        os.makedirs(self.path("cache", "denybox"))
        os.chmod(self.path("cache", "denybox"), 0o777)
        self.assert_error(self.start("--", "jq", "."), EXIT_DENYBOX, "others may write to it",
                          "chmod")

    def test_full_disk(self):
        """Nothing is left of a root that did not fit."""
        if not support.AS_ROOT:
            self.skipTest("needs a file system of its own")
        os.mkdir(self.path("cache"))
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs",
                           self.path("cache")], check=False, capture_output=True).returncode != 0:
            self.skipTest("no tmpfs can be mounted here")
        self.addCleanup(subprocess.run, ["umount", self.path("cache")], check=True)
        self.assert_error(self.start("--", "jq", "."), EXIT_DENYBOX, "No space left")
        self.assertEqual(self.roots(), [])


class Pack(Host):

    def test_full_disk(self):
        """Nothing is left of it."""
        if not support.AS_ROOT:
            self.skipTest("needs a file system of its own")
        os.mkdir(self.path("small"))
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", self.path("small")],
                          check=False, capture_output=True).returncode != 0:
            self.skipTest("no tmpfs can be mounted here")
        self.addCleanup(subprocess.run, ["umount", self.path("small")], check=True)
        for name, command in (("d", "python3"), ("d.tar", "jq")):
            self.assert_error(denybox("pack", "-o", self.path("small", name), command),
                              EXIT_DENYBOX,
                              f"cannot write '{self.path('small', name)}': No space left")
            self.assertEqual(os.listdir(self.path("small")), [])

    def test_what_a_killed_one_left(self):
        """The next one to the same place sweeps it, and nothing that somebody still works in."""
        dead = support.stopped("renameat2", "pack", "-o", self.path("d"), "jq")
        dead.kill()
        dead.communicate()
        left = set(os.listdir(self.dir)) - {"in", "out"}
        self.assertEqual([name[:9] for name in left if name.startswith(".denybox-")],
                         [".denybox-"] * len(left))
        self.assertNotEqual(left, set())
        live = support.stopped("renameat2:2", "pack", "-o", self.path("e"), "jq")
        during = set(os.listdir(self.dir)) - {"in", "out"}
        directories = {name for name in during if os.path.isdir(self.path(name))}
        self.assertEqual(directories & left, set())
        working, = directories
        done = subprocess.run([support.DENYBOX, "pack", "--quiet", "-o", self.path("f"), "jq"],
                              stdin=subprocess.DEVNULL, check=False, capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""), done)
        self.assertTrue(os.path.isdir(self.path(working, "root", "usr")))
        os.kill(live.pid, signal.SIGCONT)
        live.communicate(timeout=support.TIMEOUT)
        self.assertEqual(live.returncode, 0)
        self.assertEqual(sorted(os.listdir(self.dir)),
                         ["e", "e.manifest", "f", "f.manifest", "in", "out"])

    def test_digest_is_that_of_a_bundle(self):
        done = denybox("pack", "jq", "--with", "/etc/passwd", "-o", self.path("root"), "--quiet")
        self.assert_status(done, 0)
        for options in (("--rootfs", self.path("root")), ("--with", "/etc/passwd")):
            bundle = self.path("bundle-" + options[0][2:])
            self.assert_status(self.start(*options, "--evidence", bundle, "--", "jq", "-n", "1"), 0)
            self.assertEqual(support.load_json(support.read(bundle))["image_digest"],
                             done.out.strip())

    def test_archive(self):
        """The same bytes each time, and what is in it is the directory."""
        archives = []
        for name in ("a.tar", "b.tar"):
            self.assert_status(denybox("pack", "-o", self.path(name), "python3"), 0)
            with open(self.path(name), "rb") as file:
                archives.append(file.read())
        self.assertEqual(archives[0], archives[1])
        self.assert_status(denybox("pack", "-o", self.path("d"), "python3"), 0)
        os.mkdir(self.path("x"))
        unpacked = subprocess.run(["tar", "-xf", self.path("a.tar"), "-C", self.path("x"),
                                   "--no-same-owner"], check=True, capture_output=True)
        self.assertEqual(unpacked.stderr, b"")
        self.assertEqual(support.read(self.path("a.tar.manifest")),
                         support.read(self.path("d.manifest")))
        subprocess.run(["diff", "-r", "--no-dereference", self.path("d"), self.path("x")],
                       check=True)
        done = self.start("--rootfs", self.path("x"), "--", "python3", "-v", "-c", "import json")
        self.assertRegex(done.err, "json/__pycache__/decoder[a-z0-9.-]+ matches|json/decoder.py")

    def test_manifest(self):
        self.assert_status(denybox("pack", "-o", self.path("d"), "jq"), 0)
        checked = subprocess.run(["sha256sum", "-c", "--quiet", "--strict", "../d.manifest"],
                                 cwd=self.path("d"), check=False, capture_output=True)
        self.assertEqual(checked.returncode, 0, checked)
        lines = support.read(self.path("d.manifest")).splitlines()
        self.assertIn(": the program", "\n".join(lines))
        self.assertTrue(any(line.startswith("# file 0755 ") and line.endswith("bin/jq: the program")
                            for line in lines))

    def test_where_it_goes(self):
        done = denybox("pack", "-o", self.path("d") + "//", "jq")
        self.assert_status(done, 0)
        self.assertRegex(done.out, fr"^sha256:\w+  {self.path('d')}\n\d+ files, \d+ bytes; "
                                   fr"{self.path('d')}\.manifest lists them\n$")
        self.assertTrue(os.path.isfile(self.path("d.manifest")))
        done = denybox("pack", "-o", self.path("no", "such", "d"), "jq")
        self.assert_error(done, EXIT_DENYBOX, "No such file", f"mkdir -p {self.path('no', 'such')}/")
        done = denybox("pack", "-o", "d", "jq", cwd=self.path("in"))
        self.assertIn("; d.manifest lists them\n", done.out)
        self.assertEqual(sorted(os.listdir(self.path("in"))), ["d", "d.manifest"])

    def test_nothing_is_overwritten(self):
        for name in ("d", "d.manifest"):
            support.write(self.path(name), "mine")
            self.assert_error(denybox("pack", "-o", self.path("d"), "jq"), EXIT_DENYBOX, "exists")
            self.assertEqual(support.read(self.path(name)), "mine")
            os.remove(self.path(name))

    def test_misuse(self):
        cases = ((("jq",), "no output"), (("-o", self.path("d")), "no command"),
                 (("-o", self.path("d"), "jq", "x"), "one command at a time"),
                 (("-o", self.path("d"), "-o", "e", "jq"), "twice"),
                 (("-x",), "options have two dashes"), (("-o", "/nowhere/d", "jq"), "No such file"),
                 (("-o", "..", "jq"), "want a name"),
                 (("-o", self.path("d.tar.gz"), "jq"), "ends in .tar"),
                 (("-o", self.path("d.tgz"), "jq"), "ends in .tar"), (("jq", "-o"), "want --output"))
        for words, fragment in cases:
            with self.subTest(words=words):
                self.assert_error(denybox("pack", *words), EXIT_DENYBOX, fragment)
        self.assert_error(denybox("pack", "-o", self.path("d"), "nowhere"), EXIT_NOT_FOUND,
                          "not found")
        self.assertEqual(sorted(os.listdir(self.dir)), ["in", "out"])


if __name__ == "__main__":
    support.main()
