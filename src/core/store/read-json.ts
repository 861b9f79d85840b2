// Reads fields of the gateway's JSON requests: names in both spellings, 64-bit integers as numbers or texts, enums
// by name or number, bytes in base64. Everything may be left out, and what is not known is passed over.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import { decodeBase64 } from './base64.ts';
import { badRequest } from './etcd-error.ts';

/** The value of a field, by its name with underscores or without. */
function fieldOf(request: JsonObject, name: string): JsonValue | null {
  const camel = name.replaceAll(/_([a-z])/gu, (_, letter: string) => letter.toUpperCase());
  return request[name] ?? request[camel] ?? null;
}

export function readBytes(request: JsonObject, name: string): string {
  const value = fieldOf(request, name);
  if (value === null) return '';
  if (typeof value !== 'string') {
    throw badRequest(`json: cannot unmarshal ${typeOf(value)} into Go value of type []uint8`);
  }
  const bytes = decodeBase64(value);
  if (bytes === null) throw badRequest('illegal base64 data at input byte 0');
  return bytes;
}

/** A 64-bit integer; 0n where it is left out. */
export function readBigInteger(request: JsonObject, name: string): bigint {
  const value = fieldOf(request, name);
  if (value === null) return 0n;
  const text = typeof value === 'object' || typeof value === 'boolean' ? '' : String(value);
  if (!/^-?\d{1,20}$/u.test(text)) {
    throw badRequest(`json: cannot unmarshal ${typeOf(value)} ${text} into Go value of type int64`);
  }
  return BigInt(text);
}

export function readInteger(request: JsonObject, name: string): number {
  return Number(readBigInteger(request, name));
}

export function readFlag(request: JsonObject, name: string): boolean {
  const value = fieldOf(request, name) ?? false;
  if (typeof value !== 'boolean') {
    throw badRequest(`json: cannot unmarshal ${typeOf(value)} into Go value of type bool`);
  }
  return value;
}

/** One of the names, or the one of the number; the first where it is left out. */
export function readEnum<Name extends string>(
  request: JsonObject,
  name: string,
  names: readonly [Name, ...(readonly Name[])],
): Name {
  const value = fieldOf(request, name);
  if (value === null) return names[0];
  if (typeof value === 'number') return names[value] ?? names[0];
  const found = names.find((each) => each === value);
  if (found === undefined)
    throw badRequest(`unknown value ${JSON.stringify(value)} for enum ${name}`);
  return found;
}

export function readObject(request: JsonObject, name: string): JsonObject | null {
  const value = fieldOf(request, name);
  if (value === null) return null;
  if (typeof value !== 'object' || isList(value)) {
    throw badRequest(`json: cannot unmarshal ${typeOf(value)} into Go value of type ${name}`);
  }
  return value;
}

export function readObjects(request: JsonObject, name: string): readonly JsonObject[] {
  const value = fieldOf(request, name);
  if (value === null) return [];
  if (!isList(value)) {
    throw badRequest(`json: cannot unmarshal ${typeOf(value)} into Go value of type []${name}`);
  }
  return value.map((item) => readObject({ [name]: item }, name) ?? {});
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function typeOf(value: JsonValue): string {
  if (isList(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
