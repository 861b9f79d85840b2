// Where hot_standby_feedback has to be on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Cluster, JsonObject } from '#core/dcs/cluster.ts';
import type { SlotConfig } from '#core/slots/desired-slots.ts';
import { isFeedbackNeeded } from '#core/slots/feedback.ts';
import { clusterOf, memberOf } from './samples.ts';

const logical: JsonObject = { ls: { database: 'a', plugin: 'b' } };

function isNeeded(
  name: string,
  cluster: Cluster,
  more: Partial<SlotConfig> = {},
  serverVersion = 150_018,
): boolean {
  const { tags } = readTags(cluster.members.find((each) => each.name === name)?.tags ?? {});
  const config: SlotConfig = {
    isUsingSlots: true,
    memberSlotsTtlSeconds: 1800,
    permanentSlots: logical,
    standbyCluster: null,
    ...more,
  };
  return isFeedbackNeeded({ name, tags }, cluster, config, serverVersion);
}

test('where a logical slot is kept it has to be on', () => {
  const cluster = clusterOf([memberOf('l'), memberOf('r')], 'l');
  assert.equal(isNeeded('r', cluster), true);
  assert.equal(isNeeded('r', cluster, { permanentSlots: { ph: null } }), false);
  assert.equal(isNeeded('r', cluster, { isUsingSlots: false }), false);
  assert.equal(isNeeded('r', cluster, {}, 100_000), false);
});

test('a member that keeps none passes on what those below it need', () => {
  const cluster = clusterOf(
    [
      memberOf('l'),
      memberOf('top', { nofailover: true }),
      memberOf('middle', { nofailover: true, replicatefrom: 'top' }),
      memberOf('below', { replicatefrom: 'middle' }),
      memberOf('alone', { nofailover: true }),
    ],
    'l',
  );
  assert.equal(isNeeded('top', cluster), true);
  assert.equal(isNeeded('middle', cluster), true);
  assert.equal(isNeeded('alone', cluster), false);
});

test('members that follow each other end in no loop and need none', () => {
  const cluster = clusterOf(
    [memberOf('l'), memberOf('a', { replicatefrom: 'b' }), memberOf('b', { replicatefrom: 'a' })],
    'l',
  );
  assert.equal(isNeeded('a', cluster), false);
});

test('a member that streams nothing needs none, whoever is below it', () => {
  const cluster = clusterOf(
    [memberOf('l'), memberOf('n', { nostream: true }), memberOf('c', { replicatefrom: 'n' })],
    'l',
  );
  assert.equal(isNeeded('n', cluster), false);
  assert.equal(isNeeded('c', cluster), false);
});
