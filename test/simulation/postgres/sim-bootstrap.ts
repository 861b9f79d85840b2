// Making and cloning clusters of the model: BootstrapPort, with the journal that outlives the agent.

import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';
import type { BootstrapPort, CloneSource } from '#agent/bootstrap-port.ts';
import type { JournalPhase, Unfinished } from '#core/bootstrap/journal.ts';
import { unfinishedOf } from '#core/bootstrap/journal.ts';
import { parseConnUrl } from '#core/config/patroni/dsn.ts';
import type { Random } from '#core/random.ts';
import type { Actor } from '../engine/actor.ts';
import { DataDirectory } from './data-directory.ts';
import { askServer } from './rewind.ts';
import type { PostgresServer } from './server.ts';
import type { SimPostgres } from './sim-postgres.ts';

/** What lies beside the data directory and survives the agent. */
export interface Disk {
  journal: JournalPhase | null;
  isGivenUp: boolean;
  /** Data directories that were moved aside. */
  readonly aside: DataDirectory[];
}

export interface SimBootstrapOptions {
  readonly postgres: SimPostgres;
  readonly server: PostgresServer;
  readonly disk: Disk;
  readonly actor: Actor;
  readonly clock: ClockPort;
  readonly log: LogPort;
  readonly random: Random;
  readonly isFailing: () => boolean;
  /** Before a directory is removed. */
  readonly onRemove: (directory: DataDirectory) => void;
  /** Before a new cluster is made, and when its roles are. */
  readonly onCreate: () => void;
}

const attempts = 2;
const pauseMs = 5000;

export class SimBootstrap implements BootstrapPort {
  readonly #options: SimBootstrapOptions;
  readonly hasMethodWithoutLeader: boolean = false;
  readonly isRunningCustomBootstrap: boolean = false;

  constructor(options: SimBootstrapOptions) {
    this.#options = options;
  }

  async bootstrap(signal: AbortSignal): Promise<boolean> {
    const { server, disk, clock, random, postgres, isFailing, onCreate } = this.#options;
    if (server.directory !== null || server.process !== null) return false;
    onCreate();
    disk.journal = 'creating';
    disk.isGivenUp = false;
    // So many digits has an identifier of PostgreSQL.
    const directory = new DataDirectory(`7${String(random.between(1, 1e9)).padStart(18, '0')}`);
    directory.condition = 'half-made';
    server.directory = directory;
    await clock.delay(random.between(300, 2000), signal);
    if (isFailing() || server.isDiskFull) return false;
    directory.condition = 'whole';
    disk.journal = 'starting';
    const outcome = await postgres.start(
      { role: 'primary', upstream: null, timeoutMs: 60_000, callback: null },
      signal,
    );
    return outcome.kind !== 'failed';
  }

  async postBootstrap(signal: AbortSignal): Promise<boolean> {
    const { server, disk, clock, random, isFailing } = this.#options;
    disk.journal = 'post_bootstrap';
    const { directory } = server;
    await clock.delay(random.between(50, 800), signal);
    if (isFailing() || !server.isAccepting || directory === null) return false;
    directory.hasRoles = true;
    disk.journal = 'done';
    return true;
  }

  async clone(source: CloneSource, _leader: boolean, signal: AbortSignal): Promise<boolean> {
    const { server, disk, clock } = this.#options;
    if (source.kind !== 'member' || server.process !== null) return false;
    const { connUrl } = source.member;
    const machine = connUrl === null ? undefined : parseConnUrl(connUrl)?.['host'];
    if (machine === undefined) return false;
    for (let attempt = 1; attempt <= attempts && !signal.aborted; attempt += 1) {
      this.#remove();
      disk.journal = 'cloning';
      if (await this.#copy(machine, signal)) {
        disk.journal = 'done';
        return true;
      }
      if (attempt < attempts) await clock.delay(pauseMs, signal).catch(() => undefined);
    }
    this.#remove();
    return false;
  }

  async #copy(machine: string, signal: AbortSignal): Promise<boolean> {
    const { server, clock, random, isFailing } = this.#options;
    const source = server.world.serverOn(machine);
    if (source === null) return false;
    const directory = new DataDirectory('');
    directory.condition = 'half-cloned';
    server.directory = directory;
    const steps = random.between(1, 5);
    for (let step = 0; step < steps; step += 1) {
      await clock.delay(random.between(100, 1000), signal).catch(() => undefined);
      const isThere = await askServer(this.#options, machine, ({ isReady }) => isReady);
      if (isThere !== true || signal.aborted || isFailing() || server.isDiskFull) return false;
    }
    if (source.directory === null || source.process === null) return false;
    if (server.directory !== directory) return false;
    directory.copyFrom(source.directory);
    return true;
  }

  #remove(): void {
    const { server, onRemove } = this.#options;
    if (server.directory === null) return;
    onRemove(server.directory);
    server.directory = null;
  }

  async clearUnfinished(): Promise<boolean> {
    const { server, disk, clock } = this.#options;
    await clock.delay(1);
    if (disk.journal !== 'creating' && disk.journal !== 'cloning') return false;
    if (server.directory === null || server.process !== null) return false;
    if (disk.journal === 'cloning' && !server.directory.isCluster) this.#remove();
    else await this.moveDataDirectoryAside();
    return true;
  }

  async readUnfinished(): Promise<Unfinished> {
    const { disk, clock } = this.#options;
    await clock.delay(1);
    const { journal: phase } = disk;
    if (phase === null) return 'nothing';
    const { isGivenUp } = disk;
    return unfinishedOf({ phase, method: '', isCustom: false, startedAtMs: 0, isGivenUp });
  }

  async noteGivenUp(): Promise<void> {
    await this.#options.clock.delay(1);
    this.#options.disk.isGivenUp = true;
  }

  async noteRewind(phase: 'begun' | 'done'): Promise<void> {
    const { disk, clock } = this.#options;
    await clock.delay(1);
    disk.journal = phase === 'begun' ? 'rewinding' : 'done';
  }

  async moveDataDirectoryAside(): Promise<void> {
    const { server, disk, clock } = this.#options;
    await clock.delay(2);
    if (server.process !== null) throw new Error('Cannot move: a PostgreSQL server runs in it');
    if (server.directory !== null) disk.aside.push(server.directory);
    server.directory = null;
  }

  async removeDataDirectory(): Promise<void> {
    const { server, postgres, clock } = this.#options;
    postgres.setRole('uninitialized');
    await clock.delay(20);
    if (server.process !== null) throw new Error('Cannot remove: a PostgreSQL server runs in it');
    this.#remove();
  }
}
