import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fingerprint, readCertificate, verifyIssued } from '../../../protocol/x509/certificate.js';
import { issueCertificate } from '../../../protocol/x509/issue.js';
import { nameText } from '../../../protocol/x509/name.js';
import { readPem } from '../../../protocol/x509/pem.js';
import { describeWith, openssl } from '../../support/programs.js';
import { describeWithFixtures, fixture } from '../../support/shared.js';
import { authority, certificatePem, ecKey, files, issuedBy, keyPem, noon, rsaKey } from './identities.js';

const rsaCa = authority();
const ecCa = authority(ecKey('P-384'), 'EC CA');
const device = issuedBy(rsaCa, 'device 1', rsaKey(), {
  extendedKeyUsage: ['clientAuth', 'serverAuth'],
  subjectAltName: {
    rfc822Name: 'a@example.com',
    dNSName: ['a.example.com', 'localhost'],
    uniformResourceIdentifier: 'https://example.com/a',
    ntPrincipalName: 'a@corp.example.com',
    iPAddress: ['127.0.0.1', '::1', 'fe80::1:2'],
  },
});

describe('a certificate that we issue', () => {
  it('is read by node as it was asked for', () => {
    const seen = new X509Certificate(device.certificate);
    expect(seen.subject).toBe('O=Rollcall test\nCN=device 1');
    expect(seen.verify(rsaCa.publicKey)).toBe(true);
    expect(seen.checkIssued(new X509Certificate(rsaCa.certificate))).toBe(true);
    expect(seen.checkHost('a.example.com')).toBe('a.example.com');
    expect(seen.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(seen.checkIP('::1')).toBe('::1');
    expect(seen.ca).toBe(false);
    expect(new X509Certificate(rsaCa.certificate).ca).toBe(true);
  });

  it('is read by us as it was asked for', () => {
    const read = readCertificate(device.certificate);
    expect(nameText(read.subject)).toBe('O=Rollcall test, CN=device 1');
    expect(read.subjectAltName).toEqual({
      rfc822Name: ['a@example.com'],
      dNSName: ['a.example.com', 'localhost'],
      uniformResourceIdentifier: ['https://example.com/a'],
      ntPrincipalName: ['a@corp.example.com'],
      iPAddress: ['127.0.0.1', '::1', 'fe80::1:2'],
    });
    expect(read.keyUsage).toEqual(['digitalSignature', 'keyEncipherment']);
    expect(read.extendedKeyUsage).toEqual(['clientAuth', 'serverAuth']);
    expect(read.publicKey.equals(device.publicKey)).toBe(true);
    expect(read.aki).toEqual(readCertificate(rsaCa.certificate).ski);
    // Node writes whole octets; we leave out zeros in front.
    expect(read.serialHex).toBe(new X509Certificate(device.certificate).serialNumber.replace(/^0+/, ''));
    expect(fingerprint(read.der, 'sha1').toString('hex').toUpperCase()).toBe(
      new X509Certificate(device.certificate).fingerprint.replaceAll(':', ''),
    );
  });

  it('needs a serial number of 1 to 20 octets, and its key when self-signed', () => {
    const request = {
      subject: [[['CN', 'x']]],
      publicKey: device.publicKey,
      issuer: 'self',
      notBefore: noon,
      notAfter: noon,
    } as const;
    expect(() => issueCertificate({ ...request, serial: Buffer.alloc(0), key: device.privateKey })).toThrow(/serial/);
    expect(() => issueCertificate({ ...request, serial: Buffer.alloc(21, 1), key: device.privateKey })).toThrow(
      /serial/,
    );
    expect(() => issueCertificate({ ...request, serial: Buffer.of(1) })).toThrow(/private key/);
  });
});

describe('verifyIssued', () => {
  const trusted = [ecCa.certificate, rsaCa.certificate];

  it('accepts what a trusted CA signed, RSA or EC, inside its dates', () => {
    expect(verifyIssued(device.certificate, trusted, noon)).toBe('ok');
    expect(verifyIssued(issuedBy(ecCa, 'x', ecKey()).certificate, trusted, noon)).toBe('ok');
    expect(verifyIssued(rsaCa.certificate, trusted, noon)).toBe('ok');
  });

  it('tells expired, not yet valid and untrusted apart', () => {
    expect(verifyIssued(device.certificate, trusted, new Date('2046-01-02'))).toBe('expired');
    expect(verifyIssued(device.certificate, trusted, new Date('2025-12-31'))).toBe('not-yet-valid');
    expect(verifyIssued(device.certificate, [ecCa.certificate], noon)).toBe('untrusted');
    expect(verifyIssued(device.certificate, [], noon)).toBe('untrusted');
  });

  it('distrusts a namesake of the CA, a leaf that signs, and a changed certificate', () => {
    const namesake = authority(rsaKey(), 'Test CA');
    expect(verifyIssued(issuedBy(namesake, 'x', ecKey()).certificate, trusted, noon)).toBe('untrusted');
    const byLeaf = issuedBy(device, 'x', ecKey());
    expect(verifyIssued(byLeaf.certificate, [device.certificate], noon)).toBe('untrusted');
    const changed = Buffer.from(device.certificate);
    changed.write('device 2', changed.indexOf('device 1'));
    expect(verifyIssued(changed, trusted, noon)).toBe('untrusted');
  });
});

describe('a malformed certificate', () => {
  it('is refused by name, wherever it is cut', () => {
    for (let length = 0; length < device.certificate.length; length += 7) {
      expect(() => readCertificate(device.certificate.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'X509_MALFORMED' }),
      );
    }
  });

  it('with a key that nobody can read is refused when the key is asked for', () => {
    const broken = Buffer.from(device.certificate);
    const spki = readCertificate(broken).spki;
    spki.fill(0, 24, 40); // a view into `broken`
    expect(() => readCertificate(broken).publicKey.asymmetricKeyDetails).toThrow(
      expect.objectContaining({ code: 'X509_MALFORMED' }),
    );
  });
});

describeWith('openssl')('judged by openssl', () => {
  it('our certificates verify as a chain for their purposes', () => {
    for (const ca of [rsaCa, ecCa]) {
      const leaf = issuedBy(ca, 'leaf', ca === rsaCa ? ecKey() : rsaKey(), { extendedKeyUsage: ['clientAuth'] });
      const { ca: caFile, leaf: leafFile } = files({ ca: certificatePem(ca), leaf: certificatePem(leaf) });
      const options = [
        '-x509_strict',
        '-check_ss_sig',
        '-purpose',
        'sslclient',
        '-attime',
        String(noon.getTime() / 1000),
      ];
      expect(openssl(['verify', ...options, '-CAfile', caFile, leafFile]).toString()).toContain('OK');
    }
  });

  it('our certificate shows every extension', () => {
    const text = openssl(['x509', '-inform', 'DER', '-noout', '-text'], device.certificate).toString();
    expect(text).toContain('Signature Algorithm: sha256WithRSAEncryption');
    expect(text).toContain('Digital Signature, Key Encipherment');
    expect(text).toContain('TLS Web Client Authentication, TLS Web Server Authentication');
    expect(text).toContain('email:a@example.com, DNS:a.example.com, DNS:localhost, URI:https://example.com/a');
    expect(text).toContain('IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:FE80:0:0:0:0:0:1:2');
  });

  it('a certificate of openssl is read: names, critical and unknown extensions, dates after 2049', () => {
    const key = rsaKey();
    const { key: keyFile } = files({ key: keyPem(key) });
    const der = openssl([
      ...[
        'req',
        '-x509',
        '-new',
        '-key',
        keyFile,
        '-outform',
        'DER',
        '-days',
        '20000',
        '-utf8',
        '-set_serial',
        '0x00ABCDEF',
      ],
      ...['-subj', '/C=DE/O=Größe+OU=Teil/CN=a\\/b/emailAddress=a@b.c/DC=x/businessCategory=raw'],
      ...['-addext', 'keyUsage=critical,digitalSignature', '-addext', 'extendedKeyUsage=emailProtection,1.2.3.4'],
      ...['-addext', 'subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:u@x,email:e@x,RID:1.2.3,IP:10.0.0.1'],
      ...['-addext', 'nsComment=hello'],
    ]);
    const read = readCertificate(der);
    expect(read.subject).toEqual([
      [['C', 'DE']],
      [
        ['OU', 'Teil'], // a SET OF stands in the order of its encodings
        ['O', 'Größe'],
      ],
      [['CN', 'a/b']],
      [['emailAddress', 'a@b.c']],
      [['DC', 'x']],
      [['2.5.4.15', 'raw']],
    ]);
    expect(read.isSelfIssued && read.isSignedBy(key.publicKey)).toBe(true);
    expect(read.serialHex).toBe('ABCDEF');
    expect(read.subjectAltName).toEqual({ ntPrincipalName: ['u@x'], rfc822Name: ['e@x'], iPAddress: ['10.0.0.1'] });
    expect(read.extendedKeyUsage).toEqual(['emailProtection', '1.2.3.4']);
    expect(read.notAfter.toISOString()).toBe(new Date(new X509Certificate(der).validTo).toISOString());
    expect(read.notAfter.getUTCFullYear()).toBeGreaterThan(2050);
  });

  it('a certificate signed with PSS verifies', () => {
    const { key } = files({ key: keyPem(rsaCa) });
    const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sha384'];
    const der = openssl(['req', '-x509', '-new', '-key', key, '-outform', 'DER', '-subj', '/CN=pss', ...pss]);
    expect(readCertificate(der).isSignedBy(rsaCa.publicKey)).toBe(true);
    expect(readCertificate(der).isSignedBy(device.publicKey)).toBe(false);
  });
});

describeWith('pki')('judged by strongSwan', () => {
  it('our certificates verify as a chain', () => {
    const { ca, leaf } = files({ ca: rsaCa.certificate, leaf: issuedBy(rsaCa, 'leaf', ecKey()).certificate });
    const said = execFileSync('pki', ['--verify', '--in', leaf, '--cacert', ca], { stdio: 'pipe' }).toString();
    expect(said).toContain('certificate trusted');
  });
});

describeWithFixtures('certificates of others', () => {
  it("micromdm's CA is read", () => {
    const [block] = readPem(fixture('scep/micromdm-testca.pem'));
    const read = readCertificate(block?.der ?? Buffer.alloc(0));
    expect(nameText(read.subject)).toBe('C=USA, O=etcd-ca, OU=CA');
    expect(read.isCa && read.isSignedBy(read.publicKey)).toBe(true);
  });
});
