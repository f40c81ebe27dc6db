# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the endurance runs share: the live tests' support, what is left of a run, the last line."""

import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))

import support  # noqa: E402  (found by the line above)


class World:
    """A work directory, and what must be as before: mounts, files, processes."""

    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="denybox-endure-")
        self.dir = self.scratch.name
        for name in ("in", "out", "cwd"):
            os.mkdir(os.path.join(self.dir, name))
        self.before = self.state()

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def state(self):
        """Every path below the directory, and the mounts of it: others may mount, too."""
        paths = sorted(os.path.join(top, name) for top, directories, files in os.walk(self.dir)
                       for name in directories + files)
        mounts = [row for row in support.read("/proc/self/mountinfo").splitlines()
                  if self.dir in row or "denybox" in row]
        return paths, mounts

    def left(self, allowed=(), orphans=False):
        """What a run has left behind, in words; nothing: []. `orphans`: a launcher may have been in
        no state to wait for what it had started."""
        found = []
        try:
            if not orphans:
                support.require_nothing_unreaped(())
        except support.LeftBehind as error:
            found.append(str(error))
        try:
            support.require_nothing_left(allowed)
        except support.LeftBehind as error:
            found.append(str(error))
        paths, mounts = self.state()
        found += [f"file {path}" for path in paths if path not in self.before[0]]
        if mounts != self.before[1]:
            found.append("the mounts have changed")
        return found

    def close(self):
        self.scratch.cleanup()


def number_of(default):
    """The count that the command line asks for."""
    return int(sys.argv[1]) if len(sys.argv) > 1 else default


def report(figures, problems):
    """Prints both, and the last line; ends the program."""
    for name, value in figures.items():
        print(f"{value:>9} {name}")
    for problem in problems[:20]:
        print(f"FAILED: {problem}")
    print(f"{0 if problems else 1} passed, {len(problems)} failed, 0 skipped")
    sys.exit(1 if problems else 0)
