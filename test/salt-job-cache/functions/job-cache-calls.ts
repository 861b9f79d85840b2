// What tests of the job cache's functions hand it, and how they take what it throws.

import assert from 'node:assert/strict';
import { JobCacheError } from '#salt-job-cache/src/errors.ts';

export const load = {
  fun: 'test.ping',
  arg: [1],
  tgt: '*',
  tgt_type: 'glob',
  cmd: 'publish',
  ret: '',
  user: 'r',
};

/** The error it ends in, which has to be one of the job cache. */
export async function errorOf(work: Promise<unknown>): Promise<JobCacheError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof JobCacheError, String(error));
    return error;
  }
  return assert.fail('there was no error');
}
