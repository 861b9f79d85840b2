// Checks parameters of PostgreSQL as far as that is possible without a server: what can't be written to a
// file, and what no cluster could work with.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { commandLineParameters } from './command-line-parameters.ts';
import { fault } from './fault.ts';
import type { ConfigFault } from './fault.ts';
import { parameterText } from './read-value.ts';
import { recoveryParameterNames } from './recovery-parameters.ts';

const nameForm = /^[a-z_][\w$]*(?:\.[a-z_][\w$]*)*$/iu;

/** Least values, for the message. */
const minimums: ReadonlyMap<string, string> = new Map([
  ['max_connections', 'at least 25'],
  ['max_wal_senders', 'at least 3'],
  ['wal_keep_segments', 'at least 1'],
  ['wal_keep_size', 'at least 16MB'],
  ['max_prepared_transactions', 'at least 0'],
  ['max_locks_per_transaction', 'at least 32'],
  ['max_replication_slots', 'at least 4'],
  ['max_worker_processes', 'at least 2'],
  ['wal_level', 'replica or logical'],
  ['track_commit_timestamp', 'on or off'],
]);

/**
 * The faults of a mapping of parameters. In a member's file, those that only the whole cluster can have
 * are warned of, as they do nothing there; recovery parameters do nothing anywhere.
 */
export function validateParameters(
  parameters: JsonObject,
  prefix: string,
  source: 'dynamic' | 'file',
): readonly ConfigFault[] {
  return Object.entries(parameters).flatMap(([name, value]): readonly ConfigFault[] => {
    if (value === null) return [];
    const path = `${prefix}${name}`;
    const text = parameterText(value);
    if (!nameForm.test(name) || /^include(?:_dir|_if_exists)?$/iu.test(name)) {
      return [fault(path, undefined, 'is no name of a parameter of PostgreSQL')];
    }
    if (text === null) return [fault(path, value, 'is not a string, a number or a boolean')];
    if (text.includes('\0') || !text.isWellFormed()) {
      return [fault(path, undefined, 'holds a character no configuration file can hold')];
    }
    const lowerName = name.toLowerCase();
    if (recoveryParameterNames.has(lowerName)) {
      const message = 'does nothing here: the agent decides the parameters of recovery';
      return [fault(path, value, message, 'warning')];
    }
    const known = commandLineParameters.get(lowerName);
    if (known === undefined) return [];
    if (known.isAllowed === null) {
      return [fault(path, value, 'does nothing: the agent decides it', 'warning')];
    }
    if (source === 'file') {
      const message =
        'does nothing here: all members need the same, so set it by patronictl edit-config';
      return [fault(path, value, message, 'warning')];
    }
    if (known.isAllowed(value)) return [];
    return [
      fault(path, value, `didn't pass validation: it takes ${minimums.get(lowerName) ?? ''}`),
    ];
  });
}
