// Reads one file of a Salt master's configuration: a mapping of YAML, as Salt reads it. Passwords stand in
// such files, so what is wrong with one is told by line and never by content.

import type { ScalarTag, Tags } from 'yaml';
import { LineCounter, parseDocument } from 'yaml';
import { JobCacheError } from '../errors.ts';

/** Options by their literal keys, dots included. */
export type MasterOptions = ReadonlyMap<string, unknown>;

const words = {
  true: /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/u,
  false: /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/u,
} as const;

/** PyYAML takes `y` and `n` for texts, though version 1.1 does not. */
function asPython(tags: Tags): Tags {
  return tags.map((tag) => {
    if (typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:bool') return tag;
    const scalar = tag as ScalarTag;
    const isTrue = scalar.test?.test('true') === true;
    return { ...scalar, test: isTrue ? words.true : words.false };
  });
}

function refuse(path: string, problem: string): never {
  throw new JobCacheError(
    `Cannot read the Salt master's configuration: ${path} ${problem}. Correct the file; ` +
      'its content is left out of this message on purpose',
    { kind: 'ConfigError' },
  );
}

/** @throws JobCacheError where it is no mapping */
export function parseMasterFile(path: string, text: string): MasterOptions {
  const lines = new LineCounter();
  // As PyYAML: version 1.1, and of a key that is there twice the last one counts.
  const document = parseDocument(text, {
    version: '1.1',
    customTags: asPython,
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
    logLevel: 'error',
  });
  const error = document.errors[0];
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    return refuse(path, `is no YAML at line ${line} (${error.code})`);
  }
  const value: unknown = document.toJS({ mapAsMap: true });
  if (value === null) return new Map();
  if (!(value instanceof Map)) return refuse(path, 'has to be a mapping of keys to values');
  return new Map([...value].map(([key, entry]) => [String(key), entry as unknown]));
}

/** Later files win, as Salt reads them. */
export function mergeOptions(files: readonly MasterOptions[]): MasterOptions {
  return new Map(files.flatMap((file) => [...file]));
}

/** Which files a file includes: patterns, relative to its directory. */
export function includesOf(options: MasterOptions): readonly string[] {
  const included = options.get('include') ?? [];
  const patterns = Array.isArray(included) ? included : [included];
  const standard = options.get('default_include') ?? 'master.d/*.conf';
  return [standard, ...patterns].filter((pattern) => typeof pattern === 'string' && pattern !== '');
}
