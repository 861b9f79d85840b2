// The text of the configuration files, read back by PostgreSQL's rules.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { quoteConfigValue } from '#core/config/quote-value.ts';
import { renderParameters, withIncludes } from '#core/config/render-conf.ts';

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Reads one quoted value as the server does; throws where it is not one value on one line. */
function readValue(text: string): string {
  const inner = /^'(?<inner>(?:[^'\\\n]|''|\\[^\n])*)'$/u.exec(text)?.groups?.['inner'];
  if (inner === undefined) throw new Error(`not one quoted value: ${JSON.stringify(text)}`);
  return inner.replaceAll(
    /''|\\(?<octal>[0-7]{1,3})|\\(?<other>.)/gu,
    (_, octal?: string, other?: string) => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      return other === undefined ? "'" : (escapes[other] ?? other);
    },
  );
}

test('any value without NUL reads back as itself', () => {
  const value = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\u0000'));
  const tricky = fc.constantFrom(
    "it's",
    "''",
    '\\',
    "\\'",
    'a\nb',
    '\u00011',
    '\u001b',
    '%m [%p] ',
    '# x',
  );
  fc.assert(
    fc.property(fc.oneof(value, tricky), (text) => {
      assert.equal(readValue(quoteConfigValue(text)), text);
    }),
  );
});

test('the same parameters give the same text, in whatever order they come', () => {
  assert.equal(renderParameters('h', { b: '2', a: "1'" }), "# juju: h\na = '1'''\nb = '2'\n");
  assert.equal(
    renderParameters('h', { a: "1'", b: '2' }),
    renderParameters('h', { b: '2', a: "1'" }),
  );
});

test('the includes are put at the end once, and every other line stays', () => {
  const once = withIncludes('port = 1\n#x\n');
  assert.match(once, /^port = 1\n#x\n# juju: begin includes\n/u);
  assert.equal(withIncludes(once), once);
  const later = withIncludes(`${once}work_mem = 1\n`);
  assert.match(later, /work_mem = 1\n# juju: begin includes\n/u);
  assert.equal(later.match(/begin includes/gu)?.length, 1);
  assert.match(withIncludes(''), /^# juju: begin/u);
});
