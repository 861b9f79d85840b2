// The command `check`: whether PostgreSQL takes parameters, before the agent is given them. A wrong one in the
// agent's hands would keep the server down at its next start, on every unit at once.

import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findIdentity } from '#adapters/postgres-server/identity.ts';
import { lastWords, runProgram } from '#adapters/postgres-server/run-program.ts';
import { problem } from '#core/access/problem.ts';
import { checkParameters } from '#core/config/check-parameters.ts';
import { renderParameters } from '#core/config/render-conf.ts';
import type { CheckCommand, ClusterAnswer } from './commands.ts';

/** What the server says, without what it puts before each line and what is of this check alone. */
function serverWords(text: string): string {
  const said = text
    .split('\n')
    .filter((line) => !/skipping missing configuration|contains errors/u.test(line))
    .map((line) => line.replace(/^.*?\b(?:LOG|FATAL|ERROR|HINT|DETAIL):\s+/u, ''));
  return lastWords(said.join('\n'));
}

/** Reads the parameters as a server would that is about to start, and ends. */
export async function check(command: CheckCommand): Promise<ClusterAnswer> {
  const { binDirectory, parameters } = command;
  const [wrong] = checkParameters(parameters, null);
  if (wrong !== undefined) return { ok: false, did: [], problem: wrong };
  const found = await findIdentity(null);
  if (found.kind === 'impossible') return { ok: false, did: [], problem: found.problem };
  const { identity } = found;
  const directory = await mkdtemp(join(tmpdir(), 'pg-check-'));
  try {
    const file = join(directory, 'postgresql.conf');
    await writeFile(file, renderParameters('to be checked', parameters), { mode: 0o600 });
    if (identity.isOther) {
      for (const path of [directory, file]) await chown(path, identity.uid, identity.gid);
    }
    const done = await runProgram({
      file: join(binDirectory, 'postgres'),
      args: ['-D', directory, `--config-file=${file}`, '-C', 'max_connections'],
      as: identity,
      timeoutMs: 30_000,
    });
    if (done.exitCode === 0) return { ok: true, did: [], problem: null };
    const words = serverWords(done.stderr || done.failure).replaceAll(file, 'extra-pg-conf');
    return {
      ok: false,
      did: [],
      problem: problem(
        'PARAMETER_REFUSED',
        `Cannot use the configured parameters: PostgreSQL says "${words}"`,
        'Correct the option extra-pg-conf; until then the settings in force stay',
      ),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
