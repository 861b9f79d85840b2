// Makes a new cluster, and fills the data directory of a replica. The loop decides when; how it is done, and what is
// left when it fails, is here.
//
// Life of a new cluster: `bootstrap` (initdb or the custom method, files, start), then, once the server accepts writes,
// `postBootstrap` (roles, script, closing what the custom method needed open). Life of a replica: `clone`.

import type { ConnectionParameters } from '#core/config/patroni/dsn.ts';
import type { BootstrapConfig } from '#core/config/patroni/agent-config.ts';
import { bootstrapMethod } from '#core/bootstrap/bootstrap-method.ts';
import { hasMethodWithoutLeader } from '#core/bootstrap/choose-methods.ts';
import { isOn } from '#core/bootstrap/is-on.ts';
import type { Unfinished } from '#core/bootstrap/journal.ts';
import { unfinishedOf, whyNotInitdb } from '#core/bootstrap/journal.ts';
import { processUserOptions } from '#core/bootstrap/process-user-options.ts';
import type { OptionErrorHandler } from '#core/bootstrap/process-user-options.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import type { BootstrapPort, CloneSource } from '../bootstrap-port.ts';
import type { BootstrapDeps } from './bootstrap-deps.ts';
import { configuredMethods } from './configured-methods.ts';
import { createByCommand, createByInitdb } from './create-cluster.ts';
import { createByBasebackup, createReplicaByMethods } from './create-replica.ts';
import { DataDirectoryCare } from './data-directory-care.ts';
import {
  closeCustomBootstrap,
  makeRole,
  makeWorkingRoles,
  runPostBootstrap,
} from './finish-cluster.ts';
import { publicDsn } from './source-connection.ts';

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export class Bootstrap implements BootstrapPort {
  readonly #deps: BootstrapDeps;
  readonly #care: DataDirectoryCare;
  #isRunningCustomBootstrap = false;
  #isKeepingRecoveryConf = false;

  constructor(deps: BootstrapDeps) {
    this.#deps = deps;
    const { clock, log, postgres } = deps;
    this.#care = new DataDirectoryCare({ place: postgres.place, clock, log });
  }

  /** See `processUserOptions` of the core. */
  static processUserOptions(
    tool: string,
    options: unknown,
    notAllowedOptions: readonly string[],
    errorHandler: OptionErrorHandler,
  ): string[] {
    return processUserOptions(tool, options, notAllowedOptions, errorHandler);
  }

  /** From the start of a custom method until the server is configured as any other. */
  get runningCustomBootstrap(): boolean {
    return this.#isRunningCustomBootstrap;
  }

  get isRunningCustomBootstrap(): boolean {
    return this.#isRunningCustomBootstrap;
  }

  /** The recovery settings the custom method left are the server's, and are not touched. */
  get keepExistingRecoveryConf(): boolean {
    return this.#isRunningCustomBootstrap && this.#isKeepingRecoveryConf;
  }

  get hasMethodWithoutLeader(): boolean {
    return hasMethodWithoutLeader(configuredMethods(this.#deps.config()));
  }

  /** A new cluster, up to a started server; false when it failed, having logged why. */
  async bootstrap(signal: AbortSignal): Promise<boolean> {
    const { config, log } = this.#deps;
    const section = config().bootstrap;
    if (section === null) {
      log.error('Cannot make a cluster: the configuration has no section bootstrap');
      return false;
    }
    return this.#guarded('bootstrap', async () => {
      if (!(await this.#mayCreate(section))) return false;
      const method = bootstrapMethod(section);
      await this.#care.prepare(method.kind === 'custom');
      await this.#care.begin('creating', section.method, method.kind === 'custom');
      const isCreated =
        method.kind === 'custom'
          ? await this.customBootstrap(method.name, method.section, signal)
          : await this.initdb(section.initdb, signal);
      return isCreated && !signal.aborted && (await this.#startNewCluster(section, signal));
    });
  }

  /** initdb with the options of `bootstrap.initdb`. */
  async initdb(options: unknown, signal: AbortSignal): Promise<boolean> {
    return createByInitdb(this.#deps, options, signal);
  }

  /** The custom method's command, and the recovery settings it is to be started with. */
  async customBootstrap(
    method: string,
    section: JsonObject,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { postgres } = this.#deps;
    this.#isRunningCustomBootstrap = true;
    this.#isKeepingRecoveryConf = isOn(section['keep_existing_recovery_conf']);
    if (!(await createByCommand(this.#deps, method, section, signal))) return false;
    await this.postRestore();
    const recoveryConf = section['recovery_conf'];
    if (isObject(recoveryConf)) await postgres.writeRecoveryConf(recoveryConf);
    else if (!this.keepExistingRecoveryConf) await postgres.removeRecoveryConf();
    return true;
  }

  /** A copy of another server's directory becomes ours: its files, its version, and nothing that promotes it. */
  async postRestore(): Promise<void> {
    const { postgres } = this.#deps;
    await postgres.restoreConfigurationFiles();
    await postgres.readServerParameters();
    await postgres.removePromoteTrigger();
  }

  /** Runs the script of `bootstrap.post_bootstrap` (or `post_init`); true where there is none. */
  async callPostBootstrap(command: string | null, signal: AbortSignal): Promise<boolean> {
    return runPostBootstrap(this.#deps, command, signal);
  }

  /** `options` are those of CREATE ROLE; LOGIN is added unless they say otherwise. Throws what the server says. */
  async createOrUpdateRole(
    name: string,
    password: string | null,
    options: readonly string[],
  ): Promise<void> {
    await makeRole(this.#deps, name, password, options);
  }

  /** Roles, script, grants, files, once the server accepts writes. False when it failed, having logged why. */
  async postBootstrap(signal: AbortSignal): Promise<boolean> {
    return this.#guarded('post_bootstrap', async () => {
      const config = this.#deps.config();
      const { superuser } = config.postgresql;
      await this.#care.enter('post_bootstrap');
      if (superuser.username !== null && superuser.password !== null) {
        await this.createOrUpdateRole(superuser.username, superuser.password, ['SUPERUSER']);
      }
      const command = config.bootstrap?.postBootstrap ?? null;
      if (!(await this.callPostBootstrap(command, signal))) return false;
      await makeWorkingRoles(this.#deps, config);
      if (this.#isRunningCustomBootstrap) {
        // From here on the files are written as for any other server.
        this.#isRunningCustomBootstrap = false;
        await closeCustomBootstrap(this.#deps, config, signal);
      }
      await this.#care.enter('done');
      return true;
    });
  }

  /**
   * Tries the replica methods in their order. Returns 0 for success, else the last exit code, or null where the last
   * one has none.
   */
  async createReplica(
    source: CloneSource,
    fromLeaderOnly: boolean,
    signal: AbortSignal,
  ): Promise<number | null> {
    return createReplicaByMethods(this.#deps, this.#care, source, fromLeaderOnly, signal);
  }

  /** Copies a server by pg_basebackup, twice at the most. Returns as `createReplica` does. */
  async basebackup(
    connection: ConnectionParameters,
    environment: Readonly<Record<string, string>>,
    options: unknown,
    signal: AbortSignal,
  ): Promise<number | null> {
    const majorVersion = await this.#deps.postgres.programsMajorVersion();
    const clear = async (): Promise<void> => {
      if ((await this.#care.content()) !== 'empty') await this.#care.remove();
      await this.#care.ensure();
    };
    const request = { dsn: publicDsn(connection, majorVersion), environment, options };
    return createByBasebackup(this.#deps, clear, request, signal);
  }

  /** Fills the data directory by the first method that works. False when none did, having logged why. */
  async clone(source: CloneSource, fromLeaderOnly: boolean, signal: AbortSignal): Promise<boolean> {
    return this.#guarded('clone', async () => {
      if (!(await this.#care.claim())) return false;
      if ((await this.createReplica(source, fromLeaderOnly, signal)) !== 0) return false;
      await this.postRestore();
      await this.#care.enter('done');
      return true;
    });
  }

  /**
   * Clears away what an attempt left that was cut off with its agent. True where it did. A directory that holds a
   * complete cluster is moved aside and never removed; one that no attempt of ours began is not touched.
   */
  async clearUnfinished(): Promise<boolean> {
    const last = await this.#care.lastJournal();
    if (last === null || (last.phase !== 'creating' && last.phase !== 'cloning')) return false;
    const content = await this.#care.content();
    if (content === 'empty' || !(await this.#care.claim())) return false;
    if (last.phase === 'cloning' && content === 'other') await this.#care.remove();
    else await this.#care.moveAside('failed');
    return true;
  }

  async readUnfinished(): Promise<Unfinished> {
    return unfinishedOf(await this.#care.lastJournal());
  }

  async noteGivenUp(): Promise<void> {
    await this.#care.giveUp();
  }

  async noteRewind(phase: 'begun' | 'done'): Promise<void> {
    if (phase === 'begun') await this.#care.begin('rewinding', 'pg_rewind', false);
    else await this.#care.enter('done');
  }

  async moveDataDirectoryAside(suffix: 'failed' | 'replaced'): Promise<void> {
    await this.#care.moveAside(suffix);
    this.#isRunningCustomBootstrap = false;
  }

  async removeDataDirectory(): Promise<void> {
    this.#deps.postgres.setRole('uninitialized');
    await this.#care.remove();
  }

  /** Whether nothing stands against making a cluster here; else it is logged. */
  async #mayCreate(section: BootstrapConfig): Promise<boolean> {
    const { log, postgres } = this.#deps;
    const method = bootstrapMethod(section);
    if (method.kind === 'refused') {
      log.critical(method.why);
      return false;
    }
    if ((await this.#care.content()) !== 'empty') {
      log.critical(
        `Cannot make a cluster: the data directory ${postgres.place.dataDirectory} is not empty. Move its content away, or let this member join another one`,
      );
      return false;
    }
    const why =
      method.kind === 'initdb'
        ? whyNotInitdb(await this.#care.lastJournal(), this.#care.journalPath)
        : null;
    if (why !== null) log.critical(why);
    return why === null && (await this.#care.claim());
  }

  async #startNewCluster(section: BootstrapConfig, signal: AbortSignal): Promise<boolean> {
    const { config, log, postgres } = this.#deps;
    const { parameters, pgHba, pgCtlTimeoutSeconds } = config().postgresql;
    if (pgHba === null && parameters['hba_file'] === undefined && section.pgHba.length > 0) {
      await postgres.appendHba(section.pgHba);
    }
    await postgres.saveConfigurationFiles();
    await this.#care.enter('starting');
    const outcome = await postgres.start(
      {
        role: 'primary',
        upstream: null,
        timeoutMs: pgCtlTimeoutSeconds * 1000,
        callback: null,
        customBootstrap: this.#isRunningCustomBootstrap,
      },
      signal,
    );
    if (outcome.kind !== 'failed') return true;
    log.error(`Cannot start the new cluster: ${outcome.why}`);
    return false;
  }

  /** Whatever is thrown on the way is logged with the name of what was done, and is a failure of it. */
  async #guarded(what: string, work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#deps.log.error(`${what} failed: ${why}`, { error });
      return false;
    }
  }
}
