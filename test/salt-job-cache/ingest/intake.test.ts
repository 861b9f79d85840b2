import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { columnsOf } from '#salt-job-cache/src/ingest/copy-buffer.ts';
import type { CopyBuffer } from '#salt-job-cache/src/ingest/copy-buffer.ts';
import type { IntakeOptions, Refused } from '#salt-job-cache/src/ingest/intake.ts';
import { Gathered, Intake } from '#salt-job-cache/src/ingest/intake.ts';
import { frameOf, newJobFrame, returnFrame } from './bus-stand-in.ts';

const jid = '20240102030405678901';

interface UnderTest {
  readonly intake: Intake;
  readonly refused: Refused[];
  take(frame: Buffer): void;
  jobs(): readonly (readonly (string | null)[])[];
  returns(): readonly (readonly (string | null)[])[];
  events(): readonly (readonly (string | null)[])[];
}

function rowsOf(buffer: CopyBuffer): readonly (readonly (string | null)[])[] {
  return buffer.content().toString('utf8').split('\n').slice(0, -1).map(columnsOf);
}

function intakeUnderTest(options: Partial<IntakeOptions> = {}): UnderTest {
  const refused: Refused[] = [];
  const intake = new Intake(
    { mode: 'default', masterId: 'host_master', events: null, ...options },
    (each) => refused.push({ ...each, message: Buffer.from(each.message) }),
  );
  return {
    intake,
    refused,
    take(frame) {
      const { body } = decode(frame) as { readonly body: Uint8Array };
      intake.message(Buffer.from(body), 0, body.length);
    },
    jobs: () => rowsOf(intake.gathered.jobs),
    returns: () => rowsOf(intake.gathered.returns),
    events: () => rowsOf(intake.gathered.events),
  };
}

test('a publication becomes a row of jids', () => {
  const under = intakeUnderTest();

  under.take(newJobFrame(jid, ['web1']));

  assert.deepEqual(under.jobs(), [
    [
      jid,
      '2024-01-02 03:04:05.678901+00',
      'glob',
      'publish',
      '*',
      'None',
      'None',
      'root',
      '[]',
      'test.ping',
    ],
  ]);
  assert.deepEqual(under.returns(), []);
});

test('a return becomes a row of salt_returns, and of jids only where its job has none', () => {
  const under = intakeUnderTest();

  under.take(newJobFrame(jid));
  under.take(returnFrame(jid, 'web1'));
  under.take(returnFrame('20240102030405678902', 'web1'));
  under.take(returnFrame('20240102030405678902', 'web2'));

  assert.deepEqual(
    under.jobs().map((row) => [row[0], row[3]]),
    [
      [jid, 'publish'],
      ['20240102030405678902', '_return'],
    ],
  );
  assert.equal(under.returns().length, 3);
  assert.deepEqual(under.returns()[0], [
    'test.ping',
    jid,
    '{"return": true, "retcode": 0, "success": true}',
    'web1',
    't',
  ]);
});

test('the job of a return nobody published has the target and arguments the master gave it', () => {
  const under = intakeUnderTest();

  under.take(
    returnFrame(jid, 'web1', { tgt: 'web1', tgt_type: 'glob', arg: ['x'], fun: 'state.apply' }),
  );

  assert.deepEqual(under.jobs(), [
    [
      jid,
      '2024-01-02 03:04:05.678901+00',
      'glob',
      '_return',
      'web1',
      'None',
      'None',
      'root',
      '["x"]',
      'state.apply',
    ],
  ]);
});

test('a runner’s result becomes the rows the master stores of it', () => {
  const under = intakeUnderTest();

  under.take(
    frameOf(`salt/run/${jid}/ret`, {
      fun: 'runner.jobs.list_jobs',
      jid,
      user: 'sudo_me',
      fun_args: [],
      _stamp: 'now',
      return: {},
      success: true,
    }),
  );

  assert.deepEqual(
    under.jobs().map((row) => [row[4], row[7], row[9]]),
    [['host_master', 'sudo_me', 'runner.jobs.list_jobs']],
  );
  const [fun, , returned, id, success] = under.returns()[0] ?? [];
  assert.deepEqual([fun, id, success], ['runner.jobs.list_jobs', 'host_master', null]);
  const { return: inner } = JSON.parse(returned ?? '') as { return: { fun: string; user: string } };
  assert.equal(inner.user, 'sudo_me');
});

test('compatible mode writes returns as Salt’s own module does', () => {
  const under = intakeUnderTest({ mode: 'compatible' });

  under.take(returnFrame(jid, 'web1', { return: { a: [true, null] } }));

  assert.equal(
    under.returns()[0]?.[2],
    '{"return": "{\'a\': [True, None]}", "retcode": 0, "success": true}',
  );
});

test('a return nobody wants cached leaves no row', () => {
  const under = intakeUnderTest();

  under.take(returnFrame('nocache', 'web1'));

  assert.ok(under.intake.gathered.isEmpty);
  assert.deepEqual(under.refused, []);
});

test('events are kept as the filter says, beside the rows they become', () => {
  const under = intakeUnderTest({ events: { allow: ['salt/*'], deny: ['salt/auth'] } });

  under.take(returnFrame(jid, 'web1'));
  under.take(frameOf('salt/auth', { act: 'accept' }));
  under.take(frameOf('salt/key', { act: 'accept', n: 1.5, ä: null }));
  under.take(frameOf('other', {}));

  assert.equal(under.returns().length, 1);
  assert.deepEqual(
    under.events().map((row) => row[0]),
    [`salt/job/${jid}/ret/web1`, 'salt/key'],
  );
  assert.deepEqual(under.events()[1], [
    'salt/key',
    '{"act": "accept", "n": 1.5, "ä": null}',
    'host_master',
  ]);
});

test('a message that can’t be used is set aside with its reason, and harms no other', () => {
  const under = intakeUnderTest({ events: { allow: [], deny: [] } });
  const cut = frameOf(`salt/job/${jid}/ret/web2`, 'text instead of a dict');

  under.take(returnFrame(jid, 'web1'));
  under.take(cut);
  under.take(returnFrame('a jid that is longer than twenty characters', 'web1'));
  under.take(returnFrame(jid, 'a\u0000b'));
  under.take(Buffer.from(encode({ head: {}, body: Buffer.from('no end of the tag') })));
  under.take(returnFrame(jid, 'web3'));

  assert.deepEqual(
    under.returns().map((row) => row[3]),
    ['web1', 'web3'],
  );
  const reasons = under.refused.map(({ reason }) => reason).join('\n');
  assert.match(reasons, /no dict/u);
  assert.match(reasons, /has 43 characters, but the column takes 20/u);
  assert.match(reasons, /U\+0000/u);
  assert.match(reasons, /no tag and data/u);
  assert.deepEqual(under.intake.gathered.rows, {
    jobs: under.jobs().length,
    returns: under.returns().length,
    events: under.events().length,
  });
});

test('a return or a job whose data names another job or minion than its tag is no master’s', () => {
  for (const mode of ['default', 'compatible'] as const) {
    const under = intakeUnderTest({ mode });
    const other = '20240102030405678902';
    const long = `web.${'x'.repeat(60)}.example.org`;
    const named = (tag: string, id: unknown, itsJid: unknown = jid): void =>
      under.take(
        frameOf(tag, { jid: itsJid, id, fun: 'test.ping', return: true, tgt: '*', arg: [] }),
      );

    named(`salt/job/${jid}/ret/web1`, 'web1');
    named(`salt/job/${jid}/ret/${long}`, long);
    named(`salt/job/${jid}/ret/wéb`, 'wéb');
    named(`salt/job/${jid}/ret/7`, 7);
    named(`salt/job/${other}/new`, 'web1', other);
    assert.equal(under.refused.length, 0);
    const [jobs, returns] = [under.jobs().length, under.returns().length];
    assert.equal(returns, 4);

    named(`salt/job/${jid}/ret/web1`, 'web2');
    named(`salt/job/${jid}/ret/web1`, 'web');
    named(`salt/job/${jid}/ret/web1`, 'web12');
    named(`salt/job/${jid}/ret/web1`, 'eb1');
    named(`salt/job/${jid}/ret/${long}`, `${long.slice(0, -1)}h`);
    named(`salt/job/${jid}/ret/web1`, 'web1', other);
    named(`salt/job/${jid}/new`, 'web1', other);

    assert.deepEqual([under.jobs().length, under.returns().length], [jobs, returns]);
    assert.equal(under.refused.length, 7);
    assert.match(
      under.refused[0]?.reason ?? '',
      /its tag names id "web1", its data "web2"; no master publishes that/u,
    );
    assert.match(under.refused[6]?.reason ?? '', /its tag names jid/u);
  }
});

test('counts returns that the master had cut off', () => {
  const under = intakeUnderTest();

  for (const id of ['a', 'b', 'c']) under.take(returnFrame(jid, id, { return: 'VALUE_TRIMMED' }));
  under.take(returnFrame(jid, 'd', { return: 'VALUE_TRIMMEX' }));

  under.take(returnFrame(jid, 'e', { return: { a: 1, b: 'VALUE_TRIMMED' } }));

  assert.equal(under.intake.trimmed, 4);
});

test('any bytes at all are taken or set aside, and rows stay whole', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          fc
            .constantFrom(0x80, 0x85, 0xc4, 0xc9, 0xcf, 0xd9, 0xde, 0xdf)
            .chain((first) =>
              fc.uint8Array({ maxLength: 6 }).map((rest) => Uint8Array.from([first, ...rest])),
            ),
          fc.constant(null),
        ),
        { maxLength: 20 },
      ),
      (messages) => {
        const under = intakeUnderTest({ events: { allow: [], deny: [] } });
        const tag = Buffer.from(`salt/job/${jid}/ret/web1\n\n`);
        for (const bytes of messages) {
          if (bytes === null) under.take(returnFrame(jid, 'web1'));
          else {
            const message = Buffer.concat([tag, bytes]);
            under.intake.message(message, 0, message.length);
          }
        }

        const good = messages.filter((bytes) => bytes === null).length;
        assert.ok(under.returns().length >= good);
        assert.ok(under.returns().every((row) => row.length === 5));
        assert.ok(under.events().every((row) => row.length === 3));
      },
    ),
  );
});

test('what was swapped out stays as it is while more is gathered', () => {
  const under = intakeUnderTest();
  under.take(returnFrame(jid, 'web1'));

  const full = under.intake.swap(new Gathered());
  under.take(returnFrame(jid, 'web2'));

  assert.deepEqual(
    rowsOf(full.returns).map((row) => row[3]),
    ['web1'],
  );
  assert.deepEqual(
    under.returns().map((row) => row[3]),
    ['web2'],
  );
});

test('while it drops, it counts what would have been rows', () => {
  const under = intakeUnderTest();
  under.intake.isDropping = true;

  under.take(returnFrame(jid, 'web1'));
  under.take(frameOf('minion/refresh/web1', {}));

  assert.equal(under.intake.lost, 1);
  assert.ok(under.intake.gathered.isEmpty);
});
