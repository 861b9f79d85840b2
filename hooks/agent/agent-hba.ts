// Who may come in on a member of a cluster: everybody a single server lets in, and the other members' agents for
// replication and rewind. Pure.

import { readAddress } from '#core/access/address.ts';
import { type HbaClient, type RenderedHba, renderHba } from '#core/access/hba.ts';
import { hbaQuote } from '#core/access/hba-quote.ts';
import { compareText } from '#core/access/relation-order.ts';

/** Users of the agents. No client can have or be granted a name that begins so. */
export const replicationUser = '_juju_replication';
export const rewindUser = '_juju_rewind';

export interface AgentHbaInputs {
  /** Ranges the members are seen from, this one's own included. */
  readonly memberRanges: readonly string[];
  readonly clients: readonly HbaClient[];
  readonly adminAddresses: readonly string[];
  readonly extraHba: readonly string[];
  /** The text in force, from which bad parts of the configuration are replaced. */
  readonly previous: string | null;
}

function memberLines(ranges: readonly string[]): readonly string[] {
  const addresses = ranges.flatMap((range) => readAddress(range)?.text ?? []);
  return [...new Set(addresses)].sort(compareText).flatMap((address) => [
    `host replication ${hbaQuote(replicationUser)} ${hbaQuote(address)} scram-sha-256`,
    // pg_rewind reads files through a database, and looks first whether the primary is one.
    `host "postgres" ${hbaQuote(rewindUser)} ${hbaQuote(address)} scram-sha-256`,
  ]);
}

/** As renderHba(), with the members' lines before the clients'. */
export function renderAgentHba(inputs: AgentHbaInputs): RenderedHba {
  const { memberRanges, ...request } = inputs;
  const rendered = renderHba(request);
  const lines = rendered.text.split('\n');
  const afterLocal = lines.findLastIndex((line) => line === 'local all all peer') + 1;
  const text = [
    ...lines.slice(0, afterLocal),
    ...memberLines(memberRanges),
    ...lines.slice(afterLocal),
  ];
  return { ...rendered, text: text.join('\n') };
}

/** The lines as a list of Patroni's configuration, which ends each by itself. */
export function hbaLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
