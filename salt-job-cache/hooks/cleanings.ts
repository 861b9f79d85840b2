// What the verb `clean` tells it deleted, as results of an action. Pure.

import type { ActionResults } from '#charm/tools/action-tools.ts';

/** Numbers of an object, also of objects in it, under names an action may have. */
export function cleaningsOf(text: string): ActionResults {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { output: text.trim() };
  }
  if (typeof value !== 'object' || value === null) return { output: text.trim() };
  const entries = Object.entries(value).flatMap(([key, count]) =>
    typeof count === 'number' || typeof count === 'boolean' ? [[named(key), count] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** `keepJobs`, `keep_jobs` and `keep-jobs` are all the last. */
function named(key: string): string {
  return key
    .replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}
