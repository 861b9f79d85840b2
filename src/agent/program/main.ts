// The program pg-agent: what its command line asks for.

import { homedir } from 'node:os';
import { createConfigSource } from '../config/config-source.ts';
import { exitCodeOf, printFaults } from '../config/config-errors.ts';
import { loadConfigFile } from '../config/load-config.ts';
import { checkMachine } from '../config/check-machine.ts';
import { explain } from './explain.ts';
import { readCommand, usage } from './options.ts';
import { runAgent } from './run-agent.ts';
import { agentVersion, patroniVersion } from './versions.ts';

/** Runs the program with these arguments; the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const command = readCommand(args);
  switch (command.kind) {
    case 'help':
      print(usage);
      return 0;
    case 'version':
      print(`pg-agent ${agentVersion} (speaks Patroni ${patroniVersion})\n`);
      return 0;
    case 'wrong':
      complain(`${command.message}\n\n${usage}`);
      return 2;
    case 'validate':
      return validate(command.path, command.isIgnoringPort);
    case 'explain':
      return explainConfigured(command.path, command.isJson);
    case 'run':
      return runAgent(command.path, complain);
    default:
      return command satisfies never;
  }
}

/** Each fault in a line; nothing at all where there is none. */
async function validate(path: string | null, isIgnoringPort: boolean): Promise<number> {
  const loaded = await loadConfigFile(path, process.env);
  if (loaded.kind === 'faults') {
    print(printFaults(loaded.faults));
    return exitCodeOf(loaded.faults);
  }
  const faults = [...loaded.warnings, ...(await checkMachine(loaded, isIgnoringPort))];
  print(printFaults(faults));
  return exitCodeOf(faults);
}

async function explainConfigured(path: string | null, isJson: boolean): Promise<number> {
  const created = await createConfigSource({
    path,
    variables: process.env,
    homeDirectory: homedir(),
    onWarning: () => undefined,
  });
  if (created.kind === 'faults') {
    complain(printFaults(created.faults));
    return 1;
  }
  return explain(created.source.merge(null), isJson, print);
}

function print(text: string): void {
  process.stdout.write(text);
}

function complain(text: string): void {
  process.stderr.write(text);
}
