// pg_hba.conf and pg_ident.conf.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  appendHbaLines,
  customBootstrapHba,
  hbaLinesFor,
  hbaText,
} from '#core/config/patroni/hba.ts';
import { identText } from '#core/config/patroni/ident.ts';
import { buildAgentConfig } from '#core/config/patroni/merge-config.ts';
import { roleVariantOf } from '#core/config/patroni/role-variant.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';

function body(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('the configured lines are the whole file', () => {
  const lines = ['local all all peer', 'host all all 0.0.0.0/0 scram-sha-256'];

  assert.deepEqual(body(hbaText(lines)), lines);
  assert.deepEqual(body(identText(['map os db'])), ['map os db']);
});

test('the lines of a role take the place of those for all', () => {
  const config = (postgresql: JsonObject) =>
    buildAgentConfig({
      file: { postgresql },
      environment: {},
      dynamic: {},
      homeDirectory: '/',
    }).config.postgresql;

  const both = config({ pg_hba: ['a'], pg_hba_replica: ['b'] });
  assert.deepEqual(hbaLinesFor(both, 'primary'), ['a']);
  assert.deepEqual(hbaLinesFor(both, 'replica'), ['b']);
  assert.equal(hbaLinesFor(config({}), 'primary'), null);
  assert.equal(roleVariantOf('promoted'), 'primary');
  assert.equal(roleVariantOf('demoted'), 'replica');
});

test('lines are appended behind those the file has', () => {
  assert.equal(appendHbaLines('local all all peer', ['x']), 'local all all peer\n\nx\n');
  assert.equal(appendHbaLines('a\n', []), 'a\n');
});

test('a custom bootstrap is let in from this machine only', () => {
  const text = customBootstrapHba({
    replicationUser: 'rep "1"',
    superuser: 'all',
    addresses: ['127.0.0.1', '::1'],
  });

  assert.deepEqual(body(text), [
    'local\treplication\t"rep ""1"""\t\ttrust',
    'local\tall\t"all"\t\ttrust',
    'host\treplication\t"rep ""1"""\t127.0.0.1/32\ttrust',
    'host\tall\t"all"\t127.0.0.1/32\ttrust',
    'host\treplication\t"rep ""1"""\t::1/128\ttrust',
    'host\tall\t"all"\t::1/128\ttrust',
  ]);
  const anybody = customBootstrapHba({ replicationUser: 'rep', superuser: null, addresses: [] });
  assert.deepEqual(body(anybody), ['local\treplication\trep\t\ttrust', 'local\tall\tall\t\ttrust']);
});
