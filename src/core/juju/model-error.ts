// The one error this folder throws for what a user can mend: the text Juju's client prints, and beside
// it a sentence that says what to change. Mistakes of the program itself are plain `Error`s, so that
// nobody shows them to a user as if they were his.

/** What went wrong, for a program; the message is for people. */
export type ModelErrorCode =
  | 'already-exists'
  | 'ambiguous'
  | 'bad-request'
  | 'cannot-enter-scope'
  | 'conflict'
  | 'invalid-charm'
  | 'not-found'
  | 'not-valid'
  | 'quota-exceeded';

/**
 * A request the model refuses.
 *
 * `message` is one sentence in Juju's wording, without the `ERROR ` its client puts before it; `hint`
 * names what to change and is empty only when the message already says so.
 */
export class ModelError extends Error {
  readonly code: ModelErrorCode;
  readonly hint: string;

  constructor(code: ModelErrorCode, message: string, hint: string) {
    super(message);
    this.name = 'ModelError';
    this.code = code;
    this.hint = hint;
  }
}
