# SPDX-License-Identifier: LGPL-2.1-or-later
"""What goes into the machine when it is of this host's architecture: programs of the host, and the
packages that its apt knows. foreign.py is for another one, and has the same functions."""

import os
import re
import shutil
import sys

from command import TOP, Failed, run

sys.path.insert(0, os.path.join(TOP, "tests", "live"))

import roots  # noqa: E402

CARRIED = ("python3", "busybox", "bwrap", "apparmor_parser", "mke2fs", "jq", "sqlite3")


class Host:
    def __init__(self, machine, build):
        self.machine, self.build = machine, build
        self.apt_options = ()

    def renew(self):
        """The host's lists of packages are renewed by whoever looks after it."""

    def make_build(self):
        """It is there: whoever starts this has made it."""

    def make_root(self, root):
        why = roots.make(os.path.join(self.build, "denybox"), root, CARRIED)
        if why is not None:
            raise Failed("no root for the machine: " + why)
        for path in re.findall(r"(/\S+) \(0x", run("ldd", os.path.join(self.build, "denybox-faulty"))):
            target = os.path.join(root, os.path.relpath(path, "/"))
            if not os.path.exists(target):
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy(path, target)
        copy_apparmor("/", root)


def copy_apparmor(top, root):
    """What the shipped profile includes."""
    for name in ("tunables", "abi"):
        shutil.copytree(os.path.join(top, "etc/apparmor.d", name),
                        os.path.join(root, "etc/apparmor.d", name))
