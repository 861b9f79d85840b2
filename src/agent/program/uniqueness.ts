// The gate before the start: nobody else may run under this member's name (patroni/__main__.py, ensure_unique_name).

import type { LogPort, PeersPort } from '#adapters/ports/agent-ports.ts';
import type { Dcs } from '#adapters/ports/dcs.ts';
import { DcsError } from '#adapters/ports/dcs.ts';

const timeoutMs = 3000;

/** Whether an agent answers at the address the store has for this name. A store that is away is no obstacle. */
export async function isNameTaken(
  dcs: Dcs,
  peers: PeersPort,
  name: string,
  log: LogPort,
): Promise<boolean> {
  try {
    const { members } = await dcs.getCluster();
    const same = members.filter((member) => member.name === name && member.apiUrl !== null);
    const answers = await peers.getStatus(same, timeoutMs);
    return answers.some((peer) => peer.isReachable);
  } catch (error) {
    if (!(error instanceof DcsError)) throw error;
    log.warning(`Cannot check whether "${name}" runs already: ${error.message}`);
    return false;
  }
}
