// Carries a request of the hooks out on this machine and says what came of it.

import { problem as problemOf } from '#core/access/problem.ts';
import type { MachineAnswer, MachineRequest } from './request.ts';
import { endService, runService } from './run-service.ts';
import { tellMaster, untellMaster } from './tell-master.ts';

/** What the system says when a file can't be written; anything else is a mistake of ours. */
const fileCodes: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EISDIR',
  'ENOTDIR',
]);

async function carryOut(request: MachineRequest): Promise<MachineAnswer> {
  const did: string[] = [];
  if (request.command !== 'configure') {
    const isAll = request.command === 'remove';
    const ended = isAll ? await endService(request.unit, request.place, did) : null;
    const { state, problem, outdated } = await untellMaster(request, did);
    const found = ended ?? problem;
    return { ok: found === null, did, problem: found, master: state, outdated };
  }
  const { unit, place, service } = request;
  const run = await runService(unit, place, service, did);
  const { state, problem, outdated } = await tellMaster(request, did);
  const found = run ?? problem;
  return { ok: found === null, did, problem: found, master: state, outdated };
}

/** @throws errors that are not the file system's */
export async function answer(request: MachineRequest): Promise<MachineAnswer> {
  try {
    return await carryOut(request);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!(error instanceof Error) || !fileCodes.has(code)) throw error;
    const found = problemOf(
      'FILE_NOT_WRITABLE',
      `Cannot write a file of this unit: ${error.message}`,
      'Make room or give root the right to write there; it is tried again with the next hook',
    );
    return { ok: false, did: [], problem: found, master: 'none', outdated: [] };
  }
}
