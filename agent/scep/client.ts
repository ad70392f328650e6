// A SCEP client (RFC 8894), as every platform's devices are one: GetCACaps, GetCACert, PKCSReq or RenewalReq, CertPoll.

import { hash } from 'node:crypto';
import { isRollcallError } from '../../base/errors.js';
import { type CaCertificates, readCaCertificates } from '../../protocol/scep/ca-certificates.js';
import { chooseAlgorithms, readCapabilities, type ScepCapabilities } from '../../protocol/scep/capabilities.js';
import { nonceLength, type ScepRequestType } from '../../protocol/scep/message.js';
import {
  buildIssuerAndSubject,
  buildRequest,
  buildSignerCertificate,
  type Signer,
} from '../../protocol/scep/request.js';
import { type CertRep, certificateFor, readCertRep } from '../../protocol/scep/response.js';
import type { ScepSettings } from '../../protocol/scep/settings.js';
import { type Certificate, isIssuerOf, readCertificate, verifyIssued } from '../../protocol/x509/certificate.js';
import { buildCsr } from '../../protocol/x509/csr.js';
import type { Rdn } from '../../protocol/x509/name.js';
import { agentError } from '../errors.js';
import type { DeviceKey, Ports } from '../model/ports.js';
import { trustedAuthority } from './authority.js';
import { readOrFail, type ScepStep, scepFailed } from './failure.js';
import { ScepTransport } from './transport.js';

export interface Issued {
  /** DER. */
  readonly certificate: Buffer;
  /** What lies between it and the root, DER; often empty. */
  readonly chain: readonly Buffer[];
  readonly key: DeviceKey;
}

export interface ScepClientOptions {
  readonly ports: Pick<Ports, 'clock' | 'http' | 'keys' | 'random'>;
  readonly signal: AbortSignal;
  /** Subject's common name where the settings name none. */
  readonly commonName: string;
  /** What the platform's client calls itself in HTTP. */
  readonly userAgent?: string;
  /** The certificate that is to be renewed; a server that knows RenewalReq and issued it is asked so. */
  readonly renews?: Signer;
  /** Called for each HTTP request. */
  readonly onRequest?: () => void;
}

/**
 * Fetches one certificate. Throws SCEP_FAILED with `details.step`, and `details.failInfo` where the server gave one;
 * SCEP_PENDING when the retries are used up; TRANSPORT_LOST and KEY_MISSING as they come.
 *
 *     const { certificate, key } = await requestCertificate(settings, { ports, signal, commonName: 'device' });
 */
export async function requestCertificate(settings: ScepSettings, options: ScepClientOptions): Promise<Issued> {
  const session = options.ports.http.open();
  const { signal, userAgent, onRequest } = options;
  try {
    const transport = new ScepTransport(session, { url: settings.url, signal, userAgent, onRequest });
    return await new Transaction(settings, options, transport).run();
  } finally {
    session.close();
  }
}

/** What a request is made of, the same for each poll. */
interface Asked {
  readonly capabilities: ScepCapabilities;
  readonly authority: CaCertificates;
  readonly signer: Signer;
}

/** Bounds of ours on what a profile may ask for: no poll without a pause, and no session that is held up for ever. */
const shortestPauseMs = 1000;
const longestWaitMs = 24 * 3600 * 1000;

class Transaction {
  readonly #settings: ScepSettings;
  readonly #options: ScepClientOptions;
  readonly #transport: ScepTransport;
  readonly #subject: readonly Rdn[];
  #id = '';

  constructor(settings: ScepSettings, options: ScepClientOptions, transport: ScepTransport) {
    this.#settings = settings;
    this.#options = options;
    this.#transport = transport;
    this.#subject = settings.subject.length > 0 ? settings.subject : [[['CN', options.commonName]]];
  }

  async run(): Promise<Issued> {
    const { ports, signal } = this.#options;
    const { retries, retryDelaySeconds, url } = this.#settings;
    const capabilities = await this.#capabilities();
    const authority = await this.#authority();
    const key = await ports.keys.take(keyBits(this.#settings.keySizeBits), signal);
    const now = new Date(ports.clock.now());
    const random = (length: number): Buffer => ports.random.bytes(length);
    const renewed = this.#renewed(capabilities, authority, now);
    const signer = renewed ?? {
      certificate: buildSignerCertificate({ subject: this.#subject, key, now, random }),
      key: key.privateKey,
    };
    const csr = this.#csr(key, capabilities);
    // Not the key's hash, for devices may share a key; nor randomness alone, which a seed may repeat (RFC 8894 §3.2.1.1).
    this.#id = hash('sha256', Buffer.concat([random(16), csr]), 'hex')
      .slice(0, 32)
      .toUpperCase();
    const asked: Asked = { capabilities, authority, signer };
    let rep = await this.#ask(renewed === undefined ? 'PKCSReq' : 'RenewalReq', csr, asked);
    const pauseMs = Math.max(retryDelaySeconds * 1000, shortestPauseMs);
    for (let retry = 0; rep.pkiStatus === 'pending'; retry++) {
      if (retry === retries || (retry > 0 && (retry + 1) * pauseMs > longestWaitMs)) {
        throw agentError('SCEP_PENDING', `${url}: still pending after ${retry} polls`, {
          details: { step: 'CertPoll', retries: retry },
        });
      }
      await ports.clock.sleep(pauseMs, signal);
      rep = await this.#ask('CertPoll', buildIssuerAndSubject(authority.ca, this.#subject), asked); // RFC 8894 §3.3.3
    }
    return this.#issued(rep, key, authority);
  }

  /** A server that does not know GetCACaps can do what the first ones could (RFC 8894 §3.5.2). */
  async #capabilities(): Promise<ScepCapabilities> {
    const answer = await this.#transport.get('GetCACaps', this.#settings.caName);
    return readCapabilities(answer.status === 200 ? answer.body.toString('latin1') : '');
  }

  async #authority(): Promise<CaCertificates> {
    const step = 'GetCACert';
    const { caName, caFingerprint } = this.#settings;
    const { status, body, headers } = await this.#transport.get(step, caName);
    if (status !== 200) throw this.#refused(step, status);
    const authority = readOrFail(step, () => readCaCertificates(body, headers['content-type']));
    return caFingerprint === undefined ? authority : readOrFail(step, () => trustedAuthority(authority, caFingerprint));
  }

  #csr(key: DeviceKey, capabilities: ScepCapabilities): Buffer {
    const { keyUsage, extendedKeyUsage, challenge, subjectAltName } = this.#settings;
    return buildCsr({
      subject: this.#subject,
      key,
      digest: chooseAlgorithms(capabilities).digest,
      keyUsage: keyUsage.length > 0 ? keyUsage : ['digitalSignature'],
      ...(extendedKeyUsage === undefined ? {} : { extendedKeyUsage }),
      ...(challenge === undefined ? {} : { challengePassword: challenge }),
      ...(subjectAltName === undefined ? {} : { subjectAltName }),
    });
  }

  /** RenewalReq is signed by what it renews (RFC 8894 §2.4): only a server that says so, and that issued it, takes that. */
  #renewed(capabilities: ScepCapabilities, authority: CaCertificates, now: Date): Signer | undefined {
    const { renews } = this.#options;
    if (renews === undefined || !capabilities.renewal) return undefined;
    return verifyIssued(renews.certificate, authority.chain, now) === 'ok' ? renews : undefined;
  }

  async #ask(messageType: ScepRequestType, content: Buffer, asked: Asked): Promise<CertRep> {
    const { capabilities, authority, signer } = asked;
    const step = messageType === 'CertPoll' ? 'CertPoll' : 'PKIOperation';
    const { ports } = this.#options;
    const senderNonce = ports.random.bytes(nonceLength);
    const request = buildRequest({
      messageType,
      transactionId: this.#id,
      senderNonce,
      content,
      recipient: authority.recipient,
      signer,
      ...chooseAlgorithms(capabilities),
      signingTime: new Date(ports.clock.now()),
      random: (length) => ports.random.bytes(length),
    });
    const answer = await this.#transport.operate(step, request, capabilities.post);
    if (answer.status !== 200) throw this.#refused(step, answer.status);
    const rep = readOrFail(step, () =>
      readCertRep(answer.body, {
        signerCertificate: signer.certificate,
        signerKey: signer.key,
        authorities: authority.chain,
      }),
    );
    this.#checkRep(step, rep, senderNonce, authority);
    if (rep.pkiStatus === 'failure') {
      throw scepFailed(step, `${this.#settings.url} refused: ${rep.failInfo}`, { failInfo: rep.failInfo });
    }
    return rep;
  }

  #refused(step: ScepStep, status: number) {
    return scepFailed(step, `${this.#settings.url} answered ${status}`, { status });
  }

  #checkRep(step: ScepStep, rep: CertRep, senderNonce: Buffer, authority: CaCertificates): void {
    if (rep.transactionId !== this.#id)
      throw scepFailed(step, 'the answer is for another transaction', { reason: 'transaction' });
    if (rep.recipientNonce === undefined || !rep.recipientNonce.equals(senderNonce)) {
      throw scepFailed(step, 'the answer does not repeat our nonce', { reason: 'nonce' }); // RFC 8894 §3.2.1.5
    }
    const isKnown = rep.signer.equals(authority.ca) || rep.signer.equals(authority.recipient);
    const isOfTheCa = () =>
      readOrFail('GetCACert', () => isIssuerOf(readCertificate(authority.ca), readCertificate(rep.signer)));
    if (!isKnown && !isOfTheCa()) {
      throw scepFailed(step, 'the answer is signed by neither the authority nor its RA', { reason: 'signer' });
    }
  }

  #issued(rep: CertRep, key: DeviceKey, authority: CaCertificates): Issued {
    const certificate = readOrFail(
      'PKIOperation',
      () => certificateFor(key.publicKey, rep.certificates),
      'certificate',
    );
    if (readCertificate(certificate).notAfter.getTime() <= this.#options.ports.clock.now())
      throw scepFailed('PKIOperation', 'the certificate that was issued has expired', { reason: 'certificate' });
    const between = [...rep.certificates, ...authority.chain].filter((der) => {
      const each = readable(der);
      return each !== undefined && !der.equals(certificate) && each.isCa && !each.isSelfIssued;
    });
    const chain = between.filter((der, index) => between.findIndex((other) => other.equals(der)) === index);
    return { certificate, chain, key };
  }
}

/** What lies beside the certificate that was asked for may be anything. */
function readable(der: Buffer): Certificate | undefined {
  try {
    return readCertificate(der);
  } catch (error) {
    if (isRollcallError(error)) return undefined;
    throw error;
  }
}

function keyBits(bits: number): 1024 | 2048 | 3072 | 4096 {
  return bits === 1024 || bits === 3072 || bits === 4096 ? bits : 2048;
}
