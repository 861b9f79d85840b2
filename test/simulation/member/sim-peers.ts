// REST between members and from an operator: requests over the simulated network, answered by the agent's own routes.

import type { ClockPort, PeersPort } from '#adapters/ports/agent-ports.ts';
import type { JsonObject, Member } from '#core/dcs/cluster.ts';
import { writeJson } from '#core/dcs/json.ts';
import { asPosition } from '#core/dcs/position.ts';
import type { FailsafeAnswer, PeerStatus } from '#core/ha/values.ts';
import { readPeerStatus, unreachable } from '#core/rest/peer-status.ts';
import type { RestResponse } from '#agent/rest/rest-message.ts';
import type { Actor } from '../engine/actor.ts';
import type { Network } from '../net/network.ts';

export interface RestCall {
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
}

/** Hands a call to whoever listens on the machine; null: refused. A machine that is not there never answers. */
export type Listen = (
  machine: string,
  call: RestCall,
  answer: (response: RestResponse | null) => void,
) => void;

export interface SimPeersOptions {
  readonly network: Network;
  readonly listen: Listen;
  readonly actor: Actor;
  readonly clock: ClockPort;
  readonly from: string;
}

const wakeTimeoutMs = 1000;

/** The answer, or null where none came in time. */
export async function callRest(
  { network, listen, actor, clock, from }: SimPeersOptions,
  machine: string,
  call: RestCall,
  timeoutMs: number,
): Promise<RestResponse | null> {
  const { promise, resolve } = Promise.withResolvers<RestResponse | null>();
  const timer = clock.after(timeoutMs, () => resolve(null));
  network.send(from, machine, () => {
    listen(machine, call, (response) => {
      network.send(machine, from, () => actor.after(0, () => resolve(response)));
    });
  });
  const response = await promise;
  timer.cancel();
  return response;
}

function machineOf(apiUrl: string): string {
  return /^http:\/\/([^:/]+)/u.exec(apiUrl)?.[1] ?? '';
}

export class SimPeers implements PeersPort {
  readonly #options: SimPeersOptions;

  constructor(options: SimPeersOptions) {
    this.#options = options;
  }

  async getStatus(members: readonly Member[], timeoutMs: number): Promise<readonly PeerStatus[]> {
    return Promise.all(
      members.map(async ({ name, apiUrl }) => {
        if (apiUrl === null) return unreachable(name);
        const call = { method: 'GET', path: '/patroni', body: null };
        const answer = await callRest(this.#options, machineOf(apiUrl), call, timeoutMs);
        return answer === null ? unreachable(name) : readPeerStatus(name, answer.body);
      }),
    );
  }

  async postFailsafe(
    members: Readonly<Record<string, string>>,
    body: JsonObject,
    timeoutMs: number,
  ): Promise<readonly FailsafeAnswer[]> {
    const call = { method: 'POST', path: '/failsafe', body: writeJson(body) };
    return Promise.all(
      Object.entries(members).map(async ([name, apiUrl]) => {
        const answer = await callRest(this.#options, machineOf(apiUrl), call, timeoutMs);
        const isAccepted = answer?.status === 200 && answer.body === 'Accepted';
        const lsn = answer?.headers['lsn'];
        return {
          name,
          isAccepted,
          lsn: lsn === undefined ? null : asPosition(lsn),
          why: isAccepted ? '' : `it answered ${answer?.status ?? 'nothing'}`,
        };
      }),
    );
  }

  wake(members: readonly Member[]): void {
    for (const { apiUrl } of members) {
      if (apiUrl === null) continue;
      const call = { method: 'POST', path: '/wake', body: '' };
      void callRest(this.#options, machineOf(apiUrl), call, wakeTimeoutMs);
    }
  }
}
