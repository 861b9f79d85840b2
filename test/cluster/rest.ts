// Requests to a member's REST API.

export interface RestAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** The body as JSON; an assertion about another body fails with that body in the message. */
  json(): Record<string, unknown>;
}

export type Method = 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The longest an answer may take: a switchover answers only when it is done. */
const answerTimeoutMs = 60_000;

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error(`the answer is not JSON: ${text}`);
  }
}

/** @throws where nobody answers */
export async function rest(
  method: Method,
  url: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<RestAnswer> {
  const answer = await fetch(url, {
    method,
    signal: AbortSignal.timeout(answerTimeoutMs),
    // Each answer ends its connection, as Patroni's do; a kept one would be the next request's error.
    headers: { ...headers, connection: 'close' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, text, headers: answer.headers, json: () => parsed(text) };
}
