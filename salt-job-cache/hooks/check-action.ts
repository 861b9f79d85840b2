// The action `check`: records a job, reads it back, and says where.

import { type Action, ActionFailure } from '#charm/charm.ts';
import type { Context } from './context.ts';
import { placeOf } from './place.ts';

export const checkAction: Action<Context> = {
  run(context) {
    const place = placeOf(context.endpoints.db);
    if (place === null || !context.flags.isSet('job-cache.ready')) {
      throw new ActionFailure(
        'Cannot check the job cache: it has no tables in a database yet; see the status of this unit',
      );
    }
    const answer = context.services.jobCache({
      command: 'check',
      connection: place.connection,
    });
    if (answer.problem !== null) {
      throw new ActionFailure(`The job cache does not work: ${answer.problem.message}`);
    }
    return {
      result: 'recorded a job and read it back',
      jid: answer.jid ?? '',
      database: place.database,
      server: `${place.host}:${place.port}`,
    };
  },
};
