import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Digest, digests } from '../../../protocol/x509/algorithms.js';
import {
  buildDegenerate,
  createCmsSigner,
  readCertificatesOnly,
  readDegenerate,
  readSignedData,
  verifySignedData,
} from '../../../protocol/x509/cms.js';
import { contentInfo } from '../../../protocol/x509/cms-parts.js';
import {
  element,
  integer,
  octets,
  oid,
  printable,
  sequence,
  setOf,
  tagged,
  utf8,
} from '../../../protocol/x509/der-build.js';
import { readText } from '../../../protocol/x509/der-values.js';
import { oids } from '../../../protocol/x509/oids.js';
import { describeWith, openssl, temporaryFolder } from '../../support/programs.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';
import {
  authority,
  certificatePem,
  ecKey,
  files,
  type Identity,
  issuedBy,
  keyPem,
  noon,
  rsaKey,
} from './identities.js';

const ca = authority();
const rsa = issuedBy(ca, 'rsa signer', rsaKey());
const ec = issuedBy(ca, 'ec signer', ecKey());
const content = Buffer.from('<plist>hello</plist>\r\n\0\xff', 'latin1');
const sign = (identity: Identity, digest: Digest, detached = false): Buffer =>
  createCmsSigner(identity.certificate, identity.privateKey, { digest }).sign(content, noon, { detached });
const signatureError = expect.objectContaining({ code: 'CMS_SIGNATURE' });
const each = [rsa, ec].flatMap((who) => digests.map((digest) => [who === rsa ? 'RSA' : 'EC', digest, who] as const));

describe('a signed message', () => {
  it.each(each)('%s with %s verifies and gives back content, signer and time', (_, digest, who) => {
    const verified = verifySignedData(sign(who, digest));
    expect(verified.content).toEqual(content);
    expect(verified.signer).toEqual(who.certificate);
    expect(verified.signingTime).toEqual(noon);
    expect(verified.digest).toBe(digest);
  });

  it('has its signer found among what is no certificate, and a certificate alone that is none is refused as such', () => {
    const garbage = element(0x30, Buffer.of(0x02, 0x01, 0x05));
    const beside = createCmsSigner(rsa.certificate, rsa.privateKey, { chain: [garbage] }).sign(content, noon);
    expect(verifySignedData(beside).signer).toEqual(rsa.certificate);
    const alone = Buffer.from(sign(rsa, 'sha256'));
    const at = alone.indexOf(rsa.certificate);
    alone.fill(0, at + 8, at + 40);
    expect(() => verifySignedData(alone)).toThrow(expect.objectContaining({ code: 'X509_MALFORMED' }));
  });

  it('detached has no content, and verifies over the content it is given', () => {
    const signature = sign(rsa, 'sha256', true);
    expect(readSignedData(signature).content).toBeUndefined();
    expect(verifySignedData(signature, { content }).content).toEqual(content);
    expect(() => verifySignedData(signature, { content: Buffer.from('another') })).toThrow(signatureError);
    expect(() => verifySignedData(signature)).toThrow(signatureError);
  });

  it('with a content of its own is not taken for a signature over another', () => {
    expect(() => verifySignedData(sign(rsa, 'sha256'), { content: Buffer.from('another') })).toThrow(signatureError);
    expect(verifySignedData(sign(rsa, 'sha256'), { content }).content).toEqual(content);
  });

  it('is noticed when a bit of content, attributes or signature changes', () => {
    const message = sign(ec, 'sha256');
    const places = [message.indexOf('<plist>'), message.length - 3, message.indexOf(Buffer.from('261121120000Z'))];
    for (const place of places) {
      const changed = Buffer.from(message);
      changed[place] = (changed[place] ?? 0) ^ 1;
      expect(() => verifySignedData(changed)).toThrow(expect.objectContaining({ name: 'RollcallError' }));
    }
  });

  it('by one who is not in the message verifies only with the certificate at hand', () => {
    const { signer } = verifySignedData(sign(rsa, 'sha256'));
    const message = sign(rsa, 'sha256');
    const anonymous = createCmsSigner(rsa.certificate, ec.privateKey).sign(content, noon);
    expect(() => verifySignedData(anonymous)).toThrow(signatureError);
    expect(verifySignedData(message, { certificates: [signer] }).signer).toEqual(rsa.certificate);
  });

  it('carries further attributes and certificates', () => {
    const signer = createCmsSigner(rsa.certificate, rsa.privateKey, { chain: [ca.certificate] });
    const attributes = [
      { type: '1.2.3.4', value: printable('yes') },
      { type: '1.2.3', value: octets(Buffer.alloc(200)) },
    ];
    const verified = verifySignedData(signer.sign(content, noon, { attributes }));
    const value = verified.attributes.get('1.2.3.4');
    expect(value && readText(value)).toBe('yes');
    expect(verified.certificates).toEqual([rsa.certificate, ca.certificate]);
  });

  it('of nothing signs that there is nothing', () => {
    const message = createCmsSigner(rsa.certificate, rsa.privateKey).sign(undefined, noon);
    expect(readSignedData(message).content).toBeUndefined();
    expect(verifySignedData(message).content.length).toBe(0);
  });

  it('that nobody signed is refused, but its certificates can be had', () => {
    const bundle = buildDegenerate([rsa.certificate, ca.certificate]);
    expect(readDegenerate(bundle)).toEqual([rsa.certificate, ca.certificate]);
    expect(readCertificatesOnly(bundle)).toEqual([rsa.certificate, ca.certificate]);
    expect(() => verifySignedData(bundle)).toThrow(signatureError);
    expect(() => readDegenerate(rsa.certificate)).toThrow(expect.objectContaining({ code: 'CMS_MALFORMED' }));
    expect(() => readCertificatesOnly(sign(rsa, 'sha256'))).toThrow(expect.objectContaining({ code: 'CMS_MALFORMED' }));
  });
});

describeWith('openssl')('judged by openssl', () => {
  it.each(each)('%s with %s: what we sign verifies there, whole and detached', (_, digest, who) => {
    const paths = files({ ca: certificatePem(ca), content, detached: sign(who, digest, true) });
    const verify = ['cms', '-verify', '-binary', '-inform', 'DER', '-CAfile', paths.ca, '-purpose', 'any'];
    expect(openssl(verify, sign(who, digest))).toEqual(content);
    expect(openssl([...verify, '-in', paths.detached, '-content', paths.content])).toEqual(content);
  });

  const paths = () => ({
    ...files({
      content,
      ca: certificatePem(ca),
      rsa: certificatePem(rsa) + keyPem(rsa),
      ec: certificatePem(ec) + keyPem(ec),
    }),
  });
  it.each([
    ['plain', 'rsa', []],
    ['SHA-1', 'rsa', ['-md', 'sha1']],
    ['EC with SHA-512', 'ec', ['-md', 'sha512']],
    ['PSS', 'rsa', ['-keyopt', 'rsa_padding_mode:pss']],
    ['PSS with SHA-384', 'rsa', ['-md', 'sha384', '-keyopt', 'rsa_padding_mode:pss']],
    ['without attributes', 'rsa', ['-noattr']],
    ['named by key identifier', 'ec', ['-keyid']],
    ['streamed in indefinite lengths', 'rsa', ['-stream']],
    ['streamed, EC, by key identifier', 'ec', ['-stream', '-keyid']],
  ] as const)('what it signs verifies here: %s', (_, who, options) => {
    const { [who]: signer, content: file } = paths();
    const args = ['cms', '-sign', '-binary', '-nodetach', '-outform', 'DER', '-signer', signer, '-in', file];
    const verified = verifySignedData(openssl([...args, ...options]));
    expect(verified.content).toEqual(content);
    expect(verified.signer).toEqual(who === 'rsa' ? rsa.certificate : ec.certificate);
  });

  it('a message that two signed is refused, whoever is right: a device takes one signer', () => {
    const { rsa: one, ec: two, content: file } = paths();
    const args = [
      'cms',
      '-sign',
      '-binary',
      '-nodetach',
      '-outform',
      'DER',
      '-signer',
      one,
      '-signer',
      two,
      '-in',
      file,
    ];
    const message = openssl(args);
    expect(readSignedData(message).signers).toHaveLength(2);
    expect(() => verifySignedData(message)).toThrow(signatureError);
  });

  it('a large streamed message, cut in many pieces, is put together', () => {
    const large = Buffer.alloc(3_000_000, 'rollcall');
    const { rsa: signer } = paths();
    const args = ['cms', '-sign', '-binary', '-nodetach', '-stream', '-outform', 'DER', '-signer', signer];
    const out = join(temporaryFolder(), 'large.der');
    openssl([...args, '-out', out], large);
    expect(verifySignedData(readFileSync(out)).content.equals(large)).toBe(true);
  });

  it('a bundle of certificates of openssl is read, and ours there', () => {
    const { ca: one, rsa: two } = paths();
    const bundle = openssl(['crl2pkcs7', '-nocrl', '-certfile', two, '-certfile', one, '-outform', 'DER']);
    expect(readDegenerate(bundle)).toEqual([rsa.certificate, ca.certificate]);
    const text = openssl(['pkcs7', '-inform', 'DER', '-print_certs'], buildDegenerate([ca.certificate])).toString();
    expect(text).toContain(certificatePem(ca).trim());
  });
});

describeWithFixtures('messages of others', () => {
  it("micromdm's PKCSReq has a right signature", () => {
    const verified = verifySignedData(fixture('scep/micromdm-PKCSReq.der'));
    expect(verified.digest).toBe('sha1');
    expect(verified.certificates).toHaveLength(1);
  });
});

it('a content that PKCS#7 1.5 put in as it is, not as octets, is its value', () => {
  const content = sequence(integer(7), utf8('x'));
  const withContent = (wrapped: Uint8Array): Buffer =>
    contentInfo(oids.signedData, sequence(integer(1), setOf(), sequence(oid(oids.data), tagged(0, wrapped)), setOf()));
  expect(readSignedData(withContent(content)).content).toEqual(Buffer.concat([integer(7), utf8('x')]));
  expect(readSignedData(withContent(octets(content))).content).toEqual(content);
  expect(readSignedData(withContent(element(0x24, octets(Buffer.of(1)), octets(Buffer.of(2))))).content).toEqual(
    Buffer.of(1, 2),
  );
});
