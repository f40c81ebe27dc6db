#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sealed exec: no program after the payload, in any form the system call has."""

import os
import shutil

import support
from support import EXIT_BLOCKED, Live, denybox, fault, outside, run

# attempts.md rows 11, 12 and 14, as the applet exec tries them.
FORMS = ("execve", "execveat-path", "execveat-path-empty-flag", "execveat-descriptor",
         "execveat-descriptor-null", "execveat-descriptor-path", "execveat-sealed-absolute",
         "execveat-sealed-absolute-high-bits", "execveat-sealed-descriptor",
         "execveat-sealed-null", "execveat-memfd")
# A path that is absolute makes the kernel ignore the descriptor: without a seal these start it.
ABSOLUTE = ("execve", "execveat-path", "execveat-path-empty-flag", "execveat-descriptor",
            "execveat-descriptor-path", "execveat-sealed-absolute",
            "execveat-sealed-absolute-high-bits", "execveat-memfd")
NUMBER = [("raise-nofile", "EPERM"), ("dup2-sealed", "EBADF"), ("dupfd-sealed", "EINVAL")]

PYTHON = "/usr/bin/python3"


class Static(Live):
    """A static payload, alone and in a root with itself and a second program."""

    def setUp(self):
        super().setUp()
        self.root = self.path("root")
        os.mkdir(self.root)
        for name in ("payload", "second"):
            shutil.copy(support.PAYLOAD, os.path.join(self.root, name))

    def exec_in_root(self, *options, target="/second"):
        return denybox("run", *self.io, "--rootfs", self.root, *options, "--", "/payload", "exec",
                       target, "echo", "STARTED")

    def check_sealed(self, done):
        self.assert_results(done, [("open-program", "ok"), *((f, "EPERM") for f in FORMS),
                                   *NUMBER])

    def test_in_a_root(self):
        self.check_sealed(self.exec_in_root())

    def test_itself(self):
        self.check_sealed(self.exec_in_root(target="/payload"))

    def test_targeted(self):
        self.check_sealed(self.exec_in_root("--seccomp", "targeted"))

    def test_other_number(self):
        """The sealed number is the limit on descriptors, whatever that is."""
        self.check_sealed(self.exec_in_root("--nofile", "64"))

    def test_from_the_data_mounts(self):
        for place in ("in", "out"):
            shutil.copy(support.PAYLOAD, self.path(place, "program"))
            self.check_sealed(self.exec_in_root(target=f"/{place}/program"))

    def test_without_a_root(self):
        """Nothing is there to be started but what the payload writes itself."""
        shutil.copy(support.PAYLOAD, self.path("in", "program"))
        self.check_sealed(run(*self.io, payload=("exec", "/in/program", "echo", "STARTED")))

    def test_control_allow_exec(self):
        """Without the seal, and only then, these very calls start a program; the absolute path
        with the sealed number among them."""
        done = self.exec_in_root("--allow-exec")
        self.assert_status(done, 0)
        lines = done.out.splitlines()
        # A form that works prints nothing of its own but what the program says.
        self.assertEqual(lines.count("STARTED"), len(ABSOLUTE), repr(done))
        for form in ABSOLUTE:
            self.assertNotIn(form + " EPERM", done.out)
        self.assertIn("execveat-sealed-descriptor EBADF", lines)
        # A null path with AT_EMPTY_PATH: kernels differ in what they say of it.
        self.assertTrue({"execveat-sealed-null EBADF", "execveat-sealed-null EFAULT"} & set(lines))

    def test_control_outside(self):
        done = outside("exec", support.PAYLOAD, "echo", "STARTED")
        self.assertEqual(done.out.splitlines().count("STARTED"), len(ABSOLUTE), repr(done))

    def test_noexec_mounts_with_allow_exec(self):
        """Programs in /in and /out are not started even where the seal is waived."""
        for place in ("in", "out"):
            shutil.copy(support.PAYLOAD, self.path(place, "program"))
            os.chmod(self.path(place, "program"), 0o755)
            done = self.exec_in_root("--allow-exec", target=f"/{place}/program")
            results = dict(line.rsplit(" ", 1) for line in done.out.splitlines()
                           if " " in line)
            for form in ABSOLUTE:
                if form != "execveat-memfd":
                    self.assertEqual(results.get(form), "EACCES", form)

    def test_seal_taken_away(self):
        done = fault("skip:seal", "run", *self.io, "--rootfs", self.root, "--", "/payload",
                     "started")
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("DX-SEAL", done.err)
        self.assertIn("absolute path", done.err)
        self.assertEqual(os.listdir(self.path("out")), [])
        self.assertNotIn("started", done.out)

    def test_forks_are_sealed(self):
        """The forms are each tried in a child: what the payload forks is under the same seal."""
        done = self.exec_in_root("--pids-limit", "2")
        self.check_sealed(done)


class Python(Live):
    """Issue: os.execv and subprocess raise EPERM, os.system returns 127."""

    def python(self, program, *options):
        return denybox("run", *self.io, "--rootfs", support.rootfs(), *options, "--", PYTHON, "-c",
                       program)

    def test_execv(self):
        for target in ("/usr/bin/busybox", PYTHON, "/bin/sh"):
            done = self.python("import os\ntry: os.execv('" + target + "', ['x'])\n"
                               "except PermissionError as e: print('EPERM', e.errno)")
            self.assertEqual((done.status, done.out), (0, "EPERM 1\n"), repr(done))

    def test_subprocess(self):
        for how in ("close_fds=True", "close_fds=False", "preexec_fn=int", "shell=True",
                    "start_new_session=True"):
            done = self.python("import subprocess\n"
                               f"try: subprocess.run(['/usr/bin/busybox', 'true'], {how})\n"
                               "except PermissionError as e: print('EPERM', e.errno)")
            self.assertEqual((done.status, done.out), (0, "EPERM 1\n"), repr(done))

    def test_system(self):
        done = self.python("import os\nprint(os.waitstatus_to_exitcode(os.system('true')))")
        self.assertEqual((done.status, done.out), (0, "127\n"), repr(done))

    def test_posix_spawn(self):
        done = self.python("import os\n"
                           "try: os.posix_spawn('/usr/bin/busybox', ['true'], {})\n"
                           "except PermissionError as e: print('EPERM', e.errno)")
        self.assertEqual((done.status, done.out), (0, "EPERM 1\n"), repr(done))

    # Through ctypes, with the number of the limit: the trap of sealed-exec.md.
    ABSOLUTE_PATH = """
import ctypes, os, platform, resource
number = {'x86_64': 322, 'aarch64': 281}[platform.machine()]
sealed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
libc = ctypes.CDLL(None, use_errno=True)
words = (ctypes.c_char_p * 4)(b'python3', b'-c', b'print("a second python")', None)
environment = (ctypes.c_char_p * 1)(None)
libc.syscall(number, sealed, b'/usr/bin/python3', words, environment, 0x1000)
print(os.strerror(ctypes.get_errno()))
"""

    def test_absolute_path(self):
        done = self.python(self.ABSOLUTE_PATH)
        self.assertEqual((done.status, done.out), (0, "Operation not permitted\n"), repr(done))

    def test_absolute_path_control(self):
        """The same call where exec is allowed starts a second python: the trap is real."""
        done = self.python(self.ABSOLUTE_PATH, "--allow-exec")
        self.assertEqual((done.status, done.out), (0, "a second python\n"), repr(done))

    def test_system_control(self):
        done = self.python("import os,subprocess\n"
                           "subprocess.run(['/usr/bin/busybox', 'echo', 'started'])",
                           "--allow-exec")
        self.assertEqual((done.status, done.out), (0, "started\n"), repr(done))


if __name__ == "__main__":
    support.main()
