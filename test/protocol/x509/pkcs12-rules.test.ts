// How iOS joins and judges what lies in a PKCS#12 file (docs/wire/apple-sources/pkcs12.md).
import { generateKeyPairSync, pbkdf2Sync, randomBytes } from 'node:crypto';
import forge from 'node-forge';
import { describe, expect, it } from 'vitest';
import { cipherByName, encryptCbc } from '../../../protocol/x509/ciphers.js';
import { contentInfo } from '../../../protocol/x509/cms-parts.js';
import { children, inner, readDer } from '../../../protocol/x509/der.js';
import { integer, nothing, octets, oid, sequence, utf8 } from '../../../protocol/x509/der-build.js';
import { readOctets } from '../../../protocol/x509/der-values.js';
import { oids } from '../../../protocol/x509/oids.js';
import { decryptWithPassword, Effort, passwordOf } from '../../../protocol/x509/pbe.js';
import { readPkcs12 } from '../../../protocol/x509/pkcs12.js';
import { decryptRc4 } from '../../../protocol/x509/rc4.js';
import { authority, certificatePem, ecKey, issuedBy, keyPem, rsaKey, selfSigned } from './identities.js';
import { attribute, certBag, keyBag, keyId, label, otherBag, password, pfx } from './pkcs12-made.js';

const ca = authority(ecKey());
const one = issuedBy(ca, 'one', ecKey());
const two = issuedBy(ca, 'two', ecKey('P-384'));
const outsider = selfSigned('outsider', ecKey());
const read = (...bags: Buffer[]) => readPkcs12(pfx(bags), password);
const refused = (code: string, details: object = expect.anything()) => expect.objectContaining({ code, details });
const malformed = expect.objectContaining({ code: 'PKCS12_MALFORMED' });

describe('a key and its certificate', () => {
  it.each([
    ['by localKeyId', [keyId('1')], [keyId('1')]],
    ['by localKeyId, whatever their names', [keyId('1'), label('a')], [label('b'), keyId('1')]],
    ['by friendlyName, where they have no localKeyId', [label('ä')], [label('ä')]],
  ])('are joined %s', (_name, ofKey, ofCertificate) => {
    const { certificate, privateKey, chain } = read(
      certBag(ca.certificate),
      certBag(one.certificate, ...ofCertificate),
      keyBag(one.privateKey, ...ofKey),
    );
    expect(certificate).toEqual(one.certificate);
    expect(privateKey.equals(one.privateKey)).toBe(true);
    expect(chain).toEqual([ca.certificate]);
  });

  it.each([
    ['the key has no name', [], [keyId('1')]],
    ['neither has a name, though the public keys are equal', [], []],
    ['their localKeyIds differ', [keyId('1'), label('a')], [keyId('2'), label('a')]],
    ['one has a localKeyId, the other a friendlyName', [keyId('1'), label('a')], [label('a')]],
  ])('are not joined where %s', (_name, ofKey, ofCertificate) => {
    expect(() => read(certBag(one.certificate, ...ofCertificate), keyBag(one.privateKey, ...ofKey))).toThrow(
      refused('PKCS12_MALFORMED', { missing: 'certificate' }),
    );
  });

  it('are refused when they are joined and do not belong together', () => {
    expect(() => read(certBag(two.certificate, keyId('1')), keyBag(one.privateKey, keyId('1')))).toThrow(malformed);
  });

  it('replace one another under one name: the last counts', () => {
    const bags = [certBag(two.certificate, keyId('1')), certBag(one.certificate, keyId('1'))];
    expect(read(...bags, keyBag(one.privateKey, keyId('1'))).certificate).toEqual(one.certificate);
  });

  it('may be one pair of several keys, but not one pair of several', () => {
    const pair = [certBag(one.certificate, keyId('1')), keyBag(one.privateKey, keyId('1'))];
    expect(read(...pair, keyBag(two.privateKey, keyId('2'))).certificate).toEqual(one.certificate);
    const other = [certBag(two.certificate, keyId('2')), keyBag(two.privateKey, keyId('2'))];
    expect(() => read(...pair, ...other)).toThrow(refused('PKCS12_MALFORMED', { keys: 2 }));
  });

  it('come with the issuers that lead on from the certificate, and no others', () => {
    const bags = [certBag(outsider.certificate), certBag(one.certificate), certBag(ca.certificate)];
    const { chain } = read(...bags, certBag(one.certificate, keyId('1')), keyBag(one.privateKey, keyId('1')));
    expect(chain).toEqual([ca.certificate]);
    const own = [certBag(outsider.certificate), certBag(outsider.certificate, keyId('1'))];
    expect(read(...own, keyBag(outsider.privateKey, keyId('1'))).chain).toEqual([]);
  });
});

describe('a bag', () => {
  const pair = [certBag(one.certificate, keyId('1')), keyBag(one.privateKey, keyId('1'))];

  it.each([
    ['a key in the open', '1.2.840.113549.1.12.10.1.1'],
    ['a revocation list', '1.2.840.113549.1.12.10.1.4'],
    ['a secret', '1.2.840.113549.1.12.10.1.5'],
    ['a bag of bags', '1.2.840.113549.1.12.10.1.6'],
  ])('with %s is passed over', (_name, type) => {
    expect(read(otherBag(type), ...pair).certificate).toEqual(one.certificate);
  });

  it('of an unknown kind ends it', () => {
    expect(() => read(otherBag('1.2.840.113549.1.12.10.1.7'), ...pair)).toThrow(malformed);
  });

  it.each([
    [
      'two localKeyIds in one attribute',
      attribute(oids.localKeyId, octets(Buffer.from('1')), octets(Buffer.from('2'))),
    ],
    ['a localKeyId that is no octet string', attribute(oids.localKeyId, utf8('1'))],
    ['a friendlyName that is no BMPString', attribute(oids.friendlyName, utf8('a'))],
  ])('with %s ends it', (_name, wrong) => {
    expect(() => read(...pair, certBag(ca.certificate, wrong))).toThrow(malformed);
  });

  it('has any attributes besides', () => {
    expect(read(...pair, certBag(ca.certificate, attribute('1.2.3.4', nothing))).chain).toEqual([ca.certificate]);
  });

  it.each([
    ['Ed25519', generateKeyPairSync('ed25519').privateKey],
    ['secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey],
  ])('with a key of %s ends it', (_name, key) => {
    expect(() => read(...pair, keyBag(key, keyId('2')))).toThrow(malformed);
  });

  it('with a key that cannot be read gives no identity', () => {
    const broken = sequence(integer(0), sequence(oid(oids.rsaEncryption), nothing), octets(Buffer.from('junk')));
    expect(() => read(certBag(one.certificate, keyId('1')), keyBag(broken, keyId('1')))).toThrow(
      refused('PKCS12_MALFORMED', { missing: 'certificate' }),
    );
  });

  it('with a certificate that cannot be read ends it', () => {
    expect(() => read(...pair, certBag(Buffer.from('junk')))).toThrow(malformed);
  });
});

describe('a content', () => {
  const pair = [certBag(one.certificate, keyId('1')), keyBag(one.privateKey, keyId('1'))];

  it('that is signed or enveloped is passed over, of an unknown type it ends it', () => {
    for (const type of ['2', '3', '4', '5']) {
      const contents = [contentInfo(`1.2.840.113549.1.7.${type}`, sequence())];
      expect(readPkcs12(pfx(pair, { contents }), password).certificate).toEqual(one.certificate);
    }
    const contents = [contentInfo('1.2.840.113549.1.7.9', sequence())];
    expect(() => readPkcs12(pfx(pair, { contents }), password)).toThrow(malformed);
  });

  it('may be BER: indefinite lengths, octet strings in pieces', () => {
    const parts = children(readDer(pfx(pair)));
    const [version, info, macData] = parts.map(({ bytes }) => bytes);
    const [type, wrapped] = children(readDer(info ?? nothing));
    const content = readOctets(inner(wrapped ?? readDer(nothing)));
    const end = Buffer.from([0, 0]);
    const open = (tag: number, ...inside: Buffer[]): Buffer =>
      Buffer.concat([Buffer.from([tag, 0x80]), ...inside, end]);
    const pieces = [octets(content.subarray(0, 100)), octets(content.subarray(100))];
    const berInfo = open(0x30, type?.bytes ?? nothing, open(0xa0, open(0x24, ...pieces)));
    const file = open(0x30, version ?? nothing, berInfo, macData ?? nothing);
    expect(readPkcs12(file, password).certificate).toEqual(one.certificate);
  });

  it('whose MAC has no salt opens with no password', () => {
    expect(() => readPkcs12(pfx(pair, { salt: Buffer.alloc(0) }), password)).toThrow(refused('PKCS12_PASSWORD'));
  });
});

describe('PBES2', () => {
  const secret = Buffer.from('what is hidden');
  const [salt, iv] = [randomBytes(8), randomBytes(16)];
  const aes = cipherByName('aes-256-cbc');
  const sha256 = [oid('1.2.840.113549.2.9'), nothing];
  const encrypted = (digest: string): Buffer => encryptCbc(aes, pbkdf2Sync(password, salt, 3, 32, digest), iv, secret);
  const algorithm = (prf: readonly Buffer[] | undefined, { keyLength = false, cipher = aes.id } = {}) =>
    readDer(
      sequence(
        oid(oids.pbes2),
        sequence(
          sequence(
            oid(oids.pbkdf2),
            sequence(
              octets(salt),
              integer(3),
              ...(keyLength ? [integer(32)] : []),
              ...(prf === undefined ? [] : [sequence(...prf)]),
            ),
          ),
          sequence(oid(cipher), octets(iv)),
        ),
      ),
    );
  const open = (...[made, ciphertext]: [ReturnType<typeof readDer>, Buffer]) =>
    decryptWithPassword(made, ciphertext, passwordOf(password), new Effort());

  it('opens by AES-256 with HMAC-SHA-256, with a key length or without', () => {
    expect(open(algorithm(sha256), encrypted('sha256'))).toEqual(secret);
    expect(open(algorithm(sha256, { keyLength: true }), encrypted('sha256'))).toEqual(secret);
  });

  it.each([
    ['no PRF, which is HMAC-SHA-1', undefined, 'sha1'],
    ['HMAC-SHA-1', [oid('1.2.840.113549.2.7'), nothing], 'sha1'],
    ['HMAC-SHA-512', [oid('1.2.840.113549.2.11'), nothing], 'sha512'],
    ['HMAC-SHA-256 without NULL', [oid('1.2.840.113549.2.9')], 'sha256'],
  ] as const)('does not open with %s', (_name, prf, digest) => {
    expect(() => open(algorithm(prf), encrypted(digest))).toThrow(malformed);
  });

  it('does not open by another cipher', () => {
    expect(() => open(algorithm(sha256, { cipher: '2.16.840.1.101.3.4.1.2' }), encrypted('sha256'))).toThrow(malformed);
  });

  it('as node-forge writes it does not open: it names no PRF; its triple DES does', () => {
    const asn1 = (algorithm: '3des' | 'aes256'): Buffer => {
      const rsa = issuedBy(ca, 'rsa', rsaKey());
      const certificate = forge.pki.certificateFromPem(certificatePem(selfSigned('forge', rsa)));
      const key = forge.pki.privateKeyFromPem(keyPem(rsa));
      const made = forge.pkcs12.toPkcs12Asn1(key, certificate, password, { count: 100, algorithm });
      return Buffer.from(forge.asn1.toDer(made).getBytes(), 'binary');
    };
    expect(readPkcs12(asn1('3des'), password).privateKey.asymmetricKeyType).toBe('rsa');
    expect(() => readPkcs12(asn1('aes256'), password)).toThrow(malformed);
    expect(() => readPkcs12(asn1('aes256'), 'wrong')).toThrow(refused('PKCS12_PASSWORD'));
  });
});

describe('RC4', () => {
  it.each([
    ['Key', 'Plaintext', 'bbf316e8d940af0ad3'],
    ['Wiki', 'pedia', '1021bf0420'],
    ['Secret', 'Attack at dawn', '45a01f645fc35b383552544b9bf5'],
  ])('with the key %s is as published', (key, plain, cipher) => {
    expect(decryptRc4(Buffer.from(key), Buffer.from(cipher, 'hex')).toString()).toBe(plain);
  });
});
