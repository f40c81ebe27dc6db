# SPDX-License-Identifier: LGPL-2.1-or-later
"""What goes into the machine when it is of another architecture than this host: programs of Debian's
packages, and of a cross build against such packages.

apt has lists and packages of that architecture in a directory of its own, and verifies them by the
host's keys; they are unpacked, never installed, and nothing of them is executed on the host."""

import os
import re
import shutil
import subprocess
import sys

from command import TOP, Failed, Unavailable, run
from host import copy_apparmor

# What the root carries; libc-bin has its locale.
PROGRAMS = ("python3", "busybox-static", "bubblewrap", "apparmor", "e2fsprogs", "jq", "sqlite3",
            "libc-bin")
# What denybox is built against.
LIBRARIES = ("libc6-dev", "libseccomp-dev", "libcap-ng-dev", "libjansson-dev", "nettle-dev",
             "libelf-dev", "libarchive-dev", "libzstd-dev", "zlib1g-dev")
# The payloads that no rule of all makes.
TARGETS = ("denybox-faulty", "live-payload", "live-obstacle", "live-escape")
# Nothing there needs them, and the machine holds its root in memory.
UNWANTED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/bash-completion",
            "usr/lib/*/gconv")
MERGED = ("bin", "lib", "sbin")


class Foreign:
    def __init__(self, machine, native, top):
        """native: a build for this host, whose tools of the build are started; top: where all of
        it is kept."""
        self.machine, self.native, self.top = machine, native, top
        self.build = os.path.join(top, "build")
        self.sysroot, self.programs = os.path.join(top, "sysroot"), os.path.join(top, "programs")
        self.apt = os.path.join(top, "apt")
        self.apt_options = (
            "-c", os.path.join(TOP, "tests", "kernels", "apt.conf"),
            "-o", f"APT::Architecture={machine.debian}", "-o", f"APT::Architectures::={machine.debian}",
            "-o", f"Dir::State={self.apt}", "-o", f"Dir::State::status={self.apt}/status",
            "-o", f"Dir::Cache={self.apt}")

    def renew(self):
        """The lists; those of before do when there are no newer ones to be had."""
        os.makedirs(os.path.join(self.apt, "lists", "partial"), exist_ok=True)
        # Nothing is installed there, so that apt wants all that a package needs.
        with open(os.path.join(self.apt, "status"), "w", encoding="ascii"):
            pass
        try:
            run("apt-get", *self.apt_options, "-q", "update")
        except Failed as error:
            if not any("_Packages" in name for name in os.listdir(os.path.join(self.apt, "lists"))):
                raise Unavailable(str(error)) from error

    def unpack(self, packages, target):
        """The packages and all that they need, in one directory, once."""
        stamp = os.path.join(target, ".packages")
        if os.path.exists(stamp):
            with open(stamp, encoding="ascii") as file:
                if file.read() == " ".join(packages):
                    return
        shutil.rmtree(target, ignore_errors=True)
        for name in MERGED:
            os.makedirs(os.path.join(target, "usr", name))
            os.symlink("usr/" + name, os.path.join(target, name))
        archives = target + ".archives"
        shutil.rmtree(archives, ignore_errors=True)
        os.makedirs(os.path.join(archives, "partial"))
        run("apt-get", *self.apt_options, "-o", f"Dir::Cache::archives={archives}", "-q", "-y",
            "--download-only", "install", *packages)
        for name in sorted(os.listdir(archives)):
            if name.endswith(".deb"):
                unpack(os.path.join(archives, name), target)
        shutil.rmtree(archives)
        lead_inside(target)
        with open(stamp, "w", encoding="ascii") as file:
            file.write(" ".join(packages))

    def make_build(self):
        """A cross build, of a tree that is configured for this host elsewhere."""
        self.unpack(LIBRARIES, self.sysroot)
        os.makedirs(self.build, exist_ok=True)
        folders = [os.path.join(self.sysroot, name, "pkgconfig")
                   for name in (f"usr/lib/{self.machine.triplet}", "usr/share")]
        env = {**os.environ, "PKG_CONFIG": "pkg-config", "PKG_CONFIG_LIBDIR": ":".join(folders),
               "PKG_CONFIG_SYSROOT_DIR": self.sysroot}
        if not os.path.exists(os.path.join(self.build, "Makefile")):
            self.log_of(os.path.join(TOP, "configure"), "-q", f"--host={self.machine.triplet}",
                        f"CC={self.machine.triplet}-gcc --sysroot={self.sysroot}", env=env)
        make = ("make", "-s", f"-j{os.cpu_count()}",
                "MKBUILTIN=" + os.path.join(self.native, "mkbuiltin"),
                "MKCOMPLETION=" + os.path.join(self.native, "mkcompletion"))
        self.log_of(*make, "all", env=env)
        self.log_of(*make, *TARGETS, env=env)

    def log_of(self, *words, **how):
        log = os.path.join(self.top, "build.log")
        with open(log, "w", encoding="ascii", errors="replace") as file:
            done = subprocess.run(words, cwd=self.build, stdin=subprocess.DEVNULL, stdout=file,
                                  stderr=subprocess.STDOUT, check=False, **how)
        if done.returncode != 0:
            raise Failed(f"the cross build: {os.path.basename(words[0])} ended with "
                         f"{done.returncode}; see {log}")

    def make_root(self, root):
        self.unpack(PROGRAMS, self.programs)
        self.compile_library()
        shutil.copytree(os.path.join(self.programs, "usr"), os.path.join(root, "usr"), symlinks=True)
        copy_apparmor(self.programs, root)
        self.copy_libraries(os.path.join(self.build, "denybox-faulty"), root)

    def compile_library(self):
        """Python's, which a package compiles when it is installed; by this host's python3 when it is of
        the same version. Otherwise each start in the machine compiles what it reads."""
        version = "python{}.{}".format(*sys.version_info)
        library = os.path.join(self.programs, "usr", "lib", version)
        if os.path.exists(library):
            run(sys.executable, "-m", "compileall", "-q", "-s", self.programs, "-p", "/", library)

    def copy_libraries(self, program, root):
        """What a program of the build needs, and what that needs; of the packages it was built with."""
        folder = os.path.join("usr/lib", self.machine.triplet)
        for name in re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "-d", program)):
            target = os.path.join(root, folder, name)
            # The loader itself lies elsewhere, and is there.
            if not os.path.exists(target) and not name.startswith("ld-linux"):
                shutil.copy(os.path.join(self.sysroot, folder, name), target)
                self.copy_libraries(target, root)


def unpack(archive, target):
    """A package, without what starts when it is installed."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as data:
        done = subprocess.run(["tar", "-x", "-C", target, "--keep-directory-symlink",
                               "--no-same-owner", *(f"--exclude=./{name}" for name in UNWANTED)],
                              stdin=data.stdout, check=False, capture_output=True, text=True)
    if done.returncode != 0 or data.returncode != 0:
        raise Failed(f"{os.path.basename(archive)} is no whole package: {done.stderr.strip()[:300]}")


def lead_inside(top):
    """An absolute link of a package would lead to the host."""
    for folder, folders, names in os.walk(top):
        for path in (os.path.join(folder, name) for name in folders + names):
            if os.path.islink(path) and os.readlink(path).startswith("/"):
                inside = os.path.join(top, os.readlink(path)[1:])
                os.remove(path)
                os.symlink(os.path.relpath(inside, os.path.dirname(path)), path)
