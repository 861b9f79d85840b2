// The reactive layer on the harness: a charm as an author writes it, on the emulator's own tools.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defineCharm } from '#charm/charm.ts';
import { runCharm as program } from '#charm/main.ts';
import { reactive } from '#charm/reactive/reactive.ts';
import { active, waiting } from '#charm/status/status.ts';
import { charmState, peerState } from '#charm/testing/charm-state.ts';
import * as events from '#charm/testing/events.ts';
import { runCharm } from '#charm/testing/run-charm.ts';
import { files } from '../tools/emulated-tools.ts';

type Flags = 'leadership.is_leader' | 'leadership.set.password' | 'started';
const { handler, when, whenNot, hook } = reactive<Flags, undefined>();

const main = program(
  defineCharm<Flags, undefined, object>({
    name: 'app',
    peer: 'cluster',
    endpoints: {},
    services: () => undefined,
    handlers: [
      handler('start', [hook('start')], ({ flags }) => flags.set('started')),
      handler(
        'password',
        [when('leadership.is_leader', 'started'), whenNot('leadership.set.password')],
        ({ leadership }) => leadership.leaderSet({ password: 'hunter22' }),
      ),
    ],
    status: ({ flags }) => (flags.isSet('started') ? active('up') : waiting('for start')),
  }),
);

const peers = [peerState({ id: 1, endpoint: 'cluster' })];

test('flags, leader settings and status go from hook to hook through the state', async () => {
  const installed = await runCharm(files, main, events.install(), charmState({ leader: true }));
  const related = await runCharm(files, main, events.relationCreated('cluster:1'), {
    ...installed.state,
    peers,
  });
  const started = await runCharm(files, main, events.start(), related.state);

  assert.equal(installed.state.status.status, 'waiting');
  assert.deepEqual(started.state.peers[0]?.ownApplicationBag, { password: 'hunter22' });
  assert.deepEqual(started.state.status, { status: 'active', message: 'up' });
  for (const outcome of [installed, related, started]) {
    assert.equal(outcome.ok, true, String(outcome.error));
    assert.ok(!JSON.stringify(outcome.log).includes('hunter22'));
  }
});

test('L23: a leader in install has no peer relation to write to, and the harness shows it', async () => {
  const outcome = await runCharm(
    files,
    main,
    events.install(),
    charmState({ leader: true, unitData: { 'reactive.states.started': null } }),
  );

  assert.equal(outcome.ok, false);
  assert.match(String(outcome.error), /no peer relation yet/);
});

test('a follower writes nothing to the application', async () => {
  const outcome = await runCharm(files, main, events.updateStatus(), charmState({ peers }));

  assert.equal(outcome.ok, true, String(outcome.error));
  assert.deepEqual(outcome.state.peers[0]?.ownApplicationBag, {});
  assert.ok(!outcome.toolCalls.some(({ tool }) => tool === 'relation-set'));
});
