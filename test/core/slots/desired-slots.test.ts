// Which slots are to be on a member.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { StandbyCluster } from '#core/config/patroni/global-config.ts';
import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { Cluster, JsonObject, Role } from '#core/dcs/cluster.ts';
import type { DesiredSlots, SlotConfig } from '#core/slots/desired-slots.ts';
import { desiredSlots } from '#core/slots/desired-slots.ts';
import { slotNameFromMemberName } from '#core/slots/slot-name.ts';
import { clusterOf, memberOf } from './samples.ts';

const standbyCluster: StandbyCluster = {
  host: 'elsewhere',
  port: null,
  primarySlotName: null,
  createReplicaMethods: null,
  restoreCommand: null,
  archiveCleanupCommand: null,
  recoveryMinApplyDelay: null,
};

function configOf(permanentSlots: JsonObject, more: Partial<SlotConfig> = {}): SlotConfig {
  return {
    isUsingSlots: true,
    memberSlotsTtlSeconds: 1800,
    permanentSlots,
    standbyCluster: null,
    ...more,
  };
}

function desiredOf(
  name: string,
  role: Role,
  cluster: Cluster,
  config: SlotConfig,
  serverVersion = 150_018,
): DesiredSlots {
  const member = cluster.members.find((each) => each.name === name);
  const { tags } = readTags(member?.tags ?? {});
  return desiredSlots({ me: { name, role, tags }, cluster, config, serverVersion });
}

function shown({ physical, logical }: DesiredSlots): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...[...physical].map(([name, slot]) => [name, `${slot.lsn} ${slot.isExpectedActive}`]),
    ...[...logical].map(([name, { lsn }]) => [name, `logical ${lsn}`]),
  ]);
}

const fooBar: JsonObject = {
  foo: { type: 'logical', database: 'a', plugin: 'b' },
  bar: { type: 'physical' },
};

const cascade = clusterOf(
  [
    memberOf('leader'),
    memberOf('test-2', { nostream: true }),
    memberOf('test-3', { replicatefrom: 'test-2' }, 98),
    memberOf('test-4'),
  ],
  'leader',
  { leader: 99, test_2: 98, test_3: 97, test_4: 98 },
);

test('S-18a: members that stream from others have slots too, moved to where they are', () => {
  assert.deepEqual(shown(desiredOf('leader', 'primary', cascade, configOf({}))), {
    test_3: '98 false',
    test_4: '98 true',
  });
  assert.deepEqual(shown(desiredOf('test-2', 'replica', cascade, configOf({}))), {
    leader: '99 false',
    test_3: '98 true',
    test_4: '98 false',
  });
});

test('S-19d: logical slots are kept where WAL is streamed from the primary', () => {
  const permanentOf = (name: string, role: Role): readonly string[] =>
    Object.keys(shown(desiredOf(name, role, cascade, configOf(fooBar)))).filter((slot) =>
      Object.hasOwn(fooBar, slot),
    );
  assert.deepEqual(permanentOf('leader', 'primary'), ['bar', 'foo']);
  assert.deepEqual(permanentOf('test-4', 'replica'), ['bar', 'foo']);
  assert.deepEqual(permanentOf('test-2', 'replica'), ['bar']);
  assert.deepEqual(permanentOf('test-3', 'replica'), ['bar']);
});

test('AT-14: a member that is never promoted keeps no permanent and no retained slots', () => {
  const members = [memberOf('l'), memberOf('n', { nofailover: true }), memberOf('m')];
  const cluster = clusterOf(members, 'l', {}, ['l', 'n', 'm', 'away']);
  assert.deepEqual(shown(desiredOf('n', 'replica', cluster, configOf(fooBar))), {});
});

test('AT-15: without retention a permanent slot of a cascading member follows its member', () => {
  const members = [
    memberOf('l'),
    memberOf('r'),
    memberOf('test-1', { replicatefrom: 'r' }, 12_346),
  ];
  const config = configOf({ test_1: 0 }, { memberSlotsTtlSeconds: 0 });
  const desired = desiredOf('l', 'primary', clusterOf(members, 'l'), config);
  assert.deepEqual(shown(desired), { r: 'null true', test_1: '12346 false' });
});

test('DEF-9: cluster_type counts in every cluster and on every member', () => {
  const slots: JsonObject = {
    here: { type: 'physical', cluster_type: 'primary' },
    there: { type: 'physical', cluster_type: 'standby' },
  };
  const alone = clusterOf([memberOf('l')], 'l');
  const namesIn = (role: Role, config: SlotConfig): readonly string[] =>
    Object.keys(shown(desiredOf('l', role, alone, config)));
  assert.deepEqual(namesIn('primary', configOf(slots)), ['here']);
  assert.deepEqual(namesIn('replica', configOf(slots)), ['here']);
  assert.deepEqual(namesIn('standby_leader', configOf(slots, { standbyCluster })), ['there']);
});

test('a standby cluster has no logical slots', () => {
  const alone = clusterOf([memberOf('l')], 'l');
  const desired = desiredOf('l', 'standby_leader', alone, configOf(fooBar, { standbyCluster }));
  assert.deepEqual(Object.keys(shown(desired)), ['bar']);
});

test('a logical slot with the name of a member slot, or of our own, is told and left out', () => {
  const slots: JsonObject = {
    m: { database: 'a', plugin: 'b' },
    l: { database: 'a', plugin: 'b' },
    ls: { database: 'a', plugin: 'b' },
  };
  const cluster = clusterOf([memberOf('l'), memberOf('m')], 'l', { ls: 800 });
  const desired = desiredOf('l', 'primary', cluster, configOf(slots));
  assert.deepEqual(shown(desired), { m: 'null true', ls: 'logical 800' });
  assert.deepEqual(
    desired.reports.map(({ code, slot }) => `${code} ${slot}`),
    ['name-collision m', 'name-collision l'],
  );
});

test('members whose names give one slot are told', () => {
  const cluster = clusterOf([memberOf('l'), memberOf('a-1'), memberOf('a.1')], 'l');
  const [report] = desiredOf('l', 'primary', cluster, configOf({})).reports;
  assert.match(report?.message ?? '', /share a replication slot name: a-1, a\.1 map to a_1/u);
});

test('a server too old to move slots keeps those in use only, and no logical ones', () => {
  const cluster = clusterOf(
    [memberOf('l'), memberOf('m'), memberOf('c', { replicatefrom: 'm' })],
    'l',
  );
  const desired = desiredOf('l', 'primary', cluster, configOf(fooBar), 100_000);
  assert.deepEqual(Object.keys(shown(desired)), ['m', 'bar']);
  assert.equal(desired.reports[0]?.code, 'old-server');
});

test('a slot of an absent member that is permanent as well is a permanent one', () => {
  const cluster = clusterOf([memberOf('l')], 'l', {}, ['gone']);
  const config = configOf({ gone: 0 });
  assert.equal(
    desiredOf('l', 'primary', cluster, config).physical.get('gone')?.source,
    'permanent',
  );
});

test('INV-6: nobody keeps a slot of its own name, and no name is both physical and logical', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd-1', 'd.1');
  const tags = fc.record(
    { nofailover: fc.boolean(), nostream: fc.boolean(), replicatefrom: name },
    { requiredKeys: [] },
  );
  const slotValue = fc.constantFrom(
    null,
    'bad',
    { database: 'x', plugin: 'y' },
    { type: 'physical' },
  );
  const slotName = fc.constantFrom('a', 'b', 'd_1', 'ls', 'ph', 'Bad');
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, tags), { selector: ([each]) => each, minLength: 1 }),
      fc.dictionary(slotName, slotValue),
      fc.array(slotName),
      fc.constantFrom<Role>('primary', 'replica', 'standby_leader'),
      fc.nat(1),
      (members, permanent, retain, role, ttl) => {
        const cluster = clusterOf(
          members.map(([each, own]) => memberOf(each, own)),
          members.at(-1)?.[0] ?? null,
          { ls: 5 },
          retain,
        );
        for (const [me, own] of members) {
          const config = configOf(permanent, { memberSlotsTtlSeconds: ttl });
          const { physical, logical } = desiredOf(me, role, cluster, config);
          const ownName = slotNameFromMemberName(me);
          assert.ok(!physical.has(ownName) && !logical.has(ownName));
          for (const each of logical.keys()) assert.ok(!physical.has(each));
          if (own.nofailover === true) assert.equal(logical.size, 0);
        }
      },
    ),
  );
});
