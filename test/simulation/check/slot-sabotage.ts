// Slot work that is broken on purpose, to see that the laws of slots notice. It stands between the agent and the model;
// nothing of it is in the agent.

import type { PostgresPort } from '#adapters/ports/agent-ports.ts';
import type { Dcs } from '#adapters/ports/dcs.ts';
import type { AdvanceSession, SlotsPort } from '#adapters/ports/slots-port.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { Sabotage } from '../member/agent-process.ts';
import type { SimCluster } from '../run/sim-cluster.ts';
import { slotInfo } from '../postgres/slot-table.ts';
import { overlaid } from './overlay.ts';

/** Logical slots of standbys are moved as far as they can be, whatever their consumers have confirmed. */
export function slotsMovedTooFar(): Sabotage {
  return {
    slots: (port: SlotsPort): SlotsPort =>
      overlaid(port, {
        openDatabase: async (...where) => {
          const session = await port.openDatabase(...where);
          return overlaid<AdvanceSession>(session, {
            advance: async (name, to) => session.advance(name, lsnOf(to + 10_000_000n)),
          });
        },
      }),
  };
}

/** Whenever there is something to be done, every slot is dropped as well. */
export function slotsDropped(machine: string, cluster: () => SimCluster): Sabotage {
  return {
    slots: (port: SlotsPort): SlotsPort =>
      overlaid(port, {
        apply: async (steps, withinMs) => {
          const all = cluster().machine(machine)?.server.directory?.slots.all ?? [];
          const drops = all.map(({ name }) => ({ kind: 'drop', name, why: 'sabotage' }) as const);
          const results = await port.apply([...steps, ...drops], withinMs);
          return results.slice(0, steps.length);
        },
      }),
  };
}

/** State files are put in place with a bit turned over. */
export function stateFilesDamaged(): Sabotage {
  return {
    slots: (port: SlotsPort): SlotsPort =>
      overlaid(port, {
        install: async (files) =>
          port.install(
            files.map(({ name, state }) => ({
              name,
              state: state.map((byte, at) => (at === 50 ? byte ^ 1 : byte)),
            })),
          ),
      }),
  };
}

/** A leader publishes nothing of slots it does not have. */
export function positionsForgotten(machine: string, cluster: () => SimCluster): Sabotage {
  return {
    dcs: (dcs: Dcs): Dcs =>
      overlaid(dcs, {
        writeStatus: async (status) => {
          const slots = cluster().machine(machine)?.server.directory?.slots;
          const present = Object.entries(status.slots).filter(([name]) => slots?.get(name) != null);
          return dcs.writeStatus({ ...status, slots: Object.fromEntries(present) });
        },
      }),
  };
}

/** A standby tells nobody what it needs of the catalog, and the primary is said to hold back just that. */
export function xminMadeUp(machine: string, cluster: () => SimCluster): Sabotage {
  return {
    slots: (port: SlotsPort): SlotsPort =>
      overlaid(port, {
        readLeaderSlots: async (leader, names) => {
          const found = await port.readLeaderSlots(leader, names);
          const server = cluster().machine(machine)?.server;
          if (server?.directory == null) return found;
          server.isFeedbackOn = false;
          const { slots, wal } = server.data;
          const own = slots.all.filter(({ type }) => type === 'logical');
          const [first] = own.map((slot) => slotInfo(slot, wal.end, server.world.xidBase));
          return found.map((slot) => ({ ...slot, catalogXmin: first?.catalogXmin ?? null }));
        },
      }),
  };
}

/** What slots hold back of the catalog is not seen. */
export function xminHidden(): Sabotage {
  return {
    postgres: (postgres: PostgresPort): PostgresPort =>
      overlaid(postgres, {
        observe: async () => {
          const facts = await postgres.observe();
          if (facts.sql === null) return facts;
          const slots = facts.sql.slots.map((slot) => ({ ...slot, xmin: null }));
          return { ...facts, sql: { ...facts.sql, slots } };
        },
      }),
  };
}

/** The first step that fails ends the work on slots. */
export function stepsGivenUp(): Sabotage {
  return {
    slots: (port: SlotsPort): SlotsPort =>
      overlaid(port, {
        apply: async (steps, withinMs, mayGoOn) => {
          const done = [];
          for (const step of steps) {
            const [result] = await port.apply([step], withinMs, mayGoOn);
            if (result === undefined || result.outcome === 'failed') break;
            done.push(result);
          }
          return done;
        },
      }),
  };
}

/** Every turn waits for statements about slots. */
export function turnsWaiting(machine: string, cluster: () => SimCluster): Sabotage {
  return {
    postgres: (postgres: PostgresPort): PostgresPort =>
      overlaid(postgres, {
        observe: async () => {
          const port = cluster().machine(machine)?.agent;
          await port?.slotsPort.isFeedbackOn().catch(() => undefined);
          await port?.slotsPort.isFeedbackOn().catch(() => undefined);
          return postgres.observe();
        },
      }),
  };
}
