#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cache of images: filled by several at once, listed, verified, pruned, and nobody else's."""

import json
import os
import shutil
import signal
import subprocess

import images
import support
from images import Hand, layer
from support import EXIT_DENYBOX, Live, denybox


class Setting(Live):

    def setUp(self):
        super().setUp()
        self.layout, self.cache = self.path("layout"), self.path("cache")
        self.top = os.path.join(self.cache, "denybox", "images")
        self.env = support.base_env(XDG_CACHE_HOME=self.cache)
        with open(support.PAYLOAD, "rb") as file:
            program = file.read()
        self.hand = Hand(layer(("p", "f", program, 0o755), ("f", "f", b"x")),
                         Entrypoint=["/p", "exit", "5"])
        self.hand.write(self.layout)
        self.id = self.hand.id

    def image(self, *words, **how):
        return denybox("image", *words, env=self.env, **how)

    def run_image(self, image, *options):
        return denybox("run", "--image", image, *options, env=self.env)

    def root(self, *parts):
        return os.path.join(self.top, self.id[7:], "root", *parts)

    def names(self):
        return sorted(os.listdir(self.top))


class Cache(Setting):

    def test_add_twice(self):
        for _ in range(2):
            done = self.image("add", self.layout)
            self.assertEqual((done.status, done.out, done.err), (0, self.id + "\n", ""))
        self.assertEqual(self.names(), [self.id[7:]])
        status = os.stat(os.path.join(self.cache, "denybox"))
        self.assertEqual(status.st_mode & 0o777, 0o700)

    def test_run_fills_it_and_uses_it(self):
        self.assert_status(self.run_image(self.layout), 5)
        inode = os.stat(self.root()).st_ino
        # The layers are not needed a second time, and not read.
        os.remove(Hand.blob_path(self.layout, images.sha256(self.hand.packed[0])))
        self.assert_status(self.run_image(self.layout), 5)
        self.assertEqual(os.stat(self.root()).st_ino, inode)

    def test_by_id_without_a_file(self):
        done = self.run_image(self.id)
        self.assert_error(done, EXIT_DENYBOX, "cannot find the image " + self.id, "image add")
        self.assert_status(self.image("add", self.layout), 0)
        shutil.rmtree(self.layout)
        self.assert_status(self.run_image(self.id), 5)

    def test_a_colon_in_the_name_of_the_file(self):
        odd = self.path("a:b")
        os.rename(self.layout, odd)
        self.assert_status(self.run_image(odd), 5)
        self.assert_status(self.run_image(odd + ":box"), 5)

    def test_plan_does_nothing(self):
        done = denybox("plan", "--image", self.layout, env=self.env)
        self.assert_error(done, EXIT_DENYBOX, "it is not in the cache",
                          "denybox image add " + self.layout)
        self.assertFalse(os.path.exists(self.cache))
        self.assert_status(self.image("add", self.layout), 0)
        done = denybox("plan", "--image", self.layout, "--", "6", env=self.env)
        self.assert_status(done, 0)
        plan = json.loads(done.out)
        self.assertEqual(plan["image"], self.id)
        self.assertEqual(plan["payload"]["argv"], ["/p", "exit", "5", "6"])
        self.assertEqual(plan["mounts"][0]["source"], "denybox:image")

    def test_several_at_once(self):
        """All succeed, there is one entry, and nothing of the others is left."""
        crowd = [subprocess.Popen([support.DENYBOX, "run", "--image", self.layout], env=self.env,
                                  stderr=subprocess.PIPE) for _ in range(6)]
        for one in crowd:
            _, err = one.communicate(timeout=support.TIMEOUT)
            self.assertEqual((one.returncode, err), (5, b""))
        self.assertEqual(self.names(), [self.id[7:]])
        self.assert_status(self.image("verify"), 0)

    def test_list(self):
        self.assertEqual(json.loads(self.image("list", "--json").out), [])
        self.assertEqual(self.image("list").out, "")
        self.assertFalse(os.path.exists(self.cache))
        self.assert_status(self.image("add", self.layout), 0)
        line = self.image("list").out.split()
        self.assertEqual((line[0], line[-1]), (self.id, "box"))
        entry, = json.loads(self.image("list", "--json").out)
        self.assertEqual(sorted(entry), ["bytes", "dropped", "entries", "id", "kind", "made",
                                         "names", "tree_sha256", "used"])
        self.assertEqual((entry["id"], entry["names"], entry["entries"], entry["dropped"]),
                         (self.id, ["box"], 2, 0))
        done = denybox("run", "--image", self.layout, "--evidence", self.path("b.json"),
                       env=self.env)
        self.assert_status(done, 5)
        self.assertEqual(self.evidence("b.json")["binding"]["root_sha256"], entry["tree_sha256"])

    def test_names_are_shown_safely(self):
        self.hand.names = ["\x1b[31m\u202e"]
        self.hand.write(self.path("odd"))
        self.assert_status(self.image("add", self.path("odd")), 0)
        self.assertNotIn("\x1b", self.image("list").out)
        self.assertTrue(self.image("list").out.isascii())

    def test_a_name_of_a_megabyte(self):
        """It is six in the record, where the index had one: which is read again all the same."""
        name, index = "\x7f" * 1000000, os.path.join(self.layout, "index.json")
        shutil.rmtree(self.layout)
        self.hand.names = [name]
        self.hand.write(self.layout)
        document = json.loads(support.read(index))
        support.write(index, json.dumps(document).replace("\\u007f", "\x7f"))
        self.assert_status(self.image("add", self.layout), 0)
        done = self.image("list", "--json")
        self.assert_status(done, 0)
        self.assertEqual(json.loads(done.out)[0]["names"], [name])

    def test_verify_finds_what_was_changed(self):
        self.assert_status(self.image("add", self.layout), 0)
        done = self.image("verify")
        self.assertEqual((done.status, done.out), (0, self.id + "  as unpacked\n"))
        with open(self.root("f"), "r+b") as file:
            file.write(b"y")
        self.assert_error(self.image("verify"), EXIT_DENYBOX, "it was unpacked as",
                          "image prune " + self.id)
        with open(self.root("f"), "r+b") as file:
            file.write(b"x")
        self.assert_status(self.image("verify", self.id), 0)
        os.chmod(self.root("f"), 0o755)
        self.assert_status(self.image("verify"), EXIT_DENYBOX)
        os.chmod(self.root("f"), 0o644)
        support.write(self.root("new"))
        self.assert_status(self.image("verify", self.id), EXIT_DENYBOX)
        os.remove(self.root("new"))
        config = os.path.join(self.top, self.id[7:], "config.json")
        os.chmod(config, 0o600)
        with open(config, "ab") as file:
            file.write(b" ")
        self.assert_error(self.image("verify"), EXIT_DENYBOX, "its configuration is")
        self.assert_error(self.run_image(self.layout), EXIT_DENYBOX, "its configuration is")

    def test_a_damaged_record(self):
        self.assert_status(self.image("add", self.layout), 0)
        record = os.path.join(self.top, self.id[7:], "entry.json")
        for text in ("", "{}", '{"names": [1], "tree_sha256": "' + self.id + '"}', "[]"):
            os.remove(record)
            support.write(record, text)
            self.assert_error(self.image("list"), EXIT_DENYBOX, "its record is damaged")
            self.assert_error(self.image("verify"), EXIT_DENYBOX, "its record is damaged")
        self.assert_status(self.image("prune", self.id), 0)
        self.assertEqual(self.names(), [])

    def test_prune(self):
        self.assert_status(self.image("prune"), 0)
        self.assert_status(self.image("add", self.layout), 0)
        left = os.path.join(self.top, ".new-" + "0" * 32)
        other = os.path.join(self.cache, "denybox", "roots", ".new-" + "1" * 32)
        entry = os.path.join(self.cache, "denybox", "roots", "entry")
        for path in (left, other, entry):
            os.makedirs(os.path.join(path, "closed"))
            os.chmod(os.path.join(path, "closed"), 0)
        done = self.image("prune")
        self.assert_status(done, 0)
        self.assertEqual(self.names(), [])
        self.assertFalse(os.path.exists(other))
        # An entry of another area is not an image.
        self.assertTrue(os.path.exists(entry))

    def test_what_is_in_use_stays(self):
        busy = subprocess.Popen([support.DENYBOX, "run", "--image", self.layout, "--entrypoint",
                                 "/p", "--", "sleep", "60"], env=self.env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            self.assertTrue(busy.stdout.read(1))
            prune = [support.DENYBOX, "image", "prune"]
            done = subprocess.run(prune, env=self.env, stdout=subprocess.PIPE, check=False)
            self.assertEqual(done.stdout.decode(), f"in use: {self.id}\n")
            done = subprocess.run([*prune, self.id], env=self.env, stderr=subprocess.PIPE,
                                  check=False)
            self.assertEqual(done.returncode, EXIT_DENYBOX)
            self.assertIn(b"it is in use", done.stderr)
            self.assertEqual(self.names(), [self.id[7:]])
        finally:
            busy.send_signal(signal.SIGKILL)
            busy.communicate()
        support.require_nothing_left()
        self.assert_status(self.image("prune", self.id), 0)
        self.assertEqual(self.names(), [])

    def test_usage(self):
        for words, fragment in (
                ((), "no verb given"), (("other",), "'other' is not a verb"),
                (("add",), "no file given"), (("add", "a", "b"), "one file at a time"),
                (("add", "--x"), "the only option is --max-size"), (("list", "x"), "is not --json"),
                (("verify", "x"), "it is no id"), (("prune", "../../x"), "it is no id"),
                (("prune", "sha256:" + "A" * 64), "it is no id"), (("prune", "ALL"), "it is no id")):
            with self.subTest(words=words):
                self.assert_error(self.image(*words), EXIT_DENYBOX, fragment)
        for word, meant in (("ls", "list"), ("rm", "prune ID"), ("load", "add FILE")):
            self.assert_error(self.image(word), EXIT_DENYBOX, f"'{word}' is not a verb",
                              "denybox image " + meant)
        for verb in ("verify", "prune"):
            self.assert_error(self.image(verb, "sha256:" + "0" * 64), EXIT_DENYBOX,
                              "it is not in the cache")

    def test_errors_name_the_image(self):
        os.mkdir(self.path("empty"))
        done = self.image("add", self.path("empty"))
        self.assert_error(done, EXIT_DENYBOX, f"the image '{self.path('empty')}': neither an OCI")
        done = self.image("add", self.layout + ":other")
        self.assert_error(done, EXIT_DENYBOX, f"cannot find the image 'other' in '{self.layout}'",
                          "there is, to be given as FILE:NAME: box")
        for call in (self.image("add", "tools:1"), self.run_image("tools:1")):
            self.assert_error(call, EXIT_DENYBOX,
                              "cannot open the image 'tools:1': No such file or directory",
                              "denybox image list")

    def test_larger_than_it_may_be(self):
        done = self.image("add", "--max-size", "10k", self.layout)
        self.assert_error(done, EXIT_DENYBOX, "larger than it may", "--max-size SIZE")
        self.assertEqual(self.names(), [])


class NotOurs(Setting):
    """A cache that somebody else could write to chooses what runs: it is refused."""

    def prepare(self):
        os.makedirs(self.top, 0o700)
        os.chmod(os.path.join(self.cache, "denybox"), 0o700)

    def refused(self, fragment):
        for done in (self.image("add", self.layout), self.run_image(self.layout),
                     self.image("list"), self.image("prune"), self.image("verify"),
                     denybox("plan", "--image", self.layout, env=self.env)):
            self.assert_error(done, EXIT_DENYBOX, fragment)

    def test_writable_by_others(self):
        for name in ("denybox", "denybox/images"):
            for mode in (0o770, 0o707, 0o777, 0o720):
                self.prepare()
                os.chmod(os.path.join(self.cache, name), mode)
                self.refused("others may write to it")
                shutil.rmtree(self.cache)

    def test_of_somebody_else(self):
        """Root can make one of another user's; an ordinary user finds root's."""
        for name in ("denybox", "denybox/images"):
            if support.AS_ROOT:
                self.prepare()
                os.chown(os.path.join(self.cache, name), 1234, 1234)
                self.refused("it belongs to user 1234")
                shutil.rmtree(self.cache)
        if not support.AS_ROOT:
            os.mkdir(self.cache)
            os.symlink("/usr", os.path.join(self.cache, "denybox"))
            done = self.image("add", self.layout)
            self.assert_error(done, EXIT_DENYBOX, "cannot open the cache")

    def test_a_link_in_its_place(self):
        os.makedirs(self.path("elsewhere", "images"))
        os.mkdir(self.cache)
        os.symlink(self.path("elsewhere"), os.path.join(self.cache, "denybox"))
        self.refused("cannot open the cache")

    def test_no_cache_at_all(self):
        env = {"PATH": os.environ["PATH"]}
        for more, fragment in (({}, "neither XDG_CACHE_HOME nor HOME"),
                               ({"HOME": ""}, "neither XDG_CACHE_HOME nor HOME"),
                               ({"HOME": "relative"}, "HOME is 'relative', which is no absolute"),
                               ({"XDG_CACHE_HOME": "relative"}, "neither XDG_CACHE_HOME nor HOME")):
            done = denybox("image", "add", self.layout, env={**env, **more})
            self.assert_error(done, EXIT_DENYBOX, fragment,
                              "hint: set XDG_CACHE_HOME to the absolute path")

    def test_home(self):
        done = denybox("image", "add", self.layout, env={"HOME": self.dir})
        self.assert_status(done, 0)
        self.assertEqual(os.listdir(self.path(".cache", "denybox", "images")), [self.id[7:]])

    def test_a_directory_that_cannot_be_written(self):
        if support.AS_ROOT:
            self.skipTest("root writes anywhere")
        os.mkdir(self.cache, 0o500)
        self.assert_error(self.image("add", self.layout), EXIT_DENYBOX, "cannot make the cache")


if __name__ == "__main__":
    support.main()
