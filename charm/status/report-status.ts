// Sets the statuses at the end of a hook, once. They are set also where they are the same as before:
// Juju itself overwrites them around install and stop (E90, E91), and a status set by a hook that
// failed later stays (E61), so what was set last is not known.

import type { Charm, CharmContext } from '../charm.ts';
import type { Status } from './status.ts';
import { presentable } from './status.ts';

/** What is to be set; null where the charm does not say. */
export interface Statuses {
  readonly unit: Status | null;
  readonly application: Status | null;
}

/** Works the statuses out. Asks for leadership only where the charm has an application status. */
export async function workOutStatuses<Flag extends string, Services, Endpoints extends object>(
  charm: Charm<Flag, Services, Endpoints>,
  context: CharmContext<Flag, Services, Endpoints>,
): Promise<Statuses> {
  const unit = (await charm.status?.(context)) ?? null;
  const speaks = charm.applicationStatus !== undefined && context.leadership.isLeader();
  const application = speaks ? ((await charm.applicationStatus?.(context)) ?? null) : null;
  return { unit, application };
}

/** Sets them. The tools take registered secrets out of the messages. */
export function setStatuses(
  tools: Pick<CharmContext['tools'], 'statusSet'>,
  statuses: Statuses,
): void {
  const { unit, application } = statuses;
  if (unit !== null) {
    const { status, message } = presentable(unit);
    tools.statusSet(status, message);
  }
  if (application !== null) {
    const { status, message } = presentable(application);
    tools.statusSet(status, message, { application: true });
  }
}
