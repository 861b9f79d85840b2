// The forms of `juju status`: the table people read, and JSON and YAML for programs.

import type { ApplicationView, StatusEntry, StatusView, UnitView } from './status-shape.ts';
import { tableLines } from './text-table.ts';
import { yamlText } from './yaml-text.ts';

export interface TableOptions {
  readonly relations: boolean;
  readonly storage: boolean;
}

/** Compact JSON, one line. */
export function statusJson(view: StatusView): string {
  return `${JSON.stringify(jujuShape(view))}\n`;
}

export function statusYaml(view: StatusView): string {
  return yamlText(jujuShape(view));
}

/** The tabular form: sections apart by a blank line, empty ones left out. */
export function statusTable(view: StatusView, options: TableOptions): string {
  const sections = [
    modelSection(view),
    applicationSection(view),
    unitSection(view),
    machineSection(view),
    options.relations ? relationSection(view) : [],
    options.storage ? storageSection(view) : [],
  ].filter((section) => section.length > 0);
  const empty =
    Object.keys(view.applications).length === 0 ? [`Model "${view.model.name}" is empty.`] : [];
  return `${[...sections.map((lines) => lines.join('\n')), ...empty].join('\n\n')}\n`;
}

/** Juju has no list of relations in its JSON: they stand with the applications. */
function jujuShape({ relations: _relations, ...view }: StatusView): object {
  return view;
}

function modelSection({ controller, model }: StatusView): readonly string[] {
  const region = model.region === '' ? '' : `/${model.region}`;
  return tableLines(titled('Model', 'Controller', 'Cloud/Region', 'Version', 'SLA', 'Timestamp'), [
    [
      model.name,
      model.controller,
      `${model.cloud}${region}`,
      model.version,
      model.sla,
      controller.timestamp,
    ],
  ]);
}

function applicationSection(view: StatusView): readonly string[] {
  const rows = Object.entries(view.applications).map(([name, application]) => [
    name,
    application.version ?? '',
    application['application-status'].current,
    scale(view, name),
    application['charm-name'],
    '',
    String(application['charm-rev']),
    application.exposed ? 'yes' : 'no',
    firstLine(application['application-status']),
  ]);
  if (rows.length === 0) return [];
  return tableLines(
    [
      ...titled('App', 'Version', 'Status'),
      { title: 'Scale', align: 'right' },
      ...titled('Charm', 'Channel'),
      { title: 'Rev', align: 'right' },
      ...titled('Exposed', 'Message'),
    ],
    rows,
  );
}

/** Units whose agent works, of all: `3`, or `2/3` while one is not there yet. */
function scale(view: StatusView, name: string): string {
  const units = allUnits(view.applications).filter(([unit]) => unit.startsWith(`${name}/`));
  const working = units.filter(([, unit]) =>
    ['executing', 'idle'].includes(unit['juju-status'].current),
  );
  return working.length === units.length
    ? String(units.length)
    : `${working.length}/${units.length}`;
}

function unitSection(view: StatusView): readonly string[] {
  const rows = Object.values(view.applications).flatMap(({ units }) =>
    Object.entries(units ?? {}).flatMap(([name, unit]) => unitRows(name, unit, '')),
  );
  if (rows.length === 0) return [];
  return tableLines(
    titled('Unit', 'Workload', 'Agent', 'Machine', 'Public address', 'Ports', 'Message'),
    rows,
  );
}

/** A unit's row and, indented below it, those of its subordinates. */
function unitRows(name: string, unit: UnitView, indent: string): readonly (readonly string[])[] {
  const row = [
    `${indent}${name}${unit.leader === true ? '*' : ''}`,
    unit['workload-status'].current,
    unit['juju-status'].current,
    unit.machine ?? '',
    unit['public-address'],
    (unit['open-ports'] ?? []).join(' '),
    agentMessage(unit),
  ];
  const below = Object.entries(unit.subordinates ?? {}).flatMap(([subordinate, each]) =>
    unitRows(subordinate, each, `${indent}  `),
  );
  return [row, ...below];
}

/** While a hook runs, Juju puts what the agent does in brackets before what the charm says. */
function agentMessage(unit: UnitView): string {
  const agent = unit['juju-status'];
  const workload = firstLine(unit['workload-status']);
  if (agent.current !== 'executing' || agent.message === undefined) return workload;
  return `(${agent.message}) ${workload}`.trimEnd();
}

function machineSection(view: StatusView): readonly string[] {
  const rows = Object.entries(view.machines).map(([id, machine]) => [
    id,
    machine['juju-status'].current,
    machine['dns-name'],
    machine['instance-id'],
    `${machine.base.name}@${machine.base.channel}`,
    '',
    firstLine(
      machine['juju-status'].message === undefined
        ? machine['machine-status']
        : machine['juju-status'],
    ),
  ]);
  if (rows.length === 0) return [];
  return tableLines(
    titled('Machine', 'State', 'Address', 'Inst id', 'Base', 'AZ', 'Message'),
    rows,
  );
}

function relationSection(view: StatusView): readonly string[] {
  const rows = view.relations.map((relation) => [
    relation.provider,
    relation.requirer,
    relation.interface,
    relation.type,
    relation.status === 'joined' ? '' : relation.status,
  ]);
  if (rows.length === 0) return [];
  return tableLines(
    titled('Integration provider', 'Requirer', 'Interface', 'Type', 'Message'),
    rows,
  );
}

function storageSection(view: StatusView): readonly string[] {
  const rows = Object.entries(view.storage).flatMap(([id, storage]) =>
    Object.entries(storage.attachments.units).map(([unit, attachment]) => [
      unit,
      id,
      storage.kind,
      attachment.location,
      storage.status.current,
      firstLine(storage.status),
    ]),
  );
  if (rows.length === 0) return [];
  return tableLines(
    titled('Storage Unit', 'Storage ID', 'Type', 'Mountpoint', 'Status', 'Message'),
    rows,
  );
}

function allUnits(
  applications: Readonly<Record<string, ApplicationView>>,
): readonly (readonly [string, UnitView])[] {
  return Object.values(applications)
    .flatMap(({ units }) => Object.entries(units ?? {}))
    .flatMap(([name, unit]) => [[name, unit] as const, ...Object.entries(unit.subordinates ?? {})]);
}

/** Messages of several lines would break the table. */
function firstLine(status: StatusEntry): string {
  return (status.message ?? '').split('\n')[0] ?? '';
}

function titled(...titles: readonly string[]): readonly { readonly title: string }[] {
  return titles.map((title) => ({ title }));
}
