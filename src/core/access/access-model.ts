// The two pictures planAccess compares: what one relation is to have, and what the server has.
// Neither holds a password: whether it is the right one is a fact, found out by the adapter.

export interface DesiredExtension {
  readonly name: string;
  readonly schema: string;
}

/** What one relation is to have. */
export interface DesiredAccess {
  /** `endpoint:number`, for example `db:7`. */
  readonly relation: string;
  /** Application the user is of, for example `shop`; it keeps its user through all its relations. */
  readonly owner: string;
  readonly database: string;
  readonly user: string;
  /** The user of an administrator's relation is SUPERUSER, as the protocol promises it. */
  readonly admin: boolean;
  readonly roles: readonly string[];
  readonly extensions: readonly DesiredExtension[];
  /** Names as in configuration: ALL, CONNECT, CREATE, TEMPORARY or TEMP, in any case. */
  readonly privileges: readonly string[];
}

/** The attributes of a role that give it power, by their name in SQL. */
export const powers = [
  'LOGIN',
  'SUPERUSER',
  'CREATEDB',
  'CREATEROLE',
  'REPLICATION',
  'BYPASSRLS',
] as const;

export type Power = (typeof powers)[number];

export interface RoleFacts {
  readonly name: string;
  readonly powers: readonly Power[];
  readonly comment: string | null;
}

/** A role that is asked for, and every role it is a member of, directly or through others. */
export interface GrantableFacts extends RoleFacts {
  readonly through: readonly RoleFacts[];
}

export interface UserFacts extends RoleFacts {
  /** 'expired' is the right password whose VALID UNTIL is set: it stops working some day. */
  readonly password: 'matches' | 'expires' | 'differs';
  readonly inherits: boolean;
}

/** One direct membership of the user. From PostgreSQL 16 on it belongs to the role that granted it. */
export interface MembershipFacts {
  readonly role: string;
  readonly grantor: string;
}

export type DatabasePrivilege = 'CONNECT' | 'CREATE' | 'TEMPORARY';
export type SchemaPrivilege = 'CREATE' | 'USAGE';

/** What can only be seen from inside the database. */
export interface InsideFacts {
  readonly schemas: readonly string[];
  /** What the user may do in schema `public`; null where there is no such schema. */
  readonly publicSchema: readonly SchemaPrivilege[] | null;
  /** Installed extensions: name to schema. */
  readonly extensions: ReadonlyMap<string, string>;
}

export interface DatabaseFacts {
  /** `unfinished` is one we created and had no time to open; `closed` takes no connections at all. */
  readonly state: 'open' | 'unfinished' | 'closed';
  /** Privileges the user itself was given, not those it has through PUBLIC or a role. */
  readonly userPrivileges: readonly DatabasePrivilege[];
  /** Null before the first look inside. */
  readonly inside: InsideFacts | null;
}

/** What the server has of the things one relation asks for. */
export interface AccessFacts {
  readonly user: UserFacts | null;
  readonly memberships: readonly MembershipFacts[];
  /** Those of the asked-for roles that exist. */
  readonly roles: ReadonlyMap<string, GrantableFacts>;
  readonly database: DatabaseFacts | null;
  /** Extensions this server has files for; `schema` is the one its control file insists on. */
  readonly available: ReadonlyMap<string, { readonly schema: string | null }>;
}
