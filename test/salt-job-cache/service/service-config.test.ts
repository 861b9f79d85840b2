import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  parseServiceConfig,
  ServiceConfigError,
} from '#salt-job-cache/src/service/service-config.ts';
import { parseServiceStatus } from '#salt-job-cache/src/service/service-status.ts';

const whole = {
  connection: 'host=db password=secret-word',
  masterId: 'host_master',
  keepJobsSeconds: 3600,
  keepJobs: 10,
  keepEventsSeconds: 0,
  partitions: true,
  mode: 'compatible',
  ingest: {
    socket: '/var/run/salt/master/master_event_pub.ipc',
    spool: '/var/lib/x/spool',
    spoolLimitBytes: 100_000_000,
    events: { allow: ['salt/*'], deny: [] },
  },
  statusFile: '/run/x/status.json',
  logLevel: 'debug',
};

function problemsOf(value: unknown): readonly string[] {
  try {
    parseServiceConfig(typeof value === 'string' ? value : JSON.stringify(value));
    return [];
  } catch (error) {
    assert.ok(error instanceof ServiceConfigError, String(error));
    assert.ok(!error.message.includes('secret-word'));
    return error.problems;
  }
}

test('reads all it knows', () => {
  assert.deepEqual(parseServiceConfig(JSON.stringify(whole)), whole);
});

test('fills in what may be left out', () => {
  const { connection, masterId, statusFile } = whole;
  const ingest = { socket: '/a', spool: '/b' };

  const config = parseServiceConfig(JSON.stringify({ connection, masterId, statusFile, ingest }));

  assert.equal(config.keepJobsSeconds, 86_400);
  assert.equal(config.mode, 'default');
  assert.deepEqual(config.ingest, { ...ingest, spoolLimitBytes: 4 * 1024 ** 3, events: null });
});

test('names each key that is wrong, what it is, and what would be right', () => {
  const problems = problemsOf({
    ...whole,
    connection: 7,
    masterId: '',
    keepJobs: -1,
    keepJobsSeconds: '1 day',
    partitions: 'yes',
    mode: 'fast',
    statusFile: 'status.json',
    extra: 1,
    ingest: {
      socket: `/${'x'.repeat(110)}`,
      spool: 'here',
      spoolLimitBytes: 1,
      events: { allow: 'x' },
    },
  });
  const text = problems.join('\n');

  for (const key of [
    'connection',
    'masterId',
    'keepJobs',
    'keepJobsSeconds',
    'partitions',
    'mode',
    'statusFile',
    'extra',
    'ingest.socket',
    'ingest.spool',
    'ingest.spoolLimitBytes',
    'ingest.events.allow',
  ]) {
    assert.match(text, new RegExp(`^${key.replaceAll('.', String.raw`\.`)} `, 'mu'));
  }
  assert.match(
    text,
    /keepJobsSeconds has to be a whole number of seconds, 0 for no limit, found "1 day"/u,
  );
});

test('never repeats the file where it can’t be read', () => {
  assert.equal(problemsOf('{"connection": "password=secret-word"').length, 1);
  assert.equal(problemsOf('"secret-word"').length, 1);
  assert.equal(problemsOf({ ...whole, connection: { password: 'secret-word' } }).length, 1);
});

test('any JSON is read or refused with reasons', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.ok(problemsOf(text).length > 0);
    }),
  );
});

test('a status of another version, or cut off, is none', () => {
  assert.equal(parseServiceStatus('{"version": 99}'), null);
  assert.equal(parseServiceStatus('{"version": 1, "pid"'), null);
  assert.equal(parseServiceStatus('null'), null);
  assert.equal(parseServiceStatus('{"version": 1, "pid": 7}')?.pid, 7);
});
