// Writes pg_hba.conf: who may come in, from where, and how they prove who they are. PostgreSQL takes the
// first line that fits, so the order is the meaning: the machine itself, related applications,
// administrators' addresses, further lines, and at the end nobody.

import { readAddress } from './address.ts';
import { extraHbaProblem } from './extra-hba.ts';
import { hbaQuote, identMap } from './hba-quote.ts';
import { hbaHeader, keptSection, renderSection } from './hba-sections.ts';
import { databaseNameProblem, userNameProblem } from './names.ts';
import { shown } from '#interfaces/pgsql/shown.ts';
import type { Problem } from './problem.ts';
import { problem } from './problem.ts';
import { compareRelations, compareText } from './relation-order.ts';

/** One served relation. A relation without a user yet gets no line (T52). */
export interface HbaClient {
  readonly relation: string;
  readonly database: string;
  readonly user: string;
  readonly admin: boolean;
  readonly addresses: readonly string[];
}

export interface HbaRequest {
  readonly clients: readonly HbaClient[];
  /** Null keeps what the file in force has. */
  readonly adminAddresses: readonly string[] | null;
  /** Null keeps what the file in force has. */
  readonly extraHba: readonly string[] | null;
  /** Text of the file in force; null where there is none. */
  readonly previous: string | null;
}

export interface RenderedHba {
  readonly text: string;
  /** What is wrong with the configuration; the parts concerned are those of the file in force. */
  readonly problems: readonly Problem[];
  /** What is wrong with one relation's request; its other addresses are served all the same. */
  readonly relationProblems: ReadonlyMap<string, Problem>;
}

const method = 'scram-sha-256';

function addressProblem(address: string, whose: string, hint: string): Problem {
  return problem(
    'ADDRESS_INVALID',
    `Cannot let in ${shown(address)} ${whose}: it is no address, network or host name`,
    hint,
  );
}

/** Lines of one relation, and what is wrong with its request. */
function clientLines(client: HbaClient): {
  readonly lines: string[];
  readonly problem: Problem | null;
} {
  let found = databaseNameProblem(client.database) ?? userNameProblem(client.user);
  if (found !== null) return { lines: [], problem: found };
  const addresses = new Set<string>();
  for (const given of client.addresses) {
    const address = readAddress(given);
    if (address === null) {
      const hint = 'Look at what Juju says of its egress-subnets and ingress-address';
      found ??= addressProblem(given, `for relation ${client.relation}`, hint);
    } else addresses.add(address.text);
  }
  // An administrator's program may come as any user: a connection pooler is one (pgbouncer).
  const who = client.admin ? 'all all' : `${hbaQuote(client.database)} ${hbaQuote(client.user)}`;
  const lines = [...addresses]
    .sort(compareText)
    .map((address) => `host ${who} ${hbaQuote(address)} ${method}`);
  return { lines, problem: found };
}

function adminLines(request: HbaRequest, problems: Problem[]): readonly string[] {
  const given = request.adminAddresses
    ?.map((address) => address.trim())
    .filter((address) => address !== '');
  if (given === undefined) return keptSection(request.previous, 'admin-addresses');
  const lines = new Set<string>();
  for (const text of given) {
    const address = readAddress(text);
    if (address === null) {
      const hint =
        'Correct the option admin-addresses; until then those in force stay. For everywhere use 0.0.0.0/0 and ::/0';
      problems.push(addressProblem(text, 'for administrators', hint));
      return keptSection(request.previous, 'admin-addresses');
    }
    lines.add(`host all all ${hbaQuote(address.text)} ${method}`);
  }
  return [...lines];
}

function extraLines(request: HbaRequest, problems: Problem[]): readonly string[] {
  if (request.extraHba === null) return keptSection(request.previous, 'extra-lines');
  const found = extraHbaProblem(request.extraHba);
  if (found === null) return request.extraHba.map((line) => line.trim());
  problems.push(found);
  return keptSection(request.previous, 'extra-lines');
}

/** The text of pg_hba.conf for all served relations, and what was wrong with parts of the request. */
export function renderHba(request: HbaRequest): RenderedHba {
  const problems: Problem[] = [];
  const relationProblems = new Map<string, Problem>();
  const lines = [hbaHeader, `local all postgres peer map=${identMap}`, 'local all all peer'];
  const seen = new Set<string>();
  const clients = [...request.clients].sort((left, right) =>
    compareRelations(left.relation, right.relation),
  );
  for (const client of clients) {
    if (client.user === '') continue;
    const rendered = clientLines(client);
    if (rendered.problem !== null) relationProblems.set(client.relation, rendered.problem);
    // Two relations may ask for the same (T19); the second line would never be reached.
    const fresh = rendered.lines.filter((line) => !seen.has(line));
    if (fresh.length > 0) lines.push(`# ${client.relation}`, ...fresh);
    for (const line of fresh) seen.add(line);
  }
  lines.push(...renderSection('admin-addresses', adminLines(request, problems)));
  lines.push(...renderSection('extra-lines', extraLines(request, problems)));
  lines.push('local all all reject', 'host all all all reject');
  return { text: `${lines.join('\n')}\n`, problems, relationProblems };
}
