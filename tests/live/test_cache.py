#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""denybox cache: what is kept of images and of roots of the host's programs, looked at and pruned."""

import datetime
import json
import os
import shutil
import signal
import stat
import subprocess

import support
from images import Hand, layer
from support import EXIT_DENYBOX, Live, denybox


class Kept(Live):
    """A cache with one root and one image."""

    def setUp(self):
        super().setUp()
        self.cache = self.path("cache")
        self.env = support.base_env(XDG_CACHE_HOME=self.cache)

    def call(self, *words, **how):
        return denybox(*words, env=self.env, **how)

    def fill(self):
        self.with_file = "/etc/passwd"
        self.assert_status(self.call("run", "--with", self.with_file, "--", "jq", "-n", "1"), 0)
        with open(support.PAYLOAD, "rb") as file:
            hand = Hand(layer(("p", "f", file.read(), 0o755)), Entrypoint=["/p", "sleep", "60"])
        hand.write(self.path("layout"))
        self.assert_status(self.call("image", "add", self.path("layout")), 0)
        self.image = hand.id
        self.packed = self.call("pack", "--quiet", "--with", self.with_file, "-o", self.path("root"),
                                "jq").out.strip()

    def rows(self, command="cache"):
        done = self.call(command, "list", "--json")
        self.assertEqual((done.status, done.err), (0, ""), repr(done))
        return {row["kind"]: row for row in json.loads(done.out)}

    def entries(self, area):
        return sorted(os.listdir(os.path.join(self.cache, "denybox", area)))

    def entry(self, area, *parts):
        name, = self.entries(area)
        return os.path.join(self.cache, "denybox", area, name, *parts)


class Looked(Kept):

    def test_no_cache(self):
        """Said once, however many parts of it there are."""
        for verb in ("list", "verify", "prune"):
            done = support.command([support.DENYBOX, "cache", verb], env={})
            self.assert_error(done, EXIT_DENYBOX, "cannot find a cache directory")

    def test_nothing_is_there(self):
        for command in ("cache", "image"):
            self.assertEqual(self.rows(command), {})
            for verb, out in (("list", ""), ("verify", ""),
                              ("prune", "nothing to remove: the cache has none\n")):
                done = self.call(command, verb)
                self.assertEqual((done.status, done.out, done.err), (0, out, ""))
        self.assertFalse(os.path.exists(self.cache))

    def test_list(self):
        before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        self.fill()
        rows = self.rows()
        root, image = rows["root"], rows["image"]
        self.assertEqual(root["id"], self.packed)
        self.assertEqual(root["tree_sha256"], self.packed)
        self.assertEqual((root["program"], root["scripts"], root["with"]),
                         ("/usr/bin/jq", [], [self.with_file]))
        files = [os.lstat(os.path.join(top, name)) for top, _, names in
                 os.walk(self.path("root")) for name in names]
        self.assertEqual(root["bytes"], sum(one.st_size for one in files
                                            if not stat.S_ISLNK(one.st_mode)))
        self.assertEqual((image["id"], image["names"]), (self.image, ["box"]))
        for row in rows.values():
            made, used = (datetime.datetime.strptime(row[name], "%Y-%m-%dT%H:%M:%S%z")
                          for name in ("made", "used"))
            self.assertLessEqual(before, made)
            self.assertLessEqual(before, used)
        lines = self.call("cache", "list").out.splitlines()
        self.assertEqual(sorted(line.split()[:2] for line in lines),
                         sorted([[self.packed, "root"], [self.image, "image"]]))
        self.assertTrue(any(line.endswith(f"  /usr/bin/jq  --with {self.with_file}")
                            for line in lines), lines)
        self.assertEqual(self.rows("image"), {"image": image})

    def test_list_that_nobody_can_read(self):
        """Is an error like any other; prune says what it removed, so it comes last."""
        self.fill()
        for words in (("list",), ("list", "--json"), ("verify",), ("prune",)):
            done = support.command(["sh", "-c", '"$@" > /dev/full', "sh", support.DENYBOX, "cache",
                                    *words], env=self.env)
            self.assert_error(done, EXIT_DENYBOX, "cannot write to standard output: No space left")

    def test_script_is_what_it_is_made_of(self):
        script = support.write(self.path("s\x1b.py"), "#!/usr/bin/env python3\nprint(1)\n", 0o755)
        place = "/var/tmp/denybox-s\x1b-%d.py" % os.getpid()
        shutil.copy(script, place)
        self.addCleanup(os.remove, place)
        self.assert_status(self.call("run", "--", place), 0)
        line = self.call("cache", "list").out
        self.assertNotIn("\x1b", line)
        self.assertIn("denybox-s\\", line)
        self.assertEqual(len(self.rows()["root"]["scripts"]), 1)

    def test_used(self):
        """The time of the last start, of either kind; to look at it is no use of it."""
        self.fill()
        for area, words in (("roots", ("--with", self.with_file, "--", "jq", "-n", "1")),
                            ("images", ("--image", self.image, "--entrypoint", "/p", "--", "exit",
                                        "0"))):
            os.utime(self.entry(area), (1000000000, 1000000000))
            kind = area[:-1]
            self.assertEqual(self.rows()[kind]["used"], "2001-09-09T01:46:40Z")
            self.call("cache", "verify")
            self.assertEqual(self.rows()[kind]["used"], "2001-09-09T01:46:40Z")
            made = self.rows()[kind]["made"]
            self.assert_status(self.call("run", *words), 0)
            self.assertGreater(self.rows()[kind]["used"], "2026")
            self.assertEqual(self.rows()[kind]["made"], made)

    def test_verify(self):
        self.fill()
        done = self.call("cache", "verify")
        self.assertEqual(sorted(done.out.splitlines()),
                         sorted([f"{self.packed}  as made", f"{self.image}  as unpacked"]))
        self.assert_status(done, 0)
        os.chmod(self.entry("roots", "root", "usr", "bin", "jq"), 0o644)
        done = self.call("cache", "verify", self.packed)
        self.assert_error(done, EXIT_DENYBOX, f"it was made as {self.packed} and is sha256:",
                          "denybox cache prune ")
        self.assert_status(self.call("cache", "verify", self.image), 0)
        self.assert_status(self.call("cache", "verify"), EXIT_DENYBOX)

    def test_damaged_record(self):
        self.fill()
        record = self.entry("roots", "entry.json")
        name, = self.entries("roots")
        for text in ("", "[]", '{"tree_sha256": "x"}', None):
            os.remove(record)
            if text is not None:
                support.write(record, text)
            for verb in ("list", "verify"):
                done = self.call("cache", verb)
                self.assert_status(done, EXIT_DENYBOX)
                self.assertIn(f"cannot use the root {name} in the cache: its record is damaged",
                              done.err)
        # It is no part of a start.
        self.assert_status(self.call("run", "--with", self.with_file, "--", "jq", "-n", "1"), 0)
        done = self.call("cache", "prune", name)
        self.assertEqual((done.status, done.out, done.err), (0, f"removed: {name}\n", ""))
        self.assertEqual(self.entries("roots"), [])


class Pruned(Kept):

    def test_all(self):
        self.fill()
        left = os.path.join(self.cache, "denybox", "roots", ".new-" + "1" * 32)
        os.mkdir(left)
        done = self.call("cache", "prune")
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(sorted(done.out.splitlines()),
                         sorted([f"removed: {self.packed}", f"removed: {self.image}",
                                 "removed: 1 that somebody had left half done"]))
        self.assertEqual((self.entries("roots"), self.entries("images")), ([], []))
        self.assertEqual(self.call("cache", "prune").out, "nothing to remove: the cache has none\n")

    def test_one(self):
        self.fill()
        # Of the other kind, image does not know it.
        done = self.call("image", "prune", self.packed)
        self.assert_error(done, EXIT_DENYBOX, f"cannot prune {self.packed}: it is not in the cache",
                          "denybox image list")
        done = self.call("cache", "prune", self.packed)
        self.assertEqual((done.status, done.out), (0, f"removed: {self.packed}\n"))
        self.assertEqual(self.entries("roots"), [])
        self.assertEqual(len(self.entries("images")), 1)
        done = self.call("cache", "prune", self.packed, self.image)
        self.assertEqual((done.status, done.out), (EXIT_DENYBOX, f"removed: {self.image}\n"))
        self.assertIn(f"cannot prune {self.packed}: it is not in the cache", done.err)

    def test_what_is_in_use_stays(self):
        self.fill()
        busy = subprocess.Popen([support.DENYBOX, "run", "--image", self.image], env=self.env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            self.assertTrue(busy.stdout.read(1))
            prune = [support.DENYBOX, "cache", "prune"]
            done = subprocess.run([*prune, self.image], env=self.env, stderr=subprocess.PIPE,
                                  check=False)
            self.assertEqual(done.returncode, EXIT_DENYBOX)
            self.assertIn(b"it is in use", done.stderr)
            done = subprocess.run(prune, env=self.env, stdout=subprocess.PIPE, check=False)
            self.assertEqual((done.returncode, sorted(done.stdout.decode().splitlines())),
                             (0, sorted([f"in use: {self.image}", f"removed: {self.packed}"])))
        finally:
            busy.send_signal(signal.SIGKILL)
            busy.communicate()
        support.require_nothing_left()
        self.assertEqual(len(self.entries("images")), 1)

    def test_misuse(self):
        for word in ("ALL", "sha256:", "sha256:" + "A" * 64, "../../x", "", "jq", "0" * 64,
                     "0" * 32 + "-" + "g" * 32):
            for verb in ("prune", "verify"):
                with self.subTest(word=word, verb=verb):
                    done = self.call("cache", verb, word)
                    self.assert_error(done, EXIT_DENYBOX, f"cannot {verb} '{word}': it is no id",
                                      f"without one, {verb} takes all")
        for words, fragment, hint in (((), "no verb given", "denybox cache list"),
                                      (("ls",), "'ls' is not a verb", "denybox cache list"),
                                      (("rm", "x"), "'rm' is not a verb", "denybox cache prune ID"),
                                      (("other",), "'other' is not a verb", "verify [ID...]"),
                                      (("list", "x"), "'x' is not --json", "denybox cache list [--json]"),
                                      (("list", "--json", "x"), "'x' is not --json", "denybox cache list [--json]"),
                                      (("list", "--json", "--json"), "--json twice", "denybox cache list [--json]")):
            with self.subTest(words=words):
                self.assert_error(self.call("cache", *words), EXIT_DENYBOX, fragment, hint)
        self.assertFalse(os.path.exists(self.cache))


class Full(Kept):

    def test_full_disk(self):
        """It is the cache's path that is named, and nothing is left there."""
        if not support.AS_ROOT:
            self.skipTest("needs a file system of its own")
        os.mkdir(self.cache)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k,mode=0700", "tmpfs", self.cache],
                          check=False, capture_output=True).returncode != 0:
            self.skipTest("no tmpfs can be mounted here")
        self.addCleanup(subprocess.run, ["umount", self.cache], check=True)
        Hand(layer(("p", "f", os.urandom(1 << 20), 0o755))).write(self.path("layout"))
        for words, area in ((("run", "--", "jq", "."), "roots"),
                            (("image", "add", self.path("layout")), "images")):
            self.assert_error(self.call(*words), EXIT_DENYBOX,
                              f"cannot write to the cache '{self.cache}/denybox/{area}': No space",
                              "denybox cache prune makes room")
            self.assertEqual(self.entries(area), [])


if __name__ == "__main__":
    support.main()
