// The agent of one unit: its directories, its socket, its memory, and the operation it is about.

import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

import { listenForFrames } from '#adapters/net/unix-listener.ts';
import type { Listener } from '#adapters/net/unix-listener.ts';
import { own } from '#core/juju/own.ts';
import type { UnitName } from '#core/juju/model.ts';
import { createSettingsCache } from '#core/juju/tools/settings-cache.ts';
import type { SettingsCache } from '#core/juju/tools/settings-cache.ts';
import { toolNames } from '#core/juju/tools/environment.ts';
import type { LongOperation, Outcome } from '#core/juju/uniter/operation.ts';

import type { AgentHost, ExecAnswer, ExecRequest } from './agent-host.ts';
import type { CharmRun, PlannedFault } from './charm-run.ts';
import { deployCharmFiles, writeRevision } from './charm-deployer.ts';
import { runAction } from './run-action.ts';
import { runCommands } from './run-commands.ts';
import { runHook } from './run-hook.ts';
import { readToolRequest, toolError } from './tool-calls.ts';
import type { UnitPaths } from '../state/layout.ts';

/** How an operation ended, and whether its charm asked for a reboot of the machine (E120). */
export interface Performed {
  readonly outcome: Outcome;
  readonly reboot: boolean;
}

export class UnitAgent {
  readonly unit: UnitName;
  readonly host: AgentHost;
  readonly paths: UnitPaths;
  /** The agent's memory of remote bags; a restarted agent has lost it. */
  cache: SettingsCache = createSettingsCache();
  /** Strikes at the next hook, once (K5). */
  plannedFault: PlannedFault | null = null;
  #listener: Listener | null = null;
  #current: CharmRun | null = null;

  constructor(unit: UnitName, machine: string, host: AgentHost) {
    this.unit = unit;
    this.host = host;
    this.paths = host.layout.unit(machine, unit);
  }

  /** Makes the directories and listens for hook tools. */
  async start(): Promise<void> {
    // A service that is not root has files below these, so others may pass through.
    for (const folder of [this.paths.agentDir, this.paths.toolsDir]) {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      chmodSync(folder, 0o755);
    }
    const client = relative(this.paths.toolsDir, this.host.layout.toolClient);
    for (const name of new Set([...toolNames, 'juju-exec'])) {
      const link = join(this.paths.toolsDir, name);
      if (!existsSync(link)) symlinkSync(client, link);
    }
    this.#listener = await listenForFrames(
      this.paths.agentSocket,
      async (fields) => this.#answer(fields),
      (error) => this.warn(`hook tool connection broke: ${String(error)}`),
    );
  }

  async #answer(fields: readonly Buffer[]): Promise<readonly string[]> {
    const { contextId, call } = readToolRequest(fields.slice(1));
    const run = this.#current;
    if (run === null || run.context.contextId !== contextId) {
      return toolError(`bad request: wrong context ID; got "${contextId}"`);
    }
    try {
      return run.answer(call);
    } catch (error) {
      // A fault of the tool's own code, as a panic in Juju: the charm sees exit 3, the log has the cause (H3).
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.host.log(this.unit, { level: 'ERROR', logger: 'juju.worker.uniter', message: cause });
      return ['3', '', `ERROR ${call.name} failed in the controller; see debug-log\n`, ''];
    }
  }

  /** Runs one operation to its end. `exec` answers the callers of juju-exec by the operation's id. */
  async perform(
    operation: LongOperation,
    exec: (id: string) => { request: ExecRequest; answer: (answer: ExecAnswer) => void },
  ): Promise<Performed> {
    switch (operation.kind) {
      case 'run-hook':
        return runHook(this, operation.hook);
      case 'run-action':
        return runAction(this, operation.task);
      case 'run-commands':
        return runCommands(this, exec(operation.commands));
      case 'upgrade':
        return { outcome: await this.#deploy(operation.charmUrl), reboot: false };
      default:
        return operation satisfies never;
    }
  }

  async #deploy(charmUrl: string): Promise<Outcome> {
    const revision = own(this.host.book.model.charms, charmUrl)?.revision ?? 0;
    try {
      const { charmDir, manifest } = this.paths;
      await deployCharmFiles(this.host.layout.charm(charmUrl), charmDir, manifest);
      await writeRevision(charmDir, revision);
      return { kind: 'success' };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const message = `cannot unpack charm ${charmUrl}: ${error.message}`;
      this.host.log(this.unit, { level: 'ERROR', logger: 'juju.worker.uniter.charm', message });
      return { kind: 'failed', message };
    }
  }

  /** Makes `run` the one whose tools are answered until it ended. */
  async follow(run: CharmRun): Promise<Awaited<CharmRun['ended']>> {
    this.#current = run;
    try {
      return await run.ended;
    } finally {
      this.#current = null;
    }
  }

  /** The fault planned for the next hook, which is then used up. */
  takeFault(): PlannedFault | null {
    const fault = this.plannedFault;
    this.plannedFault = null;
    return fault;
  }

  /** Kills the task if it is the one that runs just now (E116). */
  killTask(task: string): void {
    const kind = this.#current?.context.kind;
    if (kind?.kind === 'action' && kind.task === task) this.interrupt('SIGKILL');
  }

  /** Ends what runs just now, with its process group. */
  interrupt(signal: NodeJS.Signals): void {
    this.#current?.kill(signal);
  }

  warn(message: string): void {
    this.host.log(this.unit, { level: 'WARNING', logger: 'juju.worker.uniter', message });
  }

  /** Stops listening; what it made on disk stays. */
  async close(): Promise<void> {
    await this.#listener?.close();
    this.#listener = null;
    rmSync(this.paths.agentSocket, { force: true });
  }
}
