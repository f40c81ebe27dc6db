#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Tests of scripts/mkrootfs: what a root contains, that it is the same every
# time, that programs run in it (by bubblewrap, as a root of its own), and that
# bad input gives one line and leaves nothing behind.
# Ends with the line `N passed, N failed, N skipped`.

set -u -o pipefail
export LC_ALL=C
unset SOURCE_DATE_EPOCH

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
mkrootfs=$here/../scripts/mkrootfs
fixtures=$here/../fixtures
passed=0 failed=0 skipped=0

top=$(mktemp -d) || exit 1
trap 'rm -rf -- "$top"' EXIT
trap 'exit 1' HUP INT TERM
cd -- "$top" || exit 1

# check NAME COMMAND...: the command succeeds
check() {
  local name=$1
  shift
  if "$@" >"$top/log" 2>&1; then
    passed=$((passed + 1))
    printf 'ok: %s\n' "$name"
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$name"
    sed 's/^/    /' "$top/log"
  fi
}

skip() {
  skipped=$((skipped + 1))
  printf 'skipped: %s: %s\n' "$1" "$2"
}

is() {
  if [[ $1 != "$2" ]]; then
    printf 'is: %s\nnot: %s\n' "$1" "$2"
    return 1
  fi
}

# nothing COMMAND...: the command prints nothing
nothing() {
  is "$("$@" 2>&1 | head -n 5)" ''
}

# --- a root and its digest ----------------------------------------------------

programs=()
for program in python3 jq sqlite3 busybox; do
  if [[ $program == python3 || -n $(type -P "$program") ]]; then
    programs+=("$program")
  else
    skip "$program in the root" 'not installed'
  fi
done

make_root() {
  "$mkrootfs" "$@" "${programs[@]}"
}

listing() {
  (cd -- "$1" && find . -printf '%P %y %m %T@ %l %n %s\n' | sort)
}

same_root() {
  diff -r --no-dereference "$1" "$2" &&
    diff <(listing "$1" | awk '$2 != "d"') <(listing "$2" | awk '$2 != "d"') &&
    cmp "$1.manifest" "$2.manifest"
}

test_prints_digest() {
  is "$(cat one.out)" "$(sha256sum <one.manifest | cut -d ' ' -f 1)  $top/one"
}

test_manifest_verifies() {
  (cd one && sha256sum --quiet --strict --check ../one.manifest)
}

test_manifest_sees_a_change() {
  cp -a one changed && echo >>changed/usr/bin/python3
  ! (cd changed && sha256sum --quiet --check ../one.manifest)
}

test_order_does_not_matter() {
  local backwards=()
  for program in "${programs[@]}"; do backwards=("$program" "${backwards[@]}"); done
  # In another directory, with another umask and locale, and with noise set.
  (
    umask 077
    mkdir -p elsewhere
    LC_ALL=C.UTF-8 PYTHONPATH=/nonexistent PYTHONHOME=/nonexistent CDPATH=/ \
      "$mkrootfs" elsewhere/two "${backwards[@]}" python3
  ) && same_root one elsewhere/two
}

test_epoch() {
  SOURCE_DATE_EPOCH=1700000000 "$mkrootfs" epoch busybox &&
    is "$(find epoch -printf '%Ts\n' | sort -u)" 1700000000
}

check 'makes a root' make_root one
make_root again >one.out && sed -i "s,again,one," one.out
check 'prints the digest of the manifest' test_prints_digest
check 'two runs give the same bytes' same_root one again
check 'order, umask, locale and environment do not matter' test_order_does_not_matter
check 'sha256sum accepts the manifest' test_manifest_verifies
check 'sha256sum sees a change' test_manifest_sees_a_change
check 'times are SOURCE_DATE_EPOCH' test_epoch
check 'times are 0 otherwise' is "$(find one -printf '%Ts\n' | sort -u)" 0

# --- what is in it ------------------------------------------------------------

test_top() {
  is "$(cd one && find . -mindepth 1 -maxdepth 1 -printf '%P->%l\n' | sort | xargs)" \
    'bin->usr/bin lib->usr/lib lib64->usr/lib64 sbin->usr/sbin usr->'
}

test_links_stay_inside() {
  local link
  while IFS= read -r link; do
    case $(realpath -e -- "$link") in
      "$top"/one/*) ;;
      *)
        echo "$link leads out or nowhere"
        return 1
        ;;
    esac
  done < <(find one -type l)
  nothing find one -type l -lname '/*'
}

for program in "${programs[@]}"; do
  check "$program is there" test -x "one/usr/bin/$program"
done
check 'the top is merged into usr' test_top
check 'links are relative and stay inside' test_links_stay_inside
check 'no hard links' nothing find one -type f -links +1
check 'modes are 0755 and 0644' nothing find one ! -type l ! -perm 0755 ! -perm 0644
check 'directories are 0755' nothing find one -type d ! -perm 0755
check 'only directories, files and links' nothing find one ! -type d ! -type f ! -type l
check 'no compiled modules' nothing find one \( -name '*.pyc' -o -name __pycache__ \)
check 'no tests and toys' nothing find one -type d \
  \( -name test -o -name tests -o -name idlelib -o -name tkinter -o -name ensurepip \)
check 'no packages of the distribution' nothing find one -name '*-packages'
check 'no customisation of this host' nothing find one -name sitecustomize.py
check 'no name of this place in the manifest' nothing grep -F "$top" one.manifest

# --- it runs ------------------------------------------------------------------

inside() {
  bwrap --unshare-all --die-with-parent --clearenv --setenv LANG C.UTF-8 --setenv HOME /tmp \
    --setenv PATH /usr/bin:/bin --ro-bind one / "$@" </dev/null
}

# With the mount points of a sandbox, which the root itself need not have.
inside_with_packet() {
  bwrap --unshare-all --die-with-parent --clearenv --setenv LANG C.UTF-8 \
    --ro-bind one/usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
    --ro-bind "$fixtures/packets/good" /in --bind out /out \
    --ro-bind "$fixtures/inspector" /app "$@" </dev/null
}

test_modules() {
  inside python3 -I -B -c '
import ctypes, decimal, hashlib, json, lzma, sqlite3, ssl, sys, threading
assert sqlite3.connect(":memory:").execute("select 42").fetchone() == (42,)
assert hashlib.sha256(b"").hexdigest().startswith("e3b0c442")
threading.Thread(target=json.loads, args=("{}",)).start()
assert "site-packages" not in str(sys.path)
'
}

test_inspector() {
  mkdir -p out
  inside_with_packet /usr/bin/python3 -I -B /app/inspect_packet.py &&
    grep -F '"verdict": "needs-review"' out/report.json
}

run_inside() {
  case $1 in
    python3) check 'python3 runs with its modules' test_modules ;;
    jq) check 'jq runs' is "$(inside jq -n -c '[1 + 1]')" '[2]' ;;
    sqlite3) check 'sqlite3 runs' is "$(inside sqlite3 -batch :memory: 'select 6 * 7')" 42 ;;
    busybox) check 'busybox runs' is "$(inside busybox echo here)" here ;;
  esac
}

if [[ -z $(type -P bwrap) ]]; then
  skip 'running in the root' 'bubblewrap is not installed'
elif ! bwrap --unshare-all --ro-bind / / true 2>/dev/null; then
  skip 'running in the root' 'bubblewrap cannot make a sandbox here'
else
  for program in "${programs[@]}"; do run_inside "$program"; done
  check 'the inspector runs' test_inspector
fi

# --- --force ------------------------------------------------------------------

test_replaces_its_own() {
  "$mkrootfs" own busybox >/dev/null && "$mkrootfs" --force own busybox jq >/dev/null &&
    test -x own/usr/bin/jq && (cd own && sha256sum --quiet --strict --check ../own.manifest)
}

test_empty_directory() {
  mkdir empty && "$mkrootfs" empty busybox && test -x empty/usr/bin/busybox
}

if [[ " ${programs[*]} " == *' busybox '* && " ${programs[*]} " == *' jq '* ]]; then
  check '--force replaces a root of its own' test_replaces_its_own
else
  skip '--force replaces a root of its own' 'busybox or jq is not installed'
fi
check 'an empty directory will do' test_empty_directory

# --- bad input ----------------------------------------------------------------

# refuses NAME PATTERN ARGUMENT...: exit 1, one line, and all as it was before
refuses() {
  local name=$1
  shift
  check "refuses $name" refusal "$@"
}

refusal() {
  local pattern=$1 before status
  shift
  before=$(snapshot)
  "$mkrootfs" "$@" >"$top/stdout" 2>"$top/stderr" </dev/null
  status=$?
  cat "$top/stderr"
  is "$status" 1 && is "$(cat "$top/stdout")" '' && is "$(wc -l <"$top/stderr")" 1 &&
    grep -q "^mkrootfs: cannot $pattern" "$top/stderr" && is "$(snapshot)" "$before"
}

snapshot() {
  find "$top" -maxdepth 2 ! -name stdout ! -name stderr ! -name log \
    ! -path "$top" -printf '%P %y %i %s %T@\n' | sort
}

# bytes NUMBER...: as they are
bytes() {
  local number
  for number; do printf '%b' "$(printf '\\0%03o' "$number")"; done
}

# elf CLASS MACHINE COUNT: the header of a program with COUNT program headers,
# which follow it
elf() {
  bytes 127 69 76 70 "$1" 1 1 0 0 0 0 0 0 0 0 0
  bytes 2 0 "$2" 0 1 0 0 0 0 0 0 0 0 0 0 0
  bytes 64 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
  bytes 0 0 0 0 64 0 56 0 $(($3 % 256)) $(($3 / 256)) 0 0 0 0 0 0
}

# elf_with_loader LENGTH NAME: a program with the one header PT_INTERP
elf_with_loader() {
  elf 2 "$this_machine" 1
  bytes 3 0 0 0 0 0 0 0 120 0 0 0 0 0 0 0
  bytes 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
  bytes $(($1 % 256)) $(($1 / 256)) 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
  printf '%s\0' "$2"
}

this_machine=$(od -An -t u1 -j 18 -N 1 -- "$(realpath -- "$BASH")" | tr -d ' ')
mkdir bad full altered
printf '#!/bin/sh\n' >bad/script
elf 1 "$this_machine" 0 >bad/elf32
elf 2 255 0 >bad/foreign
elf 2 "$this_machine" 65535 >bad/headers
elf_with_loader 15 /lib/no-loader >bad/loader
elf_with_loader 10 bad/elf32 >bad/relative
elf_with_loader 65535 /lib/ld >bad/long
printf '\177ELF' >bad/short
chmod +x bad/*
echo plain >bad/plain
echo mine >full/file
ln -s full link
echo mine >taken.manifest
touch file
"$mkrootfs" altered busybox >/dev/null 2>&1 && echo mine >altered/mine

refuses 'no arguments' 'start: give a directory'
refuses 'no program' 'start: give a directory' new
refuses 'an unknown option' 'understand .--bogus.: ' --bogus new busybox
refuses 'an unknown program' 'find no-such-program: not in PATH' new no-such-program
refuses 'an unknown program after a good one' 'find no-such-program: ' new python3 no-such-program
refuses 'a missing path' 'find /usr/bin/no-such-program: no such file' new /usr/bin/no-such-program
refuses 'a relative path' "find './bad/script': neither" new ./bad/script
refuses 'an empty name' "find '': neither" new ''
refuses 'a name that is an option' 'find --all: not in PATH' new busybox --all
refuses 'a shell builtin without a file' 'find shopt: not in PATH' new shopt
refuses 'a control character' "find 'a/ b/c': neither" new "$(printf 'a/\033\nb/c')"
refuses 'a script' 'add .*/bad/script: not an ELF program' new "$top/bad/script"
refuses 'a cut-off program' 'add .*/bad/short: not an ELF program' new "$top/bad/short"
refuses 'a 32-bit program' 'add .*/bad/elf32: not a 64-bit program' new "$top/bad/elf32"
refuses 'a foreign program' 'add .*/bad/foreign: a program for another' new "$top/bad/foreign"
refuses 'a missing loader' 'add .*/bad/loader: its loader /lib/no-loader is not' new "$top/bad/loader"
refuses 'a relative loader' 'add .*/bad/relative: its loader bad/elf32 is not' new "$top/bad/relative"
refuses 'a loader of a long name' 'read .*/bad/long: its loader has no sane name' new "$top/bad/long"
refuses 'endless program headers' 'add .*/bad/headers: too many' new "$top/bad/headers"
refuses 'a directory as a program' 'add /usr/bin: not a program' new /usr/bin
refuses 'what cannot be run' 'add .*/bad/plain: not a program' new "$top/bad/plain"
refuses 'a directory that is not empty' 'make .*/full: it is not empty' full busybox
refuses '--force on what is not its own' 'replace .*/full: it has no manifest' --force full busybox
refuses '--force on a changed root' 'replace .*/altered: it is not as' --force altered busybox
refuses 'a root without --force' 'make .*/one: it is not empty' one busybox
refuses 'a link' 'make .*/link: it is a symbolic link' link busybox
refuses 'a link with a slash' 'make .*/link: it is a symbolic link' link/ busybox
refuses 'a file' 'make .*/file: it is not a directory' file busybox
refuses 'a missing parent' 'make .*/none/new: .*/none is not a directory' none/new busybox
refuses 'the manifest of another' 'replace .*/taken.manifest: it is no manifest' taken busybox
refuses 'a directory without a name' "make '..': give" .. busybox
refuses '/' "make '/': give" / busybox

test_bad_epoch() {
  SOURCE_DATE_EPOCH=tomorrow refusal 'use SOURCE_DATE_EPOCH: not a number' new busybox
}

test_covered() {
  cp "$(type -P busybox)" "$top/bad/copy"
  case $top in
    /tmp/*) refusal 'add .*/bad/copy: the sandbox covers /tmp' new "$top/bad/copy" ;;
    *) refusal 'add /run/x: ' new /run/x ;;
  esac
}

# interrupt DELAY: a host so fast that the root is made by then proves nothing
interrupt() {
  local name="leaves nothing when ended after $1 s" before pid
  before=$(snapshot)
  "$mkrootfs" new "${programs[@]}" >/dev/null &
  pid=$!
  sleep "$1"
  kill -TERM "$pid" 2>/dev/null
  if wait "$pid"; then
    rm -rf new new.manifest
    skip "$name" 'it was ready by then'
  else
    check "$name" is "$(snapshot)" "$before"
  fi
}

check 'refuses a bad SOURCE_DATE_EPOCH' test_bad_epoch
if [[ $top == /tmp/* && -n $(type -P busybox) ]]; then
  check 'refuses a place that the sandbox covers' test_covered
else
  skip 'refuses a place that the sandbox covers' 'TMPDIR is not in /tmp'
fi
for delay in 0.1 0.4 0.8; do
  interrupt "$delay"
done
if [[ $(id -u) == 0 ]]; then
  skip 'refuses a parent that is not writable' 'root writes everywhere'
else
  mkdir sealed && chmod 555 sealed
  refuses 'a parent that is not writable' 'make .*/sealed/new: .* is not writable' sealed/new busybox
fi

printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
