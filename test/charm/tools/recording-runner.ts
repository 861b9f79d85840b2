// A runner that records its calls and answers from a script, for tests of what reaches a tool.

import type { ToolAnswer, ToolRunner } from '#charm/tools/runner.ts';

export interface Call {
  readonly tool: string;
  readonly args: readonly string[];
  readonly stdin: string | undefined;
}

export interface RecordingRunner extends ToolRunner {
  readonly calls: readonly Call[];
  /** The calls as one would type them. */
  readonly lines: readonly string[];
}

export type Script = (call: Call) => Partial<ToolAnswer> | string;

/** Answers with what the script gives; a text is the standard output of a tool that succeeded. */
export function recordingRunner(script: Script = () => ''): RecordingRunner {
  const calls: Call[] = [];
  return {
    calls,
    get lines() {
      return calls.map(({ tool, args }) => [tool, ...args].join(' '));
    },
    run(tool, args, stdin) {
      const call = { tool, args, stdin };
      calls.push(call);
      const answer = script(call);
      const fields = typeof answer === 'string' ? { stdout: answer } : answer;
      return { code: 0, stdout: '', stderr: '', ...fields };
    },
  };
}
