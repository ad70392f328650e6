// A SCEP client (RFC 8894), as every platform's devices are one: GetCACert, GetCACaps, PKCSReq or RenewalReq, CertPoll.

import { hash } from 'node:crypto';
import { shownAddress } from '../../base/shown-address.js';
import { type CaCertificates, readCaCertificates } from '../../protocol/scep/ca-certificates.js';
import {
  chooseAlgorithms,
  namesDigest,
  readCapabilities,
  type ScepCapabilities,
} from '../../protocol/scep/capabilities.js';
import { appleTransactionIdOf, nonceLength, type ScepRequestType } from '../../protocol/scep/message.js';
import {
  buildIssuerAndSubject,
  buildRequest,
  buildSignerCertificate,
  buildTemporaryCertificate,
  type Signer,
} from '../../protocol/scep/request.js';
import { type CertRep, readCertRep } from '../../protocol/scep/response.js';
import type { ScepSettings } from '../../protocol/scep/settings.js';
import { verifyIssued } from '../../protocol/x509/certificate.js';
import { buildCsr } from '../../protocol/x509/csr.js';
import { isOid } from '../../protocol/x509/der-build.js';
import type { Rdn } from '../../protocol/x509/name.js';
import { agentError } from '../errors.js';
import type { DeviceKey } from '../model/ports.js';
import { AnswerCheck } from './answer-check.js';
import { trustedAuthority } from './authority.js';
import { encryptedTo, insufficient } from './demands.js';
import { readOrFail, type ScepStep, scepFailed } from './failure.js';
import { type Issued, issuedIn } from './issued.js';
import { judgeAuthority } from './judged-authority.js';
import type { PendingRequest, ScepClientOptions } from './options.js';
import { rfc8894Rules, type ScepRules } from './rules.js';
import { Strictness } from './strictness.js';
import { ScepTransport } from './transport.js';

export type { Issued } from './issued.js';
export type { PendingRequest, ScepClientOptions } from './options.js';

/**
 * Fetches one certificate. Throws SCEP_FAILED with `details.step`, and `details.reason` or `details.failInfo` (ScepFault);
 * SCEP_PENDING when the retries are used up; TRANSPORT_LOST and KEY_MISSING as they come. No request is sent twice.
 *
 *     const { certificate, key } = await requestCertificate(settings, { ports, signal, commonName: 'device' });
 */
export async function requestCertificate(settings: ScepSettings, options: ScepClientOptions): Promise<Issued> {
  const { signal, userAgent, onRequest, rules = rfc8894Rules, server } = options;
  const session = options.ports.http.open({ allowsHttp: true, ...(server === undefined ? {} : { server }) });
  try {
    const { escapesPaddingOnly } = rules;
    const transport = new ScepTransport(session, {
      url: settings.url,
      signal,
      userAgent,
      onRequest,
      escapesPaddingOnly,
    });
    return await new Transaction(settings, options, transport, rules).run();
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
  readonly #rules: ScepRules;
  readonly #strictness: Strictness;
  readonly #check: AnswerCheck;
  readonly #subject: readonly Rdn[];
  #id = '';

  constructor(settings: ScepSettings, options: ScepClientOptions, transport: ScepTransport, rules: ScepRules) {
    this.#settings = settings;
    this.#options = options;
    this.#transport = transport;
    this.#rules = rules;
    this.#strictness = new Strictness(options);
    this.#check = new AnswerCheck(rules, this.#strictness);
    this.#subject = settings.subject.length > 0 ? settings.subject : [[['CN', options.commonName]]];
  }

  async run(): Promise<Issued> {
    const { ports, signal } = this.#options;
    const { retries, retryDelaySeconds, url } = this.#settings;
    this.#requireNames();
    const { capabilities, authority } = await this.#answers();
    const { resumes } = this.#options;
    const key =
      resumes === undefined
        ? await ports.keys.take(keyBits(this.#settings.keySizeBits), signal)
        : ports.keys.open(resumes.key);
    const begun =
      resumes === undefined
        ? await this.#begin(key, capabilities, authority)
        : await this.#goOn(resumes, key, capabilities, authority);
    const { asked } = begun;
    let { rep } = begun;
    const pauseMs = Math.max(retryDelaySeconds * 1000, shortestPauseMs);
    for (let retry = 0; rep.pkiStatus === 'pending'; retry++) {
      if (retry === retries || (retry > 0 && (retry + 1) * pauseMs > longestWaitMs)) {
        this.#named(rep);
        const { certificate } = asked.signer;
        this.#options.onPending?.({ transactionId: this.#id, key: key.ref, signer: certificate });
        throw agentError('SCEP_PENDING', `${shownAddress(url)}: still pending after ${retry} polls`, {
          details: { step: 'CertPoll', retries: retry },
        });
      }
      await ports.clock.sleep(pauseMs, signal);
      this.#named(rep);
      rep = await this.#ask('CertPoll', this.#issuerAndSubject(authority), asked);
    }
    return issuedIn(rep, key, authority, {
      now: ports.clock.now(),
      takesFirst: this.#rules.takesFirst,
      strictness: this.#strictness,
    });
  }

  async #answers(): Promise<{ readonly capabilities: ScepCapabilities; readonly authority: CaCertificates }> {
    if (this.#rules.asksCapabilitiesFirst === true) {
      const capabilities = await this.#capabilities();
      return { capabilities, authority: await this.#authority() };
    }
    const authority = await this.#authority();
    return { authority, capabilities: await this.#capabilities() };
  }

  async #begin(key: DeviceKey, capabilities: ScepCapabilities, authority: CaCertificates) {
    const now = new Date(this.#options.ports.clock.now());
    const renewed = this.#renewed(capabilities, authority, now);
    const signer = renewed ?? this.#temporary(key, now);
    const csr = this.#csr(key, capabilities);
    this.#id = this.#transactionId(key, csr);
    const asked: Asked = { capabilities, authority, signer };
    if (renewed === undefined)
      await this.#options.onAsking?.({ transactionId: this.#id, key: key.ref, signer: signer.certificate });
    return { asked, rep: await this.#ask(renewed === undefined ? 'PKCSReq' : 'RenewalReq', csr, asked) };
  }

  async #goOn(request: PendingRequest, key: DeviceKey, capabilities: ScepCapabilities, authority: CaCertificates) {
    const signer: Signer = { certificate: Buffer.from(request.signer), key: key.privateKey };
    const asked: Asked = { capabilities, authority, signer };
    this.#id = request.transactionId;
    return { asked, rep: await this.#ask('CertPoll', this.#issuerAndSubject(authority), asked) };
  }

  /** SecSCEP.c: the poll names what the answer named. */
  #named({ transactionId }: CertRep): void {
    if (!this.#rules.needsEcho) this.#id = transactionId ?? this.#id;
  }

  #requireNames(): void {
    const { shortNames } = this.#rules;
    if (shortNames === undefined) return;
    const unknown = this.#subject.flat().find(([type]) => !isOid(type) && !shortNames.includes(type));
    if (unknown === undefined) return;
    this.#strictness.refuse(
      scepFailed('PKIOperation', `the subject names "${unknown[0].slice(0, 40)}", which a device cannot write`, {
        reason: 'subject',
        hint: `Write ${shortNames.join(', ')} in the subject of the profile, and every other attribute as a dotted OID.`,
      }),
    );
  }

  async #authority(): Promise<CaCertificates> {
    const step = 'GetCACert';
    const { caName, caFingerprint } = this.#settings;
    const { status, body, headers } = await this.#transport.get(step, caName);
    if (status !== 200) throw this.#refused(step, status);
    const type = headers['content-type'] ?? '';
    const loose = (): CaCertificates => {
      const authority = readOrFail(step, () => readCaCertificates(body, type));
      return caFingerprint === undefined
        ? authority
        : readOrFail(step, () => trustedAuthority(authority, caFingerprint));
    };
    if (!this.#rules.judgesCaAnswer) return loose();
    return this.#strictness.judge(() => judgeAuthority(body, type.trim(), caFingerprint), loose);
  }

  /** A server that does not know GetCACaps names nothing (RFC 8894 §3.5.2). */
  async #capabilities(): Promise<ScepCapabilities> {
    const { status, body } = await this.#transport.get('GetCACaps', this.#settings.caName);
    const text = status === 200 ? body.toString('latin1') : '';
    const loose = () => readCapabilities(text);
    const { exactWords, needsDigest } = this.#rules;
    const strict = (): ScepCapabilities => {
      const capabilities = readCapabilities(text, { exact: exactWords });
      if (needsDigest && !namesDigest(capabilities)) throw insufficient(status);
      return capabilities;
    };
    return this.#strictness.judge(strict, loose);
  }

  #temporary(key: DeviceKey, now: Date): Signer {
    const { random } = this.#options.ports;
    const certificate =
      this.#rules.temporaryName === 'random'
        ? buildTemporaryCertificate({ key, now, name: random.uuid() })
        : buildSignerCertificate({ subject: this.#subject, key, now, random: (length) => random.bytes(length) });
    return { certificate, key: key.privateKey };
  }

  /** Devices may share the keys of a pool; randomness alone would not do, for a seed may repeat it (RFC 8894 §3.2.1.1). */
  #transactionId(key: DeviceKey, csr: Buffer): string {
    const isOwn = 'pkcs8' in key.ref;
    if (this.#rules.namesByKey && isOwn) return appleTransactionIdOf(key.publicKey);
    return hash('sha1', Buffer.concat([this.#options.ports.random.bytes(16), csr]), 'hex').toUpperCase();
  }

  #csr(key: DeviceKey, capabilities: ScepCapabilities): Buffer {
    const { keyUsage, extendedKeyUsage, challenge, subjectAltName } = this.#settings;
    const { digests, names } = this.#rules;
    return buildCsr({
      subject: this.#subject,
      key,
      names,
      digest: chooseAlgorithms(capabilities, digests).digest,
      keyUsage,
      ...(extendedKeyUsage === undefined ? {} : { extendedKeyUsage }),
      ...(challenge === undefined ? {} : { challengePassword: challenge }),
      ...(subjectAltName === undefined ? {} : { subjectAltName }),
    });
  }

  /** RFC 8894 §3.3.3. Apple names the RA where it is another than the CA: whoever may sign answers (SecurityTool, scep.c). */
  #issuerAndSubject(authority: CaCertificates): Buffer {
    return buildIssuerAndSubject(authority.signer ?? authority.ca, this.#subject, this.#rules.names);
  }

  /** RenewalReq is signed by what it renews (RFC 8894 §2.4): only a server that says so, and that issued it, takes that. */
  #renewed(capabilities: ScepCapabilities, authority: CaCertificates, now: Date): Signer | undefined {
    const { renews } = this.#options;
    if (renews === undefined || !capabilities.renewal) return undefined;
    return verifyIssued(renews.certificate, authority.chain, now) === 'ok' ? renews : undefined;
  }

  async #ask(messageType: ScepRequestType, content: Buffer, asked: Asked): Promise<CertRep> {
    const { authority, signer } = asked;
    const isPoll = messageType === 'CertPoll';
    const step = isPoll ? 'CertPoll' : 'PKIOperation';
    const { ports } = this.#options;
    const senderNonce = ports.random.bytes(nonceLength);
    const algorithms = chooseAlgorithms(asked.capabilities, this.#rules.digests);
    const request = encryptedTo(step, authority.recipient, () =>
      buildRequest({
        messageType,
        transactionId: this.#id,
        senderNonce,
        content,
        recipient: authority.recipient,
        signer,
        ...algorithms,
        ...(isPoll ? this.#rules.polls : {}),
        signingTime: new Date(ports.clock.now()),
        random: (length) => ports.random.bytes(length),
      }),
    );
    const answer = await this.#transport.operate(step, request, asked.capabilities.post);
    if (answer.status !== 200) throw this.#refused(step, answer.status);
    const rep = readOrFail(step, () =>
      readCertRep(answer.body, {
        signerCertificate: signer.certificate,
        signerKey: signer.key,
        authorities: authority.chain,
      }),
    );
    this.#check.check(step, rep, { transactionId: this.#id, senderNonce, authority });
    if (rep.pkiStatus === 'failure') {
      const { failInfo } = rep;
      throw scepFailed(step, `${shownAddress(this.#settings.url)} refused: ${failInfo}`, { failInfo });
    }
    return rep;
  }

  #refused(step: ScepStep, status: number) {
    return scepFailed(step, `${shownAddress(this.#settings.url)} answered ${status}`, { status });
  }
}

function keyBits(bits: number): 1024 | 2048 | 3072 | 4096 {
  return bits === 1024 || bits === 3072 || bits === 4096 ? bits : 2048;
}
