// Ctrl-C: the bench stops between two hooks, tells what it has, and takes everything down.

export interface Interruption extends Disposable {
  readonly isWanted: boolean;
}

export function listenForInterruption(): Interruption {
  let isWanted = false;
  const stop = (): void => {
    if (!isWanted) console.error('\nStopping after this hook; what was measured is told');
    isWanted = true;
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    get isWanted() {
      return isWanted;
    },
    [Symbol.dispose]() {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
