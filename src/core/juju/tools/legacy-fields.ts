// Two things of Juju 3 the model has no field for, since Juju 4 dropped them and no charm of this project
// uses them: leader settings and payloads. They ride on the application and the unit as extra fields, so
// that they are kept and stored with these, and everything about them stands in this file.

import { applicationNamed, unitNamed } from '../find.ts';
import type { Application, ApplicationName, Model, Unit, UnitName } from '../model.ts';
import { withKey } from '../own.ts';
import type { Settings } from './settings-cache.ts';

export interface Payload {
  readonly class: string;
  readonly type: string;
  readonly id: string;
  readonly status: string;
  readonly labels: readonly string[];
}

interface WithLeaderSettings extends Application {
  readonly leaderSettings?: Settings;
}

interface WithPayloads extends Unit {
  readonly payloads?: readonly Payload[];
}

export function leaderSettingsOf(model: Model, name: ApplicationName): Settings {
  const application: WithLeaderSettings = applicationNamed(model, name);
  return application.leaderSettings ?? {};
}

export function withLeaderSettings(model: Model, name: ApplicationName, settings: Settings): Model {
  const application: WithLeaderSettings = {
    ...applicationNamed(model, name),
    leaderSettings: settings,
  };
  return { ...model, applications: withKey(model.applications, name, application) };
}

export function payloadsOf(model: Model, name: UnitName): readonly Payload[] {
  const unit: WithPayloads = unitNamed(model, name);
  return unit.payloads ?? [];
}

export function withPayloads(model: Model, name: UnitName, payloads: readonly Payload[]): Model {
  const unit: WithPayloads = { ...unitNamed(model, name), payloads };
  return { ...model, units: withKey(model.units, name, unit) };
}
