// Writes pg_hba.conf and pg_ident.conf. Before the server is known to run, only with parts that it has
// accepted before; after that in full, and only as long as the server finds nothing wrong with it.

import { join } from 'node:path';
import type { RenderedHba } from '#core/access/hba.ts';
import { renderHba } from '#core/access/hba.ts';
import { isOwnHba } from '#core/access/hba-sections.ts';
import { renderIdent } from '#core/access/ident.ts';
import { shown } from '#interfaces/pgsql/shown.ts';
import { problem } from '#core/access/problem.ts';
import { readIfThere, writeAtomically } from '#adapters/postgres-server/atomic-file.ts';
import type { ServerPlace } from '#adapters/postgres-server/server-control.ts';
import { readHbaFaults } from '#adapters/pg/server-facts.ts';
import type { SqlSession } from '#adapters/pg/session.ts';
import type { ConvergeCommand } from './desired.ts';
import type { SetupNotes } from './setup-context.ts';

type HbaParts = Pick<ConvergeCommand, 'clients' | 'adminAddresses' | 'extraHba'>;

function hbaPath(place: ServerPlace): string {
  return join(place.dataDirectory, 'pg_hba.conf');
}

async function writeIdent(place: ServerPlace): Promise<boolean> {
  const path = join(place.dataDirectory, 'pg_ident.conf');
  const users = ['root', 'postgres', place.identity.name];
  return writeAtomically(path, renderIdent(await readIfThere(path), users), place.identity);
}

/**
 * Writes what the server can be started with, and what lets us in. Returns whether a running server has to
 * read it before it does: its files were not ours until now.
 */
export async function writeFirstAccess(
  place: ServerPlace,
  parts: HbaParts,
  isRunning: boolean,
  notes: SetupNotes,
): Promise<boolean> {
  const identChanged = await writeIdent(place);
  if (identChanged) notes.did.push('Wrote pg_ident.conf');
  const previous = await readIfThere(hbaPath(place));
  if (isRunning && isOwnHba(previous)) return identChanged;
  // Further lines were checked by a running server before they got into a file of ours.
  const { text } = renderHba({ ...parts, extraHba: null, previous });
  const hbaChanged = await writeAtomically(hbaPath(place), text, place.identity);
  if (hbaChanged) notes.did.push('Wrote pg_hba.conf');
  return identChanged || hbaChanged;
}

/** Writes pg_hba.conf in full. What the server does not take of the further lines is put back. */
export async function writeFullAccess(
  place: ServerPlace,
  session: SqlSession,
  parts: HbaParts,
  notes: SetupNotes,
): Promise<RenderedHba['relationProblems']> {
  const previous = await readIfThere(hbaPath(place));
  const rendered = renderHba({ ...parts, previous });
  notes.refused.push(...rendered.problems);
  const changed = await writeAtomically(hbaPath(place), rendered.text, place.identity);
  if (!changed) return rendered.relationProblems;
  const [fault] = await readHbaFaults(session);
  if (fault === undefined) {
    notes.did.push('Wrote pg_hba.conf');
    return rendered.relationProblems;
  }
  const line = rendered.text.split('\n')[fault.line - 1] ?? '';
  notes.refused.push(
    problem(
      'HBA_LINE_INVALID',
      `Cannot use ${shown(line)} in pg_hba.conf: PostgreSQL says "${fault.error}"`,
      'Correct the option extra-pg-auth; until then the lines in force stay',
    ),
  );
  // The relations' own lines are new all the same: only the further lines go back.
  const { text } = renderHba({ ...parts, extraHba: null, previous });
  await writeAtomically(hbaPath(place), text, place.identity);
  if (text !== previous) notes.did.push('Wrote pg_hba.conf without the refused lines');
  return rendered.relationProblems;
}
