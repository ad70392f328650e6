// What an answer must show before anything is made of it.
import type { CaCertificates } from '../../protocol/scep/ca-certificates.js';
import type { CertRep } from '../../protocol/scep/response.js';
import { isIssuerOf, readCertificate } from '../../protocol/x509/certificate.js';
import { readOrFail, type ScepStep, scepFailed } from './failure.js';
import type { ScepRules } from './rules.js';
import type { Strictness } from './strictness.js';

/** What the request said, and to whom. */
export interface Sent {
  readonly transactionId: string;
  readonly senderNonce: Buffer;
  readonly authority: CaCertificates;
}

/** Judges answers by a platform's rules. */
export class AnswerCheck {
  readonly #rules: ScepRules;
  readonly #strictness: Strictness;

  constructor(rules: ScepRules, strictness: Strictness) {
    this.#rules = rules;
    this.#strictness = strictness;
  }

  /** Throws SCEP_FAILED with `details.reason` transaction, nonce, unmarked, cipher, bundle or signer. */
  check(step: ScepStep, rep: CertRep, sent: Sent): void {
    this.#checkSigner(step, rep, sent.authority);
    for (const broken of echoesBroken(step, rep, sent)) {
      if (this.#rules.needsEcho) throw broken;
      this.#strictness.note(broken);
    }
    // Apple wants a transaction of a pending answer, for it is what the poll names (SecSCEP.c SecSCEPVerifyReply).
    if (rep.pkiStatus === 'pending' && rep.transactionId === undefined)
      throw scepFailed(step, 'the answer is pending and names no transaction', { reason: 'transaction' });
    if (rep.cipher !== undefined && rep.cipher.mode !== 'cbc' && this.#rules.readsCbcOnly) {
      this.#strictness.refuse(
        scepFailed(step, `the answer is encrypted with ${rep.cipher.name}`, {
          reason: 'cipher',
          hint: 'Encrypt as the request was encrypted, with AES or triple DES in CBC, in EnvelopedData.',
        }),
      );
    }
    if (rep.isBundleSigned && this.#rules.judgesCaAnswer) {
      this.#strictness.refuse(
        scepFailed(step, 'the certificates in the answer lie in a message that has signers', {
          reason: 'bundle',
          hint: 'Encrypt a degenerate SignedData: certificates only, no SignerInfo.',
        }),
      );
    }
  }

  #checkSigner(step: ScepStep, rep: CertRep, authority: CaCertificates): void {
    const only = authority.signer;
    if (only === undefined) {
      this.#checkAuthority(step, rep, authority);
      return;
    }
    if (only.equals(rep.signer)) return;
    this.#strictness.judge(
      () => {
        throw scepFailed(step, 'the answer is not signed by the certificate that GetCACert names for it', {
          reason: 'signer',
          hint:
            'Sign with the RA certificate that GetCACert sends (the one with digitalSignature); where it sends one certificate ' +
            'alone, with that one.',
        });
      },
      () => this.#checkAuthority(step, rep, authority),
    );
  }

  #checkAuthority(step: ScepStep, { signer }: CertRep, { ca, recipient, signer: only }: CaCertificates): void {
    if ([ca, recipient, only].some((each) => each?.equals(signer))) return;
    if (readOrFail('GetCACert', () => isIssuerOf(readCertificate(ca), readCertificate(signer)))) return;
    throw scepFailed(step, 'the answer is signed by neither the authority nor its RA', { reason: 'signer' });
  }
}

/** RFC 8894 §3.2.1.1 and §3.2.1.5; and §3.2.1.2, by which an answer says that it is one. */
function echoesBroken(step: ScepStep, rep: CertRep, { transactionId, senderNonce }: Sent) {
  const hint = 'RFC 8894 §3.2.1 asks for it, and other clients refuse an answer without it.';
  return [
    ...(rep.isUnmarked
      ? [scepFailed(step, 'the answer has neither messageType nor pkiStatus', { reason: 'unmarked', hint })]
      : []),
    ...(rep.transactionId !== transactionId
      ? [scepFailed(step, 'the answer is for another transaction', { reason: 'transaction', hint })]
      : []),
    ...(rep.recipientNonce?.equals(senderNonce) !== true
      ? [scepFailed(step, 'the answer does not repeat our nonce', { reason: 'nonce', hint })]
      : []),
  ];
}
