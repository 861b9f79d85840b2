// The command `request`: one call of the agent's REST API.

import { problem } from '#core/access/problem.ts';
import { httpCall } from './http-call.ts';
import type { RequestAnswer, RequestCommand } from './commands.ts';

export async function request(command: RequestCommand): Promise<RequestAnswer> {
  const { method, url, body, login, timeoutMs } = command;
  const authorization =
    login === null
      ? {}
      : {
          authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`,
        };
  try {
    const { status, text } = await httpCall({
      url,
      method,
      headers: { ...authorization, 'content-type': 'application/json' },
      body: body === null ? null : JSON.stringify(body),
      timeoutMs,
    });
    return { ok: true, did: [], problem: null, status, text };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const found = problem(
      'SERVER_UNREACHABLE',
      `Cannot ask the agent of this unit at ${url}: ${words}`,
      "Look at the agent's log on this unit",
    );
    return { ok: false, did: [], problem: found, status: 0, text: '' };
  }
}
