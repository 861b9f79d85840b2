// The program beside salt-job-cache's hooks: it speaks SQL, so that they need not load a driver.
// Reads one JSON request from standard input and prints one JSON answer.

import { text } from 'node:stream/consumers';
import { answer } from './answer.ts';

async function main(): Promise<void> {
  const request = await text(process.stdin);
  process.stdout.write(`${JSON.stringify(await answer(request, BigInt(Date.now()) * 1000n))}\n`);
}

// Not awaited at the top: the bundle is a CommonJS file. A mistake of ours ends the program with its stack.
void main();
