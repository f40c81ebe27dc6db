#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the bench on what has been built: makes its directories, becomes an ordinary user when
# started by root, says what machine this is, and measures.
#
#   run.sh [--tools DIR] [--denybox PATH] [--faulty PATH] [--json FILE] [--rounds N] [STARTS]
#
# --tools    directory of bench, floor, nothing, peak and syscost (default: that of this script)
# --faulty   the test build of denybox, which can leave out the gate
# --rounds   how often what is not a single start is measured (default 5)
# BENCH_USER in the environment: whom to be instead of root (default nobody)
set -eu
umask 022 # what is made here is for another user to read

user=${BENCH_USER:-nobody}
tools=$(dirname -- "$0")
denybox=
faulty=
json=
rounds=5
starts=300
programs='bench floor nothing peak syscost'

die() {
    printf 'run.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

parse() {
    while [ $# -gt 0 ]; do
        case $1 in
        --tools | --denybox | --faulty | --json | --rounds) [ $# -ge 2 ] || die "$1 needs a value" 2 ;;
        esac
        case $1 in
        --tools) tools=$2 && shift 2 ;;
        --denybox) denybox=$2 && shift 2 ;;
        --faulty) faulty=$2 && shift 2 ;;
        --json) json=$2 && shift 2 ;;
        --rounds) rounds=$2 && shift 2 ;;
        -*) die "unknown option $1" 2 ;;
        *) starts=$1 && shift ;;
        esac
    done
}

# An absolute path, as the measurement does not run in this directory.
absolute() {
    case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s/%s\n' "$PWD" "$1" ;;
    esac
}

# Runs a command as the ordinary user, with an environment that says nothing of the caller's.
as_user() {
    if [ "$(id -u)" -eq 0 ]; then
        set -- setpriv --reuid "$user" --regid "$(id -g -- "$user")" --clear-groups "$@"
    fi
    env -i PATH="$PATH:/usr/sbin:/sbin" HOME="$work/home" XDG_RUNTIME_DIR="$work/home" LC_ALL=C "$@"
}

check_user() {
    [ "$(id -u)" -eq 0 ] || return 0
    command -v setpriv >/dev/null || die 'started by root, and setpriv (util-linux) is missing'
    id -- "$user" >/dev/null 2>&1 || die "no user $user: set BENCH_USER"
    [ "$(id -u -- "$user")" -ne 0 ] || die "$user is root: set BENCH_USER"
}

make_directories() {
    mkdir "$work/in" "$work/out" "$work/home" "$work/bin" "$work/roots"
    chmod 755 "$work"
}

# Last of the preparations: what the user owns, root neither writes nor reads any more.
hand_over() {
    if [ "$(id -u)" -eq 0 ]; then
        chown -R "$user:$(id -g -- "$user")" "$work/out" "$work/home" "$work/crun" "$work/runc"
    fi
}

# Copies a program to where the user can run it, as an installation would, and prints its path.  A
# build tree may be closed to the user.  Without debugging information, as a distribution installs it
# and its peers: --evidence digests the launcher.  And copied last: what a linker or strip has just
# written lies in the page cache in small pieces, which makes its start slower.
runnable() {
    [ -x "$1" ] || die "$1 is not there: build it first"
    strip -o "$work/stripped" -- "$1" && cp -- "$work/stripped" "$work/bin/${1##*/}" &&
        rm -- "$work/stripped" && printf '%s\n' "$work/bin/${1##*/}"
}

# All tools in one directory, as bench looks for them in its own.
gather_tools() {
    for program in $programs; do
        found=$(runnable "$tools/$program")
    done
    tools=${found%/*}
}

# The payload with 6 MB more, which are read from it and never executed.
make_big_payload() {
    cp -- "$tools/nothing" "$work/bin/nothing-6m"
    head -c 6291456 /dev/zero >>"$work/bin/nothing-6m"
}

# A root of so many files, 100 a directory, and the payload.
make_root() {
    mkdir "$work/roots/$1"
    cp -- "$tools/nothing" "$work/roots/$1/"
    (
        cd "$work/roots/$1"
        directory=0
        while [ "$directory" -lt "$1" ]; do
            mkdir "lib-$directory"
            count=100
            [ "$count" -le "$1" ] || count=$1
            seq -f "lib-$directory/file-%g" "$count" | xargs touch
            directory=$((directory + 100))
        done
    )
}

# For crun and runc: a bundle of that name, with the same mounts and namespaces, and the further
# mounts that are given.  The payload is root inside, since without root they have to map that.
write_bundle() {
    bundle=$work/$1
    mkdir "$bundle" "$bundle/rootfs" "$bundle/state"
    for name in in out tmp proc; do mkdir "$bundle/rootfs/$name"; done
    cp -- "$tools/nothing" "$bundle/rootfs/payload"
    cat >"$bundle/config.json" <<EOF
{
  "ociVersion": "1.0.2",
  "root": {"path": "rootfs", "readonly": true},
  "process": {
    "user": {"uid": 0, "gid": 0}, "cwd": "/", "args": ["/payload"], "env": [],
    "noNewPrivileges": true, "capabilities": {}
  },
  "mounts": [
    $2
    {"destination": "/in", "type": "bind", "source": "$work/in",
     "options": ["bind", "ro", "nosuid", "nodev", "noexec"]},
    {"destination": "/out", "type": "bind", "source": "$work/out",
     "options": ["bind", "nosuid", "nodev", "noexec"]},
    {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs",
     "options": ["nosuid", "nodev", "noexec"]}
  ],
  "linux": {
    "uidMappings": [{"containerID": 0, "hostID": $(as_user id -u), "size": 1}],
    "gidMappings": [{"containerID": 0, "hostID": $(as_user id -g), "size": 1}],
    "namespaces": [
      {"type": "user"}, {"type": "mount"}, {"type": "pid"}, {"type": "network"},
      {"type": "ipc"}, {"type": "uts"}, {"type": "cgroup"}
    ]
  }
}
EOF
}

line() {
    printf '%-10s %s\n' "$1" "$2"
}

# The first line of what a program says of its version.
version() {
    if command -v "$1" >/dev/null; then
        line "${1##*/}" "$(as_user "$@" 2>&1 </dev/null | head -n 1)"
    else
        line "$1" 'not installed'
    fi
}

# Also a part of the JSON form.
describe_machine() {
    line date "$(date -u +%Y-%m-%d)"
    line kernel "$(uname -srm)"
    line cpus "$(getconf _NPROCESSORS_ONLN)"
    line load "$(cut -d ' ' -f 1-3 /proc/loadavg)"
    line mounts "$(grep -c '' /proc/self/mountinfo)"
    line user "$(as_user id -un) (uid $(as_user id -u))"
    for peer in bwrap unshare firejail crun runc; do version "$peer" --version; done
    # These have no option that prints their version.
    for peer in nsjail minijail0; do
        line "$peer" "$(command -v "$peer" || echo 'not installed')"
    done
    [ -z "$denybox" ] || version "$denybox" --version
}

measure() {
    set -- --work "$work" --json "$work/out/bench.json" --rounds "$rounds" "$starts"
    [ -z "$denybox" ] || set -- --denybox "$denybox" "$@"
    [ -z "$faulty" ] || set -- --faulty "$faulty" "$@"
    (cd "$work" && as_user "$tools/bench" "$@")
}

parse "$@"
tools=$(absolute "$tools")
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

check_user
make_directories
gather_tools
[ -z "$denybox" ] || denybox=$(runnable "$(absolute "$denybox")")
[ -z "$faulty" ] || faulty=$(runnable "$(absolute "$faulty")")
make_big_payload
for files in 10 1000 10000; do make_root "$files"; done
write_bundle crun ''
# It does not start anything where it has no /proc.
write_bundle runc '{"destination": "/proc", "type": "proc", "source": "proc"},'
hand_over
describe_machine >"$work/machine"
cat "$work/machine"
echo
measure || die "could not measure (status $?)"
[ -z "$json" ] || as_user cat "$work/out/bench.json" >"$json"
