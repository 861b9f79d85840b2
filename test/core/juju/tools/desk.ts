// The models these tests work on, and a desk to run tools at: one hook's context with a model beside it
// that takes over what each tool changed at once.

import { readCharm } from '#core/juju/charm-files.ts';
import { createModel } from '#core/juju/create-model.ts';
import { addCharm, deploy } from '#core/juju/deploy.ts';
import { integrate } from '#core/juju/integrate.ts';
import type { HookInfo, Model, Task, Unit, UniterRelationState } from '#core/juju/model.ts';
import { own } from '#core/juju/own.ts';
import type { Placement } from '#core/juju/placement.ts';
import { enterScope, writeApplicationBag, writeUnitBag } from '#core/juju/relation-scope.ts';
import { commit } from '#core/juju/tools/commit.ts';
import type { CommitOptions, CommitResult } from '#core/juju/tools/commit.ts';
import { createHookContext } from '#core/juju/tools/hook-context.ts';
import type { ContextKind, HookContext } from '#core/juju/tools/hook-context.ts';
import { runTool } from '#core/juju/tools/run-tool.ts';
import { createSettingsCache } from '#core/juju/tools/settings-cache.ts';
import type { SettingsCache } from '#core/juju/tools/settings-cache.ts';
import type { ToolAnswer, ToolWorld } from '#core/juju/tools/tool.ts';
import { createRandom } from '#core/random.ts';

export const now: number = Date.UTC(2026, 0, 2, 3, 4, 5);

export const placement: Placement = {
  addressOf: (machine) => `10.0.0.${10 + Number(machine)}`,
  storageLocation: (storage) => `/srv/${storage}`,
};

const manifest = 'bases: [{name: ubuntu, channel: "24.04"}]';
const head = (name: string): string => `name: ${name}\nsummary: s\ndescription: d\n`;

export const localMetadata = `${head('local')}
requires:
  x: {interface: i}
  z: {interface: i}
peers:
  ring: {interface: ring}
storage:
  data: {type: filesystem}
  disk: {type: block, multiple: {range: 0-2}}
resources:
  image: {type: file, filename: image.bin}
extra-bindings: {known-extra: }
`;

const localConfig = `options:
  name: {type: string, default: ada}
  empty: {type: string, default: ""}
  unset: {type: string}
  port: {type: int, default: 5432}
  ratio: {type: float, default: 1.5}
  verbose: {type: boolean, default: false}
  key: {type: secret}
`;

const localActions = `back-up:
  params:
    level: {type: integer}
`;

const remoteMetadata = (name: string): string => `${head(name)}provides: {p: {interface: i}}\n`;

/** A model without anything related: application `l`, remote applications `m`, `u`, `n`. */
export function plainModel(localUnits = 2, metadata: string = localMetadata): Model {
  const files = { metadata, config: localConfig, actions: localActions, manifest };
  const charms = [
    readCharm(files, { revision: 0 }),
    readCharm({ metadata: remoteMetadata('remote'), manifest }, { revision: 0 }),
  ];
  const empty = createModel({
    uuid: 'deadbeef-0bad-400d-8000-4b1d0d06f00d',
    name: 'trial',
    jujuVersion: '3.6.9',
    now,
  });
  const withCharms = charms.reduce(addCharm, empty);
  const requests = [
    { application: 'l', charmUrl: 'local:local-0', units: localUnits },
    { application: 'm', charmUrl: 'local:remote-0' },
    { application: 'u', charmUrl: 'local:remote-0', units: 2 },
    { application: 'n', charmUrl: 'local:remote-0' },
  ];
  return requests.reduce((model, request) => deploy(model, request, placement, now), withCharms);
}

/** Number of the peer relation, which is made with the application. */
export const ring = '0';
/** Numbers of `l:x` with m, u and n. */
export const withM = '1';
export const withU = '2';
export const withN = '3';

/** The same with `l:x` related to m, u and n, everybody in scope and known to `l`. `l/0` leads. */
export function relatedModel(localUnits = 2): Model {
  return related(plainModel(localUnits), {
    withM,
    withU,
    withN,
    peers: ['l/0', 'l/1'].slice(0, localUnits),
  });
}

/** The related model of a charm without peers, so that `l:x` has the numbers 0, 1 and 2. */
export function relatedModelWithoutPeers(): Model {
  const metadata = localMetadata.replace(/peers:\n.*\n/u, '');
  return related(plainModel(1, metadata), { withM: '0', withU: '1', withN: '2', peers: [] });
}

interface Numbers {
  readonly withM: string;
  readonly withU: string;
  readonly withN: string;
  readonly peers: readonly string[];
}

function related(start: Model, numbers: Numbers): Model {
  let model = ['m', 'u', 'n'].reduce(
    (before, remote) => integrate(before, 'l:x', `${remote}:p`).model,
    start,
  );
  for (const unit of Object.values(model.units)) {
    for (const relation of Object.values(model.relations)) {
      if (relation.endpoints.some((endpoint) => endpoint.application === unit.application)) {
        model = enterScope(model, unit.name, relation.id, now);
      }
    }
  }
  for (const unit of Object.keys(model.units).filter((name) => name.startsWith('l/'))) {
    const others = numbers.peers.filter((peer) => peer !== unit);
    if (numbers.peers.length > 0) model = recorded(model, unit, ring, ...others);
    model = recorded(model, unit, numbers.withM, 'm/0');
    model = recorded(model, unit, numbers.withU, 'u/0', 'u/1');
    model = recorded(model, unit, numbers.withN, 'n/0');
  }
  return led(model, 'l/0');
}

/** Writes what the unit's own hooks told it of a relation. */
export function recorded(
  model: Model,
  name: string,
  relation: string,
  ...members: readonly string[]
): Model {
  const { uniter } = unitIn(model, name);
  const state: UniterRelationState = {
    created: true,
    members: Object.fromEntries(members.map((member) => [member, 1])),
    applications: {},
    changedPending: null,
    left: false,
  };
  const relations = { ...uniter.relations, [relation]: state };
  return withUnit(model, name, { uniter: { ...uniter, relations } });
}

export function withUnit(model: Model, name: string, change: Partial<Unit>): Model {
  return { ...model, units: { ...model.units, [name]: { ...unitIn(model, name), ...change } } };
}

export function unitIn(model: Model, name: string): Unit {
  const unit = own(model.units, name);
  if (unit === undefined) throw new Error(`no unit ${name}`);
  return unit;
}

/** Gives a unit its application's lease for a minute; null takes it from everybody. */
export function led(model: Model, unit: string | null, application = 'l'): Model {
  const found = own(model.applications, application);
  if (found === undefined) throw new Error(`no application ${application}`);
  const lease = unit === null ? null : { holder: unit, expiresAt: now + 60_000 };
  return { ...model, applications: { ...model.applications, [application]: { ...found, lease } } };
}

export function unitBagWith(
  model: Model,
  relation: string,
  unit: string,
  settings: Readonly<Record<string, string>>,
): Model {
  return writeUnitBag(model, relation, unit, settings);
}

/** A unit's bag with exactly these settings: what Juju put there is taken out. */
export function bareUnitBag(
  model: Model,
  relation: string,
  unit: string,
  settings: Readonly<Record<string, string>>,
): Model {
  const juju = { 'ingress-address': '', 'private-address': '', 'egress-subnets': '' };
  return writeUnitBag(model, relation, unit, { ...juju, ...settings });
}

export function applicationBagWith(
  model: Model,
  relation: string,
  application: string,
  settings: Readonly<Record<string, string>>,
): Model {
  return writeApplicationBag(model, relation, application, settings);
}

export function bagOf(model: Model, relation: string, unit: string): Record<string, string> {
  return { ...own(own(model.relations, relation)?.units ?? {}, unit)?.bag.settings };
}

export function applicationBagOf(
  model: Model,
  relation: string,
  application: string,
): Record<string, string> {
  const found = own(model.relations, relation);
  return { ...own(found?.applicationBags ?? {}, application)?.settings };
}

export function hook(info: HookInfo): ContextKind {
  return { kind: 'hook', hook: info };
}

export const plainHook: ContextKind = hook({ kind: 'update-status' });

export function changed(
  relation: string,
  remoteUnit: string,
  remoteApplication = 'u',
): ContextKind {
  return hook({
    kind: 'relation-changed',
    relation,
    remoteApplication,
    remoteUnit,
    changeVersion: 1,
  });
}

export function withTask(
  model: Model,
  parameters: Readonly<Record<string, unknown>>,
  action = 'back-up',
): Model {
  const task: Task = {
    id: '7',
    operation: '6',
    unit: 'l/0',
    action,
    parameters,
    status: 'running',
    message: '',
    results: {},
    log: [],
    enqueuedAt: now,
    startedAt: now,
    completedAt: null,
  };
  return { ...model, tasks: { ...model.tasks, '7': task } };
}

export const action: ContextKind = { kind: 'action', task: '7' };

export interface DeskOptions {
  readonly model?: Model;
  readonly unit?: string;
  readonly kind?: ContextKind;
  readonly cache?: SettingsCache;
  readonly strict?: boolean;
  readonly files?: Readonly<Record<string, string>>;
  readonly world?: Partial<ToolWorld>;
  readonly seed?: number;
}

export interface Desk {
  readonly context: HookContext;
  model: Model;
  now: number;
  readonly run: (tool: string, ...args: readonly string[]) => ToolAnswer;
  readonly runWithStdin: (stdin: string, tool: string, ...args: readonly string[]) => ToolAnswer;
  /** Standard output of a call that must succeed. */
  readonly read: (tool: string, ...args: readonly string[]) => string;
  /** The same parsed, with `--format=json`. */
  readonly json: (tool: string, ...args: readonly string[]) => unknown;
  readonly commit: (options?: CommitOptions) => CommitResult;
  /** Commits and takes the model over; fails when the commit does. */
  readonly flush: () => void;
}

/** The related model a desk has unless it is given another. */
export const sharedModel: Model = relatedModel();

/** A desk in an update-status hook of `l/0` on the related model, unless told otherwise. */
export function createDesk(options: DeskOptions = {}): Desk {
  const model = options.model ?? sharedModel;
  const random = createRandom(options.seed ?? 1);
  const files = options.files ?? {};
  const context = createHookContext({
    model,
    unit: options.unit ?? 'l/0',
    now,
    contextId: 'l/0-test-0123',
    kind: options.kind ?? plainHook,
    cache: options.cache ?? createSettingsCache(),
    strictRelationNames: options.strict ?? false,
  });
  const call = (stdin: string | null, tool: string, args: readonly string[]): ToolAnswer => {
    const world: ToolWorld = {
      model: desk.model,
      now: desk.now,
      random: () => random.next(),
      readFile: (path) => own(files, path) ?? null,
      ...options.world,
    };
    const answer = runTool(context, world, { name: tool, args, stdin, cwd: '/charm' });
    desk.model = answer.model;
    return answer;
  };
  const desk: Desk = {
    context,
    model,
    now,
    run: (tool, ...args) => call(null, tool, args),
    runWithStdin: (stdin, tool, ...args) => call(stdin, tool, args),
    read: (tool, ...args) => {
      const answer = call(null, tool, args);
      if (answer.code !== 0) throw new Error(`${tool} ${args.join(' ')}: ${answer.stderr}`);
      return answer.stdout;
    },
    json: (tool, ...args) => JSON.parse(desk.read(tool, '--format=json', ...args)) as unknown,
    commit: (commitOptions) => commit(context, desk.model, desk.now, commitOptions),
    flush: () => {
      const result = commit(context, desk.model, desk.now);
      if (!result.ok) throw new Error(result.error);
      desk.model = result.model;
    },
  };
  return desk;
}

/** What a failed call answers: exit code and the whole of stderr. */
export function failing(answer: ToolAnswer): { readonly code: number; readonly stderr: string } {
  return { code: answer.code, stderr: answer.stderr };
}

export function error(code: number, message: string): { code: number; stderr: string } {
  return { code, stderr: `ERROR ${message}\n` };
}
