// Gathers for the laws of slots what the model knows of a member at this moment, and what leaders have published.

import { asList, asObject, parseJsonObject } from '#core/dcs/json.ts';
import { asPosition } from '#core/dcs/position.ts';
import { readSlotSettings } from '#core/slots/slot-settings.ts';
import { ignoredSlot } from '../faults/slot-faults.ts';
import type { Machine } from '../member/machine.ts';
import { prefix } from '../member/member-config.ts';
import type { PostgresServer } from '../postgres/server.ts';
import type { SlotAsked } from '../postgres/slot-asked.ts';
import type { Slot } from '../postgres/slot-table.ts';
import type { EtcdNode } from '../store/etcd-node.ts';
import type { OwedSettings } from './slots-owed.ts';
import { SlotsOwed } from './slots-owed.ts';
import type { SlotSituation, TellSlotBreach } from './slot-laws.ts';
import { SlotLaws } from './slot-laws.ts';

export interface SlotWatchOptions {
  readonly etcd: EtcdNode;
  readonly machines: readonly Machine[];
  readonly nowMs: () => number;
  readonly isLooselyLed: () => boolean;
  readonly tell: TellSlotBreach;
}

export interface SlotTally {
  created: number;
  copied: number;
  moved: number;
  dropped: number;
  attached: number;
}

/** As the machine's own agent has it. */
function owedSettings({ agent }: Machine): OwedSettings {
  const config = agent?.agent.context.state.config.global;
  const budget = readSlotSettings(config?.raw ?? {}).walBudget;
  return {
    ttlMs: (config?.memberSlotsTtlSeconds ?? 0) * 1000,
    budgetBytes: budget?.kind === 'bytes' ? Number(budget.bytes) : null,
  };
}

export class SlotWatch {
  readonly #options: SlotWatchOptions;
  readonly #laws: SlotLaws;
  /** Furthest position of each slot in `/status`. */
  readonly #published = new Map<string, number>();
  readonly #owed = new SlotsOwed();
  readonly tally: SlotTally = { created: 0, copied: 0, moved: 0, dropped: 0, attached: 0 };

  constructor(options: SlotWatchOptions) {
    this.#options = options;
    this.#laws = new SlotLaws(options.tell);
  }

  /** The key `/status` was written. */
  statusChanged(text: string): void {
    const slots = asObject(parseJsonObject(text)?.['slots']) ?? {};
    for (const [name, value] of Object.entries(slots)) {
      const position = Number(asPosition(value) ?? 0);
      if (position > (this.#published.get(name) ?? 0)) this.#published.set(name, position);
    }
    const retained = asList(parseJsonObject(text)?.['retain_slots']) ?? [];
    const leader = this.#options.machines.find(({ server }) => server.phase === 'primary');
    for (const slot of leader?.server.data.slots.all ?? []) {
      if (leader !== undefined && !retained.includes(slot.name)) this.#left(leader, slot);
    }
  }

  #left(leader: Machine, { name, position }: Slot): void {
    const { restartLsn } = position;
    const kept = restartLsn === null ? 0 : leader.server.data.wal.end - restartLsn;
    this.#owed.leftByLeader(name, kept, owedSettings(leader), this.#options.nowMs());
  }

  /** The key of a member came, or went. */
  memberChanged(name: string, isPresent: boolean): void {
    this.#owed.memberChanged(name, isPresent, this.#options.nowMs());
  }

  #machineOf(server: PostgresServer): Machine | null {
    return this.#options.machines.find(({ name }) => name === server.name) ?? null;
  }

  #situation(machine: Machine): SlotSituation {
    const { etcd, machines, nowMs, isLooselyLed } = this.#options;
    const { server, name, agent, tags } = machine;
    const config = agent?.agent.context.state.config.global;
    const settings = owedSettings(machine);
    const others = machines
      .filter((other) => other !== machine && this.#owed.isOwed(other.name, settings, nowMs()))
      .map((other) => other.name);
    const isKeeping = tags['nofailover'] !== true && config?.isUsingSlots === true;
    return {
      member: name,
      nowMs: nowMs(),
      isPaused: config?.isPaused === true,
      isPrimary: server.phase === 'primary',
      isRunning: server.process !== null,
      hasKey: etcd.valueOf(`${prefix}leader`) === name,
      isLooselyLed: isLooselyLed(),
      flushedEnd: server.directory?.wal.flushedEnd ?? 0,
      confirmedOf: (slot) => server.directory?.slots.get(slot)?.position.confirmedFlushLsn ?? null,
      publishedOf: (slot) => this.#published.get(slot) ?? null,
      isRecreated: (slot) =>
        asObject(config?.permanentSlots[slot] ?? null)?.['recreate_when_lost'] === true,
      ignored: new Set(config?.ignoreSlots.length === 0 ? [] : [ignoredSlot]),
      kept: new Set(isKeeping ? others : []),
      agent: agent ?? machine,
    };
  }

  asked(server: PostgresServer, asked: SlotAsked): void {
    const machine = this.#machineOf(server);
    if (machine === null) return;
    if (asked.kind === 'drop' && server.phase === 'primary') this.#left(machine, asked.slot);
    this.#laws.asked(this.#situation(machine), asked);
    const { tally } = this;
    if (asked.kind === 'created-logical') tally.created += 1;
    if (asked.kind === 'advanced') tally.moved += 1;
    if (asked.kind === 'drop') tally.dropped += 1;
    if (asked.kind === 'install') tally.copied += asked.states.length;
  }

  /** Its agent is about to stop it. */
  stopping(server: PostgresServer): void {
    const machine = this.#machineOf(server);
    if (machine?.agent?.agent.context.executor.running()?.kind !== 'copy-slots') return;
    this.#laws.stoppedForCopy(this.#situation(machine));
  }

  promoted(server: PostgresServer): void {
    const context = this.#machineOf(server)?.agent?.agent.context;
    // Without an agent that knows what it does nobody says what is safe.
    if (context === undefined) return;
    const { slots, wal } = server.data;
    const permanent = new Set(Object.keys(context.state.config.global.permanentSlots));
    const branchEnd = wal.ancestors.at(-1)?.end ?? 0;
    // What nobody here looks after is nobody's promise.
    const looked = slots.all.filter(({ name }) => permanent.has(name));
    this.#laws.promoted(server.name, { slots: looked, wal, branchEnd }, context.slots.unsafe);
  }

  attached(server: PostgresServer, slot: Slot, seen: ReadonlySet<number>): void {
    this.tally.attached += 1;
    this.#laws.attached(server.name, slot, server.data.wal, seen);
  }
}
