// What a client asks for, and how it stands in its bags: three plain texts. The texts are kept as they
// came, since the server has to echo them to the byte; lists are read out of them where needed.

import type { Settings, SettingsChange } from '../ports.ts';
import { PgsqlError } from './errors.ts';
import { canonicalExtension, parseExtensionItem } from './extension-item.ts';
import { databaseNameProblem, roleNameProblem } from './names.ts';
import { compareNumbered } from './numeric-order.ts';
import { isSameSet, orAbsent, settingOf, splitList } from './settings.ts';
import { shown } from './shown.ts';

/** The keys of a request as written in a bag. Empty means not asked for; the server then chooses. */
export interface RequestText {
  readonly database: string;
  readonly roles: string;
  readonly extensions: string;
}

export const NO_REQUEST: RequestText = { database: '', roles: '', extensions: '' };

/** Reads the three keys; one that is absent reads as empty. */
export function decodeRequest(settings: Settings): RequestText {
  return {
    database: settingOf(settings, 'database'),
    roles: settingOf(settings, 'roles'),
    extensions: settingOf(settings, 'extensions'),
  };
}

/** The change that makes a bag say this request and nothing left over from an earlier one. */
export function encodeRequest(request: RequestText): SettingsChange {
  return {
    database: orAbsent(request.database),
    roles: orAbsent(request.roles),
    extensions: orAbsent(request.extensions),
  };
}

/** True where nothing is asked for, which is legal: the server then chooses. */
export function isEmptyRequest(request: RequestText): boolean {
  return request.database === '' && request.roles === '' && request.extensions === '';
}

/** Throws `INVALID_DATABASE_NAME` where no server could create it (T3). The empty name asks for the default. */
export function checkDatabaseName(name: string): string {
  const problem = databaseNameProblem(name);
  if (problem === null) return name;
  throw new PgsqlError(
    'INVALID_DATABASE_NAME',
    `Cannot request the database ${shown(name)} as ${problem}`,
    'Nothing was written; request another name, or none to let the server choose',
  );
}

/** Roles in the order given. Throws `INVALID_ROLE_NAME` for a name that could not arrive as written. */
export function encodeRoles(roles: readonly string[]): string {
  for (const role of roles) {
    const problem = roleNameProblem(role);
    if (problem !== null) {
      throw new PgsqlError(
        'INVALID_ROLE_NAME',
        `Cannot request the role ${shown(role)} as ${problem}`,
        'Nothing was written; pass one plain name per role',
      );
    }
  }
  return roles.join(',');
}

/** Extensions in the order given. Throws `INVALID_EXTENSION` for an item in none of the known forms. */
export function encodeExtensions(extensions: readonly string[]): string {
  for (const extension of extensions) {
    if (parseExtensionItem(extension) === null) {
      throw new PgsqlError(
        'INVALID_EXTENSION',
        `Cannot request the extension ${shown(extension)}`,
        'Nothing was written; write name, name(schema) or name:schema',
      );
    }
  }
  return extensions.map((extension) => extension.trim()).join(',');
}

/** True where an echo of roles names the same roles as the request. */
export function isSameRoles(left: string, right: string): boolean {
  return isSameSet(splitList(left), splitList(right));
}

/** True where an echo of extensions means the same as the request, whatever form it is written in. */
export function isSameExtensions(left: string, right: string): boolean {
  return isSameSet(
    splitList(left).map((item) => canonicalExtension(item)),
    splitList(right).map((item) => canonicalExtension(item)),
  );
}

/** The request a server acts on, and where it stands. */
export interface ChosenRequest {
  readonly request: RequestText;
  /** The unit whose bag was taken, `application` for the application's bag, null where nobody asks. */
  readonly source: string | null;
  /** Units that ask for something else than what was chosen (T5). */
  readonly disagreeing: readonly string[];
}

/**
 * Chooses among the bags of a client's units, which may disagree for a while: the application's bag
 * where it asks for anything, else the lowest-numbered unit that does (T5).
 */
export function chooseRequest(
  application: RequestText,
  units: readonly (readonly [unit: string, request: RequestText])[],
): ChosenRequest {
  const asking = units
    .filter(([, request]) => !isEmptyRequest(request))
    .sort(([left], [right]) => compareNumbered(left, right));
  const first = asking[0];
  const [source, request] = isEmptyRequest(application)
    ? (first ?? [null, NO_REQUEST])
    : (['application', application] as const);
  // Units that ask for nothing do not disagree: they may not have run a hook yet.
  const disagreeing = asking
    .filter(([, other]) => !isSameRequest(other, request))
    .map(([unit]) => unit);
  return { request, source, disagreeing };
}

/** True where both ask for the same, to the byte. */
export function isSameRequest(left: RequestText, right: RequestText): boolean {
  return (
    left.database === right.database &&
    left.roles === right.roles &&
    left.extensions === right.extensions
  );
}
