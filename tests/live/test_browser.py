#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The reports of verify --html in a browser: what it makes of them, wide and narrow, light and dark.

Needs Chromium, and is skipped but for `make check-report`.
DENYBOX_SCREENSHOTS is a directory for pictures of every page, to be looked at.
"""

import json
import os
import unittest

import browser
import bundle
import pages
import support
from support import Live, denybox, run

HOSTILE = "<script>document.title='run'</script>\"'><img src=http://127.0.0.1:9/x onerror=alert(1)>" \
          "<style>*{display:none}</style><link rel=stylesheet href=//127.0.0.1:9/y>\u202egnp\x1b[31m"
WIDTHS, SCHEMES = (1200, 360), ("light", "dark")

# Every element's name, and how often it is there.
COUNT = """JSON.stringify([...document.querySelectorAll('*')].reduce((all, e) =>
    (all[e.localName] = (all[e.localName] || 0) + 1, all), {}))"""
# What is wider than the window, but for what is scrolled.
TOO_WIDE = """JSON.stringify([...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, svg') &&
    e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80)))"""
# Texts of the picture that reach beyond its edge.
CUT_OFF = """JSON.stringify([...document.querySelectorAll('svg text')].filter(e => {
    const a = e.getBoundingClientRect(), b = e.closest('svg').getBoundingClientRect();
    return a.left < b.left || a.right > b.right || a.bottom > b.bottom;
    }).map(e => e.textContent))"""
GROUND = "getComputedStyle(document.documentElement).backgroundColor"


class Browser(Live):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if os.environ.get("DENYBOX_BROWSER") != "wanted":
            raise unittest.SkipTest("Chromium is large and takes minutes: make check-report")
        cls.program = browser.find()
        if cls.program is None:
            raise AssertionError("there is no Chromium: scripts/install-deps report")

    def start(self):
        """To be called when no other program is to be started: it would not bear one beside it."""
        self.browser = browser.Browser(self.program)
        self.addCleanup(self.browser.close)

    def report(self, name, document, *options, seal=True):
        """(path of the report, what a strict reader makes of it)"""
        if seal:
            document["integrity"]["sha256"] = bundle.integrity(document)
        support.write(self.path("bundle.json"), json.dumps(document))
        path = self.path(name + ".html")
        done = denybox("verify", "--quiet", "--html", path, *options, self.path("bundle.json"))
        self.assertEqual(done.err, "", repr(done))
        with open(path, "rb") as file:
            return path, pages.read(file.read())

    def attest(self, *options):
        done = denybox("attest", "--quiet", "--venue", "VPS", *options)
        self.assert_status(done, 0)
        return support.load_json(done.out)

    def take(self, name):
        """A picture, where somebody wants to look at it."""
        directory = os.environ.get("DENYBOX_SCREENSHOTS")
        if directory is not None:
            self.browser.picture(os.path.join(directory, name + ".png"))

    def spoken(self):
        """What a screen reader is told of: {role: how many}; a table is one on a narrow window too."""
        counts = dict.fromkeys(("table", "row", "columnheader", "rowheader", "heading"), 0)
        for node in self.browser.call("Accessibility.getFullAXTree")["nodes"]:
            role = node.get("role", {}).get("value")
            if role in counts and not node.get("ignored"):
                counts[role] += 1
        return counts

    def look_at(self, *reports):
        self.start()
        for path, page in reports:
            self.look(path, page)

    def look(self, path, page):
        """It is what the strict reader has read, asks for nothing, and fits into its window."""
        name = os.path.basename(path).removesuffix(".html")
        self.browser.load(path)
        self.assertEqual([event["request"]["url"] for event in
                          self.browser.of("Network.requestWillBeSent")], ["file://" + path])
        self.assertEqual(self.browser.of("Log.entryAdded"), [], "the browser complains")
        self.assertEqual(self.browser.value("document.title"), page.title)
        self.assertEqual(self.browser.value("document.compatMode"), "CSS1Compat")
        counts = {}
        for tag, _ in page.elements:
            counts[tag] = counts.get(tag, 0) + 1
        self.assertEqual(json.loads(self.browser.value(COUNT)), counts)
        self.assertEqual(self.browser.value("document.querySelector('h1').textContent"),
                         "".join(page.texts["h1"]))
        cells = [rows for rows in page.tables.values()]
        wanted = {"table": len(cells), "row": sum(map(len, cells)),
                  "columnheader": sum(len(rows[0]) for rows in cells),
                  "rowheader": sum(len(rows) - 1 for rows in cells),
                  "heading": len(page.headings())}
        grounds = set()
        for width in WIDTHS:
            for scheme in SCHEMES:
                with self.subTest(page=name, width=width, scheme=scheme):
                    self.browser.look(width, scheme)
                    self.assertEqual(json.loads(self.browser.value(TOO_WIDE)), [])
                    self.assertEqual(json.loads(self.browser.value(CUT_OFF)), [])
                    self.assertLessEqual(
                        self.browser.value("document.documentElement.scrollWidth"), width)
                    self.assertEqual(self.spoken(), wanted)
                    grounds.add(self.browser.value(GROUND))
                    self.take(f"{name}-{width}-{scheme}")
        self.assertEqual(len(grounds), 2, "dark is as light")
        self.browser.look(720, "dark", "print")
        self.assertEqual(self.browser.value(GROUND), "rgb(255, 255, 255)")
        self.assertEqual(self.browser.value("document.querySelectorAll('nav').length"),
                         1 if "nav" in counts else 0)
        self.take(f"{name}-print")

    def test_the_control(self):
        """What the other tests would find: a page that runs, asks for something and is too wide."""
        path = self.path("control.html")
        support.write(path, "<!DOCTYPE html><title>a</title><p style='width: 2000px'>wide</p>"
                            "<script>document.title = 'run'</script><img src='none.png'>")
        self.start()
        self.browser.look(360)
        self.browser.load(path)
        self.assertEqual(self.browser.value("document.title"), "run")
        self.assertEqual(len(self.browser.of("Network.requestWillBeSent")), 2)
        self.assertEqual(len(json.loads(self.browser.value(TOO_WIDE))), 1)

    def test_a_good_one(self):
        document = self.attest("--controls", *self.io)
        self.look_at(self.report("good", document, "--controls", self.path("out", "controls.json")))

    def test_a_rejected_one(self):
        document = self.attest("--proc", "--controls")
        document["probes"][0]["observed"][0]["value"] = 0
        document["venue"] = "LAPTOP"
        self.look_at(self.report("rejected", document))

    def test_a_batch(self):
        self.look_at(self.report("batch", self.batched()))

    def test_many(self):
        names = []
        for name, document in (("good", self.attest()), ("bad", {HOSTILE: HOSTILE})):
            names.append(self.path(name + "-" + 40 * "long" + ".json"))
            support.write(names[-1], json.dumps(document))
        names.append(self.path("missing"))
        path = self.path("many.html")
        done = denybox("verify", "--quiet", "--html", path, *names)
        self.assertEqual(done.err, "", repr(done))
        with open(path, "rb") as file:
            page = pages.read(file.read())
        self.look_at((path, page))

    def test_a_hostile_one(self):
        """Of broken shape, of no shape, and one of the right shape with a hostile mount."""
        done = run("--venue", "VPS", "--evidence", self.path("made.json"), *self.io, "--scan",
                   "default", payload=("exit", "0"))
        self.assert_status(done, 0)
        document = self.evidence("made.json")

        def spoil(value):
            if isinstance(value, dict):
                return {key: spoil(child) for key, child in value.items()}
            if isinstance(value, list):
                return [spoil(child) for child in value]
            return value + HOSTILE if isinstance(value, str) else value
        self.look_at(
            self.report("hostile", spoil(document), seal=False),
            self.report("keys", {HOSTILE + key: value for key, value in document.items()}, seal=False),
            self.report("long", {**document, "run_id": "a" * 64, "venue": "b" * 64}))



if __name__ == "__main__":
    support.main()
