// What must hold at every step of every run (K8), whatever the seed. The checks keep their own account of
// what each charm was told, apart from the uniter's record, so that a record that is wrong shows.

import assert from 'node:assert/strict';
import type { HookInfo, Millis, Model, UnitName } from '#core/juju/model.ts';
import { isPeer, membersOf, remoteApplicationOf } from '#core/juju/relation-scope.ts';
import { applicationBag, unitBag } from '#core/juju/relation-scope.ts';
import { holdsLease, leadershipGuarantee, leadershipOf } from '#core/juju/uniter/leases.ts';
import type { Operation } from '#core/juju/uniter/operation.ts';

interface Busy {
  readonly unit: UnitName;
  readonly operation: Operation;
  readonly lock: string | null;
}

/** What one unit was told about one relation. */
interface RelationAccount {
  created: boolean;
  broken: boolean;
  /** Set by joined until that unit's changed. */
  owed: UnitName | null;
  readonly members: Map<UnitName, number>;
}

interface UnitAccount {
  installed: boolean;
  configured: boolean;
  started: boolean;
  stopped: boolean;
  removed: boolean;
  last: string;
  /** The hook that failed and must come next, if any. */
  failed: HookInfo | null;
  /** Flushed and noted as done: it must not run again (E13). */
  done: boolean;
  readonly relations: Map<string, RelationAccount>;
  readonly storage: Map<string, 'attached' | 'detached'>;
}

interface Promise30 {
  readonly unit: UnitName;
  readonly until: Millis;
}

export class Invariants {
  readonly #units = new Map<UnitName, UnitAccount>();
  readonly #promises = new Map<string, Promise30>();

  /** Takes a unit's record for what it was told so far; for a world that begins in the middle. */
  adopt(model: Model): void {
    for (const { name, uniter } of Object.values(model.units)) {
      const account = this.#account(name);
      const { installed, started, stopped, removed } = uniter;
      Object.assign(account, { installed, configured: started, started, stopped, removed });
      for (const [id, state] of Object.entries(uniter.storage)) account.storage.set(id, state);
      for (const [id, record] of Object.entries(uniter.relations)) {
        const told = this.#relation(account, id);
        Object.assign(told, { created: record.created, owed: record.changedPending });
        for (const [member, version] of Object.entries(record.members)) {
          told.members.set(member, version);
        }
      }
    }
  }

  /** Holds of every state the model passes through. */
  check(model: Model, now: Millis, busy: readonly Busy[]): void {
    const locks = busy.flatMap((each) => (each.lock === null ? [] : [each.lock]));
    assert.equal(new Set(locks).size, locks.length, `E101: one lock held twice: ${locks.join()}`);
    const units = busy.map((each) => each.unit);
    assert.equal(
      new Set(units).size,
      units.length,
      `E100: a unit runs two things: ${units.join()}`,
    );
    this.#checkLeadership(model, now);
    this.#forgetGone(model);
  }

  /** D2, D3: who was told that it leads is not followed by another within 30 s. */
  #checkLeadership(model: Model, now: Millis): void {
    for (const application of Object.keys(model.applications)) {
      const leaders = Object.values(model.units)
        .filter((unit) => unit.application === application)
        .filter((unit) => model.applications[application]?.lease?.holder === unit.name)
        // A yes that needs a renewal first is given only together with it.
        .filter((unit) => {
          const { leader, model: renewed } = leadershipOf(model, unit.name, now);
          return leader && renewed === model;
        })
        .map((unit) => unit.name);
      assert.ok(leaders.length <= 1, `D1: ${leaders.join()} all lead ${application}`);
      const [leader] = leaders;
      if (leader === undefined) continue;
      const promised = this.#promises.get(application);
      if (promised !== undefined && promised.unit !== leader && promised.until > now) {
        assert.ok(
          !Object.hasOwn(model.units, promised.unit),
          `D3: ${leader} leads while ${promised.unit} was promised it`,
        );
      }
      this.#promises.set(application, { unit: leader, until: now + leadershipGuarantee });
    }
  }

  /** A lease was ended by force: what was promised on it is void. */
  voidPromises(): void {
    this.#promises.clear();
  }

  /** Names may come back: a unit of a new application of the same name owes nothing to the old one. */
  #forgetGone(model: Model): void {
    for (const name of this.#units.keys()) {
      if (!Object.hasOwn(model.units, name)) this.#units.delete(name);
    }
    for (const account of this.#units.values()) {
      for (const id of account.relations.keys()) {
        if (!Object.hasOwn(model.relations, id)) account.relations.delete(id);
      }
    }
  }

  /** Before an operation begins on this model. */
  beginning(model: Model, unit: UnitName, operation: Operation): void {
    const account = this.#account(unit);
    const where = `${unit} ${operation.kind === 'run-hook' ? operation.hook.kind : operation.kind}`;
    assert.ok(!account.removed, `K8: ${where} after remove`);
    const machine = model.machines[model.units[unit]?.machine ?? ''];
    assert.equal(machine?.condition, 'started', `E14: ${where} on a machine that is cut off`);
    if (operation.kind !== 'run-hook') return;
    const { hook } = operation;
    assert.ok(!account.done, `E13: ${where} before the one that is done was committed`);
    if (account.failed !== null) {
      assert.deepEqual(hook, account.failed, `E83: ${where} while another hook is failed`);
    }
    this.#checkLife(model, unit, hook, account, where);
    if ('relation' in hook) this.#checkRelation(model, unit, hook, account, where);
    if ('storage' in hook) {
      const state = account.storage.get(hook.storage);
      const expected = hook.kind === 'storage-attached' ? undefined : 'attached';
      assert.equal(state, expected, `L80: ${where} of ${hook.storage}, which is ${state ?? 'new'}`);
    }
  }

  #checkLife(
    model: Model,
    unit: UnitName,
    hook: HookInfo,
    account: UnitAccount,
    where: string,
  ): void {
    if (hook.kind === 'install') {
      assert.ok(!account.installed, `L20: ${where} a second time`);
      const waiting = Object.values(model.storage).filter(
        (storage) => storage.owner === unit && account.storage.get(storage.id) === undefined,
      );
      assert.deepEqual(waiting, [], `L26: ${where} before its storage`);
      return;
    }
    if (hook.kind !== 'storage-attached' && hook.kind !== 'storage-detaching') {
      assert.ok(account.installed, `L21: ${where} before install`);
    }
    if (account.configured && !account.started) {
      assert.equal(hook.kind, 'start', `L24: ${where} between the first config-changed and start`);
    }
    if (account.last === 'upgrade-charm') {
      assert.equal(hook.kind, 'config-changed', `L34: ${where} after upgrade-charm`);
    }
    if (hook.kind === 'start' || hook.kind === 'update-status') {
      assert.ok(account.configured, `L24: ${where} before config-changed`);
    }
    if (hook.kind === 'stop') assert.ok(account.started && !account.stopped, `L60: ${where}`);
    if (hook.kind === 'remove')
      assert.ok(!account.started || account.stopped, `L60: ${where} too early`);
  }

  #checkRelation(
    model: Model,
    unit: UnitName,
    hook: Extract<HookInfo, { readonly relation: string }>,
    account: UnitAccount,
    where: string,
  ): void {
    const relation = model.relations[hook.relation];
    assert.ok(relation !== undefined, `${where} for a relation that is gone`);
    const told = this.#relation(account, hook.relation);
    const local = model.units[unit];
    const application = model.applications[local?.application ?? ''];
    if (hook.kind === 'relation-created') {
      // A retry comes after a begin that was not counted as told.
      assert.ok(!told.created, `L20: ${where} twice`);
      return;
    }
    assert.ok(told.created, `L25: ${where} before created`);
    assert.ok(!told.broken, `L46: ${where} after broken`);
    if (hook.kind === 'relation-broken') {
      assert.ok(!isPeer(relation), `L46: ${where} in a peer relation`);
      assert.equal(
        told.members.size,
        0,
        `L46: ${where} with ${[...told.members.keys()].join()} joined`,
      );
      return;
    }
    assert.ok(account.started, `L25: ${where} before start`);
    if (!('remoteUnit' in hook)) return;
    assert.notEqual(hook.remoteUnit, unit, `L44: ${where} about itself`);
    if (told.owed !== null) {
      assert.equal(
        `${hook.kind} ${hook.remoteUnit}`,
        `relation-changed ${told.owed}`,
        `L41.1: ${where} between joined and changed of ${told.owed}`,
      );
    }
    switch (hook.kind) {
      case 'relation-joined':
        assert.ok(!told.members.has(hook.remoteUnit), `K8: ${where} of ${hook.remoteUnit} twice`);
        return;
      case 'relation-changed': {
        if (hook.remoteUnit === '') return;
        assert.ok(told.members.has(hook.remoteUnit), `L41: ${where} of one that has not joined`);
        if (told.owed === null && account.failed === null) {
          const seen = told.members.get(hook.remoteUnit);
          assert.notEqual(seen, hook.changeVersion, `E68: ${where} without any change`);
        }
        return;
      }
      case 'relation-departed': {
        assert.ok(told.members.has(hook.remoteUnit), `L53: ${where} of one that has not joined`);
        const leaving = local?.life !== 'alive' || application?.life !== 'alive';
        // A hook that failed keeps its departing unit, whatever becomes of the local one (E83).
        if (account.failed === null) {
          assert.equal(hook.departingUnit, leaving ? unit : hook.remoteUnit, `L42c: ${where}`);
        }
      }
    }
  }

  /** A process of the charm has been started for this. */
  running(model: Model, unit: UnitName, operation: Operation, now: Millis): void {
    if (operation.kind !== 'run-hook' || operation.hook.kind !== 'leader-elected') return;
    assert.ok(holdsLease(model, unit, now), `L74: leader-elected on ${unit}, which does not lead`);
  }

  /**
   * After an operation that was carried through, or failed. `recorded` is the hook the unit had on record
   * before it.
   */
  ended(unit: UnitName, operation: Operation, recorded: HookInfo | null, outcome: string): void {
    const account = this.#account(unit);
    if (operation.kind === 'skip-hook' || operation.kind === 'commit-hook') {
      if (recorded !== null) this.#tell(account, recorded);
      account.failed = null;
      account.done = false;
    }
    if (operation.kind === 'finish-removal') account.removed = true;
    if (operation.kind !== 'run-hook') return;
    const { hook } = operation;
    // What was killed comes again at once, and before anything else (E11).
    if (outcome === 'failed' || outcome === 'terminated') account.failed = hook;
    else {
      account.failed = null;
      this.#tell(account, hook);
    }
  }

  /** The agent died between the flush of a hook and its commit. */
  mustCommit(unit: UnitName): void {
    this.#account(unit).done = true;
  }

  /** The agent died with this under way: a hook counts as failed (E86). */
  interrupted(unit: UnitName, operation: Operation): void {
    if (operation.kind === 'run-hook') this.#account(unit).failed = operation.hook;
  }

  #tell(account: UnitAccount, hook: HookInfo): void {
    account.last = hook.kind;
    if (hook.kind === 'install') account.installed = true;
    if (hook.kind === 'config-changed') account.configured = true;
    if (hook.kind === 'start') account.started = true;
    if (hook.kind === 'stop') account.stopped = true;
    if (hook.kind === 'remove') account.removed = true;
    if (hook.kind === 'storage-attached') account.storage.set(hook.storage, 'attached');
    if (hook.kind === 'storage-detaching') account.storage.set(hook.storage, 'detached');
    if (!('relation' in hook)) return;
    const told = this.#relation(account, hook.relation);
    switch (hook.kind) {
      case 'relation-created':
        told.created = true;
        told.broken = false;
        return;
      case 'relation-joined':
        told.members.set(hook.remoteUnit, hook.changeVersion);
        told.owed = hook.remoteUnit;
        return;
      case 'relation-changed':
        if (hook.remoteUnit === '') return;
        told.members.set(hook.remoteUnit, hook.changeVersion);
        if (told.owed === hook.remoteUnit) told.owed = null;
        return;
      case 'relation-departed':
        told.members.delete(hook.remoteUnit);
        return;
      case 'relation-broken':
        told.created = false;
        told.broken = true;
    }
  }

  /**
   * Of a model at rest with all machines running: nobody missed anything. Every unit was told of exactly
   * the members there are, at the versions their bags have, and nothing that was removed is still there.
   */
  checkRest(model: Model): void {
    for (const unit of Object.values(model.units)) {
      assert.equal(unit.life, 'alive', `${unit.name} is still ${unit.life}`);
      assert.equal(unit.agentStatus.status, 'idle', `E88: ${unit.name}`);
      const account = this.#account(unit.name);
      for (const relation of Object.values(model.relations)) {
        if (!relation.endpoints.some((each) => each.application === unit.application)) continue;
        if (relation.endpoints.some((each) => each.name === 'juju-info')) continue;
        assert.equal(relation.life, 'alive', `relation ${relation.id} is still ${relation.life}`);
        const members = relation.suspended ? [] : membersOf(model, relation.id, unit.name);
        const told = this.#relation(account, relation.id).members;
        const real = members.map((name) => [name, unitBag(relation, name).version] as const);
        assert.deepEqual(
          Object.fromEntries(told),
          Object.fromEntries(real),
          `L13: ${unit.name} in relation ${relation.id} was told other news than there is`,
        );
        const remote = remoteApplicationOf(relation, unit.application);
        const leads = model.applications[unit.application]?.lease?.holder === unit.name;
        if (relation.suspended || (isPeer(relation) && leads)) continue;
        const seen = unit.uniter.relations[relation.id]?.applications[remote] ?? 0;
        assert.equal(seen, applicationBag(relation, remote).version, `L41.4: ${unit.name}`);
      }
    }
    for (const { name, life } of Object.values(model.applications)) {
      assert.equal(life, 'alive', `${name} is still ${life}`);
    }
  }

  #account(unit: UnitName): UnitAccount {
    const account = this.#units.get(unit) ?? {
      installed: false,
      configured: false,
      started: false,
      stopped: false,
      removed: false,
      last: '',
      failed: null,
      done: false,
      relations: new Map(),
      storage: new Map(),
    };
    this.#units.set(unit, account);
    return account;
  }

  #relation(account: UnitAccount, id: string): RelationAccount {
    const told = account.relations.get(id) ?? {
      created: false,
      broken: false,
      owed: null,
      members: new Map(),
    };
    account.relations.set(id, told);
    return told;
  }
}
