#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The minimum bar and the attempts of a hostile payload, one system call at a time.

Every attempt is made by the same program inside, where it must be denied with exactly the errno
named, and outside as an ordinary user, where it must come to something else: an attempt that is
denied there in the same way proves nothing, and fails the test.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess


import support
from support import DIRECTORY, Live, calls, outside

EPERM, EROFS, ENOSYS, ENOENT, EXDEV = "EPERM", "EROFS", "ENOSYS", "ENOENT", "EXDEV"

# What the filter denies: (row of attempts.md, what denybox must answer, the call).
# Arguments are chosen so that the kernel itself refuses by another errno, or does no harm.
FILTER = [
    (5, EPERM, "mount 0 0 0 0 0"),
    (5, EPERM, "chroot 0"),
    (6, EPERM, "open_tree -100 s:/ 0x80000"),
    (6, EPERM, "mount_setattr -1 s: 0x1000 0 0"),
    (7, EPERM, "name_to_handle_at -100 s:/ 0 0 0"),
    (15, EPERM, "personality 0x0400000"),
    (15, EPERM, "personality 0x0040000"),
    (16, EPERM, "unshare 0x10000000"),
    (16, EPERM, "clone 0x10000200 0 0 0 0"),
    (16, EPERM, "clone 0xf00000010000200 0 0 0 0"),
    (16, ENOSYS, "clone3 0 0"),
    (16, ENOSYS, "clone3 b:88 88"),
    (17, EPERM, "setns -1 0"),
    (19, EPERM, "io_uring_setup 1 0"),
    (19, EPERM, "io_uring_enter -1 0 0 0 0 0"),
    (19, EPERM, "io_uring_register -1 0 0 0"),
    (20, EPERM, "userfaultfd 0x101"),
    (20, EPERM, "fanotify_init 0x200 0"),
    (20, EPERM, "perf_event_open 0 0 -1 -1 -1"),
    (20, EPERM, "bpf 0xffff 0 0"),
    (20, EPERM, "kcmp 0 0 0 0 0"),
    (20, EPERM, "vmsplice -1 0 0 0"),
    (21, EPERM, "keyctl 0 -3 0 0 0"),
    (21, EPERM, "add_key 0 0 0 0 0"),
    (21, EPERM, "request_key 0 0 0 0"),
    (23, EPERM, "ioctl 0 0x5412 b:1"),
    (23, EPERM, "ioctl 0 0xffffffff00005412 b:1"),
    (23, EPERM, "ioctl 0 0x541c b:1"),
    (23, EPERM, "ioctl 0 0x10000541c b:1"),
    (23, EPERM, "ioctl 0 0x5423 b:4"),
    (28, EPERM, "ptrace 2 0 0 0"),
    (28, EPERM, "ptrace 0 0 0 0"),
    (28, EPERM, "process_vm_readv 0 0 0 0 0 0"),
    (28, EPERM, "process_vm_writev 0 0 0 0 0 0"),
    (28, EPERM, "pidfd_getfd -1 0 0"),
    (34, EPERM, "socket 1 1 0"),
    (34, EPERM, "socket 2 1 0"),
    (34, EPERM, "socket 2 2 0"),
    (34, EPERM, "socket 10 1 0"),
    (34, EPERM, "socket 16 3 0"),
    (34, EPERM, "socket 38 5 0"),
    (34, EPERM, "socket 40 1 0"),
    (34, EPERM, "connect -1 0 0"),
    (34, EPERM, "bind -1 0 0"),
    (34, EPERM, "accept -1 0 0"),
    (34, EPERM, "sendmsg -1 0 0"),
    (34, EPERM, "shmget 0 4096 01600"),
    (34, EPERM, "mq_open 0 0 0 0"),
    # The same calls and options, with the flags where a filter may look at the wrong half.
    (12, EPERM, "execve 0 0 0"),
    (12, EPERM, "execveat -1 s:x 0 0 0x1000"),
    (12, EPERM, "execveat -100 s:/nothing 0 0 0"),
    (12, EPERM, "execveat -100 s:/nothing 0 0 0xffffffff00001000"),
    # Beyond the table: priorities and limits of pid 1, a listener, more processors.
    (28, EPERM, "setpriority 0 0 5"),
    (28, EPERM, "fcntl 0 8 0"),
    (28, EPERM, "fcntl 0 10 9"),
    (28, EPERM, "fcntl 0 0xf0000000a 9"),
    (28, EPERM, "fcntl 0 15 b:8"),
    (28, EPERM, "ioctl 0 0x8901 b:4"),
    (28, EPERM, "ioctl 0 0x8902 b:4"),
    (20, EPERM, "seccomp 1 8 0"),
    (32, EPERM, "sched_setaffinity 0 8 x:ffffffffffffffff"),
]

# Where the kernel answers EPERM to an ordinary user, with or without a filter, the control above
# would say nothing: theirs is a process of bubblewrap's with capabilities.
CAPABILITY = [
    (5, EPERM, "pivot_root s:/ s:/"),
    (5, EPERM, "umount2 s:/tmp 2"),
    (7, EPERM, "open_by_handle_at -100 b:128 0"),
    (6, EPERM, "fsopen 0 0"),
    (6, EPERM, "move_mount -1 s: -1 s: 0x44"),
    (16, EPERM, "sethostname s:x 1"),
    (28, EPERM, "prlimit64 1 7 0 b:16"),
    # No control: they need a capability of the initial user namespace.
    (8, EPERM, "mknodat -100 s:/tmp/device 020666 0x103"),
    (17, EPERM, "setgroups 0 0"),
]
NO_CONTROL = ("mknodat", "setgroups", "open_by_handle_at")


class Filter(Live):
    """Rows 5 to 34: what the filter answers."""

    def check(self, *options):
        script = [call for _, _, call in FILTER]
        done = calls(options, script)
        wrong = []
        for (row, want, call), (_, got) in zip(FILTER, done):
            if got != want:
                wrong.append(f"row {row}: {call}: {got}, expected {want}")
        self.assertEqual(len(done), len(FILTER))
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_strict(self):
        self.check()

    def test_strict_in_a_root(self):
        """The same with a root directory: filters do not depend on mounts."""
        root = self.path("root")
        os.mkdir(root)
        shutil.copy(support.PAYLOAD, os.path.join(root, "payload"))
        done = support.denybox("run", "--rootfs", root, "--", "/payload", "calls",
                               *[call for _, _, call in FILTER])
        self.assertEqual([got for _, got in done.results()], [want for _, want, _ in FILTER])

    def test_control(self):
        """Outside, none of them is answered like that."""
        inconclusive = []
        for row, want, call in FILTER:
            done = outside("calls", call)
            answer = done.results()
            if answer and answer[0][1] == want:
                inconclusive.append(f"row {row}: {call}: {want} outside as well")
        self.assertEqual(inconclusive, [], "\n".join(inconclusive))

    def test_capability_walls(self):
        done = calls((), [call for _, _, call in CAPABILITY])
        self.assertEqual([got for _, got in done], [want for _, want, _ in CAPABILITY])

    def test_with_capabilities(self):
        """The control: with all capabilities of a user namespace, in bubblewrap, they are allowed
        or fail by another errno."""
        bwrap = shutil.which("bwrap")
        if bwrap is None:
            self.skipTest("no bubblewrap for the control")
        for row, want, call in CAPABILITY:
            if call.startswith(NO_CONTROL):
                continue
            done = support.command(
                [bwrap, "--unshare-all", "--cap-add", "ALL", "--bind", "/", "/", "--tmpfs", "/tmp",
                 "--ro-bind", support.PAYLOAD, "/tmp/payload", "--", "/tmp/payload", "calls",
                 call], user=support.ordinary_user())
            if done.status != 0:
                self.skipTest("bubblewrap does not run here: " + done.err.strip())
            self.assertNotEqual(done.results()[0][1], want, f"row {row}: {call}")

    def test_unknown_numbers(self):
        """Row 22: everything above the newest known call is ENOSYS, and nothing else."""
        script = [str(number) for number in (470, 511, 600, 1000, 0x3fffffff)]
        done = calls((), script)
        self.assertEqual(done, [(word, ENOSYS) for word in script])

    def test_foreign_conventions(self):
        """Row 18: killed by SIGSYS; where the kernel has no 32-bit entry, SIGSEGV."""
        done = support.run(payload=("abi",))
        self.assert_status(done, 0)
        for name, result in done.results():
            self.assertIn(result, {"int80": ("SIGSYS", "SIGSEGV"), "x32": ("SIGSYS",),
                                   "none": ("exit-0",)}[name])
        control = outside("abi").results()
        for name, result in control:
            # x32 without a filter is answered, if only with ENOSYS.
            self.assertIn((name, result), [("int80", "exit-1"), ("int80", "SIGSEGV"),
                                           ("x32", "exit-1"), ("none", "exit-0")])

    def test_allowed(self):
        """The positive controls: what a payload needs."""
        script = ["getpid", "mkdirat -100 s:/tmp/d 0755", "openat -100 s:/out/f 0xc1 0644",
                  "write r:2 s:x 1", "memfd_create s:m 0", "socketpair 1 1 0 b:8",
                  "personality 0xffffffff", "clone 17 0 0 0 0"]
        results = calls((), script)
        self.assertEqual([name for name, got in results if not got.isdigit()], [])


# Rows 1 to 4, 8, 9: operations on files. {in} {out} {tmp} {etc} are /in ... inside, and
# directories of the control outside, where each must succeed.
FILES = [
    (1, EROFS, "openat -100 s:{in}/new 0xc1 0644"),
    (1, EROFS, "openat -100 s:{in}/file 1 0"),
    (1, EROFS, "openat -100 s:{in}/file 0x201 0"),
    (1, EROFS, "truncate s:{in}/file 0"),
    (1, EROFS, "fchmodat -100 s:{in}/file 0600"),
    (1, EROFS, "fchownat -100 s:{in}/file -1 -1 0"),
    (1, EROFS, "utimensat -100 s:{in}/file 0 0"),
    (1, EROFS, "renameat2 -100 s:{in}/file -100 s:{in}/other 0"),
    (1, EROFS, "renameat2 -100 s:{in}/other -100 s:{in}/file 0"),
    (1, EROFS, "symlinkat s:x -100 s:{in}/link"),
    (1, EROFS, "mkdirat -100 s:{in}/dir 0755"),
    (1, EROFS, "mknodat -100 s:{in}/fifo 010644 0"),
    (1, EROFS, "linkat -100 s:{in}/file -100 s:{in}/second 0"),
    (1, EROFS, "unlinkat -100 s:{in}/second 0"),
    (2, EROFS, "openat -100 s:{in}/below/new 0xc1 0644"),
    (11, EROFS, "openat -100 s:{etc}/new 0xc1 0644"),
    (11, EROFS, "openat -100 s:{root}/new 0xc1 0644"),
    (11, EROFS, "openat -100 s:{app}/new 0xc1 0644"),
    (11, EROFS, "mkdirat -100 s:{etc}/d 0755"),
]
# The second rename brings the file back, and the file of the unlink was just linked: inside,
# nothing has moved, so these operate on a name that is not there, and the kernel says that first.
MISSING_INSIDE = {"renameat2 -100 s:{in}/other -100 s:{in}/file 0",
                  "unlinkat -100 s:{in}/second 0"}


def can_open(path):
    """A device may have other guards than its mode: /dev/kmsg has, and what has no driver."""
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError:
        return False
    return True


class Files(Live):

    def setUp(self):
        super().setUp()
        support.write(self.path("in", "file"), "content")
        os.mkdir(self.path("in", "below"))

    def fill(self, script, places):
        return [call.format_map(places) for call in script]

    def inside(self, script, *options):
        places = {name: "/" + name for name in ("in", "out", "tmp", "etc", "root", "app")}
        return calls((*self.io, *options), self.fill(script, places))

    def test_denied(self):
        before = sorted(os.walk(self.path("in")))
        for profile in ("strict", "targeted"):
            done = self.inside([call for _, _, call in FILES], "--seccomp", profile)
            wrong = []
            for (row, want, call), (_, got) in zip(FILES, done):
                if got != want and not (call in MISSING_INSIDE and got in (EROFS, ENOENT)):
                    wrong.append(f"row {row}: {call}: {got}, expected {want}")
            self.assertEqual(wrong, [], "\n".join(wrong))
        self.assertEqual(sorted(os.walk(self.path("in"))), before)
        self.assertEqual(support.read(self.path("in", "file")), "content")

    def test_control(self):
        """The same operations on the same kind of file succeed outside."""
        top = self.path("control")
        names = ("in", "out", "tmp", "etc", "root", "app")
        for name in names:
            os.makedirs(os.path.join(top, name))
        support.write(os.path.join(top, "in", "file"), "content")
        os.mkdir(os.path.join(top, "in", "below"))
        user = support.ordinary_user()
        if user is not None:
            subprocess.run(["chown", "-R", str(user.pw_uid), top], check=True)
        places = {name: os.path.join(top, name) for name in names}
        done = outside("calls", *self.fill([call for _, _, call in FILES], places))
        self.assertEqual([pair for pair in done.results() if not pair[1].isdigit()], [])

    def test_xattr(self):
        """The filter answers before the mount does; without that rule it is the mount."""
        call = ["setxattr s:/in/file s:user.x s:y 1 0"]
        self.assertIn(self.inside(call)[0][1], ("EOPNOTSUPP", EROFS))
        self.assertEqual(self.inside(call, "--seccomp", "targeted"), [("setxattr", EROFS)])

    def test_the_same_in_the_output_works(self):
        script = [call.replace("{in}", "{out}") for row, _, call in FILES if row == 1]
        support.write(self.path("out", "file"), "x")
        done = self.inside(script)
        self.assertEqual([pair for pair in done if not pair[1].isdigit()], [])
        self.assertEqual(sorted(os.listdir(self.path("out"))),
                         ["dir", "fifo", "file", "link", "new"])

    def test_output_belongs_to_the_caller(self):
        self.inside(["openat -100 s:{out}/new 0xc1 0640"])
        status = os.stat(self.path("out", "new"))
        self.assertEqual((status.st_uid, status.st_gid), (os.getuid(), os.getgid()))
        self.assertEqual(status.st_mode & 0o7777, 0o640)
        self.assertEqual(os.listdir(self.path("out")), ["new"])

    def test_mount_below_the_input(self):
        """Row 2: a mount below the input directory is read-only as well. The mount is made in a
        mount namespace around denybox, so nothing of the machine changes."""
        # Of the same file system: a tmpfs has idmapped mounts, which root's --in needs, since 6.3.
        os.mkdir(self.path("other"))
        script = (f"mount -o bind {self.path('other')} {self.path('in', 'below')} && "
                  f"echo x > {self.path('in', 'below', 'here')} && "
                  f"exec {support.DENYBOX} run --in {self.path('in')} -- {support.PAYLOAD} calls "
                  "'openat -100 s:/in/below/here 0 0' 'openat -100 s:/in/below/here 1 0' "
                  "'openat -100 s:/in/below/new 0xc1 0644' 'mkdirat -100 s:/in/below/d 0755'")
        done = self.in_mount_namespace(script)
        if done.status == 0:
            self.assertEqual([got for _, got in done.results()], ["3", EROFS, EROFS, EROFS])
            return
        # A fifth row is no strict sandbox: refused, with the row named, and that row is read-only.
        self.assertIn(done.status, (support.EXIT_BLOCKED, support.EXIT_DENYBOX), repr(done))
        self.assertIn("/in/below", done.err)
        if done.status == support.EXIT_BLOCKED:
            self.assertIn("hint: what is mounted beneath --in, --out or --ro-bind comes along", done.err)
        self.assertEqual(done.out, "")
        done = self.in_mount_namespace(script.replace("--in", "--ro-bind").replace(" -- ", " /data -- "))
        self.assertIn(done.status, (support.EXIT_BLOCKED, support.EXIT_DENYBOX), repr(done))
        if done.status == support.EXIT_BLOCKED:
            self.assertIn("hint: what is mounted beneath --in, --out or --ro-bind comes along", done.err)

    def test_host_is_not_there(self):
        """Row 3, and bar 2: nothing of the host is visible."""
        paths = ("/etc/passwd", "/home", "/sys", "/proc", "/proc/1", "/dev", "/dev/null",
                 "/dev/tty", "/run", "/var", "/var/run/docker.sock", "/usr", "/bin/sh", "/lib",
                 self.dir, support.DENYBOX)
        done = self.inside([f"openat -100 s:{path} 0 0" for path in paths])
        self.assertEqual(done, [("openat", ENOENT)] * len(paths))
        control = outside("calls", "openat -100 s:/etc/passwd 0 0", "openat -100 s:/sys 0 0",
                          "openat -100 s:/proc/1 0 0", "openat -100 s:/dev/null 0 0")
        self.assertEqual([pair for pair in control.results() if not pair[1].isdigit()], [])

    def test_only_the_skeleton(self):
        done = support.denybox("run", "--rootfs", support.rootfs(), "--", "/usr/bin/busybox", "ls",
                               "-a", "/", "/etc", "/root", "/app")
        listing = done.out.split("\n\n")
        top = [part.splitlines()[1:] for part in listing if part.startswith("/:")][0]
        own = {".", "..", "app", "etc", "in", "out", "root", "tmp"}
        self.assertEqual(sorted(top), sorted(own | set(os.listdir(support.rootfs()))))
        for name in ("/etc:", "/root:", "/app:"):
            part = [part.splitlines()[1:] for part in listing if part.startswith(name)][0]
            self.assertEqual(sorted(part), [".", ".."], name)

    def test_walking_up(self):
        """Row 4: .. from /, from the working directory, from an open directory, by links."""
        os.symlink("../../../../../../etc/passwd", self.path("in", "up"))
        os.symlink("/etc/passwd", self.path("in", "absolute"))
        script = ["openat -100 s:/../../etc/passwd 0 0", "openat -100 s:../../../etc/passwd 0 0",
                  "openat -100 s:{in} " + DIRECTORY + " 0", "openat r:2 s:../../../../etc/passwd 0 0",
                  "chdir s:..", "openat -100 s:etc/passwd 0 0", "openat -100 s:{in}/up 0 0",
                  "openat -100 s:{in}/absolute 0 0", "openat -100 s:/in/.. " + DIRECTORY + " 0",
                  "fchdir r:8", "openat -100 s:in/file 0 0"]
        done = [got for _, got in self.inside(script)]
        self.assertEqual(done, [ENOENT, ENOENT, "3", ENOENT, "0", ENOENT, ENOENT, ENOENT, "4", "0",
                                "5"])

    def test_inherited_directory(self):
        """Row 4: a directory that the caller has open is no way out, as 0 or as any other."""
        top = os.open("/", os.O_RDONLY)
        try:
            done = support.command(
                [support.DENYBOX, "run", "--", support.PAYLOAD, "calls",
                 f"openat {top} s:etc/passwd 0 0", "openat 4 s:etc/passwd 0 0"], pass_fds=(top,))
            self.assertEqual([got for _, got in done.results()], ["EBADF", "EBADF"], repr(done))
        finally:
            os.close(top)

    def test_directory_as_a_standard_descriptor(self):
        """0, 1 and 2 are passed as they are, but a directory would be a way out: refused."""
        for stream in ("stdin", "stdout", "stderr"):
            top = os.open("/", os.O_RDONLY)
            streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                       "stderr": subprocess.PIPE, stream: top}
            try:
                done = subprocess.run(
                    [support.DENYBOX, "run", *self.io, "--", support.PAYLOAD, "started"],
                    check=False, **streams)
            finally:
                os.close(top)
            self.assertEqual(done.returncode, support.EXIT_DENYBOX, stream)
            self.assertEqual(os.listdir(self.path("out")), [])
            if stream != "stderr":
                self.assertIn(b"it is a directory", done.stderr)

    def test_network_socket_as_a_standard_descriptor(self):
        """It would be a network that no namespace and no filter sees: refused. The control: a
        socket of the unix family is passed as it is."""
        with socket.create_server(("127.0.0.1", 0)) as server, \
                socket.create_connection(server.getsockname()) as connected:
            done = subprocess.run(
                [support.DENYBOX, "run", *self.io, "--", support.PAYLOAD, "started"], check=False,
                stdin=connected, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, support.EXIT_DENYBOX)
        self.assertIn(b"it is a network socket", done.stderr)
        self.assertEqual(os.listdir(self.path("out")), [])
        one, other = socket.socketpair()
        with one, other:
            done = subprocess.run([support.DENYBOX, "run", "--", support.PAYLOAD, "exit", "5"],
                                  check=False, stdin=one)
        self.assertEqual(done.returncode, 5)

    def test_interfaces_by_a_unix_socket(self):
        """A socket is of the network that it was made in: one of the caller's at 0 does not show the
        host's interfaces. The control: outside it does."""
        call = ("calls", "ioctl 0 0x8912 b:16", "ioctl 0 0x8933 b:40")
        one, other = socket.socketpair()
        with one, other:
            how = {"preexec": lambda: os.dup2(one.fileno(), 0)}
            for profile in ("strict", "targeted"):
                done = support.command([support.DENYBOX, "run", "--seccomp", profile, "--",
                                        support.PAYLOAD, *call], **how)
                self.assertEqual([got for _, got in done.results()], [EPERM, EPERM], repr(done))
            self.assertEqual(outside(*call, **how).results()[0][1], "0")

    def test_owner_of_a_standard_descriptor(self):
        """Who shares an open file brings about that its owner is told of it by a signal: refused. The
        control: whom the kernel then kills."""
        owner = subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL)
        self.addCleanup(owner.wait)
        self.addCleanup(owner.kill)
        one, other = socket.socketpair()
        with one, other:
            fcntl.fcntl(one, fcntl.F_SETOWN, owner.pid)
            done = subprocess.run(
                [support.DENYBOX, "run", *self.io, "--", support.PAYLOAD, "started"], check=False,
                stdin=one, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, support.EXIT_DENYBOX)
            self.assertIn(b"is told of it by signals", done.stderr)
            self.assertEqual(os.listdir(self.path("out")), [])
            fcntl.fcntl(one, fcntl.F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(one, fcntl.F_SETFL, fcntl.fcntl(one, fcntl.F_GETFL) | os.O_ASYNC)
            other.send(b"x")
            self.assertEqual(owner.wait(), -signal.SIGKILL)

    def test_hard_link(self):
        """Row 9."""
        done = self.inside(["linkat -100 s:{in}/file -100 s:{out}/link 0",
                            "linkat -100 s:{in}/file -100 s:{tmp}/link 0",
                            "renameat2 -100 s:{in}/file -100 s:{out}/file 0"])
        self.assertEqual([got for _, got in done], [EXDEV, EXDEV, EXDEV])

    def test_special_files(self):
        """Row 8: no device, no socket, no set-id bit."""
        script = ["mknodat -100 s:{out}/device 020666 0x103", "mknodat -100 s:{out}/disk 060666 1",
                  "mknodat -100 s:{out}/socket 0140666 0", "openat -100 s:{out}/f 0xc1 0644",
                  "fchmodat -100 s:{out}/f 04755", "fchmodat -100 s:{out}/f 02755",
                  "openat -100 s:{out}/g 0xc1 04755", "fchmodat -100 s:{out}/f 0755"]
        done = [got for _, got in self.inside(script)]
        self.assertEqual(done, [EPERM, EPERM, EPERM, "3", EPERM, EPERM, EPERM, "0"])
        self.assertEqual(os.listdir(self.path("out")), ["f"])

    def test_links_in_the_output(self):
        """Bar 11: links under /out lead nowhere, those of the payload and those of the caller."""
        secret = support.write(self.path("secret"), "secret")
        os.symlink(secret, self.path("out", "planted"))
        os.symlink(self.dir, self.path("out", "directory"))
        script = ["openat -100 s:{out}/planted 0 0", "openat -100 s:{out}/planted 1 0",
                  "openat -100 s:{out}/directory/secret 0 0",
                  "symlinkat s:/etc/passwd -100 s:{out}/own", "openat -100 s:{out}/own 0 0",
                  "openat -100 s:{out}/own 0x41 0644", "openat -100 s:{out}/../secret 0 0"]
        done = [got for _, got in self.inside(script)]
        self.assertEqual(done, [ENOENT, ENOENT, ENOENT, "0", ENOENT, EROFS, ENOENT])
        self.assertEqual(support.read(secret), "secret")

    def test_sockets_of_the_host(self):
        """Bar 2, row 34: a socket that lies in /in or /out cannot be connected to."""

        with socket.socket(socket.AF_UNIX) as server:
            server.bind(self.path("in", "s"))
            server.listen()
            done = self.inside(["socket 1 1 0", "newfstatat -100 s:{in}/s b:144 0"])
            self.assertEqual([got for _, got in done], [EPERM, "0"])
            os.chmod(self.path("in", "s"), 0o777)
            os.chmod(self.path("in"), 0o777)
            address = self.path("in", "s").encode().ljust(108, b"\0")
            control = outside("calls", "socket 1 1 0",
                              "connect r:0 x:0100" + address.hex() + " 110")
            self.assertEqual(control.results()[1], ("connect", "0"))

    def with_fifo(self, where, *options, landlock=True):
        """A run that opens the FIFO to write, while somebody has its other end."""
        reader = os.open(self.path("in", "below", "fifo"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        call = ("--", support.PAYLOAD, "calls", f"openat -100 s:{where} 0x801 0")
        if landlock:
            return support.command([support.DENYBOX, "run", *options, *call])
        return support.command([support.FAULTY, "run", *options, *call],
                               env=support.base_env(DENYBOX_FAULT="skip:landlock"))

    def test_fifo_of_the_input(self):
        """A mount that is read-only does not hold it: Landlock does, or nothing is started."""
        os.mkfifo(self.path("in", "below", "fifo"), 0o666)
        os.chmod(self.path("in", "below", "fifo"), 0o666)
        bind = ("--ro-bind", self.path("in", "below"), "/app")
        alone = ("--ro-bind", self.path("in", "below", "fifo"), "/app/fifo")
        cases = (("/in/below/fifo", self.io, "'below/fifo' of --in"),
                 ("/app/fifo", bind, "'fifo' of --ro-bind"), ("/app/fifo", alone, "--ro-bind '/"))
        for where, options, said in cases:
            done = self.with_fifo(where, *options, landlock=False)
            self.assert_status(done, support.EXIT_BLOCKED)
            self.assertIn(said, done.err)
            self.assertIn("it is a FIFO", done.err)
            done = self.with_fifo(where, *options)
            if done.status == support.EXIT_BLOCKED:  # this kernel has none either
                self.assertIn(said, done.err)
            else:
                self.assertEqual(done.results(), [("openat", "EACCES")], repr(done))

    def test_opening_standard_input_anew(self):
        """By the /proc of --proc, for writing what was open for reading: Landlock holds that, or
        nothing is started."""
        path = support.write(self.path("in", "given"), "given")
        os.chmod(path, 0o666)
        call = ("--", support.PAYLOAD, "calls", "openat -100 s:/proc/self/fd/0 1 0")
        with open(path, "rb") as given:
            how = {"preexec": lambda: os.dup2(given.fileno(), 0)}
            done = support.command([support.DENYBOX, "run", "--proc", *call], **how)
            if done.status != support.EXIT_BLOCKED:  # else this kernel has none
                self.assertEqual(done.results(), [("openat", "EACCES")], repr(done))
            done = support.fault("skip:landlock", "run", "--proc", *call, **how)
            self.assert_status(done, support.EXIT_BLOCKED)
            self.assertIn("the file at descriptor 0 was opened for: with --proc it could open it "
                          "anew", done.err)
            # The control: outside it is opened.
            self.assertEqual(outside(*call[2:], **how).results()[0][1], "3")
        done = support.fault("skip:landlock", "run", "--proc", "--", support.PAYLOAD, "exit", "5")
        self.assert_status(done, 5)

    def test_opening_a_device_anew(self):
        """One that is open for reading; /dev/null is passed on, whatever it is open for."""
        device = next(filter(can_open, ("/dev/fuse", "/dev/kmsg", "/dev/net/tun")), None)
        if device is None:
            self.skipTest("no device here that may be read and is none of the harmless")
        for path, status in ((device, support.EXIT_BLOCKED), ("/dev/null", 5), ("/dev/zero", 5)):
            with open(path, "rb", buffering=0) as given:
                done = support.fault("skip:landlock", "run", "--proc", "--", support.PAYLOAD, "exit", "5",
                                     preexec=lambda given=given: os.dup2(given.fileno(), 0))
            self.assert_status(done, status)

    def test_opening_a_memfd_anew(self):
        """Landlock lets it be opened: refused with it and without, unless all of it was given."""
        whole = os.memfd_create("given")
        part = os.open(f"/proc/self/fd/{whole}", os.O_RDONLY)
        call = ("--", support.PAYLOAD, "calls", "openat -100 s:/proc/self/fd/0 1 0")
        how = {"preexec": lambda: os.dup2(part, 0)}
        for done in (support.command([support.DENYBOX, "run", "--proc", *call], **how),
                     support.fault("skip:landlock", "run", "--proc", *call, **how)):
            self.assert_status(done, support.EXIT_BLOCKED)
            self.assertIn("the file at descriptor 0 was opened for", done.err)
            self.assertNotIn("Landlock", done.err)
        done = support.command([support.DENYBOX, "run", *call], **how)
        self.assertEqual(done.results(), [("openat", "ENOENT")], repr(done))
        done = support.command([support.DENYBOX, "run", "--proc", *call],
                               preexec=lambda: os.dup2(whole, 0))
        self.assertEqual(done.results(), [("openat", "3")], repr(done))
        # The control: outside it is opened.
        self.assertEqual(outside(*call[2:], **how).results()[0][1], "3")
        os.close(part)
        os.close(whole)

    def test_opening_standard_output_anew(self):
        """What was open for writing, for reading; what was to be appended to, to be cut short."""
        path = support.write(self.path("in", "log"), "before")
        os.chmod(path, 0o666)
        for flags, call in ((os.O_WRONLY, "openat -100 s:/proc/self/fd/2 0 0"),
                            (os.O_RDWR | os.O_APPEND, "openat -100 s:/proc/self/fd/2 0x201 0")):
            log = os.open(path, flags)
            how = {"preexec": lambda log=log: os.dup2(log, 2)}
            call = ("--", support.PAYLOAD, "calls", call)
            done = support.command([support.DENYBOX, "run", "--proc", *call], **how)
            if done.status != support.EXIT_BLOCKED:  # else this kernel has none
                self.assertEqual(done.results(), [("openat", "EACCES")], repr(done))
            done = support.fault("skip:landlock", "run", "--proc", *call, **how)
            self.assert_status(done, support.EXIT_BLOCKED)
            # The control: outside it is opened.
            self.assertTrue(outside(*call[2:], **how).results()[0][1].isdigit())
            os.close(log)

    def test_directory_that_may_hold_a_fifo(self):
        """One that can be searched and not read may have any name in it."""
        os.chmod(self.path("in", "below"), 0o311)
        self.addCleanup(os.chmod, self.path("in", "below"), 0o755)
        done = support.command([support.FAULTY, "run", *self.io, "--", support.PAYLOAD, "exit", "0"],
                               env=support.base_env(DENYBOX_FAULT="skip:landlock"))
        self.assert_status(done, 0 if support.AS_ROOT else support.EXIT_BLOCKED)
        self.assertEqual("unreadable" in done.err, not support.AS_ROOT)

    def test_executable_memory(self):
        """Row 13: no file of /in, /out, /tmp becomes code by mmap or mprotect."""
        for place in ("in", "out"):
            support.write(self.path(place, "code"), "x" * 4096, 0o755)
        done = support.run(*self.io, payload=("mapexec", "/in/code", "/out/code"))
        self.assert_results(done, [
            ("read /in/code", "ok"), ("mprotect /in/code", "EACCES"), ("mmap /in/code", EPERM),
            ("read /out/code", "ok"), ("mprotect /out/code", "EACCES"), ("mmap /out/code", EPERM)])
        control = outside("mapexec", self.path("in", "code"))
        self.assertEqual([result for _, result in control.results()], ["ok", "ok", "ok"])

    def test_executable_memory_of_tmp(self):
        program = ("import mmap,os\n"
                   "open('/tmp/code','wb').write(b'x'*4096)\n"
                   "fd=os.open('/tmp/code',os.O_RDONLY)\n"
                   "mmap.mmap(fd,4096,mmap.MAP_PRIVATE,mmap.PROT_READ)\n"
                   "try: mmap.mmap(fd,4096,mmap.MAP_PRIVATE,mmap.PROT_READ|mmap.PROT_EXEC)\n"
                   "except PermissionError as error: print(error.errno)\n")
        done = support.denybox("run", "--rootfs", support.rootfs(), "--", "/usr/bin/python3", "-c",
                               program)
        self.assertEqual((done.status, done.out), (0, "1\n"), repr(done))

    def test_propagation(self):
        """Row 38: what is mounted around denybox during the run does not come in."""
        os.mkfifo(self.path("fifo"))
        mine = f"index($4, \"{os.path.basename(self.dir)}\")"
        rows = "cat /proc/[0-9]*/mountinfo 2>/dev/null"
        seen = f"{rows} | awk '$5 == \"/in\" && {mine} {{ n++ }} END {{ exit !n }}'"
        script = (f"{support.DENYBOX} run --in {self.path('in')} -- {support.PAYLOAD} cat "
                  f"< {self.path('fifo')} & exec 3> {self.path('fifo')}; n=0; "
                  f"until {seen} || test $((n += 1)) -gt 200; do sleep 0.05; done; "
                  f"mount -t tmpfs none {self.path('in', 'below')}; {seen} && echo seen; "
                  f"{rows} | awk '$5 == \"/in/below\"'; "
                  f"awk '$5 == \"{self.path('in', 'below')}\" {{ print \"mounted\"; exit }}' "
                  "/proc/self/mountinfo; echo end >&3; exec 3>&-; wait")
        done = self.in_mount_namespace(script, "shared")
        self.assertEqual(done.out, "seen\nmounted\nend\n", repr(done))


if __name__ == "__main__":
    support.main()
