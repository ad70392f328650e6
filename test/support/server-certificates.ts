// Certificates for servers with exactly one fault, and servers that show them.
import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type CertificateRequest, type Issuer, issueCertificate } from '../../protocol/x509/issue.js';
import { writePem } from '../../protocol/x509/pem.js';

export const dayMs = 24 * 3_600_000;

const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
let serial = 1;

/** A certificate and its key; `issuer` of another may be made of it. */
export interface Made extends Issuer {
  readonly certificate: Buffer;
  readonly pem: string;
}

type Wanted = Partial<Omit<CertificateRequest, 'issuer'>> & { readonly issuer?: Issuer; readonly days?: number };

function make(name: string, wanted: Wanted): Made {
  const { issuer, days = 30, notBefore = new Date(Date.now() - dayMs), ...rest } = wanted;
  const fresh = rest.publicKey === undefined ? p256() : undefined;
  const key = rest.key ?? fresh?.privateKey;
  const publicKey = rest.publicKey ?? fresh?.publicKey;
  if (key === undefined || publicKey === undefined) throw new TypeError('both halves of a key are needed');
  const certificate = issueCertificate({
    subject: [[['CN', name]]],
    notBefore,
    notAfter: new Date(notBefore.getTime() + days * dayMs),
    serial: Buffer.from([1 + (serial++ % 120)]),
    ...rest,
    publicKey,
    key,
    issuer: issuer ?? 'self',
  });
  return { certificate, key, pem: writePem('CERTIFICATE', certificate) };
}

/** A root, valid from 2000 to 2049 unless said otherwise; with `issuer` an authority below it. */
export const authority = (name = 'Test root', wanted: Wanted = {}): Made =>
  make(name, {
    notBefore: new Date('2000-01-01T00:00:00Z'),
    notAfter: new Date('2049-12-31T00:00:00Z'),
    ca: true,
    keyUsage: ['keyCertSign'],
    ...wanted,
  });

/** A server's certificate that every device takes, for 127.0.0.1 and localhost, but for what is wanted otherwise. */
export const serverCertificate = (issuer: Issuer | undefined, wanted: Wanted = {}): Made =>
  make('localhost', {
    ...(issuer === undefined ? {} : { issuer }),
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['serverAuth'],
    subjectAltName: { dNSName: 'localhost', iPAddress: '127.0.0.1' },
    ...wanted,
  });

/** The two halves of an RSA key for a certificate. */
export function rsaOf(modulusLength: number): { readonly publicKey: KeyObject; readonly key: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength });
  return { publicKey, key: privateKey };
}

export interface Serving {
  /** `https://127.0.0.1:PORT` */
  readonly origin: string;
  readonly port: number;
  /** Requests that reached it. */
  readonly requests: () => number;
  close(): Promise<void>;
}

/** An HTTPS server with this certificate; `above`: what else it sends. OpenSSL’s own bounds on keys and digests are off. */
export async function serving(
  { pem, key }: Pick<Made, 'pem' | 'key'>,
  above: readonly Pick<Made, 'pem'>[] = [],
  { listener = (_, response) => response.end('ok'), port = 0, ...options }: ServingOptions = {},
): Promise<Serving> {
  let requests = 0;
  const server = createServer(
    {
      cert: [pem, ...above.map((each) => each.pem)].join(''),
      key: key.export({ type: 'pkcs8', format: 'pem' }),
      ciphers: 'DEFAULT@SECLEVEL=0',
      rejectUnauthorized: false,
      ...options,
    },
    (request, response) => {
      requests++;
      listener(request, response);
    },
  );
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  onTestFinished(close);
  const at = (server.address() as AddressInfo).port;
  return { origin: `https://127.0.0.1:${at}`, port: at, requests: () => requests, close };
}

type ServingOptions = Omit<ServerOptions, 'cert' | 'key'> & {
  readonly listener?: RequestListener;
  readonly port?: number;
};

/** A certificate and key in PEM as an outside program wrote them. */
export const fromPem = (certificate: string, key: string): Made => ({
  certificate: new X509Certificate(certificate).raw,
  pem: certificate,
  key: createPrivateKey(key),
});
