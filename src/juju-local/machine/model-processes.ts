// Which processes of this computer belong to a model: the hooks, and the daemons that charms left behind.
//
// A process is only ever signalled on evidence that a hook of this model started it. A person's shell that
// happens to stand in the state directory is not one, and neither is anything the caller itself descends from.

import { dirname } from 'node:path';

import { isRunning, readProcessTable, signalProcess } from '#adapters/system/process-table.ts';
import type { ProcessEntry } from '#adapters/system/process-table.ts';

/** How long the processes of a model get to end after each signal, milliseconds. */
const graceMs = 3_000;
const pollMs = 20;

/** Variables whose value a hook gives to its children and that name a path below the state directory. */
const tellingVariables = ['JUJU_CHARM_DIR', 'CHARM_DIR', 'JUJU_AGENT_SOCKET_ADDRESS'];

/**
 * The processes that a machine (or all machines) of a model runs, among `table`.
 *
 * `folder` is the machine's directory, `spared` are processes that are never ours whatever they look like: the
 * controller and the command line program that asks, whose ancestors are spared too.
 */
export function processesBelow(
  folder: string,
  table: readonly ProcessEntry[],
  spared: readonly number[],
): readonly ProcessEntry[] {
  const byPid = new Map(table.map((entry) => [entry.pid, entry]));
  const untouchable = new Set<number>([1]);
  for (const pid of spared) {
    for (let at = byPid.get(pid); at !== undefined; at = byPid.get(at.parent)) {
      if (untouchable.has(at.pid)) break;
      untouchable.add(at.pid);
    }
  }
  const free = table.filter((entry) => !untouchable.has(entry.pid) && entry.state !== 'Z');
  const ours = new Set(free.filter((entry) => isEvident(entry, folder)).map(({ pid }) => pid));
  // Children of what is ours are ours, and so is the rest of a session that one of ours leads.
  for (let before = -1; before !== ours.size;) {
    before = ours.size;
    for (const entry of free) {
      if (ours.has(entry.parent) || ours.has(entry.session)) ours.add(entry.pid);
    }
  }
  return free.filter((entry) => ours.has(entry.pid));
}

function isEvident(entry: ProcessEntry, folder: string): boolean {
  // Hooks run without a terminal, and so does all they start; a person's shell has one.
  if (entry.hasTerminal) return false;
  if (isBelow(entry.executable, folder) || isBelow(entry.workingDirectory, folder)) return true;
  return entry.environment.some((line) => {
    const equals = line.indexOf('=');
    const name = line.slice(0, equals);
    return tellingVariables.includes(name) && isBelow(line.slice(equals + 1), folder);
  });
}

function isBelow(path: string | null, folder: string): boolean {
  return path !== null && (path === folder || path.startsWith(`${folder}/`));
}

export interface Wait {
  delay(delayMs: number): Promise<void>;
  now(): number;
}

/**
 * Ends every process `find` gives, gently at first: SIGTERM, then SIGQUIT, by which PostgreSQL still frees
 * its shared memory, then SIGKILL. New ones that appear meanwhile are ended too. Throws when some survive all that.
 */
export async function endProcesses(
  find: () => readonly ProcessEntry[],
  wait: Wait,
  signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGQUIT', 'SIGKILL'],
): Promise<void> {
  for (const signal of signals) {
    const deadline = wait.now() + graceMs;
    const told = new Set<string>();
    while (wait.now() < deadline) {
      const left = find();
      if (left.length === 0) return;
      for (const entry of left) {
        const identity = `${entry.pid}:${entry.startedAt}`;
        if (told.has(identity)) continue;
        told.add(identity);
        // A stopped process takes no other signal before it goes on.
        if (signalProcess(entry, signal)) signalProcess(entry, 'SIGCONT');
      }
      await wait.delay(pollMs);
    }
  }
  const left = find().filter(isRunning);
  if (left.length > 0) {
    throw new Error(
      `Cannot end processes ${left.map(({ pid }) => pid).join(', ')}: they outlived SIGKILL`,
    );
  }
}

/** Sends one signal to all of them, once. */
export function signalAll(entries: readonly ProcessEntry[], signal: NodeJS.Signals): number {
  return entries.filter((entry) => signalProcess(entry, signal)).length;
}

/** The finder for one machine's directory that `endProcesses` takes. */
export function finderBelow(
  folder: string,
  spared: readonly number[],
): () => readonly ProcessEntry[] {
  return () => processesBelow(folder, readProcessTable(), spared);
}

/** True when this program itself would be among the machine's processes, were it not spared. */
export function standsBelow(path: string, folder: string): boolean {
  return isBelow(path, folder) || isBelow(dirname(path), folder);
}
