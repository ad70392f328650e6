import { describe, expect, it } from 'vitest';
import { accepted, exchange, fault, mail, root, rootUuid, scep, scepUuid, uuid } from './make.js';

const malformed = (code: number) => [4001, 1000, code];
const failed = (code: number) => [4001, 1009, code];

describe('com.apple.mail.managed', () => {
  it('is accepted with its required keys alone', () => {
    expect(accepted(mail({ EmailAddress: undefined })).payloads[0]?.type).toBe('com.apple.mail.managed');
  });

  it('without a required key is refused with 2002', () => {
    const keys = ['EmailAccountType', 'IncomingMailServerAuthentication', 'IncomingMailServerHostName'];
    for (const key of [...keys, 'OutgoingMailServerAuthentication', 'OutgoingMailServerHostName'])
      expect(fault(mail({ [key]: undefined }))).toEqual([malformed(2002), key]);
  });

  it('with a value of another type is refused with 2003', () => {
    expect(fault(mail({ IncomingMailServerUseSSL: 'yes' }))).toEqual([malformed(2003), 'IncomingMailServerUseSSL']);
    expect(fault(mail({ IncomingMailServerPortNumber: '993' }))?.[0]).toEqual(malformed(2003));
    expect(fault(mail({ IncomingMailServerHostName: 7 }))?.[0]).toEqual(malformed(2003));
  });

  it('of an unknown account type or authentication is refused with 2004', () => {
    expect(fault(mail({ EmailAccountType: 'EmailTypeJMAP' }))).toEqual([malformed(2004), 'EmailAccountType']);
    expect(fault(mail({ OutgoingMailServerAuthentication: 'EmailAuthOAuth' }))?.[0]).toEqual(malformed(2004));
  });

  it('with an IMAP, POP or SMTP server that cannot be one is refused with 7005, 7006 and 7007', () => {
    expect(fault(mail({ IncomingMailServerHostName: '' }))?.[0]).toEqual(failed(7005));
    expect(fault(mail({ IncomingMailServerPortNumber: 70_000 }))?.[0]).toEqual(failed(7005));
    const pop = { EmailAccountType: 'EmailTypePOP' };
    expect(fault(mail({ ...pop, IncomingMailServerHostName: 'a b' }))?.[0]).toEqual(failed(7006));
    expect(fault(mail({ OutgoingMailServerPortNumber: 0 }))?.[0]).toEqual(failed(7007));
    expect(fault(mail({ OutgoingMailServerHostName: 'smtp://x' }))?.[0]).toEqual(failed(7007));
  });

  it('finds its S/MIME identities in the profile, or is refused with 7003; with 7004 where they have no key', () => {
    for (const key of ['SMIMESigningCertificateUUID', 'SMIMEEncryptionCertificateUUID']) {
      expect(fault(mail({ [key]: scepUuid }), scep())).toBeUndefined();
      expect(fault(mail({ [key]: uuid(77) }))?.[0]).toEqual(failed(7003));
      expect(fault(mail({ [key]: rootUuid }), root())?.[0]).toEqual(failed(7004));
      expect(fault(mail({ [key]: 'no-uuid' }))).toEqual([malformed(2004), key]);
    }
  });
});

describe('com.apple.eas.account', () => {
  it('is accepted with a host and a user name', () => {
    expect(fault(exchange({ MailNumberOfPastDaysToSync: 14, SSL: true }))).toBeUndefined();
  });

  it('without a host is refused with 21003', () => {
    expect(fault(exchange({ Host: undefined }))?.[0]).toEqual(failed(21003));
    expect(fault(exchange({ Host: 'https://eas.example.com' }))?.[0]).toEqual(failed(21003));
  });

  it('needs no host with OAuth, unless it names where to sign in', () => {
    expect(fault(exchange({ Host: undefined, OAuth: true }))).toBeUndefined();
    const signIn = { OAuth: true, OAuthSignInURL: 'https://login.example.com' };
    expect(fault(exchange({ Host: undefined, ...signIn }))?.[0]).toEqual(failed(21003));
    expect(fault(exchange(signIn))).toBeUndefined();
  });

  it('without a user name is refused with 2002, for nobody is there to ask', () => {
    expect(fault(exchange({ UserName: undefined }))).toEqual([malformed(2002), 'UserName']);
  });

  it('with OAuth and a password is refused with 2004', () => {
    expect(fault(exchange({ OAuth: true, Password: 'x' }))).toEqual([malformed(2004), 'Password']);
  });

  it('that syncs other days than Apple offers is refused with 2004', () => {
    expect(fault(exchange({ MailNumberOfPastDaysToSync: 5 }))).toEqual([malformed(2004), 'MailNumberOfPastDaysToSync']);
  });

  it('that turns every service off is refused with 2004', () => {
    const four = { EnableMail: false, EnableContacts: false, EnableCalendars: false, EnableReminders: false };
    expect(fault(exchange(four))).toBeUndefined();
    expect(fault(exchange({ ...four, EnableNotes: false }))?.[0]).toEqual(malformed(2004));
  });

  it('whose identity is not in the profile, or is none, is refused with 21006', () => {
    expect(fault(exchange({ PayloadCertificateUUID: scepUuid }), scep())).toBeUndefined();
    expect(fault(exchange({ PayloadCertificateUUID: uuid(77) }))?.[0]).toEqual(failed(21006));
    expect(fault(exchange({ PayloadCertificateUUID: rootUuid }), root())?.[0]).toEqual(failed(21006));
  });

  it('whose own certificate does not open is refused with 21006, unless a payload takes its place', () => {
    const broken = { Certificate: Buffer.from('junk') };
    expect(fault(exchange(broken))?.[0]).toEqual(failed(21006));
    expect(fault(exchange({ ...broken, PayloadCertificateUUID: scepUuid }), scep())).toBeUndefined();
  });

  it('finds its S/MIME identities like a mail account', () => {
    expect(fault(exchange({ SMIMESigningCertificateUUID: uuid(77) }))?.[0]).toEqual(failed(7003));
  });
});
