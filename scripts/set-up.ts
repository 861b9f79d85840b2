// Sees to what the project needs of the machine: a PostgreSQL server, and for its tests the programs of
// install-tools.ts. Installs them through the system's package manager where it may, and otherwise says in
// one sentence what to run.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './charms.ts';
import { fetchPostgresql } from './fetch-postgresql.ts';
import { installTools } from './install-tools.ts';

interface InstallAnswer {
  readonly ok: boolean;
  readonly version?: string;
  readonly problem?: { readonly message: string; readonly hint: string } | null;
}

/** The charm's own installer does the work, so that what is tested is what a unit runs. */
export function setUp(): InstallAnswer {
  const done = spawnSync(process.execPath, [join(root, 'hooks/setup/pg-setup.ts')], {
    input: JSON.stringify({ command: 'install', version: '' }),
    stdio: ['pipe', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (done.status !== 0) {
    return { ok: false, problem: { message: `pg-setup exited with ${done.status}`, hint: '' } };
  }
  return JSON.parse(done.stdout) as InstallAnswer;
}

if (import.meta.main) {
  const answer = setUp();
  if (!answer.ok) {
    console.error(
      `${answer.problem?.message ?? 'PostgreSQL is missing'}. ${answer.problem?.hint ?? ''}`,
    );
    process.exit(1);
  }
  console.log(`PostgreSQL ${answer.version ?? ''} is installed`);
  const toDo = installTools();
  if (toDo !== null) {
    console.error(toDo);
    process.exit(1);
  }
  const without = await fetchPostgresql();
  if (without !== null) console.log(without);
}
