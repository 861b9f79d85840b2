// The agent's hands on the slots of a server of the model: SlotsPort, as src/adapters/postgres has it on a machine.
// Statements may hang, fail, and lose their connection.

import type { ClockPort } from '#adapters/ports/agent-ports.ts';
import type {
  AdvanceSession,
  InstallOutcome,
  SlotsPort,
  SlotStateFile,
  SlotStepResult,
} from '#adapters/ports/slots-port.ts';
import type { FetchedSlot } from '#core/slots/check-copy.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { Random } from '#core/random.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import type { CreateLogicalStep, SlotStep } from '#core/slots/slot-step.ts';
import type { Actor } from '../engine/actor.ts';
import { askServer } from './rewind.ts';
import type { PostgresServer } from './server.ts';
import type { Slot } from './slot-table.ts';
import { databaseOid, slotInfo, stateFileOf } from './slot-table.ts';

/** What is wrong with statements about slots on a machine. */
export type SlotTrouble =
  | { readonly kind: 'none' }
  | { readonly kind: 'hang' | 'fail' | 'lost' | 'broken-file'; readonly slot: string | null };

export interface SimSlotsOptions {
  readonly server: PostgresServer;
  readonly actor: Actor;
  readonly clock: ClockPort;
  readonly random: Random;
  readonly trouble: () => SlotTrouble;
}

class ServerError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Of a statement of `apply` and of those that ask, in milliseconds. */
const statementMs = 2000;
/** How long a machine that can't be reached is waited for, in milliseconds. */
const lookMs = 250;

export class SimSlots implements SlotsPort {
  readonly #options: SimSlotsOptions;
  /** Of files that were fetched: what no file tells. */
  readonly #origins = new WeakMap<
    Uint8Array,
    { readonly birthLsn: number; readonly database: string | null }
  >();

  constructor(options: SimSlotsOptions) {
    this.#options = options;
  }

  /** Whether this statement is to hang, fail or lose its connection. */
  #troubleWith(name: string | null): SlotTrouble['kind'] {
    const trouble = this.#options.trouble();
    if (trouble.kind === 'none' || trouble.kind === 'broken-file') return 'none';
    return trouble.slot === null || trouble.slot === name ? trouble.kind : 'none';
  }

  /** One statement on our own server. Throws what the server says, or that there was no answer. */
  async #statement<Answer>(
    name: string | null,
    limitMs: number,
    work: (server: PostgresServer) => Answer,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const { server, clock, actor, random } = this.#options;
    const untilMs = clock.monotonicMs() + limitMs;
    const isOver = (): boolean => clock.monotonicMs() >= untilMs || signal?.aborted === true;
    while (this.#troubleWith(name) === 'hang') {
      if (isOver()) throw new ServerError('57014', 'canceling statement due to statement timeout');
      await clock.delay(Math.max(1, Math.min(lookMs, untilMs - clock.monotonicMs())));
    }
    if (this.#troubleWith(name) === 'fail') throw new ServerError('XX000', 'it does not work now');
    const { process } = server;
    if (process === null || !server.isReady) throw new Error('connection refused');
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const timer = clock.after(Math.max(1, untilMs - clock.monotonicMs()), () =>
      reject(new ServerError('57014', 'canceling statement due to statement timeout')),
    );
    const left = server.onExit(() => actor.after(0, () => reject(new Error('connection closed'))));
    const onAbort = (): void => reject(new Error('it was called off'));
    signal?.addEventListener('abort', onAbort, { once: true });
    process.after(0.2 + random.next(), () => {
      if (isOver()) return;
      const outcome = attempt(() => work(server));
      const isLost = this.#troubleWith(name) === 'lost';
      actor.after(0.2, () => {
        if (isLost) reject(new Error('Connection terminated unexpectedly'));
        else if (outcome.kind === 'answer') resolve(outcome.answer);
        else reject(outcome.error);
      });
    });
    try {
      return await promise;
    } finally {
      timer.cancel();
      left();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async apply(
    steps: readonly SlotStep[],
    withinMs: number,
    mayGoOn: () => boolean = () => true,
  ): Promise<readonly SlotStepResult[]> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + withinMs;
    const results: SlotStepResult[] = [];
    for (const step of steps) {
      const leftMs = untilMs - clock.monotonicMs();
      results.push(
        leftMs <= 0 || !mayGoOn()
          ? { step, outcome: 'skipped', why: 'there was no time left, or it is wanted no more' }
          : await this.#tryStep(step, Math.min(leftMs, statementMs)),
      );
    }
    return results;
  }

  async #tryStep(step: SlotStep, limitMs: number): Promise<SlotStepResult> {
    try {
      return {
        step,
        ...(await this.#statement(step.name, limitMs, (server) => carryOut(server, step))),
      };
    } catch (error) {
      return { step, outcome: 'failed', why: wordsOf(error) };
    }
  }

  async createLogical(
    step: CreateLogicalStep,
    withinMs: number,
    signal?: AbortSignal,
  ): Promise<SlotStepResult> {
    const { clock, random, server } = this.#options;
    const { name, database, plugin } = step;
    server.world.events.onSlotAsked(server, { kind: 'create-logical', name });
    try {
      const waitMs = random.chance(0.1) ? random.between(1000, 15_000) : random.between(5, 300);
      await clock.delay(waitMs, signal);
      await this.#statement(
        name,
        withinMs,
        () => createLogicalSlot(server, name, database, plugin),
        signal,
      );
      return { step, outcome: 'done', why: '' };
    } catch (error) {
      return { step, outcome: 'failed', why: wordsOf(error) };
    }
  }

  async openDatabase(_database: string, statementLimitMs: number): Promise<AdvanceSession> {
    const { server } = this.#options;
    await this.#statement(null, statementMs, () => null);
    const over = new AbortController();
    return {
      advance: async (name: string, to: Lsn): Promise<Lsn | null> => {
        server.world.events.onSlotAsked(server, { kind: 'advance', name, to: Number(to) });
        try {
          const at = await this.#statement(
            name,
            statementLimitMs,
            () => advanceLogicalSlot(server, name, Number(to)),
            over.signal,
          );
          server.world.events.onSlotAsked(server, { kind: 'advanced', name });
          return lsnOf(at);
        } catch (error) {
          server.world.events.onSlotAsked(server, { kind: 'advance-failed', name });
          throw error;
        }
      },
      look: async (name: string): Promise<SlotInfo | null> =>
        this.#statement(null, statementMs, () => infoOf(server, name), over.signal),
      destroy: () => over.abort(new Error('the session was ended')),
      [Symbol.asyncDispose]: async () => {
        over.abort(new Error('the session was ended'));
        await Promise.resolve();
      },
    };
  }

  async #askLeader<Answer>(
    leader: Upstream,
    question: (other: PostgresServer) => Answer,
  ): Promise<Answer> {
    const { clock } = this.#options;
    const kind = this.#troubleWith(null);
    if (kind === 'hang') await clock.delay(statementMs);
    if (kind !== 'none') throw new Error('Connection terminated unexpectedly');
    const machine = leader.connection?.['host'] ?? '';
    const answer = await askServer(this.#options, machine, (other) =>
      attempt(() => {
        if (!other.isReady) throw new Error('the database system is starting up');
        return question(other);
      }),
    );
    if (answer === null) throw new Error('timeout expired');
    if (answer.kind === 'error') throw answer.error;
    return answer.answer;
  }

  async readLeaderSlots(leader: Upstream, names: readonly string[]): Promise<readonly SlotInfo[]> {
    return this.#askLeader(leader, (other) =>
      other.isInRecovery ? [] : names.flatMap((name) => infoOf(other, name) ?? []),
    );
  }

  async fetchLeaderSlots(
    leader: Upstream,
    names: readonly string[],
  ): Promise<readonly FetchedSlot[]> {
    const { xidBase } = this.#options.server.world;
    const trouble = this.#options.trouble();
    return this.#askLeader(leader, (other) =>
      other.isInRecovery
        ? []
        : names.flatMap((name) => {
            const slot = other.data.slots.get(name);
            if (slot?.type !== 'logical') return [];
            const state = stateFileOf(slot, xidBase);
            if (trouble.kind === 'broken-file') damage(state, 40 + (slot.birthLsn % 100));
            this.#origins.set(state, { birthLsn: slot.birthLsn, database: slot.database });
            const row = slotInfo(slot, other.data.wal.end, xidBase);
            return [{ slot: { ...row, datoid: String(databaseOid) }, state }];
          }),
    );
  }

  async isFeedbackOn(): Promise<boolean> {
    return this.#statement(null, statementMs, (server) => server.isFeedbackOn);
  }

  async install(files: readonly SlotStateFile[]): Promise<InstallOutcome> {
    const { clock, random, server } = this.#options;
    await clock.delay(random.between(1, 20));
    const { directory } = server;
    server.world.events.onSlotAsked(server, {
      kind: 'install',
      states: files.map(({ state }) => state),
    });
    if (directory === null || server.process !== null) {
      const why = 'a PostgreSQL server runs in it';
      return { installed: [], failed: files.map(({ name }) => ({ name, why })) };
    }
    for (const { name, state } of files) {
      const origin = this.#origins.get(state) ?? { birthLsn: 0, database: null };
      directory.slots.drop(name);
      const isGood = directory.slots.restore(
        state,
        origin.birthLsn,
        origin.database,
        server.world.xidBase,
      );
      if (!isGood) directory.brokenSlots.add(name);
    }
    return { installed: files.map(({ name }) => name), failed: [] };
  }

  async remove(name: string): Promise<void> {
    await this.#options.clock.delay(1);
    const { directory } = this.#options.server;
    directory?.slots.drop(name);
    directory?.brokenSlots.delete(name);
  }
}

type Attempt<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'error'; readonly error: Error };

function attempt<Answer>(work: () => Answer): Attempt<Answer> {
  try {
    return { kind: 'answer', answer: work() };
  } catch (error) {
    return { kind: 'error', error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function damage(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 0x55;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function infoOf(server: PostgresServer, name: string): SlotInfo | null {
  const slot = server.data.slots.get(name);
  return slot === null ? null : slotInfo(slot, server.data.wal.end, server.world.xidBase);
}

function carryOut(server: PostgresServer, step: SlotStep): Pick<SlotStepResult, 'outcome' | 'why'> {
  const { slots, wal } = server.data;
  const { events } = server.world;
  const slot = slots.get(step.name);
  if (step.kind === 'create-physical') {
    if (slot !== null)
      throw new ServerError('42710', `replication slot "${step.name}" already exists`);
    events.onSlotAsked(server, { kind: 'create-physical', name: step.name });
    slots.createPhysical(step.name, wal.flushedEnd);
    return { outcome: 'done', why: '' };
  }
  if (slot === null) return { outcome: 'absent', why: 'there is no such slot' };
  if (step.kind === 'drop') {
    if (slot.user !== null) return { outcome: 'in-use', why: 'somebody uses it' };
    dropSlotOf(server, slot, step.why);
    return { outcome: 'done', why: '' };
  }
  if (slot.user !== null)
    throw new ServerError('55006', `replication slot "${step.name}" is active`);
  const to = Math.min(Number(step.to), wal.flushedEnd);
  if (to < (slot.position.restartLsn ?? 0)) throw new ServerError('55000', 'it would go backwards');
  slots.movePhysical(slot, to);
  return { outcome: 'done', why: '' };
}

/** An agent drops it; who watches is told of it as it was. */
export function dropSlotOf(server: PostgresServer, slot: Slot, why: string): void {
  server.world.events.onSlotAsked(server, { kind: 'drop', slot: { ...slot }, why });
  server.data.slots.drop(slot.name);
}

function createLogicalSlot(
  server: PostgresServer,
  name: string,
  database: string,
  plugin: string,
): void {
  // PostgreSQL 15 decodes on primaries only.
  if (server.phase !== 'primary') {
    throw new ServerError('0A000', 'logical decoding cannot be used while in recovery');
  }
  const { slots, wal } = server.data;
  if (slots.get(name) !== null)
    throw new ServerError('42710', `replication slot "${name}" already exists`);
  const slot = slots.createLogical(name, database, plugin, wal, server.world.nextId());
  server.world.events.onSlotAsked(server, { kind: 'created-logical', slot });
}

/** Forward only, and never beyond what is replayed. */
function advanceLogicalSlot(server: PostgresServer, name: string, to: number): number {
  const { slots, wal } = server.data;
  const slot = slots.get(name);
  if (slot === null) throw new ServerError('42704', `replication slot "${name}" does not exist`);
  if (slot.user !== null) throw new ServerError('55006', `replication slot "${name}" is active`);
  if (slot.isLost) throw new ServerError('55000', 'can no longer get changes from it');
  const until = Math.min(to, wal.flushedEnd);
  const from = slot.position.confirmedFlushLsn ?? 0;
  if (until < from) throw new ServerError('55000', `cannot advance to ${to}, minimum is ${from}`);
  slots.advanceLogical(slot, until, wal);
  return slot.position.confirmedFlushLsn ?? 0;
}
