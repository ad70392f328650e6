// The certificates of the stub's own servers: such as every phone takes, and renewed before they end, by the stub's clock.
import { generateKeyPair } from 'node:crypto';
import { isIP, type Server as NetServer } from 'node:net';
import { type SecureContextOptions, Server as TlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { type Clock, realClock } from '../base/clock.js';
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
  /** A new certificate where the present one is near its end, or not valid by the clocks as they are now; else undefined. */
  renewed(): ServedCertificate | undefined;
}

const dayMs = 24 * 3_600_000;
/** A year, well below the 825 days that iOS takes of a root that a profile brings. */
const lifeMs = 365 * dayMs;
/** It is renewed so long before its end. */
const restMs = 90 * dayMs;
/** A device whose clock is behind must not find it to be of the future. */
const backdateMs = dayMs;
/**
 * Devices judge by the clock they live in, everybody else by the real one. Where a test lets the two be further apart than this, no
 * ordinary life is valid for both: then one is shown that is valid by any clock. It says that it was issued in 2000, and the bounds
 * on a certificate's life are for those issued since 2018: a phone takes it too.
 */
const apartMs = 90 * dayMs;
const anyTime = { notBefore: new Date('2000-01-01T00:00:00Z'), notAfter: new Date('2049-12-31T00:00:00Z') };

const localNames = ['localhost', '127.0.0.1', '::1'];
/** Those names, and those of this machine itself. */
export const serverNames = (names: readonly string[] = []): readonly string[] => [
  ...new Set([...localNames, ...names]),
];

/** Makes the key of all servers of a stub; what it returns issues a certificate for it. */
export async function openServerCertificates(clock: Clock, serial: () => Buffer, real: Clock = realClock) {
  const { publicKey, privateKey } = await generate('ec', { namedCurve: 'P-256' }); // a full handshake costs a tenth of RSA's
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  return (issuer: Issuer, hostnames: readonly string[]): ServerIdentity => {
    let valid = anyTime;
    const issue = (): ServedCertificate => {
      const certificate = issueCertificate({
        ...valid,
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
    /** When a certificate would have to be valid; undefined where the present one will do. */
    const wanted = (): typeof anyTime | undefined => {
      const [first, last] = [clock.now(), real.now()].sort((a, b) => a - b) as [number, number];
      if (last - first > apartMs) return valid === anyTime ? undefined : anyTime;
      const isOrdinary = valid !== anyTime;
      if (isOrdinary && first >= valid.notBefore.getTime() && last < valid.notAfter.getTime() - restMs)
        return undefined;
      return { notBefore: new Date(first - backdateMs), notAfter: new Date(first - backdateMs + lifeMs) };
    };
    valid = wanted() ?? anyTime;
    let present = issue();
    return {
      key,
      hostnames,
      get certificate() {
        return present.certificate;
      },
      renewed() {
        const next = wanted();
        if (next === undefined) return undefined;
        valid = next;
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
