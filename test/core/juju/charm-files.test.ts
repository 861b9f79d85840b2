import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readCharm } from '#core/juju/charm-files.ts';
import { agentMetadata, charm, head, manifest, refusal, serverCharm } from './samples.ts';

const meta = (body: string): string => head('x') + body;
const file = (name: string): string =>
  readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

function refusesMetadata(name: string, metadata: string, message: string | RegExp): void {
  test(name, () => {
    assert.throws(
      () => readCharm({ metadata, manifest }, { revision: 0 }),
      refusal('invalid-charm', message),
    );
  });
}

function refusesFile(name: string, files: object, message: string | RegExp): void {
  test(name, () => {
    assert.throws(
      () => readCharm({ metadata: meta(''), manifest, ...files }, { revision: 0 }),
      refusal('invalid-charm', message),
    );
  });
}

test('the suite’s own charm is one Juju would accept', () => {
  const found = readCharm(
    {
      metadata: file('metadata.yaml'),
      config: file('config.yaml'),
      actions: file('actions.yaml'),
      manifest: file('manifest.yaml'),
    },
    { revision: 3 },
  );
  assert.equal(found.url, 'local:postgresql-3');
});

test('F2: endpoints have their defaults and both forms are read', () => {
  const found = charm(
    meta(
      'requires:\n  a: sql\n  b: {interface: http, limit: 2, scope: container, optional: true}\n',
    ),
  );
  assert.deepEqual(found.endpoints.a, {
    name: 'a',
    role: 'requirer',
    interface: 'sql',
    scope: 'global',
    limit: null,
    optional: false,
  });
  assert.deepEqual(found.endpoints.b, {
    name: 'b',
    role: 'requirer',
    interface: 'http',
    scope: 'container',
    limit: 2,
    optional: true,
  });
});

test('F5: every charm provides juju-info', () => {
  assert.deepEqual(charm(meta('')).endpoints['juju-info'], {
    name: 'juju-info',
    role: 'provider',
    interface: 'juju-info',
    scope: 'global',
    limit: null,
    optional: false,
  });
});

test('F4: a subordinate with a container-scoped requirement is read', () => {
  assert.equal(charm(agentMetadata).subordinate, true);
});

refusesMetadata(
  'F1, F11: a charm needs a name',
  'summary: s\n',
  'metadata: name: expected string, got nothing',
);
refusesMetadata(
  'F1: a charm needs a summary',
  'name: x\n',
  'metadata: summary: expected string, got nothing',
);
refusesMetadata(
  'F1: a charm needs a description',
  'name: x\nsummary: s\n',
  'metadata: description: expected string, got nothing',
);
refusesMetadata(
  'F1: a number is no name',
  'name: 5\n',
  'metadata: name: expected string, got int(5)',
);
refusesMetadata('F1: the name has a form', 'name: x-1\n', 'metadata: invalid charm name "x-1"');
refusesMetadata('F11: metadata is a map', '- a\n', 'metadata: expected map, got list');
refusesMetadata(
  'F11: a file that is no YAML is refused with the place',
  'a: [1',
  /^metadata: .* at line 1/u,
);
refusesMetadata(
  'F2: an endpoint has an interface',
  meta('requires: {db: {}}\n'),
  'metadata: requires.db.interface: expected string, got nothing',
);
refusesMetadata(
  'F2: a limit is a number',
  meta('requires: {db: {interface: i, limit: many}}\n'),
  'metadata: requires.db.limit: expected int, got string("many")',
);
refusesMetadata(
  'F2: a limit is a whole number',
  meta('requires: {db: {interface: i, limit: 1.5}}\n'),
  'metadata: requires.db.limit: expected int, got float64(1.5)',
);
refusesMetadata(
  'F2: optional is a boolean',
  meta('requires: {db: {interface: i, optional: 1}}\n'),
  'metadata: requires.db.optional: expected bool, got int(1)',
);
refusesMetadata(
  'F2: a scope is global or container',
  meta('requires: {db: {interface: i, scope: world}}\n'),
  'metadata: requires.db.scope: unexpected value string("world")',
);
refusesMetadata(
  'F2: endpoint names have a form',
  meta('requires: {../db: i}\n'),
  'metadata: requires.../db: invalid relation name "../db"',
);
refusesMetadata(
  'F3: a name is used once',
  meta('requires: {db: i}\nprovides: {db: i}\n'),
  'charm "x" using a duplicated relation name: "db"',
);
refusesMetadata(
  'F3: names of juju are reserved',
  meta('requires: {juju-foo: i}\n'),
  'charm "x" using a reserved relation name: "juju-foo"',
);
refusesMetadata(
  'F3: interfaces of juju can’t be provided',
  meta('provides: {foo: juju-x}\n'),
  'charm "x" relation "foo" using a reserved interface: "juju-x"',
);
refusesMetadata(
  'F4: a subordinate needs a container-scoped requirement',
  meta('subordinate: true\nrequires: {db: i}\n'),
  'subordinate charm "x" lacks "requires" relation with container scope',
);
refusesMetadata(
  'F4: subordinate is a boolean',
  meta('subordinate: "true"\n'),
  'metadata: subordinate: expected bool, got string("true")',
);

test('F3: a subordinate may use the reserved name for its principal', () => {
  const found = charm(
    meta('subordinate: true\nrequires: {juju-host: {interface: juju-info, scope: container}}\n'),
  );
  assert.equal(found.endpoints['juju-host']?.interface, 'juju-info');
});

test('F6: storage is read with its ranges', () => {
  const range = (text: string): unknown =>
    charm(meta(`storage: {d: {type: block, multiple: {range: ${text}}}}\n`)).storage.d?.multiple;
  assert.deepEqual(range('"3"'), { min: 3, max: 3 });
  assert.deepEqual(range('3'), { min: 3, max: 3 });
  assert.deepEqual(range('0-1'), { min: 0, max: 1 });
  assert.deepEqual(range('1-'), { min: 1, max: null });
  assert.deepEqual(range('2+'), { min: 2, max: null });
  assert.deepEqual(
    charm(
      meta(
        'storage: {d: {type: filesystem, location: /srv, read-only: true, minimum-size: 1G, description: t}}\n',
      ),
    ).storage.d,
    {
      name: 'd',
      type: 'filesystem',
      description: 't',
      multiple: null,
      location: '/srv',
      readOnly: true,
    },
  );
});

const storage = (body: string): string => meta(`storage: {d: ${body}}\n`);
refusesMetadata(
  'F6: storage has a type',
  storage('{}'),
  'charm "x" storage "d": type must be specified',
);
refusesMetadata(
  'F6: storage is of a known type',
  storage('{type: tape}'),
  'metadata: storage.d.type: unexpected value string("tape")',
);
refusesMetadata(
  'F6: only a filesystem has a location',
  storage('{type: block, location: /x}'),
  'charm "x" storage "d": location may not be specified for "type: block"',
);
refusesMetadata(
  'F6: a range can’t be empty',
  storage('{type: block, multiple: {range: "0"}}'),
  'charm "x" storage "d": invalid maximum count 0',
);
refusesMetadata(
  'F6: a range does not go down',
  storage('{type: block, multiple: {range: 3-2}}'),
  'charm "x" storage "d": invalid maximum count 2',
);
for (const range of ['many', '2+3', '"-1"']) {
  refusesMetadata(
    `F6: the range ${range} has no meaning`,
    storage(`{type: block, multiple: {range: ${range}}}`),
    /does not match a storage range$/u,
  );
}
refusesMetadata(
  'F6: a size has a unit Juju knows',
  storage('{type: block, minimum-size: 5 apples}'),
  'metadata: storage.d.minimum-size: invalid multiplier suffix in "5 apples", expected one of MGTPEZY',
);
refusesMetadata(
  'F6: storage names have a form',
  meta('storage: {D: {type: block}}\n'),
  'charm "x" storage "D": invalid storage name',
);

test('F7, F8: resources and extra bindings are read', () => {
  const found = charm(
    meta(
      'resources: {tool: {type: file, filename: t.tgz}, box: {type: oci-image}}\nextra-bindings: {admin: }\n',
    ),
  );
  assert.deepEqual(found.resources, {
    tool: { type: 'file', filename: 't.tgz' },
    box: { type: 'oci-image', filename: '' },
  });
  assert.deepEqual(found.extraBindings, ['admin']);
});

refusesMetadata(
  'F7: a file resource has a file name',
  meta('resources: {tool: {type: file}}\n'),
  'metadata: resource "tool": resource missing filename',
);
refusesMetadata(
  'F8: an endpoint is no extra binding',
  meta('requires: {db: i}\nextra-bindings: {db: }\n'),
  /^charm "x" has invalid extra bindings: relation names \("db"\)/u,
);
refusesMetadata(
  'F8: an extra binding has no value',
  meta('extra-bindings: {db: 1}\n'),
  'metadata: extra-bindings.db: expected empty value',
);

test('F20: bases are read with their channels', () => {
  const found = readCharm(
    {
      metadata: meta(''),
      manifest:
        'bases:\n- {name: ubuntu, channel: "24.04/stable", architectures: [amd64]}\n- {name: ubuntu, channel: 24.10/edge}\n',
    },
    { revision: 0 },
  );
  assert.deepEqual(found.bases, ['ubuntu@24.04', 'ubuntu@24.10/edge']);
});

test('F20: a charm of the first format has series instead of a manifest', () => {
  const found = readCharm({ metadata: meta('series: [jammy, kinetic]\n') }, { revision: 0 });
  assert.deepEqual(found.bases, ['ubuntu@22.04', 'ubuntu@kinetic']);
});

refusesFile(
  'F20: a charm needs a manifest',
  { manifest: undefined },
  'metadata v2 without manifest.yaml not valid',
);
refusesFile(
  'F20: a manifest lists bases',
  { manifest: 'bases: []' },
  'charm metadata without bases in manifest not valid',
);
refusesFile(
  'F20: a release without quotes is a number, and refused',
  { manifest: 'bases: [{name: ubuntu, channel: 24.04}]' },
  'manifest: bases[0].channel: expected string, got float64(24.04)',
);
refusesFile(
  'F20: a base has a known system',
  { manifest: 'bases: [{name: beos, channel: "5"}]' },
  'manifest: bases[0]: os "beos" not valid',
);
refusesFile(
  'F20: a channel is not empty',
  { manifest: 'bases: [{name: ubuntu, channel: ""}]' },
  'manifest: bases[0]: channel "" not valid',
);
refusesFile(
  'F20: an architecture is one Juju knows',
  { manifest: 'bases: [{name: ubuntu, channel: "24.04", architectures: [z80]}]' },
  'manifest: bases[0]: unsupported architecture "z80"',
);
refusesFile(
  'F10: keys of the first format don’t go with a manifest',
  { metadata: meta('series: [jammy]\nmin-juju-version: 2.8\n') },
  'ambiguous metadata: keys "min-juju-version", "series" cannot be used with "bases"',
);

test('F30, F34: options have a type, a default and a description', () => {
  const { config } = serverCharm();
  assert.deepEqual(config.port, { name: 'port', type: 'int', default: 5432, description: 'where' });
  assert.deepEqual(config.label, { name: 'label', type: 'string', default: '', description: '' });
  assert.deepEqual(config.key, { name: 'key', type: 'secret', default: null, description: '' });
});

refusesFile('F31: config.yaml is not empty', { config: '' }, 'invalid config: empty configuration');
refusesFile(
  'F31: config.yaml has options',
  { config: 'option: {}' },
  'invalid config: empty configuration',
);
refusesFile(
  'F31: an option has a known type',
  { config: 'options: {x: {type: date}}' },
  'invalid config: option "x" has unknown type "date"',
);
refusesFile(
  'F31: a default is of the option’s type',
  { config: 'options: {x: {type: int, default: foo}}' },
  'invalid config default: option "x" expected int, got "foo"',
);
refusesFile(
  'F31: a text default is quoted',
  { config: 'options: {x: {default: 5}}' },
  'invalid config default: option "x" expected string, got 5',
);
refusesFile(
  'F31: a default is one value',
  { config: 'options: {x: {default: [1]}}' },
  'invalid config default: option "x" expected string, got [1]',
);
refusesFile(
  'F31: an option is a map',
  { config: 'options: {x: 5}' },
  'invalid config: options.x: expected map, got int(5)',
);

test('F40: actions are read with how they run', () => {
  const found = readCharm(
    {
      metadata: meta(''),
      manifest,
      actions: 'a: {parallel: true, execution-group: g, description: d, title: T}\nb:\n',
    },
    { revision: 0 },
  ).actions;
  assert.equal(found.a?.parallel, true);
  assert.equal(found.a.executionGroup, 'g');
  assert.equal(found.a.description, 'd');
  assert.equal(found.a.parameters.title, 'T');
  assert.equal(found.b?.parallel, false);
  assert.equal(found.b.description, 'No description');
});

test('F41: no parameters but those listed, unless the action says so', () => {
  const { actions } = readCharm(
    { metadata: meta(''), manifest, actions: 'a: {}\nb: {additionalProperties: true}\n' },
    { revision: 0 },
  );
  assert.equal(actions.a?.parameters.additionalProperties, false);
  assert.equal(actions.b?.parameters.additionalProperties, true);
});

test('a charm may have an empty actions.yaml', () => {
  assert.deepEqual(
    readCharm({ metadata: meta(''), manifest, actions: '' }, { revision: 0 }).actions,
    {},
  );
});

refusesFile('F40: action names have a form', { actions: 'Run: {}' }, 'bad action name Run');
refusesFile(
  'F40: juju- is reserved',
  { actions: 'juju-x: {}' },
  'cannot use action name juju-x: "juju-" is a reserved name',
);
refusesFile(
  'F40: juju is reserved',
  { actions: 'juju: {}' },
  'cannot use action name juju: "juju" is a reserved name',
);
refusesFile('F40: an action is a map', { actions: 'a: 5' }, 'actions: a: expected map, got int(5)');
refusesFile(
  'F40: params is a map',
  { actions: 'a: {params: [x]}' },
  'params failed to parse as a map',
);
refusesFile(
  'F40: parallel is a boolean',
  { actions: 'a: {parallel: 1}' },
  'value for schema key "parallel" must be a bool',
);
refusesFile(
  'F40: description is a text',
  { actions: 'a: {description: 1}' },
  'value for schema key "description" must be a string',
);
for (const key of ['$schema', '$ref']) {
  refusesFile(
    `F41: ${key} is refused at any depth`,
    { actions: `a: {params: {x: {anyOf: [{type: object}, {"${key}": y}]}}}` },
    `schema key "${key}" not compatible with this version of juju`,
  );
}
refusesFile(
  'F41: a schema that is none is refused',
  { actions: 'a: {params: {x: {type: strong}}}' },
  /^invalid params schema for action schema a: /u,
);
