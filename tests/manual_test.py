#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Holds the manual against the tables of the source and against the program, both ways: what a table
# has the manual must have, and the manual may have nothing else. Every example is run.
#
#   DENYBOX=./denybox tests/manual_test.py [NAME...]
#
# The pages keep to a few forms, which is what makes them readable here:
#   - an option is an ".It Fl -name Ar VALUE", with the lines "Default: ...." and "From ... to ....";
#   - a probe is an ".Ss ID" with the items Operation, Expected, Control, Matrix, Bar;
#   - a field of the bundle is an ".It Va path Vt type";
#   - an example is a literal block of a section EXAMPLES, or PROCEDURE. "$ " begins a command, "> " goes on with
#     it, everything else is what it prints; "..." stands for any text, and alone for any lines. A
#     command must end with 0 unless "$ echo $?" comes next. A comment before the block says what it
#     needs, "goes on" where it needs what stood before it, or "not run:" and why.

import base64
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
DENYBOX = os.path.abspath(os.environ.get('DENYBOX', './denybox'))
ATTESTER = os.path.join(os.path.dirname(DENYBOX), 'denybox-attest')
PAGES = ['denybox.1', 'denybox-attest.1', 'denybox-batch.1', 'denybox-check.1',
         'denybox-verify.1', 'denybox-image.1', 'denybox-scan.1',
         'denybox-evidence.5', 'denybox-seccomp.5', 'denybox-kernels.7', 'denybox-operator.7',
         'denybox-performance.7',
         'denybox-probes.7',
         'denybox-security.7']


class Skip(Exception):
    pass


def read(path):
    with open(os.path.join(SOURCE, path), encoding='utf-8') as f:
        return f.read()


# ---------------------------------------------------------------- the tables of the source

def c_arguments(text):
    """The arguments of a macro call: strings are unquoted, everything else is left as it is."""
    parts, current, quoted, i = [], '', False, 0
    while i < len(text):
        c = text[i]
        if quoted and c == '\\':
            current += text[i + 1]
            i += 1
        elif c == '"':
            quoted = not quoted
        elif c == ',' and not quoted:
            parts.append(current.strip())
            current = ''
        else:
            current += c
        i += 1
    return parts + [current.strip()]


def rows(path, macro):
    found = re.findall(r'^%s\((.*)\)$' % macro, read(path), re.M)
    assert found, 'no %s in %s' % (macro, path)
    return [c_arguments(row) for row in found]


def c_strings(path, start):
    """The string literals of the array whose declaration contains `start`."""
    text = read(path)
    body = text[text.index(start):]
    return re.findall(r'"([^"]+)"', body[:body.index('};')])


def option_rows(path):
    """{name: the columns of a row}, in the order of the table; all of them have the same."""
    table = {}
    for row in rows(path, 'OPTION'):
        assert len(row) == 9, '%s: %s' % (path, row)
        table[row[1]] = {
            'kind': row[2], 'value': row[3], 'min': int(row[4]), 'max': int(row[5]),
            'flags': set(re.split(r'\s*\|\s*', row[6])), 'default': row[7], 'help': row[8],
        }
    return table


def options():
    return option_rows('src/plan/option.def')


def knows(option, command):
    letter = {'run': 'R', 'attest': 'A', 'plan': 'P', 'batch': 'B'}[command]
    return any(letter in flag
               for flag in option['flags'] & {'R', 'A', 'P', 'B', 'RP', 'RAP', 'RPB', 'RAPB'})


def probes():
    names = ['symbol', 'id', 'operation', 'expected', 'tests', 'bar', 'control']
    return [dict(zip(names, row)) for row in rows('src/rules/probe.def', 'PROBE')]


def removals():
    symbols = {p['symbol']: p['id'] for p in probes()}
    return [{'name': row[1], 'what': row[2], 'launcher': row[3],
             'flips': {symbols[s] for s in row[4:] if s != 'END'}}
            for row in rows('src/rules/control.def', 'REMOVAL')]


def never_flip():
    symbols = {p['symbol']: p['id'] for p in probes()}
    return {symbols[row[0]]: row[1] for row in rows('src/rules/control.def', 'NEVER')}


# ---------------------------------------------------------------- mdoc

def plain(text):
    """The text of mdoc lines without its escapes."""
    for escape, character in ((r'\&', ''), (r'\(aq', "'"), (r'\(ga', '`'), (r'\(dq', '"'),
                              (r'\-', '-'), (r'\(ha', '^'), (r'\(ti', '~'), (r'\e', '\\')):
        text = text.replace(escape, character)
    return text


def section(page, title, level='Sh'):
    """The lines of one section, to the next of the same level or a higher one."""
    end = {'Sh'} if level == 'Sh' else {'Sh', 'Ss'}
    inside, lines = False, []
    for line in read('man/' + page).split('\n'):
        head = re.match(r'\.(Sh|Ss) (.*)', line)
        if head and head.group(1) in end:
            inside = head.group(1) == level and head.group(2) == title
        elif inside:
            lines.append(line)
    assert lines, '%s has no section %s' % (page, title)
    return lines


def preamble(page, title):
    """A section up to its first subsection."""
    lines = section(page, title)
    return lines[:next((n for n, x in enumerate(lines) if x.startswith('.Ss ')), len(lines))]


def items(lines):
    """{what follows .It: the lines below it}; an item twice is an error."""
    found, current = {}, None
    for line in lines:
        if line.startswith('.It '):
            current = line[4:]
            assert current not in found, 'twice: .It %s' % current
            found[current] = []
        elif re.match(r'\.(El|Ss|Sh)\b', line):
            current = None
        elif current is not None:
            found[current].append(line)
    return found


def sentence(lines, pattern, what):
    found = [m for m in (re.match(pattern, plain(line)) for line in lines) if m]
    assert len(found) == 1, '%s: want one line "%s", found %d' % (what, pattern, len(found))
    return found[0]


def joined(lines):
    return ' '.join(plain(' '.join(lines)).split())


def same(have, want, what):
    have, want = set(have), set(want)
    assert have == want, '%s: not in the manual: %s; not in the table: %s' % (
        what, sorted(want - have), sorted(have - want))


# ---------------------------------------------------------------- the program

def run(*words, **more):
    return subprocess.run([DENYBOX, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, **more)


def output(*words):
    done = run(*words)
    assert done.returncode == 0, '%s: exit %d: %s' % (words, done.returncode, done.stderr.decode())
    return done.stdout.decode()


@functools.lru_cache(maxsize=None)
def sandbox_refused():
    """Why no sandbox can be made here, or None."""
    done = run('attest', '--quiet')
    if done.returncode == 3 and re.search(rb'cannot make the (network )?namespace', done.stderr):
        return 'user namespaces are refused: ' + done.stderr.decode().split('\n')[0]
    assert done.returncode == 0, done.stderr.decode()
    return None


@functools.lru_cache(maxsize=None)
def busybox_missing():
    path = shutil.which('busybox', path='/usr/local/bin:/usr/bin:/bin')
    if path is None:
        return 'busybox is not installed'
    done = run('plan', '--', path)
    return None if done.returncode == 0 else 'busybox is not a static program'


def need(what):
    reason = None
    if what != 'program':
        reason = sandbox_refused()
    if reason is None and what == 'busybox':
        reason = busybox_missing()
    if reason is None and what == 'jsonschema':
        reason = None if os.access('/usr/bin/jsonschema', os.X_OK) else 'jsonschema is not installed'
    if reason is None and what == 'attester':
        reason = None if os.path.exists(ATTESTER) else 'denybox-attest was not built'
    if reason is None and what == 'jq':
        reason = None if os.path.exists('/usr/bin/jq') else 'jq is not installed'
    if reason is None and what == 'python-root':
        reason = None if os.path.exists('/usr/bin/python3') else 'python3 is not installed'
    assert what in ('program', 'nothing', 'busybox', 'jq', 'python-root', 'jsonschema', 'attester'), \
        'unknown need: %s' % what
    if reason is not None:
        raise Skip(reason)


# ---------------------------------------------------------------- options

def option_items():
    found = {}
    for page, title, level in (('denybox.1', 'OPTIONS', 'Sh'), ('denybox-batch.1', 'Options', 'Ss')):
        for head, lines in items(section(page, title, level)).items():
            m = re.fullmatch(r'Fl -([a-z0-9-]+)(?: Ar (.*))?', head)
            if m:
                assert m.group(1) not in found, '--%s is in both pages' % m.group(1)
                found[m.group(1)] = (m.group(2) or '', lines)
    return found


def test_options_are_those_of_the_table():
    same(option_items(), options(), 'options of denybox.1')


def test_options_have_their_values_and_defaults():
    for name, (value, lines) in option_items().items():
        row = options()[name]
        assert value == row['value'], '--%s: value %r, table %r' % (name, value, row['value'])
        default = sentence(lines, r'Default: (.*)\.$', '--' + name).group(1)
        assert default == row['default'], '--%s: default %r, table %r' % (
            name, default, row['default'])


def test_options_say_what_is_special():
    for name, (_, lines) in option_items().items():
        row, text = options()[name], joined(lines)
        assert ('A deviation.' in text) == ('DEVIATION' in row['flags']), '--%s: deviation' % name
        assert ('May be given more than once' in text) == ('MANY' in row['flags']), \
            '--%s: more than once' % name
        assert (re.search(r'Not for \.Cm attest', text) is not None) == \
            (knows(row, 'run') and not knows(row, 'attest')), '--%s: attest' % name


def test_options_of_batch():
    lines = section('denybox-batch.1', 'Options', 'Ss')
    own = {name for name, row in options().items() if row['flags'] & {'B'}}
    same([re.match(r'Fl -([a-z0-9-]+)', head).group(1) for head in items(lines)], own,
         'options of batch alone')
    text = joined(lines[:lines.index('.Bl -tag -width Ds')])
    missing = {name for name, row in options().items()
               if knows(row, 'run') and not knows(row, 'batch')}
    same(re.findall(r'\.Fl -([a-z0-9-]+)', text), missing, 'options that batch does not have')


def test_options_of_attest():
    lines = section('denybox-attest.1', 'Options', 'Ss')
    text = joined(lines[:lines.index('.Fl -controls')])
    missing = {name for name, row in options().items()
               if knows(row, 'run') and not knows(row, 'attest')}
    same(re.findall(r'-([a-z0-9-]+)', text.partition(' except ')[2].replace('Fl ', '')), missing,
         'options that attest does not have')


def test_exit_statuses_of_batch():
    table = {row[2].replace('EXIT_OK', '0').replace('EXIT_DENYBOX', '125'): row[3]
             for row in rows('src/cmd/batch.def', 'OUTCOME')}
    page = {head: joined(lines) for head, lines in items(section('denybox-batch.1', 'EXIT STATUS')).items()}
    assert page.pop('128+n') == 'signal n stopped it'
    assert page == table, 'exit statuses of batch: %s; table %s' % (page, table)


def size(text):
    return int(text[:-1]) << (10 * ('kmgt'.index(text[-1]) + 1)) if text[-1] in 'kmgt' else int(text)


def test_options_have_their_ranges():
    for name, (_, lines) in option_items().items():
        row = options()[name]
        if row['kind'] in ('COUNT', 'SIZE'):
            m = sentence(lines, r'From (\w+) to (\w+)\.$', '--' + name)
        elif row['kind'] in ('TEXT', 'WORD', 'HOST') and name != 'seccomp':
            m = sentence(lines, r'(\d+) to (\d+) ', '--' + name)
        else:
            continue
        have = (size(m.group(1)), size(m.group(2)))
        assert have == (row['min'], row['max']), '--%s: %s, table %s' % (
            name, have, (row['min'], row['max']))


def test_the_secret_words_are_all_there():
    words = c_strings('src/base/secret.c', 'words[]')
    for place, text in (('--setenv', joined(option_items()['setenv'][1])),
                        ('PR-ENV-1', joined(section('denybox-probes.7', 'PR-ENV-1', 'Ss')))):
        listed = re.search(r'in upper or lower case, (.*?)\.', text).group(1)
        same(re.split(r', | or ', listed), words, place)


def test_forwarded_signals_are_those_of_the_code():
    table = re.search(r'\} rows\[\] = \{(.*?)\};', read('src/launch/signals.c'), re.S).group(1)
    code = re.findall(r'\{(SIG\w+), (\w+), \w+\}', table)
    assert {meaning for _, meaning in code} == {'RELAY', 'ASK_TO_END', 'STOP', 'GO_ON'}
    page, more = joined(section('denybox.1', 'Signals and job control', 'Ss')).split('are forwarded')
    same(re.findall(r'SIG\w+', page), [name for name, meaning in code
                                       if meaning in ('RELAY', 'ASK_TO_END')], 'signals')
    for name, _ in code:
        assert name in page + more, name


# ---------------------------------------------------------------- --help

def help_options(command):
    found = {}
    for line in output(command, '--help').split('\n'):
        m = re.match(r'  --([a-z0-9-]+)(?: ([A-Z ]*[A-Z]))?\s+(.*)$', line)
        if m:
            assert m.group(1) not in found, '%s --help: --%s twice' % (command, m.group(1))
            found[m.group(1)] = (m.group(2) or '', m.group(3))
    return found


def test_help_agrees_with_the_table():
    need('program')
    for command in ('run', 'attest', 'plan', 'batch'):
        want = {name: row for name, row in options().items() if knows(row, command)}
        have = help_options(command)
        same(have, want, command + ' --help')
        for name, row in want.items():
            value, text = have[name]
            what = '%s --help: --%s' % (command, name)
            assert value == row['value'], '%s: value %r' % (what, value)
            assert text.startswith(row['help']), '%s: %r' % (what, text)
            assert text.endswith('(deviation)') == ('DEVIATION' in row['flags']), what
            if row['kind'] != 'FLAG':
                assert '[%s]' % row['default'] in text, '%s: default in %r' % (what, text)


def test_help_of_denybox_names_commands_and_exit_codes():
    need('program')
    text = output('--help')
    assert len(text.splitlines()) <= 23, 'a screen has 24 lines, and the prompt takes one'
    assert max(map(len, text.splitlines())) <= 80, 'wider than a screen'
    commands = re.findall(r'^  ([a-z]+) ', text, re.M)
    same(commands, [row[0] for row in rows('src/cmd/command.def', 'COMMAND')], 'commands of --help')
    synopsis = re.findall(r'^\.Nm denybox\n\.Cm (\w+)', read('man/denybox.1'), re.M)
    same(synopsis, commands, 'commands in the synopsis')
    same(items(preamble('denybox.1', 'DESCRIPTION')), ['Cm ' + c for c in commands],
         'commands in the description')
    codes = [int(n) for n in re.findall(r'^ +(\d+)  ', text, re.M)]
    same(codes, [int(r[1]) for r in rows('src/base/exitcode.def', 'EXITCODE') if r[1] != '0'],
         'exit codes of --help')


def test_verbs_of_filter():
    need('program')
    verbs = re.findall(r'^  (\w+)  ', output('filter', '--help'), re.M)
    page = [i.split()[1] for i in items(section('denybox.1', 'Verbs of filter', 'Ss'))]
    same(page, verbs, 'verbs of filter')


def test_verbs_of_image():
    need('program')
    verbs = re.findall(r'^  (\w+)  ', output('image', '--help'), re.M)
    page = [i.split()[1] for i in items(section('denybox-image.1', 'Verbs of image', 'Ss'))]
    same(page, verbs, 'verbs of image')


def test_limits_of_images():
    table = {row[1]: row[2] for row in rows('src/image/limit.def', 'LIMIT')}
    page = {number: re.sub(r'^-', '--', joined(lines)) for number, lines in
            items(section('denybox-image.1', 'Limits', 'Ss')).items()}
    same(page, table, 'limits of images')


# ---------------------------------------------------------------- exit codes, probes, deviations

def test_exit_codes():
    table = {row[1]: row[2] for row in rows('src/base/exitcode.def', 'EXITCODE')}
    page = {number: joined(lines) for number, lines in
            items(section('denybox.1', 'EXIT STATUS')).items()}
    same(page, table, 'exit codes')
    for number, meaning in table.items():
        first = re.split('[:;]', meaning)[0]
        assert page[number].startswith(first), 'exit %s: %r does not begin with %r' % (
            number, page[number], first)
    same(items(section('denybox-attest.1', 'EXIT STATUS')), ['0', '3', '125'],
         'exit codes of attest')


def probe_sections():
    titles = re.findall(r'^\.Ss ((?:PR|DX)-\S+)$', read('man/denybox-probes.7'), re.M)
    assert len(titles) == len(set(titles)), 'a probe has two sections'
    return titles


def test_probes_are_those_of_the_table_in_order():
    same(probe_sections(), [p['id'] for p in probes()], 'probes')
    assert probe_sections() == [p['id'] for p in probes()], 'the probes are in another order'


def test_probes_say_what_the_table_says():
    for probe in probes():
        page = {k: joined(v) for k, v in
                items(section('denybox-probes.7', probe['id'], 'Ss')).items()}
        same(page, ['Operation', 'Expected', 'Wall', 'Why', 'Control', 'Flips', 'FAIL', 'Matrix',
                    'Bar'], probe['id'])
        want = {
            'Operation': probe['operation'], 'Expected': probe['expected'],
            'Control': probe['control'], 'Bar': probe['bar'],
            'Matrix': ', '.join(probe['tests'].split()) or 'none',
            'Flips': ', '.join(r['name'] for r in removals() if probe['id'] in r['flips']) or
                     'never: ' + never_flip()[probe['id']],
        }
        for name, text in want.items():
            assert page[name] == text, '%s: %s is %r, table %r' % (
                probe['id'], name, page[name], text)
        for name, text in page.items():
            assert text, '%s: %s is empty' % (probe['id'], name)


def test_verdicts():
    code = re.search(r'\*verdict_name.*?\{.*?\{(.*?)\}', read('src/rules/probe.c'), re.S).group(1)
    names = re.findall(r'"(\w+)"', code)
    same(items(section('denybox-probes.7', 'Verdicts', 'Ss')), names, 'verdicts')
    same(items(section('denybox-attest.1', 'Reading the table', 'Ss')), names, 'verdicts, attest')


# ---------------------------------------------------------------- verify

VERIFY = 'denybox-verify.1'
SCAN = 'denybox-scan.1'


def checks():
    return {row[0]: row[1] for row in rows('src/verify/check.def', 'CHECK')}


def test_options_of_verify():
    page = {}
    for head, lines in items(section(VERIFY, 'OPTIONS')).items():
        m = re.fullmatch(r'Fl -([a-z0-9-]+)(?: Ar (.*))?', head)
        page[m.group(1)] = (m.group(2) or '', lines)
    table = option_rows('src/verify/option.def')
    same(page, table, 'options of verify')
    assert list(page) == list(table), 'the options of verify are in another order'
    have = help_options('verify')
    same(have, table, 'verify --help')
    for name, (value, lines) in page.items():
        row = table[name]
        assert value == row['value'] == have[name][0], '--%s: value %r' % (name, value)
        assert have[name][1].startswith(row['help']), '--%s: %r' % (name, have[name][1])
        assert sentence(lines, r'Default: (.*)\.$', '--' + name).group(1) == row['default'], name
        text = joined(lines)
        assert ('May be given more than once' in text) == ('MANY' in row['flags']), name
        if row['kind'] == 'DURATION' or name in ('nonce', 'venue'):
            assert re.search(r'%d to %d ' % (row['min'], row['max']), text), \
                '--%s: its range' % name


def test_options_of_scan():
    page = items(section(SCAN, 'OPTIONS'))
    table = option_rows('src/scan/option.def')
    assert list(page) == ['Fl -' + name + (' Ar ' + row['value'] if row['value'] else '')
                          for name, row in table.items()], 'the options of scan'
    same(help_options('scan'), table, 'scan --help')
    for (head, lines), row in zip(page.items(), table.values()):
        assert sentence(lines, r'Default: (.*)\.$', head).group(1) == row['default'], head


def test_rules_of_scan():
    for kind, title in (('ELF', 'Rules of ELF files'), ('PYTHON', 'Rules of Python sources')):
        table = {row[1]: row for row in rows('src/scan/rule.def', 'RULE') if row[2] == kind}
        page = items(section(SCAN, title, 'Ss'))
        assert list(page) == list(table), 'rules of %s: %s' % (kind, set(page) ^ set(table))
        for name, (_, _, _, how, names, meaning) in table.items():
            assert plain(page[name][0]).lower() == meaning.lower() + '.', name
            have = [plain(line)[4:] for line in page[name] if line.startswith('.Li ')]
            assert have == names.split(), '%s: %s' % (name, have)
            assert any(line.startswith('.Va ') for line in page[name]) == (how == 'LISTED'), name


def test_limits_of_scan():
    def constant(path, name):
        return re.search(r'(?:#define )?%s (?:= )?\(?(\d+)' % name, read(path)).group(1)
    text = joined(section(SCAN, 'Limits', 'Ss'))
    for words, path, name in (
            ('%s files', 'src/scan/report.h', 'SCAN_FILES_MAX'),
            ('%s things', 'src/scan/report.h', 'SCAN_FINDINGS_MAX'),
            ('%s MiB of one source', 'src/scan/source.h', 'SOURCE_MAX'),
            ('%s MiB of all', 'src/scan/source.h', 'SOURCES_MAX'),
            ('%s MiB of an ELF file', 'src/scan/program.c', 'PROGRAM_MAX'),
            ('%s names in its directory', 'src/scan/source.h', 'PLACE_MAX'),
            ('%s MiB of a policy', 'src/scan/policy.c', 'FILE_MAX'),
            ('%s names of a source', 'src/scan/names.py', 'FACTS_MAX')):
        assert words % constant(path, name) in text, name
    text = joined(section(SCAN, 'DESCRIPTION'))
    flags = re.search(r'#define HARMLESS "(\w+)"', read('src/scan/invocation.c')).group(1)
    listed = re.search(r'all but Fl (.*?) No and Fl (\w) ,', text)
    same(listed.group(1).split(' , ') + [listed.group(2)], flags, 'harmless options')


def test_exit_codes_of_scan():
    have = {code: joined(text) for code, text in items(section(SCAN, 'EXIT STATUS')).items()}
    done = subprocess.run([DENYBOX, 'scan', '--help'], stdout=subprocess.PIPE, check=True)
    said = re.findall(r'^ +(\d+)  (.*)$', done.stdout.decode(), re.M)
    assert {code: text.lower() + '.' for code, text in said} == \
        {code: text.lower() for code, text in have.items()}


def test_checks_and_reason_codes_of_verify():
    titles = re.findall(r'^\.Ss Check (\S+)$', read('man/' + VERIFY), re.M)
    assert titles == list(checks().values()), 'checks: %s' % titles
    table = rows('src/verify/reason.def', 'REASON')
    codes = [row[1] for row in table]
    assert len(codes) == len(set(codes)), 'a reason code twice'
    order = [list(checks()).index(row[2]) for row in table]
    assert order == sorted(order), 'the reasons are not in the order of the checks'
    for symbol, name in checks().items():
        lines = section(VERIFY, 'Check ' + name, 'Ss')
        want = {row[1]: '%s: %s.' % (row[3], row[4]) for row in table if row[2] == symbol}
        have = {code: joined(text) for code, text in items(lines).items()}
        assert have == want, 'check %s: %s' % (name, set(have.items()) ^ set(want.items()))
        assert list(have) == list(want), 'check %s: another order' % name
        assert joined(lines).lower().startswith(
            [row[2] for row in rows('src/verify/check.def', 'CHECK')
             if row[0] == symbol][0].lower()), 'check %s: what it asks' % name


def test_every_reason_code_is_used():
    source = ''.join(read('src/verify/' + name) for name in
                     os.listdir(os.path.join(SOURCE, 'src/verify')) if name.endswith('.c'))
    for row in rows('src/verify/reason.def', 'REASON'):
        assert re.search(r'\bREASON_%s\b' % row[0], source), '%s: nothing says it' % row[1]


def test_exit_statuses_of_verify():
    page = {n: joined(lines) for n, lines in items(section(VERIFY, 'EXIT STATUS')).items()}
    table = {row[2]: '%s: %s.' % (row[1], row[3]) for row in
             rows('src/verify/outcome.def', 'OUTCOME')}
    same(page, list(table) + ['2'], 'exit statuses of verify')
    for number, text in table.items():
        assert page[number] == text, 'exit %s: %r' % (number, page[number])
    same(re.findall(r'^ +(\d+)  ', output('verify', '--help'), re.M), page, 'verify --help')


def test_words_of_desktops():
    text = joined(section(VERIFY, 'Check venue', 'Ss'))
    listed = re.search(r'stands beside them: (.*?)\.', text).group(1)
    same(listed.split(', '), [row[0] for row in rows('src/verify/venue.def', 'DESKTOP')],
         'words of desktops')


def test_the_bounds_of_verify():
    def constant(name):
        return re.search(r'#define %s (.*)' % name, read('src/verify/file.h')).group(1)
    text = joined(section(VERIFY, 'Check file', 'Ss'))
    assert constant('FILE_MAX_SIZE') == '(8 << 20)' and 'larger than 8 MiB' in text
    assert constant('FILE_MAX_STRING') == '(1 << 20)' and 'of more than 1 MiB' in text
    assert 'more than %s values' % constant('FILE_MAX_VALUES') in text
    assert 'beyond the first %s.' % re.search(
        r'#define NOTES_MAX (\d+)', read('src/verify/verification.h')).group(1) in joined(
            section(VERIFY, 'THE RESULT AS JSON'))


def test_whose_word_a_fact_of_the_report_is():
    """A value is stated, and not checked, when it is one of the UNPROTECTED FIELDS."""
    listed = set(re.findall(r'^\.It Va (\S+)$', '\n'.join(section(VERIFY, 'UNPROTECTED FIELDS')), re.M))
    have = {path: basis for _, path, basis, _ in rows('src/verify/fact.def', 'FACT')}
    schema = [row[0] for row in rows('src/verify/schema.def', 'FIELD')]
    assert set(have) <= set(schema), 'the report shows what no bundle has: %s' % (set(have) - set(schema))
    same([path for path, basis in have.items() if basis == 'STATED'], listed & set(have), 'facts')


def test_each_probe_has_a_wall_in_the_report():
    """In one row, but for the one that shows what can be reached."""
    symbols = [row[0] for row in rows('src/rules/probe.def', 'PROBE')]
    found = [symbol for row in rows('src/verify/wall.def', 'WALL') for symbol in row[1:-1]]
    assert all(row[-1] == 'N_PROBES' for row in rows('src/verify/wall.def', 'WALL'))
    assert sorted(found) == sorted(set(symbols) - {'PR_FS_OUT_OK'}), \
        sorted(set(symbols) ^ set(found))


def test_the_bounds_of_the_report():
    text = joined(section(VERIFY, 'THE REPORT'))
    for name, source, words in (('PAGE_LIST_MAX', 'page.h', 'at most %s entries'),
                                ('HTML_TEXT_MAX', 'html.h', 'of a text %s bytes')):
        assert words % re.search(r'#define %s (.*)' % name, read('src/verify/' + source)).group(
            1) in text, name
    assert '#define ALL_MAX (1U << 20)' in read('src/verify/page_raw.c')
    assert 'of the document 1 MiB' in text


def test_the_clocks_of_verify():
    source, text = read('src/verify/result.c'), joined(section(VERIFY, 'Check agreement', 'Ss'))
    for name, sentence in (('CLOCKS_DIFFER_MS', 'more than %d s longer than from'),
                           ('LATE_MS', 'more than %d s longer than its limit')):
        assert sentence % (int(re.search(r'#define %s (\d+)' % name, source).group(1)) // 1000) in text


def test_the_schema_is_the_page():
    """The fields, in order, and their types."""
    page = field_types()
    table = {row[0]: set(row[1].split(' or ')) for row in rows('src/verify/schema.def', 'FIELD')}
    same(table, page, 'fields of the schema')
    assert list(table) == list(page), 'the fields of the schema are in another order'
    for name, types in table.items():
        assert types == page[name], '%s is %s, the manual says %s' % (
            name, sorted(types), sorted(page[name]))


def test_unprotected_fields_are_fields():
    for head in items(section(VERIFY, 'UNPROTECTED FIELDS')):
        assert head[3:] in field_types(), head


def test_the_matrix_file():
    matrix = json.loads(read('fixtures/acceptance-matrix.json'))
    table = {probe['id']: probe for probe in probes()}
    assert [row['row'] for row in matrix['rows']] == list(range(24, 38))
    named = {t for p in probes() for t in p['tests'].split()}
    for row in matrix['rows']:
        if str(row['row']) in named:
            bound = [i for i, p in table.items() if str(row['row']) in p['tests'].split()]
            assert row['source'] == 'packet', row
        else:
            bound = [i for i, p in table.items() if int(p['bar']) == row['bar']]
            assert row['source'] == 'inferred', row
        same(row['probes'], bound, 'probes of row %d' % row['row'])


def test_matrix_rows():
    text = joined(section('denybox-probes.7', 'THE MATRIX'))
    bound = {t for p in probes() for t in p['tests'].split()}
    described = re.findall(r'\d+', re.search(r'bound above: (.*?)\.', text).group(1))
    missing = re.findall(r'\d+', re.search(r'Not described: (.*?)\.', text).group(1))
    same(described, bound, 'rows of the matrix')
    same(described + missing, [str(n) for n in range(24, 38)], 'rows 24 to 37')


def test_deviations():
    symbols = {p['symbol']: p['id'] for p in probes()}
    table = {row[1]: {symbols[s] for s in row[2:] if s in symbols}
             for row in rows('src/rules/deviation.def', 'DEVIATION')}
    page = items(section('denybox-probes.7', 'DEVIATIONS'))
    same(page, table, 'deviations')
    for name, excused in table.items():
        same(re.findall(r'(?:PR|DX)-[A-Z0-9-]+', joined(page[name])), excused, name)
    same([n for n, row in options().items() if 'DEVIATION' in row['flags']], table,
         'options that are deviations')


def test_removals():
    page = items(section('denybox-attest.1', 'CONTROLS'))
    assert list(page) == [r['name'] for r in removals()], 'the removals, in their order'
    for removal in removals():
        text = joined(page[removal['name']])
        want = removal['what'][0].upper() + removal['what'][1:] + '.'
        assert text == want, '%s: %r, table %r' % (removal['name'], text, want)


def test_the_matrix_is_that_of_the_table():
    lines = section('denybox-attest.1', 'CONTROLS')
    matrix = lines[lines.index('.Bd -literal') + 1:lines.index('.Ed')]
    ids = [p['id'] for p in probes()]
    marks = {'SEEN': 'x', 'UNSEEN': '.', 'EITHER': 'x'}
    cells = {r['name']: ['-' if i in never_flip() else 'x' if i in r['flips'] else '.' for i in ids]
             + [marks[r['launcher']]] for r in removals()}
    # Eight lines of heads, the rows, two lines of what the marks mean, and the sums.
    rows_of_page = [line.split() for line in matrix[8:-3]]
    assert [row[0] for row in rows_of_page] == list(cells), 'rows of the matrix'
    for row in rows_of_page:
        assert row[1:] == cells[row[0]], 'the row %s' % row[0]
    columns = [n for n, c in enumerate(matrix[8]) if c != ' ' and n >= 14]
    heads = [''.join(line.ljust(80)[n] for line in matrix[:8]).strip() for n in columns]
    assert heads == [i[3:11] for i in ids] + ['LAUNCHER'], heads
    flips = sum(len(r['flips']) for r in removals())
    assert matrix[-1].strip() == '%d removals, %d flips as expected, 0 faults' % (
        len(cells) - 1, flips), matrix[-1]


def verdicts_of_run(*words):
    done = run('run', '--verbose', *words, '--', 'busybox', 'true')
    assert done.returncode == 0, '%s: %s' % (words, done.stderr.decode())
    return dict(re.findall(r'^  (\S+) +(PASS|FAIL|NOT_RUN|ABSENT) ', done.stderr.decode(), re.M))


def test_deviations_change_the_verdicts_that_the_page_names():
    need('busybox')
    page = items(section('denybox-probes.7', 'DEVIATIONS'))
    plain_run = verdicts_of_run()
    same(plain_run, [p['id'] for p in probes()], 'the table of --verbose')
    with tempfile.NamedTemporaryFile() as something:
        words = {'ro-bind': (something.name, '/something')}
        for name, lines in page.items():
            found = verdicts_of_run('--' + name, *words.get(name, ()))
            changed = [p for p in found if found[p] != plain_run[p]]
            same(re.findall(r'(?:PR|DX)-[A-Z0-9-]+', joined(lines)), changed, '--' + name)


def test_the_counts_that_the_pages_name():
    need('busybox')
    text = joined(section('denybox-attest.1', 'Reading the table', 'Ss'))
    attest = run('attest').stderr.decode().split('\n')[-2].strip()
    assert attest == re.search(r'(\d+ passed, \d+ not run) is what', text).group(1), attest
    passed = list(verdicts_of_run().values()).count('PASS')
    assert re.search(r'it is (\d+),', text).group(1) == str(passed), passed


# ---------------------------------------------------------------- profiles

def test_profiles_are_those_of_the_program():
    need('program')
    listed = [line.split()[0] for line in output('filter', 'list').splitlines()]
    page = [name for head in items(preamble('denybox-seccomp.5', 'PROFILES'))
            for name in head.split(' , ')]
    same(page, listed, 'profiles')
    files = [name[:-5] for name in os.listdir(os.path.join(SOURCE, 'bpf')) if
             name.endswith('.json')]
    same([name for name in listed if '_' not in name], files, 'files of bpf')


def verdict_of(profile, call):
    """[(action, errno, does it compare)] of the rules for one call; None with no rule."""
    found = [(r['action'], r.get('errnoRet', 1), bool(r.get('args'))) for r in profile['syscalls']
             if call in r['names']]
    return found or None


def test_the_page_says_of_calls_what_the_profiles_do():
    strict, targeted = (json.loads(read('bpf/%s.json' % n)) for n in ('strict', 'targeted'))
    both = items(section('denybox-seccomp.5', 'Strict and targeted', 'Ss'))
    alone = items(section('denybox-seccomp.5', 'Strict alone', 'Ss'))
    numbers = {'EPERM': 1, 'ENOSYS': 38, 'EOPNOTSUPP': 95}
    checked = 0
    for page, profiles in ((both, (strict, targeted)), (alone, (strict,))):
        for head, lines in page.items():
            errno = joined(lines).split()[0].rstrip('.,:')
            if errno not in numbers or head == 'everything else that is not listed':
                continue
            for call in head.replace(' and the like', '').split(', '):
                for profile in profiles:
                    if call == 'ioctl':
                        continue
                    assert verdict_of(profile, call) == \
                        [('SCMP_ACT_ERRNO', numbers[errno], False)], \
                        '%s: %s' % (call, verdict_of(profile, call))
                    checked += 1
    assert checked > 50, 'only %d calls were compared' % checked
    assert verdict_of(targeted, 'setxattr') is None


def test_the_json_form_is_that_of_the_reader():
    source = 'src/filter/profile.c'

    def words(title):
        heads = items(section('denybox-seccomp.5', title, 'Ss'))
        return [w for head in heads for w in head.replace('Cm ', '').split(' , ')]
    same(words('The document'), c_strings(source, 'document_keys[]'), 'keys of a document')
    args = re.findall(r'^\.Cm (index|value|valueTwo|op)\b', '\n'.join(
        section('denybox-seccomp.5', 'A rule', 'Ss')), re.M)
    same(args, c_strings(source, 'arg_keys[]'), 'keys of a comparison')
    same(words('A rule'), c_strings(source, 'rule_keys[]'), 'keys of a rule')
    same(words('Actions'), c_strings(source, 'action_name actions[]'), 'actions')
    same(words('Operators'), c_strings(source, 'ops[]'), 'operators')


def test_the_bounds_of_filters():
    def constant(path, name):
        return re.search(r'#define %s (\d+)' % name, read(path)).group(1)
    text = joined(section('denybox-seccomp.5', 'THE JSON FORM'))
    assert 'more than %s names' % constant('src/filter/profile.h', 'PROFILE_MAX_CALLS') in text
    assert '%s levels deep' % constant('src/json/json.h', 'JSON_MAX_DEPTH') in text
    assert 'more than %s instructions' % constant('src/filter/filter.h',
                                                  'FILTER_MAX_INSTRUCTIONS') in text
    text = joined(section('denybox-seccomp.5', 'Every profile', 'Ss'))
    assert 'The newest is %s,' % constant('src/filter/compile.h', 'COMPILE_NEWEST') in text
    tree = joined(section('denybox-evidence.5', 'Tree digest', 'Ss'))
    for path, name in (('src/rules/oddity.h', 'OUTPUT_DEPTH_MAX'),
                       ('src/tree/tree.h', 'TREE_ENTRIES_MAX')):
        assert ' %s ' % constant(path, name) in tree, name
    assert 'more than %s,' % constant('src/rules/oddity.h', 'OUTPUTS_LISTED') in joined(
        section('denybox-evidence.5', 'The result', 'Ss'))
    outputs = joined(section('denybox.1', 'OUTPUTS'))
    assert '%s directories deep' % constant('src/rules/oddity.h', 'OUTPUT_DEPTH_MAX') in outputs
    # More inodes than are looked at would be outputs that nobody sees.
    assert constant('src/launch/output.c', 'INODES_MAX') == \
        constant('src/tree/tree.h', 'TREE_ENTRIES_MAX') == '1000000'


# ---------------------------------------------------------------- the stand-alone attester

def attester_options():
    return option_rows('src/attester/option.def')


def test_options_of_the_attester():
    page = items(section('denybox-attest.1', 'Options of the program', 'Ss'))
    table = attester_options()
    same(page, ['Fl -' + name + (' Ar ' + row['value'] if row['value'] else '')
                for name, row in table.items()], 'options of the attester')
    for name, row in table.items():
        lines = page['Fl -' + name + (' Ar ' + row['value'] if row['value'] else '')]
        assert sentence(lines, r'Default: (.*)\.$', '--' + name).group(1) == row['default'], name
        if row['kind'] in ('TEXT', 'WORD'):
            m = sentence(lines, r'(\d+) to (\d+) ', '--' + name)
            assert (int(m.group(1)), int(m.group(2))) == (row['min'], row['max']), name


def test_exit_codes_of_the_attester():
    page = items(section('denybox-attest.1', 'Exit status of the program', 'Ss'))
    table = {row[1]: row[2] for row in rows('src/attester/exitcode.def', 'EXITCODE')}
    same(page, table, 'exit codes of the attester')
    for number, meaning in table.items():
        assert joined(page[number]).startswith(meaning), number


def test_help_of_the_attester():
    need('attester')
    done = subprocess.run([ATTESTER, '--help'], stdout=subprocess.PIPE, check=True)
    text = done.stdout.decode()
    table = attester_options()
    same(re.findall(r'^  --([a-z0-9-]+)', text, re.M), table, 'denybox-attest --help')
    for name, row in table.items():
        line = next(x for x in text.split('\n') if re.match(r'  --%s ' % name, x))
        assert row['help'] in line, line
        assert row['kind'] == 'FLAG' or '[%s]' % row['default'] in line, line
    codes = re.findall(r'^ +(\d+)  ', text, re.M)
    same(codes, [row[1] for row in rows('src/attester/exitcode.def', 'EXITCODE')],
         'exit codes of denybox-attest --help')


def test_the_time_of_the_attester():
    text = joined(section('denybox-attest.1', 'Where it is not welcome', 'Ss'))
    code = re.search(r'PROBE_TIMEOUT_MS (\d+)', read('src/attester/probes.h')).group(1)
    assert 'within %d seconds' % (int(code) // 1000) in text


def test_the_measured_table():
    lines = section('denybox-attest.1', 'Measured', 'Ss')
    begin = lines.index('.Bd -literal')
    table = [line.split() for line in lines[begin + 1:lines.index('.Ed')]]
    heads, body, sums = table[0][1:], table[1:-1], table[-1][3:]
    same(items(lines), heads, 'columns of the table')
    twelve = [p['id'] for p in probes() if p['id'].startswith('PR-') and p['id'] != 'PR-DYNIMPORT']
    assert [row[0] for row in body] == twelve
    for n, name in enumerate(heads, 1):
        found = [row[n] for row in body]
        assert set(found) <= {'PASS', 'FAIL', 'NOT_RUN', 'ABSENT'}, name
        assert sums[n - 1] == str(found.count('PASS')), name
    # What the text says of the plain flags.
    plain = [row[heads.index('plain') + 1] for row in body]
    assert (plain.count('FAIL'), plain.count('NOT_RUN')) == (5, 2)


# ---------------------------------------------------------------- the bundle

def types_of(lines):
    """{field: the types it may have} of the items of a list of fields."""
    found = {}
    for head in items(lines):
        m = re.fullmatch(r'Va (\S+) Vt ([a-z ]+)', head)
        assert m, 'not a field: .It %s' % head
        found[m.group(1)] = set(m.group(2).split(' or '))
    return found


def field_types():
    return types_of(section('denybox-evidence.5', 'BUNDLE'))


JSON_TYPES = {dict: 'object', list: 'array', str: 'string', int: 'integer', bool: 'boolean',
              type(None): 'null'}


def key_paths(value, path, found):
    """Adds path: {types} of everything in a document. The second look has the keys of the first."""
    path = path.replace('observed.after_exec.', 'observed.before_exec.')
    if path:
        found.setdefault(path, set()).add(JSON_TYPES[type(value)])
    if isinstance(value, dict):
        for key, child in value.items():
            key_paths(child, path + '.' + key if path else key, found)
    elif isinstance(value, list):
        for child in value:
            key_paths(child, path + '[]', found)


NO_FILTER = '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}'


@functools.lru_cache(maxsize=None)
def bundles():
    """Bundles which have between them every field that a bundle can have."""
    with tempfile.TemporaryDirectory() as work:
        out = os.path.join(work, 'out')
        os.mkdir(out)
        with open(os.path.join(work, 'none.json'), 'w', encoding='ascii') as f:
            f.write(NO_FILTER)
        attest = run('attest', '--quiet', '--controls', cwd=work)
        assert attest.returncode == 0, attest.stderr.decode()
        rich = run('run', '--out', 'out', '--out-size', '1m', '--fsize', '1m', '--timeout', '1h', '--dev', '--seccomp', 'none.json',
                   '--scan', 'default',
                   '--evidence', 'run.json', '--', 'busybox', 'ln', '-s', 'x', '/out/link',
                   cwd=work)
        assert rich.returncode == 0, rich.stderr.decode()
        rooted = run('attest', '--quiet', '--with', '/etc/passwd',
                     env=dict(os.environ, XDG_CACHE_HOME=work))
        assert rooted.returncode == 0, rooted.stderr.decode()
        for name in ('inputs', 'inputs/a', 'results'):
            os.mkdir(os.path.join(work, name))
        batch = run('batch', '--in-each', 'inputs', '--out-each', 'results', '--', 'busybox', 'true',
                    cwd=work)
        assert batch.returncode == 0, batch.stderr.decode()
        written = []
        for name in ('run.json', 'results/a/bundle.json'):
            with open(os.path.join(work, name), encoding='ascii') as f:
                written.append(json.load(f))
        return json.loads(attest.stdout), written[0], json.loads(rooted.stdout), written[1]


def test_fields_of_the_bundle():
    need('busybox')
    real = {}
    for bundle in bundles():
        key_paths(bundle, '', real)
    page = field_types()
    same(page, real, 'fields of the bundle')
    for path, types in real.items():
        assert types <= page[path], '%s is %s, the manual says %s' % (
            path, sorted(types), sorted(page[path]))


def test_digests_are_of_what_the_page_says():
    need('busybox')

    def of(data):
        return 'sha256:' + hashlib.sha256(data).hexdigest()

    def of_file(path):
        with open(path, 'rb') as f:
            return of(f.read())
    binding = bundles()[1]['binding']
    rules = ''.join(p[k] + '\0' for p in probes() for k in ('id', 'operation', 'expected'))
    assert binding['probe_rules_sha256'] == of(rules.encode())
    assert binding['launcher_sha256'] == of_file(DENYBOX)
    assert binding['payload_sha256'] == of_file(binding['plan']['payload']['path'])
    assert binding['payload_sha256'] == bundles()[1]['image_digest']
    assert binding['filters']['stacked_sha256'] == [of(NO_FILTER.encode())]
    assert len(base64.b64decode(binding['filters']['bpf_b64'])) == \
        8 * binding['filters']['instructions']
    for bundle in bundles():
        with open('/proc/sys/kernel/random/boot_id', 'rb') as f:
            assert bundle['freshness']['boot_id_sha256'] == of(f.read(36))
        for name in ('mountinfo', 'proc_net_dev', 'status'):
            assert bundle['raw'][name + '_sha256'] == \
                of(base64.b64decode(bundle['raw'][name + '_b64']))
        assert bundle['observed']['before_exec']['mountinfo_sha256'] == \
            bundle['raw']['mountinfo_sha256']


def test_after_exec_has_the_keys_of_before_exec():
    need('busybox')
    attest, rich = bundles()[:2]
    before, after = {}, {}
    key_paths(rich['observed']['before_exec'], '', before)
    key_paths(rich['observed']['after_exec'], '', after)
    assert before == after
    assert attest['observed']['after_exec'] is None


def test_the_plan_of_a_bundle_is_that_of_plan():
    need('busybox')
    words = ('--fsize', '1m', '--dev', '--with', '/etc/passwd', '--', 'busybox', 'true')
    plan, found = {}, {}
    key_paths(json.loads(output('plan', *words)), '', plan)
    for bundle in bundles()[1:]:
        key_paths(bundle['binding']['plan'], '', found)
    same(plan, [p for p in found], 'keys of plan')


def matrix_field_types():
    return types_of(section('denybox-evidence.5', 'The matrix of the controls', 'Ss'))


def check_the_matrix_document(document):
    """Its fields are those of the page, each of a type that stands there."""
    found, page = {}, matrix_field_types()
    key_paths(document, '', found)
    # A control without faults has none to list.
    same(page, set(found) | {'matrix[].faults[]'}, 'fields of the matrix')
    for path, types in found.items():
        assert types <= page[path], '%s is %s' % (path, sorted(types))


def test_files_of_attest():
    need('nothing')
    with tempfile.TemporaryDirectory() as work:
        assert run('attest', '--quiet', '--controls', '--out', work).returncode == 0
        page = re.findall(r'/out/(\S+)', ' '.join(items(section('denybox-attest.1', 'FILES'))))
        same(page, os.listdir(work), 'files of attest')
        same(re.findall(r'/out/(\S+)', ' '.join(items(section('denybox-evidence.5', 'FILES')))),
             page, 'files in denybox-evidence.5')
        with open(os.path.join(work, 'sandbox-attestation-inside.json'), encoding='ascii') as f:
            same(json.load(f), ['schema_version', 'probes', 'raw'], 'the inside document')
        with open(os.path.join(work, 'controls.json'), encoding='ascii') as f:
            check_the_matrix_document(json.load(f))
        with open(os.path.join(work, 'report.md'), encoding='ascii') as f:
            assert f.read() == 'ok\n'
        with open(os.path.join(work, 'attest.jsonl'), encoding='ascii') as f:
            assert [json.loads(line)['probe_id'] for line in f] == [p['id'] for p in probes()]


def test_status_lines():
    need('busybox')
    text = '\n'.join(section('denybox.1', 'STATUS LINES'))
    documented = [sorted(re.findall(r'"([a-z-]+)":', line))
                  for line in re.findall(r'^\{.*?\}$', text, re.M | re.S)]

    def keys(*words):
        with tempfile.TemporaryFile() as status:
            run('run', '--json-status-fd', str(status.fileno()), *words,
                pass_fds=[status.fileno()])
            status.seek(0)
            return [sorted(json.loads(line)) for line in status]

    def keys_of_attest():
        with tempfile.TemporaryFile() as status:
            run('attest', '--controls', '--json-status-fd', str(status.fileno()),
                pass_fds=[status.fileno()])
            status.seek(0)
            return [sorted(json.loads(line)) for line in status]

    of_attest = keys_of_attest()
    assert of_attest == documented[:1] + documented[3:4] * len(removals()) + documented[4:5], \
        'the lines of attest --controls: %s' % of_attest
    with tempfile.TemporaryDirectory() as work:
        assert documented[:3] == keys('--out', os.path.join(work, 'out'), '--out-size', '1m', '--',
                                      'busybox', 'true')
    documented = documented[:2] + documented[5:]
    found = keys('--', 'busybox', 'true') + keys('--', '/nonexistent')
    assert documented[:3] == found, '%s, found %s' % (documented, found)
    with tempfile.TemporaryDirectory() as work:
        # Blocked: PR-PTRACE-1 wants another errno than that of this filter.
        path = os.path.join(work, 'other.json')
        with open(path, 'w', encoding='ascii') as f:
            f.write('{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["ptrace"], '
                    '"action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}')
        assert [documented[3]] == keys('--seccomp', path, '--', 'busybox', 'true')


# ---------------------------------------------------------------- check

NEEDS = {'NEEDED': 'needed', 'ROOTFS': '--rootfs', 'PROC': '--proc', 'ROOT': 'root',
         'BETTER': 'better', 'INFO': 'info'}


def test_requirements_of_check():
    table = {row[1]: row[2:] for row in rows('src/host/requirement.def', 'REQUIREMENT')}
    page = items(section('denybox-check.1', 'REQUIREMENTS'))
    assert list(page) == list(table), 'requirements: %s, table %s' % (list(page), list(table))
    for name, (need, purpose) in table.items():
        assert plain(page[name][0]) == 'Need: %s.' % NEEDS[need], name
        assert plain(page[name][2]) == 'For: %s.' % purpose, name
        assert len(page[name]) > 4, '%s: not a word on how it is tried' % name


def test_layers_of_check():
    texts, lines, name = {}, section('denybox-check.1', 'WHO FORBIDS IT'), None
    for line in lines[next(n for n, x in enumerate(lines) if x == '.Bl -tag -width Ds'):]:
        if re.fullmatch(r'\.It (why|mend|also):', line):
            texts[name].append(line[4:])
        elif line.startswith('.It '):
            name = plain(line[4:])
            assert name not in texts, 'twice: %s' % name
            texts[name] = []
        elif not re.match(r'\.(Bl|El)', line):
            texts[name].append(plain(line))
    table = {}
    for _, name, why, mend, also in rows('src/host/obstacle.def', 'OBSTACLE'):
        table.setdefault(name.replace('{ns}', '*'), []).extend(
            ['why: ' + why, 'mend: ' + mend] + (['also: ' + also] if also else []))
    same(texts, table, 'layers')
    for name, text in table.items():
        assert ' '.join(texts[name]) == ' '.join(' '.join(text).split()), name


def test_json_of_check():
    done = run('check', '--json')
    assert done.returncode in (0, 3), done.stderr.decode()
    found, page = {}, {}
    document = json.loads(done.stdout)
    # A host that has everything refuses nothing: the landlock row stands for one that does.
    for row in document['requirements']:
        row['diagnosis'] = row['diagnosis'] or {
            key: '' for key in ('call', 'errno', 'layer', 'why', 'mend', 'also')}
    key_paths(document, '', found)
    for head in items(section('denybox-check.1', 'JSON')):
        page[re.fullmatch(r'Va (\S+) Vt .*', head).group(1)] = True
    same(page, found, 'fields of check --json')
    states = re.search(r'One of (ok.*?)\.', joined(section('denybox-check.1', 'JSON'))).group(1)
    code = re.search(r'names\[N_STATES\] = \{(.*?)\}', read('src/host/requirement.c'), re.S)
    same(states.split(', '), re.findall(r'"([^"]+)"', code.group(1)), 'states')
    same(set(items(section('denybox-check.1', 'Reading the table', 'Ss'))), states.split(', '),
         'states of the table')


def test_options_of_pack():
    table = {name: row['value'] for name, row in option_rows('src/cmd/pack.def').items()}
    page = dict(re.fullmatch(r'Fl -(\w+)(?: Ar (.*))?', head).groups()
                for head in items(section('denybox.1', 'Options of pack', 'Ss')))
    same(page, table, 'options of pack')
    same([value or '' for _, value in sorted(page.items())],
         [value for _, value in sorted(table.items())], 'values of the options of pack')
    same(re.findall(r'^  --(\w+)', output('pack', '--help'), re.M), table, 'pack --help')


def test_options_of_check():
    table = set(option_rows('src/cmd/check.def'))
    same([h[4:] for h in items(section('denybox-check.1', 'Options', 'Ss'))], table, 'options')
    same(re.findall(r'^  --(\w+)', output('check', '--help'), re.M), table, 'check --help')


# ---------------------------------------------------------------- denybox-security(7)

def attempts():
    """{name: its row of attempt.def}"""
    names = ['kind', 'name', 'row', 'control', 'expected', 'inconclusive']
    table = {}
    for kind in ('CALL', 'ATTEMPT', 'KNOWN'):
        for row in rows('tests/escape/attempt.def', kind):
            table[row[0]] = dict(zip(names, [kind] + row))
    return table


def test_attempts():
    """The measured table: every attempt, its row, an answer that is expected, and a control that
    works or may be inconclusive."""
    table, found = attempts(), {}
    text = section('denybox-security.7', 'ATTEMPTS')
    lines = text[text.index('.Bd -literal') + 1:text.index('.Ed')]
    assert lines[0].split()[:4] == ['row', 'attempt', 'denybox', 'control'], lines[0]
    for line in lines[1:]:
        row, name, outcome, control, *others = line.split()
        assert name not in found, 'twice: %s' % name
        found[name] = True
        assert len(others) == len(lines[0].split()) - 4, line
        attempt = table[name]
        assert row == (attempt['row'] if attempt['row'] != '0' else '-'), line
        expected = {'works' if x == 'tried' and outcome == 'works' else x.replace(' ', '-')
                    for x in attempt['expected'].split('|')}
        assert outcome in expected, line
        assert (outcome == 'works') == (attempt['kind'] == 'KNOWN'), line
        assert control == 'works' or (control == 'none' and attempt['inconclusive']), line
    same(found, table, 'attempts')
    same(items(section('denybox-security.7', 'WHAT IS NOT PROMISED')).keys() - {''},
         [name for name, row in table.items() if row['kind'] == 'KNOWN'], 'what is known to work')


def test_the_list_of_attempts():
    same(items(section('denybox-security.7', 'THE LIST')), map(str, range(1, 41)), 'rows')
    promised, tests = set(), os.listdir(os.path.join(SOURCE, 'tests', 'live')) + \
        os.listdir(os.path.join(SOURCE, 'tests'))
    for what, lines in items(section('denybox-security.7', 'WHAT IS PROMISED')).items():
        numbers, names = re.fullmatch(r'Rows: ([\d, ]+); ([\w, ]+)\.', lines[-1]).groups()
        promised |= set(numbers.split(', '))
        for name in names.split(', '):
            assert name + '.py' in tests or name + '.c' in tests, '%s: no %s' % (what, name)
    same(promised, map(str, range(1, 41)), 'rows that a promise stands on')


def test_steps_of_the_escape_suite():
    steps = re.findall(r'^    \("(\w+)", \(', read('tests/live/test_escape.py'), re.M)
    page = items(section('denybox-security.7', 'Without a step', 'Ss'))
    same(page, steps, 'steps left out')
    alone = re.search(r'^FILTER = \((.*?)\)\n', read('tests/live/test_escape.py'), re.S | re.M).group(1)
    names = re.findall(r'"(\w+)"', alone)
    count, listed = re.search(r'(\d+) attempts, of rows (.*?) and of none\.',
                              joined(page['filter'])).groups()
    assert int(count) == len(names), 'only the filter holds %d' % len(names)
    same(listed.split(', '), {attempts()[name]['row'] for name in names} - {'0'}, 'rows of the filter')


# ---------------------------------------------------------------- denybox-operator(7)

OPERATOR = 'denybox-operator.7'


def test_the_operator_knows_every_exit_status():
    codes = [row[1] for row in rows('src/base/exitcode.def', 'EXITCODE')]
    assert list(items(section(OPERATOR, 'Exit statuses', 'Ss'))) == codes
    page = items(section(OPERATOR, 'Verdicts of verify', 'Ss'))
    table = rows('src/verify/outcome.def', 'OUTCOME')
    assert list(page) == [row[1] for row in table]
    for _, word, status, meaning in table:
        text = joined(page[word])
        assert text.startswith('Exit status %s' % status), word
        assert status == '0' or text.startswith('Exit status %s: %s.' % (status, meaning)), word
    reasons = {row[1] for row in rows('src/verify/reason.def', 'REASON')}
    named = {line[4:].split()[0] for line in page['REJECTED'] if line.startswith('.Li ')}
    assert named and named <= reasons, named - reasons


def test_the_operator_knows_every_obstacle():
    page = items(section(OPERATOR, 'Each obstacle', 'Ss'))
    table = dict.fromkeys(row[1].replace('{ns}', '*') for row in
                          rows('src/host/obstacle.def', 'OBSTACLE'))
    assert list(page) == list(table), set(page) ^ set(table)
    for name, lines in page.items():
        assert joined(lines), name


# ---------------------------------------------------------------- README

def test_the_transcript_of_the_readme():
    """What its script makes today."""
    need('busybox')
    need('jq')
    script = os.path.join(SOURCE, 'scripts', 'transcript')
    made = subprocess.run([script, '--print', os.path.dirname(DENYBOX)], stdout=subprocess.PIPE,
                          check=True).stdout.decode()
    begin, end = re.search(r'BEGIN, END = "(.*)\\n", "(.*)\\n"', read('scripts/transcript')).groups()
    text = read('README').split(begin)[1].split(end)[0]
    assert text.strip('\n') == made.strip('\n'), 'scripts/transcript BUILD makes another:\n' + made
    assert max(map(len, made.split('\n'))) <= 80, 'wider than a screen'


def test_the_readme_names_every_page():
    named = ['%s.%s' % page for page in re.findall(r'^    (denybox\S*)\((\d)\) ', read('README'), re.M)]
    same(named, PAGES, 'pages that README names')


def test_hacking_names_every_suite():
    """Those of scripts/test, in the table and in the usage of the script; what else the table has is
    started by make."""
    script = read('scripts/test')
    suites = [name for words in re.findall(r'\b(?:ALL|MORE|NAMED)_SUITES=\((.*?)\)', script)
              for name in words.split()]
    table = re.search(r'^    suite +what it holds.*?(?=^\S)', read('HACKING.md'), re.S | re.M).group(0)
    found = re.findall(r'^    (\w+) {2,}.*?(?= {2,}|$)(.*)', table, re.M)[1:]
    same([name for name, start in found if 'make check-' not in start or name in suites],
         suites, 'suites that HACKING.md names')
    usage = re.search(r'scripts/test \[SUITE.*?\n#\n', script, re.S).group(0)
    for name in suites:
        assert re.search(r'\b%s\b' % name, usage), 'the usage of scripts/test does not name ' + name
        assert re.search(r'^run_%s\(\) {$' % name, script, re.M), name


def test_security_names_every_deviation():
    text = read('SECURITY.md')
    listed = re.search(r'Deviations that a user names \((.*?)\)', text, re.S).group(1)
    same(re.findall(r'`--([a-z-]+)`', listed),
         [row[1] for row in rows('src/rules/deviation.def', 'DEVIATION')], 'deviations')


# ---------------------------------------------------------------- examples

def example_blocks(page):
    """[(what it needs or why it is not run, lines)] of the sections that have examples."""
    found, lines, comment = [], None, None
    procedure = section(page, 'PROCEDURE') if page == 'denybox-operator.7' else []
    for line in procedure + section(page, 'EXAMPLES'):
        if line.startswith('.\\" '):
            comment = line[4:]
        elif line.startswith('.Bd -literal'):
            lines = []
        elif line == '.Ed':
            assert comment, '%s: an example without a word on what it needs' % page
            if comment == 'goes on':
                found[-1][1].extend(plain(x) for x in lines)
            else:
                found.append((comment, [plain(x) for x in lines]))
            lines, comment = None, None
        elif lines is not None:
            lines.append(line)
    assert found, '%s has no example' % page
    return found


def transcript(lines):
    """[(command, expected lines or None)]"""
    steps = []
    for line in lines:
        if line.startswith('$ '):
            steps.append([line[2:], []])
        elif line.startswith('> ') and not steps[-1][1]:
            steps[-1][0] += '\n' + line[2:]
        else:
            assert steps, 'an example begins with output: %s' % line
            steps[-1][1].append(line)
    return steps


def matches(expected, text):
    """Is the text what is expected? "..." is any text in a line; alone, any lines."""
    pattern = ''
    for line in expected:
        if line == '...':
            pattern += r'(?:.*\n)*?'
        else:
            # Columns may be of any width around "...".
            parts = [re.escape(part.strip(' ')) if '...' in line else re.escape(part)
                     for part in line.split('...')]
            pattern += r' *' * ('...' in line) + r'.*'.join(parts) + r'\n'
    return re.fullmatch(pattern, text) is not None


def run_block(lines, work):
    steps = transcript(lines)
    mark = 'mark%s' % base64.b16encode(os.urandom(8)).decode()
    script = 'exec 2>&1\nstatus=0\n'
    for command, _ in steps:
        word = "'" + command.replace("'", "'\\''") + "'"
        script += '(exit $status)\neval %s\nstatus=$?\nprintf "\\n%s %%d\\n" $status\n' % (word, mark)
    env = dict(os.environ, PATH=os.path.join(work, 'bin') + ':' + os.environ['PATH'], LC_ALL='C',
               NO_COLOR='1')
    done = subprocess.run(['bash', '-c', script], cwd=os.path.join(work, 'here'), env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    outputs = re.split(r'\n%s (\d+)\n' % mark, done.stdout.decode(errors='replace'))
    assert len(outputs) == 2 * len(steps) + 1, 'the example ended early: %r' % outputs
    for i, (command, expected) in enumerate(steps):
        text, status = outputs[2 * i], int(outputs[2 * i + 1])
        asked = i + 1 < len(steps) and steps[i + 1][0] == 'echo $?'
        assert status == 0 or asked, '%r: exit %d: %s' % (command, status, text)
        # A command that prints nothing in the manual prints nothing here.
        if text and not text.endswith('\n'):
            text += '\n'
        assert matches(expected, text), '%r printed\n%swhere the manual has\n%s' % (
            command, text, '\n'.join(expected))


def prepare(work):
    here = os.path.join(work, 'here')
    for name in ('here', 'bin', 'here/in', 'here/out'):
        os.mkdir(os.path.join(work, name))
    os.symlink(DENYBOX, os.path.join(work, 'bin', 'denybox'))
    if os.path.exists(ATTESTER):
        os.symlink(ATTESTER, os.path.join(work, 'bin', 'denybox-attest'))
    os.symlink(os.path.join(SOURCE, 'scripts'), os.path.join(here, 'scripts'))
    os.symlink(os.path.join(SOURCE, 'fixtures', 'schema'), os.path.join(here, 'schema'))
    os.symlink(os.path.join(SOURCE, 'fixtures'), os.path.join(here, 'fixtures'))
    with open(os.path.join(here, 'in', 'packet.json'), 'w', encoding='ascii') as f:
        f.write('{"id": "p-1", "items": []}\n')


def example_test(page, number, comment, lines):
    def test():
        if comment.startswith('not run:'):
            assert len(comment) > 20, 'no reason why it is not run'
            print('not run: %s, example %d:%s' % (page, number, comment[8:]))
            return
        m = re.fullmatch(r'needs: (\S+)', comment)
        assert m, 'want "needs: ..." or "not run: ...", not %r' % comment
        need(m.group(1))
        for tool in ('jq', 'bash'):
            if shutil.which(tool) is None and any(tool in line for line in lines):
                raise Skip('%s is not installed' % tool)
        with tempfile.TemporaryDirectory() as work:
            prepare(work)
            run_block(lines, work)
    test.__name__ = 'test_example_%d_of_%s' % (number, page)
    return test


def test_literal_text_can_be_copied():
    # groff turns a bare ' and ` into typographic quotes, which a shell does not take.
    for page in PAGES:
        lines = read('man/' + page).split('\n')
        literal = False
        for n, line in enumerate(lines, 1):
            literal = (literal or line.startswith('.Bd -literal')) and line != '.Ed'
            assert not (literal and re.search("['`]", line)), '%s:%d: %s' % (page, n, line)


def test_the_page_says_what_is_odd():
    table = {row[1]: row[2] for row in rows('src/rules/oddity.def', 'ODDITY')}
    found = items(section('denybox.1', 'OUTPUTS'))
    assert list(found) == list(table), 'what is odd: %s' % list(found)
    text = joined(section('denybox.1', 'OUTPUTS'))
    # With --out-size: all that are refused in one sentence, and no other.
    refused = re.search(r'what is an? (.*?) is not published', text).group(1)
    for name, fate in table.items():
        assert (name in refused) == (fate == 'REFUSED'), name


# ---------------------------------------------------------------- the pages themselves

def test_no_page_makes_a_program_of_its_name():
    for page in PAGES:
        if page in ('denybox.1', 'denybox-attest.1'):
            continue
        found = [n for n, line in enumerate(read('man/' + page).split('\n'), 1)
                 if re.fullmatch(r'\.Nm( [.,:;)]+)?', line)]
        assert not found, '%s:%d: there is no such program; .Nm denybox' % (page, found[0])


def test_pages_refer_to_pages_that_exist():
    ours = {tuple(page.rsplit('.', 1)) for page in PAGES}
    for page in PAGES:
        own = tuple(page.rsplit('.', 1))
        found = {(n, s) for n, s in re.findall(r'^\.Xr (denybox\S*) (\d)', read('man/' + page), re.M)}
        assert found <= ours, '%s refers to %s' % (page, sorted(found - ours))
        assert found == ours - {own}, '%s does not refer to %s' % (page, sorted(ours - {own} - found))
        for title in re.findall(r'^\.Sx (.*?)(?: [.,:;)].*)?$', read('man/' + page), re.M):
            assert re.search(r'^\.S[hs] %s$' % re.escape(title), read('man/' + page), re.M), \
                '%s refers to a section %s' % (page, title)


def test_lint():
    if shutil.which('mandoc') is None:
        raise Skip('mandoc is not installed')
    for page in PAGES:
        done = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning',
                               os.path.join(SOURCE, 'man', page)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, done.stdout.decode()


def test_pages_render():
    if shutil.which('groff') is None:
        raise Skip('groff is not installed')
    for page in PAGES:
        done = subprocess.run(['groff', '-mdoc', '-Tascii', '-P-c', '-ww',
                               os.path.join(SOURCE, 'man', page)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        assert done.returncode == 0 and not done.stderr, '%s: %s' % (page, done.stderr.decode())
        # A word of a heading that is the name of a macro, such as In or No, would be eaten.
        text = ' '.join(re.sub('.\b', '', done.stdout.decode()).replace('-\n', '-').split())
        for head in re.findall(r'^\.S[hs] (.*)$', read('man/' + page), re.M) + \
                re.findall(r'^\.It ((?![A-Z][a-z] ).*)$', read('man/' + page), re.M):
            for cell in head.split(' Ta '):
                words = ' '.join(plain(cell).split()).replace(' ,', ',')
                assert words in text, '%s: the heading "%s" is not rendered so' % (page, words)


# ---------------------------------------------------------------- the kernels

def test_the_kernels_tables_have_the_rows_of_the_table():
    """That of aarch64 goes without the words, which are those of the first one."""
    sys.path.insert(0, os.path.join(SOURCE, 'tests', 'kernels'))
    import table
    for machine, results, last in (('MACHINE', 'RESULTS', ['what was seen']),
                                   ('MACHINE OF AARCH64', 'RESULTS ON AARCH64', [])):
        found = [line[4:].split(' Ta ') for line in section('denybox-kernels.7', results)
                 if line.startswith('.It ')]
        versions = list(items(section('denybox-kernels.7', machine)))
        assert found[0] == ['row', *versions, *last], found[0]
        assert [cells[0] for cells in found[1:]] == [name for name, users, _ in table.FULL if users]
        for cells, what in zip(found[1:], (what for _, users, what in table.FULL if users)):
            results = cells[1:len(versions) + 1]
            assert len(results) == len(versions) and set(results) <= {'pass', '-'}, cells
            assert [plain(cell) for cell in cells[len(versions) + 1:]] == ([what] if last else []), cells


def test_who_tried_it_on_other_kernels():
    sys.path.insert(0, os.path.join(SOURCE, 'tests', 'kernels'))
    import table
    text = joined(section('denybox-kernels.7', 'MACHINE'))
    root, user = re.search(r'as root; but (.*?) as root alone, and (.*?) as an ordinary user alone\.',
                           text).groups()
    for names, who in ((root, table.ROOT), (user, table.USER)):
        same(re.split(r', | and ', names),
             [name for name, users, _ in table.FULL if users == (who,)], 'rows of %s alone' % who)


# ---------------------------------------------------------------- the bench

def c_names(path, pattern):
    found = re.findall(pattern, read(path))
    assert found, 'nothing like %s in %s' % (pattern, path)
    return found


def test_what_is_said_of_the_figures():
    """By the text around them, which a new run does not write."""
    page = section('denybox-performance.7', 'FIGURES')
    cells = [[plain(cell) for cell in line[4:].split(' Ta ')] for line in page if line.startswith('.It ')]
    # The first of those that have as many columns is that of a start.
    start = {row[0]: row for row in reversed(cells) if len(row) == 7}
    many = {row[0]: row for row in cells if len(row) == 6}
    aims = {row[0]: row[1:] for row in cells if len(row) == 3 and row[2] in ('yes', 'no')}
    text = joined(section('denybox-performance.7', 'AIMS'))
    said = re.search(r'The floor itself takes ([\d.]+) .* there, and ([\d.]+) of a system call', text)
    assert float(said.group(1)) == round(float(start['floor'][4]), 2), start['floor']
    assert float(said.group(2)) == round(float(many['floor'][5]) / float(many['payload alone'][5]), 2)
    met = [what for what, (_, met) in aims.items() if met == 'yes']
    assert 'in the run below that of memory was met and no other' in text and \
        met == ["peak memory, to bubblewrap's"], met
    helped = joined(section('denybox-performance.7', 'WHAT HELPED'))
    peak = re.search(r"before, is ([\d.]+) in the run above", helped).group(1)
    assert abs(float(peak) - float(aims["peak memory, to bubblewrap's"][0])) < 0.0051, peak


def test_aims_are_those_of_the_bench():
    signs = {'AT_MOST': '<=', 'LESS_THAN': '<', 'AT_LEAST': '>='}
    table = [(row[1], ' '.join([signs[row[3]], row[4], row[2]]).strip())
             for row in rows('tests/bench/aim.def', 'AIM')]
    page = [tuple(plain(cell) for cell in line[4:].split(' Ta '))
            for line in section('denybox-performance.7', 'AIMS') if line.startswith('.It ')]
    assert page == [('what', 'aim'), *table], page


def test_contestants_are_those_of_the_bench():
    table = c_names('tests/bench/contestant.c', r'\[[A-Z_0-9]+\] = \{"([^"]+)"')
    page = [head for title in ('Launchers', 'Variants')
            for head in items(section('denybox-performance.7', title, 'Ss'))]
    assert page == table, 'page %s; table %s' % (page, table)


def test_members_of_the_json_of_the_bench():
    source = read('tests/bench/json.c')
    written = set(re.findall(r'\\"([a-z0-9_]+)\\":', source)) | \
        set(re.findall(r'(?:member|spread)\(to, "([a-z0-9_]+)"', source))
    same(items(section('denybox-performance.7', 'THE JSON FORM')),
         ['Li ' + name for name in written], 'members of bench.json')


def test_defaults_of_the_bench():
    text = joined(preamble('denybox-performance.7', 'DESCRIPTION'))
    for name, words in (('STARTS', r'%s unless'), ('RUNS', r'batches; %s')):
        value = re.search(r'^BENCH_%s = (\d+)$' % name, read('tests/bench/bench.am'), re.M).group(1)
        assert words % value in text, 'BENCH_%s is %s' % (name, value)


# ---------------------------------------------------------------- running them

def all_tests():
    found = [value for name, value in sorted(globals().items(), key=lambda x: x[0])
             if name.startswith('test_')]
    for page in PAGES:
        for number, (comment, lines) in enumerate(example_blocks(page), 1):
            found.append(example_test(page, number, comment, lines))
    return found


def main(tests=None):
    passed = failed = skipped = 0
    for test in tests or all_tests():
        if len(sys.argv) > 1 and not any(word in test.__name__ for word in sys.argv[1:]):
            continue
        try:
            test()
            passed += 1
        except Skip as reason:
            if os.environ.get('CI') == 'true' and 'user namespaces' in str(reason):
                print('FAIL %s: %s' % (test.__name__, reason))
                failed += 1
                continue
            print('SKIP %s: %s' % (test.__name__, reason))
            skipped += 1
        except Exception as e:  # a test that breaks has failed, and the others still run
            text = '%s: %s' % (type(e).__name__, e)
            print('FAIL %s: %s' % (test.__name__, text[:2000]))
            failed += 1
    print('%d passed, %d failed, %d skipped' % (passed, failed, skipped))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
