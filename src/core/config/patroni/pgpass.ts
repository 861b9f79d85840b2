// Lines of the password file libpq reads, one for each host of a connection.

import type { ConnectionParameters } from './dsn.ts';

function escapeField(value: string): string {
  return value.replaceAll(/[:\\]/gu, String.raw`\$&`);
}

/** An empty field fits everything. */
function field(value: string | undefined): string {
  return value === undefined || value === '' ? '*' : escapeField(value);
}

/** Whether a password file can hold this: it has no form for a line break. */
export function fitsPassfile(password: string): boolean {
  return !/[\n\r\0]/u.test(password);
}

/**
 * The text for a connection with a password: `host:port:*:user:password` for each host, and one for
 * `localhost`, which is how libpq looks up the default socket directory. Null where the connection has no
 * password, or one that fits no file.
 */
export function passfileText(connection: ConnectionParameters): string | null {
  const { password, host = '', port = '', user } = connection;
  if (password === undefined || !fitsPassfile(password)) return null;
  const ports = port.split(',');
  const hosts = host.split(',');
  const lines = hosts.map((each, index) => {
    // One port serves all hosts, else each has its own.
    const own = ports.length === hosts.length ? ports[index] : ports[0];
    return `${field(each)}:${field(own)}:*:${field(user)}:${escapeField(password)}`;
  });
  if (hosts.some((each) => each.startsWith('/'))) {
    lines.push(`localhost:${field(ports[0])}:*:${field(user)}:${escapeField(password)}`);
  }
  return [...new Set(lines), ''].join('\n');
}
