// `key=value` arguments, and the files of `--file`: YAML maps of text to text (H91).

import { parseDocument, isMap, isScalar, YAMLParseError } from 'yaml';
import type { Node } from 'yaml';
import { goQuote } from './go-quote.ts';
import type { FlagDefinition } from './flags.ts';
import type { Settings } from './settings-cache.ts';
import { resolvePath, runError, StdinWanted, usageError } from './tool.ts';
import type { Invocation } from './tool.ts';

export const fileFlag: FlagDefinition = {
  names: ['file'],
  kind: 'text',
  help: 'file containing key-value pairs',
};

/** Splits at the first `=`. Exit 2 for an argument without one and for a key given twice (H92). */
export function parseKeyValues(args: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const argument of args) {
    const equals = argument.indexOf('=');
    if (equals < 1) throw usageError(`expected "key=value", got ${goQuote(argument)}`);
    const key = argument.slice(0, equals);
    if (values.has(key)) throw usageError(`key ${goQuote(key)} specified more than once`);
    values.set(key, argument.slice(equals + 1));
  }
  return values;
}

/** Arguments over what `--file` holds: the later of both wins, and arguments are later (H91). */
export function keyValuesWithFile(invocation: Invocation): ReadonlyMap<string, string> {
  const given = parseKeyValues(invocation.args);
  const file = invocation.flags.get('file') ?? '';
  if (file === '') return given;
  return new Map([...Object.entries(readSettings(readInput(invocation, file))), ...given]);
}

/** Text of a file, or of the standard input for `-`. Exit 1 when it can't be read. */
export function readInput(invocation: Invocation, file: string): string {
  if (file === '-') {
    if (invocation.call.stdin === null) throw new StdinWanted();
    return invocation.call.stdin;
  }
  const path = resolvePath(invocation.call, file);
  const text = invocation.world.readFile(path);
  if (text === null) throw runError(`open ${path}: no such file or directory`);
  return text;
}

/** Exit 1 when the text is no map of texts. Numbers and booleans count as the text they are written as. */
export function readSettings(text: string): Settings {
  return readJson(text) ?? readYaml(text);
}

/** What frameworks send is JSON of texts, which needs no YAML parser. Null for anything else. */
function readJson(text: string): Settings | null {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    // It may be YAML all the same, so the YAML parser has the last word on what is wrong.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null;
  const entries = Object.entries(data);
  const texts = entries.flatMap(([key, value]) =>
    typeof value === 'string' ? [[key, value] as const] : [],
  );
  return texts.length === entries.length ? Object.fromEntries(texts) : null;
}

function readYaml(text: string): Settings {
  // In the failsafe schema every scalar is the text it is written as, which is what a Go string receives.
  const document = parseDocument(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    logLevel: 'silent',
  });
  const [problem] = document.errors;
  if (problem !== undefined) throw runError(yamlProblem(problem));
  const contents: unknown = document.contents;
  if (contents === null || (isScalar(contents) && isNullScalar(contents))) return {};
  if (!isMap<Node | null, Node | null>(contents)) {
    throw runError('yaml: unmarshal errors: cannot unmarshal the document into a map of strings');
  }
  const entries = contents.items.map(
    (pair) => [scalarText(pair.key, null), scalarText(pair.value, pair.key)] as const,
  );
  return Object.fromEntries(entries);
}

/** Text of a key or a value; `key` names the culprit in the error. */
function scalarText(node: Node | null, key: Node | null): string {
  if (node === null) return '';
  if (!isScalar(node)) {
    const of = isScalar(key) ? ` of key ${goQuote(String(key.value))}` : '';
    throw runError(`yaml: unmarshal errors: cannot unmarshal the value${of} into a string`);
  }
  return isNullScalar(node) ? '' : String(node.value);
}

/** A plain `null`, which Go leaves as the empty text; a quoted one is the word. */
function isNullScalar(node: { readonly type?: unknown; readonly value: unknown }): boolean {
  return node.type === 'PLAIN' && ['', '~', 'null', 'Null', 'NULL'].includes(String(node.value));
}

/** The first line of the parser's message; the rest of it draws the place with arrows. */
function yamlProblem(problem: Error): string {
  const [line = ''] = problem.message.split('\n');
  return problem instanceof YAMLParseError ? `yaml: ${line.replace(/:$/u, '')}` : `yaml: ${line}`;
}
