// Consistency with the charm's files: everything the state names must be declared there.

import type { ConfigOption } from '#core/juju/charm-definition.ts';
import { isUnitName, parseStorageId, secretIdIn } from '#core/juju/names.ts';
import type { ConsistencyCheck, TestWorld } from './consistency-check.ts';
import { duplicates } from './duplicates.ts';

export const checkCharmParts: ConsistencyCheck = (world) => [
  ...checkConfig(world),
  ...checkStorage(world),
  ...checkResources(world),
  ...checkBindings(world),
];

function checkConfig({ charm, state }: TestWorld): readonly string[] {
  return Object.entries(state.config).flatMap(([name, value]) => {
    const option = Object.hasOwn(charm.config, name) ? charm.config[name] : undefined;
    if (option === undefined) return [`config has '${name}', which config.yaml does not declare`];
    if (isOfType(option, value)) return [];
    return [`config.${name} is ${JSON.stringify(value)}, need a value of type ${option.type}`];
  });
}

function isOfType(option: ConfigOption, value: unknown): boolean {
  switch (option.type) {
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return Number.isInteger(value);
    case 'float':
      return typeof value === 'number' && Number.isFinite(value);
    case 'secret':
      return typeof value === 'string' && value.startsWith('secret:') && secretIdIn(value) !== null;
    default:
      return option.type satisfies never;
  }
}

function checkStorage({ charm, state }: TestWorld): readonly string[] {
  const problems = duplicates(state.storage.map(({ id }) => id)).map(
    (id) => `storage has '${id}' twice`,
  );
  const counts = new Map<string, number>();
  for (const { id } of state.storage) {
    // Storage ids are spelt like unit names.
    if (!isUnitName(id)) {
      problems.push(`storage has '${id}', need a name and a number like 'pgdata/0'`);
      continue;
    }
    const { name } = parseStorageId(id);
    if (!Object.hasOwn(charm.storage, name)) {
      problems.push(`storage has '${id}', but metadata.yaml declares no storage '${name}'`);
    }
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const [name, count] of counts) {
    const definition = Object.hasOwn(charm.storage, name) ? charm.storage[name] : undefined;
    if (definition === undefined) continue;
    const max = definition.multiple === null ? 1 : definition.multiple.max;
    if (max !== null && count > max) {
      problems.push(`storage has ${count} instances of '${name}', metadata.yaml allows ${max}`);
    }
  }
  return problems;
}

function checkResources({ charm, state }: TestWorld): readonly string[] {
  return Object.keys(state.resources)
    .filter((name) => !Object.hasOwn(charm.resources, name))
    .map((name) => `resources has '${name}', which metadata.yaml does not declare`);
}

function checkBindings({ charm }: TestWorld): readonly string[] {
  return charm.extraBindings
    .filter((name) => Object.hasOwn(charm.endpoints, name))
    .map((name) => `metadata.yaml has '${name}' both as an extra binding and as an endpoint`);
}
