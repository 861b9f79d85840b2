// The errors of the pgsql protocol. A caller tells them apart by `code`, an operator reads the message.
// No message and no field ever carries a password, a connection string or a bag (T18).

export type PgsqlErrorCode =
  | 'CONNECTION_STRING_SYNTAX'
  | 'CONNECTION_STRING_VALUE'
  | 'INVALID_DATABASE_NAME'
  | 'INVALID_ROLE_NAME'
  | 'INVALID_EXTENSION'
  | 'INVALID_OFFER'
  | 'UNKNOWN_RELATION'
  | 'AMBIGUOUS_RELATION'
  | 'USER_NAME_TAKEN';

/**
 * Says what was tried, what was found, and in `hint` what to do about it.
 * `fields` hold the same facts as data, for a structured log.
 */
export class PgsqlError extends Error {
  override readonly name: string = 'PgsqlError';
  readonly code: PgsqlErrorCode;
  readonly hint: string;
  readonly fields: Readonly<Record<string, string | number>>;

  constructor(
    code: PgsqlErrorCode,
    message: string,
    hint: string,
    fields: Readonly<Record<string, string | number>> = {},
  ) {
    super(`${message}. ${hint}.`);
    this.code = code;
    this.hint = hint;
    this.fields = fields;
  }
}
