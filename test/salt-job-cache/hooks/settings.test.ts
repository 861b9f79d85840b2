// The options of the charm: what they mean, and the sentence about one that can't be used.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { configDefaults } from '#salt-job-cache/hooks/charm-files.gen.ts';
import { readSettings, type Settings, usualMasterConfig } from '#salt-job-cache/hooks/settings.ts';

function settingsOf(change: Readonly<Record<string, unknown>> = {}): Settings {
  const read = readSettings({ ...configDefaults, ...change });
  assert.ok(read.kind === 'settings', read.kind === 'problem' ? read.message : '');
  return read.settings;
}

function problemOf(change: Readonly<Record<string, unknown>>): string {
  const read = readSettings({ ...configDefaults, ...change });
  assert.ok(read.kind === 'problem', JSON.stringify(read));
  return read.message;
}

test('as they are given out the options keep a day of jobs, and change nothing of how the master writes', () => {
  assert.deepEqual(settingsOf(), {
    keepJobsSeconds: 86_400,
    keepJobs: 0,
    keepEventsSeconds: 86_400,
    partitions: false,
    recordEvents: false,
    eventTags: [],
    ingestEvents: false,
    masterJobCache: true,
    compatibleRows: false,
    masterConfig: usualMasterConfig,
    masterId: null,
    saltUser: 'salt',
    restartMaster: false,
    eventSocket: '/var/run/salt/master/master_event_pub.ipc',
    spoolLimitBytes: 4096 * 1024 * 1024,
  });
});

test('blanks around a text and slashes at the end of a directory mean nothing', () => {
  const settings = settingsOf({
    'master-config': ' /srv/salt/ ',
    'event-tags': 'salt/job/* , a,,',
  });

  assert.equal(settings.masterConfig, '/srv/salt');
  assert.deepEqual(settings.eventTags, ['salt/job/*', 'a']);
  assert.equal(settingsOf({ 'master-config': '/' }).masterConfig, '/');
  assert.equal(settingsOf({ 'master-config': '' }).masterConfig, null);
});

test('an option that can not be used is named, with what it is and has to be', () => {
  assert.match(problemOf({ 'keep-jobs': -1 }), /^Option keep-jobs .*at least 0: it is -1/);
  assert.match(problemOf({ 'keep-jobs-seconds': 1.5 }), /^Option keep-jobs-seconds /);
  assert.match(
    problemOf({ 'keep-jobs-seconds': 1e15 }),
    /^Option keep-jobs-seconds has to be a whole number from 0 to 3162240000: it is 1000000000000000/,
  );
  assert.match(problemOf({ 'keep-events-seconds': 1e15 }), /^Option keep-events-seconds /);
  assert.match(
    problemOf({ 'spool-limit-mb': 63 }),
    /^Option spool-limit-mb .*at least 64: it is 63/,
  );
  assert.match(
    problemOf({ 'master-config': 'etc' }),
    /^Option master-config .*absolute path.*"etc"/,
  );
  assert.match(problemOf({ 'event-socket': '' }), /^Option event-socket /);
  assert.match(problemOf({ 'event-socket': `/${'é'.repeat(60)}` }), /at most 107 bytes/);
  assert.match(problemOf({ 'event-socket': '/a\nb' }), /^Option event-socket /);
  assert.match(problemOf({ 'salt-user': 'a b' }), /^Option salt-user /);
});

test('whatever the options are, they are read or refused in a sentence', () => {
  const option = fc.constantFrom(...Object.keys(configDefaults));
  fc.assert(
    fc.property(fc.dictionary(option, fc.anything()), (config) => {
      const read = readSettings(config);
      if (read.kind === 'problem') assert.match(read.message, /^Option /);
    }),
  );
});
