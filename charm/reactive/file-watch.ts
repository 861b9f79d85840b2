// Which watched files differ from what a handler last saw. Hashes are taken once per turn of the loop
// and handler, when the handler is tested, and kept only after it ran: whatever another handler does
// in between, a change is seen by everyone who waits for it, once.

import type { StorePort } from '#interfaces/ports.ts';
import type { FileHash, FilePath, FilePredicate } from './predicates.ts';

/** Hash of a file's content as text; null where there is no such file. */
export type HashFile = (path: string, hash: FileHash) => string | null;

const prefix = 'reactive.files_changed.';

export class FileWatch {
  readonly #store: StorePort;
  readonly #hashFile: HashFile;
  /** By handler, then by path. */
  readonly #seen = new Map<string, Map<string, string | null>>();

  constructor(store: StorePort, hashFile: HashFile) {
    this.#store = store;
    this.#hashFile = hashFile;
  }

  /** Begins a turn: files are looked at afresh. */
  begin(): void {
    this.#seen.clear();
  }

  /** The paths of the predicate whose content this handler has not run for. */
  changedPaths(handlerId: string, predicate: FilePredicate): readonly string[] {
    const known = this.#known(handlerId);
    const seen = this.#seen.get(handlerId) ?? new Map<string, string | null>();
    this.#seen.set(handlerId, seen);
    return predicate.paths.flatMap(pathsOf).filter((path) => {
      let now = seen.get(path);
      if (now === undefined) {
        const digest = this.#hashFile(path, predicate.hash);
        now = digest === null ? null : `${predicate.hash}:${digest}`;
        seen.set(path, now);
      }
      return now !== (Object.hasOwn(known, path) ? known[path] : null);
    });
  }

  /**
   * Keeps what the handler was tested with. The hash is the one from before it ran: if the file
   * changed meanwhile, also by the handler itself, the handler runs once more rather than never.
   */
  ran(handlerId: string): void {
    const seen = this.#seen.get(handlerId);
    if (seen === undefined) return;
    this.#store.set(prefix + handlerId, { ...this.#known(handlerId), ...Object.fromEntries(seen) });
  }

  #known(handlerId: string): Readonly<Record<string, unknown>> {
    const value = this.#store.get(prefix + handlerId);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  }
}

function pathsOf(path: FilePath): readonly string[] {
  if (typeof path === 'string') return [path];
  const given = path();
  return typeof given === 'string' ? [given] : given;
}
