// The actions by which a person looks at the cluster and tells it what to do. Each asks this unit's own agent, which
// is the one that knows; what it says no to is told in its own words.

import { ActionFailure } from '#charm/charm.ts';
import type { Action } from '#charm/charm.ts';
import { explain as explainHook, readExplanation } from '#charm/reactive/explain.ts';
import type { ActionResults } from '#charm/tools/action-tools.ts';
import { memberName, unitOfMember } from './agent/agent-yaml.ts';
import { bytesText } from './cluster-status.ts';
import { agentFacts, clusterSettings, clusterView } from './cluster-facts.ts';
import type { Context } from './context.ts';
import { askAgent } from './handlers/run-agent.ts';
import { type KnownMember, knownMember } from './known-member.ts';

type ClusterAction = Action<Context>;

/** @throws ActionFailure where this is no cluster, or not one yet */
function memberOf(context: Context): KnownMember {
  if (clusterSettings(context) === null) {
    throw new ActionFailure(
      'This is a single server and no cluster: set the option etcd-endpoints to make it one',
    );
  }
  const known = knownMember(context);
  if (known !== null) return known;
  throw new ActionFailure('This unit is not a member of the cluster yet: see its status');
}

/** Calls the agent. @throws ActionFailure with its own words where it did not do it */
function ask(
  context: Context,
  known: KnownMember,
  tried: string,
  request: Parameters<typeof askAgent>[2],
): string {
  const answer = askAgent(context, known, request);
  if (answer.status >= 200 && answer.status < 300) return answer.text.trim();
  if (answer.status === 0) {
    throw new ActionFailure(
      `Cannot ${tried}: ${answer.problem?.message ?? 'the agent does not answer'}. ${answer.problem?.hint ?? ''}`.trim(),
    );
  }
  throw new ActionFailure(
    `Cannot ${tried}: ${answer.text.trim() || `the agent answered ${answer.status}`}`,
  );
}

/** A unit, or the member it is, as a person may write either. */
function memberParameter(context: Context, value: unknown): string | null {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '') return null;
  const unit = /^\d+$/u.test(text) ? `${context.hook.applicationName}/${text}` : text;
  return memberName(unit);
}

const getPrimary: ClusterAction = {
  run(context) {
    const known = memberOf(context);
    const view = clusterView(agentFacts(context));
    if (view === null) {
      throw new ActionFailure(
        `No unit is the primary at present: ${agentFacts(context)?.why ?? 'the agent has told nothing yet'}`,
      );
    }
    const { primary } = view;
    const unit = unitOfMember(primary.member);
    const own = unit === context.hook.unitName ? known.network.host : null;
    return {
      unit,
      host: own ?? context.endpoints.cluster.hostOf(unit) ?? primary.host,
      port: primary.port,
    };
  },
};

interface ShownMember {
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly host?: string;
  readonly port?: number;
  readonly timeline?: number;
  readonly lag?: number | string;
  readonly pending_restart?: boolean;
}

function memberLine(member: ShownMember): string {
  const { role, state, host = '', port = '', timeline, lag, pending_restart: isPending } = member;
  return [
    role,
    state,
    `at ${host}:${port}`,
    ...(timeline === undefined ? [] : [`timeline ${timeline}`]),
    ...(lag === undefined ? [] : [`lag ${typeof lag === 'number' ? bytesText(lag) : lag}`]),
    ...(isPending === true ? ['restart pending'] : []),
  ].join(', ');
}

const showCluster: ClusterAction = {
  run(context): ActionResults {
    const known = memberOf(context);
    const text = ask(context, known, 'show the cluster', { method: 'GET', path: '/cluster' });
    const cluster = JSON.parse(text) as {
      readonly members?: readonly ShownMember[];
      readonly pause?: boolean;
      readonly scope?: string;
    };
    const members = (cluster.members ?? []).map((member) => [member.name, memberLine(member)]);
    return {
      ...(cluster.scope === undefined ? {} : { scope: cluster.scope }),
      paused: cluster.pause === true,
      members: Object.fromEntries(members) as ActionResults,
    };
  },
};

const switchover: ClusterAction = {
  run(context, parameters) {
    const known = memberOf(context);
    const leader = agentFacts(context)?.leader ?? null;
    if (leader === null)
      throw new ActionFailure('Cannot switch over: no unit is the primary at present');
    const candidate = memberParameter(context, parameters['candidate']);
    const at = typeof parameters['at'] === 'string' ? parameters['at'].trim() : '';
    const said = ask(context, known, 'switch over', {
      method: 'POST',
      path: '/switchover',
      body: {
        leader,
        ...(candidate === null ? {} : { candidate }),
        ...(at === '' ? {} : { scheduled_at: at }),
      },
      // The agent answers when it is done, or has given up.
      timeoutMs: (2 * Math.max(10, known.cluster.loopWaitSeconds) + 10) * 1000,
    });
    return { result: said };
  },
};

const restart: ClusterAction = {
  run(context, parameters) {
    const known = memberOf(context);
    const isOnlyPending = parameters['pending'] === true;
    return {
      result: ask(context, known, 'restart PostgreSQL', {
        method: 'POST',
        path: '/restart',
        body: isOnlyPending ? { restart_pending: true } : {},
        timeoutMs: 240_000,
      }),
    };
  },
};

const reinitialize: ClusterAction = {
  run(context, parameters) {
    const known = memberOf(context);
    const isForced = parameters['force'] === true;
    return {
      result: ask(context, known, 'make this standby anew', {
        method: 'POST',
        path: '/reinitialize',
        body: isForced ? { force: true } : {},
      }),
    };
  },
};

function pauseAction(isPaused: boolean): ClusterAction {
  return {
    run(context) {
      const known = memberOf(context);
      ask(context, known, isPaused ? 'pause' : 'resume', {
        method: 'PATCH',
        path: '/config',
        body: { pause: isPaused ? true : null },
      });
      return {
        result: isPaused
          ? 'Paused: nobody takes over and nothing is started or stopped until resume'
          : 'Resumed: a standby takes over again when the primary is lost',
      };
    },
  };
}

/** What every charm explains, and in a cluster what the agent decided last and why. */
const explain: ClusterAction = {
  run(context) {
    const explanation = explainHook(readExplanation(context.data));
    if (clusterSettings(context) === null) return { explanation };
    const facts = agentFacts(context);
    const agent =
      facts === null
        ? 'The agent has told nothing yet.'
        : [
            `${facts.name} is ${facts.role}, PostgreSQL ${facts.state}; the leader is ${facts.leader ?? 'nobody'}.`,
            `Last decision${facts.rule === '' ? '' : ` (rule ${facts.rule})`}: ${facts.why}`,
            ...facts.problems,
          ].join('\n');
    return { explanation, agent };
  },
};

export const clusterActions: Readonly<Record<string, ClusterAction>> = {
  'get-primary': getPrimary,
  'show-cluster': showCluster,
  switchover,
  restart,
  reinitialize,
  pause: pauseAction(true),
  resume: pauseAction(false),
  explain,
};
