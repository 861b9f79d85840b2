// Runs one hook tool inside a hook's context: parses its command line, lets it work, and turns what comes
// of it into an exit code and the texts of stdout and stderr (3.1).

import { ModelError } from '../model-error.ts';
import { flagKey, parseFlags } from './flags.ts';
import type { FlagDefinition, FlagValues } from './flags.ts';
import { formatOutput, formatProblem } from './format.ts';
import type { FormatName } from './format.ts';
import type { HookContext } from './hook-context.ts';
import { allFlags, toolHelp } from './tool-help.ts';
import { toolTable } from './tool-table.ts';
import { resolvePath, StdinWanted, ToolFailure } from './tool.ts';
import type { Invocation, Tool, ToolAnswer, ToolCall, ToolWorld } from './tool.ts';

/**
 * The answer of one call. Changes the context's buffers and caches; `answer.model` has what took effect
 * at once (E61).
 *
 * Exit codes: 0; 2 for bad options or arguments; 1 for a failure, an unknown tool among them (H3). What a
 * call did before it failed stays done, as it does in Juju; bad options and arguments do nothing.
 */
export function runTool(context: HookContext, world: ToolWorld, call: ToolCall): ToolAnswer {
  const tool = toolTable.get(call.name);
  if (tool === undefined) return failure(world, 1, `bad request: unknown command: ${call.name}`);
  const parsed = parseFlags(
    allFlagsChecked(tool),
    call.args,
    (flag, value) => flag.check?.(value, context) ?? null,
  );
  if (parsed.kind === 'help') return { ...quiet(world), stdout: toolHelp(tool) };
  if (parsed.kind === 'error') return failure(world, 2, parsed.message);
  const output: Output = { file: null };
  const invocation = createInvocation(tool, { context, world, call }, parsed, output);
  try {
    tool.run(invocation);
  } catch (error) {
    return answerToError(invocation, error);
  }
  return answer(invocation, output);
}

interface Output {
  file: { readonly path: string; readonly text: string } | null;
}

/** Ties the printing of values to the format and the file the call asked for. */
function createInvocation(
  tool: Tool,
  given: Pick<Invocation, 'context' | 'world' | 'call'>,
  parsed: { readonly flags: FlagValues; readonly args: readonly string[] },
  output: Output,
): Invocation {
  const format = formatNamed(parsed.flags.get('format') ?? tool.formats?.[0] ?? 'smart');
  const file = parsed.flags.get('output') ?? '';
  const invocation: Invocation = {
    ...given,
    flags: parsed.flags,
    args: parsed.args,
    model: given.world.model,
    stdout: '',
    stderr: '',
    log: [],
    actionLog: [],
    reboot: null,
    print: (value) => {
      const text = formatOutput(value, format);
      // With -o nothing goes to stdout, and the file is made even when it stays empty (H20).
      if (file === '') invocation.stdout += text;
      else output.file = { path: resolvePath(given.call, file), text };
    },
  };
  return invocation;
}

/** Tools without formats may have a `--format` of their own, whose value nobody looks at. */
function formatNamed(name: string): FormatName {
  return name === 'json' || name === 'yaml' ? name : 'smart';
}

function allFlagsChecked(tool: Tool): readonly FlagDefinition[] {
  const { formats } = tool;
  if (formats === null) return tool.flags;
  return allFlags(tool).map((flag) =>
    flagKey(flag) === 'format' ? { ...flag, check: (name) => formatProblem(name, formats) } : flag,
  );
}

function answer(invocation: Invocation, output: Output): ToolAnswer {
  return {
    code: 0,
    stdout: invocation.stdout,
    stderr: invocation.stderr,
    model: invocation.model,
    log: invocation.log,
    actionLog: invocation.actionLog,
    ...(output.file === null ? {} : { outputFile: output.file }),
    ...(invocation.reboot === null ? {} : { reboot: invocation.reboot }),
  };
}

/** Refusals become exit codes; a fault of the program goes on its way. */
function answerToError(invocation: Invocation, error: unknown): ToolAnswer {
  const { world, stderr, model } = invocation;
  if (error instanceof StdinWanted) {
    const message = 'hook tool requires stdin, none supplied';
    return { ...failure(world, 1, message), needsStdin: true };
  }
  if (error instanceof ToolFailure) {
    return { ...failure(world, error.code, error.message, stderr), model };
  }
  // A relation or a unit that left the model while its hook ran.
  if (error instanceof ModelError) return { ...failure(world, 1, error.message, stderr), model };
  throw error;
}

/** One line on stderr, after whatever warning the tool gave before it failed (H4). */
function failure(world: ToolWorld, code: number, message: string, stderr = ''): ToolAnswer {
  return { ...quiet(world), code, stderr: `${stderr}ERROR ${message}\n` };
}

function quiet(world: ToolWorld): ToolAnswer {
  return { code: 0, stdout: '', stderr: '', model: world.model, log: [], actionLog: [] };
}
