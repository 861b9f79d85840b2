// Sees to it that one supervisor at most works on a directory: it holds a name the kernel gives to one process and
// takes back when that ends, however it ends.

import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { errorCode } from '#adapters/files/error-code.ts';

/** True when we are the one; the name is held until this process ends. */
export async function lockDirectory(directory: string): Promise<boolean> {
  const { dev, ino } = statSync(directory);
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const server = createServer((socket) => socket.destroy());
  server.once('error', (error) => {
    if (errorCode(error) === 'EADDRINUSE') resolve(false);
    else reject(error);
  });
  // A name that begins with a zero byte is in no file system, so nothing has to be cleared away.
  server.listen(`\0pg-supervise:${dev}:${ino}`, () => resolve(true));
  const isOurs = await promise;
  if (!isOurs) server.close();
  else server.unref();
  return isOurs;
}
