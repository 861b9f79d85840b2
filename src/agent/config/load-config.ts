// Loads the configuration of one member: a YAML file, or all those of a directory, with the PATRONI_*
// variables laid over it. Whatever is wrong comes back as faults, and nothing has been started by then.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '#adapters/files/error-code.ts';
import { readEnvironment } from '#core/config/patroni/environment.ts';
import type { Variables } from '#core/config/patroni/environment-reader.ts';
import type { ConfigFault } from '#core/config/patroni/fault.ts';
import { patchConfig } from '#core/config/patroni/patch-config.ts';
import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { asObject } from '#core/dcs/json.ts';
import { fileFault } from './config-errors.ts';
import { parseYaml } from './parse-yaml.ts';
import { validateFile } from './validate-file.ts';

export type LoadedConfig =
  | {
      readonly kind: 'ok';
      readonly file: JsonObject;
      /** The variables in the shape of the file. */
      readonly environment: JsonObject;
      readonly warnings: readonly ConfigFault[];
    }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] };

type ReadFiles =
  | {
      readonly kind: 'ok';
      readonly file: JsonObject;
      readonly warnings: readonly ConfigFault[];
    }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] };

function refused(sentence: string): {
  readonly kind: 'faults';
  readonly faults: readonly ConfigFault[];
} {
  return { kind: 'faults', faults: [fileFault(sentence)] };
}

/** The mapping in a text; `name` says whose text it is. Null comes of an empty one. */
function readMapping(text: string, name: string): ReadFiles | { readonly kind: 'empty' } {
  const parsed = parseYaml(text);
  if (parsed.kind === 'fault') {
    return refused(`Cannot read the configuration ${name}: it is no YAML: ${parsed.why}`);
  }
  if (parsed.value === null) return { kind: 'empty' };
  const file = asObject(parsed.value);
  if (file === null) {
    return refused(
      `Cannot use the configuration ${name}: it is ${Array.isArray(parsed.value) ? 'a list' : 'a single value'}, ` +
        'and must be a mapping with name, scope, restapi, postgresql and etcd3',
    );
  }
  const warnings = parsed.warnings.map((why) => fileFault(`${name}: ${why}`, 'warning'));
  return { kind: 'ok', file, warnings };
}

/** What kept a file or directory from being read, as one sentence. */
function unreadable(path: string, error: unknown): ReadFiles {
  const code = errorCode(error);
  const why: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file or directory',
    EACCES: 'the user the agent runs as may not read it',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of its path is no directory',
  };
  if (code === '') throw error;
  return refused(
    `Cannot read the configuration ${path}: ${why[code] ?? `the system says ${code}`}`,
  );
}

/** The files in their order: one, or those of a directory that end in .yml or .yaml, by name. */
async function listFiles(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path);
  const named = entries.filter((name) => /\.ya?ml$/u.test(name)).sort();
  const files: string[] = [];
  for (const name of named) {
    const file = join(path, name);
    if ((await stat(file)).isFile()) files.push(file);
  }
  return files;
}

async function readFiles(path: string): Promise<ReadFiles> {
  let file: JsonObject = {};
  const warnings: ConfigFault[] = [];
  let reading = path;
  try {
    for (const each of await listFiles(path)) {
      reading = each;
      const read = readMapping(await readFile(each, 'utf8'), each);
      if (read.kind === 'faults') return read;
      if (read.kind === 'empty') continue;
      file = patchConfig(file, read.file);
      warnings.push(...read.warnings);
    }
  } catch (error) {
    return unreadable(reading, error);
  }
  if (Object.keys(file).length === 0) {
    return refused(`Cannot use the configuration ${path}: it is empty`);
  }
  return { kind: 'ok', file, warnings };
}

/** Reads a value of a variable; undefined where it is no YAML. */
function readValue(text: string): JsonValue | undefined {
  const parsed = parseYaml(text);
  return parsed.kind === 'value' ? parsed.value : undefined;
}

/** Where the configuration is, when no file is: one variable may hold all of it, and then no other counts. */
async function readSources(
  path: string | null,
  variables: Variables,
): Promise<ReadFiles | (LoadedConfig & { readonly kind: 'ok' })> {
  const whole = variables['PATRONI_CONFIGURATION'];
  if (path === null && whole !== undefined && whole !== '') {
    const read = readMapping(whole, 'in PATRONI_CONFIGURATION');
    if (read.kind === 'empty') {
      return refused('Cannot use the configuration in PATRONI_CONFIGURATION: it is empty');
    }
    return read.kind === 'ok' ? { ...read, environment: {} } : read;
  }
  const environment = readEnvironment(variables, readValue);
  const warnings = environment.warnings.map((why) => fileFault(why, 'warning'));
  const read: ReadFiles =
    path === null ? { kind: 'ok', file: {}, warnings: [] } : await readFiles(path);
  if (read.kind === 'faults') return read;
  return {
    kind: 'ok',
    file: read.file,
    environment: environment.config,
    warnings: [...read.warnings, ...warnings],
  };
}

/**
 * Loads and validates. `path` is a file or a directory; null takes everything from the variables. A fault
 * never holds a secret.
 */
export async function loadConfigFile(
  path: string | null,
  variables: Variables,
): Promise<LoadedConfig> {
  const read = await readSources(path, variables);
  if (read.kind === 'faults') return read;
  const environment = 'environment' in read ? read.environment : {};
  const found = validateFile(patchConfig(read.file, environment));
  if (found.some(({ severity }) => severity === 'error')) {
    return { kind: 'faults', faults: [...read.warnings, ...found] };
  }
  return { kind: 'ok', file: read.file, environment, warnings: [...read.warnings, ...found] };
}
