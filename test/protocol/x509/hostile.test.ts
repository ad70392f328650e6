// Bytes made by somebody who knows the code: each has a right form, and would gain something if it were believed.
import { createCipheriv, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readPublicKey } from '../../../protocol/x509/algorithms.js';
import { isForKey, readCertificate } from '../../../protocol/x509/certificate.js';
import {
  createCmsSigner,
  envelop,
  openEnvelope,
  readSignedData,
  verifySignedData,
} from '../../../protocol/x509/cms.js';
import { buildIssuerAndSerial, contentInfo } from '../../../protocol/x509/cms-parts.js';
import { buildCsr, readCsr } from '../../../protocol/x509/csr.js';
import { children, readDer } from '../../../protocol/x509/der.js';
import {
  bits,
  integer,
  nothing,
  octets,
  oid,
  printable,
  sequence,
  setOf,
  tagged,
  taggedPrimitive,
} from '../../../protocol/x509/der-build.js';
import { readOctets } from '../../../protocol/x509/der-values.js';
import { buildExtensions, readSubjectAltName } from '../../../protocol/x509/extensions.js';
import { buildName, readName } from '../../../protocol/x509/name.js';
import { oids } from '../../../protocol/x509/oids.js';
import { buildPkcs12, readPkcs12 } from '../../../protocol/x509/pkcs12.js';
import { decryptRc2 } from '../../../protocol/x509/rc2.js';
import { encryptKey } from '../../../protocol/x509/rsa-transport.js';
import { computedMs } from '../../support/computed.js';
import { authority, ecKey, issuedBy, noon, rsaKey } from './identities.js';

const random = randomBytes;
const ca = authority();
const one = issuedBy(ca, 'one', rsaKey());
const code = (value: string) => expect.objectContaining({ code: value });
const algorithm = (id: string): Buffer => sequence(oid(id), nothing);
const sha1WithRsa = algorithm('1.2.840.113549.1.1.5');
const sha256WithRsa = algorithm('1.2.840.113549.1.1.11');
const sha256 = algorithm('2.16.840.1.101.3.4.2.1');
const rsaSpki = (modulus: Buffer, exponent: number | Buffer = 65_537): Buffer =>
  sequence(algorithm(oids.rsaEncryption), bits(sequence(integer(modulus), integer(exponent))));

describe('a certificate', () => {
  it('whose algorithm outside, which nobody signed, is not the one inside is not signed (RFC 5280 §4.1.1.2)', () => {
    const [body, , signature] = children(readDer(one.certificate)).map((node) => node.bytes);
    if (body === undefined || signature === undefined) throw new Error('no certificate');
    const same = sequence(body, sha256WithRsa, signature);
    const other = sequence(body, sequence(oid('1.2.840.113549.1.1.11')), signature);
    expect(readCertificate(same).isSignedBy(ca.publicKey)).toBe(true);
    expect(readCertificate(other).isSignedBy(ca.publicKey)).toBe(false);
  });

  it('with a key that nobody can read is for no key', () => {
    const [body, ...rest] = children(readDer(one.certificate)).map((node) => node.bytes);
    const fields = children(readDer(body ?? nothing)).map((node) => node.bytes);
    fields[6] = sequence(sequence(oid('1.2.3')), bits(Buffer.of(1)));
    const strange = readCertificate(sequence(sequence(...fields), ...rest));
    expect(isForKey(strange, one.publicKey)).toBe(false);
    expect(isForKey(readCertificate(one.certificate), one.publicKey)).toBe(true);
  });

  it.each([
    ['a million octets', Buffer.alloc(500_000, 0xff), undefined, /octets/],
    ['16 384 bits', Buffer.alloc(2048, 0xff), undefined, /octets/],
    ['8200 bits', Buffer.alloc(1025, 0xff), undefined, /8200 bits/],
    ['an exponent of 2048 bits', Buffer.alloc(256, 0xff), Buffer.alloc(256, 0x7f), /exponent/],
    ['an exponent of 34 bits', Buffer.alloc(256, 0xff), Buffer.from('0200000001', 'hex'), /exponent/],
  ])('with an RSA key of %s is refused before anything is computed with it', (_, modulus, exponent, why) => {
    expect(() => readPublicKey(rsaSpki(modulus, exponent))).toThrow(why);
  });

  it('with an RSA key of 8192 bits, and one with an exponent of 33, is read', () => {
    expect(readPublicKey(rsaSpki(Buffer.alloc(1024, 0xff))).asymmetricKeyDetails?.modulusLength).toBe(8192);
    const exponent = Buffer.from('01ffffffff', 'hex');
    expect(readPublicKey(rsaSpki(Buffer.alloc(256, 0xff), exponent)).type).toBe('public');
  });

  it('with a key on a curve of its own is refused', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'brainpoolP512r1' });
    expect(() => readPublicKey(publicKey.export({ type: 'spki', format: 'der' }))).toThrow(/curve/);
  });
});

describe('a signed message', () => {
  const content = Buffer.from('what was signed');
  /** A SignerInfo of a free hand. */
  const signed = (options: { algorithm: Buffer; signature: Buffer; over: Buffer }): Buffer => {
    const name = buildIssuerAndSerial(readCertificate(one.certificate));
    const info = sequence(integer(1), name, sha256, options.algorithm, octets(options.signature));
    const wrapped = sequence(oid(oids.data), tagged(0, octets(options.over)));
    const body = sequence(integer(1), setOf(sha256), wrapped, tagged(0, one.certificate), setOf(info));
    return contentInfo(oids.signedData, body);
  };

  it('is not made of the attributes of another, which are signed as they are (RFC 5652 §5.4)', () => {
    const message = createCmsSigner(one.certificate, one.privateKey).sign(content, noon);
    const [signer] = readSignedData(message).signers;
    if (signer?.signedAttributes === undefined) throw new Error('no attributes');
    const { signature, signedAttributes: over } = signer;
    const forged = signed({ algorithm: algorithm(oids.rsaEncryption), signature, over });
    expect(() => verifySignedData(forged)).toThrow(code('CMS_SIGNATURE'));
  });

  it('of a content that only begins like attributes verifies', () => {
    const over = Buffer.from('1, 2, 3');
    const signature = sign('sha256', over, one.privateKey);
    const message = signed({ algorithm: algorithm(oids.rsaEncryption), signature, over });
    expect(verifySignedData(message).content).toEqual(over);
  });

  it('does not name one digest and use another', () => {
    const weak = sign('sha1', content, one.privateKey);
    const strong = sign('sha256', content, one.privateKey);
    const over = content;
    expect(verifySignedData(signed({ algorithm: sha256WithRsa, signature: strong, over })).digest).toBe('sha256');
    expect(() => verifySignedData(signed({ algorithm: sha1WithRsa, signature: weak, over }))).toThrow(
      code('CMS_SIGNATURE'),
    );
  });

  it('with an attribute twice is refused: one could be checked and the other used', () => {
    const attributes = [oids.messageDigest, oids.contentType].map((type) => ({ type, value: octets(content) }));
    for (const twice of attributes) {
      const der = createCmsSigner(one.certificate, one.privateKey).sign(content, noon, { attributes: [twice] });
      expect(() => verifySignedData(der)).toThrow(code('CMS_MALFORMED'));
    }
  });
});

describe('an envelope', () => {
  const key = random(16);
  const iv = random(12);
  const name = buildIssuerAndSerial(readCertificate(one.certificate));
  const transport = [algorithm(oids.rsaEncryption), octets(encryptKey(key, one.publicKey, random))];
  const recipients = setOf(sequence(integer(0), name, ...transport));
  const gcm = sequence(oid('2.16.840.1.101.3.4.1.6'), sequence(octets(iv), integer(16)));
  const seal = (tagLength: number) => {
    const cipher = createCipheriv('aes-128-gcm', key, iv, { authTagLength: tagLength });
    return { ciphertext: Buffer.concat([cipher.update('secret'), cipher.final()]), tag: cipher.getAuthTag() };
  };
  const authenticated = (tagLength: number): Buffer => {
    const { ciphertext, tag } = seal(tagLength);
    const content = sequence(oid(oids.data), gcm, taggedPrimitive(0, ciphertext));
    return contentInfo(oids.authEnvelopedData, sequence(integer(0), recipients, content, octets(tag)));
  };
  const asSmallstep = (content: Buffer): Buffer =>
    contentInfo(
      oids.envelopedData,
      sequence(integer(0), recipients, sequence(oid(oids.data), gcm, taggedPrimitive(0, content))),
    );
  const open = (envelope: Buffer) => openEnvelope(envelope, one.certificate, one.privateKey).toString();

  it('does not shorten its tag, so that it can be guessed (RFC 5084 §3.2)', () => {
    expect(open(authenticated(16))).toBe('secret');
    for (const length of [4, 8, 12]) expect(() => open(authenticated(length))).toThrow(code('CMS_MALFORMED'));
    const { ciphertext, tag } = seal(16);
    expect(open(asSmallstep(Buffer.concat([ciphertext, tag])))).toBe('secret');
    for (const length of [0, 4, 8, 15]) {
      expect(() => open(asSmallstep(tag.subarray(0, length)))).toThrow(code('CMS_MALFORMED'));
    }
  });

  it.each([
    ['an even modulus', rsaSpki(Buffer.alloc(256, 0xfe))],
    ['a modulus of 24000 bits', rsaSpki(Buffer.alloc(3000, 0xff))],
    ['a modulus of 100 bits', rsaSpki(Buffer.alloc(13, 0x0f))],
  ])('is not made, and nothing foreign thrown, for a key with %s', (_, spki) => {
    const [body, ...rest] = children(readDer(one.certificate)).map((node) => node.bytes);
    const fields = children(readDer(body ?? nothing)).map((node) => node.bytes);
    fields[6] = spki;
    const certificate = sequence(sequence(...fields), ...rest);
    expect(() => envelop(Buffer.from('x'), [certificate], { cipher: 'aes-128-cbc', random })).toThrow(
      code('X509_MALFORMED'),
    );
  });
});

describe('a certification request', () => {
  const device = ecKey();
  const info = (...attributes: Buffer[]): Buffer => {
    const [body] = children(readDer(buildCsr({ subject: [[['CN', 'x']]], key: device })));
    const fields = body === undefined ? [] : children(body).slice(0, 3);
    const made = sequence(...fields.map((node) => node.bytes), tagged(0, ...attributes));
    return sequence(made, sequence(oid('1.2.840.10045.4.3.2')), bits(sign('sha256', made, device.privateKey)));
  };
  const challenge = (...values: string[]): Buffer =>
    sequence(oid(oids.challengePassword), setOf(...values.map(printable)));

  it('has one challenge password, or is refused: a server could check one and log the other', () => {
    expect(readCsr(info(challenge('a'))).challengePassword).toBe('a');
    expect(() => readCsr(info(challenge('a'), challenge('b')))).toThrow(code('X509_MALFORMED'));
    expect(() => readCsr(info(challenge('a', 'b')))).toThrow(code('X509_MALFORMED'));
    expect(() => readCsr(info(challenge()))).toThrow(code('X509_MALFORMED'));
  });
});

describe('a PKCS#12 file', () => {
  it('is not tried with a password longer than any, nor read beyond a mebibyte', () => {
    const file = buildPkcs12({ ...one, password: 'x', iterations: 1, random });
    expect(() => readPkcs12(file, 'a'.repeat(5_000_000))).toThrow(code('PKCS12_PASSWORD'));
    expect(() => readPkcs12(Buffer.alloc(1024 * 1024 + 1, 0x30), 'x')).toThrow(code('PKCS12_MALFORMED'));
  });

  it('holds no more RC2 than is soon read', () => {
    const started = computedMs();
    expect(() => decryptRc2(Buffer.alloc(5, 1), 40, Buffer.alloc(8), Buffer.alloc(1_000_000))).toThrow(
      code('PKCS12_MALFORMED'),
    );
    expect(computedMs() - started).toBeLessThan(200);
  });
});

it('an octet string in a million pieces is refused before they are put together', () => {
  const pieces = Buffer.alloc(2_000_000, Buffer.from('0400', 'hex'));
  const cut = Buffer.concat([Buffer.from('2480', 'hex'), pieces, Buffer.from('0000', 'hex')]);
  expect(() => readOctets(readDer(cut))).toThrow(code('DER_MALFORMED'));
});

describe('names without number', () => {
  const attribute = sequence(oid('2.5.4.3'), printable('a'));
  /** A SEQUENCE of this many; the builders take no more arguments than a call may have. */
  const listed = (each: Buffer, count: number): Buffer => {
    const content = Buffer.alloc(each.length * count, each);
    const head = Buffer.of(0x30, 0x83, content.length >> 16, (content.length >> 8) & 0xff, content.length & 0xff);
    return Buffer.concat([head, content]);
  };

  it('are refused in a name, read or written, and as many as are ever used are not', () => {
    expect(readName(listed(setOf(attribute), 1000))).toHaveLength(1000);
    expect(() => readName(listed(setOf(attribute), 200_000))).toThrow(code('X509_MALFORMED'));
    const rdn = [['CN', 'a'] as const];
    expect(buildName(Array(1000).fill(rdn)).length).toBeGreaterThan(10_000);
    expect(() => buildName(Array(200_000).fill(rdn))).toThrow(code('X509_MALFORMED'));
  });

  it('are refused as alternative names', () => {
    const read = (count: number) =>
      readSubjectAltName(
        new Map([['2.5.29.17', { critical: false, value: listed(taggedPrimitive(2, Buffer.from('a.b')), count) }]]),
      );
    expect(read(1000)?.dNSName).toHaveLength(1000);
    expect(() => read(1001)).toThrow(code('X509_MALFORMED'));
    expect(() => buildExtensions({ subjectAltName: { dNSName: Array(200_000).fill('a.b') } })).toThrow(
      code('X509_MALFORMED'),
    );
  });
});
