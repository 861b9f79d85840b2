// Answers the hook tools that one running hook calls: decodes the call, lets core's tools do the work, and carries
// out what they ask for outside of the model.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { errorCode } from '#adapters/files/error-code.ts';
import { own } from '#core/juju/own.ts';
import { charmOfUnit } from '#core/juju/find.ts';
import type { UnitName } from '#core/juju/model.ts';
import type { HookContext } from '#core/juju/tools/hook-context.ts';
import { runTool } from '#core/juju/tools/run-tool.ts';
import type { ToolAnswer, ToolCall } from '#core/juju/tools/tool.ts';

import type { AgentHost } from './agent-host.ts';
import { copyResource } from './resources.ts';

/** Fields of a frame: code, stdout, stderr, and `1` when the tool wants its stdin. */
export type ToolReply = readonly [string, string, string, string];

export function toolError(message: string): ToolReply {
  return ['1', '', `ERROR ${message}\n`, ''];
}

/** Fields of a tool's frame after its first: context id, directory, name, whether stdin is there, stdin, arguments. */
export interface ToolRequest {
  readonly contextId: string;
  readonly call: ToolCall;
}

export function readToolRequest(fields: readonly Buffer[]): ToolRequest {
  const [contextId = '', cwd = '/', name = '', hasStdin = '', stdin = '', ...args] = fields.map(
    (field) => field.toString('utf8'),
  );
  return { contextId, call: { name, args, stdin: hasStdin === '1' ? stdin : null, cwd } };
}

/** Runs one tool against the model as it is now, and puts its immediate effects in place. */
export function answerTool(host: AgentHost, context: HookContext, call: ToolCall): ToolAnswer {
  const answer = runTool(
    context,
    {
      model: host.book.model,
      now: host.clock.now(),
      random: host.random.next,
      readFile: readTextOrNull,
      resourcePath: (unit, resource) => resourcePath(host, unit, resource),
    },
    call,
  );
  host.book.replace(answer.model);
  for (const line of answer.log) host.log(context.unit, line);
  if (answer.outputFile === undefined) return answer;
  try {
    writeFileSync(answer.outputFile.path, answer.outputFile.text);
    return answer;
  } catch (error) {
    if (errorCode(error) === '' || !(error instanceof Error)) throw error;
    return { ...answer, code: 1, stdout: '', stderr: `ERROR ${error.message}\n` };
  }
}

export function toReply(answer: ToolAnswer): ToolReply {
  return [String(answer.code), answer.stdout, answer.stderr, answer.needsStdin === true ? '1' : ''];
}

/** A file named in a tool's arguments; null stands for any reason why it can't be read. */
function readTextOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === '') throw error;
    return null;
  }
}

/** Puts the resource where the unit's charm may read it (H230); null when none was given at deploy. */
function resourcePath(host: AgentHost, unit: UnitName, resource: string): string | null {
  const model = host.book.model;
  const { application, machine } = model.units[unit] ?? {};
  const declared = own(charmOfUnit(model, unit).resources, resource);
  if (application === undefined || machine === undefined || declared === undefined) return null;
  const filename = declared.filename === '' ? resource : declared.filename;
  const { resourcesDir } = host.layout.unit(machine, unit);
  return copyResource(
    host.layout.resource(application, resource),
    join(resourcesDir, resource),
    filename,
  );
}
