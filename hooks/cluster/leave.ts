// Takes a member that leaves for good out of etcd, so that nobody waits for its lease or keeps a slot for it. Speaks
// the JSON gateway of etcd's third protocol, of which it needs two calls.

import { problem, type Problem } from '#core/access/problem.ts';
import { hostPort } from '../agent/agent-yaml.ts';
import { httpCall } from './http-call.ts';
import type { Leave } from './commands.ts';

const timeoutMs = 3_000;

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The first text behind all those that begin with `prefix`. */
function endOf(prefix: string): string {
  const bytes = Buffer.from(prefix);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) + 1;
  return bytes.toString('base64');
}

/** Asks one endpoint after the other. Throws the last one's error where none answers. */
async function call(leave: Leave, path: string, body: object): Promise<Record<string, unknown>> {
  let last: unknown = null;
  for (const { host, port } of leave.endpoints) {
    try {
      const answer = await httpCall({
        url: `${leave.protocol}://${hostPort(host, port)}/v3/kv/${path}`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        timeoutMs,
      });
      if (answer.status === 200) return JSON.parse(answer.text) as Record<string, unknown>;
      last = new Error(`it answered with status ${answer.status}`);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** Deletes the member's key, and the cluster's own where nobody is left. */
export async function leaveCluster(leave: Leave, did: string[]): Promise<Problem | null> {
  const { scope, member, isLast } = leave;
  const folder = `/service/${scope}/`;
  try {
    await call(leave, 'deleterange', { key: encode(`${folder}members/${member}`) });
    did.push(`Took ${member} out of etcd`);
    if (!isLast) return null;
    const members = `${folder}members/`;
    const left = await call(leave, 'range', {
      key: encode(members),
      range_end: endOf(members),
      count_only: true,
    });
    if (Number(left['count'] ?? 0) > 0) return null;
    await call(leave, 'deleterange', { key: encode(folder), range_end: endOf(folder) });
    did.push(`Took cluster ${scope} out of etcd`);
    return null;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return problem(
      'SERVER_UNREACHABLE',
      `Cannot take ${member} out of etcd: ${words}`,
      'It goes by itself when its lease runs out; nothing is to be done',
    );
  }
}
