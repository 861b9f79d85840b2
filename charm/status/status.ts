// What the unit says about itself, as a value, and which of several statuses wins. Nothing is kept:
// a charm works its status out from facts in every hook, so nothing in it can be out of date.

export type StatusName = 'active' | 'maintenance' | 'waiting' | 'blocked';

export interface Status {
  readonly status: StatusName;
  /** One line for an operator: what is wrong and what to do next. No secrets. */
  readonly message: string;
}

/** Milder first. The order in which Juju works out an application's status from its units. */
const severity: Readonly<Record<StatusName, number>> = {
  active: 0,
  waiting: 1,
  maintenance: 2,
  blocked: 3,
};

/** Longest message that `juju status` still shows in a table one can read. */
const messageLengthMax = 200;

export function active(message: string = ''): Status {
  return { status: 'active', message };
}

/** Something else has to happen first, and it is expected to. */
export function waiting(message: string): Status {
  return { status: 'waiting', message };
}

/** The charm is busy with something that will end by itself. */
export function maintenance(message: string): Status {
  return { status: 'maintenance', message };
}

/** A person has to do something, which the message says. */
export function blocked(message: string): Status {
  return { status: 'blocked', message };
}

/**
 * The worst of several, the first among equals; how many others are as bad is added to its message.
 * Of none: active. Null stands for a concern that has nothing to say.
 */
export function worst(...statuses: readonly (Status | null)[]): Status {
  const given = statuses.filter((one) => one !== null);
  const highest = Math.max(0, ...given.map((one) => severity[one.status]));
  const equals = given.filter((one) => severity[one.status] === highest);
  const [first] = equals;
  if (first === undefined) return active();
  const others = new Set(equals.map((one) => one.message).filter(Boolean));
  if (highest === severity.active || others.size <= 1) return first;
  return { ...first, message: `${first.message} (and ${others.size - 1} more)` };
}

/** A status as it can be shown: one line, not too long. */
export function presentable(status: Status): Status {
  const line = status.message.replaceAll(/\s+/g, ' ').trim();
  const message =
    line.length <= messageLengthMax ? line : `${line.slice(0, messageLengthMax - 3).trimEnd()}...`;
  // A cut may have left half of a character, which no hook tool takes.
  return { status: status.status, message: message.toWellFormed() };
}
