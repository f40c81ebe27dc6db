#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""--image: images as people have them, and images that mean ill."""

import gzip
import io
import json
import os
import shutil
import stat
import subprocess
import tarfile

import bundle as mounts
import images
import support
from images import Hand, layer
from support import EXIT_DENYBOX, EXIT_NOT_FOUND, Live, denybox


class Images(Live):
    """A cache and a layout of the test's own."""

    def setUp(self):
        super().setUp()
        self.layout = self.path("layout")
        self.env = support.base_env(XDG_CACHE_HOME=self.path("cache"))

    def image(self, *words, **how):
        return denybox("image", *words, env=self.env, **how)

    def run_image(self, image, *words, options=(), **how):
        return denybox("run", "--image", image, *options, "--", *words, env=self.env, **how)

    def add(self, image):
        """Into the cache; returns the id and the directory of the root."""
        done = self.image("add", image)
        self.assert_status(done, 0)
        self.assertEqual(done.err, "")
        identity = done.out.strip()
        return identity, self.path("cache", "denybox", "images", identity[7:], "root")

    def staged(self):
        """What is left in the cache of work that was not finished."""
        top = self.path("cache", "denybox", "images")
        return [name for name in os.listdir(top) if name.startswith(".")] \
            if os.path.isdir(top) else []

    def refused(self, image, fragment, hint=None):
        """One line, and nothing left behind."""
        done = self.image("add", image)
        self.assert_error(done, EXIT_DENYBOX, fragment, hint)
        self.assertEqual(self.staged(), [])
        return done


def entries(top):
    """{name: (kind, content or target)} of everything in a tree."""
    found = {}
    for directory, names, files in os.walk(top):
        for name in names + files:
            path = os.path.join(directory, name)
            mode, value = os.lstat(path).st_mode, ""
            if stat.S_ISLNK(mode):
                kind, value = "l", os.readlink(path)
            elif stat.S_ISDIR(mode):
                kind = "d"
            else:
                kind, value = "f", support.read(path)
            found[os.path.relpath(path, top)] = (kind, value)
    return found


class Tools(Images):
    """What umoci and skopeo write."""

    def forms(self):
        """The same image in all its forms: [(what --image is given, how skopeo calls it)]."""
        images.busybox(self.layout)
        source = f"oci:{self.layout}:box"
        forms = [(f"{self.layout}:box", source), (self.layout, source)]
        for name, target, options in (
                ("box.oci.tar", "oci-archive:{}:box", ()),
                ("box.docker.tar", "docker-archive:{}:example.org/box:1", ()),
                ("zstd", "oci:{}:box", ("--dest-compress-format", "zstd", "--dest-compress"))):
            path = self.path(name)
            images.copy(source, target.format(path), *options)
            forms.append((path, target.format(path)))
        return forms

    def test_all_forms_have_one_id(self):
        for n, (image, place) in enumerate(self.forms()):
            with self.subTest(image=os.path.basename(image)):
                bundle = self.path(f"{n}.json")
                done = self.run_image(image, "/bin/busybox", "echo", "hello",
                                      options=("--evidence", bundle))
                self.assertEqual((done.status, done.out, done.err), (0, "hello\n", ""), repr(done))
                document = support.load_json(support.read(bundle))
                self.assertEqual(document["image_digest"], images.image_id(place))
                self.assertEqual(document["binding"]["image_digest_kind"], "image")
                self.assertEqual(document["binding"]["plan"]["image"], document["image_digest"])
                self.assert_status(self.image("prune"), 0)

    def test_zstd_is_really_zstd(self):
        self.forms()
        heads = set()
        for name in os.listdir(self.path("zstd", "blobs", "sha256")):
            with open(self.path("zstd", "blobs", "sha256", name), "rb") as file:
                heads.add(file.read(4))
        self.assertIn(b"\x28\xb5\x2f\xfd", heads)

    def test_a_packed_archive(self):
        """docker save | gzip"""
        path = self.forms()[3][0]
        with open(path, "rb") as source, gzip.open(self.path("box.tar.gz"), "wb") as target:
            shutil.copyfileobj(source, target)
        done = self.run_image(self.path("box.tar.gz"), "/bin/busybox", "true")
        self.assert_status(done, 0)

    def test_the_old_form_of_docker_save(self):
        """A directory a layer, with layer.tar in it, one of them a link to another's."""
        base = layer(("bin", "d", ""), ("f", "f", b"one"))
        hand = Hand(base, base)
        config = json.dumps(hand.config).encode()
        name = images.sha256(config)[7:]
        manifest = [{"Config": name + ".json", "RepoTags": ["box:1"],
                     "Layers": ["a/layer.tar", "b/layer.tar"]}]
        with tarfile.open(self.path("old.tar"), "w") as archive:
            for path, data in (("a/layer.tar", base), (name + ".json", config),
                               ("manifest.json", json.dumps(manifest).encode())):
                info = tarfile.TarInfo(path)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
            info = tarfile.TarInfo("b/layer.tar")
            info.type, info.linkname = tarfile.SYMTYPE, "../a/layer.tar"
            archive.addfile(info)
        identity, root = self.add(self.path("old.tar"))
        self.assertEqual(identity, "sha256:" + name)
        self.assertEqual(entries(root), {"bin": ("d", ""), "f": ("f", "one")})

    def test_which_of_several(self):
        images.busybox(self.layout)
        images.umoci(self.layout, "other")
        done = self.run_image(self.layout, "/bin/busybox", "true")
        self.assert_error(done, EXIT_DENYBOX, "there are several", "box, other")
        done = self.run_image(self.layout + ":third", "/bin/busybox", "true")
        self.assert_error(done, EXIT_DENYBOX, "cannot find the image 'third'", "box, other")
        self.assert_status(self.run_image(self.layout + ":box", "/bin/busybox", "true"), 0)
        done = self.run_image(self.layout + ":other", "/bin/busybox", "true")
        self.assert_error(done, EXIT_NOT_FOUND, "/bin/busybox")

    def test_two_names_of_one_image(self):
        images.busybox(self.layout)
        images.tool("umoci", "tag", "--image", self.layout + ":box", "same")
        self.assert_status(self.run_image(self.layout, "/bin/busybox", "true"), 0)

    def test_whiteouts_by_umoci(self):
        """A tree is changed and packed again: what was removed is removed."""
        tree = self.path("tree")
        os.makedirs(os.path.join(tree, "gone", "below"))
        os.makedirs(os.path.join(tree, "kept"))
        for name in ("gone/below/f", "kept/stays", "kept/goes", "kept/changes"):
            support.write(os.path.join(tree, name), name)
        images.umoci(self.layout)
        images.insert(self.layout, tree, "/data")
        bundle = self.path("unpacked")
        images.tool("umoci", "unpack", "--rootless", "--image", self.layout + ":box", bundle)
        data = os.path.join(bundle, "rootfs", "data")
        shutil.rmtree(os.path.join(data, "gone"))
        os.remove(os.path.join(data, "kept", "goes"))
        support.write(os.path.join(data, "kept", "changes"), "changed")
        images.tool("umoci", "repack", "--image", self.layout + ":box", bundle)
        _, root = self.add(self.layout + ":box")
        self.assertEqual(entries(root), {
            "data": ("d", ""), "data/kept": ("d", ""), "data/kept/stays": ("f", "kept/stays"),
            "data/kept/changes": ("f", "changed")})

    def test_by_buildah(self):
        """A docker archive by buildah, which packs by Podman's own library."""
        if not support.AS_ROOT:
            self.skipTest("buildah wants more ids than an ordinary user here has")
        store = ("--root", self.path("store"), "--runroot", self.path("runroot"),
                 "--storage-driver", "vfs")
        name = images.tool("buildah", *store, "from", "scratch").strip()
        images.tool("buildah", *store, "copy", name,
                    os.path.join(support.rootfs(), "usr", "bin", "busybox"), "/bin/busybox")
        images.tool("buildah", *store, "config", "--entrypoint", '["/bin/busybox"]', "--cmd",
                    "echo from buildah", name)
        images.tool("buildah", *store, "commit", "--disable-compression=false", name,
                    f"docker-archive:{self.path('b.tar')}:box:1")
        done = self.run_image(self.path("b.tar"))
        self.assertEqual((done.status, done.out), (0, "from buildah\n"), repr(done))

    def test_python(self):
        """The walls are the same: four mounts, every probe PASS, the strict profile, the seal."""
        images.umoci(self.layout)
        images.insert(self.layout, support.rootfs(), "/")  # it has that name in the layer, too
        images.copy(f"oci:{self.layout}:box", f"docker-archive:{self.path('p.tar')}:py:3")
        script = "import json, sys; print(json.dumps([sys.version_info[0], open('/in/x').read()]))"
        support.write(self.path("in", "x"), "data")
        done = self.run_image(self.path("p.tar"), "python3", "-c", script, options=(
            *self.io, "--venue", "VPS", "--evidence", self.path("bundle.json")))
        self.assertEqual((done.status, done.out), (0, '[3, "data"]\n'), repr(done))
        document = self.evidence()
        self.assertEqual(document["profile"], "strict")
        verdicts = {probe["probe_id"]: probe["verdict"] for probe in document["probes"]}
        operators = [name for name in verdicts if name.startswith("PR-") and name != "PR-DYNIMPORT"]
        self.assertEqual(len(operators), 12)
        self.assertEqual([name for name in operators if verdicts[name] != "PASS"], [])
        self.assertEqual(sorted(mounts.mounts(document["raw"]["mountinfo"])),
                         ["/", "/in", "/out", "/tmp"])
        self.assert_status(denybox("verify", self.path("bundle.json")), 0)

    def test_attest(self):
        images.busybox(self.layout)
        done = denybox("attest", "--image", self.layout, "--venue", "CI", "--evidence",
                       self.path("bundle.json"), env=self.env)
        self.assert_status(done, 0)
        self.assertEqual(self.evidence()["image_digest"],
                         images.image_id(f"oci:{self.layout}:box"))
        self.assert_status(denybox("verify", self.path("bundle.json")), 0)


class Platforms(Images):

    def several(self, *machines):
        """An index of an index: one name, a manifest a platform."""
        hands = {}
        top = Hand()
        manifests = []
        for machine in machines:
            hand = hands[machine] = Hand(layer((machine, "f", b"")))
            hand.config["architecture"] = machine
            manifests.append({**hand.document(),
                              "platform": {"os": "linux", "architecture": machine}})
            top.blobs.update(hand.blobs)
        inner = top.blob(images.OCI + "index.v1+json",
                         json.dumps({"schemaVersion": 2, "manifests": manifests}).encode())
        top.change_index = lambda index: index.update(
            manifests=[{**inner, "annotations": {images.REF_NAME: "box"}}])
        top.write(self.layout)
        return hands

    def test_this_machine_is_chosen(self):
        hands = self.several("s390x", images.MACHINE, "riscv64")
        identity, root = self.add(self.layout + ":box")
        self.assertEqual(identity, hands[images.MACHINE].id)
        self.assertEqual(os.listdir(root), [images.MACHINE])

    def test_none_for_this_machine(self):
        self.several("s390x", "riscv64")
        self.refused(self.layout, f"nothing for linux/{images.MACHINE}")

    def test_another_architecture(self):
        hand = Hand(layer(("f", "f", b"")))
        hand.config["architecture"] = "s390x"
        hand.write(self.layout)
        self.refused(self.layout, f"for linux/s390x, and this machine is linux/{images.MACHINE}")


class Defaults(Images):
    """Entrypoint, Cmd, WorkingDir and Env, by the rules of docker run."""

    def make(self, **settings):
        with open(support.PAYLOAD, "rb") as file:
            program = file.read()
        Hand(layer(("bin", "d", ""), ("bin/p", "f", program, 0o755), ("w", "d", ""),
                   ("bin/q", "h", "bin/p")), **settings).write(self.layout)

    def shown(self, *words, options=()):
        done = self.run_image(self.layout, *words, options=options)
        self.assert_status(done, 0)
        return support.shown(done)

    def test_command(self):
        for settings, words, options, argv in (
                ({"Cmd": ["/bin/p", "show"]}, (), (), ["/bin/p", "show"]),
                ({"Cmd": ["/nothing"]}, ("/bin/p", "show"), (), ["/bin/p", "show"]),
                ({"Entrypoint": ["/bin/p", "show"]}, (), (), ["/bin/p", "show"]),
                ({"Entrypoint": ["/bin/p"], "Cmd": ["show", "a"]}, (), (),
                 ["/bin/p", "show", "a"]),
                ({"Entrypoint": ["/bin/p"], "Cmd": ["exit", "9"]}, ("show", "b c"), (),
                 ["/bin/p", "show", "b c"]),
                ({"Entrypoint": ["/nothing"], "Cmd": ["x"]}, ("show",), ("--entrypoint", "/bin/q"),
                 ["/bin/q", "show"]),
                ({"Entrypoint": ["/nothing"], "Cmd": ["x"]}, ("/bin/p", "show"),
                 ("--entrypoint", ""), ["/bin/p", "show"]),
                ({"Entrypoint": None, "Cmd": None}, ("p", "show"), (), ["p", "show"])):
            with self.subTest(settings=settings, words=words):
                shutil.rmtree(self.layout, ignore_errors=True)
                self.make(Env=["PATH=/bin"], **settings)
                self.assertEqual(self.shown(*words, options=options)["argv"], argv)

    def test_no_command_at_all(self):
        self.make()
        self.assert_error(self.run_image(self.layout), EXIT_DENYBOX, "no command given")
        shutil.rmtree(self.layout)
        self.make(Entrypoint=["/bin/p"], Cmd=["show"])
        done = self.run_image(self.layout, options=("--entrypoint", ""))
        self.assert_error(done, EXIT_DENYBOX, "no command given")

    def test_directory(self):
        for named, options, seen in (("/w", (), "/w"), ("/w/", (), "/w"), ("", (), "/"),
                                     ("/made/by/docker", (), "/made/by/docker"),
                                     ("/w", ("--chdir", "/"), "/"),
                                     ("/w", ("--chdir", "/bin"), "/bin")):
            with self.subTest(named=named, options=options):
                shutil.rmtree(self.layout, ignore_errors=True)
                self.make(WorkingDir=named, Cmd=["/bin/p", "show"])
                self.assertEqual(self.shown(options=options)["cwd"], seen)

    def test_a_directory_that_means_ill(self):
        for named, fragment in (("w", "no absolute path"), ("/../w", "leads out of the root"),
                                ("/../v", "the image's WorkingDir '/../v'")):
            shutil.rmtree(self.layout, ignore_errors=True)
            self.make(WorkingDir=named, Cmd=["/bin/p", "show"])
            self.assert_error(self.run_image(self.layout), EXIT_DENYBOX, fragment)

    def test_environment(self):
        self.make(Cmd=["/bin/p", "show"], Env=["PATH=/bin", "LANG=C", "A=1", "B=x=y", "C="])
        env = self.shown(options=("--setenv", "A", "2", "--setenv", "LANG", "C.UTF-8"))["env"]
        self.assertEqual(sorted(env), ["A=2", "B=x=y", "C=", "HOME=/tmp", "LANG=C.UTF-8",
                                       "PATH=/bin", "TMPDIR=/tmp"])

    def test_secrets_are_left_out(self):
        self.make(Cmd=["/bin/p", "show"], Env=["API_TOKEN=abc", "a.b=1", "=x", "NOTHING", "D=1"])
        done = self.run_image(self.layout)
        self.assertEqual(sorted(support.shown(done)["env"]),
                         ["D=1", "HOME=/tmp", "LANG=C.UTF-8",
                          "PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR=/tmp"])
        warnings = done.err.splitlines()
        self.assertEqual(len(warnings), 4, repr(done))
        self.assertIn("'API_TOKEN' is left out: the name looks like a secret", warnings[0])
        self.assertNotIn("abc", done.err)
        done = self.run_image(self.layout, options=("--quiet",))
        self.assertEqual(done.err, "")

    def test_the_user_is_ours(self):
        self.make(Cmd=["/bin/p", "show"], User="0:0")
        self.assertEqual(self.shown()["uid"].split()[0], "65532")

    def test_options_that_do_not_go_together(self):
        self.make(Cmd=["/bin/p"])
        done = denybox("run", "--image", self.layout, "--rootfs", self.path("in"), env=self.env)
        self.assert_error(done, EXIT_DENYBOX, "--image with --rootfs")
        done = denybox("run", "--image", self.layout, "--with", "/etc/hosts", env=self.env)
        self.assert_error(done, EXIT_DENYBOX, "--image with --with")
        done = denybox("run", "--entrypoint", "x", "--", "y", env=self.env)
        self.assert_error(done, EXIT_DENYBOX, "--entrypoint without --image")


class Layers(Images):
    """What comes of layers, by the specification of OCI images."""

    def unpack(self, *layers, **how):
        Hand(*layers, **how).write(self.layout)
        return self.add(self.layout)[1]

    def test_plain_layers(self):
        root = self.unpack(layer(("f", "f", b"x")), pack=lambda data: data, kind="layer.v1.tar")
        self.assertEqual(entries(root), {"f": ("f", "x")})

    def test_no_layer_and_an_empty_one(self):
        self.assertEqual(entries(self.unpack()), {})
        shutil.rmtree(self.layout)
        self.assertEqual(entries(self.unpack(layer())), {})

    def test_modes_owners_and_special_files(self):
        root = self.unpack(layer(
            ("d", "d", "", 0o7777), ("closed", "d", "", 0), ("closed/f", "f", b"", 0),
            ("suid", "f", b"", 0o6755), ("open", "f", b"", 0o666), ("null", "c", ""),
            ("fifo", "p", ""), ("./dotted//x", "f", b"")))
        modes = {name: stat.S_IMODE(os.lstat(os.path.join(root, name)).st_mode)
                 for name in entries(root)}
        self.assertEqual(modes, {"d": 0o755, "closed": 0o700, "closed/f": 0o400, "suid": 0o755,
                                 "open": 0o644, "dotted": 0o755, "dotted/x": 0o644})
        status = os.lstat(os.path.join(root, "suid"))
        self.assertEqual((status.st_uid, status.st_mtime), (os.geteuid(), 1e9))

    def test_later_layers_replace(self):
        root = self.unpack(
            layer(("a", "f", b"1"), ("b", "d", ""), ("b/x", "f", b"1"), ("c", "l", "a"),
                  ("d", "d", ""), ("d/x", "f", b"1"), ("e", "f", b"1")),
            layer(("a", "d", ""), ("a/y", "f", b"2"), ("b", "f", b"2"), ("c", "f", b"2"),
                  ("d", "d", ""), ("d/y", "f", b"2"), ("e", "c", "")))
        self.assertEqual(entries(root), {
            "a": ("d", ""), "a/y": ("f", "2"), "b": ("f", "2"), "c": ("f", "2"), "d": ("d", ""),
            "d/x": ("f", "1"), "d/y": ("f", "2")})

    def test_whiteouts(self):
        """They hide what the layers before have, whatever the order in their own."""
        lower = layer(("d", "d", ""), ("d/a", "f", b"1"), ("d/s", "d", ""), ("d/s/a", "f", b"1"),
                      ("f", "f", b"1"), ("g", "f", b"1"), ("l", "l", "d"))
        upper = (("d", "d", ""), ("d/n", "f", b"2"), ("d/s", "d", ""), ("d/s/n", "f", b"2"),
                 ("d/.wh..wh..opq", "f", b""), ("f", "f", b"2"), (".wh.f", "f", b""),
                 (".wh.g", "f", b""), (".wh.nothing", "f", b""), ("no/such/.wh.x", "f", b""),
                 (".wh..wh.plnk", "d", ""))
        expected = {"d": ("d", ""), "d/n": ("f", "2"), "d/s": ("d", ""), "d/s/n": ("f", "2"),
                    "f": ("f", "2"), "l": ("l", "d")}
        for order in (upper, upper[:1] + upper[4:5] + upper[1:4] + upper[5:],
                      upper[:5] + (upper[6], upper[5]) + upper[7:]):
            shutil.rmtree(self.layout, ignore_errors=True)
            self.assertEqual(entries(self.unpack(lower, layer(*order))), expected)
            self.assert_status(self.image("prune"), 0)

    def test_through_links_inside_the_root(self):
        """As Debian's images have it: /lib is a link, and layers write through it."""
        root = self.unpack(
            layer(("usr", "d", ""), ("usr/lib", "d", ""), ("lib", "l", "usr/lib"),
                  ("abs", "l", "/usr/lib"), ("up", "l", "../../../usr/lib")),
            layer(("lib/a", "f", b"1"), ("abs/b", "f", b"2"), ("up/c", "f", b"3"),
                  ("lib/new/d", "f", b"4"), ("h", "h", "lib/a")),
            layer(("lib/.wh.a", "f", b"")))
        self.assertEqual(entries(root), {
            "usr": ("d", ""), "usr/lib": ("d", ""), "lib": ("l", "usr/lib"),
            "abs": ("l", "/usr/lib"), "up": ("l", "../../../usr/lib"),
            "usr/lib/b": ("f", "2"), "usr/lib/c": ("f", "3"), "usr/lib/new": ("d", ""),
            "usr/lib/new/d": ("f", "4"), "h": ("f", "1")})

    def test_hard_links(self):
        root = self.unpack(layer(("a", "f", b"1"), ("b", "h", "a"), ("d/c", "h", "./a"),
                                 ("a", "h", "a"), ("l", "l", "a"), ("m", "h", "l")))
        self.assertEqual(entries(root), {
            "a": ("f", "1"), "b": ("f", "1"), "d": ("d", ""), "d/c": ("f", "1"), "l": ("l", "a"),
            "m": ("l", "a")})
        self.assertEqual(os.stat(os.path.join(root, "a")).st_nlink, 3)

    def test_names_are_bytes(self):
        names = ["\u00e4", "a b", "n\nl", "x" * 255, "/".join(["y" * 200] * 5)]
        root = self.unpack(layer(*((name, "f", b"") for name in names)))
        for name in names:
            self.assertTrue(os.path.isfile(os.path.join(root, name)), name)

    def test_what_is_counted_as_an_entry(self):
        """A directory too that only a path names: a limit of entries is one of inodes."""
        self.unpack(layer(("a/b/c/d", "f", b""), ("a/b/e", "f", b""), ("a", "d", "")))
        self.assertEqual(json.loads(self.image("list", "--json").out)[0]["entries"], 6)

    def test_the_umask_does_not_matter(self):
        identity, _ = self.add(Hand(layer(("a/b/c", "f", b""))).write(self.layout))
        first = json.loads(self.image("list", "--json").out)[0]["tree_sha256"]
        self.assert_status(self.image("prune"), 0)
        self.assert_status(self.image("add", self.layout, preexec=lambda: os.umask(0o077)), 0)
        second = json.loads(self.image("list", "--json").out)[0]
        self.assertEqual((second["id"], second["tree_sha256"]), (identity, first))

    def test_what_no_one_can_read_is_read(self):
        """A payload of the image runs as one user, who has all of it when that is the caller."""
        with open(support.PAYLOAD, "rb") as file:
            program = file.read()
        self.unpack(layer(("p", "f", program, 0o111)), Cmd=["/p", "exit", "4"])
        done = self.run_image(self.layout)
        # Root's sandbox is another user than the owner, to whom 0511 gives no reading but this.
        self.assert_status(done, 4)


class Evil(Images):
    """Each is wrong in one way, has one line, and leaves nothing behind or outside."""

    def test_layers(self):
        outside = self.path("outside")
        os.mkdir(outside)
        for what, layers, fragment in (
                ("up", [layer(("../x", "f", b""))], "'../x': the name leads out of the root"),
                ("up later", [layer(("a/../../x", "f", b""))], "leads out of the root"),
                ("up below", [layer(("a/../x", "f", b""))], "leads out of the root"),
                ("absolute", [layer(("/x", "f", b""))], "'/x': the name is absolute"),
                ("hard link up", [layer(("x", "h", "../etc/passwd"))],
                 "a hard link to '../etc/passwd': the name leads out of the root"),
                ("hard link out", [layer(("x", "h", "/etc/passwd"))],
                 "a hard link to '/etc/passwd': the name is absolute"),
                ("hard link to nothing", [layer(("x", "h", "etc/passwd"))],
                 "which is no file of the image"),
                ("hard link to a directory", [layer(("d", "d", ""), ("x", "h", "d"))],
                 "which is no file of the image"),
                ("hard link through a link out",
                 [layer(("l", "l", "/etc"), ("x", "h", "l/passwd"))],
                 "which is no file of the image"),
                ("links in a circle", [layer(("a", "l", "b"), ("b", "l", "a"), ("a/x", "f", b""))],
                 "'a/x': the way to it goes through links in a circle"),
                ("a link to nothing", [layer(("a", "l", "/nothing"), ("a/x", "f", b""))],
                 "goes through a link that leads nowhere"),
                ("through a file", [layer(("a", "f", b""), ("a/x", "f", b""))],
                 "goes through something that is no directory"),
                ("the root a file", [layer((".", "f", b""))], "can only be a directory"),
                ("whiteout of nothing", [layer((".wh.", "f", b""))], "a whiteout of nothing"),
                ("whiteout of the root", [layer((".wh...", "f", b""))], "a whiteout of nothing"),
                ("whiteout or file", [layer(("x", "f", b"")), layer((".wh.x/.", "f", b""))],
                 "'.wh.x/.': it is a whiteout, or a file, by how its name is read"),
                ("whiteout or directory", [layer(("d/.wh.x/./.", "d", ""))],
                 "a whiteout, or a file"),
                ("a long name", [layer(("x" * 256, "f", b""))], "the name is too long"),
                ("too deep", [layer(("d/" * 101 + "x", "f", b""))], "it lies too deep"),
                ("no tar", [b"not a tar archive" * 100], "layer 1 of the image"),
                ("nothing at all", [b""], "layer 1 of the image")):
            with self.subTest(what=what):
                shutil.rmtree(self.layout, ignore_errors=True)
                Hand(*layers).write(self.layout)
                self.refused(self.layout, fragment)
        self.assertEqual(os.listdir(outside), [])

    def test_links_that_lead_out_lead_in(self):
        """What would be written outside is written inside, or refused: never outside."""
        outside = self.path("outside")
        os.mkdir(outside)
        link = "../" * 20 + outside[1:]
        for target in (outside, link):
            shutil.rmtree(self.layout, ignore_errors=True)
            Hand(layer(("evil", "l", target)), layer(("evil/x", "f", b"")),
                 layer(("evil/.wh..wh..opq", "f", b""))).write(self.layout)
            self.refused(self.layout, "a link that leads nowhere")
            self.assertEqual(os.listdir(outside), [])
        support.write(os.path.join(outside, "x"), "precious")
        shutil.rmtree(self.layout)
        Hand(layer((outside[1:] + "/y", "f", b"1"), ("evil", "l", outside)),
             layer(("evil/.wh.x", "f", b""), ("evil/.wh..wh..opq", "f", b""),
                   ("evil/z", "f", b"2"))).write(self.layout)
        _, root = self.add(self.layout)
        self.assertEqual(os.listdir(outside), ["x"])
        self.assertEqual(os.listdir(os.path.join(root, outside[1:])), ["z"])

    def broken(self, change, fragment, layers=(layer(("f", "f", b"x" * 5000)),)):
        """A good layout with something done to its files."""
        shutil.rmtree(self.layout, ignore_errors=True)
        hand = Hand(*layers)
        hand.write(self.layout)
        change(hand)
        return self.refused(self.layout, fragment)

    def path_of(self, hand, what):
        """The blob of the first layer, the configuration or the manifest."""
        digest = {"layer": images.sha256(hand.packed[0]) if hand.packed else "", "config": hand.id}
        if what in digest:
            return hand.blob_path(self.layout, digest[what])
        rest = set(hand.blobs) - set(digest.values()) - {images.sha256(p) for p in hand.packed}
        return hand.blob_path(self.layout, rest.pop())

    def test_blobs(self):
        def truncate(what):
            return lambda hand: os.truncate(self.path_of(hand, what),
                                            os.path.getsize(self.path_of(hand, what)) - 5)

        def append(what):
            def change(hand):
                with open(self.path_of(hand, what), "ab") as file:
                    file.write(b" ")
            return change

        def flip(what):
            def change(hand):
                with open(self.path_of(hand, what), "r+b") as file:
                    data = bytearray(file.read())
                    data[len(data) // 2] ^= 1
                    file.seek(0)
                    file.write(data)
            return change

        for what in ("config", "manifest"):
            self.broken(truncate(what), "and is said to have")
            self.broken(append(what), "and is said to have")
            self.broken(flip(what), "is not sha256:")
        of = f"layer 1 of the image '{self.layout}': it "
        self.broken(truncate("layer"), of + "has")
        self.broken(append("layer"), of + "has more bytes than the manifest")
        self.broken(flip("layer"), of + "is not sha256:")
        for what in ("layer", "config", "manifest"):
            self.broken(lambda hand, name=what: os.remove(self.path_of(hand, name)),
                        "No such file")

    def test_a_blob_that_is_a_fifo(self):
        def change(hand):
            path = self.path_of(hand, "config")
            os.remove(path)
            os.mkfifo(path)
        self.broken(change, "No such file")

    def test_a_blob_outside_of_the_layout(self):
        def change(hand):
            path = self.path_of(hand, "layer")
            os.rename(path, self.path("elsewhere"))
            os.symlink(self.path("elsewhere"), path)
        self.broken(change, "Invalid cross-device link")

    def resealed(self, fragment, change_hand=lambda hand: None, **changes):
        """What is wrong has the right digest."""
        shutil.rmtree(self.layout, ignore_errors=True)
        hand = Hand(layer(("f", "f", b"x")))
        change_hand(hand)
        for name, change in changes.items():
            setattr(hand, name, change)
        hand.write(self.layout)
        self.refused(self.layout, fragment)

    def test_documents(self):
        def config(**more):
            return lambda hand: hand.config.update(more)

        twice = b'{"architecture": "amd64", "architecture": "arm64"}'
        self.resealed("the configuration: ", lambda hand: setattr(hand, "config", twice))
        self.resealed("names no os", lambda hand: hand.config.pop("os"))
        self.resealed("which layers", config(rootfs={"type": "base"}))
        self.resealed("the manifest has 1 layers, the configuration 0",
                      config(rootfs={"type": "layers", "diff_ids": []}))
        self.resealed("no sha256 digest", config(rootfs={"type": "layers", "diff_ids": ["md5:1"]}))
        self.resealed("it is unpacked not sha256:" + "0" * 64,
                      config(rootfs={"type": "layers", "diff_ids": ["sha256:" + "0" * 64]}))
        for change, fragment in (
                (lambda m: m["layers"][0].update(digest="sha512:" + "0" * 128), "no sha256 digest"),
                (lambda m: m["layers"][0].update(digest="sha256:../../../etc"), "no sha256 digest"),
                (lambda m: m["layers"][0].update(size=-1), "without a size"),
                (lambda m: m["layers"][0].update(size=1), "has more bytes than the manifest says"),
                (lambda m: m["layers"][0].update(size=1 << 40), "is said to have"),
                (lambda m: m["layers"][0].update(mediaType="x/encrypted"), "not known"),
                (lambda m: m["config"].update(mediaType="application/vnd.cncf.helm.config.v1+json"),
                 "it is no image"),
                (lambda m: m.pop("layers"), "names no layers"),
                (lambda m: m.pop("config"), "no sha256 digest"),
                (lambda m: m.update(layers=m["layers"] * 129), "more than 128 layers")):
            self.resealed(fragment, change_manifest=change)
        for change, fragment in (
                (lambda i: i.pop("manifests"), "names no manifests"),
                (lambda i: i.update(manifests=[]), "there are several"),
                (lambda i: i["manifests"][0].update(mediaType="x/y"), "no manifest of an image")):
            self.resealed(fragment, change_index=change)

    def test_an_index_that_leads_to_itself(self):
        """As far as digests let it: an index of an index of an index ..."""
        hand = Hand(layer(("f", "f", b"x")))
        found = hand.document()
        for _ in range(5):
            found = hand.blob(images.OCI + "index.v1+json", json.dumps(
                {"schemaVersion": 2, "manifests": [found]}).encode())
        hand.change_index = lambda index: index.update(manifests=[found])
        hand.write(self.layout)
        self.refused(self.layout, "leads to an index")

    def test_files_around_it(self):
        for name, text, fragment in (
                ("oci-layout", '{"imageLayoutVersion": "2.0.0"}', "not of version 1.0.0"),
                ("oci-layout", "", "oci-layout"), ("index.json", "{", "index.json"),
                ("index.json", '{"a": 1, "a": 2}', "index.json"),
                ("manifest.json", "{}", "no list of images"),
                ("manifest.json", '[{"Config": "config.json", "Layers": []}]', "by its digest")):
            with self.subTest(name=name, text=text):
                shutil.rmtree(self.layout, ignore_errors=True)
                Hand(layer(("f", "f", b"x"))).write(self.layout)
                support.write(os.path.join(self.layout, name), text)
                self.refused(self.layout, fragment)

    def test_no_image_at_all(self):
        self.refused(self.path("in"), "neither an OCI image layout nor", "docker save")
        self.refused(self.path("nothing"), "No such file")
        self.refused("/dev/null", "neither a directory nor a regular file")
        if not support.AS_ROOT:
            os.mkdir(self.path("closed"))
            support.write(self.path("closed", "index.json"), "{}", 0)
            support.write(self.path("closed", "oci-layout"), '{"imageLayoutVersion": "1.0.0"}')
            self.refused(self.path("closed"), f"the image '{self.path('closed')}': Permission denied")
        os.mkfifo(self.path("fifo"))
        self.refused(self.path("fifo"), "neither a directory nor a regular file")
        self.refused(support.write(self.path("text"), "no archive\n"),
                     f"cannot read the archive '{self.path('text')}': ", "docker save")
        self.refused(support.write(self.path("empty"), ""), "cannot read the ")

    def archive(self, *members, path="evil.tar"):
        with tarfile.open(self.path(path), "w") as archive:
            for name, data in members:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return self.path(path)

    def test_archives(self):
        manifest = json.dumps([{"Config": "0" * 64 + ".json", "Layers": ["l"]}]).encode()
        path = self.archive(("manifest.json", manifest), ("manifest.json", b"[]"))
        self.refused(path, "it has 'manifest.json' twice")
        path = self.archive(("manifest.json", manifest), ("0" * 64 + ".json", b"{}"))
        self.refused(path, "the configuration is not sha256:" + "0" * 64)
        path = self.archive(("manifest.json", manifest))
        self.refused(path, "No such file")
        with open(self.archive(("manifest.json", manifest), ("big", b"x" * 100000)), "r+b") as file:
            file.truncate(50000)
        self.refused(self.path("evil.tar"), "cannot read the archive")

    def test_a_truncated_layer_in_an_archive(self):
        """docker save names no digest of the layer's file: what it unpacks to is held."""
        data = layer(("f", "f", b"x" * 50000))
        hand = Hand(data)
        config = json.dumps(hand.config).encode()
        name = images.sha256(config)[7:]
        manifest = json.dumps([{"Config": name + ".json", "Layers": ["l.tar"]}]).encode()
        for cut in (data[:20000], data[:-512], gzip.compress(data)[:-20]):
            path = self.archive(("manifest.json", manifest), (name + ".json", config),
                                ("l.tar", cut))
            self.refused(path, "layer 1 of the image")


class Bombs(Images):

    def test_much_out_of_little(self):
        """Fifty megabytes out of fifty kilobytes end at the limit that was named."""
        Hand(layer(("zeros", "f", bytes(50 << 20)))).write(self.layout)
        done = self.image("add", "--max-size", "1m", self.layout)
        self.assert_error(done, EXIT_DENYBOX, "larger than it may")
        self.assertEqual(self.staged(), [])
        self.assert_status(self.image("add", self.layout), 0)

    def test_many_layers_together(self):
        Hand(*(layer((f"{n}", "f", bytes(600 << 10))) for n in range(3))).write(self.layout)
        done = self.image("add", "--max-size", "1m", self.layout)
        self.assert_error(done, EXIT_DENYBOX, "layer 2 of the image")
        self.assertIn("larger than it may", done.err)

    @staticmethod
    def sparse(*sizes):
        """GNU's sparse form: a header says how long it is, and that all of it is a gap."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for number, size in enumerate(sizes):
                info = tarfile.TarInfo(f"sparse{number}")
                info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                                    "GNU.sparse.name": f"sparse{number}",
                                    "GNU.sparse.realsize": str(size)}
                data = b"1\n%d\n0\n" % size
                data += bytes(-len(data) % 512)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return out.getvalue()

    def test_a_sparse_file(self):
        Hand(self.sparse(5 << 40)).write(self.layout)
        self.refused(self.layout, "'sparse0': ")

    def test_sparse_files_together(self):
        """Kilobytes of archive, and each of them is small: all of it would be digested."""
        Hand(self.sparse(*[1 << 20] * 3)).write(self.layout)
        self.assert_error(self.image("add", "--max-size", "2m", self.layout), EXIT_DENYBOX,
                          "'sparse2': the image would become larger than it may")
        self.assert_status(self.image("add", "--max-size", "3m", self.layout), 0)

    def test_names_of_one_large_file(self):
        """Each of them is digested: thousands, of a file that is a gap, would not end."""
        names = layer(*((f"n{n}", "h", "sparse0") for n in range(3)))
        Hand(self.sparse(1 << 20), names).write(self.layout)
        self.assert_error(self.image("add", "--max-size", "3m", self.layout), EXIT_DENYBOX,
                          "'n2': the image would become larger than it may")
        self.assertEqual(self.staged(), [])
        self.assert_status(self.image("add", "--max-size", "4m", self.layout), 0)

    def test_a_packed_archive_without_end(self):
        """What is packed is unpacked to be passed over."""
        out = self.path("image.tar.gz")
        for size, fragment in ((1 << 40, "Truncated"), ((1 << 40) + 1, "more than 1099511627776 b")):
            info = tarfile.TarInfo("junk")
            info.size = size
            with gzip.open(out, "wb") as file:
                file.write(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
            with self.subTest(size=size):
                self.refused(out, fragment)

    def test_packed_twice(self):
        """In between there could be anything, and of any length."""
        data = layer(("x", "f", b""))
        Hand(data, pack=lambda d: gzip.compress(gzip.compress(d))).write(self.layout)
        self.refused(self.layout, "layer 1 of the image '")

    def test_deep_by_links(self):
        """As deep as a path may lead, and then a link there, from which it goes on."""
        deep = "d/" * 90
        Hand(layer((deep, "d", ""), ("l", "l", deep + "."), ("l/" + "e/" * 8 + "f", "f", b""))
             ).write(self.layout)
        self.assert_status(self.image("add", self.layout), 0)
        shutil.rmtree(self.layout)
        Hand(layer((deep, "d", ""), ("l", "l", deep + "."), ("l/" + "e/" * 10 + "f", "f", b""))
             ).write(self.layout)
        self.refused(self.layout, "it lies too deep")

    def test_whiteouts_of_a_directory_of_their_own(self):
        """Each of them looks at all that is in it."""
        files = [(f"d/{n}", "f", b"") for n in range(1500)]
        for times, fragment in ((100, None), (1500, "its whiteouts look at more than 2000000 f")):
            Hand(layer(*files, *(("d/.wh..wh..opq", "f", b""),) * times)).write(self.layout)
            with self.subTest(times=times):
                if fragment is None:
                    self.assert_status(self.image("add", self.layout), 0)
                else:
                    self.refused(self.layout, fragment)
            shutil.rmtree(self.layout)

    def test_max_size_is_a_size(self):
        for word in ("0", "-1", "x", "1.5g", ""):
            done = self.image("add", "--max-size", word, self.layout)
            self.assert_error(done, EXIT_DENYBOX, "--max-size")


class FullDisk(Images):

    def test_half_way(self):
        """A file system with no more room: which one, and the room is free again."""
        Hand(layer(("small", "f", b"x"), ("large", "f", os.urandom(8 << 20)))).write(self.layout)
        os.mkdir(self.path("cache"))
        script = ('mount -t tmpfs -o size=2m,mode=700 none "$XDG_CACHE_HOME" || exit 77\n'
                  '"$0" image add "$1"; echo $?; find "$XDG_CACHE_HOME" -mindepth 3')
        done = support.command(["unshare", "-r", "-m", "sh", "-c", script, support.DENYBOX,
                                self.layout], env=self.env)
        if done.status == 77:
            self.skipTest("no tmpfs can be mounted here")
        self.assertEqual(done.out.splitlines(), ["125"], repr(done))
        self.assertEqual(len(done.err.splitlines()), 2, repr(done))
        self.assertIn(f"cannot write to the cache '{self.path('cache')}/denybox/images': No space "
                      "left on device\ndenybox: hint: denybox cache prune", done.err)


if __name__ == "__main__":
    support.main()
