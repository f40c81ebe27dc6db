#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs inside of the emulated machine, as root, and tries each row of table.py as each user.

A row is a function here. It returns a few words on what it saw, raises Nothing where there is nothing
to try, and AssertionError when something is wrong. What came of it goes to the second serial port, a
line each; what goes to standard output is for people.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import traceback
import tty

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.dirname(os.path.dirname(HERE))
PROGRAMS = "/denybox"
WORK = "/disk"
ROOTFS = "/testroot"
# An emulated machine is about as many times slower than the one beneath it.
SLOWNESS = 10
os.chdir(PROGRAMS)
os.environ.update(DENYBOX_SRC=SRC, DENYBOX_TEST_USER="user", DENYBOX_TEST_ROOTFS=ROOTFS,
                  DENYBOX_TEST_SLOWNESS=str(SLOWNESS))
sys.path[:0] = [HERE, os.path.join(SRC, "tests", "live")]
sys.dont_write_bytecode = True

import cgroups  # noqa: E402
import support  # noqa: E402 (where it finds the programs stands in the environment)
import table  # noqa: E402
from support import DENYBOX, EXIT_BLOCKED, EXIT_NOT_EXECUTABLE, PAYLOAD, command  # noqa: E402

ORDINARY = support.ordinary_user()
TWELVE = ("PR-NET-1", "PR-NET-2", "PR-SOCK-1", "PR-ENV-1", "PR-FS-RO-IN", "PR-FS-ESC-1",
          "PR-FS-ESC-2", "PR-FS-OUT-OK", "PR-EXEC-1", "PR-MOUNT-1", "PR-SOCK-DOCKER",
          "PR-PTRACE-1")
MOUNTS = ["/", "/in", "/out", "/tmp"]


class Nothing(Exception):
    """There is nothing to try here, for the reason given."""


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


class As:
    """One row as one user: a fresh directory of that user's, with in/ and out/ in it."""

    made = 0

    def __init__(self, who, boot):
        self.who, self.boot = who, boot
        self.user = ORDINARY if who == table.USER else None
        As.made += 1
        self.dir = f"{WORK}/{As.made}"
        for path in (self.dir, self.path("in"), self.path("out")):
            os.mkdir(path)
            if self.user is not None:
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        self.io = ("--in", self.path("in"), "--out", self.path("out"))

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def command(self, *words, **how):
        return command(words, user=self.user, cwd=self.dir, **how)

    def denybox(self, *words, status=0, before=(), **how):
        done = self.command(*before, DENYBOX, *words, **how)
        expect(done.status == status, f"status {done.status}, wanted {status}: {done!r}")
        return done

    def run(self, *options, status=7, payload=("started",), **how):
        """A run with --in and --out. The payload leaves a file and ends with 7, or neither."""
        done = self.denybox("run", *self.io, *options, "--", PAYLOAD, *payload, status=status, **how)
        left = os.listdir(self.path("out"))
        expect(left == (["started"] if status == 7 else []), f"/out has {left}: {done!r}")
        for name in left:
            os.remove(self.path("out", name))
        return done

    def refused(self, *fragments, options=(), **how):
        """run starts nothing, with one line, the reason in it and what mends it."""
        done = self.run(*options, status=EXIT_BLOCKED, **how)
        expect(done.err.startswith("denybox: cannot "), repr(done))
        for fragment in fragments:
            expect(fragment in done.err, f"'{fragment}' is not said: {done!r}")
        return done

    def check(self, status=0, **how):
        """The rows of denybox check, by name."""
        done = self.denybox("check", "--json", status=status, **how)
        return {row["name"]: row for row in json.loads(done.out)["requirements"]}

    def missing(self, name, *fragments, **how):
        """check says that it is missing, and why, in the words that run has."""
        row = self.check(status=EXIT_BLOCKED, **how)[name]
        said = json.dumps(row)
        expect(row["state"] == "missing", said)
        for fragment in fragments:
            expect(fragment in said, f"'{fragment}' is not said: {said}")

    def acceptable(self, path):
        done = self.denybox("verify", path)
        expect(done.out.splitlines()[-1].startswith("ACCEPTABLE "), repr(done))

    def proven_run(self, *options):
        """A run whose bundle says twelve times PASS and that verify accepts."""
        path = self.path("bundle.json")
        self.run("--venue", "CI", "--evidence", path, *options)
        with open(path, encoding="utf-8") as file:
            bundle = json.load(file)
        twelve_pass(bundle)
        self.acceptable(path)
        os.remove(path)
        return bundle


def twelve_pass(bundle):
    found = {probe["probe_id"]: probe for probe in bundle["probes"]}
    for name in TWELVE:
        expect(found[name]["verdict"] == "PASS", str(found[name]))
    others = {name: probe["verdict"] for name, probe in found.items() if probe["verdict"] != "PASS"}
    others.pop("PR-DYNIMPORT", None)
    # There is no foreign ABI to be kept out where the machine has none.
    expect(not {name for name in others if name != "DX-ABI"}, str(others))
    points = [row.split(" ")[4] for row in bundle["raw"]["mountinfo"].splitlines()]
    # Their order is not that of mounting on every kernel.
    expect(sorted(points) == MOUNTS, str(points))


def text_of(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


@contextlib.contextmanager
def setting(path, value):
    """A file of /proc/sys with another value, which is read back."""
    if not os.path.exists(path):
        raise Nothing(f"this kernel has no {path}")
    old = text_of(path)
    write(path, value)
    expect(text_of(path) == value, f"{path} did not become {value}")
    try:
        yield
    finally:
        write(path, old)


def system(*words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, text=True)
    expect(done.returncode == 0, f"{' '.join(words)}: {done.stdout}")


def landlock_abi():
    """What the kernel itself says: landlock_create_ruleset(NULL, 0, the flag of the version)."""
    answer = support.outside("calls", "444 0 0 1").results()[0][1]
    return int(answer) if answer.isdigit() else 0


# ---------------------------------------------------------------- the rows

def no_overlay(a):
    row = a.check()["overlay"]
    expect(row["state"] == "less" and "modprobe overlay" in row["diagnosis"]["mend"], str(row))
    a.run()
    done = a.denybox("run", "--rootfs", ROOTFS, "--", "/usr/bin/busybox", "true",
                     status=EXIT_BLOCKED)
    expect("sudo modprobe overlay" in done.err, repr(done))
    return row["found"]


def check(a):
    rows, abi = a.check(), landlock_abi()
    expect(rows["landlock"]["state"] == ("ok" if abi else "less"), str(rows["landlock"]))
    if abi:
        expect(rows["landlock"]["found"].endswith(f": {abi}"), str(rows["landlock"]))
    expect((abi == 0) == (a.boot == "bare"), f"Landlock's version is {abi}")
    less = [name for name, row in rows.items() if row["state"] in ("less", "missing")]
    return f"Landlock {abi}; less: {', '.join(less) or 'nothing'}"


def attest(a):
    path = a.path("bundle.json")
    a.denybox("attest", "--quiet", "--venue", "CI", "--evidence", path, *a.io)
    with open(path, encoding="utf-8") as file:
        bundle = json.load(file)
    twelve_pass(bundle)
    abi = landlock_abi()
    layer = {"in_force": abi >= 2, "abi": abi if abi >= 2 else 0}
    expect(bundle["layers"]["landlock"] == layer, str(bundle["layers"]))
    a.acceptable(path)
    passed = sum(probe["verdict"] == "PASS" for probe in bundle["probes"])
    return f"{passed} of {len(bundle['probes'])} probes pass"


def controls(a):
    done = a.denybox("attest", "--controls", "--evidence", a.path("bundle.json"))
    last = done.err.splitlines()[-1].strip()
    expect(re.fullmatch(r"\d+ removals, \d+ flips as expected, 0 faults", last), repr(done))
    return last


def small_root(a):
    root = a.path("root")
    os.makedirs(os.path.dirname(root + PAYLOAD))
    shutil.copy2(PAYLOAD, root + PAYLOAD)
    return root


def run(a):
    a.proven_run()
    # What mountinfo says of an overlay and of a tmpfs is the kernel's own, and verify reads it.
    a.proven_run("--rootfs", small_root(a), "--out-size", "1m", "--keep-failed")
    with open(a.path("in", "text"), "w", encoding="ascii") as file:
        file.write("input\n")
    script = "open('/out/copy', 'w').write(open('/in/text').read()); print(6 * 7)"
    done = a.denybox("run", *a.io, "--rootfs", ROOTFS, "--", "/usr/bin/python3", "-c", script)
    expect(done.out == "42\n", repr(done))
    expect(text_of(a.path("out", "copy")) == "input", "the output is not there")
    return "each ran"


def no_idmap(a):
    """/sys has none on any kernel; a tmpfs has them since Linux 6.3."""
    done = a.denybox("run", "--in", "/sys/kernel", "--", PAYLOAD, "exit", "0", status=EXIT_BLOCKED)
    expect("the file system has no idmapped mounts" in done.err, repr(done))
    os.mkdir("/tmp/idmap")
    try:
        done = a.command(DENYBOX, "run", "--in", "/tmp/idmap", "--", PAYLOAD, "exit", "0")
    finally:
        os.rmdir("/tmp/idmap")
    expect(done.status in (0, EXIT_BLOCKED), repr(done))
    if done.status == EXIT_BLOCKED:
        expect("the file system has no idmapped mounts" in done.err, repr(done))
    return "tmpfs has " + ("them" if done.status == 0 else "none here")


def hidepid(a):
    system("mount", "-o", "remount,hidepid=2", "/proc")
    try:
        seen = support.outside("calls", "openat -100 s:/proc/1/status 0 0").results()[0][1]
        expect(seen == "ENOENT", f"an ordinary user sees /proc/1: {seen}")
        expect(a.check()["hidepid"]["found"] == "set", "check does not say so")
        a.proven_run()
    finally:
        system("mount", "-o", "remount,hidepid=0", "/proc")
    return "an ordinary user sees no process of others; evidence complete"


def noexec_tmp(a):
    system("mount", "-t", "tmpfs", "-o", "noexec,mode=1777", "tmpfs", "/tmp")
    try:
        system("cp", PAYLOAD, "/tmp/payload")
        control = a.command("sh", "-c", "/tmp/payload exit 0")
        expect(control.status == 126, f"the control was executed: {control!r}")
        done = a.denybox("run", "--", "/tmp/payload", "exit", "0", status=EXIT_NOT_EXECUTABLE)
        expect("noexec" in done.err, repr(done))
        a.run()
    finally:
        system("umount", "/tmp")
    return done.err.splitlines()[0]


def nested(a):
    """With a /proc and without; everything else that it needs is there."""
    said = "a seccomp filter around denybox denies "
    inner = a.denybox("run", "--proc", "--", DENYBOX, "check", "--json", status=EXIT_BLOCKED)
    rows = {row["name"]: row for row in json.loads(inner.out)["requirements"]}
    expect(rows["user-namespace"]["diagnosis"]["why"].startswith(said), str(rows))
    for words in (("run", "--", DENYBOX, "exit"), ("attest",)):
        done = a.denybox("run", "--proc", "--", DENYBOX, *words, status=EXIT_BLOCKED)
        expect(done.err.startswith("denybox: cannot ") and said in done.err, repr(done))
        done = a.denybox("run", "--", DENYBOX, *words, status=EXIT_BLOCKED)
        expect(done.err.startswith("denybox: cannot "), repr(done))
    return said + rows["user-namespace"]["diagnosis"]["call"]


def bubblewrap(a):
    masked = ("bwrap", "--unshare-all", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
              "--ro-bind", "/dev/null", "/proc/kcore", "--tmpfs", "/proc/fs", "--")
    whole = masked[:masked.index("--ro-bind")] + ("--",)
    a.run("--proc", before=whole)
    a.run(before=masked)
    row = a.check(before=masked)["new-procfs"]
    expect(row["diagnosis"]["layer"] == "a masked /proc", str(row))
    a.refused("cannot mount /proc", "parts of /proc are mounted over", options=("--proc",),
              before=masked)
    bundle = a.path("bundle.json")
    a.denybox("attest", "--quiet", "--venue", "CI", "--evidence", bundle, before=masked)
    a.acceptable(bundle)
    return "proved and run there"


def userns_clone_0(a):
    with setting("/proc/sys/kernel/unprivileged_userns_clone", "0"):
        if a.who == table.ROOT:
            a.check()
            a.run()
            return "root is not held to it, and runs"
        said = ("kernel.unprivileged_userns_clone is 0",
                "sudo sysctl -w kernel.unprivileged_userns_clone=1")
        a.missing("user-namespace", *said)
        done = a.refused(*said)
    a.run()  # the mend that it names
    return done.err.splitlines()[0]


def max_user_namespaces_0(a):
    with setting("/proc/sys/user/max_user_namespaces", "0"):
        said = ("user.max_user_namespaces is 0", "sudo sysctl -w user.max_user_namespaces=")
        a.missing("user-namespace", *said)
        done = a.refused(*said)
    a.run()
    return done.err.splitlines()[0]


@contextlib.contextmanager
def profile(name, text):
    """An AppArmor profile is loaded."""
    if not os.path.exists("/sys/kernel/security/apparmor/profiles"):
        raise AssertionError("AppArmor is not enabled")
    path = f"{WORK}/{name}"
    write(path, text)
    system("apparmor_parser", "-q", "-K", "-r", path)
    try:
        expect(name in text_of("/sys/kernel/security/apparmor/profiles"), "it is not loaded")
        yield
    finally:
        system("apparmor_parser", "-q", "-R", path)


def apparmor_shipped(a):
    """The parser of Debian 12 knows neither the feature set 4.0 nor userns, and these kernels have no
    kernel.apparmor_restrict_unprivileged_userns."""
    with open(os.path.join(SRC, "fixtures", "apparmor", "denybox.in"), encoding="ascii") as file:
        text = file.read().replace("@bindir@", PROGRAMS)
    text = re.sub(r"(?m)^(abi <abi/4.0>|  userns),\n", "", text)
    with profile("denybox", text):
        found = a.check()["apparmor"]["found"]
        expect("this process: denybox (unconfined)" in found, found)
        a.proven_run()
    return found.split(";")[0]


def apparmor_mount(a):
    """No rule for mount, umount and pivot_root. Which of the calls the kernel asks AppArmor about
    differs: Linux 6.1 asks for pivot_root, and not for those of the new mount interface."""
    rules = "capability, network, signal, ptrace, unix, dbus, /** mrwlkix,"
    with profile("no-mounts", f"profile no-mounts {DENYBOX} {{\n  file, {rules}\n}}\n"):
        said = "the AppArmor profile no-mounts"
        found = a.check(status=EXIT_BLOCKED)
        why = [row for row in found.values()
               if row["diagnosis"] is not None and said in row["diagnosis"]["why"]]
        expect(why, str(found))
        a.refused(said)
    return f"{why[0]['diagnosis']['call']}: {why[0]['diagnosis']['errno']}"


def delegated(user):
    """Nobody else has enabled the controllers here."""
    write(f"{cgroups.TOP}/cgroup.subtree_control", cgroups.ENABLE)
    return cgroups.delegated(user)


def command_in(place, user, *words):
    """A command of the user's in a cgroup. Only root may move a process out of the root's own."""
    def prepare():
        cgroups.enter(place)
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    done = subprocess.run(words, preexec_fn=prepare, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, check=False, timeout=support.TIMEOUT, cwd="/",
                          env=support.base_env())
    return support.Run(list(words), done.returncode, done.stdout.encode(), done.stderr.encode())


def delegation(a):
    row = a.check()["cgroup"]
    expect(row["state"] == "less", str(row))
    with delegated(a.user) as (_, place):
        done = command_in(place, a.user, DENYBOX, "check", "--json")
        expect(done.status == 0, repr(done))
        found = {row["name"]: row for row in json.loads(done.out)["requirements"]}["cgroup"]
        expect(found["state"] == "ok" and "memory" in found["found"], str(found))
    return found["found"]


def cgroup_limits(a):
    """The limits of spec/boundary.md, exact: the bundle says that the cgroup held them, one that is
    reached ends the payload, and no cgroup is left (delegated() looks)."""
    with delegated(a.user) as (top, place):
        bundle = a.path("bundle.json")
        words = ("run", "--cgroup", top, "--memory", "32m", "--pids-limit", "16", "--cpus", "1")
        done = command_in(place, a.user, DENYBOX, *words, "--venue", "CI", "--evidence", bundle, "--",
                          PAYLOAD, "exit", "7")
        expect(done.status == 7, repr(done))
        with open(bundle, encoding="utf-8") as file:
            limits = json.load(file)["limits"]
        for name, value in (("memory", 32 << 20), ("pids", 16), ("cpus", 1)):
            expect(limits[name]["held_by"] == "cgroup" and limits[name]["value"] == value,
                   str(limits[name]))
        a.acceptable(bundle)
        done = command_in(place, a.user, DENYBOX, *words, "--tmp-size", "64m", "--", PAYLOAD, "fill",
                          "/tmp")
        expect(done.status == 128 + signal.SIGKILL, f"twice the memory was given: {done!r}")
    return "memory, pids and cpus"


def yama(a, scope):
    path = "/proc/sys/kernel/yama/ptrace_scope"
    write(path, str(scope))
    expect(text_of(path) == str(scope), "the scope could not be set")
    expect(a.check()["yama"]["found"].endswith(f": {scope}"), "check does not say so")
    a.proven_run()
    return "complete"


for number in range(4):
    globals()[f"yama_{number}"] = lambda a, scope=number: yama(a, scope)


# ---------------------------------------------------------------- the report

def parameters():
    """What scripts/kernels says by the kernel's command line: kernels.NAME=VALUE."""
    return dict(re.findall(r"\bkernels\.(\w+)=(\S+)", text_of("/proc/cmdline")))


def outcome(function, a):
    try:
        return "pass", function(a)
    except Nothing as reason:
        return "none", str(reason)
    except Exception as error:  # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
        return "fail", f"{type(error).__name__}: {error}"


def run_suites(say, names, **how):
    """The live tests, two at a time; a line for each suite and user. What failed is printed."""
    process = subprocess.Popen([sys.executable, "-B", os.path.join(SRC, "tests", "live", "run"),
                                *names], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                               errors="replace", **{"env": suite_env(), **how})
    for text in process.stdout:
        print(text, end="", flush=True)
        found = table.SUMMARY.match(text)
        if found:
            say("suite", " ".join(found.groups()))
    process.wait()


def suite_env(**more):
    return {**os.environ, "TMPDIR": WORK, "CI": "true", **more}


def run_live(say, wanted):
    """Those that need a place for cgroups in one, the others without."""
    suites = [name for name in table.SUITES if name in wanted]
    if suites:
        run_suites(say, suites)
    suites = [name for name in table.DELEGATED if name in wanted]
    if suites:
        with delegated(ORDINARY) as (top, place):
            run_suites(say, suites, env=suite_env(DENYBOX_TEST_CGROUP=top),
                       preexec_fn=lambda: cgroups.enter(place))


def package():
    """The version of the kernel's package, which stands in that of the kernel."""
    return re.search(r" Debian (\S+)", os.uname().version).group(1)


def load_overlay():
    """Once, where it is a module."""
    if os.path.exists("/modules/overlay.ko") and not os.path.exists("/sys/module/overlay"):
        system("insmod", "/modules/overlay.ko")


def main():
    given = parameters()
    port = os.open(given["port"], os.O_WRONLY | os.O_NOCTTY)
    tty.setraw(port)

    def say(kind, text):
        os.write(port, table.line(kind, text).encode("ascii"))

    rows = dict((name, rows) for name, _, rows in table.BOOTS)[given["boot"]]
    say("begin", given["nonce"])
    lsm = text_of("/sys/kernel/security/lsm")
    say("kernel", f"{os.uname().machine} {os.uname().release} {package()} {landlock_abi()} {lsm}")
    if given.get("rows") == "no":
        rows = tuple(row for row in rows if row[0] == table.LIVE)
    for name, users, _ in rows:
        print(f"-- {name}", flush=True)
        if name != "no-overlay":
            load_overlay()
        for who in users:
            result, text = outcome(globals()[name.replace("-", "_")], As(who, given["boot"]))
            say("result", f"{name} {who} {result} {text}")
        if name == table.LIVE and "live" in given:
            run_live(say, given["live"].split(","))
    say("end", given["nonce"])


if __name__ == "__main__":
    main()
