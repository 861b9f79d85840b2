// What happened in a run, in words, and its fingerprint: two runs of the same seed have the same one.

import type { LogPort } from '#adapters/ports/agent-ports.ts';
import type { Engine } from '../engine/engine.ts';

/** Words of the agent for what must not happen whatever the world does. */
const mistakes = /please report it as a BUG|^Unexpected end/u;

export class Trace {
  readonly #engine: Engine;
  readonly #write: ((line: string) => void) | null;
  #hash = 0x811c9dc5;
  /** Told of what an agent itself calls a mistake. */
  onMistake: (who: string, what: string) => void = () => undefined;

  /** `write` null: nobody reads it. */
  constructor(engine: Engine, write: ((line: string) => void) | null) {
    this.#engine = engine;
    this.#write = write;
  }

  get fingerprint(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  note(who: string, what: string): void {
    const line = `${(this.#engine.nowMs / 1000).toFixed(3).padStart(9)}  ${who.padEnd(8)} ${what}`;
    for (let at = 0; at < line.length; at += 1) {
      this.#hash = Math.imul(this.#hash ^ line.charCodeAt(at), 0x01000193);
    }
    this.#write?.(line);
  }

  /** The log of an agent; what is of no weight is left out. */
  logOf(who: string): LogPort {
    const note =
      (level: string) =>
      (message: string, fields?: Readonly<Record<string, unknown>>): void => {
        const rule = fields?.['rule'];
        const error = fields?.['error'];
        const stack = error instanceof Error && level !== 'info' ? `\n${error.stack}` : '';
        const shown = typeof rule === 'number' ? `rule ${rule}: ${message}` : message;
        if (mistakes.test(message)) this.onMistake(who, message);
        const isLoud = level === 'error' || level === 'critical';
        this.note(who, `${isLoud ? `${level.toUpperCase()} ` : ''}${shown}${isLoud ? stack : ''}`);
      };
    return {
      debug: () => undefined,
      info: note('info'),
      warning: note('warning'),
      error: note('error'),
      critical: note('critical'),
    };
  }
}
