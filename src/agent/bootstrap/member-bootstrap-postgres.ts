// The member's PostgreSQL as bootstrap needs it.

import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorCode } from '#adapters/files/error-code.ts';
import type { StartOptions } from '#adapters/ports/agent-ports.ts';
import type { Connection } from '#adapters/postgres/connection.ts';
import { programsMajor } from '#adapters/postgres/data-directory-facts.ts';
import { localParameters, openRoleSession } from '#adapters/postgres/member-connections.ts';
import type { MemberPostgres } from '#adapters/postgres/member-postgres.ts';
import { isOn } from '#core/bootstrap/is-on.ts';
import type { ConnectionParameters } from '#core/config/patroni/dsn.ts';
import type { JsonObject, PostgresState, Role } from '#core/dcs/cluster.ts';
import type { StartOutcome } from '#core/ha/values.ts';
import type { BootstrapPostgres } from './bootstrap-postgres.ts';

/** Names of the trigger file's parameter, the newer one first. */
const triggerParameters: readonly string[] = ['promote_trigger_file', 'trigger_file'];

export class MemberBootstrapPostgres implements BootstrapPostgres {
  readonly #postgres: MemberPostgres;
  #programsMajor: number | null = null;

  constructor(postgres: MemberPostgres) {
    this.#postgres = postgres;
  }

  get place(): BootstrapPostgres['place'] {
    return this.#postgres.place;
  }

  setState(state: PostgresState): void {
    this.#postgres.setState(state);
  }

  setRole(role: Role): void {
    this.#postgres.setRole(role);
  }

  async start(options: StartOptions, signal?: AbortSignal): Promise<StartOutcome> {
    return this.#postgres.start(options, signal);
  }

  async restart(): Promise<StartOutcome> {
    return this.#postgres.restart({
      role: 'primary',
      upstream: null,
      timeoutMs: this.#postgres.config.postgresql.pgCtlTimeoutSeconds * 1000,
      callback: null,
      stopTimeoutMs: null,
    });
  }

  async reload(): Promise<void> {
    await this.#postgres.reload();
  }

  async isRestartPending(): Promise<boolean> {
    const { pendingRestart } = await this.#postgres.observe();
    if (Object.keys(pendingRestart).length > 0) return true;
    // Off while a restored server recovers, so that nobody mistakes it for a standby; no other server is without it.
    const [row] = await this.#postgres.query(`SELECT current_setting('hot_standby') AS value`);
    return row?.['value'] === 'off';
  }

  async programsMajorVersion(): Promise<number> {
    this.#programsMajor ??= Number((await programsMajor(this.#postgres.place)) ?? 0);
    return this.#programsMajor;
  }

  async readServerParameters(): Promise<void> {
    this.#postgres.observer.forget();
    await this.#postgres.observer.dataDirectory();
  }

  async appendHba(lines: readonly string[]): Promise<void> {
    await this.#postgres.files.appendHba(lines);
  }

  async saveConfigurationFiles(): Promise<void> {
    await this.#postgres.files.save();
  }

  async restoreConfigurationFiles(): Promise<void> {
    await this.#postgres.files.restore();
  }

  async writeRecoveryConf(recoveryConf: JsonObject): Promise<void> {
    await this.#postgres.files.setUp(isOn(recoveryConf['standby_mode']) ? 'standby' : 'recovery');
    this.#postgres.setBootstrapRecovery({ kind: 'written', recoveryConf });
  }

  async removeRecoveryConf(): Promise<void> {
    await this.#postgres.files.setUp('primary');
    this.#postgres.setBootstrapRecovery({ kind: 'none' });
  }

  async removePromoteTrigger(): Promise<void> {
    const { recoveryConf, dataDir } = this.#postgres.config.postgresql;
    const names = triggerParameters.map((parameter) => recoveryConf[parameter]);
    const configured = names.find((name) => typeof name === 'string' && name !== '');
    await rm(resolve(dataDir, typeof configured === 'string' ? configured : 'promote'), {
      force: true,
    });
  }

  async writeServerConfiguration(): Promise<void> {
    this.#postgres.setBootstrapRecovery(null);
    await this.#postgres.reconfigure(this.#postgres.config);
  }

  async restoreHba(): Promise<void> {
    const { files } = this.#postgres;
    const saved = join(this.#postgres.place.dataDirectory, 'pg_hba.conf.backup');
    try {
      // Looked at first: without a file the server would go on with the rules it has read, which trust.
      await readFile(saved);
    } catch (error) {
      throw new Error(
        `Cannot close the access a custom bootstrap needed: ${saved} can't be read (${errorCode(error)}). Set postgresql.pg_hba`,
        { cause: error },
      );
    }
    await rm(files.hbaPath, { force: true });
    await files.restore();
  }

  localConnection(): ConnectionParameters {
    return localParameters(this.#postgres.config);
  }

  async withRoleSession(work: (session: Connection) => Promise<void>): Promise<void> {
    const { config } = this.#postgres;
    await using session = await openRoleSession(config, config.postgresql.superuser);
    await work(session);
  }

  async closeSessions(): Promise<void> {
    this.#postgres.dropConnections();
  }
}
