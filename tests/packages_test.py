#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Holds the recipes of packages against the source and against each other: what all of them say has to
# be the same. Nothing is built; scripts/release does that.
#
#   tests/packages_test.py [NAME...]

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile

import manual_test

SOURCE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
SPEC = 'packaging/denybox.spec'
ALPINE = 'packaging/alpine/APKBUILD'
ARCH = 'packaging/arch/PKGBUILD'
NIX = 'packaging/nix/default.nix'

# What says the version, and how.
VERSIONS = {
    'debian/changelog': r'\Adenybox \(([^)]+)\) ',
    SPEC: r'^Version: +(\S+)$',
    ALPINE: r'^pkgver=(\S+)$',
    ARCH: r'^pkgver=(\S+)$',
    NIX: r'^  version = "([^"]+)";$',
    'NEWS': r'\A.*\n\n(\S+?),? ',
}

# What says in a line what denybox is, and how; Debian's begins in lower case.
SUMMARIES = {
    'debian/control': r'^Description: (.+)$',
    SPEC: r'^Summary: +(.+)$',
    ALPINE: r'^pkgdesc="(.+)"$',
    ARCH: r"^pkgdesc='(.+)'$",
    NIX: r'^    description = "(.+)";$',
}

# A library of configure.ac, and its name in Debian, Fedora, Alpine, Arch and Nix. Arch has Check in
# checkdepends, as Nix and Alpine do; where it stands is not looked at.
LIBRARIES = {
    'libseccomp': ('libseccomp-dev', 'pkgconfig(libseccomp)', 'libseccomp-dev', 'libseccomp', 'libseccomp'),
    'libcap-ng': ('libcap-ng-dev', 'pkgconfig(libcap-ng)', 'libcap-ng-dev', 'libcap-ng', 'libcap_ng'),
    'jansson': ('libjansson-dev', 'pkgconfig(jansson)', 'jansson-dev', 'jansson', 'jansson'),
    'nettle': ('nettle-dev', 'pkgconfig(nettle)', 'nettle-dev', 'nettle', 'nettle'),
    'libelf': ('libelf-dev', 'pkgconfig(libelf)', 'elfutils-dev', 'libelf', 'elfutils'),
    'libarchive': ('libarchive-dev', 'pkgconfig(libarchive)', 'libarchive-dev', 'libarchive',
                   'libarchive'),
    'check': ('check', 'pkgconfig(check)', 'check-dev', 'check', 'check'),
}
RECIPES = ('debian/control', SPEC, ALPINE, ARCH, NIX)
# Those that say which version of a library has to be there at least.
BOUNDED = RECIPES[:2]


def read(path):
    with open(os.path.join(SOURCE, path), encoding='utf-8') as file:
        return file.read()


def named(path, form):
    """What a file says, exactly once."""
    found = re.findall(form, read(path), re.M)
    assert len(found) == 1, '%s: %s' % (path, found)
    return found[0]


def code(path):
    """Without its comments."""
    return re.sub(r'(?m)^\s*#.*$', '', read(path))


def modules():
    """The libraries of configure.ac, with the version that they must have, if any."""
    found = re.findall(r'PKG_CHECK_MODULES\(\[\w+\], \[(\S+?)(?: >= (\S+))?\]', read('configure.ac'))
    assert len(found) > 3, found
    return dict(found)


def test_the_version_is_one():
    version = named('configure.ac', r'^AC_INIT\(\[denybox\], \[(.+)\]\)$')
    said = {path: named(path, form) for path, form in VERSIONS.items()}
    assert set(said.values()) == {version}, '%s: %s' % (version, said)


def test_the_summary_is_one():
    said = {path: named(path, form) for path, form in SUMMARIES.items()}
    assert len({text[0].lower() + text[1:] for text in said.values()}) == 1, said


def test_every_library_is_asked_for():
    wanted = modules()
    assert set(LIBRARIES) == set(wanted), set(LIBRARIES) ^ set(wanted)
    for column, path in enumerate(RECIPES):
        text = code(path)
        for library, names in LIBRARIES.items():
            name = re.escape(names[column])
            found = re.search(r'(?<![\w-])%s(?![\w-])(?: \(?>= ([\d.]+))?' % name, text)
            assert found, '%s does not ask for %s' % (path, names[column])
            if path in BOUNDED:
                assert (found.group(1) or '') == wanted[library], \
                    '%s: %s %s, and configure wants %s' % (path, library, found.group(1), wanted[library])


def test_the_readme_names_every_library():
    """Who builds it by hand has nothing else to go by."""
    text = named('README', r'(?s)^To build: (.*?)\n\n')
    for library in modules():
        assert re.search(r'(?<![\w-])%s(?![\w-])' % re.escape(library), text, re.I), library


def test_configure_names_every_library_that_is_missing():
    """All at once, in one line."""
    if not os.path.exists(os.path.join(SOURCE, 'configure')):
        raise manual_test.Skip('configure is made by autoreconf, and has not been')
    with tempfile.TemporaryDirectory() as here:
        # Of a tree in which a build was configured it would say only that.
        shutil.copy(os.path.join(SOURCE, 'configure'), here)
        shutil.copytree(os.path.join(SOURCE, 'build-aux'), os.path.join(here, 'build-aux'))
        os.makedirs(os.path.join(here, 'src', 'launch'))
        shutil.copy(os.path.join(SOURCE, 'src', 'launch', 'launch.c'), os.path.join(here, 'src', 'launch'))
        done = subprocess.run(['./configure', '--quiet'], cwd=here, check=False, encoding='utf-8',
                              env=dict(os.environ, PKG_CONFIG_LIBDIR=here, PKG_CONFIG_PATH=''),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wanted = modules()
    del wanted['check'] # the build does without
    said = ', '.join('%s %s' % item if item[1] else item[0] for item in wanted.items())
    assert done.returncode == 1 and done.stdout.startswith(
        'configure: error: not there, too old, or without headers: %s; ' % said), done.stdout
    assert done.stdout.count('\n') == 1, done.stdout


def test_configure_names_what_a_cross_build_is_given():
    """The tools that the build starts of itself, each a variable."""
    tools = re.findall(r'^(MK[A-Z]+) = ', read('Makefile.am'), re.M)
    assert len(tools) > 1, tools
    for tool in tools:
        assert '%s=DIR/%s' % (tool, tool.lower()) in read('configure.ac'), tool


def test_the_profile_of_apparmor_has_a_path_with_a_blank():
    """Of a prefix with one; without quotes the parser takes the rest for another word."""
    assert re.findall(r'^profile denybox (\S+) ', read('fixtures/apparmor/denybox.in'), re.M) == \
        ['"@bindir@/denybox"']


def test_alpine_asks_for_the_shell_of_the_tests():
    """It has busybox for a shell; the others have bash."""
    assert 'bash' in named(ALPINE, r'^checkdepends="([^"]+)"$').split()


def test_every_page_is_packed():
    """By the spec, which names what it packs; the others take all that was installed."""
    patterns = re.findall(r'^%\{_mandir\}/(\S+)$', read(SPEC), re.M)
    pages = re.findall(r'\bman/(\S+\.[1-8])\b', read('man/man.am'))
    assert len(pages) > 10, pages
    for page in pages:
        place = 'man%s/%s.gz' % (page[-1], page)
        assert any(fnmatch.fnmatch(place, pattern) for pattern in patterns), place


def test_the_tests_of_the_installed_package_are_there():
    names = re.findall(r'^Tests: (\S+)$', read('debian/tests/control'), re.M)
    assert names, 'none'
    there = set(os.listdir(os.path.join(SOURCE, 'debian', 'tests'))) - {'control'}
    assert there == set(names), there ^ set(names)
    for name in names:
        assert os.access(os.path.join(SOURCE, 'debian', 'tests', name), os.X_OK), name


def tracked():
    """What git knows of the tree."""
    known = subprocess.run(['git', '-C', SOURCE, 'ls-files', '-z'], check=False, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, encoding='utf-8') if shutil.which('git') else None
    if known is None or known.returncode != 0 or not known.stdout:
        raise manual_test.Skip('it needs the repository: a tarball cannot say what it lacks')
    return [path for path in known.stdout.split('\0') if path]


def listing(makefile):
    """Without comments and recipes: a directory that a command makes packs nothing."""
    lines = re.sub(r'#.*', '', makefile).replace('\\\n', ' ').splitlines()
    return '\n'.join(line for line in lines if not line.startswith('\t'))


def test_every_file_is_in_the_tarball():
    """By its name, that of its program or of a directory above it, in what automake reads; which packs
    that itself, and some names by custom."""
    makefiles = [path for path in tracked() if path.endswith('.am')]
    listed = {word for path in makefiles for word in listing(read(path)).split()}
    itself = {'COPYING', 'NEWS', 'README', 'configure.ac', *makefiles}
    # What only the repository needs.
    listed |= {'.github', '.gitignore'}
    missing = []
    for path in set(tracked()) - itself:
        # A program for which no sources are named is made of the one of its name.
        parts = re.sub(r'\.c$', '', path).split('/') if path not in listed else path.split('/')
        if not any('/'.join(parts[:depth]) in listed for depth in range(1, len(parts) + 1)):
            missing.append(path)
    assert not missing, sorted(missing)


def test_recipes_are_read_by_their_shell():
    for path in (ALPINE, ARCH):
        done = subprocess.run(['bash', '-n', os.path.join(SOURCE, path)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              encoding='utf-8')
        assert done.returncode == 0 and done.stdout == '', done.stdout


def test_no_recipe_starts_sandboxes():
    """A builder may forbid them: make check has to be told, each time."""
    for path in ('debian/rules', SPEC, ALPINE, ARCH, NIX):
        assert 'CHECK_LIVE=no' in code(path), path


if __name__ == '__main__':
    sys.exit(manual_test.main([value for name, value in sorted(globals().items())
                               if name.startswith('test_')]))
