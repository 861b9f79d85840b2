// `--storage NAME=DIRECTIVE` of deploy. Pools and sizes are accepted and mean nothing here, as all storage is a
// directory of the same disk; a count does mean something.

import { unitsOf } from '#core/juju/find.ts';
import type { Model } from '#core/juju/model.ts';
import { addStorage, storageOf } from '#core/juju/storage.ts';

import { UserError } from '../user-error.ts';

const countPattern = /^[0-9]+$/u;
const otherPattern = /^(?:[0-9.]+[MGTPE](?:i?B)?|[a-z][a-z0-9-]*)$/iu;

/** How many instances each storage is to have; null where the directive names no count. */
export function storageCounts(
  directives: Readonly<Record<string, string>>,
): ReadonlyMap<string, number | null> {
  return new Map(
    Object.entries(directives).map(([name, directive]) => {
      const parts = directive.split(',');
      const bad = parts.find((part) => !countPattern.test(part) && !otherPattern.test(part));
      if (bad !== undefined) {
        throw new UserError(
          `cannot parse storage directive "${name}=${directive}"`,
          'Write a pool, a size and a count, each optional, for example pgdata=10G or archive=2.',
        );
      }
      const count = parts.find((part) => countPattern.test(part));
      return [name, count === undefined ? null : Number(count)];
    }),
  );
}

/** Adds what the units have less than the counts say. The caller gives the new instances their places. */
export function withStorageCounts(
  model: Model,
  application: string,
  counts: ReadonlyMap<string, number | null>,
): Model {
  let result = model;
  for (const unit of unitsOf(model, application)) {
    for (const [name, count] of counts) {
      const present = storageOf(result, unit).filter((instance) => instance.name === name).length;
      // A storage the charm does not declare is refused by core, in Juju's words, whatever the count.
      const missing = count === null ? 0 : count - present;
      if (missing > 0 || present === 0)
        result = addStorage(result, unit, name, Math.max(missing, 0), null);
    }
  }
  return result;
}
