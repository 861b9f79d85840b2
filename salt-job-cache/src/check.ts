// Records a job with one return the way Salt's returner does, reads both back over another connection,
// compares them, and takes them away again.

import { jidOf } from './jid.ts';
import type { Queryable } from './queryable.ts';

export interface CheckAnswer {
  readonly jid: string;
  /** Sentences naming what came back other than it was recorded; empty when all is well. */
  readonly differences: readonly string[];
}

/** More than one attempt only when another master took the same microsecond. */
const attempts = 5;

const load: Readonly<Record<string, string>> = {
  tgt_type: 'glob',
  cmd: 'publish',
  tgt: 'salt-job-cache-check',
  kwargs: "{'show_timeout': True}",
  ret: '',
  username: 'salt-job-cache',
  arg: '["it\'s", "µ", {"__kwarg__": true, "k": 1}]',
  fun: 'test.ping',
};

const returned: Readonly<Record<string, string | boolean>> = {
  fun: 'test.ping',
  return: '{"return": "True", "retcode": 0, "success": true}',
  id: 'salt-job-cache-check',
  success: true,
};

async function recordLoad(client: Queryable, nowMicros: bigint): Promise<string> {
  const columns = Object.keys(load);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const jid = jidOf(nowMicros + BigInt(attempt));
    const done = await client.query(
      `INSERT INTO jids (jid, started, ${columns.join(', ')})
       VALUES ($1, now(), ${columns.map((_, index) => `$${index + 2}`).join(', ')})
       ON CONFLICT (jid) DO NOTHING`,
      [jid, ...Object.values(load)],
    );
    if (done.rowCount === 1) return jid;
  }
  throw new Error(
    `Cannot find a free job id: ${attempts} in a row were taken. Another master may be set back in time; try again`,
  );
}

async function recordReturn(client: Queryable, jid: string): Promise<void> {
  await client.query(
    'INSERT INTO salt_returns (jid, fun, return, id, success) VALUES ($1, $2, $3, $4, $5)',
    [jid, ...Object.values(returned)],
  );
}

/** Takes away the rows of this check, and no others that may bear its id. */
async function forget(client: Queryable, jid: string): Promise<void> {
  await client.query('DELETE FROM salt_returns WHERE jid = $1 AND id = $2', [jid, returned['id']]);
  await client.query('DELETE FROM jids WHERE jid = $1 AND tgt = $2', [jid, load['tgt']]);
}

function differencesOf(
  what: string,
  expected: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>> | undefined,
): readonly string[] {
  if (found === undefined) return [`${what} did not come back`];
  return Object.entries(expected)
    .filter(([key, value]) => found[key] !== value)
    .map(([key]) => `${what}: column ${key} came back other than it was recorded`);
}

async function readBack(reader: Queryable, jid: string): Promise<readonly string[]> {
  const jobs = await reader.query(
    'SELECT tgt_type, cmd, tgt, kwargs, ret, username, arg, fun FROM jids WHERE jid = $1',
    [jid],
  );
  const returns = await reader.query(
    'SELECT fun, return, id, success FROM salt_returns WHERE jid = $1 AND id = $2',
    [jid, returned['id']],
  );
  return [
    ...differencesOf('The job', load, jobs.rows[0]),
    ...differencesOf('The return', returned, returns.rows[0]),
  ];
}

/**
 * Records, reads back, compares and takes away again.
 *
 * @param writer connection that records
 * @param reader another connection to the same database
 * @param nowMicros the time, in microseconds since the epoch
 */
export async function check(
  writer: Queryable,
  reader: Queryable,
  nowMicros: bigint,
): Promise<CheckAnswer> {
  const jid = await recordLoad(writer, nowMicros);
  const work = recordReturn(writer, jid).then(async () => readBack(reader, jid));
  await Promise.allSettled([work]);
  const cleaning = forget(writer, jid);
  await Promise.allSettled([cleaning]);
  // Where both failed the first is told: it is why the second did.
  const differences = await work;
  await cleaning;
  return { jid, differences };
}
