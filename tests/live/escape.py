# SPDX-License-Identifier: LGPL-2.1-or-later
"""The attempts of tests/escape: the table, the host that they are made against, and their controls.

An attempt is conclusive when its control works: the same call by the same program, by an ordinary
user with no sandbox, or with all capabilities in namespaces of that user's own.  What the host is
like afterwards is looked at after each attempt, whatever the attempt says of itself.

  DENYBOX_ESCAPE  the program (live-escape of the build)
"""

import collections
import ctypes
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import termios
import time

import support

PROGRAM = os.path.abspath(os.environ.get("DENYBOX_ESCAPE", "live-escape"))

WORKS, TRIED = "works", "tried"


class Attempt(collections.namedtuple(
        "Attempt", "kind name row control expected inconclusive what machine")):
    """What is known of one: see attempt.def. machine: whose it is alone, as uname(2) calls it; None: it is of every one."""

    def applies(self):
        return self.machine in (None, os.uname().machine)


# Small, so that an attempt need take little to take too much; with the expectations of attempt.def.
LIMITS = ("--tmp-size", "4m", "--pids-limit", "16", "--memory", "64m", "--nofile", "64",
          "--fsize", "3m", "--cpus", "1")

# What the control of an attempt changes on the host, without which it has not worked; after the
# attempt in the sandbox nothing has changed. This is what shows that a change would be seen.
TRACES = {
    **{name: "input" for name in (
        "create_in_input", "write_input", "truncate_input", "chmod_input", "chown_input",
        "touch_input", "rename_input", "unlink_input", "rmdir_input", "mkdir_input",
        "symlink_input", "fifo_input", "link_input", "setxattr_input", "setxattrat_input",
        "map_input_shared", "link_to_output", "move_to_output", "exchange_with_output",
        "link_by_descriptor")},
    **{name: "output" for name in (
        "whiteout", "setuid_create", "setuid_mknod", "setuid_chmod", "setgid_fchmod",
        "setuid_fchmodat2", "socket_file", "core_dump")},
    **{name: "callers" for name in (
        "connect_tcp", "send_udp", "connect_abstract", "send_by_pair", "connect_in_input")},
    **{name: "terminal" for name in ("inject_input", "inject_input_high", "window_size")},
    "inherited_file": "file",
    "shared_memory": "memory",
    "signal_canary": "canary",
    "queue_canary": "canary",
    "daemon": "processes",
}

IPC_CREAT, IPC_RMID = 0o1000, 0


def table(text=None):
    """The rows of attempt.def, in their order; those too that are of another machine than this."""
    if text is None:
        text = support.read(os.path.join(support.SRC, "tests", "escape", "attempt.def"))
    row = re.compile(r'^(CALL|ATTEMPT|KNOWN)\((\w+), (\d+), (\w+), "([^"]+)", "([^"]*)", '
                     r'"((?:[^"\\]|\\.)+)"(?:, .*)?\)$')
    condition = re.compile(r"^#(?:if defined\(__(x86_64|aarch64)__\)|endif)$")
    rows, machine = [], None
    for line in text.splitlines():
        found = row.match(line)
        if found:
            kind, name, number, control, expected, why, what = found.groups()
            rows.append(Attempt(kind, name, int(number), control, tuple(expected.split("|")), why,
                                what.replace('\\"', '"'), machine))
        elif condition.match(line):
            machine = condition.match(line).group(1)
        elif re.match(r"#|(?:CALL|ATTEMPT|KNOWN)\(", line):
            raise AssertionError(f"attempt.def has a line that cannot be read: {line}")
    return rows


class Unavailable(Exception):
    """Where an attempt was to be made could not be started."""


class Unending(AssertionError):
    """What was started has not ended, and was killed."""


def tree(top):
    """Everything beneath a directory, as it is; a read does not change it."""
    found = {}
    for folder, folders, names in os.walk(top):
        for name in folders + names + ["."]:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            content = None
            if stat.S_ISREG(status.st_mode) and status.st_size < 65536:
                with open(path, "rb") as file:
                    content = file.read()
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            # The kernel sets the time of change for whatever is changed, and nobody sets it back.
            found[path] = (status.st_mode, status.st_uid, status.st_gid, status.st_nlink,
                           status.st_size, status.st_mtime_ns, status.st_ctime_ns, content)
    return found


class Host:
    """What of the host an attempt may be after: made as the ordinary user who makes the controls,
    and looked at by state()."""

    def __init__(self):
        self.user = support.ordinary_user()
        self.top = tempfile.mkdtemp(prefix="denybox-escape-")
        os.chmod(self.top, 0o755)
        self.mark = "mark-" + os.urandom(8).hex()
        self.open_files()
        self.listen()
        self.share()
        self.keep_key()
        self.open_terminal()
        self.canary = None
        self.start_canary()
        self.sockets_of = {}
        self.inside = self.place("inside", owned=False)
        self.control = self.place("control", owned=True)
        self.root = os.path.join(self.top, "root")
        os.mkdir(self.root)
        shutil.copy(PROGRAM, os.path.join(self.root, "escape"))

    # ------------------------------------------------------------ what is there

    def open_files(self):
        self.secret = support.write(os.path.join(self.top, "secret"), self.mark)
        self.slash = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        path = support.write(os.path.join(self.top, "open"), "untouched")
        self.file = os.open(path, os.O_RDWR)

    def listen(self):
        """On the loopback and by abstract names; nobody of the host's own connects."""
        self.listeners = {}
        for _ in range(20):  # one port by both protocols
            tcp = socket.create_server(("127.0.0.1", 0))
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                udp.bind(tcp.getsockname())
                break
            except OSError:
                tcp.close()
                udp.close()
        self.port = tcp.getsockname()[1]
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.bind("\0" + self.mark)
        stream.listen()
        datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        datagram.bind("\0" + self.mark + ".")
        self.listeners.update(tcp=tcp, udp=udp, abstract=stream, datagram=datagram)

    def share(self):
        """System V shared memory that anybody may write, at a key that nobody else has."""
        libc = ctypes.CDLL(None, use_errno=True)
        libc.shmat.restype = ctypes.c_void_p
        self.key = int.from_bytes(os.urandom(4), "little") & 0x7fffffff | 1
        self.memory_id = libc.shmget(self.key, 4096, IPC_CREAT | 0o666)
        self.memory = libc.shmat(self.memory_id, None, 0) if self.memory_id >= 0 else None

    def keep_key(self):
        """In a session keyring of this process, which what it starts inherits."""
        libc = ctypes.CDLL(None, use_errno=True)
        add_key, keyctl = {"x86_64": (248, 250), "aarch64": (217, 219)}[os.uname().machine]
        libc.syscall(keyctl, 1, None)
        libc.syscall(add_key, b"user", self.mark.encode(), b"secret", ctypes.c_size_t(6), -3)

    def open_terminal(self):
        self.master, self.slave = pty.openpty()
        os.set_blocking(self.master, False)
        if self.user is not None:
            os.fchown(self.slave, self.user.pw_uid, self.user.pw_gid)

    def start_canary(self):
        self.canary = subprocess.Popen([PROGRAM, "canary", self.mark], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, preexec_fn=self.become)
        self.address = int(self.canary.stdout.readline())

    def become(self):
        if self.user is not None:
            os.setgroups([])
            os.setgid(self.user.pw_gid)
            os.setuid(self.user.pw_uid)

    def place(self, name, owned):
        """A directory with in, out and tmp as every attempt expects them."""
        top = os.path.join(self.top, name)
        subprocess.run(["chmod", "-R", "u+rwX", top], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(top, ignore_errors=True)
        for part in ("in/below", "out", "tmp", "etc", "app"):
            os.makedirs(os.path.join(top, part))
        for part in ("in", "out"):
            support.write(os.path.join(top, part, "file"), "content" + "." * 4096)
            shutil.copy(PROGRAM, os.path.join(top, part, "program"))
        os.symlink(self.secret, os.path.join(top, "in", "link"))
        if name in self.listeners:
            self.listeners.pop(name).close()
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(os.path.join(top, "in", "socket"))
        server.listen()
        os.chmod(os.path.join(top, "in", "socket"), 0o666)
        self.listeners[name] = server
        if owned and self.user is not None:
            subprocess.run(["chown", "-hR", f"{self.user.pw_uid}:{self.user.pw_gid}", top],
                           check=True)
        return top

    def close(self):
        self.canary.kill()
        self.canary.wait()
        self.canary.stdout.close()
        for server in self.listeners.values():
            server.close()
        for fd in (self.slash, self.file, self.master, self.slave):
            os.close(fd)
        if self.memory_id >= 0:
            libc = ctypes.CDLL(None)
            libc.shmctl(self.memory_id, IPC_RMID, None)
            libc.shmdt(ctypes.c_void_p(self.memory))
        subprocess.run(["chmod", "-R", "u+rwX", self.top], check=False)
        shutil.rmtree(self.top)

    # ------------------------------------------------------------ what it is like

    def state(self, top):
        """What no attempt may change, by name. Whoever has called is counted once: it is taken."""
        return {
            "input": tree(os.path.join(top, "in")),
            "output": self.odd_files(os.path.join(top, "out")),
            "secret": (os.stat(self.secret).st_ctime_ns, support.read(self.secret)),
            "file": os.pread(self.file, 100, 0),
            "callers": self.callers(),
            "memory": ctypes.string_at(self.memory, 64) if self.memory else None,
            "terminal": self.terminal_state(),
            "canary": self.canary_state(),
            "processes": self.left_behind(),
            "name": os.uname(),
            "mounts": support.read("/proc/self/mountinfo"),
        }

    @staticmethod
    def odd_files(top):
        """Files with set-id bits, devices, sockets, other people's files, cores."""
        odd = []
        for path, row in tree(top).items():
            kind = stat.S_IFMT(row[0])
            if row[0] & 0o6000 or kind not in (stat.S_IFREG, stat.S_IFDIR) or row[3] > 2 or \
                    os.path.basename(path).startswith("core"):
                odd.append((path, oct(row[0])))
        return odd

    def callers(self):
        """Who waits at a listener; takes them."""
        found = []
        for name, server in sorted(self.listeners.items()):
            while select.select([server], [], [], 0)[0]:
                if name in ("udp", "datagram"):
                    server.recv(64)
                else:
                    server.accept()[0].close()
                found.append(name)
        return found

    def terminal_state(self):
        """What was typed, what it would show, its modes and size."""
        typed = []
        while select.select([self.slave], [], [], 0)[0]:
            typed.append(os.read(self.slave, 4096))
        try:
            shown = os.read(self.master, 4096)
        except BlockingIOError:
            shown = b""
        return (typed, shown, termios.tcgetattr(self.slave),
                fcntl.ioctl(self.slave, termios.TIOCGWINSZ, b"\0" * 8))

    def canary_state(self):
        """Is it there, not stopped, not traced, with its secret and its limits?"""
        try:
            status = self.settled_status()
            limits = support.read(f"/proc/{self.canary.pid}/limits")
            nice = support.read(f"/proc/{self.canary.pid}/stat").rsplit(")", 1)[1].split()[16]
            with open(f"/proc/{self.canary.pid}/mem", "rb") as memory:
                memory.seek(self.address)
                text = memory.read(len(self.mark))
        except OSError as error:
            return str(error)
        return re.findall(r"^(?:State|TracerPid|Seccomp):.*", status, re.M), limits, nice, text

    def settled_status(self):
        """It sleeps, and whoever signals it wakes it up: what becomes of that is waited for."""
        end = time.monotonic() + 5 * support.SLOWNESS
        while True:
            status = support.read(f"/proc/{self.canary.pid}/status")
            if re.search(r"^State:\s+[^RD]", status, re.M) or time.monotonic() > end:
                return status
            time.sleep(0.002)

    def left_behind(self):
        return [pid for pid in support.children() if pid != self.canary.pid]

    def clean(self, changed, name):
        """Puts right what a control has changed."""
        for pid in self.left_behind():
            os.kill(pid, signal.SIGKILL)
        support.require_nothing_left((self.canary.pid,))
        if {"input", "output"} & set(changed):
            self.place(name, owned=name == "control")
        if "file" in changed:
            os.pwrite(self.file, b"untouched", 0)
        if "memory" in changed:
            ctypes.memset(self.memory, 0, 64)
        if "canary" in changed:
            self.canary.kill()
            self.canary.wait()
            self.canary.stdout.close()
            self.start_canary()

    # ------------------------------------------------------------ attempts

    def words(self, top=None):
        """What an attempt is told; without a directory it is in a sandbox, where all of these have
        the names that they have in denybox."""
        words = [f"secret={self.secret}", f"mark={self.mark}", f"port={self.port}",
                 f"key={self.key}", f"canary={self.canary.pid}", f"address={self.address}",
                 f"slowness={support.SLOWNESS}"]
        if top is not None:
            words += [f"{part}={os.path.join(top, part)}" for part in ("in", "out", "tmp")]
            words += [f"root={top}", f"self={PROGRAM}"]
        return words

    def start(self, argv, *, terminal=False, user=False, env=None,
              timeout=support.TIMEOUT):
        """Runs it as a careless caller would: with files open, a secret in the environment, and a
        signal ignored and another blocked. Returns what the attempt has printed."""

        def prepare():
            if user:
                self.become()
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
            if terminal:
                os.setsid()
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            os.dup2(self.slash, 9)
            os.dup2(self.file, 10)

        argv = [os.fspath(word) for word in argv]
        try:
            done = subprocess.run(
                argv, stdin=self.slave if terminal else subprocess.DEVNULL, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.top, close_fds=False,
                timeout=timeout, preexec_fn=prepare,
                env=support.base_env(ESCAPE_MARK=self.mark) if env is None else env)
        except subprocess.TimeoutExpired as error:
            raise Unending(f"no end: {argv}") from error
        out = done.stdout.decode(errors="replace").strip()
        if done.returncode != 0 or not out:
            raise Unavailable(f"status {done.returncode}: "
                              + done.stderr.decode(errors="replace").strip()[:300])
        return out

    def watched(self, top, name, make):
        """(what came of it, what of the host has changed)"""
        outcome, changed = self.watched_once(top, name, make)
        for _ in range(3):
            # Anybody may have mounted something meanwhile; who does it each time is the attempt.
            if changed != ["mounts"]:
                break
            outcome, changed = self.watched_once(top, name, make)
        return outcome, changed

    def watched_once(self, top, name, make):
        before = self.state(top)
        try:
            outcome = make()
        except Unavailable as reason:
            outcome = str(reason)
        self.settle()
        after = self.state(top)
        changed = [part for part in before if before[part] != after[part]]
        if changed:
            self.clean(changed, name)
        return outcome, changed

    def settle(self):
        """What a killed run leaves is gone when its pid 1 is; the kernel may take a moment. A
        daemon stays longer than that."""
        end = time.monotonic() + support.SLOWNESS
        while self.left_behind() and time.monotonic() < end:
            time.sleep(0.01)

    def in_denybox(self, attempt, *options, program=support.DENYBOX, env=None, rootfs=True):
        """With a root directory that has the program in it, or with nothing."""
        words = [program, "run", *LIMITS, *options,
                 "--in", os.path.join(self.inside, "in"), "--out", os.path.join(self.inside, "out"),
                 *(("--rootfs", self.root, "--", "/escape") if rootfs else ("--", PROGRAM)),
                 "try", attempt.name]
        return self.watched(self.inside, "inside", lambda: self.start(
            words + self.words(), terminal=attempt.control == "TERMINAL", env=env))

    def in_control(self, attempt):
        way = "capable" if attempt.control == "CAPABLE" else "plain"
        words = [PROGRAM, way, attempt.name, *self.words(self.control)]
        return self.watched(self.control, "control", lambda: self.start(
            words, terminal=attempt.control == "TERMINAL", user=True))


def worked(attempt, outcome, changed):
    """Has an attempt got what it wanted? Where the host has to show it, it does."""
    wanted = TRIED if attempt.expected == (TRIED,) else WORKS
    return outcome == wanted and TRACES.get(attempt.name) in (None, *changed)
