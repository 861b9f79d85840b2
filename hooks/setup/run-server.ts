// Gets the server to run: starts it, or waits for one that is just starting, and goes back to the last good
// parameters when new ones keep it from starting.

import type { Problem } from '#core/access/problem.ts';
import { problem } from '#core/access/problem.ts';
import { portProblem } from '#adapters/postgres-server/port-probe.ts';
import type { Postmaster } from '#adapters/postgres-server/postmaster.ts';
import type { ServerPlace } from '#adapters/postgres-server/server-control.ts';
import {
  startServer,
  stopServer,
  waitUntilReady,
} from '#adapters/postgres-server/server-control.ts';
import type { DesiredServer } from './desired.ts';
import { keepAsGood, returnToGood } from './refused-parameters.ts';
import type { SetupNotes } from './setup-context.ts';

export type RunResult =
  | { readonly kind: 'running'; readonly postmaster: Postmaster }
  | { readonly kind: 'stopped'; readonly problem: Problem };

function isProblem(found: Postmaster | Problem): found is Problem {
  return 'code' in found;
}

async function startOrGoBack(place: ServerPlace, notes: SetupNotes): Promise<RunResult> {
  const first = await startServer(place);
  if (!isProblem(first)) {
    await keepAsGood(place);
    return { kind: 'running', postmaster: first };
  }
  // A server that is still on its way has not refused anything.
  const undo = first.code === 'START_FAILED' ? await returnToGood(place, first.message) : null;
  if (undo === null) return { kind: 'stopped', problem: first };
  notes.progress('PostgreSQL did not start; starting it with the last good parameters.');
  const second = await startServer(place);
  if (isProblem(second)) {
    // Without the new parameters it fails as well: they are not the reason, or not the only one.
    await undo();
    return { kind: 'stopped', problem: second };
  }
  notes.refused.push(
    problem(
      'PARAMETER_REFUSED',
      `Cannot start with the configured parameters, so the last good ones are in force: ${first.message}`,
      'Correct the option extra-pg-conf; they are tried again when they change',
    ),
  );
  return { kind: 'running', postmaster: second };
}

/** Starts the server where it does not run. What it listens on has to be free. */
export async function ensureRunning(
  place: ServerPlace,
  desired: DesiredServer,
  running: Postmaster | null,
  notes: SetupNotes,
): Promise<RunResult> {
  if (running !== null) {
    const ready = running.isReady ? running : await waitUntilReady(place);
    if (isProblem(ready)) return { kind: 'stopped', problem: ready };
    return { kind: 'running', postmaster: ready };
  }
  const taken = await portProblem(desired.listenAddress, desired.port, false);
  if (taken !== null) return { kind: 'stopped', problem: taken };
  notes.progress('Starting PostgreSQL.');
  const started = await startOrGoBack(place, notes);
  if (started.kind === 'running') notes.did.push(`Started PostgreSQL on port ${desired.port}`);
  return started;
}

/**
 * Restarts the server for `pending` parameters. An address it can't have is found out before it is stopped:
 * a server on its old address is better than none.
 */
export async function restartServer(
  place: ServerPlace,
  desired: DesiredServer,
  pending: readonly string[],
  notes: SetupNotes,
): Promise<RunResult | { readonly kind: 'kept'; readonly problem: Problem }> {
  if (pending.includes('port') || pending.includes('listen_addresses')) {
    // While the port stays the same it is this server itself that holds it.
    const isHeldByUs = !pending.includes('port');
    const taken = await portProblem(desired.listenAddress, desired.port, isHeldByUs);
    if (taken !== null) return { kind: 'kept', problem: taken };
  }
  notes.progress(`Restarting PostgreSQL for ${pending.join(', ')}.`);
  const unstopped = await stopServer(place);
  if (unstopped !== null) return { kind: 'kept', problem: unstopped };
  const started = await startOrGoBack(place, notes);
  if (started.kind === 'running') notes.did.push(`Restarted PostgreSQL for ${pending.join(', ')}`);
  return started;
}
