// How long the watchdog waits: less than the lease, so that a machine whose agent hangs is reset before another
// member is promoted (patroni/watchdog/base.py).

export type WatchdogTimeout =
  | { readonly kind: 'possible'; readonly seconds: number; readonly slackSeconds: number }
  | { readonly kind: 'impossible'; readonly why: string };

/** `safetyMarginSeconds` -1: half of the ttl. */
export function watchdogTimeout(
  safetyMarginSeconds: number,
  ttlSeconds: number,
  loopWaitSeconds: number,
): WatchdogTimeout {
  const seconds =
    safetyMarginSeconds === -1 ? Math.floor(ttlSeconds / 2) : ttlSeconds - safetyMarginSeconds;
  const slackSeconds = seconds - loopWaitSeconds;
  if (seconds > 0 && slackSeconds >= 0) return { kind: 'possible', seconds, slackSeconds };
  const why =
    safetyMarginSeconds === -1
      ? `Watchdog not supported because leader TTL ${ttlSeconds} is less than 2x loop_wait ${loopWaitSeconds}`
      : `Watchdog safety margin ${safetyMarginSeconds} leaves ${seconds} of leader TTL ${ttlSeconds}, less than loop_wait ${loopWaitSeconds}`;
  return { kind: 'impossible', why };
}
