// Gathers the facts of one turn. What costs a process is asked only when something has changed: a server that
// answers tells of its control file itself.

import type { ControlData, PostgresFacts, SqlFacts } from '#core/ha/postgres-facts.ts';
import type { MonitorRow } from '#core/postgres/monitor-row.ts';
import { controlFileMark, readControlData } from './control-reader.ts';
import type { DataDirectoryFacts } from './data-directory-facts.ts';
import { programsMajor, readDataDirectoryFacts } from './data-directory-facts.ts';
import type { MemberFiles } from './member-files.ts';
import type { MemberPlace } from './member-place.ts';
import type { MemberServer } from './member-server.ts';
import type { MemberState } from './member-state.ts';
import type { Monitor } from './monitor.ts';
import type { RestartWatch } from './restart-watch.ts';
import type { StandbyTimeline } from './standby-timeline.ts';

export interface ObserverParts {
  readonly place: MemberPlace;
  readonly files: MemberFiles;
  readonly server: MemberServer;
  readonly state: MemberState;
  readonly monitor: Monitor;
  readonly restarts: RestartWatch;
  readonly timeline: StandbyTimeline;
}

const notRunning = 'it does not run';

export class MemberObserver {
  readonly #parts: ObserverParts;
  #control: ControlData | null = null;
  #controlMark = '';
  #major: string | null = null;
  #serverVersion = 0;
  last: PostgresFacts;

  constructor(parts: ObserverParts) {
    this.#parts = parts;
    this.last = {
      dataDirectory: 'empty',
      dataDirectoryProblem: '',
      control: null,
      serverVersion: 0,
      isRunning: false,
      pid: null,
      state: parts.state.state,
      stateSinceMs: 0,
      role: parts.state.role,
      sql: null,
      sqlProblem: 'nothing was observed yet',
      isSetUpAsStandby: false,
      pendingRestart: {},
      progress: null,
    };
  }

  /** From the server while one answered, else from PG_VERSION; 0 where there is neither. */
  get serverVersion(): number {
    return this.#serverVersion;
  }

  /** The data directory's content is another one. */
  forget(): void {
    this.#control = null;
    this.#controlMark = '';
    this.#serverVersion = 0;
    this.#parts.restarts.reason = {};
  }

  /** The server has just ended; nobody has to look to know that much. */
  ended(): void {
    const { state } = this.#parts.state;
    const gone = { isRunning: false, pid: null, sql: null, sqlProblem: notRunning };
    this.last = { ...this.last, ...gone, state, stateSinceMs: 0 };
  }

  async dataDirectory(): Promise<DataDirectoryFacts> {
    this.#major ??= await programsMajor(this.#parts.place);
    const facts = await readDataDirectoryFacts(this.#parts.place, this.#major);
    const isOther =
      Math.trunc(facts.serverVersion / 10_000) !== Math.trunc(this.#serverVersion / 10_000);
    if (isOther) this.#serverVersion = facts.serverVersion;
    return facts;
  }

  async programsMajor(): Promise<string | null> {
    this.#major ??= await programsMajor(this.#parts.place);
    return this.#major;
  }

  /** What pg_controldata says, asked again only where the control file changed. */
  async control(): Promise<ControlData | null> {
    const { place } = this.#parts;
    const mark = await controlFileMark(place.dataDirectory);
    if (mark === this.#controlMark) return this.#control;
    const read = await readControlData(place);
    this.#control = typeof read === 'string' ? null : read;
    this.#controlMark = this.#control === null ? '' : mark;
    return this.#control;
  }

  /** A server that answers tells its file's content; what it does not tell is read where it was not yet. */
  async #controlOf(row: MonitorRow): Promise<ControlData | null> {
    const base = this.#control ?? (await this.control());
    return base === null ? null : { ...base, ...row.control };
  }

  /** A standby that receives nothing does not tell its timeline in SQL. */
  async #withTimeline(sql: SqlFacts): Promise<SqlFacts> {
    if (!sql.isInRecovery || sql.receivedTimeline !== null) return sql;
    return { ...sql, timeline: await this.#parts.timeline.read() };
  }

  async observe(): Promise<PostgresFacts> {
    const { server, state, monitor, files } = this.#parts;
    const isRunning = server.process !== null;
    const directory: DataDirectoryFacts =
      isRunning && this.#serverVersion !== 0
        ? { kind: 'cluster', problem: '', serverVersion: this.#serverVersion }
        : await this.dataDirectory();
    let sqlProblem = notRunning;
    let row: MonitorRow | null = null;
    if (isRunning) {
      sqlProblem = 'it does not accept connections yet, or no longer';
      if (await server.isReady()) {
        const seen = await monitor.observe();
        if (seen.kind === 'answered') ({ row } = seen);
        else sqlProblem = seen.why;
      }
    }
    if (row !== null) this.#serverVersion = row.serverVersion;
    const isKnown = directory.kind === 'cluster' && state.state !== 'creating replica';
    const control =
      row === null ? (isKnown ? await this.control() : null) : await this.#controlOf(row);
    this.last = {
      dataDirectory: directory.kind,
      dataDirectoryProblem: directory.problem,
      control,
      serverVersion: this.#serverVersion,
      // It may have ended while it was asked.
      isRunning: server.process !== null,
      pid: server.process?.pid ?? null,
      state: state.state,
      stateSinceMs: state.ageMs,
      role: state.role,
      sql: row === null ? null : await this.#withTimeline(row.sql),
      sqlProblem: row === null ? sqlProblem : '',
      isSetUpAsStandby: directory.kind === 'cluster' && (await files.isSetUpAsStandby()),
      pendingRestart: this.#parts.restarts.reason,
      progress: state.progress,
    };
    return this.last;
  }
}
