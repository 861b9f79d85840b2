// Answers hook tools from the emulator's core in place of child processes: the same argument lists,
// texts and exit codes, without a machine.

import { readFileSync } from 'node:fs';

import type { Model } from '#core/juju/model.ts';
import type { HookContext } from '#core/juju/tools/hook-context.ts';
import { runTool } from '#core/juju/tools/run-tool.ts';
import type { LogLine, ToolWorld } from '#core/juju/tools/tool.ts';
import type { ToolRunner } from '../tools/runner.ts';

export interface RecordedCall {
  readonly tool: string;
  readonly args: readonly string[];
  /** What the tool was given to read; undefined for nothing. */
  readonly stdin: string | undefined;
  readonly exitCode: number;
}

export interface EmulatedRunner extends ToolRunner {
  readonly calls: readonly RecordedCall[];
  readonly log: readonly LogLine[];
  /** The model with everything that takes effect at once (E61). */
  readonly model: Model;
}

export interface EmulatedRunnerOptions extends Omit<ToolWorld, 'model' | 'readFile'> {
  /** Working directory of the hook. */
  readonly charmDir: string;
}

/** Makes the runner of one hook. */
export function createEmulatedRunner(
  context: HookContext,
  start: Model,
  options: EmulatedRunnerOptions,
): EmulatedRunner {
  const { charmDir, ...world } = options;
  const calls: RecordedCall[] = [];
  const log: LogLine[] = [];
  let model = start;
  return {
    get model() {
      return model;
    },
    calls,
    log,
    run(tool, args, stdin) {
      const answerTo = (input: string | null) =>
        runTool(
          context,
          { ...world, model, readFile },
          { name: tool, args, stdin: input, cwd: charmDir },
        );
      // A tool is first tried without input and asks for it (H2). One that finds none reads nothing.
      const first = answerTo(null);
      const answer = first.needsStdin === true ? answerTo(stdin ?? '') : first;
      model = answer.model;
      log.push(...answer.log);
      calls.push({ tool, args, stdin, exitCode: answer.code });
      return { code: answer.code, stdout: answer.stdout, stderr: answer.stderr };
    },
  };
}

function readFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
