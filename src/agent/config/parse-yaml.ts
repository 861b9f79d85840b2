// Reads YAML as Python's reader does for Patroni: with the old boolean words and octal numbers. What that
// reader makes of base-60 numbers and dates nobody means; they stay texts.
//
// What is wrong is told with its line and column and never with the text that stands there, which may be a
// password.

import { parseDocument } from 'yaml';
import type { Tags, YAMLError } from 'yaml';
import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';

export type ParsedYaml =
  | {
      readonly kind: 'value';
      /** Null for an empty document. */
      readonly value: JsonValue;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'fault'; readonly why: string };

const booleanWords: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['on', true],
  ['true', true],
  ['no', false],
  ['off', false],
  ['false', false],
]);

/** As YAML 1.1, without base-60 numbers, dates, and `y` and `n`, which Python takes for texts too. */
function pythonTags(tags: Tags): Tags {
  const others = tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      (tag.format !== 'TIME' &&
        tag.tag !== 'tag:yaml.org,2002:timestamp' &&
        tag.tag !== 'tag:yaml.org,2002:bool'),
  );
  return [
    ...others,
    {
      tag: 'tag:yaml.org,2002:bool',
      default: true,
      test: /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/u,
      resolve: (text: string) => booleanWords.get(text.toLowerCase()) === true,
    },
  ];
}

/** What the parser's codes mean for who wrote the file. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['BAD_INDENT', 'the indentation does not fit, or a bracket is not closed'],
  ['BAD_SCALAR_START', 'a value begins with a character that needs quotes around it'],
  ['BAD_ALIAS', 'a value that begins with "*" needs quotes around it'],
  ['BLOCK_AS_IMPLICIT_KEY', 'a second ": " in a value needs quotes around it'],
  ['BLOCK_IN_FLOW', 'a block stands within brackets'],
  ['DUPLICATE_KEY', 'a key stands there a second time'],
  ['MISSING_CHAR', 'a quote, a bracket or a colon is missing'],
  ['MULTILINE_IMPLICIT_KEY', 'a colon is missing behind a key'],
  ['MULTIPLE_DOCS', 'a second document begins'],
  ['TAB_AS_INDENT', 'a tab is used for indentation, use blanks'],
  ['TAG_RESOLVE_FAILED', 'a value that begins with "!" needs quotes around it'],
]);

function reasonOf(error: YAMLError): string {
  const [start] = error.linePos ?? [];
  const place = start === undefined ? '' : `line ${start.line}, column ${start.col}: `;
  return `${place}${reasons.get(error.code) ?? 'what stands there is not expected'}`;
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

/** The value as JSON has it: integers are read as bigint, and become numbers where those hold them. */
function toJson(value: unknown): JsonValue {
  if (typeof value === 'bigint') return isSafe(value) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'object' && value !== null) {
    if (value instanceof Uint8Array) return new TextDecoder().decode(value);
    return Object.fromEntries(
      Object.entries(value).map(([key, each]): [string, JsonValue] => [key, toJson(each)]),
    ) satisfies JsonObject;
  }
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
    return value;
  }
  return null;
}

/** Never throws. */
export function parseYaml(text: string): ParsedYaml {
  const document = parseDocument(text, {
    version: '1.1',
    customTags: pythonTags,
    intAsBigInt: true,
    logLevel: 'error',
  });
  // A key that stands twice counts as its last, as Python has it.
  const errors = document.errors.filter(({ code }) => code !== 'DUPLICATE_KEY');
  const [error] = [...errors, ...document.warnings];
  if (error !== undefined) return { kind: 'fault', why: reasonOf(error) };
  const warnings = document.errors.map(reasonOf);
  try {
    return { kind: 'value', value: toJson(document.toJS()), warnings };
  } catch (problem) {
    // An alias to nothing, and a bomb of aliases.
    if (!(problem instanceof ReferenceError) && !(problem instanceof TypeError)) throw problem;
    return { kind: 'fault', why: 'a value that begins with "*" needs quotes around it' };
  }
}
