// Times as Python's strftime writes them: the directives that log configurations use.

export interface TimeParts {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** Minutes east of UTC. */
  readonly offsetMinutes: number;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function padded(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}

function offset(minutes: number): string {
  const sign = minutes < 0 ? '-' : '+';
  const size = Math.abs(minutes);
  return `${sign}${padded(Math.floor(size / 60))}${padded(size % 60)}`;
}

/** Unknown directives stay as they are. */
export function strftime(format: string, parts: TimeParts): string {
  return format.replace(/%([YmdHMSfzbyT%F])/gu, (found, directive: string) => {
    switch (directive) {
      case 'Y':
        return padded(parts.year, 4);
      case 'y':
        return padded(parts.year % 100);
      case 'm':
        return padded(parts.month);
      case 'b':
        return months[parts.month - 1] ?? '';
      case 'd':
        return padded(parts.day);
      case 'H':
        return padded(parts.hour);
      case 'M':
        return padded(parts.minute);
      case 'S':
        return padded(parts.second);
      case 'f':
        return padded(parts.millisecond * 1000, 6);
      case 'z':
        return offset(parts.offsetMinutes);
      case 'F':
        return strftime('%Y-%m-%d', parts);
      case 'T':
        return strftime('%H:%M:%S', parts);
      case '%':
        return '%';
      default:
        return found;
    }
  });
}

/** Python's default: `2026-11-27 14:30:22,123`. */
export function pythonTime(parts: TimeParts, dateformat: string | null): string {
  return dateformat === null
    ? `${strftime('%Y-%m-%d %H:%M:%S', parts)},${padded(parts.millisecond, 3)}`
    : strftime(dateformat, parts);
}
