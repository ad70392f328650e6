// What a server expects a node to hold, and whether it does (NodeCache).
import { createHash } from 'node:crypto';
import { refuse } from './leaves.js';
import type { CspContext, NodeValue, Refusal } from './module.js';

/** Of a node, by the `Type` that came with it. */
export interface Expected {
  /**
   * `value`: as a Get answers it. `sha256`: a hash of that. `nonexistent`: there is no such node. `subtree`: what AutoSetExpectedValue
   * keeps of an interior node, for this device alone to compare.
   */
  readonly kind: 'value' | 'sha256' | 'nonexistent' | 'subtree';
  readonly value: string;
}

/** Nodes and characters that one Get reads at most, bounds of ours: beyond them it is answered 416. */
const mostNodesRead = 20_000;
const mostCharsRead = 8 * 1024 * 1024;

const tooMuch = refuse(416, 'the nodes of this cache are too many or too large to be compared at once');

/** Reads nodes for one question, as much as it may. */
export class NodeLook {
  #nodes = 0;
  #chars = 0;

  readonly #context: Pick<CspContext, 'read'>;
  readonly #isBarred: (uri: string) => boolean;

  /** `isBarred`: addresses that are not read. */
  constructor(context: Pick<CspContext, 'read'>, isBarred: (uri: string) => boolean) {
    this.#context = context;
    this.#isBarred = isBarred;
  }

  /** What a Get would answer now; 416 once too much was read. */
  read(uri: string): NodeValue | Refusal {
    if (this.#isBarred(uri)) return refuse(405, 'a cache is not kept of a cache');
    if (++this.#nodes > mostNodesRead) return tooMuch;
    const found = this.#context.read(uri);
    if ('value' in found) this.#chars += found.value.length;
    return this.#chars > mostCharsRead ? tooMuch : found;
  }

  /** What a node holds now, in the form in which it is expected. A Refusal where that cannot be told. */
  expected(uri: string): Expected | Refusal {
    const found = this.read(uri);
    if ('value' in found) {
      if (found.format !== 'node') return { kind: 'value', value: found.value };
      const hash = this.subtree(uri);
      return typeof hash === 'string' ? { kind: 'subtree', value: hash } : hash;
    }
    return found.status === 404 ? { kind: 'nonexistent', value: '' } : found;
  }

  /** SHA-256, in hexadecimal, over a node and all that can be read below it: a form of ours, which no server has to know. */
  subtree(uri: string): string | Refusal {
    const hash = createHash('sha256');
    const waiting = [uri];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const found = this.read(next);
      if ('status' in found) {
        if (found === tooMuch) return found;
        continue;
      }
      const { format } = found;
      const names = format === 'node' ? found.value.split('/').sort() : []; // whatever the order in which they were written
      const value = format === 'node' ? names.join('/') : found.value;
      hash.update(`${next.length} ${next} ${format} ${value.length} ${value} `);
      const at = next;
      if (value !== '') waiting.push(...names.map((name) => `${at}/${name}`));
    }
    return hash.digest('hex');
  }
}

/**
 * `same`, or what there is now. Without a NodeURI a node is always told of (Learn); without an ExpectedValue too, by our rule, and
 * where it cannot be read.
 */
export function changed(
  uri: string,
  expected: Expected | undefined,
  look: NodeLook,
): 'same' | { readonly now?: string } | Refusal {
  if (uri === '') return {};
  const found = look.read(uri);
  if ('status' in found) {
    if (found === tooMuch) return found;
    return found.status === 404 && expected?.kind === 'nonexistent' ? 'same' : {};
  }
  const now = { now: found.value };
  switch (expected?.kind) {
    case undefined:
    case 'nonexistent':
      return now;
    case 'value':
      return found.value === expected.value ? 'same' : now;
    case 'sha256':
      return hashesOf(found.value).includes(expected.value.toLowerCase()) ? 'same' : now;
    case 'subtree': {
      const hash = look.subtree(uri);
      if (typeof hash !== 'string') return hash;
      return hash === expected.value ? 'same' : now;
    }
  }
}

/**
 * Learn says that values are hashed, and neither of which bytes nor how the hash is written: each form that a server may mean is
 * taken, UTF-8 and UTF-16LE, hexadecimal and base64 (in lower case, as what it is compared with).
 */
const hashesOf = (value: string): readonly string[] =>
  (['utf8', 'utf16le'] as const).flatMap((encoding) => {
    const hash = createHash('sha256').update(Buffer.from(value, encoding)).digest();
    return [hash.toString('hex'), hash.toString('base64').toLowerCase()];
  });
