// One call over HTTP, within a time. Not fetch, which refuses some ports a person may have chosen.

import { request as plain } from 'node:http';
import { request as secure } from 'node:https';

export interface HttpCall {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null sends none. */
  readonly body: string | null;
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** Longest answer that is read, bytes. */
const answerBytesMax = 8 * 1024 * 1024;

/** @throws where nobody answers in time, or too much */
export async function httpCall(call: HttpCall): Promise<HttpAnswer> {
  const { url, method, headers, body, timeoutMs } = call;
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const request = url.startsWith('https:') ? secure : plain;
  const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const sent = request(
    url,
    { method, headers: { ...headers, ...length }, signal: AbortSignal.timeout(timeoutMs) },
    (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > answerBytesMax) sent.destroy(new Error('its answer is too long'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    },
  );
  sent.on('error', (error) => {
    const isLate = error.name === 'TimeoutError' || error.name === 'AbortError';
    reject(isLate ? new Error(`it did not answer within ${timeoutMs / 1000} seconds`) : error);
  });
  sent.end(body ?? undefined);
  return promise;
}
