// Names of the users a server makes for its clients. The same client gets the same name for as long as
// it is related, so everything here depends on names alone. MD5 is passed in: it serves as a short name
// for a long one, never as protection.

import { PgsqlError } from './errors.ts';
import { utf8Length } from '../utf8-length.ts';
import { NAME_LIMIT_BYTES } from './names.ts';
import { applicationOf } from './numeric-order.ts';

/** Hexadecimal MD5 of the text's UTF-8, 32 characters. */
export type Md5Hex = (text: string) => string;

/** What a user is for: `db`, `db-admin`, or replication for endpoint `master`. */
export type UserKind = 'ordinary' | 'admin' | 'replication';

const PREFIXES: Readonly<Record<UserKind, string>> = {
  ordinary: 'juju_',
  admin: 'jujuadmin_',
  replication: 'jujurepl_',
};

/** `juju_<application>` and its kin; `remote` is an application or one of its units. */
export function serviceUserName(remote: string, kind: UserKind, md5Hex: Md5Hex): string {
  return shorten(PREFIXES[kind] + applicationOf(remote), md5Hex);
}

/** A name that is too long keeps its first 31 characters, followed by the digest of all of it. */
function shorten(name: string, md5Hex: Md5Hex): string {
  if (utf8Length(name) <= NAME_LIMIT_BYTES) return name;
  let head = '';
  for (const character of name) {
    if (utf8Length(head + character) > 31) break;
    head += character;
  }
  return head + md5Hex(name);
}

export interface RelationUserOptions {
  readonly admin?: boolean;
  readonly schema?: boolean;
}

/**
 * Names of the 2015 charms: relation and application, every character that needs quoting replaced.
 * `userName('db:1', 'app/0')` is `db_1_app`. Different clients may get equal names; see `claimUserName`.
 */
export function userName(
  relation: string,
  remoteUnit: string,
  options: RelationUserOptions = {},
): string {
  const parts = [relation, applicationOf(remoteUnit)].map((part) => part.replace(/[:\-/"']/g, '_'));
  if (options.admin === true) parts.push('admin');
  if (options.schema === true) parts.push('schema');
  return parts.join('_');
}

/**
 * A name nobody else holds (T30): the wanted one where it is free or the owner's already, else the same
 * with a digest of the owner behind it. `owners` says who holds which name. Throws `USER_NAME_TAKEN`
 * where even that one is another's: two clients must never share a user without knowing.
 */
export function claimUserName(
  wanted: string,
  owner: string,
  owners: ReadonlyMap<string, string>,
  md5Hex: Md5Hex,
): string {
  const isFree = (name: string): boolean => (owners.get(name) ?? owner) === owner;
  if (isFree(wanted)) return wanted;
  const distinct = shorten(`${wanted}_${md5Hex(owner).slice(0, 8)}`, md5Hex);
  if (isFree(distinct)) return distinct;
  throw new PgsqlError(
    'USER_NAME_TAKEN',
    `Cannot name the user of ${owner} as ${wanted} and ${distinct} belong to others`,
    'Remove a relation that is no longer used, or deploy the client under another name',
    { owner, wanted },
  );
}
