// In which order the hosts of an etcd are asked: who answered last goes first, who failed goes last.

/** Where the hosts come from: the configuration, or DNS at the moment of asking. Addresses with scheme and port. */
export type HostSource = () => Promise<readonly string[]>;

export class HostList {
  readonly #source: HostSource;
  readonly #isFixed: boolean;
  #configured: readonly string[] = [];
  #order: readonly string[] = [];

  constructor(source: HostSource, isFixed: boolean) {
    this.#source = source;
    this.#isFixed = isFixed;
  }

  /** All hosts known, the best first. Asks the source where nothing is known yet. */
  async inOrder(): Promise<readonly string[]> {
    if (this.#order.length === 0) await this.refresh();
    return this.#order;
  }

  /** Asks the source again; what is known stays where it has nothing to say. */
  async refresh(): Promise<void> {
    const found = await this.#source();
    if (found.length === 0) return;
    this.#configured = found;
    this.#order = [...new Set([...this.#order, ...found])];
  }

  /**
   * Members the cluster names. Configured ones stay behind them: an address that members advertise may be one
   * that is of no use from here.
   */
  learn(urls: readonly string[]): void {
    if (this.#isFixed) return;
    const isTlsOnly = this.#configured.every((url) => url.startsWith('https:'));
    const named = urls
      .filter((url) => isUsable(url, isTlsOnly))
      .map((url) => url.replace(/\/+$/u, ''));
    if (named.length === 0) return;
    const known = new Set([...named, ...this.#configured]);
    const [best] = this.#order;
    const kept = best !== undefined && known.has(best) ? [best] : [];
    this.#order = [...new Set([...kept, ...named, ...this.#configured])];
  }

  answered(host: string): void {
    if (this.#order[0] === host) return;
    this.#order = [host, ...this.#order.filter((other) => other !== host)];
  }

  failed(host: string): void {
    if (!this.#order.includes(host)) return;
    this.#order = [...this.#order.filter((other) => other !== host), host];
  }
}

/** An address of one host; over TLS where the configured ones are, as a password may go there. */
function isUsable(text: string, isTlsOnly: boolean): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/u.test(url.protocol)) return false;
  if (isTlsOnly && url.protocol !== 'https:') return false;
  // What a member listens on, advertised by mistake: from here it would be this machine.
  return !['0.0.0.0', '[::]'].includes(url.hostname);
}
