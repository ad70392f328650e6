// A VPN connection that was written node by node, as the document that it comes to.
import { readEapHostConfig } from '../../../../protocol/csp/eap.js';
import { protocolOf, type VpnProfileDocument } from '../../../../protocol/csp/vpn-profile.js';
import { encodeSegment } from '../../../../protocol/syncml/loc-uri.js';
import { type Leaves, optional } from './leaves.js';
import type { TreeView } from './module.js';

/** Throws CSP_MALFORMED for an EAP configuration that cannot be read. `incomplete`: neither servers nor a plug-in yet. */
export function documentOfNodes(leaf: Leaves, tree: TreeView, uri: string): VpnProfileDocument | 'incomplete' {
  const servers = leaf('NativeProfile/Servers') ?? '';
  const serverUrls = leaf('PluginProfile/ServerUrlList') ?? '';
  const packageFamilyName = leaf('PluginProfile/PluginPackageFamilyName') ?? '';
  const isPlugin = serverUrls !== '' && packageFamilyName !== '';
  const type = leaf('NativeProfile/NativeProtocolType');
  if (!isPlugin && (servers === '' || type === undefined)) return 'incomplete';
  return {
    ...(isPlugin
      ? { plugin: { serverUrls, packageFamilyName } }
      : { native: nativeOf(leaf, tree, uri, servers, type ?? '') }),
    alwaysOn: leaf('AlwaysOn') === 'true',
    deviceTunnel: leaf('DeviceTunnel') === 'true',
    rememberCredentials: leaf('RememberCredentials') === 'true',
    ...optional('dnsSuffix', leaf('DnsSuffix')),
    ...optional('trustedNetworkDetection', leaf('TrustedNetworkDetection')),
    routes: [],
  };
}

type Native = NonNullable<VpnProfileDocument['native']>;

function nativeOf(leaf: Leaves, tree: TreeView, uri: string, servers: string, type: string): Native {
  const at = (name: string) => leaf(`NativeProfile/${name}`);
  const user = at('Authentication/UserMethod')?.toLowerCase();
  const eap = at('Authentication/Eap/Configuration');
  return {
    servers,
    protocol: protocolOf(type === 'ProtocolList' ? firstOfList(leaf, tree, uri) : type),
    ...(at('RoutingPolicyType') === 'ForceTunnel' ? { routingPolicy: 'ForceTunnel' } : {}),
    ...optional('l2tpPsk', at('L2tpPsk')),
    ...(user === undefined ? {} : { userMethod: user === 'eap' ? 'Eap' : 'MSChapv2' }),
    ...(at('Authentication/MachineMethod') === undefined ? {} : { machineMethod: 'Certificate' }),
    ...(eap === undefined ? {} : { eap: readEapHostConfig(eap) }),
  };
}

/** The protocol that is tried first. */
function firstOfList(leaf: Leaves, tree: TreeView, uri: string): string {
  const list = 'NativeProfile/ProtocolList/NativeProtocolList';
  const [first] = tree.names(`${uri}/${list}`);
  const type = first === undefined ? undefined : leaf(`${list}/${encodeSegment(first)}/Type`);
  return type ?? 'Automatic';
}
