// The reference page of flags: those every charm has, those of the pgsql protocol, and each charm's own
// out of its `flags.ts`, where each stands below a comment that says what it means.

type Row = readonly [flag: string, set: string, cleared: string];

const layers: readonly {
  readonly title: string;
  readonly note: string;
  readonly rows: readonly Row[];
}[] = [
  {
    title: 'Configuration',
    note: 'Worked out when somebody asks, against what they were when somebody last asked. `OPTION` is any option of the charm.',
    rows: [
      ['config.changed', 'any option differs', 'at the end of the hook'],
      ['config.changed.OPTION', 'this one does', 'at the end of the hook'],
      ['config.set.OPTION', 'its value is not empty, 0 or false', 'when it is'],
      ['config.default.OPTION', 'it has the value of `config.yaml`', 'when it has another'],
    ],
  },
  {
    title: 'Leadership',
    note: 'Worked out when somebody asks. `KEY` is a leader setting; keys the charm leaves out have no flags.',
    rows: [
      ['leadership.is_leader', 'this unit leads', 'when it does not'],
      ['leadership.set.KEY', 'the setting has a value', 'when it has none'],
      ['leadership.changed', 'any setting differs', 'at the end of the hook'],
      ['leadership.changed.KEY', 'this one does', 'at the end of the hook'],
    ],
  },
  {
    title: 'Every endpoint',
    note: '`EP` is the name of the endpoint, `KEY` a key of a remote bag.',
    rows: [
      ['endpoint.EP.joined', 'any unit is there', 'when none is'],
      ['endpoint.EP.changed', 'a remote bag changed in this hook', 'at the end of the hook'],
      ['endpoint.EP.changed.KEY', 'this key did: new, different or gone', 'at the end of the hook'],
      ['endpoint.EP.departed', 'a unit departs', 'in the next hook in which units are there'],
    ],
  },
  {
    title: 'A client of pgsql (`PostgreSQLClient`)',
    note: '`EP` is the endpoint, `db` by habit. The charm clears what is raised once.',
    rows: [
      ['EP.connected', 'a server unit is there', 'when the last has left'],
      [
        'EP.database.available',
        'there is a complete connection to a primary',
        'when there is none',
      ],
      ['EP.master.available', 'a primary is known', 'when none is'],
      ['EP.standbys.available', 'a standby is known', 'when none is'],
      ['EP.database.changed', 'either of the two below', 'by the charm'],
      ['EP.master.changed', 'the primary, its password or its database is another', 'by the charm'],
      ['EP.standbys.changed', 'the standbys are others', 'by the charm'],
      ['EP.departed', 'the last server has left', 'by the charm'],
    ],
  },
  {
    title: 'A server of pgsql (`PostgreSQL`)',
    note: 'Each stands while any relation waits.',
    rows: [
      [
        'EP.database.requested',
        'a relation waits for its database',
        'when it is provided or refused',
      ],
      [
        'EP.roles.requested',
        'a relation waits for its roles',
        'when they are acknowledged or refused',
      ],
      [
        'EP.extensions.requested',
        'a relation waits for its extensions',
        'when they are acknowledged or refused',
      ],
      ['EP.addresses.changed', 'client units came, went or moved', 'when they are let in'],
      ['EP.departed', 'a relation is gone and not dealt with', 'when it is forgotten'],
    ],
  },
];

function table(rows: readonly Row[]): string {
  const lines = rows.map(([flag, set, cleared]) => `| \`${flag}\` | ${set} | ${cleared} |`);
  return `| flag | set while or when | cleared |\n| --- | --- | --- |\n${lines.join('\n')}\n`;
}

/** The flags of a `flags.ts` that have a comment: the charm's own. */
export function ownFlags(source: string): readonly (readonly [flag: string, meaning: string])[] {
  return [...source.matchAll(/\/\*\* (?<meaning>[^*]+) \*\/\s+\| '(?<flag>[^']+)'/gu)].map(
    (match) => [match.groups?.['flag'] ?? '', match.groups?.['meaning'] ?? ''] as const,
  );
}

/**
 * Text of `docs/reference/flags.md`.
 * @param charms name of each charm and the text of its `flags.ts`
 */
export function flagReference(
  charms: readonly (readonly [name: string, source: string])[],
): string {
  const families = layers.map(
    ({ title, note, rows }) => `## ${title}\n\n${note}\n\n${table(rows)}`,
  );
  const own = charms.map(([name, source]) => {
    const rows = ownFlags(source).map(([flag, meaning]) => `| \`${flag}\` | ${meaning} |`);
    return `## The charm ${name}\n\n| flag | meaning |\n| --- | --- |\n${rows.join('\n')}\n`;
  });
  return [
    '<!-- Made by `npm run generate`; do not edit. -->\n\n# Flags\n',
    'What flags are, and when handlers that wait for them run, is in',
    '[flags and handlers](../explanation/reactive.md).\n',
    ...families,
    ...own,
  ].join('\n');
}
