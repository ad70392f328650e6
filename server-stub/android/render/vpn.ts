// VPN connections: strongSwan's own managed configuration for IKEv2, an app's managed configuration or file for `app`.
import { openvpnPackages, writeOpenvpn } from '../../../protocol/app-config/openvpn.js';
import { strongswanPackage, writeStrongswan } from '../../../protocol/app-config/strongswan.js';
import { writeVpnApp } from '../../../protocol/app-config/vpn-app.js';
import { wireguardOf, wireguardPackage, writeWireguard } from '../../../protocol/app-config/wireguard.js';
import type { VpnProfile } from '../../../protocol/vocabulary.js';
import { idOf } from '../../core/identifiers.js';
import { type Draft, hashOf } from './draft.js';
import { aliasOf, cannot, carried, type Part } from './part.js';
import { slugOf } from './paths.js';
import type { RenderContext } from './rendered.js';

export type VpnContext = Pick<RenderContext, 'base' | 'shelf' | 'certificate'> & {
  /** DER of the authority that the servers of the organization's own services are judged by. */
  readonly authority: Uint8Array | undefined;
};

/** Throws MESSAGE_REFUSED, APP_CONFIG_REFUSED for what no app can be told. */
export function renderVpn(profile: VpnProfile, draft: Draft, context: VpnContext): Part {
  const { name, protocol, app } = profile;
  if (protocol !== 'app') return ofStrongSwan(profile, draft, context);
  if (app === undefined) throw cannot(name, 'there is no app');
  if (app === strongswanPackage) throw cannot(name, 'strongSwan is set up by the protocol ikev2');
  if (app === wireguardPackage) return asFile(profile, app, writeWireguard(wireguardOf(profile)), draft, context);
  if (openvpnPackages.some((each) => each === app)) return ofOpenVpn(profile, app, draft, context);
  if (draft.hasBundle(app)) throw cannot(name, `${app} has a connection already, and takes one`);
  Object.assign(draft.bundle(app), carried(name, writeVpnApp(profile, aliasOf(context))));
  return { carriers: [`vpn:${app}`] };
}

function ofStrongSwan(profile: VpnProfile, draft: Draft, context: VpnContext): Part {
  const uuid = idOf('vpn', profile.name);
  draft.connections.push(carried(profile.name, writeStrongswan(profile, uuid, aliasOf(context))));
  return { carriers: [`vpn:${strongswanPackage}:${uuid}`] };
}

function ofOpenVpn(profile: VpnProfile, app: string, draft: Draft, context: VpnContext): Part {
  const { authority } = context;
  if (authority === undefined)
    throw cannot(profile.name, 'no root certificate is assigned that its server could be judged by');
  return asFile(profile, app, writeOpenvpn(profile, authority, aliasOf(context)), draft, context);
}

/** The apps that take a tunnel as a file import it. */
function asFile({ name }: VpnProfile, app: string, text: string, draft: Draft, { base, shelf }: VpnContext): Part {
  const bytes = Buffer.from(text, 'utf8');
  const [folder, ending] = app === wireguardPackage ? ['wireguard', 'conf'] : ['openvpn', 'ovpn'];
  const path = `/${folder}/${slugOf(name)}.${ending}`;
  const url = `${base}/files/${shelf.offer(`${slugOf(name)}.${ending}`, bytes)}`;
  const file = draft.file({ path, url, hash: hashOf(bytes) }, name);
  draft.carrierApp(app);
  return { carriers: [`file:${path}`], files: [file] };
}
