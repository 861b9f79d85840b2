// Values below which the charm could not do its work, whatever is configured: they are raised, and it is
// said that they were.

export interface RaisedParameters {
  readonly parameters: Readonly<Record<string, string>>;
  /** One sentence for each parameter that was raised. */
  readonly raised: readonly string[];
}

/** Connections below which related applications and the server's own would soon shut each other out. */
const connectionsMin = 20;

/**
 * Raises what is configured too low for `standbys` standby servers. Only whole numbers are looked at: what
 * else may be written there is PostgreSQL's to refuse.
 */
export function forcedMinimums(
  parameters: Readonly<Record<string, string>>,
  standbys: number,
): RaisedParameters {
  const minimums = new Map([
    ['max_connections', connectionsMin],
    // Two for each standby, as a broken connection holds its place until it times out, and five to spare.
    ['max_wal_senders', 2 * standbys + 5],
    ['max_replication_slots', 2 * standbys + 5],
  ]);
  const levels = new Map([
    ['wal_level', 'logical'],
    ['hot_standby', 'on'],
  ]);
  const raised: string[] = [];
  const changed = Object.entries(parameters).map(([name, value]): [string, string] => {
    const minimum = minimums.get(name);
    if (minimum !== undefined && /^\s*\d+\s*$/u.test(value) && Number(value) < minimum) {
      raised.push(
        `Raised ${name} from ${value.trim()} to ${minimum}, the least the charm can work with`,
      );
      return [name, String(minimum)];
    }
    const level = levels.get(name);
    if (level !== undefined && value.trim().toLowerCase() !== level) {
      raised.push(`Set ${name} to ${level}, as standbys and logical replication need it`);
      return [name, level];
    }
    return [name, value];
  });
  return { parameters: Object.fromEntries(changed), raised };
}
