// Model configuration under the names `juju model-config` uses. A key Juju has but this model does not
// act upon is refused rather than swallowed: it would look as if it worked.

import { defaultModelConfig } from './create-model.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { ModelError } from './model-error.ts';
import type { LogLevel, Model, ModelConfig } from './model.ts';
import { own, withKey, withoutKey } from './own.ts';

const proxyKeys: readonly string[] = ['http', 'https', 'ftp', 'no'].flatMap((kind) => [
  `${kind}-proxy`,
  `juju-${kind}-proxy`,
]);

const logLevels: readonly LogLevel[] = ['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR'];

/** An IPv4 or IPv6 network with the length of its prefix. Loose: what uses it reads it closely. */
const subnetPattern = /^[0-9A-Fa-f.:]+\/[0-9]{1,3}$/u;

interface Setting {
  readonly show: (config: ModelConfig) => string | boolean;
  /** Null when the text is no value for the key. */
  readonly read: (config: ModelConfig, text: string) => ModelConfig | null;
  readonly reset: (config: ModelConfig) => ModelConfig;
  readonly expected: string;
}

const fixedSettings: Readonly<Record<string, Setting>> = {
  'automatically-retry-hooks': {
    show: (config) => config.automaticallyRetryHooks,
    read: (config, text) =>
      text === 'true' || text === 'false'
        ? { ...config, automaticallyRetryHooks: text === 'true' }
        : null,
    reset: (config) => ({
      ...config,
      automaticallyRetryHooks: defaultModelConfig.automaticallyRetryHooks,
    }),
    expected: 'true or false',
  },
  'egress-subnets': {
    show: (config) => config.egressSubnets.join(','),
    read: (config, text) => {
      const egressSubnets = text
        .split(',')
        .map((subnet) => subnet.trim())
        .filter((subnet) => subnet !== '');
      return egressSubnets.every((subnet) => subnetPattern.test(subnet))
        ? { ...config, egressSubnets }
        : null;
    },
    reset: (config) => ({ ...config, egressSubnets: defaultModelConfig.egressSubnets }),
    expected: 'subnets separated by commas, for example "192.0.2.0/24"',
  },
  'logging-config': {
    show: (config) => `<root>=${config.loggingLevel}`,
    read: (config, text) => {
      const loggingLevel = levelIn(text);
      return loggingLevel === null ? null : { ...config, loggingLevel };
    },
    reset: (config) => ({ ...config, loggingLevel: defaultModelConfig.loggingLevel }),
    expected: 'modules with levels, for example "<root>=INFO;unit=DEBUG"',
  },
  'update-status-hook-interval': {
    show: (config) => formatDuration(config.updateStatusHookInterval),
    read: (config, text) => {
      const updateStatusHookInterval = parseDuration(text);
      return updateStatusHookInterval === null ? null : { ...config, updateStatusHookInterval };
    },
    reset: (config) => ({
      ...config,
      updateStatusHookInterval: defaultModelConfig.updateStatusHookInterval,
    }),
    // Juju takes 1m to 60m. Shorter is useful here, and 0 switches the hook off for a quiet test.
    expected: 'a duration such as 5m, or 0 for no update-status at all',
  },
};

/** All keys with their values, sorted by key; unset proxies are empty. */
export function modelConfigValues(model: Model): Readonly<Record<string, string | boolean>> {
  const keys = [...Object.keys(fixedSettings), ...proxyKeys].sort();
  return Object.fromEntries(keys.map((key) => [key, settingNamed(key).show(model.config)]));
}

/** Sets keys from text, all of them or none. Throws `not-found` for a key, `not-valid` for a value. */
export function setModelConfig(model: Model, values: Readonly<Record<string, string>>): Model {
  const config = Object.entries(values).reduce((result, [key, text]) => {
    const setting = settingNamed(key);
    const read = setting.read(result, text);
    if (read !== null) return read;
    throw new ModelError(
      'not-valid',
      `${key}: expected ${setting.expected}, got "${text}"`,
      `Give ${setting.expected}.`,
    );
  }, model.config);
  return { ...model, config };
}

/** Takes keys back to Juju's defaults. Throws `not-found`. */
export function resetModelConfig(model: Model, keys: readonly string[]): Model {
  const config = keys.reduce((result, key) => settingNamed(key).reset(result), model.config);
  return { ...model, config };
}

function settingNamed(key: string): Setting {
  const fixed = own(fixedSettings, key);
  if (fixed !== undefined) return fixed;
  if (proxyKeys.includes(key)) return proxySetting(key);
  const known = [...Object.keys(fixedSettings), ...proxyKeys].sort();
  throw new ModelError(
    'not-found',
    `key "${key}" not found in model configuration`,
    `Keys are ${known.join(', ')}.`,
  );
}

function proxySetting(key: string): Setting {
  const reset = (config: ModelConfig): ModelConfig => ({
    ...config,
    proxies: withoutKey(config.proxies, key),
  });
  return {
    show: (config) => own(config.proxies, key) ?? '',
    read: (config, text) =>
      text === '' ? reset(config) : { ...config, proxies: withKey(config.proxies, key, text) },
    reset,
    expected: 'a text',
  };
}

/** The level for units in a logging configuration, else its level for everything; null when malformed. */
function levelIn(text: string): LogLevel | null {
  const levels = new Map<string, LogLevel>();
  for (const part of text.split(';')) {
    const [name = '', word, ...rest] = part.split('=');
    const level = logLevels.find((each) => each === word?.trim().toUpperCase());
    if (level === undefined || rest.length > 0 || name.trim() === '') return null;
    levels.set(name.trim(), level);
  }
  return levels.get('unit') ?? levels.get('<root>') ?? defaultModelConfig.loggingLevel;
}
