// The reference page of errors: every code, and what it means.

import {
  hookToolMeanings,
  leadershipMeanings,
  modelMeanings,
  pgsqlMeanings,
  problemMeanings,
  reactiveMeanings,
  unitDataMeanings,
} from './error-meanings.ts';

interface Catalogue {
  readonly title: string;
  /** Where one meets them. */
  readonly where: string;
  readonly meanings: Readonly<Record<string, string>>;
}

const catalogues: readonly Catalogue[] = [
  {
    title: 'Problems of the server or of a relation',
    where:
      'What `pg-setup` answers. The message and what to do stand in the status of `postgresql`; other relations are served all the same.',
    meanings: problemMeanings,
  },
  {
    title: 'PgsqlError',
    where: 'Thrown by `interfaces/pgsql` to the charm that uses it, before anything is written.',
    meanings: pgsqlMeanings,
  },
  {
    title: 'ReactiveError',
    where: 'Ends the hook. In the log, with its causes.',
    meanings: reactiveMeanings,
  },
  {
    title: 'HookToolError',
    where: 'Thrown by `context.tools` when Juju refuses a call. Told apart by `kind`.',
    meanings: hookToolMeanings,
  },
  {
    title: 'LeadershipError',
    where: 'Thrown by `context.leadership.leaderSet`, before anything is written.',
    meanings: leadershipMeanings,
  },
  {
    title: 'UnitDataError',
    where: 'Ends the hook: a charm never starts over with an empty memory. Told apart by `kind`.',
    meanings: unitDataMeanings,
  },
  {
    title: 'ModelError',
    where: 'What `juju-local` refuses, in the words of Juju, with a hint behind it. Exit code 1.',
    meanings: modelMeanings,
  },
];

/** Text of `docs/reference/errors.md`. */
export function errorReference(): string {
  const parts = catalogues.map(({ title, where, meanings }) => {
    const rows = Object.entries(meanings).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
    return `## ${title}\n\n${where}\n\n| code | meaning |\n| --- | --- |\n${rows.join('\n')}\n`;
  });
  return [
    '<!-- Made from the error catalogues by `npm run generate`; do not edit. -->\n\n# Errors\n',
    'A code never changes its meaning. Messages say what was tried, what was found and what to do;',
    'none of them holds a password.\n',
    ...parts,
    '`juju-local` ends with 0, with 1 when a command failed, and with 2 when it was no command.\n',
  ].join('\n');
}
