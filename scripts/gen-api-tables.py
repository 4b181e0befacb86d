#!/usr/bin/env python3
"""Turns the recorded facts about the API into constant C tables.

usage: gen-api-tables.py resources resource-list.json OUT.c
       gen-api-tables.py schema    schema.json        OUT.c
       gen-api-tables.py pod-type  schema.json        OUT.c   the types below Pod alone, for src/manifests
"""
import json
import sys

VERBS = {'create': 'API_CREATE', 'get': 'API_GET', 'list': 'API_LIST', 'watch': 'API_WATCH',
         'update': 'API_UPDATE', 'patch': 'API_PATCH', 'delete': 'API_DELETE',
         'deletecollection': 'API_DELETECOLLECTION'}
KINDS = {'string': 'STRING', 'bytes': 'BYTES', 'bool': 'BOOL', 'int32': 'INT32', 'int64': 'INT64',
         'time': 'TIME', 'microtime': 'MICROTIME',
         'quantity': 'QUANTITY', 'intorstring': 'INTORSTRING', 'rawextension': 'RAW',
         'fieldsv1': 'FIELDSV1', 'stringlistmsg': 'STRINGLIST'}

MF_KINDS = {'string': 'TEXT', 'bytes': 'TEXT', 'time': 'TIME', 'microtime': 'TIME', 'bool': 'BOOL', 'int32': 'INT32',
            'int64': 'INT64', 'quantity': 'QUANTITY', 'intorstring': 'INTORSTRING', 'msg': 'MSG', 'fieldsv1': 'MAP'}
MF_FLAGS = {'rep': 'MF_F_LIST', 'map': 'MF_F_VALUES', 'ptr': 'MF_F_POINTER', 'omitempty': 'MF_F_OMITEMPTY',
            'inline': 'MF_F_INLINE'}


def text(s):
    return 'NULL' if s is None else json.dumps(s)


def verbs(names):
    return ' | '.join(VERBS[v] for v in names)


def texts(out, name, items):
    if not items:
        return 'NULL'
    out.append('static const char *const %s[] = { %s, NULL };' % (name, ', '.join(text(i) for i in items)))
    return name


def resources(rows):
    """Rows keep the order of the file: that is the order of discovery."""
    out = ['#include "apiserver/resource.h"', '']
    table = []
    for i, r in enumerate(rows):
        short = texts(out, 'short_%d' % i, r.get('shortNames'))
        cats = texts(out, 'cats_%d' % i, r.get('categories'))
        sel = texts(out, 'sel_%d' % i, r.get('selectable'))
        subs, cols = 'NULL', 'NULL'
        if r.get('subresources'):
            subs = 'subs_%d' % i
            out.append('static const struct api_subresource %s[] = {' % subs)
            for s in r['subresources']:
                out.append('    { %s, %s, %s, %s, %s },' % (
                    text(s['subresource']), text(s.get('group')), text(s.get('version')), text(s['kind']),
                    verbs(s['verbs'])))
            out.append('};')
        if r.get('columns'):
            cols = 'cols_%d' % i
            out.append('static const struct api_column %s[] = {' % cols)
            for name, kind, fmt, prio in r['columns']:
                out.append('    { %s, %s, %s, %d },' % (text(name), text(kind), text(fmt), prio))
            out.append('};')
        prefix = r.get('etcdPrefix')
        table.append('    { %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %d, %s, %d, %s },' % (
            text(r['group']), text(r['version']), text(r['resource']), text(r['singular']), text(r['kind']),
            'true' if r['namespaced'] else 'false', verbs(r['verbs']), short, cats,
            text(prefix + '/' if prefix else None), subs, len(r.get('subresources', [])), cols,
            len(r.get('columns', [])), sel))
    out += ['', 'const struct api_resource api_resources[] = {'] + table + [
        '};', 'const size_t api_n_resources = sizeof(api_resources) / sizeof(api_resources[0]);']
    return out


def field_row(f, index):
    kind, flags, ref = f['kind'], [], 'NULL'
    if kind.startswith('map:'):
        flags.append('API_F_MAP')
        kind = kind[4:]
    if kind.startswith('msg:'):
        ref = '&api_types[%d]' % index[kind[4:]]
        kind = 'API_F_MSG'
    else:
        kind = 'API_F_' + KINDS[kind]
    for key, flag in (('rep', 'REPEATED'), ('ptr', 'POINTER'), ('omitempty', 'OMITEMPTY'), ('inline', 'INLINE')):
        if f.get(key):
            flags.append('API_F_' + flag)
    return '    { %s, %s, %d, %s, %s },' % (text(f['json']), ref, f['n'], kind, ' | '.join(flags) or '0')


def schema(types):
    """Types are sorted by name, fields by number: both are searched by halving."""
    names = sorted(types)
    index = {name: i for i, name in enumerate(names)}
    out = ['#include "apiserver/schema_table.h"', '']
    for i, name in enumerate(names):
        if types[name]:
            out.append('static const struct api_field fields_%d[] = {' % i)
            out += [field_row(f, index) for f in sorted(types[name], key=lambda f: f['n'])]
            out.append('};')
    out += ['', 'const struct api_type api_types[] = {']
    for i, name in enumerate(names):
        out.append('    { %s, %s, %d },' % (text(name), 'fields_%d' % i if types[name] else 'NULL', len(types[name])))
    out += ['};', 'const size_t api_n_types = sizeof(api_types) / sizeof(api_types[0]);']
    return out


def types_below(types, root):
    found, waiting = [], [root]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            waiting += [f['kind'].split('msg:')[1] for f in types[name] if 'msg:' in f['kind']]
    return sorted(found)


def pod_type(types):
    names = types_below(types, 'api.core.v1.Pod')
    index = {name: i for i, name in enumerate(names)}
    out = ['#include "manifests/pod_type.h"', '', 'static const struct mf_type types[%d];' % len(names)]
    for name in names:
        if types[name]:
            out.append('static const struct mf_field fields_%d[] = {' % index[name])
            for f in types[name]:
                kind, ref = f['kind'].removeprefix('map:'), 'NULL'
                if kind.startswith('msg:'):
                    kind, ref = 'msg', '&types[%d]' % index[kind[4:]]
                flags = [MF_FLAGS[k] for k in MF_FLAGS if f.get(k) or (k == 'map' and f['kind'].startswith('map:'))]
                out.append('    { %s, %s, MF_F_%s, %s },' % (text(f['json']), ref, MF_KINDS[kind], ' | '.join(flags) or '0'))
            out.append('};')
    out.append('static const struct mf_type types[%d] = {' % len(names))
    out += ['    { %s, %d },' % ('fields_%d' % index[n] if types[n] else 'NULL', len(types[n])) for n in names]
    return out + ['};', 'const struct mf_type *const mf_pod_type = &types[%d];' % index['api.core.v1.Pod']]


def main():
    make = {'resources': resources, 'schema': schema, 'pod-type': pod_type}[sys.argv[1]]
    with open(sys.argv[2], encoding='utf-8') as f:
        lines = make(json.load(f))
    with open(sys.argv[3], 'w', encoding='utf-8') as f:
        f.write('/* Generated by scripts/gen-api-tables.py; do not edit. */\n' + '\n'.join(lines) + '\n')


main()
