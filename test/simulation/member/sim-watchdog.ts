// The watchdog device of a machine: it resets the machine when the agent has not said in time that all is well.

import type { WatchdogPort } from '#adapters/ports/agent-ports.ts';
import { watchdogTimeout } from '#core/ha/watchdog-timeout.ts';
import type { Engine, Scheduled } from '../engine/engine.ts';

/** What stays armed when the agent dies. */
export class WatchdogDevice {
  readonly #engine: Engine;
  readonly #onReset: () => void;
  #timer: Scheduled | null = null;
  #timeoutMs = 0;

  constructor(engine: Engine, onReset: () => void) {
    this.#engine = engine;
    this.#onReset = onReset;
  }

  arm(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs;
    this.ping();
  }

  ping(): void {
    this.#timer?.cancel();
    this.#timer = this.#engine.after(this.#timeoutMs, () => {
      this.#timer = null;
      this.#onReset();
    });
  }

  disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}

export class SimWatchdog implements WatchdogPort {
  readonly #device: WatchdogDevice;
  readonly #mode: 'off' | 'automatic' | 'required';
  #isRunning = false;

  constructor(device: WatchdogDevice, mode: 'off' | 'automatic' | 'required') {
    this.#device = device;
    this.#mode = mode;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get isHealthy(): boolean {
    return true;
  }

  async activate(ttlSeconds: number, loopWaitSeconds: number): Promise<boolean> {
    await Promise.resolve();
    if (this.#mode === 'off') return true;
    const timeout = watchdogTimeout(-1, ttlSeconds, loopWaitSeconds);
    if (timeout.kind === 'impossible') return this.#mode !== 'required';
    this.#isRunning = true;
    this.#device.arm(timeout.seconds * 1000);
    return true;
  }

  async keepalive(): Promise<void> {
    await Promise.resolve();
    if (this.#isRunning) this.#device.ping();
  }

  async disable(): Promise<void> {
    await Promise.resolve();
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#device.disarm();
  }
}
