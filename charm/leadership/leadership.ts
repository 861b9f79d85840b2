// Who leads the application, and the settings its leader shares with all units.
//
// The settings are the application's bag of the peer relation, which every unit may read and only
// the leader may write. Unlike the old leader settings they are written when the hook succeeds and
// lost when it fails, together with everything else the hook did. Values may be secrets: they are
// never logged, and errors name keys only.

import type { FlagsPort, Settings, SettingsChange, StorePort } from '#interfaces/ports.ts';
import type { FlagSource } from '../reactive/flag-set.ts';
import type { RelationTools } from '../tools/relation-tools.ts';
import { LeadershipError } from './leadership-error.ts';

export interface LeadershipTools extends Pick<
  RelationTools,
  'relationGet' | 'relationGetKey' | 'relationSet'
> {
  isLeader(): boolean;
}

export interface LeadershipOptions {
  readonly tools: LeadershipTools;
  readonly store: StorePort;
  readonly flags: FlagsPort;
  readonly applicationName: string;
  /** Name of the peer relation, for example `cluster:0`; null before there is one. */
  peerRelation(): string | null;
  /** Keys that begin so get no flags and no local copy, where there are too many to watch. */
  readonly unflaggedPrefixes: readonly string[];
}

const copyPrefix = 'leadership.settings.';

export class Leadership {
  readonly #options: LeadershipOptions;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  /**
   * Whether this unit leads now. A true answer is good for 30 seconds from when Juju gave it (D3):
   * ask again before each act outside of Juju that only the leader may do. Never kept over hooks (T43).
   */
  isLeader(): boolean {
    return this.#options.tools.isLeader();
  }

  /** All settings, with what this hook wrote; empty before the peer relation is there. */
  leaderGetAll(): Settings {
    const relation = this.#options.peerRelation();
    return relation === null
      ? {}
      : this.#options.tools.relationGet(relation, this.#options.applicationName);
  }

  /** One setting out of all of them, null where it is not set. */
  leaderGet(key: string): string | null {
    return valueAt(this.leaderGetAll(), key);
  }

  /** One setting without reading the others: cheaper where there are thousands. */
  leaderGetOne(key: string): string | null {
    const { applicationName, tools } = this.#options;
    const relation = this.#options.peerRelation();
    return relation === null ? null : tools.relationGetKey(relation, applicationName, key);
  }

  /**
   * Writes settings; null or an empty text takes one away. They show at once in this hook, to this
   * unit, and its `leadership.*` flags follow. Everyone else sees them after the hook succeeded.
   * @throws LeadershipError before anything is written
   */
  leaderSet(change: SettingsChange): void {
    const entries = Object.entries(change).map(checkEntry);
    const { flags, tools } = this.#options;
    const relation = this.#options.peerRelation();
    const keys = entries.map(([key]) => key).join(', ');
    if (relation === null) {
      throw new LeadershipError(
        'NO_PEER_RELATION',
        `Cannot set ${keys}: there is no peer relation yet. Name a peer endpoint in the charm, and write after its relation-created`,
      );
    }
    if (!tools.isLeader()) {
      throw new LeadershipError(
        'NOT_LEADER',
        `Cannot set ${keys}: this unit is not the leader. Let the handler wait for leadership.is_leader`,
      );
    }
    // The flags compare with the settings as they were before this hook wrote any.
    // Keys without flags have nothing to compare, and need not cost a look at all settings.
    if (entries.some(([key]) => this.#flagged(key))) flags.isSet('leadership.is_leader');
    tools.relationSet(relation, Object.fromEntries(entries), { application: true });
    for (const [key, value] of entries) this.#note(key, value, this.#copy(key));
  }

  /** Where the flags of the family `leadership` come from. */
  flagSource(): FlagSource {
    return {
      family: 'leadership',
      fill: (flags) => {
        flags.toggle('leadership.is_leader', this.isLeader());
        const now = new Map(
          Object.entries(this.leaderGetAll()).filter(([key]) => this.#flagged(key)),
        );
        const before = this.#copies();
        for (const key of new Set([...before.keys(), ...now.keys()])) {
          this.#note(key, now.get(key) ?? null, before.get(key) ?? null);
        }
      },
    };
  }

  /** Sets the flags of one setting and keeps its value to compare with in the next hook. */
  #note(key: string, now: string | null, before: string | null): void {
    if (!this.#flagged(key)) return;
    const { flags, store } = this.#options;
    if (now !== before) {
      flags.set(`leadership.changed.${key}`);
      flags.set('leadership.changed');
    }
    flags.toggle(`leadership.set.${key}`, now !== null);
    if (now === null) store.unset(copyPrefix + key);
    else store.set(copyPrefix + key, now);
  }

  #flagged(key: string): boolean {
    return !this.#options.unflaggedPrefixes.some((prefix) => key.startsWith(prefix));
  }

  #copy(key: string): string | null {
    const value = this.#options.store.get(copyPrefix + key);
    return typeof value === 'string' ? value : null;
  }

  #copies(): ReadonlyMap<string, string> {
    const rows = this.#options.store.entries(copyPrefix);
    return new Map(rows.map(([row, value]) => [row.slice(copyPrefix.length), String(value)]));
  }
}

/** Refuses what Juju could not keep as it is (T42); an empty text is a setting taken away. */
function checkEntry(entry: readonly [string, unknown]): readonly [string, string | null] {
  const [key, value] = entry;
  if (key === '' || /[=\s]/.test(key)) {
    throw new LeadershipError(
      'INVALID_KEY',
      `Cannot set the leader setting '${key}': a key has at least one character, and no '=' or white space`,
    );
  }
  if (value !== null && typeof value !== 'string') {
    throw new LeadershipError(
      'INVALID_VALUE',
      `Cannot set the leader setting '${key}': found a value of type ${typeof value}, need a text or null`,
    );
  }
  return [key, value === '' ? null : value];
}

function valueAt(settings: Settings, key: string): string | null {
  return Object.hasOwn(settings, key) ? (settings[key] ?? null) : null;
}
