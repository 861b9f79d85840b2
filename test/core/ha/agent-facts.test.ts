// The file an agent tells its machine about itself with.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type AgentFacts,
  factsNews,
  isPrimaryFacts,
  type MemberFacts,
  parseAgentFacts,
  printAgentFacts,
} from '#core/ha/agent-facts.ts';

const text = fc.string({ unit: 'binary', maxLength: 20 });
/** As an object of a file, with the prototype objects have. */
const record: typeof fc.record = (model: object) =>
  fc.record(model, { noNullPrototype: true }) as never;
const count = fc.integer({ min: 0 });
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(value, { nil: null });

const member: fc.Arbitrary<MemberFacts> = record({
  name: text,
  role: text,
  state: text,
  host: maybe(text),
  port: maybe(count),
  timeline: maybe(count),
  lagBytes: maybe(count),
  isSynchronous: fc.boolean(),
});

const facts: fc.Arbitrary<AgentFacts> = record({
  name: text,
  scope: text,
  role: fc.constantFrom('primary', 'replica', 'demoted'),
  state: fc.constantFrom('running', 'stopped', 'creating replica'),
  leader: maybe(text),
  members: fc.array(member, { maxLength: 4 }),
  timeline: maybe(count),
  lagBytes: maybe(count),
  systemId: maybe(text),
  serverVersion: count,
  isPaused: fc.boolean(),
  isStoreReachable: fc.boolean(),
  pendingRestart: fc.array(text, { maxLength: 3 }),
  problems: fc.array(text, { maxLength: 3 }),
  progress: maybe(
    record({
      action: text,
      bytesDone: count,
      bytesTotal: maybe(count),
      bytesPerSecond: maybe(count),
      expectedEndInMs: maybe(count),
      phase: text,
    }),
  ),
  rule: text,
  why: text,
});

const new_: MemberFacts = {
  name: 'new',
  role: 'replica',
  state: 'running',
  host: null,
  port: null,
  timeline: null,
  lagBytes: null,
  isSynchronous: false,
};

test('what is printed is read back as it was', () => {
  fc.assert(
    fc.property(facts, (one) => {
      assert.deepEqual(parseAgentFacts(printAgentFacts(one)), one);
    }),
  );
});

test('half a file, a file without a key, and one of another version say nothing', () => {
  fc.assert(
    fc.property(facts, fc.double({ min: 0, max: 0.999, noNaN: true }), (one, part) => {
      const whole = printAgentFacts(one).trimEnd();
      assert.equal(parseAgentFacts(whole.slice(0, Math.floor(whole.length * part))), null);
      for (const key of Object.keys(one)) {
        const { [key]: _left, ...rest } = JSON.parse(whole) as Record<string, unknown>;
        assert.equal(parseAgentFacts(JSON.stringify(rest)), null, key);
      }
      assert.equal(parseAgentFacts(whole.replace('"format":1', '"format":2')), null);
    }),
  );
});

test('no text whatever makes reading throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (any) => {
      parseAgentFacts(any);
    }),
  );
});

test('lag, progress and the words of a decision are no news; role, leader and members are', () => {
  fc.assert(
    fc.property(facts, (one) => {
      const same: AgentFacts = {
        ...one,
        lagBytes: 17,
        why: 'something else',
        rule: '0',
        problems: ['far behind'],
        members: one.members.map((each) => ({ ...each, lagBytes: 4711 })),
        progress: one.progress === null ? null : { ...one.progress, bytesDone: 1, phase: 'x' },
      };
      assert.equal(factsNews(same), factsNews(one));
      assert.notEqual(factsNews({ ...one, leader: `${one.leader ?? ''}x` }), factsNews(one));
      assert.notEqual(factsNews({ ...one, isPaused: !one.isPaused }), factsNews(one));
      assert.notEqual(factsNews({ ...one, members: [...one.members, new_] }), factsNews(one));
    }),
  );
});

test('only a running primary that holds the leader key is called one', () => {
  fc.assert(
    fc.property(facts, (one) => {
      const isPrimary =
        one.role === 'primary' && one.state === 'running' && one.leader === one.name;
      assert.equal(isPrimaryFacts(one), isPrimary);
    }),
  );
  assert.equal(isPrimaryFacts(null), false);
});
