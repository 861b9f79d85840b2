// Runs what a program on the unit's machine gave to juju-exec (H250 to H256).

import { planExec } from '#core/juju/tools/plan-exec.ts';

import type { ExecAnswer, ExecRequest } from './agent-host.ts';
import { describeEnd, flush, newContext, startProgram } from './run-hook.ts';
import type { Performed, UnitAgent } from './unit-agent.ts';

export interface WaitingExec {
  readonly request: ExecRequest;
  readonly answer: (answer: ExecAnswer) => void;
}

/** Answers the caller in every case, and always counts as success: the unit is not in error for it. */
export async function runCommands(agent: UnitAgent, waiting: WaitingExec): Promise<Performed> {
  const { host, unit } = agent;
  const environment = { JUJU_CONTEXT_ID: waiting.request.callerContextId };
  // Read again now: the relation it names may have changed while the call waited for the unit.
  const plan = planExec(waiting.request.args, environment, host.book.model, unit);
  if (!plan.ok) {
    waiting.answer(plan);
    return { outcome: { kind: 'success' }, reboot: false };
  }
  const { relation, remoteUnit, remoteApplication } = plan;
  const context = newContext(agent, { kind: 'exec', relation, remoteUnit, remoteApplication });
  const run = startProgram(agent, context, {
    file: '/bin/bash',
    args: ['-s'],
    stdin: plan.commands,
    logger: null,
    collect: true,
  });
  const ran = await agent.follow(run);
  // Flushed even when the commands failed, as long as bash itself ran to its end (E69).
  const problem = ran.end.kind === 'exited' ? flush(agent, context) : describeEnd(ran);
  waiting.answer({
    code: ran.end.kind === 'exited' && problem === null ? ran.end.exitCode : 1,
    stdout: ran.stdout,
    stderr:
      problem === null
        ? ran.stderr
        : Buffer.concat([ran.stderr, Buffer.from(`ERROR ${problem}\n`)]),
  });
  return { outcome: { kind: 'success' }, reboot: context.reboot !== 'none' };
}
