// The example of the pgsql interface's own documentation, for both sides, written with this framework
// and run against the emulator's hook tools.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { PostgreSQL } from '#interfaces/pgsql/provides.ts';
import { PostgreSQLClient } from '#interfaces/pgsql/requires.ts';
import type { Settings } from '#interfaces/ports.ts';
import { defineCharm } from '#charm/charm.ts';
import type { HookMain } from '#charm/host.ts';
import { runCharm } from '#charm/main.ts';
import type { Explanation } from '#charm/reactive/explain.ts';
import { reactive } from '#charm/reactive/reactive.ts';
import { active, waiting } from '#charm/status/status.ts';
import { charmState, relationState, withoutJujuKeys } from '#charm/testing/charm-state.ts';
import type { CharmState } from '#charm/testing/charm-state.ts';
import type { CharmEvent } from '#charm/testing/events.ts';
import * as events from '#charm/testing/events.ts';
import { runCharm as runInTest } from '#charm/testing/run-charm.ts';
import type { Outcome } from '#charm/testing/run-charm.ts';

interface Machine {
  readonly configFile: string;
  render(databaseUrl: string, adminPassword: string): void;
  restart(): void;
}

type AppFlags = 'admin-pass' | 'db.database.available';
interface AppEndpoints {
  readonly db: PostgreSQLClient;
}

function clientCharm(configFile: string): HookMain<Machine, Explanation> {
  const { handler, when, whenFileChanged, hook } = reactive<AppFlags, Machine, AppEndpoints>();
  return runCharm(
    defineCharm<AppFlags, Machine, AppEndpoints>({
      name: 'myapp',
      endpoints: { db: (port) => new PostgreSQLClient(port) },
      services: () => assert.fail('the test brings the services'),
      handlers: [
        handler('request_db', [hook('db-relation-joined')], ({ endpoints: { db } }) => {
          db.changeDatabaseName('mydb');
          db.requestRoles('myrole', 'otherrole');
        }),
        handler('check_admin_pass', [hook('config-changed')], ({ config, flags }) => {
          flags.toggle('admin-pass', Boolean(config['admin-pass']));
        }),
        handler(
          'render_config',
          [when('db.database.available', 'admin-pass')],
          ({ endpoints: { db }, config, services }) => {
            services.render(db.connectionString() ?? '', String(config['admin-pass']));
          },
        ),
        handler('restart_service', [whenFileChanged(configFile)], ({ services }) => {
          services.restart();
        }),
      ],
      status: ({ flags }) => {
        return flags.isSet('db.database.available') ? active() : waiting('for a database');
      },
    }),
  );
}

type ServerFlags = 'db.roles.requested' | 'db.database.requested';
interface ServerEndpoints {
  readonly db: PostgreSQL;
}

interface Server {
  readonly done: string[];
}

const serverCharm = ((): HookMain<Server, Explanation> => {
  const { handler, when } = reactive<ServerFlags, Server, ServerEndpoints>();
  const userName = (relation: string, service: string): string => `${relation}_${service}`;
  return runCharm(
    defineCharm<ServerFlags, Server, ServerEndpoints>({
      name: 'postgres',
      endpoints: { db: (port) => new PostgreSQL(port) },
      services: () => assert.fail('the test brings the services'),
      handlers: [
        handler('update_roles', [when('db.roles.requested')], ({ endpoints: { db }, services }) => {
          for (const [service, roles] of db.requestedRoles()) {
            const user = userName(db.relationName(), service);
            services.done.push(`roles of ${user}: ${roles.join(' ')}`);
            db.ackRoles(service, roles);
          }
        }),
        handler(
          'provide_database',
          [when('db.database.requested')],
          ({ endpoints: { db }, services }) => {
            for (const [service, requested] of db.requestedDatabases()) {
              const database = requested || service;
              const user = userName(db.relationName(), service);
              services.done.push(`database ${database} of ${user}`);
              db.provideDatabase({
                service,
                host: '10.0.3.10',
                port: 5432,
                database,
                state: 'standalone',
                user,
                password: 'k1k1k1',
                schemaUser: `${user}_schema`,
                schemaPassword: 'k2k2k2',
              });
            }
          },
        ),
      ],
    }),
  );
})();

const clientFiles = {
  metadata: 'name: myapp\nsummary: s\ndescription: d\nrequires:\n  db:\n    interface: pgsql\n',
  config: 'options:\n  admin-pass:\n    type: string\n    description: d\n',
};
const serverFiles = {
  metadata: 'name: postgres\nsummary: s\ndescription: d\nprovides:\n  db:\n    interface: pgsql\n',
};

function clientState(fields: Partial<CharmState>, units: Record<string, Settings>): CharmState {
  const relation = relationState({ id: 1, endpoint: 'db', remoteApplication: 'postgres', units });
  return charmState({ unit: 'myapp/0', relations: [relation], ...fields });
}

test('the client asks, waits, renders when both flags are there, and restarts for a changed file', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'myapp-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const configFile = join(directory, 'app.conf');
  const done: string[] = [];
  const machine: Machine = {
    configFile,
    render(databaseUrl, adminPassword) {
      writeFileSync(configFile, `${databaseUrl}\n${adminPassword}\n`);
      done.push('render');
    },
    restart: () => void done.push('restart'),
  };
  const main = clientCharm(configFile);
  const run = async (event: CharmEvent, state: CharmState): Promise<CharmState> => {
    const outcome = await runInTest(clientFiles, main, event, state, machine);
    assert.equal(outcome.error, null);
    return outcome.state;
  };

  const asked = await run(
    events.relationJoined('db:1', 'postgres/0'),
    clientState({ config: { 'admin-pass': 'sesame' } }, { 'postgres/0': {} }),
  );
  assert.deepEqual(withoutJujuKeys(asked.relations[0]?.ownUnitBag ?? {}), {
    database: 'mydb',
    roles: 'myrole,otherrole',
  });
  assert.equal(asked.status.status, 'waiting');
  const configured = await run(events.configChanged(), asked);
  assert.deepEqual(done, []);

  const offer = {
    host: '10.0.3.10',
    port: '5432',
    database: 'mydb',
    roles: 'myrole,otherrole',
    user: 'db_myapp',
    password: 'k1k1k1',
    state: 'standalone',
    'allowed-units': 'myapp/0',
  };
  const [relation] = configured.relations;
  assert.ok(relation !== undefined);
  const served = await run(events.relationChanged('db:1', 'postgres/0'), {
    ...configured,
    relations: [{ ...relation, units: { 'postgres/0': offer } }],
  });
  const later = await run(events.updateStatus(), served);

  assert.deepEqual(done, ['render', 'restart', 'render']);
  assert.equal(later.status.status, 'active');
});

test('the server serves each request once, and again when another is made', async () => {
  const server: Server = { done: [] };
  const run = (event: CharmEvent, state: CharmState): Promise<Outcome<Explanation>> =>
    runInTest(serverFiles, serverCharm, event, state, server);
  const relation = relationState({
    id: 1,
    endpoint: 'db',
    remoteApplication: 'app',
    units: { 'app/0': {} },
  });
  const fresh = charmState({ unit: 'postgres/0', relations: [relation] });

  const joined = await run(events.relationJoined('db:1', 'app/0'), fresh);
  const changed = await run(events.relationChanged('db:1', 'app/0'), joined.state);
  assert.equal(changed.error, null);
  const bag = withoutJujuKeys(changed.state.relations[0]?.ownUnitBag ?? {});
  assert.equal(bag['database'], 'app');
  assert.equal(bag['user'], 'db_app');
  assert.equal(bag['port'], '5432');
  assert.deepEqual(new Set(server.done), new Set(['database app of db_app', 'roles of db_app: ']));
  assert.equal(server.done.length, 2);

  server.done.length = 0;
  const again = await run(events.relationChanged('db:1', 'app/0'), changed.state);
  assert.deepEqual(server.done, []);
  const [known] = again.state.relations;
  assert.ok(known !== undefined);
  const units = { 'app/0': { database: 'mydb', roles: 'myrole,otherrole' } };
  const second = await run(events.relationChanged('db:1', 'app/0'), {
    ...again.state,
    relations: [{ ...known, units }],
  });

  assert.equal(second.error, null);
  assert.equal(server.done.length, 2);
  assert.deepEqual(
    new Set(server.done),
    new Set(['database mydb of db_app', 'roles of db_app: myrole otherrole']),
  );
  assert.equal(second.state.relations[0]?.ownUnitBag['database'], 'mydb');
});
