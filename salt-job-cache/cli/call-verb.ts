// The command line of the verb `call`.

import type { Command } from 'commander';
import { PostgresLocalCache } from '../src/postgres-local-cache.ts';
import { JobCacheError } from '../src/errors.ts';
import { PythonError } from '../src/value/python-error.ts';
import { serveCalls } from './call.ts';
import type { Verb } from './cli.ts';

/** A server that does not answer any more is given up, and the next request looks for another. */
const statementTimeoutMs = 60_000;

const help = `
Each line of standard input is a request, each line of standard output an answer, in the same order:
  {"fn": "get_load", "args": ["20240102030405678901"]}   a function of Salt's module, its arguments
  {"fn": "returner", "kwargs": {"load": {…}}}            by position or by keyword
  {"ok": value}                                          what it returned
  {"err": kind, "sqlstate": code, "msg": text, "transient": true or false}
The first line of output names the functions. A request that fails never ends the program; the end of the
input does. An error that is transient may be gone at the next try, as when the database was away.
A request is never repeated by itself: after such an error it may have been carried out or not.

clean_old_jobs deletes what is older than keep_jobs_seconds of the Salt master's configuration, a day
where it says nothing. With --compatible it deletes nothing, as Salt's own; and where Salt's own would
return nothing and log that the database is away, the error is told all the same.`;

export const callVerb: Verb = (program, cli) => {
  program
    .command('call')
    .summary('Call the functions of the job cache from any language.')
    .description("Every function of Salt's module postgres_local_cache, as lines of JSON.")
    .option('--compatible', "write rows as Salt's own module does, byte for byte", false)
    .addHelpText('after', help)
    .action(async (_options: unknown, command: Command) => {
      const { compatible } = command.opts<{ readonly compatible: boolean }>();
      const masterId = await cli.masterId(command);
      const keepJobsSeconds = await cli.keepJobsSeconds(command);
      // A database that is away now may be there when the first request comes.
      await using database = await cli.openDatabase(command, {
        whenAway: 'later',
        statementTimeoutMs,
      });
      const cache = new PostgresLocalCache(database, {
        mode: compatible ? 'compatible' : 'default',
        masterId,
        clock: cli.clock,
        keepJobsSeconds,
        interrupted: cli.interrupted,
      });
      await serveCalls(cache, {
        input: cli.stdin,
        output: cli.stdout,
        interrupted: cli.interrupted,
        report: (error) => {
          if (error instanceof JobCacheError || error instanceof PythonError) return;
          // A mistake of ours; the caller gets its sentence, and who mends it needs its place.
          cli.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        },
      });
    });
};
