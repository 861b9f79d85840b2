import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#core/random.ts';
import { BusStandIn } from '../ingest/bus-stand-in.ts';
import { until, withDirectory } from '../ingest/with-ingestion.ts';
import type { JobCache } from '../program/with-job-cache.ts';
import { migratedJobCache, startServer } from '../program/with-job-cache.ts';
import { crashServer, startCrashedServer } from './crash-server.ts';
import { Publisher } from './publisher.ts';
import type { TestService } from './with-service.ts';
import { serviceConfig, withService } from './with-service.ts';

const jid = '20261120171330184721';

/** The most that is published between a start and a kill. */
const mostReturns = 6000;

async function accepted(service: TestService): Promise<number> {
  return (await service.status())?.ingest?.accepted.returns ?? 0;
}

async function storedNumbers(cache: JobCache): Promise<ReadonlySet<number>> {
  await using session = await cache.server.session(cache.user);
  const rows = await session.query(
    `SELECT id, count(*)::int AS n FROM public.salt_returns GROUP BY id ORDER BY n DESC`,
  );
  assert.equal(rows[0]?.['n'], 1, `${String(rows[0]?.['id'])} is there more than once`);
  return new Set(rows.map((row) => Number(String(row['id']).slice('minion'.length))));
}

test('every accepted return is there exactly once, whoever is killed under load', async (context) => {
  await using server = await startServer();
  await using cache = await migratedJobCache(server);
  await using directory = await withDirectory();
  const config = serviceConfig(directory.path, cache.conninfo());
  await using bus = new BusStandIn(config.ingest?.socket ?? '');
  await bus.start();
  await using service = withService(directory.path, config);
  await using publisher = new Publisher({ bus, jid, accepted: async () => accepted(service) });
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 32);
  context.diagnostic(`SEED=${seed}`);
  const random = createRandom(seed);
  const acknowledged: number[] = [];
  const live = async (): Promise<void> => {
    publisher.newLife();
    await service.start();
    await bus.joined();
    publisher.begin(await accepted(service));
  };
  await live();
  publisher.start();

  const kills = ['service', 'database', 'both', 'service', 'both', 'database', 'service'] as const;
  for (const victim of kills) {
    const before = await accepted(service);
    await until(
      'more accepted returns',
      async () => accepted(service),
      (now) => now > before + 500,
    );
    // Anywhere in its work, not only just after it wrote its status.
    await publisher.published(random.between(1, mostReturns));
    const told = await accepted(service);
    if (victim !== 'service') await crashServer(server);
    if (victim === 'database') {
      await until(
        'accepted returns while the database is away',
        async () => accepted(service),
        (now) => now > told + 200,
      );
    } else {
      await service.signal('SIGKILL');
      acknowledged.push(told);
      await until(
        'a bus without subscribers',
        () => bus.subscribers,
        (count) => count === 0,
      );
    }
    if (victim !== 'service') await startCrashedServer(server);
    if (victim !== 'database') await live();
  }
  await publisher.stop();
  acknowledged.push(await accepted(service));
  const end = await until(
    'an empty spool',
    async () => (await service.status())?.ingest ?? null,
    (ingest) =>
      ingest !== null &&
      ingest.waiting === 0 &&
      ingest.accepted.returns >= (acknowledged.at(-1) ?? 0),
  );

  assert.equal(await service.signal('SIGTERM'), 0);
  const last = (await service.status())?.ingest ?? end;
  const stored = await storedNumbers(cache);
  context.diagnostic(
    `${stored.size} returns, acknowledged at the kills: ${acknowledged.join(', ')}`,
  );
  assert.equal(stored.size, last?.accepted.returns);
  assert.equal(last?.stored.returns, last?.accepted.returns);
  let sum = 0;
  for (const [life, numbers] of publisher.lives.entries()) {
    const there = numbers.filter((number) => stored.has(number)).length;
    // In order and without a hole: what is missing is what had not been read when the service was killed.
    assert.ok(
      numbers.slice(0, there).every((number) => stored.has(number)),
      `life ${life} has a hole`,
    );
    sum += there;
    assert.ok(
      sum >= (acknowledged[life] ?? 0),
      `life ${life}: ${acknowledged[life]} acknowledged, ${sum} stored`,
    );
  }
  assert.equal(sum, stored.size);
});
