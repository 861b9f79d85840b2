// The dynamic configuration in force: defaults, casts, old names, and the timing rule.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readGlobalConfig } from '#core/config/patroni/global-config-reader.ts';
import { readTiming } from '#core/config/patroni/timing-rule.ts';
import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';

const read = (dynamic: JsonObject) => readGlobalConfig(dynamic).global;

test('an empty configuration means the defaults', () => {
  const { raw, ...global } = read({});

  assert.deepEqual(raw, {});
  assert.deepEqual(global, {
    ttlSeconds: 30,
    loopWaitSeconds: 10,
    retryTimeoutSeconds: 10,
    maximumLagOnFailoverBytes: 1_048_576,
    maximumLagOnSyncnodeBytes: -1,
    isTimelineChecked: false,
    primaryStartTimeoutSeconds: 300,
    primaryStopTimeoutSeconds: 0,
    primaryRaceBackoffSeconds: 0,
    maxTimelinesHistory: 0,
    synchronousMode: 'off',
    isSynchronousModeStrict: false,
    synchronousNodeCount: 1,
    isFailsafeMode: false,
    isPaused: false,
    memberSlotsTtlSeconds: 1800,
    standbyCluster: null,
    isUsingSlots: true,
    isUsingPgRewind: false,
    removeDataDirectoryOnRewindFailure: false,
    removeDataDirectoryOnDivergedTimelines: false,
    permanentSlots: {},
    ignoreSlots: [],
  });
});

test('numbers may come as text and with a unit', () => {
  const global = read({
    ttl: '1min',
    loop_wait: '5s',
    retry_timeout: '7',
    maximum_lag_on_failover: '1MB',
    maximum_lag_on_syncnode: '16kB',
    member_slots_ttl: '30min',
    primary_stop_timeout: '2min',
  });

  assert.equal(global.ttlSeconds, 60);
  assert.equal(global.loopWaitSeconds, 5);
  assert.equal(global.retryTimeoutSeconds, 7);
  assert.equal(global.maximumLagOnFailoverBytes, 1_048_576);
  assert.equal(global.maximumLagOnSyncnodeBytes, 16_384);
  assert.equal(global.memberSlotsTtlSeconds, 1800);
  assert.equal(global.primaryStopTimeoutSeconds, 120);
});

test('old names count where the new ones are not given', () => {
  assert.equal(read({ master_start_timeout: 5 }).primaryStartTimeoutSeconds, 5);
  assert.equal(
    read({ master_start_timeout: 5, primary_start_timeout: 0 }).primaryStartTimeoutSeconds,
    0,
  );
  assert.equal(read({ master_stop_timeout: '9' }).primaryStopTimeoutSeconds, 9);
});

test('synchronous_mode takes the words of booleans and quorum', () => {
  const modes: readonly (readonly [JsonValue, string])[] = [
    [true, 'on'],
    ['on', 'on'],
    ['yes', 'on'],
    [1, 'on'],
    [false, 'off'],
    ['off', 'off'],
    [null, 'off'],
    ['quorum', 'quorum'],
    ['Quorum', 'quorum'],
    ['sometimes', 'off'],
  ];
  for (const [given, mode] of modes) {
    assert.equal(read({ synchronous_mode: given }).synchronousMode, mode, JSON.stringify(given));
  }
});

test('a standby cluster has no synchronous mode and must say where its WAL comes from', () => {
  const remote = { host: 'db.example', port: 5433, primary_slot_name: 'dr' };

  const global = read({ synchronous_mode: true, standby_cluster: remote });

  assert.equal(global.synchronousMode, 'off');
  assert.deepEqual(global.standbyCluster, {
    host: 'db.example',
    port: '5433',
    primarySlotName: 'dr',
    createReplicaMethods: null,
    restoreCommand: null,
    archiveCleanupCommand: null,
    recoveryMinApplyDelay: null,
  });
  assert.equal(read({ standby_cluster: { primary_slot_name: 'dr' } }).standbyCluster, null);
  assert.equal(read({ standby_cluster: {} }).standbyCluster, null);
  assert.notEqual(read({ standby_cluster: { restore_command: 'cp' } }).standbyCluster, null);
});

test('what the cluster decides is not taken from a member, and what a member may decide is', () => {
  const dynamic = { postgresql: { use_slots: 'off' } };
  const local = { use_slots: true, use_pg_rewind: true };

  const { global } = readGlobalConfig(dynamic, local);

  assert.equal(global.isUsingSlots, false);
  assert.equal(global.isUsingPgRewind, true);
});

test('the timing in force always satisfies the rule, whatever is configured', () => {
  const value = fc.oneof(
    fc.integer({ min: -100, max: 1000 }),
    fc.integer({ min: 0, max: 40 }),
    fc.constantFrom('30s', '1min', 'soon', null, true, '', {}),
  );
  fc.assert(
    fc.property(value, value, value, (ttl, loop_wait, retry_timeout) => {
      const timing = readTiming({ ttl, loop_wait, retry_timeout });
      const needed = timing.loopWaitSeconds + 2 * timing.retryTimeoutSeconds;
      assert.ok(needed <= timing.ttlSeconds, JSON.stringify(timing));
      assert.ok(timing.ttlSeconds >= 5);
      assert.ok(timing.loopWaitSeconds >= 1);
      assert.ok(timing.retryTimeoutSeconds >= 2);
      // What is in force is never adjusted again.
      const again = readTiming({
        ttl: timing.ttlSeconds,
        loop_wait: timing.loopWaitSeconds,
        retry_timeout: timing.retryTimeoutSeconds,
      });
      assert.deepEqual(again.warnings, []);
    }),
  );
});

test('an adjustment of the timing is told in the words Patroni uses', () => {
  const warningsOf = (ttl: number, loop_wait: number, retry_timeout: number): readonly string[] =>
    readTiming({ ttl, loop_wait, retry_timeout }).warnings;

  assert.deepEqual(warningsOf(30, 10, 10), []);
  assert.deepEqual(warningsOf(20, 10, 10), [
    'Violated the rule "loop_wait + 2*retry_timeout <= ttl", where ttl=20. ' +
      'Adjusting loop_wait from 10 to 1 and retry_timeout from 10 to 9',
  ]);
  assert.deepEqual(warningsOf(25, 10, 10), [
    'Violated the rule "loop_wait + 2*retry_timeout <= ttl", where ttl=25 and retry_timeout=10. ' +
      'Adjusting loop_wait from 10 to 5',
  ]);
  assert.deepEqual(warningsOf(30, 0, 10), ["loop_wait=0 can't be smaller than 1, adjusting..."]);
});

test('permanent slots are found by each of their names', () => {
  const slots = { a: { type: 'physical' } };

  assert.deepEqual(read({ slots }).permanentSlots, slots);
  assert.deepEqual(read({ permanent_slots: slots, slots: { b: null } }).permanentSlots, slots);
  assert.deepEqual(read({ ignore_slots: [{ name: 'x' }, 'y'] }).ignoreSlots, [{ name: 'x' }]);
});

test('any value at all can be read', () => {
  const json = fc.jsonValue() as fc.Arbitrary<JsonValue>;
  const names = fc.constantFrom(
    'ttl',
    'synchronous_mode',
    'standby_cluster',
    'slots',
    'postgresql',
    'ignore_slots',
    'pause',
    'maximum_lag_on_failover',
    '__proto__',
  );
  fc.assert(
    fc.property(fc.dictionary(names, json), (dynamic) => {
      assert.equal(read(dynamic).raw, dynamic);
    }),
  );
});
