// Whether what a hook wrote has arrived. The unit's own facts are kept when the hook's program ends; what
// it wrote to Juju is accepted after that, all or nothing, and may be refused (E64, E66). The hook is then
// run again, and must not find in its book that everybody was served. So the next hook has a look.

import { HookToolError } from '#charm/tools/errors.ts';
import type { ServedRelation } from '#interfaces/pgsql/server-record.ts';
import { type Of, servedRelation } from './clients.ts';
import type { Context } from './context.ts';
import { unconfirmed } from './facts.ts';

/** Remembers what this hook wrote, for the next one to look at. */
export function noteWritten(
  context: Context,
  relations: readonly string[],
  port: number | null = null,
): void {
  if (relations.length === 0 && port === null) return;
  const known = unconfirmed.read(context.data);
  unconfirmed.write(context.data, {
    relations: [...new Set([...(known?.relations ?? []), ...relations])],
    port: port ?? known?.port ?? null,
  });
}

/** Our bag of a relation; null where the relation is gone, and with it everything there was to confirm. */
function ownBag(context: Context, relation: string): ReadonlyMap<string, string> | null {
  try {
    return new Map(Object.entries(context.tools.relationGet(relation, context.hook.unitName)));
  } catch (error) {
    if (error instanceof HookToolError && error.kind === 'notFound') return null;
    throw error;
  }
}

/** Whether our bag says what the book has. The password is in no book, but is written with the rest. */
function hasArrived(context: Context, served: ServedRelation): boolean {
  const bag = ownBag(context, served.relationName);
  if (bag === null) return true;
  const expected: Readonly<Record<string, string>> = {
    database: served.database,
    user: served.user,
    host: served.host,
    port: String(served.port),
    roles: served.roles,
    extensions: served.extensions,
    'allowed-units': served.allowedUnits.join(' '),
  };
  return Object.entries(expected).every(([key, value]) => (bag.get(key) ?? '') === value);
}

function serveAgain({ endpoint, what }: Of<ServedRelation>): void {
  endpoint.withdraw(what.relationId, 'Juju did not accept what was published', { retry: true });
}

/** The server's port is the only one this charm ever has open. */
function confirmPort(context: Context, port: number): void {
  const opened = context.tools.openedPorts();
  const wanted = `${port}/tcp`;
  if (!opened.includes(wanted)) context.tools.openPort(wanted);
  for (const other of opened.filter((range) => range !== wanted)) context.tools.closePort(other);
}

/** Looks at what the last hooks wrote: one tool for each thing they wrote, and none where they wrote nothing. */
export function confirm(context: Context): void {
  const written = unconfirmed.read(context.data);
  if (written === null) return;
  unconfirmed.write(context.data, null);
  for (const relation of written.relations) {
    const one = servedRelation(context, relation);
    if (one !== null && !hasArrived(context, one.what)) serveAgain(one);
  }
  if (written.port !== null) confirmPort(context, written.port);
}
