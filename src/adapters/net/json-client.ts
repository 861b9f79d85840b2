// Asks a server of json-server.ts, over its unix socket.

import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';

export interface JsonAnswer {
  readonly status: number;
  readonly value: unknown;
}

/** One call. Rejects with the system's error (`ENOENT`, `ECONNREFUSED`) when nobody listens. */
export async function callJson(
  socketPath: string,
  name: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<JsonAnswer> {
  const response = await send(socketPath, name, body, signal);
  return { status: response.statusCode ?? 0, value: await json(response) };
}

/** A call that is answered by a line at a time; breaking off the iteration ends the call. */
export async function* streamJson(
  socketPath: string,
  name: string,
  body: unknown,
  signal?: AbortSignal,
): AsyncGenerator<unknown, void, undefined> {
  const response = await send(socketPath, name, body, signal);
  try {
    if (response.statusCode !== 200) {
      yield await json(response);
      return;
    }
    for await (const line of createInterface({ input: response })) yield JSON.parse(line);
  } finally {
    response.destroy();
  }
}

async function send(
  socketPath: string,
  name: string,
  body: unknown,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const text = JSON.stringify(body ?? {});
  const call = request({
    socketPath,
    path: `/${name}`,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    // One connection per call: the programs that call are short-lived.
    agent: false,
    ...(signal === undefined ? {} : { signal }),
  });
  call.once('response', resolve);
  call.once('error', reject);
  call.end(text);
  return promise;
}
