import { describe, expect, it } from 'vitest';
import { buildCsr, readCsr } from '../../../protocol/x509/csr.js';
import { buildName, nameText, nameValue, readName } from '../../../protocol/x509/name.js';
import { describeWith, openssl } from '../../support/programs.js';
import { ecKey, files, keyPem, rsaKey } from './identities.js';

const rsa = rsaKey();
const ec = ecKey();
const request = {
  subject: [[['O', 'Example']], [['CN', 'Zoë']], [['SERIALNUMBER', 'C02XYZ']]],
  challengePassword: 'secret-1',
  keyUsage: ['digitalSignature', 'keyEncipherment'],
  extendedKeyUsage: ['clientAuth'],
  subjectAltName: { rfc822Name: 'z@example.com', ntPrincipalName: ['z@corp'] },
} as const;

describe('a certification request', () => {
  it.each([
    ['RSA', rsa],
    ['EC', ec],
  ])('is read back as it was built, with an %s key', (_, key) => {
    const read = readCsr(buildCsr({ ...request, key }));
    expect(nameText(read.subject)).toBe('O=Example, CN=Zoë, SERIALNUMBER=C02XYZ');
    expect(read.challengePassword).toBe('secret-1');
    expect(read.keyUsage).toEqual(['digitalSignature', 'keyEncipherment']);
    expect(read.extendedKeyUsage).toEqual(['clientAuth']);
    expect(read.subjectAltName).toEqual({ rfc822Name: ['z@example.com'], ntPrincipalName: ['z@corp'] });
    expect(read.publicKey.equals(key.publicKey)).toBe(true);
  });

  it('without attributes has none', () => {
    const read = readCsr(buildCsr({ subject: [], key: ec }));
    expect(Object.keys(read).sort()).toEqual(['der', 'publicKey', 'spki', 'subject', 'subjectDer']);
  });

  it('keeps a challenge that is not printable', () => {
    expect(readCsr(buildCsr({ subject: [], key: ec, challengePassword: 'pä*ss' })).challengePassword).toBe('pä*ss');
  });

  it('that another key signed is refused', () => {
    const forged = buildCsr({ ...request, key: { privateKey: rsa.privateKey, publicKey: rsaKey(1024).publicKey } });
    expect(() => readCsr(forged)).toThrow(expect.objectContaining({ code: 'CMS_SIGNATURE' }));
  });

  it('with a name attribute that is not known is refused before it is built', () => {
    expect(() => buildCsr({ subject: [[['Nonsense', 'x']]], key: ec })).toThrow(
      expect.objectContaining({ code: 'X509_MALFORMED' }),
    );
  });
});

describe('a name', () => {
  it('takes short names in any case and object identifiers', () => {
    const name = readName(
      buildName([
        [['cn', 'a']],
        [['E', 'x@y']],
        [['2.5.4.65', 'p']],
        [
          ['ou', 'b'],
          ['UID', 'c'],
        ],
      ]),
    );
    expect(nameText(name)).toBe('CN=a, emailAddress=x@y, 2.5.4.65=p, OU=b+UID=c');
    expect(nameValue(name, 'UID')).toBe('c');
    expect(nameValue(name, 'L')).toBeUndefined();
  });
});

describeWith('openssl')('judged by openssl', () => {
  it.each([
    ['RSA', rsa],
    ['EC', ec],
  ])('our request verifies and shows its attributes, with an %s key', (_, key) => {
    const text = openssl(
      ['req', '-inform', 'DER', '-verify', '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus'],
      buildCsr({ ...request, key }),
    ).toString();
    expect(text).toContain('O=Example,CN=Zoë,serialNumber=C02XYZ');
    expect(text).toMatch(/challengePassword\s*:\s*secret-1/);
    expect(text).toContain('Digital Signature, Key Encipherment');
    expect(text).toContain('TLS Web Client Authentication');
    expect(text).toContain('email:z@example.com');
  });

  it('a request of openssl is read', () => {
    const config = [
      '[req]',
      'prompt=no',
      'distinguished_name=dn',
      'attributes=attrs',
      'req_extensions=ext',
      '[dn]',
      'CN=from openssl',
      '[attrs]',
      'challengePassword=open sesame',
      'unstructuredName=ignored',
      '[ext]',
      'subjectAltName=DNS:a.example.com,DNS:b.example.com',
      'keyUsage=digitalSignature',
    ].join('\n');
    const paths = files({ config, key: keyPem(ec) });
    const read = readCsr(openssl(['req', '-new', '-config', paths.config, '-key', paths.key, '-outform', 'DER']));
    expect(read.challengePassword).toBe('open sesame');
    expect(read.subjectAltName).toEqual({ dNSName: ['a.example.com', 'b.example.com'] });
    expect(read.keyUsage).toEqual(['digitalSignature']);
  });
});
