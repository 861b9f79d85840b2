// Why the unit data can't be used. Each of these fails the hook: starting over with an empty store
// would make the charm believe it never installed anything (T45).

/**
 * `corrupt`: damaged or cut short. `foreign`: a database, but not one of unit data. `locked`: another
 * process is writing. `readOnly`: may not be written. `full`: no room on the disk or in the store.
 */
export type UnitDataErrorKind =
  | 'corrupt'
  | 'foreign'
  | 'locked'
  | 'readOnly'
  | 'full'
  | 'invalid'
  | 'failed';

export class UnitDataError extends Error {
  override readonly name: string = 'UnitDataError';
  readonly kind: UnitDataErrorKind;
  readonly path: string;

  constructor(kind: UnitDataErrorKind, path: string, detail: string, options?: ErrorOptions) {
    super(`Cannot use the unit data in ${path}: ${detail}`, options);
    this.kind = kind;
    this.path = path;
  }
}

/** SQLite's primary result codes that have an answer of their own. */
const kinds: ReadonlyMap<number, readonly [UnitDataErrorKind, string]> = new Map([
  [5, ['locked', 'another process holds it; wait for that to end, the hook is retried']],
  [6, ['locked', 'another process holds it; wait for that to end, the hook is retried']],
  [
    8,
    ['readOnly', 'it may not be written; check the owner of the file and how its disk is mounted'],
  ],
  [11, ['corrupt', 'its content is damaged; restore the file from a copy']],
  [13, ['full', 'there is no room for more; free space on the disk, or keep less in the store']],
  [14, ['readOnly', 'it could not be opened; check that its directory exists and may be written']],
  [26, ['corrupt', 'it is not a SQLite database; restore the file from a copy']],
]);

/** What the file system says while the file is made. */
const fileKinds: ReadonlyMap<unknown, UnitDataErrorKind> = new Map([
  ['ENOENT', 'readOnly'],
  ['EACCES', 'readOnly'],
  ['EPERM', 'readOnly'],
  ['EROFS', 'readOnly'],
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
]);

/** Makes an error of SQLite or of the file one of ours; a mistake in the program stays as it is. */
export function translateSqliteError(path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if ('errcode' in error && typeof error.errcode === 'number') {
    // The low byte is the primary code, the rest says more than we tell apart.
    const [kind, advice] = kinds.get(error.errcode & 0xff) ?? ['failed', 'SQLite reports an error'];
    return new UnitDataError(kind, path, `${advice} (SQLite: ${error.message})`, { cause: error });
  }
  const kind = 'code' in error ? fileKinds.get(error.code) : undefined;
  if (kind === undefined) return error;
  const detail = `the file could not be made; its directory must exist, be writable and have room (${error.message})`;
  return new UnitDataError(kind, path, detail, { cause: error });
}
