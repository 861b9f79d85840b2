// Passwords of the cluster's own users. The leader chooses them once, for all units; they stand in one setting, so
// that a hook reads one key.

import type { AgentPasswords } from './agent/agent-yaml.ts';
import type { Context } from './context.ts';
import { passwordPrefix } from './credentials.ts';

/** No user of a client is called so: theirs begin with juju. */
const setting = `${passwordPrefix}agents`;

const names = ['superuser', 'replication', 'rewind', 'restapi'] as const;

/** Null before the leader chose them. */
export function agentPasswords(context: Context): AgentPasswords | null {
  const text = context.leadership.leaderGetOne(setting);
  if (text === null) return null;
  // Written by chooseAgentPasswords().
  const passwords = JSON.parse(text) as AgentPasswords;
  for (const name of names) context.log.redact(passwords[name]);
  return passwords;
}

/** Chooses them where nobody did yet; the leader's to call. */
export function chooseAgentPasswords(context: Context): void {
  const passwords = Object.fromEntries(names.map((name) => [name, context.services.newPassword()]));
  context.leadership.leaderSet({ [setting]: JSON.stringify(passwords) });
}
