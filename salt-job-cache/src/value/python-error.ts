// An exception Python would raise over a value: the name programs know it by, and a sentence. Who knows the
// job and the field makes a `JobCacheError` of it.

export type PythonErrorKind =
  | 'AttributeError'
  | 'IndexError'
  | 'JSONDecodeError'
  | 'KeyError'
  | 'MemoryError'
  | 'RecursionError'
  | 'TypeError'
  | 'UnicodeEncodeError'
  | 'ValueError';

export class PythonError extends Error {
  override readonly name: string = 'PythonError';
  readonly kind: PythonErrorKind;

  constructor(kind: PythonErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
