import assert from 'node:assert/strict';
import test from 'node:test';
import { explain, keepExplanation, readExplanation } from '#charm/reactive/explain.ts';
import { handler } from '#charm/reactive/handler.ts';
import type { Handler } from '#charm/reactive/handler.ts';
import * as predicates from '#charm/reactive/predicates.ts';
import { memoryStore, runHook, unit } from './fixtures.ts';
import type { TestContext } from './fixtures.ts';

const { when, whenAny, whenNot, whenNotAll, whenFileChanged, hook, onlyOnce, everyHook } =
  predicates;
const nothing = (): void => {};

const handlers: readonly Handler<TestContext>[] = [
  handler('begin', [hook('{start,stop}')], ({ flags }) => flags.set('a')),
  handler('tick', [everyHook()], nothing),
  handler('ran', [when('a'), whenNot('b'), whenNotAll('a', 'b')], nothing),
  handler('near', [when('a', 'c')], nothing),
  handler('far', [hook('install'), whenAny('x', 'y'), whenNot('a')], nothing),
  handler('once', [onlyOnce()], nothing),
  handler('file', [whenFileChanged('/f'), predicates.notUnless('q')], nothing),
  handler('derived', [when('config.changed')], nothing),
];

test('an explanation says what ran and why, what nearly ran and what held the rest back', async () => {
  const on = unit();
  on.store.set('reactive.invoked.once', true);

  const { explanation } = await runHook(on, 'start', handlers);

  assert.equal(
    explain(explanation),
    [
      'Handlers of the hook start',
      'Ran:',
      '  hook: begin (hook is {start,stop})',
      '  hook: tick (it runs in every hook)',
      '  turn 0: ran (a is set; b is not set; b is not set)',
      'Nearly ran:',
      '  near (c is not set)',
      '  once (it has run once already)',
      '  file (no watched file changed)',
      '  derived (config.changed is not set)',
      'Did not run:',
      '  far (hook is start, not install; x is not set, y is not set; a is set)',
    ].join('\n'),
  );
});

test('explaining asks for no derived flag that no handler asked for', async () => {
  const quiet: readonly Handler<TestContext>[] = [
    handler('derived', [when('no'), when('config.changed')], nothing),
  ];
  let asked = 0;
  const source = { family: 'config', fill: () => void (asked += 1) };

  const { explanation } = await runHook(unit(), 'start', quiet, { sources: [source] });

  assert.equal(asked, 0);
  assert.deepEqual(explanation.held, [
    { handler: 'derived', heldBack: ['no is not set', 'config.changed not looked at'] },
  ]);
});

test('the explanation of the last hook is kept, and equal hooks leave equal data', async () => {
  const store = memoryStore();
  assert.equal(readExplanation(store), null);
  assert.match(explain(null), /No hook/);
  const { explanation } = await runHook(unit(), 'start', handlers);

  keepExplanation(store, explanation);

  assert.deepEqual(readExplanation(store), JSON.parse(JSON.stringify(explanation)));
  const again = await runHook(unit(), 'start', handlers);
  assert.deepEqual(again.explanation, explanation);
});

test('a handler that the end of the hook overtook is told as such', () => {
  const text = explain({ hook: 'start', ran: [], held: [{ handler: 'x', heldBack: [] }] });

  assert.match(text, /Ran:\n {2}none\nNearly ran:\n {2}x \(the hook ended before it\)/);
});
