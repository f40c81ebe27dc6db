# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes one thing in a bundle at a time: what a forger could try, or an accident do."""

import base64
import datetime
import json

import bundle

A_DIGEST = "sha256:" + "5" * 64


def canonical(document):
    """The canonical form by Python's own writer: the same for ASCII and integers, and fast."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def seal(document):
    """What a forger does last: computes the integrity digest anew."""
    rest = {key: value for key, value in document.items() if key != "integrity"}
    document["integrity"]["sha256"] = bundle.sha256(canonical(rest))


def shown(content):
    """The text of a raw text's bytes, as a bundle has it."""
    return "".join(chr(c) if c in b"\t\n" or 32 <= c < 127 else f"\\x{c:02x}" for c in content)


def set_raw(document, name, content):
    """Another raw text, in each of the places where it or its digest stands."""
    digest = bundle.sha256(content)
    document["raw"].update({name: shown(content), f"{name}_sha256": digest,
                            f"{name}_b64": base64.b64encode(content).decode()})
    key = {"mountinfo": "mountinfo_sha256", "proc_net_dev": "net_dev_sha256"}.get(name)
    for look in document["observed"].values():
        if key is not None and look is not None:
            look[key] = digest


def edit_raw(document, name, old, new):
    """Changes a part of a raw text, which must be there."""
    content = base64.b64decode(document["raw"][f"{name}_b64"])
    if old not in content:
        raise ValueError(f"{old!r} is not in {name}")
    set_raw(document, name, content.replace(old, new))


def vouch(document, controls, run_at=None):
    """Makes a text the controls of the bundle, where their digest stands and where their time."""
    digest = bundle.sha256(controls)
    document["controls"].update(matrix_sha256=digest, run_at=run_at or document["controls"]["run_at"])
    for output in document["result"]["outputs"]:
        if output["path"] == "controls.json":
            output.update(sha256=digest, size=len(controls.encode()))


def pattern(path):
    """("probes", 3, "verdict") is probes[].verdict."""
    text = ""
    for step in path:
        text += "[]" if isinstance(step, int) else ("." + step if text else step)
    return text.replace("observed.after_exec.", "observed.before_exec.")


def leaves(value, path=()):
    """(path, value) of everything in a document, the containers among them."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for key in list(value):
            yield from leaves(value[key], path + (key,))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from leaves(value[index], path + (index,))


def _other_character(c):
    for alphabet in ("0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        if c in alphabet:
            return alphabet[(alphabet.index(c) + 1) % len(alphabet)]
    return "_" if c != "_" else "-"


def _moved(text):
    """The moment a second before and after, or the day before and after; none for no date."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"):
        try:
            moment = datetime.datetime.strptime(text, form)
        except ValueError:
            continue
        step = datetime.timedelta(seconds=1) if "T" in form else datetime.timedelta(days=1)
        return [(moment + step).strftime(form), (moment - step).strftime(form)]
    return []


def of_string(text, known):
    """Other strings: one character changed at the start, in the middle and at the end; another
    value that such a field has somewhere; nothing."""
    found = set(known) - {text}
    for at in {0, len(text) // 2, len(text) - 1} if text else ():
        found.add(text[:at] + _other_character(text[at]) + text[at + 1:])
    return sorted(found.union(_moved(text), {""}) - {text})


def of_value(value, known):
    """Other values for one that is no container."""
    if value is None:
        return ["x", A_DIGEST, 0, {}, [], *known]
    if isinstance(value, bool):
        return [not value, None]
    if isinstance(value, int):
        return [value + 1, max(value - 1, -1) if value else value + 2, value + 1000, None,
                str(value)]
    return of_string(value, known) + [None, 0]


def _parent(document, path):
    for step in path[:-1]:
        document = document[step]
    return document


def mutations(document, alternatives):
    """Changes the document in place and yields (pattern, what was done), one change at a time; it
    is as before in the end.  alternatives: {pattern: values that such a field may have}"""
    for path, value in list(leaves(document)):
        parent, last, name = _parent(document, path), path[-1], pattern(path)
        if not isinstance(value, (dict, list)):
            for other in of_value(value, alternatives.get(name, ())):
                parent[last] = other
                yield name, f"{path}: {value!r} became {other!r}"
                parent[last] = value
        else:
            parent[last] = None
            yield name, f"{path} became null"
            parent[last] = value
        if isinstance(parent, dict):
            yield from _of_key(parent, last, name, path)
        else:
            yield from _of_element(parent, last, name, path)


def _of_key(parent, key, name, path):
    keys = list(parent.items())
    for what, change in (("removed", {}), ("renamed", {key + "_": parent[key]})):
        del parent[key]
        parent.update(change)
        yield name, f"{path} {what}"
        parent.clear()
        parent.update(keys)


def _of_element(parent, index, name, path):
    elements = list(parent)
    for what, change in (("removed", elements[:index] + elements[index + 1:]),
                         ("doubled", elements[:index + 1] + elements[index:]),
                         ("moved to the front", [elements[index]] + elements[:index] +
                          elements[index + 1:])):
        if change != elements:
            parent[:] = change
            yield name, f"{path} {what}"
            parent[:] = elements
