// Checks names and passwords. Whatever is wrong with a password is told without it.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { fault } from './fault.ts';
import type { ConfigFault } from './fault.ts';
import { isJsonObject, section } from './json-fields.ts';

function checkPassword(path: string, holder: JsonObject): readonly ConfigFault[] {
  const { password } = holder;
  if (password === '' || password === null) {
    return [fault(path, undefined, 'is empty: no password is used', 'warning')];
  }
  if (typeof password === 'number' || typeof password === 'bigint') {
    const message = 'is a number: put it in quotes, or it may not be taken as it is written';
    return [fault(path, undefined, message, 'warning')];
  }
  if (typeof password === 'string' && (password.includes('\0') || !password.isWellFormed())) {
    return [fault(path, undefined, 'holds a character PostgreSQL does not take')];
  }
  return [];
}

/** A base backup takes this password from a password file, which has one line for each. */
function checkLineBreak(path: string, { password }: JsonObject): readonly ConfigFault[] {
  const isBroken = typeof password === 'string' && /[\r\n]/u.test(password);
  return isBroken ? [fault(path, undefined, 'holds a line break, which no password file can')] : [];
}

export function validateSecrets(file: JsonObject): readonly ConfigFault[] {
  const authentication = section(section(file, 'postgresql'), 'authentication');
  const faults = ['superuser', 'replication', 'rewind'].flatMap((name) =>
    checkPassword(`postgresql.authentication.${name}.password`, section(authentication, name)),
  );
  const replication = 'postgresql.authentication.replication.password';
  faults.push(...checkLineBreak(replication, section(authentication, 'replication')));
  for (const name of ['restapi', 'ctl']) {
    faults.push(
      ...checkPassword(
        `${name}.authentication.password`,
        section(section(file, name), 'authentication'),
      ),
    );
  }
  // An account without a name is that of whoever runs the agent, which is rarely meant.
  if (Object.keys(authentication).length > 0) {
    const { superuser } = authentication;
    const path = 'postgresql.authentication.superuser';
    if (!isJsonObject(superuser) || superuser['username'] === undefined) {
      const message = 'is not defined. The user the agent runs as is used';
      faults.push(fault(`${path}.username`, undefined, message, 'warning'));
    }
  }
  return faults;
}
