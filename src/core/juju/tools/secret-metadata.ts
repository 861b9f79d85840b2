// Flags of secret-add and secret-set, read into an update (H182, H183), and the times a rotation policy
// asks for.

import { parseDuration } from '../duration.ts';
import type { Millis } from '../model.ts';
import { goQuote } from './go-quote.ts';
import type { FlagDefinition } from './flags.ts';
import { fileFlag } from './key-values.ts';
import type { SecretUpdate } from './secret-changes.ts';
import { addDays, addMonths, parseRfc3339 } from './timestamps.ts';
import { usageError } from './tool.ts';
import type { Invocation } from './tool.ts';

type Rotation = (at: Millis) => Millis | null;

// Months are of the calendar, as Go's AddDate counts them; null means the policy never comes due.
const rotations: ReadonlyMap<string, Rotation> = new Map<string, Rotation>([
  ['never', () => null],
  ['hourly', (at) => at + 3_600_000],
  ['daily', (at) => addDays(at, 1)],
  ['weekly', (at) => addDays(at, 7)],
  ['monthly', (at) => addMonths(at, 1)],
  ['quarterly', (at) => addMonths(at, 3)],
  ['yearly', (at) => addMonths(at, 12)],
]);

export const secretFlags: readonly FlagDefinition[] = [
  { names: ['expire'], kind: 'text', help: 'a duration or a time after which the secret expires' },
  { names: ['rotate'], kind: 'text', help: 'the rotation policy' },
  { names: ['description'], kind: 'text', help: 'what the secret is for' },
  { names: ['label'], kind: 'text', help: 'a label to identify the secret by in hooks' },
  { names: ['owner'], kind: 'text', help: 'the owner, either the application or the unit' },
  fileFlag,
];

/** When a policy wants the secret rotated next, counted from `at`; null for never. */
export function nextRotation(policy: string, at: Millis): Millis | null {
  return rotations.get(policy)?.(at) ?? null;
}

/** Everything but the content. An empty flag is as good as none. Exit 2 for values that make no sense. */
export function readMetadata(invocation: Invocation): SecretUpdate {
  const { flags } = invocation;
  const expire = textOf(invocation, 'expire');
  const rotate = textOf(invocation, 'rotate');
  const label = textOf(invocation, 'label');
  const description = textOf(invocation, 'description');
  const expiresAt = expire === undefined ? undefined : expiryOf(expire, invocation.world.now);
  if (rotate !== undefined && !rotations.has(rotate)) {
    throw usageError(`rotate policy ${goQuote(rotate)} not valid`);
  }
  const owner = flags.get('owner') ?? 'application';
  if (owner !== 'application' && owner !== 'unit') {
    throw usageError(`secret owner ${goQuote(owner)} not valid`);
  }
  return {
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(rotate === undefined ? {} : { rotate }),
    ...(label === undefined ? {} : { label }),
    ...(description === undefined ? {} : { description }),
  };
}

function textOf(invocation: Invocation, flag: string): string | undefined {
  const text = invocation.flags.get(flag) ?? '';
  return text === '' ? undefined : text;
}

/** A time first, since no duration looks like one; zero and negative durations are refused (H183). */
function expiryOf(text: string, now: Millis): Millis {
  const at = parseRfc3339(text);
  if (at !== null) return at;
  const duration = parseDuration(text.replace(/^[+-]/u, ''));
  if (duration === null) throw usageError(`expire time or duration ${goQuote(text)} not valid`);
  if (text.startsWith('-') || duration === 0)
    throw usageError(`negative expire duration ${goQuote(text)} not valid`);
  return now + duration;
}
