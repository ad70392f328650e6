// The certificates of the stub's own servers: such as every phone takes, and renewed before they end, by the stub's clock.
import { generateKeyPair } from 'node:crypto';
import { isIP, type Server as NetServer } from 'node:net';
import { type SecureContextOptions, Server as TlsServer } from 'node:tls';
import { promisify } from 'node:util';
import type { Clock } from '../base/clock.js';
import { type Issuer, issueCertificate } from '../protocol/x509/issue.js';
import { writePem } from '../protocol/x509/pem.js';

const generate = promisify(generateKeyPair);

/** PEM: the certificate with its chain, and the key. */
export interface ServedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** What a server shows: its present certificate, and a new one when that has to go. */
export interface ServerIdentity extends ServedCertificate {
  readonly hostnames: readonly string[];
  /** A new certificate where the present one is near its end, or was made at another time than the clock's now; else undefined. */
  renewed(): ServedCertificate | undefined;
}

const dayMs = 24 * 3_600_000;
/** A year, well below the 825 days that iOS takes of a root that a profile brings. */
const lifeMs = 365 * dayMs;
const renewAfterMs = 240 * dayMs;
/** A device whose clock is behind must not find it to be of the future. */
const backdateMs = dayMs;

const localNames = ['localhost', '127.0.0.1', '::1'];
/** Those names, and those of this machine itself. */
export const serverNames = (names: readonly string[] = []): readonly string[] => [
  ...new Set([...localNames, ...names]),
];

/** Makes the key of all servers of a stub; what it returns issues a certificate for it. */
export async function openServerCertificates(clock: Clock, serial: () => Buffer) {
  const { publicKey, privateKey } = await generate('ec', { namedCurve: 'P-256' }); // a full handshake costs a tenth of RSA's
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  return (issuer: Issuer, hostnames: readonly string[]): ServerIdentity => {
    let issuedAt = 0;
    const issue = (): ServedCertificate => {
      issuedAt = clock.now();
      const certificate = issueCertificate({
        subject: [[['CN', hostnames.find((name) => !localNames.includes(name)) ?? 'localhost']]],
        issuer,
        publicKey,
        serial: serial(),
        notBefore: new Date(issuedAt - backdateMs),
        notAfter: new Date(issuedAt - backdateMs + lifeMs),
        keyUsage: ['digitalSignature'],
        extendedKeyUsage: ['serverAuth'],
        subjectAltName: {
          dNSName: hostnames.filter((name) => isIP(name) === 0),
          iPAddress: hostnames.filter((name) => isIP(name) !== 0),
        },
      });
      return { certificate: writePem('CERTIFICATE', certificate) + writePem('CERTIFICATE', issuer.certificate), key };
    };
    let present = issue();
    return {
      key,
      hostnames,
      get certificate() {
        return present.certificate;
      },
      renewed() {
        const age = clock.now() - issuedAt;
        if (age < renewAfterMs && age > -backdateMs) return undefined;
        present = issue();
        return present;
      },
    };
  };
}

/** A certificate to serve; without `renewed` it stays as it is. */
export type Served = ServedCertificate & Partial<Pick<ServerIdentity, 'renewed'>>;

/** Lets a server with TLS show the present certificate to each new connection. `others`: what else its TLS context is made of. */
export function keepRenewed(server: NetServer, identity: Served, others: SecureContextOptions): void {
  if (!(server instanceof TlsServer)) return;
  server.prependListener('connection', () => {
    const next = identity.renewed?.();
    if (next !== undefined) server.setSecureContext({ ...others, cert: next.certificate, key: next.key });
  });
}
