// What the reactive layer refuses, as one error class with a closed set of codes, so that a log line
// can be traced to the rule it broke.

/**
 * `TRIGGER_CYCLE`: a change of a flag would cause itself. `NOT_SETTLED`: handlers keep each other
 * running. `HANDLER_FAILED`: a handler threw, its error is the cause. `NOT_UNLESS`: a strict guard's
 * flags were not set. `INVALID`: a definition makes no sense.
 */
export type ReactiveErrorCode =
  | 'TRIGGER_CYCLE'
  | 'NOT_SETTLED'
  | 'HANDLER_FAILED'
  | 'NOT_UNLESS'
  | 'INVALID';

export class ReactiveError extends Error {
  override readonly name: string = 'ReactiveError';
  readonly code: ReactiveErrorCode;

  constructor(code: ReactiveErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
