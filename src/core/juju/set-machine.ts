// The condition of a machine, as tests and drills change it. The program that runs the machine's
// processes has to make it true.

import { machineNumbered } from './find.ts';
import type { Machine, MachineCondition, Model } from './model.ts';
import { withKey } from './own.ts';

/** Throws `not-found`. The same model when the machine is in that condition already. */
export function setMachineCondition(model: Model, id: string, condition: MachineCondition): Model {
  const machine = machineNumbered(model, id);
  if (machine.condition === condition) return model;
  // A machine that was switched off comes up with a new boot: its agents notice by the number (E121).
  const boots = machine.condition === 'stopped' && condition === 'started';
  const bootId = boots ? machine.bootId + 1 : machine.bootId;
  return withMachine(model, { ...machine, condition, bootId });
}

/** Boots a machine anew, from whatever condition it was in. Throws `not-found`. */
export function rebootMachine(model: Model, id: string): Model {
  const machine = machineNumbered(model, id);
  return withMachine(model, { ...machine, condition: 'started', bootId: machine.bootId + 1 });
}

function withMachine(model: Model, machine: Machine): Model {
  return { ...model, machines: withKey(model.machines, machine.id, machine) };
}
