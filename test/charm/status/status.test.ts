import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { active, blocked, maintenance, presentable, waiting, worst } from '#charm/status/status.ts';
import type { Status } from '#charm/status/status.ts';

test('E94: the worst status wins: blocked, maintenance, waiting, active', () => {
  const all = [active('a'), waiting('w'), maintenance('m'), blocked('b')];

  for (const [index, one] of all.entries()) {
    assert.deepEqual(worst(...all.slice(0, index + 1)), one);
  }
});

test('of none the status is active, and null has nothing to say', () => {
  assert.deepEqual(worst(), active());
  assert.deepEqual(worst(null, waiting('w'), null), waiting('w'));
});

test('the first among equals is shown, and how many others there are', () => {
  assert.deepEqual(
    worst(blocked('no disk'), active(), blocked('no net'), blocked('no net')),
    blocked('no disk (and 1 more)'),
  );
  assert.deepEqual(worst(blocked('same'), blocked('same')), blocked('same'));
  assert.deepEqual(worst(active('one'), active('two')), active('one'));
});

test('a message is one line of at most 200 characters', () => {
  assert.equal(presentable(blocked(' two\n  lines ')).message, 'two lines');
  const long = presentable(blocked('x'.repeat(500))).message;
  assert.equal(long.length, 200);
  assert.ok(long.endsWith('...'));
  const emoji = `${'x'.repeat(196)}\u{1f600}\u{1f600}\u{1f600}`;
  assert.ok(presentable(blocked(emoji)).message.isWellFormed(), 'cut within a character');
});

test('property: whatever the message, what is shown can be given to a hook tool', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (message) => {
      const shown = presentable({ status: 'active', message } satisfies Status).message;
      assert.ok(shown.length <= 200 && shown.isWellFormed() && !shown.includes('\n'));
    }),
  );
});
