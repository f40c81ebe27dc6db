# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The second part of the program of walker.py: classes, of whose names dataclass and a pattern make
# something.

import builtins

# Decorators that give back the class that they were given.
SAME = {'functools.total_ordering', 'typing.final', 'typing.runtime_checkable'}
PLAIN_BASES = {'object', 'abc.ABC', 'typing.Generic', 'typing.Protocol'}
# What a class has in these is read where it is made.
WRITTEN_OUT = {'__match_args__', '__slots__'}
SELF_MATCHED = {'bool', 'bytearray', 'bytes', 'dict', 'float', 'frozenset', 'int', 'list', 'set',
                'str', 'tuple'}


def outside_functions(node):
    """What is evaluated where a class is made: not the bodies of its functions."""
    for name, value in ast.iter_fields(node):
        if name == 'body' and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.AST):
                yield one
                yield from outside_functions(one)


def annotated(node):
    """The names that a class has annotated, wherever in it."""
    return [one.target.id for one in outside_functions(node)
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]


def literal_names(node):
    """The strings of a tuple or list of nothing else, or of a dict's keys; or None."""
    if isinstance(node, ast.Constant):
        return [node.value]
    elements = node.keys if isinstance(node, ast.Dict) else getattr(node, 'elts', [None])
    names = [one.value for one in elements if isinstance(one, ast.Constant)]
    return names if len(names) == len(elements) and all(type(n) is str for n in names) else None


class Source(Names):
    """A source, with the classes in it."""

    def resolve(self, node):
        if isinstance(node, ast.Subscript):
            node = node.value
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return set()
        first = node
        while isinstance(first, ast.Attribute):
            first = first.value
        names = set().union(*self.names_of(node))
        # By the name that an import has it may be something else, in another scope or before.
        if isinstance(first, ast.Name) and self.imports.get(first.id) != self.bound.get(first.id):
            names.add('?')
        return names

    def is_maker(self, node, last):
        return any(name.rpartition('.')[2] == last for name in self.resolve(node))

    def note_maker(self, node, names):
        """dataclass and field, where it is not seen of which names they make code."""
        for name in names:
            if name.rpartition('.')[2] in ('dataclass', 'field') and '.' in name \
                    and id(node) not in self.blessed:
                self.note('c', name, node)

    def dataclass_of(self, node):
        """The decorator of a class that makes it one, and those that come before it."""
        for at, decorator in enumerate(node.decorator_list):
            maker = decorator.func if isinstance(decorator, ast.Call) else decorator
            if self.is_maker(maker, 'dataclass'):
                return maker, decorator, node.decorator_list[at + 1:]
        return None, None, node.decorator_list

    def harmless_base(self, base, depth):
        names = self.resolve(base)
        if isinstance(base, ast.Name) and base.id not in self.ways:
            found = getattr(builtins, base.id, None)
            if base.id in self.classes:
                return depth > 0 and self.bound[base.id] == len(self.classes[base.id]) and \
                    all(self.harmless_class(one, depth - 1) for one in self.classes[base.id])
            return base.id not in self.bound and (
                base.id == 'object' or isinstance(found, type) and issubclass(found, BaseException))
        return bool(names) and names <= PLAIN_BASES

    def harmless_class(self, node, depth):
        """Nobody but its text decides which names it has, when it is made."""
        maker, decorator, before = self.dataclass_of(node)
        after = node.decorator_list[:len(node.decorator_list) - len(before) - (maker is not None)]
        return self.harmless_making(node, before, depth) and \
            (maker is None or '?' not in self.resolve(maker)) and all(self.resolve(one) and self.resolve(one) <= SAME for one in after) and \
            (maker is None or self.harmless_call(decorator))

    def harmless_call(self, decorator):
        return not isinstance(decorator, ast.Call) or not decorator.args

    def harmless_making(self, node, before, depth=8):
        for word in node.keywords:
            if word.arg is None or word.arg == 'metaclass' and \
                    not self.resolve(word.value) <= {'abc.ABCMeta'}:
                return False
        return all(self.harmless_base(base, depth) for base in node.bases) and \
            all(self.resolve(one) and self.resolve(one) <= SAME for one in before)

    def take_class(self, node):
        for one in outside_functions(node):
            for name in bindings(one):
                self.note('b', name, one)
            for name in bindings(one) if isinstance(one, (ast.Import, ast.ImportFrom)) else ():
                for module in self.modules_of(name, one):  # an attribute of whatever is of that class
                    self.note('v', module, one)
        maker, decorator, before = self.dataclass_of(node)
        if maker is None or '?' in self.resolve(maker) or not self.harmless_making(node, before) or \
                not self.harmless_call(decorator):
            return
        self.blessed.add(id(maker))
        fields = {}
        # A function that an annotation makes a field's default is run on the way: classmethod(property).
        names = annotated(node)
        if any(getattr(one, 'name', None) in names for one in outside_functions(node)):
            self.blessed.discard(id(maker))
        for one in node.body:
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and \
                    isinstance(one.value, ast.Call) and self.is_maker(one.value.func, 'field'):
                fields[one.target.id] = one.value.func
        for one in outside_functions(node):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load):
                fields.pop(one.id, None)  # somebody keeps the field, and may change its name
        self.blessed.update(id(func) for func in fields.values())

    def take_match_args(self, node):
        """What a class pattern without names takes are these; what an instance has beside others, and
        copy sets by its name, are those."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if not isinstance(target, ast.Name) or target.id not in WRITTEN_OUT:
                continue
            names = literal_names(node.value)
            if names is not None and len(targets) == 1:
                self.blessed.add(id(target))
            for name in names or () if target.id == '__match_args__' else ():
                self.note('a', '.' + name, node)

    def positions(self, node, depth=8):
        """The names that stand for the positions in a pattern of that class, or None."""
        maker, _, _ = self.dataclass_of(node)
        if depth == 0 or not self.harmless_class(node, depth):
            return None
        names = annotated(node)
        own = [one for one in node.body if isinstance(one, ast.Assign) and one.targets[0] is not None
               and isinstance(one.targets[0], ast.Name) and one.targets[0].id == '__match_args__']
        for base in node.bases:
            for one in self.classes.get(getattr(base, 'id', None), ()):
                more = self.positions(one, depth - 1)
                if more is None:
                    return None
                names += more
        return names if maker is not None or own or node.bases else None

    def take_pattern(self, node):
        for name in node.kwd_attrs:  # case object(name=x) takes the attribute
            self.note('a', '.' + name, node)
        name = getattr(node.cls, 'id', None)
        if not node.patterns or name in SELF_MATCHED and name not in self.bound:
            return
        classes = self.classes.get(name, [])
        names = [self.positions(one) for one in classes]
        if not classes or len(classes) != self.bound[name] or None in names:
            self.note('g', 'case ' + (name or '') + '(...)', node)
        for one in names:
            for position in one or ():
                self.note('a', '.' + position, node)

    def walk(self):
        for node in self.nodes:
            for name in bindings(node):
                self.bound[name] = self.bound.get(name, 0) + 1
            if isinstance(node, ast.Attribute):
                self.based.add(id(node.value))
            elif isinstance(node, ast.ClassDef):
                self.classes.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.Import):
                self.take_import(node)
            elif isinstance(node, ast.ImportFrom):
                self.take_from(node)
        pattern = getattr(ast, 'MatchClass', ())
        for node in self.nodes:
            self.take_special(node)
            for name in WRITTEN_OUT.intersection(bindings(node)):
                if not isinstance(node, ast.Name):  # an import, a pattern: a value that is not seen
                    self.note('g', name, node)
            self.take_place(node)
            if isinstance(node, ast.Call):
                self.take_call(node)
            elif isinstance(node, ast.ClassDef):
                self.take_class(node)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                self.take_match_args(node)
            elif isinstance(node, pattern):
                self.take_pattern(node)
        for node in self.nodes:
            if isinstance(node, ast.Attribute):
                self.take_attribute(node)
            elif isinstance(node, ast.Name):
                self.take_name(node)
                if node.id in WRITTEN_OUT and not isinstance(node.ctx, ast.Load) \
                        and id(node) not in self.blessed:
                    self.note('g', node.id, node)
