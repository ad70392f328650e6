// SCEP judged from outside: openssl takes our messages apart and makes answers that we must read, and micromdm's request.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import {
  buildRequest,
  buildSignerCertificate,
  readRequest,
  readRequestHeader,
} from '../../../protocol/scep/request.js';
import { buildCertRep, certificateFor, readCertRep } from '../../../protocol/scep/response.js';
import { readCertificate } from '../../../protocol/x509/certificate.js';
import { readEnvelope } from '../../../protocol/x509/cms.js';
import { buildCsr } from '../../../protocol/x509/csr.js';
import { children, type DerNode, readDer, tags } from '../../../protocol/x509/der.js';
import { nothing } from '../../../protocol/x509/der-build.js';
import { readOid } from '../../../protocol/x509/der-values.js';
import { nameText } from '../../../protocol/x509/name.js';
import { readPem } from '../../../protocol/x509/pem.js';
import { describeWith, openssl } from '../../support/programs.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';
import { authority, certificatePem, files, issuedBy, keyPem, noon, rsaKey } from '../x509/identities.js';

const random = randomBytes;
const ca = authority();
const device = rsaKey();
const subject = [[['CN', 'device']]] as const;
const own = { ...device, certificate: buildSignerCertificate({ subject, key: device, now: noon, random }) };
const issued = issuedBy(ca, 'device', device);
const paths = () =>
  files({
    ca: certificatePem(ca),
    caKey: keyPem(ca),
    own: certificatePem(own),
    ownKey: keyPem(own),
    issued: certificatePem(issued),
  });

describeWith('openssl')('judged by openssl', () => {
  it.each(['aes-128-cbc', 'des-ede3-cbc'] as const)('our request in %s opens layer by layer to the CSR', (cipher) => {
    const { caKey, ca: caFile, own: ownFile } = paths();
    const der = buildRequest({
      messageType: 'PKCSReq',
      transactionId: 'T-1',
      senderNonce: random(16),
      content: buildCsr({ subject, key: device, challengePassword: 'secret' }),
      recipient: ca.certificate,
      signer: { certificate: own.certificate, key: own.privateKey },
      cipher,
      digest: 'sha256',
      signingTime: noon,
      random,
    });
    const at = ['-attime', String(noon.getTime() / 1000), '-purpose', 'any'];
    const verify = ['cms', '-verify', '-binary', '-inform', 'DER', '-CAfile', ownFile, '-partial_chain', ...at];
    const envelope = openssl(verify, der);
    const decrypt = ['cms', '-decrypt', '-binary', '-inform', 'DER', '-recip', caFile, '-inkey', caKey];
    const text = openssl(['req', '-inform', 'DER', '-verify', '-noout', '-text'], openssl(decrypt, envelope));
    expect(text.toString()).toMatch(/challengePassword\s*:\s*secret/);
    const shown = openssl(['cms', '-cmsout', '-print', '-noout', '-inform', 'DER'], der).toString();
    expect(shown).toMatch(/2\.16\.840\.1\.113733\.1\.9\.2\)\s+set:\s+PRINTABLESTRING:19/);
    expect(shown).toMatch(/2\.16\.840\.1\.113733\.1\.9\.7\)\s+set:\s+PRINTABLESTRING:T-1/);
    expect(shown).toMatch(/2\.16\.840\.1\.113733\.1\.9\.5\)\s+set:\s+OCTET STRING/);
  });

  it('our answer opens layer by layer to the certificate', () => {
    const { ca: caFile, own: ownFile, ownKey } = paths();
    const der = buildCertRep({
      pkiStatus: 'success',
      transactionId: 'T-1',
      recipientNonce: random(16),
      ca: { certificate: ca.certificate, key: ca.privateKey },
      certificates: [issued.certificate],
      recipient: own.certificate,
      cipher: 'aes-128-cbc',
      digest: 'sha256',
      signingTime: noon,
      random,
    });
    const verify = ['cms', '-verify', '-binary', '-inform', 'DER', '-CAfile', caFile, '-purpose', 'any'];
    const decrypt = ['cms', '-decrypt', '-binary', '-inform', 'DER', '-recip', ownFile, '-inkey', ownKey];
    const bundle = openssl(decrypt, openssl(verify, der));
    const text = openssl(['pkcs7', '-inform', 'DER', '-print_certs'], bundle).toString();
    expect(text).toContain(certificatePem(issued).trim());
  });

  const legacy = ['-provider', 'default', '-provider', 'legacy'];
  it.each([
    ['single DES', ['-des-cbc', ...legacy], 'des-cbc'],
    ['triple DES', ['-des3'], 'des-ede3-cbc'],
    ['AES-128, streamed', ['-aes128', '-stream'], 'aes-128-cbc'],
    ['AES-256', ['-aes256'], 'aes-256-cbc'],
  ] as const)('an answer whose envelope openssl made is read: %s', (_, options, cipher) => {
    const { own: ownFile, issued: issuedFile, ca: caFile, caKey } = paths();
    const bundle = openssl(['crl2pkcs7', '-nocrl', '-certfile', issuedFile, '-certfile', caFile, '-outform', 'DER']);
    const encrypt = ['cms', '-encrypt', '-binary', '-outform', 'DER', ...options, '-recip', ownFile];
    const envelope = openssl(encrypt, bundle);
    expect(readEnvelope(envelope).cipher.name).toBe(cipher);
    const read = readCertRep(signedByOpenssl(envelope, { caKey }), {
      signerCertificate: own.certificate,
      signerKey: own.privateKey,
    });
    expect(read.pkiStatus).toBe('success');
    expect(read.transactionId).toBe('T-9');
    expect(read.recipientNonce).toEqual(Buffer.alloc(16, 0xab));
    expect(read.signer).toEqual(ca.certificate);
    expect(certificateFor(device.publicKey, read.certificates)).toEqual(issued.certificate);
  });
});

/** One element of DER, written without the help of what is judged here. */
function tlv(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag, 0x82, content.length >> 8, content.length & 0xff), content]);
}

/** A CertRep as micromdm answers, in SHA-1: openssl writes the signed attributes and signs them; they are only put together here. */
function signedByOpenssl(envelope: Buffer, { caKey }: { caKey: string }): Buffer {
  const digest = openssl(['dgst', '-sha1', '-binary'], envelope).toString('hex');
  const values = {
    '1.2.840.113549.1.9.3': 'OID:1.2.840.113549.1.7.1',
    '1.2.840.113549.1.9.4': `FORMAT:HEX,OCTETSTRING:${digest}`,
    '1.2.840.113549.1.9.5': 'UTCTIME:261121120000Z',
    '2.16.840.1.113733.1.9.2': 'PRINTABLESTRING:3',
    '2.16.840.1.113733.1.9.3': 'PRINTABLESTRING:0',
    '2.16.840.1.113733.1.9.5': `FORMAT:HEX,OCTETSTRING:${'cd'.repeat(16)}`,
    '2.16.840.1.113733.1.9.6': `FORMAT:HEX,OCTETSTRING:${'ab'.repeat(16)}`,
    '2.16.840.1.113733.1.9.7': 'PRINTABLESTRING:T-9',
  };
  const rows = Object.entries(values);
  const config = [
    'asn1=SET:all',
    '[all]',
    ...rows.map((_, index) => `a${index}=SEQUENCE:s${index}`),
    ...rows.flatMap(([id, value], index) => [
      `[s${index}]`,
      `o=OID:${id}`,
      `v=SET:v${index}`,
      `[v${index}]`,
      `v=${value}`,
    ]),
  ].join('\n');
  const paths = files({ config, attributes: '' });
  openssl(['asn1parse', '-genconf', paths.config, '-noout', '-out', paths.attributes]);
  const attributes = readFileSync(paths.attributes);
  const signature = openssl(['dgst', '-sha1', '-sign', caKey], attributes);
  const hex = (text: string): Buffer => Buffer.from(text, 'hex');
  const [sha1, rsa] = [hex('300906052b0e03021a0500'), hex('300d06092a864886f70d0101010500')];
  const { issuerDer, serial } = readCertificate(ca.certificate);
  const version = hex('020101');
  const sid = tlv(0x30, issuerDer, tlv(0x02, serial));
  const signedAttributes = Buffer.from(attributes);
  signedAttributes[0] = 0xa0;
  const signerInfo = tlv(0x30, version, sid, sha1, signedAttributes, rsa, tlv(0x04, signature));
  const content = tlv(0x30, hex('06092a864886f70d010701'), tlv(0xa0, tlv(0x04, envelope)));
  const certificates = tlv(0xa0, issued.certificate, ca.certificate);
  const signedData = tlv(0x30, version, tlv(0x31, sha1), content, certificates, tlv(0x31, signerInfo));
  return tlv(0x30, hex('06092a864886f70d010702'), tlv(0xa0, signedData));
}

describeWith('pki')('judged by strongSwan', () => {
  // strongSwan 5.9.8 reads capabilities by wrong numbers: it refuses AES always, and triple DES without AES in the list.
  const everything = Buffer.from('Renewal\nSHA-1\nSHA-256\nSHA-512\nAES\nDES3\nSCEPStandard\nPOSTPKIOperation\n');

  it.each(['sha1', 'sha256', 'sha512'] as const)(
    'its client enrolls, in %s, at a server of ours that is 20 lines',
    async (digest) => {
      const challenges: (string | undefined)[] = [];
      const url = await listen((operation, body) => {
        if (operation === 'GetCACaps') return everything;
        const request = readRequest(body, ca.certificate, ca.privateKey);
        expect([request.cipher.name, request.digest]).toEqual(['des-ede3-cbc', digest]);
        if (request.content.kind !== 'csr') throw new Error('a CSR is expected');
        const { csr } = request.content;
        challenges.push(csr.challengePassword);
        return buildCertRep({
          pkiStatus: 'success',
          transactionId: request.transactionId,
          recipientNonce: request.senderNonce,
          ca: { certificate: ca.certificate, key: ca.privateKey },
          certificates: [issuedBy(ca, 'for strongSwan', { ...ca, publicKey: csr.publicKey }).certificate],
          recipient: request.signer,
          cipher: 'des-ede3-cbc',
          digest,
          signingTime: noon,
          random,
        });
      });
      const { key, ca: caFile } = files({ key: keyPem(device), ca: ca.certificate });
      const who = ['--url', url, '--in', key, '--dn', 'C=CH, O=Example, CN=device', '--password', 'let me in'];
      const how = ['--cacert-enc', caFile, '--cacert-sig', caFile, '--cipher', 'des3', '--digest', digest];
      const { stdout } = await promisify(execFile)('pki', ['--scep', ...who, ...how], { encoding: 'buffer' });
      const read = readCertificate(stdout);
      expect(nameText(read.subject)).toBe('O=Rollcall test, CN=for strongSwan');
      expect(read.publicKey.equals(device.publicKey)).toBe(true);
      expect(challenges).toEqual(['let me in']);
    },
  );

  it('its client understands a refusal, which carries no envelope (RFC 8894 §3.2.1.3)', async () => {
    const url = await listen((operation, body) => {
      if (operation === 'GetCACaps') return everything;
      const request = readRequest(body, ca.certificate, ca.privateKey);
      return buildCertRep({
        pkiStatus: 'failure',
        failInfo: 'badTime',
        transactionId: request.transactionId,
        recipientNonce: request.senderNonce,
        ca: { certificate: ca.certificate, key: ca.privateKey },
        digest: 'sha256',
        signingTime: noon,
        random,
      });
    });
    const { key, ca: caFile } = files({ key: keyPem(device), ca: ca.certificate });
    const who = ['--url', url, '--in', key, '--dn', 'CN=device', '--cipher', 'des3'];
    const run = promisify(execFile)('pki', ['--scep', ...who, '--cacert-enc', caFile, '--cacert-sig', caFile]);
    await expect(run).rejects.toThrow(/badTime/);
  });
});

/** Answers SCEP operations on a port of its own until the test ends; gives the URL. */
async function listen(answer: (operation: string, body: Buffer) => Buffer): Promise<string> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const operation = new URL(request.url ?? '', 'http://x').searchParams.get('operation') ?? '';
      response.end(answer(operation, Buffer.concat(parts)));
    });
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}/scep`;
}

describeWithFixtures("micromdm's request", () => {
  it('parses, its signature is right, and it is for the CA that lies beside it', () => {
    const header = readRequestHeader(fixture('scep/micromdm-PKCSReq.der'));
    expect(header.messageType).toBe('PKCSReq');
    expect(header.senderNonce).toHaveLength(8); // old clients; RFC 8894 wants 16
    expect(header.transactionId).toMatch(/^\S+$/);
    expect(nameText(readCertificate(header.signer).subject)).toBe('CN=MDM SCEP SIGNER, C=US');
    const envelope = readEnvelope(header.message.signed.content);
    expect(envelope.cipher.name).toBe('des-ede3-cbc');
    const [block] = readPem(fixture('scep/micromdm-testca.pem'));
    const { issuerDer, serial } = readCertificate(block?.der ?? Buffer.alloc(0));
    expect(envelope.recipients.map(({ id }) => id)).toEqual([{ issuerDer, serial }]);
  });

  it('is what ours is made of: the same parts, versions, algorithms, attributes and types of their values', () => {
    const theirs = fixture('scep/micromdm-PKCSReq.der');
    const [theirCa] = readPem(fixture('scep/micromdm-testca.pem'));
    const ours = buildRequest({
      messageType: 'PKCSReq',
      transactionId: 'T-1',
      senderNonce: random(16),
      content: buildCsr({ subject, key: device, challengePassword: 'secret' }),
      recipient: theirCa?.der ?? nothing,
      signer: { certificate: own.certificate, key: own.privateKey },
      cipher: 'des-ede3-cbc',
      digest: 'sha1',
      signingTime: noon,
      random,
    });
    expect(shapeOf(ours)).toEqual(shapeOf(theirs));
    const inside = (der: Buffer) => skeleton(readDer(readRequestHeader(der).message.signed.content));
    expect(inside(ours)).toEqual(inside(theirs));
  });
});

/** Identifiers as text, small numbers and what is constructed as they are; of everything else its tag. */
function skeleton(node: DerNode): unknown {
  if (node.tag === tags.oid) return readOid(node);
  if (node.tag === tags.integer && node.content.length === 1) return node.content[0];
  if ((node.tag & 0x20) === 0) return node.tag;
  if (isName(node)) return 'a name';
  return [node.tag, ...children(node).map(skeleton)];
}

/** SEQUENCE OF SET OF SEQUENCE: names differ in length. */
const isName = (node: DerNode): boolean => {
  const parts = node.tag === tags.sequence ? children(node) : [];
  return parts.length > 0 && parts.every(({ tag }) => tag === tags.set);
};

/** A pkiMessage without what lies in its content and certificate; attributes by their identifiers. */
function shapeOf(der: Buffer) {
  const [type, wrapped] = children(readDer(der));
  const [signedData] = wrapped === undefined ? [] : children(wrapped);
  const parts = signedData === undefined ? [] : children(signedData);
  const [signer] = children(parts.at(-1) ?? readDer(Buffer.of(0x31, 0)));
  const [version, , digest, attributes, algorithm, ...rest] = signer === undefined ? [] : children(signer);
  const list = attributes === undefined ? [] : children(attributes);
  return {
    type: type && skeleton(type),
    parts: parts.map(({ tag }) => tag),
    version: parts[0] && skeleton(parts[0]),
    certificates: parts.filter(({ tag }) => tag === 0xa0).map((set) => children(set).length),
    signer: [version, digest, algorithm, ...rest].map((node) => node && skeleton(node)),
    attributes: list.map((node) => JSON.stringify(skeleton(node))).sort(),
  };
}
