#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs of the host with no --rootfs: the closure, the cached roots, --with."""

import json
import os
import shutil
import subprocess
import tempfile

import support
from support import (EXIT_DENYBOX, EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND, Live, denybox)

PYTHON = "/usr/bin/python3"


class Host(Live):
    """A test with a cache of its own, and a directory that the sandbox does not hide."""

    def setUp(self):
        super().setUp()
        self.host = tempfile.mkdtemp(prefix="denybox-host-", dir="/var/tmp")
        os.chmod(self.host, 0o755)
        self.addCleanup(shutil.rmtree, self.host, ignore_errors=True)
        self.env = support.base_env(XDG_CACHE_HOME=self.path("cache"))

    def start(self, *words, **how):
        return denybox("run", *words, env=how.pop("env", self.env), **how)

    def roots(self):
        """The entries of the cache, complete ones and others."""
        place = self.path("cache", "denybox", "roots")
        return sorted(os.listdir(place)) if os.path.isdir(place) else []

    def tree(self):
        """The tree of the only entry."""
        entry, = self.roots()
        return self.path("cache", "denybox", "roots", entry, "root")


class Examples(Host):
    """As a new user types them."""

    def test_jq(self):
        support.write(self.path("in", "x.json"), '{"a": [1, 2]}')
        for _ in range(2):
            done = self.start(*self.io, "--", "/usr/bin/jq", "-c", ".", "/in/x.json")
            self.assertEqual((done.status, done.out, done.err), (0, '{"a":[1,2]}\n', ""))
        self.assertEqual(len(self.roots()), 1)

    def test_python(self):
        done = self.start("--", "python3", "-c", "print(1)")
        self.assertEqual((done.status, done.out, done.err), (0, "1\n", ""))
        done = self.start("--", "python3", "-c",
                          "import json, hashlib, sqlite3, ssl, ctypes, lzma, asyncio, zoneinfo;"
                          "print(hashlib.sha256(b'').hexdigest()[:8],"
                          " sqlite3.connect(':memory:').execute('select 7').fetchone()[0])")
        self.assertEqual((done.status, done.out, done.err), (0, "e3b0c442 7\n", ""))
        self.assertEqual(len(self.roots()), 1)

    def test_compiled_python_is_used(self):
        """What lies beside the source is what python takes: it need not compile."""
        if not os.path.isdir(os.path.join(os.path.dirname(json.__file__), "__pycache__")):
            self.skipTest("no compiled library on this host")
        done = self.start("--", "python3", "-v", "-c", "import json")
        for name in ("json/__pycache__/decoder", "encodings/__pycache__/utf_8"):
            self.assertRegex(done.err, f"{name}\\.[a-z0-9-]+\\.pyc matches ")

    def test_perl_script(self):
        script = support.write(os.path.join(self.host, "p.pl"),
                               "#!/usr/bin/perl\nuse strict; use POSIX;\nprint floor(7.9), \"\\n\";\n",
                               0o755)
        done = self.start("--", script)
        self.assertEqual((done.status, done.out, done.err), (0, "7\n", ""))

    def test_script_by_env(self):
        script = support.write(os.path.join(self.host, "s"),
                               "#!/usr/bin/env python3\nimport sys\nprint(sys.argv)\n", 0o755)
        done = self.start("--", script, "a b")
        self.assertEqual((done.status, done.out), (0, f"['{script}', 'a b']\n"), repr(done))

    def test_strict_verdict(self):
        """Four rows, no deviation, every probe passes, and the bundle is accepted."""
        done = self.start(*self.io, "--evidence", self.path("bundle.json"), "--venue", "CI", "--",
                          "python3", "-c", "open('/out/x', 'w').write('y')")
        self.assert_status(done, 0)
        bundle = self.evidence()
        self.assertEqual((bundle["profile"], bundle["deviations"]), ("strict", []))
        verdicts = {probe["probe_id"]: probe["verdict"] for probe in bundle["probes"]}
        self.assertEqual([name for name, verdict in verdicts.items()
                          if name.startswith("PR-") and verdict != "PASS"], ["PR-DYNIMPORT"])
        self.assertEqual(bundle["binding"]["image_digest_kind"], "root")
        self.assertEqual(bundle["binding"]["plan"]["mounts"][0]["source"], "denybox:host")
        verdict = denybox("verify", self.path("bundle.json"))
        self.assertEqual(verdict.status, 0, repr(verdict))


if __name__ == "__main__":
    support.main()
