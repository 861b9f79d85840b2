// What becomes of a user whose relation is gone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownerOfMarker, roleMarker, userMarker } from '#core/access/marker.ts';
import type { RevokeFacts } from '#core/access/plan-revoke.ts';
import { planRevoke } from '#core/access/plan-revoke.ts';
import { stepSentence } from '#core/access/steps.ts';

const request = { relation: 'db:7', owner: 'app', user: 'u' };
const open: RevokeFacts = {
  user: {
    name: 'u',
    powers: ['LOGIN', 'SUPERUSER'],
    comment: userMarker('app'),
    password: 'matches',
    inherits: true,
    hasPassword: true,
    sessions: 2,
  },
  memberships: [{ role: 'r', grantor: 'g' }],
};

test('the user loses login, powers, password and roles, and its sessions end last', () => {
  const plan = planRevoke(open, request);
  assert.ok(plan.kind === 'steps');
  assert.deepEqual(
    plan.steps.map((step) => step.kind),
    ['alter-user', 'clear-password', 'revoke-role', 'end-sessions'],
  );
  for (const step of plan.steps) assert.match(stepSentence(step), /: relation db:7 is gone$/u);
  assert.match(stepSentence(plan.steps[0]!), /no attribute/u);
});

test('a user that is shut out already, or is not there, needs nothing', () => {
  assert.ok(open.user);
  const shut = { ...open.user, powers: [], hasPassword: false, sessions: 0 };
  assert.deepEqual(planRevoke({ user: shut, memberships: [] }, request), {
    kind: 'steps',
    steps: [],
  });
  assert.deepEqual(planRevoke({ user: null, memberships: [] }, request), {
    kind: 'steps',
    steps: [],
  });
});

test('T30: a user of another relation or of nobody is left alone', () => {
  assert.ok(open.user);
  for (const comment of [userMarker('app2'), roleMarker, null]) {
    const plan = planRevoke({ ...open, user: { ...open.user, comment } }, request);
    assert.equal(plan.kind === 'refused' ? plan.problem.code : '', 'USER_OWNED_BY_ANOTHER');
  }
});

test('a marker reads back as its relation, and no other comment does', () => {
  assert.equal(ownerOfMarker(userMarker('a-b')), 'a-b');
  for (const comment of [null, '', roleMarker, `x ${userMarker('app')}`]) {
    assert.equal(ownerOfMarker(comment), null);
  }
});
