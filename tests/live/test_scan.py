#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""denybox scan, and run --scan: each rule has something that triggers it, and something that does
not; what cannot be scanned never passes; what is denied is never started."""

import hashlib
import os
import shutil
import struct
import subprocess
import unittest
import zipfile

from support import DENYBOX, PAYLOAD, SRC, EXIT_BLOCKED, EXIT_DENYBOX, Live, command, denybox, \
    load_json, main, read, rootfs, run, write

INSPECTOR = os.path.join(SRC, "fixtures", "inspector", "inspect_packet.py")
INSPECTOR_POLICY = os.path.join(SRC, "fixtures", "scan", "inspector.json")

# Rule by rule: a source that triggers it, and one that is close to it and does not.
SOURCES = {
    "import": ("import sqlite3", "import json"),
    "dynamic-import": ("__import__('json')", "import json"),
    "eval": ("e = eval", "evaluate = 1"),
    "ctypes": ("import ctypes.util", "import types"),
    "pickle": ("from pickle import loads", "import json"),
    "module-tables": ("import sys\nsys.modules['os']", "import sys\nsys.argv"),
    "introspection": ("().__class__.__mro__", "().__class__"),
    "processes": ("from os import system", "from os import path"),
    "sockets": ("import socket", "import struct"),
    "star-import": ("from os import *", "from os import path"),
    "module-value": ("import os\nf = os", "import os\nf = os.path"),
    "dynamic-attribute": ("import os\ngetattr(os, input())", "import os\ngetattr(os, 'sep')"),
}

# The same thing said in other words is found as well.
DISGUISES = {
    "processes": ["import os as o\no.system('x')", "import os\ngetattr(os, 'system')('x')",
                  "def f():\n    import os\n    return lambda: os.execv", "from os import popen as p"],
    "eval": ["\u1d49\u1d5b\u1d43\u02e1('1')", "f'{eval}'", "@exec\ndef f(): pass",
             "import builtins as b\nb.exec('1')"],
    "introspection": ["def f(): pass\nmatch f:\n    case object(__globals__=g): pass",
                      "import random\nrandom._os.system('x')",
                      "import string\nstring.Formatter().get_field('0.x', (1,), {})",
                      "import json as j\nj.codecs.builtins.eval('1')",
                      "from codecs import builtins as b\nb.eval('1')",
                      "import json\njson.codecs.sys.modules['os']"],
    "dynamic-import": ["import importlib.util", "from importlib import import_module",
                       "if 0:\n    import runpy"],
}

PROGRAMS = {
    "dlopen": "void *dlopen(const char *, int); int main(void) { return !dlopen(0, 1); }",
    "shell": "int system(const char *); int main(void) { return system(\"true\"); }",
    "exec": "int execv(const char *, char **); int main(void) { return execv(\"/x\", 0); }",
    "process": "int fork(void); int main(void) { return fork(); }",
    "network": "int socket(int, int, int); int main(void) { return socket(2, 1, 0); }",
    "raw-syscall": "long syscall(long, ...); int main(void) { return (int)syscall(39); }",
    "trace": "long ptrace(int, ...); int main(void) { return (int)ptrace(0); }",
}
HARMLESS = "#include <stdio.h>\nint main(void) { return puts(\"x\") < 0; }"


def denied(done):
    """{rule} of what is not allowed, of a scan with --json."""
    return {finding["rule"] for file in load_json(done.out)["files"]
            for finding in file["findings"] if not finding["allowed"]}


class Base(Live):
    def scan(self, *words, **how):
        return denybox("scan", "--json", *words, **how)

    def source(self, text, name="x.py"):
        return write(self.path("in", name), text)


class Python(Base):
    def one(self, text, *words):
        return self.scan("--rootfs", rootfs(), *words, self.source(text))

    def test_each_rule_is_triggered_and_its_neighbour_is_not(self):
        for rule, (bad, good) in SOURCES.items():
            with self.subTest(rule):
                done = self.one(bad)
                self.assert_status(done, 1)
                self.assertIn(rule, denied(done))
                done = self.one(good)
                self.assertNotIn(rule, denied(done), repr(done))

    def test_the_same_in_other_words(self):
        for rule, texts in DISGUISES.items():
            for text in texts:
                with self.subTest(text):
                    self.assertIn(rule, denied(self.one(text)))

    def test_a_rule_can_be_allowed(self):
        policy = write(self.path("policy.json"), '{"schema_version": 1, "python": '
                       '{"imports": ["os"], "allow": ["eval"]}}')
        self.assert_status(self.one("import os\neval('1')", "--policy", policy), 0)
        self.assert_status(self.one("import os\nexec('1')\nimport re", "--policy", policy), 1)

    def test_the_inspector_has_a_policy_of_its_own(self):
        done = self.scan("--rootfs", rootfs(), "--policy", INSPECTOR_POLICY, INSPECTOR)
        self.assert_status(done, 0)
        found = load_json(done.out)["files"][0]
        with open(INSPECTOR, "rb") as file:
            self.assertEqual(found["sha256"], "sha256:" + hashlib.sha256(file.read()).hexdigest())
        self.assertIn("json", {finding["detail"] for finding in found["findings"]
                               if finding["rule"] == "import"})

    def test_what_is_no_python_is_blocked(self):
        for text in ("x = = 1", "x = 1\0", "(" * 5000, "x = " + "-" * 500000 + "1"):
            with self.subTest(text[:10]):
                done = self.one(text)
                self.assert_status(done, EXIT_BLOCKED)
                self.assertEqual(load_json(done.out)["verdict"], "NOT_RUN")
                self.assertIsNotNone(load_json(done.out)["incomplete"])

    def test_a_root_without_python_is_blocked(self):
        os.mkdir(self.path("empty"))
        done = self.scan("--rootfs", self.path("empty"), self.source("import json"))
        self.assert_status(done, EXIT_BLOCKED)

    def test_the_parser_of_the_host(self):
        if not os.path.exists("/usr/bin/python3"):
            self.skipTest("no python3")
        self.assert_status(self.scan(self.source("import json")), 0)

    def test_a_module_beside_it_comes_first(self):
        self.source("import socket", "json.py")
        done = self.one("import json")
        self.assertEqual([os.path.basename(file["path"]) for file in load_json(done.out)["files"]],
                         ["x.py", "json.py"])
        self.assertEqual(denied(done), {"import", "sockets"})

    def test_a_package_beside_it_is_scanned_whole(self):
        os.mkdir(self.path("in", "helper"))
        write(self.path("in", "helper", "__init__.py"), "from . import deep")
        write(self.path("in", "helper", "deep.py"), "import ctypes")
        self.assertEqual(denied(self.one("import helper")), {"import", "ctypes"})
        os.unlink(self.path("in", "helper", "deep.py"))
        os.symlink("/etc/passwd", self.path("in", "helper", "deep.py"))
        self.assert_status(self.one("import helper"), EXIT_BLOCKED)

    def test_compiled_modules_beside_it(self):
        write(self.path("in", "helper.py"), "x = 1")
        self.assert_status(self.one("import helper"), 0)
        os.mkdir(self.path("in", "__pycache__"))
        write(self.path("in", "__pycache__", "helper.cpython-311.pyc"), "x")
        self.assertEqual(denied(self.one("import helper")), {"bytecode"})
        write(self.path("in", "other.cpython-311-x86_64-linux-gnu.so"), "x")
        self.assertEqual(denied(self.one("import other")), {"native-module"})

    def test_a_tree(self):
        self.source("import json", "a.py")
        self.source("import socket", "b.py")
        shutil.copy(PAYLOAD, self.path("in", "program"))
        done = self.scan("--rootfs", rootfs(), self.path("in"))
        self.assertEqual(denied(done), {"import", "sockets"})
        self.assertEqual(sorted(file["kind"] for file in load_json(done.out)["files"]),
                         ["elf", "python", "python"])

    def test_nothing_of_it_is_run(self):
        marker = self.path("marker")
        self.one("# coding: latin-1\nopen(%r, 'w')" % marker)
        self.assertFalse(os.path.exists(marker))


class Programs(Base):
    def build(self, text, *options):
        if shutil.which("cc") is None:
            self.skipTest("no compiler")
        write(self.path("x.c"), text)
        built = subprocess.run(["cc", "-o", self.path("x"), *options, self.path("x.c")],
                               stderr=subprocess.PIPE, check=False, cwd=self.dir)
        self.assertEqual(built.returncode, 0, built.stderr)
        return self.path("x")

    def test_a_harmless_program(self):
        done = self.scan(self.build(HARMLESS))
        self.assert_status(done, 0)
        self.assertEqual(denied(done), set())
        self.assertIn(("library", "libc.so.6"),
                      {(finding["rule"], finding["detail"])
                       for finding in load_json(done.out)["files"][0]["findings"]})

    def test_what_it_calls(self):
        for rule, text in PROGRAMS.items():
            with self.subTest(rule):
                done = self.scan(self.build(text))
                self.assert_status(done, 1)
                self.assertEqual(denied(done), {rule})

    def test_what_it_is_linked_like(self):
        for rule, options in (("exec-stack", ["-Wl,-z,execstack"]), ("rpath", ["-Wl,-rpath,/x"]),
                              ("rpath", ["-Wl,-rpath,$ORIGIN"])):
            with self.subTest(options):
                done = self.scan(self.build(HARMLESS, *options))
                self.assertIn(rule, denied(done), repr(done))

    def test_a_segment_that_is_written_and_executed(self):
        program = self.build(HARMLESS)
        with open(program, "r+b") as file:
            image = file.read()
            at, = struct.unpack_from("<Q", image, 0x20)  # e_phoff
            while struct.unpack_from("<I", image, at)[0] != 1:  # PT_LOAD
                at += 56
            file.seek(at + 4)
            file.write(struct.pack("<I", 7))
        self.assertEqual(denied(self.scan(program)), {"write-exec"})

    def test_section_headers_are_not_asked(self):
        program = self.build(PROGRAMS["shell"], "-s")
        with open(program, "r+b") as file:
            file.seek(0x28)  # e_shoff
            file.write(bytes(8))
            file.seek(0x3c)  # e_shnum, e_shstrndx
            file.write(bytes(4))
        self.assertEqual(denied(self.scan(program)), {"shell"})

    def test_a_static_program_is_said_to_be_one(self):
        done = self.scan(PAYLOAD)
        self.assert_status(done, 0)
        self.assertEqual([finding["rule"] for finding in load_json(done.out)["files"][0]["findings"]],
                         ["static"])
        policy = write(self.path("policy.json"), '{"schema_version": 1}')
        self.assertEqual(denied(self.scan("--policy", policy, PAYLOAD)), {"static"})

    def test_symbols_of_the_policy(self):
        policy = write(self.path("policy.json"), '{"schema_version": 1, "elf": {"loaders": '
                       '["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"], '
                       '"libraries": ["libc.so.6"], "symbols_denied": ["puts"]}}')
        self.assertEqual(denied(self.scan("--policy", policy, self.build(HARMLESS))), {"symbol"})

    def test_a_damaged_file_is_blocked(self):
        with open(self.build(HARMLESS), "rb") as file:
            whole = file.read()
        with open(self.path("cut"), "wb") as file:
            file.write(whole[:len(whole) // 8])
        self.assert_status(self.scan(self.path("cut")), EXIT_BLOCKED)
        self.assert_status(self.scan(write(self.path("text"), "hello")), EXIT_BLOCKED)
        self.assert_status(self.scan(self.path("nothing")), EXIT_BLOCKED)


class Words(Base):
    def test_bad_usage_is_2(self):
        for words in ([], ["--nothing", PAYLOAD], ["--policy", self.path("none"), PAYLOAD],
                      ["--policy", write(self.path("p"), "{}"), PAYLOAD]):
            with self.subTest(words):
                self.assert_status(command([DENYBOX, "scan", *words]), 2)

    def test_the_built_in_policy(self):
        shown = denybox("scan", "--show-policy")
        self.assertEqual(shown.out, read(os.path.join(SRC, "fixtures", "scan", "default.json")))
        policy = write(self.path("p"), shown.out)
        for name in (policy, "default"):
            self.assert_status(denybox("scan", "--policy", name, PAYLOAD), 0)

    def test_the_words_of_a_person(self):
        done = denybox("scan", "--quiet", PAYLOAD)
        self.assertEqual(done.out,
                         "ACCEPTABLE: all was looked at, and all of it is allowed\n")
        name = write(self.path("in", "a\x1b[31m.py"), "import socket")
        done = denybox("scan", "--rootfs", rootfs(), name)
        self.assertNotIn("\x1b", done.out)
        self.assertIn("REJECTED", done.out)


class Run(Base):
    """run --scan: what is denied or not scanned is not started, and the bundle says so."""

    def python(self, *words, options=(), name="bundle.json"):
        return denybox("run", *self.io, "--rootfs", rootfs(), "--scan", "default", "--venue", "CI",
                       "--evidence", self.path(name), *options, "--", "python3", *words)

    def verdict(self, name="bundle.json"):
        bundle = self.evidence(name)
        probe = [p for p in bundle["probes"] if p["probe_id"] == "PR-DYNIMPORT"][0]
        return probe["verdict"], bundle["scan"]["verdict"], bundle["result"]["ending"]

    def verify(self, name="bundle.json", *words):
        return denybox("verify", "--json", *words, self.path(name))

    def test_a_script_that_is_allowed(self):
        self.source("import json\nopen('/out/ran', 'w')")
        self.assert_status(self.python("/in/x.py"), 0)
        self.assertEqual(self.verdict(), ("PASS", "PASS", "exited"))
        self.assertTrue(os.path.exists(self.path("out", "ran")))
        bundle = self.evidence()
        self.assertEqual(bundle["scan"]["files"][0]["sha256"], bundle["binding"]["payload_sha256"])
        with open(self.path("in", "x.py"), "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        self.assertEqual(bundle["scan"]["files"][1]["sha256"], "sha256:" + digest)
        self.assert_status(self.verify(), 0)

    def test_a_script_that_is_denied_is_not_started(self):
        self.source("open('/out/ran', 'w')\nimport ctypes")
        done = self.python("/in/x.py")
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("BLOCKED: PR-DYNIMPORT FAIL", done.err)
        self.assertIn("cannot start the payload: the scan does not allow it", done.err)
        self.assertEqual(self.verdict(), ("FAIL", "FAIL", "blocked"))
        self.assertEqual(os.listdir(self.path("out")), [])
        # All the other walls were proved.
        self.assertEqual({p["verdict"] for p in self.evidence()["probes"]
                          if p["probe_id"].startswith("PR-")}, {"PASS", "FAIL"})
        self.assert_status(self.verify(), 1)

    def test_what_is_not_scanned_is_not_started(self):
        self.source("x = = 1", "broken.py")
        os.symlink("broken.py", self.path("in", "link.py"))
        for number, words in enumerate((["-m", "json.tool"], [], ["-i", "/in/x.py"],
                                        ["/in/broken.py"], ["/in/none.py"], ["/in/link.py"],
                                        ["/in/../in/broken.py"], ["/out/x.py"], ["/in"],
                                        ["/in/./broken.py"])):
            with self.subTest(words):
                done = self.python(*words, name="%d.json" % number)
                self.assert_status(done, EXIT_BLOCKED)
                self.assertIn("BLOCKED: PR-DYNIMPORT NOT_RUN", done.err)
                self.assertEqual(self.verdict("%d.json" % number), ("NOT_RUN", "NOT_RUN", "blocked"))
                self.assert_status(self.verify("%d.json" % number), EXIT_BLOCKED)

    def test_needless_parts_of_a_path(self):
        self.source("import json")
        self.assert_status(self.python("//in/./x.py"), 0)
        self.assertEqual(self.verdict(), ("PASS", "PASS", "exited"))

    def test_code_of_the_command_line(self):
        self.assert_status(self.python("-c", "print('\\\\ \u00e9')"), 0)
        self.assert_status(self.verify(), 0)
        self.assert_status(self.python("-c", "import socket", name="b.json"), EXIT_BLOCKED)
        self.source("import ctypes", "json.py")
        self.assert_status(self.python("-c", "import json", name="c.json"), 0)
        self.assert_status(self.python("-c", "import json", options=("--chdir", "/in"),
                                       name="d.json"), EXIT_BLOCKED)

    def test_an_archive_behind_a_program(self):
        """To Python a source, to the loader a program: neither may be taken for the other."""
        path = self.path("in", "x.py")
        shutil.copy("/bin/true", path)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("__main__.py", "print('ran')")
        done = self.python("/in/x.py")
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("no Python source", done.err)
        self.assertNotIn("ran", done.out)

    def test_variables_that_the_loader_obeys(self):
        self.source("import json")
        self.assert_status(self.python("/in/x.py", options=("--setenv", "LD_PRELOAD", "/x.so")),
                           EXIT_BLOCKED)

    def test_variables_that_the_interpreter_obeys(self):
        self.source("import json")
        done = self.python("/in/x.py", options=("--setenv", "PYTHONPATH", "/in"))
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("environment: PYTHONPATH", done.err)
        self.assert_status(self.python("/in/x.py", options=("--setenv", "PYTHONUTF8", "1"),
                                       name="b.json"), 0)
        self.assert_status(self.verify("b.json"), 0)

    def test_a_program(self):
        done = run(*self.io, "--scan", "default", "--venue", "CI", "--evidence",
                   self.path("bundle.json"), payload=("exit", "7"))
        self.assert_status(done, 7)
        self.assertEqual(self.verdict(), ("PASS", "PASS", "exited"))
        self.assert_status(self.verify(), 0)
        policy = write(self.path("policy.json"), '{"schema_version": 1}')
        done = run(*self.io, "--scan", policy, payload=("exit", "7"))
        self.assert_status(done, EXIT_BLOCKED)

    def test_a_policy_of_ones_own_must_be_known_to_verify(self):
        policy = write(self.path("policy.json"), '{"schema_version": 1, "elf": {"allow": ["static"]}}')
        run(*self.io, "--scan", policy, "--venue", "CI", "--evidence", self.path("bundle.json"),
            payload=("exit", "0"))
        done = self.verify()
        self.assert_status(done, 1)
        self.assertIn('"scan-policy"', done.out)
        self.assert_status(self.verify("bundle.json", "--scan-policy", policy), 0)

    def test_a_bad_policy_is_one_line(self):
        for text in ("{}", "[", '{"schema_version": 1, "x": 1}'):
            policy = write(self.path("policy.json"), text)
            self.assert_error(run("--scan", policy, payload=("exit", "0")), EXIT_DENYBOX, "")
        self.assert_error(run("--scan", self.path("none"), payload=("exit", "0")), EXIT_DENYBOX,
                          "cannot read the scan policy")

    def test_without_it_nothing_is_scanned(self):
        done = run("--venue", "CI", "--evidence", self.path("bundle.json"), payload=("exit", "0"))
        self.assert_status(done, 0)
        self.assertIsNone(self.evidence()["scan"])


if __name__ == "__main__":
    main()
