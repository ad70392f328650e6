import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCompanion, writeCompanion } from '../../../protocol/app-config/companion.js';
import { readGmail, writeGmail } from '../../../protocol/app-config/gmail.js';
import { readOutlook, writeOutlook } from '../../../protocol/app-config/outlook.js';
import { readStrongswan, strongswanProfiles, writeStrongswan } from '../../../protocol/app-config/strongswan.js';
import { readSubject, writeSubject } from '../../../protocol/app-config/subject.js';
import { readVpnApp, writeVpnApp } from '../../../protocol/app-config/vpn-app.js';
import { readCompanionLine, writeCompanionLine } from '../../../protocol/headwind/companion.js';
import type { PlainBundle } from '../../../protocol/managed-config/bundle.js';
import { bundleFrom } from '../../../protocol/managed-config/write.js';
import type { EmailProfile, VpnProfile } from '../../../protocol/vocabulary.js';
import { anyCharacter } from '../../support/characters.js';

const names = { name: 'mail', certificate: (alias: string) => `profile of ${alias}` };
const alias = (certificate: string) => certificate.replace('profile of ', '');
const none = () => undefined;
const mail: EmailProfile = {
  kind: 'email',
  name: 'mail',
  account: 'exchange',
  emailAddress: 'user1@contoso.example',
  incoming: { host: 'mail.contoso.example', port: 8443, tls: true, authentication: 'password', username: 'user1' },
};
const vpn: VpnProfile = {
  kind: 'vpn',
  name: 'mail',
  connectionName: 'Contoso',
  protocol: 'ikev2',
  server: 'vpn.contoso.example',
  authentication: 'certificate',
  certificate: 'profile of key',
};
const uuid = '6A0F7E6E-6d5b-4c9e-9d38-0d1c9b1a2b3c';

describe('Gmail', () => {
  it('is given an Exchange account by the keys of its own schema', () => {
    const written = writeGmail({ ...mail, certificate: 'profile of key', daysToSync: 0 }, alias);
    expect(written).toEqual({
      email_address: 'user1@contoso.example',
      exchange_host: 'mail.contoso.example:8443',
      exchange_username: 'user1',
      exchange_authentication_type: 'Basic',
      exchange_ssl_required: true,
      exchange_trust_all_certificates: false,
      exchange_login_certificate_alias: 'key',
      default_sync_window: 6,
    });
    expect(readGmail(bundleFrom(written), names)).toEqual({ ...mail, certificate: 'profile of key', daysToSync: 0 });
  });

  it('sets up no half account, and none that it has no key for', () => {
    const read = (plain: PlainBundle) => readGmail(bundleFrom(plain), names);
    expect(read({ default_signature: 'x' })).toBeUndefined();
    expect(read({ email_address: '', exchange_host: '' })).toBeUndefined();
    expect(() => read({ email_address: 'a@b.example' })).toThrow('exchange_host: is missing');
    expect(() => read({ email_address: 5 })).toThrow('email_address: is no text');
    expect(() => read({ email_address: '', exchange_host: 'a' })).toThrow('email_address: is empty');
    expect(() => read({ email_address: 'a', exchange_host: 5, exchange_username: 'a' })).toThrow(
      'exchange_host: is no text',
    );
    expect(() => read({ email_address: 'a', exchange_host: 'a b', exchange_username: 'a' })).toThrow(
      'no host and port',
    );
    expect(() => writeGmail({ ...mail, account: 'imap' }, none)).toThrow('Gmail is given no imap account');
    expect(() => writeGmail({ ...mail, certificate: 'x' }, none)).toThrow('certificate "x" is not there');
  });
});

describe('Outlook', () => {
  it('is given an Exchange account by the keys that Microsoft documents', () => {
    const written = writeOutlook({ ...mail, incoming: { ...mail.incoming, password: 'hush' } });
    expect(written['com.microsoft.outlook.EmailProfile.ServerHostName']).toBe('mail.contoso.example:8443');
    expect(readOutlook(bundleFrom(written), names)).toEqual({
      ...mail,
      incoming: { ...mail.incoming, password: 'hush' },
    });
    expect(() => writeOutlook({ ...mail, certificate: 'x' })).toThrow('no key for a certificate');
  });

  it('refuses half an account and values that it does not have', () => {
    const { 'com.microsoft.outlook.EmailProfile.EmailUPN': _gone, ...half } = writeOutlook(mail);
    expect(() => readOutlook(bundleFrom(half), names)).toThrow('EmailUPN: is missing');
    const other = { ...writeOutlook(mail), 'com.microsoft.outlook.EmailProfile.AccountType': 'Other' };
    expect(() => readOutlook(bundleFrom(other), names)).toThrow('AccountType: is neither');
    const numbers = { 'com.microsoft.outlook.EmailProfile.EmailAddress': 5 };
    expect(() => readOutlook(bundleFrom(numbers), names)).toThrow('EmailAddress: is missing');
    expect(readOutlook(bundleFrom({}), names)).toBeUndefined();
  });
});

describe('strongSwan', () => {
  const read = (entry: PlainBundle) => {
    const [first] = strongswanProfiles(bundleFrom({ managed_profiles: [entry] }));
    return first === undefined ? undefined : readStrongswan(first.entry, names);
  };

  it('is given profiles as its own restrictions have them', () => {
    const written = writeStrongswan({ ...vpn, server: 'vpn.contoso.example:4500' }, uuid, alias);
    expect(written).toEqual({
      _uuid: uuid,
      name: 'Contoso',
      vpn_type: 'ikev2-cert',
      remote: { gateway: 'vpn.contoso.example', port: 4500 },
      local: { user_certificate_alias: 'key' },
    });
    expect(read(written)).toEqual({ ...vpn, server: 'vpn.contoso.example:4500' });
    const both: VpnProfile = { ...vpn, authentication: 'password-and-certificate', username: 'me', password: 'x' };
    expect(read(writeStrongswan(both, uuid, alias))).toEqual(both);
  });

  it('passes over a profile without a UUID, and refuses one that cannot connect', () => {
    const written = writeStrongswan(vpn, uuid, alias);
    expect(read({ ...written, _uuid: 'x' })).toBeUndefined();
    expect(() => read({ ...written, vpn_type: 'l2tp' })).toThrow('none of strongSwan');
    expect(() => read({ ...written, remote: {} })).toThrow('remote.gateway: is missing');
    expect(() => read({ ...written, local: {} })).toThrow('shows a certificate');
    expect(() => writeStrongswan({ ...vpn, authentication: 'shared-secret' }, uuid, alias)).toThrow('does not sign in');
    expect(() => writeStrongswan({ ...vpn, protocol: 'l2tp' }, uuid, alias)).toThrow('speaks IKEv2');
  });
});

describe('the tunnel of another app', () => {
  it('is read as it was written, and not taken where there is none', () => {
    const tunnel: VpnProfile = { ...vpn, protocol: 'app', app: 'com.cisco.anyconnect.vpn.android.avf' };
    expect(readVpnApp(bundleFrom(writeVpnApp(tunnel, alias)), tunnel.app ?? '', names)).toEqual(tunnel);
    expect(readVpnApp(bundleFrom({ theme: 'dark' }), 'a.b', names)).toBeUndefined();
    expect(() => readVpnApp(bundleFrom({ vpn_connection_name: 'x' }), 'a.b', names)).toThrow(
      'vpn_connection_host: is missing',
    );
  });
});

describe('the companion', () => {
  const scep = {
    type: 'scep',
    alias: 'key',
    name: 'wifi identity',
    url: 'http://ca.example/scep',
    challenge: 'hush',
    subject: [
      [['CN', 'a, "b"']],
      [
        ['OU', '\\41'],
        ['O', '+'],
      ],
    ],
    keySizeBits: 2048,
    caFingerprint: Buffer.alloc(20, 7),
  } as const;

  it('is given certificates and networks, and its end', () => {
    const certificates = [scep, { type: 'pkcs12', alias: 'b', name: 'b', path: '/b.p12', password: '' } as const];
    const read = readCompanion(bundleFrom(writeCompanion({ certificates, retire: true })));
    expect(read).toMatchObject({ certificates, retire: true, refusals: [] });
    expect(readCompanion(bundleFrom({ retire: 'true' })).retire).toBe(false);
  });

  it.each([
    [{ scepUrl: 'ftp://ca.example' }, 'scepUrl: is no http or https address'],
    [{ keySize: 2049 }, 'keySize: is none of'],
    [{ keySize: '2048' }, 'keySize: is none of'],
    [{ caFingerprint: 'abcd' }, 'caFingerprint: 2 octets are no digest'],
    [{ caFingerprint: 'xy' }, 'caFingerprint: is not hexadecimal'],
    [{ subject: 'no name' }, 'subject: is no list of names'],
    [{ subject: 'NONSENSE=a' }, 'subject: '],
    [{ pkcs12Path: '/x' }, 'pkcs12Path: stands beside scepUrl'],
    [{ alias: '' }, 'alias: is missing'],
  ])('refuses a certificate with %j by itself', (changes, reason) => {
    const good = { alias: 'a', name: 'n', scepUrl: 'http://ca.example', subject: 'CN=x' };
    const { certificates, refusals } = readCompanion(
      bundleFrom({
        certificates: [
          { ...good, ...changes },
          { ...good, alias: 'other' },
        ],
      }),
    );
    expect(certificates).toMatchObject([{ alias: 'other', keySizeBits: 2048 }]);
    expect(refusals).toMatchObject([{ name: 'n', reason: expect.stringContaining(reason) }]);
  });

  it('reads subjects as RFC 4514 escapes them, in their order', () => {
    expect(readSubject('O=Contoso\\2c Inc\\C3\\A9, CN=a\\=b+OU=x')).toEqual([
      [['O', 'Contoso, Incé']],
      [
        ['CN', 'a=b'],
        ['OU', 'x'],
      ],
    ]);
    const value = fc.string({ unit: anyCharacter, maxLength: 10 }).filter((text) => !text.includes('\0'));
    const rdn = fc.array(fc.tuple(fc.constantFrom('CN', 'O', '2.5.4.12'), value), { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(fc.array(rdn, { minLength: 1, maxLength: 3 }), (subject) => {
        expect(readSubject(writeSubject(subject))).toEqual(subject);
      }),
      { numRuns: 150 },
    );
  });

  it('tells the server what failed in one line of its log, and what was made good', () => {
    const line = writeCompanionLine({ name: 'corp', status: 'failed', reason: 'two\nlines' });
    expect(line).toBe('rollcall: corp failed: two lines');
    expect(readCompanionLine(line)).toEqual({ name: 'corp', status: 'failed', reason: 'two lines' });
    expect(readCompanionLine('rollcall: corp installed')).toEqual({ name: 'corp', status: 'installed' });
    expect(readCompanionLine('Certificate installed: /x')).toBeUndefined();
    const odd = 'a failed: b';
    const odder = writeCompanionLine({ name: odd, status: 'failed', reason: 'c failed: d' });
    expect(readCompanionLine(odder, ['a', odd])).toEqual({ name: odd, status: 'failed', reason: 'c failed: d' });
  });
});
