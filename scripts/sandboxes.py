# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sandboxes of other people, as they are commonly started: for scoreboard and escape.

A way to start one is a function (place, program, words) that returns an argument list: the program
lies in /, and /in, /out and /tmp are what they are in denybox, as near as that sandbox comes to it.
Everything is started as an ordinary user.
"""

import os
import shutil
import subprocess

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
OCI_CONFIG = os.path.join(TOP, "fixtures", "container", "oci-config")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TIMEOUT = 120


class Place:
    """A directory of the ordinary user, with the programs and fresh in, out and tmp."""

    def __init__(self, build, top, user, programs):
        self.top, self.user = top, user
        for name in programs:
            shutil.copy(os.path.join(build, name), self.path(name))
        shutil.copytree(os.path.dirname(OCI_CONFIG), self.path("container"))
        for name in ("in", "out", "tmp", "run"):
            os.mkdir(self.path(name))
        for name in ("in", "out", "tmp", "etc", "root", "app", "proc", "dev"):
            os.makedirs(self.path("rootfs", name))
        for name in programs:
            shutil.copy(self.path(name), self.path("rootfs", name))
        subprocess.run(["chmod", "-R", "a+rX", top], check=True)
        os.chmod(self.path("run"), 0o700)
        if user is not None:
            subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", top], check=True)
        # Where they are, for what is started; somebody may have others.
        self.input, self.output = self.path("in"), self.path("out")

    def path(self, *parts):
        return os.path.join(self.top, *parts)

    def ids(self):
        return (os.getuid(), os.getgid()) if self.user is None else \
            (self.user.pw_uid, self.user.pw_gid)

    def environment(self):
        return {"PATH": PATH, "XDG_RUNTIME_DIR": self.path("run")}

    def become(self):
        if self.user is not None:
            os.setgroups([])
            os.setgid(self.user.pw_gid)
            os.setuid(self.user.pw_uid)

    def run(self, *argv):
        """Runs it as the ordinary user, with two variables in its environment."""
        return subprocess.run(
            argv, cwd=self.top, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=TIMEOUT, check=False, preexec_fn=self.become,
            env=self.environment())


def first_line(*argv):
    answer = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return answer.stdout.decode(errors="replace").splitlines()[0].split()[-1]


def described(program, what):
    """With the version, where the program tells one."""
    return what.format(first_line(program, "--version")) if "{}" in what else what


def installed(program):
    return shutil.which(program, path=PATH) is not None


# ---------------------------------------------------------------- the sandboxes

def bwrap_plain(place, program, *words):
    return ["bwrap", "--unshare-all", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
            "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--dir", "/etc",
            "--dir", "/root", "--dir", "/app", "--ro-bind", place.input, "/in",
            "--bind", place.output, "/out", "--tmpfs", "/tmp",
            "--ro-bind", place.path(program), "/" + program, "/" + program, *words]


def bwrap_tight(place, program, *words):
    return ["bwrap", "--unshare-all", "--new-session", "--die-with-parent", "--cap-drop", "ALL",
            "--clearenv", "--setenv", "PATH", "/", "--proc", "/proc", "--dir", "/etc",
            "--dir", "/root", "--dir", "/app", "--ro-bind", place.input, "/in",
            "--bind", place.output, "/out", "--tmpfs", "/tmp",
            "--ro-bind", place.path(program), "/" + program, "--remount-ro", "/",
            "/" + program, *words]


def oci_bundle(place, runtime, before, options, command):
    """Writes config.json; `before` are words in front of the runtime's name."""
    os.makedirs(place.path("bundle"), exist_ok=True)
    made = subprocess.run(
        [place.path("container", "oci-config"), "--root", place.path("rootfs"),
         "--in", place.input, "--out", place.output, *options, "--", *command],
        stdout=subprocess.PIPE, check=True)
    with open(place.path("bundle", "config.json"), "wb") as file:
        file.write(made.stdout)
    return [*before, *runtime, "run", "--bundle", place.path("bundle"), "attest"]


def runc(place, program, *words):
    uid, gid = place.ids()
    return oci_bundle(place, ("runc", "--rootless=true"), (),
                      ("--id", "0", "--user", f"{uid}:{gid}"), ("/" + program, *words))


CRUN = ("crun", "--cgroup-manager=disabled")
# crun 1.8 refuses a host that has both kinds of cgroups, also where it is to use none.
HIDE_CGROUPS = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                'mount -t tmpfs none /sys/fs/cgroup && exec "$@"', "sh")


def crun(place, program, *words):
    uid, gid = place.ids()
    return oci_bundle(place, CRUN, (), ("--no-proc", "--user", f"{uid}:{gid}"),
                      ("/" + program, *words))


def wants_no_cgroups(message):
    """Has crun failed for want of crun_without_cgroups?"""
    return "hybrid" in message


def crun_without_cgroups(place, program, *words):
    return oci_bundle(place, CRUN, HIDE_CGROUPS, ("--no-proc", "--user", "0:0"),
                      ("/" + program, *words))


def firejail(place, program, *words):
    """The paths are those of the host: the words have to say where in, out and tmp are."""
    return ["firejail", "--quiet", "--noprofile", "--net=none", "--caps.drop=all",
            "--nonewprivs", "--seccomp", "--read-only=" + place.input, place.path(program), *words]


def nsjail(place, program, *words):
    return ["nsjail", "-Mo", "--quiet", "--chroot", place.path("rootfs"),
            "--user", "65532", "--group", "65532", "--env", "PATH=/",
            "--bindmount_ro", place.input + ":/in", "--bindmount", place.output + ":/out",
            "--tmpfsmount", "/tmp", "--", "/" + program, *words]


# name, what must be installed, how it is started, what it is
SANDBOXES = (
    ("plain", "bwrap", bwrap_plain, "bubblewrap {}, plain flags"),
    ("tight", "bwrap", bwrap_tight, "bubblewrap {}, no program but this, --proc, --remount-ro /"),
    ("runc", "runc", runc, "runc {}, rootless, fixtures/container/seccomp.json"),
    ("crun", "crun", crun, "crun {}, rootless, the same without /proc"),
    ("firejail", "firejail", firejail, "firejail {}, --net=none, --seccomp and more"),
    ("nsjail", "nsjail", nsjail, "nsjail, its defaults"),
)
