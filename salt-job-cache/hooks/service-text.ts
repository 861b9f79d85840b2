// The text of the service's configuration. Pure.

import { compareText } from '#interfaces/pgsql/numeric-order.ts';
import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import type { MachinePlace } from '../machine/place.ts';
import type { ServiceConfig } from '../src/service/service-config.ts';
import { hostAndPort, type Server } from './servers.ts';
import type { Settings } from './settings.ts';

export interface ServiceInputs {
  readonly place: MachinePlace;
  readonly settings: Settings;
  readonly servers: readonly Server[];
  /** What the relation says of the primary, with the password. */
  readonly master: ConnectionString;
  /** Name of the machine. */
  readonly hostName: string;
}

/** As Salt names its master where nothing else was said. */
export function masterIdOf(settings: Pick<Settings, 'masterId'>, hostName: string): string {
  return settings.masterId ?? `${hostName}_master`;
}

/** It looks for the primary itself, so that the order says nothing, and another one is no reason to start it anew. */
function inOneOrder(servers: readonly Server[]): readonly Server[] {
  return [...servers].sort((left, right) =>
    compareText(`${left.host}:${left.port}`, `${right.host}:${right.port}`),
  );
}

function connectionOf({ master, servers }: ServiceInputs): string {
  const parts = new Map(master.keys().map((key) => [key, master.get(key) ?? ''] as const));
  for (const [keyword, value] of Object.entries(hostAndPort(inOneOrder(servers)))) {
    parts.set(keyword, value);
  }
  return new ConnectionString(parts).libpq;
}

function ingestOf({ settings, place }: ServiceInputs): ServiceConfig['ingest'] {
  if (!settings.ingestEvents) return null;
  return {
    socket: settings.eventSocket,
    spool: place.spool,
    spoolLimitBytes: settings.spoolLimitBytes,
    events: settings.recordEvents ? { allow: settings.eventTags, deny: [] } : null,
  };
}

/** Holds the password. The same facts give the same text. */
export function serviceText(inputs: ServiceInputs): string {
  const { settings, place, hostName } = inputs;
  const config: ServiceConfig = {
    connection: connectionOf(inputs),
    masterId: masterIdOf(settings, hostName),
    keepJobsSeconds: settings.keepJobsSeconds,
    keepJobs: settings.keepJobs,
    keepEventsSeconds: settings.keepEventsSeconds,
    partitions: settings.partitions,
    mode: settings.compatibleRows ? 'compatible' : 'default',
    ingest: ingestOf(inputs),
    statusFile: place.status,
    logLevel: 'info',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
