// Loading the file or directory and the variables, with everything that can be wrong with them.

import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { printFaults } from '#agent/config/config-errors.ts';
import { createConfigSource } from '#agent/config/config-source.ts';
import { loadConfigFile } from '#agent/config/load-config.ts';
import { temporaryDirectory, temporaryFile } from './temporary-directory.ts';
import { usableFile } from './usable-file.ts';

async function refusal(
  path: string | null,
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const loaded = await loadConfigFile(path, variables);
  assert.equal(loaded.kind, 'faults');
  return loaded.kind === 'faults' ? printFaults(loaded.faults) : '';
}

test('a usable file loads, with its on and off as booleans', async (t) => {
  const path = await temporaryFile(t, 'pg-1.yml', usableFile);

  const loaded = await loadConfigFile(path, {});

  assert.equal(loaded.kind, 'ok');
  assert.ok(loaded.kind === 'ok');
  assert.deepEqual(loaded.warnings, []);
  assert.equal(loaded.file['name'], 'pg-1');
});

test('a file that is no YAML is refused in one sentence with the place and without its text', async (t) => {
  const texts: readonly (readonly [string, RegExp])[] = [
    ['a: "unclosed hunter2', /line 1, column 21: a quote, a bracket or a colon is missing/u],
    ['a: [1, 2', /a bracket is not closed/u],
    ['a:\n\t- hunter2', /line 2, column 1: a tab is used/u],
    ['password: *hunter2', /a value that begins with "\*" needs quotes/u],
    ['password: !hunter2 x', /line 1, column 11: a value that begins with "!" needs quotes/u],
    ['password: @hunter2', /line 1, column 11: a value begins with a character that needs quotes/u],
    ['password: %hunter2', /line 1, column 11: a value begins with a character that needs quotes/u],
    ['password: a: hunter2', /a second ": " in a value needs quotes/u],
    ['a: 1\n b: 2', /line \d/u],
    ['a: 1\n---\nb: 2', /a second document begins/u],
    ['}', /line 1/u],
    ['hunter2: &a [*a, *a]\nb: *c', /needs quotes|not expected/u],
  ];
  for (const [text, expected] of texts) {
    const path = await temporaryFile(t, 'pg-1.yml', text);
    const told = await refusal(path);
    assert.ok(told.startsWith(`Cannot read the configuration ${path}: it is no YAML: `), told);
    assert.match(told, expected, text);
    assert.doesNotMatch(told, /hunter2/u);
    assert.equal(told.trimEnd().split('\n').length, 1, told);
  }
});

test('a file that is empty, no mapping or not there is refused in one sentence', async (t) => {
  const empty = await temporaryFile(t, 'empty.yml', '# nothing but a comment\n');
  assert.equal(await refusal(empty), `Cannot use the configuration ${empty}: it is empty\n`);
  const list = await temporaryFile(t, 'list.yml', '- a\n');
  assert.match(await refusal(list), /it is a list, and must be a mapping/u);
  const scalar = await temporaryFile(t, 'scalar.yml', 'hunter2\n');
  assert.match(await refusal(scalar), /it is a single value, and must be a mapping/u);
  assert.doesNotMatch(await refusal(scalar), /hunter2/u);
  assert.equal(
    await refusal('/does/not/exist.yml'),
    'Cannot read the configuration /does/not/exist.yml: there is no such file or directory\n',
  );
  const directory = await temporaryDirectory(t);
  assert.equal(
    await refusal(directory),
    `Cannot use the configuration ${directory}: it is empty\n`,
  );
});

test('a file nobody may read is refused', { skip: process.getuid?.() === 0 }, async (t) => {
  const path = await temporaryFile(t, 'closed.yml', usableFile);
  await chmod(path, 0o000);

  assert.match(await refusal(path), /the user the agent runs as may not read it/u);
});

test('the files of a directory are merged in the order of their names', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, '10-base.yml'), usableFile);
  await writeFile(join(directory, '20-more.yaml'), 'name: pg-2\npostgresql: {bin_dir: /more}\n');
  await writeFile(join(directory, '30-last.yml'), 'postgresql: {bin_dir: /last}\n');
  await writeFile(join(directory, 'README'), '{ no yaml');
  await mkdir(join(directory, 'sub.yml'));

  const loaded = await loadConfigFile(directory, {});

  assert.ok(loaded.kind === 'ok');
  assert.equal(loaded.file['name'], 'pg-2');
  assert.deepEqual((loaded.file['postgresql'] as { bin_dir: string }).bin_dir, '/last');
});

test('a fault in one file of a directory names that file', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'a.yml'), usableFile);
  await writeFile(join(directory, 'b.yml'), 'a: [');

  assert.match(await refusal(directory), /b\.yml: it is no YAML/u);
});

test('variables are laid over the file, and stand for it where there is none', async (t) => {
  const path = await temporaryFile(t, 'pg-1.yml', usableFile.replace('name: pg-1', ''));

  assert.equal(await refusal(path), 'name is not defined.\n');
  assert.equal((await loadConfigFile(path, { PATRONI_NAME: 'pg-9' })).kind, 'ok');
  const whole = await loadConfigFile(null, {
    PATRONI_CONFIGURATION: usableFile,
    PATRONI_NAME: 'x',
  });
  assert.ok(whole.kind === 'ok');
  assert.equal(whole.file['name'], 'pg-1');
  assert.deepEqual(whole.environment, {});
  assert.match(
    await refusal(null, { PATRONI_CONFIGURATION: '{' }),
    /^Cannot read the configuration in PATRONI_CONFIGURATION: it is no YAML/u,
  );
  assert.match(await refusal(null, {}), /^name is not defined\.\n/u);
});

test('a key that stands twice counts as its last, with a warning', async (t) => {
  const path = await temporaryFile(t, 'pg-1.yml', `${usableFile}\nscope: other\n`);

  const loaded = await loadConfigFile(path, {});

  assert.ok(loaded.kind === 'ok');
  assert.equal(loaded.file['scope'], 'other');
  assert.match(printFaults(loaded.warnings), /a key stands there a second time/u);
});

test('YAML is read as Python reads it for Patroni', async (t) => {
  const text = `${usableFile}
tags:
  a: y
  b: Yes
  c: 0640
  d: 12:30
  e: 2020-01-01
  f: 9007199254740993
  g: ~
`;
  const path = await temporaryFile(t, 'pg-1.yml', text);

  const loaded = await loadConfigFile(path, {});

  assert.ok(loaded.kind === 'ok');
  assert.deepEqual(loaded.file['tags'], {
    a: 'y',
    b: true,
    c: 0o640,
    d: '12:30',
    e: '2020-01-01',
    f: 9007199254740993n,
    g: null,
  });
});

test('a source merges, tells each warning once, and survives a broken reload', async (t) => {
  const path = await temporaryFile(t, 'pg-1.yml', usableFile);
  const told: string[] = [];
  const created = await createConfigSource({
    path,
    variables: {},
    homeDirectory: '/home/pg',
    onWarning: (sentence) => told.push(sentence),
  });
  assert.ok(created.kind === 'ok');
  const { source } = created;

  assert.equal(source.merge(null).global.ttlSeconds, 30);
  assert.equal(source.merge({ ttl: 1 }).global.ttlSeconds, 5);
  source.merge({ ttl: 1 });
  assert.equal(told.length, 2, told.join('\n'));

  assert.deepEqual(await source.reload(), { kind: 'unchanged' });
  await writeFile(path, usableFile.replace('log_checkpoints: on', 'work_mem: 7MB'));
  assert.equal((await source.reload()).kind, 'changed');
  assert.equal(source.merge(null).postgresql.parameters['work_mem'], '7MB');
  await writeFile(path, 'scope: [');
  assert.equal((await source.reload()).kind, 'faults');
  assert.equal(source.merge(null).postgresql.parameters['work_mem'], '7MB');
});
