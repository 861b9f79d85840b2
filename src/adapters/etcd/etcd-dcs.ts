// Patroni's keys in an etcd v3. Every operation ends within the retry timeout, in an answer or a `DcsError`;
// while no host answers it is tried again, so each is built of steps that may be done twice.

import type { ClockPort, LogPort } from '#adapters/ports/agent-ports.ts';
import type {
  Dcs,
  DcsChange,
  Expected,
  FailoverRequest,
  SyncRequest,
} from '#adapters/ports/dcs.ts';
import type { Cluster, HistoryLine, JsonObject, Status } from '#core/dcs/cluster.ts';
import { writeFailover } from '#core/dcs/failover.ts';
import { writeHistory } from '#core/dcs/history.ts';
import { isSameJson, parseJson, writeJson } from '#core/dcs/json.ts';
import { clusterPrefix, keyNames, memberKey } from '#core/dcs/keys.ts';
import type { StoredKey } from '#core/dcs/read-cluster.ts';
import { readCluster } from '#core/dcs/read-cluster.ts';
import { writeStatus } from '#core/dcs/status.ts';
import { writeSyncState } from '#core/dcs/sync-state.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import type { Deadline } from './deadline.ts';
import { withinDeadline } from './deadline.ts';
import type { EtcdGateway } from './gateway.ts';
import { InitializeClaim } from './initialize-key.ts';
import { deleteIf, putIf } from './key-writer.ts';
import type { LeaderKey } from './leader-key.ts';
import {
  attachLeader,
  createLeader,
  deleteLeader,
  proveLeader,
  putAsLeader,
} from './leader-key.ts';
import { MemberLease } from './member-lease.ts';
import { PrefixWatch } from './prefix-watch.ts';
import type { EtcdTransport } from './transport.ts';

export interface EtcdDcsParts {
  readonly gateway: EtcdGateway;
  readonly transport: EtcdTransport;
  readonly namespace: string;
  readonly scope: string;
  /** Number of the Citus group; null without Citus. */
  readonly group: number | null;
  readonly name: string;
  readonly ttlSeconds: number;
  readonly retryTimeoutSeconds: number;
  readonly clock: ClockPort;
  readonly log: LogPort;
}

/** How long the members of etcd are taken to be the same. */
const topologyMs = 300_000;

/** What the store has under a key of ours, as far as we know. */
interface Known {
  readonly value: string;
  readonly lease: string;
  readonly revision: bigint;
}

export class EtcdDcs implements Dcs {
  readonly #parts: EtcdDcsParts;
  readonly #gateway: EtcdGateway;
  readonly #prefix: string;
  readonly #lease: MemberLease;
  readonly #leader: LeaderKey;
  readonly #claim: InitializeClaim;
  readonly #closing = new AbortController();
  readonly #watches = new Set<PrefixWatch>();
  #retryTimeoutMs: number;
  #revision: string | null = null;
  #member: Known | null = null;
  #status: Status | null = null;
  /** The leader key was seen to hang on another lease than ours of now. */
  #isLeaderElsewhere = false;
  #topologyAtMs: number | null = null;
  /** Of the claim that is being given up; empty where there is none. */
  #claimRevision: string | null = null;

  constructor(parts: EtcdDcsParts) {
    this.#parts = parts;
    this.#gateway = parts.gateway;
    this.#prefix = clusterPrefix(parts);
    this.#lease = new MemberLease(parts.gateway, parts.clock, parts.ttlSeconds);
    this.#leader = {
      gateway: parts.gateway,
      key: this.#key(keyNames.leader),
      name: parts.name,
    };
    this.#claim = new InitializeClaim(parts.gateway, this.#key(keyNames.initialize));
    this.#retryTimeoutMs = parts.retryTimeoutSeconds * 1000;
  }

  /**
   * Until when, on the monotonic clock, etcd keeps the keys on our lease; counted from before it was asked.
   * It may be less than the ttl asked for, where the store can't promise as much.
   */
  get leaseValidUntilMs(): number {
    return this.#lease.validUntilMs;
  }

  async getCluster(): Promise<Cluster> {
    return this.#run(`read the cluster '${this.#prefix}' from etcd`, async (deadline) => {
      const { revision, keys } = await this.#gateway.getPrefix(this.#prefix, deadline);
      const stored = keys.map((found) => ({
        key: found.key.slice(this.#prefix.length),
        value: found.value,
        modRevision: found.modRevision,
        lease: found.lease,
      }));
      this.#noteRead(revision, stored);
      this.#learnTopology();
      const cluster = readCluster(stored.filter((key) => !this.#claim.isOwn(key, this.#lease.id)));
      this.#status = cluster.status;
      return cluster;
    });
  }

  watch(onChange: (change: DcsChange) => void, onLost: () => void, signal: AbortSignal): void {
    const watch = new PrefixWatch({
      gateway: this.#gateway,
      clock: this.#parts.clock,
      log: this.#parts.log,
      prefix: this.#prefix,
      revision: this.#revision,
      onChange,
      onLost,
      signal: AbortSignal.any([signal, this.#closing.signal]),
    });
    this.#watches.add(watch);
    void watch.run().finally(() => this.#watches.delete(watch));
  }

  async attemptToAcquireLeader(): Promise<boolean> {
    return this.#run('take the leader key in etcd', async (deadline) =>
      this.#withFreshLease(deadline, async (lease) => createLeader(this.#leader, lease, deadline)),
    );
  }

  async updateLeader(): Promise<boolean> {
    return this.#run('renew the leader key in etcd', async (deadline) => {
      const lease = await this.#lease.renew(deadline);
      if (!this.#isLeaderElsewhere) {
        const state = await proveLeader(this.#leader, lease, deadline);
        if (state !== 'elsewhere') return state === 'ours';
      }
      // Left by ourselves under an earlier lease: before a restart, or before another ttl.
      const isAttached = await this.#lease.using(lease, deadline, async (id) =>
        attachLeader(this.#leader, id, deadline),
      );
      this.#isLeaderElsewhere = false;
      return isAttached;
    });
  }

  async takeLeader(): Promise<boolean> {
    return this.#run('take the leader key in etcd', async (deadline) =>
      this.#withFreshLease(deadline, async (lease) => {
        const { key, name } = this.#leader;
        await this.#gateway.put({ key, value: name, lease }, deadline);
        return true;
      }),
    );
  }

  async deleteLeader(lastLsn: Lsn | null): Promise<boolean> {
    return this.#run('give up the leader key in etcd', async (deadline) => {
      const status = lastLsn === null ? null : { ...(await this.#lastStatus(deadline)), lastLsn };
      const lastWords =
        status === null ? null : { key: this.#key(keyNames.status), value: writeStatus(status) };
      return deleteLeader(this.#leader, lastWords, deadline);
    });
  }

  async writeStatus(status: Status): Promise<boolean> {
    const value = writeStatus(status);
    if (this.#status !== null && writeStatus(this.#status) === value) return true;
    return this.#run('write the status into etcd', async (deadline) => {
      const other = { key: this.#key(keyNames.status), value };
      const isWritten = await putAsLeader(this.#leader, other, deadline);
      if (isWritten) this.#status = status;
      return isWritten;
    });
  }

  async touchMember(data: JsonObject): Promise<boolean> {
    return this.#run('write the member key into etcd', async (deadline) => {
      const lease = await this.#lease.keep(deadline);
      const known = this.#member;
      const before = known?.lease === lease ? parseJson(known.value) : undefined;
      if (before !== undefined && isSameJson(before, data)) return true;
      await this.#lease.using(lease, deadline, async (id) => {
        const value = writeJson(data);
        const revision = await this.#gateway.put(
          { key: this.#memberKey, value, lease: id },
          deadline,
        );
        this.#member = { value, lease: id, revision: BigInt(revision) };
      });
      return true;
    });
  }

  async deleteMember(): Promise<boolean> {
    this.#member = null;
    return this.#delete(this.#memberKey, undefined);
  }

  async initialize(createNew: boolean, systemId: string): Promise<boolean> {
    const key = this.#key(keyNames.initialize);
    if (!createNew) return this.#put(key, systemId, undefined);
    return this.#run('claim the new cluster in etcd', async (deadline) =>
      this.#withFreshLease(deadline, async (lease) => this.#claim.make(systemId, lease, deadline)),
    );
  }

  async cancelInitialization(): Promise<boolean> {
    const what = 'give up the claim of the new cluster in etcd';
    // A claim does not say whose it is. As long as ours was not taken back the key is ours, so it is known by its
    // revision from the first look on; a later attempt takes nobody else's away.
    const revision = (this.#claimRevision ??= await this.#run(what, async (deadline) =>
      this.#claim.revision(deadline),
    ));
    if (revision === '') {
      this.#claimRevision = null;
      return false;
    }
    const isDone = await this.#delete(this.#key(keyNames.initialize), revision);
    this.#claimRevision = null;
    return isDone;
  }

  async setConfigValue(value: JsonObject, expected?: Expected): Promise<boolean> {
    return this.#put(this.#key(keyNames.config), writeJson(value), expected);
  }

  async setFailover(request: FailoverRequest | null, expected?: Expected): Promise<boolean> {
    return this.#put(this.#key(keyNames.failover), writeFailover(request), expected);
  }

  async writeSyncState(request: SyncRequest, expected: Expected): Promise<string | null> {
    const key = this.#key(keyNames.sync);
    return this.#run(`write '${key}' into etcd`, async (deadline) =>
      putIf(this.#gateway, key, writeSyncState(request), expected, deadline),
    );
  }

  async deleteSyncState(expected: Expected): Promise<boolean> {
    return this.#delete(this.#key(keyNames.sync), expected);
  }

  async setHistory(lines: readonly HistoryLine[]): Promise<boolean> {
    return this.#put(this.#key(keyNames.history), writeHistory(lines), undefined);
  }

  async writeFailsafe(members: Readonly<Record<string, string>>): Promise<boolean> {
    return this.#put(this.#key(keyNames.failsafe), writeJson(members), undefined);
  }

  setTtl(seconds: number): void {
    this.#lease.setTtl(seconds);
  }

  setRetryTimeout(seconds: number): void {
    this.#retryTimeoutMs = seconds * 1000;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the agent is leaving etcd'));
    this.#parts.transport.close();
    await Promise.resolve();
  }

  get #memberKey(): string {
    return this.#key(memberKey(this.#parts.name));
  }

  #key(name: string): string {
    return `${this.#prefix}${name}`;
  }

  async #run<Result>(
    what: string,
    steps: (deadline: Deadline) => Promise<Result>,
  ): Promise<Result> {
    const { clock, log } = this.#parts;
    return withinDeadline(
      { what, timeoutMs: this.#retryTimeoutMs, clock, log, signal: this.#closing.signal },
      steps,
    );
  }

  async #put(key: string, value: string, expected: Expected): Promise<boolean> {
    return this.#run(`write '${key}' into etcd`, async (deadline) => {
      return (await putIf(this.#gateway, key, value, expected, deadline)) !== null;
    });
  }

  async #delete(key: string, expected: Expected): Promise<boolean> {
    return this.#run(`delete '${key}' from etcd`, async (deadline) =>
      deleteIf(this.#gateway, key, expected, deadline),
    );
  }

  /** The lease is renewed first, so that what hangs on it lasts for a whole ttl from now. */
  async #withFreshLease(
    deadline: Deadline,
    write: (lease: string) => Promise<boolean>,
  ): Promise<boolean> {
    const lease = await this.#lease.renew(deadline);
    const isWritten = await this.#lease.using(lease, deadline, write);
    if (isWritten) this.#isLeaderElsewhere = false;
    return isWritten;
  }

  /** As read or written last; read where it is not known, so that slots are kept. */
  async #lastStatus(deadline: Deadline): Promise<Status> {
    if (this.#status !== null) return this.#status;
    const key = keyNames.status;
    const { keys } = await this.#gateway.getPrefix(this.#key(key), deadline);
    return readCluster(
      keys.filter((found) => found.key === this.#key(key)).map((found) => ({ ...found, key })),
    ).status;
  }

  #noteRead(revision: string, keys: readonly StoredKey[]): void {
    const { log, name } = this.#parts;
    const now = BigInt(revision);
    const before = this.#revision === null ? null : BigInt(this.#revision);
    const isLoss = before !== null && now < before;
    if (isLoss) {
      log.warning('etcd went back to an earlier revision: it lost data', { before, now });
    }
    this.#revision = revision;
    const leader = keys.find(({ key }) => key === keyNames.leader);
    this.#isLeaderElsewhere = leader?.value === name && leader.lease !== this.#lease.id;
    const member = keys.find(({ key }) => key === memberKey(name));
    // A read that was on its way while we wrote says nothing about what we wrote.
    if (isLoss || this.#member === null || now >= this.#member.revision) {
      this.#member = member === undefined ? null : { ...member, revision: now };
    }
    const latest = keys.reduce(
      (most, { modRevision }) => (BigInt(modRevision) > most ? BigInt(modRevision) : most),
      0n,
    );
    for (const watch of this.#watches) watch.expect(String(latest));
  }

  /** Asks, beside everything else, who the members of etcd are, so that new ones are known in time. */
  #learnTopology(): void {
    const { clock, transport, log } = this.#parts;
    const now = clock.monotonicMs();
    if (this.#topologyAtMs !== null && now - this.#topologyAtMs < topologyMs) return;
    this.#topologyAtMs = now;
    const end = now + this.#retryTimeoutMs;
    const deadline = {
      leftMs: () => Math.max(0, end - clock.monotonicMs()),
      signal: this.#closing.signal,
    };
    void this.#gateway.memberUrls(deadline).then(
      (urls) => transport.learnHosts(urls),
      (error: unknown) => log.debug('etcd did not say who its members are', { error }),
    );
  }
}
