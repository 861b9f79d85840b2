// Who makes a new cluster, who clones from whom, and whose data nobody touches.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionIn, messageIn, stepIn } from './ask.ts';
import {
  action,
  cluster,
  control,
  empty,
  leader,
  member,
  newcomer,
  orphan,
  peer,
  primaryFacts,
  primaryMember,
  primaryWithoutKey,
  standby,
  standbyFacts,
  starting,
  stopped,
  systemId,
} from './worlds.ts';

const made = { cluster: cluster(null, { initialize: '', members: [member('b')] }) } as const;
const standbyCluster = { standby_cluster: { host: '10.1.0.1' } } as const;

test('of members without data and without a cluster the store lets one make it', () => {
  assert.deepEqual(stepIn(newcomer()), { kind: 'race-initialize' });
  const won = newcomer({ learned: { initializeRace: 'won' } });
  assert.deepEqual(actionIn(won), { kind: 'bootstrap' });
  assert.equal(messageIn(won), 'trying to bootstrap a new cluster');
  const lost = newcomer({ learned: { initializeRace: 'lost' } });
  assert.equal(messageIn(lost), 'failed to acquire initialize lock');
});

test('a standby cluster is made by copying another one', () => {
  const won = newcomer({ config: standbyCluster, learned: { initializeRace: 'won' } });
  assert.equal(messageIn(won), 'trying to bootstrap a new standby leader');
});

test('who may not lead, or has no bootstrap section, makes no cluster', () => {
  const words = 'waiting for leader to bootstrap';
  assert.equal(messageIn(newcomer({ tags: { nofailover: true } })), words);
  assert.equal(messageIn(newcomer({ me: { hasBootstrapSection: false } })), words);
  assert.equal(
    messageIn(newcomer({ config: standbyCluster, tags: { nofailover: true } })),
    'waiting for standby_leader to bootstrap',
  );
});

test('while somebody makes the cluster, or it has an identity already, nobody else makes one', () => {
  const words = 'waiting for leader to bootstrap';
  for (const initialize of ['', systemId]) {
    const world = newcomer({ cluster: cluster(null, { initialize, members: [member('b')] }) });
    assert.equal(messageIn(world), words);
  }
});

test('an empty member clones from the leader', () => {
  const world = standby({ postgres: empty });
  assert.deepEqual(actionIn(world), {
    kind: 'clone',
    source: { kind: 'member', name: 'a', isLeader: true },
  });
  assert.equal(messageIn(world), "trying to bootstrap from leader 'a'");
});

test('a running member that offers itself spares the leader', () => {
  const offering = (state: string) => ({
    members: [
      member('a', primaryMember),
      member('b'),
      member('c', { tags: { clonefrom: true }, state }),
    ],
  });
  const from = (state: string) =>
    messageIn(standby({ postgres: empty, cluster: cluster('a', offering(state)) }));
  assert.equal(from('running'), "trying to bootstrap from replica 'c'");
  assert.equal(from('stopped'), "trying to bootstrap from leader 'a'");
});

test('of several that offer themselves the chance of the turn takes one, unless one is named', () => {
  const clonefrom = { tags: { clonefrom: true } };
  const members = [
    member('a', primaryMember),
    member('b'),
    member('c', clonefrom),
    member('d', clonefrom),
  ];
  const from = (chance: number, tags = {}) =>
    messageIn(standby({ postgres: empty, cluster: cluster('a', { members }), chance, tags }));
  assert.equal(from(0), "trying to bootstrap from replica 'c'");
  assert.equal(from(0.99), "trying to bootstrap from replica 'd'");
  assert.equal(from(0, { replicatefrom: 'd' }), "trying to bootstrap from replica 'd'");
});

test('a method that needs nobody works without a leader, but not beside somebody who makes the cluster', () => {
  const me = { hasMethodWithoutLeader: true, hasBootstrapSection: false };
  const without = (initialize: string | null) =>
    stepIn(newcomer({ me, cluster: cluster(null, { initialize, members: [member('b')] }) }));
  const found = without(systemId);
  assert.ok(found.kind === 'start-action' && found.name === 'bootstrap (without leader)');
  assert.equal(without('').kind, 'done');
});

test('a leader that tells no address can not be cloned from', () => {
  const members = [member('a', { ...primaryMember, connUrl: null }), member('b')];
  const world = standby({ postgres: empty, cluster: cluster('a', { members }) });
  assert.equal(messageIn(world), 'waiting for leader to bootstrap');
});

test('a leader without data gives the key back at once', () => {
  assert.equal(
    messageIn(leader({ postgres: empty })),
    'released leader key voluntarily as data dir empty and currently leader',
  );
  assert.equal(
    messageIn(leader({ postgres: { ...empty, dataDirectory: 'unreadable' } })),
    'released leader key voluntarily as data dir not accessible and currently leader',
  );
});

test('what can not be read, or is no cluster, is never overwritten', () => {
  const found = (dataDirectory: 'unreadable' | 'foreign') => {
    const problem = { dataDirectory, dataDirectoryProblem: 'it is strange' };
    return stepIn(standby({ postgres: { ...empty, ...problem } }));
  };
  for (const kind of ['unreadable', 'foreign'] as const) {
    const step = found(kind);
    assert.ok(step.kind === 'done' && /it is strange/u.test(step.message));
  }
});

test('in pause nothing is made and nothing is cloned', () => {
  const config = { pause: true };
  assert.equal(messageIn(newcomer({ config })), 'PAUSE: running with empty data directory');
  assert.equal(
    messageIn(standby({ config, postgres: empty })),
    'PAUSE: running with empty data directory',
  );
});

test('a new cluster goes from server to roles to identity, each in its turn', () => {
  const started = { kind: 'started' } as const;
  const at = (postgres: Partial<typeof primaryFacts>, kind: 'started' | 'finished') =>
    stepIn(newcomer({ ...made, postgres, memory: { bootstrap: { kind } } }));
  const recovering = { ...standbyFacts, isSetUpAsStandby: false };
  const waiting = at({ ...primaryFacts, ...starting }, 'started');
  assert.ok(waiting.kind === 'done' && waiting.wakeInMs === 500);
  assert.equal(waiting.message, 'waiting for end of recovery after bootstrap');
  assert.equal(at(recovering, 'started').kind, 'done');
  const post = at(primaryFacts, 'started');
  assert.ok(post.kind === 'start-action' && post.message === 'running post_bootstrap');
  assert.deepEqual(at(primaryFacts, 'finished'), { kind: 'finish-bootstrap' });
  const copied = newcomer({
    ...made,
    config: standbyCluster,
    postgres: { ...standbyFacts, role: 'standby_leader' },
    memory: { bootstrap: started },
  });
  assert.deepEqual(stepIn(copied), { kind: 'finish-bootstrap' });
});

test('a cluster that could not be made is called off, and so is one whose server died', () => {
  const failed = newcomer({ ...made, memory: { bootstrap: { kind: 'failed' } } });
  assert.deepEqual(stepIn(failed), { kind: 'cancel-bootstrap' });
  const died = newcomer({
    ...made,
    postgres: { ...primaryFacts, ...stopped, state: 'crashed' },
    memory: { bootstrap: { kind: 'started' } },
  });
  assert.deepEqual(stepIn(died), { kind: 'cancel-bootstrap' });
});

test('while the cluster is made the turns wait for it', () => {
  const world = newcomer({
    ...made,
    action: action('bootstrap', { name: 'bootstrap' }),
  });
  assert.equal(messageIn(world), 'bootstrap in progress');
});

test('data of another cluster never comes in', () => {
  const other = { control: { ...control, systemId: '7999999999999999999' } };
  const step = stepIn(standby({ postgres: other }));
  assert.ok(step.kind === 'exit');
  assert.match(step.message, /^system ID mismatch, node b belongs to a different cluster/u);
  const paused = { config: { pause: true }, postgres: { ...primaryFacts, ...other } };
  assert.equal(
    messageIn(leader(paused)),
    'released leader key voluntarily due to the system ID mismatch',
  );
});

test('data without a control file is nobody’s', () => {
  const world = standby({ postgres: { ...stopped, control: null } });
  assert.match(messageIn(world), /system ID is invalid; consider doing reinitialize$/u);
});

test('a stand-alone primary becomes the cluster as it is; a replica that runs alone waits for its primary', () => {
  const nothing = { initialize: null, config: null } as const;
  const fresh = { hasJoined: false } as const;
  assert.deepEqual(stepIn(primaryWithoutKey({ cluster: nothing, memory: fresh })), {
    kind: 'write-initialize',
    createNew: true,
    systemId,
  });
  const replica = stepIn(orphan({ cluster: nothing, memory: fresh }));
  assert.ok(replica.kind === 'exit' && /running as replica, aborting start/u.test(replica.message));
});

test('members of a store that lost its keys go on: they know which cluster it was', () => {
  const nothing = { initialize: null, config: null } as const;
  const joined = { cluster: nothing, memory: { hasJoined: true } } as const;
  assert.equal(stepIn(orphan(joined)).kind, 'write-initialize');
  const written = orphan({
    ...joined,
    learned: { isInitializeWritten: true, peers: [peer('a'), peer('c')] },
  });
  assert.deepEqual(stepIn(written), { kind: 'acquire-lock' });
});

test('a leader restores the identity and the configuration that were wiped', () => {
  assert.deepEqual(stepIn(leader({ cluster: { initialize: null } })), {
    kind: 'write-initialize',
    createNew: true,
    systemId,
  });
  assert.deepEqual(stepIn(leader({ cluster: { initialize: 'nonsense' } })), {
    kind: 'write-initialize',
    createNew: false,
    systemId,
  });
  assert.deepEqual(stepIn(leader({ cluster: { config: { modRevision: '3', data: null } } })), {
    kind: 'write-config',
  });
});

test('a member that is missing in the store publishes itself first', () => {
  const members = [member('a', primaryMember), member('c')];
  assert.deepEqual(stepIn(standby({ cluster: cluster('a', { members }) })), {
    kind: 'touch-member',
  });
});
