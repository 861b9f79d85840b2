// Runs hook tools as child processes, which is how Juju offers them. Calls are synchronous on
// purpose: the agent answers one tool at a time anyway (E104), and starting them in parallel was
// measured to be slower than one after the other.

import { spawnSync } from 'node:child_process';

import { HookToolError } from './errors.ts';
import type { ToolAnswer, ToolRunner } from './runner.ts';
import { checkArgument } from './text.ts';

/** A bag may hold 16 MiB (H44), and JSON escapes can make several bytes of one. */
const outputBytesMax = 100 * 1024 * 1024;
/** Room for all arguments of one call: a quarter of Linux's usual 2 MiB stays for the environment. */
const allArgumentsBytesMax = 1_500_000;

export interface SpawnRunnerOptions {
  /** The hook's environment; its PATH finds the tools. */
  readonly environment: Readonly<Record<string, string>>;
  /** A tool that takes longer is ended, default five minutes: hooks themselves have no limit (E10). */
  readonly timeoutMs?: number;
}

export interface SpawnRunner extends ToolRunner {
  /** How many tools were started so far: each is a process, and the dearest thing a hook does. */
  readonly calls: number;
}

/** Makes the runner of production. @throws HookToolError of kind `usage` for impossible arguments */
export function createSpawnRunner(options: SpawnRunnerOptions): SpawnRunner {
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    run(tool, args, stdin) {
      checkArguments(tool, args);
      calls += 1;
      const child = spawnSync(tool, args, {
        env: options.environment,
        encoding: 'utf8',
        maxBuffer: outputBytesMax,
        timeout: options.timeoutMs ?? 300_000,
        killSignal: 'SIGKILL',
        // Without `input` the tool gets no standard input at all, as it would wait for its end.
        ...(stdin === undefined
          ? { stdio: ['ignore', 'pipe', 'pipe'] as const }
          : { input: stdin, stdio: ['pipe', 'pipe', 'pipe'] as const }),
      });
      return answerOf(tool, child);
    },
  };
}

function checkArguments(tool: string, args: readonly string[]): void {
  let total = 0;
  for (const [index, argument] of args.entries()) {
    checkArgument(tool, `argument ${index + 1}`, argument);
    total += Buffer.byteLength(argument) + 1;
  }
  if (total > allArgumentsBytesMax) {
    throw new HookToolError({
      kind: 'usage',
      tool,
      detail: `the arguments are too long: found ${total} bytes in all, at most ${allArgumentsBytesMax} are possible`,
    });
  }
}

function errorCode(error: Error | undefined): unknown {
  return error !== undefined && 'code' in error ? error.code : undefined;
}

interface Child {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string | null;
  readonly stderr: string | null;
  readonly error?: Error;
}

function answerOf(tool: string, child: Child): ToolAnswer {
  const stdout = child.stdout ?? '';
  const stderr = child.stderr ?? '';
  // A tool that refuses its arguments never reads its input: what it said matters, and not that the
  // pipe broke.
  const pipeBroke = child.status !== null && errorCode(child.error) === 'EPIPE';
  if (child.error !== undefined && !pipeBroke) {
    if (errorCode(child.error) === 'ENOENT') {
      return {
        code: 127,
        stdout,
        stderr: `no ${tool} on PATH: hook tools exist only where Juju runs a hook`,
      };
    }
    return { code: 1, stdout, stderr: `${stderr}${tool} did not finish: ${child.error.message}` };
  }
  if (child.status === null) {
    return {
      code: 1,
      stdout,
      stderr: `${stderr}${tool} was ended by ${child.signal ?? 'a signal'}`,
    };
  }
  return { code: child.status, stdout, stderr };
}
