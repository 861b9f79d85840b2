// Holds the configuration of one member as it was last loaded, and merges each dynamic configuration into
// it. A file that is broken when it is reloaded changes nothing.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import type { Variables } from '#core/config/patroni/environment-reader.ts';
import type { ConfigFault } from '#core/config/patroni/fault.ts';
import { buildAgentConfig } from '#core/config/patroni/merge-config.ts';
import { patchConfig } from '#core/config/patroni/patch-config.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import { isSameJson } from '#core/dcs/json.ts';
import { loadConfigFile } from './load-config.ts';
import type { LoadedConfig } from './load-config.ts';

export interface ConfigSourceOptions {
  /** File or directory; null: everything comes from the variables. */
  readonly path: string | null;
  readonly variables: Variables;
  /** Home directory of whom the agent runs as. */
  readonly homeDirectory: string;
  /** Called for each sentence about a value that had to be adjusted, once as long as it stays so. */
  readonly onWarning: (sentence: string) => void;
}

export type Reloaded =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'changed'; readonly warnings: readonly ConfigFault[] }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] };

export interface ConfigSource {
  /** Findings of the last load that keep nothing from starting. */
  readonly warnings: readonly ConfigFault[];
  /** The configuration in force with this dynamic one; null where the store has none yet. */
  merge(dynamic: JsonObject | null): AgentConfig;
  /** Reads the file again. */
  reload(): Promise<Reloaded>;
}

export type CreatedConfigSource =
  | { readonly kind: 'ok'; readonly source: ConfigSource }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] };

type Loaded = LoadedConfig & { readonly kind: 'ok' };

function localOf({ file, environment }: Loaded): JsonObject {
  return patchConfig(file, environment);
}

class LoadedSource implements ConfigSource {
  readonly #options: ConfigSourceOptions;
  #loaded: Loaded;
  #told: ReadonlySet<string> = new Set();

  constructor(options: ConfigSourceOptions, loaded: Loaded) {
    this.#options = options;
    this.#loaded = loaded;
  }

  get warnings(): readonly ConfigFault[] {
    return this.#loaded.warnings;
  }

  merge(dynamic: JsonObject | null): AgentConfig {
    const { file, environment } = this.#loaded;
    const { homeDirectory, onWarning } = this.#options;
    const merged = buildAgentConfig({ file, environment, dynamic, homeDirectory });
    for (const sentence of merged.warnings) if (!this.#told.has(sentence)) onWarning(sentence);
    this.#told = new Set(merged.warnings);
    return merged.config;
  }

  async reload(): Promise<Reloaded> {
    const { path, variables } = this.#options;
    const loaded = await loadConfigFile(path, variables);
    if (loaded.kind === 'faults') return loaded;
    const isSame = isSameJson(localOf(loaded), localOf(this.#loaded));
    this.#loaded = loaded;
    return isSame ? { kind: 'unchanged' } : { kind: 'changed', warnings: loaded.warnings };
  }
}

/** Loads the configuration for the first time. */
export async function createConfigSource(
  options: ConfigSourceOptions,
): Promise<CreatedConfigSource> {
  const loaded = await loadConfigFile(options.path, options.variables);
  if (loaded.kind === 'faults') return loaded;
  return { kind: 'ok', source: new LoadedSource(options, loaded) };
}
