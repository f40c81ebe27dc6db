#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Holds the schemas of fixtures/schema against the tables of the source and against the manual, both
# ways, and says what they must let through and what not. Starts no sandbox: that real documents
# satisfy them is tests/live/test_schema.py.
#
#   tests/schema_test.py [NAME...]
#   tests/schema_test.py --write        makes probes.schema.json and controls.schema.json anew from
#                                       the tables of probes and of controls

import copy
import hashlib
import json
import os
import re
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, 'live'))

import manual_test
import schemas
from manual_test import c_strings, options, read, rows, same, section

DIRECTORY = os.path.join(HERE, '..', 'fixtures', 'schema')
SCHEMAS = schemas.load(DIRECTORY)
DRAFT = 'https://json-schema.org/draft/2020-12/schema'
BUNDLE, PLAN, COMMON, PROBES, STATUS, CONTROLS = (
    SCHEMAS.get(name + '.schema.json')
    for name in ('bundle', 'plan', 'common', 'probes', 'status', 'controls'))


def validate():
    jsonschema = schemas.import_jsonschema()
    if jsonschema is None:
        raise manual_test.Skip('python3-jsonschema is not installed')
    return schemas.Schemas(jsonschema, DIRECTORY)


# ---------------------------------------------------------------- the probes

# Of each judge that reads a text, which one: the comments of enum judge_kind.
RAW_REFS = {
    'NET_DEV': '/raw/proc_net_dev', 'ENV': '/raw/env_keyset', 'MOUNTS': '/raw/mountinfo',
    'CAPS': '/raw/status', 'SECCOMP': '/raw/status', 'SIGNALS': '/raw/status',
    'IDS': '/raw/status',
}


def probe_schema(row):
    return {
        '$ref': 'common.schema.json#/$defs/probe',
        'properties': {
            'probe_id': {'const': row[1]},
            'operation': {'const': row[2]},
            'expected': {'const': row[3]},
            'artifact_path': {'enum': ['/out/attest.jsonl#' + row[1], None]},
            'tests': {'const': [int(number) for number in row[4].split()]},
            'boundary': {'const': int(row[5])},
            'control': {'properties': {'operation': {'const': row[6]}}},
            'raw_ref': {'const': RAW_REFS.get(row[7])},
        },
    }


def probes_schema():
    """What probes.schema.json has to be: a row for each of src/rules/probe.def."""
    table = rows('src/rules/probe.def', 'PROBE')
    pointers = [{'$ref': '#/$defs/' + row[1]} for row in table]
    return {
        '$schema': DRAFT,
        '$id': 'probes.schema.json',
        'title': 'probes[]: every probe once, in the order of the table',
        '$comment': 'Made from src/rules/probe.def by tests/schema_test.py --write.',
        'type': 'array',
        'minItems': len(table),
        'prefixItems': pointers,
        'items': False,
        '$defs': {**{row[1]: probe_schema(row) for row in table},
                  'any': {'oneOf': pointers}},
    }


def write_schemas():
    for schema in (probes_schema(), controls_schema()):
        with open(os.path.join(DIRECTORY, schema['$id']), 'w', encoding='ascii') as file:
            json.dump(schema, file, indent=2)
            file.write('\n')


def test_probes_are_those_of_the_table():
    assert PROBES == probes_schema(), \
        'probes.schema.json is not what the table says: tests/schema_test.py --write'
    reading = re.findall(r'JUDGE_(\w+), +/\* from raw:', read('src/rules/probe.h'))
    same(RAW_REFS, reading, 'judges that read a text')
    # The generator itself is held against rows of the operator packet.
    row = PROBES['$defs']['PR-FS-ESC-2']['properties']
    assert row['operation'] == {'const': 'create /root/__probe and /app/__probe'}
    assert (row['tests'], row['raw_ref']) == ({'const': [29, 33]}, {'const': None})


# ---------------------------------------------------------------- the controls

def common(name):
    return {'$ref': 'common.schema.json#/$defs/' + name}


def closed(properties, **more):
    return {'type': 'object', 'required': list(properties), 'properties': properties,
            'unevaluatedProperties': False, **more}


def array_of(name):
    return {'type': 'array', 'items': common(name)}


def removals():
    """{name: (what is taken away, the probes that must flip, must the launcher notice)}"""
    ids = {row[0]: row[1] for row in rows('src/rules/probe.def', 'PROBE')}
    order = list(ids)
    must = {'SEEN': True, 'UNSEEN': False, 'EITHER': None}
    return {row[1]: (row[2], [ids[name] for name in sorted(row[4:-1], key=order.index)],
                     must[row[3]])
            for row in rows('src/rules/control.def', 'REMOVAL')}


def golden():
    words = {True: ['launcher'], False: [], None: ['launcher?']}
    return [' '.join([name + ':', *flips, *words[notices]])
            for name, (_, flips, notices) in removals().items()]


def removal_schema():
    """A row, whichever: it ran, or says why it did not and has found nothing."""
    empty = {'maxItems': 0}
    return closed({
        'removal': {'type': 'string'},
        'removes': {'type': 'string'},
        'ran': {'type': 'boolean'},
        'reason': common('text_or_null'),
        'expected': {'type': 'array', 'items': {'type': 'string'}},
        'flipped': {'type': 'array', 'uniqueItems': True, 'items': {
            'type': 'string', 'enum': [row[1] for row in rows('src/rules/probe.def', 'PROBE')]}},
        'launcher': closed({'expected': {'type': ['boolean', 'null']}, 'found': array_of('text')}),
        'faults': array_of('text'),
        'probes': {'type': 'array'},
    }, **{
        'if': {'properties': {'ran': {'const': True}}},
        'then': {'properties': {'reason': {'type': 'null'}, 'probes': {'$ref': '#/$defs/probes'}}},
        'else': {'properties': {'reason': {'type': 'string'}, 'flipped': empty, 'probes': empty,
                                'launcher': {'properties': {'found': empty}}}},
    })


def row_schema(name, what, flips, notices):
    return {'$ref': '#/$defs/removal', 'properties': {
        'removal': {'const': name},
        'removes': {'const': what},
        'expected': {'const': flips},
        'launcher': {'properties': {'expected': {'const': notices}}},
    }}


def controls_schema():
    """What controls.schema.json has to be: a row for each of src/rules/control.def."""
    table = [row_schema(name, *row) for name, row in removals().items()]
    probes = rows('src/rules/probe.def', 'PROBE')
    ids = {row[0]: row[1] for row in probes}
    never = {ids[row[0]]: {'type': 'string', 'const': row[1]}
             for row in rows('src/rules/control.def', 'NEVER')}
    text = ''.join(line + '\n' for line in golden())
    document = closed({
        'schema_version': {'type': 'integer', 'const': 1},
        'profile': {'type': 'string', 'const': 'weakened'},
        'seccomp': {'type': 'string', 'enum': words(
            PLAN['properties']['seccomp']['properties']['profile'])},
        'run_at': common('time'),
        'golden': {'type': 'array', 'items': {'type': 'string'}, 'const': golden()},
        'golden_sha256': {'type': 'string',
                          'const': 'sha256:' + hashlib.sha256(text.encode('ascii')).hexdigest()},
        'removals': {'type': 'integer', 'minimum': 0, 'maximum': len(table) - 1},
        'faults': common('count'),
        'never_flips': closed(never),
        'matrix': {'type': 'array', 'minItems': len(table), 'prefixItems': table, 'items': False},
    })
    return {
        '$schema': DRAFT,
        '$id': 'controls.schema.json',
        'title': '/out/controls.json: what attest --controls has found',
        '$comment': 'Made from src/rules/control.def by tests/schema_test.py --write.',
        **document,
        '$defs': {
            'removal': removal_schema(),
            'probes': {'type': 'array', 'minItems': len(probes), 'items': False, 'prefixItems': [
                {'$ref': '#/$defs/probe', 'properties': {'probe_id': {'const': row[1]}}}
                for row in probes]},
            'probe': closed({'probe_id': {'type': 'string'}, 'verdict': common('verdict'),
                             'actual_stderr_or_value': common('text')}),
        },
    }


def test_controls_are_those_of_the_table():
    assert CONTROLS == controls_schema(), \
        'controls.schema.json is not what the table says: tests/schema_test.py --write'
    # The generator itself is held against a line that the manual has.
    page = manual_test.joined(section('denybox-evidence.5', 'Golden table', 'Ss'))
    assert 'network: PR-NET-2 launcher' in golden() and 'network: PR-NET-2 launcher' in page


def test_fields_of_the_controls_are_those_of_the_manual():
    found = {}
    field_paths(CONTROLS, 'controls.schema.json', '', found)
    # A row's probes stand behind a condition.
    field_paths(CONTROLS['$defs']['probes'], 'controls.schema.json', 'matrix[].probes', found)
    page = manual_test.matrix_field_types()
    same(page, found, 'fields of the controls')
    for path, types in found.items():
        assert types == page[path], '%s is %s, the manual says %s' % (
            path, sorted(types), sorted(page[path]))


# ---------------------------------------------------------------- the other tables

def words(schema):
    return schema['enum'] if 'enum' in schema else [schema['const']]


def test_verdicts_are_those_of_the_code():
    assert words(COMMON['$defs']['verdict']) == c_strings('src/rules/probe.c',
                                                          '*verdict_name')[:4]


def test_deviations_are_those_of_the_table():
    names = [row[1] for row in rows('src/rules/deviation.def', 'DEVIATION')]
    assert words(COMMON['$defs']['deviations']['items']) == names


def test_limits_are_those_of_the_code():
    text = re.sub(r'\s+', ' ', read('src/launch/limits.c') + read('src/launch/output.c'))
    rlimits = re.findall(r' \{"(\w+)", RLIMIT_\w+, (\w+), \w+, \d+, "([^"]+)"\},', text)
    table = {name: [('rlimit', scope)] for name, _, scope in rlimits}
    table.update((name, [(held_by, scope)]) for name, held_by, scope in re.findall(
        r'\(struct limit_row\)\{"(\w+)", [^"]+, "(\w+)", "([^"]+)"\}', text))
    # A controller of the cgroup, where there is one.
    exact = re.search(r'\{row\.name, controller_value\(exact, d\), "(\w+)", "([^"]+)"\}', text)
    for name in [name for name, controller, _ in rlimits if controller != 'N_CONTROLLERS'] + ['cpus']:
        table[name].append(exact.groups())
    schema = BUNDLE['properties']['limits']['properties']
    same(schema, table, 'limits')
    for name, limit in schema.items():
        forms = [form if 'properties' in form else BUNDLE['$defs']['exact']
                 for form in limit.get('oneOf', [limit])]
        have = [tuple(form['properties'][key]['const'] for key in ('held_by', 'scope'))
                for form in forms]
        assert have == table[name], '%s: %s, the code %s' % (name, have, table[name])


def test_ranges_of_the_plan_are_those_of_the_options():
    limits = PLAN['properties']['limits']['properties']
    pairs = {'memory': limits['memory_bytes'], 'pids-limit': limits['pids'],
             'cpus': limits['cpus'], 'nofile': limits['nofile'], 'fsize': limits['fsize_bytes'],
             'tmp-size': limits['tmp_bytes'], 'out-size': limits['out_bytes'],
             'timeout': limits['timeout_seconds'], 'kill-after': limits['kill_after_seconds'],
             'uid': PLAN['properties']['uid'],
             'gid': PLAN['properties']['gid']}
    assert len(limits) == len(pairs) - 2 + 1  # uid and gid stand elsewhere; cgroup is a text
    for name, schema in pairs.items():
        have = (schema['minimum'], schema['maximum'])
        want = (options()[name]['min'], options()[name]['max'])
        assert have == want, '--%s: %s, the table %s' % (name, have, want)


def test_lengths_are_those_of_the_options():
    properties = BUNDLE['properties']
    for name, schema in (('venue', properties['venue']), ('run-id', properties['run_id'])):
        assert schema['maxLength'] == options()[name]['max'], name
    for name, text in (('nonce', properties['freshness']['properties']['nonce']['pattern']),
                       ('hostname', PLAN['properties']['hostname']['pattern'])):
        row = options()[name]
        assert '{%d,%d}' % (row['min'], row['max']) in text, name


def test_profiles_are_those_of_bpf():
    files = [name[:-5] for name in os.listdir(os.path.join(HERE, '..', 'bpf'))
             if name.endswith('.json') and name != 'init.json']
    same(words(PLAN['properties']['seccomp']['properties']['profile']), files, 'profiles')
    filters = BUNDLE['$defs']['binding']['properties']['filters']['properties']
    same(words(filters['profile']), files + [name + '_exec' for name in files], 'filters')


def test_names_are_those_of_the_code():
    look = BUNDLE['$defs']['look']['properties']
    output = BUNDLE['$defs']['output']['properties']
    same(look['namespaces']['properties'], c_strings('src/record/result.c', 'names[]'),
         'namespaces')
    same([name for name in COMMON['$defs']['raw']['properties']
          if not re.search('_(b64|sha256)$', name)], c_strings('src/rules/probe.c', '*raw_name'),
         'raw texts')
    same(words(output['type']), re.findall(r'return "(\w+)";', read('src/rules/oddity.c')),
         'types of outputs')
    assert words(output['odd']['items']) == [row[1] for row in rows('src/rules/oddity.def',
                                                                    'ODDITY')]
    result = BUNDLE['$defs']['result']['properties']
    assert words(result['outputs_state']) == c_strings('src/evidence/outputs.c', 'names[]')
    assert result['outputs']['maxItems'] == int(
        re.search(r'OUTPUTS_LISTED (\d+)', read('src/rules/oddity.h')).group(1))
    architectures = BUNDLE['$defs']['binding']['properties']['filters']['properties'][
        'architectures']['items']
    same(words(architectures), re.findall(r'"(x86_64|aarch64)"', read('src/filter/compile.c')),
         'architectures')


def test_exit_codes_are_those_of_the_table():
    codes = {int(row[1]) for row in rows('src/base/exitcode.def', 'EXITCODE')}
    failed = STATUS['$defs']['failed']['properties']['exit-code']
    blocked = STATUS['$defs']['blocked']['properties']['exit-code']
    table, signals = failed['anyOf']
    # 124 is no failure of ours: it stands in the line of the end.
    numbers, status = STATUS['$defs']['ended']['allOf']
    timed_out = status['then']['properties']['exit-code']
    same(words(table) + words(blocked) + words(timed_out), codes - {0}, 'exit codes')
    # 128 and the number of a signal, as of a payload that one has ended.
    number = numbers['then']['properties']['number']
    assert signals == status['else']['then']['properties']['exit-code'], signals
    assert signals['minimum'] == 128 + number['minimum'], signals
    assert signals['maximum'] == 128 + number['maximum'], signals


def test_checks_and_outcomes_are_those_of_verify():
    if not os.path.exists(os.path.join(HERE, '..', 'src', 'verify', 'check.def')):
        raise manual_test.Skip('there is no denybox verify yet')
    result = SCHEMAS['verify-result.schema.json']['$defs']['result']['properties']
    names = [row['properties']['check']['const'] for row in result['checks']['prefixItems']]
    assert names == [row[1] for row in rows('src/verify/check.def', 'CHECK')], names
    same(words(result['verdict']), [row[1] for row in rows('src/verify/outcome.def', 'OUTCOME')],
         'outcomes')
    pattern = SCHEMAS['verify-result.schema.json']['$defs']['check']['properties']['reasons'][
        'items']['properties']['code']['pattern']
    for row in rows('src/verify/reason.def', 'REASON'):
        assert re.search(pattern, row[1]), row[1]


# ---------------------------------------------------------------- the manual

def resolve(reference, name):
    """(schema, the file it is in) of a $ref that stands in the file `name`."""
    target, _, pointer = reference.partition('#')
    name = target or name
    schema = SCHEMAS[name]
    for step in pointer.split('/')[1:]:
        schema = schema[step]
    return schema, name


def children(schema):
    """[(what is added to the path, schema)] of the fields and elements of one schema."""
    found = [('.' + key, child) for key, child in schema.get('properties', {}).items()]
    found += [('[]', child) for child in schema.get('prefixItems', [])]
    if isinstance(schema.get('items'), dict):
        found.append(('[]', schema['items']))
    return [(step, child) for step, child in found if isinstance(child, dict)]


def field_paths(schema, name, path, found):
    """Adds path: {types} of everything that a schema describes, through its references."""
    if '$ref' in schema:
        field_paths(*resolve(schema['$ref'], name), path, found)
    if path and 'type' in schema:
        kind = schema['type']
        found.setdefault(path, set()).update([kind] if isinstance(kind, str) else kind)
    for step, child in children(schema):
        field_paths(child, name, (path + step).lstrip('.'), found)


def documented():
    return manual_test.field_types()


def described():
    found = {}
    field_paths(BUNDLE, 'bundle.schema.json', '', found)
    # As in the manual: the second look has the keys of the first.
    return {path: types for path, types in found.items()
            if not path.startswith('observed.after_exec.')}


def test_fields_are_those_of_the_manual():
    page, schema = documented(), described()
    # The schema knows the digest of the control matrix before a bundle can have it.
    if page['controls'] == {'null'}:
        schema = {path: types for path, types in schema.items() if not path.startswith('controls')}
        del page['controls']
    same(page, schema, 'fields of the schema')
    for path, types in schema.items():
        assert types == page[path], '%s is %s, the manual says %s' % (
            path, sorted(types), sorted(page[path]))


def test_status_lines_are_those_of_the_manual():
    text = '\n'.join(section('denybox.1', 'STATUS LINES'))
    lines = [sorted(re.findall(r'"([a-z-]+)":', line))
             for line in re.findall(r'^\{.*?\}$', text, re.M | re.S)]
    objects = [STATUS['$defs'][row['$ref'].split('/')[-1]] for row in STATUS['oneOf']]
    assert lines == [sorted(schema['required']) for schema in objects], lines
    optional = [sorted(set(schema['properties']) - set(schema['required'])) for schema in objects]
    assert optional == [[], ['limit', 'time-limit'], [], [], [], ['walls'], []], optional


def test_the_page_names_every_schema():
    text = manual_test.joined(section('denybox-evidence.5', 'SCHEMAS'))
    same(re.findall(r'[a-z-]+\.schema\.json', text), SCHEMAS, 'schemas')
    same(re.findall(r'[a-z-]+\.schema\.json', read('fixtures/fixtures.am')), SCHEMAS,
         'schemas that are installed')


# ---------------------------------------------------------------- the schemas themselves

# What a document may lack: see the conditions beside them.
OPTIONAL = {'mountinfo_sha256', 'proc_net_dev_sha256', 'status_sha256', 'walls',
            'pids', 'memory', 'fsize', 'out', 'time', 'core', 'nofile', 'cpus',
            'time-limit', 'limit', 'batch'}
CONDITIONS = {'if', 'then', 'else', 'not', 'contains'}


def objects(schema, where):
    """[(where, schema)] of every object that is described, not of what conditions say of it."""
    if isinstance(schema, list):
        for number, child in enumerate(schema):
            yield from objects(child, '%s/%d' % (where, number))
    elif isinstance(schema, dict):
        kinds = schema.get('type', [])
        if 'object' in ([kinds] if isinstance(kinds, str) else kinds) and 'properties' in schema:
            yield where, schema
        for key, child in schema.items():
            if key not in CONDITIONS and not where.endswith('/allOf'):
                yield from objects(child, where + '/' + key)


def test_strict_objects_are_closed():
    found = 0
    for name, schema in SCHEMAS.items():
        if name == schemas.BASE:
            continue
        for where, described_object in objects(schema, name):
            found += 1
            assert described_object.get('unevaluatedProperties') is False, where
            missing = set(described_object['properties']) - set(described_object.get('required', []))
            assert missing <= OPTIONAL, '%s: %s may be missing' % (where, sorted(missing))
    assert found > 25, found


def test_base_is_open():
    text = json.dumps(SCHEMAS[schemas.BASE])
    assert 'unevaluatedProperties' not in text
    assert not re.search(r'"additionalProperties":', text)


def references(schema):
    if isinstance(schema, dict):
        for key, child in schema.items():
            if key == '$ref':
                yield child
            else:
                yield from references(child)
    elif isinstance(schema, list):
        for child in schema:
            yield from references(child)


def test_every_schema_is_one():
    tool = validate()
    for name, schema in SCHEMAS.items():
        tool.jsonschema.Draft202012Validator.check_schema(schema)
        assert (schema['$schema'], schema['$id']) == (DRAFT, name), name
        for reference in references(schema):
            assert isinstance(resolve(reference, name)[0], dict), '%s: %s' % (name, reference)


SHA = 'sha256:' + '0123456789abcdef' * 4
SHAPES = {
    'digest': ([SHA], ['', SHA.upper(), SHA[7:], SHA[:-1], SHA + '0', SHA + '\n', 'md5:' + SHA[7:],
                       SHA.replace('f', 'F')]),
    'date': (['2026-06-09', '2024-02-29', '2000-02-29', '2026-12-31'],
             ['2026-02-30', '2026-02-29', '2100-02-29', '1900-02-29', '2026-13-01', '2026-00-10', '2026-06-31', '2026-6-9', '26-06-09',
              '2026-06-09\n', '2026/06/09', '2026-01-00']),
    'time': (['2026-11-22T03:40:53Z', '2026-01-01T00:00:00Z'],
             ['2026-11-22', '2026-11-22T24:00:00Z', '2026-11-22T03:60:00Z', '2026-11-22T03:40:53',
              '2026-11-22 03:40:53Z', '2026-02-30T00:00:00Z', '2025-02-29T00:00:00Z', '2026-11-22T03:40:53+00:00',
              '2026-11-22T03:40:53Z\n', '2026-11-22T03:40:53.1Z']),
    'base64': (['', 'YQ==', 'YWI=', 'YWJj', 'YWJjYQ=='],
               ['YQ', 'YQ=', 'YR==', 'YWJ=', 'YWJjYR==', 'YW Jj', 'YWJj\n', 'YW\nJj', 'YWJj=', '=',
                'YW-_', 'YQ==YQ==']),
    'text': (['', 'plain', '\\x0a', 'a\\\\b', '[]^', '~ !'],
             ['\n', 'a\n', 'a\tb', '\\', '\\n', '\\x0A', '\\x1', '\x1b[0m', '\x7f', '\u202e',
              '\u00e4', 'a\\']),
    'lines_or_null': (['', 'a\tb\nc\\040\n', None], ['\r', 'a\x1b', '\x00', '\u00e4', 1]),
    'digest_or_null': ([SHA, None], ['', 0, SHA + '\n', False]),
    'base64_or_null': (['YQ==', None], ['YR==', 0]),
    'text_or_null': (['a', None], ['\n', 0]),
    'word': (['a', 'A.b_c-9'], ['', 'a b', 'a\n', 'a/b', '\u00e4']),
    'count': ([0, 1, 2 ** 53], [-1, 2 ** 53 + 1, 1.5, '1', None, True]),
    'verdict': (['PASS', 'FAIL', 'NOT_RUN', 'ABSENT'], ['pass', 'PASS ', '', 'SKIPPED', None]),
    'profile': (['strict', 'declared-deviations'], ['Strict', '', 'weakened', None]),
    'deviations': ([[], ['dev', 'proc']], [['dev', 'dev'], ['net'], ['Dev'], 'dev', None]),
}


def test_shapes():
    tool = validate()
    other = {'strict_has_no_deviations', 'raw', 'probe'}
    same(SHAPES, set(COMMON['$defs']) - other, 'shapes with examples')
    for name, (good, bad) in SHAPES.items():
        validator = tool.validator({'$ref': 'common.schema.json#/$defs/' + name})
        for value in good:
            assert validator.is_valid(value), '%s refuses %r' % (name, value)
        for value in bad:
            assert not validator.is_valid(value), '%s lets %r through' % (name, value)


def packet():
    """A bundle as the operators wrote it before denybox: the fields of the packet, and a note."""
    return {
        'venue': 'VPS', 'venue_identity': 'vps-1 Linux 6.1.0-18-amd64 x86_64',
        'image_digest': SHA, 'seccomp_sha256': SHA, 'runtime': 'docker 24.0.7',
        'run_date': '2026-06-09', 'note': 'the first attestation',
        'probes': [{
            'probe_id': 'PR-NET-1', 'operation': 'socket().connect(("1.1.1.1", 53))',
            'expected': 'errno in {EPERM 1, ENETUNREACH 101, EAFNOSUPPORT 97}',
            'actual_stderr_or_value': 'Operation not permitted', 'errno_or_exit': 1,
            'verdict': 'PASS', 'artifact_path': '/out/attest.jsonl#PR-NET-1',
        }, {
            'probe_id': 'PR-SOCK-DOCKER', 'operation': 'exists /var/run/docker.sock',
            'expected': 'false', 'actual_stderr_or_value': False, 'errno_or_exit': 'ENOENT',
            'verdict': 'PASS', 'artifact_path': '/out/attest.jsonl#PR-SOCK-DOCKER',
        }],
        'raw': {'mountinfo': '22 1 0:20 / / ro - overlay overlay ro\n', 'env_keyset': ['PATH'],
                'proc_net_dev': 'Inter-|\n face |\n    lo: 0\n'},
    }


def test_an_old_packet_satisfies_the_base_alone():
    tool = validate()
    assert tool.faults(schemas.BASE, packet()) == []
    assert tool.faults(schemas.STRICT, packet()) != []
    other = packet()
    other['venue_identity'] = {'hostname': 'vps-1', 'release': '6.1.0'}
    assert tool.faults(schemas.BASE, other) == []


def test_the_base_demands_what_the_packets_name():
    tool = validate()
    validator = tool.validator(schemas.BASE)

    def refuses(change, what):
        broken = copy.deepcopy(packet())
        change(broken)
        assert not validator.is_valid(broken), what
    for holder in (lambda p: p, lambda p: p['raw'], lambda p: p['probes'][0]):
        for key in set(holder(packet())) - {'note'}:
            refuses(lambda p, holder=holder, key=key: holder(p).pop(key), 'without ' + key)
            refuses(lambda p, holder=holder, key=key: holder(p).update({key: 1.5}), key + ' 1.5')
    refuses(lambda p: p.update(probes=[]), 'no probes')
    refuses(lambda p: p.update(image_digest='latest'), 'an image by its name')
    refuses(lambda p: p['probes'][1].update(verdict='pass'), 'a verdict in lower case')


if __name__ == '__main__':
    if sys.argv[1:] == ['--write']:
        write_schemas()
        sys.exit(0)
    sys.exit(manual_test.main([value for name, value in sorted(globals().items())
                               if name.startswith('test_')]))
