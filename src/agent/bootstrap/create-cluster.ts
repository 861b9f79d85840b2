// Fills an empty data directory with a new cluster: by initdb, or by a method of the configuration's own.

import { createSecretFile } from '#adapters/files/secret-file.ts';
import { makeVerifier } from '#adapters/pg/scram-verifier.ts';
import { argumentText } from '#core/bootstrap/argument-text.ts';
import { customBootstrapArguments } from '#core/bootstrap/custom-bootstrap-arguments.ts';
import { initdbArguments } from '#core/bootstrap/initdb-arguments.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import type { BootstrapDeps } from './bootstrap-deps.ts';
import { CopyProgress } from './copy-progress.ts';
import { exitCodeOf, howItEnded, lastWordsOf, runLogged } from './run-logged.ts';

/** The superuser's password; null where there is none to set. */
function superuserPassword(deps: BootstrapDeps): string | null {
  const { password } = deps.config().postgresql.superuser;
  if (password === '') {
    deps.log.warning(
      'postgresql.authentication.superuser.password is empty: the superuser gets no password',
    );
    return null;
  }
  return password;
}

/**
 * Runs initdb with the options of the section `bootstrap.initdb`. An option that is none, or not allowed, makes no
 * cluster at all. False when it failed, having logged why.
 */
export async function createByInitdb(
  deps: BootstrapDeps,
  options: unknown,
  signal: AbortSignal,
): Promise<boolean> {
  const { log, postgres } = deps;
  postgres.setState('initializing new cluster');
  const password = superuserPassword(deps);
  // initdb takes the first line of the file as it is. A verifier has one line, whatever the password holds, and tells
  // nobody the password.
  await using file =
    password === null
      ? null
      : await createSecretFile(`${makeVerifier(password)}\n`, postgres.place.identity);
  const request = initdbArguments({
    options,
    superuserName: deps.config().postgresql.superuser.username,
    passwordFile: file?.path ?? null,
    dataDirectory: postgres.place.dataDirectory,
  });
  if (request.kind === 'faulty') {
    postgres.setState('initdb failed');
    log.error(`Cannot make a cluster: ${request.faults.join('; ')}. Correct bootstrap.initdb`);
    return false;
  }
  const end = await runLogged(deps, {
    label: 'initdb',
    file: postgres.place.program('initdb'),
    args: request.args,
    signal,
  });
  if (exitCodeOf(end) !== 0) {
    postgres.setState('initdb failed');
    log.error(`Cannot make a cluster: initdb ${howItEnded(end)}${lastWordsOf(end)}`);
    return false;
  }
  await postgres.readServerParameters();
  return true;
}

/** Runs the custom method's command. False when it failed, having logged why. */
export async function createByCommand(
  deps: BootstrapDeps,
  method: string,
  section: JsonObject,
  signal: AbortSignal,
): Promise<boolean> {
  const { log, postgres } = deps;
  const { dataDirectory } = postgres.place;
  postgres.setState('running custom bootstrap script');
  const command = customBootstrapArguments(method, section, deps.config().scope, dataDirectory);
  if (command.kind === 'unusable') {
    postgres.setState('custom bootstrap failed');
    log.error(command.why);
    return false;
  }
  const shown = argumentText(section['command'] ?? null);
  log.info(`Running custom bootstrap script: ${shown}`);
  const progress = new CopyProgress(deps, `custom bootstrap by ${method}`);
  progress.watchDirectory(dataDirectory);
  try {
    const end = await runLogged(deps, { label: method, ...command, signal });
    if (exitCodeOf(end) === 0) return true;
    postgres.setState('custom bootstrap failed');
    log.error(`Custom bootstrap script ${shown} ${howItEnded(end)}${lastWordsOf(end)}`);
    return false;
  } finally {
    progress.end();
  }
}
