#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""denybox run: what a payload gets, what it sees of itself, and what comes back."""

import ctypes
import fcntl
import os
import resource
import signal
import socket
import subprocess
import tempfile
import threading

import support
from support import EXIT_DENYBOX, Live, run, shown

DEFAULT_ENV = ["HOME=/tmp", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR=/tmp"]


class Status(Live):

    def test_every_exit_status(self):
        for status in range(256):
            done = run(payload=("exit", str(status)))
            self.assertEqual(done.status, status)
            self.assertEqual(done.err, "")

    def test_every_deadly_signal(self):
        for number in (1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 31, 34, 64):
            done = run(payload=("signal", str(number)))
            self.assertEqual(done.status, 128 + number, signal.strsignal(number))

    def test_numbers_of_denybox_itself(self):
        """A payload may exit with 3 or 125; the status channel says that it was the payload."""
        for status in (3, 124, 125, 126, 127):
            reader, writer = os.pipe()
            done = run("--json-status-fd", str(writer), payload=("exit", str(status)),
                       pass_fds=(writer,))
            os.close(writer)
            with os.fdopen(reader) as channel:
                lines = [support.load_json(line) for line in channel]
            self.assert_status(done, status)
            self.assertEqual(lines[-1]["event"], "ended")
            self.assertEqual(lines[-1]["how"], "exited")
            self.assertEqual(lines[-1]["exit-code"], status)

    def test_what_it_took(self):
        """The last line of the status channel and the bundle say the same, and what is so."""
        with tempfile.TemporaryFile() as channel:
            done = run("--json-status-fd", str(channel.fileno()), "--evidence", self.path("bundle.json"),
                       payload=("memory", "32"), pass_fds=(channel.fileno(),))
            channel.seek(0)
            line = support.load_json(channel.readlines()[-1].decode("ascii"))
        self.assert_status(done, 0)
        result = support.load_json(support.read(self.path("bundle.json")))["result"]
        self.assertEqual(
            {name: line[name.replace("_", "-")] for name in ("user_us", "system_us", "max_rss_kib")},
            result["usage"])
        self.assertEqual(line["elapsed-ms"], result["elapsed_ms"])
        self.assertGreaterEqual(line["max-rss-kib"], 32 << 10)
        self.assertLess(line["max-rss-kib"], 64 << 10)
        self.assertGreater(line["user-us"] + line["system-us"], 0)


class Streams(Live):

    def test_standard_input_from_a_pipe(self):
        data = os.urandom(3 << 20)
        done = run(payload=("cat",), stdin=data)
        self.assert_status(done, 0)
        self.assertEqual(done.raw_out, data)

    def test_standard_input_from_a_file(self):
        support.write(self.path("data"), "from a file\n")
        with open(self.path("data"), "rb") as data, open(self.path("result"), "wb") as result:
            done = subprocess.run([support.DENYBOX, "run", "--", support.PAYLOAD, "cat"],
                                  stdin=data, stdout=result, check=False)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(support.read(self.path("result")), "from a file\n")

    def test_output_and_error_are_apart(self):
        done = run(payload=("both",))
        self.assertEqual((done.out, done.err), ("to standard output\n", "to standard error\n"))

    def test_output_nobody_reads(self):
        """The reader goes away: the payload gets SIGPIPE, and denybox says so."""
        process = subprocess.Popen([support.DENYBOX, "run", "--", support.PAYLOAD, "cat"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdout.close()
        try:
            process.stdin.write(b"x" * 100000)
            process.stdin.close()
        except BrokenPipeError:
            pass
        self.assertEqual(process.wait(timeout=support.TIMEOUT), 128 + signal.SIGPIPE)

    def test_closed_streams(self):
        """What the caller has closed is no window for something else."""
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            done = run(payload=("exit", "5"), closed=closed)
            self.assertEqual(done.status, 5, closed)
        done = run(payload=("calls", "read 0 b:1 1"), closed=(0,))
        self.assertEqual(done.results(), [("read", "0")])
        done = run(payload=("show",), closed=(0, 2))
        self.assertEqual(shown(done)["descriptors"], "0 1 2")


class Environment(Live):

    def show(self, *options, **how):
        done = run(*options, payload=("show",), **how)
        self.assert_status(done, 0)
        return shown(done)

    def test_default_environment(self):
        values = self.show(env={"PATH": "/bin", "AWS_SECRET_KEY": "x", "FOO": "bar",
                                "LD_PRELOAD": "/x.so", "HOME": "/root", "LC_ALL": "C"})
        self.assertEqual(sorted(values["env"]), DEFAULT_ENV)

    def test_setenv(self):
        values = self.show("--setenv", "A", "b=c", "--setenv", "LANG", "C", "--setenv", "E", "")
        self.assertEqual(sorted(values["env"]),
                         ["A=b=c", "E=", "HOME=/tmp", "LANG=C", *DEFAULT_ENV[2:]])

    def test_secret_names_are_refused(self):
        for name in ("TOKEN", "my_secret", "PGPASSWORD", "API_KEY", "apikey", "AWS_CREDENTIALS",
                     "PRIVATE_KEY", "DATABASE_URL", "SENTRY_DSN", "CONN_STR", "SESSION_ID",
                     "COOKIE", "AUTHORIZATION"):
            done = run("--setenv", name, "x")
            self.assert_error(done, EXIT_DENYBOX, "looks like a secret")
            self.assertNotIn("'x'", done.err)

    def test_bad_names_are_refused(self):
        for name in ("", "1A", "A-B", "A=B", "A B", "\u00c4"):
            self.assert_error(run("--setenv", name, "x"), EXIT_DENYBOX, "want a name")

    def test_arguments(self):
        done = run(payload=("echo", "", "a b", "--in", "\u00e4", "\n"))
        self.assertEqual(done.out, "\na b\n--in\n\u00e4\n\n\n")

    def test_long_command_line(self):
        """As long as the kernel takes it, so does denybox: one long word, and many words."""
        for words in (["x" * 120000], ["y" * 9] * 20000):
            done = run(payload=("echo", *words))
            self.assert_status(done, 0)
            self.assertEqual(done.out, "".join(word + "\n" for word in words))

    def test_argv0(self):
        self.assertEqual(self.show()["argv"][0], support.PAYLOAD)
        self.assertEqual(self.show("--argv0", "other")["argv"][0], "other")

    def test_directory(self):
        self.assertEqual(self.show(cwd=self.dir)["cwd"], "/")
        for place in ("/tmp", "/out", "/in", "/etc"):
            self.assertEqual(self.show("--chdir", place)["cwd"], place)
        done = run("--chdir", "/nowhere")
        self.assert_error(done, EXIT_DENYBOX, "cannot change to '/nowhere'", "--chdir")

    def test_names(self):
        values = self.show()
        self.assertEqual((values["hostname"], values["domainname"]), ("denybox", "(none)"))
        self.assertNotEqual(socket.gethostname(), "denybox", "the machine's name proves nothing")
        self.assertEqual(self.show("--hostname", "a-b.c")["hostname"], "a-b.c")

    def test_ids(self):
        values = self.show()
        self.assertEqual(values["uid"], "65532 65532 65532")
        self.assertEqual(values["gid"], "65532 65532 65532")
        # The groups of an ordinary caller cannot be dropped, only made nameless; root's are.
        if support.AS_ROOT:
            self.assertEqual(values["groups"], "0")
        values = self.show("--uid", "1", "--gid", "2")
        self.assertEqual((values["uid"], values["gid"]), ("1 1 1", "2 2 2"))

    def test_umask_of_the_caller(self):
        for mask in (0, 0o077, 0o777):
            values = self.show(preexec=lambda mask=mask: os.umask(mask))
            self.assertEqual(values["umask"], "22", oct(mask))

    def test_modes_do_not_depend_on_the_callers_umask(self):
        modes = []
        for mask in (0o022, 0o077, 0o777):
            done = support.denybox("run", "--rootfs", support.rootfs(), "--",
                                   "/usr/bin/busybox", "stat", "-c", "%a %n", "/", "/in", "/out",
                                   "/tmp", "/etc", "/root", "/app",
                                   preexec=lambda mask=mask: os.umask(mask))
            self.assert_status(done, 0)
            modes.append(done.out)
        self.assertEqual(modes, modes[:1] * 3)

    def test_signals_of_the_caller(self):
        """Ignored and blocked ones are the caller's affair."""
        def ignore():
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP,
                                                    signal.SIGCHLD}:
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        values = self.show(preexec=ignore)
        self.assertEqual((values["blocked"], values["not-default"]), ("0", "0"))

    def test_ended_children_of_the_caller(self):
        """A caller that ignores SIGCHLD, as some daemons do, still learns the true status."""
        done = run(payload=("exit", "9"), timeout=10,
                   preexec=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        self.assertEqual(done.status, 9)

    def test_personality_of_the_caller(self):
        """ADDR_NO_RANDOMIZE would be inherited."""

        libc = ctypes.CDLL(None)
        values = self.show(preexec=lambda: libc.personality(0x0040000))
        self.assertEqual(values["personality"], "0")
        # The control: without a sandbox it is.
        done = support.command([support.PAYLOAD, "show"],
                               preexec=lambda: libc.personality(0x0040000))
        self.assertEqual(shown(done)["personality"], "40000")

    def test_real_time_policy_of_the_caller(self):
        """Nobody of the same priority would get a processor from the payload: no end would come."""
        if not support.may_be_real_time():
            self.skipTest("this user may not have a real-time policy")
        self.assertEqual(self.show(preexec=support.be_real_time)["policy"], str(os.SCHED_OTHER))
        # The control: without a sandbox it is kept.
        done = support.command([support.PAYLOAD, "show"], preexec=support.be_real_time)
        self.assertEqual(shown(done)["policy"], str(os.SCHED_RR))

    def test_session(self):
        values = self.show()
        self.assertEqual((values["session-leader"], values["group-leader"]), ("1", "1"))
        self.assertEqual(values["ppid"], "1")

    def test_privilege(self):
        values = self.show()
        self.assertEqual(values["no-new-privs"], "1")
        self.assertEqual(values["seccomp"], "2")
        # NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE with their locks, KEEP_CAPS locked off.
        self.assertEqual(values["securebits"], "ef")

    def test_descriptors_of_the_caller(self):
        kept, passed = os.open(self.dir, os.O_RDONLY), os.open("/dev/null", os.O_RDONLY)
        socket_one, socket_two = socket.socketpair()
        high = fcntl.fcntl(passed, fcntl.F_DUPFD, 900)
        above = fcntl.fcntl(passed, fcntl.F_DUPFD, 1500)
        numbers = (kept, passed, socket_one.fileno(), high, above)
        try:
            def leak():
                for fd in numbers[1:]:
                    os.set_inheritable(fd, True)
            # close_fds would hide what the test is about.
            process = subprocess.run([support.DENYBOX, "run", "--", support.PAYLOAD, "show"],
                                     close_fds=False, preexec_fn=leak, check=False,
                                     stdin=subprocess.DEVNULL, capture_output=True)
            lines = dict(line.split(" ", 1) for line in process.stdout.decode().splitlines()
                         if line.startswith("descriptors"))
            self.assertEqual(lines, {"descriptors": "0 1 2"})
            # The control: the same without a sandbox shows them.
            control = subprocess.run([support.PAYLOAD, "show"], close_fds=False, preexec_fn=leak,
                                     check=False, stdin=subprocess.DEVNULL, capture_output=True)
            for fd in numbers[1:]:
                self.assertRegex(control.stdout.decode(), rf"descriptors .*\b{fd}\b")
        finally:
            for fd in (kept, passed, high, above):
                os.close(fd)
            socket_one.close()
            socket_two.close()

    def test_quiet_and_verbose(self):
        done = run("--verbose", payload=("exit", "0"))
        self.assertIn("PR-NET-1", done.err)
        self.assertEqual(run("--quiet", payload=("exit", "0")).err, "")

    def test_core_limit_of_the_caller(self):
        """A caller without limits does not give the payload any."""
        def unlimited():
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
        try:
            values = self.show(preexec=unlimited)
        except subprocess.SubprocessError:
            self.skipTest("the limit on core files cannot be raised here")
        self.assertEqual(values["limit-core"], "1 1")


class Signals(Live):

    def start(self, *payload):
        process = subprocess.Popen([support.DENYBOX, "run", "--", support.PAYLOAD, *payload],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.assertIn(process.stdout.readline(), (b"waiting\n", b"sleeping\n"))
        return process

    def test_forwarded(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT,
                       signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM):
            process = self.start("handle", str(int(number)))
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=support.TIMEOUT), number)
        support.require_nothing_left()

    def test_deadly(self):
        process = self.start("sleep", "60")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=support.TIMEOUT), 128 + signal.SIGTERM)
        support.require_nothing_left()

    def test_who_asks_twice_gets_it(self):
        """A payload that will not go is killed at the second request."""
        process = self.start("stubborn")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.stdout.readline(), b"no\n")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=support.TIMEOUT), 128 + signal.SIGKILL)
        support.require_nothing_left()

    def test_many_at_once(self):
        """Starts beside each other do not disturb each other."""
        results = {}

        def one(status):
            done = subprocess.run([support.DENYBOX, "run", "--", support.PAYLOAD, "exit",
                                   str(status)], check=False, stdin=subprocess.DEVNULL)
            results[status] = done.returncode
        threads = [threading.Thread(target=one, args=(n,)) for n in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, {n: n for n in range(40)})
        support.require_nothing_left()


if __name__ == "__main__":
    support.main()
