// Takes care of the data directory around an attempt to fill it: nobody else works in it, what is in it is kept or
// removed as the attempt needs, and a file beside it remembers what was begun.

import { moveDataDirectory } from '#adapters/files/move-data-directory.ts';
import { removeDataDirectory } from '#adapters/files/remove-data-directory.ts';
import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';
import {
  ensureDirectory,
  readIfThere,
  writeAtomically,
} from '#adapters/postgres-server/atomic-file.ts';
import { readDataDirectory } from '#adapters/postgres-server/data-directory.ts';
import { findPostmaster } from '#adapters/postgres-server/postmaster.ts';
import { endLeftovers } from '#adapters/process/leftover-commands.ts';
import type { BootstrapJournal, JournalPhase } from '#core/bootstrap/journal.ts';
import { readJournal, writeJournal } from '#core/bootstrap/journal.ts';
import type { BootstrapPostgres } from './bootstrap-postgres.ts';

export interface DataDirectoryCareDeps {
  readonly place: BootstrapPostgres['place'];
  readonly clock: ClockPort;
  readonly log: LogPort;
}

export class DataDirectoryCare {
  readonly #deps: DataDirectoryCareDeps;
  #journal: BootstrapJournal | null = null;

  constructor(deps: DataDirectoryCareDeps) {
    this.#deps = deps;
  }

  get journalPath(): string {
    return `${this.#deps.place.dataDirectory.replace(/\/+$/u, '')}.bootstrap.json`;
  }

  /** `empty` also where there is none. */
  async content(): Promise<'empty' | 'cluster' | 'other'> {
    const found = await readDataDirectory(this.#deps.place.dataDirectory);
    return found.kind === 'absent' ? 'empty' : found.kind;
  }

  /** Makes sure that nobody writes into the directory; false where somebody does, having logged who. */
  async claim(): Promise<boolean> {
    const { log, place } = this.#deps;
    const left = await endLeftovers(place.dataDirectory);
    if (left.kind === 'busy') {
      log.error(
        `Cannot fill the data directory ${place.dataDirectory}: the processes ${left.pids.join(', ')} write to it, started by another agent. Stop that agent first`,
      );
      return false;
    }
    if (left.kind === 'ended') {
      log.warning(
        `Ended what an earlier agent left running in the data directory: ${left.pids.join(', ')}`,
      );
    }
    const postmaster = await findPostmaster(place.dataDirectory);
    if (postmaster === null) return true;
    log.error(
      `Cannot fill the data directory ${place.dataDirectory}: a PostgreSQL server runs in it (process ${postmaster.pid}). Stop it first`,
    );
    return false;
  }

  /** Makes the directory for the server's user, who may not be able to make it itself. */
  async ensure(): Promise<void> {
    const { place } = this.#deps;
    await ensureDirectory(place.dataDirectory, 0o700, place.identity);
  }

  /**
   * An empty directory for a program that fills one, or none for a command that makes its own, as one that copies or
   * moves a restored directory into place does. Where only we could make it, it is made all the same.
   */
  async prepare(isMadeByCommand: boolean): Promise<void> {
    if (!isMadeByCommand || this.#deps.place.identity.isOther) await this.ensure();
  }

  /** Throws where a server runs in it, or where neither removing nor moving it is possible. */
  async remove(): Promise<void> {
    const { log, place } = this.#deps;
    await this.#assertNoServer('remove');
    log.info(`Removing data directory: ${place.dataDirectory}`);
    try {
      await removeDataDirectory(place.dataDirectory);
    } catch (error) {
      log.error(`Could not remove data directory ${place.dataDirectory}`, { error });
      await this.moveAside('failed');
    }
  }

  /** Throws where a server runs in it, and the system's error where it can't be moved. */
  async moveAside(suffix: string): Promise<void> {
    const { log, place } = this.#deps;
    await this.#assertNoServer('move');
    try {
      const to = await moveDataDirectory(place.dataDirectory, suffix);
      if (to !== null) log.info(`Moved the data directory ${place.dataDirectory} to ${to}`);
    } catch (error) {
      log.error(`Could not rename data directory ${place.dataDirectory}`, { error });
      throw error;
    }
  }

  /** What was begun last, by this agent or one before it. */
  async lastJournal(): Promise<BootstrapJournal | null> {
    const text = await readIfThere(this.journalPath);
    return text === null ? null : readJournal(text);
  }

  async begin(phase: JournalPhase, method: string, isCustom: boolean): Promise<void> {
    this.#journal = { phase, method, isCustom, startedAtMs: this.#deps.clock.now() };
    await this.#write();
  }

  async enter(phase: JournalPhase): Promise<void> {
    if (this.#journal === null) return;
    this.#journal = { ...this.#journal, phase };
    await this.#write();
  }

  /** The journal stays: it may keep an empty cluster from taking the place of a restore that failed. */
  async giveUp(): Promise<void> {
    const last = await this.lastJournal();
    if (last === null) return;
    this.#journal = { ...last, isGivenUp: true };
    await this.#write();
  }

  async #assertNoServer(what: string): Promise<void> {
    const { dataDirectory } = this.#deps.place;
    const postmaster = await findPostmaster(dataDirectory);
    if (postmaster === null) return;
    throw new Error(
      `Cannot ${what} the data directory ${dataDirectory}: a PostgreSQL server runs in it (process ${postmaster.pid}). Stop it first`,
    );
  }

  async #write(): Promise<void> {
    if (this.#journal === null) return;
    const { log, place } = this.#deps;
    try {
      await writeAtomically(this.journalPath, writeJournal(this.#journal), place.identity);
    } catch (error) {
      // The directory above may be one we can't write to, as the root of all files often is.
      log.warning(
        `Cannot write ${this.journalPath}: after a failed restore nothing will keep an empty cluster from being made`,
        { error },
      );
    }
  }
}
