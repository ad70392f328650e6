// The certificates of the stub's own servers: such as every phone takes, and renewed before they end. Both by the stub's clock.
import { generateKeyPair } from 'node:crypto';
import { isIP, type Server as NetServer } from 'node:net';
import { type SecureContextOptions, Server as TlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { type Clock, realClock } from '../base/clock.js';
import { type Issuer, issueCertificate } from '../protocol/x509/issue.js';
import { writePem } from '../protocol/x509/pem.js';

const generate = promisify(generateKeyPair);

/** PEM: the certificate with its chain, and the key. */
interface ServedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** What a server shows: its present certificate, and a new one when that has to go. */
export interface ServerIdentity extends ServedCertificate {
  readonly hostnames: readonly string[];
  /** A new certificate where the present one is near its end, or not valid yet; else undefined. */
  renewed(): ServedCertificate | undefined;
}

const dayMs = 24 * 3_600_000;
/** What public authorities may give, and below the 825 days that iOS takes of a root that a profile brings. */
const lifeMs = 398 * dayMs;
/** It is renewed so long before its end. */
const restMs = 30 * dayMs;
/** A device whose clock is behind must not find it to be of the future. */
const backdateMs = dayMs;

const localNames = ['localhost', '127.0.0.1', '::1'];
/** Those names, and those of this machine itself. */
export const serverNames = (names: readonly string[] = []): readonly string[] => [
  ...new Set([...localNames, ...names]),
];

/**
 * Makes the key of all servers of a stub; what it returns issues a certificate for it when that is first asked for, with an ordinary
 * life by `clock`. Who lives by the real clock takes it, too, while that is less than a year behind: it is dated back so far then, and
 * is not longer valid for it.
 */
export async function openServerCertificates(clock: Clock, serial: () => Buffer, real: Clock = realClock) {
  const { publicKey, privateKey } = await generate('ec', { namedCurve: 'P-256' }); // a full handshake costs a tenth of RSA's
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  return (issuer: Issuer, hostnames: readonly string[]): ServerIdentity => {
    let notBefore = 0;
    const issue = (): ServedCertificate => {
      const now = clock.now();
      const isReached = now - real.now() < lifeMs - 2 * restMs;
      notBefore = (isReached ? Math.min(now, real.now()) : now) - backdateMs;
      const certificate = issueCertificate({
        notBefore: new Date(notBefore),
        notAfter: new Date(notBefore + lifeMs),
        subject: [[['CN', hostnames.find((name) => !localNames.includes(name)) ?? 'localhost']]],
        issuer,
        publicKey,
        serial: serial(),
        keyUsage: ['digitalSignature'],
        extendedKeyUsage: ['serverAuth'],
        subjectAltName: {
          dNSName: hostnames.filter((name) => isIP(name) === 0),
          iPAddress: hostnames.filter((name) => isIP(name) !== 0),
        },
      });
      return { certificate: writePem('CERTIFICATE', certificate) + writePem('CERTIFICATE', issuer.certificate), key };
    };
    const isGood = (now: number): boolean => now >= notBefore && now < notBefore + lifeMs - restMs;
    let present: ServedCertificate | undefined;
    return {
      key,
      hostnames,
      get certificate() {
        present ??= issue();
        return present.certificate;
      },
      renewed() {
        if (present === undefined || isGood(clock.now())) return undefined;
        present = issue();
        return present;
      },
    };
  };
}

/** A certificate to serve; without `renewed` it stays as it is. */
export type Served = ServedCertificate & Partial<Pick<ServerIdentity, 'renewed'>>;

/**
 * Lets a server with TLS, made without a certificate, show the present one to each new connection. The first one has it made: most of a
 * stub's servers never see any, and a TLS context takes 3 ms. `others`: what else the context is made of.
 */
export function showCertificate(server: NetServer, identity: Served, others: SecureContextOptions): void {
  if (!(server instanceof TlsServer)) return;
  let isShown = false;
  server.prependListener('connection', () => {
    const next = isShown ? identity.renewed?.() : identity;
    isShown = true;
    if (next !== undefined) server.setSecureContext({ ...others, cert: next.certificate, key: next.key });
  });
}
