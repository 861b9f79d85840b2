// What a user can mend: shown as one line, never with a stack trace.

/** `message` says what was tried and found; `hint` says what to change. */
export class UserError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'UserError';
    this.hint = hint;
  }
}
