// Puts a hook's port changes into the model. The agent checked them against what it knew; other units of
// the machine may have opened ports since, so they are checked again (H142), endpoints for the first
// time (H143).

import { unitNamed } from '../find.ts';
import { ModelError } from '../model-error.ts';
import type { Model, PortRange, Unit } from '../model.ts';
import { own, withKey } from '../own.ts';
import { ownCharm } from '../uniter/own-charm.ts';
import type { HookContext } from './hook-context.ts';
import { overlap, portsText, samePorts, sameRange } from './port-range.ts';

/** Throws `not-found` for an endpoint the charm lacks and `conflict` for ports that are taken. */
export function commitPorts(context: HookContext, model: Model): Model {
  const { open, close } = context.ports;
  if (open.length + close.length === 0) return model;
  const unit = unitNamed(model, context.unit);
  const endpoints = Object.keys(ownCharm(model, unit.name).endpoints);
  for (const range of [...open, ...close]) checkEndpoint(model, unit, range);
  const closed = close.reduce<readonly PortRange[]>(
    (ranges, range) => closeOne(ranges, range, endpoints),
    unit.openedPorts,
  );
  const openedPorts = open.reduce((ranges, range) => openOne(model, unit, ranges, range), closed);
  return { ...model, units: withKey(model.units, unit.name, { ...unit, openedPorts }) };
}

/** "" stands for all endpoints and is always right. */
function checkEndpoint(model: Model, unit: Unit, { endpoint }: PortRange): void {
  if (endpoint === '' || own(ownCharm(model, unit.name).endpoints, endpoint) !== undefined) return;
  throw new ModelError(
    'not-found',
    `cannot update port ranges: endpoint "${endpoint}" for application "${unit.application}" not found`,
    'Use names from the provides, requires and peers sections of the charm.',
  );
}

/** Ports open for all endpoints and closed for one stay open for the others. */
function closeOne(
  ranges: readonly PortRange[],
  closed: PortRange,
  endpoints: readonly string[],
): readonly PortRange[] {
  if (closed.endpoint === '') return ranges.filter((range) => !samePorts(range, closed));
  const forAll = ranges.find((range) => samePorts(range, closed) && range.endpoint === '');
  if (forAll === undefined) return ranges.filter((range) => !sameRange(range, closed));
  const others = endpoints
    .filter((endpoint) => endpoint !== closed.endpoint)
    .map((endpoint) => ({ ...closed, endpoint }));
  return [...ranges.filter((range) => !samePorts(range, closed)), ...others];
}

/** Ports opened for all endpoints take the place of those opened for some. */
function openOne(
  model: Model,
  unit: Unit,
  ranges: readonly PortRange[],
  opened: PortRange,
): readonly PortRange[] {
  const taken = takenBy(model, unit, ranges, opened);
  if (taken !== null) {
    throw new ModelError(
      'conflict',
      `cannot open ${portsText(opened)} (unit "${unit.name}"): port range conflicts with ${taken}`,
      'Close the other range first, or choose ports that are free on this machine.',
    );
  }
  const same = ranges.filter((range) => samePorts(range, opened));
  const isThere = same.some((range) => range.endpoint === '' || range.endpoint === opened.endpoint);
  if (isThere) return ranges;
  const kept = opened.endpoint === '' ? ranges.filter((range) => !same.includes(range)) : ranges;
  return [...kept, opened];
}

/** The range in the way and its unit, in words, or null. */
function takenBy(
  model: Model,
  unit: Unit,
  ranges: readonly PortRange[],
  opened: PortRange,
): string | null {
  const own = ranges.find((range) => overlap(range, opened) && !samePorts(range, opened));
  if (own !== undefined) return `${portsText(own)} (unit "${unit.name}")`;
  for (const other of Object.values(model.units)) {
    if (other.machine !== unit.machine || other.name === unit.name) continue;
    const range = other.openedPorts.find((each) => overlap(each, opened));
    if (range !== undefined) return `${portsText(range)} (unit "${other.name}")`;
  }
  return null;
}
