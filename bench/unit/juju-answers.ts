// Juju's side of the bench: the files `hook-tool.sh` answers from, and what becomes of what a hook wrote.
// As with Juju, a hook's writes to its bags count only once it has succeeded (E60).

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localApplication, localUnit, relationName, type RelationEnd } from './hook.ts';

export type Bag = Readonly<Record<string, string>>;

/** How often each hook tool was called. */
export type ToolCalls = Readonly<Record<string, number>>;

/** All tools of `hook-tool.sh`, for the names it is put on PATH under. */
export const toolNames: readonly string[] = [
  'application-version-set',
  'close-port',
  'config-get',
  'is-leader',
  'juju-log',
  'network-get',
  'open-port',
  'opened-ports',
  'relation-get',
  'relation-ids',
  'relation-list',
  'relation-set',
  'status-set',
];

/** One write of a hook: `db:7 unit {"key": "value"}`. */
const writePattern = /^(?<relation>\S+) (?<scope>app|unit) (?<change>\{.*\})$/u;

export class JujuAnswers {
  readonly #directory: string;
  readonly #bags = new Map<string, Bag>();
  readonly #relations = new Map<string, string[]>();
  readonly #ports = new Set<string>();

  /** `directory` has to be there, beside the directory of the tools. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Sets what a tool without arguments answers, for example `config-get`. */
  answer(tool: string, value: unknown): void {
    this.#write(tool, value);
  }

  /** The relation is there, without units, from now on. */
  addRelation(relation: RelationEnd): void {
    const names = this.#relations.get(relation.endpoint) ?? [];
    names.push(relationName(relation));
    this.#relations.set(relation.endpoint, names);
    this.#write(`relation-ids/${relation.endpoint}`, names);
    this.#write(`members/${relationName(relation)}/app`, relation.application);
    this.#write(`members/${relationName(relation)}/unit`, []);
  }

  /** The remote unit is on the relation from now on. */
  join(relation: RelationEnd): void {
    this.#write(`members/${relationName(relation)}/unit`, [relation.unit]);
  }

  /** What a bag holds; `target` is a unit like `app/0` or an application like `app`. */
  bag(relation: RelationEnd, target: string): Bag {
    return this.#bags.get(bagPath(relationName(relation), target)) ?? {};
  }

  /** Replaces a bag. */
  setBag(relation: RelationEnd, target: string, bag: Bag): void {
    this.#keep(bagPath(relationName(relation), target), bag);
  }

  /** How often each tool was called since the last look. */
  takeCalls(): ToolCalls {
    const calls: Record<string, number> = {};
    for (const tool of this.#take('calls')) calls[tool] = (calls[tool] ?? 0) + 1;
    return calls;
  }

  /** What was logged since the last look. */
  takeLog(): string {
    return this.#take('log').join('\n');
  }

  /** Puts what the hook wrote into its bags and opens its ports, as its success makes it so. */
  commit(): void {
    this.#commitPorts();
    for (const line of this.#take('writes')) {
      const found = writePattern.exec(line)?.groups;
      if (found?.['relation'] === undefined || found['change'] === undefined) {
        throw new Error(`Cannot read what relation-set was given: it is not one line of JSON`);
      }
      const target = found['scope'] === 'app' ? localApplication : localUnit;
      const path = bagPath(found['relation'], target);
      const change = JSON.parse(found['change']) as Bag;
      const merged = { ...this.#bags.get(path), ...change };
      this.#keep(
        path,
        Object.fromEntries(Object.entries(merged).filter(([, text]) => text !== '')),
      );
    }
  }

  #commitPorts(): void {
    const changes = this.#take('ports');
    for (const change of changes) {
      const [tool = '', port = ''] = change.split(' ');
      if (tool === 'open-port') this.#ports.add(port);
      else this.#ports.delete(port);
    }
    if (changes.length > 0) this.#write('opened-ports', [...this.#ports].sort());
  }

  /** The last status that was set, for example `active Primary, ...`; empty for none. */
  status(): string {
    return this.#line('status');
  }

  /** The version the application told; empty for none. */
  version(): string {
    return this.#line('version');
  }

  /** A file for the whole bag and one for each key, so that the tool has nothing to take apart. */
  #keep(path: string, bag: Bag): void {
    const before = this.#bags.get(path) ?? {};
    this.#bags.set(path, bag);
    for (const key of Object.keys(before)) {
      if (!Object.hasOwn(bag, key)) rmSync(join(this.#directory, path, key));
    }
    for (const [key, text] of Object.entries(bag)) {
      if (before[key] !== text) this.#write(`${path}/${key}`, text);
    }
    this.#write(`${path}/-`, bag);
  }

  #write(name: string, value: unknown): void {
    const path = join(this.#directory, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `${JSON.stringify(value)}\n`);
  }

  #take(name: string): readonly string[] {
    const path = join(this.#directory, name);
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').split('\n');
    rmSync(path);
    return lines.filter((line) => line !== '');
  }

  #line(name: string): string {
    const path = join(this.#directory, name);
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  }
}

function bagPath(relation: string, target: string): string {
  return `bags/${relation}/${target.includes('/') ? target : `${target}/app`}`;
}
