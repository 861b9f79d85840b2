// The postmaster of one member: started by us or found running, its end noticed whoever caused it.

import { errorCode } from '#adapters/files/error-code.ts';
import { realpath } from 'node:fs/promises';
import { readIfThere } from '#adapters/postgres-server/atomic-file.ts';
import { findPostmaster } from '#adapters/postgres-server/postmaster.ts';
import { readProcess } from '#adapters/system/process-table.ts';
import { join } from 'node:path';
import type { MemberPlace } from './member-place.ts';
import type { ServerProcess } from './server-process.ts';
import { adoptedProcess } from './server-process.ts';
import type { Readiness } from './start-server.ts';
import { isReady, spawnServer, waitForReadiness, wordsSince } from './start-server.ts';
import type { StopRequest } from './stop-server.ts';
import { stopServer } from './stop-server.ts';

export type LaunchOutcome = Readiness | { readonly kind: 'failed'; readonly why: string };

export class MemberServer {
  readonly #place: MemberPlace;
  readonly #onEnd: (wasExpected: boolean) => void;
  #process: ServerProcess | null = null;
  /** While we start or stop it ourselves, its end is no news. */
  #isExpected = false;

  /** `onEnd` is called at each end of the postmaster. */
  constructor(place: MemberPlace, onEnd: (wasExpected: boolean) => void) {
    this.#place = place;
    this.#onEnd = onEnd;
  }

  /** The one that runs now; null where none does. */
  get process(): ServerProcess | null {
    return this.#process?.isRunning() === true ? this.#process : null;
  }

  /** Looks for one that somebody else started. True where one was found that we did not know of. */
  async adopt(): Promise<boolean> {
    if (this.process !== null) return false;
    const pid = await this.#find();
    const found = pid === null ? null : adoptedProcess(pid);
    if (found === null || this.process !== null) {
      found?.release();
      return false;
    }
    this.#attach(found);
    return true;
  }

  /** A directory we may not read holds no server of ours; what is wrong with it is said by others. */
  async #find(): Promise<number | null> {
    try {
      const found = await findPostmaster(this.#place.dataDirectory);
      return found?.pid ?? (await this.#starting());
    } catch (error) {
      if (errorCode(error) === 'EACCES') return null;
      throw error;
    }
  }

  /** One so young that its file has no port yet; it counts where it is a postgres in this directory. */
  async #starting(): Promise<number | null> {
    const { dataDirectory } = this.#place;
    const text = await readIfThere(join(dataDirectory, 'postmaster.pid'));
    const pid = Number(text?.split('\n', 1)[0]);
    if (!Number.isInteger(pid) || pid <= 0) return null;
    const entry = readProcess(pid);
    if (entry === null || entry.state === 'Z') return null;
    if (entry.executable?.endsWith('/postgres') !== true) return null;
    return entry.workingDirectory === (await realpath(dataDirectory)) ? pid : null;
  }

  #attach(process: ServerProcess): void {
    this.#process?.release();
    this.#process = process;
    void this.#watch(process);
  }

  async #watch(process: ServerProcess): Promise<void> {
    await process.ended;
    if (this.#process !== process) return;
    this.#process = null;
    this.#onEnd(this.#isExpected);
  }

  async isReady(): Promise<boolean> {
    const { process } = this;
    return process !== null && (await isReady(this.#place.dataDirectory, process.pid));
  }

  /** Waits until the one that runs accepts connections. */
  async waitReady(timeoutMs: number, signal?: AbortSignal): Promise<Readiness> {
    const { process } = this;
    return process === null ? 'ended' : waitForReadiness(this.#place, process, timeoutMs, signal);
  }

  /** Starts one and waits until it accepts connections. */
  async launch(
    commandLine: readonly string[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<LaunchOutcome> {
    this.#isExpected = true;
    try {
      const spawned = await spawnServer(this.#place, commandLine, signal);
      if (spawned.kind === 'failed') return spawned;
      this.#attach(spawned.process);
      const readiness = await waitForReadiness(this.#place, spawned.process, timeoutMs, signal);
      if (readiness !== 'ended') return readiness;
      const words = await wordsSince(this.#place, spawned.logMark);
      return { kind: 'failed', why: words === '' ? 'it ended again' : `it says "${words}"` };
    } finally {
      this.#isExpected = false;
    }
  }

  /** True once it has ended, also where none ran. */
  async stop(request: Omit<StopRequest, 'dataDirectory'>): Promise<boolean> {
    const { process } = this;
    if (process === null) return true;
    this.#isExpected = true;
    try {
      return await stopServer(process, {
        ...request,
        dataDirectory: this.#place.dataDirectory,
      });
    } finally {
      this.#isExpected = false;
    }
  }

  /** False where none runs. */
  reload(): boolean {
    return this.process?.signal('SIGHUP') ?? false;
  }
}
