// What a server must have before it can be asked for a certificate.
import { readCertificate } from '../../protocol/x509/certificate.js';
import { readOrFail, type ScepStep, scepFailed } from './failure.js';

/** SCEP_FAILED for a server that names no digest. */
export const insufficient = (status: number) =>
  scepFailed('GetCACaps', `the server names none of SHA-1, SHA-256 and SHA-512 (it answered ${status})`, {
    reason: 'capabilities',
    status,
    hint:
      'Answer GetCACaps with 200 and one capability a line, written exactly so: SHA-256 or SHA-512, and AES and POSTPKIOperation ' +
      'with it. A device understands no SCEPStandard in their place.',
  });

/** Builds a request to this certificate. A request can be made for RSA keys only: SCEP_FAILED for others. */
export function encryptedTo<T>(step: ScepStep, recipient: Uint8Array, build: () => T): T {
  const { publicKey } = readOrFail('GetCACert', () => readCertificate(recipient));
  if (publicKey.asymmetricKeyType === 'rsa') return build();
  throw scepFailed(
    step,
    `the request cannot be encrypted: the certificate to encrypt to has a key of type ${publicKey.asymmetricKeyType}`,
    {
      reason: 'recipient',
      hint: 'SCEP encrypts to RSA keys only: give the SCEP server an RSA key, as an RA below a CA with another key where need be.',
    },
  );
}
