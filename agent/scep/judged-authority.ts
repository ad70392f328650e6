// Who decrypts requests and who signs answers, judged by key usage as Apple's client judges it (SecSCEP.c,
// SecSCEPValidateCACertMessage): an answer that does not say so is refused before anything is asked.
import {
  type CaAnswer,
  type CaCertificates,
  caCertType,
  caRaCertType,
  fingerprintDigests,
  matchesFingerprint,
  readCaCertificatesByType,
} from '../../protocol/scep/ca-certificates.js';
import { type Certificate, isIssuerOf } from '../../protocol/x509/certificate.js';
import { readOrFail, scepFailed } from './failure.js';

const step = 'GetCACert';

/** The authority of one answer. Throws SCEP_FAILED with `details.reason` content-type, malformed, fingerprint or ra. */
export function judgeAuthority(body: Uint8Array, contentType: string, caFingerprint?: Uint8Array): CaCertificates {
  const answer = readOrFail(step, () => readCaCertificatesByType(body, contentType));
  if (answer === undefined) {
    throw scepFailed(step, `a device takes no answer of the content type "${contentType.slice(0, 64)}"`, {
      reason: 'content-type',
      hint: `Answer GetCACert with one certificate in DER as ${caCertType}, or with a bundle of them as ${caRaCertType}, and nothing else in that header.`,
    });
  }
  const named = caFingerprint === undefined ? undefined : authorityNamed(answer, caFingerprint);
  return readOrFail(step, () => (answer.form === 'certificate' ? ofOne(answer) : ofBundle(answer, named)));
}

/** A certificate alone is CA and RA in one, and its key usage is not looked at. */
function ofOne({ certificates: [only] }: CaAnswer): CaCertificates {
  if (only === undefined) throw scepFailed(step, 'no certificate came', { reason: 'malformed' });
  return { ca: only.der, recipient: only.der, signer: only.der, chain: [only.der] };
}

/** An authority of its own for signing and one for decrypting come first; then one that does both. */
function ofBundle({ certificates }: CaAnswer, named: Certificate | undefined): CaCertificates {
  const chain = certificates.map(({ der }) => der);
  const can = (usage: 'digitalSignature' | 'keyEncipherment') => (each: Certificate) =>
    each.keyUsage?.includes(usage) === true;
  const signs = certificates.filter(can('digitalSignature'));
  const decrypts = certificates.filter(can('keyEncipherment'));
  const both = signs.filter((each) => decrypts.includes(each));
  const [signing, decrypting] = [signs, decrypts].map((list) => list.filter((each) => !both.includes(each)));
  if (both.length === 0 && (signing?.length === 0 || decrypting?.length === 0)) throw noCandidate();
  const signer = firstBelow(signing ?? [], certificates, named);
  const recipient = firstBelow(decrypting ?? [], certificates, named);
  if (signer !== undefined && recipient !== undefined && signer.top === recipient.top) {
    return { ca: signer.top.der, recipient: recipient.leaf.der, signer: signer.leaf.der, chain };
  }
  const one = firstBelow(both, certificates, named);
  if (one === undefined) {
    throw scepFailed(
      step,
      `no RA certificate of the bundle comes from ${named === undefined ? 'one authority with the other' : 'the authority that CAFingerprint names'}`,
      {
        reason: 'ra',
        hint: 'Put the RA certificate, the CA that issued it and those between them into the bundle of GetCACert.',
      },
    );
  }
  return { ca: one.top.der, recipient: one.leaf.der, signer: one.leaf.der, chain };
}

const noCandidate = () =>
  scepFailed(step, 'no certificate of the bundle has the key usages digitalSignature and keyEncipherment', {
    reason: 'ra',
    hint:
      'A device looks for an RA by its key usage: issue one certificate with digitalSignature and keyEncipherment, or two with ' +
      `one each. A CA that is its own RA is better sent alone, in DER as ${caCertType}: then its key usage is not looked at.`,
  });

interface Below {
  readonly leaf: Certificate;
  readonly top: Certificate;
}

/** The first candidate whose chain ends in the named authority; without one any chain will do, and its end is the authority. */
function firstBelow(
  candidates: readonly Certificate[],
  all: readonly Certificate[],
  named: Certificate | undefined,
): Below | undefined {
  for (const leaf of candidates) {
    const top = topOf(leaf, all, named);
    if (named === undefined || top === named) return { leaf, top };
  }
  return undefined;
}

function topOf(leaf: Certificate, all: readonly Certificate[], named: Certificate | undefined): Certificate {
  let at = leaf;
  for (let left = all.length; left > 0 && at !== named && !at.isSelfIssued; left--) {
    const below = at;
    const above = all.filter((each) => each !== below && isIssuerOf(each, below));
    const next = above.find((each) => each === named) ?? above[0];
    if (next === undefined) break;
    at = next;
  }
  return at;
}

function authorityNamed({ certificates }: CaAnswer, caFingerprint: Uint8Array): Certificate {
  const found = certificates.find(({ der }) => matchesFingerprint(der, caFingerprint));
  if (found !== undefined) return found;
  const digest = fingerprintDigests.get(caFingerprint.length);
  throw scepFailed(step, 'no certificate of the authority has the fingerprint that was given', {
    reason: 'fingerprint',
    hint:
      digest === undefined
        ? `CAFingerprint has ${caFingerprint.length} bytes, and no digest has that length.`
        : `Put the ${digest} digest of a certificate that GetCACert sends into CAFingerprint of the profile.`,
  });
}
