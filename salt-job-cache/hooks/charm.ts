// The salt-job-cache charm, put together.

import { type Charm, defineCharm } from '#charm/charm.ts';
import { PostgreSQLClient } from '#interfaces/pgsql/requires.ts';
import { charmName, configDefaults, endpoints } from './charm-files.gen.ts';
import { checkAction } from './check-action.ts';
import { databaseTrouble, requestProblem } from './facts.ts';
import type { Flag } from './flags.ts';
import { type Context, type Endpoints, handlers } from './handlers.ts';
import { placeOf } from './place.ts';
import { createServices, type Services } from './services.ts';
import { type Facts, statusOf } from './status.ts';

function factsOf(context: Context): Facts {
  const { db } = context.endpoints;
  const [view] = db.views;
  return {
    isRelated: view !== undefined,
    isConnected: context.flags.isSet('db.connected'),
    requestProblem: requestProblem(context.data),
    database: view?.request.database ?? '',
    place: placeOf(db),
    isReady: context.flags.isSet('job-cache.ready'),
    databaseTrouble: databaseTrouble(context.data),
    warnings: db.warnings,
    application: context.hook.applicationName,
  };
}

export const charm: Charm<Flag, Services, Endpoints> = defineCharm<Flag, Services, Endpoints>({
  name: charmName,
  roles: endpoints,
  configDefaults: { ...configDefaults },
  endpoints: { db: (port) => new PostgreSQLClient(port) },
  handlers,
  actions: { check: checkAction },
  status: (context) => statusOf(factsOf(context)),
  services: (host) => createServices(host.environment['JUJU_CHARM_DIR'] ?? '.'),
});
