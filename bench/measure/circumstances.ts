// Under what circumstances something was measured: a time means little without them.

import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { promisify } from 'node:util';
import { root } from '../../scripts/charms.ts';

export interface Circumstances {
  /** Commit the checkout stands at; null where there is no git. */
  readonly commit: string | null;
  /** Whether files differ from that commit. */
  readonly isChanged: boolean;
  /** For example `v26.10.0`: the runtime that is measured. */
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
}

/** Load of the machine over the last minute when measuring began and when it ended. */
export interface Load {
  readonly before: number;
  readonly after: number;
}

async function git(args: readonly string[]): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('git', [...args], { cwd: root });
    return stdout.trim();
  } catch {
    // Whatever is in the way, an unpacked archive or a machine without git: the commit is not known.
    return null;
  }
}

export async function readCircumstances(): Promise<Circumstances> {
  const commit = await git(['rev-parse', '--short=12', 'HEAD']);
  const changes = await git(['status', '--porcelain']);
  return {
    commit,
    isChanged: changes !== null && changes !== '',
    node: process.version,
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
  };
}

export function loadNow(): number {
  return loadavg()[0] ?? Number.NaN;
}
