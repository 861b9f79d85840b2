// Servers for tests of replication slots: WAL that can be decoded, standbys that report what they hold back, and
// somebody who uses a slot.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '#adapters/postgres/connection.ts';
import { connect } from '#adapters/postgres/connection.ts';
import { openReplication } from '#adapters/postgres/replication-connection.ts';
import type { CreateLogicalStep } from '#core/slots/slot-step.ts';
import type { TestMember, TwoMembers } from './with-member.ts';
import { asStandbyOf, observeUntil, withMember } from './with-member.ts';

const parameters = {
  wal_level: 'logical',
  hot_standby_feedback: 'on',
  wal_receiver_status_interval: '1s',
  wal_keep_size: '16MB',
};

async function prepared(name: string): Promise<TestMember> {
  const member = await withMember(name);
  await member.member.reconfigure(member.configured({ parameters }));
  return member;
}

export async function withLogicalPrimary(): Promise<TestMember> {
  await using stack = new AsyncDisposableStack();
  const one = stack.use(await prepared('one'));
  await one.initialize();
  const owned = stack.move();
  return { ...one, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

/** A primary and a standby that streams from it by the slot `two`. */
export async function withLogicalPair(): Promise<TwoMembers> {
  await using stack = new AsyncDisposableStack();
  const primary = stack.use(await prepared('one'));
  const standby = stack.use(await prepared('two'));
  await primary.initialize();
  await standby.cloneFrom(primary);
  await primary.member.slots.apply(
    [{ kind: 'create-physical', name: 'two', why: 'a member' }],
    5000,
  );
  const started = await standby.member.start(asStandbyOf({ ...primary.upstream, slotName: 'two' }));
  assert.deepEqual(started, { kind: 'running' });
  await observeUntil(standby.member, ({ sql }) => sql?.receiverState === 'streaming');
  const owned = stack.move();
  return { primary, standby, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

export function logicalStep(name: string, database = 'postgres'): CreateLogicalStep {
  return {
    kind: 'create-logical',
    name,
    database,
    plugin: 'test_decoding',
    isFailover: false,
    why: 'a test',
  };
}

export async function sessionOf(
  { config, host, port }: TestMember,
  database = 'postgres',
): Promise<Connection> {
  return connect({
    target: { host, port: String(port), database },
    credentials: config.postgresql.superuser,
    applicationName: 'a test',
    statementTimeoutMs: 20_000,
  });
}

/** Streams by the slot until it is disposed of, and receives nothing. */
export async function streamBy(member: TestMember, slot: string): Promise<Disposable> {
  const { config, host, port } = member;
  const target = { host, port: String(port), database: '' };
  const session = await openReplication(target, config.postgresql.replication);
  session.query(`START_REPLICATION SLOT ${slot} PHYSICAL 0/1000000`).catch(() => undefined);
  await observeUntil(
    member.member,
    ({ sql }) => sql?.slots.some(({ name, isActive }) => name === slot && isActive) === true,
  );
  return { [Symbol.dispose]: () => session.destroy() };
}

/** Asks until the answer is as wanted; throws with the last one after the time. */
export async function until<Answer>(
  ask: () => Promise<Answer>,
  isWanted: (answer: Answer) => boolean,
  timeoutMs = 20_000,
): Promise<Answer> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > deadline) {
      const shown = JSON.stringify(answer, (_key, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      );
      throw new Error(`the answer did not become as wanted: ${shown}`);
    }
    await sleep(20);
  }
}
