// Brings the server's configuration to disk as it is to be now, and remembers what that was.

import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import { customBootstrapHba } from '#core/config/patroni/hba.ts';
import type { Role } from '#core/dcs/cluster.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import { textColumn } from '#adapters/pg/columns.ts';
import type { Row } from './connection.ts';
import { localTarget } from './local-address.ts';
import { lookup } from 'node:dns/promises';
import type { MemberFiles } from './member-files.ts';
import { writtenValue } from './member-files.ts';
import type { MemberPlace } from './member-place.ts';
import type { BootstrapRecovery, ServerSettings } from './member-settings.ts';
import { serverSettings } from './member-settings.ts';

/** What decides the files, beside the configuration. */
export interface WriteRequest {
  readonly config: AgentConfig;
  readonly role: Role;
  readonly upstream: Upstream | null;
  readonly serverVersion: number;
  readonly controlSettings: Readonly<Record<string, number>> | null;
  readonly bootstrapRecovery: BootstrapRecovery | null;
  /** Whether it has slots that it keeps as copies of the primary's; null where that is not known. */
  readonly hasSyncedSlots: boolean | null;
}

export class MemberWriter {
  readonly #place: MemberPlace;
  readonly #files: MemberFiles;
  readonly #log: LogPort;
  /** Null: not known yet what it was before us. */
  #synchronousStandbyNames: string | null = null;
  #isSynchronousOwned = false;
  /** A logical slot needs it, whatever is configured. */
  isHotStandbyFeedbackForced = false;
  readonly #warned: Set<string> = new Set();
  /** Null while no server has told them. */
  #knownNames: ReadonlySet<string> | null = null;
  readonly refusedNames: Set<string> = new Set();

  constructor(place: MemberPlace, files: MemberFiles, log: LogPort) {
    this.#place = place;
    this.#files = files;
    this.#log = log;
  }

  /** Asks the server which parameters it has, once. */
  async learnNames(query: (text: string) => Promise<readonly Row[]>): Promise<void> {
    if (this.#knownNames !== null) return;
    const rows = await query('SELECT lower(name) AS name FROM pg_settings');
    this.#knownNames = new Set(rows.map((row) => textColumn(row, 'name')));
  }

  /** Null gives the parameter back to the configuration. */
  own(synchronousStandbyNames: string | null): void {
    this.#isSynchronousOwned = synchronousStandbyNames !== null;
    this.#synchronousStandbyNames = synchronousStandbyNames;
  }

  /**
   * In a synchronous mode the value belongs to the loop. Until it says one, the value in the file stays: what
   * this server was told to wait for it has to go on waiting for.
   */
  async #namesNow(config: AgentConfig): Promise<string | null> {
    if (this.#isSynchronousOwned) return this.#synchronousStandbyNames;
    if (config.global.synchronousMode === 'off') return null;
    return (await writtenValue(this.#files.confPath, 'synchronous_standby_names')) ?? '';
  }

  /** Copies that are moved no more would hold WAL back for ever, and nobody but the server can drop them. */
  async #isSlotSyncKept({ hasSyncedSlots }: WriteRequest): Promise<boolean> {
    if (hasSyncedSlots === false) return false;
    return (await writtenValue(this.#files.confPath, 'sync_replication_slots')) === 'on';
  }

  async settings(request: WriteRequest): Promise<ServerSettings> {
    const settings = serverSettings({
      ...request,
      place: this.#place,
      synchronousStandbyNames: await this.#namesNow(request.config),
      isHotStandbyFeedbackForced: this.isHotStandbyFeedbackForced,
      isSlotSyncKept: await this.#isSlotSyncKept(request),
      knownNames: this.#knownNames,
      refusedNames: this.refusedNames,
    });
    for (const warning of settings.warnings) {
      if (this.#warned.has(warning)) continue;
      this.#warned.add(warning);
      this.#log.warning(warning);
    }
    return settings;
  }

  /** Writes all files of the configuration; true where one of them changed. */
  async write(request: WriteRequest): Promise<{
    readonly settings: ServerSettings;
    readonly hasChanged: boolean;
  }> {
    const files = this.#files;
    const { postgresql } = request.config;
    const settings = await this.settings(request);
    const changed: boolean[] = [];
    const include = await files.takeOver(postgresql.customConf);
    const { passfileText } = settings.recovery;
    if (passfileText !== null) await files.write(postgresql.pgpass, passfileText);
    changed.push(await files.write(files.confPath, settings.confText(include)));
    const hba = request.bootstrapRecovery === null ? settings.hbaText : await this.#trust(request);
    if (hba !== null) changed.push(await files.write(files.hbaPath, hba));
    if (settings.identText !== null) {
      changed.push(await files.write(files.identPath, settings.identText));
    }
    await files.cleanAutoConf();
    return { settings, hasChanged: changed.includes(true) };
  }

  async #trust({ config }: WriteRequest): Promise<string> {
    const { replication, superuser } = config.postgresql;
    const { host } = localTarget(config.postgresql, true);
    const found = host.startsWith('/') ? [] : await lookup(host, { all: true }).catch(() => []);
    return customBootstrapHba({
      replicationUser: replication.username ?? 'replicator',
      superuser: superuser.username,
      addresses: found.map(({ address }) => address),
    });
  }
}
