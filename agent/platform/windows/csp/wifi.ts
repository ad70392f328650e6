// WiFi: networks as WLAN profiles (specs/windows.md §2.0, §2.2; case D8).
import { readWlanProfile, type WlanProfile } from '../../../../protocol/csp/wlan-profile.js';
import type { WifiProfile } from '../../../../protocol/vocabulary.js';
import { eapSettings, identityFor } from './eap-settings.js';
import { hideText } from './hide-text.js';
import { isRefused, judged, leavesOf, optional, reading, refuse } from './leaves.js';
import type {
  CspContext,
  CspModule,
  NodeAddress,
  NodeWrite,
  ProfileNode,
  ProfileReading,
  Refusal,
  TreeView,
} from './module.js';

const roots = ['./User/Vendor/MSFT/WiFi', './Device/Vendor/MSFT/WiFi'];

/** Octets of the name of a network (IEEE 802.11 §9.4.2.2). */
const longestName = 32;
/** The names above a network: Vendor, MSFT, WiFi, Profile. */
const depth = 4;

/** Leaves that only phones had: on a PC they fail (Learn). The number is ours. */
const phonesOnly = ['Proxy', 'ProxyPacUrl', 'ProxyWPAD'];

export const wifiModule: CspModule = {
  roots,
  /** The key is not to be had again: Windows has encrypted it (MS-GPWL: protected). What else was written is given back. */
  get(node, { tree }) {
    if (node.schemaNames[depth + 1] !== 'WlanXml') return undefined;
    const xml = tree.value(node.uri);
    return xml === undefined ? undefined : withoutKey(xml);
  },
  judge({ verb, node }: NodeWrite): Refusal | undefined {
    const network = node.names[depth];
    if (verb === 'Delete' || network === undefined) return undefined;
    if (Buffer.byteLength(network, 'utf8') > longestName)
      return refuse(500, `the name of a network is longer than ${longestName} octets`);
    if (phonesOnly.includes(node.schemaNames[depth + 1] ?? ''))
      return refuse(500, `${node.schemaNames[depth + 1]} fails on a PC`);
    return undefined;
  },
  /** Servers delete a network by its WlanXml, too (Learn): nothing of it stays. */
  written({ verb, node }, { tree }) {
    if (verb === 'Delete' && node.schemaNames[depth + 1] === 'WlanXml') tree.remove(networkOf(node));
    return undefined;
  },
  profiles: roots.map((root): ProfileNode => ({ at: `${root}/Profile/{SSID}`, read })),
};

/** How every key begins that DPAPI has encrypted; what follows there is nobody's to read. */
const dpapi = '01000000D08C9DDF0115D1118C7A00C04FC297EB01000000';

const withoutKey = (xml: string): string => hideText(hideText(xml, 'keyMaterial', dpapi), 'protected', 'true');

const networkOf = ({ uri }: NodeAddress): string => uri.slice(0, uri.lastIndexOf('/'));

function read(instance: NodeAddress, tree: TreeView, { memory }: Pick<CspContext, 'memory'>): ProfileReading {
  const xml = leavesOf(tree, instance)('WlanXml');
  if (xml === undefined) return 'incomplete';
  const document = judged(() => readWlanProfile(xml));
  if (isRefused(document)) return document.refused;
  const name = instance.names[depth] ?? '';
  if (document.name !== name) return refuse(500, 'the name in WlanXml is not the name of its node');
  const { oneX } = document;
  const identity = oneX === undefined ? undefined : identityFor(oneX.eap, tree, memory);
  return reading({
    kind: 'wifi',
    name,
    ssid: textOf(document.ssid),
    hidden: document.nonBroadcast,
    autoJoin: document.connectionMode === 'auto',
    security: securityOf(document),
    ...optional('passphrase', passphraseOf(document)),
    ...(oneX === undefined ? {} : { eap: eapSettings(oneX.eap, identity) }),
  });
}

/** Octets that are no UTF-8 are shown as Latin-1. */
function textOf(octets: Uint8Array): string {
  const bytes = Buffer.from(octets);
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : bytes.toString('latin1');
}

/** Enhanced Open (OWE) asks nobody who they are. */
function securityOf({ authentication, encryption }: WlanProfile): WifiProfile['security'] {
  if (encryption === 'WEP') return 'wep';
  if (authentication.startsWith('WPA3')) return 'wpa3';
  if (authentication.startsWith('WPA2')) return 'wpa2';
  return authentication.startsWith('WPA') ? 'wpa' : 'none';
}

const passphraseOf = ({ sharedKey }: WlanProfile): string | undefined =>
  sharedKey === undefined || sharedKey.isProtected ? undefined : sharedKey.keyMaterial;
