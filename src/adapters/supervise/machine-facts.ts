// What this machine has to keep programs running.

import { existsSync } from 'node:fs';
import type { MachineFacts } from './choose-manager.ts';

export function machineFacts(): MachineFacts {
  return {
    isRoot: process.getuid?.() === 0,
    hasSystemd: existsSync('/run/systemd/system'),
    hasCron: existsSync('/etc/cron.d') && existsSync('/usr/sbin/cron'),
  };
}
