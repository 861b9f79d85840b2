// A model as it is before anything is deployed to it, with Juju's own defaults.

import { ModelError } from './model-error.ts';
import type { Millis, Model, ModelConfig } from './model.ts';
import { isModelName } from './names.ts';

export const defaultModelConfig: ModelConfig = {
  automaticallyRetryHooks: true,
  updateStatusHookInterval: 5 * 60 * 1000,
  loggingLevel: 'INFO',
  egressSubnets: [],
  proxies: {},
};

export interface NewModel {
  readonly uuid: string;
  readonly name: string;
  /** Agent version the units report, for example `3.6.9`. */
  readonly jujuVersion: string;
  readonly now: Millis;
}

/** An empty model. Throws `not-valid` when the name is none. */
export function createModel(init: NewModel): Model {
  if (!isModelName(init.name)) {
    throw new ModelError(
      'not-valid',
      `"${init.name}" is not a valid name: model names may only contain lowercase letters, digits and hyphens`,
      'Start with a letter or a digit.',
    );
  }
  return {
    uuid: init.uuid,
    name: init.name,
    jujuVersion: init.jujuVersion,
    createdAt: init.now,
    config: defaultModelConfig,
    charms: {},
    machines: {},
    applications: {},
    units: {},
    relations: {},
    storage: {},
    secrets: {},
    tasks: {},
    sequence: { relation: 0, machine: 0, task: 0, storage: 0 },
  };
}
