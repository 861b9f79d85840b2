// Reads names with their passwords. A password of digits may come as a number and is a text all the same.

import type { JsonObject } from '#core/dcs/cluster.ts';
import type { Credentials } from './agent-config.ts';
import { credentialParameters } from './defaults.ts';
import { section, textOf } from './json-fields.ts';

export interface Account {
  readonly username: string;
  readonly password: string;
}

/** The section `authentication` of `restapi` or `ctl`; null where it is not complete. */
export function readAccount(parent: JsonObject): Account | null {
  const authentication = section(parent, 'authentication');
  const username = textOf(authentication['username']);
  const password = textOf(authentication['password']);
  return username === null || password === null ? null : { username, password };
}

/** A user of `postgresql.authentication`. An empty password counts as none. */
export function readCredentials(user: JsonObject): Credentials {
  const connection = credentialParameters.flatMap((name) => {
    const value = textOf(user[name]);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    username: textOf(user['username']),
    password: textOf(user['password']),
    connection: Object.fromEntries(connection),
  };
}
