// Keeps what is on this machine as it is to be: the service, and the Salt master's files. A program beside the hook is
// called where anything of it changed or the service is gone.

import { canonicalJson } from '#charm/reactive/data-changed.ts';
import { hashText } from '#charm/reactive/digest.ts';
import type { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import { machinePlaceOf } from '../machine/place.ts';
import type { ConfigureRequest, MasterFiles, UnitFacts } from '../machine/request.ts';
import type { Context } from './context.ts';
import {
  address,
  type Applied,
  applied,
  machineProblem,
  outdated,
  type Told,
  told,
} from './machine-facts.ts';
import { masterDropIn, masterFile, type MasterInputs, masterKeys } from './master-config.ts';
import { limitsFor, retention } from './retention.ts';
import { knowsAll, type Server, serversOf, serversToName } from './servers.ts';
import { serviceText } from './service-text.ts';
import { type Settings, usualMasterConfig } from './settings.ts';

/** Asked of Juju once: every change of it comes with config-changed, which asks anew. */
function knownAddress(context: Context): string {
  const isAsked = context.hook.dispatchName !== 'config-changed';
  const before = isAsked ? address.read(context.data) : null;
  if (before !== null) return before;
  const { bindAddress, ingressAddress } = context.tools.networkGet('db');
  const found = bindAddress ?? ingressAddress ?? '';
  address.write(context.data, found);
  return found;
}

export function unitFacts(context: Context): UnitFacts {
  const own = knownAddress(context);
  return {
    unit: context.hook.unitName,
    charmDir: context.hook.charmDir,
    version: context.services.charmVersion(),
    isLoopback: own.startsWith('127.') || own === '::1',
  };
}

/**
 * The directory to write into. A model that lives on one machine does not write into that machine's own
 * configuration, unless it is told of a directory.
 */
function directoryOf(settings: Settings, unit: UnitFacts): string | null {
  const { masterConfig } = settings;
  return unit.isLoopback && masterConfig === usualMasterConfig ? null : masterConfig;
}

interface Wanted {
  readonly request: ConfigureRequest;
  readonly digest: string;
  readonly told: Told;
}

interface Target {
  readonly master: ConnectionString;
  readonly servers: readonly Server[];
}

function masterInputs(context: Context, settings: Settings, target: Target): MasterInputs {
  const { master, servers } = target;
  return {
    unit: context.hook.unitName,
    servers,
    database: master.dbname ?? '',
    user: master.user ?? '',
    password: master.password ?? '',
    sslMode: master.get('sslmode'),
    settings,
  };
}

function masterFiles(
  directory: string,
  inputs: MasterInputs,
  saltUser: string,
  change: Pick<MasterFiles, 'isRestartNeeded' | 'isPrimaryNew'>,
): MasterFiles {
  return {
    directory,
    text: masterFile(inputs),
    user: saltUser,
    dropIn: masterDropIn(inputs),
    hasSeveralServers: inputs.servers.length > 1,
    ...change,
  };
}

/** What is to be on this machine; null while there is no database to speak of. */
function wanted(context: Context, settings: Settings): Wanted | null {
  const [view] = context.endpoints.db.views;
  const { master } = context.endpoints.db;
  if (view === undefined || master === null) return null;
  const now = serversOf(view);
  if (now.length === 0) return null;
  const before = told.read(context.data);
  const target = { master, servers: serversToName(now, before?.servers ?? []) };
  const inputs = masterInputs(context, settings, target);
  const keys = hashText(canonicalJson(masterKeys(inputs)));
  const unit = unitFacts(context);
  const place = machinePlaceOf(unit.charmDir, unit.unit);
  const directory = directoryOf(settings, unit);
  const change = {
    isRestartNeeded:
      applied.read(context.data)?.master !== 'written' ||
      before?.keys !== keys ||
      !knowsAll(before.servers, target.servers),
    isPrimaryNew: canonicalJson(before?.servers[0] ?? null) !== canonicalJson(target.servers[0]),
  };
  const hostName = context.services.hostName();
  const limits = limitsFor(settings, retention.read(context.data), master.dbname ?? '');
  const request: ConfigureRequest = {
    command: 'configure',
    unit,
    place,
    service: serviceText({ place, settings: { ...settings, ...limits }, ...target, hostName }),
    master: directory === null ? null : masterFiles(directory, inputs, settings.saltUser, change),
    mayRestartMaster: settings.restartMaster,
    outdated: outdated.read(context.data) ?? [],
  };
  // What was found out about the masters is no wish.
  const wish = {
    ...request,
    outdated: null,
    master:
      request.master === null
        ? null
        : { ...request.master, isRestartNeeded: null, isPrimaryNew: null },
  };
  return {
    request,
    digest: hashText(canonicalJson(wish)),
    told: { keys, servers: target.servers },
  };
}

/** Whether all is as it was made, so far as a hook can tell by a look at small files. */
function isStill(context: Context, { request, digest }: Wanted, before: Applied | null): boolean {
  if (before?.digest !== digest || !context.services.isServiceKept(request.place)) return false;
  // Salt may have been installed meanwhile.
  const isAbsent = before.master === 'absent' && request.master !== null;
  return !isAbsent || !context.services.isDirectory(request.master.directory);
}

/**
 * Gets the service to run and the master to be told, where they are not yet as the options and the relation say.
 * @param reach `servers`: only where nothing but the servers is another
 */
export function keepMachine(context: Context, settings: Settings, reach: 'all' | 'servers'): void {
  const want = wanted(context, settings);
  const before = applied.read(context.data);
  if (want === null || isStill(context, want, before)) return;
  if (reach === 'servers' && told.read(context.data)?.keys !== want.told.keys) return;
  const { request } = want;
  // Another directory, or none: what was written into the old one would go on being read.
  if (
    before !== null &&
    before.directory !== null &&
    before.directory !== request.master?.directory
  ) {
    forgetMaster(context, before.directory, settings.restartMaster);
  }
  const answer = context.services.machine(request);
  for (const sentence of answer.did) context.log.info(sentence);
  machineProblem.write(context.data, answer.problem);
  outdated.write(context.data, answer.outdated.length === 0 ? null : answer.outdated);
  told.write(context.data, want.told);
  const isDone = answer.problem === null;
  applied.write(context.data, {
    digest: isDone ? want.digest : '',
    master: answer.master,
    directory: answer.master === 'written' ? (request.master?.directory ?? null) : null,
    at: context.now(),
  });
}

function forgetMaster(context: Context, directory: string, mayRestartMaster: boolean): void {
  const unit = unitFacts(context);
  const place = machinePlaceOf(unit.charmDir, unit.unit);
  const answer = context.services.machine({
    command: 'forget',
    unit,
    place,
    directory,
    mayRestartMaster,
  });
  for (const sentence of answer.did) context.log.info(sentence);
  told.write(context.data, null);
}

/**
 * Ends the service and takes away what the master was told: its user is not let in any more.
 * @param mayRestartMaster whether a master that runs with it may be restarted
 */
export function leaveMachine(context: Context, mayRestartMaster: boolean): void {
  const before = applied.read(context.data);
  if (before === null) return;
  const unit = unitFacts(context);
  const answer = context.services.machine({
    command: 'remove',
    unit,
    place: machinePlaceOf(unit.charmDir, unit.unit),
    directory: before.directory,
    mayRestartMaster,
  });
  for (const sentence of answer.did) context.log.info(sentence);
  machineProblem.write(context.data, answer.problem);
  outdated.write(context.data, answer.outdated.length === 0 ? null : answer.outdated);
  told.write(context.data, null);
  if (answer.problem === null) applied.write(context.data, null);
}
