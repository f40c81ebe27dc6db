# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is tried on every kernel. Read by scripts/kernels, which demands a result for each row, and by
guest.py, which has a function for each."""

import re

# As whom: an ordinary user, and root.
USER, ROOT = "user", "root"
BOTH = (USER, ROOT)
LIVE = "live-tests"

# (name, as whom, what has to come of it)
FULL = (
    ("no-overlay", BOTH, "overlay not loaded: --rootfs refused, the module named; all else runs"),
    ("check", BOTH, "able; Landlock as the kernel itself says"),
    ("attest", BOTH, "twelve PASS, four mounts; ACCEPTABLE to verify"),
    ("controls", BOTH, "each removal flips its probes and no other"),
    ("run", BOTH, "a static payload, and python3 in a root"),
    ("no-idmap", (ROOT,), "a file system without idmapped mounts: --in and --out refused"),
    ("hidepid", BOTH, "/proc with hidepid=2: runs, evidence ACCEPTABLE"),
    ("noexec-tmp", BOTH, "a payload on a noexec /tmp refused by name, others run"),
    ("nested", BOTH, "denybox in denybox refused, the filter named"),
    ("bubblewrap", (USER,), "in bubblewrap with a masked /proc: runs; --proc refused by name"),
    ("userns-clone-0", BOTH, "that sysctl of kernel: refused by name; root runs"),
    ("max-user-namespaces-0", BOTH, "that sysctl of user: refused by name"),
    ("apparmor-shipped", BOTH, "AppArmor, the shipped profile without its rule userns: runs"),
    ("apparmor-mount", BOTH, "a profile that denies mounts: refused, the profile named"),
    ("delegation", (USER,), "a delegated cgroup is found; none where there is none"),
    ("cgroup-limits", (USER,), "memory, pids and cpus held by the delegated cgroup"),
    # Each suite has a line of its own.
    (LIVE, (), "the live tests of SUITES"),
    ("yama-0", BOTH, "Yama's ptrace_scope 0: runs, evidence ACCEPTABLE"),
    ("yama-1", BOTH, "Yama's ptrace_scope 1: runs, evidence ACCEPTABLE"),
    ("yama-2", BOTH, "Yama's ptrace_scope 2: runs, evidence ACCEPTABLE"),
    # The last one: nothing lowers it again.
    ("yama-3", BOTH, "Yama's ptrace_scope 3: runs, evidence ACCEPTABLE"),
)

# A second start, on which no security module of the list is enabled, Landlock among them.
BARE = tuple(row for row in FULL if row[0] in ("check", "attest", "controls", "run", "nested"))

# name, words for the kernel's command line, rows
BOOTS = (
    ("full", "", FULL),
    ("bare", "lsm=capability apparmor=0 selinux=0", BARE),
)

# The live tests that are run there: those whose outcome is the kernel's. Not what the rows above do
# (attest, controls, run), what compares files and bundles, what needs other programs of the host, nor
# what holds hundreds of starts against a clock (faults).
SUITES = ("boundary", "check", "escape", "lifetime", "limits", "seal", "walls")

# And those in a cgroup of the ordinary user's.
DELEGATED = ("cgroup",)

# Every line of the second serial port is one of these; anything else is a failure.
LINE = re.compile(r"(begin|kernel|result|suite|end) ([\x20-\x7e]{1,500})")
RESULT = re.compile(r"(\S+) (user|root) (pass|fail|none) (.+)")
# What tests/live/run says of a suite.
SUMMARY = re.compile(r"(\w+) as (\w+) +(\d+) passed, (\d+) failed, (\d+) skipped, \d+ s$")
SUITE = re.compile(r"(\S+) (user|root) (\d+) (\d+) (\d+)")


def line(kind, text):
    """A line for the second serial port; what it cannot hold is escaped or cut."""
    shown = "".join(c if " " <= c <= "~" else "?" for c in " ".join(text.split()))
    return f"{kind} {shown[:500] or '-'}\n"
