// What the REST API tells of replication slots.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lsnOf } from '#core/postgres/lsn.ts';
import { metricsText } from '#core/rest/metrics.ts';
import { slotsAnswer } from '#core/rest/slots-document.ts';
import { statusDocument } from '#core/rest/status-document.ts';
import type { SlotSummary } from '#core/slots/slot-summary.ts';
import { standby } from './views.ts';

const summary: SlotSummary = {
  name: 'l',
  type: 'logical',
  database: 'app',
  plugin: 'test_decoding',
  source: 'permanent',
  state: 'catching-up',
  why: 'It waits',
  isActive: false,
  restartLsn: lsnOf(900),
  confirmedFlushLsn: lsnOf(950),
  retainedBytes: 100n,
  lagBytes: 50n,
};

const view = {
  ...standby,
  slots: {
    ...standby.slots,
    summaries: [summary],
    reports: [{ level: 'warning', code: 'lost', slot: 'm', message: 'm is lost' }],
    givenUp: new Map([['postgres_2', lsnOf(7)]]),
    counters: { ...standby.slots.counters, copies: 2, errors: new Map([['drop', 3]]) },
  },
} as const;

test('each slot is told with its state and the reason for it', () => {
  const { slots, given_up: givenUp, reports, counters } = slotsAnswer(view);

  assert.deepEqual(slots, [
    {
      name: 'l',
      type: 'logical',
      database: 'app',
      plugin: 'test_decoding',
      source: 'permanent',
      state: 'catching-up',
      reason: 'It waits',
      active: false,
      restart_lsn: lsnOf(900),
      confirmed_flush_lsn: lsnOf(950),
      lag_bytes: 50n,
      retained_bytes: 100n,
    },
  ]);
  assert.deepEqual(givenUp, [{ name: 'postgres_2', restart_lsn: lsnOf(7) }]);
  assert.deepEqual(reports, [{ level: 'warning', code: 'lost', slot: 'm', message: 'm is lost' }]);
  assert.deepEqual(counters, {
    copies: 2,
    copy_restarts: 0,
    advances_in_flight: 0,
    skipped_turns: 0,
    errors: { drop: 3 },
  });
});

test('a member without slots says nothing of them in its status', () => {
  assert.ok('replication_slots' in statusDocument(view));
  assert.ok(!('replication_slots' in statusDocument(standby)));
});

test('each metric of a slot has one sample for each slot, under one heading', () => {
  const lines = metricsText(view, 0).split('\n');
  const labels = 'scope="batman",name="postgres-1"';

  assert.ok(lines.includes(`pg_agent_slot_ready{${labels},slot="l",slot_type="logical"} 0`));
  assert.ok(lines.includes(`pg_agent_slot_lag_bytes{${labels},slot="l",slot_type="logical"} 50`));
  assert.ok(lines.includes(`pg_agent_slot_copy_total{${labels}} 2`));
  assert.ok(lines.includes(`pg_agent_slot_errors_total{${labels},step="drop"} 3`));
  const headings = lines.filter((line) => line.startsWith('# TYPE'));
  assert.equal(new Set(headings).size, headings.length);
});
