// Get: what a node answers.
import { encodeSegment } from '../../../../protocol/syncml/loc-uri.js';
import type { Item } from '../../../../protocol/syncml/message.js';
import type { CspContext, NodeValue, Refusal } from '../csp/module.js';
import type { ModuleIndex } from './modules.js';
import { isMade, type Tree } from './tree.js';
import { type Place, placeOf } from './tree-schema.js';

/** What a Get shows of a secret (specs/windows.md §2.0, ActiveSync). */
const mask = '********';

/** 404 as Windows gives it, with the HRESULT of its captures. */
export const missing = (reason: string): Refusal => ({ status: 404, reason, originalError: '0x86000002' });

/** Reads of a tree with what modules say of it. */
export class NodeReader {
  constructor(
    readonly tree: Tree,
    readonly modules: ModuleIndex,
    readonly context: CspContext,
  ) {}

  /** The item of a Results, or why there is none. */
  get(place: Place, source: string): Item | Refusal {
    const { node, address } = place;
    if (!node.access.has('Get')) return { status: 405, reason: `${address.uri} cannot be read` };
    if (node.format === 'node') {
      if (!this.exists(place)) return missing(`there is no ${address.uri}`);
      return { source, meta: { format: 'node' }, data: this.children(place).map(encodeSegment).join('/') };
    }
    const value = this.value(place);
    if (value === undefined) return missing(`${address.uri} has no value`);
    if ('status' in value) return value;
    const meta = value.format === 'chr' ? {} : { meta: { format: value.format } };
    return { source, ...meta, data: node.isMasked && value.value !== '' ? mask : value.value };
  }

  /** The device's own value, else what was written, else the default. */
  value(place: Place): NodeValue | Refusal | undefined {
    const { node } = place;
    for (const module of this.modules.of(place)) {
      const own = module.get?.(place.address, this.context);
      if (own !== undefined) return typeof own === 'string' ? { format: node.format, value: own } : own;
    }
    const leaf = this.tree.leaf(place);
    if (leaf !== undefined) return leaf;
    return node.format === 'null' && this.exists(place) ? { format: 'null', value: '' } : undefined;
  }

  /** It is there: as the tree has it, or because a module says so of each name that somebody has to make. */
  exists({ path, key }: Place): boolean {
    if (this.tree.draft.has(key)) return true;
    return path.every((step, at) => {
      if (!isMade(step) || this.tree.draft.has(step.key)) return true;
      const above = placeOf(path.slice(0, at), this.tree.schema.root);
      return this.#said(above).some((name) => sameName(name, step.name, step.node));
    });
  }

  /** Names of what is below an interior node: those of the schema first. */
  children(place: Place): readonly string[] {
    const names = place.node.children.flatMap((node) => {
      if (node.isDynamic) return [];
      const child = this.tree.schema.at([...place.path.map((step) => step.name), node.name]);
      return child !== undefined && this.#isListed(child) ? [node.name] : [];
    });
    const given = this.tree.given(place);
    const said = this.#said(place).filter((name) => ![...names, ...given].some((other) => sameName(name, other)));
    return [...names, ...given, ...said];
  }

  #isListed(child: Place): boolean {
    if (child.node.format === 'node' || child.node.format === 'null' || child.node.access.has('Exec'))
      return this.exists(child);
    const value = this.value(child);
    return value !== undefined && !('status' in value);
  }

  #said(place: Place): readonly string[] {
    return this.modules.of(place).flatMap((module) => module.children?.(place.address, this.context) ?? []);
  }
}

const sameName = (one: string, other: string, node?: { readonly isCaseSensitive: boolean }): boolean =>
  node?.isCaseSensitive ? one === other : one.toLowerCase() === other.toLowerCase();
