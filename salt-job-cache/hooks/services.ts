// What this charm needs of the machine: the program beside the hook that speaks SQL.

import { join } from 'node:path';
import { callProgram } from '#charm/program/call-program.ts';
import type { ProgramAnswer, ProgramRequest } from '../program/request.ts';

export interface Services {
  /** Asks the program. It answers with a problem rather than throwing when PostgreSQL refuses. */
  jobCache(request: ProgramRequest): ProgramAnswer;
}

/** Connecting is bounded at 5 s and a statement at 15 s, so this is far from ever reached. */
const timeoutMs = 60_000;

export function createServices(charmDir: string): Services {
  const ask = (request: ProgramRequest): unknown =>
    callProgram(join(charmDir, 'lib/job-cache.cjs'), request, { timeoutMs });
  // The program stands in the same charm, so its answer is of the shape that was compiled with this.
  return { jobCache: (request) => ask(request) as ProgramAnswer };
}
