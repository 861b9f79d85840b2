// What this charm needs of the machine: the program that sets PostgreSQL up, a look at whether the
// server runs, and passwords for users.

import { errorCode } from '#adapters/files/error-code.ts';
import { closeSync, openSync, readFileSync, readSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { callProgram } from '#charm/program/call-program.ts';
import { type AgentServices, createAgentServices } from './agent-services.ts';
import type { InstallAnswer, SetupAnswer } from './setup/answer.ts';
import type {
  AccessCommand,
  ConvergeCommand,
  InstallCommand,
  SetupCommand,
  StopCommand,
} from './setup/desired.ts';

export interface Services {
  install(command: InstallCommand): InstallAnswer;
  converge(command: ConvergeCommand): SetupAnswer;
  /** On a server that an agent runs. */
  access(command: AccessCommand): SetupAnswer;
  stop(command: StopCommand): SetupAnswer;
  /** Whether the postmaster of this data directory is alive. Costs a read of one small file. */
  isServerAlive(dataDirectory: string): boolean;
  newPassword(): string;
  readonly agent: AgentServices;
}

/** Installing packages and initdb may take minutes on a slow machine; nothing else comes near. */
const timeoutMs = 15 * 60_000;

const passwordAlphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
const passwordLength = 32;

/** From the kernel itself: loading node:crypto for as many bytes takes 8 ms of a hook. */
function randomBytes(count: number): Uint8Array {
  const source = openSync('/dev/urandom', 'r');
  try {
    const bytes = new Uint8Array(count);
    const read = readSync(source, bytes, 0, count, null);
    return bytes.subarray(0, read);
  } finally {
    closeSync(source);
  }
}

/** Loaded when first needed: most hooks name no user and choose no password. */
const crypto = () => process.getBuiltinModule('node:crypto');

/** For names that are too long; never as protection. */
export function md5Hex(text: string): string {
  return crypto().createHash('md5').update(text).digest('hex');
}

/** Letters and digits only: nothing a client could forget to quote (T17). 186 bits. */
export function newPassword(): string {
  // Bytes beyond the last whole multiple of the alphabet are thrown away, so that no letter is likelier.
  const usable = 256 - (256 % passwordAlphabet.length);
  let password = '';
  while (password.length < passwordLength) {
    for (const byte of randomBytes(passwordLength)) {
      if (byte < usable) password += passwordAlphabet[byte % passwordAlphabet.length];
    }
  }
  return password.slice(0, passwordLength);
}

/** What tells that a file or a process is not there, or is not ours to look at. */
const absenceCodes: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ESRCH',
  'EACCES',
  'EPERM',
]);

/**
 * Whether the process that postmaster.pid names is there and works in the data directory, as a postmaster
 * always does: the number alone may be another's after the machine was started again.
 */
export function isServerAlive(dataDirectory: string): boolean {
  try {
    const [pid = ''] = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n', 1);
    return /^\d+$/u.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDirectory);
  } catch (error) {
    if (absenceCodes.has(errorCode(error))) return false;
    throw error;
  }
}

/** `charmDir` is where Juju unpacked the charm. */
export function createServices(charmDir: string): Services {
  const setup = (command: SetupCommand): unknown =>
    callProgram(join(charmDir, 'lib/pg-setup.cjs'), command, { timeoutMs });
  return {
    install: (command) => setup(command) as InstallAnswer,
    converge: (command) => setup(command) as SetupAnswer,
    access: (command) => setup(command) as SetupAnswer,
    stop: (command) => setup(command) as SetupAnswer,
    isServerAlive,
    newPassword,
    agent: createAgentServices(charmDir),
  };
}
