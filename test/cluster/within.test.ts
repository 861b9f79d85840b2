import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hopeless, throughout, within } from './within.ts';

void test('gives what the condition gave once it no longer throws', async () => {
  let looks = 0;
  const seen = await within(5, 'the third look', () => {
    looks += 1;
    assert.equal(looks, 3);
    return 'there';
  });

  assert.equal(seen, 'there');
});

void test('fails with what the last look saw', async () => {
  await assert.rejects(
    within(0, 'the moon is green', () => {
      throw new Error('it is grey');
    }),
    /Not within 0 s: the moon is green\..* the last saw: it is grey/u,
  );
});

void test('does not wait for what can not come any more', async () => {
  const began = performance.now();

  await assert.rejects(
    within(60, 'the agent leads', () => {
      throw new Hopeless('it has ended');
    }),
    /it has ended/u,
  );

  assert.ok(performance.now() - began < 5_000);
});

void test('tells when something did not hold all along', async () => {
  let looks = 0;
  await assert.rejects(
    throughout(5, 'it stays', async () => {
      looks += 1;
      assert.ok(looks < 3, 'it is gone');
    }),
    /Not throughout: it stays\..*it is gone/u,
  );
});
