// No second agent under a name that somebody answers to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNameTaken } from '#agent/program/uniqueness.ts';
import { cluster, peer, silentPeer } from '../../core/ha/worlds.ts';
import { fakeDcs, fakePeers } from '../fake-parts.ts';
import { recordingLog } from '../rest/fake-host.ts';

function parts() {
  const happened: string[] = [];
  const lines: string[] = [];
  const dcs = fakeDcs(happened, cluster('a'));
  const peers = fakePeers(happened);
  const isTaken = async (name: string) => isNameTaken(dcs, peers, name, recordingLog(lines));
  return { happened, lines, dcs, peers, isTaken };
}

test('a name is taken while somebody answers at its address', async () => {
  const { peers, isTaken, happened } = parts();
  peers.answer = (name) => peer(name);
  assert.equal(await isTaken('b'), true);
  assert.equal(happened.at(-1), 'ask b');
});

test('a name of a member that does not answer, or that nobody has, is free', async () => {
  const { peers, isTaken } = parts();
  peers.answer = silentPeer;
  assert.equal(await isTaken('b'), false);
  assert.equal(await isTaken('new'), false);
});

test('a store that is away keeps nobody from starting', async () => {
  const { dcs, isTaken, lines } = parts();
  dcs.isAway = true;
  assert.equal(await isTaken('b'), false);
  assert.match(lines[0] ?? '', /^warning Cannot check whether "b" runs already/u);
});
