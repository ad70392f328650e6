import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { integer } from '../../../protocol/x509/der-build.js';
import { buildPkcs12, readPkcs12 } from '../../../protocol/x509/pkcs12.js';
import { decryptRc2 } from '../../../protocol/x509/rc2.js';
import { computedMs } from '../../support/computed.js';
import { describeWith, openssl, temporaryFolder } from '../../support/programs.js';
import { authority, certificatePem, ecKey, files, type Identity, issuedBy, keyPem, rsaKey } from './identities.js';

const root = authority(ecKey(), 'Root');
const ca = authority(rsaKey());
const rsa = issuedBy(ca, 'rsa', rsaKey());
const ec = issuedBy(ca, 'ec', ecKey());
const build = (identity: Identity, password: string, encryption: '3des' | 'aes-256' = '3des'): Buffer =>
  buildPkcs12({
    ...identity,
    chain: [root.certificate, ca.certificate],
    password,
    encryption,
    random: randomBytes,
    friendlyName: 'Gerät',
  });
const code = (value: string) => expect.objectContaining({ code: value });

describe('a PKCS#12 file', () => {
  it.each([
    ['RSA', rsa, '3des', 'secret'],
    ['EC', ec, 'aes-256', 'pässwörd €'],
    ['EC', ec, '3des', ''],
  ] as const)('with an %s key (%#) opens with its password', (_, identity, encryption, password) => {
    const read = readPkcs12(build(identity, password, encryption), password);
    expect(read.certificate).toEqual(identity.certificate);
    expect(read.privateKey.equals(identity.privateKey)).toBe(true);
    expect(read.chain).toEqual([ca.certificate]); // what leads on from it, no others
  });

  it('does not open with another password', () => {
    expect(() => readPkcs12(build(rsa, 'secret'), 'Secret')).toThrow(code('PKCS12_PASSWORD'));
    expect(() => readPkcs12(build(rsa, 'secret', 'aes-256'), '')).toThrow(code('PKCS12_PASSWORD'));
  });

  it('is read by TLS in node', () => {
    expect(() => createSecureContext({ pfx: build(rsa, 'secret'), passphrase: 'secret' })).not.toThrow();
    expect(() => createSecureContext({ pfx: build(ec, 'secret', 'aes-256'), passphrase: 'secret' })).not.toThrow();
  });

  it('that asks for an absurd number of iterations is refused at once', () => {
    const file = build(rsa, 'secret');
    const count = integer(2048);
    const at = file.lastIndexOf(count);
    const hostile = Buffer.from(file);
    hostile.writeUInt16BE(0x7fff, at + 2);
    expect(() => readPkcs12(hostile, 'secret')).toThrow(code('PKCS12_PASSWORD')); // still allowed, but wrong now
    const huge = buildPkcs12({
      ...rsa,
      password: 'x',
      iterations: 500_000,
      encryption: 'aes-256',
      random: randomBytes,
    });
    const started = computedMs();
    expect(() => readPkcs12(huge, 'x')).toThrow(code('PKCS12_MALFORMED'));
    expect(computedMs() - started).toBeLessThan(500);
  });

  it('whose certificate is for another key is refused', () => {
    const { certificate } = rsa;
    const file = buildPkcs12({ certificate, privateKey: ec.privateKey, password: 'x', random: randomBytes });
    expect(() => readPkcs12(file, 'x')).toThrow(code('PKCS12_MALFORMED'));
  });

  it('cut short is refused', () => {
    const file = build(rsa, 'secret');
    for (let length = 0; length < file.length; length += 101) {
      expect(() => readPkcs12(file.subarray(0, length), 'secret')).toThrow(code('PKCS12_MALFORMED'));
    }
  });
});

describe('RC2', () => {
  const hex = (text: string): Buffer => Buffer.from(text, 'hex');
  it.each([
    // RFC 2268 §5: key, effective bits (whole octets, as PKCS#12 has), plaintext, ciphertext; one block, so the padding check is what is caught
    ['ffffffffffffffff', 64, 'ffffffffffffffff', '278b27e42e2f0d49'],
    ['3000000000000000', 64, '1000000000000001', '30649edf9be7d2c2'],
    ['88bca90e90875a7f0f79c384627bafb2', 128, '0000000000000000', '2269552ab0f85ca6'],
  ])('key %s with %d bits decrypts as RFC 2268 §5 says', (key, bits, plain, cipher) => {
    // XOR with an iv that turns the known plaintext into a block of full padding lets the answer be seen.
    const iv = hex(plain).map((octet, index) => octet ^ (index === 7 ? 1 : 0xaa));
    expect(decryptRc2(hex(key), bits, Buffer.from(iv), hex(cipher))).toEqual(Buffer.alloc(7, 0xaa));
  });
});

describeWith('openssl')('judged by openssl', () => {
  it.each([
    ['3des', rsa],
    ['3des', ec],
    ['aes-256', rsa],
    ['aes-256', ec],
  ] as const)('what we write in %s opens there', (encryption, identity) => {
    const args = ['pkcs12', '-nodes', '-passin', 'pass:secret'];
    const text = openssl(args, build(identity, 'secret', encryption)).toString();
    expect(text).toContain(certificatePem(identity).trim());
    expect(text).toContain(certificatePem(ca).trim());
    expect(text).toContain(keyPem(identity).trim());
    expect(text).toMatch(/friendlyName: Ger/);
  });

  const legacy = ['-legacy'];
  const exported = (identity: Identity, options: readonly string[], password = 'geheim'): Buffer => {
    const { identity: pem, ca: chain } = files({
      identity: keyPem(identity) + certificatePem(identity),
      ca: certificatePem(ca),
    });
    const out = join(temporaryFolder(), 'x.p12');
    const args = ['pkcs12', '-export', '-in', pem, '-certfile', chain, '-passout', `pass:${password}`, '-out', out];
    openssl([...args, ...options]);
    return readFileSync(out);
  };
  const tripleDes = ['-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES'];

  it.each([
    ['as openssl 3 does', rsa, []],
    ['as openssl 3 does, EC', ec, []],
    ['as openssl 1 did, with RC2-40 and triple DES', rsa, legacy],
    ['with RC2-128', ec, [...legacy, '-certpbe', 'PBE-SHA1-RC2-128']],
    ['with RC4-128 and RC4-40', rsa, [...legacy, '-certpbe', 'PBE-SHA1-RC4-128', '-keypbe', 'PBE-SHA1-RC4-40']],
    ['with triple DES for both', rsa, [...tripleDes, '-macalg', 'sha1']],
    ['with certificates in the open', ec, ['-certpbe', 'NONE']],
    ['with a MAC by SHA-224', ec, ['-macalg', 'sha224']],
    ['with a MAC by SHA-384', ec, ['-macalg', 'sha384']],
    ['with a MAC by SHA-512', ec, ['-macalg', 'sha512', '-iter', '1']],
    ['with one iteration of the MAC', ec, ['-nomaciter']],
  ] as const)('what it writes opens here: %s', (_, identity, options) => {
    const file = exported(identity, options);
    const read = readPkcs12(file, 'geheim');
    expect(read.certificate).toEqual(identity.certificate);
    expect(read.privateKey.equals(identity.privateKey)).toBe(true);
    expect(read.chain).toEqual([ca.certificate]);
    expect(() => readPkcs12(file, 'falsch')).toThrow(code('PKCS12_PASSWORD'));
  });

  it.each([
    ['without a MAC', ['-nomac'], 'PKCS12_MALFORMED'],
    ['with a MAC by MD5, which iOS calls a wrong password', ['-macalg', 'md5'], 'PKCS12_PASSWORD'],
    ['with the key in the open', ['-keypbe', 'NONE'], 'PKCS12_MALFORMED'],
    ['with AES-128', ['-certpbe', 'AES-128-CBC'], 'PKCS12_MALFORMED'],
    ['with a key under AES-192', ['-keypbe', 'AES-192-CBC'], 'PKCS12_MALFORMED'],
    ['with triple DES by PBES2', ['-keypbe', 'DES-EDE3-CBC'], 'PKCS12_MALFORMED'],
    ['with triple DES of two keys', [...legacy, '-certpbe', 'PBE-SHA1-2DES'], 'PKCS12_MALFORMED'],
    ['with single DES of PKCS#5', [...legacy, '-certpbe', 'PBE-MD5-DES'], 'PKCS12_MALFORMED'],
  ] as const)('what it writes does not open here, as on iOS: %s', (_, options, expected) => {
    expect(() => readPkcs12(exported(ec, options), 'geheim')).toThrow(code(expected));
  });

  it('what it writes with an empty password opens with an empty one', () => {
    for (const options of [[], legacy]) {
      const file = exported(ec, options, '');
      expect(readPkcs12(file, '').certificate).toEqual(ec.certificate);
      expect(() => readPkcs12(file, 'x')).toThrow(code('PKCS12_PASSWORD'));
    }
  });

  it('what it writes with a password beyond ASCII opens with that', () => {
    const password = 'Gerät € 𝄞';
    for (const options of [[], legacy])
      expect(readPkcs12(exported(ec, options, password), password).certificate).toEqual(ec.certificate);
  });

  it('a file without a key says so', () => {
    const { ca: chain } = files({ ca: certificatePem(ca) });
    const out = join(temporaryFolder(), 'x.p12');
    openssl(['pkcs12', '-export', '-nokeys', '-in', chain, '-passout', 'pass:', '-out', out]);
    expect(() => readPkcs12(readFileSync(out), '')).toThrow(
      expect.objectContaining({ code: 'PKCS12_MALFORMED', details: { missing: 'key' } }),
    );
  });
});
