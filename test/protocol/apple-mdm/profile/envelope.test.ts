// Signed and encrypted profiles, made by openssl.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ReadOptions } from '../../../../protocol/apple-mdm/profile/read.js';
import { readProfile } from '../../../../protocol/apple-mdm/profile/read.js';
import { protocolError } from '../../../../protocol/errors.js';
import { buildPlist } from '../../../../protocol/plist/build.js';
import { openEnvelope } from '../../../../protocol/x509/cms-enveloped.js';
import { readPem } from '../../../../protocol/x509/pem.js';
import { rsaKey } from '../../../support/keys.js';
import { describeWith, openssl, temporaryFolder } from '../../../support/programs.js';
import { profileBytes, refusalOf, rootDer, wifi } from './make.js';

const { privateKey } = rsaKey();
const other = rsaKey().privateKey;

/** Files of one identity, and its certificate in DER. */
function identity() {
  const folder = temporaryFolder();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  openssl(['req', '-x509', '-key', key, '-subj', '/CN=device', '-days', '30', '-out', certificate]);
  const der = readPem(readFileSync(certificate))[0]?.der ?? Buffer.alloc(0);
  const sign = (bytes: Uint8Array, ...more: string[]) =>
    openssl(
      ['cms', '-sign', '-nodetach', '-binary', '-outform', 'DER', '-signer', certificate, '-inkey', key, ...more],
      bytes,
    );
  const encrypt = (bytes: Uint8Array, ...more: string[]) =>
    openssl(['cms', '-encrypt', '-binary', '-outform', 'DER', ...more, certificate], bytes);
  return { folder, certificate, key, der, sign, encrypt };
}

const codes = (bytes: Uint8Array, options: ReadOptions = {}) => refusalOf(() => readProfile(bytes, options))?.codes;

describeWith('openssl')('a signed profile', () => {
  it('is accepted, and who signed is kept', () => {
    const { sign, der, folder } = identity();
    const signed = readProfile(sign(profileBytes([wifi()])));
    expect(signed.identifier).toBe('com.example.profile');
    expect(signed.signerCertificates).toEqual([der]);
    const chain = join(folder, 'root.pem');
    writeFileSync(chain, `-----BEGIN CERTIFICATE-----\n${rootDer.toString('base64')}\n-----END CERTIFICATE-----\n`);
    const withChain = readProfile(sign(profileBytes([wifi()]), '-certfile', chain));
    expect(withChain.signerCertificates).toEqual([der, rootDer]);
  });

  it('by SHA-1, with no attributes, or by smime is accepted too', () => {
    const { sign, certificate, key } = identity();
    expect(codes(sign(profileBytes([wifi()]), '-md', 'sha1'))).toBeUndefined();
    expect(codes(sign(profileBytes([wifi()]), '-noattr'))).toBeUndefined();
    const args = ['-nodetach', '-binary', '-outform', 'DER', '-signer', certificate, '-inkey', key];
    expect(codes(openssl(['smime', '-sign', ...args], profileBytes([wifi()])))).toBeUndefined();
  });

  it('that was changed, cut short or is no SignedData is refused with 4001 -> 1004', () => {
    const { sign, encrypt } = identity();
    const signed = sign(profileBytes([wifi()]));
    const changed = Buffer.from(signed);
    changed.write('Oxxxxx', signed.indexOf('Office'));
    expect(codes(changed)).toEqual([4001, 1004]);
    expect(codes(signed.subarray(0, -40))).toEqual([4001, 1004]);
    expect(codes(encrypt(profileBytes([wifi()])))).toEqual([4001, 1004]);
    expect(codes(Buffer.of(0x30, 0x80))).toEqual([4001, 1004]);
  });

  it('whose content is not a property list is refused with 4000 -> 1000', () => {
    expect(codes(identity().sign(Buffer.from('hello')))).toEqual([4000, 1000]);
  });
});

describeWith('openssl')('an encrypted profile', () => {
  const sealed = (content: Uint8Array) =>
    profileBytes([], { PayloadContent: undefined, IsEncrypted: true, EncryptedPayloadContent: content });
  const list = buildPlist([wifi()]);

  it("is opened with the device's identity", () => {
    const { encrypt, der, sign } = identity();
    const decrypt = (envelope: Uint8Array) => openEnvelope(envelope, der, privateKey);
    for (const cipher of ['-aes-128-cbc', '-aes-256-cbc', '-des3']) {
      const profile = readProfile(sealed(encrypt(list, cipher)), { decrypt });
      expect(profile.isEncrypted).toBe(true);
      expect(profile.payloads[0]?.content['SSID_STR']).toBe('Office');
    }
    expect(readProfile(sign(sealed(encrypt(list))), { decrypt }).signerCertificates).toHaveLength(1);
  });

  it('is refused with 4001 -> 1006 without an identity, with another one, or when damaged', () => {
    const { encrypt, der } = identity();
    const bytes = encrypt(list);
    const decrypt = (envelope: Uint8Array) => openEnvelope(envelope, der, privateKey);
    expect(codes(sealed(bytes))).toEqual([4001, 1006]);
    expect(codes(sealed(bytes), { decrypt: (it) => openEnvelope(it, der, other) })).toEqual([4001, 1006]);
    expect(codes(sealed(bytes), { decrypt: (it) => openEnvelope(it, rootDer, privateKey) })).toEqual([4001, 1006]);
    expect(codes(sealed(bytes.subarray(0, 300)), { decrypt })).toEqual([4001, 1006]);
    expect(codes(sealed(Buffer.from('junk')), { decrypt })).toEqual([4001, 1006]);
  });

  it('must hold a list of payloads, and names its content', () => {
    const decrypt = (plain: Uint8Array) => Buffer.from(plain);
    expect(codes(sealed(buildPlist('text')), { decrypt })).toEqual([4001, 1000, 1003]);
    expect(codes(sealed(buildPlist(['text'])), { decrypt })).toEqual([4001, 1000, 1003]);
    expect(codes(sealed(buildPlist([])), { decrypt })).toEqual([4001, 1005]);
    expect(codes(profileBytes([wifi()], { IsEncrypted: true }), { decrypt })).toEqual([4001, 1000, 1002]);
    const broken = () => {
      throw protocolError('CMS_DECRYPT', 'no');
    };
    expect(codes(sealed(list), { decrypt: broken })).toEqual([4001, 1006]);
  });
});
