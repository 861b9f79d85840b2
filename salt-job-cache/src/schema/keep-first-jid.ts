// The trigger on `jids` that makes Salt's own returner behave: a second row of a job is left out without an
// error, and `started` is the time the job id tells, whatever zone the session is in. A row that was made from
// the event of a publication, which lacks two of its fields, gets them from the load that comes second.

import { qualify, quoteName, quoteText } from './quote.ts';
import { tables } from './tables.ts';

/** Name of the function and of the trigger. */
export const keepFirstJid = 'salt_job_cache_keep_first_jid';

/** A session that sets this to `own` says that its statements deal with conflicts and zones themselves. */
export const writerSetting = 'salt_job_cache.writer';

/** How a field is stored that was not there: Python's text for it. */
export const missingText = 'None';

/** What the event of a publication does not tell, and its load does. */
export const fieldsOfLoad: readonly string[] = ['kwargs', 'ret'];

const columns: readonly string[] =
  tables.find(({ name }) => name === 'jids')?.columns.map(({ name }) => name) ?? [];

/**
 * Body of the function.
 *
 * Looking first and inserting then would let two sessions with the same new id both find nothing, and the
 * second fail. So the row is inserted with ON CONFLICT, which waits for the other session; where it went in,
 * it is taken out again within the same transaction, whose hold on the key stays, and the statement that
 * fired the trigger puts it in for good. Thus it also reports the right number of rows. An advisory lock for
 * each id would be cheaper for one row, and run out of memory for locks in a COPY of a hundred thousand.
 *
 * What the first row lacks is filled in by a statement of its own, which sees the row the insert waited for; of
 * several that fill in at once the first does. Only a load has keyword arguments, so nothing else gets there, and
 * whoever may not change rows leaves it.
 *
 * Salt's ids are in UTC. The day is added to the first of its month, so that 30 February is no error here.
 */
export function keepFirstJidSource(schema: string): string {
  const names = columns.map((name) => quoteName(name)).join(', ');
  const values = columns.map((name) => `NEW.${quoteName(name)}`).join(', ');
  const jids = qualify(schema, 'jids');
  return `
BEGIN
  IF pg_trigger_depth() > 1 THEN RETURN NEW; END IF;
  IF NEW.jid ~ '^[12][0-9]{3}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])([0-5][0-9]){2}[0-9]{6}$' THEN
    NEW.started := make_timestamptz(substr(NEW.jid, 1, 4)::int, substr(NEW.jid, 5, 2)::int, 1,
        substr(NEW.jid, 9, 2)::int, substr(NEW.jid, 11, 2)::int,
        (substr(NEW.jid, 13, 2) || '.' || substr(NEW.jid, 15, 6))::double precision, 'UTC')
      + (substr(NEW.jid, 7, 2)::int - 1) * interval '24 hours';
  END IF;
  INSERT INTO ${jids} (${names}) VALUES (${values}) ON CONFLICT (jid) DO NOTHING;
  IF NOT FOUND THEN
    IF NEW.kwargs <> '${missingText}' AND has_table_privilege(${quoteText(jids)}, 'UPDATE') THEN
      UPDATE ${jids} AS j SET ${fieldsOfLoad.map((name) => `${name} = NEW.${name}`).join(', ')}
        WHERE j.jid = NEW.jid AND ${fieldsOfLoad.map((name) => `j.${name} = '${missingText}'`).join(' AND ')};
    END IF;
    RETURN NULL;
  END IF;
  DELETE FROM ${jids} WHERE jid = NEW.jid;
  RETURN NEW;
END
`;
}

/** Runs with the rights of whoever inserts; nobody else can hang it on a table of theirs. */
export function createFunction(schema: string): readonly string[] {
  const name = `${qualify(schema, keepFirstJid)}()`;
  return [
    `CREATE OR REPLACE FUNCTION ${name} RETURNS trigger LANGUAGE plpgsql
       SET search_path = pg_catalog, pg_temp AS $body$${keepFirstJidSource(schema)}$body$`,
    `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`,
  ];
}

export function createTrigger(schema: string): string {
  return `CREATE TRIGGER ${keepFirstJid} BEFORE INSERT ON ${qualify(schema, 'jids')} FOR EACH ROW
    WHEN (current_setting('${writerSetting}', true) IS DISTINCT FROM 'own')
    EXECUTE FUNCTION ${qualify(schema, keepFirstJid)}()`;
}
