// Faults of replication slots: statements about them that hang, fail or lose their connection, slots that are in use,
// lost or dropped, slots of others, and state files that arrive damaged.

import type { Fault } from './fault.ts';
import { victimOf } from './fault.ts';

/** What `ignore_slots` names in every run. */
export const ignoredSlot = 'keep_me';

export const slotFaults: readonly Fault[] = [
  {
    kind: 'slot statements hang or fail',
    weight: 8,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim === null || victim.slotTrouble.kind !== 'none') return null;
      const { random } = scene;
      const names = victim.server.directory?.slots.all.map(({ name }) => name) ?? [];
      const slot = names.length === 0 || random.chance(0.5) ? null : random.choose(names);
      const kind = random.choose(['hang', 'hang', 'fail', 'lost'] as const);
      victim.slotTrouble = { kind, slot };
      const ms = random.between(500, 60_000);
      scene.healAfter(ms, () => {
        victim.slotTrouble = { kind: 'none' };
      });
      return `${kind} on ${victim.name}, ${slot ?? 'all'}, for ${ms} ms`;
    },
  },
  {
    kind: 'state files damaged',
    weight: 3,
    inject: (scene) => {
      const victim = scene.random.choose(scene.cluster.machines);
      if (victim.slotTrouble.kind !== 'none') return null;
      victim.slotTrouble = { kind: 'broken-file', slot: null };
      scene.healAfter(scene.random.between(1000, 40_000), () => {
        victim.slotTrouble = { kind: 'none' };
      });
      return `on their way to ${victim.name}`;
    },
  },
  {
    kind: 'slot in use',
    weight: 4,
    inject: (scene) => {
      const victim = victimOf(scene);
      const idle = victim?.server.directory?.slots.all.filter(({ user }) => user === null) ?? [];
      if (victim?.server.isReady !== true || idle.length === 0) return null;
      const slot = scene.random.choose(idle);
      const user = {};
      slot.user = user;
      const ms = scene.random.between(500, 30_000);
      scene.healAfter(ms, () => {
        if (slot.user === user) slot.user = null;
      });
      return `${slot.name} on ${victim.name} for ${ms} ms`;
    },
  },
  {
    kind: 'slot of somebody else',
    weight: 4,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim?.server.isAccepting !== true) return null;
      const { random } = scene;
      const { slots, wal } = victim.server.data;
      const name = random.choose([ignoredSlot, 'somebody', 'other_one']);
      if (slots.get(name) !== null) return null;
      if (random.chance(0.5)) slots.createPhysical(name, wal.flushedEnd);
      else {
        slots.createLogical(name, 'app', 'pgoutput', wal, victim.server.world.nextId());
      }
      return `${name} on ${victim.name}`;
    },
  },
  {
    kind: 'slot dropped on a standby',
    weight: 3,
    inject: (scene) => {
      const victim = victimOf(scene);
      if (victim?.server.phase !== 'standby') return null;
      const idle = victim.server.data.slots.all.filter(({ user }) => user === null);
      if (idle.length === 0) return null;
      const { name } = scene.random.choose(idle);
      victim.server.data.slots.drop(name);
      return `${name} on ${victim.name}`;
    },
  },
  {
    kind: 'slot lost its WAL',
    weight: 1,
    inject: (scene) => {
      const victim = victimOf(scene);
      const idle = victim?.server.directory?.slots.all.filter(({ user }) => user === null) ?? [];
      if (victim?.server.isReady !== true || idle.length === 0) return null;
      const slot = scene.random.choose(idle);
      slot.isLost = true;
      return `${slot.name} on ${victim.name}`;
    },
  },
];
