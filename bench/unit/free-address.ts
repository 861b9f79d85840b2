// A loopback address of the bench's own, on which PostgreSQL's usual port is free.

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const attempts = 100;
const port = 5432;

async function isFree(host: string): Promise<boolean> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  server.once('error', (error) => {
    if ('code' in error && error.code === 'EADDRINUSE') resolve(false);
    else reject(error);
  });
  server.listen(port, host, () => server.close(() => resolve(true)));
  return promise;
}

/** An address like `127.83.20.10`. @throws Error where none of many is free */
export async function freeAddress(): Promise<string> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const host = `127.${randomInt(16, 255)}.${randomInt(0, 256)}.10`;
    if (await isFree(host)) return host;
  }
  throw new Error(
    `Cannot find a loopback address whose port ${port} is free: ${attempts} were tried. See with 'ss -ltn' who listens`,
  );
}
