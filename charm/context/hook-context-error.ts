// Why a program that should be a hook could not find its context.

/** `noContext`: Juju did not start it. `invalid`: a variable holds what Juju never writes. */
export type HookContextErrorKind = 'noContext' | 'invalid';

export class HookContextError extends Error {
  override readonly name: string = 'HookContextError';
  readonly kind: HookContextErrorKind;

  constructor(kind: HookContextErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
