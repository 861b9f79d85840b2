// libpq's URI form of a connection string, `postgresql://user:secret@host:5432/database?key=value`,
// read and written, with several hosts, IPv6 brackets and socket directories. Written by hand as
// general URL parsers refuse several hosts. Errors give positions only (T18).

import { PgsqlError } from './errors.ts';
import { compareText } from './numeric-order.ts';
import { percentDecode, percentEncode } from './percent-encoding.ts';

const SCHEME = /^postgres(?:ql)?:\/\//;

/** True where libpq would read the text as a URI and not as keyword/value. */
export function isConnectionUri(text: string): boolean {
  return SCHEME.test(text);
}

function syntaxError(position: number, problem: string): PgsqlError {
  return new PgsqlError(
    'CONNECTION_STRING_SYNTAX',
    `Cannot read a connection URI: at position ${position} ${problem}`,
    'Correct the URI at that position; its content is left out of this message on purpose',
    { position },
  );
}

/** Decodes one part that begins at `position`. A raw blank is refused, as current libpq does. */
function decodeAt(text: string, position: number): string {
  if (/\s/.test(text)) throw syntaxError(position, 'a part holds a blank, it must be written %20');
  const decoded = percentDecode(text);
  if (decoded === null) {
    throw syntaxError(position, 'a part is not valid percent-encoding, or holds a NUL');
  }
  return decoded;
}

/** Index of the first of `characters` at or after `from`, or the length of the text. */
function findAny(text: string, characters: string, from: number): number {
  let at = from;
  while (at < text.length && !characters.includes(text.charAt(at))) at += 1;
  return at;
}

/**
 * Reads a URI into libpq's keywords. What is empty is left out, as libpq does; a keyword of the query
 * wins over the same fact earlier in the URI. Throws `CONNECTION_STRING_SYNTAX` with the position.
 */
export function parseConnectionUri(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const store = (keyword: string, start: number, end: number): void => {
    const value = decodeAt(text.slice(start, end), start);
    if (value !== '') values.set(keyword, value);
  };
  let at = SCHEME.exec(text)?.[0].length;
  if (at === undefined) throw syntaxError(0, 'there is no postgresql:// or postgres://');
  // Like libpq, look for the user's part up to the first slash, and not for a question mark.
  const sign = findAny(text, '@/', at);
  if (text.charAt(sign) === '@') {
    const colon = findAny(text, ':@', at);
    store('user', at, colon);
    const end = findAny(text, '@', colon);
    if (end > colon) store('password', colon + 1, end);
    at = end + 1;
  }
  // No user's part: what was looked at are hosts, and is read as such.
  at = parseHosts(text, at, values);
  if (text.charAt(at) === '/') {
    const end = findAny(text, '?', at);
    store('dbname', at + 1, end);
    at = end;
  }
  if (text.charAt(at) === '?') parseQuery(text, at + 1, values);
  return values;
}

/** Reads `host:port,host:port` from `start`; returns where it ends. */
function parseHosts(text: string, start: number, values: Map<string, string>): number {
  const hosts: string[] = [];
  const ports: string[] = [];
  let at = start;
  for (;;) {
    const isBracketed = text.charAt(at) === '[';
    const hostStart = isBracketed ? at + 1 : at;
    const hostEnd = findAny(text, isBracketed ? ']' : ':/?,', hostStart);
    if (isBracketed) {
      if (hostEnd === text.length) throw syntaxError(at, 'a bracket is never closed');
      if (hostEnd === hostStart) throw syntaxError(at, 'the brackets are empty');
      if (!':/?,'.includes(text.charAt(hostEnd + 1))) {
        throw syntaxError(hostEnd + 1, 'a bracket is followed by neither a colon nor a slash');
      }
    }
    // The two lists grow together, so that a host without a port keeps its place.
    hosts.push(decodeAt(text.slice(hostStart, hostEnd), hostStart));
    at = isBracketed ? hostEnd + 1 : hostEnd;
    const portStart = at + 1;
    if (text.charAt(at) === ':') at = findAny(text, '/?,', portStart);
    ports.push(at >= portStart ? decodeAt(text.slice(portStart, at), portStart) : '');
    if (text.charAt(at) !== ',') break;
    at += 1;
  }
  const host = hosts.join(',');
  if (host !== '') values.set('host', host);
  // Several hosts without any port leave nothing but commas, which say the same as no port at all.
  if (ports.some((port) => port !== '')) values.set('port', ports.join(','));
  return at;
}

/** Reads `key=value&key=value` from `start` to the end. */
function parseQuery(text: string, start: number, values: Map<string, string>): void {
  let at = start;
  while (at < text.length) {
    const end = findAny(text, '&', at);
    const [rawKeyword = '', rawValue, ...rest] = text.slice(at, end).split('=');
    if (rawValue === undefined) throw syntaxError(at, 'a query parameter has no equals sign');
    if (rest.length > 0) throw syntaxError(at, 'a query parameter has a second equals sign');
    const keyword = decodeAt(rawKeyword, at);
    const value = decodeAt(rawValue, at + rawKeyword.length + 1);
    if (keyword === '') throw syntaxError(at, 'a query parameter has no name');
    // JDBC's spelling, which libpq takes too.
    if (keyword === 'ssl' && value === 'true') values.set('sslmode', 'require');
    else if (value === '') values.delete(keyword);
    else values.set(keyword, value);
    at = end + 1;
  }
}

/** IPv6 in brackets, anything else encoded: the slashes of a socket directory among it. */
function printHost(host: string): string {
  // A zone (`fe80::1%eth0`) stays inside the brackets, encoded like everything else.
  const address = /^([0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)(%.*)?$/s.exec(host);
  if (address === null) return percentEncode(host);
  return `[${address[1] ?? ''}${percentEncode(address[2] ?? '')}]`;
}

/**
 * Writes the values as a URI, what has no place of its own sorted in the query. `hostaddr` takes the
 * place of `host`: it is the one that is connected to.
 */
export function printConnectionUri(values: ReadonlyMap<string, string>): string {
  const query = new Map(values);
  const take = (keyword: string): string | undefined => {
    const value = query.get(keyword);
    query.delete(keyword);
    return value;
  };
  // A password has a place of its own only behind a user; without one it goes to the query.
  const user = take('user');
  const password = user === undefined ? undefined : take('password');
  const host = take('host');
  const hosts = (take('hostaddr') ?? host ?? '').split(',');
  const port = query.get('port');
  const ports = port?.split(',') ?? [];
  // A list of ports that does not match the hosts one by one can only be said in the query.
  const isPaired = ports.length === hosts.length && ports.some((each) => each !== '');
  if (isPaired) query.delete('port');
  const dbname = take('dbname');

  let uri = 'postgresql://';
  if (user !== undefined) {
    uri +=
      percentEncode(user) + (password === undefined ? '' : `:${percentEncode(password)}`) + '@';
  }
  uri += hosts
    .map((each, index) => {
      const own = isPaired ? (ports[index] ?? '') : '';
      return printHost(each) + (own === '' ? '' : `:${percentEncode(own)}`);
    })
    .join(',');
  if (dbname !== undefined) uri += `/${percentEncode(dbname)}`;
  const parameters = [...query]
    .sort(([left], [right]) => compareText(left, right))
    .map(([keyword, value]) => `${percentEncode(keyword)}=${percentEncode(value)}`);
  return parameters.length === 0 ? uri : `${uri}?${parameters.join('&')}`;
}
