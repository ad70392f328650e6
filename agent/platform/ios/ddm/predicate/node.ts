// What a part of a predicate is: something that holds or not, or something that has a value.
import type { Cursor } from './cursor.js';
import { type Scope, unparsable, type Value } from './scope.js';

export type Test = (scope: Scope) => boolean;
export type Evaluate = (scope: Scope) => Value;
export type Node =
  | { readonly kind: 'predicate'; readonly test: Test }
  | { readonly kind: 'value'; readonly value: Evaluate };

export const predicate = (test: Test): Node => ({ kind: 'predicate', test });
export const value = (evaluate: Evaluate): Node => ({ kind: 'value', value: evaluate });

/** Throws UnableToParsePredicate for a value. */
export function testOf(node: Node, words: Cursor): Test {
  if (node.kind === 'predicate') return node.test;
  throw unparsable(`a value stands where a comparison is expected, before ${words.here()}`);
}

/** Throws UnableToParsePredicate for a comparison. */
export function evaluatorOf(node: Node, words: Cursor): Evaluate {
  if (node.kind === 'value') return node.value;
  throw unparsable(`a comparison stands where a value is expected, before ${words.here()}`);
}
