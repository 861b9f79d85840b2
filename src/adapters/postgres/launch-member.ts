// Writes the configuration and starts the server with it. A parameter the server does not know keeps it from
// starting, so it goes, is told of, and the start is tried once more.

import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { MemberPlace } from './member-place.ts';
import type { LaunchOutcome, MemberServer } from './member-server.ts';
import type { MemberWriter, WriteRequest } from './member-writer.ts';
import { configurationProblem } from './start-problem.ts';

export interface LaunchParts {
  readonly place: MemberPlace;
  readonly server: MemberServer;
  readonly writer: MemberWriter;
  readonly log: LogPort;
}

export async function launchMember(
  parts: LaunchParts,
  request: WriteRequest,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<LaunchOutcome> {
  const { place, server, writer, log } = parts;
  const launch = async (): Promise<LaunchOutcome> => {
    const { settings } = await writer.write(request);
    return server.launch(settings.commandLine, timeoutMs, signal);
  };
  const launched = await launch();
  if (typeof launched === 'string') return launched;
  const { words, unknownParameter } = await configurationProblem(place);
  if (unknownParameter === null) return { kind: 'failed', why: words || launched.why };
  writer.refusedNames.add(unknownParameter);
  log.warning(`Removing invalid parameter \`${unknownParameter}\` from postgresql.parameters`);
  return launch();
}
