// Answers JSON requests over HTTP on a unix socket that only its owner may open. Says nothing about what is asked:
// the path of a request is the name of a call, its body the input.

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';

import { closeServer, listenOnPath } from './unix-listener.ts';
import type { Listener } from './unix-listener.ts';

export interface JsonRequest {
  readonly name: string;
  readonly body: unknown;
  /** Aborted when the caller went away. */
  readonly signal: AbortSignal;
}

export type JsonReply =
  | { readonly kind: 'value'; readonly status: number; readonly value: unknown }
  /** One JSON document per line for as long as the iteration gives any. */
  | { readonly kind: 'stream'; readonly lines: AsyncIterable<unknown> };

/** `handle` must turn its own errors into replies; one that escapes ends up in `onError` and as status 500. */
export async function serveJson(
  path: string,
  handle: (request: JsonRequest) => Promise<JsonReply>,
  onError: (error: unknown) => void,
): Promise<Listener> {
  const server = createServer((request, response) => {
    answer(request, response, handle).catch((error: unknown) => {
      onError(error);
      if (response.headersSent) response.destroy();
      else send(response, 500, { error: { message: 'the controller failed; see its log' } });
    });
  });
  await listenOnPath(server, path);
  return {
    close: async () => {
      const closed = closeServer(server);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: JsonRequest) => Promise<JsonReply>,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('The caller closed the connection')));
  // A caller that goes away in the middle of a reply is not an error of the server.
  response.on('error', () => gone.abort());
  const name = (request.url ?? '/').replace(/^\//u, '');
  const body: unknown = request.method === 'POST' ? await json(request) : {};
  const reply = await handle({ name, body, signal: gone.signal });
  if (response.destroyed) return;
  if (reply.kind === 'value') send(response, reply.status, reply.value);
  else await stream(response, reply.lines, gone.signal);
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value ?? null));
}

async function stream(
  response: ServerResponse,
  lines: AsyncIterable<unknown>,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  for await (const line of lines) {
    if (signal.aborted) break;
    if (response.write(`${JSON.stringify(line)}\n`)) continue;
    // Wait for a slow reader rather than pile up what it has not read.
    const drained = Promise.withResolvers<void>();
    response.once('drain', drained.resolve);
    signal.addEventListener('abort', () => drained.resolve(), { once: true });
    await drained.promise;
  }
  response.end();
}
