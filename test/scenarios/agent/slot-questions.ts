// What scenarios ask about replication slots, as assertions to wait for.

import assert from 'node:assert/strict';
import { Client } from 'pg';
import { superuser } from '../../cluster/member-document.ts';
import type { Member, Row } from '../../cluster/member.ts';
import { within } from '../../cluster/within.ts';

/** A slot of a server as text, by name. Temporary ones are nobody's business. */
export async function slotsOf(member: Member): Promise<ReadonlyMap<string, Row>> {
  const rows = await member.sql(
    `SELECT slot_name, slot_type, active, xmin::text, catalog_xmin::text, database, plugin,
            restart_lsn::text, confirmed_flush_lsn::text, wal_status
       FROM pg_replication_slots WHERE NOT temporary`,
  );
  return new Map(rows.map((row) => [String(row['slot_name']), row]));
}

export async function slotNames(member: Member): Promise<readonly string[]> {
  return [...(await slotsOf(member)).keys()].toSorted();
}

/** Waits until the member has all of `wanted` and none of `unwanted`. */
export async function untilSlots(
  member: Member,
  wanted: readonly string[],
  seconds: number,
  unwanted: readonly string[] = [],
): Promise<void> {
  const without = unwanted.length === 0 ? '' : ` and not ${unwanted.join(', ')}`;
  await within(seconds, `${member.name} has ${wanted.join(', ')}${without}`, async () => {
    const names = await slotNames(member);
    const seen = `it has ${names.join(', ') || 'none'}`;
    for (const name of wanted) assert.ok(names.includes(name), `no ${name}: ${seen}`);
    for (const name of unwanted) assert.ok(!names.includes(name), `${name} is there: ${seen}`);
  });
}

/** Waits until a slot is at the same position on both members. */
export async function untilSamePosition(
  one: Member,
  other: Member,
  slot: string,
  column: 'restart_lsn' | 'confirmed_flush_lsn',
  seconds: number,
): Promise<void> {
  await within(seconds, `${slot} is as far on ${other.name} as on ${one.name}`, async () => {
    const here = (await slotsOf(one)).get(slot)?.[column];
    const there = (await slotsOf(other)).get(slot)?.[column];
    assert.ok(here !== undefined && here !== null, `${one.name} has no ${column} of it`);
    assert.equal(there, here);
  });
}

/** What the REST API says of a slot: its state, for example `ready`; null where it does not know the slot. */
export async function slotState(member: Member, slot: string): Promise<string | null> {
  const answer = await member.get('/slots');
  const { slots } = answer.json() as { readonly slots: readonly Row[] };
  const found = slots.find(({ name }) => name === slot);
  return found === undefined ? null : String(found['state']);
}

/** Waits until the member says that a failover to it would keep the slot. */
export async function untilReady(member: Member, slot: string, seconds: number): Promise<void> {
  await within(seconds, `${slot} is ready on ${member.name}`, async () =>
    assert.equal(await slotState(member, slot), 'ready'),
  );
}

/** A transaction that has run one statement, open until the client ends. */
export async function openTransaction(member: Member, statement: string): Promise<Client> {
  const client = new Client({
    host: member.place.host,
    port: member.place.postgresPort,
    user: superuser.username,
    password: superuser.password,
    database: 'postgres',
  });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN');
  await client.query(statement);
  return client;
}
