// What a SCEP client is given beside the settings, and what is kept of a request that waits.
import type { Signer } from '../../protocol/scep/request.js';
import type { KeyRef, Ports } from '../model/ports.js';
import type { ServerTrust } from '../model/server-rules.js';
import type { ScepRules } from './rules.js';
import type { StrictnessOptions } from './strictness.js';

export interface ScepClientOptions extends StrictnessOptions {
  readonly ports: Pick<Ports, 'clock' | 'http' | 'keys' | 'random'>;
  readonly signal: AbortSignal;
  /** Subject's common name where the settings name none. */
  readonly commonName: string;
  /** Default: RFC 8894. */
  readonly rules?: ScepRules | undefined;
  /** How the platform judges the server. */
  readonly server?: ServerTrust;
  /** What the platform's client calls itself in HTTP. */
  readonly userAgent?: string;
  /**
   * Asks by RenewalReq, signed by this certificate, of a server that knows RenewalReq and issued it; else PKCSReq. Apple's
   * client never does: its renewal is a PKCSReq with the new profile's challenge.
   */
  readonly renews?: Signer;
  /** Called for each HTTP request. */
  readonly onRequest?: () => void;
  /**
   * Awaited before a PKCSReq leaves, which may use its challenge up: whoever keeps what it is given can ask for the certificate
   * (`resumes`) though the process ends before the answer has come. A RenewalReq is just made again.
   */
  readonly onAsking?: (request: PendingRequest) => Promise<void>;
  /** Goes on with a request that was PENDING: it is polled for once more, and `retries` are counted from here. */
  readonly resumes?: PendingRequest;
  /** Hears of a request that is left PENDING, before SCEP_PENDING is thrown: whoever keeps it can go on with it. */
  readonly onPending?: (request: PendingRequest) => void;
}

/** What a later poll of the same request needs, as plain values. `key` may hold the key itself: a secret. */
export interface PendingRequest {
  readonly transactionId: string;
  readonly key: KeyRef;
  /** DER: the certificate that signed the request. */
  readonly signer: Uint8Array;
}
