// The catalogue of what can stop a server or a relation from being set up, as an operator meets it.
// A code never changes its meaning: status messages, documentation and tests are keyed by it.

export type ProblemCode =
  // What was asked for can't be had under that name.
  | 'DATABASE_NAME_INVALID'
  | 'USER_NAME_INVALID'
  | 'ROLE_NAME_INVALID'
  | 'EXTENSION_NAME_INVALID'
  | 'PRIVILEGE_UNKNOWN'
  | 'ADDRESS_INVALID'
  | 'HBA_LINE_INVALID'
  | 'PARAMETER_REFUSED'
  // What was asked for is there already, and is not ours to give.
  | 'USER_OWNED_BY_ANOTHER'
  | 'ROLE_NOT_GRANTABLE'
  | 'DATABASE_CLOSED'
  | 'EXTENSION_NOT_AVAILABLE'
  | 'EXTENSION_IN_OTHER_SCHEMA'
  // PostgreSQL said no, or could not be asked.
  | 'SQL_FAILED'
  | 'SERVER_UNREACHABLE'
  | 'SERVER_IN_RECOVERY'
  | 'SERVER_NOT_RUNNING'
  // The server itself.
  | 'INPUT_INVALID'
  | 'NOT_INSTALLED'
  | 'INSTALL_FAILED'
  | 'RUN_AS_IMPOSSIBLE'
  | 'DATA_DIRECTORY_EMPTY'
  | 'DATA_DIRECTORY_NOT_A_CLUSTER'
  | 'DATA_DIRECTORY_OWNER'
  | 'DATA_DIRECTORY_VERSION'
  | 'INITDB_FAILED'
  | 'SOCKET_PATH_TOO_LONG'
  | 'PORT_IN_USE'
  | 'ADDRESS_NOT_AVAILABLE'
  | 'START_FAILED'
  | 'START_TIMEOUT'
  | 'STOP_FAILED'
  | 'RELOAD_FAILED'
  | 'FILE_NOT_WRITABLE'
  | 'UNEXPECTED';

/** Why something was not done. It holds no secret: it is shown in statuses and logs. */
export interface Problem {
  readonly code: ProblemCode;
  /** What was tried, what was found and what would be right, in one sentence. */
  readonly message: string;
  /** What a person can do about it. */
  readonly hint: string;
}

export function problem(code: ProblemCode, message: string, hint: string): Problem {
  return { code, message, hint };
}
