// An MDM server that answers as NanoMDM does a device for which there is nothing to do, over HTTP on loopback: certificates by SCEP; of each
// message it checks the signature; all answers are empty.
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildPlist } from '../protocol/plist/build.js';
import { dict } from '../protocol/plist/value.js';
import { writeCaCertificates } from '../protocol/scep/ca-certificates.js';
import { writeCapabilities } from '../protocol/scep/capabilities.js';
import { openRequest, readRequestHeader } from '../protocol/scep/request.js';
import { buildCertRep } from '../protocol/scep/response.js';
import { verifySignedData } from '../protocol/x509/cms.js';
import { issueCertificate } from '../protocol/x509/issue.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const dates = { notBefore: new Date(Date.now() - 600_000), notAfter: new Date(Date.now() + 86_400_000) };
const certificate = issueCertificate({
  subject: [[['CN', 'bench']]],
  issuer: 'self',
  publicKey,
  key: privateKey,
  serial: randomBytes(12),
  ca: true,
  keyUsage: ['digitalSignature', 'keyEncipherment', 'keyCertSign'],
  ...dates,
});
const capabilities = writeCapabilities({ sha256: true, aes: true, scepStandard: true, post: true });

function certified(request: Buffer): Buffer {
  const { content, transactionId, senderNonce, digest, signer } = openRequest(
    readRequestHeader(request),
    certificate,
    privateKey,
  );
  if (content.kind !== 'csr') throw new Error('nothing is pending here');
  const issued = issueCertificate({
    subject: content.csr.subject,
    issuer: { certificate, key: privateKey },
    publicKey: content.csr.publicKey,
    serial: randomBytes(12),
    keyUsage: ['digitalSignature', 'keyEncipherment'],
    extendedKeyUsage: ['clientAuth'],
    ...dates,
  });
  return buildCertRep({
    transactionId,
    recipientNonce: senderNonce,
    ca: { certificate, key: privateKey },
    digest,
    signingTime: new Date(),
    random: randomBytes,
    pkiStatus: 'success',
    certificates: [issued],
    recipient: signer,
    cipher: 'aes-128-cbc',
  });
}

function answer({ url = '', headers }: IncomingMessage, body: Buffer, response: ServerResponse): void {
  switch (url) {
    case '/scep?operation=GetCACaps':
      response.end(capabilities);
      return;
    case '/scep?operation=PKIOperation':
      response.setHeader('content-type', 'application/x-pki-message');
      response.end(certified(body));
      return;
    case '/mdm':
      verifySignedData(Buffer.from(String(headers['mdm-signature']), 'base64'), { content: body });
      response.end();
      return;
    default: {
      const authority = writeCaCertificates([certificate]);
      response.setHeader('content-type', authority.contentType);
      response.end(authority.body);
    }
  }
}

function profile(port: number): Buffer {
  const identity = randomUUID();
  const payload = (type: string, uuid: string) => ({
    PayloadType: type,
    PayloadVersion: 1,
    PayloadIdentifier: `bench.${type}`,
    PayloadUUID: uuid,
  });
  const scep = dict({ URL: `http://127.0.0.1:${port}/scep`, Keysize: 2048, 'Key Type': 'RSA', 'Key Usage': 5 });
  return buildPlist(
    dict({
      ...payload('Configuration', randomUUID()),
      PayloadContent: [
        dict({ ...payload('com.apple.security.scep', identity), PayloadContent: scep }),
        dict({
          ...payload('com.apple.mdm', randomUUID()),
          IdentityCertificateUUID: identity,
          Topic: 'com.apple.mgmt.External.bench',
          ServerURL: `http://127.0.0.1:${port}/mdm`,
          SignMessage: true,
          AccessRights: 8191,
          CheckOutWhenRemoved: true,
        }),
      ],
    }),
  );
}

export interface KeptServer {
  /** The enrollment profile. */
  readonly profile: Buffer;
  /** How many connections were opened, and how many messages came with a good signature. */
  readonly counts: { connections: number; messages: number };
  close(): void;
}

/** Listens on a port of the system's choice. */
export async function startKeptServer(): Promise<KeptServer> {
  const counts = { connections: 0, messages: 0 };
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      try {
        answer(request, Buffer.concat(chunks), response);
        if (request.url === '/mdm') counts.messages++;
      } catch {
        response.statusCode = 400;
        response.end();
      }
    });
  });
  server.on('connection', () => counts.connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    profile: profile((server.address() as AddressInfo).port),
    counts,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
