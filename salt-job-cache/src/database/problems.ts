// Turns what the driver throws into the error of the job cache, and decides what it means for the
// connection it came from. What is neither PostgreSQL's nor the connection's is a mistake and left alone.

import { DatabaseError } from 'pg';
import { JobCacheError } from '../errors.ts';
import { hintFor, isTransientCode } from './hints.ts';
import { pythonKindOf } from './python-kind.ts';

/** What the driver says of a connection that broke, for want of codes. */
const brokenWords =
  /^(?:Connection terminated|Client (?:has encountered a connection error|was closed)|Query read timeout|timeout expired|The connection was (?:closed|lost))/u;

const brokenCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOENT',
  'EACCES',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

/** The SQLSTATE, the system's code, `ETIMEDOUT` for the driver's own time-outs, or nothing. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Every address of a name was tried: they mostly fail alike.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return /^(?:timeout expired|Query read timeout)/u.test(error.message) ? 'ETIMEDOUT' : '';
}

function isConnectionError(error: Error): boolean {
  return brokenCodes.has(codeOf(error)) || brokenWords.test(error.message);
}

/** What an error means for the connection: nothing, that it is gone, or that it leads to the wrong server. */
export type Verdict = 'usable' | 'broken' | 'not-primary';

export function verdictOf(error: unknown): Verdict {
  if (error instanceof DatabaseError) {
    const code = error.code ?? '';
    if (code === '25006') return 'not-primary';
    // 0A000: a prepared statement's result changed with its table; 26000: it is not there any more.
    const isStale =
      code === '26000' || (code === '0A000' && error.message.startsWith('cached plan'));
    const isFatal = error.severity === 'FATAL' || error.severity === 'PANIC';
    return isStale || isFatal || /^(?:08|57P)/u.test(code) ? 'broken' : 'usable';
  }
  return error instanceof Error && isConnectionError(error) ? 'broken' : 'usable';
}

/** PostgreSQL quotes what it refuses; a password of some length is taken out of whatever it said. */
export function withoutSecret(text: string, secret: string | null): string {
  return secret === null || secret.length < 4 ? text : text.replaceAll(secret, '***');
}

function sentence(text: string, code: string): string {
  const hint = hintFor(code);
  return hint === null ? text : `${text}; ${hint.text}`;
}

/**
 * The error to throw in place of `error`: the same one where it is none of PostgreSQL's.
 * @param place host and port, for the message
 */
export function problemOf(error: unknown, place: string, secret: string | null = null): unknown {
  if (error instanceof DatabaseError && error.code !== undefined) {
    const { code, message, detail } = error;
    // The detail of a violated constraint names the key, without which the message helps nobody.
    const said = code.startsWith('23') && detail !== undefined ? `${message} (${detail})` : message;
    return new JobCacheError(
      withoutSecret(sentence(`PostgreSQL at ${place} refused: ${said}`, code), secret),
      { kind: pythonKindOf(code), sqlstate: code, isTransient: isTransientCode(code) },
      { cause: error },
    );
  }
  if (error instanceof Error && isConnectionError(error)) {
    return new JobCacheError(
      `The connection to PostgreSQL at ${place} broke before the answer (${error.message}); ` +
        'whether the statement was carried out is not known',
      { kind: 'OperationalError', isTransient: true },
      { cause: error },
    );
  }
  return error;
}
