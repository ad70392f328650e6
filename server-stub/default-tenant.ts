// The built-in organisation: people, and for each authority an email, a VPN, Wi-Fi and certificates for all devices, and for
// those of each platform what its dialect has (a passcode policy, whose type is the platform's own word).
// Some names are the same under both authorities (overwritten at a switch), some exist under one only (left behind, A8).
import type { Authority, PlatformName, Profile } from '../protocol/vocabulary.js';
import { toAll } from './core/assignment.js';
import { idOf } from './core/identifiers.js';
import { defaultSettings } from './core/settings.js';
import type { AssignedProfile, TenantConfig, TenantSettings, User } from './core/types.js';
import type { Dialect, Dialects } from './dialect.js';
import * as registry from './registry.js';

interface DefaultTenantOptions {
  readonly authority?: Authority;
  /** How many people: user1@contoso.example and on. */
  readonly users?: number;
  readonly settings?: Partial<TenantSettings>;
  /** DER of the root that devices are told to trust; an example's own, whose key nobody has, without it. */
  readonly rootCertificate?: Uint8Array;
}

const defaultDomain = 'contoso.example';

/** A new one each time; users and profiles have the same ids in each. `dialects` are those of the registry but in tests. */
export function defaultTenant(options: DefaultTenantOptions = {}, dialects: Dialects = registry): TenantConfig {
  const { authority = 'intune', users = 10, settings = {}, rootCertificate = exampleRoot } = options;
  const served: readonly Dialect[] = Object.values(dialects);
  const topic = served.map((dialect) => dialect.builtIn(defaultDomain).pushTopic).find((each) => each !== undefined);
  return {
    id: idOf('tenant', defaultDomain),
    displayName: 'Contoso',
    authority,
    settings: { ...defaultSettings, ...settings },
    pushCertificate: topic === undefined ? {} : { topic },
    users: Array.from({ length: users }, (_, index) => user(index + 1)),
    profiles: (['office365', 'intune'] as const).flatMap((of) => [
      ...forAll[of](rootCertificate).flatMap((profile) => assign(of, [profile], without(profile, of, served))),
      ...served.flatMap((dialect) => assign(of, dialect.builtIn(defaultDomain).profiles(of), [dialect.name])),
    ]),
  };
}

/** The platforms of a profile for all but those that have one of their own by that name; undefined: all. */
function without(
  { name }: Profile,
  authority: 'office365' | 'intune',
  served: readonly Dialect[],
): readonly PlatformName[] | undefined {
  const others = served.filter(
    (dialect) =>
      !dialect
        .builtIn(defaultDomain)
        .profiles(authority)
        .some((own) => own.name === name),
  );
  return others.length === served.length ? undefined : others.map((dialect) => dialect.name);
}

const user = (number: number): User => ({
  id: idOf('user', `user${number}@${defaultDomain}`),
  upn: `user${number}@${defaultDomain}`,
  displayName: `User ${number}`,
  products: ['SPB'],
  groups: [],
});

const assign = (
  authority: Authority,
  profiles: readonly Profile[],
  platforms?: readonly PlatformName[],
): AssignedProfile[] =>
  profiles.map((profile) => ({
    id: idOf('profile', defaultDomain, authority, ...(platforms ?? []), profile.name),
    authority,
    profile,
    assignment: toAll,
    ...(platforms === undefined ? {} : { platforms }),
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

const office365 = (rootDer: Uint8Array): Profile[] => [
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
];

const intune = (rootDer: Uint8Array): Profile[] => [
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
];

const forAll = { office365, intune } as const;

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
