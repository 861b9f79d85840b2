// What counts as an address in pg_hba.conf.

import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readAddress } from '#core/access/address.ts';

test('T54: a bare address becomes the network of it alone, without the blanks around it', () => {
  assert.deepEqual(readAddress(' 10.0.0.1 '), { kind: 'network', text: '10.0.0.1/32' });
  assert.deepEqual(readAddress('fd00::1'), { kind: 'network', text: 'fd00::1/128' });
  assert.deepEqual(readAddress('10.0.0.0/8'), { kind: 'network', text: '10.0.0.0/8' });
  assert.deepEqual(readAddress('::/0'), { kind: 'network', text: '::/0' });
  assert.deepEqual(readAddress('::ffff:10.0.0.1'), {
    kind: 'network',
    text: '::ffff:10.0.0.1/128',
  });
});

test('T54: host names and endings of names are let through', () => {
  for (const name of ['db.example.com', 'localhost', '.example.com', 'a_b', 'x1']) {
    assert.deepEqual(readAddress(name), { kind: 'host', text: name });
  }
});

test('T54: what is no address, network or host name is refused', () => {
  const refused = [
    '',
    'a b',
    '10.0.0.256',
    '10.0.1',
    '10.0.0.1/33',
    'fd00::/129',
    '10.0.0.0/',
    '1',
  ];
  const more = [
    '10.0.0.0/08',
    '01.2.3.4',
    ':::',
    '1::2::3',
    'fd00::g',
    'a..b',
    '-a',
    'x/8',
    'a"b',
    'a\nb',
  ];
  const words = [
    'all',
    'SameHost',
    'samenet',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '10.0.0.1:5432',
  ];
  const late = ['1:2:3:4:5:6:7::8', '1.2.3.4::', `${'a'.repeat(64)}.de`, 'a.'.repeat(130)];
  for (const text of [...refused, ...more, ...words, ...late]) {
    assert.equal(readAddress(text), null, JSON.stringify(text));
  }
});

test('addresses are told from others as the system tells them', () => {
  const group = fc.stringMatching(/^[0-9a-fA-F]{0,5}$/u);
  const like = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.array(group, { minLength: 2, maxLength: 9 }).map((groups) => groups.join(':')),
  );
  fc.assert(
    fc.property(like, (text) => {
      assert.equal(readAddress(text)?.kind === 'network', isIP(text) !== 0, text);
    }),
    { numRuns: 500 },
  );
});
