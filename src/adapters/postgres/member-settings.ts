// Puts together what one start or one reload of the server needs, from the configuration and what is known of
// the server. The rules stand in the core; here they meet.

import { join } from 'node:path';
import type { AgentConfig } from '#core/config/patroni/agent-config.ts';
import { hbaLinesFor, hbaText } from '#core/config/patroni/hba.ts';
import { identText } from '#core/config/patroni/ident.ts';
import { postgresqlConfText } from '#core/config/patroni/postgresql-conf.ts';
import { readRecoveryConf } from '#core/config/patroni/recovery-parameters.ts';
import type { StandbySettings } from '#core/config/patroni/recovery-settings.ts';
import { primarySettings, standbySettings } from '#core/config/patroni/recovery-settings.ts';
import { roleParameters } from '#core/config/patroni/role-parameters.ts';
import type { RoleVariant } from '#core/config/patroni/role-variant.ts';
import { roleVariantOf } from '#core/config/patroni/role-variant.ts';
import { onCommandLine, serverParameters } from '#core/config/patroni/server-parameters.ts';
import type { JsonObject, Role } from '#core/dcs/cluster.ts';
import { hasSlotsOfServer, isSlotSyncNeeded } from '#core/slots/slot-sync.ts';
import { synchronizedStandbySlots } from '#core/slots/synchronized-slots.ts';
import type { Upstream } from '#core/ha/values.ts';
import type { MemberPlace } from './member-place.ts';

/** Recovery of a restored cluster; `keep` leaves what the restore wrote. */
export type BootstrapRecovery =
  | { readonly kind: 'keep' }
  | { readonly kind: 'none' }
  | { readonly kind: 'written'; readonly recoveryConf: JsonObject };

export interface SettingsRequest {
  readonly config: AgentConfig;
  readonly place: MemberPlace;
  readonly role: Role;
  /** Of a standby; null where it follows nobody. */
  readonly upstream: Upstream | null;
  readonly serverVersion: number;
  /** Null where the configuration decides it. */
  readonly synchronousStandbyNames: string | null;
  readonly isHotStandbyFeedbackForced: boolean;
  /** The server keeps slots of the primary by itself, and goes on so where nothing else is configured. */
  readonly isSlotSyncKept: boolean;
  readonly knownNames: ReadonlySet<string> | null;
  /** Names the server refused. */
  readonly refusedNames: ReadonlySet<string>;
  readonly controlSettings: Readonly<Record<string, number>> | null;
  /** While a custom bootstrap runs; else null. */
  readonly bootstrapRecovery: BootstrapRecovery | null;
}

export interface ServerSettings {
  /** As configured, before a standby's control file raised some. */
  readonly wanted: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly commandLine: readonly string[];
  readonly recovery: StandbySettings;
  /** `include`: the file postgresql.conf was before. */
  readonly confText: (include: string) => string;
  /** Null where the file is left as it is. */
  readonly hbaText: string | null;
  readonly identText: string | null;
}

/** Whether it has the settings of a primary. */
export function isPrimary(role: Role): boolean {
  return roleVariantOf(role) === 'primary';
}

const noRecovery: StandbySettings = { parameters: {}, passfileText: null };

function recoverySettings(request: SettingsRequest, variant: RoleVariant): StandbySettings {
  const { config, serverVersion, bootstrapRecovery, upstream } = request;
  if (bootstrapRecovery?.kind === 'written') {
    return {
      parameters: readRecoveryConf(bootstrapRecovery.recoveryConf, serverVersion),
      passfileText: null,
    };
  }
  if (bootstrapRecovery !== null) return noRecovery;
  if (variant === 'primary') return primarySettings;
  return standbySettings({
    memberName: config.name,
    serverVersion,
    upstream,
    replication: config.postgresql.replication,
    passfile: config.postgresql.pgpass,
    recoveryConf: config.postgresql.recoveryConf,
    // From version 17 on; without it the server can't take slots over from the primary by itself.
    slotSyncDatabase: config.postgresql.database,
  });
}

/** Whether recovery of a restored cluster ends by itself, so that hot standby would only be in its way. */
function isPromotedAtTarget(recovery: BootstrapRecovery, serverVersion: number): boolean {
  if (recovery.kind === 'keep') return true;
  if (recovery.kind === 'none') return false;
  const action = readRecoveryConf(recovery.recoveryConf, serverVersion)['recovery_target_action'];
  return action?.toLowerCase() === 'promote';
}

export function serverSettings(request: SettingsRequest): ServerSettings {
  const { config, place, bootstrapRecovery, refusedNames, serverVersion } = request;
  const { postgresql } = config;
  const variant = roleVariantOf(request.role);
  const names = request.synchronousStandbyNames;
  const { parameters, warnings } = serverParameters({
    scope: config.scope,
    listen: postgresql.listen,
    serverVersion,
    configDir: place.configDirectory,
    parameters: postgresql.parameters,
    roleParameters: postgresql.parametersByRole[variant],
    synchronousStandbyNames:
      names === null ? { kind: 'configured' } : { kind: 'owned', value: names },
    isHotStandbyFeedbackForced: request.isHotStandbyFeedbackForced,
    slotSync: isSlotSyncNeeded(config.tags, config.global, serverVersion)
      ? 'forced'
      : request.isSlotSyncKept
        ? 'kept'
        : 'configured',
    synchronizedStandbySlots:
      names !== null && hasSlotsOfServer(config.global, serverVersion)
        ? synchronizedStandbySlots(names)
        : null,
    knownNames: request.knownNames,
  });
  const wanted = Object.fromEntries(
    Object.entries(parameters).filter(([name]) => !refusedNames.has(name)),
  );
  const raised = roleParameters({
    role: variant,
    parameters: wanted,
    controlSettings: request.controlSettings,
    customBootstrap:
      bootstrapRecovery === null
        ? null
        : { isPromotedAtTarget: isPromotedAtTarget(bootstrapRecovery, serverVersion) },
  });
  const recovery = recoverySettings(request, variant);
  const hbaLines = hbaLinesFor(postgresql, variant);
  const ownsHba = wanted['hba_file'] === undefined && hbaLines !== null;
  const ownsIdent = wanted['ident_file'] === undefined && postgresql.pgIdent !== null;
  return {
    wanted,
    warnings: [...warnings, ...raised.warnings],
    commandLine: [
      '-D',
      place.dataDirectory,
      `--config_file=${join(place.configDirectory, 'postgresql.conf')}`,
      ...onCommandLine(raised.parameters).map(([name, value]) => `--${name}=${value}`),
    ],
    recovery,
    confText: (include) =>
      postgresqlConfText({
        include,
        parameters: raised.parameters,
        hbaFile: join(place.configDirectory, 'pg_hba.conf'),
        identFile: join(place.configDirectory, 'pg_ident.conf'),
        isHbaFileForced: bootstrapRecovery !== null,
        recovery: recovery.parameters,
      }),
    hbaText: ownsHba ? hbaText(hbaLines) : null,
    identText: ownsIdent ? identText(postgresql.pgIdent ?? []) : null,
  };
}
