// What is shown of each slot.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeJson } from '#core/dcs/json.ts';
import { slotInfoOf } from '#core/slots/slot-info.ts';
import type { SummaryInput } from '#core/slots/slot-summary.ts';
import {
  slotMetrics,
  slotsDocument,
  summarizeSlots,
  unreadySlotsTag,
  unreadySlots,
} from '#core/slots/slot-summary.ts';
import { infoOf, logicalOf, slotOf, wantedLogical, wantedPhysical } from './samples.ts';

const names = ['behind', 'changed', 'conflict', 'lost', 'missing', 'ok', 'soon', 'unpublished'];

const input: SummaryInput = {
  isInRecovery: true,
  desired: {
    physical: new Map([['m', wantedPhysical('m')]]),
    logical: new Map(
      names.map((name) => [name, wantedLogical(name, name === 'unpublished' ? null : 800)]),
    ),
  },
  existing: [
    logicalOf('behind', 700),
    logicalOf('changed', 700, { plugin: 'old' }),
    logicalOf('conflict', 700, { isConflicting: true }),
    logicalOf('lost', 700, { walStatus: 'lost' }),
    logicalOf('ok', 800),
    infoOf('m', 50, { retainedBytes: 2n ** 60n }),
    logicalOf('native', 500, { isFailover: true, isSynced: true }),
    infoOf('other'),
  ],
  unproven: new Map([['behind', { state: 'catching-up', why: 'Not yet' }]]),
  inProgress: new Set(['soon']),
};

test('each slot has a state, those that should be and are not included', () => {
  assert.deepEqual(
    Object.fromEntries(
      summarizeSlots(input).map(({ name, state, source }) => [name, `${state} ${source}`]),
    ),
    {
      behind: 'catching-up permanent',
      changed: 'mismatch permanent',
      conflict: 'conflicting permanent',
      lost: 'lost permanent',
      m: 'ready member',
      missing: 'missing permanent',
      native: 'ready server',
      ok: 'ready permanent',
      other: 'ready unknown',
      soon: 'copying permanent',
      unpublished: 'missing-on-primary permanent',
    },
  );
});

test('on a primary a slot that is being made is shown so', () => {
  const states = summarizeSlots({
    ...input,
    isInRecovery: false,
    existing: [logicalOf('ok', null)],
  });
  const stateOf = (name: string): string | undefined =>
    states.find((slot) => slot.name === name)?.state;
  assert.equal(stateOf('ok'), 'creating');
  assert.equal(stateOf('soon'), 'creating');
  assert.equal(stateOf('missing'), 'missing');
});

test('a copy the server keeps is ready, and one of a former primary in its way is not', () => {
  const wanted = { ...wantedLogical('native', 500), isFailover: true };
  const unreadyWith = (isInRecovery: boolean, isSynced: boolean): unknown =>
    unreadySlots(
      summarizeSlots({
        ...input,
        isInRecovery,
        desired: { ...input.desired, logical: new Map([['native', wanted]]) },
        existing: [logicalOf('native', 500, { isFailover: true, isSynced })],
      }),
    );
  assert.deepEqual(unreadyWith(true, true), {});
  assert.deepEqual(unreadyWith(true, false), { native: 'mismatch' });
  assert.deepEqual(unreadyWith(false, false), {});
  assert.deepEqual(unreadyWith(false, true), {});
});

test('the document has every byte of large positions', () => {
  const document = slotsDocument(summarizeSlots(input));
  assert.match(writeJson(document), /"retained_bytes":1152921504606846976/u);
  assert.deepEqual(document['behind'], {
    type: 'logical',
    database: 'a',
    plugin: 'b',
    source: 'permanent',
    state: 'catching-up',
    reason: 'Not yet',
    active: false,
    restart_lsn: 690n,
    confirmed_flush_lsn: 700n,
    lag_bytes: 100n,
    retained_bytes: null,
  });
});

test('metrics have one sample a slot, and none of what is not known', () => {
  const metrics = new Map(slotMetrics(summarizeSlots(input)).map((each) => [each.name, each]));
  const ready = metrics.get('pg_agent_slot_ready')?.samples ?? [];
  assert.equal(ready.length, 11);
  assert.equal(ready.find(({ labels }) => labels['slot'] === 'ok')?.value, 1);
  assert.equal(ready.find(({ labels }) => labels['slot'] === 'missing')?.value, 0);
  assert.deepEqual(metrics.get('pg_agent_slot_retained_bytes')?.samples, [
    { labels: { slot: 'm', slot_type: 'physical' }, value: 2n ** 60n },
  ]);
});

test('a member says which permanent logical slots are not ready, and nothing where all are', () => {
  const few: SummaryInput = {
    ...input,
    desired: { ...input.desired, logical: new Map([['behind', wantedLogical('behind', 800)]]) },
    existing: [logicalOf('behind', 700), logicalOf('unknown', 5, { walStatus: 'lost' })],
  };
  assert.deepEqual(unreadySlots(summarizeSlots(few)), { behind: 'catching-up' });
  assert.deepEqual(unreadySlotsTag(summarizeSlots(few)), { unready_slots: 'behind catching-up' });
  const proven = summarizeSlots({ ...few, unproven: new Map() });
  assert.deepEqual(unreadySlots(proven), {});
  assert.deepEqual(unreadySlotsTag(proven), {});
});

test('a row of an older server leaves what it does not know as nothing', () => {
  assert.deepEqual(slotInfoOf(slotOf('m')), infoOf('m'));
});
