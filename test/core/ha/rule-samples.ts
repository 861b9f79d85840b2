// For each rule one world in which it decides. Whoever adds a rule adds its world.

import { noRejoinYet } from '#core/rewind/rejoin.ts';
import type { RewindFacts } from '#core/rewind/rewind-facts.ts';
import type { World } from '#core/ha/world.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { Changes } from './worlds.ts';
import {
  action,
  cluster,
  control,
  cut,
  empty,
  failover,
  formerPrimary,
  leader,
  member,
  newcomer,
  nowMs,
  orphan,
  peer,
  primaryFacts,
  primaryMember,
  primaryWithoutKey,
  provenLeader,
  standby,
  standbyFacts,
  standbySql,
  starting,
  stopped,
  sync,
} from './worlds.ts';

const pause = { pause: true } as const;
const standbyCluster = { standby_cluster: { host: '10.1.0.1' } } as const;
const noLease = { leaseUntilMs: null } as const;
const refused = { learned: { lock: 'refused' }, memory: noLease } as const;
const crashed = { ...stopped, state: 'crashed' } as const;
const silentPeers = { peers: [peer('b'), peer('c')] } as const;
const ahead = { peers: [peer('a'), peer('c', { lsn: lsnOf(2000) })] } as const;
const failsafe = { a: 'http://10.0.0.1:8008/patroni', b: 'http://10.0.0.2:8008/patroni' } as const;
const leaderOnNextTimeline = cluster('a', {
  members: [member('a', { ...primaryMember, timeline: 2 }), member('b'), member('c')],
});
const sameHistory: RewindFacts = {
  local: { timeline: 1, lsn: lsnOf(900), isInRecovery: false, checkpointEndLsn: lsnOf(950) },
  leader: { kind: 'known', timeline: 1, lines: [] },
};

/** A member that has just taken the key, about to be promoted. */
function winner(changes: Changes = {}): World {
  return orphan({
    ...changes,
    memory: { leaseUntilMs: nowMs + 30_000, ...changes.memory },
    learned: { lock: 'acquired', watchdog: 'activated', ...changes.learned },
  });
}

function cutLeader(changes: Changes = {}): World {
  return leader({ dcs: cut(), ...changes });
}

const withFailsafe = {
  dcs: cut(cluster('a', { failsafe })),
  config: { failsafe_mode: true },
} as const;

const withoutStore: readonly (readonly [number, () => World])[] = [
  [100, () => cutLeader({ action: action('demote', { isCancellable: false }) })],
  [101, () => standby({ dcs: cut(), postgres: stopped })],
  [102, () => standby({ dcs: cut() })],
  [110, () => leader(withFailsafe)],
  [
    111,
    () =>
      leader({
        ...withFailsafe,
        learned: { failsafe: [{ name: 'b', isAccepted: true, lsn: null, why: '' }] },
      }),
  ],
  [120, () => cutLeader()],
  [129, () => cutLeader({ memory: noLease, action: action('restart') })],
  [130, () => cutLeader({ memory: noLease })],
];

const beforeAnything: readonly (readonly [number, () => World])[] = [
  [201, () => leader({ config: pause, memory: { isWatchdogRunning: true } })],
  [210, () => standby({ cluster: cluster('a', { members: [member('a', primaryMember)] }) })],
  [220, () => leader({ cluster: { initialize: null } })],
  [221, () => leader({ cluster: { config: null } })],
  [301, () => leader({ action: action('restart') })],
  [
    302,
    () =>
      provenLeader({
        action: action('crash-recovery', { sinceMs: nowMs - 400_000 }),
        postgres: crashed,
        learned: silentPeers,
      }),
  ],
  [303, () => provenLeader({ action: action('restart') })],
  [310, () => orphan({ action: action('promote') })],
  [311, () => primaryWithoutKey({ action: action('restart') })],
  [312, () => orphan({ action: action('copy-slots') })],
  [319, () => standby({ action: action('follow') })],
  [401, () => leader({ postgres: starting })],
  [402, () => leader({ postgres: starting, ...refused })],
  [403, () => provenLeader({ postgres: { ...starting, stateSinceMs: 400_000 } })],
  [404, () => provenLeader({ postgres: { ...starting, stateSinceMs: 1000 } })],
];

const made = { cluster: cluster(null, { initialize: '', members: [member('b')] }) } as const;

const newClusters: readonly (readonly [number, () => World])[] = [
  [501, () => newcomer({ ...made, memory: { bootstrap: { kind: 'failed' } } })],
  [
    502,
    () =>
      newcomer({
        ...made,
        postgres: { ...primaryFacts, ...starting },
        memory: { bootstrap: { kind: 'started' } },
      }),
  ],
  [
    503,
    () => newcomer({ ...made, postgres: primaryFacts, memory: { bootstrap: { kind: 'started' } } }),
  ],
  [
    504,
    () =>
      newcomer({ ...made, postgres: primaryFacts, memory: { bootstrap: { kind: 'finished' } } }),
  ],
  [551, () => leader(failedStart)],
  [553, () => standby(failedStart)],
  [
    554,
    () =>
      standby({
        postgres: { ...crashed, stateSinceMs: 100 },
        memory: { crashLoop: { deaths: 1, startedAtMs: null } },
      }),
  ],
  [601, () => leader({ postgres: empty })],
  [602, () => standby({ postgres: { ...empty, dataDirectory: 'unreadable' } })],
  [603, () => standby({ postgres: { ...empty, dataDirectory: 'foreign' } })],
  [604, () => newcomer({ config: pause })],
  [610, () => newcomer()],
  [611, () => newcomer({ learned: { initializeRace: 'lost' } })],
  [612, () => newcomer({ learned: { initializeRace: 'won' } })],
  [620, () => standby({ postgres: empty })],
  [621, () => newcomer({ me: { hasBootstrapSection: false } })],
  [630, () => standby({ postgres: { ...stopped, control: null } })],
  [631, () => standby({ postgres: { control: { ...control, systemId: '7999999999999999999' } } })],
  [632, () => primaryWithoutKey({ cluster: { initialize: null, config: null } })],
];

const damaged = { memory: { rejoin: { ...noRejoinYet, isDamaged: true } } } as const;

const halfRewound: readonly (readonly [number, () => World])[] = [
  [651, () => provenLeader({ postgres: stopped, ...damaged })],
  [652, () => standby({ postgres: stopped, ...damaged })],
];

const failedStart: Changes = {
  postgres: { ...stopped, state: 'start failed' },
  memory: { isRecovering: true, lastStartFailedAtMs: nowMs - 100 },
};

const needed = { kind: 'needed', against: 'a@1', why: 'we diverged' } as const;

const stoppedServers: readonly (readonly [number, () => World])[] = [
  [701, () => leader({ config: pause, postgres: stopped })],
  [702, () => standby({ config: pause, postgres: stopped })],
  [703, () => leader({ postgres: crashed })],
  [704, () => provenLeader({ config: { primary_start_timeout: 0 }, postgres: crashed })],
  [705, () => provenLeader({ postgres: crashed })],
  [706, () => orphan({ postgres: stopped, memory: { isWatchdogRunning: true } })],
  [707, () => orphan({ postgres: stopped, memory: { demotedAtMs: nowMs - 1000 } })],
  [708, () => provenLeader({ postgres: { ...stopped, isSetUpAsStandby: true } })],
  [709, () => leader({ postgres: crashed, ...refused })],
  [
    750,
    () =>
      standby({
        postgres: { ...crashed, isSetUpAsStandby: false, control },
        memory: { lastStartFailedAtMs: nowMs - 60_000 },
      }),
  ],
  [751, () => standby({ postgres: formerPrimary })],
  [752, () => standby({ postgres: formerPrimary, learned: { rewindFacts: sameHistory } })],
  [753, () => standby({ postgres: stopped, memory: { rewind: needed } })],
  [781, () => provenLeader({ config: standbyCluster, postgres: stopped })],
  [
    782,
    () => standby({ postgres: stopped, memory: { rewind: { ...needed, kind: 'not-needed' } } }),
  ],
];

const races: readonly (readonly [number, () => World])[] = [
  [801, () => orphan({ config: { primary_race_backoff: 30 } })],
  [
    802,
    () =>
      orphan({
        config: { primary_race_backoff: 30 },
        memory: {
          raceBackoffSinceMs: nowMs - 1000,
          previousLsn: lsnOf(900),
          lastLsn: lsnOf(1000),
        },
      }),
  ],
  [810, () => orphan()],
  [820, () => orphan({ learned: { lock: 'lost-race' } })],
  [830, () => orphan({ config: pause })],
  [840, () => orphan({ config: standbyCluster, learned: ahead })],
  [850, () => orphan({ learned: ahead })],
];

const leading: readonly (readonly [number, () => World])[] = [
  [901, () => leader({ config: pause, postgres: standbyFacts })],
  [905, () => leader()],
  [906, () => leader({ config: pause, ...refused })],
  [907, () => leader(refused)],
  [908, () => leader({ postgres: standbyFacts, ...refused })],
  [921, () => winner({ cluster: { failover: failover({ candidate: 'b' }) } })],
  [925, () => provenLeader({ cluster: { failover: failover({ candidate: 'b' }) } })],
  [940, () => provenLeader({ config: standbyCluster, postgres: standbyFacts })],
  [950, () => provenLeader()],
  [951, () => provenLeader({ me: { isWatchdogRequired: true, isWatchdogHealthy: false } })],
  [
    955,
    () =>
      provenLeader({
        postgres: { sql: null, sqlProblem: 'it hangs' },
        memory: { silentSinceMs: nowMs - 30_000 },
        learned: { watchdog: 'activated' },
      }),
  ],
  [
    960,
    () => provenLeader({ config: { synchronous_mode: true }, learned: { watchdog: 'activated' } }),
  ],
  [
    961,
    () =>
      winner({
        config: { synchronous_mode: true },
        cluster: { sync: sync('a', ['b']) },
        learned: { isSyncLost: true },
      }),
  ],
  [
    965,
    () =>
      winner({
        config: { synchronous_mode: true },
        postgres: { sql: null, sqlProblem: 'it does not answer' },
      }),
  ],
  [970, () => winner()],
  [980, () => provenLeader({ learned: { watchdog: 'activated' } })],
];

const following: readonly (readonly [number, () => World])[] = [
  [1001, () => standby({ config: pause, postgres: primaryFacts })],
  [1002, () => standby({ postgres: primaryFacts })],
  [1051, () => standby({ cluster: leaderOnNextTimeline })],
  [
    1052,
    () =>
      standby({
        cluster: leaderOnNextTimeline,
        learned: {
          rewindFacts: {
            local: {
              timeline: 1,
              lsn: lsnOf(2000),
              isInRecovery: true,
              checkpointEndLsn: null,
            },
            leader: {
              kind: 'known',
              timeline: 2,
              lines: [
                { timeline: 1, lsn: lsnOf(1500), reason: '', timestamp: null, newLeader: null },
              ],
            },
          },
        },
      }),
  ],
  [
    1053,
    () =>
      standby({
        cluster: leaderOnNextTimeline,
        memory: { rewind: { ...needed, against: 'a@2' } },
      }),
  ],
  [
    1054,
    () =>
      standby({
        postgres: {
          ...standbyFacts,
          sql: { ...standbySql, receiverState: null, receivedTimeline: null },
        },
        memory: {
          rewind: { ...needed, kind: 'not-needed', against: 'a@1' },
          walGap: { against: 'a@1', why: 'a does not have the WAL any more' },
        },
        learned: { rewindFacts: sameHistory },
      }),
  ],
  [
    1090,
    () => standby({ config: standbyCluster, cluster: cluster('a', { members: [member('b')] }) }),
  ],
  [1099, () => standby()],
];

export const ruleSamples: ReadonlyMap<number, () => World> = new Map([
  ...withoutStore,
  ...beforeAnything,
  ...newClusters,
  ...halfRewound,
  ...stoppedServers,
  ...races,
  ...leading,
  ...following,
]);
