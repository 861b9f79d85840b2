// The log of the service: JSON, one object a line, on standard error, written at once, so that the last lines
// before a crash are there.

import { destination, pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';
import type { ServiceConfig } from '../src/service/service-config.ts';

const standardError = 2;

export function createServiceLog(level: ServiceConfig['logLevel']): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
    },
    destination({ fd: standardError, sync: true }),
  );
}
