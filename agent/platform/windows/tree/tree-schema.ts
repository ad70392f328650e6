// All trees of a device as one, and the way from an address to its node. One for a process: devices share it.
import { encodeSegment, joinLocUri, splitLocUri } from '../../../../protocol/syncml/loc-uri.js';
import type { NodeAddress } from '../csp/module.js';
import { allows } from './constraint.js';
import type { CspSchema, NodeSchema } from './schema.js';

/** A node on the way to a place, the place itself last. */
export interface Step {
  readonly node: NodeSchema;
  /** As it is called: decoded, in the capitals of the schema where it has the name. */
  readonly name: string;
  /** By which the tree holds it: the canonical address in lower case, but for names that are case-sensitive. */
  readonly key: string;
  /** The root of a CSP: there by itself, whatever its DDF lets a server do to it. */
  readonly isRoot: boolean;
}

/** Where an address leads, whether or not something is there. */
export interface Place {
  readonly address: NodeAddress;
  readonly key: string;
  readonly node: NodeSchema;
  /** From the first name of the address. */
  readonly path: readonly Step[];
}

interface Below {
  readonly fixed: ReadonlyMap<string, NodeSchema>;
  readonly dynamic?: NodeSchema;
}

const interior = (name: string, children: readonly NodeSchema[]): NodeSchema => ({
  name,
  isDynamic: false,
  access: new Set(['Get'] as const),
  format: 'node',
  occurrence: 'One',
  isCaseSensitive: false,
  isAtomic: false,
  needsReboot: false,
  isMasked: false,
  replacesExisting: false,
  children,
});

/** Made by `buildSchema`. */
export class TreeSchema {
  readonly #below = new WeakMap<NodeSchema, Below>();

  constructor(
    readonly root: NodeSchema,
    readonly roots: ReadonlySet<NodeSchema>,
  ) {}

  /** Where an address leads: `./Vendor/MSFT/X` is `./Device/Vendor/MSFT/X`. Undefined where no tree has such a node. */
  find(uri: string): Place | undefined {
    const names = splitLocUri(uri);
    if (names === undefined) return undefined;
    return this.at(names[0]?.toLowerCase() === 'vendor' ? ['Device', ...names] : names);
  }

  /** The same by decoded names from the root; names of a schema, such as `{SSID}`, lead where dynamic ones do. */
  at(names: readonly string[]): Place | undefined {
    let node = this.root;
    let key = '.';
    const path: Step[] = [];
    for (const written of names) {
      const { fixed, dynamic } = this.#children(node);
      const known = fixed.get(written.toLowerCase());
      const next = known !== undefined && (!known.isCaseSensitive || known.name === written) ? known : dynamic;
      if (next === undefined) return undefined;
      node = next;
      const name = next.isDynamic ? written : next.name;
      key += `/${encodeSegment(next.isCaseSensitive ? name : name.toLowerCase())}`;
      path.push({ node, name, key, isRoot: this.roots.has(node) });
    }
    return placeOf(path, this.root);
  }

  #children(node: NodeSchema): Below {
    const known = this.#below.get(node);
    if (known !== undefined) return known;
    const dynamic = node.children.find((child) => child.isDynamic);
    const below: Below = {
      fixed: new Map(
        node.children.filter((child) => !child.isDynamic).map((child) => [child.name.toLowerCase(), child]),
      ),
      ...(dynamic === undefined ? {} : { dynamic }),
    };
    this.#below.set(node, below);
    return below;
  }
}

/** The place that a path leads to; an empty one leads to `root`. */
export function placeOf(path: readonly Step[], root: NodeSchema): Place {
  const names = path.map((step) => step.name);
  const { node, key } = path.at(-1) ?? { node: root, key: '.' };
  const scope = names[0] === 'Device' ? 'device' : names[0] === 'User' ? 'user' : 'root';
  const from = scope === 'root' ? 0 : 1;
  return {
    address: {
      scope,
      names: names.slice(from),
      schemaNames: path.slice(from).map((step) => step.node.name),
      uri: joinLocUri(names),
    },
    key,
    node,
    path,
  };
}

/** The name on the way whose form the schema does not allow, such as a GUID without braces. */
export const misnamed = ({ path }: Place): Step | undefined =>
  path.find(({ node, name }) => node.isDynamic && node.allowed !== undefined && !allows(node.allowed, name));

/** Puts trees together. Throws a TypeError for two of one address: data files are code of ours. */
export function buildSchema(csps: readonly CspSchema[]): TreeSchema {
  interface Branch {
    readonly branches: Map<string, Branch>;
    node?: NodeSchema;
  }
  const root: Branch = { branches: new Map() };
  for (const { name, roots } of csps)
    for (const { address, node } of roots) {
      let branch = root;
      for (const step of address.split('/').slice(1)) {
        const next = branch.branches.get(step) ?? { branches: new Map() };
        branch.branches.set(step, next);
        branch = next;
      }
      if (branch.node !== undefined) throw new TypeError(`${name}: there is another tree at ${address}`);
      branch.node = node;
    }
  const roots = new Set<NodeSchema>();
  const grow = (name: string, { branches, node }: Branch): NodeSchema => {
    const below = [...branches].map(([child, branch]) => grow(child, branch));
    if (node === undefined) return interior(name, below);
    const whole = below.length === 0 ? node : { ...node, children: [...node.children, ...below] };
    roots.add(whole);
    return whole;
  };
  return new TreeSchema(grow('.', root), roots);
}
