// VPNv2: connections, each as one ProfileXML document or node by node (specs/windows.md §2.0, §2.2).
import type { VpnProfileDocument } from '../../../../protocol/csp/vpn-profile.js';
import { readVpnProfile } from '../../../../protocol/csp/vpn-profile.js';
import { encodeSegment } from '../../../../protocol/syncml/loc-uri.js';
import { hideText } from './hide-text.js';
import { isRefused, judged, leavesOf, refuse } from './leaves.js';
import type { CspContext, CspModule, NodeAddress, ProfileNode, ProfileReading, Refusal, TreeView } from './module.js';
import { documentOfNodes } from './vpn-nodes.js';
import { vpnReading } from './vpn-settings.js';

const device = './Device/Vendor/MSFT/VPNv2';
const roots = ['./User/Vendor/MSFT/VPNv2', device];
/** The names above a connection: Vendor, MSFT, VPNv2. */
const depth = 3;

export const vpnv2Module: CspModule = {
  roots,
  /** A shared key is not to be had again, not by its node and not by the document. */
  get(node, { tree }) {
    const [leaf] = node.schemaNames.slice(depth + 1);
    const xml = leaf === 'ProfileXML' ? tree.value(node.uri) : undefined;
    return xml === undefined ? undefined : hideText(xml, 'L2tpPsk', '********');
  },
  profiles: roots.map((root): ProfileNode => ({ at: `${root}/{ProfileName}`, read })),
};

function read(instance: NodeAddress, tree: TreeView, { memory }: Pick<CspContext, 'memory'>): ProfileReading {
  const document = documentOf(instance, tree);
  if (document === 'incomplete') return document;
  if ('refused' in document) return document.refused;
  const tunnel = tunnelRefused(document, instance, tree);
  if (tunnel !== undefined) return tunnel;
  return vpnReading(instance.names[depth] ?? '', document, tree, memory);
}

type Document = VpnProfileDocument | 'incomplete' | { readonly refused: Refusal };

function documentOf(instance: NodeAddress, tree: TreeView): Document {
  const leaf = leavesOf(tree, instance);
  const xml = leaf('ProfileXML');
  const hasNodes =
    tree.has(`${instance.uri}/NativeProfile/Servers`) || tree.has(`${instance.uri}/PluginProfile/ServerUrlList`);
  if (xml === undefined) return judged(() => documentOfNodes(leaf, tree, instance.uri));
  if (hasNodes) return { refused: refuse(500, 'a connection is written as ProfileXML or by its nodes, not both') };
  return judged(() => readVpnProfile(xml));
}

/** A device has one device tunnel, and it is always the computer's. */
function tunnelRefused(
  { deviceTunnel }: VpnProfileDocument,
  instance: NodeAddress,
  tree: TreeView,
): Refusal | undefined {
  if (!deviceTunnel) return undefined;
  if (instance.scope !== 'device') return refuse(500, 'a device tunnel is no connection of a user');
  const own = instance.uri.toLowerCase();
  const other = tree.names(device).find((name) => {
    const uri = `${device}/${encodeSegment(name)}`;
    if (uri.toLowerCase() === own) return false;
    const document = documentOf({ ...instance, uri }, tree);
    return document !== 'incomplete' && !isRefused(document) && document.deviceTunnel;
  });
  return other === undefined ? undefined : refuse(500, 'a device has one device tunnel');
}
