// What was written to one device's tree, with changes that can be taken back. The record that it began from is never changed.
import type { SavedNode } from '../saved.js';

type Nodes = Readonly<Record<string, SavedNode>>;

const none: ReadonlySet<string> = new Set();
const parentOf = (key: string): string => key.slice(0, Math.max(key.lastIndexOf('/'), 0));

/** Bytes of a node as it is stored, roughly. */
const weightOf = (key: string, { name, value }: SavedNode): number =>
  64 + 2 * key.length + (name?.length ?? 0) + (value?.length ?? 0);

export class TreeDraft {
  readonly #base: Nodes;
  readonly #over = new Map<string, SavedNode | undefined>();
  readonly #journal: { readonly key: string; readonly before: SavedNode | undefined }[] = [];
  /** Keys by the key above them; made when it is first asked for. */
  #index: Map<string, Set<string>> | undefined;
  #size: { nodes: number; bytes: number } | undefined;
  /** Called before a node is written or removed. */
  watch: ((key: string) => void) | undefined;

  constructor(base: Nodes) {
    this.#base = base;
  }

  get(key: string): SavedNode | undefined {
    if (this.#over.has(key)) return this.#over.get(key);
    return Object.hasOwn(this.#base, key) ? this.#base[key] : undefined;
  }

  /** Written, or above something that was. */
  has(key: string): boolean {
    return this.get(key) !== undefined || this.below(key).size > 0;
  }

  /** Keys directly below, in the order in which they were written. */
  below(key: string): ReadonlySet<string> {
    return this.#indexed().get(key) ?? none;
  }

  /** All keys below and the key itself, the deepest first. */
  subtree(key: string): readonly string[] {
    const keys = [key];
    for (let at = 0; at < keys.length; at++) for (const child of this.below(keys[at] ?? '')) keys.push(child);
    return keys.reverse();
  }

  put(key: string, node: SavedNode | undefined): void {
    this.watch?.(key);
    const before = this.get(key);
    if (before === node || (before && node && before.format === node.format && before.value === node.value)) return;
    this.#journal.push({ key, before });
    this.#set(key, node);
  }

  /** Nodes and bytes of the whole. */
  get size(): { readonly nodes: number; readonly bytes: number } {
    if (this.#size === undefined) {
      const size = { nodes: 0, bytes: 0 };
      for (const [key, node] of this.#entries()) {
        size.nodes++;
        size.bytes += weightOf(key, node);
      }
      this.#size = size;
    }
    return this.#size;
  }

  /** A moment to come back to. */
  mark(): number {
    return this.#journal.length;
  }

  /** Takes back what was written since. */
  rollBack(mark: number): void {
    for (const { key, before } of this.#journal.splice(mark).reverse()) this.#set(key, before);
  }

  /** The whole as it is now: the record that it began from where nothing changed. */
  flush(): Nodes {
    if (this.#journal.length === 0) return this.#base;
    return Object.fromEntries(this.#entries());
  }

  *#entries(): Generator<readonly [string, SavedNode]> {
    for (const [key, node] of Object.entries(this.#base)) {
      const now = this.#over.has(key) ? this.#over.get(key) : node;
      if (now !== undefined) yield [key, now];
    }
    for (const [key, node] of this.#over) if (node !== undefined && !Object.hasOwn(this.#base, key)) yield [key, node];
  }

  #set(key: string, node: SavedNode | undefined): void {
    const before = this.get(key);
    if (Object.hasOwn(this.#base, key) || node !== undefined) this.#over.set(key, node);
    else this.#over.delete(key);
    if (this.#size !== undefined) {
      this.#size.nodes += Number(node !== undefined) - Number(before !== undefined);
      this.#size.bytes += (node ? weightOf(key, node) : 0) - (before ? weightOf(key, before) : 0);
    }
    if (this.#index !== undefined) {
      if (node !== undefined) link(this.#index, key);
      else if (!this.#index.has(key)) unlink(this.#index, key, (above) => this.get(above) !== undefined);
    }
  }

  #indexed(): Map<string, Set<string>> {
    if (this.#index === undefined) {
      this.#index = new Map();
      for (const [key] of this.#entries()) link(this.#index, key);
    }
    return this.#index;
  }
}

function link(index: Map<string, Set<string>>, key: string): void {
  for (let child = key, above = parentOf(key); above !== ''; child = above, above = parentOf(above)) {
    const children = index.get(above);
    if (children?.has(child)) return;
    if (children === undefined) index.set(above, new Set([child]));
    else children.add(child);
  }
}

function unlink(index: Map<string, Set<string>>, key: string, isWritten: (key: string) => boolean): void {
  for (let child = key, above = parentOf(key); above !== ''; child = above, above = parentOf(above)) {
    const children = index.get(above);
    children?.delete(child);
    if (children !== undefined && children.size > 0) return;
    index.delete(above);
    if (isWritten(above)) return;
  }
}
