// The command line of pg-agent, and the versions it tells.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readCommand, usage } from '#agent/program/options.ts';
import { agentVersion, patroniVersion } from '#agent/program/versions.ts';

const run = { kind: 'run', path: 'node1.yml' } as const;

test('a configuration alone runs the agent, as with Patroni', () => {
  assert.deepEqual(readCommand(['node1.yml']), run);
  assert.deepEqual(readCommand([]), { kind: 'run', path: null });
});

test('a configuration is checked, with its ports and without', () => {
  const validate = { kind: 'validate', path: 'node1.yml', isIgnoringPort: false } as const;
  assert.deepEqual(readCommand(['--validate-config', 'node1.yml']), validate);
  for (const flag of ['-i', '--ignore-listen-port']) {
    assert.deepEqual(readCommand(['--validate-config', flag, 'node1.yml']), {
      ...validate,
      isIgnoringPort: true,
    });
  }
});

test('explain prints text, or JSON where it is asked for', () => {
  assert.deepEqual(readCommand(['explain', 'node1.yml']), {
    kind: 'explain',
    path: 'node1.yml',
    isJson: false,
  });
  assert.deepEqual(readCommand(['explain', '--json']), {
    kind: 'explain',
    path: null,
    isJson: true,
  });
});

test('help and version win over everything else', () => {
  assert.deepEqual(readCommand(['-h', 'node1.yml']), { kind: 'help' });
  assert.deepEqual(readCommand(['--version', '--validate-config']), { kind: 'version' });
});

test('what is not known, or too much, is said', () => {
  const unknown = readCommand(['--nonsense']);
  assert.ok(unknown.kind === 'wrong' && /nonsense/u.test(unknown.message));
  const twice = readCommand(['one.yml', 'two.yml']);
  assert.ok(twice.kind === 'wrong' && /found also: two.yml/u.test(twice.message));
});

test('every option stands in the usage', () => {
  for (const option of [
    '--validate-config',
    '-i, --ignore-listen-port',
    '--json',
    '--version',
    '-h, --help',
  ]) {
    assert.ok(usage.includes(option), option);
  }
});

test('the version is the one of the package', async () => {
  const path = new URL('../../../package.json', import.meta.url);
  const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
  assert.equal(agentVersion, version);
});

test('the Patroni that is claimed has a version patronictl can compare', () => {
  assert.match(patroniVersion, /^\d+\.\d+\.\d+$/u);
});
