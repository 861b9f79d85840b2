// Sockets that are listened on: unix sockets for this user only, and claims on a loopback address.

import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Server as HttpServer } from 'node:http';

import { decodeFrame, encodeFrame } from './frames.ts';
import { errorCode } from '../files/error-code.ts';

/** Longest path of a unix socket on Linux: sun_path less the byte that ends it. */
export const longestSocketPathBytes = 107;

/** Something that listens, and stops to: at once, with its open connections. */
export interface Listener {
  close(): Promise<void>;
}

/**
 * Answers each frame that comes in on the unix socket `path` with the fields `answer` gives. The socket is open to
 * its owner alone. `onError` hears of connections that broke or spoke another language.
 */
export async function listenForFrames(
  path: string,
  answer: (fields: readonly Buffer[]) => Promise<readonly (string | Buffer)[]>,
  onError: (error: unknown) => void,
): Promise<Listener> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // A client that was killed with its hook is no news.
    socket.on('error', (error) => {
      if (!['EPIPE', 'ECONNRESET'].includes(errorCode(error))) onError(error);
    });
    serveFrames(socket, answer, onError);
  });
  await listenOnPath(server, path);
  return {
    close: async () => {
      for (const socket of open) socket.destroy();
      await closeServer(server);
    },
  };
}

function serveFrames(
  socket: Socket,
  answer: (fields: readonly Buffer[]) => Promise<readonly (string | Buffer)[]>,
  onError: (error: unknown) => void,
): void {
  let chunks: Buffer[] = [];
  let received = 0;
  let answered = false;
  socket.on('data', (chunk: Buffer) => {
    if (answered) return;
    chunks.push(chunk);
    received += chunk.length;
    const reply = async (): Promise<void> => {
      // The chunks are joined once for the length and once when all are there, not at each arrival.
      if (chunks.length > 1 && received >= 4 && received < frameLength(chunks)) return;
      const whole = Buffer.concat(chunks);
      chunks = [whole];
      const fields = decodeFrame(whole);
      if (fields === null) return;
      answered = true;
      const frame = encodeFrame(await answer(fields));
      if (!socket.destroyed) socket.end(frame);
    };
    reply().catch((error: unknown) => {
      onError(error);
      socket.destroy();
    });
  });
}

/** How many bytes the frame that begins with these chunks takes in all. */
function frameLength(chunks: readonly Buffer[]): number {
  const first = chunks[0] ?? Buffer.alloc(0);
  return 4 + (first.length >= 4 ? first.readUInt32BE(0) : 0);
}

/** Listens on a unix socket that only its owner may open. A socket file left by a dead owner is replaced. */
export async function listenOnPath(server: Server | HttpServer, path: string): Promise<void> {
  if (Buffer.byteLength(path) > longestSocketPathBytes) {
    throw new RangeError(
      `Cannot listen on '${path}': ${Buffer.byteLength(path)} bytes, a unix socket takes ${longestSocketPathBytes}`,
    );
  }
  rmSync(path, { force: true });
  await listening(server, () => {
    // The socket's file is made within this call, so the narrow mask is on for no other file.
    const before = process.umask(0o177);
    try {
      server.listen(path);
    } finally {
      process.umask(before);
    }
  });
  chmodSync(path, 0o600);
}

/** Holds `address:port` for as long as the listener lives; null when somebody else has it. */
export async function claimAddress(address: string, port: number): Promise<Listener | null> {
  // Whoever connects is sent away: nothing is served here, the address is only taken.
  const server = createServer((socket) => socket.destroy());
  try {
    await listening(server, () => server.listen({ host: address, port, exclusive: true }));
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') return null;
    throw error;
  }
  return { close: async () => closeServer(server) };
}

async function listening(server: Server | HttpServer, listen: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('listening', resolve);
  server.once('error', reject);
  listen();
  try {
    await promise;
  } finally {
    server.off('listening', resolve);
    server.off('error', reject);
  }
}

/** Resolves once nothing listens any more. */
export async function closeServer(server: Server | HttpServer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  await promise;
}
