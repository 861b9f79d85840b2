// The sockets of the REST API: listens, reads requests, checks access, and writes what the routes answer. A client
// that is slow, malformed or too talkative gets a short answer and costs nobody else anything.

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';

import { nodeHttps } from '#adapters/net/lazy-tls.ts';
import { isSameMaterial } from '#adapters/peers/tls-files.ts';
import type { TlsMaterial } from '#adapters/peers/tls-files.ts';
import type { NameResolver } from '#adapters/peers/resolve-name.ts';
import type { RestApiConfig } from '#core/config/patroni/agent-config.ts';
import { compileAccess, refuseAccess } from './access.ts';
import type { AccessRules } from './access.ts';
import type { ApiHost } from './api-host.ts';
import { readBodyText, readHead } from './read-request.ts';
import type { RequestHead } from './read-request.ts';
import { text } from './rest-message.ts';
import type { RestResponse } from './rest-message.ts';
import { answerRequest, isSafeMethod } from './routes.ts';
import { contextOptions, readServerTls } from './server-tls.ts';

export interface RestLimits {
  /** Largest body of a request. */
  readonly bodyBytes: number;
  /** From the first byte of a request to the end of its headers, and of its body. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often connections are looked at for these times. */
  readonly checkMs: number;
  /** Connections at the same time; more are closed at once. */
  readonly connections: number;
}

const usualLimits: RestLimits = {
  bodyBytes: 1_048_576,
  headersMs: 10_000,
  requestMs: 30_000,
  checkMs: 5000,
  connections: 1024,
};

export interface RestServerOptions {
  readonly config: RestApiConfig;
  readonly host: ApiHost;
  readonly resolve: NameResolver;
  readonly limits?: Partial<RestLimits>;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A status line and a reason for a client that could not be understood. */
const brokenAnswers: ReadonlyMap<string, string> = new Map([
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
]);

function answerBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = brokenAnswers.get(error.code ?? '') ?? '400 Bad Request';
  const body = `${status}\n`;
  const headers = `Content-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
}

function hostsOf(listen: string): readonly (string | undefined)[] {
  const hosts = listen.split(',').map((host) => host.trim().replace(/^\[(.*)\]$/u, '$1'));
  return hosts.map((host) => (host === '*' || host === '' ? undefined : host));
}

/** Whether a change takes other sockets. */
function isOtherSocket(before: RestApiConfig, after: RestApiConfig): boolean {
  return (
    before.listen.host !== after.listen.host ||
    before.listen.port !== after.listen.port ||
    (before.certfile === null) !== (after.certfile === null) ||
    before.verifyClient !== after.verifyClient ||
    before.requestQueueSize !== after.requestQueueSize
  );
}

export class RestServer {
  readonly #host: ApiHost;
  readonly #resolve: NameResolver;
  readonly #limits: RestLimits;
  #config: RestApiConfig;
  #rules: AccessRules;
  #material: TlsMaterial = {};
  #servers: readonly Server[] = [];

  private constructor({ config, host, resolve, limits }: RestServerOptions) {
    this.#host = host;
    this.#resolve = resolve;
    this.#limits = { ...usualLimits, ...limits };
    this.#config = config;
    this.#rules = compileAccess(config).rules;
  }

  /** Listens on all addresses of the configuration, or on none and rejects with the one that could not be had. */
  static async start(options: RestServerOptions): Promise<RestServer> {
    const server = new RestServer(options);
    await server.#apply(options.config);
    return server;
  }

  /** Where it listens now; the port is the real one also where 0 was asked for. */
  get addresses(): readonly ListenAddress[] {
    return this.#servers.map((server) => {
      const { address, port } = server.address() as AddressInfo;
      return { host: address, port };
    });
  }

  /** Follows another configuration. Where it can't be followed the old one stays in force, and it rejects. */
  async reload(config: RestApiConfig): Promise<void> {
    const before = this.#config;
    if (!isOtherSocket(before, config)) {
      await this.#renew(config);
      return;
    }
    // The certificates are read first: a file that is missing must not cost us the socket.
    await readServerTls(config);
    // Not waited for: a request that follows a switchover takes its time.
    void this.#stopListening();
    try {
      await this.#apply(config);
    } catch (error) {
      await this.#apply(before);
      throw error;
    }
  }

  /** Reads the certificate anew; true where it was another one. */
  async reloadCertificate(): Promise<boolean> {
    return this.#renew(this.#config);
  }

  /** Breaks off what is still being answered. */
  async close(): Promise<void> {
    const servers = this.#servers;
    const closed = this.#stopListening();
    for (const server of servers) server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #apply(config: RestApiConfig): Promise<void> {
    this.#material = await readServerTls(config);
    this.#setRules(config);
    const servers: Server[] = [];
    try {
      for (const host of hostsOf(config.listen.host)) {
        const server = this.#createServer(config);
        servers.push(server);
        await listen(server, { host, port: config.listen.port, backlog: config.requestQueueSize });
        // An error of a socket that listens, as when descriptors run out, must not end the agent.
        server.on('error', (error) => {
          this.#host.log.error('The REST API could not take a connection', { error });
        });
      }
    } catch (error) {
      for (const server of servers) server.close();
      throw error;
    }
    this.#servers = servers;
  }

  #setRules(config: RestApiConfig): void {
    const { rules, faults } = compileAccess(config);
    for (const fault of faults) this.#host.log.error(fault);
    this.#rules = rules;
    this.#config = config;
  }

  /** Takes over what needs no other socket. */
  async #renew(config: RestApiConfig): Promise<boolean> {
    const material = await readServerTls(config);
    const isOther =
      !isSameMaterial(material, this.#material) || config.ciphers !== this.#config.ciphers;
    if (isOther) {
      for (const server of this.#servers) {
        if (isTlsServer(server)) server.setSecureContext(contextOptions(config, material));
      }
    }
    this.#material = material;
    this.#setRules(config);
    return isOther;
  }

  #createServer(config: RestApiConfig): Server {
    const { headersMs, requestMs, checkMs, connections } = this.#limits;
    const options = {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: checkMs,
      // Load balancers are often set up to check with HTTP/1.1 and without it.
      requireHostHeader: false,
    };
    const server =
      config.certfile === null
        ? createServer(options)
        : nodeHttps().createServer({
            ...options,
            ...contextOptions(config, this.#material),
            requestCert: config.verifyClient !== 'none',
            rejectUnauthorized: config.verifyClient === 'required',
          });
    server.maxConnections = connections;
    server.on('request', (incoming, outgoing) => void this.#serve(incoming, outgoing));
    server.on('clientError', answerBroken);
    return server;
  }

  /** Frees the ports at once; what is being answered goes on meanwhile. Resolves when all of it has ended. */
  async #stopListening(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(
      servers.map(async (server) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        server.close(() => resolve());
        server.closeIdleConnections();
        await promise;
      }),
    );
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const gone = new AbortController();
    outgoing.on('close', () => gone.abort(new Error('The client closed the connection')));
    outgoing.on('error', () => gone.abort());
    try {
      const head = readHead(incoming, gone.signal);
      const answer = await this.#answer(head, incoming, outgoing);
      if (!outgoing.destroyed) this.#send(head, answer, outgoing);
    } catch (error) {
      // The client broke off while it sent its body; or a header of the configuration can't be sent.
      if (!gone.signal.aborted)
        this.#host.log.error('A REST request could not be served', { error });
      outgoing.destroy();
    }
  }

  async #answer(
    head: RequestHead,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<RestResponse> {
    if (isSafeMethod(head.method)) return answerRequest({ ...head, body: null }, this.#host);
    const refusal = await refuseAccess(this.#rules, head, this.#apiUrls(), this.#resolve);
    if (refusal !== null) return refusal;
    const body = await readBodyText(incoming, this.#limits.bodyBytes);
    if (body.kind === 'body') return answerRequest({ ...head, ...body }, this.#host);
    outgoing.shouldKeepAlive = false;
    return text(413, `The body of a request may have ${this.#limits.bodyBytes} bytes at most`);
  }

  #apiUrls(): readonly string[] {
    const { cluster, failsafe } = this.#host.view();
    const urls = (cluster?.members ?? []).map(({ apiUrl }) => apiUrl);
    return [...urls.filter((url) => url !== null), ...Object.values(failsafe ?? {})];
  }

  #send(head: RequestHead, answer: RestResponse, outgoing: ServerResponse): void {
    const { httpExtraHeaders, httpsExtraHeaders, certfile, serverTokens } = this.#config;
    const { version } = this.#host.view();
    outgoing.writeHead(answer.status, {
      Server: serverTokens.toLowerCase() === 'productonly' ? 'Patroni' : `Patroni/${version}`,
      ...answer.headers,
      ...httpExtraHeaders,
      ...(certfile !== null && httpsExtraHeaders),
      ...(head.method !== 'HEAD' && { 'Content-Length': String(Buffer.byteLength(answer.body)) }),
    });
    outgoing.end(answer.body);
  }
}

function isTlsServer(server: Server): server is Server & {
  setSecureContext(options: SecureContextOptions): void;
} {
  return 'setSecureContext' in server;
}

async function listen(
  server: Server,
  where: {
    readonly host: string | undefined;
    readonly port: number;
    readonly backlog: number;
  },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { host, port, backlog } = where;
  server.once('error', reject);
  server.listen({ port, backlog, ...(host !== undefined && { host }) }, resolve);
  try {
    await promise;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot listen on '${host ?? '*'}:${port}': ${why}. Look at restapi.listen, and at who else uses the port`,
      { cause: error },
    );
  }
  server.off('error', reject);
}
