// A PostgreSQL connection string as a value: its parts, and its texts in libpq's two forms. Immutable.
// Its password stays out of JSON, of inspection and of every error (T18); only the texts asked for by
// name (`libpq`, `uri`, `toString()`) hold it.

import { PgsqlError } from './errors.ts';
import { isConnectionUri, parseConnectionUri, printConnectionUri } from './connection-uri.ts';
import { isKeyword, parseKeywordValue, printPair } from './keyword-value.ts';
import { compareText } from './numeric-order.ts';

/** Keywords whose value no log may show. */
const SECRETS: readonly string[] = [
  'password',
  'sslpassword',
  'oauth_client_secret',
  'scram_client_key',
  'scram_server_key',
];

/** Order of `connectionString()` in the interface of 2015, which charms may rely on. */
const FIXED_ORDER: readonly string[] = ['host', 'port', 'dbname', 'user', 'password'];

/** Parts by libpq keyword. What is null, undefined or empty is left out. Ports may be numbers. */
export type ConnectionParts = Readonly<Record<string, string | number | null | undefined>>;

export class ConnectionString {
  // Private to the language, so that neither inspection nor a spread shows it. Sorted by keyword.
  readonly #values: ReadonlyMap<string, string>;

  /** Throws `CONNECTION_STRING_VALUE` on a keyword or value that no reader could get back. */
  constructor(parts: ConnectionParts | ReadonlyMap<string, string>) {
    const given: Iterable<readonly [string, string | number | null | undefined]> =
      parts instanceof Map ? parts : Object.entries(parts);
    const kept: [string, string][] = [];
    for (const [keyword, value] of given) {
      const text = String(value ?? '');
      // libpq takes an empty value for none; leaving it out keeps equal strings equal.
      if (text === '') continue;
      if (!isKeyword(keyword) || text.includes('\0') || !text.isWellFormed()) {
        throw new PgsqlError(
          'CONNECTION_STRING_VALUE',
          `Cannot make a connection string: part ${kept.length + 1} can't be written in one`,
          'Keywords hold no blank and no equals sign, and nothing holds a NUL or broken Unicode',
        );
      }
      kept.push([keyword, text]);
    }
    this.#values = new Map(kept.sort(([left], [right]) => compareText(left, right)));
  }

  /** Reads either form. Throws `CONNECTION_STRING_SYNTAX` with a position and no content. */
  static parse(text: string): ConnectionString {
    return new ConnectionString(
      isConnectionUri(text) ? parseConnectionUri(text) : parseKeywordValue(text),
    );
  }

  // What another's bag holds is not ours to fail on, hence a second way to read.
  /** As `parse`, but null where the text can't be read. */
  static tryParse(text: string): ConnectionString | null {
    try {
      return ConnectionString.parse(text);
    } catch (error) {
      if (error instanceof PgsqlError) return null;
      throw error;
    }
  }

  get host(): string | null {
    return this.get('host');
  }
  get port(): string | null {
    return this.get('port');
  }
  get dbname(): string | null {
    return this.get('dbname');
  }
  get user(): string | null {
    return this.get('user');
  }
  get password(): string | null {
    return this.get('password');
  }

  /** The keyword/value form, keywords sorted, as servers publish it. */
  get libpq(): string {
    return [...this.#values].map(([keyword, value]) => printPair(keyword, value)).join(' ');
  }

  /** The URI form, every part percent-encoded, `hostaddr` in the place of `host`. */
  get uri(): string {
    return printConnectionUri(this.#values);
  }

  /** The keyword/value form in a fixed order: host, port, dbname, user, password only. */
  get fixedOrder(): string {
    return FIXED_ORDER.filter((keyword) => this.#values.has(keyword))
      .map((keyword) => printPair(keyword, this.#values.get(keyword) ?? ''))
      .join(' ');
  }

  /** The keyword/value form fit for a log: each secret is shown as `***`. */
  get redacted(): string {
    return [...this.#values]
      .map(([keyword, value]) => printPair(keyword, SECRETS.includes(keyword) ? '***' : value))
      .join(' ');
  }

  /** Value of any keyword, null where it is not given. */
  get(keyword: string): string | null {
    return this.#values.get(keyword) ?? null;
  }

  /** Keywords that are given, sorted. */
  keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  values(): readonly string[] {
    return [...this.#values.values()];
  }

  items(): readonly (readonly [string, string])[] {
    return [...this.#values];
  }

  equals(other: ConnectionString | null): boolean {
    return other !== null && this.libpq === other.libpq;
  }

  /** The keyword/value form: in a template string it can be handed to libpq as it is. */
  toString(): string {
    return this.libpq;
  }

  /** Loggers and stores serialise: they get the form without secrets. */
  toJSON(): string {
    return this.redacted;
  }
}
