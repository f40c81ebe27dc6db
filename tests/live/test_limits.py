#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Limits: each is reached, is exact where it can be, and is the sandbox's alone."""

import os
import resource
import signal
import subprocess

import support
from support import Live, denybox, run, shown


# Linux's number of RLIMIT_NICE, which Python's module lacks.
NICE = 13


class Limits(Live):

    def show(self, *options):
        done = run(*options, payload=("show",))
        self.assert_status(done, 0)
        return shown(done)

    def test_defaults(self):
        """boundary.md: pids 64, memory 256 MiB, 1 CPU; 1024 descriptors; no core."""
        values = self.show()
        # init is one of the processes that the kernel counts.
        self.assertEqual(values["limit-nproc"], "65 65")
        self.assertEqual(values["limit-data"], f"{256 << 20} {256 << 20}")
        self.assertEqual(values["limit-nofile"], "1024 1024")
        self.assertEqual(values["limit-core"], "1 1")
        self.assertEqual(values["cpus"], "1")

    def test_pids_are_exact(self):
        """With --pids-limit 8 the eighth fork fails: the payload is the first of the eight."""
        done = run("--pids-limit", "8", payload=("forks", "100"))
        self.assert_results(done, [("children", "7"), ("last", "EAGAIN")])
        done = run("--pids-limit", "1", payload=("forks", "100"))
        self.assert_results(done, [("children", "0"), ("last", "EAGAIN")])
        done = run(payload=("forks", "100"))
        self.assert_results(done, [("children", "63"), ("last", "EAGAIN")])

    def test_pids_are_the_sandboxs_alone(self):
        """Processes of the same user outside, and in another sandbox, do not count."""
        others = [subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL) for _ in range(12)]
        box = subprocess.Popen([support.DENYBOX, "run", "--", support.PAYLOAD, "sleep", "60"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            self.assertEqual(box.stdout.readline(), b"sleeping\n")
            process = subprocess.run([support.DENYBOX, "run", "--pids-limit", "8", "--",
                                      support.PAYLOAD, "forks", "100"], stdin=subprocess.DEVNULL,
                                     capture_output=True, check=False)
            self.assertEqual(process.stdout, b"children 7\nlast EAGAIN\n")
        finally:
            for process in [*others, box]:
                process.kill()
                process.wait()
            box.stdout.close()
        support.require_nothing_left()

    def test_threads_count(self):
        done = run("--pids-limit", "8", payload=("threads", "7"))
        self.assert_results(done, [("sum", "7000"), ("staying", "7"), ("last", "EAGAIN")])

    def test_memory(self):
        done = run("--memory", "32m", payload=("memory", "64"))
        self.assert_status(done, 0)
        got = int(dict(done.results())["mebibytes"])
        self.assertEqual(dict(done.results())["last"], "ENOMEM")
        self.assertLessEqual(got, 32)
        self.assertGreater(got, 28)
        done = run("--memory", "128m", payload=("memory", "64"))
        self.assert_results(done, [("mebibytes", "64"), ("last", "ok")])

    def test_file_size(self):
        done = run(*self.io, "--fsize", "4k",
                   payload=("calls", "openat -100 s:/out/f 0xc1 0644", "ftruncate 3 4096"))
        self.assert_results(done, [("openat", "3"), ("ftruncate", "0")])
        os.remove(self.path("out", "f"))
        done = run(*self.io, "--fsize", "4k",
                   payload=("calls", "openat -100 s:/out/f 0xc1 0644", "ftruncate 3 4097"))
        self.assert_status(done, 128 + signal.SIGXFSZ)
        self.assertEqual(os.path.getsize(self.path("out", "f")), 0)

    def test_a_caller_who_may_write_no_file(self):
        """A probe would be killed for it: it is said before."""
        def limited():
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        done = run(*self.io, payload=("started",), preexec=limited)
        self.assert_error(done, support.EXIT_DENYBOX, "limit on the size of files is 0",
                          "ulimit -f unlimited")
        self.assertEqual(os.listdir(self.path("out")), [])
        self.assert_status(run("--fsize", "4k", payload=("exit", "0"), preexec=limited), 0)

    def test_descriptors(self):
        done = run("--nofile", "64", payload=("descriptors",))
        self.assert_results(done, [("last", "EMFILE"), ("open", "64")])

    def test_many_descriptors_of_the_callers(self):
        """They take no number that the sandbox needs: here, each up to its limit and beyond."""
        null = os.open("/dev/null", os.O_RDONLY)
        kept = [os.dup(null) for _ in range(100)]
        try:
            done = run("--nofile", "64", payload=("descriptors",), pass_fds=kept)
            self.assert_results(done, [("last", "EMFILE"), ("open", "64")])
        finally:
            for fd in (null, *kept):
                os.close(fd)

    def test_smallest_values(self):
        """What the table of options accepts must run."""
        for options in (("--nofile", "64"), ("--tmp-size", "4096"), ("--pids-limit", "1"),
                        ("--cpus", "1"), ("--memory", "1m"), ("--fsize", "4096")):
            done = run(*options, payload=("exit", "5"))
            self.assertEqual(done.status, 5, repr(done))

    def test_smallest_values_with_everything_open(self):
        done = support.denybox("run", *self.io, "--rootfs", support.rootfs(), "--nofile", "64",
                               "--evidence", self.path("bundle.json"), "--", "/usr/bin/busybox",
                               "true")
        self.assert_status(done, 0)

    def test_processors(self):
        have = len(os.sched_getaffinity(0))
        self.assertEqual(self.show("--cpus", "1")["cpus"], "1")
        self.assertEqual(self.show("--cpus", "1024")["cpus"], str(have))
        if have < 2:
            self.skipTest("one processor: there is no second to be given")
        self.assertEqual(self.show("--cpus", "2")["cpus"], "2")

    def test_limits_cannot_be_raised(self):
        done = support.calls((), [f"prlimit64 0 {number} x:ffffffffffffff7fffffffffffffff7f 0"
                                  for number in (2, 4, 6, 7)])
        self.assertEqual([got for _, got in done], ["EPERM"] * 4)

    def test_tmp_is_full(self):
        """Row 10: bytes, then inodes; the host's file systems have nothing of it."""
        for size in (1 << 20, 4 << 20):
            done = run("--tmp-size", str(size), payload=("fill", "/tmp"))
            results = dict(done.results())
            self.assertEqual((results["bytes-last"], results["inodes-last"]),
                             ("ENOSPC", "ENOSPC"), repr(done))
            self.assertLessEqual(int(results["bytes"]), size)
            self.assertGreater(int(results["bytes"]), size - (64 << 10))
            self.assertLessEqual(int(results["inodes"]), size // 4096 + 2)
            self.assertGreater(int(results["inodes"]), 100)

    def test_default_tmp(self):
        results = dict(run(payload=("fill", "/tmp")).results())
        self.assertLessEqual(int(results["bytes"]), 16 << 20)
        self.assertGreater(int(results["bytes"]), 15 << 20)

    def test_throw_away_out_is_full(self):
        results = dict(run("--tmp-size", "1m", payload=("fill", "/out")).results())
        self.assertEqual((results["bytes-last"], results["inodes-last"]), ("ENOSPC", "ENOSPC"))

    def test_empty_in_is_read_only(self):
        done = support.calls((), ["openat -100 s:/in/new 0xc1 0644", "mkdirat -100 s:/in/d 0755",
                                  f"openat -100 s:/in {support.DIRECTORY} 0"])
        self.assertEqual([got for _, got in done], ["EROFS", "EROFS", "3"])

    def test_no_core(self):
        """Row 33: a payload that dies of SIGSEGV leaves no core, with a limit of the caller's or
        without."""
        before = set(os.listdir("/tmp"))
        done = run(*self.io, "--chdir", "/out", payload=("signal", "11"), cwd=self.dir)
        self.assert_status(done, 128 + signal.SIGSEGV)
        self.assertEqual(os.listdir(self.path("out")), [])
        self.assertEqual([name for name in set(os.listdir("/tmp")) - before
                          if name.startswith("core")], [])
        self.assertEqual(sorted(os.listdir(self.dir)), ["in", "out"])

    def test_core_limit_of_the_callers(self):
        """A hard limit of 0 cannot be raised to 1: as good where cores are files, refused where
        core_pattern is a pipe, which the kernel does not hold to 0."""
        with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
            pipe = file.read().startswith("|")
        done = run(payload=("exit", "5"), preexec=lambda: resource.setrlimit(
            resource.RLIMIT_CORE, (0, 0)))
        if os.getuid() == 0:  # root may raise it again
            self.assertIn(done.status, (5, support.EXIT_DENYBOX), repr(done))
        elif pipe:
            self.assert_error(done, support.EXIT_DENYBOX, "core_pattern is a pipe", "ulimit")
        else:
            self.assert_status(done, 5)

    def test_a_caller_whom_the_kernel_spares(self):
        """A service with OOMScoreAdjust=-500: its payload is not spared. What is above 0 stays."""
        for own, wanted in (("300", "300"), ("-500", "0")):
            def adjust(own=own):
                with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
                    file.write(own)
            call = ("openat -100 s:/proc/self/oom_score_adj 0 0", "read r:0 b:16 16")
            try:
                done = run("--proc", "--cgroup", "off", payload=("calls", *call), preexec=adjust)
            except subprocess.SubprocessError:
                self.skipTest("this user may not be spared")
            self.assert_results(done, [("openat", "3"), ("read", str(len(wanted) + 1))])

    def leave_of_the_caller(self, limit, value, call, denied):
        """A limit that the caller may use is none of the payload's; targeted denies no such call."""
        name = call.split()[0]
        words = ("--seccomp", "targeted", "--", support.PAYLOAD, "calls", call)

        def raised():
            resource.setrlimit(limit, (value, value))
        try:
            done = denybox("run", *words, preexec=raised)
        except subprocess.SubprocessError:
            self.skipTest("that limit cannot be raised here")
        self.assert_results(done, [(name, denied)])
        # The control: with the step left out, and nobody looking, it works.
        done = support.fault("skip:real-time,skip:gate", "run", *words, preexec=raised)
        self.assert_results(done, [(name, "0")])

    def test_leave_of_the_caller_for_real_time(self):
        """What pam_limits(8) gives an audio group."""
        self.leave_of_the_caller(resource.RLIMIT_RTPRIO, 9, "sched_setscheduler 0 2 x:01000000",
                                 "EPERM")

    def test_leave_of_the_caller_for_lower_nice_values(self):
        self.leave_of_the_caller(NICE, 30, "setpriority 0 0 -5", "EACCES")

    def test_stack(self):
        """RLIMIT_DATA does not count it: at most what --memory gives, and the caller's where it has
        an end. 8 MiB is the kernel's own default."""
        without_end = resource.RLIM_INFINITY
        if not support.AS_ROOT and resource.getrlimit(resource.RLIMIT_STACK)[1] != without_end:
            self.skipTest("the limit on the stack cannot be raised here")
        for soft, hard, memory, seen in (
                (2 << 20, without_end, "64m", (2 << 20, 64 << 20)),
                (without_end, without_end, "64m", (8 << 20, 64 << 20)),
                (65 << 20, 65 << 20, "64m", (8 << 20, 64 << 20)),
                (without_end, without_end, "4m", (4 << 20, 4 << 20)),
                (1 << 20, 2 << 20, "64m", (1 << 20, 2 << 20))):
            with self.subTest(soft=soft, hard=hard, memory=memory):
                done = run("--memory", memory, payload=("show",), preexec=lambda:
                           resource.setrlimit(resource.RLIMIT_STACK, (soft, hard)))
                self.assert_status(done, 0)
                self.assertEqual(shown(done)["limit-stack"], f"{seen[0]} {seen[1]}")

    def test_a_payload_that_calls_itself(self):
        def unlimited():
            resource.setrlimit(resource.RLIMIT_STACK, (resource.RLIM_INFINITY,) * 2)
        if not support.AS_ROOT and \
                resource.getrlimit(resource.RLIMIT_STACK)[1] != resource.RLIM_INFINITY:
            self.skipTest("the limit on the stack cannot be raised here")
        self.assert_status(run("--memory", "64m", payload=("deep", "80"), preexec=unlimited),
                           128 + signal.SIGSEGV)
        self.assert_results(run("--memory", "64m", payload=("deep", "7"), preexec=unlimited),
                            [("deep", "7")])
        # The control: without the limits, and nobody looking, it has as much as it likes.
        done = support.fault("skip:limits,skip:gate", "run", "--memory", "64m", "--",
                             support.PAYLOAD, "deep", "80", preexec=unlimited)
        self.assert_results(done, [("deep", "80")])

    def test_a_user_who_has_too_many_keys(self):
        done = support.fault("fail:keyctl:EDQUOT", "run", "--", support.PAYLOAD, "exit", "0")
        self.assert_status(done, support.EXIT_BLOCKED)
        self.assertIn("denybox: cannot start a session keyring: Disk quota exceeded\n"
                      "denybox: hint: the user has as many keys as it may", done.err)

    def test_beyond_the_callers_limit(self):
        """A hard limit of the caller's cannot be exceeded: one line, nothing started."""

        def lower():
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
        if support.AS_ROOT:
            self.skipTest("root may raise its limits")
        done = run("--nofile", "4096", payload=("started",), preexec=lower)
        self.assert_error(done, support.EXIT_DENYBOX, "cannot set the limit", "ulimit")

    def test_few_descriptors(self):
        """The caller's soft limit is one that anybody may raise."""
        done = run(payload=("exit", "5"), preexec=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (8, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
        self.assert_status(done, 5)

    def test_too_few_descriptors(self):
        """Where a hard limit leaves fewer than a start needs, whatever it needs them for."""
        for few in (5, 12):
            done = run("--evidence", self.path("bundle.json"), payload=("started",),
                       preexec=lambda few=few: resource.setrlimit(resource.RLIMIT_NOFILE, (few, few)))
            self.assertIn(done.status, (support.EXIT_BLOCKED, support.EXIT_DENYBOX), repr(done))
            self.assertIn("Too many open files\ndenybox: hint: the caller may have too few open files",
                          done.err)
            self.assertEqual(done.out, "")

    def test_a_small_stack(self):
        """The launcher's own: less than it needs is refused, and so much is enough."""
        for size, enough in ((24 << 10, False), (255 << 10, False), (256 << 10, True)):
            done = run(payload=("exit", "0"), preexec=lambda: resource.setrlimit(
                resource.RLIMIT_STACK, (size, resource.getrlimit(resource.RLIMIT_STACK)[1])))
            if enough:
                self.assert_status(done, 0)
            else:
                self.assert_error(done, support.EXIT_DENYBOX, f"a stack of {size} bytes",
                                  "ulimit -s 8192")

    def test_beyond_the_kernels_limit(self):
        """The seal takes one descriptor more than --nofile: fs.nr_open holds root as well."""
        with open("/proc/sys/fs/nr_open", encoding="ascii") as file:
            most = int(file.read())
        if most > 1048576:
            self.skipTest("fs.nr_open is more than --nofile can be")
        done = run("--nofile", str(most), payload=("started",))
        self.assert_error(done, support.EXIT_DENYBOX, "cannot set the limit",
                          "smaller than fs.nr_open")
        self.assertNotIn("prlimit", done.err)


if __name__ == "__main__":
    support.main()
