// Lets one loop sleep until another has something for it. Told while it is awake, it does not sleep at all.

export class SignalFlag {
  #isSet = false;
  #waiting: (() => void) | null = null;

  set(): void {
    this.#isSet = true;
    this.#waiting?.();
  }

  /** Resolves once it was set since the last wait. For one waiter. */
  async wait(): Promise<void> {
    if (!this.#isSet) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting = resolve;
      await promise;
      this.#waiting = null;
    }
    this.#isSet = false;
  }
}
