// Finds the program of a hook or an action in a charm directory, as the runner of a unit agent does.

import {
  accessSync,
  constants,
  existsSync,
  openSync,
  readSync,
  closeSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

import { errorCode } from '#adapters/files/error-code.ts';

export type HookScript =
  | { readonly kind: 'found'; readonly file: string; readonly how: string }
  /** No such handler: as good as success for a hook (E4), "not implemented" for an action (E113). */
  | { readonly kind: 'missing' }
  /** There, but it can't run (E5), or the charm itself is gone (E1). */
  | { readonly kind: 'unusable'; readonly message: string };

/** `dispatch` when there is one, else the file of this name below hooks/ or actions/ (E2, E3). */
export function findHookScript(
  charmDir: string,
  folder: 'hooks' | 'actions',
  name: string,
): HookScript {
  if (!existsSync(join(charmDir, 'metadata.yaml'))) {
    return {
      kind: 'unusable',
      message: `charm missing from disk: no metadata.yaml in "${charmDir}"`,
    };
  }
  const dispatch = join(charmDir, 'dispatch');
  const found = look(dispatch, 'via hook dispatching script: dispatch');
  if (found.kind !== 'missing') return found;
  return look(join(charmDir, folder, name), 'via explicit, bespoke hook script');
}

function look(file: string, how: string): HookScript {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return { kind: 'missing' };
  if (stat.isDirectory()) return { kind: 'unusable', message: `exec: "${file}": is a directory` };
  try {
    accessSync(file, constants.X_OK);
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error;
    return { kind: 'unusable', message: `exec: "${file}": permission denied` };
  }
  if (!startsAsProgram(file)) {
    return { kind: 'unusable', message: `fork/exec ${file}: exec format error` };
  }
  return { kind: 'found', file, how };
}

/**
 * Whether the kernel can start the file: a script that says by whom, or a binary. The library call behind
 * Node's spawn would hand any other text to /bin/sh, which Juju does not do.
 */
function startsAsProgram(file: string): boolean {
  const start = Buffer.alloc(4);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, start, 0, start.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return start.toString('latin1').startsWith('#!') || start.toString('latin1') === '\x7fELF';
}
