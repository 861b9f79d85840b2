// What each code of the project's errors means and what to do about it. The types make the tables
// complete: a code that is added without a line here does not compile.

import type { LeadershipErrorCode } from '#charm/leadership/leadership-error.ts';
import type { ReactiveErrorCode } from '#charm/reactive/errors.ts';
import type { UnitDataErrorKind } from '#charm/state/unit-data-error.ts';
import type { HookToolErrorKind } from '#charm/tools/errors.ts';
import type { ProblemCode } from '#core/access/problem.ts';
import type { ModelErrorCode } from '#core/juju/model-error.ts';
import type { PgsqlErrorCode } from '#interfaces/pgsql/errors.ts';

export type Meanings<Code extends string> = Readonly<Record<Code, string>>;

export const problemMeanings: Meanings<ProblemCode> = {
  DATABASE_NAME_INVALID:
    "The database asked for has a name PostgreSQL would cut short, can't hold or keeps for itself. Ask for another.",
  USER_NAME_INVALID: 'The user of a relation would have a name of the server itself, or none.',
  ROLE_NAME_INVALID: 'A role asked for has such a name, or is the user that asks.',
  EXTENSION_NAME_INVALID: 'An extension or its schema has a name neither can have.',
  PRIVILEGE_UNKNOWN:
    'The option relation-database-privileges names something else than ALL, CONNECT, CREATE or TEMPORARY.',
  ADDRESS_INVALID:
    'An address is no address, network or host name: of a client, or in the option admin-addresses.',
  HBA_LINE_INVALID:
    'A line of the option extra-pg-auth is no line for pg_hba.conf, or PostgreSQL refuses it. The lines in force stay.',
  PARAMETER_REFUSED:
    'A setting is unknown to PostgreSQL or out of its bounds. The settings in force stay.',
  USER_OWNED_BY_ANOTHER:
    'The user is there already and was made for somebody else. It is not taken over.',
  ROLE_NOT_GRANTABLE: 'A role asked for can log in, has power, or leads to one that does.',
  DATABASE_CLOSED: 'The database is there and takes no connections. It is not forced open.',
  EXTENSION_NOT_AVAILABLE: "The extension's files are not on the machine. Install its package.",
  EXTENSION_IN_OTHER_SCHEMA: 'The extension is installed in another schema than asked for.',
  SQL_FAILED: 'PostgreSQL refused a statement; the message has its SQLSTATE. Tried again.',
  SERVER_UNREACHABLE: 'There was no connection to the server. Tried again.',
  SERVER_IN_RECOVERY: 'The server is a standby, which only reads. The primary does it.',
  SERVER_NOT_RUNNING: 'The server does not run. Tried again.',
  INPUT_INVALID: 'The program that sets up PostgreSQL was given what it does not understand.',
  NOT_INSTALLED: "The server's programs are not on the machine, or not in that version.",
  INSTALL_FAILED: 'The package manager failed; the message has its words. Tried again.',
  RUN_AS_IMPOSSIBLE:
    "PostgreSQL can't be run as that user: it refuses root, and only root may choose.",
  DATA_DIRECTORY_EMPTY: 'There is no cluster, and this unit is not the one to make it.',
  DATA_DIRECTORY_NOT_A_CLUSTER: 'The directory holds something else. Nothing in it is touched.',
  DATA_DIRECTORY_OWNER: 'The cluster belongs to another user than PostgreSQL would run as.',
  DATA_DIRECTORY_VERSION: 'The cluster was made by another major version of PostgreSQL.',
  INITDB_FAILED: 'The cluster could not be made; the message has the words of initdb.',
  SOCKET_PATH_TOO_LONG:
    'The path of the socket has more than 107 bytes. Choose a shorter directory.',
  PORT_IN_USE: 'Another program has the port; the message names it.',
  ADDRESS_NOT_AVAILABLE: 'The machine does not have the address to listen on.',
  START_FAILED: 'The server ended while it started; the message has the last of its log.',
  START_TIMEOUT: 'The server did not answer in time. It is left to go on.',
  STOP_FAILED: 'The server did not stop.',
  RELOAD_FAILED: 'The server did not read its files again.',
  FILE_NOT_WRITABLE: 'A file could not be written: full, read-only, or of another owner.',
  UNEXPECTED: 'None of these. The message is all there is; please report it.',
};

export const pgsqlMeanings: Meanings<PgsqlErrorCode> = {
  CONNECTION_STRING_SYNTAX: "A connection string can't be read; the message names the position.",
  CONNECTION_STRING_VALUE: 'A part of a connection string could not be read back by anybody.',
  INVALID_DATABASE_NAME: 'A client asks for a database no server could create.',
  INVALID_ROLE_NAME: "A client asks for a role whose name can't be sent.",
  INVALID_EXTENSION: 'A client asks for an extension in no known form.',
  INVALID_OFFER: 'A server publishes what no client could use, for example without a password.',
  UNKNOWN_RELATION: 'A relation or service is named that is not there.',
  AMBIGUOUS_RELATION: 'A service has several relations. Name the relation by its number.',
  USER_NAME_TAKEN: 'Two clients would get the same user.',
};

export const reactiveMeanings: Meanings<ReactiveErrorCode> = {
  TRIGGER_CYCLE: 'A change of a flag would cause itself; the message has the way round.',
  NOT_SETTLED: 'Handlers keep each other running; the message names flags and handlers.',
  HANDLER_FAILED: 'A handler threw; its error is the cause.',
  NOT_UNLESS: 'A handler was called before the flags of its strict guard were set.',
  INVALID: 'A definition makes no sense.',
};

export const hookToolMeanings: Meanings<HookToolErrorKind> = {
  usage: 'The tool was called wrongly.',
  notFound: 'The relation, secret, key or binding is not there, or not any more.',
  permissionDenied: 'This unit may not read or manage it.',
  notLeader: 'Only the leader may.',
  noContext: 'No hook is under way, or not this one.',
  failed: 'Anything else; the message has the words of the tool.',
};

export const leadershipMeanings: Meanings<LeadershipErrorCode> = {
  NOT_LEADER: 'This unit does not lead. Wait for the flag leadership.is_leader.',
  NO_PEER_RELATION: 'There is no peer relation, or not yet. Write after its relation-created.',
  INVALID_KEY: "The key of a leader setting is empty or holds '=' or a blank.",
  INVALID_VALUE: 'The value of a leader setting is no text.',
};

export const unitDataMeanings: Meanings<UnitDataErrorKind> = {
  corrupt: 'The file is damaged. Restore it from a copy.',
  foreign: 'The file is a database of something else.',
  locked: 'Another process is writing. The hook is tried again.',
  readOnly: 'The file or its directory may not be written.',
  full: 'There is no room on the disk.',
  invalid: 'The store was used in a way it does not allow.',
  failed: 'SQLite reports something else; the message has its words.',
};

export const modelMeanings: Meanings<ModelErrorCode> = {
  'already-exists': 'Something of that name or between those two is there already.',
  ambiguous: 'The command could mean several things. Name the endpoint.',
  'bad-request': 'The command makes no sense as it is.',
  'cannot-enter-scope': 'A unit can not enter a relation: it, or the relation, is going.',
  conflict: 'It contradicts what is there, for example a port or a limit.',
  'invalid-charm': 'The charm is none Juju would accept; the message names file and key.',
  'not-found': 'There is nothing of that name; the hint says what there is.',
  'not-valid': 'A value is not of the kind wanted.',
  'quota-exceeded': 'A bag, a value or the configuration is too large.',
};
