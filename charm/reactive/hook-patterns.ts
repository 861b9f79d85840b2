// Which hook names a pattern stands for. Decides nothing about handlers.

export type Role = 'provides' | 'requires' | 'peers';

/** What the charm's metadata says of an endpoint. */
export interface EndpointRole {
  readonly role: Role;
  /** For example `pgsql`. */
  readonly interface: string;
}

export type EndpointRoles = Readonly<Record<string, EndpointRole>>;

/**
 * All hook names a pattern matches. `{provides:pgsql}` (also `requires`, `peers`, and `interface` for
 * any role) becomes the names of the charm's endpoints of that kind: none of them, and the pattern
 * matches nothing. `{a,b}` becomes either. Several may stand in one pattern:
 * `{requires:pgsql}-relation-{joined,changed}`.
 * @throws TypeError for a role that is not known or a brace without its partner
 */
export function expandPattern(pattern: string, roles: EndpointRoles): readonly string[] {
  const parts = /^(?<before>[^{}]*)\{(?<inside>[^{}]*)\}(?<after>.*)$/.exec(pattern)?.groups;
  if (parts === undefined) {
    if (!/[{}]/.test(pattern)) return [pattern];
    throw new TypeError(
      `Cannot read the hook pattern '${pattern}': its braces do not match, need {a,b} or {role:interface}`,
    );
  }
  const { before = '', inside = '', after = '' } = parts;
  const rests = expandPattern(after, roles);
  return choicesOf(inside, roles).flatMap((choice) => rests.map((rest) => before + choice + rest));
}

function choicesOf(inside: string, roles: EndpointRoles): readonly string[] {
  const [role = '', name, ...more] = inside.split(':');
  if (name === undefined) return inside.split(',').map((choice) => choice.trim());
  if (more.length > 0 || !['provides', 'requires', 'peers', 'interface'].includes(role)) {
    throw new TypeError(
      `Cannot read {${inside}} in a hook pattern: need provides, requires, peers or interface before the colon`,
    );
  }
  return Object.entries(roles)
    .filter(([, one]) => one.interface === name && (role === 'interface' || one.role === role))
    .map(([endpoint]) => endpoint);
}

/** All names of several patterns. */
export function expandPatterns(
  patterns: readonly string[],
  roles: EndpointRoles,
): ReadonlySet<string> {
  return new Set(patterns.flatMap((pattern) => expandPattern(pattern, roles)));
}
