// What pg-setup is to bring about, from the facts of this unit. Pure.

import type { ClientRequest } from '#interfaces/pgsql/client-request.ts';
import type { ServedRelation } from '#interfaces/pgsql/server-record.ts';
import { splitList } from '#interfaces/pgsql/settings.ts';
import type { Credentials } from './credentials.ts';
import type { Installed, Network } from './facts.ts';
import type { Settings } from './settings.ts';
import type {
  ConvergeCommand,
  DesiredClient,
  DesiredRelation,
  DesiredServer,
  RevokedUser,
} from './setup/desired.ts';

export interface ServerInputs {
  readonly installed: Installed;
  readonly storage: string;
  readonly network: Network;
  readonly settings: Settings;
  /** For example `postgresql`; shown by `cluster_name`. */
  readonly application: string;
  readonly mayInitialise: boolean;
}

/** Everything PostgreSQL owns stands below the storage, each kind in a directory of its own. */
export function dataDirectoryOf(storage: string): string {
  return `${storage}/main`;
}

export function desiredServer(inputs: ServerInputs): DesiredServer {
  const { installed, storage, network, settings, application } = inputs;
  return {
    binDirectory: installed.binDirectory,
    dataDirectory: dataDirectoryOf(storage),
    socketDirectory: `${storage}/run`,
    logDirectory: `${storage}/log`,
    listenAddress: network.listenAddress,
    port: settings.port,
    runAs: null,
    mayInitialise: inputs.mayInitialise,
    mayRestart: true,
    clusterName: application,
    locale: settings.locale,
    encoding: 'UTF8',
    parameters: { max_connections: String(settings.maxConnections), ...settings.parameters },
  };
}

/** A request together with the credentials it is served with. */
export interface Granted {
  readonly request: ClientRequest;
  readonly credentials: Credentials;
}

/** A relation that is served already, and the addresses its units have now. */
export interface Served extends ServedRelation {
  readonly isAdmin: boolean;
}

/** A user of several relations has the roles of all of them (T19). */
function rolesOf({ request, credentials }: Granted, served: readonly Served[]): readonly string[] {
  const others = served.filter(
    ({ relationName, user }) => user === credentials.user && relationName !== request.relationName,
  );
  return [...new Set([...request.roles, ...others.flatMap((other) => splitList(other.roles))])];
}

export function accessOf(
  granted: Granted,
  served: readonly Served[],
  privileges: readonly string[],
): DesiredRelation {
  const { request, credentials } = granted;
  return {
    relation: request.relationName,
    owner: request.application,
    database: request.database,
    user: credentials.user,
    password: credentials.password,
    admin: request.isAdmin,
    roles: rolesOf(granted, served),
    extensions: request.extensions.map(({ name, schema }) => ({ name, schema })),
    privileges,
  };
}

/**
 * Whom pg_hba.conf lets in: relations served before, with the addresses of now, and those to be granted.
 * One that asks for another database is let into both, as its request may yet be refused.
 */
export function clientsOf(
  served: readonly Served[],
  moved: readonly ClientRequest[],
  granted: readonly Granted[],
): readonly DesiredClient[] {
  const current = [...moved, ...granted.map(({ request }) => request)];
  const addresses = new Map(current.map((one) => [one.relationName, one.allowedSubnets]));
  const before = served.map((one): DesiredClient => ({
    relation: one.relationName,
    database: one.database,
    user: one.user,
    admin: one.isAdmin,
    addresses: addresses.get(one.relationName) ?? one.allowedSubnets,
  }));
  const asked = granted.map(({ request, credentials }): DesiredClient => ({
    relation: request.relationName,
    database: request.database,
    user: credentials.user,
    admin: request.isAdmin,
    addresses: request.allowedSubnets,
  }));
  const keyOf = ({ relation, database }: DesiredClient): string => `${relation} ${database}`;
  const isServed = new Set(before.map((one) => keyOf(one)));
  return [...before, ...asked.filter((one) => !isServed.has(keyOf(one)))];
}

export interface ConvergeInputs {
  readonly server: DesiredServer;
  readonly settings: Settings;
  readonly served: readonly Served[];
  /** Requests of relations that are served already, whose units or addresses changed. */
  readonly moved: readonly ClientRequest[];
  /** All relations that are to be granted in this hook. */
  readonly granted: readonly Granted[];
  /** Those of them to be granted now, no two of one user: what one can't have is no fault of the other. */
  readonly now: readonly Granted[];
  readonly revoke: readonly RevokedUser[];
}

export function convergeCommand(inputs: ConvergeInputs): ConvergeCommand {
  const { server, settings, served, moved, granted, now, revoke } = inputs;
  return {
    command: 'converge',
    server,
    clients: clientsOf(served, moved, granted),
    adminAddresses: settings.adminAddresses,
    extraHba: settings.extraHba,
    access: now.map((one) => accessOf(one, served, settings.privileges)),
    revoke,
  };
}
