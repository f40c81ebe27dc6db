#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""denybox verify --html: a page of any bundle, in which nothing of it is anything but text."""

import json
import os
import re

import bundle
import mutation
import pages
import support
from support import Live, denybox, run

ACCEPTABLE, REJECTED, USAGE, BLOCKED = 0, 1, 2, 3
WORDS = {0: "ACCEPTABLE", 1: "REJECTED", 3: "BLOCKED"}
# What would be markup, an attribute's end, a reference, a terminal's sequence, or turned around.
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;&#60;</style></pre>" \
          "\x1b]0;t\x07\u202egnp\u2066\x7f\x9b`${x}{{x}}"
# The same, of what a document may have: printable ASCII.
HOSTILE_TEXT = "".join(c for c in HOSTILE if " " <= c <= "~")


def strings(value, change):
    """The same document with every string and every key changed."""
    if isinstance(value, dict):
        return {key: strings(child, change) for key, child in value.items()}
    if isinstance(value, list):
        return [strings(child, change) for child in value]
    return change(value) if isinstance(value, str) else value


def contrast(one, other):
    """Of two colours, as WCAG 2 defines it."""
    def luminance(colour):
        digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
        parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
        red, green, blue = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Report(Live):

    def page(self, name, status, *options):
        """The report of a bundle, read strictly."""
        report = self.path("report.html")
        done = denybox("verify", "--quiet", "--html", report, *options, self.path(name))
        self.assertEqual(done.err, "")
        self.assert_status(done, status)
        self.assertTrue(done.out.startswith(WORDS[status] + " "), done.out)
        with open(report, "rb") as file:
            data = file.read()
        os.remove(report)
        page = pages.read(data)
        self.assertTrue(page.title.startswith(WORDS[status] + ": "), page.title)
        self.assertEqual(page.texts["h1"], [WORDS[status]])
        return page

    def attest(self, *options):
        done = denybox("attest", "--quiet", "--venue", "VPS", *options)
        self.assert_status(done, 0)
        support.write(self.path("bundle.json"), done.out)
        return support.load_json(done.out)

    def run_one(self, *options, payload=("exit", "0")):
        done = run("--venue", "VPS", "--evidence", self.path("bundle.json"), *self.io, *options,
                   payload=payload)
        self.assert_status(done, 0)
        return self.evidence()

    def save(self, document, seal=True):
        if seal:
            document["integrity"]["sha256"] = bundle.integrity(document)
        support.write(self.path("bundle.json"), json.dumps(document))

    def test_a_good_one(self):
        document = self.attest("--controls")
        page = self.page("bundle.json", ACCEPTABLE)
        probes = page.tables["The probes, judged again"][1:]
        self.assertEqual([row[0] for row in probes],
                         [probe["probe_id"] for probe in document["probes"]])
        for row, probe in zip(probes, document["probes"]):
            self.assertTrue(row[1].startswith(probe["verdict"]), row)
            self.assertEqual(row[2:4], [probe["operation"], probe["expected"]])
        self.assertEqual([row[0] for row in page.tables["The mounts"][1:]],
                         ["/", "/in", "/out", "/tmp"])
        walls = {row[0]: row[1] for row in page.tables["The walls, in words"][1:]}
        self.assertEqual(set(walls.values()), {"closed", "not asked"}, walls)
        self.assertEqual([name for name, state in walls.items() if state == "not asked"],
                         ["imports that are not allowed"])
        self.assertEqual([row[0] for row in page.tables[
            "The acceptance matrix, as it follows from the probes"][1:]],
                         [str(number) for number in range(24, 38)])
        self.assertEqual({row[1] for row in page.tables["The checks, in their order"][1:]}, {"ok"})
        self.assertFalse("in doubt" in page.text())

    GRID = "Which probe failed without which wall"
    ROWS = "What was expected of each control, and what was seen"

    def controls(self):
        """(the bundle, what its controls came to)"""
        document = self.attest("--controls", *self.io)
        return document, support.load_json(support.read(self.path("out", "controls.json")))

    def with_controls(self, document, controls, status, vouched=True):
        """The report of a bundle that has the digest of these controls, or of others."""
        text = controls if isinstance(controls, str) else json.dumps(controls)
        support.write(self.path("controls.json"), text)
        if vouched:
            mutation.vouch(document, text)
        self.save(document)
        return self.page("bundle.json", status, "--controls", self.path("controls.json"))

    def test_controls_expected_and_seen(self):
        """Each cell and each row of the golden table, as the machine says that it came out."""
        self.controls()
        page = self.page("bundle.json", ACCEPTABLE, "--controls", self.path("out", "controls.json"))
        grid, lines = page.tables[self.GRID], page.tables[self.ROWS][1:]
        source = support.read(os.path.join(support.SRC, "src", "rules", "control.def"))
        rows = re.findall(r'^REMOVAL\(\w+, "([^"]*)", "[^"]*", (\w+),(.*)END\)$', source, re.M)
        self.assertEqual([row[0] for row in grid[1:]], [name for name, _, _ in rows])
        self.assertEqual([row[0] for row in lines], [name for name, _, _ in rows])
        for cells, line, (_, launcher, flips) in zip(grid[1:], lines, rows):
            have = [name for name, cell in zip(grid[0][1:-1], cells[1:-1]) if cell == "F"]
            self.assertEqual([name.replace("-", "_") for name in have],
                             flips.replace(",", " ").split())
            self.assertLessEqual(set(cells[1:-1]), {".", "F"})
            self.assertIn(cells[-1], {"SEEN": "F", "UNSEEN": ".", "EITHER": ".F"}[launcher])
            noticed = ["launcher"] if cells[-1] == "F" else []
            self.assertEqual(line[2].split(", "), have + noticed or ["nothing"])
            self.assertEqual(line[3], "agrees")
        self.assertTrue("the word of the machine that made the bundle" in page.text())

    def test_without_their_file_no_control_is_shown(self):
        document, controls = self.controls()
        page = self.page("bundle.json", ACCEPTABLE)
        self.assertFalse({self.GRID, self.ROWS} & set(page.tables))
        self.assertTrue("What each control came to is not in a bundle" in page.text())
        controls["matrix"][2]["probes"][0]["actual_stderr_or_value"] = "other"
        page = self.with_controls(document, controls, REJECTED, vouched=False)
        self.assertEqual(page.texts["strong"], ["controls-file"])
        self.assertFalse({self.GRID, self.ROWS} & set(page.tables))
        document["controls"] = None
        page = self.with_controls(document, controls, BLOCKED, vouched=False)
        self.assertEqual(page.texts["strong"], ["controls-not-run"])

    def test_controls_that_differ(self):
        """A wall that was not missed, one that was missed too many, and one that could not be tried."""
        document, controls = self.controls()
        rows = {row["removal"]: row for row in controls["matrix"]}
        at = {probe["probe_id"]: i for i, probe in enumerate(rows["in-ro"]["probes"])}
        rows["in-ro"]["probes"][at["PR-FS-RO-IN"]]["verdict"] = "PASS"
        rows["in-ro"]["flipped"] = ["PR-MOUNT-1"]
        rows["in-ro"]["faults"] = ["without in-ro: PR-FS-RO-IN must flip and did not"]
        rows["session"]["probes"][at["PR-ENV-1"]]["verdict"] = "FAIL"
        rows["session"]["flipped"] = ["PR-ENV-1", "DX-SESSION"]
        rows["session"]["faults"] = ["without session: PR-ENV-1 must not flip and did"]
        rows["ids"].update(ran=False, reason=HOSTILE_TEXT, flipped=[], probes=[],
                           launcher={"expected": True, "found": []})
        controls.update(removals=controls["removals"] - 1, faults=2)
        document["controls"].update(removals=controls["removals"], faults=2)
        page = self.with_controls(document, controls, REJECTED)
        lines = {row[0]: row[1:] for row in page.tables[self.ROWS][1:]}
        self.assertEqual(lines["in-ro"][:3], ["PR-FS-RO-IN, PR-MOUNT-1", "PR-MOUNT-1", "differs"])
        self.assertEqual(lines["session"][:3], ["DX-SESSION", "PR-ENV-1, DX-SESSION", "differs"])
        self.assertEqual(lines["ids"], ["DX-IDS, launcher", "not run", "not run", HOSTILE_TEXT])
        grid = page.tables[self.GRID]
        cells = {row[0]: dict(zip(grid[0][1:], row[1:])) for row in grid[1:]}
        self.assertEqual(cells["in-ro"]["PR-FS-RO-IN"], "held")
        self.assertEqual(cells["session"]["PR-ENV-1"], "failed")
        self.assertEqual((cells["ids"]["DX-IDS"], cells["ids"]["PR-NET-1"]), ("F?", "-"))
        # A bundle that counts otherwise.
        document["controls"]["faults"] = 0
        page = self.with_controls(document, controls, REJECTED)
        self.assertIn("controls", page.texts["strong"])

    def test_hostile_controls(self):
        """Vouched for by a bundle, and none: every string, other shapes, and no JSON at all."""
        document, controls = self.controls()
        row = controls["matrix"][0]
        wrong = ["", "{", "[]", "null", "[" * 65 + "]" * 65, '{"matrix": [], "matrix": []}',
                 strings(controls, lambda text: text + HOSTILE), {HOSTILE: HOSTILE},
                 {**controls, "matrix": controls["matrix"][1:]},
                 {**controls, "matrix": [row] * len(controls["matrix"])},
                 {**controls, "matrix": [{**row, HOSTILE: 1}] + controls["matrix"][1:]},
                 {**controls, "matrix": [{**row, "faults": [HOSTILE]}] + controls["matrix"][1:]},
                 {**controls, "matrix": [{**row, "flipped": ["PR-ENV-1"]}] + controls["matrix"][1:]}]
        wrong += [{**controls, key: [None]} for key in ("matrix", "golden", "never_flips")]
        wrong += [{**controls, "matrix": [{**row, key: [None]}] + controls["matrix"][1:]} for key in row]
        for number, case in enumerate(wrong):
            with self.subTest(number=number):
                page = self.with_controls(document, case, REJECTED)
                self.assertEqual(set(page.texts["strong"]), {"controls"})
                self.assertFalse({self.GRID, self.ROWS} & set(page.tables))

    def test_blanks_are_shown_as_they_are(self):
        """Two are not one, and an argument of none is one."""
        self.assert_status(support.run("--venue", "VPS", "--evidence", self.path("bundle.json"),
                                       payload=("exit", "0", "", "a  b ")), 0)
        page = self.page("bundle.json", ACCEPTABLE)
        facts = {row[0]: row[1] for row in page.tables["What the bundle says of the run"][1:]}
        self.assertTrue(facts["Command line"].endswith("exit 0 (empty) a  b "), facts)
        self.assertRegex("".join(page.texts["style"]),
                         r"(?m)^code, td, tbody th, [^{]*\{ white-space: pre-wrap; \}$")

    def test_a_rejected_one(self):
        """Every reason with its code, its words and its text; the forged value beside ours."""
        document = self.attest()
        document["probes"][0]["verdict"] = "FAIL"
        document["venue"] = "LAPTOP"
        document["limits"]["pids"]["value"] = 65
        self.save(document)
        page = self.page("bundle.json", REJECTED)
        reasons = "".join(page.texts["li"] + page.texts["strong"])
        for code in ("verdict-forged", "venue-refused", "limits"):
            self.assertIn(code, page.texts["strong"])
        self.assertIn("a verdict is not what follows from the observations", reasons)
        self.assertIn("PASSthe bundle says FAIL", page.tables["The probes, judged again"][1][1].
                      replace(" ", "", 1))
        facts = {row[0]: row[2] for row in page.tables["What the bundle says of the run"][1:]}
        self.assertEqual((facts["Made by"], facts["Plan's digest"], facts["Venue"]),
                         ("in doubt", "checked", "stated"))

    def test_a_wall_that_did_not_hold(self):
        document = self.attest()
        document["probes"][0]["observed"][0]["value"] = 0
        self.save(document)
        page = self.page("bundle.json", REJECTED)
        walls = {row[0]: row[1] for row in page.tables["The walls, in words"][1:]}
        self.assertEqual(walls["the network"], "OPEN")
        self.assertEqual(walls["other programs"], "closed")
        self.assertTrue("if it were believed" in page.text())

    def test_deviations(self):
        self.attest("--proc")
        rejected = self.page("bundle.json", REJECTED).tables["Declared deviations"]
        self.assertEqual(rejected[1], ["proc", "PR-MOUNT-1, DX-HOSTPATH", "not allowed"])
        page = self.page("bundle.json", ACCEPTABLE, "--allow-deviation", "proc")
        self.assertEqual(page.tables["Declared deviations"][1][2], "allowed by --allow-deviation")
        walls = {row[0]: row[1] for row in page.tables["The walls, in words"][1:]}
        self.assertEqual(walls["the host's other files"], "open, allowed")

    def test_a_run(self):
        support.write(self.path("out", "file"), "content")
        self.run_one("--fsize", "1m", "--timeout", "1h", "--scan", "default")
        page = self.page("bundle.json", ACCEPTABLE)
        limits = {row[0]: row[1:] for row in page.tables["The limits, and who holds them"][1:]}
        self.assertEqual(limits["size of a file"], ["1 MiB", "1 MiB", "rlimit", "each file"])
        self.assertEqual(limits["time"], ["3600 s", "3600 s", "timer", "the payload"])
        self.assertEqual([row[0] for row in page.tables["What was left in /out"][1:]], ["file"])

    def test_another_sandbox(self):
        """Nobody has looked at it from outside: what denybox alone could check is only stated."""
        document = self.attest()
        for key in ("binding", "observed", "limits", "layers", "result", "scan", "controls"):
            del document[key]
        document["runtime"], document["profile"] = "another 1.0", "foreign"
        self.save(document)
        page = self.page("bundle.json", BLOCKED, "--base")
        facts = {row[0]: row[2] for row in page.tables["What the bundle says of the run"][1:]}
        self.assertEqual({name for name, word in facts.items() if word == "checked"},
                         {"Kernel", "Machine", "Date"})
        self.assertEqual((facts["Made by"], facts["Image"]), ("stated", "stated"))
        self.assertTrue("no launcher has looked at it" in page.text())
        self.assertFalse("the launcher read outside" in page.text())
        self.assertTrue("the profile is that of another sandbox" in page.text())

    def test_a_batch(self):
        self.save(self.batched())
        page = self.page("bundle.json", ACCEPTABLE)
        facts = {row[0]: row[2] for row in page.tables["What the bundle says of the run"][1:]}
        self.assertEqual((facts["Shared by a batch"], facts["Shared since"]), ("checked", "stated"))

    def test_hostile_strings(self):
        """Of whatever shape the rest is: every string at once, and each key."""
        document = self.run_one("--scan", "default")
        self.save(strings(document, lambda text: text + HOSTILE), seal=False)
        page = self.page("bundle.json", REJECTED)
        self.assertTrue("<script>alert(1)</script>" in page.text())
        self.assertTrue("\\x1b]0;t\\x07\\xe2\\x80\\xaegnp" in page.text())
        self.save({HOSTILE + key: value for key, value in document.items()}, seal=False)
        self.assertIn("<script>", "".join(self.page("bundle.json", REJECTED).texts["summary"]))

    def test_hostile_and_acceptable(self):
        """What may be any printable text, in a bundle that nothing is wrong with."""
        document = self.run_one()
        document["venue_identity"]["hostname"] = document["binding"]["plan"]["payload"]["argv"][1] = \
            HOSTILE_TEXT
        document["freshness"]["nonce"] = HOSTILE_TEXT[:88]
        plan = document["binding"]["plan"]
        document["binding"]["plan_sha256"] = bundle.sha256(bundle.canonical(plan))
        self.save(document)
        page = self.page("bundle.json", ACCEPTABLE)
        self.assertGreaterEqual(page.text().count("<script>alert(1)</script>"), 3)

    def test_hostile_files(self):
        """What is no bundle, what is no JSON, and what is no file."""
        for data, status in (("", REJECTED), ("[]", REJECTED), ("{}", REJECTED), ("nul", REJECTED),
                             ('{"probes": 1, "limits": [], "raw": {"mountinfo": 3}}', REJECTED)):
            support.write(self.path("bundle.json"), data)
            self.page("bundle.json", status)
        os.remove(self.path("bundle.json"))
        self.assertIn("file-unreadable", self.page("bundle.json", BLOCKED).texts["strong"])
        os.mkdir(self.path(HOSTILE.replace("/", "")))
        self.page(HOSTILE.replace("/", "") + "/..", REJECTED)

    def test_it_is_bounded(self):
        """Long lists are cut, and what is left out is counted."""
        document = self.run_one()
        entry = {"path": "x", "path_b64": "eA==", "type": "file", "size": 0, "sha256": None, "odd": []}
        document["result"]["outputs"] = [entry] * 1000
        document["deviations"] = ["proc"] * 5000
        document["venue"] = "v" * 500000
        self.save(document)
        page = self.page("bundle.json", REJECTED)
        self.assertEqual(len(page.tables["What was left in /out"]), 201)
        self.assertIn("And 800 more, which the bundle has.", page.texts["p"])
        self.assertTrue("... (500000 bytes)" in page.text())
        self.assertLess(len(page.text()), 2 << 20)

    def test_the_contrast(self):
        """Text on what it stands on is told apart as WCAG 2 asks for at level AA: 4.5 to 1."""
        self.attest()
        style = self.page("bundle.json", ACCEPTABLE).style
        schemes = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+);", block))
                   for block in re.findall(r":root {(.*?)}", style, re.S)]
        self.assertEqual(len(schemes), 3)
        for colours in schemes:
            colours.setdefault("link", schemes[0]["link"])
            pairs = [("ink", box) for box in ("page", "box", "good-box", "bad-box", "warn-box")] + \
                    [(name, name + "-box") for name in ("good", "bad", "warn", "none")] + \
                    [(name, "page") for name in ("good", "bad", "warn", "none", "dim", "link")] + \
                    [("dim", "box"), ("dim", "warn-box")]
            for text, ground in pairs:
                with self.subTest(text=text, ground=ground):
                    self.assertGreaterEqual(contrast(colours[text], colours[ground]), 4.5, colours)

    def test_the_same_bytes(self):
        self.attest("--controls")

        def bytes_of():
            report = self.path("report.html")
            denybox("verify", "--html", report, self.path("bundle.json"))
            data = support.read(report)
            os.remove(report)
            return re.sub(r"at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\. It fetches", "at NOW. It fetches", data)
        self.assertEqual(bytes_of(), bytes_of())

    def test_a_file_is_never_replaced(self):
        self.attest()
        os.symlink("nowhere", self.path("link"))
        support.write(self.path("there"), "mine")
        for name, words in (("there", "it exists"), ("link", "it exists"), ("none/page", "No such file"),
                            ("in/", "it names no file"), ("in", "it exists")):
            done = denybox("verify", "--html", self.path(name), self.path("bundle.json"))
            self.assert_error(done, USAGE, "cannot use --html ")
            self.assertIn(words, done.err)
        self.assertEqual(support.read(self.path("there")), "mine")
        self.assertFalse(os.path.lexists(self.path("nowhere")))
        done = denybox("verify", "--html", "/proc/denybox-page", self.path("bundle.json"))
        self.assert_status(done, USAGE)
        self.assertRegex(done.err, r"\Adenybox: cannot write 'denybox-page': [^\n]*\n\Z")

    def test_many(self):
        """A row each, with every code; what a report of one has cannot be in it."""
        good = self.attest()
        support.write(self.path("good"), json.dumps(good))
        good["venue"], good["runtime"] = HOSTILE, "denybox 9"
        self.save(good)
        support.write(self.path("none"), "{")
        support.write(self.path("two"), '{"x": 1}')
        names = [self.path(name) for name in ("good", "bundle.json", "none", "missing", "good", "two")]
        done = denybox("verify", "--html", self.path("page"), *names)
        self.assertEqual(done.out.splitlines()[-1], "6 files: 2 acceptable, 3 rejected, 1 blocked; "
                         "of the acceptable, copies of others: 1")
        self.assert_status(done, REJECTED)
        with open(self.path("page"), "rb") as file:
            page = pages.read(file.read())
        self.assertEqual(page.title, "REJECTED: many bundles - denybox report")
        self.assertIn("6 bundles: 2 acceptable, 3 rejected, 1 blocked. The worst counts. "
                      "Of the acceptable, copies of others: 1.", page.texts["p"])
        self.assertIn("; acceptance matrix: <code>built in</code>.", support.read(self.path("page")))
        rows = page.tables["Each bundle and its verdict"][1:]
        self.assertEqual([row[:2] for row in rows], [
            [names[0], "ACCEPTABLE"], [names[1], "REJECTED"], [names[2], "REJECTED"],
            [names[3], "BLOCKED"], [names[4], "ACCEPTABLE"], [names[5], "REJECTED"]])
        # As in the lines on a terminal: the codes, and the first reason in words.
        for row, line in zip(rows, done.out.splitlines()):
            self.assertTrue(line.endswith(row[2]), (row, line))
        self.assertTrue(rows[1][2].startswith("schema-value (venue is '<script>"), rows[1])
        self.assertEqual(rows[5][2], "schema-missing, schema-unknown (schema_version is missing)")
        self.assertEqual([row[2] for row in (rows[0], *rows[3:5])], [
            "", "file-unreadable (No such file or directory)", f"a copy of {names[0]}"])
        self.assertEqual(rows[2][3], bundle.sha256("{"))
        self.assertEqual(rows[3][3], "")



if __name__ == "__main__":
    support.main()
