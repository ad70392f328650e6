// The certificate that an answer brings.
import type { CaCertificates } from '../../protocol/scep/ca-certificates.js';
import { type CertRep, certificateFor, isFor } from '../../protocol/scep/response.js';
import { readableCertificate, readCertificate } from '../../protocol/x509/certificate.js';
import type { DeviceKey } from '../model/ports.js';
import { readOrFail, scepFailed } from './failure.js';
import type { Strictness } from './strictness.js';

export interface Issued {
  /** DER. */
  readonly certificate: Buffer;
  /** What lies between it and the root, DER; often empty. */
  readonly chain: readonly Buffer[];
  readonly key: DeviceKey;
}

interface IssuedOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** See ScepRules. */
  readonly takesFirst: boolean;
  readonly strictness: Strictness;
}

const step = 'PKIOperation';

/** Throws SCEP_FAILED with `details.reason` certificate or key. */
export function issuedIn(rep: CertRep, key: DeviceKey, authority: CaCertificates, options: IssuedOptions): Issued {
  const certificate = find(rep.certificates, key, options);
  if (readOrFail(step, () => readCertificate(certificate).notAfter.getTime(), 'certificate') <= options.now)
    throw scepFailed(step, 'the certificate that was issued has expired', { reason: 'certificate' });
  const between = [...rep.certificates, ...authority.chain].filter((der) => {
    const each = readableCertificate(der);
    return each !== undefined && !der.equals(certificate) && each.isCa && !each.isSelfIssued;
  });
  const chain = between.filter((der, index) => between.findIndex((other) => other.equals(der)) === index);
  return { certificate, chain, key };
}

function find(certificates: readonly Buffer[], { publicKey }: DeviceKey, options: IssuedOptions): Buffer {
  const own = (): Buffer => readOrFail(step, () => certificateFor(publicKey, certificates), 'certificate');
  if (!options.takesFirst) return own();
  return options.strictness.judge(() => {
    const first = certificates.find((der) => readableCertificate(der) !== undefined);
    if (first === undefined) return own();
    if (isFor(publicKey, first)) return first;
    throw scepFailed(step, 'the first certificate of the answer is not for the key that asked', {
      reason: 'key',
      hint:
        'A device takes the first certificate of a CertRep for the one it asked for, and an encoder that sorts SET OF puts the ' +
        'shortest first: send the issued certificate alone.',
    });
  }, own);
}
