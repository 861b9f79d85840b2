// Makes a request of the routes out of one of Node's: path and query, headers, and the body up to a limit.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import type { RestRequest } from './rest-message.ts';

/** Everything but the body. */
export type RequestHead = Omit<RestRequest, 'body'>;

/** First value of each parameter; one without a value counts as absent, as in Python. */
function readQuery(text: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(text)) {
    if (value !== '' && !query.has(key)) query.set(key, value);
  }
  return query;
}

export function readHead(incoming: IncomingMessage, signal: AbortSignal): RequestHead {
  // A proxy may send the whole address; only the path counts.
  const url = (incoming.url ?? '/').replace(/^https?:\/\/[^/?#]*/iu, '');
  const at = url.indexOf('?');
  const path = (at === -1 ? url : url.slice(0, at)).replace(/#.*$/u, '');
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (typeof value === 'string') headers.set(name, value);
  }
  const { socket } = incoming;
  return {
    method: (incoming.method ?? 'GET').toUpperCase(),
    path: path === '' || path === '*' ? '/' : path,
    query: readQuery(at === -1 ? '' : url.slice(at + 1)),
    headers,
    peerAddress: socket.remoteAddress ?? '',
    hasClientCertificate: isTlsSocket(socket) && socket.authorized,
    signal,
  };
}

/** Told without the class, which would be loaded for it. */
function isTlsSocket(socket: Socket): socket is TLSSocket {
  return 'encrypted' in socket;
}

export type BodyText =
  | { readonly kind: 'body'; readonly body: string | null }
  | { readonly kind: 'too-large' };

/** How much of a body that is too large is read and thrown away, so that its sender sees the answer. */
const swallowedLimits = 8;

/** Rejects where the sender breaks off. */
export async function readBodyText(
  incoming: IncomingMessage,
  limitBytes: number,
): Promise<BodyText> {
  const { headers } = incoming;
  const isAnnounced =
    headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  if (!isAnnounced) return { kind: 'body', body: null };
  if (Number(headers['content-length'] ?? 0) > limitBytes * swallowedLimits) {
    return { kind: 'too-large' };
  }
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes <= limitBytes) parts.push(part);
    else if (bytes > limitBytes * swallowedLimits) break;
  }
  if (bytes > limitBytes) return { kind: 'too-large' };
  return { kind: 'body', body: Buffer.concat(parts).toString('utf8') };
}
