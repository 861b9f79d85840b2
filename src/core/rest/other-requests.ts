// The bodies of `POST /reinitialize` and `POST /failsafe`.

import { readBoolean } from '#core/config/patroni/read-value.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import { asObject, asText } from '#core/dcs/json.ts';
import { asPosition } from '#core/dcs/position.ts';
import type { Lsn } from '#core/postgres/lsn.ts';

export interface ReinitializeRequest {
  /** Calls off an action that runs. */
  readonly force: boolean;
  /** Clones from the leader, even where another member is tagged `clonefrom`. */
  readonly fromLeader: boolean;
}

/** Anything that is not plainly yes counts as no. */
export function readReinitialize(body: JsonObject): ReinitializeRequest {
  const fromLeader = body['from_leader'] ?? body['from-leader'] ?? null;
  return {
    force: readBoolean(body['force'] ?? null) === true,
    fromLeader: readBoolean(fromLeader) === true,
  };
}

/** A leader that can't reach the store tells us that it leads. */
export interface FailsafeRequest {
  readonly name: string;
  readonly connUrl: string;
  readonly apiUrl: string;
  readonly slots: Readonly<Record<string, Lsn>>;
}

/** Null where the body does not say who leads and where. Positions that are none are left out. */
export function readFailsafe(body: JsonObject): FailsafeRequest | null {
  const name = asText(body['name']);
  const connUrl = asText(body['conn_url']);
  const apiUrl = asText(body['api_url']);
  if (name === null || connUrl === null || apiUrl === null) return null;
  const slots: [string, Lsn][] = [];
  for (const [slot, value] of Object.entries(asObject(body['slots']) ?? {})) {
    const position = asPosition(value);
    if (position !== null) slots.push([slot, position]);
  }
  return { name, connUrl, apiUrl, slots: Object.fromEntries(slots) };
}
