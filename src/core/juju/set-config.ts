// Changing what an application's user may change: configuration, trust, exposure. Nothing here raises a
// version: units notice by the values, so that a value set to what it was fires nothing (L31).

import { optionNamed, readConfigValues } from './config-values.ts';
import type { ConfigValues } from './config-values.ts';
import { applicationNamed, charmOf } from './find.ts';
import { ModelError } from './model-error.ts';
import type { Application, ApplicationName, Model } from './model.ts';
import { own, withKey } from './own.ts';
import { utf8Length } from '#interfaces/utf8-length.ts';

/** Largest configuration of one application (F36). */
const configBytesMax = 16 * 1024 * 1024;

export interface ConfigChange {
  readonly set: ConfigValues;
  readonly reset: readonly string[];
}

/**
 * Sets and resets options in one go: all of it or, when anything is refused, nothing (F33).
 *
 * Values are typed or texts as the command line gives them. Throws `not-found` `unknown option "x"`,
 * `not-valid` for a value of the wrong type or a key in both lists, `quota-exceeded` beyond 16 MiB.
 */
export function changeConfig(model: Model, name: ApplicationName, change: ConfigChange): Model {
  const application = applicationNamed(model, name);
  const charm = charmOf(model, name);
  const values = readConfigValues(charm, change.set);
  for (const key of change.reset) {
    optionNamed(charm, key);
    if (!Object.hasOwn(values, key)) continue;
    throw new ModelError(
      'not-valid',
      `key "${key}" cannot be both set and reset in the same command`,
      'Name the option once.',
    );
  }
  const kept = Object.entries(application.config).filter(([key]) => !change.reset.includes(key));
  const config = { ...Object.fromEntries(kept), ...values };
  if (utf8Length(JSON.stringify(config)) > configBytesMax) {
    throw new ModelError(
      'quota-exceeded',
      `application configuration exceeds the maximum of ${configBytesMax} bytes`,
      'Shorten the values; large data belongs into a resource.',
    );
  }
  return sameConfig(config, application.config)
    ? model
    : withApplication(model, { ...application, config });
}

/** Sets options (F32, F33). */
export function setConfig(model: Model, name: ApplicationName, values: ConfigValues): Model {
  return changeConfig(model, name, { set: values, reset: [] });
}

/** Takes options back to the charm's defaults (F33). */
export function resetConfig(model: Model, name: ApplicationName, keys: readonly string[]): Model {
  return changeConfig(model, name, { set: {}, reset: keys });
}

/** What `juju trust` sets: whether the charm may use the model's credentials. */
export function setTrust(model: Model, name: ApplicationName, trust: boolean): Model {
  const application = applicationNamed(model, name);
  if (application.trust === trust) return model;
  return withApplication(model, { ...application, trust });
}

/** Whether opened ports are meant for the world. Independent of opening them (H145). */
export function setExposed(model: Model, name: ApplicationName, exposed: boolean): Model {
  const application = applicationNamed(model, name);
  if (application.exposed === exposed) return model;
  return withApplication(model, { ...application, exposed });
}

function sameConfig(left: ConfigValues, right: ConfigValues): boolean {
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => own(left, key) === own(right, key))
  );
}

function withApplication(model: Model, application: Application): Model {
  return { ...model, applications: withKey(model.applications, application.name, application) };
}
