#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""denybox scan, and run --scan: each rule has something that triggers it, and something that does
not; what cannot be scanned never passes; what is denied is never started."""

import ast
import hashlib
import io
import os
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import unittest
import zipfile

from images import Hand, layer
from support import DENYBOX, PAYLOAD, SRC, EXIT_BLOCKED, EXIT_DENYBOX, Live, command, denybox, \
    load_json, main, read, rootfs, run, write

INSPECTOR = os.path.join(SRC, "fixtures", "inspector", "inspect_packet.py")
DATACLASS = "from dataclasses import dataclass\n@dataclass\n"
NAMES = os.path.join(SRC, "src", "scan", "names.py")
INSPECTOR_POLICY = os.path.join(SRC, "fixtures", "scan", "inspector.json")

# Rule by rule: a source that triggers it, and one that is close to it and does not.
SOURCES = {
    "import": ("import sqlite3", "import json"),
    "dynamic-import": ("__import__('json')", "import json"),
    "eval": ("e = eval", "evaluate = 1"),
    "ctypes": ("import ctypes.util", "import types"),
    "pickle": ("from pickle import loads", "import json"),
    "module-tables": ("import sys\nsys.modules['os']", "import sys\nsys.argv"),
    "introspection": ("().__class__.__mro__", "().__class__"),
    "processes": ("from os import system", "from os import path"),
    "sockets": ("import socket", "import struct"),
    "star-import": ("from os import *", "from os import path"),
    "module-value": ("import os\nf = os", "import os\nf = os.path"),
    "dynamic-attribute": ("import os\ngetattr(os, input())", "import os\ngetattr(os, 'sep')"),
    "changed-module": ("import json\njson.loads = 1", "import json\njson.loads('1').x = 1"),
}

# The same thing said in other words is found as well.
DISGUISES = {
    "processes": ["import os as o\no.system('x')", "import os\ngetattr(os, 'system')('x')",
                  "def f():\n    import os\n    return lambda: os.execv", "from os import popen as p"],
    "eval": ["\u1d49\u1d5b\u1d43\u02e1('1')", "f'{eval}'", "@exec\ndef f(): pass",
             "import builtins as b\nb.exec('1')"],
    "introspection": ["def f(): pass\nmatch f:\n    case object(__globals__=g): pass",
                      "import random\nrandom._os.system('x')",
                      "import string\nstring.Formatter().get_field('0.x', (1,), {})",
                      "import json as j\nj.codecs.builtins.eval('1')",
                      "from codecs import builtins as b\nb.eval('1')",
                      "import json\njson.codecs.sys.modules['os']"],
    "dynamic-import": ["import importlib.util", "from importlib import import_module",
                       "if 0:\n    import runpy"],
}

# Names that are bound twice, or lead somewhere by another way; classes and patterns that take names
# which are not written where they are taken. Scanned together, each by itself.
HIDDEN = [
    ("processes", "import json as x\ndef f():\n    import os as x\n    x.system('x')"),
    ("processes", "def f():\n    import os as x\n    x.system('x')\nimport json as x"),
    ("processes", "from json import tool as x\ndef f():\n    import os as x\n    x.execv"),
    ("processes", "class K:\n    import os as o\nK.o.system('x')"),
    ("processes", "import uuid\nuuid.getnode()"),
    ("module-value", "class K:\n    import os as o\nf = K().o"),
    ("module-value", "import dataclasses\nf = dataclasses.types"),
    ("introspection", "import typing\nf = lambda x: x.sys"),
    ("introspection", "import enum\nenum.bltns.eval('1')"),
    ("import", "import enum\nenum.bltns"),
    ("eval", "from enum import bltns as b\nb.exec('1')"),
    ("eval", "class K: pass\nK.typing.get_args(1)"),
    ("introspection", "(x for x in ()).gi_code.replace(co_code=b'')"),
    ("introspection", "import types\ntypes.LambdaType"),
    ("introspection", "import string\nclass F(string.Formatter): pass"),
    ("dynamic-import", "help('x')"),
    ("eval", "from functools import singledispatch"),
    ("eval", "import typing\ntyping.get_args(list['1'])[0]"),
    ("eval", "def f(x): return x._evaluate(1, 2)"),
    ("sys-member", "import os, sys\nos.environ['PYTHONBREAKPOINT'] = 'x.y'\nsys.breakpointhook()"),
    ("sys-member", "from sys import settrace"),
    ("private-member", "import os\nos._execvpe('x', [])"),
    ("private-member", "import dataclasses\ndataclasses._create_fn('f', [], ['x'])"),
    ("private-member", "from typing import _eval_type"),
    ("special-name", "print.__self__.exec('1')"),
    ("special-name", "import os\nos.__getstate__()['system']('x')"),
    ("special-name", "class C: pass\nC.__annotations__ = {'x=1': int}"),
    ("special-name", "class C:\n    __annotations__ = {'x=1': int}"),
    ("special-name", "class C: pass\nsetattr(C, '__annotations__', {})"),
    ("special-name", "C = type('C', (), {'__annotations__': {}})"),
    ("special-name", "C = type('C', (), dict(__annotations__={}))"),
    ("special-name", "class C:\n    def __init_subclass__(cls): pass"),
    ("special-name", "class C:\n    def __set_name__(self, owner, name): pass"),
    ("special-name", "__build_class__"),
    ("special-name", "import os as __path__"),
    ("dynamic-attribute", "def f(x, n): setattr(x, n, 1)"),
    ("dynamic-attribute", "def f(x, n): object.__setattr__(x, n, 1)"),
    ("dynamic-attribute", "f = object.__setattr__"),
    ("dynamic-attribute", "from helper import C\nmatch 1:\n    case C(x): pass"),
    ("dynamic-attribute", "class C:\n    __match_args__ = tuple(input())"),
    ("dynamic-attribute", "class C: pass\nC.__match_args__ = ('x',)"),
    ("dynamic-attribute", "class C:\n    __match_args__ = ('x',)\nC = 1\nmatch 1:\n    case C(x): pass"),
    ("dynamic-attribute", "def f(int):\n    match 1:\n        case int(x): pass"),
    ("introspection", "class C:\n    __match_args__ = ('f_globals',)\nmatch 1:\n    case C(x): pass"),
    ("introspection", DATACLASS + "class C:\n    f_globals: int\nmatch 1:\n    case C(x): pass"),
    ("introspection", DATACLASS + "class C:\n    if 1:\n        f_globals: int\nmatch 1:\n"
     "    case C(x): pass"),
    ("introspection", "import os\ntry:\n    os.x\nexcept AttributeError as e:\n    e.obj.system('x')"),
    ("introspection", "match 1:\n    case AttributeError(obj=x): pass"),
    ("introspection", "from functools import partialmethod"),
    ("dynamic-attribute", "import functools\nfunctools.update_wrapper(W(), print, ('__se' + 'lf__',))"),
    ("dynamic-attribute", "from functools import wraps\nwraps(print, assigned=N)(W())"),
    ("dynamic-attribute", "from functools import wraps as w\nw(*N)"),
    ("dynamic-attribute", "import functools\nf = functools.wraps"),
    ("dynamic-attribute", "import functools\nfunctools.wraps(object)(W())"),
    ("dynamic-attribute", "from functools import wraps\n@wraps(object)\n@W\ndef f(): pass"),
    ("dynamic-attribute", "from functools import wraps\n@wraps(object)\nclass C: pass"),
    ("dynamic-attribute", "import functools\nfunctools.update_wrapper(W(), object)"),
    ("dynamic-attribute", "import codecs\ncodecs.StreamReader(f).__getattr__('__glo' + 'bals__')"),
    ("dynamic-attribute", "class C(B):\n    def __getattr__(self, n): return super().__getattr__(n)"),
    ("dynamic-attribute", "import dataclasses\ndataclasses.replace(x)"),
    ("dynamic-attribute", "import copy\ncopy.replace(x)"),
    ("dynamic-attribute", "import contextlib\nclass R(contextlib.redirect_stdout):\n"
     "    _stream = 'modules'"),
    ("dynamic-attribute", "from contextlib import redirect_stderr as r\nx = r(y)\nwith x: pass"),
    ("dynamic-attribute", "def f(r): return r._old_targets"),
    ("dynamic-attribute", "import tarfile\nclass T(tarfile.TarFile):\n"
     "    OPEN_METH = {'x': '__setatt' + 'r__'}"),
    ("dynamic-attribute", "def f(T): T.OPEN_METH['x'] = 'y'"),
    ("dynamic-attribute", "def f(p): return p.add_argument('--x', dest='__defa' + 'ults__')"),
    ("dynamic-attribute", "def f(p): return p._actions[0]"),
    ("dynamic-attribute", "import argparse\nclass P(argparse.ArgumentParser):\n"
     "    def _add_action(self, action): KEPT.append(action)"),
    ("dynamic-attribute", "import logging\nlogging.Formatter(F('%(x)s')).formatMessage(object)"),
    ("dynamic-attribute", "import logging\nlogging.PercentStyle(F()).format(object)"),
    ("dynamic-attribute", "def f(formatter): formatter._style.format(object)"),
    ("dynamic-attribute", "def f(x, M): x.__class__ = M"),
    ("dynamic-attribute", "def f(x, M): setattr(x, '__class__', M)"),
    ("dynamic-attribute", "class C:\n    from helper import names as __match_args__"),
    ("dynamic-attribute", "class C:\n    match names:\n        case __match_args__: pass"),
    ("dynamic-attribute", "class C:\n    from helper import names as __slots__"),
    ("dynamic-attribute", "class C:\n    __slots__ = ('__defa' + 'ults__',)"),
    ("dynamic-attribute", "import pprint\nclass P(pprint.PrettyPrinter):\n"
     "    def _format_namespace_items(self, items, *rest): KEPT.extend(items)"),
    ("dynamic-attribute", "def f(p): p._pprint_simplenamespace(object)"),
    ("dynamic-attribute", "import pprint\npprint.PrettyPrinter()._dispatch[x](W(), object)"),
    ("dynamic-attribute", "import argparse\nclass N(argparse.Namespace): pass\nN._get_kwargs(object)"),
    ("dynamic-attribute", "import argparse\nargparse.Namespace.__eq__(int, x)"),
    ("dynamic-import", "import warnings\nclass C(warnings.catch_warnings):\n"
     "    def __setattr__(self, name, value): value._processoptions(['error::x.y'])"),
    ("module-value", "class K:\n    def f(self):\n        global __o\n        import os as __o\nf = _K__o"),
    ("processes", "import os as _K__o\nclass K: __o.system('x')"),
    ("module-value", "class _K_:\n    class J:\n        import os as __o\n    f = _J__o"),
    ("processes", "class K:\n    import __o\nimport os as _K__o\nK.o\n_K__o.system('x')"),
    ("eval", "def _():\n    from json import loads as exec\nexec('1')"),
    ("eval", "exec('1')\nfrom json import loads as exec"),
    ("eval", "from json import loads as exec\ndel exec\nexec('1')"),
    ("module-value", "import os\nos |= C()"),
    ("eval", "exec |= C()"),
    ("dynamic-attribute", "getattr |= C()"),
    ("changed-module", "__name__ = 'builtins.x'\nfrom . import exec as run"),
    ("changed-module", "def f():\n    global __name__\n    for __name__ in x: pass"),
    ("dynamic-attribute", "from collections import __setattr__ as s"),
    ("generated-code", "from dataclasses import dataclass\ndef _():\n    from abc import ABC\n"
     "class ABC(metaclass=M): pass\n@dataclass\nclass C(ABC): pass"),
    ("generated-code", "from dataclasses import dataclass\ndef _():\n    from typing import final\n"
     "final = evil\n@dataclass\n@final\nclass C: pass"),
    ("generated-code", "from dataclasses import dataclass as d\nclass K:\n    def dataclass(c): pass\n"
     "    from dataclasses import dataclass\n    @dataclass\n    class B: pass\n    @d\n"
     "    class C(B): pass"),
    ("star-import", "from .core import *"),
    ("star-import", "from .. import *"),
    ("introspection", "import types\nclass M(types.ModuleType): pass"),
    ("introspection", "import warnings\nwarnings.catch_warnings()._module"),
    ("dynamic-import", "def f(warnings): warnings._getcategory('x.y')"),
    ("dynamic-import", "def f(finder): finder.find_spec('x')"),
    ("dynamic-import", "def f(loader, spec): loader.create_module(spec)"),
    ("introspection", "import enum\n@enum.global_enum\nclass E(enum.Enum): pass"),
    ("introspection", "import enum\nclass E(enum.Enum): pass\nE._convert_('x', 'os', KEPT.append)"),
    ("private-member", "import enum\nenum.Enum._member_map_"),
    ("private-member", "import re._compiler as c"),
    ("private-member", "from re._compiler import compile as c"),
    ("private-member", "from os import environ\nenviron._data"),
    ("changed-module", "import collections\ncollections.type = lambda x: str"),
    ("changed-module", "import collections\nsetattr(collections, 'type', 1)"),
    ("changed-module", "from json import JSONEncoder\nJSONEncoder.default = 1"),
    ("changed-module", "import json\nfor json.loads in x: pass"),
    ("module-value", "from dataclasses import types as t\nf = t"),
    ("module-value", "class K:\n    from dataclasses import types"),
    ("dynamic-attribute", "def f(parser, C): parser.parse_args([], C)"),
    ("dynamic-attribute", "def f(parser, C): parser.parse_args(namespace=C)"),
    ("special-name", "class C:\n    def __get__(self, one, owner): owner.x.name = 'x'"),
    ("generated-code", "x = classmethod(property(print))"),
    ("generated-code", DATACLASS + "class C:\n    x: int\n    @classmethod\n    @property\n"
     "    def x(cls): pass"),
    ("generated-code", DATACLASS + "class C:\n    if 1:\n        x: int\n    @classmethod\n"
     "    @property\n    def x(cls): pass"),
    ("generated-code", DATACLASS + "class C(metaclass=M): pass"),
    ("generated-code", "class B(metaclass=M): pass\n" + DATACLASS + "class C(B): pass"),
    ("generated-code", "from helper import B\n" + DATACLASS + "class C(B): pass"),
    ("generated-code", "class B: pass\nB = 1\n" + DATACLASS + "class C(B): pass"),
    ("generated-code", "@evil\nclass B: pass\n" + DATACLASS + "class C(B): pass"),
    ("generated-code", DATACLASS + "class C(f()): pass"),
    ("generated-code", DATACLASS + "class C(*f()): pass"),
    ("generated-code", DATACLASS + "class C(**f()): pass"),
    ("generated-code", DATACLASS + "@evil\nclass C: pass"),
    ("generated-code", "from dataclasses import dataclass as d\nclass C: pass\nd(C)"),
    ("generated-code", "from dataclasses import dataclass\n@dataclass(f())\nclass C: pass"),
    ("generated-code", "import dataclasses as x\nclass C: pass\nx.dataclass(C)"),
    ("generated-code", "import dataclasses\ngetattr(dataclasses, 'dataclass')"),
    ("generated-code", "import dataclasses\ndataclasses.make_dataclass('C', ['x'])"),
    ("generated-code", "import dataclasses\nfor f in dataclasses.fields(1): f.name = 'x'"),
    ("generated-code", "from dataclasses import field\nf = field()"),
    ("generated-code", "from dataclasses import field\n" + DATACLASS +
     "class C:\n    x: int = field()\n    KEPT.append(x)"),
    ("generated-code", "from dataclasses import field\n" + DATACLASS +
     "class C:\n    x: int = field()\n    def f(self, kept=x): pass"),
]

# What many sources have in them, and none may be denied for.
EVERYDAY = """
import argparse, abc, contextlib, csv, io, json, operator, os, re, string, sys, logging
import datetime as dt, itertools as it, xml.etree.ElementTree as ET
from collections import defaultdict, namedtuple
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import Enum, auto
from functools import lru_cache, total_ordering, wraps
from os import environ, path
from re import compile
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar
__all__, __version__ = ['main'], '1'
T = TypeVar('T')
Row = namedtuple('Row', input().split())
class Colour(Enum):
    RED = auto()
class Point(NamedTuple):
    x: int
@total_ordering
@dataclass(frozen=True)
class Base:
    name: str
    tags: 'list[str]' = field(default_factory=list)
    def __lt__(self, other): return self.name < other.name
    def scale(self, tags): return [tag.upper() for tag in tags]
@dataclass
class Derived(Base):
    value: int = 0
    @classmethod
    def make(cls): return cls('x')
    def __post_init__(self): self.__hidden = self._seen = self.value
@dataclass
class Wrong(ValueError): code: int
@dataclass
class Box(Generic[T]): content: T
@dataclass
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
class Managed:
    __slots__ = ('x',)
    __slots__ = {'x': 'y'}
    __slots__ = 'x'
    def __getattr__(self, name): raise AttributeError(name)
    def __init__(self): super().__init__()
    def __enter__(self): return self
    def __exit__(self, *args): return False
    def __repr__(self): return f'{self.__class__.__name__}()'
def logged(f):
    @lru_cache(maxsize=1)
    @wraps(f)
    def inner(*args, **kwargs):
        logging.getLogger(__name__).info('%s', f.__name__)
        return f(*args, **kwargs)
    return inner
@contextmanager
def opened(path):
    with open(path, encoding='utf-8') as file:
        yield file
@logged
@lru_cache(maxsize=None)
def work(place: Path, path: str = 'x') -> 'dict[str, Any]':
    found = defaultdict(list)
    pattern = compile('x')
    count = 0
    count += 1
    parser.x |= 1
    for row in csv.DictReader(place.open()):
        found[row['k']].append(dt.datetime.fromisoformat(row['t']))
    return found
def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--x', help='x')
    with contextlib.redirect_stdout(io.StringIO()) as said:
        sys.stdout = said
    args = parser.parse_args(argv if argv is not None else sys.argv[1:])
    print(json.dumps(asdict(Base(os.path.join(environ['X'], path.sep)))), file=sys.stderr)
    print(getattr(args, 'files', None), hasattr(os, 'x'), string.digits, Point(1)._replace(x=2))
    print(ET.fromstring('<a/>'), re.compile('x').pattern, operator.itemgetter(0), it.chain([]))
if __name__ == '__main__':
    sys.exit(main())
"""

PATTERNS = """
from dataclasses import dataclass
@dataclass
class Point:
    x: int
class Named:
    __match_args__ = ('first',)
match Point(1):
    case Point(x): pass
    case Point(x=1) | Named(2) | int(3) | str(): pass
    case [1, *rest] | {'a': rest}: pass
"""

PROGRAMS = {
    "dlopen": "void *dlopen(const char *, int); int main(void) { return !dlopen(0, 1); }",
    "shell": "int system(const char *); int main(void) { return system(\"true\"); }",
    "exec": "int execv(const char *, char **); int main(void) { return execv(\"/x\", 0); }",
    "process": "int fork(void); int main(void) { return fork(); }",
    "network": "int socket(int, int, int); int main(void) { return socket(2, 1, 0); }",
    "raw-syscall": "long syscall(long, ...); int main(void) { return (int)syscall(39); }",
    "trace": "long ptrace(int, ...); int main(void) { return (int)ptrace(0); }",
}
HARMLESS = "#include <stdio.h>\nint main(void) { return puts(\"x\") < 0; }"


def python_version():
    """Of the root's python3."""
    done = denybox("run", "--rootfs", rootfs(), "--", "python3", "-c",
                   "import sys; print(*sys.version_info[:2])")
    return tuple(int(word) for word in done.out.split())


def library_imports(module):
    """The first parts of what a module of this library imports, if it has a source."""
    path = os.path.join(os.path.dirname(os.__file__), module)
    for top in (path + ".py", os.path.join(path, "__init__.py")):
        if not os.path.exists(top):
            continue
        with open(top, "rb") as file:
            for node in ast.walk(ast.parse(file.read())):
                if isinstance(node, ast.Import):
                    yield from (alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    yield node.module.partition(".")[0]


def anybody(entry):
    """A file of an image belongs to nobody in particular."""
    entry.uid = entry.gid = 0
    return entry


def denied(done):
    """{rule} of what is not allowed, of a scan with --json."""
    return {finding["rule"] for file in load_json(done.out)["files"]
            for finding in file["findings"] if not finding["allowed"]}


class Base(Live):
    def scan(self, *words, **how):
        return denybox("scan", "--json", *words, **how)

    def source(self, text, name="x.py"):
        return write(self.path("in", name), text)


class Python(Base):
    def one(self, text, *words):
        return self.scan("--rootfs", rootfs(), *words, self.source(text))

    def test_each_rule_is_triggered_and_its_neighbour_is_not(self):
        for rule, (bad, good) in SOURCES.items():
            with self.subTest(rule):
                done = self.one(bad)
                self.assert_status(done, 1)
                self.assertIn(rule, denied(done))
                done = self.one(good)
                self.assertNotIn(rule, denied(done), repr(done))

    def test_the_same_in_other_words(self):
        for rule, texts in DISGUISES.items():
            for text in texts:
                with self.subTest(text):
                    self.assertIn(rule, denied(self.one(text)))

    def judged(self, texts):
        """Of each text, what is denied: all are scanned in one go."""
        for number, text in enumerate(texts):
            write(self.path("in", "t%d.py" % number), text)
        done = self.scan("--rootfs", rootfs(), self.path("in"))
        found = {os.path.basename(file["path"]): {finding["rule"] for finding in file["findings"]
                                                  if not finding["allowed"]}
                 for file in load_json(done.out)["files"]}
        self.assertIsNone(load_json(done.out)["incomplete"])
        return [found["t%d.py" % number] for number in range(len(texts))]

    def test_what_is_hidden_is_found(self):
        for (rule, text), rules in zip(HIDDEN, self.judged([text for _, text in HIDDEN])):
            with self.subTest(text):
                self.assertIn(rule, rules)

    def test_everyday_code_is_allowed(self):
        self.assertEqual(self.judged([EVERYDAY, PATTERNS]), [set(), set()])

    def test_names_of_another_source(self):
        """What another calls os is os, however it is come by."""
        self.source("import os as o", "helper.py")
        os.mkdir(self.path("in", "package"))
        write(self.path("in", "package", "__init__.py"), "from .core import p")
        write(self.path("in", "package", "core.py"), "from helper import o as p")
        for text, rule in (("import helper\nhelper.o.system('x')", "processes"),
                           ("from helper import o as n\nn.system('x')", "processes"),
                           ("from helper import o\nf = o", "module-value"),
                           ("import package.core as c\nc.p.execv", "processes"),
                           ("import package\npackage.p.execv", "processes"),
                           ("import helper\nf = helper.o", "module-value"),
                           ("from package import core\nf = core", "module-value"),
                           ("import package\nf = package.core", "module-value"),
                           ("class K:\n    from helper import o", "module-value"),
                           ("import helper\nhelper.o = 1", "changed-module"),
                           ("import helper\nhelper.o.sep = 1", "changed-module"),
                           ("import helper\nhelper.__name__ = 'x'", "changed-module")):
            with self.subTest(text):
                self.assertEqual(denied(self.one(text)), {rule})
        self.assert_status(self.one("import helper\nhelper.o.sep\nhelper.verbose = True"), 0)

    def test_what_says_its_own_name_in_another_source(self):
        """typing of helper is typing; "from . import" says of no module whose name it is."""
        self.source("import typing, os", "helper.py")
        for text, rule in (("from helper import typing as t\nt.get_args(1)", "eval"),
                           ("import helper\nf = helper.typing", "module-value")):
            with self.subTest(text):
                self.assertEqual(denied(self.one(text)), {rule})
        os.mkdir(self.path("in", "package"))
        write(self.path("in", "package", "__init__.py"), "import typing as t")
        write(self.path("in", "package", "core.py"), "from . import t as x\nx.get_args(1)")
        write(self.path("in", "package", "t.py"), "")  # whichever there is comes first
        self.assertEqual(denied(self.one("import package.core")), {"eval"})
        write(self.path("in", "package", "core.py"), "from .more import t\nf().t")
        write(self.path("in", "package", "more.py"), "def t(): pass")
        self.assert_status(self.one("import package.core"), 0)

    def test_a_source_that_imports_itself(self):
        for text in ("import os as o\nimport x as me\nf = me.o\nf.system('x')",
                     "import os as o\nfrom x import o as p\nf = p"):
            with self.subTest(text):
                self.assertEqual(denied(self.one(text)), {"module-value"})

    def test_an_encoding_that_hides(self):
        for text in ("# coding: utf-7\nx = '+AG8-'", "\n# vim: fileencoding=utf-7\n",
                     "#\r# coding: unicode_escape\r", "# coding: none-such"):
            with self.subTest(text):
                self.assert_status(self.one(text), EXIT_BLOCKED)
        self.assert_status(self.one("# coding: latin-1\nx = 'coding: utf-7'"), 0)

    def test_a_rule_can_be_allowed(self):
        policy = write(self.path("policy.json"), '{"schema_version": 1, "python": '
                       '{"imports": ["os"], "allow": ["eval"]}}')
        self.assert_status(self.one("import os\neval('1')", "--policy", policy), 0)
        self.assert_status(self.one("import os\nexec('1')\nimport re", "--policy", policy), 1)

    def test_the_inspector_has_a_policy_of_its_own(self):
        done = self.scan("--rootfs", rootfs(), "--policy", INSPECTOR_POLICY, INSPECTOR)
        self.assert_status(done, 0)
        found = load_json(done.out)["files"][0]
        with open(INSPECTOR, "rb") as file:
            self.assertEqual(found["sha256"], "sha256:" + hashlib.sha256(file.read()).hexdigest())
        self.assertIn("json", {finding["detail"] for finding in found["findings"]
                               if finding["rule"] == "import"})

    def test_what_is_no_python_is_blocked(self):
        for text in ("x = = 1", "x = 1\0", "(" * 5000, "x = " + "-" * 500000 + "1"):
            with self.subTest(text[:10]):
                done = self.one(text)
                self.assert_status(done, EXIT_BLOCKED)
                self.assertEqual(load_json(done.out)["verdict"], "NOT_RUN")
                self.assertIsNotNone(load_json(done.out)["incomplete"])

    def test_a_directory_with_nothing_to_scan_is_blocked(self):
        """And says so, beside others too."""
        write(self.path("in", "packet.json"), "{}")
        for words in ((), (write(self.path("x.py"), "print(1)"),)):
            done = self.scan("--rootfs", rootfs(), *words, self.path("in"))
            self.assert_status(done, EXIT_BLOCKED)
            self.assertIn(f"there is nothing to scan in '{self.path('in')}'",
                          load_json(done.out)["incomplete"])

    def test_a_root_without_python_is_blocked(self):
        os.mkdir(self.path("empty"))
        for how in ({}, {"preexec": lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)}):
            done = self.scan("--rootfs", self.path("empty"), self.source("import json"), **how)
            self.assert_status(done, EXIT_BLOCKED)
            self.assertIn("the parser did not run: cannot run 'python3': not found",
                          load_json(done.out)["incomplete"])

    def test_the_parser_of_the_host(self):
        if not os.path.exists("/usr/bin/python3"):
            self.skipTest("no python3")
        self.assert_status(self.scan(self.source("import json")), 0)

    def test_a_module_beside_it_comes_first(self):
        self.source("import socket", "json.py")
        done = self.one("import json")
        self.assertEqual([os.path.basename(file["path"]) for file in load_json(done.out)["files"]],
                         ["x.py", "json.py"])
        self.assertEqual(denied(done), {"import", "sockets"})

    def test_a_package_beside_it_is_scanned_whole(self):
        os.mkdir(self.path("in", "helper"))
        write(self.path("in", "helper", "__init__.py"), "from . import deep")
        write(self.path("in", "helper", "deep.py"), "import ctypes")
        self.assertEqual(denied(self.one("import helper")), {"import", "ctypes"})
        os.unlink(self.path("in", "helper", "deep.py"))
        os.symlink("/etc/passwd", self.path("in", "helper", "deep.py"))
        self.assert_status(self.one("import helper"), EXIT_BLOCKED)

    def test_compiled_modules_beside_it(self):
        write(self.path("in", "helper.py"), "x = 1")
        self.assert_status(self.one("import helper"), 0)
        os.mkdir(self.path("in", "__pycache__"))
        write(self.path("in", "__pycache__", "helper.cpython-311.pyc"), "x")
        self.assertEqual(denied(self.one("import helper")), {"bytecode"})
        write(self.path("in", "other.cpython-311-x86_64-linux-gnu.so"), "x")
        self.assertEqual(denied(self.one("import other")), {"native-module"})

    def test_what_the_library_would_import_is_scanned(self):
        """Nobody here imports them: random does import bisect, and copy the others."""
        for name in ("bisect.py", "org.py", "sitecustomize.py"):
            with self.subTest(name):
                self.source("import socket", name)
                done = self.one("import random, copy")
                self.assertEqual(denied(done), {"import", "sockets"})
                self.assertEqual([os.path.basename(file["path"])
                                  for file in load_json(done.out)["files"]], ["x.py", name])
                os.unlink(self.path("in", name))

    def test_every_form_of_what_the_library_would_import(self):
        os.makedirs(self.path("in", "org", "python"))
        write(self.path("in", "org", "python", "core.py"), "import socket")
        self.assertEqual(denied(self.one("import copy")), {"namespace-package", "import", "sockets"})
        shutil.rmtree(self.path("in", "org"))
        for name, rule in (("bisect.pyc", "bytecode"), ("bisect.abi3.so", "native-module"),
                           ("bisect.cpython-311-x86_64-linux-gnu.so", "native-module")):
            write(self.path("in", name), "x")
            self.assertEqual(denied(self.one("import random")), {rule})
            os.unlink(self.path("in", name))
        os.symlink("/tmp/x.py", self.path("in", "bisect.py"))
        self.assert_status(self.one("import random"), EXIT_BLOCKED)

    def test_what_nobody_imports_is_left_alone(self):
        self.source("import socket", "another.py")
        os.mkdir(self.path("in", "bisect"))  # the library's comes before it
        write(self.path("in", "bisect", "left.py"), "import socket")
        write(self.path("in", "note.txt"), "import socket")
        self.assert_status(self.one("import random"), 0)

    def test_what_others_would_import(self):
        """Of a module from outside it is not known what it imports: perhaps another.py."""
        self.source("import socket", "another.py")
        policy = write(self.path("policy.json"), '{"schema_version": 1, "python": '
                       '{"imports": ["yaml", "random"], "allow": ["local-module"]}}')
        self.assert_status(self.one("import random", "--policy", policy), 0)
        self.assertEqual(denied(self.one("import yaml", "--policy", policy)), {"import", "sockets"})

    def test_the_library_asks_for_what_is_known(self):
        """All that the library here imports is in its own list, or in the walker's."""
        looked = {}
        exec(read(NAMES), looked)  # pylint: disable=exec-used
        known = looked["LIBRARY"] | set(looked["ABSENT"]) | {"__main__"}
        for module in sys.stdlib_module_names:
            for name in library_imports(module):
                self.assertIn(name, known, module)

    def test_a_directory_is_no_module_of_its_own(self):
        """Without __init__.py a module of its name that lies elsewhere is the one."""
        os.mkdir(self.path("in", "sqlite3"))
        self.assertEqual(denied(self.one("import sqlite3")), {"namespace-package", "import"})
        os.mkdir(self.path("in", "helper"))
        write(self.path("in", "helper", "deep.py"), "x = 1")
        self.assertEqual(denied(self.one("import helper.deep")), {"namespace-package", "import"})
        write(self.path("in", "helper", "__init__.py"), "")
        self.assert_status(self.one("import helper.deep"), 0)
        self.source("import socket", "sqlite3/__init__.abi3.so")
        self.assertEqual(denied(self.one("import helper")), {"native-module"})

    def test_a_name_of_the_library_is_judged_as_one(self):
        self.source("x = 1", "sqlite3.py")
        self.assertEqual(denied(self.one("import sqlite3")), {"import"})

    def test_a_compiled_module_of_a_package(self):
        os.mkdir(self.path("in", "helper"))
        write(self.path("in", "helper", "__init__.py"), "")
        shutil.copy("/bin/true", self.path("in", "helper", "deep.abi3.so"))
        self.assertEqual(denied(self.one("import helper.deep")), {"native-module"})

    def test_a_module_that_a_class_imports_by_a_private_name(self):
        self.source("import socket", "__evil.py")
        self.assertIn("sockets", denied(self.one("class K:\n    import __evil")))

    def test_a_tree(self):
        self.source("import json", "a.py")
        self.source("import socket", "b.py")
        shutil.copy(PAYLOAD, self.path("in", "program"))
        done = self.scan("--rootfs", rootfs(), self.path("in"))
        self.assertEqual(denied(done), {"import", "sockets"})
        self.assertEqual(sorted(file["kind"] for file in load_json(done.out)["files"]),
                         ["elf", "python", "python"])

    def test_nothing_of_it_is_run(self):
        marker = self.path("marker")
        self.one("# coding: latin-1\nopen(%r, 'w')" % marker)
        self.assertFalse(os.path.exists(marker))


class Programs(Base):
    def build(self, text, *options):
        if shutil.which("cc") is None:
            self.skipTest("no compiler")
        write(self.path("x.c"), text)
        built = subprocess.run(["cc", "-o", self.path("x"), *options, self.path("x.c")],
                               stderr=subprocess.PIPE, check=False, cwd=self.dir)
        self.assertEqual(built.returncode, 0, built.stderr)
        return self.path("x")

    def test_a_harmless_program(self):
        done = self.scan(self.build(HARMLESS))
        self.assert_status(done, 0)
        self.assertEqual(denied(done), set())
        self.assertIn(("library", "libc.so.6"),
                      {(finding["rule"], finding["detail"])
                       for finding in load_json(done.out)["files"][0]["findings"]})

    def test_what_it_calls(self):
        for rule, text in PROGRAMS.items():
            with self.subTest(rule):
                done = self.scan(self.build(text))
                self.assert_status(done, 1)
                self.assertEqual(denied(done), {rule})

    def test_what_it_is_linked_like(self):
        for rule, options in (("exec-stack", ["-Wl,-z,execstack"]), ("rpath", ["-Wl,-rpath,/x"]),
                              ("rpath", ["-Wl,-rpath,$ORIGIN"])):
            with self.subTest(options):
                done = self.scan(self.build(HARMLESS, *options))
                self.assertIn(rule, denied(done), repr(done))

    def test_a_segment_that_is_written_and_executed(self):
        program = self.build(HARMLESS)
        with open(program, "r+b") as file:
            image = file.read()
            at, = struct.unpack_from("<Q", image, 0x20)  # e_phoff
            while struct.unpack_from("<I", image, at)[0] != 1:  # PT_LOAD
                at += 56
            file.seek(at + 4)
            file.write(struct.pack("<I", 7))
        self.assertEqual(denied(self.scan(program)), {"write-exec"})

    def test_section_headers_are_not_asked(self):
        program = self.build(PROGRAMS["shell"], "-s")
        with open(program, "r+b") as file:
            file.seek(0x28)  # e_shoff
            file.write(bytes(8))
            file.seek(0x3c)  # e_shnum, e_shstrndx
            file.write(bytes(4))
        self.assertEqual(denied(self.scan(program)), {"shell"})

    def test_a_static_program_is_said_to_be_one(self):
        done = self.scan(PAYLOAD)
        self.assert_status(done, 0)
        self.assertEqual([finding["rule"] for finding in load_json(done.out)["files"][0]["findings"]],
                         ["static"])
        policy = write(self.path("policy.json"), '{"schema_version": 1}')
        self.assertEqual(denied(self.scan("--policy", policy, PAYLOAD)), {"static"})

    def test_symbols_of_the_policy(self):
        policy = write(self.path("policy.json"), '{"schema_version": 1, "elf": {"loaders": '
                       '["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"], '
                       '"libraries": ["libc.so.6"], "symbols_denied": ["puts"]}}')
        self.assertEqual(denied(self.scan("--policy", policy, self.build(HARMLESS))), {"symbol"})

    def test_a_damaged_file_is_blocked(self):
        with open(self.build(HARMLESS), "rb") as file:
            whole = file.read()
        with open(self.path("cut"), "wb") as file:
            file.write(whole[:len(whole) // 8])
        self.assert_status(self.scan(self.path("cut")), EXIT_BLOCKED)
        self.assert_status(self.scan(write(self.path("text"), "hello")), EXIT_BLOCKED)
        self.assert_status(self.scan(self.path("nothing")), EXIT_BLOCKED)


class Words(Base):
    def test_what_could_be_meant(self):
        done = denybox("scan", "no-such-command")
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("hint: for a command, name its file: denybox scan "
                      '"$(command -v no-such-command)"', done.err)
        self.assertNotIn("hint", denybox("scan", "./no-such-command").err)
        self.assertNotIn("hint", denybox("scan", "no;such").err)

    def test_a_policy_that_is_wrong_is_named(self):
        policy = write(self.path("policy.json"), '{"schema_version": 1,}')
        done = denybox("scan", "--policy", policy, PAYLOAD)
        self.assert_error(done, 2, f"cannot use the scan policy '{policy}': cannot parse JSON: line 1")
        write(policy, '{"schema_version": 2}')
        done = denybox("scan", "--policy", policy, PAYLOAD)
        self.assert_error(done, 2, f"cannot use the scan policy '{policy}': it is no object of")

    def test_bad_usage_is_2(self):
        for words in ([], ["--nothing", PAYLOAD], ["--policy", self.path("none"), PAYLOAD],
                      ["--policy", write(self.path("p"), "{}"), PAYLOAD]):
            with self.subTest(words):
                self.assert_status(command([DENYBOX, "scan", *words]), 2)

    def test_a_script_in_a_directory(self):
        """Its name says nothing; and what cannot be read may be one."""
        write(self.path("in", "x.py"), "print(1)")
        name = write(self.path("in", "tool"), "#!/usr/bin/env python3\nimport ctypes\n")
        done = denybox("scan", "--rootfs", rootfs(), self.path("in"))
        self.assert_status(done, 1)
        self.assertIn(f"python  {name}\n", done.out)
        # The kernel reads 256 bytes of that line.
        write(name, "#!" + " " * 200 + "/usr/bin/python3\nimport ctypes\n")
        self.assert_status(denybox("scan", "--rootfs", rootfs(), self.path("in")), 1)
        write(name, "#!/bin/sh\nimport ctypes\n")
        self.assert_status(denybox("scan", "--rootfs", rootfs(), self.path("in")), 0)
        if os.geteuid() != 0:
            os.chmod(name, 0)
            done = denybox("scan", "--rootfs", rootfs(), self.path("in"))
            self.assert_status(done, EXIT_BLOCKED)
            self.assertIn(f"not scanned: cannot read '{name}': Permission denied", done.out)

    def test_a_source_that_is_too_large(self):
        done = denybox("scan", write(self.path("in", "x.py"), "#" * ((4 << 20) + 1)))
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("it is larger than 4 MiB", done.out)

    def test_the_built_in_policy(self):
        shown = denybox("scan", "--show-policy")
        self.assertEqual(shown.out, read(os.path.join(SRC, "fixtures", "scan", "default.json")))
        policy = write(self.path("p"), shown.out)
        for name in (policy, "default"):
            self.assert_status(denybox("scan", "--policy", name, PAYLOAD), 0)

    def test_the_words_of_a_person(self):
        done = denybox("scan", "--quiet", PAYLOAD)
        self.assertEqual(done.out,
                         "ACCEPTABLE: all was looked at, and all of it is allowed\n")
        name = write(self.path("in", "a\x1b[31m.py"), "import socket")
        done = denybox("scan", "--rootfs", rootfs(), name)
        self.assertNotIn("\x1b", done.out)
        self.assertIn("REJECTED", done.out)


class Run(Base):
    """run --scan: what is denied or not scanned is not started, and the bundle says so."""

    def python(self, *words, options=(), name="bundle.json"):
        return denybox("run", *self.io, "--rootfs", rootfs(), "--scan", "default", "--venue", "CI",
                       "--evidence", self.path(name), *options, "--", "python3", *words)

    def verdict(self, name="bundle.json"):
        bundle = self.evidence(name)
        probe = [p for p in bundle["probes"] if p["probe_id"] == "PR-DYNIMPORT"][0]
        return probe["verdict"], bundle["scan"]["verdict"], bundle["result"]["ending"]

    def verify(self, name="bundle.json", *words):
        return denybox("verify", "--json", *words, self.path(name))

    def test_a_script_that_is_allowed(self):
        self.source("import json\nopen('/out/ran', 'w')")
        self.assert_status(self.python("/in/x.py"), 0)
        self.assertEqual(self.verdict(), ("PASS", "PASS", "exited"))
        self.assertTrue(os.path.exists(self.path("out", "ran")))
        bundle = self.evidence()
        self.assertEqual(bundle["scan"]["files"][0]["sha256"], bundle["binding"]["payload_sha256"])
        with open(self.path("in", "x.py"), "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        self.assertEqual(bundle["scan"]["files"][1]["sha256"], "sha256:" + digest)
        self.assert_status(self.verify(), 0)

    def test_a_script_that_is_denied_is_not_started(self):
        self.source("open('/out/ran', 'w')\nimport ctypes")
        done = self.python("/in/x.py")
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("BLOCKED: PR-DYNIMPORT FAIL", done.err)
        self.assertIn("cannot start the payload: the scan does not allow it", done.err)
        self.assertEqual(self.verdict(), ("FAIL", "FAIL", "blocked"))
        self.assertEqual(os.listdir(self.path("out")), [])
        # All the other walls were proved.
        self.assertEqual({p["verdict"] for p in self.evidence()["probes"]
                          if p["probe_id"].startswith("PR-")}, {"PASS", "FAIL"})
        self.assert_status(self.verify(), 1)

    def test_what_is_not_scanned_is_not_started(self):
        self.source("x = = 1", "broken.py")
        os.symlink("broken.py", self.path("in", "link.py"))
        for number, words in enumerate((["-m", "json.tool"], [], ["-i", "/in/x.py"],
                                        ["/in/broken.py"], ["/in/none.py"], ["/in/link.py"],
                                        ["/in/../in/broken.py"], ["/out/x.py"], ["/in"],
                                        ["/in/./broken.py"])):
            with self.subTest(words):
                done = self.python(*words, name="%d.json" % number)
                self.assert_status(done, EXIT_BLOCKED)
                self.assertIn("BLOCKED: PR-DYNIMPORT NOT_RUN", done.err)
                self.assertEqual(self.verdict("%d.json" % number), ("NOT_RUN", "NOT_RUN", "blocked"))
                self.assert_status(self.verify("%d.json" % number), EXIT_BLOCKED)

    def test_needless_parts_of_a_path(self):
        self.source("import json")
        self.assert_status(self.python("//in/./x.py"), 0)
        self.assertEqual(self.verdict(), ("PASS", "PASS", "exited"))

    def test_what_the_library_would_import(self):
        """At run time bisect.py would be run; what is not looked for does not matter."""
        self.source("print('mine')\nimport ctypes", "bisect.py")
        self.source("import random")
        done = self.python("/in/x.py")
        self.assert_status(done, EXIT_BLOCKED)
        self.assertEqual(self.verdict(), ("FAIL", "FAIL", "blocked"))
        done = self.python("-I", "/in/x.py", name="b.json")
        self.assert_status(done, 0)
        self.assertNotIn("mine", done.out)
        self.assert_status(self.verify("b.json"), 0)
        done = self.python("/in/x.py", options=("--setenv", "PYTHONSAFEPATH", "1"), name="c.json")
        self.assert_status(done, EXIT_BLOCKED)

    def test_what_is_not_looked_for_is_not_taken_for_it(self):
        """With -I sqlite3.py is nothing, and the library's is imported; without a doubt."""
        self.source("x = 1", "helper.py")
        self.source("import helper")
        self.assert_status(self.python("/in/x.py"), 0)
        self.assert_status(self.python("-I", "/in/x.py", name="b.json"), EXIT_BLOCKED)
        self.assert_status(self.python("/in/x.py", options=("--setenv", "PYTHONSAFEPATH", "1"),
                                       name="c.json"), EXIT_BLOCKED)

    def test_what_to_do_about_it(self):
        self.source("import socket")
        done = self.python("/in/x.py")
        self.assertIn("hint: a policy of your own (--scan FILE)", done.err)
        os.makedirs(self.path("root", "usr", "bin"))
        shutil.copy(PAYLOAD, self.path("root", "usr", "bin", "python3"))  # which is none
        done = denybox("run", *self.io, "--rootfs", self.path("root"), "--scan", "default", "--",
                       "/usr/bin/python3", "/in/x.py")
        self.assertIn("scan: cannot scan Python: the parser did not run", done.err)
        self.assertIn("hint: --rootfs names a root directory with python3", done.err)

    def test_code_of_the_command_line(self):
        self.assert_status(self.python("-I", "-c", "print('\\\\ \u00e9')"), 0)
        self.assert_status(self.verify(), 0)
        self.assert_status(self.python("-I", "-c", "import socket", name="b.json"), EXIT_BLOCKED)
        self.source("print('mine')\nimport ctypes", "json.py")
        for number, word in enumerate(("-I", "-P")[:1 if python_version() < (3, 11) else 2]):
            done = self.python(word, "-c", "import json", options=("--chdir", "/in"),
                               name="c%d.json" % number)
            self.assert_status(done, 0)
            self.assertEqual(done.out, "")

    def test_code_says_no_encoding(self):
        """At run time it is UTF-8, and this is eval: seen without --scan."""
        code = "# coding: latin-1\nev\u00aal('print(1)')"
        done = denybox("run", "--rootfs", rootfs(), "--", "python3", "-I", "-c", code)
        self.assertEqual(done.out, "1\n")
        done = self.python("-I", "-c", code)
        self.assert_status(done, EXIT_BLOCKED)
        self.assertEqual(self.verdict(), ("NOT_RUN", "NOT_RUN", "blocked"))
        done = self.python("-I", "-c", code.replace("latin-1", "utf-8"), name="b.json")
        self.assertEqual(self.verdict("b.json"), ("FAIL", "FAIL", "blocked"))

    def test_code_looks_for_modules_wherever_it_then_is(self):
        """At run time it would be what it has written itself: seen without --scan."""
        code = ("import os\nos.chdir('/tmp')\nopen('colorsys.py', 'w').write(\"print('mine')\")\n"
                "import colorsys")
        done = denybox("run", "--rootfs", rootfs(), "--", "python3", "-c", code)
        self.assertEqual(done.out, "mine\n")
        done = self.python("-c", code)
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("-c looks for modules wherever it then is; add -I", done.err)
        self.assertEqual(self.verdict(), ("NOT_RUN", "NOT_RUN", "blocked"))
        done = self.python("-c", code, options=("--setenv", "PYTHONSAFEPATH", "1"), name="b.json")
        self.assert_status(done, EXIT_BLOCKED)
        done = self.python("-I", "-c", code, name="c.json")
        self.assert_status(done, 0)
        self.assertEqual(done.out, "")

    def test_a_dash_is_standard_input(self):
        self.source("import json", "-")
        done = self.python("--", "-", options=("--chdir", "/in"))
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("the source comes from standard input", done.err)

    def test_what_is_mounted_over_what_is_seen(self):
        """A mount on the way to a script, at it, and at what it imports; the last one counts."""
        root = self.path("root")
        shutil.copytree(rootfs(), root, symlinks=True)
        for place in ("root/app", "root/tmp", "good/deep", "evil"):
            os.makedirs(self.path(*place.split("/")))
        for name, text in (("root/app/x.py", "import helper"), ("root/app/helper.py", ""),
                           ("good/deep/x.py", "import json"), ("evil/x.py", "import socket"),
                           ("root/tmp/__init__.py", ""), ("root/y.py", "import tmp"),
                           ("root/z.py", "import json")):
            write(self.path(*name.split("/")), text)
        good, evil = self.path("good"), self.path("evil")
        for binds, script, verdict in (
                ((), "/app/x.py", "PASS"), ((), "/z.py", "PASS"), ((), "/y.py", "NOT_RUN"),
                (((good, "/a"),), "/a/deep/x.py", "PASS"),
                (((good, "/a"), (evil, "/a/deep")), "/a/deep/x.py", "FAIL"),
                (((evil, "/a/deep"), (good, "/a")), "/a/deep/x.py", "PASS"),
                (((evil + "/x.py", "/app/x.py"),), "/app/x.py", "NOT_RUN"),
                (((evil + "/x.py", "/app/helper.py"),), "/app/x.py", "NOT_RUN"),
                (((evil, "/app/__pycache__"),), "/app/x.py", "NOT_RUN")):
            with self.subTest(binds=binds, script=script):
                if os.path.exists(self.path("bundle.json")):
                    os.unlink(self.path("bundle.json"))
                denybox("run", "--rootfs", root, "--scan", "default", "--venue", "CI", "--evidence",
                        self.path("bundle.json"),
                        *(word for bind in binds for word in ("--ro-bind", *bind)), "--",
                        "python3", script)
                self.assertEqual(self.verdict()[1], verdict)

    def test_an_archive_behind_a_program(self):
        """To Python a source, to the loader a program: neither may be taken for the other."""
        path = self.path("in", "x.py")
        shutil.copy("/bin/true", path)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("__main__.py", "print('ran')")
        done = self.python("/in/x.py")
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("no Python source", done.err)
        self.assertNotIn("ran", done.out)

    def test_variables_that_the_loader_obeys(self):
        self.source("import json")
        self.assert_status(self.python("/in/x.py", options=("--setenv", "LD_PRELOAD", "/x.so")),
                           EXIT_BLOCKED)

    def test_variables_that_the_loader_of_any_program_obeys(self):
        for name, value, status in (("LD_PRELOAD", "/x.so", EXIT_BLOCKED),
                                    ("GCONV_PATH", "/in", EXIT_BLOCKED), ("LANG", "C", 0)):
            done = run(*self.io, "--scan", "default", "--setenv", name, value, payload=("exit", "0"))
            self.assert_status(done, status)
        policy = write(self.path("p"), '{"schema_version": 1, "elf": {"allow": ["static"], '
                       '"environment": ["LD_BIND_NOW"]}}')
        self.assert_status(run("--scan", policy, "--setenv", "LD_BIND_NOW", "1",
                               payload=("exit", "0")), 0)
        self.assert_status(run("--scan", policy, "--setenv", "LD_PRELOAD", "1",
                               payload=("exit", "0")), EXIT_BLOCKED)

    def test_a_home_with_modules(self):
        """At run time they would be imported before the script: seen without --scan."""
        home = self.path("in", ".local", "lib", "python%d.%d" % python_version(), "site-packages")
        os.makedirs(home)
        write(os.path.join(home, "usercustomize.py"), "print('mine')")
        self.source("import json")
        options = ("--setenv", "HOME", "/in")
        done = denybox("run", *self.io, "--rootfs", rootfs(), *options, "--", "python3", "/in/x.py")
        self.assertIn("mine", done.out)
        self.assert_status(self.python("/in/x.py", options=options), EXIT_BLOCKED)
        self.assert_status(self.python("/in/x.py", name="b.json"), 0)

    def test_variables_that_the_interpreter_obeys(self):
        self.source("import json")
        done = self.python("/in/x.py", options=("--setenv", "PYTHONPATH", "/in"))
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("environment: PYTHONPATH", done.err)
        self.assert_status(self.python("/in/x.py", options=("--setenv", "PYTHONUTF8", "1"),
                                       name="b.json"), 0)
        self.assert_status(self.verify("b.json"), 0)

    def test_a_program(self):
        done = run(*self.io, "--scan", "default", "--venue", "CI", "--evidence",
                   self.path("bundle.json"), payload=("exit", "7"))
        self.assert_status(done, 7)
        self.assertEqual(self.verdict(), ("PASS", "PASS", "exited"))
        self.assert_status(self.verify(), 0)
        policy = write(self.path("policy.json"), '{"schema_version": 1}')
        done = run(*self.io, "--scan", policy, payload=("exit", "7"))
        self.assert_status(done, EXIT_BLOCKED)

    def test_a_policy_of_ones_own_must_be_known_to_verify(self):
        policy = write(self.path("policy.json"), '{"schema_version": 1, "elf": {"allow": ["static"]}}')
        run(*self.io, "--scan", policy, "--venue", "CI", "--evidence", self.path("bundle.json"),
            payload=("exit", "0"))
        done = self.verify()
        self.assert_status(done, 1)
        self.assertIn('"scan-policy"', done.out)
        self.assert_status(self.verify("bundle.json", "--scan-policy", policy), 0)

    def test_a_bad_policy_is_one_line(self):
        for text in ("{}", "[", '{"schema_version": 1, "x": 1}'):
            policy = write(self.path("policy.json"), text)
            self.assert_error(run("--scan", policy, payload=("exit", "0")), EXIT_DENYBOX,
                              "cannot use the scan policy", "denybox scan --show-policy prints it")
        self.assert_error(run("--scan", self.path("none"), payload=("exit", "0")), EXIT_DENYBOX,
                          "cannot read the scan policy", "denybox scan --show-policy prints it")

    def test_no_policy_helps_what_cannot_be_scanned(self):
        self.source("x = = 1")
        done = self.python("/in/x.py")
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("denybox: cannot start the payload: it could not be scanned\n", done.err)
        self.assertIn("BLOCKED: PR-DYNIMPORT NOT_RUN", done.err)
        self.assertNotIn("a policy of your own", done.err)

    def test_a_script_that_only_the_caller_sees(self):
        self.source("import json")
        done = denybox("run", *self.io, "--rootfs", rootfs(), "--scan", "default", "--", "python3",
                       "x.py", cwd=self.path("in"))
        self.assert_status(done, EXIT_BLOCKED)
        self.assertIn("denybox: hint: the payload sees no 'x.py': beside its input it is there as "
                      "/in/x.py\n", done.err)

    def test_without_it_nothing_is_scanned(self):
        done = run("--venue", "CI", "--evidence", self.path("bundle.json"), payload=("exit", "0"))
        self.assert_status(done, 0)
        self.assertIsNone(self.evidence()["scan"])


class InARoot(Base):
    """The payload is in the root, or in an image: what is there is found there, and judged."""

    def bring(self, *entries, **settings):
        """An image of the root with python3, and a layer with more."""
        tree = io.BytesIO()
        with tarfile.open(fileobj=tree, mode="w", format=tarfile.PAX_FORMAT) as archive:
            archive.add(rootfs(), ".", filter=anybody)
        self.hand = Hand(tree.getvalue(), layer(*entries), pack=bytes, kind="layer.v1.tar",
                         **settings)
        return self.hand.write(self.path("image"))

    def start(self, image, *words, options=()):
        bundle = self.path("bundle.json")
        if os.path.exists(bundle):
            os.unlink(bundle)
        return denybox("run", "--image", image, "--scan", "default", "--venue", "CI", "--evidence",
                       bundle, *options, "--", *words)

    def verdict(self):
        bundle = self.evidence()
        probe, = [p for p in bundle["probes"] if p["probe_id"] == "PR-DYNIMPORT"]
        self.assertEqual(probe["verdict"], bundle["scan"]["verdict"])
        return probe["verdict"]

    def judge(self, done, verdict, status=0):
        """As the bundle and its verifier say."""
        self.assert_status(done, status if verdict == "PASS" else EXIT_BLOCKED)
        self.assertEqual(self.verdict(), verdict)
        self.assert_status(denybox("verify", self.path("bundle.json")),
                           {"PASS": 0, "FAIL": 1, "NOT_RUN": EXIT_BLOCKED}[verdict])
        return [os.path.basename(file["path"]) for file in self.evidence()["scan"]["files"]][1:]

    def test_scripts_of_an_image(self):
        image = self.bring(("app", "d", ""), ("app/good.py", "f", b"import helper, json"),
                           ("app/helper.py", "f", b"print('ran')"),
                           ("app/bad.py", "f", b"import other"),
                           ("app/other.py", "f", b"import ctypes"),
                           ("app/shadowed.py", "f", b"import random"),
                           ("app/script", "f", b"#!/usr/bin/python3\nimport helper\n", 0o755),
                           ("app/worse", "f", b"#!/usr/bin/python3\nimport socket\n", 0o755),
                           ("shadow", "d", ""), ("shadow/x.py", "f", b"import random"),
                           ("shadow/bisect.py", "f", b"import socket"),
                           ("link", "l", "app"), WorkingDir="/app")
        for words, verdict, files in (
                (("python3", "/app/good.py"), "PASS", ["good.py", "helper.py"]),
                (("python3", "good.py"), "PASS", ["good.py", "helper.py"]),
                (("/app/script",), "PASS", ["script", "helper.py"]),
                (("python3", "-I", "-c", "print('ran')"), "PASS", ["-c"]),
                (("python3", "-I", "-c", "import helper"), "FAIL", ["-c"]),
                (("python3", "-c", "print('ran')"), "NOT_RUN", []),
                (("python3", "/app/bad.py"), "FAIL", ["bad.py", "other.py"]),
                (("/app/worse",), "FAIL", ["worse"]),
                (("python3", "/shadow/x.py"), "FAIL", ["x.py", "bisect.py"]),
                (("python3", "/link/good.py"), "NOT_RUN", []),
                (("python3", "/app/none.py"), "NOT_RUN", [])):
            with self.subTest(words):
                done = self.start(image, *words)
                self.assertEqual(self.judge(done, verdict), files)
                self.assertEqual(done.out, "ran\n" if verdict == "PASS" else "")
        self.assertEqual(self.evidence()["image_digest"], self.hand.id)

    def test_what_the_image_says_is_judged_too(self):
        """Its command, and its environment: which may lead to code that nobody has seen."""
        self.source("import socket", "evil.py")
        script = ("app.py", "f", b"import json")
        image = self.bring(script, Entrypoint=["python3", "/app.py"])
        done = denybox("run", "--image", image, "--scan", "default", "--venue", "CI", "--evidence",
                       self.path("bundle.json"))
        self.assertEqual(self.judge(done, "PASS"), ["app.py"])
        for variable in ("PYTHONPATH=/in", "PYTHONSTARTUP=/in/evil.py", "HOME=/in",
                         "LD_PRELOAD=/in/evil.so"):
            with self.subTest(variable):
                shutil.rmtree(self.path("image"))
                image = self.bring(script, Env=[variable])
                done = self.start(image, "python3", "/app.py", options=self.io)
                self.judge(done, "FAIL")
                self.assertIn(": " + variable.partition("=")[0], done.err)

    def test_programs_of_an_image(self):
        with open(PAYLOAD, "rb") as file:
            payload = file.read()
        image = self.bring(("payload", "f", payload, 0o755), ("note.sh", "f", b"#!/bin/sh\n", 0o755))
        self.assertEqual(self.judge(self.start(image, "/payload", "exit", "7"), "PASS", 7), [])
        self.assertEqual(self.evidence()["scan"]["files"][0]["path"], "/payload")
        self.assertEqual(self.judge(self.start(image, "jq", "."), "FAIL"), [])
        done = self.start(image, "/payload", "exit", "7", options=("--setenv", "LD_PRELOAD", "/x"))
        self.judge(done, "FAIL")
        self.assertIn("loader-variable: LD_PRELOAD", done.err)

    def test_payloads_of_a_root(self):
        root = self.path("root")
        shutil.copytree(rootfs(), root, symlinks=True)
        os.makedirs(os.path.join(root, "app", "__pycache__"))
        shutil.copy(PAYLOAD, os.path.join(root, "app", "payload"))
        for name, text in (("good.py", "import helper"), ("helper.py", "x = 1"),
                           ("bad.py", "import helper, socket"), ("cached.py", "import other"),
                           ("other.py", "x = 1"),
                           ("__pycache__/other.cpython-311.pyc", "x")):
            write(os.path.join(root, "app", name), text)
        for words, verdict, files in (
                (("/app/payload", "exit", "0"), "PASS", []),
                (("python3", "/app/good.py"), "PASS", ["good.py", "helper.py"]),
                (("python3", "/app/bad.py"), "FAIL", ["bad.py", "helper.py"]),
                (("python3", "/app/cached.py"), "FAIL", ["cached.py", "other.py"])):
            with self.subTest(words):
                if os.path.exists(self.path("bundle.json")):
                    os.unlink(self.path("bundle.json"))
                done = denybox("run", "--rootfs", root, "--scan", "default", "--venue", "CI",
                               "--evidence", self.path("bundle.json"), "--", *words)
                self.assertEqual(self.judge(done, verdict), files)


if __name__ == "__main__":
    main()
