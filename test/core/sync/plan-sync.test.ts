// Step by step towards synchronous replication, against a small model of a primary and its standbys.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { JsonObject, SyncState } from '#core/dcs/cluster.ts';
import type { ReplicationRow } from '#core/ha/postgres-facts.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import { isOverlapping } from '#core/sync/invariants.ts';
import { planPromotion } from '#core/sync/plan-promotion.ts';
import type { SyncConfig, SyncInput, SyncMemory, SyncStep } from '#core/sync/plan-sync.ts';
import { isWaitingForNobody, noteNames, planSync } from '#core/sync/plan-sync.ts';
import { parseStandbyNames, strictPlaceholder } from '#core/sync/standby-names.ts';
import { configOf, memberOf, noSync, rowOf, syncOf } from './samples.ts';

/** A primary `l`, its setting, its standbys with their positions, and the key; it does what steps say. */
class Primary {
  sync: SyncState = noSync;
  names = '';
  isOverriding = false;
  memory: SyncMemory = null;
  config: SyncConfig = configOf();
  lsn = 100;
  readonly standbys = new Map<string, { lsn: number; tags: JsonObject }>();
  readonly texts: string[] = [];

  add(...names: readonly string[]): this {
    for (const name of names) this.standbys.set(name, { lsn: this.lsn, tags: {} });
    return this;
  }

  input(): SyncInput {
    const parsed = parseStandbyNames(this.names);
    const rows = [...this.standbys].map(([name, { lsn }]): ReplicationRow => {
      const isNamed = parsed !== null && parsed.kind !== 'off' && parsed.names.includes(name);
      const kind = parsed?.kind === 'quorum' ? 'quorum' : 'sync';
      return rowOf(name, lsn, { syncState: isNamed ? kind : 'async' });
    });
    return {
      me: 'l',
      sync: this.sync,
      members: [
        memberOf('l'),
        ...[...this.standbys].map(([name, { tags }]) => memberOf(name, tags)),
      ],
      sql: {
        replication: rows,
        synchronousCommit: 'on',
        synchronousStandbyNames: this.names,
        walFlushLsn: lsnOf(this.lsn),
      },
      config: this.config,
      memory: this.memory,
      isOverriding: this.isOverriding,
    };
  }

  next(): SyncStep | null {
    this.memory = noteNames(this.memory, this.names, lsnOf(this.lsn));
    return planSync(this.input());
  }

  perform(step: SyncStep): void {
    if (step.kind === 'wait') return;
    if (step.kind === 'set-names') {
      this.names = step.names ?? '';
      this.isOverriding = step.names !== null;
      this.memory = null;
      this.texts.push(`names ${step.names}`);
      // Commits went on while the setting came into force.
      this.lsn += 10;
      return;
    }
    const request = step.kind === 'delete-sync' ? { leader: null, voters: [], quorum: 0 } : step;
    const { leader, voters, quorum } = request;
    const modRevision = step.kind === 'delete-sync' ? null : String(this.lsn);
    assert.equal(step.expected, this.sync.modRevision);
    this.sync = { modRevision, leader, voters, quorum };
    this.texts.push(`key ${leader} ${voters.join(',')} ${quorum}`);
    assert.ok(isOverlapping({ voters: new Set(voters), quorum }, this.acknowledging()));
  }

  acknowledging(): Parameters<typeof isOverlapping>[1] {
    const parsed = parseStandbyNames(this.names);
    if (parsed === null || parsed.kind === 'off') {
      return { names: new Set(), num: 0, isAnybody: false };
    }
    const names = parsed.names.filter((name) => name !== strictPlaceholder);
    return { names: new Set(names), num: parsed.num, isAnybody: parsed.hasStar };
  }

  catchUp(): void {
    for (const standby of this.standbys.values()) standby.lsn = this.lsn;
  }

  /** All steps until nothing is left; what was done since the last time. */
  settle(): readonly string[] {
    this.texts.length = 0;
    for (let count = 0; count < 20; count += 1) {
      const step = this.next();
      if (step === null) return [...this.texts];
      if (step.kind === 'wait') this.catchUp();
      this.perform(step);
    }
    throw new Error(`No end: ${this.texts.join('; ')}`);
  }
}

test('enabling writes the key first, then the names, then the standby once it caught up', () => {
  const primary = new Primary().add('a', 'b');
  assert.deepEqual(primary.settle(), ['key l  0', 'names a', 'key l a 0']);
  assert.deepEqual(primary.settle(), []);
});

test('a new synchronous standby does not count before it reached what was flushed when it was named', () => {
  const primary = new Primary().add('a');
  primary.perform(primary.next() as SyncStep);
  primary.perform(primary.next() as SyncStep);
  const waiting = primary.next();
  assert.equal(waiting?.kind, 'wait');
  assert.match(waiting?.why ?? '', /waiting until a reached 0\/6E/u);
  primary.catchUp();
  assert.equal(primary.next()?.kind, 'write-sync');
});

test('a primary without standbys has an empty key and no names; strict puts the placeholder there', () => {
  const primary = new Primary();
  assert.deepEqual(primary.settle(), ['key l  0', 'names ']);
  primary.config = configOf({ isSynchronousModeStrict: true });
  assert.equal(isWaitingForNobody(primary.input()), true);
  assert.deepEqual(primary.settle(), [`names ${strictPlaceholder}`]);
  primary.config = configOf({ isSynchronousModeStrict: true, synchronousMode: 'quorum' });
  assert.deepEqual(primary.settle(), [`names ANY 1 (${strictPlaceholder})`]);
  primary.add('postgres-1');
  assert.deepEqual(primary.settle(), ['names ANY 1 ("postgres-1")', 'key l postgres-1 0']);
});

test('strict: the last standby stays when it goes away', () => {
  const primary = new Primary().add('a');
  primary.config = configOf({ isSynchronousModeStrict: true });
  primary.settle();
  primary.standbys.clear();
  assert.deepEqual(primary.settle(), []);
  assert.deepEqual(primary.sync.voters, ['a']);
});

test('another standby takes the place of one that left: out of the key, names, into the key', () => {
  const primary = new Primary().add('a');
  primary.settle();
  primary.standbys.clear();
  primary.add('b');
  assert.deepEqual(primary.settle(), ['key l  0', 'names b', 'key l b 0']);
});

test('a standby that asks to be released is replaced', () => {
  const primary = new Primary().add('a', 'b');
  primary.settle();
  primary.standbys.set('a', { lsn: primary.lsn, tags: { nosync: true, sync_priority: 0 } });
  primary.settle();
  assert.deepEqual(primary.sync.voters, ['b']);
  assert.equal(primary.names, 'b');
});

test('quorum mode and back: all standbys vote, then one is left', () => {
  const primary = new Primary().add('a', 'b', 'c');
  primary.settle();
  primary.config = configOf({ synchronousMode: 'quorum' });
  assert.deepEqual(primary.settle(), ['key l a,b,c 2', 'names ANY 1 (a,b,c)']);
  primary.config = configOf({ synchronousMode: 'on', synchronousNodeCount: 2 });
  assert.deepEqual(primary.settle(), ['names 2 (a,b)', 'key l a,b 0']);
});

test('disabling deletes the key first and then gives the names back', () => {
  const primary = new Primary().add('a');
  primary.settle();
  primary.config = configOf({ synchronousMode: 'off' });
  assert.deepEqual(primary.settle(), ['key null  0', 'names null']);
  assert.deepEqual(primary.settle(), []);
});

test('a standby cluster has no synchronous mode', () => {
  const primary = new Primary().add('a');
  const remote = {
    host: 'h',
    port: null,
    primarySlotName: null,
    createReplicaMethods: null,
    restoreCommand: null,
    archiveCleanupCommand: null,
    recoveryMinApplyDelay: null,
  };
  primary.config = configOf({ standbyCluster: remote });
  assert.deepEqual(primary.settle(), []);
});

test('in mode on a new primary starts alone; strict keeps the former members but itself', () => {
  const promotion = { me: 'b', sync: syncOf('a', ['b', 'c']), names: 'x', config: configOf() };
  const first = planPromotion(promotion);
  assert.ok(first?.kind === 'write-sync');
  assert.deepEqual([first.leader, first.voters, first.expected], ['b', [], '7']);
  const written = { ...promotion, sync: syncOf('b', []) };
  const second = planPromotion(written);
  assert.ok(second?.kind === 'set-names' && second.names === '');
  assert.equal(planPromotion({ ...written, names: '' }), null);

  const strict = { ...promotion, config: configOf({ isSynchronousModeStrict: true }) };
  const kept = planPromotion(strict);
  assert.ok(kept?.kind === 'write-sync');
  assert.deepEqual(kept.voters, ['a', 'c']);
  const names = planPromotion({ ...strict, sync: syncOf('b', kept.voters) });
  assert.ok(names?.kind === 'set-names' && names.names === '2 (a,c)');
});

test('in mode quorum commits after a promotion wait for enough of the former members', () => {
  const config = configOf({ synchronousMode: 'quorum' });
  const promotion = { me: 'b', sync: syncOf('a', ['b', 'c'], 1), names: '', config };
  const first = planPromotion(promotion);
  assert.ok(first?.kind === 'write-sync');
  assert.deepEqual([first.voters, first.quorum], [['a', 'c'], 1]);
  const second = planPromotion({ ...promotion, sync: syncOf('b', ['a', 'c'], 1) });
  assert.ok(second?.kind === 'set-names' && second.names === 'ANY 1 (a,c)');
  const stranger = planPromotion({ ...promotion, me: 'd', sync: syncOf('d', ['a', 'b', 'c'], 1) });
  assert.ok(stranger?.kind === 'set-names' && stranger.names === 'ANY 2 (a,b,c)');
});

test('without synchronous mode nothing is to be done before a promotion', () => {
  const config = configOf({ synchronousMode: 'off' });
  assert.equal(planPromotion({ me: 'b', sync: noSync, names: 'x', config }), null);
});

test('however standbys come and go and the configuration changes, planning ends and repeats nothing', () => {
  const configs = fc.record({
    synchronousMode: fc.constantFrom('on' as const, 'quorum' as const, 'off' as const),
    isSynchronousModeStrict: fc.boolean(),
    synchronousNodeCount: fc.integer({ min: 1, max: 3 }),
    maximumLagOnSyncnodeBytes: fc.constantFrom(-1, 5),
  });
  const turn = fc.record({
    config: fc.option(configs),
    alive: fc.subarray(['a', 'b', 'c', 'd']),
    nosync: fc.subarray(['a', 'b', 'c', 'd']),
    steps: fc.integer({ min: 0, max: 3 }),
    isCaughtUp: fc.boolean(),
    isMemoryLost: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 8 }), (turns) => {
      const primary = new Primary();
      for (const { config, alive, nosync, steps, isCaughtUp, isMemoryLost } of turns) {
        if (config !== null) primary.config = configOf(config);
        for (const name of 'abcd') if (!alive.includes(name)) primary.standbys.delete(name);
        for (const name of alive) {
          const lsn = primary.standbys.get(name)?.lsn ?? primary.lsn - 7;
          const tags = nosync.includes(name) ? { nosync: true } : {};
          primary.standbys.set(name, { lsn, tags });
        }
        if (isCaughtUp) primary.catchUp();
        if (isMemoryLost) primary.memory = null;
        for (let count = 0; count < steps; count += 1) {
          const step = primary.next();
          if (step !== null) primary.perform(step);
        }
      }
      primary.catchUp();
      primary.settle();
      assert.equal(primary.next(), null);
      const { voters, quorum } = primary.sync;
      assert.ok(isOverlapping({ voters: new Set(voters), quorum }, primary.acknowledging()));
    }),
    { numRuns: 400 },
  );
});
