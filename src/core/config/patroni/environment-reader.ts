// Reads single PATRONI_* variables, each as the kind of value it stands for.

import type { JsonValue } from '#core/dcs/cluster.ts';
import { isJsonList, isJsonObject } from './json-fields.ts';
import { readBoolean, readInteger } from './read-value.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Reads a YAML value, for example `[a, b]`; undefined where the text is none. */
export type YamlReader = (text: string) => JsonValue | undefined;

export type ValueKind = 'text' | 'boolean' | 'integer' | 'list' | 'mapping';

const forms: Readonly<Record<Exclude<ValueKind, 'text'>, string>> = {
  boolean: 'a boolean (on or off)',
  integer: 'a whole number',
  list: 'a list, for example [a, b] or a,b',
  mapping: 'a mapping, for example {a: b}',
};

export const variablePrefix = 'PATRONI_';

export class EnvironmentReader {
  readonly warnings: string[] = [];
  readonly #variables: Variables;
  readonly #readYaml: YamlReader;

  constructor(variables: Variables, readYaml: YamlReader) {
    this.#variables = variables;
    this.#readYaml = readYaml;
  }

  /** The text of PATRONI_<name>; an empty one counts as not given. */
  text(name: string): string | undefined {
    const value = this.#variables[variablePrefix + name];
    return value === '' ? undefined : value;
  }

  value(name: string, kind: ValueKind): JsonValue | undefined {
    const text = this.text(name);
    if (text === undefined || kind === 'text') return text;
    const value = this.#read(text, kind);
    if (value === undefined) {
      this.warnings.push(
        `Cannot use ${variablePrefix}${name}: it is not ${forms[kind]}; it is left out`,
      );
    }
    return value;
  }

  #read(text: string, kind: Exclude<ValueKind, 'text'>): JsonValue | undefined {
    switch (kind) {
      case 'boolean':
        return readBoolean(text) ?? undefined;
      case 'integer':
        return readInteger(text) ?? undefined;
      case 'list': {
        // `'host1:2379','host2:2379'` is the usual form: a list without its brackets.
        const isBare = !text.trim().startsWith('-') && !text.includes('[');
        const list = this.#readYaml(isBare ? `[${text}]` : text);
        return isJsonList(list) ? list : undefined;
      }
      case 'mapping': {
        const mapping = this.#readYaml(text.trim().startsWith('{') ? text : `{${text}}`);
        return isJsonObject(mapping) ? mapping : undefined;
      }
      default:
        return kind satisfies never;
    }
  }
}
