#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the packet inspector, run directly: what the inspector itself holds.

That the sandbox holds where the inspector does not is for the live tests.
Ends with the line `N passed, N failed, N skipped`.
"""

import contextlib
import copy
import hashlib
import importlib.util
import io
import json
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
from typing import Any, Callable, Dict, List, NamedTuple, Set

# Importing the fixtures must leave nothing beside them.
sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(os.path.dirname(HERE), "fixtures")
INSPECTOR = os.path.join(FIXTURES, "inspector", "inspect_packet.py")
PACKETS = os.path.join(FIXTURES, "packets")
GENERATE = os.path.join(PACKETS, "generate.py")
REPORTS = ["report.json", "report.md"]


def load(name: str, path: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


inspector = load("inspect_packet", INSPECTOR)
generate = load("generate", GENERATE)


def read(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def raise_timeout(_number: int, _frame: Any) -> None:
    raise TimeoutError("took too long")


def write(path: str, content: bytes) -> None:
    with open(path, "wb") as stream:
        stream.write(content)


class Result(NamedTuple):
    status: int
    stdout: str
    stderr: str


class Workspace(unittest.TestCase):
    """A test with an input directory, an output directory and two ways to run."""

    def setUp(self) -> None:
        top = tempfile.TemporaryDirectory()
        self.addCleanup(top.cleanup)
        self.top = top.name
        self.input = os.path.join(self.top, "in")
        self.output = os.path.join(self.top, "out")
        os.mkdir(self.input)
        os.mkdir(self.output)

    def run_process(self, *options: str) -> Result:
        """In a process of its own, as in the sandbox; never longer than 30 s."""
        options = options or ("--in", self.input, "--out", self.output)
        done = subprocess.run(
            [sys.executable, "-I", "-B", INSPECTOR, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"},
            timeout=30,
        )
        return Result(done.returncode, done.stdout.decode("ascii"), done.stderr.decode("utf-8"))

    def run_here(self) -> Result:
        """In this process: quick enough for hundreds of runs."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = inspector.main(["--in", self.input, "--out", self.output])
        return Result(status, out.getvalue(), err.getvalue())

    def report(self) -> Any:
        return json.loads(read(os.path.join(self.output, "report.json")))

    def markdown(self) -> str:
        return read(os.path.join(self.output, "report.md")).decode("utf-8")

    def codes(self) -> List[str]:
        return sorted({finding["code"] for finding in self.report()["findings"]})

    def put_good(self) -> Dict[str, Any]:
        """The good packet in the input directory; returns it for changes."""
        shutil.rmtree(self.input)
        generate.write_packet(self.top, "in", generate.good(), force=False)
        return json.loads(read(os.path.join(self.input, "packet.json")))

    def put_packet(self, packet: Any) -> None:
        write(os.path.join(self.input, "packet.json"), json.dumps(packet).encode("ascii"))


class Fixtures(Workspace):
    """Every packet against expected.json."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.packets = tempfile.TemporaryDirectory()
        generate.write_all(cls.packets.name, {**generate.SMALL, **generate.LARGE}, force=False)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.packets.cleanup()

    def inspect(self, name: str) -> Result:
        self.input = os.path.join(self.packets.name, name)
        return self.run_process()

    def verify(self, name: str, wanted: Dict[str, Any]) -> None:
        before = time.monotonic()
        result = self.inspect(name)
        self.assertLess(time.monotonic() - before, 10)
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.status, wanted["exit"])
        self.assertEqual(self.report()["verdict"], wanted["verdict"])
        self.assertEqual(self.codes(), wanted["reasons"])
        self.assertEqual(result.stdout.count("\n"), 1)
        self.assertTrue(result.stdout.startswith("inspect_packet: %s: " % wanted["verdict"]))
        self.assertIn("Verdict: **%s**" % wanted["verdict"], self.markdown())
        self.assertEqual(sorted(os.listdir(self.output)), REPORTS)

    def test_expected_names_every_packet(self) -> None:
        names = {*generate.SMALL, *generate.LARGE}
        self.assertEqual(set(EXPECTED), names)
        readme = read(os.path.join(FIXTURES, "README")).decode("utf-8")
        for name, wanted in EXPECTED.items():
            words = (name, wanted["verdict"], str(wanted["exit"]))
            self.assertRegex(readme, r"\n    %s +%s +%s " % words)

    def test_checked_in_packets_are_the_generated_ones(self) -> None:
        self.assertEqual(generate.differences(PACKETS), [])

    def test_check_sees_a_difference(self) -> None:
        copied = os.path.join(self.top, "packets")
        shutil.copytree(PACKETS, copied, symlinks=True)
        os.unlink(os.path.join(copied, "symlink/linked"))
        os.unlink(os.path.join(copied, "good/packet.json"))
        write(os.path.join(copied, "good/evidence/memo.txt"), b"")
        write(os.path.join(copied, "good/other"), b"")
        wanted = [
            "different: good/evidence/memo.txt",
            "missing: good/packet.json",
            "missing: symlink/linked",
            "unexpected: good/other",
        ]
        self.assertEqual(generate.differences(copied), wanted)

    def test_generate_replaces_only_when_told(self) -> None:
        place = os.path.join(self.top, "g")
        command = [sys.executable, "-I", "-B", GENERATE, place]
        runs = [subprocess.run(c, stderr=subprocess.PIPE) for c in (command, command)]
        self.assertEqual([run.returncode for run in runs], [0, 1])
        self.assertEqual(subprocess.run(command + ["--force"]).returncode, 0)
        self.assertEqual(generate.differences(place), [])

    def test_traps_would_catch_a_careless_reader(self) -> None:
        """The control: without the rules of the paths, these digests match."""
        for name, indexes in (("dotdot", (1, 2)), ("symlink", (2, 3))):
            top = os.path.join(self.packets.name, name)
            packet = json.loads(read(os.path.join(top, "packet.json")))
            for index in indexes:
                reference = packet["items"][0]["evidence"][index]
                content = read(os.path.join(top, reference["file"]))
                self.assertEqual(hashlib.sha256(content).hexdigest(), reference["sha256"])

    def test_nothing_of_a_link_target_is_reported(self) -> None:
        self.inspect("symlink")
        first_line = read("/etc/passwd").split(b"\n")[0]
        for name in REPORTS:
            self.assertNotIn(first_line, read(os.path.join(self.output, name)))

    def test_markup_keeps_the_tables_whole(self) -> None:
        self.inspect("markup")
        rows = [line for line in self.markdown().split("\n") if "| document |" in line]
        self.assertEqual(len(rows), 4)
        for row in rows:
            self.assertEqual(row.replace("\\\\", "").replace("\\|", "").count("|"), 8)
            self.assertNotRegex(row, r"(?<!\\)[<\[`*$]")
            self.assertNotIn("://", row)
            self.assertNotIn("www.", row)

    def test_no_control_character_is_printed(self) -> None:
        result = self.inspect("control-chars")
        for text in (result.stdout, self.markdown(), json.dumps(self.report(), indent=2)):
            for char in text.replace("\n", ""):
                self.assertFalse(inspector.is_unprintable(char), hex(ord(char)))

    def test_same_packet_same_bytes(self) -> None:
        reports = []
        for _ in range(2):
            self.inspect("inconsistent")
            reports.append([read(os.path.join(self.output, name)) for name in REPORTS])
        self.assertEqual(reports[0], reports[1])

    def test_input_is_left_alone(self) -> None:
        top = os.path.join(self.packets.name, "good")
        before = generate.read_tree(top)
        self.inspect("good")
        self.assertEqual(generate.read_tree(top), before)


EXPECTED = json.loads(read(os.path.join(PACKETS, "expected.json")))


def add_fixture_tests() -> None:
    """One test a packet, so that each is counted and named."""
    for name, wanted in EXPECTED.items():

        def test(self: Fixtures, name: str = name, wanted: Dict[str, Any] = wanted) -> None:
            self.verify(name, wanted)

        setattr(Fixtures, "test_packet_%s" % name.replace("-", "_"), test)


add_fixture_tests()


class Rule(NamedTuple):
    """A change of the good packet, and the only reasons it may give."""

    name: str
    change: Callable[[Dict[str, Any]], Any]
    codes: List[str]


def put(*path: Any) -> Callable[[Dict[str, Any]], None]:
    """A change: set what the path but its last element leads to, to the last."""
    *steps, last, value = path

    def change(packet: Dict[str, Any]) -> None:
        target: Any = packet
        for step in steps:
            target = target[step]
        target[last] = value

    return change


def drop(*path: Any) -> Callable[[Dict[str, Any]], None]:
    *steps, last = path

    def change(packet: Dict[str, Any]) -> None:
        target: Any = packet
        for step in steps:
            target = target[step]
        del target[last]

    return change


def put_path(path: Any) -> Callable[[Dict[str, Any]], None]:
    return put("items", 0, "evidence", 0, "file", path)


PROVENANCE = ("items", 0, "provenance")
REFERENCE = ("items", 0, "evidence", 0)

RULES = (
    Rule("as it is", lambda packet: None, []),
    Rule("no schema_version", drop("schema_version"), ["schema-unsupported"]),
    Rule("later schema", put("schema_version", 2), ["schema-unsupported"]),
    Rule("schema true", put("schema_version", True), ["schema-unsupported"]),
    Rule("no packet_id", drop("packet_id"), ["field-missing"]),
    Rule("packet_id of markup", put("packet_id", "<b>"), ["field-invalid"]),
    Rule("packet_id too long", put("packet_id", "a" * 65), ["field-invalid"]),
    Rule("no created", drop("created"), ["field-missing"]),
    Rule("date with offset", put("created", "2026-06-09T12:00:00+02:00"), ["date-invalid"]),
    Rule("no such day", put("created", "2026-02-29T12:00:00Z"), ["date-invalid"]),
    Rule("leap second", put("created", "2026-06-30T23:59:60Z"), ["date-invalid"]),
    Rule("digits of another script", put("created", "\u0662026-06-09T12:00:00Z"), ["date-invalid"]),
    Rule("items an object", put("items", {}), ["field-invalid"]),
    Rule("item a string", put("items", 0, "memo"), ["field-invalid", "reference-unresolved"]),
    Rule("unknown field", put("approved", True), ["field-unknown"]),
    Rule("unknown field in an item", put("items", 0, "\x1b[2J", 1), ["field-unknown"]),
    Rule("unknown kind", put("items", 0, "kind", "rumour"), ["field-invalid"]),
    Rule("empty title", put("items", 0, "title", " "), ["field-invalid"]),
    Rule("title of 301 characters", put("items", 0, "title", "x" * 301), ["field-invalid"]),
    Rule("title in Greek", put("items", 0, "title", "\u0391\u03b8\u03ae\u03bd\u03b1"), []),
    Rule("title with an isolate", put("items", 0, "title", "a\u2066b"), ["control-characters"]),
    Rule("title with NUL", put("items", 0, "title", "a\x00b"), ["control-characters"]),
    Rule("line separator", put("items", 0, "title", "a\u2028b"), ["control-characters"]),
    Rule("text with bidi", put("items", 3, "text", "a\u202eb"), ["control-characters"]),
    Rule("no provenance", drop(*PROVENANCE), ["field-missing"]),
    Rule("provenance a list", put(*PROVENANCE, []), ["field-invalid"]),
    Rule("no source", drop(*PROVENANCE, "source"), ["field-missing"]),
    Rule("digest in upper case", put(*PROVENANCE, "sha256", "A" * 64), ["field-invalid"]),
    Rule("digest of nothing here", put(*PROVENANCE, "sha256", "a" * 64), ["digest-unbacked"]),
    Rule("other text", put("items", 3, "text", "No."), ["text-digest-mismatch"]),
    Rule(
        "collected a second later",
        put(*PROVENANCE, "collected_at", "2026-06-09T12:00:01Z"),
        ["collected-after-created"],
    ),
    Rule("evidence null", put("items", 0, "evidence", None), ["field-invalid"]),
    Rule("reference a string", put(*REFERENCE, "log"), ["field-invalid"]),
    Rule("reference empty", put(*REFERENCE, {}), ["field-missing"]),
    Rule("reference to both", put(*REFERENCE, "item", "log"), ["field-unknown"]),
    Rule("size negative", put(*REFERENCE, "size", -1), ["field-invalid"]),
    Rule("size true", put(*REFERENCE, "size", True), ["field-invalid"]),
    Rule("size off by one", put(*REFERENCE, "size", len(generate.MEMO) + 1), ["size-mismatch"]),
    Rule("no items", put("items", []), ["no-items"]),
    Rule("id twice", put("items", 1, "id", "restore"), ["id-duplicate", "reference-unresolved"]),
    Rule("finding alone", put("items", 3, "evidence", []), ["evidence-missing"]),
    Rule(
        "unknown item",
        put("items", 3, "evidence", 0, "item", "nobody"),
        ["reference-unresolved"],
    ),
    Rule(
        "item named twice",
        put("items", 3, "evidence", 1, "item", "memo"),
        ["reference-repeated"],
    ),
    Rule("rests on itself", put("items", 3, "evidence", 0, "item", "ended"), ["reference-cycle"]),
    Rule(
        "rests on one another",
        put("items", 3, "evidence", 0, "item", "usable"),
        ["reference-cycle"],
    ),
    Rule("absolute", put_path("/etc/passwd"), ["path-absolute"]),
    Rule("two slashes", put_path("//evidence/memo.txt"), ["path-absolute"]),
    Rule("up", put_path("../in/evidence/memo.txt"), ["path-dotdot"]),
    Rule("up at the end", put_path("evidence/.."), ["path-dotdot"]),
    Rule("dot", put_path("./evidence/memo.txt"), ["path-malformed"]),
    Rule("slash at the end", put_path("evidence/memo.txt/"), ["path-malformed"]),
    Rule("long name", put_path("e" * 256), ["path-malformed"]),
    Rule("long path", put_path("e/" * 600 + "e"), ["field-invalid"]),
    Rule("long path in bytes", put_path("\u00e9/" * 400 + "e"), ["path-malformed"]),
    Rule("empty path", put_path(""), ["field-invalid"]),
    Rule("NUL in the path", put_path("evidence/memo.txt\x00"), ["control-characters"]),
    Rule("dots that are a name", put_path("evidence/..."), ["file-missing"]),
    Rule("name in UTF-8", put_path("evidence/\u00e9.txt"), ["file-missing"]),
    Rule("no such directory", put_path("other/memo.txt"), ["file-missing"]),
    Rule("directory", put_path("evidence"), ["file-not-regular"]),
    Rule("file as directory", put_path("evidence/memo.txt/x"), ["file-not-regular"]),
)

RAW = (
    ("empty", b"", "json-syntax"),
    ("a list", b"[]", "packet-shape"),
    ("null", b"null", "packet-shape"),
    ("not UTF-8", b'{"packet_id": "\xff"}', "json-encoding"),
    ("overlong UTF-8", b'{"packet_id": "\xc0\xaf"}', "json-encoding"),
    ("encoded surrogate", b'{"packet_id": "\xed\xa0\x80"}', "json-encoding"),
    ("UTF-16", '{"packet_id": 1}'.encode("utf-16"), "json-encoding"),
    ("byte order mark", b"\xef\xbb\xbf{}", "json-encoding"),
    ("raw NUL", b'{"packet_id": "\x00"}', "json-syntax"),
    ("raw escape", b'{"packet_id": "\x1b"}', "json-syntax"),
    ("trailing comma", b'{"packet_id": 1,}', "json-syntax"),
    ("comment", b"{} // none", "json-syntax"),
    ("two values", b"{} {}", "json-syntax"),
    ("NaN", b'{"packet_id": NaN}', "json-number"),
    ("infinity", b'{"packet_id": -Infinity}', "json-number"),
    ("fraction", b'{"packet_id": 1.0}', "json-number"),
    ("exponent", b'{"packet_id": 1e400}', "json-number"),
    ("16 digits", b'{"packet_id": 1000000000000000}', "json-number"),
    ("a million digits", b'{"packet_id": ' + b"9" * 1000000 + b"}", "json-number"),
    ("half a character", b'{"packet_id": "\\ud800"}', "json-surrogate"),
    ("half a character, key", b'{"\\udfff": 1}', "json-surrogate"),
    ("equal keys, spelt apart", b'{"a": 1, "\\u0061": 2}', "json-duplicate-key"),
    ("17 levels", b"[" * 17 + b"]" * 17, "json-depth"),
    ("16 levels", b"[" * 16 + b"]" * 16, "packet-shape"),
    ("brackets in a string", b'"' + b"[" * 100 + b'\\"' + b"[" * 100 + b'"', "packet-shape"),
    ("200001 values", b"[" + b"0," * 200001 + b"0]", "json-values"),
    ("strings without end", b'""' * (4 * 1024 * 1024 - 1), "json-values"),
    ("escapes", b'"' + b"\\\\" * (4 * 1024 * 1024 - 2) + b'"', "packet-shape"),
)


class Rules(Workspace):
    """Each rule of the format by the packet that breaks it and nothing else."""

    def codes_of(self, packet: Any) -> List[str]:
        self.put_packet(packet)
        result = self.run_here()
        self.assertEqual(result.stderr, "")
        verdict = self.report()["verdict"]
        self.assertEqual(result.status, inspector.EXIT_CODES[verdict])
        wanted = [inspector.REASONS[code].verdict for code in self.codes()]
        self.assertEqual(verdict, max(wanted, key=inspector.VERDICTS.index, default="needs-review"))
        return self.codes()

    def test_rules(self) -> None:
        packet = self.put_good()
        for rule in RULES:
            with self.subTest(rule.name):
                changed = copy.deepcopy(packet)
                rule.change(changed)
                self.assertEqual(self.codes_of(changed), rule.codes)

    def test_raw(self) -> None:
        for name, content, code in RAW:
            with self.subTest(name):
                write(os.path.join(self.input, "packet.json"), content)
                before = time.monotonic()
                self.assertEqual(self.run_here().status, 2)
                self.assertLess(time.monotonic() - before, 10)
                self.assertEqual(self.codes(), [code])

    def test_a_long_chain_is_no_cycle(self) -> None:
        packet = self.put_good()
        for index in range(3000):
            name = "chain-%d" % index
            before = "chain-%d" % (index - 1) if index else "usable"
            item = generate.finding(name, "So.", [generate.to_item(before)])
            packet["items"].append(item)
        self.assertEqual(self.codes_of(packet), [])
        packet["items"][4]["evidence"].append(generate.to_item("chain-2999"))
        self.assertEqual(self.codes_of(packet), ["reference-cycle"])
        self.assertEqual(self.report()["counts"]["findings"], 1)

    def test_findings_are_bounded_and_counted(self) -> None:
        packet = self.put_good()
        packet["items"] = [0] * 5000
        self.assertEqual(self.codes_of(packet), ["field-invalid"])
        self.assertEqual(len(self.report()["findings"]), inspector.MAX_REPORTED)
        self.assertEqual(self.report()["counts"]["findings"], 5000)
        self.assertIn("and 4000 more", self.markdown())

    def test_checks_of_an_unread_packet_did_not_run(self) -> None:
        write(os.path.join(self.input, "packet.json"), b"")
        self.run_here()
        results = [check["result"] for check in self.report()["checks"]]
        self.assertEqual(results, ["fail"] + ["not-run"] * 5)

    def test_every_reason_is_tested(self) -> None:
        tested: Set[str] = {code for rule in RULES for code in rule.codes}
        tested |= {code for _, _, code in RAW}
        tested |= {code for wanted in EXPECTED.values() for code in wanted["reasons"]}
        tested |= {"packet-missing", "packet-not-regular", "packet-unreadable", "file-unreadable"}
        self.assertEqual(set(inspector.REASONS) - tested, set())

    def test_no_verdict_approves(self) -> None:
        wanted = ("needs-review", "incomplete", "inconsistent", "refused")
        self.assertEqual(inspector.VERDICTS, wanted)

    def test_allowed_actions(self) -> None:
        self.codes_of(self.put_good())
        wanted = ["read packet items", "write the report"]
        self.assertEqual(self.report()["allowed_actions"], wanted)
        self.assertIn("- read packet items\n- write the report\n", self.markdown())


class Objects(Workspace):
    """What else may stand where a file is expected."""

    def setUp(self) -> None:
        super().setUp()
        self.packet = self.put_good()
        self.memo = os.path.join(self.input, "evidence", "memo.txt")
        self.place = os.path.join(self.input, "packet.json")

    def assert_codes(self, *codes: str) -> None:
        self.assertEqual(self.run_process().stderr, "")
        self.assertEqual(self.codes(), sorted(codes))

    def test_packet_missing(self) -> None:
        os.unlink(self.place)
        self.assert_codes("packet-missing")

    def test_packet_is_a_link(self) -> None:
        os.rename(self.place, self.place + ".real")
        os.symlink("packet.json.real", self.place)
        self.assert_codes("packet-not-regular")

    def test_packet_is_a_fifo(self) -> None:
        os.unlink(self.place)
        os.mkfifo(self.place)
        self.assert_codes("packet-not-regular")

    def test_packet_is_a_directory(self) -> None:
        os.unlink(self.place)
        os.mkdir(self.place)
        self.assert_codes("packet-not-regular")

    def test_evidence_is_a_fifo(self) -> None:
        os.unlink(self.memo)
        os.mkfifo(self.memo)
        self.assert_codes("file-not-regular")

    def test_evidence_is_a_socket(self) -> None:
        os.unlink(self.memo)
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(self.memo)
        self.assert_codes("file-not-regular")

    def test_evidence_is_a_dangling_link(self) -> None:
        os.unlink(self.memo)
        os.symlink("nowhere", self.memo)
        self.assert_codes("file-symlink")

    def test_directory_is_a_link(self) -> None:
        os.rename(os.path.dirname(self.memo), os.path.join(self.input, "real"))
        os.symlink("real", os.path.dirname(self.memo))
        self.assert_codes("file-symlink")

    def test_link_swapped_in_after_the_look(self) -> None:
        """O_NOFOLLOW decides, not the look before it."""
        os.rename(self.memo, self.memo + ".real")
        os.symlink("memo.txt.real", self.memo)
        with unittest.mock.patch.object(inspector, "look"):
            self.assertEqual(self.run_here().status, 2)
        self.assertEqual(self.codes(), ["file-symlink"])

    def test_directory_link_swapped_in_after_the_look(self) -> None:
        os.rename(os.path.dirname(self.memo), os.path.join(self.input, "real"))
        os.symlink("real", os.path.dirname(self.memo))
        with unittest.mock.patch.object(inspector, "look"):
            self.assertEqual(self.run_here().status, 2)
        self.assertEqual(self.codes(), ["file-not-regular"])

    def test_fifo_swapped_in_after_the_look(self) -> None:
        os.unlink(self.memo)
        os.mkfifo(self.memo)
        # An open that waits for a writer is to fail this test, not to stall it.
        signal.signal(signal.SIGALRM, raise_timeout)
        self.addCleanup(signal.alarm, 0)
        signal.alarm(10)
        with unittest.mock.patch.object(inspector, "look"):
            self.assertEqual(self.run_here().status, 2)
        self.assertEqual(self.codes(), ["file-not-regular"])

    def test_files_that_grow_while_read(self) -> None:
        descriptor = os.open(self.memo, os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        for read_some in (inspector.hash_descriptor, inspector.read_all):
            os.lseek(descriptor, 0, os.SEEK_SET)
            with self.assertRaises(inspector.Problem) as caught:
                read_some(descriptor, 10)
            self.assertEqual(caught.exception.code, "file-too-large")

    def test_total_is_bounded(self) -> None:
        with unittest.mock.patch.object(inspector, "MAX_TOTAL_BYTES", 150):
            self.assertEqual(self.run_here().status, 2)
        self.assertEqual(self.codes(), ["file-too-large"])

    def test_a_file_is_read_once(self) -> None:
        self.packet["items"] += [dict(self.packet["items"][0], id="m%d" % n) for n in range(50)]
        self.put_packet(self.packet)
        with unittest.mock.patch.object(inspector, "hash_descriptor") as hashing:
            hashing.return_value = inspector.FileFacts(0, "")
            self.run_here()
        self.assertEqual(hashing.call_count, 3)

    @unittest.skipIf(os.geteuid() == 0, "root reads what it may not")
    def test_unreadable(self) -> None:
        os.chmod(self.memo, 0)
        self.assert_codes("file-unreadable")
        os.chmod(self.place, 0)
        self.assert_codes("packet-unreadable")

    def test_unreadable_by_an_error_of_the_disk(self) -> None:
        error = OSError(5, "Input/output error")
        with unittest.mock.patch.object(inspector, "hash_descriptor", side_effect=error):
            self.assertEqual(self.run_here().status, 1)
        self.assertEqual(self.codes(), ["file-unreadable"])
        with unittest.mock.patch.object(inspector, "read_all", side_effect=error):
            self.assertEqual(self.run_here().status, 2)
        self.assertEqual(self.codes(), ["packet-unreadable"])


class Output(Workspace):
    """What the inspector leaves in the output directory, and when nothing."""

    def setUp(self) -> None:
        super().setUp()
        self.put_good()
        self.target = os.path.join(self.output, "report.json")

    def test_a_link_at_the_place_of_a_report(self) -> None:
        victim = os.path.join(self.top, "victim")
        write(victim, b"untouched")
        os.symlink(victim, self.target)
        self.assertEqual(self.run_process().status, 0)
        self.assertEqual(read(victim), b"untouched")
        self.assertTrue(stat.S_ISREG(os.lstat(self.target).st_mode))

    def test_a_directory_at_the_place_of_a_report(self) -> None:
        os.mkdir(self.target)
        result = self.run_process()
        self.assertEqual((result.status, result.stdout), (4, ""))
        self.assertRegex(result.stderr, r"\Ainspect_packet: cannot inspect: .*report\.json.*\n\Z")

    def test_no_earlier_verdict_survives_a_failure(self) -> None:
        self.run_process()
        self.assertEqual(sorted(os.listdir(self.output)), REPORTS)
        result = self.run_process("--in", self.top + "/none", "--out", self.output)
        self.assertEqual(result.status, 4)
        self.assertEqual(os.listdir(self.output), [])

    def test_a_failing_write_leaves_nothing(self) -> None:
        full = OSError(28, "No space left on device")
        for name in ("create", "print_json"):
            with unittest.mock.patch.object(inspector, name, side_effect=full):
                result = self.run_here()
            self.assertEqual((result.status, os.listdir(self.output)), (4, []))

    def test_a_failing_rename_leaves_nothing(self) -> None:
        rename = os.rename

        def fail_second(source: str, target: str, **where: int) -> None:
            if target == "report.json":
                raise OSError(28, "No space left on device")
            rename(source, target, **where)

        with unittest.mock.patch.object(inspector.os, "rename", fail_second):
            self.assertEqual(self.run_here().status, 4)
        self.assertEqual(os.listdir(self.output), [])

    def test_a_bug_is_no_verdict(self) -> None:
        with unittest.mock.patch.object(inspector, "inspect", side_effect=KeyError("x")):
            result = self.run_here()
        self.assertEqual(result.status, 4)
        line = "inspect_packet: cannot inspect: internal error: KeyError\n"
        self.assertEqual(result.stderr, line)
        self.assertEqual(os.listdir(self.output), [])

    @unittest.skipIf(os.geteuid() == 0, "root writes where it may not")
    def test_output_read_only(self) -> None:
        os.chmod(self.output, 0o555)
        self.assertEqual(self.run_process().status, 4)

    def test_misuse(self) -> None:
        for options in (("--bogus",), ("word",), ("--in",), ("--i", self.input)):
            result = self.run_process(*options)
            self.assertEqual((result.status, result.stdout), (4, ""))
            self.assertEqual(result.stderr.count("\n"), 1)

    def test_help_documents_the_exit_status(self) -> None:
        result = self.run_process("--help")
        self.assertEqual(result.status, 0)
        for verdict, status in inspector.EXIT_CODES.items():
            self.assertRegex(result.stdout, r"\n  %d  %s " % (status, verdict))


class Fuzz(Workspace):
    """Damaged packets: always a verdict, never a crash."""

    def mutate(self, chooser: random.Random, data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(chooser.randint(1, 4)):
            place = chooser.randrange(len(changed))
            action = chooser.randrange(4)
            if action == 0:
                changed[place] = chooser.randrange(256)
            elif action == 1:
                del changed[place : place + chooser.randint(1, 40)]
            elif action == 2:
                changed[place:place] = changed[: chooser.randint(1, 40)]
            else:
                marks = [b'"', b"{", b"[", b"\\", b"null", b"-1", b","]
                changed[place:place] = chooser.choice(marks)
        return bytes(changed)

    def test_damaged_bytes(self) -> None:
        self.put_good()
        whole = read(os.path.join(self.input, "packet.json"))
        for seed in range(400):
            with self.subTest(seed=seed):
                changed = self.mutate(random.Random(seed), whole)
                write(os.path.join(self.input, "packet.json"), changed)
                result = self.run_here()
                self.assertIn(result.status, (0, 1, 2), result.stderr)
                self.assertEqual(result.stdout.count("\n"), 1)

    def test_values_of_every_type_everywhere(self) -> None:
        packet = self.put_good()
        values = (None, True, 0, -1, "", "\u202e", "x" * 400, [], {}, [[]], {"a": {}})
        for path in places(packet):
            for value in values:
                with self.subTest(path=path, value=value):
                    changed = copy.deepcopy(packet)
                    put(*path, value)(changed)
                    self.put_packet(changed)
                    # Every one of these values is wrong but an empty list of evidence.
                    wanted = (0, 1, 2) if value == [] else (1, 2)
                    self.assertIn(self.run_here().status, wanted)


def places(value: Any) -> List[List[Any]]:
    """The path to everything within a value."""
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    else:
        return []
    return [[key, *rest] for key, below in inner for rest in [[], *places(below)]]


class CountingResult(unittest.TextTestResult):
    """Counts tests rather than their failed parts."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.failed: Set[str] = set()
        self.passed = 0

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.passed += 1

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self.failed.add(test.id())

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self.failed.add(test.id())

    def addSubTest(self, test: unittest.TestCase, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed.add(test.id())


def main() -> int:
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    runner = unittest.TextTestRunner(stream=sys.stdout, resultclass=CountingResult)
    result: Any = runner.run(suite)
    failed, skipped = len(result.failed), len(result.skipped)
    for test, reason in result.skipped:
        print("skipped: %s: %s" % (test.id(), reason))
    print("%d passed, %d failed, %d skipped" % (result.passed, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
