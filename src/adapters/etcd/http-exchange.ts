// One HTTP request and its answer, over a connection that is kept for the next one. Ends within its time.

import type { Agent as HttpAgent, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { errorCode } from '#adapters/files/error-code.ts';
import { nodeHttps } from '#adapters/net/lazy-tls.ts';

/** No answer of an etcd is longer; what is, comes from something else. */
const longestAnswerBytes = 16_777_216;

export interface Agents {
  readonly http: HttpAgent;
  /** Made when it is asked for first. */
  readonly https: HttpsAgent;
  /** Lets all connections go. */
  destroy(): void;
}

export interface Exchange {
  readonly url: string;
  /** Null for a GET. */
  readonly body: string | null;
  readonly token: string | null;
  readonly agents: Agents;
  /** Aborted with a reason in words when its time is up. */
  readonly signal: AbortSignal;
}

/** Sends the request; resolves once the headers of the answer are here. */
export async function openExchange(exchange: Exchange): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const isTls = exchange.url.startsWith('https:');
  const options: RequestOptions = {
    method: exchange.body === null ? 'GET' : 'POST',
    agent: isTls ? exchange.agents.https : exchange.agents.http,
    signal: exchange.signal,
    headers: {
      accept: 'application/json',
      ...(exchange.body === null
        ? {}
        : {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(exchange.body),
          }),
      ...(exchange.token === null ? {} : { authorization: exchange.token }),
    },
  };
  const call = (isTls ? nodeHttps().request : httpRequest)(exchange.url, options);
  call.once('response', resolve);
  // Not `once`: a connection that breaks after its answer must not end the process.
  call.on('error', reject);
  call.end(exchange.body ?? undefined);
  return promise;
}

/** The whole text of an answer. */
export async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > longestAnswerBytes) throw new Error('sent an answer without an end');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The JSON values of an answer as they come, each on a line of its own. */
export async function readLines(
  response: IncomingMessage,
  onLine: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of response as AsyncIterable<Buffer>) {
    rest += decoder.decode(part, { stream: true });
    if (rest.length > longestAnswerBytes) throw new Error('sent a line without an end');
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
  }
}

/** What went wrong with a connection, to be put behind the host's name. */
export function problemOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted && signal.reason instanceof Error) return signal.reason.message;
  const code = errorCode(error);
  const known = new Map([
    ['ECONNREFUSED', 'refused the connection'],
    ['ECONNRESET', 'broke off the connection'],
    ['EHOSTUNREACH', 'can not be reached'],
    ['ENETUNREACH', 'can not be reached'],
    ['ENOTFOUND', 'is a name DNS does not know'],
    ['EAI_AGAIN', 'is a name DNS gave no answer about'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'has a certificate that the CA of etcd3.cacert did not sign'],
    [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'has a certificate that the CA of etcd3.cacert did not sign',
    ],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'has a certificate that the CA of etcd3.cacert did not sign'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'has a certificate of another name'],
    ['CERT_HAS_EXPIRED', 'has a certificate that has run out'],
    ['EPROTO', 'does not speak TLS, or refused our certificate'],
  ]).get(code);
  if (known !== undefined) return known;
  const message = error instanceof Error ? error.message : String(error);
  if (code.startsWith('HPE_')) return `sent something that is no HTTP (${message})`;
  return `failed: ${message === '' ? code : message}`;
}
