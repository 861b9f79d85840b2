// The program beside salt-job-cache's hooks that works on this machine: the service, and the Salt master's files.
// Reads one JSON request from standard input and prints one JSON answer.

import { text } from 'node:stream/consumers';
import { answer } from './answer.ts';
import type { MachineRequest } from './request.ts';

async function main(): Promise<void> {
  const request = JSON.parse(await text(process.stdin)) as MachineRequest;
  // Written by the hook of the charm this program came with, or by nobody who means it.
  if (!['configure', 'remove', 'forget'].includes(request.command)) {
    throw new TypeError('Cannot read the request: expected "configure", "remove" or "forget"');
  }
  process.stdout.write(`${JSON.stringify(await answer(request))}\n`);
}

// Not awaited at the top: the bundle is a CommonJS file. A mistake of ours ends the program with its stack.
void main();
