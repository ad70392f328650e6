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

export class ScepServer {
  readonly #now: () => Date;

  /** Undefined: GetCACaps is answered 404. */
  capabilities: string | undefined = 'AES\nPOSTPKIOperation\nSHA-256\nRenewal\n';
  cipher: EnvelopeCipher = 'aes-128-cbc';
  digest: 'sha1' | 'sha256' = 'sha256';
  /** Answers PENDING so often before it issues. */
  pending = 0;
  /** Of the certificates that it issues. */
  lifetimeMs = 86_400_000;
  failInfo: FailInfo | undefined;
  chain: readonly Uint8Array[];
  /** Changes an answer before it is built. */
  bend: (rep: CertRepToBuild) => CertRepToBuild = (rep) => rep;
  readonly requests: ScepRequest[] = [];
  readonly transfers: string[] = [];
  readonly key: KeyObject;

  constructor(
    readonly ca: OpensslIdentity,
    now: () => Date,
  ) {
    this.#now = now;
    this.key = createPrivateKey(ca.keyPem);
    this.chain = [ca.certificate];
  }

  answer(request: SeenRequest): ScriptedAnswer {
    const query = new URL(request.url).searchParams;
    const operation = query.get('operation');
    if (operation === 'GetCACaps') return this.capabilities ?? { status: 404 };
    if (operation === 'GetCACert') {
      const { body, contentType } = writeCaCertificates(this.chain);
      return { body, headers: { 'content-type': contentType } };
    }
    this.transfers.push(request.method);
    const message = request.method === 'GET' ? Buffer.from(query.get('message') ?? '', 'base64') : request.bytes;
    return this.#operate(message);
  }

  #operate(message: Buffer): Buffer {
    const request = readRequest(message, this.ca.certificate, this.key);
    this.requests.push(request);
    const random = (length: number): Buffer => seededRandom('scep', this.requests.length).bytes(length);
    const common = {
      transactionId: request.transactionId,
      recipientNonce: request.senderNonce,
      ca: { certificate: this.ca.certificate, key: this.key },
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
