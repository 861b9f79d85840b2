// Why leader settings could not be written.

/**
 * `NOT_LEADER`: this unit does not lead the application. `NO_PEER_RELATION`: there is no bag to write
 * to, or not yet. `INVALID_KEY`, `INVALID_VALUE`: Juju could not keep it as it is.
 */
export type LeadershipErrorCode =
  | 'NOT_LEADER'
  | 'NO_PEER_RELATION'
  | 'INVALID_KEY'
  | 'INVALID_VALUE';

export class LeadershipError extends Error {
  override readonly name: string = 'LeadershipError';
  readonly code: LeadershipErrorCode;

  constructor(code: LeadershipErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
