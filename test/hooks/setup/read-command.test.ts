// The input: what is taken, and that a fault is told by its place and never by its value.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { fileProblem } from '#hooks/setup/file-problem.ts';
import { readDocument } from '#hooks/setup/read-command.ts';
import { InputFault } from '#hooks/setup/read-json.ts';

const server = {
  binDirectory: '/bin',
  dataDirectory: '/data',
  socketDirectory: '/run',
  logDirectory: '/log',
  listenAddress: '127.0.0.1',
  port: 5432,
  runAs: { name: 'postgres' },
  mayInitialise: true,
  mayRestart: false,
  clusterName: 'x',
  locale: 'C.UTF-8',
  encoding: 'UTF8',
  parameters: { Work_Mem: '1MB' },
};
const access = {
  relation: 'db:7',
  owner: 'app',
  database: 'd',
  user: 'u',
  password: 'p',
  admin: false,
  roles: ['r'],
  extensions: [{ name: 'e', schema: 'public' }],
  privileges: ['ALL'],
};
const command = {
  command: 'converge',
  server,
  clients: [{ relation: 'db:7', database: 'd', user: 'u', admin: false, addresses: ['10.0.0.1'] }],
  adminAddresses: ['10.0.0.0/8'],
  extraHba: ['# x'],
  access: [access],
  revoke: [{ relation: 'db:8', owner: 'other', user: 'v' }],
};

function fault(value: unknown): string {
  try {
    readDocument(JSON.stringify(value));
  } catch (error) {
    if (error instanceof InputFault) return error.message;
    throw error;
  }
  return 'none';
}

test('a whole command is read as it is, with the names of parameters in lower case', () => {
  assert.deepEqual(readDocument(JSON.stringify(command)), {
    ...command,
    server: { ...server, parameters: { work_mem: '1MB' } },
  });
  assert.deepEqual(readDocument('{"command":"install","version":"15"}'), {
    command: 'install',
    version: '15',
  });
  for (const verb of ['inspect', 'stop']) {
    assert.equal(readDocument(JSON.stringify({ command: verb, server })).command, verb);
  }
  const open = { command: 'inspect', server: { ...server, runAs: null } };
  const read = readDocument(JSON.stringify(open));
  assert.ok(read.command === 'inspect');
  assert.equal(read.server.runAs, null);
});

test('a fault is told by its place', () => {
  const withServer = (change: object): unknown => ({
    ...command,
    server: { ...server, ...change },
  });
  for (const [value, expected] of [
    [{ ...command, command: 'conquer' }, /^input\.command is to be install/u],
    [{ ...command, extra: 1 }, /^input has an unknown key "extra"/u],
    [{ ...command, access: {} }, /^input\.access is to be a list, and is object/u],
    [
      { ...command, access: [{ ...access, relation: 'db' }] },
      /^input\.access\[0\]\.relation is to be like/u,
    ],
    [
      { ...command, access: [{ ...access, password: '' }] },
      /^input\.access\[0\]\.password is empty/u,
    ],
    [
      { ...command, access: [{ ...access, admin: 'no' }] },
      /admin is to be true or false, and is string/u,
    ],
    [{ ...command, clients: undefined }, /^input\.clients is to be a list, and is nothing/u],
    [{ ...command, adminAddresses: [null] }, /adminAddresses\[0\] is to be text, and is null/u],
    [withServer({ port: 0 }), /^input\.server\.port is to be a whole number from 1 to 65535/u],
    [withServer({ port: '5432' }), /port is to be/u],
    [withServer({ dataDirectory: 'data' }), /dataDirectory is to be a path/u],
    [withServer({ dataDirectory: '/a\nb' }), /dataDirectory is to be a path/u],
    [withServer({ locale: 'C --pwfile=x' }), /locale is to hold letters/u],
    [withServer({ parameters: [] }), /parameters is to be an object, and is a list/u],
    [withServer({ parameters: { a: 1 } }), /parameters\.a is to be text/u],
    [[], /^input is to be an object, and is a list/u],
    [null, /^input is to be an object, and is null/u],
  ] as const) {
    assert.match(fault(value), expected);
  }
});

test('T19, T30: relations may share a user only as one application, and never while it is shut out', () => {
  const again = { ...access, relation: 'db:9', database: 'another' };
  assert.equal(fault({ ...command, access: [access, again] }), 'none');
  for (const other of [
    { ...again, owner: 'somebody' },
    { ...again, password: 'another one' },
    { ...again, admin: !access.admin },
    { ...again, roles: [...access.roles, 'more'] },
  ]) {
    assert.match(fault({ ...command, access: [access, other] }), /"u" is in access twice/u);
  }
  assert.match(
    fault({ ...command, revoke: [{ relation: 'db:7', owner: 'app', user: 'u' }] }),
    /"u" is in access and in revoke/u,
  );
});

test('no fault repeats a value, whatever is wrong with the document', () => {
  const secret = 'hunter2hunter2';
  const anything = fc.oneof(fc.jsonValue(), fc.constant(secret));
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(access)),
      anything,
      fc.nat(400),
      (key, value, cut) => {
        const whole = JSON.stringify({
          ...command,
          access: [{ ...access, password: secret, [key]: value }],
        });
        for (const text of [whole, whole.slice(0, cut), `${secret}${whole}`]) {
          try {
            readDocument(text);
          } catch (error) {
            assert.ok(error instanceof InputFault);
            assert.doesNotMatch(error.message, /hunter2/u);
          }
        }
      },
    ),
  );
});

test('keys every object has are not read from it', () => {
  const text = JSON.stringify({ ...command, server: { ...server, parameters: 1 } });
  assert.throws(
    () => readDocument(text.replace('"parameters":1', '"__proto__":{"parameters":{}}')),
    InputFault,
  );
});

test('an error of the file system is told with its path, and other errors are not taken for one', () => {
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC', path: '/x' });
  assert.match(fileProblem(full)?.message ?? '', /\/x: ENOSPC/u);
  assert.match(
    fileProblem(Object.assign(new Error('x'), { code: 'EROFS' }))?.message ?? '',
    /a file/u,
  );
  for (const error of [new Error('x'), Object.assign(new Error('x'), { code: 'EBADF' }), 'text']) {
    assert.equal(fileProblem(error), null);
  }
});
