import { describe, expect, it } from 'vitest';
import { toNeutral } from '../../../../protocol/apple-mdm/profile/translate.js';
import { dict } from '../../../../protocol/plist/value.js';
import {
  accepted,
  eapWifi,
  exchange,
  ikev2,
  leafDer,
  mail,
  mdm,
  passcode,
  payload,
  root,
  rootDer,
  rootUuid,
  scep,
  scepUuid,
  vpn,
  wifi,
} from './make.js';

const name = 'com.example.profile';
const neutral = (...payloads: Parameters<typeof accepted>) => toNeutral(accepted(...payloads));

describe('the names of neutral profiles', () => {
  it("are the profile's own for its one payload, and for its one setting among certificates", () => {
    expect(neutral(wifi()).map((each) => each.name)).toEqual([name]);
    expect(neutral(scep()).map((each) => each.name)).toEqual([name]);
    expect(neutral(scep(), wifi(), root()).map((each) => each.name)).toEqual([
      `${name}/com.example.payload100`,
      name,
      `${name}/com.example.payload101`,
    ]);
  });

  it("are told apart by the payload's identifier when there are several settings", () => {
    expect(neutral(wifi(), passcode()).map((each) => each.name)).toEqual([
      `${name}/com.example.payload4`,
      `${name}/com.example.payload6`,
    ]);
  });

  it('leave out the MDM link, which is no setting', () => {
    expect(neutral(mdm(), scep()).map((each) => each.kind)).toEqual(['certificate']);
  });
});

describe('email', () => {
  it('of IMAP keeps both servers', () => {
    const made = mail({
      IncomingMailServerUseSSL: true,
      IncomingMailServerPortNumber: 993,
      IncomingMailServerUsername: 'ann',
      IncomingPassword: 'x',
      OutgoingPasswordSameAsIncomingPassword: true,
    });
    expect(neutral(made)).toEqual([
      {
        kind: 'email',
        name,
        account: 'imap',
        emailAddress: 'ann@example.com',
        incoming: {
          host: 'imap.example.com',
          port: 993,
          tls: true,
          authentication: 'password',
          username: 'ann',
          password: 'x',
        },
        outgoing: { host: 'smtp.example.com', tls: false, authentication: 'cram-md5', password: 'x' },
      },
    ]);
    expect(neutral(mail({ EmailAccountType: 'EmailTypePOP' }))[0]).toMatchObject({ account: 'pop' });
  });

  it('of Exchange names its certificate', () => {
    const made = exchange({ EmailAddress: 'ann@example.com', SSL: true, PayloadCertificateUUID: scepUuid });
    expect(neutral(exchange({ ...made, MailNumberOfPastDaysToSync: 3 }), scep())[0]).toEqual({
      kind: 'email',
      name,
      account: 'exchange',
      emailAddress: 'ann@example.com',
      incoming: { host: 'eas.example.com', tls: true, authentication: 'password', username: 'ann' },
      certificate: `${name}/com.example.payload100`,
      daysToSync: 3,
    });
  });
});

describe('vpn', () => {
  const basis = { kind: 'vpn', name, connectionName: 'Office' };

  it('by IKEv2 with a secret, a certificate, or EAP', () => {
    const server = { server: 'vpn.example.com', localIdentifier: 'ann', remoteIdentifier: 'vpn.example.com' };
    const ends = { ...basis, protocol: 'ikev2', ...server };
    expect(neutral(ikev2())).toEqual([{ ...ends, authentication: 'shared-secret', sharedSecret: 'hush' }]);
    const certificate = { AuthenticationMethod: 'Certificate', SharedSecret: undefined };
    expect(neutral(ikev2({ ...certificate, PayloadCertificateUUID: scepUuid }), scep())[0]).toEqual({
      ...ends,
      authentication: 'certificate',
      certificate: `${name}/com.example.payload100`,
    });
    const eap = { AuthenticationMethod: 'None', SharedSecret: undefined, ExtendedAuthEnabled: 1 };
    expect(neutral(ikev2({ ...eap, AuthName: 'ann', AuthPassword: 'x' }))).toEqual([
      { ...ends, authentication: 'password', username: 'ann', password: 'x' },
    ]);
  });

  it('by L2TP and IPSec, whose keys lie elsewhere', () => {
    const PPP = dict({ CommRemoteAddress: 'l2tp.example.com', AuthName: 'ann', AuthPassword: 'x' });
    const IPSec = dict({ AuthenticationMethod: 'SharedSecret', SharedSecret: Buffer.from('hush') });
    const shared = { authentication: 'shared-secret', sharedSecret: 'hush', username: 'ann', password: 'x' };
    expect(neutral(vpn('L2TP', { PPP, IPSec }))).toEqual([
      { ...basis, protocol: 'l2tp', server: 'l2tp.example.com', ...shared },
    ]);
    const cisco = dict({ ...IPSec, RemoteAddress: 'cisco.example.com', XAuthName: 'ann', XAuthPassword: 'x' });
    expect(neutral(vpn('IPSec', { IPSec: cisco }))).toEqual([
      { ...basis, protocol: 'ipsec', server: 'cisco.example.com', ...shared },
    ]);
  });

  it('by an app, and always on', () => {
    const app = { VPNSubType: 'com.example.vpn', VPN: dict({ RemoteAddress: 'app.example.com', AuthName: 'ann' }) };
    expect(neutral(vpn('VPN', app))).toEqual([
      {
        ...basis,
        protocol: 'app',
        server: 'app.example.com',
        authentication: 'password',
        username: 'ann',
        app: 'com.example.vpn',
      },
    ]);
    const tunnel = dict({ ProtocolType: 'IKEv2', RemoteAddress: 'on.example.com' });
    expect(neutral(vpn('AlwaysOn', { AlwaysOn: dict({ TunnelConfigurations: [tunnel] }) }))).toMatchObject([
      { protocol: 'always-on', server: 'on.example.com' },
    ]);
  });
});

describe('wifi', () => {
  it('with a passphrase', () => {
    expect(neutral(wifi({ HIDDEN_NETWORK: true, AutoJoin: false }))).toEqual([
      {
        kind: 'wifi',
        name,
        ssid: 'Office',
        hidden: true,
        autoJoin: false,
        security: 'wpa2',
        passphrase: 'correct horse',
      },
    ]);
  });

  it('by 802.1X names its identity and its anchors', () => {
    const eap = {
      AcceptEAPTypes: [13, 21],
      UserName: 'ann',
      PayloadCertificateAnchorUUID: [rootUuid],
      TLSTrustedServerNames: ['radius.example.com'],
    };
    const made = eapWifi(eap, { EncryptionType: 'WPA3', PayloadCertificateUUID: scepUuid });
    expect(neutral(made, scep(), root())[0]).toEqual({
      kind: 'wifi',
      name,
      ssid: 'Office',
      hidden: false,
      autoJoin: true,
      security: 'wpa3',
      eap: {
        types: ['tls', 'ttls'],
        username: 'ann',
        innerAuthentication: 'mschapv2',
        identity: `${name}/com.example.payload100`,
        anchors: [`${name}/com.example.payload101`],
        serverNames: ['radius.example.com'],
      },
    });
  });
});

describe('certificates', () => {
  it('are roots or intermediates', () => {
    expect(neutral(root())).toEqual([
      { kind: 'certificate', name, role: 'root', source: { type: 'der', der: rootDer } },
    ]);
    const leaf = payload('com.apple.security.pkcs1', 1, { PayloadContent: leafDer });
    expect(neutral(leaf)).toMatchObject([{ role: 'intermediate', source: { der: leafDer } }]);
  });

  it('by SCEP keep what the request needs', () => {
    const made = scep({ Name: 'ca', Challenge: 'once', Keysize: 2048, Subject: [[['CN', 'ann']]] });
    expect(neutral(made)).toEqual([
      {
        kind: 'certificate',
        name,
        role: 'identity',
        source: {
          type: 'scep',
          url: 'https://mdm.example.com/scep',
          caName: 'ca',
          challenge: 'once',
          subject: [[['CN', 'ann']]],
          keySizeBits: 2048,
        },
      },
    ]);
  });
});

describe('configuration', () => {
  it('of a passcode is understood', () => {
    const made = passcode({ minLength: 6, maxInactivity: 5, maxPINAgeInDays: 90, requireAlphanumeric: true });
    expect(neutral(made)).toMatchObject([
      {
        kind: 'configuration',
        name,
        type: 'com.apple.mobiledevice.passwordpolicy',
        passcode: {
          required: true,
          minLength: 6,
          maxInactivityMinutes: 5,
          maxAgeDays: 90,
          requireAlphanumeric: true,
        },
      },
    ]);
  });

  it('of anything else is kept, without what every payload has', () => {
    const restrictions = payload('com.apple.applicationaccess', 1, { allowCamera: false, PayloadDisplayName: 'x' });
    const [read] = neutral(restrictions);
    expect(read).toMatchObject({ kind: 'configuration', type: 'com.apple.applicationaccess' });
    expect(read?.kind === 'configuration' && { ...read.settings }).toEqual({ allowCamera: false });
  });
});
