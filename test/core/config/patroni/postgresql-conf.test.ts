// The text of postgresql.conf.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresqlConfText } from '#core/config/patroni/postgresql-conf.ts';

const conf = {
  include: 'postgresql.base.conf',
  parameters: { work_mem: '4MB', cluster_name: "it's" },
  hbaFile: '/data/pg_hba.conf',
  identFile: '/data/pg_ident.conf',
  isHbaFileForced: false,
  recovery: {},
};

const settings = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# W') && !line.startsWith('# c'));

test('the included file comes first, then parameters, then files, then recovery', () => {
  const recovery = { recovery_target_timeline: 'latest', primary_conninfo: "password=a\\'b" };

  assert.deepEqual(settings(postgresqlConfText({ ...conf, recovery })), [
    "include 'postgresql.base.conf'",
    "cluster_name = 'it''s'",
    "work_mem = '4MB'",
    "hba_file = '/data/pg_hba.conf'",
    "ident_file = '/data/pg_ident.conf'",
    '# recovery.conf',
    "primary_conninfo = 'password=a\\\\''b'",
    "recovery_target_timeline = 'latest'",
  ]);
});

test('a primary has no recovery parameters', () => {
  assert.doesNotMatch(postgresqlConfText(conf), /recovery/u);
});

test('files the parameters name stay, but for a custom bootstrap', () => {
  const parameters = { hba_file: '/mine', ident_file: '/mine too' };
  const files = (isHbaFileForced: boolean) =>
    settings(postgresqlConfText({ ...conf, parameters, isHbaFileForced })).slice(1);

  assert.deepEqual(files(false), ["hba_file = '/mine'", "ident_file = '/mine too'"]);
  assert.deepEqual(files(true), ["hba_file = '/data/pg_hba.conf'", "ident_file = '/mine too'"]);
});
