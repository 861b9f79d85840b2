// Calls a controller by its socket, and turns its errors back into what was thrown there.

import { errorCode } from '#adapters/files/error-code.ts';
import { callJson, streamJson } from '#adapters/net/json-client.ts';

import type { CallName, Calls, Streams } from './calls.ts';
import { UserError } from '../user-error.ts';

export class Connection {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Throws `UserError` with the controller's own sentence, or when no controller answers. */
  async call<Name extends CallName>(
    name: Name,
    input: Calls[Name]['input'],
    signal?: AbortSignal,
  ): Promise<Calls[Name]['output']> {
    try {
      const { status, value } = await callJson(this.#socketPath, name, input, signal);
      if (status !== 200) throw errorIn(value);
      // The controller is this same program: the shape of its answers is its side's promise.
      return value as Calls[Name]['output'];
    } catch (error) {
      throw explain(error, this.#socketPath);
    }
  }

  async *stream<Name extends keyof Streams>(
    name: Name,
    input: Streams[Name]['input'],
    signal?: AbortSignal,
  ): AsyncGenerator<Streams[Name]['line'], void, undefined> {
    try {
      for await (const line of streamJson(this.#socketPath, name, input, signal)) {
        if (isError(line)) throw errorIn(line);
        yield line as Streams[Name]['line'];
      }
    } catch (error) {
      throw explain(error, this.#socketPath);
    }
  }

  /** Whether a controller answers on the socket. */
  async isAlive(): Promise<boolean> {
    try {
      const { status } = await callJson(this.#socketPath, 'ping', {});
      return status === 200;
    } catch (error) {
      if (isAbsence(error)) return false;
      throw error;
    }
  }
}

/** True for the errors that mean nobody listens, or not any more. */
export function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'ENOTDIR', 'EPIPE'].includes(errorCode(error));
}

function explain(error: unknown, socketPath: string): unknown {
  if (isAbsence(error)) {
    return new UserError(
      `no controller answers on "${socketPath}"`,
      'start one with "juju-local bootstrap", or name the right --state-dir',
    );
  }
  if (errorCode(error) === 'EACCES') {
    return new UserError(
      `the controller on "${socketPath}" belongs to another user`,
      'run this as that user, or use a --state-dir of your own',
    );
  }
  return error;
}

function isError(value: unknown): value is { readonly error: unknown } {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'error');
}

function errorIn(value: unknown): UserError {
  const inner: unknown = isError(value) ? value.error : null;
  const read = (name: 'message' | 'hint'): string => {
    if (typeof inner !== 'object' || inner === null) return '';
    const found: unknown = Object.getOwnPropertyDescriptor(inner, name)?.value;
    return typeof found === 'string' ? found : '';
  };
  return new UserError(read('message') || 'the controller answered nothing readable', read('hint'));
}
