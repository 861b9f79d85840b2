// storage-list, storage-get and storage-add (3.23).

import type { StorageInstance } from '../model.ts';
import { unitNamed } from '../find.ts';
import { own } from '../own.ts';
import { storageOf } from '../storage.ts';
import { requireNoMore } from './arguments.ts';
import { goQuote } from './go-quote.ts';
import type { HookContext } from './hook-context.ts';
import { compareCodePoints, mapOf } from './output-value.ts';
import { runError, smartFormats, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

/** Ids are sorted as texts, like every list of Juju's. */
function storageList(invocation: Invocation): void {
  const [name, ...rest] = invocation.args;
  requireNoMore(rest);
  const ids = attached(invocation)
    .filter((instance) => name === undefined || name === '' || instance.name === name)
    .map((instance) => instance.id);
  invocation.print(ids.sort(compareCodePoints));
}

/** Instances whose attached hook ran or runs, until their detaching hook is over (H200). */
function attached(invocation: Invocation): readonly StorageInstance[] {
  const { context } = invocation;
  const { uniter } = unitNamed(invocation.model, context.unit);
  return storageOf(invocation.model, context.unit).filter(
    (instance) =>
      own(uniter.storage, instance.id) === 'attached' || hookStorage(context) === instance.id,
  );
}

/** The instance a storage hook is about: its attached hook runs before the record says attached. */
function hookStorage(context: HookContext): string | null {
  if (context.kind.kind !== 'hook') return null;
  return 'storage' in context.kind.hook ? context.kind.hook.storage : null;
}

/** An instance of another unit is as unknown as one that does not exist (H201). */
function storageGet(invocation: Invocation): void {
  const given = invocation.flags.get('s');
  const id = given ?? hookStorage(invocation.context);
  if (id === null) throw usageError('no storage instance specified');
  const [key, ...rest] = invocation.args;
  requireNoMore(rest);
  const instance = attached(invocation).find((each) => each.id === id);
  if (instance === undefined) {
    throw usageError(`invalid value ${goQuote(id)} for option -s: storage not found`);
  }
  const attributes = mapOf({ kind: instance.kind, location: instance.location });
  if (key === undefined || key === '') {
    invocation.print(attributes);
    return;
  }
  const value = attributes.get(key);
  if (value === undefined) throw runError(`invalid storage attribute ${goQuote(key)}`);
  invocation.print(value);
}

/** Whether the charm declares the storage is checked at the commit. */
function storageAdd(invocation: Invocation): void {
  if (invocation.args.length === 0) {
    throw usageError('storage add requires a storage directive');
  }
  const adds = new Map<string, number>();
  for (const argument of invocation.args) {
    const { name, count } = parseDirective(argument);
    if (adds.has(name)) throw usageError(`storage ${goQuote(name)} specified more than once`);
    adds.set(name, count);
  }
  for (const [name, count] of adds) invocation.context.storageAdds.push({ name, count });
}

/** Reads `name` or `name=count`. Exit 2 for anything more than a count (H202). */
function parseDirective(argument: string): { readonly name: string; readonly count: number } {
  const equals = argument.indexOf('=');
  const name = equals < 0 ? argument : argument.slice(0, equals);
  if (name === '') throw usageError(`expected "name=directive", got ${goQuote(argument)}`);
  if (equals < 0) return { name, count: 1 };
  const directive = argument.slice(equals + 1);
  // A directive may also name a pool and a size; a hook may only ask for a number.
  if (!/^-?[0-9]+$/u.test(directive)) {
    throw usageError(`only count can be specified for ${goQuote(name)}`);
  }
  const count = Number(directive);
  if (count < 1) {
    throw usageError(
      `cannot parse count: count must be greater than zero, got ${goQuote(directive)}`,
    );
  }
  return { name, count };
}

export const storageTools: readonly Tool[] = [
  {
    name: 'storage-list',
    usage: '[<storage-name>]',
    purpose: 'List storage attached to the unit.',
    flags: [],
    formats: smartFormats,
    run: storageList,
  },
  {
    name: 'storage-get',
    usage: '[<key>]',
    purpose: 'Print information on a storage instance.',
    flags: [{ names: ['s'], kind: 'text', help: 'specify a storage instance by id' }],
    formats: smartFormats,
    run: storageGet,
  },
  {
    name: 'storage-add',
    usage: '<charm storage name>[=count] ...',
    purpose: 'Add storage instances.',
    flags: [],
    formats: null,
    run: storageAdd,
  },
];
