#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What comes along into a root because a file of somebody else's names it, and what does not."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import types

import support
from support import EXIT_DENYBOX, EXIT_NOT_EXECUTABLE, denybox
from test_root import Compiler

PYTHON = os.path.realpath("/usr/bin/python3")
VERSION = "%d.%d" % sys.version_info[:2]


class Along(Compiler):
    """A directory `came`, whose program came from elsewhere, and `own`, with what is the caller's."""

    def setUp(self):
        super().setUp()
        self.named = self.make_library("own/lib/libsecret.so.1", "secret")

    def refused(self, done, what, by):
        self.assert_error(done, EXIT_DENYBOX, f"cannot put '{what}' into the root: '{by}' names it",
                          f"--with {what} takes it along")
        self.assertEqual(self.roots(), [])

    def program(self, *flags, name="came/bin/p"):
        return self.build(name, self.MAIN, self.named, *flags)


class Libraries(Along):

    def test_by_a_path_in_the_program(self):
        path = os.path.dirname(self.named)
        for flag in ("--enable-new-dtags", "--disable-new-dtags"):
            program = self.program("-Wl," + flag, "-Wl,-rpath," + path)
            with self.subTest(flag=flag):
                self.refused(self.start("--", program), self.named, program)
                for command in (("plan", "--"), ("pack", "-o", self.path("root"))):
                    self.refused(denybox(*command, program, env=self.env), self.named, program)
        self.assertFalse(os.path.exists(self.path("root")))
        done = self.start("--with", self.named, "--", program)
        self.assertEqual((done.status, done.out), (0, "secret\n"), repr(done))

    def test_by_origin(self):
        program = self.program("-Wl,-rpath,$ORIGIN/../../own/lib")
        self.refused(self.start("--", program), self.named, program)
        # As somebody types it who has read the program: the name is another, the file the same.
        way = os.path.join(self.host, "came", "..", "own", "lib", "libsecret.so.1")
        self.assertEqual(self.start("--with", way, "--", program).out, "secret\n")

    def test_by_its_own_name(self):
        """A DT_NEEDED with a slash is a path."""
        self.named = self.build("own/lib/libnamed.so",
                                'const char *text(void) { return "named"; }', "-shared", "-fPIC")
        program = self.program()
        self.refused(self.start("--", program), self.named, program)

    def test_by_another_library(self):
        """What comes along itself names no more than the program may."""
        middle = self.build("came/lib/libmiddle.so.1",
                            "const char *text(void); const char *outer(void) { return text(); }",
                            "-shared", "-fPIC", "-Wl,-soname,libmiddle.so.1", self.named,
                            "-Wl,-rpath," + os.path.dirname(self.named))
        program = self.build("came/bin/p", self.MAIN.replace("text", "outer"), middle,
                             "-Wl,-rpath,$ORIGIN/../lib",
                             "-Wl,-rpath-link," + os.path.dirname(self.named))
        self.refused(self.start("--", program), self.named,
                     os.path.join(self.host, "came/bin/../lib/libmiddle.so.1"))

    def test_by_a_link_beside_the_program(self):
        os.makedirs(os.path.join(self.host, "came", "lib"))
        os.symlink(self.named, os.path.join(self.host, "came", "lib", "libsecret.so.1"))
        program = self.program("-Wl,-rpath,$ORIGIN/../lib")
        done = self.start("--", program)
        self.refused(done, self.named, program)
        self.assertEqual(self.start("--with", self.named, "--", program).out, "secret\n")

    def test_a_link_of_the_callers(self):
        """Where it leads to may come along; where it lies says something too."""
        library = self.make_library("came/lib/libt.so.1", "beside")
        link = os.path.join(self.host, "own", "libt.so.1")
        os.symlink(library, link)
        program = self.build("came/bin/p", self.MAIN, library, "-Wl,-rpath," + os.path.dirname(link))
        self.refused(self.start("--", program), link, program)
        self.assertEqual(self.start("--with", link, "--", program).out, "beside\n")

    def test_beside_the_program(self):
        """In its directory, beneath it, and in lib or lib64 of the one above; a link to the
        program, too, has these."""
        for place in ("came/bin", "came/bin/deep/er", "came/lib", "came/lib/x", "came/lib64"):
            with self.subTest(place=place):
                library = self.make_library(place + "/libt.so.1", place)
                program = self.build("came/bin/p", self.MAIN, library,
                                     "-Wl,-rpath," + os.path.dirname(library))
                self.assertEqual(self.start("--", program).out, place + "\n")
        link = os.path.join(self.host, "link")
        os.symlink(program, link)
        self.assertEqual(self.start("--", link).out, place + "\n")
        for place in ("came/other", "came/library", "came/lib64x"):
            with self.subTest(place=place):
                library = self.make_library(place + "/libt.so.1", place)
                program = self.build("came/bin/p", self.MAIN, library,
                                     "-Wl,-rpath," + os.path.dirname(library))
                self.assert_error(self.start("--", program), EXIT_DENYBOX, "names it")

    def test_a_heap_is_nobodys_own(self):
        """A home, what is above it, and where everybody can put something."""
        program = self.program("-Wl,-rpath,$ORIGIN/own/lib", name="p")
        self.assertEqual(self.start("--", program).out, "secret\n")
        link = os.path.join(self.host, "home")
        os.symlink(self.host, link)
        for home in (self.host, os.path.join(self.host, "own"), link):
            done = self.start("--", program, env={**self.env, "HOME": home})
            self.assert_error(done, EXIT_DENYBOX, f"'{program}' names it")
        os.chmod(self.host, 0o1777)
        self.assert_error(self.start("--", program, env={**self.env, "HOME": "/"}), EXIT_DENYBOX,
                          f"'{program}' names it")

    def test_no_home_is_known(self):
        """Then any directory may be it: HOME of somebody else, none, or no path."""
        program = self.program("-Wl,-rpath,$ORIGIN/own/lib", name="p")
        for home in ("/", "/proc" if support.AS_ROOT else "/root", "relative", None):
            env = {name: value for name, value in self.env.items() if name != "HOME"}
            if support.AS_ROOT and home in ("/", "/proc"):
                continue  # they are root's own
            done = self.start("--", program, env=env if home is None else {**env, "HOME": home})
            self.assert_error(done, EXIT_DENYBOX, f"'{program}' names it")
        # One that is not there holds nothing.
        done = self.start("--", program, env={**self.env, "HOME": self.path("none")})
        self.assertEqual(done.out, "secret\n")

    def test_a_named_program_beside_the_command(self):
        """What --with names is named like the command."""
        library = self.make_library("other/lib/libother.so.1", "other")
        other = self.build("other/bin/q", self.MAIN, library, "-Wl,-rpath,$ORIGIN/../lib")
        self.assert_status(denybox("pack", "-o", self.path("d"), "--with", other, "jq"), 0)
        self.assertTrue(os.path.isfile(self.path("d") + library))
        # Its place is its own, and not the command's.
        program = self.build("came/bin/p", self.MAIN, library,
                             "-Wl,-rpath," + os.path.dirname(library))
        self.refused(self.start("--with", other, "--", program), library, program)
        done = self.start("--with", os.path.dirname(library), "--", program)
        self.assertEqual(done.out, "other\n")

    def test_loader(self):
        with open("/bin/true", "rb") as file:
            if b"/lib64/ld-linux" not in file.read():
                self.skipTest("a loader of another name")
        loader = os.path.join(self.host, "own", "ld.so")
        shutil.copy("/lib64/ld-linux-x86-64.so.2", loader)
        program = self.build("came/bin/p", self.MAIN.replace("text()", '"x"'),
                             "-Wl,--dynamic-linker=" + loader)
        self.refused(self.start("--", program), loader, program)

    def test_system(self):
        """Root's, written by nobody else, read by everybody, all the way down."""
        if not support.AS_ROOT:
            self.skipTest("only root can make something that is the system's")
        top = tempfile.mkdtemp(prefix="denybox-test-", dir="/opt")
        self.addCleanup(shutil.rmtree, top)
        nobody = pwd.getpwnam("nobody")
        library = os.path.join(top, "lib", "libsecret.so.1")
        os.mkdir(os.path.dirname(library))
        shutil.copy(self.named, library)
        program = self.program("-Wl,-rpath," + os.path.dirname(library))

        def reset():
            for path, mode in ((top, 0o755), (os.path.dirname(library), 0o755), (library, 0o755)):
                os.chown(path, 0, 0)
                os.chmod(path, mode)
        reset()
        self.assertEqual(self.start("--", program).out, "secret\n")
        shutil.rmtree(self.path("cache"))
        changes = [(os.chmod, library, 0o700), (os.chmod, top, 0o700), (os.chmod, top, 0o1777),
                   (os.chmod, library, 0o757), (os.chown, library, nobody.pw_uid, 0),
                   (os.chown, top, nobody.pw_uid, 0)]
        for change, path, *words in changes:
            with self.subTest(change=change.__name__, path=path, words=words):
                reset()
                change(path, *words)
                self.refused(self.start("--", program), library, program)
        reset()
        for path in (top, library):
            os.chmod(path, 0o775)
            self.assertEqual(self.start("--", program).out, "secret\n")
            shutil.rmtree(self.path("cache"))
            os.chown(path, 0, nobody.pw_gid)
            os.chmod(path, 0o775)
            self.refused(self.start("--", program), library, program)
            reset()


    def test_where_root_has_another_number(self):
        """In a user namespace of the caller's id alone, the system belongs to a stranger."""
        if not support.AS_ROOT:
            self.skipTest("the stranger has the number of nobody, whom the tests may run as")
        program = self.build("came/bin/p", self.MAIN.replace("text()", '"x"'))
        place = self.path("open")
        os.mkdir(place)
        os.chmod(place, 0o777)
        words = ["unshare", "--user", "--map-current-user", "sh", "-c",
                 'stat -c %u /usr; "$0" pack --quiet -o "$1/d" "$2" && ls "$1"', support.DENYBOX,
                 place, program]
        done = support.command(words, user=types.SimpleNamespace(pw_uid=1234, pw_gid=1234))
        if "unshare" in done.err:
            self.skipTest("no user namespace to be in: " + done.err.strip())
        self.assertEqual((done.status, done.err), (0, ""), repr(done))
        owner, _, *there = done.out.splitlines()
        self.assertNotEqual(owner, "0")
        self.assertEqual(there, ["d", "d.manifest"])


class Interpreters(Along):

    def environment(self, name="own/venv"):
        venv = os.path.join(self.host, name)
        made = subprocess.run([PYTHON, "-m", "venv", "--without-pip", venv], check=False,
                              capture_output=True)
        if made.returncode != 0:
            self.skipTest("there is no venv module")
        site = os.path.join(venv, "lib", "python" + VERSION, "site-packages")
        support.write(os.path.join(site, "mine.py"), "x = 'mine'\n")
        return os.path.join(venv, "bin", "python3")

    def script(self, line, name="came/s.py"):
        path = os.path.join(self.host, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return support.write(path, f"#!{line}\nimport mine\nprint(mine.x)\n", 0o755)

    def test_virtual_environment_of_the_caller(self):
        python = self.environment()
        script = self.script(python)
        self.refused(self.start("--", script), python, script)
        done = self.start("--with", python, "--", script)
        self.assertEqual((done.status, done.out), (0, "mine\n"), repr(done))

    def test_through_a_link_to_its_directory(self):
        python = self.environment()
        os.makedirs(os.path.join(self.host, "came"))
        os.symlink(os.path.dirname(python), os.path.join(self.host, "came", "bin"))
        script = self.script(os.path.join(self.host, "came", "bin", "python3"))
        self.refused(self.start("--", script), python, script)

    def test_virtual_environment_beside_the_script(self):
        for name in ("came/bin/tool", "came/tool"):
            script = self.script(self.environment("came"), name)
            done = self.start("--", script)
            self.assertEqual((done.status, done.out), (0, "mine\n"), repr(done))

    def test_along_a_path_of_the_callers(self):
        """Who sets PATH has named what is in it."""
        python = self.environment()
        script = self.script("/usr/bin/env python3")
        done = self.start("--setenv", "PATH", os.path.dirname(python), "--", script)
        self.assertEqual((done.status, done.out), (0, "mine\n"), repr(done))
        done = self.start("--", script)
        self.assertEqual(done.status, 1, repr(done))
        self.assertIn("No module named 'mine'", done.err)

    def test_script_that_is_an_interpreter(self):
        inner = support.write(os.path.join(self.host, "own", "inner"), "#!/bin/cat\nsecret\n", 0o755)
        script = support.write(os.path.join(self.host, "s"), f"#!{inner}\n", 0o755)
        os.mkdir(os.path.join(self.host, "came"))
        script = shutil.move(script, os.path.join(self.host, "came", "s"))
        self.refused(self.start("--", script), inner, script)

    def test_program_that_is_an_interpreter(self):
        program = self.build("own/p", self.MAIN.replace("text()", '"x"'))
        static = shutil.copy(support.PAYLOAD, os.path.join(self.host, "own", "static"))
        hidden = shutil.copy("/usr/bin/jq", self.path("jq"))
        for path in (program, static, hidden):
            with self.subTest(path=path):
                script = self.script(path)
                self.refused(self.start("--", script), path, script)

    def test_library_of_python_above_the_program(self):
        """A program that is named like Python finds its library in any directory above it."""
        program = os.path.join(self.host, "came", "a", "python" + VERSION)
        os.makedirs(os.path.dirname(program))
        shutil.copy(PYTHON, program)
        library = os.path.join(self.host, "lib", "python" + VERSION)
        os.makedirs(library)
        support.write(os.path.join(library, "os.py"))
        self.refused(self.start("--", program, "-c", ""), library, program)


class Kinds(Along):
    """What is not a regular file is not even opened."""

    def test_fifo(self):
        """Its writer would go on."""
        os.makedirs(os.path.join(self.host, "came", "lib"))
        fifo = os.path.join(self.host, "came", "lib", "libsecret.so.1")
        program = self.program("-Wl,-rpath,$ORIGIN/../lib")
        script = self.script_of(fifo)
        os.mkfifo(fifo, 0o777)
        opened = Opened(fifo)
        self.addCleanup(opened.close)
        for words, status in (((program,), EXIT_NOT_EXECUTABLE), ((script,), EXIT_NOT_EXECUTABLE),
                              ((fifo,), EXIT_NOT_EXECUTABLE)):
            with self.subTest(words=words):
                self.assert_error(self.start("--", *words), status, "not a regular file")
                self.assertFalse(opened.was())
        os.close(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK))
        self.assertTrue(opened.was())

    def script_of(self, interpreter):
        return support.write(os.path.join(self.host, "came", "s"), f"#!{interpreter}\n", 0o755)


class Opened:
    """Tells of a file whether somebody has opened it: inotify(7) does not count O_PATH."""

    IN_OPEN = 0x20

    def __init__(self, path):
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0 or libc.inotify_add_watch(self.fd, os.fsencode(path), self.IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), "inotify")

    def was(self):
        try:
            return os.read(self.fd, 4096) != b""
        except BlockingIOError:
            return False

    def close(self):
        os.close(self.fd)


if __name__ == "__main__":
    support.main()
