// Where this unit listens and where its clients find it, as Juju tells. Both endpoints may be bound to
// networks of their own, and a client in another model may see us at an address of its own.

import type { Context } from './context.ts';
import { serverEndpoints } from './clients.ts';
import { type Network, network } from './facts.ts';

/** Asks Juju and keeps the answer. Null, and what was known before is kept, while the machine has no address. */
export function readNetwork(context: Context): Network | null {
  const infos = serverEndpoints.map((name) => context.tools.networkGet(name));
  const binds = infos.flatMap(({ bindAddress }) => bindAddress ?? []);
  const listenAddress = [...new Set(binds)].join(',');
  const host = infos[0]?.ingressAddress ?? binds[0];
  if (host === undefined || listenAddress === '') return null;
  const found = { listenAddress, host };
  network.write(context.data, found);
  return found;
}

/** What was found last. Every change of it comes with config-changed, which asks anew. */
export function knownNetwork(context: Context): Network | null {
  return network.read(context.data) ?? readNetwork(context);
}

/** Address at which one relation, for example `db:7`, finds us. */
export function hostFor(context: Context, relation: string, known: Network): string {
  const [endpoint = ''] = relation.split(':');
  return context.tools.networkGet(endpoint, { relation }).ingressAddress ?? known.host;
}
