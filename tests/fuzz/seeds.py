#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the corpora from which the fuzz targets begin: tests/fuzz/seeds.py OUT [DENYBOX]

OUT/TARGET/NAME is a file for each input, OUT/TARGET.dict the words that libFuzzer puts in.  They
are made of the fixtures, the tables and the host's own files; of bundles, of what DENYBOX makes
here, if it can make any.  A target without a seed is an error.
"""

import glob
import gzip
import hashlib
import io
import json
import os
import platform
import random
import re
import struct
import subprocess
import sys
import tarfile
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SMALL = 64 << 10


def read(*where):
    with open(os.path.join(TOP, *where), "rb") as file:
        return file.read()


def of_host(path):
    """A file of the host, if there is one and it is small."""
    try:
        with open(path, "rb") as file:
            return [file.read(SMALL)]
    except OSError:
        return []


def words(*texts):
    return b"".join(text.encode() + b"\0" for text in texts)


def table(path, macro):
    """The rows of a table of the sources, as lists of texts without quotes."""
    text = read(path).decode()
    return [[field.strip().strip('"') for field in row.split(",")]
            for row in re.findall(r"^%s\((.*)\)$" % macro, text, re.MULTILINE)]


# --- command lines -------------------------------------------------------------

VALUES = {"FLAG": [], "PATH": ["dir/file"], "PATHS": ["/usr/bin/jq"], "INSIDE": ["/in/a"],
          "TEXT": ["some-text"], "TEXTS": ["VPS"], "WORD": ["run.1"], "HOST": ["box"],
          "DATE": ["2026-02-28"], "DIGEST": ["sha256:" + "0" * 64], "ADDRESS": ["127.0.0.1"],
          "COUNT": ["7"], "SIZE": ["64m"], "DURATION": ["2h"], "FD": ["0"], "ARGS": ["0"],
          "ENV": ["NAME", "value"], "BIND": ["/usr/share/zoneinfo", "/zone"]}

# Of each row of command.def, and of denybox-attest behind them, the table of its options and the
# words after them; or, where it has none, its command lines.
PLAN = "src/plan/option.def"
ID = "sha256:" + "0" * 64
COMMANDS = {
    "run": (PLAN, ["--", "jq", "."]), "attest": (PLAN, []), "plan": (PLAN, ["jq"]),
    "batch": (PLAN, ["--", "jq", "."]), "check": ("src/cmd/check.def", []),
    "pack": ("src/cmd/pack.def", ["jq"]), "verify": ("src/verify/option.def", ["a.json", "b.json"]),
    "scan": ("src/scan/option.def", ["a.py"]), "attester": ("src/attester/option.def", []),
    "filter": ["list", "show strict", "digest init", "compile a.json", "show"],
    "image": ["add a.tar", "add --max-size 1g a.tar:name", "add", "list --json", "verify " + ID,
              "prune", "rmi x"],
    "cache": ["list", "list --json", "verify " + ID, "prune " + "0" * 64, "ls"],
    "help": ["run", "help", "no-such"],
}


def options():
    names = [row[0] for row in table("src/cmd/command.def", "COMMAND")] + ["attester"]
    if set(names) != set(COMMANDS):
        sys.exit("seeds: of these commands: %s" % sorted(set(names) ^ set(COMMANDS)))
    for number, name in enumerate(names):
        for line in command_lines(COMMANDS[name]):
            yield bytes([number]) + line


def command_lines(command):
    if isinstance(command, list):
        yield from (words(*line.split()) for line in command)
        return
    rows, rest = command
    given = [(row[1], VALUES[row[2]]) for row in table(rows, "OPTION")]
    for name, value in given:
        yield words("--" + name, *value, *rest)
    yield words(*(w for n, v in given for w in ("--" + n, *v)), *rest)
    yield words("--no-such=1", *rest)
    yield words("--in=a", "--memory=64m", "-h", *rest)


def values():
    texts = [word for value in VALUES.values() for word in value]
    texts += ["0", "77", "1048576", "1t", "18446744073709551615", "18446744073709551616", "00", "+1",
              "/", "/a/../b", "//a/./b/", "2024-02-29", "2026-11-22T03:40:53Z", "a\\x00b\\\\",
              "QUJD", "QUI=", "QQ==", "caf\u00e9\n", "", "a" * 300]
    return [text.encode() for text in texts]


def shebang():
    lines = ["#!/bin/sh\n", "#!/usr/bin/env python3\n", "#! /usr/bin/python3 -I -B \t\n", "#!sh\n",
             "#!/bin/sh", "#!\n", "#!/" + "a" * 300 + "\n", "plain\n"]
    argv = [("python3", "-I", "a.py"), ("python3", "-c", "import os"), ("python3", "-mtimeit"),
            ("python3", "-Xdev", "-W", "error", "--", "a.py", "b"), ("python3", "-"), ("python3",),
            ("PYTHONPATH",)]
    return [line.encode() for line in lines] + [words(*one) for one in argv]


# --- documents ----------------------------------------------------------------

def small_json():
    for path in sorted(glob.glob(os.path.join(TOP, "fixtures", "**", "*.json"), recursive=True)):
        data = read(path)
        if len(data) < SMALL:
            yield data


def documents():
    yield from small_json()
    for text in ('{"b":[1,-2,9007199254740992],"a":"\\u0001\\ud83d\\ude00/\\\\"}', "[1.5e3]", "null",
                 "[" * 65 + "]" * 65, "[" * 64 + "]" * 64, '{"a":1,"a":2}', '"\\u0000"', "-0",
                 '"\x7f"', '[true,false,{"":{}}]'):
        yield text.encode()


def matrix():
    whole = read("fixtures/acceptance-matrix.json")
    rows = json.loads(whole)["rows"]
    yield whole
    for row in rows[::7]:
        yield json.dumps({"schema_version": 1, "rows": [row]}).encode()


def policies():
    for path in sorted(glob.glob(os.path.join(TOP, "fixtures", "scan", "*.json"))):
        yield read(path)
    yield json.dumps({"schema_version": 1, "python": {"imports": ["os"], "allow": ["PY-EVAL"]},
                      "elf": {"libraries": ["libc.so.6"], "symbols_denied": ["fork"]}}).encode()


def profiles():
    for path in sorted(glob.glob(os.path.join(TOP, "bpf", "*.json"))):
        whole = json.loads(read(path))
        for rule in whole["syscalls"]:
            yield json.dumps({**whole, "syscalls": [{**rule, "names": rule["names"][:6]}]}).encode()
    operators = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]
    yield json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "syscalls": [
        {"names": [name], "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 1, "value": 7, "op": "SCMP_CMP_" + op,
                   **({"valueTwo": 6} if op == "MASKED_EQ" else {})}]}
        for name, op in zip(("read", "write", "close", "openat", "fstat", "lseek", "mmap"),
                            operators)]}).encode()


# --- the kernel's texts -------------------------------------------------------

STRICT = """21 20 0:30 / / ro,nosuid,nodev - overlay overlay ro
22 21 0:31 / /in ro,nosuid,nodev,noexec - tmpfs tmpfs ro
23 21 0:32 /a\\040b /out rw,nosuid,nodev,noexec - ext4 /dev/sda1 rw
24 21 0:33 / /tmp rw,nosuid,nodev,noexec - tmpfs tmpfs rw,size=64k
"""


def mounts():
    for path in ("mountinfo", "status", "net/dev"):
        yield from of_host("/proc/self/" + path)
    yield STRICT.encode()
    yield (STRICT + "25 21 0:34 / /data ro,nosuid,nodev shared:7 master:2 - ext4 x\\011y rw\n").encode()
    yield b"CapEff:\t0000000000000000\nSeccomp:\t2\nSeccomp_filters:\t3\nUid:\t1\t1\t1\t1\n"
    yield b"Inter-|   Receive\n face |bytes\n    lo:       0       0\n"


def findings():
    """struct findings_head, then the texts: nothing observed, and each probe once."""
    n_probes, fact = len(re.findall(r"^PROBE\(", read("src/rules/probe.def").decode(), re.MULTILINE)), 224
    texts = [STRICT.encode(), b"lo", b"Seccomp:\t2\n", b"HOME\0PATH"]
    absent = struct.pack("<Q", (1 << 64) - 1)
    for value in (0, 1, 13, 101):
        one = struct.pack("<i32si180si", 1, b"a call of a name that is long!!", value, b"", 0)
        assert len(one) == fact
        yield one * n_probes + absent * 4
        yield one * n_probes + b"".join(struct.pack("<Q", len(t)) for t in texts) + b"".join(texts)
    yield bytes(n_probes * fact) + absent * 4


# --- programs ------------------------------------------------------------------

X86_64, AARCH64 = 62, 183


def elf(interpreter=b"/lib64/ld-linux-x86-64.so.2\0", symbols=(b"puts", b"dlopen"), gnu=False,
        machine=None):
    """A program with all that a loader looks at, in one segment at address 0."""
    machine = machine or {"x86_64": X86_64, "aarch64": AARCH64}[platform.machine()]
    names = b"\0libc.so.6\0/opt/lib\0" + b"".join(s + b"\0" for s in symbols)
    at, where = 64 + 3 * 56, {}
    parts = []

    def put(name, data):
        nonlocal at
        data += bytes(-len(data) % 8)
        where[name] = (at, len(data))
        parts.append(data)
        at += len(data)

    table_of = bytes(24)
    for name in symbols:
        table_of += struct.pack("<IBBHQQ", names.index(b"\0" + name + b"\0") + 1, 0x12, 0, 0, 0, 0)
    put("interp", interpreter)
    put("strtab", names)
    put("symtab", table_of)
    n = len(symbols) + 1
    if gnu:
        put("hash", struct.pack("<IIII", 1, n, 1, 6) + bytes(8) + struct.pack("<I", 0))
    else:
        put("hash", struct.pack("<II", 1, n) + struct.pack("<I", 1) + bytes(4 * n))
    put("rela", b"".join(struct.pack("<QQq", 0x100, (i + 1) << 32 | 7, 0) for i in range(n - 1)))
    tags = [(1, 1), (29, 11), (5, where["strtab"][0]), (10, len(names)), (6, where["symtab"][0]),
            (11, 24), (0x6ffffef5 if gnu else 4, where["hash"][0]), (7, where["rela"][0]),
            (8, 24 * (n - 1)), (9, 24), (0, 0)]
    put("dynamic", b"".join(struct.pack("<QQ", *tag) for tag in tags))
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0)
    segment = "<IIQQQQQQ"
    heads = struct.pack(segment, 1, 7, 0, 0, 0, at, at, 4096)
    for kind, name in ((3, "interp"), (2, "dynamic")):
        start, size = where[name]
        size = len(interpreter) if name == "interp" else size
        heads += struct.pack(segment, kind, 4, start, start, start, size, size, 8)
    return head + heads + b"".join(parts)


def programs():
    yield elf()
    yield elf(gnu=True)
    yield elf(interpreter=b"/lib/ld-musl-x86_64.so.1\0", symbols=())
    yield elf(machine=40)
    yield elf()[:200]
    yield b"\x7fELF\x01\x01\x01" + bytes(60)
    yield b"#!/bin/sh\n"


def ldcache():
    """As ldconfig writes it: two libraries, the list of glibc-hwcaps."""
    flags = {"x86_64": 0x0303, "aarch64": 0x0a03}[platform.machine()]
    libraries = [(b"libz.so.1", b"/lib/libz.so.1", 0), (b"libc.so.6", b"/lib/v2/libc.so.6", 1 << 62),
                 (b"libc.so.6", b"/lib/libc.so.6", 0)]
    strings, entries = b"", b""
    at = 48 + 24 * len(libraries)
    for name, path, hwcap in libraries:
        entries += struct.pack("<iIIIQ", flags, at + len(strings),
                               at + len(strings) + len(name) + 1, 0, hwcap)
        strings += name + b"\0" + path + b"\0"
    named = at + len(strings)
    strings += b"x86-64-v2\0"
    strings += bytes(-(at + len(strings)) % 4)
    extension = at + len(strings)
    yield b"glibc-ld.so.cache1.1" + struct.pack("<IIB3xI12x", len(libraries), len(strings), 2, extension) + \
        entries + strings + struct.pack("<II", 0xeaa42174, 1) + \
        struct.pack("<IIII", 1, 0, extension + 24, 4) + struct.pack("<I", named)
    yield b"glibc-ld.so.cache1.1" + struct.pack("<IIB3xI12x", 0, 0, 2, 0)
    yield from of_host("/etc/ld.so.cache")


LD, JEQ, JGT, JGE, JSET, RET, AND = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06, 0x54
ALLOW, KILL, DENY = 0x7fff0000, 0x80000000, 0x00050001
ARCH = 0xc000003e


def bpf(*instructions):
    return b"".join(struct.pack("<HBBI", *one) for one in instructions)


def searches():
    head = [(LD, 0, 0, 4), (JEQ, 1, 0, ARCH), (RET, 0, 0, KILL), (LD, 0, 0, 0)]
    chain = list(head)
    for number in range(0, 48, 2):
        if number % 6 == 0:
            chain += [(JEQ, 0, 5, number), (LD, 0, 0, 16), (AND, 0, 0, 0xff), (JEQ, 0, 1, number),
                      (RET, 0, 0, ALLOW), (RET, 0, 0, DENY + number)]
        else:
            chain += [(JEQ, 0, 1, number), (RET, 0, 0, ALLOW if number % 4 else DENY)]
    yield bpf(*chain, (JGE, 0, 1, 0x40000000), (RET, 0, 0, KILL), (RET, 0, 0, DENY))
    yield bpf(*head, (JGE, 2, 0, 100), (JEQ, 1, 0, 7), (RET, 0, 0, DENY), (RET, 0, 0, ALLOW))
    yield bpf(*head, (JGT, 0, 1, 30), (RET, 0, 0, KILL), (JGT, 0, 1, 7), (RET, 0, 0, ALLOW),
              (RET, 0, 0, DENY))
    yield bpf(*head, (JSET, 0, 1, 4), (RET, 0, 0, ALLOW), (RET, 0, 0, DENY))
    yield bpf((RET, 0, 0, ALLOW))


# --- archives and images -------------------------------------------------------

KINDS = {"f": tarfile.REGTYPE, "d": tarfile.DIRTYPE, "l": tarfile.SYMTYPE, "h": tarfile.LNKTYPE,
         "c": tarfile.CHRTYPE, "p": tarfile.FIFOTYPE}


def tar(*entries, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, kind, value in entries:
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.mtime = KINDS[kind], 0o755, 1000000000
            if kind == "f":
                info.size = len(value)
            elif kind in "lh":
                info.linkname = value
            archive.addfile(info, io.BytesIO(value) if kind == "f" else None)
    return out.getvalue().rstrip(b"\0") + bytes(1024)


LAYERS = [
    tar(("a/b", "f", b"text"), ("a/c", "h", "a/b"), ("a/d", "l", "../x"), ("a", "d", None)),
    tar(("d/.wh..wh..opq", "f", b""), ("d/new", "f", b"x"), (".wh.up", "f", b"")),
    tar(("up/outside", "f", b"evil"), ("far/x", "f", b"evil"), ("../outside", "f", b"evil")),
    tar(("d/out", "f", b"evil"), ("link", "h", "up/outside"), ("/abs/x", "f", b"x")),
    tar(("null", "c", None), ("fifo", "p", None), ("e\u0301" * 60, "f", b"long")),
    tar(("x", "f", b"u"), ("x/y", "f", b"v"), ("x", "l", "x"), form=tarfile.GNU_FORMAT),
]


def layers():
    yield from LAYERS
    yield b""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]


def config(data):
    return json.dumps({
        "architecture": MACHINE, "os": "linux",
        "config": {"Entrypoint": ["/bin/sh", "-c"], "Cmd": ["id"], "Env": ["A=b"],
                   "WorkingDir": "/w", "User": "65532:65532"},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha256(data)]}}).encode()


def layout(data, packed):
    blobs = {}

    def blob(kind, content):
        blobs[sha256(content)] = content
        return {"mediaType": "application/vnd.oci.image." + kind, "size": len(content),
                "digest": "sha256:" + sha256(content)}

    manifest = {"schemaVersion": 2, "config": blob("config.v1+json", config(data)),
                "layers": [blob("layer.v1.tar+gzip", packed)]}
    index = {"schemaVersion": 2, "manifests": [
        {**blob("manifest.v1+json", json.dumps(manifest).encode()),
         "annotations": {"org.opencontainers.image.ref.name": "box"}}]}
    return tar(("oci-layout", "f", b'{"imageLayoutVersion": "1.0.0"}'),
               ("index.json", "f", json.dumps(index).encode()),
               *(("blobs/sha256/" + name, "f", content) for name, content in blobs.items()))


def saved(data):
    settings = config(data)
    manifest = [{"Config": sha256(settings) + ".json", "RepoTags": ["box:latest"],
                 "Layers": ["one/layer.tar"]}]
    return tar((sha256(settings) + ".json", "f", settings), ("one/layer.tar", "f", data),
               ("manifest.json", "f", json.dumps(manifest).encode()))


def images():
    packed = gzip.compress(LAYERS[0], mtime=0)
    yield layout(LAYERS[0], packed)
    yield saved(LAYERS[0])
    yield gzip.compress(saved(LAYERS[0]), mtime=0)
    yield config(LAYERS[0])
    yield json.dumps({"config": {"Entrypoint": None, "Env": [], "User": "root"}}).encode()


# --- what programs say -----------------------------------------------------------

SOURCES = ["import os.path as p, json\nfrom ctypes import *\nfrom . import x\n",
           "eval('1')\ngetattr(p, q())\n__import__('os').system('x')\n", "def f(:\n"]


def facts():
    """What the parser answers: of its own program, as the build puts it together."""
    program = b"".join(read("src/scan", part) for part in ("names.py", "classes.py", "walker.py")).decode()
    for text in SOURCES:
        given = b"".join(b"%d\n" % len(data) + data for data in (b"{}", text.encode()))
        answer = subprocess.run([sys.executable, "-I", "-S", "-c", program], input=given,
                                stdout=subprocess.PIPE, check=True)
        yield answer.stdout
    one = {"facts": [["m", "beside", 1], ["a", "os.system", 2], ["p", "os._exit", 3],
                     ["c", "", 4], ["s", "os.sep", 5], ["b", "OPEN_METH", 6]], "renames": {"name": ["os.system"]}}
    yield json.dumps({"library": ["os"], "absent": ["x"], "sources": [one]}).encode()


def terminal():
    for text in ("plain text\n", "\x1b]0;title\x07\x1b[31mred\n", "caf\u00e9 \u4f60\u597d \U0001f600",
                 "\u009b31m\u0085\x7f\t"):
        yield b"\x02" + text.encode()
    yield b"\x00\xc3\x28\xf0\x9f\x98\xe2\x82"


def bundle_of(denybox, work, *words, where="bundle.json"):
    """What a run, an attest or a batch has written there; None, and said, if nothing."""
    path = os.path.join(work, where)
    done = subprocess.run([denybox, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False,
                          env={**os.environ, "XDG_CACHE_HOME": work})
    if not os.path.exists(path):
        print("no bundle of %s: %s" % (words[0], done.stderr.decode(errors="replace").strip()))
        return None
    with open(path, "rb") as file:
        document = json.load(file)
    os.unlink(path)
    return document


def bundles(denybox):
    """Bundles of run and attest, and what is nearly one."""
    yield b'{"schema_version": 1, "integrity": {"form": "RFC 8785, without this field"}}'
    if denybox is None:
        return
    with tempfile.TemporaryDirectory() as work:
        for command, *rest in (["run", "--", "/bin/true"], ["attest"],
                               ["run", "--proc", "--out-size", "1m", "--out", work + "/out", "--",
                                "/bin/true"]):
            made = bundle_of(denybox, work, command, "--quiet", "--evidence",
                             work + "/bundle.json", *rest)
            if made is not None:
                yield json.dumps(made).encode()


def controls(denybox):
    """What the controls came to, with every wall and every row; and what contradicts itself."""
    yield b'{"schema_version": 1, "profile": "weakened", "matrix": []}'
    if denybox is None:
        return
    with tempfile.TemporaryDirectory() as work:
        os.mkdir(work + "/out")
        made = bundle_of(denybox, work, "attest", "--quiet", "--controls", "--out", work + "/out",
                         where="out/controls.json")
    if made is None:
        return
    yield json.dumps(made).encode()
    for change in ({"ran": False, "reason": "x", "flipped": [], "probes": []}, {"faults": ["x"]},
                   {"flipped": []}, {"launcher": {"expected": None, "found": ["x"]}}):
        edited = json.loads(json.dumps(made))
        edited["matrix"][2].update(change)
        yield json.dumps(edited).encode()


EDITS = 12


def forged(denybox):
    """Bundles that are good, and edits of them: none where no sandbox can be made."""
    if denybox is None:
        return
    draw = random.Random(1)
    for made in good_bundles(denybox):
        text = json.dumps(made, separators=(",", ":")).encode()
        yield text + b"\0"
        for number in range(EDITS):
            yield text + b"\0" + draw.randbytes(4 * (1 + number % 3))


def good_bundles(denybox):
    with tempfile.TemporaryDirectory() as work:
        for name in ("in", "out", "inputs", "inputs/one", "results"):
            os.mkdir(os.path.join(work, name))
        evidence = ["--quiet", "--venue", "CI", "--evidence", work + "/bundle.json"]
        ios = ["--in", work + "/in", "--out", work + "/out"]
        one = bundle_of(denybox, work, "run", *evidence, *ios, "--timeout", "1h", "--cpus", "2",
                        "--fsize", "1m", "--", "/bin/true")
        if one is None:
            return
        yield one
        # Without --out: the files that it would leave there vouch for the rest once more.
        yield bundle_of(denybox, work, "attest", *evidence, *ios[:2])
        yield bundle_of(denybox, work, "batch", "--quiet", "--venue", "VPS", "--in-each",
                        work + "/inputs", "--out-each", work + "/results", "--", "/bin/true",
                        where="results/one/bundle.json")


# --- all of it -------------------------------------------------------------------

TARGETS = {"options": options, "values": values, "shebang": shebang, "json": documents,
           "matrix": matrix, "policy": policies, "profile": profiles, "mounts": mounts,
           "message": findings, "elf": programs, "ldcache": ldcache, "search": searches,
           "layer": layers, "image": images, "facts": facts, "terminal": terminal}


def keys(value, found):
    """Every key and short text of a document."""
    if isinstance(value, dict):
        for key, child in value.items():
            found.add(key)
            keys(child, found)
    elif isinstance(value, list):
        for child in value:
            keys(child, found)
    elif isinstance(value, str) and 0 < len(value) <= 40:
        found.add(value)
    return found


def dictionaries(seeds):
    """Of documents, their keys and short texts; of command lines, the options."""
    for name, inputs in seeds.items():
        found = set()
        for data in inputs:
            try:
                keys(json.loads(data), found)
            except ValueError:
                if name == "options":
                    found.update(re.findall(r"--[a-z0-9-]+", data.decode("latin-1")))
        yield name, sorted(word for word in found if re.fullmatch(r"[ -\[\]-~]{1,40}", word)
                           and '"' not in word)[:2000]


def main(out, denybox=None):
    seeds = {name: list(make()) for name, make in TARGETS.items()}
    seeds["bundle"] = list(bundles(denybox))
    seeds["controls"] = list(controls(denybox))
    seeds["forge"] = list(forged(denybox))
    for name, inputs in seeds.items():
        if not inputs and name != "forge":
            sys.exit("seeds: no seed for %s" % name)
        os.makedirs(os.path.join(out, name), exist_ok=True)
        for data in inputs:
            with open(os.path.join(out, name, hashlib.sha1(data).hexdigest()), "wb") as file:
                file.write(data)
    for name, found in dictionaries(seeds):
        if found:
            with open(os.path.join(out, name + ".dict"), "w", encoding="ascii") as file:
                file.writelines('"%s"\n' % word for word in found)
    print("%d seeds for %d targets" % (sum(map(len, seeds.values())), len(seeds)))


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
