// What makes a started server a cluster others can join: its roles, the script of whoever runs it, and, after a custom
// bootstrap, the closing of the doors that were open for it.

import { createOrUpdateRole, grantRewindRights } from '#adapters/postgres/roles.ts';
import { splitCommand } from '#core/bootstrap/split-command.ts';
import type { AgentConfig, Credentials } from '#core/config/patroni/agent-config.ts';
import type { BootstrapDeps } from './bootstrap-deps.ts';
import { createPasswordFile } from './password-file.ts';
import { exitCodeOf, howItEnded, lastWordsOf, runLogged } from './run-logged.ts';
import { publicDsn } from './source-connection.ts';

/** The server needs a moment to read its files after the signal; new connections then meet the new rules. */
const settleMs = 1_000;

/**
 * Runs the script of `bootstrap.post_bootstrap` with a connection string as its last argument. True where there is
 * none. False when it failed, having logged its command, end and last lines.
 */
export async function runPostBootstrap(
  deps: BootstrapDeps,
  command: string | null,
  signal: AbortSignal,
): Promise<boolean> {
  if (command === null || command.trim() === '') return true;
  const { log, postgres } = deps;
  const split = splitCommand(command);
  const [file = '', ...args] = split.kind === 'words' ? split.words : [];
  if (split.kind === 'unclosed' || file === '') {
    const why = split.kind === 'unclosed' ? split.why : 'it names no program';
    log.error(`post_init script ${command} failed: ${why}`);
    return false;
  }
  const connection = postgres.localConnection();
  await using passwords = await createPasswordFile(connection, postgres.place.identity, log);
  const end = await runLogged(deps, {
    label: 'post_init',
    file,
    args: [...args, publicDsn(connection, await postgres.programsMajorVersion())],
    environment: {
      ...passwords.environment,
      // A server whose synchronous standbys are still to come would let the script wait for ever.
      PGOPTIONS: '-c synchronous_commit=local -c statement_timeout=0',
    },
    signal,
    mayLeaveProcesses: true,
  });
  const exitCode = exitCodeOf(end);
  if (exitCode === 0) return true;
  const what =
    exitCode === null ? `failed: it ${howItEnded(end)}` : `returned non-zero code ${exitCode}`;
  log.error(`post_init script ${command} ${what}${lastWordsOf(end)}`, { command, exitCode });
  return false;
}

/** Creates the role, or gives it the password and options where it is there. Throws what the server says. */
export async function makeRole(
  deps: BootstrapDeps,
  name: string,
  password: string | null,
  options: readonly string[],
): Promise<void> {
  await deps.postgres.withRoleSession(async (session) => {
    await createOrUpdateRole(session, name, password, options);
  });
}

function isSameUser(one: Credentials, other: Credentials): boolean {
  return one.username === other.username && one.password === other.password;
}

/** The roles of replication and of pg_rewind. */
export async function makeWorkingRoles(deps: BootstrapDeps, config: AgentConfig): Promise<void> {
  const { replication, rewind, superuser } = config.postgresql;
  if (replication.username !== null) {
    // Where it is the superuser's name too, REPLICATION adds to what that one is.
    await makeRole(deps, replication.username, replication.password, ['REPLICATION']);
  }
  const { username } = rewind;
  if (username === null || isSameUser(rewind, superuser)) return;
  await makeRole(deps, username, rewind.password, []);
  await deps.postgres.withRoleSession(async (session) => {
    await grantRewindRights(session, username);
  });
}

async function settle(deps: BootstrapDeps, signal: AbortSignal): Promise<void> {
  await deps.clock.delay(settleMs, signal);
  await deps.postgres.closeSessions();
}

/**
 * Ends what was open for a custom bootstrap: the trust in pg_hba.conf, and the recovery settings of the backup. When
 * it returns, the server asks everybody as configured.
 */
export async function closeCustomBootstrap(
  deps: BootstrapDeps,
  config: AgentConfig,
  signal: AbortSignal,
): Promise<void> {
  const { log, postgres } = deps;
  if (config.postgresql.pgHba === null) await postgres.restoreHba();
  await postgres.removeRecoveryConf();
  await postgres.writeServerConfiguration();
  const hasOwnHbaFile = config.postgresql.parameters['hba_file'] !== undefined;
  if (hasOwnHbaFile || (await postgres.isRestartPending())) {
    const outcome = await postgres.restart();
    if (outcome.kind === 'failed') {
      throw new Error(`the restored server does not start with its configuration: ${outcome.why}`);
    }
    await postgres.closeSessions();
    return;
  }
  log.debug('Reloading the restored server with its configuration');
  await postgres.reload();
  await settle(deps, signal);
}
