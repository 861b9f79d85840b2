// Version numbers as the server prints them and as directories are called.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseVersion, readVersion } from '#core/config/versions.ts';

test('a version is read with its number, also of a distribution and of a beta', () => {
  assert.deepEqual(readVersion('postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n'), {
    text: '15.18',
    major: '15',
    number: 150_018,
  });
  assert.deepEqual(readVersion('postgres (PostgreSQL) 19beta1'), {
    text: '19beta1',
    major: '19',
    number: 190_000,
  });
  assert.equal(readVersion('postgres: not found'), null);
});

test('the newest version is the greatest number, not the last name', () => {
  assert.equal(chooseVersion(['9.6', '15', 'x', '8.4'], ''), '15');
  assert.equal(chooseVersion(['9.6', '15'], '9.6'), '9.6');
  assert.equal(chooseVersion(['9.6', '15'], '16'), null);
  assert.equal(chooseVersion([], ''), null);
});
