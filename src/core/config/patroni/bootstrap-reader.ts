// Reads the section `bootstrap`: how a new cluster is made.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { asObject } from '#core/dcs/json.ts';
import type { BootstrapConfig } from './agent-config.ts';
import { isJsonObject, section, textOf, textsOf } from './json-fields.ts';
import { bootstrapKeys } from './known-keys.ts';

/** Null where there is no such section: then this member only ever joins. */
export function readBootstrap(file: JsonObject): BootstrapConfig | null {
  const bootstrap = asObject(file['bootstrap']);
  if (bootstrap === null) return null;
  const methods = Object.entries(bootstrap).filter(
    (entry): entry is [string, JsonObject] =>
      !bootstrapKeys.has(entry[0]) && isJsonObject(entry[1]),
  );
  return {
    dcs: section(bootstrap, 'dcs'),
    method: textOf(bootstrap['method']) ?? 'initdb',
    initdb: bootstrap['initdb'] ?? [],
    methods: Object.fromEntries(methods),
    postBootstrap: textOf(bootstrap['post_bootstrap']) ?? textOf(bootstrap['post_init']),
    pgHba: textsOf(bootstrap['pg_hba']) ?? [],
  };
}
