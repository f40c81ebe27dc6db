# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads a bundle as a verifier would that shares no code with denybox."""

import base64
import hashlib


def sha256(data):
    if isinstance(data, str):
        data = data.encode("utf-8")
    return "sha256:" + hashlib.sha256(data).hexdigest()


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r",
            "\t": "\\t"}


def _string(text):
    return '"' + "".join(_ESCAPES.get(c) or (f"\\u{ord(c):04x}" if c < " " else c)
                         for c in text) + '"'


def canonical(value):
    """RFC 8785 for what a bundle holds: strings, integers, booleans, null, lists, objects."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        if abs(value) > 2 ** 53:
            raise ValueError(f"{value} is no number that every reader can hold")
        return str(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(_string(key) + ":" + canonical(value[key]) for key in keys) + "}"
    raise ValueError(f"{type(value)} does not belong into a bundle")


def integrity(bundle):
    return sha256(canonical({key: value for key, value in bundle.items() if key != "integrity"}))


def from_base64(text):
    return base64.b64decode(text, validate=True)


def _unescape(field):
    out, at = "", 0
    while at < len(field):
        if field[at] == "\\":
            out += chr(int(field[at + 1:at + 4], 8))
            at += 4
        else:
            out += field[at]
            at += 1
    return out


def mounts(text):
    """Rows of mountinfo, proc_pid_mountinfo(5): {point: (options, optional fields, type)}."""
    rows = {}
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        point = _unescape(fields[4])
        if point in rows:
            raise ValueError(f"{point} is mounted twice")
        rows[point] = (set(fields[5].split(",")), fields[6:], after.split(" ")[0])
    return rows


def status_value(text, name):
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return value.strip()
    return None
