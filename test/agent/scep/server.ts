// A SCEP server of the tests, whose answers can be bent at every point. Its CA is made by openssl.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { seededRandom } from '../../../agent/io/random.js';
import { writeCaCertificates } from '../../../protocol/scep/ca-certificates.js';
import type { FailInfo } from '../../../protocol/scep/message.js';
import { readRequest, type ScepRequest } from '../../../protocol/scep/request.js';
import { buildCertRep, type CertRepToBuild } from '../../../protocol/scep/response.js';
import type { EnvelopeCipher } from '../../../protocol/x509/ciphers.js';
import { issueCertificate } from '../../../protocol/x509/issue.js';
import type { ScriptedAnswer, SeenRequest } from '../../support/scripted-http.js';
import type { OpensslIdentity } from '../platform/ios/harness.js';

/** A certificate (DER) and its key. */
export interface Party {
  readonly certificate: Buffer;
  readonly key: KeyObject;
}

export class ScepServer {
  readonly #now: () => Date;

  /** Undefined: GetCACaps is answered 404. */
  capabilities: string | undefined = 'AES\nPOSTPKIOperation\nSHA-256\nRenewal\n';
  cipher: EnvelopeCipher = 'aes-128-cbc';
  digest: 'sha1' | 'sha256' = 'sha256';
  /** GetCACaps is answered with this status. */
  capabilitiesStatus = 200;
  /** Answers PENDING so often before it issues. */
  pending = 0;
  /** Of the certificates that it issues. */
  lifetimeMs = 86_400_000;
  failInfo: FailInfo | undefined;
  chain: readonly Uint8Array[];
  /** Takes the place of what GetCACert says of the chain. */
  caAnswer: { readonly body: Buffer; readonly contentType: string } | undefined;
  /** Whose key opens requests, and who signs answers: the CA, if not told otherwise. */
  opens: Party;
  signs: Party;
  /** Writes the whole answer by itself. */
  write: ((request: ScepRequest) => Buffer) | undefined;
  /** Changes an answer before it is built. */
  bend: (rep: CertRepToBuild) => CertRepToBuild = (rep) => rep;
  readonly requests: ScepRequest[] = [];
  readonly transfers: string[] = [];
  readonly key: KeyObject;

  constructor(
    readonly ca: Pick<OpensslIdentity, 'certificate' | 'keyPem'>,
    now: () => Date,
  ) {
    this.#now = now;
    this.key = createPrivateKey(ca.keyPem);
    this.chain = [ca.certificate];
    this.opens = this.signs = { certificate: ca.certificate, key: this.key };
  }

  answer(request: SeenRequest): ScriptedAnswer {
    const query = new URL(request.url).searchParams;
    const operation = query.get('operation');
    if (operation === 'GetCACaps') {
      const body = Buffer.from(this.capabilities ?? '');
      return this.capabilities === undefined ? { status: 404 } : { status: this.capabilitiesStatus, body };
    }
    if (operation === 'GetCACert') {
      const { body, contentType } = this.caAnswer ?? writeCaCertificates(this.chain);
      return { body, headers: { 'content-type': contentType } };
    }
    this.transfers.push(request.method);
    const base64 = (query.get('message') ?? '').replaceAll(' ', '+'); // a phone leaves the plus as it is
    const message = request.method === 'GET' ? Buffer.from(base64, 'base64') : request.bytes;
    return this.#operate(message);
  }

  #operate(message: Buffer): Buffer {
    const request = readRequest(message, this.opens.certificate, this.opens.key);
    this.requests.push(request);
    if (this.write !== undefined) return this.write(request);
    const random = (length: number): Buffer => seededRandom('scep', this.requests.length).bytes(length);
    const common = {
      transactionId: request.transactionId,
      recipientNonce: request.senderNonce,
      ca: this.signs,
      digest: this.digest,
      signingTime: this.#now(),
      random,
    };
    if (this.failInfo !== undefined)
      return buildCertRep(this.bend({ ...common, pkiStatus: 'failure', failInfo: this.failInfo }));
    if (this.pending-- > 0) return buildCertRep(this.bend({ ...common, pkiStatus: 'pending' }));
    const success: CertRepToBuild = {
      ...common,
      pkiStatus: 'success',
      certificates: [this.issue(random)],
      recipient: request.signer,
      cipher: this.cipher,
    };
    return buildCertRep(this.bend(success));
  }

  /** A certificate for the last CSR that came. */
  issue(random: (length: number) => Buffer): Buffer {
    const asked = this.requests.findLast(({ content }) => content.kind === 'csr')?.content;
    if (asked?.kind !== 'csr') throw new Error('nobody asked for a certificate');
    return issueCertificate({
      subject: asked.csr.subject,
      issuer: { certificate: this.ca.certificate, key: this.key },
      publicKey: asked.csr.publicKey,
      serial: Buffer.concat([Buffer.of(1), random(8)]),
      notBefore: new Date(this.#now().getTime() - 60_000),
      notAfter: new Date(this.#now().getTime() + this.lifetimeMs),
    });
  }
}
