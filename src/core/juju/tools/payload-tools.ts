// payload-register, payload-unregister and payload-status-set of Juju 3 (H240). They take effect at once.

import { parseYaml } from '../yaml-text.ts';
import { isFields } from '../coerce.ts';
import { own } from '../own.ts';
import { goQuote } from './go-quote.ts';
import { payloadsOf, withPayloads } from './legacy-fields.ts';
import type { Payload } from './legacy-fields.ts';
import { requireNoMore } from './arguments.ts';
import { resolvePath, runError, usageError } from './tool.ts';
import type { Invocation, Tool } from './tool.ts';

// `running` is what registering sets; the others are the charm's to set.
const states: readonly string[] = ['starting', 'started', 'running', 'stopping', 'stopped'];

/** Registering a payload again replaces what was known of it. */
function register(invocation: Invocation): void {
  const [type, name, id, ...labels] = invocation.args;
  if (type === undefined || name === undefined || id === undefined) {
    throw usageError('missing required arguments');
  }
  const declared = declaredType(invocation, name);
  if (declared === null) throw runError(`payload ${goQuote(name)} not found in metadata.yaml`);
  if (declared !== type) {
    const found = `incorrect type ${goQuote(type)} for payload ${goQuote(name)}`;
    throw runError(`${found}, expected ${goQuote(declared)}`);
  }
  const payload = { class: name, type, id, status: 'running', labels };
  replace(invocation, name, id, () => payload);
}

/** The tool reads the charm's metadata in its working directory, wherever that is. */
function declaredType(invocation: Invocation, name: string): string | null {
  const path = resolvePath(invocation.call, 'metadata.yaml');
  const text = invocation.world.readFile(path);
  if (text === null) throw runError(`open ${path}: no such file or directory`);
  const metadata = parseYaml(text);
  if (!metadata.ok) throw runError(`yaml: ${metadata.problem}`);
  const payloads = isFields(metadata.value) ? metadata.value['payloads'] : undefined;
  const declared = isFields(payloads) ? own(payloads, name) : undefined;
  const type = isFields(declared) ? declared['type'] : declared;
  return typeof type === 'string' ? type : null;
}

/** Unregistering what is not there is no fault. */
function unregister(invocation: Invocation): void {
  const [name, id, ...rest] = invocation.args;
  if (name === undefined || id === undefined) throw usageError('missing required arguments');
  requireNoMore(rest);
  replace(invocation, name, id, () => null);
}

/** Which states there are is checked when the tool runs, hence exit 1 for an unknown one. */
function setStatus(invocation: Invocation): void {
  const [name, id, status, ...rest] = invocation.args;
  if (name === undefined || id === undefined || status === undefined) {
    throw usageError('missing required arguments');
  }
  requireNoMore(rest);
  if (!states.includes(status)) {
    const list = states.map((state) => `"${state}"`).join(', ');
    throw runError(`status ${goQuote(status)} not supported; expected one of ${list}`);
  }
  replace(invocation, name, id, (present) => {
    if (present === undefined) throw runError(`payload ${goQuote(`${name}/${id}`)} not found`);
    return { ...present, status };
  });
}

/** Puts what `change` makes of the payload in its place; null takes it away. */
function replace(
  invocation: Invocation,
  name: string,
  id: string,
  change: (present: Payload | undefined) => Payload | null,
): void {
  const { unit } = invocation.context;
  const payloads = payloadsOf(invocation.model, unit);
  const present = payloads.find((payload) => payload.class === name && payload.id === id);
  const changed = change(present);
  const others = payloads.filter((payload) => payload !== present);
  const result = changed === null ? others : [...others, changed];
  invocation.model = withPayloads(invocation.model, unit, result);
}

export const payloadTools: readonly Tool[] = [
  {
    name: 'payload-register',
    usage: '<type> <class> <id> [tags...]',
    purpose: 'Register a charm payload.',
    flags: [],
    formats: null,
    run: register,
  },
  {
    name: 'payload-unregister',
    usage: '<class> <id>',
    purpose: 'Stop tracking a payload.',
    flags: [],
    formats: null,
    run: unregister,
  },
  {
    name: 'payload-status-set',
    usage: '<class> <id> <status>',
    purpose: 'Update the status of a payload.',
    flags: [],
    formats: null,
    run: setStatus,
  },
];
