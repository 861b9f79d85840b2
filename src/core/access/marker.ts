// The comments by which a role tells whose it is (T30). They live in the server, not in the charm's own
// state, so that they are there after a restore, a failover or a lost state file.

const userMark = 'postgresql charm: user of application ';

/** Comment on a role that is the user of `owner`: an application, which may have several relations (T19). */
export function userMarker(owner: string): string {
  return `${userMark}${owner}`;
}

/** Comment on a role made because a related application asked to be a member of it. */
export const roleMarker = 'postgresql charm: role asked for by related applications';

/** The application whose user bears this comment; null where the comment is none of ours. */
export function ownerOfMarker(comment: string | null): string | null {
  return comment?.startsWith(userMark) === true ? comment.slice(userMark.length) : null;
}
