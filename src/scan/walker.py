# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Says what Python sources name, by Python's own parser. Started by scan.c inside a sandbox; runs
# nothing of what it reads. What is forbidden it does not know: see rule.def.
#
#   standard input   of each source: its length in decimal, a line feed, its bytes
#   standard output  a JSON list: of each source {"facts": [[FORM, NAME, LINE]...]}, or {"error": TEXT}
#
# FORM: m a module is imported; b it is built into the interpreter, and comes before any file; r one of the same package; * all names of a module; n a name is read;
# a an attribute, of something unnamed ".NAME"; v a module is a value; g getattr of a computed name.

import ast
import json
import sys

FACTS_MAX = 20000
PARTS_MAX = 8
NAME_MAX = 255


class TooMuch(Exception):
    pass


class Source:
    def __init__(self):
        self.facts = {}
        self.modules = {}  # a name of the source: the module that it is bound to
        self.members = {}  # the same: the member of a module
        self.based = set()  # names that are the base of an attribute, by identity

    def note(self, form, name, node):
        if len(name) > NAME_MAX:
            raise TooMuch('a name is too long')
        self.facts.setdefault((form, name), getattr(node, 'lineno', 0))
        if len(self.facts) > FACTS_MAX:
            raise TooMuch('too many names')

    def note_module(self, name, node):
        top = name.partition('.')[0]
        if top in sys.builtin_module_names:
            self.note('b', top, node)
        self.note('m', name, node)

    def take_import(self, node):
        for alias in node.names:
            self.note_module(alias.name, node)
            bound = alias.asname or alias.name.partition('.')[0]
            self.modules[bound] = alias.name if alias.asname else bound

    def take_from(self, node):
        base = node.module or ''
        for alias in node.names:
            if node.level:
                self.note('r', '.' * node.level + (base + '.' if base else '') + alias.name, node)
                continue
            if alias.name == '*':
                self.note_module(base, node)
                self.note('*', base, node)
                continue
            self.note_module(base + '.' + alias.name, node)
            # It may be a module that the other has only imported: codecs.builtins.
            self.note('a', base + '.' + alias.name, node)
            self.members[alias.asname or alias.name] = base + '.' + alias.name

    def chain(self, node):
        """The dotted name of an expression; what it begins with need not have one."""
        parts = []
        while isinstance(node, ast.Attribute) and len(parts) < PARTS_MAX:
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            base = self.modules.get(node.id) or self.members.get(node.id) or node.id
        else:
            base = ''
        return '.'.join([base] + parts[::-1])

    def take_attribute(self, node):
        if isinstance(node.value, ast.Name):
            self.based.add(id(node.value))
        self.note('a', self.chain(node), node)

    def take_getattr(self, node):
        """getattr(x, "name") is x.name; of any other it is not seen what it takes."""
        words = node.args
        if len(words) in (2, 3) and isinstance(words[1], ast.Constant) \
                and isinstance(words[1].value, str) and not node.keywords:
            if isinstance(words[0], ast.Name):
                self.based.add(id(words[0]))
            self.note('a', self.chain(words[0]) + '.' + words[1].value, node)
            self.based.add(id(node.func))

    def take_name(self, node):
        if not isinstance(node.ctx, ast.Load):
            return
        if node.id == 'getattr' and id(node) not in self.based:
            self.note('g', node.id, node)
        self.note('n', self.members.get(node.id, node.id), node)
        if node.id in self.modules and id(node) not in self.based:
            self.note('v', self.modules[node.id], node)

    def walk(self, tree):
        nodes = list(ast.walk(tree))
        for node in nodes:
            if isinstance(node, ast.Import):
                self.take_import(node)
            elif isinstance(node, ast.ImportFrom):
                self.take_from(node)
        for node in nodes:
            if isinstance(node, ast.Attribute):
                self.take_attribute(node)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) \
                    and node.func.id == 'getattr':
                self.take_getattr(node)
            elif isinstance(node, getattr(ast, 'MatchClass', ())):
                for name in node.kwd_attrs:  # case object(name=x) takes the attribute
                    self.note('a', '.' + name, node)
        for node in nodes:
            if isinstance(node, ast.Name):
                self.take_name(node)


def look(text):
    source = Source()
    try:
        source.walk(ast.parse(text))
    except TooMuch as error:
        return {'error': str(error)}
    except SyntaxError as error:
        return {'error': 'it is not Python: line %d' % (error.lineno or 0)}
    except Exception as error:
        return {'error': 'it cannot be parsed: ' + type(error).__name__}
    return {'facts': [[form, name, line] for (form, name), line in source.facts.items()]}


def main():
    found = []
    while True:
        length = sys.stdin.buffer.readline()
        if not length:
            break
        text = sys.stdin.buffer.read(int(length))
        found.append(look(text))
    json.dump(found, sys.stdout)


main()
