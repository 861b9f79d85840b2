// Charms and models the tests of this folder start from. Each charm is read from texts like a real one.

import type { CharmDefinition } from '#core/juju/charm-definition.ts';
import { readCharm } from '#core/juju/charm-files.ts';
import { createModel } from '#core/juju/create-model.ts';
import { addCharm, deploy } from '#core/juju/deploy.ts';
import type { DeployRequest } from '#core/juju/deploy.ts';
import type { Model, Unit } from '#core/juju/model.ts';
import { own } from '#core/juju/own.ts';
import type { Placement } from '#core/juju/placement.ts';
import { enterScope } from '#core/juju/relation-scope.ts';

export const now: number = Date.UTC(2026, 0, 2, 3, 4, 5);

export const placement: Placement = {
  addressOf: (machine) => `127.64.3.${10 + Number(machine)}`,
  storageLocation: (storage, machine) => `/srv/${machine}/${storage}`,
};

export const manifest: string =
  'bases: [{name: ubuntu, channel: "22.04"}, {name: ubuntu, channel: "24.04"}]';

export const head = (name: string): string => `name: ${name}\nsummary: s\ndescription: d\n`;

export const serverMetadata: string = `${head('server')}
provides:
  db: {interface: sql}
  db-admin: {interface: sql}
  web: {interface: http, limit: 1}
peers:
  cluster: {interface: server-cluster}
storage:
  data: {type: filesystem}
  logs: {type: filesystem, multiple: {range: 0-2}}
`;

export const clientMetadata: string = `${head('client')}
requires:
  db: {interface: sql}
  site: {interface: http}
`;

export const agentMetadata: string = `${head('agent')}
subordinate: true
requires:
  host: {interface: juju-info, scope: container}
  db: {interface: sql}
storage:
  cache: {type: filesystem}
`;

export const serverConfig: string = `options:
  port: {type: int, default: 5432, description: where}
  ratio: {type: float}
  verbose: {type: boolean, default: false}
  label: {default: ""}
  key: {type: secret}
`;

export const serverActions: string = `backup:
  description: Save the data.
  params:
    level: {type: integer, default: 3, minimum: 1, maximum: 9}
    target:
      type: object
      properties:
        kind: {type: string, default: disk}
        path: {type: string}
    name: {type: string}
  required: [name]
ping: {}
`;

export function serverCharm(revision = 0): CharmDefinition {
  return readCharm(
    { metadata: serverMetadata, config: serverConfig, actions: serverActions, manifest },
    { revision },
  );
}

export function charm(metadata: string, revision = 0): CharmDefinition {
  return readCharm({ metadata, manifest }, { revision });
}

export function emptyModel(): Model {
  const model = createModel({
    uuid: '0b0c5b3e-3b0f-4e66-8d0e-2d6d5f06f00d',
    name: 'trial',
    jujuVersion: '3.6.9',
    now,
  });
  return [serverCharm(), charm(clientMetadata), charm(agentMetadata)].reduce(addCharm, model);
}

export function deployed(model: Model, request: DeployRequest): Model {
  return deploy(model, request, placement, now);
}

/** Applications `server` with as many units, `client` with one and the subordinate `agent`. */
export function trialModel(servers = 2): Model {
  return [
    { application: 'server', charmUrl: 'local:server-0', units: servers },
    { application: 'client', charmUrl: 'local:client-0' },
    { application: 'agent', charmUrl: 'local:agent-0' },
  ].reduce(deployed, emptyModel());
}

/** Brings units into the scope of a relation, as their agents would. */
export function entered(model: Model, relation: string, ...units: readonly string[]): Model {
  return units.reduce((result, unit) => enterScope(result, unit, relation, now), model);
}

/** The unit with parts of it changed. */
export function withUnit(model: Model, name: string, change: Partial<Unit>): Model {
  const unit = unitIn(model, name);
  return { ...model, units: { ...model.units, [name]: { ...unit, ...change } } };
}

/** The unit as it is when its remove hook was committed. */
export function uniterRemoved(model: Model, name: string): Model {
  const { uniter } = unitIn(model, name);
  return withUnit(model, name, { uniter: { ...uniter, removed: true } });
}

export function unitIn(model: Model, name: string): Unit {
  const unit = own(model.units, name);
  if (unit === undefined) throw new Error(`no unit ${name}`);
  return unit;
}

/** Fails with what was thrown when it is not a ModelError with this code and message. */
export function refusal(code: string, message: string | RegExp): object {
  return { name: 'ModelError', code, message, hint: /./u };
}
