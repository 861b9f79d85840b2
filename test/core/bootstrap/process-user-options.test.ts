import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { basebackupArguments } from '#core/bootstrap/basebackup-arguments.ts';
import { initdbArguments, initdbNotAllowedOptions } from '#core/bootstrap/initdb-arguments.ts';
import { processUserOptions } from '#core/bootstrap/process-user-options.ts';

const notAllowed = ['pgdata', 'nosync', 'pwfile', 'sync-only', 'version'];

function processed(options: unknown): { args: string[]; errors: string[] } {
  const errors: string[] = [];
  const args = processUserOptions('initdb', options, notAllowed, (error) => errors.push(error));
  return { args, errors };
}

const denied = 'pgdata option for initdb is not allowed';
const keyValue = (value: string): string =>
  `Error when parsing initdb key-value option ${value}: only one key-value is allowed and value should be a string`;
const item = (value: string): string =>
  `Error when parsing initdb option ${value}: value should be string value or a single key-value pair`;

describe('processUserOptions', () => {
  const table: readonly (readonly [unknown, readonly string[], readonly string[]])[] = [
    [{ foo: 'bar' }, ['--foo=bar'], []],
    [{ k: null, '': 'x', n: '0' }, ['--n=0'], []],
    [{ pgdata: 'x', a: 'b' }, ['--a=b'], [denied]],
    [['yes'], ['--yes'], []],
    [[{ foo: 'bar' }], ['--foo=bar'], []],
    [['yes', { foo: 'bar' }], ['--yes', '--foo=bar'], []],
    [[{ foo: 'bar baz' }], ['--foo=bar baz'], []],
    [[{ foo: '"bar baz"' }], ['--foo=bar baz'], []],
    [[{ foo: "'bar baz'" }], ['--foo=bar baz'], []],
    [[{ foo: '' }], ['--foo='], []],
    [['pgdata'], [], [denied]],
    [[{ pgdata: 'x' }], [], [denied]],
    [[{ foo: 'bar', b: 'c' }], [], [keyValue('bar')]],
    [[{ foo: 5 }], [], [keyValue('5')]],
    [[42], [], [item('42')]],
    [42, [], ['initdb options must be list or dict']],
    ['str', [], ['initdb options must be list or dict']],
    [null, [], ['initdb options must be list or dict']],
    // What the reference stumbles over, or lets through.
    [{ foo: 5 }, ['--foo=5'], []],
    [{ foo: true, bar: false }, ['--foo'], []],
    [{ foo: 5n }, ['--foo=5'], []],
    [{ foo: ['a'] }, [], [keyValue('["a"]')]],
    [[{}], [], [item('{}')]],
    [[''], [], [item("''")]],
    [[null], [], [item('None')]],
    [[['a']], [], [item('["a"]')]],
    [['encoding=UTF8'], ['--encoding=UTF8'], []],
    [['pgdata=/x'], [], [denied]],
    [['pgd=/x'], [], ['pgd option for initdb is not allowed']],
    [[{ pg: '/x' }], [], ['pg option for initdb is not allowed']],
    [{ p: '/x' }, [], ['p option for initdb is not allowed']],
    [['sync-only'], [], ['sync-only option for initdb is not allowed']],
    [['no-sync'], ['--no-sync'], []],
  ];
  for (const [options, args, errors] of table) {
    const shown = JSON.stringify(options, (_key, value: unknown) =>
      typeof value === 'bigint' ? Number(value) : value,
    );
    it(`makes ${JSON.stringify(args)} of ${shown}`, () => {
      assert.deepEqual(processed(options), { args, errors });
    });
  }

  for (const name of ['-D', '--pgdata', 'PGDATA', 'a b', 'a\nb', '=x', '1a', 'ä']) {
    it(`takes ${JSON.stringify(name)} for no name`, () => {
      const { args, errors } = processed([name]);
      assert.deepEqual(args, []);
      assert.equal(errors.length, 1);
      assert.match(errors[0] ?? '', /a name is made of small letters, digits and hyphens/u);
    });
  }

  it('never throws, and every argument is a long option', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (options) => {
        const { args } = processed(options);
        for (const arg of args) assert.match(arg, /^--[a-z][a-z0-9-]*(?:=|$)/u);
      }),
    );
  });
});

/** What getopt_long takes a name for: the option itself, or the only one that begins so. */
function meant(name: string, known: readonly string[]): readonly string[] {
  if (known.includes(name)) return [name];
  const found = known.filter((option) => option.startsWith(name));
  return found.length === 1 ? found : [];
}

function nameIn(argument: string): string {
  return argument.slice(2).split('=', 1)[0] ?? '';
}

const basebackupOptions = [
  'help',
  'version',
  'pgdata',
  'format',
  'checkpoint',
  'create-slot',
  'max-rate',
  'write-recovery-conf',
  'slot',
  'target',
  'tablespace-mapping',
  'wal-method',
  'xlog-method',
  'gzip',
  'compress',
  'label',
  'no-clean',
  'no-sync',
  'dbname',
  'host',
  'port',
  'username',
  'no-password',
  'password',
  'status-interval',
  'verbose',
  'progress',
  'waldir',
  'no-slot',
  'no-verify-checksums',
  'no-estimate-size',
  'manifest-force-encode',
  'manifest-checksums',
  'no-manifest',
  'incremental',
  'sync-method',
];
const initdbOptions = [
  'pgdata',
  'encoding',
  'locale',
  'lc-collate',
  'no-locale',
  'text-search-config',
  'auth',
  'auth-local',
  'auth-host',
  'pwprompt',
  'pwfile',
  'username',
  'help',
  'version',
  'debug',
  'show',
  'noclean',
  'nosync',
  'no-clean',
  'no-sync',
  'no-instructions',
  'set',
  'sync-only',
  'waldir',
  'wal-segsize',
  'data-checksums',
  'allow-group-access',
];

/** An option somebody may try: a known name, a part of one, with or without a value, in any form. */
function attempts(known: readonly string[]): fc.Arbitrary<unknown> {
  const name = fc
    .tuple(fc.constantFrom(...known), fc.nat(24))
    .map(([full, length]) => full.slice(0, Math.max(1, length)));
  const value = fc.oneof(fc.constantFrom('/evil', 'server-gzip', 'gzip=server', 'x'), fc.string());
  const one = fc.oneof(
    name,
    name.map((text) => `-${text}`),
    fc.tuple(name, value).map(([text, own]) => `${text}=${own}`),
    fc.tuple(name, value).map(([text, own]) => ({ [text]: own })),
    fc.string(),
  );
  const map = fc.dictionary(name, fc.oneof(value, fc.boolean(), fc.integer(), fc.constant(null)));
  return fc.oneof(fc.array(one), map);
}

describe('options of a user', () => {
  it('never override where a base backup goes, comes from, or how it is written', () => {
    fc.assert(
      fc.property(
        attempts(basebackupOptions),
        fc.constantFrom(13, 14, 15, 16, 17, 18),
        (options, majorVersion) => {
          const args = basebackupArguments({
            dataDirectory: '/data',
            dsn: 'host=h',
            options,
            majorVersion,
            onError: () => undefined,
          });
          assert.deepEqual(args.slice(0, 4), ['--pgdata=/data', '-X', 'stream', '--dbname=host=h']);
          for (const argument of args.slice(4)) {
            const options = meant(nameIn(argument), basebackupOptions);
            for (const ours of [
              'pgdata',
              'target',
              'format',
              'wal-method',
              'xlog-method',
              'gzip',
              'dbname',
              'host',
              'port',
              'username',
              'password',
              'version',
              'help',
            ]) {
              assert.ok(!options.includes(ours), `${argument} may mean ${ours}`);
            }
            if (options.includes('compress')) {
              assert.ok(majorVersion >= 15);
              assert.match(argument, /^--[a-z]+=server/u);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never override what initdb is given by us', () => {
    fc.assert(
      fc.property(attempts(initdbOptions), (options) => {
        const made = initdbArguments({
          options,
          superuserName: 'postgres',
          passwordFile: '/secret',
          dataDirectory: '/data',
        });
        if (made.kind === 'faulty') {
          assert.ok(made.faults.length > 0);
          return;
        }
        assert.deepEqual(made.args.slice(-3), ['--username=postgres', '--pwfile=/secret', '/data']);
        for (const argument of made.args.slice(0, -3)) {
          assert.match(argument, /^--[a-z]/u);
          for (const option of meant(nameIn(argument), initdbOptions)) {
            assert.ok(!initdbNotAllowedOptions.includes(option), `${argument} may mean ${option}`);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('initdbArguments', () => {
  const request = { superuserName: null, passwordFile: null, dataDirectory: '/data' };

  it('takes no section for no options', () => {
    assert.deepEqual(initdbArguments({ ...request, options: null }), {
      kind: 'arguments',
      args: ['/data'],
    });
    assert.deepEqual(initdbArguments({ ...request, options: undefined }), {
      kind: 'arguments',
      args: ['/data'],
    });
  });

  it('puts options before ours, so that ours win', () => {
    const options = ['data-checksums', { encoding: 'UTF8' }, { username: 'other' }];
    assert.deepEqual(
      initdbArguments({ options, superuserName: 'admin', passwordFile: '/p', dataDirectory: '/d' }),
      {
        kind: 'arguments',
        args: [
          '--data-checksums',
          '--encoding=UTF8',
          '--username=other',
          '--username=admin',
          '--pwfile=/p',
          '/d',
        ],
      },
    );
  });

  for (const options of [{ pgdata: 'x' }, [{ foo: 'bar', b: 'c' }], [1], 1]) {
    it(`makes no cluster with ${JSON.stringify(options)}`, () => {
      assert.equal(initdbArguments({ ...request, options }).kind, 'faulty');
    });
  }
});

describe('basebackupArguments', () => {
  const made = (
    options: unknown,
    majorVersion = 15,
  ): { args: readonly string[]; errors: string[] } => {
    const errors: string[] = [];
    const args = basebackupArguments({
      dataDirectory: 'D',
      dsn: '',
      options,
      majorVersion,
      onError: (message) => errors.push(message),
    });
    return { args, errors };
  };
  const own = ['--pgdata=D', '-X', 'stream', '--dbname='];

  it('adds options, a fast checkpoint and its progress to what is ours', () => {
    assert.deepEqual(made({ foo: 'bar' }), {
      args: [...own, '--foo=bar', '--checkpoint=fast', '--progress'],
      errors: [],
    });
    assert.deepEqual(made(null).args, [...own, '--checkpoint=fast', '--progress']);
  });

  it('leaves a configured checkpoint as it is', () => {
    assert.deepEqual(made([{ checkpoint: 'spread' }]).args, [
      ...own,
      '--checkpoint=spread',
      '--progress',
    ]);
    assert.deepEqual(made([{ ch: 'spread' }, 'verbose']).args, [
      ...own,
      '--ch=spread',
      '--verbose',
      '--progress',
    ]);
  });

  const refusedBefore15 = 'compress option for basebackup is not allowed';
  const clientSide =
    'compress option for basebackup must use server-side compression (e.g., server-gzip, server-zstd). Client-side compression is not allowed.';

  it('takes compression by the server from version 15 on', () => {
    assert.deepEqual(made([{ compress: 'server-zstd' }], 15), {
      args: [...own, '--compress=server-zstd', '--checkpoint=fast', '--progress'],
      errors: [],
    });
    assert.deepEqual(made([{ compress: 'server-zstd' }], 14).errors, [refusedBefore15]);
  });

  for (const options of [
    [{ compress: 'gzip' }],
    ['compress'],
    ['compress=9'],
    { compress: 9 },
    [{ comp: 'gzip=server' }],
  ]) {
    it(`refuses ${JSON.stringify(options)}, which would compress what is written`, () => {
      assert.deepEqual(made(options), {
        args: [...own, '--checkpoint=fast', '--progress'],
        errors: [clientSide],
      });
    });
  }
});
