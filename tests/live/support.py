# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the live tests share: the programs, work directories, runs and the last line.

Environment:
  DENYBOX, DENYBOX_FAULTY  the programs; without them those of the build directory it stands in
  DENYBOX_PAYLOAD          the static payload (tests/live/live-payload of the build)
  DENYBOX_ATTEST           denybox-attest; there may be none, where it cannot be linked statically
  DENYBOX_SRC              the source tree, for its fixtures, scripts and tables
  DENYBOX_TEST_ROOTFS      a root made by roots.py; without it one is made
  DENYBOX_TEST_SLOWNESS    how many times slower than elsewhere a machine may be, where it is emulated:
                           every limit of time is as many times longer
"""

import atexit
import contextlib
import ctypes
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True

import roots

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.environ.get("DENYBOX_SRC", os.path.dirname(os.path.dirname(HERE)))

# Where nothing says otherwise, a run takes milliseconds; a hang is what this finds.
SLOWNESS = int(os.environ.get("DENYBOX_TEST_SLOWNESS", "1"))
TIMEOUT = 60 * SLOWNESS

# In the words of "calls": aarch64 has another number for it than x86_64.
DIRECTORY = hex(os.O_DIRECTORY)

EXIT_BLOCKED, EXIT_DENYBOX, EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND = 3, 125, 126, 127


def _program(variable, name):
    path = os.environ.get(variable, os.path.join(os.getcwd(), name))
    if not os.access(path, os.X_OK):
        sys.exit(f"cannot find {name}: set {variable}, or start in the build directory")
    return os.path.abspath(path)


DENYBOX = _program("DENYBOX", "denybox")
FAULTY = _program("DENYBOX_FAULTY", "denybox-faulty")
PAYLOAD = _program("DENYBOX_PAYLOAD", "live-payload")
ATTESTER = os.path.abspath(os.environ.get("DENYBOX_ATTEST", "denybox-attest"))
if not os.access(ATTESTER, os.X_OK):
    ATTESTER = None

AS_ROOT = os.geteuid() == 0
# For what takes minutes and asks nothing of the kernel: a second pass, as another user, needs none.
once = unittest.skipIf(os.environ.get("DENYBOX_TEST_AGAIN") == "1",
                       "the pass before this one has done it, as another user")

# Whatever loses its parent becomes a child of this process: what a run leaves behind is seen.
PR_SET_CHILD_SUBREAPER = 36
if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    sys.exit("cannot become a subreaper")


class LeftBehind(AssertionError):
    """A process has outlived its run."""


# What is made once for all tests.
_made = {}


def children():
    """The children of this process that still run; reaps the others."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            return []
    return child_list()


def child_list():
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as listing:
        return [int(pid) for pid in listing.read().split()]


def require_nothing_unreaped(before):
    """Fails when a process of denybox that was not there before has ended, and its parent has not
    waited for it: where nobody else does, as in a container without an init, these become many."""
    names = []
    for pid in set(child_list()) - set(before):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                name, rest = stat.read().split("(", 1)[1].rsplit(")", 1)
            if rest.split()[0] == "Z" and name.startswith("denybox"):
                names.append(name)
    if names:
        raise LeftBehind(f"nobody has waited for {names}")


def require_nothing_left(allowed=()):
    """Fails when a process of an earlier run is still there after a while."""
    end = time.monotonic() + 10 * SLOWNESS
    while True:
        left = [pid for pid in children() if pid not in allowed]
        if not left:
            return
        if time.monotonic() > end:
            names = []
            for pid in left:
                with open(f"/proc/{pid}/status", encoding="ascii") as status:
                    names.append(status.readline().strip())
                os.kill(pid, signal.SIGKILL)
            raise LeftBehind(f"processes are left behind: {names}")
        time.sleep(0.005)


def descendants(pid):
    """All processes below one."""
    found, todo = [], [pid]
    while todo:
        parent = todo.pop()
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children", encoding="ascii") as listing:
                    todo += [int(word) for word in listing.read().split()]
        except OSError:
            continue
        found += [child for child in todo if child not in found]
    return found


def wait_exit(pid):
    """The exit status of a child, of which nothing is left; one that does not end is killed."""
    end = time.monotonic() + TIMEOUT
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended == pid:
            require_nothing_left()
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise AssertionError(f"process {pid} does not end")
        time.sleep(0.01)


def wait_state(pid, states):
    """Waits until the process is in one of these states, as in /proc/PID/stat; returns its pid."""
    end = time.monotonic() + TIMEOUT
    while True:
        state = read(f"/proc/{pid}/stat").rpartition(")")[2].split()[0]
        if state in states:
            return pid
        if time.monotonic() > end:
            raise AssertionError(f"process {pid} is {state}, want {states}")
        time.sleep(0.01)


class Run:
    """How a command ended: status (128+n for a signal of its own), out, err as text and bytes."""

    def __init__(self, argv, status, out, err):
        self.argv, self.status, self.raw_out, self.raw_err = argv, status, out, err
        self.out = (out or b"").decode("utf-8", "replace")
        self.err = (err or b"").decode("utf-8", "replace")

    def __repr__(self):
        return f"{' '.join(self.argv)}\nstatus {self.status}\nout: {self.out}\nerr: {self.err}"

    def results(self):
        """The lines "name result" that the payload has printed, as pairs."""
        return [tuple(line.rsplit(" ", 1)) for line in self.out.splitlines()]


def be_real_time():
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def may_be_real_time():
    try:
        be_real_time()
    except PermissionError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


def command(argv, *, stdin=b"", env=None, timeout=TIMEOUT, cwd=None, pass_fds=(), preexec=None,
            closed=(), user=None, orphans=False):
    """Runs argv to its end and sees that nothing is left of it; `orphans`: but for processes that
    have ended, whose parent was gone."""

    def prepare():
        if user is not None:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        if preexec is not None:
            preexec()
        for fd in closed:
            os.close(fd)

    argv = [os.fspath(word) for word in argv]
    before = child_list()
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, cwd=cwd, pass_fds=pass_fds,
                               env=base_env() if env is None else env, preexec_fn=prepare)
    try:
        out, err = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise AssertionError(f"no end within {timeout} s: {argv}") from error
    if process.returncode >= 0 and not orphans:
        require_nothing_unreaped(before)
    status = process.returncode if process.returncode >= 0 else 128 - process.returncode
    require_nothing_left()
    return Run(argv, status, out, err)


def cache():
    """A cache for all tests of this process; the caller's own is left alone."""
    if "cache" not in _made:
        _made["cache"] = tempfile.mkdtemp(prefix="denybox-cache-")
        atexit.register(shutil.rmtree, _made["cache"], ignore_errors=True)
    return _made["cache"]


def base_env(**more):
    """The tests' own environment, without what would be the tests' fault."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**keep, "XDG_CACHE_HOME": cache(), **more}


def denybox(*words, **how):
    """Runs denybox."""
    return command([DENYBOX, *words], **how)


def run(*words, payload=("show",), **how):
    """denybox run OPTIONS -- live-payload APPLET..."""
    return command([DENYBOX, "run", *words, "--", PAYLOAD, *payload], **how)


def calls(options, script, program=None, **how):
    """Runs a list of system calls in the sandbox; returns [(name, result)]."""
    done = run(*options, payload=("calls", *script), **how)
    if done.status != 0:
        raise AssertionError(repr(done))
    return done.results()


def ordinary_user():
    """Whom a control runs as when the tests run as root: never as root outside a sandbox."""
    if not AS_ROOT:
        return None
    return pwd.getpwnam(os.environ.get("DENYBOX_TEST_USER", "nobody"))


def outside(*words, **how):
    """The payload with no sandbox, as an ordinary user: the control of a denial."""
    return command([PAYLOAD, *words], user=ordinary_user(), **how)


def fault(specification, *words, **how):
    """Runs the test build with one fault."""
    environment = base_env(DENYBOX_FAULT=specification)
    # Without a pid namespace nobody reaps what init has left.
    return command([FAULTY, *words], env=environment, orphans="skip:ns-pid" in specification, **how)


def stopped(specification, *words, **how):
    """Starts the test build, and waits until it has stopped itself at that call. The caller lets it
    go on or kills it, and waits for it."""
    process = subprocess.Popen([FAULTY, *words], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env=base_env(DENYBOX_FAULT="stop:" + specification), **how)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        raise AssertionError(f"it did not stop at {specification}: {status}, {words}")
    return process


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text="", mode=0o644):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def load_json(text):
    """Strict: no key twice, nothing after the end."""
    def unique(pairs):
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)
    return json.loads(text, object_pairs_hook=unique)


def rootfs():
    """A root directory with python3, jq, sqlite3 and busybox; the same for all tests."""
    given = os.environ.get("DENYBOX_TEST_ROOTFS")
    if given:
        return given
    if "rootfs" not in _made:
        top = tempfile.mkdtemp(prefix="denybox-root-")
        os.chmod(top, 0o755)
        atexit.register(shutil.rmtree, top, ignore_errors=True)
        why = roots.make(DENYBOX, os.path.join(top, "root"))
        if why is not None:
            raise unittest.SkipTest("no root directory: " + why)
        _made["rootfs"] = os.path.join(top, "root")
    return _made["rootfs"]


def _why_not():
    """Why no sandbox can be started here, or None. Anything but a refusal is for the tests."""
    done = run(payload=("exit", "0"))
    if done.status == EXIT_BLOCKED and "cannot make the namespaces" in done.err:
        return "user namespaces are not available here: " + done.err.strip().replace("\n", "; ")
    return None


def sanitized():
    """Is it a build for scripts/sanitize?  It says so by what it is linked with."""
    if "sanitized" not in _made:
        with open(FAULTY, "rb") as file:
            _made["sanitized"] = b"__asan_init" in file.read()
    return _made["sanitized"]


def not_sanitized(reason):
    """Skips a test that a build with sanitizers cannot be held to."""
    if sanitized():
        raise unittest.SkipTest(f"not under a sanitizer: {reason}")


class Live(unittest.TestCase):
    """A test with a work directory of its own: self.dir, with in/ and out/ in it."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if "reason" not in _made:
            _made["reason"] = _why_not()
        if _made["reason"] is None:
            return
        if os.environ.get("CI") == "true":
            raise AssertionError(_made["reason"])
        raise unittest.SkipTest(_made["reason"])

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="denybox-live-")
        # Where the tests run as root, the controls do not.
        os.chmod(self.dir, 0o755)
        self.addCleanup(self._remove)
        for name in ("in", "out"):
            os.mkdir(self.path(name))
        self.io = ("--in", self.path("in"), "--out", self.path("out"))

    def _remove(self):
        subprocess.run(["chmod", "-R", "u+rwX", self.dir], check=False)
        shutil.rmtree(self.dir)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def evidence(self, name="bundle.json"):
        return load_json(read(self.path(name)))

    def batched(self, *options, command=(PAYLOAD, "exit", "0")):
        """A bundle of a batch, with the payload itself as its image unless options say otherwise."""
        for name in ("inputs", "inputs/one", "results"):
            os.makedirs(self.path(name), exist_ok=True)
        write(self.path("inputs", "one", "file"), "content")
        cache = base_env(XDG_CACHE_HOME=self.path("cache"))
        done = denybox("batch", "--quiet", "--venue", "VPS", "--in-each", self.path("inputs"),
                       "--out-each", self.path("results"), *options, "--", *command, env=cache)
        self.assert_status(done, 0)
        document = self.evidence(os.path.join("results", "one", "bundle.json"))
        shutil.rmtree(self.path("results"))
        return document

    def assert_status(self, done, status):
        self.assertEqual(done.status, status, repr(done))

    def in_mount_namespace(self, script, propagation="private"):
        """Runs a shell that may mount, without a change to the machine's mounts."""
        unshare = shutil.which("unshare")
        if unshare is None:
            self.skipTest("no unshare(1) to make the mount with")
        words = [unshare, "--mount", "--propagation", propagation]
        if not AS_ROOT:
            words += ["--user", "--map-root-user"]
        done = command([*words, "sh", "-c", script])
        if "unshare:" in done.err:
            self.skipTest("no mount namespace to make the mount in: " + done.err.strip())
        return done

    def assert_error(self, done, status, fragment, hint=None):
        """One line that says what is wrong, and at most one more: the hint."""
        self.assert_status(done, status)
        lines = done.err.splitlines()
        self.assertTrue(lines and lines[0].startswith("denybox: cannot "), repr(done))
        self.assertIn(fragment, lines[0])
        self.assertLessEqual(len(lines), 2, repr(done))
        if len(lines) == 2:
            self.assertTrue(lines[1].startswith("denybox: hint: "), repr(done))
        if hint is not None:
            self.assertIn(hint, done.err)
        self.assertEqual(done.out, "")

    def assert_results(self, done, expected):
        """The payload's lines are exactly these pairs."""
        self.assert_status(done, 0)
        self.assertEqual(done.results(), list(expected), repr(done))


def shown(done):
    """The output of the applet show, as {name: value}, with lists for env and argv."""
    values = {"env": [], "argv": []}
    for line in done.out.splitlines():
        name, _, value = line.partition(" ")
        if name in ("env", "argv"):
            values[name].append(value)
        else:
            values[name] = value
    return values


class _Result(unittest.TextTestResult):
    """Counts, and says at once what was skipped and why."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.stream.writeln(f"skipped: {test}: {reason}")


def main():
    """Runs the tests of the calling module; the last line counts them."""
    names = sys.argv[1:]
    loader = unittest.TestLoader()
    module = sys.modules["__main__"]
    suite = loader.loadTestsFromNames(names, module) if names else \
        loader.loadTestsFromModule(module)
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=0, resultclass=_Result)
    # A class that is skipped or that fails as a whole stands for each of its tests.
    total = suite.countTestCases()
    result = runner.run(suite)
    failed = len({str(test) for test, _ in result.failures + result.errors})
    skipped = len(result.skipped)
    if total != result.passed + failed + skipped:
        missing = total - result.passed - failed - skipped
        if failed:
            failed += missing
        else:
            skipped += missing
    print(f"{result.passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)
