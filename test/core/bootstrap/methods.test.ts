import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bootstrapMethod } from '#core/bootstrap/bootstrap-method.ts';
import { chooseMethods, hasMethodWithoutLeader } from '#core/bootstrap/choose-methods.ts';
import { customBootstrapArguments } from '#core/bootstrap/custom-bootstrap-arguments.ts';
import { isOn } from '#core/bootstrap/is-on.ts';
import { replicaMethodArguments } from '#core/bootstrap/replica-method-arguments.ts';
import type { BootstrapConfig } from '#core/config/patroni/agent-config.ts';
import type { StandbyCluster } from '#core/config/patroni/global-config.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';

describe('customBootstrapArguments', () => {
  const made = (section: JsonObject): unknown =>
    customBootstrapArguments('restore', section, 'batman', 'data/test0');

  it('adds the scope and the directory to the command', () => {
    assert.deepEqual(made({ command: 'bar --arg1=val1' }), {
      kind: 'command',
      file: 'bar',
      args: ['--arg1=val1', '--scope=batman', '--datadir=data/test0'],
    });
  });

  it('adds neither where the section wants no parameters', () => {
    assert.deepEqual(made({ command: 'bar --arg1=val1', no_params: true }), {
      kind: 'command',
      file: 'bar',
      args: ['--arg1=val1'],
    });
  });

  it('adds the other keys of the section, and none of those that are ours', () => {
    assert.deepEqual(
      made({
        command: 'bar',
        no_params: false,
        keep_existing_recovery_conf: true,
        recovery_conf: { recovery_target_timeline: 'latest' },
        scope: 'robin',
        datadir: '/elsewhere',
        stanza: 'main db',
        delta: true,
        jobs: 4,
        nothing: null,
      }),
      {
        kind: 'command',
        file: 'bar',
        args: [
          '--scope=batman',
          '--datadir=data/test0',
          '--stanza=main db',
          '--delta=True',
          '--jobs=4',
          '--nothing=None',
        ],
      },
    );
  });

  for (const command of ['', '  ', "'a", null, 5]) {
    it(`says that ${JSON.stringify(command)} can't be run`, () => {
      const result = customBootstrapArguments('restore', { command }, 's', 'd');
      assert.equal(result.kind, 'unusable');
      assert.match(result.kind === 'unusable' ? result.why : '', /bootstrap\.restore\.command/u);
    });
  }

  it('gives the program nothing a shell made of it', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const result = customBootstrapArguments('m', { command: 'run', key: value }, 's', 'd');
        assert.deepEqual(result.kind === 'command' ? result.args.at(-1) : null, `--key=${value}`);
      }),
    );
  });
});

describe('replicaMethodArguments', () => {
  const context = { scope: 'batman', dataDirectory: '/data', connstring: 'host=h' };
  const ours = ['--scope=batman', '--role=replica', '--datadir=/data', '--connstring=host=h'];

  it('runs the method by its name where it has no command', () => {
    assert.deepEqual(replicaMethodArguments('wale', {}, context), {
      command: { kind: 'command', file: 'wale', args: ours },
      isKeepingData: false,
    });
  });

  it('passes keys in their order before ours, flags included', () => {
    const section = {
      command: 'wal-e --x',
      keep_data: true,
      no_leader: 1,
      threshold: '10',
      role: 'x',
    };
    assert.deepEqual(replicaMethodArguments('wale', section, context), {
      command: {
        kind: 'command',
        file: 'wal-e',
        args: ['--x', '--keep_data=True', '--no_leader=1', '--threshold=10', ...ours],
      },
      isKeepingData: true,
    });
  });

  it('keeps data also where the method wants no parameters', () => {
    const section = {
      command: 'pgbackrest --delta restore',
      keep_data: true,
      no_params: true,
      no_leader: true,
      type: 'standby',
    };
    assert.deepEqual(replicaMethodArguments('pgbackrest', section, context), {
      command: {
        kind: 'command',
        file: 'pgbackrest',
        args: ['--delta', 'restore', '--type=standby'],
      },
      isKeepingData: true,
    });
  });
});

describe('chooseMethods', () => {
  const standby: StandbyCluster = {
    host: 'h',
    port: null,
    primarySlotName: null,
    createReplicaMethods: null,
    restoreCommand: null,
    archiveCleanupCommand: null,
    recoveryMinApplyDelay: null,
  };
  const sections = {
    backup: { no_leader: true },
    old: { no_master: 1 },
    basebackup: { no_leader: true },
    off: { no_leader: 'false' },
  };
  const own = {
    own: ['backup', 'off', 'basebackup', 'old', 'unknown'],
    sections,
    standbyCluster: null,
  };

  it('takes the configured ones in their order', () => {
    assert.deepEqual(chooseMethods(own, 'connection', false), own.own);
  });

  it('takes basebackup where none are configured, or where it has to be from the leader', () => {
    assert.deepEqual(chooseMethods({ ...own, own: [] }, 'connection', false), ['basebackup']);
    assert.deepEqual(chooseMethods(own, 'connection', true), ['basebackup']);
  });

  it('takes those that need nobody where there is nobody, and never basebackup', () => {
    assert.deepEqual(chooseMethods(own, 'none', false), ['backup', 'old']);
    assert.deepEqual(chooseMethods(own, 'none', true), []);
    assert.equal(hasMethodWithoutLeader(own), true);
    assert.equal(hasMethodWithoutLeader({ ...own, own: ['basebackup', 'off'] }), false);
  });

  it('takes those of the standby cluster and no others on its members', () => {
    const configured = { ...own, standbyCluster: { ...standby, createReplicaMethods: ['backup'] } };
    assert.deepEqual(chooseMethods(configured, 'connection', false), ['backup']);
    const without = { ...own, standbyCluster: standby };
    assert.deepEqual(chooseMethods(without, 'connection', false), ['basebackup']);
    assert.equal(hasMethodWithoutLeader(without), false);
  });
});

describe('bootstrapMethod', () => {
  const config: BootstrapConfig = {
    dcs: {},
    method: 'initdb',
    initdb: [],
    methods: { restore: { command: 'restore.sh' }, broken: { command: "'a" }, empty: {} },
    postBootstrap: null,
    pgHba: [],
  };

  it('takes initdb, and a method that has a command', () => {
    assert.deepEqual(bootstrapMethod(config), { kind: 'initdb' });
    assert.deepEqual(bootstrapMethod({ ...config, method: 'restore' }), {
      kind: 'custom',
      name: 'restore',
      section: { command: 'restore.sh' },
    });
  });

  it('refuses a misspelled name, and names those there are', () => {
    const result = bootstrapMethod({ ...config, method: 'restor' });
    assert.equal(result.kind, 'refused');
    assert.match(result.kind === 'refused' ? result.why : '', /"restor".*"initdb", "restore"/u);
  });

  for (const method of ['broken', 'empty', 'toString', '__proto__']) {
    it(`refuses ${method}`, () => {
      assert.equal(bootstrapMethod({ ...config, method }).kind, 'refused');
    });
  }
});

describe('isOn', () => {
  for (const value of [true, 1, '1', 'yes', 'on', 'True', 'anything']) {
    it(`takes ${JSON.stringify(value)} for yes`, () => assert.equal(isOn(value), true));
  }
  for (const value of [false, 0, null, undefined, '', 'no', 'off', 'False', '0']) {
    it(`takes ${JSON.stringify(value)} for no`, () => assert.equal(isOn(value), false));
  }
});
