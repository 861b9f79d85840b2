// A slots port whose server does at once what it is told, and whose leader has what the test says.

import type { AdvanceSession, SlotsPort } from '#adapters/ports/slots-port.ts';
import type { SlotsDeps } from '#agent/slots/slots-deps.ts';
import type { FetchedSlot } from '#core/slots/check-copy.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import type { SlotStep } from '#core/slots/slot-step.ts';

export interface FakeSlots extends SlotsDeps {
  leaderSlots: readonly SlotInfo[];
  fetched: readonly FetchedSlot[];
  isFeedbackOn: boolean;
  volumeBytes: bigint | null;
  hasLeaderWal: boolean | null;
  /** Resolves what `apply` and `createLogical` wait for; at once unless a test replaces it. */
  hang: Promise<void>;
  /** Whether steps are carried out; a test of something else wants no news of slots. */
  isWorking: boolean;
  /** What happened to slots, in its order. */
  readonly happened: string[];
  /** Slots that `apply` does not drop. */
  inUse: readonly string[];
}

function words(step: SlotStep): string {
  return step.kind === 'advance-physical'
    ? `${step.kind} ${step.name} ${step.to}`
    : `${step.kind} ${step.name}`;
}

function session(database: string, happened: string[]): AdvanceSession {
  return {
    advance: async (name, to) => {
      happened.push(`advance ${database}.${name} ${to}`);
      return Promise.resolve(to);
    },
    look: async () => Promise.resolve(null),
    destroy: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

export function fakeSlots(): FakeSlots {
  const happened: string[] = [];
  const port: SlotsPort = {
    apply: async (steps) => {
      const why = 'this test is about something else';
      if (!slots.isWorking) return steps.map((step) => ({ step, outcome: 'skipped', why }));
      for (const step of steps) happened.push(words(step));
      await slots.hang;
      return steps.map((step) => {
        const isKept = step.kind === 'drop' && slots.inUse.includes(step.name);
        return { step, outcome: isKept ? 'in-use' : 'done', why: isKept ? 'it is in use' : '' };
      });
    },
    createLogical: async (step) => {
      happened.push(`create-logical ${step.database}.${step.name}`);
      await slots.hang;
      return { step, outcome: 'done', why: '' };
    },
    openDatabase: async (database) => Promise.resolve(session(database, happened)),
    readLeaderSlots: async (_leader, names) => {
      happened.push(`readLeaderSlots ${names.join(' ')}`);
      await slots.hang;
      return slots.leaderSlots.filter(({ name }) => names.includes(name));
    },
    fetchLeaderSlots: async (_leader, names) => {
      happened.push(`fetchLeaderSlots ${names.join(' ')}`);
      return Promise.resolve(slots.fetched.filter(({ slot }) => names.includes(slot.name)));
    },
    isFeedbackOn: async () => Promise.resolve(slots.isFeedbackOn),
    install: async (files) => {
      const installed = files.map(({ name }) => name);
      happened.push(`install ${installed.join(' ')}`);
      return Promise.resolve({ installed, failed: [] });
    },
    remove: async (name) => {
      happened.push(`remove ${name}`);
      await Promise.resolve();
    },
  };
  const slots: FakeSlots = {
    port,
    forceHotStandbyFeedback: async () => Promise.resolve(),
    fetchSnapshots: async (_leader, asked) =>
      Promise.resolve(new Map(asked.map(({ name }) => [name, null]))),
    installSnapshots: async (snapshots) => {
      if (snapshots.length > 0) happened.push(`snapshots ${snapshots.length}`);
      await Promise.resolve();
    },
    isWalOnLeader: async () => Promise.resolve(slots.hasLeaderWal),
    hasLeaderWal: null,
    walVolumeBytes: async () => Promise.resolve(slots.volumeBytes),
    volumeBytes: null,
    leaderSlots: [],
    fetched: [],
    isFeedbackOn: true,
    isWorking: false,
    happened,
    hang: Promise.resolve(),
    inUse: [],
  };
  return slots;
}
