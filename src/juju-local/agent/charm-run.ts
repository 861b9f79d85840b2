// One program of a charm while it runs: a hook, an action, or the bash of a juju-exec. Feeds its output to the log,
// answers the hook tools it calls, and strikes it down when a fault was planned.

import { startCharmProcess } from '#adapters/process/charm-process.ts';
import type { CharmProcess, ProcessEnd } from '#adapters/process/charm-process.ts';
import { readProcess } from '#adapters/system/process-table.ts';
import type { HookContext } from '#core/juju/tools/hook-context.ts';
import type { ToolCall } from '#core/juju/tools/tool.ts';

import type { AgentHost } from './agent-host.ts';
import { LineSplitter, OutputCollector } from './output-lines.ts';
import { answerTool, toolError, toReply } from './tool-calls.ts';
import type { ToolReply } from './tool-calls.ts';

/** How long output is read on after the program ended, milliseconds (E22). */
const drainMs = 100;

/** End the program at its `atTool`-th tool call (K5). */
export interface PlannedFault {
  readonly atTool: number;
  readonly signal: NodeJS.Signals | null;
  readonly exit: number | null;
}

export interface RunInit {
  readonly host: AgentHost;
  readonly context: HookContext;
  readonly file: string;
  readonly args: readonly string[];
  readonly stdin: string | null;
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Logger of its output lines (E21); null logs none. */
  readonly logger: string | null;
  /** Keep the output whole: actions and juju-exec. */
  readonly collect: boolean;
  readonly fault: PlannedFault | null;
}

export interface RunEnd {
  readonly end: ProcessEnd;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** The program was killed since it asked for a reboot at once (E120). */
  readonly rebootNow: boolean;
}

export class CharmRun {
  readonly context: HookContext;
  readonly #init: RunInit;
  readonly #collected = { stdout: new OutputCollector(), stderr: new OutputCollector() };
  readonly #process: CharmProcess;
  #toolCalls = 0;
  #rebootNow = false;
  #forcedExit: number | null = null;

  constructor(init: RunInit) {
    this.#init = init;
    this.context = init.context;
    const lines = this.#lineSplitters();
    this.#process = startCharmProcess({
      file: init.file,
      args: init.args,
      workingDirectory: init.workingDirectory,
      environment: init.environment,
      stdin: init.stdin,
      drainMs,
      onOutput: (stream, chunk) => {
        if (init.collect) this.#collected[stream].push(chunk);
        lines[stream].push(chunk);
      },
    });
    this.#record();
    this.ended = this.#finish(lines);
  }

  readonly ended: Promise<RunEnd>;

  /** Ends it with all of its process group, which its own daemons have left (W12). */
  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal, 'group');
  }

  /** Ends the program itself, as a person with its process id would. */
  strike(signal: NodeJS.Signals): void {
    this.#process.kill(signal, 'process');
  }

  answer(call: ToolCall): ToolReply {
    // A second try of the same call, now with stdin, is not another call.
    if (call.stdin === null) this.#toolCalls += 1;
    const { fault, host } = this.#init;
    if (fault !== null && this.#toolCalls >= fault.atTool) {
      this.#forcedExit = fault.exit;
      this.kill(fault.signal ?? 'SIGKILL');
      return toolError('connection is shut down');
    }
    if (!host.reachable(this.context.unit)) {
      return toolError('cannot reach the controller: connection is shut down');
    }
    const answer = answerTool(host, this.context, call);
    if (answer.reboot === 'now') {
      this.#rebootNow = true;
      this.kill('SIGKILL');
    }
    return toReply(answer);
  }

  #record(): void {
    const { pid } = this.#process;
    const entry = pid === 0 ? null : readProcess(pid);
    if (entry === null) return;
    this.#init.host.recordProcess(this.context.unit, { pid, startedAt: entry.startedAt });
  }

  async #finish(lines: Readonly<Record<'stdout' | 'stderr', LineSplitter>>): Promise<RunEnd> {
    const end = await this.#process.ended;
    lines.stdout.finish();
    lines.stderr.finish();
    this.#init.host.recordProcess(this.context.unit, null);
    return {
      end: this.#forcedExit === null ? end : { kind: 'exited', exitCode: this.#forcedExit },
      stdout: this.#collected.stdout.bytes,
      stderr: this.#collected.stderr.bytes,
      rebootNow: this.#rebootNow,
    };
  }

  #lineSplitters(): Readonly<Record<'stdout' | 'stderr', LineSplitter>> {
    const { host, logger, context } = this.#init;
    const splitter = (level: 'DEBUG' | 'WARNING'): LineSplitter =>
      new LineSplitter((message) => {
        if (logger !== null) host.log(context.unit, { level, logger, message });
      });
    return { stdout: splitter('DEBUG'), stderr: splitter('WARNING') };
  }
}
