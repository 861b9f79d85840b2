// Single values of a test's state in the emulator's form, and back.

import type { PortRange, StatusInfo, StatusName } from '#core/juju/model.ts';
import type { PortState, StatusState } from './charm-state.ts';

/** What a charm or Juju itself can have set as a status before an event. */
export const statusNames: readonly StatusName[] = [
  'active',
  'blocked',
  'waiting',
  'maintenance',
  'unknown',
  'error',
  'terminated',
];

/** A status name the consistency check let through. */
export function statusInfo(status: StatusState, now: number): StatusInfo {
  const name = statusNames.find((each) => each === status.status) ?? 'unknown';
  return { status: name, message: status.message, data: {}, since: now };
}

const portForm = /^(?<from>\d+)(?:-(?<to>\d+))?\/(?<protocol>tcp|udp)$/;

export function isPortRange(range: string): boolean {
  return range === 'icmp' || portForm.test(range);
}

/** Reads `5432/tcp`, `8000-9000/udp` or `icmp`; the form was checked before. */
export function portRange(port: PortState): PortRange {
  const parts = portForm.exec(port.range)?.groups;
  if (parts === undefined) return { protocol: 'icmp', from: 0, to: 0, endpoint: port.endpoint };
  const from = Number(parts['from']);
  return {
    protocol: parts['protocol'] === 'udp' ? 'udp' : 'tcp',
    from,
    to: Number(parts['to'] ?? from),
    endpoint: port.endpoint,
  };
}

export function portState(range: PortRange): PortState {
  const { protocol, from, to, endpoint } = range;
  if (protocol === 'icmp') return { range: 'icmp', endpoint };
  const numbers = from === to ? String(from) : `${from}-${to}`;
  return { range: `${numbers}/${protocol}`, endpoint };
}
