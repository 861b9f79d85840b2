// What users and bad luck do to a world, drawn at random: commands that Juju would accept at that moment,
// machines that freeze, agents that die, leases that end.

import { addCharm, addUnits, deploy } from '#core/juju/deploy.ts';
import { integrate } from '#core/juju/integrate.ts';
import { ModelError } from '#core/juju/model-error.ts';
import type { MachineCondition, Model } from '#core/juju/model.ts';
import { refresh } from '#core/juju/refresh.ts';
import { isPeer } from '#core/juju/relation-scope.ts';
import { removeApplication, removeUnit } from '#core/juju/remove.ts';
import { removeRelation, resumeRelation, suspendRelation } from '#core/juju/remove-relation.ts';
import { resolveUnit, unresolvedUnits } from '#core/juju/resolve.ts';
import { setConfig } from '#core/juju/set-config.ts';
import { rebootMachine, setMachineCondition } from '#core/juju/set-machine.ts';
import { provisionStorage } from '#core/juju/storage.ts';
import { enqueueAction } from '#core/juju/tasks.ts';
import { expireLease } from '#core/juju/uniter/leases.ts';
import {
  clientCharm,
  databaseCharm,
  emptyModel,
  placement,
  start,
  watcherCharm,
} from './models.ts';
import type { World } from './world.ts';

const charms = [
  databaseCharm,
  { ...databaseCharm, revision: 1, url: 'local:app-1' },
  clientCharm,
  watcherCharm,
] as const;

/** A database with peers, a client and a subordinate, related to each other. */
export function startingModel(): Model {
  let model = charms.reduce(addCharm, emptyModel());
  for (const [application, charmUrl, units] of [
    ['app', databaseCharm.url, 2],
    ['client', clientCharm.url, 1],
    ['watcher', watcherCharm.url, 0],
  ] as const) {
    model = deploy(model, { application, charmUrl, units }, placement, start);
  }
  model = integrate(model, 'app:db', 'client:db').model;
  return integrate(model, 'client:juju-info', 'watcher:host').model;
}

type Command = (world: World, model: Model) => readonly [string, (model: Model) => Model] | null;

const one = <Thing>(world: World, things: readonly Thing[]): Thing | null =>
  things.length === 0 ? null : world.random.choose(things);

const commands: readonly Command[] = [
  (world) => {
    const name = world.random.choose(['app', 'client']);
    return [`add-unit ${name}`, (model) => addUnits(model, name, 1, [], placement, world.now)];
  },
  (world, model) => {
    const machine = one(world, Object.keys(model.machines));
    if (machine === null) return null;
    return [
      `add-unit client --to ${machine}`,
      (before) => addUnits(before, 'client', 1, [machine], placement, world.now),
    ];
  },
  (world, model) => {
    const principals = Object.values(model.units).filter((unit) => unit.principal === null);
    const unit = one(world, principals);
    const force = world.random.chance(0.1);
    if (unit === null) return null;
    return [
      `remove-unit ${unit.name}${force ? ' --force' : ''}`,
      (before) => removeUnit(before, unit.name, { force }, world.now),
    ];
  },
  (world) => {
    const pair = world.random.choose([
      ['app:db', 'client:db'],
      ['app:juju-info', 'watcher:host'],
      ['client:juju-info', 'watcher:host'],
    ] as const);
    return [`integrate ${pair.join(' ')}`, (model) => integrate(model, pair[0], pair[1]).model];
  },
  (world, model) => {
    const relation = one(
      world,
      Object.values(model.relations).filter((each) => !isPeer(each)),
    );
    if (relation === null) return null;
    const force = world.random.chance(0.1);
    return [
      `remove-relation ${relation.id}${force ? ' --force' : ''}`,
      (before) => removeRelation(before, [relation.id], { force }, world.now),
    ];
  },
  (world, model) => {
    const relation = one(
      world,
      Object.values(model.relations).filter((each) => !isPeer(each)),
    );
    if (relation === null) return null;
    return relation.suspended
      ? [`resume-relation ${relation.id}`, (before) => resumeRelation(before, relation.id)]
      : [`suspend-relation ${relation.id}`, (before) => suspendRelation(before, relation.id)];
  },
  (world) => {
    const level = world.random.between(0, 3);
    return [`config app level=${level}`, (model) => setConfig(model, 'app', { level })];
  },
  (world, model) => {
    const unit = one(world, unresolvedUnits(model));
    if (unit === null) return null;
    const retry = world.random.chance(0.5);
    return [
      `resolve ${retry ? '' : '--no-retry '}${unit}`,
      (before) => resolveUnit(before, unit, { retry }),
    ];
  },
  (world, model) => {
    const machine = one(world, Object.values(model.machines));
    if (machine === null) return null;
    const condition = world.random.choose<MachineCondition>([
      'started',
      'paused',
      'stopped',
      'isolated',
    ]);
    // What ran when the machine was switched off, or could not report its end, died with the agent.
    const isCut = condition === 'stopped' || machine.condition === 'isolated';
    if (isCut) world.killAgents(machine.id);
    return [
      `machine ${machine.id} ${condition}`,
      (before) => setMachineCondition(before, machine.id, condition),
    ];
  },
  (world, model) => {
    const machine = one(world, Object.keys(model.machines));
    if (machine === null) return null;
    world.killAgents(machine);
    return [`reboot ${machine}`, (before) => rebootMachine(before, machine)];
  },
  (world) => {
    const name = world.random.choose(['app', 'client']);
    return [
      `expire-lease ${name}`,
      (model) => expireLease(model, name, world.now, world.random.choose),
    ];
  },
  (world, model) => {
    const unit = one(world, Object.keys(model.units));
    if (unit === null) return null;
    world.execute(unit);
    return [`juju-exec ${unit}`, (before) => before];
  },
  (world) => {
    const unit = one(world, world.busyUnits());
    if (unit === null) return null;
    world.killAgent(unit);
    return [`restart-agent ${unit}`, (model) => model];
  },
  (world, model) => {
    const unit = one(
      world,
      Object.values(model.units).filter((each) => each.application === 'app'),
    );
    if (unit === null) return null;
    const action = world.random.choose(['backup', 'peek', 'sweep']);
    const request = { units: [unit.name], action, parameters: {} };
    return [
      `run ${unit.name} ${action}`,
      (before) => enqueueAction(before, request, world.now).model,
    ];
  },
  (world) => {
    const url = world.random.choose([charms[0].url, charms[1].url]);
    const forceUnits = world.random.chance(0.5);
    return [`refresh app ${url}`, (model) => refresh(model, 'app', url, { forceUnits })];
  },
  (world) => {
    if (!world.random.chance(0.15)) return null;
    return [
      'remove-application client',
      (model) => removeApplication(model, 'client', { force: false }, world.now),
    ];
  },
  (world) => [
    'deploy client',
    (model) =>
      deploy(
        model,
        { application: 'client', charmUrl: clientCharm.url, units: 1 },
        placement,
        world.now,
      ),
  ],
];

/** Gives one random command; one that Juju would refuse at this moment is let go. */
export function strike(world: World): void {
  const command = world.random.choose(commands)(world, world.model);
  if (command === null) return;
  const [text, change] = command;
  world.command(text, (model) => {
    try {
      return provisionStorage(change(model), placement);
    } catch (error) {
      if (error instanceof ModelError) return model;
      throw error;
    }
  });
}

/** Brings back every machine and lifts every suspension, so that a run can come to rest. */
export function mend(world: World): void {
  for (const machine of Object.values(world.model.machines)) {
    if (machine.condition === 'isolated') world.killAgents(machine.id);
    world.command(`machine ${machine.id} started`, (model) =>
      setMachineCondition(model, machine.id, 'started'),
    );
  }
}
