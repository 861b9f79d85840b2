// state-get, state-set and state-delete (3.21). Unlike a databag, the state can hold an empty value.

import { requireNoMore } from './arguments.ts';
import { charmState, entryProblem } from './charm-state.ts';
import { isSet } from './flags.ts';
import { goQuote } from './go-quote.ts';
import { fileFlag, keyValuesWithFile } from './key-values.ts';
import { deleteFromBuffer, setInBuffer } from './settings-buffer.ts';
import { runError, smartFormats, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

/** A missing key is the empty text, unless `--strict` makes it an error (H170). */
function stateGet(invocation: Invocation): void {
  const [key = '-', ...rest] = invocation.args;
  requireNoMore(rest);
  const { current } = charmState(invocation);
  if (key === '-' || key === '') {
    invocation.print(current);
    return;
  }
  const value = current.get(key);
  if (value === undefined && isSet(invocation.flags, 'strict')) {
    throw runError(`${goQuote(key)} not found`);
  }
  invocation.print(value ?? '');
}

/** Sets all or, when one entry is too large, none. */
function stateSet(invocation: Invocation): void {
  const values = keyValuesWithFile(invocation);
  for (const [key, value] of values) {
    const problem = entryProblem(key, value);
    if (problem !== null) throw runError(problem);
  }
  const state = charmState(invocation);
  for (const [key, value] of values) setInBuffer(state, key, value);
}

/** Deleting what is not there is no fault. */
function stateDelete(invocation: Invocation): void {
  const [key, ...rest] = invocation.args;
  requireNoMore(rest);
  if (key === undefined || key === '') throw usageError('a key is required');
  deleteFromBuffer(charmState(invocation), key);
}

export const stateTools: readonly Tool[] = [
  {
    name: 'state-get',
    usage: '[<key>|-]',
    purpose: "Print the unit's state kept by the controller.",
    flags: [{ names: ['strict'], kind: 'boolean', help: 'fail when the key is not there' }],
    formats: smartFormats,
    run: stateGet,
  },
  {
    name: 'state-set',
    usage: 'key=value [key=value ...]',
    purpose: "Set values of the unit's state kept by the controller.",
    flags: [fileFlag],
    formats: null,
    run: stateSet,
  },
  {
    name: 'state-delete',
    usage: '<key>',
    purpose: "Delete a value of the unit's state kept by the controller.",
    flags: [],
    formats: null,
    run: stateDelete,
  },
];
