// Deploying applications and adding units to them. Relations are entered later, by each unit's own agent;
// only the peer relations exist from the start (L54).

import { checkAssumes } from './assumes.ts';
import type { CharmDefinition } from './charm-definition.ts';
import { chooseBase } from './charm-manifest.ts';
import { readConfigValues } from './config-values.ts';
import type { ConfigValues } from './config-values.ts';
import { applicationNamed, charmOf, machineNumbered } from './find.ts';
import { ModelError } from './model-error.ts';
import type { Application, ApplicationName, Millis, Model } from './model.ts';
import { parseApplicationName } from './names.ts';
import { addUnit } from './new-unit.ts';
import { addRelation } from './new-relation.ts';
import { own, withKey } from './own.ts';
import type { Placement } from './placement.ts';

export interface DeployRequest {
  readonly application: ApplicationName;
  /** A charm the model has: see `addCharm`. */
  readonly charmUrl: string;
  /** Default 1, and 0 for a subordinate, which gets its units from its principals. */
  readonly units?: number;
  /** Typed values, or texts as the command line gives them. */
  readonly config?: ConfigValues;
  readonly trust?: boolean;
  /** `ubuntu@24.04`; default is for `chooseBase` to say. */
  readonly base?: string;
  /** Numbers of machines to put the first units on; the others get machines of their own. */
  readonly to?: readonly string[];
}

/** Makes a charm available under its URL. A charm never changes, so the first of a URL stays. */
export function addCharm(model: Model, charm: CharmDefinition): Model {
  if (Object.hasOwn(model.charms, charm.url)) return model;
  return { ...model, charms: withKey(model.charms, charm.url, charm) };
}

/** Revision the next local charm of this name gets: they count up in the model (F63). */
export function nextRevision(model: Model, charmName: string): number {
  const revisions = Object.values(model.charms)
    .filter((charm) => charm.name === charmName)
    .map((charm) => charm.revision);
  return Math.max(-1, ...revisions) + 1;
}

/**
 * Deploys a charm under a name, with its peer relations and its first units.
 *
 * Throws `ModelError`: `already-exists`, a bad name, a base or a Juju version the charm does not support,
 * configuration the charm refuses, or a count of units for a subordinate.
 */
export function deploy(
  model: Model,
  request: DeployRequest,
  placement: Placement,
  now: Millis,
): Model {
  const name = parseApplicationName(request.application);
  if (Object.hasOwn(model.applications, name)) {
    throw new ModelError(
      'already-exists',
      `cannot add application "${name}": application already exists`,
      `Deploy under another name, or remove ${name} first.`,
    );
  }
  const charm = own(model.charms, request.charmUrl);
  if (charm === undefined) {
    throw new Error(`Cannot deploy '${request.charmUrl}' as the charm was not added to the model`);
  }
  checkAssumes(charm.assumes, model.jujuVersion);
  const units = countUnits(charm, request);
  const application: Application = {
    name,
    charmUrl: charm.url,
    base: chooseBase(charm.bases, request.base),
    config: readConfigValues(charm, request.config ?? {}),
    trust: request.trust ?? false,
    life: 'alive',
    exposed: false,
    nextUnit: 0,
    lease: null,
    status: null,
    version: '',
    charmModified: 0,
    forceUnits: false,
  };
  const added = { ...model, applications: withKey(model.applications, name, application) };
  const withPeers = addPeerRelations(added, name);
  return units === 0
    ? withPeers
    : addUnits(withPeers, name, units, request.to ?? [], placement, now);
}

/** Creates the peer relations the charm declares and the application does not have yet. */
export function addPeerRelations(model: Model, application: ApplicationName): Model {
  const endpoints = Object.values(charmOf(model, application).endpoints);
  return endpoints
    .filter((endpoint) => endpoint.role === 'peer')
    .filter((endpoint) => !hasPeerRelation(model, application, endpoint.name))
    .reduce(
      (result, endpoint) => addRelation(result, [{ application, definition: endpoint }]),
      model,
    );
}

/**
 * Adds units, the first of them on the machines named in `to`, the others on machines of their own.
 *
 * Throws `not-found` for an application or machine that is not there, `not-valid` when the application is
 * a subordinate or on its way out, or when a machine runs another base.
 */
export function addUnits(
  model: Model,
  applicationName: ApplicationName,
  count: number,
  to: readonly string[],
  placement: Placement,
  now: Millis,
): Model {
  const application = applicationNamed(model, applicationName);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new ModelError('not-valid', 'must add at least one unit', 'Pass -n with 1 or more.');
  }
  if (application.life !== 'alive') {
    throw new ModelError(
      'not-valid',
      `cannot add unit to application "${applicationName}": application is not alive`,
      'Wait until it is gone and deploy it again.',
    );
  }
  if (charmOf(model, applicationName).subordinate) {
    throw new ModelError(
      'not-valid',
      `cannot add unit to application "${applicationName}": application is a subordinate`,
      'Integrate it with a principal application: each of its units brings one along.',
    );
  }
  return Array.from({ length: count }, (_, index) => to[index] ?? null).reduce<Model>(
    (result, machine) => {
      const current = applicationNamed(result, applicationName);
      if (machine !== null) checkMachine(result, current, machine);
      const unit = { application: current, machine, principal: null };
      return addUnit(result, unit, placement, now).model;
    },
    model,
  );
}

function countUnits(charm: CharmDefinition, request: DeployRequest): number {
  if (!charm.subordinate) return request.units ?? 1;
  // One is what a client sends that was told nothing.
  if ((request.units ?? 0) > 1 || (request.to ?? []).length > 0) {
    throw new ModelError(
      'not-valid',
      'cannot use --num-units or --to with subordinate application',
      'Leave both out: units come with those of the principal application.',
    );
  }
  return 0;
}

function hasPeerRelation(model: Model, application: ApplicationName, endpoint: string): boolean {
  return Object.values(model.relations).some(
    ({ endpoints: [first, second] }) =>
      second === undefined && first?.application === application && first.name === endpoint,
  );
}

function checkMachine(model: Model, application: Application, id: string): void {
  const machine = machineNumbered(model, id);
  if (machine.base === application.base) return;
  throw new ModelError(
    'not-valid',
    `cannot assign unit "${application.name}/${application.nextUnit}" to machine ${id}: ` +
      `base does not match: unit has "${application.base}", machine has "${machine.base}"`,
    `Choose a machine with ${application.base}, or deploy with --base ${machine.base}.`,
  );
}
