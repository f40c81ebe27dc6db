# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kernels from Debian's packages, an initramfs around the programs, and the emulated machine."""

import lzma
import os
import re
import secrets
import shutil
import stat
import subprocess
import sys
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "live"))

import roots

PROGRAMS = ("denybox", "denybox-faulty", "denybox-attest", "live-payload", "live-obstacle",
            "live-escape")
CARRIED = ("python3", "busybox", "bwrap", "apparmor_parser", "mke2fs", "jq", "sqlite3")
SOURCES = ("tests/live", "tests/endure", "tests/escape", "tests/kernels", "scripts", "fixtures",
           "src", "bpf", "man")
# In the order of their needs; overlay is loaded when its absence has been tried.
MODULES = ("brd", "crc16", "crc32c_generic", "mbcache", "jbd2", "ext4", "dummy",
           "overlay")
DIRECTORIES = ("app", "dev", "disk", "etc", "modules", "proc", "root", "run", "src", "sys", "tmp",
               "var/tmp", "denybox", "home/user")
ACCOUNTS = {
    "etc/passwd": "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n"
                  "nobody:x:65534:65534::/:/bin/sh\n",
    "etc/group": "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n",
}


class Failed(Exception):
    """It cannot go on, for the reason given."""


class Unavailable(Exception):
    """This kernel is not to be had here, for the reason given."""


def run(*words, **how):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, text=True, **how)
    if done.returncode != 0:
        why = (done.stderr.strip() or "no word").splitlines()[-1]
        raise Failed(f"{' '.join(words[:3])}: {why}")
    return done.stdout


# ---------------------------------------------------------------- kernels

class Kernel:
    """A kernel of one Debian package: its image and the modules that are wanted."""

    def __init__(self, package, cache):
        self.package = package
        self.release = package[len("linux-image-"):]
        self.top = os.path.join(cache, package)
        self.image = os.path.join(self.top, "boot", "vmlinuz-" + self.release)

    def module(self, name):
        """Its bytes, unpacked; None where it is built in."""
        for folder, _, names in os.walk(os.path.join(self.top, "lib")):
            for suffix, unpack in ((".ko", bytes), (".ko.xz", lzma.decompress)):
                if name + suffix in names:
                    with open(os.path.join(folder, name + suffix), "rb") as file:
                        return unpack(file.read())
        with open(self.builtin(), encoding="ascii") as file:
            if re.search(rf"/{name}\.ko$", file.read(), re.M):
                return None
        raise Failed(f"{self.package} has no module {name}")

    def is_whole(self):
        """Is it there, with every module that is wanted now?"""
        try:
            return os.path.exists(self.image) and all(
                self.module(name) is not False for name in MODULES)
        except (Failed, OSError):
            return False

    def builtin(self):
        return os.path.join(self.top, "lib", "modules", self.release, "modules.builtin")


def newest_package(version):
    """The newest package of Debian's that has a kernel of this version, as 6.12."""
    names = run("apt-cache", "pkgnames", f"linux-image-{version}.").split()
    fit = [name for name in names
           if re.fullmatch(rf"linux-image-{re.escape(version)}\.[0-9][^-]*(-\d+)?-amd64", name)]
    if not fit:
        raise Unavailable(f"no package of a kernel {version} is known to apt (apt-get update; "
                          "Debian 12 with its security updates has 6.1 and 6.12)")
    return max(fit, key=lambda name: [int(part) for part in re.findall(r"\d+", name)])


def fetch(version, cache):
    """The kernel, downloaded by apt once, verified by it, and unpacked; never installed."""
    kernel = Kernel(newest_package(version), cache)
    if kernel.is_whole():
        return kernel
    stage = kernel.top + ".part"
    shutil.rmtree(stage, ignore_errors=True)
    os.makedirs(stage)
    try:
        run("apt-get", "-q", "-o", "Acquire::Retries=3", "-o", "APT::Sandbox::User=root", "download",
            kernel.package, cwd=stage)
    except Failed as error:
        raise Unavailable(f"{error} (apt-get update renews the lists)") from error
    (archive,) = (name for name in os.listdir(stage) if name.endswith(".deb"))
    names = [f"*/{name}.ko*" for name in MODULES]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], cwd=stage,
                          stdout=subprocess.PIPE) as unpack:
        # What is built in is no member; module() finds out whether that is all that is missing.
        subprocess.run(["tar", "-x", "--wildcards", "--no-same-owner", "./boot/vmlinuz-*",
                        "*/modules.builtin", *names], cwd=stage, stdin=unpack.stdout, check=False,
                       stderr=subprocess.DEVNULL)
    os.remove(os.path.join(stage, archive))
    shutil.rmtree(kernel.top, ignore_errors=True)
    os.rename(stage, kernel.top)
    if not kernel.is_whole():
        raise Failed(f"{kernel.package} lacks its image, or one of the modules {', '.join(MODULES)}")
    return kernel


# ---------------------------------------------------------------- the initramfs

class Archive:
    """An archive as the kernel unpacks it (cpio, newc), written to a file."""

    def __init__(self, path):
        self.file, self.number = open(path, "wb"), 0

    def add(self, name, mode, data=b""):
        self.number += 1
        word = name.encode() + b"\0"
        fields = (self.number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(word), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + word
        for part in (head, data):
            self.file.write(part + b"\0" * (-len(part) % 4))

    def add_tree(self, top):
        for folder, folders, names in os.walk(top):
            folders.sort()
            for name in sorted(folders + names):
                path = os.path.join(folder, name)
                self.add_path(os.path.relpath(path, top), path)

    def add_path(self, name, path):
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            self.add(name, mode, os.readlink(path).encode())
        elif stat.S_ISDIR(mode):
            self.add(name, mode)
        elif stat.S_ISREG(mode):
            with open(path, "rb") as file:
                self.add(name, mode, file.read())

    def close(self):
        self.add("TRAILER!!!", 0)
        self.file.close()


def copy_libraries(program, root):
    """What a dynamic program of the build needs, to where the loader looks."""
    for path in re.findall(r"(/\S+) \(0x", run("ldd", program)):
        target = os.path.join(root, os.path.relpath(path, "/"))
        if not os.path.exists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(path, target)


def copy_sources(root):
    for name in SOURCES:
        source, target = os.path.join(TOP, name), os.path.join(root, "src", name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copytree(source, target, symlinks=True,
                        ignore=shutil.ignore_patterns("__pycache__", "*.o"))


def make_root(build, work):
    """The directory that becomes the root of the machine, but for the modules of a kernel."""
    root = os.path.join(work, "root")
    why = roots.make(os.path.join(build, "denybox"), root, CARRIED)
    if why is not None:
        raise Failed("no root for the machine: " + why)
    # Where this host has directories of its own there, so has the machine.
    for name in ("bin", "lib", "lib64", "sbin"):
        os.makedirs(os.path.join(root, "usr", name), exist_ok=True)
        if not os.path.lexists(os.path.join(root, name)):
            os.symlink("usr/" + name, os.path.join(root, name))
    for name in DIRECTORIES:
        os.makedirs(os.path.join(root, name), exist_ok=True)
    for name in PROGRAMS:
        shutil.copy(os.path.join(build, name), os.path.join(root, "denybox"))
    copy_libraries(os.path.join(build, "denybox-faulty"), root)
    for name, text in ACCOUNTS.items():
        with open(os.path.join(root, name), "w", encoding="ascii") as file:
            file.write(text)
    copy_sources(root)
    # What the shipped profile includes.
    for name in ("tunables", "abi"):
        shutil.copytree(os.path.join("/etc/apparmor.d", name),
                        os.path.join(root, "etc/apparmor.d", name))
    shutil.copy(os.path.join(TOP, "tests", "kernels", "init"), root)
    run("chmod", "-R", "u+rwX,go+rX,go-w", root)
    os.chmod(os.path.join(root, "init"), 0o755)
    for name in ("tmp", "var/tmp"):
        os.chmod(os.path.join(root, name), 0o1777)
    return root


def make_initramfs(kernel, root, work):
    """Two archives, one in the other: the kernel unpacks the outer one into its initial root, and
    init the inner one into a tmpfs."""
    inner, outer = os.path.join(work, "root.cpio"), os.path.join(work, "initramfs.cpio")
    archive = Archive(inner)
    archive.add_tree(root)
    number = 0
    for name in MODULES:
        data = kernel.module(name)
        if data is not None:
            number += 1
            place = name if name == "overlay" else f"{number}-{name}"
            archive.add(f"modules/{place}.ko", stat.S_IFREG | 0o644, data)
    archive.close()
    archive = Archive(outer)
    archive.add("bin", stat.S_IFDIR | 0o755)
    for name, path in (("bin/busybox", os.path.join(root, "usr", "bin", "busybox")),
                       ("init", os.path.join(root, "init")), ("root.cpio", inner)):
        archive.add_path(name, path)
    archive.close()
    os.remove(inner)
    return outer


# ---------------------------------------------------------------- the machine

# The kernel's messages and what is for people come by the first serial port, results by the second.
# -cpu max: everything that the emulation has; software emulation on any host, also where it could
# be had faster, so that the results are of one machine.
MACHINE = ("qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-cpu", "max", "-smp", "2",
           "-m", "2048", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-nic",
           "none")
CONSOLE = "console=ttyS0 quiet loglevel=4 panic=-1 rcupdate.rcu_cpu_stall_suppress=1"


def emulator():
    """Which one, for the table."""
    return run(MACHINE[0], "--version").splitlines()[0]


class Start:
    """One start of a kernel: finish() waits for its end; then there is what both serial ports have
    said, and why it is worth nothing, or None."""

    def __init__(self, kernel, initramfs, work, words, timeout):
        self.nonce = secrets.token_hex(8)
        self.console, self.port = os.path.join(work, "console.log"), os.path.join(work, "port.log")
        words = f"{CONSOLE} kernels.port=/dev/ttyS1 kernels.nonce={self.nonce} {words}"
        argv = [*MACHINE, "-serial", "file:" + self.console, "-serial", "file:" + self.port,
                "-kernel", kernel.image, "-initrd", initramfs, "-append", words.strip()]
        self.timeout, self.end = timeout, time.monotonic() + timeout
        self.why, self.lines = None, []
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, errors="replace")

    def finish(self):
        try:
            _, said = self.process.communicate(timeout=max(0, self.end - time.monotonic()))
            if self.process.returncode != 0:
                self.why = f"{MACHINE[0]} ended with {self.process.returncode}: {said.strip()[:300]}"
        except subprocess.TimeoutExpired:
            self.why = f"it did not end in {self.timeout} s"
            self.kill()
        self.lines = self.read(self.port).split("\n")
        if "Kernel panic" in self.read(self.console):
            self.why = "the kernel panicked"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    @staticmethod
    def read(path):
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return file.read()
