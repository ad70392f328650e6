// CertificateStore: the computer's authorities, its own identity, and its renewal (specs/windows.md §1.7, §2.0, §2.2; case D2).
import type { WindowsMemory } from '../memory.js';
import { leafOfCertificate, thumbprintOf } from './certificates.js';
import { refuse } from './leaves.js';
import type { CspContext, CspModule, NodeAddress, NodeValue } from './module.js';
import { trustedStores } from './trusted-stores.js';

const root = './Device/Vendor/MSFT/CertificateStore';

const stores = trustedStores(
  [root],
  [
    { address: `${root}/ROOT/System`, store: 'Root' },
    { address: `${root}/ROOT`, store: 'Root' },
    { address: `${root}/CA/System`, store: 'CA' },
    { address: `${root}/CA`, store: 'CA' },
    { address: `${root}/MY/User`, store: 'My' },
  ],
);

export const certificateStoreModule: CspModule = {
  ...stores,
  get(node, context) {
    return renewalLeaf(node, context.memory) ?? storedLeaf(node, context) ?? stores.get?.(node, context);
  },
  /** What enrollment brought is there though no command wrote it: roots, intermediates, the device's own certificate. */
  children(node, { memory }) {
    const store = enrolledStore(node);
    return store === undefined ? [] : [...enrolledIn(store, memory).keys()];
  },
  judge(write, context) {
    const { node, verb } = write;
    const at = node.schemaNames.indexOf('{CertHash}');
    const store = at < 0 ? undefined : enrolledStore({ ...node, names: node.names.slice(0, at) });
    const isThere = store !== undefined && enrolledIn(store, context.memory).has((node.names[at] ?? '').toUpperCase());
    if (verb === 'Add' && isThere) return refuse(418, 'enrollment brought this certificate');
    return stores.judge?.(write, context);
  },
  async exec(node, _item, { memory }) {
    if (node.schemaNames.at(-1) !== 'RenewNow') return refuse(405, 'only RenewNow is carried out here');
    memory.change({ renewal: { status: 0, errorCode: 0, ...memory.data.renewal, now: true } });
    return { status: 200 };
  },
};

const renewNames = ['WSTEP', 'Renew'];

/** Under My/WSTEP: what the last renewal came to. An HRESULT is shown as a whole number without sign (case D2). */
function renewalLeaf({ schemaNames }: NodeAddress, { data }: WindowsMemory): NodeValue | undefined {
  const at = schemaNames.indexOf('WSTEP');
  if (at < 0) return undefined;
  const leaf = schemaNames.at(-1);
  if (leaf === 'CertThumprint') return { format: 'chr', value: thumbprintOf(data.identity.certificate) };
  if (!renewNames.every((name) => schemaNames.includes(name))) return undefined;
  const { renewal } = data;
  const last = renewal?.lastAttemptAt;
  switch (leaf) {
    case 'Status':
      return { format: 'int', value: String(renewal?.status ?? 0) };
    case 'ErrorCode':
      return { format: 'int', value: String((renewal?.errorCode ?? 0) >>> 0) };
    case 'LastRenewalAttemptTime':
      return { format: 'time', value: last === undefined ? '' : new Date(last).toISOString().replace('.000Z', 'Z') };
    default:
      return undefined;
  }
}

/** Which store's list this node is; undefined for any other. */
function enrolledStore({ names }: NodeAddress): string | undefined {
  const path = names.slice(3).join('/').toLowerCase();
  return { 'root/system': 'Root', 'ca/system': 'CA', 'my/user': 'My' }[path];
}

/** By thumbprint, what no command brought. */
function enrolledIn(store: string, { data }: WindowsMemory): ReadonlyMap<string, Uint8Array> {
  const found = Object.values(data.certificates).filter((each) => each.store === store && each.node === undefined);
  const own = store === 'My' ? [data.identity.certificate] : [];
  return new Map([...own, ...found.map(({ der }) => der)].map((der) => [thumbprintOf(der), der]));
}

function storedLeaf(node: NodeAddress, { memory, tree }: CspContext): NodeValue | undefined {
  const at = node.schemaNames.indexOf('{CertHash}');
  const list = { ...node, names: node.names.slice(0, at) };
  const store = at < 0 || tree.has(node.uri) ? undefined : enrolledStore(list);
  const der = store === undefined ? undefined : enrolledIn(store, memory).get((node.names[at] ?? '').toUpperCase());
  return der === undefined ? undefined : leafOfCertificate(node.schemaNames.at(-1) ?? '', der);
}
