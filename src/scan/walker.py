# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Says what Python sources name, by Python's own parser. Started by scan.c inside a sandbox; runs
# nothing of what it reads. What is forbidden it does not know: see rule.def.
#
#   standard input   its length in decimal, a line feed, and a JSON object: of modules, by their
#                    dotted names, what other sources call what they import; then of each source the same
#   standard output  {"library": [NAME...], "absent": [NAME...], "sources": [SOURCE...]}: the modules
#                    of the library of this interpreter, those that it asks for and does not have,
#                    and of each source {"facts": [[FORM, NAME, LINE]...], "renames":
#                    {NAME: [WHAT...]}} or {"error": TEXT}
#
# FORM: m a module is imported, or reached through another; r one of the same package; * all names of
# a module; n a name is read, or one of the interpreter's own is bound or written as a text; a an
# attribute, of something unnamed ".NAME"; p one that a module of the library keeps for itself; v a
# module is a value; g an attribute of a computed name; c code is made of names that are not seen; b a
# name that a class of the source has; s one that is set in a module.

import codecs
import json

# Encodings in which the parser of a file and that of bytes are of one mind.
ENCODINGS = ('ascii', 'utf-8', 'utf-8-sig', 'iso8859-1', 'iso8859-15', 'cp1252')

COOKIE = re.compile(rb'coding[:=][ \t]*([-\w.]+)')


def check_encoding(text):
    """The first two lines say it, wherever a line ends; Python itself says it of an odd one."""
    for line in re.split(rb'\r\n|\r|\n', text)[:2]:
        for cookie in COOKIE.finditer(line.partition(b'#')[2]):
            if codecs.lookup(cookie.group(1).decode()).name not in ENCODINGS:
                raise TooMuch('its encoding is none that is read the same everywhere')


def look(text):
    try:
        check_encoding(text)
        source = Source(ast.parse(text))
        source.walk()
    except TooMuch as error:
        return {'error': str(error)}
    except SyntaxError as error:
        return {'error': 'it is not Python: line %d' % (error.lineno or 0)}
    except LookupError:
        return {'error': 'it is not Python: its encoding is not known'}
    except Exception as error:
        return {'error': 'it cannot be parsed: ' + type(error).__name__}
    return {'facts': [[form, name, line] for (form, name), line in source.facts.items()],
            'renames': source.renames()}


def read_all():
    while True:
        length = sys.stdin.buffer.readline()
        if not length:
            break
        yield sys.stdin.buffer.read(int(length))


def main():
    texts = read_all()
    remember(json.loads(next(texts)))
    sources = [look(text) for text in texts]
    json.dump({'library': sorted(LIBRARY), 'absent': ABSENT, 'sources': sources}, sys.stdout)


main()
