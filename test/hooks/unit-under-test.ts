// A unit of the postgresql charm that lives through one event after another on the emulator's hook tools.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { charm } from '#hooks/charm.ts';
import type { Settings } from '#interfaces/ports.ts';
import { runCharm as program } from '#charm/main.ts';
import type { Explanation } from '#charm/reactive/explain.ts';
import {
  charmState,
  type CharmState,
  peerState,
  relationState,
  type RelationState,
  withoutJujuKeys,
} from '#charm/testing/charm-state.ts';
import type { CharmEvent } from '#charm/testing/events.ts';
import * as events from '#charm/testing/events.ts';
import { type Outcome, runCharm, type RunOptions } from '#charm/testing/run-charm.ts';
import { FakeMachine } from './fake-machine.ts';

const textOf = (name: string): string =>
  readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

export const files = {
  metadata: textOf('metadata.yaml'),
  config: textOf('config.yaml'),
  actions: textOf('actions.yaml'),
};

export const main = program(charm);

export interface ClientOptions {
  readonly application?: string;
  readonly endpoint?: 'db' | 'db-admin';
  /** Bags of the client's units; one empty bag by default. */
  readonly units?: Readonly<Record<string, Settings>>;
  readonly applicationBag?: Settings;
}

export class UnitUnderTest {
  readonly machine = new FakeMachine();
  state: CharmState;

  constructor(fields: Partial<CharmState> = {}) {
    this.state = charmState({
      unit: 'postgresql/0',
      leader: true,
      storage: [{ id: 'pgdata/0', location: '/srv/pgdata' }],
      ...fields,
    });
  }

  /** A unit that went through its first hooks. */
  static async deployed(fields: Partial<CharmState> = {}): Promise<UnitUnderTest> {
    const unit = new UnitUnderTest(fields);
    await unit.deploy();
    return unit;
  }

  async deploy(leaderSettings: Settings = {}): Promise<void> {
    await this.run(events.storageAttached('pgdata/0'));
    await this.run(events.install());
    this.state = {
      ...this.state,
      peers: [peerState({ id: 0, endpoint: 'cluster', ownApplicationBag: leaderSettings })],
    };
    await this.run(events.relationCreated('cluster:0'));
    if (this.state.leader) await this.run(events.leaderElected());
    await this.run(events.configChanged());
    await this.run(events.start());
  }

  /** Runs one event that has to succeed. */
  async run(event: CharmEvent): Promise<Outcome<Explanation>> {
    const outcome = await this.try(event);
    assert.equal(outcome.error, null, String(outcome.error));
    return outcome;
  }

  /** Runs one event, whatever comes of it. */
  async try(event: CharmEvent, options: RunOptions = {}): Promise<Outcome<Explanation>> {
    const outcome = await runCharm(files, main, event, this.state, this.machine, options);
    this.state = outcome.state;
    return outcome;
  }

  async configure(config: CharmState['config']): Promise<Outcome<Explanation>> {
    this.state = { ...this.state, config: { ...this.state.config, ...config } };
    return this.run(events.configChanged());
  }

  /** Another application comes up on a relation, with all hooks that brings. Gives the last one's outcome. */
  async relate(id: number, options: ClientOptions = {}): Promise<Outcome<Explanation>> {
    const { application = 'app', endpoint = 'db', applicationBag = {} } = options;
    const units = options.units ?? { [`${application}/0`]: {} };
    const name = `${endpoint}:${id}`;
    const relation = relationState({
      id,
      endpoint,
      remoteApplication: application,
      remoteApplicationBag: applicationBag,
    });
    this.state = { ...this.state, relations: [...this.state.relations, relation] };
    let last = await this.run(events.relationCreated(name));
    for (const [unit, bag] of Object.entries(units)) last = await this.join(name, unit, bag);
    return last;
  }

  async join(name: string, unit: string, bag: Settings = {}): Promise<Outcome<Explanation>> {
    this.change(name, ({ units }) => ({ units: { ...units, [unit]: bag } }));
    await this.run(events.relationJoined(name, unit));
    return this.run(events.relationChanged(name, unit));
  }

  /** The client's first unit writes another request. */
  async ask(name: string, bag: Settings): Promise<Outcome<Explanation>> {
    const [unit = ''] = Object.keys(this.relation(name).units);
    this.change(name, ({ units }) => ({ units: { ...units, [unit]: bag } }));
    return this.run(events.relationChanged(name, unit));
  }

  /** The relation ends: all units depart, then it breaks. */
  async unrelate(name: string): Promise<Outcome<Explanation>> {
    for (const unit of Object.keys(this.relation(name).units)) {
      await this.run(events.relationDeparted(name, unit));
    }
    return this.run(events.relationBroken(name));
  }

  /** What the client reads in our unit's bag. */
  bag(name: string): Settings {
    return withoutJujuKeys(this.relation(name).ownUnitBag);
  }

  get leaderSettings(): Settings {
    return this.state.peers[0]?.ownApplicationBag ?? {};
  }

  get status(): string {
    return `${this.state.status.status}: ${this.state.status.message}`;
  }

  relation(name: string): RelationState {
    const found = this.state.relations.find(({ endpoint, id }) => `${endpoint}:${id}` === name);
    assert.ok(found !== undefined, `no relation ${name}`);
    return found;
  }

  change(name: string, change: (relation: RelationState) => Partial<RelationState>): void {
    const known = this.relation(name);
    this.state = {
      ...this.state,
      relations: this.state.relations.map((each) =>
        each === known ? { ...each, ...change(each) } : each,
      ),
    };
  }
}
