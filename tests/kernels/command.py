# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs of this host that are started, and how it is said that it cannot go on."""

import os
import subprocess

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


class Failed(Exception):
    """It cannot go on, for the reason given."""


class Unavailable(Exception):
    """This is not to be had here, for the reason given."""


def run(*words, **how):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, text=True, **how)
    if done.returncode != 0:
        why = (done.stderr.strip() or "no word").splitlines()[-1]
        raise Failed(f"{' '.join(words[:3])}: {why}")
    return done.stdout
