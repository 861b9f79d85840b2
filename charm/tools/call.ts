// How every wrapper calls its tool: errors become typed, JSON is read, secrets stay out of messages.

import type { Redactor } from '../log/redactor.ts';
import { HookToolError, classify } from './errors.ts';
import type { ToolRunner } from './runner.ts';

export interface CallOptions {
  readonly stdin?: string;
  /** What error messages show in place of the arguments, where those could hold a secret. */
  readonly shownArgs?: readonly string[];
}

export interface ToolCaller {
  /** Runs a tool and gives its standard output. @throws HookToolError unless it exits with 0 */
  run(tool: string, args: readonly string[], options?: CallOptions): string;
  /** Runs a reading tool with `--format=json` put first (W2). Nothing printed counts as null. */
  json(tool: string, args: readonly string[]): unknown;
  readonly redactor: Redactor;
}

/** Makes the caller all families of tools share. */
export function createToolCaller(runner: ToolRunner, redactor: Redactor): ToolCaller {
  const run: ToolCaller['run'] = (tool, args, options = {}) => {
    const answer = runner.run(tool, args, options.stdin);
    if (answer.code === 0) return answer.stdout;
    throw new HookToolError({
      kind: classify(answer),
      tool,
      args: (options.shownArgs ?? args).map((argument) => redactor.clean(argument)),
      exitCode: answer.code,
      stderr: redactor.clean(answer.stderr),
    });
  };
  return {
    redactor,
    run,
    json(tool, args) {
      const text = run(tool, ['--format=json', ...args]);
      if (text.trim() === '') return null;
      try {
        const value: unknown = JSON.parse(text);
        return value;
      } catch (error) {
        // The parser's own message quotes what it read, which may be a secret: only its kind is kept.
        const reason = error instanceof SyntaxError ? 'it is not JSON' : 'it could not be read';
        throw new HookToolError({
          kind: 'failed',
          tool,
          args,
          exitCode: 0,
          detail: `cannot use its output of ${text.length} characters: ${reason}`,
        });
      }
    },
  };
}
