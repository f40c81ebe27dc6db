# SPDX-License-Identifier: LGPL-2.1-or-later
"""A root directory with several programs of this host, by denybox pack."""

import shutil
import subprocess

PROGRAMS = ("python3", "jq", "sqlite3", "busybox")

# Version managers put theirs in front of PATH.
PATH = "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin"


def make(denybox, root, programs=PROGRAMS):
    """Makes it; the first is the program of pack, the others come with it. Returns why not, or None."""
    paths = []
    for name in programs:
        path = shutil.which(name, path=PATH)
        if path is None:
            return f"{name} is not installed"
        paths += [path] if not paths else ["--with", path]
    done = subprocess.run([denybox, "pack", "--quiet", "-o", root, *paths], check=False,
                          capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr.strip()
