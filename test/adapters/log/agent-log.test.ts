// The log on disk: levels, rotation, permissions, repeated heartbeats, and a directory that can't be written.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createAgentLog } from '#adapters/log/agent-log.ts';
import type { LogConfig } from '#core/config/patroni/agent-config.ts';

const config: LogConfig = {
  type: 'plain',
  level: 'INFO',
  tracebackLevel: 'ERROR',
  format: '%(levelname)s: %(message)s',
  dateformat: null,
  staticFields: {},
  dir: null,
  fileNum: 4,
  fileSizeBytes: 25_000_000,
  mode: null,
  loggers: {},
  isHeartbeatDeduplicated: false,
};

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pg-agent-log-'));
  t.after(async () => rm(path, { recursive: true, force: true }));
  return path;
}

async function linesOf(dir: string): Promise<readonly string[]> {
  return (await readFile(join(dir, 'patroni.log'), 'utf8')).trimEnd().split('\n');
}

test('lines below the level are left out, until another level is configured', async (t) => {
  const dir = await directory(t);
  const log = createAgentLog({ ...config, dir, level: 'WARNING' });
  log.info('hidden');
  log.critical('seen');
  log.reconfigure({ ...config, dir, level: 'debug' });
  log.debug('seen too');
  assert.deepEqual(await linesOf(dir), ['CRITICAL: seen', 'DEBUG: seen too']);
});

test('the stack of an error is shown from its level on, with its cause', async (t) => {
  const dir = await directory(t);
  const log = createAgentLog({ ...config, dir });
  const error = new Error('broken', { cause: new Error('below') });
  log.warning('no stack', { error });
  log.error('with stack', { error });
  const [first, second, ...stack] = await linesOf(dir);
  assert.equal(first, 'WARNING: no stack');
  assert.equal(second, 'ERROR: with stack');
  assert.equal(stack[0], 'Error: broken');
  assert.ok(stack.includes('Caused by: Error: below'));
});

test('the default layout begins with Python’s time', async (t) => {
  const dir = await directory(t);
  const format = '%(asctime)s %(levelname)s: %(message)s';
  createAgentLog({ ...config, dir, format }).info('hello');
  createAgentLog({ ...config, dir, format, dateformat: '%Y' }).info('hello');
  const [usual, year] = await linesOf(dir);
  assert.match(usual ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO: hello$/u);
  assert.match(year ?? '', /^\d{4} INFO: hello$/u);
});

test('files are rotated by size, and the oldest goes', async (t) => {
  const dir = await directory(t);
  const log = createAgentLog({ ...config, dir, fileNum: 2, fileSizeBytes: 10 });
  for (const word of ['first line', 'second line', 'third line', 'fourth line']) log.info(word);
  assert.deepEqual((await readdir(dir)).toSorted(), [
    'patroni.log',
    'patroni.log.1',
    'patroni.log.2',
  ]);
  assert.deepEqual(await linesOf(dir), ['INFO: fourth line']);
  assert.equal(await readFile(join(dir, 'patroni.log.2'), 'utf8'), 'INFO: second line\n');
});

test('without rotation one file grows', async (t) => {
  const dir = await directory(t);
  const log = createAgentLog({ ...config, dir, fileNum: 0, fileSizeBytes: 1 });
  log.info('one');
  log.info('two');
  assert.deepEqual(await linesOf(dir), ['INFO: one', 'INFO: two']);
});

test('files have the permissions that are configured, whatever the mask', async (t) => {
  const dir = await directory(t);
  createAgentLog({ ...config, dir, mode: 0o660 }).info('hello');
  assert.equal((await stat(join(dir, 'patroni.log'))).mode & 0o777, 0o660);
});

test('a heartbeat that repeats the last one is written once, other lines always', async (t) => {
  const dir = await directory(t);
  const log = createAgentLog({ ...config, dir, isHeartbeatDeduplicated: true });
  const beat = (message: string): void => log.info(message, { rule: 980 });
  beat('all is well');
  beat('all is well');
  log.info('in between');
  log.info('in between');
  beat('all is well');
  beat('something else');
  beat('all is well');
  assert.deepEqual(await linesOf(dir), [
    'INFO: all is well',
    'INFO: in between',
    'INFO: in between',
    'INFO: something else',
    'INFO: all is well',
  ]);
});

test('a JSON line holds the rule of a decision', async (t) => {
  const dir = await directory(t);
  createAgentLog({ ...config, dir, type: 'json' }).info('decided', { rule: 705, why: 'x' });
  const [line] = await linesOf(dir);
  assert.deepEqual(JSON.parse(line ?? ''), {
    levelname: 'INFO',
    message: 'decided',
    rule: 705,
    why: 'x',
  });
});

test('a directory that can not be made does not end the agent', async (t) => {
  const dir = join(await directory(t), 'taken');
  await writeFile(dir, '');
  assert.doesNotThrow(() => createAgentLog({ ...config, dir }).debug('left out'));
  assert.doesNotThrow(() => createAgentLog({ ...config, dir }).info('goes to standard error'));
});
