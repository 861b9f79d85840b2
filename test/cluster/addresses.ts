// Loopback addresses and ports nobody else uses: a network of the cluster's own, an address a member.

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** The first three parts of an address, as `127.83.20`. */
export function loopbackNetwork(): string {
  return `127.${randomInt(16, 255)}.${randomInt(1, 255)}`;
}

/** A port that is free on the address. */
export async function freePort(host: string): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  const port = await promise;
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  await closed.promise;
  return port;
}
