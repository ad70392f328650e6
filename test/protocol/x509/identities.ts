// Keys and certificates for tests: made once per test file, of real sizes.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from '../../../protocol/x509/csr.js';
import { type CertificateRequest, issueCertificate } from '../../../protocol/x509/issue.js';
import { writePem } from '../../../protocol/x509/pem.js';
import { rsaKey } from '../../support/keys.js';
import { temporaryFolder } from '../../support/programs.js';

export { rsaKey };

export interface Identity extends KeyPair {
  readonly certificate: Buffer;
}

export const ecKey = (namedCurve = 'P-256'): KeyPair => generateKeyPairSync('ec', { namedCurve });

export const notBefore = new Date('2026-01-01T00:00:00Z');
export const notAfter = new Date('2046-01-01T00:00:00Z');
export const noon = new Date('2026-11-21T12:00:00Z');

type Extra = Partial<
  Pick<CertificateRequest, 'keyUsage' | 'extendedKeyUsage' | 'subjectAltName' | 'notAfter' | 'digest'>
>;

export function selfSigned(name: string, key: KeyPair, extra: Extra & { ca?: boolean } = {}): Identity {
  const certificate = issueCertificate({
    subject: [[['O', 'Rollcall test']], [['CN', name]]],
    issuer: 'self',
    publicKey: key.publicKey,
    key: key.privateKey,
    serial: randomBytes(16),
    notBefore,
    notAfter,
    ...extra,
  });
  return { ...key, certificate };
}

export const authority = (key: KeyPair = rsaKey(), name = 'Test CA'): Identity =>
  selfSigned(name, key, { ca: true, keyUsage: ['keyCertSign', 'cRLSign', 'digitalSignature', 'keyEncipherment'] });

export function issuedBy(ca: Identity, name: string, key: KeyPair, extra: Extra = {}): Identity {
  const certificate = issueCertificate({
    subject: [[['O', 'Rollcall test']], [['CN', name]]],
    issuer: { certificate: ca.certificate, key: ca.privateKey },
    publicKey: key.publicKey,
    serial: randomBytes(16),
    notBefore,
    notAfter,
    keyUsage: ['digitalSignature', 'keyEncipherment'],
    ...extra,
  });
  return { ...key, certificate };
}

export const certificatePem = ({ certificate }: Identity): string => writePem('CERTIFICATE', certificate);
export const keyPem = ({ privateKey }: KeyPair): string =>
  privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

/** Files in a folder of this test's own; gives their paths by name. */
export function files<const T extends Record<string, string | Uint8Array>>(contents: T): Record<keyof T, string> {
  const folder = temporaryFolder();
  const paths = Object.entries(contents).map(([name, content]) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return [name, path] as const;
  });
  return Object.fromEntries(paths) as Record<keyof T, string>;
}
