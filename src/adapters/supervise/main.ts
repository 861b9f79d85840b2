// The program `pg-supervise RUN.json`: keeps the unit's agent running where the machine has no systemd to do it,
// and wakes the charm when the agent asks for it. It outlives the hook that started it.
//
//   SIGTERM  ends the agent, which stops PostgreSQL, and then this
//   SIGHUP   has the agent read its configuration again
//   SIGUSR2  ends this and leaves the agent, for another supervisor to take over

import { dirname } from 'node:path';
import { AgentProcess } from './agent-process.ts';
import { Courier } from './courier.ts';
import { lockDirectory } from './lock.ts';
import { logLine, rotateLog } from './log-file.ts';
import { removePidFile, writePidFile } from './pid-file.ts';
import { readRunFile } from './run-file.ts';

/** How often it is looked whether the log is too large. */
const lookMs = 60_000;
/** Longest the agent may take to stop PostgreSQL. */
const stopPatienceMs = 90_000;

async function supervise(path: string): Promise<void> {
  const run = readRunFile(path);
  if (!(await lockDirectory(dirname(path)))) {
    process.stdout.write('Another supervisor is at work here\n');
    return;
  }
  const log = (sentence: string): void => logLine(run.log, sentence);
  const agent = new AgentProcess(run, log);
  const courier = new Courier({
    mark: run.wake,
    command: run.wakeCommand,
    directory: run.directory,
    log,
  });
  // Also keeps this program running while nothing happens.
  const rest = setInterval(() => rotateLog(run.log), lookMs);
  const leave = (): void => {
    courier.stop();
    clearInterval(rest);
    removePidFile(run.supervisorPid);
  };
  let isLeaving = false;
  process.on('SIGTERM', () => {
    if (isLeaving) return;
    isLeaving = true;
    courier.stop();
    void agent.stop(stopPatienceMs).then(() => {
      leave();
      process.exit();
    });
  });
  process.on('SIGUSR2', () => {
    leave();
    process.exit();
  });
  process.on('SIGHUP', () => agent.signal('SIGHUP'));
  agent.begin();
  writePidFile(run.supervisorPid, process.pid);
}

async function main(): Promise<void> {
  const [path] = process.argv.slice(2);
  if (path === undefined) {
    process.stderr.write('Usage: pg-supervise RUN.json\n');
    process.exitCode = 2;
    return;
  }
  await supervise(path);
}

// Not awaited at the top: the bundle may be a CommonJS file, which knows no such await.
main().catch((error: unknown) => {
  process.stderr.write(
    `Cannot supervise: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
