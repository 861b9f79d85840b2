// One HTTP call to another member, over a connection of its own: a kept one may be dead without anybody knowing, and
// a member must not count as unreachable for that.

import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { nodeHttps } from '#adapters/net/lazy-tls.ts';

export interface PeerCall {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: no body. */
  readonly body: string | null;
  readonly tls: RequestOptions;
  /** For the whole call, from the connection to the last byte of the answer. */
  readonly timeoutMs: number;
}

export interface PeerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** No answer of a member is nearly as long; somebody else answers. */
const longestAnswerBytes = 1_048_576;

async function readText(response: IncomingMessage, url: URL): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > longestAnswerBytes) {
      throw new Error(`The answer of ${url.host} is longer than ${longestAnswerBytes} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Rejects where no whole answer came in time. */
export async function callPeer(call: PeerCall): Promise<PeerAnswer> {
  const { url, method, body, timeoutMs } = call;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
  const headers = {
    ...call.headers,
    ...(body !== null && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    }),
  };
  const options = { method, headers, signal, agent: false };
  const request =
    url.protocol === 'https:'
      ? nodeHttps().request(url, { ...call.tls, ...options })
      : httpRequest(url, options);
  request.once('response', resolve);
  request.on('error', reject);
  request.end(body ?? undefined);
  try {
    const response = await promise;
    const text = await readText(response, url);
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  } catch (error) {
    if (signal.aborted) {
      throw new Error(`no answer within ${Math.ceil(timeoutMs)} ms`, { cause: error });
    }
    throw error;
  } finally {
    request.destroy();
  }
}
