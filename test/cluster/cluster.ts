// A cluster of members on one etcd, and what a scenario asks of it: who leads, what the keys say, what
// patronictl says.

import assert from 'node:assert/strict';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '#adapters/postgres-server/run-program.ts';
import { freePort } from './addresses.ts';
import { agentUnderTest, type AgentName } from './agent-program.ts';
import type { ClusterEtcd } from './etcd.ts';
import { Member } from './member.ts';
import {
  carelessParameters,
  memberDocument,
  merged,
  quickTimings,
  type YamlMap,
} from './member-document.ts';
import { Hopeless, within } from './within.ts';
import type { WorkDirectory } from './work-directory.ts';

export interface ClusterOptions {
  /** The agent under test where it is left out. */
  readonly agent?: AgentName;
  readonly scope?: string;
  /** Merged over the usual dynamic configuration, whose times are the smallest. */
  readonly dynamic?: YamlMap;
  /** Of the programs of PostgreSQL; those every cluster takes where it is left out. */
  readonly binDirectory?: string | undefined;
  /** Merged over the usual file of the member of this number. */
  readonly member?: (number: number) => YamlMap;
}

export interface CtlResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Everything clusters of one test share: a directory, a network, an etcd. */
export interface Ground {
  readonly directory: WorkDirectory;
  readonly network: string;
  readonly etcd: ClusterEtcd;
  readonly binDirectory: string;
  /** Addresses given out so far; an address is never given twice. */
  readonly addresses: Iterator<number>;
}

const usualDynamic: YamlMap = {
  ...quickTimings,
  postgresql: { use_pg_rewind: true, parameters: carelessParameters },
};

/** Both its API and its PostgreSQL say that it accepts writes; the one may be ahead of the other. */
async function assertWritable(member: Member): Promise<void> {
  assert.equal(await member.code('/primary'), 200, `GET /primary of ${member.name}`);
  assert.equal(await member.value('SELECT pg_is_in_recovery()'), 'false', 'whether it recovers');
}

export class Cluster {
  readonly scope: string;
  readonly etcd: ClusterEtcd;
  readonly members: Member[] = [];
  readonly ground: Ground;
  readonly #options: ClusterOptions;

  constructor(ground: Ground, options: ClusterOptions) {
    this.ground = ground;
    this.#options = options;
    this.scope = options.scope ?? 'batman';
    this.etcd = ground.etcd;
  }

  /** Adds the next member, not started: `postgres-0`, `postgres-1`, ... */
  async add(change: YamlMap = {}): Promise<Member> {
    const { directory, network, binDirectory, addresses } = this.ground;
    const number = this.members.length;
    const name = `postgres-${number}`;
    const host = `${network}.${addresses.next().value}`;
    const scopeDirectory = join(directory.path, this.scope);
    const { identity } = directory;
    if (number === 0) {
      await mkdir(scopeDirectory, { recursive: true, mode: 0o755 });
      if (identity.isOther) await chown(scopeDirectory, identity.uid, identity.gid);
    }
    const place = {
      name,
      scope: this.scope,
      host,
      postgresPort: await freePort(host),
      restPort: await freePort(host),
      directory: join(scopeDirectory, name),
      binDirectory: this.#options.binDirectory ?? binDirectory,
      etcd: this.etcd.endpoint,
    };
    const dynamic = merged(usualDynamic, this.#options.dynamic ?? {});
    const usual = memberDocument(place, dynamic);
    const ofCluster = this.#options.member?.(number) ?? {};
    const document = merged(merged(usual, ofCluster), change);
    const member = new Member(directory, place, document, this.#options.agent ?? agentUnderTest);
    await member.create();
    this.members.push(member);
    return member;
  }

  /** The member of this number. */
  at(number: number): Member {
    const member = this.members[number];
    assert.ok(member, `there is no postgres-${number}`);
    return member;
  }

  named(name: string): Member {
    const member = this.members.find((one) => one.name === name);
    assert.ok(member, `there is no member ${name}`);
    return member;
  }

  /** Starts the first member, waits until it leads, then starts the others and waits until they stream. */
  async startAll(seconds = 60): Promise<void> {
    await this.at(0).start();
    await this.untilLeader(this.at(0).name, seconds);
    for (const member of this.members.slice(1)) await member.start();
    await this.untilStreaming(seconds);
  }

  // The keys.

  /** Value of a key below the cluster's own, as `leader` or `members/postgres-0`; null where it is not there. */
  async key(path: string): Promise<string | null> {
    return this.etcd.get(`/service/${this.scope}/${path}`);
  }

  /** The same as JSON; an empty object where it is not there. */
  async jsonKey(path: string): Promise<Record<string, unknown>> {
    return JSON.parse((await this.key(path)) ?? '{}') as Record<string, unknown>;
  }

  /** Name in the leader key; null while nobody leads. */
  async leader(): Promise<string | null> {
    return this.key('leader');
  }

  async leadingMember(): Promise<Member> {
    const name = await this.leader();
    assert.ok(name, 'nobody leads');
    return this.named(name);
  }

  // Waiting.

  /** Until this member has the leader key and accepts writes. */
  async untilLeader(name: string, seconds: number): Promise<Member> {
    const member = this.named(name);
    await within(seconds, `${name} leads`, async () => {
      if (!member.isAgentRunning) throw new Hopeless(`the agent of ${name} does not run`);
      assert.equal(await this.leader(), name, 'the leader key');
      await assertWritable(member);
    });
    return member;
  }

  /** Until a member other than this one has the leader key and accepts writes. */
  async untilOtherLeader(name: string, seconds: number): Promise<Member> {
    return within(seconds, `a member other than ${name} leads`, async () => {
      const leader = await this.leader();
      assert.ok(leader !== null && leader !== name, `the leader key says ${leader}`);
      const member = this.named(leader);
      await assertWritable(member);
      return member;
    });
  }

  /** Until each member whose agent runs, but the leader, streams (`streaming` in its own status). */
  async untilStreaming(seconds: number): Promise<void> {
    await within(seconds, 'all replicas stream', async () => {
      const leader = await this.leader();
      assert.ok(leader, 'nobody leads');
      const replicas = this.members.filter((one) => one.isAgentRunning && one.name !== leader);
      for (const replica of replicas) {
        const status = await replica.status();
        const seen = `${replica.name}: ${JSON.stringify(status)}`;
        assert.equal(status['state'], 'running', seen);
        assert.equal(
          await replica.value('SELECT status FROM pg_stat_wal_receiver'),
          'streaming',
          seen,
        );
      }
    });
  }

  /** Until a table has so many rows on a member. */
  async untilRows(member: Member, table: string, rows: number, seconds: number): Promise<void> {
    await within(seconds, `${table} has ${rows} rows on ${member.name}`, async () => {
      assert.equal(await member.value(`SELECT count(*) FROM ${table}`), String(rows));
    });
  }

  // patronictl.

  /** Debian's patronictl, with the configuration of the first member. Whatever becomes of it is in the result. */
  async ctl(...args: readonly string[]): Promise<CtlResult> {
    const { directory } = this.ground;
    return runProgram({
      file: '/usr/bin/patronictl',
      args: ['-c', this.at(0).configFile, ...args],
      as: directory.identity,
      timeoutMs: 90_000,
      environment: { ...directory.environment },
    });
  }

  /** The same where it must succeed; gives what it printed. */
  async patronictl(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.ctl(...args);
    assert.equal(exitCode, 0, `patronictl ${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Changes the dynamic configuration as a user would, over the REST API of the leader or of any member. */
  async patchConfig(change: YamlMap): Promise<void> {
    const leader = await this.leader();
    const running = this.members.filter((one) => one.isAgentRunning);
    const member = running.find((one) => one.name === leader) ?? running[0];
    assert.ok(member, 'no agent runs');
    const answer = await member.patch('/config', change);
    assert.equal(answer.status, 200, `PATCH /config: ${answer.text}`);
  }
}
