# SPDX-License-Identifier: LGPL-2.1-or-later
"""A place for cgroups that is an ordinary user's, as systemd would delegate one. Root makes it."""

import contextlib
import os

TOP = "/sys/fs/cgroup"
CONTROLLERS = ("memory", "pids", "cpu")
ENABLE = " ".join("+" + name for name in CONTROLLERS)


def put(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def words(path):
    try:
        with open(path, encoding="ascii") as file:
            return file.read().split()
    except OSError:
        return []


def why_none():
    """Why this host has no such place to give; None: it has.

    Nothing of the host's is changed for it. A controller is in one hierarchy at a time: where those of
    version 1 are mounted they have it, and nobody but the host's owner could take it from there.
    """
    if os.geteuid() != 0:
        return "only root can give one away"
    if not os.path.exists(f"{TOP}/cgroup.controllers"):
        return f"no hierarchy of version 2 is mounted at {TOP}"
    missing = [name for name in CONTROLLERS if name not in words(f"{TOP}/cgroup.subtree_control")]
    if missing:
        return f"not enabled beneath {TOP}: {' '.join(missing)}"
    if not os.access(TOP, os.W_OK):
        return f"{TOP} is read-only"
    return None


@contextlib.contextmanager
def delegated(user, name="delegated"):
    """A cgroup with the controllers, which is the user's; the path of it, and of a place in it, where
    who is to use it has to be. The controllers are enabled at the top."""
    top = f"{TOP}/{name}"
    place = f"{top}/place"
    os.mkdir(top)
    try:
        put(f"{top}/cgroup.subtree_control", ENABLE)
        os.mkdir(place)
        for path in (top, place):
            for file in ("", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"):
                os.chown(os.path.join(path, file), user.pw_uid, user.pw_gid)
        yield top, place
    finally:
        left = [entry.name for entry in os.scandir(top) if entry.is_dir() and entry.name != "place"]
        for folder in (*left, "place", ""):
            with contextlib.suppress(FileNotFoundError):
                os.rmdir(os.path.join(top, folder))
    if left:
        raise AssertionError(f"cgroups are left behind: {left}")


def enter(place):
    put(f"{place}/cgroup.procs", str(os.getpid()))
