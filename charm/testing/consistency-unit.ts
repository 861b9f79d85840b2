// Consistency of the unit itself: its names, statuses, ports and kept facts.

import { isUnitName } from '#core/juju/names.ts';
import { encodeJson } from '../state/json-text.ts';
import { parseJujuVersion } from '../context/juju-version.ts';
import type { StatusState } from './charm-state.ts';
import type { ConsistencyCheck, TestWorld } from './consistency-check.ts';
import { isPortRange, statusNames } from './state-values.ts';

export const checkUnit: ConsistencyCheck = (world) => [
  ...checkNames(world),
  ...checkStatuses(world),
  ...checkPorts(world),
  ...checkKeptFacts(world),
];

function checkNames({ charm, state }: TestWorld): readonly string[] {
  const problems: string[] = [];
  if (!isUnitName(state.unit)) {
    problems.push(`unit is '${state.unit}', need an application and a number like 'app/0'`);
  }
  if (state.principal !== null && !isUnitName(state.principal)) {
    problems.push(`principal is '${state.principal}', need a unit like 'app/0' or null`);
  }
  if (charm.subordinate && state.principal === null) {
    problems.push('principal is null, but the charm is subordinate: name the unit it lives beside');
  }
  if (!charm.subordinate && state.principal !== null) {
    problems.push(`principal is '${state.principal}', but the charm is not subordinate: need null`);
  }
  if (parseJujuVersion(state.model.jujuVersion).major === 0) {
    problems.push(`model.jujuVersion is '${state.model.jujuVersion}', need one like '3.6.9'`);
  }
  return problems;
}

function checkStatuses({ state }: TestWorld): readonly string[] {
  const given: readonly (readonly [string, StatusState | null])[] = [
    ['status', state.status],
    ['applicationStatus', state.applicationStatus],
  ];
  const names: readonly string[] = statusNames;
  return given
    .filter(([, status]) => status !== null && !names.includes(status.status))
    .map(([field, status]) => `${field} is '${status?.status}', need one of ${names.join(', ')}`);
}

function checkPorts({ charm, state }: TestWorld): readonly string[] {
  return state.openedPorts.flatMap(({ range, endpoint }) => [
    ...(isPortRange(range)
      ? []
      : [`openedPorts has '${range}', need '80/tcp', '8000-9000/udp' or 'icmp'`]),
    ...(endpoint === '' || Object.hasOwn(charm.endpoints, endpoint)
      ? []
      : [`openedPorts names the endpoint '${endpoint}', which metadata.yaml does not declare`]),
  ]);
}

function checkKeptFacts({ state }: TestWorld): readonly string[] {
  const problems: string[] = [];
  for (const [key, value] of Object.entries(state.unitData)) {
    try {
      encodeJson(value);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      problems.push(`unitData has '${key}', which no charm can have kept: ${error.message}`);
    }
  }
  for (const [key, value] of Object.entries(state.controllerData)) {
    if (typeof value === 'string') continue;
    problems.push(`controllerData has '${key}' as ${typeof value}: state-set keeps texts only`);
  }
  return problems;
}
