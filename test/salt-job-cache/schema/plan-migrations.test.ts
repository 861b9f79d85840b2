// What is planned for a database, from what its catalogue says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jidOf } from '#salt-job-cache/src/jid.ts';
import type {
  Catalogue,
  ExistingColumn,
  ExistingIndex,
  ExistingTable,
} from '#salt-job-cache/src/schema/catalogue.ts';
import { keepFirstJid, keepFirstJidSource } from '#salt-job-cache/src/schema/keep-first-jid.ts';
import { ownTables } from '#salt-job-cache/src/schema/own-tables.ts';
import { planMigrations } from '#salt-job-cache/src/schema/plan-migrations.ts';
import { rewriteLimitBytes } from '#salt-job-cache/src/schema/plan-event-ids.ts';
import { quoteName, quoteText } from '#salt-job-cache/src/schema/quote.ts';
import type { MigrationPlan } from '#salt-job-cache/src/schema/steps.ts';
import { tables } from '#salt-job-cache/src/schema/tables.ts';

const column = (type: string, change: Partial<ExistingColumn> = {}): ExistingColumn => ({
  type,
  isNotNull: false,
  hasDefault: false,
  ...change,
});

const index = (name: string, definition: string, isValid = true): ExistingIndex => ({
  name,
  definition,
  isValid,
  isConstraint: false,
});

interface MutableTable extends ExistingTable {
  readonly columns: Map<string, ExistingColumn>;
}

/** The catalogue of a database that has all as it should be, but for what is changed. */
function complete(change: Partial<ExistingTable> = {}): Map<string, MutableTable> {
  const base = {
    kind: 'plain',
    schema: 'public',
    isOurs: true,
    isWritable: true,
    bytes: 8192,
    unique: new Set<string>(),
    indexes: [],
    triggers: new Set<string>(),
    sequence: null,
  } as const;
  const salts = tables.map((table): [string, MutableTable] => [
    table.name,
    {
      ...base,
      unique: new Set(table.primaryKey === undefined ? [] : [table.primaryKey]),
      indexes: table.indexes.map(({ name, definition }) => index(name, definition)),
      triggers: new Set(table.name === 'jids' ? [keepFirstJid] : []),
      sequence:
        table.name === 'salt_events'
          ? { schema: 'public', name: 'seq', lastValue: 7n, isCycling: false, isBigint: true }
          : null,
      ...change,
      columns: new Map(
        table.columns.map(({ name, type, isNullable }) => [
          name,
          column(type === 'bigserial' ? 'bigint' : type, {
            isNotNull: !isNullable,
            hasDefault: type === 'bigserial',
          }),
        ]),
      ),
    },
  ]);
  const own = ownTables.map(({ name }): [string, MutableTable] => [
    name,
    { ...base, columns: new Map() },
  ]);
  return new Map([...salts, ...own]);
}

function catalogue(found: Catalogue['tables'], change: Partial<Catalogue> = {}): Catalogue {
  return {
    schema: 'public',
    database: 'salt',
    user: 'salter',
    timeZone: 'UTC',
    nowMicros: 0n,
    tables: found,
    functionSource: keepFirstJidSource('public'),
    readers: [],
    ...change,
  };
}

function planOf(found: Catalogue['tables'], change: Partial<Catalogue> = {}): MigrationPlan {
  return planMigrations(catalogue(found, change), { isPartitioned: false });
}

const statementsOf = (plan: MigrationPlan): readonly string[] =>
  plan.steps.flatMap(({ statements }) => statements);
const sentencesOf = (plan: MigrationPlan): readonly string[] =>
  plan.steps.flatMap(({ sentences }) => sentences);

function withEvents(change: Partial<ExistingTable>, idType = 'bigint'): Map<string, MutableTable> {
  const found = complete();
  const events = found.get('salt_events');
  assert.ok(events);
  const changed = { ...events, ...change, columns: events.columns };
  changed.columns.set('id', column(idType, { isNotNull: true, hasDefault: true }));
  return found.set('salt_events', changed);
}

/** What is said against a complete database in which one column is another. */
function conflictsWith(
  table: string,
  name: string,
  found: ExistingColumn | null,
): readonly string[] {
  const existing = complete();
  if (found === null) existing.get(table)?.columns.delete(name);
  else existing.get(table)?.columns.set(name, found);
  return planOf(existing).conflicts;
}

test('an empty database gets all tables, indexes and the trigger in one transaction', () => {
  const plan = planOf(new Map(), { functionSource: null });

  assert.deepEqual(plan.conflicts, []);
  assert.equal(plan.steps.length, 1);
  const statements = statementsOf(plan);
  assert.equal(statements.filter((text) => text.startsWith('CREATE TABLE')).length, 5);
  assert.ok(statements.some((text) => text.includes('CREATE TRIGGER')));
  assert.ok(!statements.some((text) => text.includes('CONCURRENTLY')));
  assert.deepEqual(sentencesOf(plan).slice(0, 3), [
    'created table jids',
    'created table salt_returns',
    'created table salt_events',
  ]);
});

test('a complete database is left as it is', () => {
  assert.deepEqual(planOf(complete()), { steps: [], notes: [], conflicts: [] });
});

test('whatever is there, no table, column, row or valid wanted index is ever dropped', () => {
  const flaw = fc.record({
    table: fc.constantFrom(...tables),
    index: fc.nat(9),
    found: fc.option(fc.constantFrom('integer', 'text', 'jsonb')),
  });
  const facts = fc.record({
    flaws: fc.array(flaw, { maxLength: 3 }),
    missing: fc.subarray([...tables, ...ownTables].map(({ name }) => name)),
    isOurs: fc.boolean(),
    areValid: fc.boolean(),
    hasTrigger: fc.boolean(),
    zone: fc.constantFrom(null, 'UTC', 'Asia/Kolkata'),
    isPartitioned: fc.boolean(),
  });
  fc.assert(
    fc.property(facts, ({ flaws, missing, isOurs, areValid, hasTrigger, zone, isPartitioned }) => {
      const existing = complete({
        isOurs,
        indexes: [
          index('salt_events_data_idx', 'btree (data)'),
          index('jids_started_idx', 'btree (started)', areValid),
        ],
        triggers: new Set(hasTrigger ? [keepFirstJid] : []),
      });
      for (const { table, index: at, found } of flaws) {
        const name = table.columns[at % table.columns.length]?.name ?? '';
        if (found === null) existing.get(table.name)?.columns.delete(name);
        else existing.get(table.name)?.columns.set(name, column(found));
      }
      for (const name of missing) existing.delete(name);
      const facts = catalogue(existing, { timeZone: zone, readers: ['reader'] });
      const plan = planMigrations(facts, { isPartitioned });
      for (const text of statementsOf(plan)) {
        assert.match(
          text,
          /^(?:CREATE |GRANT SELECT |REVOKE ALL ON FUNCTION |ALTER ROLE |ALTER SEQUENCE |ALTER TABLE "public"."salt_events" ALTER COLUMN id TYPE bigint|DROP INDEX CONCURRENTLY "public"."(?:salt_events_data_idx|jids_started_idx)")/u,
        );
        assert.ok(!(areValid && text.includes('DROP') && text.includes('jids_started_idx')));
      }
      assert.equal(
        plan.steps.filter(
          ({ mode, statements }) =>
            mode === 'transaction' && statements.some((text) => text.includes('CONCURRENTLY')),
        ).length,
        0,
      );
    }),
  );
});

test('an index of a table that is there is made beside its writers, and an unfinished one anew', () => {
  const existing = complete();
  const jids = existing.get('jids');
  assert.ok(jids);
  existing.set('jids', {
    ...jids,
    bytes: 5000,
    indexes: [
      ...jids.indexes.filter(({ name }) => name !== 'jids_started_idx'),
      index('jids_started_idx', 'btree (started)', false),
    ],
  });

  const { steps } = planOf(existing);

  assert.deepEqual(steps, [
    {
      mode: 'alone',
      statements: ['DROP INDEX CONCURRENTLY "public"."jids_started_idx"'],
      sentences: ['took away index jids_started_idx, which an interrupted run had left unfinished'],
      bytes: 0,
    },
    {
      mode: 'alone',
      statements: [
        'CREATE INDEX CONCURRENTLY "jids_started_idx" ON "public"."jids" USING btree (started)',
      ],
      sentences: ['created index jids_started_idx'],
      bytes: 5000,
      ifLeft: 'left index jids_started_idx for later',
    },
  ]);
});

test('the ids of an existing table of events become bigint, and before its indexes are made', () => {
  const sequence = {
    schema: 'public',
    name: 'seq',
    lastValue: 7n,
    isCycling: false,
    isBigint: false,
  };
  const plan = planOf(withEvents({ sequence, indexes: [] }, 'integer'));

  assert.deepEqual(plan.steps[0]?.statements, [
    'ALTER TABLE "public"."salt_events" ALTER COLUMN id TYPE bigint',
    'ALTER SEQUENCE "public"."seq" AS bigint NO CYCLE',
  ]);
  assert.equal(plan.steps[0]?.mode, 'transaction');
});

test('a table of events too big to be rewritten unasked lets its ids begin anew, and says what it would cost', () => {
  const sequence = {
    schema: 'public',
    name: 'seq',
    lastValue: 1_073_741_824n,
    isCycling: false,
    isBigint: false,
  };
  const bytes = rewriteLimitBytes * 30;
  const plan = planOf(withEvents({ sequence, bytes }, 'integer'));

  assert.deepEqual(statementsOf(plan), ['ALTER SEQUENCE "public"."seq" CYCLE']);
  assert.match(sentencesOf(plan)[0] ?? '', /50 % are used.*rewrite 30720 MiB.*about \d+ s/);
  const cycling = { ...sequence, isCycling: true };
  assert.deepEqual(planOf(withEvents({ sequence: cycling, bytes }, 'integer')).steps, []);
});

test('a role whose zone is another gets UTC in this database only', () => {
  assert.deepEqual(statementsOf(planOf(complete(), { timeZone: 'Asia/Kolkata' })), [
    `ALTER ROLE "salter" IN DATABASE "salt" SET timezone = 'UTC'`,
  ]);
});

test('an older body of the function is replaced without touching the table', () => {
  const statements = statementsOf(planOf(complete(), { functionSource: 'BEGIN RETURN NEW; END' }));

  assert.equal(statements.length, 2);
  assert.match(statements[0] ?? '', /^CREATE OR REPLACE FUNCTION/);
  assert.match(statements[0] ?? '', /SET search_path = pg_catalog, pg_temp/);
  assert.match(statements[1] ?? '', /^REVOKE ALL ON FUNCTION .* FROM PUBLIC$/);
});

test('a table in the way is named with the column and what Salt needs', () => {
  assert.deepEqual(conflictsWith('jids', 'arg', column('jsonb')), [
    'Column "jids"."arg" is jsonb, but Salt needs text',
  ]);
  assert.deepEqual(conflictsWith('salt_returns', 'return', null), [
    'Table "salt_returns" has no column "return", which Salt writes',
  ]);
  assert.deepEqual(
    conflictsWith('salt_returns', 'success', column('boolean', { isNotNull: true })),
    ['Column "salt_returns"."success" takes no null, which Salt writes'],
  );
  assert.deepEqual(conflictsWith('salt_events', 'id', column('integer', { isNotNull: true })), [
    'Column "salt_events"."id" has to be given, but Salt does not write it',
  ]);
  assert.deepEqual(conflictsWith('jids', 'extra', column('text', { isNotNull: true })), [
    'Column "jids"."extra" has to be given, but Salt does not write it',
  ]);
});

test('a view, a table without its key, and a table of somebody else are in the way as well', () => {
  const all = (change: Partial<ExistingTable>): readonly string[] =>
    planOf(complete(change)).conflicts;

  assert.deepEqual(all({ kind: 'other' })[0], '"jids" is there already and is no table');
  assert.deepEqual(all({ unique: new Set() }), [
    'Table "jids" does not keep "jid" unique, which Salt relies on',
  ]);
  assert.match(all({ isWritable: false })[0] ?? '', /who has to grant SELECT, INSERT and DELETE/);
});

test('columns made by hand are fine where they hold all that Salt writes', () => {
  const fine: readonly (readonly [string, string, ExistingColumn | null])[] = [
    ['jids', 'jid', column('text')],
    ['jids', 'jid', column('character varying')],
    ['jids', 'jid', column('character varying(255)')],
    ['jids', 'fun', column('character varying')],
    ['jids', 'started', column('timestamp without time zone')],
    ['jids', 'extra', column('text')],
    ['jids', 'extra', column('text', { isNotNull: true, hasDefault: true })],
    ['salt_events', 'id', column('bigint', { isNotNull: true, hasDefault: true })],
    ['salt_returns', 'added', null],
  ];
  for (const [table, name, found] of fine) {
    assert.deepEqual(conflictsWith(table, name, found), [], `${table}.${name} ${found?.type}`);
  }
  const short: readonly (readonly [string, string, ExistingColumn])[] = [
    ['jids', 'jid', column('character varying(19)')],
    ['jids', 'fun', column('character varying(255)')],
    ['jids', 'started', column('text')],
    ['salt_returns', 'success', column('text')],
  ];
  for (const [table, name, found] of short) {
    assert.equal(conflictsWith(table, name, found).length, 1, `${table}.${name} ${found.type}`);
  }
});

test('the readers may read all three tables, and their names are quoted', () => {
  const statements = statementsOf(planOf(complete(), { readers: ['odd"role', 'plain'] }));

  assert.deepEqual(statements, [
    'GRANT SELECT ON "public"."jids" TO "odd""role", "plain"',
    'GRANT SELECT ON "public"."salt_returns" TO "odd""role", "plain"',
    'GRANT SELECT ON "public"."salt_events" TO "odd""role", "plain"',
  ]);
});

test('tables of somebody else are left to their owner, and that is said', () => {
  const plan = planOf(complete({ isOurs: false, indexes: [] }), { readers: ['reader'] });

  assert.deepEqual(plan.steps, []);
  assert.match(
    plan.notes[0] ?? '',
    /^left table jids as it is, as it belongs to another user: make /,
  );
  assert.equal(plan.notes[1], 'left it to the owner of table jids who may read it');
  assert.deepEqual(
    planOf(complete({ isOurs: false, triggers: new Set([keepFirstJid]) })).notes,
    [],
  );
});

test('names and texts are quoted so that nothing gets out of them', () => {
  assert.equal(quoteName('a"b'), '"a""b"');
  assert.equal(quoteText("it's"), "'it''s'");
  assert.equal(quoteText("\\' OR 1"), "E'\\\\'' OR 1'");
});

test('a job id is the time in UTC to the microsecond, in twenty digits', () => {
  assert.equal(jidOf(1_704_164_645_678_901n), '20240102030405678901');
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 4_102_444_800_000_000n }), (micros) => {
      assert.match(jidOf(micros), /^\d{20}$/);
      assert.ok(jidOf(micros) < jidOf(micros + 1n));
    }),
  );
});
