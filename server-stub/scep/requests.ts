// What a request for a certificate comes to: issued, pending or refused.
import type { Clock } from '../../base/clock.js';
import type { ScepRequest } from '../../protocol/scep/request.js';
import { readCertificate } from '../../protocol/x509/certificate.js';
import type { Csr } from '../../protocol/x509/csr.js';
import { type Ca, standingReason } from '../ca.js';
import { stubError } from '../errors.js';
import type { CertificateGrant } from '../issued.js';
import type { Challenges } from './challenges.js';
import { Refusal } from './refusal.js';
import { csrHash, type Transaction, type TransactionState, type Transactions } from './transactions.js';

export interface PendingRequest {
  readonly transactionId: string;
  readonly userId?: string | undefined;
  readonly requestedAt: number;
}

export interface RequestOptions {
  readonly ca: Pick<Ca, 'judge' | 'issueForDevice'>;
  readonly clock: Clock;
  readonly challenges: Challenges;
  readonly transactions: Transactions;
  /** `manual`: every request is pending until somebody approves it. Renewals are not asked about. */
  readonly approval: 'automatic' | 'manual';
}

/** Requests are kept with their transaction; a real one has a few hundred bytes. */
const largestCsr = 16 * 1024;

/** Decides about requests for certificates, by challenge or by the certificate that is renewed. */
export class CertificateRequests {
  readonly #options: RequestOptions;

  constructor(options: RequestOptions) {
    this.#options = options;
  }

  /** What the request's transaction has come to. Throws Refusal. */
  serve(request: ScepRequest): Transaction {
    const { content } = request;
    const signerKey = readCertificate(request.signer).spki;
    if (content.kind === 'poll') return this.#polled(request.transactionId, content.subjectDer, signerKey);
    const { csr } = content;
    try {
      return this.#requested(request, csr, signerKey);
    } catch (error) {
      if (csr.challengePassword !== undefined) this.#options.challenges.refused(csr.challengePassword);
      throw error;
    }
  }

  /** Those that wait for somebody's approval. */
  pending(): readonly PendingRequest[] {
    return this.#options.transactions.pending().map(({ id, grant, requestedAt }) => ({
      transactionId: id,
      userId: grant.userId,
      requestedAt,
    }));
  }

  /** Issues what was asked for, to be fetched by the client's next poll. Throws NOT_FOUND. */
  approve(transactionId: string): void {
    const found = this.#find(transactionId);
    this.#options.transactions.set({ ...found, state: this.#issue(found) });
  }

  /** The client's next poll is refused. Throws NOT_FOUND. */
  reject(transactionId: string): void {
    this.#options.transactions.set({ ...this.#find(transactionId), state: { kind: 'rejected' } });
  }

  #polled(transactionId: string, subjectDer: Buffer, signerKey: Buffer): Transaction {
    const found = this.#options.transactions.polled(transactionId, subjectDer);
    if (found === undefined) throw new Refusal('badCertId', 'nothing was asked for in this transaction');
    if (!found.signerKey.equals(signerKey)) throw new Refusal('badMessageCheck', 'polled with another key');
    if (found.state.kind !== 'pending') this.#options.transactions.toldAgain(found);
    return found;
  }

  #requested(request: ScepRequest, csr: Csr, signerKey: Buffer): Transaction {
    const { transactions, challenges, clock, approval } = this.#options;
    const { transactionId, senderNonce } = request;
    if (csr.der.length > largestCsr) throw new Refusal('badRequest', `a request of ${csr.der.length} bytes`);
    if (transactions.isReplay(transactionId, senderNonce, csr)) {
      throw new Refusal('badRequest', 'the nonce was used in this transaction with another request');
    }
    const before = transactions.same(transactionId, csr);
    if (before !== undefined) {
      if (!before.signerKey.equals(signerKey)) throw new Refusal('badMessageCheck', 'repeated with another key');
      transactions.toldAgain(before);
      return before; // RFC 8894 §3.2.1.1: a retry
    }
    requireUsableKey(csr);
    const isRenewal = request.messageType === 'RenewalReq';
    const asked = {
      id: transactionId,
      csr,
      csrHash: csrHash(csr),
      nonce: senderNonce.toString('hex'),
      signerKey,
      grant: isRenewal ? this.#renewing(request.signer) : this.#challenged(csr),
      requestedAt: clock.now(),
    };
    const isDecided = isRenewal || approval === 'automatic';
    const transaction = { ...asked, state: isDecided ? this.#issue(asked) : ({ kind: 'pending' } as const) };
    // Only now: a request that could not be served has used nothing up.
    if (!isRenewal && csr.challengePassword !== undefined) challenges.use(csr.challengePassword);
    transactions.set(transaction);
    return transaction;
  }

  /** RFC 8894 §3.3.1.2: who holds a certificate of ours, valid still, may have another without a challenge. */
  #renewing(signer: Uint8Array): CertificateGrant {
    const judged = this.#options.ca.judge(signer);
    if (judged.standing !== 'ok') throw new Refusal('badCertId', `renewal: ${standingReason(judged)}`);
    const { platform, purpose, userId, deviceId } = judged.entry;
    return { platform, purpose, userId, deviceId, isRenewal: true };
  }

  #challenged(csr: Csr): CertificateGrant {
    if (csr.challengePassword === undefined) throw new Refusal('badRequest', 'there is no challenge in the request');
    const checked = this.#options.challenges.check(csr.challengePassword);
    if (!checked.ok) throw new Refusal('badRequest', `the challenge is ${checked.reason}`);
    return checked.grant;
  }

  #issue({ csr, grant }: Omit<Transaction, 'state'>): TransactionState {
    const { publicKey, subject, subjectAltName } = csr;
    const certificate = this.#options.ca.issueForDevice({ ...grant, publicKey, subject, subjectAltName });
    return { kind: 'issued', certificate };
  }

  #find(transactionId: string): Transaction {
    const found = this.#options.transactions.pending().find((each) => each.id === transactionId);
    if (found === undefined) throw stubError('NOT_FOUND', `no request is pending as "${transactionId}"`);
    return found;
  }
}

/** Keys that are asked for certificates: RSA of 1024 to 4096 bits, and the NIST curves. Throws Refusal. */
function requireUsableKey(csr: Csr): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = csr.publicKey;
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0;
    if (bits < 1024 || bits > 4096) throw new Refusal('badAlg', `an RSA key of ${bits} bits`);
    return;
  }
  const curve = details?.namedCurve ?? '';
  if (type === 'ec' && ['prime256v1', 'secp384r1', 'secp521r1'].includes(curve)) return;
  throw new Refusal('badAlg', `a key of type ${type} ${curve}`.trim());
}
