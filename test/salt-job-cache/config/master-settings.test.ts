// What is read out of a Salt master's configuration, a password file, and libpq's environment.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConnectionString } from '#interfaces/pgsql/connection-string.ts';
import { chooseSource, masterFileOf } from '#salt-job-cache/src/config/choose-source.ts';
import { withEnvironment } from '#salt-job-cache/src/config/libpq-environment.ts';
import {
  connectionOf,
  keepJobsSecondsOf,
  masterIdOf,
} from '#salt-job-cache/src/config/master-settings.ts';
import { passwordFrom } from '#salt-job-cache/src/config/password-file.ts';
import {
  includesOf,
  mergeOptions,
  parseMasterFile,
} from '#salt-job-cache/src/config/yaml-options.ts';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';

const whole = `
master_job_cache: postgres_local_cache
master_job_cache.postgres.host: 'salt'
master_job_cache.postgres.user: salt
master_job_cache.postgres.passwd: 'p:a"s s'
master_job_cache.postgres.db: jobs
master_job_cache.postgres.port: 5433
`;

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof JobCacheError) return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

test("reads Salt's dotted keys into a connection", () => {
  const connection = connectionOf(parseMasterFile('/m', whole), ['/m']);

  assert.deepEqual(
    ['host', 'port', 'user', 'dbname', 'password'].map((keyword) => connection.get(keyword)),
    ['salt', '5433', 'salt', 'jobs', 'p:a"s s'],
  );
});

test('names every key that is missing, and every file it was looked for in', () => {
  const text = "master_job_cache.postgres.host: 'salt'\nmaster_job_cache.postgres.db: 'salt'\n";

  const message = refusal(() => connectionOf(parseMasterFile('/a', text), ['/a', '/b.conf']));

  assert.match(
    message,
    /user, master_job_cache\.postgres\.passwd, master_job_cache\.postgres\.port are missing in \/a, \/b\.conf/u,
  );
});

test('what is wrong with a file is told by line, and never by content', () => {
  const broken = refusal(() => parseMasterFile('/m', 'a: 1\npasswd: "OpenSesame17\n'));
  const list = refusal(() => parseMasterFile('/m', '- OpenSesame17\n'));

  assert.match(broken, /\/m is no YAML at line [23]/u);
  assert.match(list, /has to be a mapping/u);
  assert.ok(!`${broken}${list}`.includes('OpenSesame17'));
});

test('words are what they are to PyYAML', () => {
  const text = 'a: y\nb: yes\nc: off\nd: N\ne: 0x10\nf: "yes"\na: n\n';

  const options = parseMasterFile('/m', text);

  assert.deepEqual(Object.fromEntries(options), {
    a: 'n',
    b: true,
    c: false,
    d: 'N',
    e: 16,
    f: 'yes',
  });
});

test('later files win, and files name what they include', () => {
  const merged = mergeOptions([
    parseMasterFile('/a', 'id: one\nkeep_jobs: 1\n'),
    parseMasterFile('/b', 'id: two\n'),
    parseMasterFile('/c', ''),
  ]);

  assert.deepEqual([merged.get('id'), merged.get('keep_jobs')], ['two', 1]);
  assert.deepEqual(includesOf(parseMasterFile('/a', '')), ['master.d/*.conf']);
  assert.deepEqual(includesOf(parseMasterFile('/a', 'default_include: d/*\ninclude: [x, y]')), [
    'd/*',
    'x',
    'y',
  ]);
});

test('seconds count, and hours only where the seconds are the default', () => {
  const seconds = (text: string): number => keepJobsSecondsOf(parseMasterFile('/m', text));

  assert.equal(seconds(''), 86_400);
  assert.equal(seconds('keep_jobs: 1'), 3600);
  assert.equal(seconds('keep_jobs: 0'), 0);
  assert.equal(seconds('keep_jobs: 1\nkeep_jobs_seconds: 100'), 100);
  assert.equal(seconds('keep_jobs: 48\nkeep_jobs_seconds: 86400'), 172_800);
  assert.equal(seconds("keep_jobs_seconds: '3600'"), 3600);
  assert.equal(seconds('keep_jobs_seconds: 0'), 0);
  assert.match(
    refusal(() => seconds('keep_jobs_seconds: soon')),
    /keep_jobs_seconds .* has to be a number/u,
  );
});

test('a configured id stays, one that is found gets _master behind it', () => {
  const id = (text: string, minionId: string | null): string =>
    masterIdOf(parseMasterFile('/m', text), minionId, 'host');

  assert.equal(id('id: boss', 'minion'), 'boss');
  assert.equal(id('', 'minion\n'), 'minion_master');
  assert.equal(id('', 'localhost'), 'host_master');
  assert.equal(id('', null), 'host_master');
  assert.equal(id('append_domain: example.org', null), 'host.example.org_master');
  assert.equal(id('append_domain: example.org\nid: x.example.org', null), 'x.example.org');
});

test('the command line comes before the environment, and that before the Salt master', () => {
  const environment = { PGHOST: 'db' };

  assert.equal(
    chooseSource({ connection: 'host=a', config: '/f' }, environment).kind,
    'connection',
  );
  assert.deepEqual(chooseSource({ config: '/f' }, environment), { kind: 'file', path: '/f' });
  assert.equal(chooseSource({}, environment).kind, 'environment');
  assert.deepEqual(chooseSource({}, { PGPASSWORD: 'x' }), {
    kind: 'master',
    path: '/etc/salt/master',
  });
  assert.equal(masterFileOf({ SALT_CONFIG_DIR: '/srv/salt' }), '/srv/salt/master');
  assert.equal(masterFileOf({ SALT_MASTER_CONFIG: '/x', SALT_CONFIG_DIR: '/srv/salt' }), '/x');
});

test('a password on the command line is refused, and not repeated', () => {
  for (const connection of ['host=a password=OpenSesame17', 'postgresql://u:OpenSesame17@h/d']) {
    const message = refusal(() => chooseSource({ connection }, {}));
    assert.match(message, /PGPASSWORD.*PGPASSFILE.*--config/u);
    assert.ok(!message.includes('OpenSesame17'));
  }
  assert.match(
    refusal(() => chooseSource({ connection: 'what' }, {})),
    /position/u,
  );
});

test('the environment fills in what is open, and never leads elsewhere', () => {
  const environment = {
    PGHOST: 'other',
    PGHOSTADDR: '10.0.0.9',
    PGPORT: '9',
    PGPASSWORD: 'x',
    PGSSLMODE: '',
  };

  const named = withEnvironment(ConnectionString.parse('host=here user=u'), environment);
  const open = withEnvironment(ConnectionString.parse('user=u'), environment);

  assert.equal(named.libpq, 'host=here password=x port=9 user=u');
  assert.equal(open.libpq, 'host=other hostaddr=10.0.0.9 password=x port=9 user=u');
});

test('the first line of a password file that fits wins; colons and backslashes may stand in any field', () => {
  const login = { host: 'h', port: 5432, database: 'd', user: 'u' };
  const file = [
    '# a:5432:d:u:comment',
    'h:5432:other:u:no',
    'h:*:d:u:one:two\\\\',
    '*:*:*:*:late',
    'short',
  ];

  assert.equal(passwordFrom(file.join('\n'), login), 'one:two\\');
  assert.equal(passwordFrom(file.join('\r\n'), { ...login, user: 'v' }), 'late');
  assert.equal(passwordFrom('x', login), null);
  assert.equal(
    passwordFrom('localhost:5432:d:u:p', { ...login, host: '/var/run/postgresql' }),
    'p',
  );
  assert.equal(passwordFrom('a\\:b:5432:d:u:p', { ...login, host: 'a:b' }), 'p');
});

test('whatever is escaped into a password file is found again', () => {
  const word = fc.string({ minLength: 1, unit: fc.constantFrom('a', ':', '\\', '*', 'é', '"') });
  const escape = (text: string): string => text.replaceAll(/[\\:]/gu, '\\$&');
  fc.assert(
    fc.property(word, word, word, word, (host, database, user, password) => {
      const line = `${escape(host)}:1:${escape(database)}:${escape(user)}:${escape(password)}`;
      assert.equal(passwordFrom(line, { host, port: 1, database, user }), password);
    }),
  );
});
