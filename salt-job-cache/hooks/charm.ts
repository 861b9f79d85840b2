// The salt-job-cache charm, put together.

import { type Charm, defineCharm } from '#charm/charm.ts';
import { PostgreSQLClient } from '#interfaces/pgsql/requires.ts';
import { machinePlaceOf } from '../machine/place.ts';
import { cacheActions } from './cache-actions.ts';
import { charmName, configDefaults, endpoints } from './charm-files.gen.ts';
import { checkAction } from './check-action.ts';
import type { Context, Endpoints } from './context.ts';
import { databaseTrouble, requestProblem } from './facts.ts';
import type { Flag } from './flags.ts';
import { handlers } from './handlers.ts';
import { applied, cacheStats, machineProblem, outdated } from './machine-facts.ts';
import { placeOf } from './place.ts';
import { retention } from './retention.ts';
import { serviceFacts } from './service-facts.ts';
import { createServices, type Services } from './services.ts';
import { readSettings } from './settings.ts';
import { type Facts, type MachineFacts, statusOf } from './status.ts';

function machineFactsOf({ data, services, hook, config, now }: Context): MachineFacts {
  const place = machinePlaceOf(hook.charmDir, hook.unitName);
  const before = applied.read(data);
  const masterConfig = config['master-config'];
  return {
    problem: machineProblem.read(data),
    master: before?.master ?? null,
    masterConfig: typeof masterConfig === 'string' ? masterConfig : '',
    isMasterOutdated: (outdated.read(data) ?? []).some((one) => services.isRunning(one)),
    service:
      before === null
        ? null
        : serviceFacts(services.readStatus(place), services.lastWords(place), before.at, now()),
    stats: cacheStats.read(data),
    oldRows: retention.read(data)?.waiting ?? null,
  };
}

function factsOf(context: Context): Facts {
  const { db } = context.endpoints;
  const [view] = db.views;
  const settings = readSettings(context.config);
  return {
    isRelated: view !== undefined,
    isConnected: context.flags.isSet('db.connected'),
    requestProblem: requestProblem(context.data),
    optionProblem: settings.kind === 'problem' ? settings.message : null,
    database: view?.request.database ?? '',
    place: placeOf(db),
    isReady: context.flags.isSet('job-cache.ready'),
    databaseTrouble: databaseTrouble(context.data),
    warnings: db.warnings,
    application: context.hook.applicationName,
    machine: machineFactsOf(context),
    now: context.now(),
  };
}

export const charm: Charm<Flag, Services, Endpoints> = defineCharm<Flag, Services, Endpoints>({
  name: charmName,
  roles: endpoints,
  configDefaults: { ...configDefaults },
  endpoints: { db: (port) => new PostgreSQLClient(port) },
  handlers,
  actions: { check: checkAction, ...cacheActions },
  status: (context) => statusOf(factsOf(context)),
  services: (host) => createServices(host.environment['JUJU_CHARM_DIR'] ?? '.'),
});
