# SPDX-License-Identifier: LGPL-2.1-or-later
"""The schemas of fixtures/schema, and a validator that shares no code with denybox.

The validator is that of Debian's python3-jsonschema. Only the system's own python3 has it: a script
that another one runs starts again with that.
"""

import json
import os
import subprocess
import sys
import warnings

SYSTEM_PYTHON = "/usr/bin/python3"
STRICT = "bundle.schema.json"
BASE = "bundle-base.schema.json"


def _use_system_python():
    here, system = (os.path.realpath(path) for path in (sys.executable, SYSTEM_PYTHON))
    if here == system or os.environ.get("DENYBOX_ANY_PYTHON") == "1":
        return
    try:
        has_it = subprocess.run([system, "-I", "-c", "import jsonschema"], check=False,
                                stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return
    if has_it:
        os.execv(system, [system, "-B", *sys.argv])


def import_jsonschema():
    """The module; None where it is not installed."""
    _use_system_python()
    # Newer versions have another way to look up references; the old one is all that Debian 12 has.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    try:
        import jsonschema
    except ImportError:
        return None
    return jsonschema


def load(directory):
    """{file name: schema}, every one in the directory."""
    found = {}
    for name in sorted(os.listdir(directory)):
        if name.endswith(".schema.json"):
            with open(os.path.join(directory, name), encoding="ascii") as file:
                found[name] = json.load(file)
    return found


class Schemas:
    """Validators for the schemas of a directory, by file name; nothing is fetched."""

    def __init__(self, jsonschema, directory):
        self.jsonschema = jsonschema
        self.documents = load(directory)

    def validator(self, schema):
        """Of a file, or of a schema that refers to the files."""
        document = self.documents[schema] if isinstance(schema, str) else schema
        validator = self.jsonschema.Draft202012Validator
        try:
            import referencing
        except ImportError:
            resolver = self.jsonschema.RefResolver(document.get("$id", ""), document,
                                                   store=dict(self.documents))
            return validator(document, resolver=resolver)
        registry = referencing.Registry().with_resources(
            (name, referencing.Resource.from_contents(contents))
            for name, contents in self.documents.items())
        return validator(document, registry=registry)

    def faults(self, schema, document):
        """What is wrong, a line each; [] with a valid document."""
        errors = sorted(self.validator(schema).iter_errors(document), key=lambda e: list(e.path))
        return ["/" + "/".join(map(str, error.absolute_path)) + ": " + error.message[:200]
                for error in errors]
