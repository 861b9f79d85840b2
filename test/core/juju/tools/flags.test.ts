import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { parseFlags } from '#core/juju/tools/flags.ts';
import type { FlagDefinition, ParsedFlags } from '#core/juju/tools/flags.ts';

const definitions: readonly FlagDefinition[] = [
  { names: ['r', 'relation'], kind: 'text', help: '' },
  { names: ['app'], kind: 'boolean', help: '' },
  { names: ['a', 'all'], kind: 'boolean', help: '' },
  { names: ['d'], kind: 'boolean', help: '' },
];

function parse(...args: readonly string[]): ParsedFlags {
  return parseFlags(definitions, args, (definition, value) =>
    definition.names.includes('r') && value === 'bad' ? 'invalid relation id' : null,
  );
}

function parsed(flags: Record<string, string>, ...args: readonly string[]): ParsedFlags {
  return { kind: 'parsed', flags: new Map(Object.entries(flags)), args };
}

function problem(message: string): ParsedFlags {
  return { kind: 'error', message };
}

const rows: readonly (readonly [string, readonly string[], ParsedFlags])[] = [
  ['-f v', ['-r', '7'], parsed({ relation: '7' })],
  ['-fv', ['-r7'], parsed({ relation: '7' })],
  ['--flag v', ['--relation', '7'], parsed({ relation: '7' })],
  ['--flag=v', ['--relation=db:7'], parsed({ relation: 'db:7' })],
  ['an empty value after =', ['--relation=', 'x'], parsed({ relation: '' }, 'x')],
  ['a value that begins with a dash', ['-r', '-1'], parsed({ relation: '-1' })],
  ['flags after positionals', ['key', '-r', '7', 'unit'], parsed({ relation: '7' }, 'key', 'unit')],
  ['the last of several values', ['-r', '1', '-r', '2'], parsed({ relation: '2' })],
  ['a lone dash as a positional', ['-', '-r', '7'], parsed({ relation: '7' }, '-')],
  ['an empty text as a positional', [''], parsed({}, '')],
  ['nothing as a flag after --', ['--', '-r', '--', '7'], parsed({}, '-r', '--', '7')],
  ['a boolean', ['--app', 'x'], parsed({ app: 'true' }, 'x')],
  ['a boolean with a value', ['--app=false'], parsed({ app: 'false' })],
  ['a boolean in short spelling', ['--app=T'], parsed({ app: 'true' })],
  ['several letters at once', ['-ad', '-r7'], parsed({ all: 'true', d: 'true', relation: '7' })],
  ['letters that end in a value', ['-dr', '7'], parsed({ d: 'true', relation: '7' })],
];

for (const [title, args, expected] of rows) {
  test(`H7: takes ${title}`, () => {
    assert.deepEqual(parse(...args), expected);
  });
}

const refusals: readonly (readonly [readonly string[], string])[] = [
  [['--x'], 'option provided but not defined: --x'],
  [['--x=1'], 'option provided but not defined: --x'],
  [['-x'], 'option provided but not defined: -x'],
  [['-dx'], 'option provided but not defined: -x'],
  [['---x'], 'option provided but not defined: ---x'],
  [['-r'], 'option needs an argument: -r'],
  [['--relation'], 'option needs an argument: --relation'],
  [['--=x'], 'empty option in argument "--=x"'],
  [['-r', 'bad'], 'invalid value "bad" for option -r: invalid relation id'],
  [['--relation', 'bad'], 'invalid value "bad" for option --relation: invalid relation id'],
  [
    ['--app=maybe'],
    'invalid value "maybe" for option --app: strconv.ParseBool: parsing "maybe": invalid syntax',
  ],
];

for (const [args, message] of refusals) {
  test(`H8: ${args.join(' ')} says ${message}`, () => {
    assert.deepEqual(parse(...args), problem(message));
  });
}

test('H5: --help and -h ask for help, wherever they stand', () => {
  assert.deepEqual(parse('key', '--help'), { kind: 'help' });
  assert.deepEqual(parse('-h'), { kind: 'help' });
});

test('H5: --help after -- is a text like any other', () => {
  assert.deepEqual(parse('--', '--help'), parsed({}, '--help'));
});

test('H10: any text comes through unchanged after --', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
      assert.deepEqual(parse('--app', '--', ...texts), parsed({ app: 'true' }, ...texts));
    }),
  );
});

test('H7: any value comes through unchanged behind its flag, in all spellings', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((text) => text !== 'bad'),
      (text) => {
        assert.deepEqual(parse('--relation', text), parsed({ relation: text }));
        assert.deepEqual(parse(`--relation=${text}`), parsed({ relation: text }));
        assert.deepEqual(parse('-r', text), parsed({ relation: text }));
        if (text !== '') assert.deepEqual(parse(`-r${text}`), parsed({ relation: text }));
      },
    ),
  );
});

test('H7: never throws, and always says one of four things', () => {
  const pieces = fc.oneof(
    fc.constantFrom('-', '--', '-r', '--relation', '--app', '-ad', '--all=false', '-h', '--x'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(pieces), (args) => {
      assert.ok(['parsed', 'help', 'error'].includes(parse(...args).kind));
    }),
  );
});
