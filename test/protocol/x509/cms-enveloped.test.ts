import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { envelopeCiphers } from '../../../protocol/x509/ciphers.js';
import { envelop, openEnvelope, readEnvelope } from '../../../protocol/x509/cms.js';
import { decryptKey, encryptKey } from '../../../protocol/x509/rsa-transport.js';
import { describeWith, openssl } from '../../support/programs.js';
import { authority, certificatePem, ecKey, files, issuedBy, keyPem, rsaKey } from './identities.js';

const ca = authority();
const one = issuedBy(ca, 'one', rsaKey());
const two = issuedBy(ca, 'two', rsaKey(3072));
const content = Buffer.from('the content of an envelope, not a multiple of a block');
const random = randomBytes;
const decryptError = expect.objectContaining({ code: 'CMS_DECRYPT' });

describe('an envelope', () => {
  it.each(envelopeCiphers)('in %s opens for each of its recipients', (cipher) => {
    const envelope = envelop(content, [one.certificate, two.certificate], { cipher, random });
    expect(openEnvelope(envelope, one.certificate, one.privateKey)).toEqual(content);
    expect(openEnvelope(envelope, two.certificate, two.privateKey)).toEqual(content);
    expect(readEnvelope(envelope).cipher.name).toBe(cipher);
  });

  it('is the same for the same randomness', () => {
    const seeded = (length: number): Buffer => Buffer.alloc(length, 7);
    const make = () => envelop(content, [one.certificate], { cipher: 'aes-256-cbc', random: seeded });
    expect(make()).toEqual(make());
  });

  it('for another certificate, or opened with another key, is refused with one error', () => {
    const envelope = envelop(content, [one.certificate], { cipher: 'aes-128-cbc', random });
    expect(() => openEnvelope(envelope, two.certificate, two.privateKey)).toThrow(decryptError);
    const wrongKey = () => openEnvelope(envelope, one.certificate, two.privateKey);
    const opened = (() => {
      try {
        return wrongKey();
      } catch (error) {
        return error;
      }
    })();
    // Once in 256 times a wrong key leaves a padding that looks right; the garbage must not be the content then.
    if (Buffer.isBuffer(opened)) expect(opened).not.toEqual(content);
    else expect(opened).toEqual(decryptError);
  });

  it('around another type of content than data is not opened, as Apple opens none', () => {
    const envelope = envelop(content, [one.certificate], { cipher: 'aes-128-cbc', random });
    const data = Buffer.from('06092a864886f70d010701', 'hex');
    const place = envelope.lastIndexOf(data);
    envelope.writeUInt8(2, place + data.length - 1); // signedData
    expect(() => openEnvelope(envelope, one.certificate, one.privateKey)).toThrow(
      expect.objectContaining({ code: 'CMS_MALFORMED' }),
    );
  });

  it('cannot be made for a key that is not RSA', () => {
    const ec = issuedBy(ca, 'ec', ecKey());
    expect(() => envelop(content, [ec.certificate], { cipher: 'aes-128-cbc', random })).toThrow(
      expect.objectContaining({ code: 'X509_MALFORMED' }),
    );
  });

  it('whose encrypted key is damaged fails as one with a wrong content key does', () => {
    const envelope = envelop(content, [one.certificate], { cipher: 'aes-128-cbc', random: (n) => Buffer.alloc(n, 9) });
    const [recipient] = readEnvelope(envelope).recipients;
    const place = envelope.indexOf(recipient?.encryptedKey ?? '') + 100;
    const outcomes = Array.from({ length: 24 }, (_, bit) => {
      const changed = Buffer.from(envelope);
      changed[place + (bit >> 3)] = (changed[place + (bit >> 3)] ?? 0) ^ (1 << (bit & 7));
      try {
        return openEnvelope(changed, one.certificate, one.privateKey).equals(content) ? 'opened' : 'garbage';
      } catch (error) {
        return (error as { code?: string }).code;
      }
    });
    expect(outcomes).not.toContain('opened');
    expect(outcomes.filter((outcome) => outcome === 'CMS_DECRYPT').length).toBeGreaterThan(18);
  });
});

describe('the content key', () => {
  const key = Buffer.alloc(16, 5);

  it('comes back from right padding', () => {
    expect(decryptKey(encryptKey(key, one.publicKey, random), one.privateKey, 16)).toEqual(key);
  });

  it('of another length, or of wrong padding, is a key that nobody chose, the same each time', () => {
    const longer = encryptKey(Buffer.alloc(24, 5), one.publicKey, random);
    const substitute = decryptKey(longer, one.privateKey, 16);
    expect(substitute).toHaveLength(16);
    expect(substitute).not.toEqual(key);
    expect(decryptKey(longer, one.privateKey, 16)).toEqual(substitute);
    const other = encryptKey(Buffer.alloc(24, 5), one.publicKey, random);
    expect(decryptKey(other, one.privateKey, 16)).not.toEqual(substitute);
  });

  it('longer than the modulus is refused', () => {
    expect(() => decryptKey(Buffer.alloc(257, 1), one.privateKey, 16)).toThrow(decryptError);
    expect(() => decryptKey(Buffer.alloc(256, 0xff), one.privateKey, 16)).toThrow(decryptError);
  });
});

describeWith('openssl')('judged by openssl', () => {
  const legacy = ['-provider', 'default', '-provider', 'legacy'];
  const paths = () => files({ content, certificate: certificatePem(one), key: keyPem(one), ec: certificatePem(one) });

  it.each(envelopeCiphers)('what we seal in %s opens there', (cipher) => {
    const { certificate, key } = paths();
    const envelope = envelop(content, [two.certificate, one.certificate], { cipher, random });
    const options = cipher === 'des-cbc' ? legacy : [];
    const args = ['cms', '-decrypt', '-binary', '-inform', 'DER', '-recip', certificate, '-inkey', key];
    expect(openssl([...args, ...options], envelope)).toEqual(content);
  });

  it.each([
    ['single DES', ['-des-cbc', ...legacy]],
    ['triple DES', ['-des3']],
    ['AES-128', ['-aes128']],
    ['AES-192', ['-aes192']],
    ['AES-256', ['-aes256']],
    ['AES-128-GCM', ['-aes-128-gcm']],
    ['AES-256-GCM', ['-aes-256-gcm']],
    ['AES-128, by key identifier', ['-aes128', '-keyid']],
    ['AES-256, streamed in indefinite lengths', ['-aes256', '-stream']],
  ])('what it seals opens here: %s', (_, options) => {
    const { certificate, content: file } = paths();
    const args = ['cms', '-encrypt', '-binary', '-outform', 'DER', '-in', file, ...options, '-recip', certificate];
    expect(openEnvelope(openssl(args), one.certificate, one.privateKey)).toEqual(content);
  });

  it.each([
    ['SHA-1', []],
    ['SHA-256', ['-keyopt', 'rsa_oaep_md:sha256']],
  ])('OAEP with %s opens here', (_, options) => {
    const { certificate, content: file } = paths();
    const args = ['cms', '-encrypt', '-binary', '-outform', 'DER', '-in', file, '-aes128', '-recip', certificate];
    const envelope = openssl([...args, '-keyopt', 'rsa_padding_mode:oaep', ...options]);
    expect(openEnvelope(envelope, one.certificate, one.privateKey)).toEqual(content);
  });

  it('a GCM envelope whose content changed does not open', () => {
    const { certificate, content: file } = paths();
    const envelope = openssl([
      'cms',
      '-encrypt',
      '-outform',
      'DER',
      '-in',
      file,
      '-aes-128-gcm',
      '-recip',
      certificate,
    ]);
    envelope[envelope.length - 25] = (envelope[envelope.length - 25] ?? 0) ^ 1;
    expect(() => openEnvelope(envelope, one.certificate, one.privateKey)).toThrow(decryptError);
  });
});
