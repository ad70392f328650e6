import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateOf, identityOf } from '../../../../protocol/apple-mdm/profile/certificates.js';
import type { Payload } from '../../../../protocol/apple-mdm/profile/profile.js';
import { scepSettings } from '../../../../protocol/apple-mdm/profile/scep.js';
import { dict, type PlistDict } from '../../../../protocol/plist/value.js';
import { issueCertificate } from '../../../../protocol/x509/issue.js';
import { writePem } from '../../../../protocol/x509/pem.js';
import { buildPkcs12 } from '../../../../protocol/x509/pkcs12.js';
import { rsaKey } from '../../../support/keys.js';
import { describeWith, openssl, temporaryFolder } from '../../../support/programs.js';
import { ecKey, selfSigned } from '../../x509/identities.js';
import { certBag, keyBag, keyId, pfx } from '../../x509/pkcs12-made.js';
import { accepted, exchange, fault, leafDer, payload, root, rootDer, scep } from './make.js';

const failed = (code: number) => [4001, 1009, code];
const malformed = (code: number) => [4001, 1000, code];
const first = (made: PlistDict): Payload => {
  const [read] = accepted(made).payloads;
  if (read === undefined) throw new Error('no payload');
  return read;
};

describe('a certificate without its key', () => {
  const of = (type: string, content: Uint8Array | undefined) =>
    payload(`com.apple.security.${type}`, 1, { PayloadContent: content });

  it('is read from DER and from PEM, whatever the type', () => {
    const pem = Buffer.from(writePem('CERTIFICATE', rootDer));
    for (const type of ['root', 'pkcs1', 'pem']) {
      expect(certificateOf(first(of(type, rootDer))).der.equals(rootDer)).toBe(true);
      expect(certificateOf(first(of(type, pem))).der.equals(rootDer)).toBe(true);
    }
  });

  it('that is missing is refused with 2002, of another type with 2003', () => {
    expect(fault(of('root', undefined))).toEqual([malformed(2002), 'PayloadContent']);
    expect(fault(root({ PayloadContent: 'text' }))).toEqual([malformed(2003), 'PayloadContent']);
  });

  it('that is damaged is refused with 9005', () => {
    for (const bytes of ['', 'junk', '-----BEGIN CERTIFICATE-----\nAAAA\n', '-----BEGIN X-----\n-----END X-----\n'])
      expect(fault(of('pem', Buffer.from(bytes)))?.[0], bytes).toEqual(failed(9005));
    expect(fault(of('root', rootDer.subarray(0, -9)))?.[0]).toEqual(failed(9005));
    expect(fault(of('root', Buffer.from(writePem('CERTIFICATE', Buffer.from('junk')))))?.[0]).toEqual(failed(9005));
  });

  it('is alone in its payload, or refused with 9001', () => {
    const two = writePem('CERTIFICATE', rootDer) + writePem('CERTIFICATE', leafDer);
    expect(fault(of('pem', Buffer.from(two)))?.[0]).toEqual(failed(9001));
  });

  it('is not stored as a root when it is the leaf of another, but as any other type: 9004', () => {
    expect(fault(of('root', leafDer))?.[0]).toEqual(failed(9004));
    expect(fault(of('pkcs1', leafDer))).toBeUndefined();
  });
});

describeWith('openssl')('a PKCS#12 file of openssl', () => {
  const files = (options: readonly string[] = []) => {
    const folder = temporaryFolder();
    const { privateKey } = rsaKey();
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }));
    openssl(['req', '-x509', '-key', key, '-subj', '/CN=ann', '-days', '30', '-out', certificate]);
    const exported = (...more: string[]) =>
      openssl(['pkcs12', '-export', '-in', certificate, '-passout', 'pass:secret', ...more]);
    return { withKey: exported('-inkey', key, ...options), withoutKey: exported('-nokeys') };
  };
  const of = (content: Uint8Array, password: string | undefined) =>
    payload('com.apple.security.pkcs12', 1, { PayloadContent: content, Password: password });

  it('is an identity with the right password; 9000 with another or none, 9006 without a key, 9005 when damaged', () => {
    const { withKey, withoutKey } = files();
    const opened = first(of(withKey, 'secret'));
    const identity = identityOf(opened);
    expect(identity.privateKey.asymmetricKeyType).toBe('rsa');
    expect(identityOf(opened)).toBe(identity); // to derive its keys again would take as long again
    expect(fault(of(withKey, 'wrong'))?.[0]).toEqual(failed(9000));
    expect(fault(of(withKey, undefined))?.[0]).toEqual(failed(9000));
    expect(fault(of(withoutKey, 'secret'))?.[0]).toEqual(failed(9006));
    expect(fault(of(withKey.subarray(0, 200), 'secret'))?.[0]).toEqual(failed(9005));
    expect(fault(of(rootDer, 'secret'))?.[0]).toEqual(failed(9005));
    expect(fault(exchange({ Certificate: withKey, CertificatePassword: 'secret' }))).toBeUndefined();
    expect(fault(exchange({ Certificate: withKey, CertificatePassword: 'wrong' }))?.[0]).toEqual(failed(21006));
  });

  it('with two identities is refused with 9001', () => {
    const [one, two] = [selfSigned('one', ecKey()), selfSigned('two', ecKey())];
    const file = pfx([
      ...[certBag(one.certificate, keyId('1')), keyBag(one.privateKey, keyId('1'))],
      ...[certBag(two.certificate, keyId('2')), keyBag(two.privateKey, keyId('2'))],
    ]);
    expect(fault(of(file, 'secret'))?.[0]).toEqual(failed(9001));
  });

  it.each([
    ['without a MAC', ['-nomac'], 9005],
    ['with AES-128', ['-certpbe', 'AES-128-CBC'], 9005],
    ['with a MAC that iOS does not know: it says that the password is wrong', ['-macalg', 'md5'], 9000],
    ['with its key in the open', ['-keypbe', 'NONE'], 9006],
  ] as const)('%s is refused', (_name, options, code) => {
    expect(fault(of(files(options).withKey, 'secret'))?.[0]).toEqual(failed(code));
  });

  it('shares with the others of its profile what opening them may cost', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const subject = [[['CN', 'x']]] as const;
    const dates = { notBefore: new Date('2026-01-01'), notAfter: new Date('2036-01-01') };
    const own = { subject, issuer: 'self', publicKey, key: privateKey, serial: Buffer.of(1), ...dates } as const;
    const request = { certificate: issueCertificate(own), privateKey, password: 'x', random: randomBytes } as const;
    const costly = buildPkcs12({ ...request, encryption: 'aes-256', iterations: 90_000 }); // 450 000 of 1 200 000
    const many = (length: number) =>
      Array.from({ length }, (_, at) =>
        payload('com.apple.security.pkcs12', at, { PayloadContent: costly, Password: 'x' }),
      );
    const [one, ...others] = many(3);
    if (one === undefined) throw new Error('none made');
    expect(fault(one, ...others.slice(0, 1))).toBeUndefined();
    expect(fault(one, ...others)?.[0]).toEqual(failed(9005));
  });

  it('seventeen times in one profile is too much', () => {
    const many = Array.from({ length: 17 }, (_, at) =>
      payload('com.apple.security.pkcs12', at, { PayloadContent: Buffer.of(0x30) }),
    );
    const [one, ...others] = many;
    if (one === undefined) throw new Error('none made');
    expect(fault(one, ...others)?.[0]).toEqual(failed(9001));
  });
});

describe('com.apple.security.scep', () => {
  it('has the defaults of the schema', () => {
    expect(scepSettings(first(scep()))).toEqual({
      url: 'https://mdm.example.com/scep',
      subject: [],
      keySizeBits: 1024,
      keyUsage: ['digitalSignature'],
      retries: 3,
      retryDelaySeconds: 10,
    });
  });

  it('says everything that the request needs', () => {
    const settings = scepSettings(
      first(
        scep({
          Name: 'example.org',
          Subject: [
            [['O', 'Example']],
            [
              ['CN', 'ann'],
              ['1.2.5.3', 'bar'],
            ],
          ],
          Challenge: 'once',
          Keysize: 2048,
          'Key Type': 'RSA',
          'Key Usage': 5,
          CAFingerprint: Buffer.alloc(20, 7),
          Retries: 7,
          RetryDelay: 1,
          SubjectAltName: dict({ dNSName: ['a.example.com', 'b.example.com'], ntPrincipalName: 'ann@example.com' }),
        }),
      ),
    );
    expect(settings).toEqual({
      url: 'https://mdm.example.com/scep',
      caName: 'example.org',
      subject: [
        [['O', 'Example']],
        [
          ['CN', 'ann'],
          ['1.2.5.3', 'bar'],
        ],
      ],
      challenge: 'once',
      keySizeBits: 2048,
      keyUsage: ['digitalSignature', 'keyEncipherment'],
      caFingerprint: Buffer.alloc(20, 7),
      retries: 7,
      retryDelaySeconds: 1,
      subjectAltName: { dNSName: ['a.example.com', 'b.example.com'], ntPrincipalName: ['ann@example.com'] },
    });
  });

  it('without a URL is refused with 2002, with another scheme with 2004', () => {
    expect(fault(scep({ URL: undefined }))).toEqual([malformed(2002), 'PayloadContent.URL']);
    expect(fault(scep({ URL: 'ftp://x/' }))).toEqual([malformed(2004), 'PayloadContent.URL']);
    expect(fault(scep({ URL: 'https://' }))).toEqual([malformed(2004), 'PayloadContent.URL']);
    expect(fault(payload('com.apple.security.scep', 1, {}))).toEqual([malformed(2002), 'PayloadContent']);
  });

  it('with a key usage that is not 1, 4 or both is refused with 22000', () => {
    for (const usage of [0, 1, 4, 5]) expect(fault(scep({ 'Key Usage': usage }))).toBeUndefined();
    for (const usage of [2, 3, 8, -1, 256]) expect(fault(scep({ 'Key Usage': usage }))?.[0]).toEqual(failed(22000));
    expect(fault(scep({ 'Key Usage': 4_294_967_296 }))?.[0]).toEqual(failed(22000));
  });

  it('for another kind or size of key is refused with 22004 and 2004', () => {
    expect(fault(scep({ 'Key Type': 'EC' }))?.[0]).toEqual(failed(22004));
    expect(fault(scep({ Keysize: 3072 }))).toEqual([malformed(2004), 'PayloadContent.Keysize']);
  });

  it('with a subject that is no name is refused', () => {
    expect(fault(scep({ Subject: [[['CN']]] }))?.[0]).toEqual(malformed(2004));
    expect(fault(scep({ Subject: [[['CN', 'x', 'y']]] }))?.[0]).toEqual(malformed(2004));
    expect(fault(scep({ Subject: [[['CN', 7]]] }))?.[0]).toEqual(malformed(2003));
    expect(fault(scep({ Subject: [['CN', 'x']] }))?.[0]).toEqual(malformed(2003));
    expect(fault(scep({ Subject: [[['not a type', 'x']]] }))).toEqual([malformed(2004), 'PayloadContent.Subject']);
  });

  it('with a fingerprint of no known hash, or retries without end, is refused with 2004', () => {
    expect(fault(scep({ CAFingerprint: Buffer.alloc(19) }))).toEqual([malformed(2004), 'PayloadContent.CAFingerprint']);
    expect(fault(scep({ Retries: -1 }))).toEqual([malformed(2004), 'PayloadContent.Retries']);
    expect(fault(scep({ RetryDelay: 1e12 }))).toEqual([malformed(2004), 'PayloadContent.RetryDelay']);
    expect(fault(scep({ SubjectAltName: dict({ dNSName: [7] }) }))?.[0]).toEqual(malformed(2003));
    expect(fault(scep({ SubjectAltName: dict({ dNSName: 'bücher.example' }) }))).toEqual([
      malformed(2004),
      'PayloadContent.SubjectAltName',
    ]);
  });
});
