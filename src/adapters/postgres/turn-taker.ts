// Lets one action at a time change the server; the others wait for their turn in the order they came.

export class TurnTaker {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Whether somebody acts or waits to. */
  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  async take<Result>(action: () => Promise<Result>): Promise<Result> {
    this.#waiting += 1;
    const turn = this.#last.then(action, action);
    // The next one waits for the end of this one, whatever it was.
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }
}
