// Users and passwords of related applications. The leader chooses a password once for each user and
// keeps it in the peer relation, so that whichever unit runs the primary gives the same.

import type { ClientRequest } from '#interfaces/pgsql/client-request.ts';
import { serviceUserName } from '#interfaces/pgsql/user-names.ts';
import type { Context } from './context.ts';
import { md5Hex } from './services.ts';

/** How the leader settings that are passwords begin: they have no flags, and no copy in unit data. */
export const passwordPrefix = 'password.';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** The user an application is served with; shared by all its relations to this endpoint (T19). */
export function userOf(application: string, isAdmin: boolean): string {
  return serviceUserName(application, isAdmin ? 'admin' : 'ordinary', md5Hex);
}

/**
 * The client's credentials, chosen now where there are none yet; null where that is for another unit to
 * do, the leader. Reads one key of the peer relation. What is chosen is lost with the hook if the hook
 * fails, and is then chosen again.
 */
export function ensureCredentials(context: Context, request: ClientRequest): Credentials | null {
  const user = userOf(request.application, request.isAdmin);
  const setting = passwordPrefix + user;
  const known = context.leadership.leaderGetOne(setting);
  if (known === null && !context.leadership.isLeader()) return null;
  const password = known ?? context.services.newPassword();
  context.log.redact(password);
  if (known === null) context.leadership.leaderSet({ [setting]: password });
  return { user, password };
}

/** Whether the client's password is chosen. */
export function hasPassword(context: Context, { application, isAdmin }: ClientRequest): boolean {
  return context.leadership.leaderGetOne(passwordPrefix + userOf(application, isAdmin)) !== null;
}

/** The password of a user that was shut out opens nothing any more; the next relation gets another. */
export function forgetPassword(context: Context, user: string): void {
  if (context.leadership.isLeader())
    context.leadership.leaderSet({ [passwordPrefix + user]: null });
}
