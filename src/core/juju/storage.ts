// Storage instances: which a new unit gets, and where they are. An instance without a location is not
// provisioned: it exists, and its attached hook waits (L26).

import type { StorageDefinition } from './charm-definition.ts';
import { ModelError } from './model-error.ts';
import type { Model, StorageId, StorageInstance, UnitName } from './model.ts';
import { compareStorageIds } from './names.ts';
import { own, withKey } from './own.ts';
import type { Placement } from './placement.ts';
import { charmOfUnit, unitNamed } from './find.ts';

/**
 * Adds `count` instances of a declared storage to a unit, as a deployment or `storage-add` does.
 *
 * Without a placement they stay unprovisioned until `provisionStorage`. Throws `not-found` for a storage
 * the charm does not declare and `quota-exceeded` beyond its largest count.
 */
export function addStorage(
  model: Model,
  unit: UnitName,
  name: string,
  count: number,
  placement: Placement | null,
): Model {
  const definition = own(charmOfUnit(model, unit).storage, name);
  if (definition === undefined) {
    throw new ModelError(
      'not-found',
      `charm storage "${name}" not found`,
      'Use a name from the storage section of the charm.',
    );
  }
  const present = storageOf(model, unit).filter((instance) => instance.name === name).length;
  const max = definition.multiple === null ? 1 : definition.multiple.max;
  if (max !== null && present + count > max) {
    throw new ModelError(
      'quota-exceeded',
      `attaching storage "${name}" to unit ${unit}: at most ${max} instances supported, ${present + count} specified`,
      'Ask for fewer, or raise the range of `multiple` in the charm.',
    );
  }
  const result = Array.from({ length: count }).reduce<Model>(
    (before) => addInstance(before, unit, definition),
    model,
  );
  return placement === null ? result : provisionStorage(result, placement);
}

function addInstance(model: Model, unit: UnitName, definition: StorageDefinition): Model {
  const instance: StorageInstance = {
    id: `${definition.name}/${model.sequence.storage}`,
    name: definition.name,
    kind: definition.type,
    location: '',
    owner: unit,
    life: 'alive',
    provisioned: false,
  };
  return {
    ...model,
    storage: withKey(model.storage, instance.id, instance),
    sequence: { ...model.sequence, storage: model.sequence.storage + 1 },
  };
}

/** Adds the storage every new unit of the charm starts with: one instance, or the least `multiple` asks. */
export function addDeclaredStorage(
  model: Model,
  unit: UnitName,
  placement: Placement | null,
): Model {
  const definitions = Object.values(charmOfUnit(model, unit).storage);
  return definitions.reduce((result, definition) => {
    const count = definition.multiple === null ? 1 : definition.multiple.min;
    return addStorage(result, unit, definition.name, count, placement);
  }, model);
}

/** Gives every instance that has none its location. The same model when there is none to give. */
export function provisionStorage(model: Model, placement: Placement): Model {
  let storage = model.storage;
  for (const instance of Object.values(model.storage)) {
    if (instance.provisioned) continue;
    const { machine } = unitNamed(model, instance.owner);
    const location = placement.storageLocation(instance.id, machine);
    storage = withKey(storage, instance.id, { ...instance, location, provisioned: true });
  }
  return storage === model.storage ? model : { ...model, storage };
}

/** Instances a unit owns, by name and number. */
export function storageOf(model: Model, unit: UnitName): readonly StorageInstance[] {
  return Object.values(model.storage)
    .filter((instance) => instance.owner === unit)
    .sort((left, right) => compareStorageIds(left.id, right.id));
}

/** Throws `not-found` when the model has no such instance. */
export function storageInstance(model: Model, id: StorageId): StorageInstance {
  const instance = own(model.storage, id);
  if (instance !== undefined) return instance;
  throw new ModelError(
    'not-found',
    `storage instance "${id}" not found`,
    'See the storage section of `status --storage` for those there are.',
  );
}
