// Takes a charm from a directory or a `.charm` file into the model's own store of charms, one folder per revision.
// The user may change or remove what he named as soon as the command is back.

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { unpackCharmArchive } from '#adapters/files/charm-archive.ts';
import { CharmTreeError, copyTree, listTree } from '#adapters/files/charm-tree.ts';
import { errorCode } from '#adapters/files/error-code.ts';
import type { CharmDefinition } from '#core/juju/charm-definition.ts';
import { readCharm } from '#core/juju/charm-files.ts';
import type { CharmFiles } from '#core/juju/charm-files.ts';
import type { Model } from '#core/juju/model.ts';

import type { Layout } from '../state/layout.ts';
import { UserError } from '../user-error.ts';

/** What a directory holds beside the charm: the user's version control, caches, editors' files. */
const isHidden = (name: string): boolean => name.startsWith('.');

/** The charm at `path`, stored under the next free revision of its name (F63). Throws `UserError` or `ModelError`. */
export async function takeCharm(
  path: string,
  model: Model,
  layout: Layout,
): Promise<CharmDefinition> {
  const incoming = await mkdtemp(join(layout.stateDir, 'incoming', 'charm-'));
  try {
    await fetchCharm(path, incoming);
    checkHandlers(incoming, path);
    const files = readFiles(incoming);
    const { name } = readCharm(files, { revision: 0 });
    const charm = readCharm(files, { revision: nextRevision(model, layout, name) });
    const kept = layout.charm(charm.url);
    await mkdir(dirname(kept), { recursive: true });
    await rename(incoming, kept);
    return charm;
  } catch (error) {
    await rm(incoming, { recursive: true, force: true });
    throw asUserError(error);
  }
}

async function fetchCharm(path: string, incoming: string): Promise<void> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new UserError(
      `no charm was found at "${path}"`,
      'Give the path of a charm directory or of a .charm file, beginning with ./ or /.',
    );
  }
  if (found.isDirectory()) await copyTree(path, incoming, await listTree(path, isHidden));
  else await unpackCharmArchive(path, incoming);
}

/** F60: a charm can be run at all. */
function checkHandlers(folder: string, path: string): void {
  if (!existsSync(join(folder, 'metadata.yaml'))) {
    throw new UserError(
      `archive file "metadata.yaml" not found in "${path}"`,
      'A charm has metadata.yaml at its root: pack it again, or name another directory.',
    );
  }
  const hooks = join(folder, 'hooks');
  const hasHooks = existsSync(hooks) && readdirSync(hooks).length > 0;
  if (hasHooks || existsSync(join(folder, 'dispatch'))) return;
  throw new UserError(
    `invalid charm "${path}": has no hooks nor dispatch file`,
    'Add an executable file "dispatch" at its root, or files below hooks/.',
  );
}

function readFiles(folder: string): CharmFiles {
  const read = (name: string): string | undefined => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  };
  return {
    metadata: read('metadata.yaml') ?? '',
    config: read('config.yaml'),
    actions: read('actions.yaml'),
    manifest: read('manifest.yaml'),
  };
}

/** One more than the highest there is, in the model or still on disk from a deployment that failed. */
function nextRevision(model: Model, layout: Layout, name: string): number {
  const taken = Object.values(model.charms)
    .filter((charm) => charm.name === name)
    .map((charm) => charm.revision);
  let next = Math.max(-1, ...taken) + 1;
  while (existsSync(layout.charm(`local:${name}-${next}`))) next += 1;
  return next;
}

function asUserError(error: unknown): unknown {
  if (error instanceof CharmTreeError) return new UserError(error.message, '');
  if (
    error instanceof Error &&
    ['EACCES', 'ENOSPC', 'EDQUOT', 'ELOOP'].includes(errorCode(error))
  ) {
    return new UserError(`cannot take the charm in: ${error.message}`, '');
  }
  return error;
}
