// A request as the server's charm deals with it: what to create for whom, what must be refused and what
// should be said. Decided from the record alone.

import { parseExtensionItem } from './extension-item.ts';
import type { ExtensionItem } from './extension-item.ts';
import { databaseNameProblem, grantProblem } from './names.ts';
import { chooseRequest } from './request.ts';
import type { ChosenRequest, RequestText } from './request.ts';
import { allowedSubnetsOf, allowedUnitsOf } from './server-record.ts';
import type { ClientUnit, ServerRecord } from './server-record.ts';
import type { PendingKind } from './server-ledger.ts';
import { splitList } from './settings.ts';
import { shown } from './shown.ts';

export interface ClientRequest {
  readonly relationId: number;
  /** For example `db:7`: what a message should name. */
  readonly relationName: string;
  readonly application: string;
  /** True where the user is to be a superuser. */
  readonly isAdmin: boolean;
  /** True where the client lives in another model: its name tells nothing and changes with every relation. */
  readonly isCrossModel: boolean;
  /** What has changed since it was last carried out. */
  readonly pending: readonly PendingKind[];
  /** Database to serve: the one requested, else the one served before, else named after the application. */
  readonly database: string;
  readonly previousDatabase: string | null;
  /** Roles to grant, each once. */
  readonly roles: readonly string[];
  readonly extensions: readonly ExtensionItem[];
  /** The texts to echo once they are carried out. */
  readonly text: RequestText;
  /** Client units and the ranges they are seen from. */
  readonly units: readonly ClientUnit[];
  readonly allowedUnits: readonly string[];
  readonly allowedSubnets: readonly string[];
  /** Why it must not be carried out; empty where nothing stands against it (T3, T6, T7). */
  readonly problems: readonly string[];
  /** What a person should know all the same (T5, T60). */
  readonly warnings: readonly string[];
}

/** Units of another model go by a random name of 32 hexadecimal digits. */
export function isCrossModelName(application: string): boolean {
  return /^remote-[0-9a-f]{32}$/.test(application);
}

/** The request in force. Where nobody is left to ask, the last one answered stays in force. */
export function requestInForce(record: ServerRecord): ChosenRequest {
  const chosen = chooseRequest(
    record.applicationRequest,
    record.units.map(({ unit, request }) => [unit, request]),
  );
  if (record.units.length > 0 || chosen.source !== null) return chosen;
  const { database, roles, extensions } = record.answered;
  return {
    ...chosen,
    request: { database: database ?? '', roles: roles ?? '', extensions: extensions ?? '' },
  };
}

/** `ownUser` is the name of the user this relation is served with, which it can't ask for as a role. */
export function describeRequest(
  record: ServerRecord,
  pending: readonly PendingKind[],
  isAdmin: boolean,
  ownUser: string,
): ClientRequest {
  const chosen = requestInForce(record);
  const text = chosen.request;
  // Taking the request away later keeps the database; only a new name changes it.
  const database = text.database || (record.database ?? record.application);
  const isCrossModel = isCrossModelName(record.application);
  const items = splitList(text.extensions);
  // A database that was handed out already has its name for good, whoever chose it.
  const isNamedByServer = text.database === '' && record.database === null;
  const warnings = [
    ...(chosen.disagreeing.length === 0
      ? []
      : [
          `${record.relationName}: ${chosen.disagreeing.join(', ')} asks for something else than ` +
            `${chosen.source ?? record.application}, which is served`,
        ]),
    ...(isCrossModel && isNamedByServer
      ? [
          `${record.relationName}: the client is in another model and requests no database, ` +
            'so its name will change with every relation; let the client request one',
        ]
      : []),
  ];
  return {
    relationId: record.relationId,
    relationName: record.relationName,
    application: record.application,
    isAdmin,
    isCrossModel,
    pending,
    database,
    previousDatabase: record.database,
    roles: splitList(text.roles),
    extensions: items.map((item) => parseExtensionItem(item)).filter((item) => item !== null),
    text,
    units: record.units,
    allowedUnits: allowedUnitsOf(record),
    allowedSubnets: allowedSubnetsOf(record),
    problems: requestProblems(database, splitList(text.roles), items, ownUser),
    warnings,
  };
}

/** Everything that is wrong, not only the first: whoever mends the client wants to mend it once. */
function requestProblems(
  database: string,
  roles: readonly string[],
  extensions: readonly string[],
  ownUser: string,
): readonly string[] {
  const problems: string[] = [];
  const databaseProblem = databaseNameProblem(database);
  if (databaseProblem !== null) {
    problems.push(`database ${shown(database)} can't be served as ${databaseProblem}`);
  }
  for (const role of roles) {
    const problem = grantProblem(role, ownUser);
    if (problem !== null) {
      problems.push(`role ${shown(role)} can't be granted as ${problem}`);
    }
  }
  for (const extension of extensions.filter((item) => parseExtensionItem(item) === null)) {
    problems.push(
      `extension ${shown(extension)} can't be read: write name, name(schema) or name:schema`,
    );
  }
  return problems;
}
