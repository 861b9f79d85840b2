// Remembers which configured parameters the server last started with, and which it did not start with.
//
// Some faults show only at a start: a library that is not there, memory that can't be had. The server is
// then started with the last good parameters, and the refused ones are not tried again until they change:
// each try would be an outage.

import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { configuredFile } from '#core/config/render-conf.ts';
import { readIfThere, writeAtomically } from '#adapters/postgres-server/atomic-file.ts';
import type { ServerPlace } from '#adapters/postgres-server/server-control.ts';

const goodFile = `${configuredFile}.good`;
const refusedFile = `${configuredFile}.refused`;

/** What the server said when it did not start with exactly this text; null where it never was tried. */
export async function readRefusal(place: ServerPlace, text: string): Promise<string | null> {
  const kept = await readIfThere(join(place.dataDirectory, refusedFile));
  if (kept === null) return null;
  const end = kept.indexOf('\n');
  return kept.slice(end + 1) === text ? kept.slice('# '.length, end) : null;
}

/** To be called after each start that went well. */
export async function keepAsGood(place: ServerPlace): Promise<void> {
  const text = await readIfThere(join(place.dataDirectory, configuredFile));
  await writeAtomically(join(place.dataDirectory, goodFile), text ?? '', place.identity);
}

/**
 * Puts the last good parameters back after a start that failed with `words`. Returns what undoes that, for
 * when the server does not start with those either; null where it had them already, so that they are not
 * the reason.
 */
export async function returnToGood(
  place: ServerPlace,
  words: string,
): Promise<(() => Promise<void>) | null> {
  const path = join(place.dataDirectory, configuredFile);
  const refusedPath = join(place.dataDirectory, refusedFile);
  const text = (await readIfThere(path)) ?? '';
  const good = (await readIfThere(join(place.dataDirectory, goodFile))) ?? '';
  if (text === good) return null;
  const note = `# ${words.replaceAll('\n', ' ')}\n${text}`;
  await writeAtomically(refusedPath, note, place.identity);
  await writeAtomically(path, good, place.identity);
  return async () => {
    await writeAtomically(path, text, place.identity);
    await unlink(refusedPath);
  };
}
