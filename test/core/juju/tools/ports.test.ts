import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { Model, PortRange } from '#core/juju/model.ts';
import { parsePorts, portsText } from '#core/juju/tools/port-range.ts';
import { sharedModel, createDesk, error, failing, unitIn, withUnit } from './desk.ts';

const related = sharedModel;

function range(text: string, endpoint = ''): PortRange {
  return { ...parsePorts(text), endpoint };
}

/** `l/1` on the machine of `l/0`, with ports open on each. */
function together(own: readonly PortRange[], others: readonly PortRange[]): Model {
  const model = withUnit(related, 'l/0', { openedPorts: own });
  return withUnit(model, 'l/1', {
    machine: unitIn(related, 'l/0').machine,
    openedPorts: others,
  });
}

function opened(model: Model): readonly string[] {
  return unitIn(model, 'l/0').openedPorts.map(
    (each) => `${portsText(each)} (${each.endpoint === '' ? '*' : each.endpoint})`,
  );
}

for (const [argument, text] of [
  ['80', '80/tcp'],
  ['80/UDP', '80/udp'],
  ['8000-9000', '8000-9000/tcp'],
  ['8000-8000/tcp', '8000/tcp'],
  ['icmp', 'icmp'],
  ['0', '0/tcp'],
  ['65535', '65535/tcp'],
] as const) {
  test(`H140: open-port takes ${argument}`, () => {
    const desk = createDesk();
    desk.read('open-port', argument);

    assert.deepEqual(desk.json('opened-ports'), [text]);
    assert.deepEqual(opened(desk.model), []);
    desk.flush();
    assert.deepEqual(opened(desk.model), [`${text} (*)`]);
  });
}

for (const [args, message] of [
  [[], 'no port or range specified'],
  [['x'], 'invalid port "x": strconv.Atoi: parsing "x": invalid syntax'],
  [['80-x'], 'invalid port "x": strconv.Atoi: parsing "x": invalid syntax'],
  [['1-2-3'], 'invalid port range "1-2-3"'],
  [['90-80'], 'invalid port range 90-80/tcp'],
  [['65536'], 'port range bounds must be between 0 and 65535, got 65536-65536'],
  [['80/ip'], 'invalid protocol "ip", expected "tcp", "udp", or "icmp"'],
  [['80/icmp'], 'protocol "icmp" doesn\'t support any ports; got "80"'],
  [['80', '81'], 'unrecognized args: ["81"]'],
] as const) {
  test(`H141: open-port ${args.join(' ')} says ${message}`, () => {
    assert.deepEqual(failing(createDesk().run('open-port', ...args)), error(2, message));
  });
}

test('H140: opening twice and closing what is not open change nothing', () => {
  const desk = createDesk({ model: together([range('80')], []) });
  desk.read('open-port', '80');
  desk.read('open-port', '80');
  desk.read('close-port', '443');

  assert.deepEqual(desk.json('opened-ports'), ['80/tcp']);
  desk.flush();
  assert.deepEqual(opened(desk.model), ['80/tcp (*)']);
});

test('H144: opened-ports has the pending opens and closes of the hook', () => {
  const desk = createDesk({ model: together([range('80'), range('81')], []) });
  desk.read('close-port', '80');
  desk.read('open-port', '82');
  assert.deepEqual(desk.json('opened-ports'), ['81/tcp', '82/tcp']);

  desk.read('open-port', '80');
  desk.read('close-port', '82');
  assert.deepEqual(desk.json('opened-ports'), ['80/tcp', '81/tcp']);
});

test('H144: one range open for several endpoints is one line', () => {
  const desk = createDesk();
  desk.read('open-port', '80', '--endpoints', 'x, ring');

  assert.deepEqual(desk.json('opened-ports'), ['80/tcp']);
  assert.deepEqual(desk.json('opened-ports', '--endpoints'), ['80/tcp (ring, x)']);
});

test('H142: a range that overlaps another unit’s on the machine is refused', () => {
  const desk = createDesk({ model: together([], [range('85')]) });

  const conflict = 'port range conflicts with 85/tcp (unit "l/1")';
  assert.deepEqual(
    failing(desk.run('open-port', '80-90')),
    error(1, `cannot open 80-90/tcp (unit "l/0"): ${conflict}`),
  );
  assert.deepEqual(
    failing(desk.run('open-port', '85')),
    error(1, `cannot open 85/tcp (unit "l/0"): ${conflict}`),
  );
  assert.deepEqual(
    failing(desk.run('close-port', '85')),
    error(1, `cannot close 85/tcp (unit "l/0"): ${conflict}`),
  );
  assert.equal(desk.run('open-port', '85/udp').code, 0);
});

test('H142: a different overlapping range of the unit is refused, pending or not', () => {
  const desk = createDesk({ model: together([range('100-200')], []) });
  desk.read('open-port', '80-90');

  assert.deepEqual(
    failing(desk.run('open-port', '90')),
    error(
      1,
      'cannot open 90/tcp (unit "l/0"): port range conflicts with 80-90/tcp (unit "l/0") requested earlier',
    ),
  );
  assert.deepEqual(
    failing(desk.run('open-port', '200')),
    error(
      1,
      'cannot open 200/tcp (unit "l/0"): port range conflicts with 100-200/tcp (unit "l/0")',
    ),
  );
});

test('H142: a port another unit opened meanwhile fails the commit', () => {
  const desk = createDesk({ model: together([], []) });
  desk.read('open-port', '80');
  desk.model = withUnit(desk.model, 'l/1', { openedPorts: [range('75-85')] });

  const result = desk.commit();

  assert.deepEqual(result, {
    ok: false,
    error: 'cannot open 80/tcp (unit "l/0"): port range conflicts with 75-85/tcp (unit "l/1")',
    model: desk.model,
  });
});

test('H142: a port of a unit on another machine is no conflict', () => {
  const desk = createDesk({ model: withUnit(related, 'l/1', { openedPorts: [range('80')] }) });
  desk.read('open-port', '80');
  desk.flush();
  assert.deepEqual(opened(desk.model), ['80/tcp (*)']);
});

test('H143: the name of an endpoint is checked at the commit', () => {
  const desk = createDesk();
  assert.equal(desk.run('open-port', '80', '--endpoints', 'nonsense').code, 0);

  const result = desk.commit();
  assert.equal(result.ok, false);
  assert.match(result.ok ? '' : result.error, /endpoint "nonsense" for application "l" not found/u);
});

test('ports opened for all endpoints take the place of those opened for some', () => {
  const desk = createDesk({ model: together([range('80', 'x')], []) });
  desk.read('open-port', '80');
  desk.flush();
  assert.deepEqual(opened(desk.model), ['80/tcp (*)']);
});

test('opening for one endpoint what is open for all changes nothing', () => {
  const desk = createDesk({ model: together([range('80')], []) });
  desk.read('open-port', '80', '--endpoints=x');
  desk.flush();
  assert.deepEqual(opened(desk.model), ['80/tcp (*)']);
});

test('closing for one endpoint what is open for all leaves the others open', () => {
  const desk = createDesk({ model: together([range('80')], []) });
  desk.read('close-port', '80', '--endpoints=x');
  desk.flush();
  assert.deepEqual([...opened(desk.model)].sort(), [
    '80/tcp (juju-info)',
    '80/tcp (ring)',
    '80/tcp (z)',
  ]);
});

test('closing for all endpoints closes what was open for some', () => {
  const desk = createDesk({ model: together([range('80', 'x'), range('80', 'z')], []) });
  desk.read('close-port', '80', '--endpoints', 'z');
  desk.flush();
  assert.deepEqual(opened(desk.model), ['80/tcp (x)']);

  const again = createDesk({ model: desk.model });
  again.read('close-port', '80');
  again.flush();
  assert.deepEqual(opened(again.model), []);
});

test('H94: open-port --format warns', () => {
  assert.equal(
    createDesk().run('open-port', '80', '--format=json').stderr,
    '--format flag deprecated for command "open-port"',
  );
});

test('H140: what a range is written as reads back as the same range', () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  fc.assert(
    fc.property(port, port, fc.constantFrom('tcp', 'udp'), (one, two, protocol) => {
      const ports = parsePorts(`${Math.min(one, two)}-${Math.max(one, two)}/${protocol}`);
      assert.deepEqual(parsePorts(portsText(ports)), ports);
    }),
  );
});

test('H142: whatever is opened and closed, a unit never has overlapping ranges for one endpoint', () => {
  const change = fc.record({
    verb: fc.constantFrom('open-port', 'close-port'),
    from: fc.integer({ min: 1, max: 9 }),
    length: fc.integer({ min: 0, max: 3 }),
    endpoint: fc.constantFrom('', 'x', 'z'),
  });
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 4 }), (hooks) => {
      let model = related;
      for (const changes of hooks) {
        const desk = createDesk({ model });
        for (const { verb, from, length, endpoint } of changes) {
          desk.run(verb, `${from}-${from + length}`, '--endpoints', endpoint);
        }
        const result = desk.commit();
        model = result.model;
      }
      const ranges = unitIn(model, 'l/0').openedPorts;
      for (const [index, one] of ranges.entries()) {
        for (const two of ranges.slice(index + 1)) {
          const same = one.from === two.from && one.to === two.to;
          assert.ok(same ? one.endpoint !== two.endpoint : one.to < two.from || two.to < one.from);
        }
      }
    }),
    { numRuns: 60 },
  );
});
