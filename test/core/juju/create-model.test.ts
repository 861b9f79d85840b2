import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createModel } from '#core/juju/create-model.ts';
import { now, refusal } from './samples.ts';

test('a new model is empty and has Juju’s defaults', () => {
  const model = createModel({ uuid: 'u', name: 'm-1', jujuVersion: '3.6.9', now });
  assert.deepEqual(model.config, {
    automaticallyRetryHooks: true,
    updateStatusHookInterval: 300_000,
    loggingLevel: 'INFO',
    egressSubnets: [],
    proxies: {},
  });
  assert.deepEqual(model.sequence, { relation: 0, machine: 0, task: 0, storage: 0 });
  assert.equal(model.createdAt, now);
  assert.deepEqual(Object.keys(model.units), []);
});

test('a model name of other characters is refused', () => {
  assert.throws(
    () => createModel({ uuid: 'u', name: 'My model', jujuVersion: '3.6.9', now }),
    refusal('not-valid', /^"My model" is not a valid name/u),
  );
});
