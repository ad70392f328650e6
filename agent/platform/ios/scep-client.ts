// A SCEP client (RFC 8894) as Apple's devices are one: GetCACaps, GetCACert, PKCSReq or RenewalReq, CertPoll.

import { hash } from 'node:crypto';
import { isRollcallError, type RollcallError } from '../../../base/errors.js';
import type { ScepSettings } from '../../../protocol/apple-mdm/profile/scep.js';
import { type CaCertificates, matchesFingerprint, readCaCertificates } from '../../../protocol/scep/ca-certificates.js';
import { type Capabilities, chooseAlgorithms, readCapabilities } from '../../../protocol/scep/capabilities.js';
import { nonceLength, type RequestType } from '../../../protocol/scep/message.js';
import {
  buildIssuerAndSubject,
  buildRequest,
  buildSignerCertificate,
  type Signer,
} from '../../../protocol/scep/request.js';
import { type CertRep, certificateFor, readCertRep } from '../../../protocol/scep/response.js';
import { type Certificate, isIssuerOf, readCertificate, verifyIssued } from '../../../protocol/x509/certificate.js';
import { buildCsr } from '../../../protocol/x509/csr.js';
import type { Rdn } from '../../../protocol/x509/name.js';
import { agentError } from '../../errors.js';
import type { DeviceKey, HttpAnswer, HttpSession, Ports } from '../../model/ports.js';
import { profileClient } from './exchange.js';

export interface Issued {
  /** DER. */
  readonly certificate: Buffer;
  /** What lies between it and the root, DER; often empty. */
  readonly chain: readonly Buffer[];
  readonly key: DeviceKey;
}

export interface ScepOptions {
  readonly ports: Ports;
  readonly signal: AbortSignal;
  /** Subject's common name where the settings name none. */
  readonly commonName: string;
  /** The certificate that is to be renewed; a server that knows RenewalReq and issued it is asked so. */
  readonly renews?: Signer;
  /** Called for each HTTP request. */
  readonly onRequest?: () => void;
}

type Step = 'GetCACaps' | 'GetCACert' | 'PKIOperation' | 'CertPoll';

const maxAnswerBytes = 256 * 1024;

/**
 * Fetches one certificate. Throws SCEP_FAILED with `details.step`, and `details.failInfo` where the server gave one;
 * SCEP_PENDING when the retries are used up; TRANSPORT_LOST and KEY_MISSING as they come.
 */
export async function requestCertificate(settings: ScepSettings, options: ScepOptions): Promise<Issued> {
  const session = options.ports.http.open();
  try {
    return await new Transaction(settings, options, session).run();
  } finally {
    session.close();
  }
}

class Transaction {
  #id = '';
  readonly #subject: readonly Rdn[];

  constructor(
    private readonly settings: ScepSettings,
    private readonly options: ScepOptions,
    private readonly session: HttpSession,
  ) {
    this.#subject = settings.subject.length > 0 ? settings.subject : [[['CN', options.commonName]]];
  }

  async run(): Promise<Issued> {
    const capabilities = await this.#capabilities();
    const authority = await this.#authority();
    const { ports, signal } = this.options;
    const key = await ports.keys.take(keyBits(this.settings.keySizeBits), signal);
    const now = new Date(ports.clock.now());
    const random = (length: number): Buffer => ports.random.bytes(length);
    const renewed = this.#renewed(capabilities, authority, now);
    const signer = renewed ?? {
      certificate: buildSignerCertificate({ subject: this.#subject, key, now, random }),
      key: key.privateKey,
    };
    const { keyUsage, challenge, subjectAltName } = this.settings;
    const csr = buildCsr({
      subject: this.#subject,
      key,
      digest: chooseAlgorithms(capabilities).digest,
      keyUsage: keyUsage.length > 0 ? keyUsage : ['digitalSignature'],
      ...(challenge === undefined ? {} : { challengePassword: challenge }),
      ...(subjectAltName === undefined ? {} : { subjectAltName }),
    });
    // Not the key's hash, for devices may share a key; nor randomness alone, which a seed may repeat (RFC 8894 §3.2.1.1).
    this.#id = hash('sha256', Buffer.concat([random(16), csr]), 'hex')
      .slice(0, 32)
      .toUpperCase();
    const asked = { capabilities, authority, signer };
    let rep = await this.#ask(renewed === undefined ? 'PKCSReq' : 'RenewalReq', csr, asked);
    for (let retry = 0; rep.pkiStatus === 'pending'; retry++) {
      if (retry === this.settings.retries) {
        throw agentError('SCEP_PENDING', `${this.settings.url}: still pending after ${retry} polls`, {
          details: { step: 'CertPoll', retries: retry },
        });
      }
      await ports.clock.sleep(this.settings.retryDelaySeconds * 1000, signal);
      rep = await this.#ask('CertPoll', buildIssuerAndSubject(authority.ca, this.#subject), asked); // RFC 8894 §3.3.3
    }
    return this.#issued(rep, key, authority);
  }

  /** A server that does not know GetCACaps can do what the first ones could (RFC 8894 §3.5.2). */
  async #capabilities(): Promise<Capabilities> {
    const answer = await this.#get('GetCACaps', this.settings.name);
    return readCapabilities(answer.status === 200 ? answer.body.toString('latin1') : '');
  }

  async #authority(): Promise<CaCertificates> {
    const step = 'GetCACert';
    const answer = await this.#get(step, this.settings.name);
    if (answer.status !== 200)
      throw failed(step, `${this.settings.url} answered ${answer.status}`, { status: answer.status });
    const authority = read(step, () => readCaCertificates(answer.body, answer.headers['content-type']));
    const { caFingerprint } = this.settings;
    return caFingerprint === undefined ? authority : read(step, () => trusted(authority, caFingerprint));
  }

  #isOf(certificate: Uint8Array, ca: Uint8Array): boolean {
    return read('GetCACert', () => isIssuerOf(readCertificate(ca), readCertificate(certificate)));
  }

  /** RenewalReq is signed by what it renews (RFC 8894 §2.4): only a server that says so, and that issued it, takes that. */
  #renewed(capabilities: Capabilities, authority: CaCertificates, now: Date): Signer | undefined {
    const { renews } = this.options;
    if (renews === undefined || !capabilities.renewal) return undefined;
    return verifyIssued(renews.certificate, authority.chain, now) === 'ok' ? renews : undefined;
  }

  async #ask(
    messageType: RequestType,
    content: Buffer,
    { capabilities, authority, signer }: { capabilities: Capabilities; authority: CaCertificates; signer: Signer },
  ): Promise<CertRep> {
    const step = messageType === 'CertPoll' ? 'CertPoll' : 'PKIOperation';
    const { ports } = this.options;
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
    const answer = await this.#operate(step, request, capabilities.post);
    if (answer.status !== 200)
      throw failed(step, `${this.settings.url} answered ${answer.status}`, { status: answer.status });
    const rep = read(step, () =>
      readCertRep(answer.body, {
        signerCertificate: signer.certificate,
        signerKey: signer.key,
        authorities: authority.chain,
      }),
    );
    this.#checkRep(step, rep, senderNonce, authority);
    if (rep.pkiStatus === 'failure') {
      throw failed(step, `${this.settings.url} refused: ${rep.failInfo}`, { failInfo: rep.failInfo });
    }
    return rep;
  }

  #checkRep(step: Step, rep: CertRep, senderNonce: Buffer, authority: CaCertificates): void {
    if (rep.transactionId !== this.#id)
      throw failed(step, 'the answer is for another transaction', { reason: 'transaction' });
    if (rep.recipientNonce === undefined || !rep.recipientNonce.equals(senderNonce)) {
      throw failed(step, 'the answer does not repeat our nonce', { reason: 'nonce' }); // RFC 8894 §3.2.1.5
    }
    const isKnown = rep.signer.equals(authority.ca) || rep.signer.equals(authority.recipient);
    if (!isKnown && !this.#isOf(rep.signer, authority.ca)) {
      throw failed(step, 'the answer is signed by neither the authority nor its RA', { reason: 'signer' });
    }
  }

  #issued(rep: CertRep, key: DeviceKey, authority: CaCertificates): Issued {
    const certificate = read('PKIOperation', () => certificateFor(key.publicKey, rep.certificates), 'certificate');
    if (readCertificate(certificate).notAfter.getTime() <= this.options.ports.clock.now())
      throw failed('PKIOperation', 'the certificate that was issued has expired', { reason: 'certificate' });
    const between = [...rep.certificates, ...authority.chain].filter((der) => {
      const each = readable(der);
      return each !== undefined && !der.equals(certificate) && each.isCa && !each.isSelfIssued;
    });
    const chain = between.filter((der, index) => between.findIndex((other) => other.equals(der)) === index);
    return { certificate, chain, key };
  }

  #operate(step: Step, request: Buffer, canPost: boolean): Promise<HttpAnswer> {
    if (!canPost) return this.#get('PKIOperation', request.toString('base64')); // standard base64, escaped (§4.1)
    return this.#send(step, {
      method: 'POST',
      url: this.#url('PKIOperation'),
      headers: { 'User-Agent': profileClient, 'Content-Type': 'application/x-pki-message' },
      body: request,
    });
  }

  #get(operation: 'GetCACaps' | 'GetCACert' | 'PKIOperation', message?: string): Promise<HttpAnswer> {
    const url = this.#url(operation, message);
    return this.#send(operation, { method: 'GET', url, headers: { 'User-Agent': profileClient } });
  }

  async #send(step: Step, request: Parameters<HttpSession['request']>[0]): Promise<HttpAnswer> {
    this.options.onRequest?.();
    try {
      return await this.session.request({ ...request, maxBytes: maxAnswerBytes, signal: this.options.signal });
    } catch (error) {
      // A transport that may come back keeps its own name; the rest is a server that answers wrongly.
      if (!isRollcallError(error) || error.retry || this.options.signal.aborted) throw error;
      throw failed(step, error.message, { reason: 'network', problem: error.code }, error);
    }
  }

  /** The payload's URL may have a query of its own; nothing else of it is touched. */
  #url(operation: string, message?: string): string {
    const { url } = this.settings;
    const joint = !url.includes('?') ? '?' : /[?&]$/.test(url) ? '' : '&';
    const tail = message === undefined ? '' : `&message=${encodeURIComponent(message)}`;
    return `${url}${joint}operation=${operation}${tail}`;
  }
}

/**
 * The authority that CAFingerprint names: the issuing CA, one above it, or another of the bundle. The RA must be its own.
 * What else lies in the bundle counts for nothing.
 */
function trusted(authority: CaCertificates, expected: Uint8Array): CaCertificates {
  const chain = authority.chain.map((der) => readCertificate(der));
  const named = chain.find(({ der }) => matchesFingerprint(der, expected));
  if (named === undefined) {
    throw failed('GetCACert', 'no certificate of the authority matches CAFingerprint', { reason: 'fingerprint' });
  }
  const ca = isBelow(authority.ca, named, chain) ? readCertificate(authority.ca) : named;
  const isOwn = (der: Uint8Array): boolean => ca.der.equals(der) || isIssuerOf(ca, readCertificate(der));
  if (isOwn(authority.recipient)) return { ...authority, ca: ca.der };
  if (ca !== named) throw failed('GetCACert', 'the RA certificate is not issued by the authority', { reason: 'ra' });
  const registrar = chain.find((each) => !each.isCa && isIssuerOf(ca, each));
  return { ...authority, ca: ca.der, recipient: (registrar ?? ca).der };
}

function isBelow(der: Uint8Array, top: Certificate, chain: readonly Certificate[]): boolean {
  let at: Certificate | undefined = readCertificate(der);
  for (let left = chain.length; at !== undefined && left >= 0; left--) {
    if (at.der.equals(top.der)) return true;
    const below: Certificate = at;
    at = chain.find((each) => !each.der.equals(below.der) && isIssuerOf(each, below));
  }
  return false;
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

function failed(step: Step, message: string, details: Record<string, unknown>, cause?: unknown): RollcallError {
  return agentError('SCEP_FAILED', `SCEP ${step}: ${message}`, { details: { step, ...details }, cause });
}

/** What cannot be read in an answer is the server's failure, under the step's name. */
function read<T>(step: Step, reader: () => T, reason = 'malformed'): T {
  try {
    return reader();
  } catch (error) {
    if (!isRollcallError(error) || error.code === 'SCEP_FAILED') throw error;
    throw failed(step, error.message, { reason, problem: error.code }, error);
  }
}
