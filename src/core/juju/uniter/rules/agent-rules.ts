// Rules about the agent itself: it has no work left, it died with something under way, its machine was
// booted, or the unpacking of a charm was cut short.

import type { Rule } from './rule.ts';
import { isFailed, isFree } from './rule.ts';

/** K8: after `remove` nothing runs. */
export const stopWhenRemoved: Rule = {
  name: 'agent-stopped',
  decide: ({ local, remote }) =>
    local.removed || remote.life === 'dead' ? { wait: `${remote.unit} is removed` } : null,
};

/** A record of something pending that nobody works on is what an agent's death leaves behind (E86). */
export const recoverInterrupted: Rule = {
  name: 'recover-interrupted',
  decide: (view) => {
    const { kind, step } = view.local;
    if (step !== 'pending' || isFailed(view)) return null;
    if (kind !== 'run-hook' && kind !== 'run-action') return null;
    const what = kind === 'run-hook' ? 'a hook' : 'an action';
    return { operation: { kind: 'recover' }, why: `the agent stopped while ${what} was running` };
  },
};

/** E121: only a unit that was started and had nothing under way is started anew. */
export const startAfterReboot: Rule = {
  name: 'reboot',
  decide: (view) => {
    const { local, remote } = view;
    if (local.bootId === remote.bootId) return null;
    if (isFree(view) && local.started && !local.stopped) {
      return {
        operation: { kind: 'run-hook', hook: { kind: 'start' } },
        why: 'the machine was booted since the unit started',
      };
    }
    return {
      operation: { kind: 'record-boot' },
      why: 'the machine was booted before the unit started or while a hook was under way',
    };
  },
};

/** Files half unpacked are unpacked again, before any hook may run on them. */
export const resumeUpgrade: Rule = {
  name: 'resume-upgrade',
  decide: ({ local, remote }) => {
    if (local.kind !== 'upgrade') return null;
    const { charmUrl, charmModified } = remote;
    const operation = { kind: 'upgrade', charmUrl, charmModified } as const;
    if (remote.reported !== 'error') {
      return { operation, why: `the agent stopped while it unpacked ${local.charmUrl}` };
    }
    if (remote.retryDue) return { operation, why: `it is time to try ${charmUrl} again` };
    if (remote.resolved !== null) return { operation, why: 'the user asked for another try' };
    return { wait: `${remote.unit} could not unpack ${local.charmUrl}` };
  },
};

/** L20: before anything else a new unit's agent unpacks the charm, which its hooks are part of. */
export const deployCharm: Rule = {
  name: 'deploy-charm',
  decide: ({ local, remote: { charmUrl, charmModified, life } }) =>
    local.charmUrl === '' && life === 'alive'
      ? { operation: { kind: 'upgrade', charmUrl, charmModified }, why: 'the unit is new' }
      : null,
};

/** E88: the agent calls itself idle once no rule before this one has anything to do. */
export const reportIdle: Rule = {
  name: 'report-idle',
  decide: (view) =>
    isFree(view) && view.local.installed && view.remote.reported !== 'idle'
      ? { operation: { kind: 'report-idle' }, why: 'nothing is left to do' }
      : null,
};
