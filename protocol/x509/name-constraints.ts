// Name constraints (RFC 5280 §4.2.1.10): for which names an authority may issue.
import { isIP } from 'node:net';
import type { Certificate } from './certificate.js';
import { children, context, contextPrimitive, type DerNode, fields, inner, readDer } from './der.js';
import { type Rdn, readName } from './name.js';
import { oids } from './oids.js';

/** Some names, by their kinds; what is no server's name is passed over. */
interface Subtrees {
  readonly dns: readonly string[];
  /** Address and mask, one after the other. */
  readonly addresses: readonly Buffer[];
  readonly directories: readonly (readonly Rdn[])[];
}

/** What an authority may issue for; undefined where it says nothing. Throws X509_MALFORMED through its caller's reader. */
function readNameConstraints({ extensions }: Certificate): { permitted: Subtrees; excluded: Subtrees } | undefined {
  const found = extensions.get(oids.nameConstraints);
  if (found === undefined) return undefined;
  const parts = fields(readDer(found.value), 'NameConstraints').rest();
  const of = (tag: number) => subtrees(parts.filter((part) => part.tag === tag).flatMap(children));
  return { permitted: of(context(0)), excluded: of(context(1)) };
}

function subtrees(list: readonly DerNode[]): Subtrees {
  const bases = list.map((subtree) => fields(subtree, 'GeneralSubtree').take());
  return {
    dns: bases
      .filter(({ tag }) => tag === contextPrimitive(2))
      .map(({ content }) => content.toString('latin1').toLowerCase()),
    addresses: bases.filter(({ tag }) => tag === contextPrimitive(7)).map(({ content }) => content),
    directories: bases.filter(({ tag }) => tag === context(4)).map((base) => readName(inner(base).bytes)),
  };
}

/** Bound of ours on names times constraints: both come from strangers. */
const mostComparisons = 1_000_000;

/**
 * The first name of a certificate, of those that are looked at (DNS names, addresses, the subject), that this authority may not
 * issue for: outside of what it is permitted of that kind, or within what it is not. Undefined for none.
 */
export function nameOutside(authority: Certificate, certificate: Certificate): string | undefined {
  const constraints = readNameConstraints(authority);
  if (constraints === undefined) return undefined;
  const { permitted, excluded } = constraints;
  const outside = <N, T>(name: N, allowed: readonly T[], denied: readonly T[], isIn: (name: N, tree: T) => boolean) =>
    (allowed.length > 0 && !allowed.some((tree) => isIn(name, tree))) || denied.some((tree) => isIn(name, tree));
  const { dNSName = [], iPAddress = [] } = certificate.subjectAltName ?? {};
  const trees = [permitted, excluded].reduce((sum, { dns, addresses }) => sum + dns.length + addresses.length, 0);
  if ((dNSName.length + iPAddress.length) * trees > mostComparisons) return 'one of more names than are looked at';
  return (
    dNSName.find((name) => outside(name.toLowerCase(), permitted.dns, excluded.dns, isBelow)) ??
    iPAddress.find((name) => outside(octetsOf(name), permitted.addresses, excluded.addresses, isInNetwork)) ??
    (certificate.subject.length > 0 &&
    outside(certificate.subject, permitted.directories, excluded.directories, startsWith)
      ? certificate.subject
          .flat()
          .map((pair) => pair.join('='))
          .join(', ')
      : undefined)
  );
}

/** The domain itself or one below it; with a dot before it those below it alone. */
const isBelow = (name: string, domain: string): boolean =>
  name === domain || name.endsWith(domain.startsWith('.') || domain === '' ? domain : `.${domain}`);

function isInNetwork(address: Buffer, network: Buffer): boolean {
  if (network.length !== address.length * 2) return false;
  const mask = network.subarray(address.length);
  return address.every((octet, at) => (octet & (mask[at] ?? 0)) === ((network[at] ?? 0) & (mask[at] ?? 0)));
}

const startsWith = (name: readonly Rdn[], tree: readonly Rdn[]): boolean =>
  tree.every((rdn, at) => JSON.stringify(rdn).toLowerCase() === JSON.stringify(name[at] ?? []).toLowerCase());

function octetsOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (part = '') => (part === '' ? [] : part.split(':'));
  const zeros = Array<string>(8 - groups(head).length - groups(tail).length).fill('0');
  const all = tail === undefined ? groups(head) : [...groups(head), ...zeros, ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
