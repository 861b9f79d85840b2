// The surroundings of the programs we start: ours, less what carries secrets or would lead libpq elsewhere.

/** `PATRONI_*` may hold passwords, and what a process has in its environment others can read. */
export function childEnvironment(
  further: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !/^(?:PG|PATRONI_|NODE_)/u.test(name)) kept[name] = value;
  }
  return { ...kept, ...further };
}
