// The verb `call`: every function of the job cache for programs in other languages, as lines of JSON on
// standard input and output. A request that fails is answered; it never ends the program.

import type { Readable, Writable } from 'node:stream';
import { addAbortSignal } from 'node:stream';
import { parseJson } from '../src/value/parse-json.ts';
import { PythonError } from '../src/value/python-error.ts';
import type { PythonValue } from '../src/value/python-value.ts';
import { errLine, okLine, readyLine } from './call-answers.ts';
import type { CallableCache } from './call-functions.ts';
import { call, functionNames, requestOf } from './call-functions.ts';
import type { InputLine } from './input-lines.ts';
import { inputLines } from './input-lines.ts';
import { writeText } from './write-text.ts';

/** The longest request, in bytes. */
const longestLine = 256 * 1024 * 1024;

export interface CallStreams {
  readonly input: Readable;
  readonly output: Writable;
  readonly interrupted: AbortSignal;
  /** Told of errors that are neither the caller's nor the database's. */
  readonly report: (error: unknown) => void;
}

async function answerTo(cache: CallableCache, line: InputLine): Promise<string> {
  if (line.kind === 'unreadable') {
    throw new PythonError('ValueError', `Cannot read the request: ${line.problem}`);
  }
  const value = await call(cache, requestOf(parseJson(line.text)));
  return okLine((value ?? null) as PythonValue);
}

function isBlank(line: InputLine): boolean {
  return line.kind === 'text' && line.text.trim() === '';
}

/** Answers requests one by one, in order, until the input ends or the program is interrupted. */
export async function serveCalls(cache: CallableCache, streams: CallStreams): Promise<void> {
  const { input, output, interrupted, report } = streams;
  await writeText(output, readyLine(functionNames));
  addAbortSignal(interrupted, input);
  try {
    for await (const line of inputLines(input, longestLine)) {
      if (isBlank(line)) continue;
      let answer: string;
      try {
        answer = await answerTo(cache, line);
      } catch (error) {
        report(error);
        answer = errLine(error);
      }
      await writeText(output, answer);
      if (interrupted.aborted) return;
    }
  } catch (error) {
    // The input was ended by us; whoever interrupted knows.
    if (!interrupted.aborted) throw error;
  }
}
