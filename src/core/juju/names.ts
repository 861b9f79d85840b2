// How Juju spells the names of things, and the order units are listed in. Whatever a user or a hook tool
// passes as a name comes through here before anything is looked up with it.

import { ModelError } from './model-error.ts';
import type { ApplicationName, StorageId, UnitName } from './model.ts';

// A segment of digits alone is refused, since `app-1` would then read like a unit in a tag (F1).
const applicationPattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*$/u;
const endpointPattern = /^[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*$/u;
const numberPattern = /^(?:0|[1-9][0-9]*)$/u;
const modelPattern = /^[a-z0-9]+[a-z0-9-]*$/u;
const secretPattern = /^[0-9a-v]{20}$/u;

export interface ParsedUnitName {
  readonly name: UnitName;
  readonly application: ApplicationName;
  readonly number: number;
}

/** What `juju integrate` is given on either side; the endpoint is null when it is left to inference. */
export interface EndpointReference {
  readonly application: ApplicationName;
  readonly endpoint: string | null;
}

export function isApplicationName(text: string): boolean {
  return applicationPattern.test(text);
}

/** Storage names follow the rule of application names. */
export function isStorageName(text: string): boolean {
  return applicationPattern.test(text);
}

export function isEndpointName(text: string): boolean {
  return endpointPattern.test(text);
}

export function isModelName(text: string): boolean {
  return modelPattern.test(text);
}

export function isUnitName(text: string): boolean {
  return splitNumbered(text) !== null;
}

/** Throws `not-valid` when the text is no application name. */
export function parseApplicationName(text: string): ApplicationName {
  if (isApplicationName(text)) return text;
  throw new ModelError(
    'not-valid',
    `invalid application name "${text}"`,
    'Start with a letter, then use lower-case letters, digits and hyphens; ' +
      'a part between hyphens needs a letter.',
  );
}

/** Throws `not-valid` when the text is not `application/number`. */
export function parseUnitName(text: string): ParsedUnitName {
  const parts = splitNumbered(text);
  if (parts === null) {
    throw new ModelError(
      'not-valid',
      `invalid unit name "${text}"`,
      'Write application/number, for example postgresql/0.',
    );
  }
  return { name: text, application: parts.prefix, number: Number(parts.digits) };
}

/** Throws `not-valid` when the text is not `name/number`. */
export function parseStorageId(text: string): {
  readonly id: StorageId;
  readonly name: string;
  readonly number: number;
} {
  const parts = splitNumbered(text);
  if (parts === null) {
    throw new ModelError(
      'not-valid',
      `invalid storage ID "${text}"`,
      'Write name/number, for example pgdata/0.',
    );
  }
  return { id: text, name: parts.prefix, number: Number(parts.digits) };
}

/** Reads `application` or `application:endpoint`. Throws `not-valid` for anything else. */
export function parseEndpointReference(text: string): EndpointReference {
  const [application = '', endpoint, ...rest] = text.split(':');
  const endpointIsFine = endpoint === undefined || isEndpointName(endpoint);
  if (rest.length > 0 || !isApplicationName(application) || !endpointIsFine) {
    throw new ModelError(
      'not-valid',
      `endpoint "${text}" not valid`,
      'Write application or application:endpoint, for example postgresql:db.',
    );
  }
  return { application, endpoint: endpoint ?? null };
}

/** The number in `7` or `db:7`, or null when the text names no relation by number. */
export function relationIdIn(text: string): string | null {
  const digits = text.slice(text.lastIndexOf(':') + 1);
  return numberPattern.test(digits) ? digits : null;
}

/** The bare 20 characters of `secret:ID`, `secret://uuid/ID` or `ID`, or null when it is none of them. */
export function secretIdIn(text: string): string | null {
  const bare = text.replace(/^secret:(?:\/\/[0-9a-f-]+\/)?/u, '');
  return secretPattern.test(bare) ? bare : null;
}

/** Application part of a unit's name. The name must be one: anything else is a fault of the caller. */
export function applicationOf(unit: UnitName): ApplicationName {
  const slash = unit.lastIndexOf('/');
  if (slash < 1) throw new Error(`Cannot tell the application of '${unit}' as it is no unit name`);
  return unit.slice(0, slash);
}

/** Order of two units: by application, then by number as a number, so that app/10 follows app/9. */
export function compareUnits(left: UnitName, right: UnitName): number {
  return compareNumbered(left, right);
}

/** The same order for storage ids. */
export function compareStorageIds(left: StorageId, right: StorageId): number {
  return compareNumbered(left, right);
}

/** Order of decimal strings as numbers, of any size: machine, relation and task ids. */
export function compareNumbers(left: string, right: string): number {
  return left.length - right.length || compareText(left, right);
}

/** Order by UTF-16 code unit, the same in every locale. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function compareNumbered(left: string, right: string): number {
  const leftParts = splitNumbered(left);
  const rightParts = splitNumbered(right);
  if (leftParts === null || rightParts === null) return compareText(left, right);
  return (
    compareText(leftParts.prefix, rightParts.prefix) ||
    compareNumbers(leftParts.digits, rightParts.digits)
  );
}

function splitNumbered(text: string): { readonly prefix: string; readonly digits: string } | null {
  const slash = text.indexOf('/');
  const prefix = text.slice(0, slash);
  const digits = text.slice(slash + 1);
  if (slash < 0 || !isApplicationName(prefix) || !numberPattern.test(digits)) return null;
  return { prefix, digits };
}
