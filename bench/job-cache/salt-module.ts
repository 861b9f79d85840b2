// The peer: Salt's own module, run by a Python that has Salt and psycopg2, where SALT_PYTHON names one.

import { execa } from 'execa';
import { fileURLToPath } from 'node:url';
import type { JobCacheServer } from './job-cache-server.ts';

const script = fileURLToPath(new URL('salt-module.py', import.meta.url));

/** Null where there is no Salt to measure. */
export const saltPython: string | null = process.env['SALT_PYTHON'] ?? null;

/** Jobs with one return a second, one caller. @throws Error with Python's words where it fails */
export async function saltRate(
  python: string,
  cache: JobCacheServer,
  seconds: number,
): Promise<number> {
  const { stdout } = await execa(python, [script, String(seconds)], {
    env: {
      PGHOST: cache.server.host,
      PGPORT: String(cache.server.port),
      PGDATABASE: cache.login.database,
      PGUSER: cache.login.user,
      PGPASSWORD: cache.login.password,
    },
    timeout: 120_000,
  });
  const answer: unknown = JSON.parse(stdout);
  if (typeof answer === 'object' && answer !== null && 'jobsPerSecond' in answer) {
    return Number(answer.jobsPerSecond);
  }
  throw new Error(`Cannot measure Salt's module: ${script} printed ${stdout}`);
}
