// Tasks as they are printed.

import type { Task } from '#core/juju/model.ts';
import { parseUnitName } from '#core/juju/names.ts';

import { formatData } from './format.ts';

/** A task as `juju show-task` and `juju run --format` show it. */
export function describeTask(task: Task): unknown {
  const time = (at: number | null): string | undefined =>
    at === null
      ? undefined
      : new Date(at)
          .toISOString()
          .replace(/\.\d+Z$/u, ' +0000 UTC')
          .replace('T', ' ');
  const timing = {
    completed: time(task.completedAt),
    enqueued: time(task.enqueuedAt),
    started: time(task.startedAt),
  };
  return {
    id: task.id,
    ...(task.log.length === 0
      ? {}
      : { log: task.log.map((line) => `${time(line.at) ?? ''} ${line.message}`) }),
    ...(task.message === '' ? {} : { message: task.message }),
    results: task.results,
    status: task.status,
    timing: Object.fromEntries(Object.entries(timing).filter(([, at]) => at !== undefined)),
    unit: task.unit,
  };
}

/** Results for a person: what the action set, and its output where it printed any. */
export function plainTask(tasks: readonly Task[]): string {
  return perUnit(tasks, (task) => {
    const shown = Object.entries(task.results).filter(([key]) => key !== 'return-code');
    const results = shown.length === 0 ? '' : formatData(Object.fromEntries(shown), 'yaml');
    return task.message === '' ? results : `${results}${task.message}\n`;
  });
}

/** What a command line printed: its own output, unchanged. */
export function plainExec(tasks: readonly Task[]): string {
  return perUnit(tasks, (task) => {
    const text = (key: string): string => {
      const value = task.results[key];
      return typeof value === 'string' ? value : '';
    };
    return `${text('stdout')}${text('stderr')}`;
  });
}

function perUnit(tasks: readonly Task[], describe: (task: Task) => string): string {
  const [only, ...others] = tasks;
  if (only !== undefined && others.length === 0) return describe(only);
  return tasks
    .map(
      (task) =>
        `${parseUnitName(task.unit).name}:\n${describe(task).replaceAll(/^(?=.)/gmu, '  ')}`,
    )
    .join('');
}
