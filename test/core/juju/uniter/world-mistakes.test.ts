// The invariants can fail: each mistake put into a world on purpose is noticed by the clause it breaks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model, UniterState, UnitName } from '#core/juju/model.ts';
import { rules } from '#core/juju/uniter/next-operation.ts';
import type { Rule } from '#core/juju/uniter/rules/rule.ts';
import { live } from './live.ts';
import { unitOf, withUniter } from './models.ts';
import type { WorldOptions } from './world.ts';

/** Some run among the first seeds fails, and says which clause it broke. */
function isNoticed(clause: RegExp, options: Omit<WorldOptions, 'seed'>): void {
  for (let seed = 0; seed < 60; seed += 1) {
    try {
      live(seed, options);
    } catch (error) {
      assert.ok(error instanceof Error);
      assert.match(error.message.split('\n')[0] ?? '', clause);
      assert.match(error.message, new RegExp(`SEED=${seed}`, 'u'));
      return;
    }
  }
  assert.fail(`No run noticed the mistake that should break ${clause.source}`);
}

function named(name: string): Rule {
  const rule = rules.find((each) => each.name === name);
  assert.ok(rule !== undefined, `There is no rule ${name}`);
  return rule;
}

const without = (name: string): readonly Rule[] => rules.filter((rule) => rule.name !== name);

/** The rule asked first of all. */
const first = (name: string): readonly Rule[] => [named(name), ...without(name)];

function spoilRelations(
  change: (record: UniterState['relations'][string]) => UniterState['relations'][string],
): (model: Model, unit: UnitName) => Model {
  return (model, unit) => {
    if (!Object.hasOwn(model.units, unit)) return model;
    const { relations } = unitOf(model, unit).uniter;
    const changed = Object.entries(relations).map(([id, record]) => [id, change(record)] as const);
    return withUniter(model, unit, { relations: Object.fromEntries(changed) });
  };
}

test('E83: another hook while one is failed is noticed', () => {
  isNoticed(/E83/u, { table: without('failed-hook') });
});

test('E11, L24: a queued hook that is passed over is noticed', () => {
  isNoticed(/L24|L34|E83|E13/u, { table: without('queued-hook') });
});

test('E13: a hook that is run again though it was done is noticed', () => {
  const again: Rule = {
    name: 'done-hook',
    decide: ({ local }) =>
      local.step === 'done' && local.hook !== null
        ? { operation: { kind: 'run-hook', hook: local.hook }, why: 'by mistake' }
        : null,
  };
  isNoticed(/E13/u, {
    table: rules.map((rule) => (rule.name === 'done-hook' ? again : rule)),
  });
});

test('E101: two hooks on one machine at once are noticed', () => {
  isNoticed(/E101/u, { ignoreLocks: true });
});

test('L26: an install that does not wait for storage is noticed', () => {
  const eager: Rule = {
    name: 'install',
    decide: ({ local }) =>
      local.kind === 'continue' && !local.installed && local.charmUrl !== ''
        ? { operation: { kind: 'run-hook', hook: { kind: 'install' } }, why: 'by mistake' }
        : null,
  };
  isNoticed(/L26/u, { table: [eager, ...rules] });
});

test('L25: relation news before the first start is noticed', () => {
  isNoticed(/L25|L24/u, {
    table: [
      ...without('relation-hook').slice(0, 5),
      named('relation-hook'),
      ...without('relation-hook').slice(5),
    ],
  });
});

test('L41.1: a changed that does not follow its joined is noticed', () => {
  isNoticed(/L41\.1/u, {
    spoil: spoilRelations((record) => ({ ...record, changedPending: null })),
  });
});

test('K8: a member that is forgotten and joins twice is noticed', () => {
  isNoticed(/K8: .* twice/u, { spoil: spoilRelations((record) => ({ ...record, members: {} })) });
});

test('L20: a relation that is created twice is noticed', () => {
  isNoticed(/L20: .* twice/u, {
    spoil: spoilRelations((record) => ({ ...record, created: false })),
  });
});

test('L13: news that is taken for known is noticed when all is at rest', () => {
  isNoticed(/L13/u, {
    spoil: (model, unit) => {
      const versionIn = (id: string, name: string, known: number): number =>
        model.relations[id]?.units[name]?.bag.version ?? known;
      if (!Object.hasOwn(model.units, unit)) return model;
      const { relations } = unitOf(model, unit).uniter;
      const changed = Object.entries(relations).map(([id, record]) => {
        const members = Object.entries(record.members).map(
          ([name, known]) => [name, versionIn(id, name, known)] as const,
        );
        return [id, { ...record, members: Object.fromEntries(members) }] as const;
      });
      return withUniter(model, unit, { relations: Object.fromEntries(changed) });
    },
  });
});

test('K8: a unit that goes on after remove is noticed', () => {
  isNoticed(/K8: .* after remove/u, {
    spoil: (model, unit) =>
      Object.hasOwn(model.units, unit) ? withUniter(model, unit, { removed: false }) : model,
  });
});

test('L12: an update-status that does not wait for its turn is noticed', () => {
  isNoticed(/E83|L21|L24/u, { table: first('update-status') });
});

test('D3: a leader that loses within its 30 s is noticed', () => {
  isNoticed(/D3/u, {
    spoil: (model, unit) => {
      const found = model.units[unit];
      const application = model.applications[found?.application ?? ''];
      const lease = application?.lease ?? null;
      if (found === undefined || application === undefined || lease === null) return model;
      const usurped = { ...application, lease: { ...lease, holder: unit } };
      return { ...model, applications: { ...model.applications, [application.name]: usurped } };
    },
  });
});
