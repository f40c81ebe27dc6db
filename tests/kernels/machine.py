# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kernels from Debian's packages, an initramfs around the programs, and the emulated machine."""

import lzma
import os
import platform
import re
import secrets
import shutil
import stat
import subprocess
import time
from collections import namedtuple

from command import TOP, Failed, Unavailable, run
from foreign import Foreign
from host import Host

PROGRAMS = ("denybox", "denybox-faulty", "denybox-attest", "live-payload", "live-obstacle",
            "live-escape")
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


# ---------------------------------------------------------------- kernels

class Kernel:
    """A kernel of one Debian package: its image and the modules that are wanted."""

    def __init__(self, machine, package, cache):
        self.machine, self.package = machine, package
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


def newest_package(version, source):
    """The newest package of Debian's that has a kernel of this version, as 6.12."""
    names = run("apt-cache", *source.apt_options, "pkgnames", f"linux-image-{version}.").split()
    form = rf"linux-image-{re.escape(version)}\.[0-9][^-]*(-\d+)?-{source.machine.debian}"
    fit = [name for name in names if re.fullmatch(form, name)]
    if not fit:
        raise Unavailable(f"no package of a kernel {version} is known to apt (apt-get update; "
                          "Debian 12 with its security updates has 6.1 and 6.12)")
    return max(fit, key=lambda name: [int(part) for part in re.findall(r"\d+", name)])


def fetch(version, source, cache):
    """The kernel, downloaded by apt once, verified by it, and unpacked; never installed."""
    kernel = Kernel(source.machine, newest_package(version, source), cache)
    if kernel.is_whole():
        return kernel
    stage = kernel.top + ".part"
    shutil.rmtree(stage, ignore_errors=True)
    os.makedirs(stage)
    try:
        run("apt-get", "-q", "-o", "Acquire::Retries=3", "-o", "APT::Sandbox::User=root",
            *source.apt_options, "download", kernel.package, cwd=stage)
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

    def add(self, name, mode, data=b"", when=0):
        self.number += 1
        word = name.encode() + b"\0"
        fields = (self.number, mode, 0, 0, 1, when, len(data), 0, 0, 0, 0, len(word), 0)
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
        about = os.lstat(path)
        mode = about.st_mode
        if stat.S_ISLNK(mode):
            self.add(name, mode, os.readlink(path).encode())
        elif stat.S_ISDIR(mode):
            self.add(name, mode)
        elif stat.S_ISREG(mode):
            # Python compiles again what is not as old as the compiled file says.
            with open(path, "rb") as file:
                self.add(name, mode, file.read(), int(about.st_mtime))

    def close(self):
        self.add("TRAILER!!!", 0)
        self.file.close()


def copy_sources(root):
    for name in SOURCES:
        source, target = os.path.join(TOP, name), os.path.join(root, "src", name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copytree(source, target, symlinks=True,
                        ignore=shutil.ignore_patterns("__pycache__", "*.o"))


def make_root(source, work):
    """The directory that becomes the root of the machine, but for the modules of a kernel."""
    source.make_build()
    root = os.path.join(work, "root")
    source.make_root(root)
    # Where this host has directories of its own there, so has the machine.
    for name in ("bin", "lib", "lib64", "sbin"):
        os.makedirs(os.path.join(root, "usr", name), exist_ok=True)
        if not os.path.lexists(os.path.join(root, name)):
            os.symlink("usr/" + name, os.path.join(root, name))
    for name in DIRECTORIES:
        os.makedirs(os.path.join(root, name), exist_ok=True)
    for name in PROGRAMS:
        shutil.copy(os.path.join(source.build, name), os.path.join(root, "denybox"))
    for name, text in ACCOUNTS.items():
        with open(os.path.join(root, name), "w", encoding="ascii") as file:
            file.write(text)
    copy_sources(root)
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

# Of an architecture: its name, as the kernel and as Debian calls it, and as compilers do; the emulator
# with what it emulates; and two serial ports, as the kernel calls them: its messages and what is for
# people come by the first, results by the second, to a file that is named by the words beside it.
Machine = namedtuple("Machine", "name debian triplet emulator console port second")
# -cpu max: everything that the emulation has; software emulation on any host, also where it could
# be had faster, so that the results are of one machine.
MACHINES = {machine.name: machine for machine in (
    Machine("x86_64", "amd64", "x86_64-linux-gnu",
            ("qemu-system-x86_64", "-machine", "q35", "-cpu", "max"),
            "ttyS0", "ttyS1", ("-serial", "file:{}")),
    # It has one port of its own. Pointers are signed there in a way that is fast to emulate.
    Machine("aarch64", "arm64", "aarch64-linux-gnu",
            ("qemu-system-aarch64", "-machine", "virt", "-cpu", "max,pauth-impdef=on"),
            "ttyAMA0", "ttyS0",
            ("-chardev", "file,id=port,path={}", "-device", "pci-serial,chardev=port")),
)}
COMMON = ("-accel", "tcg", "-smp", "2", "-m", "2048", "-nodefaults", "-no-user-config", "-no-reboot",
          "-display", "none", "-nic", "none")
WORDS = "quiet loglevel=4 panic=-1 rcupdate.rcu_cpu_stall_suppress=1"


def emulator(machine):
    """Which one, for the table."""
    return run(machine.emulator[0], "--version").splitlines()[0]


def source_of(machine, build, cache):
    """What the machine is filled with; the host's own programs where they would run there."""
    if machine.name == platform.machine():
        return Host(machine, build)
    return Foreign(machine, build, cache)


class Start:
    """One start of a kernel: finish() waits for its end; then there is what both serial ports have
    said, and why it is worth nothing, or None."""

    def __init__(self, kernel, initramfs, work, words, timeout):
        machine = kernel.machine
        self.nonce = secrets.token_hex(8)
        self.console, self.port = os.path.join(work, "console.log"), os.path.join(work, "port.log")
        words = (f"console={machine.console} {WORDS} kernels.port=/dev/{machine.port} "
                 f"kernels.nonce={self.nonce} {words}")
        argv = [*machine.emulator, *COMMON, "-serial", "file:" + self.console,
                *(word.format(self.port) for word in machine.second), "-kernel", kernel.image,
                "-initrd", initramfs, "-append", words.strip()]
        self.timeout, self.end = timeout, time.monotonic() + timeout
        self.why, self.lines = None, []
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True, errors="replace")

    def finish(self):
        try:
            _, said = self.process.communicate(timeout=max(0, self.end - time.monotonic()))
            if self.process.returncode != 0:
                self.why = f"{self.process.args[0]} ended with {self.process.returncode}: {said.strip()[:300]}"
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
