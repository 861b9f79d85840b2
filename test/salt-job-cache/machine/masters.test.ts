// Salt masters as they run: which are told from other processes, whose configuration they read, and which have to be
// started anew.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Change, outdatedMasters } from '#salt-job-cache/machine/outdated-masters.ts';
import {
  configDirectoryOf,
  isSaltMaster,
  type SaltMaster,
} from '#salt-job-cache/machine/salt-masters.ts';

const words = (text: string): readonly string[] => text.split(' ');

test('a Salt master is known by its program, under any interpreter and with the title it gives itself', () => {
  assert.ok(isSaltMaster(words('/usr/bin/salt-master -d')));
  assert.ok(
    isSaltMaster(words('/opt/saltstack/salt/bin/python3.10 /usr/bin/salt-master MainProcess')),
  );
  assert.ok(isSaltMaster(words('/usr/bin/python3 -E -s /usr/bin/salt-master')));
  assert.ok(!isSaltMaster(words('tail -f -n 5 /var/log/salt-master')));
  assert.ok(!isSaltMaster(words('/usr/bin/python3 /usr/bin/salt-minion')));
  assert.ok(!isSaltMaster(words('grep -r x salt-master.d')));
});

test('its configuration is where it was told, else in /etc/salt', () => {
  assert.equal(configDirectoryOf(words('salt-master -d'), '/'), '/etc/salt');
  assert.equal(configDirectoryOf(words('salt-master -c /srv/salt/ -d'), '/'), '/srv/salt');
  assert.equal(configDirectoryOf(words('salt-master -c etc MainProcess'), '/srv'), '/srv/etc');
  assert.equal(configDirectoryOf(words('salt-master --config-dir=/srv/salt'), '/'), '/srv/salt');
  assert.equal(configDirectoryOf(words('salt-master -c'), '/'), '/etc/salt');
});

const master = (pid: number, findsPrimary: boolean | null): SaltMaster => ({
  pid,
  startedAt: String(pid),
  configDirectory: '/etc/salt',
  findsPrimary,
});

const nothing: Change = {
  isRestartNeeded: false,
  isPrimaryNew: false,
  hasSeveralServers: false,
  isOfSystemd: true,
};

const pidsOf = (masters: readonly { readonly pid: number }[]): readonly number[] =>
  masters.map(({ pid }) => pid);

test('a failover leaves a master alone that looks for the primary by itself', () => {
  const change = { ...nothing, hasSeveralServers: true, isPrimaryNew: true };
  const masters = [master(1, true), master(2, null), master(3, false)];

  assert.deepEqual(pidsOf(outdatedMasters(masters, [], change)), [3]);
  // Without systemd nobody gave it the environment, as far as can be seen.
  assert.deepEqual(pidsOf(outdatedMasters(masters, [], { ...change, isOfSystemd: false })), [2, 3]);
  const still = { ...change, isOfSystemd: false, isPrimaryNew: false };
  assert.deepEqual(outdatedMasters(masters, [], still), []);
});

test('who was found outdated stays so until it ended, and one that was started since is not', () => {
  const before = [{ pid: 1, startedAt: '1' }];
  const again = { ...master(1, true), startedAt: '99' };

  assert.deepEqual(outdatedMasters([master(1, true)], before, nothing), before);
  assert.deepEqual(outdatedMasters([again], before, nothing), []);
});

test('where a restart is needed every master is outdated, and with one server and no news none is', () => {
  const masters = fc.uniqueArray(
    fc
      .tuple(fc.nat(), fc.constantFrom(true, false, null))
      .map(([pid, finds]) => master(pid, finds)),
    { selector: ({ pid }) => pid },
  );
  fc.assert(
    fc.property(masters, fc.boolean(), fc.boolean(), (all, isOfSystemd, isPrimaryNew) => {
      const change = { ...nothing, isOfSystemd, isPrimaryNew };
      const needed = { ...change, isRestartNeeded: true, hasSeveralServers: true };
      assert.deepEqual(pidsOf(outdatedMasters(all, [], needed)), pidsOf(all));
      assert.deepEqual(outdatedMasters(all, [], change), []);
    }),
  );
});
