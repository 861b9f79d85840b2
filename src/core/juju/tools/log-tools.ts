// juju-log and juju-reboot.

import type { LogLevel } from '../model.ts';
import { deprecatedFormatFlag, warnOfFormat } from './deprecated-format.ts';
import { isSet } from './flags.ts';
import { goQuote } from './go-quote.ts';
import { relationName } from './context-relations.ts';
import { requireNoMore } from './arguments.ts';
import { runError, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

// Words of Juju's logger. CRITICAL has no level of its own in this model's log.
const levels: ReadonlyMap<string, LogLevel> = new Map([
  ['TRACE', 'TRACE'],
  ['DEBUG', 'DEBUG'],
  ['INFO', 'INFO'],
  ['WARN', 'WARNING'],
  ['WARNING', 'WARNING'],
  ['ERROR', 'ERROR'],
  ['CRITICAL', 'ERROR'],
]);

/** An unknown level is logged about, and the message goes out at INFO (H150). */
function jujuLog(invocation: Invocation): void {
  if (invocation.args.length === 0) throw usageError('no message specified');
  warnOfFormat(invocation);
  const { context } = invocation;
  const logger = `unit.${context.unit}.juju-log`;
  const word = invocation.flags.get('log-level') ?? 'INFO';
  let level = levels.get(word.toUpperCase());
  if (isSet(invocation.flags, 'debug')) level = 'DEBUG';
  if (level === undefined && word !== '') {
    const message = `Specified log level of ${goQuote(word)} is not valid`;
    invocation.log.push({ level: 'WARNING', logger, message });
  }
  const relation = context.relation === null ? undefined : context.relations.get(context.relation);
  const prefix = relation === undefined ? '' : `${relationName(relation)}: `;
  const message = prefix + invocation.args.join(' ');
  invocation.log.push({ level: level ?? 'INFO', logger, message });
}

/** A request that is carried out after the commit, or at once by killing the hook (E120). */
function jujuReboot(invocation: Invocation): void {
  requireNoMore(invocation.args);
  if (invocation.context.action !== null) {
    throw runError('juju-reboot is not supported when running an action.');
  }
  const when = isSet(invocation.flags, 'now') ? 'now' : 'after-hook';
  invocation.reboot = when;
  invocation.context.reboot = when;
}

export const logTools: readonly Tool[] = [
  {
    name: 'juju-log',
    usage: '<message>',
    purpose: 'Write a message to the juju log.',
    flags: [
      { names: ['debug'], kind: 'boolean', help: 'log at debug level' },
      { names: ['l', 'log-level'], kind: 'text', help: 'send the message at the given level' },
      deprecatedFormatFlag,
    ],
    formats: null,
    run: jujuLog,
  },
  {
    name: 'juju-reboot',
    usage: '',
    purpose: 'Reboot the machine.',
    flags: [{ names: ['now'], kind: 'boolean', help: 'reboot at once, killing this hook' }],
    formats: null,
    run: jujuReboot,
  },
];
