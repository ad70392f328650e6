// VPN connections in neutral words.
import type { NativeVpn, PluginVpn, VpnProfileDocument } from '../../../../protocol/csp/vpn-profile.js';
import type { VpnProfile } from '../../../../protocol/vocabulary.js';
import type { WindowsMemory } from '../memory.js';
import { identityFor, needsCertificate } from './eap-settings.js';
import { optional, reading, refuse } from './leaves.js';
import type { ProfileReading, TreeView } from './module.js';

/** The profile of this name. A native connection by EAP without a configuration is answered 500. */
export function vpnReading(
  name: string,
  document: VpnProfileDocument,
  tree: TreeView,
  memory: Pick<WindowsMemory, 'data'>,
): ProfileReading {
  const { native, plugin, alwaysOn } = document;
  if (plugin !== undefined) return reading(appConnection(name, plugin));
  if (native === undefined) return 'incomplete';
  if (native.userMethod === 'Eap' && native.eap === undefined)
    return refuse(500, 'the user signs in by EAP, and there is no EAP configuration');
  const server = firstServer(native.servers);
  if (server === '') return refuse(500, 'Servers names no server');
  const protocol = protocolOf(native, alwaysOn);
  if (protocol === undefined) return reading({ kind: 'configuration', name, type: 'VPNv2', settings: shown(document) });
  const authentication = methodOf(native);
  const byCertificate = authentication === 'certificate' || authentication === 'password-and-certificate';
  const identity = byCertificate ? identityFor(native.eap ?? { type: 0 }, tree, memory) : undefined;
  return reading({
    kind: 'vpn',
    name,
    connectionName: name,
    protocol,
    server,
    authentication,
    ...optional('sharedSecret', authentication === 'shared-secret' ? native.l2tpPsk : undefined),
    ...optional('certificate', identity),
  });
}

const appConnection = (name: string, { serverUrls, packageFamilyName }: PluginVpn): VpnProfile => ({
  kind: 'vpn',
  name,
  connectionName: name,
  protocol: 'app',
  server: serverUrls.split(';', 1)[0]?.trim() ?? '',
  authentication: 'password', // a plug-in's own business: people sign in there
  app: packageFamilyName,
});

/** `a.example;Berlin,b.example;Oslo`: the first, without the name that is shown for it. */
const firstServer = (servers: string): string => servers.split(/[,;]/, 1)[0]?.trim() ?? '';

/** Automatic tries IKEv2 first. PPTP and SSTP have no neutral word. */
function protocolOf({ protocol }: NativeVpn, alwaysOn: boolean): VpnProfile['protocol'] | undefined {
  if (protocol === 'L2TP') return 'l2tp';
  if (protocol === 'PPTP' || protocol === 'SSTP') return undefined;
  return alwaysOn ? 'always-on' : 'ikev2';
}

function methodOf({ eap, userMethod, machineMethod, l2tpPsk, protocol }: NativeVpn): VpnProfile['authentication'] {
  const byMachine = machineMethod === 'Certificate';
  if (l2tpPsk !== undefined && (protocol === 'L2TP' || machineMethod === 'PresharedKey')) return 'shared-secret';
  if (eap !== undefined && needsCertificate(eap)) return 'certificate';
  if (eap !== undefined || userMethod !== undefined) return byMachine ? 'password-and-certificate' : 'password';
  return byMachine ? 'certificate' : 'none';
}

/** What is kept of a connection that has no neutral word; no secrets. */
const shown = ({ native, alwaysOn }: VpnProfileDocument) => ({
  Servers: native?.servers,
  NativeProtocolType: native?.protocol,
  AlwaysOn: alwaysOn,
});
