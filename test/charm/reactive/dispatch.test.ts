import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { ReactiveError } from '#charm/reactive/errors.ts';
import { handler } from '#charm/reactive/handler.ts';
import type { Handler } from '#charm/reactive/handler.ts';
import { HookExit } from '#charm/reactive/hook-exit.ts';
import * as predicates from '#charm/reactive/predicates.ts';
import { trigger } from '#charm/reactive/triggers.ts';
import { runHook, unit } from './fixtures.ts';
import type { TestContext } from './fixtures.ts';

const { when, whenAny, whenNot, whenNotAll, whenFileChanged, hook, onlyOnce } = predicates;
const nothing = (): void => {};
type Handlers = readonly Handler<TestContext>[];

const reference: Handlers = [
  handler('file', [whenFileChanged('/etc/app.conf')], nothing),
  handler('once', [onlyOnce()], nothing),
  handler('install', [hook('install')], ({ flags }) => flags.set('a')),
  handler('when a', [when('a')], ({ flags }) => flags.set('b')),
  handler('when b&!c', [when('b'), whenNot('c')], ({ flags }) => {
    flags.set('c');
    flags.clear('b');
  }),
  handler('when c', [when('c')], nothing),
  handler('when_not zzz', [whenNot('zzz')], nothing),
  handler('any', [whenAny('a', 'b')], nothing),
  handler('not_all', [whenNotAll('a', 'b')], nothing),
];

test('2.6: the reference trace, first and second hook', async () => {
  const on = unit();
  on.files.set('/etc/app.conf', 'one');

  const install = await runHook(on, 'install', reference);
  const second = await runHook(on, 'config-changed', reference);

  assert.equal(
    install.trace,
    'hook: file, once, install | 0: when a, when_not zzz, any, not_all | 1: when b&!c, any | 2: when c, any, not_all',
  );
  assert.equal(second.trace, '0: when a, when c, when_not zzz, any, not_all | 1: any');
});

test('2.6: every handler whose flags hold runs once in each hook, though nothing changed', async () => {
  const on = unit();
  on.store.set('reactive.states.a', null);
  const handlers: Handlers = [handler('x', [when('a')], nothing)];

  assert.equal((await runHook(on, 'update-status', handlers)).trace, '0: x');
  assert.equal((await runHook(on, 'update-status', handlers)).trace, '0: x');
});

test('2.6: a cleared flag takes a waiting handler out of the queue, a set flag waits for the next turn', async () => {
  const on = unit();
  on.store.set('reactive.states.a', null);
  const handlers: Handlers = [
    handler('first', [when('a')], ({ flags }) => {
      flags.clear('a');
      flags.set('b');
    }),
    handler('loses', [when('a')], nothing),
    handler('gains', [when('b')], nothing),
  ];

  const { trace } = await runHook(on, 'start', handlers);

  assert.equal(trace, '0: first | 1: gains');
});

test('2.6: a flag cleared and set again runs its handlers again', async () => {
  const on = unit();
  on.store.set('reactive.states.a', null);
  let times = 0;
  const handlers: Handlers = [
    handler('watches', [when('a')], nothing),
    handler('blinks', [whenNot('done')], ({ flags }) => {
      times += 1;
      if (times > 1) return;
      flags.clear('a');
      flags.set('a');
      flags.set('done');
    }),
  ];

  assert.equal((await runHook(on, 'start', handlers)).trace, '0: watches, blinks | 1: watches');
});

test('#12: a handler of a hook and of flags runs in that hook once its flags are set', async () => {
  const handlers: Handlers = [
    handler('sets', [hook('start', 'stop')], ({ flags }) => flags.set('a')),
    handler('both', [hook('start'), when('a')], nothing),
  ];

  assert.equal((await runHook(unit(), 'start', handlers)).trace, 'hook: sets | 0: both');
  assert.equal((await runHook(unit(), 'stop', handlers)).trace, 'hook: sets');
});

test('#32: everyHook runs before the loop in every hook', async () => {
  const on = unit();
  const handlers: Handlers = [
    handler('flag', [whenNot('z')], nothing),
    handler('every', [predicates.everyHook()], nothing),
  ];

  assert.equal((await runHook(on, 'install', handlers)).trace, 'hook: every | 0: flag');
  assert.equal((await runHook(on, 'start', handlers)).trace, 'hook: every | 0: flag');
});

test('#22: onlyOnce goes by the id, so a moved handler does not run again', async () => {
  const on = unit();

  assert.equal((await runHook(on, 'a', [handler('id', [onlyOnce()], nothing)])).trace, 'hook: id');
  assert.equal((await runHook(on, 'b', [handler('id', [onlyOnce()], () => {})])).trace, '');
});

test('T39 #44: a changed file is not lost when another handler clears a flag first', async () => {
  const on = unit();
  on.store.set('reactive.states.a', null);
  on.files.set('/f', '1');
  const handlers: Handlers = [
    handler('clears', [when('a')], ({ flags }) => flags.clear('a')),
    handler('restart', [whenFileChanged('/f'), whenNot('zzz')], nothing),
  ];

  assert.equal((await runHook(on, 'start', handlers)).trace, '0: clears, restart');
});

test('T39 #25: two handlers watching one file both see its change, once', async () => {
  const on = unit();
  const handlers: Handlers = [
    handler('writes', [hook('start')], ({ files }) => void files.set('/f', 'new')),
    handler('one', [whenFileChanged('/f')], nothing),
    handler('two', [whenFileChanged(() => ['/f', '/g'])], nothing),
  ];

  assert.equal((await runHook(on, 'start', handlers)).trace, 'hook: writes | 0: one, two');
  assert.equal((await runHook(on, 'start', handlers)).trace, 'hook: writes');
});

test('T39: a file that was written while its handler was kept back counts as changed later', async () => {
  const on = unit();
  on.files.set('/f', '1');
  const handlers: Handlers = [
    handler('restart', [when('ready'), whenFileChanged(() => '/f')], nothing),
  ];
  assert.equal((await runHook(on, 'install', handlers)).trace, '');
  on.store.set('reactive.states.ready', null);

  assert.equal((await runHook(on, 'start', handlers)).trace, '0: restart');
  assert.equal((await runHook(on, 'stop', handlers)).trace, '');
});

test('2.5: a file that disappears has changed; one that never was has not', async () => {
  const on = unit();
  const handlers: Handlers = [handler('watch', [whenFileChanged('/f', { hash: 'md5' })], nothing)];

  assert.equal((await runHook(on, 'a', handlers)).trace, '');
  on.files.set('/f', '');
  assert.equal((await runHook(on, 'b', handlers)).trace, 'hook: watch');
  on.files.delete('/f');
  assert.equal((await runHook(on, 'c', handlers)).trace, 'hook: watch');
});

test('a file written in a late turn restarts its service in the same hook', async () => {
  const handlers: Handlers = [
    handler('render', [when('rendered.wanted')], ({ files }) => void files.set('/f', 'x')),
    handler('want', [hook('start')], ({ flags }) => flags.set('rendered.wanted')),
    handler('restart', [whenNot('paused'), whenFileChanged('/f')], nothing),
  ];

  assert.equal(
    (await runHook(unit(), 'start', handlers)).trace,
    'hook: want | 0: render | 1: restart',
  );
});

test('T34: a loop that does not come to rest is an error naming flags and handlers', async () => {
  const handlers: Handlers = [
    handler('ping', [whenNot('x')], ({ flags }) => flags.set('x')),
    handler('pong', [when('x')], ({ flags }) => flags.clear('x')),
    handler('bystander', [whenNot('y')], nothing),
  ];

  await assert.rejects(
    runHook(unit(), 'start', handlers),
    (error) =>
      error instanceof ReactiveError &&
      error.code === 'NOT_SETTLED' &&
      error.message.includes('flags x keep changing, and ping, pong keep running'),
  );
});

test('T34: a handler that rewrites the file it watches is named too', async () => {
  let version = 0;
  const handlers: Handlers = [
    handler(
      'self',
      [whenFileChanged('/f')],
      ({ files }) => void files.set('/f', `${(version += 1)}`),
    ),
  ];
  const on = unit();
  on.files.set('/f', 'first');

  await assert.rejects(
    runHook(on, 'start', handlers),
    /not flags but watched files keep changing, and self keep/,
  );
});

test('exactly one hundred turns are not too many', async () => {
  const steps = Array.from({ length: 100 }, (_, step) =>
    handler<TestContext>(`s${step}`, [when(`f${step}`)], ({ flags }) => flags.set(`f${step + 1}`)),
  );
  const on = unit();
  on.store.set('reactive.states.f0', null);

  const { explanation } = await runHook(on, 'start', steps);

  assert.equal(explanation.ran.at(-1)?.turn, 99);
});

test('T32: an error names the handler and keeps the cause', async () => {
  const cause = new Error('disk full');
  const handlers: Handlers = [
    handler('breaks', [hook('start')], () => Promise.reject(cause)),
    handler('never', [whenNot('z')], nothing),
  ];

  await assert.rejects(
    runHook(unit(), 'start', handlers),
    (error) =>
      error instanceof ReactiveError &&
      error.code === 'HANDLER_FAILED' &&
      error.cause === cause &&
      error.message === "The handler 'breaks' failed before the loop: disk full",
  );
});

test('what is thrown need not be an Error to be told', async () => {
  const handlers: Handlers = [
    handler('odd', [whenNot('z')], async () => {
      await Promise.reject('a text'); // oxlint-disable-line typescript/prefer-promise-reject-errors
    }),
  ];

  await assert.rejects(runHook(unit(), 'start', handlers), /'odd' failed in turn 0: a text/);
});

test('T33: HookExit skips the handlers that follow', async () => {
  const handlers: Handlers = [
    handler('leaves', [hook('start'), onlyOnce()], () => {
      throw new HookExit(0);
    }),
    handler('fails', [hook('stop'), onlyOnce()], () => {
      throw new HookExit(3);
    }),
    handler('skipped', [whenNot('z')], nothing),
  ];

  const on = unit();
  const outcome = await runHook(on, 'start', handlers);

  assert.equal(outcome.exit?.exitCode, 0);
  assert.equal(outcome.trace, 'hook: leaves');
  assert.equal((await runHook(on, 'start', handlers)).trace, '0: skipped', 'it has run once');
  assert.equal((await runHook(on, 'stop', handlers)).exit?.exitCode, 3);
  assert.equal(
    (await runHook(on, 'stop', handlers)).trace,
    'hook: fails',
    'a failure does not count',
  );
});

test('6b: asynchronous handlers run one at a time', async () => {
  const order: string[] = [];
  const slow = (id: string): Handler<TestContext> =>
    handler(id, [whenNot('z')], async () => {
      order.push(`${id} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${id} ends`);
    });

  await runHook(unit(), 'start', [slow('a'), slow('b')]);

  assert.deepEqual(order, ['a begins', 'a ends', 'b begins', 'b ends']);
});

test('T40: a guard warns and goes on, or throws when it is strict', async () => {
  const on = unit();
  const { notUnless, strictlyNotUnless } = predicates;

  await runHook(on, 'start', [handler('lax', [hook('start'), notUnless('a')], nothing)]);

  assert.match(on.warnings[0] ?? '', /'lax' was called before its flags were set: missing a/);
  await assert.rejects(
    runHook(on, 'start', [handler('strict', [hook('start'), strictlyNotUnless('a')], nothing)]),
    (error) =>
      error instanceof ReactiveError && (error.cause as ReactiveError).code === 'NOT_UNLESS',
  );
  on.store.set('reactive.states.a', null);
  on.warnings.length = 0;
  await runHook(on, 'start', [handler('lax', [hook('start'), notUnless('a')], nothing)]);
  assert.deepEqual(on.warnings, []);
});

test('after an action only the handlers whose flags changed run', async () => {
  const on = unit();
  const handlers: Handlers = [
    handler('every', [predicates.everyHook()], nothing),
    handler('watches a', [whenNot('a')], ({ flags }) => flags.set('b')),
    handler('watches b', [when('b')], nothing),
    handler('other', [whenNot('z')], nothing),
  ];

  assert.equal(
    (await runHook(on, 'check', handlers, { onlyFor: new Set(['a']) })).trace,
    '0: watches a | 1: watches b',
  );
  assert.equal((await runHook(on, 'check', handlers, { onlyFor: new Set() })).trace, '');
});

test('2.4: what a trigger sets is acted on like any other flag', async () => {
  const handlers: Handlers = [
    handler('start', [hook('start')], ({ flags }) => flags.set('a')),
    handler('late', [when('c')], nothing),
    handler('sets b', [when('a')], ({ flags }) => flags.set('b')),
  ];

  const { trace } = await runHook(unit(), 'start', handlers, {
    triggers: [trigger({ when: 'b', setFlag: 'c' })],
  });

  assert.equal(trace, 'hook: start | 0: sets b | 1: late');
});

test('property: any set of handlers comes to rest or is told apart as not settling', async () => {
  const flag = fc.constantFrom('a', 'b', 'c', 'd');
  const row = fc.record({
    condition: fc.constantFrom(when, whenNot, whenAny, whenNotAll),
    watched: fc.tuple(flag, flag),
    sets: fc.array(flag, { maxLength: 2 }),
    clears: fc.array(flag, { maxLength: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 6 }), async (rows) => {
      const handlers = rows.map((one, index) =>
        handler<TestContext>(`h${index}`, [one.condition(...one.watched)], ({ flags }) => {
          for (const name of one.sets) flags.set(name);
          for (const name of one.clears) flags.clear(name);
        }),
      );
      try {
        const { explanation } = await runHook(unit(), 'start', handlers);
        const known = [...explanation.ran, ...explanation.held].map((entry) => entry.handler);
        assert.equal(new Set(known).size, handlers.length, 'each handler ran or was held');
      } catch (error) {
        assert.ok(error instanceof ReactiveError && error.code === 'NOT_SETTLED');
        assert.match(error.message, /flags [abcd]/);
      }
    }),
    { numRuns: 100 },
  );
});
