// GET|POST /scep: the SCEP server (RFC 8894), for the devices of every platform.

import type { Clock } from '../../base/clock.js';
import { isRollcallError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { writeCaCertificates } from '../../protocol/scep/ca-certificates.js';
import { writeCapabilities } from '../../protocol/scep/capabilities.js';
import { openRequest, type RequestHeader, readRequestHeader, type ScepRequest } from '../../protocol/scep/request.js';
import { buildCertRep } from '../../protocol/scep/response.js';
import { readCertificate } from '../../protocol/x509/certificate.js';
import { type EnvelopeCipher, envelopeCiphers } from '../../protocol/x509/ciphers.js';
import type { Ca } from '../ca.js';
import { stubError } from '../errors.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { Refusal, toRefusal } from './refusal.js';
import type { CertificateRequests } from './requests.js';

export interface ScepServerOptions {
  readonly ca: Ca;
  readonly requests: CertificateRequests;
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  readonly log: Log;
  /** How far the signing time of a request may be from the clock: badTime beyond it. Not looked at without one. */
  readonly signingSkewMs?: number | undefined;
}

/** Where it is served; at `/pkiclient.exe` below it too, which some clients append to whatever they are told. */
export const scepPath = '/scep';

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

const text = { 'content-type': 'text/plain; charset=utf-8' };

/** Reads requests, lets `requests` decide, and writes what it decided as the protocol's answers. */
export class ScepServer {
  readonly routes: readonly Route[] = [scepPath, `${scepPath}/pkiclient.exe`].flatMap((path): Route[] => [
    { method: 'GET', path, handle: (request) => this.#handle(request, readGetMessage) },
    { method: 'POST', path, handle: (request) => this.#handle(request, ({ body }) => body) },
  ]);
  readonly #options: ScepServerOptions;
  readonly #caCertificates: ReturnType<typeof writeCaCertificates>;

  constructor(options: ScepServerOptions) {
    const { ca } = options;
    this.#options = options;
    this.#caCertificates = writeCaCertificates(
      ca.scep === ca.issuer ? [ca.certificate] : [ca.scep.certificate, ca.certificate],
    );
  }

  #handle(request: StubRequest, readMessage: (request: StubRequest) => Buffer): StubAnswer {
    try {
      return this.#operate(request, readMessage);
    } catch (error) {
      if (!isRollcallError(error)) throw error;
      const { path, remote } = request;
      this.#options.log.warn(error.code, { path, status: 400, reason: error.message, remote });
      return { status: 400, headers: text, body: `${error.message}\n` };
    }
  }

  #operate(request: StubRequest, readMessage: (request: StubRequest) => Buffer): StubAnswer {
    const operation = request.query.get('operation');
    switch (operation) {
      case 'GetCACaps': // RFC 8894 §3.5.1
        return { status: 200, headers: text, body: capabilities };
      case 'GetCACert': {
        const { contentType, body } = this.#caCertificates;
        return { status: 200, headers: { 'content-type': contentType }, body };
      }
      case 'PKIOperation': {
        const body = this.#answer(readRequestHeader(readMessage(request)), request.remote);
        return { status: 200, headers: { 'content-type': 'application/x-pki-message' }, body };
      }
      default:
        throw stubError('MESSAGE_REFUSED', `operation "${(operation ?? '').slice(0, 40)}" is not served`);
    }
  }

  /** A CertRep, whatever becomes of the request. */
  #answer(header: RequestHeader, remote: string): Buffer {
    const { ca, clock, random, requests, log } = this.#options;
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
      const request = this.#open(header);
      const { state } = requests.serve(request);
      if (state.kind === 'pending') return buildCertRep({ ...common, pkiStatus: 'pending' });
      if (state.kind === 'rejected') throw new Refusal('badRequest', 'the request was rejected by an administrator');
      return buildCertRep({
        ...common,
        pkiStatus: 'success',
        certificates: [state.certificate], // alone: phones take the first, and some decoders sort the set
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

  #open(header: RequestHeader): ScepRequest {
    if (header.messageType === undefined) throw new Refusal('badRequest', 'this messageType is not served');
    if (readCertificate(header.signer).publicKey.asymmetricKeyType !== 'rsa') {
      throw new Refusal('badAlg', 'answers can be encrypted to RSA keys only');
    }
    this.#requireTime(header);
    const { certificate, key } = this.#options.ca.scep;
    return openRequest(header, certificate, key);
  }

  #requireTime({ message }: RequestHeader): void {
    const { signingSkewMs, clock } = this.#options;
    if (signingSkewMs === undefined) return;
    const at = message.signed.signingTime?.getTime();
    if (at === undefined || Math.abs(clock.now() - at) > signingSkewMs) {
      throw new Refusal('badTime', 'the signing time is too far from now, or missing');
    }
  }
}

/** RFC 8894 §4.3: `message` is base64; a `+` that the client did not escape arrives as a space. */
function readGetMessage(request: StubRequest): Buffer {
  const message = (request.query.get('message') ?? '').replaceAll(' ', '+').replace(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(message)) {
    throw stubError('MESSAGE_REFUSED', 'the message is missing or not base64');
  }
  return Buffer.from(message, 'base64');
}

/** The client's own cipher where it is one we write; AES otherwise. */
function answerCipher({ cipher }: ScepRequest): EnvelopeCipher {
  return envelopeCiphers.find((each) => each === cipher.name) ?? 'aes-128-cbc';
}
