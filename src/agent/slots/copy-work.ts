// When and how logical slots come from the primary: the files are fetched and checked beside the turns; only what can
// be put in place is worth the restart, one for all that wait (core/slots/copy-budget.ts).

import type { SlotsPort } from '#adapters/ports/slots-port.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { CopyMemory } from '#core/slots/copy-budget.ts';
import { afterRestart, decideCopy, noCopies, withoutOthers } from '#core/slots/copy-budget.ts';
import type { DesiredLogicalSlot, DesiredSlotSet } from '#core/slots/desired-slot.ts';
import { readSlotSettings } from '#core/slots/slot-settings.ts';
import type { AgentParts } from '../context.ts';
import { startServer } from '../actions/start.ts';
import { upstreamNowOf } from '../start-action.ts';
import type { InstallParts, PreparedCopy } from './copy-logical.ts';
import { installCopy, prepareCopy } from './copy-logical.ts';
import type { SlotTurn } from './slot-turn.ts';
import type { SlotCounters } from './slots-handler.ts';

export interface CopyWorkParts {
  readonly parts: AgentParts;
  readonly port: SlotsPort;
  readonly counters: SlotCounters;
  readonly onStop: () => Promise<void>;
  readonly onInstalled: InstallParts['onInstalled'];
}

export class CopyWork {
  readonly #parts: CopyWorkParts;
  #memory: CopyMemory = noCopies;
  #told = '';
  copying: ReadonlySet<string> = new Set();

  constructor(parts: CopyWorkParts) {
    this.#parts = parts;
  }

  /** Behind another leader slots may be gone for another reason: what was copied before counts no more. */
  beginAnew(): void {
    this.#memory = noCopies;
  }

  /** Copies these slots where it is time for it. Throws where the leader can't be asked. */
  async consider(
    turn: SlotTurn,
    leader: Upstream,
    desired: DesiredSlotSet,
    names: readonly string[],
  ): Promise<void> {
    const wanted = names.flatMap((name) => desired.logical.get(name) ?? []);
    const due = this.#due(turn, desired, wanted);
    if (due.length === 0) return;
    const prepared = await prepareCopy(this.#parts.parts.deps.slots, leader, due);
    this.#tell(prepared);
    if (prepared.files.length > 0) this.#start(prepared);
  }

  #due(
    turn: SlotTurn,
    desired: DesiredSlotSet,
    wanted: readonly DesiredLogicalSlot[],
  ): readonly DesiredLogicalSlot[] {
    const { deps, executor, wake } = this.#parts.parts;
    const { config, postgres } = turn.world;
    const rows = new Set(turn.sql.slots.map(({ name }) => name));
    const all = [...desired.logical.values()];
    const { decision, memory } = decideCopy({
      candidates: wanted.map(({ name, database, plugin }) => ({
        kind: 'copy-logical',
        name,
        database,
        plugin,
        why: '',
      })),
      expectedCount: all.filter(
        ({ name, lsn, isFailover }) => lsn === null && !isFailover && !rows.has(name),
      ).length,
      memory: withoutOthers(this.#memory, new Set(desired.logical.keys())),
      nowMs: deps.clock.monotonicMs(),
      intervalMs: readSlotSettings(config.raw).copyIntervalMs,
      isBusy: executor.running() !== null || postgres.state !== 'running',
      isInRecovery: turn.sql.isInRecovery,
      hasLeaderKey: turn.hasLeaderKey,
      isFailsafeActive: turn.isFailsafe,
      config,
    });
    this.#memory = memory;
    if (decision.kind === 'wait' && decision.forMs !== null) deps.clock.after(decision.forMs, wake);
    if (decision.kind !== 'copy') return [];
    return wanted.filter(({ name }) => decision.names.includes(name));
  }

  /** Once, and again when it is something else. */
  #tell({ refused }: PreparedCopy): void {
    const text = refused.map(({ why }) => why).join('; ');
    if (text !== '' && text !== this.#told) this.#parts.parts.deps.log.warning(text);
    this.#told = text;
  }

  #start(prepared: PreparedCopy): void {
    const { parts, port, counters, onStop, onInstalled } = this.#parts;
    const { executor, deps } = parts;
    const names = prepared.files.map(({ name }) => name);
    const title = `copying logical slots ${names.join(', ')} from the primary`;
    const isStarted = executor.start('copy-slots', title, async (handle) => {
      this.copying = new Set(names);
      try {
        await installCopy(
          {
            parts,
            port,
            onStop,
            onStopping: () => {
              this.#memory = afterRestart(this.#memory, names, deps.clock.monotonicMs());
              counters.copyRestarts += 1;
            },
            onInstalled: (whole, bare) => {
              counters.copies += whole.length + bare.length;
              onInstalled(whole, bare);
            },
            start: async () => startServer(parts, upstreamNowOf(parts)(), handle),
          },
          prepared,
          handle,
        );
      } finally {
        this.copying = new Set();
      }
    });
    if (isStarted) deps.log.info(`Copying logical slots ${names.join(', ')} from the primary`);
  }
}
