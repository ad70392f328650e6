// Which of the certificates that GetCACert brought is the authority.
import { type CaCertificates, matchesFingerprint } from '../../protocol/scep/ca-certificates.js';
import { type Certificate, isIssuerOf, readCertificate } from '../../protocol/x509/certificate.js';
import { scepFailed } from './failure.js';

/**
 * The authority that the fingerprint names: the issuing CA, one above it, or another of the bundle. The RA must be its own.
 * What else lies in the bundle counts for nothing. Throws SCEP_FAILED with `details.reason` fingerprint or ra.
 */
export function trustedAuthority(authority: CaCertificates, caFingerprint: Uint8Array): CaCertificates {
  const chain = authority.chain.map((der) => readCertificate(der));
  const named = chain.find(({ der }) => matchesFingerprint(der, caFingerprint));
  if (named === undefined) {
    throw scepFailed('GetCACert', 'no certificate of the authority has the fingerprint that was given', {
      reason: 'fingerprint',
    });
  }
  const ca = isBelow(authority.ca, named, chain) ? readCertificate(authority.ca) : named;
  const isOwn = (der: Uint8Array): boolean => ca.der.equals(der) || isIssuerOf(ca, readCertificate(der));
  if (isOwn(authority.recipient)) return { ...authority, ca: ca.der };
  if (ca !== named)
    throw scepFailed('GetCACert', 'the RA certificate is not issued by the authority', { reason: 'ra' });
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
