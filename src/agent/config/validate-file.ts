// Validates a configuration file: by its schema, and by the checks beyond it.

import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import type { ConfigFault } from '#core/config/patroni/fault.ts';
import { schemaFault } from '#core/config/patroni/schema-fault.ts';
import { configFileSchema } from '#core/config/patroni/schema.ts';
import { validateConfigFile } from '#core/config/patroni/validate.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';

// Compiled once, when the first file is read: a reload must not take milliseconds more each time.
let compiled: ValidateFunction | null = null;

function schemaFaults(file: JsonObject): readonly ConfigFault[] {
  compiled ??= new Ajv({ allErrors: true, strict: false }).compile(configFileSchema);
  if (compiled(file)) return [];
  return (compiled.errors ?? []).map((error) => schemaFault(error, file));
}

/** All faults of the file with its environment laid over it, errors first; each path has one error. */
export function validateFile(file: JsonObject): readonly ConfigFault[] {
  const errors = new Map<string, ConfigFault>();
  const warnings: ConfigFault[] = [];
  for (const found of [...schemaFaults(file), ...validateConfigFile(file)]) {
    if (found.severity === 'warning') warnings.push(found);
    else if (!errors.has(found.path)) errors.set(found.path, found);
  }
  return [...errors.values(), ...warnings.filter(({ path }) => !errors.has(path))];
}
