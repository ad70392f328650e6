import { hash } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { isRollcallError } from '../../../base/errors.js';
import { readSessionPeer } from '../../../protocol/x509/tls-session.js';
import type { ServerTrust } from '../../model/server-rules.js';
import { askedForCertificate } from '../http-exchange.js';
import { derChain } from './presented.js';
import type { Finding, Presented, ServerChecks } from './server-checks.js';
import type { Endpoint } from './swift-agent.js';

/** What one way to servers needs for its connections to be judged. */
interface JudgeOptions {
  readonly checks: ServerChecks;
  readonly trust: ServerTrust;
  readonly pins?: readonly Uint8Array[] | undefined;
  /** By origin: whether the server asks for a client certificate. What is seen here is noted there. */
  readonly asking?: Map<string, boolean>;
  /** What these connections offer; `nothing-yet` where there is an identity and the server was not known to ask. */
  readonly offers: 'identity' | 'nothing' | 'nothing-yet';
  /** What servers presented at their last full handshake, for those that are resumed. */
  readonly seen: Seen;
}

/** What was found of each server at its last full handshake, by host and port. */
export type Seen = Map<string, { readonly origin: string; readonly fingerprint: string; readonly finding: Finding }>;

const mostOrigins = 1000;

/** Notes what was found. Those of longest ago go first: their sessions are not kept by Node any more either (100 for each agent). */
export function remember(seen: Seen, name: string, what: NonNullable<ReturnType<Seen['get']>>): void {
  seen.delete(name);
  seen.set(name, what);
  const [oldest] = seen.size > mostOrigins ? seen.keys() : [];
  if (oldest !== undefined) seen.delete(oldest);
}

/** Looks at each connection once its handshake is done, before anything is sent. */
export class ServerJudge {
  readonly #options: JudgeOptions;

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** Undefined for a server that may be spoken to on this connection; what ends it otherwise. */
  judge(socket: TLSSocket, { host, port }: Endpoint): Error | undefined {
    const { checks, trust, pins, seen } = this.#options;
    const name = `${host}:${port}`;
    const held = socket.isSessionReused() ? seen.get(name) : undefined;
    if (held !== undefined) return checks.judge(held.finding, { ...held, host }, trust);
    const presented = presentedBy(socket, host, port);
    const { origin, fingerprint } = presented;
    const finding = checks.find(presented, trust, pins);
    remember(seen, name, { origin, fingerprint, finding });
    return checks.judge(finding, presented, trust) ?? this.#asked(socket, origin);
  }

  /**
   * A client learns the signature algorithms that the server takes from its CertificateRequest alone (RFC 8446 §4.3.2), so they
   * tell whether there was one. In TLS 1.2 it may come later too, when the connection is negotiated anew.
   */
  #asked(socket: TLSSocket, origin: string): Error | undefined {
    const { asking, offers } = this.#options;
    if (asking === undefined || offers === 'nothing') return undefined;
    const isAsking = socket.getSharedSigalgs().length > 0 || socket.getProtocol() !== 'TLSv1.3';
    if (asking.size >= mostOrigins) asking.clear();
    asking.set(origin, isAsking);
    return isAsking && offers === 'nothing-yet' ? askedForCertificate : undefined;
  }
}

function presentedBy(socket: TLSSocket, host: string, port: number): Presented {
  return {
    host,
    origin: originOf(host, port),
    fingerprint: fingerprintOf(socket),
    sent: () => derChain(socket),
  };
}

/** Of the server that was asked for last: a fleet has one, or a few. */
let last = { host: '', port: 0, origin: '' };

function originOf(host: string, port: number): string {
  if (last.host !== host || last.port !== port) {
    const { origin } = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`);
    last = { host, port, origin };
  }
  return last.origin;
}

/** The TLS session holds the certificate as it is; Node would take it apart to the last field. What cannot be read here, Node may. */
function fingerprintOf(socket: TLSSocket): string {
  const session = socket.getSession();
  try {
    const leaf = session && readSessionPeer(session);
    if (leaf !== undefined) return hash('sha256', leaf, 'hex');
  } catch (error) {
    if (!isRollcallError(error)) throw error;
  }
  const { fingerprint256 = '' } = TLSSocket.prototype.getPeerCertificate.call(socket, false);
  return fingerprint256.replaceAll(':', '').toLowerCase();
}
