// The requires, provides and peers sections of metadata.yaml (F2-F5).

import type { EndpointDefinition } from './charm-definition.ts';
import {
  expectBooleanOrNothing,
  expectFields,
  expectFieldsOrNothing,
  expectInteger,
  expectOneOf,
  expectString,
  invalidCharm,
} from './coerce.ts';
import type { Fields } from './coerce.ts';
import type { RelationRole } from './model.ts';
import { isEndpointName } from './names.ts';

/** Interface and endpoint every charm provides without saying so (F5). */
export const implicitEndpoint = 'juju-info';

const sections: readonly (readonly [string, RelationRole])[] = [
  ['requires', 'requirer'],
  ['provides', 'provider'],
  ['peers', 'peer'],
];

/** All endpoints of a charm by name, the implicit `juju-info` among them. */
export function readEndpoints(
  metadata: Fields,
  charm: { readonly name: string; readonly subordinate: boolean },
): Readonly<Record<string, EndpointDefinition>> {
  const endpoints = sections.flatMap(([section, role]) =>
    Object.entries(expectFieldsOrNothing(metadata[section], `metadata: ${section}`)).map(
      ([name, value]) => readEndpoint(name, value, role, `metadata: ${section}.${name}`),
    ),
  );
  for (const endpoint of endpoints) checkNames(endpoint, endpoints, charm);
  const inContainer = endpoints.some(
    (endpoint) => endpoint.role === 'requirer' && endpoint.scope === 'container',
  );
  if (charm.subordinate && !inContainer) {
    throw invalidCharm(
      `subordinate charm "${charm.name}" lacks "requires" relation with container scope`,
      'Add an endpoint under `requires` with `scope: container`, or drop `subordinate: true`.',
    );
  }
  const implicit: EndpointDefinition = {
    name: implicitEndpoint,
    role: 'provider',
    interface: implicitEndpoint,
    scope: 'global',
    limit: null,
    optional: false,
  };
  return Object.fromEntries([...endpoints, implicit].map((each) => [each.name, each]));
}

function readEndpoint(
  name: string,
  value: unknown,
  role: RelationRole,
  path: string,
): EndpointDefinition {
  if (!isEndpointName(name)) {
    throw invalidCharm(
      `${path}: invalid relation name "${name}"`,
      'Use lower-case letters, digits, hyphens and underscores, starting with a letter.',
    );
  }
  // The short form gives the interface alone.
  const fields = typeof value === 'string' ? { interface: value } : expectFields(value, path);
  const { limit, scope } = fields;
  return {
    name,
    role,
    interface: expectString(fields.interface, `${path}.interface`),
    scope:
      scope === undefined || scope === null
        ? 'global'
        : expectOneOf(scope, ['global', 'container'], `${path}.scope`),
    limit: limit === undefined || limit === null ? null : expectInteger(limit, `${path}.limit`),
    optional: expectBooleanOrNothing(fields.optional, `${path}.optional`),
  };
}

/** Rules on names and interfaces (F3). */
function checkNames(
  endpoint: EndpointDefinition,
  all: readonly EndpointDefinition[],
  charm: { readonly name: string; readonly subordinate: boolean },
): void {
  const { name } = endpoint;
  // A subordinate may take the reserved names for the relation that binds it to its principal.
  const mayBeReserved =
    charm.subordinate && endpoint.role === 'requirer' && endpoint.scope === 'container';
  if (isReserved(name) && !mayBeReserved) {
    throw invalidCharm(
      `charm "${charm.name}" using a reserved relation name: "${name}"`,
      'Names that are `juju` or start with `juju-` belong to Juju: choose another.',
    );
  }
  if (isReserved(endpoint.interface) && endpoint.role !== 'requirer') {
    throw invalidCharm(
      `charm "${charm.name}" relation "${name}" using a reserved interface: "${endpoint.interface}"`,
      'Interfaces that are `juju` or start with `juju-` can only be required.',
    );
  }
  if (all.some((other) => other !== endpoint && other.name === name)) {
    throw invalidCharm(
      `charm "${charm.name}" using a duplicated relation name: "${name}"`,
      'Use a name in one of requires, provides and peers only.',
    );
  }
}

function isReserved(name: string): boolean {
  return name === 'juju' || name.startsWith('juju-');
}
