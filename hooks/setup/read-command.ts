// Reads and checks the one JSON document on standard input.

import { readRelation } from '#core/access/relation-order.ts';
import type { AccessCommand, ConvergeCommand, DesiredServer, SetupCommand } from './desired.ts';
import type { Reader } from './read-json.ts';
import {
  InputFault,
  boolean,
  dictionary,
  filledText,
  list,
  object,
  optional,
  path,
  port,
  text,
} from './read-json.ts';

const relation: Reader<string> = (value, place) => {
  const name = text(value, place);
  if (readRelation(name) === null) throw new InputFault(`${place} is to be like "db:7"`);
  return name;
};

/** An option of initdb that can't be taken for another option of it. */
const initdbWord: Reader<string> = (value, place) => {
  const word = filledText(value, place);
  if (!/^[\w.@-]+$/u.test(word)) {
    throw new InputFault(`${place} is to hold letters, digits and any of . _ @ - only`);
  }
  return word;
};

/** PostgreSQL does not tell upper from lower case in the names of parameters, so neither do we. */
const parameters: Reader<Readonly<Record<string, string>>> = (value, place) => {
  const found = Object.entries(dictionary(text)(value, place));
  return Object.fromEntries(found.map(([name, setting]) => [name.toLowerCase(), setting]));
};

const server: Reader<DesiredServer> = object({
  binDirectory: path,
  dataDirectory: path,
  socketDirectory: path,
  logDirectory: path,
  listenAddress: text,
  port,
  runAs: optional(object({ name: filledText })),
  mayInitialise: boolean,
  mayRestart: boolean,
  clusterName: text,
  locale: initdbWord,
  encoding: initdbWord,
  parameters,
});

const access = list(
  object({
    relation,
    owner: filledText,
    database: text,
    user: text,
    password: filledText,
    admin: boolean,
    roles: list(text),
    extensions: list(object({ name: text, schema: text })),
    privileges: list(text),
  }),
);

const revoke = list(object({ relation, owner: filledText, user: text }));

const converge: Reader<Omit<ConvergeCommand, 'command'> & { readonly command: string }> = object({
  command: text,
  server,
  clients: list(
    object({ relation, database: text, user: text, admin: boolean, addresses: list(text) }),
  ),
  adminAddresses: list(text),
  extraHba: list(text),
  access,
  revoke,
});

const agentUser = object({ user: filledText, password: filledText });

const accessOnly: Reader<Omit<AccessCommand, 'command'> & { readonly command: string }> = object({
  command: text,
  server,
  hba: list(text),
  access,
  revoke,
  agentUsers: object({ replication: agentUser, rewind: agentUser }),
});

/**
 * Relations of one application share a user (T19), and then everything that is the user's own has to be
 * the same. Anything else, or a user that is served and shut out at once, has no good answer (T30).
 */
function refuseDoubles(command: Pick<ConvergeCommand, 'access' | 'revoke'>): void {
  const known = new Map<string, string>();
  for (const { user, owner, password, admin, roles } of command.access) {
    const own = JSON.stringify([owner, password, admin, [...roles].sort()]);
    if ((known.get(user) ?? own) !== own) {
      throw new InputFault(`user ${JSON.stringify(user)} is in access twice, with different facts`);
    }
    known.set(user, own);
  }
  const both = command.revoke.find(({ user }) => known.has(user));
  if (both !== undefined) {
    throw new InputFault(`user ${JSON.stringify(both.user)} is in access and in revoke`);
  }
}

function readCommand(value: unknown): SetupCommand {
  const { command } = dictionary((entry) => entry)(value, 'input');
  switch (command) {
    case 'install':
      return { command, version: object({ command: text, version: text })(value, 'input').version };
    case 'inspect':
    case 'stop':
      return { command, server: object({ command: text, server })(value, 'input').server };
    case 'converge': {
      const read = converge(value, 'input');
      refuseDoubles(read);
      return { ...read, command };
    }
    case 'access': {
      const read = accessOnly(value, 'input');
      refuseDoubles(read);
      return { ...read, command };
    }
    default:
      throw new InputFault('input.command is to be install, converge, access, inspect or stop');
  }
}

/** Reads the document; throws InputFault where it is not one `pg-setup` takes. */
export function readDocument(json: string): SetupCommand {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // The parser's own message quotes what it stumbled over, which may be a password.
    throw new InputFault(`input is no JSON document (${json.length} characters were read)`);
  }
  return readCommand(value);
}
