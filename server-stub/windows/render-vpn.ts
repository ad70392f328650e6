// VPNv2 CSP: a ProfileXML under the profile's name. A change is Delete and Add.
import { type EapHostConfig, eapMethods } from '../../protocol/csp/eap.js';
import { type NativeVpn, type VpnProfileDocument, writeVpnProfile } from '../../protocol/csp/vpn-profile.js';
import { joinLocUri } from '../../protocol/syncml/loc-uri.js';
import type { VpnProfile } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import type { RenderContext, Rendered } from './rendered.js';
import { add, atomic } from './steps.js';

/**
 * User names and passwords are not in such a document: a person types them. Throws MESSAGE_REFUSED for what Windows' own
 * protocols cannot do, NOT_FOUND where the certificate that it names is not assigned.
 */
export function renderVpn(profile: VpnProfile, { certificate }: RenderContext): Rendered {
  const { name } = profile;
  if (profile.certificate !== undefined && certificate(profile.certificate) === undefined) {
    throw stubError('NOT_FOUND', `profile "${name}" names certificate "${profile.certificate}", which is not assigned`);
  }
  if (name.includes('/')) throw stubError('MESSAGE_REFUSED', `profile "${name}": VPNv2 takes no name with a slash`);
  const node = joinLocUri(['Device', 'Vendor', 'MSFT', 'VPNv2', name]);
  return {
    nodes: [node],
    shape: 'ProfileXML',
    add: [atomic(add(`${node}/ProfileXML`, writeVpnProfile(documentOf(profile))))],
    isOfUser: false,
  };
}

function documentOf(profile: VpnProfile): VpnProfileDocument {
  const { server, protocol, app, authentication } = profile;
  const common = {
    alwaysOn: protocol === 'always-on',
    deviceTunnel: false,
    rememberCredentials: authentication === 'password' || authentication === 'password-and-certificate',
    routes: [],
  };
  if (protocol !== 'app') return { ...common, native: nativeOf(profile) };
  if (app === undefined) throw stubError('MESSAGE_REFUSED', `profile "${profile.name}": there is no app`);
  return { ...common, plugin: { serverUrls: server, packageFamilyName: app } };
}

const mschapv2: EapHostConfig = { type: eapMethods.mschapv2, authorId: 0 };

function nativeOf(profile: VpnProfile): NativeVpn {
  const { server: servers, protocol, authentication, sharedSecret, name } = profile;
  if (protocol === 'ipsec') {
    throw stubError('MESSAGE_REFUSED', `profile "${name}": Windows has no IPSec (XAuth) of its own`);
  }
  const isL2tp = protocol === 'l2tp';
  const base = { servers, protocol: isL2tp ? 'L2TP' : 'IKEv2' } as const;
  const psk = sharedSecret === undefined ? {} : { l2tpPsk: sharedSecret };
  const byPassword = isL2tp ? ({ userMethod: 'MSChapv2' } as const) : ({ userMethod: 'Eap', eap: mschapv2 } as const);
  switch (authentication) {
    case 'certificate':
      return { ...base, machineMethod: 'Certificate' };
    case 'shared-secret':
      return isL2tp ? { ...base, ...psk, ...byPassword } : { ...base, ...psk, machineMethod: 'PresharedKey' };
    case 'password':
      return { ...base, ...psk, ...byPassword };
    case 'password-and-certificate':
      return { ...base, ...psk, ...byPassword, machineMethod: 'Certificate' };
    case 'none':
      throw stubError('MESSAGE_REFUSED', `profile "${name}": Windows has no VPN without authentication`);
  }
}
