// Writes pg_ident.conf: which users of the machine may be `postgres` on the socket without a password.
// Lines that are not ours stay.

import { hbaQuote, identMap } from './hba-quote.ts';

const begin = `# juju: begin ${identMap}`;
const end = `# juju: end ${identMap}`;

function withoutOurs(previous: string): string {
  const lines = previous.split('\n');
  const from = lines.indexOf(begin);
  const to = lines.indexOf(end);
  const kept = from === -1 || to < from ? lines : [...lines.slice(0, from), ...lines.slice(to + 1)];
  return kept.join('\n').replace(/\n*$/u, '');
}

/** The text of pg_ident.conf that lets `systemUsers` be `postgres`, with the foreign lines of `previous`. */
export function renderIdent(previous: string | null, systemUsers: readonly string[]): string {
  const foreign = withoutOurs(previous ?? '');
  const lines = [...new Set(systemUsers)].map((user) => `${identMap} ${hbaQuote(user)} postgres`);
  return [...(foreign === '' ? [] : [foreign]), begin, ...lines, end, ''].join('\n');
}
