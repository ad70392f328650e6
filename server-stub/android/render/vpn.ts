// VPN connections: strongSwan's own managed configuration for IKEv2, an app's managed configuration or file for `app`.
import type { VpnProfile } from '../../../protocol/vocabulary.js';
import { idOf } from '../../core/identifiers.js';
import { type Draft, hashOf } from './draft.js';
import { assigned, cannot, carried, given, type Part } from './part.js';
import { slugOf } from './paths.js';
import type { RenderContext } from './rendered.js';

export const strongSwan = 'org.strongswan.android';
/** Apps that take a connection as a file. */
const openVpnApps: readonly string[] = ['de.blinkt.openvpn', 'net.openvpn.openvpn'];
const wireGuard = 'com.wireguard.android';

type Context = Pick<RenderContext, 'base' | 'shelf' | 'certificate'>;

/** Throws MESSAGE_REFUSED for what no app can be told, NOT_FOUND where the certificate that it names is not assigned. */
export function renderVpn(profile: VpnProfile, draft: Draft, context: Context): Part {
  const { name, protocol, certificate } = profile;
  if (certificate !== undefined) assigned(name, certificate, context);
  switch (protocol) {
    case 'ikev2':
      return ofStrongSwan(profile, draft);
    case 'app':
      return ofApp(profile, draft, context);
    case 'always-on':
      throw cannot(name, 'the launcher has no word for an always-on VPN');
    default:
      throw cannot(name, `Android and its VPN apps have no ${protocol} that a server could set up`);
  }
}

const types = {
  certificate: 'ikev2-cert',
  password: 'ikev2-eap',
  'password-and-certificate': 'ikev2-cert-eap',
} as const;

/** `managed_profiles`, as the app's own schema has them. */
function ofStrongSwan(profile: VpnProfile, draft: Draft): Part {
  const { name, authentication, server, localIdentifier, remoteIdentifier, username, password, certificate } = profile;
  if (authentication === 'shared-secret' || authentication === 'none') {
    throw cannot(name, `strongSwan for Android does not sign in by ${authentication}`);
  }
  const needsCertificate = authentication !== 'password';
  if (needsCertificate && certificate === undefined) throw cannot(name, 'it names no certificate');
  const uuid = idOf('vpn', name);
  const settings = carried(name, {
    _uuid: uuid,
    name: profile.connectionName,
    vpn_type: types[authentication],
    remote: given({ gateway: server, remote_id: remoteIdentifier }),
    local: given({
      local_id: localIdentifier,
      username: authentication === 'certificate' ? undefined : username,
      password: authentication === 'certificate' ? undefined : password,
      user_certificate_alias: needsCertificate ? certificate : undefined,
    }),
  });
  draft.connections.push(settings);
  return { carriers: [`vpn:${strongSwan}:${uuid}`] };
}

function ofApp(profile: VpnProfile, draft: Draft, context: Context): Part {
  const { name, app, connectionName, server, username, password, certificate } = profile;
  if (app === undefined) throw cannot(name, 'there is no app');
  if (app === wireGuard) throw cannot(name, 'a tunnel of WireGuard is a file with keys: add it as a file');
  if (openVpnApps.includes(app)) return ofOpenVpn(profile, app, draft, context);
  if (app === strongSwan) throw cannot(name, 'strongSwan is set up by the protocol ikev2');
  if (draft.hasBundle(app)) throw cannot(name, `${app} has a connection already, and takes one`);
  const settings = carried(
    name,
    given({
      vpn_connection_name: connectionName,
      vpn_connection_host: server,
      vpn_connection_username: username,
      vpn_connection_password: password,
      vpn_connection_keychain_cert_alias: certificate,
    }),
  );
  Object.assign(draft.bundle(app), settings);
  return { carriers: [`vpn:${app}`] };
}

/** A file of OpenVPN's, which the app is to import. */
function ofOpenVpn(profile: VpnProfile, app: string, draft: Draft, { base, shelf }: Context): Part {
  const { name, connectionName, server, authentication, username = '', password } = profile;
  if (authentication !== 'password') throw cannot(name, `its file has no word for signing in by ${authentication}`);
  for (const value of [connectionName, server, username, password ?? '']) {
    if (/[\r\n<>]/.test(value)) throw cannot(name, 'a line of its file would end early');
  }
  const [, host = server, port = '1194'] = /^(.*):(\d{1,5})$/.exec(server) ?? [];
  const lines = [
    `# ${app}`,
    `setenv FRIENDLY_NAME "${connectionName.replaceAll('"', '')}"`,
    'client',
    'dev tun',
    `remote ${host} ${port}`,
    'nobind',
    'remote-cert-tls server',
    ...(password === undefined ? ['auth-user-pass'] : ['<auth-user-pass>', username, password, '</auth-user-pass>']),
    '',
  ];
  const bytes = Buffer.from(lines.join('\n'), 'utf8');
  const path = `/ovpn/${slugOf(name)}.ovpn`;
  const url = `${base}/files/${shelf.offer(`${slugOf(name)}.ovpn`, bytes)}`;
  const file = draft.file({ path, url, hash: hashOf(bytes) }, name);
  draft.application({ pkg: app, name: app, type: 'app', version: '0', system: true });
  return { carriers: [`file:${path}`], files: [file] };
}
