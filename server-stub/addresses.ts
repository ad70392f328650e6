// Under which addresses the stub is reached. The port is known once it listens.
import { isIP } from 'node:net';
import type { StubRequest } from './http-types.js';

interface AddressOptions {
  /** What is listened on. */
  readonly host: string;
  /** Names under which clients reach the stub; the first is used in its own addresses. */
  readonly hostnames: readonly string[];
  readonly tls: boolean;
}

const unspecified = new Set(['0.0.0.0', '::', '']);
/** Whether what is listened on is an address that a client can use. */
const isReachable = (host: string): boolean => !unspecified.has(host);

const inUrl = (name: string): string => (isIP(name) === 6 ? `[${name}]` : name);

export class Addresses {
  /** What is listened on, for a server of a dialect's own. */
  readonly host: string;
  /** Names and addresses that a certificate must be for, beside localhost's. */
  readonly hostnames: readonly string[];
  readonly #tls: boolean;
  readonly #mainName: string;
  #port = 0;
  #served: readonly string[] = [];

  constructor({ host, hostnames, tls }: AddressOptions) {
    this.host = host;
    this.hostnames = [...hostnames, ...(isReachable(host) ? [host] : [])];
    this.#tls = tls;
    this.#mainName = hostnames[0] ?? (isReachable(host) ? host : 'localhost');
  }

  /** Told by who begins to listen; `served` are the names that the server's certificate is for. */
  listening(port: number, served: readonly string[]): void {
    this.#port = port;
    this.#served = served;
  }

  /** Scheme, host and port. */
  get origin(): string {
    return `${this.#tls ? 'https' : 'http'}://${this.at(this.#port)}`;
  }

  /** Where devices wait for notifications. */
  get pushUrl(): string {
    return `${this.#tls ? 'wss' : 'ws'}://${this.at(this.#port)}/push`;
  }

  /** Host and port, for a server that listens on another port. */
  at(port: number): string {
    return `${inUrl(this.#mainName)}:${port}`;
  }

  /** The origin under which this client reaches the stub. A Host that the server's certificate is not for is not repeated to anybody. */
  originFor(request: Pick<StubRequest, 'headers'>): string {
    const host = request.headers['host'] ?? '';
    const [, bracketed, plain] = /^(?:\[([0-9a-fA-F:]+)\]|([^:]+))(?::\d{1,5})?$/.exec(host) ?? [];
    const name = (bracketed ?? plain)?.toLowerCase();
    if (name === undefined || !this.#served.includes(name)) return this.origin;
    return `${this.#tls ? 'https' : 'http'}://${host}`;
  }
}
