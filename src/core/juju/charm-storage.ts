// The storage section of metadata.yaml (F6).

import type { StorageDefinition } from './charm-definition.ts';
import {
  expectBooleanOrNothing,
  expectFields,
  expectFieldsOrNothing,
  expectOneOf,
  expectString,
  expectStringOrNothing,
  invalidCharm,
} from './coerce.ts';
import type { Fields } from './coerce.ts';
import { isStorageName } from './names.ts';

const rangePattern = /^(?<min>[0-9]+)(?:(?<open>[-+])(?<max>[0-9]+)?)?$/u;
const sizePattern = /^[0-9]+(?:\.[0-9]+)?[MGTPEZY]?(?:iB|B)?$/u;

/** All storage a charm declares, by name. */
export function readStorage(
  metadata: Fields,
  charmName: string,
): Readonly<Record<string, StorageDefinition>> {
  const section = expectFieldsOrNothing(metadata.storage, 'metadata: storage');
  return Object.fromEntries(
    Object.entries(section).map(([name, value]) => [name, readOne(name, value, charmName)]),
  );
}

function readOne(name: string, value: unknown, charmName: string): StorageDefinition {
  const path = `metadata: storage.${name}`;
  const subject = `charm "${charmName}" storage "${name}"`;
  if (!isStorageName(name)) {
    throw invalidCharm(
      `${subject}: invalid storage name`,
      'Use lower-case letters, digits and hyphens, starting with a letter.',
    );
  }
  const fields = expectFields(value, path);
  if (fields.type === undefined || fields.type === null) {
    throw invalidCharm(`${subject}: type must be specified`, 'Write `type: filesystem`.');
  }
  const type = expectOneOf(fields.type, ['filesystem', 'block'], `${path}.type`);
  const location = expectStringOrNothing(fields.location, `${path}.location`);
  if (location !== '' && type !== 'filesystem') {
    throw invalidCharm(
      `${subject}: location may not be specified for "type: ${type}"`,
      'Drop `location`, or make the storage a filesystem.',
    );
  }
  checkSize(fields['minimum-size'], path);
  return {
    name,
    type,
    description: expectStringOrNothing(fields.description, `${path}.description`),
    multiple: readMultiple(fields.multiple, subject, path),
    location: location === '' ? null : location,
    readOnly: expectBooleanOrNothing(fields['read-only'], `${path}.read-only`),
  };
}

function readMultiple(
  value: unknown,
  subject: string,
  path: string,
): StorageDefinition['multiple'] {
  if (value === undefined || value === null) return null;
  const { range } = expectFields(value, `${path}.multiple`);
  // A single number is often written without quotes.
  const text =
    typeof range === 'number' ? String(range) : expectString(range, `${path}.multiple.range`);
  const groups = rangePattern.exec(text)?.groups;
  if (groups === undefined || (groups.open === '+' && groups.max !== undefined)) {
    throw invalidCharm(
      `${path}.multiple.range: value "${text}" does not match a storage range`,
      'Write for example "3", "0-1", "1-" or "2+".',
    );
  }
  const min = Number(groups.min);
  const openEnded = groups.open !== undefined && groups.max === undefined;
  const max = openEnded ? null : Number(groups.max ?? groups.min);
  if (max !== null && (max === 0 || max < min)) {
    throw invalidCharm(
      `${subject}: invalid maximum count ${max}`,
      'The largest count is at least 1 and no less than the smallest.',
    );
  }
  return { min, max };
}

function checkSize(value: unknown, path: string): void {
  if (value === undefined || value === null) return;
  const text =
    typeof value === 'number' ? String(value) : expectString(value, `${path}.minimum-size`);
  if (sizePattern.test(text)) return;
  throw invalidCharm(
    `${path}.minimum-size: invalid multiplier suffix in "${text}", expected one of MGTPEZY`,
    'Write for example 512M or 1G; a bare number is mebibytes.',
  );
}
