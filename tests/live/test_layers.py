#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whiteouts: they hide what the layers before have, and never what their own layer brings, in
whatever order it is written (OCI image-spec, layer.md)."""

import itertools
import os
import shutil
import tempfile

import images
import support
from images import Hand, layer
from support import EXIT_DENYBOX
from test_image import Images, entries

OPAQUE = ".wh..wh..opq"
LOWER = (("d", "d", ""), ("d/a", "f", b"1"), ("d/s", "d", ""), ("d/s/a", "f", b"1"),
         ("d/s/b", "f", b"1"), ("f", "f", b"1"), ("e", "d", ""), ("e/l", "l", "../f"),
         ("e/x", "f", b"1"))


def above(path):
    """The directories that a path lies in."""
    while os.path.dirname(path):
        path = os.path.dirname(path)
        yield path


def brought(upper):
    """{path: kind} of a layer's own, the directories that it only implies among them."""
    own = {}
    for name, kind, _ in upper:
        base = os.path.basename(name)
        if base.startswith(".wh."):
            if base != OPAQUE:
                continue
            name, kind = os.path.dirname(name), "d"
        own[name] = kind
        for directory in above(name):
            own.setdefault(directory, "d")
    return own


def hidden(path, upper, own):
    for name, _, _ in upper:
        directory, base = os.path.split(name)
        if base == OPAQUE and path.startswith(directory + "/"):
            return True
        if base.startswith(".wh.") and base != OPAQUE:
            gone = os.path.join(directory, base[4:])
            if path == gone or path.startswith(gone + "/"):
                return True
    return any(own.get(directory, "d") != "d" for directory in above(path))


def expected(upper):
    """By the specification, which knows no order."""
    own = brought(upper)
    found = {name: (kind, value) for name, kind, value in LOWER if not hidden(name, upper, own)}
    values = {name: (kind, value) for name, kind, value in LOWER + upper}
    for name, kind in own.items():
        if kind == "h":
            found[name] = values[values[name][1]]
        else:
            found[name] = (kind, "" if kind == "d" else values[name][1])
    return {name: (kind, value.decode() if kind == "f" else value)
            for name, (kind, value) in found.items()}


class Whiteouts(Images):
    """Each layer in every order of its entries."""

    def setUp(self):
        super().setUp()
        # Beside the cache of the machine's disk it is all in memory.
        self.memory = tempfile.mkdtemp(dir="/dev/shm") if os.path.isdir("/dev/shm") \
            else self.path("memory")
        self.addCleanup(shutil.rmtree, self.memory, True)
        self.env = support.base_env(XDG_CACHE_HOME=self.memory)

    def unpacked(self, order):
        """What comes of it, or None and the whole error where it is refused."""
        shutil.rmtree(self.layout, ignore_errors=True)
        shutil.rmtree(os.path.join(self.memory, "denybox"), ignore_errors=True)
        Hand(layer(*LOWER), layer(*order)).write(self.layout)
        done = self.image("add", self.layout)
        if done.status != 0:
            return None, done
        return entries(os.path.join(self.memory, "denybox", "images", done.out.strip()[7:],
                                    "root")), done

    def by_umoci(self):
        target = self.path("bundle")
        shutil.rmtree(target, ignore_errors=True)
        images.tool("umoci", "unpack", "--rootless", "--image", self.layout + ":box", target)
        return entries(os.path.join(target, "rootfs"))

    def every_order(self, *upper, possible=lambda names: True, umoci=True):
        """Where an order is possible it comes to the same; umoci agrees with the first one."""
        wanted = expected(upper)
        for order in itertools.permutations(upper):
            names = [name for name, _, _ in order]
            with self.subTest(order=names):
                found, done = self.unpacked(order)
                if not possible(names):
                    self.assert_error(done, EXIT_DENYBOX, "layer 2 of the image")
                    continue
                self.assertEqual(found, wanted, repr(done))
                if umoci:
                    self.assertEqual(self.by_umoci(), wanted)
                    umoci = False

    def test_a_hard_link_to_what_is_hidden(self):
        """The file has a name more in this layer, and the one that it had is hidden."""
        self.every_order(("h", "h", "f"), (".wh.f", "f", b""), ("e/n", "f", b"2"),
                         possible=lambda names: names.index("h") < names.index(".wh.f"))

    def test_names_of_one_own_file(self):
        self.every_order(("p", "f", b"2"), ("q", "h", "p"), (".wh.q", "f", b""),
                         (".wh.p", "f", b""),
                         possible=lambda names: names.index("p") < names.index("q"))

    def test_below_a_directory_without_an_entry(self):
        self.every_order(("d/s/n", "f", b"2"), ("d/.wh.s", "f", b""), ("d/.wh.a", "f", b""),
                         (".wh.f", "f", b""))

    def test_far_below_it(self):
        self.every_order(("d/s/n", "f", b"2"), (".wh.d", "f", b""), ("e/k/z", "f", b"2"))

    def test_opaque_without_an_entry(self):
        self.every_order(("d/s/n", "f", b"2"), ("d/.wh..wh..opq", "f", b""), ("d/q", "f", b"2"),
                         (".wh.d", "f", b""))

    def test_opaque_and_nothing_else(self):
        """The mark says that the directory is there. Of umoci the order decides."""
        self.every_order(("n/.wh..wh..opq", "f", b""), (".wh.n", "f", b""),
                         ("e/.wh..wh..opq", "f", b""), (".wh.e", "f", b""), umoci=False)

    def test_directories_of_its_own(self):
        self.every_order(("d", "d", ""), (".wh.d", "f", b""), ("d/s", "d", ""),
                         ("d/s/a", "f", b"2"))

    def test_a_directory_that_becomes_a_file(self):
        self.every_order(("d", "f", b"2"), (".wh.d", "f", b""), ("f", "d", ""), ("f/x", "f", b"2"),
                         possible=lambda names: names.index("f") < names.index("f/x"))

    def test_links(self):
        self.every_order(("e/l", "l", "x"), ("e/.wh.l", "f", b""), ("e/.wh.x", "f", b""),
                         ("f", "l", "e/x"))

    def test_through_a_link(self):
        """What is known of a directory is known by whichever way it is reached."""
        for name in ("k/.wh.s", "d/.wh.s"):
            with self.subTest(name):
                found, done = self.unpacked((("k", "l", "d"), ("k/s/n", "f", b"2"),
                                             (name, "f", b"")))
                self.assert_status(done, 0)
                self.assertEqual({path for path in found if path.startswith("d/")},
                                 {"d/a", "d/s", "d/s/n"})

    def test_an_inode_number_that_is_given_again(self):
        """Directories are removed (by a device) and others made: what was known of the old ones
        says nothing of the new ones. On a file system that gives numbers again, as ext4 does."""
        lower = [(f"z{n}", "d", "") for n in range(20)]
        order = []
        for n in range(20):
            order += [("t/a/b/x", "f", b"2"), ("t", "c", ""), (f"z{n}", "c", ""),
                      (f"u{n}/v/w", "f", b"2"), (f".wh.u{n}", "f", b"")]
        Hand(layer(*lower), layer(*order)).write(self.layout)
        self.env = support.base_env(XDG_CACHE_HOME=self.path("cache"))
        _, root = self.add(self.layout)
        self.assertEqual({path for path in entries(root) if path.endswith("/w")},
                         {f"u{n}/v/w" for n in range(20)})


if __name__ == "__main__":
    support.main()
