#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Breaks the system calls of a start from outside, by strace(1), one at a time, with each errno.

usage: inject.py [SYSCALL...]     default: all that a start makes

A first run says which calls there are, and how often each process makes them. Then for each call,
each errno of ERRNOS and each N the Nth call of each process fails. Required, every time: no hang,
never exit 0, never a payload that ran although the set-up failed, a message, nothing left. A run
that went on to its end is one whose failure was no harm: such calls are in HARMLESS, with the reason.
"""

import collections
import os
import re
import shutil
import signal
import subprocess
import sys

import common
from common import support

HANG = 60

# What the calls may answer, from their manual pages; what is not here gets USUAL.
USUAL = ("EPERM", "EINVAL", "ENOMEM", "ENOSYS")
FILES = ("EACCES", "ENOENT", "ELOOP", "EMFILE", "ENFILE", "ENOMEM", "EINTR", "EIO")
ERRNOS = {
    "openat": FILES, "openat2": (*FILES, "ENOSYS", "EPERM", "EXDEV"),
    "clone3": ("EPERM", "ENOSPC", "ENOSYS", "EAGAIN", "ENOMEM", "EINVAL", "EUSERS"),
    "clone": ("EAGAIN", "ENOMEM", "EPERM"), "fork": ("EAGAIN", "ENOMEM"),
    "read": ("EIO", "EINTR", "EAGAIN", "EBADF", "EISDIR"),
    "write": ("EIO", "EINTR", "EAGAIN", "EBADF", "ENOSPC", "EPERM", "EPIPE"),
    "close": ("EIO", "EINTR", "EBADF"), "fstat": ("EBADF", "ENOMEM", "EIO"),
    "poll": ("EINTR", "ENOMEM", "EINVAL"), "ppoll": ("EINTR", "ENOMEM", "EINVAL"),
    "mount_setattr": ("EPERM", "EINVAL", "EBUSY", "ENOSYS"),
    "move_mount": ("EPERM", "EINVAL", "EACCES", "ELOOP", "ENOENT"),
    "fsopen": ("EPERM", "ENODEV", "EMFILE", "ENOSYS"),
    "fsconfig": ("EPERM", "EINVAL", "EBUSY", "EACCES", "ENOMEM"),
    "fsmount": ("EPERM", "EBUSY", "EINVAL", "ENOMEM"),
    "open_tree": ("EPERM", "ENOENT", "EACCES", "EINVAL", "ENOSYS"),
    "pivot_root": ("EPERM", "EBUSY", "EINVAL", "ENOTDIR"), "umount2": ("EPERM", "EBUSY", "EINVAL"),
    "mkdirat": ("EACCES", "EEXIST", "ENOSPC", "EROFS"), "unshare": ("EPERM", "ENOSPC", "ENOMEM"),
    "setns": ("EPERM", "EINVAL", "ENOMEM"), "seccomp": ("EACCES", "EFAULT", "EINVAL", "ENOMEM"),
    "socketpair": ("EMFILE", "ENFILE", "EAFNOSUPPORT", "ENOMEM"),
    "sendmsg": ("EPIPE", "ENOBUFS", "EAGAIN", "EPERM", "EINTR"),
    "recvmsg": ("ECONNRESET", "EINTR", "EAGAIN", "ENOMEM"),
    "waitid": ("ECHILD", "EINVAL"), "execveat": ("EACCES", "ENOEXEC", "ENOENT", "E2BIG", "ENOMEM"),
    "setrlimit": ("EPERM", "EINVAL"), "prlimit64": ("EPERM", "EINVAL", "ESRCH"),
    "capset": ("EPERM", "EINVAL"), "capget": ("EINVAL", "EPERM"),
    "pidfd_open": ("EMFILE", "ESRCH", "ENOSYS"), "keyctl": ("EPERM", "EDQUOT", "ENOMEM"),
    "prctl": ("EPERM", "EINVAL", "EACCES", "ENOSYS"), "dup3": ("EBADF", "EMFILE", "EBUSY"),
    "fcntl": ("EINVAL", "EMFILE", "EPERM"), "close_range": ("EINVAL", "EMFILE", "ENOMEM", "ENOSYS"),
    "getrandom": ("EINTR", "EAGAIN", "ENOSYS"), "sched_setaffinity": ("EINVAL", "EPERM"),
}

# What may fail without harm, before the exec: the calls, the errnos or ALL, what strace(1) shows of
# each that failed (a regular expression), and the reason.
ALL = None
_PROC = "where a container forbids a new procfs, the host's serves the probes"
_CAPNG = "libcap-ng asks for the last capability in another way"
_PROBE = "a probe, and this is the answer that it expects"
HARMLESS = (
    (("add_key", "io_uring_enter", "io_uring_register", "io_uring_setup", "kcmp",
      "perf_event_open", "pidfd_getfd", "process_vm_readv", "ptrace", "request_key",
      "socket", "userfaultfd"), ("EPERM",), "", _PROBE),
    # Not those by which the sandbox is made: a keyring of its own, its network, no persona.
    (("keyctl",), ("EPERM",), r"keyctl\(0xffff ", _PROBE),
    (("personality",), ("EPERM",), r"personality\((0xffffffff|.*READ_IMPLIES_EXEC)", _PROBE),
    (("setns",), ("EPERM",), r"setns\(-1, 0\)", _PROBE),
    (("ioctl",), ("EPERM",), "TIOC|TCGETS", "likewise; 0, 1 and 2 are no terminals here"),
    (("newfstatat",), ("EPERM",), "environ", "init cannot be looked into, which is as it must be"),
    (("close",), ALL, "", "nobody can do anything about it, and close_range closes what counts"),
    (("faccessat2",), ("ENOSYS",), "", "libc does it in another way"),
    (("fcntl",), ALL, "F_GETFD", "a probe counts the descriptors that answer"),
    (("fsopen",), ALL, '"proc"', _PROC),
    (("fsconfig", "fsmount"), ALL, 'of fsopen\("proc"', _PROC),
    (("fstatfs",), ALL, "", "libcap-ng looks whether /proc is one"),
    (("openat",), ALL, "cap_last_cap", _CAPNG),
    (("openat",), ALL, "/dev/urandom", "jansson seeds its tables by the time"),
    (("read",), ALL, r"read\(\d+, \w+, [48]\)", _CAPNG),
    (("landlock_create_ruleset",), ("ENOSYS",), "", "a kernel without Landlock, a further layer"),
    (("poll", "read", "write", "sendmsg"), ("EINTR",), "", "it is called again"),
    (("recvmsg",), ("EINTR", "ECONNRESET"), "", "it is called again"),
    (("prctl",), ("EINVAL",), r"CAP_\?\?\?", "the first that the kernel does not know"),
    (("pread64",), ALL, ", 2048, 0", "a program that cannot be read as a script is none"),
    (("prlimit64",), ALL, "RLIMIT_NOFILE, NULL", "how many numbers a probe looks at"),
    (("readlink",), ALL, "/proc/self/exe", "libc wants to know its own path"),
    (("sched_yield",), ALL, "", "waits a little longer"),
    (("getegid", "umask"), ALL, "", "it cannot fail"),
    (("pause",), ALL, "", "what waits there to be killed asks again, whatever it was told"),
    (("unlink",), ALL, "/tmp/__probe", "the file of a probe stays in the sandbox's own /tmp"),
)

# The process's own memory and its start, the end of it, and what libc does by itself.
NOT_SET_UP = {"brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "execve", "arch_prctl",
              "set_tid_address", "set_robust_list", "rseq", "exit", "exit_group", "rt_sigreturn",
              "restart_syscall"}


def whole_calls(text):
    """What strace has written in two pieces, because another process came between, as one line."""
    begun, lines = {}, []
    for line in text.splitlines():
        pid = line.split(" ", 1)[0]
        again = re.match(r"\d+ +<\.\.\. \w+ resumed>(.*)", line)
        if line.endswith(" <unfinished ...>"):
            begun[pid] = line[:-len(" <unfinished ...>")]
        elif again is not None and pid in begun:
            lines.append(begun.pop(pid) + again.group(1))
        else:
            lines.append(line)
    return "\n".join(lines)


def before_exec(text):
    """What failed before the payload had its exec: after that it is no set-up any more."""
    exec_at = re.search(r"execveat.*\) += 0$", text, re.M)
    opened, failed = {}, []
    for line in (text if exec_at is None else text[:exec_at.start()]).splitlines():
        pid, _, call = line.partition(" ")
        if call.lstrip().startswith("fsopen("):
            opened[pid] = call.strip()
        elif re.match(r" *fs(config|mount)\(", call):
            # Which file system it is of does not show in the call itself.
            line += f" of {opened.get(pid, 'none that was seen')}"
        if "(INJECTED)" in line:
            failed.append(line)
    return failed


class Sweep:

    def __init__(self, world, harmless):
        self.world = world
        self.harmless = harmless
        self.figures = collections.Counter()
        self.problems = []
        self.carried_on = collections.Counter()

    def strace(self, *words):
        """(status or None, standard output, standard error, what strace wrote)"""
        log = self.world.path("strace")
        process = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", log, *words, support.DENYBOX, "run", "--in",
             self.world.path("in"), "--out", self.world.path("out"),
             # A look for a cgroup may fail: then there is none. test_limits has what follows.
             "--cgroup", "off", "--", support.PAYLOAD, "started"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self.world.path("cwd"), start_new_session=True)
        try:
            out, err = process.communicate(timeout=HANG)
            status = process.returncode
        except subprocess.TimeoutExpired:
            for pid in support.descendants(process.pid) + [process.pid]:
                os.kill(pid, signal.SIGKILL)
            out, err = process.communicate()
            status = None
        with open(log, encoding="utf-8", errors="replace") as file:
            text = whole_calls(file.read())
        os.unlink(log)
        # strace has a word of its own to say where it comes too late for a call.
        err = "".join(line for line in err.decode("utf-8", "replace").splitlines(True)
                      if not line.startswith("strace: "))
        return status, out, err, text

    def calls(self):
        """{name: how often the process that makes it most often does}"""
        status, _, err, text = self.strace()
        if status != 7:
            sys.exit(f"cannot trace a start: status {status}: {err}")
        os.unlink(self.world.path("out", "started"))
        counts = collections.Counter(re.findall(r"^(\d+) +(\w+)\(", text, re.M))
        found = collections.Counter()
        for (_, name), number in counts.items():
            found[name] = max(found[name], number)
        return {name: number for name, number in sorted(found.items()) if name not in NOT_SET_UP}

    def fault(self, name, errno, number):
        """One run; False when there is no such call any more."""
        status, out, err, text = self.strace("-e", f"trace={name},fsopen,execveat", "-e",
                                             f"inject={name}:error={errno}:when={number}")
        started = b"started" in out
        if os.path.exists(self.world.path("out", "started")):
            os.unlink(self.world.path("out", "started"))
            started = True
        if "(INJECTED)" not in text:
            return False
        self.figures["faults"] += 1
        if not before_exec(text):
            self.figures["of them after the exec"] += 1
            if status in (None, 0):
                self.problems.append(f"{name} {errno} {number}: status {status} after the exec")
        else:
            self.judge(f"{name} {errno} {number}", (name, errno, text), status, started, err)
        self.problems += [f"{name} {errno} {number}: {what}" for what in self.world.left(orphans=True)]
        return True

    def is_harmless(self, name, errno, text):
        failed = before_exec(text)
        return any(name in names and (errnos is ALL or errno in errnos) and
                   all(re.search(pattern, line) for line in failed)
                   for names, errnos, pattern, _ in self.harmless)

    def judge(self, what, call, status, started, err):
        if status is None:
            self.problems.append(f"{what}: no end within {HANG} s")
        elif started and status in (7, 8):
            self.figures["of them no harm"] += 1
            self.carried_on[what] += 1
            if not self.is_harmless(*call):
                self.problems.append(f"{what}: the run went on: {before_exec(call[2])}")
        elif status not in (3, 125, 126, 127):
            self.problems.append(f"{what}: status {status}: {err!r}")
        elif started and not re.match("denybox: cannot (wait for the payload|tell how)", err):
            self.problems.append(f"{what}: a payload ran, status {status}: {err!r}")
        elif not err.startswith("denybox: "):
            self.problems.append(f"{what}: no message: {err!r}")
        else:
            self.figures["of them refused, with a message"] += 1

    def sweep(self, names):
        for name, most in self.calls().items():
            if names and name not in names:
                continue
            self.figures["system calls"] += 1
            for errno in ERRNOS.get(name, USUAL):
                for number in range(1, most + 4):
                    if not self.fault(name, errno, number):
                        break


def faults(names=(), harmless=None):
    """(figures, problems) of a sweep over these calls, or all."""
    if shutil.which("strace") is None:
        print("skipped: strace is not installed\n0 passed, 0 failed, 1 skipped")
        sys.exit(0)
    world = common.World()
    try:
        sweep = Sweep(world, HARMLESS if harmless is None else harmless)
        sweep.sweep(names)
        return sweep.figures, sweep.problems
    finally:
        world.close()



if __name__ == "__main__":
    common.report(*faults(sys.argv[1:]))
