// GET|POST /scep: the SCEP server (RFC 8894).

import type { Clock } from '../../base/clock.js';
import { isRollcallError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { writeCaCertificates } from '../../protocol/scep/ca-certificates.js';
import { writeCapabilities } from '../../protocol/scep/capabilities.js';
import type { FailInfo } from '../../protocol/scep/message.js';
import { openRequest, type RequestHeader, readRequestHeader, type ScepRequest } from '../../protocol/scep/request.js';
import { buildCertRep } from '../../protocol/scep/response.js';
import { readCertificate } from '../../protocol/x509/certificate.js';
import { type EnvelopeCipher, envelopeCiphers } from '../../protocol/x509/ciphers.js';
import type { Csr } from '../../protocol/x509/csr.js';
import type { Ca } from '../ca.js';
import { stubError } from '../errors.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import type { Keep } from '../keep.js';
import type { Challenges, Invited } from './challenges.js';
import { createTransactions, csrHash, type Transaction, type TransactionState } from './transactions.js';

export interface ScepOptions {
  readonly ca: Ca;
  readonly challenges: Challenges;
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  readonly log: Log;
  /** `manual`: every request is pending until somebody approves it. Renewals are not asked about. */
  readonly approval: 'automatic' | 'manual';
  /** How far the signing time of a request may be from the clock: badTime beyond it. Not looked at without one. */
  readonly signingSkewMs?: number | undefined;
  /** Requests, answered or waiting for approval, survive a restart there. */
  readonly keep?: Keep | undefined;
}

export interface PendingRequest {
  readonly transactionId: string;
  readonly userId?: string | undefined;
  readonly requestedAt: number;
}

export interface ScepServer {
  readonly routes: readonly Route[];
  pending(): readonly PendingRequest[];
  /** Issues what was asked for, to be fetched by the client's next poll. Throws NOT_FOUND. */
  approve(transactionId: string): void;
  reject(transactionId: string): void;
}

const capabilities = writeCapabilities({
  renewal: true,
  sha1: true,
  sha256: true,
  sha512: true,
  aes: true,
  des3: true,
  scepStandard: true,
  post: true,
});

/** A failInfo on its way to the client, with the reason for the log. */
class Refusal extends Error {
  constructor(
    readonly failInfo: FailInfo,
    reason: string,
  ) {
    super(reason);
  }
}

export function createScepServer(options: ScepOptions): ScepServer {
  const { ca, challenges, clock, random, log } = options;
  const transactions = createTransactions(options.keep);
  const caCertificates = writeCaCertificates(
    ca.scep === ca.issuer ? [ca.certificate] : [ca.scep.certificate, ca.certificate],
  );

  function operate(request: StubRequest, message: () => Buffer): StubAnswer {
    const operation = request.query.get('operation');
    switch (operation) {
      case 'GetCACaps': // RFC 8894 §3.5.1
        return { status: 200, headers: text, body: capabilities };
      case 'GetCACert':
        return { status: 200, headers: { 'content-type': caCertificates.contentType }, body: caCertificates.body };
      case 'PKIOperation':
        return pkiOperation(message(), request.remote);
      default:
        throw stubError('MESSAGE_REFUSED', `operation "${(operation ?? '').slice(0, 40)}" is not served`);
    }
  }

  function pkiOperation(der: Buffer, remote: string): StubAnswer {
    const header = readRequestHeader(der);
    const reply = answer(header, remote);
    return { status: 200, headers: { 'content-type': 'application/x-pki-message' }, body: reply };
  }

  function answer(header: RequestHeader, remote: string): Buffer {
    const common = {
      transactionId: header.transactionId,
      recipientNonce: header.senderNonce,
      ca: ca.scep,
      chain: ca.scep === ca.issuer ? [] : [ca.certificate],
      digest: header.digest,
      signingTime: new Date(clock.now()),
      random,
    };
    try {
      const request = open(header);
      const { state } = serve(request);
      if (state.kind === 'pending') return buildCertRep({ ...common, pkiStatus: 'pending' });
      if (state.kind === 'rejected') throw new Refusal('badRequest', 'the request was rejected by an administrator');
      return buildCertRep({
        ...common,
        pkiStatus: 'success',
        certificates: [state.certificate, ca.certificate],
        recipient: header.signer,
        cipher: answerCipher(request),
      });
    } catch (error) {
      const refusal = toRefusal(error);
      if (refusal === undefined) throw error;
      log.warn('SCEP_REFUSED', {
        failInfo: refusal.failInfo,
        reason: refusal.message,
        transactionId: header.transactionId,
        messageType: header.message.messageType,
        remote,
      });
      return buildCertRep({ ...common, pkiStatus: 'failure', failInfo: refusal.failInfo });
    }
  }

  function open(header: RequestHeader): ScepRequest {
    if (header.messageType === undefined) throw new Refusal('badRequest', 'this messageType is not served');
    if (readCertificate(header.signer).publicKey.asymmetricKeyType !== 'rsa') {
      throw new Refusal('badAlg', 'answers can be encrypted to RSA keys only');
    }
    requireTime(header);
    return openRequest(header, ca.scep.certificate, ca.scep.key);
  }

  function requireTime({ message }: RequestHeader): void {
    const { signingSkewMs } = options;
    if (signingSkewMs === undefined) return;
    const at = message.signed.signingTime?.getTime();
    if (at === undefined || Math.abs(clock.now() - at) > signingSkewMs) {
      throw new Refusal('badTime', 'the signing time is too far from now, or missing');
    }
  }

  /** What the transaction has come to. Throws Refusal. */
  function serve(request: ScepRequest): Transaction {
    const { content, transactionId } = request;
    const signerKey = readCertificate(request.signer).spki;
    if (content.kind === 'poll') {
      const found = transactions.polled(transactionId, content.subjectDer);
      if (found === undefined) throw new Refusal('badCertId', 'nothing was asked for in this transaction');
      if (!found.signerKey.equals(signerKey)) throw new Refusal('badMessageCheck', 'polled with another key');
      return found;
    }
    const { csr } = content;
    if (csr.der.length > largestCsr) throw new Refusal('badRequest', `a request of ${csr.der.length} bytes`);
    if (transactions.isReplay(transactionId, request.senderNonce, csr)) {
      throw new Refusal('badRequest', 'the nonce was used in this transaction with another request');
    }
    const before = transactions.same(transactionId, csr);
    if (before !== undefined) {
      if (!before.signerKey.equals(signerKey)) throw new Refusal('badMessageCheck', 'repeated with another key');
      return before; // RFC 8894 §3.2.1.1: a retry
    }
    checkKey(csr);
    const isRenewal = request.messageType === 'RenewalReq';
    const invited = isRenewal ? renewing(request) : challenged(csr);
    const asked = {
      id: transactionId,
      csr,
      csrHash: csrHash(csr),
      nonce: request.senderNonce.toString('hex'),
      signerKey,
      invited,
      requestedAt: clock.now(),
    };
    const isDecided = isRenewal || options.approval === 'automatic';
    const transaction = { ...asked, state: isDecided ? issue(asked) : ({ kind: 'pending' } as const) };
    // Only now: a request that could not be served has used nothing up.
    if (!isRenewal && csr.challengePassword !== undefined) challenges.use(csr.challengePassword);
    transactions.set(transaction);
    return transaction;
  }

  /** RFC 8894 §3.3.1.2: who holds a certificate of ours, valid still, may have another without a challenge. */
  function renewing(request: ScepRequest): Invited {
    const judged = ca.judge(request.signer);
    if (judged.standing !== 'ok') throw new Refusal('badCertId', `the certificate to renew is ${judged.standing}`);
    return judged.entry;
  }

  function challenged(csr: Csr): Invited {
    if (csr.challengePassword === undefined) throw new Refusal('badRequest', 'there is no challenge in the request');
    const checked = challenges.check(csr.challengePassword);
    if (!checked.ok) throw new Refusal('badRequest', `the challenge is ${checked.reason}`);
    return checked.invited;
  }

  function issue({ csr, invited }: Omit<Transaction, 'state'>): TransactionState {
    const certificate = ca.issueForDevice({
      publicKey: csr.publicKey,
      subject: csr.subject,
      subjectAltName: csr.subjectAltName,
      userId: invited.userId,
      deviceId: invited.deviceId,
      purpose: invited.purpose,
    });
    return { kind: 'issued', certificate };
  }

  const find = (transactionId: string) => {
    const found = transactions.pending().find((each) => each.id === transactionId);
    if (found === undefined) throw stubError('NOT_FOUND', `no request is pending as "${transactionId}"`);
    return found;
  };

  const handle = (request: StubRequest, message: () => Buffer): StubAnswer => {
    try {
      return operate(request, message);
    } catch (error) {
      if (!isRollcallError(error)) throw error;
      log.warn(error.code, { path: request.path, status: 400, reason: error.message, remote: request.remote });
      return { status: 400, headers: text, body: `${error.message}\n` };
    }
  };

  return {
    routes: [
      { method: 'GET', path: '/scep', handle: (request) => handle(request, () => readGetMessage(request)) },
      { method: 'POST', path: '/scep', handle: (request) => handle(request, () => request.body) },
    ],
    pending: () =>
      transactions.pending().map(({ id, invited, requestedAt }) => ({
        transactionId: id,
        userId: invited.userId,
        requestedAt,
      })),
    approve(transactionId) {
      const found = find(transactionId);
      transactions.set({ ...found, state: issue(found) });
    },
    reject: (transactionId) => transactions.set({ ...find(transactionId), state: { kind: 'rejected' } }),
  };
}

/** Requests are kept with their transaction; a real one has a few hundred bytes. */
const largestCsr = 16 * 1024;

const text = { 'content-type': 'text/plain; charset=utf-8' };

/** RFC 8894 §4.3: `message` is base64; a `+` that the client did not escape arrives as a space. */
function readGetMessage(request: StubRequest): Buffer {
  const message = (request.query.get('message') ?? '').replaceAll(' ', '+').replace(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(message)) {
    throw stubError('MESSAGE_REFUSED', 'the message is missing or not base64');
  }
  return Buffer.from(message, 'base64');
}

/** Keys that are asked for certificates: RSA of 1024 to 4096 bits, and the NIST curves. Throws Refusal. */
function checkKey(csr: Csr): void {
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

/** The client's own cipher where it is one we write; AES otherwise. */
function answerCipher({ cipher }: ScepRequest): EnvelopeCipher {
  return envelopeCiphers.find((each) => each === cipher.name) ?? 'aes-128-cbc';
}

const failInfoOf: Readonly<Record<string, FailInfo>> = {
  CMS_DECRYPT: 'badMessageCheck',
  CMS_SIGNATURE: 'badMessageCheck',
  CMS_MALFORMED: 'badMessageCheck',
  SCEP_MALFORMED: 'badRequest',
  X509_MALFORMED: 'badRequest',
  DER_MALFORMED: 'badRequest',
};

function toRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  const failInfo = isRollcallError(error) ? failInfoOf[error.code] : undefined;
  return failInfo === undefined || !(error instanceof Error) ? undefined : new Refusal(failInfo, error.message);
}
