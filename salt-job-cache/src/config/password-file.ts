// libpq's password file: one line per server, `host:port:database:user:password`, the first that fits wins.

export interface Login {
  /** A name, an address, or the directory of a socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** The fields of a line; a backslash keeps a colon or a backslash from meaning anything. */
function fieldsOf(line: string): readonly string[] {
  const fields = [''];
  for (let at = 0; at < line.length; at += 1) {
    const sign = line.charAt(at);
    // The password is the rest of the line; its colons may be bare.
    if (sign === ':' && fields.length < 5) {
      fields.push('');
      continue;
    }
    if (sign === '\\' && at + 1 < line.length) at += 1;
    fields[fields.length - 1] += line.charAt(at);
  }
  return fields;
}

function fits(field: string | undefined, value: string): boolean {
  return field === '*' || field === value;
}

/** Null where no line fits. */
export function passwordFrom(text: string, login: Login): string | null {
  for (const line of text.split(/\r?\n/u)) {
    if (line === '' || line.startsWith('#')) continue;
    const [host, port, database, user, password] = fieldsOf(line);
    const isHost =
      fits(host, login.host) || (host === 'localhost' && login.host === '/var/run/postgresql');
    const isAll =
      isHost &&
      fits(port, String(login.port)) &&
      fits(database, login.database) &&
      fits(user, login.user);
    if (isAll && password !== undefined) return password;
  }
  return null;
}
