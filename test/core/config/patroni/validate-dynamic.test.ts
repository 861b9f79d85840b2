// What is refused of a change to the dynamic configuration.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { faultLine } from '#core/config/patroni/fault.ts';
import { validateDynamic } from '#core/config/patroni/validate-dynamic.ts';
import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';

const lines = (patch: JsonObject): readonly string[] => validateDynamic(patch).map(faultLine);

test('a usual configuration passes', () => {
  const dynamic = {
    ttl: 30,
    loop_wait: 10,
    retry_timeout: '10s',
    maximum_lag_on_failover: 1_048_576,
    synchronous_mode: 'quorum',
    member_slots_ttl: '30min',
    member_slots_wal_budget: '20%',
    slot_copy_interval: '1h',
    unknown_slots_grace: 0,
    failsafe_mode: true,
    slots: {
      a: { type: 'physical' },
      b: { type: 'logical', database: 'd', plugin: 'p' },
      c: null,
      d: 0,
    },
    ignore_slots: [{ type: 'logical' }],
    standby_cluster: null,
    another_tool: { whatever: [1] },
    postgresql: {
      use_pg_rewind: true,
      parameters: { max_connections: 100, work_mem: '4MB', jit: null, 'a.b': 1 },
      pg_hba: ['local all all peer'],
    },
  };

  assert.deepEqual(lines(dynamic), []);
});

test('each wrong value is told with its path and what is allowed', () => {
  assert.deepEqual(
    lines({
      ttl: 4,
      loop_wait: 'soon',
      maximum_lag_on_failover: -1,
      pause: 'maybe',
      synchronous_mode: 'sometimes',
      member_slots_wal_budget: '120%',
      slots: { a: { type: 'quantum' }, b: 7 },
      ignore_slots: ['x'],
      postgresql: {
        parameters: { max_connections: 5, 'bad name': 1, work_mem: [] },
        pg_hba: 'local',
        slots: { x: null },
      },
    }),
    [
      "ttl 4 didn't pass validation: Wrong value, it takes 5 to 2147483647",
      'loop_wait "soon" is not an integer: it takes a whole number of seconds, such as 30 or 30s',
      "maximum_lag_on_failover -1 didn't pass validation: Wrong value, it takes 0 to 9007199254740991",
      'pause "maybe" is not a boolean: it takes true or false',
      'synchronous_mode "sometimes" invalid value for synchronous_mode: it takes off, on or quorum',
      'member_slots_wal_budget "120%" is no amount: it takes bytes, such as 50GB, a share of the volume, such as 20%, ' +
        'or 0 for no limit',
      'ignore_slots a list is not a list of dictionaries',
      'slots.a.type "quantum" contains a wrong value: it takes physical or logical',
      'slots.b 7 is not a dictionary',
      'postgresql.pg_hba "local" is not a list of strings',
      'postgresql.slots a mapping does nothing here: it belongs to the dynamic configuration, as slots',
      "postgresql.parameters.max_connections 5 didn't pass validation: it takes at least 25",
      'postgresql.parameters.bad name is no name of a parameter of PostgreSQL',
      'postgresql.parameters.work_mem a list is not a string, a number or a boolean',
    ],
  );
});

test('settings that only do nothing are warned of', () => {
  const faults = validateDynamic({ postgresql: { parameters: { port: 1, restore_command: 'x' } } });

  assert.deepEqual(
    faults.map(({ path, severity }) => [path, severity]),
    [
      ['postgresql.parameters.port', 'warning'],
      ['postgresql.parameters.restore_command', 'warning'],
    ],
  );
});

test('null takes any key away, and any value at all is judged', () => {
  const json = fc.jsonValue() as fc.Arbitrary<JsonValue>;
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('ttl', 'slots', 'postgresql', 'x'), json),
      (patch) => {
        assert.ok(Array.isArray(validateDynamic(patch)));
        const removal = Object.fromEntries(Object.keys(patch).map((key) => [key, null]));
        assert.deepEqual(validateDynamic(removal), []);
      },
    ),
  );
});
