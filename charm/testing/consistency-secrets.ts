// Consistency of secrets: ids, revisions, content, labels and owners.

import type { Secret } from '#core/juju/model.ts';
import { isUnitName, secretIdIn } from '#core/juju/names.ts';
import { isAtLeast, parseJujuVersion } from '../context/juju-version.ts';
import type { ConsistencyCheck } from './consistency-check.ts';
import { duplicates } from './duplicates.ts';

export const checkSecrets: ConsistencyCheck = ({ state }) => {
  const { secrets } = state;
  const problems: string[] = [];
  if (secrets.length > 0 && !isAtLeast(parseJujuVersion(state.model.jujuVersion), 3, 0)) {
    problems.push(
      `secrets need Juju 3.0 or newer, model.jujuVersion is '${state.model.jujuVersion}'`,
    );
  }
  const labels = secrets
    .filter(({ label }) => label !== '')
    .map(({ owner, label }) => `'${label}' of ${owner.kind} ${owner.name}`);
  return [
    ...problems,
    ...duplicates(secrets.map(({ id }) => id)).map((id) => `secrets has '${id}' twice`),
    ...duplicates(labels).map((label) => `two secrets have the label ${label}`),
    ...secrets.flatMap(checkSecret),
  ];
};

const keyForm = /^[a-z](?:-?[a-z0-9]){2,}$/;

function checkSecret(secret: Secret): readonly string[] {
  const problems: string[] = [];
  const name = `secret '${secret.id}'`;
  if (secret.id.includes(':') || secretIdIn(secret.id) === null) {
    problems.push(`${name}: the id must be 20 characters of 0-9 and a-v, without 'secret:'`);
  }
  if (secret.owner.kind === 'unit' && !isUnitName(secret.owner.name)) {
    problems.push(`${name}: owner.name is '${secret.owner.name}', need a unit like 'app/0'`);
  }
  const numbers = secret.revisions.map(({ revision }) => revision);
  if (numbers.length === 0) problems.push(`${name}: need at least one revision`);
  if (numbers.some((number, index) => number < 1 || number <= (numbers[index - 1] ?? 0))) {
    problems.push(`${name}: revisions are ${numbers.join(', ')}, need rising numbers from 1`);
  }
  for (const { revision, content } of secret.revisions) {
    for (const key of Object.keys(content)) {
      if (!keyForm.test(key))
        problems.push(`${name}: key '${key}' of revision ${revision} is none Juju takes (H181)`);
    }
  }
  for (const [consumer, { revision }] of Object.entries(secret.consumers)) {
    if (!numbers.includes(revision)) {
      problems.push(`${name}: '${consumer}' tracks revision ${revision}, which is not there`);
    }
  }
  return problems;
}
