// pg_ident.conf: our lines once, everybody else's untouched.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderIdent } from '#core/access/ident.ts';

test('the users of the machine are mapped to postgres, each once', () => {
  assert.equal(
    renderIdent(null, ['root', 'postgres', 'postgres']),
    '# juju: begin juju_charm\njuju_charm "root" postgres\njuju_charm "postgres" postgres\n# juju: end juju_charm\n',
  );
});

test('foreign lines stay, and ours are replaced and not repeated', () => {
  const first = renderIdent('mymap alice bob\n', ['root']);
  const second = renderIdent(`${first}late carol dave\n`, ['root', 'o"x']);
  assert.match(first, /^mymap alice bob\n/u);
  assert.match(second, /mymap alice bob\nlate carol dave\n# juju: begin/u);
  assert.match(second, /juju_charm "o""x" postgres/u);
  assert.equal(second.match(/begin juju_charm/gu)?.length, 1);
  assert.equal(renderIdent(second, ['root', 'o"x']), second);
});

test('a part of ours that somebody cut in two is not taken for the whole', () => {
  const torn = '# juju: end juju_charm\nmymap a b\n# juju: begin juju_charm\n';
  assert.match(renderIdent(torn, ['root']), /mymap a b/u);
});
