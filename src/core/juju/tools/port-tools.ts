// open-port, close-port and opened-ports (3.17). Opening a port binds nothing and does not depend on
// whether the application is exposed (H145).

import { requireNoMore } from './arguments.ts';
import { deprecatedFormatFlag, warnOfFormat } from './deprecated-format.ts';
import { isSet } from './flags.ts';
import type { FlagDefinition } from './flags.ts';
import { closeRange, openedRanges, openRange } from './port-changes.ts';
import { comparePorts, parsePorts, portsText, samePorts } from './port-range.ts';
import type { Ports } from './port-range.ts';
import { runError, smartFormats, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

/** Endpoints are taken one after the other: a conflict on the second leaves the first asked for, as in Juju. */
function changePort(invocation: Invocation, change: typeof openRange): void {
  const [argument, ...rest] = invocation.args;
  if (argument === undefined) throw usageError('no port or range specified');
  const ports = parsePorts(argument);
  requireNoMore(rest);
  warnOfFormat(invocation);
  const endpoints = invocation.flags.get('endpoints') ?? '';
  const { context } = invocation;
  for (const endpoint of endpoints.split(',').map((name) => name.trim())) {
    const problem = change(context.ports, context.unit, { ...ports, endpoint });
    if (problem !== null) throw runError(problem);
  }
}

/** One line per range, however many endpoints it is open for (H144). */
function openedPorts(invocation: Invocation): void {
  requireNoMore(invocation.args);
  const { context } = invocation;
  const ranges = [...openedRanges(context.ports, context.unit)].sort(comparePorts);
  const distinct: readonly Ports[] = ranges.filter(
    (range, index) => ranges.findIndex((other) => samePorts(other, range)) === index,
  );
  if (!isSet(invocation.flags, 'endpoints')) {
    invocation.print(distinct.map(portsText));
    return;
  }
  const lines = distinct.map((ports) => {
    const endpoints = ranges
      .filter((range) => samePorts(range, ports))
      .map((range) => (range.endpoint === '' ? '*' : range.endpoint));
    return `${portsText(ports)} (${endpoints.sort().join(', ')})`;
  });
  invocation.print(lines);
}

const endpointsFlag: FlagDefinition = {
  names: ['endpoints'],
  kind: 'text',
  help: 'a comma-delimited list of endpoints the change is for',
};

const usage = '<port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp';

export const portTools: readonly Tool[] = [
  {
    name: 'open-port',
    usage,
    purpose: 'Register a request to open a port or port range.',
    flags: [deprecatedFormatFlag, endpointsFlag],
    formats: null,
    run: (invocation) => {
      changePort(invocation, openRange);
    },
  },
  {
    name: 'close-port',
    usage,
    purpose: 'Register a request to close a port or port range.',
    flags: [deprecatedFormatFlag, endpointsFlag],
    formats: null,
    run: (invocation) => {
      changePort(invocation, closeRange);
    },
  },
  {
    name: 'opened-ports',
    usage: '',
    purpose: 'List the ports and port ranges of the unit that are open.',
    flags: [{ names: ['endpoints'], kind: 'boolean', help: 'show the endpoints too' }],
    formats: smartFormats,
    run: openedPorts,
  },
];
