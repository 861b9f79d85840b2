// The tables as the documentation of Salt's module has its users make them, with nothing of ours.

export const seedTables: string = `
  CREATE TABLE public.jids (jid varchar(20) PRIMARY KEY, started timestamptz DEFAULT now(),
    tgt_type text NOT NULL, cmd text NOT NULL, tgt text NOT NULL, kwargs text NOT NULL,
    ret text NOT NULL, username text NOT NULL, arg text NOT NULL, fun text NOT NULL);
  CREATE TABLE public.salt_returns (added timestamptz DEFAULT now(), fun text NOT NULL,
    jid varchar(20) NOT NULL, return text NOT NULL, id text NOT NULL, success boolean);
  CREATE INDEX ON public.salt_returns (added);
  CREATE INDEX ON public.salt_returns (id);
  CREATE INDEX ON public.salt_returns (jid);
  CREATE INDEX ON public.salt_returns (fun);
  CREATE TABLE public.salt_events (id serial, tag text NOT NULL, data text NOT NULL,
    alter_time timestamptz DEFAULT now(), master_id text NOT NULL);
  CREATE INDEX ON public.salt_events (tag);
  CREATE INDEX ON public.salt_events (data);
  CREATE INDEX ON public.salt_events (id);
  CREATE INDEX ON public.salt_events (master_id);`;

/** What a role has to be granted that uses them. */
export function grants(role: string): string {
  return `GRANT ALL ON public.jids, public.salt_returns, public.salt_events TO ${role};
    GRANT ALL ON SEQUENCE public.salt_events_id_seq TO ${role}`;
}
