// Puts the configuration of one member together, in Patroni's order: defaults, then the dynamic
// configuration, then the member's file, then its environment, each over what was before.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import type { AgentConfig } from './agent-config.ts';
import { readBootstrap } from './bootstrap-reader.ts';
import {
  acceptDynamicParameters,
  acceptLocalParameters,
  parameterDefaults,
} from './command-line-parameters.ts';
import { localPostgresqlKeys, namespaceDefault } from './defaults.ts';
import { readEtcd } from './etcd-reader.ts';
import { readGlobalConfig } from './global-config-reader.ts';
import { isJsonObject, section, textOf } from './json-fields.ts';
import { readLog } from './log-reader.ts';
import { patchConfig } from './patch-config.ts';
import { readPostgresql } from './postgresql-reader.ts';
import { readCtl, readRestApi } from './restapi-reader.ts';
import { readTags } from './tags-reader.ts';
import { readWatchdog } from './watchdog-reader.ts';

export interface ConfigSources {
  readonly file: JsonObject;
  /** The PATRONI_* variables in the shape of the file. */
  readonly environment: JsonObject;
  /** Null while the store has none: then what `bootstrap.dcs` will put there. */
  readonly dynamic: JsonObject | null;
  /** Home directory of whom the agent runs as. */
  readonly homeDirectory: string;
}

export interface MergedConfig {
  readonly config: AgentConfig;
  /** Sentences for the log, in Patroni's words. */
  readonly warnings: readonly string[];
}

/** Sections with parameters of PostgreSQL: they are merged, one by one, while others are replaced. */
const parameterSections: ReadonlySet<string> = new Set([
  'parameters',
  'parameters_primary',
  'parameters_replica',
  'parameters_standby_leader',
]);

/** The section `postgresql` with everything but what belongs to single members' files. */
function mergePostgresql(dynamic: JsonObject, local: JsonObject, warnings: string[]): JsonObject {
  const merged = new Map<string, JsonValue>([['parameters', parameterDefaults]]);
  const lay = (name: string, parameters: JsonObject): void => {
    const before = merged.get(name);
    merged.set(name, { ...(isJsonObject(before) ? before : {}), ...parameters });
  };
  for (const [name, value] of Object.entries(dynamic)) {
    if (parameterSections.has(name)) {
      if (isJsonObject(value)) lay(name, acceptDynamicParameters(value, warnings));
    } else if (!localPostgresqlKeys.has(name)) merged.set(name, value);
  }
  for (const [name, value] of Object.entries(local)) {
    if (parameterSections.has(name)) {
      // What has to be alike on all members is not for one member to say.
      if (isJsonObject(value)) lay(name, acceptLocalParameters(value));
    } else if (name !== 'use_slots') merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

/** The configuration in force, and what of it had to be adjusted. It takes anything, having been validated or not. */
export function buildAgentConfig(sources: ConfigSources): MergedConfig {
  const local = patchConfig(sources.file, sources.environment);
  const bootstrap = readBootstrap(local);
  const dynamic = sources.dynamic ?? bootstrap?.dcs ?? {};
  const warnings: string[] = [];
  const postgresql = mergePostgresql(
    section(dynamic, 'postgresql'),
    section(local, 'postgresql'),
    warnings,
  );
  const global = readGlobalConfig(dynamic, postgresql);
  const tags = readTags(section(local, 'tags'));
  warnings.push(...global.warnings, ...tags.warnings);
  const config: AgentConfig = {
    name: textOf(local['name']) ?? textOf(postgresql['name']) ?? '',
    scope: textOf(local['scope']) ?? '',
    namespace: textOf(local['namespace']) ?? namespaceDefault,
    global: global.global,
    tags: tags.tags,
    restapi: readRestApi(local),
    ctl: readCtl(local),
    etcd: readEtcd(local),
    log: readLog(local),
    watchdog: readWatchdog(local),
    postgresql: readPostgresql(postgresql, sources.homeDirectory),
    bootstrap,
  };
  return { config, warnings };
}
