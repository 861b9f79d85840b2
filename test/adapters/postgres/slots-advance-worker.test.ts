// The advance worker under a clock that stands still, with sessions that do what the test says.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { AdvanceSession } from '#adapters/ports/slots-port.ts';
import type { AdvanceTarget } from '#adapters/postgres/advance-worker.ts';
import { AdvanceWorker } from '#adapters/postgres/advance-worker.ts';
import type { AdvanceEvent } from '#core/slots/advance-outcome.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { lsnOf } from '#core/postgres/lsn.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import { slotInfoOf } from '#core/slots/slot-info.ts';
import { VirtualClock } from '../../agent/virtual-clock.ts';
import { slotOf } from '../../core/slots/samples.ts';

interface Call {
  readonly database: string;
  readonly name: string;
  readonly to: Lsn;
  readonly resolve: (at: Lsn | null) => void;
  readonly reject: (error: Error) => void;
}

class ServerError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`refused with ${code}`);
    this.code = code;
  }
}

const cut = new Error('Connection terminated');

/** What a statement does: an answer, a fault, or nothing until the test says so. */
type Behaviour = (call: Call) => void;

const works: Behaviour = ({ to, resolve }) => resolve(to);
const hangs: Behaviour = () => undefined;
const fails =
  (code: string): Behaviour =>
  ({ reject }) =>
    reject(new ServerError(code));
const breaks: Behaviour = ({ reject }) => reject(cut);

class Bench {
  readonly clock: VirtualClock = new VirtualClock();
  readonly calls: Call[] = [];
  readonly opened: string[] = [];
  readonly events: AdvanceEvent[] = [];
  readonly lines: string[] = [];
  readonly behaviours = new Map<string, Behaviour>();
  readonly slots = new Map<string, SlotInfo>();
  /** Sessions that have not ended, by database. */
  readonly open = new Map<string, number>();
  mostAtOnce = 0;
  connecting: 'works' | 'refused' | 'hangs' = 'works';
  readonly worker: AdvanceWorker;

  constructor(loopWaitMs = 10_000) {
    const line = (text: string): void => void this.lines.push(text);
    const log: LogPort = { debug: line, info: line, warning: line, error: line, critical: line };
    this.worker = new AdvanceWorker({
      openDatabase: async (database) => this.#session(database),
      clock: this.clock,
      random: () => 0,
      loopWaitMs: () => loopWaitMs,
      log,
      onEvent: (event) => void this.events.push(event),
    });
  }

  async #session(database: string): Promise<AdvanceSession> {
    this.opened.push(database);
    if (this.connecting === 'refused') throw new Error('connect ECONNREFUSED');
    if (this.connecting === 'hangs') await new Promise(() => undefined);
    assert.ok(!this.open.has(database), `two sessions at a time in ${database}`);
    this.open.set(database, 1);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.open.size);
    let isBroken = false;
    const running = new Set<Call>();
    const end = (): void => {
      isBroken = true;
      for (const call of running) call.reject(cut);
    };
    return {
      advance: async (name, to) => {
        const { promise, resolve, reject } = Promise.withResolvers<Lsn | null>();
        const call: Call = { database, name, to, resolve, reject };
        running.add(call);
        this.calls.push(call);
        (this.behaviours.get(name) ?? works)(call);
        try {
          return await promise;
        } catch (error) {
          if (error === cut) isBroken = true;
          throw error;
        } finally {
          running.delete(call);
        }
      },
      look: async (name) => {
        if (isBroken) throw cut;
        return this.slots.get(name) ?? null;
      },
      destroy: end,
      [Symbol.asyncDispose]: async () => {
        this.open.delete(database);
      },
    };
  }

  /** As the catalog has it. */
  slot(name: string, database: string, more: Partial<SlotInfo> = {}): void {
    const row = slotOf(name, 50, { type: 'logical', database, plugin: 'pgoutput' });
    this.slots.set(name, { ...slotInfoOf(row), confirmedFlushLsn: lsnOf(500), ...more });
  }

  async settle(): Promise<void> {
    await this.clock.advance(0);
  }

  /** Nothing runs, nothing is connected, nothing waits. */
  assertIdle(): void {
    assert.deepEqual([...this.open.keys()], []);
    assert.equal(this.clock.waiting, 0, 'a timer is left');
    assert.equal(this.worker.inFlight, 0);
    assert.equal(this.worker.pending, 0);
  }
}

function target(name: string, to: number, database = 'a'): AdvanceTarget {
  return { name, database, to: lsnOf(to) };
}

describe('AdvanceWorker', () => {
  it('moves the slots of a database over one session, and then has neither session nor timer', async () => {
    const bench = new Bench();
    bench.assertIdle();
    const news = bench.worker.schedule([target('x', 700), target('y', 800)]);
    assert.deepEqual(news, { hasFailed: false, toCopy: [], events: [] });
    assert.deepEqual(bench.calls, []);
    await bench.settle();
    assert.deepEqual(
      bench.calls.map(({ name, to }) => [name, to]),
      [
        ['x', 700n],
        ['y', 800n],
      ],
    );
    assert.deepEqual(bench.opened, ['a']);
    bench.assertIdle();
    assert.deepEqual(
      bench.worker.schedule([]).events.map(({ slot, outcome, at }) => [slot, outcome, at]),
      [
        ['x', 'advanced', 700n],
        ['y', 'advanced', 800n],
      ],
    );
    assert.deepEqual(bench.worker.schedule([]).events, []);
  });

  it('AT-12: a slot that lost its WAL or its validity is told for copying, and not moved before that', async () => {
    for (const [code, more] of [
      ['58P01', {}],
      ['55000', { walStatus: 'lost' }],
      ['55000', { isConflicting: true }],
    ] as const) {
      const bench = new Bench();
      bench.slot('bar', 'a', more);
      bench.behaviours.set('bar', fails(code));
      bench.worker.schedule([target('bar', 700)]);
      await bench.settle();
      assert.equal(bench.worker.pending, 0);
      const news = bench.worker.schedule([target('bar', 700)]);
      assert.deepEqual(news.toCopy, ['bar']);
      assert.equal(news.hasFailed, true);
      assert.equal(bench.worker.pending, 0);
      await bench.settle();
      assert.equal(bench.calls.length, 1);
      assert.deepEqual(bench.worker.schedule([]).toCopy, []);
      bench.assertIdle();
    }
  });

  it('AT-12, DEF-6: one that is ahead, of another database or in use is not to be copied', async () => {
    const bench = new Bench();
    bench.slot('ahead', 'a', { confirmedFlushLsn: lsnOf(900) });
    bench.slot('elsewhere', 'b');
    bench.slot('used', 'a', { isActive: true });
    bench.behaviours.set('ahead', fails('55000'));
    bench.behaviours.set('elsewhere', fails('55000'));
    bench.behaviours.set('used', fails('55006'));
    bench.worker.schedule([target('ahead', 700), target('elsewhere', 700), target('used', 700)]);
    await bench.settle();
    assert.deepEqual(
      bench.events.map(({ slot, outcome }) => [slot, outcome]),
      [
        ['ahead', 'already-ahead'],
        ['elsewhere', 'error'],
        ['used', 'error'],
      ],
    );
    assert.deepEqual(bench.worker.schedule([]).toCopy, []);
    bench.assertIdle();
  });

  it('DEF-4, X-28: a server that refuses connections is tried once per pause, which grows to the period', async () => {
    const bench = new Bench(4000);
    bench.connecting = 'refused';
    bench.worker.schedule([target('x', 700)]);
    await bench.settle();
    const counts = [bench.opened.length];
    for (const pauseMs of [1000, 2000, 4000, 4000, 4000]) {
      // A turn in between asks for more, and is told what failed; that starts nothing.
      bench.worker.schedule([target('x', 800)]);
      await bench.clock.advance(pauseMs - 1);
      counts.push(bench.opened.length);
      await bench.clock.advance(1);
      counts.push(bench.opened.length);
    }
    assert.deepEqual(counts, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
    assert.deepEqual(bench.calls, []);
    // Told once, not at each attempt.
    assert.equal(bench.lines.length, 1);
    assert.match(bench.lines[0] ?? '', /database 'a': connect ECONNREFUSED/u);
    bench.connecting = 'works';
    await bench.clock.advance(4000);
    assert.equal(bench.calls.length, 1);
    bench.assertIdle();
  });

  it('INV-15: neither a slot that fails nor a database that is away holds up another one', async () => {
    const bench = new Bench();
    bench.slot('bad', 'a');
    bench.behaviours.set('bad', fails('57014'));
    bench.worker.schedule([target('bad', 700), target('good', 700), target('other', 700, 'b')]);
    await bench.settle();
    assert.deepEqual(bench.calls.map(({ name }) => name).toSorted(), ['bad', 'good', 'other']);
    bench.worker.schedule([target('bad', 900), target('good', 900)]);
    await bench.settle();
    assert.equal(bench.calls.filter(({ name }) => name === 'bad').length, 1);
    assert.equal(bench.calls.filter(({ name }) => name === 'good').length, 2);
    await bench.clock.advance(1000);
    assert.equal(bench.calls.filter(({ name }) => name === 'bad').length, 2);
  });

  it('a session that breaks is not used for the next slot', async () => {
    const bench = new Bench();
    bench.behaviours.set('x', breaks);
    bench.worker.schedule([target('x', 700), target('y', 700)]);
    await bench.settle();
    assert.deepEqual(
      bench.calls.map(({ name }) => name),
      ['x'],
    );
    bench.behaviours.delete('x');
    await bench.clock.advance(1000);
    assert.deepEqual(bench.calls.map(({ name }) => name).toSorted(), ['x', 'x', 'y']);
    bench.assertIdle();
  });

  it('S-56: two databases at a time, and none of three waits for ever', async () => {
    const bench = new Bench();
    const names = ['x', 'y', 'z'];
    for (const name of names) bench.behaviours.set(name, hangs);
    const all = [target('x', 700, 'a'), target('y', 700, 'b'), target('z', 700, 'c')];
    bench.worker.schedule(all);
    await bench.settle();
    assert.deepEqual(bench.opened, ['a', 'b']);
    bench.worker.schedule([target('x', 800, 'a'), ...all.slice(1)]);
    await bench.settle();
    assert.deepEqual(bench.opened, ['a', 'b']);
    bench.calls[0]?.resolve(lsnOf(700));
    await bench.settle();
    assert.deepEqual(bench.opened, ['a', 'b', 'c']);
    assert.equal(bench.mostAtOnce, 2);
  });

  it('S-52: what was asked for meanwhile is done in the next round', async () => {
    const bench = new Bench();
    bench.behaviours.set('x', hangs);
    bench.worker.schedule([target('x', 700)]);
    await bench.settle();
    bench.worker.schedule([target('x', 900)]);
    await bench.settle();
    assert.equal(bench.calls.length, 1);
    bench.behaviours.delete('x');
    bench.calls[0]?.resolve(lsnOf(700));
    await bench.settle();
    assert.deepEqual(
      bench.calls.map(({ to }) => to),
      [700n, 900n],
    );
    bench.assertIdle();
  });

  it('DEF-5, S-57: cleaned while an attempt runs that then fails, it is idle and remembers nothing', async () => {
    for (const ending of ['58P01', '55000', 'cut'] as const) {
      const bench = new Bench();
      bench.slot('x', 'a', { walStatus: 'lost' });
      bench.behaviours.set('x', hangs);
      bench.worker.schedule([target('x', 700)]);
      await bench.settle();
      const [call] = bench.calls;
      // It is the failure that comes first, or the end of the session.
      if (ending !== 'cut') call?.reject(new ServerError(ending));
      bench.worker.clean();
      await bench.settle();
      bench.assertIdle();
      await bench.clock.advance(3_600_000);
      assert.equal(bench.calls.length, 1);
      assert.deepEqual(bench.worker.schedule([]), { hasFailed: false, toCopy: [], events: [] });
      assert.deepEqual(bench.events, []);
    }
  });

  it('S-47: on promotion it ends its sessions, and waits no longer than it may', async () => {
    const bench = new Bench();
    bench.behaviours.set('x', hangs);
    bench.worker.schedule([target('x', 700)]);
    await bench.settle();
    assert.equal(await bench.worker.onPromote(1000), true);
    bench.assertIdle();

    bench.connecting = 'hangs';
    bench.worker.schedule([target('x', 700)]);
    await bench.settle();
    const promoted = bench.worker.onPromote(1000);
    await bench.clock.advance(1000);
    assert.equal(await promoted, false);
    // What hangs keeps its database: nobody connects to it a second time.
    bench.worker.schedule([target('x', 700)]);
    await bench.clock.advance(60_000);
    assert.deepEqual(bench.opened, ['a', 'a']);
  });

  it('S-58: asking for a thousand slots does no work there and then', () => {
    const bench = new Bench();
    bench.worker.schedule(Array.from({ length: 1000 }, (_, number) => target(`s${number}`, 700)));
    assert.deepEqual(bench.calls, []);
    assert.equal(bench.worker.pending, 1000);
  });
});

describe('INV-15a: whatever happens in whatever order', () => {
  const names = ['x', 'y', 'z', 'w'];
  const databaseOf = (name: string): string => (name === 'x' || name === 'y' ? 'a' : name);
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('schedule' as const),
      names: fc.subarray(names),
      to: fc.integer({ min: 501, max: 999 }),
    }),
    fc.record({ kind: fc.constant('clean' as const) }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 30_000 }) }),
    fc.record({
      kind: fc.constant('behave' as const),
      name: fc.constantFrom(...names),
      how: fc.constantFrom(works, hangs, breaks, fails('58P01'), fails('55000'), fails('55006')),
    }),
    fc.record({
      kind: fc.constant('answer' as const),
      how: fc.constantFrom('ok', 'cut', '55000', '58P01'),
    }),
    fc.record({
      kind: fc.constant('connect' as const),
      how: fc.constantFrom('works' as const, 'refused' as const),
    }),
  );

  it('one attempt at a time per database, one per pause, and idle in the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const bench = new Bench();
        for (const name of names) bench.slot(name, databaseOf(name));
        for (const one of steps) {
          await take(bench, one);
          assert.ok(bench.open.size <= 2);
        }
        // Time passes without end: tried at most once a second, as the first pause has it.
        bench.connecting = 'refused';
        const before = bench.opened.length;
        await bench.clock.advance(10_000);
        assert.ok(bench.opened.length - before <= 3 * 11);
        bench.connecting = 'works';
        for (const name of names) bench.behaviours.set(name, works);
        for (const call of bench.calls) call.resolve(call.to);
        await bench.clock.advance(60_000);
        bench.assertIdle();
      }),
      { numRuns: 300 },
    );
  });

  async function take(
    bench: Bench,
    one: typeof step extends fc.Arbitrary<infer Step> ? Step : never,
  ): Promise<void> {
    if (one.kind === 'schedule') {
      bench.worker.schedule(one.names.map((name) => target(name, one.to, databaseOf(name))));
    } else if (one.kind === 'clean') bench.worker.clean();
    else if (one.kind === 'pass') await bench.clock.advance(one.ms);
    else if (one.kind === 'behave') bench.behaviours.set(one.name, one.how);
    else if (one.kind === 'connect') bench.connecting = one.how;
    else {
      const call = bench.calls.at(-1);
      if (one.how === 'ok') call?.resolve(call.to);
      else call?.reject(one.how === 'cut' ? cut : new ServerError(one.how));
    }
    await bench.settle();
  }
});
