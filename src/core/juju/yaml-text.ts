// Reads and writes YAML as Juju does. Read: with the old boolean words (`yes`, `off`) and octal numbers, which Juju's
// parser still takes, but without base-60 numbers and dates, which it does not.

import type { Tags } from 'yaml';
import { parse, stringify, YAMLParseError } from 'yaml';
import { ModelError } from './model-error.ts';

/**
 * The value of a YAML document; null for an empty one. Throws `invalid-charm`, starting with `subject`
 * and naming line and column.
 */
export function parseYamlFile(text: string, subject: string): unknown {
  const outcome = parseYaml(text);
  if (outcome.ok) return outcome.value;
  throw new ModelError(
    'invalid-charm',
    `${subject}: ${outcome.problem}`,
    'Mend the file at the line and column named, and pack the charm again.',
  );
}

export type YamlOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/** The value of a YAML document, or one line that says what is wrong with it. */
export function parseYaml(text: string): YamlOutcome {
  try {
    const value: unknown = parse(text, {
      version: '1.1',
      customTags: withoutBase60AndDates,
      logLevel: 'error',
    });
    return { ok: true, value: value ?? null };
  } catch (error) {
    // A bomb of aliases is a ReferenceError of the library; both are faults of the text.
    if (!(error instanceof YAMLParseError) && !(error instanceof ReferenceError)) throw error;
    return { ok: false, problem: firstLine(error.message) };
  }
}

/** The value as YAML, with every text in quotes that an old parser would take for something else. */
export function yamlText(value: unknown): string {
  return stringify(value, { indentSeq: false, lineWidth: 0, version: '1.1' });
}

function withoutBase60AndDates(tags: Tags): Tags {
  return tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      (tag.format !== 'TIME' && tag.tag !== 'tag:yaml.org,2002:timestamp'),
  );
}

function firstLine(message: string): string {
  // The library's advice to programmers is of no use to who wrote the text.
  const line = message.split('\n')[0] ?? '';
  return line.replace(/:$/u, '').replace(/; please use [^ ]+/u, '');
}
