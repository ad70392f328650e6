import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import {
  type ProvisioningReading,
  type ProvisioningToWrite,
  readProvisioning,
  writeProvisioning,
} from '../../../protocol/mde2/provisioning.js';
import { thumbprintOf } from '../../../protocol/mde2/thumbprint.js';
import { seed } from '../../fuzz/law.js';
import { judgeXml } from '../../support/judge-xml.js';
import { describeWith } from '../../support/programs.js';
import { authority, issuedBy, rsaKey } from '../x509/identities.js';

const ca = authority(rsaKey(1024));
const { certificate } = issuedBy(ca, 'device', rsaKey(1024));

const full: ProvisioningToWrite = {
  certificates: [
    { path: ['Root', 'System'], der: ca.certificate },
    { path: ['My', 'User'], der: certificate, container: {} },
  ],
  renew: { robo: true, periodDays: 60, retryDays: 4, serverUrl: 'https://x.example/renew' },
  application: {
    providerId: 'ROLLCALL',
    name: 'Roll & call',
    address: 'https://x.example/mdm?a=1&b=2',
    client: { type: 'DIGEST', name: 'server', secret: 's1', nonce: 'nonce' },
    appSrv: { type: 'BASIC', name: 'device', secret: 's2' },
    connRetryFreq: 6,
    initialBackOffMs: 30_000,
    maxBackOffMs: 120_000,
    backCompatRetryDisabled: true,
    defaultEncoding: 'application/vnd.syncml.dm+xml',
    searchCriteria: 'Subject=CN%3dx&Stores=My%5CUser',
  },
  dmClient: [
    { path: ['Provider', 'ROLLCALL', 'UPN'], value: 'user@x.example' },
    { path: ['Provider', 'ROLLCALL', 'Poll', 'NumberOfFirstRetries'], value: '8', datatype: 'integer' },
    { path: ['Provider', 'ROLLCALL', 'Poll', 'PollOnLogin'], value: 'true', datatype: 'boolean' },
  ],
};
const written = writeProvisioning(full).toString();

/** HRESULT, that of the event log in brackets, and the words; `read` where it is taken. */
function verdict(document: string | Uint8Array, reading?: ProvisioningReading): string {
  try {
    readProvisioning(Buffer.from(document), reading);
  } catch (error) {
    if (!isRollcallError(error, 'PROVISIONING_REFUSED')) return `foreign: ${String(error)}`;
    const { hresult, inner } = error.details;
    return `${hresult}${inner === undefined ? '' : ` (${inner})`}: ${error.message}`;
  }
  return 'read';
}

describe('a provisioning document', () => {
  it('is read as it was written', () => {
    const read = readProvisioning(Buffer.from(written));
    expect(read.certificates).toEqual([
      { path: ['Root', 'System'], thumbprint: thumbprintOf(ca.certificate), der: ca.certificate },
      { path: ['My', 'User'], thumbprint: thumbprintOf(certificate), der: certificate, container: Object.create(null) },
    ]);
    expect(read.renew).toEqual(full.renew);
    expect(read.application).toEqual({ ...full.application, useHwDevId: false, crlCheck: false });
    expect(read.dmClient).toEqual(full.dmClient);
    expect(read.rest).toEqual([]);
  });

  it('brings the defaults of Windows for what is left out', () => {
    const { renew: _, ...rest } = full;
    const { client, appSrv } = {
      client: { type: 'DIGEST', secret: '' },
      appSrv: { type: 'DIGEST', secret: '' },
    } as const;
    const read = readProvisioning(
      writeProvisioning({
        ...rest,
        application: { providerId: 'P', address: 'https://x', client, appSrv },
        dmClient: [],
      }),
    );
    expect(read.renew).toBeUndefined();
    expect(read.application).toEqual({
      providerId: 'P',
      address: 'https://x',
      client,
      appSrv,
      connRetryFreq: 3,
      initialBackOffMs: 16_000,
      maxBackOffMs: 86_400_000,
      backCompatRetryDisabled: false,
      useHwDevId: false,
      crlCheck: false,
    });
    const renewed = written.replace(/<parm name="(?:ROBOSupport|RenewPeriod|RetryInterval|ServerURL)"[^>]*>/g, '');
    expect(readProvisioning(Buffer.from(renewed)).renew).toEqual({ robo: true, periodDays: 42, retryDays: 7 });
  });

  it('takes any AAUTHDATA, the literal nonce and none, and search criteria as they came', () => {
    const read = readProvisioning(Buffer.from(written)).application;
    expect(read?.client?.nonce).toBe('nonce');
    expect(read?.appSrv?.nonce).toBeUndefined();
    expect(read?.searchCriteria).toBe('Subject=CN%3dx&Stores=My%5CUser');
  });

  it('takes line breaks in base64, thumbprints in small letters, parts of old documents and a byte order mark', () => {
    const base64 = certificate.toString('base64');
    const broken = written.replace(base64, base64.replace(/.{64}/g, '$&&#13;&#10;'));
    expect(broken).not.toBe(written);
    expect(verdict(broken)).toBe('read');
    expect(verdict(written.replace(thumbprintOf(certificate), thumbprintOf(certificate).toLowerCase()))).toBe('read');
    const old = written.replace(
      '</wap-',
      '<characteristic type="Registry"><parm name="a" value="b"/></characteristic></wap-',
    );
    expect(readProvisioning(Buffer.from(old)).rest.map(({ type }) => type)).toEqual(['Registry']);
    expect(verdict(`\ufeff${written}`)).toBe('read');
  });

  it('may have its PrivateKeyContainer beside the certificate', () => {
    const beside = written.replace(
      '<characteristic type="PrivateKeyContainer"></characteristic></characteristic>',
      '</characteristic><characteristic type="PrivateKeyContainer"><parm name="ContainerName" value="c"/></characteristic>',
    );
    const mine = readProvisioning(Buffer.from(beside)).certificates[1];
    expect(mine?.container?.['ContainerName']).toBe('c');
    const root = written.replace(
      '</characteristic></characteristic></characteristic>',
      '</characteristic><characteristic type="PrivateKeyContainer"/></characteristic></characteristic>',
    );
    expect(readProvisioning(Buffer.from(root)).certificates[0]).not.toHaveProperty('container');
  });

  it('of a renewal needs no account, or its PROVIDER-ID alone', () => {
    const { application: _, ...rest } = full;
    const certificates = full.certificates.slice(1);
    const bare = writeProvisioning({ ...rest, certificates, dmClient: [] });
    const named = writeProvisioning({ certificates, application: { providerId: 'ROLLCALL' } });
    const without = named.toString().replace('<parm name="APPID" value="w7"/>', '');
    for (const document of [bare, named, without]) expect(verdict(document, { kind: 'renewal' })).toBe('read');
    expect(readProvisioning(Buffer.from(without), { kind: 'renewal' }).application?.providerId).toBe('ROLLCALL');
    expect(verdict(bare)).toMatch(/^0x8018001F: .*APPLICATION/);
    expect(verdict(named)).toMatch(/^0x8018001F: .*ADDR/);
  });
});

describe('what Windows refuses', () => {
  const change = (from: string | RegExp, to: string): string => {
    const changed = written.replace(from, to);
    expect(changed).not.toBe(written);
    return changed;
  };
  const appSrv = /<characteristic type="APPAUTH"><parm name="AAUTHLEVEL" value="APPSRV"\/>.*?<\/characteristic>/;

  it.each<[string, string | RegExp, string, RegExp]>([
    [
      'a thumbprint that is not the SHA-1',
      thumbprintOf(certificate),
      'A'.repeat(40),
      /^0x8018001E: .*SHA-1 of this certificate is/,
    ],
    ['a certificate that is none', certificate.toString('base64'), 'AAAA', /^0x8018001E: .*My\/User/],
    ['a certificate that is no base64', certificate.toString('base64'), '#', /^0x8018001E: .*no base64/],
    [
      'a store without its certificate',
      /<parm name="EncodedCertificate"[^>]*>/,
      '',
      /^0x8018001E: .*no EncodedCertificate/,
    ],
    [
      'a document without a client certificate',
      '<characteristic type="My">',
      '<characteristic type="CA">',
      /^0x8018001E: .*no client certificate/,
    ],
    ['one APPAUTH alone', appSrv, '', /^0x80180023 \(0x80070057\): .*APPSRV.*E_INVALIDARG/],
    [
      'an APPAUTH without AAUTHDATA',
      '<parm name="AAUTHDATA" value="nonce"/>',
      '',
      /^0x80180023 \(0x80070057\): .*CLIENT has no AAUTHDATA/,
    ],
    ['an AAUTHTYPE that is unknown', 'value="BASIC"', 'value="HMAC"', /^0x80180023 \(0x80070057\): .*AAUTHTYPE/],
    ['an account in small letters', /"APPLICATION"/, '"Application"', /^0x83750005: .*Application/],
    [
      'a part that is not known',
      /"DMClient"/,
      '"RootCATrustedCertificates"',
      /^0x83750005: .*RootCATrustedCertificates/,
    ],
    ['an account without PROVIDER-ID', /<parm name="PROVIDER-ID"[^>]*>/, '', /^0x8018001F: .*PROVIDER-ID/],
    ['an account without ADDR', /<parm name="ADDR"[^>]*>/, '', /^0x8018001F: .*ADDR/],
    ['an account of something else', 'value="w7"', 'value="w4"', /^0x8018001F: .*w7/],
    ['a number of retries that is none', 'value="6"', 'value="six"', /^0x8018001F: .*CONNRETRYFREQ/],
    [
      'an integer that is none',
      'value="8" datatype',
      'value="eight" datatype',
      /^0x80180020: .*NumberOfFirstRetries is no integer/,
    ],
    [
      'a boolean that is none',
      'value="true" datatype="boolean"/></characteristic></characteristic></characteristic></characteristic></wap',
      'value="perhaps" datatype="boolean"/></characteristic></characteristic></characteristic></characteristic></wap',
      /^0x80180020: .*PollOnLogin is no boolean/,
    ],
    ['a datatype that does not exist', 'datatype="integer"', 'datatype="colour"', /^0x80180023: .*datatype/],
    ['days that are no number', /(name="RenewPeriod" value=")60/, '$1soon', /^0x8018001E: .*RenewPeriod/],
    ['a parm without a name', '<parm name="ADDR"', '<parm', /^0x80180023: .*without a name/],
    ['another document', /wap-provisioningdoc/g, 'wap', /^0x80180023: .*<wap>/],
    ['a document that is cut', '</wap-provisioningdoc>', '', /^0x80180023: .*unclosed/],
    ['a document with a DOCTYPE', '<wap-', '<!DOCTYPE x [<!ENTITY a "b">]><wap-', /^0x80180023: .*DOCTYPE/],
  ])('is %s', (_, from, to, expected) => {
    expect(verdict(change(from, to))).toMatch(expected);
  });

  it('is two accounts, nothing at all, and what is too deep', () => {
    const account = /<characteristic type="APPLICATION">.*?<\/characteristic><\/characteristic>/;
    expect(verdict(written.replace(account, '$&$&'))).toMatch(/^0x8018001F: .*two accounts/);
    expect(verdict('')).toMatch(/^0x80180023: /);
    expect(verdict(`<wap-provisioningdoc>${'<characteristic type="a">'.repeat(50)}`)).toMatch(/^0x80180023: .*deeper/);
  });

  it('is never said with a secret in it', () => {
    const property = fc.property(fc.nat({ max: written.length - 1 }), (at) => {
      expect(verdict(written.slice(0, at) + written.slice(at + 1))).not.toMatch(/\bs[12]\b/);
    });
    fc.assert(property, { numRuns: 500, seed });
  });
});

describeWith('xmllint')('xmllint', () => {
  it('takes the document, whatever is in it', () => {
    judgeXml(writeProvisioning({ ...full, dmClient: [{ path: ['Provider', '<&">\0', 'x"'], value: '\r\n\t"<' }] }));
  });
});
