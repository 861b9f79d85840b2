// Watches a run. It is told of every change that a law speaks of, and looks at the model itself, never at what an
// agent believes.

import { parseJsonObject } from '#core/dcs/json.ts';
import type { Engine } from '../engine/engine.ts';
import type { Machine } from '../member/machine.ts';
import { prefix } from '../member/member-config.ts';
import type { DataDirectory } from '../postgres/data-directory.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { WriteAnswer } from '../postgres/server-world.ts';
import type { WalRecord } from '../postgres/wal.ts';
import type { Change, EtcdNode } from '../store/etcd-node.ts';
import type { Breach, Law } from './breach.ts';
import { SlotWatch } from './slot-watch.ts';

export interface CheckerOptions {
  readonly engine: Engine;
  readonly etcd: EtcdNode;
  readonly machines: readonly Machine[];
  /** `failsafe_mode` keeps a leader whose key is gone. */
  readonly isFailsafe: boolean;
  readonly note: (what: string) => void;
}

/** After a machine was woken its agent needs so long to notice that its lease is over, in milliseconds. */
const wakeGraceMs = 600;
/** After a pause two primaries need so long to become one, in milliseconds. */
const pauseGraceMs = 30_000;

export interface Tally {
  promotions: number;
  acknowledged: number;
  lost: number;
  /** Writes that were lost in ways an asynchronous cluster may lose them. */
  mostLostBytes: number;
}

export class Checker {
  readonly #options: CheckerOptions;
  readonly breaches: Breach[] = [];
  readonly tally: Tally = { promotions: 0, acknowledged: 0, lost: 0, mostLostBytes: 0 };
  /** Acknowledged and not known to be lost. */
  #ledger: WalRecord[] = [];
  #pausedUntilMs: number = Number.NEGATIVE_INFINITY;
  #isPaused = false;
  /** Who claimed the new cluster, by the model's own account. */
  #isSyncKept = false;
  /** A request by hand is or was under way: it may lose what it accepts to lose. */
  #byHandMs: number = Number.NEGATIVE_INFINITY;
  /** Members whose data somebody asked to make anew. */
  readonly reinitialized: Set<string> = new Set();
  /** A machine was lost for good: what only it had is lost too. */
  isDiskLost = false;
  readonly slots: SlotWatch;

  constructor(options: CheckerOptions) {
    this.#options = options;
    this.slots = new SlotWatch({
      etcd: options.etcd,
      machines: options.machines,
      nowMs: () => options.engine.nowMs,
      isLooselyLed: () => options.isFailsafe || this.#isExcused(),
      tell: (what) => this.breach('slots', what),
    });
    options.etcd.onChange = (change) => this.#changed(change);
  }

  breach(law: Law, what: string): void {
    const atMs = this.#options.engine.nowMs;
    // What lasts is told once.
    if (this.breaches.some((known) => known.law === law && known.what === what)) return;
    this.breaches.push({ law, atMs, what });
    this.#options.note(`BREACH of ${law}: ${what}`);
  }

  get #nowMs(): number {
    return this.#options.engine.nowMs;
  }

  #isExcused(): boolean {
    return this.#isPaused || this.#nowMs < this.#pausedUntilMs;
  }

  /** Whether its writes count: not in the moment after it was woken from a suspend. */
  #counts({ isSuspended, resumedMs, server, agent }: Machine): boolean {
    // Somebody cut off from the store since a pause does not know that it is over.
    if (agent?.agent.context.state.config.global.isPaused === true) return false;
    return server.isAccepting && !isSuspended && this.#nowMs - resumedMs > wakeGraceMs;
  }

  /** To be called whenever a server began to accept writes, and when a grace is over. */
  lookForTwo(): void {
    if (this.#isExcused()) return;
    const accepting = this.#options.machines.filter((machine) => this.#counts(machine));
    if (accepting.length < 2) return;
    const names = accepting.map(({ name }) => name).join(' and ');
    this.breach('one-primary', `${names} accept writes`);
  }

  /** A machine was woken: what it does is judged once its agent had the time to notice. */
  resumed({ server }: Machine): void {
    this.#options.engine.after(wakeGraceMs + 1, () => {
      if (server.isAccepting) this.accepting(server);
    });
  }

  accepting(server: PostgresServer): void {
    this.lookForTwo();
    const machine = this.#options.machines.find(({ name }) => name === server.name);
    if (machine === undefined || !this.#counts(machine)) return;
    this.#checkKey(server);
    this.#checkLoss(server);
  }

  /** A server accepts writes only where the key is its member's. */
  #checkKey(server: PostgresServer): void {
    if (this.#isExcused()) return;
    const leader = this.#options.etcd.valueOf(`${prefix}leader`);
    const initialize = this.#options.etcd.valueOf(`${prefix}initialize`);
    // While a cluster is made there is no key yet.
    if (initialize === null || initialize === '') return;
    if (leader === server.name || (leader === null && this.#options.isFailsafe)) return;
    this.breach('lease', `${server.name} accepts writes while the key is ${leader ?? 'nobody'}’s`);
  }

  promoted(server: PostgresServer): void {
    this.tally.promotions += 1;
    this.slots.promoted(server);
    if (this.#isSyncKept) return;
    const { etcd } = this.#options;
    const status = parseJsonObject(etcd.valueOf(`${prefix}status`) ?? '');
    const optime = Number(status?.['optime'] ?? 0);
    const config = parseJsonObject(etcd.valueOf(`${prefix}config`) ?? '');
    const limit = Number(config?.['maximum_lag_on_failover'] ?? 1_048_576);
    const ancestor = server.data.wal.ancestors.at(-1);
    const behind = optime - (ancestor?.end ?? 0);
    if (behind > limit && !this.#isByHand() && !this.#isExcused()) {
      this.breach(
        'no-loss',
        `${server.name} was promoted ${behind} bytes behind, ${limit} allowed`,
      );
    }
  }

  acknowledged(server: PostgresServer, answer: WriteAnswer): void {
    if (answer.kind !== 'acknowledged') return;
    const machine = this.#options.machines.find(({ name }) => name === server.name);
    // Told by a machine that was just woken: nobody can rely on that one.
    if (
      machine !== undefined &&
      this.#nowMs - machine.resumedMs <= wakeGraceMs &&
      !this.#isSyncKept
    )
      return;
    this.tally.acknowledged += 1;
    this.#ledger.push(answer.record);
  }

  /** What was acknowledged so far has to be in the history that goes on now. */
  #checkLoss(server: PostgresServer): void {
    if (this.#ledger.length === 0) return;
    const present = new Set(server.data.wal.records.map(({ id }) => id));
    const lost = this.#ledger.filter(({ id }) => !present.has(id));
    if (lost.length === 0) return;
    this.#ledger = this.#ledger.filter(({ id }) => present.has(id));
    this.tally.lost += lost.length;
    const bytes = lost.reduce((sum, { start, end }) => sum + end - start, 0);
    this.tally.mostLostBytes = Math.max(this.tally.mostLostBytes, bytes);
    const first = lost[0];
    const words = `${server.name} leads without ${lost.length} acknowledged writes from ${first?.start} on`;
    this.#options.note(words);
    const isAllowed = !this.#isSyncKept || this.#isExcused() || this.isDiskLost;
    if (!isAllowed && !this.#isByHand()) this.breach('no-loss', words);
  }

  /** At the end: the primary has everything that was acknowledged. */
  checkEnd(primary: PostgresServer): void {
    this.#checkLoss(primary);
  }

  failoverByHand(): void {
    this.#byHandMs = this.#nowMs;
  }

  /** A failover was asked for a moment ago, or still is. */
  #isByHand(): boolean {
    const request = parseJsonObject(this.#options.etcd.valueOf(`${prefix}failover`) ?? '');
    const isForced = request?.['member'] !== undefined && (request['leader'] ?? '') === '';
    return isForced || this.#nowMs - this.#byHandMs < 60_000;
  }

  #changed({ kind, kv, previous, isExpiry }: Change): void {
    if (!kv.key.startsWith(prefix)) return;
    const key = kv.key.slice(prefix.length);
    if (key === 'leader') this.#leaderChanged(kind, previous?.value ?? null, kv.value, isExpiry);
    else if (key === 'failover') {
      // One that is taken back by who led by it counts for a while.
      const request = parseJsonObject(previous?.value ?? '');
      if (request?.['member'] !== undefined && (request['leader'] ?? '') === '')
        this.failoverByHand();
    } else if (key === 'sync') this.#isSyncKept = isSyncKept(kind === 'put' ? kv.value : '');
    else if (key === 'status' && kind === 'put') this.slots.statusChanged(kv.value);
    else if (key.startsWith('members/'))
      this.slots.memberChanged(key.slice('members/'.length), kind === 'put');
    else if (key === 'config' && kind === 'put') this.#configChanged(kv.value);
    else if (key === 'initialize' && kind === 'put') this.#initialized(kv.value);
  }

  #leaderChanged(
    kind: 'put' | 'delete',
    before: string | null,
    now: string,
    isExpiry: boolean,
  ): void {
    const { machines, isFailsafe, note } = this.#options;
    if (kind === 'delete')
      note(`the leader key of ${before} is gone${isExpiry ? ': it ran out' : ''}`);
    else if (before !== now) note(`the leader key is ${now}’s`);
    if (this.#isExcused() || isFailsafe) return;
    if (kind === 'delete') {
      const former = machines.find(({ name }) => name === before);
      if (former === undefined || !this.#counts(former)) return;
      const how = isExpiry ? 'ran out' : 'was deleted';
      this.breach('lease', `the key of ${former.name} ${how} while it accepts writes`);
      return;
    }
    const other = machines.find((machine) => machine.name !== now && this.#counts(machine));
    if (other !== undefined) {
      this.breach('lease', `${now} got the key while ${other.name} accepts writes`);
    }
  }

  #configChanged(text: string): void {
    const isPaused = parseJsonObject(text)?.['pause'] === true;
    if (this.#isPaused && !isPaused) {
      this.#pausedUntilMs = this.#nowMs + pauseGraceMs;
      this.#options.engine.after(pauseGraceMs + 1, () => this.lookForTwo());
    }
    this.#isPaused = isPaused;
  }

  /** INV-31: a cluster gets its identity once it is whole. */
  #initialized(value: string): void {
    if (value === '') return;
    const owner = this.#options.machines.find(({ server }) => server.directory?.systemId === value);
    if (owner === undefined) {
      this.breach('bootstrap', `INV-31: the identity ${value} is that of no data directory`);
    } else if (owner.server.directory?.hasRoles !== true) {
      this.breach('bootstrap', `INV-31: ${owner.name} published a cluster without its roles`);
    }
  }

  /** INV-30: only who claimed the new cluster makes it. */
  creating(machine: Machine): void {
    const value = this.#options.etcd.valueOf(`${prefix}initialize`);
    if (value !== '') {
      this.breach(
        'bootstrap',
        `INV-30: ${machine.name} makes a cluster and initialize is ${value}`,
      );
    }
  }

  /** INV-32. */
  removing(machine: Machine, directory: DataDirectory): void {
    const isAsked = this.reinitialized.has(machine.name);
    if (directory.condition === 'whole' && !isAsked) {
      this.breach('data', `INV-32: ${machine.name} removes a whole data directory`);
    }
  }
}

function isSyncKept(text: string): boolean {
  const leader = parseJsonObject(text)?.['leader'];
  return typeof leader === 'string' && leader !== '';
}
