// Tells errors of the operating system apart by their code, so that a caller catches only what it expects.

/** The code of a system error (`ENOENT`, `EACCES`, ...), or an empty string for any other value. */
export function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return '';
}
