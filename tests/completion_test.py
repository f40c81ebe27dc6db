#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The completions, asked in the shells that they are for, held against the tables of the source.

usage: tests/completion_test.py [NAME...]       in a build directory

A shell that is not installed is skipped.  Ends with `N passed, N failed, N skipped`.
"""

import functools
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import threading

import manual_test
from manual_test import Skip, knows, option_rows, rows, same

BUILD = os.path.dirname(manual_test.DENYBOX)
COMPLETIONS = os.path.join(BUILD, 'completion')
SHELLS = ('bash', 'zsh', 'fish')
PATH = '/usr/local/bin:/usr/bin:/bin'
PATIENCE_S = 60

# Readline takes the words apart at = and :, which the function has to put up with.
IN_BASH = '''
for file in "$1"/*; do source "$file"; done
while IFS=$'\\t' read -r -a COMP_WORDS; do
  COMP_WORDS=("${COMP_WORDS[@]% }") COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  "_${COMP_WORDS[0]//-/_}"
  printf '%s\\n' "${COMPREPLY[@]}" ' '
done
'''

IN_FISH = '''
for file in $argv[1]/*
    source $file
end
for question in $argv[2..]
    complete -C $question
    echo ' '
end
'''

# A widget goes through all questions, so that nothing depends on what a terminal echoes. What
# compadd is asked to add is what matches.
IN_ZSH = r'''
fpath=($ZDOTDIR/functions $fpath)
autoload -Uz compinit && compinit -u -D
unsetopt autolist beep
compadd() {
  local -a hits
  local word
  for word; do
    case $word in
      (-|--) break ;;
      (-[a-zA-Z]#[ODA]*) builtin compadd "$@"; return ;;
    esac
  done
  builtin compadd -A hits "$@"
  if (( $#hits )); then print -rl -- $hits >>$ZDOTDIR/answers; fi
  builtin compadd "$@"
}
setopt extendedglob
ask() {
  local question
  for question in "${(@f)$(<$ZDOTDIR/questions)}"; do
    BUFFER=$question CURSOR=$#question
    zle complete-word
    print -r -- ' ' >>$ZDOTDIR/answers
  done
  exit
}
zle -N ask
bindkey '^T' ask
print -n READY
'''


@functools.lru_cache(maxsize=None)
def shell(name):
    path = shutil.which(name, path=PATH)
    if path is None:
        raise Skip('%s is not installed' % name)
    return path


@functools.lru_cache(maxsize=None)
def place():
    """A directory in which everything is asked: another, a file, and nothing else."""
    work = tempfile.TemporaryDirectory()
    os.makedirs(os.path.join(work.name, 'here', 'folder'))
    with open(os.path.join(work.name, 'here', 'file'), 'w', encoding='ascii'):
        pass
    return work


def environment(**more):
    cache = os.path.join(place().name, 'cache')
    return dict({'HOME': place().name, 'PATH': BUILD + ':' + PATH, 'LANG': 'C.UTF-8',
                 'XDG_CACHE_HOME': cache, 'XDG_CONFIG_HOME': cache, 'XDG_DATA_HOME': cache,
                 'TERM': 'dumb'}, **more)


def answer(words, given=''):
    done = subprocess.run(words, cwd=os.path.join(place().name, 'here'), env=environment(),
                          input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, timeout=PATIENCE_S, encoding='utf-8')
    assert (done.returncode, done.stderr) == (0, ''), '%s: %d: %s' % (
        words[-1], done.returncode, done.stderr)
    return done.stdout.split('\n')[:-1]


def divided(lines):
    """The answers, each of which a line with a blank ends."""
    found = [[]]
    for line in lines:
        if line == ' ':
            found.append([])
        elif line:
            found[-1].append(line)
    assert found.pop() == []
    return found


def ask_bash(questions):
    def words(question):
        return [part for word in question.split(' ') for part in
                (re.split('([=:])', word) if word else [''])]
    # A blank keeps an empty word from being lost.
    lines = answer([shell('bash'), '--norc', '-c', IN_BASH, 'bash', os.path.join(COMPLETIONS, 'bash')],
                   '\n'.join('\t'.join(word + ' ' for word in words(q)) for q in questions) + '\n')
    return divided(lines)


def ask_fish(questions):
    lines = answer([shell('fish'), '--no-config', '-c', IN_FISH, os.path.join(COMPLETIONS, 'fish'),
                    *questions])
    return [[line.split('\t')[0] for line in lines] for lines in divided(lines)]


def ask_zsh(questions):
    with tempfile.TemporaryDirectory() as work:
        os.symlink(os.path.join(COMPLETIONS, 'zsh'), os.path.join(work, 'functions'))
        for name, text in (('.zshrc', IN_ZSH), ('questions', '\n'.join(questions))):
            with open(os.path.join(work, name), 'w', encoding='utf-8') as f:
                f.write(text)
        ours, its = pty.openpty()
        shown = []
        with subprocess.Popen([shell('zsh'), '-d', '-i'], stdin=its, stdout=its, stderr=its,
                              cwd=os.path.join(place().name, 'here'), start_new_session=True,
                              env=environment(ZDOTDIR=work)) as child:
            os.close(its)
            alarm = threading.Timer(PATIENCE_S, child.kill)
            alarm.start()
            try:
                asked = False
                while True:
                    shown.append(os.read(ours, 65536))
                    if not asked and b'READY' in b''.join(shown):
                        os.write(ours, b'\x14')
                        asked = True
            except OSError: # it has closed the terminal
                pass
            alarm.cancel()
        os.close(ours)
        assert os.path.exists(os.path.join(work, 'answers')), b''.join(shown)
        with open(os.path.join(work, 'answers'), encoding='utf-8') as f:
            answers = divided(f.read().split('\n')[:-1])
    return [[word.rstrip('=') for word in words] for words in answers]


ASK = {'bash': ask_bash, 'zsh': ask_zsh, 'fish': ask_fish}


def offered(name, questions):
    """[(the question, the words that are offered)]"""
    shell(name)
    answers = ASK[name](list(questions))
    assert len(answers) == len(questions), '%s: %d answers' % (questions, len(answers))
    return zip(questions, map(set, answers))


def commands():
    return {row[0]: row for row in rows('src/cmd/command.def', 'COMMAND')}


def tables():
    """{the words before an option: {option: its row}}"""
    plan = option_rows('src/plan/option.def')
    found = {'denybox ' + command: {name: row for name, row in plan.items() if knows(row, command)}
             for command in ('run', 'attest', 'plan', 'batch')}
    for command, path in (('check', 'cmd/check.def'), ('pack', 'cmd/pack.def'),
                          ('verify', 'verify/option.def'), ('scan', 'scan/option.def')):
        found['denybox ' + command] = option_rows('src/' + path)
    found['denybox-attest'] = option_rows('src/attester/option.def')
    return found


def each_shell(test):
    """test(SHELL) for each, by a name of its own."""
    def one(name):
        def of_shell():
            test(name)
        of_shell.__name__ = '%s_in_%s' % (test.__name__, name)
        return of_shell
    TESTS.extend(one(name) for name in SHELLS)


TESTS = []


@each_shell
def test_commands(name):
    for _, words in offered(name, ['denybox ']):
        same({word for word in words if not word.startswith('-')}, commands(), 'commands')
    for question, words in offered(name, ['denybox help ', 'denybox s']):
        want = commands() if question.endswith(' help ') else ['scan']
        same(words, want, question)


@each_shell
def test_every_option_is_offered(name):
    questions = {before + ' --': {'--' + option for option in table}
                 for before, table in tables().items()}
    for question, words in offered(name, questions):
        same(words, questions[question], question)


@each_shell
def test_an_option_is_offered_once_unless_it_may_be_given_again(name):
    questions = {}
    for before, table in tables().items():
        for option, row in table.items():
            value = ' x' * len(row['value'].split())
            questions['%s --%s%s --%s' % (before, option, value, option)] = 'MANY' in row['flags']
    assert set(questions.values()) == {True, False}
    for question, words in offered(name, questions):
        assert (question.rsplit(' ', maxsplit=1)[1] in words) == questions[question], \
            '%s: %s' % (question, words)


@each_shell
def test_values_are_of_their_kind(name):
    words = {row[0]: set(row[1].split()) for row in rows('src/completion/words.def', 'WORDS')}
    words['allow-deviation'] = {row[1] for row in rows('src/rules/deviation.def', 'DEVIATION')}
    questions = {}
    for before, table in tables().items():
        for option, row in table.items():
            if not row['value']:
                continue
            named = set() if before == 'denybox-attest' and option == 'seccomp' \
                else words.get(option, set())
            paths = row['kind'] in ('PATH', 'PATHS', 'BIND') or option == 'seccomp'
            want = named | ({'folder'} if paths else set()) | \
                ({'file'} if paths and row['value'] != 'DIR' else set())
            questions['%s --%s ' % (before, option)] = want
    for question, found in offered(name, questions):
        same({word.rstrip('/') for word in found}, questions[question], question)


@each_shell
def test_the_second_word_of_a_value(name):
    for question, found in offered(name, ['denybox run --ro-bind file ', 'denybox run --setenv A ']):
        same(found, [], question)


@each_shell
def test_a_value_behind_an_equals_sign(name):
    for question, found in offered(name, ['denybox run --seccomp=t', 'denybox-attest --in=fo']):
        want = 'targeted' if 'seccomp' in question else 'folder'
        # fish replaces the whole word.
        same({word.rstrip('/').split('=')[-1] for word in found}, [want], question)


@each_shell
def test_what_belongs_to_the_payload(name):
    """Its program is a command or a file; whatever comes then is its own."""
    first = ['denybox run ', 'denybox run -- ', 'denybox batch --in-each folder -- ',
             'denybox plan --proc ']
    for question, found in offered(name, first):
        found = {word.rstrip('/') for word in found}
        assert {'bash', 'folder'} <= found, '%s: %s' % (question, sorted(found)[:50])
        assert not {word for word in found if word.startswith('--')}, question
    # fish takes a program for it in which both dashes are two other characters.
    for question, found in offered(name, ['denybox run -- --']):
        assert not {word for word in found if word.startswith('--')}, question
    for question, found in offered(name, ['denybox run bash --', 'denybox run -- bash --i',
                                          'denybox plan --proc -- x --']):
        same(found, [], question)
    for question, found in offered(name, ['denybox run bash f', 'denybox run -- bash --in fi']):
        same({word.rstrip('/') for word in found},
             ['file'] if question.endswith('fi') else ['file', 'folder'], question)


@each_shell
def test_files_where_a_command_takes_them(name):
    for question, found in offered(name, ['denybox verify f', 'denybox scan --quiet file f',
                                          'denybox filter compile f', 'denybox image add f']):
        same({word.rstrip('/') for word in found}, ['file', 'folder'], question)
    for question, found in offered(name, ['denybox check f', 'denybox attest f',
                                          'denybox filter list f']):
        same(found, [], question)


@each_shell
def test_verbs(name):
    table = {}
    for command, verb, words, _ in rows('src/cmd/verb.def', 'VERB'):
        table.setdefault(command, {})[verb] = words
    for question, found in offered(name, ['denybox %s ' % command for command in table]):
        same({word for word in found if word[0] != '-'}, table[question.split()[1]], question)
    options = {'denybox %s %s --' % (command, verb): set(re.findall(r'--[a-z-]+', words))
               for command, verbs in table.items() for verb, words in verbs.items()}
    for question, found in offered(name, options):
        assert options[question] <= found, '%s: %s' % (question, found)
    listed = {line.split()[0] for line in manual_test.output('filter', 'list').splitlines()}
    for question, found in offered(name, ['denybox filter show ', 'denybox filter digest ']):
        same(found, listed, question)


@each_shell
def test_ids_of_the_cache(name):
    """What the cache has, as it names it."""
    shell(name)
    done = subprocess.run([manual_test.DENYBOX, 'run', '--', 'cat', '/dev/null'], env=environment(),
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False)
    listed = [line.split()[0] for line in answer([manual_test.DENYBOX, 'cache', 'list'])]
    if not listed:
        raise Skip('no root was made here: %s' % done.stderr.decode().split('\n')[0])
    for question, found in offered(name, ['denybox cache verify ', 'denybox cache prune ']):
        same(found, listed, question)
    if name == 'bash':
        for question, found in offered(name, ['denybox cache prune sha256:' + listed[0][7:9]]):
            same(found, [listed[0][7:]], question)


# ---------------------------------------------------------------- what is beside the tables

def test_words_are_those_of_the_program():
    """Each is accepted, and one that is not there would not be."""
    for option, words in rows('src/completion/words.def', 'WORDS'):
        for word in words.split():
            done = manual_test.run('plan', '--' + option, word, '--', '/bin/sh')
            assert done.returncode == 0, '--%s %s: %s' % (option, word, done.stderr.decode())
    for option in ('seccomp', 'cgroup'):
        assert manual_test.run('plan', '--' + option, 'no-such-word', '--', '/bin/sh').returncode, option


def test_operands_are_those_of_the_synopsis():
    forms = {'payload': r'COMMAND \[ARG\.\.\.\]$', 'program': r' COMMAND( |$)', 'file': r' [A-Z]+\.\.\.$',
             'verb': r' \w+(\|\w+)+', 'command': r' \[COMMAND\]$', '': r'^\w+ \[OPTIONS\]$'}
    table = dict(rows('src/completion/operand.def', 'OPERAND'))
    same(table, commands(), 'operands')
    for command, what in table.items():
        assert re.search(forms[what], commands()[command][1]), command


def test_fish_says_what_a_word_does():
    lines = answer([shell('fish'), '--no-config', '-c', 'source $argv[1]; complete -C $argv[2]',
                    os.path.join(COMPLETIONS, 'fish', 'denybox.fish'), 'denybox run --'])
    same(lines, ['--%s\t%s' % (option, row['help'])
                 for option, row in tables()['denybox run'].items()], 'denybox run --')


TESTS.extend((test_words_are_those_of_the_program, test_operands_are_those_of_the_synopsis,
              test_fish_says_what_a_word_does))

if __name__ == '__main__':
    sys.exit(manual_test.main(TESTS))
