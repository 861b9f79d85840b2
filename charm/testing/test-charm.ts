// The charm under test as its files describe it, and the applications it talks to as far as a test
// needs them.

import type { CharmFiles } from '#core/juju/charm-files.ts';
import { readCharm } from '#core/juju/charm-files.ts';
import type { CharmDefinition, EndpointDefinition } from '#core/juju/charm-definition.ts';
import type { RelationRole } from '#core/juju/model.ts';

/** Operating system of all machines of a test's model. */
export const testBase = 'ubuntu@24.04';

/** A manifest is no matter of what a charm does, so a test may leave it out. */
const anyManifest = 'bases: [{name: ubuntu, channel: "24.04", architectures: [amd64, arm64]}]';

/** @throws ModelError for files Juju would refuse */
export function readTestCharm(files: CharmFiles): CharmDefinition {
  return readCharm({ ...files, manifest: files.manifest ?? anyManifest }, { revision: 0 });
}

/** A charm with nothing but endpoints that fit those of the charm under test. */
export function remoteCharm(
  application: string,
  localEndpoints: readonly EndpointDefinition[],
): CharmDefinition {
  const endpoints = localEndpoints.map((local): EndpointDefinition => ({
    ...local,
    role: oppositeOf(local.role),
    limit: null,
  }));
  return {
    url: `local:${application}-0`,
    name: application,
    revision: 0,
    summary: '',
    subordinate: false,
    endpoints: Object.fromEntries(endpoints.map((endpoint) => [endpoint.name, endpoint])),
    extraBindings: [],
    storage: {},
    resources: {},
    config: {},
    actions: {},
    bases: [],
    assumes: [],
  };
}

export function oppositeOf(role: RelationRole): RelationRole {
  switch (role) {
    case 'provider':
      return 'requirer';
    case 'requirer':
      return 'provider';
    case 'peer':
      return 'peer';
    default:
      return role satisfies never;
  }
}
