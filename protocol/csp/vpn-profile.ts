// VPNProfile, what ProfileXML of the VPNv2 CSP holds. Learn's schema has no namespace; its own samples do not keep to the order of
// its sequences, so that none is asked for here.
import { elementsOf, textOf, type XmlElement } from '../xml/element.js';
import { booleanOf, malformed, numberOf, plainText, readDocument } from './document.js';
import { type EapHostConfig, eapHostConfigOf } from './eap.js';
import {
  type NativeProtocol,
  type NativeVpn,
  nativeProtocols,
  type PluginVpn,
  type VpnProfileDocument,
  type VpnRoute,
} from './vpn-document.js';
import { vpnMarkup } from './vpn-write.js';

export type { NativeVpn, PluginVpn, VpnCertificate, VpnProfileDocument, VpnRoute } from './vpn-document.js';
export { nativeProtocols } from './vpn-document.js';

/** The elements that VPNProfile may hold, by Learn's schema and by the nodes that came later. */
const known = new Set([
  'ProfileName',
  'EdpModeId',
  'RememberCredentials',
  'AlwaysOn',
  'AlwaysOnActive',
  'DnsSuffix',
  'TrustedNetworkDetection',
  'LockDown',
  'DeviceTunnel',
  'RegisterDNS',
  'ByPassForLocal',
  'Proxy',
  'APNBinding',
  'DeviceCompliance',
  'PluginProfile',
  'AppTrigger',
  'DomainNameInformation',
  'TrafficFilter',
  'NativeProfile',
  'Route',
  'DisableAdvancedOptionsEditButton',
  'DisableDisconnectButton',
  'RequireVpnClientAppUI',
  'NetworkOutageTime',
  'IPv4InterfaceMetric',
  'IPv6InterfaceMetric',
  'UseRasCredentials',
  'DataEncryption',
  'PrivateNetwork',
  'DisableIKEv2Fragmentation',
]);
const repeated = new Set(['AppTrigger', 'DomainNameInformation', 'TrafficFilter', 'Route']);

/**
 * Reads a ProfileXML document. Throws CSP_MALFORMED: no XML, another root, an element that VPNProfile does not have, both or none
 * of NativeProfile and PluginProfile, a native profile without servers or without a way to sign in.
 */
export function readVpnProfile(xml: string): VpnProfileDocument {
  const root = readDocument(xml, 'VPNProfile', '');
  for (const { name } of elementsOf(root)) {
    if (!known.has(name)) throw malformed(`VPNProfile has no element ${name.slice(0, 60)}`);
    if (!repeated.has(name) && elementsOf(root, name).length > 1) throw malformed(`VPNProfile has ${name} twice`);
  }
  const native = only(root, 'NativeProfile');
  const plugin = only(root, 'PluginProfile');
  if ((native === undefined) === (plugin === undefined))
    throw malformed('VPNProfile needs one of NativeProfile and PluginProfile');
  const suffix = textAt(root, 'DnsSuffix');
  const trusted = textAt(root, 'TrustedNetworkDetection');
  return {
    ...(native === undefined ? {} : { native: nativeOf(native) }),
    ...(plugin === undefined ? {} : { plugin: pluginOf(plugin) }),
    alwaysOn: flagAt(root, 'AlwaysOn') ?? false,
    deviceTunnel: flagAt(root, 'DeviceTunnel') ?? false,
    rememberCredentials: flagAt(root, 'RememberCredentials') ?? false,
    ...(suffix === undefined || suffix === '' ? {} : { dnsSuffix: suffix }),
    ...(trusted === undefined || trusted === '' ? {} : { trustedNetworkDetection: trusted }),
    routes: elementsOf(root, 'Route').map(routeOf),
  };
}

function only(element: XmlElement, name: string): XmlElement | undefined {
  const [found, second] = elementsOf(element, name);
  if (second !== undefined) throw malformed(`${element.name} has ${name} twice`);
  return found;
}

function textAt(element: XmlElement, name: string): string | undefined {
  const found = only(element, name);
  return found === undefined ? undefined : plainText(found);
}

function neededText(element: XmlElement, name: string): string {
  const text = textAt(element, name);
  if (text === undefined || text === '') throw malformed(`${element.name} has no ${name}`);
  return text;
}

function flagAt(element: XmlElement, name: string): boolean | undefined {
  const text = textAt(element, name);
  return text === undefined ? undefined : booleanOf(text, name);
}

function nativeOf(element: XmlElement): NativeVpn {
  const authentication = only(element, 'Authentication');
  if (authentication === undefined) throw malformed('NativeProfile has no Authentication');
  const psk = textAt(element, 'L2tpPsk');
  const routing = textAt(element, 'RoutingPolicyType');
  const certificate = only(authentication, 'Certificate');
  const userMethod = textAt(authentication, 'UserMethod');
  const machineMethod = textAt(authentication, 'MachineMethod');
  const eap = only(authentication, 'Eap');
  return {
    servers: neededText(element, 'Servers'),
    protocol: protocolOf(textAt(element, 'NativeProtocolType') ?? 'Automatic'),
    ...(routing === undefined ? {} : { routingPolicy: routingOf(routing) }),
    ...(psk === undefined || psk === '' ? {} : { l2tpPsk: psk }),
    ...(userMethod === undefined ? {} : { userMethod: methodOf(userMethod, ['Eap', 'MSChapv2'], 'UserMethod') }),
    ...(machineMethod === undefined
      ? {}
      : { machineMethod: methodOf(machineMethod, ['Certificate', 'Eap', 'PresharedKey'], 'MachineMethod') }),
    ...(eap === undefined ? {} : { eap: eapIn(eap) }),
    ...(certificate === undefined ? {} : { certificate: certificateOf(certificate) }),
  };
}

/** Words are compared without regard to case: Learn's own text has EAP and Eap, IKEv2 and Ikev2. */
function methodOf<const T extends string>(text: string, words: readonly T[], what: string): T {
  const word = words.find((each) => each.toLowerCase() === text.toLowerCase());
  if (word === undefined) throw malformed(`${what} is none of ${words.join(', ')}`);
  return word;
}

/** NativeProtocolType, in any case. Throws CSP_MALFORMED. */
export const protocolOf = (text: string): NativeProtocol => methodOf(text, nativeProtocols, 'NativeProtocolType');

const routingOf = (text: string) => methodOf(text, ['SplitTunnel', 'ForceTunnel'], 'RoutingPolicyType');

/** Configuration holds the element itself, or its text. */
function eapIn(eap: XmlElement): EapHostConfig {
  const configuration = only(eap, 'Configuration');
  const host = configuration && elementsOf(configuration)[0];
  if (host !== undefined) return eapHostConfigOf(host);
  const text = configuration === undefined ? '' : textOf(configuration).trim();
  if (text === '') throw malformed('Eap has no Configuration');
  return eapHostConfigOf(readDocument(text, 'EapHostConfig', 'http://www.microsoft.com/provisioning/EapHostConfig'));
}

function certificateOf(element: XmlElement) {
  const issuer = textAt(element, 'Issuer');
  const eku = textAt(element, 'EKU') ?? textAt(element, 'Eku');
  return { ...(issuer === undefined ? {} : { issuer }), ...(eku === undefined ? {} : { eku }) };
}

function pluginOf(element: XmlElement): PluginVpn {
  return {
    serverUrls: neededText(element, 'ServerUrlList'),
    packageFamilyName: neededText(element, 'PluginPackageFamilyName'),
  };
}

function routeOf(element: XmlElement): VpnRoute {
  const prefixSize = numberOf(neededText(element, 'PrefixSize'), 'PrefixSize', 3);
  if (prefixSize > 128) throw malformed('PrefixSize is more than 128');
  return { address: neededText(element, 'Address'), prefixSize };
}

/** Writes the document; `readVpnProfile` gives it back. */
export const writeVpnProfile = (profile: VpnProfileDocument): string => vpnMarkup(profile).text;
