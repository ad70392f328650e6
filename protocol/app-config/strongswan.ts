// strongSwan's managed VPN profiles (org.strongswan.android), as the app's own restrictions describe them.
import { type Bundle, bundleAt, bundlesAt, intAt, type PlainBundle, textAt } from '../managed-config/bundle.js';
import type { VpnProfile } from '../vocabulary.js';
import { type AliasOf, aliasFor, hostAndPort, optional, type ReadNames, refused } from './names.js';

export const strongswanPackage = 'org.strongswan.android';

type Authentication = VpnProfile['authentication'];
const vpnTypes = {
  password: 'ikev2-eap',
  certificate: 'ikev2-cert',
  'password-and-certificate': 'ikev2-cert-eap',
} as const satisfies Partial<Record<Authentication, string>>;
const authentications: Readonly<Record<string, keyof typeof vpnTypes>> = {
  'ikev2-eap': 'password',
  'ikev2-byod-eap': 'password',
  'ikev2-cert': 'certificate',
  'ikev2-eap-tls': 'certificate',
  'ikev2-cert-eap': 'password-and-certificate',
};

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const mostProfiles = 100;

/** One entry of `managed_profiles`. Throws APP_CONFIG_REFUSED for what strongSwan's app cannot do. */
export function writeStrongswan(profile: VpnProfile, id: string, aliasOf: AliasOf): PlainBundle {
  const { name, protocol, server, authentication, username, password, certificate } = profile;
  const refuse = (why: string) => refused(`profile "${name}"`, why);
  if (protocol !== 'ikev2') throw refuse(`strongSwan's app speaks IKEv2, not ${protocol}`);
  if (authentication === 'shared-secret' || authentication === 'none')
    throw refuse(`strongSwan's app does not sign in by ${authentication}`);
  const { host, port } = hostAndPort(server, `profile "${name}"`);
  const shows = authentication !== 'password';
  const alias = shows && certificate !== undefined ? aliasFor(profile, certificate, aliasOf) : undefined;
  if (shows && alias === undefined) throw refuse('there is no certificate to sign in with');
  const local = {
    ...optional('local_id', profile.localIdentifier),
    ...(authentication === 'certificate'
      ? {}
      : { ...optional('username', username), ...optional('password', password) }),
    ...optional('user_certificate_alias', alias),
  };
  return {
    _uuid: id,
    name: profile.connectionName,
    vpn_type: vpnTypes[authentication],
    remote: {
      gateway: host,
      ...optional('port', port),
      ...optional('remote_id', profile.remoteIdentifier),
    },
    local,
  };
}

/** All of the app's managed configuration. */
export const writeStrongswanProfiles = (profiles: readonly PlainBundle[]): PlainBundle => ({
  managed_profiles: profiles,
});

/** The entries of `managed_profiles` with the UUIDs that the app knows them by; an entry without a UUID is passed over, as there. */
export function strongswanProfiles(bundle: Bundle): readonly { readonly uuid: string; readonly entry: Bundle }[] {
  const entries = (bundlesAt(bundle, 'managed_profiles') ?? []).slice(0, mostProfiles);
  return entries.flatMap((entry) => {
    const id = textAt(entry, '_uuid') ?? '';
    return uuid.test(id) ? [{ uuid: id.toLowerCase(), entry }] : [];
  });
}

/** Throws APP_CONFIG_REFUSED for a profile that the app could not connect. */
export function readStrongswan(entry: Bundle, names: ReadNames): VpnProfile {
  const remote = bundleAt(entry, 'remote');
  const local = bundleAt(entry, 'local');
  const text = (from: Bundle | undefined, key: string): string | undefined => {
    const value = from && textAt(from, key);
    return value === '' ? undefined : value;
  };
  const type = text(entry, 'vpn_type');
  if (type === undefined) throw refused('vpn_type', 'is missing');
  const authentication = Object.hasOwn(authentications, type) ? authentications[type] : undefined;
  if (authentication === undefined) throw refused('vpn_type', `"${type.slice(0, 60)}" is none of strongSwan's`);
  const connectionName = text(entry, 'name');
  const gateway = text(remote, 'gateway');
  if (connectionName === undefined) throw refused('name', 'is missing');
  if (gateway === undefined) throw refused('remote.gateway', 'is missing');
  const port = remote && intAt(remote, 'port');
  const server = port === undefined || port === 500 || port < 1 || port > 65_535 ? gateway : `${gateway}:${port}`;
  hostAndPort(server, 'remote.gateway');
  const alias = text(local, 'user_certificate_alias');
  if (authentication !== 'password' && alias === undefined && text(local, 'user_certificate') === undefined)
    throw refused('local.user_certificate_alias', `is missing: ${type} shows a certificate`);
  return {
    kind: 'vpn',
    name: names.name,
    connectionName,
    protocol: 'ikev2',
    server,
    authentication,
    ...optional('localIdentifier', text(local, 'local_id')),
    ...optional('remoteIdentifier', text(remote, 'remote_id')),
    ...optional('username', text(local, 'username')),
    ...optional('password', text(local, 'password')),
    ...(alias === undefined || authentication === 'password' ? {} : { certificate: names.certificate(alias) }),
  };
}
