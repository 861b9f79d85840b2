// Handlers that come before there is a server: storage, configuration, packages.

import { canonicalJson } from '#charm/reactive/data-changed.ts';
import type { Handler } from '#charm/reactive/handler.ts';
import { frozenClusterProblems } from '../cluster-settings.ts';
import { type Context, words } from '../context.ts';
import {
  clusterMade,
  installed,
  installTrouble,
  network,
  noteTrouble,
  settingsInForce,
  settingsProblems,
  storageLocation,
} from '../facts.ts';
import { readNetwork } from '../network.ts';
import { frozenProblems, readSettings, type Settings } from '../settings.ts';

const { handler, hook, whenNot } = words;

/** The storage comes before anything else, even before `install` (L20). */
const storageAttached = handler(
  'storage-attached',
  [hook('pgdata-storage-attached')],
  (context) => {
    storageLocation.write(context.data, context.hook.storage?.location ?? null);
    context.flags.set('postgresql.look_again');
  },
);

function putInForce(context: Context, settings: Settings): void {
  const before = settingsInForce.read(context.data);
  if (canonicalJson(before) === canonicalJson(settings)) return;
  settingsInForce.write(context.data, settings);
  context.flags.set('postgresql.look_again');
  if (before !== null && canonicalJson(before.privileges) !== canonicalJson(settings.privileges)) {
    context.flags.set('postgresql.grant_again');
  }
}

/** What can't be chosen any more: before there is a cluster that is the version, once it is installed. */
function madeWith(context: Context, settings: Settings): Parameters<typeof frozenProblems>[1] {
  const version = installed.read(context.data)?.version;
  const { locale } = settings;
  return clusterMade.read(context.data) ?? (version === undefined ? null : { version, locale });
}

/**
 * Reads the configuration. While an option can't be used all settings stay as they were, so that a slip
 * of the hand changes nothing but the status.
 */
const readConfiguration = handler(
  'read-configuration',
  [hook('install', 'config-changed', 'upgrade-charm')],
  (context) => {
    const { settings, problems } = readSettings(context.config);
    const all = [
      ...problems,
      ...frozenProblems(settings, madeWith(context, settings)),
      ...frozenClusterProblems(settings.cluster, settingsInForce.read(context.data)?.cluster),
    ];
    settingsProblems.write(context.data, all.length === 0 ? null : all);
    if (all.length === 0) putInForce(context, settings);
  },
);

/** Juju tells of another address of the machine by config-changed (L30). */
const noticeAddress = handler(
  'notice-address',
  [hook('config-changed', 'upgrade-charm')],
  (context) => {
    const before = network.read(context.data);
    if (before !== null && canonicalJson(before) !== canonicalJson(readNetwork(context))) {
      context.flags.set('postgresql.look_again');
    }
  },
);

/** Another revision of the charm may want other files, parameters or lines of access. */
const noticeUpgrade = handler('notice-upgrade', [hook('upgrade-charm')], (context) => {
  context.flags.set('postgresql.look_again');
});

/** Until the packages are there every hook tries again: a mirror that is away comes back. */
const install = handler('install', [whenNot('postgresql.installed')], (context) => {
  const settings = settingsInForce.read(context.data);
  if (settings === null) return;
  const answer = context.services.install({ command: 'install', version: settings.version });
  for (const sentence of answer.did) context.log.info(sentence);
  noteTrouble(installTrouble, context.data, answer.problem, context.now());
  if (!answer.ok) return;
  const [version = ''] = answer.version.split('.');
  installed.write(context.data, { version, binDirectory: answer.binDirectory });
  context.flags.set('postgresql.installed');
  context.flags.set('postgresql.look_again');
});

export const prepareHandlers: readonly Handler<Context>[] = [
  storageAttached,
  readConfiguration,
  noticeAddress,
  noticeUpgrade,
  install,
];
