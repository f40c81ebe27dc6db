#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real documents are what the schemas say, and the schemas are no rubber stamp.

The validator is Debian's, written by others.  A document that one change has spoilt must be
refused: a key more or less in any object, a wrong type anywhere.
"""

import copy
import json
import os
import resource
import signal
import tempfile
import unittest

import bundle
import schemas
import support
from support import Live, PAYLOAD, denybox, run

JSONSCHEMA = schemas.import_jsonschema()
DIRECTORY = os.path.join(support.SRC, "fixtures", "schema")
ALLOW_ALL = '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}'
RAW_ALLOW = bytes.fromhex("06000000 0000ff7f")  # BPF_RET | BPF_K, SECCOMP_RET_ALLOW


def pending(number):
    """A signal that is there already when the program begins, and that nothing has taken."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    os.kill(os.getpid(), number)


class Documents(Live):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if JSONSCHEMA is None:
            reason = "python3-jsonschema is not installed"
            if os.environ.get("CI") == "true":
                raise AssertionError(reason)
            raise unittest.SkipTest(reason)
        cls.schemas = schemas.Schemas(JSONSCHEMA, DIRECTORY)

    def assert_valid(self, document, schema):
        self.assertEqual(self.schemas.faults(schema + ".schema.json", document), [])

    def assert_bundle(self, document):
        self.assert_valid(document, "bundle")
        self.assert_valid(document, "bundle-base")
        self.assert_valid(document["binding"]["plan"], "plan")
        return document

    def of_run(self, *options, payload=("exit", "0"), status=0, program=PAYLOAD, start=denybox):
        done = start("run", *options, "--evidence", self.path("bundle.json"), "--", program,
                     *payload)
        self.assert_status(done, status)
        document = self.evidence()
        os.remove(self.path("bundle.json"))
        return self.assert_bundle(document)

    def stacked(self):
        with open(self.path("raw.bpf"), "wb") as file:
            file.write(RAW_ALLOW)
        return ("--seccomp", support.write(self.path("f.json"), ALLOW_ALL), "--seccomp-bpf",
                self.path("raw.bpf"))

    def deviations(self):
        return {"proc": ("--proc",), "dev": ("--dev",), "allow-exec": ("--allow-exec",),
                "ro-bind": ("--ro-bind", self.path("in"), "/data")}

    def rich(self):
        """Every field that a bundle of run can have."""
        support.write(self.path("in", "a"), "x")
        return self.of_run(*self.io, "--fsize", "1m", "--timeout", "1h", *self.stacked(), "--dev", "--proc",
                           "--ro-bind", self.path("in"), "/data", payload=(
                               "calls", "openat -100 s:/out/file 0xc1 0644",
                               "symlinkat s:/etc -100 s:/out/link"))

    def assert_controls(self, start, status, out="out"):
        os.makedirs(self.path(out), exist_ok=True)
        done = start("attest", "--controls", "--in", self.path("in"), "--out", self.path(out))
        self.assert_status(done, status)
        self.assert_bundle(support.load_json(done.out))
        document = support.load_json(support.read(self.path(out, "controls.json")))
        self.assert_valid(document, "controls")
        return document

    def attested(self):
        done = denybox("attest", *self.io)
        self.assert_status(done, 0)
        return self.assert_bundle(support.load_json(done.out))

    def batched(self, *options, **how):
        return self.assert_bundle(super().batched(*options, **how))


class Real(Documents):

    def test_plain(self):
        document = self.of_run()
        self.assertEqual(document["result"]["ending"], "exited")

    def test_rich(self):
        document = self.rich()
        self.assertEqual(document["limits"]["fsize"]["value"], 1 << 20)
        self.assertEqual(len(document["binding"]["filters"]["stacked_sha256"]), 2)

    def test_endings(self):
        for payload, status, ending in ((("exit", "125"), 125, "exited"),
                                        (("signal", "9"), 137, "signalled"),
                                        (("signal", "11"), 139, "signalled")):
            document = self.of_run(payload=payload, status=status)
            self.assertEqual(document["result"]["ending"], ending)

    def test_blocked(self):
        """A wall or a limit is missing, one at a time."""
        for step in ("lock-root", "in", "tmp", "limits", "affinity", "session", "filter"):
            document = self.of_run(
                *self.io, status=support.EXIT_BLOCKED, start=lambda *words, step=step:
                support.fault("skip:" + step, *words))
            self.assertEqual(document["result"]["ending"], "blocked", step)

    def test_blocked_attest(self):
        done = support.fault("skip:lock-root", "attest", *self.io)
        self.assert_status(done, support.EXIT_BLOCKED)
        self.assert_bundle(support.load_json(done.out))

    def test_each_deviation(self):
        for name, options in self.deviations().items():
            self.assertEqual(self.of_run(*options)["deviations"], [name])

    def test_every_deviation(self):
        options = [word for words in self.deviations().values() for word in words]
        self.assertEqual(len(self.of_run(*options, *self.stacked())["deviations"]), 4)

    def test_profiles(self):
        for options in (("--seccomp", "targeted"), ("--seccomp", "targeted", "--allow-exec")):
            self.of_run(*options)

    def test_names_and_dates(self):
        self.of_run("--venue", "VPS", "--run-id", "a.b-c_9", "--run-date", "2024-02-29", "--nonce",
                    "a\\b \"c\" {d}", "--hostname", "h.example-1", "--uid", "4294967294", "--gid",
                    "1", "--argv0", "a\\b", "--chdir", "/tmp", "--setenv", "A", "\u00e4\n",
                    payload=("exit", "0", "\u00e4", os.fsdecode(b"\xff"), "a\nb", ""))

    def test_roots(self):
        document = self.of_run("--rootfs", support.rootfs(), program="/usr/bin/busybox",
                               payload=("true",))
        self.assertEqual(document["binding"]["image_digest_kind"], "root")
        done = denybox("attest", "--rootfs", support.rootfs())
        self.assert_bundle(support.load_json(done.out))

    def test_dynamic_payload_and_script(self):
        python = os.path.realpath(os.path.join(support.rootfs(), "usr/bin/python3"))
        self.assertTrue(os.path.isfile(python), python)
        document = self.of_run("--rootfs", support.rootfs(), program="/usr/bin/python3",
                               payload=("-c", "pass"))
        self.assertIsNotNone(document["binding"]["plan"]["payload"]["loader"])

    def test_outputs(self):
        document = self.of_run(*self.io, payload=(
            "calls", "mkdirat -100 s:/out/d 0755", "openat -100 s:/out/f 0xc1 0644",
            "linkat -100 s:/out/f -100 s:/out/g 0", "symlinkat s:/etc -100 s:/out/link",
            "mknodat -100 s:/out/fifo 0010644 0",
            os.fsdecode(b"openat -100 s:/out/\xff\x1b 0xc1 0644")))
        kinds = {entry["type"] for entry in document["result"]["outputs"]}
        self.assertEqual(kinds, {"directory", "file", "link", "fifo"})

    def test_more_outputs_than_are_listed(self):
        for number in range(1100):
            support.write(self.path("out", f"f{number}"))
        result = self.of_run(*self.io)["result"]
        self.assertEqual((result["outputs_complete"], len(result["outputs"])), (False, 1000))

    def test_attest(self):
        document = self.attested()
        with open(self.path("out", "attest.jsonl"), encoding="ascii") as file:
            lines = [support.load_json(line) for line in file]
        self.assertEqual(lines, document["probes"])
        for line in lines:
            self.assert_valid(line, "attest-line")
        inside = support.load_json(support.read(
            self.path("out", "sandbox-attestation-inside.json")))
        self.assert_valid(inside, "inside")
        done = denybox("attest", "--proc", "--fsize", "1m")
        self.assert_bundle(support.load_json(done.out))

    def test_controls(self):
        self.assert_controls(denybox, 0)

    def test_controls_that_found_nothing_or_could_not_run(self):
        document = self.assert_controls(lambda *words: support.fault("skip:control-removal", *words),
                                        support.EXIT_BLOCKED)
        self.assertGreater(document["faults"], 0)
        document = self.assert_controls(
            lambda *words: support.fault("fail:clone3:ENOSPC:4", *words), 0, "second")
        self.assertIn(False, [row["ran"] for row in document["matrix"]])

    def test_a_line_of_run_is_none_of_attest(self):
        for probe in self.of_run()["probes"]:
            self.assertNotEqual(self.schemas.faults("attest-line.schema.json", probe), [])

    def test_plans(self):
        options = [word for words in self.deviations().values() for word in words]
        for words in ((), ("--fsize", "1t"), (*options, *self.stacked(), *self.io, "--evidence",
                                              self.path("b.json"))):
            done = denybox("plan", *words, "--", PAYLOAD)
            self.assert_status(done, 0)
            self.assert_valid(support.load_json(done.out), "plan")

    def test_batches(self):
        for words, options, shared in (
                ((PAYLOAD, "exit", "0"), ("--out-size", "1m"), 2),
                (("/usr/bin/busybox", "true"), ("--rootfs", support.rootfs()), 2),
                (("/usr/bin/jq", "-n", "1"), (), 3)):
            document = self.batched(*options, command=words)
            self.assertEqual(len(document["binding"]["batch"]["shared"]), shared)

    def test_places_that_are_no_text(self):
        """A further mount is in the plan and so under its digest, whatever its place is called."""
        places = (b"/\xff", b"/a\\b\n", "/\u202e".encode())
        words = [word for place in places
                 for word in ("--ro-bind", self.path("in"), os.fsdecode(place))]
        done = denybox("plan", *words, "--", PAYLOAD)
        self.assert_status(done, 0)
        plan = support.load_json(done.out)
        self.assert_valid(plan, "plan")
        self.assertEqual([mount["at"] for mount in plan["mounts"][4:]],
                         ["/\\xff", "/a\\\\b\\x0a", "/\\xe2\\x80\\xae"])

    def status_of(self, *words, **how):
        with tempfile.TemporaryFile() as status:
            start = how.pop("start", denybox)
            done = start("run", "--json-status-fd", str(status.fileno()), *words,
                         pass_fds=[status.fileno()], **how)
            status.seek(0)
            lines = [support.load_json(line.decode("ascii")) for line in status]
        self.assertEqual(lines[-1].get("exit-code"), done.status, repr(done))
        for line in lines:
            self.assert_valid(line, "status")
        return [line.get("event", "started") for line in lines]

    def test_status_lines(self):
        began = ["started", "ended"]
        self.assertEqual(self.status_of("--", PAYLOAD, "exit", "7"), began)
        self.assertEqual(self.status_of("--", PAYLOAD, "signal", "9"), began)
        for payload in ("sleep", "stubborn"):
            self.assertEqual(self.status_of("--timeout", "1", "--kill-after", "1", "--", PAYLOAD,
                                            payload), began)
        for program in ("/nonexistent\n", self.dir):
            self.assertEqual(self.status_of("--", program), ["failed"])
        self.assertEqual(self.status_of("--uid", "0", "--", PAYLOAD), ["failed"])
        self.assertEqual(self.status_of("--", PAYLOAD, start=lambda *words, **how: support.command(
            [support.FAULTY, *words], env=support.base_env(DENYBOX_FAULT="skip:lock-root"), **how)),
            ["blocked"])
        # A signal that waits when denybox begins ends it before there is a payload.
        for number in (signal.SIGTERM, signal.SIGHUP):
            self.assertEqual(self.status_of("--", PAYLOAD, "exit", "0",
                                            preexec=lambda number=number: pending(number)),
                             ["failed"])
        # The bundle cannot be written: after the end, and with the key walls.
        self.assertEqual(self.status_of(
            "--evidence", self.path("b.json"), "--", PAYLOAD, "exit", "0",
            preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))),
            began + ["failed"])


class Verified(Documents):
    """What verify prints, of good and of bad bundles."""

    def bundle(self, name="bundle.json"):
        done = run("--venue", "CI", "--evidence", self.path(name), payload=("exit", "0"))
        self.assert_status(done, 0)
        return self.path(name)

    def verified(self, *words):
        document = support.load_json(denybox("verify", "--json", *words).out)
        self.assert_valid(document, "verify-result")
        return document

    def test_good(self):
        path = self.bundle()
        self.assertNotEqual(self.verified(path)["probes"], [])
        profile = os.path.join(support.SRC, "bpf", "targeted.json")
        document = self.verified("--nonce", "12345678", "--max-age", "1h", "--venue", "a\\b",
                                 "--profile", profile, "--allow-deviation", "dev", "--base", path)
        self.assertEqual(document["verdict"], "REJECTED")
        self.assertEqual(document["policy"]["max_age"], 3600)

    def test_bad(self):
        document = self.evidence(os.path.basename(self.bundle()))
        document["probes"][0]["verdict"] = "\x1b[2J"
        document["raw"]["mountinfo"] = "\u202e"
        bad = support.write(self.path("bad.json"), json.dumps(document))
        self.assertEqual(self.verified(bad)["verdict"], "REJECTED")
        for path in (self.path("missing\n"), self.dir, support.write(self.path("e"))):
            self.assertNotEqual(self.verified(path)["verdict"], "ACCEPTABLE")

    def test_several(self):
        done = denybox("verify", "--json", self.bundle(), self.path("missing"))
        lines = [support.load_json(line) for line in done.out.splitlines()]
        self.assertEqual(len(lines), 3)
        for line in lines:
            self.assert_valid(line, "verify-result")
        self.assertEqual(list(lines[2]), ["summary"])

    def test_spoilt(self):
        document = self.verified(self.bundle())
        document["checks"][6].update(result="REJECTED", reasons=[
            {"code": "a-b", "means": "REJECTED", "text": "c"}])
        document["verdict"] = "REJECTED"
        validator = self.schemas.validator("verify-result.schema.json")
        self.assertTrue(validator.is_valid(document))
        for what, mutant in mutants(document):
            self.assertFalse(validator.is_valid(mutant), what)
        document["verdict"] = "ACCEPTABLE"
        self.assertFalse(validator.is_valid(document))


def nodes(value, path=()):
    """The paths of everything in a document; of equal elements of a list only the first."""
    yield path
    if isinstance(value, dict):
        for key, child in value.items():
            yield from nodes(child, path + (key,))
    elif isinstance(value, list):
        seen = set()
        for number, child in enumerate(value):
            shape = tuple(sorted(child)) if isinstance(child, dict) else type(child)
            if shape not in seen:
                yield from nodes(child, path + (number,))
            seen.add(shape)


def at(document, path):
    for step in path:
        document = document[step]
    return document


def changed(document, path, change):
    """A copy of which one place is changed."""
    if not path:
        return change(copy.deepcopy(document))
    spoilt = copy.deepcopy(document)
    holder = at(spoilt, path[:-1])
    holder[path[-1]] = change(holder[path[-1]])
    return spoilt


def without(value, key):
    return {name: child for name, child in value.items() if name != key}


def mutants(document):
    """(what was done, the document) for each single change that no schema may let through."""
    for path in nodes(document):
        where = "/" + "/".join(map(str, path))
        value = at(document, path)
        for wrong in (1.5, [[]] if isinstance(value, dict) else {"": 0}):
            yield f"{where} is {wrong}", changed(document, path, lambda _, w=wrong: w)
        if isinstance(value, str):
            yield where + " has an escape byte", changed(document, path, lambda v: v + "\x1b")
            yield where + " is a number", changed(document, path, lambda _: 7)
        if isinstance(value, int):
            yield where + " is text", changed(document, path, lambda v: str(v))
            yield where + " is negative", changed(document, path, lambda _: -2)
        if isinstance(value, list):
            yield where + " has 1.5", changed(document, path, lambda v: v + [1.5])
        if isinstance(value, dict):
            yield where + " has another key", changed(document, path,
                                                      lambda v: {**v, "another": None})
            for key in value:
                yield f"{where} is without {key}", changed(
                    document, path, lambda v, k=key: without(v, k))


@support.once
class Spoilt(Documents):

    def assert_refused(self, schema, document, but=(), within="/"):
        """Every mutant is refused, except those which the manual allows; `within`: those of a part
        of the document."""
        validator = self.schemas.validator(schema + ".schema.json")
        self.assertTrue(validator.is_valid(document))
        count = 0
        for what, mutant in mutants(document):
            if what.startswith(within) and what not in but:
                count += 1
                self.assertFalse(validator.is_valid(mutant), f"{schema} lets through: {what}")
        return count

    def test_bundle_of_run(self):
        self.assertGreater(self.assert_refused("bundle", self.rich()), 900)

    def test_bundle_of_attest(self):
        self.assert_refused("bundle", self.attested())

    def test_bundle_of_batch(self):
        """What is beside its binding is as of run."""
        bundle = self.batched(command=("/usr/bin/jq", "-n", "1"))
        self.assertGreater(self.assert_refused("bundle", bundle, within="/binding", but=(
            "/binding is without batch",)), 200)

    def test_what_is_no_batch(self):
        def share(*names):
            return lambda d: d["binding"]["batch"].update(shared=[n + "_sha256" for n in names])
        own = self.batched()
        made = self.batched(command=("/usr/bin/jq", "-n", "1"))
        batch = own["binding"]["batch"]
        for document, what, change in (
                (own, "nothing", share()), (own, "half", share("launcher")),
                (own, "another order", share("payload", "launcher")),
                (own, "no root", share("launcher", "payload", "root")),
                (own, "the input", share("launcher", "payload", "input")),
                (made, "not the root", share("launcher", "payload")),
                (made, "the root first", share("root", "launcher", "payload")),
                (made, "more", share("launcher", "payload", "root", "root")),
                (own, "elsewhere", lambda d: d["binding"]["plan"].update(evidence="/b.json")),
                (own, "out elsewhere", lambda d: d["binding"]["plan"]["output"].update(
                    directory="/out")),
                (self.of_run(*self.io), "of run", lambda d: d["binding"].update(batch=batch)),
                (self.attested(), "of attest", lambda d: d["binding"].update(batch=batch))):
            self.refused(document, change, what)

    def test_plan(self):
        self.assert_refused("plan", self.rich()["binding"]["plan"])

    def test_files_of_attest(self):
        document = self.attested()
        for probe in document["probes"]:
            self.assert_refused("attest-line", probe)
        self.assert_refused("inside", {"schema_version": 1, "probes": document["probes"],
                                       "raw": document["raw"]})

    def test_controls(self):
        document = self.assert_controls(denybox, 0)
        self.assertGreater(self.assert_refused("controls", document), 100)
        for what, change in {
                "another row first": lambda d: d["matrix"].reverse(),
                "a row less": lambda d: d["matrix"].pop(),
                "a row twice": lambda d: d["matrix"].append(d["matrix"][0]),
                "a probe less": lambda d: d["matrix"][3]["probes"].pop(),
                "not run without a reason": lambda d: d["matrix"][3].update(
                    ran=False, probes=[], flipped=[], launcher={"expected": True, "found": []}),
                "not run, and has flipped": lambda d: d["matrix"][2].update(
                    ran=False, reason="none", probes=[], launcher={"expected": True, "found": []}),
                "another set must flip": lambda d: d["matrix"][2].update(expected=["PR-NET-1"]),
                "the launcher need not see it": lambda d: d["matrix"][2]["launcher"].update(
                    expected=False),
                "another table": lambda d: d["golden"].pop(),
                "another digest": lambda d: d.update(golden_sha256="sha256:" + "0" * 64),
                "of a bundle": lambda d: d.update(profile="strict"),
                "a probe that does flip": lambda d: d["never_flips"].update({"PR-NET-1": "so"}),
        }.items():
            self.refused(document, change, what, "controls")

    def test_status_lines(self):
        spaces = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup")
        for line in ({"child-pid": 7, **{name + "-namespace": 4026531840 for name in spaces}},
                     {"event": "ended", "how": "exited", "number": 0, "exit-code": 0,
                      "elapsed-ms": 4, "user-us": 500, "system-us": 700, "max-rss-kib": 608},
                     {"event": "blocked", "reason": "a", "walls": "b\n", "exit-code": 3}):
            self.assert_refused("status", line)
        failed = {"event": "failed", "reason": "a", "walls": "b\n", "exit-code": 125}
        self.assert_refused("status", failed, but=("/ is without walls",))
        for status in (0, 1, 3, 124, 128, 193, 255):
            self.refused(failed, lambda d, status=status: d.update({"exit-code": status}),
                         f"failed with {status}", "status")

    def refused(self, document, change, what, schema=None):
        spoilt = copy.deepcopy(document)
        change(spoilt)
        self.assertNotEqual(spoilt, document, what)
        name = schema + ".schema.json" if schema else schemas.STRICT
        self.assertNotEqual(self.schemas.faults(name, spoilt), [], what)

    def test_what_does_not_go_together(self):
        document = self.of_run()
        attested = self.attested()
        for what, change in {
                "strict with a deviation": lambda d: d.update(deviations=["dev"]),
                "deviations without the profile": lambda d: d.update(
                    profile="declared-deviations"),
                "another profile in the plan": lambda d: d["binding"]["plan"].update(
                    profile="declared-deviations", deviations=["allow-exec"]),
                "an ending without a number": lambda d: d["result"].update(number=None),
                "blocked with a number": lambda d: d["result"].update(ending="blocked"),
                "signal 0": lambda d: d["result"].update(ending="signalled", number=0),
                "no usage": lambda d: d["result"].update(usage=None),
                "another ending": lambda d: d["result"].update(ending="not started"),
                "a limit that is not in force": lambda d: d["limits"].pop("pids"),
                "a limit nobody asked for": lambda d: d["limits"].update(
                    fsize={"value": 1, "held_by": "rlimit", "scope": "each file"}),
                "a time limit that nobody set": lambda d: d["result"].update(time_limit="killed"),
                "no time": lambda d: d["result"].update(elapsed_ms=None),
                "no seal": lambda d: d["binding"]["filters"].update(seal_template_sha256=None),
                "a digest of no root": lambda d: d["binding"].update(image_digest_kind="root"),
                "a digest of no input": lambda d: d["binding"].update(
                    input_sha256=d["seccomp_sha256"]),
                "outputs without a directory": lambda d: d["result"].update(outputs=[{
                    "path": "f", "path_b64": "Zg==", "type": "directory", "size": 0,
                    "sha256": None, "odd": []}]),
                "an image without a digest": lambda d: d.update(image_digest=None),
                "no second look": lambda d: d["observed"].update(after_exec=None),
                "a text without its bytes": lambda d: d["raw"].update(mountinfo_b64=None),
                "bytes without their text": lambda d: d["raw"].update(status=None),
                "a digest of no text": lambda d: d["raw"].update(status=None, status_b64=None),
                "a line of attest.jsonl": lambda d: d["probes"][0].update(
                    artifact_path="/out/attest.jsonl#PR-NET-1"),
                "a hidden mount": lambda d: d["binding"]["plan"]["mounts"].append(
                    {"at": "/proc", "source": "proc", "flags": "ro,nosuid,nodev,noexec"}),
                "a probe less": lambda d: d["probes"].pop(),
                "a probe twice": lambda d: d["probes"].insert(1, d["probes"][0]),
                "a probe in place of another": lambda d: d["probes"].__setitem__(
                    1, d["probes"][0]),
                "probes in another order": lambda d: d["probes"].reverse(),
                "an unknown probe": lambda d: d["probes"].append(
                    {**d["probes"][0], "probe_id": "PR-NEW-1"}),
                "an operation of one's own": lambda d: d["probes"][0].update(operation="none"),
                "an easier result": lambda d: d["probes"][0].update(expected="anything"),
                "a row of the matrix less": lambda d: d["probes"][0].update(tests=[]),
        }.items():
            self.refused(document, change, what)
        for what, change in {
                "a payload": lambda d: d["binding"].update(payload_sha256=d["seccomp_sha256"]),
                "a second look": lambda d: d["observed"].update(
                    after_exec=d["observed"]["before_exec"]),
                "no line of attest.jsonl": lambda d: d["probes"][0].update(artifact_path=None),
                "another's line": lambda d: d["probes"][0].update(
                    artifact_path=d["probes"][1]["artifact_path"]),
        }.items():
            self.refused(attested, change, what)

    def test_what_may_be_unknown(self):
        """Nothing above is refused for want of a case: these are valid."""
        document = self.attested()
        for name in ("mountinfo", "status"):
            document["raw"].update({name: None, name + "_b64": None})
            del document["raw"][name + "_sha256"]
        document["raw"]["env_keyset"] = None
        document["freshness"]["boot_id_sha256"] = None
        document["observed"]["before_exec"]["Seccomp_filters"] = None
        document["layers"]["landlock"] = {"in_force": False, "abi": 0}
        digest = bundle.sha256("")
        document["controls"] = {"matrix_sha256": digest, "golden_sha256": digest,
                                "run_at": "2026-11-22T03:40:53Z", "removals": 7, "faults": 0}
        self.assert_bundle(document)
        document["controls"]["faults"] = "none"
        self.assertNotEqual(self.schemas.faults(schemas.STRICT, document), [])
        document["controls"] = document["venue_identity"] = None
        self.assertNotEqual(self.schemas.faults(schemas.STRICT, document), [])
        self.assert_valid(document, "bundle-base")


if __name__ == "__main__":
    support.main()
