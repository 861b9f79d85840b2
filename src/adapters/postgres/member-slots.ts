// What the agent does about replication slots of one member, put together from the parts of this folder. Every call
// has a session of its own that ends with it.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { FetchedSlot } from '#core/slots/check-copy.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import type { CreateLogicalStep, SlotStep } from '#core/slots/slot-step.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type {
  AdvanceSession,
  InstallOutcome,
  SlotsPort,
  SlotStateFile,
  SlotStepResult,
} from '#adapters/ports/slots-port.ts';
import type { Connection } from './connection.ts';
import { reasonOf } from './connection.ts';
import { openLeaderSession } from './leader-session.ts';
import { openLocalDatabase } from './local-database-session.ts';
import type { MemberPlace } from './member-place.ts';
import type { MemberServer } from './member-server.ts';
import { installSlotFiles, removeSlotDirectory } from './slot-files.ts';
import { openSlotSession } from './slot-session.ts';
import type { Query } from './slot-statements.ts';
import {
  advanceSlot,
  fetchLeaderSlots,
  isFeedbackOn,
  readLeaderSlots,
  readSlot,
} from './slot-statements.ts';
import { applySlotSteps, createLogicalAt } from './slots.ts';
import type { TurnTaker } from './turn-taker.ts';

export interface MemberSlotsParts {
  readonly place: MemberPlace;
  readonly config: () => AgentConfig;
  readonly server: Pick<MemberServer, 'adopt' | 'process'>;
  readonly turns: TurnTaker;
  readonly log: LogPort;
}

function queryOf(session: Connection): Query {
  return async (text, values) => session.query(text, values);
}

export class MemberSlots implements SlotsPort {
  readonly #parts: MemberSlotsParts;

  constructor(parts: MemberSlotsParts) {
    this.#parts = parts;
  }

  async apply(
    steps: readonly SlotStep[],
    withinMs: number,
    mayGoOn: () => boolean = () => true,
  ): Promise<readonly SlotStepResult[]> {
    const { config, log } = this.#parts;
    const limits = { withinMs, mayGoOn };
    return applySlotSteps(async () => openSlotSession(config()), steps, limits, log);
  }

  async createLogical(
    step: CreateLogicalStep,
    withinMs: number,
    signal?: AbortSignal,
  ): Promise<SlotStepResult> {
    const config = this.#parts.config();
    const open = async (): Promise<Connection> =>
      openLocalDatabase(config, step.database, withinMs);
    return createLogicalAt(open, step, signal);
  }

  async openDatabase(database: string, statementLimitMs: number): Promise<AdvanceSession> {
    const session = await openLocalDatabase(this.#parts.config(), database, statementLimitMs);
    const query = queryOf(session);
    return {
      advance: async (name, to) => advanceSlot(query, name, to),
      look: async (name) => readSlot(query, name),
      destroy: () => session.destroy(),
      [Symbol.asyncDispose]: async () => session[Symbol.asyncDispose](),
    };
  }

  async readLeaderSlots(leader: Upstream, names: readonly string[]): Promise<readonly SlotInfo[]> {
    await using session = await openLeaderSession(this.#parts.config(), leader);
    return await readLeaderSlots(queryOf(session), names);
  }

  async fetchLeaderSlots(
    leader: Upstream,
    names: readonly string[],
  ): Promise<readonly FetchedSlot[]> {
    await using session = await openLeaderSession(this.#parts.config(), leader);
    return await fetchLeaderSlots(queryOf(session), names);
  }

  async isFeedbackOn(): Promise<boolean> {
    await using session = await openSlotSession(this.#parts.config());
    return await isFeedbackOn(queryOf(session));
  }

  /** Runs the action while nothing can start the server; throws where it runs. */
  async #whileStopped<Result>(action: () => Promise<Result>): Promise<Result> {
    const { turns, server } = this.#parts;
    return turns.take(async () => {
      await server.adopt();
      if (server.process !== null) throw new Error('PostgreSQL still runs');
      return action();
    });
  }

  async install(files: readonly SlotStateFile[]): Promise<InstallOutcome> {
    const { dataDirectory, identity } = this.#parts.place;
    try {
      return await this.#whileStopped(async () => installSlotFiles(dataDirectory, files, identity));
    } catch (error) {
      const why = reasonOf(error);
      return { installed: [], failed: files.map(({ name }) => ({ name, why })) };
    }
  }

  async remove(name: string): Promise<void> {
    const { dataDirectory } = this.#parts.place;
    await this.#whileStopped(async () => removeSlotDirectory(dataDirectory, name));
  }
}
