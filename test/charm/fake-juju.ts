// As much of Juju as the tests of the charm's main need: one unit, its relations and bags, buffered
// writes that are kept only when the hook succeeds, and a record of every tool that ran.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { HookMain, HookResult } from '#charm/host.ts';
import { openUnitData } from '#charm/state/unit-data.ts';
import type { UnitData } from '#charm/state/unit-data.ts';
import type { ToolAnswer, ToolRunner } from '#charm/tools/runner.ts';

type Bag = Record<string, string>;

export interface FakeRelation {
  readonly remoteApplication: string;
  units: string[];
  /** By unit or application. */
  readonly bags: Record<string, Bag>;
}

export interface RelationEvent {
  readonly relation: string;
  readonly event: 'created' | 'joined' | 'changed' | 'departed' | 'broken';
  readonly unit?: string;
  readonly departing?: string;
}

export class FakeJuju {
  readonly unitName: string = 'app/0';
  isLeader = true;
  config: Record<string, unknown> = {};
  readonly relations: Record<string, FakeRelation> = {};
  parameters: Record<string, unknown> = {};
  actionResults: string[] = [];
  actionMessage: string | null = null;
  readonly statuses: string[] = [];
  readonly log: string[] = [];
  calls: string[] = [];
  /** Tool that fails whenever it is called. */
  failing: string | null = null;
  clock = 1_000_000;
  readonly path: string;
  #pending: { readonly bag: Bag; readonly change: Bag }[] = [];

  constructor(test: TestContext) {
    const directory = mkdtempSync(join(tmpdir(), 'charm-main-'));
    test.after(() => rmSync(directory, { recursive: true }));
    this.path = join(directory, 'state.db');
  }

  relate(name: string, remoteApplication: string): FakeRelation {
    const relation = {
      remoteApplication,
      units: [],
      bags: { [remoteApplication]: {}, 'app/0': {}, app: {} },
    };
    this.relations[name] = relation;
    return relation;
  }

  /** Lets a unit join; its hook still has to be run. */
  join(name: string, unit: string, bag: Bag = {}): void {
    const relation = this.relations[name];
    if (relation === undefined) throw new Error(`no relation ${name}`);
    relation.units.push(unit);
    relation.bags[unit] = bag;
  }

  async hook<Trace>(
    main: HookMain<undefined, Trace>,
    name: string,
    kind: 'hook' | 'action' | 'custom' = 'hook',
  ): Promise<HookResult<Trace>> {
    return this.run(main, {
      JUJU_HOOK_NAME: kind === 'hook' ? name : '',
      JUJU_DISPATCH_PATH: `${kind === 'action' ? 'actions' : 'hooks'}/${name}`,
      ...(kind === 'action' ? { JUJU_ACTION_NAME: name } : {}),
    });
  }

  async relationHook<Trace>(
    main: HookMain<undefined, Trace>,
    on: RelationEvent,
  ): Promise<HookResult<Trace>> {
    const [endpoint = ''] = on.relation.split(':');
    const hookName = `${endpoint}-relation-${on.event}`;
    return this.run(main, {
      JUJU_HOOK_NAME: hookName,
      JUJU_DISPATCH_PATH: `hooks/${hookName}`,
      JUJU_RELATION: endpoint,
      JUJU_RELATION_ID: on.relation,
      JUJU_REMOTE_APP: this.relations[on.relation]?.remoteApplication ?? '',
      JUJU_REMOTE_UNIT: on.unit ?? '',
      JUJU_DEPARTING_UNIT: on.departing ?? (on.event === 'departed' ? (on.unit ?? '') : ''),
    });
  }

  /** Runs the charm and commits what it wrote if it exits with 0. */
  async run<Trace>(
    main: HookMain<undefined, Trace>,
    variables: Record<string, string>,
  ): Promise<HookResult<Trace>> {
    this.calls = [];
    this.#pending = [];
    const result = await main({
      environment: {
        JUJU_CHARM_DIR: '/charm',
        JUJU_CONTEXT_ID: 'app/0-test-1',
        JUJU_UNIT_NAME: this.unitName,
        JUJU_VERSION: '3.6.9',
        ...variables,
      },
      runner: this.runner,
      unitDataPath: this.path,
      now: () => this.clock,
    });
    if (result.exitCode === 0) {
      for (const { bag, change } of this.#pending) {
        for (const [key, value] of Object.entries(change)) {
          if (value === '') delete bag[key];
          else bag[key] = value;
        }
      }
    }
    return result;
  }

  /** The unit data as they are on disk. */
  data(): UnitData {
    return openUnitData(this.path, { now: () => this.clock });
  }

  readonly runner: ToolRunner = {
    run: (tool, args, stdin = '') => {
      const words = args.filter((word) => word !== '--format=json' && word !== '--');
      this.calls.push([tool, ...words].join(' '));
      if (this.failing === tool) return { code: 1, stdout: '', stderr: `ERROR ${tool} is broken` };
      return this.#answer(tool, words, stdin);
    },
  };

  #answer(tool: string, words: readonly string[], stdin: string): ToolAnswer {
    const [first = '', second = ''] = words;
    switch (tool) {
      case 'is-leader':
        return json(this.isLeader);
      case 'config-get':
        return json(this.config);
      case 'status-set':
        this.statuses.push(words.join(' '));
        return json(null);
      case 'juju-log':
        this.log.push(words.slice(-1)[0] ?? '');
        return json(null);
      case 'action-get':
        return json(this.parameters);
      case 'action-set':
        this.actionResults.push(...words);
        return json(null);
      case 'action-fail':
        this.actionMessage = first;
        return json(null);
      case 'relation-ids':
        return json(Object.keys(this.relations).filter((name) => name.startsWith(`${first}:`)));
      case 'relation-list':
        return json(
          words.includes('--app')
            ? this.relations[second]?.remoteApplication
            : this.relations[second]?.units,
        );
      case 'relation-get':
        return this.#get(words);
      case 'relation-set':
        return this.#set(words, stdin);
      default:
        return { code: 2, stdout: '', stderr: `ERROR no such tool: ${tool}` };
    }
  }

  /** `-r db:1 [--app] key target` */
  #get(words: readonly string[]): ToolAnswer {
    const [key = '', target = ''] = words.slice(-2);
    const relation = this.relations[words[1] ?? ''];
    if (relation === undefined) return { code: 2, stdout: '', stderr: 'ERROR relation not found' };
    const bag = relation.bags[target];
    if (bag === undefined) return { code: 1, stdout: '', stderr: 'ERROR permission denied' };
    return json(key === '-' ? bag : (bag[key] ?? null));
  }

  #set(words: readonly string[], stdin: string): ToolAnswer {
    const target = words.includes('--app') ? 'app' : this.unitName;
    const bag = this.relations[words[1] ?? '']?.bags[target];
    if (bag === undefined) return { code: 2, stdout: '', stderr: 'ERROR relation not found' };
    this.#pending.push({ bag, change: JSON.parse(stdin) as Bag });
    return json(null);
  }
}

function json(value: unknown): ToolAnswer {
  return { code: 0, stdout: JSON.stringify(value ?? null), stderr: '' };
}
