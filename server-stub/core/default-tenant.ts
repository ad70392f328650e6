// The built-in organisation: people, and for each authority an email, a VPN, Wi-Fi, certificates and a passcode policy.
// Some names are the same under both authorities (overwritten at a switch), some exist under one only (left behind, A8).
import type { Authority, Profile } from '../../protocol/vocabulary.js';
import { idOf } from './identifiers.js';
import { defaultSettings } from './settings.js';
import type { AssignedProfile, TenantConfig, TenantSettings, User } from './types.js';

export interface DefaultTenantOptions {
  readonly authority?: Authority;
  /** How many people: user1@contoso.example and on. */
  readonly users?: number;
  readonly settings?: Partial<TenantSettings>;
  /** DER of the root that devices are told to trust; an example's own, whose key nobody has, without it. */
  readonly rootCertificate?: Uint8Array;
}

export const defaultDomain = 'contoso.example';

export function defaultTenant(options: DefaultTenantOptions = {}): TenantConfig {
  const { authority = 'intune', users = 10, settings = {}, rootCertificate = exampleRoot } = options;
  return {
    id: idOf('tenant', defaultDomain),
    displayName: 'Contoso',
    authority,
    settings: { ...defaultSettings, ...settings },
    pushCertificate: { topic: `com.apple.mgmt.External.${idOf('push topic', defaultDomain)}` },
    users: Array.from({ length: users }, (_, index) => user(index + 1)),
    profiles: [...office365(rootCertificate), ...intune(rootCertificate)],
  };
}

const user = (number: number): User => ({
  id: idOf('user', `user${number}@${defaultDomain}`),
  upn: `user${number}@${defaultDomain}`,
  displayName: `User ${number}`,
  licence: 'both',
});

const assign = (authority: Authority, profiles: readonly Profile[]): AssignedProfile[] =>
  profiles.map((profile) => ({
    id: idOf('profile', defaultDomain, authority, profile.name),
    authority,
    profile,
    assignedTo: 'all',
  }));

const mail = (host: string): Profile => ({
  kind: 'email',
  name: 'Contoso mail',
  account: 'exchange',
  emailAddress: '{{upn}}',
  incoming: { host, tls: true, authentication: 'password', username: '{{upn}}', password: '{{secret}}' },
  daysToSync: 7,
});

const root = (der: Uint8Array): Profile => ({
  kind: 'certificate',
  name: 'Contoso root',
  role: 'root',
  source: { type: 'der', der },
});

const identity: Profile = {
  kind: 'certificate',
  name: 'Device identity',
  role: 'identity',
  source: {
    type: 'scep',
    url: '{{scepUrl}}',
    challenge: '{{scepChallenge}}',
    subject: [[['O', 'Contoso']], [['CN', '{{userName}} on {{serial}}']]],
    keySizeBits: 2048,
  },
};

const passcode = (minLength: number, maxInactivityMinutes: number): Profile => ({
  kind: 'configuration',
  name: 'Passcode',
  type: 'com.apple.mobiledevice.passwordpolicy',
  passcode: { required: true, minLength, maxFailedAttempts: 10, maxInactivityMinutes },
  settings: {},
});

const office365 = (rootDer: Uint8Array): AssignedProfile[] =>
  assign('office365', [
    mail('outlook.office365.example'),
    {
      kind: 'vpn',
      name: 'Contoso VPN',
      connectionName: 'Contoso',
      protocol: 'ikev2',
      server: 'vpn.contoso.example',
      authentication: 'shared-secret',
      localIdentifier: '{{deviceId}}',
      remoteIdentifier: 'vpn.contoso.example',
      sharedSecret: '{{secret}}',
    },
    {
      kind: 'wifi',
      name: 'Contoso Wi-Fi',
      ssid: 'Contoso',
      hidden: false,
      autoJoin: true,
      security: 'wpa2',
      passphrase: '{{secret}}',
    },
    {
      kind: 'wifi',
      name: 'Contoso guests', // office365 only: stale after a switch (A8)
      ssid: 'Contoso-Guests',
      hidden: false,
      autoJoin: false,
      security: 'wpa2',
      passphrase: 'welcome-to-contoso',
    },
    root(rootDer),
    identity,
    passcode(4, 15),
  ]);

const intune = (rootDer: Uint8Array): AssignedProfile[] =>
  assign('intune', [
    mail('mail.contoso.example'),
    {
      kind: 'vpn',
      name: 'Contoso VPN',
      connectionName: 'Contoso',
      protocol: 'ikev2',
      server: 'vpn2.contoso.example',
      authentication: 'certificate',
      localIdentifier: '{{deviceId}}',
      remoteIdentifier: 'vpn2.contoso.example',
      certificate: 'Device identity',
    },
    {
      kind: 'wifi',
      name: 'Contoso Wi-Fi',
      ssid: 'Contoso',
      hidden: false,
      autoJoin: true,
      security: 'wpa2',
      eap: {
        types: ['tls'],
        username: '{{upn}}',
        identity: 'Device identity',
        anchors: ['Contoso root'],
        serverNames: ['radius.contoso.example'],
      },
    },
    {
      kind: 'wifi',
      name: 'Contoso laboratory', // intune only
      ssid: 'Contoso-Lab',
      hidden: true,
      autoJoin: true,
      security: 'wpa3',
      passphrase: '{{secret}}',
    },
    root(rootDer),
    identity,
    passcode(6, 5),
  ]);

/** CN=Contoso Example Root CA, 2020 to 2049. Its key was never kept: it is something to install, not something to trust. */
const exampleRoot: Uint8Array = Buffer.from(
  [
    'MIIDQjCCAiqgAwIBAgIKTAt6HlLZQ2+KYTANBgkqhkiG9w0BAQsFADA+MRowGAYDVQQKExFDb250b3NvIChleGFtcGxlKTEgMB4GA1UEAxMX',
    'Q29udG9zbyBFeGFtcGxlIFJvb3QgQ0EwHhcNMjAwMTAxMDAwMDAwWhcNNDkxMjMxMDAwMDAwWjA+MRowGAYDVQQKExFDb250b3NvIChleGFt',
    'cGxlKTEgMB4GA1UEAxMXQ29udG9zbyBFeGFtcGxlIFJvb3QgQ0EwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCfAVf26Hf2NRa/',
    'kI+BHBCSHppQNkn76Rk2tUSQRp74Ps08IjL8R5kui0yMP6qztDVRNyOAs7hOWpqrhFbikrSopIbqnr5MDHFrjTMJydMhuj8wzoJ5CUsAru0r',
    'Tdxqinp/poCj7bLiEgbcIYnLchQryuOUqi+/eeJnJy+/C6Pn5gGwQ5qnpgDH3Na+x6m+K/1Q3mqdeAmKf1PflD0xKvHfs4qbinIVopAW0Mm8',
    '6FCrkgiNpiEqMq+Yrk/wZigPR4zHWpXylQPNT2BRiCwRZa3JJH+0tJJP0DM9yEyZZuw3GfalQ54ZWlhAFzCLoz4qxOVSe9+8JiRV+Kn59MoN',
    'tgy5AgMBAAGjQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBS1UUI/m57y3aEDxLeTh+ihkfNr3DANBgkq',
    'hkiG9w0BAQsFAAOCAQEAnBhdh2XPpCFgtmCgUm5/7Y1OoK6TdH86OOnnQWBQMWUWJ4Jgnsrs8EWK0X9JG2K6N8skvt7YGl9NQ/RDAja7twgL',
    'K71Pdx2D4+AHO+ovCzzFCcK+VU3PcLVP6p9ilD65L8gP1OI4Ozr1qntoMLoEVZkrW6QqhaZuQhJQ8jXi6Dfrl2v//uaQ9BEN1IEJOksMAEvd',
    'cc+T4dnpq0/gApUK3a/zmUHAZ4jRge8KW2dxfUspL8DPYS6ui2fPSpNEXXU3eiHHFHN0HYgeM3hbOuoGDHYciif88zEOqSO3WFzm2HLmaIet',
    'Dwl5Pf12IH7/SAP5A8I35R/2/OEKcy5ywkyR+A==',
  ].join(''),
  'base64',
);
