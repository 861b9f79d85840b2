import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { Model, Secret } from '#core/juju/model.ts';
import { own } from '#core/juju/own.ts';
import { mintSecretId } from '#core/juju/tools/secret-id.ts';
import { createRandom } from '#core/random.ts';
import { sharedModel, createDesk, error, failing, led, now, ring, withM, withU } from './desk.ts';
import type { Desk } from './desk.ts';

const related = sharedModel;
const id = '9m4e2mr0ui3e8a215n4g';
const uri = `secret:${id}`;

function secret(change: Partial<Secret> = {}): Secret {
  return {
    id,
    owner: { kind: 'application', name: 'l' },
    label: 'password',
    description: '',
    rotate: 'never',
    nextRotateAt: null,
    revisions: [{ revision: 1, content: { token: 'one' }, expiresAt: null, obsoleteTold: false }],
    grants: [],
    consumers: {},
    ...change,
  };
}

function withSecret(model: Model, change: Partial<Secret> = {}): Model {
  const added = secret(change);
  return { ...model, secrets: { ...model.secrets, [added.id]: added } };
}

const two = [
  { revision: 1, content: { token: 'one' }, expiresAt: null, obsoleteTold: false },
  { revision: 2, content: { token: 'two' }, expiresAt: null, obsoleteTold: false },
];
const granted = [{ relation: withU, consumer: 'u' }];

function stored(model: Model, which = id): Secret {
  const found = own(model.secrets, which);
  if (found === undefined) throw new Error(`no secret ${which}`);
  return found;
}

function add(desk: Desk, ...args: readonly string[]): string {
  const printed = desk.read('secret-add', ...args);
  assert.match(printed, /^secret:[0-9a-v]{20}\n$/u);
  return printed.trim().slice('secret:'.length);
}

// ---- ids

test('H180: ids are 20 characters of [0-9a-v], the same from the same randomness', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const minted = mintSecretId(() => createRandom(seed).next());
      assert.match(minted, /^[0-9a-v]{20}$/u);
      assert.equal(
        mintSecretId(() => createRandom(seed).next()),
        minted,
      );
    }),
  );
  assert.match(
    mintSecretId(() => 0),
    /^0{20}$/u,
  );
  assert.match(
    mintSecretId(() => 0.999_999),
    /^v{19}g$/u,
  );
});

test('H184: an id is never given out twice, even by poor randomness', () => {
  let draws = 0;
  const random = (): number => (draws++ < 40 ? 0 : 0.5);
  const desk = createDesk({ world: { random } });

  assert.notEqual(add(desk, 'abc=1'), add(desk, 'abc=1'));
});

// ---- secret-add

test('H182, H184: secret-add prints its URI at once and makes the secret at the commit', () => {
  const desk = createDesk();
  const made = add(
    desk,
    ...['--label', 'pw', '--description', 'd', '--rotate', 'monthly', '--expire', '24h'],
    'token=s3cret',
  );
  assert.equal(own(desk.model.secrets, made), undefined);

  desk.flush();

  assert.deepEqual(stored(desk.model, made), {
    id: made,
    owner: { kind: 'application', name: 'l' },
    label: 'pw',
    description: 'd',
    rotate: 'monthly',
    nextRotateAt: Date.UTC(2026, 1, 2, 3, 4, 5),
    revisions: [
      {
        revision: 1,
        content: { token: 's3cret' },
        expiresAt: now + 86_400_000,
        obsoleteTold: false,
      },
    ],
    grants: [],
    consumers: {},
  });
});

test('H182: --owner unit makes the unit’s own, which takes no leadership', () => {
  const desk = createDesk({ unit: 'l/1' });
  const made = add(desk, '--owner', 'unit', 'token=1');
  desk.flush();

  assert.deepEqual(stored(desk.model, made).owner, { kind: 'unit', name: 'l/1' });
});

test('H182: the application’s secrets are the leader’s', () => {
  assert.deepEqual(
    failing(createDesk({ unit: 'l/1' }).run('secret-add', 'token=1')),
    error(1, 'this unit is not the leader'),
  );
});

for (const [args, message] of [
  [['--rotate', 'foo', 'abc=1'], 'rotate policy "foo" not valid'],
  [['--owner', 'foo', 'abc=1'], 'secret owner "foo" not valid'],
  [['--expire', '-1h', 'abc=1'], 'negative expire duration "-1h" not valid'],
  [['--expire', '0', 'abc=1'], 'negative expire duration "0" not valid'],
  [['--expire', '2022-01-01', 'abc=1'], 'expire time or duration "2022-01-01" not valid'],
  [['ab=1'], 'key "ab" not valid'],
  [['a--b=1'], 'key "a--b" not valid'],
  [['Abc=1'], 'key "Abc" not valid'],
  [['abc#base64=%'], 'value of secret key "abc" is no valid base64'],
  [[`abc=${'x'.repeat(1024 * 1024)}`], 'secret content too large: 1048579 bytes'],
] as const) {
  test(`H181, H183: secret-add ${args.join(' ').slice(0, 40)} says ${message}`, () => {
    assert.deepEqual(failing(createDesk().run('secret-add', ...args)), error(2, message));
  });
}

test('H182: an expiry may be a time, with a zone or without', () => {
  const expiryOf = (text: string): number | null => {
    const desk = createDesk();
    const made = add(desk, '--expire', text, 'abc=1');
    desk.flush();
    return stored(desk.model, made).revisions[0]?.expiresAt ?? null;
  };

  assert.equal(expiryOf('2030-01-02T03:04:05Z'), Date.UTC(2030, 0, 2, 3, 4, 5));
  assert.equal(expiryOf('2030-01-02T03:04:05'), Date.UTC(2030, 0, 2, 3, 4, 5));
  assert.equal(expiryOf('2030-01-02T03:04:05+02:00'), Date.UTC(2030, 0, 2, 1, 4, 5));
  assert.equal(expiryOf('1h30m'), now + 5_400_000);
});

test('H181: values come encoded, from files and from --file, which wins', () => {
  const files = { '/tmp/key': 'from a file\n', '/charm/all.yaml': 'token: file\nother: "2"\n' };
  const desk = createDesk({ files });
  const made = add(
    desk,
    ...['--file', 'all.yaml', 'key#file=/tmp/key', 'plain#base64=aMOpbGxv', 'token=argument'],
  );
  desk.flush();

  assert.deepEqual(stored(desk.model, made).revisions[0]?.content, {
    key: 'from a file\n',
    plain: 'héllo',
    token: 'file',
    other: '2',
  });
});

test('H181: a missing file is an error, an empty one no secret', () => {
  assert.deepEqual(
    failing(createDesk().run('secret-add', 'key#file=none')),
    error(1, 'open /charm/none: no such file or directory'),
  );
  assert.deepEqual(
    failing(createDesk({ files: { '/charm/f': '{}' } }).run('secret-add', '--file', 'f')),
    error(1, 'empty secret value not valid'),
  );
});

test('H181: bytes that are no text survive as base64', () => {
  const desk = createDesk();
  const made = add(desk, 'key#base64=AP/+', 'key2=x');

  assert.equal(desk.read('secret-get', made, 'key#base64'), 'AP/+\n');
  assert.equal(desk.json('secret-get', made, 'key'), '\0\uFFFD\uFFFD');
  assert.deepEqual(desk.json('secret-get', made), { key: '\0\uFFFD\uFFFD', key2: 'x' });
});

test('H184: the same label twice in one hook is refused at once', () => {
  const desk = createDesk();
  add(desk, '--label', 'x', 'abc=1');

  assert.deepEqual(
    failing(desk.run('secret-add', '--label', 'x', 'abc=1')),
    error(1, 'secret with label "x" already exists'),
  );
  add(desk, 'abc=1');
  add(desk, 'abc=1');
});

test('H184: a label the owner uses already fails the commit', () => {
  const desk = createDesk({ model: withSecret(related) });
  add(desk, '--label', 'password', 'abc=1');

  const result = desk.commit();

  assert.deepEqual(
    [result.ok, result.ok ? '' : result.error],
    [false, 'secret with label "password" already exists'],
  );
});

test('H184: another owner may use the same label', () => {
  const desk = createDesk({ model: withSecret(related) });
  add(desk, '--owner', 'unit', '--label', 'password', 'abc=1');
  desk.flush();
});

// ---- secret-get

test('H185: the first read tracks the latest revision at once, later ones keep to it', () => {
  const model = withSecret(related, { revisions: two, grants: granted });
  const desk = createDesk({ model, unit: 'u/0' });
  assert.equal(desk.read('secret-get', uri), 'token: two\n');
  assert.deepEqual(stored(desk.model).consumers, { 'u/0': { revision: 2, label: '' } });

  const three = [
    ...two,
    { revision: 3, content: { token: 'three' }, expiresAt: null, obsoleteTold: false },
  ];
  const later = createDesk({
    model: withSecret(desk.model, { ...stored(desk.model), revisions: three }),
    unit: 'u/0',
  });
  assert.equal(later.read('secret-get', id, 'token'), 'two\n');
  assert.equal(later.read('secret-get', id, 'token', '--peek'), 'three\n');
  assert.equal(later.read('secret-get', id, 'token'), 'two\n');
  assert.equal(later.read('secret-get', id, 'token', '--refresh'), 'three\n');
  assert.equal(later.read('secret-get', id, 'token'), 'three\n');
  assert.equal(stored(later.model).consumers['u/0']?.revision, 2);
  later.flush();
  assert.equal(stored(later.model).consumers['u/0']?.revision, 3);
});

test('H185: --peek on a secret never read tracks nothing', () => {
  const desk = createDesk({ model: withSecret(related, { grants: granted }), unit: 'u/0' });
  desk.read('secret-get', uri, '--peek');

  assert.deepEqual(stored(desk.model).consumers, {});
});

test('H185: secret-get prints yaml, json, one value or its base64', () => {
  const desk = createDesk({ model: withSecret(related) });

  assert.equal(desk.read('secret-get', uri, '--format', 'json'), '{"token":"one"}\n');
  assert.equal(desk.read('secret-get', uri, 'token'), 'one\n');
  assert.equal(desk.read('secret-get', uri, 'token', '--format', 'json'), '"one"\n');
  assert.equal(desk.read('secret-get', uri, 'token#base64'), 'b25l\n');
  assert.deepEqual(
    failing(desk.run('secret-get', uri, 'none')),
    error(1, 'secret key value "none" not found'),
  );
});

for (const [args, code, message] of [
  [[], 2, 'require either a secret URI or label'],
  [['foo'], 2, 'secret URI "foo" not valid'],
  [[uri, '--peek', '--refresh'], 2, 'specify one of --peek or --refresh but not both'],
  [[uri, 'a', 'b'], 2, 'unrecognized args: ["b"]'],
  [[uri], 1, `secret "${id}" not found`],
  [['--label', 'none'], 1, 'secret "none" not found'],
] as const) {
  test(`H186: secret-get ${args.join(' ')} says ${message}`, () => {
    assert.deepEqual(failing(createDesk().run('secret-get', ...args)), error(code, message));
  });
}

test('H186: without a grant reading is denied, and a grant dies with its relation', () => {
  const denied = error(1, 'permission denied');
  const read = (model: Model, unit = 'u/0'): unknown =>
    failing(createDesk({ model, unit }).run('secret-get', uri));
  const shared = withSecret(related, { grants: granted });
  const { [withU]: _gone, ...relations } = shared.relations;

  assert.deepEqual(read(withSecret(related)), denied);
  assert.deepEqual(read(shared), { code: 0, stderr: '' });
  assert.deepEqual(read(shared, 'm/0'), denied);
  assert.deepEqual(read({ ...shared, relations }), denied);
  const toUnit = withSecret(related, { grants: [{ relation: withU, consumer: 'u/1' }] });
  assert.deepEqual(read(toUnit), denied);
  assert.deepEqual(read(toUnit, 'u/1'), { code: 0, stderr: '' });
});

test('H195: peers read their application’s secret without a grant, but not another unit’s', () => {
  const desk = createDesk({ model: withSecret(related), unit: 'l/1' });
  assert.deepEqual(desk.json('secret-get', '--label', 'password'), { token: 'one' });

  const own = withSecret(related, { owner: { kind: 'unit', name: 'l/0' } });
  assert.deepEqual(
    failing(createDesk({ model: own, unit: 'l/1' }).run('secret-get', uri)),
    error(1, 'permission denied'),
  );
});

test('H196: a user’s secret is read by the application it was granted to', () => {
  const model = withSecret(related, {
    owner: { kind: 'model', name: related.uuid },
    grants: [{ relation: '', consumer: 'l' }],
  });

  assert.equal(createDesk({ model }).read('secret-get', uri, 'token'), 'one\n');
});

test('H186: a consumer’s label is its own, and works alone afterwards', () => {
  const desk = createDesk({ model: withSecret(related, { grants: granted }), unit: 'u/0' });
  desk.read('secret-get', uri, '--label', 'mine');

  assert.deepEqual(desk.json('secret-get', '--label', 'mine'), { token: 'one' });
  assert.equal(stored(desk.model).label, 'password');
  const other = createDesk({ model: desk.model, unit: 'u/1' });
  assert.equal(other.run('secret-get', '--label', 'mine').code, 1);
});

test('H186: the owner’s --label renames the secret with the commit', () => {
  const desk = createDesk({ model: withSecret(related) });
  desk.read('secret-get', uri, '--label', 'renamed');
  assert.deepEqual(desk.json('secret-get', '--label', 'renamed'), { token: 'one' });
  desk.flush();

  assert.equal(stored(desk.model).label, 'renamed');
});

test('H186: a peer that does not lead labels the application’s secret for itself', () => {
  const desk = createDesk({ model: withSecret(related), unit: 'l/1' });
  desk.read('secret-get', uri, '--label', 'mine', '--peek');

  assert.deepEqual(stored(desk.model).consumers, { 'l/1': { revision: 1, label: 'mine' } });
});

test('H187: a pending secret is readable, a pending update only by --peek or --refresh', () => {
  const desk = createDesk({ model: withSecret(related) });
  const made = add(desk, '--label', 'fresh', 'token=new');
  assert.equal(desk.read('secret-get', made, 'token'), 'new\n');
  assert.deepEqual(desk.json('secret-get', '--label', 'fresh'), { token: 'new' });

  desk.read('secret-get', id, 'token');
  desk.read('secret-set', id, 'token=two');
  assert.equal(desk.read('secret-get', id, 'token'), 'one\n');
  assert.equal(desk.read('secret-get', id, 'token', '--peek'), 'two\n');
  assert.equal(desk.read('secret-get', id, 'token', '--refresh'), 'two\n');
  assert.equal(desk.read('secret-get', id, 'token'), 'two\n');
  desk.flush();
  assert.deepEqual(stored(desk.model).consumers, { 'l/0': { revision: 2, label: '' } });
});

test('a revision that was removed can’t be read', () => {
  const consumers = { 'l/0': { revision: 1, label: '' } };
  const model = withSecret(related, { revisions: two.slice(1), consumers });

  assert.deepEqual(
    failing(createDesk({ model }).run('secret-get', id)),
    error(1, `secret revision "${id}/1" not found`),
  );
});

// ---- secret-set, secret-remove

test('H188: equal content makes no revision, other content does, metadata changes alone', () => {
  const desk = createDesk({ model: withSecret(related) });
  desk.read('secret-set', uri, 'token=one', '--description', 'same');
  desk.flush();
  assert.equal(stored(desk.model).revisions.length, 1);
  assert.equal(stored(desk.model).description, 'same');

  const next = createDesk({ model: desk.model });
  next.read('secret-set', uri, 'token=two', '--expire', '1h');
  next.flush();
  assert.deepEqual(stored(next.model).revisions.at(-1), {
    revision: 2,
    content: { token: 'two' },
    expiresAt: now + 3_600_000,
    obsoleteTold: false,
  });

  const last = createDesk({ model: next.model });
  last.read('secret-set', uri, '--label', 'renamed', '--rotate', 'daily', '--expire', '2h');
  last.flush();
  const { label, rotate, nextRotateAt, revisions } = stored(last.model);
  assert.deepEqual([label, rotate, nextRotateAt], ['renamed', 'daily', now + 86_400_000]);
  assert.deepEqual(
    revisions.map((each) => each.expiresAt),
    [null, now + 7_200_000],
  );
});

test('L72: a new revision starts the rotation’s clock again', () => {
  const due = withSecret(related, { rotate: 'hourly', nextRotateAt: now - 1 });
  const desk = createDesk({ model: due });
  desk.read('secret-set', uri, 'token=two');
  desk.flush();
  assert.equal(stored(desk.model).nextRotateAt, now + 3_600_000);

  const idle = createDesk({ model: due });
  idle.read('secret-set', uri, 'token=one');
  idle.flush();
  assert.equal(stored(idle.model).nextRotateAt, now - 1);
});

test('H188: several secret-set in one hook make one revision', () => {
  const desk = createDesk({ model: withSecret(related) });
  desk.read('secret-set', uri, 'token=two', '--label', 'a');
  desk.read('secret-set', uri, 'token=three');
  desk.flush();

  const { revisions, label } = stored(desk.model);
  assert.deepEqual(
    [revisions.length, revisions.at(-1)?.content, label],
    [2, { token: 'three' }, 'a'],
  );
});

test('H188: secret-set on a pending secret changes what will be made', () => {
  const desk = createDesk();
  const made = add(desk, 'token=1');
  desk.read('secret-set', made, 'token=2', '--label', 'x');
  desk.flush();

  const { revisions, label } = stored(desk.model, made);
  assert.deepEqual([revisions.length, revisions[0]?.content, label], [1, { token: '2' }, 'x']);
});

for (const tool of ['secret-set', 'secret-remove', 'secret-grant', 'secret-revoke']) {
  const rest = tool.endsWith('e') && tool !== 'secret-remove' ? ['--app', 'u'] : [];
  const args = tool === 'secret-grant' ? ['-r', withU] : rest;

  test(`H188: ${tool} needs a URI, an own secret, and the lead for the application’s`, () => {
    const run = (model: Model, unit: string, ...more: readonly string[]): unknown =>
      failing(createDesk({ model, unit }).run(tool, ...more));

    assert.deepEqual(run(related, 'l/0', ...args), error(2, 'missing secret URI'));
    assert.deepEqual(run(related, 'l/0', 'foo', ...args), error(2, 'secret URI "foo" not valid'));
    assert.deepEqual(run(related, 'l/0', id, ...args), error(1, `secret "${id}" not found`));
    assert.deepEqual(
      run(withSecret(related), 'l/1', id, ...args),
      error(1, 'this unit is not the leader'),
    );
    const model = withSecret(related, { owner: { kind: 'application', name: 'u' } });
    assert.deepEqual(run(model, 'l/0', id, ...args), error(1, `secret "${id}" not found`));
  });
}

test('H189: secret-remove takes one revision or the whole secret, at the commit', () => {
  const desk = createDesk({ model: withSecret(related, { revisions: two }) });
  desk.read('secret-remove', id, '--revision', '1');
  assert.equal(desk.read('secret-get', id, 'token', '--peek'), 'two\n');
  desk.flush();
  assert.deepEqual(
    stored(desk.model).revisions.map((each) => each.revision),
    [2],
  );

  const next = createDesk({ model: desk.model });
  next.read('secret-remove', id);
  assert.deepEqual(failing(next.run('secret-get', id)), error(1, `secret "${id}" not found`));
  assert.deepEqual(failing(next.run('secret-remove', id)), error(1, `secret "${id}" not found`));
  next.flush();
  assert.deepEqual(next.model.secrets, {});
});

test('H189: removing every revision one by one removes the secret', () => {
  const desk = createDesk({ model: withSecret(related, { revisions: two }) });
  desk.read('secret-remove', id, '--revision', '1');
  desk.read('secret-remove', id, '--revision', '2');
  desk.flush();
  assert.deepEqual(desk.model.secrets, {});
});

test('H189: a pending secret that is removed never was', () => {
  const desk = createDesk();
  const made = add(desk, 'token=1');
  desk.read('secret-grant', made, '-r', withU);
  desk.read('secret-remove', made);
  desk.flush();
  assert.deepEqual(desk.model.secrets, {});
});

test('H189: secret-set after secret-remove takes the removal back', () => {
  const desk = createDesk({ model: withSecret(related, { revisions: two }) });
  desk.read('secret-remove', id, '--revision', '1');
  desk.read('secret-set', id, '--label', 'kept');
  desk.flush();
  assert.equal(stored(desk.model).revisions.length, 2);
});

test('H189: --revision must be a number', () => {
  assert.equal(createDesk().run('secret-remove', id, '--revision', 'x').code, 2);
});

// ---- secret-info-get, secret-ids

test('H190: secret-info-get prints what there is to say, in order', () => {
  const model = withSecret(related, {
    description: 'd',
    rotate: 'daily',
    nextRotateAt: Date.UTC(2026, 5, 1, 0, 0, 1),
    revisions: [{ ...two[0]!, expiresAt: Date.UTC(2027, 0, 1) }],
    grants: [
      { relation: withU, consumer: 'u' },
      { relation: withM, consumer: 'm/0' },
    ],
  });

  assert.equal(
    createDesk({ model }).read('secret-info-get', id, '--format', 'json'),
    `{"${id}":{"revision":1,"label":"password","owner":"application","description":"d",` +
      '"rotation":"daily","expiry":"2027-01-01T00:00:00Z","rotates":"2026-06-01T00:00:01Z",' +
      '"access":[{"target":"application-u","scope":"relation-l.x#u.p","role":"view"},' +
      '{"target":"unit-m-0","scope":"relation-l.x#m.p","role":"view"}]}}\n',
  );
});

test('H190: what is empty is left out, and a label finds the secret', () => {
  const desk = createDesk({ model: withSecret(related) });

  assert.equal(
    desk.read('secret-info-get', '--label', 'password'),
    `${id}:\n  revision: 1\n  label: password\n  owner: application\n  rotation: never\n`,
  );
});

for (const [unit, args, code, message] of [
  ['l/1', [id], 1, `secret "${id}" not found`],
  ['u/0', [id], 1, `secret "${id}" not found`],
  ['l/0', ['--label', 'x'], 1, 'secret "x" not found'],
  ['l/0', [id, '--label', 'x'], 2, 'specify either a secret URI or label but not both'],
  ['l/0', ['foo'], 2, 'secret URI "foo" not valid'],
] as const) {
  test(`H190: secret-info-get ${args.join(' ')} on ${unit} says ${message}`, () => {
    const desk = createDesk({ model: withSecret(related, { grants: granted }), unit });
    assert.deepEqual(failing(desk.run('secret-info-get', ...args)), error(code, message));
  });
}

test('H191: pending metadata is merged, the revision waits for the commit', () => {
  const desk = createDesk({ model: withSecret(related) });
  desk.read('secret-set', id, 'token=two', '--description', 'new', '--rotate', 'weekly');
  desk.read('secret-grant', id, '-r', withU);

  assert.deepEqual(desk.json('secret-info-get', id), {
    [id]: {
      revision: 1,
      label: 'password',
      owner: 'application',
      description: 'new',
      rotation: 'weekly',
      access: [{ target: 'application-u', scope: 'relation-l.x#u.p', role: 'view' }],
    },
  });
  desk.read('secret-revoke', id, '--app', 'u');
  assert.ok(!desk.read('secret-info-get', id).includes('access'));
});

test('H191: a pending secret can be described', () => {
  const desk = createDesk();
  const made = add(desk, '--owner', 'unit', '--label', 'l', 'token=1');

  assert.deepEqual(desk.json('secret-info-get', '--label', 'l'), {
    [made]: { revision: 1, label: 'l', owner: 'unit', rotation: 'never' },
  });
});

test('H192: secret-ids prints bare ids, null in json when there are none', () => {
  assert.equal(createDesk().read('secret-ids', '--format=json'), 'null\n');
  assert.equal(createDesk().read('secret-ids'), '');
  const desk = createDesk({ model: withSecret(related) });
  const made = add(desk, 'token=1');
  assert.deepEqual(desk.json('secret-ids'), [id, made]);
  desk.read('secret-remove', id);
  assert.deepEqual(desk.json('secret-ids'), [made]);
  assert.deepEqual(
    createDesk({ model: withSecret(related), unit: 'l/1' }).json('secret-ids'),
    null,
  );
});

// ---- grants

test('H193: secret-grant lets the remote application or one unit read', () => {
  const desk = createDesk({ model: withSecret(related) });
  desk.read('secret-grant', id, '-r', `x:${withU}`, '--unit', 'u/1');
  desk.read('secret-grant', id, '-r', withM);
  assert.deepEqual(stored(desk.model).grants, []);
  desk.flush();

  assert.deepEqual(stored(desk.model).grants, [
    { relation: withU, consumer: 'u/1' },
    { relation: withM, consumer: 'm' },
  ]);
});

for (const [args, code, message] of [
  [[id], 2, 'no relation id specified'],
  [
    [id, '-r', withU, '--unit', 'm/0'],
    2,
    'cannot specify unit "m/0" in relation to application "u"',
  ],
  [[id, '-r', withU, '--unit', 'x'], 2, 'unit "x" not valid'],
  [[id, '-r', '99'], 2, 'invalid value "99" for option -r: relation not found'],
] as const) {
  test(`H193: secret-grant ${args.slice(1).join(' ')} says ${message}`, () => {
    const desk = createDesk({ model: withSecret(related) });
    assert.deepEqual(failing(desk.run('secret-grant', ...args)), error(code, message));
  });
}

test('H193: an application is not granted what one of its units was, until that is revoked', () => {
  const model = withSecret(related, { grants: [{ relation: withU, consumer: 'u/1' }] });
  const desk = createDesk({ model });

  const answer = desk.run('secret-grant', id, '-r', withU);
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /any unit level grants need to be revoked/u);

  desk.read('secret-revoke', id, '--unit', 'u/1');
  desk.read('secret-grant', id, '-r', withU);
  desk.flush();
  assert.deepEqual(stored(desk.model).grants, [{ relation: withU, consumer: 'u' }]);
});

test('H194: secret-revoke by relation, application or unit', () => {
  for (const args of [
    ['-r', withU],
    ['--app', 'u'],
    ['--application', 'u'],
  ]) {
    const desk = createDesk({ model: withSecret(related, { grants: granted }) });
    desk.read('secret-revoke', id, ...args);
    desk.flush();
    assert.deepEqual(stored(desk.model).grants, []);
  }
});

for (const [args, message] of [
  [[id], 'missing relation or application or unit'],
  [[id, '--app', 'u', '--unit', 'u/0'], 'specify only one of application or unit'],
  [[id, '--app', 'u', '-r', withU], 'do not specify both relation and app'],
  [[id, '--app', 'U'], 'application "U" not valid'],
  [[id, '--unit', 'u'], 'unit "u" not valid'],
] as const) {
  test(`H194: secret-revoke ${args.slice(1).join(' ')} says ${message}`, () => {
    const desk = createDesk({ model: withSecret(related) });
    assert.deepEqual(failing(desk.run('secret-revoke', ...args)), error(2, message));
  });
}

test('H193: in a peer relation the grant is to the application itself', () => {
  const desk = createDesk({ model: withSecret(related) });
  desk.read('secret-grant', id, '-r', ring);
  desk.flush();
  assert.deepEqual(stored(desk.model).grants, [{ relation: ring, consumer: 'l' }]);
});

// ---- commit

test('E66: the application’s secrets are not changed by a unit that lost the lead', () => {
  for (const change of [
    (desk: Desk) => desk.read('secret-set', id, 'token=two'),
    (desk: Desk) => desk.read('secret-add', 'token=two'),
    (desk: Desk) => desk.read('secret-remove', id),
    (desk: Desk) => desk.read('secret-grant', id, '-r', withU),
    (desk: Desk) => desk.read('secret-revoke', id, '-r', withU),
  ]) {
    const desk = createDesk({ model: withSecret(related) });
    change(desk);
    desk.model = led(desk.model, 'l/1');

    const result = desk.commit();

    assert.equal(result.ok, false);
    assert.match(result.ok ? '' : result.error, /"l\/0" is not leader of "l"/u);
    assert.equal(result.model, desk.model);
  }
});

test('E65: secret changes made before the failing one stay', () => {
  const desk = createDesk({ model: withSecret(related) });
  const made = add(desk, 'token=new');
  desk.read('secret-set', id, 'token=two');
  const { [id]: _gone, ...secrets } = desk.model.secrets;
  desk.model = { ...desk.model, secrets };

  const result = desk.commit();

  assert.equal(result.ok, false);
  assert.equal(stored(result.model, made).revisions.length, 1);
});

test('a tracked secret that is gone by the commit is no reason to fail', () => {
  const desk = createDesk({ model: withSecret(related, { grants: granted }), unit: 'u/0' });
  desk.read('secret-get', id, '--refresh');
  desk.model = { ...desk.model, secrets: {} };

  assert.equal(desk.commit().ok, true);
});

test('H181: any text survives secret-add and secret-get, plain and encoded', () => {
  const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed());
  fc.assert(
    fc.property(text, (value) => {
      const desk = createDesk();
      const made = add(desk, `token=${value}`);
      desk.flush();
      const reader = createDesk({ model: desk.model });
      assert.equal(reader.json('secret-get', made, 'token'), value);
      const encoded = Buffer.from(value, 'utf8').toString('base64');
      assert.equal(reader.json('secret-get', made, 'token#base64'), encoded);
      const again = createDesk();
      assert.equal(again.json('secret-get', add(again, `token#base64=${encoded}`), 'token'), value);
    }),
    { numRuns: 40 },
  );
});

for (const [policy, next] of [
  ['never', null],
  ['hourly', Date.UTC(2026, 0, 2, 4, 4, 5)],
  ['daily', Date.UTC(2026, 0, 3, 3, 4, 5)],
  ['weekly', Date.UTC(2026, 0, 9, 3, 4, 5)],
  ['monthly', Date.UTC(2026, 1, 2, 3, 4, 5)],
  ['quarterly', Date.UTC(2026, 3, 2, 3, 4, 5)],
  ['yearly', Date.UTC(2027, 0, 2, 3, 4, 5)],
] as const) {
  test(`H182: --rotate ${policy} sets when the secret is rotated next`, () => {
    const desk = createDesk();
    const made = add(desk, '--rotate', policy, 'token=1');
    desk.flush();

    assert.equal(stored(desk.model, made).nextRotateAt, next);
  });
}

test('H189: removing a secret takes its pending grants and revokes back, not those of others', () => {
  const other = '9m4e2mr0ui3e8a215n40';
  const both = withSecret(withSecret(related, { grants: granted }), {
    id: other,
    label: 'other',
    grants: granted,
  });
  const desk = createDesk({ model: both });
  for (const which of [id, other]) {
    desk.read('secret-grant', which, '-r', withM);
    desk.read('secret-revoke', which, '--app', 'u');
  }
  desk.read('secret-remove', id);
  desk.flush();

  assert.deepEqual(Object.keys(desk.model.secrets), [other]);
  assert.deepEqual(stored(desk.model, other).grants, [{ relation: withM, consumer: 'm' }]);
});
