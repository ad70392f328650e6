import { type Markup, maybeTag, tag } from './document.js';
import { eapHostConfigMarkup } from './eap.js';
import type { NativeVpn, PluginVpn, VpnProfileDocument } from './vpn-document.js';

/** The document, in the order of Learn's schema. */
export function vpnMarkup(profile: VpnProfileDocument): Markup {
  return tag(
    'VPNProfile',
    tag('RememberCredentials', profile.rememberCredentials),
    tag('AlwaysOn', profile.alwaysOn),
    maybeTag('DnsSuffix', profile.dnsSuffix),
    maybeTag('TrustedNetworkDetection', profile.trustedNetworkDetection),
    profile.deviceTunnel ? tag('DeviceTunnel', true) : undefined,
    profile.plugin && pluginMarkup(profile.plugin),
    profile.native && nativeMarkup(profile.native),
    ...profile.routes.map(({ address, prefixSize }) =>
      tag('Route', tag('Address', address), tag('PrefixSize', prefixSize)),
    ),
  );
}

const pluginMarkup = ({ serverUrls, packageFamilyName }: PluginVpn): Markup =>
  tag('PluginProfile', tag('ServerUrlList', serverUrls), tag('PluginPackageFamilyName', packageFamilyName));

const nativeMarkup = (native: NativeVpn): Markup =>
  tag(
    'NativeProfile',
    tag('Servers', native.servers),
    maybeTag('RoutingPolicyType', native.routingPolicy),
    tag('NativeProtocolType', native.protocol),
    maybeTag('L2tpPsk', native.l2tpPsk),
    tag(
      'Authentication',
      maybeTag('UserMethod', native.userMethod),
      maybeTag('MachineMethod', native.machineMethod),
      native.eap && tag('Eap', tag('Configuration', eapHostConfigMarkup(native.eap))),
      native.certificate &&
        tag('Certificate', maybeTag('Issuer', native.certificate.issuer), maybeTag('EKU', native.certificate.eku)),
    ),
  );
