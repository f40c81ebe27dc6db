#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""denybox check, and the same diagnosis when run cannot start: each obstacle is stood in the way for
real, by live-obstacle, and check and run must name its layer and its mend."""

import os
import re
import shutil
import signal

import support
from support import DENYBOX, EXIT_BLOCKED, EXIT_DENYBOX, Live, command, denybox, fault

OBSTACLE = support._program("DENYBOX_OBSTACLE", "live-obstacle")

ZERO = "user.max_{0}_namespaces is 0"
RAISE = "sudo sysctl -w user.max_{0}_namespaces="
FILTER = "a seccomp filter around denybox denies {0} with {1}"
OPEN = "podman run --security-opt seccomp="

# Root's --in and --out are mapped before the sandbox is started.
NAMESPACES = ("cannot make a user namespace for the mounts" if support.AS_ROOT else
              "cannot make the namespaces of the sandbox")
PRIVATE = "cannot map the owner of " if support.AS_ROOT else "cannot make the mounts private"

# (obstacles, requirement, what run says, why, mend)
OBSTACLES = [
    (["userns", "sysctl=user/max_user_namespaces:0"], "user-namespace",
     "cannot make the namespaces", ZERO.format("user"), RAISE.format("user")),
    (["userns", "sysctl=user/max_net_namespaces:0"], "net-namespace",
     "cannot make the network namespace", ZERO.format("net"), RAISE.format("net")),
    (["filter=clone3:ENOSYS"], "clone3", NAMESPACES,
     FILTER.format("clone3", "ENOSYS"), OPEN),
    (["filter=clone3:EPERM"], "clone3", NAMESPACES,
     FILTER.format("clone3", "EPERM"), OPEN),
    (["newuser=EPERM"], "clone3", NAMESPACES,
     FILTER.format("clone3", "ENOSYS"), OPEN),
    (["filter=unshare:EPERM"], "net-namespace",
     "cannot make the network namespace", FILTER.format("unshare", "EPERM"), OPEN),
    (["filter=mount_setattr:EPERM"], "mount_setattr", PRIVATE,
     FILTER.format("mount_setattr", "EPERM"), OPEN),
    (["filter=mount_setattr:ENOSYS"], "mount_setattr", PRIVATE,
     FILTER.format("mount_setattr", "ENOSYS"), OPEN),
    (["filter=fsopen:EPERM"], "tmpfs",
     "cannot make a tmpfs", FILTER.format("fsopen", "EPERM"), OPEN),
    (["filter=fsconfig:ENOSYS"], "tmpfs",
     "cannot make a tmpfs", FILTER.format("fsconfig", "ENOSYS"), OPEN),
    (["filter=fsmount:EACCES"], "tmpfs",
     "cannot make a tmpfs", FILTER.format("fsmount", "EACCES"), OPEN),
    (["filter=fsopen:KILL"], "tmpfs", "cannot ", "a seccomp filter around denybox", OPEN),
    (["filter=move_mount:EPERM"], "open_tree",
     "cannot ", FILTER.format("move_mount", "EPERM"), OPEN),
    (["filter=open_tree:EPERM"], "open_tree",
     "cannot take ", FILTER.format("open_tree", "EPERM"), OPEN),
    (["filter=pivot_root:EPERM"], "pivot_root",
     "cannot enter the new root", FILTER.format("pivot_root", "EPERM"), OPEN),
    (["filter=pidfd_open:ENOSYS"], "pidfd",
     "cannot hold on to the payload", FILTER.format("pidfd_open", "ENOSYS"), OPEN),
    (["filter=close_range:EPERM"], "close_range",
     "cannot close the caller's descriptors", FILTER.format("close_range", "EPERM"), OPEN),
    (["filter=landlock_create_ruleset:EPERM"], "landlock",
     "cannot ask for Landlock", FILTER.format("landlock_create_ruleset", "EPERM"), OPEN),
    (["filter=openat2:ENOSYS"], "openat2",
     "cannot open any path by openat2", FILTER.format("openat2", "ENOSYS"), OPEN),
    (["filter=openat2:EPERM"], "openat2",
     "cannot open any path by openat2", FILTER.format("openat2", "EPERM"), OPEN),
    (["unmapped"], "user-namespace",
     "cannot make the namespaces", "uid or gid has no mapping", "/proc/self/uid_map"),
]

FORMS = re.compile(r"  \S+ +(ok|missing|less|not tried|info) +\S.*")


def behind(obstacles, *words, **how):
    """A program with the obstacles in its way."""
    done = command([OBSTACLE, *obstacles, "--", *words], **how)
    if done.status == 99:
        raise AssertionError("the obstacle could not be made: " + repr(done))
    return done


def rows(document):
    return {row["name"]: row for row in document["requirements"]}


def userns(test):
    """A user namespace around, of an ordinary user: root's own is an obstacle."""
    if not support.AS_ROOT:
        return ["userns"]
    user = support.ordinary_user()
    os.chown(test.path("out"), user.pw_uid, user.pw_gid)
    return [f"uid={user.pw_uid}", "userns"]


class Check(Live):

    def document(self, obstacles=(), status=0):
        done = behind(obstacles, DENYBOX, "check", "--json")
        self.assert_status(done, status)
        self.assertEqual(done.err, "")
        return support.load_json(done.out)

    def test_this_host_is_able(self):
        """The control of everything below: without an obstacle, check and run both say yes."""
        done = behind([], DENYBOX, "check")
        self.assert_status(done, 0)
        self.assertTrue(done.out.splitlines()[-1].startswith("denybox can start here: "))
        self.assertNotIn("missing", done.out)
        self.assert_status(behind([], DENYBOX, "run", *self.io, "--", support.PAYLOAD, "exit", "0"),
                           0)

    def test_a_user_namespace_around_is_no_obstacle(self):
        """The control of the sysctls, which are set in one."""
        self.assertTrue(self.document(userns(self))["able"])
        done = behind(userns(self), DENYBOX, "run", *self.io, "--", support.PAYLOAD, "exit", "0")
        self.assert_status(done, 0)

    def test_an_innocent_filter_is_no_obstacle(self):
        document = self.document(["filter=landlock_create_ruleset:ENOSYS"])
        self.assertTrue(document["able"])
        self.assertEqual(rows(document)["landlock"]["state"], "less")
        self.assertIn("mode 2, 1 filters", rows(document)["outer-filter"]["found"])

    def test_each_obstacle_is_named(self):
        for obstacles, name, _, why, mend in OBSTACLES:
            with self.subTest(obstacles=obstacles):
                self.check_named(obstacles, name, why, mend)

    def check_named(self, obstacles, name, why, mend):
        done = behind(obstacles, DENYBOX, "check")
        self.assert_status(done, EXIT_BLOCKED)
        lines = done.out.splitlines()
        at = [n for n, line in enumerate(lines) if re.match(rf"  {name} +missing ", line)]
        self.assertEqual(len(at), 1, repr(done))
        self.assertTrue(lines[at[0] + 1].startswith("      why:  "), repr(done))
        self.assertIn(why, lines[at[0] + 1])
        self.assertTrue(lines[at[0] + 2].startswith("      mend: "), repr(done))
        self.assertIn(mend, lines[at[0] + 2])
        self.assertTrue(lines[-1].startswith("denybox cannot start here: "), repr(done))
        self.assertIn(f"missing: {name}", lines[-1])
        row = rows(self.document(obstacles, EXIT_BLOCKED))[name]
        self.assertEqual(row["state"], "missing")
        self.assertIn(why, row["diagnosis"]["why"])
        self.assertIn(mend, row["diagnosis"]["mend"])

    def test_run_says_the_same(self):
        for obstacles, _, says, why, mend in OBSTACLES:
            with self.subTest(obstacles=obstacles):
                self.check_run(obstacles, says, why, mend)

    def check_run(self, obstacles, says, why, mend, *options):
        done = behind(obstacles, DENYBOX, "run", *self.io, *options, "--", support.PAYLOAD,
                      "started")
        self.assert_status(done, EXIT_BLOCKED)
        lines = done.err.splitlines()
        self.assertTrue(lines[0].startswith("denybox: " + says), repr(done))
        self.assertTrue(lines[1].startswith("denybox: hint: "), repr(done))
        self.assertIn(why, lines[1])
        self.assertIn("; mend: ", lines[1])
        self.assertIn(mend, lines[1])
        self.assertEqual(lines[2:], ["denybox: BLOCKED: nothing was started"])
        self.assertEqual(os.listdir(self.path("out")), [])

    def test_attest_says_the_same(self):
        done = behind(["userns", "sysctl=user/max_user_namespaces:0"], DENYBOX, "attest", "--quiet")
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn(ZERO.format("user"), done.err)
        self.assertIn(RAISE.format("user"), done.err)

    def test_every_other_limit_on_namespaces(self):
        for kind, name in (("mnt", "mount-namespace"), ("pid", "pid-namespace"),
                           ("ipc", "ipc-namespace"), ("uts", "uts-namespace"),
                           ("cgroup", "cgroup-namespace")):
            obstacles = ["userns", f"sysctl=user/max_{kind}_namespaces:0"]
            with self.subTest(kind=kind):
                self.check_named(obstacles, name, ZERO.format(kind), RAISE.format(kind))
                self.check_run(obstacles, "cannot make the namespaces", ZERO.format(kind),
                               RAISE.format(kind))

    def test_what_rests_on_the_missing_is_not_blamed(self):
        found = rows(self.document(["userns", "sysctl=user/max_user_namespaces:0"], EXIT_BLOCKED))
        self.assertEqual(found["net-namespace"]["state"], "not tried")
        self.assertEqual(found["overlay"]["found"], "needs user-namespace")
        self.assertIsNone(found["overlay"]["diagnosis"])
        found = rows(self.document(["filter=mount_setattr:EPERM"], EXIT_BLOCKED))
        self.assertEqual(found["pivot_root"]["found"], "needs mount_setattr")

    def test_a_filter_on_the_flags_alone(self):
        """RestrictNamespaces= lets unshare through for other flags; the question finds it."""
        row = rows(self.document(["newuser=EPERM"], EXIT_BLOCKED))["user-namespace"]
        self.assertEqual(row["diagnosis"]["call"], "unshare of a user namespace")
        self.assertEqual(row["diagnosis"]["errno"], "EPERM")
        self.assertEqual(row["diagnosis"]["layer"], "a seccomp filter")
        row = rows(self.document(["filter=unshare:EPERM"], EXIT_BLOCKED))["net-namespace"]
        self.assertEqual(row["diagnosis"]["call"], "unshare")

    def test_a_limit_is_not_taken_for_a_filter(self):
        """The kernel's own refusal, beneath a filter that lets the call through."""
        obstacles = ["userns", "sysctl=user/max_user_namespaces:0",
                     "filter=landlock_create_ruleset:ENOSYS"]
        self.check_named(obstacles, "user-namespace", ZERO.format("user"), RAISE.format("user"))

    def test_a_filter_that_kills(self):
        row = rows(self.document(["filter=fsopen:KILL"], EXIT_BLOCKED))["tmpfs"]
        self.assertEqual(row["found"], "fsopen: ended by SIGSYS")
        self.assertIn(FILTER.format("fsopen", "SIGSYS"), row["diagnosis"]["why"])
        self.assertIsNone(row["diagnosis"]["errno"])
        row = rows(self.document(["filter=clone3:KILL"], EXIT_BLOCKED))["clone3"]
        self.assertEqual(row["found"], "clone3: ended by SIGSYS")

    def test_a_filter_on_kill(self):
        """What cannot be killed is not waited for."""
        self.assertTrue(self.document(["filter=kill:EPERM"])["able"])

    def test_few_open_files(self):
        """An option's value is beyond what the caller may ask for: run is misused, and check says
        that the default is."""
        why, mend = "hard limit of open files", "denybox run --nofile N with a smaller N"
        self.check_named(["nofile=1024"], "nofile-limit", why, mend)
        done = behind(["nofile=1024"], DENYBOX, "run", "--", support.PAYLOAD, "exit", "0")
        self.assert_error(done, EXIT_DENYBOX, "cannot set the limit on descriptors", why)
        self.assertIn(mend, done.err)
        done = behind(["nofile=1024"], DENYBOX, "run", "--nofile", "1023", "--", support.PAYLOAD,
                      "exit", "0")
        self.assert_status(done, 0)
        self.assert_status(behind(["nofile=1025"], DENYBOX, "check"), 0)

    def inside(self, how, *obstacles):
        """The obstacles that enter a directory which has the programs and /proc."""
        if not self.is_static():
            self.skipTest("the launcher is not static: it cannot be started in another root")
        top = self.path(how)
        for name in ("", "proc"):
            os.mkdir(os.path.join(top, name))
        for program in (DENYBOX, support.PAYLOAD):
            shutil.copy(program, top)
        return [*userns(self), f"bind=/proc:{top}/proc", f"{how}={top}", *obstacles]

    def is_static(self):
        return rows(self.document())["launcher"]["found"] == "static"

    def denybox_inside(self, obstacles, *words):
        return behind(obstacles, "/" + os.path.basename(DENYBOX), *words)

    def run_inside(self, obstacles, *options):
        return self.denybox_inside(obstacles, "run", *options, "--",
                                   "/" + os.path.basename(support.PAYLOAD), "exit", "0")

    def test_a_chroot(self):
        obstacles = self.inside("chroot")
        done = self.denybox_inside(obstacles, "check", "--json")
        self.assert_status(done, EXIT_BLOCKED)
        row = rows(support.load_json(done.out))["user-namespace"]
        self.assertEqual(row["diagnosis"]["errno"], "EPERM")
        self.assertEqual(row["diagnosis"]["layer"], "a chroot")
        done = self.run_inside(obstacles)
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("runs in a chroot", done.err)
        self.assertIn("mend: start denybox outside of the chroot", done.err)

    def test_no_proc_at_all(self):
        obstacles = [word for word in self.inside("pivot") if not word.startswith("bind=")]
        for done in (self.denybox_inside(obstacles, "check"), self.run_inside(obstacles)):
            self.assert_status(done, EXIT_BLOCKED)
            self.assertIn("denybox: hint: no procfs is mounted there; mend: sudo mount -t proc "
                          "proc /proc\n", done.err)

    def test_the_mend_of_a_chroot(self):
        """The control: the same directory, entered by pivot_root."""
        obstacles = self.inside("pivot")
        self.assert_status(self.denybox_inside(obstacles, "check"), 0)
        self.assert_status(self.run_inside(obstacles), 0)

    def test_a_landlock_ruleset_around(self):
        """Nothing tells that there is one but that no mount may be moved."""
        if rows(self.document())["landlock"]["state"] != "ok":
            self.skipTest("no Landlock here")
        why, mend = "a Landlock ruleset around it", "outside of the sandbox that its caller is in"
        self.check_named(["landlock"], "open_tree", why, mend)
        self.check_run(["landlock"], "cannot attach the new root: Operation not permitted", why, mend)

    def test_a_masked_proc(self):
        """No new procfs: --proc is refused, and nothing else. There must be no other /proc in sight,
        which would do for the kernel; other programs of the machine may have mounted one."""
        masked = self.inside("pivot", "mask=/proc/sys/fs")
        done = self.denybox_inside(masked, "check", "--json")
        self.assert_status(done, 0)
        row = rows(support.load_json(done.out))["new-procfs"]
        self.assertEqual(row["state"], "less")
        self.assertEqual(row["diagnosis"]["layer"], "a masked /proc")
        done = self.run_inside(masked, "--proc")
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("denybox: cannot mount /proc: ", done.err)
        self.assertIn("parts of /proc are mounted over", done.err)
        self.assertIn("; mend: podman run --security-opt unmask=ALL", done.err)
        self.assert_status(self.run_inside(masked), 0)

    def test_a_whole_proc(self):
        """The control of the masked one."""
        self.assert_status(self.run_inside(self.inside("pivot"), "--proc"), 0)

    def test_overlay(self):
        """It cannot be taken from a kernel: the test build has the second fsopen of a child refused,
        which only the overlay's is."""
        done = fault("fail:fsopen:ENODEV:2", "check", "--json")
        self.assert_status(done, 0)
        row = rows(support.load_json(done.out))["overlay"]
        self.assertEqual(row["state"], "less")
        self.assertEqual(row["diagnosis"]["layer"], "no overlay")
        self.assertIn("sudo modprobe overlay", row["diagnosis"]["mend"])
        self.assertEqual(rows(self.document())["overlay"]["state"], "ok")

    def test_a_file_system_without_idmapped_mounts(self):
        if not support.AS_ROOT:
            self.skipTest("only root's directories are mapped")
        done = denybox("check", "--json", cwd="/sys")
        self.assert_status(done, 0)
        row = rows(support.load_json(done.out))["idmapped-mounts"]
        self.assertEqual(row["state"], "less")
        self.assertEqual(row["diagnosis"]["layer"], "a file system")
        self.assert_error_blocked(denybox("run", "--in", "/sys/kernel", "--", support.PAYLOAD, "exit",
                                          "0"), row["diagnosis"])
        self.assertEqual(rows(self.document())["idmapped-mounts"]["state"], "ok")

    def assert_error_blocked(self, done, diagnosis):
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn(f"denybox: hint: {diagnosis['why']}; mend: {diagnosis['mend']}", done.err)

    def test_without_cgroups_of_version_2(self):
        """No scope of systemd's would help: the mend is another."""
        os.mkdir(self.path("empty"))
        obstacles = [*userns(self), f"bind={self.path('empty')}:/sys/fs/cgroup"]
        row = rows(self.document(obstacles))["cgroup"]
        self.assertEqual(row["state"], "less")
        self.assertEqual(row["diagnosis"]["layer"], "no cgroup of version 2")
        self.assertIn("systemd.unified_cgroup_hierarchy=1", row["diagnosis"]["mend"])

    def test_a_caller_who_ignores_its_children(self):
        done = denybox("check", preexec=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        self.assert_status(done, 0)
        done = behind(["filter=fsopen:KILL"], DENYBOX, "check", "--json",
                      preexec=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        row = rows(support.load_json(done.out))["tmpfs"]
        self.assertEqual(row["found"], "fsopen: ended by SIGSYS")

    def test_root_of_the_host_under_another_name(self):
        """Whom the kernel holds to no limit on processes, whatever its id is, and who the payload
        would be."""
        if not support.AS_ROOT:
            self.skipTest("this is about root")
        why, mend = "is that of root outside of its user namespace", "start denybox outside of that"
        self.check_named(["userns"], "pids-limit", why, mend)
        self.check_run(["userns"], "cannot start the payload: it would be root outside", why, mend)
        self.assertEqual(rows(self.document(userns(self)))["pids-limit"]["state"], "ok")

    def test_hidden_processes(self):
        """hidepid= hides an init that is not dumpable from its own user: it is proved all the same, and
        one that is dumpable is found."""
        if not support.AS_ROOT:
            self.skipTest("only root can mount such a /proc")
        user = support.ordinary_user()
        os.chown(self.path("out"), user.pw_uid, user.pw_gid)
        for level in "012":
            obstacles = [f"hidepid={level}", f"uid={user.pw_uid}"]
            with self.subTest(level):
                seen = behind(obstacles, support.PAYLOAD, "calls",
                              "openat -100 s:/proc/1/status 0 0").results()[0][1]
                self.assertEqual(seen, {"0": "3", "1": "EPERM", "2": "ENOENT"}[level])
                done = behind(obstacles, DENYBOX, "run", *self.io, "--", support.PAYLOAD, "started")
                self.assert_status(done, 7)
                os.remove(self.path("out", "started"))
                done = behind(obstacles, support.FAULTY, "run", *self.io, "--", support.PAYLOAD,
                              "started", env=support.base_env(DENYBOX_FAULT="skip:not-dumpable"))
                self.assert_status(done, EXIT_BLOCKED)
                self.assertIn("init is dumpable", done.err)
                self.assertEqual(os.listdir(self.path("out")), [])

    def test_another_user(self):
        if not support.AS_ROOT:
            self.skipTest("only root can become another user")
        user = support.ordinary_user()
        found = rows(self.document([f"uid={user.pw_uid}"]))
        self.assertEqual(found["idmapped-mounts"]["state"], "info")
        self.assertEqual(rows(self.document())["idmapped-mounts"]["state"], "ok")


class Output(Live):

    def test_the_table(self):
        done = denybox("check")
        self.assert_status(done, 0)
        lines = done.out.splitlines()
        shown = [line for line in lines[:-1] if FORMS.fullmatch(line)]
        document = support.load_json(denybox("check", "--json").out)
        self.assertEqual(len(shown), len(document["requirements"]))
        for line in lines[:-1]:
            self.assertTrue(FORMS.fullmatch(line) or re.match(r"      (why|mend|also): ", line), line)
        self.assertNotIn("\033", done.out)
        self.assertEqual(done.err, "")

    def test_quiet(self):
        self.assertEqual((denybox("check", "--quiet").status, denybox("check", "--quiet").out),
                         (0, ""))
        done = behind(["filter=pivot_root:EPERM"], DENYBOX, "check", "--quiet")
        self.assertEqual(len(done.out.splitlines()), 5, repr(done))

    def test_json(self):
        done = denybox("check", "--json")
        document = support.load_json(done.out)
        self.assertEqual(list(document), ["schema_version", "launcher_version", "able",
                                          "requirements"])
        self.assertEqual(document["schema_version"], 1)
        self.assertIs(document["able"], True)
        for row in document["requirements"]:
            self.assertEqual(list(row), ["name", "need", "purpose", "state", "found", "diagnosis"])
            if row["diagnosis"] is not None:
                self.assertEqual(list(row["diagnosis"]),
                                 ["call", "errno", "layer", "why", "mend", "also"])

    def test_misuse(self):
        for words, fragment in ((["--nonsense"], "there is no such option here"),
                                (["x"], "takes options alone"),
                                (["\033[31m"], "\\x1b[31m"),
                                (["--json", "--json"], "cannot use --json twice"),
                                (["--json", "--quiet"], "cannot use --quiet with --json")):
            self.assert_error(denybox("check", *words), EXIT_DENYBOX, fragment)

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = command(["/bin/sh", "-c", f'exec "$0" check >&{full.fileno()}', DENYBOX],
                           pass_fds=(full.fileno(),))
        self.assert_error(done, EXIT_DENYBOX, "cannot write the result")

    def test_nothing_is_mounted(self):
        """What was there before is there afterwards, in a mount namespace that nobody else has."""
        done = behind(userns(self), "/bin/sh", "-c",
                      'cat /proc/self/mountinfo; echo =; "$0" check >&2; cat /proc/self/mountinfo',
                      DENYBOX)
        before, after = done.out.split("=\n")
        self.assertEqual(before, after)
        self.assertIn("denybox can start here", done.err)

    def test_colours(self):
        """On a terminal only, and not under NO_COLOR."""
        def printed(**more):
            parent, terminal = os.openpty()
            with os.fdopen(parent, "rb", buffering=0) as reader:
                pid = os.fork()
                if pid == 0:
                    os.dup2(terminal, 1)
                    os.execve(DENYBOX, ["denybox", "check"], support.base_env(**more))
                os.close(terminal)
                text = b""
                try:
                    while chunk := reader.read(4096):
                        text += chunk
                except OSError:  # the terminal has no other end any more
                    pass
                os.waitpid(pid, 0)
            return text

        self.assertIn(b"\033[32mok", printed())
        self.assertNotIn(b"\033", printed(NO_COLOR="1"))
        self.assertIn(b"\033[32mok", printed(NO_COLOR=""))


if __name__ == "__main__":
    support.main()
