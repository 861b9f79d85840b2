// A server as far as plans can tell: applies each step to the facts, so that a test can ask for the next plan.

import type {
  AccessFacts,
  DatabaseFacts,
  DesiredAccess,
  GrantableFacts,
  InsideFacts,
  UserFacts,
} from '#core/access/access-model.ts';
import { roleMarker, userMarker } from '#core/access/marker.ts';
import type { AccessStep } from '#core/access/steps.ts';

export const nothing: AccessFacts = {
  user: null,
  memberships: [],
  roles: new Map(),
  database: null,
  available: new Map([
    ['citext', { schema: null }],
    ['hstore', { schema: null }],
    ['plpgsql', { schema: 'pg_catalog' }],
  ]),
};

export const wish: DesiredAccess = {
  relation: 'db:7',
  owner: 'app',
  database: 'app',
  user: 'db_7_app',
  admin: false,
  roles: [],
  extensions: [],
  privileges: ['ALL'],
};

function without<Item>(from: readonly Item[], taken: readonly Item[]): readonly Item[] {
  return from.filter((item) => !taken.includes(item));
}

function plainRole(name: string): GrantableFacts {
  return { name, powers: [], comment: roleMarker, through: [] };
}

function onUser(facts: AccessFacts, change: Partial<UserFacts>): AccessFacts {
  if (facts.user === null) throw new Error('there is no user to change');
  return { ...facts, user: { ...facts.user, ...change } };
}

function onDatabase(facts: AccessFacts, change: Partial<DatabaseFacts>): AccessFacts {
  if (facts.database === null) throw new Error('there is no database to change');
  return { ...facts, database: { ...facts.database, ...change } };
}

function insideOf(facts: AccessFacts): InsideFacts {
  const fresh = { schemas: ['public', 'pg_catalog'], publicSchema: [], extensions: new Map() };
  return facts.database?.inside ?? fresh;
}

function onInside(facts: AccessFacts, change: Partial<InsideFacts>): AccessFacts {
  return onDatabase(facts, { inside: { ...insideOf(facts), ...change } });
}

/** The facts after one step. */
export function apply(facts: AccessFacts, step: AccessStep): AccessFacts {
  const inside = insideOf(facts);
  const held = facts.database?.userPrivileges ?? [];
  const schemaHeld = inside.publicSchema ?? [];
  switch (step.kind) {
    case 'create-database':
      return { ...facts, database: { state: 'unfinished', userPrivileges: [], inside: null } };
    case 'open-database':
      return onDatabase(facts, { state: 'open' });
    case 'create-user': {
      const { user: name, powers, owner } = step;
      const comment = userMarker(owner);
      return { ...facts, user: { name, powers, comment, password: 'matches', inherits: true } };
    }
    case 'alter-user':
      return onUser(facts, { powers: step.powers, inherits: true });
    case 'set-password':
      return onUser(facts, { password: 'matches' });
    case 'create-role':
      return { ...facts, roles: new Map([...facts.roles, [step.role, plainRole(step.role)]]) };
    case 'grant-role': {
      if (!facts.roles.has(step.role)) throw new Error(`there is no role ${step.role}`);
      const membership = { role: step.role, grantor: 'postgres' };
      return { ...facts, memberships: [...facts.memberships, membership] };
    }
    case 'revoke-role':
      return { ...facts, memberships: facts.memberships.filter(({ role }) => role !== step.role) };
    case 'grant-database':
      return onDatabase(facts, { userPrivileges: [...held, ...step.privileges] });
    case 'revoke-database':
      return onDatabase(facts, { userPrivileges: without(held, step.privileges) });
    case 'grant-schema':
      return onInside(facts, { publicSchema: [...schemaHeld, ...step.privileges] });
    case 'revoke-schema':
      return onInside(facts, { publicSchema: without(schemaHeld, step.privileges) });
    case 'create-schema':
      return onInside(facts, { schemas: [...inside.schemas, step.schema] });
    case 'create-extension':
      if (!inside.schemas.includes(step.schema)) throw new Error(`no schema ${step.schema}`);
      return onInside(facts, {
        extensions: new Map([...inside.extensions, [step.extension, step.schema]]),
      });
    case 'clear-password':
    case 'end-sessions':
      throw new Error(`no step of an access plan: ${step.kind}`);
    default:
      return step satisfies never;
  }
}
