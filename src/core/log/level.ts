// Levels of the log, as Python's logging names and orders them.

export const levels = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;

export type Level = (typeof levels)[number];

/** The level of a configured name in any case; INFO for what is none. */
export function levelOf(name: string): Level {
  const upper = name.toUpperCase();
  if (upper === 'WARN') return 'WARNING';
  if (upper === 'FATAL') return 'CRITICAL';
  return levels.find((level) => level === upper) ?? 'INFO';
}

export function isAtLeast(level: Level, least: Level): boolean {
  return levels.indexOf(level) >= levels.indexOf(least);
}
