// What every verb of the command line has at hand: the model it is about, and where to print.

import { chooseStateDir, closedAncestor } from '../state/state-directory.ts';
import { JujuLocal } from '../client.ts';
import type { BootstrapOptions } from '../client.ts';
import { UserError } from '../user-error.ts';

export class Session {
  /** Of `--state-dir`; null when it was not given. */
  givenStateDir: string | null = null;

  get stateDir(): string {
    return chooseStateDir(this.givenStateDir, {
      environment: process.env,
      isRoot: process.getuid?.() === 0,
    });
  }

  /** The model, made when there is none yet. */
  async start(options: Omit<BootstrapOptions, 'stateDir'> = {}): Promise<JujuLocal> {
    const { stateDir } = this;
    const closed = process.getuid?.() === 0 ? closedAncestor(stateDir) : null;
    if (closed !== null) {
      this.progress(
        `WARNING "${closed}" lets nobody but its owner pass: services that charms run as other users will not find their files in "${stateDir}". Choose another --state-dir, or chmod o+x it.`,
      );
    }
    return JujuLocal.bootstrap({ ...options, stateDir });
  }

  /** The model that is there. Throws `UserError` when there is none. */
  async open(): Promise<JujuLocal> {
    return JujuLocal.open({ stateDir: this.stateDir });
  }

  /** Prints a line for the user. */
  print(text: string): void {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** A line about what goes on meanwhile: never part of what a script reads. */
  progress(text: string): void {
    process.stderr.write(`${text}\n`);
  }
}

/** One line for an error: message, then what to do about it. */
export function errorLine(message: string, hint: string): string {
  const flat = (text: string): string => text.replaceAll(/\s*\n\s*/gu, '; ').trim();
  const stop = /[.!?]$/u.test(flat(message)) || hint === '' ? '' : '.';
  return `ERROR ${flat(message)}${stop}${hint === '' ? '' : ` ${flat(hint)}`}`;
}

/** Reads `key=value` arguments. Throws `UserError` for one of another form. */
export function keyValues(arguments_: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    arguments_.map((argument) => {
      const equals = argument.indexOf('=');
      if (equals >= 1) return [argument.slice(0, equals), argument.slice(equals + 1)];
      throw new UserError(
        `expected "key=value", got "${argument}"`,
        'Write the key, an equals sign and the value without spaces.',
      );
    }),
  );
}

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `90`, `90s`, `1m30s` or `2h`. Throws `UserError` for anything else. */
export function duration(text: string): number {
  if (/^[0-9]+$/u.test(text)) return Number(text) * 1000;
  if (!/^(?:[0-9]+(?:ms|h|m|s))+$/u.test(text)) {
    throw new UserError(`cannot read duration "${text}"`, 'Write for example 30s or 1m30s.');
  }
  return [...text.matchAll(/([0-9]+)(ms|h|m|s)/gu)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (durationUnits[unit ?? ''] ?? 0),
    0,
  );
}

/** A whole number of at least `least`. Throws `UserError`. */
export function wholeNumber(text: string, what: string, least = 0): number {
  const number = Number(text);
  if (/^[0-9]+$/u.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new UserError(`invalid ${what} "${text}"`, `Give a whole number of at least ${least}.`);
}
