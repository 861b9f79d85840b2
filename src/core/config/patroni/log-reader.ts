// Reads the section `log`.

import type { JsonObject, JsonValue } from '#core/dcs/cluster.ts';
import type { LogConfig } from './agent-config.ts';
import { logFormat } from './defaults.ts';
import { isJsonList, isJsonObject, section, textFields, textOf } from './json-fields.ts';
import { readBoolean, readInteger } from './read-value.ts';

/** A list of fields, each a name or a mapping from the name to another one; else one text. */
function readFormat(format: JsonValue | undefined): LogConfig['format'] {
  if (!isJsonList(format)) return textOf(format) ?? logFormat;
  return format
    .map((field) => (isJsonObject(field) ? textFields(field) : textOf(field)))
    .filter((field) => field !== null);
}

export function readLog(file: JsonObject): LogConfig {
  const log = section(file, 'log');
  return {
    type: textOf(log['type'])?.toLowerCase() === 'json' ? 'json' : 'plain',
    level: textOf(log['level'])?.toUpperCase() ?? 'INFO',
    tracebackLevel: textOf(log['traceback_level'])?.toUpperCase() ?? 'ERROR',
    format: readFormat(log['format']),
    dateformat: textOf(log['dateformat']),
    staticFields: textFields(log['static_fields']),
    dir: textOf(log['dir']),
    fileNum: readInteger(log['file_num']) ?? 4,
    fileSizeBytes: readInteger(log['file_size'], 'B') ?? 25_000_000,
    mode: readInteger(log['mode']),
    loggers: textFields(log['loggers']),
    isHeartbeatDeduplicated: readBoolean(log['deduplicate_heartbeat_logs']) === true,
  };
}
