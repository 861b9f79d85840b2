// Charms and models for the tests of this folder, made with the model's own operations.

import type { CharmDefinition, EndpointDefinition } from '#core/juju/charm-definition.ts';
import { createModel } from '#core/juju/create-model.ts';
import { addCharm, deploy } from '#core/juju/deploy.ts';
import type { Millis, Model, Unit, UniterState, UnitName } from '#core/juju/model.ts';
import { withKey } from '#core/juju/own.ts';
import type { Placement } from '#core/juju/placement.ts';

/** Some instant; tests speak of times after it. */
export const start: Millis = 1_700_000_000_000;

export const placement: Placement = {
  addressOf: (machine) => `127.0.9.${Number(machine) + 10}`,
  storageLocation: (id, machine) => `/srv/${machine}/${id}`,
};

export function endpoint(
  name: string,
  role: EndpointDefinition['role'],
  scope: EndpointDefinition['scope'] = 'global',
): EndpointDefinition {
  return { name, role, scope, interface: `i-${name}`, limit: null, optional: false };
}

/** What every charm provides without saying so (F5). */
const implicit: EndpointDefinition = {
  ...endpoint('juju-info', 'provider'),
  interface: 'juju-info',
};

export function charm(
  name: string,
  endpoints: readonly EndpointDefinition[],
  more: Partial<CharmDefinition> = {},
): CharmDefinition {
  const revision = more.revision ?? 0;
  return {
    url: `local:${name}-${revision}`,
    name,
    revision,
    summary: 'A charm of a test',
    subordinate: false,
    endpoints: Object.fromEntries([...endpoints, implicit].map((each) => [each.name, each])),
    extraBindings: [],
    storage: {},
    resources: {},
    config: {
      level: { name: 'level', type: 'int', default: 1, description: '' },
    },
    actions: {},
    bases: ['ubuntu@24.04'],
    assumes: [],
    ...more,
  };
}

const pgdata = {
  name: 'pgdata',
  type: 'filesystem',
  description: '',
  multiple: null,
  location: null,
  readOnly: false,
} as const;

const action = { description: '', parallel: false, executionGroup: '', parameters: {} } as const;

/** A database with peers, storage and a provided endpoint, as in the traces T1 to T5. */
export const databaseCharm: CharmDefinition = charm(
  'app',
  [endpoint('cluster', 'peer'), endpoint('db', 'provider')],
  {
    storage: { pgdata },
    actions: {
      backup: { ...action, name: 'backup' },
      peek: { ...action, name: 'peek', parallel: true },
      sweep: { ...action, name: 'sweep', parallel: true, executionGroup: 'tidy' },
    },
  },
);

export const clientCharm: CharmDefinition = charm('client', [endpoint('db', 'requirer')]);

/** A subordinate that goes with anything, through the endpoint every charm provides. */
export const watcherCharm: CharmDefinition = charm(
  'watcher',
  [
    {
      ...endpoint('host', 'requirer', 'container'),
      interface: 'juju-info',
    },
  ],
  { subordinate: true },
);

/** A charm with nothing but its life. */
export const plainCharm: CharmDefinition = charm('plain', []);

export function emptyModel(charms: readonly CharmDefinition[] = []): Model {
  const model = createModel({
    uuid: 'c0ffee00-0000-4000-8000-000000000000',
    name: 'test',
    jujuVersion: '3.6.9',
    now: start,
  });
  return charms.reduce(addCharm, model);
}

/** A model with one application of this charm, of the charm's own name. */
export function deployed(definition: CharmDefinition, units = 1): Model {
  const request = { application: definition.name, charmUrl: definition.url, units };
  return deploy(emptyModel([definition]), request, placement, start);
}

export function unitOf(model: Model, name: UnitName): Unit {
  const unit = model.units[name];
  if (unit === undefined) throw new Error(`The test's model has no unit ${name}`);
  return unit;
}

export function withUnit(model: Model, name: UnitName, change: Partial<Unit>): Model {
  return { ...model, units: withKey(model.units, name, { ...unitOf(model, name), ...change }) };
}

export function withUniter(model: Model, name: UnitName, change: Partial<UniterState>): Model {
  return withUnit(model, name, { uniter: { ...unitOf(model, name).uniter, ...change } });
}
