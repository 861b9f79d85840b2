// The verb `serve`: runs the service until it is told to end. SIGHUP has it read its configuration again.

import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { systemClock } from '#adapters/system/clock.ts';
import { createServiceLog } from '../adapters/service-log.ts';
import { SpoolError } from '../adapters/spool-files.ts';
import { JobCacheError } from '../src/errors.ts';
import { isAdjustable, Service } from '../src/service/service.ts';
import type { ServiceConfig } from '../src/service/service-config.ts';
import { parseServiceConfig, ServiceConfigError } from '../src/service/service-config.ts';
import type { Cli, Verb } from './cli.ts';

/** systemd kills after 90 seconds, by default. */
const graceMs = 20_000;

async function readConfig(path: string): Promise<ServiceConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new JobCacheError(
      `Cannot read the configuration of the service ${path}: ${error instanceof Error ? error.message : String(error)}`,
      { kind: 'OSError' },
      { cause: error },
    );
  }
  try {
    return parseServiceConfig(text);
  } catch (error) {
    if (!(error instanceof ServiceConfigError)) throw error;
    throw new JobCacheError(`${path}: ${error.message}`, { kind: 'ValueError' }, { cause: error });
  }
}

/** What a person can mend is told as such. */
function explained(error: unknown): unknown {
  if (!(error instanceof SpoolError)) return error;
  return new JobCacheError(error.message, { kind: 'OSError' }, { cause: error });
}

class Daemon {
  readonly #path: string;
  readonly #cli: Cli;
  readonly #log: ReturnType<typeof createServiceLog>;
  #config: ServiceConfig;
  #service: Service;
  #isReloadAsked = false;
  #onReload: () => void = () => undefined;

  private constructor(parts: {
    readonly path: string;
    readonly cli: Cli;
    readonly log: ReturnType<typeof createServiceLog>;
    readonly config: ServiceConfig;
    readonly service: Service;
  }) {
    this.#path = parts.path;
    this.#cli = parts.cli;
    this.#log = parts.log;
    this.#config = parts.config;
    this.#service = parts.service;
  }

  static async start(path: string, cli: Cli): Promise<Daemon> {
    const config = await readConfig(path);
    const log = createServiceLog(config.logLevel);
    try {
      const service = await Service.start(config, {
        clock: systemClock,
        wallClock: cli.clock,
        log,
      });
      return new Daemon({ path, cli, log, config, service });
    } catch (error) {
      throw explained(error);
    }
  }

  /** Serves until it is interrupted. */
  async run(): Promise<void> {
    // For as long as it runs: one that comes while the last is obeyed would else end the process.
    process.on('SIGHUP', this.#askReload);
    this.#log.info({}, 'The service runs');
    while (!this.#cli.interrupted.aborted) {
      if ((await this.#nextSignal()) === 'reload') await this.#reload();
    }
    this.#log.info({}, 'The service ends');
    await this.#service.stop(graceMs);
    process.off('SIGHUP', this.#askReload);
  }

  readonly #askReload = (): void => {
    this.#isReloadAsked = true;
    this.#onReload();
  };

  async #nextSignal(): Promise<'end' | 'reload'> {
    const { promise, resolve, reject } = Promise.withResolvers<'end' | 'reload'>();
    const { interrupted } = this.#cli;
    const end = (): void => resolve('end');
    const reload = (): void => resolve('reload');
    interrupted.addEventListener('abort', end, { once: true });
    this.#onReload = reload;
    if (this.#isReloadAsked) reload();
    // It ends by itself only where it failed; a stop of ours comes later.
    this.#service.failed.catch(reject);
    if (interrupted.aborted) end();
    try {
      return await promise;
    } finally {
      interrupted.removeEventListener('abort', end);
      this.#onReload = () => undefined;
    }
  }

  /** A configuration that can't be used changes nothing. */
  async #reload(): Promise<void> {
    this.#isReloadAsked = false;
    let config: ServiceConfig;
    try {
      config = await readConfig(this.#path);
    } catch (error) {
      if (!(error instanceof JobCacheError)) throw error;
      this.#log.error({}, `${error.message}. The service goes on with the one it has`);
      return;
    }
    const before = this.#config;
    this.#config = config;
    this.#log.level = config.logLevel;
    this.#log.info({}, 'Read the configuration again');
    if (isAdjustable(before, config)) {
      this.#service.adjust(config);
      return;
    }
    await this.#service.stop(graceMs);
    try {
      this.#service = await Service.start(config, {
        clock: systemClock,
        wallClock: this.#cli.clock,
        log: this.#log,
      });
    } catch (error) {
      throw explained(error);
    }
  }
}

export const serveVerb: Verb = (program, cli) => {
  program
    .command('serve')
    .summary("Keep the tables small, and record the Salt master's jobs.")
    .description(
      'Runs the service: deletes what has expired every minute, makes partitions ahead, and where the ' +
        "configuration says so records jobs, returns and events from the Salt master's event bus. " +
        'SIGHUP reads the configuration again, SIGTERM stores what was read and ends.',
    )
    .requiredOption('--config <path>', "the service's configuration, a JSON file")
    .action(async (_options: unknown, command: Command) => {
      const { config } = command.opts<{ readonly config: string }>();
      const daemon = await Daemon.start(config, cli);
      await daemon.run();
    });
};
