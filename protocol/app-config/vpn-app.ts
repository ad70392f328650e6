// The tunnel of any other VPN app: the keys that Cisco's app documents, and more of the same kind by convention.
import { type Bundle, type PlainBundle, textAt } from '../managed-config/bundle.js';
import type { VpnProfile } from '../vocabulary.js';
import { type AliasOf, aliasFor, optional, type ReadNames, refused } from './names.js';

const prefix = 'vpn_connection_';
/** Cisco's. */
const keys = { name: `${prefix}name`, host: `${prefix}host`, alias: `${prefix}keychain_cert_alias` } as const;
/** Ours, by convention: apps ask a person for these. */
const more = {
  authentication: `${prefix}authentication`,
  username: `${prefix}username`,
  password: `${prefix}password`,
  sharedSecret: `${prefix}shared_secret`,
  localIdentifier: `${prefix}local_id`,
  remoteIdentifier: `${prefix}remote_id`,
} as const;

const authentications = ['certificate', 'shared-secret', 'password', 'password-and-certificate', 'none'] as const;

/** Throws APP_CONFIG_REFUSED for a tunnel of no app, or whose certificate is not there. */
export function writeVpnApp(profile: VpnProfile, aliasOf: AliasOf): PlainBundle {
  const { name, protocol, app, certificate } = profile;
  if (protocol !== 'app' || app === undefined) throw refused(`profile "${name}"`, 'is no tunnel of an app');
  return {
    [keys.name]: profile.connectionName,
    [keys.host]: profile.server,
    [more.authentication]: profile.authentication,
    ...(certificate === undefined ? {} : { [keys.alias]: aliasFor(profile, certificate, aliasOf) }),
    ...optional(more.username, profile.username),
    ...optional(more.password, profile.password),
    ...optional(more.sharedSecret, profile.sharedSecret),
    ...optional(more.localIdentifier, profile.localIdentifier),
    ...optional(more.remoteIdentifier, profile.remoteIdentifier),
  };
}

/** Undefined where the bundle has no tunnel. Throws APP_CONFIG_REFUSED for half of one. */
export function readVpnApp(bundle: Bundle, app: string, names: ReadNames): VpnProfile | undefined {
  if (!Object.keys(bundle).some((key) => key === keys.host || key === keys.name)) return undefined;
  const server = textAt(bundle, keys.host) ?? '';
  if (server === '') throw refused(keys.host, 'is missing');
  const alias = textAt(bundle, keys.alias) ?? '';
  const said = textAt(bundle, more.authentication);
  const authentication = authentications.find((each) => each === said) ?? (alias === '' ? 'password' : 'certificate');
  if (said !== undefined && said !== authentication) throw refused(more.authentication, 'is no way to sign in');
  const { username, password, sharedSecret, localIdentifier, remoteIdentifier } = more;
  return {
    kind: 'vpn',
    name: names.name,
    connectionName: textAt(bundle, keys.name) ?? server,
    protocol: 'app',
    app,
    server,
    authentication,
    ...(alias === '' ? {} : { certificate: names.certificate(alias) }),
    ...optional('username', textAt(bundle, username)),
    ...optional('password', textAt(bundle, password)),
    ...optional('sharedSecret', textAt(bundle, sharedSecret)),
    ...optional('localIdentifier', textAt(bundle, localIdentifier)),
    ...optional('remoteIdentifier', textAt(bundle, remoteIdentifier)),
  };
}
