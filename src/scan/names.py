# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The first part of the program of walker.py: what the names of a source stand for. The parts are put
# together by the build.

import ast
import importlib
import io
import os
import re
import sys
import types

FACTS_MAX = 20000
PARTS_MAX = 32
WAYS_MAX = 100
STEPS_MAX = 4
NAME_MAX = 255

# What libraries of 3.6 to 3.13 try to import and do not have: of other systems, of whoever
# installed them, time zones. A module of that name beside a script is run in its stead.
ABSENT = """Carbon Mailman _dbm _dummy_threading _gdbm _hashlib _overlapped _scproxy _winapi _winreg
    _wmi apport_python_hook java msvcrt netbios nt org pep517 sitecustomize tzdata usercustomize
    vms_lib win32evtlog win32evtlogutil win32wnet winreg""".split()

# These do something when they are imported; what they have in them is not looked for.
LOUD = ('__main__', 'antigravity', 'idlelib', 'test', 'this', 'tkinter', 'turtle', 'turtledemo')

SPECIAL = re.compile(r'__[A-Za-z0-9_]+__')

# Functions of classes: some take what their words name, or give what an object has to what it is
# compared with; and they can be called with another object than one of their class.
GIVEN = {'__setattr__', '__delattr__', '__getattr__', '__eq__'}

NAMED_ATTRIBUTE = {'getattr', 'setattr', 'delattr', 'hasattr'}

# What takes or sets attributes by names that it is given, and how many words of it are none. NEVER: it
# is seen through only where nobody else has what it gives back, or what it is put upon: an action of
# argparse, a redirection of contextlib, which has the name in an attribute; wraps, which takes
# __dict__ of the one and gives it to update of the other, is for a function that it stands upon.
NEVER = -1
SETTERS = {'wraps': NEVER, 'update_wrapper': NEVER, 'redirect_stdout': NEVER,
           'redirect_stderr': NEVER, 'add_argument': NEVER, 'parse_args': 1, 'parse_known_args': 1,
           'parse_intermixed_args': 1, 'parse_known_intermixed_args': 1}

# Of the sources before: a module, dotted as far as its directories go; a name in it: what it has
# imported by that. And the same by the last part of the module's name.
RENAMED = {}
BY_LAST = {}


class TooMuch(Exception):
    pass


def names_of_library():
    """Its modules; since 3.10 the interpreter has a list, with those of other systems."""
    names = set(sys.builtin_module_names).union(getattr(sys, 'stdlib_module_names', ()))
    for place in sys.path:
        if os.path.isdir(place):
            names.update(name.partition('.')[0] for name in os.listdir(place))
    return {name for name in names if name.isidentifier() and len(name) <= NAME_MAX}


LIBRARY = names_of_library()


def module_of(name):
    """A module of the library, to see what is in it; never one of the sources, which are not on the
    path here."""
    top = name.partition('.')[0]
    if top not in LIBRARY or top in LOUD or name.endswith('__main__'):
        return None
    said = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = io.StringIO()
    try:
        found = importlib.import_module(name)
    except BaseException:
        found = None
    finally:
        sys.stdout, sys.stderr = said
    return found if isinstance(found, types.ModuleType) else None


def remember(renamed):
    RENAMED.update(renamed)
    for module, names in renamed.items():
        last = BY_LAST.setdefault(module.rpartition('.')[2], {})
        for name, ways in names.items():
            last.setdefault(name, set()).update(ways)


def is_source(name):
    """Is it a module among the sources? From where its name begins is not known."""
    name = name.lstrip('/.')
    return name != '' and any(module == name or module.endswith('.' + name) for module in RENAMED)


def bindings(node):
    """The names that a node binds."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition('.')[0] for alias in node.names]
    if isinstance(node, ast.alias):
        return []  # a part of those
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, getattr(ast, 'MatchMapping', ())):
        return [node.rest] if node.rest else []
    return [node.name] if isinstance(getattr(node, 'name', None), str) else []


def mangled(name, owner):
    private = owner and name.startswith('__') and not name.endswith('__') and '.' not in name
    return '_' + owner + name if private else name


def mangle(tree):
    """Names as the compiler has them: in a class K, __x is _K__x."""
    waiting = [(tree, '')]
    while waiting:
        node, owner = waiting.pop()
        if isinstance(node, ast.Import):  # the module's own name stays
            for alias in node.names:
                bound = mangled(alias.asname or alias.name, owner)
                alias.asname = bound if alias.asname or bound != alias.name else None
            continue
        own = node.name.lstrip('_') if isinstance(node, ast.ClassDef) else owner
        outside = getattr(node, 'decorator_list', []) + getattr(node, 'bases', []) \
            if isinstance(node, ast.ClassDef) else []
        waiting.extend((child, owner if child in outside or isinstance(child, ast.keyword) else own)
                       for child in ast.iter_child_nodes(node))
        for field in ('id', 'attr', 'arg', 'asname', 'rest', 'name'):
            value = getattr(node, field, None)
            if isinstance(value, str) and not isinstance(node, ast.keyword):
                setattr(node, field, mangled(value, owner))


def read_of(target):
    """What is bound by "x |= y" is read before, and given to y."""
    fields = {name: value for name, value in ast.iter_fields(target) if name != 'ctx'}
    return ast.copy_location(type(target)(**fields, ctx=ast.Load()), target)


class Names:
    """What is noted of one source, and what its names stand for."""

    def __init__(self, tree):
        mangle(tree)
        self.facts = {}
        self.nodes = list(ast.walk(tree))
        self.nodes.extend([read_of(node.target) for node in self.nodes
                           if isinstance(node, ast.AugAssign)])
        self.imports = {}  # a name: how often something is imported by it
        # A name: the line by which it is imported, whatever else the source does.
        self.first = {name: node.lineno for node in tree.body
                      if isinstance(node, (ast.Import, ast.ImportFrom)) for name in bindings(node)}
        self.ways = {}  # a name: what was imported by it, dotted; another in another scope, perhaps
        self.modules = {}  # the same, of those that are modules
        self.bound = {}  # a name: how often it is bound
        self.classes = {}  # a name: the classes of it
        self.based = set()  # expressions that an attribute is taken of, by identity
        self.blessed = set()  # uses of a name that are seen through, by identity
        self.reached = {}

    def note(self, form, name, node):
        name = name.lstrip('/')  # of an object, or of a module, that has no name here
        if len(name) > NAME_MAX:
            raise TooMuch('a name is too long')
        self.facts.setdefault((form, name), getattr(node, 'lineno', 0))
        if len(self.facts) > FACTS_MAX:
            raise TooMuch('too many names')

    def bind(self, name, target, module):
        self.imports[name] = self.imports.get(name, 0) + 1
        ways = self.ways.setdefault(name, [])
        if target not in ways:
            ways.append(target)
        if module:
            self.modules.setdefault(name, set()).add(target)
        if len(ways) > WAYS_MAX:
            raise TooMuch('a name is imported too often')

    def take_import(self, node):
        for alias in node.names:
            self.note('m', alias.name, node)
            self.note_private(alias.name, node)
            bound = alias.asname or alias.name.partition('.')[0]
            self.bind(bound, alias.name if alias.asname else bound, True)

    def take_from(self, node):
        base = '.' * node.level + (node.module or '')
        for alias in node.names:
            name = base + ('' if base.endswith('.') else '.') + alias.name
            if alias.name == '*':
                self.note('r' if node.level else 'm', base, node)
                self.note('*', base, node)
                continue
            self.note_private(base, node)
            if alias.name in GIVEN:
                self.note('g', name, node)
            if node.level:
                self.note('r', name, node)
                # What is before it is a module, and no name in one: see elsewhere.
                name = '/.' + node.module + '.' + alias.name if node.module else name
                module = is_source(name)
            else:
                self.note('m', name, node)
                # It may be a module that the other has only imported: codecs.builtins.
                module = self.note_member(name, node)
            self.bind(alias.asname or alias.name, name, module)

    def renames(self):
        """What another source could find here by a name. One that says what it is hides it from the
        other as well: typing, of helper, is helper.typing there."""
        return self.ways

    def names_of(self, node):
        """The dotted names of an expression: (those of what was imported, those of what an object may
        have by such a name, those that another source has for it). What it begins with need not
        have one."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if len(parts) > PARTS_MAX:
            raise TooMuch('a chain of attributes is too long')
        parts = parts[::-1]
        bases = self.ways.get(node.id, [node.id]) if isinstance(node, ast.Name) else ['/']
        direct = ['.'.join([base] + parts) for base in bases]
        others, foreign = [], []
        for at, part in enumerate(parts[:-1]):
            # An object or a class may have by this name what was imported by it.
            for target in self.ways.get(part, [part] if part in LIBRARY else []):
                others.append('.'.join([target] + parts[at + 1:]))
        for name in direct:
            foreign.extend(elsewhere(name))
        if len(others) + len(foreign) > WAYS_MAX:
            raise TooMuch('a name is imported too often')
        return direct, others, foreign

    def reach(self, name):
        """(the name by the module that has it, is it a module itself, modules on the way)"""
        parts = name.split('.')
        here, on_the_way = parts[0], []
        module = module_of(here)
        for at in range(1, len(parts)):
            inner = here + '.' + parts[at]
            found = module and module_of(inner)
            if module and not found:
                found = vars(module).get(parts[at])
                inner = getattr(found, '__name__', '')
            if not isinstance(found, types.ModuleType):
                return '.'.join([here] + parts[at:]), False, on_the_way
            here, module = inner, found
            on_the_way.append(here)
        return here, module is not None, on_the_way

    def note_private(self, name, node):
        """A module's own, or that of a class: enum.Enum._convert_."""
        owner, _, last = name.rpartition('.')
        if name.partition('.')[0] in LIBRARY and owner and last.startswith('_') and \
                not SPECIAL.fullmatch(last):
            self.note('p', owner.rpartition('.')[2] + '.' + last, node)

    def note_member(self, name, node):
        """An attribute of what was imported. True: it is a module, and no os.path."""
        self.note('a', name, node)
        if name.partition('.')[0] not in LIBRARY:
            return is_source(name)
        if name not in self.reached:
            self.reached[name] = self.reach(name)
        real, is_module, on_the_way = self.reached[name]
        for module in on_the_way:
            self.note('m', module, node)
        if real != name:
            self.note('a', real, node)
        self.note_private(real, node)
        return is_module and name != 'os.path' or is_source(name)

    def surely_imported(self, node):
        """Is it nothing but what was imported, and no longer the interpreter's own name?"""
        return self.bound.get(node.id) == 1 and self.first.get(node.id, node.lineno) < node.lineno

    def modules_of(self, name, node):
        """The modules that are imported by a name, another source's among them."""
        others = [other for way in self.ways.get(name, ()) for other in elsewhere(way)]
        return self.modules.get(name, set()).union(
            other for other in others if self.note_member(other, node))

    def take_attribute(self, node):
        direct, others, foreign = self.names_of(node)
        first = node
        while isinstance(first, ast.Attribute):
            first = first.value
        imported = isinstance(first, ast.Name) and first.id in self.ways
        for name in others if imported else direct + others:
            self.note('a', name, node)
        for name in (direct if imported else []) + foreign:
            if self.note_member(name, node) and id(node) not in self.based and \
                    isinstance(node.ctx, ast.Load):
                self.note('v', name, node)
        others = others + foreign
        if node.attr in GIVEN and id(node) not in self.blessed:
            self.note('g', node.attr, node)
        if not isinstance(node.ctx, ast.Load):
            self.take_change(node, (direct if imported else []) + foreign)
        for name in direct + others:
            self.note_setter(name, node)
        if node.attr == '__match_args__' and not isinstance(node.ctx, ast.Load):
            self.note('g', node.attr, node)
        self.note_maker(node, direct + others if imported else others)

    def take_change(self, node, names):
        """What is set in a module, or in a class or object that it has, is found there by its own
        functions: even a name of the interpreter's. With another class a module is an object whose
        methods have it."""
        if node.attr == '__class__':
            self.note('g', node.attr, node)
        for name in names:
            owner, _, last = name.rpartition('.')
            top = owner.partition('.')[0]
            known = last in BY_LAST.get(owner.rpartition('.')[2], ()) or SPECIAL.fullmatch(last)
            if top in LIBRARY and top != 'sys' or known and is_source(owner):
                self.note('s', name, node)

    def take_named_attribute(self, node):
        """getattr(x, "name") is x.name; of any other it is not seen what it takes."""
        words = node.args
        at = 1
        if isinstance(node.func, ast.Attribute):
            at = len(words) - 2
        if node.keywords or len(words) not in (2, 3) or not isinstance(words[at], ast.Constant) \
                or not isinstance(words[at].value, str):
            return
        self.blessed.add(id(node.func))
        if isinstance(node.func, ast.Name):
            made = ast.copy_location(ast.Attribute(words[0], words[at].value, ast.Load()), node)
            if node.func.id in ('setattr', 'delattr'):
                made.ctx = ast.Store()
            self.based.add(id(words[0]))
            self.kept.append(made)
            self.take_attribute(made)

    kept = []  # so that no identity is given away again

    def take_call(self, node):
        # These set attributes of the names that they are given beside the first words.
        words = len(node.args) + len(node.keywords)
        names = self.names_of(node.func)[0] if isinstance(node.func, (ast.Name, ast.Attribute)) else ()
        for name in names:
            most = SETTERS.get(name.rpartition('.')[2])
            if most is not None and words <= most and not any(
                    isinstance(word, ast.Starred) for word in node.args) and not any(
                        word.arg in (None, 'namespace') for word in node.keywords):
                self.blessed.add(id(node.func))
        if isinstance(node.func, ast.Name) and node.func.id in NAMED_ATTRIBUTE:
            self.take_named_attribute(node)
        elif isinstance(node.func, ast.Attribute) and node.func.attr == '__setattr__':
            self.take_named_attribute(node)

    def bless(self, node, *lasts):
        """A call of one of these, with one word at most that says no name, is seen through."""
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)) and \
                len(node.args) <= 1 and not node.keywords and \
                not any(isinstance(word, ast.Starred) for word in node.args) and \
                all(name.rpartition('.')[2] in lasts for name in self.names_of(node.func)[0]):
            self.blessed.add(id(node.func))

    def take_place(self, node):
        """What is harmless where it stands."""
        decorators = getattr(node, 'decorator_list', [])
        for decorator in decorators:
            if getattr(decorator, 'id', '') == 'classmethod':
                self.blessed.add(id(decorator))
        if decorators and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.bless(decorators[-1], 'wraps')
        if isinstance(node, ast.withitem):
            self.bless(node.context_expr, 'redirect_stdout', 'redirect_stderr')
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and \
                getattr(node.value.func, 'attr', '') == 'add_argument':
            self.blessed.add(id(node.value.func))

    def note_setter(self, name, node):
        if '.' in name and name.rpartition('.')[2] in SETTERS and id(node) not in self.blessed:
            self.note('g', name, node)

    def take_name(self, node):
        if SPECIAL.fullmatch(node.id):
            self.note('n', node.id, node)
        if not isinstance(node.ctx, ast.Load):
            return
        if node.id in ('getattr', 'setattr') and id(node) not in self.blessed:
            self.note('g', node.id, node)
        ways = self.ways.get(node.id, [node.id])
        if not self.surely_imported(node):
            self.note('n', node.id, node)
        for name in ways:
            self.note('n', name, node)
            self.note_setter(name if node.id in self.ways else '', node)
        if node.id == 'classmethod' and id(node) not in self.blessed:
            self.note('c', node.id, node)
        modules = self.modules_of(node.id, node)
        for name in modules if id(node) not in self.based else ():
            self.note('v', name, node)
        if node.id in self.ways:
            self.note_maker(node, ways + [other for way in ways for other in elsewhere(way)])

    def take_special(self, node):
        """Names of the interpreter's own, where they are bound, or written as a text."""
        if '__name__' in bindings(node):  # whose package "from . import" means
            self.note('s', '__name__', node)
        names = bindings(node) if not isinstance(node, ast.Name) else []
        if isinstance(node, ast.keyword) and node.arg:
            names = [node.arg]
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value]
        for name in names:
            if SPECIAL.fullmatch(name):
                self.note('n', name, node)


def elsewhere(name, known={}):  # pylint: disable=dangerous-default-value
    """What a dotted name stands for where a part of it is another source's name for something: by
    the module before it. Where there is none, as in "from . import x", by any."""
    if name in known:
        return known[name]
    found, waiting = [], [(name, STEPS_MAX)]
    while waiting:
        here, steps = waiting.pop(0)
        parts = here.split('.')
        for at in range(1, len(parts) if steps else 0):
            places = [BY_LAST.get(parts[at - 1], {})] if parts[at - 1] else BY_LAST.values()
            for target in {way for names in places for way in names.get(parts[at], ())}:
                other = '.'.join([target] + parts[at + 1:])
                if other != name and other not in found:
                    found.append(other)
                    waiting.append((other, steps - 1))
        if len(found) > WAYS_MAX:
            raise TooMuch('a name is imported too often')
    return known.setdefault(name, found)
