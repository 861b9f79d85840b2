// Tags and the pairs of them that may contradict each other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readTags } from '#core/config/patroni/tags-reader.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';

const conflict = (flag: string, said: string, priority: string, number: number): string =>
  `Conflicting configuration between ${flag}: ${said} and ${priority}: ${number}. ` +
  `Defaulting to ${flag}: ${said}`;

test('a flag wins over the priority that contradicts it, with a warning', () => {
  const truthTable: readonly (readonly [JsonObject, boolean, number, boolean])[] = [
    // tags, excluded, priority, warned of
    [{}, false, 1, false],
    [{ nofailover: null }, false, 1, false],
    [{ nofailover: true }, true, 0, false],
    [{ nofailover: false }, false, 1, false],
    [{ nofailover: 'on' }, true, 0, false],
    [{ nofailover: 'no' }, false, 1, false],
    [{ failover_priority: 0 }, true, 0, false],
    [{ failover_priority: '0' }, true, 0, false],
    [{ failover_priority: -3 }, true, 0, false],
    [{ failover_priority: 1 }, false, 1, false],
    [{ failover_priority: 7 }, false, 7, false],
    [{ failover_priority: 'high' }, false, 1, false],
    [{ nofailover: true, failover_priority: 0 }, true, 0, false],
    [{ nofailover: false, failover_priority: 5 }, false, 5, false],
    [{ nofailover: true, failover_priority: 1 }, true, 0, true],
    [{ nofailover: false, failover_priority: 0 }, false, 1, true],
  ];
  for (const [given, isExcluded, priority, isWarned] of truthTable) {
    const { tags, warnings } = readTags(given);
    const about = JSON.stringify(given);
    assert.deepEqual([tags.nofailover, tags.failoverPriority], [isExcluded, priority], about);
    assert.equal(warnings.length, isWarned ? 1 : 0, about);

    const sync = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name.replace('nofailover', 'nosync').replace('failover_', 'sync_'),
        value,
      ]),
    );
    const read = readTags(sync);
    assert.deepEqual([read.tags.nosync, read.tags.syncPriority], [isExcluded, priority], about);
    assert.equal(read.warnings.length, isWarned ? 1 : 0, about);
  }
});

test('the warning is the sentence Patroni logs', () => {
  const { warnings } = readTags({
    nofailover: true,
    failover_priority: 1,
    nosync: false,
    sync_priority: 0,
  });

  assert.deepEqual(warnings, [
    conflict('nofailover', 'True', 'failover_priority', 1),
    conflict('nosync', 'False', 'sync_priority', 0),
  ]);
});

test('flags that say nothing are not published, all other tags are', () => {
  const { tags } = readTags({
    nofailover: false,
    noloadbalance: false,
    clonefrom: 'off',
    nosync: true,
    nostream: null,
    replicatefrom: 'pg-2',
    datacenter: 'north',
    rack: 7,
  });

  assert.deepEqual(tags.raw, {
    nosync: true,
    replicatefrom: 'pg-2',
    datacenter: 'north',
    rack: 7,
  });
  assert.equal(tags.replicatefrom, 'pg-2');
  assert.deepEqual(readTags({ nofailover: false, failover_priority: 0 }).tags.raw, {
    nofailover: false,
    failover_priority: 0,
  });
});

test('what is published reads back as the same tags', () => {
  const flag = fc.option(fc.constantFrom(true, false, 'on', 'off', 'yes', 0, 1));
  const priority = fc.option(fc.integer({ min: -2, max: 5 }));
  const tags = fc.record(
    {
      nofailover: flag,
      failover_priority: priority,
      nosync: flag,
      sync_priority: priority,
      noloadbalance: flag,
      clonefrom: flag,
      nostream: flag,
      replicatefrom: fc.option(fc.string()),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(tags, (given) => {
      const first = readTags(given).tags;
      const again = readTags(first.raw).tags;
      assert.deepEqual(again, first);
      assert.equal(first.nofailover, first.failoverPriority === 0);
      assert.equal(first.nosync, first.syncPriority === 0);
    }),
  );
});
