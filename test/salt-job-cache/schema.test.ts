import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jidOf } from '#salt-job-cache/src/jid.ts';
import type { ExistingColumn, ExistingTable } from '#salt-job-cache/src/schema.ts';
import { planSchema, tables } from '#salt-job-cache/src/schema.ts';

const column = (type: string, change: Partial<ExistingColumn> = {}): ExistingColumn => ({
  type,
  isNotNull: false,
  hasDefault: false,
  ...change,
});

interface MutableTable extends ExistingTable {
  readonly columns: Map<string, ExistingColumn>;
}

/** The catalogue of a database that has all tables as they should be. */
function complete(change: Partial<ExistingTable> = {}): Map<string, MutableTable> {
  return new Map(
    tables.map((table) => [
      table.name,
      {
        isTable: true,
        isOurs: true,
        isWritable: true,
        unique: new Set(table.primaryKey === undefined ? [] : [table.primaryKey]),
        ...change,
        columns: new Map(
          table.columns.map(({ name, type, isNullable }) => [
            name,
            column(type === 'serial' ? 'integer' : type, {
              isNotNull: !isNullable,
              hasDefault: type === 'serial',
            }),
          ]),
        ),
      },
    ]),
  );
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
  return planSchema(existing, []).conflicts;
}

test('an empty database gets the three tables and their eight indexes', () => {
  const plan = planSchema(new Map(), []);

  assert.deepEqual(plan.conflicts, []);
  assert.equal(plan.statements.filter((text) => text.startsWith('CREATE TABLE')).length, 3);
  assert.equal(plan.statements.filter((text) => text.startsWith('CREATE INDEX')).length, 8);
  assert.deepEqual(plan.notes, [
    'created table jids',
    'created table salt_returns',
    'created table salt_events',
  ]);
});

test('a complete database is left as it is', () => {
  assert.deepEqual(planSchema(complete(), []), { statements: [], notes: [], conflicts: [] });
});

test('only what is missing is made, and what is there is not touched', () => {
  const existing = complete();
  existing.delete('salt_events');
  const { statements, notes } = planSchema(existing, []);

  assert.deepEqual(notes, ['created table salt_events']);
  assert.ok(statements.length > 0);
  assert.ok(statements.every((text) => text.includes('"salt_events"')));
});

test('nothing is ever dropped or changed, whatever is there', () => {
  const flaw = fc.record({
    table: fc.constantFrom(...tables),
    index: fc.nat(9),
    found: fc.option(fc.constantFrom('integer', 'text', 'jsonb')),
  });
  fc.assert(
    fc.property(fc.array(flaw), fc.subarray(tables.map(({ name }) => name)), (flaws, missing) => {
      const existing = complete();
      for (const { table, index, found } of flaws) {
        const name = table.columns[index % table.columns.length]?.name ?? '';
        if (found === null) existing.get(table.name)?.columns.delete(name);
        else existing.get(table.name)?.columns.set(name, column(found));
      }
      for (const name of missing) existing.delete(name);
      const { statements } = planSchema(existing, ['reader']);
      assert.ok(
        statements.every((text) => /^(?:CREATE (?:TABLE|INDEX) |GRANT SELECT )/.test(text)),
      );
    }),
  );
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
    planSchema(complete(change), []).conflicts;

  assert.deepEqual(all({ isTable: false })[0], '"jids" is there already and is no table');
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
  const { statements } = planSchema(new Map(), ['odd"role', 'plain']);

  assert.deepEqual(statements.slice(-3), [
    'GRANT SELECT ON "jids" TO "odd""role", "plain"',
    'GRANT SELECT ON "salt_returns" TO "odd""role", "plain"',
    'GRANT SELECT ON "salt_events" TO "odd""role", "plain"',
  ]);
});

test('who may read the tables of somebody else is left to their owner, and said', () => {
  const plan = planSchema(complete({ isOurs: false }), ['reader']);

  assert.deepEqual(plan.statements, []);
  assert.equal(plan.notes[0], 'left it to the owner of table jids who may read it');
  assert.deepEqual(planSchema(complete({ isOurs: false }), []).notes, []);
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
