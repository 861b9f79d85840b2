// Where the server itself takes slots over from the primary.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import type { SlotConfig } from '#core/slots/desired-slots.ts';
import { primarySql, standbySql } from '../ha/worlds.ts';
import { slotOf } from './samples.ts';
import { hasSyncedSlots, isSlotSyncNeeded } from '#core/slots/slot-sync.ts';

const logical = { type: 'logical', database: 'a', plugin: 'b' };

function isNeeded(
  slot: JsonObject,
  tags: JsonObject = {},
  more: Partial<SlotConfig> = {},
  serverVersion = 170_012,
): boolean {
  const config: SlotConfig = {
    isUsingSlots: true,
    memberSlotsTtlSeconds: 1800,
    permanentSlots: { other: logical, ph: null, kept: slot },
    standbyCluster: null,
    ...more,
  };
  return isSlotSyncNeeded(readTags(tags).tags, config, serverVersion);
}

test('one logical slot with failover = true is enough, from PostgreSQL 17 on', () => {
  assert.equal(isNeeded({ ...logical, failover: true }), true);
  assert.equal(isNeeded(logical), false);
  assert.equal(isNeeded({ type: 'physical', failover: true }), false);
  assert.equal(isNeeded({ ...logical, failover: true }, {}, {}, 160_004), false);
});

test('it is not asked of a server that could not do it, or is to keep none', () => {
  for (const tags of [{ nofailover: true }, { nostream: true }, { replicatefrom: 'other' }]) {
    assert.equal(isNeeded({ ...logical, failover: true }, tags), false);
  }
  assert.equal(isNeeded({ ...logical, failover: true }, {}, { isUsingSlots: false }), false);
});

test('whether a standby has copies only a standby tells', () => {
  const copy = slotOf('copy', 50, { type: 'logical', isFailover: true, isSynced: true });
  const own = slotOf('own', 50, { type: 'logical', isFailover: true, isSynced: false });
  assert.equal(hasSyncedSlots({ sql: { ...standbySql, slots: [own, copy] } }), true);
  assert.equal(hasSyncedSlots({ sql: { ...standbySql, slots: [own] } }), false);
  assert.equal(hasSyncedSlots({ sql: { ...primarySql, slots: [copy] } }), null);
  assert.equal(hasSyncedSlots({ sql: null }), null, 'no answer');
});
