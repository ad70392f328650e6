import { issueCertificate } from '../../protocol/x509/issue.js';
import { rsaKey } from './keys.js';

const madeAt = Date.UTC(2026, 10, 26, 12);
const dayMs = 86_400_000;

export interface MadeCertificate {
  readonly certificate: Buffer;
  readonly keyPem: string;
}

/** A certificate of its own key, an authority where it says so. */
export function selfSigned(name: string, isCa = true): MadeCertificate {
  const { privateKey, publicKey } = rsaKey(1024);
  const certificate = issueCertificate({
    subject: [[['CN', name]]],
    issuer: 'self',
    publicKey,
    key: privateKey,
    serial: Buffer.from([1]),
    notBefore: new Date(madeAt - dayMs),
    notAfter: new Date(madeAt + 3650 * dayMs),
    keyUsage: isCa ? ['keyCertSign', 'cRLSign', 'digitalSignature', 'keyEncipherment'] : ['digitalSignature'],
    ca: isCa,
  });
  return { certificate, keyPem: String(privateKey.export({ format: 'pem', type: 'pkcs8' })) };
}
