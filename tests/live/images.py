# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images for the tests: good ones by the tools that people have, evil ones by hand."""

import gzip
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
import unittest

import support

MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
OCI = "application/vnd.oci.image."
REF_NAME = "org.opencontainers.image.ref.name"


def tool(*words):
    """Runs umoci, skopeo ...; without it the test is skipped."""
    if shutil.which(words[0]) is None:
        raise unittest.SkipTest(f"no {words[0]}")
    done = subprocess.run(words, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", errors="replace")
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stdout}")
    return done.stdout


def umoci(layout, name="box"):
    """An empty image by umoci."""
    if not os.path.isdir(layout):
        tool("umoci", "init", "--layout", layout)
    tool("umoci", "new", "--image", f"{layout}:{name}")


def insert(layout, source, target, name="box"):
    """A layer more, by umoci: which wants to own what it reads."""
    with tempfile.TemporaryDirectory() as work:
        own = os.path.join(work, "own")
        subprocess.run(["cp", "-R", "--preserve=mode,timestamps,links", source, own], check=True)
        tool("umoci", "insert", "--rootless", "--image", f"{layout}:{name}", own, target)


def busybox(layout, name="box"):
    """An image with /bin/busybox."""
    umoci(layout, name)
    insert(layout, os.path.join(support.rootfs(), "usr", "bin", "busybox"), "/bin/busybox", name)
    return layout


def copy(source, target, *options):
    """By skopeo, which also names places the way its manual does."""
    tool("skopeo", "--insecure-policy", "copy", "--quiet", *options, source, target)


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def image_id(source):
    """The digest of the configuration, as skopeo reads it."""
    return sha256(tool("skopeo", "inspect", "--config", "--raw", source).encode())


def layer(*entries):
    """A tar of (name, kind, value[, mode]): kind f with bytes, d, l and h with a target, c, p."""
    kinds = {"f": tarfile.REGTYPE, "d": tarfile.DIRTYPE, "l": tarfile.SYMTYPE,
             "h": tarfile.LNKTYPE, "c": tarfile.CHRTYPE, "p": tarfile.FIFOTYPE}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, kind, value, *mode in entries:
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.mtime = kinds[kind], 0o755 if kind == "d" else 0o644, 1e9
            if mode:
                info.mode = mode[0]
            if kind == "f":
                info.size = len(value)
            elif kind in "lh":
                info.linkname = value
            elif kind == "c":
                info.devmajor, info.devminor = 1, 3
            archive.addfile(info, io.BytesIO(value) if kind == "f" else None)
    return out.getvalue()


class Hand:
    """A layout whose every byte can be chosen. What is changed before write() is resealed: what
    names it names the changed bytes, so that it is evil in one way."""

    def __init__(self, *layers, pack=gzip.compress, kind="layer.v1.tar+gzip", **settings):
        self.packed = [pack(data) for data in layers]
        self.config = {"architecture": MACHINE, "os": "linux", "config": settings,
                       "rootfs": {"type": "layers", "diff_ids": [sha256(d) for d in layers]}}
        self.kind, self.names, self.blobs = OCI + kind, ["box"], {}
        self.change_manifest = self.change_index = lambda document: None

    def blob(self, kind, data):
        self.blobs[sha256(data)] = data
        return {"mediaType": kind, "digest": sha256(data), "size": len(data)}

    def document(self):
        """The manifest and what it names become blobs; returns its descriptor."""
        text = self.config if isinstance(self.config, bytes) else json.dumps(self.config).encode()
        manifest = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
                    "config": self.blob(OCI + "config.v1+json", text),
                    "layers": [self.blob(self.kind, data) for data in self.packed]}
        self.id = manifest["config"]["digest"]
        self.change_manifest(manifest)
        return self.blob(OCI + "manifest.v1+json", json.dumps(manifest).encode())

    def index(self):
        found = self.document()
        index = {"schemaVersion": 2, "manifests":
                 [{**found, "annotations": {REF_NAME: name}} for name in self.names]}
        self.change_index(index)
        return index

    def write(self, path):
        index = self.index()
        os.makedirs(os.path.join(path, "blobs", "sha256"))
        support.write(os.path.join(path, "oci-layout"), '{"imageLayoutVersion": "1.0.0"}')
        support.write(os.path.join(path, "index.json"),
                      index if isinstance(index, str) else json.dumps(index))
        for digest, data in self.blobs.items():
            with open(self.blob_path(path, digest), "wb") as file:
                file.write(data)
        return path

    @staticmethod
    def blob_path(path, digest):
        return os.path.join(path, "blobs", "sha256", digest[7:])
