// What a person can do about an error of PostgreSQL or of the way to it, and whether it may pass by
// itself. The one place where these sentences stand.

export interface Hint {
  readonly text: string;
  readonly isTransient: boolean;
}

const lasting = (text: string): Hint => ({ text, isTransient: false });
const passing = (text: string): Hint => ({ text, isTransient: true });

/** By SQLSTATE, or by the code of the system's error. */
const hints: ReadonlyMap<string, Hint> = new Map([
  ['ECONNREFUSED', passing('nothing listens there; start the server, or look at host and port')],
  ['ENOTFOUND', passing('nobody knows that name; look at the name service of this machine')],
  ['EAI_AGAIN', passing('the name service does not answer; look at the network of this machine')],
  ['ETIMEDOUT', passing('no answer in time; look at the network in between')],
  ['EHOSTUNREACH', passing('no way leads there; look at the network in between')],
  ['ENETUNREACH', passing('no way leads there; look at the network in between')],
  ['ENOENT', passing('there is no such socket; start the server, or name another host')],
  ['EACCES', lasting('this user may not use that socket')],
  ['28P01', lasting('the password was refused; look where it comes from')],
  ['28000', passing('the server does not admit this user from here; look at its pg_hba.conf')],
  ['3D000', lasting('that database is not there; look at its name')],
  ['42501', lasting('the role lacks a privilege; the owner of the tables can grant it')],
  ['42P01', lasting('a table is missing; run "salt-job-cache migrate"')],
  ['42703', lasting('a column is missing; run "salt-job-cache migrate"')],
  ['25006', passing('the server is a standby; the primary is looked for at the next try')],
  ['53100', passing('the disk of the server is full')],
  ['53300', passing('all connections of the server are taken; raise its max_connections')],
  ['57014', passing('it took longer than statement_timeout allows')],
  ['57P03', passing('the server is starting or stopping; try again in a moment')],
]);

/** SQLSTATEs that pass by themselves: connection, deadlock, resources, an operator's doing, a standby. */
const transientCode = /^(?:08|40|53|55P03|57|25006|ECONN|EPIPE|ETIMEDOUT)/u;

/** Null where there is nothing to advise. */
export function hintFor(code: string): Hint | null {
  return hints.get(code) ?? null;
}

export function isTransientCode(code: string): boolean {
  return hints.get(code)?.isTransient ?? transientCode.test(code);
}
