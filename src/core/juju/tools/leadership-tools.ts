// is-leader, and Juju 3's leader-get and leader-set, which write at once and need no commit (3.13, 3.14).

import { isLeader, requireLeader } from './leader-check.ts';
import { own } from '../own.ts';
import { parseKeyValues } from './key-values.ts';
import { leaderSettingsOf, withLeaderSettings } from './legacy-fields.ts';
import { mapOf } from './output-value.ts';
import { requireNoMore } from './arguments.ts';
import { smartFormats } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

/** True promises leadership for 30 s from the answer (D3). */
function isLeaderTool(invocation: Invocation): void {
  requireNoMore(invocation.args);
  invocation.print(isLeader(invocation, 'leadership status unknown'));
}

/** Any unit may read; the first read counts for the whole hook (H120). */
function leaderGet(invocation: Invocation): void {
  const [key = '-', ...rest] = invocation.args;
  requireNoMore(rest);
  const { context } = invocation;
  context.leaderSettings ??= leaderSettingsOf(invocation.model, context.application);
  if (key === '-' || key === '') invocation.print(mapOf(context.leaderSettings));
  else invocation.print(own(context.leaderSettings, key) ?? null);
}

/** Merges; an empty value deletes its key (H121). */
function leaderSet(invocation: Invocation): void {
  const given = parseKeyValues(invocation.args);
  const { context } = invocation;
  const refusal = 'cannot write leadership settings: cannot write settings: not the leader';
  requireLeader(invocation, refusal);
  const settings = new Map(Object.entries(leaderSettingsOf(invocation.model, context.application)));
  for (const [key, value] of given) {
    if (value === '') settings.delete(key);
    else settings.set(key, value);
  }
  const written = Object.fromEntries(settings);
  invocation.model = withLeaderSettings(invocation.model, context.application, written);
  context.leaderSettings = null;
}

export const leadershipTools: readonly Tool[] = [
  {
    name: 'is-leader',
    usage: '',
    purpose: 'Print whether this unit leads its application.',
    flags: [],
    formats: smartFormats,
    run: isLeaderTool,
  },
  {
    name: 'leader-get',
    usage: '[<key>|-]',
    purpose: 'Print the leader settings of the application.',
    flags: [],
    formats: smartFormats,
    run: leaderGet,
  },
  {
    name: 'leader-set',
    usage: '<key>=<value> [...]',
    purpose: 'Write the leader settings of the application.',
    flags: [],
    formats: null,
    run: leaderSet,
  },
];
