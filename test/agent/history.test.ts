// The history of timelines that the store keeps for people and for members that come back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepHistory } from '#agent/history.ts';
import type { HistoryLine } from '#core/dcs/cluster.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { cluster, history, primaryFacts, primarySql, standbyFacts } from '../core/ha/worlds.ts';
import { fakeAgent } from './fake-agent.ts';

const line: HistoryLine = {
  timeline: 1,
  lsn: lsnOf(100),
  reason: 'no recovery target specified',
  timestamp: null,
  newLeader: null,
};
const secondTimeline = { ...primaryFacts, sql: { ...primarySql, timeline: 2 } };

test('after a promotion the line says when it was and who leads', async () => {
  const { context, dcs, postgres, happened, clock } = fakeAgent({ facts: secondTimeline });
  postgres.readTimelineHistory = async () => [line];
  let written: readonly HistoryLine[] = [];
  dcs.setHistory = async (lines) => {
    written = lines;
    return true;
  };
  await keepHistory(context);
  const timestamp = new Date(clock.now()).toISOString().replace('Z', '+00:00');
  assert.deepEqual(written, [{ ...line, timestamp, newLeader: 'a' }]);
  assert.deepEqual(happened, []);
});

test('what the store has already is not written again', async () => {
  const known = cluster('a', { history: history(2) });
  const { context, postgres, happened } = fakeAgent({ facts: secondTimeline, cluster: known });
  context.state.cluster = known;
  postgres.readTimelineHistory = async () => [line];
  await keepHistory(context);
  assert.deepEqual(happened, []);
});

test('on the first timeline there is none, and a standby writes none', async () => {
  const first = fakeAgent();
  await keepHistory(first.context);
  const standby = fakeAgent({ name: 'b', facts: standbyFacts });
  await keepHistory(standby.context);
  assert.deepEqual([...first.happened, ...standby.happened], []);
});
