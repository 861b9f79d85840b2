// Which service manager keeps a charm's program running on this machine. Pure.

/** Who keeps the program running, and starts it when the machine comes up. */
export type ServiceManager =
  | 'systemd'
  /** The charm's own supervisor, started by cron when the machine comes up. */
  | 'cron'
  /** The charm's own supervisor, started by the hook Juju runs when the machine came up. */
  | 'hook';

export interface MachineFacts {
  readonly isRoot: boolean;
  readonly hasSystemd: boolean;
  readonly hasCron: boolean;
}

/**
 * Systemd where it runs. A model on a loopback network never leaves anything in the machine's own
 * directories: it ends with its processes, and its machines come up again by their hooks.
 */
export function chooseManager(
  machine: MachineFacts,
  service: { readonly isLoopback: boolean },
): ServiceManager {
  if (!machine.isRoot || service.isLoopback) return 'hook';
  if (machine.hasSystemd) return 'systemd';
  return machine.hasCron ? 'cron' : 'hook';
}
