// Checks what a schema can't say of a configuration file: names that must agree with each other, addresses,
// and settings that do nothing where they stand.

import type { JsonObject } from '#core/dcs/cluster.ts';
import { dynamicRules, slotKeys } from './dynamic-schema.ts';
import { fault } from './fault.ts';
import type { ConfigFault } from './fault.ts';
import { section } from './json-fields.ts';
import { fileKeys } from './known-keys.ts';
import { readInteger } from './read-value.ts';
import { roleVariants } from './role-variant.ts';
import { validateAddresses } from './validate-addresses.ts';
import { validateBootstrap, validateReplicaMethods } from './validate-methods.ts';
import { misplacedSlots, validateDynamic } from './validate-dynamic.ts';
import { validateParameters } from './validate-parameters.ts';
import { validateSecrets } from './validate-secrets.ts';
import { validateStore } from './validate-store.ts';
import { readWatchdogMode } from './watchdog-reader.ts';

/** A name Patroni keeps for itself. */
const placeholderName = '__patroni_strict_sync_replica_placeholder__';

/** Ranges of numbers in the file: path, least, most, unit. */
const ranges: readonly (readonly [string, number, number, string | null])[] = [
  ['restapi.request_queue_size', 0, 4096, null],
  ['log.mode', 0, 511, null],
  ['log.file_num', 0, 1_000_000, null],
  ['log.file_size', 0, Number.MAX_SAFE_INTEGER, 'B'],
  ['watchdog.safety_margin', -1, 1_000_000, null],
  ['tags.failover_priority', 0, 2_147_483_647, null],
  ['tags.sync_priority', 0, 2_147_483_647, null],
  ['postgresql.pg_ctl_timeout', 0, 2_147_483_647, 's'],
];

function checkRanges(file: JsonObject): readonly ConfigFault[] {
  return ranges.flatMap(([path, least, most, unit]) => {
    const [sectionName = '', name = ''] = path.split('.');
    const value = section(file, sectionName)[name];
    const isScalar = typeof value === 'string' || typeof value === 'number';
    if (!isScalar) return [];
    const number = readInteger(value, unit);
    if (number !== null && number >= least && number <= most) return [];
    return [
      fault(path, value, `didn't pass validation: Wrong value, it takes ${least} to ${most}`),
    ];
  });
}

function checkName(file: JsonObject): readonly ConfigFault[] {
  const { name } = file;
  if (name === placeholderName) {
    return [fault('name', name, `Node 'name' can't be set to '${placeholderName}'`)];
  }
  // It is part of a key in the store.
  return ['name', 'scope'].flatMap((key) => {
    const value = file[key];
    return typeof value === 'string' && /[/\0\n]/u.test(value)
      ? [
          fault(
            key,
            value,
            'must not contain "/" or a line break: it is part of a key in the store',
          ),
        ]
      : [];
  });
}

function checkTags(file: JsonObject): readonly ConfigFault[] {
  const tags = section(file, 'tags');
  const pairs = [
    ['nofailover', 'failover_priority'],
    ['nosync', 'sync_priority'],
  ] as const;
  return pairs
    .filter(([flag, priority]) => tags[flag] !== undefined && tags[priority] !== undefined)
    .map(([flag, priority]) =>
      fault(
        `tags.${flag}`,
        tags[flag],
        `Multiple of ('${flag}', '${priority}') provided: ${flag} counts, remove one of them`,
        'warning',
      ),
    );
}

/** Settings of the whole cluster in a file do nothing; slots among them would be dropped unseen. */
function checkPlaces(file: JsonObject): readonly ConfigFault[] {
  const target = 'bootstrap.dcs.';
  const dynamicOnly = [...dynamicRules.keys()].filter(
    (key) => !slotKeys.includes(key) && !fileKeys.has(key) && file[key] !== undefined,
  );
  const unknown = Object.keys(file).filter((key) => !fileKeys.has(key) && !dynamicRules.has(key));
  return [
    ...misplacedSlots(file, '', target),
    ...misplacedSlots(section(file, 'postgresql'), 'postgresql.', target),
    ...misplacedSlots(section(file, 'bootstrap'), 'bootstrap.', target),
    ...dynamicOnly.map((key) =>
      fault(
        key,
        file[key],
        'does nothing here: set it by patronictl edit-config, or as ' +
          `${target}${key} before the cluster is made`,
        'warning',
      ),
    ),
    ...unknown.map((key) => fault(key, undefined, 'is no setting of this file', 'warning')),
  ];
}

function checkRecoveryConf(file: JsonObject): readonly ConfigFault[] {
  const recoveryConf = section(section(file, 'postgresql'), 'recovery_conf');
  return Object.keys(recoveryConf)
    .filter((name) => /^(?:recovery_target|primary_)/iu.test(name))
    .map((name) =>
      fault(
        `postgresql.recovery_conf.${name}`,
        recoveryConf[name],
        'does nothing here: a standby follows the latest timeline of its leader',
        'warning',
      ),
    );
}

function checkParameters(file: JsonObject): readonly ConfigFault[] {
  const postgresql = section(file, 'postgresql');
  return ['parameters', ...roleVariants.map((role) => `parameters_${role}`)].flatMap((name) =>
    validateParameters(section(postgresql, name), `postgresql.${name}.`, 'file'),
  );
}

function checkSections(file: JsonObject): readonly ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (file['citus'] !== undefined && file['citus'] !== null) {
    // Left out in silence, the member would join as one of a plain cluster.
    faults.push(fault('citus', file['citus'], 'is not supported yet: remove it'));
  }
  const { mode } = section(file, 'watchdog');
  if (readWatchdogMode(mode) === null) {
    const message = 'contains a wrong value: it takes off, automatic or required';
    faults.push(fault('watchdog.mode', mode, message));
  }
  return faults;
}

/** What is wrong with a file (environment included) beyond its schema. It takes any file. */
export function validateConfigFile(file: JsonObject): readonly ConfigFault[] {
  return [
    ...checkName(file),
    ...validateStore(file),
    ...checkSections(file),
    ...validateAddresses(file),
    ...validateSecrets(file),
    ...validateBootstrap(file),
    ...validateReplicaMethods(file),
    ...validateDynamic(section(section(file, 'bootstrap'), 'dcs'), 'bootstrap.dcs.'),
    ...checkParameters(file),
    ...checkRecoveryConf(file),
    ...checkTags(file),
    ...checkRanges(file),
    ...checkPlaces(file),
  ];
}
