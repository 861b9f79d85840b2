// What of a configuration can only be told on the machine it is for (spec of `--validate-config`): programs that are
// there, ports that are free, a data directory that can be what it is to be.

import { access, constants, readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import type { ConfigFault } from '#core/config/patroni/fault.ts';
import { fault } from '#core/config/patroni/fault.ts';
import { readHostPort } from '#core/config/patroni/host-port.ts';
import type { JsonObject } from '#core/dcs/cluster.ts';
import { asObject, asText } from '#core/dcs/json.ts';
import { patchConfig } from '#core/config/patroni/patch-config.ts';
import { errorCode } from '#adapters/files/error-code.ts';
import { runProgram } from '#adapters/postgres-server/run-program.ts';

const postgresqlPort = 5432;

/** Programs without which nothing works. */
const programs = ['initdb', 'pg_controldata', 'pg_basebackup', 'postgres', 'pg_rewind'];

async function isRunnable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function findProgram(name: string, binDir: string): Promise<string | null> {
  const folders = binDir === '' ? (process.env['PATH'] ?? '').split(delimiter) : [binDir];
  for (const folder of folders) {
    if (folder !== '' && (await isRunnable(join(folder, name)))) return join(folder, name);
  }
  return null;
}

async function checkPrograms(binDir: string): Promise<readonly ConfigFault[]> {
  const path = 'postgresql.bin_dir';
  if (binDir !== '') {
    const found = await stat(binDir).catch(() => null);
    if (found === null) return [fault(path, binDir, `Directory '${binDir}' does not exist.`)];
    if (!found.isDirectory()) return [fault(path, binDir, `'${binDir}' is not a directory.`)];
  }
  const faults: ConfigFault[] = [];
  for (const name of programs) {
    if ((await findProgram(name, binDir)) !== null) continue;
    const where = binDir === '' ? "'$PATH'" : `'${binDir}'`;
    faults.push(
      fault(path, binDir === '' ? undefined : binDir, `does not contain '${name}' in ${where}`),
    );
  }
  return faults;
}

async function isPortFree(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', (error) => resolve(errorCode(error) !== 'EADDRINUSE'));
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}

async function checkPorts(config: JsonObject): Promise<readonly ConfigFault[]> {
  const faults: ConfigFault[] = [];
  for (const [section, usual] of [
    ['restapi', null],
    ['postgresql', postgresqlPort],
  ] as const) {
    const listen = asText((asObject(config[section]) ?? {})['listen']);
    const place = listen === null ? null : readHostPort(listen, usual);
    if (listen === null || place === null) continue;
    for (const host of place.host.split(',')) {
      const address = host === '*' ? '0.0.0.0' : host;
      if (await isPortFree(address, place.port)) continue;
      faults.push(fault(`${section}.listen`, listen, `Port ${place.port} is already in use.`));
    }
  }
  return faults;
}

async function majorOfPrograms(binDir: string): Promise<string | null> {
  const file = await findProgram('postgres', binDir);
  if (file === null) return null;
  const { stdout } = await runProgram({ file, args: ['--version'], timeoutMs: 10_000 });
  return /\(PostgreSQL\) (\d+)/u.exec(stdout)?.[1] ?? null;
}

/** An empty or absent directory is right, and so is a cluster of the version of the programs. */
async function checkDataDirectory(
  dataDir: string,
  binDir: string,
): Promise<readonly ConfigFault[]> {
  const path = 'postgresql.data_dir';
  const found = await stat(dataDir).catch(() => null);
  if (found === null) return [];
  if (!found.isDirectory()) return [fault(path, dataDir, 'is not a directory')];
  const isCluster = (await stat(join(dataDir, 'global', 'pg_control')).catch(() => null)) !== null;
  if (!isCluster) return [];
  const version = (await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  if (version === '') return [fault(path, dataDir, "doesn't look like a valid data directory")];
  const hasWal = (await stat(join(dataDir, 'pg_wal')).catch(() => null)) !== null;
  if (!hasWal) {
    return [
      fault(
        path,
        dataDir,
        'data dir for the cluster is not empty, but doesn\'t contain "pg_wal" directory',
      ),
    ];
  }
  const programsMajor = await majorOfPrograms(binDir);
  return programsMajor === null || programsMajor === version
    ? []
    : [
        fault(
          path,
          dataDir,
          `data_dir directory postgresql version (${version}) doesn't match with 'postgres --version' output (${programsMajor})`,
        ),
      ];
}

/** All faults the machine tells of; the file itself was found right before. */
export async function checkMachine(
  { file, environment }: { readonly file: JsonObject; readonly environment: JsonObject },
  isIgnoringPort: boolean,
): Promise<readonly ConfigFault[]> {
  const config = patchConfig(file, environment);
  const postgresql = asObject(config['postgresql']) ?? {};
  const binDir = asText(postgresql['bin_dir']) ?? '';
  const dataDir = asText(postgresql['data_dir']) ?? '';
  return [
    ...(await checkPrograms(binDir)),
    ...(isIgnoringPort ? [] : await checkPorts(config)),
    ...(dataDir === '' ? [] : await checkDataDirectory(dataDir, binDir)),
  ];
}
