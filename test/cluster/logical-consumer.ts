// A consumer of a logical slot, as people run one: pg_recvlogical on whichever member accepts writes, started again
// whenever it ends. Each start asks for all that the slot has not seen confirmed.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { superuser } from './member-document.ts';
import type { Member } from './member.ts';
import { StartedProcess } from './started-process.ts';
import { within } from './within.ts';
import type { WorkDirectory } from './work-directory.ts';

export interface LogicalConsumerOptions {
  readonly directory: WorkDirectory;
  readonly binDirectory: string;
  readonly members: readonly Member[];
  /** With the plugin test_decoding. */
  readonly slot: string;
  /** Whose column `number` is listened to. */
  readonly table: string;
}

/** Between its end and its next start, in milliseconds. */
const restartMs = 50;

export class LogicalConsumer implements AsyncDisposable {
  readonly #options: LogicalConsumerOptions;
  readonly #logFile: string;
  #process: StartedProcess | null = null;
  #isWanted = true;
  readonly #running: Promise<void>;
  /** How often it was started. */
  starts = 0;

  constructor(options: LogicalConsumerOptions) {
    this.#options = options;
    this.#logFile = join(options.directory.path, `consumer-${options.slot}.log`);
    this.#running = this.#run();
  }

  /** Numbers it has received so far; one may come several times. */
  async received(): Promise<ReadonlySet<number>> {
    const text = await readFile(this.#logFile, 'utf8').catch(() => '');
    const pattern = new RegExp(
      `table public\\.${this.#options.table}: INSERT: number\\[bigint\\]:(\\d+)`,
      'gu',
    );
    return new Set([...text.matchAll(pattern)].map(([, number]) => Number(number)));
  }

  /** Until it has received all of these. */
  async untilReceived(numbers: readonly number[], seconds: number): Promise<void> {
    await within(seconds, `the consumer has received ${numbers.length} rows`, async () => {
      const received = await this.received();
      const missing = numbers.filter((number) => !received.has(number));
      assert.deepEqual(missing.slice(0, 10), [], `${missing.length} are missing`);
    });
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      this.#process = await this.#start();
      this.starts += 1;
      while (this.#process.ending === null && this.#isWanted) await delay(restartMs);
      if (this.#isWanted) await delay(restartMs);
    }
    await this.#process?.kill();
  }

  async #start(): Promise<StartedProcess> {
    const { directory, binDirectory, members, slot } = this.#options;
    const places = members.map(({ place }) => place);
    const hosts = places.map(({ host }) => host).join(',');
    const ports = places.map(({ postgresPort }) => postgresPort).join(',');
    const connection =
      `host=${hosts} port=${ports} user=${superuser.username} dbname=postgres sslmode=disable ` +
      'target_session_attrs=read-write connect_timeout=2';
    const args = ['--start', '--no-loop', '-f', '-', '-S', slot, '-d', connection];
    return StartedProcess.start(directory, {
      file: join(binDirectory, 'pg_recvlogical'),
      args: [...args, '-s', '1', '-F', '1', '-o', 'skip-empty-xacts=1'],
      logFile: this.#logFile,
      environment: { PGPASSWORD: superuser.password },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWanted = false;
    await this.#running;
  }
}
