// One device's tree: what its schema says and what was written to it.
import { encodeSegment, splitLocUri } from '../../../../protocol/syncml/loc-uri.js';
import type { NodeValue, TreeEdit } from '../csp/module.js';
import type { WindowsMemory } from '../memory.js';
import type { SavedNode } from '../saved.js';
import { TreeDraft } from './draft.js';
import type { NodeFormat } from './schema.js';
import { type Place, placeOf, type Step, type TreeSchema } from './tree-schema.js';

/** What a node is called that a server named. */
const nameOf = (key: string, stored: SavedNode | undefined): string | undefined =>
  stored?.name ?? splitLocUri(key)?.at(-1);

/** The name, where the key does not say it. */
const writtenName = ({ node, name, key }: Step): Pick<SavedNode, 'name'> =>
  node.isDynamic && !key.endsWith(`/${encodeSegment(name)}`) ? { name } : {};

/** A node that is not there by itself: somebody has to make it. */
export const isMade = ({ node, isRoot }: Step): boolean => !isRoot && (node.isDynamic || node.access.has('Add'));

export class Tree implements TreeEdit {
  constructor(
    readonly schema: TreeSchema,
    readonly draft: TreeDraft,
  ) {}

  /** Where an address leads; names that a server gave are in the capitals in which they were written first. */
  place(uri: string): Place | undefined {
    const found = this.schema.find(uri);
    if (found === undefined) return undefined;
    let isOther = false;
    const path = found.path.map((step): Step => {
      if (!step.node.isDynamic || step.node.isCaseSensitive) return step;
      const stored = this.draft.get(step.key);
      const name = stored === undefined ? undefined : nameOf(step.key, stored);
      if (name === undefined || name === step.name) return step;
      isOther = true;
      return { ...step, name };
    });
    return isOther ? placeOf(path, this.schema.root) : found;
  }

  /** It is there: written, above something that was, or there by itself below something that is. */
  exists({ path }: Pick<Place, 'path'>): boolean {
    for (const step of [...path].reverse()) {
      if (this.draft.has(step.key)) return true;
      if (isMade(step)) return false;
    }
    return true;
  }

  /** What was written to a leaf, or its default below something that is there. */
  leaf(place: Place): NodeValue | undefined {
    const stored = this.draft.get(place.key);
    if (stored?.value !== undefined) return { format: stored.format, value: stored.value };
    const { default: value, format } = place.node;
    return value !== undefined && this.exists({ path: place.path.slice(0, -1) }) ? { format, value } : undefined;
  }

  value(uri: string): string | undefined {
    const place = this.place(uri);
    return place === undefined ? undefined : this.leaf(place)?.value;
  }

  format(uri: string): NodeFormat | undefined {
    const place = this.place(uri);
    return place === undefined ? undefined : this.leaf(place)?.format;
  }

  has(uri: string): boolean {
    const place = this.place(uri);
    return place !== undefined && this.exists(place);
  }

  names(uri: string): readonly string[] {
    const place = this.place(uri);
    if (place === undefined || !this.exists(place)) return [];
    const fixed = place.node.children.flatMap((node) => {
      if (node.isDynamic) return [];
      const child = this.schema.at([...place.path.map((step) => step.name), node.name]);
      const isThere =
        child !== undefined && (node.format === 'node' ? this.exists(child) : this.leaf(child) !== undefined);
      return isThere ? [node.name] : [];
    });
    return [...fixed, ...this.given(place)];
  }

  /** Names that servers gave below a node. */
  given(place: Place): readonly string[] {
    if (!place.node.children.some((child) => child.isDynamic)) return [];
    return [...this.draft.below(place.key)].flatMap((key) => {
      const name = nameOf(key, this.draft.get(key));
      const child = name === undefined ? undefined : this.schema.at([...place.path.map((step) => step.name), name]);
      return child?.node.isDynamic && name !== undefined ? [name] : [];
    });
  }

  /**
   * Writes a leaf; undefined takes away what was written. Of an interior node any value makes it. What is above it is made too.
   * An address that no tree has is left alone: ask `schema.find` where that matters.
   */
  set(uri: string, value: string | undefined): void {
    const place = this.place(uri);
    if (place === undefined) return;
    if (place.node.format === 'node') this.make(place);
    else if (value === undefined) this.draft.put(place.key, undefined);
    else this.write(place, { format: place.node.format, value });
  }

  remove(uri: string): void {
    const place = this.place(uri);
    if (place !== undefined) this.cut(place);
  }

  /** Makes an interior node, and those above it that are not there by themselves. */
  make({ path }: Pick<Place, 'path'>): void {
    for (const step of path)
      if (isMade(step) && this.draft.get(step.key) === undefined)
        this.draft.put(step.key, { ...writtenName(step), format: 'node' });
  }

  /** Writes a leaf, and makes what is above it. */
  write({ path, key }: Place, { format, value }: NodeValue): void {
    const step = path.at(-1);
    this.make({ path: path.slice(0, -1) });
    this.draft.put(key, { ...(step === undefined ? {} : writtenName(step)), format, value });
  }

  /** Takes away a node and what is below it. */
  cut({ key }: Place): void {
    for (const each of this.draft.subtree(key)) this.draft.put(each, undefined);
  }
}

/** A tree whose changes are in the memory at once; those made within `together` when it ends, all in one. */
export interface OpenTree extends TreeEdit {
  /** What `act` throws leaves the memory as it was. */
  together(act: () => void): void;
}

/** The tree of a device outside a message: for provisioning documents, package 1, and work that a module does later. */
export function openTree(memory: WindowsMemory, schema: TreeSchema): OpenTree {
  let from = memory.data.tree;
  let tree = new Tree(schema, new TreeDraft(from));
  const now = (): Tree => {
    if (memory.data.tree !== from) {
      from = memory.data.tree;
      tree = new Tree(schema, new TreeDraft(from));
    }
    return tree;
  };
  let isTogether = false;
  const change = (act: (tree: Tree) => void): void => {
    const before = now();
    const mark = before.draft.mark();
    act(before);
    if (isTogether || before.draft.mark() === mark) return;
    from = before.draft.flush();
    memory.change({ tree: from });
  };
  const together = (act: () => void): void =>
    change(({ draft }) => {
      const mark = draft.mark();
      isTogether = true;
      try {
        act();
      } catch (error) {
        draft.rollBack(mark);
        throw error;
      } finally {
        isTogether = false;
      }
    });
  return {
    together,
    value: (uri) => now().value(uri),
    format: (uri) => now().format(uri),
    has: (uri) => now().has(uri),
    names: (uri) => now().names(uri),
    set: (uri, value) => change((each) => each.set(uri, value)),
    remove: (uri) => change((each) => each.remove(uri)),
  };
}
