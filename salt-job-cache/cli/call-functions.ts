// The functions of the job cache as programs in other languages call them: by Salt's names, with Salt's
// parameters, by position or by keyword.

import type { PythonDict, PythonValue } from '../src/value/python-value.ts';
import { entriesOf, isDict, isList } from '../src/value/python-value.ts';
import { PythonError } from '../src/value/python-error.ts';

/** What is called; `PostgresLocalCache` is one. */
export interface CallableCache {
  prepJid(nocache?: PythonValue, passedJid?: PythonValue): Promise<PythonValue>;
  saveLoad(jid: PythonValue, clearLoad: PythonValue, minions?: PythonValue): Promise<unknown>;
  saveMinions(jid: PythonValue, minions: PythonValue, syndicId?: PythonValue): Promise<unknown>;
  returner(load: PythonValue): Promise<unknown>;
  getLoad(jid: PythonValue): Promise<PythonValue>;
  getJid(jid: PythonValue): Promise<PythonValue>;
  getJids(): Promise<PythonValue>;
  eventReturn(events: PythonValue): Promise<unknown>;
  cleanOldJobs(): Promise<unknown>;
}

interface Parameter {
  readonly name: string;
  /** Undefined where it has to be given. */
  readonly absent?: PythonValue;
}

interface CallFunction {
  readonly parameters: readonly Parameter[];
  readonly call: (cache: CallableCache, args: readonly PythonValue[]) => Promise<unknown>;
}

const parameter = (name: string): Parameter => ({ name });
const optional = (name: string, absent: PythonValue): Parameter => ({ name, absent });

const functions: ReadonlyMap<string, CallFunction> = new Map<string, CallFunction>([
  [
    'prep_jid',
    {
      parameters: [optional('nocache', false), optional('passed_jid', null)],
      call: async (cache, [nocache = false, jid = null]) => cache.prepJid(nocache, jid),
    },
  ],
  [
    'save_load',
    {
      parameters: [parameter('jid'), parameter('clear_load'), optional('minions', null)],
      call: async (cache, [jid = null, load = null, minions = null]) =>
        cache.saveLoad(jid, load, minions),
    },
  ],
  [
    'save_minions',
    {
      parameters: [parameter('jid'), parameter('minions'), optional('syndic_id', null)],
      call: async (cache, [jid = null, minions = null, syndic = null]) =>
        cache.saveMinions(jid, minions, syndic),
    },
  ],
  [
    'returner',
    {
      parameters: [parameter('load')],
      call: async (cache, [load = null]) => cache.returner(load),
    },
  ],
  [
    'get_load',
    { parameters: [parameter('jid')], call: async (cache, [jid = null]) => cache.getLoad(jid) },
  ],
  [
    'get_jid',
    { parameters: [parameter('jid')], call: async (cache, [jid = null]) => cache.getJid(jid) },
  ],
  ['get_jids', { parameters: [], call: async (cache) => cache.getJids() }],
  [
    'event_return',
    {
      parameters: [parameter('events')],
      call: async (cache, [events = null]) => cache.eventReturn(events),
    },
  ],
  ['clean_old_jobs', { parameters: [], call: async (cache) => cache.cleanOldJobs() }],
]);

/** As Salt spells them. */
export const functionNames: readonly string[] = [...functions.keys()];

export interface CallRequest {
  readonly name: string;
  readonly args: readonly PythonValue[];
  readonly kwargs: ReadonlyMap<string, PythonValue>;
}

const form = '{"fn": name, "args": [value, …], "kwargs": {name: value, …}}';

/**
 * What a line of input asks for; `args` and `kwargs` may be left out.
 * @throws PythonError where it is no request
 */
export function requestOf(value: PythonValue): CallRequest {
  if (!isDict(value)) throw new PythonError('TypeError', `Cannot call: a request is ${form}`);
  const fields = namedEntries(value);
  const name = fields.get('fn');
  const args = fields.get('args') ?? [];
  const kwargs = fields.get('kwargs') ?? new Map<PythonValue, PythonValue>();
  const unknown = [...fields.keys()].find((key) => !['fn', 'args', 'kwargs'].includes(key));
  if (typeof name !== 'string' || !isList(args) || !isDict(kwargs) || unknown !== undefined) {
    const found = unknown === undefined ? '' : `, without ${JSON.stringify(unknown)}`;
    throw new PythonError('TypeError', `Cannot call: a request is ${form}${found}`);
  }
  return { name, args, kwargs: namedEntries(kwargs) };
}

/** Keys of JSON are texts. */
function namedEntries(dict: PythonDict): ReadonlyMap<string, PythonValue> {
  return new Map(
    entriesOf(dict).flatMap(([key, value]) => (typeof key === 'string' ? [[key, value]] : [])),
  );
}

/** The arguments by position. */
function bind(
  name: string,
  parameters: readonly Parameter[],
  request: CallRequest,
): readonly PythonValue[] {
  const refuse = (problem: string): never => {
    const known = parameters.map((one) => (one.absent === undefined ? one.name : `[${one.name}]`));
    throw new PythonError('TypeError', `${name}(${known.join(', ')}) ${problem}`);
  };
  const { args, kwargs } = request;
  if (args.length > parameters.length) {
    const most = parameters.length === 0 ? 'none' : `at most ${parameters.length}`;
    refuse(`was given ${args.length} arguments and takes ${most}`);
  }
  for (const key of kwargs.keys()) {
    const index = parameters.findIndex((one) => one.name === key);
    if (index === -1) refuse(`has no argument ${JSON.stringify(key)}`);
    if (index < args.length) refuse(`was given ${JSON.stringify(key)} twice`);
  }
  return parameters.map((one, index) => {
    const value =
      index < args.length ? args[index] : kwargs.has(one.name) ? kwargs.get(one.name) : one.absent;
    return value === undefined ? refuse(`was not given ${JSON.stringify(one.name)}`) : value;
  });
}

/** @throws PythonError for an unknown function or argument; whatever the function throws */
export async function call(cache: CallableCache, request: CallRequest): Promise<unknown> {
  const found = functions.get(request.name);
  if (found === undefined) {
    throw new PythonError(
      'AttributeError',
      `There is no function ${JSON.stringify(request.name)}; there are ${functionNames.join(', ')}`,
    );
  }
  return found.call(cache, bind(request.name, found.parameters, request));
}
