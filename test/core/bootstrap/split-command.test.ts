import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { splitCommand } from '#core/bootstrap/split-command.ts';
import { unquote } from '#core/bootstrap/unquote.ts';

function words(text: string): readonly string[] {
  const split = splitCommand(text);
  assert.equal(split.kind, 'words', `${text} should be readable`);
  return split.kind === 'words' ? split.words : [];
}

/** As a shell would need it: the word in single quotes, each of its own quotes outside of them. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

describe('splitCommand', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['', []],
    ['   ', []],
    ['bar --arg1=val1', ['bar', '--arg1=val1']],
    ['  a \t b\nc ', ['a', 'b', 'c']],
    ['echo \'a b\' "c d"', ['echo', 'a b', 'c d']],
    ['a"b c"d', ['ab cd']],
    [String.raw`a\ b`, ['a b']],
    [String.raw`"a\"b\\c\d"`, [String.raw`a"b\c\d`]],
    [String.raw`'a\b'`, [String.raw`a\b`]],
    ["''", ['']],
    ['a "" b', ['a', '', 'b']],
    ['echo $HOME `id` $(id) ; rm *', ['echo', '$HOME', '`id`', '$(id)', ';', 'rm', '*']],
    ['a #b', ['a', '#b']],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${JSON.stringify(text)} as ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(words(text), expected);
    });
  }

  for (const text of ["'a", '"a', 'a\\', '"a\\', '\'"']) {
    it(`tells what is not closed in ${JSON.stringify(text)}`, () => {
      assert.equal(splitCommand(text).kind, 'unclosed');
    });
  }

  it('gives back whatever was quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (list) => {
        assert.deepEqual(words(list.map(quoted).join(' ')), list);
      }),
    );
  });

  it('neither loses nor invents a character outside of quotes and blanks', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/['"\\]/u.test(text)),
        (text) => {
          assert.equal(words(text).join(''), text.replaceAll(/[ \t\r\n]/gu, ''));
        },
      ),
    );
  });
});

describe('unquote', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', ''],
    ['bar', 'bar'],
    ['bar baz', 'bar baz'],
    ['"bar baz"', 'bar baz'],
    ["'bar baz'", 'bar baz'],
    [String.raw`a\ b`, 'a b'],
    ['"a" "b"', '"a" "b"'],
    ['"a', '"a'],
    ["it's", "it's"],
  ];
  for (const [text, expected] of cases) {
    it(`makes ${expected} of ${text}`, () => assert.equal(unquote(text), expected));
  }

  it('gives back whatever was quoted', () => {
    fc.assert(fc.property(fc.string(), (text) => assert.equal(unquote(quoted(text)), text)));
  });
});
