// Which exception psycopg2 raises for a SQLSTATE: the name programs of Salt's world know an error by.

const names: ReadonlyMap<string, string> = new Map([
  ['0A000', 'FeatureNotSupported'],
  ['22001', 'StringDataRightTruncation'],
  ['22003', 'NumericValueOutOfRange'],
  ['22007', 'InvalidDatetimeFormat'],
  ['22008', 'DatetimeFieldOverflow'],
  ['22021', 'CharacterNotInRepertoire'],
  ['22P02', 'InvalidTextRepresentation'],
  ['22P04', 'BadCopyFileFormat'],
  ['22P05', 'UntranslatableCharacter'],
  ['23502', 'NotNullViolation'],
  ['23503', 'ForeignKeyViolation'],
  ['23505', 'UniqueViolation'],
  ['23514', 'CheckViolation'],
  ['25006', 'ReadOnlySqlTransaction'],
  ['25P02', 'InFailedSqlTransaction'],
  ['40001', 'SerializationFailure'],
  ['40P01', 'DeadlockDetected'],
  ['42501', 'InsufficientPrivilege'],
  ['42601', 'SyntaxError'],
  ['42703', 'UndefinedColumn'],
  ['42804', 'DatatypeMismatch'],
  ['42883', 'UndefinedFunction'],
  ['42P01', 'UndefinedTable'],
  ['42P07', 'DuplicateTable'],
  ['53100', 'DiskFull'],
  ['53200', 'OutOfMemory'],
  ['53300', 'TooManyConnections'],
  ['54000', 'ProgramLimitExceeded'],
  ['54001', 'StatementTooComplex'],
  ['55006', 'ObjectInUse'],
  ['55P03', 'LockNotAvailable'],
  ['57014', 'QueryCanceled'],
  ['57P01', 'AdminShutdown'],
  ['57P02', 'CrashShutdown'],
  ['57P03', 'CannotConnectNow'],
]);

/** By the first two characters of a SQLSTATE: the standard classes of Python's database interface. */
const classes: ReadonlyMap<string, string> = new Map([
  ['0A', 'NotSupportedError'],
  ['22', 'DataError'],
  ['23', 'IntegrityError'],
  ['08', 'OperationalError'],
  ['40', 'OperationalError'],
  ['53', 'OperationalError'],
  ['54', 'OperationalError'],
  ['55', 'OperationalError'],
  ['57', 'OperationalError'],
  ['58', 'OperationalError'],
  ['42', 'ProgrammingError'],
  ['3D', 'ProgrammingError'],
  ['3F', 'ProgrammingError'],
  ['XX', 'InternalError'],
]);

export function pythonKindOf(sqlstate: string): string {
  return names.get(sqlstate) ?? classes.get(sqlstate.slice(0, 2)) ?? 'DatabaseError';
}
