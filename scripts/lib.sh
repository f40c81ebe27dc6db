# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What quickstart, test and coverage share.  Sourced; sets no option of the shell.
#
#   $top     the source tree
#   $source  the tree that is built: $top, or a copy of it (choose_trees)
#   $build   where it is built

top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
program=${0##*/}

# --- talking -----------------------------------------------------------------

die() {
  printf '%s: cannot %s\n' "$program" "$1" >&2
  shift
  if (($#)); then printf '  %s\n' "$@" >&2; fi
  exit 1
}

say() {
  printf '%s\n' "$@"
}

# Seconds since it began, on the line of a step; on a terminal only.
tick() {
  local begin=$SECONDS
  while sleep 1; do printf '\r%-44s %4d s' "$1" $((SECONDS - begin)); done
}

# attempt LABEL LOG COMMAND...: runs it without input, its output to LOG; shows what is going on.
# It is in a process group of its own, so that an interruption ends all of it.
child=
attempt() {
  local label=$1 log=$2 begin=$SECONDS status=0 clock=
  shift 2
  if [[ -t 1 ]]; then
    printf '%-44s' "$label"
    tick "$label" &
    clock=$!
  else
    say "$label ..."
  fi
  timeout --kill-after=10 "${STEP_TIMEOUT:-1500}" "$@" >"$log" 2>&1 </dev/null &
  child=$!
  wait "$child" || status=$?
  child=
  if [[ -n $clock ]]; then
    kill "$clock" 2>/dev/null
    wait "$clock" 2>/dev/null
    printf '\r%-44s %4d s\n' "$label" $((SECONDS - begin))
  fi
  if ((status == 124)); then say "ended after ${STEP_TIMEOUT:-1500} s: it hangs" >>"$log"; fi
  return "$status"
}

# step LABEL LOG COMMAND...: the same for what has to succeed
step() {
  if ! attempt "$@"; then
    tail -n 25 -- "$2" | sed 's/^/    /' >&2
    die "go on: '$1' failed" "all of its output: $2"
  fi
}

interrupted() {
  if [[ -n $child ]]; then kill -TERM "$child" 2>/dev/null; fi
  if [[ -n ${scratch:-} ]]; then discard "$scratch"; fi
  exit 130
}

# discard DIRECTORY: it is removed when we end, however that comes
discarded=()
discard() {
  discarded+=("$1")
  trap 'rm -rf -- "${discarded[@]}"' EXIT
}

# --- trees -------------------------------------------------------------------

# copy_tree FROM TO: the sources, without what is built and without history
copy_tree() {
  mkdir -p -- "$2" &&
    tar -C "$1" -c --exclude=./build --exclude=./.git --exclude=./autom4te.cache . |
    tar -C "$2" -x --no-same-owner
}

is_ours_to_build() {
  [[ -w $top ]] || return 1
  [[ -e $top/build ]] || return 0
  [[ -w $top/build && -z $(find "$top/build" ! -type l ! -writable -print -quit 2>&1) ]]
}

# Sets $source, $build and $logs.  Where the tree cannot be written to, a copy in a new directory
# ($scratch) serves.
choose_trees() {
  if [[ -e $top/config.status ]]; then
    die "build beside the source tree: $top itself is configured" "make distclean there"
  fi
  source=$top build=$top/build scratch=
  if [[ -n ${DENYBOX_BUILD:-} ]]; then
    mkdir -p -- "$DENYBOX_BUILD" || exit 1
    build=$(cd -- "$DENYBOX_BUILD" && pwd)
  elif ! is_ours_to_build; then
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/denybox.XXXXXX") || exit 1
    source=$scratch/source build=$scratch/build
    say "$top, or the build directory in it, cannot be written to: building a copy in $scratch"
    copy_tree "$top" "$source" || exit 1
  fi
  logs=$build/logs
  mkdir -p -- "$logs" || exit 1
}

# prepare_build CONFIGURE-OPTION...: as far as make
prepare_build() {
  cd -- "$build" || exit 1
  if [[ ! -x $source/configure || ! -e $source/Makefile.in || ! -e $source/build-aux/missing ]]; then
    step 'making configure' "$logs/autoreconf.log" autoreconf -fi "$source"
  fi
  if [[ ! -e $build/config.status || ! -e $build/Makefile ||
    "$(cat "$build/options" 2>/dev/null)" != "$*" ]]; then
    step 'configuring' "$logs/configure.log" "$source/configure" "$@"
    printf '%s\n' "$*" >"$build/options"
  fi
}

# make_targets LABEL LOG TARGET...
make_targets() {
  local label=$1 log=$2
  shift 2
  step "$label" "$log" make -C "$build" -j"$(nproc)" "$@"
}
