// The data of `juju status`, from the model alone.

import {
  applicationNamed,
  charmOf,
  relationsOf,
  subordinatesOf,
  unitNamed,
  unitsOf,
} from './find.ts';
import { leaderOf } from './leader.ts';
import type { Application, Machine, Millis, Model, Relation, StatusInfo } from './model.ts';
import type { PortRange, UnitName } from './model.ts';
import { compareNumbers, compareStorageIds, compareText, compareUnits } from './names.ts';
import { own } from './own.ts';
import { isPeer, localEndpoint, otherEndpoint } from './relation-scope.ts';
import { applicationStatus, machineStatus, shownStatus } from './status-severity.ts';
import type { ApplicationView, BaseView, MachineView, RelatedView } from './status-shape.ts';
import type {
  RelationView,
  StatusEntry,
  StatusView,
  StorageView,
  UnitView,
} from './status-shape.ts';
import { clockText, sinceText } from './time-text.ts';

export interface StatusOptions {
  readonly now: Millis;
  /** What stands in the columns Controller and Cloud/Region. */
  readonly controller: string;
  readonly cloud: string;
  readonly region: string;
  /** Names of applications or units to show, with what belongs to them; none shows all. */
  readonly filter?: readonly string[];
}

/** Everything `juju status` shows, in any of its forms. */
export function statusView(model: Model, options: StatusOptions): StatusView {
  const shown = shownApplications(model, options.filter ?? []);
  const isShown = (name: string): boolean => shown.includes(name);
  const units = Object.values(model.units).filter((unit) => isShown(unit.application));
  const machines = Object.values(model.machines)
    .filter((machine) => units.some((unit) => unit.machine === machine.id))
    .sort((left, right) => compareNumbers(left.id, right.id));
  return {
    model: {
      name: model.name,
      type: 'iaas',
      controller: options.controller,
      cloud: options.cloud,
      region: options.region,
      version: model.jujuVersion,
      'model-status': { current: 'available', since: sinceText(model.createdAt) },
      sla: 'unsupported',
    },
    machines: Object.fromEntries(
      machines.map((machine) => [machine.id, machineView(model, machine)]),
    ),
    applications: Object.fromEntries(
      shown.map((name) => [name, applicationView(model, name, options.now)]),
    ),
    relations: Object.values(model.relations)
      .filter(({ endpoints }) => endpoints.some(({ application }) => isShown(application)))
      .map((relation) => relationView(model, relation))
      .sort((left, right) => compareText(relationOrder(left), relationOrder(right))),
    storage: storageViews(
      model,
      units.map((unit) => unit.name),
    ),
    controller: { timestamp: clockText(options.now) },
  };
}

/** `5432/tcp`, `8000-8010/udp` or `icmp`. */
export function portText({ from, protocol, to }: PortRange): string {
  if (protocol === 'icmp') return 'icmp';
  return from === to ? `${from}/${protocol}` : `${from}-${to}/${protocol}`;
}

/** A unit's ports by protocol and number, each once whatever the endpoints. */
export function openPorts(ranges: readonly PortRange[]): readonly string[] {
  const sorted = ranges.toSorted(
    (left, right) =>
      compareText(left.protocol, right.protocol) || left.from - right.from || left.to - right.to,
  );
  return [...new Set(sorted.map(portText))];
}

function shownApplications(model: Model, filter: readonly string[]): readonly string[] {
  return Object.keys(model.applications)
    .filter(
      (name) =>
        filter.length === 0 ||
        filter.some((wanted) => wanted === name || own(model.units, wanted)?.application === name),
    )
    .sort(compareText);
}

function machineView(model: Model, machine: Machine): MachineView {
  const since = sinceText(model.createdAt);
  const { current, message } = machineStatus(machine);
  return {
    'juju-status': {
      current,
      ...(message === '' ? {} : { message }),
      since,
      version: model.jujuVersion,
    },
    hostname: machine.hostname,
    'dns-name': machine.address,
    'ip-addresses': [machine.address],
    'instance-id': machine.hostname,
    'machine-status': { current: 'running', message: 'Running', since },
    base: baseView(machine.base),
  };
}

function applicationView(model: Model, name: string, now: Millis): ApplicationView {
  const application = applicationNamed(model, name);
  const charm = charmOf(model, name);
  const relations = relatedViews(model, name);
  const principals = charm.subordinate ? principalsOf(model, name) : [];
  const units = charm.subordinate
    ? []
    : unitsOf(model, name).map((unit) => [unit, unitView(model, unit, now)] as const);
  return {
    charm: charm.url,
    base: baseView(application.base),
    'charm-origin': 'local',
    'charm-name': charm.name,
    'charm-rev': charm.revision,
    exposed: application.exposed,
    ...lifeEntry(application),
    'application-status': entry(applicationStatus(model, name, now)),
    ...(Object.keys(relations).length === 0 ? {} : { relations }),
    ...(principals.length === 0 ? {} : { 'subordinate-to': principals }),
    ...(units.length === 0 ? {} : { units: Object.fromEntries(units) }),
    ...(application.version === '' ? {} : { version: application.version }),
    'endpoint-bindings': Object.fromEntries(
      ['', ...Object.keys(charm.endpoints), ...charm.extraBindings]
        .sort(compareText)
        .map((endpoint) => [endpoint, 'alpha']),
    ),
  };
}

function lifeEntry(application: Application): { readonly life?: 'dying' } {
  return application.life === 'alive' ? {} : { life: 'dying' };
}

function unitView(model: Model, name: UnitName, now: Millis): UnitView {
  const unit = unitNamed(model, name);
  const { agent, workload } = shownStatus(model, unit);
  const ports = openPorts(unit.openedPorts);
  const subordinates = subordinatesOf(model, name);
  return {
    'workload-status': entry(workload),
    'juju-status': { ...entry(agent), version: model.jujuVersion },
    ...(leaderOf(model, unit.application, now) === name ? { leader: true } : {}),
    ...(unit.principal === null ? { machine: unit.machine } : {}),
    ...(ports.length === 0 ? {} : { 'open-ports': ports }),
    'public-address': own(model.machines, unit.machine)?.address ?? '',
    ...(subordinates.length === 0
      ? {}
      : {
          subordinates: Object.fromEntries(
            subordinates.map((each) => [each, unitView(model, each, now)]),
          ),
        }),
  };
}

function relatedViews(
  model: Model,
  name: string,
): Readonly<Record<string, readonly RelatedView[]>> {
  const views = new Map<string, readonly RelatedView[]>();
  for (const relation of relationsOf(model, name)) {
    const endpoint = localEndpoint(relation, name).name;
    const view: RelatedView = {
      'related-application': otherEndpoint(relation, name).application,
      interface: relation.interface,
      scope: relation.scope,
    };
    views.set(endpoint, [...(views.get(endpoint) ?? []), view]);
  }
  return Object.fromEntries([...views].sort(([left], [right]) => compareText(left, right)));
}

function principalsOf(model: Model, name: string): readonly string[] {
  return relationsOf(model, name)
    .filter((relation) => relation.scope === 'container' && !isPeer(relation))
    .map((relation) => otherEndpoint(relation, name).application)
    .sort(compareText);
}

function relationView(model: Model, relation: Relation): RelationView {
  const [provider, requirer = provider] = relation.endpoints.map(
    (endpoint) => `${endpoint.application}:${endpoint.name}`,
  );
  const isSubordinate =
    relation.scope === 'container' &&
    relation.endpoints.some(({ application }) => charmOf(model, application).subordinate);
  const type = isSubordinate ? 'subordinate' : 'regular';
  return {
    id: Number(relation.id),
    provider: provider ?? '',
    requirer: requirer ?? '',
    interface: relation.interface,
    type: isPeer(relation) ? 'peer' : type,
    status: relationStatus(relation),
  };
}

function relationStatus(relation: Relation): RelationView['status'] {
  if (relation.life !== 'alive') return 'dying';
  if (relation.suspended) return 'suspended';
  return Object.values(relation.units).some((unit) => unit.inScope) ? 'joined' : 'joining';
}

function relationOrder(relation: RelationView): string {
  return `${relation.provider} ${relation.requirer}`;
}

function storageViews(
  model: Model,
  units: readonly UnitName[],
): Readonly<Record<string, StorageView>> {
  const instances = Object.values(model.storage)
    .filter((instance) => units.includes(instance.owner))
    .sort(
      (left, right) =>
        compareUnits(left.owner, right.owner) || compareStorageIds(left.id, right.id),
    );
  return Object.fromEntries(
    instances.map((instance) => {
      const unit = unitNamed(model, instance.owner);
      const status: StatusEntry = {
        current: instance.provisioned ? 'attached' : 'pending',
        since: sinceText(unit.workloadStatus.since),
      };
      const { kind, life, location } = instance;
      const attachment = { machine: unit.machine, location, life };
      return [
        instance.id,
        { kind, life, status, attachments: { units: { [unit.name]: attachment } } },
      ];
    }),
  );
}

function entry(status: StatusInfo): StatusEntry {
  return {
    current: status.status,
    ...(status.message === '' ? {} : { message: status.message }),
    since: sinceText(status.since),
  };
}

function baseView(base: string): BaseView {
  const [name = '', channel = ''] = base.split('@');
  return { name, channel };
}
