// The Salt masters that run on this machine, from /proc: which configuration they read, and what their environment
// tells libpq.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { NamedProcess } from '#adapters/supervise/pid-file.ts';
import { type ProcessEntry, readProcessTable } from '#adapters/system/process-table.ts';

export interface SaltMaster extends NamedProcess {
  /** Directory of its configuration, for example `/etc/salt`. */
  readonly configDirectory: string;
  /**
   * Whether its environment tells libpq to take the server that accepts writes; null where that can't be seen, as
   * Salt's title may stand where its environment did.
   */
  readonly findsPrimary: boolean | null;
}

const defaultDirectory = '/etc/salt';

function commandLine(pid: number): readonly string[] {
  try {
    // Salt writes a title of its own over it, with blanks in the place of the zero bytes.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split(/[\0 ]+/u)
      .filter(Boolean);
  } catch {
    // It ended meanwhile.
    return [];
  }
}

/** The configuration directory a command line of Salt names. Pure. */
export function configDirectoryOf(words: readonly string[], workingDirectory: string): string {
  for (const [index, word] of words.entries()) {
    if (word === '-c' || word === '--config-dir') {
      return resolve(workingDirectory, words[index + 1] ?? defaultDirectory);
    }
    const [, attached] = /^--config-dir=(.+)$/u.exec(word) ?? [];
    if (attached !== undefined) return resolve(workingDirectory, attached);
  }
  return defaultDirectory;
}

/** Whether a command line is that of a Salt master. Pure. */
export function isSaltMaster(words: readonly string[]): boolean {
  // The interpreter and its options may come first.
  return words.slice(0, 4).some((word) => /(?:^|\/)salt-master$/u.test(word));
}

function masterOf(entry: ProcessEntry, words: readonly string[]): SaltMaster {
  const { pid, startedAt, workingDirectory, environment } = entry;
  return {
    pid,
    startedAt,
    configDirectory: configDirectoryOf(words, workingDirectory ?? '/'),
    findsPrimary: environment.some((line) => line.startsWith('PATH='))
      ? environment.some((line) => line.startsWith('PGTARGETSESSIONATTRS='))
      : null,
  };
}

/** Each master once: the first of its many processes. */
export function saltMasters(): readonly SaltMaster[] {
  const found = new Map<number, readonly [ProcessEntry, readonly string[]]>();
  for (const entry of readProcessTable()) {
    const words = entry.state === 'Z' ? [] : commandLine(entry.pid);
    if (isSaltMaster(words)) found.set(entry.pid, [entry, words]);
  }
  return [...found.values()]
    .filter(([{ parent }]) => !found.has(parent))
    .map(([entry, words]) => masterOf(entry, words));
}
