// Stores whose certificates a server names by thumbprint: `.../Root/{CertHash}/EncodedCertificate`.
import { broughtBy, certificateIn, dropCertificates, keepCertificate, leafOfCertificate } from './certificates.js';
import { reading } from './leaves.js';
import type { CspContext, CspModule, NodeAddress, ProfileNode, ProfileReading } from './module.js';

interface TrustedStore {
  /** Of the store's node: `./Device/Vendor/MSFT/RootCATrustedCertificates/Root`. */
  readonly address: string;
  /** As saved.ts names stores: Root, CA, My, TrustedPublisher, ... */
  readonly store: string;
}

const roles: Readonly<Record<string, 'root' | 'intermediate'>> = { Root: 'root', CA: 'intermediate' };

/** Where in an address the thumbprint stands; undefined above it. */
const hashAt = ({ schemaNames }: NodeAddress): number | undefined => {
  const at = schemaNames.indexOf('{CertHash}');
  return at < 0 ? undefined : at;
};

/** `./Device/...` up to and with the thumbprint. */
const certificateNode = ({ uri, names }: NodeAddress, at: number): string =>
  uri
    .split('/')
    .slice(0, uri.split('/').length - (names.length - at - 1))
    .join('/');

/** A module of such stores: certificates are judged, kept in the memory, and profiles where the store is one of authorities. */
export function trustedStores(roots: readonly string[], stores: readonly TrustedStore[]): CspModule {
  const storeOf = (uri: string): TrustedStore | undefined =>
    stores
      .filter(({ address }) => uri.toLowerCase().startsWith(`${address.toLowerCase()}/`))
      .sort((a, b) => b.address.length - a.address.length)[0];
  return {
    roots,
    get(node, { memory }) {
      const at = hashAt(node);
      const held = at === undefined ? undefined : broughtBy(certificateNode(node, at), memory);
      return held === undefined ? undefined : leafOfCertificate(node.schemaNames.at(-1) ?? '', held.der);
    },
    judge({ verb, node, value }) {
      const at = hashAt(node);
      if (verb === 'Delete' || at === undefined || value === undefined) return undefined;
      if (node.schemaNames.at(-1) !== 'EncodedCertificate') return undefined;
      const found = certificateIn(value.value, node.names[at] ?? '');
      return 'status' in found ? found : undefined;
    },
    written({ verb, node, value }, { memory, tree }) {
      const at = hashAt(node);
      if (at === undefined) return undefined;
      const uri = certificateNode(node, at);
      if (verb === 'Delete') dropCertificates(uri, memory);
      if (verb === 'Delete' || value === undefined) return undefined;
      const found = certificateIn(value.value, node.names[at] ?? '');
      if ('status' in found) return found;
      const store = storeOf(uri)?.store ?? 'My';
      keepCertificate({ der: found.der, store, scope: node.scope === 'user' ? 'user' : 'device', node: uri }, memory);
      tree.set(node.uri, ''); // `get` shows it from there: once is enough
      return undefined;
    },
    profiles: stores.flatMap(({ address, store }): readonly ProfileNode[] => {
      const role = roles[store];
      if (role === undefined) return [];
      return [{ at: `${address}/{CertHash}`, read: (instance, _, context) => readAuthority(instance, role, context) }];
    }),
  };
}

function readAuthority(
  { uri, names }: NodeAddress,
  role: 'root' | 'intermediate',
  { memory }: Pick<CspContext, 'memory'>,
): ProfileReading {
  const held = broughtBy(uri, memory);
  if (held === undefined) return 'incomplete';
  const name = (names.at(-1) ?? '').toUpperCase();
  return reading({ kind: 'certificate', name, role, source: { type: 'der', der: held.der } });
}
