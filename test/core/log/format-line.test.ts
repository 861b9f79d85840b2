// Lines of the log in Python's formats and as JSON.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { LineStyle, LogRecord } from '#core/log/format-line.ts';
import { formatLine } from '#core/log/format-line.ts';
import { isAtLeast, levelOf, levels } from '#core/log/level.ts';
import { pythonTime, strftime } from '#core/log/strftime.ts';

const record: LogRecord = {
  level: 'WARNING',
  message: 'Something 100% odd',
  timeMs: 1_763_640_000_123,
  fields: {},
  stack: null,
};

const plain: LineStyle = {
  type: 'plain',
  format: '%(asctime)s %(levelname)s: %(message)s',
  staticFields: {},
  time: () => '2026-11-27 14:30:22,123',
  processId: 4711,
};

const json: LineStyle = { ...plain, type: 'json' };

test('the default line is Patroni’s', () => {
  assert.equal(formatLine(record, plain), '2026-11-27 14:30:22,123 WARNING: Something 100% odd');
});

test('attributes, percent signs, widths and unknown names are taken as Python takes them', () => {
  const line = (format: string) => formatLine(record, { ...plain, format });
  assert.equal(line('%(process)d 100%% %(msecs)d %(name)s'), '4711 100% 123 pg-agent');
  assert.equal(
    line('[%(levelname)-9s][%(levelname)9s][%(levelname).4s]'),
    '[WARNING  ][  WARNING][WARN]',
  );
  assert.equal(line('%(unknown)s|'), '|');
});

test('a stack stands below a plain line', () => {
  const found = formatLine({ ...record, stack: 'Error: x\n    at y' }, plain);
  assert.ok(found.endsWith('odd\nError: x\n    at y'));
});

test('a JSON line has the names of the format, the fields and what is always added', () => {
  const fields = { rule: 905, lsn: 1n, error: new Error('hidden') };
  const found = formatLine({ ...record, fields }, { ...json, staticFields: { app: 'x' } });
  assert.deepEqual(JSON.parse(found), {
    asctime: '2026-11-27 14:30:22,123',
    levelname: 'WARNING',
    message: 'Something 100% odd',
    rule: 905,
    lsn: '1',
    app: 'x',
  });
});

test('a list renames fields, and a stack is one of them', () => {
  const format = ['message', { levelname: 'severity' }, { asctime: '@timestamp' }];
  const found = formatLine({ ...record, stack: 'Error: x' }, { ...json, format });
  assert.deepEqual(JSON.parse(found), {
    message: 'Something 100% odd',
    severity: 'WARNING',
    '@timestamp': '2026-11-27 14:30:22,123',
    exc_info: 'Error: x',
  });
});

test('whatever is said, a JSON line is one line and reads back', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.dictionary(fc.string(), fc.jsonValue()),
      (message, fields) => {
        const line = formatLine({ ...record, message, fields }, json);
        assert.ok(!line.includes('\n'));
        assert.equal((JSON.parse(line) as { message: string }).message, message);
      },
    ),
  );
});

test('a field that refers to itself does not cost the line', () => {
  const circle: Record<string, unknown> = {};
  circle['itself'] = circle;
  assert.match(formatLine({ ...record, fields: { circle } }, json), /Something 100% odd/u);
});

test('levels are Python’s, in any case; what is none counts as INFO', () => {
  assert.deepEqual(['debug', 'Warn', 'FATAL', 'critical', 'nonsense'].map(levelOf), [
    'DEBUG',
    'WARNING',
    'CRITICAL',
    'CRITICAL',
    'INFO',
  ]);
  for (const level of levels) assert.ok(isAtLeast(level, 'DEBUG') && isAtLeast('CRITICAL', level));
  assert.ok(!isAtLeast('INFO', 'WARNING'));
});

const parts = {
  year: 2026,
  month: 1,
  day: 2,
  hour: 3,
  minute: 4,
  second: 5,
  millisecond: 6,
  offsetMinutes: -210,
} as const;

test('times are written as strftime writes them', () => {
  assert.equal(pythonTime(parts, null), '2026-01-02 03:04:05,006');
  assert.equal(pythonTime(parts, '%d/%b/%y %H:%M:%S.%f %z'), '02/Jan/26 03:04:05.006000 -0330');
  assert.equal(strftime('%F %T %% %Q', parts), '2026-01-02 03:04:05 % %Q');
});
