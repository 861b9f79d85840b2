// Keeps the replication slots of this member as they should be, beside the turns: none of them waits for it. What is
// to be done is decided in core/slots; statements and files are behind the port. One piece of work runs at a time,
// each of its parts for itself; whatever changed meanwhile is seen by the next one.

import { AdvanceWorker } from '#adapters/postgres/advance-worker.ts';
import type { AdvanceNews } from '#adapters/postgres/advance-worker.ts';
import type { Timer } from '#adapters/ports/agent-ports.ts';
import type { SlotsPort, SlotStepResult } from '#adapters/ports/slots-port.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { PostgresFacts } from '#core/ha/postgres-facts.ts';
import type { World } from '#core/ha/world.ts';
import type { Lsn } from '#core/postgres/lsn.ts';
import { formatLsn } from '#core/postgres/lsn.ts';
import type { DesiredSlotSet } from '#core/slots/desired-slot.ts';
import { isFeedbackNeeded } from '#core/slots/feedback.ts';
import { isIgnoredSlot } from '#core/slots/ignored-slots.ts';
import { processPermanentSlots } from '#core/slots/process-permanent-slots.ts';
import { slotNameOnPrimary } from '#core/slots/slot-name-on-primary.ts';
import type { SlotInfo } from '#core/slots/slot-info.ts';
import { slotInfoOf } from '#core/slots/slot-info.ts';
import type { SlotPlan } from '#core/slots/slot-plan.ts';
import type { SlotReadiness } from '#core/slots/slot-readiness.ts';
import type { SlotReport } from '#core/slots/slot-report.ts';
import type { AdvanceLogicalStep, SlotStep } from '#core/slots/slot-step.ts';
import { summarizeSlots } from '#core/slots/slot-summary.ts';
import type { SlotsView } from '#core/rest/api-view.ts';
import type { AgentParts } from '../context.ts';
import { isLeading } from '../leadership.ts';
import { CopyWork } from './copy-work.ts';
import { LogicalCreator } from './create-logical.ts';
import { ReadinessCheck } from './readiness-check.ts';
import { SlotPlanner } from './slot-planner.ts';
import type { SlotTurn } from './slot-turn.ts';
import { leaderOf, slotTurnOf } from './slot-turn.ts';
import { ReportTeller } from './tell-reports.ts';
import { WalGapCheck } from './wal-gap.ts';
import { WorkStages } from './work-stages.ts';

/** How long a promotion waits for slots that are being moved, in milliseconds. */
const quiesceMs = 1000;

/** When a slot that is about to become ready is looked at again, in milliseconds; twice as long after each look. */
const soonMs = 150;

export interface SlotCounters {
  /** Turns that found the work of an earlier one still going on. */
  skipped: number;
  copies: number;
  copyRestarts: number;
  /** Parts of the work that failed, by their names. */
  readonly errors: Map<string, number>;
}

const unchecked: SlotReadiness = {
  state: 'unchecked',
  why: 'The server has started, and the primary has not been asked about it since',
};

const promotedUnproven: SlotReadiness = {
  state: 'unchecked',
  why: 'It was not proven to be safe when this member was promoted: its consumer may miss something',
};

export class SlotsHandler {
  readonly #parts: AgentParts;
  readonly #port: SlotsPort;
  readonly #advance: AdvanceWorker;
  readonly #creator: LogicalCreator;
  readonly #planner: SlotPlanner;
  readonly #teller: ReportTeller;
  readonly #stages: WorkStages;
  readonly #walGap: WalGapCheck;
  readonly #copies: CopyWork;
  readonly readiness: ReadinessCheck;
  readonly counters: SlotCounters;
  /** The slots of this server as it told them last, by name. */
  replicationSlots: ReadonlyMap<string, SlotInfo> = new Map();
  desired: DesiredSlotSet = { physical: new Map(), logical: new Map() };
  /** To be published, of the slots as they were in the last turn. */
  positions: ReadonlyMap<string, Lsn> = new Map();
  /** What is to be published of slots that are lost. */
  lostPositions: ReadonlyMap<string, Lsn> = new Map();
  /** Logical slots that this primary is to make: what was published of one that had the name counts no more. */
  beingMade: ReadonlySet<string> = new Set();
  /** Slots that were not proven to be safe when this member was promoted. */
  unsafe: ReadonlySet<string> = new Set();
  #isInRecovery = true;
  #isReadinessCheckDue = true;
  #looks = 0;
  #nextLook: Timer | null = null;
  #server = '';
  #leader = '';
  #isWorking = false;
  #isDue = false;
  #generation = 0;
  #lastDone = '';

  constructor(parts: AgentParts) {
    this.#parts = parts;
    const { deps, state, wake } = parts;
    const { clock, log, random, postgres } = deps;
    const { port } = deps.slots;
    const loopWaitMs = (): number => state.config.global.loopWaitSeconds * 1000;
    this.#port = port;
    this.#stages = new WorkStages(log);
    const { errors } = this.#stages;
    this.counters = { skipped: 0, copies: 0, copyRestarts: 0, errors };
    this.#advance = new AdvanceWorker({
      openDatabase: async (...where) => this.withLocalClient(...where),
      clock,
      random,
      loopWaitMs,
      log,
    });
    this.#creator = new LogicalCreator({
      port,
      clock,
      log,
      random,
      longestPauseMs: loopWaitMs,
      isLeading: () => isLeading(parts),
      wake,
    });
    this.#planner = new SlotPlanner({
      monotonicMs: () => clock.monotonicMs(),
      walVolumeBytes: deps.slots.walVolumeBytes,
    });
    this.#teller = new ReportTeller(log);
    this.#walGap = new WalGapCheck(parts);
    this.readiness = new ReadinessCheck({
      port,
      reload: async () => postgres.reload(true),
      clock,
      log,
    });
    this.#copies = new CopyWork({
      parts,
      port,
      counters: this.counters,
      onStop: async () => void (await this.#advance.onPromote(quiesceMs)),
      onInstalled: (...copied) => this.readiness.noteCopied(...copied),
    });
  }

  /** Members' slots that kept more WAL than they may, with where they were. */
  get givenUp(): ReadonlyMap<string, Lsn | null> {
    return this.#planner.givenUp;
  }

  /** What there is to say of the slots as they were in the last turn. */
  view(): SlotsView {
    const { readiness, counters, desired } = this;
    const states = new Map(readiness.states);
    for (const name of readiness.pending.keys()) {
      if (!states.has(name)) states.set(name, unchecked);
    }
    for (const name of this.unsafe) states.set(name, promotedUnproven);
    return {
      summaries: summarizeSlots({
        isInRecovery: this.#isInRecovery,
        desired,
        existing: [...this.replicationSlots.values()],
        unproven: states,
        inProgress: new Set([...this.#creator.creating, ...this.#copies.copying]),
      }),
      reports: this.#teller.reports,
      givenUp: this.#planner.givenUp,
      counters: { ...counters, advancesInFlight: this.#advance.inFlight },
    };
  }

  /** Takes over what the server tells of its slots: positions are published before anything is done. */
  note({ sql }: PostgresFacts): void {
    if (sql === null) return;
    const slots = sql.slots.map(slotInfoOf);
    this.#isInRecovery = sql.isInRecovery;
    this.positions = this.processPermanentSlots(slots);
    this.loadReplicationSlots(slots);
  }

  /** Begins the work of a turn, if it is time for it. Never waits and never throws. */
  begin(world: World): void {
    this.#walGap.begin(world);
    if (world.postgres.sql === null) return;
    const slots = world.postgres.sql.slots.map(slotInfoOf);
    const turn = slotTurnOf(this.#parts, world, slots);
    if (turn === null) return;
    this.#noteSituation(turn);
    if (this.#isWorking) {
      this.counters.skipped += 1;
      this.#isDue = true;
      return;
    }
    this.#isWorking = true;
    void this.#work(turn);
  }

  async #work(turn: SlotTurn): Promise<void> {
    try {
      const names = await this.syncReplicationSlots(turn);
      if (names.length > 0) await this.copyLogicalSlots(turn, names);
    } catch (error) {
      this.#stages.noteError('sync', error);
    }
    this.#isWorking = false;
    if (!this.#isDue) return;
    this.#isDue = false;
    this.#parts.wake();
  }

  /** What is known of logical slots has to be proven anew; by false, it has not. */
  schedule(value = true): void {
    this.#isReadinessCheckDue = value;
  }

  /** Takes over what the server told in this turn. */
  loadReplicationSlots(slots: readonly SlotInfo[]): void {
    this.replicationSlots = new Map(slots.map((slot) => [slot.name, slot]));
  }

  /** Behind a new server, or another leader, everything begins anew. */
  #noteSituation({ sql, leaderName }: SlotTurn): void {
    const server = sql.postmasterStartTime;
    const leader = leaderName ?? this.#leader;
    if (server !== this.#server || leader !== this.#leader) this.schedule();
    if (leader !== this.#leader) this.#copies.beginAnew();
    this.#server = server;
    this.#leader = leader;
  }

  /** Positions to be published of these slots; nothing of one that took another one's place since the last turn. */
  processPermanentSlots(rows: readonly SlotInfo[]): ReadonlyMap<string, Lsn> {
    const { positions, changed } = processPermanentSlots(rows, this.replicationSlots);
    for (const name of changed) this.readiness.forget(name);
    return positions;
  }

  /** Whether the user asked to leave it alone. */
  ignoreReplicationSlot(slot: SlotInfo): boolean {
    return isIgnoredSlot(slot, this.#parts.state.config.global.ignoreSlots);
  }

  /** Brings the slots of this server closer to what they should be; answers those worth copying from the primary. */
  async syncReplicationSlots(turn: SlotTurn): Promise<readonly string[]> {
    const generation = this.#generation;
    const mayGoOn = this.#untilChange();
    const { desired, plan, reports } = await this.#planner.plan(turn);
    this.desired = desired;
    this.lostPositions = plan.lostPositions;
    this.beingMade = new Set(plan.create.map(({ name }) => name));
    await this.#stages.run('feedback', async () => this.#forceFeedback(turn), undefined);
    const dropped = await this.#stages.run(
      'drop',
      async () => this.dropIncorrectSlots(plan, mayGoOn),
      [],
    );
    if (generation !== this.#generation) return [];
    const made = await this.#stages.run(
      'physical',
      async () => this.ensurePhysicalSlots(plan, mayGoOn),
      [],
    );
    if (generation !== this.#generation) return [];
    this.#noteDone([...dropped, ...made]);
    if (!turn.sql.isInRecovery) {
      this.readiness.clear();
      this.#teller.tell([...reports, ...plan.reports]);
      this.ensureLogicalSlotsPrimary(plan, dropped);
      return [];
    }
    this.#creator.cancel();
    this.unsafe = new Set();
    const found = await this.#stages.run(
      'readiness',
      async () => this.checkLogicalSlotsReadiness(turn),
      [],
    );
    this.#teller.tell([...reports, ...plan.reports, ...found]);
    if (generation !== this.#generation) return [];
    return this.ensureLogicalSlotsReplica(plan);
  }

  /** What was made or dropped is to be seen by everybody soon. What comes to nothing again and again is no news. */
  #noteDone(results: readonly SlotStepResult[]): void {
    const done = results
      .filter(({ step, outcome }) => outcome === 'done' && step.kind !== 'advance-physical')
      .map(({ step }) => `${step.kind} ${step.name}`)
      .join(', ');
    if (done !== '' && done !== this.#lastDone) this.#isDue = true;
    this.#lastDone = done;
  }

  async #forceFeedback({ world, cluster, me }: SlotTurn): Promise<void> {
    const { serverVersion } = world.postgres;
    const isForced = isFeedbackNeeded(me, cluster, world.config, serverVersion);
    await this.#parts.deps.slots.forceHotStandbyFeedback(isForced);
  }

  /** A statement that hangs may outlive what the next one was planned for. */
  #untilChange(): () => boolean {
    const { state } = this.#parts;
    const { isPaused } = state.config.global;
    const generation = this.#generation;
    return () => generation === this.#generation && state.config.global.isPaused === isPaused;
  }

  async #apply(
    steps: readonly SlotStep[],
    mayGoOn: () => boolean,
  ): Promise<readonly SlotStepResult[]> {
    if (steps.length === 0) return [];
    const { ttlSeconds, loopWaitSeconds } = this.#parts.state.config.global;
    const withinMs = Math.max(2000, (ttlSeconds - loopWaitSeconds) * 250);
    return this.#port.apply(steps, withinMs, mayGoOn);
  }

  /** Drops what nobody wants and nobody uses. */
  async dropIncorrectSlots(
    { steps }: SlotPlan,
    mayGoOn: () => boolean = this.#untilChange(),
  ): Promise<readonly SlotStepResult[]> {
    const drops = steps.filter(({ kind }) => kind === 'drop');
    const results = await this.#apply(drops, mayGoOn);
    this.#forgetDropped(results);
    return results;
  }

  /** Of any other outcome what is known stays: the next turn sees what the server has. */
  #forgetDropped(results: readonly SlotStepResult[]): void {
    const dropped = new Set(
      results.filter(({ outcome }) => outcome === 'done').map(({ step }) => step.name),
    );
    if (dropped.size === 0) return;
    this.replicationSlots = new Map(
      [...this.replicationSlots].filter(([name]) => !dropped.has(name)),
    );
    for (const name of dropped) this.readiness.forget(name);
  }

  /** Drops one slot, unless it is in use; look and drop are one statement. */
  async dropReplicationSlot(
    name: string,
    why: string,
  ): Promise<{ readonly isActive: boolean; readonly isDropped: boolean }> {
    const results = await this.#apply([{ kind: 'drop', name, why }], this.#untilChange());
    this.#forgetDropped(results);
    const [result] = results;
    return { isActive: result?.outcome === 'in-use', isDropped: result?.outcome === 'done' };
  }

  /** Makes the physical slots that are missing, and moves those on whose members are elsewhere. */
  async ensurePhysicalSlots(
    { steps }: SlotPlan,
    mayGoOn: () => boolean = this.#untilChange(),
  ): Promise<readonly SlotStepResult[]> {
    const others = steps.filter(({ kind }) => kind !== 'drop');
    return this.#apply(others, mayGoOn);
  }

  /** Has the logical slots made that are missing on a primary. What stands in the way of one has to be gone first. */
  ensureLogicalSlotsPrimary({ create }: SlotPlan, dropped: readonly SlotStepResult[]): void {
    const standing = new Set(
      dropped
        .filter(({ outcome }) => outcome !== 'done' && outcome !== 'absent')
        .map(({ step }) => step.name),
    );
    this.#creator.begin(create.filter(({ name }) => !standing.has(name)));
  }

  /** Moves the logical slots of a standby on; answers those that have to come from the primary. */
  ensureLogicalSlotsReplica({ advance, copy }: SlotPlan): readonly string[] {
    const { toCopy } = this.scheduleAdvanceSlots(advance);
    return [...new Set([...copy.map(({ name }) => name), ...toCopy])];
  }

  /** Tells the advance worker all it is to do; it is never waited for. */
  scheduleAdvanceSlots(steps: readonly AdvanceLogicalStep[]): AdvanceNews {
    return this.#advance.schedule(steps.map(({ name, database, to }) => ({ name, database, to })));
  }

  /** Asks the primary about slots that are not proven to be safe yet. */
  async checkLogicalSlotsReadiness(turn: SlotTurn): Promise<readonly SlotReport[]> {
    const { me, cluster, sql, slots } = turn;
    if (this.#isReadinessCheckDue) {
      this.#isReadinessCheckDue = false;
      this.#looks = 0;
      this.readiness.beginAnew(slots.filter((slot) => !this.ignoreReplicationSlot(slot)));
    }
    const { reports, isWaiting } = await this.readiness.check({
      leader: leaderOf(turn),
      physicalSlotName: slotNameOnPrimary(
        { name: me.name, replicatefrom: me.tags.replicatefrom, nostream: me.tags.nostream },
        cluster.members,
      ),
      existing: slots,
      isStreaming: sql.receiverState === 'streaming',
    });
    if (isWaiting) this.#lookAgain();
    else this.#looks = 0;
    return reports;
  }

  /** What takes long is not asked about in turn after turn; the usual ones come anyway. */
  #lookAgain(): void {
    if (this.#nextLook !== null) return;
    const { clock } = this.#parts.deps;
    const longestMs = this.#parts.state.config.global.loopWaitSeconds * 1000;
    this.#nextLook = clock.after(Math.min(soonMs * 2 ** this.#looks, longestMs), () => {
      this.#nextLook = null;
      this.#parts.wake();
    });
    this.#looks += 1;
  }

  /** Fetches, checks and, where that is worth a restart now, puts in place. */
  async copyLogicalSlots(turn: SlotTurn, names: readonly string[]): Promise<void> {
    const leader = leaderOf(turn);
    if (leader === null) return;
    await this.#stages.run(
      'copy',
      async () => this.#copies.consider(turn, leader, this.desired, names),
      undefined,
    );
  }

  /** A server that is promoted before anything could be asked since its start has nothing proven. */
  #countUnchecked(): void {
    const { sql } = this.#parts.deps.postgres.lastFacts();
    if (sql === null) return;
    if (!this.#isReadinessCheckDue && sql.postmasterStartTime === this.#server) return;
    const slots = sql.slots.map(slotInfoOf);
    this.readiness.beginAnew(slots.filter((slot) => !this.ignoreReplicationSlot(slot)));
  }

  /** Before a promotion: nobody moves slots any more, and people learn which of them may be of no use. */
  async onPromote(): Promise<void> {
    this.#generation += 1;
    this.#countUnchecked();
    const { log } = this.#parts.deps;
    const { warning, pending } = this.readiness;
    if (warning !== null) log.warning(warning);
    this.unsafe = new Set(pending.keys());
    for (const { name, lsn } of this.desired.logical.values()) {
      const at = this.replicationSlots.get(name)?.confirmedFlushLsn ?? null;
      if (lsn === null || at === null || at >= lsn) continue;
      log.info(
        `Logical slot ${name} is at ${formatLsn(at)}, and its consumer confirmed up to ${formatLsn(lsn)}: it gets ` +
          `${lsn - at} bytes of WAL a second time`,
      );
    }
    const isQuiet = await this.#advance.onPromote(quiesceMs);
    if (!isQuiet) log.warning('Slots are still being moved; the promotion does not wait for them');
  }

  /** Before this member stops being the primary, or stops at all. */
  onDemote(): void {
    this.#creator.cancel();
    this.#advance.clean();
  }

  /** A session in one database of this server, for moving its logical slots. */
  async withLocalClient(
    ...where: Parameters<SlotsPort['openDatabase']>
  ): ReturnType<SlotsPort['openDatabase']> {
    return this.#port.openDatabase(...where);
  }

  /** What the leader has of these slots. Throws where it can't be asked. */
  async withLeaderClient(leader: Upstream, names: readonly string[]): Promise<readonly SlotInfo[]> {
    return this.#port.readLeaderSlots(leader, names);
  }
}
