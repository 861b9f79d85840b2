// Reads what etcd's JSON gateway answers. Fields with their default value are left out by it; numbers of 64
// bits come as text. Whatever else comes is refused in words.

import type { FailedAttempt } from './transport.ts';
import { TransportError } from './transport.ts';

export interface EtcdKeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: string;
  readonly modRevision: string;
  /** Empty for none. */
  readonly lease: string;
}

export type Fields = Readonly<Record<string, unknown>>;

/** An answer that makes no sense is as good as none: another host or moment may do better. */
export function nonsense(what: string): TransportError {
  const attempt: FailedAttempt = { host: 'etcd', problem: `answered without ${what}` };
  return new TransportError([attempt]);
}

export function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : {};
}

export function asItems(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A number of 64 bits as decimal text; `0` where it is left out. */
export function asInt64(value: unknown): string {
  if (typeof value === 'string' && /^-?\d{1,20}$/u.test(value)) return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : '0';
}

export function headerRevision(body: Fields): string {
  const header = asFields(body['header']);
  if (body['header'] === undefined) throw nonsense('a header');
  return asInt64(header['revision']);
}

export function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function fromBase64(value: unknown): string {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
}

export function readKeyValue(value: unknown): EtcdKeyValue {
  const fields = asFields(value);
  const lease = asInt64(fields['lease']);
  return {
    key: fromBase64(fields['key']),
    value: fromBase64(fields['value']),
    createRevision: asInt64(fields['create_revision']),
    modRevision: asInt64(fields['mod_revision']),
    lease: lease === '0' ? '' : lease,
  };
}

/** First key after all that begin with the prefix. */
export function endOfPrefix(prefix: string): string {
  const bytes = Buffer.from(prefix, 'utf8');
  // A text in UTF-8 has no byte of 0xff, so the last one can always be raised.
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) + 1;
  return bytes.toString('base64');
}
